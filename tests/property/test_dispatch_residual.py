"""The rest of a running day as a problem of its own, on random small days."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.routing.dispatch.net import Table
from optimizer.routing.dispatch.ranked_insert import Verdict, apply_proposal, rank_insertions
from optimizer.routing.dispatch.residual import merge, residual
from optimizer.routing.dispatch.standing import stand
from optimizer.routing.dispatch.state import DayState
from optimizer.routing.solution import Plan, Route, StepKind
from tests.dispatch_cases import built, faults, groups_of, state_at
from tests.property.routing_problems import mixed_problem

FEW = settings(max_examples=40, deadline=None, derandomize=True)


def running(seed: int, now: int, frozen: int):
    problem = mixed_problem(seed, tasks=7, vehicles=3, rate=0.3)
    plan = built(problem, leave_out=seed % 7)
    return stand(problem, plan, state_at(problem, plan, now, frozen))


@FEW
@given(st.integers(0, 10**6), st.integers(0, 70), st.integers(0, 30))
def test_the_plan_in_force_goes_to_the_rest_and_back(seed, now, frozen):
    standing = running(seed, now, frozen)
    if not Table(standing).feasible:
        return
    rest = residual(standing)
    assert faults(rest.problem, rest.plan) == []
    whole = merge(rest, rest.plan)
    assert faults(standing.problem, whole) == []
    assert [[(s.kind, s.index, s.start) for s in r.steps] for r in whole.routes] == [
        [(s.kind, s.index, s.start) for s in r.steps] for r in standing.plan.routes
    ]


@FEW
@given(st.integers(0, 10**6), st.integers(0, 70), st.integers(0, 30))
def test_any_plan_of_the_rest_makes_a_plan_of_the_day(seed, now, frozen):
    """The rest is planned anew by insertion, from nothing but what is pinned."""
    standing = running(seed, now, frozen)
    if not Table(standing).feasible:
        return
    rest = residual(standing)
    plan = only(rest.plan, rest.pinned)
    if faults(rest.problem, plan):  # a pinned visit's partner is not
        return
    for group in groups_of(rest.problem):
        if rest.pinned[list(group)].any():
            continue
        day = stand(rest.problem, plan, DayState.morning(rest.problem, -(10**6)))
        ranking = rank_insertions(day, group, eject=False)
        if ranking.verdict is Verdict.FOUND:
            plan = apply_proposal(day, ranking.proposals[0])
    assert faults(rest.problem, plan) == []
    whole = merge(rest, plan)
    assert faults(standing.problem, whole) == []
    fixed = standing.began | standing.frozen
    assert _people(whole, fixed) == _people(standing.plan, fixed)


def only(plan: Plan, pinned: np.ndarray) -> Plan:
    """The plan with pinned tasks and breaks alone; arrivals are told anew."""
    routes, kept = [], set()
    for route in plan.routes:
        steps = tuple(s for s in route.steps if s.kind is not StepKind.TASK or pinned[s.index])
        if any(s.kind is StepKind.TASK for s in steps):
            routes.append(Route(route.vehicle, route.depart, route.end, steps))
            kept |= {s.index for s in steps if s.kind is StepKind.TASK}
    tasks = range(pinned.size)
    return Plan(tuple(routes), tuple(task for task in tasks if task not in kept))


def _people(plan: Plan, tasks: np.ndarray) -> set[tuple[int, int, int]]:
    return {
        (step.index, route.vehicle, step.start)
        for route in plan.routes
        for step in route.steps
        if step.kind is StepKind.TASK and tasks[step.index]
    }
