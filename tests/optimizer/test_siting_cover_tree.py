"""Maximal covering by local search and exact Lagrangian bounds."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.faults import FaultError
from optimizer.result import Status
from optimizer.siting.check import check
from optimizer.siting.cover.bound_kernels import exact_bound
from optimizer.siting.cover.core import core_of, cover_of, scale_of
from optimizer.siting.presolve import cover_model
from optimizer.siting.problem import Question, SitingRequest
from optimizer.siting.solve import solve
from optimizer.stop import Stop
from tests.siting_cases import best_by_enumeration, permuted, plane_problem, problems

some = settings(
    derandomize=True,
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow],
)

PATHS = {
    "tree alone": {"cover.solve._FIRST_ROUNDS": 0, "cover.solve._SMALL_ENTRIES": -1},
    "programs": {
        "cover.solve._FIRST_ROUNDS": 0,
        "cover.solve._SMALL_ENTRIES": -1,
        "cover.solve._ALIKE": 0.0,
    },
    "highs at once": {"cover.solve._FIRST_ROUNDS": 0, "cover.solve._SMALL_NODES": 0},
}


@pytest.mark.parametrize("path", PATHS)
@some
@given(problem=problems(), new_sites=st.integers(0, 4))
def test_every_way_through_the_engine_is_exact(path, problem, new_sites):
    with pytest.MonkeyPatch.context() as patch:
        # Without steps and search at the root nothing is settled before the way under test.
        patch.setattr("optimizer.siting.cover.tree._ROOT_STEPS", 0)
        patch.setattr("optimizer.siting.cover.best.Best.improve", lambda self, rounds: None)
        for name, value in PATHS[path].items():
            patch.setattr(f"optimizer.siting.{name}", value)
        answer = solve(problem, SitingRequest(Question.MCLP, new_sites))
    expected = best_by_enumeration(problem, Question.MCLP, new_sites)
    assert answer.result.objective == answer.result.bound == expected


@some
@given(
    problem=problems(),
    new_sites=st.integers(0, 4),
    seed=st.integers(0, 2**32),
    factor=st.sampled_from([1, 10**6, 2**45]),
)
def test_any_prices_give_a_bound(problem, new_sites, seed, factor):
    problem = problem.replace(demand_weight=problem.demand_weight % 97 * factor)
    model = cover_model(problem)
    best = best_by_enumeration(problem, Question.MCLP, model.required + new_sites)
    scale = scale_of(model, new_sites)
    whole = cover_of(model, scale)
    core = core_of(whole, new_sites, np.zeros(model.n_sites, dtype=np.int8))
    price = np.random.default_rng(seed).integers(0, core.cover.weight + 2)
    state = np.zeros(model.n_sites, dtype=np.int8)
    cut = scale.cut((best - model.covered) // scale.unit)
    bound = exact_bound(core.cover, core.must, price, core.room, state, cut)
    assert model.covered + scale.unit * scale.units(int(bound)) >= best


def test_scaled_bounds_stay_on_the_right_side():
    problem = plane_problem(10, 40, radius=300)
    for factor in (1, 10**6, 2**50):
        model = cover_model(problem.replace(demand_weight=problem.demand_weight * factor))
        scale = scale_of(model, 5)
        assert scale.unit % factor == 0
        for units in (0, 1, 17, 1000):
            assert scale.units(scale.cut(units)) <= units
            assert scale.units(scale.cut(units) + 1) > units


def test_the_bound_never_crosses_and_only_falls():
    problem = plane_problem(300, 2000, radius=90, seed=7)
    told = []
    answer = solve(
        problem, SitingRequest(Question.MCLP, 20), stop=Stop(iterations=3), progress=told.append
    )
    bounds = [news.bound for news in told]
    values = [news.incumbent for news in told]
    assert bounds == sorted(bounds, reverse=True)
    assert values == sorted(values)
    assert values[-1] <= answer.result.objective <= answer.result.bound <= bounds[-1]


def test_quality_at_fixed_iterations():
    for seed in (1, 2):
        problem = plane_problem(400, 3000, radius=70, seed=seed)
        request = SitingRequest(Question.MCLP, 25)
        one, two = (
            solve(problem, request, stop=Stop(iterations=2), seed=5).open_sites for _ in range(2)
        )
        assert one.tolist() == two.tolist()
        answer = solve(problem, request, stop=Stop(iterations=2), seed=5)
        assert check(problem, request, answer) == ()
        assert answer.result.gap < 0.02


def test_permuting_changes_nothing_of_a_proved_answer():
    problem = plane_problem(80, 600, radius=120, seed=3, existing=4)
    request = SitingRequest(Question.MCLP, 9)
    one, other = solve(problem, request), solve(permuted(problem, 11), request)
    assert one.result.status is other.result.status is Status.OPTIMAL
    assert one.result.objective == other.result.objective


def test_two_threads_prove_the_same_and_tell_in_order(monkeypatch):
    monkeypatch.setattr("optimizer.siting.cover.solve._SMALL_ENTRIES", -1)
    problem = plane_problem(80, 600, radius=120, seed=3, existing=4)
    request = SitingRequest(Question.MCLP, 9)
    one, two = (solve(problem, request, threads=threads) for threads in (1, 2))
    assert one.result.status is two.result.status is Status.OPTIMAL
    assert one.result.objective == two.result.objective
    assert check(problem, request, two) == ()


def test_two_threads_stop_with_a_bound(monkeypatch):
    monkeypatch.setattr("optimizer.siting.cover.solve._SMALL_ENTRIES", -1)
    problem = plane_problem(300, 2000, radius=90, seed=7)
    request, told = SitingRequest(Question.MCLP, 20), []
    answer = solve(problem, request, stop=Stop(iterations=3), threads=2, progress=told.append)
    assert check(problem, request, answer) == ()
    values = [news.incumbent for news in told]
    assert values == sorted(values)
    assert values[-1] <= answer.result.objective <= answer.result.bound
    assert "cover-search" not in {thread.name[:12] for thread in threading.enumerate()}


@pytest.mark.parametrize("new_sites", [0, 80])
def test_two_threads_with_nothing_to_choose(new_sites):
    problem = plane_problem(80, 600, radius=120, seed=3)
    answer = solve(problem, SitingRequest(Question.MCLP, new_sites), threads=2)
    assert answer.result.status is Status.OPTIMAL


def test_threads_are_counted_from_one():
    with pytest.raises(FaultError):
        solve(plane_problem(5, 20, radius=120), SitingRequest(Question.MCLP, 2), threads=0)


def test_the_solver_is_named_for_who_proves():
    problem = plane_problem(8, 30, radius=120, seed=3)
    named = {
        question: solve(
            problem, SitingRequest(question, None if question is Question.LSCP else 3)
        ).result.solver
        for question in (Question.LSCP, Question.MCLP)
    }
    assert named == {Question.LSCP: "highs", Question.MCLP: "carecircle-covering"}
