"""Whose catchment a place lies in, for the dispatchers of the stations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike

from base.faults import Fault, FaultError
from geo.layers import read_layer
from scenarios.codes import UNKNOWN_REFERENCE, VISITS_ELSEWHERE
from scenarios.files import layer_source
from scenarios.model_parts import LayerInput
from scenarios.records import Visit

__all__ = ["CatchmentBook", "visits_of_station"]

_STATION = "station_id"


class CatchmentBook:
    """Tells whose catchment a place lies in.

    Args:
        frame: polygons in WGS 84 with a column of station ids.
        station: that column.
    """

    def __init__(self, frame: gpd.GeoDataFrame, station: str = _STATION) -> None:
        self._ids = [str(value) for value in frame[station]]
        self._tree = shapely.STRtree(frame.geometry.to_numpy())

    @property
    def stations(self) -> tuple[str, ...]:
        """The stations that have a catchment, each once, in the order of the layer."""
        return tuple(dict.fromkeys(self._ids))

    def stations_at(
        self, lon: ArrayLike, lat: ArrayLike, *, nearest: bool = False
    ) -> list[str | None]:
        """The station of every place, the first row's on a border.

        Outside all catchments None, or with ``nearest`` the station of the nearest one (in
        degrees: every place still has exactly one station).
        """
        points = shapely.points(np.atleast_1d(lon), np.atleast_1d(lat))
        if nearest and len(self._ids):
            pairs = self._tree.query_nearest(points, all_matches=True)
        else:
            pairs = self._tree.query(points, predicate="intersects")
        found: list[str | None] = [None] * len(points)
        hits = zip(*pairs.tolist(), strict=True)
        for point, row in sorted(hits, reverse=True):  # the lowest row is written last
            found[point] = self._ids[row]
        return found

    def station_at(self, lon: float, lat: float, *, nearest: bool = False) -> str | None:
        """The station of one place."""
        return self.stations_at(lon, lat, nearest=nearest)[0]


def visits_of_station(
    visits: Sequence[Visit], layer: LayerInput, station: str, folder: Path
) -> tuple[tuple[Visit, ...], tuple[Fault, ...]]:
    """The visits that belong to a station, and a warning where others are left out.

    Every visit belongs to exactly one station: that of the catchment around its place, of the
    nearest one where it lies in none; a visit tied to another goes where that one goes.

    Args:
        visits: the day's visits of all stations.
        layer: catchments with a column ``station_id``.
        station: id of the station.
        folder: where the layer's path counts from.

    Raises:
        FaultError: the layer's faults, or no catchment of that station (CC-S208).
    """
    frame = read_layer(layer_source(layer, folder), geometry="polygon", required=(_STATION,))
    book = CatchmentBook(frame)
    if station not in book.stations:
        raise FaultError(
            [UNKNOWN_REFERENCE("visits.station_id", what="visits.station_id", value=station)]
        )
    by_id = {visit.id: visit for visit in visits}
    firsts = [_first(visit, by_id).place for visit in visits]
    owners = book.stations_at(
        [place.lon for place in firsts], [place.lat for place in firsts], nearest=True
    )
    mine = tuple(each for each, owner in zip(visits, owners, strict=True) if owner == station)
    left = len(visits) - len(mine)
    if not left:
        return mine, ()
    return mine, (VISITS_ELSEWHERE("visits", count=left, total=len(visits), station=station),)


def _first(visit: Visit, by_id: dict[str, Visit]) -> Visit:
    """The visit at the head of a chain of ties; a chain that ends in itself stays as it is."""
    seen = {visit.id}
    while visit.link is not None and visit.link.other in by_id and visit.link.other not in seen:
        visit = by_id[visit.link.other]
        seen.add(visit.id)
    return visit
