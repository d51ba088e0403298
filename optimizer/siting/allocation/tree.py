"""A tree of exact bounds under a guessed cut.

With a cut a little above the root's bound most sites and pairs fall away, and few nodes close the
tree: either an answer below the cut is found, or the cut itself is a proved bound and the next
guess lies twice as far. Nodes branch on sites first, then on the sites of single rows; where
nothing is left to decide, a minimum-cost flow serves the split rows. Bounds are whole numbers
throughout, so that a closed tree is a proof free of tolerances.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.allocation.climb import Climb, narrowed
from optimizer.siting.allocation.core import Core
from optimizer.siting.allocation.search import Best
from optimizer.stop import StopClock

__all__ = ["Tree"]

# The first cut lies this far above the bound, as a negative power of two.
_FIRST_STEP_BITS = 12
_NODE_THETA = 0.5
_NODE_PATIENCE = 8
_NODE_STEPS = 15
_NODE_ROUNDS = 4
_TRY_EVERY = 8
# The tree gives up after so many pairs touched, or when its open nodes hold so many.
_MOST_WORK = 1_200_000_000
_MOST_HELD = 10_000_000


@dataclass(frozen=True)
class _Node:
    core: Core
    price: NDArray[np.int64]
    mean: NDArray[np.float64]


class Tree:
    """The search for a proof.

    Attributes:
        gave_up: whether the work or the memory allowed was used up.
    """

    def __init__(
        self, best: Best, climb: Climb, scale: NDArray[np.float64], clock: StopClock
    ) -> None:
        self._best, self._scale, self._clock = best, scale, clock
        self._root = _Node(best.core, climb.best, climb.mean)
        self._base = int(climb.bound)
        self._nodes, self._work = 0, 0
        self.gave_up = False

    def run(self) -> StopReason:
        """Raise the cut until the best answer is proved, or stop."""
        step = max(1, abs(self._base) >> _FIRST_STEP_BITS)
        while not self._best.is_proved:
            cut = self._base + step
            reason = self._close(cut)
            if reason is not None:
                return reason
            if self.gave_up or (self._best.value is None and cut > self._worst()):
                break
            step *= 2
        return StopReason.FINISHED

    def _worst(self) -> int:
        """A scaled value that no answer exceeds."""
        core = self._best.core
        dearest = np.zeros(core.amount.size, dtype=np.int64)
        np.maximum.at(dearest, core.row, core.cost)
        return int(core.fixed.sum()) + int((dearest * core.amount).sum())

    def _cut(self, cut: int) -> int:
        """The cut, lowered to what only a better answer than the best one undercuts."""
        value = self._best.value
        return cut if value is None else min(cut, ((value - 1) << self._best.core.shift) + 1)

    def _close(self, asked: int) -> StopReason | None:
        """Close the tree of all answers below a cut; returns why to stop, None when done."""
        numbers = count()
        heap: list[tuple[int, int, _Node]] = [(self._base, next(numbers), self._root)]
        held = 0
        while heap:
            bound, _, node = heapq.heappop(heap)
            held -= node.core.size
            cut = self._cut(asked)
            self._best.lift(self._best.core.unscaled(min(bound, cut)))
            if bound >= cut:
                break
            reason = self._clock.reason(self._nodes)
            if reason is not None:
                return reason
            if self._work > _MOST_WORK or held > _MOST_HELD:
                self.gave_up = True
                return None
            for child_bound, child in self._expand(node, bound, asked):
                heapq.heappush(heap, (child_bound, next(numbers), child))
                held += child.core.size
        self._best.lift(self._best.core.unscaled(self._cut(asked)))
        return None

    def _expand(self, node: _Node, bound: int, asked: int) -> list[tuple[int, _Node]]:
        """Bound a node; returns its children, none where nothing is left of it."""
        self._nodes += 1
        core = node.core
        climb = Climb(core, node.price, _NODE_THETA)
        climb.mean[:] = node.mean
        for _ in range(_NODE_ROUNDS):
            cut = self._cut(asked)
            self._work += core.size * _NODE_STEPS
            climb.step(core, self._scale, float(cut), _NODE_STEPS, _NODE_PATIENCE)
            exact, core = narrowed(core, climb.best, cut)
            bound = max(bound, exact)
            if bound >= cut or not _is_alive(core):
                return []
        if self._nodes % _TRY_EVERY == 0:
            self._best.try_sites(climb.latest)
        return [
            (bound, _Node(child, climb.best, climb.mean))
            for child in self._children(core, climb)
            if _is_alive(child)
        ]

    def _children(self, core: Core, climb: Climb) -> list[Core]:
        free = np.flatnonzero(core.state == 0)
        if free.size and int((core.state == 1).sum()) < core.most:
            site = free[np.argmin(np.abs(climb.mean[free] - 0.5))]
            return [_decided(core, site, 1), _decided(core, site, -1)]
        state = np.where(core.state == 0, -1, core.state).astype(np.int8)
        core = replace(core, state=state).narrow(state, np.ones(core.size, dtype=np.bool_))
        degree = np.bincount(core.row, minlength=core.amount.size)
        undecided = core.single & (degree > 1)
        if not undecided.any():
            self._settle(core)
            return []
        row = np.argmax(np.where(undecided, core.amount, 0))
        pairs = np.flatnonzero(core.row == row)
        cheapest = pairs[np.argmin(core.cost[pairs])]
        only, without = np.ones((2, core.size), dtype=np.bool_)
        only[pairs] = False
        only[cheapest] = True
        without[cheapest] = False
        return [core.narrow(state, only), core.narrow(state, without)]

    def _settle(self, core: Core) -> None:
        """Serve the split rows of a node whose sites and single rows are decided."""
        if not _is_alive(core):
            return
        units = np.zeros(self._best.units.size, dtype=np.int64)
        placed = core.single[core.row]
        units[core.pair[placed]] = core.amount[core.row[placed]]
        self._best.try_units(core.state == 1, units)


def _is_alive(core: Core) -> bool:
    """Whether every row has a pair left and the counts of sites can still be met."""
    n_open, n_free = int((core.state == 1).sum()), int((core.state == 0).sum())
    if n_open > core.most or n_open + n_free < core.least:
        return False
    return bool((np.bincount(core.row, minlength=core.amount.size) > 0).all())


def _decided(core: Core, site: np.intp, decision: int) -> Core:
    state = core.state.copy()
    state[site] = decision
    return core.narrow(state, np.ones(core.size, dtype=np.bool_))
