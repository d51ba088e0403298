"""The rules of a plan problem as elements that can be kept or dropped one by one.

What stays in any case: options, first years, capacities, reach, that a site shows one option a
year, and that what stands stays. A plan in which nothing stands keeps all of that, so without
any element there always is a plan.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from optimizer.siting.plan.problem import PlanObjective, PlanProblem, PlanRequest
from optimizer.siting.plan.tables import UNLIMITED

__all__ = ["Element", "ElementKind", "elements_of", "with_elements"]

_NO_LOW, _NO_HIGH = -(2**62), 2**62


class ElementKind(StrEnum):
    """What an element is; the meaning of its index in brackets."""

    FORCED = "forced"
    """The request forces an option (option)."""
    BANNED = "banned"
    """The request bans an option (option)."""
    LEAST_VALUE = "least_value"
    """The request's least value (none)."""
    MOST_COST = "most_cost"
    """The request's largest cost (none)."""
    LEAST_SHARE = "least_share"
    """The request's least share of every district (none)."""
    DIFFER_FROM = "differ_from"
    """A group of options of which few may stand (place in ``differ_from``)."""
    ALL_SERVED = "all_served"
    """The objective asks that every row is served (none)."""
    MUST_ROW = "must_row"
    """A row has to be covered or assigned (row)."""
    FLOOR = "floor"
    """A coverage floor (floor)."""
    RULE_LOW = "rule_low"
    """The lower end of a counting rule (rule)."""
    RULE_HIGH = "rule_high"
    """The upper end of a counting rule (rule)."""
    CAPITAL = "capital"
    """A year's capital (year); with carrying over, without it no later year is limited."""
    RUNNING = "running"
    """A year's running costs (year)."""
    DUE = "due"
    """Something must stand at a site (site)."""
    TAKEOVER = "takeover"
    """A site closes only when another takes over (site)."""
    PARENT = "parent"
    """Sites of a level hang on one of its parent level (level)."""
    FANOUT = "fanout"
    """Sites of a level carry so many children at most (level)."""
    QUOTA = "quota"
    """An option needs area from pooled quotas (option)."""


@dataclass(frozen=True, order=True)
class Element:
    """One rule.

    Attributes:
        kind: what it is.
        index: which one, as the kind says; -1 where there is only one.
    """

    kind: ElementKind
    index: int = -1


def elements_of(problem: PlanProblem, request: PlanRequest) -> list[Element]:
    """Every element of a problem and a request that can bind."""
    return [*_request_elements(request), *_problem_elements(problem)]


def _request_elements(request: PlanRequest) -> Iterator[Element]:
    if request.objective in (PlanObjective.MIN_TRAVEL, PlanObjective.MIN_WORST):
        yield Element(ElementKind.ALL_SERVED)
    for kind, value in (
        (ElementKind.LEAST_VALUE, request.least_value),
        (ElementKind.MOST_COST, request.most_cost),
        (ElementKind.LEAST_SHARE, request.least_share),
    ):
        if value is not None:
            yield Element(kind)
    for option in sorted(set(request.forced)):
        yield Element(ElementKind.FORCED, option)
    for option in sorted(set(request.banned)):
        yield Element(ElementKind.BANNED, option)
    for group in range(len(request.differ_from)):
        yield Element(ElementKind.DIFFER_FROM, group)


def _problem_elements(problem: PlanProblem) -> Iterator[Element]:
    sites, years, rules = problem.sites, problem.years, problem.rules
    is_merged = (np.diff(sites.takeover_indptr) > 0) & (sites.current >= 0)
    for kind, binds in (
        (ElementKind.FLOOR, problem.floors.low > 0),
        (ElementKind.RULE_LOW, rules.low > _NO_LOW),
        (ElementKind.RULE_HIGH, rules.high < _NO_HIGH),
        (ElementKind.CAPITAL, years.capital != UNLIMITED),
        (ElementKind.RUNNING, years.running != UNLIMITED),
        (ElementKind.DUE, sites.due >= 0),
        (ElementKind.TAKEOVER, is_merged),
        (ElementKind.PARENT, problem.level_parent >= 0),
        (ElementKind.FANOUT, problem.level_fanout != UNLIMITED),
        (ElementKind.QUOTA, problem.options.quota_area > 0),
        (ElementKind.MUST_ROW, problem.demand.must),
    ):
        for index in np.flatnonzero(binds).tolist():
            yield Element(kind, index)


def with_elements(
    problem: PlanProblem, request: PlanRequest, kept: Collection[Element]
) -> tuple[PlanProblem, PlanRequest]:
    """The problem and a request for any plan that keeps these elements and no others.

    The request's objective is MAX_VALUE. Years have no weight unless a least value is kept, so
    that every plan is a best one.
    """
    keeps = _Keeps(kept)
    return _problem_with(problem, request, keeps), _request_with(request, keeps)


class _Keeps:
    def __init__(self, kept: Collection[Element]) -> None:
        self._by_kind: dict[ElementKind, list[int]] = {}
        for element in kept:
            self._by_kind.setdefault(element.kind, []).append(element.index)

    def any(self, kind: ElementKind) -> bool:
        return kind in self._by_kind

    def indices(self, kind: ElementKind) -> list[int]:
        return sorted(self._by_kind.get(kind, []))

    def pick(self, kind: ElementKind, column: np.ndarray, otherwise: int | bool) -> np.ndarray:
        """A column with its values where the element is kept, another value elsewhere."""
        result = np.full(column.shape, otherwise, dtype=column.dtype)
        at = self.indices(kind)
        result[at] = column[at]
        return result


def _problem_with(problem: PlanProblem, request: PlanRequest, keeps: _Keeps) -> PlanProblem:
    kinds, years, sites, options = ElementKind, problem.years, problem.sites, problem.options
    must = keeps.pick(kinds.MUST_ROW, problem.demand.must, False)
    if keeps.any(kinds.ALL_SERVED):
        must = np.ones_like(must)
    weight = years.weight if keeps.any(kinds.LEAST_VALUE) else np.zeros_like(years.weight)
    merged = np.zeros(problem.n_sites, dtype=np.int64)
    at = keeps.indices(kinds.TAKEOVER)
    merged[at] = np.diff(sites.takeover_indptr)[at]
    owner = np.repeat(np.arange(problem.n_sites), np.diff(sites.takeover_indptr))
    return problem.replace(
        years=years.replace(
            weight=weight,
            capital=keeps.pick(kinds.CAPITAL, years.capital, UNLIMITED),
            running=keeps.pick(kinds.RUNNING, years.running, UNLIMITED),
        ),
        sites=sites.replace(
            due=keeps.pick(kinds.DUE, sites.due, -1),
            takeover_indptr=np.r_[0, np.cumsum(merged)],
            takeover_option=sites.takeover_option[merged[owner] > 0],
        ),
        options=options.replace(quota_area=keeps.pick(kinds.QUOTA, options.quota_area, 0)),
        demand=problem.demand.replace(must=must),
        level_parent=keeps.pick(kinds.PARENT, problem.level_parent, -1),
        level_fanout=keeps.pick(kinds.FANOUT, problem.level_fanout, UNLIMITED),
        rules=problem.rules.replace(
            low=keeps.pick(kinds.RULE_LOW, problem.rules.low, _NO_LOW),
            high=keeps.pick(kinds.RULE_HIGH, problem.rules.high, _NO_HIGH),
        ),
        floors=problem.floors.replace(low=keeps.pick(kinds.FLOOR, problem.floors.low, 0)),
    )


def _request_with(request: PlanRequest, keeps: _Keeps) -> PlanRequest:
    kinds = ElementKind
    return dataclasses.replace(
        request,
        objective=PlanObjective.MAX_VALUE,
        cost_weight=0,
        least_value=request.least_value if keeps.any(kinds.LEAST_VALUE) else None,
        most_cost=request.most_cost if keeps.any(kinds.MOST_COST) else None,
        least_share=request.least_share if keeps.any(kinds.LEAST_SHARE) else None,
        forced=tuple(keeps.indices(kinds.FORCED)),
        banned=tuple(keeps.indices(kinds.BANNED)),
        differ_from=tuple(request.differ_from[at] for at in keeps.indices(kinds.DIFFER_FROM)),
    )
