"""Declared coordinate systems and the way from them to WGS 84.

A layer's system is declared as ``EPSG:n``, ``gcj02`` or ``bd09``; what a file says of itself does
not count, because files served by Chinese map providers claim WGS 84 throughout. Axis order is
always longitude or easting first, also for systems whose authority puts latitude first
(EPSG:4490, China Geodetic Coordinate System 2000): that is how every layer file stores them.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import shapely
from geopandas import GeoDataFrame, GeoSeries
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from base.faults import FaultError
from geo.china import bd09_to_wgs84, gcj02_to_wgs84
from geo.codes import CRS_UNKNOWN

__all__ = [
    "BD09",
    "GCJ02",
    "WGS84",
    "is_geographic",
    "local_metric_crs",
    "parse_declared",
    "to_wgs84",
    "to_wgs84_xy",
]

WGS84 = "EPSG:4326"
GCJ02 = "gcj02"
BD09 = "bd09"

_OFFSET_SYSTEMS = {GCJ02: gcj02_to_wgs84, BD09: bd09_to_wgs84}

XY = NDArray[np.float64]


def parse_declared(declared: str) -> str:
    """The canonical name of a declared system: ``EPSG:n``, ``gcj02`` or ``bd09``.

    Case, blanks, hyphens and a missing colon do not matter; ``wgs84`` is taken for EPSG:4326.

    Raises:
        FaultError: CC-G040, the system is unknown or has no two horizontal axes.
    """
    word = re.sub(r"[\s_-]", "", declared).lower()
    if word in _OFFSET_SYSTEMS:
        return word
    if word in {"wgs84", "crs84", "ogc:crs84"}:
        return WGS84
    match = re.fullmatch(r"(?:epsg:?)?(\d{4,6})", word)
    if match is None or not _is_horizontal(int(match[1])):
        raise FaultError([CRS_UNKNOWN(crs=declared)])
    return f"EPSG:{int(match[1])}"


def is_geographic(declared: str) -> bool:
    """Whether coordinates of the declared system are degrees."""
    name = parse_declared(declared)
    return name in _OFFSET_SYSTEMS or bool(CRS.from_user_input(name).is_geographic)


def to_wgs84_xy(xy: XY, declared: str) -> XY:
    """Coordinates [n, 2] (x or longitude first) in the declared system as WGS 84 degrees.

    What the system cannot express becomes ``inf`` or ``nan``, never an exception.

    Raises:
        FaultError: CC-G040, the system is unknown.
    """
    name = parse_declared(declared)
    offset = _OFFSET_SYSTEMS.get(name)
    if offset is not None:
        return np.column_stack(offset(xy[:, 0], xy[:, 1]))
    if name == WGS84:
        return np.array(xy, dtype=np.float64)
    return np.column_stack(_transformer(name).transform(xy[:, 0], xy[:, 1]))


def to_wgs84(frame: GeoDataFrame, declared: str) -> GeoDataFrame:
    """A copy of the frame in WGS 84, its coordinates read in the declared system.

    The frame's own ``crs`` is not looked at. Heights are dropped.

    Raises:
        FaultError: CC-G040, the system is unknown.
    """
    name = parse_declared(declared)
    flat = shapely.force_2d(frame.geometry.to_numpy())
    moved = shapely.transform(flat, lambda xy: to_wgs84_xy(xy, name))
    return frame.set_geometry(GeoSeries(moved, index=frame.index, crs=WGS84))


def local_metric_crs(lon: float, lat: float) -> str:
    """The UTM zone (WGS 84) of a place, as ``EPSG:326xx`` north or ``EPSG:327xx`` south.

    Raises:
        ValueError: the place lies outside -180..180, -90..90 or is not finite.
    """
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise ValueError(f"no place on earth: longitude {lon}, latitude {lat}")
    zone = min(int((lon + 180.0) // 6.0) + 1, 60)
    return f"EPSG:{(32600 if lat >= 0.0 else 32700) + zone}"


@lru_cache(maxsize=256)
def _is_horizontal(code: int) -> bool:
    try:
        system = CRS.from_epsg(code)
    except CRSError:
        return False
    return bool((system.is_geographic or system.is_projected) and len(system.axis_info) == 2)


@lru_cache(maxsize=64)
def _transformer(name: str) -> Transformer:
    return Transformer.from_crs(name, WGS84, always_xy=True)
