"""Which of a day's features the towns' days state.

A feature that is left out leaves no trace in visits, carers and scenario; the plan that the day
was made around serves the day all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from scenarios.records import Asked, Carer, Visit

__all__ = ["ALL_FEATURES", "STATED", "DayFeature", "stated_carer", "stated_visit"]


class DayFeature(StrEnum):
    """What a day may state beside who is visited where, when and by whom."""

    BREAKS = "breaks"
    OVERTIME = "overtime"
    TRAVEL_LIMIT = "travel_limit"
    PACE = "pace"
    """Beginners take longer, and rides depend on the carer's mode."""
    WISHES = "wishes"
    MUSTS = "musts"
    EQUIPMENT = "equipment"
    ALLOWANCES = "allowances"
    BY_PHONE = "by_phone"
    ONE_AT_A_TIME = "one_at_a_time"
    WAITING = "waiting"


ALL_FEATURES = frozenset(DayFeature)
STATED: frozenset[DayFeature] = frozenset()
"""What towns state unless they are asked for more: what every engine of a day understands."""


def stated_carer(carer: Carer, features: frozenset[DayFeature]) -> Carer:
    """The carer without what is not stated."""
    f = DayFeature
    people = f.WISHES in features or f.MUSTS in features
    return replace(
        carer,
        breaks=carer.breaks if f.BREAKS in features else None,
        overtime=carer.overtime if f.OVERTIME in features else 0,
        max_travel=carer.max_travel if f.TRAVEL_LIMIT in features else None,
        pace=carer.pace if f.PACE in features else 1.0,
        sex=carer.sex if people else None,
        languages=carer.languages if people else frozenset(),
    )


def stated_visit(visit: Visit, features: frozenset[DayFeature], rides: Mapping[str, int]) -> Visit:
    """The visit without what is not stated; ``rides`` are seconds by visit in the hidden plan."""
    asked = visit.asked
    if DayFeature.WISHES not in features:
        asked = _musts_only(asked)
    if DayFeature.MUSTS not in features:
        asked = replace(asked, must=frozenset(), avoid=frozenset())
        asked = asked if DayFeature.WISHES in features else Asked()
    if visit.ride_limit is None or DayFeature.PACE in features:
        return replace(visit, asked=asked)
    duration = visit.duration + rides[visit.id]
    return replace(visit, asked=asked, ride_limit=None, duration=duration)


def _musts_only(asked: Asked) -> Asked:
    return replace(
        asked,
        carers=asked.carers if "carers" in asked.must else (),
        sex=asked.sex if "sex" in asked.must else None,
        language=asked.language if "language" in asked.must else None,
        last=None,
    )
