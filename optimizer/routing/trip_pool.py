"""A pool of single trips from PyVRP.

A trip is a vehicle of its own there. Its start depot is the kitchen; its end depot lies nowhere:
the way to it takes no time but costs what the way back to the kitchen costs. So the limit on the
length of a vehicle's shift limits exactly the time from leaving the kitchen to the end of the last
drop, and the cost is that of the whole trip.

Trips that all leave at noon cannot be packed onto few carriers. The runs therefore cut the day
into one, two, ... slices, as many as a carrier may make trips; a trip of a slice starts in it and
is back before the next one begins. Every run's last best solutions feed the pool.

A task bound to another kitchen, or to a skill that the carrier lacks, is out of reach in the
profile of that vehicle type; a task with several windows is a group of clients that exclude each
other, as in :mod:`optimizer.routing.pyvrp_engine`.
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyvrp import (
    Client,
    ClientGroup,
    Depot,
    IteratedLocalSearchCallbacks,
    IteratedLocalSearchParams,
    Location,
    PenaltyParams,
    ProblemData,
    Solution,
    SolveParams,
    VehicleType,
)
from pyvrp import solve as run_pyvrp
from pyvrp.exceptions import PenaltyBoundWarning

from optimizer.routing.problem import NONE, UNREACHABLE
from optimizer.routing.trip_model import Trip, TripModel

__all__ = ["Candidate", "slice_counts", "trips_of_run"]

_UNITS_PER_STOP = 30_000
"""Engine cost units for a stop: fine enough for the cost of a tick, far from overflow."""
_SNAPSHOTS = 8


@dataclass(frozen=True)
class Candidate:
    """A trip that any vehicle of a family may make."""

    family: int
    trip: Trip


@dataclass(frozen=True)
class _Kind:
    """Trips of one family from one kitchen."""

    family: int
    kitchen: int
    vehicle: int
    count: int


def slice_counts(model: TripModel) -> range:
    """How many slices a day is worth cutting into."""
    return range(1, model.width + 1)


class _Engine:
    """PyVRP's data for one number of slices, and the way from its solutions to trips."""

    def __init__(self, model: TripModel, slices: int) -> None:
        self._model = model
        self._problem = model.problem
        self._tasks = np.flatnonzero(model.servable)
        self._unit = max(1, int(model.stop_cost) // _UNITS_PER_STOP)
        problem = self._problem
        self._base = int(problem.vehicle_open.min())
        self._horizon = int(problem.vehicle_close.max()) - self._base
        self._kinds = self._list_kinds()
        self._kitchens = sorted({kind.kitchen for kind in self._kinds})
        clients, groups, self._rows = self._clients()
        n = self._tasks.size
        matrices: list[Any] = [self._matrices(kind) for kind in self._kinds]
        types, self._kind_of_type = self._vehicle_types(slices)
        places = len(self._kitchens)
        self.data = ProblemData(
            locations=[Location(0, 0) for _ in range(n + 2 * places)],
            clients=clients,
            depots=[Depot(n + row) for row in range(2 * places)],
            vehicle_types=types,
            distance_matrices=[distance for distance, _ in matrices],
            duration_matrices=[duration for _, duration in matrices],
            groups=groups,
        )

    def candidates(self, solution: Solution) -> list[Candidate]:
        """The trips of a solution."""
        found = []
        for route in solution.routes():
            visits = [self._rows[activity.idx] for activity in route if activity.is_client()]
            kind = self._kind_of_type[route.vehicle_type()]
            tasks = tuple(task for task, _ in visits)
            rows = tuple(row for _, row in visits)
            if tasks:
                found.append(Candidate(kind.family, Trip(kind.kitchen, tasks, rows)))
        return found

    def _list_kinds(self) -> list[_Kind]:
        model = self._model
        kinds: list[_Kind] = []
        for family, members in model.families.items():
            vehicle = members[0]
            allowed = model.data.allowed[self._tasks, vehicle]
            if not allowed.any():
                continue
            kinds.extend(
                _Kind(family, kitchen, vehicle, len(members)) for kitchen in model.kitchens[vehicle]
            )
        return kinds

    def _clients(self) -> tuple[list[Client], list[ClientGroup], list[tuple[int, int]]]:
        problem = self._problem
        clients: list[Client] = []
        groups: list[ClientGroup] = []
        rows: list[tuple[int, int]] = []
        for location, task in enumerate(self._tasks.tolist()):
            found = []
            for row in range(problem.window_indptr[task], problem.window_indptr[task + 1]):
                opens = max(0, int(problem.window_open[row]) - self._base)
                closes = min(self._horizon, int(problem.window_close[row]) - self._base)
                if opens <= closes:
                    found.append((row, opens, closes))
            group = None
            if len(found) > 1:
                group = len(groups)
                members = list(range(len(clients), len(clients) + len(found)))
                groups.append(ClientGroup(members, required=False))
            for row, opens, closes in found:
                clients.append(
                    Client(
                        location,
                        delivery=problem.task_load[task].tolist(),
                        service_duration=int(problem.task_duration[task]),
                        tw_early=opens,
                        tw_late=closes,
                        prize=max(1, self._model.price_of(task) // self._unit),
                        required=False,
                        group=group,
                    )
                )
                rows.append((task, row))
        return clients, groups, rows

    def _matrices(self, kind: _Kind) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(cost, duration) between tasks, kitchens and the kitchens' mirror images."""
        problem, tasks = self._problem, self._tasks
        mode = int(problem.vehicle_mode[kind.vehicle])
        starts = [self._place(kind, kitchen) for kitchen in self._kitchens]
        leave = np.array([*problem.task_end_place[tasks], *starts, *starts])
        enter = np.array([*problem.task_place[tasks], *starts, *starts])
        duration = problem.time[mode][np.ix_(leave, enter)].astype(np.int64)
        metres = problem.distance[mode][np.ix_(leave, enter)].astype(np.int64)
        never = duration >= UNREACHABLE
        origin = problem.task_origin[tasks]
        shut = self._model.data.allowed[tasks, kind.vehicle] == 0
        shut |= (origin != NONE) & (origin != kind.kitchen)
        never[:, : tasks.size] |= shut
        cost = metres * int(problem.vehicle_distance_cost[kind.vehicle])
        mirror = slice(tasks.size + len(starts), None)
        cost[:, mirror] += duration[:, mirror] * int(problem.vehicle_time_cost[kind.vehicle])
        duration[:, mirror] = 0
        duration[never] = 2 * self._horizon + 1
        cost[never] = 0
        np.fill_diagonal(duration, 0)
        np.fill_diagonal(cost, 0)
        return cost // self._unit, duration

    def _place(self, kind: _Kind, kitchen: int) -> int:
        return kitchen if kitchen != NONE else int(self._problem.vehicle_start[kind.vehicle])

    def _vehicle_types(self, slices: int) -> tuple[list[VehicleType], list[_Kind]]:
        problem = self._problem
        types, kinds = [], []
        for profile, kind in enumerate(self._kinds):
            vehicle = kind.vehicle
            trips = max(1, int(problem.vehicle_max_trips[vehicle]))
            loading = int(problem.vehicle_loading[vehicle])
            per_tick = int(problem.vehicle_time_cost[vehicle])
            fixed = int(problem.vehicle_fixed_cost[vehicle]) // trips + loading * per_tick
            row = self._kitchens.index(kind.kitchen)
            for early, late in self._slices(kind, min(slices, trips)):
                types.append(
                    VehicleType(
                        num_available=kind.count * (trips if slices == 1 else 1),
                        capacity=problem.vehicle_capacity[vehicle].tolist(),
                        start_depot=row,
                        end_depot=len(self._kitchens) + row,
                        fixed_cost=fixed // self._unit,
                        tw_early=early,
                        tw_late=late,
                        shift_duration=self._freshness(kind),
                        unit_distance_cost=1,
                        unit_duration_cost=max(1, per_tick // self._unit) if per_tick else 0,
                        profile=profile,
                    )
                )
                kinds.append(kind)
        return types, kinds

    def _freshness(self, kind: _Kind) -> int:
        """The longest limit of the tasks that may ride, the horizon where one has none."""
        limits = self._problem.task_freshness[self._tasks]
        limits = limits[self._model.data.allowed[self._tasks, kind.vehicle] > 0]
        if kind.kitchen == NONE or np.any(limits == NONE):
            return self._horizon
        return int(limits.max(initial=0))

    def _slices(self, kind: _Kind, count: int) -> list[tuple[int, int]]:
        """(earliest departure, latest end of the last drop) of every slice."""
        problem, tasks, vehicle = self._problem, self._tasks, kind.vehicle
        mode = int(problem.vehicle_mode[vehicle])
        kitchen = self._place(kind, kind.kitchen)
        loading = int(problem.vehicle_loading[vehicle])
        out = problem.time[mode, kitchen, problem.task_place[tasks]]
        back = problem.time[mode, problem.task_end_place[tasks], kitchen]
        first = problem.window_open[problem.window_indptr[tasks]]
        last = problem.window_close[problem.window_indptr[tasks + 1] - 1]
        approach = int(problem.time[mode, problem.vehicle_start[vehicle], kitchen])
        opens = int(problem.vehicle_open[vehicle]) + min(approach, self._horizon) + loading
        closes = int(problem.vehicle_close[vehicle])
        begin = max(opens, int((first - np.minimum(out, self._horizon)).min()))
        end = min(closes, int((last + problem.task_duration[tasks]).max()))
        step = max(1, (end - begin) // count)
        pause = loading + int(np.median(np.minimum(back, step // 2)))
        cuts = []
        for number in range(count):
            early = begin + number * step
            late = end if number == count - 1 else early + step - pause
            cuts.append((max(0, early - self._base), max(0, late - self._base)))
        return [(early, late) for early, late in cuts if early <= late]


class _Watch(IteratedLocalSearchCallbacks):  # type: ignore[misc, unused-ignore]
    """Counts iterations, asks when to stop, keeps the last best solutions."""

    def __init__(self, stop: Callable[[int], bool]) -> None:
        self._stop = stop
        self.iterations = -1
        self.best: deque[Solution] = deque(maxlen=_SNAPSHOTS)

    def __call__(self, best_cost: int) -> bool:
        self.iterations += 1
        return self._stop(self.iterations)

    def on_best(self, best: Solution) -> None:
        """Keep a feasible best solution."""
        if best.is_feasible():
            self.best.append(best)


def trips_of_run(
    model: TripModel, slices: int, *, seed: int, stop: Callable[[int], bool]
) -> tuple[list[Candidate], int]:
    """Trips of one PyVRP run's last best solutions, best first; and the iterations done.

    Args:
        model: the problem.
        slices: number of slices that the day is cut into.
        seed: for PyVRP's random numbers.
        stop: asked with the iterations done whether to stop.
    """
    engine = _Engine(model, slices)
    watch = _Watch(stop)
    params = SolveParams(
        ils=IteratedLocalSearchParams(callbacks=watch), penalty=PenaltyParams(max_penalty=1e6)
    )
    with warnings.catch_warnings():
        # Late drops stay tempting where time is short; only feasible solutions are used.
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        result = run_pyvrp(
            engine.data, watch, seed=seed % 2**32, collect_stats=False, params=params
        )
    solutions = [result.best] if result.best.is_feasible() else []
    solutions += [solution for solution in reversed(watch.best) if solution is not result.best]
    found: dict[Candidate, None] = {}
    for solution in solutions:
        found.update(dict.fromkeys(engine.candidates(solution)))
    return list(found), max(0, watch.iterations)
