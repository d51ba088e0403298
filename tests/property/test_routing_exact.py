"""CP-SAT on small random days with all features: sound always, and as good as enumeration."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from optimizer.result import Status
from optimizer.routing.check import check
from optimizer.routing.cpsat_engine import solve_exact
from optimizer.routing.problem import RoutingProblem
from optimizer.stop import Stop
from tests.property.routing_problems import mixed_problem
from tests.routing_enumeration import best_rank, rank_of

SEEDS = st.integers(0, 10**6)
ENOUGH = Stop(iterations=300)


def tiny(seed: int, tasks: int) -> RoutingProblem:
    return mixed_problem(seed, tasks=tasks, vehicles=1 + seed % 2, rate=0.4, horizon=10)


def agrees_with_enumeration(problem: RoutingProblem) -> bool:
    answer = solve_exact(problem)
    found = None if answer.result.objective is None else rank_of(problem, answer.plan)
    return found == best_rank(problem)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(SEEDS)
def test_every_answer_is_sound(seed: int):
    problem = mixed_problem(seed)
    answer = solve_exact(problem, stop=ENOUGH)
    assert answer.result.status in (Status.OPTIMAL, Status.FEASIBLE, Status.INFEASIBLE)
    if answer.result.status is not Status.INFEASIBLE:
        assert check(problem, answer) == ()


@settings(max_examples=15, derandomize=True, deadline=None)
@given(SEEDS, st.integers(1, 3))
def test_tiny_days_are_as_good_as_enumeration(seed: int, tasks: int):
    problem = tiny(seed, tasks)
    assume(problem.n_breaks + tasks <= 3)
    assert agrees_with_enumeration(problem)


@settings(max_examples=10, derandomize=True, deadline=None)
@given(SEEDS)
def test_a_start_changes_no_optimum(seed: int):
    problem = mixed_problem(seed, tasks=4)
    first = solve_exact(problem, stop=ENOUGH)
    assume(first.result.status is Status.OPTIMAL)
    again = solve_exact(problem, stop=ENOUGH, start=first.plan, seed=5)
    assert again.result.objective == first.result.objective
    assert again.result.status is Status.OPTIMAL


@pytest.mark.accept
@pytest.mark.parametrize("block", range(10))
def test_many_answers_are_sound(block: int):
    for seed in range(100 * block, 100 * block + 100):
        problem = mixed_problem(seed, rate=0.2 + 0.02 * block)
        answer = solve_exact(problem, stop=ENOUGH)
        if answer.result.status is not Status.INFEASIBLE:
            assert check(problem, answer) == (), seed


@pytest.mark.accept
@pytest.mark.parametrize("block", range(4))
def test_many_tiny_days_are_as_good_as_enumeration(block: int):
    for seed in range(50 * block, 50 * block + 50):
        problem = tiny(seed, 1 + seed % 4)
        if problem.n_tasks + problem.n_breaks <= 4:
            assert agrees_with_enumeration(problem), seed
