"""Repaired plans of random small days keep every rule and everything that may not change."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.routing.dispatch.net import Table
from optimizer.routing.dispatch.repair import repair
from optimizer.routing.dispatch.standing import stand
from optimizer.routing.parts import plan_parts
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import Plan, StepKind
from optimizer.stop import Stop
from tests.dispatch_cases import built, faults, state_at
from tests.property.routing_problems import mixed_problem


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(0, 60), st.integers(0, 30))
def test_repair_keeps_the_rules_and_what_is_fixed(seed, now, frozen):
    problem = mixed_problem(seed, tasks=7, vehicles=3, rate=0.3)
    plan = built(problem, leave_out=seed % 7)
    standing = stand(problem, plan, state_at(problem, plan, now, frozen))
    after, _ = repair(standing, stop=Stop(iterations=4), seed=seed)
    if not Table(standing).feasible:
        return
    assert faults(standing.problem, after) == []
    fixed = standing.began | standing.frozen
    assert _people(after, fixed) == _people(standing.plan, fixed)
    assert _rank(standing.problem, after) <= _rank(standing.problem, standing.plan)


def _rank(problem: RoutingProblem, plan: Plan) -> tuple[int, ...]:
    """What is lost tier by tier above the lowest, then the cost."""
    lost = [0] * problem.n_tiers
    for task in plan.unserved:
        if problem.task_remote_cost[task] == NONE:
            lost[problem.task_tier[task]] += 1 + int(problem.task_prize[task])
    return (*lost[:-1], sum(plan_parts(problem, plan).values()))


def _people(plan: Plan, tasks) -> set[tuple[int, int, int]]:
    return {
        (step.index, route.vehicle, step.start)
        for route in plan.routes
        for step in route.steps
        if step.kind is StepKind.TASK and tasks[step.index]
    }
