"""The core of a p-median problem by radii, small enough for HiGHS.

Elloumi (2010), after Cornuejols, Nemhauser, Wolsey (1980): with a row's distinct costs
D_1 < D_2 < ... and N_s the sites within D_s, z_s = 1 means that none of N_s is open:
    minimise sum_k D_1 + sum_s (D_{s+1} - D_s) z_s
    subject to z_s >= z_{s-1} - sum of y over N_s without N_{s-1} (z_0 = 1), sum of y <= p.
The relaxation is as strong as Balinski's (1965). Rows share one z per set of sites (Church 2003,
COBRA), whatever their costs. Sets that an answer as good as the best one must hit have no z.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.highs import Model
from optimizer.siting.median.climb_kernels import same_prefixes
from optimizer.siting.median.core import Core

__all__ = ["RadiusProgram", "radius_program"]


@dataclass(frozen=True)
class RadiusProgram:
    """The program and where its parts come from; c sites, w sets with a z, k rows.

    Attributes:
        model: columns y, then z; rows one per z, one per set that must be hit, the count of y.
        first: float64[k], least cost of a row.
        stage_row: int64[t], the row of every stage with a z.
        stage_set: int64[t], its z.
        stage_cost: float64[t], what the z costs this row.
        hit_row: int64[h], rows whose largest set must be hit.
        hit_set: int64[h], that set's constraint.
        previous: int64[r], the z that a constraint goes on from, -1 for none (the count aside).
    """

    model: Model
    first: NDArray[np.float64]
    stage_row: NDArray[np.int64]
    stage_set: NDArray[np.int64]
    stage_cost: NDArray[np.float64]
    hit_row: NDArray[np.int64]
    hit_set: NDArray[np.int64]
    previous: NDArray[np.int64]

    def start(self, is_open: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The full MIP start of a set of open sites."""
        values = np.zeros(self.model.cost.size)
        values[: is_open.size] = is_open
        model, n_sets = self.model, self.model.cost.size - is_open.size
        for r in range(n_sets):
            columns = model.index[model.indptr[r] : model.indptr[r + 1]]
            at, hit = self.previous[r], values[columns[columns < is_open.size]].any()
            values[is_open.size + r] = (at < 0 or values[is_open.size + at] > 0.5) and not hit
        return values

    def prices(self, row_dual: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[k], Lagrangian prices from the relaxation's duals: no worse a bound.

        The share of a z's cost that its dual pays is split among its rows in proportion.
        """
        dual = np.maximum(row_dual[: self.previous.size], 0.0)
        has_previous = self.previous >= 0
        n_sets = self.model.cost.size - self._n_sites
        passed_on = np.bincount(
            self.previous[has_previous], weights=dual[has_previous], minlength=n_sets
        )
        cost = np.maximum(self.model.cost[self._n_sites :], 1e-12)
        share = np.clip((dual[:n_sets] - passed_on) / cost, 0.0, 1.0)
        price = self.first.copy()
        np.add.at(price, self.stage_row, share[self.stage_set] * self.stage_cost)
        if self.hit_row.size:
            users = np.bincount(self.hit_set, minlength=self.previous.size)
            np.add.at(price, self.hit_row, (dual / np.maximum(users, 1))[self.hit_set])
        return price

    @property
    def _n_sites(self) -> int:
        return int(self.model.indptr[-1] - self.model.indptr[-2])


@dataclass(frozen=True)
class _Stages:
    """Every distinct cost of every row: entries ``begin`` .. ``end - 1`` have it."""

    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    row: NDArray[np.int64]
    set_id: NDArray[np.int64]
    is_last: NDArray[np.bool_]


def radius_program(
    core: Core,
    entry_cost: NDArray[np.float64],
    base_cost: NDArray[np.float64],
    *,
    relaxed: bool = False,
) -> RadiusProgram:
    """Build the program of a core; costs in units, of its entries and of its rows' bases."""
    indptr, site, _, _ = core.rows
    stages = _stages(core)
    is_safe = (
        np.logical_or.reduceat(core.state[site] == 1, stages.begin) if site.size else stages.is_last
    )
    must = stages.is_last & core.served[stages.row]
    is_hit_set = np.zeros(stages.set_id.max(initial=-1) + 1, dtype=bool)
    is_hit_set[stages.set_id[must]] = True
    stops = is_safe | is_hit_set[stages.set_id]
    keep = ~_after_a_stop(stops, stages.row, base_cost.size)
    live, hits = np.flatnonzero(keep & ~stops), np.flatnonzero(keep & stops & ~is_safe)

    cost = entry_cost[stages.begin]
    following = np.append(cost[1:], 0.0)
    following = np.where(stages.is_last, base_cost[stages.row], following)
    first = base_cost.copy()
    has = np.diff(indptr) > 0
    first[has] = entry_cost[indptr[:-1][has]]

    _, lead, of_live = np.unique(stages.set_id[live], return_index=True, return_inverse=True)
    # Sets in the order of their first rows' stages, so that a set comes after its previous one.
    order = np.argsort(lead, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    of_live = rank[of_live]
    z_of_stage = np.full(stages.row.size, -1, dtype=np.int64)
    z_of_stage[live] = of_live
    _, lead_hit, of_hit = np.unique(stages.set_id[hits], return_index=True, return_inverse=True)
    leads = np.concatenate([live[lead[order]], hits[lead_hit]])
    same_row = np.append(False, stages.row[1:] == stages.row[:-1])
    previous = np.where(same_row[leads], z_of_stage[leads - 1], -1)
    stage_cost = (following - cost)[live]
    z_cost = np.bincount(of_live, weights=stage_cost, minlength=order.size).astype(np.float64)
    lost = np.flatnonzero(~has & core.served)
    model = _program(core, stages, leads, previous, z_cost, float(first.sum()), lost.size, relaxed)
    return RadiusProgram(
        model=model,
        first=first,
        stage_row=stages.row[live],
        stage_set=of_live,
        stage_cost=stage_cost,
        hit_row=stages.row[hits],
        hit_set=of_hit + order.size,
        previous=previous,
    )


def _stages(core: Core) -> _Stages:
    indptr, site, entry, _ = core.rows
    row = np.repeat(np.arange(indptr.size - 1), np.diff(indptr))
    begin = np.flatnonzero((np.diff(row, prepend=-1) > 0) | (np.diff(entry, prepend=-1) > 0))
    end = np.append(begin[1:], site.size).astype(np.int64)[: begin.size]
    of_stage = row[begin]
    # Sets are found by the sum of their sites' random numbers, then verified site by site.
    number = np.random.default_rng(0).integers(0, 2**64, core.state.size, dtype=np.uint64)
    total = np.append(np.uint64(0), np.cumsum(number[site], dtype=np.uint64))
    key = total[end] - total[indptr[of_stage]]
    _, lead, set_id = np.unique(key, return_index=True, return_inverse=True)
    is_same = same_prefixes(indptr, site, of_stage, end, lead[set_id], core.state.size)
    others = np.flatnonzero(~is_same)
    set_id = set_id.astype(np.int64)
    set_id[others] = lead.size + np.arange(others.size)
    is_last = end == indptr[of_stage + 1]
    return _Stages(begin, end, of_stage, set_id, is_last)


def _after_a_stop(
    stops: NDArray[np.bool_], row: NDArray[np.int64], n_rows: int
) -> NDArray[np.bool_]:
    """Stages behind the first stop of their row."""
    before: NDArray[np.int64] = np.cumsum(stops) - stops
    of_row = np.zeros(n_rows, dtype=np.int64)
    heads = np.flatnonzero(np.diff(row, prepend=-1) > 0)
    of_row[row[heads]] = before[heads]
    return before > of_row[row]


def _program(
    core: Core,
    stages: _Stages,
    leads: NDArray[np.int64],
    previous: NDArray[np.int64],
    z_cost: NDArray[np.float64],
    constant: float,
    n_lost: int,
    relaxed: bool,
) -> Model:
    site = core.rows[1]
    c, w = core.state.size, z_cost.size
    sizes = stages.end[leads] - stages.begin[leads]
    starts = np.append(0, np.cumsum(sizes))
    entries = np.arange(starts[-1]) + np.repeat(stages.begin[leads] - starts[:-1], sizes)
    at = np.repeat(np.arange(leads.size), sizes)
    has_previous = np.flatnonzero(previous >= 0)
    rows = np.concatenate([at, has_previous, np.arange(w)])
    columns = np.concatenate([site[entries], c + previous[has_previous], c + np.arange(w)])
    values = np.concatenate([np.ones(at.size), -np.ones(has_previous.size), np.ones(w)])
    order = np.lexsort((columns, rows))
    count = np.bincount(rows, minlength=leads.size)
    # A row that nothing may serve and that must be served makes the program infeasible.
    indptr = np.cumsum(np.concatenate([[0], count, np.zeros(n_lost), [c]])).astype(np.int32)
    is_integer = np.zeros(c + w, dtype=bool)
    is_integer[:c] = True
    return Model(
        cost=np.concatenate([np.zeros(c), z_cost]),
        lower=np.concatenate([(core.state == 1).astype(np.float64), np.zeros(w)]),
        upper=np.concatenate([(core.state >= 0).astype(np.float64), np.ones(w)]),
        integer=None if relaxed else is_integer,
        row_lower=np.concatenate([np.where(previous >= 0, 0.0, 1.0), np.ones(n_lost), [-np.inf]]),
        row_upper=np.append(np.full(leads.size + n_lost, np.inf), float(core.room)),
        indptr=indptr,
        index=np.concatenate([columns[order], np.arange(c)]).astype(np.int32),
        value=np.concatenate([values[order], np.ones(c)]),
        offset=constant,
    )
