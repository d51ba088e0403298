"""XLSX sheets as grids of text cells.

Workbooks come from strangers. They are opened read-only and for values only (no formulas, links
or macros are looked at), XML entities are never resolved (the standard parser does not), and a
workbook that unpacks to an absurd size is refused before it is unpacked.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast

from openpyxl import load_workbook
from openpyxl.utils import range_boundaries

from base.faults import Fault, FaultError
from geo.codes import FILE_TOO_LARGE, FILE_UNREADABLE, SHEET_MISSING
from geo.headers import Grid, Merged

__all__ = ["MAX_CELLS", "MAX_EXPANDED_BYTES", "read_grid", "sheet_names"]

MAX_EXPANDED_BYTES = 512 * 1024**2
"""A workbook may unpack to this much; a sheet of 100,000 rows and 25 columns has about 130 MB."""

MAX_CELLS = 20_000_000
_MAX_ROWS = 1_048_576  # Excel's own

_CHUNK = 1 << 20
_OVERLAP = 256
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})\"")


def read_grid(path: Path, sheet: str | None = None) -> Grid:
    """The cells of one sheet (the first visible one by default) as stripped texts.

    Whole numbers lose their ``.0``, dates become ``YYYY-MM-DD[ HH:MM:SS]``, times and durations
    ``HH:MM[:SS]``, truth ``TRUE`` or ``FALSE``.

    Raises:
        FaultError: unreadable or too large (CC-G003, CC-G009), unknown sheet (CC-G006).
    """
    _check_size(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl lets many kinds through on a broken file
        raise FaultError([FILE_UNREADABLE(path, why=_short(error))]) from error
    try:
        sheets = {each.title: each for each in book.worksheets}
        if sheet is not None and sheet not in sheets:
            raise FaultError([SHEET_MISSING(path, sheet=sheet, available=", ".join(sheets))])
        visible = [each for each in sheets.values() if each.sheet_state == "visible"]
        chosen = sheets[sheet] if sheet is not None else (visible or list(sheets.values()))[0]
        chosen.reset_dimensions()  # what the file states of its own size is often wrong
        rows = _rows(path, chosen.iter_rows(values_only=True))
        # The path inside the archive is the one thing that openpyxl keeps to itself; merged
        # blocks are not available from it in read-only mode.
        merged = _merged(path, cast(Any, chosen)._worksheet_path)
    except FaultError:
        raise
    except Exception as error:
        raise FaultError([FILE_UNREADABLE(path, why=_short(error))]) from error
    finally:
        book.close()
    merged = [block for block in merged if block.top < len(rows)]
    return Grid(rows, tuple(merged))


def sheet_names(path: Path) -> list[str]:
    """The workbook's sheets, in order.

    Raises:
        FaultError: unreadable or too large (CC-G003, CC-G009).
    """
    _check_size(path)
    try:
        book = load_workbook(path, read_only=True, keep_links=False)
    except Exception as error:
        raise FaultError([FILE_UNREADABLE(path, why=_short(error))]) from error
    try:
        return [str(each.title) for each in book.worksheets]
    finally:
        book.close()


def _check_size(path: Path) -> None:
    """Judge by the archive's directory, which the unpacker does not exceed either."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise FaultError([FILE_UNREADABLE(path, why=_short(error))]) from error
    if size > MAX_EXPANDED_BYTES:
        raise FaultError([_too_large(path, size, MAX_EXPANDED_BYTES)])


def _too_large(path: Path, size: int, limit: int) -> Fault:
    mib = 1024**2
    return FILE_TOO_LARGE(path, size=f"{size / mib:.0f} MiB", limit=f"{limit / mib:.0f} MiB")


def _rows(path: Path, cells: Iterable[tuple[object, ...]]) -> list[list[str | None]]:
    """Rows as texts, without the empty cells and rows at their ends."""
    rows: list[list[str | None]] = []
    seen = 0
    for values in cells:
        row = [_text(value) for value in values]
        while row and row[-1] is None:
            row.pop()
        rows.append(row)
        seen += len(row)
        if seen > MAX_CELLS or len(rows) > _MAX_ROWS:
            size = f"{seen:,} cells, {len(rows):,} rows"
            limit = f"{MAX_CELLS:,} cells, {_MAX_ROWS:,} rows"
            raise FaultError([FILE_TOO_LARGE(path, size=size, limit=limit)])
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        clock = f"{minutes // 60:02d}:{minutes % 60:02d}"
        return f"{clock}:{seconds:02d}" if seconds else clock
    return str(value).strip() or None


def _merged(path: Path, member: str) -> list[Merged]:
    """The sheet's merged blocks, found in its XML as a stream of bytes."""
    blocks: list[Merged] = []
    with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
        tail = b""
        while chunk := stream.read(_CHUNK):
            text = tail + chunk
            end = 0
            for match in _MERGE.finditer(text):
                edges = range_boundaries(match[1].decode())
                left, top, right, bottom = (int(edge or 0) for edge in edges)
                blocks.append(Merged(top - 1, left - 1, bottom - 1, right - 1))
                end = match.end()
            tail = text[max(end, len(text) - _OVERLAP) :]
    return blocks


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
