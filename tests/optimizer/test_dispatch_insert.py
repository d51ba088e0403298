"""Ranked insertion into a running plan, by example."""

from __future__ import annotations

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.routing.dispatch.ranked_insert import (
    Placement,
    Verdict,
    apply_proposal,
    companions,
    rank_insertions,
)
from optimizer.routing.dispatch.route_times import timed_route
from optimizer.routing.dispatch.standing import stand
from optimizer.routing.dispatch.state import DayState, Stability, TaskStatus
from optimizer.routing.problem import LinkKind
from optimizer.routing.solution import Plan, StepKind
from tests.dispatch_cases import faults
from tests.routing_cases import Link, Task, Vehicle, build, line


def plan_of(problem, *days):
    """A plan of (vehicle, [(code, start), ...]) rows."""
    routes = tuple(
        timed_route(problem, v, [code for code, _ in steps], [at for _, at in steps])
        for v, steps in days
    )
    served = {task for route in routes for task in route.tasks}
    return Plan(routes, tuple(t for t in range(problem.n_tasks) if t not in served))


def morning(problem, plan, now=0, **known):
    state = DayState.morning(problem, now).replace(**known)
    return stand(problem, plan, state)


def test_the_cheapest_place_comes_first_and_says_whom_it_moves():
    tasks = [Task(1, 20, ((0, 100),)), Task(2, 20, ((0, 200),)), Task(1, 10, ((0, 40),))]
    problem = build(line(0, 10, 30), tasks, [Vehicle(), Vehicle()])
    plan = plan_of(problem, (0, [(0, 10), (1, 50)]))
    ranking = rank_insertions(morning(problem, plan), [2])
    assert ranking.verdict is Verdict.FOUND
    best, other = ranking.proposals
    assert best.placements == (Placement(2, 0, 30),)
    assert [(move.index, move.from_start, move.to_start) for move in best.moves] == [(1, 50, 60)]
    assert best.added == 10
    assert other.placements == (Placement(2, 1, 10),)
    assert (other.added, other.moves) == (30, ())


def test_nothing_moves_that_is_frozen():
    tasks = [Task(1, 20, ((0, 100),)), Task(2, 20, ((0, 200),)), Task(1, 10, ((0, 100),))]
    problem = build(line(0, 10, 30), tasks, [Vehicle()])
    plan = plan_of(problem, (0, [(0, 10), (1, 50)]))
    ranking = rank_insertions(morning(problem, plan, frozen_until=60), [2])
    assert ranking.verdict is Verdict.FOUND
    assert ranking.proposals[0].moves == ()
    assert ranking.proposals[0].start == 90


def test_visits_come_earlier_only_where_they_must():
    """The second visit cannot be late, so the first gives way to the front."""
    tasks = [Task(1, 20, ((0, 90),)), Task(2, 20, ((100, 100),)), Task(2, 20, ((70, 80),))]
    problem = build(line(0, 10, 10), tasks, [Vehicle()])
    plan = plan_of(problem, (0, [(0, 80), (1, 100)]))
    ranking = rank_insertions(morning(problem, plan), [2])
    (best,) = ranking.proposals
    assert faults(problem, apply_proposal(morning(problem, plan), best)) == []
    assert [(move.index, move.to_start) for move in best.moves] == [(0, 60)]
    assert best.start == 80


def test_two_people_meet_and_partners_of_moved_visits_move_along():
    pair = [Task(1, 20, ((0, 300),)), Task(1, 20, ((0, 300),))]
    urgent = [Task(2, 30, ((0, 40),)), Task(2, 30, ((0, 40),))]
    links = [Link(0, 1, LinkKind.SAME_START), Link(2, 3, LinkKind.SAME_START)]
    problem = build(line(0, 10, 20), [*pair, *urgent], [Vehicle()] * 2, links=links)
    plan = plan_of(problem, (0, [(0, 30)]), (1, [(1, 30)]))
    assert companions(problem, 2) == (2, 3)
    standing = morning(problem, plan)
    ranking = rank_insertions(standing, [2, 3])
    best = ranking.proposals[0]
    assert {(p.task, p.start) for p in best.placements} == {(2, 20), (3, 20)}
    assert {(move.index, move.to_start) for move in best.moves} == {(0, 60), (1, 60)}
    assert faults(problem, apply_proposal(standing, best)) == []


def test_another_visit_changes_hands_where_nothing_fits_directly():
    tasks = [Task(1, 50, ((10, 12),)), Task(1, 50, ((10, 12),), skills=1)]
    problem = build(line(0, 10), tasks, [Vehicle(skills=1), Vehicle()])
    plan = plan_of(problem, (0, [(0, 10)]))
    assert rank_insertions(morning(problem, plan), [1], eject=False).verdict is Verdict.NO_PLACE
    ranking = rank_insertions(morning(problem, plan), [1])
    assert ranking.ejected
    (best,) = ranking.proposals
    (move,) = best.moves
    assert (move.index, move.from_vehicle, move.to_vehicle) == (0, 0, 1)
    assert faults(problem, apply_proposal(morning(problem, plan), best)) == []


def test_a_late_carer_pushes_visits_and_a_gone_one_leaves_them():
    tasks = [Task(1, 20, ((0, 100),)), Task(1, 10, ((0, 100),))]
    problem = build(line(0, 10), tasks, [Vehicle(), Vehicle()])
    plan = plan_of(problem, (0, [(0, 10)]))
    late = morning(problem, plan, vehicle_free=np.array([50, -1]))
    first = rank_insertions(late, [1]).proposals
    assert [(m.index, m.to_start) for m in first[0].moves] == [(0, 60)]
    gone = morning(problem, plan, vehicle_gone=np.array([True, False]))
    assert gone.plan.unserved == (0, 1)
    assert rank_insertions(gone, [0]).proposals[0].placements == (Placement(0, 1, 10),)


def test_the_past_is_kept_as_it_happened():
    """Ticked starts and ends replace planned ones; people go on from where they are."""
    tasks = [Task(1, 20, ((0, 20),)), Task(1, 20, ((0, 300),)), Task(2, 10, ((0, 300),))]
    problem = build(line(0, 10, 30), tasks, [Vehicle()])
    plan = plan_of(problem, (0, [(0, 10), (1, 30)]))
    state = DayState(
        now=70,
        status=np.array([TaskStatus.DONE, TaskStatus.PLANNED, TaskStatus.PLANNED]),
        started=np.array([25, -1, -1]),
        finished=np.array([60, -1, -1]),
        vehicle_place=np.array([2]),
    )
    standing = stand(problem, plan, state)
    (route,) = standing.plan.routes
    assert (route.steps[0].start, route.steps[0].finish) == (25, 60)
    best = rank_insertions(standing, [2]).proposals[0]
    assert best.start == 70
    changed = apply_proposal(standing, best)
    assert faults(standing.problem, changed) == []
    assert [(s.index, s.start) for s in changed.routes[0].steps] == [(0, 25), (2, 70), (1, 100)]


def test_a_plan_that_cannot_be_kept_is_said_to_be_broken():
    tasks = [Task(1, 20, ((0, 30),)), Task(1, 10, ((0, 100),))]
    problem = build(line(0, 10), tasks, [Vehicle()])
    plan = plan_of(problem, (0, [(0, 10)]))
    late = morning(problem, plan, vehicle_free=np.array([50]))
    assert rank_insertions(late, [1]).verdict is Verdict.PLAN_BROKEN


def test_a_payer_pays_no_more_than_the_limit():
    tasks = [Task(1, 20), Task(1, 10)]
    paid = {"task_payer": [0, 0], "task_price": [30, 30]}
    plan_days = (0, [(0, 10)])
    problem = build(line(0, 10), tasks, [Vehicle()], **paid, payer_limit=[50])
    standing = morning(problem, plan_of(problem, plan_days))
    assert rank_insertions(standing, [1]).verdict is Verdict.NO_ENTITLEMENT
    more = problem.replace(payer_limit=np.array([60]))
    assert rank_insertions(morning(more, plan_of(more, plan_days)), [1]).proposals


def test_no_more_changes_than_the_budget_allows():
    tasks = [Task(1, 20, ((0, 100),)), Task(2, 20, ((0, 200),)), Task(1, 10, ((0, 12),))]
    problem = build(line(0, 10, 30), tasks, [Vehicle()])
    plan = plan_of(problem, (0, [(0, 10), (1, 50)]))
    state = DayState.morning(problem)
    for limit, verdict in ((2, Verdict.FOUND), (1, Verdict.NO_PLACE)):
        standing = stand(problem, plan, state, Stability(max_changes=limit))
        assert rank_insertions(standing, [2], eject=False).verdict is verdict
    loose = stand(problem, plan, state, Stability(tolerance=10, max_changes=0))
    assert rank_insertions(loose, [2]).verdict is Verdict.FOUND


def test_one_visit_at_a_time_uses_the_stair_climber():
    tasks = [Task(1, 40, ((10, 10),)), Task(1, 20, ((0, 100),))]
    only = {"task_equipment": [0, 0], "equipment_count": [1]}
    problem = build(line(0, 10), tasks, [Vehicle(), Vehicle()], **only)
    standing = morning(problem, plan_of(problem, (0, [(0, 10)])))
    best = rank_insertions(standing, [1]).proposals
    assert min(proposal.start for proposal in best) == 50
    assert all(faults(problem, apply_proposal(standing, p)) == [] for p in best)


def test_questions_that_make_no_sense_are_refused():
    problem = build(line(0, 10), [Task(1, 20), Task(1, 10, staff=3)], [Vehicle()])
    standing = morning(problem, plan_of(problem, (0, [(0, 10)])))
    with pytest.raises(ValueError, match="served"):
        rank_insertions(standing, [0])
    with pytest.raises(ValueError, match="one or two people"):
        rank_insertions(standing, [1])
    with pytest.raises(FaultError):
        DayState(now=0, status=np.array([7]))
    with pytest.raises(FaultError):
        DayState(now=0, status=np.zeros(9)).fitted(problem)
    assert StepKind.TASK in {step.kind for step in standing.plan.routes[0].steps}


def test_who_is_free_only_after_the_shift_gets_nothing_more():
    overtime = {"vehicle_overtime": [500], "vehicle_overtime_cost": [1]}
    problem = build(line(0, 10), [Task(1, 20)], [Vehicle(close=100)], **overtime)
    plan = plan_of(problem)
    assert rank_insertions(morning(problem, plan, now=90), [0]).verdict is Verdict.FOUND
    assert rank_insertions(morning(problem, plan, now=150), [0]).verdict is Verdict.NO_PLACE
