"""What each new site of a plan is worth beside the others, for premises that may stand in for it.

Value is counted as the plan counts it: services without counted places, faded by distance, with
backup by a second site. A row that fades becomes several: one per step between the walk up to
which it counts in full and the one at which it stops, each with what it is worth there beyond the
next step, so that a premises is promised the value of the next step outwards, never more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.plan.model.cover_classes import value_at
from optimizer.siting.plan.problem import PlanProblem
from scenarios.plan.demand import PlanDemand
from scenarios.territory.search_areas import Moving

__all__ = ["plan_moves"]

_FAR = np.iinfo(np.int64).max
_STEPS = 12
"""Steps into which the fading part of a walk is cut."""


def plan_moves(
    problem: PlanProblem,
    option: NDArray[np.int32],
    demand: PlanDemand,
    services: Sequence[int],
    sites: Sequence[int],
) -> list[Moving]:
    """What each of some sites gains beside all others that stand.

    Args:
        problem: the tables.
        option: int32[m], what stands in the year.
        demand: the rows, with places and speeds.
        services: numbers of the services that are looked at, none with counted places.
        sites: sites that stand, in the order of the answer.
    """
    ways = _Ways(problem, option, np.asarray(services))
    whole = int(ways.worth(ways.nearest, ways.count).sum())
    return [_moving(ways, demand, site, whole) for site in sites]


class _Ways:
    """Per row the two shortest ways to open sites that offer its service, and how many do."""

    def __init__(
        self, problem: PlanProblem, option: NDArray[np.int32], services: NDArray[np.int64]
    ) -> None:
        table, reach = problem.demand, problem.reach
        site, row = csr_rows(reach.indptr).astype(np.int64), reach.demand.astype(np.int64)
        offers = (problem.options.capacity[np.maximum(option, 0)] != 0) & (option >= 0)[:, None]
        keep = offers[site, table.service[row]] & (reach.cost <= table.radius[row])
        keep &= np.isin(table.service[row], services)
        self.table = table
        self.site, self.row, self.cost = site[keep], row[keep], reach.cost[keep]
        self.offered = offers
        self.looked_at = np.isin(table.service, services)
        n = problem.n_demand
        self.count = np.bincount(self.row, minlength=n)
        order = np.lexsort((self.cost, self.row))
        first = np.searchsorted(self.row[order], np.arange(n))
        self.nearest, self.second = (
            self._way(order, first + place, self.count > place) for place in (0, 1)
        )

    def _way(
        self, order: NDArray[np.int64], at: NDArray[np.int64], there: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        way = np.full(there.size, _FAR, dtype=np.int64)
        way[there] = self.cost[order[at[there]]]
        return way

    def worth(self, way: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64[n], value of rows with this shortest way and so many sites in reach."""
        table = self.table
        seen = way < _FAR
        value = np.zeros(way.size, dtype=np.int64)
        full = table.weight * table.amount
        value[seen] = value_at(full[seen], way[seen], table.full[seen], table.radius[seen])
        return value + np.where(count > 1, table.backup * table.amount, 0)


def _moving(ways: _Ways, demand: PlanDemand, site: int, whole: int) -> Moving:
    """One site, and what there is to gain when it is gone, step by step."""
    table = ways.table
    mine = ways.site == site
    own = np.full(ways.count.size, _FAR, dtype=np.int64)
    own[ways.row[mine]] = ways.cost[mine]
    others = np.where(own == ways.nearest, ways.second, ways.nearest)
    count = ways.count - (own < _FAR)
    left = ways.worth(others, count)
    gain = int((ways.worth(ways.nearest, ways.count) - left).sum())
    # Only people who live somewhere can be walked to; a premises offers what the site does.
    asked = ways.looked_at & ways.offered[site][table.service] & (demand.place >= 0)
    asked &= demand.speed > 0
    covered = left - np.where(count > 1, table.backup * table.amount, 0)
    rows, radius, weight = _steps(ways, np.flatnonzero(asked), covered)
    second = np.flatnonzero(asked & (count == 1) & (table.backup > 0))
    rows = np.concatenate([rows, second])
    return Moving(
        site=site,
        gain=gain,
        whole=whole,
        place=demand.place[rows].astype(np.int64),
        radius=np.concatenate([radius, table.radius[second]]),
        speed=demand.speed[rows],
        weight=np.concatenate([weight, (table.backup * table.amount)[second]]),
    )


def _steps(
    ways: _Ways, rows: NDArray[np.int64], covered: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows, walks and what a premises within the walk adds to what others cover."""
    table = ways.table
    full, radius = table.full[rows], table.radius[rows]
    whole = (table.weight * table.amount)[rows]
    part = np.arange(_STEPS + 1)[:, None]
    ends = full + (radius - full) * part // _STEPS
    worth = np.array([value_at(whole, end, full, radius) for end in ends])
    more = np.maximum(worth - covered[rows], 0)
    step = more - np.vstack([more[1:], np.zeros_like(more[:1])])
    # With one walk, in full up to its end, all steps are the same and the last one holds it all.
    at, which = np.nonzero(step > 0)
    return rows[which], ends[at, which], step[at, which]
