"""Levels: a site that shows an option of a level with a parent level hangs on one such site.

Where a parent may carry any number of children, a child stands only where one of its possible
parents does: sum_o z[o, t] (options of the child with that parent level) <= sum z over the
parents' options. Where it may not, h[a, P, t] >= 0 says that attachment a is used for parent
level P: the h of a child sum to its z, h <= the parent's z, and the h of a parent sum to at most
fan-out times its z. h needs no integrality: at integer z it is a transportation problem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.attach import attach
from optimizer.siting.plan.problem import PlanProblem
from optimizer.siting.plan.program import INFINITE, Program
from optimizer.siting.plan.tables import UNLIMITED

__all__ = ["Hierarchy", "add_hierarchy"]


@dataclass(frozen=True)
class Hierarchy:
    """Columns h of parent levels with a limited number of children.

    Attributes:
        pair: int64[h], attachments. level: int64[h], parent levels.
        hangs: int64[h, T], columns.
    """

    pair: NDArray[np.int64]
    level: NDArray[np.int64]
    hangs: NDArray[np.int64]

    def fill(
        self, problem: PlanProblem, option: NDArray[np.int64], values: NDArray[np.int64]
    ) -> bool:
        """Write the columns of a plan ``option``, int64[T, m]; False where someone cannot hang."""
        pairs = problem.attachments
        for year in range(problem.n_years):
            parent = attach(problem, option[year])
            if parent is None:
                return False
            if self.pair.size == 0:
                continue
            child, above = pairs.child[self.pair], pairs.parent[self.pair]
            shown = option[year][above]
            level = np.where(shown >= 0, problem.options.level[np.maximum(shown, 0)], -1)
            used = (parent[child] == above) & (level == self.level)
            own = option[year][child]
            asks = problem.level_parent[problem.options.level[np.maximum(own, 0)]]
            used &= (own >= 0) & (asks == self.level)
            if np.any(used & (self.hangs[:, year] < 0)):
                return False
            values[self.hangs[used, year]] = 1
        return True


def add_hierarchy(program: Program, problem: PlanProblem, stands: NDArray[np.int64]) -> Hierarchy:
    """Add the levels over the options' columns ``stands``, int64[o, T]."""
    pair, level, hangs = [], [], []
    of_option = problem.level_parent[problem.options.level]
    for above in np.unique(of_option[of_option >= 0]).tolist():
        if problem.level_fanout[above] == UNLIMITED:
            _add_open_ended(program, problem, stands, above)
            continue
        pairs, columns = _add_limited(program, problem, stands, above)
        pair.append(pairs)
        level.append(np.full(pairs.size, above))
        hangs.append(columns)
    none = np.zeros(0, dtype=np.int64)
    nothing = np.zeros((0, problem.n_years), dtype=np.int64)
    return Hierarchy(
        np.concatenate([none, *pair]),
        np.concatenate([none, *level]),
        np.concatenate([nothing, *hangs]),
    )


def _add_open_ended(
    program: Program, problem: PlanProblem, stands: NDArray[np.int64], above: int
) -> None:
    options, pairs, years = problem.options, problem.attachments, problem.n_years
    asking = np.flatnonzero(problem.level_parent[options.level] == above)
    place = _places(problem, options.site[asking])
    children = int(place.max(initial=-1)) + 1
    carrying = np.flatnonzero(options.level == above)
    used = np.flatnonzero(place[pairs.child] >= 0)
    entry, option = _options_at(problem, carrying, pairs.parent[used])
    row = np.arange(children * years).reshape(children, years)
    own = row[place[options.site[asking]]]
    theirs = row[place[pairs.child[used[entry]]]]
    program.add_rows(
        np.concatenate([own.ravel(), theirs.ravel()]),
        np.concatenate([stands[asking].ravel(), stands[option].ravel()]),
        np.repeat([-1, 1], [own.size, theirs.size]),
        np.zeros(row.size, dtype=np.int64),
        np.full(row.size, INFINITE),
    )


def _add_limited(
    program: Program, problem: PlanProblem, stands: NDArray[np.int64], above: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    options, pairs, years = problem.options, problem.attachments, problem.n_years
    asking = np.flatnonzero(problem.level_parent[options.level] == above)
    carrying = np.flatnonzero(options.level == above)
    child_place = _places(problem, options.site[asking])
    parent_place = _places(problem, options.site[carrying])
    used = np.flatnonzero((child_place[pairs.child] >= 0) & (parent_place[pairs.parent] >= 0))
    hangs = program.add_columns(np.ones((used.size, years), dtype=bool))
    child, parent = child_place[pairs.child[used]], parent_place[pairs.parent[used]]
    n_children, n_parents = (
        int(place.max(initial=-1)) + 1 for place in (child_place, parent_place)
    )
    # A child's h sum to its z.
    row = np.arange(n_children * years).reshape(n_children, years)
    own = row[child_place[options.site[asking]]]
    program.add_rows(
        np.concatenate([own.ravel(), row[child].ravel()]),
        np.concatenate([stands[asking].ravel(), hangs.ravel()]),
        np.repeat([-1, 1], [own.size, hangs.size]),
        np.zeros(row.size, dtype=np.int64),
        np.zeros(row.size, dtype=np.int64),
    )
    # A parent's h sum to at most its z times the fan-out.
    row = np.arange(n_parents * years).reshape(n_parents, years)
    own = row[parent_place[options.site[carrying]]]
    fanout = int(problem.level_fanout[above])
    program.add_rows(
        np.concatenate([own.ravel(), row[parent].ravel()]),
        np.concatenate([stands[carrying].ravel(), hangs.ravel()]),
        np.repeat([fanout, -1], [own.size, hangs.size]),
        np.zeros(row.size, dtype=np.int64),
        np.full(row.size, INFINITE),
    )
    # Each h is at most its parent's z.
    entry, option = _options_at(problem, carrying, pairs.parent[used])
    below = np.arange(hangs.size).reshape(hangs.shape)
    theirs = below[entry]
    program.add_rows(
        np.concatenate([below.ravel(), theirs.ravel()]),
        np.concatenate([hangs.ravel(), stands[option].ravel()]),
        np.repeat([-1, 1], [below.size, theirs.size]),
        np.zeros(below.size, dtype=np.int64),
        np.full(below.size, INFINITE),
    )
    return used, hangs


def _options_at(
    problem: PlanProblem, options: NDArray[np.int64], sites: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Entries of ``sites`` with each of the options (ascending) that belong to the site."""
    of_option = problem.options.site[options]
    starts = np.searchsorted(of_option, sites)
    count = np.searchsorted(of_option, sites, side="right") - starts
    entry = np.repeat(np.arange(sites.size), count)
    inside = np.arange(entry.size) - np.repeat(np.cumsum(count) - count, count)
    return entry, options[starts[entry] + inside]


def _places(problem: PlanProblem, site: NDArray[np.int32]) -> NDArray[np.int64]:
    """int64[m], the sites that occur numbered from 0, -1 for others."""
    place = np.full(problem.n_sites, -1, dtype=np.int64)
    occurring = np.unique(site)
    place[occurring] = np.arange(occurring.size)
    return place
