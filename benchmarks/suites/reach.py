"""``reach``: who lies within 15 minutes' walk of each of many sites.

The ways of pairs are exact integers, so every solver must find the same lists to the millisecond;
one that does not has failed. A peer runs in turns with ours in one process, and ``ratio`` is the
median of its processor seconds over ours: the noise of a shared machine mostly cancels out.
"""

from __future__ import annotations

import importlib
import os
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
from geo.modes import TravelMode, walk
from geo.network import StreetNetwork
from geo.reach import Reach, reach
from geo.snap import Snapped, snap
from scenarios.siting.case import compile_siting

__all__ = ["REACH"]

_LIMIT_S = 900.0
_LIMIT_MS = 900_000
_CHUNK = 64
"""Sites per call of scipy: distances of one chunk stay in the processor's cache."""
_SAMPLE = 40
"""Sites of our own answer that are searched again with scipy."""

Lists = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]
"""CSR pointer, ends ascending within a site, milliseconds."""


@dataclass(frozen=True, eq=False)
class _Work:
    network: StreetNetwork
    sites: Snapped
    demand: Snapped
    mode: TravelMode

    def ours(self, threads: int) -> Reach:
        """Our answer."""
        return reach(self.network, self.sites, self.demand, self.mode, _LIMIT_S, threads=threads)

    def warm(self) -> None:
        """Load compiled kernels and the mode's graph."""
        reach(self.network, self.sites.take([0]), self.demand, self.mode, 1.0, threads=1)


def cases(data: Path | None) -> list[Case]:
    """Demo towns, and Porto Alegre where its layers are there."""
    found = [Case(f"town-{size}", Place("town", size), "max") for size in ("S", "M", "L")]
    folder = real_layers(data)
    if folder is not None:
        found.append(Case("porto-alegre", Place("porto-alegre", folder=folder), "max"))
    return found


def _load(place: Place) -> _Work:
    mode = walk(1.0)
    if place.folder is not None:
        network, lon, lat = porto_alegre(place.folder)
        cells = snap(network, lon, lat, mode)
        return _Work(network, cells, cells, mode)
    scenario, _, district = open_town(place.size)
    assert scenario.siting is not None
    case = compile_siting(scenario.siting, district)
    points = case.demand.places.geometry
    demand = snap(district.streets, points.x.to_numpy(), points.y.to_numpy(), mode)
    return _Work(district.streets, case.snapped, demand, mode)


def ours(case: Case, limits: Limits) -> Outcome:
    """Our search; some of its lists are compared with scipy's."""
    work = _load(case.source)
    work.warm()
    found, seconds = median_seconds(lambda: work.ours(limits.threads))
    rng = np.random.default_rng(0)
    some = np.sort(rng.permutation(len(work.sites))[:_SAMPLE])
    part = peer_graph(work.network, work.sites.take(some), work.demand, work.mode)
    expected = _scipy_lists(part)
    if not _equal(_rows(found, some), expected):
        return Outcome("failed", None, seconds, note="differs from scipy")
    metrics = {"sites": float(len(work.sites)), "checked": float(some.size)}
    return Outcome("optimal", float(found.target.size), seconds, metrics=metrics)


def _rows(found: Reach, rows: NDArray[np.int64]) -> Lists:
    spans = [np.arange(found.indptr[row], found.indptr[row + 1]) for row in rows.tolist()]
    pick = np.concatenate(spans)
    counts = np.diff(found.indptr)[rows]
    return np.concatenate([[0], np.cumsum(counts)]), found.target[pick], found.cost[pick]


def _equal(left: Lists, right: Lists) -> bool:
    (indptr, end, cost), (indptr_2, end_2, cost_2) = left, right
    same_size = indptr.size == indptr_2.size and end.size == end_2.size
    return same_size and bool(
        (indptr == indptr_2).all() and (end == end_2).all() and (cost == cost_2).all()
    )


def _beside(
    case: Case, limits: Limits, prepare: Callable[[PeerGraph], Callable[[], Lists]]
) -> Outcome:
    """A peer in turns with ours; its lists must be ours. What ``prepare`` does is not timed."""
    work = _load(case.source)
    work.warm()
    found = work.ours(limits.threads)
    graph = peer_graph(work.network, work.sites, work.demand, work.mode)
    search = prepare(graph)
    lists, turns = in_turns(lambda: work.ours(limits.threads), search, limits.threads)
    if not _equal(lists, (found.indptr, found.target, found.cost)):
        return Outcome("failed", None, turns.seconds, note="its lists differ from ours")
    return Outcome("optimal", float(found.target.size), turns.seconds, metrics=turns.metrics)


def _scipy_lists(graph: PeerGraph) -> Lists:
    counts, ends, costs = [], [], []
    for first in range(0, graph.starts, _CHUNK):
        last = min(first + _CHUNK, graph.starts)
        rows = graph.nodes + np.arange(first, last)
        distance = dijkstra(graph.matrix, indices=rows, limit=_LIMIT_MS)
        ticks = graph.attach(distance, first)
        row, end = np.nonzero(ticks <= _LIMIT_MS)
        counts.append(np.bincount(row, minlength=last - first))
        ends.append(end.astype(np.int32))
        costs.append(ticks[row, end].astype(np.int64))
    return _joined(counts, ends, costs)


def _joined(counts: list[Any], ends: list[Any], costs: list[Any]) -> Lists:
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    return indptr, np.concatenate(ends), np.concatenate(costs)


def _scipy(case: Case, limits: Limits) -> Outcome:
    return _beside(case, limits, lambda graph: lambda: _scipy_lists(graph))


def _networkx(case: Case, limits: Limits) -> Outcome:
    nx: Any = importlib.import_module("networkx")

    def prepare(graph: PeerGraph) -> Callable[[], Lists]:
        streets = graph.as_networkx()

        def search() -> Lists:
            counts, ends, costs = [], [], []
            for start in range(graph.starts):
                found = nx.single_source_dijkstra_path_length(
                    streets, graph.nodes + start, cutoff=_LIMIT_MS
                )
                distance = np.full((1, graph.matrix.shape[0]), np.inf)
                distance[0, list(found)] = list(found.values())
                ticks = graph.attach(distance, start)[0]
                end = np.flatnonzero(ticks <= _LIMIT_MS)
                counts.append([end.size])
                ends.append(end.astype(np.int32))
                costs.append(ticks[end].astype(np.int64))
            return _joined(counts, ends, costs)

        return search

    return _beside(case, limits, prepare)


def _pandana(case: Case, limits: Limits) -> Outcome:
    """Range queries; pandana's preparation counts, since the lists are asked for once."""
    os.environ["OMP_NUM_THREADS"] = str(limits.threads)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # its C++ prints its progress
    pandana: Any = importlib.import_module("pandana")
    pd: Any = importlib.import_module("pandas")

    def prepare(graph: PeerGraph) -> Callable[[], Lists]:
        arcs = graph.matrix.tocoo()
        nodes = pd.Series(np.zeros(graph.matrix.shape[0]))
        tail, head = pd.Series(arcs.row), pd.Series(arcs.col)
        # Seconds: pandana cuts them to whole thousandths inside.
        weights = pd.DataFrame({"s": arcs.data / 1000 + 1e-4})

        def search() -> Lists:
            network = pandana.Network(nodes, nodes, tail, head, weights, twoway=False)
            counts, ends, costs = [], [], []
            for first in range(0, graph.starts, _CHUNK):
                last = min(first + _CHUNK, graph.starts)
                rows = graph.nodes + np.arange(first, last)
                pairs = network.nodes_in_range(rows, _LIMIT_S + 1e-4)
                distance = np.full((last - first, graph.matrix.shape[0]), np.inf)
                source = pairs["source"].to_numpy() - graph.nodes - first
                milliseconds = np.rint(1000 * pairs["s"].to_numpy())
                distance[source, pairs["destination"].to_numpy()] = milliseconds
                ticks = graph.attach(distance, first)
                row, end = np.nonzero(ticks <= _LIMIT_MS)
                counts.append(np.bincount(row, minlength=last - first))
                ends.append(end.astype(np.int32))
                costs.append(ticks[row, end].astype(np.int64))
            return _joined(counts, ends, costs)

        return search

    return _beside(case, limits, prepare)


REACH = Suite(
    name="reach",
    about="pairs within 15 min on foot at 1 m/s, exact in milliseconds; seconds and ratio count",
    seconds=600.0,
    cases=cases,
    ours=ours,
    peers={"scipy": _scipy, "networkx": _networkx, "pandana": _pandana},
    packages={"scipy": ("scipy",), "networkx": ("networkx",), "pandana": ("pandana",)},
    smoke=("town-S", 60.0),
)
