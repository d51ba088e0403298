"""Packing trips onto carriers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimizer.routing.pack import Limits, pack, time_trip
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.schedule import time_route
from optimizer.routing.trip_model import Day, Trip, TripModel
from optimizer.routing.trip_pool import Candidate
from tests.routing_cases import Task, Vehicle, build, line

LIMITS = Limits(work=1.0)
CARRIER = Vehicle(close=100, max_trips=3, reloads=(0,), loading=5, capacity=(10,), time_cost=1)


def street(*carriers: Vehicle, tasks: list[Task] | None = None) -> RoutingProblem:
    """A kitchen at 0 and stops at 10, 20, 30 and 40 along a street."""
    stops = tasks or [Task(place=k, load=(4,), prize=100 * k) for k in (1, 2, 3, 4)]
    return build(line(0, 10, 20, 30, 40), stops, carriers or [CARRIER], loads=1)


def out_and_back(model: TripModel, *tasks: int) -> Candidate:
    rows = tuple(int(model.problem.window_indptr[task]) for task in tasks)
    return Candidate(0, Trip(0, tasks, rows))


def served(days: list[tuple[int, Day]]) -> list[int]:
    return sorted(task for _, day in days for trip in day for task in trip.tasks)


def packed(model: TripModel, *trips: tuple[int, ...]) -> list[tuple[int, Day]]:
    days = pack(model, [out_and_back(model, *tasks) for tasks in trips], LIMITS)
    for vehicle, day in days:  # whatever is packed can be driven
        assert time_route(model.problem, vehicle, model.steps_of(day)) is not None
    return days


def test_trips_that_fit_the_shift_are_all_taken() -> None:
    # 5 + 20 + 1 and 5 + 40 + 1 ticks make 72 of the shift's 100.
    assert served(packed(TripModel(street()), (0,), (1,))) == [0, 1]


def test_a_carrier_cannot_be_in_two_trips_at_once() -> None:
    # Three trips take 26 + 46 + 66 ticks, the shift has 100: the dearest two that fit are 0 and 2.
    assert served(packed(TripModel(street()), (0,), (1,), (2,))) == [0, 2]


def test_a_second_carrier_takes_what_the_first_cannot() -> None:
    days = packed(TripModel(street(CARRIER, CARRIER)), (0,), (1,), (2,))
    assert served(days) == [0, 1, 2]
    assert [vehicle for vehicle, _ in days] == [0, 1]


def test_the_number_of_trips_is_kept() -> None:
    once = replace(CARRIER, max_trips=1)
    assert served(packed(TripModel(street(once)), (0,), (1,))) == [1]


def test_the_work_limit_is_kept() -> None:
    short = replace(CARRIER, max_work=50)
    assert served(packed(TripModel(street(short)), (0,), (1,))) == [1]


def test_windows_decide_the_order_of_trips() -> None:
    late = Task(place=1, load=(4,), windows=((70, 80),))
    early = Task(place=2, load=(4,), windows=((20, 30),))
    ((_, day),) = packed(TripModel(street(tasks=[late, early])), (0,), (1,))
    assert [trip.tasks for trip in day] == [(1,), (0,)]


def test_a_task_in_two_chosen_trips_is_served_once() -> None:
    long = replace(CARRIER, close=400)
    assert served(packed(TripModel(street(long)), (0, 1), (1, 2))) == [0, 1, 2]


def test_a_higher_tier_goes_first_whatever_the_prizes() -> None:
    tasks = [
        Task(place=4, load=(4,), tier=0, prize=1),
        Task(place=3, load=(4,), tier=1, prize=10**9),
    ]
    assert served(packed(TripModel(street(tasks=tasks)), (0,), (1,))) == [0]


def test_a_trip_too_long_to_stay_fresh_loses_its_late_drops() -> None:
    tasks = [Task(place=k, load=(3,), freshness=35) for k in (1, 3, 4)]
    assert served(packed(TripModel(street(tasks=tasks)), (0, 1, 2))) == [0, 1]


def test_cost_decides_between_packings_that_serve_the_same() -> None:
    days = packed(TripModel(street(replace(CARRIER, close=400))), (0,), (1,), (0, 1))
    assert [[trip.tasks for trip in day] for _, day in days] == [[(0, 1)]]


def test_nothing_to_pack_gives_nothing() -> None:
    assert pack(TripModel(street()), [], LIMITS) == []


def test_a_cancelled_packing_still_returns() -> None:
    model = TripModel(street())
    limits = Limits(seconds=5.0, cancelled=lambda: True)
    days = pack(model, [out_and_back(model, 0)], limits)
    assert served(days) in ([], [0])


def test_timing_is_exact_as_a_function_of_departure() -> None:
    tasks = [
        Task(place=1, duration=3, windows=((50, 60),), load=(1,), freshness=40),
        Task(place=3, duration=2, windows=((75, 90),), load=(1,), freshness=45),
    ]
    model = TripModel(street(tasks=tasks))
    timing = time_trip(model, 0, Trip(0, (0, 1), (0, 1)), model.empty())
    assert timing is not None
    # Way out 10, service 3, way on 20, service 2: 35 ticks without waiting; the second drop opens
    # at 75, so the trip ends at 77 at the earliest and leaves no sooner than 77 - 45.
    assert (timing.c, timing.a) == (35, 77)
    assert (timing.first, timing.last) == (32, 50)
    assert timing.metres == 30


@pytest.mark.parametrize("freshness", [34, 12])
def test_a_trip_that_no_departure_keeps_fresh_has_no_timing(freshness: int) -> None:
    tasks = [Task(place=1, duration=3, load=(1,)), Task(place=3, duration=2, freshness=freshness)]
    model = TripModel(street(tasks=tasks))
    assert time_trip(model, 0, Trip(0, (0, 1), (0, 1)), model.empty()) is None
