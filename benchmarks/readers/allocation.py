"""Capacitated location files: OR-Library ``cap`` (Beasley 1988) and the SJC capacitated p-medians.

``cap``: sites m and customers n; m times capacity and fixed cost; then for each customer its
demand and m costs of serving ALL of it from each site. The large files (``capa``, ``capb``,
``capc``) hold the word ``capacity`` instead of a number: the capacity is part of the question.

SJC (Lorena and Senne 2004): n and p, then a line of x, y, capacity and demand for each point,
which is customer and site; the cost is the Euclidean distance, whatever the demand.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.text import FormatError, read_numbers, read_rows

__all__ = ["Capacitated", "read_cap", "read_cap_optima", "read_sjc"]

_OPEN_CAPACITY = "capacity"


@dataclass(frozen=True)
class Capacitated:
    """A capacitated location instance; m sites, n customers, in the family's own numbers.

    Attributes:
        fixed: float64[m], cost of opening.
        capacity: int64[m], units.
        demand: int64[n], units.
        cost: float64[n, m], cost of serving all of a customer's demand.
        single: whether one site must serve a customer as a whole.
        most: largest number of open sites, None for no limit.
    """

    fixed: NDArray[np.float64]
    capacity: NDArray[np.int64]
    demand: NDArray[np.int64]
    cost: NDArray[np.float64]
    single: bool
    most: int | None


def read_cap(path: Path, capacity: int | None = None) -> Capacitated:
    """An OR-Library file; ``capacity`` for those that leave it open.

    Raises:
        FormatError: numbers are missing or not whole, or the capacity is open and not given.
    """
    numbers = _cap_numbers(path, capacity)
    if numbers.size < 2:
        raise FormatError(path, "the first line must hold sites and customers")
    m, n = int(numbers[0]), int(numbers[1])
    expected = 2 + 2 * m + n * (m + 1)
    if numbers.size != expected:
        raise FormatError(path, f"{expected} numbers expected, {numbers.size} found")
    sites = numbers[2 : 2 + 2 * m].reshape(m, 2)
    rows = numbers[2 + 2 * m :].reshape(n, m + 1)
    return Capacitated(
        fixed=sites[:, 1],
        capacity=_whole(path, "capacity", sites[:, 0]),
        demand=_whole(path, "demand", rows[:, 0]),
        cost=rows[:, 1:],
        single=False,
        most=None,
    )


def read_cap_optima(path: Path) -> dict[tuple[str, int | None], float]:
    """Optima of ``capopt.txt`` by name and, for the large files, capacity; {} without the file.

    Raises:
        FormatError: a line on an instance that holds no number.
    """
    if not path.is_file():
        return {}
    found: dict[tuple[str, int | None], float] = {}
    name = ""
    for at, words in read_rows(path):
        if words[0].startswith("cap"):
            name, words = words[0], words[1:]
        elif not (name and len(words) == 3 and words[1] == "(capacity"):
            continue
        try:
            capacity = int(words[2].rstrip(")")) if len(words) == 3 else None
            found[name, capacity] = float(words[0])
        except (IndexError, ValueError):
            raise FormatError(path, f"line {at} holds no optimum: {' '.join(words)!r}") from None
    return found


def read_sjc(path: Path) -> Capacitated:
    """An SJC file: at most p points serve all of them.

    Raises:
        FormatError: numbers are missing or not whole.
    """
    numbers = read_numbers(path)
    if numbers.size < 2 or numbers.size != 2 + 4 * int(numbers[0]):
        raise FormatError(path, "expected n, p and four numbers for each of n points")
    n, p = int(numbers[0]), int(numbers[1])
    table = numbers[2:].reshape(n, 4)
    apart = table[:, None, :2] - table[None, :, :2]
    return Capacitated(
        fixed=np.zeros(n),
        capacity=_whole(path, "capacity", table[:, 2]),
        demand=_whole(path, "demand", table[:, 3]),
        cost=np.hypot(apart[:, :, 0], apart[:, :, 1]),
        single=True,
        most=p,
    )


def _cap_numbers(path: Path, capacity: int | None) -> NDArray[np.float64]:
    rows = read_rows(path)
    if not any(_OPEN_CAPACITY in words for _, words in rows):
        return read_numbers(path)
    if capacity is None:
        raise FormatError(path, "the file leaves the capacity open: name one")
    words = [str(capacity) if word == _OPEN_CAPACITY else word for _, row in rows for word in row]
    try:
        return np.array(words, dtype=np.float64)
    except ValueError as error:
        raise FormatError(path, str(error)) from None


def _whole(path: Path, what: str, values: NDArray[np.float64]) -> NDArray[np.int64]:
    if np.any(values < 1) or np.any(values != np.rint(values)):
        raise FormatError(path, f"a {what} is no whole number above 0")
    return values.astype(np.int64)
