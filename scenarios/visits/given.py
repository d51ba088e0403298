"""A plan that people made: who makes which visit when, timed and priced like any other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.parts import plan_counts, plan_parts
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import Plan, Route, RoutingAnswer, Step, StepKind
from scenarios.visits.case import VisitsCase

__all__ = ["GivenVisit", "given_answer"]


@dataclass(frozen=True)
class GivenVisit:
    """A visit of a given plan: who makes it, and when it starts (seconds of the day)."""

    visit: str
    carers: tuple[str, ...]
    start: int


def given_answer(case: VisitsCase, plan: Iterable[GivenVisit]) -> RoutingAnswer:
    """The plan as an answer: starts as given, departures as late and breaks as early as can be.

    Visits that it does not name are unserved. Nothing is mended: what the plan breaks, the
    checker says.
    """
    task = {visit.id: number for number, visit in enumerate(case.visits)}
    vehicle = {carer.id: number for number, carer in enumerate(case.carers)}
    stops: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for item in plan:
        for carer in item.carers:
            stops[vehicle[carer]].append((item.start, task[item.visit]))
    routes = tuple(_Walk(case.problem, v, sorted(stops[v])).route() for v in sorted(stops))
    served = {number for mine in stops.values() for _, number in mine}
    unserved = tuple(sorted(set(range(len(case.visits))) - served))
    return _priced(case.problem, Plan(routes, unserved))


class _Walk:
    """One carer's way through the given stops."""

    def __init__(
        self, problem: RoutingProblem, vehicle: int, stops: Sequence[tuple[int, int]]
    ) -> None:
        self._problem, self._vehicle, self._stops = problem, vehicle, stops
        self._time = problem.time[problem.vehicle_mode[vehicle]]
        self._home = int(problem.vehicle_end[vehicle])
        self._breaks = [row for row in range(problem.n_breaks) if self._is_mine(row)]
        self._here = int(problem.vehicle_start[vehicle])
        self._now: int | None = None
        self._steps: list[Step] = []
        self._depart = 0

    def route(self) -> Route:
        """The timed route."""
        for start, task in self._stops:
            place = int(self._problem.task_place[task])
            self._rest_before(start, place)
            finish = start + self._problem.duration(task, self._vehicle)
            self._step(StepKind.TASK, task, place, start, finish)
            self._here = int(self._problem.task_end_place[task])
        last = self._here if self._home == NONE else self._home
        self._rest_before(None, last)
        assert self._now is not None, "a carer of a plan has a visit"
        end = self._now + int(self._time[self._here, last])
        return Route(self._vehicle, self._depart, end, tuple(self._steps))

    def _is_mine(self, row: int) -> bool:
        return int(self._problem.break_vehicle[row]) == self._vehicle

    def _rest_before(self, next_start: int | None, ahead: int) -> None:
        """Take the breaks that fit before the next start; None after the last visit."""
        for row in list(self._breaks):
            own = int(self._problem.break_place[row])
            place = ahead if own == NONE else own
            low, high = (int(self._problem.break_open[row]), int(self._problem.break_close[row]))
            length = int(self._problem.break_length[row])
            way, onward = int(self._time[self._here, place]), int(self._time[place, ahead])
            latest = high if next_start is None else min(high, next_start - length - onward)
            start = latest if self._now is None else max(low, self._now + way)
            if low <= start <= latest:
                self._breaks.remove(row)
                self._step(StepKind.BREAK, row, place, start, start + length)

    def _step(self, kind: StepKind, index: int, place: int, start: int, finish: int) -> None:
        """Go there and do it; the first step sets the departure, as late as can be."""
        way = int(self._time[self._here, place])
        if self._now is None:
            self._depart = max(start - way, int(self._problem.vehicle_open[self._vehicle]))
            self._now = self._depart
        self._steps.append(Step(kind, index, self._now + way, start, finish))
        self._here, self._now = place, finish


def _priced(problem: RoutingProblem, plan: Plan) -> RoutingAnswer:
    parts = plan_parts(problem, plan)
    result = SolveResult(
        status=Status.FEASIBLE,
        stop_reason=StopReason.FINISHED,
        objective=sum(parts.values()),
        bound=None,
        seconds=0.0,
        seed=None,
        solver="given",
        parts=parts,
    )
    return RoutingAnswer(plan, (), result, plan_counts(problem, plan))
