"""Branch and bound for maximal covering with exact Lagrangian bounds in every node."""

from __future__ import annotations

import heapq
from itertools import count

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.cover.best import Best
from optimizer.siting.cover.climb import Climb, Node, root_of
from optimizer.siting.cover.core import core_of

__all__ = ["search_tree"]

_ROOT_STEPS = 20_000
_ROOT_CHUNK = 300
_ROOT_THETA = 0.5
_ROOT_PATIENCE = 150
_ROOT_SHARE = 0.1
_SMALLEST_THETA = 1e-4
_NODE_STEPS = 20
_NODE_CALLS = 3
_NODE_THETA = 0.3
_NODE_PATIENCE = 10
_NODE_SHARE = 0.3
# The pace is looked at whenever so many nodes are done.
_PACE_NODES = 250
# Rounds of local search between nodes: a few while the tree itself is the way to the proof, many
# in large models, where better answers close more of the gap than better bounds do.
_FEW_ROUNDS = 2
_MANY_ROUNDS = 150

Child = tuple[int, Node]


def search_tree(best: Best, most_nodes: int | None = None) -> StopReason | None:
    """Search, highest bound first, until every node is closed or the clock says so.

    The stop rule's iterations are nodes after the root.

    Args:
        best: the best answer known; it and its bound are improved.
        most_nodes: give up where the pace so far lets expect more nodes than these, None to
            go on in any case.

    Returns:
        Why the search stopped, None where it gave up.
    """
    history = History(best.model.n_sites)
    children, reason = _expand_root(best, history)
    numbers, first = count(), best.bound
    heap = [(-bound, next(numbers), node) for bound, node in children]
    heapq.heapify(heap)
    nodes = 0
    while reason is None and heap:
        bound, _, node = heapq.heappop(heap)
        best.lower(-bound)
        if best.is_proved:
            return StopReason.FINISHED
        reason = best.clock.reason(nodes)
        if reason is None and most_nodes is not None and nodes % _PACE_NODES == 0:
            closed = (first - best.bound) / max(1, first - best.units)
            if nodes >= min(most_nodes, _PACE_NODES) and nodes >= closed * most_nodes:
                return None
        if reason is None:
            nodes += 1
            for child_bound, child in _expand(best, node, -bound, history):
                heapq.heappush(heap, (-child_bound, next(numbers), child))
            reason = best.improve(_MANY_ROUNDS if most_nodes is None else _FEW_ROUNDS)
    if reason is None:
        best.lower(best.units)
    return reason or StopReason.FINISHED


def _expand_root(best: Best, history: History) -> tuple[list[Child], StopReason | None]:
    """Lower the root's bound until it meets the best answer or the steps are too small."""
    root = root_of(best)
    core = core_of(best.whole, best.room, root.state)
    assert core is not None
    run = Climb(best, core, root.price, best.bound, _ROOT_THETA)
    best.lower(run.settle())
    chunk = min(_ROOT_CHUNK, run.steps_per_call)
    for _ in range(0, _ROOT_STEPS, chunk):
        reason = best.clock.reason()
        if best.is_proved or reason is not None:
            return [], reason
        run.step(chunk, _ROOT_PATIENCE, _ROOT_SHARE)
        best.improve_from(np.flatnonzero(run.used))
        best.lower(run.settle())
        if run.theta < _SMALLEST_THETA:
            break
    return ([], None) if best.is_proved else (_branch(best, root, run, history), None)


def _expand(best: Best, node: Node, bound: int, history: History) -> list[Child]:
    core = core_of(best.whole, best.room, node.state)
    if core is None:
        return []
    run = Climb(best, core, node.price, bound, _NODE_THETA)
    for _ in range(_NODE_CALLS):
        run.step(_NODE_STEPS, _NODE_PATIENCE, _NODE_SHARE)
        if run.settle() <= best.units:
            break
    history.learn(node, bound - max(run.bound, best.units))
    return [] if run.bound <= best.units else _branch(best, node, run, history)


def _branch(best: Best, node: Node, run: Climb, history: History) -> list[Child]:
    """Two children of a node; none where one set of sites is left, which is then evaluated."""
    core = run.core
    state = node.state.copy()
    state[core.sites] = run.decided
    opened, free = np.flatnonzero(state == 1), np.flatnonzero(run.decided == 0)
    if opened.size > best.room:
        return []
    if opened.size == best.room or opened.size + free.size <= best.room:
        chosen = opened if opened.size == best.room else np.flatnonzero(state >= 0)
        best.keep(chosen.astype(np.int32))
        return []
    best.improve_from(np.union1d(np.flatnonzero(node.state == 1), core.sites[run.used]))
    price = node.price.copy()
    price[core.classes] = run.price
    use = np.clip(run.mean, 0.01, 0.99)
    pick = int(np.argmax(np.where(run.decided == 0, history.merit(core.sites, use), -1.0)))
    site = int(core.sites[pick])
    children = []
    for decision, share in ((-1, use[pick]), (1, 1 - use[pick])):
        child = state.copy()
        child[site] = decision
        children.append((run.bound, Node(child, price, site, float(share))))
    return children


class History:
    """What deciding each site has done to bounds so far (pseudo-costs: Benichou et al. 1971)."""

    def __init__(self, n_sites: int) -> None:
        # Rows: closing, opening. Every site starts as if one decision had done the mean.
        self._fall = np.zeros((2, n_sites))
        self._times = np.zeros((2, n_sites))

    def learn(self, node: Node, fall: int) -> None:
        """Take note of how far a node's bound fell by its last decision."""
        if node.last >= 0:
            side = int(node.state[node.last] == 1)
            self._fall[side, node.last] += fall / node.share
            self._times[side, node.last] += 1

    def merit(self, sites: NDArray[np.int64], use: NDArray[np.float64]) -> NDArray[np.float64]:
        """Product of the falls to expect from closing and from opening each site."""
        mean = (1.0 + self._fall.sum(axis=1)) / (1.0 + self._times.sum(axis=1))
        fall = (mean[:, None] + self._fall[:, sites]) / (1.0 + self._times[:, sites])
        merit: NDArray[np.float64] = (1e-6 + fall[0] * use) * (1e-6 + fall[1] * (1 - use))
        return merit
