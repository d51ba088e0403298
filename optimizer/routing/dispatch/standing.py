"""The day as it stands: the past as it happened, and the plan in force for the rest.

A plan says what was meant to happen. Before anything is added to it, the past is written into
problem and plan: what began did so at its moment and took its time, by the people who did it; no
rule that it broke is held against the rest of the day. What is left keeps all its rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.dispatch.route_times import code_of, timed_route
from optimizer.routing.dispatch.state import DayState, Stability, TaskStatus
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import Plan, Route, Step, StepKind

__all__ = ["Standing", "stand"]


@dataclass(frozen=True, eq=False)
class Standing:
    """A running day, ready for questions; T tasks, V vehicles.

    Attributes:
        problem: the whole day. Tasks that began have their real start as only window, their real
            duration and the highest tier; missed and cancelled ones are forbidden to everyone;
            the plan in force is in ``plan_vehicle`` and ``plan_start``.
        plan: past steps as they happened, then the rest of the plan in force.
        state: the state, all columns filled.
        past: int64[V], how many steps of each vehicle's route have begun.
        bound: int64[V], ``past``, and one more where the person is on the way to the next step:
            nothing comes before it any more.
        free: int64[V], when a person can go on after the last step that began.
        began: bool[T], started or done.
        frozen: bool[T], planned, and must keep people and start.
    """

    problem: RoutingProblem
    plan: Plan
    state: DayState
    past: NDArray[np.int64]
    bound: NDArray[np.int64]
    free: NDArray[np.int64]
    began: NDArray[np.bool_]
    frozen: NDArray[np.bool_]

    @property
    def open_tasks(self) -> NDArray[np.bool_]:
        """bool[T]: tasks that nobody has begun and that are still wanted."""
        return np.asarray(self.state.status == TaskStatus.PLANNED)

    @cached_property
    def starts(self) -> dict[int, dict[int, int]]:
        """Starts in the plan by step (a task, or -1 - break) and vehicle."""
        found: dict[int, dict[int, int]] = {}
        for route in self.plan.routes:
            for step in route.steps:
                found.setdefault(code_of(step), {})[route.vehicle] = step.start
        return found


def stand(
    problem: RoutingProblem, plan: Plan, state: DayState, stability: Stability | None = None
) -> Standing:
    """Write what happened into a day's problem and plan.

    Args:
        problem: the day, visits only; tasks that the plan does not know are new.
        plan: the plan in force.
        state: what happened; it may know fewer tasks than the problem.
        stability: what leaving the plan in force may cost, None for nothing.

    Raises:
        FaultError: the state does not fit the problem (CC-O002, CC-O004).
        ValueError: a vehicle loads (this is for days of visits), or a task began that no route of
            the plan has.
    """
    if np.any(problem.vehicle_max_trips > 0):
        raise ValueError("a running day has visits, no loading vehicles")
    state = state.fitted(problem)
    past = _Past(problem, plan, state)
    routes = past.routes()
    frozen = _frozen(plan, state) & ~past.began
    listed = {step.index for r in routes for step in r.steps if step.kind is StepKind.TASK}
    unserved = tuple(task for task in range(problem.n_tasks) if task not in listed)
    changes = past.columns(routes, frozen) | _in_force(problem, routes, state)
    stability = stability or Stability()
    limit = NONE if stability.max_changes is None else stability.max_changes
    standing = problem.replace(
        **changes,
        plan_tolerance=stability.tolerance,
        max_changes=limit,
        change_cost=stability.change_cost,
    )
    for number, route in enumerate(routes):
        starts = [step.start for step in route.steps]
        codes = [code_of(step) for step in route.steps]
        depart = route.depart if past.bound[route.vehicle] else -1
        routes[number] = timed_route(standing, route.vehicle, codes, starts, depart)
    return Standing(
        standing,
        Plan(tuple(routes), unserved),
        state,
        past.counts,
        past.bound,
        past.free,
        past.began,
        frozen,
    )


def _frozen(plan: Plan, state: DayState) -> NDArray[np.bool_]:
    frozen = np.zeros(state.status.size, dtype=bool)
    for route in plan.routes:
        for step in route.steps:
            if step.kind is StepKind.TASK and step.start < state.frozen_until:
                frozen[step.index] = state.status[step.index] == TaskStatus.PLANNED
    for route in plan.routes:
        if state.vehicle_gone[route.vehicle]:
            frozen[list(route.tasks)] = False
    return frozen


def _in_force(problem: RoutingProblem, routes: list[Route], state: DayState) -> dict[str, Any]:
    """The columns of the plan in force; a gone carer's visits count as changed either way."""
    vehicle = np.full(problem.n_tasks, NONE)
    start = np.zeros(problem.n_tasks, dtype=np.int64)
    for route in routes:
        for step in route.steps:
            if step.kind is StepKind.TASK and vehicle[step.index] == NONE:
                vehicle[step.index], start[step.index] = route.vehicle, step.start
    return {"plan_vehicle": vehicle, "plan_start": start}


class _Past:
    """What began, at moments that ways and ticks agree on."""

    def __init__(self, problem: RoutingProblem, plan: Plan, state: DayState) -> None:
        self.problem, self.plan, self.state = problem, plan, state
        began = (state.status == TaskStatus.STARTED) | (state.status == TaskStatus.DONE)
        self.began: NDArray[np.bool_] = began
        self._steps = {route.vehicle: self._begun(route) for route in plan.routes}
        self._whole = {
            route.vehicle: [
                *self._steps[route.vehicle],
                *(s for s in route.steps if not self._is_over(s, self._steps[route.vehicle])),
            ]
            for route in plan.routes
        }
        self._people: dict[int, list[int]] = {}
        for vehicle, steps in self._steps.items():
            for step in steps:
                if step.kind is StepKind.TASK:
                    self._people.setdefault(step.index, []).append(vehicle)
        self._start: dict[int, int] = {}
        planned = {
            step.index: step.start
            for route in plan.routes
            for step in route.steps
            if step.kind is StepKind.TASK
        }
        for task in np.flatnonzero(began).tolist():
            if task not in planned:
                raise ValueError(f"task {task} began, but the plan in force does not have it")
            known = int(state.started[task])
            self._start[task] = planned[task] if known == NONE else known
        self._agree()

    def _begun(self, route: Route) -> list[Step]:
        """The steps that began, in the order in which they did; breaks up to now among them."""
        state = self.state
        done = [s for s in route.steps if s.kind is StepKind.TASK and self.began[s.index]]
        last = max((route.steps.index(s) for s in done), default=-1)
        breaks = []
        for row, step in enumerate(route.steps):
            if row > last and (step.kind is not StepKind.BREAK or step.start > state.now):
                break
            if step.kind is StepKind.BREAK:
                breaks.append(step)
        if not done and not breaks:
            return []

        def moment(step: Step) -> int:
            known = state.started[step.index] if step.kind is StepKind.TASK else NONE
            return step.start if known == NONE else int(known)

        return sorted((*done, *breaks), key=moment)

    def _way(self, vehicle: int, here: int, there: int) -> int:
        return int(self.problem.time[self.problem.vehicle_mode[vehicle], here, there])

    def _places(self, row: int, vehicle: int) -> tuple[int, int]:
        """Where a step begins and ends; a break without a place is taken where the next task is."""
        problem, steps = self.problem, self._whole[vehicle]
        for step in steps[row:]:
            if step.kind is StepKind.TASK:
                place = int(problem.task_place[step.index])
                after = int(problem.task_end_place[step.index]) if step is steps[row] else place
                return place, after
            if problem.break_place[step.index] != NONE:
                place = int(problem.break_place[step.index])
                return place, place
        home = int(problem.vehicle_end[vehicle])
        if home == NONE:
            begun = [s for s in steps[:row] if s.kind is StepKind.TASK]
            home = int(problem.vehicle_start[vehicle])
            home = int(problem.task_end_place[begun[-1].index]) if begun else home
        return home, home

    def _agree(self) -> None:
        """Move ticked starts back in time as little as ways and partners ask for."""
        for _ in range(1 + len(self._start)):
            moved = False
            for vehicle, steps in self._steps.items():
                here, now = None, -(2**60)
                for row, step in enumerate(steps):
                    there, after = self._places(row, vehicle)
                    way = 0 if here is None else self._way(vehicle, here, there)
                    start = max(self._start_of(step), now + way)
                    if step.kind is StepKind.TASK and start > self._start[step.index]:
                        self._start[step.index] = start
                        moved = True
                    here, now = after, start
            if not moved:
                return

    def _start_of(self, step: Step) -> int:
        return self._start[step.index] if step.kind is StepKind.TASK else step.start

    def _finish_of(self, vehicle: int, step: Step, start: int) -> int:
        """The end of a step as known or expected."""
        if step.kind is StepKind.BREAK:
            return start + int(self.problem.break_length[step.index])
        known = int(self.state.finished[step.index])
        planned = start + self.problem.duration(step.index, vehicle)
        now = self.state.now
        if self.state.status[step.index] == TaskStatus.DONE:
            return max(start, min(planned if known == NONE else known, now))
        if known == NONE and any(
            start + self.problem.duration(step.index, other) > now
            for other in self._people[step.index]
        ):
            return max(start, planned)
        return max(start, planned if known == NONE else known, now)

    def routes(self) -> list[Route]:
        """Routes as they stand; fills ``counts``, ``bound`` and ``free``."""
        state = self.state
        self.counts = np.zeros(self.problem.n_vehicles, dtype=np.int64)
        self.free = np.full(self.problem.n_vehicles, NONE, dtype=np.int64)
        self.bound = self.counts.copy()
        routes = []
        for route in self.plan.routes:
            vehicle = route.vehicle
            begun = self._begun_steps(route)
            left = [s for s in route.steps if not self._is_over(s, begun)]
            if state.vehicle_gone[vehicle]:
                left = []
            if not any(s.kind is StepKind.TASK for s in (*begun, *left)):
                continue
            self.counts[vehicle] = self.bound[vehicle] = len(begun)
            depart = route.depart
            if begun:
                way = self._first_way(vehicle)
                depart = begun[0].arrive - way
                self.free[vehicle] = max(
                    begun[-1].finish, state.now, int(state.vehicle_free[vehicle])
                )
            if left and self._is_on_way(vehicle, depart, begun, left):
                self.bound[vehicle] += 1
                self.free[vehicle] = begun[-1].finish if begun else NONE
            routes.append(Route(vehicle, depart, route.end, (*begun, *left)))
        return routes

    def _first_way(self, vehicle: int) -> int:
        first = self._places(0, vehicle)[0]
        return self._way(vehicle, int(self.problem.vehicle_start[vehicle]), first)

    def _is_on_way(self, vehicle: int, depart: int, begun: list[Step], left: list[Step]) -> bool:
        """Whether a person who keeps to the plan has set out for the next step.

        People set out as late as the plan lets them; where the state says where a person is or
        from when the person is free, that counts.
        """
        state, row = self.state, len(begun)
        if state.vehicle_place[vehicle] != NONE or state.vehicle_free[vehicle] != NONE:
            return False
        here = int(self.problem.vehicle_start[vehicle])
        if begun:
            here = self._places(row - 1, vehicle)[1]
        way = self._way(vehicle, here, self._places(row, vehicle)[0])
        ready = begun[-1].finish if begun else depart
        start = left[0].start
        return ready + way <= start and start - way < state.now <= start

    def _is_over(self, step: Step, begun: list[Step]) -> bool:
        if step.kind is StepKind.TASK:
            return bool(self.state.status[step.index] != TaskStatus.PLANNED)
        return any(s.kind is StepKind.BREAK and s.index == step.index for s in begun)

    def _begun_steps(self, route: Route) -> list[Step]:
        """The begun steps of a route with real times."""
        vehicle, steps = route.vehicle, self._steps[route.vehicle]
        timed: list[Step] = []
        here, now = int(self.problem.vehicle_start[vehicle]), route.depart
        for row, step in enumerate(steps):
            there, after = self._places(row, vehicle)
            way = self._way(vehicle, here, there)
            start = self._start_of(step)
            if timed:
                start = max(start, timed[-1].start + way)
                finish = max(timed[-1].start, min(timed[-1].finish, start - way))
                timed[-1] = Step(
                    timed[-1].kind, timed[-1].index, timed[-1].arrive, timed[-1].start, finish
                )
                arrive = finish + way
            else:
                arrive = min(now + way, start)
            timed.append(
                Step(step.kind, step.index, arrive, start, self._finish_of(vehicle, step, start))
            )
            here, now = after, start
        return timed

    def columns(self, routes: list[Route], frozen: NDArray[np.bool_]) -> dict[str, Any]:
        """The problem's columns with the past written into them."""
        problem, status = self.problem, self.state.status
        closed = (status == TaskStatus.MISSED) | (status == TaskStatus.CANCELLED)
        under_way = status == TaskStatus.STARTED
        days = self._days(routes)
        return {
            **self._windows(),
            **self._links(closed),
            **self._pairs(routes, closed, days["vehicle_open"]),
            **days,
            **self._breaks(routes),
            "task_end_place": self._end_places(routes),
            "task_skills": np.where(self.began, 0, problem.task_skills),
            "task_tier": np.where(self.began | frozen, 0, problem.task_tier),
            "task_staff": np.where(closed, 1, problem.task_staff),
            "task_prize": np.where(status == TaskStatus.CANCELLED, 0, problem.task_prize),
            "task_remote_cost": np.where(closed, NONE, problem.task_remote_cost),
            "task_equipment": np.where(self.began & ~under_way, NONE, problem.task_equipment),
        }

    def _begun_of(self, route: Route) -> tuple[Step, ...]:
        return route.steps[: int(self.counts[route.vehicle])]

    def _pairs(
        self, routes: list[Route], closed: NDArray[np.bool_], opens: NDArray[np.int64]
    ) -> dict[str, Any]:
        """Who may serve what, and how long that takes: as it was, for what began."""
        problem, state = self.problem, self.state
        allowed = np.ones((problem.n_tasks, problem.n_vehicles), dtype=bool)
        if problem.pair_allowed.size:
            allowed = problem.pair_allowed.copy()
        duration = problem.pair_duration.copy()
        if not duration.size:
            duration = np.repeat(problem.task_duration[:, None], problem.n_vehicles, axis=1)
        first = np.maximum(state.now, state.vehicle_free)
        too_late = (self.bound == 0) & (first > opens)  # free only after the shift
        allowed[closed] = False
        allowed[np.ix_(~self.began, state.vehicle_gone | too_late)] = False
        for route in routes:
            for step in self._begun_of(route):
                if step.kind is StepKind.TASK:
                    duration[step.index, route.vehicle] = step.finish - step.start
                    allowed[step.index, route.vehicle] = True
        return {"pair_allowed": allowed, "pair_duration": duration}

    def _days(self, routes: list[Route]) -> dict[str, Any]:
        """When and where people who have not set out can."""
        problem, state = self.problem, self.state
        opens, starts = problem.vehicle_open.copy(), problem.vehicle_start.copy()
        on_way = self.bound > 0
        for route in routes:
            if on_way[route.vehicle]:
                opens[route.vehicle] = min(int(opens[route.vehicle]), route.depart)
        first = np.maximum(opens, np.maximum(state.now, state.vehicle_free))
        waiting = np.minimum(first, problem.vehicle_close)
        known = ~on_way & (state.vehicle_place != NONE)
        return {
            "vehicle_open": np.where(on_way, opens, waiting),
            "vehicle_start": np.where(known, state.vehicle_place, starts),
        }

    def _end_places(self, routes: list[Route]) -> NDArray[np.int32]:
        """Where tasks end; where people are now that they are done with their last one."""
        ends = self.problem.task_end_place.copy()
        for route in routes:
            begun, place = self._begun_of(route), int(self.state.vehicle_place[route.vehicle])
            if not begun or place == NONE or begun[-1].kind is not StepKind.TASK:
                continue
            if self.problem.task_staff[begun[-1].index] == 1:
                ends[begun[-1].index] = place
        return ends

    def _breaks(self, routes: list[Route]) -> dict[str, Any]:
        """Breaks as they were taken; one whose time is over need not be taken any more."""
        problem, state = self.problem, self.state
        names = ("break_place", "break_length", "break_open", "break_close", "break_prize")
        columns = {name: getattr(problem, name).copy() for name in names}
        for route in routes:
            for row, step in enumerate(self._begun_of(route)):
                if step.kind is StepKind.BREAK:
                    columns["break_place"][step.index] = self._places(row, route.vehicle)[0]
                    columns["break_length"][step.index] = step.finish - step.start
                    columns["break_open"][step.index] = step.start
                    columns["break_close"][step.index] = step.start
        steps = (step for route in routes for step in route.steps)
        planned = [step.index for step in steps if step.kind is StepKind.BREAK]
        lost = (columns["break_close"] < state.now) | state.vehicle_gone[problem.break_vehicle]
        lost[planned] = False
        lost &= problem.break_prize == NONE
        columns["break_prize"][lost] = 0
        return columns

    def _windows(self) -> dict[str, Any]:
        problem = self.problem
        rows = [
            np.full((1, 2), self._start[task]) if self.began[task] else problem.windows(task)
            for task in range(problem.n_tasks)
        ]
        table = np.concatenate([np.zeros((0, 2), dtype=np.int64), *rows])
        fixed = self.began
        return {
            "window_indptr": np.cumsum([0, *(len(row) for row in rows)]),
            "window_open": table[:, 0],
            "window_close": table[:, 1],
            "window_at_end": problem.window_at_end & ~fixed,
            "task_late_cost": np.where(fixed, NONE, problem.task_late_cost),
            "task_late_window": problem.task_late_window & ~fixed,
            "task_early_cost": np.where(fixed, NONE, problem.task_early_cost),
        }

    def _links(self, closed: NDArray[np.bool_]) -> dict[str, Any]:
        """Links that still bind: not between two tasks that began, not with one that is closed."""
        problem = self.problem
        first, second = problem.link_first, problem.link_second
        binds = ~(self.began[first] & self.began[second]) & ~closed[first] & ~closed[second]
        names = ("link_first", "link_second", "link_kind", "link_min", "link_max")
        return {name: getattr(problem, name)[binds] for name in names}
