"""One person's day in the CP-SAT model: a circuit through tasks and breaks, and its times."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from ortools.sat.python import cp_model

from optimizer.routing.cpsat_tasks import Amount, TaskVars
from optimizer.routing.problem import NONE, UNREACHABLE, RoutingProblem
from optimizer.routing.solution import Plan, Route, Step, StepKind

__all__ = ["DayVars", "add_day"]

_DEPOT = 0
_STAY = -2
"""Place of a break after the last step of a day that ends there: nobody moves."""


@dataclass(frozen=True)
class _Stop:
    """A node of the circuit.

    A break without a place has a node for every place that the next step may have, so that the
    way to it is known; at most one of them is visited.
    """

    kind: StepKind
    index: int
    place: int
    leave: int
    bound: bool
    start: cp_model.IntVar
    length: int
    here: cp_model.IntVar


@dataclass
class DayVars:
    """Variables of one person's day.

    Attributes:
        vehicle: whose.
        used: whether the person works at all.
        depart, end: ticks; both at the shift's opening where unused.
        work: end - depart. travel, busy, metres: of ways; of service and breaks; of ways.
        taken: by row, whether a break is taken.
        stops: the circuit's nodes from 1 on.
        arcs: by (node, node), whether one follows the other; 0 is home.
    """

    vehicle: int
    used: cp_model.IntVar
    depart: cp_model.IntVar
    end: cp_model.IntVar
    travel: Amount = 0
    busy: Amount = 0
    metres: Amount = 0
    taken: dict[int, cp_model.IntVar] = field(default_factory=dict)
    stops: list[_Stop] = field(default_factory=list)
    arcs: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)
    legs: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    @property
    def work(self) -> Amount:
        """Ticks from departure to end."""
        return self.end - self.depart

    @property
    def waiting(self) -> Amount:
        """Ticks of waiting."""
        return self.work - self.travel - self.busy

    def route(self, solver: cp_model.CpSolver, *, leave_late: bool) -> Route | None:
        """The day that the solver found, None where the person stays at home."""
        if not solver.boolean_value(self.used):
            return None
        follows = {i: j for (i, j), arc in self.arcs.items() if solver.boolean_value(arc)}
        now = depart = solver.value(self.depart)
        steps, here = [], _DEPOT
        while (there := follows[here]) != _DEPOT:
            stop, (way, _) = self.stops[there - 1], self.legs[here, there]
            start = solver.value(stop.start)
            if here == _DEPOT and leave_late:
                now = depart = start - way
            steps.append(Step(stop.kind, stop.index, now + way, start, start + stop.length))
            now, here = start + stop.length, there
        return Route(self.vehicle, depart, now + self.legs[here, _DEPOT][0], tuple(steps))

    def hint(self, cp: cp_model.CpModel, plan: Plan) -> None:
        """Start the search from a plan."""
        mine = [route for route in plan.routes if route.vehicle == self.vehicle]
        cp.add_hint(self.used, bool(mine))
        steps = {(step.kind, step.index) for route in mine for step in route.steps}
        for row, taken in self.taken.items():
            cp.add_hint(taken, (StepKind.BREAK, row) in steps)
        for route in mine:
            cp.add_hint(self.depart, route.depart)
            cp.add_hint(self.end, route.end)


def add_day(
    cp: cp_model.CpModel, problem: RoutingProblem, tasks: list[TaskVars], vehicle: int
) -> DayVars:
    """Add a person's circuit with all rules of a single route."""
    opens, closes = int(problem.vehicle_open[vehicle]), int(problem.vehicle_close[vehicle])
    latest = closes + int(problem.vehicle_overtime[vehicle])
    day = DayVars(
        vehicle,
        used=cp.new_bool_var(f"used{vehicle}"),
        depart=cp.new_int_var(opens, max(opens, latest), f"depart{vehicle}"),
        end=cp.new_int_var(opens, max(opens, latest), f"end{vehicle}"),
    )
    mine = [task for task in tasks if vehicle in task.who]
    work: list[Amount] = [task.who[vehicle] for task in mine]
    cp.add_max_equality(day.used, work or [0])
    for task in mine:
        day.stops.append(
            _Stop(
                StepKind.TASK,
                task.index,
                int(problem.task_place[task.index]),
                int(problem.task_end_place[task.index]),
                False,
                task.start,
                problem.duration(task.index, vehicle),
                task.who[vehicle],
            )
        )
    _add_breaks(cp, problem, day)
    _add_circuit(cp, problem, day)
    day.busy = cp_model.LinearExpr.sum([stop.here * stop.length for stop in day.stops])
    _tighten(cp, day)
    for name, amount in (("vehicle_max_work", day.work), ("vehicle_max_travel", day.travel)):
        limit = int(getattr(problem, name)[vehicle])
        if limit != NONE:
            cp.add(amount <= limit)
    for loads, capacity in zip(problem.task_load.T, problem.vehicle_capacity[vehicle], strict=True):
        cp.add(
            cp_model.LinearExpr.sum([task.who[vehicle] * int(loads[task.index]) for task in mine])
            <= int(capacity)
        )
    cp.add(day.depart == opens).only_enforce_if(~day.used)
    cp.add(day.end == opens).only_enforce_if(~day.used)
    return day


def _add_breaks(cp: cp_model.CpModel, problem: RoutingProblem, day: DayVars) -> None:
    home = int(problem.vehicle_end[day.vehicle])
    rows = np.flatnonzero(problem.break_vehicle == day.vehicle).tolist()
    ahead = {stop.place for stop in day.stops} | {_STAY if home == NONE else home}
    ahead |= {int(p) for p in problem.break_place[rows] if p != NONE}
    for row in rows:
        taken = cp.new_bool_var(f"break{row}")
        opens, closes = int(problem.break_open[row]), int(problem.break_close[row])
        start = cp.new_int_var(opens, closes, f"break_start{row}")
        day.taken[row] = taken
        fixed = int(problem.break_place[row])
        length = int(problem.break_length[row])
        copies = []
        for place in sorted(ahead) if fixed == NONE else [fixed]:
            here = cp.new_bool_var(f"break{row}at{place}")
            copies.append(here)
            stop = _Stop(StepKind.BREAK, row, place, place, fixed == NONE, start, length, here)
            day.stops.append(stop)
        cp.add(sum(copies) == taken)
        cp.add_implication(taken, day.used)
        if problem.break_prize[row] == NONE:
            cp.add_implication(day.used, taken)


def _add_circuit(cp: cp_model.CpModel, problem: RoutingProblem, day: DayVars) -> None:
    mode = int(problem.vehicle_mode[day.vehicle])
    begin, home = int(problem.vehicle_start[day.vehicle]), int(problem.vehicle_end[day.vehicle])
    last = _STAY if home == NONE else home
    arcs: list[tuple[int, int, Amount]] = [(_DEPOT, _DEPOT, ~day.used)]
    for j, stop in enumerate(day.stops, start=1):
        arcs.append((j, j, ~stop.here))
    leave = [begin, *(stop.leave for stop in day.stops)]
    reach = [last, *(stop.place for stop in day.stops)]
    for i, here in enumerate(leave):
        for j, there in enumerate(reach):
            if i == j:
                continue
            bound = i != _DEPOT and day.stops[i - 1].bound
            if bound and there != here:
                continue
            if here == _STAY or there == _STAY:
                leg = (0, 0)
            else:
                leg = int(problem.time[mode, here, there]), int(problem.distance[mode, here, there])
            if leg[0] >= UNREACHABLE:
                continue
            arc = cp.new_bool_var(f"arc{day.vehicle}_{i}_{j}")
            day.arcs[i, j], day.legs[i, j] = arc, leg
            arcs.append((i, j, arc))
            _link_times(cp, day, i, j, leg[0], arc)
    cp.add_circuit(arcs)
    day.travel = cp_model.LinearExpr.sum([a * day.legs[key][0] for key, a in day.arcs.items()])
    day.metres = cp_model.LinearExpr.sum([a * day.legs[key][1] for key, a in day.arcs.items()])


def _tighten(cp: cp_model.CpModel, day: DayVars) -> None:
    """Rules that follow from the circuit and make proofs ten times as fast.

    Arcs bind times only once they are chosen; these bind them before.
    """
    spans = []
    for number, stop in enumerate(day.stops):
        name = f"span{day.vehicle}_{number}"
        spans.append(
            cp.new_optional_fixed_size_interval_var(stop.start, stop.length, stop.here, name)
        )
        cp.add(stop.start >= day.depart).only_enforce_if(stop.here)
        cp.add(stop.start + stop.length <= day.end).only_enforce_if(stop.here)
    cp.add_no_overlap(spans)
    cp.add(day.waiting >= 0)


def _link_times(
    cp: cp_model.CpModel, day: DayVars, i: int, j: int, way: int, arc: cp_model.IntVar
) -> None:
    before = day.depart if i == _DEPOT else day.stops[i - 1].start + day.stops[i - 1].length
    if j == _DEPOT:
        cp.add(day.end == before + way).only_enforce_if(arc)
    else:
        cp.add(day.stops[j - 1].start >= before + way).only_enforce_if(arc)
