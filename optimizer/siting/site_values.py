"""What every single site is worth to an answer: leave one out, add one, the others as they are.

All sites at once, straight from the reach lists: a row loses to a closed site only where that
site is its nearest, and then falls back on its second nearest; a row wins from an opened site
where that is nearer than its nearest. No site is solved for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.coverage import exact_dot, exact_sum
from optimizer.siting.problem import Question, SiteStatus, SitingAnswer, SitingProblem

__all__ = ["SiteValues", "site_values"]

_INT64_SAFE = 2**62


@dataclass(frozen=True, eq=False)
class SiteValues:
    """Change of the measure by site.

    The measure is covered weight (LSCP), covered weight plus bonuses (MCLP), weighted travel
    cost (p-median) or the largest travel cost (p-center).

    Attributes:
        is_open: bool[m], open in the answer.
        value: int64[m] (Python integers where those could overflow), how much worse the measure
            is without an open site, or how much better with a closed one, the others as they are;
            >= 0. Forbidden sites have a value, too: what the ban costs.
    """

    is_open: NDArray[np.bool_]
    value: NDArray[np.int64]


def site_values(problem: SitingProblem, question: Question, answer: SitingAnswer) -> SiteValues:
    """Leave-one-out values of the open sites and add-one values of the closed ones.

    Args:
        problem: sites, demand, reach.
        question: whose measure counts.
        answer: open sites.
    """
    is_open = np.zeros(problem.n_sites, dtype=bool)
    is_open[answer.open_sites] = True
    if question in (Question.LSCP, Question.MCLP):
        value = _cover_values(problem, is_open)
        if question is Question.MCLP:
            new = problem.site_status != SiteStatus.EXISTING
            value = value + np.where(new, problem.site_bonus, 0)
        return SiteValues(is_open, value)
    look = _Nearest.of(problem, is_open)
    values = _median_values if question is Question.P_MEDIAN else _center_values
    return SiteValues(is_open, values(problem, is_open, look))


def _cover_values(problem: SitingProblem, is_open: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Weight that only an open site covers, or that a closed one would cover first."""
    row, site = problem.reach_demand, csr_rows(problem.reach_indptr)
    within = problem.reach_cost <= problem.demand_radius[row]
    row, site = row[within], site[within]
    count = np.bincount(row[is_open[site]], minlength=problem.n_demand)
    counts = count[row] == is_open[site]
    return _sum_by_site(problem, site[counts], row[counts], None)


@dataclass(frozen=True, eq=False)
class _Nearest:
    """The nearest open site of every row with its cost, and the cost of the second nearest."""

    site: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    @classmethod
    def of(cls, problem: SitingProblem, is_open: NDArray[np.bool_]) -> _Nearest:
        entry_site = csr_rows(problem.reach_indptr)
        keep = np.flatnonzero(is_open[entry_site])
        row, cost = problem.reach_demand[keep], problem.reach_cost[keep]
        order = np.lexsort((cost, row))
        row, cost, site = row[order], cost[order], entry_site[keep][order]
        heads = np.flatnonzero(np.r_[True, row[1:] != row[:-1]]) if row.size else row
        nearest = np.full(problem.n_demand, -1, dtype=np.int64)
        first = np.full(problem.n_demand, problem.unreached_cost, dtype=np.int64)
        second = first.copy()
        nearest[row[heads]], first[row[heads]] = site[heads], cost[heads]
        follows = heads[np.r_[row, -1][heads + 1] == row[heads]] + 1
        second[row[follows]] = cost[follows]
        return cls(nearest, first, second)


def _median_values(
    problem: SitingProblem, is_open: NDArray[np.bool_], look: _Nearest
) -> NDArray[np.int64]:
    rows = np.flatnonzero(look.site >= 0)
    without = _sum_by_site(problem, look.site[rows], rows, (look.second - look.first)[rows])
    row, site = problem.reach_demand, csr_rows(problem.reach_indptr)
    saved = look.first[row] - problem.reach_cost
    better = saved > 0
    added = _sum_by_site(problem, site[better], row[better], saved[better])
    return np.where(is_open, without, added)


def _sum_by_site(
    problem: SitingProblem,
    site: NDArray[np.int64],
    row: NDArray[np.integer[Any]],
    factor: NDArray[np.int64] | None,
) -> NDArray[np.int64]:
    """Sum of weight (times a factor) by site, in Python integers where int64 could overflow."""
    weight = problem.demand_weight[row]
    most = exact_sum(weight) if factor is None else _most(weight, factor)
    dtype = np.int64 if most < _INT64_SAFE else object
    term = weight.astype(dtype)
    if factor is not None:
        term = term * factor.astype(dtype)
    total = np.zeros(problem.n_sites, dtype=dtype)
    np.add.at(total, site, term)
    return total


def _most(weight: NDArray[np.int64], factor: NDArray[np.int64]) -> int:
    return exact_dot(weight, np.full(weight.size, factor.max(initial=0), dtype=np.int64))


def _center_values(
    problem: SitingProblem, is_open: NDArray[np.bool_], look: _Nearest
) -> NDArray[np.int64]:
    """Rise of the largest cost without an open site, its fall with a closed one."""
    live = problem.demand_weight > 0
    largest = int(look.first[live].max(initial=0))
    worst_second = np.zeros(problem.n_sites, dtype=np.int64)
    mine = live & (look.site >= 0)
    np.maximum.at(worst_second, look.site[mine], look.second[mine])
    # The second nearest is never nearer than the nearest: with a site closed, its own rows stand
    # at their second cost, and no other row has moved.
    without = np.maximum(worst_second - largest, 0)
    return np.where(is_open, without, largest - _largest_with(problem, live, look.first))


def _largest_with(
    problem: SitingProblem, live: NDArray[np.bool_], first: NDArray[np.int64]
) -> NDArray[np.int64]:
    """int64[m], the largest cost of a row with weight once a site opens beside the others."""
    order = np.flatnonzero(live)[np.argsort(-first[live], kind="stable")]
    rank = np.full(problem.n_demand, -1, dtype=np.int64)
    rank[order] = np.arange(order.size)
    site, row = csr_rows(problem.reach_indptr), problem.reach_demand
    nearer = live[row] & (problem.reach_cost < first[row])
    site, row, cost = site[nearer], row[nearer], problem.reach_cost[nearer]
    result = np.zeros(problem.n_sites, dtype=np.int64)
    np.maximum.at(result, site, cost)
    by_rank = np.lexsort((rank[row], site))
    site, ranks = site[by_rank], rank[row][by_rank]
    starts = np.searchsorted(site, np.arange(problem.n_sites + 1))
    place = np.arange(site.size) - starts[site]
    # The first rank that a site does not make nearer: how many ranks run 0, 1, 2 ... in its list.
    unbroken = np.zeros(problem.n_sites, dtype=np.int64)
    np.add.at(unbroken, site, ranks == place)
    costs = np.r_[first[order], 0]
    return np.asarray(np.maximum(result, costs[unbroken]))
