"""Makes cover models small before any solver sees them.

Demand rows that an always-open site covers, that have no weight, or that no closed permitted
site can cover leave the model as constants; rows with equal cover sets become one class (found
by a 64-bit hash, then verified entry by entry); classes that a single site covers become a
direct gain of that site. What is left is equivalent to the problem: the same sites have the same
objective.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from optimizer.arrays import csr_rows
from optimizer.siting.problem import SiteStatus, SitingProblem

__all__ = [
    "Classes",
    "CoverModel",
    "always_open",
    "cover_model",
    "equal_rows",
    "merge_rows",
    "take_rows",
    "transpose",
]


@dataclass(frozen=True)
class Classes:
    """Rows merged by equal site sets; k classes over c sites.

    Attributes:
        indptr: int64[k + 1], CSR rows of the classes.
        site: int32[z], sites of a class, ascending.
        weight: int64[k], summed weight of the rows of a class.
        of_row: int64[rows], the class of every given row.
    """

    indptr: NDArray[np.int64]
    site: NDArray[np.int32]
    weight: NDArray[np.int64]
    of_row: NDArray[np.int64]


@dataclass(frozen=True)
class CoverModel:
    """A cover problem over the sites that are free to open; c sites, k classes.

    Attributes:
        sites: int32[c], the free sites' numbers in the problem, ascending.
        fixed: int32[f], the always-open sites (existing and required).
        required: number of required sites among ``fixed``.
        gain: int64[c], what a site adds by itself: bonus and the classes that it alone covers.
        covered: what the always-open sites cover, their bonuses included.
        indptr: int64[k + 1], CSR rows of the classes.
        site: int32[z], positions in ``sites`` that cover a class, ascending.
        weight: int64[k], weight of a class.
    """

    sites: NDArray[np.int32]
    fixed: NDArray[np.int32]
    required: int
    gain: NDArray[np.int64]
    covered: int
    indptr: NDArray[np.int64]
    site: NDArray[np.int32]
    weight: NDArray[np.int64]

    @property
    def n_sites(self) -> int:
        """Number of free sites, c."""
        return int(self.sites.size)

    @property
    def n_classes(self) -> int:
        """Number of classes, k."""
        return int(self.weight.size)


def always_open(problem: SitingProblem) -> NDArray[np.bool_]:
    """bool[m], the sites that stand open in every answer: existing and required ones."""
    keep = (int(SiteStatus.EXISTING), int(SiteStatus.REQUIRED))
    return np.isin(problem.site_status, keep)


def cover_model(
    problem: SitingProblem,
    *,
    merge: bool = True,
    fold: bool = True,
    radius: int | None = None,
) -> CoverModel:
    """The cover model of a problem: a row is covered within its ``demand_radius``.

    Args:
        problem: sites, demand and reach lists.
        radius: one radius in ticks for all rows, in place of their own.
        merge: merge rows with equal cover sets (off only to show that merging changes nothing).
        fold: turn classes with a single site into that site's gain; off for set covering,
            where such a class forces its site.
    """
    entry_site = csr_rows(problem.reach_indptr)
    limit = problem.demand_radius[problem.reach_demand] if radius is None else radius
    within = problem.reach_cost <= limit
    is_open = always_open(problem)
    free = problem.site_status == SiteStatus.CANDIDATE

    covered = np.zeros(problem.n_demand, dtype=bool)
    covered[problem.reach_demand[within & is_open[entry_site]]] = True
    is_live = (problem.demand_weight > 0) & ~covered

    keep = within & free[entry_site] & is_live[problem.reach_demand]
    sites = np.flatnonzero(free).astype(np.int32)
    position = np.full(problem.n_sites, -1, dtype=np.int32)
    position[sites] = np.arange(sites.size, dtype=np.int32)
    live_rows = np.flatnonzero(is_live)
    row_position = np.full(problem.n_demand, -1, dtype=np.int64)
    row_position[live_rows] = np.arange(live_rows.size)
    indptr, site = transpose(
        row_position[problem.reach_demand[keep]], position[entry_site[keep]], live_rows.size
    )
    weight = problem.demand_weight[live_rows]
    indptr, site, weight = _drop_empty(indptr, site, weight)
    if merge:
        classes = merge_rows(indptr, site, weight)
        indptr, site, weight = classes.indptr, classes.site, classes.weight

    required = problem.site_status == SiteStatus.REQUIRED
    gain = problem.site_bonus[sites].copy()
    if fold:
        indptr, site, weight = _fold_singles(indptr, site, weight, gain)
    return CoverModel(
        sites=sites,
        fixed=np.flatnonzero(is_open).astype(np.int32),
        required=int(required.sum()),
        gain=gain,
        covered=int(problem.demand_weight[covered].sum() + problem.site_bonus[required].sum()),
        indptr=indptr,
        site=site,
        weight=weight,
    )


def transpose(
    row: NDArray[np.int64], site: NDArray[np.int32], n_rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """CSR rows (indptr, sites) of entries given site by site, so that sites ascend in a row."""
    n_sites = int(site.max(initial=-1)) + 1
    # SciPy's conversion is a counting sort that keeps the order within a row.
    there = np.ones(row.size, dtype=np.int8)
    by_row = coo_array((there, (row, site)), shape=(n_rows, n_sites)).tocsr()
    return by_row.indptr.astype(np.int64), by_row.indices.astype(np.int32)


def merge_rows(
    indptr: NDArray[np.int64], site: NDArray[np.int32], weight: NDArray[np.int64]
) -> Classes:
    """Merge rows with equal site sets, in order of first appearance; no row may be empty."""
    if weight.size == 0:
        return Classes(indptr, site, weight, np.zeros(0, dtype=np.int64))
    heads, of_row = np.unique(equal_rows(indptr, site), return_inverse=True)
    merged = np.zeros(heads.size, dtype=np.int64)
    np.add.at(merged, of_row, weight)
    new_indptr, entries = take_rows(indptr, heads)
    return Classes(new_indptr, site[entries], merged, of_row)


def equal_rows(
    indptr: NDArray[np.int64],
    index: NDArray[np.integer[Any]],
    value: NDArray[np.int64] | None = None,
    row_value: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """int64[rows], the first row with the same entries (and the same row value) as each row.

    Rows are hashed as sets of entries and then compared entry by entry with the first row of
    their hash; a row whose hash deceives stays by itself. No row may be empty, and entries must
    stand in the same order in equal rows.
    """
    word = _scramble(index)
    if value is not None:
        word = _scramble(word + _scramble(value))
    size = np.diff(indptr)
    key = np.add.reduceat(word, indptr[:-1]) ^ _scramble(size)
    if row_value is not None:
        key = _scramble(key + _scramble(row_value))
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    head: NDArray[np.int64] = first[group]
    same = size == size[head]
    if row_value is not None:
        same &= row_value == row_value[head]
    _compare(indptr, [index] if value is None else [index, value], head, same)
    return np.where(same, head, np.arange(head.size))


def _scramble(values: NDArray[np.integer[Any]]) -> NDArray[np.uint64]:
    """Splitmix64: sums of these words hash sets of integers."""
    with np.errstate(over="ignore"):
        word = (values.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return word ^ (word >> np.uint64(31))


def _compare(
    indptr: NDArray[np.int64],
    columns: list[NDArray[Any]],
    head: NDArray[np.int64],
    same: NDArray[np.bool_],
) -> None:
    """Clear ``same`` for rows with an entry that differs from their head row's."""
    other = np.flatnonzero(same & (head != np.arange(head.size)))
    own_indptr, mine = take_rows(indptr, other)
    _, theirs = take_rows(indptr, head[other])
    row = np.repeat(other, np.diff(own_indptr))
    for column in columns:
        same[row[column[mine] != column[theirs]]] = False


def take_rows(
    indptr: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """CSR pointer of some rows alone, and the places of their entries in the whole."""
    count = np.diff(indptr)[rows]
    new_indptr = np.zeros(rows.size + 1, dtype=np.int64)
    np.cumsum(count, out=new_indptr[1:])
    inside = np.arange(new_indptr[-1]) - np.repeat(new_indptr[:-1], count)
    return new_indptr, np.repeat(indptr[rows], count) + inside


def _drop_empty(
    indptr: NDArray[np.int64], site: NDArray[np.int32], weight: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    rows = np.flatnonzero(np.diff(indptr) > 0)
    return indptr[np.r_[rows, indptr.size - 1]], site, weight[rows]


def _fold_singles(
    indptr: NDArray[np.int64],
    site: NDArray[np.int32],
    weight: NDArray[np.int64],
    gain: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    size = np.diff(indptr)
    single = size == 1
    np.add.at(gain, site[indptr[:-1][single]], weight[single])
    rows = np.flatnonzero(~single)
    new_indptr, entries = take_rows(indptr, rows)
    return new_indptr, site[entries], weight[rows]
