"""The checker's rules that tie routes together: staff, links, equipment, entitlements, changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.solution import Plan, StepKind
from optimizer.routing.violations import Violation, ViolationKind

__all__ = ["Serving", "Servings", "changed_tasks", "servings_of", "shared_faults"]

_K = ViolationKind


class Serving(NamedTuple):
    """One person's part in a task."""

    vehicle: int
    start: int
    finish: int


Servings = Mapping[int, Sequence[Serving]]
"""Per served task: everyone who serves it."""


def servings_of(plan: Plan) -> Servings:
    """Who serves what when."""
    found: dict[int, list[Serving]] = defaultdict(list)
    for route in plan.routes:
        for step in route.steps:
            if step.kind is StepKind.TASK:
                found[step.index].append(Serving(route.vehicle, step.start, step.finish))
    return dict(found)


def shared_faults(problem: RoutingProblem, servings: Servings) -> Iterator[Violation]:
    """Every rule that routes break together."""
    yield from _staff_faults(problem, servings)
    for row, kind in enumerate(problem.link_kind.tolist()):
        if kind <= LinkKind.SEQUENCE:
            yield from _tie_faults(problem, servings, row)
        else:
            yield from _loose_faults(problem, servings, row)
    yield from _equipment_faults(problem, servings)
    yield from _payer_faults(problem, servings)
    changes = len(changed_tasks(problem, servings))
    if problem.max_changes != NONE and changes > problem.max_changes:
        yield Violation(_K.TOO_MANY_CHANGES, got=changes, expected=problem.max_changes)


def _staff_faults(problem: RoutingProblem, servings: Servings) -> Iterator[Violation]:
    for task, served in servings.items():
        needed = int(problem.task_staff[task])
        if len(served) > needed or len({one.vehicle for one in served}) < len(served):
            yield Violation(_K.SERVED_TWICE, task=task, got=len(served), expected=needed)
        elif len(served) < needed:
            yield Violation(_K.WRONG_STAFF_COUNT, task=task, got=len(served), expected=needed)
        for one in served[1:]:
            if one.start != served[0].start:
                yield Violation(_K.NOT_TOGETHER, one.vehicle, task, one.start, served[0].start)


def _tie_faults(problem: RoutingProblem, servings: Servings, row: int) -> Iterator[Violation]:
    first, second = int(problem.link_first[row]), int(problem.link_second[row])
    a, b = servings.get(first, ()), servings.get(second, ())
    if not a and not b:
        return
    if not a or not b:
        here, missing = (first, second) if a else (second, first)
        yield Violation(_K.LINK_HALF_SERVED, task=here, got=missing)
        return
    gap = b[0].start - a[0].start
    low, high = 0, 0
    if problem.link_kind[row] == LinkKind.SEQUENCE:
        low, high = int(problem.link_min[row]), int(problem.link_max[row])
    if not low <= gap <= high:
        yield Violation(_K.LINK_BROKEN, b[0].vehicle, second, gap)
    both = {one.vehicle for one in a} & {one.vehicle for one in b}
    if both:
        yield Violation(_K.SAME_PERSON, min(both), second)


def _loose_faults(problem: RoutingProblem, servings: Servings, row: int) -> Iterator[Violation]:
    first, second = int(problem.link_first[row]), int(problem.link_second[row])
    if first not in servings or second not in servings:
        return
    a, b = servings[first], servings[second]
    kind = problem.link_kind[row]
    people, others = {one.vehicle for one in a}, {one.vehicle for one in b}
    if kind == LinkKind.DIFFERENT_PERSON and people & others:
        yield Violation(_K.PERSON_REPEATED, min(people & others), second, first)
    if kind == LinkKind.SAME_PERSON and not (people <= others or others <= people):
        yield Violation(_K.PERSON_CHANGED, task=second, got=first)
    if kind == LinkKind.NOT_OVERLAPPING:
        a_end, b_end = (max(one.finish for one in group) for group in (a, b))
        if a_end > b[0].start and b_end > a[0].start:
            yield Violation(_K.VISITS_OVERLAP, task=second, got=first)


def _equipment_faults(problem: RoutingProblem, servings: Servings) -> Iterator[Violation]:
    spans: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for task, served in servings.items():
        kind = int(problem.task_equipment[task])
        if kind != NONE:
            spans[kind].append((served[0].start, max(one.finish for one in served), task))
    for kind, rows in spans.items():
        for moment, _, task in rows:
            used = sum(start <= moment < finish for start, finish, _ in rows)
            if used > problem.equipment_count[kind]:
                expected = int(problem.equipment_count[kind])
                yield Violation(_K.EQUIPMENT_SHORT, task=task, got=used, expected=expected)


def _payer_faults(problem: RoutingProblem, servings: Servings) -> Iterator[Violation]:
    spent = np.zeros(problem.payer_limit.size, dtype=np.int64)
    for task in servings:
        if problem.task_payer[task] != NONE:
            spent[problem.task_payer[task]] += problem.task_price[task]
    for payer in np.flatnonzero(spent > problem.payer_limit).tolist():
        got, expected = int(spent[payer]), int(problem.payer_limit[payer])
        yield Violation(_K.OVERSPENT, got=got, expected=expected, name=str(payer))


def changed_tasks(problem: RoutingProblem, servings: Servings) -> set[int]:
    """Tasks of the plan in force that are unserved, another's, or moved beyond the tolerance."""
    changed = set()
    for task in np.flatnonzero(problem.plan_vehicle != NONE).tolist():
        served = servings.get(task, ())
        kept = any(one.vehicle == problem.plan_vehicle[task] for one in served)
        moved = abs(served[0].start - int(problem.plan_start[task])) if served else 0
        if not kept or moved > problem.plan_tolerance:
            changed.add(task)
    return changed
