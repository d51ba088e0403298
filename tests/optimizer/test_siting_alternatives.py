"""Alternatives of nearly the same worth that open different sites."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.result import Status
from optimizer.siting.alternatives import alternatives
from optimizer.siting.check import check
from optimizer.siting.problem import Question, SiteStatus, SitingRequest
from optimizer.siting.solve import solve
from optimizer.stop import Stop
from tests.siting_cases import plane_problem, requests_for

PROBLEM = plane_problem(30, 200, radius=200, existing=2, limit=700)


@pytest.mark.parametrize("question", list(Question))
def test_alternatives_are_sound_and_differ(question):
    request = requests_for(question, 4)
    answer = solve(PROBLEM, request)
    told = []
    result = alternatives(
        PROBLEM,
        request,
        answer,
        3,
        within=0.3,
        differ_by=2,
        stop=Stop(seconds=20),
        progress=told.append,
    )
    assert len(result.found) == 3
    assert told
    plans = [answer, *(each.answer for each in result.found)]
    for before, after in combinations(plans, 2):
        free = before.open_sites[PROBLEM.site_status[before.open_sites] == SiteStatus.CANDIDATE]
        assert np.intersect1d(free, after.open_sites).size <= free.size - 2
    for each in result.found:
        assert not check(PROBLEM, request, each.answer)
        assert each.loss.found == each.loss.most
        assert each.loss.found <= 0.3 * answer.result.objective
        assert each.answer.result.bound == answer.result.bound


def test_without_room_there_is_none_and_that_is_proved():
    request = SitingRequest(Question.MCLP, 4)
    answer = solve(PROBLEM, request)
    result = alternatives(PROBLEM, request, answer, 2, within=0.0, differ_by=4)
    assert result.found == ()
    assert result.complete


def test_a_stopped_search_claims_nothing():
    request = SitingRequest(Question.MCLP, 4)
    answer = solve(PROBLEM, request)
    result = alternatives(
        PROBLEM, request, answer, 3, within=0.5, stop=Stop(cancelled=lambda: True)
    )
    assert not result.complete
    for each in result.found:
        assert not check(PROBLEM, request, each.answer)


def test_no_answer_and_wrong_numbers():
    problem = PROBLEM.replace(site_status=np.full(30, SiteStatus.REQUIRED))
    request = SitingRequest(Question.MCLP, 1)
    answer = solve(problem, request)
    assert answer.result.status is Status.INFEASIBLE
    assert alternatives(problem, request, answer, 1).found == ()
    with pytest.raises(FaultError, match="CC-O004"):
        alternatives(problem, request, answer, -1, within=-0.1, differ_by=0)
