"""What is left of a running day as a problem of its own, and the way back to the whole day.

Any engine can plan the rest of a day that way: people start where they are when they are free,
what has begun or is frozen is pinned to its people and start, what is over is gone but for what
still follows from it (links to it, money spent, work and ways done). A person who has set out and
is between two visits gets a task "here" without length at that place and moment, so that the paid
time runs on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.dispatch.net import Table
from optimizer.routing.dispatch.route_times import code_of, timed_route
from optimizer.routing.dispatch.standing import Standing
from optimizer.routing.dispatch.state import TaskStatus
from optimizer.routing.dispatch.timing_kernels import KEPT, WHAT
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.solution import Plan, Route, Step, StepKind

__all__ = ["Residual", "merge", "residual"]


@dataclass(frozen=True, eq=False)
class Residual:
    """The rest of a day.

    Attributes:
        standing: the whole day. Vehicles have the same numbers in both.
        problem: the rest as a problem.
        tasks: int64[T'], the whole day's number of each task, NONE for a "here".
        breaks: int64[B'], the whole day's number of each break.
        pinned: bool[T'], tasks that keep their people and start.
        plan: the plan in force in the rest's numbers, to start a search from. Where it cannot be
            kept its starts are those of the plan in force, though they break rules.
    """

    standing: Standing
    problem: RoutingProblem
    tasks: NDArray[np.int64]
    breaks: NDArray[np.int64]
    pinned: NDArray[np.bool_]
    plan: Plan


def residual(standing: Standing) -> Residual:
    """What is left to plan of a running day.

    Args:
        standing: the day as it stands (:func:`optimizer.routing.dispatch.standing.stand`).
    """
    return _Builder(standing).build()


def merge(rest: Residual, plan: Plan) -> Plan:
    """The plan of the whole day: what happened, then a plan of the rest.

    Args:
        rest: the rest of the day.
        plan: a plan for ``rest.problem``.

    Returns:
        A plan for ``rest.standing.problem``, with all its rules kept if the plan of the rest
        keeps those of the rest.
    """
    standing = rest.standing
    later = {route.vehicle: route for route in plan.routes}
    before = {route.vehicle: route for route in standing.plan.routes}
    routes = []
    for vehicle in sorted(later.keys() | before.keys()):
        count = int(standing.past[vehicle])
        past = before[vehicle].steps[:count] if count else ()
        steps = [(code_of(step), step.start) for step in past]
        done = {code for code, _ in steps}
        for step in later[vehicle].steps if vehicle in later else ():
            number = rest.tasks if step.kind is StepKind.TASK else rest.breaks
            whole = int(number[step.index])
            code = whole if step.kind is StepKind.TASK else -1 - whole
            if not (step.kind is StepKind.TASK and whole == NONE) and code not in done:
                steps.append((code, step.start))
        if any(code >= 0 for code, _ in steps):
            depart = before[vehicle].depart if standing.bound[vehicle] else -1
            codes, starts = [code for code, _ in steps], [start for _, start in steps]
            routes.append(timed_route(standing.problem, vehicle, codes, starts, depart))
    served = {task for route in routes for task in route.tasks}
    unserved = tuple(t for t in range(standing.problem.n_tasks) if t not in served)
    return Plan(tuple(routes), unserved)


class _Builder:
    def __init__(self, standing: Standing) -> None:
        self.standing, self.problem = standing, standing.problem
        table = Table(standing)
        self.starts = dict(standing.starts)
        if table.feasible:
            for node in range(table.node.shape[0]):
                code, vehicle = int(table.node[node, WHAT]), int(table.node[node, 1])
                if code in self.starts and vehicle in self.starts[code]:
                    self.starts[code][vehicle] = int(table.node[node, KEPT])
        self.routes = {route.vehicle: route for route in standing.plan.routes}
        self.tasks = np.flatnonzero(standing.open_tasks).tolist()
        self.pins: dict[int, tuple[int, list[int]]] = {}
        self.here: list[tuple[int, int, int]] = []
        self.vehicle = {
            name: getattr(self.problem, name).copy()
            for name in (
                "vehicle_start",
                "vehicle_open",
                "vehicle_close",
                "vehicle_overtime",
                "vehicle_max_work",
                "vehicle_max_travel",
                "vehicle_capacity",
                "vehicle_fixed_cost",
            )
        }
        n, v = self.problem.n_tasks, self.problem.n_vehicles
        self.allowed = self.problem.pair_allowed.copy()
        self.duration = self.problem.pair_duration.copy()
        assert self.allowed.shape == self.duration.shape == (n, v), "standing days have pairs"

    def build(self) -> Residual:
        """The rest of the day."""
        for vehicle, route in self.routes.items():
            if self.standing.bound[vehicle]:
                self._set_out(vehicle, route)
        for task in np.flatnonzero(self.standing.frozen).tolist():
            self._pin(task)
        self.tasks = sorted({*self.tasks, *self.pins})
        breaks = self._breaks_left()
        problem = self._problem(breaks)
        numbers = np.array([*self.tasks, *(NONE for _ in self.here)], dtype=np.int64)
        pinned = np.array([task == NONE or task in self.pins for task in numbers.tolist()])
        rest = np.array(breaks, dtype=np.int64)
        plan = self._plan(problem, numbers, rest)
        return Residual(self.standing, problem, numbers, rest, pinned.astype(bool), plan)

    def _pin(self, task: int) -> None:
        starts = self.starts[task]
        self.pins[task] = (max(starts.values()), list(starts))

    def _set_out(self, vehicle: int, route: Route) -> None:
        """Let a person who is under way start from there."""
        standing, state = self.standing, self.standing.state
        past, bound = int(standing.past[vehicle]), int(standing.bound[vehicle])
        free = int(standing.free[vehicle])
        last = route.steps[bound - 1]
        if bound > past:  # on the way: the day goes on at the next place, when the plan says
            start = self.starts[code_of(last)][vehicle]
            place = self._place(route, bound - 1)
            if last.kind is StepKind.TASK:
                self._pin(last.index)
            else:
                self.here.append((vehicle, place, start))
            self._begin(vehicle, route, bound - 1, place, start)
            return
        is_task = last.kind is StepKind.TASK
        if is_task and state.status[last.index] == TaskStatus.STARTED:
            self.pins.setdefault(last.index, (last.start, []))[1].append(vehicle)
            self.duration[last.index, vehicle] = free - last.start
            self._begin(vehicle, route, past - 1, self._place(route, past - 1), last.start)
            return
        place = self._place(route, past - 1)
        if is_task:
            place = int(self.problem.task_end_place[last.index])
        if len(route.steps) > past:
            self.here.append((vehicle, place, free))
        self._begin(vehicle, route, past, place, free)

    def _begin(self, vehicle: int, route: Route, row: int, place: int, moment: int) -> None:
        """Cut the part of a day before one of its steps."""
        cut = self.vehicle
        close = int(cut["vehicle_close"][vehicle])
        ends = close + int(cut["vehicle_overtime"][vehicle])
        limit = int(cut["vehicle_max_work"][vehicle])
        if limit != NONE:  # counted from the real departure, it is a latest end
            ends = min(ends, route.depart + limit)
            cut["vehicle_max_work"][vehicle] = NONE
        if moment > ends:
            self.allowed[:, vehicle] = False
        close = max(moment, min(close, ends))
        cut["vehicle_start"][vehicle] = place
        cut["vehicle_open"][vehicle] = moment
        cut["vehicle_close"][vehicle] = close
        cut["vehicle_overtime"][vehicle] = max(0, ends - close)
        cut["vehicle_fixed_cost"][vehicle] = 0
        if cut["vehicle_max_travel"][vehicle] != NONE:
            gone = self._travelled(route, row)
            cut["vehicle_max_travel"][vehicle] = max(0, cut["vehicle_max_travel"][vehicle] - gone)
        for step in route.steps[:row]:
            if step.kind is StepKind.TASK:
                cut["vehicle_capacity"][vehicle] -= self.problem.task_load[step.index]

    def _travelled(self, route: Route, row: int) -> int:
        """Ticks of travel before a step, the way to it included where it lies behind."""
        moments = [route.depart, *(step.finish for step in route.steps)]
        ways = [step.arrive - moments[at] for at, step in enumerate(route.steps)]
        return sum(ways[: row + 1] if row < self.standing.bound[route.vehicle] else ways[:row])

    def _place(self, route: Route, row: int) -> int:
        problem = self.problem
        for step in route.steps[row:]:
            if step.kind is StepKind.TASK:
                return int(problem.task_place[step.index])
            if problem.break_place[step.index] != NONE:
                return int(problem.break_place[step.index])
        home = int(problem.vehicle_end[route.vehicle])
        if home != NONE:
            return home
        tasks = [s.index for s in route.steps[:row] if s.kind is StepKind.TASK]
        start = problem.vehicle_start[route.vehicle]
        return int(problem.task_end_place[tasks[-1]] if tasks else start)

    def _breaks_left(self) -> list[int]:
        problem, standing = self.problem, self.standing
        taken = {
            step.index
            for route in self.routes.values()
            for step in route.steps[: standing.past[route.vehicle]]
            if step.kind is StepKind.BREAK
        }
        return [row for row in range(problem.n_breaks) if row not in taken]

    def _problem(self, breaks: list[int]) -> RoutingProblem:
        problem, kept = self.problem, self.tasks
        extra = len(self.here)
        for task, (_, people) in self.pins.items():
            self.allowed[task] = False
            self.allowed[task, people] = True
        changes, clips = self._links(kept)
        windows = [self._windows(task, clips.get(task)) for task in kept]
        windows += [np.array([[moment, moment]]) for _, _, moment in self.here]
        table = np.concatenate([np.zeros((0, 2), dtype=np.int64), *windows])
        places = [place for _, place, _ in self.here]
        fixed = np.array([task in self.pins for task in kept] + [True] * extra, dtype=bool)
        most = int(problem.absence_cost.sum()) + 1
        tier = np.append(problem.task_tier[kept] + 1, np.zeros(extra, dtype=np.int8))
        prize = np.append(problem.task_prize[kept], np.full(extra, most))
        rows = np.zeros((extra, problem.n_vehicles), dtype=bool)
        for row, (vehicle, _, _) in enumerate(self.here):
            rows[row, vehicle] = True
        changes |= {
            "task_place": np.append(problem.task_place[kept], places),
            "task_end_place": np.append(problem.task_end_place[kept], places),
            "window_indptr": np.cumsum([0, *(len(rows) for rows in windows)]),
            "window_open": table[:, 0],
            "window_close": table[:, 1],
            "task_tier": np.where(fixed, 0, tier),
            "task_prize": np.where(fixed, np.maximum(most, prize), prize),
            "task_staff": np.append(self._staff(kept), np.ones(extra)),
            "pair_allowed": np.concatenate([self.allowed[kept], rows]),
            "pair_duration": np.concatenate([self.duration[kept], np.zeros_like(rows)]),
        }
        for name, empty in _PER_TASK.items():
            column = getattr(problem, name)
            filling = np.full((extra, *column.shape[1:]), empty, dtype=column.dtype)
            changes[name] = np.concatenate([column[kept], filling])
        for name, empty in _OFF_WHEN_FIXED.items():
            column = getattr(problem, name)
            filled = np.append(column[kept], np.full(extra, empty))
            changes[name] = np.where(fixed, empty, filled).astype(column.dtype)
        if problem.pair_cost.size:
            none = np.zeros((extra, problem.n_vehicles), dtype=np.int64)
            changes["pair_cost"] = np.concatenate([problem.pair_cost[kept], none])
        for name in _PER_BREAK:
            changes[name] = getattr(problem, name)[breaks]
        return problem.replace(**changes, **self.vehicle, payer_limit=self._money())

    def _windows(self, task: int, clip: tuple[int, int] | None) -> NDArray[np.int64]:
        if task in self.pins:
            return np.full((1, 2), self.pins[task][0])
        windows = self.problem.windows(task)
        if clip is None:
            return windows
        low, high = clip
        cut = np.stack([np.maximum(windows[:, 0], low), np.minimum(windows[:, 1], high)], axis=1)
        cut = cut[cut[:, 0] <= cut[:, 1]]
        return cut if len(cut) else np.full((1, 2), low)

    def _links(self, kept: list[int]) -> tuple[dict[str, Any], dict[int, tuple[int, int]]]:
        """Links among what is left, and starts that links with the past leave, by task.

        Who may serve a task because of the past goes into ``allowed``.
        """
        problem = self.problem
        number = {task: row for row, task in enumerate(kept)}
        rows: list[tuple[int, int, int]] = []
        clips: dict[int, tuple[int, int]] = {}
        for row, kind in enumerate(problem.link_kind.tolist()):
            first, second = int(problem.link_first[row]), int(problem.link_second[row])
            if first in number and second in number:
                rows.append((row, number[first], number[second]))
                for one, other in ((first, second), (second, first)):
                    partly = other in self.pins and kind != LinkKind.SAME_PERSON
                    if partly and one not in self.pins:
                        began = self.standing.starts[other].keys()
                        self._part(one, [v for v in began if v not in self.pins[other][1]], kind)
                continue
            if first not in number and second not in number:
                continue
            left, gone = (first, second) if first in number else (second, first)
            self._part(left, list(self.standing.starts.get(gone, {})), kind)
            if gone not in self.standing.starts:
                continue
            if kind == LinkKind.SEQUENCE:
                at = max(self.standing.starts[gone].values())
                low, high = int(problem.link_min[row]), int(problem.link_max[row])
                clips[left] = (at + low, at + high) if left == second else (at - high, at - low)
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        names = ("link_kind", "link_min", "link_max")
        columns = {name: getattr(problem, name)[table[:, 0]] for name in names}
        return {"link_first": table[:, 1], "link_second": table[:, 2], **columns}, clips

    def _part(self, task: int, people: list[int], kind: int) -> None:
        """Let a link with people who are done with its other end say who may serve a task."""
        others = np.ones(self.problem.n_vehicles, dtype=bool)
        others[people] = False
        if not people or kind == LinkKind.NOT_OVERLAPPING:
            return
        self.allowed[task] &= ~others if kind == LinkKind.SAME_PERSON else others

    def _staff(self, kept: list[int]) -> NDArray[np.int8]:
        """People that tasks need; of one under way those who are still there."""
        staff: NDArray[np.int8] = self.problem.task_staff[kept]
        for row, task in enumerate(kept):
            if task in self.pins:
                staff[row] = len(self.pins[task][1])
        return staff

    def _money(self) -> NDArray[np.int64]:
        problem = self.problem
        spent = np.zeros_like(problem.payer_limit)
        for task in np.flatnonzero(self.standing.began).tolist():
            if task not in self.pins and problem.task_payer[task] != NONE:
                spent[problem.task_payer[task]] += problem.task_price[task]
        left: NDArray[np.int64] = np.maximum(0, problem.payer_limit - spent)
        return left

    def _plan(
        self, problem: RoutingProblem, tasks: NDArray[np.int64], breaks: NDArray[np.int64]
    ) -> Plan:
        number = {whole: row for row, whole in enumerate(tasks.tolist()) if whole != NONE}
        rest = {whole: row for row, whole in enumerate(breaks.tolist())}
        routes = []
        for vehicle, route in sorted(self.routes.items()):
            first = [
                (len(self.tasks) + row, moment)
                for row, (owner, _, moment) in enumerate(self.here)
                if owner == vehicle
            ]
            steps = first + [
                self._renumbered(step, vehicle, number, rest)
                for row, step in enumerate(route.steps)
                if row >= self.standing.past[vehicle] or self._is_pinned(step, vehicle)
            ]
            if any(code >= 0 for code, _ in steps):
                codes, starts = [code for code, _ in steps], [start for _, start in steps]
                routes.append(timed_route(problem, vehicle, codes, starts))
        served = {task for route in routes for task in route.tasks}
        unserved = tuple(t for t in range(problem.n_tasks) if t not in served)
        return Plan(tuple(routes), unserved)

    def _is_pinned(self, step: Step, vehicle: int) -> bool:
        if step.kind is not StepKind.TASK or step.index not in self.pins:
            return False
        return vehicle in self.pins[step.index][1]

    def _renumbered(
        self, step: Step, vehicle: int, tasks: dict[int, int], breaks: dict[int, int]
    ) -> tuple[int, int]:
        start = self.starts[code_of(step)][vehicle]
        if step.kind is StepKind.TASK:
            return tasks[step.index], start
        return -1 - breaks[step.index], start


_PER_TASK: dict[str, int] = {
    "task_duration": 0,
    "task_skills": 0,
    "task_load": 0,
    "task_origin": NONE,
    "task_freshness": NONE,
    "task_release": NONE,
    "task_equipment": NONE,
    "task_payer": NONE,
    "task_price": 0,
    "plan_vehicle": NONE,
    "plan_start": 0,
}
"""Columns that tasks keep, and what a "here" has in them."""
_OFF_WHEN_FIXED: dict[str, int] = {
    "window_at_end": 0,
    "task_late_cost": NONE,
    "task_late_window": 0,
    "task_early_cost": NONE,
    "task_early_limit": NONE,
    "task_remote_cost": NONE,
}
"""Columns about windows and phones, which do not apply to pinned tasks."""
_PER_BREAK = (
    "break_vehicle",
    "break_open",
    "break_close",
    "break_length",
    "break_place",
    "break_prize",
)
