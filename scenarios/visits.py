"""Who visits whom, when, in which order: one day of a station, planned, checked, read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.faults import Fault, FaultError, Faults
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.solution import Unserved
from optimizer.stop import ProgressCallback, Stop
from scenarios.codes import (
    PART_MISSING,
    TOO_MANY_SKILLS,
    UNKNOWN_REFERENCE,
)
from scenarios.day import VisitDay, read_visit_day, unplaced_warning
from scenarios.district import District, open_beside
from scenarios.model import Scenario, VisitsInput
from scenarios.records import Carer, Place, Tier, Visit
from scenarios.rounds import (
    COST_SCALE,
    PlaceBook,
    RoundsRun,
    Travel,
    check_ids,
    cost_per_tick,
    prizes,
    solve_checked,
    travel_between,
)
from scenarios.tables import Intake

__all__ = ["VisitsCase", "VisitsRun", "compile_visits", "plan_visits", "run_visits"]

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


@dataclass(frozen=True)
class TierCount:
    """Visits of one tier: how many are asked for, and how many the plan serves."""

    tier: Tier
    asked: int
    served: int


@dataclass(frozen=True, eq=False)
class VisitsRun(RoundsRun[VisitsCase]):
    """A day of visits with its checked plan."""

    @property
    def wanted(self) -> VisitsInput:
        """The scenario's visits part."""
        assert self.scenario.visits is not None
        return self.scenario.visits

    @cached_property
    def unserved(self) -> tuple[tuple[Visit, Unserved], ...]:
        """Visits that nobody makes, with the reason, highest tier first."""
        pairs = [(self.case.visits[item.task], item) for item in self.answer.reasons]
        return tuple(sorted(pairs, key=lambda pair: (pair[0].tier, pair[1].task)))

    @cached_property
    def tiers(self) -> tuple[TierCount, ...]:
        """Asked and served by tier, tiers that occur only."""
        left = set(self.answer.plan.unserved)
        asked = Counter(visit.tier for visit in self.case.visits)
        lost = Counter(self.case.visits[task].tier for task in left)
        return tuple(
            TierCount(tier, asked[tier], asked[tier] - lost[tier]) for tier in Tier if asked[tier]
        )


def run_visits(
    scenario: Scenario,
    folder: Path,
    *,
    stop: Stop | None = None,
    progress: ProgressCallback | None = None,
    intake: Intake | None = None,
) -> VisitsRun:
    """Plan the day of a scenario's visits part.

    Args:
        scenario: the scenario; it must have a part ``visits``.
        folder: where its paths count from.
        stop: when to stop; None for the scenario's own seconds and iterations.
        progress: hears of every step.
        intake: makes pseudonyms and takes contacts; None for tables that have ids.

    Raises:
        FaultError: every fault of tables and layers; or CC-S206 where the independent checker
            refuses the plan.
    """
    wanted = scenario.visits
    if wanted is None:
        raise FaultError([PART_MISSING(part="visits")])
    district, day = open_beside(scenario, folder, lambda: read_visit_day(wanted, folder, intake))
    stop = stop or Stop(seconds=wanted.seconds, iterations=wanted.iterations)
    return plan_visits(district, day, stop=stop, seed=wanted.seed, progress=progress)


def plan_visits(
    district: District,
    day: VisitDay,
    *,
    stop: Stop,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> VisitsRun:
    """Plan a day from records.

    Raises:
        FaultError: records that do not fit together; or CC-S206.
    """
    case = compile_visits(district, day)
    answer = solve_checked(case.problem, stop=stop, seed=seed, progress=progress)
    return VisitsRun(case, answer)


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
