"""Carers: the table of who works, when, and on which terms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from base.faults import Lang
from scenarios.catalogue import Catalogue, built_in
from scenarios.cells import fold, write_duration, write_money, write_time, write_windows
from scenarios.model import TableInput, Text
from scenarios.records import Break, Carer, Mode, Place
from scenarios.tables.day_columns import CARER_COLUMNS
from scenarios.tables.intake import Intake
from scenarios.tables.kinds import MODE_NAMES, SEX_NAMES
from scenarios.tables.people import Owners
from scenarios.tables.rows import OfficeSheet, Row, write_table
from scenarios.tables.visits import read_skills, skills_text

__all__ = ["read_carers", "read_shift", "write_carers"]

_PLACE_RULE = Text(
    zh="出发点坐标，或设置站点 station", en="coordinates, or a station in the scenario"
)
_SHIFT_RULE = Text(zh="晚于上班时间的时刻", en="a time after the shift's start")
_LEVEL_RULE = Text(zh="五级至一级，或 5 至 1", en="a level from 5 (lowest) to 1")
_PACE_RULE = Text(zh="50 至 300 的百分数", en="per cent from 50 to 300")
_NO_BREAK = Text(zh="无", en="none")
_USUAL_BREAK = 1_800
"""Seconds of a break whose length the table leaves open."""


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
            sheet.intake.know_carer(carer.id, row.text("name"))
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
    pace = row.get("pace", 100.0)
    if not 50 <= pace <= 300:
        row.wrong("pace", _PACE_RULE)
    breaks = _breaks(row, start)
    carer = {
        "max_work": row.get("max_work"),
        "mode": row.get("mode", Mode.EBIKE),
        "wage": row.get("wage", Carer.wage),
        "sex": row.get("sex"),
        "languages": frozenset(row.get("languages", ())),
        "breaks": breaks,
        "overtime": row.get("overtime", 0),
        "overtime_wage": row.get("overtime_wage"),
        "max_travel": row.get("max_travel"),
        "pace": pace / 100,
        "holidays": row.get("holidays", True),
    }
    if not row.sound or start is None:
        return None
    return Carer(id, skills, shift, start, end, **carer)


def _breaks(row: Row, start: Place | None) -> tuple[Break, ...] | None:
    """The breaks of the row, None where it says nothing of them."""
    if row.text("breaks").casefold() in (_NO_BREAK.zh, _NO_BREAK.en):
        return ()
    windows = row.get("breaks")
    if windows is None:
        return None
    length = row.get("break_minutes", _USUAL_BREAK)
    place = start if row.get("break_at_station", False) else None
    must = not row.get("break_optional", False)
    return tuple(Break(window, length, place, must) for window in windows)


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
    (:meth:`Catalogue.with_implied`); the breaks of one carer are alike but for their windows,
    and one that is not taken on the way is taken where the day starts.
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
        "sex": getattr(SEX_NAMES[carer.sex], lang) if carer.sex else None,
        "languages": "; ".join(sorted(carer.languages)) or None,
        **_break_cells(carer.breaks, lang),
        "overtime": write_duration(carer.overtime) if carer.overtime else None,
        "overtime_wage": None if carer.overtime_wage is None else write_money(carer.overtime_wage),
        "max_travel": None if carer.max_travel is None else write_duration(carer.max_travel),
        "pace": None if carer.pace == 1.0 else round(100 * carer.pace, 6),
        "holidays": None if carer.holidays else {"zh": "否", "en": "no"}[lang],
    }


def _break_cells(breaks: tuple[Break, ...] | None, lang: Lang) -> dict[str, Any]:
    """Cells of breaks, which are alike but for their windows."""
    if not breaks:
        return {"breaks": None if breaks is None else getattr(_NO_BREAK, lang)}
    yes, first = {"zh": "是", "en": "yes"}[lang], breaks[0]
    return {
        "breaks": write_windows(tuple(each.window for each in breaks)),
        "break_minutes": write_duration(first.length),
        "break_at_station": yes if first.place is not None else None,
        "break_optional": None if first.must else yes,
    }
