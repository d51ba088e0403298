"""Columns of a day's problem that come from wishes, breaks, links and weights.

Columns that would say nothing are left out, so that a day without a feature is a problem
without it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.problem import NONE, UNREACHABLE, LinkKind
from scenarios.day import DayTerms, VisitDay
from scenarios.records import Asked, Carer, LinkRule, Visit
from scenarios.rounds import COST_SCALE, PlaceBook, Travel, cost_per_tick

__all__ = [
    "break_columns",
    "link_columns",
    "pair_columns",
    "per_tick",
    "weight_columns",
    "wish_cost",
]

Flags = NDArray[np.bool_]
_KINDS = {
    LinkRule.OTHER_PERSON: LinkKind.DIFFERENT_PERSON,
    LinkRule.SAME_PERSON: LinkKind.SAME_PERSON,
    LinkRule.NOT_TOGETHER: LinkKind.NOT_OVERLAPPING,
}


def per_tick(yuan_per_hour: float) -> int:
    """Cost units per second."""
    return cost_per_tick(round(100 * yuan_per_hour))


def _units(yuan: float) -> int:
    return round(100 * yuan) * COST_SCALE


def wish_cost(terms: DayTerms, key: str) -> int:
    """Cost units of breaking a wish; ``last`` is the wish for whoever came last time."""
    weights = terms.weights
    yuan = {
        "carers": weights.named_yuan,
        "sex": weights.sex_yuan,
        "language": weights.language_yuan,
        "last": weights.continuity_yuan,
    }
    return _units(yuan[key])


def break_columns(carers: Sequence[Carer], terms: DayTerms, book: PlaceBook) -> dict[str, Any]:
    """Breaks, one row each; none where nobody has one."""
    rows = [(number, rest) for number, carer in enumerate(carers) for rest in carer.breaks or ()]
    if not rows:
        return {}
    missed = _units(terms.weights.break_yuan)
    return {
        "break_vehicle": [number for number, _ in rows],
        "break_open": [rest.window[0] for _, rest in rows],
        "break_close": [rest.window[1] for _, rest in rows],
        "break_length": [rest.length for _, rest in rows],
        "break_place": [NONE if r.place is None else book.number(r.place) for _, r in rows],
        "break_prize": [NONE if rest.must else missed for _, rest in rows],
    }


def pair_columns(day: VisitDay, tasks: dict[str, Any], travel: Travel) -> dict[str, Any]:
    """Who may come, what wishes each breaks, and how long each takes."""
    staff = _Staff(day.carers)
    shape = len(day.visits), len(day.carers)
    allowed = np.ones(shape, dtype=np.bool_)
    cost = np.zeros(shape, dtype=np.int64)
    for row, visit in enumerate(day.visits):
        if visit.asked != Asked():
            staff.ask(visit.asked, day.terms, allowed[row], cost[row])
    found: dict[str, Any] = {}
    if _durations_differ(day):
        found["pair_duration"] = _durations(day, tasks, travel, allowed)
    if not allowed.all():
        found["pair_allowed"] = allowed
    if cost.any():
        found["pair_cost"] = cost
    return found


class _Staff:
    """The carers, by what clients may ask for."""

    def __init__(self, carers: Sequence[Carer]) -> None:
        self._carers = carers
        self._number = {carer.id: number for number, carer in enumerate(carers)}

    def ask(self, asked: Asked, terms: DayTerms, allowed: Flags, cost: NDArray[np.int64]) -> None:
        """Enter one client's asking into the visit's rows of both tables."""
        wishes = {
            "carers": self._named(asked.carers) if asked.carers else None,
            "sex": self._who(lambda carer: carer.sex is asked.sex, asked.sex),
            "language": self._who(lambda c: asked.language in c.languages, asked.language),
        }
        for key, wish in wishes.items():
            if wish is None:
                continue
            if key in asked.must:
                allowed &= wish
            else:
                cost[~wish] += wish_cost(terms, key)
        allowed &= ~self._named(asked.avoid)
        if asked.last in self._number:
            cost[~self._named([asked.last])] += wish_cost(terms, "last")

    def _named(self, ids: Any) -> Flags:
        flags = np.zeros(len(self._carers), dtype=np.bool_)
        flags[[self._number[id] for id in ids if id in self._number]] = True
        return flags

    def _who(self, fits: Callable[[Carer], bool], asked: object) -> Flags | None:
        if asked is None:
            return None
        return np.array([fits(carer) for carer in self._carers], dtype=np.bool_)


def _durations_differ(day: VisitDay) -> bool:
    rides = any(_rides(visit) for visit in day.visits)
    return rides or any(carer.pace != 1.0 for carer in day.carers)


def _rides(visit: Visit) -> bool:
    return visit.ride_limit is not None and visit.end_place is not None


def _durations(
    day: VisitDay, tasks: dict[str, Any], travel: Travel, allowed: Flags
) -> NDArray[np.int64]:
    """Seconds by visit and carer: the carer's pace, and rides by the carer's mode.

    Whoever would take too long for the ride may not come.
    """
    pace = np.array([carer.pace for carer in day.carers])
    mode = np.array([travel.modes.index(carer.mode) for carer in day.carers])
    service = np.asarray(tasks["task_duration"], dtype=np.int64)
    seconds: NDArray[np.int64] = np.rint(service[:, None] * pace[None, :]).astype(np.int64)
    for row, visit in enumerate(day.visits):
        if not _rides(visit):
            continue
        ride = travel.time[:, tasks["task_place"][row], tasks["task_end_place"][row]]
        ride = ride.astype(np.int64)[mode]
        too_long = (ride >= UNREACHABLE) | (ride > (visit.ride_limit or 0))
        allowed[row] &= ~too_long
        seconds[row] += np.where(too_long, 0, ride)
    return seconds


def link_columns(
    visits: Sequence[Visit], terms: DayTerms, durations: Sequence[int]
) -> dict[str, Any]:
    """Ties between visits; with ``one_at_a_time`` also between all visits to a client."""
    number = {visit.id: at for at, visit in enumerate(visits)}
    rows = []
    for at, visit in enumerate(visits):
        link = visit.link
        if link is None:
            continue
        low, high = link.min_gap, link.max_gap
        kind = _KINDS.get(link.rule)
        if kind is None:
            kind = LinkKind.SAME_START if low == high == 0 else LinkKind.SEQUENCE
        rows.append((number[link.other], at, int(kind), low, high))
    if terms.one_at_a_time:
        tied = {frozenset(row[:2]) for row in rows}
        rows += [
            (first, second, int(LinkKind.NOT_OVERLAPPING), 0, 0)
            for first, second in _meetings(visits, durations)
            if frozenset((first, second)) not in tied
        ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    names = ("link_first", "link_second", "link_kind", "link_min", "link_max")
    return dict(zip(names, table.T, strict=True))


def _meetings(visits: Sequence[Visit], durations: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of visits to one client whose windows let them meet."""
    mine: dict[str, list[int]] = defaultdict(list)
    for at, visit in enumerate(visits):
        mine[visit.client].append(at)
    found = []
    for group in mine.values():
        for a, b in combinations(group, 2):
            ends = [visits[at].windows[-1][1] + 3 * durations[at] for at in (a, b)]
            starts = [visits[at].windows[0][0] for at in (a, b)]
            if starts[0] < ends[1] and starts[1] < ends[0]:
                found.append((a, b))
    return found


def weight_columns(day: VisitDay) -> dict[str, Any]:
    """Prices of waiting, lateness, earliness and unfairness, where they have one."""
    weights, tasks, people = day.terms.weights, len(day.visits), len(day.carers)
    found: dict[str, Any] = {}
    if weights.waiting_yuan_per_hour:
        found["vehicle_wait_cost"] = np.full(people, per_tick(weights.waiting_yuan_per_hour))
    if weights.late_yuan_per_hour is not None:
        found["task_late_cost"] = np.full(tasks, per_tick(weights.late_yuan_per_hour))
        found["worst_late_cost"] = per_tick(weights.worst_late_yuan_per_hour)
    if weights.early_yuan_per_hour is not None and weights.early_minutes > 0:
        found["task_early_cost"] = np.full(tasks, per_tick(weights.early_yuan_per_hour))
        found["task_early_limit"] = np.full(tasks, round(60 * weights.early_minutes))
    found["worst_idle_cost"] = per_tick(weights.idle_yuan_per_hour)
    found["balance_cost"] = per_tick(weights.balance_yuan_per_hour)
    return found
