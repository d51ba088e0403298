"""Reasons for days with all features: found by the solvers' side, proved by the checker."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.routing.check import ViolationKind, check
from optimizer.routing.cpsat_engine import solve_exact
from optimizer.routing.explain import explain
from optimizer.routing.features import ROUND_FEATURES, Feature
from optimizer.routing.parts import plan_counts, plan_parts
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.reasons import reasons_of
from optimizer.routing.solution import Plan, Reason, RoutingAnswer
from optimizer.stop import Stop
from tests.property.routing_problems import mixed_problem, reduced

SEEDS = st.integers(0, 10**6)
PLAIN = {Feature.STAFF, Feature.TIES, *ROUND_FEATURES}


def thinned(problem: RoutingProblem, out: int) -> RoutingAnswer | None:
    """The best plan without the day of one person, its reasons found anew."""
    answer = solve_exact(problem, stop=Stop(iterations=50))
    if answer.result.objective is None or not answer.plan.routes:
        return None
    routes = list(answer.plan.routes)
    routes.pop(out % len(routes))
    served = {task for route in routes for task in route.tasks}
    unserved = tuple(task for task in range(problem.n_tasks) if task not in served)
    plan = Plan(tuple(routes), unserved)
    parts = plan_parts(problem, plan)
    result = replace(answer.result, parts=parts, objective=sum(parts.values()))
    return RoutingAnswer(plan, reasons_of(problem, plan), result, plan_counts(problem, plan))


def disagreements(problem: RoutingProblem, answer: RoutingAnswer) -> list[int]:
    """Tasks whose reason the checker refuses, those apart that are said to be worth serving."""
    worth = {
        item.task
        for item in answer.reasons
        if item.reason is Reason.NOT_WORTH and item.detail["added"] <= item.detail["prize"]
    }
    wrong = [v.task for v in check(problem, answer) if v.kind is ViolationKind.WRONG_REASON]
    return [task for task in wrong if task is not None and task not in worth]


@settings(max_examples=30, derandomize=True, deadline=None)
@given(SEEDS, st.integers(0, 2))
def test_the_checker_proves_every_reason(seed: int, out: int):
    problem = mixed_problem(seed)
    answer = thinned(problem, out)
    assert answer is None or disagreements(problem, answer) == []


@settings(max_examples=20, derandomize=True, deadline=None)
@given(SEEDS)
def test_plain_days_have_the_same_reasons_as_before(seed: int):
    problem = reduced(mixed_problem(seed), PLAIN)
    answer = solve_exact(problem, stop=Stop(iterations=50))
    before = [item.reason for item in explain(problem, answer.plan)]
    assert [item.reason for item in reasons_of(problem, answer.plan)] == before


@pytest.mark.accept
@pytest.mark.parametrize("block", range(5))
def test_the_checker_proves_many_reasons(block: int):
    for seed in range(200 * block, 200 * block + 200):
        problem = mixed_problem(seed)
        answer = thinned(problem, seed)
        assert answer is None or disagreements(problem, answer) == [], seed
