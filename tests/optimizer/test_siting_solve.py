"""The solver's manners: stop rules, cancelling, progress, determinism, honest statuses."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.result import Status, StopReason
from optimizer.siting.check import check
from optimizer.siting.coverage import covered, nearest, uncoverable
from optimizer.siting.problem import Question, SiteStatus, SitingRequest
from optimizer.siting.solve import solve
from optimizer.stop import Stop
from tests.siting_cases import from_matrix, plane_problem, requests_for

HARD = plane_problem(140, 500, radius=110, limit=400, existing=5)


@pytest.mark.parametrize("question", list(Question))
def test_a_cancelled_solve_hands_back_a_checked_answer(question):
    request = requests_for(question, 15)
    answer = solve(HARD, request, stop=Stop(cancelled=lambda: True))
    assert check(HARD, request, answer) == ()
    assert answer.result.status is Status.FEASIBLE
    assert answer.result.stop_reason is StopReason.USER
    assert answer.result.bound is not None
    assert answer.open_sites.size > 5


@pytest.mark.parametrize("question", list(Question))
def test_no_time_still_gives_an_answer_with_a_bound(question):
    request = requests_for(question, 15)
    answer = solve(HARD, request, stop=Stop(seconds=0))
    assert check(HARD, request, answer) == ()
    assert answer.result.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert answer.result.bound is not None


@pytest.mark.parametrize("question", list(Question))
def test_the_same_seed_gives_the_same_answer(question):
    request = requests_for(question, 15)
    first, second = (solve(HARD, request, stop=Stop(iterations=1), seed=3) for _ in range(2))
    assert np.array_equal(first.open_sites, second.open_sites)
    assert first.result.bound == second.result.bound
    assert first.result.status is second.result.status


@pytest.mark.parametrize("question", list(Question))
def test_progress_never_goes_back_and_ends_at_the_answer(question):
    request = requests_for(question, 15)
    told = []
    answer = solve(HARD, request, progress=told.append)
    assert answer.result.status is Status.OPTIMAL
    sign = 1 if question is Question.MCLP else -1
    incumbents = [sign * news.incumbent for news in told if news.incumbent is not None]
    assert incumbents == sorted(incumbents)
    for news in told:
        if news.incumbent is not None:
            assert sign * news.incumbent <= sign * answer.result.objective
        if news.bound is not None:
            assert sign * news.bound >= sign * answer.result.objective


def test_progress_is_told_from_the_calling_thread_while_highs_runs():
    threads = set()
    solve(
        HARD,
        SitingRequest(Question.MCLP, 15),
        progress=lambda news: threads.add(threading.get_ident()),
    )
    assert threads == {threading.get_ident()}


def test_required_sites_above_the_limit_are_infeasible():
    problem = from_matrix([[1], [2]], status=[SiteStatus.REQUIRED, SiteStatus.REQUIRED])
    answer = solve(problem, SitingRequest(Question.P_MEDIAN, 1))
    assert answer.result.status is Status.INFEASIBLE
    assert answer.open_sites.size == 0


def test_sites_without_use_stay_closed():
    problem = from_matrix([[1, -1], [2, -1], [-1, 3]], weight=[5, 0])
    for question in Question:
        answer = solve(problem, requests_for(question, 3))
        expected = [1] if question in (Question.LSCP, Question.MCLP) else [0]
        assert answer.open_sites.size == 1, question
        assert question is not Question.P_MEDIAN or answer.open_sites.tolist() == expected


def test_a_bonus_decides_between_equal_sites():
    problem = from_matrix([[1, 1], [1, 1]], bonus=[0, 4])
    answer = solve(problem, SitingRequest(Question.MCLP, 1))
    assert answer.open_sites.tolist() == [1]
    assert dict(answer.result.parts) == {"covered_weight": 2, "site_bonus": 4}


def test_existing_sites_carry_no_bonus_and_do_not_count():
    problem = from_matrix(
        [[1, -1], [-1, 1]], bonus=[7, 4], status=[SiteStatus.EXISTING, SiteStatus.CANDIDATE]
    )
    answer = solve(problem, SitingRequest(Question.MCLP, 1))
    assert answer.open_sites.tolist() == [0, 1]
    assert dict(answer.result.parts) == {"covered_weight": 2, "site_bonus": 4}


def test_lscp_leaves_out_what_no_permitted_site_covers():
    problem = from_matrix(
        [[5, -1, 99], [-1, 3, -1]],
        status=[SiteStatus.CANDIDATE, SiteStatus.FORBIDDEN],
        unreached=99,
    )
    answer = solve(problem, SitingRequest(Question.LSCP))
    assert answer.open_sites.tolist() == [0]
    assert uncoverable(problem).tolist() == [1, 2]


def test_p_center_serves_the_others_when_one_row_cannot_be_reached():
    problem = from_matrix([[2, 8, -1], [8, 8, -1]], unreached=50)
    answer = solve(problem, SitingRequest(Question.P_CENTER, 1))
    assert answer.result.status is Status.OPTIMAL
    assert answer.result.objective == 50
    assert answer.open_sites.size == 1


def test_huge_costs_are_proved_to_the_unit():
    problem = plane_problem(30, 60, radius=150).replace(unreached_cost=2**40)
    heavy = problem.replace(demand_weight=problem.demand_weight * 10**9 + 1)
    answer = solve(heavy, SitingRequest(Question.P_MEDIAN, 3))
    assert answer.result.status is Status.OPTIMAL
    assert answer.result.objective > 2**63
    assert answer.result.bound == answer.result.objective
    assert check(heavy, SitingRequest(Question.P_MEDIAN, 3), answer) == ()


def test_coverage_functions():
    problem = from_matrix([[3, 12, -1], [3, 4, -1]])
    assert covered(problem, [0]).tolist() == [True, False, False]
    site, cost = nearest(problem, [0, 1])
    assert site.tolist() == [0, 1, -1]
    assert cost.tolist() == [3, 4, 100]
    assert covered(problem, []).tolist() == [False, False, False]


LEAVE_BEHIND = """
import threading, time
from optimizer.siting.problem import Question, SitingRequest
from optimizer.siting.solve import solve
from optimizer.stop import Stop
from tests.siting_cases import plane_problem

problem = plane_problem(1500, 20000, radius=60)
began = time.perf_counter()
stop = Stop(cancelled=lambda: time.perf_counter() - began > 3)
answer = solve(problem, SitingRequest(Question.LSCP), stop=stop)
print(answer.result.status, "highs" in {thread.name for thread in threading.enumerate()})
"""


@pytest.mark.accept
def test_a_solver_left_behind_does_not_abort_the_process():
    done = subprocess.run(
        [sys.executable, "-c", LEAVE_BEHIND],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["feasible", "True"]


def test_requests_that_make_no_sense_are_refused():
    with pytest.raises(FaultError, match="CC-O005"):
        SitingRequest(Question.LSCP, 3)
    with pytest.raises(FaultError, match="CC-O005"):
        SitingRequest(Question.MCLP)
