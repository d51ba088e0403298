"""Large problems in parts: neighbouring routes are searched on their own, again and again.

An iteration of PyVRP costs time in proportion to the size of the whole problem, but changes only a
few routes. So a region is drawn around a random route: routes with the most links to it join until
it has enough clients (in the manner of Taillard 1993; links are PyVRP's own neighbourhoods, which
know time windows). Two workers search regions that have no route in common. Early regions get few
iterations, since their borders are still in the wrong place; later ones get more.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyvrp import Client, ClientGroup, Depot, ProblemData, Solution

from optimizer.routing.pyvrp_engine.stops import StopRow, neighbours, rows_of, solution_of

__all__ = ["Division", "Region"]

_CLIENTS = 200
"""Clients of a region, about."""
_SPARE_SHARE = 4
"""A region may use one in so many of the vehicles of a type that nobody uses."""


@dataclass(frozen=True)
class Region:
    """A part of a problem.

    Attributes:
        data: the part as a problem of its own.
        start: its present routes.
        routes: their numbers in the division.
        clients: the problem's number of every client of the part.
        types: the problem's number of every vehicle type of the part.
        spare: unused vehicles lent to the part, by the problem's vehicle type.
        outside: clients that nobody serves and only this part may take, with their groups.
    """

    data: ProblemData
    start: Solution
    routes: tuple[int, ...]
    clients: NDArray[np.int64]
    types: NDArray[np.int64]
    spare: Counter[int]
    outside: frozenset[int]

    def rows(self, solution: Solution) -> list[StopRow]:
        """The routes of a solution of the part in the problem's numbers."""
        return [
            StopRow(
                int(self.types[row.vehicle_type]),
                tuple(int(self.clients[stop]) if stop >= 0 else stop for stop in row.stops),
            )
            for row in rows_of(solution)
        ]


class Division:
    """The present routes of a large problem, and the regions drawn in it.

    Args:
        data: the whole problem.
        start: a feasible solution.
        seed: for the choice of regions.
    """

    def __init__(self, data: ProblemData, start: Solution, seed: int) -> None:
        self._data = data
        self._clients = data.clients()
        self._near = neighbours(data)
        self._rng = np.random.default_rng(seed)
        self._lock = threading.Lock()
        self._routes: dict[int, StopRow] = {}
        self._route_of: dict[int, int] = {}
        self._busy: set[int] = set()
        self._lent: Counter[int] = Counter()
        self._promised: set[int] = set()
        self._next = 0
        self.replace(rows_of(start))

    def replace(self, rows: Sequence[StopRow]) -> None:
        """Take other routes; regions in work are then given back in vain."""
        with self._lock:
            self._routes, self._route_of = {}, {}
            self._busy.clear()
            for row in rows:
                self._insert(row)

    def rows(self) -> list[StopRow]:
        """The present routes."""
        with self._lock:
            return list(self._routes.values())

    def _insert(self, row: StopRow) -> None:
        self._routes[self._next] = row
        for client in row.clients:
            self._route_of[client] = self._next
        self._next += 1

    def take(self) -> Region | None:
        """Draw a region from the routes that nobody works on, None where there are none."""
        with self._lock:
            free = [number for number in self._routes if number not in self._busy]
            if not free:
                return None
            chosen = self._grow(free[int(self._rng.integers(len(free)))])
            self._busy.update(chosen)
            spare = self._lend(chosen)
            outside = self._unserved_near(chosen)
            promised = self._kin(outside)
            self._promised |= promised
        rows = [self._routes[number] for number in chosen]
        return self._cut(tuple(chosen), rows, outside, spare, promised)

    def give_back(self, region: Region, found: Solution | None) -> bool:
        """Return a region, with a better solution where there is one; whether it was taken."""
        rows = None if found is None else region.rows(found)
        with self._lock:
            self._lent -= region.spare
            self._promised -= region.outside
            if any(number not in self._routes for number in region.routes):
                return False
            self._busy.difference_update(region.routes)
            if rows is None:
                return False
            for number in region.routes:
                for client in self._routes.pop(number).clients:
                    del self._route_of[client]
            for row in rows:
                self._insert(row)
            return True

    def _grow(self, seed: int) -> list[int]:
        """Routes around one, those with the most links to the region first."""
        chosen, count = [seed], len(self._routes[seed].clients)
        links: Counter[int] = Counter()
        newest = seed
        while count < _CLIENTS:
            for client in self._routes[newest].clients:
                links.update(
                    self._route_of[near] for near in self._near[client] if near in self._route_of
                )
            best, most = None, 0.0
            for number, weight in links.items():
                if number in self._busy or number in chosen:
                    continue
                # Long routes have more links than short ones; chance varies the borders.
                weighed = weight / len(self._routes[number].clients) ** 0.5
                weighed *= 0.7 + 0.6 * self._rng.random()
                if weighed > most:
                    best, most = number, weighed
            if best is None:
                break
            newest = best
            chosen.append(best)
            count += len(self._routes[best].clients)
        return chosen

    def _lend(self, chosen: Iterable[int]) -> Counter[int]:
        """A share of the unused vehicles, of every type."""
        used = Counter(row.vehicle_type for row in self._routes.values()) + self._lent
        spare: Counter[int] = Counter()
        for number, vehicles in enumerate(self._data.vehicle_types()):
            unused = vehicles.num_available - used[number]
            if unused > 0:
                spare[number] = -(-unused // _SPARE_SHARE)
        self._lent += spare
        return spare

    def _unserved_near(self, chosen: Iterable[int]) -> list[int]:
        """Clients that nobody serves or may take yet, and whose neighbours lie in the region."""
        near = {
            other
            for number in chosen
            for c in self._routes[number].clients
            for other in self._near[c]
        }
        return sorted(near - self._route_of.keys() - self._promised)

    def _kin(self, clients: Iterable[int]) -> frozenset[int]:
        """The clients and whoever they exclude."""
        groups = self._data.groups()
        kin = set(clients)
        for client in clients:
            group = self._clients[client].group
            if group is not None:
                kin.update(groups[group].clients)
        return frozenset(kin)

    def _cut(
        self,
        chosen: tuple[int, ...],
        rows: list[StopRow],
        outside: list[int],
        spare: Counter[int],
        promised: frozenset[int],
    ) -> Region:
        clients = [client for row in rows for client in row.clients] + outside
        clients = self._with_groups(clients)
        counts = Counter(row.vehicle_type for row in rows) + spare
        types = sorted(counts)
        data = _part(self._data, clients, {number: counts[number] for number in types})
        at_client = {client: row for row, client in enumerate(clients)}
        at_type = {number: row for row, number in enumerate(types)}
        start = solution_of(
            data,
            [
                StopRow(
                    at_type[row.vehicle_type],
                    tuple(at_client[stop] if stop >= 0 else stop for stop in row.stops),
                )
                for row in rows
            ],
        )
        return Region(
            data=data,
            start=start,
            routes=chosen,
            clients=np.array(clients, dtype=np.int64),
            types=np.array(types, dtype=np.int64),
            spare=spare,
            outside=promised,
        )

    def _with_groups(self, clients: list[int]) -> list[int]:
        """The clients and whoever they exclude; groups with a member elsewhere stay there."""
        served = set(clients)
        groups = self._data.groups()
        kept: dict[int, None] = {}
        for client in clients:
            group = self._clients[client].group
            members = [client] if group is None else list(groups[group].clients)
            elsewhere = any(m in self._route_of and m not in served for m in members)
            if not elsewhere:
                kept.update(dict.fromkeys(members))
        return list(kept)


def _part(data: ProblemData, clients: Sequence[int], counts: dict[int, int]) -> ProblemData:
    """The problem with some of its clients and vehicles only; all depots stay."""
    everyone, depots = data.clients(), data.depots()
    vehicles = [data.vehicle_type(number) for number in counts]
    places = list(
        dict.fromkeys(
            [depot.location for depot in depots] + [everyone[c].location for c in clients]
        )
    )
    at_place = {place: row for row, place in enumerate(places)}
    groups: dict[int, list[int]] = {}
    for row, client in enumerate(clients):
        group = everyone[client].group
        if group is not None:
            groups.setdefault(group, []).append(row)
    at_group = {group: row for row, group in enumerate(groups)}
    profiles = sorted({vehicle.profile for vehicle in vehicles})
    at_profile = {profile: row for row, profile in enumerate(profiles)}
    square = np.ix_(places, places)
    distances: list[Any] = [data.distance_matrix(profile)[square] for profile in profiles]
    durations: list[Any] = [data.duration_matrix(profile)[square] for profile in profiles]
    return ProblemData(
        locations=[data.location(place) for place in places],
        clients=[_moved(everyone[client], at_place, at_group) for client in clients],
        depots=[
            Depot(
                at_place[depot.location],
                tw_early=depot.tw_early,
                tw_late=depot.tw_late,
                service_duration=depot.service_duration,
            )
            for depot in depots
        ],
        vehicle_types=[
            vehicle.replace(num_available=count, profile=at_profile[vehicle.profile])
            for vehicle, count in zip(vehicles, counts.values(), strict=True)
        ],
        distance_matrices=distances,
        duration_matrices=durations,
        groups=[
            ClientGroup(members, required=data.group(group).required)
            for group, members in groups.items()
        ],
    )


def _moved(client: Client, at_place: dict[int, int], at_group: dict[int, int]) -> Client:
    return Client(
        at_place[client.location],
        delivery=client.delivery,
        pickup=client.pickup,
        service_duration=client.service_duration,
        tw_early=client.tw_early,
        tw_late=client.tw_late,
        release_time=client.release_time,
        prize=client.prize,
        required=client.required,
        group=None if client.group is None else at_group[client.group],
    )
