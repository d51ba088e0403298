"""Demand that cannot be served as asked, whatever stands: found without a solve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.plan.explain.conflict_elements import Element, ElementKind
from optimizer.siting.plan.explain.marginal_cover import unit_value
from optimizer.siting.plan.problem import PlanObjective, PlanProblem, PlanRequest

__all__ = ["DemandFault", "demand_faults"]


@dataclass(frozen=True, eq=False)
class DemandFault:
    """A rule on demand that no plan can keep, even with every option standing and room for all.

    Attributes:
        element: a must row, a floor, or "all served".
        year: the first year in which it fails.
        rows: int32, its rows that nothing may serve in that year, ascending. A floor may fail
            without any: its rows are reached, but from too far away.
        most: the most that a floor's rows can reach, None for other elements.
        low: what the floor asks, None for other elements.
    """

    element: Element
    year: int
    rows: NDArray[np.int32]
    most: int | None = None
    low: int | None = None


def demand_faults(problem: PlanProblem, request: PlanRequest) -> tuple[DemandFault, ...]:
    """Every rule on demand that fails whatever stands, each in the first year in which it does."""
    first: dict[Element, DemandFault] = {}
    for year in range(problem.n_years):
        worth = _most_worth(problem, year)
        for fault in _faults_of_year(problem, request, year, worth):
            first.setdefault(fault.element, fault)
    return tuple(first[element] for element in sorted(first))


def _most_worth(problem: PlanProblem, year: int) -> NDArray[Any]:
    """[n], the most value of every row when all options stand that may; -1 out of all reach."""
    offered = np.zeros((problem.n_sites, problem.n_services), dtype=bool)
    ready = np.flatnonzero(problem.options.first_year <= year)
    np.logical_or.at(offered, problem.options.site[ready], problem.options.capacity[ready] != 0)
    demand, reach = problem.demand, problem.reach
    row, site = reach.demand, csr_rows(reach.indptr)
    keep = offered[site, demand.service[row]] & (reach.cost <= demand.radius[row])
    row, cost = row[keep], reach.cost[keep]
    # Assigned rows round down per unit, covered rows in all.
    is_assigned = problem.capacitated[demand.service[row]]
    amount = demand.amount[row]
    whole = demand.weight[row] * np.where(is_assigned, 1, amount)
    worth = unit_value(problem, row, cost, whole) * np.where(is_assigned, amount, 1)
    most = np.full(problem.n_demand, -1, dtype=worth.dtype)
    np.maximum.at(most, row, worth)
    return most


def _faults_of_year(
    problem: PlanProblem, request: PlanRequest, year: int, worth: NDArray[Any]
) -> Iterator[DemandFault]:
    lost = worth < 0
    for row in np.flatnonzero(lost & problem.demand.must).tolist():
        rows = np.array([row], dtype=np.int32)
        yield DemandFault(Element(ElementKind.MUST_ROW, row), year, rows)
    all_served = request.objective in (PlanObjective.MIN_TRAVEL, PlanObjective.MIN_WORST)
    if all_served and lost.any():
        rows = np.flatnonzero(lost).astype(np.int32)
        yield DemandFault(Element(ElementKind.ALL_SERVED), year, rows)
    floors = problem.floors
    for floor in np.flatnonzero((floors.first_year <= year) & (year <= floors.last_year)).tolist():
        rows = floors.demand[floors.indptr[floor] : floors.indptr[floor + 1]]
        most, low = sum(np.maximum(worth[rows], 0).tolist()), int(floors.low[floor])
        if most < low:
            element = Element(ElementKind.FLOOR, floor)
            yield DemandFault(element, year, rows[lost[rows]], most, low)
