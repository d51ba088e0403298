"""One day of a ledger: needs that are due become visits and meal orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from scenarios.catalogue import After, Service
from scenarios.frequency import Frequency
from scenarios.model import Text
from scenarios.places import PlaceRow
from scenarios.records import Ability, Asked, Link, MealOrder, Place, Tier, Visit
from scenarios.tables.rows import Row

__all__ = [
    "DINNER_WINDOW",
    "DayMaker",
    "Elder",
    "LedgerDay",
    "Meal",
    "Need",
    "Windows",
    "spread_windows",
]

Meal = Literal["lunch", "dinner"]
Windows = tuple[tuple[int, int], ...]

DINNER_WINDOW = (59_400, 66_600)
"""16:30 to 18:30: delivery of dinners where the scenario says no time."""

_SAME_MEALS = Text(zh="同一老人各行一致的餐数", en="the same meals in all rows of one elder")


@dataclass(frozen=True)
class LedgerDay:
    """What a ledger makes due on one day.

    Attributes:
        day: the day.
        visits: of that day, in the ledger's order. lunches, dinners: one order per elder.
        resting: needs of the ledger that are not due that day.
        on_demand: needs that are due only when somebody asks (按需).
    """

    day: date
    visits: tuple[Visit, ...]
    lunches: tuple[MealOrder, ...]
    dinners: tuple[MealOrder, ...]
    resting: int
    on_demand: int

    def orders(self, meal: Meal) -> tuple[MealOrder, ...]:
        """The orders of one meal."""
        return self.lunches if meal == "lunch" else self.dinners


@dataclass(frozen=True)
class Need:
    """One service that an elder needs: how often, how long, when, by how many people."""

    service: Service
    frequency: Frequency
    duration: int
    windows: Windows
    staff: int


@dataclass(frozen=True)
class Elder:
    """Who a row is about, free of personal data."""

    client: str
    place: Place | None
    building: PlaceRow | None
    community: str | None
    tier: Tier
    diet: str
    age: int | None = None
    ability: Ability | None = None
    asked: Asked = field(default_factory=Asked)
    floor: int | None = None
    lift: bool | None = None


class DayMaker:
    """Collects visits and orders of one day."""

    def __init__(self, day: date, windows: Mapping[Meal, tuple[int, int]]) -> None:
        self._day = day
        self._windows = windows
        self._by_id: dict[str, Visit] = {}
        self._orders: dict[Meal, dict[str, MealOrder]] = {"lunch": {}, "dinner": {}}
        self._counts: dict[tuple[str, str], int] = {}
        self._services: dict[str, Service] = {}
        self._resting = 0
        self._on_demand = 0

    def add(
        self,
        row: Row,
        elder: Elder,
        place: Place,
        needs: Sequence[Need],
        meals: Mapping[Meal, int],
    ) -> None:
        """Add what the row makes due."""
        ordered: dict[Meal, int] = dict(meals)
        for need in needs:
            times = need.frequency.due(self._day, f"{elder.client}|{need.service.id}")
            if not times:
                self._rest(need.frequency)
            elif need.service.meal:
                if not any(meals.values()):
                    ordered = {"lunch": 1, "dinner": int(times > 1)}
            else:
                self._add_visits(elder, place, need, times)
        for meal, portions in ordered.items():
            if portions:
                self._add_order(row, elder, place, meal, portions)

    def _rest(self, frequency: Frequency) -> None:
        if frequency.rhythm is frequency.rhythm.DEMAND:
            self._on_demand += 1
        else:
            self._resting += 1

    def _add_visits(self, elder: Elder, place: Place, need: Need, times: int) -> None:
        service = need.service
        for windows in spread_windows(need.windows, times):
            key = (elder.client, service.id)
            self._counts[key] = self._counts.get(key, 0) + 1
            visit = Visit(
                id=f"{elder.client}/{service.id}/{self._counts[key]}",
                client=elder.client,
                service=service.id,
                place=place,
                duration=need.duration,
                windows=windows,
                skills=service.skills,
                tier=elder.tier,
                staff=need.staff,
                community=elder.community,
                age=elder.age,
                ability=elder.ability,
                asked=elder.asked,
                floor=elder.floor,
                lift=elder.lift,
                equipment=service.equipment,
                remote=service.remote,
                price=service.price,
            )
            self._by_id[visit.id] = visit
            self._services[service.id] = service

    def _add_order(self, row: Row, elder: Elder, place: Place, meal: Meal, portions: int) -> None:
        building = elder.building
        order = MealOrder(
            id=f"{elder.client}/{meal}",
            client=elder.client,
            place=place,
            building=building.id if building and building.building else None,
            portions=portions,
            window=self._windows[meal],
            diet=elder.diet,
            community=elder.community,
        )
        known = self._orders[meal].setdefault(elder.client, order)
        if known.portions != portions:
            row.wrong("meals", _SAME_MEALS)

    def day_of_visits(self) -> LedgerDay:
        """The day, with visits tied where the catalogue says that one follows another."""
        return LedgerDay(
            self._day,
            tuple(self._tied(visit) for visit in self._by_id.values()),
            tuple(self._orders["lunch"].values()),
            tuple(self._orders["dinner"].values()),
            self._resting,
            self._on_demand,
        )

    def _tied(self, visit: Visit) -> Visit:
        """Tie the n-th visit to the client's n-th of the service that it follows.

        It stays free where the other is not due, or the wished times keep the two apart.
        """
        after = self._services[visit.service].after
        number = visit.id.rsplit("/", 1)[-1]
        other = f"{visit.client}/{after.service}/{number}" if after else ""
        first = self._by_id.get(other)
        if after is None or first is None or not _can_follow(visit, first, after):
            return visit
        return replace(visit, link=Link(other, after.min_gap, after.max_gap))


def spread_windows(windows: Windows, times: int) -> list[Windows]:
    """Windows of ``times`` visits on one day: one wish each, or equal parts of all the time."""
    if times == 1:
        return [windows]
    if len(windows) == times:
        return [(window,) for window in windows]
    first, last = windows[0][0], windows[-1][1]
    step = (last - first) / times
    return [
        ((round(first + n * step), round(first + (n + 1) * step) - (n + 1 < times)),)
        for n in range(times)
    ]


def _can_follow(visit: Visit, first: Visit, after: After) -> bool:
    """Whether some start of each lies the asked gap apart."""
    return any(
        opens - last <= after.max_gap and closes - start >= after.min_gap
        for opens, closes in visit.windows
        for start, last in first.windows
    )
