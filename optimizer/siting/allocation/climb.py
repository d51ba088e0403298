"""Lagrangian bounds of capacitated location, climbed by subgradient steps.

With prices u_k per unit of row k, relaxing "every unit is served" leaves
    L(u) = sum_k a_k u_k + min over least <= |S| <= most of sum_{j in S} (f_j - earnings_j(u)),
where earnings_j is the knapsack of the rows that site j serves below their price: continuous for
rows that may be split, 0-1 for rows served as a whole (Cornuejols, Sridharan, Thizy 1991; Pirkul
1987). Prices are whole numbers, so that every value is a proved bound, free of tolerances.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.allocation.bound_kernels import climb, fix
from optimizer.siting.allocation.core import Core

__all__ = ["Climb", "first_prices", "narrowed", "steps_per_call"]

_TOP_BITS = 61
_NEAR = 10
# One kernel call touches about so many pairs, so that the stop rule is asked often enough.
_PAIRS_PER_CALL = 10_000_000
_MOST_STEPS = 50


class Climb:
    """A climb that can be taken up again where it stopped.

    Attributes:
        best: int64[n], scaled prices of the best bound so far.
        chosen: bool[m], the sites of that bound. latest: bool[m], those of the last step.
        mean: float64[m], running mean of the sites' use.
    """

    def __init__(self, core: Core, price: NDArray[np.int64], theta: float) -> None:
        self._price = price.astype(np.float64)
        self._drift = np.zeros(price.size)
        self.best = price.copy()
        self.chosen: NDArray[np.bool_] = np.zeros(core.state.size, dtype=np.bool_)
        self.latest: NDArray[np.bool_] = np.zeros(core.state.size, dtype=np.bool_)
        self.mean = np.zeros(core.state.size)
        self._pace = np.array([theta, 0.0, -np.inf])

    @property
    def theta(self) -> float:
        """The step factor; it halves whenever the climb finds nothing better for a while."""
        return float(self._pace[0])

    @property
    def bound(self) -> float:
        """The best scaled bound, -inf before the first step."""
        return float(self._pace[2])

    def step(
        self, core: Core, scale: NDArray[np.float64], target: float, steps: int, patience: int
    ) -> None:
        """Climb some steps towards a target value (scaled)."""
        climb(
            *core.arrays,
            target,
            scale,
            _top_prices(core),
            steps,
            patience,
            self._price,
            self._drift,
            self.best,
            self.chosen,
            self.latest,
            self.mean,
            self._pace,
        )


def first_prices(core: Core) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Prices to start from, and how far each row's price usually moves; both per unit, scaled.

    The price is the cheapest way to be served when a full site shares its fixed cost evenly.
    """
    share = core.fixed[core.site] // np.maximum(core.capacity[core.site], 1)
    full = core.cost + share
    order = np.lexsort((full, core.row))
    full, row = full[order], core.row[order]
    count = np.bincount(row, minlength=core.amount.size)
    start = np.cumsum(count) - count
    rank = np.arange(full.size) - start[row]
    price = np.zeros(core.amount.size, dtype=np.int64)
    price[row[rank == 0]] = full[rank == 0]
    near = (rank > 0) & (rank <= _NEAR)
    spread = np.bincount(
        row[near],
        weights=(full[near] - price[row[near]]).astype(np.float64),
        minlength=core.amount.size,
    )
    scale = spread / np.clip(count - 1, 1, _NEAR)
    scale += 0.1 * (scale.mean() if scale.size else 0.0) + 1.0
    return np.minimum(price, _top_prices(core)), scale


def narrowed(core: Core, price: NDArray[np.int64], cut: int) -> tuple[int, Core]:
    """The exact bound at integer prices, and the core of the answers below ``cut`` (scaled)."""
    left = replace(core, state=core.state.copy())
    keep = np.ones(core.size, dtype=np.bool_)
    bound = int(fix(*left.arrays, price, cut, keep))
    return bound, left.narrow(left.state, keep)


def steps_per_call(pairs: int) -> int:
    """Subgradient steps of one kernel call over so many pairs."""
    return max(1, min(_MOST_STEPS, _PAIRS_PER_CALL // max(1, pairs)))


def _top_prices(core: Core) -> NDArray[np.int64]:
    """Largest prices per unit for which no sum in the kernels leaves 64 bits."""
    degree = int(np.bincount(core.row, minlength=1).max()) if core.size else 1
    served = max(1, min(degree, core.most))
    top = 2**_TOP_BITS // (max(1, int(core.amount.sum())) * served)
    return np.full(core.amount.size, top, dtype=np.int64)
