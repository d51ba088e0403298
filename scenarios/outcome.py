"""What a job hands out: sheets, map layers, a summary and a report, before they become files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from base.faults import Lang
from geo.network import StreetNetwork
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.week.problem import WeekProblem
from optimizer.siting.plan.problem import PlanProblem
from optimizer.siting.problem import SitingProblem
from scenarios import report
from scenarios.district import District
from scenarios.model import Text

__all__ = [
    "NAME_COLUMNS",
    "SCHEMA_VERSION",
    "Cell",
    "Outcome",
    "Sheet",
    "SheetColumn",
    "base_layers",
    "district_labels",
    "sheet_column",
]

SCHEMA_VERSION = 1
"""Of ``problem.npz``, ``answer.json`` and ``summary.json``."""

Cell = str | int | float | Text | None

NAME_COLUMNS = Text(zh="name", en="name_en")
"""Columns of layers with a name in both languages, as a map's popup takes them."""

_STREETS_ON_MAP = 40_000
"""Networks with more edges are left off the report's map: the page would grow too heavy."""


@dataclass(frozen=True)
class SheetColumn:
    """A column: ``key`` in files for machines, ``label`` in those for people.

    ``decimals`` None marks text; a number rounds and stands right-aligned.
    """

    key: str
    label: Text
    decimals: int | None = None


def sheet_column(key: str, zh: str, en: str, decimals: int | None = None) -> SheetColumn:
    """A column from its words."""
    return SheetColumn(key, Text(zh=zh, en=en), decimals)


@dataclass(frozen=True)
class Sheet:
    """A table that becomes a CSV file and a table of the report."""

    name: str
    title: Text
    columns: tuple[SheetColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: Text | None = None

    def frame(self, lang: Lang) -> pd.DataFrame:
        """The table with headers and texts in one language."""
        data = [
            [
                _in_language(cell, column, lang)
                for cell, column in zip(row, self.columns, strict=True)
            ]
            for row in self.rows
        ]
        labels = [getattr(column.label, lang) for column in self.columns]
        return pd.DataFrame(data, columns=labels, dtype=object)

    def table(self, *, leave_out: tuple[str, ...] = ()) -> report.Table:
        """The table as the report shows it, some columns and all empty ones left out."""
        kept = [
            n
            for n, column in enumerate(self.columns)
            if column.key not in leave_out
            and (not self.rows or any(_finite(row[n]) is not None for row in self.rows))
        ]
        columns = tuple(
            report.Column(
                self.columns[n].label,
                self.columns[n].decimals is not None,
                self.columns[n].decimals or 0,
            )
            for n in kept
        )
        rows = tuple(tuple(_finite(row[n]) for n in kept) for row in self.rows)
        return report.Table(self.title, columns, rows, self.note)


@dataclass(frozen=True, eq=False)
class Outcome:
    """Everything that :func:`scenarios.store.write_run` writes of a run.

    Attributes:
        kind: ``siting``, ``plan``, ``visits``, ``meals`` or ``week``.
        problem: the arrays that the solver got.
        extra: further arrays that the checks of a stored answer need.
        answer: JSON-ready: ids and the answer in indices.
        summary: JSON-ready: the figures of the run.
        layers: map layers (WGS 84) by name.
        sheets: tables.
        report: the printed report.
    """

    kind: str
    problem: SitingProblem | PlanProblem | RoutingProblem | WeekProblem
    answer: Mapping[str, Any]
    summary: Mapping[str, Any]
    layers: Mapping[str, gpd.GeoDataFrame]
    sheets: tuple[Sheet, ...]
    report: report.Report
    extra: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def base_layers(district: District) -> list[report.MapLayer]:
    """Sub-districts and streets, the ground of every map."""
    layers = []
    if district.subdistricts is not None:
        layers.append(
            report.MapLayer(
                id="subdistricts",
                label=Text(zh="街道", en="sub-districts"),
                frame=district.subdistricts[["name", "name_en", "geometry"]],
                kind="fill",
                color="#8fa3ad",
                opacity=0.12,
                popup=((NAME_COLUMNS, Text(zh="街道", en="sub-district")),),
            )
        )
    if district.streets.n_edges <= _STREETS_ON_MAP:
        layers.append(
            report.MapLayer(
                id="streets",
                label=Text(zh="道路", en="streets"),
                frame=_one_feature(district.streets),
                kind="line",
                color="#9aa5ab",
                size=0.6,
                opacity=0.7,
                counted=False,
            )
        )
    return layers


def district_labels(district: District) -> gpd.GeoDataFrame | None:
    """Names of the sub-districts for the map."""
    if district.subdistricts is None:
        return None
    table = district.subdistricts
    points = district.subdistricts.geometry.representative_point()
    return gpd.GeoDataFrame(
        {"name_zh": table["name"].to_numpy(), "name_en": table["name_en"].to_numpy()},
        geometry=points.to_numpy(),
        crs="EPSG:4326",
    )


def _one_feature(streets: StreetNetwork) -> gpd.GeoDataFrame:
    """All streets as one multi-line: as a feature each they would weigh several times as much."""
    lines = shapely.multilinestrings(streets.lines())
    return gpd.GeoDataFrame(geometry=[lines], crs=streets.crs).to_crs("EPSG:4326")


def _in_language(cell: Cell, column: SheetColumn, lang: Lang) -> str | int | float | None:
    if isinstance(cell, Text):
        return str(getattr(cell, lang))
    if isinstance(cell, float | np.floating):
        if not np.isfinite(cell):
            return None
        decimals = 6 if column.decimals is None else column.decimals
        return round(float(cell), decimals) if decimals else round(float(cell))
    return cell


def _finite(cell: Cell) -> Cell:
    return None if isinstance(cell, float) and not np.isfinite(cell) else cell
