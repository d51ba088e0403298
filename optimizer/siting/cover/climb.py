"""The Lagrangian bound of one node of the search, climbed down to by compiled steps.

Relaxing y_k <= sum_{j in N_k} x_j of the maximal covering model with prices u_k >= 0 leaves
    L(u) = sum_k max(0, w_k - u_k) + the p largest of (b_j + sum_{k covered by j} u_k)
(Galvao, ReVelle 1996). Its least value equals the bound of the linear relaxation. Any prices give
a bound, so that prices rounded to integers give exact ones, free of tolerances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.cover.best import Best
from optimizer.siting.cover.bound_kernels import climb, exact_bound
from optimizer.siting.cover.core import Core

__all__ = ["Climb", "Node", "root_of"]

# One kernel call touches about so many entries, so that the stop rule is asked often enough.
_ENTRIES_PER_CALL = 50_000_000


@dataclass(frozen=True)
class Node:
    """Decisions so far, and the prices to go on from.

    Attributes:
        state: int8[c], 1 open, -1 closed, 0 free.
        price: float32[k], scaled prices of all classes.
        last: the site that was decided last, -1 for none; ``share`` how far its mean use was
            from the decision.
        share: see above.
    """

    state: NDArray[np.int8]
    price: NDArray[np.float32]
    last: int = -1
    share: float = 1.0


class Climb:
    """The way down of one node's bound.

    Attributes:
        core: what the node leaves undecided.
        price: float64[k], the prices of the best bound so far.
        used: bool[c], the sites of that bound.
        mean: float64[c], running mean of the sites' use.
        bound: the least exact bound, in units.
        decided: int8[c], sites that the last exact bound opens (1) and closes (-1).
    """

    def __init__(
        self, best: Best, core: Core, price: NDArray[Any], bound: int, theta: float
    ) -> None:
        cover = core.cover
        n_sites, n_classes = cover.gain.size, cover.weight.size
        most = float(cover.weight.sum() + cover.gain.sum())
        self.core, self.bound = core, bound
        self._best = best
        self._cap = np.where(core.must, most, cover.weight.astype(np.float64))
        self._price = np.minimum(price[core.classes].astype(np.float64), self._cap)
        self._heading = np.zeros(n_classes)
        self._pace = np.array([theta, 0.0, np.inf])
        self.price = self._price.copy()
        self.used: NDArray[np.bool_] = np.zeros(n_sites, dtype=np.bool_)
        self.mean = np.full(n_sites, core.room / max(1, n_sites))
        self.decided: NDArray[np.int8] = np.zeros(n_sites, dtype=np.int8)

    @property
    def theta(self) -> float:
        """The step factor; it halves whenever nothing better is found for a while."""
        return float(self._pace[0])

    @property
    def steps_per_call(self) -> int:
        """Steps of one kernel call."""
        cover = self.core.cover
        entries = cover.site.size + 4 * (cover.weight.size + cover.gain.size)
        return max(1, _ENTRIES_PER_CALL // max(1, entries))

    def step(self, steps: int, patience: int, share: float) -> None:
        """Step towards the best answer known."""
        core, scale = self.core, self._best.scale
        if core.room == 0:
            return
        climb(
            core.cover,
            self._cap,
            core.room,
            float(scale.cut(self._best.units) - core.constant),
            steps,
            patience,
            share,
            self._price,
            self.price,
            self._heading,
            self.used,
            self.mean,
            self._pace,
        )

    def settle(self) -> int:
        """Take the exact bound of the best prices; it decides sites."""
        core, scale = self.core, self._best.scale
        self.decided[:] = 0
        cut = scale.cut(self._best.units) - core.constant
        price = np.rint(self.price).astype(np.int64)
        exact = int(exact_bound(core.cover, core.must, price, core.room, self.decided, cut))
        self.bound = min(self.bound, scale.units(exact + core.constant))
        return self.bound


def root_of(best: Best) -> Node:
    """Nothing decided, with the prices of the submodular bound (Nemhauser, Wolsey, Fisher 1978).

    They are w_k for the classes that the best answer leaves out, 0 for the others: the bound adds
    to that answer what the best further sites would add alone.
    """
    cover, n_sites = best.whole, best.model.n_sites
    is_open = np.zeros(n_sites, dtype=bool)
    is_open[best.chosen] = True
    price = cover.weight.astype(np.float32)
    if price.size:
        price[np.logical_or.reduceat(is_open[cover.site], cover.indptr[:-1])] = 0
    return Node(np.zeros(n_sites, dtype=np.int8), price)
