"""A plan of two years worked out by hand: an upgrade, an opening with a quota, a merger.

Centre 0 is upgraded in year 1; station 2 closes then and station 1, on the area of quota 0, takes
over; site 3 stays empty. Rows 0 and 1 are covered, rows 2 and 3 assigned.
"""

from __future__ import annotations

from optimizer.result import SolveResult, Status, StopReason
from optimizer.siting.plan.problem import Assignments, PlanAnswer, PlanProblem
from optimizer.siting.plan.tables import (
    UNLIMITED,
    Attachments,
    Demand,
    Floors,
    Options,
    Quotas,
    Reach,
    Rules,
    Sites,
    Years,
)

__all__ = ["COST", "SHARES", "TRAVEL", "VALUE", "example_answer", "example_problem"]

VALUE = {
    # Year 0: 10 + 8 * 4 // 8; year 1, which counts twice: 10 + 8.
    "covered": 14 + 2 * 18,
    # Row 2 whole; row 3: one unit at 5 and two at 1 ticks, then two at 5.
    "assigned": (6 + 1 + 4) + 2 * (6 + 2),
    "backup": 2 * 4,
    "bonus": 2 * (2 + 1),
}
COST = {"opening": 20 + 8, "closing": 3, "yearly": (10 + 4) + (12 + 5)}
TRAVEL = (40 + 48 + 18 + 14) + (40 + 16 + 18 + 20)
SHARES = [10**6 * 8 // 12, 10**6]


def example_problem() -> PlanProblem:
    """Two years, four sites, five options, four rows of two services."""
    return PlanProblem(
        years=Years(weight=[1, 2], capital=[5, 30], running=[14, 17], carries=True),
        sites=Sites(
            district=[0, 0, 1, 1],
            current=[0, -1, 3, -1],
            due=[0, -1, -1, -1],
            closing_cost=[9, 0, 3, 0],
            takeover_indptr=[0, 0, 0, 1, 1],
            takeover_option=[2],
        ),
        options=Options(
            site=[0, 0, 1, 2, 3],
            level=[0, 0, 1, 1, 0],
            first_year=[0, 0, 1, 0, 0],
            area=[60, 80, 30, 20, 50],
            yearly_cost=[10, 12, 5, 4, 9],
            opening_cost=[0, 20, 8, 0, 30],
            bonus=[0, 2, 1, 0, 0],
            capacity=[[-1, 3], [-1, 4], [-1, 0], [0, 2], [-1, -1]],
            quota_area=[0, 0, 30, 0, 0],
        ),
        demand=Demand(
            service=[0, 0, 1, 1],
            district=[0, 0, 1, 1],
            group=[0, 0, 0, 0],
            amount=[10, 4, 2, 3],
            weight=[1, 2, 3, 2],
            full=[5, 2, 8, 1],
            radius=[5, 10, 8, 9],
            backup=[0, 1, 0, 0],
            must=[True, False, True, False],
            single=[False, False, True, False],
        ),
        reach=Reach(
            demand=[0, 1, 2, 3, 1, 2, 3, 0, 1, 2, 3],
            cost=[4, 6, 3, 5, 2, 9, 1, 7, 7, 7, 7],
            indptr=[0, 4, 5, 7, 11],
        ),
        level_parent=[-1, 0],
        level_fanout=[1, UNLIMITED],
        attachments=Attachments(child=[1, 2, 1], parent=[0, 0, 2], cost=[2, 3, 4]),
        rules=Rules(
            low=[1],
            high=[2],
            first_year=[0],
            last_year=[1],
            indptr=[0, 5],
            option=[0, 1, 2, 3, 4],
            coefficient=[1, 1, 1, 1, 1],
        ),
        floors=Floors(
            low=[12, 8], first_year=[0, 1], last_year=[1, 1], indptr=[0, 2, 4], demand=[0, 1, 2, 3]
        ),
        quotas=Quotas(area=[30, 7], first_year=[1, 0], indptr=[0, 1, 2], site=[1, 0]),
    )


def example_answer() -> PlanAnswer:
    """The plan, with its value as the objective and a bound above it."""
    value = sum(VALUE.values())
    return PlanAnswer(
        option=[[0, -1, 3, -1], [1, 2, -1, -1]],
        parent=[[-1, -1, 0, -1], [-1, 0, -1, -1]],
        assignments=Assignments(
            year=[0, 0, 0, 1, 1], row=[2, 3, 3, 2, 3], site=[0, 0, 2, 0, 0], amount=[2, 1, 2, 2, 2]
        ),
        quota_site=[1, -1],
        result=SolveResult(
            status=Status.FEASIBLE,
            stop_reason=StopReason.FINISHED,
            objective=value,
            bound=value + 9,
            parts=VALUE,
            seconds=0.0,
            seed=0,
            solver="by hand",
        ),
    )
