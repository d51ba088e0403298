"""The checks of a layer, row by row: geometry, place, counts, ids.

Each check adds its faults to one collection, so that a user mends a file once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import shapely
from geopandas import GeoDataFrame, GeoSeries
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from base.faults import Faults
from geo.codes import (
    ALL_SWAPPED,
    COORDINATE_IMPOSSIBLE,
    COORDINATE_MISSING,
    COORDINATE_SWAPPED,
    COUNT_NEGATIVE,
    COUNT_NOT_A_NUMBER,
    CRS_IMPOSSIBLE,
    GEOMETRY_EMPTY,
    GEOMETRY_INVALID,
    GEOMETRY_KIND,
    ID_DUPLICATE,
    ID_EMPTY,
    OUTSIDE,
)
from geo.systems import WGS84, is_geographic, local_metric_crs, to_wgs84_xy
from geo.tables import number

__all__ = [
    "Area",
    "GeometryKind",
    "check_counts",
    "check_ids",
    "check_inside",
    "check_places",
    "check_shapes",
]

GeometryKind = Literal["point", "line", "polygon", "any"]
Area = tuple[float, float, float, float]
"""West, south, east, north in WGS 84 degrees."""

_POINT, _LINES, _POLYGONS, _MULTIPOINT = (0,), (1, 2, 5), (3, 6), 4  # shapely's type numbers
_KINDS: dict[GeometryKind, tuple[int, ...]] = {
    "point": _POINT,
    "line": _LINES,
    "polygon": _POLYGONS,
    "any": (*_POINT, *_LINES, *_POLYGONS, _MULTIPOINT),
}
_EDGE_M = 1.0
"""A place this far outside the district still counts as on its edge (rounded coordinates)."""


def check_shapes(
    path: Path, frame: GeoDataFrame, kind: GeometryKind, repair: bool, faults: Faults
) -> tuple[GeoDataFrame, list[int]]:
    """Keep the rows whose geometry is there, of the kind asked for, finite and valid.

    A MultiPoint of one point counts as a point. With ``repair`` invalid lines and polygons are
    made valid where that leaves their kind.

    Returns:
        The usable rows, and the rows that were repaired.
    """
    shapes = frame.geometry.to_numpy().copy()
    if kind == "point":
        lone = (shapely.get_type_id(shapes) == _MULTIPOINT) & (
            shapely.get_num_geometries(shapes) == 1
        )
        shapes[lone] = shapely.get_geometry(shapes[lone], 0)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    fitting = there & np.isin(shapely.get_type_id(shapes), _KINDS[kind])
    finite = fitting.copy()
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    finite[owner[~np.isfinite(xy).all(axis=1)]] = False
    valid = finite.copy()
    valid[finite] = shapely.is_valid(shapes[finite])
    repaired = []
    for at in np.flatnonzero(~valid):
        row, shape = int(frame.index[at]), shapes[at]
        if not there[at]:
            faults.add(GEOMETRY_EMPTY(path, row=row))
        elif not fitting[at]:
            expected = kind if kind != "any" else "point / line / polygon"
            faults.add(GEOMETRY_KIND(path, row=row, got=shape.geom_type, expected=expected))
        elif not finite[at]:
            faults.add(COORDINATE_MISSING(path, row=row))
        elif repair and (whole := _made_valid(shape, kind)) is not None:
            shapes[at], valid[at] = whole, True
            repaired.append(row)
        else:
            faults.add(GEOMETRY_INVALID(path, row=row, why=shapely.is_valid_reason(shape)))
    frame = frame.set_geometry(GeoSeries(shapes, index=frame.index, crs=None))
    return frame[valid], repaired


def _made_valid(shape: BaseGeometry, kind: GeometryKind) -> BaseGeometry | None:
    """The shape made valid, None where that changes its kind."""
    whole = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    same = not whole.is_empty and shapely.get_type_id(whole) in _KINDS[kind]
    return whole if same else None


def check_places(
    path: Path,
    frame: GeoDataFrame,
    declared: str,
    area: Area | None,
    likely: Sequence[str],
    faults: Faults,
) -> GeoDataFrame:
    """Keep the rows whose coordinates exist in the declared system and are not swapped.

    A row counts as swapped where its coordinates do not exist, or lie outside ``area`` (the
    district or the streets, generously), and exchanged they exist and lie inside. Without an
    area, only places that cannot exist are taken for swapped. Where most rows cannot exist, the
    layer as a whole is at fault, and ``likely`` names systems to try.
    """
    if frame.empty:
        return frame
    middle = _middles(frame)
    exists, inside = _exists(middle, declared), _inside(middle, declared, area)
    turned = middle[:, ::-1]
    fits_turned = _exists(turned, declared) & _inside(turned, declared, area)
    swapped = ~(exists & inside) & fits_turned
    impossible = ~exists & ~swapped
    rows = [int(row) for row in frame.index]
    if swapped.all() and len(rows) > 1:
        faults.add(ALL_SWAPPED(path, rows=len(rows)))
    else:
        for at in np.flatnonzero(swapped):
            faults.add(COORDINATE_SWAPPED(path, row=rows[at]))
    if impossible.sum() > len(rows) / 2:
        _add_impossible_layer(path, frame, declared, likely, faults)
        return frame[np.zeros(len(rows), dtype=bool)]
    for at in np.flatnonzero(impossible):
        faults.add(COORDINATE_IMPOSSIBLE(path, row=rows[at], crs=declared))
    return frame[~(swapped | impossible)]


def _add_impossible_layer(
    path: Path, frame: GeoDataFrame, declared: str, likely: Sequence[str], faults: Faults
) -> None:
    west, south, east, north = frame.total_bounds
    names = ", ".join(dict.fromkeys(name for name in likely if name != declared))
    faults.add(
        CRS_IMPOSSIBLE(
            path,
            crs=declared,
            x=f"{west:.6g}..{east:.6g}",
            y=f"{south:.6g}..{north:.6g}",
            hint=f", probably {names}" if names else "",
            hint_zh=f"，可能是 {names}" if names else "",
        )
    )


def _middles(frame: GeoDataFrame) -> NDArray[np.float64]:
    """The middle of each feature's extent, [n, 2], in the file's own coordinates."""
    bounds = frame.geometry.bounds.to_numpy(dtype=np.float64)
    return np.asarray((bounds[:, :2] + bounds[:, 2:]) / 2.0)


def _exists(xy: NDArray[np.float64], declared: str) -> NDArray[np.bool_]:
    """bool[n]: the coordinates are ones that the system can have."""
    x, y = np.abs(xy[:, 0]), np.abs(xy[:, 1])
    if is_geographic(declared):
        return np.asarray((x <= 180.0) & (y <= 90.0))
    # No layer in metres lies within 180 m of its system's origin, but one in degrees does.
    degrees = (x <= 180.0) & (y <= 180.0)
    return np.asarray(~degrees & np.isfinite(to_wgs84_xy(xy, declared)).all(axis=1))


def _inside(xy: NDArray[np.float64], declared: str, area: Area | None) -> NDArray[np.bool_]:
    if area is None:
        if is_geographic(declared):
            return np.ones(len(xy), dtype=bool)
        use = CRS.from_user_input(declared).area_of_use
        if use is None or use.west > use.east:
            return np.ones(len(xy), dtype=bool)
        area = (use.west - 6.0, use.south - 6.0, use.east + 6.0, use.north + 6.0)
    west, south, east, north = area
    place = to_wgs84_xy(xy, declared)
    lon, lat = place[:, 0], place[:, 1]
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def check_inside(path: Path, frame: GeoDataFrame, within: BaseGeometry, faults: Faults) -> None:
    """Points must lie in the district, lines and polygons must touch it (frame in WGS 84)."""
    if frame.empty:
        return
    middle = within.centroid
    metric = local_metric_crs(middle.x, middle.y)
    project = Transformer.from_crs(WGS84, metric, always_xy=True).transform
    district = shapely.transform(within, lambda xy: np.column_stack(project(*xy.T)))
    shapely.prepare(district)
    shapes = frame.geometry.to_crs(metric).to_numpy()
    away = ~shapely.intersects(district, shapes)
    metres = np.zeros(len(frame))
    metres[away] = shapely.distance(district, shapes[away])
    for at in np.flatnonzero(metres > _EDGE_M):
        faults.add(OUTSIDE(path, row=int(frame.index[at]), metres=f"{metres[at]:,.0f}"))


def check_counts(
    path: Path, frame: GeoDataFrame, columns: Sequence[str], faults: Faults
) -> dict[str, NDArray[np.float64]]:
    """The count columns as float64[n]; text, full-width digits and ``1,234`` are numbers too."""
    counts: dict[str, NDArray[np.float64]] = {}
    for column in columns:
        values = np.zeros(len(frame))
        for at, (row, cell) in enumerate(zip(frame.index, frame[column], strict=True)):
            value = number(cell)
            if value is None:
                faults.add(COUNT_NOT_A_NUMBER(path, row=int(row), column=column))
            elif value < 0:
                faults.add(COUNT_NEGATIVE(path, row=int(row), column=column, value=f"{value:g}"))
            else:
                values[at] = value
        counts[column] = values
    return counts


def check_ids(path: Path, frame: GeoDataFrame, columns: Sequence[str], faults: Faults) -> None:
    """Every row has a value of its own in each of the columns."""
    for column in columns:
        first: dict[str, int] = {}
        for row, cell in zip(frame.index, frame[column], strict=True):
            text = _id_text(cell)
            if text is None:
                faults.add(ID_EMPTY(path, row=int(row), column=column))
            elif text in first:
                faults.add(ID_DUPLICATE(path, row=int(row), column=column, first=first[text]))
            else:
                first[text] = int(row)


def _id_text(cell: object) -> str | None:
    if cell is None or cell != cell:  # not-a-number is an empty cell of a numeric column
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip() or None
