"""Packing trips onto carriers with CP-SAT.

**Model.** For trips r of a pool and carriers v of r's family: x[r, v] = 1 iff v makes r; L[r], the
departure from the kitchen; y[u] = 1 iff task u is served.

- a trip is made at most once, a carrier makes at most its number of trips;
- the trips of a carrier do not overlap, each taking from the start of loading to the return to a
  kitchen (the farthest of the carrier's kitchens, which is safe where it has several);
- L[r] lies where the trip keeps its windows and freshness; it ends at max(L + c, A), the exact
  waiting as a function of departure (:mod:`optimizer.routing.trip_kernels`);
- departure, end and maximum work of every carrier hold;
- y[u] <= sum of the trips with u: a task may lie in several chosen trips and is afterwards taken
  out of all but one, which never makes a trip later.

**Objective.** Unserved tasks first (tier by tier, by prize), then cost.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from optimizer.routing.problem import NONE
from optimizer.routing.trip_kernels import (
    KITCHEN,
    LENGTH,
    ROW,
    WEIGHT,
    TripState,
    refresh_trip,
)
from optimizer.routing.trip_model import Day, Trip, TripModel, lexicographic
from optimizer.routing.trip_pool import Candidate

__all__ = ["Limits", "TripTiming", "pack", "time_trip"]

_COST_STEPS = 20_000
"""Cost is counted in about so many steps; small coefficients make CP-SAT quick."""
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Limits:
    """How long CP-SAT may work.

    Attributes:
        seconds: wall-clock limit, None for none.
        work: deterministic limit, None for none; with one worker the answer is then always the
            same.
        workers: threads.
        cancelled: asked often; True ends the search with the best packing so far.
    """

    seconds: float | None = None
    work: float | None = None
    workers: int = 1
    cancelled: Callable[[], bool] | None = None


@dataclass(frozen=True)
class TripTiming:
    """A trip as a function of its departure L from the kitchen: it ends at max(L + c, a).

    Attributes:
        first, last: the departures that keep every window and freshness limit.
        c, a: ticks that the trip takes without waiting; the earliest end.
        metres: from the kitchen to the last drop.
    """

    first: int
    last: int
    c: int
    a: int
    metres: int


def time_trip(model: TripModel, vehicle: int, trip: Trip, state: TripState) -> TripTiming | None:
    """The timing of a trip for a vehicle, None where no departure works; ``state`` is scratch."""
    slot = vehicle * model.width
    if len(trip.tasks) + 1 >= state.before.shape[1]:
        return None
    state.trips[slot, KITCHEN] = trip.kitchen
    state.trips[slot, LENGTH] = len(trip.tasks)
    state.seq[slot, : len(trip.tasks)] = trip.tasks
    state.where[list(trip.tasks), ROW] = trip.rows
    if not refresh_trip(model.data, state, vehicle, slot):
        return None
    c, a, last, first, _ = (int(value) for value in state.before[slot, len(trip.tasks)])
    metres = int(state.before[slot, : len(trip.tasks), 4].sum())
    return TripTiming(first=first, last=last, c=c, a=a, metres=metres)


def pack(
    model: TripModel,
    candidates: Sequence[Candidate],
    limits: Limits,
    *,
    seed: int = 0,
) -> list[tuple[int, Day]]:
    """Choose trips and give them to carriers.

    Args:
        model: the problem.
        candidates: the pool; trips that no departure allows are mended by leaving out drops.
        limits: how long to search.
        seed: CP-SAT's seed.

    Returns:
        (vehicle, trips in order) of the best packing found; empty where none was found.
    """
    packer = _Packer(model, candidates)
    if not packer.trips:
        return []
    return packer.solve(limits, seed)


@dataclass(frozen=True)
class _Option:
    """A candidate with its timing, and what it means for its family."""

    candidate: Candidate
    timing: TripTiming
    approach: int
    home: int
    again: int
    way: int


class _Packer:
    """Variables and constraints of the packing model."""

    def __init__(self, model: TripModel, candidates: Sequence[Candidate]) -> None:
        self._model = model
        self._problem = model.problem
        self._scratch = model.empty()
        options = (self._option(candidate) for candidate in dict.fromkeys(candidates))
        self.trips = [option for option in options if option is not None]
        self._cp = cp_model.CpModel()
        self._x: dict[tuple[int, int], cp_model.IntVar] = {}
        self._leave: list[cp_model.IntVar] = []
        self._out: dict[int, cp_model.IntVar] = {}

    def _option(self, candidate: Candidate) -> _Option | None:
        """The candidate's geometry, None where nothing of it can be driven."""
        problem = self._problem
        vehicle = self._model.families[candidate.family][0]
        trip = self._mended(vehicle, candidate.trip)
        timing = time_trip(self._model, vehicle, trip, self._scratch) if trip.tasks else None
        if timing is None:
            return None
        mode = int(problem.vehicle_mode[vehicle])
        time, distance = problem.time[mode], problem.distance[mode]
        last = int(problem.task_end_place[trip.tasks[-1]])
        start, end = int(problem.vehicle_start[vehicle]), int(problem.vehicle_end[vehicle])
        kitchen = start if trip.kitchen == NONE else trip.kitchen
        kitchens = [k for k in self._model.kitchens[vehicle] if k != NONE]
        approach = int(time[start, kitchen])
        if trip.kitchen != NONE:
            approach += int(problem.vehicle_loading[vehicle])
        home = 0 if end == NONE else int(time[last, end])
        again = max((int(time[last, k]) for k in kitchens), default=0)
        way = timing.metres + int(distance[last, kitchen])
        opens, closes = int(problem.vehicle_open[vehicle]), int(problem.vehicle_close[vehicle])
        first = max(timing.first, opens + approach)
        latest = min(timing.last, closes - home - timing.c)
        if first > latest or timing.a + home > closes:
            return None
        timing = TripTiming(first, latest, timing.c, timing.a, timing.metres)
        return _Option(Candidate(candidate.family, trip), timing, approach, home, again, way)

    def _mended(self, vehicle: int, trip: Trip) -> Trip:
        """The trip without the drops that break a limit, taken in order."""
        if time_trip(self._model, vehicle, trip, self._scratch) is not None:
            return trip
        kept = Trip(trip.kitchen, (), ())
        for task, row in zip(trip.tasks, trip.rows, strict=True):
            longer = Trip(trip.kitchen, (*kept.tasks, task), (*kept.rows, row))
            if time_trip(self._model, vehicle, longer, self._scratch) is not None:
                kept = longer
        return kept

    def solve(self, limits: Limits, seed: int) -> list[tuple[int, Day]]:
        """Build the model, run CP-SAT and read the days back."""
        self._add_trips()
        costs = self._add_carriers()
        self._add_objective(costs)
        self._hint()
        solver = cp_model.CpSolver()
        solver.parameters.random_seed = seed % 2**31
        solver.parameters.num_workers = limits.workers
        if limits.seconds is not None:
            solver.parameters.max_time_in_seconds = max(0.01, limits.seconds)
        if limits.work is not None:
            solver.parameters.max_deterministic_time = limits.work
        status = _run(solver, self._cp, limits.cancelled)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return []
        return self._days(solver)

    def _add_trips(self) -> None:
        """Departures, and at most one carrier per trip."""
        for r, option in enumerate(self.trips):
            timing = option.timing
            self._leave.append(self._cp.new_int_var(timing.first, timing.last, f"leave{r}"))
            carriers = self._model.families[option.candidate.family]
            for v in carriers:
                self._x[r, v] = self._cp.new_bool_var(f"x{r},{v}")
            self._cp.add_at_most_one(self._x[r, v] for v in carriers)

    def _add_carriers(self) -> list[tuple[cp_model.LinearExprT, int]]:
        """Days without overlap within shift and work limit; (expression, cost) pairs."""
        problem, cp = self._problem, self._cp
        costs: list[tuple[cp_model.LinearExprT, int]] = []
        of_carrier: dict[int, list[int]] = defaultdict(list)
        for r, v in self._x:
            of_carrier[v].append(r)
        for v, rows in of_carrier.items():
            opens, closes = int(problem.vehicle_open[v]), int(problem.vehicle_close[v])
            begin = cp.new_int_var(opens, closes, f"begin{v}")
            end = cp.new_int_var(opens, closes, f"end{v}")
            used = cp.new_bool_var(f"used{v}")
            cp.add_bool_or(self._x[r, v] for r in rows).only_enforce_if(used)
            for r in rows:
                cp.add_implication(self._x[r, v], used)
            most = max(1, int(problem.vehicle_max_trips[v]))
            cp.add(sum(self._x[r, v] for r in rows) <= most)
            intervals = [self._add_trip_of(r, v, begin, end) for r in rows]
            cp.add_no_overlap(intervals)
            work = cp.new_int_var(0, closes - opens, f"work{v}")
            cp.add(work >= end - begin)
            if problem.vehicle_max_work[v] != NONE:
                cp.add(end - begin <= int(problem.vehicle_max_work[v])).only_enforce_if(used)
            costs.append((work, int(problem.vehicle_time_cost[v])))
            costs.append((used, int(problem.vehicle_fixed_cost[v])))
            per_metre = int(problem.vehicle_distance_cost[v])
            costs.extend((self._x[r, v], per_metre * self.trips[r].way) for r in rows)
        return costs

    def _add_trip_of(
        self, r: int, v: int, begin: cp_model.IntVar, end: cp_model.IntVar
    ) -> cp_model.IntervalVar:
        """The interval that a trip takes in a carrier's day."""
        cp, option, x, leave = self._cp, self.trips[r], self._x[r, v], self._leave[r]
        timing = option.timing
        loading = 0
        if option.candidate.trip.kitchen != NONE:
            loading = int(self._problem.vehicle_loading[v])
        cp.add(begin <= leave - option.approach).only_enforce_if(x)
        cp.add(end >= leave + timing.c + option.home).only_enforce_if(x)
        cp.add(end >= timing.a + option.home).only_enforce_if(x)
        if timing.a <= timing.first + timing.c:  # nothing to wait for, whatever the departure
            whole = loading + timing.c + option.again
            return cp.new_optional_fixed_size_interval_var(leave - loading, whole, x, f"i{r},{v}")
        latest = max(timing.a, timing.last + timing.c)
        back = cp.new_int_var(timing.a + option.again, latest + option.again, f"back{r},{v}")
        cp.add(back >= leave + timing.c + option.again).only_enforce_if(x)
        size = cp.new_int_var(0, latest + option.again - timing.first + loading, f"size{r},{v}")
        return cp.new_optional_interval_var(leave - loading, size, back, x, f"i{r},{v}")

    def _add_objective(self, costs: Sequence[tuple[cp_model.LinearExprT, int]]) -> None:
        """Unserved tasks first, then cost in coarse steps."""
        problem = self._problem
        with_task: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        for (r, _), x in self._x.items():
            for task in self.trips[r].candidate.trip.tasks:
                with_task[task].append(x)
        tasks = sorted(with_task)
        whole = self._cost_bound()
        step = max(1, whole // _COST_STEPS)
        bound = whole // step + len(costs) + 1
        weight = lexicographic(problem.task_prize[tasks], problem.task_tier[tasks], bound)
        missing = []
        for task in tasks:
            out = self._cp.new_bool_var(f"out{task}")
            self._cp.add_bool_or([out, *with_task[task]])
            missing.append(out)
            self._out[task] = out
        late = [expression for expression, _ in costs]
        self._cp.minimize(
            cp_model.LinearExpr.weighted_sum(missing, weight.tolist())
            + cp_model.LinearExpr.weighted_sum(late, [round(c / step) for _, c in costs])
        )

    def _cost_bound(self) -> int:
        """No packing costs more: every carrier out all shift on its farthest trips."""
        problem, model = self._problem, self._model
        farthest: dict[int, int] = defaultdict(int)
        for option in self.trips:
            family = option.candidate.family
            farthest[family] = max(farthest[family], option.way)
        bound = 1
        for family, way in farthest.items():
            for v in model.families[family]:
                shift = int(problem.vehicle_close[v] - problem.vehicle_open[v])
                most = max(1, int(problem.vehicle_max_trips[v]))
                bound += shift * int(problem.vehicle_time_cost[v])
                bound += way * most * int(problem.vehicle_distance_cost[v])
                bound += int(problem.vehicle_fixed_cost[v])
        return bound

    def _hint(self) -> None:
        """Start CP-SAT from a greedy packing: always the trip that newly serves most."""
        weight = self._model.data.tasks[:, WEIGHT]
        days: dict[int, list[tuple[int, int]]] = defaultdict(list)
        placed: dict[int, tuple[int, int]] = {}
        missing = set(self._out)
        waiting = set(range(len(self.trips)))
        while waiting:
            gain = {r: self._gain(r, missing, weight) for r in waiting}
            r = max(waiting, key=lambda row: (gain[row], -row))
            waiting.discard(r)
            if gain[r] == 0:
                break
            spot = self._spot(r, days)
            if spot is None:
                continue
            v, leave = spot
            placed[r] = spot
            days[v].append(self._span(r, v, leave))
            missing.difference_update(self.trips[r].candidate.trip.tasks)
        for (r, v), x in self._x.items():
            self._cp.add_hint(x, r in placed and placed[r][0] == v)
        for r, (_, leave) in placed.items():
            self._cp.add_hint(self._leave[r], leave)
        for task, out in self._out.items():
            self._cp.add_hint(out, task in missing)

    def _gain(self, r: int, missing: set[int], weight: NDArray[np.int64]) -> int:
        return sum(int(weight[u]) for u in self.trips[r].candidate.trip.tasks if u in missing)

    def _span(self, r: int, v: int, leave: int) -> tuple[int, int]:
        """When a trip begins to load and is back, leaving at this moment."""
        option = self.trips[r]
        loads = option.candidate.trip.kitchen != NONE
        loading = int(self._problem.vehicle_loading[v]) if loads else 0
        timing = option.timing
        return leave - loading, max(leave + timing.c, timing.a) + option.again

    def _spot(self, r: int, days: Mapping[int, list[tuple[int, int]]]) -> tuple[int, int] | None:
        """The carrier and the earliest departure at which a trip fits, None where none does."""
        option, problem = self.trips[r], self._problem
        for v in self._model.families[option.candidate.family]:
            if len(days[v]) >= max(1, int(problem.vehicle_max_trips[v])):
                continue
            loading = option.timing.first - self._span(r, v, option.timing.first)[0]
            moments = [option.timing.first, *(back + loading for _, back in days[v])]
            for leave in sorted(moments):
                if not option.timing.first <= leave <= option.timing.last:
                    continue
                begin, back = self._span(r, v, leave)
                if all(back <= other[0] or begin >= other[1] for other in days[v]):
                    return v, leave
        return None

    def _days(self, solver: cp_model.CpSolver) -> list[tuple[int, Day]]:
        """The chosen trips by carrier in order of departure, no task twice."""
        chosen: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (r, v), x in self._x.items():
            if solver.boolean_value(x):
                chosen[v].append((solver.value(self._leave[r]), r))
        seen: set[int] = set()
        days = []
        for v in sorted(chosen):
            trips = []
            for _, r in sorted(chosen[v]):
                trip = self.trips[r].candidate.trip
                kept = [
                    (task, row)
                    for task, row in zip(trip.tasks, trip.rows, strict=True)
                    if task not in seen
                ]
                seen.update(trip.tasks)
                if kept:
                    tasks, rows = zip(*kept, strict=True)
                    trips.append(Trip(trip.kitchen, tasks, rows))
            if trips:
                days.append((v, tuple(trips)))
        return days


def _run(
    solver: cp_model.CpSolver, cp: cp_model.CpModel, cancelled: Callable[[], bool] | None
) -> cp_model.CpSolverStatus:
    """Solve; where the caller may cancel, in a thread beside one that asks whether they did."""
    if cancelled is None:
        return solver.solve(cp)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_SECONDS):
            if cancelled():
                solver.stop_search()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        return solver.solve(cp)
    finally:
        done.set()
        watcher.join()
