"""``mtvrptwr``: several trips a day, windows, and loads that are ready only at a certain time.

Everything is in whole tenths, cut off, as PyVRP reads these files with ``round_func="dimacs"``;
distance alone counts. A trip leaves when the last of its loads is ready. Ours is the routing
solver on loading vehicles; the peer is PyVRP as its own reader makes the problem.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.readers.mtvrptwr import MultiTrip, read_multi_trip
from benchmarks.readers.text import best_values
from benchmarks.suite import Case, Limits, Outcome, Solution, Suite
from optimizer.routing.check import check
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import StepKind
from optimizer.routing.solve import solve
from optimizer.stop import Progress, Stop

__all__ = ["MTVRPTWR", "faults_of", "to_problem"]

Trips = Sequence[Sequence[int]]
"""Customers (from 1) of one vehicle's trips."""


def cases(data: Path | None) -> list[Case]:
    """All files, by name."""
    folder = None if data is None else data / "mtvrptwr"
    if folder is None or not folder.is_dir():
        return []
    best = best_values(folder / "best_known.csv", "instance", "bks")
    return [
        Case(path.stem, path, "min", best.get(path.stem)) for path in sorted(folder.glob("*.vrp"))
    ]


def to_problem(instance: MultiTrip) -> RoutingProblem:
    """The instance as a routing problem without customers worth leaving out."""
    n, v = instance.demand.size - 1, instance.vehicles
    zeros, none, idle = np.zeros(n, np.int64), np.zeros(0, np.int64), np.zeros(v, np.int64)
    columns: dict[str, Any] = dict(
        time=instance.ways[None],
        distance=instance.ways[None],
        task_place=np.arange(1, n + 1),
        task_end_place=np.arange(1, n + 1),
        task_duration=np.full(n, instance.service),
        window_indptr=np.arange(n + 1),
        window_open=instance.opens[1:],
        window_close=instance.closes[1:],
        task_skills=zeros,
        task_tier=zeros,
        task_prize=np.full(n, 2 * n * int(instance.ways.max()) + 1),
        task_staff=zeros + 1,
        task_load=instance.demand[1:, None],
        task_origin=np.full(n, NONE),
        task_freshness=np.full(n, NONE),
        task_release=instance.release[1:],
        **dict.fromkeys(("link_first", "link_second", "link_kind", "link_min", "link_max"), none),
        vehicle_mode=idle,
        vehicle_start=idle,
        vehicle_end=idle,
        vehicle_open=idle + instance.opens[0],
        vehicle_close=idle + instance.closes[0],
        vehicle_max_work=np.full(v, NONE),
        vehicle_skills=idle,
        vehicle_capacity=np.full((v, 1), instance.capacity),
        vehicle_max_trips=idle + n,
        vehicle_reload_indptr=np.arange(v + 1),
        vehicle_reload_place=idle,
        vehicle_loading=idle,
        vehicle_fixed_cost=idle,
        vehicle_time_cost=idle,
        vehicle_distance_cost=idle + 1,
        cost_scale=1,
    )
    return RoutingProblem(**columns)


def faults_of(instance: MultiTrip, days: Sequence[Trips]) -> str | None:
    """What is wrong with the vehicles' trips, None where nothing is."""
    served = sorted(customer for day in days for trip in day for customer in trip)
    expected = list(range(1, instance.demand.size))
    if served != expected:
        return f"{len(set(expected) - set(served))} customers unserved or some served twice"
    if len(days) > instance.vehicles:
        return f"{len(days)} vehicles, {instance.vehicles} there are"
    for day in days:
        now = int(instance.opens[0])
        for trip in day:
            if instance.demand[list(trip)].sum() > instance.capacity:
                return f"trip {list(trip)} is over capacity"
            now, here = max(now, int(instance.release[list(trip)].max(initial=0))), 0
            for there in (*trip, 0):
                now = max(now + int(instance.ways[here, there]), int(instance.opens[there]))
                if now > instance.closes[there]:
                    return f"node {there} is reached too late"
                now += instance.service if there else 0
                here = there
    return None


def _outcome(
    instance: MultiTrip, days: Sequence[Trips], seconds: float, trace: Sequence[tuple[float, float]]
) -> Outcome:
    """Checks trips and recomputes their length from the file."""
    wrong = faults_of(instance, days)
    if wrong is not None:
        return Outcome("no_solution", None, seconds, None, trace, note=wrong)
    ways = instance.ways
    cost = float(sum(int(ways[[0, *trip], [*trip, 0]].sum()) for day in days for trip in day))
    # VRPLIB numbers a customer from 1 in a route; the depot between two trips is 0, as in PyVRP.
    lines = [
        f"Route #{at}: {' 0 '.join(' '.join(map(str, trip)) for trip in day)}"
        for at, day in enumerate(days, 1)
    ]
    return Outcome(
        "feasible",
        cost,
        seconds,
        None,
        [*trace, (round(seconds, 3), cost)],
        {"vehicles": float(len(days)), "trips": float(sum(len(day) for day in days))},
        solution=Solution("\n".join([*lines, f"Cost {cost:.0f}"]) + "\n"),
    )


def ours(case: Case, limits: Limits) -> Outcome:
    """Our routing solver; its own checker sees the plan first."""
    instance = read_multi_trip(case.source)
    problem = to_problem(instance)
    trace: list[tuple[float, float]] = []
    prize = int(problem.task_prize.max(initial=0))

    def hear(news: Progress) -> None:
        if news.incumbent is not None and news.incumbent < prize:
            trace.append((round(news.seconds, 3), float(news.incumbent)))

    stop = Stop(
        seconds=None if limits.iterations is not None else limits.seconds,
        iterations=limits.iterations,
    )
    answer = solve(problem, stop=stop, seed=limits.seed, threads=limits.threads, progress=hear)
    broken = check(problem, answer)
    if broken:
        return Outcome("failed", None, answer.result.seconds, note=f"checker: {broken[0]}")
    days = []
    for route in answer.plan.routes:
        trips: list[list[int]] = []
        for step in route.steps:
            if step.kind is StepKind.LOAD:
                trips.append([])
            else:
                trips[-1].append(step.index + 1)
        days.append(trips)
    return _outcome(instance, days, answer.result.seconds, trace)


def run_pyvrp(case: Case, limits: Limits) -> Outcome:
    """PyVRP with its own reader and its own defaults, on one core."""
    pyvrp: Any = importlib.import_module("pyvrp")
    stopping: Any = importlib.import_module("pyvrp.stop")
    data = pyvrp.read(case.source, round_func="dimacs")
    stop = (
        stopping.MaxIterations(limits.iterations)
        if limits.iterations is not None
        else stopping.MaxRuntime(limits.seconds)
    )
    started = time.perf_counter()
    result = pyvrp.solve(data, stop=stop, seed=limits.seed, display=False)
    seconds = time.perf_counter() - started
    instance = read_multi_trip(case.source)
    if not result.is_feasible():
        return Outcome("no_solution", None, seconds)
    days = []
    for route in result.best.routes():
        trips: list[list[int]] = [[]]
        for stop_at in list(route)[1:-1]:
            if stop_at.is_client():
                trips[-1].append(stop_at.idx + 1)
            else:
                trips.append([])
        days.append([trip for trip in trips if trip])
    return _outcome(instance, days, seconds, [])


MTVRPTWR = Suite(
    name="mtvrptwr",
    about="min total distance in whole tenths, cut off; several trips, windows, release dates",
    seconds=60.0,
    cases=cases,
    ours=ours,
    peers={"pyvrp": run_pyvrp},
    packages={"pyvrp": ("pyvrp",)},
    smoke=("C201R0.25", 3.0),
)
