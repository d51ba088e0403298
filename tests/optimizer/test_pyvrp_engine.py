"""The parts of the PyVRP engine: values of routes, the pool, crossover, regions, workers."""

from __future__ import annotations

import numpy as np
import pytest
from pyvrp import Client, Depot, Location, ProblemData, Solution, VehicleType

from optimizer.result import StopReason
from optimizer.routing.check import check
from optimizer.routing.pyvrp_engine import engine
from optimizer.routing.pyvrp_engine.control import Control
from optimizer.routing.pyvrp_engine.crossover import exchange
from optimizer.routing.pyvrp_engine.local import LocalRun, Penalties, engine_cost
from optimizer.routing.pyvrp_engine.pool import RoutePool
from optimizer.routing.pyvrp_engine.population import Individual, Population
from optimizer.routing.pyvrp_engine.regions import Division
from optimizer.routing.pyvrp_engine.stops import StopRow, neighbour_matrix, rows_of, solution_of
from optimizer.routing.solve import solve
from optimizer.stop import Stop
from tests.routing_cases import Task, Vehicle, build, line

PENALTIES = Penalties([10_000.0], 1.0, 1.0, 1e5)


def scattered(n: int, seed: int = 0, *, reload: bool = False) -> ProblemData:
    """``n`` clients in a square with their depot in the middle; five fit a trip."""
    at = np.random.default_rng(seed).integers(0, 1000, size=(n + 1, 2))
    at[0] = 500
    ways = np.sqrt(((at[:, None] - at[None]) ** 2).sum(axis=2)).astype(np.int64)
    vehicles = VehicleType(
        n,
        [5],
        tw_late=100_000,
        reload_depots=[0] if reload else [],
        max_reloads=3 if reload else 0,
    )
    return ProblemData(
        [Location(0, 0) for _ in range(n + 1)],
        [Client(row, delivery=[1]) for row in range(1, n + 1)],
        [Depot(0)],
        [vehicles],
        [ways],
        [ways],
    )


def one_each(data: ProblemData) -> Solution:
    return solution_of(data, [StopRow(0, (client,)) for client in range(data.num_clients)])


def control_of(stop: Stop) -> Control:
    return Control(stop.start(), 0.0, 500, lambda solution: int(engine_cost(solution)), None)


def test_routes_keep_their_reloads_as_values():
    data = scattered(4, reload=True)
    rows = [StopRow(0, (2, 0, -1, 1, 3))]
    solution = solution_of(data, rows)
    assert solution.num_trips() == 2
    assert rows_of(solution) == rows
    assert rows[0].clients == (2, 0, 1, 3)


def test_the_pool_puts_halves_of_two_solutions_together():
    data = scattered(8, seed=3)
    best = LocalRun(data, 0, PENALTIES).construct()
    assert best.is_feasible() and best.num_routes() == 2
    pool = RoutePool(data)
    pool.add_rows([rows_of(best)[0], *(StopRow(0, (c,)) for c in rows_of(best)[1].clients)])
    pool.add_rows([rows_of(best)[1]])
    found = pool.recombine(one_each(data), Stop(iterations=100))
    assert found is not None
    assert engine_cost(found) == engine_cost(best)
    assert pool.recombine(best, Stop(iterations=100)) is None


def test_a_client_on_two_chosen_routes_stays_on_one():
    data = scattered(6, seed=1)
    pool = RoutePool(data)
    pool.add_rows([StopRow(0, (0, 1, 2, 3)), StopRow(0, (3, 4, 5))])
    found = pool.recombine(one_each(data), Stop(iterations=100))
    assert found is not None and found.is_feasible()
    assert sorted(client for row in rows_of(found) for client in row.clients) == list(range(6))


def test_the_pool_forgets_the_older_half():
    data = scattered(12)
    pool = RoutePool(data, most=10)
    pool.add_rows(StopRow(0, (client,)) for client in range(12))
    assert pool.recombine(one_each(data), Stop(iterations=10)) is None
    assert pool.news == 0


def test_children_have_nobody_twice_and_men_no_more_routes_than_vehicles():
    data = scattered(40, seed=5)
    near, rng = neighbour_matrix(data), np.random.default_rng(0)
    run = LocalRun(data, 0, PENALTIES)
    parents = [Individual.of(run.construct(), 40) for _ in range(2)]
    for _ in range(50):
        rows = exchange(data, near, *parents, rng)
        clients = [client for row in rows for client in row.clients]
        assert len(clients) == len(set(clients))
        assert len(rows) <= data.num_vehicles
        child = run.descend(solution_of(data, rows))
        assert child.is_complete()


def test_an_individual_knows_what_comes_after_each_client():
    data = scattered(4, reload=True)
    one = Individual.of(solution_of(data, [StopRow(0, (0, 1, -1, 3))]), 4)
    assert one.after.tolist() == [1, -1, -2, -1]


def test_a_population_keeps_its_best_and_drops_copies():
    data = scattered(20, seed=2)
    run = LocalRun(data, 0, PENALTIES)
    best = run.construct()
    population = Population()
    population.add(Individual.of(best, 20), run.costs)
    for _ in range(60):
        population.add(Individual.of(one_each(data), 20), run.costs)
    assert len(population) < 40
    parents = {
        engine_cost(parent.solution)
        for _ in range(50)
        for parent in population.parents(np.random.default_rng(_))
    }
    assert engine_cost(best) in parents


def test_regions_do_not_share_routes_and_come_back():
    data = scattered(450, seed=4)
    start = LocalRun(data, 0, PENALTIES).construct()
    division = Division(data, start, 0)
    first, second = division.take(), division.take()
    assert first is not None and second is not None
    assert not set(first.routes) & set(second.routes)
    assert not set(first.clients.tolist()) & set(second.clients.tolist())
    part = sum(len(row.clients) for row in rows_of(first.start))
    assert part == first.clients.size >= 195
    assert division.give_back(first, LocalRun(first.data, 1, PENALTIES).descend(first.start))
    assert not division.give_back(second, None)
    assert solution_of(data, division.rows()).is_complete()


def test_regions_of_routes_that_are_gone_are_not_taken_back():
    data = scattered(450, seed=4)
    start = LocalRun(data, 0, PENALTIES).construct()
    division = Division(data, start, 0)
    region = division.take()
    assert region is not None
    division.replace(rows_of(start))
    assert not division.give_back(region, region.start)
    assert solution_of(data, division.rows()).is_complete()


@pytest.mark.parametrize("n", [30, 320])
def test_one_thread_and_an_iteration_limit_give_the_same_answer(n: int):
    data = scattered(n, seed=6)
    answers = []
    for _ in range(2):
        control = control_of(Stop(iterations=150))
        best = engine.search(data, one_each(data), control, PENALTIES, seed=3)
        assert best.is_feasible()
        assert control.reason is StopReason.ITERATIONS
        assert control.iterations == 150
        answers.append(rows_of(best))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("n", [30, 320])
def test_two_threads_search_together(n: int):
    data = scattered(n, seed=6)
    control = control_of(Stop(iterations=300))
    best = engine.search(data, one_each(data), control, PENALTIES, seed=3, threads=2)
    assert best.is_feasible() and best.is_complete()
    assert engine_cost(best) < engine_cost(one_each(data))


def test_a_user_stops_the_search():
    data = scattered(30)
    control = control_of(Stop(cancelled=lambda: True))
    start = one_each(data)
    assert engine.search(data, start, control, PENALTIES) is start
    assert control.reason is StopReason.USER


def test_trips_wait_for_their_loads():
    time = line(0, 10, -10)
    tasks = [Task(1, 5), Task(2, 5)]
    vehicle = Vehicle(max_trips=2, reloads=(0,), close=200)
    problem = build(time, tasks, [vehicle]).replace(task_release=np.array([50, 0]))
    answer = solve(problem, stop=Stop(iterations=100))
    assert check(problem, answer) == ()
    assert answer.plan.unserved == ()
    assert answer.result.solver == "pyvrp+highs"
    loads = [step.finish for step in answer.plan.routes[0].steps if step.kind == "load"]
    assert loads[-1] >= 50


def test_what_does_not_fit_beside_a_dearer_task_is_left_out():
    tasks = [Task(1, 5, ((60, 60),)), Task(2, 5, ((60, 60),), prize=10)]
    vehicle = Vehicle(max_trips=2, reloads=(0,), close=200)
    problem = build(line(0, 10, -10), tasks, [vehicle]).replace(task_release=np.array([50, 0]))
    answer = solve(problem, stop=Stop(iterations=100))
    assert answer.plan.unserved == (1,)


def test_a_window_that_closes_before_the_release_is_none():
    tasks = [Task(1, 5), Task(2, 5, ((0, 30), (100, 120)))]
    vehicle = Vehicle(max_trips=2, reloads=(0,), close=200)
    problem = build(line(0, 10, -10), tasks, [vehicle]).replace(task_release=np.array([0, 40]))
    answer = solve(problem, stop=Stop(iterations=100))
    assert check(problem, answer) == ()
    assert answer.plan.unserved == ()


def test_nobody_is_promised_to_two_regions():
    """Of clients that nobody serves, the second region takes none that the first one may take."""
    data = scattered(440, seed=5)
    clients = [
        client if row < 400 else _optional(client) for row, client in enumerate(data.clients())
    ]
    data = data.replace(clients=clients)
    rows = [StopRow(0, tuple(range(at, at + 5))) for at in range(0, 400, 5)]
    division = Division(data, solution_of(data, rows), seed=0)
    first, second = division.take(), division.take()
    assert first is not None and second is not None and first.outside
    assert not set(first.clients.tolist()) & set(second.clients.tolist())
    division.give_back(first, None)
    division.give_back(second, None)
    again = division.take()
    assert again is not None and again.outside


def _optional(client: Client) -> Client:
    return Client(client.location, delivery=client.delivery, prize=1, required=False)
