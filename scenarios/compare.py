"""Coverage before and after, by sub-district and by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CoverageRow", "compare_coverage", "percent"]


@dataclass(frozen=True)
class CoverageRow:
    """Persons of one sub-district and group, and how many of them are covered.

    Attributes:
        district: number of the sub-district; -1 for the people who live in none of them, None
            for all.
        group: number of the group, None for all.
        persons: how many there are.
        before: covered by the sites of today.
        after: covered by the sites of the answer.
        estimated: whether any of the figures rests on an assumed share.
    """

    district: int | None
    group: int | None
    persons: float
    before: float
    after: float
    estimated: bool


def compare_coverage(
    persons: NDArray[np.float64],
    district: NDArray[np.int32],
    group: NDArray[np.int32],
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    estimated: Sequence[bool],
) -> tuple[CoverageRow, ...]:
    """Coverage of the whole, of every group, of every sub-district, and of every pair.

    Args:
        persons: people of every demand row (not weighted).
        district: sub-district of every row, -1 for none.
        group: group of every row.
        before: rows covered today.
        after: rows covered by the answer.
        estimated: by group, whether its size is an assumption.

    Returns:
        Rows that have people: the whole first, then group by group, then by sub-district.
    """
    n_groups = len(estimated)
    n_places = int(district.max(initial=-1)) + 2
    cell = (district.astype(np.int64) + 1) * n_groups + group

    def total(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        flat = np.zeros(n_places * n_groups)
        np.add.at(flat, cell, weights)
        return flat.reshape(n_places, n_groups)

    tables = [total(persons), total(persons * before), total(persons * after)]

    def row(place: int | None, group_at: int | None) -> CoverageRow:
        rows = slice(None) if place is None else place + 1
        columns = slice(None) if group_at is None else group_at
        values = [float(table[rows, columns].sum()) for table in tables]
        there = np.atleast_2d(tables[0][rows, :]).sum(axis=0) > 0
        guessed = [flag and there[at] for at, flag in enumerate(estimated)]
        flag = any(guessed) if group_at is None else guessed[group_at]
        return CoverageRow(place, group_at, values[0], values[1], values[2], bool(flag))

    places: list[int | None] = [None]
    if n_places > 1:
        places += [*range(n_places - 1), -1]
    groups: list[int | None] = [None, *range(n_groups)]
    rows = [row(place, group_at) for place in places for group_at in groups]
    return tuple(each for each in rows if each.persons > 0)


def percent(part: float, whole: float) -> float:
    """``part`` in percent of ``whole``, 0 where the whole is nothing."""
    return 100.0 * part / whole if whole > 0 else 0.0
