"""Lunches with a hidden plan that serves every stop, so that answers can be measured against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.schedule import cost_parts, time_route
from optimizer.routing.solution import Route, StepKind
from tests.routing_cases import Task, Vehicle, build

MINUTE = 60
FIRST, LAST = 10 * 3600 + 45 * MINUTE, 12 * 3600 + 30 * MINUTE
"""The delivery window of the lunch."""

# name, metres per second, boxes, trips, cost units per second and metre, fixed cost units
MODES = (
    ("van", 5.5, 90, 3, 900, 120, 20_000_000),
    ("e-bike", 4.2, 30, 4, 700, 15, 2_000_000),
    ("on foot", 1.15, 12, 4, 600, 0, 0),
)


@dataclass(frozen=True)
class Lunch:
    """A lunch and the plan it was made from."""

    problem: RoutingProblem
    hidden: tuple[Route, ...]

    @property
    def hidden_cost(self) -> int:
        """Cost units of the hidden plan, which serves every stop."""
        return sum(cost_parts(self.problem, self.hidden).values())


def lunch(
    seed: int = 0,
    *,
    orders: int = 800,
    stops: int = 320,
    fleet: tuple[int, int, int] = (3, 9, 4),
    freshness: int = 50 * MINUTE,
    window: int = 40 * MINUTE,
    bound: float = 0.3,
) -> Lunch:
    """A lunch in a town of 6 x 5 km with clustered compounds and two kitchens.

    Args:
        seed: random seed.
        orders: boxes in all.
        stops: buildings they go to.
        fleet: vans, e-bikes, walkers at hand. Stops that the hidden plan cannot reach with them
            are left out of the problem, so that the hidden plan is complete.
        freshness: ticks since the kitchen.
        window: width of a stop's delivery window, ticks.
        bound: share of stops that only their hidden kitchen may serve.
    """
    rng = np.random.default_rng(seed)
    xy = _town(rng, stops)
    boxes = np.bincount(rng.integers(0, stops, orders), minlength=stops) + (orders < stops)
    boxes = np.maximum(boxes, 1)
    metres = np.abs(xy[:, None, :] - xy[None, :, :]).sum(axis=2)
    distance = np.repeat(np.rint(metres)[None].astype(np.int64), len(MODES), axis=0)
    time = np.stack([np.rint(metres / mode[1]) for mode in MODES]).astype(np.int64)
    service = 60 + 35 * boxes
    vehicles = []
    for mode, count in enumerate(fleet):
        _, _, room, trips, per_second, per_metre, fixed = MODES[mode]
        for number in range(count):
            home = number % 2
            vehicles.append(
                Vehicle(
                    start=home,
                    end=home,
                    open=10 * 3600,
                    close=13 * 3600,
                    mode=mode,
                    capacity=(room,),
                    max_trips=trips,
                    reloads=(home,) if mode else (0, 1),
                    loading=5 * MINUTE if mode == 0 else 3 * MINUTE,
                    fixed_cost=fixed,
                    time_cost=per_second,
                    distance_cost=per_metre,
                )
            )
    rounds, moment = _hidden_rounds(rng, vehicles, time, service, boxes, freshness)
    served = np.flatnonzero(moment >= 0)
    origin = np.full(stops, NONE)
    for _, trips in rounds:
        for kitchen, tasks in trips:
            origin[tasks] = np.where(rng.random(len(tasks)) < bound, kitchen, NONE)
    number = {int(stop): row for row, stop in enumerate(served)}
    rows = []
    for stop in served:
        early = max(FIRST, int(moment[stop] - rng.integers(0, window + 1)))
        rows.append(
            Task(
                place=2 + int(stop),
                duration=int(service[stop]),
                windows=((early, max(int(moment[stop]), min(LAST, early + window))),),
                tier=int(rng.choice(3, p=(0.2, 0.3, 0.5))),
                prize=50_000_000 * int(boxes[stop]),
                load=(int(boxes[stop]),),
                origin=int(origin[stop]),
                freshness=freshness,
            )
        )
    problem = build(time, rows, vehicles, distance=distance, loads=1)
    routes = []
    for vehicle, trips in rounds:
        steps = []
        for kitchen, tasks in trips:
            steps.append((StepKind.LOAD, kitchen))
            steps += [(StepKind.TASK, number[task]) for task in tasks]
        route = time_route(problem, vehicle, steps)
        assert route is not None, "the hidden plan keeps every rule"
        routes.append(route)
    assert sum(len(route.tasks) for route in routes) == problem.n_tasks
    return Lunch(problem, tuple(routes))


def _town(rng: np.random.Generator, stops: int) -> NDArray[np.float64]:
    """Two kitchens and the stops, metres; stops cluster in compounds."""
    compounds = rng.uniform((0, 0), (6000, 5000), size=(max(4, stops // 8), 2))
    at = compounds[rng.integers(0, len(compounds), stops)] + rng.normal(0, 120, size=(stops, 2))
    return np.vstack([[[1800, 1500], [4300, 3600]], at])


def _hidden_rounds(
    rng: np.random.Generator,
    vehicles: list[Vehicle],
    time: NDArray[np.int64],
    service: NDArray[np.int64],
    boxes: NDArray[np.int64],
    freshness: int,
) -> tuple[list[tuple[int, list[tuple[int, list[int]]]]], NDArray[np.int64]]:
    """Nearest-neighbour trips, one carrier after another: rounds and each stop's start (-1)."""
    moment = np.full(service.size, -1)
    rounds = []
    order = rng.permutation(len(vehicles))
    for v in sorted(order, key=lambda index: -vehicles[index].mode):
        vehicle = vehicles[v]
        legs = time[vehicle.mode]
        now = vehicle.open
        trips: list[tuple[int, list[int]]] = []
        here = vehicle.start
        for _ in range(vehicle.max_trips):
            kitchen = int(vehicle.reloads[rng.integers(len(vehicle.reloads))])
            ready = now + int(legs[here, kitchen]) + vehicle.loading
            tasks, now = _hidden_trip(
                vehicle, kitchen, ready, legs, service, boxes, freshness, moment
            )
            if not tasks:
                break
            trips.append((kitchen, tasks))
            here = 2 + tasks[-1]
            if now >= LAST:
                break
        if trips:
            rounds.append((int(v), trips))
    return sorted(rounds), moment


def _hidden_trip(
    vehicle: Vehicle,
    kitchen: int,
    ready: int,
    legs: NDArray[np.int64],
    service: NDArray[np.int64],
    boxes: NDArray[np.int64],
    freshness: int,
    moment: NDArray[np.int64],
) -> tuple[list[int], int]:
    """Drops from nearest to nearest until room, freshness or time runs out; the last one's end."""
    capacity = (vehicle.capacity or (0,))[0]
    tasks: list[int] = []
    now = leave = ready
    here, room = kitchen, capacity
    while True:
        reach = legs[here, 2:].astype(float)
        if not tasks:  # on foot near the kitchen, the others further out
            reach = reach if vehicle.mode == 2 else np.abs(reach - np.median(reach) * 0.7)
        reach[(moment >= 0) | (boxes > room)] = np.inf
        if not np.isfinite(reach.min()):
            break
        stop = int(np.argmin(reach))
        start = now + int(legs[here, 2 + stop])
        if not tasks and start < FIRST:
            leave += FIRST - start
            start = FIRST
        end = start + int(service[stop])
        back = end + int(legs[2 + stop, vehicle.end])
        if end - leave > freshness or start > LAST or back > vehicle.close:
            break
        moment[stop] = start
        tasks.append(stop)
        room -= int(boxes[stop])
        now, here = end, 2 + stop
    return tasks, now
