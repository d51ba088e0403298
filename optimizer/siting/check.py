"""The independent checker: recomputes a siting answer from the raw reach lists.

It shares no code with the solvers: only the problem, the answer and NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from optimizer.result import Status, StopReason
from optimizer.siting.problem import (
    Question,
    SiteStatus,
    SitingAnswer,
    SitingProblem,
    SitingRequest,
)

__all__ = ["Violation", "ViolationKind", "check"]


class ViolationKind(StrEnum):
    """What can be wrong with an answer."""

    SITE_OUT_OF_RANGE = "site_out_of_range"
    SITES_NOT_ASCENDING = "sites_not_ascending"
    DUPLICATE_SITE = "duplicate_site"
    CLOSED_EXISTING = "closed_existing"
    MISSING_REQUIRED = "missing_required"
    OPEN_FORBIDDEN = "open_forbidden"
    TOO_MANY_NEW_SITES = "too_many_new_sites"
    UNCOVERED_ROW = "uncovered_row"
    MISSING_OBJECTIVE = "missing_objective"
    WRONG_OBJECTIVE = "wrong_objective"
    WRONG_PARTS = "wrong_parts"
    BOUND_CROSSED = "bound_crossed"
    OPTIMAL_NOT_PROVED = "optimal_not_proved"
    FEASIBLE_BUT_PROVED = "feasible_but_proved"
    FALSE_INFEASIBLE = "false_infeasible"
    FALSE_FEASIBLE = "false_feasible"
    ANSWER_WITHOUT_STATUS = "answer_without_status"
    UNFINISHED_OPTIMAL = "unfinished_optimal"


_TEXT: dict[ViolationKind, tuple[str, str]] = {
    ViolationKind.SITE_OUT_OF_RANGE: ("there is no site {index}", "不存在站点 {index}"),
    ViolationKind.SITES_NOT_ASCENDING: (
        "the open sites do not ascend at place {index}",
        "开放站点列表在第 {index} 位未升序排列",
    ),
    ViolationKind.DUPLICATE_SITE: ("site {index} is listed twice", "站点 {index} 重复出现"),
    ViolationKind.CLOSED_EXISTING: (
        "existing site {index} is closed",
        "现有站点 {index} 被关闭",
    ),
    ViolationKind.MISSING_REQUIRED: (
        "required site {index} is not open",
        "必设站点 {index} 未开放",
    ),
    ViolationKind.OPEN_FORBIDDEN: (
        "forbidden site {index} is open",
        "禁设站点 {index} 被开放",
    ),
    ViolationKind.TOO_MANY_NEW_SITES: (
        "{got} new sites are open, {expected} are allowed",
        "新设站点 {got} 个，最多允许 {expected} 个",
    ),
    ViolationKind.UNCOVERED_ROW: (
        "demand row {index} is not covered although a permitted site can cover it",
        "需求行 {index} 未被覆盖，而有允许的站点可以覆盖它",
    ),
    ViolationKind.MISSING_OBJECTIVE: (
        "the answer has no objective; recomputed {expected}",
        "答案缺少目标值；重新计算为 {expected}",
    ),
    ViolationKind.WRONG_OBJECTIVE: (
        "the objective is given as {got}, recomputed {expected}",
        "目标值报告为 {got}，重新计算为 {expected}",
    ),
    ViolationKind.WRONG_PARTS: (
        "the objective's parts sum to {got}, not to {expected}",
        "目标值各部分之和为 {got}，应为 {expected}",
    ),
    ViolationKind.BOUND_CROSSED: (
        "the bound {got} lies on the wrong side of the objective {expected}",
        "界 {got} 位于目标值 {expected} 的错误一侧",
    ),
    ViolationKind.OPTIMAL_NOT_PROVED: (
        "called optimal with bound {got} and objective {expected}",
        "标为最优，但界为 {got}，目标值为 {expected}",
    ),
    ViolationKind.FEASIBLE_BUT_PROVED: (
        "called feasible although the bound equals the objective {expected}",
        "标为可行，但界等于目标值 {expected}，应为最优",
    ),
    ViolationKind.FALSE_INFEASIBLE: (
        "called infeasible although {got} required sites fit into {expected} new ones",
        "标为无解，但 {got} 个必设站点未超过 {expected} 个新设上限",
    ),
    ViolationKind.FALSE_FEASIBLE: (
        "an answer is given although {got} required sites exceed {expected} new ones",
        "给出了答案，但 {got} 个必设站点超过 {expected} 个新设上限",
    ),
    ViolationKind.ANSWER_WITHOUT_STATUS: (
        "sites, an objective or a bound are given although the status says there is no answer",
        "状态表示没有答案，却给出了站点、目标值或界",
    ),
    ViolationKind.UNFINISHED_OPTIMAL: (
        "called optimal although the solver did not finish",
        "标为最优，但求解并未完成",
    ),
}


@dataclass(frozen=True)
class Violation:
    """One broken rule.

    Attributes:
        kind: which rule.
        index: the site or demand row it concerns, None where it concerns the whole answer.
        got: the value found, where the rule is about one.
        expected: the value that it should be or must not pass.
    """

    kind: ViolationKind
    index: int | None = None
    got: int | None = None
    expected: int | None = None

    @property
    def detail(self) -> str:
        """The violation in English words."""
        return self.text("en")

    def text(self, lang: Literal["zh", "en"] = "en") -> str:
        """The violation in words."""
        template = _TEXT[self.kind][1 if lang == "zh" else 0]
        return template.format(index=self.index, got=self.got, expected=self.expected)


def check(
    problem: SitingProblem, request: SitingRequest, answer: SitingAnswer
) -> tuple[Violation, ...]:
    """Every rule that an answer breaks; an empty tuple for a sound answer.

    Recomputes coverage, costs and objective from the reach lists. A bound is checked for its
    side only: that no better answer exists is beyond a checker.
    """
    status = answer.result.status
    if status in (Status.INFEASIBLE, Status.NO_SOLUTION):
        return tuple(_without_answer(problem, request, answer))
    broken = [*_list_faults(problem, answer), *_status_faults(problem, request, answer)]
    sites = np.unique(answer.open_sites.astype(np.int64))
    sites = sites[(sites >= 0) & (sites < problem.n_sites)]
    broken.extend(_site_faults(problem, request, sites))
    if request.question is Question.LSCP:
        broken.extend(_uncovered(problem, sites))
    broken.extend(_value_faults(problem, request, answer, sites))
    return tuple(broken)


def _without_answer(
    problem: SitingProblem, request: SitingRequest, answer: SitingAnswer
) -> Iterator[Violation]:
    result = answer.result
    has_bound = result.status is Status.INFEASIBLE and result.bound is not None
    if answer.open_sites.size or result.objective is not None or result.parts or has_bound:
        yield Violation(ViolationKind.ANSWER_WITHOUT_STATUS)
    if result.status is Status.INFEASIBLE:
        required = _count(problem, SiteStatus.REQUIRED)
        limit = request.new_sites
        if limit is None or required <= limit:
            yield Violation(ViolationKind.FALSE_INFEASIBLE, got=required, expected=limit)


def _list_faults(problem: SitingProblem, answer: SitingAnswer) -> Iterator[Violation]:
    sites = answer.open_sites.astype(np.int64)
    for site in sites[(sites < 0) | (sites >= problem.n_sites)].tolist():
        yield Violation(ViolationKind.SITE_OUT_OF_RANGE, site)
    values, counts = np.unique(sites, return_counts=True)
    for site in values[counts > 1].tolist():
        yield Violation(ViolationKind.DUPLICATE_SITE, site)
    falls = np.flatnonzero(np.diff(sites) < 0)
    if falls.size:
        yield Violation(ViolationKind.SITES_NOT_ASCENDING, int(falls[0]) + 1)


def _site_faults(
    problem: SitingProblem, request: SitingRequest, sites: NDArray[np.int64]
) -> Iterator[Violation]:
    is_open = np.zeros(problem.n_sites, dtype=bool)
    is_open[sites] = True
    rules = (
        (ViolationKind.CLOSED_EXISTING, SiteStatus.EXISTING, False),
        (ViolationKind.MISSING_REQUIRED, SiteStatus.REQUIRED, False),
        (ViolationKind.OPEN_FORBIDDEN, SiteStatus.FORBIDDEN, True),
    )
    for kind, status, state in rules:
        for site in np.flatnonzero((problem.site_status == status) & (is_open == state)).tolist():
            yield Violation(kind, site)
    new = int((problem.site_status[sites] != SiteStatus.EXISTING).sum())
    if request.new_sites is not None and new > request.new_sites:
        yield Violation(ViolationKind.TOO_MANY_NEW_SITES, got=new, expected=request.new_sites)


def _uncovered(problem: SitingProblem, sites: NDArray[np.int64]) -> Iterator[Violation]:
    permitted = np.flatnonzero(problem.site_status != SiteStatus.FORBIDDEN)
    lost = _is_covered(problem, permitted) & ~_is_covered(problem, sites)
    for row in np.flatnonzero(lost & (problem.demand_weight > 0)).tolist():
        yield Violation(ViolationKind.UNCOVERED_ROW, row)


def _value_faults(
    problem: SitingProblem,
    request: SitingRequest,
    answer: SitingAnswer,
    sites: NDArray[np.int64],
) -> Iterator[Violation]:
    result = answer.result
    true_value = _objective(problem, request.question, sites)
    if result.objective is None:
        yield Violation(ViolationKind.MISSING_OBJECTIVE, expected=true_value)
        return
    if result.objective != true_value:
        yield Violation(ViolationKind.WRONG_OBJECTIVE, got=result.objective, expected=true_value)
    if result.parts and sum(result.parts.values()) != result.objective:
        got = sum(result.parts.values())
        yield Violation(ViolationKind.WRONG_PARTS, got=got, expected=result.objective)
    if result.bound is None:
        return
    sign = 1 if request.question is Question.MCLP else -1
    if sign * (result.bound - true_value) < 0:
        yield Violation(ViolationKind.BOUND_CROSSED, got=result.bound, expected=true_value)


def _status_faults(
    problem: SitingProblem, request: SitingRequest, answer: SitingAnswer
) -> Iterator[Violation]:
    result = answer.result
    required = _count(problem, SiteStatus.REQUIRED)
    if request.new_sites is not None and required > request.new_sites:
        yield Violation(ViolationKind.FALSE_FEASIBLE, got=required, expected=request.new_sites)
    proved = result.bound is not None and result.bound == result.objective
    if result.status is Status.OPTIMAL:
        if not proved:
            yield Violation(
                ViolationKind.OPTIMAL_NOT_PROVED, got=result.bound, expected=result.objective
            )
        if result.stop_reason is not StopReason.FINISHED:
            yield Violation(ViolationKind.UNFINISHED_OPTIMAL)
    elif proved:
        yield Violation(ViolationKind.FEASIBLE_BUT_PROVED, expected=result.objective)


def _objective(problem: SitingProblem, question: Question, sites: NDArray[np.int64]) -> int:
    new = [site for site in sites.tolist() if problem.site_status[site] != SiteStatus.EXISTING]
    if question is Question.LSCP:
        return len(new)
    if question is Question.MCLP:
        weights = problem.demand_weight[_is_covered(problem, sites)].tolist()
        return int(sum(weights)) + sum(int(problem.site_bonus[site]) for site in new)
    cost = np.full(problem.n_demand, problem.unreached_cost, dtype=np.int64)
    for site in sites.tolist():
        rows, listed = _reach_of(problem, site)
        cost[rows] = np.minimum(cost[rows], listed)
    if question is Question.P_CENTER:
        return int(cost[problem.demand_weight > 0].max(initial=0))
    pairs = zip(problem.demand_weight.tolist(), cost.tolist(), strict=True)
    return int(sum(weight * row_cost for weight, row_cost in pairs))


def _is_covered(problem: SitingProblem, sites: NDArray[np.int64]) -> NDArray[np.bool_]:
    result = np.zeros(problem.n_demand, dtype=bool)
    for site in sites.tolist():
        rows, listed = _reach_of(problem, site)
        result[rows[listed <= problem.demand_radius[rows]]] = True
    return result


def _reach_of(problem: SitingProblem, site: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    part = slice(int(problem.reach_indptr[site]), int(problem.reach_indptr[site + 1]))
    return problem.reach_demand[part], problem.reach_cost[part]


def _count(problem: SitingProblem, status: SiteStatus) -> int:
    return int((problem.site_status == status).sum())
