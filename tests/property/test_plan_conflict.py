"""Conflicts are irreducible: no plan with them, a plan without any one of them."""

from __future__ import annotations

from optimizer.siting.plan.explain.conflict import ConflictStatus, conflict
from optimizer.siting.plan.explain.conflict_elements import elements_of, with_elements
from tests.plan_cases import random_plan
from tests.plan_oracle import best_plan


def test_conflicts_are_irreducible_by_enumeration():
    seen = larger = 0
    for seed in range(64):
        problem, request = random_plan(seed)
        result = conflict(problem, request)
        if result.status is ConflictStatus.NO_CONFLICT:
            assert result.elements == ()
            continue
        seen += 1
        assert result.status is ConflictStatus.IRREDUCIBLE
        elements = set(result.elements)
        assert elements <= set(elements_of(problem, request))
        larger += len(elements) > 1
        assert best_plan(*with_elements(problem, request, elements)) is None, seed
        for element in elements:
            assert best_plan(*with_elements(problem, request, elements - {element})), seed
        for fault in result.faults:
            assert best_plan(*with_elements(problem, request, [fault.element])) is None
    assert seen > 8
    assert larger > 3


def test_without_any_element_there_is_a_plan():
    for seed in range(16):
        problem, request = random_plan(seed)
        assert best_plan(*with_elements(problem, request, ())) is not None
