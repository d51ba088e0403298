"""The checker's recomputation of every part of the objective, and of counts and status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from optimizer.result import Status
from optimizer.routing.check_route import legs, measured, punctuality
from optimizer.routing.check_shared import changed_tasks, servings_of
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import Plan, Route, RoutingAnswer, StepKind
from optimizer.routing.violations import Violation, ViolationKind

__all__ = ["parts_of", "value_faults"]

_K = ViolationKind


def value_faults(problem: RoutingProblem, answer: RoutingAnswer) -> Iterator[Violation]:
    """Wrong parts, objective, status, bound and counts."""
    result = answer.result
    parts = parts_of(problem, answer.plan)
    for name in sorted(parts.keys() | result.parts.keys()):
        got, expected = result.parts.get(name), parts.get(name)
        if got != expected:
            yield Violation(_K.WRONG_PART, got=got, expected=expected, name=name)
    objective = sum(parts.values())
    if result.objective != objective:
        yield Violation(_K.WRONG_OBJECTIVE, got=result.objective, expected=objective)
    if result.status not in (Status.FEASIBLE, Status.OPTIMAL):
        yield Violation(_K.WRONG_STATUS)
    if result.status is Status.OPTIMAL and result.bound != objective:
        yield Violation(_K.WRONG_STATUS)
    if result.bound is not None and result.bound > objective:
        yield Violation(_K.BOUND_CROSSED, got=result.bound, expected=objective)
    counts = _counts(problem, answer.plan)
    required = {name for name in counts if name.startswith("unserved_tier_")}
    for name in sorted(required | (counts.keys() & answer.counts.keys())):
        got, expected = answer.counts.get(name), counts[name]
        if got != expected:
            yield Violation(_K.WRONG_COUNT, got=got, expected=expected, name=name)


def parts_of(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    """Every part of the objective that an answer to the problem must report."""
    parts = {"fixed": 0, "time": 0, "distance": 0}
    for route in plan.routes:
        vehicle = route.vehicle
        distance = problem.distance[problem.vehicle_mode[vehicle]]
        metres = sum(measured(distance, legs(problem, route)))
        parts["fixed"] += int(problem.vehicle_fixed_cost[vehicle])
        parts["time"] += (route.end - route.depart) * int(problem.vehicle_time_cost[vehicle])
        parts["distance"] += metres * int(problem.vehicle_distance_cost[vehicle])
    unserved = sorted(set(plan.unserved))
    by_phone = [task for task in unserved if problem.task_remote_cost[task] != NONE]
    dropped = [task for task in unserved if problem.task_remote_cost[task] == NONE]
    if np.any(problem.task_remote_cost != NONE):
        parts["remote"] = sum(int(problem.task_remote_cost[task]) for task in by_phone)
    parts["unserved"] = sum(int(problem.task_prize[task]) for task in dropped)
    for more in (_time_parts, _window_parts, _choice_parts, _spread_parts):
        parts |= more(problem, plan)
    return parts


def _waiting(route: Route) -> int:
    return sum(step.start - step.arrive for step in route.steps)


def _time_parts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    """Waiting, overtime and missed breaks."""
    parts: dict[str, int] = {}
    if np.any(problem.vehicle_wait_cost):
        waits = [_waiting(r) * int(problem.vehicle_wait_cost[r.vehicle]) for r in plan.routes]
        parts["waiting"] = sum(waits)
    if np.any(problem.vehicle_overtime):
        over = [max(0, r.end - int(problem.vehicle_close[r.vehicle])) for r in plan.routes]
        rates = [int(problem.vehicle_overtime_cost[r.vehicle]) for r in plan.routes]
        parts["overtime"] = sum(a * b for a, b in zip(over, rates, strict=True))
    if problem.break_vehicle.size:
        used = {route.vehicle for route in plan.routes}
        steps = [step for route in plan.routes for step in route.steps]
        taken = {step.index for step in steps if step.kind is StepKind.BREAK}
        parts["breaks_missed"] = sum(
            max(0, int(problem.break_prize[row]))
            for row, vehicle in enumerate(problem.break_vehicle.tolist())
            if vehicle in used and row not in taken
        )
    return parts


def _window_parts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    """Costs of lateness and earliness, for problems where a task may be late or early."""
    early_cost, late_cost, worst = 0, 0, 0
    for step in (step for route in plan.routes for step in route.steps):
        if step.kind is not StepKind.TASK:
            continue
        early, late, may_be_late = punctuality(problem, step)
        early_cost += early * max(0, int(problem.task_early_cost[step.index]))
        if may_be_late:
            late_cost += late * int(problem.task_late_cost[step.index])
            worst = max(worst, late)
    parts: dict[str, int] = {}
    if np.any(problem.task_late_cost != NONE):
        parts = {"lateness": late_cost, "worst_lateness": worst * problem.worst_late_cost}
    if np.any(problem.task_early_cost != NONE):
        parts["earliness"] = early_cost
    return parts


def _choice_parts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    """Preferences and changes."""
    parts: dict[str, int] = {}
    if np.any(problem.pair_cost):
        parts["preferences"] = sum(
            int(problem.pair_cost[task, route.vehicle])
            for route in plan.routes
            for task in route.tasks
        )
    bound = problem.change_cost > 0 or problem.max_changes != NONE
    if bound and np.any(problem.plan_vehicle != NONE):
        changes = len(changed_tasks(problem, servings_of(plan)))
        parts["changes"] = changes * problem.change_cost
    return parts


def _spread_parts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    """The largest idle time and the spread of working times."""
    opens, closes = problem.vehicle_open.tolist(), problem.vehicle_close.tolist()
    idle = [close - start for start, close in zip(opens, closes, strict=True)]
    work = [0] * len(idle)
    for route in plan.routes:
        vehicle = route.vehicle
        late, early = route.depart - opens[vehicle], max(0, closes[vehicle] - route.end)
        idle[vehicle] = late + _waiting(route) + early
        work[vehicle] = route.end - route.depart
    parts: dict[str, int] = {}
    if problem.worst_idle_cost:
        parts["worst_idle"] = max(idle, default=0) * problem.worst_idle_cost
    if problem.balance_cost:
        spread = max(work, default=0) - min(work, default=0)
        parts["balance"] = spread * problem.balance_cost
    return parts


def _counts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    """The counts that are checked where an answer gives them; those per tier it must give."""
    unserved = set(plan.unserved)
    tiers = Counter(int(problem.task_tier[task]) for task in unserved)
    steps = [step for route in plan.routes for step in route.steps]
    return {
        "served": len({step.index for step in steps if step.kind is StepKind.TASK}),
        "unserved": len(unserved),
        "remote": sum(bool(problem.task_remote_cost[task] != NONE) for task in unserved),
        "vehicles": len(plan.routes),
        "trips": sum(step.kind is StepKind.LOAD for step in steps),
        "breaks": sum(step.kind is StepKind.BREAK for step in steps),
        "changes": len(changed_tasks(problem, servings_of(plan))),
        **{f"unserved_tier_{tier}": tiers[tier] for tier in range(problem.n_tiers)},
    }
