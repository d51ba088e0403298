"""Whom today's network serves: a plan's problem with nothing left to decide but assignments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from base.faults import FaultError
from optimizer.siting.plan import tables
from optimizer.siting.plan.check import check
from optimizer.siting.plan.problem import PlanAnswer, PlanProblem, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.stop import Stop
from scenarios.codes import CHECK_REFUSED

__all__ = ["serve_today", "today_problem"]

_SECONDS, _NODES = 30.0, 1000


def serve_today(problem: PlanProblem, seed: int = 0) -> PlanAnswer:
    """The best use of the places that stand today; its only year is today.

    Raises:
        FaultError: the independent checker refuses the answer (CC-S206).
    """
    today = today_problem(problem)
    answer = solve(today, PlanRequest(), stop=Stop(_SECONDS, _NODES), seed=seed)
    violations = check(today, PlanRequest(), answer)
    if violations:
        raise FaultError(
            [CHECK_REFUSED(what_en=each.text("en"), what_zh=each.text("zh")) for each in violations]
        )
    return answer


def today_problem(problem: PlanProblem) -> PlanProblem:
    """One year in which all that stands today stays, and nothing else may stand.

    No rules, floors or hierarchy hold, and nobody must be served: today is as it is.
    """
    sites, options, demand = problem.sites, problem.options, problem.demand
    kept = np.sort(sites.current[sites.current >= 0]).astype(np.int64)
    number = np.full(problem.n_options, -1, dtype=np.int32)
    number[kept] = np.arange(kept.size, dtype=np.int32)
    current = np.where(sites.current >= 0, number[sites.current], -1).astype(np.int32)
    levels = problem.level_parent.size
    return PlanProblem(
        years=tables.Years(weight=_one(1), capital=_one(-1), running=_one(-1)),
        sites=sites.replace(
            current=current,
            due=np.where(current >= 0, 0, -1).astype(np.int32),
            takeover_indptr=np.zeros(problem.n_sites + 1, dtype=np.int64),
            takeover_option=np.zeros(0, dtype=np.int32),
        ),
        options=tables.Options(
            site=options.site[kept],
            level=options.level[kept],
            first_year=options.first_year[kept],
            area=options.area[kept],
            yearly_cost=options.yearly_cost[kept],
            opening_cost=options.opening_cost[kept],
            bonus=np.zeros(kept.size, dtype=np.int64),
            # The same services stay capacitated, so that who is assigned today is, too.
            capacity=_limited(problem, kept),
            quota_area=np.zeros(kept.size, dtype=np.int64),
        ),
        demand=demand.replace(must=np.zeros(problem.n_demand, dtype=bool)),
        reach=problem.reach,
        level_parent=np.full(levels, -1, dtype=np.int32),
        level_fanout=np.full(levels, tables.UNLIMITED, dtype=np.int32),
        ticks_per_second=problem.ticks_per_second,
        units_per_person=problem.units_per_person,
    )


def _one(value: int) -> NDArray[np.int64]:
    return np.array([value], dtype=np.int64)


def _limited(problem: PlanProblem, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Capacities, those without limit of a capacitated service as all that anybody asks for."""
    capacity = problem.options.capacity[kept].copy()
    demand = problem.demand
    asked = np.zeros(problem.n_services, dtype=np.int64)
    np.add.at(asked, demand.service, demand.amount)
    for service in np.flatnonzero(problem.capacitated):
        column = capacity[:, service]
        column[column < 0] = asked[service]
    return capacity
