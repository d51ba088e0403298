"""Assigned demand.

u[p, t]: units of a class that go to a site (split), or 1 where the whole row goes (single, amount
a). Per class and year the units are at most, for must rows exactly, its amount; per site, service
and year they are at most sum_o capacity[o] * z[o, t]. Where few, the strong rows u <= sum_o
min(amount, capacity[o]) * z[o, t] tighten the relaxation.

With z and single rows fixed, what is left is a transportation problem, whose best points are
whole numbers as long as no floor or limit cuts across it; so u of split rows starts continuous.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.assigned_classes import AssignedClasses
from optimizer.siting.plan.problem import PlanProblem
from optimizer.siting.plan.program import INFINITE, Program
from optimizer.siting.plan.tables import UNLIMITED

__all__ = ["Assignment", "add_assignment"]

_MOST_STRONG_ROWS = 40_000


@dataclass(frozen=True)
class Assignment:
    """The assigned part of a model.

    Attributes:
        classes: the classes.
        goes: int64[p, T], columns u, -1 where the site cannot offer the service that year.
    """

    classes: AssignedClasses
    goes: NDArray[np.int64]

    @property
    def split(self) -> NDArray[np.int64]:
        """The columns of classes that may be split."""
        return self.goes[~self.classes.single[self.classes.pair_class]]


def add_assignment(
    program: Program,
    problem: PlanProblem,
    classes: AssignedClasses,
    stands: NDArray[np.int64],
    elements: NDArray[np.int64],
    must: NDArray[np.bool_],
) -> Assignment:
    """Add the classes' pairs over options' columns int64[o, T] and elements' int64[E, T].

    ``must``: bool[n], rows that have to be assigned in every year.
    """
    if np.any(must & problem.capacitated[problem.demand.service] & (classes.of_row < 0)):
        program.impossible = True
    single = classes.single[classes.pair_class]
    most = np.where(single, 1, classes.amount[classes.pair_class])
    goes = program.add_columns(
        elements[classes.element] >= 0, upper=most[:, None], integer=single[:, None]
    )
    assignment = Assignment(classes, goes)
    _add_amounts(program, problem, assignment, must)
    _add_room(program, problem, assignment, stands)
    if goes.size <= _MOST_STRONG_ROWS:
        _add_strong(program, problem, assignment, stands)
    return assignment


def _add_amounts(
    program: Program, problem: PlanProblem, assignment: Assignment, must: NDArray[np.bool_]
) -> None:
    classes, years = assignment.classes, problem.n_years
    row = np.arange(classes.size * years).reshape(classes.size, years)
    most = np.where(classes.single, 1, classes.amount)
    least = np.where(must[classes.member], most, 0)
    program.add_rows(
        row[classes.pair_class],
        assignment.goes,
        1,
        np.repeat(least, years),
        np.repeat(most, years),
    )


def _add_room(
    program: Program, problem: PlanProblem, assignment: Assignment, stands: NDArray[np.int64]
) -> None:
    classes, years = assignment.classes, problem.n_years
    place, option, place_of_option, room = _rooms(problem, classes)
    count = int(place.max(initial=-1)) + 1
    row = np.arange(count * years).reshape(count, years)
    used = row[place]
    given = row[place_of_option]
    program.add_rows(
        np.concatenate([used.ravel(), given.ravel()]),
        np.concatenate([assignment.goes.ravel(), stands[option].ravel()]),
        np.concatenate([np.repeat(classes.step, years), np.repeat(-room, years)]),
        np.full(count * years, -INFINITE),
        np.zeros(count * years, dtype=np.int64),
    )


def _rooms(
    problem: PlanProblem, classes: AssignedClasses
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Places (site, service) of pairs; options that give room, their place and their room.

    No option needs more room at a place than all who may go there.
    """
    service = classes.service[classes.pair_class]
    code = classes.site * problem.n_services + service
    codes, place = np.unique(code, return_inverse=True)
    ask = np.zeros(codes.size, dtype=np.int64)
    np.add.at(ask, place, classes.amount[classes.pair_class])
    starts = np.searchsorted(problem.options.site, codes // problem.n_services)
    stops = np.searchsorted(problem.options.site, codes // problem.n_services, side="right")
    place_of_option = np.repeat(np.arange(codes.size), stops - starts)
    before = np.cumsum(stops - starts) - (stops - starts)
    inside = np.arange(place_of_option.size) - np.repeat(before, stops - starts)
    option = starts[place_of_option] + inside
    room = problem.options.capacity[option, (codes % problem.n_services)[place_of_option]]
    most = ask[place_of_option]
    room = np.where(room == UNLIMITED, most, np.minimum(room, most))
    return place.ravel(), option, place_of_option, room


def _add_strong(
    program: Program, problem: PlanProblem, assignment: Assignment, stands: NDArray[np.int64]
) -> None:
    """u[p, t] <= sum over options of what one class can use of the option's room."""
    classes, years = assignment.classes, problem.n_years
    place, option, place_of_option, room = _rooms(problem, classes)
    by_place = np.concatenate([[0], np.cumsum(np.bincount(place_of_option))])
    count = np.diff(by_place)[place] if place.size else np.zeros(0, np.int64)
    pair = np.repeat(np.arange(place.size), count)
    before = np.cumsum(count) - count
    entry = by_place[place[pair]] + np.arange(pair.size) - before[pair]
    amount = classes.amount[classes.pair_class[pair]]
    single = classes.single[classes.pair_class[pair]]
    usable = np.where(
        single, (room[entry] >= amount).astype(np.int64), np.minimum(room[entry], amount)
    )
    row = np.arange(place.size * years).reshape(place.size, years)
    program.add_rows(
        np.concatenate([row.ravel(), row[pair].ravel()]),
        np.concatenate([assignment.goes.ravel(), stands[option[entry]].ravel()]),
        np.concatenate([np.ones(row.size, dtype=np.int64), np.repeat(-usable, years)]),
        np.full(row.size, -INFINITE),
        np.zeros(row.size, dtype=np.int64),
    )


def units(
    assignment: Assignment, values: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pairs, years and units > 0 of a point, by year and pair."""
    goes = assignment.goes
    amount = np.where(goes >= 0, values[np.maximum(goes, 0)], 0) if goes.size else goes
    amount = amount * assignment.classes.step[:, None]
    year, pair = np.nonzero(amount.T)
    return pair, year, amount[pair, year]


def rows_of_classes(classes: AssignedClasses) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """CSR of the rows of every class: pointer and rows, ascending."""
    rows = np.flatnonzero(classes.of_row >= 0)
    order = np.argsort(classes.of_row[rows], kind="stable")
    size = np.bincount(classes.of_row[rows], minlength=classes.size)
    indptr = np.concatenate([[0], np.cumsum(size)])
    return indptr, rows[order]
