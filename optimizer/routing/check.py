"""The independent checker: recomputes a plan from the raw columns of its problem.

It shares no code with the solvers: only the problem, the answer and NumPy. Rules of single routes
are in :mod:`optimizer.routing.check_route`, those that tie routes together in
:mod:`optimizer.routing.check_shared`, costs and counts in :mod:`optimizer.routing.check_value`.
Reasons and tiers are proved by trying every position of every route with a timing of the
checker's own (:mod:`optimizer.routing.check_fit`); that is done only for plans without other
faults, since "would fit" means nothing in a broken plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from optimizer.routing.check_fit import FitChecker
from optimizer.routing.check_route import route_faults
from optimizer.routing.check_shared import Servings, servings_of, shared_faults
from optimizer.routing.check_value import value_faults
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.solution import Plan, RoutingAnswer, StepKind
from optimizer.routing.violations import Violation, ViolationKind

__all__ = ["Violation", "ViolationKind", "check"]

_K = ViolationKind


def check(problem: RoutingProblem, answer: RoutingAnswer) -> tuple[Violation, ...]:
    """Every rule that an answer breaks; an empty tuple for a sound answer."""
    plan = answer.plan
    unknown = tuple(_unknown(problem, plan))
    if unknown:
        return unknown
    servings = servings_of(plan)
    broken = [*_list_faults(plan), *_serving_faults(problem, plan, servings)]
    broken.extend(shared_faults(problem, servings))
    for route in plan.routes:
        broken.extend(route_faults(problem, route))
    broken.extend(_reason_faults(answer))
    if not broken:
        broken.extend(FitChecker(problem, plan.routes).violations(answer))
    broken.extend(value_faults(problem, answer))
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
            if step.kind is StepKind.BREAK and not 0 <= step.index < problem.n_breaks:
                yield Violation(_K.UNKNOWN_BREAK, route.vehicle, got=step.index)
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
        if task in servings and task in unserved:
            yield Violation(_K.LISTED_THOUGH_SERVED, servings[task][0].vehicle, task)
        if task not in servings and task not in unserved:
            yield Violation(_K.NEITHER_SERVED_NOR_LISTED, task=task)


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
