"""Coverage curves and the order of new sites."""

from __future__ import annotations

from itertools import pairwise

import pytest

from base.faults import FaultError
from optimizer.result import Status
from optimizer.siting.curve import coverage_curve, order_by_gain
from optimizer.siting.problem import Question, SiteStatus, SitingRequest
from optimizer.siting.solve import solve
from optimizer.stop import Stop
from tests.siting_cases import from_matrix, plane_problem, requests_for

PROBLEM = plane_problem(60, 300, radius=150, existing=3, limit=600)


def test_the_curve_is_the_optimum_at_every_point():
    told = []
    curve = coverage_curve(PROBLEM, 8, progress=told.append)
    assert [point.new_sites for point in curve] == list(range(9))
    assert [news.iterations for news in told] == list(range(1, 10))
    for point in curve:
        answer = solve(PROBLEM, SitingRequest(Question.MCLP, point.new_sites))
        assert point.status is Status.OPTIMAL
        assert point.objective == point.bound == answer.result.objective


def test_without_time_the_curve_is_greedy_with_true_bounds():
    exact = coverage_curve(PROBLEM, 8)
    quick = coverage_curve(PROBLEM, 8, stop=Stop(seconds=0))
    assert any(point.status is Status.FEASIBLE for point in quick)
    for fast, best in zip(quick, exact, strict=True):
        assert fast.objective <= best.objective <= fast.bound
    for points in (exact, quick):
        for before, after in pairwise(points):
            assert before.objective <= after.objective
            assert before.bound <= after.bound


def test_the_curve_starts_at_the_required_sites():
    problem = from_matrix([[1, -1], [-1, 1]], status=[SiteStatus.REQUIRED, SiteStatus.CANDIDATE])
    assert [point.new_sites for point in coverage_curve(problem, 2)] == [1, 2]
    with pytest.raises(FaultError, match="CC-O100"):
        coverage_curve(problem, 0)
    with pytest.raises(FaultError, match="CC-O004"):
        coverage_curve(problem, -1)


@pytest.mark.parametrize("question", list(Question))
def test_gains_add_up_to_the_answer(question):
    request = requests_for(question, 6)
    answer = solve(PROBLEM, request)
    gains = order_by_gain(PROBLEM, request, answer)
    assert sorted(gain.site for gain in gains) == answer.open_sites[3:].tolist()
    assert all(gain.gain >= 0 for gain in gains)
    sign = -1 if question in (Question.P_MEDIAN, Question.P_CENTER) else 1
    for before, after in pairwise(gains):
        assert after.total == before.total + sign * after.gain
    if question is not Question.LSCP:
        assert gains[-1].total == answer.result.objective
    if question is Question.MCLP:
        assert [gain.gain for gain in gains] == sorted((gain.gain for gain in gains), reverse=True)


def test_ties_go_to_the_lowest_number():
    problem = from_matrix([[-1, 1, -1], [1, -1, -1], [-1, -1, 1]], weight=[3, 3, 9])
    request = SitingRequest(Question.MCLP, 3)
    gains = order_by_gain(problem, request, solve(problem, request))
    assert [(gain.site, gain.gain, gain.total) for gain in gains] == [
        (2, 9, 9),
        (0, 3, 12),
        (1, 3, 15),
    ]


def test_no_answer_has_no_order():
    problem = from_matrix([[1]], status=[SiteStatus.REQUIRED])
    request = SitingRequest(Question.MCLP, 0)
    assert order_by_gain(problem, request, solve(problem, request)) == ()
