"""``hhcrsp``: home health care with double-staffed and sequenced visits, soft windows.

Minimises (distance + total tardiness + largest tardiness) / 3. Inside, times and distances are
whole thousandths; the objective is recomputed from the file's real numbers: routes and their
order are the solver's, and starts are the solver's ticks as real numbers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.readers.hhcrsp import HomeCare, read_hhcrsp
from benchmarks.readers.text import best_values
from benchmarks.suite import Case, Limits, Outcome, Solution, Suite
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.solve import solve
from optimizer.stop import Progress, Stop

__all__ = ["HHCRSP", "TICKS", "Visit", "objective_of", "to_problem"]

TICKS = 1_000
"""Ticks per unit of the file: its matrices have three decimals."""
_EPSILON = 1e-6
Visit = tuple[int, float]
"""A service and its start in the file's units."""
_GROUPS = {10: "A", 25: "B", 50: "C", 75: "D", 100: "E", 200: "F", 300: "G"}


def cases(data: Path | None) -> list[Case]:
    """All files, small ones first, by group letter and number."""
    folder = None if data is None else data / "hhcrsp_mankowska"
    if folder is None or not folder.is_dir():
        return []
    best = best_values(folder / "best_known.csv", "instance", "best_known")
    named = sorted((_name(path), path) for path in folder.glob("*.json"))
    return [Case(name, path, "min", best.get(name)) for name, path in named]


def _name(path: Path) -> str:
    """``InstanzVNS_HCSRP_100_2`` is E2."""
    parts = path.stem.split("_")
    size = int(parts[-2]) if len(parts) >= 2 and parts[-2].isdigit() else 0
    return f"{_GROUPS[size]}{parts[-1]}" if size in _GROUPS else path.stem


def to_problem(instance: HomeCare) -> RoutingProblem:
    """The instance in thousandths; a service may be late and none is worth leaving out."""
    ways = np.rint(instance.distance * TICKS).astype(np.int64)
    n, v = instance.place.size, len(instance.caregiver)
    kinds = sorted({tuple(row) for row in instance.able.tolist()})
    skill = [1 << kinds.index(tuple(row)) for row in instance.able.tolist()]
    vehicle_skills = [
        sum(1 << bit for bit, kind in enumerate(kinds) if kind[carer]) for carer in range(v)
    ]
    ticks = {name: _ticks(getattr(instance, name)) for name in ("duration", "opens", "closes")}
    longest = int(ticks["closes"].max(initial=0)) + 2 * (
        int(ticks["duration"].sum()) + n * int(ways.max(initial=0))
    )
    pairs = instance.pairs
    zeros, idle = np.zeros(n, np.int64), np.zeros(v, np.int64)
    columns: dict[str, Any] = {
        "time": ways[None],
        "distance": ways[None],
        "task_place": instance.place,
        "task_end_place": instance.place,
        "task_duration": ticks["duration"],
        "window_indptr": np.arange(n + 1),
        "window_open": ticks["opens"],
        "window_close": ticks["closes"],
        "task_skills": skill,
        "task_tier": zeros,
        "task_prize": zeros + 4 * longest,
        "task_staff": zeros + 1,
        "task_load": np.zeros((n, 0), np.int64),
        "task_origin": zeros + NONE,
        "task_freshness": zeros + NONE,
        "task_late_cost": zeros + 1,
        "worst_late_cost": 1,
        "link_first": [pair.first for pair in pairs],
        "link_second": [pair.second for pair in pairs],
        "link_kind": [_kind(pair.least, pair.most) for pair in pairs],
        "link_min": _ticks([pair.least for pair in pairs]),
        "link_max": _ticks([pair.most for pair in pairs]),
        "vehicle_mode": idle,
        "vehicle_start": idle,
        "vehicle_end": idle,
        "vehicle_open": idle,
        "vehicle_close": idle + longest,
        "vehicle_max_work": idle + NONE,
        "vehicle_skills": vehicle_skills,
        "vehicle_capacity": np.zeros((v, 0), np.int64),
        "vehicle_max_trips": idle,
        "vehicle_reload_indptr": np.zeros(v + 1, np.int64),
        "vehicle_reload_place": np.zeros(0, np.int64),
        "vehicle_loading": idle,
        "vehicle_fixed_cost": idle,
        "vehicle_time_cost": idle,
        "vehicle_distance_cost": idle + 1,
        "ticks_per_second": TICKS,
        "cost_scale": 1,
    }
    return RoutingProblem(**columns)


def _ticks(values: Any) -> Any:
    return np.rint(np.asarray(values, dtype=np.float64) * TICKS).astype(np.int64)


def _kind(least: float, most: float) -> int:
    return int(LinkKind.SAME_START if least == most == 0 else LinkKind.SEQUENCE)


def objective_of(instance: HomeCare, routes: Sequence[Sequence[Visit]]) -> float | str:
    """The family's objective from the file's real numbers, or what is wrong with the routes.

    Args:
        instance: the instance.
        routes: per caregiver, in the file's order, the visits in order.
    """
    start: dict[int, float] = {}
    person: dict[int, int] = {}
    length = 0.0
    for carer, route in enumerate(routes):
        here, now = 0, 0.0
        for service, begin in route:
            there = int(instance.place[service])
            now += float(instance.distance[here, there])
            length += float(instance.distance[here, there])
            if service in start:
                return f"service {service} is done twice"
            if not instance.able[service, carer]:
                return f"caregiver {instance.caregiver[carer]} cannot do service {service}"
            if begin < max(now, float(instance.opens[service])) - _EPSILON:
                return f"service {service} starts too early"
            start[service], person[service] = begin, carer
            now = begin + float(instance.duration[service])
            here = there
        length += float(instance.distance[here, 0])
    if len(start) < instance.place.size:
        return f"{instance.place.size - len(start)} services are not done"
    for pair in instance.pairs:
        gap = start[pair.second] - start[pair.first]
        if not pair.least - _EPSILON <= gap <= pair.most + _EPSILON:
            return f"services {pair.first} and {pair.second} start {gap} apart"
        if person[pair.first] == person[pair.second]:
            return f"services {pair.first} and {pair.second} are done by one person"
    late = [max(0.0, begin - float(instance.closes[row])) for row, begin in start.items()]
    return (length + sum(late) + max(late, default=0.0)) / 3


def ours(case: Case, limits: Limits) -> Outcome:
    """Our routing solver."""
    instance = read_hhcrsp(case.source)
    problem = to_problem(instance)
    trace: list[tuple[float, float]] = []
    # A prize exceeds any plan that serves everybody, so a plan below it leaves nobody out.
    prize = int(problem.task_prize.max(initial=0))

    def hear(news: Progress) -> None:
        if news.incumbent is not None and news.incumbent < prize:
            trace.append((round(news.seconds, 3), news.incumbent / (3 * TICKS)))

    stop = Stop(
        seconds=None if limits.iterations is not None else limits.seconds,
        iterations=limits.iterations,
    )
    answer = solve(problem, stop=stop, seed=limits.seed, threads=limits.threads, progress=hear)
    seconds = answer.result.seconds
    routes: list[list[Visit]] = [[] for _ in instance.caregiver]
    for route in answer.plan.routes:
        routes[route.vehicle] = [(step.index, step.start / TICKS) for step in route.steps]
    cost = objective_of(instance, routes)
    if isinstance(cost, str):
        return Outcome("no_solution", None, seconds, None, trace, note=cost)
    return Outcome(
        "feasible",
        cost,
        seconds,
        None,
        trace,
        {"lateness": answer.result.parts["lateness"] / TICKS},
        solution=_solution(instance, routes),
    )


def _solution(instance: HomeCare, routes: Sequence[Sequence[Visit]]) -> Solution:
    """Routes per caregiver as JSON: patient, service, start and end."""
    told = [
        {
            "caregiver_id": carer,
            "locations": [
                {
                    "patient": instance.patient[service],
                    "service": instance.service[service],
                    "arrival_time": begin,
                    "departure_time": begin + float(instance.duration[service]),
                }
                for service, begin in route
            ],
        }
        for carer, route in zip(instance.caregiver, routes, strict=True)
    ]
    return Solution(json.dumps({"routes": told}, indent=2) + "\n", ".json")


HHCRSP = Suite(
    name="hhcrsp",
    about="min (distance + total tardiness + largest tardiness) / 3, real-valued times",
    seconds=60.0,
    cases=cases,
    ours=ours,
    smoke=("A2", 1.0),
)
