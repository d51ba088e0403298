"""The exact engine: what it proves, what it refuses, how it stops."""

from __future__ import annotations

import pytest

from base.faults import FaultError
from optimizer.result import Status, StopReason
from optimizer.routing.check import check
from optimizer.routing.cpsat_engine import solve_exact
from optimizer.routing.problem import NONE
from optimizer.routing.solution import Plan, StepKind
from optimizer.stop import Progress, Stop
from tests.property.routing_problems import mixed_problem
from tests.routing_cases import Task, Vehicle, build, line, random_meals
from tests.routing_feature_case import featured


def test_proves_the_case_with_all_features_better_than_by_hand():
    problem, by_hand = featured()
    answer = solve_exact(problem)
    assert check(problem, answer) == ()
    assert answer.result.status is Status.OPTIMAL
    assert answer.result.bound == answer.result.objective
    assert by_hand.result.objective is not None
    assert answer.result.objective is not None
    assert answer.result.objective <= by_hand.result.objective


def test_higher_tiers_come_before_any_cost():
    tasks = [Task(1, 5, ((50, 50),), tier=0, prize=1), Task(0, 5, ((50, 50),), tier=1, prize=10**6)]
    answer = solve_exact(build(line(0, 40), tasks, [Vehicle()]))
    assert answer.plan.unserved == (1,)


def test_a_phone_call_displaces_nobody_and_is_no_loss():
    tasks = [Task(1, 5, ((50, 50),), tier=0), Task(0, 5, ((50, 50),), tier=1, prize=10)]
    problem = build(line(0, 40), tasks, [Vehicle()], task_remote_cost=[3, NONE])
    answer = solve_exact(problem)
    assert answer.plan.unserved == (0,)
    assert answer.result.parts["remote"] == 3
    assert answer.counts["remote"] == 1


def test_at_the_same_cost_more_is_served():
    problem = build(line(0, 5), [Task(1, 5, prize=15)], [Vehicle()])
    assert solve_exact(problem).plan.unserved == ()
    assert solve_exact(problem.replace(task_prize=[14])).plan.unserved == (0,)


def test_a_break_without_a_place_is_taken_where_the_next_visit_is():
    rest = {"break_vehicle": [0], "break_open": [10], "break_close": [10], "break_length": [5]}
    problem = build(
        line(0, 10),
        [Task(1, 5, ((15, 15),))],
        [Vehicle()],
        break_place=[NONE],
        break_prize=[NONE],
        **rest,
    )
    answer = solve_exact(problem)
    assert check(problem, answer) == ()
    steps = [(s.kind, s.arrive, s.start) for s in answer.plan.routes[0].steps]
    assert steps == [(StepKind.BREAK, 10, 10), (StepKind.TASK, 15, 15)]


def test_too_few_changes_allowed_is_infeasible():
    problem = build(
        line(0, 10),
        [Task(1, 5, ((50, 60),))],
        [Vehicle()],
        plan_vehicle=[0],
        plan_start=[90],
        max_changes=0,
    )
    answer = solve_exact(problem)
    assert answer.result.status is Status.INFEASIBLE
    assert answer.result.objective is None
    assert answer.plan == Plan((), (0,))


def test_refuses_trips():
    with pytest.raises(FaultError, match="CC-O005"):
        solve_exact(random_meals(1))


def test_the_same_seed_and_limit_give_the_same_plan():
    problem = mixed_problem(5, tasks=8)
    first, second = (solve_exact(problem, stop=Stop(iterations=3), seed=4) for _ in range(2))
    assert first.plan == second.plan
    assert first.result.status is second.result.status


def test_says_why_it_stopped():
    problem = mixed_problem(7, tasks=8, vehicles=3)
    limited = solve_exact(problem, stop=Stop(iterations=0))
    assert limited.result.stop_reason is StopReason.ITERATIONS
    assert limited.result.bound is None
    cancelled = solve_exact(problem, stop=Stop(cancelled=lambda: True))
    assert cancelled.result.status is not Status.OPTIMAL
    assert cancelled.result.stop_reason is StopReason.USER


def test_tells_of_its_progress():
    news: list[Progress] = []
    answer = solve_exact(mixed_problem(3, tasks=5), progress=news.append)
    last = news[-1]
    assert last.phase == "cost"
    assert last.incumbent == answer.result.objective
    assert last.bound is not None
    assert last.bound <= last.incumbent
