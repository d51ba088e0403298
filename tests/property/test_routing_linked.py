"""Linked visits: every answer keeps the rules, and small ones are as good as enumeration's."""

from __future__ import annotations

from itertools import combinations, pairwise, permutations, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.routing.check import check
from optimizer.routing.problem import LinkKind, RoutingProblem
from optimizer.routing.solve import solve
from optimizer.stop import Stop
from tests.routing_cases import Link, Task, Vehicle, build, line, random_visits

SHORT = Stop(iterations=5)


def linked(seed: int) -> RoutingProblem:
    """A random day of visits with more links, people needed at once and soft windows."""
    rng = np.random.default_rng(seed)
    problem = random_visits(seed, tasks=int(rng.integers(2, 12)), vehicles=int(rng.integers(1, 5)))
    n = problem.n_tasks
    rows = []
    for first, second in combinations(range(n), 2):
        if rng.random() < 1.2 / n:
            low = int(rng.integers(-10, 20))
            same = rng.random() < 0.4
            rows.append((first, second, same, 0 if same else low, low + int(rng.integers(0, 30))))
    columns = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    kinds = np.where(columns[2] == 1, int(LinkKind.SAME_START), int(LinkKind.SEQUENCE))
    soft = rng.random(n) < rng.choice([0.0, 0.3, 1.0])
    return problem.replace(
        link_first=columns[0],
        link_second=columns[1],
        link_kind=kinds,
        link_min=np.minimum(columns[3], columns[4]),
        link_max=np.maximum(columns[3], columns[4]),
        task_late_cost=np.where(soft, rng.integers(0, 5, size=n), -1),
        worst_late_cost=int(rng.integers(0, 3)),
    )


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 3))
def test_every_answer_passes_the_checker(seed: int, search: int):
    problem = linked(seed)
    answer = solve(problem, stop=SHORT, seed=search)
    assert check(problem, answer) == ()
    assert answer.result.bound is None


def least_cost(at: list[int], tasks: list[Task], link: Link, vehicles: int) -> int:
    """Distance and lateness of the best plan that serves everybody, by enumeration.

    Every assignment and every order of all tasks is tried; each order is timed as early as can be.
    """
    best = 10**9
    for order in permutations(range(len(tasks))):
        for who in product(range(vehicles), repeat=len(tasks)):
            if who[link.first] == who[link.second]:
                continue
            start = earliest(at, tasks, link, order, who)
            if start is None:
                continue
            late = [max(0, start[t] - tasks[t].windows[-1][1]) for t in order]
            metres = 0
            for vehicle in range(vehicles):
                places = [0, *(at[tasks[t].place] for t in order if who[t] == vehicle), 0]
                metres += sum(abs(a - b) for a, b in pairwise(places))
            best = min(best, metres + sum(late) + max(late))
    return best


def earliest(
    at: list[int], tasks: list[Task], link: Link, order: tuple[int, ...], who: tuple[int, ...]
) -> list[int] | None:
    """Fixpoint of routes and link, raised from below; None where the times run away."""
    start = [task.windows[0][0] for task in tasks]
    for _ in range(100):
        before = list(start)
        place, now = dict.fromkeys(who, 0), dict.fromkeys(who, 0)
        for t in order:
            x = at[tasks[t].place]
            start[t] = max(start[t], now[who[t]] + abs(x - place[who[t]]))
            place[who[t]], now[who[t]] = x, start[t] + tasks[t].duration
        start[link.second] = max(start[link.second], start[link.first] + link.low)
        start[link.first] = max(start[link.first], start[link.second] - link.high)
        if start == before:
            return start
    return None


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.integers(0, 10**6))
def test_tiny_days_are_as_good_as_enumeration(seed: int):
    rng = np.random.default_rng(seed)
    at = [0, *rng.integers(-20, 20, size=4).tolist()]
    tasks = []
    for place in range(1, 5):
        opens = int(rng.integers(0, 40))
        tasks.append(Task(place, int(rng.integers(1, 8)), ((opens, opens + 10),)))
    low = int(rng.integers(0, 15))
    link = Link(0, 1, LinkKind.SEQUENCE, low, low + int(rng.integers(0, 10)))
    people = [Vehicle(time_cost=0, distance_cost=1)] * 2
    problem = build(
        line(*at), tasks, people, links=[link], task_late_cost=np.ones(4), worst_late_cost=1
    )
    answer = solve(problem, stop=Stop(iterations=40))
    assert check(problem, answer) == ()
    assert answer.plan.unserved == ()
    assert answer.result.objective == least_cost(at, tasks, link, 2)


@settings(max_examples=10, derandomize=True, deadline=None)
@given(st.integers(0, 10**6))
def test_the_same_seed_gives_the_same_plan(seed: int):
    problem = linked(seed)
    first, second = (solve(problem, stop=SHORT, seed=7) for _ in range(2))
    assert first.plan == second.plan
