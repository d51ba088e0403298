"""Tables of the annealing of visits with all their features but trips.

A task for k people becomes k tasks that start together, done by different people. Tasks that
links tie together form a group, which is served whole or not at all; all its tasks are done by
different people. That is stricter than the links ask where a chain of links would let the person
of its first task come back for its third. Starts before an opening (``task_early_cost``) are not
made use of.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.problem import NONE, UNREACHABLE, LinkKind, RoutingProblem
from optimizer.routing.schedule import columns
from optimizer.routing.schedule_kernels import FAR
from optimizer.routing.sync_kernels import (
    APART,
    AT_END,
    CHANGES,
    COST,
    DIFFERENT,
    FIRST,
    FLOATS,
    GROUP,
    HEAD,
    IDLE,
    IN_PLAN,
    IS_BREAK,
    KIND,
    LAST,
    LATE,
    LATE_WINDOW,
    PRICE,
    SAME,
    SHARES,
    SPREAD,
    START_AT,
    TAIL,
    TOLL,
    USED,
    WINDOW,
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
_PENALTY = 30.0
"""Cost of a broken rule about persons in costs of a way to the next visit."""

Longs = NDArray[np.int64]


class SyncModel:
    """A problem in the annealing's terms.

    Attributes:
        problem: the problem.
        data: tables for the kernels.
        source: int64[n], the problem's task of every row here, ``-1 - row`` of a break.
        leg: cost of a usual way to the next visit, the unit of temperatures.
    """

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        tasks = np.repeat(np.arange(problem.n_tasks), problem.task_staff)
        self._tasks = tasks
        self._breaks = np.lexsort((problem.break_open, problem.break_vehicle)).astype(np.int64)
        self.source = np.concatenate([tasks, -1 - self._breaks]).astype(np.int64)
        self._members = [np.flatnonzero(tasks == t) for t in range(problem.n_tasks)]
        self._leads = np.zeros(tasks.size, dtype=np.bool_)
        self._leads[[int(rows[0]) for rows in self._members]] = True
        pairs = self._pairs()
        group = _components(self.source.size, pairs)
        able = self._able()
        near, nearest = self._near(able[: tasks.size])
        near = np.concatenate([near, np.full((self._breaks.size, near.shape[1]), NONE)])
        rates = problem.vehicle_time_cost + problem.vehicle_distance_cost
        self.leg = max(1.0, nearest * float(np.mean(rates, dtype=np.float64)) if rates.size else 1)
        self.data = self._tables(pairs, group, able, near.astype(np.int64))

    @property
    def n_tasks(self) -> int:
        """Rows that are tasks; breaks come after them."""
        return int(self._tasks.size)

    def empty(self) -> SyncState:
        """The plan that serves nobody."""
        data, problem = self.data, self.problem
        n, vehicles = self.source.size, problem.n_vehicles
        task = np.full((n, 8), NONE, dtype=np.int64)
        task[:, START_AT], task[:, LATE], task[:, TOLL] = -FAR, 0, 0
        days = np.zeros((vehicles, USED + problem.task_load.shape[1]), dtype=np.int64)
        days[:, [HEAD, TAIL]] = NONE
        days[:, IDLE] = problem.vehicle_close - problem.vehicle_open
        total = np.zeros(7, dtype=np.int64)
        total[SPREAD] = int(days[:, IDLE].max(initial=0)) * problem.worst_idle_cost
        total[COST] = int(data.group[:, PRICE].sum()) + int(total[SPREAD])
        total[WORST_COST] = problem.worst_late_cost
        total[CHANGES] = int(np.count_nonzero(data.task[:, KIND] & IN_PLAN))
        opens = data.window[data.task[:, WINDOW], 0]
        rank = np.argsort(np.argsort(opens[data.group_task[data.group[:, FIRST]]], kind="stable"))
        key = rank[data.task[:, GROUP]].astype(np.float64)
        return SyncState(key, task, days, np.zeros(problem.payer_limit.size, np.int64), total)

    def work(self) -> SyncWork:
        """A workspace for the kernels."""
        n, groups, vehicles = self.source.size, self.data.group.shape[0], self.problem.n_vehicles
        widest = int((self.data.group[:, LAST] - self.data.group[:, FIRST]).max(initial=1))
        rows = 256 + 16 * (n + vehicles)

        def longs(*shape: int) -> Longs:
            return np.zeros(shape, dtype=np.int64)

        return SyncWork(
            front=longs(groups, 2),
            touched=longs(vehicles),
            times=longs(rows, 5),
            moves=longs(rows, 3),
            keys=np.zeros((rows, 2)),
            days=longs(rows, 5),
            mark=longs(2, 9),
            fresh=longs(widest),
            crew=longs(3, widest),
            run=longs(2, n),
            todo=longs(64 + 4 * n),
            count=longs(9),
        )

    def _pairs(self) -> Longs:
        """int64[L, 4]: (first, second, least, most) between this model's tied tasks."""
        problem = self.problem
        rows = []
        for members in self._members:
            rows += [(members[0], other, 0, 0) for other in members[1:]]
        for row, kind in enumerate(problem.link_kind.tolist()):
            if kind > LinkKind.SEQUENCE:
                continue
            low, high = 0, 0
            if kind == LinkKind.SEQUENCE:
                low, high = int(problem.link_min[row]), int(problem.link_max[row])
            first = self._members[problem.link_first[row]]
            second = self._members[problem.link_second[row]]
            rows.append((first[0], second[0], low, high))
        return np.array(rows, dtype=np.int64).reshape(-1, 4)

    def _sides(self) -> tuple[Longs, Longs]:
        """int64[S, 2] as in ``SyncData.side``, sorted, and int64[n + 1], its rows by task."""
        problem = self.problem
        rows: list[tuple[int, int, int]] = []
        for row, kind in enumerate(problem.link_kind.tolist()):
            first = self._members[problem.link_first[row]].tolist()
            second = self._members[problem.link_second[row]].tolist()
            if problem.link_first[row] == problem.link_second[row]:
                continue
            if kind == LinkKind.DIFFERENT_PERSON:
                pairs = [(a, b, DIFFERENT) for a in first for b in second]
            elif kind == LinkKind.SAME_PERSON:
                pairs = [(a, b, SAME) for a, b in zip(first, second, strict=False)]
            elif kind == LinkKind.NOT_OVERLAPPING:
                pairs = [(a, b, APART) for a in first for b in second]
            else:
                continue
            rows += pairs + [(b, a, k) for a, b, k in pairs]
        leads = np.flatnonzero(self._leads)
        kinds = problem.task_equipment[self._tasks[leads]]
        for equipment in range(problem.equipment_count.size):
            users = leads[kinds == equipment].tolist()
            rows += [(a, b, SHARES) for a in users for b in users if a != b]
            rows += self._partners_apart(users)
        table = np.array(sorted(rows), dtype=np.int64).reshape(-1, 3)
        return table[:, 1:].copy(), np.searchsorted(table[:, 0], np.arange(self.source.size + 1))

    def _partners_apart(self, users: list[int]) -> list[tuple[int, int, int]]:
        """Rows that keep other users of equipment from the partners of its users.

        Equipment is counted until the leading person's end; where the partner may take longer, no
        other user overlaps the partner either (stricter than the rule where there are several).
        """
        if not self.problem.pair_duration.size:
            return []
        pairs = [
            (partner, other, APART)
            for lead in users
            for partner in self._members[self._tasks[lead]].tolist()
            if partner != lead
            for other in users
            if other != lead
        ]
        return pairs + [(other, partner, kind) for partner, other, kind in pairs]

    def _able(self) -> NDArray[np.bool_]:
        """bool[n, V]: skills, permission and what a round without loading may bring."""
        problem = self.problem
        lacking = problem.task_skills[:, None] & ~problem.vehicle_skills[None, :]
        loaded = (problem.task_origin != NONE) | (problem.task_freshness != NONE)
        loaded |= problem.task_release != NONE
        able = (lacking == 0) & ~loaded[:, None] & (problem.vehicle_max_trips == 0)[None, :]
        if problem.pair_allowed.size:
            able &= problem.pair_allowed
        none_left = np.append(problem.equipment_count == 0, False)[problem.task_equipment]
        able &= ~none_left[:, None]
        mine = problem.break_vehicle[self._breaks][:, None] == np.arange(problem.n_vehicles)
        chosen: NDArray[np.bool_] = np.concatenate([able[self._tasks], mine])
        return chosen

    def _near(self, able: NDArray[np.bool_]) -> tuple[NDArray[np.int32], float]:
        """int32[n, m] neighbours (see ``SyncData.near``) and the usual way to the nearest."""
        problem, source = self.problem, self._tasks
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

    def _prices(self, group: Longs) -> Longs:
        """int64[G]: what leaving a group out costs.

        A tier outweighs all lower prizes, as far as sums stay inside int64; the lowest tier's
        prizes stand as they are, so that what is worth serving stays worth it.
        """
        problem = self.problem
        prices = [0] * (int(group.max(initial=-1)) + 1)
        phoned = problem.task_remote_cost != NONE
        whole = sum(map(int, problem.task_prize[~phoned])) + problem.n_tasks
        steps = max(1, problem.n_tiers - 1)
        most = max(2, int((_MOST_PRICE / max(1, whole)) ** (1 / steps)))
        scale = 1
        for tier in range(problem.n_tiers - 1, -1, -1):
            tasks = np.flatnonzero((problem.task_tier == tier) & ~phoned).tolist()
            for task in tasks:
                above = int(tier < problem.n_tiers - 1)
                prices[group[self._members[task][0]]] += scale * (
                    above + int(problem.task_prize[task])
                )
            scale *= min(most, 2 + sum(int(problem.task_prize[task]) for task in tasks))
        for task in range(problem.n_tasks):
            extra = int(problem.task_remote_cost[task]) if phoned[task] else 0
            if problem.plan_vehicle[task] != NONE:
                extra += problem.change_cost
            prices[group[self._members[task][0]]] += extra
        return np.array(prices, dtype=np.int64)

    def _tables(
        self,
        pairs: Longs,
        group: Longs,
        able: NDArray[np.bool_],
        near: Longs,
    ) -> SyncData:
        problem = self.problem
        price = self._prices(group)
        order = np.argsort(group, kind="stable")
        group_row = np.searchsorted(group[order], np.arange(price.size + 1))
        place_in = np.empty(self.source.size, dtype=np.int64)
        place_in[order] = np.arange(self.source.size) - group_row[group[order]]
        of_link = group[pairs[:, 0]]
        by_group = np.argsort(of_link, kind="stable")
        link = pairs[by_group].copy()
        link[:, :2] = place_in[link[:, :2]]
        link_row = np.searchsorted(of_link[by_group], np.arange(price.size + 1))
        side, side_row = self._sides()
        tied = np.diff(group_row)[group] > 1
        for row in np.flatnonzero(np.diff(side_row)).tolist():
            tied[row] |= bool(np.any(side[side_row[row] : side_row[row + 1], 1] >= APART))
        rows = [group_row[:-1], group_row[1:], link_row[:-1], link_row[1:], price]
        return SyncData(
            time=problem.time,
            distance=problem.distance,
            task=self._task_table(group, tied, able, side_row),
            window=self._window_table(),
            group=np.stack(rows, axis=1).astype(np.int64),
            group_task=order.astype(np.int64),
            link=link,
            side=side,
            vehicle=self._vehicle_table(),
            able=able,
            able_vehicle=np.nonzero(able)[1].astype(np.int64),
            pair=self._pair_table(),
            near=near,
            limit=problem.payer_limit.astype(np.int64),
            gumbel=_gumbel(),
            flag=self._flags(),
        )

    def _window_table(self) -> Longs:
        problem = self.problem
        windows = [problem.windows(int(task)) for task in self._tasks]
        rests = np.stack([problem.break_open, problem.break_close], axis=1)[self._breaks]
        return np.concatenate([np.zeros((0, 2), dtype=np.int64), *windows, rests])

    def _task_table(
        self, group: Longs, tied: NDArray[np.bool_], able: NDArray[np.bool_], side_row: Longs
    ) -> Longs:
        """int64[n, 20 + K], see ``SyncData.task``."""
        problem, tasks, rests = self.problem, self._tasks, self._breaks
        n_windows = np.diff(problem.window_indptr)[tasks]
        row = np.cumsum([0, *n_windows, *np.ones(rests.size, dtype=np.int64)])
        able_row = np.cumsum([0, *able.sum(axis=1)])
        in_plan = self._leads & (problem.plan_vehicle[tasks] != NONE)
        in_plan &= problem.change_cost > 0 or problem.max_changes != NONE
        kind = np.zeros(tasks.size, dtype=np.int64)
        for mark, bit in (
            (problem.window_at_end[tasks], AT_END),
            (problem.task_late_window[tasks], LATE_WINDOW),
            (in_plan, IN_PLAN),
        ):
            kind |= np.where(mark, bit, 0)
        rest_place = problem.break_place[rests]
        rest_kind = IS_BREAK + np.where(rest_place == NONE, FLOATS, 0)
        payer = np.where(self._leads, problem.task_payer[tasks], NONE)
        equipment = np.where(self._leads, problem.task_equipment[tasks], NONE)
        pieces = np.append(problem.equipment_count, 0)[equipment]
        zero, none = np.zeros(rests.size, np.int64), np.full(rests.size, NONE)
        last_close = problem.window_close[problem.window_indptr[1:] - 1][tasks]

        def both(of_tasks: NDArray[np.generic], of_breaks: NDArray[np.generic]) -> Longs:
            return np.concatenate([of_tasks, of_breaks]).astype(np.int64)

        table = [
            both(problem.task_place[tasks], np.maximum(rest_place, 0)),
            both(problem.task_end_place[tasks], np.maximum(rest_place, 0)),
            both(problem.task_duration[tasks], problem.break_length[rests]),
            both(problem.task_late_cost[tasks], problem.break_prize[rests]),
            group,
            tied,
            row[:-1],
            row[1:],
            both(kind == 0, zero),
            both(last_close, problem.break_close[rests]),
            able_row[:-1],
            able_row[1:],
            both(kind, rest_kind),
            both(problem.plan_vehicle[tasks], none),
            both(problem.plan_start[tasks], zero),
            both(payer, none),
            both(problem.task_price[tasks], zero),
            side_row[:-1],
            side_row[1:],
            both(pieces, zero),
            *(both(load, zero) for load in problem.task_load[tasks].T),
        ]
        return np.stack(table, axis=1).astype(np.int64)

    def _vehicle_table(self) -> Longs:
        problem = self.problem
        rests = problem.break_vehicle[self._breaks]
        first = np.searchsorted(rests, np.arange(problem.n_vehicles + 1)) + self.n_tasks
        extra = [
            problem.vehicle_overtime,
            problem.vehicle_overtime_cost,
            problem.vehicle_wait_cost,
            problem.vehicle_max_travel,
            first[:-1],
            first[1:],
        ]
        known = columns(problem).vehicle
        table = [known, np.stack(extra, axis=1), problem.vehicle_capacity]
        return np.concatenate(table, axis=1).astype(np.int64)

    def _pair_table(self) -> Longs:
        """int64[2, n, V] as in ``SyncData.pair``; empty where no pair differs."""
        problem = self.problem
        if not (problem.pair_cost.size or problem.pair_duration.size):
            return np.zeros((2, 0, 0), dtype=np.int64)
        table = np.zeros((2, self.source.size, problem.n_vehicles), dtype=np.int64)
        table[1, : self.n_tasks] = problem.task_duration[self._tasks][:, None]
        table[1, self.n_tasks :] = problem.break_length[self._breaks][:, None]
        if problem.pair_cost.size:
            table[0, : self.n_tasks] = problem.pair_cost[self._tasks]
        if problem.pair_duration.size:
            table[1, : self.n_tasks] = problem.pair_duration[self._tasks]
        return table

    def _flags(self) -> Longs:
        problem = self.problem
        timed = problem.worst_idle_cost > 0 or problem.balance_cost > 0
        for column in (
            problem.vehicle_time_cost,
            problem.vehicle_overtime,
            problem.vehicle_wait_cost,
        ):
            timed |= bool(column.any())
        for column in (problem.vehicle_max_work, problem.vehicle_max_travel):
            timed |= bool((column != NONE).any())
        has_pairs = bool(problem.pair_cost.size or problem.pair_duration.size)
        values = [
            timed,
            self._breaks.size > 0,
            has_pairs,
            int(_PENALTY * self.leg),
            problem.worst_idle_cost,
            problem.balance_cost,
            problem.plan_tolerance,
            problem.change_cost,
            problem.max_changes,
        ]
        return np.array(values, dtype=np.int64)


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
