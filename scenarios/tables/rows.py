"""A canonical table row by row: cells by key, faults with row and column, places joined."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pandas import DataFrame

from base.faults import FaultError, Faults, Lang
from geo.crs import parse_declared, to_wgs84_xy
from geo.tables import read_table, write_csv, write_xlsx
from scenarios.cells import fold
from scenarios.codes import (
    BAD_CELL,
    BAD_TABLE_FORMAT,
    CRS_NOT_USABLE,
    DUPLICATE_COLUMN,
    DUPLICATE_ID,
    EMPTY_CELL,
    MISSING_COLUMN,
    NO_ROWS,
    UNPLACED_ROW,
)
from scenarios.contacts import Contact
from scenarios.model import TableInput, Text
from scenarios.places import PlaceRow, Unplaced, without_door
from scenarios.records import Place
from scenarios.tables.columns import Column, heading_key
from scenarios.tables.intake import Intake
from scenarios.tables.kinds import KINDS

__all__ = ["OfficeSheet", "Row", "write_table"]

_FOOTER = re.compile(r"(?:合计|总计|小计|填表|制表|审核|填报|注:|说明:|total\b)", re.IGNORECASE)


class OfficeSheet:
    """A table read by its columns.

    Args:
        table: what the scenario says of it.
        folder: that its path counts from.
        columns: the canonical columns; others are left alone.
        intake: None where rows that cannot be placed are faults and contacts are not kept.

    Raises:
        FaultError: the file cannot be read, or columns are missing or doubled.
    """

    def __init__(
        self, table: TableInput, folder: Path, columns: Sequence[Column], intake: Intake | None
    ) -> None:
        self.name = table.path.name
        self.crs = table.crs
        self.faults = Faults()
        self.keeps = intake is not None
        self.intake = intake or Intake()
        frame = read_table(folder / table.path, sheet=table.sheet, encoding=table.encoding)
        self.columns = {column.key: column for column in columns}
        self.heading = self._find(frame, columns)
        parse_declared(self.crs)
        self.faults.raise_if_any()
        self.rows = [
            Row(self, int(number), cells)
            for number, cells in zip(frame.index, frame.to_dict("records"), strict=True)
            if not _is_footer(cells)
        ]
        if not self.rows:
            raise FaultError([NO_ROWS(self.name)])

    def _find(self, frame: DataFrame, columns: Sequence[Column]) -> dict[str, str]:
        """The frame's column of each key; a heading that fits literally wins over one in part."""
        known: dict[str, str] = {}
        for column in columns:
            for heading in column.headings():
                known.setdefault(heading_key(heading), column.key)
        found: dict[str, str] = {}
        for shorten in (_whole, _without_brackets, _last_part):
            for heading in map(str, frame.columns):
                key = known.get(heading_key(shorten(heading)))
                if key is None or heading in found.values():
                    continue
                if key not in found:
                    found[key] = heading
                elif shorten is _whole:
                    self.faults.add(DUPLICATE_COLUMN(self.name, first=found[key], second=heading))
        for column in columns:
            if column.required and column.key not in found:
                listed = ", ".join(column.headings())
                self.faults.add(MISSING_COLUMN(self.name, column=column.both, known=listed))
        return found

    def unique(self, seen: dict[str, int], id: str, row: Row) -> bool:
        """Whether the row's id is new; a fault is kept where it is not."""
        first = seen.setdefault(id, row.number)
        if first != row.number:
            self.faults.add(
                DUPLICATE_ID(
                    self.name, row=row.number, column=self.heading.get("id", "id"), first=first
                )
            )
        return first == row.number


class Row:
    """One row: values by column key."""

    def __init__(self, sheet: OfficeSheet, number: int, cells: dict[Any, str | None]) -> None:
        self.sheet = sheet
        self.number = number
        self._cells = cells
        self.sound = True

    def text(self, key: str) -> str:
        """The cell's text in plain width, empty where there is none."""
        raw = self.raw(key)
        return "" if raw is None else fold(raw)

    def raw(self, key: str) -> str | None:
        """The cell as it stands."""
        heading = self.sheet.heading.get(key)
        return None if heading is None else self._cells[heading]

    def get(self, key: str, default: Any = None) -> Any:
        """The cell's value by its column's kind, ``default`` where it is empty or wrong.

        A wrong cell is kept as a fault.
        """
        raw = self.raw(key)
        if raw is None:
            return default
        kind = KINDS[self.sheet.columns[key].kind]
        value = kind.read(raw)
        if value is None:
            self.wrong(key, kind.rule)
            return default
        return value

    def need(self, key: str, default: Any) -> Any:
        """As :meth:`get`; an empty cell is a fault too."""
        if self.raw(key) is None:
            self.empty(key)
            return default
        return self.get(key, default)

    def wrong(self, key: str, rule: Text) -> None:
        """Keep the fault that a cell cannot be read."""
        self.fault(
            BAD_CELL(
                self.sheet.name,
                row=self.number,
                column=self.column(key),
                rule_en=rule.en,
                rule_zh=rule.zh,
            )
        )

    def empty(self, key: str) -> None:
        """Keep the fault that a cell is empty."""
        self.fault(EMPTY_CELL(self.sheet.name, row=self.number, column=self.column(key)))

    def fault(self, fault: Any) -> None:
        """Keep a fault of this row; the row makes no record."""
        self.sound = False
        self.sheet.faults.add(fault)

    def column(self, key: str) -> str:
        """The column's heading in the file, its canonical one where the file has none."""
        return self.sheet.heading.get(key, self.sheet.columns[key].both)

    def point(self, lon: str, lat: str) -> Place | None:
        """The point of two coordinate columns, None where both are empty."""
        if self.raw(lon) is None and self.raw(lat) is None:
            return None
        x, y = self.need(lon, None), self.need(lat, None)
        if x is None or y is None:
            return None
        moved = to_wgs84_xy(np.array([[x, y]]), self.sheet.crs)[0]
        place = Place(float(moved[0]), float(moved[1]))
        if math.isfinite(place.lon) and abs(place.lon) <= 180 and abs(place.lat) <= 90:
            return place
        self.fault(CRS_NOT_USABLE(self.sheet.name, row=self.number, crs=self.sheet.crs))
        return None

    def joined(self) -> PlaceRow | None:
        """The place table's row for this row's compound and building."""
        places = self.sheet.intake.places
        compound = self.text("compound")
        return places.find(compound, self.text("building")) if places and compound else None

    def set_aside(self, id: str, compound: str, building: str = "") -> None:
        """Leave the row to a person; without an intake that is a fault."""
        intake = self.sheet.intake
        if not self.sheet.keeps:
            self.fault(UNPLACED_ROW(self.sheet.name, row=self.number))
            return
        building = without_door(building)
        nearest = intake.places.nearest(compound, building) if intake.places and compound else ()
        intake.unplaced.append(
            Unplaced(self.sheet.name, self.number, id, compound, building, nearest)
        )

    def contact(self, id: str) -> None:
        """Set the person's name, phone and door aside, under the id."""
        if self.sheet.keeps:
            texts = (self.text(key) for key in ("name", "phone", "address", "note"))
            self.sheet.intake.keep(Contact(id, *texts))


def _whole(heading: str) -> str:
    return heading


def _without_brackets(heading: str) -> str:
    return re.sub(r"\([^)]*\)", "", fold(heading))


def _last_part(heading: str) -> str:
    return _without_brackets(heading.rsplit("_", 1)[-1])


def _is_footer(cells: dict[Any, str | None]) -> bool:
    first = next((cell for cell in cells.values() if cell is not None), "")
    return bool(_FOOTER.match(fold(first)))


def write_table(
    path: Path,
    sheet: Text,
    columns: Sequence[Column],
    rows: Sequence[dict[str, Any]],
    lang: Lang,
) -> None:
    """Write rows under their columns' headings; columns that nothing fills are left out.

    Raises:
        FaultError: the file is to end in neither ``.csv`` nor ``.xlsx``.
    """
    used = [
        column
        for column in columns
        if column.required or any(row.get(column.key) is not None for row in rows)
    ]
    frame = DataFrame(
        {column.heading(lang): [row.get(column.key) for row in rows] for column in used},
        dtype=object,
    )
    ending = path.suffix.lower()
    if ending == ".csv":
        write_csv(path, frame)
    elif ending == ".xlsx":
        write_xlsx(path, {getattr(sheet, lang): frame})
    else:
        raise FaultError([BAD_TABLE_FORMAT(path.name, ending=ending or "-")])
