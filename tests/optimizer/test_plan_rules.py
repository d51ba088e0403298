"""Counting rules on growth and on kinds that count once, each deciding a small plan."""

from __future__ import annotations

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.codes import BAD_LENGTH, BAD_VALUE
from optimizer.siting.plan.explain.marginal import marginal_values
from optimizer.siting.plan.problem import PlanObjective, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.siting.plan.tables import Rules
from tests.optimizer.test_plan_solve import (
    MIN_COST,
    NO_LIMIT,
    options_of,
    plan,
    sites_of,
    solved,
    years_of,
)

FOUR = [[1, -1, -1, -1], [-1, 1, -1, -1], [-1, -1, 1, -1], [-1, -1, -1, 1]]
"""Each site covers a row of its own."""


def rules(low, high, years=1, **given):
    """One rule over four options with coefficient 1."""
    columns = {"option": [0, 1, 2, 3], "coefficient": [1, 1, 1, 1]}
    return Rules(
        low=[low],
        high=[high],
        first_year=[0],
        last_year=[years - 1],
        indptr=[0, 4],
        **{**columns, **given},
    )


def town(rule, *, years=1, **given):
    return plan(FOUR, [8, 4, 2, 1], years=years_of(years), rules=rule, **given)


def standing(answer):
    return [np.flatnonzero(row >= 0).tolist() for row in answer.option]


def test_kinds_count_once_however_many_of_their_options_stand():
    """Two kinds at most: sites 0 and 1 are one, so that 0, 1 and the better of 2 and 3 stand."""
    answer = solved(town(rules(-NO_LIMIT, 2, kind=[5, 5, 7, 9])))
    assert standing(answer) == [[0, 1, 2]]


def test_a_kind_has_to_be_among_what_stands():
    dear = options_of([0, 1, 2, 3], yearly_cost=[1, 2, 4, 8])
    answer = solved(town(rules(2, NO_LIMIT, kind=[0, 0, 3, 3]), options=dear), MIN_COST)
    assert standing(answer) == [[0, 2]]


def test_entries_without_a_kind_count_by_themselves_beside_others():
    answer = solved(town(rules(-NO_LIMIT, 2, kind=[-1, 4, 4, -1])))
    assert standing(answer) == [[0, 1, 2]]


def test_growth_limits_what_a_year_adds():
    """One new site a year; what stands today counts as before the first one."""
    sites = sites_of(4, current=[-1, -1, -1, 3], due=[-1, -1, -1, 0])
    rule = rules(-NO_LIMIT, 1, years=3, growth=[True])
    assert standing(solved(town(rule, years=3, sites=sites))) == [[0, 3], [0, 1, 3], [0, 1, 2, 3]]


def test_growth_may_be_asked_for():
    dear = options_of([0, 1, 2, 3], yearly_cost=[1, 2, 4, 8])
    rule = rules(1, 2, years=2, growth=[True])
    answer = solved(town(rule, years=2, options=dear), MIN_COST)
    assert standing(answer) == [[0], [0, 1]]


def test_growth_counts_kinds_too():
    rule = rules(-NO_LIMIT, 1, years=2, growth=[True], kind=[0, 0, 1, 1])
    assert standing(solved(town(rule, years=2))) == [[0, 1], [0, 1, 2, 3]]


def test_growth_that_closing_undoes_is_below_nothing():
    """Growth may be limited to losing nothing: a closed site needs another in its place."""
    sites = sites_of(4, current=[0, -1, -1, -1], closing_cost=[1, 0, 0, 0])
    dear = options_of([0, 1, 2, 3], yearly_cost=[9, 2, 4, 8])
    answer = solved(town(rules(0, NO_LIMIT, growth=[True]), sites=sites, options=dear), MIN_COST)
    assert standing(answer) == [[1]]


@pytest.mark.parametrize(
    ("given", "kind", "field"),
    [
        ({"kind": [0, 0, 1]}, BAD_LENGTH, "rules.kind"),
        ({"kind": [0, 0, 1, 1], "coefficient": [1, 2, 1, 1]}, BAD_VALUE, "rules.coefficient"),
    ],
)
def test_kinds_that_make_no_rule_are_faults(given, kind, field):
    with pytest.raises(FaultError) as caught:
        town(rules(0, 2, **given))
    (fault,) = caught.value.faults
    assert (fault.code, fault.values["field"]) == (kind.code, field)


@pytest.mark.parametrize("growth", [False, True])
def test_single_changes_name_the_rules_that_they_break(growth):
    """Judged move by move from sums, as by the checker from the whole plan."""
    rule = rules(1, 2, years=2, kind=[0, 0, 1, -1], growth=[growth])
    problem = town(rule, years=2, sites=sites_of(4, current=[-1, -1, -1, 3]))
    answer = solve(problem, PlanRequest(PlanObjective.MAX_VALUE))
    found = marginal_values(problem, PlanRequest(), answer)
    assert found and any(each.broken for each in found)
    for each in found:
        option = np.array(answer.option)
        option[:, each.move.site] = each.move.after
        assert {(b.kind, b.year) for b in each.broken} == _broken(problem, option, growth)


def _broken(problem, option, growth):
    def total(shown):
        kinds = {0: 0, 1: 0, 2: 1, 3: None}
        seen = {kinds[o] for o in shown.tolist() if o >= 0}
        return len(seen)

    sums = [total(problem.sites.current), *(total(row) for row in option)]
    found = set()
    for year in range(2):
        got = sums[year + 1] - (sums[year] if growth else 0)
        found |= {("rule_below", year)} if got < 1 else set()
        found |= {("rule_above", year)} if got > 2 else set()
    return found
