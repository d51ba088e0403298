"""Assignments of a plan are complete: no free room while people wait, no needless move."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.result import Status
from optimizer.siting.plan.checking.check import check
from optimizer.siting.plan.complete import complete
from optimizer.siting.plan.problem import Assignments, PlanObjective, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.siting.plan.tables import Floors
from tests.optimizer.test_plan_solve import MIN_COST, demand_of, options_of, plan, sites_of, solved
from tests.plan_cases import random_plan

NOTHING = Assignments.none()


def listed(assignments):
    columns = (assignments.row, assignments.site, assignments.amount)
    return list(zip(*(each.tolist() for each in columns), strict=True))


def test_the_cheapest_plan_fills_the_room_it_has():
    problem = plan(
        [[1, 1]],
        [6, 7],
        sites=sites_of(1, due=[0]),
        options=options_of([0], capacity=[[8]], yearly_cost=[3]),
    )
    assert solved(problem, MIN_COST).assignments.amount.sum() == 8


@pytest.mark.parametrize("reach", [[[0, 3], [3, 0]], [[3, 0], [0, 3]]])
@pytest.mark.parametrize("objective", [PlanObjective.MIN_COST, PlanObjective.MAX_VALUE])
def test_residents_stay_where_they_are(reach, objective):
    problem = plan(
        reach,
        [5, 5],
        sites=sites_of(2, due=[0, 0]),
        options=options_of([0, 1], capacity=[[5], [5]]),
        demand=demand_of([5, 5], must=[True, True], weight=[0, 0]),
    )
    answer = solved(problem, PlanRequest(objective=objective))
    own = [(row, [each[row] for each in reach].index(0), 5) for row in range(2)]
    assert listed(answer.assignments) == own


@pytest.mark.parametrize(
    ("objective", "home"), [(PlanObjective.MIN_COST, 0), (PlanObjective.MAX_VALUE, 1)]
)
def test_a_client_moves_for_value_alone(objective, home):
    """Row 0 is at home at site 0; row 1 is worth more there."""
    problem = plan(
        [[0, 1], [6, 9]],
        [5, 5],
        sites=sites_of(2, due=[0, 0]),
        options=options_of([0, 1], capacity=[[5], [5]]),
        demand=demand_of([5, 5], must=[True, False], weight=[0, 10], full=[0, 0]),
    )
    answer = solved(problem, PlanRequest(objective=objective))
    assert listed(answer.assignments) == [(0, home, 5), (1, 1 - home, 5)]


def test_floors_are_kept_where_value_lies_elsewhere():
    problem = plan(
        [[1, 1]],
        [6, 7],
        sites=sites_of(1, due=[0]),
        options=options_of([0], capacity=[[8]]),
        demand=demand_of([6, 7], weight=[1, 2]),
        floors=Floors(low=[4], first_year=[0], last_year=[0], indptr=[0, 1], demand=[0]),
    )
    known = Assignments(year=[0], row=[0], site=[0], amount=[4])
    found, figures = complete(problem, MIN_COST, np.array([[0]]), known)
    assert listed(found) == [(0, 0, 4), (1, 0, 4)]
    assert figures.value == 12


def test_single_rows_go_whole_where_they_still_fit():
    problem = plan(
        [[1, 1, 1]],
        [6, 3, 2],
        sites=sites_of(1, due=[0]),
        options=options_of([0], capacity=[[8]]),
        demand=demand_of([6, 3, 2], single=[True, True, False], weight=[1, 1, 2]),
    )
    found, _ = complete(problem, MIN_COST, np.array([[0]]), NOTHING)
    assert listed(found) == [(0, 0, 6), (2, 0, 2)]


@pytest.mark.parametrize("seed", range(50_000, 50_040))
def test_no_free_room_while_split_rows_wait(seed):
    problem, request = random_plan(seed)
    request = request.replace(objective=PlanObjective.MIN_COST, cost_weight=0)
    answer = solve(problem, request)
    if answer.result.status is not Status.OPTIMAL:
        return
    assert [each.detail for each in check(problem, request, answer)] == []
    for year, shown in enumerate(answer.option):
        own = answer.assignments.year == year
        rows, sites = answer.assignments.row[own], answer.assignments.site[own]
        amount = answer.assignments.amount[own]
        waits = problem.demand.amount - np.bincount(rows, amount, problem.n_demand)
        for site in np.flatnonzero(shown >= 0).tolist():
            here = slice(problem.reach.indptr[site], problem.reach.indptr[site + 1])
            for row, cost in zip(problem.reach.demand[here], problem.reach.cost[here], strict=True):
                service = problem.demand.service[row]
                room = problem.options.capacity[shown[site], service]
                of_service = problem.demand.service[rows] == service
                free = room - amount[(sites == site) & of_service].sum()
                if problem.capacitated[service] and not problem.demand.single[row]:
                    assert (
                        cost > problem.demand.radius[row]
                        or waits[row] == 0
                        or room == 0
                        or (room > 0 and free == 0)
                    )
