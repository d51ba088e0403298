"""The parts of the objective of a timed plan, for every feature of the model."""

from __future__ import annotations

import numpy as np

from optimizer.routing.features import objective_parts
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import Plan, Route, Step, StepKind

__all__ = ["plan_parts"]


def plan_parts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    """Cost units by part, those that an answer to the problem reports (see ``RoutingAnswer``)."""
    parts = dict.fromkeys(objective_parts(problem), 0)
    found = {
        **_unserved(problem, plan),
        **_routes(problem, plan),
        **_punctuality(problem, plan),
        **_spread(problem, plan),
        "changes": _changed(problem, plan) * problem.change_cost,
    }
    return {name: found[name] for name in parts}


def _unserved(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    tasks = np.array(sorted(set(plan.unserved)), dtype=np.int64)
    by_phone = problem.task_remote_cost[tasks] != NONE
    return {
        "remote": int(problem.task_remote_cost[tasks[by_phone]].sum()),
        "unserved": int(problem.task_prize[tasks[~by_phone]].sum()),
    }


def _routes(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    parts = dict.fromkeys(("fixed", "time", "distance", "waiting", "overtime", "preferences"), 0)
    taken, used = set(), np.zeros(problem.n_vehicles, dtype=bool)
    for route in plan.routes:
        v = route.vehicle
        used[v] = True
        taken |= {step.index for step in route.steps if step.kind is StepKind.BREAK}
        late = max(0, route.end - int(problem.vehicle_close[v]))
        parts["fixed"] += int(problem.vehicle_fixed_cost[v])
        parts["time"] += (route.end - route.depart) * int(problem.vehicle_time_cost[v])
        parts["distance"] += _metres(problem, route) * int(problem.vehicle_distance_cost[v])
        parts["waiting"] += _waiting(route) * int(problem.vehicle_wait_cost[v])
        parts["overtime"] += late * int(problem.vehicle_overtime_cost[v])
        if problem.pair_cost.size:
            parts["preferences"] += int(problem.pair_cost[list(route.tasks), v].sum())
    missed = used[problem.break_vehicle] & (problem.break_prize > 0)
    missed[list(taken)] = False
    return {**parts, "breaks_missed": int(problem.break_prize[missed].sum())}


def _waiting(route: Route) -> int:
    return sum(step.start - step.arrive for step in route.steps)


def _metres(problem: RoutingProblem, route: Route) -> int:
    distance = problem.distance[problem.vehicle_mode[route.vehicle]]
    here, metres = int(problem.vehicle_start[route.vehicle]), 0
    home = int(problem.vehicle_end[route.vehicle])
    for there, after in _stops(problem, route):
        metres += int(distance[here, there])
        here = after
    return metres if home == NONE else metres + int(distance[here, home])


def _stops(problem: RoutingProblem, route: Route) -> list[tuple[int, int]]:
    """(begin, end) place of every step that has one; breaks without a place go with the next."""
    stops = []
    for step in route.steps:
        if step.kind is StepKind.TASK:
            place, end = problem.task_place[step.index], problem.task_end_place[step.index]
            stops.append((int(place), int(end)))
        elif step.kind is StepKind.LOAD:
            stops.append((step.index, step.index))
        elif problem.break_place[step.index] != NONE:
            stops.append((int(problem.break_place[step.index]),) * 2)
    return stops


def _punctuality(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    lateness = earliness = worst = 0
    for step in (step for route in plan.routes for step in route.steps):
        if step.kind is not StepKind.TASK:
            continue
        early, late = _off_window(problem, step)
        earliness += early * max(0, int(problem.task_early_cost[step.index]))
        if problem.task_late_cost[step.index] != NONE:
            lateness += late * int(problem.task_late_cost[step.index])
            worst = max(worst, late)
    return {
        "lateness": lateness,
        "worst_lateness": worst * problem.worst_late_cost,
        "earliness": earliness,
    }


def _off_window(problem: RoutingProblem, step: Step) -> tuple[int, int]:
    """(ticks early, ticks late) against the window in force."""
    first, last = problem.window_indptr[step.index : step.index + 2]
    opened = int(np.searchsorted(problem.window_open[first:last], step.start, side="right"))
    row = int(first) + max(0, opened - 1)
    at = step.finish if problem.window_at_end[step.index] else step.start
    early = max(0, int(problem.window_open[row]) - step.start)
    return early, max(0, at - int(problem.window_close[row]))


def _spread(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    idle = (problem.vehicle_close - problem.vehicle_open).tolist()
    work = [0] * problem.n_vehicles
    for route in plan.routes:
        v = route.vehicle
        opens, closes = int(problem.vehicle_open[v]), int(problem.vehicle_close[v])
        idle[v] = route.depart - opens + _waiting(route) + max(0, closes - route.end)
        work[v] = route.end - route.depart
    return {
        "worst_idle": max(idle, default=0) * problem.worst_idle_cost,
        "balance": (max(work, default=0) - min(work, default=0)) * problem.balance_cost,
    }


def _changed(problem: RoutingProblem, plan: Plan) -> int:
    """Tasks of the plan in force that are unserved, change hands or move too far."""
    steps = [(r.vehicle, s) for r in plan.routes for s in r.steps if s.kind is StepKind.TASK]
    kept = {
        step.index
        for vehicle, step in steps
        if problem.plan_vehicle[step.index] == vehicle
        and abs(step.start - int(problem.plan_start[step.index])) <= problem.plan_tolerance
    }
    return int(np.sum(problem.plan_vehicle != NONE)) - len(kept)
