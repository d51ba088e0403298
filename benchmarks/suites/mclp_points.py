"""``mclp-points``: street points of the Bronx and San Francisco as maximal covering."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.mclp import read_covering_points
from benchmarks.suite import Case, Suite
from benchmarks.suites.covering import Covering, our_solver, peer_solvers
from benchmarks.suites.siting_peers import PACKAGES

__all__ = ["MCLP_POINTS"]

_EARTH_M = 6_378_137.0
_RADIUS_M = 600.0
_P = (50, 60, 70, 80, 90, 100)
_BLOCK = 256


class Source(NamedTuple):
    """A file and the number of sites."""

    path: Path
    p: int


def cases(data: Path | None) -> list[Case]:
    """``<name>-p<p>`` for 50 to 100 sites."""
    folder = None if data is None else data / "mclp"
    if folder is None or not folder.is_dir():
        return []
    return [
        Case(f"{path.stem}-p{p}", Source(path, p), "max")
        for path in sorted(folder.glob("*.txt"))
        for p in _P
    ]


def haversine(from_deg: NDArray[np.float64], to_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres float64[a, b] on the sphere between latitude-longitude pairs in degrees."""
    a, b = np.radians(from_deg), np.radians(to_deg)
    north = np.sin((a[:, None, 0] - b[None, :, 0]) / 2) ** 2
    east = np.sin((a[:, None, 1] - b[None, :, 1]) / 2) ** 2
    across = np.cos(a[:, None, 0]) * np.cos(b[None, :, 0]) * east
    metres: NDArray[np.float64] = 2 * _EARTH_M * np.arcsin(np.sqrt(np.minimum(1.0, north + across)))
    return metres


def load(source: Source) -> Covering:
    """Cover lists by all pairs, a block of rows at a time."""
    points, demand = read_covering_points(source.path)
    started = time.perf_counter()
    counts, parts = [], []
    for first in range(0, len(points), _BLOCK):
        near = haversine(points[first : first + _BLOCK], points) <= _RADIUS_M
        counts.append(near.sum(axis=1))
        parts.append(np.nonzero(near)[1].astype(np.int32))
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    covered = np.concatenate(parts)
    built = time.perf_counter() - started

    def value(open_sites: NDArray[np.int64]) -> float:
        near = haversine(points[open_sites], points) <= _RADIUS_M
        return float(demand[near.any(axis=0)].sum())

    return Covering(indptr, covered, demand, source.p, value, built)


MCLP_POINTS = Suite(
    name="mclp-points",
    about="max covered demand, haversine (R = 6,378,137 m) <= 600 m; list building counts",
    seconds=300.0,
    cases=cases,
    ours=our_solver(load),
    peers=peer_solvers(load),
    packages=PACKAGES,
    smoke=("Bronx-p50", 3.0),
)
