"""Carriers with several trips: what the planner must respect and reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.result import Status, StopReason
from optimizer.routing.check import check
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import Reason, RoutingAnswer, StepKind
from optimizer.routing.trip_model import TripModel, lexicographic
from optimizer.routing.trips import solve_trips
from optimizer.stop import Progress, Stop
from tests.routing_cases import Link, Task, Vehicle, build, line
from tests.trip_cases import lunch

CARRIER = Vehicle(close=200, max_trips=3, reloads=(0,), loading=5, capacity=(10,))


def street(tasks: list[Task], *carriers: Vehicle, **changes: object) -> RoutingProblem:
    """Kitchens at 0 and 100, stops between them at 10, 20, ... 90."""
    places = line(0, *range(10, 100, 10), 100)
    return build(places, tasks, carriers or [CARRIER], loads=1, **changes)


def solved(problem: RoutingProblem, iterations: int = 400) -> RoutingAnswer:
    answer = solve_trips(problem, stop=Stop(iterations=iterations), seed=1)
    assert check(problem, answer) == ()
    return answer


def loads(answer: RoutingAnswer) -> list[int]:
    """Where the vehicles load, in order."""
    steps = [step for route in answer.plan.routes for step in route.steps]
    return [step.index for step in steps if step.kind is StepKind.LOAD]


def test_all_rides_in_one_trip_where_nothing_forbids_it() -> None:
    answer = solved(street([Task(place=k, load=(2,)) for k in (1, 2, 3)]))
    assert loads(answer) == [0]
    assert answer.plan.routes[0].tasks in ((0, 1, 2), (2, 1, 0))
    assert answer.result.status is Status.FEASIBLE
    assert answer.result.bound is None
    assert answer.result.parts == {"fixed": 0, "time": 68, "distance": 0, "unserved": 0}


def test_room_makes_a_second_trip() -> None:
    answer = solved(street([Task(place=k, load=(6,)) for k in (1, 2)]))
    assert loads(answer) == [0, 0]
    assert answer.plan.unserved == ()


def test_freshness_makes_a_second_trip() -> None:
    # 10 + 5 + 10 + 5 = 30 ticks to the end of the second drop on the way.
    tasks = [Task(place=k, duration=5, load=(1,), freshness=29) for k in (1, 2)]
    assert loads(solved(street(tasks))) == [0, 0]
    tasks = [replace(task, freshness=30) for task in tasks]
    assert loads(solved(street(tasks))) == [0]


def test_the_number_of_trips_leaves_a_stop_out() -> None:
    answer = solved(
        street([Task(place=k, load=(6,)) for k in (1, 2)], replace(CARRIER, max_trips=1))
    )
    assert len(answer.plan.unserved) == 1
    assert answer.reasons[0].reason is Reason.NO_TIME_LEFT


def test_loading_takes_its_time() -> None:
    # Two trips of 21 and 41 ticks and two loadings of 5.
    tasks = [Task(place=k, load=(6,)) for k in (1, 2)]
    assert solved(street(tasks, replace(CARRIER, close=72))).plan.unserved == ()
    assert len(solved(street(tasks, replace(CARRIER, close=71))).plan.unserved) == 1


def test_a_stop_bound_to_a_kitchen_is_loaded_there() -> None:
    tasks = [Task(place=1, load=(1,), origin=10), Task(place=9, load=(1,), origin=0)]
    both = replace(CARRIER, close=500, reloads=(0, 10))
    answer = solved(street(tasks, both))
    assert sorted(loads(answer)) == [0, 10]
    answer = solved(street(tasks, replace(CARRIER, close=500)))
    assert [(item.task, item.reason) for item in answer.reasons] == [(0, Reason.UNREACHABLE)]


def test_an_open_end_saves_the_way_back() -> None:
    answer = solved(street([Task(place=9, load=(1,))], replace(CARRIER, end=NONE)))
    assert answer.result.parts["time"] == 5 + 90 + 1


def test_higher_tiers_come_first() -> None:
    tasks = [
        Task(place=1, load=(6,), tier=1, prize=10**9),
        Task(place=2, load=(6,), tier=0, prize=1),
    ]
    answer = solved(street(tasks, replace(CARRIER, max_trips=1)))
    assert answer.plan.unserved == (0,)
    assert answer.counts == {"unserved_tier_0": 0, "unserved_tier_1": 1}


def test_larger_prizes_come_first_within_a_tier() -> None:
    tasks = [Task(place=k, load=(6,), prize=10 * k) for k in (1, 2, 3)]
    assert solved(street(tasks, replace(CARRIER, max_trips=1))).plan.unserved == (0, 1)


def test_what_this_planner_does_not_plan_is_named() -> None:
    tasks = [
        Task(place=1, load=(1,), staff=2),
        Task(place=2, load=(1,)),
        Task(place=3, load=(1,)),
        Task(place=4, load=(1,), skills=1),
        Task(place=5, load=(11,)),
        Task(place=6, load=(1,), freshness=60),
        Task(place=7, load=(1,), windows=((500, 600),)),
        Task(place=8, load=(1,)),
    ]
    answer = solved(street(tasks, links=[Link(1, 2)]))
    assert {item.task: item.reason for item in answer.reasons} == {
        0: Reason.NEEDS_MORE_STAFF,
        1: Reason.LINKED,
        2: Reason.LINKED,
        3: Reason.NO_SKILL,
        4: Reason.TOO_LARGE,
        5: Reason.NOT_FRESH,
        6: Reason.OUTSIDE_SHIFTS,
    }


def test_a_vehicle_that_loads_nowhere_rides_along() -> None:
    visitor = Vehicle(start=10, end=10, close=200, capacity=(10,))
    tasks = [Task(place=9, load=(1,)), Task(place=2, load=(1,), freshness=50)]
    answer = solved(street(tasks, CARRIER, visitor))
    assert [route.tasks for route in answer.plan.routes] == [(1,), (0,)]


def test_a_fixed_cost_keeps_a_carrier_at_home() -> None:
    dear = replace(CARRIER, fixed_cost=1000)
    answer = solved(street([Task(place=k, load=(6,)) for k in (1, 2)], dear, dear))
    assert len(answer.plan.routes) == 1


def test_nothing_to_do_is_done() -> None:
    answer = solved(street([Task(place=1, load=(11,))]))
    assert answer.plan.routes == ()
    assert answer.result.stop_reason in (StopReason.FINISHED, StopReason.ITERATIONS)


def test_same_seed_and_iterations_give_the_same_answer() -> None:
    problem = lunch(3, orders=90, stops=40, fleet=(1, 2, 1)).problem
    first, second = (solve_trips(problem, stop=Stop(iterations=900), seed=7) for _ in range(2))
    assert first.plan == second.plan
    assert first.result.stop_reason is StopReason.ITERATIONS


def test_a_cancelled_search_gives_what_it_has() -> None:
    problem = lunch(3, orders=90, stops=40, fleet=(1, 2, 1)).problem
    answer = solve_trips(problem, stop=Stop(cancelled=lambda: True), seed=7)
    assert answer.result.stop_reason is StopReason.USER


def test_cancelling_in_any_phase_ends_with_a_sound_plan() -> None:
    problem = lunch(3, orders=90, stops=40, fleet=(1, 2, 1)).problem
    seen: list[str] = []
    for phase in ("pool", "pack", "anneal"):
        seen.clear()
        stop = Stop(iterations=3000, cancelled=lambda phase=phase: phase in seen)
        answer = solve_trips(problem, stop=stop, progress=lambda news: seen.append(news.phase))
        assert answer.result.stop_reason is StopReason.USER
        assert answer.plan.routes


def test_progress_tells_of_phases_and_better_plans() -> None:
    problem = lunch(3, orders=90, stops=40, fleet=(1, 2, 1)).problem
    news: list[Progress] = []
    answer = solve_trips(problem, stop=Stop(iterations=1500), seed=1, progress=news.append)
    assert {item.phase for item in news} == {"start", "pool", "pack", "anneal"}
    assert news[-1].incumbent is not None
    assert answer.result.objective is not None
    assert answer.result.objective <= news[-1].incumbent


def test_a_search_without_limit_finishes() -> None:
    problem = street([Task(place=k, load=(2,)) for k in (1, 2, 3)])
    answer = solve_trips(problem, stop=Stop())
    assert answer.result.stop_reason is StopReason.FINISHED


def test_a_lunch_with_a_hidden_plan_is_served() -> None:
    case = lunch(11, orders=150, stops=60, fleet=(1, 2, 2), window=60 * 60)
    answer = solved(case.problem, iterations=4000)
    boxes = case.problem.task_load[:, 0]
    out = int(boxes[list(answer.plan.unserved)].sum())
    assert out <= 0.03 * boxes.sum()
    cost = sum(answer.result.parts[name] for name in ("fixed", "time", "distance"))
    assert cost <= 1.05 * case.hidden_cost


def test_days_survive_the_way_through_the_search_form() -> None:
    problem = lunch(4, orders=60, stops=30, fleet=(1, 1, 1)).problem
    model = TripModel(problem)
    answer = solve_trips(problem, stop=Stop(iterations=300))
    assert answer.plan.routes
    days = []
    for route in answer.plan.routes:
        state = model.state_of(model.days_of(model.empty()))
        assert not state.days.any()
        days.append((route.vehicle, model.day_of(route)))
    assert model.days_of(model.state_of(days)) == days


def test_weights_put_tiers_before_prizes_before_cost() -> None:
    prize = np.array([1, 7, 7, 0], dtype=np.int64)
    tier = np.array([0, 1, 1, 2], dtype=np.int8)
    weight = lexicographic(prize, tier, 1000)
    assert weight[3] > 1000
    assert weight[1] == weight[2] > 1000 + weight[3]
    assert weight[0] > 1000 + weight[1:].sum()


def test_weights_stay_within_64_bits() -> None:
    prize = np.full(300, 10**12, dtype=np.int64)
    tier = np.repeat(np.arange(3), 100).astype(np.int8)
    weight = lexicographic(prize, tier, 10**12)
    assert sum(weight.tolist()) < 2**61
    assert weight[0] > weight[100] > weight[200] > 0


@pytest.mark.accept
@pytest.mark.parametrize("seed", range(4))
def test_a_lunch_of_800_orders_in_30_seconds(seed: int) -> None:
    case = lunch(seed, orders=800, stops=320, window=75 * 60)
    answer = solve_trips(case.problem, stop=Stop(seconds=30), seed=0)
    assert check(case.problem, answer) == ()
    boxes = case.problem.task_load[:, 0]
    assert int(boxes[list(answer.plan.unserved)].sum()) <= 0.03 * boxes.sum()
