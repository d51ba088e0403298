"""The checker's own timing: can these steps be kept, and in how short a day?

It shares no code with :mod:`optimizer.routing.schedule` and works another way. There, one
departure after the other is simulated; here, all departures are carried along at once as pieces
of the function "departure -> earliest time now", cut and lifted by every window (in the manner
of Hashimoto et al. 2006 and Tilk and Irnich 2017). A trip whose tasks limit the time since
loading is such a function of the moment of leaving the kitchen, put into the outer one when the
trip is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from optimizer.routing.problem import NONE, UNREACHABLE, RoutingProblem
from optimizer.routing.solution import StepKind

__all__ = ["Days", "Tour"]

_FAR = 2**60
StepCode = tuple[StepKind, int]


class _Piece(NamedTuple):
    """For departures x in [low, high] the time now is ``at + max(0, x - knee)``."""

    low: int
    knee: int
    high: int
    at: int


_Pieces = tuple[_Piece, ...]


def _moved(pieces: _Pieces, ticks: int) -> _Pieces:
    return tuple(piece._replace(at=piece.at + ticks) for piece in pieces)


def _within(piece: _Piece, first: int, last: int) -> _Piece | None:
    """The piece after waiting until ``first``, cut to times up to ``last``."""
    low, knee, high, at = piece
    if at > last:
        return None
    high = min(high, knee + last - at)
    if first > at:
        return _Piece(low, min(high, knee + first - at), high, first)
    return _Piece(low, min(knee, high), high, at)


def _through(pieces: _Pieces, windows: Iterable[tuple[int, int]]) -> _Pieces:
    kept = []
    for piece in pieces:
        for first, last in windows:
            cut = _within(piece, first, last)
            if cut is None:
                continue
            kept.append(cut)
            if cut.high == piece.high:  # every departure makes this window
                break
    return tuple(kept)


def _no_older(pieces: _Pieces, limit: int) -> _Pieces:
    """Only the departures after which no more than ``limit`` has passed."""
    kept = []
    for low, knee, high, at in pieces:
        low = max(low, at - limit)
        if low <= knee:
            kept.append(_Piece(low, knee, high, at))
    return tuple(kept)


def _put_into(outer: _Pieces, trip: _Pieces) -> _Pieces:
    """The trip's function of its departure, as a function of the day's departure."""
    kept = []
    for inner in trip:
        for piece in outer:
            cut = _within(piece, inner.low, inner.high)
            if cut is None:
                continue
            late = cut.at - inner.knee
            if late >= 0:
                kept.append(cut._replace(at=inner.at + late))
            else:
                kept.append(cut._replace(knee=min(cut.high, cut.knee - late), at=inner.at))
    return tuple(kept)


class Tour(NamedTuple):
    """A vehicle somewhere on its way.

    Attributes:
        place: where it is.
        day: times as a function of the day's departure, up to the current loading.
        trip: times as a function of leaving the last loading place, None before any loading.
        trips: loadings so far.
        kitchen: last loading place.
        load: what the current trip carries, per dimension.
        metres: distance so far.
    """

    place: int
    day: tuple[_Piece, ...]
    trip: tuple[_Piece, ...] | None
    trips: int
    kitchen: int
    load: tuple[int, ...]
    metres: int


class Days:
    """The days that one vehicle can have.

    Args:
        problem: the problem.
        vehicle: the vehicle.
        fresh: whether limits on the time since loading count.
    """

    def __init__(self, problem: RoutingProblem, vehicle: int, *, fresh: bool = True) -> None:
        mode = int(problem.vehicle_mode[vehicle])
        self._problem = problem
        self._vehicle = vehicle
        self._fresh = fresh
        self._time = problem.time[mode]
        self._distance = problem.distance[mode]
        self._kitchens = set(problem.reload_places(vehicle).tolist())
        self._close = int(problem.vehicle_close[vehicle])
        self._windows: dict[int, list[tuple[int, int]]] = {}

    def begin(self) -> Tour:
        """At the start place, ready to leave at any moment of the shift."""
        first = int(self._problem.vehicle_open[self._vehicle])
        nothing = (0,) * self._problem.task_load.shape[1]
        start = int(self._problem.vehicle_start[self._vehicle])
        return Tour(start, (_Piece(first, first, self._close, first),), None, 0, NONE, nothing, 0)

    def extend(self, tour: Tour, step: StepCode) -> Tour | None:
        """The tour after one more step, None where no timing keeps the rules."""
        kind, index = step
        return self._load(tour, index) if kind is StepKind.LOAD else self._serve(tour, index)

    def follow(self, tour: Tour, steps: Sequence[StepCode]) -> Tour | None:
        """The tour after several steps."""
        for step in steps:
            longer = self.extend(tour, step)
            if longer is None:
                return None
            tour = longer
        return tour

    def least_work(self, tour: Tour) -> int | None:
        """Least ticks from departure to end, maximum work apart; None outside the shift."""
        home = int(self._problem.vehicle_end[self._vehicle])
        pieces = self._flat(tour)
        if home != NONE:
            way = int(self._time[tour.place, home])
            if way >= UNREACHABLE:
                return None
            pieces = _moved(pieces, way)
        inside = _through(pieces, [(-_FAR, self._close)])
        return min((piece.at - piece.knee for piece in inside), default=None)

    def cost(self, tour: Tour) -> int | None:
        """Cost of ending the day here in cost units, None where the rules forbid it."""
        problem, vehicle = self._problem, self._vehicle
        work = self.least_work(tour)
        limit = int(problem.vehicle_max_work[vehicle])
        if work is None or (limit != NONE and work > limit):
            return None
        home = int(problem.vehicle_end[vehicle])
        metres = tour.metres + (0 if home == NONE else int(self._distance[tour.place, home]))
        return (
            int(problem.vehicle_fixed_cost[vehicle])
            + work * int(problem.vehicle_time_cost[vehicle])
            + metres * int(problem.vehicle_distance_cost[vehicle])
        )

    def _flat(self, tour: Tour) -> _Pieces:
        return tour.day if tour.trip is None else _put_into(tour.day, tour.trip)

    def _load(self, tour: Tour, place: int) -> Tour | None:
        problem, vehicle = self._problem, self._vehicle
        trips = tour.trips + 1
        way = int(self._time[tour.place, place])
        if way >= UNREACHABLE or place not in self._kitchens:
            return None
        if trips > problem.vehicle_max_trips[vehicle]:
            return None
        day = _moved(self._flat(tour), way + int(problem.vehicle_loading[vehicle]))
        first = min((piece.at for piece in day), default=self._close + 1)
        if first > self._close:
            return None
        trip = (_Piece(first, first, self._close, first),)
        metres = tour.metres + int(self._distance[tour.place, place])
        return Tour(place, day, trip, trips, place, (0,) * len(tour.load), metres)

    def _serve(self, tour: Tour, task: int) -> Tour | None:
        problem, vehicle = self._problem, self._vehicle
        there = int(problem.task_place[task])
        way = int(self._time[tour.place, there])
        if way >= UNREACHABLE or int(problem.task_skills[task]) & ~int(
            problem.vehicle_skills[vehicle]
        ):
            return None
        if not self._may_bring(tour, task):
            return None
        load = tuple(
            a + b for a, b in zip(tour.load, problem.task_load[task].tolist(), strict=True)
        )
        if any(
            a > b for a, b in zip(load, problem.vehicle_capacity[vehicle].tolist(), strict=True)
        ):
            return None
        pieces = _through(
            _moved(tour.day if tour.trip is None else tour.trip, way), self._windows_of(task)
        )
        pieces = _moved(pieces, int(problem.task_duration[task]))
        limit = int(problem.task_freshness[task])
        if self._fresh and limit != NONE:
            pieces = _no_older(pieces, limit)
        if not pieces:
            return None
        place = int(problem.task_end_place[task])
        metres = tour.metres + int(self._distance[tour.place, there])
        if tour.trip is None:
            return tour._replace(place=place, day=pieces, load=load, metres=metres)
        return tour._replace(place=place, trip=pieces, load=load, metres=metres)

    def _may_bring(self, tour: Tour, task: int) -> bool:
        """Whether the tour has loaded what the task needs, and loaded at all where it must."""
        problem = self._problem
        if tour.trip is None and (
            problem.vehicle_max_trips[self._vehicle] > 0 or problem.task_freshness[task] != NONE
        ):
            return False
        origin = int(problem.task_origin[task])
        return origin in (NONE, tour.kitchen)

    def _windows_of(self, task: int) -> list[tuple[int, int]]:
        if task not in self._windows:
            self._windows[task] = [(int(a), int(b)) for a, b in self._problem.windows(task)]
        return self._windows[task]
