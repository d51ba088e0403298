"""Timing of one route: when to leave, arrive, start and come home.

The order of the steps is given; the times are chosen so that the time from departure to end is
least, and among those the departure is earliest and every start as early as that departure
allows. Loading alone is put late: what has to wait waits at the loading place, not in the bag.

**Method.** Let f(t) be the earliest end for departure t. Serving each task in its first window
that is still open on arrival is best, because arriving earlier never hurts: one may wait, at a
loading place too. For a departure t this gives starts, the waiting W_i up to task i and the
slack S = min_i(close_i - start_i + W_i). While t is delayed by d <= S every task stays in its
window and f(t + d) = f(t) + max(0, d - W_n): the least duration with these windows is met at
d = min(W_n, S). Delaying by S + 1 moves some task to a later window, and the next round begins
there; a task moves at most once per window, so the rounds are few, and the answer is exact (the
usual forward slack of Savelsbergh 1992, applied once per choice of windows instead of once).

A limit on the time since loading asks for the smallest departure L of a trip with L >= finish_j(L)
- limit_j for each of its tasks j. The right side does not fall as L grows, so raising L from the
earliest possible value step by step ends at the smallest one (Knaster-Tarski); a step that
waiting cannot absorb jumps to where a window changes, so these rounds are few as well.

A vehicle with ``vehicle_max_trips`` > 0 begins by loading; one that loads nowhere makes a single
round against its capacity and takes no task with an origin or a freshness limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.schedule_kernels import TASK_COLUMNS, VEHICLE_COLUMNS, Columns, time_codes
from optimizer.routing.solution import Route, Step, StepKind

__all__ = ["codes_of", "columns", "cost_parts", "steps_of", "time_route"]


_columns: WeakKeyDictionary[RoutingProblem, Columns] = WeakKeyDictionary()


def columns(problem: RoutingProblem) -> Columns:
    """What the compiled timing reads; made once per problem."""
    found = _columns.get(problem)
    if found is None:
        found = Columns(
            time=problem.time,
            distance=problem.distance,
            task=_table([getattr(problem, name) for name in TASK_COLUMNS]),
            load=problem.task_load,
            window_row=problem.window_indptr,
            window=_table([problem.window_open, problem.window_close]),
            vehicle=_table([getattr(problem, name) for name in VEHICLE_COLUMNS]),
            capacity=problem.vehicle_capacity,
            kitchen_row=problem.vehicle_reload_indptr,
            kitchen=problem.vehicle_reload_place,
        )
        _columns[problem] = found
    return found


def _table(column: list[NDArray[Any]]) -> NDArray[np.int64]:
    table = np.stack(column, axis=1).astype(np.int64)
    table.flags.writeable = False
    return table


def codes_of(steps: Sequence[tuple[StepKind, int]]) -> NDArray[np.int64]:
    """Steps as kernel codes: a task number, or ``-1 - place`` for a load."""
    codes = [index if kind is StepKind.TASK else -1 - index for kind, index in steps]
    return np.array(codes, dtype=np.int64)


def steps_of(codes: NDArray[np.int64]) -> tuple[tuple[StepKind, int], ...]:
    """Kernel codes as steps."""
    return tuple(
        (StepKind.TASK, int(code)) if code >= 0 else (StepKind.LOAD, -1 - int(code))
        for code in codes
    )


def time_route(
    problem: RoutingProblem, vehicle: int, steps: Sequence[tuple[StepKind, int]]
) -> Route | None:
    """The least-duration timing of a vehicle's steps, None where no timing keeps the rules.

    Args:
        problem: the problem.
        vehicle: who makes the round.
        steps: (kind, index) in order; index is a place for a load, a task for a task.

    Returns:
        A route that keeps windows, shift, maximum work, skills, capacity per trip, origins,
        freshness and the number of trips. Staff counts and links tie several routes together
        and are not looked at here.

    Raises:
        ValueError: no steps, or a step that is no task or place of the problem.
    """
    if not steps:
        raise ValueError("a route has at least one step")
    for kind, index in steps:
        if not 0 <= index < (problem.n_tasks if kind is StepKind.TASK else problem.n_places):
            raise ValueError(f"no such {kind}: {index}")
    timed = time_codes(columns(problem), vehicle, codes_of(steps))
    feasible, depart, end, start, finish, arrive = timed
    if not feasible:
        return None
    times = zip(steps, arrive.tolist(), start.tolist(), finish.tolist(), strict=True)
    return Route(
        vehicle=vehicle,
        depart=int(depart),
        end=int(end),
        steps=tuple(Step(kind, index, a, s, f) for (kind, index), a, s, f in times),
    )


def cost_parts(problem: RoutingProblem, routes: Sequence[Route]) -> dict[str, int]:
    """Costs of timed routes: ``fixed``, ``time`` and ``distance`` in cost units.

    Where tasks may be late, ``lateness`` (of every person who starts one late) and
    ``worst_lateness`` too.
    """
    parts = {"fixed": 0, "time": 0, "distance": 0}
    for route in routes:
        vehicle = route.vehicle
        parts["fixed"] += int(problem.vehicle_fixed_cost[vehicle])
        parts["time"] += (route.end - route.depart) * int(problem.vehicle_time_cost[vehicle])
        metres = _metres(problem, route)
        parts["distance"] += metres * int(problem.vehicle_distance_cost[vehicle])
    return parts | (_late_parts(problem, routes) if problem.is_soft else {})


def _late_parts(problem: RoutingProblem, routes: Sequence[Route]) -> dict[str, int]:
    last_close = problem.window_close[problem.window_indptr[1:] - 1]
    steps = [step for route in routes for step in route.steps if step.kind is StepKind.TASK]
    tasks = np.array([step.index for step in steps], dtype=np.int64)
    starts = np.array([step.start for step in steps], dtype=np.int64)
    late = np.maximum(0, starts - last_close[tasks])
    return {
        "lateness": int((late * np.maximum(0, problem.task_late_cost[tasks])).sum()),
        "worst_lateness": int(late.max(initial=0)) * problem.worst_late_cost,
    }


def _metres(problem: RoutingProblem, route: Route) -> int:
    distance = problem.distance[problem.vehicle_mode[route.vehicle]]
    here = int(problem.vehicle_start[route.vehicle])
    metres = 0
    for step in route.steps:
        if step.kind is StepKind.LOAD:
            metres += int(distance[here, step.index])
            here = step.index
        else:
            metres += int(distance[here, problem.task_place[step.index]])
            here = int(problem.task_end_place[step.index])
    home = int(problem.vehicle_end[route.vehicle])
    return metres if home == NONE else metres + int(distance[here, home])
