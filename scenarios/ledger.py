"""The elders' ledger (台账): who needs what, turned into one day's visits and meal orders.

A row is an elder with all services in one cell, or one service of an elder. With several
services in a cell, frequency, duration, wish and 双人 hold one entry for all of them or, set
apart by semicolons, one for each in the same order; a service may carry its own in brackets:
``助洁（每周2次，60分钟）；助浴（每周1次）``. Days are spread as :mod:`scenarios.frequency` states.

Meals are orders, never visits: the service 助餐 (lunch; lunch and dinner where it is due twice
a day), or a mark, a count or 午/晚 in the meal columns, which are every day's. Names, phones,
addresses and identity numbers never leave this module but for the intake's contacts; identity
numbers do not even go there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar

from scenarios.catalogue import Service
from scenarios.cells import fold, read_duration, read_int, read_yes
from scenarios.codes import LISTS_DIFFER, UNKNOWN_SERVICE
from scenarios.frequency import Frequency, read_frequency
from scenarios.ledger_day import DINNER_WINDOW, DayMaker, Elder, LedgerDay, Meal, Need
from scenarios.model import TableInput, Text
from scenarios.records import Place, Tier
from scenarios.tables.asked import glance, read_ability, read_asked
from scenarios.tables.day_columns import LEDGER_COLUMNS
from scenarios.tables.intake import Intake
from scenarios.tables.kinds import KINDS
from scenarios.tables.meals import MEAL_WINDOW
from scenarios.tables.people import Owners
from scenarios.tables.rows import OfficeSheet, Row
from scenarios.tables.visits import WORKING_DAY
from scenarios.wishes import read_wish

__all__ = ["DINNER_WINDOW", "LedgerDay", "Meal", "read_ledger", "read_needs"]

_T = TypeVar("_T")

_DOUBLE_STAFF = 2
_OUTSIDE_BRACKETS = r"(?![^(]*\))"
_SERVICE_SPLIT = re.compile(rf"[;,、/+|\n]+{_OUTSIDE_BRACKETS}")
_LIST_SPLIT = re.compile(r"[;\n]+")
_BRACKETS = re.compile(r"(?P<name>[^(]+)\((?P<details>[^)]*)\)")
_FREQUENCY_RULE = Text(
    zh="频次，如 每日、每周3次、隔日、每月2次、周一至周五、按需",
    en="a frequency, such as daily, 3 a week, every other day, 2 a month, weekdays, on demand",
)
_WISH_RULE = Text(
    zh="时段，如 上午、8:00-10:00、下午2点至4点", en="a time, such as morning or 8:00-10:00"
)
_MEALS_RULE = Text(zh="午、晚，是/否或份数", en="lunch, dinner, yes/no or a number of portions")
_LUNCH_WORDS = ("午", "中", "lunch")
_DINNER_WORDS = ("晚", "dinner", "supper")


def read_ledger(
    table: TableInput,
    folder: Path,
    day: date,
    intake: Intake,
    *,
    windows: Mapping[Meal, tuple[int, int]] | None = None,
) -> LedgerDay:
    """Read a ledger and make one day of it.

    Args:
        table: what the scenario says of the file.
        folder: that its path counts from.
        day: the day to make.
        intake: catalogue, places and pseudonyms in. Contacts and the rows that a person must
            place come out; such rows make nothing.
        windows: delivery windows of the meals, seconds of the day.

    Raises:
        FaultError: everything wrong with the ledger at once.
    """
    sheet = OfficeSheet(table, folder, LEDGER_COLUMNS, intake)
    times: dict[Meal, tuple[int, int]] = {"lunch": MEAL_WINDOW, "dinner": DINNER_WINDOW}
    maker = DayMaker(day, {**times, **(windows or {})})
    for row, elder, place, needs, meals in _placed(sheet):
        maker.add(row, elder, place, needs, meals)
    sheet.faults.raise_if_any()
    return maker.day_of_visits()


def read_needs(table: TableInput, folder: Path, intake: Intake) -> tuple[tuple[Elder, Need], ...]:
    """The needs of a ledger with their frequencies, meals apart, in the ledger's order.

    Arguments and errors as for :func:`read_ledger`; elders without a place are set aside.
    """
    sheet = OfficeSheet(table, folder, LEDGER_COLUMNS, intake)
    found = [
        (elder, need)
        for _, elder, _, needs, _ in _placed(sheet)
        for need in needs
        if not need.service.meal
    ]
    sheet.faults.raise_if_any()
    return tuple(found)


def _placed(
    sheet: OfficeSheet,
) -> Iterator[tuple[Row, Elder, Place, list[Need], dict[Meal, int]]]:
    """Sound rows that ask for anything, with a place; the others are set aside."""
    owners = Owners("client", "E")
    for row in sheet.rows:
        elder = _elder(row, owners)
        needs, meals = _needs(row), _meals(row)
        if elder is None or not row.sound:
            continue
        if not needs and not any(meals.values()):
            continue
        if elder.place is None:
            row.set_aside(elder.client, row.text("compound"), row.text("building"))
            continue
        yield row, elder, elder.place, needs, meals


def _elder(row: Row, owners: Owners) -> Elder | None:
    client = owners.of(row)
    tier = row.get("tier", Tier.GENERAL)
    point, building = row.point("lon", "lat"), row.joined()
    place = point or (building.place if building else None)
    community = row.text("community") or (building.community if building else None)
    if client is None:
        return None
    return Elder(
        client,
        place,
        building,
        community or None,
        tier,
        row.text("diet"),
        age=glance(row, "age"),
        ability=read_ability(row),
        asked=read_asked(row),
        floor=row.get("floor"),
        lift=row.get("lift"),
    )


def _needs(row: Row) -> list[Need]:
    """The services of the row, each with its own frequency, duration, wish and staff."""
    listed = _services(row)
    count = len(listed)
    frequencies = _per_service(row, "frequency", count, read_frequency, _FREQUENCY_RULE)
    durations = _per_service(row, "duration", count, read_duration, KINDS["duration"].rule)
    wishes = _per_service(row, "wish", count, read_wish, _WISH_RULE)
    doubles = _per_service(row, "double", count, read_yes, KINDS["yes"].rule)
    needs = []
    for (service, details), frequency, duration, wish, double in zip(
        listed, frequencies, durations, wishes, doubles, strict=True
    ):
        own_frequency, own_duration = _details(row, details)
        rhythm = own_frequency or frequency
        if rhythm is None:
            if row.sound:
                row.empty("frequency")
            continue
        needs.append(
            Need(
                service,
                rhythm,
                own_duration or duration or service.duration,
                wish or service.usual or WORKING_DAY,
                max(service.staff, _DOUBLE_STAFF if double else 1),
            )
        )
    return needs


def _services(row: Row) -> list[tuple[Service, str]]:
    """The row's services, each with what stands in brackets after it."""
    catalogue = row.sheet.intake.catalogue
    listed = []
    text = fold((row.raw("service") or "").replace("\n", ";"))
    for part in filter(None, map(str.strip, _SERVICE_SPLIT.split(text))):
        service, details = catalogue.service(part), ""
        bracketed = _BRACKETS.fullmatch(part)
        if service is None and bracketed:
            service, details = catalogue.service(bracketed["name"]), bracketed["details"]
        if service is None:
            row.fault(UNKNOWN_SERVICE(row.sheet.name, row=row.number, column=row.column("service")))
        else:
            listed.append((service, details))
    return listed


def _details(row: Row, details: str) -> tuple[Frequency | None, int | None]:
    """Frequency and duration in the brackets after a service."""
    frequency = duration = None
    for part in filter(None, map(str.strip, re.split(r"[;,、]+", details))):
        rhythm, seconds = read_frequency(part), read_duration(part)
        if rhythm is not None:
            frequency = rhythm
        elif seconds is not None:
            duration = seconds
        else:
            row.wrong("service", _FREQUENCY_RULE)
    return frequency, duration


def _per_service(
    row: Row, key: str, count: int, read: Callable[[str], _T | None], rule: Text
) -> list[_T | None]:
    """One value for each of ``count`` services: a list of as many, or one for all."""
    raw = row.raw(key)
    if raw is None or not count:
        return [None] * count
    parts = [part.strip() for part in _LIST_SPLIT.split(_fold_lines(raw)) if part.strip()]
    if count > 1 and len(parts) == count:
        values = [read(part) for part in parts]
    else:
        values = [read(_fold_lines(raw))] * count
        if values[0] is None and len(parts) > 1:
            row.fault(
                LISTS_DIFFER(
                    row.sheet.name,
                    row=row.number,
                    column=row.column(key),
                    got=len(parts),
                    expected=count,
                )
            )
            return values
    if None in values:
        row.wrong(key, rule)
    return values


def _fold_lines(text: str) -> str:
    """The text folded, a line end standing for a semicolon."""
    return fold(text.replace("\n", ";"))


def _meals(row: Row) -> dict[Meal, int]:
    """Portions of lunch and dinner that the meal columns ask for, every day."""
    meals: dict[Meal, int] = {"lunch": 0, "dinner": 0}
    for meal in meals:
        meals[meal] = _portions(row, meal)
    text = row.text("meals").casefold()
    if not text or read_yes(text) is False:
        return meals
    for part in filter(None, re.split(r"[;,、/+和\s]+", text)):
        named = _meal_of(part)
        if named is None:
            row.wrong("meals", _MEALS_RULE)
        else:
            meals[named] = max(meals[named], 1)
    return meals


def _meal_of(word: str) -> Meal | None:
    """The meal that a word names; a mere yes is lunch."""
    if word.startswith(_LUNCH_WORDS) or read_yes(word):
        return "lunch"
    return "dinner" if word.startswith(_DINNER_WORDS) else None


def _portions(row: Row, key: Meal) -> int:
    text = row.text(key)
    if not text:
        return 0
    yes, count = read_yes(text), read_int(text.removesuffix("份"))
    portions = count if count is not None else int(yes) if yes is not None else -1
    if portions < 0 or portions > 99:
        row.wrong(key, _MEALS_RULE)
        return 0
    return portions
