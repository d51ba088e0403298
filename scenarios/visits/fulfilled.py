"""Read back from a plan: wishes kept and broken, what everything costs, what allowances pay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from optimizer.routing.features import PARTS
from optimizer.routing.problem import NONE
from scenarios.allowances import Allowance
from scenarios.day import DayTerms
from scenarios.records import Asked, Carer, Tier, Visit
from scenarios.rounds import Round
from scenarios.visits.case import VisitsCase
from scenarios.visits.columns import wish_cost

__all__ = [
    "CostRow",
    "Spending",
    "WishCount",
    "cost_rows",
    "count_wishes",
    "spending",
    "wishes_of",
]

WISHES = ("carers", "sex", "language", "last")
"""What clients may ask of the person, as far as it can be broken."""


@dataclass(frozen=True)
class WishCount:
    """How often one kind of wish was asked of a person who comes, and how often it is kept."""

    key: str
    asked: int
    kept: int


@dataclass(frozen=True)
class Spending:
    """What a client's allowance pays on the day; fen.

    ``soon`` is True where the money is cleared within the scenario's ``expiring_days``.
    """

    client: str
    tier: Tier
    before: int
    planned: int
    expires: date
    soon: bool

    @property
    def left(self) -> int:
        """Fen left after the day."""
        return self.before - self.planned


def wishes_of(asked: Asked, carer: Carer) -> Mapping[str, bool]:
    """The kinds of wishes that a visit has, and whether this carer fulfils each."""
    kept = {
        "carers": carer.id in asked.carers if asked.carers else None,
        "sex": carer.sex is asked.sex if asked.sex is not None else None,
        "language": asked.language in carer.languages if asked.language is not None else None,
        "last": carer.id == asked.last if asked.last is not None else None,
    }
    return {key: value for key, value in kept.items() if value is not None}


def _served(case: VisitsCase, rounds: Sequence[Round]) -> Iterator[tuple[Visit, Carer]]:
    for round_ in rounds:
        carer = case.carers[round_.vehicle]
        for stop in round_.tasks:
            yield case.visits[stop.step.index], carer


def count_wishes(case: VisitsCase, rounds: Sequence[Round]) -> tuple[WishCount, ...]:
    """Wishes asked and kept by kind, of every person who makes a visit."""
    asked, kept = Counter[str](), Counter[str]()
    for visit, carer in _served(case, rounds):
        for key, is_kept in wishes_of(visit.asked, carer).items():
            asked[key] += 1
            kept[key] += is_kept
    return tuple(WishCount(key, asked[key], kept[key]) for key in WISHES if asked[key])


@dataclass(frozen=True)
class CostRow:
    """One part of the objective in cost units, with the minutes or the count behind it.

    ``unit`` is ``min`` or empty for a count; ``amount`` None where neither tells anything.
    """

    key: str
    value: int
    amount: int | None
    unit: str
    tier: Tier | None = None


def cost_rows(
    case: VisitsCase,
    rounds: Sequence[Round],
    parts: Mapping[str, int],
    dropped: Sequence[int],
    by_phone: Sequence[int],
) -> tuple[CostRow, ...]:
    """The objective, part by part; they add up to it.

    Args:
        case: the compiled day.
        rounds: the plan's rounds.
        parts: the answer's parts.
        dropped: unserved tasks that are not done at all.
        by_phone: unserved tasks in whose place somebody calls.
    """
    minutes = _minutes(case, rounds)
    new_faces, continuity = _continuity(case, rounds)
    wishes = sum(c.asked - c.kept for c in count_wishes(case, rounds) if c.key != "last")
    taken = sum(len(round_.breaks) for round_ in rounds)
    used = {round_.vehicle for round_ in rounds}
    due = sum(int(vehicle) in used for vehicle in case.problem.break_vehicle)
    amounts = {
        **{key: (amount, "min") for key, amount in minutes.items()},
        "breaks_missed": (due - taken, ""),
        "remote": (len(by_phone), ""),
    }
    rows = []
    for key in sorted(parts, key=list(PARTS).index):
        value = parts[key]
        if key == "preferences":
            rows.append(CostRow("preferences", value - continuity, wishes, ""))
            rows.append(CostRow("continuity", continuity, new_faces, ""))
        elif key == "unserved":
            rows.extend(_dropped_by_tier(case, dropped))
        else:
            amount, unit = amounts.get(key, (None, ""))
            rows.append(CostRow(key, value, amount, unit))
    return tuple(row for row in rows if row.value or row.key in ("time", "unserved"))


def _minutes(case: VisitsCase, rounds: Sequence[Round]) -> Mapping[str, int]:
    """Whole minutes behind the parts that are priced by time."""
    close = case.problem.vehicle_close
    seconds = {
        "time": sum(round_.work for round_ in rounds),
        "waiting": sum(round_.waiting for round_ in rounds),
        "overtime": sum(max(0, r.end - int(close[r.vehicle])) for r in rounds),
    }
    return {key: round(value / 60) for key, value in seconds.items()}


def _continuity(case: VisitsCase, rounds: Sequence[Round]) -> tuple[int, int]:
    """Visits by somebody else than came last time, and what they cost."""
    each = wish_cost(case.day.terms, "last")
    known = {carer.id for carer in case.carers}
    new = sum(
        visit.asked.last in known and visit.asked.last != carer.id
        for visit, carer in _served(case, rounds)
    )
    return new, new * each


def _dropped_by_tier(case: VisitsCase, dropped: Sequence[int]) -> Iterator[CostRow]:
    prize = case.problem.task_prize
    for tier in sorted({visit.tier for visit in case.visits}):
        tasks = [task for task in dropped if case.visits[task].tier == tier]
        value = int(prize[tasks].sum()) if tasks else 0
        yield CostRow("unserved", value, len(tasks), "", tier)


def spending(case: VisitsCase, dropped: set[int]) -> tuple[Spending, ...]:
    """Allowances of the day's clients, soonest cleared first; unserved visits cost nothing."""
    terms, problem = case.day.terms, case.problem
    if terms.allowances is None:
        return ()
    planned = Counter[str]()
    tiers: dict[str, Tier] = {}
    for task, visit in enumerate(case.visits):
        if visit.client in terms.allowances and problem.task_payer[task] != NONE:
            tiers[visit.client] = visit.tier
            planned[visit.client] += 0 if task in dropped else visit.price
    rows = [
        Spending(
            client,
            tiers[client],
            terms.allowances[client].fen,
            planned[client],
            terms.allowances[client].expires,
            _is_soon(terms, terms.allowances[client]),
        )
        for client in tiers
    ]
    return tuple(sorted(rows, key=lambda row: (row.expires, row.client)))


def _is_soon(terms: DayTerms, allowance: Allowance) -> bool:
    if terms.day is None:
        return False
    return 0 <= (allowance.expires - terms.day).days <= terms.weights.expiring_days
