"""Orders, kitchens and carriers: the tables of a meal round."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from base.faults import Lang
from scenarios.cells import write_money, write_time, write_windows
from scenarios.codes import UNPLACED_ROW
from scenarios.model import TableInput, Text
from scenarios.places import PlaceRow
from scenarios.records import Carrier, Kitchen, MealOrder, Mode, Place
from scenarios.tables.carers import read_shift
from scenarios.tables.columns import CARRIER_COLUMNS, KITCHEN_COLUMNS, ORDER_COLUMNS
from scenarios.tables.intake import Intake
from scenarios.tables.kinds import MODE_NAMES
from scenarios.tables.people import Owners
from scenarios.tables.rows import OfficeSheet, Row, write_table

__all__ = [
    "MEAL_WINDOW",
    "read_carriers",
    "read_kitchens",
    "read_orders",
    "write_carriers",
    "write_kitchens",
    "write_orders",
]

MEAL_WINDOW = (38_700, 45_000)
"""10:45 to 12:30: delivery where neither the order nor the scenario says a time."""

_ONE_WINDOW = Text(zh="一个时段，如 10:45-12:30", en="one window, such as 10:45-12:30")
_AT_LEAST_ONE = Text(zh="至少为 1 的整数", en="a whole number from 1")


def read_orders(
    table: TableInput,
    folder: Path,
    intake: Intake | None = None,
    *,
    window: tuple[int, int] = MEAL_WINDOW,
) -> list[MealOrder]:
    """Read the orders of a meal.

    Orders joined to the place table get the building's id; with coordinates of their own they
    take the ``building_id`` cell, and stand alone without one.

    Args:
        table: what the scenario says of the file.
        folder: that its path counts from.
        intake: places and pseudonyms in; rows without a place and contacts out.
        window: of orders that have none of their own, seconds of the day.

    Raises:
        FaultError: everything wrong with the table at once. Without an intake, also rows that
            cannot be placed.
    """
    sheet = OfficeSheet(table, folder, ORDER_COLUMNS, intake)
    owners, seen = Owners("client", "E"), dict[str, int]()
    orders = []
    for row in sheet.rows:
        id = row.text("id") or f"M{row.number:04d}"
        order = _order(row, id, owners, window)
        if sheet.unique(seen, id, row) and order is not None:
            orders.append(order)
    sheet.faults.raise_if_any()
    return orders


def _order(row: Row, id: str, owners: Owners, window: tuple[int, int]) -> MealOrder | None:
    client = owners.of(row)
    place, joined = row.point("lon", "lat"), None
    if place is None and row.sound:
        joined = row.joined()
        place = joined.place if joined else None
    windows = row.get("window", (window,))
    if len(windows) != 1:
        row.wrong("window", _ONE_WINDOW)
    portions = _at_least_one(row, "portions", 1)
    if not row.sound or client is None:
        return None
    if place is None:
        row.set_aside(id, row.text("compound"), row.text("building"))
        return None
    community = row.text("community") or (joined.community if joined else None)
    return MealOrder(
        id=id,
        client=client,
        place=place,
        building=row.text("building_id") or _building(joined),
        portions=portions,
        window=windows[0],
        diet=row.text("diet"),
        kitchen=row.text("kitchen") or None,
        community=community or None,
    )


def _building(joined: PlaceRow | None) -> str | None:
    """A whole compound is no building: its orders stand alone."""
    return joined.id if joined and joined.building else None


def _at_least_one(row: Row, key: str, default: int) -> int:
    count: int = row.get(key, default)
    if count < 1:
        row.wrong(key, _AT_LEAST_ONE)
    return count


def write_orders(path: Path, orders: Sequence[MealOrder], lang: Lang = "zh") -> None:
    """Write orders so that :func:`read_orders` gives them back; ``.csv`` or ``.xlsx``."""
    rows: list[dict[str, Any]] = [
        {
            "id": order.id,
            "client": order.client,
            "lon": order.place.lon,
            "lat": order.place.lat,
            "community": order.community,
            "building_id": order.building,
            "portions": order.portions,
            "window": write_windows((order.window,)),
            "diet": order.diet or None,
            "kitchen": order.kitchen,
        }
        for order in orders
    ]
    write_table(path, Text(zh="订餐", en="orders"), ORDER_COLUMNS, rows, lang)


def read_kitchens(table: TableInput, folder: Path, intake: Intake | None = None) -> list[Kitchen]:
    """Read the kitchens; one that cannot be placed is a fault.

    Raises:
        FaultError: everything wrong with the table at once.
    """
    sheet = OfficeSheet(table, folder, KITCHEN_COLUMNS, intake)
    seen: dict[str, int] = {}
    kitchens = []
    for row in sheet.rows:
        id = row.need("id", "")
        place = _kitchen_place(row)
        portions, ready = row.need("portions", 0), row.need("ready", 0)
        if row.sound and place is not None and sheet.unique(seen, id, row):
            kitchens.append(Kitchen(id, place, portions, ready))
    sheet.faults.raise_if_any()
    return kitchens


def _kitchen_place(row: Row) -> Place | None:
    point = row.point("lon", "lat")
    if point is None and row.sound:
        joined = row.joined()
        if joined is not None:
            return joined.place
        row.fault(UNPLACED_ROW(row.sheet.name, row=row.number))
    return point


def write_kitchens(path: Path, kitchens: Sequence[Kitchen], lang: Lang = "zh") -> None:
    """Write kitchens so that :func:`read_kitchens` gives them back."""
    rows: list[dict[str, Any]] = [
        {
            "id": kitchen.id,
            "lon": kitchen.place.lon,
            "lat": kitchen.place.lat,
            "portions": kitchen.portions,
            "ready": write_time(kitchen.ready),
        }
        for kitchen in kitchens
    ]
    write_table(path, Text(zh="厨房", en="kitchens"), KITCHEN_COLUMNS, rows, lang)


def read_carriers(table: TableInput, folder: Path, intake: Intake | None = None) -> list[Carrier]:
    """Read the carriers.

    Raises:
        FaultError: everything wrong with the table at once.
    """
    sheet = OfficeSheet(table, folder, CARRIER_COLUMNS, intake)
    owners, seen = Owners("id", "R", staff=True), dict[str, int]()
    carriers = []
    for row in sheet.rows:
        id = owners.of(row)
        carrier = None if id is None else _carrier(row, id)
        if carrier is not None and sheet.unique(seen, carrier.id, row):
            carriers.append(carrier)
    sheet.faults.raise_if_any()
    return carriers


def _carrier(row: Row, id: str) -> Carrier | None:
    carrier = Carrier(
        id=id,
        mode=row.get("mode", Mode.EBIKE),
        boxes=row.need("boxes", 1),
        shift=read_shift(row),
        kitchens=tuple(row.get("kitchens", ())),
        start=row.point("start_lon", "start_lat"),
        max_trips=_at_least_one(row, "max_trips", Carrier.max_trips),
        wage=row.get("wage", Carrier.wage),
        per_km=row.get("per_km", Carrier.per_km),
    )
    if carrier.boxes < 1:
        row.wrong("boxes", _AT_LEAST_ONE)
    return carrier if row.sound else None


def write_carriers(path: Path, carriers: Sequence[Carrier], lang: Lang = "zh") -> None:
    """Write carriers so that :func:`read_carriers` gives them back."""
    rows: list[dict[str, Any]] = [
        {
            "id": carrier.id,
            "mode": getattr(MODE_NAMES[carrier.mode], lang),
            "boxes": carrier.boxes,
            "shift_open": write_time(carrier.shift[0]),
            "shift_close": write_time(carrier.shift[1]),
            "kitchens": "; ".join(carrier.kitchens) or None,
            "start_lon": carrier.start.lon if carrier.start else None,
            "start_lat": carrier.start.lat if carrier.start else None,
            "max_trips": carrier.max_trips,
            "wage": write_money(carrier.wage),
            "per_km": write_money(carrier.per_km),
        }
        for carrier in carriers
    ]
    write_table(path, Text(zh="运力", en="carriers"), CARRIER_COLUMNS, rows, lang)
