"""Siting peers: the classical models, built from arrays, in HiGHS and CP-SAT, and spopt's.

The median and centre models are Hakimi's as integer programs (ReVelle and Swain 1970): an
assignment per pair, ``x_ij <= y_j``. The cover model is Church and ReVelle's (1974). Only the
site variables are integer; the others become so by themselves. Building the model counts as
solving, for every solver alike.
"""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from benchmarks.suite import Limits, NotExpressible, Outcome
from benchmarks.suites.siting import Objective, site_list

__all__ = [
    "PACKAGES",
    "cpsat_cover",
    "highs_cover",
    "highs_matrix",
    "spopt_cover",
    "spopt_matrix",
]

PACKAGES = {"highs": ("highspy",), "cpsat": ("ortools",), "spopt": ("spopt", "PuLP")}
_DENSE_LIMIT = 60_000_000
"""Entries of the dense site-customer matrix that spopt's models start from."""

Kind = Literal["median", "center"]


@dataclass(frozen=True)
class _Program:
    """min (or max) cost x, row_lower <= A x <= row_upper; the first columns are the sites."""

    cost: NDArray[np.float64]
    upper: NDArray[np.float64]
    matrix: csr_array[Any]
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    sites: int
    maximise: bool


def highs_matrix(
    kind: Kind, distance: NDArray[np.int64], p: int, limits: Limits, objective: Objective
) -> Outcome:
    """p-median or p-center of an n x n matrix with plain HiGHS."""
    importlib.import_module("highspy")  # not on the clock
    started = time.perf_counter()
    program = _median_program(distance, p) if kind == "median" else _center_program(distance, p)
    return _run_highs(program, started, limits, objective)


def highs_cover(
    indptr: NDArray[np.int64],
    covered: NDArray[np.int32],
    weight: NDArray[np.int64],
    p: int,
    limits: Limits,
    objective: Objective,
    *,
    built: float = 0.0,
) -> Outcome:
    """Maximal covering with plain HiGHS; ``built`` as for our own solver."""
    importlib.import_module("highspy")  # not on the clock
    started = time.perf_counter() - built
    m, n = indptr.size - 1, weight.size
    site = np.repeat(np.arange(m), np.diff(indptr))
    ones = np.ones(covered.size)
    rows = np.concatenate([covered, np.arange(n), np.full(m, n)])
    columns = np.concatenate([site, m + np.arange(n), np.arange(m)])
    values = np.concatenate([ones, np.full(n, -1.0), np.ones(m)])
    program = _Program(
        cost=np.concatenate([np.zeros(m), weight.astype(np.float64)]),
        upper=np.ones(m + n),
        matrix=_csr(rows, columns, values, (n + 1, m + n)),
        row_lower=np.concatenate([np.zeros(n), [0.0]]),
        row_upper=np.concatenate([np.full(n, np.inf), [float(p)]]),
        sites=m,
        maximise=True,
    )
    return _run_highs(program, started, limits, objective)


def _median_program(distance: NDArray[np.int64], p: int) -> _Program:
    n = distance.shape[0]
    pair = np.arange(n * n)
    row, site = pair // n, pair % n
    rows = np.concatenate([row, n + pair, n + pair, np.full(n, n + n * n)])
    columns = np.concatenate([n + pair, n + pair, site, np.arange(n)])
    values = np.concatenate([np.ones(2 * n * n), np.full(n * n, -1.0), np.ones(n)])
    return _Program(
        cost=np.concatenate([np.zeros(n), distance.reshape(-1).astype(np.float64)]),
        upper=np.ones(n + n * n),
        matrix=_csr(rows, columns, values, (n + n * n + 1, n + n * n)),
        row_lower=np.concatenate([np.ones(n), np.full(n * n, -np.inf), [0.0]]),
        row_upper=np.concatenate([np.ones(n), np.zeros(n * n), [float(p)]]),
        sites=n,
        maximise=False,
    )


def _center_program(distance: NDArray[np.int64], p: int) -> _Program:
    base = _median_program(distance, p)
    n = distance.shape[0]
    pair = np.arange(n * n)
    worst = n + n * n
    rows = np.concatenate([pair // n, np.arange(n)])
    columns = np.concatenate([n + pair, np.full(n, worst)])
    values = np.concatenate([distance.reshape(-1).astype(np.float64), np.full(n, -1.0)])
    extra = _csr(rows, columns, values, (n, worst + 1)).tocoo()
    first = base.matrix.tocoo()
    below = first.shape[0]
    matrix = _csr(
        np.concatenate([first.row, extra.row + below]),
        np.concatenate([first.col, extra.col]),
        np.concatenate([first.data, extra.data]),
        (below + n, worst + 1),
    )
    return _Program(
        cost=np.concatenate([np.zeros(worst), [1.0]]),
        upper=np.concatenate([base.upper, [np.inf]]),
        matrix=matrix,
        row_lower=np.concatenate([base.row_lower, np.full(n, -np.inf)]),
        row_upper=np.concatenate([base.row_upper, np.zeros(n)]),
        sites=n,
        maximise=False,
    )


def _csr(
    rows: NDArray[Any], columns: NDArray[Any], values: NDArray[Any], shape: tuple[int, int]
) -> csr_array[Any]:
    return csr_array(coo_array((values, (rows, columns)), shape=shape))


def _run_highs(program: _Program, started: float, limits: Limits, objective: Objective) -> Outcome:
    highspy: Any = importlib.import_module("highspy")
    solver = highspy.Highs()
    left = max(0.1, limits.seconds - (time.perf_counter() - started))
    options = {
        "output_flag": False,
        "threads": limits.threads,
        "random_seed": limits.seed,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.999,  # objectives are integers: less than one unit is a proof
        "time_limit": left,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(_lp(highspy, program))
    trace: list[tuple[float, float]] = []

    def hear(event: Any) -> None:
        value = float(event.data_out.objective_function_value)
        trace.append((round(time.perf_counter() - started, 3), value))

    solver.cbMipImprovingSolution += hear
    solver.run()
    seconds = time.perf_counter() - started
    info = solver.getInfo()
    bound = float(info.mip_dual_bound)
    proved = bound if np.isfinite(bound) and abs(bound) < highspy.kHighsInf else None
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Outcome("no_solution", None, seconds, proved, trace)
    values = np.array(solver.getSolution().col_value)
    sites = np.flatnonzero(values[: program.sites] > 0.5)
    value = objective(sites)
    solved = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    if solved:
        proved = value
    trace.append((round(seconds, 3), value))
    status = "optimal" if solved else "feasible"
    return Outcome(status, value, seconds, proved, trace, solution=site_list(sites, value))


def _lp(highspy: Any, program: _Program) -> Any:
    lp = highspy.HighsLp()
    rows, columns = program.matrix.shape
    lp.num_col_, lp.num_row_ = columns, rows
    lp.col_cost_ = program.cost
    lp.col_lower_, lp.col_upper_ = np.zeros(columns), program.upper
    lp.row_lower_, lp.row_upper_ = program.row_lower, program.row_upper
    if program.maximise:
        lp.sense_ = highspy.ObjSense.kMaximize
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = columns, rows
    lp.a_matrix_.start_ = program.matrix.indptr
    lp.a_matrix_.index_ = program.matrix.indices
    lp.a_matrix_.value_ = program.matrix.data
    kinds = highspy.HighsVarType
    free = columns - program.sites
    lp.integrality_ = [kinds.kInteger] * program.sites + [kinds.kContinuous] * free
    return lp


def cpsat_cover(
    indptr: NDArray[np.int64],
    covered: NDArray[np.int32],
    weight: NDArray[np.int64],
    p: int,
    limits: Limits,
    objective: Objective,
    *,
    built: float = 0.0,
) -> Outcome:
    """Maximal covering with plain CP-SAT: one clause per customer."""
    cp_model: Any = importlib.import_module("ortools.sat.python.cp_model")
    started = time.perf_counter() - built
    m, n = indptr.size - 1, weight.size
    model = cp_model.CpModel()
    opened = [model.new_bool_var("") for _ in range(m)]
    reached = [model.new_bool_var("") for _ in range(n)]
    site = np.repeat(np.arange(m), np.diff(indptr))
    order = np.argsort(covered, kind="stable")
    ends = np.cumsum(np.bincount(covered, minlength=n))
    by_customer = np.split(site[order], ends[:-1])
    for customer, sites in enumerate(by_customer):
        model.add_bool_or([*(opened[s] for s in sites.tolist()), ~reached[customer]])
    model.add(sum(opened) <= p)
    model.maximize(cp_model.LinearExpr.weighted_sum(reached, weight.tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(
        0.1, limits.seconds - (time.perf_counter() - started)
    )
    solver.parameters.num_workers = limits.threads
    solver.parameters.random_seed = limits.seed
    status = solver.solve(model)
    seconds = time.perf_counter() - started
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Outcome("no_solution", None, seconds)
    sites = np.flatnonzero([bool(solver.value(variable)) for variable in opened])
    value = objective(sites)
    word = "optimal" if status == cp_model.OPTIMAL else "feasible"
    bound = float(solver.best_objective_bound)
    trace = [(round(seconds, 3), value)]
    return Outcome(word, value, seconds, bound, trace, solution=site_list(sites, value))


def spopt_matrix(
    kind: Kind, distance: NDArray[np.int64], p: int, limits: Limits, objective: Objective
) -> Outcome:
    """p-median or p-center as spopt writes it, solved by HiGHS through PuLP."""
    locate: Any = importlib.import_module("spopt.locate")
    importlib.import_module("pulp")  # not on the clock
    started = time.perf_counter()
    matrix = distance.astype(np.float64)
    if kind == "median":
        model = locate.PMedian.from_cost_matrix(matrix, np.ones(matrix.shape[0]), p_facilities=p)
    else:
        model = locate.PCenter.from_cost_matrix(matrix, p_facilities=p)
    return _run_spopt(model, started, limits, objective)


def spopt_cover(
    indptr: NDArray[np.int64],
    covered: NDArray[np.int32],
    weight: NDArray[np.int64],
    p: int,
    limits: Limits,
    objective: Objective,
    *,
    built: float = 0.0,
) -> Outcome:
    """Maximal covering as spopt writes it: from a dense matrix, 0 within reach and 2 beyond."""
    m, n = indptr.size - 1, weight.size
    if m * n > _DENSE_LIMIT:
        raise NotExpressible(f"a dense matrix of {n:,} x {m:,}")
    locate: Any = importlib.import_module("spopt.locate")
    started = time.perf_counter() - built
    matrix = np.full((n, m), 2.0)
    matrix[covered, np.repeat(np.arange(m), np.diff(indptr))] = 0.0
    model = locate.MCLP.from_cost_matrix(matrix, weight, service_radius=1.0, p_facilities=p)
    return _run_spopt(model, started, limits, objective)


def _run_spopt(model: Any, started: float, limits: Limits, objective: Objective) -> Outcome:
    pulp: Any = importlib.import_module("pulp")
    left = max(0.1, limits.seconds - (time.perf_counter() - started))
    solver = pulp.HiGHS(msg=False, timeLimit=left, threads=limits.threads, gapRel=0.0)
    model.problem.solve(solver)
    seconds = time.perf_counter() - started
    chosen = [(v.varValue or 0.0) > 0.5 for v in model.fac_vars]
    word = {1: "optimal", 2: "feasible"}.get(model.problem.sol_status)
    if word is None or not any(chosen):
        return Outcome("no_solution", None, seconds)
    sites = np.flatnonzero(chosen)
    value = objective(sites)
    bound = value if word == "optimal" else None
    trace = [(round(seconds, 3), value)]
    return Outcome(word, value, seconds, bound, trace, solution=site_list(sites, value))
