"""Everybody to the nearest open site that still has room."""

from __future__ import annotations

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.siting.plan.nearest import nearest_assignments
from optimizer.siting.plan.problem import PlanObjective, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.stop import Stop
from tests.optimizer.test_plan_solve import demand_of, options_of, plan, town, years_of


def listed(assignments):
    columns = (assignments.year, assignments.row, assignments.site, assignments.amount)
    return list(zip(*(each.tolist() for each in columns), strict=True))


def test_the_closest_come_first_and_the_rest_go_further():
    """Row 1 is nearer to site 0; what row 0 then lacks there it finds at site 1, within reach."""
    problem = plan(
        [[3, 1, -1], [9, 4, 11]],
        [4, 3, 2],
        years=years_of(2),
        options=options_of([0, 1], capacity=[[5], [9]], first_year=[0, 1]),
        demand=demand_of([4, 3, 2]),
    )
    answer = solve(problem)
    assert answer.option.tolist() == [[0, -1], [0, 1]]
    assert listed(nearest_assignments(problem, answer)) == [
        (0, 0, 0, 2),
        (0, 1, 0, 3),
        (1, 0, 0, 2),
        (1, 0, 1, 2),
        (1, 1, 0, 3),
    ]


def test_a_whole_row_passes_by_a_site_that_is_too_small():
    problem = plan(
        [[1], [2]],
        [6],
        options=options_of([0, 1], capacity=[[5], [-1]]),
        demand=demand_of([6], single=[True]),
    )
    assert listed(nearest_assignments(problem, solve(problem))) == [(0, 0, 1, 6)]


def test_services_keep_to_their_own_room_and_the_covered_are_left_out():
    problem = town(2)
    answer = solve(problem, stop=Stop(iterations=1))
    found = nearest_assignments(problem, answer)
    assert found.amount.size and np.all(problem.demand.service[found.row] == 1)
    room = np.zeros((problem.n_years, problem.n_sites), dtype=np.int64)
    stands = answer.option >= 0
    room[stands] = problem.options.capacity[answer.option[stands], 1]
    used = np.zeros_like(room)
    np.add.at(used, (found.year, found.site), found.amount)
    assert np.all(used <= room)
    served = np.zeros((problem.n_years, problem.n_demand), dtype=np.int64)
    np.add.at(served, (found.year, found.row), found.amount)
    assert np.all(served <= problem.demand.amount)


def test_without_a_plan_nobody_is_served():
    problem = plan([[1]], [5], options=options_of([0], capacity=[[5]]))
    answer = solve(problem, PlanRequest(least_value=99))
    assert listed(nearest_assignments(problem, answer)) == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"demand": demand_of([2**40], weight=[2**40])}, "demand.weight"),
        ({"options": options_of([0], yearly_cost=[2**62])}, "options.yearly_cost"),
        ({"years": years_of(2, weight=[2**61, 2**61])}, "years.weight"),
    ],
)
def test_sums_beyond_64_bits_are_refused(given, field):
    with pytest.raises(FaultError) as raised:
        plan([[1]], [5], **given)
    assert field in {fault.values["field"] for fault in raised.value.faults}


def test_a_weight_of_costs_beyond_64_bits_is_refused():
    problem = plan([[1]], [5], options=options_of([0], yearly_cost=[2**50]))
    with pytest.raises(FaultError, match="cost_weight"):
        solve(problem, PlanRequest(objective=PlanObjective.MIN_TRAVEL, cost_weight=2**20))
