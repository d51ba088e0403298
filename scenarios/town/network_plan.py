"""A network plan that keeps every rule of a demo town, and the budgets and targets it sets.

The plan is drawn by hand rules, sub-district by sub-district, without looking for a good one:
it proves that the town's plan part can be fulfilled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor

import geopandas as gpd
import numpy as np

from scenarios.town.homes import Settled
from scenarios.town.network import NetworkGround
from scenarios.town.network_terms import BEDS, CHILDREN, SIZES_BY_LEVEL, YEARS
from scenarios.town.plane import stream

__all__ = ["NetworkTargets", "PlannedSite", "TownNetwork", "draw_network_plan"]

_FULL_FROM = 10_000
"""Residents of a sub-district from which on its centre is a full one."""
_ROUND_TO = 100_000


@dataclass(frozen=True)
class PlannedSite:
    """A site of the plan: what stands there from which year on.

    Attributes:
        site: id in the layers. level, size: what it is. year: 0, 1 or 2.
        quotas: ids of the quotas that it is built from.
    """

    site: str
    level: str
    size: str
    year: int
    quotas: tuple[str, ...] = ()


@dataclass(frozen=True)
class NetworkTargets:
    """What the town asks of its plan.

    Attributes:
        capital, running: yuan by year.
        area_per_1000: m2 per 1,000 residents of every sub-district.
        beds_per_100: beds per 100 registered elders. nursing_share: share of nursing and dementia
            beds. dementia_per_10000: dementia beds per 10,000 registered elders.
    """

    capital: tuple[int, ...]
    running: tuple[int, ...]
    area_per_1000: float
    beds_per_100: float
    nursing_share: float
    dementia_per_10000: float


@dataclass(frozen=True, eq=False)
class TownNetwork:
    """Everything for the plan part: layers, a plan that keeps its rules, and targets."""

    ground: NetworkGround
    plan: tuple[PlannedSite, ...]
    targets: NetworkTargets


def draw_network_plan(town: Settled, ground: NetworkGround) -> TownNetwork:
    """The plan on a drawn ground, and what it allows to ask for."""
    draft = _Draft(town, ground)
    rng = stream(town.seed, 19)
    for k in range(len(town.units.district_name)):
        draft.plan_district(k, int(rng.integers(len(YEARS))))
    draft.refit_a_home()
    plan = tuple(draft.sites)
    return TownNetwork(ground, plan, _targets(town, ground, plan))


@dataclass(eq=False)
class _Draft:
    """The plan in the making."""

    town: Settled
    ground: NetworkGround
    sites: list[PlannedSite] = field(default_factory=list)

    def plan_district(self, district: int, wave: int) -> None:
        """Centre, stations, and points wherever a community has neither."""
        ground, units = self.ground, self.town.units
        standing = self._rows("stations", district)
        built = self._rows("committed", district)
        opens = [YEARS.index(int(ground.committed["opens"].iloc[row])) for row in built]
        wave = min([wave, *opens, *(0 for _ in standing)])
        served: set[int] = set()
        premises = self._rows("premises", district)
        heads = self.town.homes.people.residents[self.town.homes.district == district].sum()
        self._open("premises", premises[0], "centre", _centre_size(int(heads)), wave, served)
        for row in standing:
            size = str(ground.stations["size"].iloc[row])
            self._open("stations", row, "station", size, 0, served)
        for row, year in zip(built, opens, strict=True):
            self._open("committed", row, "station", "large", year, served)
        stations = len(standing) + len(built) + self._pool(district, wave, served)
        communities = np.flatnonzero(units.community_district == district)
        last = wave
        for row in sorted(premises[1:], key=lambda at: int(ground.premises["first_year"].iloc[at])):
            left = len(set(communities.tolist()) - served)
            if left <= CHILDREN["station"] * stations:
                break
            free = YEARS.index(int(ground.premises["first_year"].iloc[row]))
            last = max(last, free)
            large = heads >= _FULL_FROM and ground.premises["area_m2"].iloc[row] >= 300
            size = "large" if large else "small"
            self._open("premises", row, "station", size, max(wave, free), served)
            stations += 1
        years = [each.year for each in self.sites[-stations - 1 :]]
        for community in sorted(set(communities.tolist()) - served):
            self._open("rooms", community, "point", "room", max(last, *years), served)

    def _pool(self, district: int, wave: int, served: set[int]) -> int:
        """One station out of two quotas, where the sub-district has any; how many stations."""
        quotas = self._rows("quotas", district)
        if not quotas:
            return 0
        ids = self.ground.quotas["id"]
        pair = tuple(str(ids.iloc[row]) for row in quotas[:2])
        year = max(wave, YEARS.index(int(self.ground.quotas["first_year"].iloc[quotas[1]])))
        self._open("quotas", quotas[0], "station", "small", year, served, pair)
        return 1

    def _rows(self, layer: str, district: int) -> list[int]:
        return [int(row) for row in np.flatnonzero(self.ground.unit[layer][:, 0] == district)]

    def _open(
        self,
        layer: str,
        row: int,
        level: str,
        size: str,
        year: int,
        served: set[int],
        quotas: tuple[str, ...] = (),
    ) -> None:
        frame: gpd.GeoDataFrame = getattr(self.ground, layer)
        self.sites.append(PlannedSite(str(frame["id"].iloc[row]), level, size, year, quotas))
        served.add(int(self.ground.unit[layer][row, 1]))

    def refit_a_home(self) -> None:
        """All homes stay; the largest that still leaves a bed for everybody is refitted."""
        homes = self.ground.homes
        chosen = next((row for row in np.argsort(-homes["area_m2"]) if self._fits(int(row))), -1)
        for row, id in enumerate(homes["id"]):
            self.sites.append(PlannedSite(str(id), "home", "plain", 0))
            if row == chosen:
                self.sites.append(PlannedSite(str(id), "home", "refit", 1))

    def _fits(self, row: int) -> bool:
        homes = self.ground.homes
        if homes["may_close"].iloc[row]:
            return False
        for kind, beds in _beds("refit", homes, row).items():
            here = int(homes[kind].iloc[row])
            people = int(homes[kind.replace("beds_", "residents_")].sum())
            if int(homes[kind].sum()) - here + beds < people:
                return False
        return True


def _centre_size(heads: int) -> str:
    return "full" if heads >= _FULL_FROM else "compact"


def _beds(size: str, homes: gpd.GeoDataFrame, row: int) -> dict[str, int]:
    """Beds of a home by kind, in this size."""
    if size == "plain":
        return {kind: int(homes[kind].iloc[row]) for kind in BEDS}
    area = int(homes["area_m2"].iloc[row])
    room = SIZES_BY_LEVEL["home"][size].capacity
    return {kind: area // int(room[kind]["m2_each"]) for kind in BEDS}


@dataclass(frozen=True)
class _Figures:
    """What one planned site costs and holds: yuan, m2, beds by kind."""

    opening: int
    yearly: int
    floor: int
    district: int
    beds: tuple[int, ...]


def _figures(ground: NetworkGround, site: PlannedSite) -> _Figures:
    layer, row = _find(ground, site.site)
    frame: gpd.GeoDataFrame = getattr(ground, layer)
    terms = SIZES_BY_LEVEL[site.level][site.size]
    premises = int(frame["area_m2"].iloc[row])
    stands = layer in ("stations", "homes") and site.size != "refit"
    space = premises if stands else terms.floor(premises)
    rent = int(frame["rent_yuan"].iloc[row]) if "rent_yuan" in frame else 0
    beds = tuple(int(terms.capacity.get(kind, 0)) for kind in BEDS if site.level == "centre")
    if site.level == "home":
        beds = tuple(_beds(site.size, ground.homes, row).values())
    return _Figures(
        0 if stands else terms.opening_cost(space),
        terms.yearly_cost(space) + rent,
        space,
        int(ground.unit[layer][row, 0]) if layer in ground.unit else -1,
        beds or (0, 0, 0),
    )


_LAYER_OF = {
    "S": "stations",
    "I": "homes",
    "R": "premises",
    "A": "rooms",
    "K": "committed",
    "Q": "quotas",
}


def _find(ground: NetworkGround, site: str) -> tuple[str, int]:
    layer = _LAYER_OF[site[0]]
    frame: gpd.GeoDataFrame = getattr(ground, layer)
    return layer, int(np.flatnonzero(frame["id"] == site)[0])


def _targets(town: Settled, ground: NetworkGround, plan: tuple[PlannedSite, ...]) -> NetworkTargets:
    """Budgets a little above, targets a little below what the plan comes to."""
    figures = {site: _figures(ground, site) for site in plan}
    last = {site.site: site for site in plan}
    standing = [figures[site] for site in last.values()]
    years = range(len(YEARS))
    capital = [sum(f.opening for s, f in figures.items() if s.year == year) for year in years]
    running = []
    for year in years:
        now = {site.site: site for site in plan if site.year <= year}
        running.append(sum(figures[site].yearly for site in now.values()))
    heads = np.bincount(town.homes.district, town.homes.people.residents)
    floors = np.zeros(heads.size)
    for each in standing:
        if each.district >= 0:
            floors[each.district] += each.floor
    beds = np.sum([each.beds for each in standing], axis=0)
    elders = float(ground.people["registered_elders"].sum())
    return NetworkTargets(
        tuple(_up(1.1 * each) for each in capital),
        tuple(_up(1.04 * each) for each in running),
        float(floor(0.95 * (1_000 * floors / heads).min())),
        _down(0.95 * 100 * beds.sum() / elders),
        _down(0.98 * (beds[1] + beds[2]) / beds.sum(), 100),
        _down(0.95 * 10_000 * beds[2] / elders),
    )


def _up(yuan: float) -> int:
    return _ROUND_TO * -(-int(yuan) // _ROUND_TO)


def _down(value: float, parts: int = 10) -> float:
    return floor(value * parts) / parts
