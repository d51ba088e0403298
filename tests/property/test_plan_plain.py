"""Plain plans, answered by the engines made for them, against the whole model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.result import Status
from optimizer.siting.plan import solve as plan_solve
from optimizer.siting.plan.as_allocation import allocation_plan
from optimizer.siting.plan.as_cover import cover_plan
from optimizer.siting.plan.checking.check import check
from optimizer.siting.plan.problem import PlanObjective, PlanProblem, PlanRequest
from optimizer.siting.plan.tables import Demand, Options, Reach, Rules, Sites, Years
from optimizer.stop import Stop

TRAVEL = PlanObjective.MIN_TRAVEL


def plain_plan(seed, *, travel):
    """A random plan with nothing but counts between its sites, and a request."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(2, 9)), int(rng.integers(1, 15))
    years = 1 if travel or rng.random() < 0.5 else int(rng.integers(2, 4))
    is_assigned = travel and rng.random() < 0.6
    is_current = rng.random(m) < rng.choice([0.0, 0.3])
    limit = int(rng.integers(1, m + 1))
    by_money = years == 1 and rng.random() < 0.4
    opening = np.where(is_current, 0, 7 if by_money else rng.integers(0, 9, m))
    listed = rng.random((m, n)) < (0.9 if travel else 0.6)
    full = rng.integers(2, 9, n) + 4 * travel
    counted = np.flatnonzero(~is_current & (rng.random(m) < rng.choice([0.7, 1.0])))
    rules = Rules(
        low=[0],
        high=[3 * limit],
        first_year=[0],
        last_year=[years - 1],
        indptr=[0, counted.size],
        option=counted,
        coefficient=np.full(counted.size, 3),
    )
    problem = PlanProblem(
        years=Years(
            weight=rng.integers(1, 4, years),
            capital=np.full(years, 7 * limit + 2 if by_money else -1),
            running=np.full(years, -1),
        ),
        sites=Sites(
            district=np.zeros(m),
            current=np.where(is_current, np.arange(m), -1),
            due=np.where(rng.random(m) < 0.1, 0, -1),
            closing_cost=rng.integers(0, 5, m),
            takeover_indptr=np.zeros(m + 1),
            takeover_option=[],
        ),
        options=Options(
            site=np.arange(m),
            level=np.zeros(m),
            first_year=np.zeros(m),
            area=np.zeros(m),
            yearly_cost=rng.integers(0, 6, m),
            opening_cost=opening,
            bonus=rng.integers(0, 4, m),
            capacity=rng.integers(2, 12, (m, 1)) if is_assigned else np.full((m, 1), -1),
            quota_area=np.zeros(m),
        ),
        demand=Demand(
            service=np.zeros(n),
            district=np.zeros(n),
            group=np.zeros(n),
            amount=rng.integers(1, 5, n),
            weight=rng.integers(0, 6, n),
            full=full,
            radius=full + rng.choice([0, 3, 6], n),
            backup=np.zeros(n),
            must=np.zeros(n, dtype=bool),
            single=rng.random(n) < 0.3,
        ),
        reach=Reach(
            demand=np.nonzero(listed)[1],
            cost=rng.integers(0, 13, (m, n))[listed],
            indptr=np.r_[0, np.cumsum(listed.sum(axis=1))],
        ),
        level_parent=[-1],
        level_fanout=[-1],
        rules=Rules() if by_money else rules,
    )
    forced = tuple(np.flatnonzero((rng.random(m) < 0.1) & ~is_current).tolist())
    banned = tuple(set(np.flatnonzero((rng.random(m) < 0.1) & ~is_current).tolist()) - {*forced})
    objective = TRAVEL if travel else PlanObjective.MAX_VALUE
    weight = int(rng.choice([0, 1, 4])) if travel else 0
    return problem, PlanRequest(
        objective=objective, cost_weight=weight, forced=forced, banned=banned
    )


def by_the_whole_model(problem, request, **given):
    """The answer without the engines for plain problems."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan_solve, "cover_plan", lambda *_: None)
        patch.setattr(plan_solve, "allocation_plan", lambda *_: None)
        return plan_solve.solve(problem, request, **given)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6), travel=st.booleans())
def test_both_ways_come_to_the_same(seed, travel):
    problem, request = plain_plan(seed, travel=travel)
    answer = plan_solve.solve(problem, request)
    assert [each.detail for each in check(problem, request, answer)] == []
    expected = by_the_whole_model(problem, request)
    assert answer.result.status is expected.result.status
    assert answer.result.objective == expected.result.objective
    assert answer.result.bound == expected.result.bound


@pytest.mark.parametrize(("travel", "recognise"), [(False, cover_plan), (True, allocation_plan)])
def test_most_random_plain_plans_are_recognised(travel, recognise):
    """Else the comparison above would compare the whole model with itself."""
    found = [recognise(*plain_plan(seed, travel=travel)) is not None for seed in range(60)]
    assert sum(found) >= 30


@settings(max_examples=30, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6), travel=st.booleans())
def test_a_stopped_answer_is_honest_and_never_worse_than_its_start(seed, travel):
    problem, request = plain_plan(seed, travel=travel)
    best = by_the_whole_model(problem, request)
    for start in (None, best):
        stopped = plan_solve.solve(problem, request, stop=Stop(iterations=0), start=start)
        assert [each.detail for each in check(problem, request, stopped)] == []
        if best.result.status is Status.INFEASIBLE:
            assert stopped.result.objective is None
            continue
        sign = 1 if travel else -1
        if stopped.result.bound is not None:
            assert sign * (best.result.objective - stopped.result.bound) >= 0
        if stopped.result.objective is not None:
            assert sign * (stopped.result.objective - best.result.objective) >= 0
        if start is best:
            assert stopped.result.objective == best.result.objective
