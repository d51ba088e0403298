"""Timing of one route against every integer timing there is."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.routing.problem import NONE, UNREACHABLE, RoutingProblem
from optimizer.routing.schedule import time_route
from optimizer.routing.solution import Route, StepKind
from tests.routing_cases import Task, Vehicle, build, random_windows

LOAD, TASK = StepKind.LOAD, StepKind.TASK
HORIZON = 26


def shortest_by_enumeration(
    problem: RoutingProblem, steps: list[tuple[StepKind, int]]
) -> int | None:
    """Least time from departure to end over all integer timings of vehicle 0; times only."""
    travel = problem.time[problem.vehicle_mode[0]]
    close = int(problem.vehicle_close[0])
    limit = int(problem.vehicle_max_work[0])
    home = int(problem.vehicle_end[0])

    def ends(i: int, now: int, here: int, leave: int | None) -> set[int]:
        """Every end that can follow when free at ``now`` in ``here``."""
        if i == len(steps):
            way = 0 if home == NONE else int(travel[here, home])
            return {now + way} if way < UNREACHABLE and now + way <= close else set()
        kind, index = steps[i]
        there = index if kind is LOAD else int(problem.task_place[index])
        way = int(travel[here, there])
        if way >= UNREACHABLE:
            return set()
        found: set[int] = set()
        for begin in range(now + way, close + 1):
            if kind is LOAD:
                done = begin + int(problem.vehicle_loading[0])
                found |= ends(i + 1, done, there, done)
                continue
            if not any(low <= begin <= high for low, high in problem.windows(index)):
                continue
            done = begin + int(problem.task_duration[index])
            fresh = int(problem.task_freshness[index])
            if fresh != NONE and (leave is None or done - leave > fresh):
                continue
            found |= ends(i + 1, done, int(problem.task_end_place[index]), leave)
        return found

    best: int | None = None
    for depart in range(int(problem.vehicle_open[0]), close + 1):
        for end in ends(0, depart, int(problem.vehicle_start[0]), None):
            if limit == NONE or end - depart <= limit:
                best = end - depart if best is None else min(best, end - depart)
    return best


def case(seed: int, *, meals: bool) -> tuple[RoutingProblem, list[tuple[StepKind, int]]]:
    rng = np.random.default_rng(seed)
    time = rng.integers(0, 5, size=(3, 3))
    count = int(rng.integers(1, 4))
    tasks = [
        Task(
            place=int(rng.integers(3)),
            end_place=int(rng.integers(3)),
            duration=int(rng.integers(4)),
            windows=random_windows(rng, HORIZON - 4, 3),
            freshness=int(rng.integers(3, 14)) if meals and rng.random() < 0.8 else NONE,
        )
        for _ in range(count)
    ]
    vehicle = Vehicle(
        start=int(rng.integers(3)),
        end=int(rng.integers(-1, 3)),
        open=int(rng.integers(0, 8)),
        close=int(rng.integers(14, HORIZON)),
        max_work=int(rng.integers(8, HORIZON)) if rng.random() < 0.4 else NONE,
        max_trips=count if meals else 0,
        reloads=(0,) if meals else (),
        loading=int(rng.integers(3)),
    )
    steps: list[tuple[StepKind, int]] = []
    for index in range(count):
        if meals and (index == 0 or rng.random() < 0.4):
            steps.append((LOAD, 0))
        steps.append((TASK, index))
    return build(time, tasks, [vehicle]), steps


def assert_keeps_the_rules(problem: RoutingProblem, route: Route) -> None:
    travel = problem.time[problem.vehicle_mode[route.vehicle]]
    now, here, leave = route.depart, int(problem.vehicle_start[route.vehicle]), None
    assert now >= problem.vehicle_open[route.vehicle]
    for step in route.steps:
        there = step.index if step.kind is LOAD else int(problem.task_place[step.index])
        assert step.arrive == now + travel[here, there]
        assert step.arrive <= step.start
        here, now = there, step.finish
        if step.kind is LOAD:
            leave = step.finish
            continue
        assert any(low <= step.start <= high for low, high in problem.windows(step.index))
        fresh = int(problem.task_freshness[step.index])
        assert fresh == NONE or (leave is not None and step.finish - leave <= fresh)
        here = int(problem.task_end_place[step.index])
    home = int(problem.vehicle_end[route.vehicle])
    assert route.end == now + (0 if home == NONE else travel[here, home])
    assert route.end <= problem.vehicle_close[route.vehicle]


@settings(derandomize=True, max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), meals=st.booleans())
def test_the_least_duration_is_the_least_there_is(seed: int, meals: bool):
    problem, steps = case(seed, meals=meals)
    route = time_route(problem, 0, steps)
    expected = shortest_by_enumeration(problem, steps)
    if route is None:
        assert expected is None
        return
    assert route.end - route.depart == expected
    assert_keeps_the_rules(problem, route)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), meals=st.booleans(), data=st.data())
def test_a_wider_window_never_hurts(seed: int, meals: bool, data: st.DataObject):
    problem, steps = case(seed, meals=meals)
    before = time_route(problem, 0, steps)
    row = data.draw(st.integers(0, problem.window_open.size - 1))
    close = problem.window_close.copy()
    last_of_task = row + 1 in problem.window_indptr
    room = HORIZON if last_of_task else int(problem.window_open[row + 1] - close[row]) - 1
    close[row] += data.draw(st.integers(0, max(0, room)))
    after = time_route(problem.replace(window_close=close), 0, steps)
    if before is not None:
        assert after is not None
        assert after.end - after.depart <= before.end - before.depart


@settings(derandomize=True, max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), meals=st.booleans())
def test_no_earlier_departure_is_as_short(seed: int, meals: bool):
    problem, steps = case(seed, meals=meals)
    route = time_route(problem, 0, steps)
    if route is None or route.depart == problem.vehicle_open[0]:
        return
    length = route.end - route.depart
    earlier = problem.replace(vehicle_close=[route.end - 1])
    other = time_route(earlier, 0, steps)
    assert other is None or other.end - other.depart > length
