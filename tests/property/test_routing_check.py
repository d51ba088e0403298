"""Two timings that share no code agree: the solvers' and the checker's."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.routing.check_timing import Days
from optimizer.routing.schedule import cost_parts, time_route
from optimizer.routing.solution import StepKind
from tests.routing_cases import random_meals, random_visits

LOAD, TASK = StepKind.LOAD, StepKind.TASK


@settings(derandomize=True, max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), meals=st.booleans(), data=st.data())
def test_the_checker_times_and_costs_a_route_as_the_solvers_do(
    seed: int, meals: bool, data: st.DataObject
):
    problem = random_meals(seed, holes=0.05) if meals else random_visits(seed)
    vehicle = data.draw(st.integers(0, problem.n_vehicles - 1))
    tasks = data.draw(st.permutations(range(problem.n_tasks)))[: data.draw(st.integers(1, 4))]
    steps = [(TASK, task) for task in tasks]
    if meals:
        kitchens = st.sampled_from(problem.reload_places(vehicle).tolist())
        for row in sorted({0, data.draw(st.integers(0, len(steps) - 1))}, reverse=True):
            steps.insert(row, (LOAD, data.draw(kitchens)))
    route = time_route(problem, vehicle, steps)
    days = Days(problem, vehicle)
    tour = days.follow(days.begin(), steps)
    cost = None if tour is None else days.cost(tour)
    assert (route is None) == (cost is None)
    if route is not None and tour is not None:
        assert days.least_work(tour) == route.end - route.depart
        assert cost == sum(cost_parts(problem, [route]).values())
