"""The checker's own proof that an unserved task had to stay unserved, and why.

A task *fits* a route when some position takes it: between any two steps, or, for a vehicle that
loads, also as a new trip of its own between two trips. The tests try every position of every
route and every unused vehicle with the timing of :mod:`optimizer.routing.check_timing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from optimizer.routing.check_timing import Days, Tour
from optimizer.routing.problem import NONE, UNREACHABLE, RoutingProblem
from optimizer.routing.solution import Reason, Route, RoutingAnswer, StepKind
from optimizer.routing.violations import Violation, ViolationKind

__all__ = ["FitChecker"]

Steps = tuple[tuple[StepKind, int], ...]
_ALONE = (
    Reason.UNREACHABLE,
    Reason.TOO_LARGE,
    Reason.OUTSIDE_SHIFTS,
    Reason.NOT_FRESH,
    Reason.TOO_LONG,
)
"""Reasons about a task alone on an empty day, from the farthest off to the nearest miss."""


class FitChecker:
    """Tests reasons and the order of tiers for one plan whose routes keep the rules."""

    def __init__(self, problem: RoutingProblem, routes: Sequence[Route]) -> None:
        linked = np.concatenate([problem.link_first, problem.link_second])
        self._linked = set(linked.tolist())
        self._staff = problem.task_staff
        self._problem = problem = self._held(problem, routes)
        self._steps: dict[int, Steps] = {
            route.vehicle: tuple((step.kind, step.index) for step in route.steps)
            for route in routes
        }
        self._days = [Days(problem, vehicle) for vehicle in range(problem.n_vehicles)]

    def _held(self, problem: RoutingProblem, routes: Sequence[Route]) -> RoutingProblem:
        """The problem with tied and late tasks held at their starts in the plan."""
        windows = {task: problem.windows(task) for task in range(problem.n_tasks)}
        for step in (step for route in routes for step in route.steps):
            task = step.index
            if step.kind is StepKind.TASK and (
                self._is_tied(task) or step.start > windows[task][-1, 1]
            ):
                windows[task] = np.array([[step.start, step.start]])
        if not self._linked and not self._staff.max(initial=1) > 1 and not problem.is_soft:
            return problem
        rows = np.concatenate([np.zeros((0, 2), dtype=np.int64), *windows.values()])
        return problem.replace(
            window_indptr=np.cumsum([0, *(len(row) for row in windows.values())]),
            window_open=rows[:, 0],
            window_close=rows[:, 1],
        )

    def violations(self, answer: RoutingAnswer) -> Iterator[Violation]:
        """Wrong reasons and inverted tiers."""
        reasons: Mapping[int, Reason] = {item.task: item.reason for item in answer.reasons}
        for task in sorted(set(answer.plan.unserved)):
            if task in reasons and reasons[task] is not self._true_reason(task):
                yield Violation(ViolationKind.WRONG_REASON, task=task)
            if not self._is_tied(task):
                yield from self._inversion(task)

    def _is_tied(self, task: int) -> bool:
        """Whether the task depends on several routes at once."""
        return task in self._linked or bool(self._staff[task] > 1)

    def _true_reason(self, task: int) -> Reason | None:
        """The reason by this checker's own computation, None where the task should be served."""
        if self._problem.task_staff[task] > 1:
            return Reason.NEEDS_MORE_STAFF
        if task in self._linked:
            return Reason.LINKED
        able = self._able(task)
        if not able:
            return Reason.NO_SKILL
        alone = [self._alone(vehicle, task) for vehicle in able]
        if None not in alone:
            return max((r for r in alone if r is not None), key=_ALONE.index)
        extra = [
            cost - self._cost(vehicle)
            for vehicle in able
            for cost in self._fits(vehicle, self._steps.get(vehicle, ()), task)
        ]
        if not extra:
            return Reason.NO_TIME_LEFT
        return Reason.NOT_WORTH if min(extra) > self._problem.task_prize[task] else None

    def _able(self, task: int) -> list[int]:
        lacking = self._problem.task_skills[task] & ~self._problem.vehicle_skills
        return np.flatnonzero(lacking == 0).tolist()

    def _inversion(self, task: int) -> Iterator[Violation]:
        """A lower-tier task in whose stead this one would fit, the first found."""
        tier = self._problem.task_tier
        for vehicle in self._able(task):
            if not self._may_meet(vehicle, task):
                continue
            steps = self._steps.get(vehicle, ())
            for row, (kind, other) in enumerate(steps):
                if kind is StepKind.LOAD or tier[other] <= tier[task] or self._is_tied(other):
                    continue
                if next(self._fits(vehicle, _without(steps, row), task), None) is not None:
                    yield Violation(ViolationKind.TIER_INVERSION, vehicle, task, other)
                    return

    def _may_meet(self, vehicle: int, task: int) -> bool:
        windows = self._problem.windows(task)
        opens, closes = self._problem.vehicle_open[vehicle], self._problem.vehicle_close[vehicle]
        return bool(windows[-1, 1] >= opens and windows[0, 0] <= closes)

    def _cost(self, vehicle: int) -> int:
        """Cost of the vehicle's route at its best timing, 0 where unused."""
        steps = self._steps.get(vehicle)
        if steps is None:
            return 0
        days = self._days[vehicle]
        tour = days.follow(days.begin(), steps)
        cost = None if tour is None else days.cost(tour)
        assert cost is not None, "the route was checked before"
        return cost

    def _fits(self, vehicle: int, steps: Steps, task: int) -> Iterator[int]:
        """Costs of the route with the task, for every position that takes it."""
        days = self._days[vehicle]
        loads = self._problem.vehicle_max_trips[vehicle] > 0
        visit = (StepKind.TASK, task)
        tour: Tour | None = days.begin()
        for row in range(len(steps) + 1):
            if row > 0:
                tour = days.extend(tour, steps[row - 1]) if tour is not None else None
            if tour is None:
                return
            rest = steps[row:]
            ways: list[Steps] = [(visit,)]
            if loads:
                ways = [] if row == 0 else ways
                if row == len(steps) or steps[row][0] is StepKind.LOAD:
                    ways += [((StepKind.LOAD, p), visit) for p in self._kitchens(vehicle, task)]
            for way in ways:
                whole = days.follow(tour, (*way, *rest))
                cost = None if whole is None else days.cost(whole)
                if cost is not None:
                    yield cost

    def _kitchens(self, vehicle: int, task: int) -> list[int]:
        origin = int(self._problem.task_origin[task])
        places = sorted(set(self._problem.reload_places(vehicle).tolist()))
        return [place for place in places if origin in (NONE, place)]

    def _alone(self, vehicle: int, task: int) -> Reason | None:
        """What keeps the task from an empty day of this vehicle, None where nothing does."""
        problem = self._problem
        visit = (StepKind.TASK, task)
        days: list[Steps] = [(visit,)]
        if problem.vehicle_max_trips[vehicle] > 0:
            days = [((StepKind.LOAD, place), visit) for place in self._kitchens(vehicle, task)]
        elif problem.task_origin[task] != NONE or problem.task_freshness[task] != NONE:
            days = []
        days = [steps for steps in days if self._has_ways(vehicle, steps)]
        if not days:
            return Reason.UNREACHABLE
        if np.any(problem.task_load[task] > problem.vehicle_capacity[vehicle]):
            return Reason.TOO_LARGE
        if not self._in_time(Days(problem, vehicle, fresh=False), days):
            return Reason.OUTSIDE_SHIFTS
        if not self._in_time(self._days[vehicle], days):
            return Reason.NOT_FRESH
        if next(self._fits(vehicle, (), task), None) is None:
            return Reason.TOO_LONG
        return None

    def _in_time(self, days: Days, options: Sequence[Steps]) -> bool:
        tours = (days.follow(days.begin(), steps) for steps in options)
        return any(tour is not None and days.least_work(tour) is not None for tour in tours)

    def _has_ways(self, vehicle: int, steps: Steps) -> bool:
        problem = self._problem
        time = problem.time[problem.vehicle_mode[vehicle]]
        here = int(problem.vehicle_start[vehicle])
        for kind, index in steps:
            there = index if kind is StepKind.LOAD else int(problem.task_place[index])
            if time[here, there] >= UNREACHABLE:
                return False
            here = there if kind is StepKind.LOAD else int(problem.task_end_place[index])
        home = int(problem.vehicle_end[vehicle])
        return home == NONE or bool(time[here, home] < UNREACHABLE)


def _without(steps: Steps, row: int) -> Steps:
    """The steps without one task, and without its loading where nothing else is left of it."""
    before, after = steps[:row], steps[row + 1 :]
    lonely = before and before[-1][0] is StepKind.LOAD
    if lonely and (not after or after[0][0] is StepKind.LOAD):
        before = before[:-1]
    return (*before, *after)
