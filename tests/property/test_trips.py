"""Trips against the checker, the exact timing and full enumeration."""

from __future__ import annotations

from functools import reduce
from itertools import permutations, product
from operator import or_

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.routing.check import check
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.schedule import cost_parts, time_route
from optimizer.routing.solution import StepKind
from optimizer.routing.trip_model import TripModel
from optimizer.routing.trip_search_kernels import complete, worth
from optimizer.routing.trips import solve_trips
from optimizer.stop import Stop
from tests.routing_cases import random_meals, random_visits

SEEDS = st.integers(0, 10**6)


@settings(max_examples=25)
@given(SEEDS, st.integers(1, 12), st.integers(1, 4), st.sampled_from([0.0, 0.1]))
def test_every_plan_passes_the_checker(seed: int, stops: int, carriers: int, holes: float) -> None:
    problem = random_meals(seed, stops=stops, carriers=carriers, holes=holes)
    answer = solve_trips(problem, stop=Stop(iterations=300), seed=seed)
    assert check(problem, answer) == ()


@settings(max_examples=8)
@given(SEEDS)
def test_vehicles_that_load_nowhere_are_planned_too(seed: int) -> None:
    problem = random_visits(seed)
    answer = solve_trips(problem, stop=Stop(iterations=200), seed=seed)
    assert check(problem, answer) == ()


@settings(max_examples=60)
@given(SEEDS, st.sampled_from([0.0, 0.1]))
def test_the_search_never_promises_too_much(seed: int, holes: float) -> None:
    """Every day of the search can be driven, at no more than the cost that the search counts.

    With several windows per task the search holds each task in one; the exact timing is free.
    """
    problem = random_meals(seed, stops=14, carriers=3, holes=holes)
    model = TripModel(problem)
    state = model.empty()
    order = np.random.default_rng(seed).permutation(problem.n_tasks)
    complete(model.data, state, order)
    routes = []
    for vehicle, day in model.days_of(state):
        route = time_route(problem, vehicle, model.steps_of(day))
        assert route is not None
        routes.append(route)
    exact = sum(cost_parts(problem, routes).values())
    claimed = int(worth(model.data, state)[1])
    assert exact <= claimed


@settings(max_examples=60)
@given(SEEDS)
def test_the_search_times_days_exactly_with_one_window_each(seed: int) -> None:
    problem = _one_window(random_meals(seed, stops=14, carriers=3))
    model = TripModel(problem)
    state = model.empty()
    complete(model.data, state, np.random.default_rng(seed).permutation(problem.n_tasks))
    routes = [time_route(problem, v, model.steps_of(day)) for v, day in model.days_of(state)]
    assert None not in routes
    exact = sum(cost_parts(problem, [route for route in routes if route]).values())
    assert exact == int(worth(model.data, state)[1])


@settings(max_examples=12)
@given(SEEDS)
def test_the_served_prize_is_the_optimum_of_small_problems(seed: int) -> None:
    problem = random_meals(seed, stops=4, carriers=2)
    answer = solve_trips(problem, stop=Stop(iterations=1500), seed=seed)
    assert check(problem, answer) == ()
    assert _loss(problem, answer.plan.unserved) == _least_loss(problem)


def _one_window(problem: RoutingProblem) -> RoutingProblem:
    first = problem.window_indptr[:-1]
    return problem.replace(
        window_indptr=np.arange(problem.n_tasks + 1),
        window_open=problem.window_open[first],
        window_close=problem.window_close[first],
    )


def _loss(problem: RoutingProblem, unserved: tuple[int, ...]) -> tuple[int, ...]:
    """Unserved prize by tier."""
    loss = [0] * problem.n_tiers
    for task in unserved:
        loss[int(problem.task_tier[task])] += int(problem.task_prize[task])
    return tuple(loss)


def _least_loss(problem: RoutingProblem) -> tuple[int, ...]:
    """The optimum over every split of the tasks among the carriers."""
    everyone = range(1 << problem.n_tasks)
    able = [
        [mask for mask in everyone if mask == 0 or _drivable(problem, vehicle, mask)]
        for vehicle in range(problem.n_vehicles)
    ]
    best = None
    for masks in product(*able):
        joint = sum(masks)
        if joint != reduce(or_, masks):  # a task on two carriers
            continue
        out = tuple(task for task in range(problem.n_tasks) if not joint >> task & 1)
        loss = _loss(problem, out)
        best = loss if best is None else min(best, loss)
    assert best is not None
    return best


def _drivable(problem: RoutingProblem, vehicle: int, mask: int) -> bool:
    """Whether some order, cut into some trips from some kitchens, is feasible."""
    tasks = [task for task in range(problem.n_tasks) if mask >> task & 1]
    kitchens = problem.reload_places(vehicle).tolist()
    most = int(problem.vehicle_max_trips[vehicle])
    for order in permutations(tasks):
        for cuts in product((False, True), repeat=len(order) - 1):
            if sum(cuts) + 1 > most:
                continue
            for places in product(kitchens, repeat=sum(cuts) + 1):
                steps = [(StepKind.LOAD, places[0]), (StepKind.TASK, order[0])]
                trip = 0
                for task, cut in zip(order[1:], cuts, strict=True):
                    if cut:
                        trip += 1
                        steps.append((StepKind.LOAD, places[trip]))
                    steps.append((StepKind.TASK, task))
                if time_route(problem, vehicle, steps) is not None:
                    return True
    return False
