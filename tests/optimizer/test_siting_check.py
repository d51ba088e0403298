"""The checker finds every kind of fault it knows, and nothing in a sound answer."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from optimizer.result import Status, StopReason
from optimizer.siting.check import ViolationKind, check
from optimizer.siting.problem import Question, SiteStatus, SitingAnswer, SitingRequest
from optimizer.siting.solve import solve
from tests.siting_cases import from_matrix

STATUS = [
    SiteStatus.EXISTING,
    SiteStatus.REQUIRED,
    SiteStatus.CANDIDATE,
    SiteStatus.CANDIDATE,
    SiteStatus.FORBIDDEN,
]
PROBLEM = from_matrix(
    [
        [3, -1, -1, -1, -1],
        [-1, 4, -1, -1, -1],
        [-1, 9, 5, -1, -1],
        [-1, -1, -1, 6, -1],
        [1, 1, 1, 1, 1],
    ],
    status=STATUS,
    weight=[10, 20, 30, 40, 50],
)
MCLP = SitingRequest(Question.MCLP, 2)
LSCP = SitingRequest(Question.LSCP)


def kinds(request, answer, problem=PROBLEM):
    return [violation.kind for violation in check(problem, request, answer)]


def with_sites(answer, sites):
    return SitingAnswer(np.asarray(sites), answer.result)


def with_result(answer, **changes):
    return SitingAnswer(answer.open_sites, dataclasses.replace(answer.result, **changes))


@pytest.fixture(scope="module")
def mclp():
    return solve(PROBLEM, MCLP)


@pytest.fixture(scope="module")
def lscp():
    return solve(PROBLEM, LSCP)


@pytest.mark.parametrize("question", list(Question))
def test_sound_answers_pass(question):
    request = SitingRequest(question, None if question is Question.LSCP else 2)
    answer = solve(PROBLEM, request)
    assert answer.result.status is Status.OPTIMAL
    assert check(PROBLEM, request, answer) == ()


@pytest.mark.parametrize(
    ("sites", "kind"),
    [
        ([0, 1, 3, 9], ViolationKind.SITE_OUT_OF_RANGE),
        ([0, 3, 1], ViolationKind.SITES_NOT_ASCENDING),
        ([0, 1, 3, 3], ViolationKind.DUPLICATE_SITE),
        ([1, 3], ViolationKind.CLOSED_EXISTING),
        ([0, 3], ViolationKind.MISSING_REQUIRED),
        ([0, 1, 3, 4], ViolationKind.OPEN_FORBIDDEN),
        ([0, 1, 2, 3], ViolationKind.TOO_MANY_NEW_SITES),
        ([0, 1, 2], ViolationKind.WRONG_OBJECTIVE),
    ],
)
def test_wrong_sites_are_seen(mclp, sites, kind):
    assert mclp.open_sites.tolist() == [0, 1, 3]
    assert kind in kinds(MCLP, with_sites(mclp, sites))


def test_a_row_left_uncovered_is_seen(lscp):
    assert lscp.open_sites.tolist() == [0, 1, 2, 3]
    broken = check(PROBLEM, LSCP, with_sites(lscp, [0, 1, 3]))
    row = next(v for v in broken if v.kind is ViolationKind.UNCOVERED_ROW)
    assert row.index == 2
    assert "2" in row.detail
    assert "2" in row.text("zh")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"objective": 71}, ViolationKind.WRONG_OBJECTIVE),
        ({"objective": None, "parts": {}}, ViolationKind.MISSING_OBJECTIVE),
        ({"parts": {"covered_weight": 1}}, ViolationKind.WRONG_PARTS),
        ({"bound": 69}, ViolationKind.BOUND_CROSSED),
        ({"bound": 71}, ViolationKind.OPTIMAL_NOT_PROVED),
        ({"bound": None}, ViolationKind.OPTIMAL_NOT_PROVED),
        ({"status": Status.FEASIBLE}, ViolationKind.FEASIBLE_BUT_PROVED),
        ({"stop_reason": StopReason.TIME}, ViolationKind.UNFINISHED_OPTIMAL),
        ({"status": Status.INFEASIBLE}, ViolationKind.FALSE_INFEASIBLE),
        ({"status": Status.NO_SOLUTION}, ViolationKind.ANSWER_WITHOUT_STATUS),
    ],
)
def test_wrong_results_are_seen(mclp, changes, kind):
    assert mclp.result.objective == 70
    assert kind in kinds(MCLP, with_result(mclp, **changes))


def test_a_minimum_below_its_bound_is_seen(lscp):
    assert ViolationKind.BOUND_CROSSED in kinds(LSCP, with_result(lscp, bound=4))
    assert ViolationKind.BOUND_CROSSED not in kinds(LSCP, with_result(lscp, bound=2))


def test_an_answer_to_an_impossible_request_is_seen(mclp):
    impossible = SitingRequest(Question.MCLP, 0)
    assert ViolationKind.FALSE_FEASIBLE in kinds(impossible, mclp)
    answer = solve(PROBLEM, impossible)
    assert answer.result.status is Status.INFEASIBLE
    assert check(PROBLEM, impossible, answer) == ()


def test_every_kind_has_words_in_both_languages(mclp):
    seen = set()
    for kind in ViolationKind:
        violation = dataclasses.replace(
            check(PROBLEM, MCLP, with_result(mclp, objective=1))[0], kind=kind, index=7
        )
        seen.update({violation.text("en"), violation.text("zh")})
    assert len(seen) == 2 * len(ViolationKind)
