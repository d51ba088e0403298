"""Sites in compact regions of about equal use.

Places are not known here, only who is covered by whom. Sites that share covered weight are
neighbours; ways along neighbours to a few landmarks far from each other stand in for coordinates
(Lipschitz embedding: Bourgain 1985), and weighted k-means (Lloyd 1982) does the rest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from optimizer.siting.cover.core import Cover

__all__ = ["Places", "inner_classes"]

_LANDMARKS = 12
# Parts of the neighbourhood graph with less than one of so many shares of the sites get none.
_PARTS = 40
# Neighbours share at least so much of the weight that they or the other cover.
_LIKENESS = 0.1
_STEPS = 30
_TRIES = 12
# Partitions with a region this much above the mean use are second choice.
_MOST_USE = 1.5


class Places:
    """Where the sites of a cover lie, as distances to landmarks; c sites.

    Attributes:
        features: float64[c, landmarks].
    """

    def __init__(self, cover: Cover) -> None:
        self._cover = cover
        graph = _neighbours(cover)
        away = np.full((cover.gain.size, _LANDMARKS), np.inf)
        _, part = connected_components(graph, directed=False)
        is_major = np.bincount(part)[part] >= cover.gain.size / _PARTS
        at, longest = 0, 0.0
        for landmark in range(_LANDMARKS):
            way = dijkstra(graph, True, np.array([at]), min_only=False)[0]
            longest = max(longest, float(way[np.isfinite(way)].max()))
            # Parts that are not connected lie further apart than anything connected.
            way[~np.isfinite(way)] = 2.0 * longest + 1.0
            away[:, landmark] = way
            at = int(np.argmax(away.min(axis=1) * (is_major if is_major.any() else 1)))
        self.features = away

    def partition(
        self, use: NDArray[np.float64], regions: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """int64[c], the region of every site; few classes are reached from several regions.

        Args:
            use: float64[c], >= 0, what regions should have about equally much of.
            regions: how many at most.
            rng: random numbers for the starts.
        """
        merit, best = (-1.0, 0.0), np.zeros(use.size, dtype=np.int64)
        for _ in range(_TRIES if regions > 1 else 1):
            region = self._lloyd(use + 1e-6, regions, rng)
            most = float(np.bincount(region, use, regions).max())
            is_even = float(most <= _MOST_USE * use.sum() / regions)
            inner = inner_classes(self._cover, region)
            new = (is_even, float(self._cover.weight[inner].sum()) if is_even else -most)
            if new > merit or merit[0] < 0:
                merit, best = new, region
        return best

    def _lloyd(
        self, use: NDArray[np.float64], regions: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        features = self.features
        centre = features[rng.choice(len(features), regions, replace=False, p=use / use.sum())]
        region = np.zeros(len(features), dtype=np.int64)
        for _ in range(_STEPS):
            # |f - c|^2 without the term that all centres have in common.
            region = np.argmin((centre**2).sum(axis=1) - 2.0 * features @ centre.T, axis=1)
            member = csr_array((use, (region, np.arange(region.size))), (regions, region.size))
            total = np.asarray(member.sum(axis=1)).ravel()
            moved = (member @ features) / np.maximum(total, 1e-12)[:, None]
            centre = np.where(total[:, None] > 0, moved, centre)
        return region.astype(np.int64)


def inner_classes(cover: Cover, region: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool[k], the classes whose sites all lie in one region."""
    if not cover.weight.size:
        return np.zeros(0, dtype=np.bool_)
    of_entry = region[cover.site]
    first, last = (pick.reduceat(of_entry, cover.indptr[:-1]) for pick in (np.minimum, np.maximum))
    inner: NDArray[np.bool_] = first == last
    return inner


def _neighbours(cover: Cover) -> csr_array:
    shape = (cover.weight.size, cover.gain.size)
    ones = np.ones(cover.site.size, dtype=np.float32)
    by_class = csr_array((ones, cover.site, cover.indptr), shape=shape)
    # Weights above 0 let sites that share only worthless classes stay neighbours.
    weight = 1.0 + cover.weight.astype(np.float64)
    share = (weight / weight.sum()).astype(np.float32)
    weighted = csr_array((np.repeat(share, np.diff(cover.indptr)), cover.site, cover.indptr), shape)
    total = np.asarray(weighted.sum(axis=0)).ravel()
    shared = (by_class.T @ weighted).tocoo()
    either = total[shared.row] + total[shared.col] - shared.data
    likeness = shared.data / np.maximum(either, 1e-12)
    near = (likeness >= _LIKENESS) & (shared.row != shared.col)
    length = 1.05 - np.minimum(1.0, likeness[near])
    return csr_array((length, (shared.row[near], shared.col[near])), shape=(shape[1],) * 2)
