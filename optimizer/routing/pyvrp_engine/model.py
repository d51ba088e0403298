"""A day of visits in PyVRP's terms, and its rounds back.

How the problem is put:

- every task is a location of its own, so that a task may end elsewhere than it starts: the way
  from task i to task j is the way from i's end place to j's place;
- vehicles of one mode and with one set of tasks they have the skills for share a *profile*, whose
  ways to all other tasks are longer than the day; so are ways that do not exist;
- a task with several windows is a group of mutually exclusive clients at one location;
- an open end is a depot to which all ways are empty;
- the cost of time and distance are divided by their greatest common divisor, which changes
  nothing but keeps numbers small.

All tasks are optional, unless :meth:`EngineModel.binding` says otherwise. PyVRP balances costs
against penalties for lateness, and a prize far above everything else upsets that balance: the
search then prefers being late to leaving a task out. So prizes are kept moderate here: what one
vehicle's whole day can cost, times ten for every tier. That the tiers hold strictly is seen to
afterwards by :func:`optimizer.routing.insert.mend`.

A vehicle that loads where it starts is a vehicle that may reload at its start depot; tasks carry
release times, which hold for the trip as PyVRP has it. Other ways of loading, limits on the time
since loading, tasks for several people and links are beyond PyVRP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyvrp import (
    Client,
    ClientGroup,
    Depot,
    Location,
    ProblemData,
    Solution,
    VehicleType,
)
from pyvrp import Route as EngineRoute

from optimizer.routing.problem import NONE, UNREACHABLE, RoutingProblem
from optimizer.routing.pyvrp_engine.stops import StopRow, row_of
from optimizer.routing.solution import Plan

__all__ = ["EngineModel", "Sequences"]

Sequences = dict[int, list[int]]
"""Tasks in order per vehicle."""
_TIER_STEP = 10


@dataclass(frozen=True)
class _Depots:
    """Location row of every start and end place; open ends under ``NONE``."""

    starts: dict[int, int]
    ends: dict[int, int]


class EngineModel:
    """PyVRP's data for some tasks of a problem, and the way from and to its solutions.

    Args:
        problem: vehicles that load nowhere, or without delay at their start place.
        tasks: the tasks to plan, each for one person and without links, origin or freshness.
    """

    def __init__(self, problem: RoutingProblem, tasks: Sequence[int]) -> None:
        self.problem = problem
        self.tasks = list(tasks)
        self._base = int(problem.vehicle_open.min())
        self._horizon = int(problem.vehicle_close.max()) - self._base
        unit = np.concatenate([problem.vehicle_time_cost, problem.vehicle_distance_cost])
        self.unit = max(1, int(np.gcd.reduce(unit)))
        self.most = self._most()
        self.prizes = self._prizes()
        self.max_penalty = max(1e5, float(self.prizes[self.tasks].max(initial=0)) / 30)
        clients, groups, self._task_of_client = self._clients()
        self._clients_of_task: dict[int, list[int]] = {}
        for client, task in enumerate(self._task_of_client):
            self._clients_of_task.setdefault(task, []).append(client)
        self._depots = self._depot_rows()
        types = self._vehicle_types()
        self.vehicles_of_type = [members for _, members in types]
        profiles, profile_of = self._profiles()
        matrices = [self._matrices(mode, allowed) for mode, allowed in profiles]
        self.data = ProblemData(
            locations=[Location(0, 0) for _ in range(len(self.tasks) + self._n_depots)],
            clients=clients,
            depots=[Depot(len(self.tasks) + row) for row in range(self._n_depots)],
            vehicle_types=[
                self._vehicle_type(members, profile_of[members[0]]) for _, members in types
            ],
            distance_matrices=[distance for distance, _ in matrices],
            duration_matrices=[duration for _, duration in matrices],
            groups=groups,
        )

    @property
    def _n_depots(self) -> int:
        return len(self._depots.starts) + len(self._depots.ends)

    def binding(self, plan: Plan) -> ProblemData:
        """The data with the tasks required that are never worth leaving out.

        Where the plan serves every task of the model, those whose prize is not below what the
        dearest day costs are required: PyVRP then need not weigh them. Elsewhere all stay
        optional.
        """
        served = {task for route in plan.routes for task in route.tasks}
        return self.required() if served.issuperset(self.tasks) else self.data

    def required(self) -> ProblemData:
        """The data with the tasks required whose prize no day's costs exceed."""
        groups = [
            ClientGroup(list(group.clients), required=self._binds(group.clients[0]))
            for group in self.data.groups()
        ]
        clients = [
            _required(client, client.group is None and self._binds(number))
            for number, client in enumerate(self.data.clients())
        ]
        return self.data.replace(clients=clients, groups=groups)

    def _binds(self, client: int) -> bool:
        return int(self.prizes[self._task_of_client[client]]) >= self.most

    def solution(self, plan: Plan, data: ProblemData | None = None) -> Solution:
        """PyVRP's form of a plan that serves some of the model's tasks.

        Args:
            plan: the plan.
            data: the model's own data or what :meth:`binding` made of it.
        """
        data = self.data if data is None else data
        type_of = {v: row for row, members in enumerate(self.vehicles_of_type) for v in members}
        routes = []
        for route in plan.routes:
            visits = [self._client(step.index, step.start) for step in route.steps]
            routes.append(EngineRoute(data, visits, type_of[route.vehicle]))
        return Solution(data, routes)

    def _client(self, task: int, start: int) -> int:
        """The client that stands for the task's window around this start."""
        clients = self.data.clients()
        for client in self._clients_of_task[task]:
            if clients[client].tw_early <= start - self._base <= clients[client].tw_late:
                return client
        raise ValueError(f"task {task} has no window at {start}")

    def sequences(self, solution: Solution) -> Sequences:
        """Tasks in order per vehicle; vehicles of one type are taken in ascending order."""
        free = [list(members) for members in self.vehicles_of_type]
        found: Sequences = {}
        for route in solution.routes():
            visits = [self._task_of_client[a.idx] for a in route if a.is_client()]
            if visits:
                found[free[route.vehicle_type()].pop(0)] = visits
        return found

    def days(self, solution: Solution) -> dict[int, tuple[StopRow, int]]:
        """Stops and departure per vehicle; vehicles of one type are taken in ascending order."""
        free = [list(members) for members in self.vehicles_of_type]
        return {
            free[route.vehicle_type()].pop(0): (row_of(route), self._base + route.start_time())
            for route in solution.routes()
            if route.num_clients()
        }

    def task_of(self, client: int) -> int:
        """The task that a client of PyVRP's stands for."""
        return self._task_of_client[client]

    def opens(self, client: int) -> int:
        """When the window opens that a client of PyVRP's stands for, in ticks of the day."""
        return self._base + int(self.data.client(client).tw_early)

    def objective(self, solution: Solution) -> int:
        """Cost of a feasible solution in the problem's own cost units."""
        problem = self.problem
        cost = int(problem.task_prize.sum())
        for route in solution.routes():
            vehicle = self.vehicles_of_type[route.vehicle_type()][0]
            cost += int(problem.vehicle_fixed_cost[vehicle])
            cost += route.duration() * int(problem.vehicle_time_cost[vehicle])
            cost += route.distance() * int(problem.vehicle_distance_cost[vehicle])
            served = [self._task_of_client[a.idx] for a in route if a.is_client()]
            cost -= int(problem.task_prize[served].sum())
        return cost

    def _most(self) -> int:
        """What the dearest whole day of a vehicle can cost, in engine units."""
        problem = self.problem
        shift = problem.vehicle_close - problem.vehicle_open
        limit = problem.vehicle_max_work
        work = np.where(limit == NONE, shift, np.minimum(shift, limit))
        reachable = problem.time < UNREACHABLE
        farthest = int(problem.distance[reachable].max(initial=0))
        day = (
            problem.vehicle_fixed_cost
            + work * problem.vehicle_time_cost
            + 2 * farthest * problem.vehicle_distance_cost
        )
        return int(day.max(initial=0)) // self.unit + 1

    def _prizes(self) -> NDArray[np.int64]:
        """int64[T]: moderate prizes in engine units, graded by tier."""
        problem = self.problem
        tiers = problem.task_tier[self.tasks].astype(np.int64)
        above = tiers.max(initial=0) - problem.task_tier.astype(np.int64)
        weighed = np.minimum(problem.task_prize // self.unit, self.most)
        return np.where(above > 0, self.most * _TIER_STEP ** np.maximum(above, 0), 0) + weighed

    def _clients(self) -> tuple[list[Client], list[ClientGroup], list[int]]:
        clients: list[Client] = []
        groups: list[ClientGroup] = []
        task_of_client: list[int] = []
        problem = self.problem
        for row, task in enumerate(self.tasks):
            windows = np.clip(problem.windows(task) - self._base, -1, self._horizon + 1)
            inside = [(max(0, int(a)), int(b)) for a, b in windows]
            inside = [(a, min(b, self._horizon)) for a, b in inside if b >= 0]
            held = int(problem.task_release[task])
            release = 0 if held == NONE else max(0, held - self._base)
            inside = [(a, b) for a, b in inside if max(a, release) <= b]
            group = None
            if len(inside) > 1:
                group = len(groups)
                members = list(range(len(clients), len(clients) + len(inside)))
                groups.append(ClientGroup(members, required=False))
            for opens, closes in inside:
                clients.append(
                    Client(
                        row,
                        delivery=problem.task_load[task].tolist(),
                        service_duration=int(problem.task_duration[task]),
                        tw_early=opens,
                        tw_late=closes,
                        release_time=release,
                        prize=int(self.prizes[task]),
                        required=False,
                        group=group,
                    )
                )
                task_of_client.append(task)
        return clients, groups, task_of_client

    def _depot_rows(self) -> _Depots:
        starts = sorted(set(self.problem.vehicle_start.tolist()))
        ends = sorted(set(self.problem.vehicle_end.tolist()))
        return _Depots(
            {place: row for row, place in enumerate(starts)},
            {place: row + len(starts) for row, place in enumerate(ends)},
        )

    def _vehicle_types(self) -> list[tuple[tuple[object, ...], list[int]]]:
        """Vehicles that differ in nothing, ascending; one PyVRP vehicle type each."""
        problem = self.problem
        names = "mode start end open close max_work skills max_trips fixed_cost time_cost"
        names += " distance_cost"
        alike: dict[tuple[object, ...], list[int]] = {}
        for vehicle in range(problem.n_vehicles):
            key: tuple[object, ...] = tuple(
                int(getattr(problem, f"vehicle_{name}")[vehicle]) for name in names.split()
            )
            key += tuple(problem.vehicle_capacity[vehicle].tolist())
            alike.setdefault(key, []).append(vehicle)
        return list(alike.items())

    def _vehicle_type(self, members: list[int], profile: int) -> VehicleType:
        problem, vehicle = self.problem, members[0]
        limit = int(problem.vehicle_max_work[vehicle])
        longest = self._horizon if limit == NONE else limit
        trips = int(problem.vehicle_max_trips[vehicle])
        return VehicleType(
            num_available=len(members),
            capacity=problem.vehicle_capacity[vehicle].tolist(),
            start_depot=self._depots.starts[int(problem.vehicle_start[vehicle])],
            end_depot=self._depots.ends[int(problem.vehicle_end[vehicle])],
            fixed_cost=int(problem.vehicle_fixed_cost[vehicle]) // self.unit,
            tw_early=int(problem.vehicle_open[vehicle]) - self._base,
            tw_late=int(problem.vehicle_close[vehicle]) - self._base,
            shift_duration=longest,
            unit_distance_cost=int(problem.vehicle_distance_cost[vehicle]) // self.unit,
            unit_duration_cost=int(problem.vehicle_time_cost[vehicle]) // self.unit,
            profile=profile,
            reload_depots=[self._depots.starts[int(problem.vehicle_start[vehicle])]] * (trips > 1),
            max_reloads=max(0, trips - 1),
        )

    def _profiles(self) -> tuple[list[tuple[int, NDArray[np.bool_]]], list[int]]:
        """Distinct (mode, tasks allowed) and the profile of each vehicle."""
        problem = self.problem
        needed = problem.task_skills[self.tasks]
        found: dict[tuple[int, bytes], int] = {}
        profiles: list[tuple[int, NDArray[np.bool_]]] = []
        profile_of = []
        for vehicle in range(problem.n_vehicles):
            allowed = (needed & ~problem.vehicle_skills[vehicle]) == 0
            mode = int(problem.vehicle_mode[vehicle])
            row = found.setdefault((mode, allowed.tobytes()), len(profiles))
            if row == len(profiles):
                profiles.append((mode, allowed))
            profile_of.append(row)
        return profiles, profile_of

    def _matrices(self, mode: int, allowed: NDArray[np.bool_]) -> tuple[Any, Any]:
        """(distance, duration) between all locations for one profile, int64[N, N]."""
        problem = self.problem
        depots = [*self._depots.starts, *self._depots.ends]
        leave = np.array([*problem.task_end_place[self.tasks], *depots], dtype=np.int64)
        enter = np.array([*problem.task_place[self.tasks], *depots], dtype=np.int64)
        duration = problem.time[mode][np.ix_(leave, enter)].astype(np.int64)
        distance = problem.distance[mode][np.ix_(leave, enter)].astype(np.int64)
        never = duration >= UNREACHABLE
        never[:, : len(self.tasks)] |= ~allowed
        duration[never] = 2 * self._horizon + 1
        distance[never] = 0
        open_end = self._depots.ends.get(NONE)
        if open_end is not None:
            duration[:, len(self.tasks) + open_end] = 0
            distance[:, len(self.tasks) + open_end] = 0
        np.fill_diagonal(duration, 0)
        np.fill_diagonal(distance, 0)
        return distance, duration


def _required(client: Client, required: bool) -> Client:
    """The client, required or not."""
    return Client(
        client.location,
        delivery=client.delivery,
        service_duration=client.service_duration,
        tw_early=client.tw_early,
        tw_late=client.tw_late,
        release_time=client.release_time,
        prize=client.prize,
        required=required,
        group=client.group,
    )
