"""Candidate premises generated on the map: on parcels, at street corners, on a grid.

Every generator is deterministic, and thins its points greedily: in a fixed order, a point is
kept when no kept one lies closer than the spacing. Points farther than ``FAR_M`` from any street
are left out, since nobody could walk to them.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from base.faults import Fault, FaultError
from geo.modes import TravelMode
from geo.network import StreetNetwork
from geo.snap import snap
from scenarios.codes import CANDIDATES_DROPPED, SOURCE_NEEDED
from scenarios.district import FAR_M, District
from scenarios.model import BonusInput, CandidatesInput, LayerInput

__all__ = ["bonus_persons", "generate_candidates", "near_any", "thin"]

_CORNER_DEGREE = 3
"""A street corner is a node where at least this many street ends meet."""


def generate_candidates(
    wanted: CandidatesInput, district: District, mode: TravelMode
) -> tuple[gpd.GeoDataFrame, tuple[Fault, ...]]:
    """Candidate points (WGS 84) of one generator, and warnings.

    Columns: the ``street`` they stand at, and ``ground_m2`` of their parcel (NaN for others).

    Raises:
        FaultError: its layer has faults, or parcels are asked for without a layer.
    """
    polygons = _polygons(wanted, district)
    crs = district.streets.crs
    if wanted.on == "parcels":
        assert polygons is not None
        points, order = _on_parcels(polygons)
    elif wanted.on == "corners":
        points, order = _on_corners(district.streets, polygons)
    else:
        points, order = _on_grid(district, polygons, wanted.spacing_m)
    kept = thin(points, wanted.spacing_m, order)
    points = points[kept]
    frame = gpd.GeoDataFrame(geometry=shapely.points(points), crs=crs).to_crs("EPSG:4326")
    lon, lat = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    snapped = snap(district.streets, lon, lat, mode)
    frame["street"] = [district.streets.name_of(edge) for edge in snapped.edge]
    frame["ground_m2"] = np.nan
    if wanted.on == "parcels" and polygons is not None:
        frame["ground_m2"] = polygons.area.to_numpy()[kept]
    near = snapped.access <= FAR_M
    dropped = int((~near).sum())
    warnings: tuple[Fault, ...] = ()
    if dropped:
        warnings = (CANDIDATES_DROPPED(count=dropped, on=wanted.on, limit=round(FAR_M)),)
    return frame[near].reset_index(drop=True), warnings


def thin(
    points: NDArray[np.float64], spacing: float, order: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rows of ``points`` (metres, [n, 2]) at least ``spacing`` apart, greedily in ``order``."""
    tree = cKDTree(points) if len(points) else None
    blocked = np.zeros(len(points), dtype=bool)
    kept: list[int] = []
    for at in order:
        if blocked[at]:
            continue
        kept.append(int(at))
        assert tree is not None
        neighbours = np.asarray(tree.query_ball_point(points[at], spacing), dtype=np.int64)
        apart = np.hypot(*(points[neighbours] - points[at]).T)
        blocked[neighbours[apart < spacing]] = True
    return np.asarray(kept, dtype=np.int64)


def bonus_persons(
    bonus: BonusInput, district: District, points: gpd.GeoSeries
) -> NDArray[np.float64]:
    """The bonus of every point, in persons: ``bonus.persons`` within ``within_m`` of a feature.

    The distance is the straight line on the ground, as co-location rules measure it.
    """
    return np.where(near_any(bonus.near, bonus.within_m, district, points), bonus.persons, 0.0)


def near_any(
    layer: LayerInput, within_m: float, district: District, points: gpd.GeoSeries
) -> NDArray[np.bool_]:
    """Which points (WGS 84) lie within so many metres, straight, of a feature of the layer."""
    near = np.zeros(len(points), dtype=bool)
    features = district.reader.read(layer)
    if features is None or features.empty or points.empty:
        return near
    crs = district.streets.crs
    tree = features.geometry.to_crs(crs).sindex
    hits, _ = tree.query(points.to_crs(crs).array, predicate="dwithin", distance=within_m)
    near[hits] = True
    return near


def _polygons(wanted: CandidatesInput, district: District) -> gpd.GeoSeries | None:
    """Polygons in the streets' metric system: the given layer, else the sub-districts."""
    if wanted.source is None:
        if wanted.on == "parcels":
            raise FaultError([SOURCE_NEEDED("siting.candidates", on=wanted.on)])
        if district.subdistricts is None:
            if wanted.on == "grid":
                raise FaultError([SOURCE_NEEDED("siting.candidates", on=wanted.on)])
            return None
        return district.subdistricts.geometry.to_crs(district.streets.crs)
    frame = district.reader.read(wanted.source, geometry="polygon", repair=True)
    if frame is None:
        # The reader keeps the faults; an empty layer lets the others be looked at too.
        return gpd.GeoSeries([], crs=district.streets.crs)
    return frame.geometry.to_crs(district.streets.crs)


def _coordinates(geometry: gpd.GeoSeries) -> NDArray[np.float64]:
    return np.column_stack([geometry.x.to_numpy(), geometry.y.to_numpy()])


def _by_place(points: NDArray[np.float64], *first: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order by the given keys (ascending), then west to east, then south to north."""
    return np.lexsort((points[:, 1], points[:, 0], *first[::-1]))


def _on_parcels(polygons: gpd.GeoSeries) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """A point inside every parcel; large parcels first, since they are more likely to have room."""
    points = _coordinates(polygons.representative_point())
    return points, _by_place(points, -polygons.area.to_numpy())


def _on_corners(
    streets: StreetNetwork, polygons: gpd.GeoSeries | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Street corners, those where most streets meet first."""
    loops = streets.edge_u == streets.edge_v
    ends = np.concatenate([streets.edge_u[~loops], streets.edge_v[~loops]])
    degree = np.bincount(ends, minlength=streets.node_x.size)
    corner = degree >= _CORNER_DEGREE
    points = np.column_stack([streets.node_x[corner], streets.node_y[corner]])
    rank = -degree[corner].astype(np.float64)
    if polygons is not None:
        inside = _inside(points, polygons)
        points, rank = points[inside], rank[inside]
    return points, _by_place(points, rank)


def _on_grid(
    district: District, polygons: gpd.GeoSeries | None, spacing: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points at multiples of the spacing inside the polygons."""
    assert polygons is not None
    if polygons.empty:
        empty = np.empty((0, 2))
        return empty, np.empty(0, dtype=np.int64)
    west, south, east, north = polygons.total_bounds
    xs = np.arange(np.ceil(west / spacing), np.floor(east / spacing) + 1) * spacing
    ys = np.arange(np.ceil(south / spacing), np.floor(north / spacing) + 1) * spacing
    points = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    points = points[_inside(points, polygons)]
    return points, _by_place(points)


def _inside(points: NDArray[np.float64], polygons: gpd.GeoSeries) -> NDArray[np.bool_]:
    inside = np.zeros(len(points), dtype=bool)
    if len(points) and not polygons.empty:
        hits, _ = polygons.sindex.query(shapely.points(points), predicate="intersects")
        inside[hits] = True
    return inside
