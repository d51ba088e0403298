"""An answer's new sites in order of what each adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.coverage import covered, nearest, value_of
from optimizer.siting.problem import (
    Question,
    SiteStatus,
    SitingAnswer,
    SitingProblem,
    SitingRequest,
)

__all__ = ["Gain", "order_by_gain"]


@dataclass(frozen=True)
class Gain:
    """What a new site adds to the sites before it.

    Attributes:
        site: the site's number.
        gain: improvement of the measure, >= 0.
        total: the measure once the site is open.
    """

    site: int
    gain: int
    total: int


def order_by_gain(
    problem: SitingProblem, request: SitingRequest, answer: SitingAnswer
) -> tuple[Gain, ...]:
    """The answer's new sites in greedy order: each next one adds most to those before it.

    The measure is covered weight (LSCP), covered weight plus bonuses (MCLP), weighted travel
    cost (p-median) or the largest travel cost (p-center, where equal improvements are ordered by
    weighted travel cost). Remaining ties go to the lowest site number.

    Returns:
        One entry per new site, required ones included; empty without an answer.
    """
    sites = answer.open_sites.astype(np.int64)
    is_new = problem.site_status[sites] != SiteStatus.EXISTING
    chosen, left = sites[~is_new].tolist(), sites[is_new].tolist()
    total = _measure(problem, request.question, chosen)
    ordered = []
    while left:
        merits = _merits(problem, request.question, chosen, left)
        site = left.pop(int(np.lexsort(merits[::-1])[-1]) if len(left) > 1 else 0)
        chosen.append(site)
        after = _measure(problem, request.question, chosen)
        ordered.append(Gain(site, abs(after - total), after))
        total = after
    return tuple(ordered)


def _measure(problem: SitingProblem, question: Question, sites: list[int]) -> int:
    value = value_of(problem, Question.MCLP if question is Question.LSCP else question, sites)
    return value.parts["covered_weight"] if question is Question.LSCP else value.objective


def _merits(
    problem: SitingProblem, question: Question, chosen: list[int], left: list[int]
) -> tuple[NDArray[np.float64], ...]:
    """Keys of the sites left, the more important first; the best site has the largest keys.

    They are doubles and only decide the order; gains are recomputed in integers.
    """
    by_number = -np.asarray(left, dtype=np.float64)
    if question in (Question.LSCP, Question.MCLP):
        bonus = problem.site_bonus[left] if question is Question.MCLP else 0
        return _new_cover(problem, chosen, left) + bonus, by_number
    _, cost = nearest(problem, chosen)
    drop = np.empty(len(left))
    largest = np.empty(len(left))
    is_live = problem.demand_weight > 0
    for at, site in enumerate(left):
        rows, listed = _reach_of(problem, site)
        lower = np.minimum(cost[rows], listed)
        drop[at] = (problem.demand_weight[rows] * (cost[rows] - lower).astype(np.float64)).sum()
        if question is Question.P_CENTER:
            after = cost.copy()
            after[rows] = lower
            largest[at] = after[is_live].max(initial=0)
    return (-largest, drop, by_number) if question is Question.P_CENTER else (drop, by_number)


def _new_cover(problem: SitingProblem, chosen: list[int], left: list[int]) -> NDArray[np.float64]:
    is_covered = covered(problem, chosen)
    added = np.zeros(len(left))
    for at, site in enumerate(left):
        rows, listed = _reach_of(problem, site)
        hit = (listed <= problem.demand_radius[rows]) & ~is_covered[rows]
        added[at] = problem.demand_weight[rows[hit]].sum()
    return added


def _reach_of(problem: SitingProblem, site: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    part = slice(int(problem.reach_indptr[site]), int(problem.reach_indptr[site + 1]))
    return problem.reach_demand[part], problem.reach_cost[part]
