"""What each site is worth, why not this one, and what if that one falls through."""

from __future__ import annotations

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.result import Status
from optimizer.siting.check import check
from optimizer.siting.explain import fallback, why_not
from optimizer.siting.problem import Question, SiteStatus, SitingRequest
from optimizer.siting.site_values import site_values
from optimizer.siting.solve import solve
from tests.siting_cases import from_matrix, plane_problem, requests_for

PROBLEM = plane_problem(40, 200, radius=150, existing=2, limit=700)


def test_a_site_is_worth_what_it_alone_covers():
    problem = from_matrix(
        [[1, 1, -1, -1], [-1, 1, 1, -1], [-1, -1, 1, 1]], weight=[5, 3, 2, 8], bonus=[0, 1, 0]
    )
    answer = solve(problem, SitingRequest(Question.MCLP, 2))
    assert answer.open_sites.tolist() == [0, 2]
    values = site_values(problem, Question.MCLP, answer)
    assert values.is_open.tolist() == [True, False, True]
    assert values.value.tolist() == [8, 1, 10]


def test_sums_that_int64_cannot_hold_are_exact():
    problem = from_matrix([[1, 1], [-1, -1]], weight=[2**61, 2**61], radius=5, unreached=2**40)
    answer = solve(from_matrix([[1, 1], [-1, -1]]), SitingRequest(Question.MCLP, 1))
    values = site_values(problem, Question.P_MEDIAN, answer)
    assert values.value.tolist() == [2**62 * (2**40 - 1), 0]


def test_a_forced_site_replaces_another():
    request = SitingRequest(Question.MCLP, 5)
    answer = solve(PROBLEM, request)
    values = site_values(PROBLEM, Question.MCLP, answer)
    site = int(np.flatnonzero(~values.is_open)[-1])
    change = why_not(PROBLEM, request, answer, site)
    assert site in change.opened.tolist()
    assert change.closed.size >= 1
    assert change.loss is not None
    assert change.loss.proved
    assert change.loss.found == change.loss.least == change.loss.most >= 0
    assert not check(PROBLEM, request, answer)


def test_a_site_that_cannot_be_forced_has_no_answer():
    problem = from_matrix([[1], [1]], status=[SiteStatus.REQUIRED, SiteStatus.CANDIDATE])
    request = SitingRequest(Question.MCLP, 1)
    change = why_not(problem, request, solve(problem, request), 1)
    assert change.answer.result.status is Status.INFEASIBLE
    assert change.loss is None
    assert change.opened.size == change.closed.size == 0


def test_a_fallback_names_what_is_given_up():
    problem = from_matrix([[1, -1], [-1, 1]], weight=[4, 9])
    request = requests_for(Question.LSCP, 0)
    change = fallback(problem, request, solve(problem, request), 1)
    assert change.answer.open_sites.tolist() == [0]
    assert change.given_up == 9
    assert change.closed.tolist() == [1]
    assert change.loss is not None
    assert change.loss.found == -1


def test_an_existing_site_may_fall_through_too():
    request = SitingRequest(Question.MCLP, 3)
    answer = solve(PROBLEM, request)
    change = fallback(PROBLEM, request, answer, 0)
    assert 0 not in change.answer.open_sites.tolist()
    assert change.loss is not None
    assert change.loss.found >= 0


@pytest.mark.parametrize(("ask", "site"), [(why_not, 0), (fallback, 39), (why_not, 40)])
def test_a_question_that_makes_no_sense_is_refused(ask, site):
    request = SitingRequest(Question.MCLP, 0)
    answer = solve(PROBLEM, request)
    with pytest.raises(FaultError, match=r"CC-O00[35]"):
        ask(PROBLEM, request, answer, site)
