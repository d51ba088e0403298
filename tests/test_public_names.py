"""What ``import carecircle`` promises, used the way its docs say."""

from __future__ import annotations

import carecircle as cc


def test_a_siting_problem_is_solved_and_checked_through_the_public_names() -> None:
    problem = cc.SitingProblem(
        site_status=[cc.SiteStatus.EXISTING, cc.SiteStatus.CANDIDATE, cc.SiteStatus.CANDIDATE],
        site_cost=[0, 0, 0],
        site_bonus=[0, 0, 0],
        demand_weight=[5, 3, 9],
        demand_group=[0, 0, 0],
        demand_district=[0, 0, 0],
        demand_radius=[10, 10, 10],
        reach_indptr=[0, 1, 2, 3],
        reach_demand=[0, 1, 2],
        reach_cost=[1, 1, 1],
    )
    request = cc.SitingRequest(cc.Question.MCLP, new_sites=1)
    answer = cc.solve_siting(problem, request)
    assert answer.result.status is cc.Status.OPTIMAL
    assert answer.result.objective == answer.result.bound == 14
    assert answer.open_sites.tolist() == [0, 2]
    assert cc.check_siting(problem, request, answer) == ()


def test_every_public_name_exists() -> None:
    assert all(hasattr(cc, name) for name in cc.__all__)
    assert cc.__all__ == sorted(cc.__all__)


def test_a_plan_is_solved_checked_and_questioned_through_the_public_names() -> None:
    """Three premises, 5 + 3 + 9 people beside one each, money for one opening a year."""
    tables = cc.plan_tables
    problem = cc.PlanProblem(
        years=tables.Years(weight=[1, 1], capital=[10, 10], running=[tables.UNLIMITED] * 2),
        level_parent=[-1],
        level_fanout=[tables.UNLIMITED],
        sites=tables.Sites(
            district=[0, 0, 0],
            current=[-1, -1, -1],
            due=[-1, -1, -1],
            closing_cost=[0, 0, 0],
            takeover_indptr=[0, 0, 0, 0],
            takeover_option=[],
        ),
        options=tables.Options(
            site=[0, 1, 2],
            level=[0, 0, 0],
            first_year=[0, 0, 0],
            area=[0, 0, 0],
            yearly_cost=[0, 0, 0],
            opening_cost=[10, 10, 10],
            bonus=[0, 0, 0],
            capacity=[[tables.UNLIMITED]] * 3,
            quota_area=[0, 0, 0],
        ),
        demand=tables.Demand(
            service=[0, 0, 0],
            district=[0, 0, 0],
            group=[0, 0, 0],
            amount=[5, 3, 9],
            weight=[1, 1, 1],
            full=[10, 10, 10],
            radius=[10, 10, 10],
            backup=[0, 0, 0],
            must=[False] * 3,
            single=[False] * 3,
        ),
        reach=tables.Reach(demand=[0, 1, 2], cost=[1, 1, 1], indptr=[0, 1, 2, 3]),
    )
    request = cc.PlanRequest(objective=cc.PlanObjective.MAX_VALUE)
    answer = cc.solve_plan(problem, request)
    assert answer.result.status is cc.Status.OPTIMAL
    assert answer.result.objective == 9 + (9 + 5)
    assert cc.check_plan(problem, request, answer) == ()
    assert cc.nearest_assignments(problem, answer).amount.size == 0
    values = cc.marginal_values(problem, request, answer)
    assert [(each.move.site, each.value) for each in values if each.value < 0] == [
        (0, -5),
        (2, -18),
    ]
    without = cc.plan_fallback(problem, request, answer, 2)
    assert without.answer.result.objective == 5 + (5 + 3)
    curve = cc.plan_coverage_curve(problem, request, 2)
    assert [point.objective for point in curve] == [0, 18, 23]
