"""VRPTW files in Solomon's format (Solomon 1987; Gehring and Homberger 1999)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.text import FormatError, read_rows

__all__ = ["Solomon", "read_solomon"]

_COLUMNS = 7


@dataclass(frozen=True, eq=False)
class Solomon:
    """Depot (row 0) and customers in the file's own units.

    Attributes:
        vehicles: how many there are. capacity: load of each.
        x, y: coordinates. demand: int64. ready, due: earliest and latest start. service: duration.
    """

    vehicles: int
    capacity: int
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    demand: NDArray[np.int64]
    ready: NDArray[np.int64]
    due: NDArray[np.int64]
    service: NDArray[np.int64]

    def tenths(self) -> NDArray[np.int64]:
        """Distances in tenths, cut off after one decimal (the DIMACS convention)."""
        squared = (self.x[:, None] - self.x[None, :]) ** 2 + (
            self.y[:, None] - self.y[None, :]
        ) ** 2
        tenths: NDArray[np.int64] = np.floor(10 * np.sqrt(squared)).astype(np.int64)
        return tenths


def read_solomon(path: Path) -> Solomon:
    """Read a file.

    Raises:
        FormatError: a heading is missing, a row does not hold seven whole numbers, customers are
            not numbered 0, 1, 2, .., or a window closes before it opens.
    """
    rows = read_rows(path)
    fleet = _numbers(path, rows, _heading(path, rows, "VEHICLE") + 2, 2)
    first = _heading(path, rows, "CUSTOMER") + 2
    table = np.array([_numbers(path, rows, at, _COLUMNS) for at in range(first, len(rows))])
    if table.size == 0:
        raise FormatError(path, "there are no customers")
    wrong = np.flatnonzero(table[:, 0] != np.arange(len(table)))
    if wrong.size:
        got = int(table[wrong[0], 0])
        raise FormatError(path, f"customer {int(wrong[0])} expected, {got} found")
    empty = np.flatnonzero(table[:, 4] > table[:, 5])
    if empty.size:
        raise FormatError(path, f"customer {int(empty[0])} is due before it is ready")
    return Solomon(fleet[0], fleet[1], *table[:, 1:].T)


def _heading(path: Path, rows: list[tuple[int, list[str]]], word: str) -> int:
    for at, (_, words) in enumerate(rows):
        if words == [word]:
            return at
    raise FormatError(path, f"there is no heading {word}")


def _numbers(path: Path, rows: list[tuple[int, list[str]]], at: int, count: int) -> list[int]:
    if at >= len(rows):
        raise FormatError(path, "it ends too early")
    line, words = rows[at]
    if len(words) != count or not all(word.lstrip("-").isdigit() for word in words):
        text = " ".join(words)
        raise FormatError(path, f"line {line} does not hold {count} whole numbers: {text!r}")
    return [int(word) for word in words]
