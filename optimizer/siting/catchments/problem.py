"""Catchments (责任片区): whole units (communities) given to one station each, on arrays.

Every catchment is contiguous. Two aims are ranked: first balance, then nearness.

1. The *deviation* of a station is ``|work - target| / target`` in parts per million, rounded up;
   its target is its share of all work. The largest deviation over the stations should not
   exceed the request's tolerance; where that cannot be, it is made as small as possible.
2. Of all divisions that keep it, the one with least work-weighted travel is wanted:
   ``sum(unit_work[u] * travel_cost[u, station of u])``.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.faults import Fault, FaultError, Faults
from optimizer.arrays import csr_rows, read_only
from optimizer.codes import (
    BAD_ARRAY,
    BAD_INDEX,
    BAD_LENGTH,
    BAD_REQUEST,
    BAD_VALUE,
    FIXED_AWAY_FROM_HOME,
    HOME_TWICE,
)
from optimizer.result import SolveResult

__all__ = [
    "PPM",
    "CatchmentAnswer",
    "CatchmentProblem",
    "CatchmentRequest",
    "band",
    "deviations",
    "travel_of",
    "work_of",
]

PPM = 1_000_000
_TOTAL_LIMIT = 2**62


@dataclass(frozen=True, eq=False, kw_only=True)
class CatchmentProblem:
    """u units and k stations; arrays are copied, checked once and read-only afterwards.

    Attributes:
        unit_work: int64[u], expected work of a unit in any unit of the caller, >= 0.
        neighbour_indptr: int64[u + 1], CSR rows of the adjacency.
        neighbour: int32[e], neighbours of every unit, ascending; symmetric, never the unit.
        travel_cost: int64[u, k], cost of one piece of work, -1 where the unit may not be given
            to the station.
        station_home: int32[k], unit in which the station stands and which belongs to its
            catchment; -1 for none. Without a home a catchment may lie anywhere, or be empty.
        station_share: int64[k], >= 1: targets are proportional to it.
        unit_station: int32[u], station to which the unit is bound, -1 for free.

    Raises:
        FaultError: with every fault found (CC-O001 .. CC-O004, CC-O170, CC-O171).
    """

    unit_work: NDArray[np.int64]
    neighbour_indptr: NDArray[np.int64]
    neighbour: NDArray[np.int32]
    travel_cost: NDArray[np.int64]
    station_home: NDArray[np.int32]
    station_share: NDArray[np.int64]
    unit_station: NDArray[np.int32]

    def __post_init__(self) -> None:
        faults = Faults()
        for name, dtype in _DTYPES.items():
            try:
                ndim = 2 if name == "travel_cost" else 1
                object.__setattr__(self, name, read_only(getattr(self, name), dtype, ndim))
            except (TypeError, ValueError) as error:
                faults.add(BAD_ARRAY(field=name, why=str(error)))
        faults.raise_if_any()
        self._check_lengths(faults)
        faults.raise_if_any()
        self._check_values(faults)
        faults.raise_if_any()
        self._check_adjacency(faults)
        self._check_stations(faults)
        faults.raise_if_any()

    @property
    def n_units(self) -> int:
        """Number of units, u."""
        return int(self.unit_work.size)

    @property
    def n_stations(self) -> int:
        """Number of stations, k."""
        return int(self.station_home.size)

    @property
    def bound_to(self) -> NDArray[np.int32]:
        """int32[u], station of every unit that is bound or a home, -1 for the others."""
        bound = self.unit_station.copy()
        at_home = np.flatnonzero(self.station_home >= 0)
        bound[self.station_home[at_home]] = at_home
        return bound

    def replace(self, **changes: Any) -> CatchmentProblem:
        """A variant with some fields changed, validated anew."""
        return dataclasses.replace(self, **changes)

    def _check_lengths(self, faults: Faults) -> None:
        expected = {
            "neighbour_indptr": self.n_units + 1,
            "station_share": self.n_stations,
            "unit_station": self.n_units,
        }
        for name, length in expected.items():
            if getattr(self, name).size != length:
                got = getattr(self, name).size
                faults.add(BAD_LENGTH(field=name, got=got, expected=length))
        shape = (self.n_units, self.n_stations)
        if self.travel_cost.shape != shape:
            why = f"shape {self.travel_cost.shape}, expected {shape}"
            faults.add(BAD_ARRAY(field="travel_cost", why=why))

    def _check_values(self, faults: Faults) -> None:
        for name, least in (("unit_work", 0), ("travel_cost", -1), ("station_share", 1)):
            column = getattr(self, name)
            if column.size and column.min() < least:
                faults.add(BAD_VALUE(field=name, value=int(column.min()), rule=f">= {least}"))
        for name, count in (("station_home", self.n_units), ("unit_station", self.n_stations)):
            column = getattr(self, name)
            outside = (column < -1) | (column >= count)
            if outside.any():
                value = int(column[outside][0])
                faults.add(BAD_INDEX(field=name, value=value, last=count - 1))
        if self.n_stations == 0:
            faults.add(BAD_ARRAY(field="station_home", why="there is no station"))
        largest = int(self.travel_cost.max(initial=0))
        if sum(self.unit_work.tolist()) * max(largest, PPM) >= _TOTAL_LIMIT:
            faults.add(BAD_ARRAY(field="unit_work", why="work times cost leaves 62 bits"))

    def _check_adjacency(self, faults: Faults) -> None:
        indptr, neighbour = self.neighbour_indptr, self.neighbour
        if indptr[0] != 0 or indptr[-1] != neighbour.size or np.any(np.diff(indptr) < 0):
            faults.add(BAD_ARRAY(field="neighbour_indptr", why="it is no ascending CSR pointer"))
            return
        outside = (neighbour < 0) | (neighbour >= self.n_units)
        if outside.any():
            value = int(neighbour[outside][0])
            faults.add(BAD_INDEX(field="neighbour", value=value, last=self.n_units - 1))
            return
        row = csr_rows(indptr)
        ahead = row * self.n_units + neighbour
        if np.any(np.diff(ahead) <= 0):
            faults.add(BAD_ARRAY(field="neighbour", why="neighbours do not ascend strictly"))
        back = np.sort(neighbour.astype(np.int64) * self.n_units + row)
        if not np.array_equal(np.sort(ahead), back) or np.any(row == neighbour):
            faults.add(BAD_ARRAY(field="neighbour", why="it is not symmetric, or has loops"))

    def _check_stations(self, faults: Faults) -> None:
        homes = self.station_home[self.station_home >= 0]
        units, counts = np.unique(homes, return_counts=True)
        for unit in units[counts > 1].tolist():
            faults.add(HOME_TWICE(unit=unit))
        for station, unit in enumerate(self.station_home.tolist()):
            if unit >= 0 and self.unit_station[unit] not in (-1, station):
                other = int(self.unit_station[unit])
                faults.add(FIXED_AWAY_FROM_HOME(unit=unit, station=station, other=other))


_DTYPES: dict[str, str] = {
    "unit_work": "int64",
    "neighbour_indptr": "int64",
    "neighbour": "int32",
    "travel_cost": "int64",
    "station_home": "int32",
    "station_share": "int64",
    "unit_station": "int32",
}


@dataclass(frozen=True)
class CatchmentRequest:
    """How even the work should be.

    Attributes:
        tolerance_ppm: largest deviation from the target that is as good as none, in parts per
            million (100,000 for 10 %).

    Raises:
        FaultError: a negative tolerance (CC-O005).
    """

    tolerance_ppm: int = 100_000

    def __post_init__(self) -> None:
        if self.tolerance_ppm < 0:
            raise FaultError([BAD_REQUEST(why="the tolerance is negative")])


@dataclass(frozen=True, eq=False)
class CatchmentAnswer:
    """Who serves which unit, and what is proved of it.

    Attributes:
        unit_station: int32[u], the station of every unit; empty without an answer.
        deviation_ppm: largest deviation from a target, None without an answer.
        deviation_bound_ppm: proved lower bound on ``max(deviation, tolerance)``.
        result: of the travel: the objective is the work-weighted travel, the bound holds for all
            divisions that deviate no more than ``max(deviation_ppm, tolerance)``. The status is
            optimal only where both aims are proved.
        reasons: what makes the problem infeasible, where it was found without a search.
    """

    unit_station: NDArray[np.int32]
    deviation_ppm: int | None
    deviation_bound_ppm: int
    result: SolveResult
    reasons: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit_station", read_only(self.unit_station, "int32"))


def work_of(problem: CatchmentProblem, unit_station: NDArray[Any]) -> NDArray[np.int64]:
    """int64[k], work of every station."""
    work = np.zeros(problem.n_stations, dtype=np.int64)
    np.add.at(work, unit_station, problem.unit_work)
    return work


def travel_of(problem: CatchmentProblem, unit_station: NDArray[Any]) -> int:
    """Work-weighted travel of a division."""
    cost = problem.travel_cost[np.arange(problem.n_units), unit_station]
    return int(problem.unit_work @ cost)


def deviations(problem: CatchmentProblem, work: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[k], deviation of every station's work from its target, ppm rounded up."""
    total, shares = int(problem.unit_work.sum()), problem.station_share.tolist()
    if total == 0:
        return np.zeros(problem.n_stations, dtype=np.int64)
    whole = sum(shares)
    return np.array(
        [
            -(-PPM * abs(whole * mine - share * total) // (share * total))
            for mine, share in zip(work.tolist(), shares, strict=True)
        ],
        dtype=np.int64,
    )


def band(problem: CatchmentProblem, ppm: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Least and most work of every station, int64[k] each, that deviate no more than ``ppm``."""
    total, shares = int(problem.unit_work.sum()), problem.station_share.tolist()
    whole = sum(shares) * PPM
    low = [max(0, -(-share * total * (PPM - ppm) // whole)) for share in shares]
    high = [share * total * (PPM + ppm) // whole for share in shares]
    return np.array(low, dtype=np.int64), np.array(high, dtype=np.int64)
