"""``vrptw``: Solomon and Gehring-Homberger in the DIMACS convention.

Distances are cut off after one decimal, the fleet is as large as the file says, total distance
is all that counts. Inside, everything is whole tenths; objectives are given in the file's units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.readers.solomon import Solomon, read_solomon
from benchmarks.readers.text import best_values
from benchmarks.suite import Case, Limits, Outcome, Solution, Solver, Suite
from benchmarks.suites.vrptw_peers import (
    PACKAGES,
    Solved,
    run_ortools,
    run_pyvrp,
    run_vroom,
)
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solve import solve
from optimizer.stop import Progress, Stop

__all__ = ["VRPTW", "faults_of"]


def cases(data: Path | None) -> list[Case]:
    """All files, small ones first."""
    folder = None if data is None else data / "vrptw"
    if folder is None or not folder.is_dir():
        return []
    best = best_values(folder / "best_known.csv", "instance", "dimacs_1dec_cost")
    files = sorted(folder.glob("*.txt"), key=lambda path: (_size(path), path.stem))
    return [Case(path.stem, path, "min", best.get(path.stem)) for path in files]


def _size(path: Path) -> int:
    """Gehring and Homberger's names say the size in hundreds: C1_10_1."""
    parts = path.stem.split("_")
    return int(parts[1]) if len(parts) == 3 and parts[1].isdigit() else 1


def to_problem(instance: Solomon) -> RoutingProblem:
    """The instance in tenths as a routing problem without drops worth their prize."""
    tenths = instance.tenths()
    n, v = instance.x.size - 1, instance.vehicles
    zeros, none = np.zeros(n, np.int64), np.zeros(0, np.int64)
    idle = np.zeros(v, np.int64)
    columns: dict[str, Any] = dict(
        time=tenths[None],
        distance=tenths[None],
        task_place=np.arange(1, n + 1),
        task_end_place=np.arange(1, n + 1),
        task_duration=10 * instance.service[1:],
        window_indptr=np.arange(n + 1),
        window_open=10 * instance.ready[1:],
        window_close=10 * instance.due[1:],
        task_skills=zeros,
        task_tier=zeros,
        task_prize=np.full(n, 2 * n * int(tenths.max()) + 1),
        task_staff=zeros + 1,
        task_load=instance.demand[1:, None],
        task_origin=np.full(n, NONE),
        task_freshness=np.full(n, NONE),
        **dict.fromkeys(("link_first", "link_second", "link_kind", "link_min", "link_max"), none),
        vehicle_mode=idle,
        vehicle_start=idle,
        vehicle_end=idle,
        vehicle_open=np.full(v, 10 * int(instance.ready[0])),
        vehicle_close=np.full(v, 10 * int(instance.due[0])),
        vehicle_max_work=np.full(v, NONE),
        vehicle_skills=idle,
        vehicle_capacity=np.full((v, 1), instance.capacity),
        vehicle_max_trips=idle,
        vehicle_reload_indptr=np.zeros(v + 1, np.int64),
        vehicle_reload_place=none,
        vehicle_loading=idle,
        vehicle_fixed_cost=idle,
        vehicle_time_cost=idle,
        vehicle_distance_cost=idle + 1,
        cost_scale=1,
    )
    return RoutingProblem(**columns)


def faults_of(instance: Solomon, routes: Sequence[Sequence[int]]) -> str | None:
    """What is wrong with routes of customer numbers, None where nothing is."""
    served = sorted(customer for route in routes for customer in route)
    expected = list(range(1, instance.x.size))
    if served != expected:
        return f"{len(set(expected) - set(served))} customers unserved or some served twice"
    if len(routes) > instance.vehicles:
        return f"{len(routes)} routes, {instance.vehicles} vehicles"
    tenths = instance.tenths()
    for route in routes:
        if instance.demand[list(route)].sum() > instance.capacity:
            return f"route {list(route)} is over capacity"
        here, now = 0, 10 * int(instance.ready[0])
        for there in (*route, 0):
            now = max(now + int(tenths[here, there]), 10 * int(instance.ready[there]))
            if now > 10 * instance.due[there]:
                return f"customer {there} is reached too late"
            now += 10 * int(instance.service[there])
            here = there
    return None


def _outcome(instance: Solomon, solved: Solved) -> Outcome:
    """Checks routes and recomputes their length from the file."""
    trace = [(at, tenths / 10) for at, tenths in solved.trace]
    if solved.routes is None:
        return Outcome("no_solution", None, solved.seconds, None, trace, note=solved.note)
    wrong = faults_of(instance, solved.routes)
    if wrong is not None:
        return Outcome("no_solution", None, solved.seconds, None, trace, note=wrong)
    tenths = instance.tenths()
    length = sum(int(tenths[[0, *route], [*route, 0]].sum()) for route in solved.routes)
    cost = length / 10
    lines = [
        f"Route #{at}: {' '.join(map(str, route))}" for at, route in enumerate(solved.routes, 1)
    ]
    return Outcome(
        "feasible",
        cost,
        solved.seconds,
        None,
        [*trace, (round(solved.seconds, 3), cost)],
        {"routes": float(len(solved.routes))},
        solved.note,
        Solution("\n".join([*lines, f"Cost {cost:.1f}"]) + "\n"),
    )


def ours(case: Case, limits: Limits) -> Outcome:
    """Our routing solver."""
    instance = read_solomon(case.source)
    problem = to_problem(instance)
    trace: list[tuple[float, float]] = []
    # A prize exceeds the longest tour, so a plan below it leaves nobody out.
    prize = int(problem.task_prize.max(initial=0))

    def hear(news: Progress) -> None:
        if news.incumbent is not None and news.incumbent < prize:
            trace.append((round(news.seconds, 3), float(news.incumbent)))

    stop = Stop(
        seconds=None if limits.iterations is not None else limits.seconds,
        iterations=limits.iterations,
    )
    answer = solve(problem, stop=stop, seed=limits.seed, threads=limits.threads, progress=hear)
    routes = [[task + 1 for task in route.tasks] for route in answer.plan.routes]
    return _outcome(instance, Solved(routes, answer.result.seconds, trace))


def _peer(run: Callable[[Solomon, Limits], Solved]) -> Solver:
    def solve_case(case: Case, limits: Limits) -> Outcome:
        instance = read_solomon(case.source)
        return _outcome(instance, run(instance, limits))

    return solve_case


VRPTW = Suite(
    name="vrptw",
    about="min total distance, cut off after one decimal (DIMACS); number of routes is free",
    seconds=60.0,
    cases=cases,
    ours=ours,
    peers={
        "pyvrp": _peer(run_pyvrp),
        "ortools": _peer(run_ortools),
        "vroom": _peer(run_vroom),
    },
    packages=PACKAGES,
    smoke=("C101", 2.0),
)
