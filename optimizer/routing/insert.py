"""Rounds under construction: insert, take out, and mend a plan until the order of tiers holds.

Every insertion is tried at every position of every route at the exact cost of the route's best
timing; a vehicle that loads may also get a new trip between two trips. ``mend`` serves what still
fits and then sees to the tiers, which are lexicographic: a task of a higher tier (smaller number)
comes before all tasks of lower tiers and before cost. Only the lowest tier's prizes are weighed
against the cost of serving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.insert_kernels import best_ejection, best_insertion, inserted, removed
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.schedule import columns, steps_of, time_route
from optimizer.routing.schedule_kernels import route_cost
from optimizer.routing.solution import Plan, Route, StepKind

__all__ = ["Insertion", "Rounds", "mend", "plannable"]


class Insertion(NamedTuple):
    """Where a task goes.

    Attributes:
        vehicle: the vehicle.
        row: the step before which it goes.
        place: where the new trip loads that is made for it, NONE where it joins a trip.
        added: cost it adds in cost units, the fixed cost of an unused vehicle included.
    """

    vehicle: int
    row: int
    place: int
    added: int


def plannable(problem: RoutingProblem) -> NDArray[np.bool_]:
    """bool[T]: tasks that one vehicle serves alone, tied to no other task."""
    return ~problem.is_tied


class Rounds:
    """Routes of all vehicles as rows of codes, each with the cost of its best timing."""

    def __init__(self, problem: RoutingProblem, routes: Iterable[Route] = ()) -> None:
        self.problem = problem
        self._columns = columns(problem)
        self._routes = np.zeros((problem.n_vehicles, 16), dtype=np.int64)
        self._size = np.zeros(problem.n_vehicles, dtype=np.int64)
        self._cost = np.zeros(problem.n_vehicles, dtype=np.int64)
        self._everyone = np.arange(problem.n_vehicles)
        for route in routes:
            codes = [s.index if s.kind is StepKind.TASK else -1 - s.index for s in route.steps]
            if self.cost_of(route.vehicle, codes) is None:
                raise ValueError(f"the route of vehicle {route.vehicle} breaks a rule")
            self.set_codes(route.vehicle, codes)

    def codes(self, vehicle: int) -> NDArray[np.int64]:
        """A copy of a vehicle's codes."""
        return self._routes[vehicle, : self._size[vehicle]].copy()

    def tasks(self, vehicle: int) -> list[int]:
        """A vehicle's tasks in order."""
        codes = self.codes(vehicle)
        return [int(task) for task in codes[codes >= 0]]

    def served(self) -> set[int]:
        """All tasks that some vehicle serves."""
        return {task for vehicle in range(self._size.size) for task in self.tasks(vehicle)}

    def cost_of(self, vehicle: int, codes: Sequence[int] | NDArray[np.int64]) -> int | None:
        """Cost of a row of codes, None where it breaks a rule."""
        row = np.array(codes, dtype=np.int64)
        work = np.empty((3, row.size + 1), dtype=np.int64)
        cost = route_cost(self._columns, vehicle, row, row.size, work[0], work[1], work[2])
        return None if cost < 0 else int(cost)

    def set_codes(self, vehicle: int, codes: Sequence[int] | NDArray[np.int64]) -> None:
        """Give a vehicle other steps; the caller has made sure that they keep the rules."""
        cost = self.cost_of(vehicle, codes)
        assert cost is not None, "steps that break a rule"
        if len(codes) > self._routes.shape[1]:
            wider = np.zeros((self._size.size, 2 * len(codes)), dtype=np.int64)
            wider[:, : self._routes.shape[1]] = self._routes
            self._routes = wider
        self._routes[vehicle, : len(codes)] = codes
        self._size[vehicle] = len(codes)
        self._cost[vehicle] = cost

    def best(self, task: int, vehicle: int | None = None) -> Insertion | None:
        """The cheapest insertion over all vehicles, or into one; None where nothing fits."""
        who = self._everyone if vehicle is None else self._everyone[vehicle : vehicle + 1]
        found = best_insertion(self._columns, self._routes, self._size, self._cost, task, who)
        return None if found[0] < 0 else Insertion(*(int(value) for value in found))

    def put(self, task: int, insertion: Insertion) -> None:
        """Carry out an insertion."""
        vehicle, row, place, _ = insertion
        self.set_codes(vehicle, self._with(self.codes(vehicle), row, place, task))

    def swap_in(self, task: int) -> int | None:
        """Serve a task in place of one of a lower tier; that task, None where none makes room.

        Gives up the lowest tier, then the least prize, then adds the least cost.
        """
        problem = self.problem
        found = best_ejection(
            self._columns,
            self._routes,
            self._size,
            self._cost,
            task,
            problem.task_tier,
            problem.task_prize,
        )
        vehicle, out, row, place = (int(value) for value in found)
        if vehicle < 0:
            return None
        codes = self.codes(vehicle)
        left = np.empty(codes.size, dtype=np.int64)
        left = left[: removed(codes, codes.size, out, left)]
        self.set_codes(vehicle, self._with(left, row, place, task))
        return int(codes[out])

    def push_in(self, task: int) -> list[int] | None:
        """Serve a task in place of as many lower-tier tasks of one route as it takes.

        Each vehicle is tried with all its lower-tier tasks taken out, the task put in and the
        others put back where they fit; the vehicle that loses least (tier by tier, by prize)
        does it. Returns the lost tasks, None where no vehicle can.
        """
        tier, prize = self.problem.task_tier, self.problem.task_prize
        best: tuple[tuple[int, ...], int, NDArray[np.int64], list[int]] | None = None
        for vehicle in range(self._size.size):
            before = self.codes(vehicle)
            lower = [t for t in self.tasks(vehicle) if tier[t] > tier[task]]
            if len(lower) == 0:
                continue
            lost = self._crowd_out(vehicle, task, lower)
            if lost is not None:
                loss = [0] * self.problem.n_tiers
                for other in lost:
                    loss[tier[other]] += 1 + int(prize[other])
                option = (tuple(loss), vehicle, self.codes(vehicle), lost)
                best = option if best is None or option[:2] < best[:2] else best
            self.set_codes(vehicle, before)
        if best is None:
            return None
        self.set_codes(best[1], best[2])
        return best[3]

    def _crowd_out(self, vehicle: int, task: int, lower: list[int]) -> list[int] | None:
        codes = self.codes(vehicle)
        for other in lower:
            left = np.empty(codes.size, dtype=np.int64)
            row = int(np.flatnonzero(codes == other)[0])
            codes = left[: removed(codes, codes.size, row, left)]
        if self.cost_of(vehicle, codes) is None:  # times without the triangle inequality
            return None
        self.set_codes(vehicle, codes)
        insertion = self.best(task, vehicle)
        if insertion is None:
            return None
        self.put(task, insertion)
        lost = []
        for other in sorted(lower, key=_urgency(self.problem)):
            again = self.best(other, vehicle)
            if again is None:
                lost.append(other)
            else:
                self.put(other, again)
        return lost

    def plan(self) -> Plan:
        """The plan at the best timing of every route."""
        routes = []
        for vehicle in np.flatnonzero(self._size).tolist():
            route = time_route(self.problem, vehicle, steps_of(self.codes(vehicle)))
            assert route is not None, "every row keeps the rules"
            routes.append(route)
        served = self.served()
        unserved = tuple(t for t in range(self.problem.n_tasks) if t not in served)
        return Plan(routes=tuple(routes), unserved=unserved)

    @staticmethod
    def _with(codes: NDArray[np.int64], row: int, place: int, task: int) -> NDArray[np.int64]:
        longer = np.empty(codes.size + 2, dtype=np.int64)
        return longer[: inserted(codes, codes.size, row, place, task, longer)]


def _urgency(problem: RoutingProblem) -> Callable[[int], tuple[int, int, int]]:
    """Sort key: highest tier first, then largest prize."""
    return lambda task: (int(problem.task_tier[task]), -int(problem.task_prize[task]), task)


def mend(rounds: Rounds, cancelled: Callable[[], bool] = lambda: False) -> None:
    """Serve what still fits and put the tiers in order, until nothing is left to mend.

    Afterwards, unless cancelled in between, no unserved plannable task fits anywhere (in the
    lowest tier: fits at a cost up to its prize), none would fit after taking out any one task
    of a lower tier, and none of a higher tier fits the route of any vehicle stripped of all its
    lower-tier tasks. Each round serves one more task of some tier at the expense of lower tiers
    only, so the rounds end.
    """
    problem = rounds.problem
    able = plannable(problem)
    lowest = int(problem.task_tier[able].max(initial=0))
    while not cancelled():
        served = rounds.served()
        waiting = [t for t in np.flatnonzero(able).tolist() if t not in served]
        waiting.sort(key=_urgency(problem))
        if _fill(rounds, waiting, lowest):
            continue
        if not any(problem.task_tier[t] < lowest and _displace(rounds, t) for t in waiting):
            return


def _fill(rounds: Rounds, waiting: Sequence[int], lowest: int) -> int:
    """Insert every waiting task that fits, in order, at its cheapest; how many did."""
    problem = rounds.problem
    count = 0
    for task in waiting:
        insertion = rounds.best(task)
        if insertion is None:
            continue
        if problem.task_tier[task] < lowest or insertion.added <= problem.task_prize[task]:
            rounds.put(task, insertion)
            count += 1
    return count


def _displace(rounds: Rounds, task: int) -> bool:
    return rounds.swap_in(task) is not None or rounds.push_in(task) is not None
