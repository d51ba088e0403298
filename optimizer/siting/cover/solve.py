"""Exact set covering: LSCP and MCLP on merged classes.

With x_j = 1 where the free site j opens, N_k the free sites that cover class k and w_k its
weight:

LSCP (Toregas, Swain, ReVelle, Bergman 1971): minimise sum_j x_j subject to
    sum_{j in N_k} x_j >= 1 for every class k.

MCLP (Church, ReVelle 1974), b_j the site's own gain and p the free sites that may open:
    maximise sum_k w_k y_k + sum_j b_j x_j subject to y_k <= sum_{j in N_k} x_j, sum_j x_j <= p,
    0 <= y_k <= 1. The y need no integrality: at integer x each takes the value 0 or 1.

LSCP goes to HiGHS. MCLP is solved by local search, exact Lagrangian bounds and branch and bound
(:mod:`optimizer.siting.cover.tree`), which need no linear program; small models that stay open
go to HiGHS, larger ones with many sites alike to a search by regions
(:mod:`optimizer.siting.cover.regions`) and to branching on neighbourhoods
(:mod:`optimizer.siting.cover.programs`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.cover.best import Best
from optimizer.siting.cover.programs import relaxation_of, search_programs
from optimizer.siting.cover.regions import search_regions
from optimizer.siting.cover.tree import search_tree
from optimizer.siting.engine import Proposal, Reporter, chosen_columns
from optimizer.siting.greedy import fewest_sites, sites_needed
from optimizer.siting.highs import Model, run, safe_bound
from optimizer.siting.presolve import CoverModel, cover_model
from optimizer.siting.problem import SitingProblem
from optimizer.stop import ProgressCallback, StopClock

__all__ = [
    "cover_all",
    "cover_most",
    "covering_model",
    "maximal_model",
    "solve_model",
    "start_of",
    "unit_of",
]


_FIRST_ROUNDS = 500
# Models up to so many entries go to HiGHS where the tree looks like growing beyond so many nodes.
_SMALL_ENTRIES = 100_000
_SMALL_NODES = 2000
# Larger ones up to so many, with this share of sites to classes, have many sites alike: a linear
# program in every node then pays.
_MOST_ENTRIES = 600_000
_ALIKE = 0.5


def cover_all(
    problem: SitingProblem, clock: StopClock, seed: int, progress: ProgressCallback | None
) -> Proposal:
    """Solve LSCP."""
    model = cover_model(problem, fold=False)
    chosen = fewest_sites(model)
    reporter = Reporter("lscp", clock, progress)
    needed = sites_needed(model)
    reporter.tell(model.required + chosen.size, model.required + needed)
    if chosen.size == needed:
        return _proposal(model, chosen, model.required + chosen.size, StopReason.FINISHED)
    start = np.zeros(model.n_sites)
    start[chosen] = 1.0
    outcome = run(
        covering_model(model),
        clock,
        seed=seed,
        start=start,
        watch=reporter.watch(
            sign=1, unit=1, constant=model.required, start=model.required + chosen.size
        ),
    )
    found = chosen_columns(outcome, model.n_sites)
    if found is not None and found.size < chosen.size and _covers(model, found):
        chosen = found
    bound = needed if outcome.bound is None else max(needed, safe_bound(outcome.bound))
    return _proposal(model, chosen, model.required + min(bound, chosen.size), outcome.stop_reason)


def cover_most(
    problem: SitingProblem,
    new_sites: int,
    clock: StopClock,
    seed: int,
    progress: ProgressCallback | None,
    threads: int = 1,
) -> Proposal:
    """Solve MCLP; ``new_sites`` leaves room for the required sites.

    With two threads or more local search runs beside the bounds.
    """
    model = cover_model(problem)
    best = Best(model, new_sites - model.required, clock, Reporter("mclp", clock, progress), seed)
    best.start()
    reason = solve_model(best, seed, threads)
    return Proposal(_open(model, best.chosen), best.most, reason)


def solve_model(best: Best, seed: int, threads: int = 1) -> StopReason:
    """Improve a started answer and its bound until they meet or the clock says so."""
    best.improve(_FIRST_ROUNDS)
    # Small models have their best answer at once: a second search would only be in the way.
    if threads == 1 or best.is_proved or best.model.site.size <= _SMALL_ENTRIES:
        return _prove(best, seed, threads)
    with best.searching_beside():
        return _prove(best, seed, threads)


def _prove(best: Best, seed: int, threads: int) -> StopReason:
    model = best.model
    is_small = model.site.size <= _SMALL_ENTRIES
    is_alike = model.n_sites >= _ALIKE * model.n_classes
    if not is_small and is_alike and model.site.size <= _MOST_ENTRIES:
        relaxation = relaxation_of(best)
        if relaxation is not None:
            reason = search_regions(best, relaxation, seed, threads)
            if reason is not None:
                return reason
        return search_programs(best)
    return search_tree(best, _SMALL_NODES if is_small else None) or _finish(best, seed)


def _finish(best: Best, seed: int) -> StopReason:
    """Let HiGHS decide a small model, from the best answer known."""
    model, unit = best.model, best.scale.unit

    def watch(_: float | None, bound: float | None) -> None:
        if bound is not None:
            best.lower(-safe_bound(bound))

    outcome = run(
        maximal_model(model, best.room, unit),
        best.clock,
        seed=seed,
        start=start_of(model, best.chosen),
        watch=watch,
    )
    found = chosen_columns(outcome, model.n_sites)
    if found is not None and found.size <= best.room:
        best.keep(found)
    watch(None, outcome.bound)
    return outcome.stop_reason


def covering_model(model: CoverModel) -> Model:
    """LSCP over the free sites: columns x."""
    c, k = model.n_sites, model.n_classes
    return Model(
        cost=np.ones(c),
        lower=np.zeros(c),
        upper=np.ones(c),
        integer=np.ones(c, dtype=bool),
        row_lower=np.ones(k),
        row_upper=np.full(k, np.inf),
        indptr=model.indptr.astype(np.int32),
        index=model.site,
        value=np.ones(model.site.size),
    )


def maximal_model(model: CoverModel, limit: int, unit: int) -> Model:
    """MCLP over the free sites as a minimisation: columns x, then y; the last row counts x."""
    c, k = model.n_sites, model.n_classes
    size = np.diff(model.indptr)
    # Each class row holds its sites and then its own y.
    index = np.insert(model.site, model.indptr[1:], np.arange(c, c + k, dtype=np.int32))
    value = np.insert(np.ones(model.site.size), model.indptr[1:], np.full(k, -1.0))
    indptr = np.zeros(k + 2, dtype=np.int32)
    np.cumsum(np.append(size + 1, c), out=indptr[1:])
    is_integer = np.zeros(c + k, dtype=bool)
    is_integer[:c] = True
    return Model(
        cost=-np.concatenate([model.gain // unit, model.weight // unit]).astype(np.float64),
        lower=np.zeros(c + k),
        upper=np.ones(c + k),
        integer=is_integer,
        row_lower=np.append(np.zeros(k), -np.inf),
        row_upper=np.append(np.full(k, np.inf), float(limit)),
        indptr=indptr,
        index=np.concatenate([index, np.arange(c, dtype=np.int32)]),
        value=np.concatenate([value, np.ones(c)]),
    )


def unit_of(model: CoverModel) -> int:
    """The greatest common divisor of all gains and weights: the objective moves in this step."""
    both = np.concatenate([model.gain, model.weight])
    return max(1, int(np.gcd.reduce(both))) if both.size else 1


def start_of(model: CoverModel, chosen: NDArray[np.int32]) -> NDArray[np.float64]:
    """The full MIP start of chosen sites: x, then y."""
    x = np.zeros(model.n_sites)
    x[chosen] = 1.0
    y = np.maximum.reduceat(x[model.site], model.indptr[:-1]) if model.n_classes else x[:0]
    return np.concatenate([x, y])


def _covers(model: CoverModel, chosen: NDArray[np.int32]) -> bool:
    return bool(start_of(model, chosen)[model.n_sites :].all())


def _open(model: CoverModel, chosen: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.sort(np.concatenate([model.fixed, model.sites[chosen]]))


def _proposal(
    model: CoverModel, chosen: NDArray[np.int32], bound: int, reason: StopReason
) -> Proposal:
    return Proposal(_open(model, chosen), bound, reason)
