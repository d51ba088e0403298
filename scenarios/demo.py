"""A town that never was: streets, people, premises, staff, a day of visits and a lunch.

    town = generate("S", seed=0)
    scenario_file = write_town(town, Path("demo-town"))

The same size and seed give the same town. No place, person, phone or code in it is real.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from scenarios.allowances import Balance
from scenarios.model import Text
from scenarios.records import Carer, Carrier, Kitchen, MealOrder, Visit
from scenarios.town.away import Away
from scenarios.town.clients import Client
from scenarios.town.features import STATED, DayFeature, stated_carer, stated_visit
from scenarios.town.homes import build_settled
from scenarios.town.layers import draw_layers
from scenarios.town.names import DISTRICT_CODE, DISTRICT_NAME
from scenarios.town.network import draw_ground
from scenarios.town.network_plan import TownNetwork, draw_network_plan
from scenarios.town.plane import METRIC_CRS, Plane
from scenarios.town.premises import draw_premises
from scenarios.town.service import draw_care
from scenarios.town.sizes import SIZES, SizeName
from scenarios.town.week import TownWeek
from scenarios.town.write import write_files
from scenarios.visits.given import GivenVisit

__all__ = ["DemoTown", "generate", "write_town"]


@dataclass(frozen=True, eq=False)
class DemoTown:
    """A generated town; layers are in WGS 84.

    Attributes:
        size, seed: what it was made from.
        code: six-digit district code that GB/T 2260 does not give out. name: its name.
        metric_crs: local metric system.
        streets: noded lines with class, name, name_en, bridge. Class ``expressway`` (the ring
            roads) meets no other street; nobody walks there.
        subdistricts, communities: polygons with code, names, population, elders.
        rivers, compounds, gates, buildings: the ground.
        demand: a point per building with residents, elders and a column per cell
            (:data:`scenarios.town.cells.CELLS`).
        stations, institutions, candidates, health_stations, hospitals: places.
        clients: invented elders with invented names, for ledgers and contact tables.
        carers, visits: one day of home care.
        plan: who makes which visit when, in the plan that the day was made around.
        equipment: how many there are of what visits share. balances: what clients may spend.
        away: carers on leave and visits to clients who are away, beside those above.
        features: what the day states.
        kitchens, orders, carriers: one lunch.
        week: a week of home care with a ledger and carers of its own.
        network: the three-year plan's layers, targets, and a plan that fulfils them.
    """

    size: SizeName
    seed: int
    code: str
    name: Text
    metric_crs: str
    streets: gpd.GeoDataFrame
    subdistricts: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    rivers: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    institutions: gpd.GeoDataFrame
    candidates: gpd.GeoDataFrame
    health_stations: gpd.GeoDataFrame
    hospitals: gpd.GeoDataFrame
    clients: tuple[Client, ...]
    carers: tuple[Carer, ...]
    visits: tuple[Visit, ...]
    plan: tuple[GivenVisit, ...]
    equipment: Mapping[str, int]
    balances: tuple[Balance, ...]
    away: Away
    features: frozenset[DayFeature]
    kitchens: tuple[Kitchen, ...]
    orders: tuple[MealOrder, ...]
    carriers: tuple[Carrier, ...]
    network: TownNetwork
    week: TownWeek


def generate(
    size: SizeName = "S", seed: int = 0, *, features: frozenset[DayFeature] = STATED
) -> DemoTown:
    """Make a town: S has 60,000 residents, M 250,000, L a million.

    Args:
        size: how large.
        seed: which town of that size.
        features: what its day of visits states.
    """
    town = build_settled(SIZES[size], seed)
    plane = Plane.draw(SIZES[size].width, SIZES[size].height, seed)
    premises = draw_premises(town)
    layers = draw_layers(town, premises, plane)
    care = draw_care(town, plane, premises, layers)
    return DemoTown(
        size,
        seed,
        DISTRICT_CODE,
        DISTRICT_NAME,
        METRIC_CRS,
        **layers,
        clients=care.clients,
        carers=tuple(stated_carer(carer, features) for carer in care.carers),
        visits=tuple(stated_visit(v, features, care.day.rides) for v in care.day.visits),
        plan=care.day.plan,
        equipment=care.day.equipment,
        balances=care.balances,
        away=_stated_away(care.away, features),
        features=features,
        kitchens=care.lunch.kitchens,
        orders=care.lunch.orders,
        carriers=care.lunch.carriers,
        network=draw_network_plan(town, draw_ground(town, plane, layers)),
        week=care.week,
    )


def _stated_away(away: Away, features: frozenset[DayFeature]) -> Away:
    carers = tuple(stated_carer(carer, features) for carer in away.carers)
    return Away(carers, away.visits, away.absences)


def write_town(town: DemoTown, folder: Path | str) -> Path:
    """Write the town as an office would hand it in.

    The folder gets ``layers.gpkg`` and ``network.gpkg`` (for the plan); the tables ``visits``,
    ``carers``, ``orders``, ``kitchens``, ``carriers``, ``places`` and ``elders`` (the ledger) in
    XLSX; ``scenario.yaml`` with all four jobs; ``ledger.yaml``, the same visits made from the
    ledger; and ``hidden-plan.json``, the plan that the day of visits was made around, for
    comparison: no job reads it. Files of the same names are written over.

    Returns:
        The path of ``scenario.yaml``.
    """
    return write_files(town, Path(folder))
