"""Small routing problems for tests: rows in, a RoutingProblem out; seeded random ones too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.explain import explain
from optimizer.routing.problem import NONE, UNREACHABLE, LinkKind, RoutingProblem
from optimizer.routing.schedule import cost_parts, time_route
from optimizer.routing.solution import Plan, RoutingAnswer, StepKind
from optimizer.routing.solve import count_plan

ALL_DAY = ((0, 10_000),)


@dataclass(frozen=True)
class Task:
    place: int
    duration: int = 1
    windows: Sequence[tuple[int, int]] = ALL_DAY
    end_place: int | None = None
    skills: int = 0
    tier: int = 0
    prize: int = 1_000_000
    staff: int = 1
    load: Sequence[int] | None = None
    origin: int = NONE
    freshness: int = NONE


@dataclass(frozen=True)
class Vehicle:
    start: int = 0
    end: int = 0
    open: int = 0
    close: int = 10_000
    mode: int = 0
    max_work: int = NONE
    skills: int = 0
    capacity: Sequence[int] | None = None
    max_trips: int = 0
    reloads: Sequence[int] = ()
    loading: int = 0
    fixed_cost: int = 0
    time_cost: int = 1
    distance_cost: int = 0


@dataclass(frozen=True)
class Link:
    first: int
    second: int
    kind: LinkKind = LinkKind.SEQUENCE
    low: int = 0
    high: int = 0


def line(*at: int) -> np.ndarray:
    """Travel times between points on a line."""
    x = np.array(at)
    return np.abs(x[:, None] - x[None, :])


def build(
    time: ArrayLike,
    tasks: Sequence[Task],
    vehicles: Sequence[Vehicle],
    *,
    distance: ArrayLike | None = None,
    links: Sequence[Link] = (),
    loads: int = 0,
    **changes: Any,
) -> RoutingProblem:
    """A problem from rows; ``time`` may be [P, P] (one mode) or [M, P, P]."""
    time = np.asarray(time)
    time = time[None] if time.ndim == 2 else time
    distance = np.where(time < UNREACHABLE, time, 0) if distance is None else np.asarray(distance)
    distance = distance[None] if distance.ndim == 2 else distance
    windows = [window for task in tasks for window in task.windows]
    task_load = [list(task.load or [0] * loads) for task in tasks]
    capacity = [list(vehicle.capacity or [0] * loads) for vehicle in vehicles]
    columns: dict[str, Any] = {
        "time": time,
        "distance": distance,
        "task_place": [t.place for t in tasks],
        "task_end_place": [t.place if t.end_place is None else t.end_place for t in tasks],
        "task_duration": [t.duration for t in tasks],
        "window_indptr": np.cumsum([0] + [len(t.windows) for t in tasks]),
        "window_open": [w[0] for w in windows],
        "window_close": [w[1] for w in windows],
        "task_skills": [t.skills for t in tasks],
        "task_tier": [t.tier for t in tasks],
        "task_prize": [t.prize for t in tasks],
        "task_staff": [t.staff for t in tasks],
        "task_load": np.array(task_load, dtype=np.int64).reshape(len(tasks), loads),
        "task_origin": [t.origin for t in tasks],
        "task_freshness": [t.freshness for t in tasks],
        "link_first": [x.first for x in links],
        "link_second": [x.second for x in links],
        "link_kind": [int(x.kind) for x in links],
        "link_min": [x.low for x in links],
        "link_max": [x.high for x in links],
        "vehicle_mode": [v.mode for v in vehicles],
        "vehicle_start": [v.start for v in vehicles],
        "vehicle_end": [v.end for v in vehicles],
        "vehicle_open": [v.open for v in vehicles],
        "vehicle_close": [v.close for v in vehicles],
        "vehicle_max_work": [v.max_work for v in vehicles],
        "vehicle_skills": [v.skills for v in vehicles],
        "vehicle_capacity": np.array(capacity, dtype=np.int64).reshape(len(vehicles), loads),
        "vehicle_max_trips": [v.max_trips for v in vehicles],
        "vehicle_reload_indptr": np.cumsum([0] + [len(v.reloads) for v in vehicles]),
        "vehicle_reload_place": [p for v in vehicles for p in v.reloads],
        "vehicle_loading": [v.loading for v in vehicles],
        "vehicle_fixed_cost": [v.fixed_cost for v in vehicles],
        "vehicle_time_cost": [v.time_cost for v in vehicles],
        "vehicle_distance_cost": [v.distance_cost for v in vehicles],
    }
    return RoutingProblem(**{**columns, **changes})


def random_windows(
    rng: np.random.Generator, horizon: int, at_most: int
) -> tuple[tuple[int, int], ...]:
    """Disjoint ascending windows within [0, horizon]."""
    count = int(rng.integers(1, at_most + 1))
    cuts = np.sort(rng.choice(horizon + 1, size=2 * count, replace=False))
    return tuple((int(a), int(b)) for a, b in cuts.reshape(count, 2))


def random_times(rng: np.random.Generator, places: int, longest: int, holes: float) -> np.ndarray:
    """Asymmetric times, no triangle inequality, some pairs unreachable."""
    time = rng.integers(0, longest + 1, size=(places, places))
    time[rng.random((places, places)) < holes] = UNREACHABLE
    np.fill_diagonal(time, 0)
    return time


def random_visits(
    seed: int,
    *,
    tasks: int = 8,
    vehicles: int = 3,
    horizon: int = 120,
    places: int = 6,
    hard: bool = True,
) -> RoutingProblem:
    """A day of visits; ``hard`` mixes in unreachable pairs, two-carer and linked visits."""
    rng = np.random.default_rng(seed)
    modes = 2
    holes = 0.05 if hard else 0.0
    time = np.stack([random_times(rng, places, 15, holes) for _ in range(modes)])
    distance = rng.integers(0, 20, size=time.shape)
    rows = [
        Task(
            place=int(rng.integers(places)),
            end_place=int(rng.integers(places)) if rng.random() < 0.2 else None,
            duration=int(rng.integers(1, 20)),
            windows=random_windows(rng, horizon, 3),
            skills=int(rng.integers(4)) if rng.random() < 0.4 else 0,
            tier=int(rng.integers(3)),
            prize=int(rng.integers(100, 2000)),
            staff=2 if hard and rng.random() < 0.1 else 1,
            load=(int(rng.integers(3)),),
        )
        for _ in range(tasks)
    ]
    carers = [
        Vehicle(
            start=int(rng.integers(places)),
            end=NONE if rng.random() < 0.3 else int(rng.integers(places)),
            open=int(rng.integers(0, horizon // 3)),
            close=int(rng.integers(horizon // 2, horizon + 20)),
            mode=int(rng.integers(modes)),
            max_work=int(rng.integers(horizon // 3, horizon)) if rng.random() < 0.5 else NONE,
            skills=int(rng.integers(4)),
            capacity=(int(rng.integers(3, 12)),),
            fixed_cost=int(rng.integers(0, 20)),
            time_cost=int(rng.integers(0, 4)),
            distance_cost=int(rng.integers(0, 4)),
        )
        for _ in range(vehicles)
    ]
    links = [Link(0, 1, LinkKind.SEQUENCE, 0, 30)] if hard and rng.random() < 0.3 else []
    return build(time, rows, carers, distance=distance, links=links, loads=1)


def random_meals(
    seed: int,
    *,
    stops: int = 8,
    carriers: int = 2,
    kitchens: int = 2,
    horizon: int = 150,
    places: int = 7,
    holes: float = 0.0,
) -> RoutingProblem:
    """A lunch: kitchens are the first places, carriers load there and make several trips."""
    rng = np.random.default_rng(seed)
    time = random_times(rng, places, 12, holes)
    rows = [
        Task(
            place=int(rng.integers(kitchens, places)),
            duration=int(rng.integers(1, 5)),
            windows=random_windows(rng, horizon, 2),
            tier=int(rng.integers(2)),
            prize=int(rng.integers(100, 2000)),
            load=(int(rng.integers(1, 5)),),
            origin=int(rng.integers(kitchens)) if rng.random() < 0.7 else NONE,
            freshness=int(rng.integers(10, 50)) if rng.random() < 0.8 else NONE,
        )
        for _ in range(stops)
    ]
    fleet = [
        Vehicle(
            start=int(rng.integers(places)),
            end=NONE if rng.random() < 0.3 else int(rng.integers(places)),
            open=int(rng.integers(0, horizon // 3)),
            close=int(rng.integers(horizon // 2, horizon + 20)),
            max_work=int(rng.integers(horizon // 2, horizon)) if rng.random() < 0.3 else NONE,
            capacity=(int(rng.integers(5, 12)),),
            max_trips=int(rng.integers(1, 4)),
            reloads=tuple(range(kitchens))
            if rng.random() < 0.6
            else (int(rng.integers(kitchens)),),
            loading=int(rng.integers(0, 4)),
            fixed_cost=int(rng.integers(0, 20)),
            time_cost=int(rng.integers(0, 4)),
            distance_cost=int(rng.integers(0, 4)),
        )
        for _ in range(carriers)
    ]
    return build(time, rows, fleet, loads=1)


def station_day(seed: int, *, visits: int = 300, carers: int = 40) -> RoutingProblem:
    """A believable day of a station: e-bikes and walkers, morning and noon peaks, five skills.

    Ten per cent of the visits need two carers; costs are 2,000 fen an hour and 20 fen a
    kilometre at 1,000 cost units a fen.
    """
    rng = np.random.default_rng(seed)
    places = visits + 3
    at = rng.uniform(0, 5_000, size=(places, 2))
    metres = np.abs(at[:, None] - at[None, :]).sum(axis=2).round().astype(np.int64)
    time = np.stack([metres / 4.0, metres / 1.2]).round().astype(np.int64)
    peak = rng.choice([8, 11, 15], size=visits, p=[0.4, 0.35, 0.25])
    opens = ((peak + rng.uniform(-0.5, 2, visits)) * 3600).astype(int)
    rows = [
        Task(
            place=3 + i,
            duration=60 * int(rng.choice([20, 30, 45, 60, 90])),
            windows=((int(opens[i]), int(opens[i]) + 60 * int(rng.choice([30, 60, 120, 240]))),),
            skills=int(rng.choice([0, 1, 2, 4, 8, 3], p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05])),
            tier=int(rng.choice([0, 1, 2], p=[0.2, 0.3, 0.5])),
            prize=100_000_000,
            staff=2 if rng.random() < 0.1 else 1,
        )
        for i in range(visits)
    ]
    people = [
        Vehicle(
            start=int(rng.integers(3)),
            end=NONE if rng.random() < 0.2 else int(rng.integers(3)),
            open=3600 * int(rng.choice([7, 8, 9])),
            close=3600 * int(rng.choice([16, 17, 18])),
            mode=int(rng.random() < 0.15),
            max_work=8 * 3600,
            skills=int(rng.choice([0, 1, 3, 5, 7, 15], p=[0.2, 0.3, 0.2, 0.1, 0.1, 0.1])),
            time_cost=555,
            distance_cost=20,
        )
        for _ in range(carers)
    ]
    return build(time, rows, people, distance=np.stack([metres, metres]))


def answer_of(
    problem: RoutingProblem, *days: tuple[int, Sequence[tuple[StepKind, int]]]
) -> RoutingAnswer:
    """The answer that has these vehicles do these steps at their best timing."""
    routes = []
    for vehicle, steps in days:
        route = time_route(problem, vehicle, steps)
        assert route is not None
        routes.append(route)
    served = {task for route in routes for task in route.tasks}
    unserved = tuple(task for task in range(problem.n_tasks) if task not in served)
    plan = Plan(tuple(routes), unserved)
    parts = cost_parts(problem, routes)
    parts["unserved"] = int(problem.task_prize[list(unserved)].sum())
    result = SolveResult(
        status=Status.FEASIBLE,
        stop_reason=StopReason.FINISHED,
        objective=sum(parts.values()),
        bound=None,
        seconds=0.0,
        seed=None,
        solver="hand",
        parts=parts,
    )
    return RoutingAnswer(plan, explain(problem, plan), result, count_plan(problem, plan))
