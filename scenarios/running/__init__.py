"""The running day of a station: ticks, events, insertions into the plan, what is carried over."""

from __future__ import annotations

from scenarios.running.book import DayBook, MissedReason, Status, Tick, Whereabouts
from scenarios.running.day import PlannedVisit, RunningDay
from scenarios.running.events import (
    CarerGone,
    CarerLate,
    ClientSuspended,
    Event,
    Outcome,
    UrgentCall,
    VisitCancelled,
    VisitTicked,
    apply_event,
)

__all__ = [
    "CarerGone",
    "CarerLate",
    "ClientSuspended",
    "DayBook",
    "Event",
    "MissedReason",
    "Outcome",
    "PlannedVisit",
    "RunningDay",
    "Status",
    "Tick",
    "UrgentCall",
    "VisitCancelled",
    "VisitTicked",
    "Whereabouts",
    "apply_event",
]
