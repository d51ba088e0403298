"""Access indicators of a set of open sites: floating catchments, times, and how even they are.

All of them work on reach lists, column by column, without a matrix of pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.arrays import csr_rows

__all__ = [
    "STEP_WEIGHTS",
    "ReachLists",
    "TimeSummary",
    "access_scores",
    "gini",
    "hoover",
    "nearest_costs",
    "palma",
    "time_summary",
    "weighted_quantile",
]

STEP_WEIGHTS = (1.0, 0.68, 0.22)
"""Weights of three travel time zones (Luo and Qi 2009, their slow decay)."""

_INFINITE = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class ReachLists:
    """Who reaches whom: m sites, n demand rows, in the layout of a siting problem.

    Attributes:
        indptr: int64[m + 1], CSR rows, one per site.
        demand: int32[r], demand rows that a site reaches.
        cost: int64[r], travel cost in ticks.
        n_demand: number of demand rows, n.
    """

    indptr: NDArray[np.int64]
    demand: NDArray[np.int32]
    cost: NDArray[np.int64]
    n_demand: int

    @property
    def n_sites(self) -> int:
        """Number of sites, m."""
        return int(self.indptr.size) - 1

    def entries_of(self, open_sites: ArrayLike) -> NDArray[np.bool_]:
        """bool[r], entries of the open sites."""
        is_open = np.zeros(self.n_sites, dtype=bool)
        is_open[np.asarray(open_sites, dtype=np.int64)] = True
        entries: NDArray[np.bool_] = np.repeat(is_open, np.diff(self.indptr))
        return entries


def access_scores(
    lists: ReachLists,
    open_sites: ArrayLike,
    capacity: ArrayLike,
    weight: ArrayLike,
    zone_ends: Sequence[int],
    zone_weights: Sequence[float] = STEP_WEIGHTS,
) -> NDArray[np.float64]:
    """Supply per person by the enhanced two-step floating catchment area (E2SFCA).

    First every open site j shares its capacity among the people around it, the far ones counted
    for less: ``R[j] = S[j] / sum_i P[i] W(d[i, j])``. Then every demand row adds up what the
    sites around it offer: ``A[i] = sum_j R[j] W(d[i, j])``. W is a step function of the travel
    cost and 0 beyond the last zone (Luo and Qi 2009); a single zone of weight 1 is the plain
    2SFCA (Luo and Wang 2003). ``sum(P * A)`` is the capacity of the sites that reach anybody.

    Args:
        lists: reach lists; they must go as far as the last zone.
        open_sites: numbers of the open sites.
        capacity: float[m], places or any other supply, >= 0.
        weight: float[n], persons, >= 0.
        zone_ends: largest cost of each zone in ticks, ascending.
        zone_weights: weight of each zone, >= 0.

    Returns:
        float64[n], capacity per person; 0 where no open site is near.

    Raises:
        ValueError: zones that do not ascend, or a weight that is missing or negative.
    """
    ends, step = np.asarray(zone_ends, dtype=np.int64), np.asarray(zone_weights, dtype=np.float64)
    if ends.size != step.size or not ends.size or np.any(np.diff(ends) <= 0) or step.min() < 0:
        raise ValueError("zones need ascending ends and one weight >= 0 each")
    supply, people = np.asarray(capacity, np.float64), np.asarray(weight, np.float64)
    use = np.flatnonzero(lists.entries_of(open_sites) & (lists.cost <= ends[-1]))
    site, row = csr_rows(lists.indptr)[use], lists.demand[use]
    decay = step[np.searchsorted(ends, lists.cost[use], side="left")]
    around = np.bincount(site, people[row] * decay, minlength=lists.n_sites)
    ratio = np.divide(supply, around, out=np.zeros(lists.n_sites), where=around > 0)
    scores = np.bincount(row, ratio[site] * decay, minlength=lists.n_demand)
    return scores.astype(np.float64)


def nearest_costs(lists: ReachLists, open_sites: ArrayLike) -> NDArray[np.int64]:
    """int64[n], cost to the nearest open site, -1 where no open site lists the row."""
    cost = np.full(lists.n_demand, _INFINITE, dtype=np.int64)
    use = lists.entries_of(open_sites)
    np.minimum.at(cost, lists.demand[use], lists.cost[use])
    cost[cost == _INFINITE] = -1
    return cost


@dataclass(frozen=True)
class TimeSummary:
    """Ways to the nearest site of a group of people, in the unit of the costs.

    Attributes:
        persons: weight of the group.
        without: weight of the rows that reach no site.
        mean, longest: over those who reach one; NaN where nobody does.
        median, p90: least cost that half, nine tenths of *everybody* keep, people without a
            site counted as infinitely far; infinite where they make the difference, NaN where
            there is nobody.
        within: share of everybody, 0..1, within each of the limits; NaN where there is nobody.
    """

    persons: float
    without: float
    mean: float
    median: float
    p90: float
    longest: float
    within: tuple[float, ...]


def time_summary(cost: ArrayLike, weight: ArrayLike, limits: Sequence[float]) -> TimeSummary:
    """Weighted figures of costs to the nearest site (:func:`nearest_costs`; -1 for none)."""
    way, people = np.asarray(cost, np.float64), np.asarray(weight, np.float64)
    counted = people > 0
    way, people = np.where(way[counted] < 0, np.inf, way[counted]), people[counted]
    total, reached = float(people.sum()), np.isfinite(way)
    near = float(people[reached].sum())
    nan = float("nan")
    return TimeSummary(
        persons=total,
        without=total - near if not reached.all() else 0.0,
        mean=float(people[reached] @ way[reached]) / near if near else nan,
        median=weighted_quantile(way, people, 0.5),
        p90=weighted_quantile(way, people, 0.9),
        longest=float(way[reached].max()) if near else nan,
        within=tuple(float(people[way <= x].sum()) / total if total else nan for x in limits),
    )


def weighted_quantile(values: ArrayLike, weight: ArrayLike, share: float) -> float:
    """The least value that at least ``share`` of the weight does not exceed; NaN for no weight."""
    value, people = np.asarray(values, np.float64), np.asarray(weight, np.float64)
    value, people = value[people > 0], people[people > 0]
    if not value.size:
        return float("nan")
    order = np.argsort(value, kind="stable")
    filled = np.cumsum(people[order])
    wanted = share * filled[-1] * (1 - 1e-12)  # the sum's own rounding must not skip a value
    return float(value[order][min(int(np.searchsorted(filled, wanted)), value.size - 1)])


def gini(values: ArrayLike, weight: ArrayLike) -> float:
    """Weighted Gini coefficient of access: 0 for all alike, towards 1 for all with a few.

    ``G = sum_ij p_i p_j |a_i - a_j| / (2 P^2 mean)`` with weights p, values a >= 0 and the
    weighted mean, computed from the Lorenz curve over sorted values. People without access count
    with the value 0; NaN where nobody has any or there is nobody.

    Raises:
        ValueError: a negative value or weight.
    """
    value, people = _sorted(values, weight)
    total, supply = people.sum(), people @ value
    if not supply > 0:
        return float("nan")
    # Twice the area under the Lorenz curve, trapezium by trapezium.
    reached = np.cumsum(people * value)
    twice = float(people @ (2 * reached - people * value)) / float(total * supply)
    return max(0.0, 1.0 - twice)


def hoover(values: ArrayLike, weight: ArrayLike) -> float:
    """Hoover index: the share of all access that would have to change hands for all to be alike.

    ``sum p_i |a_i - mean| / (2 P mean)``; NaN where :func:`gini` is.

    Raises:
        ValueError: a negative value or weight.
    """
    value, people = _sorted(values, weight)
    supply = float(people @ value)
    if not supply > 0:
        return float("nan")
    mean = supply / float(people.sum())
    return float(people @ np.abs(value - mean)) / (2 * supply)


def palma(values: ArrayLike, weight: ArrayLike) -> float:
    """Palma ratio: access of the best-served tenth over that of the worst-served two fifths.

    Rows on a border are split. Infinite where the two fifths have none; NaN where
    :func:`gini` is.

    Raises:
        ValueError: a negative value or weight.
    """
    value, people = _sorted(values, weight)
    if not float(people @ value) > 0:
        return float("nan")
    filled = np.concatenate([[0.0], np.cumsum(people)])
    supply = np.concatenate([[0.0], np.cumsum(people * value)])
    low = float(np.interp(0.4 * filled[-1], filled, supply))
    top = float(supply[-1] - np.interp(0.9 * filled[-1], filled, supply))
    return top / low if low > 0 else float("inf")


def _sorted(
    values: ArrayLike, weight: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values with a weight, ascending, and their weights."""
    value, people = np.asarray(values, np.float64), np.asarray(weight, np.float64)
    if value.shape != people.shape or np.any(value < 0) or np.any(people < 0):
        raise ValueError("values and weights must be as many and >= 0")
    counted = np.flatnonzero(people > 0)
    order = counted[np.argsort(value[counted], kind="stable")]
    return value[order], people[order]
