"""Trips whose loads are ready only at a certain moment, planned with PyVRP.

PyVRP knows reloads and release times: a trip leaves when the last of its loads is ready. So where
carriers load without delay at the place they start from, and nothing limits the time since loading,
days of several trips are routes of :mod:`optimizer.routing.pyvrp_engine` as they stand: the
population breeds whole days, and the pool recombines them.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from pyvrp import Solution

from optimizer.result import StopReason
from optimizer.routing.features import Feature, used_features
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.pyvrp_engine.control import Control, Tell
from optimizer.routing.pyvrp_engine.engine import first_penalties, search
from optimizer.routing.pyvrp_engine.model import EngineModel
from optimizer.routing.pyvrp_engine.stops import StopRow
from optimizer.routing.solution import Plan, Route, Step, StepKind
from optimizer.stop import StopClock

__all__ = ["plan_releases", "reaches"]

_FIRST_SHARE = 0.3
"""Share of the limit after which tasks may be left out where no plan serves them all."""


def reaches(problem: RoutingProblem) -> bool:
    """Whether these trips can be said in PyVRP's terms."""
    if used_features(problem) != {Feature.TRIPS, Feature.RELEASE}:
        return False
    if np.any(problem.vehicle_max_trips < 1) or np.any(problem.vehicle_loading > 0):
        return False
    return all(
        set(problem.reload_places(vehicle).tolist()) == {int(problem.vehicle_start[vehicle])}
        for vehicle in range(problem.n_vehicles)
    )


def plan_releases(
    problem: RoutingProblem,
    clock: StopClock,
    *,
    reserve: float,
    seed: int,
    threads: int,
    tell: Tell,
) -> tuple[Plan, StopReason]:
    """Plan trips that wait for their loads.

    Args:
        problem: one that :func:`reaches` accepts.
        clock: the running stop rule; an iteration is one child of the population.
        reserve: seconds to leave on the clock.
        seed: for all random numbers.
        threads: populations side by side.
        tell: called with (objective in cost units or None, iterations).

    Returns:
        The best plan and why the search stopped. Tasks whose prize exceeds what a day costs are
        left out only where no plan with all of them was found in the first part of the search.
    """
    model = EngineModel(problem, range(problem.n_tasks))
    penalties = first_penalties(model)
    everyone = _Attempt(model, clock, reserve, tell)
    data = model.required()
    best = search(data, Solution(data, []), everyone.control, penalties, seed=seed, threads=threads)
    reason = everyone.control.reason
    if not everyone.succeeded and not _is_over(clock, everyone.control.iterations):
        some = Control(clock, reserve, _patience(problem), model.objective, tell)
        some.iterations = everyone.control.iterations
        start = Solution(model.data, [])
        best = search(model.data, start, some, penalties, seed=seed, threads=threads)
        reason = some.reason
    if not best.is_feasible():
        best = Solution(model.data, [])
    return plan_of(model, best), reason or StopReason.FINISHED


class _Attempt:
    """A search for a plan that serves everybody; it ends early where it finds none."""

    def __init__(self, model: EngineModel, clock: StopClock, reserve: float, tell: Tell) -> None:
        self._model = model
        self._asked = clock.rule.cancelled
        self.succeeded = False
        rule = dataclasses.replace(clock.rule, cancelled=self._gives_up)
        if rule.seconds is not None:
            rule = dataclasses.replace(rule, seconds=clock.remaining)
        patience = _patience(model.problem)
        self.control = Control(rule.start(), reserve, patience, self._objective, tell)

    def _objective(self, solution: Solution) -> int:
        self.succeeded = True
        return self._model.objective(solution)

    def _gives_up(self) -> bool:
        if self._asked is not None and self._asked():
            return True
        return not self.succeeded and self.control.share >= _FIRST_SHARE


def _is_over(clock: StopClock, iterations: int) -> bool:
    return clock.reason(iterations) is not None


def _patience(problem: RoutingProblem) -> int:
    """Iterations without a better plan after which a search without limits ends."""
    return 1_000 + 20 * problem.n_tasks


def plan_of(model: EngineModel, solution: Solution) -> Plan:
    """The plan of a feasible solution, every stop as early as its day allows."""
    routes = []
    days = model.days(solution)
    for vehicle, (row, depart) in sorted(days.items()):
        routes.append(_timed(model, vehicle, row, depart))
    served = {task for route in routes for task in route.tasks}
    unserved = (task for task in range(model.problem.n_tasks) if task not in served)
    return Plan(routes=tuple(routes), unserved=tuple(unserved))


def _timed(model: EngineModel, vehicle: int, row: StopRow, depart: int) -> Route:
    problem = model.problem
    time = problem.time[int(problem.vehicle_mode[vehicle])]
    kitchen = here = int(problem.vehicle_start[vehicle])
    now = depart
    steps: list[Step] = []
    for trip in _trips(row):
        tasks = [model.task_of(client) for client in trip]
        now += int(time[here, kitchen])
        ready = max(now, int(problem.task_release[tasks].max()))
        steps.append(Step(StepKind.LOAD, kitchen, now, ready, ready))
        now, here = ready, kitchen
        for client, task in zip(trip, tasks, strict=True):
            now += int(time[here, problem.task_place[task]])
            start = max(now, model.opens(client))
            finish = start + int(problem.task_duration[task])
            steps.append(Step(StepKind.TASK, task, now, start, finish))
            now, here = finish, int(problem.task_end_place[task])
    end = int(problem.vehicle_end[vehicle])
    return Route(vehicle, depart, now if end == NONE else now + int(time[here, end]), tuple(steps))


def _trips(row: StopRow) -> list[list[int]]:
    """The clients of every trip that serves anybody."""
    trips: list[list[int]] = [[]]
    for stop in row.stops:
        if stop < 0:
            trips.append([])
        else:
            trips[-1].append(stop)
    return [trip for trip in trips if trip]
