"""The independent checker: recomputes a plan from the raw columns of its problem.

It shares no code with the solvers: only the problem, the answer and NumPy. Times, rules and
costs are recomputed step by step. Reasons and tiers are proved by trying every position of every
route with a timing of the checker's own (:mod:`optimizer.routing.check_fit`); that is done only
for plans without other faults, since "would fit" means nothing in a broken plan.

The order of tiers: no unserved task may fit after taking out any one served task of a lower
(larger) tier from its route. Tasks that need several people or are linked depend on several
routes at once; they are not tested for it. Where they are served, and where a task is served
late, these tests hold them at their times: a task fits where it makes nobody else wait or late.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from optimizer.result import Status
from optimizer.routing.check_fit import FitChecker
from optimizer.routing.problem import NONE, UNREACHABLE, LinkKind, RoutingProblem
from optimizer.routing.solution import Plan, Route, RoutingAnswer, Step, StepKind
from optimizer.routing.violations import Violation, ViolationKind

__all__ = ["Violation", "ViolationKind", "check"]

_K = ViolationKind
Servings = dict[int, list[tuple[int, int]]]
"""Per task: (vehicle, start) of everyone who serves it."""


def check(problem: RoutingProblem, answer: RoutingAnswer) -> tuple[Violation, ...]:
    """Every rule that an answer breaks; an empty tuple for a sound answer."""
    plan = answer.plan
    unknown = tuple(_unknown(problem, plan))
    if unknown:
        return unknown
    servings: Servings = defaultdict(list)
    for route in plan.routes:
        for step in route.steps:
            if step.kind is StepKind.TASK:
                servings[step.index].append((route.vehicle, step.start))
    broken = [*_list_faults(plan), *_serving_faults(problem, plan, servings)]
    broken.extend(_link_faults(problem, servings))
    for route in plan.routes:
        broken.extend(_time_faults(problem, route))
        broken.extend(_task_faults(problem, route))
        broken.extend(_trip_faults(problem, route))
    broken.extend(_reason_faults(answer))
    if not broken:
        broken.extend(FitChecker(problem, plan.routes).violations(answer))
    broken.extend(_value_faults(problem, answer))
    return tuple(broken)


def _unknown(problem: RoutingProblem, plan: Plan) -> Iterator[Violation]:
    for route in plan.routes:
        if not 0 <= route.vehicle < problem.n_vehicles:
            yield Violation(_K.UNKNOWN_VEHICLE, route.vehicle)
        for step in route.steps:
            if step.kind is StepKind.TASK and not 0 <= step.index < problem.n_tasks:
                yield Violation(_K.UNKNOWN_TASK, route.vehicle, step.index)
            if step.kind is StepKind.LOAD and not 0 <= step.index < problem.n_places:
                yield Violation(_K.UNKNOWN_PLACE, route.vehicle, got=step.index)
    for task in plan.unserved:
        if not 0 <= task < problem.n_tasks:
            yield Violation(_K.UNKNOWN_TASK, task=task)


def _list_faults(plan: Plan) -> Iterator[Violation]:
    vehicles = [route.vehicle for route in plan.routes]
    for vehicle, count in Counter(vehicles).items():
        if count > 1:
            yield Violation(_K.VEHICLE_TWICE, vehicle, got=count, expected=1)
    for before, after in pairwise(vehicles):
        if after < before:
            yield Violation(_K.ROUTES_UNSORTED, after)
    for route in plan.routes:
        if not route.tasks:
            yield Violation(_K.EMPTY_ROUTE, route.vehicle)
    for task, count in Counter(plan.unserved).items():
        if count > 1:
            yield Violation(_K.LISTED_TWICE, task=task, got=count, expected=1)


def _serving_faults(problem: RoutingProblem, plan: Plan, servings: Servings) -> Iterator[Violation]:
    unserved = set(plan.unserved)
    for task in range(problem.n_tasks):
        served = servings.get(task, [])
        needed = int(problem.task_staff[task])
        if served and task in unserved:
            yield Violation(_K.LISTED_THOUGH_SERVED, served[0][0], task)
        if not served and task not in unserved:
            yield Violation(_K.NEITHER_SERVED_NOR_LISTED, task=task)
        if len(served) > needed or len({vehicle for vehicle, _ in served}) < len(served):
            yield Violation(_K.SERVED_TWICE, task=task, got=len(served), expected=needed)
        elif 0 < len(served) < needed:
            yield Violation(_K.WRONG_STAFF_COUNT, task=task, got=len(served), expected=needed)
        for vehicle, start in served[1:]:
            if start != served[0][1]:
                yield Violation(_K.NOT_TOGETHER, vehicle, task, start, served[0][1])


def _link_faults(problem: RoutingProblem, servings: Servings) -> Iterator[Violation]:
    for row, kind in enumerate(problem.link_kind.tolist()):
        first, second = int(problem.link_first[row]), int(problem.link_second[row])
        a, b = servings.get(first, []), servings.get(second, [])
        if not a and not b:
            continue
        if not a or not b:
            here, missing = (first, second) if a else (second, first)
            yield Violation(_K.LINK_HALF_SERVED, task=here, got=missing)
            continue
        gap = b[0][1] - a[0][1]
        low, high = 0, 0
        if kind == LinkKind.SEQUENCE:
            low, high = int(problem.link_min[row]), int(problem.link_max[row])
        if not low <= gap <= high:
            yield Violation(_K.LINK_BROKEN, b[0][0], second, gap)
        both = {vehicle for vehicle, _ in a} & {vehicle for vehicle, _ in b}
        if both:
            yield Violation(_K.SAME_PERSON, min(both), second)


def _place(problem: RoutingProblem, step: Step) -> tuple[int, int]:
    """Where a step begins and where it ends."""
    if step.kind is StepKind.LOAD:
        return step.index, step.index
    return int(problem.task_place[step.index]), int(problem.task_end_place[step.index])


def _time_faults(problem: RoutingProblem, route: Route) -> Iterator[Violation]:
    vehicle = route.vehicle
    time = problem.time[problem.vehicle_mode[vehicle]]
    here, now = int(problem.vehicle_start[vehicle]), route.depart
    for step in route.steps:
        task = step.index if step.kind is StepKind.TASK else None
        there, after = _place(problem, step)
        way = int(time[here, there])
        if way >= UNREACHABLE:
            yield Violation(_K.UNREACHABLE_LEG, vehicle, task, here, there)
        elif step.arrive != now + way:
            yield Violation(_K.WRONG_ARRIVAL, vehicle, task, step.arrive, now + way)
        if step.start < step.arrive:
            yield Violation(_K.STARTS_BEFORE_ARRIVAL, vehicle, task, step.start, step.arrive)
        here, now = after, step.finish
    home = int(problem.vehicle_end[vehicle])
    way = 0 if home == NONE else int(time[here, home])
    if way >= UNREACHABLE:
        yield Violation(_K.UNREACHABLE_LEG, vehicle, None, here, home)
    elif route.end != now + way:
        yield Violation(_K.WRONG_END, vehicle, got=route.end, expected=now + way)
    opens, closes = int(problem.vehicle_open[vehicle]), int(problem.vehicle_close[vehicle])
    if route.depart < opens:
        yield Violation(_K.DEPARTS_BEFORE_SHIFT, vehicle, got=route.depart, expected=opens)
    if route.end > closes:
        yield Violation(_K.ENDS_AFTER_SHIFT, vehicle, got=route.end, expected=closes)
    limit = int(problem.vehicle_max_work[vehicle])
    if limit != NONE and route.end - route.depart > limit:
        work = route.end - route.depart
        yield Violation(_K.TOO_MUCH_WORK, vehicle, got=work, expected=limit)


def _task_faults(problem: RoutingProblem, route: Route) -> Iterator[Violation]:
    vehicle = route.vehicle
    skills = int(problem.vehicle_skills[vehicle])
    for step in route.steps:
        took = step.finish - step.start
        if step.kind is StepKind.LOAD:
            expected = int(problem.vehicle_loading[vehicle])
            if took != expected:
                yield Violation(_K.WRONG_LOADING_TIME, vehicle, None, took, expected)
            continue
        task = step.index
        expected = int(problem.task_duration[task])
        if took != expected:
            yield Violation(_K.WRONG_DURATION, vehicle, task, took, expected)
        windows = problem.windows(task)
        inside = bool(np.any((windows[:, 0] <= step.start) & (step.start <= windows[:, 1])))
        late = step.start > windows[-1, 1] and problem.task_late_cost[task] != NONE
        if not inside and not late:
            yield Violation(_K.OUTSIDE_WINDOW, vehicle, task, step.start)
        if int(problem.task_skills[task]) & ~skills:
            yield Violation(_K.MISSING_SKILL, vehicle, task)


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
    for step in route.steps:
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
        origin, limit = int(problem.task_origin[task]), int(problem.task_freshness[task])
        if loading is None:
            if allowed > 0 or origin != NONE or limit != NONE:
                yield Violation(_K.NOT_LOADED, vehicle, task)
            continue
        if origin not in (NONE, loading.index):
            yield Violation(_K.WRONG_ORIGIN, vehicle, task, loading.index, origin)
        age = step.finish - loading.finish
        if limit != NONE and age > limit:
            yield Violation(_K.NOT_FRESH, vehicle, task, age, limit)


def _reason_faults(answer: RoutingAnswer) -> Iterator[Violation]:
    unserved = set(answer.plan.unserved)
    reasons = Counter(item.task for item in answer.reasons)
    for task in sorted(unserved - reasons.keys()):
        yield Violation(_K.REASON_MISSING, task=task)
    for task, count in reasons.items():
        if task not in unserved:
            yield Violation(_K.REASON_FOR_SERVED, task=task)
        elif count > 1:
            yield Violation(_K.REASON_TWICE, task=task, got=count, expected=1)


def _value_faults(problem: RoutingProblem, answer: RoutingAnswer) -> Iterator[Violation]:
    result = answer.result
    parts = _parts(problem, answer.plan)
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


def _parts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    parts = {"fixed": 0, "time": 0, "distance": 0}
    for route in plan.routes:
        vehicle = route.vehicle
        distance = problem.distance[problem.vehicle_mode[vehicle]]
        places = [int(problem.vehicle_start[vehicle])]
        for step in route.steps:
            places.extend(_place(problem, step))
        home = int(problem.vehicle_end[vehicle])
        places += [] if home == NONE else [home]
        metres = sum(int(distance[a, b]) for a, b in zip(places[::2], places[1::2], strict=False))
        parts["fixed"] += int(problem.vehicle_fixed_cost[vehicle])
        parts["time"] += (route.end - route.depart) * int(problem.vehicle_time_cost[vehicle])
        parts["distance"] += metres * int(problem.vehicle_distance_cost[vehicle])
    prizes = [int(problem.task_prize[task]) for task in set(plan.unserved)]
    return {**parts, **_late_parts(problem, plan), "unserved": sum(prizes)}


def _late_parts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    """Costs of lateness, for problems where a task may be late."""
    if not np.any(problem.task_late_cost != NONE):
        return {}
    total, worst = 0, 0
    for step in (step for route in plan.routes for step in route.steps):
        if step.kind is StepKind.TASK and problem.task_late_cost[step.index] != NONE:
            late = max(0, step.start - int(problem.windows(step.index)[-1, 1]))
            total += late * int(problem.task_late_cost[step.index])
            worst = max(worst, late)
    return {"lateness": total, "worst_lateness": worst * problem.worst_late_cost}


def _counts(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    """The counts that are checked where an answer gives them; those per tier it must give."""
    unserved = set(plan.unserved)
    tiers = Counter(int(problem.task_tier[task]) for task in unserved)
    steps = [step for route in plan.routes for step in route.steps]
    return {
        "served": len({step.index for step in steps if step.kind is StepKind.TASK}),
        "unserved": len(unserved),
        "vehicles": len(plan.routes),
        "trips": sum(step.kind is StepKind.LOAD for step in steps),
        **{f"unserved_tier_{tier}": tiers[tier] for tier in range(problem.n_tiers)},
    }
