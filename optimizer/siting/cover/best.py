"""The best maximal covering answer known so far, and the local search that lifts it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.cover.beside import SearchBeside
from optimizer.siting.cover.core import Cover, cover_of, scale_of
from optimizer.siting.cover.search_kernels import search
from optimizer.siting.engine import Reporter
from optimizer.siting.greedy import gains_in_order, most_cover
from optimizer.siting.presolve import CoverModel
from optimizer.stop import StopClock

__all__ = ["Best"]

_MOST_OUT = 14
# One kernel call touches about so many entries, so that the stop rule is asked often enough.
_ENTRIES_PER_CALL = 20_000_000
_MOST_ROUNDS = 50


class Best:
    """Best answer and proved bound of a model, counted in units of the scale.

    Attributes:
        model: the problem.
        room: free sites that may open.
        clock: the stop rule.
        scale: how weights are scaled in ``whole``.
        whole: the problem's scaled lists.
        chosen: int32[<= room], the best answer's free sites.
        units: its exact value without ``model.covered``.
        bound: the proved bound; it only falls.
        rounds: rounds of local search so far.
    """

    def __init__(
        self, model: CoverModel, room: int, clock: StopClock, reporter: Reporter, seed: int
    ) -> None:
        self.model, self.clock = model, clock
        self._reporter = reporter
        self.room = max(0, min(room, model.n_sites))
        self.scale = scale_of(model, self.room)
        self.whole: Cover = cover_of(model, self.scale)
        self.chosen = np.zeros(0, dtype=np.int32)
        self.units = 0
        self.bound = self._units_of(np.arange(model.n_sites, dtype=np.int32))
        self.rounds = 0
        self._plain = self.whole._replace(
            weight=model.weight // self.scale.unit, gain=model.gain // self.scale.unit
        )
        self._words = np.array([seed % 2**64], dtype=np.uint64)
        self._members = np.zeros(0, dtype=np.int32)
        self._beside: SearchBeside | None = None

    @property
    def is_proved(self) -> bool:
        """Whether the best answer is optimal."""
        return self.bound <= self.units

    @property
    def value(self) -> int:
        """The best answer's objective."""
        return self.model.covered + self.scale.unit * self.units

    @property
    def most(self) -> int:
        """The bound on the objective."""
        return self.model.covered + self.scale.unit * max(self.bound, self.units)

    def start(self, chosen: NDArray[np.int32] | None = None) -> None:
        """Take the greedy answer, or a given one filled up greedily, as the first."""
        greedy = most_cover(self.model, self.room)
        self.keep(greedy)
        if chosen is not None:
            self.keep(chosen)
        self._members = self._filled(self.chosen)

    def keep(self, chosen: NDArray[np.int32]) -> None:
        """Keep a set of sites if it is the best so far."""
        units = self._units_of(chosen)
        if units > self.units:
            self.units, self.chosen = units, chosen.astype(np.int32)
            self.tell()

    def lower(self, bound: int) -> None:
        """Take note of a bound in units."""
        if bound < self.bound:
            self.bound = max(bound, self.units)
            self.tell()

    @contextmanager
    def searching_beside(self) -> Iterator[None]:
        """Let a second thread search; ``improve`` then only takes what it has found."""
        if not 0 < self.room < self.model.n_sites:
            yield
            return
        with SearchBeside(
            self._plain,
            self._filled(self.chosen),
            self.units,
            int(self._words[0]),
            self.rounds_per_call,
            _MOST_OUT,
        ) as self._beside:
            try:
                yield
            finally:
                self._end_beside()

    def has_searched_beside(self, share: float) -> bool:
        """Whether the second thread is free.

        Its search ends when it has long found nothing, or after this share of the time.
        """
        beside, elapsed = self._beside, self.clock.elapsed
        if beside is not None and (
            beside.is_stalled or elapsed > share * (elapsed + self.clock.remaining)
        ):
            self._end_beside()
        return self._beside is None

    def _end_beside(self) -> None:
        beside, self._beside = self._beside, None
        if beside is not None:
            beside.end()
            self._take(beside)

    def _take(self, beside: SearchBeside) -> None:
        found = beside.take()
        if found is not None:
            self.keep(found)

    def improve(self, rounds: int) -> StopReason | None:
        """Rounds of local search; returns why to stop, None to go on."""
        if self._beside is not None:
            self._take(self._beside)
            return self.clock.reason()
        if self.room == 0 or self.room == self.model.n_sites:
            self.keep(np.arange(self.room, dtype=np.int32))
            return None
        best = self._filled(self.chosen)
        values = np.array([0, self.units], dtype=np.int64)
        chunk = self.rounds_per_call
        while rounds > 0 and not self.is_proved:
            now = min(chunk, rounds)
            search(self._plain, self._members, best, values, self._words, now, _MOST_OUT)
            self.rounds += now
            rounds -= now
            self.keep(best)
            reason = self.clock.reason()
            if reason is not None:
                return reason
        return None

    def improve_from(self, chosen: NDArray[np.integer[Any]]) -> None:
        """Local search without rounds from another set of sites."""
        members = self._filled(chosen.astype(np.int32))
        best, values = members.copy(), np.array([0, self.units], dtype=np.int64)
        search(self._plain, members, best, values, self._words, 0, _MOST_OUT)
        if values[1] > self.units:
            self.keep(best)
            self._members = best

    @property
    def rounds_per_call(self) -> int:
        """Rounds of one kernel call: what it touches grows with the lists of the open sites."""
        c, z = max(1, self.model.n_sites), self.model.site.size
        per_site = (z / c) * (z / max(1, self.model.n_classes)) + c
        per_round = 4 * self.room * per_site + z
        return int(max(1, min(_MOST_ROUNDS, _ENTRIES_PER_CALL // per_round)))

    def tell(self) -> None:
        """Tell progress."""
        self._reporter.tell(self.value, self.most)

    def _filled(self, chosen: NDArray[np.int32]) -> NDArray[np.int32]:
        """Exactly ``room`` sites: those chosen, then the first others."""
        others = np.setdiff1d(np.arange(self.model.n_sites, dtype=np.int32), chosen)
        filled = np.concatenate([chosen, others[: self.room - chosen.size]])
        return filled.astype(np.int32)

    def _units_of(self, chosen: NDArray[np.int32]) -> int:
        return int(gains_in_order(self.model, chosen).sum()) // self.scale.unit
