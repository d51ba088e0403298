"""Office tables: CSV and XLSX in, as text cells with the file's own row numbers.

Reading tolerates what offices hand in: titles above the header, headers merged over two rows,
merged body cells, GB18030 or UTF-8, commas, semicolons or tabs, numbers stored as text. It never
guesses at a value: cells stay text, and the caller decides what they mean. Writing is in
:mod:`geo.tables_out`.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from pathlib import Path

from pandas import DataFrame

from base.faults import FaultError
from geo.codes import (
    ENCODING_UNKNOWN,
    ENCODING_WRONG,
    FILE_KIND,
    FILE_MISSING,
    FILE_TOO_LARGE,
    FILE_UNREADABLE,
    HEADER_MISSING,
    NO_ROWS,
)
from geo.headers import Grid, fill_down, find_header, join_header
from geo.tables_out import unescape, write_csv, write_xlsx
from geo.xlsx import read_grid

__all__ = ["MAX_FILE_BYTES", "TABLE_ENDINGS", "number", "read_table", "write_csv", "write_xlsx"]

MAX_FILE_BYTES = 512 * 1024**2
"""Largest text file that is read; XLSX has a limit of its own on the expanded size."""

TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")

_DELIMITERS = (",", ";", "\t")
_SAMPLE_ROWS = 30
_FULL_WIDTH = {ord("０") + digit: str(digit) for digit in range(10)} | {
    ord("．"): ".",
    ord("。"): ".",
    ord("－"): "-",
    ord("−"): "-",
    ord("＋"): "+",
    ord("，"): ",",
    ord("\u3000"): " ",
    ord("\u00a0"): " ",
}


def read_table(
    path: Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    header: int | None = None,
) -> DataFrame:
    """Read a table; every cell a stripped text or ``None``.

    Args:
        path: ``.csv``, ``.tsv``, ``.txt`` (comma, semicolon or tab) or ``.xlsx``, ``.xlsm``.
        sheet: XLSX sheet, the first visible one by default.
        encoding: of a text file; found by itself (UTF-8, UTF-16 with a mark, GB18030) if None.
        header: 1-based row where the header begins, found by itself if None: the first row that
            is about as wide as the table and holds names, not numbers.

    Returns:
        Columns named by the header (two merged header rows become ``upper_lower``; a repeated
        name gets ``_2``, ``_3``), index ``row`` = 1-based row in the file. Empty rows are left
        out. A body cell merged over several rows is repeated in each of them. The quote that
        :func:`write_csv` puts before ``= + - @`` is taken off again.

    Raises:
        FaultError: missing or unreadable file, unknown sheet or encoding, no header, no rows.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in TABLE_ENDINGS:
        raise FaultError([FILE_KIND(path, ending=ending or "-", allowed=", ".join(TABLE_ENDINGS))])
    if not path.is_file():
        raise FaultError([FILE_MISSING(path)])
    workbook = ending in {".xlsx", ".xlsm"}
    grid = read_grid(path, sheet) if workbook else _text_grid(path, encoding)
    return _frame(path, grid, header)


def number(text: object) -> float | None:
    """A cell's number, ``None`` where it is none.

    Full-width digits, blanks and grouping commas (``1,234``) are understood; percent signs and
    units are not, nor are ``nan`` and ``inf``.
    """
    if text is None or isinstance(text, bool):
        return None
    if isinstance(text, str):
        plain = text.translate(_FULL_WIDTH).strip()
        if "," in plain:
            plain = _ungroup(plain)
        if not plain or plain[0] not in "+-.0123456789" or "_" in plain:
            return None
        text = plain
    try:
        value = float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if abs(value) != float("inf") and value == value else None


def _ungroup(text: str) -> str:
    whole, _, decimals = text.partition(".")
    groups = whole.split(",")
    grouped = all(len(group) == 3 and group.isdigit() for group in groups[1:])
    if not grouped or not groups[0].lstrip("+-").isdigit() or "," in decimals:
        return ""
    return "".join(groups) + ("." + decimals if decimals else "")


def _frame(path: Path, grid: Grid, header: int | None) -> DataFrame:
    span = find_header(grid, header)
    if span is None:
        raise FaultError([(HEADER_MISSING if grid.rows else NO_ROWS)(path)])
    names = join_header(grid, span)
    body = [(row + 1, cells) for row, cells in enumerate(grid.rows) if row >= span.stop]
    kept = [(row, cells) for row, cells in body if any(cell is not None for cell in cells)]
    if not kept:
        raise FaultError([NO_ROWS(path)])
    # After the choice of rows: a block merged over more rows than have data makes none.
    fill_down(grid.rows, [block for block in grid.merged if block.top >= span.stop])
    width = max(len(names), max(len(cells) for _, cells in kept))
    names += [None] * (width - len(names))
    columns: dict[str, list[str | None]] = {}
    for column, name in enumerate(names):
        values = [unescape(cells[column]) if column < len(cells) else None for _, cells in kept]
        if name is None and all(value is None for value in values):
            continue
        columns[_unique(name or f"column_{column + 1}", columns)] = values
    frame = DataFrame(columns, index=[row for row, _ in kept], dtype=object)
    frame.index.name = "row"
    return frame


def _unique(name: str, taken: dict[str, list[str | None]]) -> str:
    if name not in taken:
        return name
    copy = 2
    while f"{name}_{copy}" in taken:
        copy += 1
    return f"{name}_{copy}"


def _text_grid(path: Path, encoding: str | None) -> Grid:
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise FaultError([FILE_TOO_LARGE(path, size=_mib(size), limit=_mib(MAX_FILE_BYTES))])
    text = _decode(path, path.read_bytes(), encoding)
    records = _records(path, text)
    return Grid([[cell.strip() or None for cell in record] for record in records], ())


def _mib(size: int) -> str:
    return f"{size / 1024**2:.0f} MiB"


def _decode(path: Path, data: bytes, encoding: str | None) -> str:
    if encoding is None:
        return _detect(path, data)
    try:
        known = codecs.lookup(encoding).name
    except LookupError:
        raise FaultError([ENCODING_UNKNOWN(path, encoding=encoding)]) from None
    try:
        return data.decode(known).lstrip("\ufeff")
    except (UnicodeError, LookupError):  # LookupError: an encoding of bytes to bytes
        raise FaultError([ENCODING_WRONG(path, encoding=encoding)]) from None


def _detect(path: Path, data: bytes) -> str:
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for candidate in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise FaultError([ENCODING_WRONG(path, encoding="UTF-16" if marked else "UTF-8 / GB18030")])


def _records(path: Path, text: str) -> list[list[str]]:
    # Polygons as WKT pass the csv module's limit of 128 KiB a field; the limit is global and
    # the file's size is bounded already.
    if csv.field_size_limit() < MAX_FILE_BYTES:
        csv.field_size_limit(MAX_FILE_BYTES)
    delimiter = _delimiter(text)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise FaultError([FILE_UNREADABLE(path, why=error)]) from None


def _delimiter(text: str) -> str:
    """The delimiter under which the first rows fall into most cells, row for row."""
    sample = text[:200_000]

    def cells(delimiter: str) -> tuple[float, int]:
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        widths: list[int] = []
        try:
            for row in rows:
                widths.append(len(row))
                if len(widths) == _SAMPLE_ROWS:
                    break
        except csv.Error:
            pass
        return _median(widths), max(widths, default=0)

    return max(_DELIMITERS, key=cells)


def _median(values: Sequence[int]) -> float:
    return float(sorted(values)[len(values) // 2]) if values else 0.0
