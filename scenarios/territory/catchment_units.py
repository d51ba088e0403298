"""Units of catchments: communities, or squares in their place, and which of them touch."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from base.faults import Fault, FaultError
from scenarios.codes import ID_TWICE, ISLANDS_JOINED, SOURCE_NEEDED
from scenarios.district import District, in_english
from scenarios.model_territory import CatchmentsInput

__all__ = ["join_islands", "read_units", "shared_borders"]

_WGS84 = "EPSG:4326"
_CORNERS = 4.0
"""Two shapes that touch at a corner share up to about twice the snapping distance; a border must
be longer than this many times it."""


def read_units(
    wanted: CatchmentsInput, district: District, part: str = "siting"
) -> gpd.GeoDataFrame:
    """The units, polygons in the streets' metric system: ``unit_id``, ``name``, ``name_en``.

    Without a layer of communities they are squares of ``grid_m``, cut along the sub-districts'
    outline. ``part`` is what faults call the part of the scenario.

    Raises:
        FaultError: the layer's faults; ids used twice; neither a layer nor sub-districts.
    """
    if wanted.units is None:
        return _squares(wanted, district, part)
    named = [wanted.id, wanted.name, wanted.name_en]
    frame = district.reader.read(wanted.units, geometry="polygon", required=named)
    district.reader.faults.raise_if_any()
    assert frame is not None
    rows = [str(row) for row in frame.index]
    ids = [str(value) for value in frame[wanted.id]] if wanted.id else rows
    twice = sorted(unit for unit, times in Counter(ids).items() if times > 1)
    if twice:
        what = f"{part}.catchments.units"
        raise FaultError([ID_TWICE(what, what=what, value=unit) for unit in twice])
    names = frame[wanted.name].astype(str) if wanted.name else pd.Series(ids, index=frame.index)
    return gpd.GeoDataFrame(
        {"unit_id": ids, "name": list(names), "name_en": in_english(frame, wanted.name_en, names)},
        geometry=frame.geometry.to_numpy(),
        crs=_WGS84,
    ).to_crs(district.streets.crs)


def _squares(wanted: CatchmentsInput, district: District, part: str) -> gpd.GeoDataFrame:
    if district.subdistricts is None:
        raise FaultError([SOURCE_NEEDED(f"{part}.catchments.units", on="grid")])
    crs, side = district.streets.crs, wanted.grid_m
    outline = district.subdistricts.geometry.to_crs(crs).union_all()
    west, south, east, north = outline.bounds
    xs = np.arange(np.floor(west / side), np.ceil(east / side) + 1) * side
    ys = np.arange(np.floor(south / side), np.ceil(north / side) + 1) * side
    shapely.prepare(outline)
    ids, shapes = [], []
    for column, (left, right) in enumerate(pairwise(xs)):
        for row, (low, high) in enumerate(pairwise(ys)):
            square = shapely.box(left, low, right, high)
            if shapely.intersects(outline, square):
                piece = shapely.intersection(outline, square)
                if piece.area > 0:
                    ids.append(f"{column + 1}-{row + 1}")
                    shapes.append(piece)
    return gpd.GeoDataFrame({"unit_id": ids, "name": ids, "name_en": ids}, geometry=shapes, crs=crs)


def shared_borders(
    shapes: NDArray[np.object_], snap_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Which polygons share a border, as CSR; touching at a corner does not count.

    The border of one that lies within ``snap_m`` of the other (at least a millimetre) must be
    longer than four times that distance, so that gaps and overlaps of digitised outlines up to
    the snapping distance do no harm.

    Args:
        shapes: object[u], polygons in a metric system.
        snap_m: >= 0.
    """
    snap = max(snap_m, 0.001)
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="dwithin", distance=snap)
    keep = first < second
    first, second = first[keep], second[keep]
    wide = shapely.buffer(shapes, snap)
    edge = shapely.boundary(shapes)
    length = shapely.length(shapely.intersection(edge[first], wide[second]))
    touch = length > _CORNERS * snap
    return _csr(len(shapes), first[touch], second[touch])


def join_islands(
    shapes: NDArray[np.object_],
    indptr: NDArray[np.int64],
    neighbour: NDArray[np.int32],
    snap_m: float,
    part: str = "siting",
) -> tuple[NDArray[np.int64], NDArray[np.int32], tuple[Fault, ...]]:
    """The adjacency with every group of units joined with the nearest one outside it."""
    first = np.repeat(np.arange(len(shapes)), np.diff(indptr))
    second = neighbour.astype(np.int64)
    groups = _groups(len(shapes), first, second)
    joined = int(groups.max(initial=0))
    while groups.max(initial=0) > 0:
        smallest = int(np.argmin(np.bincount(groups)))
        inside = np.flatnonzero(groups == smallest)
        outside = np.flatnonzero(groups != smallest)
        pair, away = shapely.STRtree(shapes[outside]).query_nearest(
            shapes[inside], return_distance=True, all_matches=False
        )
        at = int(np.argmin(away))
        ends = int(inside[pair[0][at]]), int(outside[pair[1][at]])
        first, second = np.append(first, ends), np.append(second, ends[::-1])
        groups = _groups(len(shapes), first, second)
    told = (ISLANDS_JOINED(f"{part}.catchments", count=joined, snap=snap_m),) if joined else ()
    ahead = first < second
    return *_csr(len(shapes), first[ahead], second[ahead]), told


def _groups(count: int, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.int32]:
    graph = coo_array((np.ones(first.size, np.int8), (first, second)), shape=(count, count))
    label: NDArray[np.int32] = connected_components(graph.tocsr(), directed=False)[1]
    return label


def _csr(
    count: int, first: NDArray[np.intp], second: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    row, column = np.concatenate([first, second]), np.concatenate([second, first])
    order = np.lexsort((column, row))
    ends = np.cumsum(np.bincount(row, minlength=count))
    return np.concatenate([[0], ends]).astype(np.int64), column[order].astype(np.int32)
