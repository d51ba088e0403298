"""What is left of a capacitated location problem: pairs by site, scaled costs, counts.

Costs are multiplied by a power of two, so that integer prices have fractional digits. Narrowing
a core strikes out sites and pairs that the bounds have excluded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.allocation.model import AllocationModel

__all__ = ["Arrays", "Core", "first_core"]

Arrays = tuple[
    NDArray[np.int64],
    NDArray[np.int32],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.bool_],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int8],
    int,
    int,
]
"""indptr, row, cost, amount, single, capacity, fixed, state, least, most."""

_TOTAL_BITS = 46
_MOST_FRACTION_BITS = 10


@dataclass(frozen=True)
class Core:
    """m sites and n rows as in the model, the pairs that are left.

    Attributes:
        indptr: int64[m + 1], CSR by site.
        row: int32[z], rows, ascending within a site.
        cost: int64[z], scaled cost per unit.
        pair: int64[z], places of the pairs in the model.
        amount: int64[n], units of a row.
        single: bool[n], rows served as a whole.
        capacity: int64[m], units; never more than the site's pairs can use.
        fixed: int64[m], scaled cost of opening.
        state: int8[m], 1 open, 0 free, -1 closed.
        least: least number of open sites that has enough room.
        most: largest number of open sites.
        shift: a scaled number is ``2 ** shift`` times the model's.
    """

    indptr: NDArray[np.int64]
    row: NDArray[np.int32]
    cost: NDArray[np.int64]
    pair: NDArray[np.int64]
    amount: NDArray[np.int64]
    single: NDArray[np.bool_]
    capacity: NDArray[np.int64]
    fixed: NDArray[np.int64]
    state: NDArray[np.int8]
    least: int
    most: int
    shift: int

    @property
    def size(self) -> int:
        """Number of pairs."""
        return int(self.pair.size)

    @property
    def site(self) -> NDArray[np.int64]:
        """int64[z], the pairs' sites."""
        return csr_rows(self.indptr)

    @property
    def arrays(self) -> Arrays:
        """Everything but the pairs' places, as the kernels take it."""
        return (
            self.indptr,
            self.row,
            self.cost,
            self.amount,
            self.single,
            self.capacity,
            self.fixed,
            self.state,
            self.least,
            self.most,
        )

    def narrow(self, state: NDArray[np.int8], keep: NDArray[np.bool_]) -> Core:
        """The core with these states and of the kept pairs those of sites not closed."""
        site = self.site
        kept = np.flatnonzero(keep & (state[site] >= 0))
        indptr = np.zeros_like(self.indptr)
        np.cumsum(np.bincount(site[kept], minlength=state.size), out=indptr[1:])
        return replace(
            self,
            indptr=indptr,
            row=self.row[kept],
            cost=self.cost[kept],
            pair=self.pair[kept],
            state=state.copy(),
        )

    def unscaled(self, bound: int) -> int:
        """The least value in the model's units that a scaled lower bound allows."""
        return -((-bound) >> self.shift)


def first_core(model: AllocationModel) -> Core:
    """The core of a whole model, without pairs that no answer can use."""
    row = csr_rows(model.pair_indptr)
    site = model.pair_site.astype(np.int64)
    room, amount = model.site_capacity[site], model.row_amount[row]
    usable = (model.site_state[site] >= 0) & (room != 0)
    usable &= ~(model.row_single[row] & (room >= 0) & (room < amount))
    kept = np.flatnonzero(usable)
    kept = kept[np.argsort(site[kept], kind="stable")]
    row, site = row[kept], site[kept]
    indptr = np.zeros(model.n_sites + 1, dtype=np.int64)
    np.cumsum(np.bincount(site, minlength=model.n_sites), out=indptr[1:])
    asked = np.zeros(model.n_sites, dtype=np.int64)
    np.add.at(asked, site, model.row_amount[row])
    limited = model.site_capacity >= 0
    capacity = np.where(limited, np.minimum(model.site_capacity, asked), asked)
    shift = _fraction_bits(model)
    state = model.site_state.copy()
    return Core(
        indptr=indptr,
        row=row.astype(np.int32),
        cost=model.pair_cost[kept] << shift,
        pair=kept,
        amount=model.row_amount,
        single=model.row_single,
        capacity=capacity,
        fixed=model.site_fixed << shift,
        state=state,
        least=_least_sites(state, capacity, int(model.row_amount.sum())),
        most=model.n_sites if model.most_sites is None else min(model.n_sites, model.most_sites),
        shift=shift,
    )


def _least_sites(state: NDArray[np.int8], capacity: NDArray[np.int64], total: int) -> int:
    """Open sites and as many of the largest free ones as the total needs; m + 1 if too few."""
    rest = total - int(capacity[state == 1].sum())
    filled = np.cumsum(np.sort(capacity[state == 0])[::-1])
    added = 0 if rest <= 0 else int(np.searchsorted(filled, rest, side="left")) + 1
    if added > filled.size:
        return int(state.size) + 1
    return int((state == 1).sum()) + added


def _fraction_bits(model: AllocationModel) -> int:
    dearest = np.zeros(model.n_rows, dtype=np.int64)
    np.maximum.at(dearest, csr_rows(model.pair_indptr), model.pair_cost)
    total = int(model.site_fixed.sum()) + int((model.row_amount * dearest).sum())
    return max(0, min(_MOST_FRACTION_BITS, _TOTAL_BITS - total.bit_length()))
