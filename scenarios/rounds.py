"""What visits and meals share: places, travel matrices, and rounds read back from a plan."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from base.faults import Fault, FaultError, Faults
from geo.matrix import travel_matrix
from geo.modes import TravelMode, car, ebike, walk
from geo.snap import Snapped, snap
from optimizer.routing.check import check
from optimizer.routing.parts import stops as places_of
from optimizer.routing.problem import NONE, UNREACHABLE, RoutingProblem
from optimizer.routing.solution import Route, RoutingAnswer, Step, StepKind
from optimizer.routing.solve import solve
from optimizer.stop import ProgressCallback, Stop
from scenarios.codes import CHECK_REFUSED, ID_TWICE, NOTHING_TO_PLAN
from scenarios.district import District, far_from_street
from scenarios.model import Scenario
from scenarios.records import Mode, Place

__all__ = [
    "PlaceBook",
    "Round",
    "RoundStop",
    "RoundsRun",
    "Travel",
    "check_ids",
    "cost_per_tick",
    "prizes",
    "read_rounds",
    "solve_checked",
    "travel_between",
]

_MOST_THREADS = 8
"""Further searches at once add little."""
COST_SCALE = 1000
"""Cost units per fen."""

CARER_WALK_SPEED = 1.2
"""Walking speed of carers and carriers in m/s (healthy adults)."""


class PlaceBook:
    """Distinct places, numbered in the order of first mention."""

    def __init__(self) -> None:
        self._numbers: dict[Place, int] = {}

    def number(self, place: Place) -> int:
        """The number of a place, a new one at its first mention."""
        return self._numbers.setdefault(place, len(self._numbers))

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def places(self) -> tuple[Place, ...]:
        """All places in the order of their numbers."""
        return tuple(self._numbers)


@dataclass(frozen=True, eq=False)
class Travel:
    """Times and distances between P places by M modes.

    Attributes:
        modes: the modes in use; a vehicle's mode is an index into them.
        time: int32[M, P, P], seconds, ``UNREACHABLE`` where no way leads.
        distance: int32[M, P, P], metres.
        snapped: the places on the streets, by mode.
        ways: how each mode travels.
        warnings: places far from any street.
    """

    modes: tuple[Mode, ...]
    time: NDArray[np.int32]
    distance: NDArray[np.int32]
    snapped: tuple[Snapped, ...]
    ways: tuple[TravelMode, ...]
    warnings: tuple[Fault, ...]


@dataclass(frozen=True)
class RoundStop:
    """One step of a round, with the way that leads to it.

    Attributes:
        step: what is done, and when.
        place: where it begins.
        travel: seconds on the way there.
        metres: metres of that way.
    """

    step: Step
    place: int
    travel: int
    metres: int

    @property
    def waiting(self) -> int:
        """Seconds between arrival and start."""
        return self.step.start - self.step.arrive

    @property
    def seconds(self) -> int:
        """Seconds from start to finish."""
        return self.step.finish - self.step.start


@dataclass(frozen=True)
class Round:
    """A vehicle's day in figures; times in seconds.

    Attributes:
        vehicle: its number.
        depart: when it leaves its start place. end: when its day is over.
        stops: loads and tasks in order.
        home_travel, home_metres: the way from the last step to the end place, 0 where the day
            ends at the last task.
        path: places in the order of travel, start and end included; an escort that ends
            elsewhere adds its end place.
    """

    vehicle: int
    depart: int
    end: int
    stops: tuple[RoundStop, ...]
    home_travel: int
    home_metres: int
    path: tuple[int, ...] = field(repr=False)

    @property
    def work(self) -> int:
        """Seconds from departure to end."""
        return self.end - self.depart

    @property
    def travel(self) -> int:
        """Seconds on the way."""
        return sum(stop.travel for stop in self.stops) + self.home_travel

    @property
    def metres(self) -> int:
        """Metres on the way."""
        return sum(stop.metres for stop in self.stops) + self.home_metres

    @property
    def service(self) -> int:
        """Seconds of service and loading."""
        return sum(stop.seconds for stop in self.stops if stop.step.kind is not StepKind.BREAK)

    @property
    def rest(self) -> int:
        """Seconds of breaks."""
        return sum(stop.seconds for stop in self.breaks)

    @property
    def waiting(self) -> int:
        """Seconds of waiting before steps."""
        return sum(stop.waiting for stop in self.stops)

    @property
    def breaks(self) -> tuple[RoundStop, ...]:
        """The stops that are breaks."""
        return tuple(stop for stop in self.stops if stop.step.kind is StepKind.BREAK)

    @property
    def tasks(self) -> tuple[RoundStop, ...]:
        """The stops that serve a task."""
        return tuple(stop for stop in self.stops if stop.step.kind is StepKind.TASK)


class RoundsCase(Protocol):
    """What a compiled day of visits and a compiled meal have in common."""

    @property
    def district(self) -> District:
        """Streets and sub-districts."""

    @property
    def problem(self) -> RoutingProblem:
        """What the solver gets."""

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What the user should know."""


CaseT = TypeVar("CaseT", bound=RoundsCase)


@dataclass(frozen=True, eq=False)
class RoundsRun(Generic[CaseT]):
    """A day with its checked plan.

    Attributes:
        case: records and compiled problem.
        answer: the solver's answer; the checker found nothing wrong with it.
    """

    case: CaseT
    answer: RoutingAnswer

    @property
    def scenario(self) -> Scenario:
        """The scenario as written."""
        return self.district.scenario

    @property
    def district(self) -> District:
        """Streets and sub-districts."""
        return self.case.district

    @property
    def problem(self) -> RoutingProblem:
        """What the solver got."""
        return self.case.problem

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What the user should know."""
        return self.case.warnings

    @cached_property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds of the vehicles in use."""
        return read_rounds(self.problem, self.answer)


def check_ids(faults: Faults, what: str, ids: Sequence[str]) -> None:
    """Keep a fault where a table is empty, and one for every id that it uses twice."""
    if not ids:
        faults.add(NOTHING_TO_PLAN(what=what))
    for value, times in Counter(ids).items():
        if times > 1:
            faults.add(ID_TWICE(what=what, value=value))


def travel_between(district: District, book: PlaceBook, modes: Iterable[Mode], what: str) -> Travel:
    """One matrix per mode in use between all places of the book.

    Places hang on the largest part of the network that a mode can travel both ways, so that a
    courtyard cut off by a digitising slip does not make an elder unreachable.
    """
    wanted = set(modes)
    used = tuple(mode for mode in Mode if mode in wanted)
    ways = tuple(_way(mode) for mode in used)
    lon = np.array([place.lon for place in book.places])
    lat = np.array([place.lat for place in book.places])
    snapped = tuple(snap(district.streets, lon, lat, way, connected=True) for way in ways)
    found = [
        travel_matrix(district.streets, points, way)
        for points, way in zip(snapped, ways, strict=True)
    ]
    seconds = np.stack([matrix.seconds for matrix in found])
    metres = np.stack([matrix.metres for matrix in found])
    warnings: tuple[Fault, ...] = ()
    if snapped:
        rows = [f"{place.lon:.5f},{place.lat:.5f}" for place in book.places]
        warnings = far_from_street(what, snapped[0], rows)
    return Travel(
        used,
        np.where(seconds < 0, UNREACHABLE, seconds).astype(np.int32),
        np.where(metres < 0, 0, metres).astype(np.int32),
        snapped,
        ways,
        warnings,
    )


def _way(mode: Mode) -> TravelMode:
    if mode is Mode.WALK:
        return walk(CARER_WALK_SPEED)
    return ebike() if mode is Mode.EBIKE else car()


def cost_per_tick(fen_per_hour: int) -> int:
    """Cost units per second for an hourly wage in fen."""
    return round(fen_per_hour * COST_SCALE / 3600)


def prizes(
    weights: Sequence[int],
    *,
    shift_seconds: int,
    dearest_tick: int,
    longest_metres: int,
    dearest_metre: int,
    fixed: int = 0,
) -> NDArray[np.int64]:
    """Prizes that always exceed what serving one more task can cost.

    A task may cost a whole shift and the way there and back at most; each weight counts that
    once more, so that heavier tasks (more portions) are dropped last.
    """
    most = fixed + shift_seconds * dearest_tick + 2 * longest_metres * dearest_metre + 1
    return np.asarray(weights, dtype=np.int64) * most


def read_rounds(problem: RoutingProblem, answer: RoutingAnswer) -> tuple[Round, ...]:
    """The rounds of a plan, by vehicle number."""
    routes = sorted(answer.plan.routes, key=lambda route: route.vehicle)
    return tuple(_read_round(problem, route) for route in routes)


def _read_round(problem: RoutingProblem, route: Route) -> Round:
    mode = int(problem.vehicle_mode[route.vehicle])
    time, distance = problem.time[mode], problem.distance[mode]
    home = int(problem.vehicle_end[route.vehicle])
    here = int(problem.vehicle_start[route.vehicle])
    path, stops = [here], []
    steps = [(step.kind, step.index) for step in route.steps]
    for step, place in zip(route.steps, places_of(problem, route.vehicle, steps), strict=True):
        there = here if place == NONE else place
        stops.append(RoundStop(step, there, int(time[here, there]), int(distance[here, there])))
        path.append(there)
        is_task = step.kind is StepKind.TASK
        here = int(problem.task_end_place[step.index]) if is_task else there
        if here != there:
            path.append(here)
    back = (0, 0)
    if home != NONE:
        back = (int(time[here, home]), int(distance[here, home]))
        path.append(home)
    return Round(route.vehicle, route.depart, route.end, tuple(stops), *back, tuple(path))


def solve_checked(
    problem: RoutingProblem,
    *,
    stop: Stop,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> RoutingAnswer:
    """Solve on all cores, and let the independent checker look at the answer.

    Raises:
        FaultError: it refuses the answer (CC-S206).
    """
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    answer = solve(problem, stop=stop, seed=seed, threads=threads, progress=progress)
    violations = check(problem, answer)
    if violations:
        raise FaultError(
            [CHECK_REFUSED(what_en=each.text("en"), what_zh=each.text("zh")) for each in violations]
        )
    return answer
