"""Exact p-median: swap search, Lagrangian bounds and branch and bound.

With d_kj = weight_k * cost_kj and prices u_k <= d_k0 (the cost without a free site), relaxing
"row k is served once" leaves
    L(u) = sum_k u_k + min over |S| <= p of sum_{j in S} sum_k min(0, d_kj - u_k)
(Cornuejols, Fisher, Nemhauser 1977; Beasley 1985). Its maximum equals the bound of the strong
linear relaxation (Balinski 1965), and it is found by subgradient steps in compiled code without
ever building that program. Prices are then rounded to integers: for any prices L(u) is a bound,
so every bound and every site it fixes is exact, free of tolerances. What is left is branched on,
site by site, lowest bound first.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.coverage import exact_dot
from optimizer.siting.engine import Proposal, Reporter
from optimizer.siting.median_kernels import bound_and_fix, climb, least_costs, swap
from optimizer.siting.median_model import MedianModel, median_model, scale_costs
from optimizer.siting.problem import SitingProblem
from optimizer.stop import ProgressCallback, StopClock

__all__ = ["least_cost"]

# One kernel call touches about so many entries, so that the stop rule is asked often enough.
_ENTRIES_PER_CALL = 20_000_000
_ROOT_STEPS = 1500
_NODE_STEPS = 60
_SWAP_MOVES = 20
_SMALLEST_STEP = 1e-4


def least_cost(
    problem: SitingProblem,
    new_sites: int,
    clock: StopClock,
    seed: int,
    progress: ProgressCallback | None,
) -> Proposal:
    """Solve p-median; ``new_sites`` leaves room for the required sites.

    Deterministic without a seed; the stop rule's iterations are branch-and-bound nodes.
    """
    del seed
    model = median_model(problem)
    tree = _Tree(model, new_sites - model.required, clock, Reporter("p_median", clock, progress))
    reason = tree.search()
    sites = np.concatenate([model.fixed, model.sites[tree.best]])
    return Proposal(np.sort(sites), tree.bound(), reason)


@dataclass(frozen=True)
class _Node:
    """Sites decided so far, and the prices to climb on from."""

    state: NDArray[np.int8]
    price: NDArray[np.float64]
    mean: NDArray[np.float64]


class _Tree:
    def __init__(self, model: MedianModel, room: int, clock: StopClock, reporter: Reporter) -> None:
        self._model, self._clock, self._reporter = model, clock, reporter
        self._room = min(room, model.sites.size)
        self._scaled = scale_costs(model)
        self._rows = (model.indptr, model.site, self._scaled.entry, self._scaled.base)
        self._heap: list[tuple[int, int, _Node]] = []
        self._nodes = 0
        self.best = np.zeros(model.sites.size, dtype=bool)
        self._units = self._units_of(self.best)
        self._running_bound = 0

    def bound(self) -> int:
        """The lower bound on the objective proved so far."""
        open_bounds = [self._running_bound, *(self._heap[0][:1] if self._heap else ())]
        units = min(self._units, *open_bounds)
        return self._model.constant + self._scaled.unit * units

    def search(self) -> StopReason:
        """Search until every node is closed or the stop rule says so."""
        reason = self._improve(self.best.copy())
        if reason is not None:
            return reason
        root = self._root()
        self._push(0, root)
        while self._heap:
            reason = self._clock.reason(self._nodes)
            if reason is not None:
                return reason
            self._running_bound, _, node = heapq.heappop(self._heap)
            self._nodes += 1
            self._tell()
            if self._running_bound < self._units:
                reason = self._expand(node, _ROOT_STEPS if node is root else _NODE_STEPS)
                if reason is not None:
                    return reason
            self._running_bound = self._units
        self._tell()
        return StopReason.FINISHED

    def _root(self) -> _Node:
        """Nothing decided; each row offers what its second choice would cost it."""
        n_sites = self._model.sites.size
        near = least_costs(*self._rows, self.best)
        price = np.minimum(near * 1.1, self._scaled.base).astype(np.float64)
        return _Node(np.zeros(n_sites, dtype=np.int8), price, self.best.astype(np.float64))

    def _expand(self, node: _Node, steps: int) -> StopReason | None:
        """Bound a node; close it, or split it in two."""
        state, price, mean = node.state.copy(), node.price.copy(), node.mean.copy()
        bound, theta, done = self._running_bound, 1.0, 0
        chunk = max(1, min(50, steps, _ENTRIES_PER_CALL // max(1, self._model.site.size)))
        while done < steps and theta > _SMALLEST_STEP:
            room = self._room - int((state == 1).sum())
            target = float(self._scaled.cut(self._units))
            _, theta, used = climb(*self._rows, state, room, price, theta, target, chunk, mean)
            done += chunk
            reason = self._take(used, polish=done <= 4 * chunk and steps == _ROOT_STEPS)
            bound = max(bound, self._exact_bound(state, room, price))
            if bound >= self._units or self._settle(state):
                return None
            self._running_bound = bound
            self._tell()
            reason = reason or self._clock.reason(self._nodes)
            if reason is not None:
                self._push(bound, node)
                return reason
        self._branch(bound, _Node(state, price, mean))
        return None

    def _exact_bound(self, state: NDArray[np.int8], room: int, price: NDArray[np.float64]) -> int:
        cut = self._scaled.cut(self._units)
        whole = np.floor(price).astype(np.int64)
        return self._scaled.lower(int(bound_and_fix(*self._rows, state, room, whole, cut)))

    def _settle(self, state: NDArray[np.int8]) -> bool:
        """Whether the node holds one set of sites only; that set is then evaluated."""
        n_open, n_free = int((state == 1).sum()), int((state == 0).sum())
        if n_open > self._room:
            return True
        if n_free == 0 or n_open == self._room:
            self._keep(state == 1)
            return True
        if n_open + n_free <= self._room:
            self._keep(state >= 0)
            return True
        return False

    def _branch(self, bound: int, node: _Node) -> None:
        free = np.flatnonzero(node.state == 0)
        pick = free[np.argmin(np.abs(node.mean[free] - 0.5))]
        for decision in (1, -1):
            state = node.state.copy()
            state[pick] = decision
            child = _Node(state, node.price, node.mean)
            if not self._settle(state):
                self._push(bound, child)

    def _push(self, bound: int, node: _Node) -> None:
        order = self._nodes * 2 + len(self._heap) % 2
        heapq.heappush(self._heap, (bound, order, node))

    def _take(self, used: NDArray[np.bool_], *, polish: bool) -> StopReason | None:
        """Evaluate the sites of a bound, after a swap search if asked for."""
        self._keep(used)
        return self._improve(used.copy()) if polish else None

    def _improve(self, is_open: NDArray[np.bool_]) -> StopReason | None:
        """Swap search from a set of sites."""
        reason = None
        while reason is None:
            moves = int(swap(*self._rows, is_open, self._room, _SWAP_MOVES))
            self._keep(is_open)
            self._tell()
            if moves < _SWAP_MOVES:
                break
            reason = self._clock.reason(self._nodes)
        return reason

    def _keep(self, is_open: NDArray[np.bool_]) -> None:
        units = self._units_of(is_open)
        if units < self._units:
            self._units, self.best = units, is_open.copy()

    def _units_of(self, is_open: NDArray[np.bool_]) -> int:
        model = self._model
        least = least_costs(model.indptr, model.site, model.cost, model.base, is_open)
        return exact_dot(model.weight, least) // self._scaled.unit

    def _tell(self) -> None:
        incumbent = self._model.constant + self._scaled.unit * self._units
        self._reporter.tell(incumbent, self.bound())
