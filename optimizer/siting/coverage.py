"""What a set of open sites does: covered rows, nearest sites, exact objective."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.problem import Question, SiteStatus, SitingProblem

__all__ = ["Value", "coverable", "covered", "exact_dot", "nearest", "uncoverable", "value_of"]

_INT64_SAFE = 2**62


@dataclass(frozen=True)
class Value:
    """An exact objective and its parts, which sum to it."""

    objective: int
    parts: Mapping[str, int]


def covered(problem: SitingProblem, open_sites: ArrayLike) -> NDArray[np.bool_]:
    """bool[n], rows that an open site reaches within the row's own radius."""
    keep = _entries_of(problem, open_sites)
    demand = problem.reach_demand[keep]
    hit = problem.reach_cost[keep] <= problem.demand_radius[demand]
    result = np.zeros(problem.n_demand, dtype=bool)
    result[demand[hit]] = True
    return result


def coverable(problem: SitingProblem) -> NDArray[np.bool_]:
    """bool[n], rows that some permitted site (existing ones included) can cover."""
    return covered(problem, np.flatnonzero(problem.site_status != SiteStatus.FORBIDDEN))


def uncoverable(problem: SitingProblem) -> NDArray[np.int32]:
    """Rows with weight that no permitted site can cover, ascending; LSCP leaves them out."""
    lost = ~coverable(problem) & (problem.demand_weight > 0)
    return np.flatnonzero(lost).astype(np.int32)


def nearest(
    problem: SitingProblem, open_sites: ArrayLike
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The nearest open site of every row and its travel cost.

    Returns:
        site int32[n], -1 where no open site lists the row, ties to the lowest number; cost
        int64[n] in ticks, ``unreached_cost`` where there is no site.
    """
    cost = np.full(problem.n_demand, problem.unreached_cost, dtype=np.int64)
    site = np.full(problem.n_demand, -1, dtype=np.int32)
    keep = np.flatnonzero(_entries_of(problem, open_sites))
    if keep.size:
        demand = problem.reach_demand[keep]
        np.minimum.at(cost, demand, problem.reach_cost[keep])
        # Entries run site by site: written backwards, the lowest best site is written last.
        best = keep[problem.reach_cost[keep] == cost[demand]][::-1]
        site[problem.reach_demand[best]] = csr_rows(problem.reach_indptr)[best]
    return site, cost


def value_of(problem: SitingProblem, question: Question, open_sites: ArrayLike) -> Value:
    """The exact objective of a set of open sites, in Python integers.

    Returns:
        LSCP: ``new_sites``. MCLP: ``covered_weight`` + ``site_bonus``. p-median: ``reached_cost``
        (rows with a listed open site) + ``unreached_cost``. p-center: ``largest_cost``.
    """
    sites = np.asarray(open_sites, dtype=np.int64)
    new = sites[problem.site_status[sites] != SiteStatus.EXISTING]
    if question is Question.LSCP:
        return _value(new_sites=int(new.size))
    if question is Question.MCLP:
        weight = problem.demand_weight[covered(problem, sites)]
        bonus = problem.site_bonus[new]
        return _value(covered_weight=exact_sum(weight), site_bonus=exact_sum(bonus))
    site, cost = nearest(problem, sites)
    if question is Question.P_CENTER:
        return _value(largest_cost=int(cost[problem.demand_weight > 0].max(initial=0)))
    hit = site >= 0
    lost_weight = exact_sum(problem.demand_weight[~hit])
    return _value(
        reached_cost=exact_dot(problem.demand_weight[hit], cost[hit]),
        unreached_cost=lost_weight * problem.unreached_cost,
    )


def exact_sum(values: NDArray[np.int64]) -> int:
    """Sum of int64 values >= 0 without overflow."""
    if int(values.max(initial=0)) * values.size < _INT64_SAFE:
        return int(values.sum())
    return sum(values.tolist())


def exact_dot(left: NDArray[np.int64], right: NDArray[np.int64]) -> int:
    """Sum of products of int64 values >= 0 without overflow."""
    if int(left.max(initial=0)) * int(right.max(initial=0)) * left.size < _INT64_SAFE:
        return int(left @ right)
    return sum(a * b for a, b in zip(left.tolist(), right.tolist(), strict=True))


def _value(**parts: int) -> Value:
    return Value(sum(parts.values()), parts)


def _entries_of(problem: SitingProblem, open_sites: ArrayLike) -> NDArray[np.bool_]:
    is_open = np.zeros(problem.n_sites, dtype=bool)
    is_open[np.asarray(open_sites, dtype=np.int64)] = True
    return np.repeat(is_open, np.diff(problem.reach_indptr))
