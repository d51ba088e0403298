"""Who lives where: residents by building, elders by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.town.cells import ABILITIES, AGE_BANDS, LIVING
from scenarios.town.landuse import LAND, LandUse
from scenarios.town.plane import stream

__all__ = ["People", "Tilt", "draw_residents", "draw_tilts", "settle"]

_ABILITY_BY_AGE = np.array([[0.935, 0.052, 0.013], [0.830, 0.135, 0.035], [0.580, 0.285, 0.135]])
"""Shares of the three ability grades in every age band, before a place's frailty."""
_ALONE_BY_AGE = np.array([0.85, 1.05, 1.15])
"""How likely living alone is in every age band, relative to the place's share."""


@dataclass(frozen=True)
class Tilt:
    """How a sub-district departs from what its housing suggests (factors, float64[d])."""

    oldest: NDArray[np.float64]
    frailty: NDArray[np.float64]
    alone: NDArray[np.float64]
    sixty: NDArray[np.float64]


@dataclass(frozen=True)
class People:
    """Heads per building: residents int64[b] and elders int64[b, 18] by cell."""

    residents: NDArray[np.int64]
    elders: NDArray[np.int64]


def draw_residents(capacity: NDArray[np.float64], total: int, seed: int) -> NDArray[np.int64]:
    """Share residents out over buildings by what they hold, some fuller than others."""
    rng = stream(seed, 6)
    weights = capacity * rng.gamma(18.0, 1.0 / 18.0, capacity.size)
    return np.asarray(rng.multinomial(total, weights / weights.sum()), dtype=np.int64)


def draw_tilts(districts: int, seed: int) -> Tilt:
    """Two sub-districts with many very old, two with much disability, two with many alone."""
    rng = stream(seed, 7)

    def factor(spread: float, raised: float) -> NDArray[np.float64]:
        values = rng.lognormal(0.0, spread, districts)
        values[rng.permutation(districts)[:2]] *= raised
        return np.asarray(values, dtype=np.float64)

    return Tilt(factor(0.12, 1.9), factor(0.12, 2.2), factor(0.10, 1.4), factor(0.06, 1.1))


def settle(
    residents: NDArray[np.int64],
    use: NDArray[np.int8],
    district: NDArray[np.int32],
    tilt: Tilt,
    seed: int,
) -> People:
    """Draw the elders of every building, cell by cell, from its housing and sub-district."""
    rng = stream(seed, 8)
    lands = [LAND[LandUse(int(u))] for u in range(len(LandUse))]
    sixty = np.array([land.sixty for land in lands])[use] * tilt.sixty[district]
    elders = rng.binomial(residents, np.clip(sixty, 0.0, 0.6))
    ages = np.array([land.ages for land in lands])[use].copy()
    ages[:, 2] *= tilt.oldest[district]
    ages /= ages.sum(axis=1, keepdims=True)
    frailty = np.array([land.frailty for land in lands])[use] * tilt.frailty[district]
    grades = np.repeat(_ABILITY_BY_AGE[None, :, :], residents.size, axis=0)
    grades[:, :, 1:] *= frailty[:, None, None]
    grades /= grades.sum(axis=2, keepdims=True)
    share = np.array([land.alone for land in lands])[use] * tilt.alone[district]
    alone = np.clip(share[:, None] * _ALONE_BY_AGE[None, :], 0.0, 0.85)
    living = np.stack([1.0 - alone, alone], axis=2)
    odds = ages[:, :, None, None] * grades[:, :, :, None] * living[:, :, None, :]
    flat = odds.reshape(residents.size, len(AGE_BANDS) * len(ABILITIES) * len(LIVING))
    flat /= flat.sum(axis=1, keepdims=True)
    return People(residents, np.asarray(rng.multinomial(elders, flat), dtype=np.int64))
