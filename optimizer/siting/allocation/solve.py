"""Exact capacitated location: facility location, p-median and their mixtures.

Lagrangian bounds come first (:mod:`optimizer.siting.allocation.climb`), each with a search for
answers around its sites; a tree of the same bounds closes what is left
(:mod:`optimizer.siting.allocation.tree`). Where it grows too large, HiGHS takes over.
The rule that people follow by themselves, "to the nearest site that still has room", is
:func:`nearest_with_room`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.result import Status, StopReason
from optimizer.siting.allocation.climb import Climb, first_prices, steps_per_call
from optimizer.siting.allocation.core import Core, first_core
from optimizer.siting.allocation.finish import finish
from optimizer.siting.allocation.flow import most_served
from optimizer.siting.allocation.model import Allocation, AllocationModel, AllocationProposal
from optimizer.siting.allocation.search import Best
from optimizer.siting.allocation.search_kernels import nearest_first
from optimizer.siting.allocation.tree import Tree
from optimizer.siting.engine import Reporter
from optimizer.stop import ProgressCallback, StopClock

__all__ = [
    "Allocation",
    "AllocationModel",
    "AllocationProposal",
    "nearest_with_room",
    "solve_allocation",
]

_ROOT_STEPS = 2000
_ROOT_THETA = 1.0
_ROOT_PATIENCE = 15
_SMALLEST_THETA = 1e-3
_MOST_SHAKES = 200
_PAIRS_SHAKEN = 20_000_000
# Larger problems try answers less often: bounds need the time more.
_PAIRS_TRIED = 200_000
# Without an answer the climb aims this much above its own bound.
_HOPE = 0.05


def solve_allocation(
    model: AllocationModel,
    clock: StopClock,
    *,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> AllocationProposal:
    """Open sites and serve every unit at least cost.

    Args:
        model: the problem.
        clock: the stop rule; its iterations are the tree's nodes, and HiGHS' in each program.
        seed: of the search and of HiGHS. One thread: the same seed and an iteration limit alone
            give the same answer.
        progress: told of answers and bounds, from the calling thread.

    Returns:
        The best answer with a proved bound. OPTIMAL means that they are equal. The tree proves in
        whole numbers; where HiGHS had to finish, objectives above 2 ** 28 are proved to about
        1e-9 of their value only, which is told as FEASIBLE with that gap. INFEASIBLE is said with
        a proof only.
    """
    core = first_core(model)
    if _is_hopeless(core):
        return AllocationProposal(None, None, 0, StopReason.FINISHED, Status.INFEASIBLE)
    best = Best(model, core, Reporter("allocation", clock, progress))
    reason, is_infeasible = _search(best, clock, seed)
    if is_infeasible and best.value is None:
        return AllocationProposal(None, None, best.bound, StopReason.FINISHED, Status.INFEASIBLE)
    status = Status.NO_SOLUTION if best.value is None else Status.FEASIBLE
    if best.is_proved:
        status, reason = Status.OPTIMAL, StopReason.FINISHED
    return AllocationProposal(best.allocation(), best.value, best.bound, reason, status)


def nearest_with_room(model: AllocationModel, open_sites: NDArray[np.int32]) -> Allocation:
    """What comes of everybody going to the nearest open site that still has room.

    The closest pair of a row and a site with room is served first, then the next closest: nobody
    is turned away by a site that serves somebody from further off (a stable assignment, Gale and
    Shapley 1962). Equal costs: the lower row number first, then the lower site number. A row
    served as a whole passes by sites whose room is too small; a split row takes what is left.
    Rows without room anywhere stay unserved.

    Args:
        model: the problem; costs of opening and counts play no part.
        open_sites: int32[k], sites that stand open.

    Returns:
        The open sites and the flows.
    """
    is_open = np.zeros(model.n_sites, dtype=np.bool_)
    is_open[open_sites] = True
    row = csr_rows(model.pair_indptr)
    pairs = np.flatnonzero(is_open[model.pair_site])
    pairs = pairs[np.lexsort((model.pair_site[pairs], row[pairs], model.pair_cost[pairs]))]
    total = int(model.row_amount.sum())
    room = np.where(model.site_capacity < 0, total, model.site_capacity)
    units = np.zeros(model.pair_site.size, dtype=np.int64)
    rest = model.row_amount.copy()
    nearest_first(
        pairs, row, model.pair_site, model.row_amount, model.row_single, is_open, room, units, rest
    )
    flows = np.flatnonzero(units)
    return Allocation(
        np.flatnonzero(is_open).astype(np.int32),
        row[flows].astype(np.int32),
        model.pair_site[flows].astype(np.int32),
        units[flows],
    )


def _is_hopeless(core: Core) -> bool:
    """Whether rows, counts or room in all rule every answer out."""
    if core.least > core.most or int((core.state == 1).sum()) > core.most:
        return True
    if (np.bincount(core.row, minlength=core.amount.size) == 0).any():
        return True
    served = most_served(core.row.astype(np.int64), core.site, core.amount, core.capacity)
    return served < int(core.amount.sum())


def _search(best: Best, clock: StopClock, seed: int) -> tuple[StopReason, bool]:
    """Climb, then finish; returns why it ended and whether no answer exists."""
    core = best.core
    if core.amount.size == 0:
        best.try_sites(core.state > 0)
        if best.value is not None:
            best.lift(best.value)
        return StopReason.FINISHED, False
    price, scale = first_prices(core)
    climb = Climb(core, price, _ROOT_THETA)
    chunk = steps_per_call(core.size)
    tried = np.zeros(0, dtype=np.bool_)
    every = 1 + core.size // _PAIRS_TRIED
    for at in range(0, _ROOT_STEPS // chunk):
        climb.step(core, scale, _target(best, climb), chunk, _ROOT_PATIENCE)
        best.lift(core.unscaled(int(climb.bound)))
        if at % every == 0:
            if not np.array_equal(tried, climb.chosen):
                tried = climb.chosen.copy()
                best.try_sites(tried)
            best.try_sites(climb.latest)
        reason = clock.reason()
        if reason is not None or best.is_proved:
            return reason or StopReason.FINISHED, False
        if climb.theta < _SMALLEST_THETA:
            break
    reason = _shake(best, clock, seed)
    if reason is not None or best.is_proved:
        return reason or StopReason.FINISHED, False
    tree = Tree(best, climb, scale, clock)
    reason = tree.run()
    if best.is_proved or reason is not StopReason.FINISHED:
        return reason, False
    if best.value is None and not tree.gave_up:
        return StopReason.FINISHED, True
    return finish(best, climb, clock, seed)


def _shake(best: Best, clock: StopClock, seed: int) -> StopReason | None:
    """Look around the best answer for a while; returns why to stop, None to go on."""
    rng = np.random.default_rng(seed)
    if best.value is None:
        return None
    for _ in range(min(_MOST_SHAKES, _PAIRS_SHAKEN // max(1, best.core.size))):
        best.shake(rng)
        reason = clock.reason()
        if reason is not None or best.is_proved:
            return reason
    return None


def _target(best: Best, climb: Climb) -> float:
    if best.value is not None:
        return float(best.value << best.core.shift)
    bound = climb.bound if np.isfinite(climb.bound) else 1.0
    return bound + _HOPE * abs(bound) + 1.0
