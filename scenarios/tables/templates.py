"""Empty office tables to fill in: headings, one example row, and a sheet of notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pandas import DataFrame

from base.faults import Lang
from geo.tables import write_xlsx
from scenarios.catalogue import built_in
from scenarios.model import Text
from scenarios.tables.columns import (
    CARRIER_COLUMNS,
    KITCHEN_COLUMNS,
    ORDER_COLUMNS,
    PLACE_COLUMNS,
    SERVICE_COLUMNS,
    Column,
)
from scenarios.tables.day_columns import (
    ABSENCE_COLUMNS,
    BALANCE_COLUMNS,
    CARER_COLUMNS,
    LEDGER_COLUMNS,
    VISIT_COLUMNS,
)
from scenarios.tables.kinds import KINDS

__all__ = ["write_templates"]


@dataclass(frozen=True)
class _Template:
    """One table: its file, its columns, and an example cell per column and language."""

    file: Text
    columns: Sequence[Column]
    example: dict[str, Any | Text]


_SKILLS = Text(zh="助浴; 护士", en="bathing; nursing")
_COMPOUND = Text(zh="幸福里", en="Xingfuli")
_BUILDING = Text(zh="3号楼", en="3")
_PERSON: dict[str, Any | Text] = {
    "name": Text(zh="示例老人", en="Example Elder"),
    "phone": "13000000000",
    "address": Text(zh="幸福里3号楼2单元501", en="Xingfuli 3-2-501"),
}
_TEMPLATES = (
    _Template(
        Text(zh="台账", en="ledger"),
        LEDGER_COLUMNS,
        {
            "client": "E-0001",
            "compound": _COMPOUND,
            "building": _BUILDING,
            "tier": Text(zh="托底", en="basic"),
            "service": Text(zh="助洁; 助浴", en="House cleaning; Bathing at home"),
            "frequency": Text(zh="每周2次; 每周1次", en="2 a week; 1 a week"),
            "duration": "90; 60",
            "wish": Text(zh="上午", en="morning"),
            "double": Text(zh="否", en="no"),
            "meals": Text(zh="午", en="lunch"),
            "diet": Text(zh="低盐", en="low salt"),
            **_PERSON,
        },
    ),
    _Template(
        Text(zh="访视", en="visits"),
        VISIT_COLUMNS,
        {
            "id": "V0001",
            "client": "E-0001",
            "service": Text(zh="助浴", en="Bathing at home"),
            "lon": 116.6,
            "lat": 44.3,
            "duration": 60,
            "windows": "09:00-10:00; 14:00-15:00",
            "tier": Text(zh="托底", en="basic"),
            "staff": 1,
            "carer": Text(zh="C-001（必须）", en="C-001 (must)"),
            "carer_sex": Text(zh="女", en="female"),
            "floor": 5,
            "lift": Text(zh="否", en="no"),
        },
    ),
    _Template(
        Text(zh="护理员", en="carers"),
        CARER_COLUMNS,
        {
            "id": "C-001",
            "level": Text(zh="三级", en="3"),
            "skills": _SKILLS,
            "shift_open": "08:00",
            "shift_close": "17:30",
            "start_lon": 116.6,
            "start_lat": 44.3,
            "max_work": 480,
            "mode": Text(zh="电动车", en="ebike"),
            "wage": 40,
            "sex": Text(zh="女", en="female"),
            "languages": Text(zh="粤语", en="Cantonese"),
            "breaks": "11:30-13:00",
            "break_minutes": 30,
            "overtime": 60,
        },
    ),
    _Template(
        Text(zh="停服请假", en="absences"),
        ABSENCE_COLUMNS,
        {
            "client": "E-0001",
            "first": "2026-03-02",
            "last": "2026-03-09",
            "reason": Text(zh="住院", en="hospital"),
        },
    ),
    _Template(
        Text(zh="补贴余额", en="balances"),
        BALANCE_COLUMNS,
        {"client": "E-0001", "balance": 320, "expires": "2026-03-31"},
    ),
    _Template(
        Text(zh="订餐", en="orders"),
        ORDER_COLUMNS,
        {
            "id": "M0001",
            "client": "E-0001",
            "lon": 116.6,
            "lat": 44.3,
            "building_id": "B-001",
            "portions": 1,
            "window": "10:45-12:30",
            "diet": Text(zh="低盐", en="low salt"),
        },
    ),
    _Template(
        Text(zh="厨房", en="kitchens"),
        KITCHEN_COLUMNS,
        {"id": "K1", "lon": 116.6, "lat": 44.3, "portions": 400, "ready": "10:15"},
    ),
    _Template(
        Text(zh="运力", en="carriers"),
        CARRIER_COLUMNS,
        {
            "id": "R-001",
            "mode": Text(zh="电动车", en="ebike"),
            "boxes": 40,
            "shift_open": "10:00",
            "shift_close": "13:30",
            "kitchens": "K1",
            "max_trips": 3,
            "wage": 30,
            "per_km": 0.2,
        },
    ),
    _Template(
        Text(zh="地点", en="places"),
        PLACE_COLUMNS,
        {
            "compound": _COMPOUND,
            "building": _BUILDING,
            "lon": 116.6,
            "lat": 44.3,
            "community": Text(zh="永安社区", en="Yongan community"),
        },
    ),
    _Template(
        Text(zh="服务目录", en="services"),
        SERVICE_COLUMNS,
        {
            "id": "bathing",
            "zh": "助浴",
            "en": "Bathing at home",
            "group": Text(zh="助浴", en="Bathing"),
            "duration": 60,
            "skills": Text(zh="四级护理员; 助浴", en="carer level 4; bathing"),
            "staff": 1,
            "price": 120,
        },
    ),
)


def write_templates(folder: Path | str, lang: Lang = "zh") -> list[Path]:
    """Write one workbook per office table into the folder.

    The first sheet has the headings and one example row, to be written over; the second says
    what each column holds. Coordinates of the examples lie in open grassland.

    Returns:
        The files written.
    """
    return [_write(Path(folder), template, lang) for template in _TEMPLATES]


def _write(folder: Path, template: _Template, lang: Lang) -> Path:
    path = folder / f"{getattr(template.file, lang)}.xlsx"
    example = {
        column.heading(lang): [_in(template.example.get(column.key), lang)]
        for column in template.columns
    }
    notes_name = {"zh": "说明", "en": "notes"}[lang]
    table = DataFrame(example, dtype=object)
    write_xlsx(
        path, {getattr(template.file, lang): table, notes_name: _notes(template.columns, lang)}
    )
    return path


def _in(cell: Any, lang: Lang) -> Any:
    return getattr(cell, lang) if isinstance(cell, Text) else cell


def _notes(columns: Sequence[Column], lang: Lang) -> DataFrame:
    headings = {
        "zh": ("列", "必填", "内容", "说明", "也可写作"),
        "en": ("column", "required", "holds", "notes", "also known as"),
    }[lang]
    must = {"zh": "是", "en": "yes"}[lang]
    rows = []
    for column in columns:
        heading = column.heading(lang)
        rule = KINDS[column.kind].rule
        rows.append(
            (
                heading,
                must if column.required else None,
                getattr(rule, lang),
                _remark(column, lang),
                ", ".join(other for other in column.headings() if other != heading),
            )
        )
    return DataFrame(rows, columns=list(headings), dtype=object)


def _remark(column: Column, lang: Lang) -> str | None:
    """The column's note; skills and services list their words."""
    words: list[str] = []
    if column.key == "skills":
        words = [getattr(skill.name, lang) for skill in built_in().skills.values()]
    elif column.key == "service":
        words = [getattr(service.name, lang) for service in built_in().services.values()]
    note = getattr(column.note, lang) if column.note else ""
    return ": ".join(part for part in (note, ", ".join(words)) if part) or None
