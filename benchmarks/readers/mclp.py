"""Street points as maximal covering: a TSPLIB-like file with coordinates and demands.

``NODE_COORD_SECTION`` holds latitude and longitude of every point, ``DEMAND_SECTION`` its demand
in the same order. Every point is demand and candidate.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.text import FormatError, read_sections

__all__ = ["read_covering_points"]


def read_covering_points(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Latitude and longitude float64[n, 2] in degrees, demand int64[n].

    Raises:
        FormatError: a section is missing, counts do not fit, a position is off the globe, or a
            demand is no whole number >= 0.
    """
    keys, sections = read_sections(path)
    for name, width in (("NODE_COORD_SECTION", 2), ("DEMAND_SECTION", 1)):
        rows = sections.get(name)
        if rows is None:
            raise FormatError(path, f"there is no {name}")
        if keys.get("DIMENSION") != str(len(rows)):
            announced = keys.get("DIMENSION", "missing")
            raise FormatError(path, f"DIMENSION is {announced}, {name} has {len(rows)} rows")
        if any(len(row) != width for row in rows):
            raise FormatError(path, f"a row of {name} does not hold {width} number(s)")
    points = np.array(sections["NODE_COORD_SECTION"])
    demand = np.array(sections["DEMAND_SECTION"])[:, 0]
    if np.any(np.abs(points[:, 0]) > 90) or np.any(np.abs(points[:, 1]) > 180):
        raise FormatError(path, "a position is off the globe (latitude comes first)")
    if np.any(demand < 0) or np.any(demand != np.rint(demand)):
        raise FormatError(path, "a demand is no whole number >= 0")
    return points, demand.astype(np.int64)
