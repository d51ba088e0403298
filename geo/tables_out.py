"""Tables out: CSV that Excel opens as it is, and XLSX with a header that stays in sight.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@`` as a formula, in some
languages also with their full-width forms, so a text that does gets a single quote before it
(OWASP, "CSV Injection"). Numbers, also negative ones and
those written as text, stay numbers. Files appear whole or not at all.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from pandas import DataFrame

from geo.whole import whole_file

__all__ = ["escape", "unescape", "workbook_cell", "write_csv", "write_xlsx"]

_RUNS = re.compile(
    r"'*[=+\-@＝＋－＠\t\r\n]"
)  # quotes of its own before it count, so that none is lost
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SHEET_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_SHEET_NAME_LENGTH = 31
_NARROW, _WIDE = 8, 60
_HEADER_FONT = Font(bold=True)
_HEADER_FILL = PatternFill("solid", fgColor="E6EDF5")
_HEADER_ALIGNMENT = Alignment(vertical="center", wrap_text=True)

Cell = str | int | float | bool | None


def escape(value: Cell) -> Cell:
    """The value as a spreadsheet may hold it: a text that would run gets a quote before it."""
    if isinstance(value, str) and _RUNS.match(value) and not _PLAIN_NUMBER.fullmatch(value):
        return "'" + value
    return value


def unescape(text: str | None) -> str | None:
    """Take :func:`escape`'s quote off again."""
    if text is not None and text.startswith("'") and _RUNS.match(text):
        return text[1:]
    return text


def workbook_cell(value: Cell) -> Cell:
    """The value as a workbook may hold it: escaped, and without control characters."""
    return escape(_CONTROL.sub("", value) if isinstance(value, str) else value)


def write_csv(path: Path, frame: DataFrame) -> None:
    """Write the frame's columns (not its index) as UTF-8 CSV with a byte-order mark."""
    with (
        whole_file(Path(path)) as part,
        part.open("w", encoding="utf-8-sig", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow([escape(str(name)) for name in frame.columns])
        for row in _rows(frame):
            writer.writerow(["" if cell is None else escape(cell) for cell in row])


def write_xlsx(path: Path, sheets: Mapping[str, DataFrame]) -> None:
    """Write one sheet per frame (columns, not index).

    Column widths fit Chinese text, the header stays in sight. Sheet names lose what Excel
    forbids and are cut to 31 characters.

    Raises:
        ValueError: there is no sheet to write.
    """
    if not sheets:
        raise ValueError("a workbook needs at least one sheet")
    book = Workbook(write_only=True)
    taken: set[str] = set()
    for name, frame in sheets.items():
        sheet = book.create_sheet(_sheet_name(name, taken))
        rows = list(_rows(frame))
        names = [str(column) for column in frame.columns]
        for column, width in enumerate(_widths(names, rows), start=1):
            sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.freeze_panes = "A2"
        header = []
        for column_name in names:
            cell = WriteOnlyCell(sheet, value=workbook_cell(column_name))
            cell.font, cell.fill, cell.alignment = _HEADER_FONT, _HEADER_FILL, _HEADER_ALIGNMENT
            header.append(cell)
        sheet.append(header)
        for row in rows:
            sheet.append([workbook_cell(cell) for cell in row])
    with whole_file(Path(path)) as part:
        book.save(part)


def _rows(frame: DataFrame) -> Iterator[list[Cell]]:
    columns = [[_plain(value) for value in frame[name].tolist()] for name in _once(frame)]
    for row in zip(*columns, strict=True):
        yield list(row)


def _once(frame: DataFrame) -> Iterable[object]:
    if not frame.columns.is_unique:
        raise ValueError("columns to write must have different names")
    return frame.columns


def _plain(value: object) -> Cell:
    """A cell as text, number, truth or nothing; not-a-number is nothing."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value - value == 0.0 else None
    return str(value)


def _widths(names: list[str], rows: list[list[Cell]]) -> list[float]:
    widths = [_display_width(name) + 2 for name in names]
    for row in rows[:2000]:
        for column, cell in enumerate(row):
            if cell is not None:
                widths[column] = max(widths[column], _display_width(str(cell)) + 2)
    return [float(min(max(width, _NARROW), _WIDE)) for width in widths]


def _display_width(text: str) -> int:
    """Columns on the screen of the widest line; a Chinese character takes two."""
    lines = text.splitlines() or [""]
    return max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in x) for x in lines)


def _sheet_name(name: str, taken: set[str]) -> str:
    base = _SHEET_FORBIDDEN.sub(" ", name).strip().strip("'")[:_SHEET_NAME_LENGTH] or "Sheet"
    candidate, copy = base, 1
    while candidate.lower() in taken:
        copy += 1
        tail = f" ({copy})"
        candidate = base[: _SHEET_NAME_LENGTH - len(tail)] + tail
    taken.add(candidate.lower())
    return candidate
