"""A subgradient climb that can be taken up again where it stopped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.median.climb_kernels import climb
from optimizer.siting.median.core import Core

__all__ = ["Climb", "Node", "steps_per_call"]

# One kernel call touches about so many entries, so that the stop rule is asked often enough.
_ENTRIES_PER_CALL = 20_000_000
_MOST_STEPS = 50


@dataclass(frozen=True)
class Node:
    """Sites decided so far, and the prices to climb on from.

    Attributes:
        state: int8[c], 1 open, -1 closed, 0 free.
        price: float64[k], scaled.
        mean: float64[c], how often the bounds' answers have used each site lately.
    """

    state: NDArray[np.int8]
    price: NDArray[np.float64]
    mean: NDArray[np.float64]


class Climb:
    """The climb from a node's prices.

    Attributes:
        best: float64[k], the prices of the best bound so far.
        used: bool[c], the sites of that bound.
        mean: float64[c], running mean of the sites' use.
    """

    def __init__(self, node: Node, theta: float) -> None:
        self._price = node.price.copy()
        self.best = node.price.copy()
        self.used: NDArray[np.bool_] = np.zeros(node.state.size, dtype=np.bool_)
        self.mean = node.mean.copy()
        self._pace = np.array([theta, 0.0, -np.inf])

    @property
    def theta(self) -> float:
        """The step factor; it halves whenever the climb finds nothing better for a while."""
        return float(self._pace[0])

    def step(
        self, core: Core, state: NDArray[np.int8], target: float, steps: int, patience: int
    ) -> None:
        """Climb some steps towards a target value (scaled)."""
        room = core.room - int((state == 1).sum())
        climb(
            *core.rows,
            state,
            room,
            target,
            steps,
            patience,
            self._price,
            self.best,
            self.used,
            self.mean,
            self._pace,
        )

    def node(self, state: NDArray[np.int8]) -> Node:
        """A node that goes on from here."""
        return Node(state, self.best, self.mean)


def steps_per_call(entries: int) -> int:
    """Subgradient steps of one kernel call over so many entries."""
    return max(1, min(_MOST_STEPS, _ENTRIES_PER_CALL // max(1, entries)))
