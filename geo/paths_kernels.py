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
def grow(graph, work, seeds, source, limit, shift):
    """Label every node within ``limit`` ticks of a source; returns how many were touched.

    The queue's steps are written out and the arrays taken into local names: calls and tuple
    fields inside the loop make numba count references, which more than doubles the time.
    """
    indptr, heads, costs = graph.indptr, graph.head, graph.cost
    label, touched, parent = work.label, work.touched, work.parent
    after, before, bucket = work.after, work.before, work.bucket
    mask = bucket.size - 1
    keep_parents = parent.size > 0
    count, queued, slot = 0, 0, FAR
    for end in range(2):
        node = seeds.node_v[source] if end else seeds.node_u[source]
        ticks = seeds.to_v[source] if end else seeds.to_u[source]
        known = label[node]
        if ticks < 0 or ticks > limit or ticks >= known:
            continue
        if known == FAR:
            touched[count] = node
            count += 1
        else:  # both ends are one node: forget the first
            bucket[(known >> shift) & mask] = -1
            queued -= 1
        label[node] = ticks
        place = (ticks >> shift) & mask
        follower = bucket[place]
        after[node] = follower
        before[node] = -1
        if follower >= 0:
            before[follower] = node
        bucket[place] = node
        queued += 1
        slot = min(slot, ticks >> shift)
    while queued > 0:
        place = slot & mask
        node = bucket[place]
        if node < 0:
            slot += 1
            continue
        follower = after[node]
        bucket[place] = follower
        if follower >= 0:
            before[follower] = -1
        before[node] = _NOT_QUEUED
        queued -= 1
        base = label[node]
        for arc in range(indptr[node], indptr[node + 1]):
            head = heads[arc]
            ticks = base + costs[arc]
            known = label[head]
            if ticks >= known or ticks > limit:
                continue
            if known == FAR:
                touched[count] = head
                count += 1
            elif before[head] != _NOT_QUEUED:  # take it out of its old bucket
                leader, follower = before[head], after[head]
                if leader >= 0:
                    after[leader] = follower
                else:
                    bucket[(known >> shift) & mask] = follower
                if follower >= 0:
                    before[follower] = leader
                queued -= 1
            label[head] = ticks
            if keep_parents:
                parent[head] = arc
            place = (ticks >> shift) & mask
            follower = bucket[place]
            after[head] = follower
            before[head] = -1
            if follower >= 0:
                before[follower] = head
            bucket[place] = head
            queued += 1
    return count


@njit(cache=True, nogil=True)
def clear(work, count):
    """Make the labels clean again."""
    label, touched, parent = work.label, work.touched, work.parent
    for i in range(count):
        label[touched[i]] = FAR
    if parent.size > 0:
        for i in range(count):
            parent[touched[i]] = -1


@njit(cache=True, nogil=True)
def _collect(work, seeds, source, targets, count, limit):
    """Best ticks of all targets within the limit; returns how many there are."""
    label, touched, best, hit = work.label, work.touched, work.best, work.hit
    indptr, at_node, extra = targets.node_indptr, targets.node_target, targets.node_extra
    hits = 0
    for i in range(count):
        node = touched[i]
        base = label[node]
        for k in range(indptr[node], indptr[node + 1]):
            target, ticks = at_node[k], base + extra[k]
            if ticks > limit or ticks >= best[target]:
                continue
            if best[target] == FAR:
                hit[hits] = target
                hits += 1
            best[target] = ticks
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
        if ticks > limit or ticks >= best[target]:
            continue
        if best[target] == FAR:
            hit[hits] = target
            hits += 1
        best[target] = ticks
    return hits


@njit(cache=True, nogil=True)
def dense_rows(graph, work, seeds, targets, first, last, shift, out):
    """Ticks from the sources ``first .. last`` to all targets into ``out`` (-1: no way)."""
    best, hit = work.best, work.hit
    limit = FAR - 1
    for source in range(first, last):
        touched = grow(graph, work, seeds, source, limit, shift)
        hits = _collect(work, seeds, source, targets, touched, limit)
        clear(work, touched)
        for i in range(hits):
            out[source, hit[i]] = best[hit[i]]
            best[hit[i]] = FAR
