"""Streets from a line layer."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from base.faults import FaultError, Faults
from geo.codes import NO_COLUMN, NO_STREETS, NOT_A_LINE
from geo.crs import local_metric_crs
from geo.modes import ALL_MODES
from geo.network import StreetNetwork

__all__ = ["SNAP_TOLERANCE_M", "from_lines", "index_names"]

SNAP_TOLERANCE_M = 0.05
"""Line ends at most this far apart are one node: below any real gap between streets, above the
rounding of coordinates kept with six decimals and more."""


def from_lines(
    frame_wgs84: gpd.GeoDataFrame,
    *,
    metric_crs: str = "auto",
    name: str | None = None,
    drop_names: Sequence[str] = (),
    node: bool = False,
    tolerance_m: float = SNAP_TOLERANCE_M,
) -> StreetNetwork:
    """Streets from lines that meet at their ends; every mode may use them both ways.

    Args:
        frame_wgs84: lines or multi-lines in WGS 84; rows without geometry are left out.
        metric_crs: local metric system, ``auto`` for the UTM zone of the layer's middle.
        name: column with the street's name; None takes ``name`` where that exists.
        drop_names: streets whose name contains one of these parts are left out.
        node: also split lines where they cross or touch each other along the way. Leave it off
            for a layer that is already noded: bridges would become crossings.
        tolerance_m: line ends at most this far apart become one node (chains of such gaps too);
            the node lies at the first of them. Lines that shrink to a point are left out.

    Raises:
        FaultError: rows that are no lines (CC-G102), no such name column (CC-G103), nothing
            left (CC-G101).
    """
    column = _name_column(frame_wgs84, name, drop_names)
    geometry = np.asarray(frame_wgs84.geometry.array)
    named = (
        frame_wgs84[column].to_numpy(dtype=object)
        if column is not None
        else np.full(geometry.size, None, dtype=object)
    )
    present = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    _require_lines(frame_wgs84, geometry, present)
    text = np.array([None if pd.isna(value) else str(value) for value in named], dtype=object)
    dropped = np.array(
        [value is not None and any(part in value for part in drop_names) for value in text],
        dtype=bool,
    )
    keep = np.flatnonzero(present & ~dropped)
    if keep.size == 0:
        raise FaultError([NO_STREETS()])
    metric = _to_metric(geometry[keep], metric_crs)
    parts, owner = shapely.get_parts(shapely.force_2d(metric[0]), return_index=True)
    if node:
        parts, owner = _split_at_crossings(parts, owner)
    return _assemble(parts, text[keep][owner], metric[1], tolerance_m)


def index_names(text: Sequence[str | None]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Each name once, in order of appearance, and the index of every row's name (-1 for none)."""
    known: dict[str, int] = {}
    index = [-1 if name is None else known.setdefault(name, len(known)) for name in text]
    return np.array(index, dtype=np.int32), tuple(known)


def _name_column(
    frame: gpd.GeoDataFrame, name: str | None, drop_names: Sequence[str]
) -> str | None:
    if name is None and "name" not in frame.columns and not drop_names:
        return None
    column = name or "name"
    if column not in frame.columns:
        columns = ", ".join(str(c) for c in frame.columns if c != frame.geometry.name)
        raise FaultError([NO_COLUMN(column=column, columns=columns or "-")])
    return column


def _require_lines(
    frame: gpd.GeoDataFrame, geometry: NDArray[np.object_], present: NDArray[np.bool_]
) -> None:
    kinds = shapely.get_type_id(geometry)
    line_like = np.isin(kinds, [1, 2, 5])  # line, ring, multi-line
    faults = Faults()
    for position in np.flatnonzero(present & ~line_like):
        label = frame.index[position]
        row = int(label) if isinstance(label, int | np.integer) else int(position) + 1
        faults.add(NOT_A_LINE(row=row, got=geometry[position].geom_type))
    faults.raise_if_any()


def _to_metric(geometry: NDArray[np.object_], metric_crs: str) -> tuple[NDArray[np.object_], str]:
    series = gpd.GeoSeries(geometry, crs="EPSG:4326")
    if metric_crs == "auto":
        west, south, east, north = series.total_bounds
        metric_crs = local_metric_crs((west + east) / 2, (south + north) / 2)
    return np.asarray(series.to_crs(metric_crs).array), metric_crs


def _split_at_crossings(
    lines: NDArray[np.object_], owner: NDArray[np.intp]
) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Lines split wherever two of them meet; a stretch drawn twice is kept once."""
    pieces = shapely.get_parts(shapely.node(shapely.multilinestrings(lines)))
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    tree = shapely.STRtree(lines)
    piece, line = tree.query_nearest(middle, all_matches=True)
    nearest = np.full(pieces.size, lines.size)
    np.minimum.at(nearest, piece, line)
    order = np.argsort(nearest, kind="stable")
    return pieces[order], owner[nearest[order]]


def _assemble(
    lines: NDArray[np.object_], text: NDArray[np.object_], crs: str, tolerance_m: float
) -> StreetNetwork:
    sizes = shapely.get_num_points(lines)
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    xy = shapely.get_coordinates(lines)
    ends = np.concatenate([xy[indptr[:-1]], xy[indptr[1:] - 1]])
    node, position = _merge_ends(ends, tolerance_m)
    u, v = node[: lines.size], node[lines.size :]
    xy[indptr[:-1]], xy[indptr[1:] - 1] = position[u], position[v]
    length = shapely.length(
        shapely.linestrings(xy, indices=np.repeat(np.arange(lines.size), sizes))
    )
    keep = (u != v) | (length > tolerance_m)
    if not keep.any():
        raise FaultError([NO_STREETS()])
    vertex = np.repeat(keep, sizes)
    used, inverse = np.unique(np.concatenate([u[keep], v[keep]]), return_inverse=True)
    ends_now = inverse.astype(np.int32)
    modes = np.full(int(keep.sum()), ALL_MODES, dtype=np.uint8)
    name_index, names = index_names(list(text[keep]))
    network = StreetNetwork(
        crs=crs,
        node_x=position[used, 0],
        node_y=position[used, 1],
        edge_u=ends_now[: modes.size],
        edge_v=ends_now[modes.size :],
        edge_length=length[keep],
        edge_forward=modes,
        edge_backward=modes,
        shape_indptr=np.concatenate([[0], np.cumsum(sizes[keep])]),
        shape_x=xy[vertex, 0],
        shape_y=xy[vertex, 1],
        edge_name=name_index,
        names=names,
    )
    return network.in_space_order()


def _merge_ends(
    ends: NDArray[np.float64], tolerance_m: float
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Node of every line end, and the nodes' positions (the first end's, in order of ends)."""
    pairs = cKDTree(ends).query_pairs(tolerance_m, output_type="ndarray")
    links = coo_array(
        (np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(ends),) * 2
    )
    label = connected_components(links.tocsr(), directed=False)[1]
    _, first, node = np.unique(label, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(order.size, dtype=np.int32)
    rank[order] = np.arange(order.size, dtype=np.int32)
    return rank[node], ends[first[order]]
