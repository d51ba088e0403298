"""What the demand rows of a plan are worth to the solver: weighted, and faded by distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.plan.model.cover_classes import value_at
from optimizer.siting.plan.problem import Assignments, PlanProblem

__all__ = ["row_values"]


def row_values(
    problem: PlanProblem, option: NDArray[np.int32], assignments: Assignments
) -> NDArray[np.int64]:
    """int64[T, n], the value of every row in each year (backup apart), as floors count it.

    Args:
        problem: the tables.
        option: int32[T, m], what stands.
        assignments: who of the capacitated services is served where.
    """
    demand, reach = problem.demand, problem.reach
    site, row = csr_rows(reach.indptr), reach.demand
    within = reach.cost <= demand.radius[row]
    site, row, cost = site[within], row[within], reach.cost[within]
    values = np.zeros((option.shape[0], problem.n_demand), dtype=np.int64)

    whole = demand.weight[row] * demand.amount[row]
    worth = value_at(whole, cost, demand.full[row], demand.radius[row])
    covers = ~problem.capacitated[demand.service[row]]
    for year, stands in enumerate(option):
        now = stands[site]
        offered = problem.options.capacity[now, demand.service[row]] != 0
        there = covers & (now >= 0) & offered
        np.maximum.at(values[year], row[there], worth[there])

    key = site.astype(np.int64) * problem.n_demand + row  # ascending, as the pairs are
    asked = assignments.site.astype(np.int64) * problem.n_demand + assignments.row
    way, who = cost[np.searchsorted(key, asked)], assignments.row
    unit = value_at(demand.weight[who], way, demand.full[who], demand.radius[who])
    np.add.at(values, (assignments.year, who), unit * assignments.amount)
    return values
