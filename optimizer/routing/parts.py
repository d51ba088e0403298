"""Every part of the objective of a plan, from its routes as they are timed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.features import Feature, objective_parts, used_features
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import Plan, Route, Step, StepKind

__all__ = ["changed", "lateness", "plan_counts", "plan_parts", "stops"]


def plan_parts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    """The objective's parts that an answer to the problem reports, in cost units."""
    values = _route_parts(problem, plan) | _window_parts(problem, plan)
    values |= _spread_parts(problem, plan)
    absent = np.array(sorted(plan.unserved), dtype=np.int64)
    phoned = absent[problem.task_remote_cost[absent] != NONE]
    dropped = absent[problem.task_remote_cost[absent] == NONE]
    values["remote"] = int(problem.task_remote_cost[phoned].sum())
    values["unserved"] = int(problem.task_prize[dropped].sum())
    values["changes"] = len(changed(problem, plan)) * problem.change_cost
    return {name: values[name] for name in objective_parts(problem)}


def plan_counts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    """Served and unserved tasks, unserved per tier, vehicles used, and what features add."""
    tiers = Counter(problem.task_tier[list(plan.unserved)].tolist())
    counts = {
        "served": problem.n_tasks - len(plan.unserved),
        "unserved": len(plan.unserved),
        "vehicles": len(plan.routes),
        **{f"unserved_tier_{tier}": tiers[tier] for tier in range(problem.n_tiers)},
    }
    used = used_features(problem)
    if Feature.REMOTE in used:
        phoned = problem.task_remote_cost[list(plan.unserved)] != NONE
        counts["remote"] = int(phoned.sum())
    if Feature.BREAKS in used:
        steps = [step for route in plan.routes for step in route.steps]
        counts["breaks"] = sum(step.kind is StepKind.BREAK for step in steps)
    if Feature.STABILITY in used:
        counts["changes"] = len(changed(problem, plan))
    return counts


def stops(
    problem: RoutingProblem, vehicle: int, steps: Sequence[tuple[StepKind, int]]
) -> list[int]:
    """The place of every step, a task's start; NONE where the person stays at the day's end.

    Args:
        problem: the problem.
        vehicle: who goes.
        steps: (kind, index) in order.
    """
    ahead = int(problem.vehicle_end[vehicle])
    places = []
    for kind, index in reversed(steps):
        if kind is StepKind.TASK:
            ahead = int(problem.task_place[index])
        elif kind is StepKind.LOAD:
            ahead = index
        elif problem.break_place[index] != NONE:
            ahead = int(problem.break_place[index])
        places.append(ahead)
    return places[::-1]


def changed(problem: RoutingProblem, plan: Plan) -> set[int]:
    """Tasks of the plan in force that the plan does not serve as it says."""
    left = set(np.flatnonzero(problem.plan_vehicle != NONE).tolist())
    for route in plan.routes:
        for step in route.steps:
            task = step.index
            if step.kind is StepKind.TASK and problem.plan_vehicle[task] == route.vehicle:
                away = abs(step.start - int(problem.plan_start[task]))
                if away <= problem.plan_tolerance:
                    left.discard(task)
    return left


def lateness(problem: RoutingProblem, step: Step) -> tuple[int, int]:
    """Ticks early and ticks late of a task's step, against the window in force."""
    first, last = problem.window_indptr[step.index], problem.window_indptr[step.index + 1]
    row = int(first)
    while row + 1 < last and problem.window_open[row + 1] <= step.start:
        row += 1
    moment = step.finish if problem.window_at_end[step.index] else step.start
    early = int(problem.window_open[row]) - step.start
    return max(0, early), max(0, moment - int(problem.window_close[row]))


def _metres(problem: RoutingProblem, route: Route) -> int:
    distance: NDArray[np.int32] = problem.distance[problem.vehicle_mode[route.vehicle]]
    here, metres = int(problem.vehicle_start[route.vehicle]), 0
    places = stops(problem, route.vehicle, [(step.kind, step.index) for step in route.steps])
    for step, there in zip(route.steps, places, strict=True):
        if there != NONE:
            metres += int(distance[here, there])
            here = there
        if step.kind is StepKind.TASK:
            here = int(problem.task_end_place[step.index])
    home = int(problem.vehicle_end[route.vehicle])
    return metres if home == NONE else metres + int(distance[here, home])


def _route_parts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    names = ("fixed", "time", "distance", "waiting", "overtime", "breaks_missed", "preferences")
    parts = dict.fromkeys(names, 0)
    wishes = problem.pair_cost
    for route in plan.routes:
        v = route.vehicle
        waited = sum(step.start - step.arrive for step in route.steps)
        over = max(0, route.end - int(problem.vehicle_close[v]))
        parts["fixed"] += int(problem.vehicle_fixed_cost[v])
        parts["time"] += (route.end - route.depart) * int(problem.vehicle_time_cost[v])
        parts["distance"] += _metres(problem, route) * int(problem.vehicle_distance_cost[v])
        parts["waiting"] += waited * int(problem.vehicle_wait_cost[v])
        parts["overtime"] += over * int(problem.vehicle_overtime_cost[v])
        taken = {step.index for step in route.steps if step.kind is StepKind.BREAK}
        for row in np.flatnonzero(problem.break_vehicle == v).tolist():
            if row not in taken:
                parts["breaks_missed"] += max(0, int(problem.break_prize[row]))
        if wishes.size:
            parts["preferences"] += int(wishes[list(route.tasks), v].sum())
    return parts


def _visits(plan: Plan) -> Iterator[Step]:
    for route in plan.routes:
        yield from (step for step in route.steps if step.kind is StepKind.TASK)


def _window_parts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    parts = {"lateness": 0, "earliness": 0}
    worst = 0
    for step in _visits(plan):
        early, late = lateness(problem, step)
        parts["earliness"] += early * max(0, int(problem.task_early_cost[step.index]))
        parts["lateness"] += late * max(0, int(problem.task_late_cost[step.index]))
        worst = max(worst, late)
    return parts | {"worst_lateness": worst * problem.worst_late_cost}


def _spread_parts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    shift = problem.vehicle_close - problem.vehicle_open
    idle, work = shift.copy(), np.zeros_like(shift)
    for route in plan.routes:
        v = route.vehicle
        waited = sum(step.start - step.arrive for step in route.steps)
        early = max(0, int(problem.vehicle_close[v]) - route.end)
        idle[v] = route.depart - int(problem.vehicle_open[v]) + waited + early
        work[v] = route.end - route.depart
    spread = int(work.max() - work.min()) if work.size else 0
    return {
        "worst_idle": int(idle.max(initial=0)) * problem.worst_idle_cost,
        "balance": spread * problem.balance_cost,
    }
