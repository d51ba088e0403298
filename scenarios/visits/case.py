"""One day of a station as arrays: visits, carers, the places between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.faults import Fault, Faults
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from scenarios.codes import (
    TOO_MANY_SKILLS,
    UNKNOWN_REFERENCE,
)
from scenarios.day import VisitDay, unplaced_warning
from scenarios.district import District
from scenarios.records import Carer, Place, Visit
from scenarios.rounds import (
    COST_SCALE,
    PlaceBook,
    Travel,
    check_ids,
    cost_per_tick,
    prizes,
    travel_between,
)

__all__ = ["VisitsCase", "compile_visits"]

_SKILL_LIMIT = 63
"""Skills are bits of a non-negative int64."""


@dataclass(frozen=True, eq=False)
class VisitsCase:
    """A compiled day: task number = position in ``visits``, vehicle number = in ``carers``.

    Attributes:
        district: streets and sub-districts.
        day: the records as read.
        places: the distinct places by number.
        travel: matrices between them.
        skills: skill names by bit.
        problem: what the solver gets.
        warnings: what the user should know.
    """

    district: District
    day: VisitDay
    places: tuple[Place, ...]
    travel: Travel
    skills: tuple[str, ...]
    problem: RoutingProblem
    warnings: tuple[Fault, ...]

    @property
    def visits(self) -> tuple[Visit, ...]:
        """The visits."""
        return self.day.visits

    @property
    def carers(self) -> tuple[Carer, ...]:
        """The carers."""
        return self.day.carers


def compile_visits(district: District, day: VisitDay) -> VisitsCase:
    """Turn records into arrays.

    Raises:
        FaultError: no visits or carers, ids used twice, links to nobody, too many skills.
    """
    visits, carers = day.visits, day.carers
    _check_records(visits, carers)
    book = PlaceBook()
    skills = tuple(sorted({skill for visit in visits for skill in visit.skills}))
    people = _carer_columns(carers, book, skills)
    tasks = _visit_columns(visits, book, skills)
    travel = travel_between(district, book, (carer.mode for carer in carers), "visits")
    problem = RoutingProblem(
        time=travel.time,
        distance=travel.distance,
        **tasks,
        **_link_columns(visits),
        **people,
        task_prize=_visit_prizes(visits, carers),
        vehicle_mode=np.array([travel.modes.index(carer.mode) for carer in carers], dtype=np.int8),
        cost_scale=COST_SCALE,
    )
    return VisitsCase(
        district,
        day,
        book.places,
        travel,
        skills,
        problem,
        (
            *district.warnings,
            *unplaced_warning(day.unplaced),
            *day.warnings,
            *travel.warnings,
        ),
    )


def _visit_columns(
    visits: Sequence[Visit], book: PlaceBook, skills: Sequence[str]
) -> dict[str, Any]:
    windows = [window for visit in visits for window in visit.windows]
    return {
        "task_place": [book.number(visit.place) for visit in visits],
        "task_end_place": [book.number(visit.end_place or visit.place) for visit in visits],
        "task_duration": [visit.duration for visit in visits],
        "window_indptr": np.cumsum([0, *(len(visit.windows) for visit in visits)]),
        "window_open": [low for low, _ in windows],
        "window_close": [high for _, high in windows],
        "task_skills": [_bits(visit.skills, skills) for visit in visits],
        "task_tier": [int(visit.tier) for visit in visits],
        "task_staff": [visit.staff for visit in visits],
        "task_load": np.zeros((len(visits), 0), dtype=np.int64),
        "task_origin": np.full(len(visits), NONE),
        "task_freshness": np.full(len(visits), NONE),
    }


def _carer_columns(
    carers: Sequence[Carer], book: PlaceBook, skills: Sequence[str]
) -> dict[str, Any]:
    none = np.zeros(len(carers), dtype=np.int64)
    return {
        "vehicle_start": [book.number(carer.start) for carer in carers],
        "vehicle_end": [NONE if c.end is None else book.number(c.end) for c in carers],
        "vehicle_open": [carer.shift[0] for carer in carers],
        "vehicle_close": [carer.shift[1] for carer in carers],
        "vehicle_max_work": [NONE if c.max_work is None else c.max_work for c in carers],
        "vehicle_skills": [_bits(carer.skills, skills) for carer in carers],
        "vehicle_capacity": np.zeros((len(carers), 0), dtype=np.int64),
        "vehicle_max_trips": none,
        "vehicle_reload_indptr": np.zeros(len(carers) + 1, dtype=np.int64),
        "vehicle_reload_place": none[:0],
        "vehicle_loading": none,
        "vehicle_fixed_cost": none,
        "vehicle_time_cost": [cost_per_tick(carer.wage) for carer in carers],
        "vehicle_distance_cost": none,
    }


def _check_records(visits: Sequence[Visit], carers: Sequence[Carer]) -> None:
    faults = Faults()
    for what, ids in (
        ("visits", [visit.id for visit in visits]),
        ("carers", [carer.id for carer in carers]),
    ):
        check_ids(faults, what, ids)
    known = {visit.id for visit in visits}
    for visit in visits:
        if visit.link is not None and visit.link.other not in known:
            faults.add(UNKNOWN_REFERENCE(id=visit.id, what="link", value=visit.link.other))
    skills = {skill for visit in visits for skill in visit.skills}
    if len(skills) > _SKILL_LIMIT:
        faults.add(TOO_MANY_SKILLS(count=len(skills), limit=_SKILL_LIMIT))
    faults.raise_if_any()


def _bits(mine: Iterable[str], skills: Sequence[str]) -> int:
    """Bit set of the skills that any visit asks for; a carer's other skills do not matter."""
    return sum(1 << skills.index(skill) for skill in mine if skill in skills)


def _visit_prizes(visits: Sequence[Visit], carers: Sequence[Carer]) -> NDArray[np.int64]:
    """One prize for all: whether a visit is worth its way is not for the engine to say."""
    return prizes(
        [visit.staff for visit in visits],
        shift_seconds=max(carer.shift[1] - carer.shift[0] for carer in carers),
        dearest_tick=max(cost_per_tick(carer.wage) for carer in carers),
        longest_metres=0,
        dearest_metre=0,
    )


def _link_columns(visits: Sequence[Visit]) -> dict[str, Any]:
    number = {visit.id: at for at, visit in enumerate(visits)}
    rows = []
    for at, visit in enumerate(visits):
        if visit.link is None:
            continue
        low, high = visit.link.min_gap, visit.link.max_gap
        kind = LinkKind.SAME_START if low == high == 0 else LinkKind.SEQUENCE
        rows.append((number[visit.link.other], at, int(kind), low, high))
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    names = ("link_first", "link_second", "link_kind", "link_min", "link_max")
    return dict(zip(names, table.T, strict=True))
