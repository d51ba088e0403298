"""Travel times in the town, measured on the same streets as the jobs measure them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo.matrix import travel_matrix
from geo.modes import ebike, walk
from geo.snap import snap
from geo.streets import from_lines
from scenarios.records import Mode, Place
from scenarios.rounds import CARER_WALK_SPEED
from scenarios.town.plane import METRIC_CRS

__all__ = ["Ways", "measure_ways"]

_SPEED = {Mode.WALK: CARER_WALK_SPEED, Mode.EBIKE: ebike().speed}
_ROUNDING = 2
"""Seconds by which these ways are longer, so that rounding never makes a plan late."""


@dataclass(frozen=True)
class Ways:
    """Metres between places, int32[P, P], along the streets."""

    metres: NDArray[np.int32]

    def seconds(self, start: int, mode: Mode) -> NDArray[np.int64]:
        """Seconds from one place to every place, int64[P]."""
        row = self.metres[start]
        return np.where(row > 0, np.ceil(row / _SPEED[mode]).astype(np.int64) + _ROUNDING, 0)

    def between(self, start: int, end: int, mode: Mode) -> int:
        """Seconds from one place to another."""
        metres = int(self.metres[start, end])
        return ceil(metres / _SPEED[mode]) + _ROUNDING if metres else 0


def measure_ways(streets: gpd.GeoDataFrame, places: Sequence[Place]) -> Ways:
    """Measure between all places on the streets where people walk and ride."""
    open_streets = streets[streets["class"] != "expressway"]
    network = from_lines(open_streets, metric_crs=METRIC_CRS).largest_component()
    mode = walk(1.0)
    lon = np.array([place.lon for place in places])
    lat = np.array([place.lat for place in places])
    metres = travel_matrix(network, snap(network, lon, lat, mode), mode).metres
    return Ways(metres)
