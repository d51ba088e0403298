"""Stations, candidate premises, health stations, institutions and hospitals.

Areas, beds and rents are made up within everyday ranges; they are no city's figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from scenarios.town.homes import Settled
from scenarios.town.landuse import LandUse
from scenarios.town.plane import stream

__all__ = ["SOURCES", "Premises", "Spots", "draw_premises"]

SOURCES = ("新建", "置换", "租赁", "改建")
"""Where premises come from: newly built, swapped, rented, converted."""

_OLD_TOWN_FIRST = {
    LandUse.HUTONG: 1.0,
    LandUse.ESTATE: 0.8,
    LandUse.COMPOUND: 0.16,
    LandUse.TOWER: 0.03,
    LandUse.VILLAGE: 0.10,
}
_SOURCE_ODDS = {
    LandUse.HUTONG: (0.02, 0.38, 0.25, 0.35),
    LandUse.ESTATE: (0.05, 0.30, 0.35, 0.30),
    LandUse.COMPOUND: (0.30, 0.15, 0.45, 0.10),
    LandUse.TOWER: (0.60, 0.05, 0.30, 0.05),
    LandUse.VILLAGE: (0.15, 0.10, 0.45, 0.30),
    LandUse.WORKS: (0.15, 0.10, 0.20, 0.55),
    LandUse.PARK: (1.0, 0.0, 0.0, 0.0),
}
_AREA = {"新建": (280, 900), "置换": (150, 480), "租赁": (120, 420), "改建": (200, 780)}
_YUAN_PER_M2 = {"新建": (430, 620), "置换": (260, 420), "租赁": (560, 1_250), "改建": (330, 560)}
"""Yearly cost per m2: rent, or building cost spread over its years."""


@dataclass(frozen=True)
class Spots:
    """Places on the edge of parcels: plane coordinates and the parcel of each."""

    xy: NDArray[np.float64]
    parcel: NDArray[np.int64]


@dataclass(frozen=True)
class Premises:
    """All premises. Areas in m2, costs in yuan a year, beds in beds."""

    stations: Spots
    station_area: NDArray[np.int64]
    candidates: Spots
    candidate_area: NDArray[np.int64]
    candidate_cost: NDArray[np.int64]
    candidate_source: tuple[str, ...]
    health: Spots
    institutions: Spots
    beds: NDArray[np.int64]
    care_beds: NDArray[np.int64]
    hospitals: Spots
    kitchens: Spots


def draw_premises(town: Settled) -> Premises:
    """Place everything: today's stations where the old town is, candidates everywhere."""
    rng = stream(town.seed, 11)
    size = town.size
    use = np.array([int(p.use) for p in town.ground.parcels])
    lived = np.array([p.lived_in for p in town.ground.parcels])
    elders = town.per_parcel(town.homes.elders)
    residents = town.per_parcel(town.homes.people.residents)
    early = np.array([_OLD_TOWN_FIRST.get(LandUse(int(u)), 0.0) for u in use])
    apart = 0.42 * float(np.sqrt(town.skeleton.district.area / size.stations))
    stations = _spots(town, size.stations, elders * early, apart, rng)
    open_land = np.where(lived | (use == LandUse.PARK), 0.0, 1.0)
    worth = np.where(use == LandUse.PARK, 0.0, np.where(lived, 1.0, 0.7))
    candidates = _spots(town, size.candidates, worth, 0.0, rng)
    source, area, cost = _offers(use[candidates.parcel], rng)
    near = 0.55 * float(np.sqrt(town.skeleton.district.area / size.health_stations))
    health = _spots(town, size.health_stations, residents, near, rng)
    institutions = _spots(town, size.institutions, open_land, apart, rng)
    beds = 10 * rng.integers(6, 26, len(institutions.parcel))
    hospitals = _spots(town, max(2, size.institutions // 4), open_land, apart, rng)
    far = 0.8 * float(np.sqrt(town.skeleton.district.area / size.kitchens))
    kitchens = _spots(town, size.kitchens, open_land, far, rng)
    return Premises(
        stations,
        10 * rng.integers(15, 46, len(stations.parcel)),
        candidates,
        area,
        cost,
        source,
        health,
        institutions,
        beds,
        np.asarray(10 * np.round(beds * rng.uniform(0.4, 0.8, beds.size) / 10), dtype=np.int64),
        hospitals,
        kitchens,
    )


def _spots(
    town: Settled, n: int, weight: NDArray[np.float64], apart: float, rng: np.random.Generator
) -> Spots:
    """``n`` parcels drawn by weight, at least ``apart`` metres from each other while that goes."""
    weight = weight.copy()
    n = min(n, int((weight > 0).sum()))
    if apart == 0.0:
        chosen = np.sort(rng.choice(weight.size, n, replace=False, p=weight / weight.sum()))
    else:
        left = weight.copy()
        picks: list[int] = []
        for _ in range(n):
            if left.sum() <= 0:
                left = weight.copy()
                left[picks] = 0.0
            pick = int(rng.choice(left.size, p=left / left.sum()))
            picks.append(pick)
            gap = np.hypot(*(town.parcel_xy - town.parcel_xy[pick]).T)
            left[gap < apart] = 0.0
        chosen = np.array(sorted(picks), dtype=np.int64)
    shapes = np.asarray([town.ground.parcels[k].shape for k in chosen], dtype=object)
    edge = shapely.get_exterior_ring(shapes)
    at = shapely.line_interpolate_point(edge, rng.random(len(chosen)), normalized=True)
    inward = shapely.get_coordinates(at) * 0.9 + town.parcel_xy[chosen] * 0.1
    return Spots(inward, np.asarray(chosen, dtype=np.int64))


def _offers(
    use: NDArray[np.int64], rng: np.random.Generator
) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]:
    """Source, floor area (m2) and yearly cost (yuan) of candidate premises."""
    sources = [
        SOURCES[int(rng.choice(len(SOURCES), p=_SOURCE_ODDS[LandUse(int(kind))]))] for kind in use
    ]
    area = 10 * np.array([rng.integers(_AREA[s][0] // 10, _AREA[s][1] // 10) for s in sources])
    price = np.array([rng.uniform(*_YUAN_PER_M2[s]) for s in sources])
    cost = 1_000 * np.round(area * price / 1_000)
    return tuple(sources), area.astype(np.int64), cost.astype(np.int64)
