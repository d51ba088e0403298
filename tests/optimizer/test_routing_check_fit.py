"""The checker's proofs of reasons and tiers on days with breaks, links, money and the rest."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.check import ViolationKind, check
from optimizer.routing.parts import plan_counts, plan_parts
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.reasons import reasons_of
from optimizer.routing.solution import Plan, Reason, Route, RoutingAnswer, Step, StepKind, Unserved
from tests.routing_cases import Link, Task, Vehicle, build, line

K = ViolationKind
TASK = StepKind.TASK


def answer(problem: RoutingProblem, *routes: Route, **reasons: Reason) -> RoutingAnswer:
    """The answer with these routes; reasons are found, or given as ``t0=...``."""
    served = {task for route in routes for task in route.tasks}
    plan = Plan(routes, tuple(t for t in range(problem.n_tasks) if t not in served))
    parts = plan_parts(problem, plan)
    given = tuple(
        Unserved(item.task, reasons.get(f"t{item.task}", item.reason))
        for item in reasons_of(problem, plan)
    )
    objective = sum(parts.values())
    result = SolveResult(
        Status.FEASIBLE, StopReason.FINISHED, objective, None, 0.0, None, "hand", parts
    )
    return RoutingAnswer(plan, given, result, plan_counts(problem, plan))


def visit(task: int, start: int, length: int, *, way: int = 10, wait: int = 0) -> Route:
    """Carer 0 goes ``way`` to one task and home again."""
    step = Step(TASK, task, start - wait, start, start + length)
    return Route(0, start - wait - way, start + length + way, (step,))


def two_visits(**changes: Any) -> RoutingProblem:
    """Task 0 of the higher tier and task 1, both at place 1, at different times."""
    tasks = [Task(1, 5, ((50, 60),)), Task(1, 5, ((100, 110),), tier=1)]
    return build(line(0, 10), tasks, [Vehicle()], **changes)


def found(problem: RoutingProblem, given: RoutingAnswer) -> set[ViolationKind]:
    return {violation.kind for violation in check(problem, given)}


def reason(problem: RoutingProblem, given: RoutingAnswer) -> Reason:
    """The only reason, which the checker confirms."""
    assert check(problem, given) == ()
    assert len(given.reasons) == 1
    return given.reasons[0].reason


def test_nobody_with_the_skills_is_allowed():
    problem = two_visits(pair_allowed=[[False], [True]])
    assert reason(problem, answer(problem, visit(1, 100, 5))) is Reason.NOT_ALLOWED
    assert K.WRONG_REASON in found(problem, answer(problem, visit(1, 100, 5), t0=Reason.NO_SKILL))


def test_the_payer_has_nothing_left():
    money = {"task_payer": [0, 0], "task_price": [30, 30]}
    same_tier = {"task_tier": [0, 0]}
    problem = two_visits(**money, **same_tier, payer_limit=[59])
    assert reason(problem, answer(problem, visit(1, 100, 5))) is Reason.NO_ENTITLEMENT
    enough = problem.replace(payer_limit=[60])
    given = answer(problem, visit(1, 100, 5))
    assert found(enough, given) == {K.WRONG_REASON}


def test_a_lower_tier_must_not_spend_what_a_higher_one_needs():
    problem = two_visits(task_payer=[0, 0], task_price=[30, 30], payer_limit=[59])
    assert found(problem, answer(problem, visit(1, 100, 5))) == {K.TIER_INVERSION}


def test_a_phone_call_displaces_nobody_and_may_be_displaced():
    problem = two_visits(
        task_payer=[0, 0], task_price=[30, 30], payer_limit=[59], task_remote_cost=[1, NONE]
    )
    assert found(problem, answer(problem, visit(1, 100, 5))) == set()
    other = problem.replace(task_remote_cost=[NONE, 1], task_tier=[0, 0])
    assert found(other, answer(other, visit(1, 100, 5))) == set()
    three = build(
        line(0, 10),
        [Task(1, 5, ((50, 60),)), Task(1, 5, ((50, 60),)), Task(1, 5, ((500, 510),), tier=1)],
        [Vehicle(max_work=25)],
        task_remote_cost=[NONE, 1, 1],
    )
    assert found(three, answer(three, visit(1, 50, 5))) == {K.TIER_INVERSION}


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, True),
        ({"vehicle_max_travel": [19]}, False),
        ({"break_length": [80], "break_close": [49], "break_open": [30]}, False),
        ({"break_length": [80], "break_prize": [5], "break_open": [30]}, True),
        ({"vehicle_close": [60]}, False),
        ({"vehicle_close": [60], "vehicle_overtime": [5]}, True),
        ({"vehicle_close": [60], "vehicle_overtime": [4]}, False),
        ({"window_at_end": [True], "window_close": [54]}, False),
        ({"window_at_end": [True], "window_close": [55]}, True),
        ({"pair_duration": [[6]], "window_at_end": [True], "window_close": [55]}, False),
    ],
)
def test_an_empty_day_takes_the_visit_or_not(changes: dict[str, Any], fits: bool):
    rest: dict[str, Any] = {"break_vehicle": [0], "break_open": [0], "break_close": [300]}
    rest |= {"break_length": [5], "break_place": [NONE], "break_prize": [NONE]}
    task = Task(1, 5, ((50, 60),), prize=10)
    problem = build(line(0, 10), [task], [Vehicle()], **{**rest, **changes})
    given = answer(problem)
    expected = {Reason.NOT_WORTH} if fits else {Reason.OUTSIDE_SHIFTS, Reason.TOO_LONG}
    assert reason(problem, given) in expected


@pytest.mark.parametrize("kind", [LinkKind.DIFFERENT_PERSON, LinkKind.SAME_PERSON])
def test_loose_links_leave_some_people(kind: LinkKind):
    tasks = [Task(1, 5, ((50, 60),)), Task(1, 5, ((100, 110),))]
    links = [Link(0, 1, kind)]
    problem = build(line(0, 10), tasks, [Vehicle(), Vehicle(close=70)], links=links)
    given = answer(problem, visit(1, 100, 5), t0=Reason.NO_TIME_LEFT)
    # Either the other carer or the same one is free at 50.
    assert found(problem, given) == {K.WRONG_REASON}
    blocked = problem.replace(pair_allowed=[[kind == LinkKind.DIFFERENT_PERSON, False], [True] * 2])
    if kind == LinkKind.SAME_PERSON:
        blocked = problem.replace(pair_allowed=[[False, True], [True, True]])
    assert reason(blocked, answer(blocked, visit(1, 100, 5))) is Reason.NO_TIME_LEFT


@pytest.mark.parametrize(("close", "fits"), [(62, True), (61, False)])
@pytest.mark.parametrize("by_link", [True, False])
def test_a_visit_waits_for_links_and_equipment(close: int, fits: bool, by_link: bool):
    tasks = [Task(0, 7, ((51, close),)), Task(1, 5, ((57, 57),))]
    changes: dict[str, Any] = {"task_equipment": [0, 0], "equipment_count": [1]}
    links = [Link(0, 1, LinkKind.NOT_OVERLAPPING)] if by_link else []
    problem = build(
        line(0, 10), tasks, [Vehicle(), Vehicle()], links=links, **({} if by_link else changes)
    )
    given = answer(problem, visit(1, 57, 5), t0=Reason.NO_TIME_LEFT)
    assert found(problem, given) == ({K.WRONG_REASON} if fits else set())


def test_a_change_too_many_keeps_the_lower_tier():
    changes = {"plan_vehicle": [NONE, 0], "plan_start": [0, 100], "change_cost": 1}
    tasks = [Task(1, 5, ((100, 105),)), Task(1, 5, ((100, 105),), tier=1)]
    problem = build(line(0, 10), tasks, [Vehicle(max_work=25)], **changes)
    given = answer(problem, visit(1, 100, 5))
    assert found(problem, given) == {K.TIER_INVERSION}
    assert found(problem.replace(max_changes=0), given) == set()


def test_waiting_and_spread_decide_what_a_visit_is_worth():
    task = Task(1, 5, ((50, 60),), prize=100)
    problem = build(line(0, 10), [task], [Vehicle()], balance_cost=3, worst_idle_cost=0)
    problem = problem.replace(vehicle_time_cost=[4])
    # One carer alone has no spread: 25 ticks cost 100.
    assert found(problem, answer(problem, t0=Reason.NOT_WORTH)) == {K.WRONG_REASON}
    two = build(line(0, 10), [task], [Vehicle(time_cost=4)] * 2, balance_cost=3)
    assert reason(two, answer(two)) is Reason.NOT_WORTH
