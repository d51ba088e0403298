"""The ground of a demo town's three-year network plan: premises, rooms, homes, quotas, people.

Everything comes from a random stream of its own, so that the town's other layers stay as they
are. A whole plan is drawn along with it (:mod:`scenarios.town.network_plan`); budgets and targets
are set by that plan, so that one exists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from scenarios.model import Text
from scenarios.town.cells import CELLS
from scenarios.town.homes import Settled
from scenarios.town.layers import named, numbered
from scenarios.town.network_terms import YEARS
from scenarios.town.plane import Plane, stream
from scenarios.town.premises import Spots

__all__ = ["GROUPS", "SOURCES", "NetworkGround", "draw_ground"]

SOURCES = ("新建配建", "租赁", "改建", "腾退房")
"""Where premises come from: built along with new housing, rented, converted, vacated."""
GROUPS = {
    "able": [c.column for c in CELLS if c.age != "80+" and c.ability != "severe"],
    "old": [c.column for c in CELLS if c.age == "80+" and c.ability != "severe"],
    "severe": [c.column for c in CELLS if c.ability == "severe"],
}
"""Columns of the demand layer that make up a disjoint group of the plan."""

_SOURCE_ODDS = (0.2, 0.4, 0.25, 0.15)
_AREA = {"新建配建": (300, 900), "租赁": (150, 500), "改建": (200, 700), "腾退房": (160, 800)}
_RENT_PER_M2 = {"新建配建": (0, 60), "租赁": (500, 1_100), "改建": (180, 420), "腾退房": (60, 240)}
_YEAR_ODDS = (0.6, 0.25, 0.15)
_M2_PER_BED = 30
_OPERATORS = ("颐年集团（虚构）", "安和养老（虚构）", "街道自营")
_PEOPLE_PER_PREMISES = 2_500


@dataclass(frozen=True, eq=False)
class NetworkGround:
    """Layers (WGS 84) of the network plan.

    Attributes:
        people: a point per compound with residents (常住), elders by group and registered elders
            (户籍).
        stations, homes: what stands, with places and beds, people and operators.
        premises, rooms, committed, quotas: what may or will stand; the first row of every
            sub-district in ``premises`` has room for a centre.
        unit: int32[rows, 2] by layer: sub-district and community.
    """

    people: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame
    premises: gpd.GeoDataFrame
    rooms: gpd.GeoDataFrame
    committed: gpd.GeoDataFrame
    quotas: gpd.GeoDataFrame
    unit: Mapping[str, NDArray[np.int32]]


def draw_ground(
    town: Settled, plane: Plane, layers: Mapping[str, gpd.GeoDataFrame]
) -> NetworkGround:
    """Draw the layers of the network plan."""
    rng = stream(town.seed, 18)
    people = _people(town, plane, rng)
    stations = _stations(layers["stations"], rng)
    homes = _homes(layers["institutions"], rng)
    heads = np.bincount(town.homes.district, town.homes.people.residents).astype(np.int64)
    premises, premises_at = _premises(town, plane, heads, rng)
    rooms, rooms_at = _rooms(town, plane, rng)
    busy = set(stations["subdistrict"])
    free = [k for k, name in enumerate(town.units.district_name) if name.zh not in busy]
    order = rng.permutation(free if len(free) > 3 else len(town.units.district_name))
    n_committed = max(1, len(order) // 4)
    committed, committed_at = _committed(town, plane, order[:n_committed], rng)
    quotas, quotas_at = _quotas(town, plane, order[n_committed : 2 * n_committed + 1], rng)
    unit = {
        "stations": _units_by_name(town, stations),
        "premises": _units_of(town, premises_at),
        "rooms": _units_of(town, rooms_at),
        "committed": _units_of(town, committed_at),
        "quotas": _units_of(town, quotas_at),
    }
    return NetworkGround(people, stations, homes, premises, rooms, committed, quotas, unit)


def _units_of(town: Settled, parcel: NDArray[np.int64]) -> NDArray[np.int32]:
    units = town.units
    return np.column_stack([units.parcel_district[parcel], units.parcel_community[parcel]])


def _units_by_name(town: Settled, frame: gpd.GeoDataFrame) -> NDArray[np.int32]:
    districts = {name.zh: k for k, name in enumerate(town.units.district_name)}
    communities = {name.zh: k for k, name in enumerate(town.units.community_name)}
    pairs = zip(frame["subdistrict"], frame["community"], strict=True)
    rows = [(districts[district], communities[community]) for district, community in pairs]
    return np.array(rows, dtype=np.int32).reshape(len(frame), 2)


def _people(town: Settled, plane: Plane, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """A point per lived-in parcel; registered elders are fewer where many moved in."""
    homes, number = town.homes, {cell.column: k for k, cell in enumerate(CELLS)}
    residents = town.per_parcel(homes.people.residents).astype(np.int64)
    rows = np.flatnonzero(residents > 0)
    groups = {
        f"elders_{name}": town.per_parcel(
            homes.people.elders[:, [number[column] for column in columns]].sum(axis=1)
        ).astype(np.int64)[rows]
        for name, columns in GROUPS.items()
    }
    share = rng.uniform(0.65, 0.95, len(town.units.district_name))
    elders = np.sum(list(groups.values()), axis=0)
    registered = rng.binomial(elders, share[town.units.parcel_district[rows]])
    columns = {
        "id": [f"P{k + 1:05d}" for k in rows],
        "residents": residents[rows],
        **groups,
        "registered_elders": registered,
    }
    return plane.frame(columns, shapely.points(town.parcel_xy[rows]))


def _stations(stations: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Today's stations with places, clients and operators."""
    places = stations["area_m2"].to_numpy() // 20
    return stations.assign(
        size=np.where(stations["area_m2"] >= 300, "large", "small"),
        day_places=places,
        day_clients=np.floor(places * rng.uniform(0.4, 0.8, len(stations))).astype(np.int64),
        operator=[_OPERATORS[int(k)] for k in rng.integers(len(_OPERATORS), size=len(stations))],
    )


def _homes(institutions: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Today's homes with residents by type of bed; the smallest one may close."""
    beds, care = (institutions[name].to_numpy() for name in ("beds", "care_beds"))
    dementia = np.where(beds >= 100, care // 10, 0)
    kinds = {
        "beds_basic": beds - care,
        "beds_nursing": care - dementia,
        "beds_dementia": dementia,
    }
    may_close = np.zeros(len(institutions), dtype=np.int64)
    may_close[int(np.argmin(beds))] = 1
    columns: dict[str, Any] = {"area_m2": beds * _M2_PER_BED, **kinds}
    for name, count in kinds.items():
        taken = np.floor(count * rng.uniform(0.5, 0.8, len(institutions)))
        columns[name.replace("beds_", "residents_")] = taken.astype(np.int64)
    operators = rng.integers(len(_OPERATORS) - 1, size=len(institutions))
    columns["operator"] = [_OPERATORS[int(k)] for k in operators]
    return institutions.drop(columns=["beds", "care_beds"]).assign(**columns, may_close=may_close)


def _spots(
    town: Settled, parcels: Sequence[int] | NDArray[np.int64], rng: np.random.Generator
) -> Spots:
    """Places at the edge of parcels, well inside of them: their unit is never in doubt."""
    chosen = np.asarray(parcels, dtype=np.int64)
    shapes = np.asarray([town.ground.parcels[k].shape for k in chosen], dtype=object)
    edge = shapely.get_exterior_ring(shapes)
    at = shapely.line_interpolate_point(edge, rng.random(chosen.size), normalized=True)
    middle = town.parcel_xy[chosen]
    spots = shapely.get_coordinates(at) * 0.7 + middle * 0.3
    inside = shapely.contains(shapely.buffer(shapes, -1.0), shapely.points(spots))
    return Spots(np.where(inside[:, None], spots, middle), chosen)


def _lived_in(town: Settled) -> NDArray[np.bool_]:
    return np.asarray(town.per_parcel(town.homes.people.residents) > 0)


def _premises(
    town: Settled, plane: Plane, heads: NDArray[np.int64], rng: np.random.Generator
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """Premises for stations and centres: by sub-district, the one for a centre first."""
    lived, elders = _lived_in(town), town.per_parcel(town.homes.elders)
    chosen: list[int] = []
    large: list[bool] = []
    for k in range(len(town.units.district_name)):
        mine = np.flatnonzero(lived & (town.units.parcel_district == k))
        count = min(int(np.clip(heads[k] / _PEOPLE_PER_PREMISES, 3, 20)) + 1, mine.size)
        odds = elders[mine] + 1.0
        chosen += rng.choice(mine, count, replace=False, p=odds / odds.sum()).tolist()
        large += [True] + [False] * (count - 1)
    spots = _spots(town, chosen, rng)
    source = [SOURCES[int(k)] for k in rng.choice(len(SOURCES), len(chosen), p=_SOURCE_ODDS)]
    source = [
        "腾退房" if big and kind == "租赁" else kind
        for kind, big in zip(source, large, strict=True)
    ]
    area = 10 * np.array([rng.integers(_AREA[s][0] // 10, _AREA[s][1] // 10) for s in source])
    area = np.where(large, 10 * rng.integers(85, 130, len(chosen)), area)
    year = rng.choice(YEARS, len(chosen), p=_YEAR_ODDS)
    columns = {
        "id": numbered("R", len(chosen)),
        **named(town, spots, Text(zh="备选用房", en="Premises")),
        "area_m2": area,
        "source": source,
        "rent_yuan": _rent(area, source, rng),
        "first_year": np.where(large, YEARS[0], year),
    }
    return plane.frame(columns, shapely.points(spots.xy)), spots.parcel


def _rent(
    area: NDArray[np.int64], source: Sequence[str], rng: np.random.Generator
) -> NDArray[np.int64]:
    per_m2 = np.array([rng.uniform(*_RENT_PER_M2[kind]) for kind in source])
    return np.asarray(1_000 * np.round(area * per_m2 / 1_000), dtype=np.int64)


def _rooms(
    town: Settled, plane: Plane, rng: np.random.Generator
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """A community room (社区用房) in every community, where a point may open."""
    lived, elders = _lived_in(town), town.per_parcel(town.homes.elders)
    chosen = []
    for k in range(len(town.units.community_name)):
        mine = np.flatnonzero(lived & (town.units.parcel_community == k))
        odds = elders[mine] + 1.0
        chosen.append(int(rng.choice(mine, p=odds / odds.sum())))
    spots = _spots(town, chosen, rng)
    area = 10 * rng.integers(6, 14, len(chosen))
    source = [SOURCES[int(k)] for k in rng.choice([0, 2, 3], len(chosen))]
    columns = {
        "id": numbered("A", len(chosen)),
        **named(town, spots, Text(zh="社区用房", en="Community Room")),
        "area_m2": area,
        "source": source,
        "rent_yuan": _rent(area, source, rng),
    }
    return plane.frame(columns, shapely.points(spots.xy)), spots.parcel


def _parcels_in(
    town: Settled, districts: NDArray[np.int64], each: int, rng: np.random.Generator
) -> list[int]:
    lived = _lived_in(town)
    chosen: list[int] = []
    for k in districts:
        mine = np.flatnonzero(lived & (town.units.parcel_district == k))
        chosen += rng.choice(mine, min(each, mine.size), replace=False).tolist()
    return chosen


def _committed(
    town: Settled, plane: Plane, districts: NDArray[np.int64], rng: np.random.Generator
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """Stations that are being built, one in each of these sub-districts."""
    spots = _spots(town, _parcels_in(town, districts, 1, rng), rng)
    n = spots.parcel.size
    columns = {
        "id": numbered("K", n),
        **named(town, spots, Text(zh="在建驿站", en="Station under Construction")),
        "area_m2": 10 * rng.integers(30, 46, n),
        "source": ["新建配建"] * n,
        "opens": rng.choice(YEARS[:2], n),
    }
    return plane.frame(columns, shapely.points(spots.xy)), spots.parcel


def _quotas(
    town: Settled, plane: Plane, districts: NDArray[np.int64], rng: np.random.Generator
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """Three new compounds in each of these sub-districts; none has room for a station alone."""
    spots = _spots(town, _parcels_in(town, districts, 3, rng), rng)
    n = spots.parcel.size
    columns = {
        "id": numbered("Q", n),
        **named(town, spots, Text(zh="新建小区配建", en="New Compound")),
        "area_m2": 10 * rng.integers(8, 14, n),
        "first_year": np.array([YEARS[k % 3] for k in range(n)], dtype=np.int64),
    }
    return plane.frame(columns, shapely.points(spots.xy)), spots.parcel
