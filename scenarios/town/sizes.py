"""How large a town is: one record per size, everything else follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["SIZES", "SizeName", "TownSize"]

SizeName = Literal["S", "M", "L"]


@dataclass(frozen=True)
class TownSize:
    """Targets of a town.

    Attributes:
        residents: people who live in it.
        width, height: extent in metres before corners are cut.
        core_block, block: distance between main roads in the old core and outside, metres.
        subdistricts, communities: counts.
        stations, candidates, health_stations, institutions: places, counts.
        carers, visits: one day of home care.
        kitchens, vans, riders, walkers, orders: one lunch.
        new_sites: how many stations the siting job asks for.
    """

    residents: int
    width: float
    height: float
    core_block: float
    block: float
    subdistricts: int
    communities: int
    stations: int
    candidates: int
    health_stations: int
    institutions: int
    carers: int
    visits: int
    kitchens: int
    vans: int
    riders: int
    walkers: int
    orders: int
    new_sites: int


SIZES: Mapping[SizeName, TownSize] = MappingProxyType(
    {
        "S": TownSize(
            residents=60_000,
            width=2_500,
            height=2_800,
            core_block=260,
            block=360,
            subdistricts=12,
            communities=100,
            stations=4,
            candidates=60,
            health_stations=8,
            institutions=4,
            carers=15,
            visits=120,
            kitchens=2,
            vans=1,
            riders=5,
            walkers=4,
            orders=150,
            new_sites=4,
        ),
        "M": TownSize(
            residents=250_000,
            width=4_300,
            height=4_800,
            core_block=380,
            block=520,
            subdistricts=12,
            communities=100,
            stations=9,
            candidates=400,
            health_stations=24,
            institutions=10,
            carers=60,
            visits=600,
            kitchens=2,
            vans=3,
            riders=18,
            walkers=10,
            orders=600,
            new_sites=8,
        ),
        "L": TownSize(
            residents=1_000_000,
            width=8_200,
            height=9_200,
            core_block=520,
            block=680,
            subdistricts=14,
            communities=260,
            stations=30,
            candidates=2_000,
            health_stations=80,
            institutions=32,
            carers=200,
            visits=2_000,
            kitchens=4,
            vans=10,
            riders=70,
            walkers=30,
            orders=2_400,
            new_sites=20,
        ),
    }
)
