"""A day of a week as a routing problem, from the week's columns and what the day may use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.problem import RoutingProblem
from optimizer.routing.terms import NONE, LinkKind
from optimizer.routing.week.problem import WeekProblem

__all__ = ["DayLimits", "day_problem"]


@dataclass(frozen=True, eq=False)
class DayLimits:
    """What the rest of the week leaves to the days.

    Attributes:
        opens, closes: int64[D, V], shifts, 0 on days off. work: int64[D, V], most ticks.
        starts: int64[N, 2], earliest and latest start of every visit, NONE for all windows.
    """

    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    work: NDArray[np.int64]
    starts: NDArray[np.int64]


def day_problem(
    week: WeekProblem, limits: DayLimits, day: int, visits: Sequence[tuple[int, int]]
) -> RoutingProblem:
    """The problem of a day.

    Args:
        week: the week.
        limits: what the days may use.
        day: which.
        visits: (need, number) of every task, in the order of the tasks.
    """
    needs = [need for need, _ in visits]
    windows = [
        limits.starts[need][None] if limits.starts[need, 0] != NONE else week.windows(need)
        for need in needs
    ]
    table = np.concatenate([np.zeros((0, 2), dtype=np.int64), *windows])
    works = week.shift_open[day] != NONE
    zeros = np.zeros(len(needs), dtype=np.int64)
    idle = np.zeros(week.n_carers, dtype=np.int64)
    columns: dict[str, Any] = {
        "time": week.time,
        "distance": week.distance,
        "task_place": week.need_place[needs],
        "task_end_place": week.need_place[needs],
        "task_duration": week.need_duration[needs],
        "window_indptr": np.cumsum([0, *(len(rows) for rows in windows)]),
        "window_open": table[:, 0],
        "window_close": table[:, 1],
        "task_skills": week.need_skills[needs],
        "task_tier": week.need_tier[needs],
        "task_prize": week.need_prize[needs],
        "task_staff": week.need_staff[needs],
        "task_load": np.zeros((len(needs), 0), dtype=np.int64),
        "task_origin": zeros + NONE,
        "task_freshness": zeros + NONE,
        "vehicle_mode": week.carer_mode,
        "vehicle_start": week.carer_start,
        "vehicle_end": week.carer_end,
        "vehicle_open": limits.opens[day],
        "vehicle_close": limits.closes[day],
        "vehicle_max_work": limits.work[day],
        "vehicle_skills": np.where(works, week.carer_skills, 0),
        "vehicle_capacity": np.zeros((week.n_carers, 0), dtype=np.int64),
        "vehicle_max_trips": idle,
        "vehicle_reload_indptr": np.zeros(week.n_carers + 1, dtype=np.int64),
        "vehicle_reload_place": idle[:0],
        "vehicle_loading": idle,
        "vehicle_fixed_cost": week.carer_fixed_cost,
        "vehicle_time_cost": week.carer_time_cost,
        "vehicle_distance_cost": week.carer_distance_cost,
        "ticks_per_second": week.ticks_per_second,
        "cost_scale": week.cost_scale,
        **_links(week, visits),
    }
    if week.pair_allowed.size:
        columns["pair_allowed"] = week.pair_allowed[needs]
    if week.pair_cost.size:
        columns["pair_cost"] = week.pair_cost[needs]
    return RoutingProblem(**columns)


def _links(week: WeekProblem, visits: Sequence[tuple[int, int]]) -> dict[str, Any]:
    task = {visit: at for at, visit in enumerate(visits)}
    numbers: dict[int, list[int]] = defaultdict(list)
    for need, number in visits:
        numbers[need].append(number)
    rows = [
        (task[first, n], task[second, n], LinkKind.SEQUENCE, low, high)
        for first, second, low, high in zip(
            week.link_first.tolist(),
            week.link_second.tolist(),
            week.link_min.tolist(),
            week.link_max.tolist(),
            strict=True,
        )
        for n in numbers[first]
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    names = ("link_first", "link_second", "link_kind", "link_min", "link_max")
    return dict(zip(names, table, strict=True))
