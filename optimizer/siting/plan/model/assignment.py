"""Assigned demand.

Where every unit of a class is worth the same wherever it goes, one column a[k, t] counts the units
that are served, and transport cuts (``transport``) say what the standing options have room for.
Elsewhere columns u[p, t] say how many units of a class go to a site (split), or whether the whole
row goes there (single). Per class and year the units are at most, for must rows exactly, its
amount; per site, service and year they are at most sum_o capacity[o] * z[o, t]. Where few, the
strong rows u <= sum_o min(amount, capacity[o]) * z[o, t] tighten the relaxation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.model.assigned_classes import AssignedClasses
from optimizer.siting.plan.model.program import INFINITE, Program
from optimizer.siting.plan.model.transport import Transport
from optimizer.siting.plan.problem import PlanProblem
from optimizer.siting.plan.tables import UNLIMITED

__all__ = ["Assignment", "add_assignment", "rows_of_classes", "units"]

_MOST_STRONG_ROWS = 40_000


@dataclass(frozen=True)
class Assignment:
    """The assigned part of a model.

    Attributes:
        classes: the classes.
        goes: int64[p, T], columns u, -1 where the site cannot offer the service that year and
            for pooled classes.
        served: int64[k, T], columns a of pooled classes, -1 elsewhere.
        pools: one network per pooled service. pool_pairs: the pairs that are its links.
    """

    classes: AssignedClasses
    goes: NDArray[np.int64]
    served: NDArray[np.int64]
    pools: tuple[Transport, ...]
    pool_pairs: tuple[NDArray[np.int64], ...]

    @property
    def split(self) -> NDArray[np.int64]:
        """The columns that count units, -1 among them."""
        split = self.goes[~self.classes.single[self.classes.pair_class]]
        return np.concatenate([split.ravel(), self.served.ravel()])

    @property
    def columns(self) -> NDArray[np.int64]:
        """All columns of assignments."""
        both = np.concatenate([self.goes.ravel(), self.served.ravel()])
        return both[both >= 0]


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
    pooled = classes.pooled[classes.pair_class]
    goes = program.add_columns(
        (elements[classes.element] >= 0) & ~pooled[:, None],
        upper=most[:, None],
        integer=single[:, None],
    )
    served = program.add_columns(
        np.broadcast_to(classes.pooled[:, None], (classes.size, problem.n_years)),
        upper=classes.amount[:, None],
    )
    pools, pool_pairs = _pools(problem, classes, served, stands)
    assignment = Assignment(classes, goes, served, pools, pool_pairs)
    asked = classes.pooled & must[classes.member]
    program.fix(served[asked], classes.amount[asked][:, None])
    _add_amounts(program, problem, assignment, must)
    _add_room(program, problem, assignment, stands)
    if int((goes >= 0).sum()) <= _MOST_STRONG_ROWS:
        _add_strong(program, problem, assignment, stands)
    return assignment


def _add_amounts(
    program: Program, problem: PlanProblem, assignment: Assignment, must: NDArray[np.bool_]
) -> None:
    classes, years = assignment.classes, problem.n_years
    row = np.arange(classes.size * years).reshape(classes.size, years)
    most = np.where(classes.single, 1, classes.amount)
    least = np.where(must[classes.member] & ~classes.pooled, most, 0)
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
    has_flow = np.zeros(count, dtype=bool)
    has_flow[place[~classes.pooled[classes.pair_class]]] = True
    rooms = np.where(has_flow[place_of_option][:, None], stands[option], -1)
    program.add_rows(
        np.concatenate([used.ravel(), given.ravel()]),
        np.concatenate([assignment.goes.ravel(), rooms.ravel()]),
        np.concatenate([np.repeat(classes.step, years), np.repeat(-room, years)]),
        np.full(count * years, -INFINITE),
        np.zeros(count * years, dtype=np.int64),
    )


def _pools(
    problem: PlanProblem,
    classes: AssignedClasses,
    served: NDArray[np.int64],
    stands: NDArray[np.int64],
) -> tuple[tuple[Transport, ...], tuple[NDArray[np.int64], ...]]:
    """One network per pooled service, and the pairs that are its links."""
    place, option, place_of_option, room = _rooms(problem, classes)
    place_service = np.zeros(int(place.max(initial=-1)) + 1, dtype=np.int64)
    place_service[place] = classes.service[classes.pair_class]
    pools, pairs = [], []
    for service in np.unique(classes.service[classes.pooled]).tolist():
        own = np.flatnonzero(classes.service == service)
        number = np.full(classes.size, -1, dtype=np.int64)
        number[own] = np.arange(own.size)
        links = np.flatnonzero(number[classes.pair_class] >= 0)
        sinks = np.full(place_service.size, -1, dtype=np.int64)
        here = np.flatnonzero(place_service == service)
        sinks[here] = np.arange(here.size)
        rooms = np.flatnonzero((sinks[place_of_option] >= 0) & (room > 0))
        pools.append(
            Transport(
                most=classes.amount[own],
                part=np.arange(own.size),
                part_column=served[own],
                supplier=number[classes.pair_class[links]],
                sink=sinks[place[links]],
                place=sinks[place_of_option[rooms]],
                room=room[rooms],
                room_column=stands[option[rooms]],
            )
        )
        pairs.append(links)
    return tuple(pools), tuple(pairs)


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
    pooled = classes.pooled[classes.pair_class[pair]]
    rooms = np.where(pooled[:, None], -1, stands[option[entry]])
    amount = classes.amount[classes.pair_class[pair]]
    single = classes.single[classes.pair_class[pair]]
    usable = np.where(
        single, (room[entry] >= amount).astype(np.int64), np.minimum(room[entry], amount)
    )
    row = np.arange(place.size * years).reshape(place.size, years)
    program.add_rows(
        np.concatenate([row.ravel(), row[pair].ravel()]),
        np.concatenate([assignment.goes.ravel(), rooms.ravel()]),
        np.concatenate([np.ones(row.size, dtype=np.int64), np.repeat(-usable, years)]),
        np.full(row.size, -INFINITE),
        np.zeros(row.size, dtype=np.int64),
    )


def units(
    assignment: Assignment, values: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pairs, years and units > 0 of a point that keeps all rows and cuts, by year and pair."""
    goes = assignment.goes
    amount = np.zeros(goes.shape, dtype=np.int64)
    amount[goes >= 0] = values[goes[goes >= 0]]
    amount *= assignment.classes.step[:, None]
    for pool, pairs in zip(assignment.pools, assignment.pool_pairs, strict=True):
        for each in range(goes.shape[1]):
            carried = pool.flow(values, each)
            assert carried is not None
            amount[pairs, each] = carried
    year, pair = np.nonzero(amount.T)
    return pair, year, amount[pair, year]


def rows_of_classes(classes: AssignedClasses) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """CSR of the rows of every class: pointer and rows, ascending."""
    rows = np.flatnonzero(classes.of_row >= 0)
    order = np.argsort(classes.of_row[rows], kind="stable")
    size = np.bincount(classes.of_row[rows], minlength=classes.size)
    indptr = np.concatenate([[0], np.cumsum(size)])
    return indptr, rows[order]
