"""Branch and bound for one region of a maximal covering problem.

The problem of a region with weights c_k and prices b_j of its sites:
    maximise sum_k c_k y_k - sum_j b_j x_j subject to y_k <= sum_{j in N_k} x_j, 0 <= y_k <= 1.
Near sites cover nearly the same, so that deciding single sites moves no bound. Branching asks
instead how many sites of a neighbourhood open, at most k or at least k + 1 (branching on sums of
variables: Ryan, Foster 1981), on the neighbourhood that moves the bound most when tried (strong
branching: Applegate, Bixby, Chvatal, Cook 1995). The dual simplex method goes on from the parent's
basis; its prices, rounded to integers, give exact bounds.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, hstack

from optimizer.siting.highs import Model, as_lp
from optimizer.siting.presolve import merge_rows

__all__ = ["Region", "RegionTree"]

# Neighbourhoods tried in the root; below it tried ones serve again, with a few new ones.
_ROOT_TRIES = 10
_TRIES = 4
_AGAIN = 3
_NEW_BESIDE_AGAIN = 2
# Neighbourhoods are cut off where they hold about so many opened sites.
_HALVES = (0.5, 1.5)
_LEAST_FRACTION = 0.02
_AGAIN_FRACTION = 0.1
# A leaf this share of the root's gap above the best answer is settled as it is.
_SLACK = 0.01
# Above any value of a region (:func:`optimizer.siting.cover.core.scale_of`).
_HUGE = 2.0**62

Rule = tuple[int, float, float]


@dataclass(frozen=True)
class Region:
    """A region's problem in scaled integers; c sites, k classes.

    Attributes:
        sites: int64[c], the sites' positions in the core.
        cover: float64[k, c] (sparse rows), 1 where a site covers a class.
        weight: int64[k], >= 0.
        cost: int64[c], of any sign.
    """

    sites: NDArray[np.int64]
    cover: csr_array
    weight: NDArray[np.int64]
    cost: NDArray[np.int64]

    def value(self, is_open: NDArray[np.bool_]) -> int:
        """The exact value of a set of sites."""
        is_covered = self.cover @ is_open.astype(np.float64) > 0.5
        return int(self.weight[is_covered].sum()) - int(self.cost[is_open].sum())

    def without(self, is_kept: NDArray[np.bool_]) -> Region:
        """The problem of the sites kept, with equal classes merged."""
        cover = self.cover[:, np.flatnonzero(is_kept)].tocsr()
        used = np.flatnonzero((np.diff(cover.indptr) > 0) & (self.weight > 0))
        cover = cover[used].tocsr()
        cover.sort_indices()
        merged = merge_rows(
            cover.indptr.astype(np.int64), cover.indices.astype(np.int32), self.weight[used]
        )
        shape = (merged.weight.size, int(is_kept.sum()))
        cover = csr_array((np.ones(merged.site.size), merged.site, merged.indptr), shape=shape)
        return Region(self.sites[is_kept], cover, merged.weight, self.cost[is_kept])


@dataclass(frozen=True)
class Child:
    """A node that is bounded but not branched yet."""

    bound: int
    rules: tuple[Rule, ...]
    basis: Any


class RegionTree:
    """The search of one region, highest bound first, a node a step.

    Args:
        region: the problem.
        unit: scaled value of 1; HiGHS gets values in units.
        least: the value of the best answer known.
        rng: random numbers.
        is_over: asked between programs; True ends a step early.
        seconds: what is left for a program.

    Attributes:
        first: the bound without branching.
        least: the value of the best answer known.
        work: a measure of the work done that is the same on every machine.
    """

    def __init__(
        self,
        region: Region,
        unit: float,
        least: int,
        rng: np.random.Generator,
        is_over: Callable[[], bool],
        seconds: Callable[[], float],
    ) -> None:
        self._unit, self._rng, self._is_over, self._seconds = unit, rng, is_over, seconds
        # No site at all has value 0.
        self.least = self._settled = max(0, least)
        self.work = 0
        self._heap: list[tuple[int, int, tuple[Child, ...]]] = []
        self._numbers = count()
        self._groups: list[NDArray[np.int64]] = []
        self._numbers_of: dict[bytes, int] = {}
        self._score: list[list[float]] = []
        self._pose(region)
        self.first, worth = self._exact(())
        # A site whose opening brings the bound to the best answer's stays closed.
        is_kept = self.first + np.minimum(worth, 0) > self.least
        self.first = max(self.first, self.least)
        self._slack = int(_SLACK * (self.first - self.least))
        if self.first > self.least and is_kept.any():
            self._pose(region.without(is_kept))
            self._order = _nearest_first(self.region)
            self._grow(Child(self.first, (), None))

    @property
    def bound(self) -> int:
        """No answer of the region is above this."""
        top = -self._heap[0][0] if self._heap else self._settled
        return max(self.least, self._settled, top)

    @property
    def is_done(self) -> bool:
        """Whether no node is left whose branching could lower the bound."""
        return not self._heap or -self._heap[0][0] <= self._settled

    def step(self) -> None:
        """Branch the node of the highest bound."""
        bound, number, children = heapq.heappop(self._heap)
        for at, child in enumerate(children):
            if child.bound <= max(self.least, self._settled):
                continue
            if self._is_over():
                heapq.heappush(self._heap, (bound, number, children[at:]))
                return
            self._solve(child.rules, child.basis)
            self._grow(child)

    def _pose(self, region: Region) -> None:
        """Give HiGHS the program and solve it."""
        self.region = region
        solver: Any = highspy.Highs()
        options = {"output_flag": False, "threads": 1, "presolve": "off", "solver": "simplex"}
        for name, value in options.items():
            if solver.setOptionValue(name, value) != highspy.HighsStatus.kOk:
                raise RuntimeError(f"HiGHS refuses the option {name} = {value}")
        if solver.passModel(as_lp(_program(region, self._unit))) == highspy.HighsStatus.kError:
            raise RuntimeError("HiGHS refuses the model")
        self._solver = solver
        # No price serves above this.
        self._everything = (
            float(region.weight.sum() + np.abs(region.cost).max(initial=0)) / self._unit
        )
        self._by_site = region.cover.T.astype(np.int64).tocsr()
        self._solve((), None)

    def _solve(self, rules: tuple[Rule, ...], basis: Any) -> None:
        solver, k = self._solver, self.region.weight.size
        g = len(self._groups)
        lower, upper = self._sides(rules)
        for group in range(g):
            solver.changeRowBounds(k + group, lower[group], upper[group])
        if basis is not None:
            # Rows and columns of groups that the basis does not know yet.
            new = g + k - len(basis.row_status)
            if new > 0:
                basic, at_lower = highspy.HighsBasisStatus.kBasic, highspy.HighsBasisStatus.kLower
                basis.row_status = [*basis.row_status, *([basic] * new)]
                basis.col_status = [*basis.col_status, *([at_lower] * new)]
            solver.setBasis(basis)
        solver.setOptionValue("time_limit", solver.getRunTime() + max(0.0, self._seconds()))
        solver.run()
        self.work += (1 + int(solver.getInfo().simplex_iteration_count)) * (k + 1)

    def _sides(self, rules: tuple[Rule, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        lower, upper = np.full(len(self._groups), -np.inf), np.full(len(self._groups), np.inf)
        for group, least, most in rules:
            lower[group] = max(lower[group], least)
            upper[group] = min(upper[group], most)
        return lower, upper

    def _exact(self, rules: tuple[Rule, ...]) -> tuple[int, NDArray[np.int64]]:
        """The bound of the last program's prices in integers, and the worth of every site.

        Any prices u of the classes, and any of the rules that have the right sign, give a bound:
        sum_k max(0, c_k - u_k) + sum_j max(0, worth_j) - sum of the rules' prices and sides.
        """
        region, k = self.region, self.region.weight.size
        dual = np.array(self._solver.getSolution().row_dual)
        if dual.size < k + len(self._groups) or not np.isfinite(dual).all():
            dual = np.zeros(k + len(self._groups))
        most = self._everything * self._unit
        price = np.clip(np.rint(dual * self._unit), -most, most).astype(np.int64)
        cover_price = np.clip(price[:k], 0, region.weight)
        worth = self._by_site @ cover_price - region.cost
        bound = int((region.weight - cover_price).sum())
        lower, upper = self._sides(rules)
        for group, sites in enumerate(self._groups):
            own = int(price[k + group])
            side = lower[group] if own > 0 else upper[group]
            if own != 0 and np.isfinite(side):
                worth[sites] += own
                bound -= own * int(side)
        gains = np.maximum(worth, 0)
        # Far from the best prices of huge weights the sum may pass 64 bits: that is no bound.
        if gains.sum(dtype=np.float64) >= _HUGE:
            return int(_HUGE), worth
        return bound + int(gains.sum()), worth

    def _grow(self, node: Child) -> None:
        """Branch a node whose program was solved last."""
        x = np.array(self._solver.getSolution().col_value)[: self.region.cost.size]
        if x.size != self.region.cost.size or not np.isfinite(x).all():
            self._settled = max(self._settled, node.bound)
            return
        self.least = max(self.least, self.region.value(x > 0.5))
        self._settled = max(self._settled, self.least)
        if node.bound <= self._settled + self._slack:
            self._settled = max(self._settled, node.bound)
            return
        children = self._best_children(node, x, self._solver.getBasis())
        if not children:
            self._settled = max(self._settled, node.bound)
            return
        top = max(child.bound for child in children)
        heapq.heappush(self._heap, (-top, next(self._numbers), children))

    def _best_children(self, node: Child, x: NDArray[np.float64], basis: Any) -> tuple[Child, ...]:
        """The two children of the neighbourhood that lowers the bound most; none without one."""
        best: tuple[Child, ...] = ()
        most = -1.0
        for group, floor in self._candidates(x, is_root=not node.rules):
            if most >= 0 and self._is_over():
                break
            children = tuple(
                self._child(node, (group, least, most_open), basis)
                for least, most_open in ((-np.inf, floor), (floor + 1.0, np.inf))
            )
            falls = sorted(node.bound - child.bound for child in children)
            fraction = float(x[self._groups[group]].sum()) - floor
            self._score[group][0] += falls[0] / max(0.2, 2 * min(fraction, 1 - fraction))
            self._score[group][1] += 1
            merit = 0.85 * falls[0] + 0.15 * falls[1]
            if merit > most:
                best, most = children, merit
        return best

    def _child(self, node: Child, rule: Rule, basis: Any) -> Child:
        rules = (*node.rules, rule)
        self._solve(rules, basis)
        bound = min(node.bound, max(self._exact(rules)[0], self.least))
        return Child(bound, rules, self._solver.getBasis() if bound > self._settled else None)

    def _candidates(self, x: NDArray[np.float64], is_root: bool) -> list[tuple[int, float]]:
        """Neighbourhoods to try, each with the most sites that its first child may open."""
        again = []
        for group, (total, times) in enumerate(self._score):
            use = float(x[self._groups[group]].sum())
            floor = np.floor(use + 1e-6)
            off = min(use - floor, floor + 1 - use)
            if times and off > _AGAIN_FRACTION:
                again.append((-total / times * min(1.0, 2 * off + 0.2), group, float(floor)))
        found = [(group, floor) for _, group, floor in sorted(again)[:_AGAIN]]
        tries = _TRIES if len(found) < _AGAIN else _NEW_BESIDE_AGAIN
        for sites in self._new_groups(x, _ROOT_TRIES if is_root else tries):
            use = float(x[sites].sum())
            floor = float(np.floor(use + 1e-6))
            if _LEAST_FRACTION < use - floor < 1 - _LEAST_FRACTION:
                found.append((self._number_of(sites), floor))
        if not found:
            site = int(np.argmax(np.minimum(x, 1.0 - x)))
            if min(x[site], 1.0 - x[site]) > 1e-6:
                found.append((self._number_of(np.array([site])), 0.0))
        return list(dict.fromkeys(found))

    def _new_groups(self, x: NDArray[np.float64], tries: int) -> list[NDArray[np.int64]]:
        """Neighbourhoods of random opened sites that hold half an opened site, or one and half."""
        sums = np.cumsum(x[self._order], axis=1)
        groups: list[NDArray[np.int64]] = []
        for half in _HALVES:
            last = np.abs(sums - half).argmin(axis=1)
            off = np.abs(sums[np.arange(x.size), last] - half)
            middles = np.flatnonzero(off <= max(0.1, np.sort(off)[min(x.size - 1, 20)]))
            size = min(tries if half < 1 else tries // 3, middles.size)
            share = np.maximum(x[middles], 0.0) + 1e-3
            drawn = self._rng.choice(middles, size, replace=False, p=share / share.sum())
            groups += [np.sort(self._order[at, : last[at] + 1]) for at in drawn.tolist()]
        return groups

    def _number_of(self, sites: NDArray[np.int64]) -> int:
        """The number of a set of sites; a new one becomes a row.

        A column that costs more than all there is stands for missing sites, so that no rules
        make the program infeasible.
        """
        key = sites.tobytes()
        if key not in self._numbers_of:
            self._numbers_of[key] = len(self._groups)
            self._groups.append(sites)
            self._score.append([0.0, 0])
            none = np.zeros(0, dtype=np.int32)
            self._solver.addCol(1.0 + self._everything, 0.0, np.inf, 0, none, np.zeros(0))
            index = np.append(sites, self._solver.getNumCol() - 1).astype(np.int32)
            self._solver.addRow(-np.inf, np.inf, index.size, index, np.ones(index.size))
        return self._numbers_of[key]


def _nearest_first(region: Region) -> NDArray[np.int64]:
    """int64[c, c], for every site all sites, those that cover most alike first."""
    weight = region.weight.astype(np.float64)
    shared = (region.cover.T @ region.cover.multiply(weight[:, None]).tocsr()).toarray()
    total = np.diag(shared)
    either = np.maximum(total[:, None] + total[None, :] - shared, 1e-12)
    return np.argsort(-shared / either, axis=1, kind="stable")


def _program(region: Region, unit: float) -> Model:
    """Minimise costs less weights covered: columns x, then y of every class."""
    k, c = region.cover.shape
    matrix = csr_array(hstack([region.cover, -eye_array(k)], format="csr"))
    return Model(
        cost=np.concatenate([region.cost, -region.weight]) / unit,
        lower=np.zeros(c + k),
        upper=np.ones(c + k),
        integer=None,
        row_lower=np.zeros(k),
        row_upper=np.full(k, np.inf),
        indptr=matrix.indptr.astype(np.int32),
        index=matrix.indices.astype(np.int32),
        value=matrix.data.astype(np.float64),
    )
