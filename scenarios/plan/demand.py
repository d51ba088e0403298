"""What people ask for in a plan: one row per service, place and cell, and who reaches whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.reach import Reach
from optimizer.siting.plan import tables
from scenarios.demand import TICKS_PER_SECOND, DemandRows
from scenarios.model import Text
from scenarios.plan.groups import cells_named
from scenarios.plan.model import AskInput, PlanInput, ServiceInput
from scenarios.ways import BASE_SPEED

__all__ = ["STAYING", "WEIGHT_SCALE", "PlanDemand", "demand_table", "plan_demand", "reach_table"]

WEIGHT_SCALE = 100
"""Value of one unit of weight 1."""
STAYING = 1
"""Value of a resident or client who need not move: of two plans alike, the one with fewer moves
is better. Whoever moves is worth nothing, however far it is."""

_ROUNDING = 0.001
_UNIT_SCALES = (1, 10, 100, 1000)
_ANYWHERE = 10**9
"""Travel cost in ticks, longer than any way through a district (1,000 km at 1 m/s)."""

RESIDENTS = Text(zh="机构在住老人", en="residents of homes")
CLIENTS = Text(zh="驿站在服老人", en="clients of stations")


@dataclass(frozen=True, eq=False)
class PlanDemand:
    """Demand as the solver sees it; n rows.

    Attributes:
        people: places and cells.
        labels: what the groups are called: the cells' groups, then residents and clients.
        estimated: by row, whether its amount rests on an assumption.
        place: int32[n], number of the demand place; -1 for residents, clients and services of the
            whole district.
        site: int32[n], the home of residents or the station of clients; -1 for others.
        service: int32[n], number of the service. group: int32[n].
        district: int32[n], sub-district, -1 for none.
        units: float64[n], units of the service (persons, beds, portions).
        speed: float64[n], m/s; 0 where nobody walks.
        minutes, full_minutes: float64[n], the walk within which a row counts (in full).
        weight: float64[n], value of a unit in persons.
        units_per_person: scale of the solver's amounts.
    """

    people: DemandRows
    labels: tuple[Text, ...]
    estimated: NDArray[np.bool_]
    place: NDArray[np.int32]
    site: NDArray[np.int32]
    service: NDArray[np.int32]
    group: NDArray[np.int32]
    district: NDArray[np.int32]
    units: NDArray[np.float64]
    speed: NDArray[np.float64]
    minutes: NDArray[np.float64]
    full_minutes: NDArray[np.float64]
    weight: NDArray[np.float64]
    units_per_person: int

    def __len__(self) -> int:
        return int(self.place.size)

    @property
    def amount(self) -> NDArray[np.int64]:
        """int64[n], units in the solver's scale, at least 1."""
        scaled = np.rint(self.units * self.units_per_person).astype(np.int64)
        return np.maximum(scaled, 1)


def plan_demand(wanted: PlanInput, people: DemandRows, sites: gpd.GeoDataFrame) -> PlanDemand:
    """The demand rows of a plan: what cells ask for, then residents and clients of sites."""
    frames = []
    for number, service in enumerate(wanted.services):
        for ask in service.asks:
            frame = _asked(wanted, service, ask, people)
            frames.append(frame.assign(service=number))
    groups = len(people.groups)
    for kind, group in (("residents", groups), ("clients", groups + 1)):
        for number, service in enumerate(wanted.services):
            frames.append(
                _at_sites(wanted, service, sites, kind).assign(service=number, group=group)
            )
    rows = pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)
    order = np.lexsort((rows["place"], rows["service"]))
    rows = rows.iloc[order].reset_index(drop=True)
    units = rows["units"].to_numpy(dtype=np.float64)
    ints = {name: rows[name].to_numpy(dtype=np.int32) for name in _INTS}
    reals = {name: rows[name].to_numpy(dtype=np.float64) for name in _REALS}
    return PlanDemand(
        people=people,
        labels=(*people.labels, RESIDENTS, CLIENTS),
        estimated=rows["estimated"].to_numpy(dtype=bool),
        units=units,
        units_per_person=_unit_scale(units),
        **ints,
        **reals,
    )


_INTS = ("place", "site", "service", "group", "district")
_REALS = ("speed", "minutes", "full_minutes", "weight")


def _asked(
    wanted: PlanInput, service: ServiceInput, ask: AskInput, people: DemandRows
) -> pd.DataFrame:
    """Rows of one ask: by place and cell, by sub-district and cell where nobody walks."""
    cells = people.cells
    asking = None if ask.cells is None else cells_named(wanted, ask.cells)
    asks = np.array([asking is None or cell.id in asking for cell in cells])
    mine = np.flatnonzero(asks[people.cell])
    walk = ask.minutes or service.minutes
    minutes = np.array([walk or cell.minutes or wanted.minutes for cell in cells])
    weight = np.array([cell.weight for cell in cells]) * service.weight * ask.weight
    guessed = np.array([cell.estimated or ask.estimated for cell in cells])
    cell = people.cell[mine]
    full = np.minimum(minutes if service.full_minutes is None else service.full_minutes, minutes)
    frame = pd.DataFrame(
        {
            "place": people.place[mine],
            "site": -1,
            "group": people.group[mine],
            "district": people.district[mine],
            "units": people.persons[mine] * ask.share * ask.units,
            "speed": people.speed[mine],
            "minutes": minutes[cell],
            "full_minutes": np.broadcast_to(full, minutes.shape)[cell],
            "weight": weight[cell],
            "estimated": guessed[cell],
            "cell": cell,
        }
    )
    if not service.walk:
        keys = ["district", "cell"]
        first = dict.fromkeys(frame.columns.drop([*keys, "units"]), "first")
        frame = frame.groupby(keys, as_index=False).agg({**first, "units": "sum"})
        frame = frame.assign(place=-1, speed=0.0)
    return frame[frame["units"] > 0].drop(columns="cell")


def _at_sites(
    wanted: PlanInput, service: ServiceInput, sites: gpd.GeoDataFrame, kind: str
) -> pd.DataFrame:
    """People who are at existing sites today."""
    column = f"{kind}_{service.id}"
    given = sites[column].to_numpy() if column in sites else np.full(len(sites), np.nan)
    there = np.flatnonzero((np.nan_to_num(given) > 0) & (sites["status"] == "existing").to_numpy())
    minutes = service.minutes or wanted.minutes
    return pd.DataFrame(
        {
            "place": -1,
            "site": there,
            "district": sites["subdistrict"].to_numpy()[there],
            "units": given[there],
            "speed": 0.0 if kind == "residents" else BASE_SPEED,
            "minutes": np.inf if kind == "residents" else minutes,
            "full_minutes": 0.0,
            "weight": 0.0,
            "estimated": False,
        }
    )


def _unit_scale(units: NDArray[np.float64]) -> int:
    """The smallest scale at which rounding changes no more than a thousandth of all units."""
    for scale in _UNIT_SCALES:
        rounded = np.maximum(np.rint(units * scale), 1) / scale
        if np.abs(rounded - units).sum() <= _ROUNDING * units.sum():
            return scale
    return _UNIT_SCALES[-1]


def demand_table(wanted: PlanInput, demand: PlanDemand) -> tables.Demand:
    """The rows as the solver gets them."""
    services = wanted.services
    must = np.array([each.must for each in services])[demand.service]
    single = np.array([each.single and each.capacitated for each in services])[demand.service]
    second = np.array([0.0 if each.capacitated else each.backup for each in services])
    resident = demand.group == len(demand.labels) - 2
    client = demand.group == len(demand.labels) - 1
    minute = 60 * TICKS_PER_SECOND
    radius = np.where(resident, _ANYWHERE, np.nan_to_num(demand.minutes, posinf=0) * minute)
    weight = np.rint(demand.weight * WEIGHT_SCALE).astype(np.int64)
    if wanted.objective.aim not in ("min_travel", "min_worst"):
        weight[resident | client] = STAYING
    return tables.Demand(
        service=demand.service,
        # People at sites count for no sub-district's share.
        district=np.where(resident | client, -1, demand.district).astype(np.int32),
        group=demand.group,
        amount=demand.amount,
        weight=weight,
        full=np.rint(demand.full_minutes * minute).astype(np.int64),
        radius=np.rint(radius).astype(np.int64),
        backup=np.rint(weight * second[demand.service]).astype(np.int64),
        must=must | resident | client,
        single=single & ~resident & ~client,
    )


def reach_table(
    wanted: PlanInput,
    demand: PlanDemand,
    found: Reach,
    offered: NDArray[np.bool_],
    between: Callable[[NDArray[np.int32]], NDArray[np.int64]],
    near: Callable[[Sequence[int], float], Reach],
) -> tables.Reach:
    """Who reaches whom, from the street search by place.

    Args:
        wanted: the plan.
        demand: its rows.
        found: places that each site reaches, in ms at ``BASE_SPEED``.
        offered: bool[m, S], whether a site may ever offer a service.
        between: straight ways in mm from the given sites (rows) to all sites (columns).
        near: sites within so many metres along the streets of each of the given sites.
    """
    parts = [_walked(demand, found), _anywhere(demand, offered)]
    parts += [_residents(demand, offered, between), _clients(demand, near)]
    site = np.concatenate([part[0] for part in parts]).astype(np.int64)
    row = np.concatenate([part[1] for part in parts]).astype(np.int64)
    cost = np.concatenate([part[2] for part in parts]).astype(np.int64)
    keep = offered[site, demand.service[row]]
    site, row, cost = site[keep], row[keep], cost[keep]
    order = np.lexsort((row, site))
    counts = np.bincount(site, minlength=offered.shape[0])
    return tables.Reach(
        demand=row[order].astype(np.int32),
        cost=cost[order],
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )


_Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def _walked(demand: PlanDemand, found: Reach) -> _Pairs:
    """Rows of places: their walk takes the searched way divided by their speed."""
    rows = np.flatnonzero((demand.place >= 0) & (demand.speed > 0))
    rows = rows[np.argsort(demand.place[rows], kind="stable")]
    k = len(demand.people.places)
    per_place = np.bincount(demand.place[rows], minlength=k)
    first = np.concatenate([[0], np.cumsum(per_place)])
    repeats = per_place[found.target]
    pair = np.repeat(np.arange(found.target.size), repeats)
    offset = np.arange(pair.size) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    row = rows[first[found.target[pair]] + offset]
    cost = np.rint(found.cost[pair] * (BASE_SPEED / demand.speed[row])).astype(np.int64)
    site = np.repeat(np.arange(found.indptr.size - 1), np.diff(found.indptr))[pair]
    within = cost <= np.rint(demand.minutes[row] * 60 * TICKS_PER_SECOND)
    return site[within], row[within], cost[within]


def _anywhere(demand: PlanDemand, offered: NDArray[np.bool_]) -> _Pairs:
    """Services of the whole district: every site that offers them, at no way."""
    rows = np.flatnonzero((demand.place < 0) & (demand.site < 0))
    at, site = np.nonzero(offered.T[demand.service[rows]])
    return site, rows[at], np.zeros(at.size, dtype=np.int64)


def _residents(
    demand: PlanDemand,
    offered: NDArray[np.bool_],
    between: Callable[[NDArray[np.int32]], NDArray[np.int64]],
) -> _Pairs:
    """Residents of homes: every site with their type of bed, the straight way told only."""
    rows = np.flatnonzero((demand.site >= 0) & (demand.group == len(demand.labels) - 2))
    at, site = np.nonzero(offered.T[demand.service[rows]])
    ways = between(demand.site[rows])
    ways = np.maximum(ways[at, site], 1)  # a home next door is not the own one
    return site, rows[at], np.where(site == demand.site[rows[at]], 0, ways)


def _clients(demand: PlanDemand, near: Callable[[Sequence[int], float], Reach]) -> _Pairs:
    """Clients of stations: their own one at no way, and sites within a walk of it."""
    rows = np.flatnonzero((demand.site >= 0) & (demand.group == len(demand.labels) - 1))
    if not rows.size:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, nothing
    metres = demand.minutes[rows] * 60 * BASE_SPEED
    found = near([int(each) for each in demand.site[rows]], float(metres.max()))
    at = np.repeat(np.arange(rows.size), np.diff(found.indptr))
    own = demand.site[rows].astype(np.int64)
    other = (found.cost <= np.rint(metres[at] * 1000)) & (found.target != own[at])
    # Staying is no move, however long the way from the station to the street.
    ways = np.maximum(found.cost[other], 1)
    return (
        np.concatenate([own, found.target[other].astype(np.int64)]),
        np.concatenate([rows, rows[at[other]]]),
        np.concatenate([np.zeros(rows.size, dtype=np.int64), ways]),
    )
