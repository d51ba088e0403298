"""Compiling the week's kernels before a clock starts."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.result import StopReason
from optimizer.routing.terms import NONE
from optimizer.routing.warm import compile_rounds
from optimizer.routing.week.anneal import WeekSearch
from optimizer.routing.week.days import plan_days
from optimizer.routing.week.model import WeekModel
from optimizer.routing.week.patterns import bundles_of
from optimizer.routing.week.problem import WeekProblem

__all__ = ["tiny_week", "warm_up"]


def warm_up() -> None:
    """Plan a tiny week."""
    compile_rounds()
    problem = tiny_week()
    bundles = bundles_of(problem)
    model = WeekModel(problem, bundles)
    chain = WeekSearch(model, [bundle.sets[0] for bundle in bundles], 0)
    chain.step(0.0)
    chain.finish()
    plan_days(model, chain.state, seed=0, reason=StopReason.FINISHED)


def tiny_week() -> WeekProblem:
    """Two clients, two days, two carers; somebody stays out."""
    hop = np.array([[[0, 5], [5, 0]]])
    two, none = np.zeros(2, dtype=np.int64), np.zeros(0, dtype=np.int64)
    columns: dict[str, Any] = {
        "time": hop,
        "distance": hop,
        "need_client": np.arange(2),
        "need_place": two + 1,
        "need_duration": two + 60,
        "window_indptr": np.arange(3),
        "window_open": two,
        "window_close": two + 20,
        "need_times": two + 2,
        "need_days": np.ones((2, 2), dtype=np.bool_),
        "need_gap": two + 1,
        "need_tolerance": two + 10,
        "need_skills": two + 1,
        "need_staff": np.array([1, 2]),
        "need_tier": two,
        "need_prize": two + 10_000,
        "need_payer": two + NONE,
        "need_price": two,
        "payer_limit": none,
        "payer_lapsing": none,
        "carer_mode": two,
        "carer_start": two,
        "carer_end": two,
        "carer_skills": np.array([1, 3]),
        "shift_open": np.zeros((2, 2), dtype=np.int64),
        "shift_close": np.full((2, 2), 300),
        "carer_max_day": np.full((2, 2), NONE),
        "carer_max_week": two + 400,
        "carer_rest": two + 10,
        "carer_fixed_cost": two,
        "carer_time_cost": two + 1,
        "carer_distance_cost": two,
        "continuity_cost": 5,
        "balance_cost": 1,
    }
    return WeekProblem(**columns)
