"""Parts that several jobs of a scenario file share: texts, layers, demand, candidates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "CandidatesInput",
    "CellInput",
    "DemandInput",
    "Fraction",
    "LayerInput",
    "Part",
    "Positive",
    "Scalar",
    "TableInput",
    "Text",
]

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Scalar = str | int | float | bool


class Part(BaseModel):
    """A part of a scenario file: unknown fields are faults, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Text(Part):
    """A text in both languages."""

    zh: str
    en: str


class LayerInput(Part):
    """A layer of features: GPKG, GeoJSON, Shapefile, CSV (lon/lat or WKT), XLSX.

    ``path`` is relative to the scenario file. ``crs`` is any EPSG code, ``gcj02`` or ``bd09``.
    ``where`` keeps the rows whose column equals the value (or is one of the listed values).
    """

    path: Path
    layer: str | None = None
    sheet: str | None = None
    crs: str = "EPSG:4326"
    lon: str | None = None
    lat: str | None = None
    wkt: str | None = None
    encoding: str | None = None
    where: dict[str, Scalar | list[Scalar]] = Field(default_factory=dict)


class TableInput(Part):
    """A table without geometry of its own: CSV or XLSX, Chinese or English headers."""

    path: Path
    sheet: str | None = None
    encoding: str | None = None
    crs: str = "EPSG:4326"
    """System of its lon/lat columns, where it has them."""


class CellInput(Part):
    """One disjoint demand cell: count = ``share`` x the column ``count`` of the demand layer."""

    id: str
    label: Text | None = None
    """What reports call the cell; None for its id."""
    count: str
    share: Fraction = 1.0
    estimated: bool = False
    """True where the share is an assumption; results then say "estimated"."""
    age: str | None = None
    ability: str | None = None
    living: str | None = None
    speed: Annotated[float, Field(ge=0.3, le=2.0)] = 1.0
    """Walking speed in m/s."""
    minutes: Positive | None = None
    """Circle of this cell; None for the siting's own."""
    weight: Annotated[float, Field(ge=0)] = 1.0


class DemandInput(Part):
    """Places with people, in disjoint cells."""

    source: LayerInput
    cells: Annotated[list[CellInput], Field(min_length=1)]
    id: str | None = None
    """Column with the places' ids; None for the number of the row."""
    name: str | None = None
    """Column with what the places are called; None for their id."""


class CandidatesInput(Part):
    """Candidates generated on the map: on parcels, street corners or a grid."""

    on: Literal["parcels", "corners", "grid"]
    source: LayerInput | None = None
    """Parcels (their representative point), or the polygons that a grid or corners stay in."""
    spacing_m: Positive = 150.0
    """Grid step; for parcels and corners the least distance between two candidates."""
    yearly_cost_yuan: Annotated[float, Field(ge=0)] = 0.0
