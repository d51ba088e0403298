"""Coordinate systems: declared, transformed, and checked against the streets.

The front door of :mod:`geo.systems` (what a declared system means) and :mod:`geo.fit` (whether a
layer lies where its declared system puts it).
"""

from __future__ import annotations

from geo.fit import CrsFit, crs_fit
from geo.systems import (
    BD09,
    GCJ02,
    WGS84,
    is_geographic,
    local_metric_crs,
    parse_declared,
    to_wgs84,
    to_wgs84_xy,
)

__all__ = [
    "BD09",
    "GCJ02",
    "WGS84",
    "CrsFit",
    "crs_fit",
    "is_geographic",
    "local_metric_crs",
    "parse_declared",
    "to_wgs84",
    "to_wgs84_xy",
]
