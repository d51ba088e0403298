"""What makes tables a plan problem: indices that exist, values that make sense."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.arrays import csr_rows
from optimizer.codes import BAD_ARRAY, BAD_INDEX, BAD_LENGTH, BAD_VALUE
from optimizer.siting.plan.tables import UNLIMITED

if TYPE_CHECKING:
    from optimizer.siting.plan.problem import PlanProblem

__all__ = ["LARGEST_TOTAL", "check_problem"]

LARGEST_TOTAL = 2.0**61
"""No sum over a problem may be larger, so that whole numbers stay within 64 bits."""


def check_problem(problem: PlanProblem) -> None:
    """Check the tables against each other.

    Raises:
        FaultError: with every fault found; values are looked at once all pointers are sound.
    """
    for look in (_check_pointers, _check_indices, _check_values, _check_totals):
        faults = Faults()
        look(problem, faults)
        faults.raise_if_any()


def _check_pointers(problem: PlanProblem, faults: Faults) -> None:
    sites, levels = problem.n_sites, problem.level_parent.size
    for name, indptr, rows, entries in (
        ("sites.takeover_indptr", problem.sites.takeover_indptr, sites, "sites.takeover_option"),
        ("reach.indptr", problem.reach.indptr, sites, "reach.demand"),
        ("rules.indptr", problem.rules.indptr, len(problem.rules), "rules.option"),
        ("floors.indptr", problem.floors.indptr, len(problem.floors), "floors.demand"),
        ("quotas.indptr", problem.quotas.indptr, len(problem.quotas), "quotas.site"),
    ):
        table, column = entries.split(".")
        size = getattr(getattr(problem, table), column).size
        if indptr.size != rows + 1:
            faults.add(BAD_LENGTH(field=name, got=indptr.size, expected=rows + 1))
        elif indptr[0] != 0 or indptr[-1] != size or np.any(np.diff(indptr) < 0):
            faults.add(BAD_ARRAY(field=name, why="it is no ascending CSR pointer"))
    for name in ("coefficient", "kind"):
        got, expected = getattr(problem.rules, name).size, problem.rules.option.size
        if got != expected:
            faults.add(BAD_LENGTH(field=f"rules.{name}", got=got, expected=expected))
    if problem.nearest.size != problem.n_services:
        got = problem.nearest.size
        faults.add(BAD_LENGTH(field="nearest", got=got, expected=problem.n_services))
    if problem.level_fanout.size != levels:
        got = problem.level_fanout.size
        faults.add(BAD_LENGTH(field="level_fanout", got=got, expected=levels))
    if problem.n_years == 0:
        faults.add(BAD_ARRAY(field="years", why="a plan needs one year at least"))


def _check_indices(problem: PlanProblem, faults: Faults) -> None:
    m, o, n = problem.n_sites, problem.n_options, problem.n_demand
    levels, years = problem.level_parent.size, problem.n_years
    for name, column, low, size in (
        ("sites.current", problem.sites.current, -1, o),
        ("sites.due", problem.sites.due, -1, years),
        ("sites.takeover_option", problem.sites.takeover_option, 0, o),
        ("options.site", problem.options.site, 0, m),
        ("options.level", problem.options.level, 0, levels),
        ("demand.service", problem.demand.service, 0, problem.n_services),
        ("reach.demand", problem.reach.demand, 0, n),
        ("level_parent", problem.level_parent, -1, levels),
        ("attachments.child", problem.attachments.child, 0, m),
        ("attachments.parent", problem.attachments.parent, 0, m),
        ("rules.option", problem.rules.option, 0, o),
        ("rules.first_year", problem.rules.first_year, 0, years),
        ("rules.last_year", problem.rules.last_year, 0, years),
        ("floors.demand", problem.floors.demand, 0, n),
        ("floors.first_year", problem.floors.first_year, 0, years),
        ("floors.last_year", problem.floors.last_year, 0, years),
        ("quotas.site", problem.quotas.site, 0, m),
    ):
        outside = (column < low) | (column >= size)
        if outside.any():
            faults.add(BAD_INDEX(field=name, value=int(column[outside][0]), last=size - 1))


def _check_values(problem: PlanProblem, faults: Faults) -> None:
    years, sites, options, demand = problem.years, problem.sites, problem.options, problem.demand
    for name, column, least in (
        ("years.weight", years.weight, 0),
        ("years.capital", years.capital, UNLIMITED),
        ("years.running", years.running, UNLIMITED),
        ("sites.closing_cost", sites.closing_cost, 0),
        ("options.first_year", options.first_year, 0),
        ("options.area", options.area, 0),
        ("options.yearly_cost", options.yearly_cost, 0),
        ("options.opening_cost", options.opening_cost, 0),
        ("options.bonus", options.bonus, 0),
        ("options.capacity", options.capacity, UNLIMITED),
        ("options.quota_area", options.quota_area, 0),
        ("demand.amount", demand.amount, 1),
        ("demand.weight", demand.weight, 0),
        ("demand.full", demand.full, 0),
        ("demand.backup", demand.backup, 0),
        ("reach.cost", problem.reach.cost, 0),
        ("attachments.cost", problem.attachments.cost, 0),
        ("quotas.area", problem.quotas.area, 0),
        ("quotas.first_year", problem.quotas.first_year, 0),
        ("level_fanout", problem.level_fanout, UNLIMITED),
    ):
        if column.size and column.min() < least:
            faults.add(BAD_VALUE(field=name, value=int(column.min()), rule=f">= {least}"))
    _check_ranges(problem, faults)
    _check_order(problem, faults)
    for name in ("ticks_per_second", "units_per_person"):
        if getattr(problem, name) < 1:
            faults.add(BAD_VALUE(field=name, value=getattr(problem, name), rule=">= 1"))


def _check_totals(problem: PlanProblem, faults: Faults) -> None:
    """Guard all later sums: nothing may leave 64 bits."""
    years, demand, options = problem.years, problem.demand, problem.options
    worth = demand.weight.astype(np.float64) * demand.amount
    farthest = np.minimum(demand.radius, problem.reach.cost.max(initial=0))
    gradual = worth * np.where(demand.radius > demand.full, demand.radius, 0)
    second = demand.backup.astype(np.float64) * demand.amount
    value = _total(worth) + _total(second) + _total(options.bonus)
    once = _total(options.opening_cost) + _total(problem.sites.closing_cost)
    for name, total, most in (
        ("demand.amount", _total(demand.amount), LARGEST_TOTAL),
        # Shares are in millionths.
        ("demand.weight", _total(worth), LARGEST_TOTAL / 1e6),
        ("years.weight", _total(years.weight) * value, LARGEST_TOTAL),
        ("demand.radius", float(gradual.max(initial=0.0)), LARGEST_TOTAL),
        ("reach.cost", problem.n_years * _total(worth * farthest), LARGEST_TOTAL),
        ("options.yearly_cost", problem.n_years * _total(options.yearly_cost), LARGEST_TOTAL),
        ("options.opening_cost", once, LARGEST_TOTAL),
        ("years.capital", _total(years.capital), LARGEST_TOTAL),
        # Growth is the difference of two sums.
        ("rules.coefficient", 2 * _total(np.abs(problem.rules.coefficient)), LARGEST_TOTAL),
        ("quotas.area", _total(problem.quotas.area), LARGEST_TOTAL),
        ("options.quota_area", _total(options.quota_area), LARGEST_TOTAL),
    ):
        if total > most:
            rule = f"sums that it enters may reach {most:.3g}"
            faults.add(BAD_VALUE(field=name, value=f"{total:.3g} in all", rule=rule))


def _total(column: NDArray[Any]) -> float:
    return float(column.sum(dtype=np.float64))


def _check_ranges(problem: PlanProblem, faults: Faults) -> None:
    """Values that limit each other row by row."""
    demand, rules, floors = problem.demand, problem.rules, problem.floors
    _each(faults, "demand.radius", demand.radius, demand.radius >= demand.full, ">= full")
    assigned = problem.capacitated[demand.service]
    rule = "0 for rows of capacitated services"
    _each(faults, "demand.backup", demand.backup, ~assigned | (demand.backup == 0), rule)
    _each(faults, "rules.high", rules.high, rules.high >= rules.low, ">= low")
    _check_kinds(problem, faults)
    for name, table in (("rules", rules), ("floors", floors)):
        good = table.last_year >= table.first_year
        _each(faults, f"{name}.last_year", table.last_year, good, ">= first_year")
    current = problem.sites.current
    rows = np.flatnonzero(current >= 0)
    good = problem.options.site[current[rows]] == rows
    _each(faults, "sites.current", current[rows], good, "an option of that very site")
    _each(faults, "sites.current", current[rows], _can_stand(problem, rows), "first_year 0")
    pairs = problem.attachments
    _each(faults, "attachments.parent", pairs.parent, pairs.parent != pairs.child, "another site")
    parents = problem.level_parent
    own = parents == np.arange(parents.size)
    _each(faults, "level_parent", parents, ~own, "another level")


def _check_kinds(problem: PlanProblem, faults: Faults) -> None:
    """Entries that count once together count the same."""
    rules = problem.rules
    at = np.flatnonzero(rules.kind >= 0)
    row = csr_rows(rules.indptr)[at].astype(np.int64)
    key = row * (int(rules.kind.max(initial=0)) + 1) + rules.kind[at]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    alike = rules.coefficient[at] == rules.coefficient[at][first][which.ravel()]
    rule = "the coefficient of its kind's first entry"
    _each(faults, "rules.coefficient", rules.coefficient[at], alike, rule)


def _can_stand(problem: PlanProblem, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(problem.options.first_year[problem.sites.current[rows]] == 0)


def _check_order(problem: PlanProblem, faults: Faults) -> None:
    if np.any(np.diff(problem.options.site) < 0):
        faults.add(BAD_ARRAY(field="options.site", why="sites do not ascend"))
    for name, indptr, column in (
        ("reach.demand", problem.reach.indptr, problem.reach.demand),
        ("floors.demand", problem.floors.indptr, problem.floors.demand),
        ("rules.option", problem.rules.indptr, problem.rules.option),
    ):
        inside = np.ones(max(column.size - 1, 0), dtype=bool)
        starts = indptr[1:-1]
        inside[starts[(starts > 0) & (starts < column.size)] - 1] = False
        if np.any(np.diff(column)[inside] <= 0):
            faults.add(BAD_ARRAY(field=name, why="entries of a row do not ascend strictly"))
    pairs = problem.attachments
    key = pairs.child.astype(np.int64) * problem.n_sites + pairs.parent
    if np.unique(key).size != key.size:
        faults.add(BAD_ARRAY(field="attachments", why="a pair is listed twice"))


def _each(
    faults: Faults, name: str, values: NDArray[Any], good: NDArray[np.bool_], rule: str
) -> None:
    if not good.all():
        faults.add(BAD_VALUE(field=name, value=int(values[~good][0]), rule=rule))
