"""Branch and bound for maximal covering with exact Lagrangian bounds in every node."""

from __future__ import annotations

import heapq
from itertools import count

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.cover_best import Best
from optimizer.siting.cover_climb import Climb, Node, root_of
from optimizer.siting.cover_core import Core, core_of

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
# Rounds of local search between nodes.
_ROUNDS_PER_NODE = 2

Child = tuple[int, Node]


def search_tree(best: Best) -> StopReason:
    """Search, highest bound first, until every node is closed or the clock says so.

    The stop rule's iterations are nodes after the root.
    """
    children, reason = _expand_root(best)
    numbers = count()
    heap = [(-bound, next(numbers), node) for bound, node in children]
    heapq.heapify(heap)
    nodes = 0
    while reason is None and heap:
        bound, _, node = heapq.heappop(heap)
        best.lower(-bound)
        if best.is_proved:
            return StopReason.FINISHED
        reason = best.clock.reason(nodes)
        if reason is None:
            nodes += 1
            for child_bound, child in _expand(best, node, -bound):
                heapq.heappush(heap, (-child_bound, next(numbers), child))
            reason = best.improve(_ROUNDS_PER_NODE)
    if reason is None:
        best.lower(best.units)
    return reason or StopReason.FINISHED


def _expand_root(best: Best) -> tuple[list[Child], StopReason | None]:
    """Lower the root's bound until it meets the best answer or the steps are too small."""
    root = root_of(best)
    core = core_of(best.whole, best.room, root.state, root.must)
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
    return ([], None) if best.is_proved else (_branch(best, root, run), None)


def _expand(best: Best, node: Node, bound: int) -> list[Child]:
    core = core_of(best.whole, best.room, node.state, node.must)
    if core is None:
        return []
    run = Climb(best, core, node.price, bound, _NODE_THETA)
    for _ in range(_NODE_CALLS):
        run.step(_NODE_STEPS, _NODE_PATIENCE, _NODE_SHARE)
        if run.settle() <= best.units:
            return []
    return _branch(best, node, run)


def _branch(best: Best, node: Node, run: Climb) -> list[Child]:
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
    pick = _fractional(core, run)
    children = []
    for decision in (-1, 1):
        child = state.copy()
        child[core.sites[pick]] = decision
        children.append((run.bound, Node(child, node.must, price)))
    return children


def _fractional(core: Core, run: Climb) -> int:
    """The free site whose mean use is nearest to one half."""
    use: NDArray[np.float64] = np.where(run.decided == 0, np.abs(run.mean - 0.5), np.inf)
    return int(np.argmin(use))
