"""What the exact engines of the four questions share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.highs import Outcome, Watch, safe_bound
from optimizer.stop import Progress, ProgressCallback, StopClock

__all__ = ["Proposal", "Reporter", "chosen_columns"]


@dataclass(frozen=True)
class Proposal:
    """What an engine hands back.

    Attributes:
        open_sites: int32[k], open sites in the problem's numbers, ascending.
        bound: proved bound on the objective, in its own units, None without one.
        stop_reason: why the engine stopped.
    """

    open_sites: NDArray[np.int32]
    bound: int | None
    stop_reason: StopReason


class Reporter:
    """Tells progress in the objective's own units, only when something has changed."""

    def __init__(self, phase: str, clock: StopClock, progress: ProgressCallback | None) -> None:
        self._phase, self._clock, self._progress = phase, clock, progress
        self._last: tuple[int | None, int | None] | None = None

    def tell(self, incumbent: int | None, bound: int | None) -> None:
        """Pass on an incumbent and a bound."""
        if self._progress is None or self._last == (incumbent, bound):
            return
        self._last = (incumbent, bound)
        self._progress(Progress(self._phase, self._clock.elapsed, incumbent, bound))

    def watch(self, *, sign: int, unit: int, constant: int, start: int | None) -> Watch:
        """A watch for a solver that minimises ``sign * (objective - constant) / unit``."""

        def tell(incumbent: float | None, bound: float | None) -> None:
            value = start if incumbent is None else constant + sign * unit * round(incumbent)
            limit = None
            if bound is not None:
                limit = constant + sign * unit * safe_bound(bound)
            self.tell(value, limit)

        return tell


def chosen_columns(outcome: Outcome, n_sites: int) -> NDArray[np.int32] | None:
    """Positions of the opened sites, None where the run found no answer."""
    if outcome.values is None:
        return None
    return np.flatnonzero(outcome.values[:n_sites] > 0.5).astype(np.int32)
