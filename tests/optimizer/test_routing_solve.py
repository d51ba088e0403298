"""A day of visits end to end: engine, tiers, reasons, stop rules."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.result import Status, StopReason
from optimizer.routing.check import check
from optimizer.routing.problem import NONE, UNREACHABLE
from optimizer.routing.solution import Plan, Reason
from optimizer.routing.solve import solve
from optimizer.stop import Progress, Stop
from tests.routing_cases import Link, Task, Vehicle, build, line, random_visits, station_day

SHORT = Stop(iterations=200)


def test_finds_the_obvious_rounds():
    tasks = [Task(place, 5) for place in (1, 2, 3, 4)]
    time = line(0, 10, 20, -10, -20)
    problem = build(time, tasks, [Vehicle(close=50), Vehicle(close=50)])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert {frozenset(route.tasks) for route in answer.plan.routes} == {
        frozenset({0, 1}),
        frozenset({2, 3}),
    }
    assert answer.result.objective == 2 * 50
    assert answer.result.status is Status.FEASIBLE
    assert answer.result.bound is None


def test_a_detour_for_one_visit_is_taken_where_the_direct_way_is_longer():
    time = np.array([[0, 1, 50], [1, 0, 1], [1, 1, 0]])
    problem = build(time, [Task(1, 0), Task(2, 0)], [Vehicle()])
    answer = solve(problem, stop=SHORT)
    assert answer.plan.routes[0].tasks == (0, 1)
    assert answer.result.objective == 3


def test_an_escort_continues_from_its_end_place():
    tasks = [Task(1, 5, end_place=2), Task(2, 5, ((15, 15),))]
    problem = build(line(0, 10, 100), tasks, [Vehicle(end=NONE)])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert answer.plan.routes[0].tasks == (0, 1)
    assert answer.plan.routes[0].end - answer.plan.routes[0].depart == 20


def test_each_window_of_a_visit_can_serve():
    tasks = [Task(1, 10, ((20, 25), (100, 110))), Task(1, 10, ((22, 24),))]
    problem = build(line(0, 5), tasks, [Vehicle(end=NONE)])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert answer.plan.unserved == ()
    starts = {step.index: step.start for step in answer.plan.routes[0].steps}
    assert starts == {0: 100, 1: 24}


def test_skills_modes_and_unreachable_ways_are_kept():
    walk, ride = line(0, 100, 200), line(0, 10, 20)
    walk[:, 2] = UNREACHABLE
    tasks = [Task(1, 5, skills=1), Task(2, 5)]
    vehicles = [Vehicle(skills=1), Vehicle(mode=1)]
    problem = build(np.stack([walk, ride]), tasks, vehicles)
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert [route.tasks for route in answer.plan.routes] == [(0,), (1,)]


def test_capacity_binds_a_round_without_loading():
    tasks = [Task(1, 1, load=[2]), Task(1, 1, load=[2]), Task(1, 1, load=[2])]
    problem = build(line(0, 5), tasks, [Vehicle(capacity=[4]), Vehicle(capacity=[2])], loads=1)
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert [len(route.tasks) for route in answer.plan.routes] == [2, 1]


def test_a_higher_tier_is_never_dropped_for_a_lower_one():
    tasks = [Task(1, 10, ((50, 52),), tier=1, prize=10**9), Task(2, 10, ((50, 52),), prize=1)]
    problem = build(line(0, 10, 20), tasks, [Vehicle()])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert answer.plan.unserved == (0,)
    assert answer.counts == {
        "served": 1,
        "unserved": 1,
        "vehicles": 1,
        "unserved_tier_0": 0,
        "unserved_tier_1": 1,
    }


def test_a_higher_tier_comes_before_several_lower_ones():
    low = [Task(1, 10, ((start, start),), tier=1) for start in (40, 50, 60)]
    problem = build(line(0, 10), [*low, Task(1, 35, ((40, 40),))], [Vehicle()])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert answer.plan.unserved == (0, 1, 2)


def test_what_costs_more_than_its_prize_stays_undone_in_the_lowest_tier():
    tasks = [Task(1, 5, prize=24), Task(2, 5, prize=25)]
    problem = build(line(0, 10, -10), tasks, [Vehicle()])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert [(item.task, item.reason) for item in answer.reasons] == [(0, Reason.NOT_WORTH)]
    assert answer.reasons[0].detail["added"] == 25


def test_two_carer_and_linked_visits_that_lack_people_have_their_reasons():
    tasks = [Task(1, staff=2), Task(1), Task(1), Task(1)]
    problem = build(line(0, 5), tasks, [Vehicle()], links=[Link(1, 2)])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert {item.task: item.reason for item in answer.reasons} == {
        0: Reason.NEEDS_MORE_STAFF,
        1: Reason.LINKED,
        2: Reason.LINKED,
    }


def test_no_time_left_is_told_with_figures():
    tasks = [Task(1, 50, ((0, 10),)), Task(1, 50, ((0, 10),), skills=1), Task(1, 50, ((0, 10),))]
    problem = build(line(0, 5), tasks, [Vehicle(skills=1), Vehicle()])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    (left,) = answer.reasons
    assert left.reason is Reason.NO_TIME_LEFT
    assert left.detail["fits_alone"] == left.detail["able"]


def test_times_may_be_negative_or_pass_midnight():
    tasks = [Task(1, 5, ((-40, -30),)), Task(1, 5, ((90_000, 90_010),))]
    vehicles = [Vehicle(open=-100, close=0), Vehicle(open=86_000, close=93_000)]
    problem = build(line(0, 5), tasks, vehicles)
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert answer.plan.unserved == ()


@pytest.mark.parametrize("tasks", [[], [Task(1, skills=1)]])
def test_a_day_with_nothing_to_plan_is_finished(tasks: list[Task]):
    problem = build(line(0, 5), tasks, [Vehicle()])
    answer = solve(problem, stop=SHORT)
    assert answer.plan == Plan((), tuple(range(len(tasks))))
    assert answer.result.stop_reason is StopReason.FINISHED
    assert check(problem, answer) == ()


def test_the_same_seed_gives_the_same_plan():
    problem = station_day(3, visits=40, carers=6)
    first, second = (solve(problem, stop=Stop(iterations=60), seed=5) for _ in range(2))
    assert first.plan == second.plan
    assert first.reasons == second.reasons
    assert first.result.parts == second.result.parts
    assert first.result.stop_reason is StopReason.ITERATIONS


def test_a_cancelled_solve_gives_its_best_plan():
    problem = random_visits(1, hard=False)
    answer = solve(problem, stop=Stop(cancelled=lambda: True))
    assert answer.result.stop_reason is StopReason.USER
    assert check(problem, answer) == ()


def test_a_time_limit_stops_the_search():
    problem = station_day(1, visits=30, carers=5)
    answer = solve(problem, stop=Stop(seconds=0.2))
    assert answer.result.stop_reason is StopReason.TIME
    assert check(problem, answer) == ()


def test_progress_tells_falling_incumbents_in_cost_units():
    problem = station_day(2, visits=40, carers=8)
    news: list[Progress] = []
    answer = solve(problem, stop=Stop(iterations=80), progress=news.append)
    assert news[0].phase == "construct"
    told = [item.incumbent for item in news if item.phase == "search" and item.incumbent]
    assert told
    assert answer.result.objective is not None
    assert answer.result.objective <= min(told)


def test_beats_the_construction_it_starts_from():
    problem = station_day(4, visits=60, carers=10)
    news: list[Progress] = []
    answer = solve(problem, stop=Stop(iterations=300), progress=news.append)
    assert news[0].incumbent is not None
    assert answer.result.objective is not None
    assert answer.result.objective < news[0].incumbent
    assert check(problem, answer) == ()


@pytest.mark.accept
def test_a_full_day_of_a_station_in_thirty_seconds():
    for seed in range(3):
        problem = station_day(seed)
        answer = solve(problem, stop=Stop(seconds=30.0), seed=seed)
        assert check(problem, answer) == ()
        assert answer.counts["unserved_tier_0"] <= 10
