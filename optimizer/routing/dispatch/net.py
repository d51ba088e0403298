"""A running day as the tables that the compiled timing reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.dispatch.rank_kernels import changes, days, shared
from optimizer.routing.dispatch.route_times import code_of, timed_route
from optimizer.routing.dispatch.standing import Standing
from optimizer.routing.dispatch.timing_kernels import (
    AFTER,
    ALLOW,
    ALLOW_END,
    ARC,
    AT_END,
    BACK,
    BEFORE,
    DEPART,
    EARLY_COST,
    END_PLACE,
    FAR,
    HEAD,
    KEPT,
    LAST_BOUND,
    LATE_COST,
    LEAST,
    LEAVE,
    LENGTH,
    MOST,
    NODE_COLUMNS,
    PAIR_COST,
    PLACE,
    PLAN_START,
    PLAN_VEHICLE,
    TAIL,
    VEHICLE,
    WHAT,
    WINDOW,
    WINDOW_END,
    WISH,
    Net,
    settle,
)
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.solution import Plan, Step, StepKind

__all__ = ["Arc", "Table"]

TASK_COLUMNS = (
    PLACE,
    END_PLACE,
    ALLOW,
    ALLOW_END,
    AT_END,
    LATE_COST,
    EARLY_COST,
    WINDOW,
    WINDOW_END,
    PLAN_VEHICLE,
    PLAN_START,
)
"""What a node takes over from its task."""
Arc = tuple[int, int, int, bool]
"""(from, to, least difference of starts, whether the from-node's duration comes on top)."""


@dataclass(frozen=True)
class _Row:
    code: int
    vehicle: int
    least: int
    most: int
    wish: int
    start: int
    leave: int = -1


class Table:
    """The plan of a standing day as a net, with nodes to spare for tasks that may come in.

    ``fresh`` lists the nodes to spare, one per person that each of the tasks needs; ``feasible``
    says whether the plan as it stands can be kept at all.
    """

    def __init__(
        self,
        standing: Standing,
        tasks: Sequence[int] = (),
        *,
        problem: RoutingProblem | None = None,
        wishes: dict[int, int] | None = None,
        arcs: Iterable[Arc] = (),
    ) -> None:
        """Build the tables; ``planned`` has the nodes' starts in the plan in force.

        Args:
            standing: the day.
            tasks: unserved tasks to insert.
            problem: a variant of the day's problem (wider windows, say), None for itself.
            wishes: starts that tasks shall have if they can, by task; tasks of the plan keep
                their starts by default, new ones start as early as they can.
            arcs: further arcs between nodes.
        """
        self.standing = standing
        self.problem = standing.problem if problem is None else problem
        self._wishes = wishes or {}
        rows, routes = self._rows()
        first = len(rows)
        rows += [
            _Row(task, -1, standing.state.now, FAR, self._wishes.get(task, -FAR), -1)
            for task in tasks
            for _ in range(int(self.problem.task_staff[task]))
        ]
        self.fresh = list(range(first, len(rows)))
        self.nodes_of: dict[int, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            if row.code >= 0:
                self.nodes_of[row.code].append(number)
        self.planned: NDArray[np.int64] = np.array([row.start for row in rows], dtype=np.int64)
        self._vehicle = [row.vehicle for row in rows]
        self.net = self._net(rows, routes, [*self._link_arcs(), *arcs])
        self.settle()

    @property
    def node(self) -> NDArray[np.int64]:
        """The table of nodes."""
        return self.net.node

    def settle(self) -> bool:
        """Time the plan anew after its routes changed; whether any timing keeps the rules."""
        self.feasible = bool(settle(self.net))
        self.days = np.zeros((self.problem.n_vehicles, 6), dtype=np.int64)
        self.base = np.zeros(2, dtype=np.int64)
        if self.feasible:
            days(self.net, self.days)
            self.base[0] = shared(self.net.weight, self.days)
            self.base[1] = changes(self.net, KEPT)
        return self.feasible

    @property
    def cost(self) -> int:
        """Cost of the timed plan without what unserved tasks cost."""
        shared_cost, changed = (int(value) for value in self.base)
        return int(self.days[:, 0].sum()) + shared_cost + changed * self.problem.change_cost

    def vehicle_nodes(self, vehicle: int) -> list[int]:
        """The nodes of a route in order."""
        nodes = []
        node = int(self.net.vehicle[vehicle, HEAD])
        while node >= 0:
            nodes.append(node)
            node = int(self.node[node, AFTER])
        return nodes

    def plan(self, at: NDArray[np.int64]) -> Plan:
        """The plan with these starts by node."""
        routes = []
        for vehicle in range(self.problem.n_vehicles):
            nodes = self.vehicle_nodes(vehicle)
            codes = [int(self.node[node, WHAT]) for node in nodes]
            if any(code >= 0 for code in codes):
                starts = [int(at[node]) for node in nodes]
                depart = int(self.net.vehicle[vehicle, DEPART])
                routes.append(timed_route(self.problem, vehicle, codes, starts, depart))
        listed = {task for route in routes for task in route.tasks}
        unserved = tuple(t for t in range(self.problem.n_tasks) if t not in listed)
        return Plan(tuple(routes), unserved)

    def _rows(self) -> tuple[list[_Row], dict[int, list[int]]]:
        """Nodes of all routes, and of the breaks that unused vehicles would have to take."""
        standing, problem = self.standing, self.problem
        rows: list[_Row] = []
        routes: dict[int, list[int]] = {}
        for route in standing.plan.routes:
            vehicle, count = route.vehicle, int(standing.past[route.vehicle])
            routes[vehicle] = []
            for place, step in enumerate(route.steps):
                leave = int(standing.free[vehicle]) if place == count - 1 else -1
                routes[vehicle].append(len(rows))
                on_way = place == count < int(standing.bound[vehicle])
                rows.append(self._row(vehicle, step, place < count, on_way, leave))
        for row in np.argsort(problem.break_open, kind="stable").tolist():
            vehicle = int(problem.break_vehicle[row])
            if problem.break_prize[row] == NONE and not any(
                route.vehicle == vehicle for route in standing.plan.routes
            ):
                routes.setdefault(vehicle, []).append(len(rows))
                rows.append(_Row(-1 - row, vehicle, -FAR, FAR, -FAR, -1))
        return rows, routes

    def _row(self, vehicle: int, step: Step, past: bool, on_way: bool, leave: int) -> _Row:
        code = code_of(step)
        if past or (code >= 0 and self.standing.frozen[code]):
            return _Row(code, vehicle, step.start, step.start, step.start, step.start, leave)
        wish = self._wishes.get(code, step.start) if code >= 0 else step.start
        return _Row(code, vehicle, step.start if on_way else -FAR, FAR, wish, step.start)

    def _link_arcs(self) -> list[Arc]:
        """Arcs of staff counts, links, and of orders that the plan has already chosen."""
        problem = self.problem
        arcs: list[Arc] = []
        for nodes in self.nodes_of.values():
            arcs += [(a, b, 0, False) for a in nodes for b in nodes if a != b]
        for row, kind in enumerate(problem.link_kind.tolist()):
            first = self.nodes_of.get(int(problem.link_first[row]), [])
            second = self.nodes_of.get(int(problem.link_second[row]), [])
            low, high = int(problem.link_min[row]), int(problem.link_max[row])
            if kind == LinkKind.SAME_START:
                low = high = 0
            if kind <= LinkKind.SEQUENCE:
                arcs += [(a, b, low, False) for a in first for b in second]
                arcs += [(b, a, -high, False) for a in first for b in second]
            elif kind == LinkKind.NOT_OVERLAPPING:
                arcs += self._apart(first, second)
        return arcs + self._equipment_arcs()

    def _apart(self, first: list[int], second: list[int]) -> list[Arc]:
        """The order in which the plan has two tasks that must not overlap; none for a new one."""
        if not first or not second or {*first, *second} & set(self.fresh):
            return []
        if self.planned[first[0]] <= self.planned[second[0]]:
            return [(a, b, 0, True) for a in first for b in second]
        return [(b, a, 0, True) for a in first for b in second]

    def pieces(self) -> dict[int, list[list[int]]]:
        """By kind of equipment, the tasks that use each piece in the plan, in order."""
        problem = self.problem
        waiting: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for task, nodes in self.nodes_of.items():
            kind = int(problem.task_equipment[task])
            if kind != NONE and not set(nodes) & set(self.fresh):
                waiting[kind].append((self.planned[nodes[0]], task))
        found: dict[int, list[list[int]]] = {
            kind: [[] for _ in range(int(count))]
            for kind, count in enumerate(problem.equipment_count.tolist())
        }
        for kind, users in waiting.items():
            free = [-FAR] * len(found[kind])
            for start, task in sorted(users):
                idle = [piece for piece, until in enumerate(free) if until <= start]
                piece = max(idle or range(len(free)), key=free.__getitem__)
                found[kind][piece].append(task)
                took = [problem.duration(task, self._vehicle[n]) for n in self.nodes_of[task]]
                free[piece] = start + max(took)
        return found

    def _equipment_arcs(self) -> list[Arc]:
        arcs: list[Arc] = []
        for kinds in self.pieces().values():
            for users in kinds:
                for before, after in pairwise(users):
                    arcs += [
                        (a, b, 0, True) for a in self.nodes_of[before] for b in self.nodes_of[after]
                    ]
        return arcs

    def _net(self, rows: list[_Row], routes: dict[int, list[int]], arcs: list[Arc]) -> Net:
        problem, size = self.problem, len(rows)
        forth = np.array(sorted(arcs), dtype=np.int64).reshape(-1, 4)
        back = forth[np.argsort(forth[:, 1], kind="stable")]
        pair = _pairs(problem)
        node = self._nodes(rows, routes, pair)
        numbers = np.arange(size)
        for column, side in ((ARC, forth[:, 0]), (BACK, back[:, 1])):
            node[:, column] = np.searchsorted(side, numbers)
            node[:, column + 1] = np.searchsorted(side, numbers, side="right")
        weight = [
            problem.plan_tolerance,
            problem.max_changes,
            problem.change_cost,
            problem.worst_late_cost,
            problem.worst_idle_cost,
            problem.balance_cost,
        ]
        return Net(
            time=problem.time,
            distance=problem.distance,
            node=node,
            vehicle=self._vehicles(routes),
            allow=_allowed_starts(problem),
            window=np.stack([problem.window_open, problem.window_close], axis=1),
            arc=np.ascontiguousarray(forth[:, 1:]),
            back=np.ascontiguousarray(back[:, [0, 2, 3]]),
            pair=pair,
            load=problem.task_load,
            capacity=problem.vehicle_capacity,
            work=np.zeros((3, size + 1), dtype=np.int64),
            count=np.zeros(4, dtype=np.int64),
            weight=np.array(weight, dtype=np.int64),
        )

    def _nodes(
        self, rows: list[_Row], routes: dict[int, list[int]], pair: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        problem = self.problem
        node = np.zeros((len(rows), NODE_COLUMNS), dtype=np.int64)
        node[:, BEFORE] = node[:, AFTER] = -1
        fields = [(r.code, r.vehicle, r.least, r.most, r.wish, r.leave) for r in rows]
        table = np.array(fields, dtype=np.int64).reshape(-1, 6)
        node[:, [WHAT, VEHICLE, LEAST, MOST, WISH, LEAVE]] = table
        for nodes in routes.values():
            node[nodes[1:], BEFORE] = nodes[:-1]
            node[nodes[:-1], AFTER] = nodes[1:]
        is_task = table[:, 0] >= 0
        tasks, breaks = table[is_task, 0], -1 - table[~is_task, 0]
        node[np.ix_(is_task, np.array(TASK_COLUMNS))] = _tasks(problem)[tasks]
        vehicles = table[is_task, 1]
        for column, side in ((LENGTH, 0), (PAIR_COST, 1)):
            node[is_task, column] = np.where(vehicles >= 0, pair[side, tasks, vehicles], 0)
        first = problem.window_open.size
        node[~is_task, PLACE] = node[~is_task, END_PLACE] = problem.break_place[breaks]
        node[~is_task, LENGTH] = problem.break_length[breaks]
        node[~is_task, ALLOW], node[~is_task, ALLOW_END] = first + breaks, first + breaks + 1
        node[~is_task, PLAN_VEHICLE] = NONE
        node[~is_task, LATE_COST] = node[~is_task, EARLY_COST] = NONE
        return node

    def _vehicles(self, routes: dict[int, list[int]]) -> NDArray[np.int64]:
        problem, standing = self.problem, self.standing
        depart = np.full(problem.n_vehicles, -1, dtype=np.int64)
        taken = set()
        for route in standing.plan.routes:
            taken |= {step.index for step in route.steps if step.kind is StepKind.BREAK}
            if standing.bound[route.vehicle]:
                depart[route.vehicle] = route.depart
        fixed = problem.vehicle_fixed_cost.copy()
        for row, prize in enumerate(problem.break_prize.tolist()):
            if row not in taken and prize != NONE:
                fixed[problem.break_vehicle[row]] += prize
        columns: list[NDArray[Any]] = [
            problem.vehicle_mode,
            problem.vehicle_start,
            problem.vehicle_end,
            problem.vehicle_open,
            problem.vehicle_close,
            problem.vehicle_close + problem.vehicle_overtime,
            problem.vehicle_max_work,
            problem.vehicle_max_travel,
            fixed,
            problem.vehicle_time_cost,
            problem.vehicle_distance_cost,
            problem.vehicle_wait_cost,
            problem.vehicle_overtime_cost,
            depart,
            *(np.full(problem.n_vehicles, -1) for _ in range(3)),
        ]
        table = np.stack(columns, axis=1).astype(np.int64)
        for vehicle, nodes in routes.items():
            count = int(standing.bound[vehicle])
            table[vehicle, LAST_BOUND] = nodes[count - 1] if count else -1
            table[vehicle, [HEAD, TAIL]] = nodes[0], nodes[-1]
        return table


def _tasks(problem: RoutingProblem) -> NDArray[np.int64]:
    """The columns ``TASK_COLUMNS`` of every task."""
    rows = problem.window_indptr
    columns = [
        problem.task_place,
        problem.task_end_place,
        rows[:-1],
        rows[1:],
        problem.window_at_end,
        problem.task_late_cost,
        problem.task_early_cost,
        rows[:-1],
        rows[1:],
        problem.plan_vehicle,
        problem.plan_start,
    ]
    return np.stack(columns, axis=1).astype(np.int64)


def _pairs(problem: RoutingProblem) -> NDArray[np.int64]:
    shape = (problem.n_tasks, problem.n_vehicles)
    pair = np.zeros((3, *shape), dtype=np.int64)
    if problem.pair_duration.size:
        pair[0] = problem.pair_duration
    else:
        pair[0] = problem.task_duration[:, None]
    if problem.pair_cost.size:
        pair[1] = problem.pair_cost
    able = (problem.task_skills[:, None] & ~problem.vehicle_skills[None, :]) == 0
    pair[2] = able & problem.pair_allowed if problem.pair_allowed.size else able
    return pair


def _allowed_starts(problem: RoutingProblem) -> NDArray[np.int64]:
    """Windows, opened as early and closed as late as costs allow, then those of the breaks."""
    opens, closes = problem.window_open.copy(), problem.window_close.copy()
    rows = np.diff(problem.window_indptr)
    first, last = problem.window_indptr[:-1], problem.window_indptr[1:] - 1
    early = problem.task_early_cost != NONE
    least = np.where(problem.task_early_limit == NONE, FAR, problem.task_early_limit)
    opens[first[early]] = np.maximum(opens[first[early]] - least[early], 0)
    late = problem.task_late_cost != NONE
    closes[last[late]] = FAR
    closes[np.repeat(late & problem.task_late_window, rows)] = FAR
    rests = np.stack([problem.break_open, problem.break_close], axis=1)
    return np.concatenate([np.stack([opens, closes], axis=1), rests])
