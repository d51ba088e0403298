"""The independent checker: recomputes a plan from the raw tables.

It shares no code with the solvers: only the problem, the answer and NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from optimizer.result import Status
from optimizer.siting.plan.checking.demand import (
    assignment_violations,
    choice_violations,
    columns_differ,
    entry_violations,
    floor_violations,
    kept_entries,
    service_violations,
)
from optimizer.siting.plan.checking.figures import Figures, figures_of
from optimizer.siting.plan.checking.network import (
    counting_violations,
    money_violations,
    option_violations,
    parent_violations,
    quota_violations,
    schedule_violations,
)
from optimizer.siting.plan.checking.result import result_violations, without_answer
from optimizer.siting.plan.checking.violations import PlanViolation, PlanViolationKind
from optimizer.siting.plan.problem import PlanAnswer, PlanProblem, PlanRequest

__all__ = ["check"]

_Kind = PlanViolationKind


def check(
    problem: PlanProblem, request: PlanRequest, answer: PlanAnswer
) -> tuple[PlanViolation, ...]:
    """Every rule that a plan breaks; an empty tuple for a sound one.

    Recomputes what stands, what it costs and whom it serves from the tables. Bounds are checked
    for their side only: that no better plan exists is beyond a checker. Tables of the wrong shape
    are all that is reported of an answer that has them.
    """
    if answer.result.status in (Status.INFEASIBLE, Status.NO_SOLUTION):
        return tuple(without_answer(answer))
    misshapen = tuple(_shape_violations(problem, answer))
    if misshapen:
        return misshapen
    option = answer.option.astype(np.int64)
    parent = answer.parent.astype(np.int64)
    broken = [*option_violations(problem, option), *entry_violations(problem, answer.assignments)]
    option = _own_options(problem, option)
    assignments = kept_entries(problem, answer.assignments)
    figures = figures_of(problem, option, assignments)
    broken.extend(schedule_violations(problem, option))
    broken.extend(money_violations(problem, figures))
    broken.extend(parent_violations(problem, option, parent))
    broken.extend(counting_violations(problem, option))
    broken.extend(quota_violations(problem, option, answer.quota_site.astype(np.int64)))
    broken.extend(assignment_violations(problem, option, assignments))
    broken.extend(choice_violations(problem, option, assignments))
    broken.extend(service_violations(problem, request.objective, figures))
    broken.extend(floor_violations(problem, figures))
    broken.extend(_request_violations(request, option, figures))
    broken.extend(result_violations(request, answer, figures))
    return tuple(broken)


def _shape_violations(problem: PlanProblem, answer: PlanAnswer) -> Iterator[PlanViolation]:
    expected = (problem.n_years, problem.n_sites)
    for kind, table in (
        (_Kind.OPTION_SHAPE, answer.option),
        (_Kind.PARENT_SHAPE, answer.parent),
    ):
        if table.shape != expected:
            yield PlanViolation(kind, got=table.size, expected=expected[0] * expected[1])
    if answer.quota_site.size != len(problem.quotas):
        got = answer.quota_site.size
        yield PlanViolation(_Kind.QUOTA_SHAPE, got=got, expected=len(problem.quotas))
    misfit = columns_differ(answer.assignments)
    if misfit is not None:
        yield misfit


def _own_options(problem: PlanProblem, option: NDArray[np.int64]) -> NDArray[np.int64]:
    """The table without entries that name no option of their site."""
    owner = np.append(problem.options.site.astype(np.int64), -1)
    inside = (option >= 0) & (option < problem.n_options)
    known = np.where(inside, option, -1)
    return np.where(owner[known] == np.arange(problem.n_sites), known, -1)


def _request_violations(
    request: PlanRequest, option: NDArray[np.int64], figures: Figures
) -> Iterator[PlanViolation]:
    value, cost = sum(figures.value.values()), sum(figures.cost.values())
    if request.least_value is not None and value < request.least_value:
        least = request.least_value
        yield PlanViolation(_Kind.LEAST_VALUE_MISSED, got=value, expected=least)
    if request.most_cost is not None and cost > request.most_cost:
        yield PlanViolation(_Kind.MOST_COST_PASSED, got=cost, expected=request.most_cost)
    if request.least_share is not None:
        for district, share in zip(figures.districts, figures.shares, strict=True):
            if share < request.least_share:
                kind, least = _Kind.LEAST_SHARE_MISSED, request.least_share
                yield PlanViolation(kind, district, None, share, least)
    last = set(option[-1].tolist())
    for forced in request.forced:
        if forced not in last:
            yield PlanViolation(_Kind.FORCED_MISSING, forced)
    for banned in request.banned:
        for year in np.flatnonzero((option == banned).any(axis=1)).tolist():
            yield PlanViolation(_Kind.BANNED_STANDS, banned, year)
    for group, (options, most) in enumerate(request.differ_from):
        got = len(last.intersection(options))
        if got > most:
            yield PlanViolation(_Kind.TOO_ALIKE, group, got=got, expected=most)
