"""Layers in and out: read, check every row, hand out WGS 84; write GeoPackage and GeoJSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
from geopandas import GeoDataFrame
from shapely.geometry.base import BaseGeometry

from base.faults import Fault, FaultError, Faults
from geo.codes import COLUMN_MISSING, CRS_MISFIT, LAYER_FAR
from geo.fit import CrsFit, crs_fit
from geo.layer_files import LAYER_ENDINGS, LayerSource, RawLayer, open_layer
from geo.layer_rows import (
    Area,
    GeometryKind,
    check_counts,
    check_ids,
    check_inside,
    check_places,
    check_shapes,
)
from geo.systems import WGS84, parse_declared, to_wgs84, to_wgs84_xy
from geo.whole import whole_file

if TYPE_CHECKING:
    from geo.network import StreetNetwork

__all__ = [
    "LAYER_ENDINGS",
    "GeometryKind",
    "LayerSource",
    "read_layer",
    "write_geojson",
    "write_layers",
]

_AREA_MARGIN_DEG = 1.0
"""How far from the district or the streets a place may lie before it can count as swapped."""

_FAR_M = 20_000.0
"""A layer with nothing this close to the streets belongs to another place or system."""

_GEOJSON_DECIMALS = 7


def read_layer(
    source: LayerSource,
    *,
    geometry: GeometryKind = "any",
    counts: Sequence[str] = (),
    required: Sequence[str] = (),
    within: BaseGeometry | None = None,
    network: StreetNetwork | None = None,
    unique: Sequence[str] = (),
    reference: GeoDataFrame | None = None,
    repair: bool = False,
) -> GeoDataFrame:
    """Read a layer, check it, and hand it out in WGS 84.

    Args:
        source: file, layer, declared system and the rows to keep.
        geometry: the kind of geometry that is needed.
        counts: columns that must hold numbers >= 0; they come back as float64.
        required: columns that must exist.
        within: district (WGS 84); rows outside it are faults.
        network: streets against which the declared system is checked (``geo.crs.crs_fit``).
        unique: columns in which every row must have a value of its own.
        reference: polygons in WGS 84 known to be right, such as the district's sub-districts,
            as a further check of the declared system of a polygon layer.
        repair: make invalid lines and polygons valid instead of reporting them.

    Returns:
        Rows in the file's order, index ``row`` = 1-based row of the table (the header is row 1)
        or ordinal of the feature; ``attrs["repaired"]`` lists the repaired rows.

    Raises:
        FaultError: everything that is wrong, all rows at once.
    """
    path = Path(source.path)
    declared, raw = _open(source)
    frame, faults = raw.frame, Faults()
    faults.extend(raw.faults)
    _check_columns(path, frame, (*required, *counts, *unique), faults)
    values = check_counts(path, frame, [name for name in counts if name in frame], faults)
    check_ids(path, frame, [name for name in unique if name in frame], faults)
    unread = frame.index.isin([fault.row for fault in raw.faults])
    placed, repaired = check_shapes(path, frame[~unread], geometry, repair, faults)
    fit = None
    if network is not None and not placed.empty:
        fit = crs_fit(placed, declared, network, reference=reference, stated=raw.stated_crs)
    known = (fit.best if fit is not None else None, raw.stated_crs)
    likely = [name for name in known if name is not None]
    placed = check_places(path, placed, declared, _area(within, network), likely, faults)
    if fit is not None and not placed.empty and not fit.fits:
        faults.add(_misfit(path, fit))
    elif fit is not None and not placed.empty and fit.nearest_m > _FAR_M:
        km = f"{fit.nearest_m / 1000.0:,.0f}"
        faults.add(LAYER_FAR(path, km=km, declared=declared))
    elif within is not None:
        check_inside(path, to_wgs84(placed, declared), within, faults)
    _raise_by_row(faults)
    layer = to_wgs84(placed, declared).assign(**values)
    layer.attrs["repaired"] = repaired
    return layer


def _open(source: LayerSource) -> tuple[str, RawLayer]:
    """The declared system and the raw rows; what is wrong with either is told together."""
    faults = Faults()
    declared = faults.keep(lambda: parse_declared(source.crs))
    raw = faults.keep(lambda: open_layer(source))
    faults.raise_if_any()
    assert declared is not None and raw is not None
    return declared, raw


def _check_columns(path: Path, frame: GeoDataFrame, columns: Sequence[str], faults: Faults) -> None:
    available = ", ".join(str(name) for name in frame.columns if name != "geometry")
    for column in dict.fromkeys(columns):
        if column not in frame:
            faults.add(COLUMN_MISSING(path, column=column, available=available))


def _area(within: BaseGeometry | None, network: StreetNetwork | None) -> Area | None:
    """The extent of what is known of the place, with a margin."""
    boxes: list[Area] = []
    if within is not None:
        boxes.append(within.bounds)
    if network is not None:
        corners = [
            (float(pick(network.node_x)), float(pick(network.node_y))) for pick in (np.min, np.max)
        ]
        (west, south), (east, north) = to_wgs84_xy(np.array(corners), network.crs)
        boxes.append((west, south, east, north))
    if not boxes:
        return None
    return (
        min(box[0] for box in boxes) - _AREA_MARGIN_DEG,
        min(box[1] for box in boxes) - _AREA_MARGIN_DEG,
        max(box[2] for box in boxes) + _AREA_MARGIN_DEG,
        max(box[3] for box in boxes) + _AREA_MARGIN_DEG,
    )


def _misfit(path: Path, fit: CrsFit) -> Fault:
    """The figures that speak for another system than the declared one."""
    more = more_zh = ""
    if fit.evidence == "alignment":
        shares = f"{fit.declared_along:.0%}", f"{fit.best_along:.0%}"
        more = f", and {shares[0]} and {shares[1]} of its outlines run along a street"
        more_zh = f"，沿街道的边界分别占 {shares[0]} 和 {shares[1]}"
    elif fit.evidence == "distance":
        shares = f"{fit.declared_off:.0%}", f"{fit.best_off:.0%}"
        more = f", and {shares[0]} and {shares[1]} of it lie over 100 m from any street"
        more_zh = f"，距街道超过 100 米的分别占 {shares[0]} 和 {shares[1]}"
    by_reference = fit.evidence == "reference"
    return CRS_MISFIT(
        path,
        declared=fit.declared,
        best=fit.best,
        declared_m=f"{fit.declared_m:,.0f}",
        best_m=f"{fit.best_m:,.0f}",
        shift_m=f"{fit.shift_m:,.0f}",
        target="boundary of the reference" if by_reference else "street",
        target_zh="参照边界" if by_reference else "街道",
        more=more,
        more_zh=more_zh,
    )


def _raise_by_row(faults: Faults) -> None:
    """Raise all faults, those of the whole layer first, then row by row."""
    try:
        faults.raise_if_any()
    except FaultError as error:
        raise FaultError(sorted(error.faults, key=lambda fault: fault.row or 0)) from None


def write_layers(path: Path, layers: Mapping[str, GeoDataFrame]) -> None:
    """Write one GeoPackage with one layer per frame, in each frame's own system.

    Raises:
        ValueError: no layer, or a frame without a coordinate system.
    """
    if not layers:
        raise ValueError("a GeoPackage needs at least one layer")
    for name, frame in layers.items():
        if frame.crs is None:
            raise ValueError(f"layer {name} has no coordinate system")
    with whole_file(Path(path)) as part:
        for name, frame in layers.items():
            _write(part, frame, driver="GPKG", layer=name, append=part.exists())


def write_geojson(path: Path, frame: GeoDataFrame) -> None:
    """Write GeoJSON after RFC 7946: WGS 84, 7 decimals, outer rings counter-clockwise.

    Raises:
        ValueError: the frame has no coordinate system.
    """
    if frame.crs is None:
        raise ValueError("the frame has no coordinate system")
    degrees = frame if frame.crs == WGS84 else frame.to_crs(WGS84)
    options = {"RFC7946": "YES", "COORDINATE_PRECISION": str(_GEOJSON_DECIMALS)}
    with whole_file(Path(path)) as part:
        _write(part, degrees, driver="GeoJSON", layer_options=options)


def _write(part: Path, frame: GeoDataFrame, **how: Any) -> None:
    kinds = sorted(set(frame.geom_type.dropna()))
    single = {kind.removeprefix("Multi") for kind in kinds}
    geometry_type = kinds[0] if len(kinds) == 1 else "Unknown"
    if len(single) == 1 and len(kinds) == 2:
        geometry_type = f"Multi{single.pop()}"
        how["promote_to_multi"] = how.get("driver") == "GPKG"
    pyogrio.write_dataframe(
        frame.reset_index(drop=True), part, geometry_type=geometry_type, encoding="utf-8", **how
    )
