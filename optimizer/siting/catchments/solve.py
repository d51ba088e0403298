"""Solve catchments: what cannot be, a good start, the best balance, then the least travel."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from base.faults import Fault
from optimizer.codes import FIXED_UNREACHABLE, HOME_NOT_ALLOWED, UNITS_WITHOUT_STATION
from optimizer.result import SolveResult, Status, StopReason, versions_of
from optimizer.siting.catchments.model import DivisionModel
from optimizer.siting.catchments.problem import CatchmentAnswer, CatchmentProblem, CatchmentRequest
from optimizer.siting.catchments.start import Division, division_of, grow, improve, mend, pieces
from optimizer.siting.engine import Reporter
from optimizer.siting.highs import OutcomeStatus, run, safe_bound
from optimizer.stop import ProgressCallback, Stop, StopClock

__all__ = ["possible_pairs", "solve_catchments"]

_MOVES = 1500
_MENDING_MOVES = 150
_RELAXED_ROUNDS = 12
_FIRST_SLICE_S = 5.0
"""An early look at a solution that is not the best yet shows cuts that the best one needs too."""
_START_SHARE = 0.25
_BALANCE_SHARE = 0.5
_SHOWN = 10


@dataclass
class _Stage:
    """What a stage of solving hands on."""

    best: Division | None
    bound: int
    proved: bool = False
    infeasible: bool = False
    reason: StopReason = StopReason.FINISHED


def solve_catchments(
    problem: CatchmentProblem,
    request: CatchmentRequest | None = None,
    *,
    stop: Stop | None = None,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> CatchmentAnswer:
    """Divide the units among the stations.

    Region growing and a tabu search give a start (:mod:`optimizer.siting.catchments.start`); an
    integer program with cuts between solves (:mod:`optimizer.siting.catchments.model`) improves
    it and proves the bounds. The balance is solved on its own only where the start exceeds the
    tolerance.

    Args:
        problem: units, adjacency, stations.
        request: the tolerance; None for its default.
        stop: when to stop; its iterations are tabu moves and branch-and-bound nodes of a solve.
        seed: HiGHS' random seed.
        progress: hears of travel and bound.
    """
    request = request or CatchmentRequest()
    clock = (stop or Stop()).start()
    possible, reasons = possible_pairs(problem)
    if reasons:
        return _without(Status.INFEASIBLE, StopReason.FINISHED, clock, seed, 0, reasons)
    if problem.n_units == 0:
        empty = np.zeros(0, dtype=np.int32)
        whole = division_of(problem, empty)
        return _answer(request, _Stage(whole, 0, True), whole.deviation, True, clock, seed)
    tolerance = request.tolerance_ppm
    best = _start(problem, possible, tolerance, clock)
    least, balanced = tolerance, True
    if best is None or best.deviation > tolerance:
        stage = _balance(problem, possible, tolerance, best, clock, seed)
        best, least = stage.best, stage.bound
        if best is None:
            status = Status.INFEASIBLE if stage.infeasible else Status.NO_SOLUTION
            return _without(status, stage.reason, clock, seed, least, ())
        balanced = max(best.deviation, tolerance) <= least
    allowed = max(best.deviation, tolerance)
    reporter = Reporter("catchments", clock, progress)
    stage = _travel(problem, possible, allowed, best, clock, seed, reporter)
    return _answer(request, stage, least, balanced, clock, seed)


def possible_pairs(
    problem: CatchmentProblem,
) -> tuple[NDArray[np.bool_], tuple[Fault, ...]]:
    """Pairs of unit and station that a contiguous division can hold, and what rules out all.

    A pair can be where it is allowed, no other station binds the unit, and, with a home, a chain
    of such units leads there.

    Returns:
        bool[u, k] and the faults: homes that may not be served, bound units cut off from their
        station, units that no station can have.
    """
    bound = problem.bound_to
    possible = problem.travel_cost >= 0
    rows = np.flatnonzero(bound >= 0)
    others = np.ones((rows.size, problem.n_stations), dtype=bool)
    others[np.arange(rows.size), bound[rows]] = False
    possible[rows] &= ~others
    faults: list[Fault] = []
    for station, home in enumerate(problem.station_home.tolist()):
        if home < 0:
            continue
        if not possible[home, station]:
            faults.append(HOME_NOT_ALLOWED(station=station, unit=home))
            possible[:, station] = False
            continue
        parts = pieces(problem, np.flatnonzero(possible[:, station]))
        mine = next(part for part in parts if home in part)
        possible[:, station] = False
        possible[mine, station] = True
    for unit in np.flatnonzero(problem.unit_station >= 0).tolist():
        station = int(problem.unit_station[unit])
        if not possible[unit, station]:
            faults.append(FIXED_UNREACHABLE(unit=unit, station=station))
    lost = np.flatnonzero(~possible.any(axis=1) & (bound < 0))
    if lost.size:
        shown = ", ".join(map(str, lost[:_SHOWN])) + (" ..." if lost.size > _SHOWN else "")
        faults.append(UNITS_WITHOUT_STATION(count=int(lost.size), units=shown))
    return possible, tuple(faults)


def _start(
    problem: CatchmentProblem, possible: NDArray[np.bool_], tolerance: int, clock: StopClock
) -> Division | None:
    grown = grow(problem, possible)
    if grown is None:
        return None
    share = None if clock.rule.seconds is None else clock.rule.seconds * _START_SHARE
    short = Stop(share, clock.rule.iterations, clock.rule.cancelled).start()
    moves = _moves(clock, _MOVES)
    best = improve(problem, possible, division_of(problem, grown), tolerance, moves, short)
    # What the tolerance does not let be is looked for between it and what was found.
    low = tolerance
    while best.deviation > tolerance and best.deviation - low > max(1, best.deviation // 50):
        aim = (low + best.deviation) // 2
        found = improve(problem, possible, best, aim, moves // 4, short)
        if found.deviation >= best.deviation:
            low = aim
        else:
            best = found
        if short.reason() is not None:
            break
    return best


def _moves(clock: StopClock, usual: int) -> int:
    limit = clock.rule.iterations
    return usual if limit is None else min(usual, limit)


def _balance(
    problem: CatchmentProblem,
    possible: NDArray[np.bool_],
    tolerance: int,
    best: Division | None,
    clock: StopClock,
    seed: int,
) -> _Stage:
    """Least deviation beyond the tolerance; ``bound`` is of ``max(deviation, tolerance)``."""
    model = DivisionModel(problem, possible, ppm=None, least_ppm=tolerance)
    stage = _Stage(best, tolerance)
    end = None if clock.rule.seconds is None else clock.remaining * _BALANCE_SHARE + clock.elapsed
    while True:
        seconds = None if end is None else max(0.0, end - clock.elapsed)
        start = _start_values(model, stage.best)
        outcome = run(model.model(), clock, seed=seed, start=start, seconds=seconds)
        if outcome.status is OutcomeStatus.INFEASIBLE:
            stage.infeasible = stage.best is None
            return stage
        if outcome.bound is not None:
            stage.bound = max(stage.bound, safe_bound(outcome.bound))
        stage.reason = outcome.stop_reason
        if not _take(problem, possible, model, outcome.values, stage, tolerance, clock):
            return stage
        if stage.best is not None and stage.best.deviation <= max(stage.bound, tolerance):
            stage.proved = True
            return stage
        if outcome.status is OutcomeStatus.STOPPED or (end is not None and clock.elapsed >= end):
            return stage


def _travel(
    problem: CatchmentProblem,
    possible: NDArray[np.bool_],
    allowed: int,
    best: Division,
    clock: StopClock,
    seed: int,
    reporter: Reporter,
) -> _Stage:
    """Least travel within a deviation that ``best`` keeps."""
    model = DivisionModel(problem, possible, ppm=allowed)
    unit = model.unit_of_objective
    stage = _Stage(best, 0)
    _cut_relaxation(model, clock)
    timed = clock.rule.seconds is not None
    slice_s = _FIRST_SLICE_S
    while True:
        assert stage.best is not None
        start = _start_values(model, stage.best)
        seconds = slice_s if timed else None
        outcome = run(model.model(), clock, seed=seed, start=start, seconds=seconds)
        if outcome.status is OutcomeStatus.INFEASIBLE:
            raise RuntimeError("the model has lost a division that it must hold")
        if outcome.bound is not None:
            stage.bound = max(stage.bound, unit * safe_bound(outcome.bound))
        stage.reason = outcome.stop_reason
        more = _take(problem, possible, model, outcome.values, stage, allowed, clock)
        reporter.tell(stage.best.travel, stage.bound)
        if stage.bound >= stage.best.travel:
            stage.proved, stage.reason = True, StopReason.FINISHED
            return stage
        if outcome.status is OutcomeStatus.STOPPED:
            if clock.reason() is not None or not timed or stage.reason is not StopReason.TIME:
                return stage
            slice_s *= 2  # the slice ended, not the solve
        elif not more:
            return stage


def _cut_relaxation(model: DivisionModel, clock: StopClock) -> None:
    """Cuts from the linear relaxation, a few rounds of them: they cost little and bind early."""
    for _ in range(_RELAXED_ROUNDS):
        outcome = run(dataclasses.replace(model.model(), integer=None), clock)
        if outcome.values is None or not model.cut_off_relaxed(outcome.values):
            return


def _start_values(model: DivisionModel, best: Division | None) -> NDArray[np.float64] | None:
    return None if best is None else model.values_of(best.unit_station, best.deviation)


def _take(
    problem: CatchmentProblem,
    possible: NDArray[np.bool_],
    model: DivisionModel,
    values: NDArray[np.float64] | None,
    stage: _Stage,
    tolerance: int,
    clock: StopClock,
) -> bool:
    """Take a solution in, mended where it is in several pieces; whether to solve again."""
    if values is None:
        return False
    given = model.division(values)
    cuts = model.cut_off(given)
    if cuts:
        mended = mend(problem, possible, given)
        if mended is None:
            return True
        moves = _moves(clock, _MENDING_MOVES)
        found = improve(problem, possible, division_of(problem, mended), tolerance, moves, clock)
    else:
        found = division_of(problem, given)
    if found.better_than(stage.best, tolerance):
        stage.best = found
    return cuts > 0


def _answer(
    request: CatchmentRequest,
    stage: _Stage,
    least: int,
    balanced: bool,
    clock: StopClock,
    seed: int,
) -> CatchmentAnswer:
    best = stage.best
    assert best is not None
    proved = stage.proved and balanced
    reason = stage.reason if proved or stage.reason is not StopReason.FINISHED else None
    result = SolveResult(
        status=Status.OPTIMAL if proved else Status.FEASIBLE,
        stop_reason=StopReason.FINISHED if proved else (reason or StopReason.TIME),
        objective=best.travel,
        bound=min(stage.bound, best.travel),
        seconds=clock.elapsed,
        seed=seed,
        solver="highs",
        parts={"travel": best.travel},
        versions=versions_of("highspy"),
    )
    deviation_bound = min(max(best.deviation, request.tolerance_ppm), least)
    return CatchmentAnswer(best.unit_station, best.deviation, deviation_bound, result)


def _without(
    status: Status,
    reason: StopReason,
    clock: StopClock,
    seed: int,
    least: int,
    reasons: tuple[Fault, ...],
) -> CatchmentAnswer:
    result = SolveResult(
        status=status,
        stop_reason=reason,
        objective=None,
        bound=None,
        seconds=clock.elapsed,
        seed=seed,
        solver="highs",
        versions=versions_of("highspy"),
    )
    return CatchmentAnswer(np.zeros(0, dtype=np.int32), None, least, result, reasons)
