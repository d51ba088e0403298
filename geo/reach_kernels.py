# mypy: ignore-errors
"""Compiled cover lists: one bounded search per site, then the doors along what it labelled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

import base.kernel_cache  # noqa: F401  (before the first cached kernel)
from geo.paths_kernels import clear, grow

CLOSED = 1 << 30
"""Ticks to a door through an end of the street that is closed to it; above every limit."""
PAIR = 2
"""Doors are stored in blocks of so many, filled up with doors that nobody reaches: most nodes
then have one block, which the processor's branch prediction learns."""
_DE_BRUIJN = 0x077CB531  # Leiserson, Prokop and Randall 1998: the number of a single bit
_BIT_NUMBER = np.zeros(32, dtype=np.int32)
for _bit in range(32):
    _BIT_NUMBER[((_DE_BRUIJN << _bit) & 0xFFFFFFFF) >> 27] = _bit


class Doors(NamedTuple):
    """Targets at both ends of their street.

    ``block_indptr`` int32[N + 1]: blocks of :data:`PAIR` rows by node. ``row`` int32[k, 4]: the
    target, the street's other end, ticks to the door from this node and from the other one.
    ``edge_indptr``, ``edge_target``, ``position``, ``access``, ``forward``, ``backward``: targets
    by street, as in ``paths_kernels.Targets``.
    """

    block_indptr: NDArray[np.int32]
    row: NDArray[np.int32]
    edge_indptr: NDArray[np.int64]
    edge_target: NDArray[np.int32]
    position: NDArray[np.int64]
    access: NDArray[np.int64]
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]


class Found(NamedTuple):
    """One thread's ticks by target, valid where its bit is set; 32 bits to a word of ``marks``."""

    ticks: NDArray[np.int32]
    marks: NDArray[np.int64]


def new_found(n_targets: int) -> Found:
    """Clean ticks, with one target more: the one that fills up blocks."""
    return Found(np.zeros(n_targets + 1, np.int32), np.zeros(n_targets // 32 + 1, np.int64))


@njit(cache=True, nogil=True)
def _mark_doors(work, found, doors, count, limit):
    """Ticks of every door next to a labelled node; both ends of a street say the same."""
    label, touched = work.label, work.touched
    ticks, marks = found.ticks, found.marks
    indptr, row = doors.block_indptr, doors.row
    for i in range(count):
        node = touched[i]
        here = label[node]
        for block in range(indptr[node], indptr[node + 1]):
            for k in range(PAIR * block, PAIR * block + PAIR):
                target = row[k, 0]
                there = min(label[row[k, 1]], CLOSED)
                nearest = min(here + row[k, 2], there + row[k, 3])
                ticks[target] = nearest
                marks[target >> 5] |= np.int64(nearest <= limit) << (target & 31)


@njit(cache=True, nogil=True)
def _mark_same_street(found, seeds, source, doors, limit):
    """Doors on the source's own street may be reached along it."""
    ticks, marks = found.ticks, found.marks
    edge, start = seeds.edge[source], seeds.position[source]
    if edge < 0:
        return
    for k in range(doors.edge_indptr[edge], doors.edge_indptr[edge + 1]):
        target = doors.edge_target[k]
        stretch = doors.position[target] - start
        if (stretch > 0 and not doors.forward[edge]) or (stretch < 0 and not doors.backward[edge]):
            continue
        direct = seeds.access[source] + abs(stretch) + doors.access[target]
        if direct > limit:
            continue
        bit = np.int64(1) << (target & 31)
        if not marks[target >> 5] & bit or direct < ticks[target]:
            ticks[target] = direct
            marks[target >> 5] |= bit


@njit(cache=True, nogil=True)
def reach_rows(graph, work, found, seeds, doors, first, last, limit, shift):
    """Cover lists of the sources ``first .. last``: counts, targets (ascending), ticks.

    ``limit`` stays below :data:`CLOSED`.
    """
    ticks, marks = found.ticks, found.marks
    n_targets = ticks.size - 1
    counts = np.zeros(last - first, dtype=np.int64)
    targets = np.empty(1024 + n_targets, dtype=np.int32)
    costs = np.empty(1024 + n_targets, dtype=np.int64)
    used = 0
    for source in range(first, last):
        touched = grow(graph, work, seeds, source, limit, shift)
        _mark_doors(work, found, doors, touched, limit)
        _mark_same_street(found, seeds, source, doors, limit)
        clear(work, touched)
        if used + n_targets > targets.size:
            targets = np.concatenate((targets, np.empty_like(targets)))
            costs = np.concatenate((costs, np.empty_like(costs)))
        before = used
        for word in range(marks.size):
            bits = marks[word]
            if bits == 0:
                continue
            marks[word] = 0
            while bits:
                lowest = bits & -bits
                target = (word << 5) + _BIT_NUMBER[((lowest * _DE_BRUIJN) & 0xFFFFFFFF) >> 27]
                targets[used] = target
                costs[used] = ticks[target]
                used += 1
                bits ^= lowest
        counts[source - first] = used - before
    return counts, targets[:used].copy(), costs[:used].copy()
