"""Annealing of complete carrier timetables, round after round until a stop rule says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.result import StopReason
from optimizer.routing.trip_kernels import PRICE, SLOT, TripState
from optimizer.routing.trip_model import TripModel
from optimizer.routing.trip_search_kernels import copy_all, improve, worth
from optimizer.stop import StopClock

__all__ = ["Annealed", "anneal"]

CHUNK = 100
"""Rounds between two looks at the clock: some hundredths of a second on a large lunch."""
ROUNDS_PER_TASK = 1_000
ROUNDS_AT_LEAST = 5_000
HOT, COLD = 0.3, 0.003
"""First and last temperature, in costs of a stop."""
RISE = 5.0
"""How many times its price is added to a stop that stays out all through the search."""


@dataclass(frozen=True)
class Annealed:
    """The best plan found, the rounds done and why the search ended."""

    state: TripState
    rounds: int
    reason: StopReason


def anneal(
    model: TripModel,
    start: TripState,
    clock: StopClock,
    *,
    done: int = 0,
    reserve: float = 0.0,
    seed: int = 0,
    tell: Callable[[TripState, int], None] | None = None,
) -> Annealed:
    """Improve a plan by ruin and recreate.

    The temperature falls with the share of the limit that is used: of the iterations, of the
    seconds, or of a budget of rounds that grows with the number of tasks, whichever is furthest.
    The price of a stop rises while it stays out, so that no stop is left out for good only
    because it is awkward.

    Args:
        model: the problem.
        start: the plan to begin with; left as it is.
        clock: the running stop rule.
        done: iterations already counted against the rule.
        reserve: seconds to leave on the clock.
        seed: for the random numbers.
        tell: called with every new best plan, at most once per chunk, and the rounds so far.
    """
    data = model.data._replace(tasks=model.data.tasks.copy())
    prices = model.data.tasks[:, PRICE]
    current, trial, best = model.empty(), model.empty(), model.empty()
    for state in (current, trial, best):
        copy_all(start, state)
    unserved, cost, price = worth(model.data, start)
    worths = np.array([cost + price, unserved, cost], dtype=np.int64)
    rng = np.random.default_rng(seed).integers(1, 2**63, size=1, dtype=np.uint64)
    budget = ROUNDS_AT_LEAST + ROUNDS_PER_TASK * model.problem.n_tasks
    begun = clock.elapsed
    rounds = 0
    used = 0.0
    while True:
        reason = clock.reason(done + rounds)
        if reason is None and clock.remaining <= reserve:
            reason = StopReason.TIME
        if reason is None and rounds >= budget:
            reason = StopReason.FINISHED
        if reason is not None:
            return Annealed(best, rounds, reason)
        chunk = min(CHUNK, budget - rounds)
        if clock.rule.iterations is not None:
            chunk = min(chunk, clock.rule.iterations - done - rounds)
        used_before, used = used, _used(clock, begun, reserve, done, rounds, budget)
        out = current.where[:, SLOT] < 0
        data.tasks[out, PRICE] += (RISE * (used - used_before) * prices[out]).astype(np.int64)
        worths[0] = sum(worth(data, current)[1:])
        heat = HOT * model.stop_cost * (COLD / HOT) ** used
        before = (int(worths[1]), int(worths[2]))
        improve(data, current, trial, best, worths, rng, chunk, heat)
        rounds += chunk
        if tell is not None and (int(worths[1]), int(worths[2])) < before:
            tell(best, rounds)


def _used(
    clock: StopClock, begun: float, reserve: float, done: int, rounds: int, budget: int
) -> float:
    """Share of the search's limit that is used up, 0 to 1."""
    limits = [rounds / budget]
    if clock.rule.iterations is not None:
        limits.append(rounds / max(1, clock.rule.iterations - done))
    if clock.rule.seconds is not None:
        whole = max(1e-9, clock.rule.seconds - reserve - begun)
        limits.append((clock.elapsed - begun) / whole)
    return min(1.0, max(limits))
