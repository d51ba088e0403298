"""The p-median problem made small and put into exact 64-bit integers.

Only rows that a free site can serve better than the always-open sites stay; the others are a
constant. Rows with equal costs are merged, sites with equal lists kept once. Costs are weighted
and, divided by their common unit, multiplied by a power of two, so that Lagrangian multipliers
have fractional digits; where sums would not fit 64 bits (a huge ``unreached_cost``) they are
divided by one instead and rounded down, which keeps every bound valid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.coverage import exact_dot, nearest
from optimizer.siting.presolve import always_open, equal_rows, take_rows
from optimizer.siting.problem import SiteStatus, SitingProblem

__all__ = ["MedianModel", "Scaled", "median_model", "scale_costs"]

_TOTAL_BITS = 60
_MOST_FRACTION_BITS = 20


@dataclass(frozen=True)
class MedianModel:
    """Rows that free sites can serve better; c sites, k rows, z entries.

    The objective of opening the free sites S is
    ``constant + sum_k weight_k * min(base_k, min_{j in S} cost_kj)``.

    Attributes:
        sites: int32[c], the free sites' numbers in the problem.
        fixed: int32[f], the always-open sites.
        required: number of required sites among ``fixed``.
        constant: weighted cost of the rows that no free site improves.
        weight: int64[k], weight of a row.
        base: int64[k], cost of a row in ticks when no free site opens.
        indptr: int64[k + 1], CSR rows of the entries.
        site: int32[z], positions in ``sites``.
        cost: int64[z], ticks, below the row's base, ascending within a row.
    """

    sites: NDArray[np.int32]
    fixed: NDArray[np.int32]
    required: int
    constant: int
    weight: NDArray[np.int64]
    base: NDArray[np.int64]
    indptr: NDArray[np.int64]
    site: NDArray[np.int32]
    cost: NDArray[np.int64]


@dataclass(frozen=True)
class Scaled:
    """Weighted costs as the kernels see them.

    Attributes:
        entry: int64[z], weighted cost of an entry, ascending within a row.
        base: int64[k], weighted base cost of a row.
        unit: every objective is the constant plus a multiple of this.
        shift: a scaled number is ``2 ** shift`` times the cost in units (rounded down when
            negative).
    """

    entry: NDArray[np.int64]
    base: NDArray[np.int64]
    unit: int
    shift: int

    def lower(self, scaled: int) -> int:
        """The least number of units that a scaled lower bound allows."""
        return -((-scaled) >> self.shift) if self.shift >= 0 else scaled << -self.shift

    def cut(self, units: int) -> int:
        """The least scaled bound that proves ``units`` or more."""
        if self.shift >= 0:
            return ((units - 1) << self.shift) + 1
        return -((-units) >> -self.shift)


def median_model(problem: SitingProblem, *, merge: bool = True) -> MedianModel:
    """The p-median model of a problem; ``merge`` off only shows that merging changes nothing."""
    fixed = np.flatnonzero(always_open(problem)).astype(np.int32)
    _, base = nearest(problem, fixed)
    weight = problem.demand_weight
    free = problem.site_status == SiteStatus.CANDIDATE
    entry_site = csr_rows(problem.reach_indptr)
    row = problem.reach_demand.astype(np.int64)
    keep = free[entry_site] & (problem.reach_cost < base[row]) & (weight[row] > 0)
    entry_site, row = entry_site[keep], row[keep]
    cost = problem.reach_cost[keep]
    if merge:
        entry_site, row, cost = _distinct_sites(entry_site, row, cost)

    rows, of_entry = np.unique(row, return_inverse=True)
    is_constant = np.ones(problem.n_demand, dtype=bool)
    is_constant[rows] = False
    sites, position = np.unique(entry_site, return_inverse=True)
    order = np.lexsort((position, cost, of_entry))
    indptr = np.zeros(rows.size + 1, dtype=np.int64)
    np.cumsum(np.bincount(of_entry, minlength=rows.size), out=indptr[1:])
    near = position[order].astype(np.int32)
    cost, live_weight, live_base = cost[order], weight[rows], base[rows]
    if merge and rows.size:
        heads, of_row = np.unique(equal_rows(indptr, near, cost, live_base), return_inverse=True)
        merged = np.zeros(heads.size, dtype=np.int64)
        np.add.at(merged, of_row, live_weight)
        indptr, entries = take_rows(indptr, heads)
        near, cost = near[entries], cost[entries]
        live_weight, live_base = merged, live_base[heads]
    return MedianModel(
        sites=sites.astype(np.int32),
        fixed=fixed,
        required=int((problem.site_status == SiteStatus.REQUIRED).sum()),
        constant=exact_dot(weight[is_constant], base[is_constant]),
        weight=live_weight,
        base=live_base,
        indptr=indptr,
        site=near,
        cost=cost,
    )


def scale_costs(model: MedianModel) -> Scaled:
    """Weighted costs in 64 bits, with as many fractional bits as their sum leaves room for."""
    weight_unit = int(np.gcd.reduce(model.weight)) or 1
    cost_unit = int(np.gcd.reduce(np.concatenate([model.cost, model.base]))) or 1
    weight, base = model.weight // weight_unit, model.base // cost_unit
    cost = model.cost // cost_unit
    total = exact_dot(weight, base)
    shift = min(_MOST_FRACTION_BITS, _TOTAL_BITS - total.bit_length())
    of_entry = np.repeat(weight, np.diff(model.indptr))
    return Scaled(
        entry=_product(of_entry, cost, shift),
        base=_product(weight, base, shift),
        unit=weight_unit * cost_unit,
        shift=shift,
    )


def _product(left: NDArray[np.int64], right: NDArray[np.int64], shift: int) -> NDArray[np.int64]:
    """``left * right * 2 ** shift`` in int64, rounded down."""
    if shift >= 0:
        return (left * right) << shift
    # Doubles err by less than 2 ** -52: this never rounds up.
    product = left.astype(np.float64) * right.astype(np.float64) * (1.0 - 2.0**-50)
    return np.floor(np.ldexp(product, shift)).astype(np.int64)


def _distinct_sites(
    site: NDArray[np.int64], row: NDArray[np.int64], cost: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The entries without sites whose whole list repeats that of an earlier site."""
    if site.size == 0:
        return site, row, cost
    sites, start = np.unique(site, return_index=True)
    indptr = np.append(start, site.size).astype(np.int64)
    head = equal_rows(indptr, row, cost)
    keep = np.repeat(head == np.arange(sites.size), np.diff(indptr))
    return site[keep], row[keep], cost[keep]
