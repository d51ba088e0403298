"""``siting-plan``: the coverage plan of a demo town, as a planner would ask for it."""

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
from optimizer.siting.problem import SiteStatus, SitingProblem, SitingRequest
from scenarios.siting_case import compile_siting

__all__ = ["SITING_PLAN"]


def cases(data: Path | None) -> list[Case]:
    """The demo towns."""
    return [Case(f"town-{size}", size, "max") for size in ("S", "M", "L")]


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
    problem, request, built = _load(case.source)
    return solve_ours(problem, request, limits, _value(problem), built=built)


def _highs(case: Case, limits: Limits) -> Outcome:
    """The classical model: existing sites fixed by taking out what they cover."""
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
    about="max covered weight plus bonuses in thousandths of persons; reach counts as solving",
    seconds=60.0,
    cases=cases,
    ours=ours,
    peers={"highs": _highs},
    packages=PACKAGES,
    smoke=("town-S", 3.0),
)
