"""What would serve a visit that no place takes: found, and verified."""

from __future__ import annotations

import numpy as np

from optimizer.routing.dispatch.ranked_insert import Verdict, rank_insertions
from optimizer.routing.dispatch.smallest_change import ChangeKind, smallest_changes
from optimizer.routing.dispatch.standing import stand
from optimizer.routing.dispatch.state import DayState
from optimizer.routing.problem import LinkKind
from tests.optimizer.test_dispatch_insert import morning, plan_of
from tests.routing_cases import Link, Task, Vehicle, build, line

HOUR = 3600


def busy(**changes):
    """One carer from 8 to 12 with a visit that takes until 11; another call for 9 to 10."""
    tasks = [
        Task(1, 3 * HOUR - 600, ((8 * HOUR, 9 * HOUR),)),
        Task(2, HOUR // 2, ((9 * HOUR, 10 * HOUR),)),
    ]
    people = [Vehicle(open=8 * HOUR, close=12 * HOUR), Vehicle(open=14 * HOUR, close=18 * HOUR)]
    problem = build(line(0, 600, 1200), tasks, people, **changes)
    plan = plan_of(problem, (0, [(0, 8 * HOUR + 600)]))
    return stand(problem, plan, DayState.morning(problem, 8 * HOUR))


def kinds(finding):
    return {remedy.change.kind: remedy.change for remedy in finding.remedies}


def test_a_later_window_is_told_to_the_step():
    finding = smallest_changes(busy(), [1])
    assert finding.verdict is Verdict.NO_PLACE
    change = kinds(finding)[ChangeKind.WINDOW_LATER]
    assert change.until == 11 * HOUR + 600
    assert change.amount == HOUR + 600
    smaller = busy().problem.window_close.copy()
    smaller[1] = change.until - 300
    under = busy().problem.replace(window_close=smaller)
    assert rank_insertions(busy(), [1], problem=under).verdict is Verdict.NO_PLACE


def test_one_more_person_is_asked_for_the_length_of_the_visit():
    change = kinds(smallest_changes(busy(), [1]))[ChangeKind.ONE_MORE_PERSON]
    assert (change.since, change.until) == (9 * HOUR, 9 * HOUR + HOUR // 2)


def test_a_longer_shift_serves_what_comes_after_it():
    tasks = [Task(1, HOUR, ((17 * HOUR, 17 * HOUR),), skills=2), Task(1, 60)]
    people = [Vehicle(open=9 * HOUR, close=17 * HOUR + HOUR // 2, skills=2), Vehicle(skills=0)]
    problem = build(line(0, 900), tasks, people)
    standing = morning(problem, plan_of(problem))
    finding = smallest_changes(standing, [0])
    change = kinds(finding)[ChangeKind.SHIFT_LATER]
    assert (change.vehicle, change.until) == (0, 18 * HOUR + 900)
    assert finding.remedies[0].change == change or finding.remedies[0].change.amount <= 2700


def test_an_earlier_shift_serves_what_comes_before_it():
    tasks = [Task(1, HOUR, ((7 * HOUR, 7 * HOUR),))]
    problem = build(line(0, 900), tasks, [Vehicle(open=8 * HOUR, close=17 * HOUR)])
    standing = morning(problem, plan_of(problem))
    change = kinds(smallest_changes(standing, [0]))[ChangeKind.SHIFT_EARLIER]
    assert (change.vehicle, change.since) == (0, 7 * HOUR - 900)


def test_a_forbidden_person_could_do_it():
    allowed = np.array([[True, True], [False, False]])
    tasks = [Task(1, 60), Task(1, 60, skills=1)]
    problem = build(line(0, 10), tasks, [Vehicle(skills=1), Vehicle()], pair_allowed=allowed)
    standing = morning(problem, plan_of(problem, (1, [(0, 10)])))
    change = kinds(smallest_changes(standing, [1]))[ChangeKind.PERSON_ALLOWED]
    assert change.vehicle == 0


def test_money_that_lacks_is_told_in_fen():
    paid = {"task_payer": [0, 0], "task_price": [30, 40], "payer_limit": [50]}
    problem = build(line(0, 10), [Task(1, 20), Task(1, 10)], [Vehicle()], **paid)
    finding = smallest_changes(morning(problem, plan_of(problem, (0, [(0, 10)]))), [1])
    assert finding.verdict is Verdict.NO_ENTITLEMENT
    (remedy,) = finding.remedies
    assert (remedy.change.kind, remedy.change.amount) == (ChangeKind.MORE_MONEY, 20)


def test_a_pair_lacks_one_person_and_then_two():
    pair = [Task(1, 600, ((9 * HOUR, 9 * HOUR),), skills=4)] * 2
    link = [Link(0, 1, LinkKind.SAME_START)]
    one = build(line(0, 10), pair, [Vehicle(close=20 * HOUR, skills=4)], links=link)
    change = kinds(smallest_changes(morning(one, plan_of(one)), [0, 1]))
    assert change[ChangeKind.ONE_MORE_PERSON].skills == 4
    none = build(line(0, 10), pair, [Vehicle(close=20 * HOUR)], links=link)
    change = kinds(smallest_changes(morning(none, plan_of(none)), [0, 1]))
    asked = change[ChangeKind.TWO_MORE_PEOPLE]
    assert (asked.since, asked.until) == (9 * HOUR, 9 * HOUR + 600)


def test_what_fits_needs_no_change():
    problem = build(line(0, 10), [Task(1, 20)], [Vehicle()])
    finding = smallest_changes(morning(problem, plan_of(problem)), [0])
    assert finding.verdict is Verdict.FOUND
    assert finding.proposal is not None
    assert finding.remedies == ()
