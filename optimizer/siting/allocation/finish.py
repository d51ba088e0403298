"""HiGHS on what the bounds leave over of a capacitated location problem.

A guessed cut between bound and best answer leaves a small core, which HiGHS solves: either it
holds the optimum, or the cut is itself a proved bound and the next guess lies higher.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.allocation.climb import Climb, narrowed
from optimizer.siting.allocation.core import Core
from optimizer.siting.allocation.program import core_program
from optimizer.siting.allocation.search import Best
from optimizer.siting.highs import OutcomeStatus, run
from optimizer.stop import StopClock

__all__ = ["finish"]

# The first core holds about so many pairs per row, later ones twice as many as the one before.
_PAIRS_PER_ROW = 5
_SMALLEST_CORE = 500
_GUESSES = 12
# Without an answer no cut is guessed beyond so many times the bound.
_FARTHEST = 4


def finish(best: Best, climb: Climb, clock: StopClock, seed: int) -> tuple[StopReason, bool]:
    """Close the gap between bound and best answer with HiGHS.

    Returns:
        Why it ended, and whether it is proved that there is no answer.
    """
    most_pairs = max(_SMALLEST_CORE, _PAIRS_PER_ROW * best.core.amount.size)
    while not best.is_proved:
        cut, core = _core_of_size(best, climb, most_pairs)
        reason, is_infeasible = _solve(best, core, cut, clock, seed)
        if cut is None or reason is not StopReason.FINISHED:
            return reason, is_infeasible
        if best.value is not None and best.value << core.shift < cut:
            break
        most_pairs *= 2
    return StopReason.FINISHED, False


def _core_of_size(best: Best, climb: Climb, most_pairs: int) -> tuple[int | None, Core]:
    """The core of the highest cut that leaves at most so many pairs.

    Returns:
        The scaled cut, and its core: all answers below the cut lie in it. A cut just above the
        best answer keeps answers as good; None stands for no cut at all.
    """
    shift, low = best.core.shift, best.bound << best.core.shift
    if best.value is None:
        if best.core.size <= most_pairs:
            return None, best.core
        top = max(1, _FARTHEST * low)
    else:
        top = (best.value << shift) + 1
    _, core = narrowed(best.core, climb.best, top)
    if core.size <= most_pairs:
        return top, core
    cut = low
    for _ in range(_GUESSES):
        middle = (cut + top) // 2
        _, guess = narrowed(best.core, climb.best, middle)
        if guess.size <= most_pairs:
            cut, core = middle, guess
        else:
            top = middle
    if cut == low:
        return top, narrowed(best.core, climb.best, top)[1]
    return cut, core


def _solve(
    best: Best, core: Core, cut: int | None, clock: StopClock, seed: int
) -> tuple[StopReason, bool]:
    """Solve the core of all answers below a scaled cut; its bound holds up to the cut."""
    most = None if cut is None else -((-cut) >> core.shift)

    def lift(bound: int) -> None:
        best.lift(bound if most is None else min(most, bound))

    if most is not None and _is_empty(core):
        lift(most)
        return StopReason.FINISHED, False
    program = core_program(core, best.bound if best.value is None else best.value)
    start = None if best.value is None else program.start(core, best.is_open, best.units)

    def watch(_: float | None, bound: float | None) -> None:
        if bound is not None:
            lift(program.lower(bound))

    outcome = run(program.model, clock, seed=seed, start=start, watch=watch)
    _take(best, core, outcome.values, program.sites)
    if outcome.status is OutcomeStatus.INFEASIBLE:
        if most is not None:
            lift(most)
        return StopReason.FINISHED, most is None
    if outcome.bound is not None:
        lift(program.lower(outcome.bound))
    return outcome.stop_reason, False


def _is_empty(core: Core) -> bool:
    """Whether a row has lost all its pairs: no answer lies below the cut."""
    return bool((np.bincount(core.row, minlength=core.amount.size) == 0).any())


def _take(
    best: Best, core: Core, values: NDArray[np.float64] | None, sites: NDArray[np.int64]
) -> None:
    """Take over HiGHS' answer: its sites, and its single rows."""
    if values is None:
        return
    is_open = np.zeros(core.state.size, dtype=np.bool_)
    is_open[sites[values[: sites.size] > 0.5]] = True
    units = np.zeros(best.units.size, dtype=np.int64)
    single = core.single[core.row] & (values[sites.size :] > 0.5)
    units[core.pair[single]] = core.amount[core.row[single]]
    best.try_units(is_open, units)
