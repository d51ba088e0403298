"""A pool of routes, recombined by set partitioning.

The searches meet many good routes that never stand in one solution. With one binary x[r] per
route r of the pool and y[u] = 1 iff client u stays unserved (optional clients only):

    min  sum cost[r] x[r] + sum prize[u] y[u]
    s.t. sum over routes with u of x[r] + y[u] >= 1    for every client u
         sum over routes of type k of x[r] <= count[k]  for every vehicle type k

(Balinski and Quandt 1964; as a heuristic over a pool: Rochat and Taillard 1995). Covering instead
of partitioning leaves more answers; a client that lies in several chosen routes is taken out of
all but the one that it is cheapest in. Clients that exclude each other share a row.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from pyvrp import ProblemData, Solution

from optimizer.routing.pyvrp_engine.local import engine_cost
from optimizer.routing.pyvrp_engine.stops import (
    StopRow,
    cost_of_route,
    route_of,
    rows_of,
    solution_of,
)
from optimizer.siting import highs
from optimizer.stop import Stop

__all__ = ["RoutePool"]

_MOST_ROUTES = 30_000


class RoutePool:
    """The cheapest known order of every set of clients met on one route of one vehicle type.

    Args:
        data: the problem that the routes belong to.
        most: routes kept; beyond that the older half goes.
    """

    def __init__(self, data: ProblemData, most: int = _MOST_ROUTES) -> None:
        self._data = data
        self._most = most
        self._row_of_client, self._prizes = _rows(data)
        self._found: dict[tuple[int, frozenset[int]], tuple[int, StopRow]] = {}
        self._seen: set[StopRow] = set()
        self._lock = threading.Lock()
        self.news = 0

    def add(self, solution: Solution) -> None:
        """Keep the routes of a feasible solution of the problem."""
        self.add_rows(rows_of(solution))

    def add_rows(self, rows: Iterable[StopRow]) -> None:
        """Keep feasible routes."""
        for row in rows:
            if row in self._seen:
                continue
            cost = cost_of_route(route_of(self._data, row))
            key = self._key(row)
            with self._lock:
                self._seen.add(row)
                known = self._found.get(key)
                if known is None or cost < known[0]:
                    self._found.pop(key, None)
                    self._found[key] = cost, row
                    self.news += 1
                if len(self._found) > self._most or len(self._seen) > 4 * self._most:
                    self._forget()

    def _key(self, row: StopRow) -> tuple[int, frozenset[int]]:
        return row.vehicle_type, frozenset(self._row_of_client[list(row.clients)].tolist())

    def _forget(self) -> None:
        kept = list(self._found.items())[len(self._found) // 2 :]
        self._found = dict(kept)
        self._seen = {row for _, (_, row) in kept}

    def recombine(self, best: Solution, stop: Stop, seed: int = 0) -> Solution | None:
        """The best combination of the pool's routes.

        Args:
            best: a feasible solution of the problem, to begin with.
            stop: limits; the iterations are branch-and-bound nodes.
            seed: for HiGHS.

        Returns:
            A feasible solution cheaper than ``best``, None where none was found.
        """
        rows = rows_of(best)
        self.add_rows(rows)
        with self._lock:
            found = dict(self._found)
            self.news = 0
        for row in rows:  # the pool may have forgotten them
            found.setdefault(self._key(row), (cost_of_route(route_of(self._data, row)), row))
        columns = list(found.items())
        number = {key: column for column, (key, _) in enumerate(columns)}
        start = np.concatenate([np.zeros(len(columns)), np.ones(self._prizes.size)])
        for row in rows:
            key = self._key(row)
            start[number[key]] += 1.0
            start[[len(columns) + unit for unit in key[1]]] = 0.0
        model = self._model([(key, cost) for key, (cost, _) in columns])
        usable = bool(np.all(start <= model.upper))
        outcome = highs.run(model, stop.start(), seed=seed, start=start if usable else None)
        if outcome.values is None:
            return None
        chosen = [
            columns[column][1][1]
            for column in np.flatnonzero(outcome.values > 0.5)
            if column < len(columns)
        ]
        better = solution_of(self._data, self._parted(chosen))
        return better if engine_cost(better) < engine_cost(best) else None

    def _model(self, columns: list[tuple[tuple[int, frozenset[int]], int]]) -> highs.Model:
        """The program above, columns of the routes first, then one per row of clients."""
        n_rows, n_routes = self._prizes.size, len(columns)
        counts = [vehicles.num_available for vehicles in self._data.vehicle_types()]
        row: list[int] = []
        column: list[int] = []
        for at, ((vehicle_type, served), _) in enumerate(columns):
            row += [*served, n_rows + vehicle_type]
            column += [at] * (len(served) + 1)
        row += range(n_rows)
        column += range(n_routes, n_routes + n_rows)
        order = np.argsort(np.array(row, dtype=np.int64), kind="stable")
        indptr = np.zeros(n_rows + len(counts) + 1, dtype=np.int32)
        np.cumsum(np.bincount(row, minlength=n_rows + len(counts)), out=indptr[1:])
        ones, infinite = np.ones(n_rows), np.inf
        free = self._prizes >= 0
        return highs.Model(
            cost=np.concatenate([[cost for _, cost in columns], np.where(free, self._prizes, 0)]),
            lower=np.zeros(n_routes + n_rows),
            upper=np.concatenate([np.ones(n_routes), free.astype(np.float64)]),
            integer=np.ones(n_routes + n_rows, dtype=bool),
            row_lower=np.concatenate([ones, np.full(len(counts), -infinite)]),
            row_upper=np.concatenate([np.full(n_rows, infinite), counts]),
            indptr=indptr,
            index=np.array(column, dtype=np.int32)[order],
            value=np.ones(len(column)),
        )

    def _parted(self, rows: list[StopRow]) -> list[StopRow]:
        """The routes with every client on one of them only, where it saves the least to leave."""
        holders: dict[int, list[int]] = {}
        for at, row in enumerate(rows):
            for client in row.clients:
                holders.setdefault(int(self._row_of_client[client]), []).append(at)
        for unit, members in holders.items():
            while len(members) > 1:
                savings = [self._saving(rows[at], unit) for at in members]
                at = members.pop(int(np.argmax(savings)))
                rows[at] = self._without(rows[at], unit)
        return [row for row in rows if row.clients]

    def _without(self, row: StopRow, unit: int) -> StopRow:
        kept = (stop for stop in row.stops if stop < 0 or self._row_of_client[stop] != unit)
        return StopRow(row.vehicle_type, tuple(kept))

    def _saving(self, row: StopRow, unit: int) -> int:
        with_it = cost_of_route(route_of(self._data, row))
        return with_it - cost_of_route(route_of(self._data, self._without(row, unit)))


def _rows(data: ProblemData) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row of every client, int64[C]; prize of every row, -1 where it must be served, int64[R]."""
    row_of_client = np.empty(data.num_clients, dtype=np.int64)
    row_of_group: dict[int, int] = {}
    prizes: list[int] = []
    groups = data.groups()
    for at, client in enumerate(data.clients()):
        group = client.group
        if group is not None and group in row_of_group:
            row_of_client[at] = row_of_group[group]
            continue
        required = client.required if group is None else groups[group].required
        row_of_client[at] = len(prizes)
        if group is not None:
            row_of_group[group] = len(prizes)
        prizes.append(-1 if required else int(client.prize))
    return row_of_client, np.array(prizes, dtype=np.int64)
