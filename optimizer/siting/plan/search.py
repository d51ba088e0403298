"""The search that a request's objective asks for, on a built model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.result import SolveResult, Status, StopReason, versions_of
from optimizer.siting.engine import Reporter
from optimizer.siting.plan.max_min import fairest
from optimizer.siting.plan.min_worst import nearest_worst
from optimizer.siting.plan.model.whole import PlanModel
from optimizer.siting.plan.optimise import Found, Goal, optimise
from optimizer.siting.plan.problem import Assignments, PlanAnswer, PlanObjective
from optimizer.stop import StopClock

__all__ = ["HIGHS", "Searched", "goal_of", "no_plan", "plan_versions", "search"]

HIGHS = "highs"


@dataclass(frozen=True)
class Searched:
    """What a search came to; ``share_bounds`` for MAX_MIN only."""

    found: Found
    share_bounds: NDArray[np.int64]


def search(
    model: PlanModel,
    clock: StopClock,
    seed: int,
    reporter: Reporter,
    start: NDArray[np.int64] | None,
    first: NDArray[np.int64] | None,
) -> Searched:
    """The best point of a model.

    Args:
        model: the model.
        clock: the stop rule.
        seed: HiGHS' seed.
        reporter: told of incumbents and bounds.
        start: int64[c], a good point that keeps all rows.
        first: int64[c], any such point.
    """
    none = np.zeros(0, dtype=np.int64)
    if model.request.objective is PlanObjective.MAX_MIN:
        return Searched(
            *fairest(model, clock, seed=seed, reporter=reporter, start=start, first=first)
        )
    start = first if start is None else start
    if model.request.objective is PlanObjective.MIN_WORST:
        found = nearest_worst(model, clock, seed=seed, reporter=reporter, start=start)
        return Searched(found, none)
    goal = goal_of(model)
    found = optimise(model, goal, clock, seed=seed, reporter=reporter, start=start)
    return Searched(found, none)


def goal_of(model: PlanModel) -> Goal:
    """The objective as an expression; for MAX_MIN its last stage, none for MIN_WORST."""
    request = model.request
    if request.objective in (PlanObjective.MAX_VALUE, PlanObjective.MAX_MIN):
        return Goal(model.value, maximise=True)
    if request.objective is PlanObjective.MIN_COST:
        return Goal(model.cost, maximise=False)
    return Goal(model.travel + model.cost * request.cost_weight, maximise=False)


def no_plan(
    status: Status, bound: int | None, reason: StopReason, clock: StopClock, seed: int
) -> PlanAnswer:
    """An answer without a plan."""
    none = np.zeros((0, 0), dtype=np.int32)
    return PlanAnswer(
        option=none,
        parent=none,
        assignments=Assignments.none(),
        quota_site=np.zeros(0, dtype=np.int32),
        result=SolveResult(
            status=status,
            stop_reason=reason,
            objective=None,
            bound=bound,
            seconds=clock.elapsed,
            seed=seed,
            solver=HIGHS,
            versions=plan_versions(),
        ),
    )


def plan_versions() -> dict[str, str]:
    """Versions of what a plan is solved with."""
    return versions_of("highspy", "numpy", "scipy")
