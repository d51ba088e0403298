"""The town as WGS 84 layers with plain columns."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from scenarios.model import Text
from scenarios.town.cells import CELLS
from scenarios.town.homes import Settled
from scenarios.town.landuse import LandUse
from scenarios.town.plane import Plane
from scenarios.town.premises import Premises, Spots

__all__ = ["draw_layers", "named", "numbered"]

_RINGS = (
    Text(zh="内环快速路", en="Inner Ring Expressway"),
    Text(zh="外环快速路", en="Outer Ring Expressway"),
)


def draw_layers(town: Settled, premises: Premises, plane: Plane) -> dict[str, gpd.GeoDataFrame]:
    """All layers by name."""
    return {
        "subdistricts": _subdistricts(town, plane),
        "communities": _communities(town, plane),
        "rivers": _rivers(town, plane),
        "streets": _streets(town, plane),
        "compounds": _compounds(town, plane),
        "gates": _gates(town, plane),
        "buildings": _buildings(town, plane),
        "demand": _demand(town, plane),
        "stations": _stations(town, premises, plane),
        "institutions": _institutions(town, premises, plane),
        "candidates": _candidates(town, premises, plane),
        "health_stations": _health(town, premises, plane),
        "hospitals": _hospitals(town, premises, plane),
    }


def _zh(names: Any) -> list[str]:
    return [name.zh for name in names]


def _en(names: Any) -> list[str]:
    return [name.en for name in names]


def _heads(unit: NDArray[np.int32], heads: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return np.asarray(np.bincount(unit, heads, minlength=n), dtype=np.int64)


def _subdistricts(town: Settled, plane: Plane) -> gpd.GeoDataFrame:
    units, homes = town.units, town.homes
    n = len(units.district_code)
    columns = {
        "code": list(units.district_code),
        "name": _zh(units.district_name),
        "name_en": _en(units.district_name),
        "population": _heads(homes.district, homes.people.residents, n),
        "elders": _heads(homes.district, homes.elders, n),
    }
    return plane.frame(columns, units.district_shape)


def _communities(town: Settled, plane: Plane) -> gpd.GeoDataFrame:
    units, homes = town.units, town.homes
    n = len(units.community_code)
    columns = {
        "code": list(units.community_code),
        "name": _zh(units.community_name),
        "name_en": _en(units.community_name),
        "subdistrict": [units.district_name[k].zh for k in units.community_district],
        "subdistrict_code": [units.district_code[k] for k in units.community_district],
        "population": _heads(homes.community, homes.people.residents, n),
        "elders": _heads(homes.community, homes.elders, n),
    }
    return plane.frame(columns, units.community_shape)


def _rivers(town: Settled, plane: Plane) -> gpd.GeoDataFrame:
    columns = {
        "name": ["颐河", "颐河运河"],
        "name_en": ["Yi River", "Yi River Canal"],
    }
    return plane.frame(columns, [town.skeleton.river, town.skeleton.canal])


def _streets(town: Settled, plane: Plane) -> gpd.GeoDataFrame:
    """Noded walking streets, then the ring expressways, which meet no other street."""
    streets, rings = town.ground.streets, town.skeleton.rings
    ring_names = [_RINGS[min(k, 1)] for k in range(len(rings))]
    columns = {
        "class": [*streets.kind, *("expressway" for _ in rings)],
        "name": _zh([*streets.name, *ring_names]),
        "name_en": _en([*streets.name, *ring_names]),
        "bridge": [*streets.bridge, *("" for _ in rings)],
    }
    return plane.frame(columns, [*streets.lines, *rings])


def _compounds(town: Settled, plane: Plane) -> gpd.GeoDataFrame:
    """Lived-in parcels; walled ones are the gated compounds."""
    rows = [k for k, parcel in enumerate(town.ground.parcels) if parcel.lived_in]
    residents = town.per_parcel(town.homes.people.residents)
    elders = town.per_parcel(town.homes.elders)
    parcels = town.ground.parcels
    columns = {
        "id": [f"P{k + 1:05d}" for k in rows],
        "name": [town.ground.names[k].zh for k in rows],
        "name_en": [town.ground.names[k].en for k in rows],
        "kind": [LandUse(int(parcels[k].use)).name.lower() for k in rows],
        "gated": [parcels[k].walled for k in rows],
        "gates": [len(parcels[k].gates) for k in rows],
        **_unit_columns(town, np.array(rows)),
        "residents": residents[rows].astype(np.int64),
        "elders": elders[rows].astype(np.int64),
    }
    return plane.frame(columns, [parcels[k].shape for k in rows])


def _unit_columns(town: Settled, parcel: NDArray[np.int64]) -> dict[str, list[str]]:
    """Community and sub-district of parcels, by name."""
    units = town.units
    return {
        "community": [units.community_name[k].zh for k in units.parcel_community[parcel]],
        "subdistrict": [units.district_name[k].zh for k in units.parcel_district[parcel]],
    }


def _gates(town: Settled, plane: Plane) -> gpd.GeoDataFrame:
    gates = [
        (f"P{k + 1:05d}", gate)
        for k, parcel in enumerate(town.ground.parcels)
        for gate in parcel.gates
    ]
    return plane.frame({"compound_id": [id for id, _ in gates]}, [gate for _, gate in gates])


def _home_columns(town: Settled) -> dict[str, Any]:
    homes = town.homes
    return {
        "id": [f"B{k + 1:06d}" for k in range(len(homes.shape))],
        "compound": [town.ground.names[k].zh for k in homes.parcel],
        "building": list(homes.label),
        **_unit_columns(town, homes.parcel.astype(np.int64)),
    }


def _buildings(town: Settled, plane: Plane) -> gpd.GeoDataFrame:
    homes = town.homes
    columns = {**_home_columns(town), "floors": homes.floors, "lift": homes.lift}
    return plane.frame(columns, homes.shape)


def _demand(town: Settled, plane: Plane) -> gpd.GeoDataFrame:
    """One point per building with residents, elders and the 18 cells."""
    homes = town.homes
    columns = {
        **_home_columns(town),
        "residents": homes.people.residents,
        "elders": homes.elders,
        **{cell.column: homes.people.elders[:, k] for k, cell in enumerate(CELLS)},
    }
    return plane.frame(columns, shapely.points(homes.xy))


def named(town: Settled, spots: Spots, ending: Text) -> dict[str, Any]:
    """Names after the community, numbered where one has several."""
    units = town.units
    seen: dict[str, int] = {}
    zh, en = [], []
    for parcel in spots.parcel:
        community = units.community_name[units.parcel_community[parcel]]
        count = seen[community.zh] = seen.get(community.zh, 0) + 1
        number = "" if count == 1 else f"第{count}"
        place = community.en.removesuffix(" Community")
        zh.append(f"{community.zh.removesuffix('社区')}{number}{ending.zh}")
        en.append(f"{place} {ending.en}" + ("" if count == 1 else f" {count}"))
    return {"name": zh, "name_en": en, **_unit_columns(town, spots.parcel)}


def numbered(letter: str, n: int) -> list[str]:
    """Ids: a letter and four digits."""
    return [f"{letter}{k + 1:04d}" for k in range(n)]


def _stations(town: Settled, premises: Premises, plane: Plane) -> gpd.GeoDataFrame:
    spots = premises.stations
    columns = {
        "id": numbered("S", len(spots.parcel)),
        **named(town, spots, Text(zh="养老驿站", en="Elder-care Station")),
        "area_m2": premises.station_area,
    }
    return plane.frame(columns, shapely.points(spots.xy))


def _institutions(town: Settled, premises: Premises, plane: Plane) -> gpd.GeoDataFrame:
    spots = premises.institutions
    columns = {
        "id": numbered("I", len(spots.parcel)),
        **named(town, spots, Text(zh="养老院", en="Care Home")),
        "beds": premises.beds,
        "care_beds": premises.care_beds,
    }
    return plane.frame(columns, shapely.points(spots.xy))


def _candidates(town: Settled, premises: Premises, plane: Plane) -> gpd.GeoDataFrame:
    spots = premises.candidates
    columns = {
        "id": numbered("C", len(spots.parcel)),
        **named(town, spots, Text(zh="候选点", en="Candidate")),
        "area_m2": premises.candidate_area,
        "source": list(premises.candidate_source),
        "yearly_cost_yuan": premises.candidate_cost,
    }
    return plane.frame(columns, shapely.points(spots.xy))


def _health(town: Settled, premises: Premises, plane: Plane) -> gpd.GeoDataFrame:
    spots = premises.health
    columns = {
        "id": numbered("H", len(spots.parcel)),
        **named(town, spots, Text(zh="社区卫生服务站", en="Community Health Station")),
    }
    return plane.frame(columns, shapely.points(spots.xy))


def _hospitals(town: Settled, premises: Premises, plane: Plane) -> gpd.GeoDataFrame:
    spots = premises.hospitals
    columns = {
        "id": numbered("X", len(spots.parcel)),
        **named(town, spots, Text(zh="医院", en="Hospital")),
    }
    return plane.frame(columns, shapely.points(spots.xy))
