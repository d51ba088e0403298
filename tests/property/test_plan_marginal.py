"""What single changes do to a plan, against the checker's own figures and rules."""

from __future__ import annotations

import numpy as np

from optimizer.siting.plan.explain.marginal import marginal_values
from optimizer.siting.plan.solve import solve
from optimizer.stop import Stop
from tests.plan_cases import random_plan
from tests.plan_moves import (
    changed_plan,
    figures_after,
    rules_broken,
    sound_plan,
    without_assignments,
)

_NETWORK = {"parent_missing"}


def _plan(problem, request, seed):
    """A sound plan: by chance, or else the solver's."""
    by_chance = sound_plan(problem, request, seed, tries=4)
    return by_chance or solve(problem, request, stop=Stop(iterations=200))


def test_values_costs_and_rules_agree_with_the_checker():
    seen = moves = broken = chosen = 0
    for seed in range(100):
        problem, request = random_plan(seed)
        answer = _plan(problem, request, seed)
        if answer is None or not answer.option.size:
            continue
        seen += 1
        chosen += bool(problem.chosen.any())
        value, cost, travel = figures_after(problem, answer)
        for each in marginal_values(problem, request, answer):
            after = changed_plan(problem, answer, each.move)
            moves += 1
            now = (value + each.value, cost + each.cost, travel + each.travel)
            assert figures_after(problem, after) == now
            found = {(rule.kind, rule.index, rule.year) for rule in each.broken}
            expected = rules_broken(problem, request, after, network=False)
            assert {rule for rule in found if rule[0] not in _NETWORK} == expected, seed
            broken += bool(found)
    assert seen > 40 and chosen > 3
    assert moves > 200
    assert 0 < broken < moves


def test_a_site_without_children_or_a_new_parent_leaves_nobody_alone():
    checked = 0
    for seed in range(100):
        problem, request = random_plan(seed)
        if problem.level_parent.size == 1:
            continue
        answer = _plan(problem, request, seed)
        if answer is None or not answer.option.size:
            continue
        for each in marginal_values(problem, request, answer):
            alone = [rule for rule in each.broken if rule.kind in _NETWORK]
            after = changed_plan(problem, answer, each.move)
            strict = rules_broken(problem, request, after, network=True)
            # Others keep their parents in ``after``: where that is sound, nobody is alone.
            if not {kind for kind, _, _ in strict if "parent" in kind}:
                assert not alone
            for rule in alone:
                hangs = answer.parent[rule.year, rule.index] == each.move.site
                assert hangs or rule.index == each.move.site
                checked += 1
            assert len(alone) == len(set(alone))
    assert checked > 3


def test_no_plan_has_no_values():
    problem, request = random_plan(0)
    answer = without_assignments(problem, np.full((problem.n_years, problem.n_sites), -1))
    empty = type(answer)(
        option=np.zeros((0, 0), int),
        parent=np.zeros((0, 0), int),
        assignments=answer.assignments,
        quota_site=[],
        result=answer.result,
    )
    assert marginal_values(problem, request, empty) == ()
