"""A fair plan to start from: a concave sum of the districts' shares in place of their order.

Every district's share is worth less the higher it already is, by half from each step to the next.
A sum of such concave terms is linear for a solver that maximises, guides the relaxation towards
all low shares at once, and comes near the lexicographic optimum as the steps narrow (Ogryczak and
Sliwinski 2006 on ordered averages). It proves nothing about the shares themselves.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.model.program import INFINITE, NOTHING, Linear
from optimizer.siting.plan.model.whole import PlanModel
from optimizer.siting.plan.optimise import Found, Goal, optimise
from optimizer.stop import StopClock

__all__ = ["fair_start", "keep_last_year"]

_MILLION = 1_000_000
_STEPS = (0, 500, 700, 800, 850, 900, 925, 950, 965, 975, 985, 990, 995, 1_000)
"""Ends of the steps of a share, in thousandths."""


def fair_start(
    model: PlanModel,
    clock: StopClock,
    *,
    seed: int,
    seconds: float | None,
    start: NDArray[np.int64] | None,
) -> Found:
    """Search for the plan with the greatest sum of shares by declining worth.

    Args:
        model: the model, with shares.
        clock: the stop rule.
        seed: HiGHS' seed.
        seconds: a limit for this search alone.
        start: int64[c], a plan to start from.

    Returns:
        The plan in the columns of ``model``; its bound says nothing of the shares.
    """
    valued, line = _with_worth(model)
    first = None
    if start is not None:
        first = np.zeros(valued.program.n_columns, dtype=np.int64)
        first[: start.size] = start
        valued.fill(first)
        first = first if valued.program.holds(first) else None
    goal = Goal(line, maximise=True)
    found = optimise(valued, goal, clock, seed=seed, start=first, seconds=seconds)
    if found.whole is None:
        return replace(found, bound=None)
    return replace(found, whole=found.whole[: model.program.n_columns], bound=None)


def _with_worth(model: PlanModel) -> tuple[PlanModel, Linear]:
    """The model with a column for every step of every share, and the sum of their worth."""
    program, line = model.program.copy(), NOTHING
    widths = np.diff(_STEPS) * (_MILLION // 1_000)
    worth = 2 ** np.arange(widths.size, dtype=np.int64)[::-1]
    columns = []
    for each in model.shares:
        own = np.array(
            [program.add_columns(np.ones(1, dtype=bool), upper=int(most))[0] for most in widths]
        )
        reached = each.covered * _MILLION + Linear.of(own, -each.full)
        program.require(reached, 0, INFINITE)
        line += Linear.of(own, worth)
        columns.append(own)

    def fill(whole: NDArray[np.int64]) -> None:
        model.fill(whole)
        begins = np.cumsum(widths) - widths
        for each, own in zip(model.shares, columns, strict=True):
            whole[own] = np.clip(each.at(whole) - begins, 0, widths)

    return replace(model, program=program, fill=fill), line


def keep_last_year(model: PlanModel, whole: NDArray[np.int64]) -> PlanModel:
    """The model in which the last year's options are those of a point: its shares then stand."""
    program = model.program.copy()
    there = model.stands[:, -1] >= 0
    program.fix(model.stands[there, -1], model.standing_of(whole)[there, -1])
    return replace(model, program=program)
