"""The best plan of a tiny day of visits, by trying everything.

Every order of every set of tasks and breaks, and every whole tick for every start, is laid out for
every person; the checker's rules decide which of these days and which of their combinations are
sound, and its costs which is best. Nothing here is shared with a solver.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np

from optimizer.routing.check_route import legs, measured, route_faults
from optimizer.routing.check_shared import servings_of, shared_faults
from optimizer.routing.check_value import parts_of
from optimizer.routing.problem import NONE, UNREACHABLE, RoutingProblem
from optimizer.routing.solution import Plan, Route, Step, StepKind

Rank = tuple[int, ...]
_SHARED = {"worst_lateness", "worst_idle", "balance", "changes", "remote", "unserved"}
"""Parts that are no sum over routes."""


def best_rank(problem: RoutingProblem) -> Rank | None:
    """Losses of the tiers above the lowest, then the cost; None where no plan is sound."""
    days = [_days(problem, vehicle) for vehicle in range(problem.n_vehicles)]
    ranks = (rank_of(problem, plan) for plan in _plans(problem, days, ()) if _sound(problem, plan))
    return min(ranks, default=None)


def rank_of(problem: RoutingProblem, plan: Plan) -> Rank:
    """What plans are compared by."""
    lost = [0] * problem.n_tiers
    for task in plan.unserved:
        if problem.task_remote_cost[task] == NONE:
            lost[problem.task_tier[task]] += 1 + int(problem.task_prize[task])
    return (*lost[:-1], sum(parts_of(problem, plan).values()))


def _sound(problem: RoutingProblem, plan: Plan) -> bool:
    return next(shared_faults(problem, servings_of(plan)), None) is None


def _plans(
    problem: RoutingProblem, days: list[list[Route]], chosen: tuple[Route, ...]
) -> Iterator[Plan]:
    """Every choice of a day, or none, for everybody, no task more often than it needs people."""
    if not days:
        tasks = {task for route in chosen for task in route.tasks}
        yield Plan(chosen, tuple(t for t in range(problem.n_tasks) if t not in tasks))
        return
    yield from _plans(problem, days[1:], chosen)
    count = np.zeros(problem.n_tasks, dtype=np.int64)
    for route in chosen:
        count[list(route.tasks)] += 1
    for route in days[0]:
        if np.all(count[list(route.tasks)] < problem.task_staff[list(route.tasks)]):
            yield from _plans(problem, days[1:], (*chosen, route))


def _days(problem: RoutingProblem, vehicle: int) -> list[Route]:
    """The sound days of a person, of those alike to everybody else only the cheapest."""
    spread = problem.balance_cost > 0 or problem.worst_idle_cost > 0
    best: dict[tuple[object, ...], tuple[int, Route]] = {}
    for steps in _orders(problem, vehicle):
        for route in _timings(problem, vehicle, steps):
            if next(route_faults(problem, route), None) is not None:
                continue
            waited = sum(step.start - step.arrive for step in route.steps)
            starts = frozenset(
                (step.index, step.start) for step in route.steps if step.kind is StepKind.TASK
            )
            shape = (route.depart, route.end, waited) if spread else ()
            parts = parts_of(problem, Plan((route,), ()))
            cost = sum(value for name, value in parts.items() if name not in _SHARED)
            known = best.get((starts, *shape))
            if known is None or cost < known[0]:
                best[starts, *shape] = (cost, route)
    return [route for _, route in best.values()]


def _orders(problem: RoutingProblem, vehicle: int) -> Iterator[tuple[tuple[StepKind, int], ...]]:
    able = [t for t in range(problem.n_tasks) if problem.may_serve(t, vehicle)]
    rests = np.flatnonzero(problem.break_vehicle == vehicle).tolist()
    for count in range(1, len(able) + 1):
        for tasks in combinations(able, count):
            for many in range(len(rests) + 1):
                for breaks in combinations(rests, many):
                    visits = [(StepKind.TASK, task) for task in tasks]
                    yield from permutations([*visits, *((StepKind.BREAK, b) for b in breaks)])


def _timings(
    problem: RoutingProblem, vehicle: int, steps: tuple[tuple[StepKind, int], ...]
) -> Iterator[Route]:
    """Every choice of whole ticks for the departure and the starts."""
    blank = tuple(Step(kind, index, 0, 0, 0) for kind, index in steps)
    time = problem.time[problem.vehicle_mode[vehicle]]
    ways = measured(time, legs(problem, Route(vehicle, 0, 0, blank)))
    if max(ways) >= UNREACHABLE:
        return
    opens = int(problem.vehicle_open[vehicle])
    latest = int(problem.vehicle_close[vehicle] + problem.vehicle_overtime[vehicle])
    for done in _starts(problem, vehicle, steps, ways, opens, latest, ()):
        first = done[0]
        end = done[-1].finish + (ways[-1] if len(ways) > len(steps) else 0)
        # Leaving later costs nothing; only a longer day may be wanted for balance.
        departs = [first.start - ways[0]]
        if problem.balance_cost > 0:
            departs = list(range(opens, departs[0] + 1))
        for depart in departs:
            moved = Step(first.kind, first.index, depart + ways[0], first.start, first.finish)
            yield Route(vehicle, depart, end, (moved, *done[1:]))


def _starts(
    problem: RoutingProblem,
    vehicle: int,
    steps: tuple[tuple[StepKind, int], ...],
    ways: list[int],
    now: int,
    latest: int,
    done: tuple[Step, ...],
) -> Iterator[tuple[Step, ...]]:
    if len(done) == len(steps):
        yield done
        return
    kind, index = steps[len(done)]
    arrive = now + ways[len(done)]
    first, last, length = arrive, latest, 0
    if kind is StepKind.TASK:
        length = problem.duration(index, vehicle)
        windows = problem.windows(index)
        if problem.task_early_cost[index] == NONE:
            first = max(first, int(windows[0, 0]))
        if problem.task_late_cost[index] == NONE:
            last = min(last, int(windows[-1, 1]))
    else:
        length = int(problem.break_length[index])
        first = max(first, int(problem.break_open[index]))
        last = min(last, int(problem.break_close[index]))
    for start in range(first, min(last, latest - length) + 1):
        step = Step(kind, index, arrive, start, start + length)
        yield from _starts(problem, vehicle, steps, ways, start + length, latest, (*done, step))
