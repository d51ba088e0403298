"""The best p-median answer known so far, its exact value, and the swap search that lowers it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.coverage import exact_dot
from optimizer.siting.engine import Reporter
from optimizer.siting.median.climb_kernels import least_costs, swap
from optimizer.siting.median.core import Rows
from optimizer.siting.median.model import MedianModel, scale_costs
from optimizer.siting.median.swap_kernels import Lists, shake, transpose_rows
from optimizer.stop import StopClock

__all__ = ["Best"]

# One kernel call touches about so many entries, so that the stop rule is asked often enough.
_ENTRIES_PER_CALL = 10_000_000
_MOST_MOVES = 20
# In large problems bounds need the time more than the last swaps do.
_ENTRIES_PER_SEARCH = 200_000_000
# Savings of pairs are kept up to date where these fit into memory.
_MOST_LISTED = 60_000_000
_MOST_PAIRS = 60_000_000
_WORK_PER_CALL = 20_000_000
_STRENGTHS = (5, 3, 7)


class Best:
    """Best answer and proved bound, counted in the scaled model's units.

    Attributes:
        model: the problem.
        scaled: its weighted costs.
        rows: the whole problem's rows for the kernels.
        room: most free sites that may open.
        is_open: bool[c], the best answer.
        units: its exact value.
        bound: the proved bound; it only rises.
    """

    def __init__(
        self, model: MedianModel, room: int, clock: StopClock, reporter: Reporter, seed: int = 0
    ) -> None:
        self.model, self.clock = model, clock
        self._reporter, self._seed = reporter, seed
        self.room = min(room, int(model.sites.size))
        self.scaled = scale_costs(model)
        self.rows: Rows = (model.indptr, model.site, self.scaled.entry, self.scaled.base)
        self.is_open = np.zeros(model.sites.size, dtype=bool)
        self.units = self._units_of(self.is_open)
        self._lists, self._calls = self._list_sites(), 0
        # No answer is better than all sites at once.
        self.bound = self._units_of(np.ones_like(self.is_open))

    @property
    def is_proved(self) -> bool:
        """Whether the best answer is optimal."""
        return self.bound >= self.units

    def keep(self, is_open: NDArray[np.bool_]) -> None:
        """Keep a set of sites if it is the best so far."""
        units = self._units_of(is_open)
        if units < self.units:
            self.units, self.is_open = units, is_open.copy()

    def lift(self, bound: int) -> None:
        """Take note of a bound."""
        self.bound = max(self.bound, min(bound, self.units))
        self.tell()

    def improve(self, is_open: NDArray[np.bool_], budget: int) -> StopReason | None:
        """Search from a set of sites, touching about ``budget`` entries; None to go on."""
        is_open = is_open.copy()
        swap(*self.rows, is_open, self.room, self.room - int(is_open.sum()))
        self.keep(is_open)
        if int(is_open.sum()) < self.room:
            return self.clock.reason()  # more sites help no row
        if self._lists is None:
            return self._swap(is_open)
        # Every call starts anew, which costs about one look at every entry.
        chunk = max(_WORK_PER_CALL, 4 * self.model.site.size)
        reason = self.clock.reason()
        while budget > 0 and reason is None:
            strength = _STRENGTHS[self._calls % len(_STRENGTHS)]
            seed = (self._seed + 1_000_003 * self._calls) % 2**31
            left = shake(self._lists, is_open, strength, min(budget, chunk), seed)
            self._calls += 1
            budget = 0 if left > 0 else budget - chunk
            self.keep(is_open)
            self.tell()
            reason = self.clock.reason()
        return reason

    def _swap(self, is_open: NDArray[np.bool_]) -> StopReason | None:
        """Plain swaps, where the savings of all pairs do not fit into memory."""
        entries = max(1, self.model.site.size)
        left = max(self.room, _ENTRIES_PER_SEARCH // entries)
        chunk = max(1, min(_MOST_MOVES, _ENTRIES_PER_CALL // entries))
        while True:
            left -= chunk
            moves = int(swap(*self.rows, is_open, self.room, chunk))
            self.keep(is_open)
            self.tell()
            reason = self.clock.reason()
            if moves < chunk or left <= 0 or reason is not None:
                return reason

    def _list_sites(self) -> Lists | None:
        n_sites = int(self.model.sites.size)
        if self.model.site.size > _MOST_LISTED or n_sites * self.room > _MOST_PAIRS:
            return None
        indptr, site, entry, base = self.rows
        return Lists(indptr, site, entry, base, *transpose_rows(indptr, site, entry, n_sites))

    def tell(self) -> None:
        """Tell progress."""
        self._reporter.tell(self.total(self.units), self.total(min(self.bound, self.units)))

    def total(self, units: int) -> int:
        """The objective of a number of units."""
        return self.model.constant + self.scaled.unit * units

    def _units_of(self, is_open: NDArray[np.bool_]) -> int:
        model = self.model
        least = least_costs(model.indptr, model.site, model.cost, model.base, is_open)
        return exact_dot(model.weight, least) // self.scaled.unit
