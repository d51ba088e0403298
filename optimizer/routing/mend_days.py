"""Mending days that use any feature but trips, so that no visit is left out without need.

A search ends where no move of its own helps; a visit that it left out may still fit by itself. The
mend repeats two steps until neither changes the plan:

1. An unserved task that fits is served: above the lowest tier whatever it costs, otherwise (and
   where a phone call will do) if that costs no more than its absence.
2. An unserved task takes the place of a served one of a lower tier or, above the lowest tier, of
   one that can be done by phone.

What fits is judged by :class:`optimizer.routing.reasons.Standing`: what routes share stands still.
Tasks that are served together with others are neither put in nor taken out.

Every step serves more of a tier above the lowest and no less of the tiers over it (what can be done
by phone not counted), or leaves these as they are, costs nothing and serves one task more. So the
mend ends.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.parts import changed
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.reasons import Standing
from optimizer.routing.solution import Plan, StepKind

__all__ = ["mend_day"]


def mend_day(problem: RoutingProblem, plan: Plan) -> Plan:
    """The plan with every unserved task that can be put in, alone or for a lower one.

    Args:
        problem: a day of visits without trips.
        plan: a plan that keeps all rules (it may change more of the plan in force than it may).
    """
    day = _Mend(problem, plan)
    while day.insert() or day.swap():
        pass
    return day.plan


class _Mend:
    def __init__(self, problem: RoutingProblem, plan: Plan) -> None:
        self._problem = problem
        self._lowest = int(problem.task_tier.max(initial=0))
        self._phoned = problem.task_remote_cost != NONE
        self._grouped: NDArray[np.bool_] = problem.task_staff > 1
        ties = problem.link_kind <= LinkKind.SEQUENCE
        self._grouped[problem.link_first[ties]] = True
        self._grouped[problem.link_second[ties]] = True
        self._take(plan)

    @property
    def plan(self) -> Plan:
        return self._standing.plan

    def insert(self) -> bool:
        """Put in every task that fits and is worth it; whether there was any."""
        found = False
        for task in self._absent():
            best = self._standing.cheapest(task) if self._standing.can_pay(task) else None
            if best is not None and (self._must(task) or best[0] <= self._standing.objective):
                self._take(self._standing.plan_with(task, best[1]))
                found = True
        return found

    def swap(self) -> bool:
        """Put in one task in the stead of a lower one; whether there was any."""
        absent = [task for task in self._absent() if not self._phoned[task]]
        return any(self._displaces(task) for task in absent)

    def _displaces(self, task: int) -> bool:
        allowed = set(self._standing.allowed(task))
        for vehicle, other in self._served:
            if vehicle not in allowed or not self._ranks_above(task, other):
                continue
            left = self._left_by(vehicle, other)
            best = left.cheapest(task, vehicle) if left.can_pay(task) else None
            if best is None:
                continue
            plan = left.plan_with(task, best[1])
            if self._may_change_to(plan):
                self._take(plan)
                return True
        return False

    def _take(self, plan: Plan) -> None:
        """Go on with a plan."""
        problem = self._problem
        self._standing = Standing(problem, plan)
        self._left: dict[int, Standing] = {}
        served = [(r.vehicle, task) for r in plan.routes for task in r.tasks]
        served = [pair for pair in served if not self._grouped[pair[1]]]
        cost = problem.absence_cost
        self._served = sorted(served, key=lambda p: (-problem.task_tier[p[1]], cost[p[1]], p))

    def _left_by(self, vehicle: int, other: int) -> Standing:
        """What stands after taking out a task; its route still has its old times."""
        if other not in self._left:
            plan = self.plan
            routes = tuple(
                replace(
                    route,
                    steps=tuple(
                        s for s in route.steps if (s.kind, s.index) != (StepKind.TASK, other)
                    ),
                )
                if route.vehicle == vehicle
                else route
                for route in plan.routes
            )
            self._left[other] = Standing(self._problem, Plan(routes, (*plan.unserved, other)))
        return self._left[other]

    def _absent(self) -> list[int]:
        """Unserved tasks on their own, by tier and then by what their absence costs."""
        problem = self._problem
        cost = problem.absence_cost
        alone = [task for task in self.plan.unserved if not self._grouped[task]]
        return sorted(alone, key=lambda task: (problem.task_tier[task], -cost[task], task))

    def _must(self, task: int) -> bool:
        above = bool(self._problem.task_tier[task] < self._lowest)
        return above and not self._phoned[task]

    def _ranks_above(self, task: int, other: int) -> bool:
        tier = self._problem.task_tier
        phoned = bool(self._phoned[other]) and bool(tier[task] < self._lowest)
        return phoned or bool(tier[other] > tier[task])

    def _may_change_to(self, plan: Plan) -> bool:
        problem = self._problem
        if problem.max_changes == NONE:
            return True
        most = max(problem.max_changes, len(changed(problem, self.plan)))
        return len(changed(problem, plan)) <= most
