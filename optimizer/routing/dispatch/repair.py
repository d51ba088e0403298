"""Repairing a running plan: serve what has no place, then better it by small steps.

Visits without a place are inserted one group after the other, urgent ones first, each at its best
place. Then a few neighbouring groups at a time are taken out and put back at their best places
(ruin and recreate, Schrimpf et al. 2000), kept where that serves more or costs less. As visits
move only where they must, the plan in force is left no further than it helps. All rules of the
model are kept, whatever features a day uses.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.result import StopReason
from optimizer.routing.dispatch.net import Table
from optimizer.routing.dispatch.ranked_insert import (
    Verdict,
    apply_proposal,
    companions,
    rank_insertions,
)
from optimizer.routing.dispatch.route_times import code_of, timed_route
from optimizer.routing.dispatch.standing import Standing
from optimizer.routing.dispatch.timing_kernels import KEPT
from optimizer.routing.parts import plan_parts
from optimizer.routing.problem import NONE
from optimizer.routing.solution import Plan
from optimizer.stop import Stop, StopClock

__all__ = ["repair"]

_MOST_OUT = 3
"""Groups taken out at once."""


def repair(
    standing: Standing, *, stop: Stop | None = None, seed: int = 0
) -> tuple[Plan, StopReason]:
    """A plan for the whole day that serves what fits and costs no more than it must.

    Args:
        standing: the running day. Where its plan cannot be kept, visits that are neither begun
            nor frozen are taken out until it can.
        stop: 100 iterations by default; an iteration takes some groups out and puts them back.
        seed: random seed; with an iteration limit alone the plan is the same every time.

    Returns:
        The plan, and why the search stopped. The plan in force itself where it cannot be kept
        even without all that may be taken out (late people hold up what is frozen).
    """
    clock = (Stop(iterations=100) if stop is None else stop).start()
    search = _Repair(standing, clock, seed)
    reason = search.run()
    return search.plan, reason


class _Repair:
    def __init__(self, standing: Standing, clock: StopClock, seed: int) -> None:
        self.standing, self.clock = standing, clock
        self.plan = standing.plan
        self._rng = np.random.default_rng(seed)
        problem = standing.problem
        groups = {
            companions(problem, task) for task in np.flatnonzero(standing.open_tasks).tolist()
        }
        held = standing.began | standing.frozen
        for route in standing.plan.routes:
            steps = route.steps[: standing.bound[route.vehicle]]
            held[[step.index for step in steps if code_of(step) >= 0]] = True
        self._groups = sorted(
            group
            for group in groups
            if not held[list(group)].any() and problem.task_staff[list(group)].sum() <= 2
        )

    def run(self) -> StopReason:
        """Make the plan possible, fill it, better it."""
        if not self._make_possible():
            return StopReason.FINISHED
        self.plan = self._filled(self.plan)
        best = self._rank(self.plan)
        iterations = 0
        while True:
            reason = self.clock.reason(iterations)
            if reason is not None:
                return reason
            served = [g for g in self._groups if g[0] not in set(self.plan.unserved)]
            if not served:
                return StopReason.FINISHED
            changed = self._filled(self._without(self.plan, self._neighbours(served)))
            rank = self._rank(changed)
            if rank < best and Table(self._at(changed)).feasible:
                self.plan, best = changed, rank
            iterations += 1

    def _make_possible(self) -> bool:
        """Take out visits of routes that cannot be kept, the least urgent first."""
        table = Table(self._at(self.plan))
        waiting = sorted(self._groups, key=self._urgency, reverse=True)
        while not table.feasible:
            served = set(range(self.standing.problem.n_tasks)) - set(self.plan.unserved)
            out = next((group for group in waiting if set(group) <= served), None)
            if out is None:
                return False
            waiting.remove(out)
            self.plan = self._without(self.plan, [out])
            table = Table(self._at(self.plan))
        self.plan = table.plan(table.node[:, KEPT])
        return True

    def _at(self, plan: Plan) -> Standing:
        """The day with another plan; whoever has no visit left in it has not set out."""
        standing = self.standing
        away = np.ones(standing.bound.size, dtype=bool)
        away[[route.vehicle for route in plan.routes]] = False
        return replace(
            standing,
            plan=plan,
            past=np.where(away, 0, standing.past),
            bound=np.where(away, 0, standing.bound),
            free=np.where(away, NONE, standing.free),
        )

    def _urgency(self, group: tuple[int, ...]) -> tuple[int, int, tuple[int, ...]]:
        problem = self.standing.problem
        absence = int(problem.absence_cost[list(group)].sum())
        return int(problem.task_tier[list(group)].min()), -absence, group

    def _filled(self, plan: Plan) -> Plan:
        """The plan with all that fits and is worth it."""
        problem = self.standing.problem
        lowest = int(problem.task_tier.max(initial=0))
        for group in sorted(self._groups, key=self._urgency):
            if not set(group) <= set(plan.unserved):
                continue
            standing = self._at(plan)
            ranking = rank_insertions(standing, group, best=1)
            if ranking.verdict is not Verdict.FOUND:
                continue
            tier = int(problem.task_tier[list(group)].min())
            phone = bool(np.any(problem.task_remote_cost[list(group)] >= 0))
            absence = int(problem.absence_cost[list(group)].sum())
            if (tier < lowest and not phone) or ranking.proposals[0].added <= absence:
                plan = apply_proposal(standing, ranking.proposals[0])
        return plan

    def _neighbours(self, served: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """A random group and those whose places are nearest to it."""
        problem = self.standing.problem
        place = problem.task_place
        centre = served[int(self._rng.integers(len(served)))]
        count = min(len(served), int(self._rng.integers(1, _MOST_OUT + 1)))
        away = [int(problem.time[0, place[centre[0]], place[group[0]]]) for group in served]
        return [served[row] for row in np.argsort(away, kind="stable")[:count].tolist()]

    def _without(self, plan: Plan, groups: list[tuple[int, ...]]) -> Plan:
        out = {task for group in groups for task in group}
        routes = []
        for route in plan.routes:
            steps = [step for step in route.steps if code_of(step) not in out]
            if any(code_of(step) >= 0 for step in steps):
                codes, starts = [code_of(s) for s in steps], [s.start for s in steps]
                depart = route.depart if self.standing.bound[route.vehicle] else -1
                routes.append(
                    timed_route(self.standing.problem, route.vehicle, codes, starts, depart)
                )
        served = {task for route in routes for task in route.tasks}
        tasks = range(self.standing.problem.n_tasks)
        return Plan(tuple(routes), tuple(task for task in tasks if task not in served))

    def _rank(self, plan: Plan) -> tuple[int, ...]:
        """What is lost tier by tier above the lowest, then the cost."""
        problem = self.standing.problem
        lost = [0] * problem.n_tiers
        for task in plan.unserved:
            if problem.task_remote_cost[task] < 0:
                lost[int(problem.task_tier[task])] += 1 + int(problem.task_prize[task])
        return (*lost[:-1], sum(plan_parts(problem, plan).values()))
