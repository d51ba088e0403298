# mypy: ignore-errors
"""Compiled one-to-many shortest paths.

Dijkstra's search with a bucket queue (Dial 1969; buckets wider than one tick make it label
correcting inside a bucket, as in Denardo and Fox 1979). Integer costs, so every order of work
gives the same labels. A node sits in the queue at most once (doubly linked lists threaded
through the node arrays), the number of buckets is a power of two above the largest step, and
only touched labels are reset: a bounded search costs what it settles, whatever the network's
size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

import base.kernel_cache  # noqa: F401  (before the first cached kernel)

FAR = np.iinfo(np.int64).max
_NOT_QUEUED = -2


class SearchGraph(NamedTuple):
    """Arcs of one mode: int64[N + 1], int32[A], int64[A] ticks."""

    indptr: NDArray[np.int64]
    head: NDArray[np.int32]
    cost: NDArray[np.int64]


class Seeds(NamedTuple):
    """Where m searches start: two nodes each with their ticks, -1 where an end is closed.

    ``edge, position, access`` (ticks from u, ticks off the street) serve targets on the same
    edge.
    """

    node_u: NDArray[np.int32]
    node_v: NDArray[np.int32]
    to_u: NDArray[np.int64]
    to_v: NDArray[np.int64]
    edge: NDArray[np.int32]
    position: NDArray[np.int64]
    access: NDArray[np.int64]


class Targets(NamedTuple):
    """Where searches may end: entries by node, and the targets of every edge.

    ``node_indptr[N + 1]``, ``node_target``, ``node_extra``: targets next to a node with the
    ticks from there to the door. ``edge_indptr[E + 1]``, ``edge_target``: targets by edge, with
    ``position`` and ``access`` per target; ``forward, backward`` (bool[E]) say which way an edge
    runs.
    """

    node_indptr: NDArray[np.int64]
    node_target: NDArray[np.int32]
    node_extra: NDArray[np.int64]
    edge_indptr: NDArray[np.int64]
    edge_target: NDArray[np.int32]
    position: NDArray[np.int64]
    access: NDArray[np.int64]
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]


class Work(NamedTuple):
    """One thread's labels, clean between searches."""

    label: NDArray[np.int64]
    after: NDArray[np.int32]
    before: NDArray[np.int32]
    bucket: NDArray[np.int32]
    touched: NDArray[np.int32]
    parent: NDArray[np.int32]
    best: NDArray[np.int64]
    hit: NDArray[np.int32]


def new_work(n_nodes: int, n_targets: int, buckets: int, *, parents: bool = False) -> Work:
    """Clean labels; ``buckets`` is a power of two. Parents are kept only where asked for."""
    return Work(
        label=np.full(n_nodes, FAR, dtype=np.int64),
        after=np.full(n_nodes, -1, dtype=np.int32),
        before=np.full(n_nodes, _NOT_QUEUED, dtype=np.int32),
        bucket=np.full(buckets, -1, dtype=np.int32),
        touched=np.empty(n_nodes, dtype=np.int32),
        parent=np.full(n_nodes if parents else 0, -1, dtype=np.int32),
        best=np.full(n_targets, FAR, dtype=np.int64),
        hit=np.empty(n_targets, dtype=np.int32),
    )


@njit(cache=True, nogil=True)
def _queue_in(work, node, slot):
    first = work.bucket[slot]
    work.after[node] = first
    work.before[node] = -1
    if first >= 0:
        work.before[first] = node
    work.bucket[slot] = node


@njit(cache=True, nogil=True)
def _queue_out(work, node, slot):
    before, after = work.before[node], work.after[node]
    if before >= 0:
        work.after[before] = after
    else:
        work.bucket[slot] = after
    if after >= 0:
        work.before[after] = before
    work.before[node] = _NOT_QUEUED


@njit(cache=True, nogil=True)
def _seed(work, node, ticks, limit, shift, state):
    """Label a start node; ``state`` holds (touched, queued)."""
    touched, queued = state
    if ticks < 0 or ticks > limit or ticks >= work.label[node]:
        return touched, queued
    mask = work.bucket.size - 1
    if work.label[node] == FAR:
        work.touched[touched] = node
        touched += 1
    else:
        _queue_out(work, node, (work.label[node] >> shift) & mask)
        queued -= 1
    work.label[node] = ticks
    _queue_in(work, node, (ticks >> shift) & mask)
    return touched, queued + 1


@njit(cache=True, nogil=True)
def grow(graph, work, seeds, source, limit, shift):
    """Label every node within ``limit`` ticks of a source; returns how many were touched."""
    mask = work.bucket.size - 1
    keep_parents = work.parent.size > 0
    state = (0, 0)
    state = _seed(work, seeds.node_u[source], seeds.to_u[source], limit, shift, state)
    state = _seed(work, seeds.node_v[source], seeds.to_v[source], limit, shift, state)
    touched, queued = state
    if queued == 0:
        return 0
    current = work.label[work.touched[0]]
    if touched == 2:
        current = min(current, work.label[work.touched[1]])
    slot = current >> shift
    while queued > 0:
        node = work.bucket[slot & mask]
        while node < 0:
            slot += 1
            node = work.bucket[slot & mask]
        _queue_out(work, node, slot & mask)
        queued -= 1
        base = work.label[node]
        for arc in range(graph.indptr[node], graph.indptr[node + 1]):
            head = graph.head[arc]
            ticks = base + graph.cost[arc]
            known = work.label[head]
            if ticks >= known or ticks > limit:
                continue
            if known == FAR:
                work.touched[touched] = head
                touched += 1
            elif work.before[head] != _NOT_QUEUED:
                _queue_out(work, head, (known >> shift) & mask)
                queued -= 1
            work.label[head] = ticks
            if keep_parents:
                work.parent[head] = arc
            _queue_in(work, head, (ticks >> shift) & mask)
            queued += 1
    return touched


@njit(cache=True, nogil=True)
def clear(work, touched):
    """Make the labels clean again."""
    for i in range(touched):
        node = work.touched[i]
        work.label[node] = FAR
        if work.parent.size > 0:
            work.parent[node] = -1


@njit(cache=True, nogil=True)
def _note(work, target, ticks, limit, hits):
    if ticks > limit or ticks >= work.best[target]:
        return hits
    if work.best[target] == FAR:
        work.hit[hits] = target
        hits += 1
    work.best[target] = ticks
    return hits


@njit(cache=True, nogil=True)
def _collect(work, seeds, source, targets, touched, limit):
    """Best ticks of all targets within the limit; returns how many there are."""
    hits = 0
    for i in range(touched):
        node = work.touched[i]
        for k in range(targets.node_indptr[node], targets.node_indptr[node + 1]):
            ticks = work.label[node] + targets.node_extra[k]
            hits = _note(work, targets.node_target[k], ticks, limit, hits)
    edge, start = seeds.edge[source], seeds.position[source]
    if edge < 0:
        return hits
    for k in range(targets.edge_indptr[edge], targets.edge_indptr[edge + 1]):
        target = targets.edge_target[k]
        stretch = targets.position[target] - start
        if (stretch > 0 and not targets.forward[edge]) or (
            stretch < 0 and not targets.backward[edge]
        ):
            continue
        ticks = seeds.access[source] + abs(stretch) + targets.access[target]
        hits = _note(work, target, ticks, limit, hits)
    return hits


@njit(cache=True, nogil=True)
def reach_rows(graph, work, seeds, targets, first, last, limit, shift):
    """Cover lists of the sources ``first .. last``: counts, targets (ascending), ticks."""
    counts = np.zeros(last - first, dtype=np.int64)
    found = np.empty(1024, dtype=np.int32)
    ticks = np.empty(1024, dtype=np.int64)
    used = 0
    for source in range(first, last):
        touched = grow(graph, work, seeds, source, limit, shift)
        hits = _collect(work, seeds, source, targets, touched, limit)
        clear(work, touched)
        while used + hits > found.size:
            found = np.concatenate((found, np.empty_like(found)))
            ticks = np.concatenate((ticks, np.empty_like(ticks)))
        row = np.sort(work.hit[:hits])
        for i in range(hits):
            target = row[i]
            found[used + i] = target
            ticks[used + i] = work.best[target]
            work.best[target] = FAR
        used += hits
        counts[source - first] = hits
    return counts, found[:used].copy(), ticks[:used].copy()


@njit(cache=True, nogil=True)
def dense_rows(graph, work, seeds, targets, first, last, shift, out):
    """Ticks from the sources ``first .. last`` to all targets into ``out`` (-1: no way)."""
    limit = FAR - 1
    for source in range(first, last):
        touched = grow(graph, work, seeds, source, limit, shift)
        hits = _collect(work, seeds, source, targets, touched, limit)
        clear(work, touched)
        for i in range(hits):
            target = work.hit[i]
            out[source, target] = work.best[target]
            work.best[target] = FAR
