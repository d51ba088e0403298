"""Branch and bound for p-median with exact Lagrangian bounds in every node.

It decides what doubles cannot: bounds and the sites that they fix are integers, so a proof holds
to the last unit however large the costs are.
"""

from __future__ import annotations

import heapq
from itertools import count

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.median.best import Best
from optimizer.siting.median.climb import Climb, Node, steps_per_call
from optimizer.siting.median.climb_kernels import bound_and_fix
from optimizer.siting.median.core import Core
from optimizer.siting.median.finish import is_resolved, solve_node

__all__ = ["exact_core", "search_tree"]

_NODE_STEPS = 60
_NODE_THETA = 1.0
_NODE_PATIENCE = 10
# Cores of nodes up to this size go to HiGHS.
_SMALL_CORE = 800


def search_tree(best: Best, core: Core, root: Node, seed: int) -> StopReason:
    """Search the core, lowest bound first, until every node is closed or the clock says so."""
    numbers = count()
    heap: list[tuple[int, int, Node]] = [(best.bound, next(numbers), root)]
    nodes = 0
    while heap:
        reason = best.clock.reason(nodes)
        if reason is not None:
            return reason
        bound, _, node = heapq.heappop(heap)
        best.lift(bound)
        if bound >= best.units:
            continue
        nodes += 1
        children, reason = _expand(best, core, node, bound, seed)
        for child_bound, child in children:
            heapq.heappush(heap, (child_bound, next(numbers), child))
        if reason is not None:
            return reason
    best.lift(best.units)
    return StopReason.FINISHED


def exact_core(
    best: Best, core: Core, state: NDArray[np.int8], price: NDArray[np.float64], units: int
) -> tuple[int, Core]:
    """Round prices, bound exactly, fix sites (in ``state``) and strike out entries.

    Returns:
        The bound in units, and the core of the answers below ``units``.
    """
    whole = np.floor(price).astype(np.int64)
    room = core.room - int((state == 1).sum())
    cut = best.scaled.cut(units)
    exact = int(bound_and_fix(*core.rows, state, room, whole, cut))
    return best.scaled.lower(exact), core.narrow(state, whole, max(cut - exact, 1))


def _expand(
    best: Best, core: Core, node: Node, bound: int, seed: int
) -> tuple[list[tuple[int, Node]], StopReason | None]:
    """Bound a node: nothing is left of it, or two children, or itself when time is up."""
    state, climb, left = node.state.copy(), Climb(node, _NODE_THETA), core
    chunk = steps_per_call(core.size)
    for _ in range(0, _NODE_STEPS, chunk):
        target = float(best.scaled.cut(best.units))
        climb.step(core, state, target, chunk, _NODE_PATIENCE)
        best.keep(climb.used)
        exact, left = exact_core(best, core, state, climb.best, best.units)
        bound = max(bound, exact)
        if bound >= best.units or _is_settled(best, core, state):
            return [], None
        reason = best.clock.reason()
        if reason is not None:
            return [(bound, node)], reason
    if is_resolved(best) and left.size <= _SMALL_CORE:
        exact, reason = solve_node(best, left, seed)
        bound = max(bound, exact)
        if bound >= best.units:
            return [], None
        if reason is not StopReason.FINISHED:
            return [(bound, node)], reason
    free = np.flatnonzero(state == 0)
    pick = free[np.argmin(np.abs(climb.mean[free] - 0.5))]
    children = []
    for decision in (1, -1):
        child = state.copy()
        child[pick] = decision
        if not _is_settled(best, core, child):
            children.append((bound, climb.node(child)))
    return children, None


def _is_settled(best: Best, core: Core, state: NDArray[np.int8]) -> bool:
    """Whether only one set of sites is left to try; that set is then evaluated."""
    n_open, n_free = int((state == 1).sum()), int((state == 0).sum())
    if n_open > core.room:
        return True
    if n_free == 0 or n_open == core.room:
        best.keep(state == 1)
        return True
    if n_open + n_free <= core.room:
        best.keep(state >= 0)
        return True
    return False
