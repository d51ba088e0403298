"""Every question against enumeration, and what must not change an answer."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.result import Status
from optimizer.siting.check import check
from optimizer.siting.problem import Question
from optimizer.siting.solve import solve
from tests.siting_cases import best_by_enumeration, permuted, problems, requests_for

some = settings(
    derandomize=True,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow],
)
QUESTIONS = list(Question)


@pytest.mark.parametrize("question", QUESTIONS)
@some
@given(problem=problems(), new_sites=st.integers(0, 4))
def test_optimum_equals_enumeration(question, problem, new_sites):
    request = requests_for(question, new_sites)
    answer = solve(problem, request)
    expected = best_by_enumeration(problem, question, new_sites)
    assert check(problem, request, answer) == ()
    if expected is None:
        assert answer.result.status is Status.INFEASIBLE
    else:
        assert answer.result.status is Status.OPTIMAL
        assert answer.result.objective == answer.result.bound == expected


@pytest.mark.parametrize("question", QUESTIONS)
@settings(some, max_examples=40)
@given(problem=problems(), new_sites=st.integers(0, 4), seed=st.integers(0, 99))
def test_order_of_rows_and_sites_does_not_matter(question, problem, new_sites, seed):
    request = requests_for(question, new_sites)
    one = solve(problem, request).result
    other = solve(permuted(problem, seed), request).result
    assert (one.status, one.objective) == (other.status, other.objective)


@pytest.mark.parametrize("question", [Question.MCLP, Question.P_MEDIAN, Question.P_CENTER])
@settings(some, max_examples=40)
@given(problem=problems(), new_sites=st.integers(0, 4))
def test_one_more_site_never_hurts(question, problem, new_sites):
    fewer = solve(problem, requests_for(question, new_sites)).result
    more = solve(problem, requests_for(question, new_sites + 1)).result
    if fewer.objective is None:
        return
    sign = 1 if question is Question.MCLP else -1
    assert sign * more.objective >= sign * fewer.objective


PATHS = {
    "highs decides the core": {},
    "highs decides small nodes": {"median.steps._FIRST_SIZE": -1, "median.steps._LAST_PER_ROW": -1},
    "exact bounds decide": {"median.finish._RESOLVED_UNITS": 0},
    "exact bounds decide without prices": {
        "median.finish._RESOLVED_UNITS": 0,
        "median.solve._LARGE_CORE": -1,
        "median.tree._NODE_STEPS": 1,
    },
}


@pytest.mark.parametrize("path", PATHS)
@settings(some, max_examples=60)
@given(problem=problems(), new_sites=st.integers(0, 4))
def test_every_way_through_the_median_engine_is_exact(path, problem, new_sites):
    with pytest.MonkeyPatch.context() as patch:
        # Without steps at the root nothing is settled before the way under test begins.
        patch.setattr("optimizer.siting.median.solve._ROOT_STEPS", 0)
        for name, value in PATHS[path].items():
            patch.setattr(f"optimizer.siting.{name}", value)
        answer = solve(problem, requests_for(Question.P_MEDIAN, new_sites))
    expected = best_by_enumeration(problem, Question.P_MEDIAN, new_sites)
    assert answer.result.objective == answer.result.bound == expected
