"""Dragging visits by hand, by example."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.routing.dispatch.what_if import Drag, what_if
from optimizer.routing.violations import ViolationKind
from tests.optimizer.test_dispatch_insert import morning, plan_of
from tests.routing_cases import Task, Vehicle, build, line


def day(**changes):
    tasks = [Task(1, 20, ((0, 100),)), Task(2, 20, ((0, 200),)), Task(1, 10, ((0, 100),), skills=1)]
    people = [Vehicle(skills=1), Vehicle()]
    problem = build(line(0, 10, 30), tasks, people, **changes)
    return morning(problem, plan_of(problem, (0, [(0, 10), (1, 50)])))


def test_a_visit_goes_to_another_person():
    scored = what_if(day(), [Drag(1, vehicle=1)])
    assert scored.keeps_the_rules
    assert [(r.vehicle, r.tasks) for r in scored.plan.routes] == [(0, (0,)), (1, (1,))]
    (move,) = scored.moves
    assert (move.from_vehicle, move.to_vehicle, move.to_start) == (0, 1, 50)
    assert scored.added == scored.delta["time"] == 40 + 80 - 100


def test_a_visit_goes_to_another_time_and_pushes_the_next():
    scored = what_if(day(), [Drag(0, start=40)])
    assert scored.keeps_the_rules
    assert [(m.index, m.to_start) for m in scored.moves] == [(0, 40), (1, 80)]


def test_what_breaks_is_named():
    scored = what_if(day(), [Drag(2, vehicle=1, start=150)])
    kinds = {violation.kind for violation in scored.violations}
    assert kinds == {ViolationKind.MISSING_SKILL}
    assert scored.plan.routes[1].steps[0].start == 100, "as late as its window lets it"


def test_where_no_timing_keeps_the_rules_visits_follow_each_other():
    tasks = [Task(1, 20, ((10, 12),)), Task(1, 20, ((10, 12),))]
    problem = build(line(0, 10), tasks, [Vehicle(), Vehicle()])
    standing = morning(problem, plan_of(problem, (0, [(0, 10)]), (1, [(1, 10)])))
    scored = what_if(standing, [Drag(1, vehicle=0)])
    assert [s.start for s in scored.plan.routes[0].steps] == [10, 30]
    (late,) = scored.new_violations
    assert late.kind is ViolationKind.OUTSIDE_WINDOW
    assert late.text("zh") != late.text("en")
    assert not scored.keeps_the_rules


def test_a_visit_is_taken_out():
    scored = what_if(day(), [Drag(0)])
    assert scored.plan.unserved == (0, 2)
    assert scored.delta["unserved"] == 1_000_000


def test_forbidden_pairs_are_named():
    allowed = np.array([[True, True], [True, False], [True, True]])
    scored = what_if(day(pair_allowed=allowed), [Drag(1, vehicle=1)])
    assert [each.kind for each in scored.violations] == [ViolationKind.FORBIDDEN_PERSON]


def test_drags_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="unknown"):
        what_if(day(), [Drag(9, vehicle=0)])
    with pytest.raises(ValueError, match="no vehicle"):
        what_if(day(), [Drag(0, vehicle=7)])
    with pytest.raises(ValueError, match="say who"):
        what_if(day(), [Drag(2, start=10)])
