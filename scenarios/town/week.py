"""A town's week of home care: clients with a rhythm, and carers with days off, all invented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scenarios.catalogue import Catalogue, Service
from scenarios.cells import write_duration, write_windows
from scenarios.contacts import Contact
from scenarios.records import Carer, Place
from scenarios.town.clients import Client
from scenarios.town.mix import DOUBLES, SINGLES, Wish
from scenarios.town.staff import draw_carers
from scenarios.town.walk import hours_of
from scenarios.words import TIERS

__all__ = ["WEEK_SIZES", "TownWeek", "WeeklyWish", "draw_week", "write_week_ledger"]

WEEK_SIZES: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {"S": (100, 450, 12), "M": (400, 1_800, 45), "L": (1_200, 5_400, 135)}
)
"""Clients, visits and carers of the week by size of the town."""

_TIMES: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "feeding": (7, 7, 5),
        "medication": (7, 5, 5),
        "daily_check": (5, 5, 3),
        "grooming": (5, 3, 3),
        "turning": (7, 5),
        "vital_signs": (3, 2, 2, 1),
        "wound_care": (3, 2),
        "nursing": (2, 1),
        "catheter_care": (2, 1),
        "therapy": (2, 1),
        "rehab": (3, 2),
        "cooking": (5, 3),
        "personal_care": (3, 2),
        "dementia_care": (3, 2),
        "cleaning": (2, 1, 1),
        "bathing": (2, 1),
        "bathing_disabled": (1,),
        "company": (2, 1),
    }
)
"""Visits a week that clients have of a service; whatever is not listed comes once a week."""
_LEFT_OUT = frozenset({"hospital_escort", "respite", "home_repair", "stairs"})
_DOUBLE_SHARE, _CHAIN_SHARE = 0.15, 0.8
_FEWEST_ABLE = 0.2
"""Services that fewer of the carers can give are not asked for every week."""
_MOST_SERVICES = 3
_HALF_HOUR = 1_800
_HALF_DAYS = ((28_800, 41_400), (46_800, 59_400))
_AT_ITS_HOUR = frozenset({"feeding", "medication", "cooking"})
_HALF_DAY_SHARE = 0.6
_DAYTIME_SHARE, _LATE = 0.9, 55_800
"""Few clients have their rhythm in the evening, after 15:30, where others could be chosen."""
_SEVEN_DAYS = 7
_OFF = ((5, 6), (5, 6), (5, 6), (0, 1), (2, 3), (6, 0), (4, 5), (3, 4))
"""Pairs of days off, dealt out in turn, so that three in eight carers have the weekend."""


@dataclass(frozen=True)
class WeeklyWish:
    """A service that a client gets so many times a week, within one window of the day."""

    service: Service
    times: int
    window: tuple[int, int]
    duration: int


@dataclass(frozen=True)
class TownWeek:
    """The week: clients with their wishes, carers, and the weekdays on which each is off."""

    clients: tuple[Client, ...]
    wishes: tuple[tuple[WeeklyWish, ...], ...]
    carers: tuple[Carer, ...]
    rest_days: Mapping[str, tuple[int, ...]]

    @property
    def visits(self) -> int:
        """Visits that the week asks for."""
        return sum(wish.times for mine in self.wishes for wish in mine)


def draw_week(
    clients: Sequence[Client],
    bases: tuple[Place, ...],
    demand: NDArray[np.float64],
    catalogue: Catalogue,
    *,
    visits: int,
    carers: int,
    rng: np.random.Generator,
) -> TownWeek:
    """Wishes of these clients, ``visits`` a week in all, and ``carers`` to meet them.

    Args:
        clients: all of them have at least one wish.
        bases: where carers start.
        demand: how many each base needs relative to the others.
        catalogue: services.
        visits: a week, met within a few.
        carers: how many.
        rng: source of chance.
    """
    staff = _staff(carers, bases, demand, catalogue, rng)
    able = {
        skill: sum(skill in carer.skills for carer in staff) / len(staff)
        for skill in catalogue.skills
    }
    wishes: list[list[WeeklyWish]] = [[] for _ in clients]
    total = 0
    order = rng.permutation(len(clients)).tolist()
    for row, number in enumerate(order):
        left = len(order) - row - 1
        fair = (visits - total) / (left + 1)
        while True:
            wish = _wish(clients[number], wishes[number], catalogue, able, rng)
            if wish is not None:
                added = [*_before(wish, wishes[number], catalogue, rng), wish]
                wishes[number] += added
                total += sum(each.times for each in added)
            mine = sum(each.times for each in wishes[number])
            if wishes[number] and (
                mine >= rng.uniform(0.4, 1.6) * fair or len(wishes[number]) >= _MOST_SERVICES
            ):
                break
    _trim(wishes, total - visits, order)
    rest = {carer.id: _OFF[at % len(_OFF)] for at, carer in enumerate(staff)}
    return TownWeek(tuple(clients), tuple(map(tuple, wishes)), staff, rest)


def _trim(wishes: list[list[WeeklyWish]], surplus: int, order: Sequence[int]) -> None:
    """Take the last wishes away, or make them rarer, until the surplus of visits is gone."""
    for number in order:
        mine = wishes[number]
        if surplus > 0 and len(mine) > 1 and mine[-1].times <= surplus:
            surplus -= mine.pop().times
    for number in order:
        last = wishes[number][-1]
        fewer = min(surplus, last.times - 1)
        if fewer > 0:
            wishes[number][-1] = replace(last, times=last.times - fewer)
            surplus -= fewer


def _staff(
    n: int,
    bases: tuple[Place, ...],
    demand: NDArray[np.float64],
    catalogue: Catalogue,
    rng: np.random.Generator,
) -> tuple[Carer, ...]:
    drawn = draw_carers(n, bases, demand, catalogue, rng)
    return tuple(replace(carer, id=f"W{at + 1:03d}") for at, carer in enumerate(drawn))


def _wish(
    client: Client,
    known: Sequence[WeeklyWish],
    catalogue: Catalogue,
    able: Mapping[str, float],
    rng: np.random.Generator,
) -> WeeklyWish | None:
    """One more wish of a client; None where the draw does not suit."""
    pool = DOUBLES if rng.random() < _DOUBLE_SHARE else SINGLES
    names = [
        name
        for name, wish in pool.items()
        if name not in _LEFT_OUT
        and wish.suits(client)
        and all(each.service.id != name for each in known)
        and all(able[skill] >= _FEWEST_ABLE for skill in catalogue.services[name].skills)
    ]
    if not names:
        return None
    weight = np.array([pool[name].weight for name in names])
    name = names[int(rng.choice(len(names), p=weight / weight.sum()))]
    service = catalogue.services[name]
    often = _TIMES.get(name, (1,))
    times = int(often[int(rng.integers(len(often)))])
    return WeeklyWish(service, times, _window(service, pool[name], rng), service.duration)


def _before(
    wish: WeeklyWish,
    known: Sequence[WeeklyWish],
    catalogue: Catalogue,
    rng: np.random.Generator,
) -> Iterator[WeeklyWish]:
    """The service that the wished one follows, on the same days an hour before at most."""
    after = wish.service.after
    if after is None or rng.random() >= _CHAIN_SHARE:
        return
    first = catalogue.services[after.service]
    if any(each.service.id == first.id for each in known):
        return
    opens, closes = wish.window
    window = _rounded(opens - after.max_gap, closes - after.min_gap)
    yield WeeklyWish(first, wish.times, window, first.duration)


def _window(service: Service, wish: Wish, rng: np.random.Generator) -> tuple[int, int]:
    """Half a day, or a time around an hour that suits the service; whole half-hours."""
    if service.id not in _AT_ITS_HOUR and rng.random() < _HALF_DAY_SHARE:
        return _HALF_DAYS[int(rng.integers(len(_HALF_DAYS)))]
    hours = hours_of(service, wish)
    if rng.random() < _DAYTIME_SHARE:
        hours = tuple(each for each in hours if each[0] <= _LATE) or hours
    low, high = hours[int(rng.integers(len(hours)))]
    if wish.slack is None:
        return _rounded(low, high)
    if high - low <= 4 * _HALF_HOUR:
        return _rounded(low - _HALF_HOUR, high + _HALF_HOUR)
    around = rng.uniform(low, high)
    slack = 60 * rng.uniform(2.5, 5.0) * wish.slack[1]
    return _rounded(max(low, around - slack), min(high, around + slack))


def _rounded(low: float, high: float) -> tuple[int, int]:
    opens = int(low // _HALF_HOUR) * _HALF_HOUR
    return opens, max(opens + 2 * _HALF_HOUR, int(-(-high // _HALF_HOUR)) * _HALF_HOUR)


def write_week_ledger(
    week: TownWeek, homes: pd.DataFrame, contacts: Mapping[str, Contact]
) -> pd.DataFrame:
    """One row per client, with the headings that offices use and the rhythm in 频次.

    Args:
        week: the week.
        homes: every building's ``compound``, ``building``, ``community``, ``subdistrict``.
        contacts: names, phones and doors by id.
    """
    rows = []
    for number, (client, wishes) in enumerate(zip(week.clients, week.wishes, strict=True), 1):
        home, contact = homes.iloc[client.building], contacts[client.id]
        rows.append(
            {
                "序号": number,
                "老人编号": client.id,
                "街道": home["subdistrict"],
                "社区": home["community"],
                "小区": home["compound"],
                "楼栋": home["building"],
                "姓名": contact.name,
                "性别": client.sex,
                "年龄": client.age,
                "联系电话": contact.phone,
                "住址": contact.address,
                "保障类别": TIERS[client.tier].zh,
                "服务项目": "；".join(wish.service.name.zh for wish in wishes),
                "频次": "；".join(_frequency(wish.times) for wish in wishes),
                "时长": "；".join(str(write_duration(wish.duration)) for wish in wishes),
                "期望时段": "；".join(write_windows((wish.window,)) for wish in wishes),
            }
        )
    return pd.DataFrame(rows, dtype=object)


def _frequency(times: int) -> str:
    return "每日" if times == _SEVEN_DAYS else f"每周{times}次"
