"""What the readers share: numbers out of text, with the place of whatever is wrong."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["FormatError", "best_values", "read_numbers", "read_rows", "read_sections"]


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


def read_rows(path: Path) -> list[tuple[int, list[str]]]:
    """(line number, words) of every line that is not empty.

    Raises:
        FormatError: there is none.
    """
    lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    rows = [(at, words) for at, line in enumerate(lines, start=1) if (words := line.split())]
    if not rows:
        raise FormatError(path, "the file is empty")
    return rows


def read_sections(path: Path) -> tuple[dict[str, str], dict[str, list[list[float]]]]:
    """Keys (``NAME : value``) and sections of numbers of a file in TSPLIB's manner.

    A section starts with a line of one word that ends in ``_SECTION`` and lasts until the next
    section or ``EOF``.

    Raises:
        FormatError: a line that is neither key, section nor numbers.
    """
    keys: dict[str, str] = {}
    sections: dict[str, list[list[float]]] = {}
    rows: list[list[float]] | None = None
    for at, words in read_rows(path):
        if words == ["EOF"]:
            break
        if len(words) == 1 and words[0].endswith("_SECTION"):
            rows = sections.setdefault(words[0], [])
            continue
        if rows is None:
            key, colon, value = " ".join(words).partition(":")
            if not colon:
                raise FormatError(path, f"line {at} is no `KEY : value`: {' '.join(words)!r}")
            keys[key.strip()] = value.strip()
            continue
        try:
            rows.append([float(word) for word in words])
        except ValueError:
            raise FormatError(path, f"line {at} holds no numbers: {' '.join(words)!r}") from None
    return keys, sections


def best_values(path: Path, name: str, value: str) -> dict[str, float]:
    """Two columns of a CSV file of best-known values; rows without a value are left out.

    Best-known values are no part of the public sets: without the file there are none.

    Raises:
        FormatError: a column is missing, or a value is no number.
    """
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        for column in (name, value):
            if column not in (reader.fieldnames or ()):
                raise FormatError(path, f"there is no column {column!r}")
        found = {row[name]: row[value] for row in reader if row[value].strip()}
    try:
        return {key: float(text) for key, text in found.items()}
    except ValueError:
        raise FormatError(path, f"a value in column {value!r} is no number") from None
