"""A route from its steps and their starts: arrivals, departure and end."""

from __future__ import annotations

from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import Route, Step, StepKind

__all__ = ["code_of", "timed_route"]


def code_of(step: Step) -> int:
    """A step as the kernels write it: a task, or -1 - break."""
    return step.index if step.kind is StepKind.TASK else -1 - step.index


def timed_route(
    problem: RoutingProblem, vehicle: int, codes: list[int], starts: list[int], depart: int = -1
) -> Route:
    """The route of step codes that start at given moments.

    Args:
        problem: the problem.
        vehicle: whose route it is.
        codes: tasks, or -1 - break.
        starts: the start of each.
        depart: the departure where it is past, -1 for as late as the first start allows.
    """
    time = problem.time[problem.vehicle_mode[vehicle]]
    home = int(problem.vehicle_end[vehicle])
    here, now, steps = int(problem.vehicle_start[vehicle]), depart, []
    for row, (code, start) in enumerate(zip(codes, starts, strict=True)):
        there = _next_place(problem, vehicle, codes[row:], here)
        way = int(time[here, there])
        if depart < 0:
            now = depart = start - way
        arrive = now + way
        if code >= 0:
            kind, index, took = StepKind.TASK, code, problem.duration(code, vehicle)
        else:
            kind, index = StepKind.BREAK, -1 - code
            took = int(problem.break_length[index])
        steps.append(Step(kind, index, arrive, start, start + took))
        here, now = there if code < 0 else int(problem.task_end_place[code]), start + took
    end = now if home == NONE else now + int(time[here, home])
    return Route(vehicle, depart, end, tuple(steps))


def _next_place(problem: RoutingProblem, vehicle: int, codes: list[int], here: int) -> int:
    """Where the first of some steps is done; a break without a place goes with the next step."""
    for code in codes:
        place = problem.task_place[code] if code >= 0 else problem.break_place[-1 - code]
        if place != NONE:
            return int(place)
    home = int(problem.vehicle_end[vehicle])
    return here if home == NONE else home
