"""``matrix``: travel times by e-bike between all places of a day of visits, or all grid cells.

Peers compute seconds only, ours seconds and metres of the same ways; the seconds must be equal.
Ratios as in ``reach``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from benchmarks.suite import Case, Limits, Outcome, Suite
from benchmarks.suites.streets import (
    PeerGraph,
    Place,
    in_turns,
    median_seconds,
    peer_graph,
    porto_alegre,
    real_layers,
)
from benchmarks.towns import open_town
from geo.matrix import travel_matrix
from geo.modes import TravelMode, ebike
from geo.network import StreetNetwork
from geo.snap import Snapped, snap
from scenarios.day import read_visit_day

__all__ = ["MATRIX"]

_CHUNK = 32
_SAMPLE = 20
Seconds = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Work:
    network: StreetNetwork
    points: Snapped
    mode: TravelMode

    def ours(self, threads: int) -> Seconds:
        """Our matrix of seconds."""
        matrix = travel_matrix(self.network, self.points, self.mode, threads=threads)
        return matrix.seconds.astype(np.int64)

    def warm(self) -> None:
        """Load compiled kernels and the mode's graph."""
        travel_matrix(self.network, self.points.take([0, 1]), self.mode, threads=1)

    def in_seconds(self, ticks: NDArray[np.float64], first: int) -> Seconds:
        """Milliseconds of consecutive rows as whole seconds, by our rules of rounding."""
        x, y = self.points.x, self.points.y
        rows = slice(first, first + ticks.shape[0])
        same = (x[rows, None] == x[None, :]) & (y[rows, None] == y[None, :])
        seconds = np.where(np.isfinite(ticks), np.ceil(ticks / 1000), -1)
        return np.where(same, 0, seconds).astype(np.int64)


def cases(data: Path | None) -> list[Case]:
    """Demo towns, and Porto Alegre where its layers are there."""
    found = [Case(f"town-{size}", Place("town", size), "max") for size in ("S", "M", "L")]
    folder = real_layers(data)
    if folder is not None:
        found.append(Case("porto-alegre", Place("porto-alegre", folder=folder), "max"))
    return found


def _load(place: Place) -> _Work:
    mode = ebike()
    if place.folder is not None:
        network, lon, lat = porto_alegre(place.folder)
    else:
        scenario, folder, district = open_town(place.size)
        assert scenario.visits is not None
        network = district.streets
        visits = read_visit_day(scenario.visits, folder).visits
        at = sorted({(visit.place.lon, visit.place.lat) for visit in visits})
        lon, lat = np.array(at).T
    return _Work(network, snap(network, lon, lat, mode, connected=True), mode)


def ours(case: Case, limits: Limits) -> Outcome:
    """Our matrix; some of its rows are compared with scipy's."""
    work = _load(case.source)
    work.warm()
    seconds, took = median_seconds(lambda: work.ours(limits.threads))
    rows = np.linspace(0, len(work.points) - 1, min(_SAMPLE, len(work.points))).astype(int)
    for row in rows.tolist():
        graph = peer_graph(work.network, work.points.take([row]), work.points, work.mode)
        distance = dijkstra(graph.matrix, indices=[graph.nodes])
        if not np.array_equal(work.in_seconds(graph.attach(distance, 0), row)[0], seconds[row]):
            return Outcome("failed", None, took, note="differs from scipy")
    metrics = {"places": float(len(work.points)), "checked": float(rows.size)}
    return Outcome("optimal", float(seconds.sum()), took, metrics=metrics)


Prepare = Callable[[PeerGraph, _Work], Callable[[], Seconds]]


def _beside(case: Case, limits: Limits, prepare: Prepare) -> Outcome:
    """A peer in turns with ours; its seconds must be ours. What ``prepare`` does is not timed."""
    work = _load(case.source)
    work.warm()
    expected = work.ours(limits.threads)
    graph = peer_graph(work.network, work.points, work.points, work.mode)
    search = prepare(graph, work)
    found, turns = in_turns(lambda: work.ours(limits.threads), search, limits.threads)
    if not np.array_equal(found, expected):
        return Outcome("failed", None, turns.seconds, note="its seconds differ from ours")
    return Outcome("optimal", float(found.sum()), turns.seconds, metrics=turns.metrics)


def _scipy(case: Case, limits: Limits) -> Outcome:
    def prepare(graph: PeerGraph, work: _Work) -> Callable[[], Seconds]:
        def search() -> Seconds:
            parts = []
            for first in range(0, graph.starts, _CHUNK):
                rows = graph.nodes + np.arange(first, min(first + _CHUNK, graph.starts))
                distance = dijkstra(graph.matrix, indices=rows)
                parts.append(work.in_seconds(graph.attach(distance, first), first))
            return np.concatenate(parts)

        return search

    return _beside(case, limits, prepare)


def _networkx(case: Case, limits: Limits) -> Outcome:
    nx: Any = importlib.import_module("networkx")

    def prepare(graph: PeerGraph, work: _Work) -> Callable[[], Seconds]:
        streets = graph.as_networkx()

        def search() -> Seconds:
            parts = []
            for start in range(graph.starts):
                found = nx.single_source_dijkstra_path_length(streets, graph.nodes + start)
                distance = np.full((1, graph.matrix.shape[0]), np.inf)
                distance[0, list(found)] = list(found.values())
                parts.append(work.in_seconds(graph.attach(distance, start), start))
            return np.concatenate(parts)

        return search

    return _beside(case, limits, prepare)


def _cch(case: Case, limits: Limits) -> Outcome:
    """RoutingKit's customizable contraction hierarchies; the ordering of nodes counts too."""
    routing: Any = importlib.import_module("routingkit_cch")

    def prepare(graph: PeerGraph, work: _Work) -> Callable[[], Seconds]:
        arcs = graph.matrix.tocoo()
        tail, head = arcs.row.tolist(), arcs.col.tolist()
        weights = arcs.data.astype(int).tolist()
        network, points = work.network, work.points
        x = np.concatenate([network.node_x, points.x]).tolist()
        y = np.concatenate([network.node_y, points.y]).tolist()
        near = np.unique(graph.near)

        def search() -> Seconds:
            order = routing.compute_order_inertial(len(x), tail, head, y, x)
            hierarchy = routing.CCH(order, tail, head, False)
            metric = routing.CCHMetric(hierarchy, weights)
            many = routing.CCHOneToMany(metric, near.tolist())
            parts = []
            for start in range(graph.starts):
                found = many.distances_from(graph.nodes + start)
                distance = np.full((1, graph.matrix.shape[0]), np.inf)
                distance[0, near] = [np.inf if way is None else way for way in found]
                parts.append(work.in_seconds(graph.attach(distance, start), start))
            return np.concatenate(parts)

        return search

    return _beside(case, limits, prepare)


MATRIX = Suite(
    name="matrix",
    about="seconds by e-bike between all pairs of places, exact; seconds and ratio count",
    seconds=600.0,
    cases=cases,
    ours=ours,
    peers={"scipy": _scipy, "networkx": _networkx, "cch": _cch},
    packages={"scipy": ("scipy",), "networkx": ("networkx",), "cch": ("routingkit-cch",)},
    smoke=("town-S", 60.0),
)
