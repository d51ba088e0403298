"""Plans of a week as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from optimizer.result import SolveResult
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.solution import Reason, RoutingAnswer
from optimizer.routing.week.day_problem import DayLimits

__all__ = ["WeekAnswer", "WeekDay", "WeekReason", "WeekUnserved", "WeekVisit"]


class WeekReason(StrEnum):
    """Why a visit of the week is on no day at all; each is computed from the problem."""

    NO_DAY = "no_day"
    """The days that will do hold fewer visits, with the days asked for between them."""
    NO_MONEY = "no_money"
    """The entitlement does not pay for it besides the visits that it does pay for."""
    NOBODY_THAT_DAY = "nobody_that_day"
    """Too few people with the skills work on any day that will do."""


@dataclass(frozen=True)
class WeekVisit:
    """The ``number``-th visit of a need, by ``carers``, at ``start`` (ticks of ``day``)."""

    need: int
    number: int
    day: int
    carers: tuple[int, ...]
    start: int


@dataclass(frozen=True)
class WeekUnserved:
    """A visit not made. ``day`` is the one whose rounds have no room for it, None for no day."""

    need: int
    number: int
    day: int | None
    reason: Reason | WeekReason
    detail: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class WeekDay:
    """One day of the plan.

    Attributes:
        day: which.
        problem: the day's problem (:func:`optimizer.routing.week.day_problem.day_problem`):
            task number = position in ``visits``, vehicle = carer. Its windows, shifts and hours
            are those that the rest of the week leaves to this day; carers who are off have an
            empty shift and no skill.
        visits: (need, number) of every task.
        answer: the day's plan.
    """

    day: int
    problem: RoutingProblem
    visits: tuple[tuple[int, int], ...]
    answer: RoutingAnswer


@dataclass(frozen=True, eq=False)
class WeekAnswer:
    """A plan of the week, its reasons and how it came about.

    ``result.parts`` holds, in cost units, ``fixed``, ``time``, ``distance``, ``preferences``
    (wishes about people), ``continuity``, ``balance``, ``lapsed`` and ``unserved``; they sum to
    the objective.

    Attributes:
        visits: made, by need and number.
        unserved: not made, by need and number.
        days: every day. limits: what the week leaves to each of them.
        result: status, parts and provenance.
        work: ticks from departure to end by day and carer, zeros on days not worked.
        carers_per_client: how many different people see each client, 0 for clients seen by none.
        counts: ``served``, ``unserved``, ``carers_mean_milli`` (mean over clients seen, in
            thousandths), ``carers_max``, ``travel_ticks``, ``metres``.
    """

    visits: tuple[WeekVisit, ...]
    unserved: tuple[WeekUnserved, ...]
    days: tuple[WeekDay, ...]
    limits: DayLimits
    result: SolveResult
    work: tuple[tuple[int, ...], ...]
    carers_per_client: tuple[int, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
