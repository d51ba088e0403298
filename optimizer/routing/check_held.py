"""What the checker holds fast while it tries an unserved task: everything routes share.

Tasks for several people or with a link, with equipment, late, early, or of a plan in force that
counts changes keep their starts. So no other route is touched when one is timed anew, and the
rest of the plan stands still for the task that is tried: its linked tasks, the pieces of equipment
in use, the money spent and the changes made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.check_route import punctuality
from optimizer.routing.check_shared import changed_tasks, servings_of
from optimizer.routing.check_timing import Windows
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.solution import Plan, Route, StepKind

__all__ = ["Held"]

Span = tuple[int, int]


class Held:
    """A plan's shared side.

    Attributes:
        grouped: bool[T], tasks that are served together with others or by several people.
        starts: the only start left to each task that is held.
    """

    def __init__(self, problem: RoutingProblem, routes: Sequence[Route]) -> None:
        self._problem = problem
        self._people: dict[int, set[int]] = {}
        self._span: dict[int, Span] = {}
        self.starts: dict[int, Windows] = {}
        self.grouped = problem.task_staff > 1
        ties = problem.link_kind <= LinkKind.SEQUENCE
        self.grouped[problem.link_first[ties]] = True
        self.grouped[problem.link_second[ties]] = True
        still = self._still()
        for route in routes:
            for step in route.steps:
                if step.kind is not StepKind.TASK:
                    continue
                task = step.index
                self._people.setdefault(task, set()).add(route.vehicle)
                start, finish = self._span.get(task, (step.start, step.finish))
                self._span[task] = (start, max(finish, step.finish))
                early, late, _ = punctuality(problem, step)
                if still[task] or early or late:
                    self.starts[task] = [(step.start, step.start)]
        self._changed = changed_tasks(problem, servings_of(Plan(tuple(routes), ())))
        self._spent = np.zeros(problem.payer_limit.size, dtype=np.int64)
        for task in self._people:
            if problem.task_payer[task] != NONE:
                self._spent[problem.task_payer[task]] += problem.task_price[task]

    def may_change(self, task: int) -> bool:
        """Whether the plan may do without this served task."""
        problem = self._problem
        if problem.max_changes == NONE or problem.plan_vehicle[task] == NONE:
            return True
        return len(self._changed | {task}) <= problem.max_changes

    def may_pay(self, task: int, other: int | None = None) -> bool:
        """Whether the payer's limit has room for the task, ``other`` being taken out."""
        problem = self._problem
        payer = int(problem.task_payer[task])
        if payer == NONE:
            return True
        spent = int(self._spent[payer]) + int(problem.task_price[task])
        if other is not None and problem.task_payer[other] == payer:
            spent -= int(problem.task_price[other])
        return spent <= int(problem.payer_limit[payer])

    def people(self, task: int, vehicles: list[int], other: int | None = None) -> list[int]:
        """Those vehicles that links to served tasks leave to the task."""
        left = list(vehicles)
        for kind, partner in self._partners(task, other):
            who = self._people[partner]
            if kind == LinkKind.DIFFERENT_PERSON:
                left = [vehicle for vehicle in left if vehicle not in who]
            if kind == LinkKind.SAME_PERSON:
                left = [vehicle for vehicle in left if vehicle in who]
        return left

    def windows(self, task: int, vehicle: int, other: int | None = None) -> Windows:
        """Starts that windows, links and equipment leave to the task, ``other`` taken out."""
        problem = self._problem
        by_person = problem.pair_duration
        duration = int(by_person[task, vehicle] if by_person.size else problem.task_duration[task])
        last = duration if problem.window_at_end[task] else 0
        rows = [(int(a), int(b) - last) for a, b in problem.windows(task)]
        taken = [
            self._span[partner]
            for kind, partner in self._partners(task, other)
            if kind == LinkKind.NOT_OVERLAPPING
        ]
        for start, finish in (*taken, *(self._busy(task, other) if duration else ())):
            rows = [
                piece
                for first, final in rows
                for piece in (
                    (first, min(final, start - duration)),
                    (max(first, finish, start - duration + 1), final),
                )
            ]
        return [(first, final) for first, final in rows if first <= final]

    def _still(self) -> NDArray[np.bool_]:
        """bool[T]: tasks whose starts other routes or the plan in force depend on."""
        problem = self._problem
        still: NDArray[np.bool_] = self.grouped | (problem.task_equipment != NONE)
        still[problem.link_first] = True
        still[problem.link_second] = True
        if problem.max_changes != NONE or problem.change_cost > 0:
            still |= problem.plan_vehicle != NONE
        return still

    def _partners(self, task: int, other: int | None) -> Iterator[tuple[int, int]]:
        """(kind, partner) of every loose link to a served task other than ``other``."""
        problem = self._problem
        ends = (problem.link_first, problem.link_second)
        for near, far in (ends, ends[::-1]):
            for row in np.flatnonzero(near == task).tolist():
                partner = int(far[row])
                if partner in self._span and partner != other:
                    yield int(problem.link_kind[row]), partner

    def _busy(self, task: int, other: int | None) -> list[Span]:
        """When every piece of the task's equipment is in use."""
        problem = self._problem
        kind = problem.task_equipment[task]
        if kind == NONE:
            return []
        spans = [
            span
            for user, span in self._span.items()
            if problem.task_equipment[user] == kind and user != other
        ]
        pieces = int(problem.equipment_count[kind])
        if pieces == 0:
            return [(-(2**60), 2**60)]
        moments = sorted({moment for span in spans for moment in span})
        return [
            (start, finish)
            for start, finish in pairwise(moments)
            if sum(a <= start and finish <= b for a, b in spans) >= pieces
        ]
