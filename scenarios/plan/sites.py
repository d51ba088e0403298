"""The premises of a plan: from layers, from candidate generators, from quotas of new compounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from base.faults import Fault
from geo.modes import TravelMode
from scenarios.candidates import generate_candidates
from scenarios.codes import ID_TWICE, NO_SITES
from scenarios.district import District, in_english
from scenarios.plan.model import (
    LevelInput,
    PlanCandidatesInput,
    PlanInput,
    PlanSitesInput,
    QuotaInput,
)
from scenarios.plan.years import Calendar
from scenarios.plan_codes import NOT_A_SIZE, NOT_A_YEAR

__all__ = ["SITE_COLUMNS", "SitePart", "part_of", "read_sites"]

SitePart = PlanSitesInput | PlanCandidatesInput | QuotaInput

_WGS84 = "EPSG:4326"
_NUMBERS: dict[str, float] = {
    "area_m2": np.nan,
    "rent_yuan": 0.0,
    "yearly_cost_yuan": np.nan,
    "opening_cost_yuan": np.nan,
    "closing_cost_yuan": 0.0,
    "quota_m2": 0.0,
}
SITE_COLUMNS = (
    "site_id",
    "name",
    "name_en",
    "status",
    "level",
    "size",
    "first_year",
    "origin",
    "part",
    "premises",
    "operator",
    "ownership",
    *_NUMBERS,
    "subdistrict",
)
"""Columns of the sites frame; ``capacity_*``, ``residents_*`` and ``clients_*`` (per service,
NaN where a layer has no such column) follow them.

``status`` is existing, committed, candidate, forbidden or quota; ``first_year`` a year's number,
T for never; ``part`` the number of the part that they come from: sites, candidates and quotas
counted through; costs that are NaN are the size's.
"""


def part_of(wanted: PlanInput, number: int) -> SitePart:
    """The part of the scenario that the sites with this ``part`` come from."""
    parts: list[SitePart] = [*wanted.sites, *wanted.candidates, *wanted.quotas]
    return parts[number]


def read_sites(
    wanted: PlanInput, district: District, mode: TravelMode, warnings: list[Fault]
) -> gpd.GeoDataFrame | None:
    """All premises (WGS 84 points, row = site); None where a layer has faults."""
    calendar = Calendar.of(wanted.years)
    levels = {level.id: level for level in wanted.levels}
    frames: list[gpd.GeoDataFrame | None] = [
        _from_layer(layer, levels[layer.level], calendar, district) for layer in wanted.sites
    ]
    frames += [
        _generated(wanted, at, calendar, district, mode, warnings)
        for at in range(len(wanted.candidates))
    ]
    frames += [_from_quota(quota, calendar, district) for quota in wanted.quotas]
    for number, frame in enumerate(frames):
        if frame is not None:
            frame["part"] = number
    usable = [frame for frame in frames if frame is not None]
    if len(usable) < len(frames):
        return None
    filled = [frame for frame in usable if len(frame)]
    if not filled:
        district.reader.faults.add(NO_SITES("plan.sites"))
        return None
    sites = gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), crs=_WGS84)
    for value in sites["site_id"][sites["site_id"].duplicated()].unique():
        district.reader.faults.add(ID_TWICE("plan.sites", what="plan.sites", value=value))
    sites["subdistrict"] = district.number_of(sites.geometry)
    extra = [name for name in sites.columns if name not in (*SITE_COLUMNS, "geometry")]
    return sites[[*SITE_COLUMNS, *extra, "geometry"]]


def _from_layer(
    layer: PlanSitesInput, level: LevelInput, calendar: Calendar, district: District
) -> gpd.GeoDataFrame | None:
    by_service = {
        f"{kind}_{service}": column
        for kind in ("capacity", "residents", "clients")
        for service, column in getattr(layer, kind).items()
    }
    counts = [layer.area, layer.yearly_cost, layer.opening_cost, layer.rent, *by_service.values()]
    texts = [layer.id, layer.name, layer.name_en, layer.premises, layer.operator]
    texts.append(layer.ownership)
    more = [layer.size_column, layer.year_column]
    frame = district.reader.read(layer.source, counts=counts, required=[*counts, *texts, *more])
    if frame is None:
        return None
    column = _columns_of(frame)
    sizes = {size.id for size in level.sizes}
    size = column(layer.size_column, layer.size or level.sizes[0].id)
    ids, names, english = _names(frame, layer, f"{layer.level}-")
    values: dict[str, object] = {
        "site_id": ids,
        "name": names,
        "name_en": english,
        "status": layer.status,
        "level": layer.level,
        "size": [str(each) for each in size],
        "first_year": _arrivals(frame, layer, calendar, district),
        "origin": "layer",
        "premises": column(layer.premises, None),
        "operator": _filled(column(layer.operator, None), layer.operated_by),
        "ownership": _filled(column(layer.ownership, None), layer.owned_by),
        "area_m2": column(layer.area, np.nan),
        "rent_yuan": column(layer.rent, 0.0),
        "yearly_cost_yuan": column(layer.yearly_cost, np.nan),
        "opening_cost_yuan": column(layer.opening_cost, np.nan),
        "closing_cost_yuan": layer.closing_cost_yuan,
    }
    values.update({name: column(given, np.nan) for name, given in by_service.items()})
    for row, each in zip(frame.index, size, strict=True):
        if layer.status in ("existing", "committed") and str(each) not in sizes:
            known = ", ".join(sorted(sizes))
            where = layer.source.path.name
            district.reader.faults.add(
                NOT_A_SIZE(where, row=int(row), value=each, level=level.id, known=known)
            )
    return _site_frame(frame.geometry.representative_point(), values)


def _generated(
    wanted: PlanInput,
    at: int,
    calendar: Calendar,
    district: District,
    mode: TravelMode,
    warnings: list[Fault],
) -> gpd.GeoDataFrame | None:
    generator = wanted.candidates[at]
    found = district.reader.faults.keep(lambda: generate_candidates(generator, district, mode))
    if found is None:
        return None
    points, told = found
    warnings.extend(told)
    area = _floor_of(generator, points)
    room = ~(area < _least_floor(wanted, generator))  # floor that nobody knows is room enough
    points, area = points[room].reset_index(drop=True), area[room]
    prefix = f"{generator.on}{at + 1}" if len(wanted.candidates) > 1 else generator.on
    ids = [f"{prefix}-{row + 1}" for row in range(len(points))]
    names = [
        street if isinstance(street, str) else site_id
        for street, site_id in zip(points["street"], ids, strict=True)
    ]
    values: dict[str, object] = {
        "site_id": ids,
        "name": names,
        "name_en": names,
        "status": "candidate",
        "level": generator.level,
        "size": "",
        "first_year": calendar.first(generator.year),
        "origin": generator.on,
        "premises": generator.premises,
        "operator": generator.operated_by,
        "ownership": generator.owned_by,
        "area_m2": area,
        "rent_yuan": generator.yearly_cost_yuan,
    }
    return _site_frame(points.geometry, values)


def _floor_of(generator: PlanCandidatesInput, points: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """float64[points], the floor area assumed of generated candidates, NaN where none is."""
    if generator.floor_share is not None:
        ground: NDArray[np.float64] = points["ground_m2"].to_numpy(dtype=np.float64)
        return np.asarray(np.floor(ground * generator.floor_share))
    return np.full(len(points), np.nan if generator.area_m2 is None else generator.area_m2)


def _least_floor(wanted: PlanInput, generator: PlanCandidatesInput) -> float:
    """The floor of the smallest size that a candidate may take."""
    names = {generator.level, *generator.levels}
    sizes = [size for level in wanted.levels if level.id in names for size in level.sizes]
    return min(size.from_area_m2 or size.area_m2 or 0.0 for size in sizes)


def _from_quota(
    quota: QuotaInput, calendar: Calendar, district: District
) -> gpd.GeoDataFrame | None:
    texts = [quota.id, quota.name, quota.name_en, quota.year_column]
    frame = district.reader.read(quota.source, counts=[quota.area], required=[quota.area, *texts])
    if frame is None:
        return None
    ids, names, english = _names(frame, quota, "quota-")
    values: dict[str, object] = {
        "site_id": ids,
        "name": names,
        "name_en": english,
        "status": "quota",
        "level": quota.level,
        "size": "",
        "first_year": _arrivals(frame, quota, calendar, district),
        "origin": "quota",
        "premises": "新建",
        "operator": quota.operated_by,
        "ownership": quota.owned_by,
        "quota_m2": frame[quota.area].to_numpy(),
    }
    return _site_frame(frame.geometry.representative_point(), values)


def _columns_of(frame: gpd.GeoDataFrame) -> Callable[[str | None, object], NDArray[Any]]:
    def column(name: str | None, default: object) -> NDArray[Any]:
        if name is not None:
            return np.asarray(frame[name].to_numpy())
        return np.full(len(frame), default, dtype=object)

    return column


def _filled(column: NDArray[Any], default: str | None) -> list[Any]:
    """The column, empty cells as the default says."""
    empty = [pd.isna(value) or not str(value).strip() for value in column]
    return [default if no else str(value) for no, value in zip(empty, column, strict=True)]


def _names(
    frame: gpd.GeoDataFrame, layer: PlanSitesInput | QuotaInput, prefix: str
) -> tuple[list[str], NDArray[Any], list[Any]]:
    row_ids = [f"{prefix}{row}" for row in frame.index]
    ids = [str(value) for value in frame[layer.id]] if layer.id else row_ids
    names = frame[layer.name] if layer.name else pd.Series(ids, index=frame.index)
    return ids, names.to_numpy(), in_english(frame, layer.name_en, names)


def _arrivals(
    frame: gpd.GeoDataFrame,
    layer: PlanSitesInput | QuotaInput,
    calendar: Calendar,
    district: District,
) -> NDArray[np.int64]:
    """The year from which each premises are free (or, committed, open)."""
    if layer.year_column is None:
        return np.full(len(frame), calendar.first(layer.year), dtype=np.int64)
    years = []
    for row, value in zip(frame.index, frame[layer.year_column], strict=True):
        year = calendar.arrival(value)
        if year is None:
            known = ", ".join(calendar.labels)
            fault = NOT_A_YEAR(layer.source.path.name, row=int(row), value=value, known=known)
            district.reader.faults.add(fault)
        years.append(0 if year is None else year)
    return np.array(years, dtype=np.int64)


def _site_frame(points: gpd.GeoSeries, values: Mapping[str, object]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {**_NUMBERS, "subdistrict": -1, **values}, geometry=points.to_numpy(), crs=_WGS84
    )
    for name, default in _NUMBERS.items():
        frame[name] = frame[name].astype(float).fillna(default)
    for name in frame.columns:
        if name.startswith(("capacity_", "residents_", "clients_")):
            frame[name] = frame[name].astype(float)
    for name in ("premises", "operator", "ownership"):
        frame[name] = frame[name].astype(object)
    return frame
