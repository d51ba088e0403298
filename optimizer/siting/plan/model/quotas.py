"""Quotas of floor area pooled into sites.

q[k, j] = 1 where quota k is given to site j: sum_j q[k, j] <= 1, and per site and year the given
area that is there by then >= sum_o quota_area[o] * z[o, t].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.plan.model.program import INFINITE, Program
from optimizer.siting.plan.problem import PlanProblem

__all__ = ["GivenQuotas", "add_quotas"]


@dataclass(frozen=True)
class GivenQuotas:
    """Who may get what: k pairs.

    Attributes:
        quota: int64[k]. site: int64[k].
        given: int64[k], the columns q.
    """

    quota: NDArray[np.int64]
    site: NDArray[np.int64]
    given: NDArray[np.int64]


def add_quotas(program: Program, problem: PlanProblem, stands: NDArray[np.int64]) -> GivenQuotas:
    """Add the pooling of quotas over the options' columns ``stands``, int64[o, T]."""
    quotas, options, years = problem.quotas, problem.options, problem.n_years
    needs = np.flatnonzero(options.quota_area > 0)
    asking = np.unique(options.site[needs]).astype(np.int64)
    place = np.full(problem.n_sites, -1, dtype=np.int64)
    place[asking] = np.arange(asking.size)
    pairs = np.column_stack([csr_rows(quotas.indptr), quotas.site.astype(np.int64)])
    pairs = np.unique(pairs[place[pairs[:, 1]] >= 0], axis=0)
    quota, site = pairs[:, 0], pairs[:, 1]
    given = program.add_columns(np.ones(quota.size, dtype=bool), integer=True)
    program.add_rows(quota, given, 1, np.zeros(len(quotas), np.int64), np.ones(len(quotas)))
    year = np.arange(years)
    row = place[:, None] * years + year[None, :]
    there = quotas.first_year[quota][:, None] <= year[None, :]
    program.add_rows(
        np.concatenate([row[site].ravel(), row[options.site[needs]].ravel()]),
        np.concatenate([np.where(there, given[:, None], -1).ravel(), stands[needs].ravel()]),
        np.concatenate(
            [
                np.repeat(quotas.area[quota], years),
                np.repeat(-options.quota_area[needs], years),
            ]
        ),
        np.zeros(asking.size * years, dtype=np.int64),
        np.full(asking.size * years, INFINITE),
    )
    return GivenQuotas(quota, site, given)
