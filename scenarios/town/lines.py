"""Noding and connected components of line work, in plane metres."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import LineString

__all__ = ["GRID", "component_labels", "end_nodes", "node_lines", "parts_of"]

GRID = 0.05
"""Snap grid of the line work in metres."""


def parts_of(shape: Any) -> list[LineString]:
    """The lines of a geometry, joined where they meet end to end."""
    lines = [part for part in shapely.get_parts(shape) if part.geom_type == "LineString"]
    if not lines:
        return []
    merged = shapely.line_merge(shapely.multilinestrings(lines))
    return [part for part in shapely.get_parts(merged) if part.length > GRID]


def node_lines(lines: Iterable[Any]) -> NDArray[np.object_]:
    """Cut lines at every junction; pieces meet only at their ends, on the snap grid."""
    united = shapely.union_all(np.asarray(list(lines), dtype=object), grid_size=GRID)
    return np.asarray(shapely.get_parts(united), dtype=object)


def end_nodes(pieces: NDArray[np.object_]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Nodes at the ends of pieces: int32[e, 2] node per end, float64[n, 2] node places."""
    ends = np.stack([shapely.get_point(pieces, 0), shapely.get_point(pieces, -1)], axis=1)
    xy = shapely.get_coordinates(ends.ravel())
    keys = np.round(xy / GRID).astype(np.int64)
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return inverse.reshape(-1, 2).astype(np.int32), xy[first]


def component_labels(pieces: NDArray[np.object_]) -> NDArray[np.int32]:
    """The connected component of every piece."""
    nodes, places = end_nodes(pieces)
    n = len(places)
    graph = coo_array((np.ones(len(nodes)), (nodes[:, 0], nodes[:, 1])), shape=(n, n))
    _, labels = connected_components(graph, directed=False)
    return np.asarray(labels[nodes[:, 0]], dtype=np.int32)
