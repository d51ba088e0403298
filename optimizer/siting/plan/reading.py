"""Reads a model's point of whole numbers back into a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.evaluate import Evaluation, evaluate
from optimizer.siting.plan.model.assignment import rows_of_classes, units
from optimizer.siting.plan.model.attach import attach
from optimizer.siting.plan.model.whole import PlanModel
from optimizer.siting.plan.problem import Assignments

__all__ = ["Plan", "pairs_of", "point_of", "read_plan"]


@dataclass(frozen=True)
class Plan:
    """A plan as an answer shows it, and its figures."""

    option: NDArray[np.int32]
    parent: NDArray[np.int32]
    assignments: Assignments
    quota_site: NDArray[np.int32]
    figures: Evaluation


def read_plan(model: PlanModel, whole: NDArray[np.int64]) -> Plan:
    """The plan of a point that keeps all rows."""
    problem = model.problem
    option = model.option_of(model.standing_of(whole))
    parent = np.full(option.shape, -1, dtype=np.int64)
    for year in range(problem.n_years):
        found = attach(problem, option[year])
        assert found is not None
        parent[year] = found
    quota_site = np.full(len(problem.quotas), -1, dtype=np.int64)
    given = whole[model.quotas.given] > 0
    quota_site[model.quotas.quota[given]] = model.quotas.site[given]
    assignments = _assignments(model, whole)
    return Plan(
        option.astype(np.int32),
        parent.astype(np.int32),
        assignments,
        quota_site.astype(np.int32),
        evaluate(problem, option, assignments),
    )


def _assignments(model: PlanModel, whole: NDArray[np.int64]) -> Assignments:
    """Units of classes handed to their rows in order, site by site."""
    classes = model.assignment.classes
    pair, year, amount = units(model.assignment, whole)
    if pair.size == 0:
        return Assignments.none()
    indptr, rows = rows_of_classes(classes)
    need = model.problem.demand.amount
    # Units of a class lie on a line: its rows cut it one way, its sites the other.
    row_end = np.cumsum(need[rows])
    row_start = row_end - need[rows]
    line_start = row_start[indptr[:-1]]
    of_class = classes.pair_class[pair]
    group = year * classes.size + of_class
    end = np.cumsum(amount)
    first = np.ones(group.size, dtype=bool)
    first[1:] = group[1:] != group[:-1]
    offset = np.repeat((end - amount)[first], np.diff(np.append(np.flatnonzero(first), group.size)))
    start = end - amount - offset + line_start[of_class]
    stop = start + amount
    low = np.searchsorted(row_end, start, side="right")
    high = np.searchsorted(row_start, stop, side="left")
    count = high - low
    entry = np.repeat(np.arange(pair.size), count)
    place = low[entry] + np.arange(entry.size) - np.repeat(np.cumsum(count) - count, count)
    taken = np.minimum(stop[entry], row_end[place]) - np.maximum(start[entry], row_start[place])
    row, site, when = rows[place], classes.site[pair[entry]], year[entry]
    order = np.lexsort((site, row, when))
    return Assignments(
        year=when[order].astype(np.int32),
        row=row[order].astype(np.int32),
        site=site[order].astype(np.int32),
        amount=taken[order],
    )


def point_of(
    model: PlanModel,
    option: NDArray[np.integer[Any]],
    assignments: Assignments,
    quota_site: NDArray[np.integer[Any]],
) -> NDArray[np.int64] | None:
    """The model's point of a plan; None where the plan breaks a row or does not fit the model.

    Assignments that name another problem's rows or sites make it None, too.
    """
    problem, classes = model.problem, model.assignment.classes
    stands = np.zeros(model.stands.shape, dtype=np.int64)
    year, site = np.nonzero(option >= 0)
    stands[option[year, site], year] = 1
    if np.any((stands > 0) & (model.stands < 0)):
        return None
    whole = model.follow(stands)
    if whole is None or quota_site.size != len(problem.quotas):
        return None
    quotas = model.quotas
    whole[quotas.given[quota_site[quotas.quota] == quotas.site]] = 1
    if assignments.row.size:
        if assignments.row.max() >= problem.n_demand or assignments.year.max() >= problem.n_years:
            return None
        pair = pairs_of(model, assignments)
        if pair is None:
            return None
        columns = np.where(
            classes.pooled[classes.pair_class[pair]],
            model.assignment.served[classes.pair_class[pair], assignments.year],
            model.assignment.goes[pair, assignments.year],
        )
        if np.any(columns < 0):
            return None
        np.add.at(whole, columns, assignments.amount)
        used = np.unique(columns)
        step = np.zeros(whole.size, dtype=np.int64)
        step[columns] = classes.step[pair]
        whole[used] //= step[used]
    if not model.carries(whole) or not model.fill_flows(whole):
        return None
    return whole if model.program.holds(whole) else None


def pairs_of(model: PlanModel, assignments: Assignments) -> NDArray[np.int64] | None:
    """The pair of class and site of every assignment, None where one has none."""
    classes, sites = model.assignment.classes, model.problem.n_sites
    of_class = classes.of_row[assignments.row]
    known = classes.pair_class * sites + classes.site
    wanted = of_class * sites + assignments.site
    order = np.argsort(known, kind="stable")
    at = np.searchsorted(known[order], wanted)
    if np.any(of_class < 0) or np.any(at >= known.size):
        return None
    pair = order[at]
    return pair if np.array_equal(known[pair], wanted) else None
