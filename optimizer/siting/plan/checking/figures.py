"""What a plan amounts to, recomputed from the raw tables for the checker.

Nothing here is shared with a solver. Sums are exact: where int64 could overflow, Python's own
integers take over.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.problem import Assignments, PlanProblem

__all__ = ["Figures", "figures_of", "total"]

_SAFE = 2**62
_MILLION = 10**6


@dataclass(frozen=True, eq=False, kw_only=True)
class Figures:
    """What a plan with T years and n rows amounts to.

    Attributes:
        row_value: [T, n], value of what is covered or assigned of each row, backup apart.
        nearest: int64[T, n], cost to the nearest open site that reaches a row, -1 for none.
        served: int64[T, n], units covered or assigned of each row.
        value: weighted value by part: covered, assigned, backup, bonus.
        cost: fen by part: opening, closing, yearly.
        capital: fen of openings and closings by year.
        running: fen of yearly costs by year.
        travel: weight x units x cost over all years.
        worst: worst travel cost of a row with weight in the last year.
        districts: the districts with demand, ascending.
        shares: the share of each of ``districts`` in the last year, in millionths.
    """

    row_value: NDArray[Any]
    nearest: NDArray[np.int64]
    served: NDArray[np.int64]
    value: dict[str, int]
    cost: dict[str, int]
    capital: list[int]
    running: list[int]
    travel: int
    worst: int
    districts: list[int]
    shares: list[int]


def figures_of(
    problem: PlanProblem, option: NDArray[np.int64], assignments: Assignments
) -> Figures:
    """Recompute every figure.

    Args:
        problem: the tables.
        option: int64[T, m], options of their own site, -1 where none stands.
        assignments: entries within range, whatever else may be wrong with them.
    """
    nearest, reached = _nearest(problem, option)
    assigned_cost = _pair_costs(problem, assignments)
    per_year = [
        _assigned_in(problem, assignments, assigned_cost, year) for year in range(problem.n_years)
    ]
    covered = np.array([_covered_values(problem, row) for row in nearest]).reshape(nearest.shape)
    assigned = np.array([value for value, _, _ in per_year]).reshape(nearest.shape)
    is_assigned = problem.capacitated[problem.demand.service]
    units = np.array([each for _, each, _ in per_year], dtype=np.int64).reshape(nearest.shape)
    row_value = np.where(is_assigned, assigned, covered)
    capital, cost = _costs(problem, option)
    districts, shares = _shares(problem, row_value[-1])
    return Figures(
        row_value=row_value,
        nearest=nearest,
        served=np.where(is_assigned, units, np.where(nearest >= 0, problem.demand.amount, 0)),
        value={
            "covered": _weighted(problem, np.where(is_assigned, 0, covered)),
            "assigned": _weighted(problem, np.where(is_assigned, assigned, 0)),
            "backup": _weighted(problem, _backup(problem, reached, is_assigned)),
            "bonus": _weighted(problem, _standing(problem.options.bonus, option)),
        },
        cost=cost,
        capital=capital,
        running=[total(row) for row in _standing(problem.options.yearly_cost, option)],
        travel=_travel(problem, nearest, is_assigned) + sum(each for _, _, each in per_year),
        worst=_worst(problem, nearest[-1], is_assigned, assignments, assigned_cost),
        districts=districts,
        shares=shares,
    )


def total(values: NDArray[Any]) -> int:
    """The exact sum of integers."""
    if values.dtype != object and float(np.abs(values.astype(float)).sum()) < _SAFE:
        return int(values.sum())
    return int(sum(values.ravel().tolist()))


def _product(*factors: NDArray[Any]) -> NDArray[Any]:
    """The exact product of non-negative integers."""
    if prod(max(1, int(each.max(initial=0))) for each in factors) >= _SAFE:
        factors = tuple(each.astype(object) for each in factors)
    result = factors[0]
    for each in factors[1:]:
        result = result * each
    return np.asarray(result)


def _faded(
    problem: PlanProblem, rows: NDArray[Any], cost: NDArray[Any], whole: NDArray[Any]
) -> NDArray[Any]:
    """``whole`` within T1, falling linearly to nothing at T2, rounded down."""
    full, radius = problem.demand.full[rows], problem.demand.radius[rows]
    left = np.clip(radius - cost, 0, np.maximum(radius - full, 0))
    part = _product(whole, left) // np.maximum(radius - full, 1)
    return np.where(cost <= full, whole, part)


def _nearest(
    problem: PlanProblem, option: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cost of the nearest open site of each row and year, -1 for none, and how many reach it."""
    site = np.repeat(np.arange(problem.n_sites), np.diff(problem.reach.indptr))
    row, cost = problem.reach.demand, problem.reach.cost
    within = cost <= problem.demand.radius[row]
    site, row, cost = site[within], row[within], cost[within]
    nearest = np.full((problem.n_years, problem.n_demand), -1, dtype=np.int64)
    reached = np.zeros_like(nearest)
    for year, shown in enumerate(option):
        is_offered = np.zeros((problem.n_sites, problem.n_services), dtype=bool)
        is_offered[shown >= 0] = problem.options.capacity[shown[shown >= 0]] != 0
        use = is_offered[site, problem.demand.service[row]]
        best = np.full(problem.n_demand, np.iinfo(np.int64).max)
        np.minimum.at(best, row[use], cost[use])
        reached[year] = np.bincount(row[use], minlength=problem.n_demand)
        nearest[year] = np.where(reached[year] > 0, best, -1)
    return nearest, reached


def _covered_values(problem: PlanProblem, nearest: NDArray[np.int64]) -> NDArray[Any]:
    rows = np.arange(problem.n_demand)
    whole = _product(problem.demand.weight, problem.demand.amount)
    return np.where(nearest >= 0, _faded(problem, rows, np.maximum(nearest, 0), whole), 0)


def _pair_costs(problem: PlanProblem, assignments: Assignments) -> NDArray[np.int64]:
    """The travel cost of every assignment, -1 where its site does not reach its row."""
    site = np.repeat(np.arange(problem.n_sites), np.diff(problem.reach.indptr))
    key = site * max(problem.n_demand, 1) + problem.reach.demand
    order = np.argsort(key, kind="stable")
    asked = assignments.site.astype(np.int64) * max(problem.n_demand, 1) + assignments.row
    if not key.size:
        return np.full(asked.size, -1, dtype=np.int64)
    at = order[np.minimum(np.searchsorted(key[order], asked), key.size - 1)]
    cost = problem.reach.cost[at]
    is_good = (key[at] == asked) & (cost <= problem.demand.radius[assignments.row])
    return np.where(is_good, cost, -1)


def _assigned_in(
    problem: PlanProblem, assignments: Assignments, cost: NDArray[np.int64], year: int
) -> tuple[NDArray[Any], NDArray[np.int64], int]:
    """Value and units of every row in one year, and the travel of all of them."""
    use = (assignments.year == year) & (cost >= 0)
    row, amount, cost = assignments.row[use], assignments.amount[use], cost[use]
    weight = problem.demand.weight[row]
    worth = _product(amount, _faded(problem, row, cost, weight))
    value: NDArray[Any] = np.zeros(problem.n_demand, dtype=object)
    np.add.at(value, row, worth.astype(object))
    units = np.zeros(problem.n_demand, dtype=np.int64)
    np.add.at(units, row, amount)
    return value, units, total(_product(weight, amount, cost))


def _backup(
    problem: PlanProblem, reached: NDArray[np.int64], is_assigned: NDArray[np.bool_]
) -> NDArray[Any]:
    extra = _product(problem.demand.backup, problem.demand.amount)
    return np.where((reached >= 2) & ~is_assigned, extra, 0)


def _standing(column: NDArray[np.int64], option: NDArray[np.int64]) -> NDArray[np.int64]:
    """[T, m], the entries of the options that stand, 0 where nothing does."""
    return np.append(column, 0)[option]


def _weighted(problem: PlanProblem, values: NDArray[Any]) -> int:
    pairs = zip(problem.years.weight.tolist(), values, strict=True)
    return sum(weight * total(row) for weight, row in pairs)


def _costs(problem: PlanProblem, option: NDArray[np.int64]) -> tuple[list[int], dict[str, int]]:
    before = problem.sites.current.astype(np.int64)
    opening, closing = [], []
    for shown in option:
        starts = shown[(shown != before) & (shown >= 0)]
        closes = (before >= 0) & (shown < 0)
        opening.append(total(problem.options.opening_cost[starts]))
        closing.append(total(problem.sites.closing_cost[closes]))
        before = shown
    yearly = total(_standing(problem.options.yearly_cost, option))
    capital = [sum(both) for both in zip(opening, closing, strict=True)]
    return capital, {"opening": sum(opening), "closing": sum(closing), "yearly": yearly}


def _travel(
    problem: PlanProblem, nearest: NDArray[np.int64], is_assigned: NDArray[np.bool_]
) -> int:
    weight, amount = problem.demand.weight, problem.demand.amount
    covered = ~is_assigned
    return sum(
        total(_product(weight[covered], amount[covered], np.maximum(row, 0)[covered]))
        for row in nearest
    )


def _worst(
    problem: PlanProblem,
    nearest: NDArray[np.int64],
    is_assigned: NDArray[np.bool_],
    assignments: Assignments,
    cost: NDArray[np.int64],
) -> int:
    counts = problem.demand.weight > 0
    last = (assignments.year == problem.n_years - 1) & counts[assignments.row]
    covered = nearest[counts & ~is_assigned]
    return int(max(covered.max(initial=0), cost[last].max(initial=0)))


def _shares(problem: PlanProblem, value: NDArray[Any]) -> tuple[list[int], list[int]]:
    """Districts in which the demand has value, and how much of it is covered or assigned."""
    whole = _product(problem.demand.weight, problem.demand.amount)
    districts, shares = [], []
    for district in np.unique(problem.demand.district[problem.demand.district >= 0]).tolist():
        inside = problem.demand.district == district
        full = total(whole[inside])
        if full > 0:
            districts.append(district)
            shares.append(_MILLION * total(value[inside]) // full)
    return districts, shares
