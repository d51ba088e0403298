"""What happens during a day, and what each happening asks for.

Every event takes the day and gives the day after it: state and case are changed, the plan in
force only loses what can no longer be. What is left without a place is named, for insertion or
for planning anew; nothing is planned here. Emergencies are never planned: they are handed over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from base.faults import Fault, FaultError
from optimizer.routing.dispatch.net import Table
from optimizer.routing.solution import Plan
from scenarios.absences import Absence, AbsenceReason
from scenarios.model import Text
from scenarios.records import Visit
from scenarios.running.book import DayBook, MissedReason, Status, Tick, Whereabouts
from scenarios.running.day import RunningDay
from scenarios.running_codes import EVENT_TOO_LATE, NO_SUCH_RUNNING_ID, PLAN_CANNOT_BE_KEPT
from scenarios.visits import compile_visits

__all__ = [
    "HAND_OVER",
    "CarerGone",
    "CarerLate",
    "ClientSuspended",
    "Event",
    "Outcome",
    "UrgentCall",
    "VisitCancelled",
    "VisitTicked",
    "apply_event",
]

HAND_OVER = Text(
    zh="紧急情况：请立即转接急救（120），不进入排班",
    en="emergency: hand over to the ambulance service (120) at once; it is not scheduled",
)


@dataclass(frozen=True)
class UrgentCall:
    """Somebody asks for a visit today (or for several that belong together).

    ``emergency`` is what the one who answers the call finds: then nothing is planned.
    """

    visits: tuple[Visit, ...]
    emergency: bool = False


@dataclass(frozen=True)
class VisitCancelled:
    """A visit is no longer wanted; those that are made with it or not at all go too."""

    visit: str


@dataclass(frozen=True)
class CarerLate:
    """A carer cannot set out before a moment (seconds of the day)."""

    carer: str
    free_from: int
    place: tuple[float, float] | None = None


@dataclass(frozen=True)
class CarerGone:
    """A carer does nothing more today."""

    carer: str


@dataclass(frozen=True)
class ClientSuspended:
    """A client is in hospital or away from a day to a day, both included; ``last`` None: open."""

    client: str
    first: date
    last: date | None = None
    reason: AbsenceReason = AbsenceReason.OTHER


@dataclass(frozen=True)
class VisitTicked:
    """A carer ticks a visit."""

    visit: str
    tick: Tick


Event = UrgentCall | VisitCancelled | CarerLate | CarerGone | ClientSuspended | VisitTicked


@dataclass(frozen=True, eq=False)
class Outcome:
    """What an event leads to.

    Attributes:
        day: the day after it.
        unplaced: visits that now wait for a place: insert them one by one, or plan anew.
        notices: what must be told to people.
        warnings: CC-S510 where the plan in force can no longer be kept.
        absence: to be kept in the table of absences, None for none.
    """

    day: RunningDay
    unplaced: tuple[str, ...] = ()
    notices: tuple[Text, ...] = ()
    warnings: tuple[Fault, ...] = ()
    absence: Absence | None = None


def apply_event(day: RunningDay, event: Event) -> Outcome:
    """Let something happen.

    Raises:
        FaultError: ids that the day does not have (CC-S500), a visit that has begun (CC-S501),
            or urgent visits that do not fit the day's records.
    """
    match event:
        case UrgentCall():
            return _called(day, event)
        case VisitCancelled(visit):
            return _kept(replace(day, book=_without(day, [visit])))
        case CarerLate(carer, free_from, place):
            day.carer_number(carer)
            known = day.book.carers.get(carer, Whereabouts())
            changes = {"free_from": free_from, "place": place or known.place}
            book = day.book.placed(carer, known.model_copy(update=changes))
            return _kept(replace(day, book=book))
        case CarerGone(carer):
            return _gone(day, carer)
        case ClientSuspended():
            return _suspended(day, event)
        case VisitTicked(visit, tick):
            day.visit_number(visit)
            return _kept(replace(day, book=day.book.ticked(visit, tick)))


def _called(day: RunningDay, call: UrgentCall) -> Outcome:
    if call.emergency:
        return Outcome(day, notices=(HAND_OVER,))
    visits = (*day.case.visits, *call.visits)
    case = compile_visits(day.case.district, replace(day.case.day, visits=visits))
    first = len(day.case.visits)
    unserved = (*day.plan.unserved, *range(first, len(visits)))
    grown = replace(day, case=case, plan=Plan(day.plan.routes, unserved))
    return Outcome(grown, tuple(visit.id for visit in call.visits))


def _without(day: RunningDay, visits: list[str]) -> DayBook:
    """The book with visits cancelled, and those that cannot be made without them."""
    book = day.book
    for visit in visits:
        for number in day.together(visit):
            other = day.case.visits[number].id
            tick = book.ticks.get(other)
            if tick is not None and tick.status in (Status.STARTED, Status.DONE):
                raise FaultError([EVENT_TOO_LATE(visit=other, what_en="cancelled", what_zh="取消")])
            if tick is None:
                book = book.ticked(other, Tick(status=Status.CANCELLED))
    return book


def _gone(day: RunningDay, carer: str) -> Outcome:
    number = day.carer_number(carer)
    waiting = {
        day.case.visits[task].id
        for route in day.standing.plan.routes
        if route.vehicle == number
        for task in route.tasks
        if day.standing.open_tasks[task]
    }
    known = day.book.carers.get(carer, Whereabouts())
    book = day.book.placed(carer, known.model_copy(update={"gone": True}))
    return _released(replace(day, book=book), waiting)


def _released(day: RunningDay, waiting: set[str]) -> Outcome:
    """The day without plans for some visits, nor for those that cannot be made without them."""
    tasks = {task for visit in waiting for task in day.together(visit)}
    tasks = {task for task in tasks if day.standing.open_tasks[task]}
    routes = []
    for route in day.plan.routes:
        steps = tuple(s for s in route.steps if s.kind != "task" or s.index not in tasks)
        if any(step.kind == "task" for step in steps):
            routes.append(replace(route, steps=steps))
    served = {task for route in routes for task in route.tasks}
    unserved = tuple(t for t in range(len(day.case.visits)) if t not in served)
    outcome = _kept(replace(day, plan=Plan(tuple(routes), unserved)))
    visits = (day.case.visits[task].id for task in sorted(tasks))
    return replace(outcome, unplaced=tuple(visits))


def _suspended(day: RunningDay, event: ClientSuspended) -> Outcome:
    absence = Absence(event.client, False, event.first, event.last, event.reason)
    mine = [visit.id for visit in day.case.visits if visit.client == event.client]
    if not mine:
        raise FaultError([NO_SUCH_RUNNING_ID(what="client", value=event.client)])
    today = day.case.day.terms.day
    if today is not None and not absence.covers(today):
        return Outcome(day, absence=absence)
    book = day.book
    for visit in mine:
        if visit not in book.ticks:
            tick = Tick(status=Status.MISSED, reason=MissedReason.SUSPENDED)
            book = book.ticked(visit, tick)
    return replace(_kept(replace(day, book=book)), absence=absence)


def _kept(day: RunningDay) -> Outcome:
    """The day, with a warning where its plan can no longer be kept."""
    if Table(day.standing).feasible:
        return Outcome(day)
    scored = day.dragged([])
    first = next(iter(scored.violations), None)
    what_en = "-" if first is None else first.text("en")
    what_zh = "-" if first is None else first.text("zh")
    return Outcome(day, warnings=(PLAN_CANNOT_BE_KEPT(what_en=what_en, what_zh=what_zh),))
