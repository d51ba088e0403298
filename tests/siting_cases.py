"""Siting problems for tests: random ones of every shape, and the same by enumeration."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from optimizer.siting.problem import Question, SiteStatus, SitingProblem, SitingRequest

__all__ = [
    "best_by_enumeration",
    "from_matrix",
    "permuted",
    "plane_problem",
    "problems",
    "requests_for",
    "value_by_hand",
]


def from_matrix(cost, *, status=None, bonus=None, weight=None, radius=10, unreached=100):
    """A problem from a dense cost matrix (m x n) in which -1 means not reached."""
    cost = np.asarray(cost, dtype=np.int64)
    m, n = cost.shape
    listed = cost >= 0
    return SitingProblem(
        site_status=np.full(m, SiteStatus.CANDIDATE) if status is None else status,
        site_cost=np.zeros(m, dtype=int),
        site_bonus=np.zeros(m, dtype=int) if bonus is None else bonus,
        demand_weight=np.ones(n, dtype=int) if weight is None else weight,
        demand_group=np.zeros(n, dtype=int),
        demand_district=np.zeros(n, dtype=int),
        demand_radius=np.broadcast_to(np.asarray(radius), n),
        reach_indptr=np.r_[0, np.cumsum(listed.sum(axis=1))],
        reach_demand=np.nonzero(listed)[1],
        reach_cost=cost[listed],
        unreached_cost=unreached,
    )


def plane_problem(n_sites, n_demand, *, radius, seed=0, existing=0, limit=None):
    """Sites and demand scattered over a unit square of 1,000 ticks; lists up to ``limit``."""
    rng = np.random.default_rng(seed)
    sites, demand = rng.random((n_sites, 2)), rng.random((n_demand, 2))
    away = np.hypot(*(sites[:, None, :] - demand[None, :, :]).transpose(2, 0, 1))
    cost = np.rint(1000 * away).astype(np.int64)
    cost[cost > (radius if limit is None else limit)] = -1
    status = np.full(n_sites, SiteStatus.CANDIDATE)
    status[:existing] = SiteStatus.EXISTING
    weight = rng.integers(1, 200, n_demand)
    return from_matrix(cost, status=status, weight=weight, radius=radius, unreached=3000)


@st.composite
def problems(draw, max_sites=8, max_demand=12):
    """Small problems with every status, zero weights, ties, equal and unreachable rows."""
    m = draw(st.integers(0, max_sites))
    n = draw(st.integers(0, max_demand))
    entry = st.integers(-3, 12)
    columns = draw(st.lists(st.lists(entry, min_size=m, max_size=m), min_size=n, max_size=n))
    if n >= 2 and draw(st.booleans()):
        columns[1] = list(columns[0])
    cost = np.asarray(columns, dtype=int).reshape(n, m).T
    kinds = st.sampled_from([0, 1, 2, 2, 2, 2, 3])
    small = st.integers(0, 9)
    scale = draw(st.sampled_from([1, 1, 1000, 10**6]))

    def column(values, size):
        drawn = draw(st.lists(values, min_size=size, max_size=size))
        return np.asarray(drawn, dtype=np.int64)

    return from_matrix(
        np.maximum(cost, -1).reshape(m, n),
        status=column(kinds, m),
        bonus=column(st.sampled_from([0, 0, 1, 5]), m) * scale,
        weight=column(small, n) * scale,
        radius=column(small, n),
        unreached=draw(st.sampled_from([12, 50, 2**40])),
    )


def requests_for(question, new_sites):
    """The request of a question; LSCP takes no number of sites."""
    return SitingRequest(question, None if question is Question.LSCP else new_sites)


def value_by_hand(problem, question, open_sites):
    """The objective from plain loops over a dictionary, None where LSCP leaves a row out."""
    reach = _dictionary(problem)
    weight = problem.demand_weight.tolist()
    radius = problem.demand_radius.tolist()
    existing = problem.site_status == SiteStatus.EXISTING
    new = [site for site in open_sites if not existing[site]]
    best = [
        min((reach[s, d] for s in open_sites if (s, d) in reach), default=problem.unreached_cost)
        for d in range(problem.n_demand)
    ]
    is_in = [
        any(reach.get((s, d), radius[d] + 1) <= radius[d] for s in open_sites)
        for d in range(problem.n_demand)
    ]
    if question is Question.MCLP:
        bonus = sum(int(problem.site_bonus[site]) for site in new)
        return bonus + sum(w for w, hit in zip(weight, is_in, strict=True) if hit)
    if question is Question.P_MEDIAN:
        return sum(w * c for w, c in zip(weight, best, strict=True))
    if question is Question.P_CENTER:
        return max((c for w, c in zip(weight, best, strict=True) if w > 0), default=0)
    permitted = np.flatnonzero(problem.site_status != SiteStatus.FORBIDDEN).tolist()
    for d in range(problem.n_demand):
        could = any(reach.get((s, d), radius[d] + 1) <= radius[d] for s in permitted)
        if weight[d] > 0 and could and not is_in[d]:
            return None
    return len(new)


def best_by_enumeration(problem, question, new_sites):
    """The best objective over all sets of sites, None where there is none."""
    status = problem.site_status
    fixed = np.flatnonzero(status <= SiteStatus.REQUIRED).tolist()
    free = np.flatnonzero(status == SiteStatus.CANDIDATE).tolist()
    room = len(free)
    if question is not Question.LSCP:
        room = min(room, new_sites - int((status == SiteStatus.REQUIRED).sum()))
    values = [
        value_by_hand(problem, question, sorted([*fixed, *chosen]))
        for size in range(room + 1)
        for chosen in combinations(free, size)
    ]
    values = [value for value in values if value is not None]
    if not values:
        return None
    return max(values) if question is Question.MCLP else min(values)


def permuted(problem, seed):
    """The same problem with sites and demand rows in another order."""
    rng = np.random.default_rng(seed)
    m, n = problem.n_sites, problem.n_demand
    sites, rows = rng.permutation(m), rng.permutation(n)
    dense = np.full((m, n), -1, dtype=np.int64)
    for (site, row), cost in _dictionary(problem).items():
        dense[site, row] = cost
    return from_matrix(
        dense[sites][:, rows],
        status=problem.site_status[sites],
        bonus=problem.site_bonus[sites],
        weight=problem.demand_weight[rows],
        radius=problem.demand_radius[rows],
        unreached=problem.unreached_cost,
    )


def _dictionary(problem):
    site = np.repeat(np.arange(problem.n_sites), np.diff(problem.reach_indptr))
    pairs = zip(site.tolist(), problem.reach_demand.tolist(), strict=True)
    return dict(zip(pairs, problem.reach_cost.tolist(), strict=True))
