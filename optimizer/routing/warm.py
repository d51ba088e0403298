"""Compiling the kernels before a clock starts.

The first time on a machine this takes some ten seconds, later below one: too long to be taken
from half a minute of planning.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from optimizer.routing.explain import explain
from optimizer.routing.insert import Rounds, mend
from optimizer.routing.problem import NONE, RoutingProblem

__all__ = ["compile_rounds", "tiny_problem"]


@cache
def compile_rounds() -> None:
    """Compile or load the kernels of timing, insertion and reasons, once per process."""
    problem = tiny_problem()
    rounds = Rounds(problem)
    mend(rounds)
    explain(problem, rounds.plan())


def tiny_problem() -> RoutingProblem:
    """A carrier with room for one of two stops, so that something stays out."""
    hop = np.array([[[0, 5], [5, 0]]])
    empty = np.zeros(0, dtype=np.int64)
    two, one = np.zeros(2, dtype=np.int64), np.zeros(1, dtype=np.int64)
    columns: dict[str, Any] = {
        "time": hop,
        "distance": hop,
        "task_place": two + 1,
        "task_end_place": two + 1,
        "task_duration": two + 1,
        "window_indptr": np.arange(3),
        "window_open": two,
        "window_close": two + 100,
        "task_skills": two,
        "task_tier": np.array([1, 0]),
        "task_prize": two + 10,
        "task_staff": two + 1,
        "task_load": np.ones((2, 1), dtype=np.int64),
        "task_origin": two + NONE,
        "task_freshness": two + 50,
        "link_first": empty,
        "link_second": empty,
        "link_kind": empty,
        "link_min": empty,
        "link_max": empty,
        "vehicle_mode": one,
        "vehicle_start": one,
        "vehicle_end": one,
        "vehicle_open": one,
        "vehicle_close": one + 200,
        "vehicle_max_work": one + NONE,
        "vehicle_skills": one,
        "vehicle_capacity": np.ones((1, 1), dtype=np.int64),
        "vehicle_max_trips": one + 1,
        "vehicle_reload_indptr": np.array([0, 1]),
        "vehicle_reload_place": one,
        "vehicle_loading": one,
        "vehicle_fixed_cost": one,
        "vehicle_time_cost": one + 1,
        "vehicle_distance_cost": one,
    }
    return RoutingProblem(**columns)
