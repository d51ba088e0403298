"""The exact model of a day of visits for CP-SAT.

**Variables.** Of task t: served[t], start[t], who[t, v]. Of person v: a circuit of arcs through
home, tasks and breaks, depart[v], end[v]. Start times along a circuit grow by service and travel,
which also rules out circles of people who wait for each other.

**Objective.** Tiers above the lowest are lexicographic (1 + prize for every task dropped); then
all parts of the cost together, the lowest tier's prizes among them; of plans at the same cost one
with most tasks served.
"""

from __future__ import annotations

from collections.abc import Sequence

from ortools.sat.python import cp_model

from optimizer.routing.cpsat_day import DayVars, add_day
from optimizer.routing.cpsat_tasks import Amount, add_shared_rules, add_task
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import Plan, StepKind

__all__ = ["VisitModel"]


class VisitModel:
    """Variables, rules and goals; the same object is solved for one goal after the other.

    Attributes:
        cp: the CP-SAT model.
        goals: what to minimise, in order: the loss of every tier above the lowest, then the cost.
    """

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        self.cp = cp_model.CpModel()
        self._tasks = [add_task(self.cp, problem, t) for t in range(problem.n_tasks)]
        self._days = [add_day(self.cp, problem, self._tasks, v) for v in range(problem.n_vehicles)]
        add_shared_rules(self.cp, problem, self._tasks)
        self.goals = [self._loss(tier) for tier in range(problem.n_tiers - 1)]
        absent = sum(1 - task.served for task in self._tasks)
        self.goals.append(self._cost() * (problem.n_tasks + 1) + absent)

    def plan(self, solver: cp_model.CpSolver) -> Plan:
        """The plan that the solver found."""
        # Leaving later than the model does shortens the day; only a balance may want it long.
        late = self.problem.balance_cost == 0
        routes = [day.route(solver, leave_late=late) for day in self._days]
        unserved = [t.index for t in self._tasks if not solver.boolean_value(t.served)]
        return Plan(tuple(route for route in routes if route is not None), tuple(unserved))

    def hint(self, plan: Plan) -> None:
        """Start the search from a plan."""
        steps = {
            (step.index, route.vehicle): step.start
            for route in plan.routes
            for step in route.steps
            if step.kind is StepKind.TASK
        }
        start = {task: moment for (task, _), moment in steps.items()}
        for task in self._tasks:
            self.cp.add_hint(task.served, task.index in start)
            if task.index in start:
                self.cp.add_hint(task.start, start[task.index])
            for vehicle, who in task.who.items():
                self.cp.add_hint(who, (task.index, vehicle) in steps)
        for day in self._days:
            day.hint(self.cp, plan)

    def _loss(self, tier: int) -> Amount:
        problem = self.problem
        return sum(
            (1 - task.served) * (1 + int(problem.task_prize[task.index]))
            for task in self._tasks
            if problem.task_tier[task.index] == tier
            and problem.task_remote_cost[task.index] == NONE
        )

    def _cost(self) -> Amount:
        problem = self.problem
        absence = problem.absence_cost
        cost: Amount = 0
        for task in self._tasks:
            t = task.index
            cost += (1 - task.served) * int(absence[t])
            cost += task.early * max(0, int(problem.task_early_cost[t]))
            cost += task.lateness * max(0, int(problem.task_late_cost[t]))
            if problem.pair_cost.size:
                cost += sum(who * int(problem.pair_cost[t, v]) for v, who in task.who.items())
            if task.kept is not None:
                cost += (1 - task.kept) * problem.change_cost
        for day in self._days:
            cost += self._day_cost(day)
        return cost + self._worst_lateness() + self._idleness() + self._spread()

    def _day_cost(self, day: DayVars) -> Amount:
        problem, v = self.problem, day.vehicle
        cost = day.used * int(problem.vehicle_fixed_cost[v])
        cost += day.work * int(problem.vehicle_time_cost[v])
        cost += day.metres * int(problem.vehicle_distance_cost[v])
        if problem.vehicle_wait_cost[v]:
            cost += day.waiting * int(problem.vehicle_wait_cost[v])
        rate, most = int(problem.vehicle_overtime_cost[v]), int(problem.vehicle_overtime[v])
        if rate and most:
            over = self.cp.new_int_var(0, most, f"overtime{v}")
            self.cp.add(over >= day.end - int(problem.vehicle_close[v]))
            cost += over * rate
        for row, taken in day.taken.items():
            cost += (day.used - taken) * max(0, int(problem.break_prize[row]))
        return cost

    def _worst_lateness(self) -> Amount:
        late = [one for task in self._tasks for one in task.late]
        if not late or not self.problem.worst_late_cost:
            return 0
        return self._largest(late, "worst_late") * self.problem.worst_late_cost

    def _idleness(self) -> Amount:
        problem = self.problem
        if not problem.worst_idle_cost:
            return 0
        idle = []
        for day in self._days:
            opens, closes = (
                int(problem.vehicle_open[day.vehicle]),
                int(problem.vehicle_close[day.vehicle]),
            )
            early = self.cp.new_int_var(0, closes - opens, f"early_home{day.vehicle}")
            self.cp.add(early >= closes - day.end)
            idle.append(day.depart - opens + day.waiting + early)
        return self._largest(idle, "worst_idle") * problem.worst_idle_cost

    def _spread(self) -> Amount:
        problem = self.problem
        if not problem.balance_cost:
            return 0
        work = [day.work for day in self._days]
        shortest = self.cp.new_int_var(0, 2**31, "shortest")
        for one in work:
            self.cp.add(shortest <= one)
        return (self._largest(work, "longest") - shortest) * problem.balance_cost

    def _largest(self, values: Sequence[Amount], name: str) -> cp_model.IntVar:
        largest = self.cp.new_int_var(0, 2**31, name)
        for value in values:
            self.cp.add(largest >= value)
        return largest
