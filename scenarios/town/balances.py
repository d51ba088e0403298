"""What the town's clients have left of their allowances on the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import numpy as np

from scenarios.allowances import Balance, allowances_of
from scenarios.records import Visit

__all__ = ["PACK", "draw_balances"]

PACK = "dongcheng_2017"
_TEN_YUAN = 1_000
_TIGHT = 0.3
"""Share of clients who have just enough left for the day."""


def draw_balances(
    visits: Sequence[Visit], day: date, rng: np.random.Generator
) -> tuple[Balance, ...]:
    """Balances of the clients with an allowance, each enough for what is asked for that day."""
    asked: dict[str, int] = defaultdict(int)
    for visit in visits:
        asked[visit.client] += visit.price
    balances = []
    for client, allowance in sorted(allowances_of(visits, day, PACK).items()):
        left = asked[client]
        if rng.random() >= _TIGHT:
            left = max(left, round(allowance.fen * rng.uniform(0.1, 0.9)))
        balances.append(Balance(client, -(-left // _TEN_YUAN) * _TEN_YUAN))
    return tuple(balances)
