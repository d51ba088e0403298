"""What one site more or less does to the rows that every open site covers.

For every year, site and service at once: the value of a row with the site offering the service,
less its value without, all other sites as they are. A row's value is that of its nearest open
site, so all that is needed of the others is their nearest and second nearest, and how many reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from optimizer.arrays import csr_rows
from optimizer.siting.plan.problem import PlanProblem

__all__ = ["CoverEffect", "CoverEntries", "cover_effect", "cover_entries", "unit_value"]

_SAFE = 2**62


@dataclass(frozen=True, eq=False)
class CoverEntries:
    """Reach entries within T2, of rows of services without capacities.

    Attributes:
        pair: int64[e], ``site * n_services + service``, ascending.
        row: int64[e]. cost: int64[e].
        value: [e], value of the row when this site is the nearest (Python integers where int64
            could overflow in sums).
        backup: [e], extra value of the row when two sites reach it.
        travel: [e], travel of the row when this site is the nearest: weight x amount x cost.
    """

    pair: NDArray[np.int64]
    row: NDArray[np.int64]
    cost: NDArray[np.int64]
    value: NDArray[Any]
    backup: NDArray[Any]
    travel: NDArray[Any]


@dataclass(frozen=True, eq=False)
class CoverEffect:
    """The effect of each site's offer in one year.

    Attributes:
        gain: [m, S], value of the service offered there, against not offered, backup included.
        travel: [m, S], travel likewise; a row that nobody reaches travels nowhere.
        needed_pair: int64[x]. needed_row: int64[x], rows that no other open site reaches, with
            the open pair that does, by pair.
        change: [e], value (backup apart) that an entry's row has through this offer.
    """

    gain: NDArray[Any]
    travel: NDArray[Any]
    needed_pair: NDArray[np.int64]
    needed_row: NDArray[np.int64]
    change: NDArray[Any]

    def by_group(self, entries: CoverEntries, member: csr_array, n_pairs: int) -> csr_array:
        """[m * S, groups], value (backup apart) of an offer to groups of rows, member [n, groups].

        Sums stay in int64, in which floors are given.
        """
        change = self.change.astype(np.int64)
        table = csr_array((change, (entries.pair, entries.row)), (n_pairs, member.shape[0]))
        return csr_array(table @ member)


def unit_value(
    problem: PlanProblem,
    row: NDArray[np.integer[Any]],
    cost: NDArray[np.int64],
    whole: NDArray[Any],
) -> NDArray[Any]:
    """``whole`` up to T1, from there falling linearly to 0 at T2, rounded down.

    ``whole`` is a row's value per unit (assigned rows) or in all (covered rows).
    """
    full, radius = problem.demand.full[row], problem.demand.radius[row]
    span = np.maximum(radius - full, 1)
    left = np.clip(radius - cost, 0, span)
    if float(whole.max(initial=0)) * float(span.max(initial=1)) >= _SAFE:
        left = left.astype(object)
    faded = (whole * left // span).astype(whole.dtype)
    return np.where(cost <= full, whole, np.where(cost <= radius, faded, 0))


def cover_entries(problem: PlanProblem) -> CoverEntries:
    """The entries of a problem."""
    demand, services = problem.demand, problem.n_services
    row = problem.reach.demand.astype(np.int64)
    keep = ~problem.capacitated[demand.service[row]] & (problem.reach.cost <= demand.radius[row])
    row, cost = row[keep], problem.reach.cost[keep]
    pair = csr_rows(problem.reach.indptr)[keep] * services + demand.service[row]
    amount = demand.amount[row].astype(_dtype_of(problem))
    order = np.argsort(pair, kind="stable")
    value = unit_value(problem, row, cost, demand.weight[row] * amount)
    backup = demand.backup[row] * amount
    whole = demand.weight[row] * amount
    most = float(cost.max(initial=0)) * float(whole.sum()) * problem.n_years
    travel = (whole.astype(object) if most >= _SAFE else whole) * cost
    return CoverEntries(
        pair[order], row[order], cost[order], value[order], backup[order], travel[order]
    )


def _dtype_of(problem: PlanProblem) -> Any:
    demand, years = problem.demand, problem.years
    most = float((demand.weight + demand.backup).max(initial=0)) * float(demand.amount.sum())
    return object if most * max(1.0, float(years.weight.sum())) >= _SAFE else np.int64


def cover_effect(
    problem: PlanProblem, entries: CoverEntries, shown: NDArray[np.int64]
) -> CoverEffect:
    """The effect of every offer beside what stands in one year, int64[m] ``shown``."""
    offered = np.zeros((problem.n_sites, problem.n_services), dtype=bool)
    stands = np.flatnonzero(shown >= 0)
    offered[stands] = problem.options.capacity[shown[stands]] != 0
    is_open = offered.ravel()[entries.pair]
    first, second, count = _nearest_two(problem, entries, is_open)
    row = entries.row
    mine = first[row] == np.arange(row.size)
    others = np.where(mine, second[row], first[row])
    zero = np.append(entries.value, 0)
    without = zero[others]
    change = np.maximum(without, entries.value) - without
    others_reach = count[row] - is_open
    gain = np.zeros(problem.n_sites * problem.n_services, dtype=entries.value.dtype)
    np.add.at(gain, entries.pair, change + np.where(others_reach == 1, entries.backup, 0))
    needed = is_open & (others_reach == 0)
    shape = (problem.n_sites, problem.n_services)
    return CoverEffect(
        gain=gain.reshape(shape),
        travel=_travel_change(entries, others, gain.size).reshape(shape),
        needed_pair=entries.pair[needed],
        needed_row=row[needed],
        change=change,
    )


def _travel_change(entries: CoverEntries, others: NDArray[np.int64], n_pairs: int) -> NDArray[Any]:
    """By pair, the travel of rows with the offer less that without it."""
    without = np.append(entries.travel, 0)[others]
    is_alone = others < 0
    is_nearer = is_alone | (entries.cost < np.append(entries.cost, 0)[others])
    change = np.zeros(n_pairs, dtype=entries.travel.dtype)
    np.add.at(change, entries.pair[is_nearer], (entries.travel - without)[is_nearer])
    return change


def _nearest_two(
    problem: PlanProblem, entries: CoverEntries, is_open: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """By row: the entry of the nearest open site, the second nearest's, the count.

    Entry -1 stands for none; it picks the 0 behind the last value.
    """
    keep = np.flatnonzero(is_open)
    order = keep[np.lexsort((entries.cost[keep], entries.row[keep]))]
    row = entries.row[order]
    is_first = np.r_[True, row[1:] != row[:-1]][: row.size]
    heads = np.flatnonzero(is_first)
    first = np.full(problem.n_demand, -1, dtype=np.int64)
    second = first.copy()
    first[row[heads]] = order[heads]
    follows = heads[np.append(row, -1)[heads + 1] == row[heads]] + 1
    second[row[follows]] = order[follows]
    return first, second, np.bincount(row, minlength=problem.n_demand)
