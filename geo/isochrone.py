"""Isochrones: the ground within a travel time of a place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo import paths_kernels as kernels
from geo.modes import TravelMode
from geo.network import StreetNetwork
from geo.paths import cut_line
from geo.reach import limit_ticks
from geo.search import ModeGraph, SearchCancelledError, mode_graph, seeds_of, spots_of
from geo.snap import Snapped

__all__ = ["STREET_BUFFER_M", "isochrones"]

STREET_BUFFER_M = 25.0
"""Half width of the ground that belongs to a reached street: its pavement and front doors."""
_HOLE_M2 = 20_000.0

_Part = tuple[int, float, float]
"""A reached stretch: edge, metres along it from the u end at its start and end."""


def isochrones(
    network: StreetNetwork,
    origins: Snapped,
    mode: TravelMode,
    limits_seconds: Sequence[float],
    *,
    buffer_m: float = STREET_BUFFER_M,
    fill_holes_m2: float = _HOLE_M2,
    towards: bool = False,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> gpd.GeoDataFrame:
    """The streets within each limit of each origin, widened by a buffer, as polygons.

    Reached streets are cut at the very place where the limit runs out; the origin's access leg
    counts. The buffer is on top of that. Polygons of one origin are nested: a longer limit
    holds every shorter one. An origin from which no street is reached has an empty polygon.

    Args:
        network: the streets.
        origins: points snapped for the mode.
        mode: who travels.
        limits_seconds: any order, each >= 0.
        buffer_m: half width of the ground around a reached street, > 0.
        fill_holes_m2: blocks up to this size that lie within reached streets are filled.
        towards: the ground from which the origin is reached, instead of the one it reaches.
        progress: called as ``progress(origins done, origins)``.
        cancelled: asked per origin; True ends the call.

    Returns:
        ``origin`` (index of the point), ``limit_s``, ``geometry`` (valid polygon or multi-polygon,
        WGS 84), by origin, then by limit.

    Raises:
        FaultError: a limit that is negative or not finite (CC-G109).
        SearchCancelledError: ``cancelled()`` said so.
    """
    limits = sorted(limits_seconds)
    ticks = [limit_ticks(limit, "limits_seconds") for limit in limits]
    arcs = mode_graph(network, mode, towards=towards)
    seeds = seeds_of(network, spots_of(network, origins, mode, arcs), arcs)
    work = kernels.new_work(network.n_nodes, 0, arcs.buckets)
    ground: list[BaseGeometry] = []
    for origin in range(len(origins)):
        if cancelled is not None and cancelled():
            raise SearchCancelledError("the search was cancelled")
        touched = kernels.grow(
            arcs.graph, work, seeds, origin, ticks[-1] if ticks else 0, arcs.shift
        )
        label = {int(node): int(work.label[node]) for node in work.touched[:touched]}
        kernels.clear(work, touched)
        inner: BaseGeometry = shapely.MultiPolygon()
        for limit in ticks:
            parts = _reached(network, arcs, seeds, origin, label, limit)
            lines = [_stretch(network, part) for part in parts]
            inner = _widen(lines, inner, buffer_m, fill_holes_m2)
            ground.append(inner)
        if progress is not None:
            progress(origin + 1, len(origins))
    frame = gpd.GeoDataFrame(
        {
            "origin": np.repeat(np.arange(len(origins), dtype=np.int32), len(limits)),
            "limit_s": np.tile(np.array(limits, dtype=np.float64), len(origins)),
        },
        geometry=ground,
        crs=network.crs,
    )
    moved = frame.to_crs("EPSG:4326")
    broken = ~moved.geometry.is_valid  # slivers below the resolution of degrees
    if broken.any():
        moved.loc[broken, "geometry"] = moved.geometry[broken].make_valid()
    return moved


def _reached(
    network: StreetNetwork,
    arcs: ModeGraph,
    seeds: kernels.Seeds,
    origin: int,
    label: dict[int, int],
    limit: int,
) -> list[_Part]:
    """Stretches within the limit, in metres along their edges; they may overlap."""
    parts: list[_Part] = []
    nodes = np.array([node for node, ticks in label.items() if ticks <= limit], dtype=np.int64)
    left = np.array([limit - label[int(node)] for node in nodes], dtype=np.int64)
    for ends, is_open, at_u in (
        (network.edge_u, arcs.forward, True),
        (network.edge_v, arcs.backward, False),
    ):
        spare = np.full(network.n_nodes, -1, dtype=np.int64)
        spare[nodes] = left
        rest = spare[ends]
        for edge in np.flatnonzero((rest >= 0) & is_open):
            length = float(network.edge_length[edge])
            gone = _metres(length, int(arcs.edge_ticks[edge]), int(rest[edge]))
            parts.append((int(edge), 0.0, gone) if at_u else (int(edge), length - gone, length))
    return parts + _around_origin(network, arcs, seeds, origin, limit)


def _around_origin(
    network: StreetNetwork, arcs: ModeGraph, seeds: kernels.Seeds, origin: int, limit: int
) -> list[_Part]:
    edge = int(seeds.edge[origin])
    spare = limit - int(seeds.access[origin])
    if edge < 0 or spare < 0:
        return []
    length, whole = float(network.edge_length[edge]), int(arcs.edge_ticks[edge])
    here = _metres(length, whole, int(seeds.position[origin]))
    gone = _metres(length, whole, spare)
    low = max(0.0, here - gone) if arcs.backward[edge] else here
    high = min(length, here + gone) if arcs.forward[edge] else here
    return [(edge, low, high)]


def _metres(length: float, whole: int, ticks: int) -> float:
    """Metres of an edge travelled in some ticks."""
    return length if ticks >= whole else length * ticks / whole


def _stretch(network: StreetNetwork, part: _Part) -> NDArray[np.float64]:
    edge, low, high = part
    span = slice(int(network.shape_indptr[edge]), int(network.shape_indptr[edge + 1]))
    xy = np.column_stack([network.shape_x[span], network.shape_y[span]])
    length = float(network.edge_length[edge])
    return xy if low <= 0.0 and high >= length else cut_line(xy, length, low, high)


def _widen(
    lines: list[NDArray[np.float64]],
    inner: BaseGeometry,
    buffer_m: float,
    fill_holes_m2: float,
) -> BaseGeometry:
    """Buffered lines joined with the next smaller isochrone, small holes filled."""
    if not lines:
        return inner
    owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    wide = shapely.buffer(
        shapely.linestrings(np.concatenate(lines), indices=owner), buffer_m, quad_segs=6
    )
    ground = shapely.union_all(np.append(wide, inner))
    filled = [
        shapely.Polygon(
            polygon.exterior,
            [ring for ring in polygon.interiors if shapely.Polygon(ring).area > fill_holes_m2],
        )
        for polygon in shapely.get_parts(ground)
        if isinstance(polygon, shapely.Polygon)
    ]
    return shapely.union_all(filled)  # an island may lie in a filled hole
