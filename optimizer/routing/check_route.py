"""The checker's rules about one route: times, places, breaks, tasks, trips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.problem import NONE, UNREACHABLE, RoutingProblem
from optimizer.routing.solution import Route, Step, StepKind
from optimizer.routing.violations import Violation, ViolationKind

__all__ = ["legs", "measured", "punctuality", "route_faults"]

_K = ViolationKind


def legs(problem: RoutingProblem, route: Route) -> list[tuple[int, int]]:
    """(from, to) of the way before every step, and of the way home where there is one.

    A break without a place is taken where the next step with a place is, or at the end; NONE as
    the target marks one after the last step of a day that ends there, where nobody moves.
    """
    home = int(problem.vehicle_end[route.vehicle])
    ahead = home
    stops: list[tuple[int, int]] = []
    for step in reversed(route.steps):
        stops.append(_place(problem, step, ahead))
        ahead = stops[-1][0]
    ways = []
    here = int(problem.vehicle_start[route.vehicle])
    for there, after in reversed(stops):
        ways.append((here, there))
        here = here if after == NONE else after
    return ways if home == NONE else [*ways, (here, home)]


def measured(matrix: NDArray[np.int32], ways: list[tuple[int, int]]) -> list[int]:
    """Ticks or metres of every way."""
    return [0 if b == NONE else int(matrix[a, b]) for a, b in ways]


def _place(problem: RoutingProblem, step: Step, ahead: int) -> tuple[int, int]:
    """Where a step begins and where it ends; NONE for a break wherever the person then is."""
    if step.kind is StepKind.LOAD:
        return step.index, step.index
    if step.kind is StepKind.TASK:
        return int(problem.task_place[step.index]), int(problem.task_end_place[step.index])
    place = int(problem.break_place[step.index])
    place = ahead if place == NONE else place
    return place, place


def punctuality(problem: RoutingProblem, step: Step) -> tuple[int, int, bool]:
    """Ticks early, ticks late, and whether a close may be overrun, for a task's step."""
    task = step.index
    windows = problem.windows(task)
    opened = int(np.searchsorted(windows[:, 0], step.start, side="right"))
    row = max(0, opened - 1)
    moment = step.finish if problem.window_at_end[task] else step.start
    early = max(0, int(windows[row, 0]) - step.start)
    late = max(0, moment - int(windows[row, 1]))
    is_soft = bool(problem.task_late_cost[task] != NONE)
    return (
        early,
        late,
        is_soft and (row == len(windows) - 1 or bool(problem.task_late_window[task])),
    )


def route_faults(problem: RoutingProblem, route: Route) -> Iterator[Violation]:
    """Every rule that a route breaks by itself."""
    yield from _time_faults(problem, route)
    yield from _shift_faults(problem, route)
    yield from _break_faults(problem, route)
    yield from _task_faults(problem, route)
    yield from _trip_faults(problem, route)


def _time_faults(problem: RoutingProblem, route: Route) -> Iterator[Violation]:
    vehicle = route.vehicle
    time = problem.time[problem.vehicle_mode[vehicle]]
    ways = legs(problem, route)
    ticks = measured(time, ways)
    now = route.depart
    for step, (here, there), way in zip(route.steps, ways, ticks, strict=False):
        task = step.index if step.kind is StepKind.TASK else None
        if way >= UNREACHABLE:
            yield Violation(_K.UNREACHABLE_LEG, vehicle, task, here, there)
        elif step.arrive != now + way:
            yield Violation(_K.WRONG_ARRIVAL, vehicle, task, step.arrive, now + way)
        if step.start < step.arrive:
            yield Violation(_K.STARTS_BEFORE_ARRIVAL, vehicle, task, step.start, step.arrive)
        now = step.finish
    way = ticks[-1] if len(ticks) > len(route.steps) else 0
    if way >= UNREACHABLE:
        yield Violation(_K.UNREACHABLE_LEG, vehicle, None, *ways[-1])
    elif route.end != now + way:
        yield Violation(_K.WRONG_END, vehicle, got=route.end, expected=now + way)
    limit = int(problem.vehicle_max_travel[vehicle])
    if limit != NONE and sum(ticks) > limit:
        yield Violation(_K.TOO_MUCH_TRAVEL, vehicle, got=sum(ticks), expected=limit)


def _shift_faults(problem: RoutingProblem, route: Route) -> Iterator[Violation]:
    vehicle = route.vehicle
    opens, closes = int(problem.vehicle_open[vehicle]), int(problem.vehicle_close[vehicle])
    overtime = int(problem.vehicle_overtime[vehicle])
    if route.depart < opens:
        yield Violation(_K.DEPARTS_BEFORE_SHIFT, vehicle, got=route.depart, expected=opens)
    if overtime == 0 and route.end > closes:
        yield Violation(_K.ENDS_AFTER_SHIFT, vehicle, got=route.end, expected=closes)
    elif route.end > closes + overtime:
        got = route.end - closes
        yield Violation(_K.TOO_MUCH_OVERTIME, vehicle, got=got, expected=overtime)
    limit, work = int(problem.vehicle_max_work[vehicle]), route.end - route.depart
    if limit != NONE and work > limit:
        yield Violation(_K.TOO_MUCH_WORK, vehicle, got=work, expected=limit)


def _break_faults(problem: RoutingProblem, route: Route) -> Iterator[Violation]:
    vehicle = route.vehicle
    steps = [step for step in route.steps if step.kind is StepKind.BREAK]
    taken = Counter(step.index for step in steps)
    for row, count in taken.items():
        if problem.break_vehicle[row] != vehicle:
            yield Violation(_K.FOREIGN_BREAK, vehicle, got=row)
        if count > 1:
            yield Violation(_K.BREAK_TWICE, vehicle, got=row)
    for row in np.flatnonzero(problem.break_vehicle == vehicle).tolist():
        if row not in taken and problem.break_prize[row] == NONE:
            yield Violation(_K.BREAK_MISSED, vehicle, got=row)
    for step in steps:
        row = step.index
        took, length = step.finish - step.start, int(problem.break_length[row])
        if took != length:
            yield Violation(_K.WRONG_BREAK_LENGTH, vehicle, got=took, expected=length)
        if not problem.break_open[row] <= step.start <= problem.break_close[row]:
            yield Violation(_K.BREAK_OUTSIDE_WINDOW, vehicle, got=step.start)


def _task_faults(problem: RoutingProblem, route: Route) -> Iterator[Violation]:
    vehicle = route.vehicle
    skills = int(problem.vehicle_skills[vehicle])
    durations = problem.pair_duration
    for step in route.steps:
        took = step.finish - step.start
        if step.kind is StepKind.LOAD:
            expected = int(problem.vehicle_loading[vehicle])
            if took != expected:
                yield Violation(_K.WRONG_LOADING_TIME, vehicle, None, took, expected)
        if step.kind is not StepKind.TASK:
            continue
        task = step.index
        expected = int(durations[task, vehicle] if durations.size else problem.task_duration[task])
        if took != expected:
            yield Violation(_K.WRONG_DURATION, vehicle, task, took, expected)
        yield from _window_faults(problem, vehicle, step)
        if int(problem.task_skills[task]) & ~skills:
            yield Violation(_K.MISSING_SKILL, vehicle, task)
        if problem.pair_allowed.size and not problem.pair_allowed[task, vehicle]:
            yield Violation(_K.FORBIDDEN_PERSON, vehicle, task)


def _window_faults(problem: RoutingProblem, vehicle: int, step: Step) -> Iterator[Violation]:
    task = step.index
    early, late, may_be_late = punctuality(problem, step)
    limit = int(problem.task_early_limit[task])
    if late > 0 and not may_be_late:
        if problem.window_at_end[task]:
            close = step.finish - late
            yield Violation(_K.FINISHES_TOO_LATE, vehicle, task, step.finish, close)
        else:
            yield Violation(_K.OUTSIDE_WINDOW, vehicle, task, step.start)
    if early > 0 and problem.task_early_cost[task] == NONE:
        yield Violation(_K.OUTSIDE_WINDOW, vehicle, task, step.start)
    elif limit != NONE and early > limit:
        yield Violation(_K.TOO_EARLY, vehicle, task, early, limit)


def _trip_faults(problem: RoutingProblem, route: Route) -> Iterator[Violation]:
    vehicle = route.vehicle
    kitchens = set(problem.reload_places(vehicle).tolist())
    capacity = problem.vehicle_capacity[vehicle]
    allowed = int(problem.vehicle_max_trips[vehicle])
    trips = sum(step.kind is StepKind.LOAD for step in route.steps)
    if trips > allowed:
        yield Violation(_K.TOO_MANY_TRIPS, vehicle, got=trips, expected=allowed)
    loading: Step | None = None
    load = np.zeros_like(capacity)
    for step in (step for step in route.steps if step.kind is not StepKind.BREAK):
        task = step.index
        if step.kind is StepKind.LOAD:
            if step.index not in kitchens:
                yield Violation(_K.LOADS_ELSEWHERE, vehicle, got=step.index)
            loading, load = step, np.zeros_like(capacity)
            continue
        before = load
        load = load + problem.task_load[task]
        if np.any(load > capacity) and not np.any(before > capacity):
            dim = int(np.argmax(load > capacity))
            yield Violation(_K.OVER_CAPACITY, vehicle, task, int(load[dim]), int(capacity[dim]))
        yield from _loading_faults(problem, vehicle, step, loading)


def _loading_faults(
    problem: RoutingProblem, vehicle: int, step: Step, loading: Step | None
) -> Iterator[Violation]:
    """Rules about the loading that a task's step comes from."""
    task = step.index
    origin, limit = int(problem.task_origin[task]), int(problem.task_freshness[task])
    release = int(problem.task_release[task])
    if loading is None:
        if problem.vehicle_max_trips[vehicle] > 0 or max(origin, limit, release) != NONE:
            yield Violation(_K.NOT_LOADED, vehicle, task)
        return
    if origin not in (NONE, loading.index):
        yield Violation(_K.WRONG_ORIGIN, vehicle, task, loading.index, origin)
    age = step.finish - loading.finish
    if limit != NONE and age > limit:
        yield Violation(_K.NOT_FRESH, vehicle, task, age, limit)
    if release != NONE and loading.finish < release:
        yield Violation(_K.LEAVES_BEFORE_RELEASE, vehicle, task, loading.finish, release)
