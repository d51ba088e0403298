"""A believable running day for the suite ``insert``: a plan of visits, half of it over.

Carers are walked through the day one visit at a time, so that the plan keeps every rule by
construction: the windows of a visit are opened around the moment at which it happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.dispatch.state import DayState, TaskStatus
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.solution import Plan, Route, Step, StepKind

__all__ = ["NOON", "RunningDay", "running_day"]

NOON = 13 * 3600
"""The moment at which calls come in: half of the visits have begun."""
_MORNING, _EVENING = 8 * 3600, 18 * 3600
_MINUTE = 60
_NEW = 40


@dataclass(frozen=True, eq=False)
class RunningDay:
    """A day with its plan in force, its state, and visits that nobody has planned yet.

    Attributes:
        problem: carers and visits, the new ones last.
        plan: the plan in force, without the new ones.
        state: what has happened by noon.
        calls: the new visits, each with those that belong to it.
    """

    problem: RoutingProblem
    plan: Plan
    state: DayState
    calls: tuple[tuple[int, ...], ...]


@dataclass
class _Visit:
    place: int
    duration: int
    opens: int
    closes: int
    skills: int


def running_day(seed: int, *, carers: int = 30, visits: int = 300, calls: int = _NEW) -> RunningDay:
    """A day by seed: breaks, ten per cent double-staffed, five per cent sequenced visits."""
    return _Builder(seed, carers, visits, calls).build()


class _Builder:
    def __init__(self, seed: int, carers: int, visits: int, calls: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.carers, self.calls = carers, calls
        self.n_visits = visits
        places = visits + 2 * calls + 3
        at = self.rng.uniform(0, 5_000, size=(places, 2))
        self.metres = np.abs(at[:, None] - at[None, :]).sum(axis=2).round().astype(np.int64)
        self.time = (self.metres / 4.0).round().astype(np.int64)
        self.skills = self.rng.choice([1, 3, 5, 7], size=carers, p=[0.4, 0.25, 0.2, 0.15])
        self.start = self.rng.integers(3, size=carers)
        self.steps: list[list[Step]] = [[] for _ in range(carers)]
        self.here = self.start.copy()
        self.now = np.full(carers, _MORNING) + 300 * self.rng.integers(0, 13, size=carers)
        self.depart: NDArray[np.int64] = np.full(carers, NONE)
        self.ate = np.zeros(carers, dtype=bool)
        self.rows: list[_Visit] = []
        self.links: list[tuple[int, int, int, int, int]] = []

    def build(self) -> RunningDay:
        """The day."""
        while len(self.rows) < self.n_visits:
            carer = int(np.argmin(self.now))
            if not self.ate[carer] and self.now[carer] >= 11 * 3600 + 1800:
                self._eat(carer)
            elif self.rng.random() < 0.1 and len(self.rows) < self.n_visits - 1:
                self._together(carer)
            else:
                self._alone(carer)
        planned = len(self.rows)
        groups = tuple(self._call() for _ in range(self.calls))
        problem = self._problem()
        return RunningDay(problem, self._plan(problem), self._state(planned), groups)

    def _serve(self, carer: int, place: int, start: int, duration: int, skills: int) -> int:
        """Let a carer do a new visit; its number."""
        task = len(self.rows)
        before, after = (int(self.rng.choice([10, 20, 40, 60])) * _MINUTE for _ in range(2))
        self.rows.append(_Visit(place, duration, start - before, start + after, skills))
        self._step(carer, StepKind.TASK, task, place, start, duration)
        return task

    def _step(
        self, carer: int, kind: StepKind, index: int, place: int, start: int, length: int
    ) -> None:
        way = int(self.time[self.here[carer], place])
        if self.depart[carer] == NONE:
            self.depart[carer] = start - way
            self.now[carer] = start - way
        arrive = int(self.now[carer]) + way
        self.steps[carer].append(Step(kind, index, arrive, start, start + length))
        self.here[carer], self.now[carer] = place, start + length

    def _arrival(self, carer: int, place: int) -> int:
        return int(self.now[carer] + self.time[self.here[carer], place])

    def _duration(self) -> int:
        return _MINUTE * int(self.rng.choice([20, 30, 40, 60]))

    def _pause(self) -> int:
        return _MINUTE * int(self.rng.choice([0, 0, 5, 15, 30]))

    def _need(self, carer: int) -> int:
        return int(self.skills[carer]) & int(self.rng.choice([0, 1, 2, 4]))

    def _alone(self, carer: int) -> None:
        place = 3 + len(self.rows)
        start = self._arrival(carer, place) + self._pause()
        first = self._serve(carer, place, start, self._duration(), self._need(carer))
        if self.rng.random() < 0.05 and len(self.rows) < self.n_visits:
            other = self._next(carer)
            start = max(start + 1800, self._arrival(other, place))
            second = self._serve(other, place, start, self._duration(), self._need(other))
            gap = start - self.rows[first].opens - 600
            self.links.append((first, second, LinkKind.SEQUENCE, 0, max(3600, gap)))

    def _next(self, carer: int) -> int:
        """Who is free first but for a carer."""
        return next(int(v) for v in np.argsort(self.now, kind="stable") if v != carer)

    def _together(self, carer: int) -> None:
        other = self._next(carer)
        place = 3 + len(self.rows)
        start = max(self._arrival(carer, place), self._arrival(other, place))
        duration = self._duration()
        first = self._serve(carer, place, start, duration, self._need(carer))
        second = self._serve(other, place, start, duration, self._need(other))
        for side in ("opens", "closes"):
            setattr(self.rows[second], side, getattr(self.rows[first], side))
        self.links.append((first, second, LinkKind.SAME_START, 0, 0))

    def _eat(self, carer: int) -> None:
        """Half an hour at the door of the last client; the break goes with the next way."""
        self.ate[carer] = True
        place = 3 + len(self.rows)
        self._step(carer, StepKind.BREAK, carer, place, self._arrival(carer, place), 1800)
        start = int(self.now[carer])
        self._serve(carer, place, start, self._duration(), self._need(carer))

    def _call(self) -> tuple[int, ...]:
        """A visit that has come in: soon, or some time this afternoon; a fifth take two people."""
        place, duration = 3 + len(self.rows), self._duration()
        opens = NOON + _MINUTE * int(self.rng.choice([0, 0, 30, 60, 120]))
        closes = opens + _MINUTE * int(self.rng.choice([60, 90, 120, 180]))
        skills = int(self.rng.choice([0, 0, 1, 2, 4]))
        group = [len(self.rows)]
        self.rows.append(_Visit(place, duration, opens, closes, skills))
        if self.rng.random() < 0.2:
            group.append(len(self.rows))
            self.rows.append(_Visit(place, duration, opens, closes, 0))
            self.links.append((group[0], group[1], LinkKind.SAME_START, 0, 0))
        return tuple(group)

    def _plan(self, problem: RoutingProblem) -> Plan:
        routes = []
        for carer, steps in enumerate(self.steps):
            if steps:
                end = int(self.now[carer] + self.time[self.here[carer], self.start[carer]])
                routes.append(Route(carer, int(self.depart[carer]), end, tuple(steps)))
        served = {task for route in routes for task in route.tasks}
        unserved = tuple(t for t in range(problem.n_tasks) if t not in served)
        return Plan(tuple(routes), unserved)

    def _state(self, planned: int) -> DayState:
        status = np.zeros(planned, dtype=np.int8)
        for steps in self.steps:
            for step in steps:
                if step.kind is StepKind.TASK and step.start <= NOON:
                    over = step.finish <= NOON
                    status[step.index] = TaskStatus.DONE if over else TaskStatus.STARTED
        return DayState(now=NOON, status=status, frozen_until=NOON + 30 * _MINUTE)

    def _problem(self) -> RoutingProblem:
        rows, carers = self.rows, self.carers
        tasks, none = np.zeros(len(rows), np.int64), np.zeros(carers, np.int64)
        home = self.now + self.time[self.here, self.start]
        links = np.array(self.links, dtype=np.int64).reshape(-1, 5)
        columns: dict[str, Any] = {
            "time": self.time[None],
            "distance": self.metres[None],
            "task_place": [row.place for row in rows],
            "task_end_place": [row.place for row in rows],
            "task_duration": [row.duration for row in rows],
            "window_indptr": np.arange(len(rows) + 1),
            "window_open": [row.opens for row in rows],
            "window_close": [row.closes for row in rows],
            "task_skills": [row.skills for row in rows],
            "task_tier": tasks,
            "task_prize": tasks + 100_000_000,
            "task_staff": tasks + 1,
            "task_load": np.zeros((len(rows), 0), np.int64),
            "task_origin": tasks + NONE,
            "task_freshness": tasks + NONE,
            "link_first": links[:, 0],
            "link_second": links[:, 1],
            "link_kind": links[:, 2],
            "link_min": links[:, 3],
            "link_max": links[:, 4],
            "vehicle_mode": none,
            "vehicle_start": self.start,
            "vehicle_end": self.start,
            "vehicle_open": none + _MORNING - 3600,
            "vehicle_close": np.maximum(home, _EVENING),
            "vehicle_max_work": none + NONE,
            "vehicle_skills": self.skills,
            "vehicle_capacity": np.zeros((carers, 0), np.int64),
            "vehicle_max_trips": none,
            "vehicle_reload_indptr": np.zeros(carers + 1, np.int64),
            "vehicle_reload_place": none[:0],
            "vehicle_loading": none,
            "vehicle_fixed_cost": none,
            "vehicle_time_cost": none + 1_111,
            "vehicle_distance_cost": none + 20,
            "break_vehicle": np.arange(carers),
            "break_open": none + 11 * 3600 + 1800,
            "break_close": none + 15 * 3600,
            "break_length": none + 1800,
            "break_place": none + NONE,
            "break_prize": none + NONE,
        }
        return RoutingProblem(**columns)
