"""Compiling the kernels before a clock starts."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from optimizer.routing.explain import explain
from optimizer.routing.insert import Rounds, mend
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.trip_anneal import anneal
from optimizer.routing.trip_model import TripModel
from optimizer.routing.trip_search_kernels import complete
from optimizer.stop import Stop

__all__ = ["compile_kernels"]


@cache
def compile_kernels() -> None:
    """Compile or load every kernel that planning trips uses, once per process.

    The first time on a machine this takes some ten seconds, later below one: too long to be
    taken from a lunch's half minute of planning, so it is done before the clock starts.
    """
    problem = _tiny()
    model = TripModel(problem)
    state = model.empty()
    complete(model.data, state, np.arange(problem.n_tasks))
    anneal(model, state, Stop(iterations=2).start())
    rounds = Rounds(problem)
    mend(rounds)
    explain(problem, rounds.plan())


def _tiny() -> RoutingProblem:
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
