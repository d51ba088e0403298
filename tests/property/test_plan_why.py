"""Forced and banned options and alternatives of plans, against enumeration."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.result import Status
from optimizer.siting.alternatives import worst_allowed
from optimizer.siting.plan.checking.check import check
from optimizer.siting.plan.explain.alternatives import alternatives, new_sites
from optimizer.siting.plan.explain.conflict import ConflictStatus
from optimizer.siting.plan.explain.why import fallback, maximises, why_not
from optimizer.siting.plan.problem import PlanObjective
from optimizer.siting.plan.solve import solve
from tests.plan_cases import random_plan
from tests.plan_oracle import best_plan


def _solved(seeds):
    for seed in seeds:
        problem, request = random_plan(seed)
        answer = solve(problem, request)
        if answer.result.status is Status.OPTIMAL:
            yield seed, problem, request, answer


def _changes(problem, request, answer, seed):
    """Each question once, with the request that it comes to."""
    rng = np.random.default_rng(seed)
    option = int(rng.integers(problem.n_options))
    if option in answer.option:
        forced = tuple(each for each in request.forced if each != option)
        asked = request.replace(banned=(*request.banned, option), forced=forced)
        yield fallback(problem, request, answer, option), asked
    if option not in answer.option[-1]:
        banned = tuple(each for each in request.banned if each != option)
        asked = request.replace(forced=(*request.forced, option), banned=banned)
        yield why_not(problem, request, answer, option), asked


def test_forcing_and_banning_agree_with_enumeration():
    lost = impossible = 0
    for seed, problem, request, answer in _solved(range(36)):
        for change, asked in _changes(problem, request, answer, seed):
            best = best_plan(problem, asked)
            if best is None:
                assert change.answer.result.status is Status.INFEASIBLE
                assert change.conflict.status is ConflictStatus.IRREDUCIBLE
                assert change.loss is None
                impossible += 1
                continue
            assert not check(problem, asked, change.answer)
            assert change.answer.result.objective == best[1]
            if change.loss is not None:
                sign = 1 if maximises(request.objective) else -1
                true_loss = sign * (answer.result.objective - best[1])
                assert change.loss.found == true_loss
                assert change.loss.proved
                lost += true_loss > 0
            now, then = set(change.answer.option[-1]), set(answer.option[-1])
            assert set(change.difference.out) == then - now - {-1}
            assert set(change.difference.into) == now - then - {-1}
    assert lost > 2
    assert impossible > 0


def test_alternatives_are_the_best_that_differ():
    seen = 0
    for seed, problem, request, answer in _solved(range(40)):
        differ_by = 1 + seed % 2
        result = alternatives(problem, request, answer, 2, within=0.3, differ_by=differ_by)
        plans = [answer, *(each.answer for each in result.found)]
        for before, after in combinations(plans, 2):
            sites = new_sites(problem, before)
            again = np.intersect1d(sites, new_sites(problem, after))
            assert again.size <= max(0, sites.size - differ_by)
        best = maximises(request.objective)
        worst = worst_allowed(answer.result.objective, 0.3, maximise=best)
        for each in result.found:
            seen += 1
            objective = each.answer.result.objective
            assert not check(problem, each.request, each.answer)
            assert objective >= worst if best else objective <= worst
            assert best_plan(problem, each.request)[1] == objective
            if request.objective is not PlanObjective.MAX_MIN:
                assert each.loss.proved
        if len(result.found) < 2:
            assert result.complete
    assert seen > 6


def test_questions_that_make_no_sense_are_refused():
    _, problem, request, answer = next(
        case for case in _solved(range(30)) if (case[3].option[-1] >= 0).any()
    )
    stands = int(answer.option[-1].max())
    with pytest.raises(FaultError, match="CC-O005"):
        why_not(problem, request, answer, stands)
    with pytest.raises(FaultError, match="CC-O003"):
        fallback(problem, request, answer, problem.n_options)
    absent = np.setdiff1d(np.arange(problem.n_options), answer.option)[0]
    with pytest.raises(FaultError, match="CC-O005"):
        fallback(problem, request, answer, int(absent))
    with pytest.raises(FaultError, match="CC-O004"):
        alternatives(problem, request, answer, 1, within=-1.0)
