"""Lexicographic max-min over districts, then most value.

The k-th smallest share is raised as far as it goes, given the k - 1 before it (Ogryczak, Sliwinski
2006: the lexicographic optimum of ordered outcomes is reached by their k-th smallest ones in
turn). w[d, l] = 1 excuses district d from the l-th smallest share s_l:

    covered_d >= least_d(s_l) * (1 - w[d, l]),   sum_d w[d, l] <= l - 1,

where least_d(s) is the covered value from which on the share reaches s. For the stage in hand s is
a column; what the floats leave open is settled by asking for one millionth more, which is either
found or proved impossible. A last stage maximises the value with all shares kept: first with the
last year's options as they are (shares count in the last year, the years before are then easy),
then with all of them free.

Under a time limit a search for a plan with fair shares comes first (``fair_start``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.engine import Reporter
from optimizer.siting.plan.fair_start import fair_start, keep_last_year
from optimizer.siting.plan.model.program import INFINITE, NOTHING, Linear
from optimizer.siting.plan.model.whole import PlanModel
from optimizer.siting.plan.optimise import Found, Goal, optimise
from optimizer.stop import StopClock

__all__ = ["fairest"]

_MILLION = 1_000_000
_FINAL_PART = 0.35
"""Part of the time that is kept for the last stage."""
_FIRST_PART = 0.25
"""Part of the time that a first plan may take."""
_STAGE_PART = 0.5
"""Part of the time left for shares that one of them may take."""
_LEAST_PART = 0.01
"""Shares with less of the time than this are left as they are."""


def fairest(
    model: PlanModel,
    clock: StopClock,
    *,
    seed: int,
    reporter: Reporter,
    start: NDArray[np.int64] | None,
    first: NDArray[np.int64] | None = None,
) -> tuple[Found, NDArray[np.int64]]:
    """Search for the lexicographically fairest plan.

    Args:
        model: the model.
        clock: the stop rule.
        seed: HiGHS' seed.
        reporter: told of values.
        start: a good plan to start from.
        first: any plan, for a search for a good one to start from.

    Returns:
        The plan with the bound on its value, given its shares, and the proved bound on each of
        its shares in turn.
    """
    best, reason = start, StopReason.FINISHED
    count = len(model.shares)
    bounds = np.full(count, _MILLION, dtype=np.int64)
    if best is None or clock.rule.seconds is not None:
        found = _first(model, clock, seed, first if best is None else best)
        if found.whole is None and best is None:
            return replace(found, bound=None), bounds[:0]
        best = _fairer(model, best, found.whole)
    for stage in range(count):
        if _sorted(model, best)[stage] == _MILLION:
            break
        # Further stages may still raise what is not proved, never lower it.
        seconds = _slice(clock)
        if seconds is not None and seconds < _LEAST_PART * (clock.rule.seconds or 0.0):
            reason = StopReason.TIME
            break
        best, bounds[stage], why = _raise_share(model, best, stage, clock, seed, seconds)
        if bounds[stage] > _sorted(model, best)[stage]:
            reason = why
    reporter.tell(model.value.at(best), None)
    found = _most_value(model, best, clock, seed, reporter)
    whole = best if found.whole is None else found.whole[: model.program.n_columns]
    shares = _sorted(model, whole)
    if found.proved and np.any(bounds > shares):
        found = replace(found, reason=reason)
    return replace(found, whole=whole), np.maximum(bounds, shares)


def _first(model: PlanModel, clock: StopClock, seed: int, start: NDArray[np.int64] | None) -> Found:
    """A plan to start from: with fair shares where time is limited, else with great ones."""
    if clock.rule.seconds is not None:
        seconds = _FIRST_PART * clock.rule.seconds
        return fair_start(model, clock, seed=seed, seconds=seconds, start=start)
    line = NOTHING
    for each in model.shares:
        line += each.covered * max(1, _MILLION // each.full)
    found = optimise(model, Goal(line, maximise=True), clock, seed=seed, start=start)
    whole = None if found.whole is None else found.whole[: model.program.n_columns]
    return replace(found, whole=whole)


def _fairer(
    model: PlanModel, one: NDArray[np.int64] | None, other: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """Of two plans the one whose sorted shares are greater at the first place that differs."""
    if one is None or other is None:
        found = other if one is None else one
        assert found is not None, "one of both is there"
        return found
    return max(one, other, key=lambda whole: _sorted(model, whole).tolist())


def _most_value(
    model: PlanModel,
    best: NDArray[np.int64],
    clock: StopClock,
    seed: int,
    reporter: Reporter,
) -> Found:
    """The plan of most value that keeps all shares of a plan."""
    last = _with_shares(model, best, len(model.shares))
    goal, start = Goal(model.value, maximise=True), last.start
    if clock.rule.seconds is not None and start is not None and model.problem.n_years > 1:
        near = optimise(
            keep_last_year(last.model, start),
            goal,
            clock,
            seed=seed,
            start=start,
            seconds=clock.remaining / 2,
        )
        start = start if near.whole is None else near.whole[: start.size]
    return optimise(last.model, goal, clock, seed=seed, start=start, reporter=reporter)


@dataclass(frozen=True)
class _Stage:
    """A model with what earlier stages keep, and a point of it."""

    model: PlanModel
    start: NDArray[np.int64] | None


def _sorted(model: PlanModel, whole: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.sort(np.array([each.at(whole) for each in model.shares], dtype=np.int64))


def _slice(clock: StopClock) -> float | None:
    """Seconds for the next share: the first ones matter most."""
    if clock.rule.seconds is None:
        return None
    return max(0.0, _STAGE_PART * (clock.remaining - _FINAL_PART * clock.rule.seconds))


def _raise_share(
    model: PlanModel,
    best: NDArray[np.int64],
    stage: int,
    clock: StopClock,
    seed: int,
    seconds: float | None,
) -> tuple[NDArray[np.int64], int, StopReason]:
    """The plan with the highest share at a place given those before it, its bound, and why so."""
    kept = _with_shares(model, best, stage, free=True)
    column = kept.model.program.n_columns - 1
    ends = clock.elapsed + (float("inf") if seconds is None else seconds)
    found = optimise(
        kept.model,
        Goal(Linear.of([column], 1), maximise=True),
        clock,
        seed=seed,
        start=kept.start,
        seconds=seconds,
    )
    bound = _MILLION if found.bound is None else min(_MILLION, max(0, found.bound))
    whole = best if found.whole is None else found.whole[: model.program.n_columns]
    reason = found.reason
    while bound > (share := int(_sorted(model, whole)[stage])):
        if reason is not StopReason.FINISHED or clock.elapsed >= ends:
            break
        wanted = np.append(_sorted(model, whole)[:stage], share + 1)
        more = optimise(
            _keeping(model, wanted).model,
            Goal(NOTHING, maximise=True),
            clock,
            seed=seed,
            seconds=ends - clock.elapsed,
        )
        reason = more.reason
        if more.infeasible:
            bound = share
        elif more.whole is not None:
            whole = more.whole[: model.program.n_columns]
    return whole, bound, StopReason.TIME if reason is StopReason.FINISHED else reason


def _with_shares(
    model: PlanModel, best: NDArray[np.int64], stage: int, *, free: bool = False
) -> _Stage:
    """The model that keeps the first shares of a plan; ``free``: with a column for the next."""
    kept = _keeping(model, _sorted(model, best)[:stage])
    if free:
        kept = _add_free(kept, stage)
    start = np.zeros(kept.model.program.n_columns, dtype=np.int64)
    start[: best.size] = best
    kept.model.fill(start)
    return replace(kept, start=start if kept.model.program.holds(start) else None)


def _keeping(model: PlanModel, shares: NDArray[np.int64]) -> _Stage:
    """The model in which the l-th smallest share is at least ``shares[l]``."""
    program = model.program.copy()
    districts = model.shares
    columns = np.full((len(districts), shares.size), -1, dtype=np.int64)
    for place in range(shares.size):
        if place and shares[place] == shares[place - 1]:
            continue  # the row before asks for more
        share = int(shares[place])
        if place:
            there = np.ones(len(districts), dtype=bool)
            columns[:, place] = program.add_columns(there, integer=True)
            program.require(Linear.of(columns[:, place], 1), -INFINITE, place)
        for each, excuse in zip(districts, columns[:, place].tolist(), strict=True):
            least = each.least(share)
            line = each.covered + Linear.of([excuse], [least])
            program.require(line, least, INFINITE)

    def fill(whole: NDArray[np.int64]) -> None:
        model.fill(whole)
        for place in range(shares.size):
            for each, excuse in zip(districts, columns[:, place].tolist(), strict=True):
                if excuse >= 0:
                    whole[excuse] = int(each.covered.at(whole) < each.least(int(shares[place])))

    return _Stage(replace(model, program=program, fill=fill), None)


def _add_free(kept: _Stage, stage: int) -> _Stage:
    """A last column: the share at place ``stage``, in millionths."""
    model, program, districts = kept.model, kept.model.program, kept.model.shares
    excuses = np.full(len(districts), -1, dtype=np.int64)
    if stage:
        excuses = program.add_columns(np.ones(len(districts), dtype=bool), integer=True)
        program.require(Linear.of(excuses, 1), -INFINITE, stage)
    share = int(program.add_columns(np.ones(1, dtype=bool), upper=_MILLION)[0])
    for each, excuse in zip(districts, excuses.tolist(), strict=True):
        line = each.covered * _MILLION + Linear.of(
            [share, excuse], [-each.full, _MILLION * each.full]
        )
        program.require(line, 0, INFINITE)

    def fill(whole: NDArray[np.int64]) -> None:
        model.fill(whole)
        reached = np.array([each.at(whole) for each in districts])
        whole[share] = np.sort(reached)[stage]
        used = excuses >= 0
        whole[excuses[used]] = (reached < whole[share])[used]

    return _Stage(replace(model, fill=fill), None)
