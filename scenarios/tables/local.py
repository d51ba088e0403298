"""What an office knows of its neighbourhood: its places and its own list of services."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from base.faults import Fault, Lang
from scenarios.catalogue import After, Catalogue, Service, built_in
from scenarios.cells import write_duration, write_money, write_windows
from scenarios.codes import PLACE_TWICE
from scenarios.model import TableInput, Text
from scenarios.places import PlaceRow, PlaceTable
from scenarios.tables.columns import PLACE_COLUMNS, SERVICE_COLUMNS
from scenarios.tables.rows import OfficeSheet, Row, write_table
from scenarios.tables.visits import read_skills, skills_text

__all__ = ["read_places", "read_services", "write_places", "write_services"]

_SAME_POINT_DEGREES = 1e-6
_POSITIVE = Text(zh="大于 0 的分钟数", en="minutes, more than 0")
_STAFF_RULE = Text(zh="1 至 9 的人数", en="a number of people from 1 to 9")


def read_places(table: TableInput, folder: Path) -> PlaceTable:
    """Read the local place table: compound, building, lon, lat, in the table's declared system.

    A row without a building stands for the whole compound, or for a single place (a hospital).
    Rows without an id get ``compound building`` for one.

    Raises:
        FaultError: everything wrong with the table at once, also one building at two points.
    """
    sheet = OfficeSheet(table, folder, PLACE_COLUMNS, None)
    first: dict[tuple[str, str], PlaceRow] = {}
    seen: dict[str, int] = {}
    for row in sheet.rows:
        place = _place_row(row)
        if place is None:
            continue
        known = first.setdefault((place.compound.casefold(), place.building.casefold()), place)
        if known is place:
            sheet.unique(seen, place.id, row)
        elif not _same_point(known, place):
            sheet.faults.add(PLACE_TWICE(sheet.name, row=row.number, first=known.row))
    sheet.faults.raise_if_any()
    return PlaceTable(tuple(first.values()))


def _place_row(row: Row) -> PlaceRow | None:
    compound, building = row.need("compound", ""), row.text("building")
    row.need("lon", None)
    row.need("lat", None)
    point = row.point("lon", "lat") if row.sound else None
    if point is None or not row.sound:
        return None
    id = row.text("id") or f"{compound} {building}".strip()
    return PlaceRow(id, compound, building, point, row.text("community") or None, row.number)


def _same_point(a: PlaceRow, b: PlaceRow) -> bool:
    return (
        abs(a.place.lon - b.place.lon) < _SAME_POINT_DEGREES
        and abs(a.place.lat - b.place.lat) < _SAME_POINT_DEGREES
    )


def write_places(path: Path, places: PlaceTable, lang: Lang = "zh") -> None:
    """Write places so that :func:`read_places` gives them back, their row numbers apart."""
    rows: list[dict[str, Any]] = [
        {
            "id": row.id,
            "compound": row.compound,
            "building": row.building or None,
            "lon": row.place.lon,
            "lat": row.place.lat,
            "community": row.community,
        }
        for row in places.rows
    ]
    write_table(path, Text(zh="地点", en="places"), PLACE_COLUMNS, rows, lang)


def read_services(table: TableInput, folder: Path) -> Catalogue:
    """Read an office's own services; skills and their rules stay the built-in ones.

    Raises:
        FaultError: everything wrong with the table at once: also names used twice and services
            that follow one which the table does not have.
    """
    sheet = OfficeSheet(table, folder, SERVICE_COLUMNS, None)
    seen: dict[str, int] = {}
    services = []
    for row in sheet.rows:
        service = _service(row)
        if service is not None and sheet.unique(seen, service.id, row):
            services.append(service)
    sheet.faults.raise_if_any()
    catalogue = built_in().replace_services(services)
    faults: list[Fault] = catalogue.faults(sheet.name)
    sheet.faults.extend(faults)
    sheet.faults.raise_if_any()
    return catalogue


def _service(row: Row) -> Service | None:
    id, zh = row.need("id", ""), row.need("zh", "")
    duration, staff = row.need("duration", 1), row.get("staff", 1)
    if duration <= 0:
        row.wrong("duration", _POSITIVE)
    if not 1 <= staff <= 9:
        row.wrong("staff", _STAFF_RULE)
    after = None
    if row.text("after"):
        after = After(row.text("after"), row.get("after_min", 0), row.need("after_max", 0))
    service = Service(
        id=id,
        name=Text(zh=zh, en=row.text("en") or zh),
        duration=duration,
        skills=read_skills(row, frozenset()),
        staff=staff,
        price=row.get("price", 0),
        group=_group(row.text("group")),
        usual=row.get("usual", ()),
        after=after,
        meal=row.get("meal", False),
        escort=row.get("escort", False),
        aliases=tuple(row.get("aliases", ())),
        equipment=_equipment(row.text("equipment")),
        remote=row.get("remote") or None,
    )
    return service if row.sound else None


def _group(word: str) -> str:
    """The id of the class of services, found by its id or name."""
    if not word:
        return Service.group
    groups = built_in().groups
    return next((id for id, name in groups.items() if word in (name.zh, name.en)), word)


def _equipment(word: str) -> str | None:
    """The id of the equipment; an unknown word stands for itself, the catalogue tells."""
    return (built_in().equipment_of(word) or word) if word else None


def write_services(path: Path, catalogue: Catalogue, lang: Lang = "zh") -> None:
    """Write a catalogue's services so that :func:`read_services` gives them back."""
    yes = {"zh": "是", "en": "yes"}[lang]
    services: Sequence[Service] = list(catalogue.services.values())
    rows: list[dict[str, Any]] = [
        {
            "id": service.id,
            "zh": service.name.zh,
            "en": service.name.en,
            "aliases": "; ".join(service.aliases) or None,
            "group": getattr(catalogue.groups[service.group], lang),
            "duration": write_duration(service.duration),
            "skills": skills_text(service.skills, catalogue, lang),
            "staff": service.staff,
            "price": write_money(service.price),
            "usual": write_windows(service.usual) or None,
            "after": service.after.service if service.after else None,
            "after_min": write_duration(service.after.min_gap) if service.after else None,
            "after_max": write_duration(service.after.max_gap) if service.after else None,
            "meal": yes if service.meal else None,
            "escort": yes if service.escort else None,
            "equipment": catalogue.equipment_name(service.equipment, lang)
            if service.equipment
            else None,
            "remote": None if service.remote is None else round(100 * service.remote, 6),
        }
        for service in services
    ]
    write_table(path, Text(zh="服务目录", en="services"), SERVICE_COLUMNS, rows, lang)
