"""Holding linked and late visits at their times, so that routes can be looked at one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimizer.routing.problem import RoutingProblem
from optimizer.routing.solution import Route, StepKind

__all__ = ["hold"]


def hold(problem: RoutingProblem, routes: Sequence[Route]) -> RoutingProblem:
    """The problem in which tied and late tasks must start when the routes start them.

    Routes of the result depend on each other no more: one that keeps its windows breaks no link
    and makes nothing later. Tied tasks get the highest tier, so that none is given up without its
    partners. Links and staff counts stay, so that ``insert.plannable`` still says who is tied.
    """
    tied = problem.is_tied
    last_close = problem.window_close[problem.window_indptr[1:] - 1]
    held = {
        step.index: step.start
        for route in routes
        for step in route.steps
        if step.kind is StepKind.TASK and (tied[step.index] or step.start > last_close[step.index])
    }
    if not held:
        return problem
    windows = [
        np.full((1, 2), held[task]) if task in held else problem.windows(task)
        for task in range(problem.n_tasks)
    ]
    rows = np.concatenate(windows)
    return problem.replace(
        window_indptr=np.cumsum([0, *(len(row) for row in windows)]),
        window_open=rows[:, 0],
        window_close=rows[:, 1],
        task_tier=np.where(tied, 0, problem.task_tier),
    )
