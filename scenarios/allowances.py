"""Care allowances: what a client may still spend on visits, and when it is cleared.

The amounts and the months after which money is cleared come from a rule pack; what was spent so
far comes from the office's table of balances.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from scenarios.policies import load_pack
from scenarios.records import Tier, Visit

__all__ = ["Allowance", "Balance", "allowances_of", "cleared_after"]

_AMOUNT = {Tier.BASIC: "allowance_basic_yuan", Tier.SUPPORTED: "allowance_supported_yuan"}
_MONTHS = "allowance_expires_months"


@dataclass(frozen=True)
class Balance:
    """What a client has left by the office's books; ``expires`` None for the pack's rule."""

    client: str
    fen: int
    expires: date | None = None


@dataclass(frozen=True)
class Allowance:
    """Fen that a client may spend up to and including the day ``expires``."""

    client: str
    fen: int
    expires: date


def cleared_after(day: date, months: int) -> date:
    """The last day on which money paid by ``day`` counts: periods of months start in January."""
    last = (day.month - 1) // months * months + months
    year, month = day.year + (last - 1) // 12, (last - 1) % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def allowances_of(
    visits: Iterable[Visit], day: date, pack: str, balances: Iterable[Balance] = ()
) -> Mapping[str, Allowance]:
    """Allowances by client: as booked, else what the pack has paid since the last clearing.

    Clients of a tier without an allowance pay for themselves and are left out, unless they are
    booked.

    Raises:
        FaultError: there is no such pack, or it says nothing of allowances.
    """
    rules = load_pack(pack)
    months = round(rules.number(_MONTHS))
    monthly = {tier: round(100 * rules.number(name)) for tier, name in _AMOUNT.items()}
    expires, paid = cleared_after(day, months), (day.month - 1) % months + 1
    found = {
        booked.client: Allowance(booked.client, booked.fen, booked.expires or expires)
        for booked in balances
    }
    for visit in visits:
        if visit.tier in monthly and visit.client not in found:
            amount = paid * monthly[visit.tier]
            found[visit.client] = Allowance(visit.client, amount, expires)
    return found
