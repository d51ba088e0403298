"""The checker's own timing: can these steps be kept, and in how short a day?

It shares no code with :mod:`optimizer.routing.schedule` and works another way. There, one
departure after the other is simulated; here, all departures are carried along at once as pieces
of the function "departure -> earliest time now", cut and lifted by every window (in the manner
of Hashimoto et al. 2006 and Tilk and Irnich 2017). A trip whose tasks limit the time since
loading is such a function of the moment of leaving the kitchen, put into the outer one when the
trip is over. The time now never falls as the departure grows, so within a piece the departure at
its knee has the least work, the least waiting and the least end at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from optimizer.routing.problem import NONE, UNREACHABLE, RoutingProblem
from optimizer.routing.solution import StepKind

__all__ = ["Days", "Shape", "Tour", "needs_loading"]

_FAR = 2**60
StepCode = tuple[StepKind, int]
Windows = Sequence[tuple[int, int]]
"""Earliest and latest starts, ascending and disjoint."""


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


def _not_before(pieces: _Pieces, first: int) -> _Pieces:
    """Only the departures from ``first`` on."""
    kept = []
    for low, knee, high, at in pieces:
        low = max(low, first)
        if low <= high:
            kept.append(_Piece(low, max(low, knee), high, at + max(0, low - knee)))
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


def needs_loading(problem: RoutingProblem, task: int) -> bool:
    """Whether only a trip can bring what the task needs."""
    columns = (problem.task_origin, problem.task_freshness, problem.task_release)
    return any(column[task] != NONE for column in columns)


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
        travel: ticks on the way so far.
        busy: ticks of service, loading and breaks so far.
        rests: breaks to take where the next step is.
    """

    place: int
    day: tuple[_Piece, ...]
    trip: tuple[_Piece, ...] | None
    trips: int
    kitchen: int
    load: tuple[int, ...]
    metres: int
    travel: int = 0
    busy: int = 0
    rests: tuple[int, ...] = ()


class Shape(NamedTuple):
    """One timing of a day: ticks from departure to end, idle ticks, and its own cost."""

    work: int
    idle: int
    cost: int


class Days:
    """The days that one vehicle can have.

    Args:
        problem: the problem.
        vehicle: the vehicle.
        windows: earliest and latest starts to use for some tasks instead of the problem's.
        fresh: whether limits on the time since loading count.
    """

    def __init__(
        self,
        problem: RoutingProblem,
        vehicle: int,
        *,
        windows: Mapping[int, Windows] | None = None,
        fresh: bool = True,
    ) -> None:
        mode = int(problem.vehicle_mode[vehicle])
        self._problem = problem
        self._vehicle = vehicle
        self._fresh = fresh
        self._time = problem.time[mode]
        self._distance = problem.distance[mode]
        self._kitchens = set(problem.reload_places(vehicle).tolist())
        self._close = int(problem.vehicle_close[vehicle] + problem.vehicle_overtime[vehicle])
        self._windows: dict[int, Windows] = dict(windows or {})

    def narrow(self, task: int, windows: Windows) -> None:
        """Use these earliest and latest starts for a task from now on."""
        self._windows[task] = windows

    def begin(self) -> Tour:
        """At the start place, ready to leave at any moment of the shift."""
        first = int(self._problem.vehicle_open[self._vehicle])
        nothing = (0,) * self._problem.task_load.shape[1]
        start = int(self._problem.vehicle_start[self._vehicle])
        return Tour(start, (_Piece(first, first, self._close, first),), None, 0, NONE, nothing, 0)

    def extend(self, tour: Tour, step: StepCode) -> Tour | None:
        """The tour after one more step, None where no timing keeps the rules."""
        kind, index = step
        if kind is StepKind.BREAK:
            if self._problem.break_vehicle[index] != self._vehicle:
                return None
            return tour._replace(rests=(*tour.rests, index))
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
        """Least ticks from departure to end, limits on a day apart; None outside the shift."""
        home = self._home(tour)
        if home is None:
            return None
        return min((piece.at - piece.knee for piece in self._ends(home)), default=None)

    def shapes(self, tour: Tour) -> Iterator[Shape]:
        """The timings worth looking at for ending the day here, none where rules forbid it."""
        problem, vehicle = self._problem, self._vehicle
        home = self._home(tour)
        travel = int(problem.vehicle_max_travel[vehicle])
        if home is None or (travel != NONE and home.travel > travel):
            return
        limit = int(problem.vehicle_max_work[vehicle])
        opens, closes = int(problem.vehicle_open[vehicle]), int(problem.vehicle_close[vehicle])
        fixed = int(problem.vehicle_fixed_cost[vehicle])
        fixed += home.metres * int(problem.vehicle_distance_cost[vehicle])
        for piece in self._ends(home):
            work = piece.at - piece.knee
            if limit != NONE and work > limit:
                continue
            waiting = work - home.travel - home.busy
            over = max(0, piece.at - closes)
            cost = (
                fixed
                + work * int(problem.vehicle_time_cost[vehicle])
                + waiting * int(problem.vehicle_wait_cost[vehicle])
                + over * int(problem.vehicle_overtime_cost[vehicle])
            )
            idle = piece.knee - opens + waiting + max(0, closes - piece.at)
            yield Shape(work, idle, cost)

    def cost(self, tour: Tour) -> int | None:
        """Least own cost of ending the day here in cost units, None where the rules forbid it."""
        return min((shape.cost for shape in self.shapes(tour)), default=None)

    def _home(self, tour: Tour) -> Tour | None:
        home = int(self._problem.vehicle_end[self._vehicle])
        return self._go(tour, home)

    def _ends(self, home: Tour) -> _Pieces:
        return _through(self._flat(home), [(-_FAR, self._close)])

    def _flat(self, tour: Tour) -> _Pieces:
        return tour.day if tour.trip is None else _put_into(tour.day, tour.trip)

    def _go(self, tour: Tour, place: int) -> Tour | None:
        """On to a place, breaks on the way; NONE is wherever the tour then is."""
        for number, row in enumerate(tour.rests):
            there = int(self._problem.break_place[row])
            if there == NONE:
                places = [int(self._problem.break_place[r]) for r in tour.rests[number:]]
                there = next((p for p in places if p != NONE), place)
            reached = self._move(tour, there)
            if reached is None:
                return None
            opens, closes = self._problem.break_open[row], self._problem.break_close[row]
            length = int(self._problem.break_length[row])
            pieces = _through(_now(reached), [(int(opens), int(closes))])
            if not pieces:
                return None
            tour = _at(reached, _moved(pieces, length))._replace(busy=reached.busy + length)
        moved = self._move(tour, place)
        return None if moved is None else moved._replace(rests=())

    def _move(self, tour: Tour, place: int) -> Tour | None:
        if place == NONE:
            return tour
        way = int(self._time[tour.place, place])
        if way >= UNREACHABLE:
            return None
        metres = tour.metres + int(self._distance[tour.place, place])
        moved = _at(tour, _moved(_now(tour), way))
        return moved._replace(place=place, metres=metres, travel=tour.travel + way)

    def _load(self, tour: Tour, place: int) -> Tour | None:
        problem, vehicle = self._problem, self._vehicle
        trips = tour.trips + 1
        if place not in self._kitchens or trips > problem.vehicle_max_trips[vehicle]:
            return None
        there = self._go(tour, place)
        if there is None:
            return None
        loading = int(problem.vehicle_loading[vehicle])
        day = _moved(self._flat(there), loading)
        first = min((piece.at for piece in day), default=self._close + 1)
        if first > self._close:
            return None
        return there._replace(
            day=day,
            trip=(_Piece(first, first, self._close, first),),
            trips=trips,
            kitchen=place,
            load=(0,) * len(tour.load),
            busy=there.busy + loading,
        )

    def _serve(self, tour: Tour, task: int) -> Tour | None:
        problem, vehicle = self._problem, self._vehicle
        if int(problem.task_skills[task]) & ~int(problem.vehicle_skills[vehicle]):
            return None
        if problem.pair_allowed.size and not problem.pair_allowed[task, vehicle]:
            return None
        there = self._go(tour, int(problem.task_place[task]))
        if there is None or not self._may_bring(tour, task):
            return None
        load = tuple(
            a + b for a, b in zip(tour.load, problem.task_load[task].tolist(), strict=True)
        )
        if any(
            a > b for a, b in zip(load, problem.vehicle_capacity[vehicle].tolist(), strict=True)
        ):
            return None
        duration = self._duration(task)
        pieces = _moved(_through(_now(there), self._windows_of(task)), duration)
        limit = int(problem.task_freshness[task])
        if self._fresh and limit != NONE:
            pieces = _no_older(pieces, limit)
        release = int(problem.task_release[task])
        if release != NONE:
            pieces = _not_before(pieces, release)
        if not pieces:
            return None
        place = int(problem.task_end_place[task])
        return _at(there, pieces)._replace(place=place, load=load, busy=there.busy + duration)

    def _may_bring(self, tour: Tour, task: int) -> bool:
        """Whether the tour has loaded what the task needs, and loaded at all where it must."""
        problem = self._problem
        if tour.trip is None:
            loads = problem.vehicle_max_trips[self._vehicle] > 0
            return not loads and not needs_loading(problem, task)
        origin = int(problem.task_origin[task])
        return origin in (NONE, tour.kitchen)

    def _duration(self, task: int) -> int:
        by_person = self._problem.pair_duration
        return int(
            by_person[task, self._vehicle] if by_person.size else self._problem.task_duration[task]
        )

    def _windows_of(self, task: int) -> Windows:
        if task not in self._windows:
            last = self._duration(task) if self._problem.window_at_end[task] else 0
            rows = [(int(a), int(b) - last) for a, b in self._problem.windows(task)]
            self._windows[task] = [(a, b) for a, b in rows if a <= b]
        return self._windows[task]


def _now(tour: Tour) -> _Pieces:
    return tour.day if tour.trip is None else tour.trip


def _at(tour: Tour, pieces: _Pieces) -> Tour:
    return tour._replace(day=pieces) if tour.trip is None else tour._replace(trip=pieces)
