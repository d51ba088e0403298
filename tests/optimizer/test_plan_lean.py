"""Of plans that are equally good the cheaper one is answered."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.siting.plan.lean import cheaper, trimmed, worthier
from optimizer.siting.plan.model.whole import build_model
from optimizer.siting.plan.problem import Assignments, PlanObjective, PlanRequest
from optimizer.siting.plan.reading import point_of
from optimizer.siting.plan.solve import solve
from optimizer.stop import Stop
from tests.optimizer.test_plan_solve import (
    MIN_COST,
    demand_of,
    options_of,
    plan,
    rule,
    sites_of,
    solved,
    years_of,
)
from tests.plan_cases import random_plan

MOST = PlanRequest()


def left(problem, request, option):
    """The options of a plan without assignments once it is trimmed."""
    model = build_model(problem, request)
    none = np.full(len(problem.quotas), -1)
    point = point_of(model, np.array(option), Assignments.none(), none)
    point = trimmed(model, point, Stop().start())
    assert model.program.holds(point)
    return model.option_of(model.standing_of(point)).tolist()


def test_a_site_that_adds_nothing_is_left_out():
    problem = plan([[1, 1], [1, -1]], [3, 4], options=options_of([0, 1], yearly_cost=[5, 2]))
    assert left(problem, MOST, [[0, 1]]) == [[0, -1]]


def test_a_smaller_option_does_where_it_is_worth_as_much():
    problem = plan([[1]], [3], options=options_of([0, 0], yearly_cost=[5, 2]))
    assert left(problem, MOST, [[0]]) == [[1]]


def test_a_site_opens_once_it_counts():
    years = years_of(2, weight=[0, 1])
    problem = plan([[1]], [3], years=years, options=options_of([0], yearly_cost=[5]))
    assert left(problem, MOST, [[0], [0]]) == [[-1], [0]]


def test_least_cost_keeps_nothing_that_no_rule_asks_for():
    problem = plan([[1], [1]], [3], options=options_of([0, 1], yearly_cost=[5, 2]))
    assert left(problem, MIN_COST, [[0, 1]]) == [[-1, -1]]
    assert left(problem, MIN_COST.replace(least_value=3), [[0, 1]]) == [[-1, 1]]


def test_a_second_search_finds_what_no_single_change_does():
    """One dear site for both rows, or two cheap ones."""
    problem = plan(
        [[1, 1], [1, -1], [-1, 1]],
        [3, 4],
        options=options_of([0, 1, 2], yearly_cost=[9, 2, 3], capacity=[[7], [3], [4]]),
    )
    model = build_model(problem, MOST)
    known = Assignments(year=[0, 0], row=[0, 1], site=[0, 0], amount=[3, 4])
    point = point_of(model, np.array([[0, -1, -1]]), known, np.zeros(0, np.int64))
    found = cheaper(model, point, Stop(seconds=60).start(), seed=0)
    assert (model.value.at(found), model.cost.at(found)) == (7, 5)
    assert solved(problem).option.tolist() == [[-1, 1, 2]]


def test_of_plans_that_cost_the_same_the_one_worth_more_is_taken():
    """Both sites serve the row that has to be; only the first keeps whoever is there."""
    problem = plan(
        [[0], [1]],
        [3],
        options=options_of([0, 1], yearly_cost=[2, 2], capacity=[[3], [3]]),
        demand=demand_of([3], must=[True], full=[0], radius=[10]),
    )
    model = build_model(problem, MIN_COST)
    far = Assignments(year=[0], row=[0], site=[1], amount=[3])
    point = point_of(model, np.array([[-1, 1]]), far, np.zeros(0, np.int64))
    found = worthier(model, point, Stop(seconds=60).start(), seed=0)
    assert (model.value.at(found), model.cost.at(found)) == (3, 2)
    assert worthier(model, point, Stop(iterations=5).start(), seed=0) is point
    assert solved(problem, MIN_COST).option.tolist() == [[0, -1]]


@pytest.mark.parametrize("objective", [PlanObjective.MIN_TRAVEL, PlanObjective.MIN_WORST])
@pytest.mark.parametrize("years", [1, 2])
def test_whoever_counts_for_nothing_stays_where_that_costs_nothing(objective, years):
    """Row 0 weighs: either of two sites will do. Row 1 does not weigh and is at the second."""
    problem = plan(
        [[4, 4], [4, 0]],
        [3, 2],
        years=years_of(years),
        sites=sites_of(2, current=[0, 1]),
        options=options_of([0, 1], capacity=[[5], [5]]),
        demand=demand_of([3, 2], weight=[1, 0]),
        rules=rule([0, 1], 0, 1, years),
    )
    answer = solved(problem, PlanRequest(objective))
    assert answer.option.tolist() == [[-1, 1]] * years


@pytest.mark.parametrize("seed", range(60_000, 60_025))
def test_most_value_costs_no_more_than_least_cost_for_it(seed):
    problem, request = random_plan(seed)
    request = request.replace(objective=PlanObjective.MAX_VALUE, cost_weight=0)
    answer = solve(problem, request)
    value = answer.result.objective
    if value is None or answer.result.solver != "highs":
        return
    least = solve(problem, request.replace(objective=PlanObjective.MIN_COST, least_value=value))
    model = build_model(problem, request)
    point = point_of(model, answer.option, answer.assignments, answer.quota_site)
    assert model.cost.at(point) == least.result.objective
