"""What people do by themselves: each goes to the nearest open site that still has room."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.allocation.solve import AllocationModel, nearest_with_room
from optimizer.siting.plan.problem import Assignments, PlanAnswer, PlanProblem
from optimizer.siting.presolve import take_rows

__all__ = ["choices", "nearest_assignments"]


def nearest_assignments(problem: PlanProblem, answer: PlanAnswer) -> Assignments:
    """Who is served where when nobody steers: per year and capacitated service the closest first.

    The rule is that of ``optimizer.siting.allocation.solve.nearest_with_room``: the closest pair
    of a row and a site with room comes first; rows that go to one site as a whole pass by sites
    whose room is too small. Rows without room within their radius stay unserved, ``must`` ones
    too, so this is a report beside a plan's own assignments and need not keep its rules.

    Args:
        problem: the problem.
        answer: a plan of it, whose standing options are used; without one nobody is served.

    Returns:
        The assignments, ordered by (year, row, site).
    """
    return choices(problem, answer.option, problem.capacitated)


def choices(
    problem: PlanProblem, option: NDArray[np.integer[Any]], services: NDArray[np.bool_]
) -> Assignments:
    """Who goes where by the rule of :func:`nearest_assignments`, for some services.

    Args:
        problem: the problem.
        option: int[T, m], what stands.
        services: bool[S], capacitated services that it is about.
    """
    none = np.zeros(0, dtype=np.int64)
    found = [(none, none, none, none)]
    for year, shown in enumerate(option):
        for service in np.flatnonzero(services).tolist():
            row, site, amount = _of_service(problem, shown, service)
            found.append((np.full(row.size, year), row, site, amount))
    when, row, site, amount = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((site, row, when))
    return Assignments(
        year=when[order].astype(np.int32),
        row=row[order].astype(np.int32),
        site=site[order].astype(np.int32),
        amount=amount[order],
    )


def _of_service(
    problem: PlanProblem, option: NDArray[np.integer[Any]], service: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows, sites and units of one service in one year."""
    demand, reach = problem.demand, problem.reach
    stands = option >= 0
    room = np.where(stands, problem.options.capacity[option, service], 0)
    rows = np.flatnonzero(demand.service == service)
    number = np.full(problem.n_demand, -1, dtype=np.int64)
    number[rows] = np.arange(rows.size)
    sites = np.flatnonzero(room != 0)
    own, entries = take_rows(reach.indptr, sites)
    site, listed = sites[csr_rows(own)], reach.demand[entries]
    near = (number[listed] >= 0) & (reach.cost[entries] <= demand.radius[listed])
    site, row, cost = site[near], number[listed[near]], reach.cost[entries][near]
    order = np.lexsort((site, row))
    counts = np.bincount(row, minlength=rows.size)
    model = AllocationModel(
        site_fixed=np.zeros(problem.n_sites, dtype=np.int64),
        site_capacity=room,
        site_state=(room != 0).astype(np.int8),
        row_amount=demand.amount[rows],
        row_single=demand.single[rows],
        pair_indptr=np.concatenate([[0], np.cumsum(counts)]),
        pair_site=site[order].astype(np.int32),
        pair_cost=cost[order],
        most_sites=None,
    )
    flows = nearest_with_room(model, sites.astype(np.int32))
    return rows[flows.row], flows.site.astype(np.int64), flows.amount
