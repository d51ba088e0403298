"""Plans for people who choose the nearest site with room, beside plans that assign them."""

from __future__ import annotations

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.result import Status, StopReason
from optimizer.siting.plan.checking.check import check
from optimizer.siting.plan.problem import PlanObjective, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.stop import Stop
from tests.optimizer.test_plan_nearest import listed
from tests.optimizer.test_plan_solve import (
    MIN_COST,
    demand_of,
    options_of,
    plan,
    solved,
)

WAYS = [[1, 2], [9, -1]]
"""Row 0 is nearer to site 0 than row 1, which reaches nothing else."""


def crowded(**given):
    """Site 0 has room for one row only; who plans would send row 0 to site 1."""
    options = options_of([0, 1], capacity=[[3], [3]], yearly_cost=[1, 1])
    return plan(WAYS, [3, 3], options=options, demand=demand_of([3, 3], **given))


def test_who_is_near_takes_the_room_of_who_has_no_other():
    problem = crowded()
    assert listed(solved(problem).assignments) == [(0, 0, 1, 3), (0, 1, 0, 3)]
    choosing = problem.replace(nearest=[True])
    answer = solved(choosing)
    assert answer.result.objective == 3
    assert len(listed(answer.assignments)) == 1 and (answer.option >= 0).sum() == 1


def test_who_has_to_be_served_decides_what_stands():
    """Row 1 finds room only where nobody nearer takes it: no plan of these two sites."""
    problem = crowded(must=[False, True]).replace(nearest=[True])
    assert solve(problem).result.status is Status.INFEASIBLE
    more = plan(
        [*WAYS, [0, -1]],
        [3, 3],
        options=options_of([0, 1, 2], capacity=[[3]] * 3, yearly_cost=[1, 1, 1]),
        demand=demand_of([3, 3], must=[False, True]),
        nearest=[True],
    )
    assert solved(more, MIN_COST).option.tolist() == [[0, -1, 2]]


def test_a_service_that_is_not_named_is_still_assigned():
    """Two services alike but for who decides."""
    twice = plan(
        [[1, 2, 1, 2], [9, -1, 9, -1]],
        [3, 3, 3, 3],
        options=options_of([0, 1], capacity=[[3, 3], [3, 3]]),
        demand=demand_of([3, 3, 3, 3], service=[0, 0, 1, 1]),
        nearest=[False, True],
    )
    answer = solved(twice)
    assert listed(answer.assignments) == [(0, 0, 1, 3), (0, 1, 0, 3), (0, 2, 0, 3)]


def test_services_without_counted_places_are_not_chosen():
    problem = plan(WAYS, [3, 3], nearest=[True])
    assert not problem.chosen.any()
    assert solved(problem).result.objective == 6


def test_a_stopped_answer_says_no_more_than_it_knows():
    problem = crowded().replace(nearest=[True])
    request = PlanRequest()
    answer = solve(problem, request, stop=Stop(iterations=1))
    assert check(problem, request, answer) == ()
    assert answer.result.status is Status.FEASIBLE
    assert answer.result.stop_reason is not StopReason.FINISHED
    assert answer.result.objective == 3 and answer.result.bound >= 3


def test_an_earlier_plan_is_looked_at_first():
    problem = crowded().replace(nearest=[True])
    best = solved(problem)
    again = solve(problem, PlanRequest(), stop=Stop(iterations=0), start=best)
    assert again.result.objective == best.result.objective


@pytest.mark.parametrize("objective", list(PlanObjective))
def test_choosing_is_never_better_than_being_assigned(objective):
    rng = np.random.default_rng(3)
    ways = rng.permutation(40).reshape(5, 8)
    problem = plan(
        ways,
        [2] * 8,
        options=options_of([*range(5)], capacity=[[6]] * 5, yearly_cost=[3, 1, 4, 1, 5]),
        demand=demand_of([2] * 8, full=[40] * 8, radius=[40] * 8),
    )
    request = PlanRequest(objective, least_value=10 if objective == "min_cost" else None)
    choosing = problem.replace(nearest=[True])
    assigned, chosen = (solved(each, request, stop=Stop()) for each in (problem, choosing))
    sign = -1 if objective.startswith("min") else 1
    assert sign * (assigned.result.objective - chosen.result.objective) >= 0


def test_the_column_of_services_has_its_length():
    with pytest.raises(FaultError):
        crowded().replace(nearest=[True, False])
