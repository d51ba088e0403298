"""Plans explained on cases small enough to follow by hand."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.result import Status
from optimizer.siting.plan.checking.violations import PlanViolationKind as Kind
from optimizer.siting.plan.explain.conflict import ConflictStatus, Element, ElementKind, conflict
from optimizer.siting.plan.explain.marginal import Broken, marginal_values
from optimizer.siting.plan.explain.moves import adding_moves, leaving_moves
from optimizer.siting.plan.explain.why import resolved_values
from optimizer.siting.plan.problem import Assignments, PlanObjective, PlanProblem, PlanRequest
from optimizer.siting.plan.solve import solve
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
from optimizer.stop import Stop
from tests.plan_moves import without_assignments


def _plan(cost, *, years=1, options=None, demand=None, sites=None, **tables):
    """Sites with one option each over a dense cost matrix in which -1 means not reached."""
    cost = np.asarray(cost)
    m, n = cost.shape
    zeros = np.zeros(m, dtype=int)
    columns = {
        "site": np.arange(m),
        "level": zeros,
        "first_year": zeros,
        "area": zeros,
        "yearly_cost": zeros,
        "opening_cost": zeros + 10,
        "bonus": zeros,
        "capacity": np.full((m, 1), UNLIMITED),
        "quota_area": zeros,
    }
    rows = {
        "service": np.zeros(n, int),
        "district": np.zeros(n, int),
        "group": np.zeros(n, int),
        "amount": np.ones(n, int),
        "weight": np.ones(n, int),
        "full": np.full(n, 10),
        "radius": np.full(n, 10),
        "backup": np.zeros(n, int),
        "must": np.zeros(n, bool),
        "single": np.zeros(n, bool),
    }
    places = {
        "district": zeros,
        "current": zeros - 1,
        "due": zeros - 1,
        "closing_cost": zeros,
        "takeover_indptr": np.zeros(m + 1, int),
        "takeover_option": np.zeros(0, int),
    }
    unlimited = np.full(years, UNLIMITED)
    given = {
        "years": Years(weight=np.ones(years, int), capital=unlimited, running=unlimited),
        "level_parent": [-1],
        "level_fanout": [UNLIMITED],
        **tables,
    }
    listed = cost >= 0
    return PlanProblem(
        sites=Sites(**(places | (sites or {}))),
        options=Options(**(columns | (options or {}))),
        demand=Demand(**(rows | (demand or {}))),
        reach=Reach(
            demand=np.nonzero(listed)[1],
            cost=cost[listed],
            indptr=np.r_[0, np.cumsum(listed.sum(axis=1))],
        ),
        **given,
    )


def _values(problem, shown, request=None, **more):
    answer = without_assignments(problem, np.asarray(shown), **more)
    return {
        (each.move.site, each.move.option): each
        for each in marginal_values(problem, request or PlanRequest(), answer)
    }


def test_moves_of_a_site_that_changes_later():
    problem = _plan(
        [[1], [1]],
        years=3,
        options={
            "site": [0, 0, 0],
            "capacity": np.full((3, 1), UNLIMITED),
            "first_year": [0, 1, 0],
            **{name: [0, 0, 0] for name in ("level", "area", "yearly_cost", "bonus", "quota_area")},
            "opening_cost": [0, 5, 9],
        },
        sites={"current": [0, -1]},
    )
    shown = np.array([[0, -1], [2, -1], [2, -1]])
    assert [(each.site, each.after) for each in leaving_moves(shown)] == [(0, (-1, -1, -1))]
    added = {each.option: each.after for each in adding_moves(problem, shown)}
    assert added == {0: (0, 0, 0), 1: (0, 1, 1)}
    values = _values(problem, shown)
    assert values[0, 0].cost == -9
    assert values[0, 1].cost == -4
    assert values[0, -1].value == -3


def test_children_look_for_another_parent_with_room():
    # Two stations (sites 2 and 3) on two centres (0 and 1); the second centre carries one.
    problem = _plan(
        [[-1], [-1], [1], [1]],
        options={"level": [0, 0, 1, 1]},
        level_parent=[-1, 0],
        level_fanout=[1, UNLIMITED],
        attachments=Attachments(child=[2, 3, 3], parent=[0, 0, 1], cost=[1, 1, 1]),
    )
    shown = [[0, 1, 2, -1]]
    values = _values(problem, shown, parent=np.array([[-1, -1, 0, -1]]))
    assert values[1, -1].holds
    assert values[0, -1].broken == (Broken(Kind.PARENT_MISSING, 2, 0),)
    assert values[3, 3].holds
    alone = _values(problem, [[0, -1, 2, -1]], parent=np.array([[-1, -1, 0, -1]]))
    assert alone[3, 3].broken == (Broken(Kind.PARENT_MISSING, 3, 0),)


def test_quotas_that_nobody_holds_are_there_for_a_new_site():
    quotas = Quotas(area=[3, 4], first_year=[0, 0], indptr=[0, 1, 3], site=[0, 0, 1])
    problem = _plan([[1], [1]], options={"quota_area": [7, 5]}, quotas=quotas)
    values = _values(problem, [[-1, -1]])
    assert values[0, 0].holds
    assert values[1, 1].broken == (Broken(Kind.QUOTA_AREA_SHORT, 1, 0),)
    given = _values(problem, [[-1, -1]], quota_site=[-1, 1])
    assert given[0, 0].broken == (Broken(Kind.QUOTA_AREA_SHORT, 0, 0),)


def test_units_that_lose_their_place_go_where_there_is_room():
    problem = _plan(
        [[1, 2], [3, -1]],
        options={"capacity": [[5], [2]]},
        demand={"amount": [3, 2], "weight": [1, 4], "full": [0, 0], "must": [True, False]},
    )
    answer = without_assignments(problem, np.array([[0, 1]]))
    taken = Assignments(year=[0, 0], row=[0, 1], site=[0, 0], amount=[3, 2])
    answer = type(answer)(**{**vars(answer), "assignments": taken})
    values = {each.move.site: each for each in marginal_values(problem, PlanRequest(), answer)}
    # Per unit: row 0 is worth 1 * 9 // 10 = 0 at site 0 and at site 1; row 1 4 * 8 // 10 = 3.
    assert values[0].value == -6
    assert values[0].travel == -3 * 1 - 2 * 4 * 2 + 2 * 3
    assert values[0].broken == (Broken(Kind.MUST_NOT_ASSIGNED, 0, 0),)
    assert values[1].holds


def test_a_floor_out_of_reach_is_the_conflict_and_names_its_rows():
    floors = Floors(
        low=[3, 1], first_year=[0, 0], last_year=[0, 0], indptr=[0, 3, 4], demand=[0, 1, 2, 0]
    )
    problem = _plan([[1, 1, -1]], floors=floors)
    result = conflict(problem, PlanRequest())
    assert result.status is ConflictStatus.IRREDUCIBLE
    assert result.elements == (Element(ElementKind.FLOOR, 0),)
    assert result.tests == 0
    (fault,) = result.faults
    assert fault.rows.tolist() == [2]
    assert (fault.most, fault.low, fault.year) == (2, 3, 0)


def test_a_budget_against_a_count():
    rules = Rules(
        low=[2, 0],
        high=[2**62, 3],
        first_year=[0, 0],
        last_year=[0, 0],
        indptr=[0, 3, 6],
        option=[0, 1, 2, 0, 1, 2],
        coefficient=[1] * 6,
    )
    years = Years(weight=[1], capital=[15], running=[100])
    problem = _plan([[1], [1], [1]], rules=rules).replace(years=years)
    told = []
    result = conflict(problem, PlanRequest(), progress=told.append)
    assert result.status is ConflictStatus.IRREDUCIBLE
    assert set(result.elements) == {
        Element(ElementKind.RULE_LOW, 0),
        Element(ElementKind.CAPITAL, 0),
    }
    assert len(told) == result.tests > 0
    stopped = conflict(problem, PlanRequest(), is_infeasible=True, stop=Stop(seconds=0))
    assert stopped.status is ConflictStatus.PROVED
    assert set(result.elements) <= set(stopped.elements)
    unknown = conflict(problem, PlanRequest(), stop=Stop(seconds=0))
    assert unknown.status is ConflictStatus.UNKNOWN


@pytest.mark.parametrize("objective", [PlanObjective.MIN_TRAVEL, PlanObjective.MIN_WORST])
def test_a_row_that_nothing_reaches_is_at_fault(objective):
    problem = _plan([[1, -1]])
    result = conflict(problem, PlanRequest(objective))
    assert result.elements == (Element(ElementKind.ALL_SERVED),)
    assert result.faults[0].rows.tolist() == [1]


def test_resolved_values_ask_the_right_question_of_each_option():
    problem = _plan([[1, 1, -1, -1], [-1, 1, 1, -1], [-1, -1, 1, 1]])
    rules = Rules(
        low=[0],
        high=[2],
        first_year=[0],
        last_year=[0],
        indptr=[0, 3],
        option=[0, 1, 2],
        coefficient=[1, 1, 1],
    )
    problem = problem.replace(rules=rules)
    answer = solve(problem, PlanRequest())
    assert answer.result.objective == 4
    told = []
    changes = resolved_values(problem, PlanRequest(), answer, [0, 1], progress=told.append)
    assert [change.option for change in changes] == [0, 1]
    assert [change.loss.found for change in changes] == [1, 1]
    assert 0 not in changes[0].answer.option
    assert 1 in changes[1].answer.option
    assert all(change.answer.result.status is Status.OPTIMAL for change in changes)
    assert len(told) == 2
