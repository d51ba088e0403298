"""Every building as one row: where it stands, what it is called, who lives in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from scenarios.town.districts import Units, draw_units
from scenarios.town.ground import Ground, build_ground
from scenarios.town.landuse import LandUse
from scenarios.town.people import People, draw_residents, draw_tilts, settle
from scenarios.town.sizes import TownSize
from scenarios.town.skeleton import Skeleton, build_skeleton

__all__ = ["Homes", "Settled", "build_settled"]

_LIFT_FROM = 7
"""Buildings with at least so many floors have a lift."""


@dataclass(frozen=True)
class Homes:
    """Buildings with residents, b rows.

    Attributes:
        shape: object[b] of Polygon. xy: float64[b, 2] centres in the plane.
        parcel, community, district: int32[b]. use: int8[b], a LandUse.
        floors: int16[b]. lift: bool[b].
        label: what the building is called within its compound, unique there.
        people: residents and elders by cell.
    """

    shape: NDArray[np.object_]
    xy: NDArray[np.float64]
    parcel: NDArray[np.int32]
    community: NDArray[np.int32]
    district: NDArray[np.int32]
    use: NDArray[np.int8]
    floors: NDArray[np.int16]
    lift: NDArray[np.bool_]
    label: tuple[str, ...]
    people: People

    @property
    def elders(self) -> NDArray[np.int64]:
        """Elders per building."""
        return np.asarray(self.people.elders.sum(axis=1), dtype=np.int64)


@dataclass(frozen=True)
class Settled:
    """Bones, ground, units and homes of one town, in its plane."""

    size: TownSize
    seed: int
    skeleton: Skeleton
    ground: Ground
    units: Units
    homes: Homes
    parcel_xy: NDArray[np.float64]

    def per_parcel(self, heads: NDArray[np.int64]) -> NDArray[np.float64]:
        """Sums of a building column over parcels."""
        n = len(self.ground.parcels)
        return np.asarray(np.bincount(self.homes.parcel, heads, minlength=n), dtype=np.float64)


def build_settled(size: TownSize, seed: int) -> Settled:
    """Build the town and settle its people."""
    skeleton = build_skeleton(size, seed)
    ground = build_ground(skeleton, seed)
    parcels = ground.parcels
    parcel = np.repeat(np.arange(len(parcels)), [len(p.buildings) for p in parcels])
    houses = [house for p in parcels for house in p.buildings]
    holds = np.array([house.people for house in houses])
    residents = draw_residents(holds, size.residents, seed)
    heads = np.bincount(parcel, residents, minlength=len(parcels)).astype(np.float64)
    units = draw_units(skeleton, ground, heads, size, seed)
    use = np.array([int(p.use) for p in parcels], dtype=np.int8)[parcel]
    district = units.parcel_district[parcel]
    tilts = draw_tilts(len(units.district_name), seed)
    people = settle(residents, use, district, tilts, seed)
    shape = np.asarray([house.shape for house in houses], dtype=object)
    floors = np.array([house.floors for house in houses], dtype=np.int16)
    homes = Homes(
        shape,
        shapely.get_coordinates(shapely.centroid(shape)),
        parcel.astype(np.int32),
        units.parcel_community[parcel],
        district,
        use,
        floors,
        floors >= _LIFT_FROM,
        _labels(ground, parcel, use),
        people,
    )
    outlines = np.asarray([p.shape for p in parcels], dtype=object)
    inside = shapely.get_coordinates(shapely.point_on_surface(outlines))
    return Settled(size, seed, skeleton, ground, units, homes, inside)


def _labels(ground: Ground, parcel: NDArray[np.intp], use: NDArray[np.int8]) -> tuple[str, ...]:
    """Numbers within the compound or quarter: 12号院, 3号楼, 7号."""
    ending = {LandUse.HUTONG: "号院", LandUse.VILLAGE: "号"}
    seen: Counter[str] = Counter()
    labels = []
    for row, kind in zip(parcel, use, strict=True):
        name = ground.names[row].zh
        seen[name] += 1
        labels.append(f"{seen[name]}{ending.get(LandUse(int(kind)), '号楼')}")
    return tuple(labels)
