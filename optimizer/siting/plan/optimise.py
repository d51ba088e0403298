"""Runs a plan's model: one objective, whole numbers only, an honest bound.

HiGHS answers in floats with tolerances. Its point is rounded, completed and checked in integers;
where that fails (a limit kept only within the tolerance, units split into fractions) assignments
are solved again with the standing options fixed and whole units, and a choice of standing options
that proves impossible is cut off before the search goes on. Bounds come from the relaxations and
hold in any case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.engine import Reporter
from optimizer.siting.highs import OutcomeStatus, run, safe_bound
from optimizer.siting.plan.model.program import INFINITE, Linear, Program
from optimizer.siting.plan.model.root_cuts import add_root_cuts
from optimizer.siting.plan.model.whole import PlanModel
from optimizer.siting.plan.start import narrowed
from optimizer.stop import StopClock

__all__ = ["Found", "Goal", "optimise", "settle"]

_MOST_CUTS = 500
_ROOT_PART = 0.3
"""Part of the time that the relaxation's cuts may take."""
_START_PART = 0.15
"""Part of the time left that one try at a first plan may take."""
_START_ROUNDS = 6
_CUT_ROUNDS = 5
"""So many searches end at points that break transport cuts; then flow columns come in."""
_MOST_DIRECT = 2_000
"""Up to so many columns the search needs no first plan."""


@dataclass(frozen=True)
class Goal:
    """An objective: an expression, and whether more of it is better."""

    line: Linear
    maximise: bool

    def better(self, one: int, other: int) -> bool:
        """Whether ``one`` is better than ``other``."""
        return one > other if self.maximise else one < other

    def limit(self, program: Program) -> int:
        """The bound that the columns' own bounds give: honest, however early a search ends."""
        rate = np.zeros(program.n_columns, dtype=np.int64)
        np.add.at(rate, self.line.column, self.line.coefficient)
        lower, upper = program.bounds()
        best = np.where((rate > 0) == self.maximise, upper, lower)
        return self.line.constant + int(np.dot(rate, best))

    def bound(self, told: float) -> int:
        """The bound in the objective's units of what HiGHS told of the scaled minimisation."""
        steps = safe_bound(told) * self.line.unit()
        return self.line.constant + (-steps if self.maximise else steps)


@dataclass(frozen=True)
class Found:
    """What came of a search.

    Attributes:
        whole: int64[c], a point that keeps all rows, None where none was found.
        value: its objective.
        bound: proved bound on the objective, None without one.
        infeasible: proved that there is no point.
        reason: why the search stopped.
    """

    whole: NDArray[np.int64] | None
    value: int | None
    bound: int | None
    infeasible: bool
    reason: StopReason

    @property
    def proved(self) -> bool:
        """Whether the point is proved to be best."""
        return self.whole is not None and self.value == self.bound


def optimise(
    model: PlanModel,
    goal: Goal,
    clock: StopClock,
    *,
    seed: int,
    reporter: Reporter | None = None,
    start: NDArray[np.int64] | None = None,
    seconds: float | None = None,
) -> Found:
    """Search for the best point of a model.

    Args:
        model: the model.
        goal: the objective.
        clock: the stop rule.
        seed: HiGHS' seed.
        reporter: told of incumbents and bounds.
        start: int64[c], a point that keeps all rows.
        seconds: a limit for this search alone.
    """
    if model.program.impossible:
        return Found(None, None, None, True, StopReason.FINISHED)
    search = _Search(model, goal, clock, seed, reporter, start)
    ends = clock.elapsed + (float("inf") if seconds is None else seconds)
    if search.is_proved:
        return search.found(StopReason.FINISHED)
    search.prepare(ends)
    reason = search.look(ends)
    while reason is None:
        reason = search.look(ends)
    return search.found(reason)


class _Search:
    """Repeated runs of a model that grows by whole columns and by cuts."""

    def __init__(
        self,
        model: PlanModel,
        goal: Goal,
        clock: StopClock,
        seed: int,
        reporter: Reporter | None,
        start: NDArray[np.int64] | None,
    ) -> None:
        self._model = replace(model, program=model.program.copy())
        self._goal, self._clock, self._seed, self._reporter = goal, clock, seed, reporter
        self._best = start
        self._bound: int | None = goal.limit(self._model.program)
        self._infeasible = False
        self._grown, self._rounds = False, 0
        self._whole = model.assignment.split.size == 0

    def prepare(self, ends: float) -> None:
        """Cut the relaxation down before branching."""
        self._tell(None, None)
        goal, left = self._goal, max(0.0, min(ends - self._clock.elapsed, self._clock.remaining))
        point = add_root_cuts(
            self._model,
            goal.line,
            self._clock,
            maximise=goal.maximise,
            seed=self._seed,
            seconds=_ROOT_PART * left,
        )
        if point is not None and self._model.program.n_columns > _MOST_DIRECT:
            self._start_near(point, ends)

    def _start_near(self, point: NDArray[np.float64], ends: float) -> None:
        """Look for a first plan near a point of the relaxation, until its units can be carried."""
        width, is_near = 0, False
        for _ in range(_START_ROUNDS):
            left = max(0.0, min(ends - self._clock.elapsed, self._clock.remaining))
            program = narrowed(self._model, point, width)
            outcome = run(
                program.model(self._goal.line, maximise=self._goal.maximise),
                self._clock,
                seed=self._seed,
                seconds=_START_PART * left,
            )
            self._grown = False
            if outcome.values is not None:
                self._take(outcome.values, ends)
                self._tell(None, None)
                is_near = True
            elif not is_near and width == 0:
                width = 1
                continue
            if not self._grown:
                return
        if not is_near:
            self._start_with_flows(point, ends)

    def _start_with_flows(self, point: NDArray[np.float64], ends: float) -> None:
        """Look once more near the point, with flow columns in place of cuts for this run alone."""
        model = replace(self._model, program=self._model.program.copy())
        for each in model.transports:
            each.add_flows(model.program)
        left = max(0.0, min(ends - self._clock.elapsed, self._clock.remaining))
        outcome = run(
            narrowed(model, point, 0).model(self._goal.line, maximise=self._goal.maximise),
            self._clock,
            seed=self._seed,
            seconds=2 * _START_PART * left,
        )
        if outcome.values is not None:
            self._take(outcome.values[: self._model.program.n_columns], ends)
            self._tell(None, None)

    def look(self, ends: float) -> StopReason | None:
        """One run; None where another one may find more."""
        program, goal = self._model.program, self._goal
        outcome = run(
            program.model(goal.line, maximise=goal.maximise),
            self._clock,
            seed=self._seed,
            start=None if self._best is None else self._best.astype(np.float64),
            watch=self._tell,
            seconds=max(0.0, ends - self._clock.elapsed),
        )
        if outcome.bound is not None:
            self._take_bound(goal.bound(outcome.bound))
        if outcome.status is OutcomeStatus.INFEASIBLE:
            if self._best is None:
                self._infeasible = True
            else:
                # All that is better has been cut off.
                self._take_bound(self._value())
            return StopReason.FINISHED
        finished = outcome.status is OutcomeStatus.SOLVED
        self._grown = False
        if outcome.values is not None:
            self._take(outcome.values, ends)
        if self.is_proved or not finished:
            return StopReason.FINISHED if self.is_proved else outcome.stop_reason
        if self._grown:
            self._rounds += 1
            if self._rounds == _CUT_ROUNDS:
                self._add_flows()
            return self._clock.reason()
        if self._whole:
            return StopReason.FINISHED
        # The relaxation of units is solved: from here on they are whole.
        self._make_whole()
        return self._clock.reason()

    def found(self, reason: StopReason) -> Found:
        """What the search has come to."""
        value = None if self._best is None else self._value()
        bound = self._bound
        return Found(self._best, value, bound, self._infeasible, reason)

    def _value(self) -> int:
        assert self._best is not None
        return self._goal.line.at(self._best)

    @property
    def is_proved(self) -> bool:
        """Whether the best point meets the bound."""
        return self._best is not None and self._value() == self._bound

    def _take_bound(self, bound: int) -> None:
        if self._bound is None or self._goal.better(self._bound, bound):
            self._bound = bound
        if self._best is not None and self._goal.better(self._value(), self._bound):
            self._bound = self._value()

    def _take(self, values: NDArray[np.float64], ends: float) -> None:
        """Keep a point if it is better; cut off what proves impossible about it."""
        whole = self._model.whole(values)
        if whole is None:
            fixed = self._model.standing_of(values)
            self._cut(values, fixed)
            seconds = max(0.0, ends - self._clock.elapsed)
            found = settle(self._model, self._goal, fixed, self._clock, self._seed, seconds)
            if found.infeasible and not self._grown:
                self._cut_off(fixed)
            if found.whole is None:
                return
            whole = found.whole
        if self._best is None or self._goal.better(self._goal.line.at(whole), self._value()):
            self._best = whole
        if self._bound is not None:
            self._take_bound(self._bound)

    def _cut(self, values: NDArray[np.float64], stands: NDArray[np.int64]) -> None:
        """Transport cuts that the point breaks once its options are rounded."""
        point, there = values.copy(), self._model.stands >= 0
        point[self._model.stands[there]] = stands[there]
        for cut in self._model.broken_cuts(point, _MOST_CUTS):
            cut.add_to(self._model.program)
            self._grown = True

    def _cut_off(self, stands: NDArray[np.int64]) -> None:
        """At least one option-year differs from these."""
        there = self._model.stands >= 0
        columns, shown = self._model.stands[there], stands[there]
        line = Linear.of(columns, np.where(shown > 0, -1, 1), int(shown.sum()))
        self._model.program.require(line, 1, INFINITE)
        self._grown = True

    def _add_flows(self) -> None:
        """Give all networks flow columns: their cuts alone do not finish the search."""
        known = {id(network) for network, _ in self._model.flows}
        more = [each for each in self._model.transports if id(each) not in known]
        flows = tuple((each, each.add_flows(self._model.program)) for each in more)
        self._model = replace(self._model, flows=(*self._model.flows, *flows))
        if self._best is not None:
            wider = np.zeros(self._model.program.n_columns, dtype=np.int64)
            wider[: self._best.size] = self._best
            self._model.fill_flows(wider)
            self._best = wider

    def _make_whole(self) -> None:
        self._model.program.make_integer(self._model.assignment.split)
        self._whole = True

    def _tell(self, incumbent: float | None, bound: float | None) -> None:
        if self._reporter is None:
            return
        value = None if self._best is None else self._value()
        limit = self._bound
        if bound is not None:
            told = self._goal.bound(bound)
            limit = told if limit is None or self._goal.better(limit, told) else limit
        self._reporter.tell(value, limit)


def settle(
    model: PlanModel,
    goal: Goal,
    stands: NDArray[np.int64],
    clock: StopClock,
    seed: int,
    seconds: float,
) -> Found:
    """The best point with these standing options, int64[o, T], in whole units throughout."""
    program = model.program.copy()
    program.fix(model.stands, stands)
    program.make_integer(np.concatenate([model.assignment.goes.ravel(), model.assignment.split]))
    _add_flows(program, model, stands)
    if program.impossible:
        return Found(None, None, None, True, StopReason.FINISHED)
    outcome = run(
        program.model(goal.line, maximise=goal.maximise), clock, seed=seed, seconds=seconds
    )
    if outcome.status is OutcomeStatus.INFEASIBLE:
        return Found(None, None, None, True, StopReason.FINISHED)
    bound = None if outcome.bound is None else goal.bound(outcome.bound)
    whole = None if outcome.values is None else model.whole(outcome.values)
    value = None if whole is None else goal.line.at(whole)
    return Found(whole, value, bound, False, outcome.stop_reason)


def _add_flows(program: Program, model: PlanModel, stands: NDArray[np.int64]) -> None:
    """Flow columns between pooled classes and the places that stand open."""
    point = np.zeros(model.program.n_columns, dtype=np.int64)
    there = model.stands >= 0
    point[model.stands[there]] = stands[there]
    for pool in model.assignment.pools:
        for year in range(stands.shape[1]):
            room = pool.rooms(point, year)
            open_links = room[pool.sink] > 0
            flows = program.add_columns(open_links, upper=pool.most[pool.supplier])
            carried = np.arange(pool.most.size)
            program.add_rows(
                np.concatenate([pool.supplier, pool.part]),
                np.concatenate([flows, pool.part_column[:, year]]),
                np.repeat([-1, 1], [flows.size, pool.part.size]),
                np.zeros(carried.size, dtype=np.int64),
                np.zeros(carried.size, dtype=np.int64),
            )
            program.add_rows(pool.sink, flows, 1, np.full(room.size, -INFINITE), room)
