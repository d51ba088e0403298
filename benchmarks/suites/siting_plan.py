"""``siting-plan``: a demo town's coverage plan and three-year network plan, as a planner asks.

Network plans (``plan-S`` ..) have a level, a size and a year for every site, capacities, rules,
floors and budgets; their value is recomputed by the plan checker, which shares no code with the
solver.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.suite import Case, Limits, NotExpressible, Outcome, Suite
from benchmarks.suites.siting import Objective, solve_ours
from benchmarks.suites.siting_peers import PACKAGES, highs_cover
from benchmarks.towns import open_town
from optimizer.siting.plan.checking.check import check as check_plan
from optimizer.siting.plan.solve import solve as solve_plan
from optimizer.siting.problem import SiteStatus, SitingProblem, SitingRequest
from optimizer.stop import Progress, Stop
from scenarios.plan.case import compile_plan
from scenarios.siting.case import compile_siting

__all__ = ["SITING_PLAN"]

_NETWORK = "network"


def cases(data: Path | None) -> list[Case]:
    """The demo towns: coverage plans, then network plans."""
    coverage = [Case(f"town-{size}", size, "max") for size in ("S", "M", "L")]
    return coverage + [Case(f"plan-{size}", (_NETWORK, size), "max") for size in ("S", "M", "L")]


def _load(size: Literal["S", "M", "L"]) -> tuple[SitingProblem, SitingRequest, float]:
    """The town's problem, and the seconds from its street network to the arrays."""
    scenario, _, district = open_town(size)
    assert scenario.siting is not None
    started = time.perf_counter()
    case = compile_siting(scenario.siting, district)
    return case.problem, case.request, time.perf_counter() - started


def _value(problem: SitingProblem) -> Objective:
    """Covered weight and bonuses, row by row from the raw lists."""

    def value(sites: NDArray[np.int64]) -> float:
        best = np.full(problem.n_demand, np.iinfo(np.int64).max)
        bonus = 0
        for site in sites.tolist():
            part = slice(problem.reach_indptr[site], problem.reach_indptr[site + 1])
            rows = problem.reach_demand[part]
            best[rows] = np.minimum(best[rows], problem.reach_cost[part])
            if problem.site_status[site] != SiteStatus.EXISTING:
                bonus += int(problem.site_bonus[site])
        covered = best <= problem.demand_radius
        return float(int(problem.demand_weight[covered].sum()) + bonus)

    return value


def ours(case: Case, limits: Limits) -> Outcome:
    """Our exact solver."""
    if case.source[0] == _NETWORK:
        return _network(case.source[1], limits)
    problem, request, built = _load(case.source)
    return solve_ours(problem, request, limits, _value(problem), built=built)


def _network(size: Literal["S", "M", "L"], limits: Limits) -> Outcome:
    """The three-year plan; reach counts as solving."""
    scenario, _, district = open_town(size)
    assert scenario.plan is not None
    started = time.perf_counter()
    case = compile_plan(scenario.plan, district)
    built = time.perf_counter() - started
    trace: list[tuple[float, float]] = []

    def hear(news: Progress) -> None:
        if news.incumbent is not None and (not trace or trace[-1][1] != news.incumbent):
            trace.append((round(news.seconds + built, 3), float(news.incumbent)))

    seconds = max(0.1, limits.seconds - built) if limits.iterations is None else None
    stop = Stop(seconds=seconds, iterations=limits.iterations)
    answer = solve_plan(case.problem, case.request, stop=stop, seed=limits.seed, progress=hear)
    result = answer.result
    broken = check_plan(case.problem, case.request, answer)
    if broken:
        return Outcome("failed", None, result.seconds, note=f"checker: {broken[0].text('en')}")
    bound = None if result.bound is None else float(result.bound)
    value = None if result.objective is None else float(result.objective)
    metrics = {"built_s": round(built, 3)}
    return Outcome(str(result.status), value, result.seconds + built, bound, trace, metrics)


def _highs(case: Case, limits: Limits) -> Outcome:
    """The classical model: existing sites fixed by taking out what they cover."""
    if case.source[0] == _NETWORK:
        raise NotExpressible("years, levels and rules")
    problem, request, built = _load(case.source)
    if np.any(problem.site_status == SiteStatus.REQUIRED):
        raise NotExpressible("required sites")
    assert request.new_sites is not None
    existing = np.flatnonzero(problem.site_status == SiteStatus.EXISTING)
    candidates = np.flatnonzero(problem.site_status == SiteStatus.CANDIDATE)
    value = _value(problem)
    done = np.zeros(problem.n_demand, dtype=bool)
    for site in existing.tolist():
        done[_covers(problem, site)] = True
    # A bonus is a customer of its own that only its site covers.
    lists = [
        np.concatenate([rows[~done[rows]], [problem.n_demand + at]])
        for at, rows in enumerate(_covers(problem, site) for site in candidates.tolist())
    ]
    indptr = np.cumsum([0, *(rows.size for rows in lists)])
    weight = np.concatenate([problem.demand_weight, problem.site_bonus[candidates]])

    def whole(sites: NDArray[np.int64]) -> float:
        return value(np.concatenate([existing, candidates[sites]]))

    covered = np.concatenate(lists).astype(np.int32)
    outcome = highs_cover(indptr, covered, weight, request.new_sites, limits, whole, built=built)
    today = value(existing)
    if outcome.bound is None or outcome.status == "optimal":
        return outcome
    trace = [(at, worth + today) for at, worth in outcome.trace[:-1]] + list(outcome.trace[-1:])
    return Outcome(outcome.status, outcome.objective, outcome.seconds, outcome.bound + today, trace)


def _covers(problem: SitingProblem, site: int) -> NDArray[np.int32]:
    part = slice(problem.reach_indptr[site], problem.reach_indptr[site + 1])
    rows = problem.reach_demand[part]
    return rows[problem.reach_cost[part] <= problem.demand_radius[rows]]


SITING_PLAN = Suite(
    name="siting-plan",
    about="max covered weight plus bonuses, of a plan its value; reach counts as solving",
    seconds=60.0,
    cases=cases,
    ours=ours,
    peers={"highs": _highs},
    packages=PACKAGES,
    smoke=("town-S", 3.0),
)
