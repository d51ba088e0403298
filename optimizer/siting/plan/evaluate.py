"""What a plan comes to, recomputed from the problem's tables in integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.plan.model.cover_classes import value_at
from optimizer.siting.plan.problem import Assignments, PlanObjective, PlanProblem, PlanRequest

__all__ = ["Evaluation", "evaluate"]

_FAR = np.iinfo(np.int64).max
_MILLION = 1_000_000


@dataclass(frozen=True)
class Evaluation:
    """A plan's figures.

    Attributes:
        covered, assigned, backup, bonus: the value's parts, over the weighted years.
        opening, closing, yearly: the cost's parts, in fen.
        travel: weighted travel of all years. worst: ticks, of weighted rows in the last year.
        shares: int64[d], of districts with demand in the last year, in millionths, ascending.
        row_value: int64[T, n], value of every row, backup apart, years' weights apart.
    """

    covered: int
    assigned: int
    backup: int
    bonus: int
    opening: int
    closing: int
    yearly: int
    travel: int
    worst: int
    shares: NDArray[np.int64]
    row_value: NDArray[np.int64]

    @property
    def value(self) -> int:
        """Value, as MAX_VALUE counts it."""
        return self.covered + self.assigned + self.backup + self.bonus

    @property
    def cost(self) -> int:
        """Cost, as MIN_COST counts it."""
        return self.opening + self.closing + self.yearly

    def parts(self, request: PlanRequest) -> dict[str, int]:
        """The parts of a request's objective; they sum to it."""
        names: tuple[str, ...] = ("covered", "assigned", "backup", "bonus")
        if request.objective is PlanObjective.MIN_COST:
            names = ("opening", "closing", "yearly")
        elif request.objective is PlanObjective.MIN_TRAVEL:
            return {"travel": self.travel, "cost": self.cost * request.cost_weight}
        elif request.objective is PlanObjective.MIN_WORST:
            names = ("worst",)
        return {name: getattr(self, name) for name in names}


def evaluate(
    problem: PlanProblem, option: NDArray[np.integer[Any]], assignments: Assignments
) -> Evaluation:
    """The figures of a plan ``option``, int[T, m], with its assignments."""
    demand, weight = problem.demand, problem.years.weight
    worth = demand.weight * demand.amount
    row_value = np.zeros((problem.n_years, problem.n_demand), dtype=np.int64)
    covered = backup = bonus = assigned = travel = worst = 0
    for year in range(problem.n_years):
        nearest, count = _nearest(problem, option[year])
        seen = nearest < _FAR
        row_value[year, seen] = value_at(
            worth[seen], nearest[seen], demand.full[seen], demand.radius[seen]
        )
        covered += int(weight[year] * row_value[year].sum())
        backup += int(weight[year] * (demand.backup * demand.amount)[count > 1].sum())
        shown = option[year][option[year] >= 0]
        bonus += int(weight[year] * problem.options.bonus[shown].sum())
        travel += int((worth[seen] * nearest[seen]).sum())
        if year == problem.n_years - 1:
            worst = int(nearest[seen & (demand.weight > 0)].max(initial=0))
    row, when, amount = assignments.row, assignments.year, assignments.amount
    cost = _pair_cost(problem, row, assignments.site)
    per_unit = value_at(demand.weight[row], cost, demand.full[row], demand.radius[row])
    np.add.at(row_value, (when, row), per_unit * amount)
    assigned = int((weight[when] * per_unit * amount).sum())
    travel += int((demand.weight[row] * amount * cost).sum())
    late = (when == problem.n_years - 1) & (demand.weight[row] > 0)
    worst = max(worst, int(cost[late].max(initial=0)))
    opening, closing, yearly = _costs(problem, option)
    return Evaluation(
        covered=covered,
        assigned=assigned,
        backup=backup,
        bonus=bonus,
        opening=opening,
        closing=closing,
        yearly=yearly,
        travel=travel,
        worst=worst,
        shares=_shares(problem, row_value[-1]),
        row_value=row_value,
    )


def _nearest(
    problem: PlanProblem, option: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Per row the least cost to a site that covers it, and how many do; assigned rows: none."""
    demand, reach = problem.demand, problem.reach
    site, row = csr_rows(reach.indptr), reach.demand
    offers = (problem.options.capacity[np.maximum(option, 0)] != 0) & (option >= 0)[:, None]
    service = demand.service[row]
    keep = offers[site, service] & (reach.cost <= demand.radius[row])
    keep &= ~problem.capacitated[service]
    nearest = np.full(problem.n_demand, _FAR, dtype=np.int64)
    np.minimum.at(nearest, row[keep], reach.cost[keep])
    return nearest, np.bincount(row[keep], minlength=problem.n_demand)


def _pair_cost(
    problem: PlanProblem, row: NDArray[np.int32], site: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Travel cost of pairs that the reach lists hold."""
    n, reach = problem.n_demand, problem.reach
    if row.size == 0:
        return np.zeros(0, dtype=np.int64)
    listed = csr_rows(reach.indptr) * n + reach.demand
    return np.asarray(reach.cost[np.searchsorted(listed, site.astype(np.int64) * n + row)])


def _costs(problem: PlanProblem, option: NDArray[np.integer[Any]]) -> tuple[int, int, int]:
    opening = closing = yearly = 0
    before = problem.sites.current.astype(np.int64)
    for shown in option:
        started = shown[(shown >= 0) & (shown != before) & (shown != problem.sites.current)]
        opening += int(problem.options.opening_cost[started].sum())
        closed = (before >= 0) & (shown < 0) & (problem.sites.current >= 0)
        closing += int(problem.sites.closing_cost[closed].sum())
        yearly += int(problem.options.yearly_cost[shown[shown >= 0]].sum())
        before = shown
    return opening, closing, yearly


def _shares(problem: PlanProblem, row_value: NDArray[np.int64]) -> NDArray[np.int64]:
    demand = problem.demand
    inside = demand.district >= 0
    if not inside.any():
        return np.zeros(0, dtype=np.int64)
    size = int(demand.district.max()) + 1
    full = np.zeros(size, dtype=np.int64)
    covered = np.zeros(size, dtype=np.int64)
    np.add.at(full, demand.district[inside], (demand.weight * demand.amount)[inside])
    np.add.at(covered, demand.district[inside], row_value[inside])
    return np.sort(_MILLION * covered[full > 0] // full[full > 0])
