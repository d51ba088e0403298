"""On foot through a scenario's streets: what siting and plans share of snapping and searching."""

from __future__ import annotations

import time
from collections.abc import Callable

import geopandas as gpd

from geo.modes import TravelMode
from geo.snap import Snapped, snap
from optimizer.stop import Progress, ProgressCallback
from scenarios.district import District

__all__ = ["BASE_SPEED", "snap_points", "tell_search"]

BASE_SPEED = 1.0
"""Speed of the street search in m/s: a cost of 1 ms is then 1 mm of way."""


def snap_points(district: District, points: gpd.GeoSeries, mode: TravelMode) -> Snapped:
    """Points (WGS 84) on the district's streets."""
    return snap(district.streets, points.x.to_numpy(), points.y.to_numpy(), mode)


def tell_search(progress: ProgressCallback | None) -> Callable[[int, int], None] | None:
    """Progress of a street search in the words of the solvers."""
    if progress is None:
        return None
    started = time.perf_counter()

    def tell(done: int, _: int) -> None:
        progress(Progress("reach", time.perf_counter() - started, iterations=done))

    return tell
