"""From the town's plane to the globe: a smooth warp, a turn, and a UTM zone.

The town lies in open grassland at about 116.6 E, 44.3 N, where no city stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

__all__ = ["METRIC_CRS", "WGS84", "Plane", "stream"]

METRIC_CRS = "EPSG:32650"
WGS84 = "EPSG:4326"
_ORIGIN_LON, _ORIGIN_LAT = 116.6, 44.3
_TURN = np.deg2rad(5.0)
_LONGEST_STRAIGHT = 80.0


def stream(seed: int, topic: int) -> np.random.Generator:
    """A random stream of its own for every topic, so that a change in one leaves the rest."""
    return np.random.default_rng([seed, topic])


@dataclass(frozen=True)
class Plane:
    """Maps the straight construction plane (metres) to WGS 84.

    Main roads are built straight and bent here by a sum of long sine waves, which keeps every
    junction a junction.
    """

    width: float
    height: float
    amplitude: float
    phases: tuple[float, ...]

    @classmethod
    def draw(cls, width: float, height: float, seed: int) -> Plane:
        """A plane with random bends."""
        phases = stream(seed, 1).uniform(0.0, 2.0 * np.pi, 4)
        return cls(width, height, 0.016 * min(width, height), tuple(float(p) for p in phases))

    def to_metric(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Plane coordinates [n, 2] to UTM metres [n, 2]."""
        x, y = xy[:, 0], xy[:, 1]
        a, phases, tau = self.amplitude, self.phases, 2.0 * np.pi
        bent_x = x + a * np.sin(tau * y / (0.9 * self.height) + phases[0])
        bent_x += 0.4 * a * np.sin(tau * x / (0.6 * self.width) + phases[1])
        bent_y = y + a * np.sin(tau * x / (0.8 * self.width) + phases[2])
        bent_y += 0.4 * a * np.sin(tau * y / (0.7 * self.height) + phases[3])
        east, north = _origin()
        cos, sin = np.cos(_TURN), np.sin(_TURN)
        turned = [east + cos * bent_x - sin * bent_y, north + sin * bent_x + cos * bent_y]
        return np.column_stack(turned)

    def to_wgs84(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Plane coordinates [n, 2] to lon/lat [n, 2], rounded to about a centimetre."""
        metric = self.to_metric(xy)
        back = Transformer.from_crs(METRIC_CRS, WGS84, always_xy=True)
        lon, lat = back.transform(metric[:, 0], metric[:, 1])
        return np.round(np.column_stack([lon, lat]), 7)

    def frame(self, columns: dict[str, Any], geometry: Iterable[Any]) -> gpd.GeoDataFrame:
        """A WGS 84 layer of plane geometries with these columns."""
        shapes = np.asarray(list(geometry), dtype=object)
        if shapes.size and shapely.get_dimensions(shapes).max() > 0:
            shapes = shapely.segmentize(shapes, _LONGEST_STRAIGHT)
        bent = shapely.transform(shapes, self.to_wgs84) if shapes.size else shapes
        bent = np.where(
            shapely.is_valid(bent),
            bent,
            shapely.make_valid(bent, method="structure", keep_collapsed=False),
        )
        return gpd.GeoDataFrame(columns, geometry=bent, crs=WGS84)


def _origin() -> tuple[float, float]:
    ahead = Transformer.from_crs(WGS84, METRIC_CRS, always_xy=True)
    east, north = ahead.transform(_ORIGIN_LON, _ORIGIN_LAT)
    return round(float(east)), round(float(north))
