"""Catchments by region growing and tabu moves: a good division within moments, nothing proved.

Stations grow from their homes: the one farthest below its target takes the nearest unit at its
border. A tabu search (Glover 1989) then gives border units to neighbouring catchments; what
leaves a catchment never breaks it in two. Work outside the band is allowed at a price that
rises while the division leaves the band and falls while it keeps it (strategic oscillation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.catchments.problem import (
    CatchmentProblem,
    band,
    deviations,
    travel_of,
    work_of,
)
from optimizer.stop import StopClock

__all__ = ["Division", "division_of", "grow", "improve", "mend", "pieces"]

_TENURE = 7
_PRICE_STEP = 1.2
_PATIENCE = 5


@dataclass(frozen=True, eq=False)
class Division:
    """A contiguous division: int32[u] stations, its largest deviation and its travel."""

    unit_station: NDArray[np.int32]
    deviation: int
    travel: int

    def better_than(self, other: Division | None, tolerance: int) -> bool:
        """Whether it comes first: less deviation beyond the tolerance, then less travel."""
        return other is None or self.rank(tolerance) < other.rank(tolerance)

    def rank(self, tolerance: int) -> tuple[int, int]:
        """What divisions are compared by."""
        return max(self.deviation, tolerance), self.travel


def division_of(problem: CatchmentProblem, unit_station: NDArray[np.int32]) -> Division:
    """The figures of an assignment."""
    deviation = int(deviations(problem, work_of(problem, unit_station)).max(initial=0))
    return Division(unit_station.copy(), deviation, travel_of(problem, unit_station))


def pieces(problem: CatchmentProblem, units: NDArray[np.intp]) -> list[list[int]]:
    """The connected pieces of some units, each ascending, by their lowest unit."""
    inside = set(units.tolist())
    return [_flood(problem, first, inside) for first in units.tolist() if first in inside]


def _flood(problem: CatchmentProblem, first: int, inside: set[int]) -> list[int]:
    """The piece around a unit; it is taken out of ``inside``."""
    inside.discard(first)
    piece, stack = [first], [first]
    while stack:
        for near in _near(problem, stack.pop()):
            if near in inside:
                inside.discard(near)
                piece.append(near)
                stack.append(near)
    return sorted(piece)


def _near(problem: CatchmentProblem, unit: int) -> list[int]:
    span = slice(int(problem.neighbour_indptr[unit]), int(problem.neighbour_indptr[unit + 1]))
    near: list[int] = problem.neighbour[span].tolist()
    return near


def grow(
    problem: CatchmentProblem, possible: NDArray[np.bool_], kept: NDArray[np.int32] | None = None
) -> NDArray[np.int32] | None:
    """A contiguous division grown from the homes, or from what is ``kept`` of another one.

    Args:
        problem: the catchments.
        possible: bool[u, k], pairs that are allowed and connected with the home.
        kept: int32[u], a station for the units that already have one, -1 for the others; every
            station's units connected. None for the bound units that touch their home.

    Returns:
        int32[u], None where the growing ends with units that no neighbour may take.
    """
    given = _roots(problem, possible) if kept is None else kept.copy()
    cost = problem.travel_cost
    target = problem.station_share / problem.station_share.sum()
    work = _work(problem, given)
    bound = problem.bound_to
    total = max(1, int(problem.unit_work.sum()))
    open_stations = list(range(problem.n_stations))
    while open_stations and (given < 0).any():
        station = min(open_stations, key=lambda k: (work[k] / total / target[k], k))
        border = _border(problem, given, station, possible, bound)
        if not border.size:
            open_stations.remove(station)
            continue
        mine = bound[border] == station
        at = int(border[np.lexsort((border, cost[border, station], ~mine))[0]])
        given[at] = station
        work[station] += int(problem.unit_work[at])
    return None if (given < 0).any() else given


def _work(problem: CatchmentProblem, given: NDArray[np.int32]) -> NDArray[np.int64]:
    work = np.zeros(problem.n_stations, dtype=np.int64)
    has = given >= 0
    np.add.at(work, given[has], problem.unit_work[has])
    return work


def _border(
    problem: CatchmentProblem,
    given: NDArray[np.int32],
    station: int,
    possible: NDArray[np.bool_],
    bound: NDArray[np.int32],
) -> NDArray[np.intp]:
    """Free units that the station may take next: beside its catchment, or anywhere if empty."""
    takes = (given < 0) & possible[:, station] & ((bound < 0) | (bound == station))
    mine = given == station
    if mine.any():
        touches = np.zeros(problem.n_units, dtype=bool)
        touches[problem.neighbour[mine[csr_rows(problem.neighbour_indptr)]]] = True
        takes &= touches
    return np.flatnonzero(takes)


def _roots(problem: CatchmentProblem, possible: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Homes, and a first unit for every station without one: islands first, then nearest."""
    given = np.full(problem.n_units, -1, dtype=np.int32)
    homes = problem.station_home
    with_home = np.flatnonzero(homes >= 0)
    given[homes[with_home]] = with_home
    bound = problem.bound_to
    label = np.zeros(problem.n_units, dtype=np.int64)
    for number, piece in enumerate(pieces(problem, np.arange(problem.n_units))):
        label[piece] = number
    for station in np.flatnonzero(homes < 0).tolist():
        mine = np.flatnonzero((bound == station) & (given < 0))
        free = (
            mine if mine.size else np.flatnonzero((given < 0) & possible[:, station] & (bound < 0))
        )
        if not free.size:
            continue
        served = np.isin(label[free], label[given >= 0])
        order = np.lexsort((free, problem.travel_cost[free, station], served))
        given[free[order[0]]] = station
    return given


def mend(
    problem: CatchmentProblem, possible: NDArray[np.bool_], broken: NDArray[np.int32]
) -> NDArray[np.int32] | None:
    """A contiguous division near a broken one: of every catchment the main piece is kept."""
    kept = np.full(problem.n_units, -1, dtype=np.int32)
    for station in range(problem.n_stations):
        parts = pieces(problem, np.flatnonzero(broken == station))
        if not parts:
            continue
        home = int(problem.station_home[station])
        with_home = [part for part in parts if home in part]
        part = with_home[0] if with_home else max(parts, key=len)
        kept[part] = station
    return grow(problem, possible, kept)


def improve(
    problem: CatchmentProblem,
    possible: NDArray[np.bool_],
    start: Division,
    tolerance: int,
    iterations: int,
    clock: StopClock,
) -> Division:
    """The best division that a tabu search finds from a start.

    Args:
        problem: the catchments.
        possible: bool[u, k], pairs that may be.
        start: a contiguous division.
        tolerance: deviation in ppm up to which only travel counts.
        iterations: most moves.
        clock: the stop rule.
    """
    search = _Tabu(problem, possible, start, tolerance)
    for step in range(iterations):
        if step % 16 == 0 and clock.reason() is not None:
            break
        if not search.step(step):
            break
    return search.best


class _Tabu:
    """One tabu search: the division as it is, work by station, price of work outside the band."""

    def __init__(
        self,
        problem: CatchmentProblem,
        possible: NDArray[np.bool_],
        start: Division,
        tolerance: int,
    ) -> None:
        self.problem, self.tolerance, self.best = problem, tolerance, start
        self.given = start.unit_station.copy()
        self.work = work_of(problem, self.given)
        self.low, self.high = band(problem, tolerance)
        self.price = _first_price(problem)
        bound = problem.bound_to
        unit = csr_rows(problem.neighbour_indptr)
        free = bound[unit] < 0
        self.unit, self.beside = unit[free], problem.neighbour[free].astype(np.int64)
        self.possible = possible
        self.until = np.zeros((problem.n_units, problem.n_stations), dtype=np.int64)
        self.inside = self.outside = 0

    def step(self, number: int) -> bool:
        """Make the best move that is not tabu; False where there is none."""
        unit, to = self.unit, self.given[self.beside]
        keep = (self.given[unit] != to) & self.possible[unit, to]
        unit, to = unit[keep], to[keep]
        if not unit.size:
            return False
        gone, excess = self._changes(unit, to)
        value = gone + self.price * excess
        value[self.until[unit, to] > number] += np.inf
        for at in np.argsort(value, kind="stable").tolist():
            if not np.isfinite(value[at]):
                return False
            if self._may_leave(int(unit[at])):
                self._move(int(unit[at]), int(to[at]), number)
                return True
        return False

    def _changes(
        self, unit: NDArray[np.int64], to: NDArray[np.int32]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Travel and work outside the band that every move adds."""
        here, work = self.given[unit], self.problem.unit_work[unit]
        cost = self.problem.travel_cost
        travel = work * (cost[unit, to] - cost[unit, here])
        before = self._excess(here, self.work[here]) + self._excess(to, self.work[to])
        after = self._excess(here, self.work[here] - work) + self._excess(to, self.work[to] + work)
        return travel.astype(np.float64), after - before

    def _excess(self, station: NDArray[np.int32], work: NDArray[np.int64]) -> NDArray[np.int64]:
        short, over = self.low[station] - work, work - self.high[station]
        excess: NDArray[np.int64] = np.maximum(np.maximum(short, over), 0)
        return excess

    def _may_leave(self, unit: int) -> bool:
        """Whether its catchment stays in one piece, and is not left empty."""
        mine = self.given == self.given[unit]
        mine[unit] = False
        own = [near for near in _near(self.problem, unit) if mine[near]]
        if not own:
            return False
        if len(own) == 1:
            return True
        wanted, seen, stack = set(own[1:]), {own[0]}, [own[0]]
        while stack and wanted:
            for near in _near(self.problem, stack.pop()):
                if mine[near] and near not in seen:
                    seen.add(near)
                    wanted.discard(near)
                    stack.append(near)
        return not wanted

    def _move(self, unit: int, to: int, number: int) -> None:
        here, work = int(self.given[unit]), int(self.problem.unit_work[unit])
        self.given[unit] = to
        self.work[here] -= work
        self.work[to] += work
        self.until[unit, here] = number + _TENURE + unit % 4
        kept = bool(np.all((self.work >= self.low) & (self.work <= self.high)))
        self._set_price(kept)
        if kept or self.best.deviation > self.tolerance:
            now = division_of(self.problem, self.given)
            if now.better_than(self.best, self.tolerance):
                self.best = now

    def _set_price(self, kept: bool) -> None:
        self.inside, self.outside = (self.inside + 1, 0) if kept else (0, self.outside + 1)
        if self.inside >= _PATIENCE:
            self.price, self.inside = max(self.price / _PRICE_STEP, 1e-6), 0
        elif self.outside >= _PATIENCE:
            self.price, self.outside = min(self.price * _PRICE_STEP, 1e12), 0


def _first_price(problem: CatchmentProblem) -> float:
    allowed = problem.travel_cost[problem.travel_cost >= 0]
    return float(np.ptp(allowed)) + 1.0 if allowed.size else 1.0
