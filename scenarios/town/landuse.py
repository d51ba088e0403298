"""What stands on a block: courtyards, old estates, gated compounds, towers, villages, works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from scenarios.town.plane import stream
from scenarios.town.skeleton import Skeleton

__all__ = ["LAND", "Land", "LandUse", "draw_land_use"]


class LandUse(IntEnum):
    """Kind of a block."""

    HUTONG = 0
    """Courtyard lanes of the old town (胡同平房区)."""
    ESTATE = 1
    """Walk-up estates of the 1970s to 1990s (老旧小区)."""
    COMPOUND = 2
    """Gated compounds of the 2000s (商品房小区)."""
    TOWER = 3
    """New towers (新建高层小区)."""
    VILLAGE = 4
    """Former villages (城中村)."""
    WORKS = 5
    """Works, offices, malls, schools: nobody lives here."""
    PARK = 6


@dataclass(frozen=True)
class Land:
    """How a kind of land is cut up and built.

    Attributes:
        leaf: target area of a parcel in m2.
        skew: how irregular cuts are, radians.
        long, deep, gap_x, gap_y: building footprint and the gaps between buildings in metres.
        setback: from parcel edge to buildings in metres.
        floors: (fewest, most).
        area_each: gross floor area per resident in m2.
        gates: gates of a walled parcel, 0 where it is open.
        public: share of parcels without residents.
        sixty: share of residents who are 60 or older.
        ages: shares of 60-69, 70-79, 80+ among them.
        frailty: multiplies the odds of care needs.
        alone: share living alone or as an old couple (独居, 空巢).
    """

    leaf: float
    skew: float
    long: float
    deep: float
    gap_x: float
    gap_y: float
    setback: float
    floors: tuple[int, int]
    area_each: float
    gates: int
    public: float
    sixty: float = 0.0
    ages: tuple[float, float, float] = (0.6, 0.28, 0.12)
    frailty: float = 1.0
    alone: float = 0.3


LAND: Mapping[LandUse, Land] = MappingProxyType(
    {
        LandUse.HUTONG: Land(
            5_400, 0.07, 21, 19, 3, 4, 4, (1, 1), 17, 0, 0.10,
            sixty=0.33, ages=(0.44, 0.30, 0.26), frailty=1.05, alone=0.50,
        ),
        LandUse.ESTATE: Land(
            21_000, 0.03, 50, 12, 12, 17, 19, (5, 6), 30, 3, 0.13,
            sixty=0.28, ages=(0.48, 0.37, 0.15), frailty=1.15, alone=0.42,
        ),
        LandUse.COMPOUND: Land(
            30_000, 0.04, 44, 14, 14, 30, 20, (6, 11), 40, 2, 0.16,
            sixty=0.17, ages=(0.66, 0.24, 0.10), frailty=0.85, alone=0.27,
        ),
        LandUse.TOWER: Land(
            42_000, 0.02, 34, 18, 34, 48, 26, (18, 28), 46, 2, 0.20,
            sixty=0.11, ages=(0.76, 0.18, 0.06), frailty=0.75, alone=0.16,
        ),
        LandUse.VILLAGE: Land(
            8_000, 0.22, 17, 13, 5, 6, 6, (2, 3), 30, 0, 0.12,
            sixty=0.20, ages=(0.52, 0.30, 0.18), frailty=1.9, alone=0.30,
        ),
        LandUse.WORKS: Land(60_000, 0.03, 60, 40, 30, 35, 25, (1, 4), 1, 0, 1.0),
        LandUse.PARK: Land(1e9, 0.0, 1, 1, 1, 1, 1, (1, 1), 1, 0, 1.0),
    }
)  # fmt: skip


def draw_land_use(skeleton: Skeleton, seed: int) -> NDArray[np.int8]:
    """A kind of land for every block, by where it lies: the core is old, the far side new."""
    rng = stream(seed, 3)
    x0, y0, x1, y1 = skeleton.district.bounds
    uses = np.empty(len(skeleton.blocks), dtype=np.int8)
    for row, block in enumerate(skeleton.blocks):
        point = block.representative_point()
        east, north = (point.x - x0) / (x1 - x0), (point.y - y0) / (y1 - y0)
        slim = block.area / max(block.length, 1.0) < 16.0
        if slim:
            uses[row] = LandUse.PARK
            continue
        weights = _odds(skeleton, point, east, north)
        uses[row] = rng.choice(len(LandUse), p=weights / weights.sum())
    return uses


def _odds(skeleton: Skeleton, point: object, east: float, north: float) -> NDArray[np.float64]:
    """Odds of every kind of land at a place given as shares of the extent."""
    if skeleton.core.contains(point):
        return np.array([0.62, 0.22, 0.02, 0.02, 0.0, 0.07, 0.05])
    if not skeleton.inside.contains(point):
        south = north < 0.3 and east < 0.75
        if south:
            return np.array([0.0, 0.04, 0.20, 0.10, 0.40, 0.20, 0.06])
        return np.array([0.0, 0.02, 0.22, 0.52, 0.03, 0.14, 0.07])
    if east < 0.32:
        return np.array([0.06, 0.60, 0.14, 0.03, 0.02, 0.11, 0.04])
    if north > 0.68:
        return np.array([0.02, 0.26, 0.40, 0.18, 0.02, 0.07, 0.05])
    return np.array([0.06, 0.30, 0.42, 0.08, 0.02, 0.07, 0.05])
