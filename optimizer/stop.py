"""When to stop, and how progress is told while a solver runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from optimizer.result import StopReason

__all__ = ["Progress", "ProgressCallback", "Stop", "StopClock"]


@dataclass(frozen=True)
class Progress:
    """A running solver's news: phase, seconds since its start, best answer and bound so far."""

    phase: str
    seconds: float
    incumbent: int | None = None
    bound: int | None = None
    iterations: int | None = None


ProgressCallback = Callable[[Progress], None]


@dataclass(frozen=True)
class Stop:
    """A stop rule: whichever of its limits is met first.

    Attributes:
        seconds: wall-clock limit, None for no limit.
        iterations: limit on the solver's own iterations, None for no limit. With one thread and
            this limit alone the answer is the same every time.
        cancelled: asked often; True ends the solve as ``StopReason.USER`` with the best answer
            so far.
    """

    seconds: float | None = None
    iterations: int | None = None
    cancelled: Callable[[], bool] | None = None

    def start(self) -> StopClock:
        """Start the clock."""
        return StopClock(self)


class StopClock:
    """A started stop rule."""

    def __init__(self, rule: Stop) -> None:
        self.rule = rule
        self._started = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._started

    @property
    def remaining(self) -> float:
        """Seconds left, ``inf`` without a time limit, never negative."""
        if self.rule.seconds is None:
            return float("inf")
        return max(0.0, self.rule.seconds - self.elapsed)

    def reason(self, iterations: int = 0) -> StopReason | None:
        """Why to stop now, None to go on."""
        if self.rule.cancelled is not None and self.rule.cancelled():
            return StopReason.USER
        if self.rule.iterations is not None and iterations >= self.rule.iterations:
            return StopReason.ITERATIONS
        if self.rule.seconds is not None and self.elapsed >= self.rule.seconds:
            return StopReason.TIME
        return None
