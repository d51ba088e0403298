"""A lunch: kitchens, orders by building, and who carries them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenarios.day import Lunch
from scenarios.records import Carrier, Kitchen, MealOrder, Mode, Place
from scenarios.town.clients import Client
from scenarios.town.sizes import TownSize

__all__ = ["draw_lunch"]

_READY = 37_800
_WINDOWS = ((38_700, 45_000), (39_600, 43_200), (41_400, 45_000))
_WINDOW_ODDS = (0.7, 0.15, 0.15)
_DIETS = ("", "低盐", "低糖", "软食", "糊状", "素食", "清真")
_DIET_ODDS = (0.58, 0.14, 0.11, 0.08, 0.03, 0.04, 0.02)
_KITCHEN_SHARE = 1.4
"""All kitchens together can cook this many times what is ordered."""
_BOXES = {Mode.CAR: (48, 72), Mode.EBIKE: (14, 20), Mode.WALK: (5, 8)}


def draw_lunch(
    size: TownSize,
    clients: Sequence[Client],
    kitchens: Sequence[Place],
    addresses: Sequence[str],
    rng: np.random.Generator,
) -> Lunch:
    """One lunch.

    Args:
        size: how many orders and carriers.
        clients: who may order.
        kitchens: where the kitchens stand.
        addresses: id of every building of the town.
        rng: source of chance.
    """
    orders = _orders(size.orders, clients, addresses, rng)
    portions = sum(order.portions for order in orders)
    each = 10 * -(-round(portions * _KITCHEN_SHARE / len(kitchens)) // 10)
    stoves = tuple(
        Kitchen(f"K{number + 1}", place, each, _READY) for number, place in enumerate(kitchens)
    )
    return Lunch(orders, stoves, _carriers(size, stoves, rng))


def _orders(
    n: int, clients: Sequence[Client], addresses: Sequence[str], rng: np.random.Generator
) -> tuple[MealOrder, ...]:
    """Orders come building by building: neighbours tell each other of the service."""
    by_building: dict[int, list[Client]] = {}
    for client in clients:
        by_building.setdefault(client.building, []).append(client)
    buildings = sorted(by_building)
    eager = np.array([len(by_building[b]) ** 2.0 for b in buildings])
    keys = np.log(eager) + rng.gumbel(size=len(buildings))
    orders: list[MealOrder] = []
    for at in np.argsort(-keys):
        building = buildings[int(at)]
        window = _WINDOWS[int(rng.choice(len(_WINDOWS), p=_WINDOW_ODDS))]
        for client in by_building[building]:
            if len(orders) == n:
                return tuple(orders)
            couple = client.cell.living == "alone" and rng.random() < 0.35
            orders.append(
                MealOrder(
                    id=f"M{len(orders) + 1:04d}",
                    client=client.id,
                    place=client.place,
                    building=addresses[building],
                    portions=2 if couple else 1,
                    window=window,
                    diet=_DIETS[int(rng.choice(len(_DIETS), p=_DIET_ODDS))],
                    community=client.community,
                )
            )
    return tuple(orders)


def _carriers(
    size: TownSize, kitchens: Sequence[Kitchen], rng: np.random.Generator
) -> tuple[Carrier, ...]:
    """Vans and riders for every kitchen, volunteers on foot each at one."""
    fleet = [Mode.CAR] * size.vans + [Mode.EBIKE] * size.riders + [Mode.WALK] * size.walkers
    letters = {Mode.CAR: "VAN", Mode.EBIKE: "EB", Mode.WALK: "VOL"}
    carriers = []
    for number, mode in enumerate(fleet):
        low, high = _BOXES[mode]
        kitchen = kitchens[number % len(kitchens)]
        shift = {
            Mode.CAR: (36_000, 48_600),
            Mode.EBIKE: (37_200, 46_800),
            Mode.WALK: (38_400, 45_600 - 900 * int(rng.integers(0, 3))),
        }[mode]
        carriers.append(
            Carrier(
                id=f"{letters[mode]}{number + 1:02d}",
                mode=mode,
                boxes=int(rng.integers(low, high + 1)),
                shift=shift,
                kitchens=(kitchen.id,) if mode is Mode.WALK else (),
                start=None,
                max_trips={Mode.CAR: 3, Mode.EBIKE: 4, Mode.WALK: 3}[mode],
                wage={Mode.CAR: 4_500, Mode.EBIKE: 3_000, Mode.WALK: 0}[mode],
                per_km={Mode.CAR: 120, Mode.EBIKE: 20, Mode.WALK: 0}[mode],
            )
        )
    return tuple(carriers)
