"""Who may hang on whom, who may take over, and whose quotas may be pooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from base.faults import Fault
from geo.modes import TravelMode
from geo.reach import Reach, reach
from geo.snap import Snapped
from optimizer.siting.plan import tables
from scenarios.district import District
from scenarios.plan.model import HangsOnInput, LevelInput, PlanInput, PlanSitesInput
from scenarios.plan.sites import part_of
from scenarios.plan_codes import PAIRS_LEFT_OUT
from scenarios.ways import BASE_SPEED

__all__ = ["Ground", "attachments", "quotas", "takeovers"]

_FAR_M = 50_000.0
"""A level without a limit looks this far along the streets for its parent."""


@dataclass(frozen=True, eq=False)
class Ground:
    """The sites on the streets.

    Attributes:
        district: streets. snapped: the m sites on them. mode: how people walk in searches.
    """

    district: District
    snapped: Snapped
    mode: TravelMode

    def near(self, sites: Sequence[int], metres: float) -> Reach:
        """Sites within so many metres along the streets of each of ``sites``, costs in mm."""
        some = self.snapped.take(np.asarray(sites, dtype=np.int64))
        return reach(self.district.streets, some, self.snapped, self.mode, metres)

    def straight(self, sites: NDArray[np.int32]) -> NDArray[np.int64]:
        """int64[len(sites), m], straight ways to all sites in mm."""
        x, y = self.snapped.x, self.snapped.y
        metres = np.hypot(x[sites][:, None] - x[None, :], y[sites][:, None] - y[None, :])
        millimetres: NDArray[np.int64] = np.rint(metres * 1000).astype(np.int64)
        return millimetres


def attachments(
    wanted: PlanInput,
    sites: gpd.GeoDataFrame,
    options: pd.DataFrame,
    ground: Ground,
    warnings: list[Fault],
) -> tables.Attachments:
    """Pairs of sites that may hang together, by the limits of every level that hangs on another.

    The solver knows pairs of sites, not of levels. A pair that some level at the child may use
    and another may not is left out, so that no limit is ever broken.
    """
    may = {
        level.id: np.isin(np.arange(len(sites)), options.loc[options["level"] == level.id, "site"])
        for level in wanted.levels
    }
    hanging = [(each, each.hangs_on) for each in wanted.levels if each.hangs_on is not None]
    fits = [_pairs(level, on, may, sites, ground) for level, on in hanging]
    nothing = np.zeros(0, dtype=np.int64)
    keys, first = np.unique(
        np.concatenate([nothing, *(keys for keys, _ in fits)]), return_index=True
    )
    cost = np.concatenate([nothing, *(cost for _, cost in fits)])[first]
    child, parent = keys // len(sites), keys % len(sites)
    clash = np.zeros(keys.size, dtype=bool)
    for (level, on), (mine, _) in zip(hanging, fits, strict=True):
        clash |= may[level.id][child] & may[on.level][parent] & ~np.isin(keys, mine)
    if clash.any():
        warnings.append(PAIRS_LEFT_OUT("plan.levels", count=int(clash.sum())))
    return tables.Attachments(
        child=child[~clash].astype(np.int32),
        parent=parent[~clash].astype(np.int32),
        cost=cost[~clash],
    )


def _pairs(
    level: LevelInput,
    on: HangsOnInput,
    may: dict[str, NDArray[np.bool_]],
    sites: gpd.GeoDataFrame,
    ground: Ground,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs within the limits of one level, as ``child * m + parent``, and their ways in mm."""
    parents = np.flatnonzero(may[on.level])
    limit = on.within_m or (on.minutes * 60 * BASE_SPEED if on.minutes else _FAR_M)
    found = ground.near([int(each) for each in parents], limit)
    parent = np.repeat(parents, np.diff(found.indptr))
    child = found.target.astype(np.int64)
    fits = may[level.id][child] & (child != parent)
    if on.same_subdistrict:
        home = sites["subdistrict"].to_numpy()
        fits &= home[child] == home[parent]
    return child[fits] * len(sites) + parent[fits], found.cost[fits]


def takeovers(
    wanted: PlanInput, sites: gpd.GeoDataFrame, options: pd.DataFrame, ground: Ground
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """For every site, the options of which one must stand while it is closed (CSR)."""
    listed: list[NDArray[np.int32]] = []
    at, level = options["site"].to_numpy(dtype=np.int64), options["level"].to_numpy()
    operators, home = sites["operator"].to_numpy(), sites["subdistrict"].to_numpy()
    for number, (status, part_number) in enumerate(
        zip(sites["status"], sites["part"], strict=True)
    ):
        part = part_of(wanted, int(part_number))
        rule = part.takeover if isinstance(part, PlanSitesInput) else None
        if rule is None or status != "existing" or "close" not in _may(part):
            listed.append(np.zeros(0, dtype=np.int32))
            continue
        fits = at != number
        if rule.levels:
            fits &= np.isin(level, rule.levels)
        if rule.same_operator:
            fits &= operators[at] == operators[number]
        if rule.same_subdistrict:
            fits &= home[at] == home[number]
        if rule.within_m is not None:
            ways = ground.straight(np.array([number], dtype=np.int32))[0]
            fits &= ways[at] <= rule.within_m * 1000
        listed.append(np.flatnonzero(fits).astype(np.int32))
    indptr = np.concatenate([[0], np.cumsum([each.size for each in listed])])
    return indptr.astype(np.int64), np.concatenate(listed).astype(np.int32)


def _may(part: object) -> Sequence[str]:
    return part.may if isinstance(part, PlanSitesInput) else ()


def quotas(sites: gpd.GeoDataFrame, years: int) -> tuple[tables.Quotas, NDArray[np.int64]]:
    """The quotas, each of which may be given to any compound of its sub-district; their sites."""
    status, home = sites["status"].to_numpy(), sites["subdistrict"].to_numpy()
    first = sites["first_year"].to_numpy()
    own = np.flatnonzero((status == "quota") & (first < years))
    everyone = np.flatnonzero(status == "quota")
    targets = [
        np.array([site]) if home[site] < 0 else everyone[home[everyone] == home[site]]
        for site in own
    ]
    joined = np.concatenate(targets) if targets else np.zeros(0)
    return tables.Quotas(
        area=np.floor(sites["quota_m2"].to_numpy()[own]).astype(np.int64),
        first_year=first[own].astype(np.int32),
        indptr=np.concatenate([[0], np.cumsum([each.size for each in targets])]).astype(np.int64),
        site=joined.astype(np.int32),
    ), own
