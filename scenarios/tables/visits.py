"""Visits: the table of what is due on a station's day."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from base.faults import Lang
from scenarios.catalogue import Catalogue, Service, built_in
from scenarios.cells import write_duration, write_money, write_windows
from scenarios.codes import LINK_UNKNOWN, UNKNOWN_SERVICE, UNKNOWN_SKILL
from scenarios.model import TableInput, Text
from scenarios.records import Link, LinkRule, Place, Tier, Visit
from scenarios.tables.asked import asked_cells, glance, read_ability, read_asked
from scenarios.tables.day_columns import VISIT_COLUMNS
from scenarios.tables.intake import Intake
from scenarios.tables.kinds import ABILITY_NAMES, LINK_NAMES, TIER_NAMES
from scenarios.tables.people import Owners
from scenarios.tables.rows import OfficeSheet, Row, write_table

__all__ = [
    "WORKING_DAY",
    "read_skills",
    "read_visits",
    "service_of",
    "skills_text",
    "write_visits",
]

WORKING_DAY = ((8 * 3600, 17 * 3600),)
"""Earliest and latest start of a visit for which neither client nor service has a time."""

_YES_NO = {"zh": ("否", "是"), "en": ("no", "yes")}
_NO_SKILLS = Text(zh="无", en="none")
_STAFF_RULE = Text(zh="1 至 9 的人数", en="a number of people from 1 to 9")
_UNKNOWN_EQUIPMENT = Text(
    zh="服务目录中的设备，或“无”", en="equipment of the service catalogue, or none"
)


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
    asked, equipment = read_asked(row), _equipment(row, service)
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
        age=glance(row, "age"),
        ability=read_ability(row),
        asked=asked,
        floor=row.get("floor"),
        lift=row.get("lift"),
        ride_limit=row.get("ride_limit"),
        equipment=equipment,
        remote=row.get("remote", service.remote) or None,
        price=row.get("price", service.price),
        finish_within=row.get("finish_within", False),
    )


def _equipment(row: Row, service: Service | None) -> str | None:
    """The id of the equipment that the cell names, the service's where it is empty."""
    word = row.text("equipment")
    if not word:
        return service.equipment if service else None
    if word.casefold() in (_NO_SKILLS.zh, _NO_SKILLS.en):
        return None
    known = row.sheet.intake.catalogue.equipment_of(word)
    if known is None:
        row.wrong("equipment", _UNKNOWN_EQUIPMENT)
    return known


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
    rule = row.get("link_rule", LinkRule.AFTER)
    if rule is not LinkRule.AFTER:
        return Link(other, rule=rule)
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
    gaps = link if link is not None and link.rule is LinkRule.AFTER else None
    ability, limit = visit.ability, visit.ride_limit
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
        "link_min": write_duration(gaps.min_gap) if gaps else None,
        "link_max": write_duration(gaps.max_gap) if gaps else None,
        "link_rule": getattr(LINK_NAMES[link.rule], lang) if link and not gaps else None,
        **asked_cells(visit.asked, lang),
        "age": visit.age,
        "ability": None if ability is None else getattr(ABILITY_NAMES[ability], lang),
        "floor": visit.floor,
        "lift": None if visit.lift is None else _YES_NO[lang][visit.lift],
        "ride_limit": None if limit is None else write_duration(limit),
        "equipment": _equipment_cell(visit, catalogue, lang),
        "remote": _remote_cell(visit, catalogue),
        "price": write_money(visit.price),
        "finish_within": _YES_NO[lang][1] if visit.finish_within else None,
    }


def _equipment_cell(visit: Visit, catalogue: Catalogue, lang: Lang) -> str | None:
    """Empty where the service says the same; "none" is a word of its own."""
    service = catalogue.services.get(visit.service)
    if service is not None and service.equipment == visit.equipment:
        return None
    if visit.equipment is None:
        return str(getattr(_NO_SKILLS, lang))
    return catalogue.equipment_name(visit.equipment, lang)


def _remote_cell(visit: Visit, catalogue: Catalogue) -> float | None:
    """Per cent; empty where the service says the same."""
    service = catalogue.services.get(visit.service)
    if service is not None and service.remote == visit.remote:
        return None
    return round(100 * (visit.remote or 0.0), 6)
