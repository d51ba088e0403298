"""How well a layer lies on the streets: the statistics behind the check of declared systems.

In a dense street network a layer that is shifted by 500 m still lies close to *some* street, so
the median distance alone cannot tell a shifted layer. Two statistics can:

* **Distance**: the mean distance to the nearest street, capped at 100 m. A layer of a district
  whose streets end at the district's edge loses one side of itself when it is shifted.
* **Alignment** (lines and outlines only): the share of the length that runs along a street, within
  10 m and 12 degrees of one, of what lies inside the streets' area. Outlines of parcels and
  sub-districts follow streets; shifted ones do so only by chance.

Either counts only where it *peaks*: displaced copies all around a true position fit worse, while
a wrong hypothesis that merely drifts towards the streets is beaten by a copy that drifts further.
All positions here are metres in the network's system, shape [n, 2].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from shapely.strtree import STRtree

__all__ = ["CAP_M", "Samples", "Shapes", "StreetIndex", "displaced", "sample"]

XY = NDArray[np.float64]

CAP_M = 100.0
"""Beyond this distance a place is off the streets, however far."""

ALONG_M = 10.0
ALONG_RAD = np.radians(12.0)

_MOST_POINTS = 1_500
_MOST_PIECES = 9_000
_HULL_POINTS = 20_000
_HULL_RATIO = 0.1


class Shapes(Protocol):
    """What is needed of a street network (``geo.network.StreetNetwork``)."""

    @property
    def crs(self) -> str:
        """Metric system."""

    @property
    def shape_indptr(self) -> NDArray[np.int64]:
        """int64[E + 1]: first vertex of each edge."""

    @property
    def shape_x(self) -> NDArray[np.float64]:
        """float64[V]: metres."""

    @property
    def shape_y(self) -> NDArray[np.float64]:
        """float64[V]: metres."""


@dataclass(frozen=True)
class Samples:
    """Evenly spaced short pieces of a layer's lines and outlines, in the file's coordinates.

    A point is a piece without length: its ``start`` and ``end`` are the same.
    """

    start: XY
    end: XY
    drawn: bool
    """Lines or polygons, not points."""

    def thinned(self, most: int = _MOST_POINTS) -> Samples:
        """At most so many pieces, evenly chosen."""
        if len(self.start) <= most:
            return self
        kept = np.linspace(0, len(self.start) - 1, most).astype(np.int64)
        return Samples(self.start[kept], self.end[kept], self.drawn)


def sample(frame: GeoDataFrame) -> Samples:
    """Points as they are; lines and outlines cut into at most some 9,000 equal pieces."""
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    dimension = shapely.get_dimensions(shapes)
    drawn = bool((dimension > 0).any())
    if not drawn:
        places = shapely.get_coordinates(shapes)
        return Samples(places, places, drawn)
    lines = np.where(dimension == 2, shapely.boundary(shapes), shapes)[dimension > 0]
    lines = shapely.get_parts(lines)
    step = float(shapely.length(lines).sum()) / (_MOST_PIECES * 0.7)
    xy, line = shapely.get_coordinates(
        shapely.segmentize(lines, step) if step > 0.0 else lines, return_index=True
    )
    same = line[1:] == line[:-1]
    return Samples(xy[:-1][same], xy[1:][same], drawn).thinned(_MOST_PIECES)


def displaced(positions: XY, radius: float, directions: int) -> Iterator[XY]:
    """Copies of the positions moved by ``radius`` metres in evenly spread directions."""
    for turn in np.arange(directions) * (2.0 * np.pi / directions):
        yield positions + radius * np.array([np.cos(turn), np.sin(turn)])


class StreetIndex:
    """The streets' straight pieces in a spatial index, and the area that they cover."""

    def __init__(self, streets: Shapes) -> None:
        xy = np.column_stack([streets.shape_x, streets.shape_y])
        edge = np.repeat(np.arange(len(streets.shape_indptr) - 1), np.diff(streets.shape_indptr))
        same = edge[1:] == edge[:-1]
        start, end = xy[:-1][same], xy[1:][same]
        self._tree = STRtree(shapely.linestrings(np.stack([start, end], axis=1)))
        self._direction = _direction(start, end)
        kept = np.linspace(0, len(xy) - 1, min(len(xy), _HULL_POINTS)).astype(np.int64)
        self._area = shapely.concave_hull(shapely.multipoints(xy[kept]), ratio=_HULL_RATIO)
        shapely.prepare(self._area)

    def distance(self, positions: XY) -> NDArray[np.float64]:
        """float64[n]: metres to the nearest street; infinite for places that do not exist."""
        metres = np.full(len(positions), np.inf)
        finite = np.isfinite(positions).all(axis=1)
        if finite.any():
            found, nearest = self._tree.query_nearest(
                shapely.points(positions[finite]), return_distance=True, all_matches=False
            )
            metres[np.flatnonzero(finite)[found[0]]] = nearest
        return metres

    def capped(self, positions: XY) -> NDArray[np.float64]:
        """float64[n]: distance to the nearest street, at most ``CAP_M``."""
        return np.minimum(self.distance(positions), CAP_M)

    def covers(self, positions: XY) -> NDArray[np.bool_]:
        """bool[n]: the places that lie in the area of the streets."""
        inside = np.zeros(len(positions), dtype=bool)
        finite = np.isfinite(positions).all(axis=1)
        inside[finite] = shapely.contains_xy(self._area, positions[finite])
        return inside

    def along(self, start: XY, end: XY) -> tuple[float, float]:
        """Share of the pieces' length that runs along a street, and the length that was judged.

        Only pieces inside the streets' area are judged; the length is metres.
        """
        middle = (start + end) / 2.0
        inside = self.covers(middle)
        start, end, middle = start[inside], end[inside], middle[inside]
        length = np.hypot(*(end - start).T)
        judged = float(length.sum())
        if judged == 0.0:
            return 0.0, 0.0
        piece, street = self._tree.query(
            shapely.points(middle), predicate="dwithin", distance=ALONG_M
        )
        turn = np.abs(_direction(start, end)[piece] - self._direction[street])
        parallel = np.minimum(turn, np.pi - turn) <= ALONG_RAD
        hit = np.zeros(len(middle), dtype=bool)
        hit[piece[parallel]] = True
        return float(length[hit].sum()) / judged, judged


def _direction(start: XY, end: XY) -> NDArray[np.float64]:
    """Direction of each piece in [0, pi); both ways along it are the same."""
    step = end - start
    return np.asarray(np.arctan2(step[:, 1], step[:, 0]) % np.pi)
