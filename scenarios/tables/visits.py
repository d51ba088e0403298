"""Visits and carers: the tables of a station's day."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from base.faults import Lang
from scenarios.catalogue import Catalogue, Service, built_in
from scenarios.cells import fold, write_duration, write_money, write_time, write_windows
from scenarios.codes import LINK_UNKNOWN, UNKNOWN_SERVICE, UNKNOWN_SKILL
from scenarios.model import TableInput, Text
from scenarios.records import Carer, Link, Mode, Place, Tier, Visit
from scenarios.tables.columns import (
    CARER_COLUMNS,
    VISIT_COLUMNS,
)
from scenarios.tables.intake import Intake
from scenarios.tables.kinds import MODE_NAMES, TIER_NAMES
from scenarios.tables.people import Owners
from scenarios.tables.rows import OfficeSheet, Row, write_table

__all__ = [
    "WORKING_DAY",
    "read_carers",
    "read_visits",
    "service_of",
    "skills_text",
    "write_carers",
    "write_visits",
]

WORKING_DAY = ((8 * 3600, 17 * 3600),)
"""Earliest and latest start of a visit for which neither client nor service has a time."""

_NO_SKILLS = Text(zh="无", en="none")
_STAFF_RULE = Text(zh="1 至 9 的人数", en="a number of people from 1 to 9")
_SHIFT_RULE = Text(zh="晚于上班时间的时刻", en="a time after the shift's start")
_PLACE_RULE = Text(
    zh="出发点坐标，或设置站点 station", en="coordinates, or a station in the scenario"
)
_LEVEL_RULE = Text(zh="五级至一级，或 5 至 1", en="a level from 5 (lowest) to 1")


def read_visits(table: TableInput, folder: Path, intake: Intake | None = None) -> list[Visit]:
    """Read the visits of a day.

    An empty duration, skill, staff or window cell takes the service's. A link to a visit that
    could not be placed is dropped, as that visit is not planned.

    Args:
        table: what the scenario says of the file.
        folder: that its path counts from.
        intake: catalogue, places and pseudonyms in; rows without a place and contacts out.

    Raises:
        FaultError: everything wrong with the table at once. Without an intake, also rows that
            cannot be placed.
    """
    sheet = OfficeSheet(table, folder, VISIT_COLUMNS, intake)
    owners, seen = Owners("client", "E"), dict[str, int]()
    visits, linked = [], dict[str, Row]()
    for row in sheet.rows:
        id = row.text("id") or f"V{row.number:04d}"
        is_new = sheet.unique(seen, id, row)
        visit = _visit(row, id, owners)
        if visit is not None and is_new:
            visits.append(visit)
            linked[id] = row
    for visit in visits:
        if visit.link is not None and (
            visit.link.other not in seen or visit.link.other == visit.id
        ):
            row = linked[visit.id]
            column = row.column("link_other")
            sheet.faults.add(LINK_UNKNOWN(sheet.name, row=row.number, column=column))
    sheet.faults.raise_if_any()
    return [
        dataclasses.replace(visit, link=None)
        if visit.link is not None and visit.link.other not in linked
        else visit
        for visit in visits
    ]


def _visit(row: Row, id: str, owners: Owners) -> Visit | None:
    client = owners.of(row)
    service = service_of(row)
    place, community = _client_place(row)
    end_place, end_known = _end_place(row)
    link = _link(row)
    duration = row.get("duration", service.duration if service else 0)
    windows = row.get("windows", (service.usual if service else ()) or WORKING_DAY)
    skills = read_skills(row, service.skills if service else frozenset())
    staff = row.get("staff", service.staff if service else 1)
    if not 1 <= staff <= 9:
        row.wrong("staff", _STAFF_RULE)
    tier = row.get("tier", Tier.GENERAL)
    if not row.sound or client is None or service is None:
        return None
    if place is None:
        row.set_aside(id, row.text("compound"), row.text("building"))
        return None
    if not end_known:
        row.set_aside(id, row.text("destination"))
        return None
    return Visit(
        id=id,
        client=client,
        service=service.id,
        place=place,
        duration=duration,
        windows=windows,
        skills=skills,
        tier=tier,
        staff=staff,
        end_place=end_place,
        link=link,
        community=community,
    )


def _client_place(row: Row) -> tuple[Place | None, str | None]:
    """Where the client lives: by coordinates, else by the place table; and the community."""
    place, joined = row.point("lon", "lat"), None
    if place is None:
        joined = row.joined()
        place = joined.place if joined else None
    community = row.text("community") or (joined.community if joined else None)
    return place, community or None


def _end_place(row: Row) -> tuple[Place | None, bool]:
    """Where the visit ends, and whether that is known; None for where it began."""
    point = row.point("end_lon", "end_lat")
    destination = row.text("destination")
    if point is not None or not destination:
        return point, True
    places = row.sheet.intake.places
    found = places.find(destination) if places else None
    return (found.place, True) if found else (None, False)


def _link(row: Row) -> Link | None:
    other = row.text("link_other")
    if not other:
        return None
    low, high = row.get("link_min", 0), row.need("link_max", 0)
    if row.sound and low > high:
        row.wrong("link_max", Text(zh="不小于最短间隔", en="at least the shortest gap"))
    return Link(other, low, high)


def service_of(row: Row) -> Service | None:
    """The service that the row names, with a fault where the catalogue has none such."""
    if row.raw("service") is None:
        row.empty("service")
        return None
    service = row.sheet.intake.catalogue.service(row.text("service"))
    if service is None:
        row.fault(UNKNOWN_SERVICE(row.sheet.name, row=row.number, column=row.column("service")))
    return service


def read_skills(row: Row, default: frozenset[str]) -> frozenset[str]:
    """The skills that the cell lists, ``default`` where it is empty."""
    words = row.get("skills")
    if words is None:
        return default
    if [word.casefold() for word in words] in ([_NO_SKILLS.zh], [_NO_SKILLS.en]):
        return frozenset()
    catalogue = row.sheet.intake.catalogue
    skills = [catalogue.skill(word) for word in words]
    if None in skills:
        names = (skill.name for skill in catalogue.skills.values())
        known = ", ".join(f"{name.zh} / {name.en}" for name in names)
        row.fault(
            UNKNOWN_SKILL(row.sheet.name, row=row.number, column=row.column("skills"), known=known)
        )
    return frozenset(skill for skill in skills if skill is not None)


def skills_text(skills: Iterable[str], catalogue: Catalogue, lang: Lang) -> str:
    """Skills as one cell; no skills is a word of its own, as an empty cell means any."""
    names = "; ".join(catalogue.skill_name(skill, lang) for skill in sorted(skills))
    return names or str(getattr(_NO_SKILLS, lang))


def write_visits(
    path: Path, visits: Sequence[Visit], lang: Lang = "zh", *, catalogue: Catalogue | None = None
) -> None:
    """Write visits so that :func:`read_visits` gives them back.

    Args:
        path: ends in ``.csv`` or ``.xlsx``.
        visits: their services and skills are those of the catalogue.
        lang: of headings and words.
        catalogue: the built-in one by default.
    """
    known = catalogue or built_in()
    rows = [_visit_cells(visit, known, lang) for visit in visits]
    write_table(path, Text(zh="访视", en="visits"), VISIT_COLUMNS, rows, lang)


def _visit_cells(visit: Visit, catalogue: Catalogue, lang: Lang) -> dict[str, Any]:
    end, link = visit.end_place, visit.link
    return {
        "id": visit.id,
        "client": visit.client,
        "service": catalogue.service_name(visit.service, lang),
        "lon": visit.place.lon,
        "lat": visit.place.lat,
        "community": visit.community,
        "duration": write_duration(visit.duration),
        "windows": write_windows(visit.windows),
        "skills": skills_text(visit.skills, catalogue, lang),
        "tier": getattr(TIER_NAMES[visit.tier], lang),
        "staff": visit.staff,
        "end_lon": end.lon if end else None,
        "end_lat": end.lat if end else None,
        "link_other": link.other if link else None,
        "link_min": write_duration(link.min_gap) if link else None,
        "link_max": write_duration(link.max_gap) if link else None,
    }


def read_carers(table: TableInput, folder: Path, intake: Intake | None = None) -> list[Carer]:
    """Read the carers of a day.

    A level brings the levels below it and, from level three up, rehabilitation. A carer without
    a start begins at the intake's station; one without an end goes back to the start, unless
    ``open_end`` says that the last visit ends the day.

    Raises:
        FaultError: everything wrong with the table at once.
    """
    sheet = OfficeSheet(table, folder, CARER_COLUMNS, intake)
    owners, seen = Owners("id", "C", staff=True), dict[str, int]()
    carers = []
    for row in sheet.rows:
        id = owners.of(row)
        carer = None if id is None else _carer(row, id)
        if carer is not None and sheet.unique(seen, carer.id, row):
            carers.append(carer)
    sheet.faults.raise_if_any()
    return carers


def _carer(row: Row, id: str) -> Carer | None:
    catalogue = row.sheet.intake.catalogue
    skills = catalogue.with_implied(read_skills(row, frozenset()) | _level(row))
    shift = read_shift(row)
    start = row.point("start_lon", "start_lat") or row.sheet.intake.station
    if start is None and row.sound:
        row.wrong("start_lon", _PLACE_RULE)
    end = row.point("end_lon", "end_lat") or start
    if row.get("open_end", False):
        end = None
    max_work, mode = row.get("max_work"), row.get("mode", Mode.EBIKE)
    wage = row.get("wage", Carer.wage)
    if not row.sound or start is None:
        return None
    return Carer(id, skills, shift, start, end, max_work, mode, wage)


def read_shift(row: Row) -> tuple[int, int]:
    """The shift's two times; a close before the opening is a fault."""
    shift = row.need("shift_open", 0), row.need("shift_close", 0)
    if row.sound and shift[0] >= shift[1]:
        row.wrong("shift_close", _SHIFT_RULE)
    return shift


def _level(row: Row) -> frozenset[str]:
    word = row.text("level")
    if not word:
        return frozenset()
    catalogue = row.sheet.intake.catalogue
    skill = catalogue.skill(f"level:{word}") or catalogue.skill(fold(word).removesuffix("护理员"))
    skill = skill or catalogue.skill(word)
    if skill is None or not skill.startswith("level:"):
        row.wrong("level", _LEVEL_RULE)
        return frozenset()
    return frozenset({skill})


def write_carers(
    path: Path, carers: Sequence[Carer], lang: Lang = "zh", *, catalogue: Catalogue | None = None
) -> None:
    """Write carers so that :func:`read_carers` gives them back.

    Their skills come back with all that the catalogue's rules bring
    (:meth:`Catalogue.with_implied`).
    """
    known = catalogue or built_in()
    rows = [_carer_cells(carer, known, lang) for carer in carers]
    write_table(path, Text(zh="护理员", en="carers"), CARER_COLUMNS, rows, lang)


def _carer_cells(carer: Carer, catalogue: Catalogue, lang: Lang) -> dict[str, Any]:
    fewest = catalogue.without_implied(carer.skills)
    level = next((skill for skill in fewest if skill.startswith("level:")), None)
    end = carer.end
    return {
        "id": carer.id,
        "level": catalogue.skill_name(level, lang) if level else None,
        "skills": skills_text((s for s in fewest if s != level), catalogue, lang),
        "shift_open": write_time(carer.shift[0]),
        "shift_close": write_time(carer.shift[1]),
        "start_lon": carer.start.lon,
        "start_lat": carer.start.lat,
        "end_lon": end.lon if end and end != carer.start else None,
        "end_lat": end.lat if end and end != carer.start else None,
        "open_end": None if end else {"zh": "是", "en": "yes"}[lang],
        "max_work": None if carer.max_work is None else write_duration(carer.max_work),
        "mode": getattr(MODE_NAMES[carer.mode], lang),
        "wage": write_money(carer.wage),
    }
