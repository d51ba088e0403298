"""Opening, closing and yearly costs, and the budgets that limit them.

An option that does not stand today is opened in the year in which z[o, t] - z[o, t - 1] = 1. An
existing site closes in the year in which s[t - 1] - s[t] = 1, s being the sum of z over its
options and 1 before year 0; a column c[j, t] >= s[t - 1] - s[t] pays for it. As everything else
that ever stands stays, a site closes at most once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.model.program import INFINITE, NOTHING, Linear, Program
from optimizer.siting.plan.model.standing import current_options
from optimizer.siting.plan.problem import PlanProblem
from optimizer.siting.plan.tables import UNLIMITED

__all__ = ["Money", "add_money", "closings"]


@dataclass(frozen=True)
class Money:
    """The plan's costs by year.

    Attributes:
        closing: int64[e, T], columns c of the existing sites that cost something to close.
        closing_site: int64[e], those sites.
        capital: T expressions in fen: openings and closings. running: T, yearly costs.
    """

    closing: NDArray[np.int64]
    closing_site: NDArray[np.int64]
    capital: tuple[Linear, ...]
    running: tuple[Linear, ...]

    @property
    def cost(self) -> Linear:
        """All costs of all years, in fen."""
        return sum((*self.capital, *self.running), NOTHING)


def add_money(program: Program, problem: PlanProblem, stands: NDArray[np.int64]) -> Money:
    """Add closings and budgets over the options' columns ``stands``, int64[o, T]."""
    sites, years, options = problem.sites, problem.n_years, problem.options
    closing_site = np.flatnonzero((sites.current >= 0) & (sites.closing_cost > 0))
    closing = program.add_columns(np.ones((closing_site.size, years), dtype=bool))
    _add_closings(program, problem, stands, closing, closing_site)
    opening_cost = np.where(current_options(problem), 0, options.opening_cost)
    capital = []
    for year in range(years):
        line = Linear.of(stands[:, year], opening_cost)
        if year:
            line += Linear.of(stands[:, year - 1], -opening_cost)
        capital.append(line + Linear.of(closing[:, year], sites.closing_cost[closing_site]))
    running = [Linear.of(stands[:, year], options.yearly_cost) for year in range(years)]
    money = Money(closing, closing_site, tuple(capital), tuple(running))
    _add_budgets(program, problem, money)
    return money


def closings(
    problem: PlanProblem, stands: NDArray[np.int64], closing_site: NDArray[np.int64]
) -> NDArray[np.int64]:
    """int64[e, T], 1 in the year in which a site closes; ``stands`` is int64[m, T] of 0 and 1."""
    after = stands[closing_site]
    before = np.column_stack([np.ones(closing_site.size, dtype=np.int64), after[:, :-1]])
    return np.maximum(before - after, 0)


def _add_closings(
    program: Program,
    problem: PlanProblem,
    stands: NDArray[np.int64],
    closing: NDArray[np.int64],
    closing_site: NDArray[np.int64],
) -> None:
    """Row (site, year): c[t] + s[t] - s[t - 1] >= 0, with s = 1 before year 0."""
    years = problem.n_years
    place = np.full(problem.n_sites, -1, dtype=np.int64)
    place[closing_site] = np.arange(closing_site.size)
    row = np.arange(closing.size).reshape(closing.shape)
    options = np.flatnonzero(place[problem.options.site] >= 0)
    own = row[place[problem.options.site[options]]]
    low = np.zeros((closing_site.size, years), dtype=np.int64)
    low[:, 0] = 1
    program.add_rows(
        np.concatenate([row.ravel(), own.ravel(), own[:, 1:].ravel()]),
        np.concatenate([closing.ravel(), stands[options].ravel(), stands[options, :-1].ravel()]),
        np.repeat([1, 1, -1], [row.size, own.size, own[:, 1:].size]),
        low.ravel(),
        np.full(low.size, INFINITE),
    )


def _add_budgets(program: Program, problem: PlanProblem, money: Money) -> None:
    years = problem.years
    spent, budget, limited = NOTHING, 0, True
    for year, line in enumerate(money.capital):
        if years.carries:
            spent += line
            limited &= bool(years.capital[year] != UNLIMITED)
            budget += int(years.capital[year])
        else:
            spent, budget = line, int(years.capital[year])
            limited = budget != UNLIMITED
        if limited:
            program.require(spent, -INFINITE, budget)
    for year, line in enumerate(money.running):
        if years.running[year] != UNLIMITED:
            program.require(line, -INFINITE, int(years.running[year]))
