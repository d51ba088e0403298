"""Ranked insertion on random small days: every proposal keeps the rules, the best is the best."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.routing.dispatch.ranked_insert import Verdict, apply_proposal, rank_insertions
from optimizer.routing.dispatch.standing import stand
from optimizer.routing.dispatch.state import DayState, Stability
from optimizer.routing.parts import plan_parts
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.solution import StepKind
from tests.dispatch_cases import Oracle, built, faults, groups_of, state_at
from tests.property.routing_problems import mixed_problem

FEW = settings(max_examples=30, deadline=None, derandomize=True)
MANY = 400


def ordered(problem: RoutingProblem) -> RoutingProblem:
    """The day without rules that leave the order of two visits open."""
    kept = problem.link_kind != LinkKind.NOT_OVERLAPPING
    names = ("link_first", "link_second", "link_kind", "link_min", "link_max")
    links = {name: getattr(problem, name)[kept] for name in names}
    return problem.replace(task_equipment=np.full(problem.n_tasks, NONE), **links)


@FEW
@given(st.integers(0, 10**6))
def test_plans_made_by_insertion_pass_the_checker(seed):
    problem = mixed_problem(seed, rate=0.4)
    plan = built(problem)
    assert faults(stand(problem, plan, DayState.morning(problem)).problem, plan) == []


@FEW
@given(st.integers(0, 10**6), st.integers(10, 70), st.integers(0, 30))
def test_proposals_on_a_running_day_keep_every_rule(seed, now, frozen):
    problem = mixed_problem(seed, tasks=7, vehicles=3, rate=0.3)
    groups = groups_of(problem)
    left = seed % max(1, len(groups))
    plan = built(problem, leave_out=left)
    state = state_at(problem, plan, now, frozen)
    standing = stand(problem, plan, state, Stability(tolerance=3, change_cost=5))
    if not groups or set(groups[left]) - set(plan.unserved):
        return
    ranking = rank_insertions(standing, groups[left], best=5)
    base = sum(plan_parts(standing.problem, standing.plan).values())
    for proposal in ranking.proposals:
        changed = apply_proposal(standing, proposal)
        assert faults(standing.problem, changed) == []
        cost = sum(plan_parts(standing.problem, changed).values())
        absent = int(problem.absence_cost[list(groups[left])].sum())
        assert cost - base + absent == proposal.added
        moved = {m.index for m in proposal.moves if m.kind is StepKind.TASK}
        assert not moved & set(np.flatnonzero(standing.frozen | standing.began).tolist())
        assert moved == _differences(standing.plan, changed)


def _differences(before, after):
    def served(plan):
        return {
            (s.index, r.vehicle, s.start)
            for r in plan.routes
            for s in r.steps
            if s.kind is StepKind.TASK
        }

    old = served(before)
    tasks = {task for task, _, _ in old}
    return {task for task, _, _ in old ^ served(after) if task in tasks}


@FEW
@given(st.integers(0, 10**6), st.integers(0, 60))
def test_the_best_insertion_is_the_best_of_all_places(seed, now):
    against_all_places(seed, now)


@pytest.mark.accept
@pytest.mark.parametrize("part", range(4))
def test_many_best_insertions_are_the_best_of_all_places(part):
    for seed in range(part, MANY, 4):
        against_all_places(seed, 11 * seed % 60)


def against_all_places(seed, now):
    """Compare the ranking's first with an enumeration of places timed by definition."""
    problem = ordered(mixed_problem(seed, tasks=5, vehicles=2, rate=0.3))
    groups = groups_of(problem)
    if not groups:
        return
    left = seed % len(groups)
    plan = built(problem, leave_out=left)
    standing = stand(problem, plan, state_at(problem, plan, now, seed % 20))
    if set(groups[left]) - set(plan.unserved):
        return
    ranking = rank_insertions(standing, groups[left], eject=False)
    best = Oracle(standing).best(groups[left])
    if ranking.verdict is Verdict.FOUND:
        assert ranking.proposals[0].added == best
    elif ranking.verdict is not Verdict.PLAN_BROKEN:
        assert best is None
