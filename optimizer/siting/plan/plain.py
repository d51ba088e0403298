"""Recognises plans that are plain location problems: nothing ties their options but counts.

Such a plan opens a set of sites once and for all, with at most so many new ones. Engines made for
these problems (``optimizer.siting.solve``, ``optimizer.siting.allocation``) solve them at sizes
that the whole model does not reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.model.program import INFINITE
from optimizer.siting.plan.model.standing import current_options
from optimizer.siting.plan.problem import PlanProblem, PlanRequest
from optimizer.siting.plan.tables import UNLIMITED

__all__ = ["PlainSites", "plain_sites"]


@dataclass(frozen=True)
class PlainSites:
    """The sites of a plain plan, one option each.

    Attributes:
        option: int64[m], the option that a site may show, -1 where none may stand.
        existing: bool[m], it stands today.
        required: bool[m], it must stand.
        counted: bool[m], it takes one of ``most``; never an existing one.
        most: largest number of counted sites, None for no limit.
    """

    option: NDArray[np.int64]
    existing: NDArray[np.bool_]
    required: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    most: int | None

    def shown(self, sites: NDArray[np.integer[Any]], years: int) -> NDArray[np.int64]:
        """int64[T, m]: what stands when these sites are open throughout."""
        option = np.full(self.option.size, -1, dtype=np.int64)
        option[sites] = self.option[sites]
        return np.tile(option, (years, 1))


def plain_sites(problem: PlanProblem, request: PlanRequest) -> PlainSites | None:
    """The sites of a plain plan; None where any other rule ties them."""
    if (
        request.least_value is not None
        or request.most_cost is not None
        or request.least_share is not None
        or request.differ_from
        or len(problem.floors)
        or problem.rules.growth.any()
        or np.any(problem.rules.kind >= 0)
        or problem.chosen.any()
    ):
        return None
    options = problem.options
    if problem.n_options == 0:
        return None
    usable = options.first_year < problem.n_years
    usable[list(request.banned)] = False
    chosen = np.flatnonzero(usable)
    site = options.site[chosen]
    tied = (problem.level_parent[options.level[chosen]] >= 0) | (options.quota_area[chosen] > 0)
    if np.any(tied) or np.any(options.first_year[chosen] > 0) or np.any(np.diff(site) == 0):
        return None
    option = np.full(problem.n_sites, -1, dtype=np.int64)
    option[site] = chosen
    # A current option that is banned would have to close: the whole model knows what that costs.
    if np.any((problem.sites.current >= 0) & (option != problem.sites.current)):
        return None
    required = problem.sites.due >= 0
    required[options.site[list(request.forced)]] = True
    if np.any(required & (option < 0)) or not usable[list(request.forced)].all():
        return None
    counts = _counts(problem, usable)
    if counts is None:
        return None
    counted, most = counts
    return PlainSites(
        option=option,
        existing=problem.sites.current >= 0,
        required=required,
        counted=counted[option] & (option >= 0),
        most=most,
    )


def _counts(
    problem: PlanProblem, usable: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], int | None] | None:
    """The options that count, and how many of them may stand; None for any other rule."""
    counted, most = np.zeros(problem.n_options, dtype=bool), None
    current = current_options(problem)
    for coefficient, low, high, is_last in _limits(problem):
        own = np.where(usable, coefficient, 0)
        if np.any(own < 0) or low > 0:
            return None
        if high >= int(own.sum()):
            continue
        rate = int(own.max())
        which = own > 0
        if not is_last or np.any(which & current) or np.any(own[which] != rate) or high < 0:
            return None
        if most is not None and not np.array_equal(which, counted):
            return None
        counted = which
        most = high // rate if most is None else min(most, high // rate)
    return counted, most


def _limits(problem: PlanProblem) -> Iterator[tuple[NDArray[np.int64], int, int, bool]]:
    """Coefficients of options, limits, and whether they hold in the last year, rule by rule."""
    rules, years, options = problem.rules, problem.years, problem.options
    for rule in range(len(rules)):
        entries = slice(rules.indptr[rule], rules.indptr[rule + 1])
        coefficient = np.zeros(problem.n_options, dtype=np.int64)
        coefficient[rules.option[entries]] = rules.coefficient[entries]
        is_last = bool(rules.last_year[rule] == problem.n_years - 1)
        yield coefficient, int(rules.low[rule]), int(rules.high[rule]), is_last
    opening = np.where(current_options(problem), 0, options.opening_cost)
    for year in range(problem.n_years):
        # Everything opens in the first year; what later years could pay for is not counted on.
        if years.capital[year] != UNLIMITED:
            high, is_only = int(years.capital[year]), problem.n_years == 1
            yield opening, -INFINITE, high, is_only
        if years.running[year] != UNLIMITED:
            is_last = year == problem.n_years - 1
            yield options.yearly_cost, -INFINITE, int(years.running[year]), is_last
