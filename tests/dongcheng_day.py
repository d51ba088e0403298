"""A made-up working day on Dongcheng's real parcels: 300 visits, 40 carers, 800 lunches.

The layers stay where they are; only points drawn from them, and only in a test's own folder,
are written as office tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np

from scenarios.catalogue import built_in
from scenarios.records import Carer, Carrier, Kitchen, MealOrder, Mode, Place, Tier, Visit
from scenarios.tables import (
    write_carers,
    write_carriers,
    write_kitchens,
    write_orders,
    write_visits,
)

SCENARIOS = Path(__file__).parent / "scenarios" / "dongcheng"
_TEMPLATE_ROOT = "../../../../shared/data"
_HOUR = 3600

# service, share of the day's visits
_SERVICES = (
    ("daily_check", 0.18),
    ("vital_signs", 0.14),
    ("grooming", 0.12),
    ("feeding", 0.10),
    ("cooking", 0.08),
    ("cleaning", 0.16),
    ("laundry", 0.06),
    ("bathing", 0.08),
    ("medication", 0.08),
)


def place_scenario(name: str, folder: Path, shared_data: Path) -> Path:
    """A copy of a scenario file in ``folder`` that finds the layers from there."""
    text = (SCENARIOS / name).read_text(encoding="utf-8")
    assert _TEMPLATE_ROOT in text
    target = folder / name
    target.write_text(text.replace(_TEMPLATE_ROOT, str(shared_data)), encoding="utf-8")
    return target


def visit_day(
    folder: Path, shared_data: Path, *, visits: int = 300, carers: int = 40, seed: int = 0
) -> Path:
    """Write a day of visits; gives the scenario file."""
    rng = np.random.default_rng(seed)
    layers = shared_data / "dongcheng" / "dongcheng.gpkg"
    homes = _points(gpd.read_file(layers, layer="residential_parcels"))
    facilities = gpd.read_file(layers, layer="facilities")
    stations = _points(facilities[facilities["type"] == "community_eldercare"])
    write_visits(folder / "visits.csv", [_visit(n, homes, rng) for n in range(visits)])
    write_carers(folder / "carers.csv", [_carer(n, stations, rng) for n in range(carers)])
    return place_scenario("visits.yaml", folder, shared_data)


def lunch(
    folder: Path, shared_data: Path, *, orders: int = 800, carriers: int = 30, seed: int = 0
) -> Path:
    """Write a lunch from two kitchens, one in the north and one in the south."""
    rng = np.random.default_rng(seed)
    layers = shared_data / "dongcheng" / "dongcheng.gpkg"
    homes = _points(gpd.read_file(layers, layer="residential_parcels"))
    facilities = gpd.read_file(layers, layer="facilities")
    homes_for_old = _points(facilities[facilities["type"] == "residential_eldercare"])
    by_latitude = sorted(homes_for_old, key=lambda place: place.lat)
    places = (by_latitude[-3], by_latitude[2])
    kitchens = [
        Kitchen(name, place, orders * 7 // 10, 10 * _HOUR)
        for name, place in zip(("K-north", "K-south"), places, strict=True)
    ]
    write_kitchens(folder / "kitchens.csv", kitchens)
    write_orders(folder / "orders.csv", _orders(orders, homes, rng))
    write_carriers(folder / "carriers.csv", [_carrier(n, kitchens) for n in range(carriers)])
    return place_scenario("meals.yaml", folder, shared_data)


def _points(frame: gpd.GeoDataFrame) -> list[Place]:
    points = frame.to_crs("EPSG:4326").geometry.representative_point()
    return [Place(round(p.x, 6), round(p.y, 6)) for p in points]


def _pick(places: Sequence[Place], rng: np.random.Generator) -> Place:
    return places[int(rng.integers(len(places)))]


def _visit(number: int, homes: Sequence[Place], rng: np.random.Generator) -> Visit:
    names = [name for name, _ in _SERVICES]
    service = built_in().services[str(rng.choice(names, p=[share for _, share in _SERVICES]))]
    usual = service.usual or ((8 * _HOUR, 11 * _HOUR), (13 * _HOUR, 16 * _HOUR))
    usual = [window for window in usual if window[1] <= 17 * _HOUR]  # nobody works evenings
    low, high = usual[int(rng.integers(len(usual)))]
    start = int(rng.integers(low, max(low, high - _HOUR) + 1)) // 900 * 900
    tier = Tier(int(rng.choice([0, 1, 2], p=[0.2, 0.3, 0.5])))
    return Visit(
        id=f"V{number + 1:03d}",
        client=f"E{number % 260 + 1:03d}",
        service=service.id,
        place=_pick(homes, rng),
        duration=service.duration,
        windows=((start, start + 2 * _HOUR),),
        skills=service.skills,
        tier=tier,
    )


def _carer(number: int, stations: Sequence[Place], rng: np.random.Generator) -> Carer:
    home = ("household", "cooking")
    extra = (home, (*home, "bathing"), ("nursing", "bathing"))[number % 3]
    level = 5 - number % 3
    start = _pick(stations, rng)
    return Carer(
        id=f"C{number + 1:02d}",
        skills=built_in().with_implied([f"level:{level}", *extra]),
        shift=(7 * _HOUR, 17 * _HOUR) if number % 2 else (8 * _HOUR, 18 * _HOUR),
        start=start,
        end=start,
        max_work=8 * _HOUR,
        mode=Mode.WALK if number % 10 == 9 else Mode.EBIKE,
    )


def _orders(count: int, homes: Sequence[Place], rng: np.random.Generator) -> list[MealOrder]:
    """Orders in buildings of a few doors each."""
    orders: list[MealOrder] = []
    building = 0
    while len(orders) < count:
        building += 1
        place = _pick(homes, rng)
        early = bool(rng.random() < 0.5)
        window = (10 * _HOUR + 2700, 12 * _HOUR) if early else (11 * _HOUR, 12 * _HOUR + 1800)
        for _ in range(min(int(rng.integers(1, 6)), count - len(orders))):
            number = len(orders) + 1
            diet = str(rng.choice(["", "", "", "low_salt", "sugar_free"]))
            orders.append(
                MealOrder(
                    f"O{number:04d}",
                    f"E{number:04d}",
                    place,
                    f"B{building:03d}",
                    1 + int(rng.random() < 0.2),
                    window,
                    diet,
                )
            )
    return orders


def _carrier(number: int, kitchens: Sequence[Kitchen]) -> Carrier:
    kitchen = kitchens[0] if number % 7 < 4 else kitchens[1]  # more people live in the north
    van = number % 3 == 0
    return Carrier(
        id=f"R{number + 1:02d}",
        mode=Mode.CAR if van else Mode.EBIKE,
        boxes=30 if van else 10,
        shift=(10 * _HOUR, 13 * _HOUR + 1800),
        kitchens=(kitchen.id,),
        max_trips=4,
    )
