"""The week as tables for the compiled search."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.terms import NONE
from optimizer.routing.week.patterns import Bundle
from optimizer.routing.week.problem import WeekProblem
from optimizer.routing.week.week_kernels import WeekData, WeekLog, WeekState

__all__ = ["WeekModel"]

_MOST_STOPS = 48
_NEAR = 30
_LOG_ROUTES, _LOG_UNITS, _LOG_NEEDS = 96, 400, 64
_NEAR_LEG = 5
_WHOLE = -1


class WeekModel:
    """Tables of a week with the bundles' visits; see :class:`WeekData`.

    Attributes:
        problem: the week. bundles: its bundles.
        group_bundle: int64[G], position in ``bundles``. group_number: int64[G], which visit.
        data: the tables.
        leg: cost of a way to a near client, the unit of temperatures.
    """

    def __init__(self, problem: WeekProblem, bundles: list[Bundle]) -> None:
        self.problem = problem
        self.bundles = bundles
        groups = [(b, i) for b, bundle in enumerate(bundles) for i in range(bundle.paid)]
        self.group_bundle = np.array([b for b, _ in groups], dtype=np.int64)
        self.group_number = np.array([i for _, i in groups], dtype=np.int64)
        unit, group, prize = self._units(groups)
        link, forward, link_rows = self._links()
        needs = self._needs(link)
        near = self._near()
        self.leg = self._leg(near)
        by_client = np.argsort(unit[:, 2], kind="stable")
        by_need = np.argsort(unit[:, 0], kind="stable")
        self.data = WeekData(
            time=problem.time,
            distance=problem.distance,
            unit=unit,
            client_row=_rows(unit[:, 2], problem.n_clients),
            client_unit=by_client.astype(np.int32),
            group=group,
            prize=prize,
            bundle=self._bundle_table(link_rows),
            bundle_need=np.array([n for b in bundles for n in b.needs], dtype=np.int32),
            usable=np.array([b.usable for b in bundles], dtype=np.bool_).reshape(
                len(bundles), problem.n_days
            ),
            link=link,
            link_forward=forward,
            need=needs,
            window=np.stack([problem.window_open, problem.window_close], axis=1),
            able=np.array(
                [problem.able(n) for n in range(problem.n_needs)], dtype=np.bool_
            ).reshape(problem.n_needs, problem.n_carers),
            pair=problem.pair_cost.copy()
            if problem.pair_cost.size
            else np.zeros((problem.n_needs, problem.n_carers), dtype=np.int64),
            near=near,
            unit_first=_rows(unit[:, 0], problem.n_needs),
            need_unit=by_need.astype(np.int32),
            shift=self._shifts(),
            carer=self._carers(),
            weight=np.array(
                [problem.continuity_cost, problem.balance_cost, problem.day_ticks], dtype=np.int64
            ),
        )

    def empty(self, days: list[tuple[int, ...]]) -> WeekState:
        """Nobody visited; ``days`` are those of every bundle."""
        problem, data = self.problem, self.data
        routes = data.shift.shape[0]
        start = np.zeros((problem.n_needs, 3), dtype=np.int64)
        start[:, :2] = data.window[data.need[:, 3]]
        lost = int(data.prize.sum())
        day = [days[b][i] for b, i in zip(self.group_bundle, self.group_number, strict=True)]
        return WeekState(
            seq=np.zeros((routes, _MOST_STOPS), dtype=np.int32),
            size=np.zeros(routes, dtype=np.int32),
            figure=np.zeros((routes, 4), dtype=np.int64),
            who=np.full(data.unit.shape[0], NONE, dtype=np.int32),
            day=np.array(day, dtype=np.int32),
            start=start,
            seen=np.zeros((problem.n_clients, problem.n_carers), dtype=np.int32),
            work=np.zeros(problem.n_carers, dtype=np.int64),
            total=np.array([lost], dtype=np.int64),
        )

    def log(self) -> WeekLog:
        """Room to remember one change."""
        return WeekLog(
            count=np.zeros(3, dtype=np.int64),
            route=np.zeros(_LOG_ROUTES, dtype=np.int32),
            seq=np.zeros((_LOG_ROUTES, _MOST_STOPS), dtype=np.int32),
            size=np.zeros(_LOG_ROUTES, dtype=np.int32),
            figure=np.zeros((_LOG_ROUTES, 4), dtype=np.int64),
            saved=np.zeros(self.data.shift.shape[0], dtype=np.bool_),
            unit=np.zeros(_LOG_UNITS, dtype=np.int32),
            who=np.zeros(_LOG_UNITS, dtype=np.int32),
            group=np.full(2, NONE, dtype=np.int32),
            need=np.zeros(_LOG_NEEDS, dtype=np.int32),
            start=np.zeros((_LOG_NEEDS, 3), dtype=np.int64),
            temp=np.zeros(_MOST_STOPS, dtype=np.int32),
        )

    def _units(
        self, groups: list[tuple[int, int]]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
        problem = self.problem
        units: list[tuple[int, int, int]] = []
        rows: list[tuple[int, int, int]] = []
        prizes: list[int] = []
        for g, (b, _) in enumerate(groups):
            first = len(units)
            for need in self.bundles[b].needs:
                client = int(problem.need_client[need])
                units += [(need, g, client)] * int(problem.need_staff[need])
            rows.append((b, first, len(units)))
            prizes.append(self._worth(b))
        return (
            np.array(units, dtype=np.int32).reshape(-1, 3),
            np.array(rows, dtype=np.int32).reshape(-1, 3),
            np.array(prizes, dtype=np.int64),
        )

    def _worth(self, bundle: int) -> int:
        """What leaving out one visit of a bundle costs the search.

        Higher tiers weigh more than all lower prizes of a carer's day; money that would lapse is
        counted as if no other visit spent it.
        """
        problem, needs = self.problem, list(self.bundles[bundle].needs)
        deepest = int(problem.need_tier.max(initial=0))
        lapse = 0
        for need in needs:
            payer = int(problem.need_payer[need])
            if payer != NONE:
                spendable = min(int(problem.need_price[need]), int(problem.payer_lapsing[payer]))
                lapse += spendable * problem.lapse_cost
        weight: int = 4 ** (deepest - int(problem.need_tier[needs].min()))
        return int(problem.need_prize[needs].sum()) * weight + lapse

    def _links(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.int8], list[tuple[int, int]]]:
        """Links by bundle, in an order in which one end is known; rows by bundle."""
        problem = self.problem
        by_bundle: dict[int, list[int]] = defaultdict(list)
        lowest = problem.bundles
        for row, need in enumerate(problem.link_first.tolist()):
            by_bundle[int(lowest[need])].append(row)
        table: list[tuple[int, int, int, int]] = []
        forward: list[int] = []
        rows = []
        for bundle in self.bundles:
            begun = len(table)
            left, known = by_bundle[int(lowest[bundle.needs[0]])], {bundle.needs[0]}
            while left:
                row = next(
                    r
                    for r in left
                    if {int(problem.link_first[r]), int(problem.link_second[r])} & known
                )
                left.remove(row)
                a, b = int(problem.link_first[row]), int(problem.link_second[row])
                forward.append(2 if a in known and b in known else int(a in known))
                known |= {a, b}
                table.append((a, b, int(problem.link_min[row]), int(problem.link_max[row])))
            rows.append((begun, len(table)))
        return (
            np.array(table, dtype=np.int64).reshape(-1, 4),
            np.array(forward, dtype=np.int8),
            rows,
        )

    def _needs(self, link: NDArray[np.int64]) -> NDArray[np.int64]:
        problem = self.problem
        tied = problem.need_staff > 1
        tied[link[:, :2].ravel()] = True
        width = np.where(problem.need_tolerance == NONE, _WHOLE, problem.need_tolerance)
        columns: list[NDArray[Any]] = [
            problem.need_place,
            problem.need_duration,
            np.where(tied, 0, width),
            problem.window_indptr[:-1],
            problem.window_indptr[1:],
        ]
        return np.stack(columns, axis=1).astype(np.int64)

    def _bundle_table(self, link_rows: list[tuple[int, int]]) -> NDArray[np.int32]:
        rows = []
        group = need = 0
        for bundle, (low, high) in zip(self.bundles, link_rows, strict=True):
            gap = int(self.problem.need_gap[bundle.needs[0]])
            ends = (group + bundle.paid, need + len(bundle.needs))
            rows.append((group, ends[0], need, ends[1], gap, low, high))
            group, need = ends
        return np.array(rows, dtype=np.int32).reshape(-1, 7)

    def _near(self) -> NDArray[np.int32]:
        """int32[N, K]: other needs by the way to them, by the first mode."""
        problem = self.problem
        place = problem.need_place
        ways = problem.time[0][place][:, place].astype(np.int64)
        np.fill_diagonal(ways, np.iinfo(np.int64).max)
        count = max(1, min(_NEAR, problem.n_needs - 1))
        order: NDArray[np.int32] = np.argsort(ways, axis=1, kind="stable")[:, :count].astype(
            np.int32
        )
        return order

    def _leg(self, near: NDArray[np.int32]) -> float:
        problem = self.problem
        at = min(_NEAR_LEG, near.shape[1] - 1)
        place = problem.need_place
        ways = problem.time[0, place, place[near[:, at]]].astype(np.float64)
        metres = problem.distance[0, place, place[near[:, at]]].astype(np.float64)
        wage = float(np.mean(problem.carer_time_cost)) if problem.n_carers else 0.0
        per_metre = float(np.mean(problem.carer_distance_cost)) if problem.n_carers else 0.0
        return max(1.0, float(np.median(ways)) * wage + float(np.median(metres)) * per_metre)

    def _shifts(self) -> NDArray[np.int64]:
        problem = self.problem
        columns = (problem.shift_open, problem.shift_close, problem.carer_max_day)
        return np.stack([column.ravel() for column in columns], axis=1)

    def _carers(self) -> NDArray[np.int64]:
        problem = self.problem
        on_shift = np.where(problem.shift_open == NONE, 0, problem.shift_close - problem.shift_open)
        columns: list[NDArray[Any]] = [
            problem.carer_mode,
            problem.carer_start,
            problem.carer_end,
            problem.carer_fixed_cost,
            problem.carer_time_cost,
            problem.carer_distance_cost,
            problem.carer_max_week,
            problem.carer_rest,
            on_shift.sum(axis=0),
        ]
        return np.stack(columns, axis=1).astype(np.int64)


def _rows(values: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """First rows of every value in a list sorted by value."""
    counts = np.bincount(values, minlength=size)
    rows: NDArray[np.int32] = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return rows
