"""The places that rules count by: district, sub-districts, communities, and their populations."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from base.faults import Fault
from scenarios.demand import DemandRows
from scenarios.district import District, in_english
from scenarios.model import Text
from scenarios.plan.groups import group_numbers
from scenarios.plan.model import PlanInput, PopulationInput
from scenarios.plan_codes import NO_COMMUNITIES, NO_DISTRICTS, POPULATION_EMPTY
from scenarios.words import both

__all__ = ["Places", "read_places"]

WHOLE = Text(zh="全区", en="whole district")


@dataclass(frozen=True, eq=False)
class Places:
    """Where rules count.

    Attributes:
        labels: names by unit (``district``, ``subdistrict``, ``community``, ``operator``).
        of_site: int32[m] by unit, the place of every site, -1 for none.
        of_home: int32[k] by unit, the place of every demand place.
        people: float64[places] by unit and population id.
        communities: polygons (WGS 84) with ``name`` and ``name_en``, None without.
    """

    labels: dict[str, tuple[Text, ...]]
    of_site: dict[str, NDArray[np.int32]]
    of_home: dict[str, NDArray[np.int32]]
    people: dict[str, dict[str, NDArray[np.float64]]]
    communities: gpd.GeoDataFrame | None


def read_places(
    wanted: PlanInput,
    district: District,
    sites: gpd.GeoDataFrame,
    demand: DemandRows,
    warnings: list[Fault],
) -> Places | None:
    """The places and their populations; None where a layer has faults (the reader keeps them)."""
    before = len(district.reader.faults)
    communities = _communities(wanted, district)
    _need_layers(wanted, district)
    if len(district.reader.faults) > before:
        return None
    labels = {"district": (WHOLE,), "subdistrict": district.labels, "community": ()}
    homes = demand.places.geometry
    if communities is not None:
        names = zip(communities["name"], communities["name_en"], strict=True)
        labels["community"] = tuple(Text(zh=zh, en=en) for zh, en in names)

    def number(points: gpd.GeoSeries) -> dict[str, NDArray[np.int32]]:
        nowhere = np.full(len(points), -1, dtype=np.int32)
        return {
            "district": np.zeros(len(points), dtype=np.int32),
            "subdistrict": district.number_of(points),
            "community": nowhere if communities is None else _inside(communities, points),
        }

    people: dict[str, dict[str, NDArray[np.float64]]] = {unit: {} for unit in labels}
    for population in wanted.populations:
        found = _counted(wanted, population, district, demand)
        if found is None:
            continue
        points, counts = found
        for unit, of_point in number(points).items():
            there = of_point >= 0
            sums = np.bincount(of_point[there], counts[there], minlength=len(labels[unit]))
            people[unit][population.id] = sums.astype(np.float64)
        _tell_empty(wanted, population, labels, people, warnings)
    if len(district.reader.faults) > before:
        return None
    of_site = number(sites.geometry)
    labels["operator"], of_site["operator"] = _operators(sites)
    return Places(labels, of_site, number(homes), people, communities)


def _operators(sites: gpd.GeoDataFrame) -> tuple[tuple[Text, ...], NDArray[np.int32]]:
    """Who runs sites, in the order of their names, and the number of every site's; -1 for none."""
    run_by = sites["operator"]
    known = sorted({str(name) for name in run_by[run_by.notna()]})
    numbers = {name: number for number, name in enumerate(known)}
    of_site = [-1 if pd.isna(name) else numbers[str(name)] for name in run_by]
    return tuple(both(name) for name in known), np.array(of_site, dtype=np.int32)


def _need_layers(wanted: PlanInput, district: District) -> None:
    missing = {
        "subdistrict": NO_DISTRICTS if district.subdistricts is None else None,
        "community": NO_COMMUNITIES if wanted.communities is None else None,
    }
    for part in ("rules", "floors"):
        for at, rule in enumerate(getattr(wanted, part)):
            kinds = {missing.get(rule.per), missing.get(getattr(rule, "distinct", None) or "")}
            for kind in kinds - {None}:
                assert kind is not None
                fault = kind(f"#/plan/{part}/{at}", what=f"{part}[{at}]")
                district.reader.faults.add(fault)


def _communities(wanted: PlanInput, district: District) -> gpd.GeoDataFrame | None:
    layer = wanted.communities
    if layer is None:
        return None
    frame = district.reader.read(
        layer.source, geometry="polygon", required=[layer.name, layer.name_en], repair=True
    )
    if frame is None:
        return None
    names = frame[layer.name].astype(str)
    columns = {"name": names, "name_en": in_english(frame, layer.name_en, names)}
    table = gpd.GeoDataFrame(columns, geometry=frame.geometry, crs="EPSG:4326")
    return table.reset_index(drop=True)


def _inside(polygons: gpd.GeoDataFrame, points: gpd.GeoSeries) -> NDArray[np.int32]:
    """The polygon of every point, -1 for none; the first one on a border."""
    numbers = np.full(len(points), -1, dtype=np.int32)
    point_at, polygon_at = polygons.sindex.query(points.array, predicate="intersects")
    order = np.argsort(-polygon_at, kind="stable")
    numbers[point_at[order]] = polygon_at[order]
    return numbers


def _counted(
    wanted: PlanInput, population: PopulationInput, district: District, demand: DemandRows
) -> tuple[gpd.GeoSeries, NDArray[np.float64]] | None:
    if population.cells:
        mine = np.isin(demand.group, group_numbers(wanted, demand, population.cells))
        homes = demand.places.geometry.iloc[demand.place[mine]]
        return homes, demand.persons[mine] * population.share
    if population.source is None:
        frame = district.subdistricts
        if frame is None:
            where = f"#/plan/populations/{wanted.populations.index(population)}"
            fault = NO_DISTRICTS(where, what=population.id)
            district.reader.faults.add(fault)
            return None
        column = "population"
    else:
        column = population.column or "population"
        read = district.reader.read(
            population.source, counts=[column], required=[column], repair=True
        )
        if read is None:
            return None
        frame = read
    counts = np.nan_to_num(frame[column].to_numpy(dtype=np.float64)) * population.share
    return frame.geometry.representative_point(), counts


def _tell_empty(
    wanted: PlanInput,
    population: PopulationInput,
    labels: dict[str, tuple[Text, ...]],
    people: dict[str, dict[str, NDArray[np.float64]]],
    warnings: list[Fault],
) -> None:
    """A rule per head asks for nothing where nobody is counted."""
    asked = {
        rule.per
        for rule in wanted.rules
        if population.id in (rule.per_100, rule.per_1000, rule.per_10000)
    }
    for unit in sorted(asked):
        empty = np.flatnonzero(people[unit][population.id] == 0)
        if empty.size:
            names = ", ".join(labels[unit][at].zh for at in empty[:10])
            what = f"plan.populations.{population.id}"
            warnings.append(
                POPULATION_EMPTY(
                    what, population=population.id, count=int(empty.size), places=names
                )
            )
