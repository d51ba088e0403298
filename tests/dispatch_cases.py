"""Small running days for tests, and what the dispatch's answers are held against."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product

import numpy as np

from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.check import check
from optimizer.routing.dispatch.ranked_insert import (
    Verdict,
    apply_proposal,
    companions,
    rank_insertions,
)
from optimizer.routing.dispatch.route_times import timed_route
from optimizer.routing.dispatch.standing import Standing, stand
from optimizer.routing.dispatch.state import DayState, TaskStatus
from optimizer.routing.parts import plan_parts
from optimizer.routing.problem import NONE, UNREACHABLE, LinkKind, RoutingProblem
from optimizer.routing.solution import Plan, RoutingAnswer, StepKind
from optimizer.routing.solve import count_plan
from optimizer.routing.violations import ViolationKind

JUDGED = {
    ViolationKind.WRONG_REASON,
    ViolationKind.TIER_INVERSION,
    ViolationKind.REASON_MISSING,
}
"""What a plan under change need not have in order."""
HORIZON = 250


def faults(problem: RoutingProblem, plan: Plan) -> list[str]:
    """Every rule of a plan that the checker finds broken, wrong costs included."""
    parts = plan_parts(problem, plan)
    result = SolveResult(
        status=Status.FEASIBLE,
        stop_reason=StopReason.FINISHED,
        objective=sum(parts.values()),
        bound=None,
        seconds=0.0,
        seed=None,
        solver="dispatch",
        parts=parts,
    )
    answer = RoutingAnswer(plan, (), result, count_plan(problem, plan))
    return [each.text() for each in check(problem, answer) if each.kind not in JUDGED]


def empty_plan(problem: RoutingProblem) -> Plan:
    return Plan((), tuple(range(problem.n_tasks)))


def groups_of(problem: RoutingProblem) -> list[tuple[int, ...]]:
    """Tasks that go together, those for one or two people only."""
    groups = {companions(problem, task) for task in range(problem.n_tasks)}
    return sorted(g for g in groups if problem.task_staff[list(g)].sum() <= 2)


def built(problem: RoutingProblem, leave_out: int = NONE, shift: int = 0) -> Plan:
    """A plan made by inserting one group after the other, each at its best place."""
    plan = empty_plan(problem)
    for number, group in enumerate(groups_of(problem)):
        if number == leave_out:
            continue
        standing = stand(problem, plan, DayState.morning(problem, shift))
        ranking = rank_insertions(standing, group)
        if ranking.verdict is Verdict.FOUND:
            plan = apply_proposal(standing, ranking.proposals[0])
    return plan


def state_at(problem: RoutingProblem, plan: Plan, now: int, frozen: int = 0) -> DayState:
    """The state at a moment of a day that runs as planned."""
    status = np.zeros(problem.n_tasks, dtype=np.int8)
    for step in (step for route in plan.routes for step in route.steps):
        if step.kind is StepKind.TASK and step.start <= now:
            under_way = step.finish > now or status[step.index] == TaskStatus.STARTED
            status[step.index] = TaskStatus.STARTED if under_way else TaskStatus.DONE
    return DayState(now=now, status=status, frozen_until=now + frozen)


Routes = dict[int, list[int]]
Node = tuple[int, int]
Rule = tuple[Node, Node, int]


class Oracle:
    """Every place of a group in a running plan, timed by sets of moments and repeated sweeps."""

    def __init__(self, standing: Standing) -> None:
        self.standing, self.problem = standing, standing.problem
        self.routes = {
            r.vehicle: [s.index if s.kind is StepKind.TASK else -1 - s.index for s in r.steps]
            for r in standing.plan.routes
        }
        self.base = sum(plan_parts(self.problem, standing.plan).values())

    def best(self, group: tuple[int, ...]) -> int | None:
        """The least cost that serving the group adds, None where no place takes it."""
        slots = [task for task in group for _ in range(int(self.problem.task_staff[task]))]
        added = []
        for who in product(range(self.problem.n_vehicles), repeat=len(slots)):
            if not self._may(slots, who):
                continue
            slotted = list(zip(slots, who, strict=True))
            for routes in self._places(self._with_breaks(who), slotted):
                plan = self._timed(routes)
                if plan is not None and not faults(self.problem, plan):
                    cost = sum(plan_parts(self.problem, plan).values())
                    absent = self.problem.absence_cost[list(group)].sum()
                    added.append(cost - self.base + int(absent))
        return min(added, default=None)

    def _may(self, slots: list[int], who: tuple[int, ...]) -> bool:
        if any(not self.problem.may_serve(t, v) for t, v in zip(slots, who, strict=True)):
            return False
        return not (len(slots) == 2 and slots[0] == slots[1] and who[0] == who[1])

    def _with_breaks(self, who: tuple[int, ...]) -> Routes:
        """Routes, those of unused vehicles with the breaks that they must take."""
        problem, routes = self.problem, dict(self.routes)
        for row in np.argsort(problem.break_open, kind="stable").tolist():
            vehicle = int(problem.break_vehicle[row])
            if vehicle in who and vehicle not in self.routes and problem.break_prize[row] == NONE:
                routes[vehicle] = [*routes.get(vehicle, []), -1 - row]
        return routes

    def _places(self, routes: Routes, slots: list[tuple[int, int]]) -> Iterator[Routes]:
        if not slots:
            yield routes
            return
        (task, vehicle), rest = slots[0], slots[1:]
        codes = routes.get(vehicle, [])
        first = int(self.standing.bound[vehicle])
        for row in range(first, len(codes) + 1):
            yield from self._places({**routes, vehicle: [*codes[:row], task, *codes[row:]]}, rest)

    def _timed(self, routes: Routes) -> Plan | None:
        """The timing that moves others least, from its definition."""
        found = self._rules(routes)
        if found is None:
            return None
        allowed, rules = found
        latest = {node: max(moments, default=None) for node, moments in allowed.items()}
        if None in latest.values() or not _lower(latest, allowed, rules):
            return None
        start = {}
        for v, row in allowed:
            was = self.standing.starts.get(routes[v][row], {}).get(v, -HORIZON)
            wish = min(latest[v, row], was)
            start[v, row] = min(x for x in allowed[v, row] if x >= wish)
        assert _raise(start, allowed, rules), "the latest timing keeps every rule"
        made = []
        for v in sorted(routes):
            known = [r.depart for r in self.standing.plan.routes if r.vehicle == v]
            depart = known[0] if self.standing.bound[v] else -1
            starts = [start[v, row] for row in range(len(routes[v]))]
            if any(code >= 0 for code in routes[v]):
                made.append(timed_route(self.problem, v, routes[v], starts, depart))
        served = {task for route in made for task in route.tasks}
        tasks = range(self.problem.n_tasks)
        return Plan(tuple(made), tuple(task for task in tasks if task not in served))

    def _moments(self, code: int, v: int, row: int) -> set[int]:
        """Starts that windows, state and freezing allow."""
        problem, standing = self.problem, self.standing
        was = standing.starts.get(code, {}).get(v)
        if row < standing.past[v] or (code >= 0 and standing.frozen[code]):
            return {was}
        every = range(-HORIZON, HORIZON)
        if code < 0:
            low, high = problem.break_open[-1 - code], problem.break_close[-1 - code]
            moments = {x for x in every if low <= x <= high}
        else:
            moments = {x for x in every if self._in_window(code, v, x)}
            if was is None:
                moments = {x for x in moments if x >= standing.state.now}
        return {x for x in moments if x >= was} if row < standing.bound[v] else moments

    def _in_window(self, task: int, v: int, at: int) -> bool:
        problem = self.problem
        windows = problem.windows(task)
        row = max((i for i, (low, _) in enumerate(windows) if low <= at), default=0)
        end = at + (problem.duration(task, v) if problem.window_at_end[task] else 0)
        early, late = int(windows[row][0]) - at, end - int(windows[row][1])
        limit = int(problem.task_early_limit[task])
        if early > 0 and (
            problem.task_early_cost[task] == NONE or (limit != NONE and early > limit) or at < 0
        ):
            return False
        soft = problem.task_late_cost[task] != NONE
        last = row == len(windows) - 1 or problem.task_late_window[task]
        return late <= 0 or bool(soft and last)

    def _rules(self, routes: Routes) -> tuple[dict[Node, set[int]], list[Rule]] | None:
        """Allowed starts, and rules (a, b, gap): b starts at least the gap after a."""
        problem, standing = self.problem, self.standing
        allowed: dict[Node, set[int]] = {}
        rules: list[Rule] = []
        where: dict[int, list[Node]] = {}
        for v, codes in routes.items():
            far_apart = [10_000 * (row + 1) for row in range(len(codes))]
            probe = timed_route(problem, v, codes, far_apart)
            last = len(codes) - 1
            length = [step.finish - step.start for step in probe.steps]
            way = [probe.steps[0].arrive - probe.depart]
            way += [b.arrive - a.finish for a, b in pairwise(probe.steps)]
            home = probe.end - probe.steps[-1].finish
            if max([*way, home]) >= UNREACHABLE:
                return None
            ends = int(problem.vehicle_close[v] + problem.vehicle_overtime[v])
            limit = int(problem.vehicle_max_work[v])
            if limit != NONE and standing.bound[v]:
                (depart,) = (r.depart for r in standing.plan.routes if r.vehicle == v)
                ends = min(ends, depart + limit)
            elif limit != NONE:
                rules.append(((v, last), (v, 0), length[last] + home - limit + way[0]))
            for row, code in enumerate(codes):
                moments = self._moments(code, v, row)
                if row == 0 and not standing.bound[v]:
                    opens = int(problem.vehicle_open[v]) + way[0]
                    moments = {x for x in moments if x >= opens}
                elif row > 0 and row == standing.past[v]:
                    moments = {x for x in moments if x >= standing.free[v] + way[row]}
                elif row > 0:
                    rules.append(((v, row - 1), (v, row), length[row - 1] + way[row]))
                if row == last:
                    moments = {x for x in moments if x + length[row] + home <= ends}
                allowed[v, row] = moments
                if code >= 0:
                    where.setdefault(code, []).append((v, row))
        return allowed, rules + self._ties(where)

    def _ties(self, where: dict[int, list[Node]]) -> list[Rule]:
        problem = self.problem
        rules = [(x, y, 0) for nodes in where.values() for x in nodes for y in nodes if x != y]
        for row, kind in enumerate(problem.link_kind.tolist()):
            first = where.get(int(problem.link_first[row]), [])
            second = where.get(int(problem.link_second[row]), [])
            low, high = int(problem.link_min[row]), int(problem.link_max[row])
            if kind == LinkKind.SAME_START:
                low = high = 0
            if kind <= LinkKind.SEQUENCE:
                rules += [(x, y, low) for x in first for y in second]
                rules += [(y, x, -high) for x in first for y in second]
        return rules


def _lower(latest: dict[Node, int], allowed: dict[Node, set[int]], rules: list[Rule]) -> bool:
    while late := [(a, latest[b] - gap) for a, b, gap in rules if latest[a] > latest[b] - gap]:
        node, most = late[0]
        fits = [x for x in allowed[node] if x <= most]
        if not fits:
            return False
        latest[node] = max(fits)
    return True


def _raise(start: dict[Node, int], allowed: dict[Node, set[int]], rules: list[Rule]) -> bool:
    while early := [(b, start[a] + gap) for a, b, gap in rules if start[b] < start[a] + gap]:
        node, least = early[0]
        fits = [x for x in allowed[node] if x >= least]
        if not fits:
            return False
        start[node] = min(fits)
    return True
