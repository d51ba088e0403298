"""Plans: who does what when, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from optimizer.result import SolveResult

__all__ = ["Plan", "Reason", "Route", "RoutingAnswer", "Step", "StepKind", "Unserved"]


class StepKind(StrEnum):
    """What a vehicle does at a step."""

    LOAD = "load"
    """Loads at a place; starts a trip."""
    TASK = "task"
    """Serves a task."""
    BREAK = "break"
    """Takes a break."""


@dataclass(frozen=True)
class Step:
    """One stop of a route.

    Attributes:
        kind: load, task or break.
        index: the place of a load, the task of a task, the problem's row of a break.
        arrive: arrival at the place in ticks of the day.
        start: start of loading, service or break, >= arrive (the difference is waiting).
        finish: end of loading, service or break.
    """

    kind: StepKind
    index: int
    arrive: int
    start: int
    finish: int


@dataclass(frozen=True)
class Route:
    """A vehicle's day: leaves its start place, does its steps, returns (or ends at the last)."""

    vehicle: int
    depart: int
    end: int
    steps: tuple[Step, ...]

    @property
    def tasks(self) -> tuple[int, ...]:
        """Served tasks in order."""
        return tuple(step.index for step in self.steps if step.kind is StepKind.TASK)


class Reason(StrEnum):
    """Why a task is unserved; each is established, not guessed (see ``explain``)."""

    NO_SKILL = "no_skill"
    """No vehicle has all required skills."""
    NOT_ALLOWED = "not_allowed"
    """Everyone with the skills is forbidden for it."""
    NO_ENTITLEMENT = "no_entitlement"
    """Its price exceeds what is left of its payer's limit in this plan."""
    NEEDS_MORE_STAFF = "needs_more_staff"
    """Needs several people at once, and no such group of free people was found."""
    LINKED = "linked"
    """Tied to another task by a link, and no place for both was found."""
    UNREACHABLE = "unreachable"
    """No way leads there and back for any person with the skills."""
    OUTSIDE_SHIFTS = "outside_shifts"
    """No person with the skills can be there within a window and within the shift."""
    TOO_LONG = "too_long"
    """Alone it already exceeds the maximum work time of each such person."""
    TOO_LARGE = "too_large"
    """Its load exceeds the capacity of every vehicle that could come."""
    NOT_FRESH = "not_fresh"
    """Even a direct trip exceeds the limit on time since loading."""
    NO_TIME_LEFT = "no_time_left"
    """Fits an empty day, but no position in any round of this plan takes it."""
    NOT_WORTH = "not_worth"
    """Fits, but serving it costs more than its prize."""


@dataclass(frozen=True)
class Unserved:
    """An unserved task with its reason and the figures behind it."""

    task: int
    reason: Reason
    detail: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Routes (used vehicles only, by vehicle) and the tasks that none of them serves."""

    routes: tuple[Route, ...]
    unserved: tuple[int, ...]


@dataclass(frozen=True)
class RoutingAnswer:
    """A plan, its reasons and how it came about.

    ``result.parts`` holds, in cost units, ``fixed``, ``time``, ``distance`` and ``unserved`` (sum
    of the prizes), which every answer has, and where the problem uses the features:

    - ``lateness`` and ``worst_lateness`` (tasks that may be late), ``earliness``;
    - ``waiting`` (any ``vehicle_wait_cost``), ``overtime`` (any ``vehicle_overtime``);
    - ``preferences`` (``pair_cost``), ``breaks_missed`` (breaks with a prize);
    - ``worst_idle``, ``balance``, ``changes`` (their cost is not 0);
    - ``remote`` (tasks done by phone, which are unserved but cost this instead of the prize).

    They sum to the objective. ``unserved_tier_<k>`` counts are in ``counts``.
    """

    plan: Plan
    reasons: tuple[Unserved, ...]
    result: SolveResult
    counts: Mapping[str, int] = field(default_factory=dict)
