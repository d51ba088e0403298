"""The ground under every job: a district's streets and sub-districts, read and checked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from base.faults import Fault, FaultError, Faults
from geo.graphml import from_graphml
from geo.layers import read_layer
from geo.network import StreetNetwork
from geo.osm import from_osm
from geo.snap import Snapped
from geo.streets import from_lines
from scenarios.codes import FAR_FROM_STREET, NAME_NOT_FOUND, SHAPES_REPAIRED, STREETS_CUT_OFF
from scenarios.files import layer_source
from scenarios.model import DistrictsInput, LayerInput, NetworkInput, Scenario, Text

__all__ = [
    "FAR_M",
    "District",
    "LayerReader",
    "far_from_street",
    "in_english",
    "open_beside",
    "open_district",
    "read_streets",
]

T = TypeVar("T")

FAR_M = 250.0
"""Points farther than this from any street are told to the user, in metres."""

_MARGIN_M = 2000.0
"""Layers may reach this far over the district's border: a site next door serves people here."""

_WGS84 = "EPSG:4326"
_ENDINGS: Mapping[str, Literal["osm", "graphml", "saved"]] = {
    ".pbf": "osm",
    ".osm": "osm",
    ".graphml": "graphml",
    ".graphml.gz": "graphml",
    ".npz": "saved",
}


class LayerReader:
    """Reads the layers of one scenario and keeps the faults of all of them."""

    def __init__(self, folder: Path, faults: Faults) -> None:
        self.folder = folder
        self.faults = faults
        self.warnings: list[Fault] = []
        self.network: StreetNetwork | None = None
        self.within: BaseGeometry | None = None

    def read(
        self,
        layer: LayerInput,
        *,
        geometry: Literal["point", "line", "polygon", "any"] = "any",
        counts: Sequence[str | None] = (),
        required: Sequence[str | None] = (),
        repair: bool = False,
    ) -> gpd.GeoDataFrame | None:
        """The layer in WGS 84, None where it has faults; names that are None are not asked for.

        ``repair`` mends invalid shapes with a warning: for layers of which only a point matters.
        """
        faults = Faults()
        frame = faults.keep(
            lambda: read_layer(
                layer_source(layer, self.folder),
                geometry=geometry,
                counts=tuple(name for name in counts if name),
                required=tuple(name for name in required if name),
                within=self.within,
                network=self.network,
                repair=repair,
            )
        )
        self.faults.extend(_in_layer(fault, layer) for fault in faults)
        if frame is None:
            return None
        rows = frame.attrs.get("repaired", ())
        if len(rows):
            shown = ", ".join(str(row) for row in rows[:10]) + (" ..." if len(rows) > 10 else "")
            self.warnings.append(SHAPES_REPAIRED(layer.path.name, count=len(rows), rows=shown))
        return frame


def _in_layer(fault: Fault, layer: LayerInput) -> Fault:
    """The fault with the layer's name: one file may hold a dozen."""
    if layer.layer is None or fault.path is None:
        return fault
    return replace(fault, path=f"{fault.path}#{layer.layer}")


@dataclass(frozen=True, eq=False)
class District:
    """A scenario's streets and sub-districts.

    Attributes:
        scenario: the scenario that they come from.
        reader: reads further layers of it; its faults are raised by the caller, its warnings
            are what the user should know, though nothing is broken.
        streets: the street network, largest component only where the scenario says so.
        subdistricts: polygons (WGS 84) with ``name``, ``name_en``, ``code``, ``population``;
            None without.
        sources: lines that name the data's origin.
    """

    scenario: Scenario
    reader: LayerReader
    streets: StreetNetwork
    subdistricts: gpd.GeoDataFrame | None
    sources: tuple[str, ...]

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What the user should know of the layers read so far."""
        return tuple(self.reader.warnings)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sub-districts, in the order of their numbers."""
        if self.subdistricts is None:
            return ()
        return tuple(str(name) for name in self.subdistricts["name"])

    @property
    def labels(self) -> tuple[Text, ...]:
        """What reports call the sub-districts, in the order of their numbers."""
        if self.subdistricts is None:
            return ()
        pairs = zip(self.subdistricts["name"], self.subdistricts["name_en"], strict=True)
        return tuple(Text(zh=zh, en=en) for zh, en in pairs)

    def number_of(self, points: gpd.GeoSeries) -> NDArray[np.int32]:
        """The sub-district of every point (WGS 84), -1 for none; the first one on a border."""
        numbers = np.full(len(points), -1, dtype=np.int32)
        if self.subdistricts is None or points.empty:
            return numbers
        index = self.subdistricts.geometry.sindex
        point_at, district_at = index.query(points.array, predicate="intersects")
        # Descending, so that the lowest number is written last and stays.
        order = np.argsort(-district_at, kind="stable")
        numbers[point_at[order]] = district_at[order]
        return numbers


def open_district(scenario: Scenario, folder: Path) -> District:
    """Read a scenario's streets and sub-districts.

    Raises:
        FaultError: every fault of both layers.
    """
    faults = Faults()
    reader = LayerReader(folder, faults)
    streets = read_streets(scenario.network, reader, scenario.metric_crs)
    subdistricts = None
    if scenario.districts is not None:
        subdistricts = _read_subdistricts(scenario.districts, reader)
    faults.raise_if_any()
    assert streets is not None
    if subdistricts is not None:
        reader.within = _with_margin(subdistricts, streets.crs)
    return District(scenario, reader, streets, subdistricts, _sources(scenario, streets))


def open_beside(scenario: Scenario, folder: Path, read: Callable[[], T]) -> tuple[District, T]:
    """A scenario's district and what ``read`` gives, the faults of both raised at once.

    Raises:
        FaultError: every fault of both.
    """
    faults = Faults()
    tables = faults.keep(read)
    district = faults.keep(lambda: open_district(scenario, folder))
    faults.raise_if_any()
    assert district is not None and tables is not None
    return district, tables


def far_from_street(
    what: str, snapped: Snapped, rows: Sequence[object], limit: float = FAR_M
) -> tuple[Fault, ...]:
    """A warning where points lie farther than ``limit`` metres from their street."""
    far = np.flatnonzero(snapped.access > limit)
    if not far.size:
        return ()
    far = far[np.argsort(-snapped.access[far], kind="stable")]
    shown = ", ".join(str(rows[at]) for at in far[:10]) + (" ..." if far.size > 10 else "")
    return (
        FAR_FROM_STREET(
            what,
            what=what,
            count=int(far.size),
            total=len(rows),
            limit=round(limit),
            worst=round(float(snapped.access[far[0]])),
            rows=shown,
        ),
    )


def _sources(scenario: Scenario, streets: StreetNetwork) -> tuple[str, ...]:
    lines = list(scenario.sources)
    if streets.credit and not any("OpenStreetMap" in line for line in lines):
        lines.append(streets.credit)
    return tuple(lines)


def _kind(network: NetworkInput) -> Literal["lines", "osm", "graphml", "saved"]:
    if network.kind != "auto":
        return network.kind
    name = network.source.path.name.lower()
    for ending, kind in _ENDINGS.items():
        if name.endswith(ending):
            return kind
    return "lines"


def read_streets(
    wanted: NetworkInput, reader: LayerReader, metric_crs: str = "auto"
) -> StreetNetwork | None:
    """The streets of one file; None where the reader keeps faults, its warnings told to it."""
    path = reader.folder / wanted.source.path
    try:
        kind = _kind(wanted)
        if kind == "osm":
            network = from_osm(path, metric_crs=metric_crs)
        elif kind == "graphml":
            network = from_graphml(path, metric_crs=metric_crs)
        elif kind == "saved":
            network = StreetNetwork.load(path)
        else:
            frame = reader.read(wanted.source, geometry="line", required=[wanted.name])
            if frame is None:
                return None
            reader.warnings.extend(_unknown_names(wanted, frame))
            network = from_lines(
                frame, metric_crs=metric_crs, name=wanted.name, drop_names=wanted.drop_names
            )
    except FaultError as error:
        reader.faults.extend(error.faults)
        return None
    # Declared systems are checked against all streets as drawn, connected or not.
    reader.network = network
    if not wanted.largest_component:
        return network
    kept = network.largest_component()
    pieces = int(network.component.max(initial=-1)) - int(kept.component.max(initial=-1))
    if pieces > 0:
        lost = float(network.edge_length.sum() - kept.edge_length.sum()) / 1000
        reader.warnings.append(
            STREETS_CUT_OFF(wanted.source.path.name, count=pieces, km=round(lost, 1))
        )
    return kept


def _unknown_names(wanted: NetworkInput, frame: gpd.GeoDataFrame) -> list[Fault]:
    if not wanted.drop_names:
        return []
    if wanted.name is None:
        return [NAME_NOT_FOUND(wanted.source.path.name, name=name) for name in wanted.drop_names]
    names = frame[wanted.name].dropna().astype(str)
    return [
        NAME_NOT_FOUND(wanted.source.path.name, name=name)
        for name in wanted.drop_names
        if not names.str.contains(name, regex=False).any()
    ]


def _read_subdistricts(wanted: DistrictsInput, reader: LayerReader) -> gpd.GeoDataFrame | None:
    frame = reader.read(
        wanted.source,
        geometry="polygon",
        counts=[wanted.population],
        required=[wanted.name, wanted.name_en, wanted.code],
    )
    if frame is None:
        return None
    names = frame[wanted.name].astype(str)
    table = gpd.GeoDataFrame(
        {
            "name": names,
            "name_en": in_english(frame, wanted.name_en, names),
            "code": frame[wanted.code].astype(str) if wanted.code else "",
            "population": frame[wanted.population] if wanted.population else np.nan,
        },
        geometry=frame.geometry,
        crs=_WGS84,
    )
    return table.reset_index(drop=True)


def in_english(frame: gpd.GeoDataFrame, column: str | None, names: pd.Series[Any]) -> list[Any]:
    """The English names of a layer's rows; a row without one keeps its name."""
    if column is None:
        return list(names)
    return [
        name if pd.isna(english) or not str(english).strip() else str(english).strip()
        for english, name in zip(frame[column], names, strict=True)
    ]


def _with_margin(subdistricts: gpd.GeoDataFrame, metric_crs: str) -> BaseGeometry:
    """The district's outline, a margin wider, in WGS 84."""
    metric = subdistricts.geometry.to_crs(metric_crs)
    outline = metric.union_all().convex_hull.buffer(_MARGIN_M)
    return gpd.GeoSeries([outline], crs=metric_crs).to_crs(_WGS84).iloc[0]
