"""The checker's own proof that an unserved task had to stay unserved, and why.

A task *fits* a route when some position takes it within its windows: between any two steps, or,
for a vehicle that loads, also as a new trip of its own between two trips. The route's other steps
keep their order and are timed anew, except for what several routes depend on: tasks for several
people or with a link, with equipment, late, early, or of a plan in force that counts changes stay
at their starts (see :mod:`optimizer.routing.check_held`). The task must also agree with them: with
its links to served tasks, free equipment and what its payer has left. An unused vehicle takes the
breaks that it must, in the order of their windows. The tests try every position of every route
and every unused vehicle with the timing of :mod:`optimizer.routing.check_timing`.

The order of tiers: no unserved task may fit after taking out any one served task of a lower
(larger) tier from its route, or, above the lowest tier, any one that could be done by phone.
Tasks that are served together with others depend on several routes at once; they are neither
tested nor taken out. A task that may be done by phone displaces nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from optimizer.routing.check_held import Held
from optimizer.routing.check_route import legs, measured
from optimizer.routing.check_timing import Days, Shape, Tour, needs_loading
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
        self._problem = problem
        self._held = Held(problem, routes)
        self._steps: dict[int, Steps] = {
            route.vehicle: tuple((step.kind, step.index) for step in route.steps)
            for route in routes
        }
        opens, closes = problem.vehicle_open, problem.vehicle_close
        self._shape = [Shape(0, int(idle), 0) for idle in closes - opens]
        for route in routes:
            self._shape[route.vehicle] = _shape(problem, route)
        starts = self._held.starts
        self._days = [Days(problem, v, windows=starts) for v in range(problem.n_vehicles)]

    def violations(self, answer: RoutingAnswer) -> Iterator[Violation]:
        """Wrong reasons and inverted tiers."""
        reasons: Mapping[int, Reason] = {item.task: item.reason for item in answer.reasons}
        grouped = self._held.grouped
        for task in sorted(set(answer.plan.unserved)):
            if task in reasons and reasons[task] is not self._true_reason(task):
                yield Violation(ViolationKind.WRONG_REASON, task=task)
            if not grouped[task] and self._problem.task_remote_cost[task] == NONE:
                yield from self._inversion(task)

    def _true_reason(self, task: int) -> Reason | None:
        """The reason by this checker's own computation, None where the task should be served."""
        problem = self._problem
        if problem.task_staff[task] > 1:
            return Reason.NEEDS_MORE_STAFF
        if self._held.grouped[task]:
            return Reason.LINKED
        able = self._able(task)
        if not able:
            return Reason.NO_SKILL
        able = self._allowed(task, able)
        if not able:
            return Reason.NOT_ALLOWED
        if not self._held.may_pay(task):
            return Reason.NO_ENTITLEMENT
        alone = [self._alone(vehicle, task) for vehicle in able]
        if None not in alone:
            return max((r for r in alone if r is not None), key=_ALONE.index)
        extra = [
            added
            for vehicle in self._held.people(task, able)
            for added in self._added(vehicle, task)
        ]
        if not extra:
            return Reason.NO_TIME_LEFT
        phone = int(problem.task_remote_cost[task])
        absence = int(problem.task_prize[task]) if phone == NONE else phone
        return Reason.NOT_WORTH if min(extra) > absence else None

    def _able(self, task: int) -> list[int]:
        lacking = self._problem.task_skills[task] & ~self._problem.vehicle_skills
        return np.flatnonzero(lacking == 0).tolist()

    def _allowed(self, task: int, vehicles: list[int]) -> list[int]:
        allowed = self._problem.pair_allowed
        return [v for v in vehicles if not allowed.size or allowed[task, v]]

    def _inversion(self, task: int) -> Iterator[Violation]:
        """A task in whose stead this one would fit although it ranks higher, the first found."""
        held = self._held
        for vehicle in self._allowed(task, self._able(task)):
            if not self._may_meet(vehicle, task):
                continue
            steps = self._steps.get(vehicle, ())
            for row, (kind, other) in enumerate(steps):
                if kind is not StepKind.TASK or not self._ranks_above(task, other):
                    continue
                if not held.may_change(other) or not held.may_pay(task, other):
                    continue
                if vehicle not in held.people(task, [vehicle], other):
                    continue
                self._days[vehicle].narrow(task, held.windows(task, vehicle, other))
                if next(self._fits(vehicle, _without(steps, row), task), None) is not None:
                    yield Violation(ViolationKind.TIER_INVERSION, vehicle, task, other)
                    return

    def _ranks_above(self, task: int, other: int) -> bool:
        """Whether the order of tiers lets the task take the place of the other."""
        problem = self._problem
        if self._held.grouped[other]:
            return False
        tier = problem.task_tier
        phoned = bool(problem.task_remote_cost[other] != NONE)
        return bool(tier[other] > tier[task]) or (phoned and bool(tier[task] < tier.max()))

    def _may_meet(self, vehicle: int, task: int) -> bool:
        problem = self._problem
        windows = problem.windows(task)
        opens = problem.vehicle_open[vehicle]
        closes = problem.vehicle_close[vehicle] + problem.vehicle_overtime[vehicle]
        return bool(windows[-1, 1] >= opens and windows[0, 0] <= closes)

    def _added(self, vehicle: int, task: int) -> Iterator[int]:
        """What every position of the vehicle's route adds to the objective."""
        steps = self._steps.get(vehicle)
        others = [shape for v, shape in enumerate(self._shape) if v != vehicle]

        def shared(shape: Shape) -> int:
            idle = max([shape.idle, *(other.idle for other in others)])
            work = [shape.work, *(other.work for other in others)]
            spread = max(work) - min(work)
            return idle * self._problem.worst_idle_cost + spread * self._problem.balance_cost

        now = self._shape[vehicle]
        before = now.cost + shared(now)
        if steps is not None:
            days = self._days[vehicle]
            tour = days.follow(days.begin(), steps)
            assert tour is not None, "the route was checked before"
            before = min([before, *(s.cost + shared(s) for s in days.shapes(tour))])
        pairs = self._problem.pair_cost
        wish = int(pairs[task, vehicle]) if pairs.size else 0
        if steps is None:
            missed = self._problem.break_prize[self._problem.break_vehicle == vehicle]
            wish += int(np.maximum(0, missed).sum())
        self._days[vehicle].narrow(task, self._held.windows(task, vehicle))
        for shape in self._fits(vehicle, steps or (), task):
            yield wish + shape.cost + shared(shape) - before

    def _fits(self, vehicle: int, steps: Steps, task: int) -> Iterator[Shape]:
        """Timings of the route with the task, for every position that takes it."""
        days = self._days[vehicle]
        steps = steps or self._breaks(vehicle)
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
                if whole is not None:
                    yield from days.shapes(whole)

    def _breaks(self, vehicle: int) -> Steps:
        """The breaks that a used vehicle must take, in the order of their windows."""
        problem = self._problem
        must = (problem.break_vehicle == vehicle) & (problem.break_prize == NONE)
        order = np.lexsort((problem.break_close, problem.break_open))
        return tuple((StepKind.BREAK, row) for row in order.tolist() if must[row])

    def _kitchens(self, vehicle: int, task: int) -> list[int]:
        origin = int(self._problem.task_origin[task])
        places = sorted(set(self._problem.reload_places(vehicle).tolist()))
        return [place for place in places if origin in (NONE, place)]

    def _alone(self, vehicle: int, task: int) -> Reason | None:
        """What keeps the task from an empty day of this vehicle, None where nothing does."""
        problem = self._problem
        visit = (StepKind.TASK, task)
        rounds: list[Steps] = [(visit,)]
        if problem.vehicle_max_trips[vehicle] > 0:
            rounds = [((StepKind.LOAD, place), visit) for place in self._kitchens(vehicle, task)]
        elif needs_loading(problem, task):
            rounds = []
        rounds = [steps for steps in rounds if self._has_ways(vehicle, steps)]
        if not rounds:
            return Reason.UNREACHABLE
        if np.any(problem.task_load[task] > problem.vehicle_capacity[vehicle]):
            return Reason.TOO_LARGE
        rests = self._breaks(vehicle)
        days = [
            (*rests[:row], *steps, *rests[row:])
            for steps in rounds
            for row in range(len(rests) + 1)
        ]
        exact = Days(problem, vehicle)
        if not self._in_time(Days(problem, vehicle, fresh=False), days):
            return Reason.OUTSIDE_SHIFTS
        if not self._in_time(exact, days):
            return Reason.NOT_FRESH
        tours = (exact.follow(exact.begin(), steps) for steps in days)
        if all(tour is None or exact.cost(tour) is None for tour in tours):
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


def _shape(problem: RoutingProblem, route: Route) -> Shape:
    """The timing that a route has in the plan."""
    vehicle = route.vehicle
    mode = problem.vehicle_mode[vehicle]
    closes = int(problem.vehicle_close[vehicle])
    work = route.end - route.depart
    waiting = sum(step.start - step.arrive for step in route.steps)
    early, late = max(0, closes - route.end), route.depart - int(problem.vehicle_open[vehicle])
    metres = sum(measured(problem.distance[mode], legs(problem, route)))
    cost = (
        int(problem.vehicle_fixed_cost[vehicle])
        + metres * int(problem.vehicle_distance_cost[vehicle])
        + work * int(problem.vehicle_time_cost[vehicle])
        + waiting * int(problem.vehicle_wait_cost[vehicle])
        + max(0, route.end - closes) * int(problem.vehicle_overtime_cost[vehicle])
    )
    return Shape(work, late + waiting + early, cost)
