"""Branch and bound for maximal covering with a linear program in every node.

Where near sites cover nearly the same, deciding single sites moves no bound: branching asks
whether any site of a neighbourhood opens (:mod:`optimizer.siting.cover.groups`). An interior-point
method solves each node's program; its prices, rounded to integers, give the exact bound.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.cover.best import Best
from optimizer.siting.cover.bound_kernels import exact_bound
from optimizer.siting.cover.core import Core, core_of
from optimizer.siting.cover.groups import Groups
from optimizer.siting.cover.regions import Relaxation
from optimizer.siting.highs import Model, as_lp

__all__ = ["relaxation_of", "search_programs"]

# Rounds of local search between nodes.
_ROUNDS = 300


@dataclass(frozen=True)
class Node:
    """Decisions so far.

    Attributes:
        state: int8[c], 1 open, -1 closed, 0 free.
        groups: sets of sites of each of which one must open.
    """

    state: NDArray[np.int8]
    groups: tuple[NDArray[np.int64], ...]


def relaxation_of(best: Best) -> Relaxation | None:
    """Solve the linear relaxation of the whole; it lowers the bound and decides sites.

    None where the clock came first or nothing is left to decide.
    """
    state = np.zeros(best.model.n_sites, dtype=np.int8)
    core = core_of(best.whole, best.room, state)
    solved = None if core is None or core.room == 0 else _solve(best, core)
    if core is None or solved is None:
        return None
    share, price = solved
    cut = best.scale.cut(best.units)
    best.lower(
        best.scale.units(int(exact_bound(core.cover, core.must, price, core.room, state, cut)))
    )
    order = np.argsort(-share, kind="stable")[: core.room]
    best.improve_from(order)
    left = core_of(best.whole, best.room, state)
    if left is None:
        return None
    return Relaxation(left, share[left.sites], price[left.classes])


def search_programs(best: Best) -> StopReason:
    """Search, highest bound first, until every node is closed or the clock says so.

    The stop rule's iterations are nodes.
    """
    groups, numbers = Groups(best.whole), count()
    root = Node(np.zeros(best.model.n_sites, dtype=np.int8), ())
    heap = [(-best.bound, next(numbers), root)]
    reason, nodes = best.clock.reason(), 0
    while reason is None and heap:
        bound, _, node = heapq.heappop(heap)
        best.lower(-bound)
        if best.is_proved:
            return StopReason.FINISHED
        reason = best.clock.reason(nodes)
        if reason is None:
            nodes += 1
            for child_bound, child in _expand(best, node, -bound, groups):
                heapq.heappush(heap, (-child_bound, next(numbers), child))
            if heap:
                best.lower(-heap[0][0])
            reason = best.improve(_ROUNDS)
    if reason is None:
        best.lower(best.units)
    return reason or StopReason.FINISHED


def _expand(best: Best, node: Node, bound: int, groups: Groups) -> list[tuple[int, Node]]:
    """Two children of a node; none where it is closed."""
    core = core_of(best.whole, best.room, node.state, node.groups)
    if core is None:
        return []
    if core.room == 0 or core.sites.size <= core.room:
        chosen = np.flatnonzero(node.state >= 0 if core.room else node.state == 1)
        best.keep(chosen.astype(np.int32))
        return []
    state, use = node.state.copy(), np.zeros(node.state.size)
    solved = _solve(best, core)
    if solved is not None:
        share, price = solved
        decided = np.zeros(core.sites.size, dtype=np.int8)
        cut = best.scale.cut(best.units) - core.constant
        exact = int(exact_bound(core.cover, core.must, price, core.room, decided, cut))
        bound = min(bound, best.scale.units(exact + core.constant))
        if bound <= best.units:
            return []
        state[core.sites] = decided
        use[core.sites] = share
        order = np.argsort(-share, kind="stable")[: core.room]
        best.improve_from(np.union1d(np.flatnonzero(node.state == 1), core.sites[order]))
    if not (state == 0).any() or (state == 1).sum() > best.room:
        opened = np.flatnonzero(state == 1)
        if opened.size <= best.room:
            best.keep(opened.astype(np.int32))
        return []
    return [(bound, child) for child in _children(Node(state, node.groups), use, groups)]


def _children(node: Node, use: NDArray[np.float64], groups: Groups) -> list[Node]:
    """No site of a group opens, or at least one does; the group nearest to half used."""
    is_free, is_open = node.state == 0, node.state == 1
    asked = [set(group[is_free[group]]) for group in node.groups if not is_open[group].any()]
    order = np.argsort(np.abs(groups.use(np.where(is_free, use, 0.0)) - 0.5), kind="stable")
    for group in order.tolist():
        sites = groups.sites(group)
        sites = sites[is_free[sites]]
        if sites.size and not any(one <= set(sites.tolist()) for one in asked):
            break
    else:
        # Every free site is the last of a group that needs one.
        sites = np.flatnonzero(is_free)[:1]
    closed = node.state.copy()
    closed[sites] = -1
    if sites.size > 1:
        return [Node(closed, node.groups), Node(node.state, (*node.groups, sites))]
    opened = node.state.copy()
    opened[sites] = 1
    return [Node(closed, node.groups), Node(opened, node.groups)]


def _solve(best: Best, core: Core) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
    """Use of every site and scaled prices of every class; None where the clock came first."""
    unit = 2.0**best.scale.shift
    solver: Any = highspy.Highs()
    options = {"output_flag": False, "threads": 1, "solver": "ipm", "run_crossover": "off"}
    for name, value in {**options, "time_limit": best.clock.remaining}.items():
        if solver.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise RuntimeError(f"HiGHS refuses the option {name} = {value}")
    if solver.passModel(as_lp(_program(core, unit))) == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS refuses the model")
    solver.run()
    solution = solver.getSolution()
    dual = np.array(solution.row_dual)[: core.classes.size]
    if dual.size != core.classes.size or not np.isfinite(dual).all():
        return None
    share = np.clip(np.array(solution.col_value)[: core.sites.size], 0.0, 1.0)
    price = np.rint(np.maximum(dual, 0.0) * unit)
    # No price serves above a class's weight, or above all there is where it must be covered.
    everything = core.cover.weight.sum() + core.cover.gain.sum()
    most = np.where(core.must, everything, core.cover.weight)
    return share, np.minimum(price, most).astype(np.int64)


def _program(core: Core, unit: float) -> Model:
    """Minimise what is lost: columns x, then y of every class; the last row counts x."""
    cover, c, k = core.cover, core.sites.size, core.classes.size
    size = np.diff(cover.indptr)
    indptr = np.zeros(k + 2, dtype=np.int32)
    np.cumsum(np.append(size + 1, c), out=indptr[1:])
    own = np.arange(c, c + k, dtype=np.int32)
    index = np.insert(cover.site, cover.indptr[1:], own)
    value = np.insert(np.ones(cover.site.size), cover.indptr[1:], np.full(k, -1.0))
    return Model(
        cost=-np.concatenate([cover.gain, cover.weight]) / unit,
        # A class that must be covered has its y at 1.
        lower=np.concatenate([np.zeros(c), core.must.astype(np.float64)]),
        upper=np.ones(c + k),
        integer=None,
        row_lower=np.append(np.zeros(k), -np.inf),
        row_upper=np.append(np.full(k, np.inf), float(core.room)),
        indptr=indptr,
        index=np.concatenate([index, np.arange(c, dtype=np.int32)]),
        value=np.concatenate([value, np.ones(c)]),
    )
