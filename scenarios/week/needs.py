"""What a ledger asks for in one week: how often, and on which days.

A number of visits a week (``每周3次``) leaves the days open: working days for up to five, Saturday
too for six; up to three are not on consecutive days. Several a day become one need each, on the
same days, one after the other. Whatever is tied to the calendar (every other day, twice a month,
on Mondays) keeps the days that :mod:`scenarios.frequency` gives, but what is due once a month or
less may move within its week.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from scenarios.absences import Absence
from scenarios.catalogue import Service
from scenarios.frequency import Frequency, Rhythm
from scenarios.ledger_day import Elder, Need, Windows, spread_windows
from scenarios.records import Asked, Place, Tier

__all__ = ["DAYS", "WeekNeed", "days_of_week", "needs_of_week"]

DAYS = 7
_WORKING = frozenset(range(5))
_SATURDAY_TOO = frozenset(range(6))
_EVERY_DAY = frozenset(range(DAYS))
_APART = 3
"""Up to so many visits a week are not on consecutive days."""


@dataclass(frozen=True)
class WeekNeed:
    """A service that a client gets ``times`` in the week, on ``days``, ``gap`` days apart.

    Attributes:
        id: client, service and a number, as in a day of visits.
        follows: id of the need whose visits this one's follow on the same day, None for none.
        gaps: least and most seconds between the starts, where it follows.
        away: visits that fall away because the client is away.
        Others as in :class:`scenarios.records.Visit`.
    """

    id: str
    client: str
    service: str
    place: Place
    duration: int
    windows: Windows
    times: int
    days: frozenset[int]
    gap: int = 1
    skills: frozenset[str] = frozenset()
    tier: Tier = Tier.GENERAL
    staff: int = 1
    price: int = 0
    community: str | None = None
    asked: Asked = field(default_factory=Asked)
    follows: str | None = None
    gaps: tuple[int, int] = (0, 0)
    away: int = 0


def days_of_week(monday: date) -> tuple[date, ...]:
    """The seven days of a date's week, Monday first."""
    first = monday - timedelta(days=monday.weekday())
    return tuple(first + timedelta(days=n) for n in range(DAYS))


def needs_of_week(
    listed: Sequence[tuple[Elder, Need]],
    monday: date,
    absences: Sequence[Absence] = (),
    floor_seconds: int = 0,
) -> tuple[WeekNeed, ...]:
    """The week's needs in the ledger's order."""
    week = days_of_week(monday)
    counts: Counter[tuple[str, str]] = Counter()
    needs: dict[str, WeekNeed] = {}
    for elder, need in listed:
        assert elder.place is not None, "the ledger sets elders without a place aside"
        away = frozenset(
            n
            for n, day in enumerate(week)
            if any(not a.staff and a.person == elder.client and a.covers(day) for a in absences)
        )
        stairs = 0 if elder.lift or elder.floor is None else max(0, elder.floor - 1)
        service = need.service
        for times, days, gap, windows in _rhythm(need, elder, week):
            counts[elder.client, service.id] += 1
            name = f"{elder.client}/{service.id}/{counts[elder.client, service.id]}"
            left = days - away
            needs[name] = WeekNeed(
                id=name,
                client=elder.client,
                service=service.id,
                place=elder.place,
                duration=need.duration + floor_seconds * stairs,
                windows=windows,
                times=min(times, len(left)),
                days=left,
                gap=gap,
                skills=service.skills,
                tier=elder.tier,
                staff=need.staff,
                price=service.price,
                community=elder.community,
                asked=elder.asked,
                away=times - min(times, len(left)),
            )
    services = {need.service.id: need.service for _, need in listed}
    return tuple(_tied(need, needs, services) for need in needs.values() if need.times)


def _rhythm(
    need: Need, elder: Elder, week: Sequence[date]
) -> Iterator[tuple[int, frozenset[int], int, Windows]]:
    """(visits, days, gap, windows), once for every visit of one day."""
    frequency, who = need.frequency, f"{elder.client}|{need.service.id}"
    due = [frequency.due(day, who) for day in week]
    most = max(due)
    if not most:
        return
    free = _free_days(frequency, sum(due))
    if free is not None:
        every_day, rest = divmod(sum(due), DAYS)
        parts = [(DAYS, _EVERY_DAY, 1)] * every_day
        if rest:
            parts.append((rest, free, 2 if rest <= _APART else 1))
    else:
        dated = [frozenset(n for n, count in enumerate(due) if count > k) for k in range(most)]
        parts = [(len(days), days, 1) for days in dated]
    windows = spread_windows(need.windows, len(parts))
    for (times, days, gap), window in zip(parts, windows, strict=True):
        yield times, days, gap, window


def _free_days(frequency: Frequency, total: int) -> frozenset[int] | None:
    """The days that a frequency leaves open, None where the calendar says which."""
    if frequency.rhythm is Rhythm.WEEKS:
        rest = total % DAYS
        return _SATURDAY_TOO if rest == len(_SATURDAY_TOO) else _WORKING
    if frequency.rhythm is Rhythm.MONTHS and total == 1:
        return _WORKING
    return None


def _tied(
    need: WeekNeed, needs: Mapping[str, WeekNeed], services: Mapping[str, Service]
) -> WeekNeed:
    """Tie a need to the client's need that its service follows, where days and wishes agree."""
    after = services[need.service].after
    number = need.id.rsplit("/", 1)[-1]
    first = needs.get(f"{need.client}/{after.service}/{number}") if after else None
    if after is None or first is None:
        return need
    same = (first.times, first.days, first.gap) == (need.times, need.days, need.gap)
    possible = any(
        opens - last <= after.max_gap and closes - start >= after.min_gap
        for opens, closes in need.windows
        for start, last in first.windows
    )
    if not same or not possible:
        return need
    return replace(need, follows=first.id, gaps=(after.min_gap, after.max_gap))
