"""Why visits are unserved, for days that use any feature of the model but trips.

Like :mod:`optimizer.routing.explain`: first alone on an empty day of everyone who may serve the
task (with the breaks that they must take), then at every position of every route of the plan. What
other routes depend on keeps its start: tasks for several people or with a link, with equipment,
late, early, or of a plan in force that counts changes. The task must agree with its links to
served tasks, with free equipment and with what its payer has left.

**Timing.** For a departure every step is served in the first of its windows still open on arrival,
which is best because arriving earlier never hurts. Delaying the departure by d up to the forward
slack moves no step to a later window and shortens the day by min(d, waiting) (Savelsbergh 1992);
beyond the slack the next choice of windows begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from optimizer.routing.parts import lateness, plan_parts, stops
from optimizer.routing.problem import NONE, UNREACHABLE, LinkKind, RoutingProblem
from optimizer.routing.solution import Plan, Reason, Route, Step, StepKind, Unserved

__all__ = ["Standing", "reasons_of"]

Code = tuple[StepKind, int]
Windows = list[tuple[int, int]]
_FAR = 2**62
_OBSTACLES = (Reason.UNREACHABLE, Reason.TOO_LARGE, Reason.OUTSIDE_SHIFTS, Reason.TOO_LONG)


def reasons_of(problem: RoutingProblem, plan: Plan) -> tuple[Unserved, ...]:
    """A reason for every unserved task, in the order of the plan's list.

    ``detail`` holds figures: ``vehicles``, ``able`` (with the skills), ``allowed``; for each
    obstacle how many of them stop there; ``left`` and ``price`` in fen; ``staff`` needed;
    ``linked_to`` a task; ``added`` cost and ``prize`` (of the phone call where one will do).
    """
    standing = Standing(problem, plan)
    return tuple(_reason(standing, task) for task in plan.unserved)


def _reason(standing: Standing, task: int) -> Unserved:
    problem = standing.problem
    if problem.task_staff[task] > 1:
        return Unserved(task, Reason.NEEDS_MORE_STAFF, {"staff": int(problem.task_staff[task])})
    for row in np.flatnonzero(problem.link_kind <= LinkKind.SEQUENCE).tolist():
        pair = int(problem.link_first[row]), int(problem.link_second[row])
        if task in pair:
            other = pair[1] if pair[0] == task else pair[0]
            return Unserved(task, Reason.LINKED, {"linked_to": other})
    lacks = problem.task_skills[task] & ~problem.vehicle_skills
    able = np.flatnonzero(lacks == 0).tolist()
    detail = {"vehicles": problem.n_vehicles, "able": len(able)}
    if not able:
        return Unserved(task, Reason.NO_SKILL, detail)
    allowed = standing.allowed(task)
    detail["allowed"] = len(allowed)
    if not allowed:
        return Unserved(task, Reason.NOT_ALLOWED, detail)
    left, price = standing.money_left(task), int(problem.task_price[task])
    if left is not None and price > left:
        return Unserved(task, Reason.NO_ENTITLEMENT, {**detail, "left": left, "price": price})
    stopped = [standing.obstacle(task, v) for v in allowed]
    for obstacle in _OBSTACLES:
        if obstacle in stopped:
            detail[str(obstacle)] = stopped.count(obstacle)
    if None not in stopped:
        nearest = max((o for o in stopped if o is not None), key=_OBSTACLES.index)
        return Unserved(task, nearest, detail)
    detail["fits_alone"] = stopped.count(None)
    best = standing.cheapest(task)
    if best is None:
        return Unserved(task, Reason.NO_TIME_LEFT, detail)
    absence = int(problem.absence_cost[task])
    detail |= {"added": best[0] + absence - standing.objective, "prize": absence}
    return Unserved(task, Reason.NOT_WORTH, detail)


class Standing:
    """A plan that stands, into which one more visit may be put."""

    def __init__(self, problem: RoutingProblem, plan: Plan) -> None:
        self.problem = problem
        self.plan = plan
        self._routes = {route.vehicle: route for route in plan.routes}
        self._people: dict[int, list[int]] = {}
        self._span: dict[int, tuple[int, int]] = {}
        self._held: dict[int, Windows] = {}
        self._own_windows: dict[tuple[int, int], Windows] = {}
        shared = problem.is_tied | (problem.task_equipment != NONE)
        if problem.change_cost > 0 or problem.max_changes != NONE:
            shared |= problem.plan_vehicle != NONE
        for route in plan.routes:
            for step in (step for step in route.steps if step.kind is StepKind.TASK):
                task = step.index
                self._people.setdefault(task, []).append(route.vehicle)
                _, finish = self._span.get(task, (0, step.finish))
                self._span[task] = (step.start, max(finish, step.finish))
                if shared[task] or lateness(problem, step) != (0, 0):
                    self._held[task] = [(step.start, step.start)]

    @cached_property
    def objective(self) -> int:
        """The plan's objective in cost units."""
        return sum(plan_parts(self.problem, self.plan).values())

    def allowed(self, task: int) -> list[int]:
        """Everyone with the skills who is not forbidden for the task."""
        lacks = self.problem.task_skills[task] & ~self.problem.vehicle_skills
        able = np.flatnonzero(lacks == 0).tolist()
        return [v for v in able if self.problem.may_serve(task, v)]

    def can_pay(self, task: int) -> bool:
        """Whether the task's payer has its price left."""
        left = self.money_left(task)
        return left is None or int(self.problem.task_price[task]) <= left

    def money_left(self, task: int) -> int | None:
        """Fen that the task's payer has left, None without a payer."""
        problem = self.problem
        payer = int(problem.task_payer[task])
        if payer == NONE:
            return None
        served = list(self._span)
        paid = problem.task_price[served][problem.task_payer[served] == payer]
        return int(problem.payer_limit[payer]) - int(paid.sum())

    def obstacle(self, task: int, vehicle: int) -> Reason | None:
        """What keeps the task from an empty day of the person, None where nothing does."""
        problem = self.problem
        if self._is_loaded(task) or not self._reaches(task, vehicle):
            return Reason.UNREACHABLE
        if np.any(problem.task_load[task] > problem.vehicle_capacity[vehicle]):
            return Reason.TOO_LARGE
        windows = self._windows(task, vehicle)
        rests = self._must_take(vehicle)
        in_time = False
        for row in range(len(rests) + 1):
            steps = [*rests[:row], (StepKind.TASK, task), *rests[row:]]
            if any(self._timings(vehicle, steps, {task: windows}, limits=False)):
                in_time = True
                if any(self._timings(vehicle, steps, {task: windows})):
                    return None
        return Reason.TOO_LONG if in_time else Reason.OUTSIDE_SHIFTS

    def cheapest(self, task: int, vehicle: int | None = None) -> tuple[int, Route] | None:
        """The plan's objective with the task, and the route that then takes it.

        Args:
            task: an unserved task that is served alone.
            vehicle: the only person to look at, None for everyone who is allowed.

        Returns:
            The cheapest of all places and timings, None where no place takes the task.
        """
        people = self.allowed(task) if vehicle is None else [vehicle]
        found = ((self._with(task, r), r) for v in people for r in self._longer(task, v))
        return min(found, key=lambda pair: pair[0], default=None)

    def plan_with(self, task: int, route: Route) -> Plan:
        """The plan in which a route takes the task."""
        others = {**self._routes, route.vehicle: route}
        unserved = tuple(t for t in self.plan.unserved if t != task)
        return replace(
            self.plan, routes=tuple(others[v] for v in sorted(others)), unserved=unserved
        )

    def _with(self, task: int, route: Route) -> int:
        return sum(plan_parts(self.problem, self.plan_with(task, route)).values())

    def _longer(self, task: int, vehicle: int) -> Iterator[Route]:
        """The person's route with the task, for every place that takes it and every timing."""
        if self._is_loaded(task) or not self._people_agree(task, vehicle):
            return
        windows = self._free_windows(task, vehicle)
        opens = int(self.problem.vehicle_open[vehicle])
        if not windows or windows[-1][1] < opens:
            return
        route = self._routes.get(vehicle)
        steps = self._must_take(vehicle)
        if route is not None:
            steps = [(step.kind, step.index) for step in route.steps]
        for row in range(len(steps) + 1):
            longer = [*steps[:row], (StepKind.TASK, task), *steps[row:]]
            yield from self._timings(vehicle, longer, self._held | {task: windows})

    def _is_loaded(self, task: int) -> bool:
        """Whether only a trip can bring the task."""
        problem = self.problem
        loaded = (problem.task_origin, problem.task_freshness, problem.task_release)
        return any(bool(column[task] != NONE) for column in loaded)

    def _people_agree(self, task: int, vehicle: int) -> bool:
        for kind, partner in self._partners(task):
            serves = vehicle in self._people[partner]
            if kind == LinkKind.DIFFERENT_PERSON and serves:
                return False
            if kind == LinkKind.SAME_PERSON and not serves:
                return False
        return True

    def _partners(self, task: int) -> Iterator[tuple[int, int]]:
        problem = self.problem
        rows = np.flatnonzero((problem.link_first == task) | (problem.link_second == task))
        for row in rows.tolist():
            first, second = int(problem.link_first[row]), int(problem.link_second[row])
            partner = second if first == task else first
            if partner in self._span:
                yield int(problem.link_kind[row]), partner

    def _windows(self, task: int, vehicle: int) -> Windows:
        known = self._own_windows.get((task, vehicle))
        if known is None:
            problem = self.problem
            last = problem.duration(task, vehicle) if problem.window_at_end[task] else 0
            rows = [(int(a), int(b) - last) for a, b in problem.windows(task)]
            known = [(a, b) for a, b in rows if a <= b]
            self._own_windows[task, vehicle] = known
        return known

    def _free_windows(self, task: int, vehicle: int) -> Windows:
        """Starts that links to served tasks and equipment in use leave."""
        duration = self.problem.duration(task, vehicle)
        taken = [
            self._span[partner]
            for kind, partner in self._partners(task)
            if kind == LinkKind.NOT_OVERLAPPING
        ]
        taken += self._in_use(task) if duration > 0 else []
        windows = self._windows(task, vehicle)
        for begin, end in taken:
            left: Windows = []
            for first, last in windows:
                before, behind = begin - duration, end
                if behind <= before:  # an empty span leaves every start
                    left.append((first, last))
                    continue
                left += [(first, min(last, before)), (max(first, behind), last)]
            windows = [(a, b) for a, b in left if a <= b]
        return windows

    def _in_use(self, task: int) -> Windows:
        """Spans in which no piece of the task's equipment is free."""
        problem = self.problem
        kind = problem.task_equipment[task]
        if kind == NONE:
            return []
        pieces = int(problem.equipment_count[kind])
        if pieces == 0:
            return [(-_FAR, _FAR)]
        spans = [s for t, s in self._span.items() if problem.task_equipment[t] == kind]
        found: Windows = []
        for begin in sorted({start for start, _ in spans}):
            users = sorted((e for s, e in spans if s <= begin < e), reverse=True)
            if len(users) >= pieces:
                found.append((begin, users[pieces - 1]))
        return found

    def _must_take(self, vehicle: int) -> list[Code]:
        """The breaks that a used day must have, by their windows."""
        problem = self.problem
        mine = np.flatnonzero((problem.break_vehicle == vehicle) & (problem.break_prize == NONE))
        rows = sorted(mine.tolist(), key=lambda b: (problem.break_open[b], problem.break_close[b]))
        return [(StepKind.BREAK, row) for row in rows]

    def _reaches(self, task: int, vehicle: int) -> bool:
        problem = self.problem
        time = problem.time[problem.vehicle_mode[vehicle]]
        home = problem.vehicle_end[vehicle]
        there = time[problem.vehicle_start[vehicle], problem.task_place[task]] < UNREACHABLE
        back = home == NONE or time[problem.task_end_place[task], home] < UNREACHABLE
        return bool(there and back)

    def _timings(
        self, vehicle: int, steps: Sequence[Code], windows: dict[int, Windows], limits: bool = True
    ) -> Iterator[Route]:
        """The timings of the steps that keep the rules, none of them needlessly long."""
        day = _Day(self.problem, vehicle, steps)
        if day.legs is None:
            return
        problem = self.problem
        tasks = [index for kind, index in steps if kind is StepKind.TASK]
        loads = problem.task_load[tasks].sum(axis=0)
        if np.any(loads > problem.vehicle_capacity[vehicle]):
            return
        travel = int(problem.vehicle_max_travel[vehicle])
        if limits and travel != NONE and sum(day.legs) > travel:
            return
        slots = [
            (windows[index] if index in windows else self._windows(index, vehicle))
            if kind is StepKind.TASK
            else [(int(problem.break_open[index]), int(problem.break_close[index]))]
            for kind, index in steps
        ]
        yield from day.timings(slots, limits)


class _Day:
    """The steps of one day with their ways and lengths."""

    def __init__(self, problem: RoutingProblem, vehicle: int, steps: Sequence[Code]) -> None:
        self._problem = problem
        self._vehicle = vehicle
        self._steps = steps
        time = problem.time[problem.vehicle_mode[vehicle]]
        here = int(problem.vehicle_start[vehicle])
        legs = []
        for (kind, index), there in zip(steps, stops(problem, vehicle, steps), strict=True):
            legs.append(0 if there == NONE else int(time[here, there]))
            here = here if there == NONE else there
            here = int(problem.task_end_place[index]) if kind is StepKind.TASK else here
        home = int(problem.vehicle_end[vehicle])
        legs.append(0 if home == NONE else int(time[here, home]))
        self.legs = None if max(legs) >= UNREACHABLE else legs
        self._lengths = [
            problem.duration(index, vehicle)
            if kind is StepKind.TASK
            else int(problem.break_length[index])
            for kind, index in steps
        ]

    def timings(self, slots: Sequence[Windows], limits: bool) -> Iterator[Route]:
        """The shortest timing of every choice of windows, by departure."""
        problem, v = self._problem, self._vehicle
        depart = int(problem.vehicle_open[v])
        latest = int(problem.vehicle_close[v] + problem.vehicle_overtime[v])
        most = int(problem.vehicle_max_work[v]) if limits else NONE
        while True:
            passed = self._forward(slots, depart)
            if passed is None or passed[0] > latest:
                return
            end, waited, slack, _ = passed
            delay = min(waited, slack)
            if most == NONE or end - depart - delay <= most:
                yield self._route(slots, depart + delay)
            depart += slack + 1

    def _forward(
        self, slots: Sequence[Windows], depart: int
    ) -> tuple[int, int, int, list[int]] | None:
        """(end, waiting, slack, starts) for a departure."""
        assert self.legs is not None
        now, waited, slack = depart, 0, _FAR
        starts = []
        for leg, windows, length in zip(self.legs, slots, self._lengths, strict=False):
            arrive = now + leg
            slot = next((w for w in windows if w[1] >= arrive), None)
            if slot is None:
                return None
            start = max(arrive, slot[0])
            waited += start - arrive
            slack = min(slack, slot[1] - start + waited)
            starts.append(start)
            now = start + length
        return now + self.legs[-1], waited, slack, starts

    def _route(self, slots: Sequence[Windows], depart: int) -> Route:
        passed = self._forward(slots, depart)
        assert passed is not None and self.legs is not None
        steps, now = [], depart
        rows = zip(self._steps, self.legs, passed[3], self._lengths, strict=False)
        for (kind, index), leg, start, length in rows:
            steps.append(Step(kind, index, now + leg, start, start + length))
            now = start + length
        return Route(self._vehicle, depart, passed[0], tuple(steps))
