"""Layer files opened: features as they stand in the file, by row, before any check of theirs.

GPKG, GeoJSON and Shapefile are read by GDAL (through pyogrio) only after their first bytes have
been looked at, because GDAL goes by content and would otherwise open anything that a file
pretends to be, remote references included.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from geopandas import GeoDataFrame, GeoSeries
from numpy.typing import NDArray
from pandas import DataFrame, Series
from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

from base.faults import Fault, FaultError
from geo.codes import (
    COLUMN_MISSING,
    COORDINATE_COLUMNS,
    COORDINATE_MISSING,
    ENCODING_UNKNOWN,
    ENCODING_WRONG,
    FILE_KIND,
    FILE_MISSING,
    FILE_UNREADABLE,
    LAYER_AMBIGUOUS,
    LAYER_MISSING,
    NO_ROWS,
    WKT_UNREADABLE,
)
from geo.tables import TABLE_ENDINGS, number, read_table

__all__ = ["LAYER_ENDINGS", "LayerSource", "RawLayer", "open_layer"]

Scalar = str | int | float | bool

_VECTOR_ENDINGS = (".gpkg", ".geojson", ".json", ".shp")
LAYER_ENDINGS = (*_VECTOR_ENDINGS, *TABLE_ENDINGS)

_FIRST_BYTES = {".gpkg": b"SQLite format 3\x00", ".shp": b"\x00\x00\x27\x0a"}
_SHAPE_ENCODINGS = ("utf-8", "gb18030")

_LON_NAMES = ("lon", "lng", "long", "longitude", "经度", "东经", "x")
_LAT_NAMES = ("lat", "latitude", "纬度", "北纬", "y")
_WKT_NAMES = ("wkt", "geometry", "geom", "the_geom", "几何")


@dataclass(frozen=True)
class LayerSource:
    """Where a layer is and how to read it.

    Attributes:
        path: GPKG, GeoJSON, Shapefile, CSV or XLSX.
        layer: layer of a GPKG with several.
        sheet: sheet of a workbook, the first visible one by default.
        crs: declared coordinate system: ``EPSG:n``, ``gcj02`` or ``bd09``.
        lon, lat: columns of a table with coordinates (easting and northing for a metric system).
        wkt: column of a table with well-known text; these three are found by their usual names
            if left out.
        encoding: of a CSV or Shapefile, found by itself if left out.
        where: keep rows whose column equals the value, or one of several.
    """

    path: Path
    layer: str | None = None
    sheet: str | None = None
    crs: str = "EPSG:4326"
    lon: str | None = None
    lat: str | None = None
    wkt: str | None = None
    encoding: str | None = None
    where: Mapping[str, Scalar | Sequence[Scalar]] = field(default_factory=dict)


@dataclass(frozen=True)
class RawLayer:
    """Features with the file's own coordinates (``frame.crs`` is None), index = 1-based row.

    ``faults`` are the rows whose coordinates could not be read; ``stated_crs`` is what the file
    says of itself.
    """

    frame: GeoDataFrame
    faults: tuple[Fault, ...]
    stated_crs: str | None


def open_layer(source: LayerSource) -> RawLayer:
    """Read the rows that ``where`` keeps.

    Raises:
        FaultError: missing, unreadable or empty file; unknown layer, sheet, encoding or column.
    """
    path = Path(source.path)
    ending = path.suffix.lower()
    if ending not in LAYER_ENDINGS:
        raise FaultError([FILE_KIND(path, ending=ending or "-", allowed=", ".join(LAYER_ENDINGS))])
    if not path.is_file():
        raise FaultError([FILE_MISSING(path)])
    if ending in TABLE_ENDINGS:
        return _from_table(source, path)
    _check_first_bytes(path, ending)
    frame, stated = _read_vector(source, path)
    frame = _keep(path, frame, source.where)
    return RawLayer(frame, (), stated)


# --- tables -------------------------------------------------------------------------------------


def _from_table(source: LayerSource, path: Path) -> RawLayer:
    table = read_table(path, sheet=source.sheet, encoding=source.encoding)
    lon, lat, wkt = _coordinate_columns(source, path, table)
    table = _keep(path, table, source.where)
    if wkt is not None:
        geometry, faults = _parse_wkt(path, table[wkt])
        table = table.drop(columns=wkt)
    else:
        geometry, faults = _parse_pairs(path, table[lon], table[lat])
    if "geometry" in table.columns:
        table = table.drop(columns="geometry")
    series = GeoSeries(geometry, index=table.index, crs=None)
    return RawLayer(GeoDataFrame(table, geometry=series), tuple(faults), None)


def _coordinate_columns(
    source: LayerSource, path: Path, table: DataFrame
) -> tuple[str | None, str | None, str | None]:
    """The columns (lon, lat, None) or (None, None, wkt): those named, else the usual names."""
    named = [name for name in (source.lon, source.lat, source.wkt) if name is not None]
    available = ", ".join(table.columns)
    missing = [name for name in named if name not in table.columns]
    if missing:
        raise FaultError(
            [COLUMN_MISSING(path, column=name, available=available) for name in missing]
        )
    if source.wkt is not None:
        return None, None, source.wkt
    lon = source.lon or _usual(table, _LON_NAMES)
    lat = source.lat or _usual(table, _LAT_NAMES)
    if lon is not None and lat is not None:
        return lon, lat, None
    wkt = _usual(table, _WKT_NAMES)
    if wkt is None:
        raise FaultError([COORDINATE_COLUMNS(path, available=available)])
    return None, None, wkt


def _usual(table: DataFrame, names: Sequence[str]) -> str | None:
    by_name = {str(column).strip().lower(): str(column) for column in reversed(table.columns)}
    return next((by_name[name] for name in names if name in by_name), None)


def _parse_pairs(
    path: Path, lon: Series[str], lat: Series[str]
) -> tuple[NDArray[np.object_], list[Fault]]:
    pairs = [(number(x), number(y)) for x, y in zip(lon, lat, strict=True)]
    faults = [
        COORDINATE_MISSING(path, row=int(row))
        for row, pair in zip(lon.index, pairs, strict=True)
        if None in pair
    ]
    points: NDArray[np.object_] = np.full(len(pairs), None, dtype=object)
    good = [at for at, pair in enumerate(pairs) if None not in pair]
    if good:
        points[good] = shapely.points(np.array([pairs[at] for at in good], dtype=np.float64))
    return points, faults


def _parse_wkt(path: Path, texts: Series[str]) -> tuple[NDArray[np.object_], list[Fault]]:
    plain = np.array([text or None for text in texts], dtype=object)
    with np.errstate(invalid="ignore"):  # "POINT (NaN 1)" is reported with the row
        geometry = shapely.from_wkt(plain, on_invalid="ignore")
    faults = [
        WKT_UNREADABLE(path, row=int(row))
        for row, text, shape in zip(texts.index, plain, geometry, strict=True)
        if text is not None and shape is None
    ]
    return geometry, faults


# --- GDAL ---------------------------------------------------------------------------------------


def _check_first_bytes(path: Path, ending: str) -> None:
    with path.open("rb") as stream:
        head = stream.read(64)
    expected = _FIRST_BYTES.get(ending)
    if expected is None:
        head, expected = head.removeprefix(b"\xef\xbb\xbf").lstrip(), b"{"
    if not head.startswith(expected):
        raise FaultError([FILE_UNREADABLE(path, why=f"its content is not that of a {ending} file")])


def _read_vector(source: LayerSource, path: Path) -> tuple[GeoDataFrame, str | None]:
    try:
        layer = _choose_layer(path, source.layer)
        frame = _read_features(path, layer, source.encoding)
    except (DataSourceError, DataLayerError, GeometryError, FieldError, OSError) as error:
        raise FaultError([FILE_UNREADABLE(path, why=" ".join(str(error).split())[:200])]) from error
    if not isinstance(frame, GeoDataFrame):
        available = ", ".join(map(str, frame.columns))
        raise FaultError([COORDINATE_COLUMNS(path, available=available)])
    stated = frame.crs.to_string() if frame.crs is not None else None
    frame = frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame
    frame = frame.set_crs(None, allow_override=True)
    frame.index = np.arange(1, len(frame) + 1)
    frame.index.name = "row"
    return frame, stated


def _choose_layer(path: Path, wanted: str | None) -> str:
    layers = pyogrio.list_layers(path)
    names = [str(name) for name, _ in layers]
    if wanted is not None:
        if wanted not in names:
            raise FaultError([LAYER_MISSING(path, layer=wanted, available=", ".join(names))])
        return wanted
    spatial = [str(name) for name, kind in layers if kind is not None] or names
    if not spatial:
        raise FaultError([NO_ROWS(path)])
    if len(spatial) > 1:
        raise FaultError([LAYER_AMBIGUOUS(path, available=", ".join(spatial))])
    return spatial[0]


def _read_features(path: Path, layer: str, encoding: str | None) -> GeoDataFrame:
    """Read all features; a Shapefile's text may be in any encoding and often does not say."""
    tries: tuple[str | None, ...] = (encoding,)
    if path.suffix.lower() != ".shp":
        tries = (None,)
    elif encoding is None and not path.with_suffix(".cpg").is_file():
        tries = _SHAPE_ENCODINGS
    for attempt in tries:
        try:
            with warnings.catch_warnings():
                # GDAL warns of what the rows are checked for next.
                warnings.simplefilter("ignore", RuntimeWarning)
                warnings.simplefilter("ignore", UserWarning)
                return pyogrio.read_dataframe(
                    os.fspath(path), layer=layer, encoding=attempt, on_invalid="ignore"
                )
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise FaultError([ENCODING_UNKNOWN(path, encoding=attempt)]) from None
    stated = encoding or " / ".join(name for name in tries if name) or "UTF-8"
    raise FaultError([ENCODING_WRONG(path, encoding=stated)])


# --- where --------------------------------------------------------------------------------------


def _keep(
    path: Path, frame: DataFrame, where: Mapping[str, Scalar | Sequence[Scalar]]
) -> DataFrame:
    missing = [column for column in where if column not in frame.columns]
    if missing:
        available = ", ".join(str(name) for name in frame.columns if name != "geometry")
        raise FaultError(
            [COLUMN_MISSING(path, column=column, available=available) for column in missing]
        )
    kept = np.ones(len(frame), dtype=bool)
    for column, wanted in where.items():
        values = [wanted] if isinstance(wanted, str | int | float) else list(wanted)
        kept &= np.array([any(_equal(cell, value) for value in values) for cell in frame[column]])
    frame = frame[kept]
    if frame.empty:
        raise FaultError([NO_ROWS(path)])
    return frame


def _equal(cell: object, value: Scalar) -> bool:
    """Whether a cell holds a value, whatever type the file happens to store it in."""
    if isinstance(value, bool):
        return str(cell).strip().lower() in ({"true", "1"} if value else {"false", "0"})
    if isinstance(value, int | float):
        return number(cell) == value
    if isinstance(cell, float | np.floating):  # a text such as "1" asked of a numeric column
        return number(value) == cell
    return str(cell).strip() == value.strip()
