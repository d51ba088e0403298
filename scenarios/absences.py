"""Who is away: carers on leave or off on holidays, clients in hospital or out of town."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from scenarios.records import Carer, Visit

__all__ = ["Absence", "AbsenceReason", "Present", "present_on"]


class AbsenceReason(StrEnum):
    """Why somebody is away; nothing more is kept, since health is nobody else's business."""

    HOSPITAL = "hospital"
    AWAY = "away"
    LEAVE = "leave"
    OTHER = "other"
    HOLIDAY = "holiday"
    """A public holiday, on which this carer does not work; no table says so."""


@dataclass(frozen=True)
class Absence:
    """Somebody is away from ``first`` to ``last``, both included; ``last`` None for open.

    ``person`` is the id of a client, or of a carer where ``staff`` is True.
    """

    person: str
    staff: bool
    first: date
    last: date | None = None
    reason: AbsenceReason = AbsenceReason.OTHER

    def covers(self, day: date) -> bool:
        """Whether the person is away that day."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Present:
    """A day's visits and carers without those who are away.

    Attributes:
        visits, carers: who is there; links to visits that fall away are dropped.
        suspended: visits that fall away, with the absence. off: carers who are away, with it.
    """

    visits: tuple[Visit, ...]
    carers: tuple[Carer, ...]
    suspended: tuple[tuple[Visit, Absence], ...]
    off: tuple[tuple[Carer, Absence], ...]


def present_on(
    day: date,
    visits: Sequence[Visit],
    carers: Sequence[Carer],
    absences: Iterable[Absence] = (),
    holidays: Collection[date] = (),
) -> Present:
    """Leave out who is away on a day."""
    away = {(each.staff, each.person): each for each in absences if each.covers(day)}
    suspended = tuple((v, away[False, v.client]) for v in visits if (False, v.client) in away)
    if day in holidays:
        for carer in carers:
            if not carer.holidays:
                off_today = Absence(carer.id, True, day, day, AbsenceReason.HOLIDAY)
                away.setdefault((True, carer.id), off_today)
    off = tuple((carer, away[True, carer.id]) for carer in carers if (True, carer.id) in away)
    gone = {visit.id for visit, _ in suspended}
    at_work = tuple(carer for carer in carers if (True, carer.id) not in away)
    due = tuple(_untied(visit, gone) for visit in visits if visit.id not in gone)
    return Present(due, at_work, suspended, off)


def _untied(visit: Visit, gone: Collection[str]) -> Visit:
    tied = visit.link is not None and visit.link.other in gone
    return replace(visit, link=None) if tied else visit
