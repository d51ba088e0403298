"""Access indicators before and after, in persons and minutes, by sub-district and group.

The reach lists of a coverage question end at the circles. Access is therefore searched anew,
farther, from the sites that stand before or after alone: a few searches, whatever the candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geo.modes import TravelMode
from geo.network import StreetNetwork
from geo.reach import reach
from geo.snap import Snapped, snap
from optimizer.siting.access import (
    ReachLists,
    TimeSummary,
    access_scores,
    gini,
    hoover,
    nearest_costs,
    palma,
    time_summary,
)
from scenarios.demand import TICKS_PER_SECOND, DemandRows
from scenarios.model_parts import Text
from scenarios.model_territory import AccessInput
from scenarios.outcome import Cell, Sheet, sheet_column

if TYPE_CHECKING:
    from scenarios.siting.run import SitingRun

__all__ = ["AccessRow", "AccessRun", "access_between", "access_of", "access_sheets"]

_ALL = Text(zh="全区", en="whole district")
_NOWHERE = Text(zh="街道范围外", en="outside the sub-districts")
_EVERYBODY = Text(zh="合计", en="everybody")
_WHEN = {"before": Text(zh="现状", en="before"), "after": Text(zh="方案", en="after")}
_MINUTE = 60 * TICKS_PER_SECOND


@dataclass(frozen=True)
class AccessRow:
    """Ways of one group in one sub-district, before or after.

    Attributes:
        when: ``before`` or ``after``.
        district: number of the sub-district, -1 outside all, None for all together.
        group: number of the group, None for everybody.
        minutes: persons and minutes (:class:`TimeSummary` with costs in minutes).
    """

    when: str
    district: int | None
    group: int | None
    minutes: TimeSummary


@dataclass(frozen=True, eq=False)
class AccessRun:
    """How people reach the sites, before and after.

    Attributes:
        wanted: limits, zones, capacities.
        demand: the demand rows.
        labels: names of the sub-districts.
        lists: reach lists of the sites that stand before or after.
        before, after: numbers of the open sites in ``lists``.
        capacity: float64, by site in ``lists``.
    """

    wanted: AccessInput
    demand: DemandRows
    labels: tuple[Text, ...]
    lists: ReachLists
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    capacity: NDArray[np.float64]

    @property
    def sites(self) -> Mapping[str, NDArray[np.int64]]:
        """Open sites by when."""
        return {"before": self.before, "after": self.after}

    @cached_property
    def way(self) -> Mapping[str, NDArray[np.float64]]:
        """float64[n] minutes to the nearest site by when, -1 without one within the search."""
        found = {}
        for when, sites in self.sites.items():
            cost = nearest_costs(self.lists, sites)
            found[when] = np.where(cost < 0, -1.0, cost / _MINUTE)
        return found

    @cached_property
    def scores(self) -> Mapping[str, NDArray[np.float64]]:
        """float64[n] supply per 1,000 persons by when (E2SFCA)."""
        ends, weights = self.wanted.zones
        zones = [round(end * _MINUTE) for end in ends]
        return {
            when: 1000
            * access_scores(self.lists, sites, self.capacity, self.demand.persons, zones, weights)
            for when, sites in self.sites.items()
        }

    @cached_property
    def rows(self) -> tuple[AccessRow, ...]:
        """Ways of everybody and of every group, in all and by sub-district, before and after."""
        return tuple(
            AccessRow(
                when,
                district,
                group,
                time_summary(self.way[when][mine], self.demand.persons[mine], self.wanted.minutes),
            )
            for district, group, mine in self._parts()
            for when in self.sites
        )

    def _parts(self) -> Iterator[tuple[int | None, int | None, NDArray[np.bool_]]]:
        """Sub-district, group and rows of every line of the tables that has any."""
        demand = self.demand
        everywhere = np.ones(demand.persons.size, dtype=bool)
        places: list[tuple[int | None, NDArray[np.bool_]]] = [(None, everywhere)]
        if self.labels:
            places += [(int(d), demand.district == d) for d in np.unique(demand.district)]
        groups = range(len(demand.groups)) if len(demand.groups) > 1 else range(0)
        for district, here in places:
            yield district, None, here
            for group in groups:
                mine = here & (demand.group == group)
                if mine.any():
                    yield district, group, mine


def access_of(run: SitingRun, wanted: AccessInput | None = None) -> AccessRun:
    """Access before and after a siting run."""
    case, wanted = run.case, wanted or AccessInput()
    area = case.sites["area_m2"].to_numpy(dtype=np.float64)
    capacity = np.nan_to_num(area) if wanted.capacity == "area" else np.ones(len(area))
    return access_between(
        run.district.streets,
        case.mode,
        case.snapped,
        case.demand,
        run.district.labels,
        run.existing,
        run.open_sites,
        capacity,
        wanted,
    )


def access_between(
    streets: StreetNetwork,
    mode: TravelMode,
    sites: Snapped,
    demand: DemandRows,
    labels: tuple[Text, ...],
    before: NDArray[np.int32],
    after: NDArray[np.int32],
    capacity: NDArray[np.float64],
    wanted: AccessInput,
    *,
    cancelled: Callable[[], bool] | None = None,
) -> AccessRun:
    """Access with two sets of open sites.

    Args:
        streets: the network.
        mode: how people walk in the search; every cell's own speed follows by division.
        sites: all m sites on the streets.
        demand: the demand rows.
        labels: names of the sub-districts by number.
        before: numbers of the sites that are open today.
        after: numbers of the sites that are open then.
        capacity: float64[m], what each site offers.
        wanted: limits and zones.
        cancelled: asked during the search.
    """
    used = np.union1d(before, after).astype(np.int64)
    places = demand.places.geometry
    at_places = snap(streets, places.x.to_numpy(), places.y.to_numpy(), mode)
    fastest = float(demand.speed.max())
    farthest = max(wanted.farthest_minutes, wanted.minutes[-1])
    seconds = farthest * 60 * fastest / mode.speed
    found = reach(streets, sites.take(used), at_places, mode, seconds, cancelled=cancelled)
    lists = _by_row(demand, found.indptr, found.target, found.cost, mode.speed, farthest)
    return AccessRun(
        wanted,
        demand,
        labels,
        lists,
        np.searchsorted(used, np.sort(before)),
        np.searchsorted(used, np.sort(after)),
        np.asarray(capacity, dtype=np.float64)[used],
    )


def _by_row(
    demand: DemandRows,
    indptr: NDArray[np.int64],
    target: NDArray[np.int32],
    cost: NDArray[np.int64],
    speed: float,
    farthest: float,
) -> ReachLists:
    """Reach lists by demand row, at every row's own speed, from those by place."""
    n_sites, rows_of_place = (
        indptr.size - 1,
        np.bincount(demand.place, minlength=len(demand.places)),
    )
    first = np.concatenate([[0], np.cumsum(rows_of_place)])
    repeats = rows_of_place[target]
    pair = np.repeat(np.arange(target.size), repeats)
    step = np.arange(pair.size) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    row = (first[target[pair]] + step).astype(np.int32)
    ticks = np.rint(cost[pair] * (speed / demand.speed[row])).astype(np.int64)
    site = np.repeat(np.arange(n_sites), np.diff(indptr))[pair]
    keep = ticks <= farthest * _MINUTE
    counts = np.bincount(site[keep], minlength=n_sites)
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return ReachLists(ends, row[keep], ticks[keep], demand.persons.size)


def access_sheets(run: AccessRun) -> tuple[Sheet, ...]:
    """The ways by sub-district and group, and supply and evenness before and after."""
    return _way_sheet(run), _evenness_sheet(run)


def _way_sheet(run: AccessRun) -> Sheet:
    within = tuple(
        sheet_column(
            f"within_{limit:g}",
            f"{limit:g} 分钟内（%）",
            f"within {limit:g} min (%)",
            1,
        )
        for limit in run.wanted.minutes
    )
    columns = (
        sheet_column("subdistrict", "街道", "sub-district"),
        sheet_column("group", "人群", "group"),
        sheet_column("when", "时点", "when"),
        sheet_column("persons", "人数", "persons", 0),
        sheet_column("mean_min", "平均（分钟）", "mean (min)", 1),
        sheet_column("median_min", "中位数（分钟）", "median (min)", 1),
        sheet_column("p90_min", "第 90 百分位（分钟）", "90th percentile (min)", 1),
        sheet_column("longest_min", "最远（分钟）", "longest (min)", 1),
        *within,
        sheet_column("persons_without", "无站点可达（人）", "persons without a site", 0),
    )
    return Sheet(
        "access_ways",
        Text(zh="到最近站点的路程", en="Ways to the nearest site"),
        columns,
        tuple(_way_cells(run, row) for row in run.rows),
        Text(
            zh=f"步行 {run.wanted.farthest_minutes:g} 分钟以外视为无站点可达；平均与最远只计可达"
            "人群，中位数与第 90 百分位计全部人群，落在不可达人群时留空。",
            en=f"People beyond {run.wanted.farthest_minutes:g} minutes on foot count as without"
            " a site. Mean and longest are of those who reach one; median and 90th percentile of"
            " everybody, and empty where they fall among people without a site.",
        ),
    )


def _way_cells(run: AccessRun, row: AccessRow) -> tuple[Cell, ...]:
    if row.district is None:
        place = _ALL
    else:
        place = run.labels[row.district] if row.district >= 0 else _NOWHERE
    group = _EVERYBODY if row.group is None else run.demand.labels[row.group]
    figures = row.minutes
    return (
        place,
        group,
        _WHEN[row.when],
        figures.persons,
        _finite(figures.mean),
        _finite(figures.median),
        _finite(figures.p90),
        _finite(figures.longest),
        *(_finite(100 * share) for share in figures.within),
        figures.without,
    )


def _evenness_sheet(run: AccessRun) -> Sheet:
    supply = (
        ("建筑面积（平方米/千人）", "floor area (m2 per 1,000)")
        if run.wanted.capacity == "area"
        else ("站点（个/千人）", "sites (per 1,000)")
    )
    columns = (
        sheet_column("when", "时点", "when"),
        sheet_column("mean_supply", supply[0], supply[1], 3),
        sheet_column("without_percent", "无供给人口（%）", "people without supply (%)", 1),
        sheet_column("gini", "基尼系数", "Gini", 3),
        sheet_column("hoover", "胡佛指数", "Hoover", 3),
        sheet_column("palma", "帕尔马比值", "Palma", 2),
    )
    people = run.demand.persons
    rows = []
    for when, scores in run.scores.items():
        rows.append(
            (
                _WHEN[when],
                float(people @ scores) / float(people.sum()),
                100 * float(people[scores == 0].sum()) / float(people.sum()),
                _finite(gini(scores, people)),
                _finite(hoover(scores, people)),
                _finite(palma(scores, people)),
            )
        )
    limits, weights = (", ".join(f"{each:g}" for each in part) for part in run.wanted.zones)
    return Sheet(
        "access_evenness",
        Text(
            zh="可达供给及其均衡性（两步移动搜索法）", en="Supply within reach and how even it is"
        ),
        columns,
        tuple(rows),
        Text(
            zh=f"改进的两步移动搜索法（E2SFCA）：{limits} 分钟，分区权重 {weights}（假设）；"
            "无供给者按 0 计入。",
            en=f"Enhanced two-step floating catchment areas: zones to {limits} minutes with"
            f" weights {weights} (an assumption); people without supply count as 0.",
        ),
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
