"""Where a table's header is, and what its columns are called.

Offices put a title, a unit and a date above the header, and merge header cells over two rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Grid", "Merged", "fill_down", "find_header", "join_header"]

_SEARCHED_ROWS = 30
_MOST_HEADER_ROWS = 4
_WIDE_ENOUGH = (0.75, 0.5)
"""A header fills at least this share of the cells that the widest row fills; lines such as
``unit: ... date: ...`` above it are narrower, so the stricter share is tried first."""

_CJK_GAP = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\s+(?=[\u3000-\u9fff\uff00-\uffef])")
_NUMBER = re.compile(r"[-+]?[\d.,/:％%\s-]+")


@dataclass(frozen=True)
class Merged:
    """A merged block, 0-based, ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Grid:
    """A table's cells row by row (rows may differ in length) and its merged blocks.

    ``None`` is an empty cell. A merged block holds its value in the top left cell only.
    """

    rows: list[list[str | None]]
    merged: tuple[Merged, ...]

    def at(self, row: int, column: int) -> str | None:
        """The cell's own value."""
        if row >= len(self.rows) or column >= len(self.rows[row]):
            return None
        return self.rows[row][column]


def find_header(grid: Grid, header: int | None = None) -> range | None:
    """The header's rows, 0-based; ``None`` where no row can be one.

    ``header`` is the 1-based row where it begins, if that is known.
    """
    if header is not None:
        top: int | None = header - 1
        if not 0 <= header - 1 < len(grid.rows) or not any(grid.rows[header - 1]):
            return None
    else:
        top = _first_header_row(grid)
    if top is None:
        return None
    return range(top, _last_header_row(grid, top) + 1)


def join_header(grid: Grid, span: range) -> list[str | None]:
    """One name per column; parts of a merged header are joined by ``_``, top to bottom."""
    width = max(len(grid.rows[row]) for row in span)
    width = max([width, *(block.right + 1 for block in grid.merged if block.top in span)])
    spread = _spread(grid, span)
    names: list[str | None] = []
    for column in range(width):
        parts: list[str] = []
        for row in span:
            text = spread.get((row, column), grid.at(row, column))
            if text is not None and _clean(text) not in parts[-1:]:
                parts.append(_clean(text))
        names.append("_".join(part for part in parts if part) or None)
    return names


def _first_header_row(grid: Grid) -> int | None:
    """The first row about as wide as the table that holds names; titles are narrow."""
    searched = range(min(len(grid.rows), _SEARCHED_ROWS))
    filled = [_filled(grid, row) for row in searched]
    widest = max((len(cells) for cells in filled), default=0)
    if widest == 0:
        return None
    for share in _WIDE_ENOUGH:
        for row, cells in zip(searched, filled, strict=True):
            names = [cell for cell in cells if not _NUMBER.fullmatch(cell)]
            wide = len(cells) >= share * widest and (len(cells) >= 2 or widest == 1)
            if wide and len(names) * 2 > len(cells):
                return row
    return None


def _filled(grid: Grid, row: int) -> list[str]:
    """The row's cells, a block merged over several columns counted once per column beneath it.

    A title merged over the whole table has nothing but itself and counts once.
    """
    cells = [cell for cell in grid.rows[row] if cell is not None]
    if len(cells) <= 1:
        return cells
    extra = [
        text
        for block in grid.merged
        if block.top == row and (text := grid.at(row, block.left)) is not None
        for _ in range(block.right - block.left)
    ]
    return cells + extra


def _last_header_row(grid: Grid, top: int) -> int:
    """A block in the header reaches down; a block over several columns has names beneath it."""
    last = top
    while last - top < _MOST_HEADER_ROWS:
        reach = [block.bottom for block in grid.merged if block.top in range(top, last + 1)]
        beneath = [
            block.bottom + 1
            for block in grid.merged
            if block.top in range(top, last + 1)
            and block.right > block.left
            and _names_beneath(grid, block)
        ]
        further = max([last, *reach, *beneath])
        if further == last:
            break
        last = further
    return min(last, top + _MOST_HEADER_ROWS - 1, len(grid.rows) - 1)


def _names_beneath(grid: Grid, block: Merged) -> bool:
    cells = [grid.at(block.bottom + 1, column) for column in range(block.left, block.right + 1)]
    names = [cell for cell in cells if cell is not None]
    return len(names) >= 2 and not any(_NUMBER.fullmatch(name) for name in names)


def _spread(grid: Grid, span: range) -> dict[tuple[int, int], str | None]:
    return {
        place: grid.at(block.top, block.left)
        for block in grid.merged
        if block.top in span
        for place in _places(block)
    }


def _places(block: Merged) -> Iterator[tuple[int, int]]:
    for row in range(block.top, block.bottom + 1):
        for column in range(block.left, block.right + 1):
            yield row, column


def _clean(text: str) -> str:
    """One line, single blanks, none between Chinese characters."""
    return _CJK_GAP.sub("", " ".join(text.split()))


def fill_down(rows: Sequence[list[str | None]], merged: Sequence[Merged]) -> None:
    """Repeat the value of each block that is merged over rows in every one of its rows."""
    for block in merged:
        value = rows[block.top][block.left] if block.left < len(rows[block.top]) else None
        for row in range(block.top + 1, min(block.bottom + 1, len(rows))):
            cells = rows[row]
            cells.extend([None] * (block.left + 1 - len(cells)))
            cells[block.left] = value
