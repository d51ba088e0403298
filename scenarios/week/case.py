"""A station's week as arrays: needs, carers, days, and the places between them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from base.faults import Fault, FaultError, Faults
from optimizer.routing.problem import NONE
from optimizer.routing.week.problem import WeekProblem
from scenarios.absences import Absence
from scenarios.allowances import Allowance, Balance, allowances_of
from scenarios.catalogue import Catalogue, built_in
from scenarios.codes import TOO_MANY_SKILLS, UNKNOWN_REFERENCE
from scenarios.day import VisitDay, unplaced_warning
from scenarios.district import District
from scenarios.ledger import read_needs
from scenarios.places import Unplaced
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
from scenarios.tables import (
    Intake,
    read_absences,
    read_balances,
    read_carers,
    read_places,
    read_services,
)
from scenarios.visits.columns import pair_columns, per_tick
from scenarios.week.model import WeekInput
from scenarios.week.needs import DAYS, WeekNeed, days_of_week, needs_of_week

__all__ = ["StationWeek", "WeekCase", "compile_week", "read_week"]

_SKILL_LIMIT = 63
_WEEKEND = (5, 6)


@dataclass(frozen=True)
class StationWeek:
    """What is known of the week before it is planned.

    Attributes:
        wanted: the scenario's part. days: the dates, Monday first.
        needs, carers: who is to be visited how often, and who works here.
        on_duty: which of the days each carer works, by position.
        allowances: what clients may spend, by client; None where money is left out.
        unplaced: rows for a person to place. catalogue: of services. warnings: for the user.
    """

    wanted: WeekInput
    days: tuple[date, ...]
    needs: tuple[WeekNeed, ...]
    carers: tuple[Carer, ...]
    on_duty: tuple[frozenset[int], ...]
    allowances: dict[str, Allowance] | None = None
    unplaced: tuple[Unplaced, ...] = ()
    catalogue: Catalogue = field(default_factory=built_in, repr=False)
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, eq=False)
class WeekCase:
    """A compiled week: need and carer numbers are positions in ``week``.

    Attributes:
        district: streets and sub-districts. week: the records.
        clients: ids by client number. payers: clients with an allowance, by payer number.
        places, travel: distinct places and the ways between them.
        problem: what the solver gets. warnings: what the user should know.
    """

    district: District
    week: StationWeek
    clients: tuple[str, ...]
    payers: tuple[str, ...]
    places: tuple[Place, ...]
    travel: Travel
    problem: WeekProblem
    warnings: tuple[Fault, ...]


def read_week(wanted: WeekInput, folder: Path, intake: Intake | None = None) -> StationWeek:
    """Read the tables of a week.

    Args:
        wanted: the scenario's part ``week``.
        folder: where its paths count from.
        intake: pseudonyms in, contacts out.

    Raises:
        FaultError: every fault of every table.
    """
    faults = Faults()
    intake = intake or Intake()
    if wanted.catalogue is not None:
        own = wanted.catalogue
        catalogue = faults.keep(lambda: read_services(own, folder))
        intake = dataclasses.replace(intake, catalogue=catalogue or intake.catalogue)
    if wanted.places is not None:
        local = wanted.places
        intake = dataclasses.replace(intake, places=faults.keep(lambda: read_places(local, folder)))
    if wanted.station is not None:
        intake = dataclasses.replace(intake, station=Place(*wanted.station))
    carers = faults.keep(lambda: read_carers(wanted.carers, folder, intake)) or ()
    listed = faults.keep(lambda: read_needs(wanted.elders, folder, intake)) or ()
    absences: Sequence[Absence] = ()
    if wanted.absences is not None:
        away = wanted.absences
        absences = faults.keep(lambda: read_absences(away, folder, intake)) or ()
    booked: Sequence[Balance] = ()
    if wanted.allowances is not None and wanted.allowances.balances is not None:
        books = wanted.allowances.balances
        booked = faults.keep(lambda: read_balances(books, folder, intake)) or ()
    faults.raise_if_any()
    needs = needs_of_week(listed, wanted.monday, absences, wanted.floor_seconds)
    return StationWeek(
        wanted=wanted,
        days=days_of_week(wanted.monday),
        needs=needs,
        carers=tuple(carers),
        on_duty=tuple(_on_duty(carer, wanted, absences) for carer in carers),
        allowances=_allowances(wanted, needs, booked),
        unplaced=tuple(intake.unplaced),
        catalogue=intake.catalogue,
    )


def _on_duty(carer: Carer, wanted: WeekInput, absences: Sequence[Absence]) -> frozenset[int]:
    """The days on which a carer works: neither off, nor away, nor on a holiday of the own."""
    off = set(wanted.rest_days.get(carer.id, _WEEKEND))
    for number, day in enumerate(days_of_week(wanted.monday)):
        leave = any(a.staff and a.person == carer.id and a.covers(day) for a in absences)
        if leave or (day in wanted.holidays and not carer.holidays):
            off.add(number)
    return frozenset(range(DAYS)) - off


def _allowances(
    wanted: WeekInput, needs: Sequence[WeekNeed], booked: Sequence[Balance]
) -> dict[str, Allowance] | None:
    """What each client may spend in the week; money that has lapsed pays nothing."""
    if wanted.allowances is None:
        return None
    monday = days_of_week(wanted.monday)[0]
    visits = [_visit(need) for need in needs]
    found = allowances_of(visits, monday, wanted.allowances.pack, booked)
    return {
        client: each if each.expires >= monday else Allowance(client, 0, each.expires)
        for client, each in found.items()
    }


def _visit(need: WeekNeed) -> Visit:
    """A need's visit of any day, for what is the same as on a single day."""
    return Visit(
        id=need.id,
        client=need.client,
        service=need.service,
        place=need.place,
        duration=need.duration,
        windows=need.windows,
        skills=need.skills,
        tier=need.tier,
        staff=need.staff,
        asked=need.asked,
        price=need.price,
    )


def compile_week(district: District, week: StationWeek) -> WeekCase:
    """Turn records into arrays.

    Raises:
        FaultError: no needs or carers, ids used twice, days off of strangers, too many skills.
    """
    skills = tuple(sorted({skill for need in week.needs for skill in need.skills}))
    _check(week, skills)
    book = PlaceBook()
    clients = tuple(sorted({need.client for need in week.needs}))
    people = _carer_columns(week, book, skills)
    needs = _need_columns(week, book, skills, clients)
    travel = travel_between(district, book, (carer.mode for carer in week.carers), "week")
    payers, money = _money_columns(week)
    wanted = week.wanted
    pairs = pair_columns(
        VisitDay(tuple(_visit(need) for need in week.needs), week.carers),
        {"task_duration": needs["need_duration"], **needs},
        travel,
    )
    pairs.pop("pair_duration", None)
    problem = WeekProblem(
        time=travel.time,
        distance=travel.distance,
        **needs,
        **money,
        **people,
        **pairs,
        **_link_columns(week),
        need_prize=prizes(
            [need.staff for need in week.needs],
            shift_seconds=max(carer.shift[1] - carer.shift[0] for carer in week.carers),
            dearest_tick=max(cost_per_tick(carer.wage) for carer in week.carers),
            longest_metres=0,
            dearest_metre=0,
            fixed=_units(wanted.carer_yuan) + int(np.max(pairs.get("pair_cost", 0))),
        ),
        carer_mode=np.array([travel.modes.index(c.mode) for c in week.carers], dtype=np.int8),
        continuity_cost=_units(wanted.carer_yuan),
        balance_cost=per_tick(wanted.balance_yuan_per_hour),
        lapse_cost=round(wanted.lapse_yuan_per_yuan * COST_SCALE),
        cost_scale=COST_SCALE,
    )
    return WeekCase(
        district,
        week,
        clients,
        payers,
        book.places,
        travel,
        problem,
        (
            *district.warnings,
            *unplaced_warning(week.unplaced),
            *week.warnings,
            *travel.warnings,
        ),
    )


def _check(week: StationWeek, skills: Sequence[str]) -> None:
    faults = Faults()
    check_ids(faults, "week", [need.id for need in week.needs])
    ids = [carer.id for carer in week.carers]
    check_ids(faults, "carers", ids)
    for stranger in sorted(week.wanted.rest_days.keys() - set(ids)):
        faults.add(UNKNOWN_REFERENCE(id="week", what="rest_days", value=stranger))
    if len(skills) > _SKILL_LIMIT:
        faults.add(TOO_MANY_SKILLS(count=len(skills), limit=_SKILL_LIMIT))
    if faults:
        raise FaultError(faults)


def _units(yuan: float) -> int:
    return round(100 * yuan) * COST_SCALE


def _bits(mine: Iterable[str], skills: Sequence[str]) -> int:
    return sum(1 << skills.index(skill) for skill in mine if skill in skills)


def _need_columns(
    week: StationWeek, book: PlaceBook, skills: Sequence[str], clients: Sequence[str]
) -> dict[str, Any]:
    needs = week.needs
    number = {client: at for at, client in enumerate(clients)}
    windows = [window for need in needs for window in need.windows]
    minutes = week.wanted.same_hour_minutes
    tolerance = NONE if minutes is None else round(60 * minutes)
    return {
        "need_client": [number[need.client] for need in needs],
        "need_place": [book.number(need.place) for need in needs],
        "need_duration": [need.duration for need in needs],
        "window_indptr": np.cumsum([0, *(len(need.windows) for need in needs)]),
        "window_open": [low for low, _ in windows],
        "window_close": [high for _, high in windows],
        "need_times": [need.times for need in needs],
        "need_days": [[day in need.days for day in range(DAYS)] for need in needs],
        "need_gap": [need.gap for need in needs],
        "need_tolerance": [tolerance] * len(needs),
        "need_skills": [_bits(need.skills, skills) for need in needs],
        "need_staff": [need.staff for need in needs],
        "need_tier": [int(need.tier) for need in needs],
    }


def _money_columns(week: StationWeek) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Clients with an allowance as payers; what expires before next Monday lapses."""
    known = week.allowances or {}
    payers = tuple(sorted({need.client for need in week.needs} & known.keys()))
    number = {client: at for at, client in enumerate(payers)}
    limits = [known[client].fen for client in payers]
    lapsing = [
        limit if known[client].expires <= week.days[-1] else 0
        for client, limit in zip(payers, limits, strict=True)
    ]
    return payers, {
        "need_payer": [number.get(need.client, NONE) for need in week.needs],
        "need_price": [need.price for need in week.needs],
        "payer_limit": np.array(limits, dtype=np.int64),
        "payer_lapsing": np.array(lapsing, dtype=np.int64),
    }


def _link_columns(week: StationWeek) -> dict[str, Any]:
    number = {need.id: at for at, need in enumerate(week.needs)}
    tied = [need for need in week.needs if need.follows is not None]
    return {
        "link_first": np.array([number[need.follows or ""] for need in tied], dtype=np.int32),
        "link_second": np.array([number[need.id] for need in tied], dtype=np.int32),
        "link_min": np.array([need.gaps[0] for need in tied], dtype=np.int64),
        "link_max": np.array([need.gaps[1] for need in tied], dtype=np.int64),
    }


def _carer_columns(week: StationWeek, book: PlaceBook, skills: Sequence[str]) -> dict[str, Any]:
    carers, wanted = week.carers, week.wanted
    none = np.zeros(len(carers), dtype=np.int64)
    duty = np.array(
        [[day in days for days in week.on_duty] for day in range(DAYS)], dtype=np.bool_
    ).reshape(DAYS, len(carers))
    most = [NONE if carer.max_work is None else carer.max_work for carer in carers]
    return {
        "carer_start": [book.number(carer.start) for carer in carers],
        "carer_end": [NONE if c.end is None else book.number(c.end) for c in carers],
        "carer_skills": [_bits(carer.skills, skills) for carer in carers],
        "shift_open": np.where(duty, [carer.shift[0] for carer in carers], NONE),
        "shift_close": np.where(duty, [carer.shift[1] for carer in carers], NONE),
        "carer_max_day": np.where(duty, most, NONE),
        "carer_max_week": none + round(3600 * wanted.max_week_hours),
        "carer_rest": none + round(3600 * wanted.rest_hours),
        "carer_fixed_cost": none,
        "carer_time_cost": [cost_per_tick(carer.wage) for carer in carers],
        "carer_distance_cost": none,
    }
