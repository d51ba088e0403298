"""Whom today's network serves: the best use of the places that stand today."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.allocation.flow import best_flows
from optimizer.siting.plan.problem import Assignments, PlanProblem

__all__ = ["serve_today"]


def serve_today(problem: PlanProblem) -> Assignments:
    """The assignments of most value to what stands before the first year; ``year`` is 0.

    Rows that have to be served (residents of homes, for instance) come before all others. A row
    may be split although the plan would keep it whole. Per service, a flow of least cost.
    """
    entries = [_of_service(problem, int(each)) for each in np.flatnonzero(problem.capacitated)]
    row, site, amount = (
        np.concatenate([np.zeros(0, dtype=np.int64), *(entry[at] for entry in entries)])
        for at in range(3)
    )
    order = np.lexsort((site, row))
    return Assignments(
        year=np.zeros(row.size, dtype=np.int32),
        row=row[order].astype(np.int32),
        site=site[order].astype(np.int32),
        amount=amount[order],
    )


_Entries = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def _of_service(problem: PlanProblem, service: int) -> _Entries:
    """Rows, sites and units of one service."""
    demand, reach = problem.demand, problem.reach
    rows = np.flatnonzero(demand.service == service)
    room = _rooms(problem, service, int(demand.amount[rows].sum()))
    site = np.repeat(np.arange(problem.n_sites), np.diff(reach.indptr))
    mine = (demand.service[reach.demand] == service) & (room[site] > 0)
    mine &= reach.cost <= demand.radius[reach.demand]
    site, row, way = site[mine], reach.demand[mine].astype(np.int64), reach.cost[mine]
    worth = _unit_value(problem, row, way) + 1  # of two uses that are worth nothing, any
    worth[demand.must[row]] += int(worth.max(initial=0))
    # Whoever is not served goes to one more site, which is worth nothing.
    nobody = problem.n_sites
    number = np.full(problem.n_demand, -1, dtype=np.int64)
    number[rows] = np.arange(rows.size)
    units = best_flows(
        np.concatenate([number[row], np.arange(rows.size)]),
        np.concatenate([site, np.full(rows.size, nobody)]),
        np.concatenate([-worth, np.zeros(rows.size, dtype=np.int64)]),
        demand.amount[rows],
        np.append(room, max(int(demand.amount[rows].sum()), 1)),
    )
    assert units is not None  # there is room for everybody at the last site
    served = np.flatnonzero(units[: row.size])
    return row[served], site[served], units[served]


def _rooms(problem: PlanProblem, service: int, asked: int) -> NDArray[np.int64]:
    """int64[m], today's room of every site."""
    current = problem.sites.current
    room = np.where(current >= 0, problem.options.capacity[current, service], 0)
    return np.where(room < 0, asked, room).astype(np.int64)


def _unit_value(
    problem: PlanProblem, row: NDArray[np.int64], way: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Value of one unit of a row at a distance, as the problem's demand table counts it."""
    demand = problem.demand
    full, radius, weight = demand.full[row], demand.radius[row], demand.weight[row]
    fades = way > full
    span = np.where(fades, radius - full, 1)
    return np.where(fades, weight * (radius - way) // span, weight)
