"""Children of two solutions: neighbouring routes of one give way to the like routes of the other.

Selective route exchange (Nagata and Braysy 2009) without coordinates: the routes that leave are
grown along PyVRP's neighbourhoods, the routes that come are those with the most clients in common
with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pyvrp import ProblemData

from optimizer.routing.pyvrp_engine.population import Individual
from optimizer.routing.pyvrp_engine.stops import StopRow

__all__ = ["exchange"]


def exchange(
    data: ProblemData,
    near: NDArray[np.float64],
    first: Individual,
    second: Individual,
    rng: np.random.Generator,
) -> list[StopRow]:
    """The routes of a child; it may leave clients out.

    Of clients in one group (a visit's windows) it takes one at most.

    Args:
        data: the problem.
        near: float64[C, C], 1 where the column is a neighbour of the row.
        first: the parent most of whose routes stay.
        second: the parent whose routes come.
        rng: random numbers.
    """
    mine, theirs = first.rows, second.rows
    if not mine or not theirs:
        return list(mine or theirs)
    most = max(1, min(len(mine), len(theirs)) - 1)
    leaving = _grow(near, mine, int(rng.integers(1, most + 1)), rng)
    gone = {client for at in leaving for client in mine[at].clients}
    coming = _alike(theirs, gone, len(leaving), rng)
    staying = [row for at, row in enumerate(mine) if at not in leaving]
    if rng.random() < 0.5:
        arrived = _with_kin(data, coming)
        staying = [_without(row, arrived) for row in staying]
    else:
        kept = _with_kin(data, staying)
        coming = [_without(row, kept) for row in coming]
    return _manned(data, [row for row in staying if row.clients], coming)


def _with_kin(data: ProblemData, rows: Sequence[StopRow]) -> set[int]:
    """The clients of some routes and all others of their groups."""
    groups = data.groups()
    served = {client for row in rows for client in row.clients}
    if not groups:
        return served
    clients = data.clients()
    met = {clients[client].group for client in served}
    return served.union(*(groups[group].clients for group in met if group is not None))


def _grow(
    near: NDArray[np.float64], rows: Sequence[StopRow], count: int, rng: np.random.Generator
) -> set[int]:
    """``count`` routes around a random one, those with the most links to it first."""
    route_of = np.full(near.shape[0], len(rows))
    for at, row in enumerate(rows):
        route_of[list(row.clients)] = at
    newest = int(rng.integers(len(rows)))
    chosen = {newest}
    links = np.full(len(rows), 0.1)
    while len(chosen) < count:
        votes = near[list(rows[newest].clients)].sum(axis=0)
        links += np.bincount(route_of, weights=votes, minlength=len(rows) + 1)[: len(rows)]
        weights = links * (0.5 + rng.random(len(rows)))
        weights[list(chosen)] = -1.0
        newest = int(np.argmax(weights))
        chosen.add(newest)
    return chosen


def _alike(
    rows: Sequence[StopRow], clients: set[int], count: int, rng: np.random.Generator
) -> list[StopRow]:
    """The routes with the largest share of their clients among the given ones."""
    shares = [
        len(clients.intersection(row.clients)) / max(1, len(row.clients)) + 0.2 * rng.random()
        for row in rows
    ]
    order = np.argsort(shares)[::-1][:count]
    return [rows[at] for at in order.tolist()]


def _without(row: StopRow, clients: set[int]) -> StopRow:
    return StopRow(row.vehicle_type, tuple(stop for stop in row.stops if stop not in clients))


def _manned(data: ProblemData, staying: list[StopRow], coming: list[StopRow]) -> list[StopRow]:
    """All routes, as far as there are vehicles; those that come may change their vehicle type."""
    free = Counter({at: kind.num_available for at, kind in enumerate(data.vehicle_types())})
    free.subtract(row.vehicle_type for row in staying)
    child = list(staying)
    for row in coming:
        if not row.clients:
            continue
        kind = row.vehicle_type
        if free[kind] <= 0:
            kind = max(free, key=lambda at: free[at])
        if free[kind] > 0:
            free[kind] -= 1
            child.append(StopRow(kind, row.stops))
    return child
