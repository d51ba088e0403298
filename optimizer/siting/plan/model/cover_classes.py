"""Merges covered demand: rows become threshold classes, equal classes become one.

A covered row is worth what its nearest open site gives. With its sites in order of travel cost
and values v_1 > v_2 > ... over them, its value is sum_l (v_l - v_{l+1}) * y_l, where y_l says
that a site within the first l levels is open: every level is a plain cover class of its own, and
rows with equal site sets share classes (found by hash, then verified entry by entry). Travel to
the nearest open site decomposes in the same way (Cornuejols, Nemhauser, Wolsey 1980; Elloumi
2010): c_L - sum_l (c_{l+1} - c_l) * y_l.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.plan.model.offers import Offers
from optimizer.siting.plan.problem import PlanProblem
from optimizer.siting.presolve import equal_rows, take_rows

__all__ = ["CoverClasses", "Pairs", "cover_classes", "usable_pairs", "value_at", "whole_lists"]


@dataclass(frozen=True)
class Pairs:
    """Sites that can serve rows, within the rows' radius, by row and then by cost; p pairs.

    Attributes:
        indptr: int64[n + 1] CSR rows by demand row.
        site: int64[p]. element: int64[p], the element by which the site serves the row.
        cost: int64[p], ticks.
    """

    indptr: NDArray[np.int64]
    site: NDArray[np.int64]
    element: NDArray[np.int64]
    cost: NDArray[np.int64]


@dataclass(frozen=True)
class CoverClasses:
    """k classes, and what rows make of them.

    Attributes:
        indptr: int64[k + 1]. element: the elements of a class beyond those of its ``inner`` one.
        inner: int64[k], a class whose elements are all in this one, -1 for none; always smaller.
        order: int64[k], classes such that inner ones come first.
        part_row, part_class, part_value, part_travel: int64[q], contributions by row: the value
            that the class adds when it is covered, and the travel that it then saves; levels
            ascend within a row.
        part_cost: int64[q], ticks to the farthest site of the level.
        top: int64[n], the class of all sites that reach a covered row; -1 for assigned rows and
            for rows that nothing reaches.
        farthest: int64[n], weighted travel of a covered row to its farthest site, 0 elsewhere.
    """

    indptr: NDArray[np.int64]
    element: NDArray[np.int64]
    inner: NDArray[np.int64]
    order: NDArray[np.int64]
    part_row: NDArray[np.int64]
    part_class: NDArray[np.int64]
    part_value: NDArray[np.int64]
    part_travel: NDArray[np.int64]
    part_cost: NDArray[np.int64]
    top: NDArray[np.int64]
    farthest: NDArray[np.int64]

    @property
    def size(self) -> int:
        """Number of classes, k."""
        return int(self.inner.size)

    def covered(self, shown: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64[k, T]: whether a class is covered, from shown elements int64[E, T]."""
        out = (self._own_count(shown) > 0).astype(np.int64)
        for each in self.order:
            if self.inner[each] >= 0:
                out[each] |= out[self.inner[each]]
        return out

    def count(self, shown: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64[k, T]: how many shown elements a class has."""
        out = self._own_count(shown)
        for each in self.order:
            if self.inner[each] >= 0:
                out[each] += out[self.inner[each]]
        return out

    def _own_count(self, shown: NDArray[np.int64]) -> NDArray[np.int64]:
        out = np.zeros((self.size, shown.shape[1]), dtype=np.int64)
        np.add.at(out, csr_rows(self.indptr), shown[self.element])
        return out


def usable_pairs(problem: PlanProblem, offers: Offers) -> Pairs:
    """Who can serve whom, whatever stands."""
    demand, reach = problem.demand, problem.reach
    site, row = csr_rows(reach.indptr), reach.demand.astype(np.int64)
    element = offers.element[site, demand.service[row]] if row.size else np.zeros(0, np.int64)
    keep = (reach.cost <= demand.radius[row]) & (element >= 0)
    site, row, element, cost = site[keep], row[keep], element[keep], reach.cost[keep]
    order = np.lexsort((element, cost, row))
    indptr = np.zeros(problem.n_demand + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=problem.n_demand), out=indptr[1:])
    return Pairs(indptr, site[order], element[order], cost[order])


def value_at(
    most: NDArray[np.int64],
    cost: NDArray[np.int64],
    full: NDArray[np.int64],
    radius: NDArray[np.int64],
) -> NDArray[np.int64]:
    """What is left of a value at a travel cost: all up to ``full``, nothing from ``radius`` on."""
    width = np.maximum(radius - full, 1)
    return np.where(cost <= full, most, most * (radius - cost) // width)


def cover_classes(problem: PlanProblem, pairs: Pairs, *, travel: bool) -> CoverClasses:
    """The classes of all covered rows; ``travel``: levels by cost, else by value."""
    demand = problem.demand
    row = csr_rows(pairs.indptr)
    covered = ~problem.capacitated[demand.service]
    keep = covered[row]
    row, element, cost = row[keep], pairs.element[keep], pairs.cost[keep]
    worth = (demand.weight * demand.amount)[row]
    value = value_at(worth, cost, demand.full[row], demand.radius[row])
    key = cost if travel else -value
    ends = np.ones(row.size, dtype=bool)
    ends[:-1] = (row[1:] != row[:-1]) | (key[1:] != key[:-1])
    last = np.flatnonzero(ends)
    level_row = row[last]
    final = np.ones(last.size, dtype=bool)
    final[:-1] = level_row[1:] != level_row[:-1]
    next_value = np.append(value[last][1:], 0)
    next_cost = np.append(cost[last][1:], 0)
    part_value = value[last] - np.where(final, 0, next_value)
    part_travel = np.where(final, 0, (next_cost - cost[last]) * worth[last]) * travel
    # A level without value or travel is kept only as a row's whole reach, where that is asked for.
    asked = demand.must | (demand.backup > 0) | travel
    kept = (part_value > 0) | (part_travel > 0) | (final & asked[level_row])
    first = np.searchsorted(row, level_row)
    members, head, inner, own_from = _merge(element, first, last, kept)
    top = np.full(problem.n_demand, -1, dtype=np.int64)
    of_level = np.full(last.size, -1, dtype=np.int64)
    of_level[kept] = head
    top[level_row[final]] = of_level[final]
    farthest = np.zeros(problem.n_demand, dtype=np.int64)
    if travel:
        farthest[level_row[final]] = (cost * worth)[last][final]
    return CoverClasses(
        indptr=own_from,
        element=members,
        inner=inner,
        order=_inner_first(inner),
        part_row=level_row[kept],
        part_class=of_level[kept],
        part_value=part_value[kept],
        part_travel=part_travel[kept],
        part_cost=cost[last][kept],
        top=top,
        farthest=farthest,
    )


def _merge(
    element: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    kept: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Own elements, class of every kept level, inner classes and the pointer to own elements.

    A level's set is ``element[first : last + 1]``.
    """
    start, stop = first[kept], last[kept] + 1
    if start.size == 0:
        none = np.zeros(0, dtype=np.int64)
        return none, none, none, np.zeros(1, dtype=np.int64)
    size = stop - start
    indptr = np.concatenate([[0], np.cumsum(size)])
    inside = np.arange(indptr[-1]) - np.repeat(indptr[:-1], size)
    members = element[np.repeat(start, size) + inside]
    level = np.repeat(np.arange(size.size), size)
    members = members[np.lexsort((members, level))]
    heads, of_level = np.unique(equal_rows(indptr, members), return_inverse=True)
    # The level before a class's first one, in the same row, lies inside it.
    before = heads - 1
    nested = (before >= 0) & (start[before] == start[heads])
    inner = np.where(nested, of_level[before], -1)
    own_start = np.where(nested, stop[before], start[heads])
    own_size = stop[heads] - own_start
    own_from = np.concatenate([[0], np.cumsum(own_size)])
    _, entries = take_rows(np.concatenate([[0], np.cumsum(own_size)]), np.arange(heads.size))
    shift = np.repeat(own_start - own_from[:-1], own_size)
    return element[entries + shift], of_level.astype(np.int64), inner, own_from


def _inner_first(inner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Classes ordered by how many lie inside them."""
    depth = np.zeros(inner.size, dtype=np.int64)
    ahead = inner.copy()
    while np.any(ahead >= 0):
        depth[ahead >= 0] += 1
        ahead = np.where(ahead >= 0, inner[ahead], -1)
    return np.argsort(depth, kind="stable")


def whole_lists(
    classes: CoverClasses, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Classes and all their elements, inner ones included; None above so many entries."""
    size = np.diff(classes.indptr)
    owner, element, total = [], [], 0
    each, inside = np.arange(classes.size), np.arange(classes.size)
    while each.size:
        total += int(size[inside].sum())
        if total > most:
            return None
        _, entries = take_rows(classes.indptr, inside)
        owner.append(np.repeat(each, size[inside]))
        element.append(classes.element[entries])
        further = classes.inner[inside]
        each, inside = each[further >= 0], further[further >= 0]
    none = np.zeros(0, dtype=np.int64)
    return np.concatenate([none, *owner]), np.concatenate([none, *element])
