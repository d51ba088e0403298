"""Catchments as an integer program, contiguity by cuts between solves.

Hess et al. (1965) with the stations as centres: ``x[u, k]`` gives unit u to station k,

    min  sum work[u] cost[u, k] x[u, k]
    s.t. sum_k x[u, k] = 1,   low[k] <= sum_u work[u] x[u, k] <= high[k],

and contiguity by separators (Validi, Buchanan and Lykhovyd 2022): wherever the units S separate
u from the home of k, ``x[u, k] <= sum_{s in S} x[s, k]``; for a station without a home,
``x[u, k] + x[v, k] <= 1 + sum_{s in S} x[s, k]`` for two units that S separates. Separators are
shrunk to minimal ones (Fischetti et al. 2017). A unit's neighbours always separate it from a home
that is not among them: those cuts are in from the start, the others follow as solutions break
them. A model short of cuts is a relaxation, so every bound holds.

For the best balance the band is left open: with deviation d, ``|work of k - target| <=
target * d / 10^6``, and d is minimised from the tolerance up.
"""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.catchments.problem import PPM, CatchmentProblem, band
from optimizer.siting.catchments.start import pieces
from optimizer.siting.highs import Model

__all__ = ["DivisionModel"]

_CUTS_PER_PIECE = 12
_TRACE = 1e-4
"""A smaller part of a unit is taken for the solver's tolerance."""
_HALF = 0.5
"""Rows of integers are relaxed by half a unit: rounding in the solver then cuts nothing off."""


class DivisionModel:
    """A growing model of the divisions of a problem.

    Args:
        problem: the catchments.
        possible: bool[u, k], pairs that may be.
        ppm: work keeps this deviation; None to minimise it from ``least_ppm`` up.
        least_ppm: tolerance, of use only where ``ppm`` is None.
    """

    def __init__(
        self,
        problem: CatchmentProblem,
        possible: NDArray[np.bool_],
        *,
        ppm: int | None,
        least_ppm: int = 0,
    ) -> None:
        self.problem, self.balances, self._least = problem, ppm is None, least_ppm
        self.unit, self.station = np.nonzero(possible)
        self.column = np.full(possible.shape, -1, dtype=np.int64)
        self.column[self.unit, self.station] = np.arange(self.unit.size)
        travel = problem.unit_work[self.unit] * problem.travel_cost[self.unit, self.station]
        self.unit_of_objective = 1 if self.balances else max(1, gcd(*travel.tolist()))
        self._travel = travel // self.unit_of_objective
        self._rows: list[tuple[NDArray[np.int64], NDArray[np.float64], float, float]] = []
        self._seen: set[tuple[int, ...]] = set()
        self._give_all_away()
        self._balance(ppm)
        self._touch_neighbours()

    def model(self) -> Model:
        """The program with the cuts so far."""
        x = self.unit.size
        extra = int(self.balances)
        cost = np.zeros(x + extra)
        lower, upper = np.zeros(x + extra), np.ones(x + extra)
        if self.balances:
            cost[x], lower[x], upper[x] = 1.0, float(self._least), np.inf
        else:
            cost[:x] = self._travel
        lower[self._bound_columns()] = 1.0
        integer = np.ones(x + extra, dtype=bool)
        integer[x:] = False
        sizes = [row[0].size for row in self._rows]
        return Model(
            cost=cost,
            lower=lower,
            upper=upper,
            integer=integer,
            row_lower=np.array([row[2] for row in self._rows]),
            row_upper=np.array([row[3] for row in self._rows]),
            indptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
            index=np.concatenate([row[0] for row in self._rows]).astype(np.int32),
            value=np.concatenate([row[1] for row in self._rows]),
            integral=not self.balances,
        )

    def values_of(self, unit_station: NDArray[np.int32], deviation: int) -> NDArray[np.float64]:
        """The columns' values of a division, to start from."""
        values = np.zeros(self.unit.size + int(self.balances))
        values[self.column[np.arange(self.problem.n_units), unit_station]] = 1.0
        if self.balances:
            values[-1] = max(deviation, self._least)
        return values

    def division(self, values: NDArray[np.float64]) -> NDArray[np.int32]:
        """int32[u], the station of every unit in a solution."""
        given = np.zeros(self.problem.n_units, dtype=np.int32)
        chosen = values[: self.unit.size] > _HALF
        given[self.unit[chosen]] = self.station[chosen]
        return given

    def cut_off(self, given: NDArray[np.int32]) -> int:
        """Add cuts that a division in several pieces breaks; gives how many."""
        before = len(self._rows)
        for station in range(self.problem.n_stations):
            parts = pieces(self.problem, np.flatnonzero(given == station))
            home = int(self.problem.station_home[station])
            if home >= 0:
                for part in parts:
                    if home not in part:
                        self._separate_from_home(station, home, part)
            elif len(parts) > 1:
                parts.sort(key=len)
                for part in parts[:-1]:
                    self._separate_pieces(station, part, parts[-1])
        return len(self._rows) - before

    def cut_off_relaxed(self, values: NDArray[np.float64]) -> int:
        """Add cuts that a solution of the relaxation breaks; gives how many.

        Units that a station with a home has a part of, in a piece without the home, break the
        separator between them and the home by that very part.
        """
        before = len(self._rows)
        part_of = np.zeros(self.column.shape)
        part_of[self.unit, self.station] = values[: self.unit.size]
        for station, home in enumerate(self.problem.station_home.tolist()):
            if home < 0:
                continue
            for part in pieces(self.problem, np.flatnonzero(part_of[:, station] > _TRACE)):
                if home not in part:
                    self._separate_from_home(station, home, part)
        return len(self._rows) - before

    # -- rows ----------------------------------------------------------------------------------

    def _add(
        self, columns: NDArray[np.int64], values: NDArray[np.float64], low: float, high: float
    ) -> None:
        self._rows.append((columns, values, low, high))

    def _give_all_away(self) -> None:
        for unit in range(self.problem.n_units):
            mine = self.column[unit]
            mine = mine[mine >= 0]
            self._add(mine, np.ones(mine.size), 1.0, 1.0)

    def _balance(self, ppm: int | None) -> None:
        problem = self.problem
        total, shares = int(problem.unit_work.sum()), problem.station_share.tolist()
        low, high = band(problem, ppm if ppm is not None else 0)
        for station, share in enumerate(shares):
            mine = self.column[:, station]
            work = problem.unit_work[mine >= 0].astype(np.float64)
            mine = mine[mine >= 0]
            if ppm is not None:
                self._add(mine, work, float(low[station]) - _HALF, float(high[station]) + _HALF)
                continue
            target = share * total / sum(shares)
            columns = np.append(mine, self.unit.size)
            self._add(columns, np.append(work, target / PPM), target, np.inf)
            self._add(columns, np.append(work, -target / PPM), -np.inf, target)

    def _touch_neighbours(self) -> None:
        """A unit of a catchment that is not its home has a neighbour in it."""
        problem = self.problem
        for unit, station in zip(self.unit.tolist(), self.station.tolist(), strict=True):
            home = int(problem.station_home[station])
            span = slice(*problem.neighbour_indptr[unit : unit + 2].tolist())
            near = problem.neighbour[span]
            if home in (-1, unit) or home in near:
                continue
            self._imply(station, [unit], near.tolist(), 0.0)

    def _separate_from_home(self, station: int, home: int, part: list[int]) -> None:
        between = self._between(station, part, home)
        for unit in part[:_CUTS_PER_PIECE]:
            self._imply(station, [unit], between, 0.0)

    def _separate_pieces(self, station: int, part: list[int], main: list[int]) -> None:
        between = self._between(station, part, main[0])
        heavy = max(main, key=lambda unit: (int(self.problem.unit_work[unit]), -unit))
        for unit in part[:_CUTS_PER_PIECE]:
            self._imply(station, [unit, heavy], between, 1.0)

    def _imply(self, station: int, units: list[int], between: list[int], free: float) -> None:
        """``sum of units - sum of between <= free``, once."""
        key = (station, *units, -1, *between)
        if key in self._seen:
            return
        self._seen.add(key)
        columns = self.column[[*units, *between], station]
        values = np.concatenate([np.ones(len(units)), -np.ones(len(between))])
        kept = columns >= 0
        self._add(columns[kept], values[kept], -np.inf, free)

    def _between(self, station: int, part: list[int], home: int) -> list[int]:
        """The units beside a piece that can be reached from the home without crossing them."""
        inside = set(part)
        around = {near for unit in part for near in self._near(unit)} - inside
        around = {unit for unit in around if self.column[unit, station] >= 0}
        seen, stack, hit = {home}, [home], set[int]()
        while stack:
            for near in self._near(stack.pop()):
                if near in around:
                    hit.add(near)
                elif near not in seen and near not in inside and self.column[near, station] >= 0:
                    seen.add(near)
                    stack.append(near)
        return sorted(hit)

    def _near(self, unit: int) -> list[int]:
        span = slice(*self.problem.neighbour_indptr[unit : unit + 2].tolist())
        near: list[int] = self.problem.neighbour[span].tolist()
        return near

    def _bound_columns(self) -> NDArray[np.int64]:
        bound = self.problem.bound_to
        units = np.flatnonzero(bound >= 0)
        return self.column[units, bound[units]]
