"""What the capacitated suites share: our solver on their real costs, and the family's own value.

Our engine counts in whole ticks per unit. A cost is cut off after 7 decimals of a unit's share,
so that every bound on the ticks is a bound on the real costs; the loss is below 1e-7 per unit of
demand, less than 1e-7 of the objective in these families. Objectives are real numbers:
``optimal`` is said of an answer that is proved to lie within 1e-6 of the best, for every solver.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.allocation import Capacitated
from benchmarks.suite import Limits, Outcome, Solution
from optimizer.siting.allocation.solve import Allocation, AllocationModel, solve_allocation
from optimizer.stop import Progress, Stop

__all__ = [
    "PROOF",
    "BrokenAnswerError",
    "model_of",
    "recomputed",
    "shares_of",
    "solution_of",
    "solve_ours",
]

PROOF = 1e-6
"""Largest proved gap, a fraction, that counts as a proof of a real-valued objective."""

_TICKS = 10**7
_TOLERANCE = 1e-6


class BrokenAnswerError(ValueError):
    """An answer that breaks the instance's rules."""


def model_of(instance: Capacitated) -> AllocationModel:
    """The instance in ticks: costs per unit of demand, cut off."""
    n, m = instance.cost.shape
    unit_cost = instance.cost / instance.demand[:, None]
    return AllocationModel(
        site_fixed=_ticks(instance.fixed),
        site_capacity=instance.capacity,
        site_state=np.zeros(m, dtype=np.int8),
        row_amount=instance.demand,
        row_single=np.full(n, instance.single),
        pair_indptr=np.arange(n + 1, dtype=np.int64) * m,
        pair_site=np.tile(np.arange(m, dtype=np.int32), n),
        pair_cost=_ticks(unit_cost).reshape(-1),
        most_sites=instance.most,
    )


def solve_ours(instance: Capacitated, limits: Limits) -> Outcome:
    """Our exact solver; building its model counts."""
    trace: list[tuple[float, float]] = []

    def hear(news: Progress) -> None:
        value = None if news.incumbent is None else news.incumbent / _TICKS
        if value is not None and (not trace or trace[-1][1] != value):
            trace.append((round(news.seconds, 3), value))

    seconds = limits.seconds if limits.iterations is None else None
    clock = Stop(seconds=seconds, iterations=limits.iterations).start()
    proposal = solve_allocation(model_of(instance), clock, seed=limits.seed, progress=hear)
    bound = proposal.bound / _TICKS
    if proposal.allocation is None:
        return Outcome(str(proposal.status), None, clock.elapsed, bound, trace)
    elapsed, share = clock.elapsed, shares_of(instance, proposal.allocation)
    try:
        value = recomputed(instance, proposal.allocation.open_sites, share)
    except BrokenAnswerError as error:
        return Outcome("failed", None, elapsed, note=str(error))
    trace.append((round(elapsed, 3), value))
    status = "optimal" if value - bound <= PROOF * value else "feasible"
    solution = solution_of(value, proposal.allocation.open_sites, share)
    return Outcome(status, value, elapsed, bound, trace, solution=solution)


def recomputed(
    instance: Capacitated,
    open_sites: NDArray[np.integer],
    share: NDArray[np.float64],
) -> float:
    """The family's own objective of an answer.

    Args:
        instance: the raw numbers.
        open_sites: the open sites.
        share: float64[n, m], the part of each customer that each site serves.

    Raises:
        BrokenAnswerError: a customer is not served, split against the rules or served by a closed
            site; a site is overfull; too many are open.
    """
    if instance.single:
        whole = np.rint(share)
        if np.abs(share - whole).max(initial=0.0) > _TOLERANCE:
            raise BrokenAnswerError("a customer is split")
        share = whole
    is_open = np.zeros(instance.capacity.size, dtype=bool)
    is_open[open_sites] = True
    if np.abs(share.sum(axis=1) - 1.0).max(initial=0.0) > _TOLERANCE or share.min() < -_TOLERANCE:
        raise BrokenAnswerError("a customer is not served in full")
    if (share[:, ~is_open] > _TOLERANCE).any():
        raise BrokenAnswerError("a closed site serves")
    load = instance.demand @ share
    if (load > instance.capacity * (1.0 + _TOLERANCE)).any():
        raise BrokenAnswerError("a site is overfull")
    if instance.most is not None and int(is_open.sum()) > instance.most:
        raise BrokenAnswerError("too many sites are open")
    return float(instance.fixed[is_open].sum() + (instance.cost * share).sum())


def solution_of(
    value: float, open_sites: NDArray[np.integer], share: NDArray[np.float64]
) -> Solution:
    """Value, open sites (from 1), then a line of customer, site and share for each flow."""
    lines = [f"{value:.15g}", " ".join(str(site + 1) for site in sorted(open_sites.tolist()))]
    for row, site in np.argwhere(share > _TOLERANCE).tolist():
        lines.append(f"{row + 1} {site + 1} {share[row, site]:.9g}")
    return Solution("\n".join(lines) + "\n")


def _ticks(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.floor(values * _TICKS).astype(np.int64)


def shares_of(instance: Capacitated, allocation: Allocation) -> NDArray[np.float64]:
    """float64[n, m], the part of each customer that each site serves."""
    share = np.zeros(instance.cost.shape)
    share[allocation.row, allocation.site] = allocation.amount / instance.demand[allocation.row]
    return share
