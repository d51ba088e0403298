"""Groups of neighbouring sites to branch on in maximal covering.

Near sites cover nearly the same, so closing one of them changes next to nothing: a neighbour takes
its place. Deciding whether any site of a whole neighbourhood opens changes the bound on both
sides (branching on sums of variables, as in Ryan and Foster 1981).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, vstack

from optimizer.siting.cover.core import Cover

__all__ = ["Groups"]

# A group holds the sites that share at least so much of the weight which they or its middle cover.
_LIKENESS = (0.6, 0.35)
# Most products of entries that likeness may cost; above, every site stands alone.
_MOST_PRODUCTS = 60_000_000


class Groups:
    """Sites around every site, at several widths; c sites, g = widths x c groups.

    Attributes:
        members: bool[g, c] (sparse rows); the first c groups hold one site each.
    """

    def __init__(self, cover: Cover) -> None:
        n_sites = cover.gain.size
        parts = [eye_array(n_sites, format="csr", dtype=np.float32)]
        if float((np.diff(cover.indptr).astype(np.float64) ** 2).sum()) <= _MOST_PRODUCTS:
            parts += _neighbourhoods(cover)
        self.members = csr_array(vstack(parts, format="csr"))

    @property
    def size(self) -> int:
        """Number of groups, g."""
        return int(self.members.shape[0])

    def sites(self, group: int) -> NDArray[np.int64]:
        """int64[], the sites of a group."""
        first, last = self.members.indptr[group : group + 2]
        return np.sort(self.members.indices[first:last]).astype(np.int64)

    def use(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[g], the summed share of every group's sites."""
        return np.asarray(self.members @ share)


def _neighbourhoods(cover: Cover) -> list[csr_array]:
    shape = (cover.weight.size, cover.gain.size)
    ones = np.ones(cover.site.size)
    by_class = csr_array((ones, cover.site, cover.indptr), shape=shape)
    weight = cover.weight.astype(np.float64)
    weighted = csr_array(
        (np.repeat(weight, np.diff(cover.indptr)), cover.site, cover.indptr), shape
    )
    total: NDArray[np.float64] = np.asarray(weighted.sum(axis=0)).ravel()
    shared = (by_class.T @ weighted).tocoo()
    either = total[shared.row] + total[shared.col] - shared.data
    groups = []
    for likeness in _LIKENESS:
        near = (shared.data >= likeness * either) & (shared.row != shared.col)
        there = np.ones(int(near.sum()), dtype=np.float32)
        around = csr_array((there, (shared.row[near], shared.col[near])), shape=(shape[1],) * 2)
        groups.append(around + eye_array(shape[1], format="csr", dtype=np.float32))
    return groups
