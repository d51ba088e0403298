"""The core of a p-median problem: what an answer better than the best known one can still use.

At prices with bound L, serving row k at cost d_kj > u_k lifts the bound to L + d_kj - u_k: an
entry that lifts it to the best known value cannot occur in a better answer. With good prices a
few entries per row are left, and the strong formulation of Balinski (1965) is small enough for
HiGHS:
    minimise sum d_kj x_kj subject to sum_j x_kj = 1, x_kj <= y_j, sum_j y_j <= p.
Column 0 of each row stands for its cost without a free site.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.highs import Model

__all__ = ["Core", "Rows", "core_program", "core_start", "whole_core"]

Rows = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]
"""CSR rows as the kernels take them: indptr, site, entry, base."""


@dataclass(frozen=True)
class Core:
    """The rows left of a problem.

    Attributes:
        rows: the core's rows; their sites keep their numbers.
        entries: int64[z], places of the core's entries in the whole.
        state: int8[c], open, closed and free sites.
        room: most sites that may be open.
    """

    rows: Rows
    entries: NDArray[np.int64]
    state: NDArray[np.int8]
    room: int

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(self.entries.size)

    def narrow(self, state: NDArray[np.int8], price: NDArray[np.int64], slack: int) -> Core:
        """The entries of sites not closed that cost less than ``slack`` above their price."""
        indptr, site, entry, base = self.rows
        limit = np.repeat(price, np.diff(indptr))
        keep = np.flatnonzero((state[site] >= 0) & (entry - limit < slack))
        row = np.searchsorted(indptr, keep, side="right") - 1
        new_indptr = np.zeros_like(indptr)
        np.cumsum(np.bincount(row, minlength=base.size), out=new_indptr[1:])
        rows = (new_indptr, site[keep], entry[keep], base)
        return Core(rows, self.entries[keep], state.copy(), self.room)


def whole_core(rows: Rows, n_sites: int, room: int) -> Core:
    """The core that holds everything."""
    entries = np.arange(rows[1].size, dtype=np.int64)
    return Core(rows, entries, np.zeros(n_sites, dtype=np.int8), room)


def core_program(
    core: Core,
    entry_cost: NDArray[np.float64],
    base_cost: NDArray[np.float64],
    *,
    relaxed: bool = False,
) -> Model:
    """The strong formulation: columns y, then x, then each row's cost without a free site.

    Constraint rows: one per row of the core (its duals are prices), one per entry, the count.
    """
    indptr, site, _, base = core.rows
    c, k, z = core.state.size, base.size, core.size
    served = np.insert(
        np.arange(c, c + z, dtype=np.int32),
        indptr[1:],
        np.arange(c + z, c + z + k, dtype=np.int32),
    )
    links = np.column_stack([site, np.arange(c, c + z, dtype=np.int32)]).ravel()
    size = np.concatenate([np.diff(indptr) + 1, np.full(z, 2), [c]])
    start = np.zeros(size.size + 1, dtype=np.int32)
    np.cumsum(size, out=start[1:])
    is_integer = np.zeros(c + z + k, dtype=bool)
    is_integer[:c] = True
    ones, none = np.ones(k), np.zeros(z)
    return Model(
        cost=np.concatenate([np.zeros(c), entry_cost, base_cost]),
        lower=np.concatenate([(core.state == 1).astype(np.float64), np.zeros(z + k)]),
        upper=np.concatenate([(core.state >= 0).astype(np.float64), np.ones(z + k)]),
        integer=None if relaxed else is_integer,
        row_lower=np.concatenate([ones, none, [-np.inf]]),
        row_upper=np.concatenate([ones, np.full(z, np.inf), [float(core.room)]]),
        indptr=start,
        index=np.concatenate([served, links, np.arange(c, dtype=np.int32)]),
        value=np.concatenate([np.ones(z + k), np.tile([1.0, -1.0], z), np.ones(c)]),
    )


def core_start(core: Core, is_open: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The full MIP start of a set of open sites: every row at its least core entry."""
    indptr, site, _, base = core.rows
    c, z = core.state.size, core.size
    values = np.zeros(c + z + base.size)
    values[:c] = is_open
    usable = np.flatnonzero(is_open[site])
    row = np.searchsorted(indptr, usable, side="right") - 1
    rows, first = np.unique(row, return_index=True)
    values[c + usable[first]] = 1.0
    unserved = np.ones(base.size, dtype=bool)
    unserved[rows] = False
    values[c + z :] = unserved
    return values
