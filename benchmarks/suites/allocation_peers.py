"""Peers of the capacitated suites: the textbook models in plain HiGHS and plain CP-SAT.

HiGHS takes the real costs and, beside the capacities, the links ``x_ij <= y_j``. CP-SAT knows
whole numbers only: it gets our ticks. Building the model counts as solving, for every solver.
"""

from __future__ import annotations

import importlib
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.allocation import Capacitated
from benchmarks.suite import Limits, Outcome
from benchmarks.suites.allocation import PROOF, BrokenAnswerError, model_of, recomputed, solution_of

__all__ = ["PACKAGES", "solve_cpsat", "solve_highs"]

PACKAGES = {"highs": ("highspy",), "cpsat": ("ortools",)}
_TICKS_PER_COST = 10**7


def solve_highs(instance: Capacitated, limits: Limits) -> Outcome:
    """The strong model in HiGHS."""
    highspy: Any = importlib.import_module("highspy")  # not on the clock
    started = time.perf_counter()
    solver = highspy.Highs()
    options = {
        "output_flag": False,
        "threads": limits.threads,
        "random_seed": limits.seed,
        "mip_rel_gap": PROOF,
        "mip_abs_gap": 0.0,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(_lp(highspy, instance))
    left = max(0.1, limits.seconds - (time.perf_counter() - started))
    solver.setOptionValue("time_limit", left)
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
    m = instance.capacity.size
    values = np.array(solver.getSolution().col_value)
    sites = np.flatnonzero(values[:m] > 0.5)
    return _outcome(instance, sites, values[m:].reshape(-1, m), seconds, proved, trace)


def _lp(highspy: Any, instance: Capacitated) -> Any:
    n, m = instance.cost.shape
    pair = np.arange(n * m)
    site = pair % m
    by_site = np.argsort(site, kind="stable").reshape(m, n)
    # In blocks: customers served, capacities, links, the number of sites.
    room = np.column_stack([m + by_site, np.arange(m)])
    index = [m + pair, room.ravel(), np.column_stack([m + pair, site]).ravel(), np.arange(m)]
    room_values = np.column_stack([np.tile(instance.demand, (m, 1)), -instance.capacity])
    data = [np.ones(n * m), room_values.ravel(), np.tile([1.0, -1.0], n * m), np.ones(m)]
    sizes = np.concatenate([np.full(n, m), np.full(m, n + 1), np.full(n * m, 2), [m]])
    most = m if instance.most is None else instance.most
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = m + n * m, sizes.size
    lp.col_cost_ = np.concatenate([instance.fixed, instance.cost.reshape(-1)])
    lp.col_lower_, lp.col_upper_ = np.zeros(m + n * m), np.ones(m + n * m)
    lp.row_lower_ = np.concatenate([np.ones(n), np.full(m + n * m, -np.inf), [0.0]])
    lp.row_upper_ = np.concatenate([np.ones(n), np.zeros(m + n * m), [float(most)]])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = m + n * m, sizes.size
    lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    lp.a_matrix_.index_ = np.concatenate(index).astype(np.int32)
    lp.a_matrix_.value_ = np.concatenate(data).astype(np.float64)
    kinds = highspy.HighsVarType
    pair_kind = kinds.kInteger if instance.single else kinds.kContinuous
    lp.integrality_ = [kinds.kInteger] * m + [pair_kind] * (n * m)
    return lp


def solve_cpsat(instance: Capacitated, limits: Limits) -> Outcome:
    """The textbook model in CP-SAT, in ticks; split customers by whole units."""
    cp_model: Any = importlib.import_module("ortools.sat.python.cp_model")
    started = time.perf_counter()
    ticks = model_of(instance)
    n, m = instance.cost.shape
    demand, unit_cost = instance.demand.tolist(), ticks.pair_cost.reshape(n, m)
    model = cp_model.CpModel()
    opened = [model.new_bool_var("") for _ in range(m)]
    flow: list[list[Any]] = []
    for row in range(n):
        if instance.single:
            flow.append([model.new_bool_var("") for _ in range(m)])
            model.add_exactly_one(flow[row])
        else:
            flow.append([model.new_int_var(0, demand[row], "") for _ in range(m)])
            model.add(sum(flow[row]) == demand[row])
    units = demand if instance.single else [1] * n
    for site in range(m):
        load = cp_model.LinearExpr.weighted_sum([flow[row][site] for row in range(n)], units)
        model.add(load <= int(instance.capacity[site]) * opened[site])
        for row in range(n):
            most = 1 if instance.single else demand[row]
            model.add(flow[row][site] <= most * opened[site])
    if instance.most is not None:
        model.add(sum(opened) <= instance.most)
    cost = unit_cost * instance.demand[:, None] if instance.single else unit_cost
    every = [variable for row in flow for variable in row]
    weights = [*cost.reshape(-1).tolist(), *ticks.site_fixed.tolist()]
    model.minimize(cp_model.LinearExpr.weighted_sum([*every, *opened], weights))
    solver = cp_model.CpSolver()
    left = limits.seconds - (time.perf_counter() - started)
    solver.parameters.max_time_in_seconds = max(0.1, left)
    solver.parameters.num_workers = limits.threads
    solver.parameters.random_seed = limits.seed
    solver.parameters.relative_gap_limit = PROOF
    status = solver.solve(model)
    seconds = time.perf_counter() - started
    bound = float(solver.best_objective_bound) / _TICKS_PER_COST
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Outcome("no_solution", None, seconds, bound)
    whole = np.ones(n) if instance.single else instance.demand
    share = np.array([[solver.value(v) for v in row] for row in flow]) / whole[:, None]
    sites = np.flatnonzero([bool(solver.value(variable)) for variable in opened])
    return _outcome(instance, sites, share, seconds, bound, [])


def _outcome(
    instance: Capacitated,
    sites: NDArray[np.int64],
    share: NDArray[np.float64],
    seconds: float,
    bound: float | None,
    trace: list[tuple[float, float]],
) -> Outcome:
    try:
        value = recomputed(instance, sites, share)
    except BrokenAnswerError as error:
        return Outcome("failed", None, seconds, note=str(error))
    trace.append((round(seconds, 3), value))
    # The solver's own tolerance on top of the proof's.
    proved = bound is not None and value - bound <= 1.1 * PROOF * abs(value)
    status = "optimal" if proved else "feasible"
    return Outcome(status, value, seconds, bound, trace, solution=solution_of(value, sites, share))
