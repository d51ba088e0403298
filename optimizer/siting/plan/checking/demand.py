"""The checker's rules on demand: assignments, must rows and floors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.checking.figures import Figures, total
from optimizer.siting.plan.checking.violations import PlanViolation, PlanViolationKind
from optimizer.siting.plan.problem import Assignments, PlanObjective, PlanProblem

__all__ = [
    "assignment_violations",
    "choice_violations",
    "columns_differ",
    "entry_violations",
    "floor_violations",
    "kept_entries",
    "service_violations",
]

_Kind = PlanViolationKind


def columns_differ(assignments: Assignments) -> PlanViolation | None:
    """The violation of columns that are not of one length."""
    sizes = [each.size for each in (assignments.year, assignments.row, assignments.site)]
    for size in sizes:
        if size != assignments.amount.size:
            got, expected = size, assignments.amount.size
            return PlanViolation(_Kind.ASSIGNMENT_SHAPE, got=got, expected=expected)
    return None


def _columns(
    problem: PlanProblem, assignments: Assignments
) -> tuple[tuple[NDArray[np.int32], int], ...]:
    return (
        (assignments.year, problem.n_years),
        (assignments.row, problem.n_demand),
        (assignments.site, problem.n_sites),
    )


def entry_violations(problem: PlanProblem, assignments: Assignments) -> Iterator[PlanViolation]:
    """Entries outside the tables, without units, or out of order."""
    for column, size in _columns(problem, assignments):
        for entry in np.flatnonzero((column < 0) | (column >= size)).tolist():
            yield PlanViolation(_Kind.ASSIGNMENT_OUT_OF_RANGE, entry, got=int(column[entry]))
    for entry in np.flatnonzero(assignments.amount < 1).tolist():
        got = int(assignments.amount[entry])
        yield PlanViolation(_Kind.ASSIGNMENT_AMOUNT, entry, got=got, expected=1)
    for entry in np.flatnonzero(~_ascends(assignments)).tolist():
        yield PlanViolation(_Kind.ASSIGNMENT_ORDER, entry + 1)


def _ascends(assignments: Assignments) -> NDArray[np.bool_]:
    """Whether each entry comes after the one before it, by year, row and site."""
    result = np.zeros(max(assignments.amount.size - 1, 0), dtype=bool)
    for column in (assignments.site, assignments.row, assignments.year):
        step = np.diff(column.astype(np.int64))
        result = (step > 0) | ((step == 0) & result)
    return result


def kept_entries(problem: PlanProblem, assignments: Assignments) -> Assignments:
    """The entries that name years, rows and sites that exist."""
    good = np.ones(assignments.amount.size, dtype=bool)
    for column, size in _columns(problem, assignments):
        good &= (column >= 0) & (column < size)
    return Assignments(
        year=assignments.year[good],
        row=assignments.row[good],
        site=assignments.site[good],
        amount=assignments.amount[good],
    )


def assignment_violations(
    problem: PlanProblem, option: NDArray[np.int64], assignments: Assignments
) -> Iterator[PlanViolation]:
    """Each entry's site reaches the row, offers the service and has room; rows are kept whole."""
    room = np.zeros((problem.n_years, problem.n_sites, problem.n_services), dtype=np.int64)
    room[option >= 0] = problem.options.capacity[option[option >= 0]]
    year, row, site = assignments.year, assignments.row, assignments.site
    service = problem.demand.service[row]
    reaches = _is_reached(problem, assignments)
    checks = (
        (_Kind.ASSIGNED_UNCAPACITATED, ~problem.capacitated[service], service),
        (_Kind.ASSIGNED_BEYOND_REACH, ~reaches, site),
        (_Kind.ASSIGNED_NOT_OFFERED, room[year, site, service] == 0, site),
    )
    for kind, bad, found in checks:
        for entry in np.flatnonzero(bad).tolist():
            yield PlanViolation(kind, int(row[entry]), int(year[entry]), int(found[entry]))
    load = np.zeros_like(room)
    np.add.at(load, (year, site, service), assignments.amount)
    # Sites without the service at all are reported above.
    for at in np.argwhere((room > 0) & (load > room)).tolist():
        got, expected = int(load[tuple(at)]), int(room[tuple(at)])
        yield PlanViolation(_Kind.CAPACITY_EXCEEDED, at[1], at[0], got, expected)
    yield from _whole_rows(problem, assignments)


def _is_reached(problem: PlanProblem, assignments: Assignments) -> NDArray[np.bool_]:
    reach = problem.reach
    site = np.repeat(np.arange(problem.n_sites), np.diff(reach.indptr))
    within = reach.cost <= problem.demand.radius[reach.demand]
    pairs = site[within] * problem.n_demand + reach.demand[within]
    asked = assignments.site.astype(np.int64) * problem.n_demand + assignments.row
    return np.isin(asked, pairs)


def _whole_rows(problem: PlanProblem, assignments: Assignments) -> Iterator[PlanViolation]:
    units = np.zeros((problem.n_years, problem.n_demand), dtype=np.int64)
    np.add.at(units, (assignments.year, assignments.row), assignments.amount)
    for year, row in np.argwhere(units > problem.demand.amount).tolist():
        got, expected = int(units[year, row]), int(problem.demand.amount[row])
        yield PlanViolation(_Kind.ROW_OVERSERVED, row, year, got, expected)
    is_part = problem.demand.single[assignments.row]
    is_part &= assignments.amount != problem.demand.amount[assignments.row]
    for entry in np.flatnonzero(is_part).tolist():
        row, year = int(assignments.row[entry]), int(assignments.year[entry])
        got, expected = int(assignments.amount[entry]), int(problem.demand.amount[row])
        yield PlanViolation(_Kind.SINGLE_SPLIT, row, year, got, expected)


def choice_violations(
    problem: PlanProblem, option: NDArray[np.int64], assignments: Assignments
) -> Iterator[PlanViolation]:
    """Where people choose, everybody goes to the nearest open site that still has room."""
    services = np.flatnonzero(problem.nearest & problem.capacitated).tolist()
    if not services:
        return
    given: dict[tuple[int, int, int], int] = {}
    columns = (assignments.year, assignments.row, assignments.site, assignments.amount)
    for year, row, site, units in zip(*(each.tolist() for each in columns), strict=True):
        if int(problem.demand.service[row]) in services:
            given[year, row, site] = given.get((year, row, site), 0) + units
    right: dict[tuple[int, int, int], int] = {}
    for year in range(problem.n_years):
        for service in services:
            for (row, site), units in _chosen(problem, option[year], service).items():
                right[year, row, site] = units
    for key in sorted(given.keys() | right.keys()):
        got, expected = given.get(key, 0), right.get(key, 0)
        if got != expected:
            yield PlanViolation(_Kind.NOT_NEAREST, key[1], key[0], got, expected)


def _chosen(
    problem: PlanProblem, shown: NDArray[np.int64], service: int
) -> dict[tuple[int, int], int]:
    """Units by row and site when the closest pair with room comes first."""
    demand, reach = problem.demand, problem.reach
    room, pairs = {}, []
    for site in np.flatnonzero(shown >= 0).tolist():
        room[site] = int(problem.options.capacity[shown[site], service])
        entries = slice(int(reach.indptr[site]), int(reach.indptr[site + 1]))
        for row, cost in zip(
            reach.demand[entries].tolist(), reach.cost[entries].tolist(), strict=True
        ):
            if demand.service[row] == service and cost <= demand.radius[row]:
                pairs.append((cost, row, site))
    rest: dict[int, int] = {}
    found: dict[tuple[int, int], int] = {}
    for _, row, site in sorted(pairs):
        need = rest.setdefault(row, int(demand.amount[row]))
        units = need if room[site] < 0 else min(need, room[site])
        if units == 0 or (demand.single[row] and units < need):
            continue
        rest[row] -= units
        room[site] -= units if room[site] >= 0 else 0
        found[row, site] = units
    return found


def service_violations(
    problem: PlanProblem, objective: PlanObjective, figures: Figures
) -> Iterator[PlanViolation]:
    """Must rows are served whole in every year; some objectives ask it of every row."""
    demand = problem.demand
    is_assigned = problem.capacitated[demand.service]
    short = figures.served < demand.amount
    for year, row in np.argwhere(short & demand.must).tolist():
        if is_assigned[row]:
            got, expected = int(figures.served[year, row]), int(demand.amount[row])
            yield PlanViolation(_Kind.MUST_NOT_ASSIGNED, row, year, got, expected)
        else:
            yield PlanViolation(_Kind.MUST_NOT_COVERED, row, year)
    if objective in (PlanObjective.MIN_TRAVEL, PlanObjective.MIN_WORST):
        for year, row in np.argwhere(short).tolist():
            yield PlanViolation(_Kind.NOT_SERVED, row, year)


def floor_violations(problem: PlanProblem, figures: Figures) -> Iterator[PlanViolation]:
    """The coverage floors, in every year of their spans."""
    floors = problem.floors
    for floor in range(len(floors)):
        rows = floors.demand[floors.indptr[floor] : floors.indptr[floor + 1]]
        for year in range(int(floors.first_year[floor]), int(floors.last_year[floor]) + 1):
            got, low = total(figures.row_value[year][rows]), int(floors.low[floor])
            if got < low:
                yield PlanViolation(_Kind.FLOOR_MISSED, floor, year, got, low)
