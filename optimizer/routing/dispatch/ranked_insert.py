"""Ranked insertion: where a new visit, or a pair of them, would best go in a running plan.

Every place of every route behind what has begun is tried with a full timing of the plan: windows,
links, breaks, equipment, limits on work. Nothing that is frozen moves; other visits move only as
far as they must (:mod:`optimizer.routing.dispatch.timing_kernels`). The new visit starts as early
as its place allows. Where nothing fits directly, one other visit may be taken out and put
elsewhere, again at every place. The order of the other visits of a route stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.dispatch.net import Table
from optimizer.routing.dispatch.options import orders
from optimizer.routing.dispatch.rank_kernels import (
    ADDED,
    ANYBODY,
    BEHIND_A,
    BEHIND_B,
    ONE_PERSON,
    TWO_PEOPLE,
    VEHICLE_A,
    VEHICLE_B,
    rank_one,
    rank_two,
)
from optimizer.routing.dispatch.route_times import timed_route
from optimizer.routing.dispatch.standing import Standing
from optimizer.routing.dispatch.timing_kernels import (
    BEFORE,
    FAR,
    TRY,
    VEHICLE,
    WHAT,
    link_in,
    link_out,
    trial,
    undo,
)
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.solution import Plan, Route, StepKind

__all__ = [
    "Move",
    "Placement",
    "Proposal",
    "Ranking",
    "Verdict",
    "apply_proposal",
    "companions",
    "rank_insertions",
]


class Verdict(StrEnum):
    """What a ranking found."""

    FOUND = "found"
    """At least one place."""
    NO_PLACE = "no_place"
    """No place in any route of this plan, each tried."""
    NO_ENTITLEMENT = "no_entitlement"
    """The payer's limit does not cover it."""
    PLAN_BROKEN = "plan_broken"
    """The plan in force cannot be kept as it stands: it has to be planned anew first."""


@dataclass(frozen=True)
class Placement:
    """A new task's person and start."""

    task: int
    vehicle: int
    start: int


@dataclass(frozen=True)
class Move:
    """A step of the plan in force that a proposal moves; vehicles differ where it changes hands."""

    kind: StepKind
    index: int
    from_vehicle: int
    from_start: int
    to_vehicle: int
    to_start: int


@dataclass(frozen=True)
class Proposal:
    """One way to serve new tasks.

    Attributes:
        placements: who serves them when, one row per person.
        added: cost units that it adds, without what leaving the tasks out would have cost.
        moves: the visits and breaks that it moves, by index.
        routes: the steps of the routes that it changes, (kind, index, start) by vehicle.
    """

    placements: tuple[Placement, ...]
    added: int
    moves: tuple[Move, ...]
    routes: tuple[tuple[int, tuple[tuple[StepKind, int, int], ...]], ...]

    @property
    def start(self) -> int:
        """The start of the first new task."""
        return self.placements[0].start


@dataclass(frozen=True)
class Ranking:
    """The best proposals, cheapest first.

    Attributes:
        verdict: what was found.
        proposals: at most one for every set of people; by cost, then fewer moves, then start.
        tried: places, or pairs of places, that keep every rule.
        ejected: whether a visit had to be moved elsewhere.
    """

    verdict: Verdict
    proposals: tuple[Proposal, ...] = ()
    tried: int = 0
    ejected: bool = False


def companions(problem: RoutingProblem, task: int) -> tuple[int, ...]:
    """The tasks that are served together with a task or not at all, itself included, ascending."""
    bound = problem.link_kind <= LinkKind.SEQUENCE
    ends = list(
        zip(problem.link_first[bound].tolist(), problem.link_second[bound].tolist(), strict=True)
    )
    group = {task}
    grown = True
    while grown:
        more = {other for pair in ends if group & set(pair) for other in pair} - group
        group |= more
        grown = bool(more)
    return tuple(sorted(group))


def rank_insertions(
    standing: Standing,
    tasks: Sequence[int],
    *,
    best: int = 3,
    eject: bool = True,
    problem: RoutingProblem | None = None,
    wishes: dict[int, int] | None = None,
) -> Ranking:
    """The best few ways to serve unserved tasks in a running plan.

    Args:
        standing: the running day.
        tasks: one task for one or two people, or two tasks for one person each; tasks that are
            tied to each other (:func:`companions`) go together.
        best: how many proposals at most.
        eject: whether one other visit may move elsewhere where nothing fits directly (not for
            tasks that take two people).
        problem: a variant of the day's problem to insert under, None for itself.
        wishes: starts that tasks shall have if they can, by task.

    Returns:
        The ranking; ``NO_PLACE`` is proved over all places.

    Raises:
        ValueError: a task that is served or over, or more than two people at once.
    """
    _check(standing, tasks, problem or standing.problem)
    first = Table(standing, tasks, problem=problem, wishes=wishes)
    if not first.feasible:
        return Ranking(Verdict.PLAN_BROKEN)
    if not _is_paid(first.problem, standing.plan, tasks):
        return Ranking(Verdict.NO_ENTITLEMENT)
    found: list[tuple[tuple[int, ...], Proposal]] = []
    tried = 0
    tables = [
        first if not arcs else Table(standing, tasks, problem=problem, wishes=wishes, arcs=arcs)
        for arcs in orders(first, tasks)
    ]
    for table in tables:
        tried += _rank(table, tasks, best, found)
    ejected = False
    if not found and eject and len(first.fresh) == 1:
        ejected = True
        for table in tables:
            tried += _rank_ejecting(table, tasks, best, found)
    proposals = _distinct(found, best)
    verdict = Verdict.FOUND if proposals else Verdict.NO_PLACE
    return Ranking(verdict, proposals, tried, ejected and bool(proposals))


def _check(standing: Standing, tasks: Sequence[int], problem: RoutingProblem) -> None:
    unserved = set(standing.plan.unserved)
    for task in tasks:
        if task not in unserved or not standing.open_tasks[task]:
            raise ValueError(f"task {task} is served, over or unknown")
    if not 1 <= int(problem.task_staff[list(tasks)].sum()) <= 2:
        raise ValueError("one or two people at once can be inserted")


def _is_paid(problem: RoutingProblem, plan: Plan, tasks: Sequence[int]) -> bool:
    """Whether the payers' limits cover the tasks on top of what the plan serves."""
    served = np.ones(problem.n_tasks, dtype=bool)
    served[list(plan.unserved)] = False
    for task in tasks:
        payer = int(problem.task_payer[task])
        if payer == NONE:
            continue
        mine = problem.task_payer == payer
        spent = int(problem.task_price[mine & served].sum())
        new = sum(int(problem.task_price[t]) for t in tasks if problem.task_payer[t] == payer)
        if spent + new > problem.payer_limit[payer]:
            return False
    return True


def _people(table: Table, tasks: Sequence[int]) -> tuple[list[NDArray[np.bool_]], int]:
    """Who may take each new node by links with served tasks, and how the two people relate."""
    problem = table.problem
    vehicles = problem.n_vehicles
    who = [np.ones(vehicles, dtype=bool) for _ in table.fresh]
    people = TWO_PEOPLE if len(tasks) < len(table.fresh) else ANYBODY
    for row, kind in enumerate(problem.link_kind.tolist()):
        ends = int(problem.link_first[row]), int(problem.link_second[row])
        if kind == LinkKind.NOT_OVERLAPPING or not set(ends) & set(tasks):
            continue
        if set(ends) <= set(tasks):
            people = ONE_PERSON if kind == LinkKind.SAME_PERSON else TWO_PEOPLE
            continue
        mine, other = ends if ends[0] in tasks else ends[::-1]
        theirs = np.zeros(vehicles, dtype=bool)
        theirs[[int(table.node[n, VEHICLE]) for n in table.nodes_of.get(other, [])]] = True
        if not theirs.any():
            continue
        nodes = [table.fresh.index(n) for n in table.nodes_of[mine]]
        if kind == LinkKind.SAME_PERSON:
            for node in nodes[: int(theirs.sum())]:
                who[node] &= theirs
        else:
            for node in nodes:
                who[node] &= ~theirs
    return who, people


Found = list[tuple[tuple[int, ...], Proposal]]


def _rank(
    table: Table,
    tasks: Sequence[int],
    best: int,
    found: Found,
    extra: int = 0,
    who: Sequence[NDArray[np.bool_]] = (),
    people: int | None = None,
) -> int:
    """Add the best proposals of a table to those found; how many places keep the rules."""
    own, together = _people(table, tasks)
    who = who or own
    people = together if people is None else people
    vehicles = table.problem.n_vehicles
    shape = (vehicles if len(table.fresh) == 1 else vehicles * vehicles, 8)
    rows = np.zeros(shape, dtype=np.int64)
    if len(table.fresh) == 1:
        count = rank_one(table.net, table.fresh[0], who[0], table.days, table.base, rows)
    else:
        count = rank_two(
            table.net,
            table.fresh[0],
            table.fresh[1],
            who[0],
            who[1],
            people,
            table.days,
            table.base,
            rows,
        )
    fitting = rows[rows[:, ADDED] < FAR]
    for row in fitting[np.lexsort(fitting.T[2::-1])][: 2 * best]:
        proposal = _proposal(table, row, extra)
        key = (proposal.added, len(proposal.moves), proposal.start)
        found.append((key, proposal))
    return int(count)


def _rank_ejecting(table: Table, tasks: Sequence[int], best: int, found: Found) -> int:
    """The same where one other visit leaves its place to the new one and goes elsewhere."""
    problem, standing = table.problem, table.standing
    tied = problem.is_tied | (problem.task_equipment != NONE)
    able = standing.open_tasks & ~standing.frozen & ~tied
    new = table.fresh[0]
    (who,), _ = _people(table, tasks)
    whole = table.cost
    tried = 0
    for node in np.flatnonzero(table.node[:, WHAT] >= 0).tolist():
        task, vehicle = int(table.node[node, WHAT]), int(table.node[node, VEHICLE])
        if vehicle < 0 or not able[task] or not who[vehicle]:
            continue
        before = int(table.node[node, BEFORE])
        only = np.zeros(problem.n_vehicles, dtype=bool)
        only[vehicle] = True
        link_out(table.net, node)
        if table.settle():
            rows = np.zeros((problem.n_vehicles, 8), dtype=np.int64)
            if rank_one(table.net, new, only, table.days, table.base, rows):
                table.fresh = [new, node]
                anyone = np.ones(problem.n_vehicles, dtype=bool)
                extra = table.cost - whole
                tried += _rank(table, tasks, best, found, extra, (only, anyone), ANYBODY)
                table.fresh = [new]
        link_in(table.net, node, vehicle, before)
    table.settle()
    return tried


def _proposal(table: Table, row: NDArray[np.int64], extra: int) -> Proposal:
    """Carry out the insertion of a row of the ranking, read it, and take it back."""
    link_in(table.net, table.fresh[0], int(row[VEHICLE_A]), int(row[BEHIND_A]))
    if len(table.fresh) == 2:
        link_in(table.net, table.fresh[1], int(row[VEHICLE_B]), int(row[BEHIND_B]))
    kept = trial(table.net, np.array(table.fresh))
    assert kept, "the ranking timed this place"
    node = table.node
    at = node[:, TRY].copy()
    original = table.standing.starts
    placements, moves, touched = [], [], set()
    served = node[:, VEHICLE] >= 0
    shifted = served & (at != table.planned) & np.isin(node[:, VEHICLE], _used(table))
    shifted[table.fresh] = True
    for number in np.flatnonzero(shifted).tolist():
        code, vehicle = int(node[number, WHAT]), int(node[number, VEHICLE])
        was = original.get(code, {})
        start = int(at[number])
        touched.add(vehicle)
        if not was and code >= 0:
            placements.append(Placement(code, vehicle, start))
        elif not was:
            continue  # a break of a person who had nothing to do
        elif vehicle in was:
            if was[vehicle] != start:
                moves.append(_move(code, vehicle, was[vehicle], vehicle, start))
        else:  # ejected: it stood in one route only
            ((old, old_start),) = was.items()
            moves.append(_move(code, old, old_start, vehicle, start))
            touched.add(old)
    routes = tuple((v, _steps(table, v, at)) for v in sorted(touched))
    undo(table.net)
    for number in reversed(table.fresh):
        link_out(table.net, number)
    placements.sort(key=lambda placement: (placement.task, placement.vehicle))
    moves.sort(key=lambda move: (move.kind.value, move.index))
    return Proposal(tuple(placements), int(row[ADDED]) + extra, tuple(moves), routes)


def _used(table: Table) -> list[int]:
    """Vehicles whose routes serve something: breaks of the others are not taken."""
    node = table.node
    return sorted(set(node[(node[:, WHAT] >= 0) & (node[:, VEHICLE] >= 0), VEHICLE].tolist()))


def _move(code: int, old: int, old_start: int, new: int, new_start: int) -> Move:
    kind = StepKind.TASK if code >= 0 else StepKind.BREAK
    return Move(kind, code if code >= 0 else -1 - code, old, old_start, new, new_start)


def _steps(
    table: Table, vehicle: int, at: NDArray[np.int64]
) -> tuple[tuple[StepKind, int, int], ...]:
    steps = []
    for node in table.vehicle_nodes(vehicle):
        code = int(table.node[node, WHAT])
        kind = StepKind.TASK if code >= 0 else StepKind.BREAK
        steps.append((kind, code if code >= 0 else -1 - code, int(at[node])))
    return tuple(steps)


def _distinct(found: Found, best: int) -> tuple[Proposal, ...]:
    """The best proposal of every set of people, cheapest first."""
    kept: dict[tuple[int, ...], Proposal] = {}
    for _, proposal in sorted(found, key=lambda pair: pair[0]):
        moved = {m.to_vehicle for m in proposal.moves if m.to_vehicle != m.from_vehicle}
        people = {placement.vehicle for placement in proposal.placements} | moved
        kept.setdefault(tuple(sorted(people)), proposal)
    return tuple(kept.values())[:best]


def apply_proposal(standing: Standing, proposal: Proposal) -> Plan:
    """The plan in force with a proposal carried out, in the numbers of the whole day."""
    routes = {route.vehicle: route for route in standing.plan.routes}
    began = {route.vehicle: route.depart for route in standing.plan.routes}
    for vehicle, steps in proposal.routes:
        codes = [index if kind is StepKind.TASK else -1 - index for kind, index, _ in steps]
        depart = began[vehicle] if standing.bound[vehicle] else -1
        starts = [start for _, _, start in steps]
        if any(code >= 0 for code in codes):
            routes[vehicle] = timed_route(standing.problem, vehicle, codes, starts, depart)
        else:
            routes.pop(vehicle, None)
    ordered: list[Route] = [routes[vehicle] for vehicle in sorted(routes)]
    served = {task for route in ordered for task in route.tasks}
    unserved = tuple(t for t in range(standing.problem.n_tasks) if t not in served)
    return Plan(tuple(ordered), unserved)
