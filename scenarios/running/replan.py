"""Planning the rest of a running day anew: repair the plan in force, or start from what is left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from base.faults import Fault
from optimizer.routing.dispatch.net import Table
from optimizer.routing.dispatch.repair import repair
from optimizer.stop import ProgressCallback, Stop
from scenarios.rounds import solve_checked
from scenarios.running.day import RunningDay
from scenarios.running_codes import PLAN_CANNOT_BE_KEPT

__all__ = ["plan_rest", "repaired"]


def repaired(
    day: RunningDay, *, stop: Stop | None = None, seed: int = 0
) -> tuple[RunningDay, tuple[Fault, ...]]:
    """The day with its plan repaired: what waits is served where it fits, with few changes.

    Args:
        day: the running day; its ``stability`` says what changes cost.
        stop: when to stop, None for 100 iterations.
        seed: random seed.

    Returns:
        The day, and CC-S510 where what is frozen or under way cannot be kept whatever is left out.
    """
    plan, _ = repair(day.standing, stop=stop, seed=seed)
    after = replace(day, plan=plan)
    return after, () if Table(after.standing).feasible else _held_up(day)


def plan_rest(
    day: RunningDay,
    *,
    stop: Stop,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> tuple[RunningDay, tuple[Fault, ...]]:
    """The day with the rest planned from the ground by the engine of whole days.

    Returns:
        The day, and CC-S510, the plan in force kept, where the new one drops what is frozen or
        under way.

    Raises:
        FaultError: the independent checker refuses the new plan (CC-S206).
    """
    rest = day.rest()
    answer = solve_checked(rest.problem, stop=stop, seed=seed, progress=progress)
    if rest.pinned[list(answer.plan.unserved)].any():
        return day, _held_up(day)
    return day.replanned(rest, answer.plan), ()


def _held_up(day: RunningDay) -> tuple[Fault, ...]:
    """The warning, with the visits that may not change any more."""
    tasks = np.flatnonzero(day.standing.frozen)
    names = ", ".join(day.case.visits[task].id for task in tasks.tolist()) or "-"
    return (PLAN_CANNOT_BE_KEPT(what_en=names, what_zh=names),)
