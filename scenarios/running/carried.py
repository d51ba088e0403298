"""What was missed, carried over to the days that follow.

A visit that was missed for the station's own reasons, or because nobody was at home, is still
owed. It is asked for again on the next days, at the same hours, until it is made or its time is
over. A client who refused is not owed; one who is away is owed nothing until back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from scenarios.absences import Absence
from scenarios.records import Tier, Visit
from scenarios.running.book import MissedReason, Status
from scenarios.running.day import RunningDay

__all__ = ["Carried", "missed_visits", "with_carried"]

_OWED = {
    MissedReason.NOBODY_HOME,
    MissedReason.NO_TIME,
    MissedReason.CARER_AWAY,
    MissedReason.SUSPENDED,
    MissedReason.OTHER,
}
_DAYS = {Tier.BASIC: 3, Tier.SUPPORTED: 5, Tier.GENERAL: 7}
"""For how many days a missed visit is asked for again: who is guaranteed waits least."""


@dataclass(frozen=True)
class Carried:
    """A visit that is owed.

    Attributes:
        visit: as it was to be.
        missed: the day on which it was missed.
        until: the last day on which it is asked for again.
        reason: why it was missed.
    """

    visit: Visit
    missed: date
    until: date
    reason: MissedReason


def missed_visits(day: RunningDay, today: date) -> tuple[Carried, ...]:
    """The visits of a day that is over that are owed: missed ones, and those nobody came to.

    A visit that is still planned when the day is over counts as missed for want of time.
    """
    owed = []
    for visit in day.case.visits:
        tick = day.book.ticks.get(visit.id)
        if tick is None or tick.status is Status.STARTED:
            reason = MissedReason.NO_TIME if tick is None else None
        elif tick.status is Status.MISSED:
            reason = tick.reason or MissedReason.OTHER
        else:
            reason = None
        if reason in _OWED:
            until = today + timedelta(days=_DAYS[visit.tier])
            owed.append(Carried(visit, today, until, reason))
    return tuple(owed)


def with_carried(
    visits: Sequence[Visit],
    carried: Sequence[Carried],
    today: date,
    absences: Collection[Absence] = (),
) -> tuple[Visit, ...]:
    """A day's visits with those that are owed.

    What a client gets that day anyway (the same service) makes up for a missed visit; clients who
    are away are left alone. Links to visits that are not owed with it fall away; a visit that is
    owed twice is asked for once.

    Args:
        visits: the day's own visits.
        carried: what is owed.
        today: the day.
        absences: who is away.
    """
    away = {each.person for each in absences if not each.staff and each.covers(today)}
    planned = {(visit.client, visit.service) for visit in visits}
    taken = {visit.id for visit in visits}
    again: dict[str, Visit] = {}
    for owed in sorted(carried, key=lambda each: (each.missed, each.visit.id)):
        visit = owed.visit
        key = (visit.client, visit.service)
        if not owed.missed < today <= owed.until or visit.client in away or key in planned:
            continue
        again.setdefault(visit.id, visit)
    names = {old: _name(old, taken) for old in again}
    added = []
    for old, visit in again.items():
        link = visit.link
        if link is not None:
            link = replace(link, other=names[link.other]) if link.other in names else None
        added.append(replace(visit, id=names[old], link=link))
    return (*visits, *added)


def _name(visit: str, taken: set[str]) -> str:
    """An id that the day does not have yet."""
    name, number = f"{visit}+", 1
    while name in taken:
        number += 1
        name = f"{visit}+{number}"
    taken.add(name)
    return name
