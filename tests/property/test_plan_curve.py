"""Coverage curves of plans against enumeration at every point."""

from __future__ import annotations

from itertools import pairwise

import pytest

from base.faults import FaultError
from optimizer.result import Status
from optimizer.siting.plan.checking.check import check
from optimizer.siting.plan.explain.curve import at_most_new_sites, coverage_curve
from optimizer.siting.plan.problem import PlanObjective
from optimizer.stop import Stop
from tests.plan_cases import random_plan
from tests.plan_oracle import best_plan

UP_TO = 3


def test_every_point_is_the_optimum():
    solved = 0
    for seed in range(24):
        problem, request = random_plan(seed)
        asked = request.replace(objective=PlanObjective.MAX_VALUE, cost_weight=0)
        points = coverage_curve(problem, request, UP_TO)
        assert [point.new_sites for point in points] == list(range(UP_TO + 1))
        for point in points:
            part = at_most_new_sites(problem, point.new_sites)
            best = best_plan(part, asked)
            if best is None:
                assert point.status is Status.INFEASIBLE
                assert point.answer is None
                continue
            solved += 1
            assert point.status is Status.OPTIMAL
            assert point.objective == point.bound == best[1]
            assert not check(part, asked, point.answer)
    assert solved > 30


def test_a_stopped_curve_never_falls_and_its_bounds_hold():
    for seed in range(8):
        problem, request = random_plan(seed)
        exact = coverage_curve(problem, request, UP_TO)
        for stop in (Stop(seconds=0), Stop(iterations=1), Stop(cancelled=lambda: True)):
            quick = coverage_curve(problem, request, UP_TO, stop=stop)
            for fast, best in zip(quick, exact, strict=True):
                if fast.objective is not None:
                    assert fast.objective <= best.objective
                if fast.bound is not None and best.objective is not None:
                    assert fast.bound >= best.objective
            for before, after in pairwise(quick):
                if before.objective is not None:
                    assert before.objective <= after.objective
                if before.bound is not None and after.bound is not None:
                    assert before.bound <= after.bound


def test_a_curve_to_less_than_nothing_is_refused():
    with pytest.raises(FaultError, match="CC-O004"):
        coverage_curve(*random_plan(0), -1)
