"""Leaves out new sites that an answer does not need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.coverage import nearest
from optimizer.siting.greedy_kernels import drop_idle
from optimizer.siting.problem import Question, SiteStatus, SitingProblem

__all__ = ["drop_idle_sites"]


def drop_idle_sites(
    problem: SitingProblem, question: Question, open_sites: NDArray[np.int32]
) -> NDArray[np.int32]:
    """The open sites without those candidates whose closing leaves the objective as it is.

    A site is needed for a row that no other open site serves as well: within the row's radius
    (LSCP, MCLP), at its least cost (p-median), within the answer's radius (p-center).
    """
    is_open = np.zeros(problem.n_sites, dtype=bool)
    is_open[open_sites] = True
    entry_site = csr_rows(problem.reach_indptr)
    serves = is_open[entry_site] & (problem.demand_weight[problem.reach_demand] > 0)
    serves &= problem.reach_cost <= _limit(problem, question, open_sites)[problem.reach_demand]
    site, row = entry_site[serves], problem.reach_demand[serves]
    indptr = np.zeros(problem.n_sites + 1, dtype=np.int64)
    np.cumsum(np.bincount(site, minlength=problem.n_sites), out=indptr[1:])
    covering = np.bincount(row, minlength=problem.n_demand).astype(np.int64)
    may_go = problem.site_status[open_sites] == SiteStatus.CANDIDATE
    if question is Question.MCLP:
        may_go &= problem.site_bonus[open_sites] == 0
    asked = open_sites[may_go].astype(np.int32)
    stays = drop_idle(indptr, row, asked, covering)
    return np.setdiff1d(open_sites, asked[~stays])


def _limit(
    problem: SitingProblem, question: Question, open_sites: NDArray[np.int32]
) -> NDArray[np.int64]:
    if question in (Question.LSCP, Question.MCLP):
        return problem.demand_radius
    _, cost = nearest(problem, open_sites)
    if question is Question.P_MEDIAN:
        return cost
    listed = cost[(problem.demand_weight > 0) & (cost < problem.unreached_cost)]
    return np.full(problem.n_demand, listed.max(initial=0), dtype=np.int64)
