"""Raising the p-median bound by small cores.

The core of the answers below any target is a program of its own: the smaller the target, the
fewer entries it holds. Either its optimum is below the target, and then it is the optimum of the
whole, or nothing is below the target, which is a bound. So targets rise from the Lagrangian bound,
each as high as a core of moderate size allows, without ever solving the core that a poor answer
would leave.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.median.best import Best
from optimizer.siting.median.climb import Node
from optimizer.siting.median.core import Core
from optimizer.siting.median.finish import core_prices, solve_core
from optimizer.siting.median.tree import exact_core

__all__ = ["narrow", "raise_bound"]

# Entries of a core, at first and at most: few per row, else the tree is faster.
_FIRST_SIZE = 3_000
_FIRST_PER_ROW = 9
_LAST_PER_ROW = 45
_GROWTH = 1.6
# Entries that swap searches touch after every target that no answer is below.
_SEARCH_WORK = 200_000_000
# Where time is limited, relaxations are given up after so many seconds: their prices only help.
_PRICE_SECONDS = 10.0


def raise_bound(
    best: Best, core: Core, node: Node, seed: int
) -> tuple[Node, Core, StopReason | None]:
    """Solve cores of rising targets until the best answer is proved or cores get too large.

    Returns:
        The root and the core as far as they have got, and why to stop, None to go on.
    """
    n_rows = best.scaled.base.size
    first = size = max(_FIRST_SIZE, _FIRST_PER_ROW * n_rows)
    reason: StopReason | None = None
    while size <= max(_FIRST_SIZE, _LAST_PER_ROW * n_rows):
        target, part = _target(best, core, node, size)
        if part.size > size // 2 and core.size > first:
            timed = best.clock.rule.seconds is not None
            prices = core_prices(best, part, seed, _PRICE_SECONDS if timed else None)
            if prices is not None:
                node, core = narrow(best, core, node, prices)
                target, part = _target(best, core, node, size)
        if best.is_proved:
            return node, core, StopReason.FINISHED
        if part.size <= size:
            ended = solve_core(best, part, seed, below=target)
            if best.is_proved or ended is not StopReason.FINISHED:
                return node, core, ended
            reason = best.improve(best.is_open, _SEARCH_WORK)
            node, core = narrow(best, core, node, node.price)
        reason = reason or best.clock.reason()
        if best.is_proved or reason is not None:
            return node, core, reason
        size = int(size * _GROWTH)
    return node, core, None


def narrow(best: Best, core: Core, node: Node, prices: NDArray[np.float64]) -> tuple[Node, Core]:
    """The root at other prices, or with a better answer, and the smaller core that they leave.

    Answers as good as the best one stay in the core, so that it is among them.
    """
    state = core.state.copy()
    bound, smaller = exact_core(best, core, state, prices, best.units + 1)
    if bound < exact_core(best, core, core.state.copy(), node.price, best.units + 1)[0]:
        prices = node.price
    best.lift(bound)
    return dataclasses.replace(node, state=state, price=prices), smaller


def _target(best: Best, core: Core, node: Node, size: int) -> tuple[int, Core]:
    """The highest target whose core has at most ``size`` entries, the lowest one at least."""
    low, high = best.bound + 1, best.units + 1
    part = _below(best, core, node, high)
    if part.size <= size:
        return high, part
    while low < high:
        middle = (low + high + 1) // 2
        if _below(best, core, node, middle).size <= size:
            low = middle
        else:
            high = middle - 1
    return low, _below(best, core, node, low)


def _below(best: Best, core: Core, node: Node, target: int) -> Core:
    return exact_core(best, core, core.state.copy(), node.price, target)[1]
