"""Meal orders become stops: one building, one stop, several doors.

Orders of one building, kitchen and window are delivered in one stop. A stop costs its fixed time
and a time per door; what the bag holds is counted in boxes. A stop that no carrier could take at
once, or that would outlast its window or the freshness limit, is split door by door.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.model import MealsInput
from scenarios.records import MealOrder, Place

__all__ = ["MealStop", "consolidate"]


@dataclass(frozen=True)
class MealStop:
    """One stop of a meal round.

    Attributes:
        id: the building (or the order that stands alone), ``#2`` and so on after a split.
        place: the first order's place.
        orders: its orders, one door each.
        window: earliest and latest start of the stop, seconds of the day.
        duration: seconds.
        boxes: boxes that its portions fill.
        kitchen: where they must come from, None for any.
    """

    id: str
    place: Place
    orders: tuple[MealOrder, ...]
    window: tuple[int, int]
    duration: int
    boxes: int
    kitchen: str | None

    @property
    def portions(self) -> int:
        """Portions of all doors."""
        return sum(order.portions for order in self.orders)


def consolidate(
    orders: Sequence[MealOrder], wanted: MealsInput, largest: int
) -> tuple[MealStop, ...]:
    """Stops from orders, in the order of their first order.

    Args:
        orders: the orders, their ``kitchen`` already set where it matters.
        wanted: times per stop and door, portions per box, freshness.
        largest: boxes of the largest carrier.
    """
    groups: dict[tuple[str, str | None, tuple[int, int]], list[MealOrder]] = {}
    for order in orders:
        building = f"b:{order.building}" if order.building else f"o:{order.id}"
        groups.setdefault((building, order.kitchen, order.window), []).append(order)
    stops: list[MealStop] = []
    used: dict[str, int] = {}
    for members in groups.values():
        name = members[0].building or members[0].id
        for part in _split(members, wanted, largest):
            used[name] = used.get(name, 0) + 1
            stop_id = name if used[name] == 1 else f"{name}#{used[name]}"
            stops.append(_stop(stop_id, part, wanted))
    return tuple(stops)


def _split(
    orders: Sequence[MealOrder], wanted: MealsInput, largest: int
) -> list[tuple[MealOrder, ...]]:
    """Parts that one carrier can take at once, in the given order; a single door stays whole."""
    parts: list[tuple[MealOrder, ...]] = []
    part: list[MealOrder] = []
    most = _longest(orders[0], wanted)
    for order in orders:
        grown = [*part, order]
        if part and (_boxes(grown, wanted) > largest or _duration(len(grown), wanted) > most):
            parts.append(tuple(part))
            grown = [order]
        part = grown
    parts.append(tuple(part))
    return parts


def _longest(order: MealOrder, wanted: MealsInput) -> float:
    """Longest stop: its last door within the window; half the freshness is kept for the way."""
    low, high = order.window
    return min(high - low + wanted.door_seconds, wanted.fresh_minutes * 60 / 2)


def _stop(stop_id: str, orders: tuple[MealOrder, ...], wanted: MealsInput) -> MealStop:
    low, high = orders[0].window
    before_last_door = wanted.stop_seconds + (len(orders) - 1) * wanted.door_seconds
    return MealStop(
        stop_id,
        orders[0].place,
        orders,
        # The last door must be served within the window, so the stop starts that much earlier.
        (low, max(low, high - before_last_door)),
        _duration(len(orders), wanted),
        _boxes(orders, wanted),
        orders[0].kitchen,
    )


def _duration(doors: int, wanted: MealsInput) -> int:
    return wanted.stop_seconds + doors * wanted.door_seconds


def _boxes(orders: Sequence[MealOrder], wanted: MealsInput) -> int:
    return -(-sum(order.portions for order in orders) // wanted.box_portions)
