"""Days that mix all features: every answer of the annealing keeps the rules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.result import Status
from optimizer.routing.check import check
from optimizer.routing.problem import NONE
from optimizer.routing.solve import solve_linked
from optimizer.stop import Stop
from tests.property.routing_problems import mixed_problem


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 3))
def test_every_answer_keeps_all_rules(seed: int, search: int):
    problem = mixed_problem(seed)
    answer = solve_linked(problem, stop=Stop(iterations=4), seed=search)
    if answer.result.status is Status.NO_SOLUTION:  # only where changes are limited
        assert problem.max_changes != NONE
        assert answer.plan.routes == ()
    else:
        assert check(problem, answer) == ()


@pytest.mark.parametrize(("seed", "search"), [(89, 1), (917, 2)])
def test_what_a_search_leaves_out_is_mended(seed: int, search: int):
    """Here the annealing alone leaves out a visit that fits, or one that ranks above another."""
    problem = mixed_problem(seed)
    answer = solve_linked(problem, stop=Stop(iterations=4), seed=search)
    assert check(problem, answer) == ()


@pytest.mark.parametrize(("seed", "search"), [(4096, 0), (501_954, 2)])
def test_equipment_stays_with_the_slower_of_two_people(seed: int, search: int):
    problem = mixed_problem(seed)
    answer = solve_linked(problem, stop=Stop(iterations=4), seed=search)
    assert check(problem, answer) == ()


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.integers(0, 10**6))
def test_a_search_that_begins_with_its_answer_does_not_lose_it(seed: int):
    problem = mixed_problem(seed)
    first = solve_linked(problem, stop=Stop(iterations=4), seed=0)
    if first.result.objective is None:
        return
    again = solve_linked(problem, stop=Stop(iterations=1), seed=1, start=first.plan)
    assert again.result.objective is not None
    assert len(again.plan.unserved) <= len(first.plan.unserved) or (
        again.result.objective <= first.result.objective
    )
