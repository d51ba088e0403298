"""What the siting suites share: our solver on arrays, and problems from matrices and lists."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.suite import Limits, Outcome, Solution
from optimizer.siting.check import check
from optimizer.siting.problem import SiteStatus, SitingProblem, SitingRequest
from optimizer.siting.solve import solve
from optimizer.stop import Progress, Stop

__all__ = ["Objective", "cover_problem", "matrix_problem", "site_list", "solve_ours"]

Objective = Callable[[NDArray[np.int64]], float]
"""The family's own objective of a set of open sites, recomputed from raw data."""


def solve_ours(
    problem: SitingProblem,
    request: SitingRequest,
    limits: Limits,
    objective: Objective,
    *,
    built: float = 0.0,
) -> Outcome:
    """Our exact siting solver, checked twice: by the checker and by the family's own objective.

    Args:
        problem: the arrays.
        request: the question.
        limits: seconds, seed, iterations, threads.
        objective: recomputes the value of open sites in the problem's integer units.
        built: seconds of building that count as solving; they are taken off the limit too.
    """
    trace: list[tuple[float, float]] = []

    def hear(news: Progress) -> None:
        if news.incumbent is not None and (not trace or trace[-1][1] != news.incumbent):
            trace.append((round(news.seconds + built, 3), float(news.incumbent)))

    seconds_left = max(0.1, limits.seconds - built) if limits.iterations is None else None
    stop = Stop(seconds=seconds_left, iterations=limits.iterations)
    answer = solve(
        problem, request, stop=stop, seed=limits.seed, progress=hear, threads=limits.threads
    )
    result = answer.result
    broken = check(problem, request, answer)
    if broken:
        return Outcome("failed", None, result.seconds, note=f"checker: {broken[0].detail}")
    value = objective(answer.open_sites.astype(np.int64))
    if value != result.objective:
        note = f"recomputed {value}, reported {result.objective}"
        return Outcome("failed", None, result.seconds, note=note)
    seconds = result.seconds + built
    trace.append((round(seconds, 3), value))
    return Outcome(
        str(result.status),
        value,
        seconds,
        None if result.bound is None else float(result.bound),
        trace,
        {"built_s": round(built, 3)} if built else {},
        solution=site_list(answer.open_sites, value),
    )


def matrix_problem(distance: NDArray[np.int64]) -> SitingProblem:
    """Every row and column a vertex that is both demand of weight 1 and candidate."""
    n = distance.shape[0]
    return SitingProblem(
        site_status=np.full(n, SiteStatus.CANDIDATE),
        site_cost=np.zeros(n, np.int64),
        site_bonus=np.zeros(n, np.int64),
        demand_weight=np.ones(n, np.int64),
        demand_group=np.zeros(n, np.int32),
        demand_district=np.full(n, -1),
        demand_radius=np.zeros(n, np.int64),
        reach_indptr=np.arange(n + 1) * n,
        reach_demand=np.tile(np.arange(n, dtype=np.int32), n),
        reach_cost=distance.T.reshape(-1),
        unreached_cost=int(distance.max(initial=0)) + 1,
        ticks_per_second=1,
        weight_scale=1,
    )


def cover_problem(
    indptr: NDArray[np.int64], covered: NDArray[np.int32], weight: NDArray[np.int64]
) -> SitingProblem:
    """Cover lists by site; a listed customer is covered, whatever the way there."""
    m, n = indptr.size - 1, weight.size
    return SitingProblem(
        site_status=np.full(m, SiteStatus.CANDIDATE),
        site_cost=np.zeros(m, np.int64),
        site_bonus=np.zeros(m, np.int64),
        demand_weight=weight,
        demand_group=np.zeros(n, np.int32),
        demand_district=np.full(n, -1),
        demand_radius=np.zeros(n, np.int64),
        reach_indptr=indptr,
        reach_demand=covered,
        reach_cost=np.zeros(covered.size, np.int64),
        ticks_per_second=1,
        weight_scale=1,
    )


def site_list(open_sites: NDArray[np.int32] | NDArray[np.int64], value: float) -> Solution:
    """The value in the first line, then the open sites, numbered from 1, in one line.

    None of the siting families has a solution format of its own; p-median codes read this one.
    """
    sites = " ".join(str(site + 1) for site in sorted(open_sites.tolist()))
    return Solution(f"{value:.15g}\n{sites}\n", ".sol")
