"""The core of a p-median problem: what an answer better than the best known one can still use.

At prices with bound L, serving row k at cost d_kj > u_k lifts the bound to L + d_kj - u_k: an
entry that lifts it to the best known value cannot occur in a better answer. With good prices a
few entries per row are left (Avella, Sassano, Vasil'ev 2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Core", "Rows", "whole_core"]

Rows = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]
"""CSR rows as the kernels take them: indptr, site, entry, base."""


@dataclass(frozen=True)
class Core:
    """The rows left of a problem.

    Attributes:
        rows: the core's rows; their sites keep their numbers.
        entries: int64[z], places of the core's entries in the whole.
        state: int8[c], open, closed and free sites.
        served: bool[k], rows that a listed site must serve: their base costs too much.
        room: most sites that may be open.
    """

    rows: Rows
    entries: NDArray[np.int64]
    state: NDArray[np.int8]
    served: NDArray[np.bool_]
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
        served = self.served | (base - price >= slack)
        return Core(rows, self.entries[keep], state.copy(), served, self.room)


def whole_core(rows: Rows, n_sites: int, room: int) -> Core:
    """The core that holds everything."""
    entries = np.arange(rows[1].size, dtype=np.int64)
    served = np.zeros(rows[3].size, dtype=np.bool_)
    return Core(rows, entries, np.zeros(n_sites, dtype=np.int8), served, room)
