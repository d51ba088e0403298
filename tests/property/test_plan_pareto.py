"""Pareto fronts of plans: proved points are efficient by enumeration, none dominates another."""

from __future__ import annotations

import pytest

from base.faults import FaultError
from optimizer.result import StopReason
from optimizer.siting.plan.checking.figures import figures_of
from optimizer.siting.plan.explain.pareto import pareto_front
from optimizer.siting.plan.problem import PlanObjective
from optimizer.stop import Stop
from tests.plan_cases import random_plan
from tests.plan_moves import rules_broken
from tests.plan_oracle import best_plan


def test_points_are_efficient_by_enumeration():
    proved = several = 0
    for seed in range(12):
        problem, request = random_plan(seed)
        front = pareto_front(problem, request, cost_levels=3, share_levels=2)
        assert front.complete
        assert front.stop_reason is StopReason.FINISHED
        several += len(front.points) > 1
        for point in front.points:
            assert point.proved
            assert not any(other.dominates(point) for other in front.points)
            _check_figures(problem, request, point)
            limits = request.replace(cost_weight=0, objective=PlanObjective.MAX_VALUE)
            limits = limits.replace(most_cost=point.cost, least_share=point.share)
            assert best_plan(problem, limits)[1] == point.value
            limits = limits.replace(most_cost=request.most_cost, least_value=point.value)
            assert best_plan(problem, limits.replace(objective=PlanObjective.MIN_COST))[1] == (
                point.cost
            )
            if point.share is not None:
                limits = limits.replace(most_cost=point.cost, objective=PlanObjective.MAX_MIN)
                assert best_plan(problem, limits)[0][0] == point.share
            proved += 1
    assert proved > 12
    assert several > 2


def _check_figures(problem, request, point):
    figures = figures_of(problem, point.answer.option.astype(int), point.answer.assignments)
    assert sum(figures.value.values()) == point.value
    assert sum(figures.cost.values()) == point.cost
    assert min(figures.shares, default=None) == point.share
    asked = request.replace(objective=PlanObjective.MAX_VALUE, cost_weight=0)
    assert not rules_broken(problem, asked, point.answer)


def test_a_stopped_walk_says_so():
    problem, request = random_plan(3)
    told = []
    front = pareto_front(problem, request, stop=Stop(cancelled=lambda: True), progress=told.append)
    assert not front.complete
    assert front.stop_reason is StopReason.USER
    assert len(told) >= len(front.points)


def test_too_few_levels_are_refused():
    with pytest.raises(FaultError, match="CC-O004"):
        pareto_front(*random_plan(0), cost_levels=1, share_levels=0)
