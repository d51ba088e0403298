"""What a changed plan would come to: timing, cost by part and broken rules, without solving.

A dispatcher drags a visit to another person or another time. The changed plan is timed so that
visits move only where they must; where no timing keeps the rules, visits follow each other as
soon as ways and windows let them, and what breaks is named by the independent checker's rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.routing.check_route import route_faults
from optimizer.routing.check_shared import servings_of, shared_faults
from optimizer.routing.dispatch.net import Table
from optimizer.routing.dispatch.ranked_insert import Move
from optimizer.routing.dispatch.route_times import code_of, timed_route
from optimizer.routing.dispatch.standing import Standing
from optimizer.routing.dispatch.timing_kernels import KEPT, WHAT
from optimizer.routing.parts import plan_parts
from optimizer.routing.problem import NONE, UNREACHABLE
from optimizer.routing.solution import Plan, Route, StepKind
from optimizer.routing.violations import Violation

__all__ = ["Drag", "WhatIf", "score", "what_if"]


@dataclass(frozen=True)
class Drag:
    """One visit dragged.

    Attributes:
        task: the visit, served in the plan in force or not.
        vehicle: who shall do it, None for the person who does (or for nobody: ``start`` None too
            takes it out of the plan).
        start: when it shall start, None for when it starts now; it goes behind the steps of the
            route that start earlier.
        instead_of: of a visit for two, the person who hands it over; None where there is one.
    """

    task: int
    vehicle: int | None = None
    start: int | None = None
    instead_of: int | None = None


@dataclass(frozen=True)
class WhatIf:
    """A changed plan, scored.

    Attributes:
        plan: the changed plan with its timing.
        cost: cost units by part.
        delta: by part, less what the plan in force costs.
        violations: every rule that it breaks, those of the plan in force among them.
        new_violations: those that the plan in force does not break.
        moves: visits and breaks of the plan in force that differ.
    """

    plan: Plan
    cost: Mapping[str, int]
    delta: Mapping[str, int]
    violations: tuple[Violation, ...]
    new_violations: tuple[Violation, ...]
    moves: tuple[Move, ...]

    @property
    def added(self) -> int:
        """The whole cost less that of the plan in force."""
        return sum(self.delta.values())

    @property
    def keeps_the_rules(self) -> bool:
        """Whether nothing is broken."""
        return not self.violations


def what_if(standing: Standing, drags: Sequence[Drag]) -> WhatIf:
    """Score the plan in force with visits dragged elsewhere.

    Args:
        standing: the running day.
        drags: what is dragged, one after the other.

    Raises:
        ValueError: a visit or vehicle that the day does not have, one that has begun, or a visit
            that nobody serves and that is given to nobody.
    """
    orders = {
        route.vehicle: [(code_of(step), step.start) for step in route.steps]
        for route in standing.plan.routes
    }
    wishes: dict[int, int] = {}
    for drag in drags:
        _drag(standing, orders, wishes, drag)
    standing = _loosened(standing, orders, [drag.task for drag in drags])
    routes = {vehicle: [code for code, _ in steps] for vehicle, steps in orders.items()}
    return score(standing, routes, wishes)


def score(
    standing: Standing,
    routes: Mapping[int, Sequence[int]],
    wishes: Mapping[int, int] | None = None,
) -> WhatIf:
    """Score any routes for a running day.

    Args:
        standing: the running day.
        routes: by vehicle, tasks and breaks (as -1 - break) in order, the past included.
        wishes: starts that tasks shall have if they can, by task; others keep theirs.
    """
    wishes = dict(wishes or {})
    changed = replace(standing, plan=_reordered(standing, routes, wishes))
    table = Table(changed, wishes=wishes)
    plan = table.plan(table.node[:, KEPT]) if table.feasible else _as_soon_as(changed, table)
    cost, before = plan_parts(standing.problem, plan), plan_parts(standing.problem, standing.plan)
    broken = _violations(standing, plan)
    known = set(_violations(standing, standing.plan))
    return WhatIf(
        plan=plan,
        cost=cost,
        delta={name: value - before[name] for name, value in cost.items()},
        violations=broken,
        new_violations=tuple(each for each in broken if each not in known),
        moves=_moves(standing, plan),
    )


def _loosened(
    standing: Standing, orders: Mapping[int, Sequence[tuple[int, int]]], tasks: Sequence[int]
) -> Standing:
    """The day in which dragged visits are not frozen, and nobody is on the way to one any more."""
    frozen, bound, free = standing.frozen.copy(), standing.bound.copy(), standing.free.copy()
    frozen[list(tasks)] = False
    for route in standing.plan.routes:
        vehicle = route.vehicle
        past = int(standing.past[vehicle])
        if bound[vehicle] == past:
            continue
        goal = code_of(route.steps[past])
        if [code for code, _ in orders[vehicle]][past : past + 1] != [goal]:
            bound[vehicle] = past
            if past:
                free[vehicle] = max(int(free[vehicle]), standing.state.now)
    return replace(standing, frozen=frozen, bound=bound, free=free)


def _drag(
    standing: Standing,
    orders: dict[int, list[tuple[int, int]]],
    wishes: dict[int, int],
    drag: Drag,
) -> None:
    """Carry out one drag on the orders of the routes."""
    task, problem = drag.task, standing.problem
    if not 0 <= task < problem.n_tasks or not standing.open_tasks[task]:
        raise ValueError(f"task {task} is unknown, over or under way")
    owners = [v for v, steps in orders.items() if any(code == task for code, _ in steps)]
    who = drag.vehicle
    if who is not None and not 0 <= who < problem.n_vehicles:
        raise ValueError(f"there is no vehicle {who}")
    if drag.instead_of is not None and drag.instead_of not in owners:
        raise ValueError(f"vehicle {drag.instead_of} does not serve task {task}")
    start = drag.start
    leaving = owners if drag.instead_of is None else [drag.instead_of]
    if start is None and owners:
        start = next(at for code, at in orders[owners[0]] if code == task)
    if who is None and drag.start is not None:  # the same people, at another time
        if not owners:
            raise ValueError(f"nobody serves task {task}: say who shall")
        joining = leaving
    else:
        joining = [] if who is None else [who]
    for vehicle in leaving:
        orders[vehicle] = [(code, at) for code, at in orders[vehicle] if code != task]
    if start is None:
        start = max(standing.state.now, int(problem.windows(task)[0, 0]))
    for vehicle in joining:
        steps = orders.setdefault(vehicle, _breaks(standing, vehicle))
        first = int(standing.bound[vehicle])
        row = next((r for r, (_, at) in enumerate(steps) if r >= first and at >= start), len(steps))
        steps.insert(row, (task, start))
    wishes[task] = start


def _breaks(standing: Standing, vehicle: int) -> list[tuple[int, int]]:
    """The breaks that a person must take who has had nothing to do."""
    problem = standing.problem
    must = (problem.break_vehicle == vehicle) & (problem.break_prize == NONE)
    rows = np.flatnonzero(must)
    rows = rows[np.argsort(problem.break_open[rows], kind="stable")]
    return [(-1 - row, int(problem.break_open[row])) for row in rows.tolist()]


def _reordered(
    standing: Standing, routes: Mapping[int, Sequence[int]], wishes: Mapping[int, int]
) -> Plan:
    """The routes with starts to hold on to: wished ones, those in force, else the earliest."""
    made = []
    now = standing.state.now
    for vehicle in sorted(routes):
        codes = list(routes[vehicle])
        if not any(code >= 0 for code in codes):
            continue
        starts = [_kept_start(standing, vehicle, code, wishes.get(code, now)) for code in codes]
        depart = -1
        if standing.bound[vehicle]:
            (depart,) = (r.depart for r in standing.plan.routes if r.vehicle == vehicle)
        made.append(timed_route(standing.problem, vehicle, codes, starts, depart))
    served = {task for route in made for task in route.tasks}
    unserved = tuple(t for t in range(standing.problem.n_tasks) if t not in served)
    return Plan(tuple(made), unserved)


def _kept_start(standing: Standing, vehicle: int, code: int, wish: int) -> int:
    starts = standing.starts.get(code, {})
    return starts.get(vehicle, next(iter(starts.values()), wish))


def _as_soon_as(standing: Standing, table: Table) -> Plan:
    """A timing that ways and openings allow, closes and links apart: later visits run late."""
    problem, node = standing.problem, table.node
    made: list[Route] = []
    for vehicle in range(problem.n_vehicles):
        nodes = table.vehicle_nodes(vehicle)
        codes = [int(node[n, WHAT]) for n in nodes]
        if not any(code >= 0 for code in codes):
            continue
        time = problem.time[problem.vehicle_mode[vehicle]]
        known = [r.depart for r in standing.plan.routes if r.vehicle == vehicle]
        past, depart = int(standing.past[vehicle]), known[0] if standing.bound[vehicle] else -1
        starts = [int(table.planned[n]) for n in nodes]
        for row in range(past, len(codes)):
            probe = timed_route(problem, vehicle, codes[: row + 1], starts[: row + 1], depart)
            here = probe.steps[row]
            way = here.arrive - (probe.steps[row - 1].finish if row else probe.depart)
            ready = probe.steps[row - 1].finish if row else int(problem.vehicle_open[vehicle])
            if row == past and past > 0:
                ready = int(standing.free[vehicle])
            way = min(way, int(time.max(initial=0, where=time < UNREACHABLE)))
            starts[row] = max(starts[row], ready + way)
        made.append(timed_route(problem, vehicle, codes, starts, depart))
    served = {task for route in made for task in route.tasks}
    return Plan(tuple(made), tuple(t for t in range(problem.n_tasks) if t not in served))


def _violations(standing: Standing, plan: Plan) -> tuple[Violation, ...]:
    """Broken rules of routes, and of what ties them together."""
    broken = list(shared_faults(standing.problem, servings_of(plan)))
    for route in plan.routes:
        broken += route_faults(standing.problem, route)
    return tuple(broken)


def _moves(standing: Standing, plan: Plan) -> tuple[Move, ...]:
    before = standing.starts
    after: dict[int, dict[int, int]] = {}
    for route in plan.routes:
        for step in route.steps:
            after.setdefault(code_of(step), {})[route.vehicle] = step.start
    moves = []
    for code, old in before.items():
        new = after.get(code, {})
        kind, index = (StepKind.TASK, code) if code >= 0 else (StepKind.BREAK, -1 - code)
        left = [v for v in old if v not in new]
        joined = [v for v in new if v not in old]
        stayed = [(v, v) for v in old.keys() & new.keys() if old[v] != new[v]]
        moves += [
            Move(kind, index, one, old[one], other, new[other])
            for one, other in (*stayed, *zip(left, joined, strict=False))
        ]
    return tuple(sorted(moves, key=lambda move: (move.kind.value, move.index, move.from_vehicle)))
