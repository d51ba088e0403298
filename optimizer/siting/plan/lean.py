"""Of plans that are equally good, a cheaper one, one worth more, or one with fewer moves.

A search for value does not look at cost, and one for cost neither looks at value nor, when it is
stopped, leaves out what nothing needs. Where a plan's value is proved and time is left, a second
search lowers the cost and keeps the value; where its cost is, one raises the value (nobody moves
for nothing) and keeps the cost. After that sites are looked at one by one: left out, opened a year
later, shown with another option or left as they are today, whatever saves money, keeps every row
of the model (proved in integers) and loses nothing of the objective.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.plan.min_worst import within
from optimizer.siting.plan.model.program import INFINITE, Linear
from optimizer.siting.plan.model.whole import PlanModel
from optimizer.siting.plan.optimise import Goal, optimise
from optimizer.siting.plan.problem import PlanObjective
from optimizer.siting.plan.reading import read_plan
from optimizer.siting.plan.search import goal_of
from optimizer.stop import StopClock

__all__ = ["calmer", "cheaper", "other_ways", "trimmed", "worthier"]

_LONGER = 0.05
"""Part of the time limit that trimming may take beyond it."""
_MOST_TRIALS = 3_000
_PATIENCE = 0.5
"""Seconds that the second search gets besides as long as the first one took."""


def cheaper(
    model: PlanModel, whole: NDArray[np.int64], clock: StopClock, *, seed: int
) -> NDArray[np.int64]:
    """A point of the least value of ``whole`` at less cost, as far as time is left.

    Args:
        model: the model.
        whole: int64[c], a point that keeps its rows, proved to be of most value.
        clock: the stop rule; without a time limit, or with one on iterations, nothing is searched.
        seed: HiGHS' seed.
    """
    kept = replace(model, program=model.program.copy())
    kept.program.require(model.value, model.value.at(whole), INFINITE)
    return _second(kept, Goal(model.cost, maximise=False), whole, clock, seed)


def worthier(
    model: PlanModel, whole: NDArray[np.int64], clock: StopClock, *, seed: int
) -> NDArray[np.int64]:
    """A point of the least cost, that of ``whole``, with more value, as far as time is left."""
    kept = replace(model, program=model.program.copy())
    kept.program.require(model.cost, -INFINITE, model.cost.at(whole))
    return _second(kept, Goal(model.value, maximise=True), whole, clock, seed)


def calmer(
    model: PlanModel, whole: NDArray[np.int64], clock: StopClock, *, seed: int
) -> NDArray[np.int64]:
    """A point as good as ``whole``, proved best for MIN_TRAVEL or MIN_WORST, with fewer moves.

    Rows without weight count for neither objective; those with a site of their own (travel cost
    0) stay there as far as it costs nothing.
    """
    classes = model.assignment.classes
    own = np.flatnonzero((classes.cost == 0) & ~classes.weighted[classes.pair_class])
    stays = Linear.of(model.assignment.goes[own], classes.step[own][:, None])
    if not stays.column.size:
        return whole
    if model.request.objective is PlanObjective.MIN_WORST:
        kept = within(model, read_plan(model, whole).figures.worst)
    else:
        kept = replace(model, program=model.program.copy())
        line = goal_of(model).line
        kept.program.require(line, -INFINITE, line.at(whole))
    return _second(kept, Goal(stays, maximise=True), whole, clock, seed)


def _second(
    kept: PlanModel, goal: Goal, whole: NDArray[np.int64], clock: StopClock, seed: int
) -> NDArray[np.int64]:
    """A second search from a point, about as long as the first one."""
    if clock.rule.seconds is None or clock.rule.iterations is not None:
        return whole
    seconds = min(clock.remaining, clock.elapsed + _PATIENCE)
    found = optimise(kept, goal, clock, seed=seed, start=whole, seconds=seconds)
    return whole if found.whole is None else found.whole[: whole.size]


def trimmed(model: PlanModel, whole: NDArray[np.int64], clock: StopClock) -> NDArray[np.int64]:
    """A point without what it does not need, for MAX_VALUE, MAX_MIN and MIN_COST.

    Args:
        model: the model.
        whole: int64[c], a point that keeps its rows.
        clock: the stop rule; after its time limit a twentieth of it may still be used.
    """
    trim, ends = _Trim(model, whole), float("inf")
    if clock.rule.seconds is not None:
        ends = max(clock.rule.seconds, clock.elapsed) + _LONGER * clock.rule.seconds
    trials = 0
    for site in trim.dearest_first():
        for stands in trim.others(site):
            cancelled = clock.rule.cancelled is not None and clock.rule.cancelled()
            if trials >= _MOST_TRIALS or clock.elapsed > ends or cancelled:
                return trim.whole
            trials += 1
            if trim.take(stands):
                break
    return trim.whole


def other_ways(model: PlanModel, whole: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Standing options int64[o, T] that differ from a point's at one site, the dearest first."""
    trim = _Trim(model, whole)
    for site in trim.dearest_first():
        yield from trim.others(site)


class _Trim:
    """A point, and the rows that another one has to keep."""

    def __init__(self, model: PlanModel, whole: NDArray[np.int64]) -> None:
        self._model, self.whole = model, whole
        program = model.program
        self._matrix, (self._low, self._high) = program.matrix(), program.limits()
        self._lower, self._upper = program.bounds()
        carried = np.zeros(program.n_columns, dtype=bool)
        for _, columns in model.flows:
            carried[columns.ravel()] = True
        has_flow = np.zeros(program.n_rows, dtype=bool)
        has_flow[csr_rows(self._matrix.indptr)[carried[self._matrix.indices]]] = True
        self._without_flow = ~has_flow
        self._values_count = model.request.objective is not PlanObjective.MIN_COST
        self._value = model.value.at(whole)
        self._shares = self._shares_at(whole)

    def dearest_first(self) -> list[int]:
        """Sites with something in their years, by what they cost over all years."""
        options = self._model.problem.options
        stands = self._model.standing_of(self.whole)
        each = options.yearly_cost * stands.sum(axis=1) + options.opening_cost * stands.any(axis=1)
        cost = np.bincount(options.site, each, self._model.problem.n_sites)
        used = np.flatnonzero(np.bincount(options.site, stands.sum(axis=1), cost.size))
        return [int(site) for site in used[np.argsort(-cost[used], kind="stable")]]

    def others(self, site: int) -> Iterator[NDArray[np.int64]]:
        """Other ways in which a site may stand, as int64[o, T] of all sites."""
        problem, stands = self._model.problem, self._model.standing_of(self.whole)
        own = np.flatnonzero(problem.options.site == site)
        now, current = stands[own], int(problem.sites.current[site])
        ways = [np.zeros_like(now)]
        if current >= 0:
            ways.append(np.repeat((own == current)[:, None], now.shape[1], axis=1).astype(np.int64))
        for option in np.flatnonzero(now.any(axis=1) & (own != current)).tolist():
            later = now.copy()
            first = int(np.argmax(now[option]))
            later[:, first] = now[:, first - 1] if first else (own == current)
            ways.append(later)
            for other in np.flatnonzero(own != current).tolist():
                if other != option:
                    way = now.copy()
                    way[other], way[option] = now[option], 0
                    ways.append(way)
        for way in ways:
            changed = stands.copy()
            changed[own] = way
            yield changed

    def take(self, stands: NDArray[np.int64]) -> bool:
        """Stand like this if it is cheaper and nothing is lost; False where it is not."""
        model = self._model
        if np.any((stands > 0) & (model.stands < 0)):
            return False
        point = model.follow(stands)
        if point is None or model.cost.at(point) >= model.cost.at(self.whole):
            return False
        for columns in (model.quotas.given, model.assignment.columns):
            point[columns] = self.whole[columns]
        if self._values_count and model.value.at(point) < self._value:
            return False
        if self._shares and self._shares_at(point) < self._shares:
            return False
        if not self._holds(point, self._without_flow) or not model.fill_flows(point):
            return False
        if not self._holds(point, slice(None)) or not model.carries(point):
            return False
        self.whole = point
        return True

    def _holds(self, point: NDArray[np.int64], rows: NDArray[np.bool_] | slice) -> bool:
        if np.any(point < self._lower) or np.any(point > self._upper):
            return False
        activity = self._matrix @ point
        return bool(np.all((activity >= self._low)[rows] & (activity <= self._high)[rows]))

    def _shares_at(self, point: NDArray[np.int64]) -> list[int]:
        if self._model.request.objective is not PlanObjective.MAX_MIN:
            return []
        return sorted(each.at(point) for each in self._model.shares)
