"""Annealing of a whole week: routes of all days, carers of all clients, days and hours at once.

**Method.** The consistent vehicle routing problem (Groer, Golden and Wasil 2009) with a choice of
days. Every bundle has one hour that holds on all its days, so that "the same hour" and ties
between people hold by construction and every route can be timed alone. Moves: another carer for a
visit; two visits exchange carers; another carer for all visits of a client; two clients exchange
carers; two carers exchange a day; another day for a visit; another hour for a bundle; serving what
is left out. Whatever leaves a route is put back at its cheapest place. The temperature falls
geometrically with the share of the limit that is used. Chains with seeds of their own run side by
side, and the cheapest ends win.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from optimizer.result import StopReason
from optimizer.routing.week.model import WeekModel
from optimizer.routing.week.week_kernels import WeekState
from optimizer.routing.week.week_moves_kernels import anneal_chunk, serve_anywhere, serve_groups
from optimizer.stop import StopClock

__all__ = ["MOVES", "WeekSearch", "search"]

MOVES = 1_000
"""Moves of a chain that count as one iteration."""
_HOURS = 8
"""Hours tried for every bundle when the first plan is made."""
_HOT, _COLD = 5.0, 0.03
"""First and last temperature, in costs of a way to a near client."""
_WHOLE = 20
"""Iterations per visit of a search without any limit."""


class WeekSearch:
    """One chain.

    Attributes:
        model: the week. state: the plan as it is now. iterations: done so far.
        tally: int64[8, 2], moves tried and taken by kind.
    """

    def __init__(self, model: WeekModel, days: list[tuple[int, ...]], seed: int) -> None:
        self.model = model
        self.state = model.empty(days)
        self.iterations = 0
        self.tally = np.zeros((8, 2), dtype=np.int64)
        generator = np.random.default_rng(seed)
        self._rng = generator.integers(1, 2**63, size=1, dtype=np.uint64)
        self._log = model.log()
        problem = model.problem
        tiers = [int(problem.need_tier[list(bundle.needs)].min()) for bundle in model.bundles]
        tier = np.array(tiers, dtype=np.int64)[model.group_bundle]
        order = np.lexsort((generator.permutation(tier.size), tier)).astype(np.int64)
        serve_groups(model.data, self.state, self._log, order, self._rng, _HOURS)

    @property
    def cost(self) -> int:
        """What the search minimises."""
        return int(self.state.total[0])

    def step(self, used: float) -> None:
        """One iteration at the temperature of a share of the limit."""
        heat = _HOT * (_COLD / _HOT) ** used * self.model.leg
        anneal_chunk(self.model.data, self.state, self._log, self._rng, MOVES, heat, self.tally)
        self.iterations += 1

    def finish(self) -> None:
        """Try whatever is left out on every day, at every carer's cheapest place."""
        data = self.model.data
        for g in range(data.group.shape[0]):
            if self.state.who[data.group[g, 1]] < 0:
                serve_anywhere(data, self.state, self._log, g, self._rng)


def search(
    model: WeekModel,
    days: list[tuple[int, ...]],
    clock: StopClock,
    *,
    seed: int,
    chains: int,
    reserve: float,
    tell: Callable[[int, int], None],
) -> tuple[WeekState, StopReason, int]:
    """Anneal until the clock says stop.

    Args:
        model: the week.
        days: of every bundle, to begin with.
        clock: the running stop rule; an iteration is a thousand moves of every chain.
        seed: of the first chain; the next has the next.
        chains: how many, each on a thread of its own.
        reserve: seconds to leave on the clock.
        tell: called with (cost, iterations) of the first chain now and then.

    Returns:
        The cheapest chain's plan, why it stopped, and the iterations of a chain.
    """
    searches = [WeekSearch(model, days, seed + number) for number in range(chains)]
    whole = _WHOLE * max(1, model.data.unit.shape[0])

    def run(number: int) -> StopReason:
        chain, begun = searches[number], clock.elapsed
        rule = clock.rule
        while True:
            reason = clock.reason(chain.iterations)
            if reason is None and clock.remaining <= reserve:
                reason = StopReason.TIME
            if reason is None and rule.seconds is None and rule.iterations is None:
                reason = StopReason.FINISHED if chain.iterations >= whole else None
            if reason is not None or model.data.unit.shape[0] == 0:
                chain.finish()
                return reason or StopReason.FINISHED
            shares = [0.0]
            if rule.iterations is not None:
                shares.append(chain.iterations / rule.iterations)
            elif rule.seconds is None:
                shares.append(chain.iterations / whole)
            if rule.seconds is not None:
                span = max(1e-9, rule.seconds - reserve - begun)
                shares.append((clock.elapsed - begun) / span)
            chain.step(min(1.0, max(shares)))
            if number == 0 and chain.iterations % 100 == 0:
                tell(chain.cost, chain.iterations)

    with ThreadPoolExecutor(max_workers=chains) as pool:
        reasons = list(pool.map(run, range(chains)))
    best = min(range(chains), key=lambda number: (searches[number].cost, number))
    return searches[best].state, reasons[best], searches[best].iterations
