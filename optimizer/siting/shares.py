"""How a question that takes many solves shares out its stop rule."""

from __future__ import annotations

from optimizer.stop import Stop, StopClock

__all__ = ["share"]


def share(clock: StopClock, parts: float) -> Stop:
    """The stop rule of the next solve, when ``parts`` solves of equal right are left.

    Time that a solve leaves over goes to those after it. The limit of iterations and the wish to
    cancel hold for every solve.
    """
    seconds = None if clock.rule.seconds is None else clock.remaining / max(parts, 1.0)
    return Stop(seconds, clock.rule.iterations, clock.rule.cancelled)
