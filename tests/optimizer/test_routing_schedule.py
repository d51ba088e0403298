"""Timing of one route: worked examples."""

from __future__ import annotations

import pytest

from optimizer.routing.problem import NONE, UNREACHABLE
from optimizer.routing.schedule import codes_of, cost_parts, steps_of, time_route
from optimizer.routing.solution import Route, StepKind
from tests.routing_cases import Task, Vehicle, build, line

LOAD, TASK = StepKind.LOAD, StepKind.TASK


def starts(route: Route | None) -> list[int]:
    assert route is not None
    return [step.start for step in route.steps]


def test_leaves_as_late_as_the_least_duration_asks_and_no_later():
    problem = build(line(0, 10, 20), [Task(1, 5, ((50, 60),)), Task(2, 5)], [Vehicle()])
    route = time_route(problem, 0, [(TASK, 0), (TASK, 1)])
    assert route is not None
    assert (route.depart, route.end) == (40, 40 + 10 + 5 + 10 + 5 + 20)
    assert starts(route) == [50, 65]


def test_a_gap_between_windows_is_waited_out_by_leaving_later():
    tasks = [Task(1, 5, ((50, 60),)), Task(2, 5, ((80, 90),))]
    problem = build(line(0, 10, 20), tasks, [Vehicle()])
    route = time_route(problem, 0, [(TASK, 0), (TASK, 1)])
    assert route is not None
    assert (route.depart, route.end) == (50, 105)
    assert [(s.arrive, s.start, s.finish) for s in route.steps] == [(60, 60, 65), (75, 80, 85)]


def test_a_later_window_of_the_first_task_shortens_the_day():
    tasks = [Task(0, 1, ((0, 0), (70, 80))), Task(0, 1, ((75, 75),))]
    problem = build(line(0), tasks, [Vehicle()])
    route = time_route(problem, 0, [(TASK, 0), (TASK, 1)])
    assert route is not None
    assert (route.depart, route.end, starts(route)) == (74, 76, [74, 75])


def test_shift_and_maximum_work_bind():
    problem = build(line(0, 10), [Task(1, 5, ((50, 60),))], [Vehicle(close=75)])
    assert time_route(problem, 0, [(TASK, 0)]) is not None
    assert time_route(problem.replace(vehicle_close=[64]), 0, [(TASK, 0)]) is None
    assert time_route(problem.replace(vehicle_open=[51]), 0, [(TASK, 0)]) is None
    assert time_route(problem.replace(vehicle_max_work=[25]), 0, [(TASK, 0)]) is not None
    assert time_route(problem.replace(vehicle_max_work=[24]), 0, [(TASK, 0)]) is None


def test_an_open_end_spares_the_way_home():
    problem = build(line(0, 10), [Task(1, 5, ((50, 60),))], [Vehicle(end=NONE, close=55)])
    route = time_route(problem, 0, [(TASK, 0)])
    assert route is not None
    assert (route.depart, route.end) == (40, 55)


def test_an_escort_goes_on_from_where_it_ends():
    tasks = [Task(1, 5, end_place=2), Task(2, 5)]
    problem = build(line(0, 10, 100), tasks, [Vehicle()])
    route = time_route(problem, 0, [(TASK, 0), (TASK, 1)])
    assert route is not None
    assert route.end - route.depart == 10 + 5 + 0 + 5 + 100


def test_skills_and_unreachable_legs_forbid():
    time = line(0, 10, 20)
    problem = build(time, [Task(1, skills=2), Task(2)], [Vehicle(skills=2), Vehicle(skills=1)])
    assert time_route(problem, 0, [(TASK, 0)]) is not None
    assert time_route(problem, 1, [(TASK, 0)]) is None
    time[2, 0] = UNREACHABLE
    cut = build(time, [Task(1), Task(2)], [Vehicle(), Vehicle(end=NONE)])
    assert time_route(cut, 0, [(TASK, 1)]) is None
    assert time_route(cut, 0, [(TASK, 1), (TASK, 0)]) is not None
    assert time_route(cut, 1, [(TASK, 1)]) is not None


def test_food_waits_in_the_kitchen_not_in_the_bag():
    tasks = [Task(1, 2, ((50, 60),), load=[3], origin=0, freshness=12)]
    carrier = Vehicle(start=2, end=NONE, capacity=[3], max_trips=1, reloads=[0], loading=4)
    problem = build(line(0, 10, 25), tasks, [carrier], loads=1)
    route = time_route(problem, 0, [(LOAD, 0), (TASK, 0)])
    assert route is not None
    load, drop = route.steps
    assert (load.start, load.finish) == (36, 40)
    assert (drop.arrive, drop.start, drop.finish) == (50, 50, 52)
    assert time_route(problem.replace(task_freshness=[11]), 0, [(LOAD, 0), (TASK, 0)]) is None


def test_two_trips_wait_at_the_kitchen_between_them():
    tasks = [
        Task(1, 2, ((20, 25),), load=[3], freshness=15),
        Task(1, 2, ((60, 65),), load=[3], freshness=15),
    ]
    carrier = Vehicle(capacity=[3], max_trips=2, reloads=[0], loading=4)
    problem = build(line(0, 10), tasks, [carrier], loads=1)
    steps = [(LOAD, 0), (TASK, 0), (LOAD, 0), (TASK, 1)]
    route = time_route(problem, 0, steps)
    assert route is not None
    assert [(s.start, s.finish) for s in route.steps] == [(11, 15), (25, 27), (46, 50), (60, 62)]
    assert (route.depart, route.end) == (11, 72)
    assert time_route(problem.replace(vehicle_max_trips=[1]), 0, steps) is None
    one_trip = [(LOAD, 0), (TASK, 0), (TASK, 1)]
    assert time_route(problem, 0, one_trip) is None  # over capacity
    assert time_route(problem.replace(vehicle_capacity=[[6]]), 0, one_trip) is None  # stale


def test_origin_binds_the_trip_to_its_kitchen():
    tasks = [Task(2, origin=1), Task(2)]
    carrier = Vehicle(max_trips=2, reloads=[0, 1])
    problem = build(line(0, 5, 10), tasks, [carrier, Vehicle(max_trips=2, reloads=[0])])
    assert time_route(problem, 0, [(LOAD, 1), (TASK, 0), (TASK, 1)]) is not None
    assert time_route(problem, 0, [(LOAD, 0), (TASK, 0)]) is None
    assert time_route(problem, 1, [(LOAD, 1), (TASK, 0)]) is None  # may not load there
    assert time_route(problem, 0, [(TASK, 1), (LOAD, 1), (TASK, 0)]) is None  # loads first


def test_who_loads_nowhere_takes_nothing_that_must_be_loaded():
    problem = build(line(0, 5), [Task(1, origin=0), Task(1, freshness=99), Task(1)], [Vehicle()])
    assert time_route(problem, 0, [(TASK, 0)]) is None
    assert time_route(problem, 0, [(TASK, 1)]) is None
    assert time_route(problem, 0, [(LOAD, 0), (TASK, 2)]) is None
    assert time_route(problem, 0, [(TASK, 2)]) is not None


def test_cost_parts_count_every_leg():
    vehicle = Vehicle(fixed_cost=100, time_cost=2, distance_cost=3)
    problem = build(line(0, 10, 30), [Task(1, 5), Task(2, 5)], [vehicle])
    route = time_route(problem, 0, [(TASK, 0), (TASK, 1)])
    assert route is not None
    assert cost_parts(problem, [route]) == {"fixed": 100, "time": 2 * 70, "distance": 3 * 60}


def test_refuses_steps_that_do_not_exist():
    problem = build(line(0, 10), [Task(1)], [Vehicle()])
    for steps in ([], [(TASK, 1)], [(LOAD, 2)], [(TASK, -1)]):
        with pytest.raises(ValueError):
            time_route(problem, 0, steps)


def test_codes_and_steps_are_one_to_one():
    steps = ((LOAD, 0), (TASK, 3), (LOAD, 4), (TASK, 0))
    assert steps_of(codes_of(steps)) == steps
