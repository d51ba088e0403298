"""The problem and plans in the form that the compiled trip search reads and writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.problem import NONE, UNREACHABLE, RoutingProblem
from optimizer.routing.solution import Route, StepKind
from optimizer.routing.trip_insert_kernels import (
    DELTA,
    FOR_VEHICLE,
    FOUND_SIZE,
    best_insertion,
)
from optimizer.routing.trip_kernels import (
    BIG,
    CLOSE,
    DURATION,
    END,
    END_PLACE,
    FAMILY,
    FIRST_KITCHEN,
    FIRST_ROW,
    FIXED,
    FRESH,
    KITCHEN,
    LAST_KITCHEN,
    LAST_ROW,
    LENGTH,
    LOADING,
    MAX_TRIPS,
    MAX_WORK,
    MODE,
    N_TRIPS,
    OPEN,
    ORIGIN,
    PER_METRE,
    PER_TICK,
    PLACE,
    PRICE,
    ROW,
    SLOT,
    START,
    WEIGHT,
    TripData,
    TripState,
)
from optimizer.routing.trip_search_kernels import refresh

__all__ = ["Day", "Trip", "TripModel", "lexicographic"]

NEAR = 80
"""Neighbours kept per task for the ruin step."""
TIER_FACTOR = 3.0
PRICE_OF_A_STOP = 3.0
_MOST = 2**60


@dataclass(frozen=True)
class Trip:
    """One trip: the kitchen (NONE where the carrier loads nowhere) and its drops.

    Attributes:
        kitchen: loading place.
        tasks: tasks in order.
        rows: per task the row of ``window_open`` in which it is to start.
    """

    kitchen: int
    tasks: tuple[int, ...]
    rows: tuple[int, ...]


Day = tuple[Trip, ...]
"""The trips of one carrier in order."""


def lexicographic(
    prize: NDArray[np.int64], tier: NDArray[np.int8], cost_bound: int
) -> NDArray[np.int64]:
    """Weights by which plans compare: tier 0 before tier 1 before ... before cost.

    The weight of any task of a tier exceeds ``cost_bound`` plus all lower tiers together, and
    weights within a tier are proportional to prizes, as far as 2**60 allows; beyond, the factors
    between tiers shrink evenly.
    """
    worth = [max(1, int(value)) for value in prize]
    tiers = sorted({int(value) for value in tier}, reverse=True)
    shrink = 1
    while True:
        below = cost_bound
        factors = {}
        for level in tiers:
            members = [w for w, t in zip(worth, tier, strict=True) if t == level]
            factors[level] = max(1, (below // min(members) + 1) // shrink)
            below += factors[level] * sum(members)
        if below < _MOST:
            break
        shrink *= 2
    return np.array([w * factors[int(t)] for w, t in zip(worth, tier, strict=True)], dtype=np.int64)


class TripModel:
    """Compiled-ready columns of a problem, and the way from and to plans.

    Attributes:
        problem: the problem.
        data: columns for the kernels; the weight of a task that can never be served is 0.
        width: most trips of any vehicle.
        kitchens: loading places of every vehicle, ``[NONE]`` where it loads nowhere.
        families: vehicles alike in everything, by family number.
        servable: bool[T], tasks that fit at least one empty carrier.
        stop_cost: what a stop costs within a trip, roughly, cost units.
    """

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        self.width = max(1, int(min(problem.vehicle_max_trips.max(initial=1), problem.n_tasks)))
        self.kitchens = [self._kitchens(v) for v in range(problem.n_vehicles)]
        kitchens = self.kitchens
        linked = np.zeros(problem.n_tasks, dtype=bool)
        linked[problem.link_first] = True
        linked[problem.link_second] = True
        alone = (problem.task_staff == 1) & ~linked
        arcs = np.stack([problem.time, problem.distance], axis=3)
        nearness = self._nearness(kitchens)
        self.data = TripData(
            arcs=arcs,
            arcs_to=np.ascontiguousarray(arcs.transpose(0, 2, 1, 3)),
            tasks=self._tasks(),
            windows=np.stack([problem.window_open, problem.window_close], axis=1),
            vehicles=self._vehicles(kitchens),
            load=problem.task_load,
            capacity=problem.vehicle_capacity,
            near=nearness[0],
            remote=nearness[1],
            allowed=self._allowed(alone),
            kitchens=np.array([place for row in kitchens for place in row], dtype=np.int64),
        )
        self.families: dict[int, list[int]] = {}
        for vehicle, family in enumerate(self.data.vehicles[:, FAMILY].tolist()):
            self.families.setdefault(family, []).append(vehicle)
        self.servable, self.stop_cost = self._alone()
        weight = lexicographic(problem.task_prize, problem.task_tier, self._cost_bound())
        self.data.tasks[:, WEIGHT] = np.where(self.servable, weight, 0)
        self.data.tasks[:, PRICE] = np.where(self.servable, self._prices(), 0)

    def _tasks(self) -> NDArray[np.int64]:
        problem = self.problem
        columns: dict[int, NDArray[Any]] = {
            PLACE: problem.task_place,
            END_PLACE: problem.task_end_place,
            DURATION: problem.task_duration,
            FIRST_ROW: problem.window_indptr[:-1],
            LAST_ROW: problem.window_indptr[1:],
            ORIGIN: problem.task_origin,
            FRESH: _unlimited(problem.task_freshness),
            WEIGHT: np.ones(problem.n_tasks),
            PRICE: np.ones(problem.n_tasks),
        }
        return _table(columns)

    def _vehicles(self, kitchens: Sequence[Sequence[int]]) -> NDArray[np.int64]:
        problem = self.problem
        last = np.cumsum([len(row) for row in kitchens])
        columns: dict[int, NDArray[Any]] = {
            MODE: problem.vehicle_mode,
            START: problem.vehicle_start,
            END: problem.vehicle_end,
            OPEN: problem.vehicle_open,
            CLOSE: problem.vehicle_close,
            MAX_WORK: _unlimited(problem.vehicle_max_work),
            MAX_TRIPS: np.clip(problem.vehicle_max_trips, 1, self.width),
            FIRST_KITCHEN: last - np.array([len(row) for row in kitchens]),
            LAST_KITCHEN: last,
            LOADING: problem.vehicle_loading,
            FIXED: problem.vehicle_fixed_cost,
            PER_TICK: problem.vehicle_time_cost,
            PER_METRE: problem.vehicle_distance_cost,
            FAMILY: self._families(kitchens),
        }
        return _table(columns)

    def _kitchens(self, vehicle: int) -> list[int]:
        if self.problem.vehicle_max_trips[vehicle] == 0:
            return [NONE]
        return sorted({int(place) for place in self.problem.reload_places(vehicle)})

    def _allowed(self, alone: NDArray[np.bool_]) -> NDArray[np.uint8]:
        problem = self.problem
        skilled = (problem.task_skills[:, None] & ~problem.vehicle_skills[None, :]) == 0
        bound_to_kitchen = (problem.task_origin != NONE) | (problem.task_freshness != NONE)
        loads = problem.vehicle_max_trips > 0
        allowed = skilled & alone[:, None] & (loads[None, :] | ~bound_to_kitchen[:, None])
        return np.ascontiguousarray(allowed, dtype=np.uint8)

    def _families(self, kitchens: Sequence[Sequence[int]]) -> NDArray[np.int64]:
        """Vehicles alike in everything share a number."""
        problem = self.problem
        names = [
            name for name in vars(problem) if name.startswith("vehicle_") and "reload" not in name
        ]
        keys = [
            (tuple(kitchens[v]), *(getattr(problem, name)[v].tobytes() for name in names))
            for v in range(problem.n_vehicles)
        ]
        first: dict[object, int] = {}
        return np.array([first.setdefault(key, len(first)) for key in keys], dtype=np.int64)

    def _nearness(
        self, kitchens: Sequence[Sequence[int]]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Nearest tasks of every task, and its distance from the nearest kitchen."""
        problem = self.problem
        modes = np.unique(problem.vehicle_mode)
        time = problem.time[modes].min(axis=0) if modes.size else problem.time[0]
        between = time[np.ix_(problem.task_end_place, problem.task_place)].astype(np.int64)
        between = between + between.T
        np.fill_diagonal(between, -1)
        count = min(NEAR + 1, problem.n_tasks)
        near = np.argsort(between, axis=1, kind="stable")[:, 1:count]
        places = sorted({place for row in kitchens for place in row if place != NONE})
        places = places or sorted({int(place) for place in problem.vehicle_start})
        remote = np.zeros(problem.n_tasks)
        if places:
            remote = (
                time[np.ix_(np.array(places), problem.task_place)].min(axis=0).astype(np.float64)
            )
        return np.ascontiguousarray(near, dtype=np.int32), remote

    def _alone(self) -> tuple[NDArray[np.bool_], float]:
        """Which tasks fit an empty carrier, and what a stop costs within a trip, roughly."""
        state = self.empty()
        rng = np.ones(1, dtype=np.uint64)
        found = np.empty(FOUND_SIZE, dtype=np.int64)
        servable = np.zeros(self.problem.n_tasks, dtype=bool)
        costs = []
        for task in range(self.problem.n_tasks):
            if best_insertion(self.data, state, task, 0.0, rng, found):
                servable[task] = True
                vehicle = found[FOR_VEHICLE]
                costs.append(int(found[DELTA]) - int(self.problem.vehicle_fixed_cost[vehicle]))
        # A trip of its own costs the way out and back; within a trip a stop shares it.
        return servable, max(1.0, float(np.mean(costs)) / 3.0) if costs else 1.0

    def _cost_bound(self) -> int:
        """No plan costs more: every vehicle out all day, every drop a journey of its own."""
        problem = self.problem
        shift = problem.vehicle_close - problem.vehicle_open
        legs = problem.n_tasks + 2 * problem.n_vehicles * (self.width + 1)
        usable = problem.distance[problem.time < UNREACHABLE]
        metres = int(usable.max(initial=0)) * legs
        bound = metres * int(problem.vehicle_distance_cost.max(initial=0))
        bound += sum(int(c) for c in problem.vehicle_fixed_cost)
        times = zip(problem.vehicle_time_cost, shift, strict=True)
        return bound + sum(int(cost) * int(ticks) for cost, ticks in times)

    def _prices(self) -> NDArray[np.int64]:
        """Soft prices: a few times the cost of reaching a stop, more for higher tiers."""
        problem = self.problem
        tier = problem.task_tier.astype(np.float64)
        prize = np.maximum(problem.task_prize, 1).astype(np.float64)
        share = np.clip(prize / prize.mean(), 0.25, 4.0) if prize.size else prize
        factor = TIER_FACTOR ** (tier.max(initial=0) - tier)
        prices: NDArray[np.int64] = np.rint(
            PRICE_OF_A_STOP * self.stop_cost * share * factor
        ).astype(np.int64)
        return prices + 1

    def price_of(self, task: int) -> int:
        """The soft price of leaving a task out, cost units."""
        return int(self.data.tasks[task, PRICE])

    def empty(self) -> TripState:
        """A plan in which every vehicle stays at home."""
        problem = self.problem
        vehicles, width = problem.n_vehicles, self.width
        slots, longest = vehicles * width, self._longest_trip() + 2
        where = np.zeros((problem.n_tasks, 2), dtype=np.int64)
        where[:, SLOT] = NONE
        state = TripState(
            days=np.zeros((vehicles, 3), dtype=np.int64),
            trips=np.zeros((slots, 2), dtype=np.int64),
            seq=np.zeros((slots, longest), dtype=np.int64),
            where=where,
            load=np.zeros((slots, problem.task_load.shape[1]), dtype=np.int64),
            before=np.zeros((slots, longest, 5), dtype=np.int64),
            after=np.zeros((slots, longest, 5), dtype=np.int64),
            day_before=np.zeros((vehicles, width + 1, 3), dtype=np.int64),
            day_after=np.zeros((vehicles, width + 1, 3), dtype=np.int64),
        )
        refresh(self.data, state)
        return state

    def _longest_trip(self) -> int:
        """Most drops that a capacity allows in one trip."""
        problem = self.problem
        longest = problem.n_tasks
        for k in range(problem.task_load.shape[1]):
            loads = np.cumsum(np.sort(problem.task_load[:, k]))
            capacity = int(problem.vehicle_capacity[:, k].max(initial=0))
            longest = min(longest, int(np.searchsorted(loads, capacity, side="right")))
        return longest

    def state_of(self, days: Iterable[tuple[int, Day]]) -> TripState:
        """The plan with these days, (vehicle, trips); a day that does not work is left out."""
        state = self.empty()
        for vehicle, day in days:
            kept = 0
            for trip in day:
                slot = vehicle * self.width + kept
                if not trip.tasks or len(trip.tasks) + 1 >= state.before.shape[1]:
                    continue
                state.trips[slot, KITCHEN] = trip.kitchen
                state.trips[slot, LENGTH] = len(trip.tasks)
                state.seq[slot, : len(trip.tasks)] = trip.tasks
                for task, row in zip(trip.tasks, trip.rows, strict=True):
                    state.where[task, SLOT] = slot
                    state.where[task, ROW] = row
                kept += 1
            state.days[vehicle, N_TRIPS] = kept
        refresh(self.data, state)
        return state

    def days_of(self, state: TripState) -> list[tuple[int, Day]]:
        """The days of a plan, used vehicles only."""
        days = []
        for vehicle in np.flatnonzero(state.days[:, N_TRIPS]).tolist():
            trips = []
            for k in range(int(state.days[vehicle, N_TRIPS])):
                slot = vehicle * self.width + k
                tasks = state.seq[slot, : state.trips[slot, LENGTH]]
                rows = state.where[tasks, ROW]
                kitchen = int(state.trips[slot, KITCHEN])
                trips.append(Trip(kitchen, tuple(tasks.tolist()), tuple(rows.tolist())))
            days.append((vehicle, tuple(trips)))
        return days

    def day_of(self, route: Route) -> Day:
        """The trips of a timed route, every task in the window of its start."""
        problem = self.problem
        trips: list[Trip] = []
        for step in route.steps:
            if step.kind is StepKind.LOAD or not trips:
                trips.append(Trip(step.index if step.kind is StepKind.LOAD else NONE, (), ()))
            if step.kind is StepKind.TASK:
                row = int(problem.window_indptr[step.index])
                while problem.window_close[row] < step.start:
                    row += 1
                trip = trips[-1]
                trips[-1] = Trip(trip.kitchen, (*trip.tasks, step.index), (*trip.rows, row))
        return tuple(trips)

    @staticmethod
    def steps_of(day: Day) -> list[tuple[StepKind, int]]:
        """The steps of a day, loads and tasks in order."""
        steps: list[tuple[StepKind, int]] = []
        for trip in day:
            if trip.kitchen != NONE:
                steps.append((StepKind.LOAD, trip.kitchen))
            steps.extend((StepKind.TASK, task) for task in trip.tasks)
        return steps


def _unlimited(column: NDArray[np.int64]) -> NDArray[np.int64]:
    """The column with ``NONE`` as no limit."""
    return np.where(column == NONE, np.int64(BIG), column).astype(np.int64)


def _table(columns: Mapping[int, NDArray[Any]]) -> NDArray[np.int64]:
    """Columns by number, side by side."""
    ordered = [columns[number] for number in range(len(columns))]
    return np.ascontiguousarray(np.stack(ordered, axis=1), dtype=np.int64)
