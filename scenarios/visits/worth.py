"""What visits are worth, what they cost their clients, and what they keep busy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.problem import NONE
from scenarios.day import VisitDay
from scenarios.records import Carer, Visit
from scenarios.rounds import COST_SCALE, cost_per_tick, prizes
from scenarios.visits.columns import per_tick

__all__ = ["overtime_wage", "worth_columns"]

_OVERTIME_RATE = 1.5
"""Overtime on a working day pays at least one and a half times the wage (Labour Law, art. 44)."""


def overtime_wage(carer: Carer) -> int:
    """Fen per hour after the shift."""
    own = carer.overtime_wage
    return round(_OVERTIME_RATE * carer.wage) if own is None else own


def worth_columns(day: VisitDay, *, dearest_pair: int) -> dict[str, Any]:
    """Prizes, calls in place of visits, allowances and shared equipment.

    ``dearest_pair`` is the largest cost of any broken wish.
    """
    worth = _prizes(day, dearest_pair) + _expiring(day)
    found: dict[str, Any] = {"task_prize": worth}
    if day.terms.by_phone and any(visit.remote for visit in day.visits):
        share = np.array([visit.remote or 0.0 for visit in day.visits])
        lost = np.rint(worth * (1.0 - share)).astype(np.int64)
        found["task_remote_cost"] = np.where(share > 0, lost, NONE)
    return found | _payer_columns(day) | _equipment_columns(day)


def _prizes(day: VisitDay, dearest_pair: int) -> NDArray[np.int64]:
    """One prize for all: whether a visit is worth its way is not for the engine to say."""
    carers, weights = day.carers, day.terms.weights
    shift = max(carer.shift[1] - carer.shift[0] + carer.overtime for carer in carers)
    by_time = (
        weights.waiting_yuan_per_hour,
        weights.late_yuan_per_hour or 0.0,
        weights.worst_late_yuan_per_hour,
        weights.early_yuan_per_hour or 0.0,
        weights.idle_yuan_per_hour,
        weights.balance_yuan_per_hour,
    )
    wages = [max(overtime_wage(c), c.wage) if c.overtime else c.wage for c in carers]
    return prizes(
        [visit.staff for visit in day.visits],
        shift_seconds=shift,
        dearest_tick=max(map(cost_per_tick, wages)) + sum(map(per_tick, by_time)),
        longest_metres=0,
        dearest_metre=0,
        fixed=dearest_pair,
    )


def _expiring(day: VisitDay) -> NDArray[np.int64]:
    """More for visits paid with money that is soon cleared, yuan for yuan."""
    terms = day.terms
    bonus = np.zeros(len(day.visits), dtype=np.int64)
    if terms.allowances is None or terms.day is None:
        return bonus
    for row, visit in enumerate(day.visits):
        allowance = terms.allowances.get(visit.client)
        if allowance is None:
            continue
        left = (allowance.expires - terms.day).days
        if 0 <= left <= terms.weights.expiring_days:
            bonus[row] = COST_SCALE * min(visit.price, max(0, allowance.fen))
    return bonus


def _payer_columns(day: VisitDay) -> dict[str, Any]:
    """Clients with an allowance as payers; a lapsed allowance pays nothing."""
    terms = day.terms
    if terms.allowances is None:
        return {}
    clients = sorted({v.client for v in day.visits} & terms.allowances.keys())
    number = {client: at for at, client in enumerate(clients)}
    payer = np.array([number.get(visit.client, NONE) for visit in day.visits], dtype=np.int32)
    price = np.array([visit.price for visit in day.visits], dtype=np.int64)
    limits = []
    for client in clients:
        allowance = terms.allowances[client]
        lapsed = terms.day is not None and allowance.expires < terms.day
        limits.append(0 if lapsed else max(0, allowance.fen))
    return {
        "task_payer": payer,
        "task_price": np.where(payer == NONE, 0, price),
        "payer_limit": np.array(limits, dtype=np.int64),
    }


def _equipment_columns(day: VisitDay) -> dict[str, Any]:
    """Shared things of which the scenario says how many there are."""
    names: Sequence[str] = sorted(day.terms.equipment)
    if not any(visit.equipment in names for visit in day.visits):
        return {}

    def kind(visit: Visit) -> int:
        return names.index(visit.equipment) if visit.equipment in names else NONE

    return {
        "task_equipment": np.array([kind(visit) for visit in day.visits], dtype=np.int32),
        "equipment_count": np.array([day.terms.equipment[name] for name in names]),
    }
