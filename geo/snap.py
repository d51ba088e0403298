"""Points and their places on the street network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer

from base.faults import FaultError
from geo.codes import BAD_POSITION
from geo.modes import TravelMode
from geo.network import StreetNetwork

__all__ = ["Snapped", "snap"]


@dataclass(frozen=True, eq=False)
class Snapped:
    """n points attached to a network.

    Attributes:
        edge: int32[n], the edge that a point hangs on; -1 where the mode may use no edge at all.
        along: float64[n], metres from the edge's u end, within 0..edge_length.
        access: float64[n], metres of the straight leg between the point and the edge.
        x, y: float64[n], the points themselves in the network's metric system.
    """

    edge: NDArray[np.int32]
    along: NDArray[np.float64]
    access: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name, dtype in _DTYPES.items():
            column = np.array(getattr(self, name), dtype=dtype, order="C", copy=True)
            column.flags.writeable = False
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return int(self.edge.size)

    def take(self, rows: ArrayLike) -> Snapped:
        """Some of the points, by index or mask."""
        chosen: Any = np.asarray(rows)
        if chosen.size == 0 and chosen.dtype != np.bool_:
            chosen = chosen.astype(np.intp)  # an empty list comes as floats
        return Snapped(**{name: getattr(self, name)[chosen] for name in _DTYPES})


_DTYPES = {
    "edge": "int32",
    "along": "float64",
    "access": "float64",
    "x": "float64",
    "y": "float64",
}


def snap(
    network: StreetNetwork,
    lon: ArrayLike,
    lat: ArrayLike,
    mode: TravelMode,
    *,
    connected: bool = False,
) -> Snapped:
    """Attach points to the nearest edge that the mode may travel, at the nearest position on it.

    Args:
        network: the streets.
        lon: float64[n], degrees, WGS 84.
        lat: float64[n], degrees, WGS 84.
        mode: decides which edges count. Of edges equally near, the lowest number wins.
        connected: only edges from which the mode gets to all others and back
            (:meth:`StreetNetwork.connected`), so that no point ends on an island.

    Raises:
        FaultError: positions that are not finite or lie off the globe (CC-G108).
    """
    lon = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    lat = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    if not good.all():
        bad = np.flatnonzero(~good)
        raise FaultError([BAD_POSITION(count=int(bad.size), first=int(bad[0]))])
    to_metric = Transformer.from_crs("EPSG:4326", network.crs, always_xy=True)
    x, y = to_metric.transform(lon, lat)
    return _attach(network, np.asarray(x), np.asarray(y), mode, connected)


def _attach(
    network: StreetNetwork,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    mode: TravelMode,
    connected: bool,
) -> Snapped:
    tree, edges = _index(network, mode, connected)
    edge = np.full(x.size, -1, dtype=np.int32)
    along, access = np.zeros(x.size), np.zeros(x.size)
    if edges.size == 0 or x.size == 0:
        return Snapped(edge, along, access, x, y)
    points = shapely.points(x, y)
    row, hit = tree.query_nearest(points, all_matches=True)
    nearest = np.full(x.size, edges.size, dtype=np.int64)
    np.minimum.at(nearest, row, hit)  # edges ascend, so the lowest hit is the lowest edge
    edge[:] = edges[nearest]
    line = network.lines()[edge]
    drawn = shapely.length(line)
    share = np.divide(
        shapely.line_locate_point(line, points), drawn, out=np.zeros(x.size), where=drawn > 0
    )
    length = network.edge_length[edge]
    along = np.clip(share, 0.0, 1.0) * length
    access = shapely.distance(line, points)
    return Snapped(edge, along, access, x, y)


def _index(
    network: StreetNetwork, mode: TravelMode, connected: bool
) -> tuple[shapely.STRtree, NDArray[np.int64]]:
    key = ("edge index", mode.bit, connected)
    found: tuple[shapely.STRtree, NDArray[np.int64]] | None = network._memo.get(key)
    if found is None:
        open_edges = network.connected(mode) if connected else network.usable(mode)
        edges = np.flatnonzero(open_edges)
        found = shapely.STRtree(network.lines()[edges]), edges
        network._memo[key] = found
    return found
