"""What the workers of one search share: the stop rule, the count of iterations, the news."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pyvrp import Solution

from optimizer.result import StopReason
from optimizer.stop import Stop, StopClock

__all__ = ["Control", "Tell"]

Tell = Callable[[int | None, int], None]
_TELL_SECONDS = 0.5


class Control:
    """The stop rule of a search with several workers.

    Args:
        clock: the running rule; its iterations are PyVRP's own, of all workers together.
        reserve: seconds to leave on the clock.
        patience: iterations without a better plan after which a search without limits ends.
        objective: of a feasible solution, in the problem's cost units.
        tell: called with (best objective or None, iterations) now and then.
    """

    def __init__(
        self,
        clock: StopClock,
        reserve: float,
        patience: int,
        objective: Callable[[Solution], int],
        tell: Tell | None,
    ) -> None:
        self.clock = clock
        self.iterations = 0
        self.reason: StopReason | None = None
        self._reserve = reserve
        self._patience = patience
        self._objective = objective
        self._tell = tell
        self._told = clock.elapsed
        self._begun = clock.elapsed
        self._best: int | None = None
        self._improved = 0
        self._lock = threading.Lock()

    @property
    def remaining(self) -> float:
        """Seconds left for the search, ``inf`` without a time limit."""
        return max(0.0, self.clock.remaining - self._reserve)

    @property
    def share(self) -> float:
        """Share of the limit that is used, 0 to 1; 0 without a limit."""
        rule = self.clock.rule
        used = 0.0
        if rule.iterations is not None:
            used = self.iterations / max(1, rule.iterations)
        if rule.seconds is not None:
            whole = max(1e-9, rule.seconds - self._reserve - self._begun)
            used = max(used, (self.clock.elapsed - self._begun) / whole)
        return min(1.0, used)

    def stops(self) -> bool:
        """Whether to stop now."""
        if self.reason is not None:
            return True
        if self.clock.elapsed - self._told > _TELL_SECONDS:
            self._tell_now()
        rule = self.clock.rule
        reason = self.clock.reason(self.iterations)
        if reason is None and self.clock.remaining <= self._reserve:
            reason = StopReason.TIME
        endless = rule.seconds is None and rule.iterations is None
        if reason is None and endless and self.iterations - self._improved >= self._patience:
            reason = StopReason.FINISHED
        self.reason = reason
        return reason is not None

    def begins_iteration(self) -> bool:
        """Count an iteration that is about to begin; False where the search is over."""
        if self.stops():
            return False
        self.iterations += 1
        return True

    def part(self, share: float, nodes: int) -> Stop:
        """A rule for a step within the search: a share of its seconds, or so many nodes."""
        rule = self.clock.rule
        if rule.seconds is None:
            return Stop(iterations=nodes, cancelled=rule.cancelled)
        seconds = min(share * rule.seconds, self.remaining)
        return Stop(seconds=seconds, cancelled=rule.cancelled)

    def better(self, solution: Solution) -> None:
        """A worker has a new best feasible solution of its own."""
        objective = self._objective(solution)
        with self._lock:
            if self._best is not None and objective >= self._best:
                return
            self._best = objective
            self._improved = self.iterations
        self._tell_now()

    def _tell_now(self) -> None:
        self._told = self.clock.elapsed
        if self._tell is not None:
            with self._lock:
                self._tell(self._best, self.iterations)
