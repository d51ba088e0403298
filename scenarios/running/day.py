"""A running day: the compiled case, the plan in force and the day book, as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from base.faults import FaultError, Faults
from optimizer.routing.dispatch.ranked_insert import (
    Proposal,
    Ranking,
    apply_proposal,
    companions,
    rank_insertions,
)
from optimizer.routing.dispatch.residual import Residual, merge, residual
from optimizer.routing.dispatch.smallest_change import Finding, smallest_changes
from optimizer.routing.dispatch.standing import Standing, stand
from optimizer.routing.dispatch.state import DayState, Stability, TaskStatus
from optimizer.routing.dispatch.what_if import Drag, WhatIf, what_if
from optimizer.routing.problem import NONE
from optimizer.routing.solution import Plan, StepKind
from scenarios.running.book import DayBook, Status
from scenarios.running_codes import NO_SUCH_RUNNING_ID
from scenarios.visits import VisitsCase

__all__ = ["PlannedVisit", "RunningDay"]

_STATUS = {
    Status.STARTED: TaskStatus.STARTED,
    Status.DONE: TaskStatus.DONE,
    Status.MISSED: TaskStatus.MISSED,
    Status.CANCELLED: TaskStatus.CANCELLED,
}


@dataclass(frozen=True)
class PlannedVisit:
    """One person's part in a visit, as the plan has it; seconds of the day."""

    visit: str
    carer: str
    start: int
    finish: int


@dataclass(frozen=True, eq=False)
class RunningDay:
    """A day of visits under way.

    Attributes:
        case: the compiled day; visits that came in stand last.
        plan: the plan in force.
        book: what is known.
        stability: what leaving the plan in force may cost.
    """

    case: VisitsCase
    plan: Plan
    book: DayBook
    stability: Stability = field(default_factory=Stability)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Task numbers by visit id."""
        return {visit.id: number for number, visit in enumerate(self.case.visits)}

    @cached_property
    def carer_numbers(self) -> dict[str, int]:
        """Vehicle numbers by carer id."""
        return {carer.id: number for number, carer in enumerate(self.case.carers)}

    def visit_number(self, visit: str) -> int:
        """The task number of a visit.

        Raises:
            FaultError: the day has no such visit (CC-S500).
        """
        return _number(self.numbers, "visit", visit)

    def carer_number(self, carer: str) -> int:
        """The vehicle number of a carer.

        Raises:
            FaultError: the day has no such carer (CC-S500).
        """
        return _number(self.carer_numbers, "carer", carer)

    @cached_property
    def state(self) -> DayState:
        """The book as arrays.

        Raises:
            FaultError: ids that the day does not have (CC-S500).
        """
        faults = Faults()
        for what, known, given in (
            ("visit", self.numbers, self.book.ticks),
            ("carer", self.carer_numbers, self.book.carers),
        ):
            for value in sorted(given.keys() - known.keys()):
                faults.add(NO_SUCH_RUNNING_ID(what=what, value=value))
        faults.raise_if_any()
        tasks, vehicles = len(self.case.visits), len(self.case.carers)
        status = np.zeros(tasks, dtype=np.int8)
        started, finished = np.full(tasks, NONE), np.full(tasks, NONE)
        for visit, tick in self.book.ticks.items():
            number = self.numbers[visit]
            status[number] = _STATUS[tick.status]
            started[number] = NONE if tick.started is None else tick.started
            finished[number] = NONE if tick.finished is None else tick.finished
        place, free = np.full(vehicles, NONE), np.full(vehicles, NONE)
        gone = np.zeros(vehicles, dtype=bool)
        for carer, known_of in self.book.carers.items():
            number = self.carer_numbers[carer]
            place[number] = self._nearest(known_of.place)
            free[number] = NONE if known_of.free_from is None else known_of.free_from
            gone[number] = known_of.gone
        return DayState(
            now=self.book.now,
            status=status,
            started=started,
            finished=finished,
            frozen_until=self.book.frozen_until,
            vehicle_place=place,
            vehicle_free=free,
            vehicle_gone=gone,
        )

    def _nearest(self, place: tuple[float, float] | None) -> int:
        """The known place nearest to a point: ways are known between the day's places only."""
        if place is None:
            return NONE
        lon = np.array([each.lon for each in self.case.places])
        lat = np.array([each.lat for each in self.case.places])
        east = (lon - place[0]) * np.cos(np.radians(place[1]))
        return int(np.argmin(east**2 + (lat - place[1]) ** 2))

    @cached_property
    def standing(self) -> Standing:
        """The day as it stands, ready for questions."""
        return stand(self.case.problem, self.plan, self.state, self.stability)

    @cached_property
    def visits(self) -> tuple[PlannedVisit, ...]:
        """Who visits whom when, by start: the past as it happened, then the plan."""
        rows = [
            PlannedVisit(
                self.case.visits[step.index].id,
                self.case.carers[route.vehicle].id,
                step.start,
                step.finish,
            )
            for route in self.standing.plan.routes
            for step in route.steps
            if step.kind is StepKind.TASK
        ]
        return tuple(sorted(rows, key=lambda row: (row.start, row.visit, row.carer)))

    def together(self, visit: str) -> tuple[int, ...]:
        """Task numbers of a visit and of those that are made with it or not at all."""
        return companions(self.case.problem, self.visit_number(visit))

    def insertions(self, visit: str, *, best: int = 3) -> Ranking:
        """The best ways to serve a visit that the plan does not have."""
        return rank_insertions(self.standing, self.together(visit), best=best)

    def inserted(self, proposal: Proposal) -> RunningDay:
        """The day with a proposal carried out."""
        return replace(self, plan=apply_proposal(self.standing, proposal))

    def dragged(self, drags: Sequence[Drag]) -> WhatIf:
        """What the plan would come to with visits dragged elsewhere."""
        return what_if(self.standing, drags)

    def why_unserved(self, visit: str) -> Finding:
        """Why nobody makes a visit, and what would help."""
        return smallest_changes(self.standing, self.together(visit))

    def rest(self) -> Residual:
        """What is left to plan, as a problem of its own."""
        return residual(self.standing)

    def replanned(self, rest: Residual, plan: Plan) -> RunningDay:
        """The day with a new plan for the rest."""
        return replace(self, plan=merge(rest, plan))


def _number(known: dict[str, int], what: str, value: str) -> int:
    if value not in known:
        raise FaultError([NO_SUCH_RUNNING_ID(what=what, value=value)])
    return known[value]
