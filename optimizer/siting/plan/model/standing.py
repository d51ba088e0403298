"""What may stand when.

z[o, t] = 1 where option o stands in year t. Per site and year sum_o z[o, t] <= 1. Options that do
not stand today never go (z[o, t - 1] <= z[o, t]); those that do, never return (z[o, t - 1] >=
z[o, t]). Sites with a duty: sum_o z[o, t] >= 1 from their year. A merger: sum of z over the
options that take over >= 1 - sum_o z[o, t] of the closed site.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.plan.model.program import INFINITE, Linear, Program
from optimizer.siting.plan.problem import PlanProblem, PlanRequest

__all__ = ["add_standing", "current_options"]


def current_options(problem: PlanProblem) -> NDArray[np.bool_]:
    """bool[o], the options that stand today."""
    current = np.zeros(problem.n_options, dtype=bool)
    current[problem.sites.current[problem.sites.current >= 0]] = True
    return current


def add_standing(program: Program, problem: PlanProblem, request: PlanRequest) -> NDArray[np.int64]:
    """Add the options' columns and their rows.

    Returns:
        int64[o, T], the columns z, -1 where an option cannot stand.
    """
    years, options = problem.n_years, problem.options
    there = options.first_year[:, None] <= np.arange(years)[None, :]
    there[list(request.banned)] = False
    stands = program.add_columns(there, integer=True)
    _add_lasting(program, problem, stands)
    year = np.arange(years)
    in_site = options.site[:, None] * years + year[None, :]
    duty = problem.sites.due[:, None]
    due = (duty >= 0) & (year[None, :] >= duty)
    program.add_rows(in_site, stands, 1, due.ravel().astype(np.int64), 1)
    _add_mergers(program, problem, stands)
    _add_request(program, request, stands)
    return stands


def _add_lasting(program: Program, problem: PlanProblem, stands: NDArray[np.int64]) -> None:
    """What stands stays, and what stood and went does not return."""
    before, after = stands[:, :-1], stands[:, 1:]
    sign = np.where(current_options(problem), -1, 1)[:, None]
    row = np.arange(before.size).reshape(before.shape)
    program.add_rows(
        np.concatenate([row, row]),
        np.concatenate([after, before]),
        np.concatenate([np.broadcast_to(sign, row.shape), np.broadcast_to(-sign, row.shape)]),
        np.zeros(row.size, dtype=np.int64),
        np.full(row.size, INFINITE),
    )


def _add_mergers(program: Program, problem: PlanProblem, stands: NDArray[np.int64]) -> None:
    sites, years = problem.sites, problem.n_years
    heirs = np.diff(sites.takeover_indptr) > 0
    merged = np.flatnonzero(heirs & (sites.current >= 0))
    place = np.full(problem.n_sites, -1, dtype=np.int64)
    place[merged] = np.arange(merged.size)
    heir_row = place[csr_rows(sites.takeover_indptr)]
    own_row = place[problem.options.site]
    rows, columns = [], []
    for row, option in (
        (heir_row[heir_row >= 0], sites.takeover_option[heir_row >= 0]),
        (own_row[own_row >= 0], np.flatnonzero(own_row >= 0)),
    ):
        rows.append((row[:, None] * years + np.arange(years)[None, :]).ravel())
        columns.append(stands[option].ravel())
    count = merged.size * years
    low = np.ones(count, dtype=np.int64)
    program.add_rows(
        np.concatenate(rows), np.concatenate(columns), 1, low, np.full(count, INFINITE)
    )


def _add_request(program: Program, request: PlanRequest, stands: NDArray[np.int64]) -> None:
    last = stands[:, -1]
    for option in request.forced:
        program.require(Linear.of([last[option]], 1), 1, 1)
    for group, most in request.differ_from:
        program.require(Linear.of(last[list(group)], 1), -INFINITE, most)
