"""The plan checker finds every kind of fault it knows, and nothing in a sound plan."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from optimizer.result import Status, StopReason
from optimizer.siting.plan.checking.check import check
from optimizer.siting.plan.checking.violations import PlanViolation, PlanViolationKind
from optimizer.siting.plan.problem import Assignments, PlanObjective, PlanRequest
from tests.plan_example import COST, SHARES, TRAVEL, VALUE, example_answer, example_problem

Kind = PlanViolationKind
PROBLEM = example_problem()
GOOD = example_answer()
MOST = PlanRequest()
OBJECTIVE = sum(VALUE.values())


def kinds(answer, request=MOST, problem=PROBLEM):
    return {each.kind for each in check(problem, request, answer)}


def put(table, entries):
    result = np.array(table)
    for at, value in entries.items():
        result[at] = value
    return result


def replaced(**changes):
    return dataclasses.replace(GOOD, **changes)


def shown(entries):
    """The good plan with other options at (year, site)."""
    return replaced(option=put(GOOD.option, entries))


def hung(entries):
    """The good plan with other parents at (year, site)."""
    return replaced(parent=put(GOOD.parent, entries))


def given(entries):
    """The good plan with its quotas given to other sites."""
    return replaced(quota_site=put(GOOD.quota_site, entries))


def assigned(*entries):
    """The good plan with these (year, row, site, amount) alone."""
    year, row, site, amount = zip(*entries, strict=True)
    return replaced(assignments=Assignments(year=year, row=row, site=site, amount=amount))


def told(**changes):
    """The good plan with another result."""
    return replaced(result=dataclasses.replace(GOOD.result, **changes))


def best_shares(shares=tuple(SHARES), bounds=tuple(SHARES)):
    return replaced(shares=shares, share_bounds=bounds)


LISTED = [(0, 2, 0, 2), (0, 3, 0, 1), (0, 3, 2, 2), (1, 2, 0, 2), (1, 3, 0, 2)]
FAIREST = PlanRequest(PlanObjective.MAX_MIN)

CHOSEN = PROBLEM.replace(nearest=[False, True])
"""People choose their place of the second service; the good plan is what they choose."""

INJECTED = {
    Kind.OPTION_SHAPE: replaced(option=[[0, -1, 3, -1]]),
    Kind.PARENT_SHAPE: replaced(parent=[[-1, 0, -1, -1]]),
    Kind.QUOTA_SHAPE: replaced(quota_site=[1]),
    Kind.OPTION_OUT_OF_RANGE: shown({(1, 3): 5}),
    Kind.OPTION_OF_OTHER_SITE: shown({(1, 3): 2}),
    Kind.BEFORE_FIRST_YEAR: shown({(0, 1): 2}),
    Kind.CURRENT_CAME_BACK: shown({(0, 2): -1, (1, 2): 3}),
    Kind.OPTION_GIVEN_UP: shown({(0, 0): 1, (1, 0): 0}),
    Kind.DUE_NOT_STANDING: shown({(1, 0): -1}),
    Kind.NO_TAKEOVER: shown({(1, 1): -1}),
    Kind.CAPITAL_EXCEEDED: shown({(0, 0): 1}),
    Kind.RUNNING_EXCEEDED: shown({(1, 2): 3}),
    Kind.PARENT_OUT_OF_RANGE: hung({(1, 1): 4}),
    Kind.PARENT_MISSING: hung({(1, 1): -1}),
    Kind.PARENT_NEEDLESS: hung({(0, 0): 2}),
    Kind.PARENT_NOT_LISTED: hung({(1, 1): 3}),
    Kind.PARENT_WRONG_LEVEL: hung({(1, 1): 2}),
    Kind.FANOUT_EXCEEDED: replaced(
        option=put(GOOD.option, {(1, 2): 3}), parent=put(GOOD.parent, {(1, 2): 0})
    ),
    Kind.RULE_BELOW: shown({(0, 0): -1, (0, 2): -1}),
    Kind.RULE_ABOVE: shown({(1, 3): 4}),
    Kind.FLOOR_MISSED: assigned(*LISTED[:4]),
    Kind.QUOTA_OUT_OF_RANGE: given({0: 4}),
    Kind.QUOTA_NOT_LISTED: given({1: 2}),
    Kind.QUOTA_AREA_SHORT: given({0: -1}),
    Kind.ASSIGNMENT_SHAPE: replaced(
        assignments=Assignments(year=[0], row=[2], site=[0, 0], amount=[2])
    ),
    Kind.ASSIGNMENT_OUT_OF_RANGE: assigned(*LISTED, (1, 4, 0, 1)),
    Kind.ASSIGNMENT_AMOUNT: assigned(*LISTED[:4], (1, 3, 0, 0)),
    Kind.ASSIGNMENT_ORDER: assigned(LISTED[1], LISTED[0], *LISTED[2:]),
    Kind.ASSIGNED_UNCAPACITATED: assigned((0, 0, 0, 1), *LISTED),
    Kind.ASSIGNED_BEYOND_REACH: assigned((0, 2, 2, 2), *LISTED[1:]),
    Kind.ASSIGNED_NOT_OFFERED: assigned(*LISTED[:4], (1, 3, 2, 2)),
    Kind.CAPACITY_EXCEEDED: assigned(*LISTED[:4], (1, 3, 0, 3)),
    Kind.ROW_OVERSERVED: assigned(*LISTED[:1], (0, 3, 0, 2), *LISTED[2:]),
    Kind.SINGLE_SPLIT: assigned((0, 2, 0, 1), *LISTED[1:]),
    Kind.MUST_NOT_COVERED: shown({(1, 0): -1}),
    Kind.MUST_NOT_ASSIGNED: assigned(*LISTED[1:]),
    Kind.NOT_SERVED: (PlanRequest(PlanObjective.MIN_WORST), GOOD),
    Kind.NOT_NEAREST: (MOST, assigned(*LISTED[:2], (0, 3, 2, 1), *LISTED[3:])),
    Kind.LEAST_VALUE_MISSED: (PlanRequest(least_value=OBJECTIVE + 1), GOOD),
    Kind.MOST_COST_PASSED: (PlanRequest(most_cost=sum(COST.values()) - 1), GOOD),
    Kind.LEAST_SHARE_MISSED: (PlanRequest(least_share=SHARES[0] + 1), GOOD),
    Kind.FORCED_MISSING: (PlanRequest(forced=(3,)), GOOD),
    Kind.BANNED_STANDS: (PlanRequest(banned=(3,)), GOOD),
    Kind.TOO_ALIKE: (PlanRequest(differ_from=(((1, 2, 4), 1),)), GOOD),
    Kind.MISSING_OBJECTIVE: told(objective=None),
    Kind.WRONG_OBJECTIVE: told(objective=OBJECTIVE + 1),
    Kind.PARTS_DO_NOT_SUM: told(parts={**VALUE, "bonus": 5}),
    Kind.WRONG_PART: told(parts={**VALUE, "bonus": VALUE["backup"], "backup": VALUE["bonus"]}),
    Kind.BOUND_CROSSED: told(bound=OBJECTIVE - 1),
    Kind.SHARES_NEEDLESS: best_shares(),
    Kind.SHARES_NOT_ASCENDING: (FAIREST, best_shares(SHARES[::-1], SHARES[::-1])),
    Kind.WRONG_SHARES: (FAIREST, best_shares((SHARES[0] + 1, SHARES[1]))),
    Kind.SHARE_BOUNDS_SHAPE: (FAIREST, best_shares(bounds=SHARES[:1])),
    Kind.SHARE_BOUND_CROSSED: (FAIREST, best_shares(bounds=(SHARES[0] - 1, SHARES[1]))),
    Kind.OPTIMAL_NOT_PROVED: told(status=Status.OPTIMAL),
    Kind.FEASIBLE_BUT_PROVED: told(bound=OBJECTIVE),
    Kind.UNFINISHED_PROOF: told(
        status=Status.OPTIMAL, bound=OBJECTIVE, stop_reason=StopReason.TIME
    ),
    Kind.ANSWER_WITHOUT_STATUS: told(status=Status.INFEASIBLE),
}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_fault_is_seen(kind):
    injected = INJECTED[kind]
    request, answer = injected if isinstance(injected, tuple) else (MOST, injected)
    problem = CHOSEN if kind is Kind.NOT_NEAREST else PROBLEM
    found = [each for each in check(problem, request, answer) if each.kind is kind]
    assert found
    for lang in ("en", "zh"):
        assert "None" not in found[0].text(lang)
    assert found[0].detail == found[0].text("en")


def test_the_plan_by_hand_is_sound():
    assert check(PROBLEM, MOST, GOOD) == ()
    assert check(CHOSEN, MOST, GOOD) == ()
    proved = told(status=Status.OPTIMAL, bound=OBJECTIVE)
    assert check(PROBLEM, MOST, proved) == ()


def test_limits_met_exactly_are_sound():
    request = PlanRequest(
        least_value=OBJECTIVE,
        most_cost=sum(COST.values()),
        least_share=SHARES[0],
        forced=(1, 2),
        banned=(4,),
        differ_from=(((1, 2), 2), ((0, 3), 0)),
    )
    assert check(PROBLEM, request, GOOD) == ()


def test_cost_and_its_parts_are_recomputed():
    request = PlanRequest(PlanObjective.MIN_COST)
    cost = sum(COST.values())
    assert kinds(told(objective=cost, parts=COST, bound=cost - 1), request) == set()
    assert kinds(told(objective=cost, parts=COST, bound=cost + 1), request) == {Kind.BOUND_CROSSED}
    # Where parts have names, they have to be told.
    assert kinds(told(objective=cost, parts={}, bound=None), request) == {
        Kind.PARTS_DO_NOT_SUM,
        Kind.WRONG_PART,
    }


def test_travel_and_its_parts_are_recomputed():
    request = PlanRequest(PlanObjective.MIN_TRAVEL, cost_weight=3)
    parts = {"travel": TRAVEL, "cost": 3 * sum(COST.values())}
    answer = told(objective=sum(parts.values()), parts=parts, bound=0)
    # One unit of row 3 finds no room in year 1; all else is as it should be.
    (missed,) = check(PROBLEM, request, answer)
    assert missed == PlanViolation(Kind.NOT_SERVED, index=3, year=1)


def test_the_worst_cost_is_that_of_the_last_year():
    request = PlanRequest(PlanObjective.MIN_WORST)
    assert kinds(told(objective=5, parts={}, bound=5), request) == {
        Kind.NOT_SERVED,
        Kind.FEASIBLE_BUT_PROVED,
    }
    light = PROBLEM.replace(demand=PROBLEM.demand.replace(weight=[1, 2, 3, 0]))
    answer = told(objective=4, parts={}, bound=3)
    assert Kind.WRONG_OBJECTIVE not in kinds(answer, request, light)


def test_shares_are_those_of_districts_with_demand():
    answer = best_shares()
    assert kinds(answer, FAIREST) == set()
    elsewhere = PROBLEM.replace(demand=PROBLEM.demand.replace(district=[0, 0, -1, -1]))
    assert kinds(answer, FAIREST, elsewhere) == {Kind.WRONG_SHARES}
    assert kinds(best_shares(SHARES[1:], SHARES[1:]), FAIREST, elsewhere) == set()
    open_share = dataclasses.replace(
        best_shares(bounds=(SHARES[0] + 1, SHARES[1])),
        result=dataclasses.replace(GOOD.result, bound=OBJECTIVE),
    )
    assert kinds(open_share, FAIREST) == set()


def test_capital_may_be_saved_only_where_it_carries():
    years = PROBLEM.years
    strict = PROBLEM.replace(years=years.replace(carries=False))
    assert kinds(GOOD, problem=strict) == {Kind.CAPITAL_EXCEEDED}
    # What an unlimited year leaves over has no limit either.
    free = PROBLEM.replace(years=years.replace(capital=[-1, 0]))
    assert kinds(GOOD, problem=free) == set()
    free = PROBLEM.replace(years=years.replace(capital=[-1, 0], carries=False))
    assert kinds(GOOD, problem=free) == {Kind.CAPITAL_EXCEEDED}


def test_answers_without_a_plan():
    empty = replaced(
        option=np.zeros((0, 0)),
        parent=np.zeros((0, 0)),
        assignments=Assignments.none(),
        quota_site=[],
        result=dataclasses.replace(
            GOOD.result, status=Status.INFEASIBLE, objective=None, bound=None, parts={}
        ),
    )
    assert kinds(empty) == set()
    early = dataclasses.replace(empty.result, stop_reason=StopReason.TIME)
    assert kinds(dataclasses.replace(empty, result=early)) == {Kind.UNFINISHED_PROOF}
    unknown = dataclasses.replace(early, status=Status.NO_SOLUTION, bound=7)
    assert kinds(dataclasses.replace(empty, result=unknown)) == set()
    bound = dataclasses.replace(empty.result, bound=7)
    assert kinds(dataclasses.replace(empty, result=bound)) == {Kind.ANSWER_WITHOUT_STATUS}


def test_large_numbers_are_summed_exactly():
    # As large as the guard on sums allows (2**61, millionths of shares included), and odd, so
    # that floats would lose units.
    heavy, later = 2**37 + 1, 2**19 + 1
    large = PROBLEM.replace(
        years=PROBLEM.years.replace(weight=[1, later]),
        demand=PROBLEM.demand.replace(weight=[heavy, 2, heavy, 2]),
        floors=PROBLEM.floors.replace(low=[12, 8]),
    )
    parts = {
        "covered": (10 * heavy + 4) + later * (10 * heavy + 8),
        "assigned": (2 * heavy + 5) + later * (2 * heavy + 2),
        "backup": later * 4,
        "bonus": later * 3,
    }
    value = sum(parts.values())
    assert float(value) != value
    assert kinds(told(objective=value, parts=parts, bound=None), problem=large) == set()


def test_every_kind_has_words_of_its_own_in_both_languages():
    texts = {PlanViolation(kind, 7, 1, 5, 6).text(lang) for kind in Kind for lang in ("en", "zh")}
    assert len(texts) == 2 * len(Kind)
