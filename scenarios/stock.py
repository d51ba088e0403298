"""Which kitchen cooks which order, where the kitchens' portions are too few for a free choice.

As long as every kitchen alone could cook everything that may come from it, rounds choose the
kitchen. Otherwise orders are given to kitchens before the rounds, so that no kitchen is asked for
more than it cooks: buildings with the most to lose come first, each to the nearest kitchen that
still has enough (greedy by regret; distances as the crow flies). When all kitchens together have
too few, the last orders of the table go without.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, radians

from base.faults import Fault
from scenarios.codes import STOCK_SHARED_OUT, STOCK_SHORT
from scenarios.records import Kitchen, MealOrder, Place

__all__ = ["Stock", "share_out"]

_METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True)
class Stock:
    """Orders with their kitchens, and those for which no portion is left."""

    orders: tuple[MealOrder, ...]
    without: tuple[MealOrder, ...]
    warnings: tuple[Fault, ...]


def share_out(orders: Sequence[MealOrder], kitchens: Sequence[Kitchen]) -> Stock:
    """Give orders to kitchens where the choice cannot be left to the rounds.

    Every order's ``kitchen`` must be one of the kitchens or None.
    """
    free = sum(order.portions for order in orders if order.kitchen is None)
    bound = {kitchen.id: 0 for kitchen in kitchens}
    for order in orders:
        if order.kitchen is not None:
            bound[order.kitchen] += order.portions
    if all(kitchen.portions >= bound[kitchen.id] + free for kitchen in kitchens):
        return Stock(tuple(orders), (), ())
    left = {kitchen.id: kitchen.portions for kitchen in kitchens}
    given: dict[str, str] = {}
    for order in orders:
        if order.kitchen is not None and order.portions <= left[order.kitchen]:
            left[order.kitchen] -= order.portions
            given[order.id] = order.kitchen
    _give_free(_first_come(orders, sum(left.values())), kitchens, left, given)
    kept = tuple(
        dataclasses.replace(order, kitchen=given[order.id]) for order in orders if order.id in given
    )
    without = tuple(order for order in orders if order.id not in given)
    return Stock(kept, without, _warnings(orders, kitchens, kept, without, free > 0))


def _first_come(orders: Sequence[MealOrder], stock: int) -> list[MealOrder]:
    """The free orders that the stock allows, in the order of the table."""
    kept = []
    for order in orders:
        if order.kitchen is None and order.portions <= stock:
            stock -= order.portions
            kept.append(order)
    return kept


def _give_free(
    orders: Sequence[MealOrder],
    kitchens: Sequence[Kitchen],
    left: dict[str, int],
    given: dict[str, str],
) -> None:
    """Give free orders to kitchens, a building's orders together while stock allows."""
    groups: dict[tuple[str, tuple[int, int]], list[MealOrder]] = {}
    for order in orders:
        groups.setdefault((order.building or f"order {order.id}", order.window), []).append(order)
    ranked = []
    for at, members in enumerate(groups.values()):
        ways = sorted(
            (_metres(kitchen.place, members[0].place), kitchen.id) for kitchen in kitchens
        )
        regret = ways[1][0] - ways[0][0] if len(ways) > 1 else 0.0
        ranked.append((-regret, at, members, [name for _, name in ways]))
    for _, _, members, nearest in sorted(ranked, key=lambda row: row[:2]):
        total = sum(order.portions for order in members)
        whole = next((name for name in nearest if left[name] >= total), None)
        for order in members:
            name = whole or next((name for name in nearest if left[name] >= order.portions), None)
            if name is not None:
                left[name] -= order.portions
                given[order.id] = name


def _metres(a: Place, b: Place) -> float:
    east = (a.lon - b.lon) * cos(radians((a.lat + b.lat) / 2))
    return hypot(east, a.lat - b.lat) * _METRES_PER_DEGREE


def _warnings(
    orders: Sequence[MealOrder],
    kitchens: Sequence[Kitchen],
    kept: Sequence[MealOrder],
    without: Sequence[MealOrder],
    shared: bool,
) -> tuple[Fault, ...]:
    told = []
    if without:
        told.append(
            STOCK_SHORT(
                "meals.orders",
                ordered=sum(order.portions for order in orders),
                stock=sum(kitchen.portions for kitchen in kitchens),
                orders=len(without),
            )
        )
    if shared and len(kitchens) > 1:
        shares = {kitchen.id: 0 for kitchen in kitchens}
        for order in kept:
            assert order.kitchen is not None
            shares[order.kitchen] += order.portions
        text = ", ".join(f"{name}: {portions}" for name, portions in shares.items())
        told.append(STOCK_SHARED_OUT("meals.kitchens", shares=text))
    return tuple(told)
