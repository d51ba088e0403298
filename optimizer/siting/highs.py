"""A thin runner for HiGHS: arrays in, values and a proved bound out.

HiGHS runs in a thread of its own. The caller's thread watches the clock, asks ``cancelled`` and
tells progress, so that no user code ever runs inside the solver; a solver that does not notice
a stop at once (it may be deep in a linear program) is left behind with its own time limit, and
what it has told so far stands. HiGHS always gets one thread: the same model, seed and node limit
then give the same answer.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.stop import StopClock

__all__ = ["Model", "Outcome", "OutcomeStatus", "Told", "as_lp", "run", "safe_bound"]

_POLL_SECONDS = 0.02
_GRACE_SECONDS = 0.5
_EXIT_GRACE_SECONDS = 2.0

# HiGHS computes in doubles with tolerances near 1e-7: a bound is trusted to this absolute and
# relative error and is weakened by it before it is rounded to an integer.
_ABSOLUTE_ERROR = 1e-4
_RELATIVE_ERROR = 1e-9

_THREAD_NAME = "highs"
_CALLBACKS = (
    highspy.cb.HighsCallbackType.kCallbackMipInterrupt,
    highspy.cb.HighsCallbackType.kCallbackMipImprovingSolution,
    highspy.cb.HighsCallbackType.kCallbackSimplexInterrupt,
)

Watch = Callable[[float | None, float | None], None]


@dataclass(frozen=True)
class Model:
    """A linear or mixed-integer program, always minimised.

    Attributes:
        cost: float64[c], objective coefficients.
        lower: float64[c], lower bounds of the columns.
        upper: float64[c], upper bounds of the columns.
        integer: bool[c], integer columns; None for a linear program.
        row_lower: float64[r], lower bounds of the rows.
        row_upper: float64[r], upper bounds of the rows.
        indptr: int32[r + 1], CSR rows of the constraint matrix.
        index: int32[z], columns of the matrix entries.
        value: float64[z], the matrix entries.
        offset: constant added to the objective.
        integral: every answer's objective is an integer, so that a gap below one unit proves it.
    """

    cost: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: NDArray[np.bool_] | None
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    indptr: NDArray[np.int32]
    index: NDArray[np.int32]
    value: NDArray[np.float64]
    offset: float = 0.0
    integral: bool = True


class OutcomeStatus(StrEnum):
    """What HiGHS knows when it returns."""

    SOLVED = "solved"
    """The model is solved to the end: the values are best within the tolerances."""
    INFEASIBLE = "infeasible"
    STOPPED = "stopped"
    """A limit or the user stopped it; values and bound may or may not exist."""


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Attributes:
        status: what HiGHS knows.
        stop_reason: why it stopped.
        values: float64[c], the best values found, None without any.
        bound: HiGHS' dual bound on the minimum as it told it (see :func:`safe_bound`), None
            without one.
        row_dual: float64[r], dual values of a solved linear program.
    """

    status: OutcomeStatus
    stop_reason: StopReason
    values: NDArray[np.float64] | None
    bound: float | None
    row_dual: NDArray[np.float64] | None = None


def safe_bound(bound: float) -> int:
    """The least integer that a minimum with this float dual bound can still be.

    The bound is first lowered by what double arithmetic may have cost it.
    """
    slack = _ABSOLUTE_ERROR + _RELATIVE_ERROR * abs(bound)
    return int(np.ceil(bound - slack))


def run(
    model: Model,
    clock: StopClock,
    *,
    seed: int = 0,
    start: NDArray[np.float64] | None = None,
    watch: Watch | None = None,
    good_enough: float | None = None,
    bound_enough: int | None = None,
    seconds: float | None = None,
) -> Outcome:
    """Minimise a model.

    Args:
        model: the program.
        clock: the stop rule; its iterations are branch-and-bound nodes.
        seed: HiGHS' random seed.
        start: float64[c], a feasible point to start from.
        watch: called from this thread with (incumbent objective, dual bound) while HiGHS runs.
        good_enough: stop at the first answer whose objective is not above this value.
        bound_enough: stop as soon as :func:`safe_bound` of the dual bound is not below this value.
        seconds: a limit for this run alone, beside the clock's own.

    Returns:
        Values, bound and why the run ended.

    Raises:
        RuntimeError: HiGHS refused the model (a defect here, never the user's input).
    """
    reason = clock.reason()
    if reason is not None:
        return Outcome(OutcomeStatus.STOPPED, reason, None, None)
    solver, limit = _prepare(model, clock, seed, good_enough, seconds)
    if start is not None and model.integer is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start
        solver.setSolution(solution)
    told = Told(bound_enough)
    if model.integer is not None:
        solver.cbMipInterrupt += told.on_interrupt
        solver.cbMipImprovingSolution += told.on_solution
    else:
        solver.cbSimplexInterrupt += told.on_interrupt
    reason = _run_watched(solver, told, clock, watch, limit)
    if told.is_bound_enough:
        reason = StopReason.FINISHED
    if told.finished:
        return _read(solver, model, clock, reason)
    bound = told.bound if model.integer is not None else None
    return Outcome(OutcomeStatus.STOPPED, reason or StopReason.TIME, told.values, bound)


class Told:
    """What the solver's thread has told, and the flag that asks it to stop."""

    def __init__(self, bound_enough: int | None = None) -> None:
        self.stop = False
        self._bound_enough = bound_enough
        self.finished = False
        self.incumbent: float | None = None
        self.bound: float | None = None
        self.values: NDArray[np.float64] | None = None

    @property
    def is_bound_enough(self) -> bool:
        """Whether the bound has reached the value that the caller asked for."""
        wanted, bound = self._bound_enough, self.bound
        return wanted is not None and bound is not None and safe_bound(bound) >= wanted

    def on_interrupt(self, event: Any) -> None:
        """HiGHS asks whether to stop."""
        self._take_bound(event)
        if self.stop or self.is_bound_enough:
            event.interrupt()

    def on_solution(self, event: Any) -> None:
        """HiGHS has found a better answer."""
        values = np.array(event.data_out.mip_solution, dtype=np.float64)
        self.values, self.incumbent = values, float(event.data_out.objective_function_value)
        self._take_bound(event)

    def _take_bound(self, event: Any) -> None:
        bound = float(event.data_out.mip_dual_bound)
        if np.isfinite(bound) and abs(bound) < highspy.kHighsInf:
            self.bound = bound


def _prepare(
    model: Model,
    clock: StopClock,
    seed: int,
    good_enough: float | None,
    seconds: float | None,
) -> tuple[Any, float]:
    solver = highspy.Highs()
    limit = min(clock.remaining, float("inf") if seconds is None else seconds)
    options: dict[str, Any] = {
        "output_flag": False,
        "threads": 1,
        "random_seed": seed % 2**31,
        "mip_rel_gap": 0.0,
        # An integral objective is proved as soon as less than a unit is left.
        "mip_abs_gap": 0.5 if model.integral else 1e-6,
        "time_limit": limit,
    }
    if clock.rule.iterations is not None:
        options["mip_max_nodes"] = clock.rule.iterations
    if good_enough is not None:
        options["objective_target"] = good_enough
    for name, value in options.items():
        if solver.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise RuntimeError(f"HiGHS refuses the option {name} = {value}")
    if solver.passModel(as_lp(model)) == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS refuses the model")
    return solver, limit


def as_lp(model: Model) -> Any:
    """The model as HiGHS takes it."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = model.cost.size, model.row_lower.size
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.offset_ = model.offset
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = model.cost.size, model.row_lower.size
    lp.a_matrix_.start_, lp.a_matrix_.index_ = model.indptr, model.index
    lp.a_matrix_.value_ = model.value
    if model.integer is not None:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[flag] for flag in model.integer.tolist()]
    return lp


def _run_watched(
    solver: Any, told: Told, clock: StopClock, watch: Watch | None, limit: float
) -> StopReason | None:
    done = threading.Event()

    def work() -> None:
        try:
            solver.run()
        finally:
            done.set()

    thread = threading.Thread(target=work, name=_THREAD_NAME, daemon=True)
    began = clock.elapsed
    thread.start()
    reason: StopReason | None = None
    while reason is None and not done.wait(_POLL_SECONDS):
        reason = clock.reason()
        if reason is None and clock.elapsed - began >= limit:
            reason = StopReason.TIME
        if watch is not None:
            watch(told.incumbent, told.bound)
    told.stop = reason is not None
    told.finished = done.wait(_GRACE_SECONDS) if told.stop else True
    if not told.finished:
        _left_behind[:] = [pair for pair in _left_behind if pair[0].is_alive()]
        _left_behind.append((thread, solver))
    return reason


_left_behind: list[tuple[threading.Thread, Any]] = []


@atexit.register
def _hush_left_behind() -> None:
    """Let no solver call into an interpreter that is going down: the process would abort."""
    began = time.perf_counter()
    for thread, _ in _left_behind:
        thread.join(max(0.0, began + _EXIT_GRACE_SECONDS - time.perf_counter()))
    for thread, solver in _left_behind:
        if thread.is_alive():
            for kind in _CALLBACKS:
                solver.stopCallback(kind)


_SOLVED = "kOptimal"
_LIMITS = {
    "kTimeLimit": StopReason.TIME,
    "kSolutionLimit": StopReason.ITERATIONS,
    "kIterationLimit": StopReason.ITERATIONS,
    "kObjectiveTarget": StopReason.FINISHED,
    "kObjectiveBound": StopReason.FINISHED,
    "kInterrupt": StopReason.USER,
}


def _read(solver: Any, model: Model, clock: StopClock, reason: StopReason | None) -> Outcome:
    name = solver.getModelStatus().name
    if name == "kInfeasible":
        return Outcome(OutcomeStatus.INFEASIBLE, StopReason.FINISHED, None, None)
    if name == "kModelEmpty":
        return Outcome(OutcomeStatus.SOLVED, StopReason.FINISHED, np.zeros(0), model.offset)
    if name != _SOLVED and name not in _LIMITS:
        raise RuntimeError(f"HiGHS ended with {name}")
    info, solution = solver.getInfo(), solver.getSolution()
    has_point = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.array(solution.col_value, dtype=np.float64) if has_point else None
    solved = name == _SOLVED
    if model.integer is not None:
        bound = float(info.mip_dual_bound)
    else:
        bound = float(info.objective_function_value) if solved else -np.inf
    row_dual = np.array(solution.row_dual) if model.integer is None and solved else None
    return Outcome(
        OutcomeStatus.SOLVED if solved else OutcomeStatus.STOPPED,
        StopReason.FINISHED if solved else (reason or _LIMITS[name]),
        values,
        bound if np.isfinite(bound) else None,
        row_dual,
    )
