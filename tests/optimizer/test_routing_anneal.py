"""What the annealing understands beyond links and lateness, one feature at a time."""

from __future__ import annotations

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.result import Status
from optimizer.routing.check import check
from optimizer.routing.problem import LinkKind, RoutingProblem
from optimizer.routing.solution import RoutingAnswer, StepKind
from optimizer.routing.solve import solve, solve_linked
from optimizer.stop import Stop
from tests.routing_cases import Link, Task, Vehicle, build, line

SHORT = Stop(iterations=20)


def checked(problem: RoutingProblem, **options: object) -> RoutingAnswer:
    answer = solve(problem, stop=SHORT, **options)  # type: ignore[arg-type]
    assert check(problem, answer) == ()
    assert answer.result.solver == "anneal"
    return answer


def starts(answer: RoutingAnswer) -> dict[int, tuple[int, int]]:
    """Vehicle and start by task."""
    return {
        step.index: (route.vehicle, step.start)
        for route in answer.plan.routes
        for step in route.steps
        if step.kind is StepKind.TASK
    }


def test_a_break_is_taken_where_the_next_visit_is():
    tasks = [Task(1, 50, ((0, 20),)), Task(2, 50)]
    rest = {
        "break_vehicle": [0],
        "break_open": [60],
        "break_close": [100],
        "break_length": [30],
        "break_place": [-1],
        "break_prize": [-1],
    }
    problem = build(line(0, 10, 20), tasks, [Vehicle()], **rest)
    route = checked(problem).plan.routes[0]
    kinds = [step.kind for step in route.steps]
    assert kinds == [StepKind.TASK, StepKind.BREAK, StepKind.TASK]
    arrive = route.steps[1].arrive
    assert arrive == route.steps[0].finish + 10
    assert route.steps[2].start == route.steps[2].arrive == route.steps[1].finish


def test_overtime_is_paid_and_limited():
    tasks = [Task(1, 50, prize=10_000), Task(1, 50, prize=10_000)]
    base = build(line(0, 10), tasks, [Vehicle(close=100)])
    paid = base.replace(vehicle_overtime=[30], vehicle_overtime_cost=[7])
    answer = checked(paid)
    assert answer.plan.unserved == ()
    assert answer.result.parts["overtime"] == 7 * 20
    short = base.replace(vehicle_overtime=[19], vehicle_overtime_cost=[7])
    assert len(checked(short).plan.unserved) == 1


def test_wishes_and_bans_of_pairs():
    tasks = [Task(1), Task(1)]
    problem = build(
        line(0, 10),
        tasks,
        [Vehicle(), Vehicle()],
        pair_allowed=np.array([[False, True], [True, True]]),
        pair_cost=np.array([[0, 0], [0, 500]]),
    )
    who = starts(checked(problem))
    assert (who[0][0], who[1][0]) == (1, 0)


def test_durations_by_person():
    problem = build(
        line(0, 10), [Task(1, 50)], [Vehicle(), Vehicle()], pair_duration=np.array([[90, 20]])
    )
    answer = checked(problem)
    assert starts(answer)[0][0] == 1
    assert answer.result.parts["time"] == 40


@pytest.mark.parametrize("kind", [LinkKind.SAME_PERSON, LinkKind.DIFFERENT_PERSON])
def test_links_between_people(kind: LinkKind):
    tasks = [Task(1, 5), Task(2, 5)]
    problem = build(line(0, 10, -10), tasks, [Vehicle(), Vehicle()], links=[Link(0, 1, kind)])
    answer = checked(problem)
    assert answer.plan.unserved == ()
    who = starts(answer)
    assert (who[0][0] == who[1][0]) == (kind is LinkKind.SAME_PERSON)


@pytest.mark.parametrize("shared", [True, False])
def test_what_must_not_overlap_comes_one_after_the_other(shared: bool):
    tasks = [Task(1, 50), Task(2, 50), Task(3, 50)]
    rule = (
        {"task_equipment": [0, 0, 0], "equipment_count": [1]}
        if shared
        else {"links": [Link(a, b, LinkKind.NOT_OVERLAPPING) for a, b in ((0, 1), (1, 2), (0, 2))]}
    )
    people = [Vehicle(start=at, end=at) for at in (1, 2, 3)]
    problem = build(line(0, 500, 1000, 1500), tasks, people, **rule)
    answer = checked(problem)
    assert answer.plan.unserved == ()
    begins = sorted(start for _, start in starts(answer).values())
    assert begins[1] - begins[0] >= 50
    assert begins[2] - begins[1] >= 50


def test_entitlements_and_calls():
    tasks = [Task(1, prize=1_000), Task(1, prize=2_000), Task(1, prize=3_000)]
    problem = build(
        line(0, 10),
        tasks,
        [Vehicle()],
        task_payer=[0, 0, 0],
        task_price=[40, 40, 40],
        payer_limit=[100],
        task_remote_cost=[-1, 5, -1],
    )
    answer = checked(problem)
    assert answer.plan.unserved == (1,)
    assert answer.result.parts["remote"] == 5


def test_idle_and_unequal_days_cost():
    tasks = [Task(1, 50) for _ in range(4)]
    two = [Vehicle(close=400), Vehicle(close=400)]
    alone = build(line(0, 1), tasks, two, worst_idle_cost=0, vehicle_wait_cost=[1, 1])
    assert len(checked(alone).plan.routes) == 1
    for name in ("worst_idle_cost", "balance_cost"):
        answer = checked(alone.replace(**{name: 10}))
        assert [len(route.tasks) for route in answer.plan.routes] == [2, 2]


def test_a_plan_in_force_is_changed_no_more_than_allowed():
    tasks = [Task(1, 5), Task(2, 5), Task(3, 5)]
    problem = build(
        line(0, 10, 20, 30),
        tasks,
        [Vehicle(), Vehicle()],
        plan_vehicle=[0, 1, 0],
        plan_start=[10, 20, 35],
        plan_tolerance=3,
    )
    free = checked(problem.replace(change_cost=1))
    assert len(free.plan.routes) == 1
    kept = checked(problem.replace(max_changes=0))
    assert {task: who for task, (who, _) in starts(kept).items()} == {0: 0, 1: 1, 2: 0}
    dear = checked(problem.replace(change_cost=1_000))
    assert dear.counts["changes"] == 0


def test_more_changes_than_allowed_are_no_answer():
    tasks = [Task(1, 5, ((0, 20),), skills=1)]
    problem = build(
        line(0, 10), tasks, [Vehicle()], plan_vehicle=[0], plan_start=[10], max_changes=0
    )
    answer = solve(problem, stop=SHORT)
    assert answer.result.status is Status.NO_SOLUTION
    assert answer.result.objective is None
    assert answer.plan.routes == ()


def test_two_threads_answer_as_well_and_always_the_same():
    tasks = [Task(1 + t % 3, 10, staff=1 + t % 2) for t in range(8)]
    problem = build(line(0, 5, 9, -7), tasks, [Vehicle(), Vehicle(), Vehicle()])
    one, two, again = (
        solve(problem, stop=Stop(iterations=5), seed=3, threads=threads) for threads in (1, 2, 2)
    )
    assert check(problem, two) == ()
    assert two.plan == again.plan
    assert two.result.objective is not None and one.result.objective is not None
    assert two.result.objective <= one.result.objective


def test_a_search_begins_with_a_given_plan():
    tasks = [Task(1 + t % 3, 10, staff=1 + t % 2) for t in range(8)]
    problem = build(line(0, 5, 9, -7), tasks, [Vehicle(), Vehicle(), Vehicle()])
    first = solve(problem, stop=SHORT)
    held = solve_linked(problem, stop=Stop(cancelled=lambda: True), start=first.plan)
    assert check(problem, held) == ()
    assert held.result.objective == first.result.objective


def test_trips_with_features_of_visits_are_refused():
    carrier = Vehicle(max_trips=2, reloads=(0,))
    problem = build(line(0, 10), [Task(1)], [carrier], vehicle_wait_cost=[1])
    with pytest.raises(FaultError) as caught:
        solve(problem, stop=SHORT)
    assert "waiting" in str(caught.value)
