"""In which ways each of the premises may stand: level and size, with room and cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from base.faults import Fault
from scenarios.plan.model import LevelInput, PlanInput, PlanSitesInput, RoomInput, SizeInput
from scenarios.plan.sites import SitePart, part_of
from scenarios.plan.years import Calendar
from scenarios.plan_codes import AREA_UNKNOWN, SITES_TOO_SMALL

__all__ = ["Network", "OptionRows", "read_options"]

_SHOWN = 10


@dataclass(frozen=True)
class Network:
    """The levels of a plan and what each of them offers.

    Attributes:
        levels: in the scenario's order; a level's number is its place here.
        services: ids in the scenario's order.
        limited: ids of the services whose places are counted.
    """

    levels: tuple[LevelInput, ...]
    services: tuple[str, ...]
    limited: frozenset[str]

    @classmethod
    def of(cls, wanted: PlanInput) -> Network:
        """The network of a plan."""
        limited = frozenset(each.id for each in wanted.services if each.capacitated)
        return cls(tuple(wanted.levels), tuple(each.id for each in wanted.services), limited)

    @property
    def number(self) -> dict[str, int]:
        """Level numbers by id."""
        return {level.id: at for at, level in enumerate(self.levels)}

    def offers(self, level: LevelInput) -> frozenset[str]:
        """Services of a level, those of the levels below it included where it is nested."""
        own = set(level.offers) | {name for size in level.sizes for name in size.capacity}
        if level.nested:
            for other in self.levels:
                if other.hangs_on is not None and other.hangs_on.level == level.id:
                    own |= self.offers(other)
        return frozenset(own)

    def above(self, level: LevelInput) -> list[str]:
        """The level that it hangs on, as a list of one or none."""
        return [] if level.hangs_on is None else [level.hangs_on.level]


@dataclass(frozen=True, eq=False)
class OptionRows:
    """The options of all sites, o rows, sites ascending and the current one first.

    Attributes:
        frame: ``site`` (number), ``site_id``, ``level`` (id), ``size`` (id), ``current``,
            ``first_year``, ``area_m2``, ``yearly_cost_yuan``, ``opening_cost_yuan``,
            ``quota_m2``.
        capacity: float64[o, S], units of each service; inf where room does not matter.
    """

    frame: pd.DataFrame
    capacity: NDArray[np.float64]


@dataclass(frozen=True)
class _Offer:
    """A level and size that a site may take, and whether it stands so today."""

    level: LevelInput
    size: SizeInput
    current: bool = False


def read_options(wanted: PlanInput, sites: gpd.GeoDataFrame, warnings: list[Fault]) -> OptionRows:
    """Every way in which a site may stand."""
    network, last = Network.of(wanted), len(Calendar.of(wanted.years))
    rows: list[dict[str, Any]] = []
    capacity: list[list[float]] = []
    small: list[str] = []
    for number, site in enumerate(sites.to_dict("records")):
        part = part_of(wanted, int(site["part"]))
        offers = list(_offers(part, site, network))
        if not offers and site["status"] != "forbidden":
            small.append(str(site["site_id"]))
        for offer in offers:
            first = 0 if offer.current else int(site["first_year"])
            if first < last:
                rows.append({"site": number, **_row(offer, site, first)})
                capacity.append(_capacity(offer, site, network))
    _tell(sites, small, warnings)
    columns = [
        "site", "site_id", "level", "size", "current", "first_year", "area_m2",
        "yearly_cost_yuan", "opening_cost_yuan", "quota_m2",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return OptionRows(frame, np.array(capacity).reshape(len(rows), len(network.services)))


def _tell(sites: gpd.GeoDataFrame, small: Sequence[str], warnings: list[Fault]) -> None:
    open_to_all = sites["status"] != "forbidden"
    total = int(open_to_all.sum())
    unknown = int((sites["area_m2"].isna() & open_to_all & (sites["status"] != "quota")).sum())
    if unknown:
        warnings.append(AREA_UNKNOWN("plan.sites", count=unknown, total=total))
    if small:
        ids = ", ".join(small[:_SHOWN]) + (" ..." if len(small) > _SHOWN else "")
        warnings.append(SITES_TOO_SMALL("plan.sites", count=len(small), total=total, ids=ids))


def _offers(part: SitePart, site: Mapping[str, Any], network: Network) -> Iterator[_Offer]:
    by_id = {level.id: level for level in network.levels}
    home = by_id[site["level"]]
    if site["status"] == "forbidden":
        return
    if site["status"] == "existing":
        assert isinstance(part, PlanSitesInput)
        yield from _of_existing(part, site, home, network)
        return
    if site["status"] == "committed":
        yield _Offer(home, _size(home, site["size"]))
        return
    for name in dict.fromkeys([home.id, *part.levels]):
        level = by_id[name]
        yield from (_Offer(level, size) for size in level.sizes if _fits(size, site))


def _of_existing(
    part: PlanSitesInput, site: Mapping[str, Any], home: LevelInput, network: Network
) -> Iterator[_Offer]:
    """What stands first, then what may become of it."""
    by_id = {level.id: level for level in network.levels}
    now = _size(home, site["size"])
    yield _Offer(home, now, current=True)
    names: list[str] = []
    if "upgrade" in part.may:
        yield from (
            _Offer(home, size)
            for size in home.sizes
            if size is not now and _larger(size, now) and _fits(size, site)
        )
        names += part.upgrade_to or network.above(home)
    if "convert" in part.may:
        names += part.convert_to
    for name in dict.fromkeys(names):
        if name != home.id:
            level = by_id[name]
            yield from (_Offer(level, size) for size in level.sizes if _fits(size, site))


def _size(level: LevelInput, name: str) -> SizeInput:
    return next(size for size in level.sizes if size.id == name)


def _larger(size: SizeInput, than: SizeInput) -> bool:
    return (size.area_m2 or np.inf) > (than.area_m2 or np.inf)


def _fits(size: SizeInput, site: Mapping[str, Any]) -> bool:
    """Whether the premises have the floor; a quota's floor is pooled by the solver."""
    if site["status"] == "quota":
        return size.area_m2 is not None
    if np.isnan(site["area_m2"]):
        return size.area_m2 is not None
    least = size.from_area_m2 if size.from_area_m2 is not None else (size.area_m2 or 0.0)
    return bool(site["area_m2"] >= least)


def _area(offer: _Offer, site: Mapping[str, Any]) -> float:
    if offer.current and not np.isnan(site["area_m2"]):
        return float(site["area_m2"])
    if offer.size.area_m2 is not None:
        return offer.size.area_m2
    return 0.0 if np.isnan(site["area_m2"]) else float(site["area_m2"])


def _row(offer: _Offer, site: Mapping[str, Any], first: int) -> dict[str, Any]:
    size, area = offer.size, _area(offer, site)
    yearly = size.yearly_cost_yuan + area * size.yearly_cost_per_m2_yuan
    opening = size.opening_cost_yuan + area * size.opening_cost_per_m2_yuan
    if site["status"] == "existing" and size.change_cost_yuan is not None:
        opening = size.change_cost_yuan
    as_it_is = offer.current or site["status"] == "committed"
    if as_it_is and not np.isnan(site["yearly_cost_yuan"]):
        yearly = site["yearly_cost_yuan"]
    if not np.isnan(site["opening_cost_yuan"]):
        opening = site["opening_cost_yuan"]
    return {
        "site_id": site["site_id"],
        "level": offer.level.id,
        "size": size.id,
        "current": offer.current,
        "first_year": first,
        "area_m2": area,
        "yearly_cost_yuan": float(yearly + site["rent_yuan"]),
        "opening_cost_yuan": 0.0 if offer.current else float(opening),
        "quota_m2": area if site["status"] == "quota" else 0.0,
    }


def _capacity(offer: _Offer, site: Mapping[str, Any], network: Network) -> list[float]:
    offered = network.offers(offer.level)
    as_it_is = offer.current or site["status"] == "committed"
    room = []
    for service in network.services:
        own = site.get(f"capacity_{service}", np.nan) if as_it_is else np.nan
        if not np.isnan(own):
            room.append(float(own))
        elif service not in offered:
            room.append(0.0)
        elif service not in network.limited:
            room.append(np.inf)
        else:
            room.append(_room(offer.size.capacity.get(service, 0.0), _area(offer, site)))
    return room


def _room(wanted: float | RoomInput, area: float) -> float:
    if isinstance(wanted, RoomInput):
        return float(np.floor(area / wanted.m2_each + 1e-9))
    return float(wanted)
