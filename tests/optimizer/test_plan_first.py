"""First plans: within moments, and never against a rule."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.result import Status
from optimizer.siting.plan.checking.check import check
from optimizer.siting.plan.first_plan import first_plan
from optimizer.siting.plan.model.whole import build_model
from optimizer.siting.plan.problem import PlanObjective, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.siting.plan.tables import Attachments, Floors
from optimizer.stop import Stop
from tests.optimizer.test_plan_solve import (
    NO_LIMIT,
    options_of,
    plan,
    rule,
    sites_of,
    town,
    years_of,
)
from tests.plan_cases import random_plan

AT_ONCE = Stop(cancelled=lambda: True)


def standing(problem, request=None):
    """The options of the first plan, year by year."""
    model = build_model(problem, request or PlanRequest())
    point = first_plan(model, Stop().start())
    return None if point is None else model.option_of(model.standing_of(point)).tolist()


def test_it_spends_a_budget_by_value_per_fen():
    problem = plan(
        [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]],
        [5, 7, 9],
        years=years_of(1, capital=[10]),
        options=options_of([0, 1, 2], opening_cost=[5, 5, 9]),
    )
    assert standing(problem) == [[0, 1, -1]]


def test_it_meets_rules_and_floors_before_it_looks_for_value():
    floors = Floors(low=[3], first_year=[0], last_year=[0], indptr=[0, 1], demand=[0])
    reach = [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
    asked = rule([2], 1, NO_LIMIT)
    problem = plan(
        reach,
        [3, 9, 1],
        rules=asked,
        floors=floors,
        years=years_of(1, capital=[2]),
        options=options_of([0, 1, 2], opening_cost=[1, 1, 1]),
    )
    assert standing(problem) == [[0, -1, 2]]


def test_it_opens_a_parent_for_the_child_that_stands_today():
    problem = plan(
        [[-1], [-1], [1]],
        [5],
        sites=sites_of(3, current=[-1, -1, 2]),
        options=options_of([0, 1, 2], level=[0, 0, 1], opening_cost=[1, 9, 0]),
        level_parent=[-1, 0],
        level_fanout=[1, -1],
        attachments=Attachments(child=[2], parent=[1], cost=[1]),
        years=years_of(1, capital=[9]),
    )
    assert standing(problem) == [[-1, 1, 2]]


def test_a_solve_that_is_stopped_at_once_keeps_what_stands_today():
    problem = plan(
        [[1, -1], [-1, 1]],
        [5, 7],
        years=years_of(2, running=[4, 4]),
        sites=sites_of(2, current=[0, -1]),
        options=options_of([0, 1], yearly_cost=[4, 3]),
    )
    answer = solve(problem, stop=AT_ONCE)
    assert answer.result.status is Status.FEASIBLE
    assert answer.option.tolist() == [[0, -1], [0, -1]]
    assert check(problem, PlanRequest(), answer) == ()
    assert answer.result.bound >= solve(problem).result.objective


@pytest.mark.parametrize("objective", [PlanObjective.MAX_VALUE, PlanObjective.MAX_MIN])
def test_a_town_has_a_first_plan_near_the_best(objective):
    problem, request = town(0), PlanRequest(objective=objective)
    stopped = solve(problem, request, stop=Stop(iterations=0))
    assert check(problem, request, stopped) == ()
    longer = solve(problem, stop=Stop(iterations=20))
    assert stopped.result.objective >= 0.7 * longer.result.objective


def test_first_plans_keep_every_row_of_random_models():
    found = 0
    for seed in range(50_000, 50_060):
        model = build_model(*random_plan(seed))
        point = first_plan(model, Stop().start())
        if point is not None:
            found += 1
            assert model.program.holds(point) and model.carries(point)
            assert np.array_equal(point, np.maximum(point, 0))
    assert found >= 15
