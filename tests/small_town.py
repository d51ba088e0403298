"""A town of a few blocks for tests of the jobs: streets on a grid, so that ways are |dx| + |dy|.

Coordinates are metres east and north of the south-west corner; everything lies in UTM 50N.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import yaml
from pyproj import Transformer
from shapely.geometry import LineString, Point, Polygon, box

from geo.layers import write_geojson
from scenarios.records import Place

CRS = "EPSG:32650"
WEST, SOUTH = 448_000.0, 4_418_000.0
BLOCK = 100.0
WIDE, HIGH = 10, 6
"""Blocks from west to east and from south to north."""
TWO_PARTS = ("West", "East")

_to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


def place(x: float, y: float) -> Place:
    """The place in degrees."""
    lon, lat = _to_degrees.transform(WEST + x, SOUTH + y)
    return Place(lon, lat)


def points(rows: Iterable[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    """Rows with ``x`` and ``y`` as a point layer."""
    rows = list(rows)
    columns = {
        key: [row[key] for row in rows] for key in (rows[0] if rows else {}) if key not in "xy"
    }
    return gpd.GeoDataFrame(
        columns, geometry=[Point(WEST + r["x"], SOUTH + r["y"]) for r in rows], crs=CRS
    )


def streets() -> gpd.GeoDataFrame:
    """The grid, each block's side a street of its own; the street along the south is a ring."""
    lines, names = [], []
    for row in range(HIGH + 1):
        for column in range(WIDE + 1):
            here = (WEST + column * BLOCK, SOUTH + row * BLOCK)
            if column < WIDE:
                lines.append(LineString([here, (here[0] + BLOCK, here[1])]))
                names.append("南二环" if row == 0 else f"{row} 街")
            if row < HIGH:
                lines.append(LineString([here, (here[0], here[1] + BLOCK)]))
                names.append(f"{column} 巷")
    return gpd.GeoDataFrame({"name": names}, geometry=lines, crs=CRS)


def districts() -> gpd.GeoDataFrame:
    """Two halves, a little wider than the streets."""
    west, south = WEST - 20, SOUTH - 20
    middle, east, north = (
        WEST + WIDE * BLOCK / 2,
        WEST + WIDE * BLOCK + 20,
        SOUTH + HIGH * BLOCK + 20,
    )
    halves = [box(west, south, middle, north), box(middle, south, east, north)]
    return gpd.GeoDataFrame({"name": list(TWO_PARTS)}, geometry=halves, crs=CRS)


def parcels(side: float = 30.0) -> gpd.GeoDataFrame:
    """A square in the south-west corner of every block, touching two streets."""
    squares: list[Polygon] = [
        box(
            WEST + column * BLOCK,
            SOUTH + row * BLOCK,
            WEST + column * BLOCK + side,
            SOUTH + row * BLOCK + side,
        )
        for row in range(HIGH)
        for column in range(WIDE)
    ]
    return gpd.GeoDataFrame({"no": range(len(squares))}, geometry=squares, crs=CRS)


def write_town(
    folder: Path, layers: Mapping[str, gpd.GeoDataFrame], scenario: Mapping[str, Any]
) -> Path:
    """A GeoJSON file per layer and the scenario beside them; gives the scenario file."""
    folder.mkdir(parents=True, exist_ok=True)
    ground = {"streets": streets(), "districts": districts()}
    for name, frame in {**ground, **layers}.items():
        write_geojson(folder / f"{name}.geojson", frame)
    data: dict[str, Any] = {
        "schema_version": 1,
        "id": "small-town",
        "name": {"zh": "小镇", "en": "Small town"},
        "network": {"source": source("streets"), "name": "name"},
        "districts": {"source": source("districts"), "name": "name"},
        **scenario,
    }
    path = folder / "scenario.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def source(layer: str, **more: Any) -> dict[str, Any]:
    """A layer of the town as a scenario names it."""
    return {"path": f"{layer}.geojson", **more}
