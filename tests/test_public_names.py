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
