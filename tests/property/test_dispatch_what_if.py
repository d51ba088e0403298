"""Scoring changed plans: a proposal carried out by hand costs what the ranking said."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.routing.dispatch.ranked_insert import rank_insertions
from optimizer.routing.dispatch.route_times import code_of
from optimizer.routing.dispatch.standing import stand
from optimizer.routing.dispatch.state import Stability
from optimizer.routing.dispatch.what_if import score
from optimizer.routing.solution import StepKind
from tests.dispatch_cases import built, groups_of, state_at
from tests.property.routing_problems import mixed_problem
from tests.property.test_dispatch_insert import ordered

FEW = settings(max_examples=40, deadline=None, derandomize=True)


@FEW
@given(st.integers(0, 10**6), st.integers(0, 60))
def test_a_proposal_done_by_hand_costs_what_it_said(seed, now):
    problem = ordered(mixed_problem(seed, tasks=6, vehicles=3, rate=0.3))
    groups = groups_of(problem)
    left = seed % max(1, len(groups))
    plan = built(problem, leave_out=left)
    state = state_at(problem, plan, now, seed % 20)
    standing = stand(problem, plan, state, Stability(change_cost=3))
    if not groups or set(groups[left]) - set(plan.unserved):
        return
    absent = int(problem.absence_cost[list(groups[left])].sum())
    for proposal in rank_insertions(standing, groups[left], eject=False).proposals:
        routes = {r.vehicle: [code_of(s) for s in r.steps] for r in standing.plan.routes}
        for vehicle, steps in proposal.routes:
            routes[vehicle] = [i if k is StepKind.TASK else -1 - i for k, i, _ in steps]
        scored = score(standing, routes)
        assert scored.keeps_the_rules
        assert scored.added + absent == proposal.added
        assert {(m.kind, m.index) for m in scored.moves} == {
            (m.kind, m.index) for m in proposal.moves
        }
