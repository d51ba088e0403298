"""Small weeks for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.routing.problem import NONE
from optimizer.routing.week.problem import WeekProblem

HOUR = 3_600


def small_week(needs: list[dict[str, Any]], carers: list[dict[str, Any]], **changes: Any) -> Any:
    """A week of seven days; every need and carer has defaults for what is not said."""
    n, v = len(needs), len(carers)
    payers = changes.pop("payers", [])

    def of(rows: list[dict[str, Any]], name: str, default: Any) -> list[Any]:
        return [row.get(name, default) for row in rows]

    places = 1 + max([0, *of(needs, "place", 1)])
    grid = np.arange(places)
    hop = 300 * np.abs(grid[:, None] - grid[None, :])
    days = np.array([[day in row.get("days", range(7)) for day in range(7)] for row in needs])
    off = np.array([[day in row.get("off", ()) for row in carers] for day in range(7)])
    opens = np.where(off, NONE, np.array(of(carers, "open", 8 * HOUR)))
    closes = np.where(off, NONE, np.array(of(carers, "close", 17 * HOUR)))
    columns: dict[str, Any] = {
        "time": hop[None],
        "distance": hop[None],
        "need_client": of(needs, "client", 0),
        "need_place": of(needs, "place", 1),
        "need_duration": of(needs, "duration", 1_800),
        "window_indptr": np.arange(n + 1),
        "window_open": of(needs, "opens", 9 * HOUR),
        "window_close": of(needs, "closes", 11 * HOUR),
        "need_times": of(needs, "times", 3),
        "need_days": days.reshape(n, 7),
        "need_gap": of(needs, "gap", 1),
        "need_tolerance": of(needs, "tolerance", 1_800),
        "need_skills": of(needs, "skills", 0),
        "need_staff": of(needs, "staff", 1),
        "need_tier": of(needs, "tier", 0),
        "need_prize": of(needs, "prize", 10**7),
        "need_payer": of(needs, "payer", NONE),
        "need_price": of(needs, "price", 0),
        "payer_limit": np.array([limit for limit, _ in payers], dtype=np.int64),
        "payer_lapsing": np.array([lapsing for _, lapsing in payers], dtype=np.int64),
        "carer_mode": np.zeros(v, dtype=np.int8),
        "carer_start": np.zeros(v, dtype=np.int32),
        "carer_end": of(carers, "end", 0),
        "carer_skills": of(carers, "skills", 1),
        "shift_open": opens.reshape(7, v),
        "shift_close": closes.reshape(7, v),
        "carer_max_day": np.full((7, v), NONE),
        "carer_max_week": of(carers, "max_week", NONE),
        "carer_rest": of(carers, "rest", 11 * HOUR),
        "carer_fixed_cost": np.zeros(v, dtype=np.int64),
        "carer_time_cost": of(carers, "wage", 1),
        "carer_distance_cost": np.zeros(v, dtype=np.int64),
        "continuity_cost": 50_000,
        **changes,
    }
    return WeekProblem(**columns)
