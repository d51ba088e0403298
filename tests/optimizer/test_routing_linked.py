"""Double-staffed, sequenced and late visits."""

from __future__ import annotations

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.result import Status, StopReason
from optimizer.routing.check import check
from optimizer.routing.problem import LinkKind
from optimizer.routing.solution import Reason
from optimizer.routing.solve import solve
from optimizer.routing.violations import ViolationKind
from optimizer.stop import Stop
from tests.routing_cases import Link, Task, Vehicle, build, line

SHORT = Stop(iterations=20)


def starts(answer: object) -> dict[tuple[int, int], int]:
    """Start by (vehicle, task)."""
    return {
        (route.vehicle, step.index): step.start
        for route in answer.plan.routes  # type: ignore[attr-defined]
        for step in route.steps
    }


def test_a_visit_for_two_is_done_together():
    tasks = [Task(1, 20, staff=2), Task(2, 5)]
    problem = build(line(0, 5, 9), tasks, [Vehicle(), Vehicle(start=2)])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert answer.plan.unserved == ()
    times = starts(answer)
    assert times[0, 0] == times[1, 0]
    assert answer.result.solver == "anneal"
    assert answer.result.status is Status.FEASIBLE
    assert answer.result.stop_reason is StopReason.ITERATIONS


def test_same_start_links_bring_two_people_to_two_places_at_once():
    tasks = [Task(1, 20), Task(2, 5, ((300, 400),))]
    link = Link(0, 1, LinkKind.SAME_START)
    problem = build(line(0, 5, 9), tasks, [Vehicle(), Vehicle()], links=[link])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert {task for _, task in starts(answer)} == {0, 1}


def test_the_first_of_a_sequence_waits_for_the_second():
    tasks = [Task(1, 5), Task(2, 5, ((300, 400),))]
    link = Link(0, 1, LinkKind.SEQUENCE, 10, 20)
    problem = build(line(0, 5, 9), tasks, [Vehicle(), Vehicle()], links=[link])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    start = {task: at for (_, task), at in starts(answer).items()}
    assert 10 <= start[1] - start[0] <= 20


def test_links_that_contradict_each_other_leave_their_visits_out():
    tasks = [Task(1), Task(1), Task(1)]
    links = [Link(0, 1, LinkKind.SEQUENCE, 5, 9), Link(1, 0, LinkKind.SEQUENCE, 5, 9)]
    problem = build(line(0, 5), tasks, [Vehicle()] * 3, links=links)
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert answer.plan.unserved == (0, 1)


def test_nobody_waits_in_a_circle():
    """Two pairs whose people would each wait for the other get an order that works."""
    tasks = [Task(1, 50), Task(2, 50), Task(2, 50), Task(1, 50)]
    links = [Link(0, 1, LinkKind.SAME_START), Link(2, 3, LinkKind.SAME_START)]
    problem = build(line(0, 10, -10), tasks, [Vehicle(), Vehicle()], links=links)
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert answer.plan.unserved == ()


def test_one_person_cannot_do_a_visit_for_two():
    problem = build(line(0, 5), [Task(1, staff=2), Task(1)], [Vehicle()])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    reasons = {item.task: item.reason for item in answer.reasons}
    assert reasons == {0: Reason.NEEDS_MORE_STAFF}


def test_lateness_is_paid_where_a_window_is_soft():
    tasks = [Task(1, 100, ((0, 20),)), Task(1, 100, ((0, 20),)), Task(1, 100, ((0, 20),))]
    problem = build(line(0, 10), tasks, [Vehicle(time_cost=0)])
    assert len(solve(problem, stop=SHORT).plan.unserved) == 2
    soft = problem.replace(task_late_cost=np.array([2, 2, 2]), worst_late_cost=5)
    answer = solve(soft, stop=SHORT)
    assert check(soft, answer) == ()
    assert answer.plan.unserved == ()
    assert answer.result.parts["lateness"] == 2 * (90 + 190)
    assert answer.result.parts["worst_lateness"] == 5 * 190
    assert sum(answer.result.parts.values()) == answer.result.objective


def test_who_may_not_be_late_goes_first():
    tasks = [Task(1, 100, ((0, 20),)), Task(1, 100, ((0, 20),))]
    problem = build(line(0, 10), tasks, [Vehicle()], task_late_cost=np.array([1, -1]))
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert starts(answer)[0, 1] <= 20


def test_the_checker_recomputes_lateness():
    tasks = [Task(1, 100, ((0, 5),))]
    problem = build(line(0, 10), tasks, [Vehicle()], task_late_cost=np.array([3]))
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    dearer = problem.replace(task_late_cost=np.array([4]))
    kinds = {violation.kind for violation in check(dearer, answer)}
    assert ViolationKind.WRONG_PART in kinds
    hard = problem.replace(task_late_cost=np.array([-1]))
    kinds = {violation.kind for violation in check(hard, answer)}
    assert ViolationKind.OUTSIDE_WINDOW in kinds


def test_lateness_costs_are_checked():
    with pytest.raises(FaultError) as caught:
        build(line(0, 10), [Task(1)], [Vehicle()], task_late_cost=np.array([-2]))
    assert "task_late_cost" in str(caught.value)
    with pytest.raises(FaultError):
        build(line(0, 10), [Task(1)], [Vehicle()], worst_late_cost=-1)


def test_rounds_and_hours_of_linked_days_are_kept_short():
    """Everybody leaves just in time, although starts are searched as early as can be."""
    tasks = [Task(1, 10, ((500, 600),), staff=2), Task(2, 10, ((0, 600),))]
    problem = build(line(0, 5, 9), tasks, [Vehicle(), Vehicle()])
    answer = solve(problem, stop=SHORT)
    assert check(problem, answer) == ()
    assert answer.result.parts["time"] <= 20 + 38


def test_a_cancelled_search_gives_its_first_plan():
    problem = build(line(0, 5), [Task(1, staff=2)], [Vehicle(), Vehicle()])
    answer = solve(problem, stop=Stop(cancelled=lambda: True))
    assert check(problem, answer) == ()
    assert answer.result.stop_reason is StopReason.USER
