"""Transport cuts at the root: the linear relaxation, cut until nothing more is gained.

The linear program stays in one HiGHS object, so that every round starts from the basis of the one
before (Gomory's cutting planes, with cuts from maximum flows).
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from optimizer.siting.highs import as_lp
from optimizer.siting.plan.model.program import Linear
from optimizer.siting.plan.model.whole import PlanModel
from optimizer.stop import StopClock

__all__ = ["add_root_cuts"]

_ROUNDS = 60
_CUTS_PER_ROUND = 300
_LEAST_PROGRESS = 1e-6
_ASK_SECONDS = 0.02


def add_root_cuts(
    model: PlanModel, line: Linear, clock: StopClock, *, maximise: bool, seed: int, seconds: float
) -> NDArray[np.float64] | None:
    """Add cuts to the model's program that the relaxation's best points break.

    Args:
        model: its program grows by the cuts.
        line: the objective.
        clock: the stop rule.
        maximise: whether more of the objective is better.
        seed: HiGHS' seed.
        seconds: most time to spend.

    Returns:
        float64[c], the last point of the relaxation, None without one.
    """
    ends = clock.elapsed + seconds
    solver = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("random_seed", seed % 2**31)):
        solver.setOptionValue(name, value)
    solver.cbSimplexInterrupt += _Interrupt(clock)
    solver.passModel(as_lp(model.program.model(line, maximise=maximise, relaxed=True)))
    point: NDArray[np.float64] | None = None
    before = float("inf")
    for _ in range(_ROUNDS):
        left = min(clock.remaining, ends - clock.elapsed)
        if left <= 0 or clock.reason() is not None:
            return point
        # HiGHS counts the time of all its runs.
        solver.setOptionValue("time_limit", solver.getRunTime() + left)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return point
        point = np.array(solver.getSolution().col_value, dtype=np.float64)
        reached = float(solver.getInfo().objective_function_value)
        cuts = model.broken_cuts(point, _CUTS_PER_ROUND)
        for cut in cuts:
            cut.add_to(model.program)
            solver.addRow(
                -highspy.kHighsInf,
                0.0,
                cut.column.size,
                cut.column.astype(np.int32),
                cut.coefficient.astype(np.float64),
            )
        slow = abs(reached - before) <= _LEAST_PROGRESS * max(1.0, abs(reached))
        if slow or not cuts:
            return point
        before = reached
    return point


class _Interrupt:
    """Ends a run soon after the stop rule says so; it is asked in every simplex iteration."""

    def __init__(self, clock: StopClock) -> None:
        self._clock, self._asked = clock, clock.elapsed

    def __call__(self, event: Any) -> None:
        if self._clock.elapsed - self._asked < _ASK_SECONDS:
            return
        self._asked = self._clock.elapsed
        if self._clock.reason() is not None:
            event.interrupt()
