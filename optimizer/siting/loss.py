"""What it costs to leave the best answer for another one, and how far that is proved."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.result import SolveResult

__all__ = ["Loss", "distance_from_best", "loss_between"]


@dataclass(frozen=True)
class Loss:
    """A worsening of an objective, >= 0 where the best answer is as good as it was called.

    Attributes:
        found: between the two answers at hand; negative where the second is the better one.
        least: proved: the true loss is at least this, None without a bound.
        most: proved: the true loss is at most this, None without a bound.
    """

    found: int
    least: int | None
    most: int | None

    @property
    def proved(self) -> bool:
        """Whether the true loss is known exactly."""
        return self.least is not None and self.least == self.most


def loss_between(
    best: SolveResult, other: SolveResult, *, maximise: bool, nested: bool = True
) -> Loss | None:
    """The loss between the optima of two problems, each known by an answer and a bound.

    Args:
        best: the result without the change.
        other: the result with it.
        maximise: whether larger objectives are better.
        nested: every answer of the second problem is one of the first, so nothing can be won.

    Returns:
        None where either has no answer.
    """
    if best.objective is None or other.objective is None:
        return None
    sign = 1 if maximise else -1
    least = None if other.bound is None else sign * (best.objective - other.bound)
    most = None if best.bound is None else sign * (best.bound - other.objective)
    if nested and least is not None:
        least = max(0, least)
    return Loss(sign * (best.objective - other.objective), least, most)


def distance_from_best(best: SolveResult, objective: int, *, maximise: bool) -> Loss | None:
    """How far an answer of the same problem lies from the optimum, None without a best answer."""
    if best.objective is None:
        return None
    sign = 1 if maximise else -1
    found = sign * (best.objective - objective)
    most = None if best.bound is None else sign * (best.bound - objective)
    return Loss(found, max(0, found), most)
