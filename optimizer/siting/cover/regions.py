"""Bounds for maximal covering from regions that are searched each by itself.

With the sites split into regions R, a class reached from several of them is covered by one of
them at least where it is covered at all: y_k <= sum_r y_kr. With prices u_k on these rows and l
on the number of sites the problem falls apart (Lagrangian decomposition: Guignard, Kim 1987):
    sum_{k between regions} (w_k - u_k) + l p + sum_r z_r,
where z_r is the best value of region r, whose sites cost l, whose inner classes weigh w_k and
whose others u_k. The prices of the linear relaxation make the sum of the regions' relaxations
equal to it; what branch and bound takes off in every region adds up, where in one tree for all it
would multiply.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Condition, get_ident

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from optimizer.arrays import csr_rows
from optimizer.result import StopReason
from optimizer.siting.cover.best import Best
from optimizer.siting.cover.core import Core, Cover
from optimizer.siting.cover.partition import Places, inner_classes
from optimizer.siting.cover.region_tree import Region, RegionTree
from optimizer.siting.cover.search_kernels import search
from optimizer.siting.presolve import transpose

__all__ = ["Relaxation", "Split", "search_regions", "split_of"]


# Sites that open in a region, and entries of its lists, about; more of either means more to gain
# in it and a search that takes longer.
_OPEN_PER_REGION = 13.0
_ENTRIES_PER_REGION = 60_000
# After all regions are searched, so many are left of them the next time.
_FEWER = 0.6
# A problem for fewer regions than these is better searched as a whole.
_FEWEST = 1.5
# Local search in a region before its tree, and in the whole between steps.
_REGION_ROUNDS = 150
_ROUNDS = 100
_MOST_OUT = 8
# Local search beside gives its thread to the regions after this share of the time.
_SEARCH_SHARE = 0.25
_PROGRAM_SECONDS = 30.0
_WAIT_SECONDS = 0.01


@dataclass(frozen=True)
class Relaxation:
    """What the linear relaxation says about a core; c sites, k classes.

    Attributes:
        core: what is undecided.
        share: float64[c], use of every site.
        price: int64[k], 0 <= price <= weight, scaled.
    """

    core: Core
    share: NDArray[np.float64]
    price: NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """A core that has fallen apart.

    Attributes:
        regions: their problems.
        bounds: a bound of every region that needs no search, scaled.
        constant: what is added to the regions' values, scaled.
    """

    regions: list[Region]
    bounds: list[int]
    constant: int


def split_of(relaxation: Relaxation, region: NDArray[np.int64]) -> Split:
    """Take a core apart by the region (int64[c]) of every site, at the relaxation's prices."""
    core, price = relaxation.core, relaxation.price
    cover = core.cover
    worth = cover.gain.copy()
    np.add.at(worth, cover.site, np.repeat(price, np.diff(cover.indptr)))
    # The price of a site that leaves the least bound: no site beyond the room is worth more.
    ranked = np.sort(worth)[::-1]
    toll = int(ranked[core.room]) if core.room < ranked.size else 0
    inner = inner_classes(cover, region)
    weight = np.where(inner, cover.weight, price)
    constant = core.constant + toll * core.room + int((cover.weight - weight).sum())
    shape = (cover.weight.size, cover.gain.size)
    by_class = csr_array((np.ones(cover.site.size), cover.site, cover.indptr), shape=shape)
    by_site = by_class.tocsc()
    regions, bounds = [], []
    for number in np.unique(region).tolist():
        sites = np.flatnonzero(region == number)
        own = by_site[:, sites].tocsr()
        classes = np.flatnonzero((np.diff(own.indptr) > 0) & (weight > 0))
        own = own[classes].tocsr()
        own.sort_indices()
        regions.append(Region(sites, own, weight[classes], toll - cover.gain[sites]))
        rest = int((weight[classes] - price[classes]).sum())
        bounds.append(rest + int(np.maximum(worth[sites] - toll, 0).sum()))
    return Split(regions, bounds, constant)


def search_regions(
    best: Best, relaxation: Relaxation, seed: int, threads: int
) -> StopReason | None:
    """Search regions, then fewer and larger ones; None where that does not settle it.

    The stop rule's iterations are nodes of the regions' trees.
    """
    core = relaxation.core
    if core.room == 0 or core.sites.size <= core.room:
        return None
    number = core.room / _OPEN_PER_REGION
    if number >= _FEWEST:
        number = max(number, core.cover.site.size / _ENTRIES_PER_REGION)
    places, again, nodes = Places(core.cover), 0, 0
    while number >= _FEWEST:
        rng = np.random.default_rng([seed % 2**64, again])
        region = places.partition(relaxation.share, min(round(number), core.sites.size), rng)
        forest = Forest(best, split_of(relaxation, region), relaxation, (seed % 2**64, again))
        reason = forest.search(nodes, threads)
        if reason is not None or best.is_proved:
            return reason or StopReason.FINISHED
        number, again, nodes = number * _FEWER, again + 1, forest.nodes
    return None


class Forest:
    """One tree for every region, grown by one or several threads.

    Attributes:
        nodes: steps so far.
    """

    def __init__(
        self, best: Best, split: Split, relaxation: Relaxation, words: tuple[int, int]
    ) -> None:
        self.nodes = 0
        self._best, self._split, self._words = best, split, words
        self._share, self._room = relaxation.share, relaxation.core.room
        self._trees: list[RegionTree | None] = [None] * len(split.regions)
        self._bounds = list(split.bounds)
        self._is_busy = [False] * len(split.regions)
        self._change, self._stop, self._owner = Condition(), False, get_ident()
        self._reason: StopReason | None = None

    @property
    def bound(self) -> int:
        """The bound of all regions together, scaled."""
        return self._split.constant + sum(self._bounds)

    def search(self, nodes: int, threads: int) -> StopReason | None:
        """Grow trees until none can grow, the answer is proved, or the clock says so."""
        best, self.nodes = self._best, nodes
        helpers: list[Future[None]] = []
        with ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix="cover-region") as pool:
            try:
                while True:
                    reason = self._reason or best.clock.reason(self.nodes)
                    best.lower(best.scale.units(self.bound))
                    if reason is not None or best.is_proved:
                        return reason
                    if len(helpers) < threads - 1 and best.has_searched_beside(_SEARCH_SHARE):
                        helpers.append(pool.submit(self._help))
                    if not self._go_on():
                        return None
            finally:
                self._stop = True
                for helper in helpers:
                    helper.result()

    def _go_on(self) -> bool:
        """Grow one tree, or wait for those who do; False where all are grown."""
        at = self._take()
        if at is not None:
            self._work(at)
            self._best.improve(_ROUNDS)
            return True
        with self._change:
            if not any(self._is_busy):
                return False
            self._change.wait(_WAIT_SECONDS)
        self._best.improve(0)
        return True

    def _take(self) -> int | None:
        """The region to work on next, None where no free one can grow."""
        with self._change:
            at, least = None, np.inf
            for number, tree in enumerate(self._trees):
                if self._is_busy[number] or (tree is not None and tree.is_done):
                    continue
                effort = 0.0 if tree is None else _effort(tree)
                if effort < least:
                    at, least = number, effort
            if at is not None:
                self._is_busy[at] = True
            return at

    def _work(self, at: int) -> None:
        """Plant or grow the tree of a region."""
        tree = self._trees[at]
        try:
            if tree is None:
                tree = self._plant(at)
            else:
                tree.step()
        finally:
            with self._change:
                self.nodes += 1
                self._is_busy[at] = False
                if tree is not None:
                    self._trees[at] = tree
                    self._bounds[at] = min(self._bounds[at], tree.bound)
                self._change.notify_all()

    def _plant(self, at: int) -> RegionTree:
        region = self._split.regions[at]
        rng = np.random.default_rng([*self._words, at])
        use = float(self._share[region.sites].sum())
        return RegionTree(
            region,
            2.0**self._best.scale.shift,
            _search_region(region, use, int(rng.integers(2**63))),
            rng,
            self._is_over,
            self._program_seconds,
        )

    def _is_over(self) -> bool:
        # Users' own stop rules are asked in the thread they called from, and in no other.
        if get_ident() == self._owner and self._reason is None:
            self._reason = self._best.clock.reason()
            self._stop = self._reason is not None
        return self._stop or self._best.clock.remaining <= 0

    def _program_seconds(self) -> float:
        return min(_PROGRAM_SECONDS, self._best.clock.remaining)

    def _help(self) -> None:
        """What a second thread does."""
        while not self._is_over():
            at = self._take()
            if at is not None:
                self._work(at)
                continue
            with self._change:
                if not any(self._is_busy):
                    return
                self._change.wait(_WAIT_SECONDS)


def _effort(tree: RegionTree) -> float:
    """Work for a unit of bound so far, more where little of the gap is left."""
    gap = max(1, tree.first - tree.least)
    left = (tree.bound - tree.least) / gap
    return tree.work / ((tree.first - tree.bound) / gap + 1e-3) / gap / max(0.05, left)


def _search_region(region: Region, use: float, word: int) -> int:
    """The best value that local search finds for a region, at several numbers of sites."""
    cover, cost = region.cover, region.cost
    indptr, site = cover.indptr.astype(np.int64), cover.indices.astype(np.int32)
    # The kernel takes gains >= 0: all of them are lifted by as much, and so is every value.
    lift = max(0, int(cost.max(initial=0)))
    by_site = transpose(site.astype(np.int64), csr_rows(indptr).astype(np.int32), cost.size)
    lists = Cover(indptr, site, *by_site, region.weight, lift - cost)
    best = 0
    for number in range(max(1, int(use) - 1), min(int(use) + 3, cost.size) + 1):
        members = np.arange(number, dtype=np.int32)
        values, words = np.array([0, -1], dtype=np.int64), np.array([word], dtype=np.uint64)
        search(lists, members, members.copy(), values, words, _REGION_ROUNDS, _MOST_OUT)
        best = max(best, int(values[1]) - lift * number)
    return best
