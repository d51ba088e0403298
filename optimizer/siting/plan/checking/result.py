"""The checker's rules on what a result claims: objective, parts, shares, bounds and status."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.result import Status, StopReason
from optimizer.siting.plan.checking.figures import Figures
from optimizer.siting.plan.checking.violations import PlanViolation, PlanViolationKind
from optimizer.siting.plan.problem import PlanAnswer, PlanObjective, PlanRequest

__all__ = ["result_violations", "without_answer"]

_Kind = PlanViolationKind


def without_answer(answer: PlanAnswer) -> Iterator[PlanViolation]:
    """What an answer without a plan must not hold."""
    result = answer.result
    is_infeasible = result.status is Status.INFEASIBLE
    tables = (answer.option, answer.parent, answer.assignments.amount, answer.shares)
    holds_plan = any(table.size for table in tables) or bool((answer.quota_site >= 0).any())
    holds_value = result.objective is not None or bool(result.parts)
    if holds_plan or holds_value or (is_infeasible and result.bound is not None):
        yield PlanViolation(_Kind.ANSWER_WITHOUT_STATUS)
    if is_infeasible and result.stop_reason is not StopReason.FINISHED:
        yield PlanViolation(_Kind.UNFINISHED_PROOF)


def result_violations(
    request: PlanRequest, answer: PlanAnswer, figures: Figures
) -> Iterator[PlanViolation]:
    """What is wrong with objective, parts, shares, bounds and status."""
    yield from _objective_violations(request, answer, figures)
    yield from _share_violations(request, answer, figures)
    result = answer.result
    is_proved = result.bound is not None and result.bound == result.objective
    is_proved = is_proved and np.array_equal(answer.shares, answer.share_bounds)
    if result.status is Status.OPTIMAL:
        if not is_proved:
            got, expected = result.bound, result.objective
            yield PlanViolation(_Kind.OPTIMAL_NOT_PROVED, got=got, expected=expected)
        if result.stop_reason is not StopReason.FINISHED:
            yield PlanViolation(_Kind.UNFINISHED_PROOF)
    elif is_proved:
        yield PlanViolation(_Kind.FEASIBLE_BUT_PROVED, expected=result.objective)


def _expected_parts(request: PlanRequest, figures: Figures) -> dict[str, int]:
    if request.objective is PlanObjective.MIN_COST:
        return figures.cost
    if request.objective is PlanObjective.MIN_TRAVEL:
        cost = request.cost_weight * sum(figures.cost.values())
        return {"travel": figures.travel, "cost": cost}
    if request.objective is PlanObjective.MIN_WORST:
        return {"worst": figures.worst}
    return figures.value


_NAMED_PARTS = (PlanObjective.MAX_VALUE, PlanObjective.MIN_COST, PlanObjective.MIN_TRAVEL)
_MAXIMISED = (PlanObjective.MAX_VALUE, PlanObjective.MAX_MIN)


def _objective_violations(
    request: PlanRequest, answer: PlanAnswer, figures: Figures
) -> Iterator[PlanViolation]:
    result = answer.result
    parts = _expected_parts(request, figures)
    expected = sum(parts.values())
    if result.objective is None:
        yield PlanViolation(_Kind.MISSING_OBJECTIVE, expected=expected)
    elif result.objective != expected:
        yield PlanViolation(_Kind.WRONG_OBJECTIVE, got=result.objective, expected=expected)
    is_named = request.objective in _NAMED_PARTS
    if (result.parts or is_named) and sum(result.parts.values()) != expected:
        got = sum(result.parts.values())
        yield PlanViolation(_Kind.PARTS_DO_NOT_SUM, got=got, expected=expected)
    if is_named:
        for place, name in enumerate(sorted({*parts, *result.parts})):
            got_part, right = result.parts.get(name), parts.get(name)
            if got_part != right:
                yield PlanViolation(_Kind.WRONG_PART, place, got=got_part, expected=right)
    if result.bound is not None:
        sign = 1 if request.objective in _MAXIMISED else -1
        if sign * (result.bound - expected) < 0:
            yield PlanViolation(_Kind.BOUND_CROSSED, got=result.bound, expected=expected)


def _share_violations(
    request: PlanRequest, answer: PlanAnswer, figures: Figures
) -> Iterator[PlanViolation]:
    shares, bounds = answer.shares.tolist(), answer.share_bounds.tolist()
    if request.objective is not PlanObjective.MAX_MIN:
        if shares or bounds:
            yield PlanViolation(_Kind.SHARES_NEEDLESS, got=max(len(shares), len(bounds)))
        return
    for place in range(1, len(shares)):
        if shares[place] < shares[place - 1]:
            yield PlanViolation(_Kind.SHARES_NOT_ASCENDING, place)
    expected = sorted(figures.shares)
    if sorted(shares) != expected:
        yield _first_wrong(sorted(shares), expected)
    if len(bounds) != len(shares):
        yield PlanViolation(_Kind.SHARE_BOUNDS_SHAPE, got=len(bounds), expected=len(shares))
    for place, (share, bound) in enumerate(zip(shares, bounds, strict=False)):
        if bound < share:
            kind = _Kind.SHARE_BOUND_CROSSED
            yield PlanViolation(kind, place, got=bound, expected=share)
            # Later bounds hold given the shares before them: one crossed says enough.
            return


def _first_wrong(shares: list[int], expected: list[int]) -> PlanViolation:
    for place in range(max(len(shares), len(expected))):
        got = shares[place] if place < len(shares) else None
        right = expected[place] if place < len(expected) else None
        if got != right:
            return PlanViolation(_Kind.WRONG_SHARES, place, got=got, expected=right)
    raise AssertionError("the shares are alike")
