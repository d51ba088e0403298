"""``week``: a demo town's week of home visits, against planning each of its days alone.

Our planner gets the week whole. In the same run every day is planned alone: the same visits on
the same days, all their windows, whole shifts, by :func:`solve` without any regard for who came
on the other days. Mean carers per client and travel of both stand in the figures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.suite import Case, Limits, Outcome, Suite
from benchmarks.towns import town_file
from optimizer.routing.check import check
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import RoutingAnswer
from optimizer.routing.solve import solve
from optimizer.routing.week.check import check_week
from optimizer.routing.week.problem import WeekProblem
from optimizer.routing.week.solution import WeekAnswer, WeekDay
from optimizer.routing.week.solve import solve_week
from optimizer.stop import Progress, Stop
from scenarios.district import open_district
from scenarios.files import load_scenario
from scenarios.week.case import compile_week, read_week

__all__ = ["WEEK", "alone", "load"]

_DAY_SHARE = 8
"""A day alone gets this part of the week's seconds: about as much time per day and thread."""


def cases(data: Path | None) -> list[Case]:
    """The demo towns."""
    return [Case(f"week-{size}", size, "min") for size in ("S", "M", "L")]


def load(size: Literal["S", "M", "L"]) -> WeekProblem:
    """The week as the planner gets it."""
    scenario, folder = load_scenario(town_file(size).with_name("week.yaml"))
    assert scenario.week is not None
    return compile_week(open_district(scenario, folder), read_week(scenario.week, folder)).problem


def ours(case: Case, limits: Limits) -> Outcome:
    """Our planner; the independent checker recomputes rules, reasons and costs."""
    problem = load(case.source)
    trace: list[tuple[float, float]] = []

    def hear(news: Progress) -> None:
        if news.incumbent is not None and (not trace or news.incumbent < trace[-1][1]):
            trace.append((round(news.seconds, 3), float(news.incumbent)))

    timed = limits.iterations is None
    stop = Stop(seconds=limits.seconds if timed else None, iterations=limits.iterations)
    threads = max(2, limits.threads)
    answer = solve_week(problem, stop=stop, seed=limits.seed, threads=threads, progress=hear)
    result = answer.result
    broken = check_week(problem, answer)
    if broken:
        return Outcome("failed", None, result.seconds, note=f"checker: {broken[0].text()}")
    day_stop = Stop(
        seconds=limits.seconds / _DAY_SHARE if timed else None, iterations=limits.iterations
    )
    days = alone(problem, answer, stop=day_stop, seed=limits.seed, threads=threads)
    assert result.objective is not None
    return Outcome(
        str(result.status),
        float(result.objective),
        result.seconds,
        None,
        trace,
        _figures(problem, answer, days),
    )


def alone(
    problem: WeekProblem, answer: WeekAnswer, *, stop: Stop, seed: int, threads: int
) -> list[RoutingAnswer]:
    """Every day of a planned week on its own, checked.

    Raises:
        ValueError: the checker refuses a day.
    """

    def plan(day: WeekDay) -> RoutingAnswer:
        whole = _unbound(problem, day)
        found = solve(whole, stop=stop, seed=seed)
        broken = check(whole, found)
        if broken:
            raise ValueError(f"day {day.day} alone: {broken[0]}")
        return found

    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(plan, answer.days))


def _unbound(problem: WeekProblem, day: WeekDay) -> RoutingProblem:
    """A day's problem with all windows of its visits and whole shifts."""
    windows = [problem.windows(need) for need, _ in day.visits]
    table = np.concatenate([np.zeros((0, 2), dtype=np.int64), *windows])
    works = problem.shift_open[day.day] != NONE
    return day.problem.replace(
        window_indptr=np.cumsum([0, *(len(rows) for rows in windows)]),
        window_open=table[:, 0],
        window_close=table[:, 1],
        vehicle_open=np.where(works, problem.shift_open[day.day], 0),
        vehicle_close=np.where(works, problem.shift_close[day.day], 0),
        vehicle_max_work=np.where(works, problem.carer_max_day[day.day], 0),
    )


def _figures(
    problem: WeekProblem, answer: WeekAnswer, days: Sequence[RoutingAnswer]
) -> dict[str, float]:
    seen: dict[int, set[int]] = defaultdict(set)
    travel = served = 0
    for day, found in zip(answer.days, days, strict=True):
        served += day.problem.n_tasks - len(found.plan.unserved)
        for route in found.plan.routes:
            travel += _travel(day.problem, route.vehicle, route.tasks)
            for task in route.tasks:
                need, _ = day.visits[task]
                seen[int(problem.need_client[need])].add(route.vehicle)
    mean_alone = sum(map(len, seen.values())) / max(1, len(seen))
    mean = answer.counts["carers_mean_milli"] / 1000
    mine = answer.counts["travel_ticks"] / problem.ticks_per_second
    hours = np.array(answer.work, dtype=np.float64).sum(axis=0) / 3600 / problem.ticks_per_second
    return {
        "served": float(answer.counts["served"]),
        "served_alone": float(served),
        "carers": mean,
        "carers_alone": mean_alone,
        "carers_ratio": mean / max(1e-9, mean_alone),
        "carers_max": float(answer.counts["carers_max"]),
        "travel_h": mine / 3600,
        "travel_h_alone": travel / 3600 / problem.ticks_per_second,
        "travel_ratio": mine / max(1, travel),
        "hours_least": float(hours.min()),
        "hours_most": float(hours.max()),
    }


def _travel(problem: RoutingProblem, vehicle: int, tasks: Sequence[int]) -> int:
    """Ticks on the way of a round."""
    mode = problem.vehicle_mode[vehicle]
    here, total = int(problem.vehicle_start[vehicle]), 0
    for task in tasks:
        there = int(problem.task_place[task])
        total += int(problem.time[mode, here, there])
        here = int(problem.task_end_place[task])
    end = int(problem.vehicle_end[vehicle])
    return total if end == NONE else total + int(problem.time[mode, here, end])


WEEK = Suite(
    name="week",
    about="min cost of a week of visits (wages, carers per client, balance, unserved), cost units",
    seconds=150.0,
    cases=cases,
    ours=ours,
    smoke=("week-S", 4.0),
)
