"""Plain plans of least travel as capacitated location problems.

One year, one option a site, every row served: with site costs and unlimited room this is simple
plant location, with a count the p-median, with room their capacitated forms
(:mod:`optimizer.siting.allocation.solve`). A unit's cost is its weight times its travel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.result import Status, StopReason
from optimizer.siting.allocation.solve import AllocationModel, solve_allocation
from optimizer.siting.plan.model.cover_classes import usable_pairs
from optimizer.siting.plan.model.offers import offers_of
from optimizer.siting.plan.plain import PlainSites, plain_sites
from optimizer.siting.plan.problem import Assignments, PlanObjective, PlanProblem, PlanRequest
from optimizer.stop import Progress, ProgressCallback, StopClock

__all__ = ["AllocationFound", "AllocationPlan", "allocation_plan"]

_LARGEST_TOTAL = 2.0**55


@dataclass(frozen=True)
class AllocationFound:
    """What came of a location problem.

    Attributes:
        option: int64[1, m], the plan, None without one.
        assignments: who of a capacitated service is served where.
        bound: proved bound on the objective.
        status: what is known; NO_SOLUTION leaves everything open.
        reason: why the search stopped.
    """

    option: NDArray[np.int64] | None
    assignments: Assignments
    bound: int | None
    status: Status
    reason: StopReason


@dataclass(frozen=True)
class AllocationPlan:
    """A plain plan of least travel.

    Attributes:
        sites: what may stand.
        model: the location problem.
        constant: objective that does not depend on the choice.
        is_assigned: whether answers list who is served where.
    """

    sites: PlainSites
    model: AllocationModel
    constant: int
    is_assigned: bool

    def search(
        self, clock: StopClock, *, seed: int, progress: ProgressCallback | None
    ) -> AllocationFound:
        """Solve it with the allocation engine."""
        told = None if progress is None else self._translated(progress)
        found = solve_allocation(self.model, clock, seed=seed, progress=told)
        bound = None if found.bound is None else found.bound + self.constant
        if found.allocation is None:
            none = Assignments.none()
            return AllocationFound(None, none, bound, found.status, found.stop_reason)
        flows = found.allocation
        assignments = Assignments.none()
        if self.is_assigned:
            order = np.lexsort((flows.site, flows.row))
            assignments = Assignments(
                year=np.zeros(order.size, dtype=np.int32),
                row=flows.row[order],
                site=flows.site[order],
                amount=flows.amount[order],
            )
        shown = self.sites.shown(flows.open_sites, 1)
        return AllocationFound(shown, assignments, bound, found.status, found.stop_reason)

    def _translated(self, progress: ProgressCallback) -> ProgressCallback:
        def tell(news: Progress) -> None:
            incumbent = None if news.incumbent is None else news.incumbent + self.constant
            bound = None if news.bound is None else news.bound + self.constant
            progress(replace(news, incumbent=incumbent, bound=bound))

        return tell


def allocation_plan(problem: PlanProblem, request: PlanRequest) -> AllocationPlan | None:
    """The location problem that a plan comes to, None where it is another one."""
    if request.objective is not PlanObjective.MIN_TRAVEL or problem.n_years != 1:
        return None
    services = np.unique(problem.demand.service)
    is_assigned = bool(problem.capacitated[services].any())
    if is_assigned and services.size > 1:
        return None
    sites = plain_sites(problem, request)
    if sites is None:
        return None
    costs = _site_costs(problem, request, sites)
    if costs is None:
        return None
    fixed, state, constant = costs
    most = sites.most
    if most is not None:
        # The engine counts every open site, so what is not counted must stand anyway.
        if np.any((state == 0) & ~sites.counted):
            return None
        most += int(((state == 1) & ~sites.counted).sum())
    capacity = np.full(problem.n_sites, -1, dtype=np.int64)
    if is_assigned:
        own = problem.options.capacity[sites.option, services[0]]
        capacity = np.where(sites.option >= 0, own, 0)
    model = _model(problem, sites, fixed, state, capacity, most)
    return None if model is None else AllocationPlan(sites, model, constant, is_assigned)


def _site_costs(
    problem: PlanProblem, request: PlanRequest, sites: PlainSites
) -> tuple[NDArray[np.int64], NDArray[np.int8], int] | None:
    """Cost of opening, state of every site, and the constant; None for what the engine lacks."""
    options, rate = problem.options, request.cost_weight
    there = sites.option >= 0
    opening = np.where(there & ~sites.existing, options.opening_cost[sites.option], 0)
    yearly = np.where(there, options.yearly_cost[sites.option], 0)
    closing = np.where(sites.existing, problem.sites.closing_cost, 0)
    if rate * (opening + yearly + closing).sum(dtype=np.float64) > _LARGEST_TOTAL:
        return None
    keep = sites.required | (sites.existing & (rate * yearly <= rate * closing))
    if rate == 0:
        # Nothing is lost by opening what no rule counts.
        keep |= there & ~sites.counted
    heirs = np.diff(problem.sites.takeover_indptr) > 0
    if np.any(sites.existing & ~keep & heirs):
        return None
    state = np.where(there, 0, -1).astype(np.int8)
    state[keep] = 1
    may_close = sites.existing & ~keep
    fixed = rate * (opening + yearly - np.where(may_close, closing, 0))
    return fixed, state, int(rate * closing[may_close].sum())


def _model(
    problem: PlanProblem,
    sites: PlainSites,
    fixed: NDArray[np.int64],
    state: NDArray[np.int8],
    capacity: NDArray[np.int64],
    most: int | None,
) -> AllocationModel | None:
    demand = problem.demand
    pairs = usable_pairs(
        problem, offers_of(problem, np.isin(np.arange(problem.n_options), sites.option))
    )
    row = csr_rows(pairs.indptr)
    order = np.lexsort((pairs.site, row))
    dearest = np.zeros(problem.n_demand)
    burden = demand.weight[row].astype(np.float64) * pairs.cost
    np.maximum.at(dearest, row, burden)
    if capacity.max(initial=-1) >= 0 and np.any((pairs.cost == 0) & (demand.weight[row] == 0)):
        return None  # the whole model looks at who may stay where they are
    total = float((dearest * demand.amount).sum()) + float(fixed.sum())
    if total > _LARGEST_TOTAL or demand.amount.sum(dtype=np.float64) > _LARGEST_TOTAL:
        return None
    return AllocationModel(
        site_fixed=fixed,
        site_capacity=capacity,
        site_state=state,
        row_amount=demand.amount,
        row_single=demand.single,
        pair_indptr=pairs.indptr,
        pair_site=pairs.site[order].astype(np.int32),
        pair_cost=(demand.weight[row] * pairs.cost)[order],
        most_sites=most,
    )
