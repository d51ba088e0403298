"""The town's home care and meal service: clients, carers, the day and the lunch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from scenarios.allowances import Balance
from scenarios.catalogue import built_in
from scenarios.day import Lunch
from scenarios.records import Carer, Place
from scenarios.town.away import Away, draw_away
from scenarios.town.balances import draw_balances
from scenarios.town.clients import Client, draw_clients
from scenarios.town.day import DAY, Day, draw_day
from scenarios.town.homes import Settled
from scenarios.town.lunch import draw_lunch
from scenarios.town.plane import Plane, stream
from scenarios.town.premises import Premises
from scenarios.town.sizes import SIZES
from scenarios.town.staff import draw_carers
from scenarios.town.ways import measure_ways
from scenarios.town.week import WEEK_SIZES, TownWeek, draw_week

__all__ = ["CareService", "draw_care"]

_CLIENTS_PER_VISIT, _NEIGHBOURS_PER_ORDER = 1.15, 0.9


@dataclass(frozen=True)
class CareService:
    """Who is cared for, by whom, on one day, at one lunch and in one week."""

    clients: tuple[Client, ...]
    carers: tuple[Carer, ...]
    day: Day
    balances: tuple[Balance, ...]
    away: Away
    lunch: Lunch
    week: TownWeek


def draw_care(
    town: Settled, plane: Plane, premises: Premises, layers: Mapping[str, gpd.GeoDataFrame]
) -> CareService:
    """Draw everybody and everything that the second and third job need."""
    size, seed = town.size, town.seed
    catalogue = built_in()
    clients = draw_clients(
        town,
        plane,
        round(_CLIENTS_PER_VISIT * size.visits),
        round(_NEIGHBOURS_PER_ORDER * size.orders),
    )
    bases = _points(layers["stations"])
    pull = _pull(clients, bases)
    hospitals = _points(layers["hospitals"])
    carers = draw_carers(size.carers, bases, pull, catalogue, stream(seed, 13))
    cared_for = [client for client in clients if client.care]
    places = [*(client.place for client in cared_for), *bases, *hospitals]
    ways = measure_ways(layers["streets"], places)
    day = draw_day(cared_for, carers, places, ways, catalogue, size.visits, stream(seed, 14))
    kitchens = [Place(*xy) for xy in plane.to_wgs84(premises.kitchens.xy).tolist()]
    addresses = layers["buildings"]["id"].tolist()
    lunch = draw_lunch(size, clients, kitchens, addresses, stream(seed, 15))
    balances = draw_balances(day.visits, DAY, stream(seed, 20))
    week = _week(town, cared_for, bases, pull)
    visited = {visit.client for visit in day.visits}
    away = draw_away(cared_for, visited, carers, len(day.visits), catalogue, DAY, stream(seed, 21))
    return CareService(clients, carers, day, balances, away, lunch, week)


def _week(
    town: Settled,
    clients: Sequence[Client],
    bases: tuple[Place, ...],
    pull: NDArray[np.float64],
) -> TownWeek:
    """The week of some of the clients."""
    name = next(name for name, size in SIZES.items() if size == town.size)
    asked, visits, carers = WEEK_SIZES[name]
    rng = stream(town.seed, 31)
    chosen = np.sort(rng.choice(len(clients), min(asked, len(clients)), replace=False)).tolist()
    mine = [clients[at] for at in chosen]
    return draw_week(mine, bases, pull, built_in(), visits=visits, carers=carers, rng=rng)


def _points(layer: gpd.GeoDataFrame) -> tuple[Place, ...]:
    return tuple(Place(float(point.x), float(point.y)) for point in layer.geometry)


def _pull(clients: tuple[Client, ...], bases: tuple[Place, ...]) -> NDArray[np.float64]:
    """How many clients every base is nearest to, plus one."""
    home = np.array([(client.place.lon, client.place.lat) for client in clients])
    base = np.array([(place.lon, place.lat) for place in bases])
    gaps = np.hypot(
        home[:, None, 0] - base[None, :, 0], 1.4 * (home[:, None, 1] - base[None, :, 1])
    )
    return np.bincount(gaps.argmin(axis=1), minlength=len(bases)).astype(np.float64) + 1.0
