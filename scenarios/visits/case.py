"""One day of a station as arrays: visits, carers, the places between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from base.faults import Fault, Faults
from optimizer.routing.problem import NONE, RoutingProblem
from scenarios.codes import (
    NAMED_TOO_FEW,
    TOO_MANY_SKILLS,
    UNKNOWN_EQUIPMENT,
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
    travel_between,
)
from scenarios.visits.columns import break_columns, link_columns, pair_columns, weight_columns
from scenarios.visits.worth import overtime_wage, worth_columns

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
        FaultError: no visits or carers, ids used twice, links to nobody, too many skills,
            unknown equipment, fewer people named than must come.
    """
    visits, carers = day.visits, day.carers
    _check_records(day)
    book = PlaceBook()
    skills = tuple(sorted({skill for visit in visits for skill in visit.skills}))
    people = _carer_columns(carers, book, skills)
    tasks = _visit_columns(day, book, skills)
    rests = break_columns(carers, day.terms, book)
    travel = travel_between(district, book, (carer.mode for carer in carers), "visits")
    pairs = pair_columns(day, tasks, travel)
    problem = RoutingProblem(
        time=travel.time,
        distance=travel.distance,
        **tasks,
        **link_columns(visits, day.terms, tasks["task_duration"]),
        **people,
        **rests,
        **pairs,
        **worth_columns(day, dearest_pair=int(np.max(pairs.get("pair_cost", 0)))),
        **weight_columns(day),
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


def _visit_columns(day: VisitDay, book: PlaceBook, skills: Sequence[str]) -> dict[str, Any]:
    visits, floor = day.visits, day.terms.floor_seconds
    windows = [window for visit in visits for window in visit.windows]
    return {
        "task_place": [book.number(visit.place) for visit in visits],
        "task_end_place": [book.number(visit.end_place or visit.place) for visit in visits],
        "task_duration": [visit.duration + floor * visit.stairs for visit in visits],
        "window_indptr": np.cumsum([0, *(len(visit.windows) for visit in visits)]),
        "window_open": [low for low, _ in windows],
        "window_close": [high for _, high in windows],
        "task_skills": [_bits(visit.skills, skills) for visit in visits],
        "task_tier": [int(visit.tier) for visit in visits],
        "task_staff": [visit.staff for visit in visits],
        "task_load": np.zeros((len(visits), 0), dtype=np.int64),
        "task_origin": np.full(len(visits), NONE),
        "task_freshness": np.full(len(visits), NONE),
        "window_at_end": [visit.finish_within for visit in visits],
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
        "vehicle_overtime": [carer.overtime for carer in carers],
        "vehicle_overtime_cost": [_overtime_premium(carer) for carer in carers],
        "vehicle_max_travel": [NONE if c.max_travel is None else c.max_travel for c in carers],
    }


def _overtime_premium(carer: Carer) -> int:
    """What a second after the shift costs on top of the wage, which is paid to the day's end."""
    wage = overtime_wage(carer)
    return max(0, cost_per_tick(wage) - cost_per_tick(carer.wage)) if carer.overtime else 0


def _check_records(day: VisitDay) -> None:
    faults, visits, carers = Faults(), day.visits, day.carers
    for what, ids in (
        ("visits", [visit.id for visit in visits]),
        ("carers", [carer.id for carer in carers]),
    ):
        check_ids(faults, what, ids)
    known = {visit.id for visit in visits}
    for visit in visits:
        if visit.link is not None and visit.link.other not in known:
            faults.add(UNKNOWN_REFERENCE(id=visit.id, what="link", value=visit.link.other))
        asked = visit.asked
        if "carers" in asked.must and len(asked.carers) < visit.staff:
            faults.add(NAMED_TOO_FEW(id=visit.id, staff=visit.staff, count=len(asked.carers)))
    unknown = sorted(day.terms.equipment.keys() - day.catalogue.equipment.keys())
    for value in unknown:
        listed = ", ".join(sorted(day.catalogue.equipment)) or "-"
        faults.add(UNKNOWN_EQUIPMENT(value=value, known=listed))
    skills = {skill for visit in visits for skill in visit.skills}
    if len(skills) > _SKILL_LIMIT:
        faults.add(TOO_MANY_SKILLS(count=len(skills), limit=_SKILL_LIMIT))
    faults.raise_if_any()


def _bits(mine: Iterable[str], skills: Sequence[str]) -> int:
    """Bit set of the skills that any visit asks for; a carer's other skills do not matter."""
    return sum(1 << skills.index(skill) for skill in mine if skill in skills)
