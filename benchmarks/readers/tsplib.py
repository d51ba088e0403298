"""TSPLIB points (``EUC_2D``, ``NODE_COORD_SECTION``), read as the p-median papers do.

The distance is the Euclidean one rounded down (floor), not TSPLIB's own nearest integer: so the
optima of Duran-Mateluna, Ales and Elloumi (2023) are meant.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.text import FormatError, read_sections

__all__ = ["floor_distances", "read_points"]


def read_points(path: Path) -> NDArray[np.float64]:
    """Coordinates float64[n, 2] in the order of the file.

    Raises:
        FormatError: no ``EUC_2D`` points, or another number of them than announced.
    """
    keys, sections = read_sections(path)
    kind = keys.get("EDGE_WEIGHT_TYPE")
    if kind != "EUC_2D":
        raise FormatError(path, f"EDGE_WEIGHT_TYPE is {kind!r}, expected 'EUC_2D'")
    rows = sections.get("NODE_COORD_SECTION")
    if rows is None:
        raise FormatError(path, "there is no NODE_COORD_SECTION")
    if any(len(row) != 3 for row in rows):
        raise FormatError(path, "a node needs a number and two coordinates")
    n = keys.get("DIMENSION", "")
    if n != str(len(rows)):
        raise FormatError(path, f"DIMENSION is {n or 'missing'}, {len(rows)} nodes found")
    return np.array(rows)[:, 1:]


def floor_distances(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """int64[n, n], Euclidean distances rounded down."""
    x, y = points[:, 0], points[:, 1]
    squared = (x[:, None] - x[None, :]) ** 2 + (y[:, None] - y[None, :]) ** 2
    return np.floor(np.sqrt(squared)).astype(np.int64)
