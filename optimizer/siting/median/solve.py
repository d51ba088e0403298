"""Exact p-median: swap search, Lagrangian bounds, and what they leave over.

With d_kj = weight_k * cost_kj and prices u_k <= d_k0 (the cost without a free site), relaxing
"row k is served once" leaves
    L(u) = sum_k u_k + min over |S| <= p of sum_{j in S} sum_k min(0, d_kj - u_k)
(Cornuejols, Fisher, Nemhauser 1977; Beasley 1985). Its maximum equals the bound of the strong
linear relaxation (Balinski 1965), and it is found by subgradient steps in compiled code without
ever building that program. Prices are then rounded to integers: for any prices L(u) is a bound,
so every bound, every site it fixes and every entry it strikes out is exact, free of tolerances.

The core that is left goes to HiGHS where doubles can tell one unit from the next; otherwise
HiGHS only supplies prices (the duals of the relaxation), and a tree of exact bounds decides.
"""

from __future__ import annotations

import numpy as np

from optimizer.result import StopReason
from optimizer.siting.engine import Proposal, Reporter
from optimizer.siting.median.best import Best
from optimizer.siting.median.climb import Climb, Node, steps_per_call
from optimizer.siting.median.climb_kernels import first_prices
from optimizer.siting.median.core import Core, whole_core
from optimizer.siting.median.finish import core_prices, is_resolved
from optimizer.siting.median.model import median_model
from optimizer.siting.median.steps import narrow, raise_bound
from optimizer.siting.median.tree import exact_core, search_tree
from optimizer.siting.problem import SitingProblem
from optimizer.stop import ProgressCallback, StopClock

__all__ = ["least_cost"]

_ROOT_STEPS = 8000
_ROOT_THETA = 2.0
_ROOT_PATIENCE = 100
_SMALLEST_THETA = 1e-3
_POLISHED_CHUNKS = 4
# Entries that swap searches touch: before the bounds, in between, and when bounds alone fail.
_FIRST_WORK = 60_000_000
_POLISH_WORK = 10_000_000
_LAST_WORK = 400_000_000
# Smaller cores are solved faster than a better answer is found by swaps.
_TINY_CORE = 3_000
# With so few sites left to decide, the tree ends before HiGHS has set up a larger core.
_FEW_SITES = 100
# Relaxations up to this size are worth the simplex method's time.
_LARGE_CORE = 300_000


def least_cost(
    problem: SitingProblem,
    new_sites: int,
    clock: StopClock,
    seed: int,
    progress: ProgressCallback | None,
) -> Proposal:
    """Solve p-median; ``new_sites`` leaves room for the required sites.

    The stop rule's iterations are branch-and-bound nodes, HiGHS' or the tree's.
    """
    model = median_model(problem)
    room = new_sites - model.required
    best = Best(model, room, clock, Reporter("p_median", clock, progress), seed)
    reason = _search(best, seed)
    sites = np.concatenate([model.fixed, model.sites[best.is_open]])
    return Proposal(np.sort(sites), best.total(min(best.bound, best.units)), reason)


def _search(best: Best, seed: int) -> StopReason:
    if best.room == 0 or best.room == best.is_open.size:
        best.keep(np.full(best.is_open.size, best.room > 0))
        best.lift(best.units)
        return StopReason.FINISHED
    reason = best.improve(best.is_open, _FIRST_WORK)
    if reason is not None:
        return reason
    node, core, reason = _climb_root(best)
    if reason is not None or best.is_proved:
        return reason or StopReason.FINISHED
    if core.size > _TINY_CORE:
        units = best.units
        reason = best.improve(best.is_open, _LAST_WORK)
        if best.is_proved or reason is not None:
            return reason or StopReason.FINISHED
        if best.units < units:
            node, core = narrow(best, core, node, node.price)
    n_free = int((core.state == 0).sum())
    if core.size > _TINY_CORE and n_free <= _FEW_SITES:
        return search_tree(best, core, node, seed)
    if is_resolved(best):
        node, core, reason = raise_bound(best, core, node, seed)
        if best.is_proved or reason is not None:
            return reason or StopReason.FINISHED
    elif core.size <= _LARGE_CORE:
        prices = core_prices(best, core, seed)
        if prices is not None:
            node, core = narrow(best, core, node, prices)
    return search_tree(best, core, node, seed)


def _climb_root(best: Best) -> tuple[Node, Core, StopReason | None]:
    """Climb until the bound meets the best answer or the steps have become too small."""
    n_sites = best.is_open.size
    price = first_prices(*best.rows, best.is_open)
    state, mean = np.zeros(n_sites, dtype=np.int8), best.is_open.astype(np.float64)
    whole = core = whole_core(best.rows, n_sites, best.room)
    climb, reason = Climb(Node(state, price, mean), _ROOT_THETA), None
    chunk = steps_per_call(whole.size)
    for at in range(0, _ROOT_STEPS, chunk):
        target = float(best.scaled.cut(best.units))
        climb.step(whole, state, target, chunk, _ROOT_PATIENCE)
        best.keep(climb.used)
        if at < _POLISHED_CHUNKS * chunk:
            reason = best.improve(climb.used, _POLISH_WORK)
        # Answers as good as the best one stay in the core, so that it is among them.
        bound, core = exact_core(best, whole, state, climb.best, best.units + 1)
        best.lift(bound)
        reason = reason or best.clock.reason()
        if reason is not None or best.is_proved or climb.theta < _SMALLEST_THETA:
            break
    return climb.node(state), core, reason
