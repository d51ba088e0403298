"""Tables of the annealing of linked visits.

A task for k people becomes k tasks that start together, done by different people. Tasks that
links tie together form a group, which is served whole or not at all; all its tasks are done by
different people. That is stricter than the links ask where a chain of links would let the person
of its first task come back for its third.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.problem import NONE, UNREACHABLE, LinkKind, RoutingProblem
from optimizer.routing.schedule import columns
from optimizer.routing.schedule_kernels import FAR
from optimizer.routing.sync_kernels import (
    COST,
    FIRST,
    GROUP,
    HEAD,
    LAST,
    LATE,
    PRICE,
    START_AT,
    TAIL,
    USED,
    WORST_COST,
    SyncData,
    SyncState,
    SyncWork,
)

__all__ = ["SyncModel"]

_NEIGHBOURS = 40
_QUANTILES = 2**13
_MOST_PRICE = 2**58
"""Sum of all prices at most, so that objectives stay far inside int64."""


class SyncModel:
    """A problem in the annealing's terms.

    Attributes:
        problem: the problem.
        data: tables for the kernels.
        source: int64[n], the problem's task of every task here.
        leg: cost of a usual way to the next visit, the unit of temperatures.
    """

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        self.source = np.repeat(np.arange(problem.n_tasks), problem.task_staff)
        self._members = [np.flatnonzero(self.source == t) for t in range(problem.n_tasks)]
        pairs = self._pairs()
        group = _components(self.source.size, pairs)
        able = self._able()
        near, nearest = self._near(able)
        rates = problem.vehicle_time_cost + problem.vehicle_distance_cost
        self.leg = max(1.0, nearest * float(np.mean(rates, dtype=np.float64)) if rates.size else 1)
        self.data = self._tables(pairs, group, able, near)

    def empty(self) -> SyncState:
        """The plan that serves nobody."""
        data = self.data
        n, vehicles = self.source.size, self.problem.n_vehicles
        task = np.full((n, 6), NONE, dtype=np.int64)
        task[:, START_AT], task[:, LATE] = -FAR, 0
        days = np.zeros((vehicles, USED + self.problem.task_load.shape[1]), dtype=np.int64)
        days[:, [HEAD, TAIL]] = NONE
        total = np.zeros(4, dtype=np.int64)
        total[COST], total[WORST_COST] = data.group[:, PRICE].sum(), self.problem.worst_late_cost
        return SyncState(data.task[:, GROUP].astype(np.float64), task, days, total)

    def work(self) -> SyncWork:
        """A workspace for the kernels."""
        n, groups, vehicles = self.source.size, self.data.group.shape[0], self.problem.n_vehicles
        widest = int((self.data.group[:, LAST] - self.data.group[:, FIRST]).max(initial=1))
        rows = 64 + 8 * (n + vehicles)

        def longs(*shape: int) -> NDArray[np.int64]:
            return np.zeros(shape, dtype=np.int64)

        return SyncWork(
            front=longs(groups, 2),
            touched=longs(vehicles),
            times=longs(rows, 4),
            moves=longs(rows, 3),
            keys=np.zeros((rows, 2)),
            days=longs(rows, 2),
            mark=longs(2, 6),
            fresh=longs(widest),
            crew=longs(3, widest),
            run=longs(2, n),
            todo=longs(64 + 4 * n),
            count=longs(9),
        )

    def _pairs(self) -> NDArray[np.int64]:
        """int64[L, 4]: (first, second, least, most) between this model's tasks."""
        problem = self.problem
        rows = []
        for members in self._members:
            rows += [(members[0], other, 0, 0) for other in members[1:]]
        for row, kind in enumerate(problem.link_kind.tolist()):
            low, high = 0, 0
            if kind == LinkKind.SEQUENCE:
                low, high = int(problem.link_min[row]), int(problem.link_max[row])
            first = self._members[problem.link_first[row]]
            second = self._members[problem.link_second[row]]
            rows.append((first[0], second[0], low, high))
        return np.array(rows, dtype=np.int64).reshape(-1, 4)

    def _able(self) -> NDArray[np.bool_]:
        """bool[n, V]: skills and what a round without loading may bring."""
        problem = self.problem
        lacking = problem.task_skills[:, None] & ~problem.vehicle_skills[None, :]
        loaded = (problem.task_origin != NONE) | (problem.task_freshness != NONE)
        able = (lacking == 0) & ~loaded[:, None] & (problem.vehicle_max_trips == 0)[None, :]
        chosen: NDArray[np.bool_] = able[self.source]
        return chosen

    def _near(self, able: NDArray[np.bool_]) -> tuple[NDArray[np.int32], float]:
        """int32[n, m] neighbours (see ``SyncData.near``) and the usual way to the nearest."""
        problem, source = self.problem, self.source
        n = source.size
        if n < 2:
            return np.full((n, 1), NONE, dtype=np.int32), 1.0
        opens = problem.window_open[problem.window_indptr[:-1]][source]
        closes = problem.window_close[problem.window_indptr[1:] - 1][source]
        duration = problem.task_duration[source]
        way = problem.time.min(axis=0)[
            np.ix_(problem.task_end_place[source], problem.task_place[source])
        ].astype(np.float64)
        reach = duration[:, None] + way
        waiting = np.maximum(0, opens[None, :] - (closes[:, None] + reach))
        late = np.maximum(0, opens[:, None] + reach - closes[None, :])
        distance = way + 0.2 * waiting + late
        distance = np.minimum(distance, distance.T)
        distance[~(able.astype(np.float32) @ able.T.astype(np.float32) > 0)] = np.inf
        distance[source[:, None] == source[None, :]] = np.inf
        count = min(n - 1, _NEIGHBOURS)
        order = np.argsort(distance, axis=1, kind="stable")[:, :count]
        near = np.where(np.isfinite(np.take_along_axis(distance, order, 1)), order, NONE)
        np.fill_diagonal(way, UNREACHABLE)
        few = np.sort(way, axis=1)[:, : min(3, n - 1)]
        usual = few[few < UNREACHABLE]
        return near.astype(np.int32), float(usual.mean()) if usual.size else 1.0

    def _prices(self, group: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64[G]: what leaving a group out costs; a tier outweighs all lower prizes."""
        problem = self.problem
        prices = [0] * (int(group.max(initial=-1)) + 1)
        scale = 1
        first = {int(t): int(m[0]) for t, m in enumerate(self._members)}
        for tier in range(problem.n_tiers - 1, -1, -1):
            tasks = np.flatnonzero(problem.task_tier == tier).tolist()
            for task in tasks:
                above = int(tier < problem.n_tiers - 1)
                prices[group[first[task]]] += scale * (above + int(problem.task_prize[task]))
            scale *= 2 + sum(int(problem.task_prize[task]) for task in tasks)
        total = sum(prices)
        if total > _MOST_PRICE:
            prices = [price * _MOST_PRICE // total for price in prices]
        return np.array(prices, dtype=np.int64)

    def _tables(
        self,
        pairs: NDArray[np.int64],
        group: NDArray[np.int64],
        able: NDArray[np.bool_],
        near: NDArray[np.int32],
    ) -> SyncData:
        problem, source = self.problem, self.source
        price = self._prices(group)
        order = np.argsort(group, kind="stable")
        group_row = np.searchsorted(group[order], np.arange(price.size + 1))
        place_in = np.empty(source.size, dtype=np.int64)
        place_in[order] = np.arange(source.size) - group_row[group[order]]
        of_link = group[pairs[:, 0]]
        by_group = np.argsort(of_link, kind="stable")
        link = pairs[by_group].copy()
        link[:, :2] = place_in[link[:, :2]]
        window = [problem.windows(int(task)) for task in source]
        window_row = np.cumsum([0, *(len(rows) for rows in window)])
        able_row = np.cumsum([0, *able.sum(axis=1)])
        link_row = np.searchsorted(of_link[by_group], np.arange(price.size + 1))
        first_open = problem.window_open[problem.window_indptr[:-1]][source]
        last_close = problem.window_close[problem.window_indptr[1:] - 1][source]
        task = [
            problem.task_place[source],
            problem.task_end_place[source],
            problem.task_duration[source],
            problem.task_late_cost[source],
            group,
            np.diff(group_row)[group] > 1,
            window_row[:-1],
            window_row[1:],
            first_open,
            last_close,
            able_row[:-1],
            able_row[1:],
            *problem.task_load[source].T,
        ]
        rows = [group_row[:-1], group_row[1:], link_row[:-1], link_row[1:], price]
        timed = bool(problem.vehicle_time_cost.any() or (problem.vehicle_max_work != NONE).any())
        vehicle = np.concatenate([columns(problem).vehicle, problem.vehicle_capacity], axis=1)
        return SyncData(
            time=problem.time,
            distance=problem.distance,
            task=np.stack(task, axis=1).astype(np.int64),
            window=np.concatenate([np.zeros((0, 2), dtype=np.int64), *window]),
            group=np.stack(rows, axis=1).astype(np.int64),
            group_task=order.astype(np.int32),
            link=link,
            vehicle=vehicle,
            able=able,
            able_vehicle=np.nonzero(able)[1].astype(np.int32),
            near=near,
            gumbel=_gumbel(),
            flag=np.array([timed], dtype=np.int64),
        )


def _components(size: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[n]: the connected component of every task, numbered by first appearance."""
    label = np.arange(size)
    for first, second in pairs[:, :2].tolist():
        low, high = sorted((int(label[first]), int(label[second])))
        label[label == high] = low
    return np.unique(label, return_inverse=True)[1].astype(np.int64).reshape(-1)


def _gumbel() -> NDArray[np.float64]:
    """float64[2^13], quantiles of the Gumbel distribution at the middles of equal shares."""
    share: NDArray[np.float64] = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    return -np.log(-np.log(share))
