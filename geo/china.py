"""The two offset systems of Chinese map providers, GCJ-02 and BD-09, as functions on arrays.

GCJ-02 (AMap, Tencent, Google in China) displaces WGS 84 by a smooth pseudo-random field: by 556 m
in Beijing, by 173 to 661 m in the provincial capitals. BD-09 (Baidu) displaces GCJ-02 once more,
to a total of 1,375 m in Beijing, 863 to 1,398 m in the provincial capitals. Neither has an EPSG
code. The constants and series are those of the public description of the transformation
(Krasovsky 1940 ellipsoid; trigonometric series in degrees from 105 E 35 N), known since 2010 and
reprinted in every conversion library.

All functions take and return float64 arrays of degrees, longitude first. Places outside the box
72.004..137.8347 E, 0.8293..55.8271 N stay as they are: the providers displace nothing there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["bd09_to_wgs84", "gcj02_to_wgs84", "wgs84_to_bd09", "wgs84_to_gcj02"]

Degrees = NDArray[np.float64]
Pair = tuple[Degrees, Degrees]

_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_2 = 0.00669342162296594323
_BOX = (72.004, 137.8347, 0.8293, 55.8271)

_BD_LON = 0.0065
_BD_LAT = 0.006
_BD_WAVE = np.pi * 3000.0 / 180.0
_BD_RADIUS = 2e-5
_BD_ANGLE = 3e-6

_MAX_ROUNDS = 30
_TOLERANCE_DEG = 1e-10  # 0.01 mm


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS 84 to GCJ-02, degrees."""
    return _inside_only(_forward_gcj02, *_degrees(lon, lat))


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS 84 to BD-09, degrees."""
    return _inside_only(_forward_bd09, *_degrees(lon, lat))


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 to WGS 84, degrees, by fixed-point iteration to well below a millimetre."""
    return _invert(_forward_gcj02, *_degrees(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """BD-09 to WGS 84, degrees, by fixed-point iteration to well below a millimetre."""
    return _invert(_forward_bd09, *_degrees(lon, lat))


def _degrees(lon: ArrayLike, lat: ArrayLike) -> Pair:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _inside(lon: Degrees, lat: Degrees) -> NDArray[np.bool_]:
    west, east, south, north = _BOX
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _inside_only(forward: Callable[[Degrees, Degrees], Pair], lon: Degrees, lat: Degrees) -> Pair:
    inside = _inside(lon, lat)
    there_lon, there_lat = forward(lon, lat)
    return np.where(inside, there_lon, lon), np.where(inside, there_lat, lat)


def _invert(forward: Callable[[Degrees, Degrees], Pair], lon: Degrees, lat: Degrees) -> Pair:
    """Solve ``forward(p) = q`` by ``p <- p - (forward(p) - q)``.

    The displacement changes by less than 3 % of the way moved, so each round gains more than
    1.5 digits. The box is judged by the answer, so that the inverse of every displaced place is
    exact up to the box's edge.
    """
    back_lon, back_lat = lon.copy(), lat.copy()
    for _ in range(_MAX_ROUNDS):
        there_lon, there_lat = forward(back_lon, back_lat)
        step_lon, step_lat = there_lon - lon, there_lat - lat
        back_lon, back_lat = back_lon - step_lon, back_lat - step_lat
        steps = np.maximum(np.abs(step_lon), np.abs(step_lat))
        near = _inside(back_lon, back_lat)  # elsewhere the series need not converge
        if not np.any(steps[near] > _TOLERANCE_DEG):
            break
    inside = _inside(back_lon, back_lat)
    return np.where(inside, back_lon, lon), np.where(inside, back_lat, lat)


def _forward_gcj02(lon: Degrees, lat: Degrees) -> Pair:
    x, y = lon - 105.0, lat - 35.0
    east_m, north_m = _east_metres(x, y), _north_metres(x, y)
    phi = np.radians(lat)
    w2 = 1.0 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_2) / (w2 * np.sqrt(w2))
    parallel_m = _SEMI_MAJOR_M / np.sqrt(w2) * np.cos(phi)
    with np.errstate(divide="ignore", invalid="ignore"):  # at a pole, which the box leaves out
        return lon + np.degrees(east_m / parallel_m), lat + np.degrees(north_m / meridian_m)


def _forward_bd09(lon: Degrees, lat: Degrees) -> Pair:
    x, y = _forward_gcj02(lon, lat)
    radius = np.hypot(x, y) + _BD_RADIUS * np.sin(y * _BD_WAVE)
    angle = np.arctan2(y, x) + _BD_ANGLE * np.cos(x * _BD_WAVE)
    return radius * np.cos(angle) + _BD_LON, radius * np.sin(angle) + _BD_LAT


def _north_metres(x: Degrees, y: Degrees) -> Degrees:
    smooth = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    waves = (
        _waves(x)
        + 20.0 * np.sin(np.pi * y)
        + 40.0 * np.sin(np.pi * y / 3.0)
        + 160.0 * np.sin(np.pi * y / 12.0)
        + 320.0 * np.sin(np.pi * y / 30.0)
    )
    return np.asarray(smooth + waves * 2.0 / 3.0)


def _east_metres(x: Degrees, y: Degrees) -> Degrees:
    smooth = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    waves = (
        _waves(x)
        + 20.0 * np.sin(np.pi * x)
        + 40.0 * np.sin(np.pi * x / 3.0)
        + 150.0 * np.sin(np.pi * x / 12.0)
        + 300.0 * np.sin(np.pi * x / 30.0)
    )
    return np.asarray(smooth + waves * 2.0 / 3.0)


def _waves(x: Degrees) -> Degrees:
    return np.asarray(20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x))
