"""What the readers share: numbers out of text, with the place of whatever is wrong."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["FormatError", "best_values", "read_numbers"]


class FormatError(ValueError):
    """A file that is not of its family's format."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")


def read_numbers(path: Path) -> NDArray[np.float64]:
    """All numbers of a file that holds nothing else.

    Raises:
        FormatError: a word that is no number, or no number at all.
    """
    words = path.read_text(encoding="ascii", errors="replace").split()
    numbers = np.empty(len(words))
    for at, word in enumerate(words):
        try:
            numbers[at] = float(word)
        except ValueError:
            raise FormatError(path, f"word {at + 1} is {word!r}, not a number") from None
    if not words:
        raise FormatError(path, "the file is empty")
    return numbers


def best_values(path: Path, name: str, value: str) -> dict[str, float]:
    """Two columns of a CSV file of best-known values; rows without a value are left out.

    Raises:
        FormatError: a column is missing.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        for column in (name, value):
            if column not in (reader.fieldnames or ()):
                raise FormatError(path, f"there is no column {column!r}")
        return {row[name]: float(row[value]) for row in reader if row[value].strip()}
