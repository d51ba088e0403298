"""What ``reach`` and ``matrix`` share: street networks with points, as other libraries see them.

All solvers get the same snapped points and the same integer ticks, so results can be compared
exactly. A peer searches the plain street graph, to which every start is added as a node of its
own; the ends are attached to its distances with NumPy, which is the strongest form that we know:
a graph cut at every door would be several times larger.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from benchmarks.readers.text import FormatError
from geo.modes import TravelMode
from geo.network import StreetNetwork
from geo.osm import from_osm
from geo.search import mode_graph, seeds_of, spots_of, targets_of
from geo.snap import Snapped

__all__ = [
    "PeerGraph",
    "Place",
    "in_turns",
    "median_seconds",
    "peer_graph",
    "porto_alegre",
    "real_layers",
]

_ROUNDS = 5
_ENOUGH_SECONDS = 20.0
Result = TypeVar("Result")


class Place(NamedTuple):
    """Where a case takes its streets from."""

    kind: Literal["town", "porto-alegre"]
    size: Literal["S", "M", "L"] = "S"
    folder: Path | None = None


def real_layers(data: Path | None) -> Path | None:
    """The folder of real layers beside the data folder, None where Porto Alegre is not there."""
    folder = None if data is None else data.parent / "data" / "porto_alegre"
    return folder if folder is not None and (folder / "poa_osm.pbf").is_file() else None


def porto_alegre(folder: Path) -> tuple[StreetNetwork, NDArray[np.float64], NDArray[np.float64]]:
    """Largest part of Porto Alegre's streets, longitude and latitude of its grid cells.

    Raises:
        FormatError: the table of cells has no ``lon`` and ``lat``.
    """
    table = folder / "poa_hexgrid.csv"
    cells = pd.read_csv(table)
    if not {"lon", "lat"} <= set(cells.columns):
        raise FormatError(table, "there are no columns lon and lat")
    network = from_osm(folder / "poa_osm.pbf").largest_component()
    return network, cells["lon"].to_numpy(np.float64), cells["lat"].to_numpy(np.float64)


def median_seconds(run: Callable[[], Result]) -> tuple[Result, float]:
    """An answer and the median wall clock of several runs."""
    times = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        answer = run()
        times.append(time.perf_counter() - started)
    return answer, float(np.median(times))


@dataclass(frozen=True)
class Turns:
    """Peer and our solver in turns: medians of wall seconds and of the rounds' ratios.

    ``ratio`` compares processor seconds where there is one thread, so that what else runs on the
    machine counts little; ``wall_ratio`` compares the clock on the wall.
    """

    seconds: float
    metrics: dict[str, float]


def in_turns(
    ours: Callable[[], Any], peer: Callable[[], Result], threads: int
) -> tuple[Result, Turns]:
    """Run both in turns, ours before and after every run of the peer, up to five rounds.

    Fewer rounds where the peer has already taken 20 seconds.
    """
    rounds: list[tuple[float, float, float, float]] = []  # peer's wall, cpu; our wall, cpu
    while len(rounds) < _ROUNDS and sum(row[0] for row in rounds) < _ENOUGH_SECONDS:
        before = _clocked(ours)
        answer, wall, cpu = _clocked_answer(peer)
        after = _clocked(ours)
        rounds.append((wall, cpu, (before[0] + after[0]) / 2, (before[1] + after[1]) / 2))
    table = np.array(rounds)
    walls, cpus = table[:, 0] / table[:, 2], table[:, 1] / table[:, 3]
    metrics = {
        "ratio": float(np.median(cpus if threads == 1 else walls)),
        "wall_ratio": float(np.median(walls)),
        "ours_s": float(np.median(table[:, 2])),
        "rounds": float(len(rounds)),
    }
    return answer, Turns(float(np.median(table[:, 0])), metrics)


def _clocked(run: Callable[[], Any]) -> tuple[float, float]:
    return _clocked_answer(run)[1:]


def _clocked_answer(run: Callable[[], Result]) -> tuple[Result, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    answer = run()
    return answer, time.perf_counter() - wall, time.process_time() - cpu


@dataclass(frozen=True, eq=False)
class PeerGraph:
    """m starts and n ends on N street nodes; all costs are integer ticks.

    Attributes:
        matrix: float64 CSR [N + m, N + m]; start i is node N + i.
        nodes: N.
        near, extra: int64[2, n], the two street nodes by which an end is reached, and the ticks
            from there to the door (``inf`` where there is no such way).
        direct: (start, end, ticks) of pairs on one street edge, without its end nodes.
    """

    matrix: csr_array[Any]
    nodes: int
    near: NDArray[np.int64]
    extra: NDArray[np.float64]
    direct: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]

    @property
    def starts(self) -> int:
        """Number of starts, m."""
        return int(self.matrix.shape[0]) - self.nodes

    def as_networkx(self) -> Any:
        """The graph as a networkx ``DiGraph``, numbers of nodes as in ``matrix``."""
        nx: Any = importlib.import_module("networkx")
        arcs = self.matrix.tocoo()
        graph = nx.DiGraph()
        graph.add_nodes_from(range(self.matrix.shape[0]))
        triples = zip(arcs.row.tolist(), arcs.col.tolist(), arcs.data.tolist(), strict=True)
        graph.add_weighted_edges_from(triples)
        return graph

    def attach(self, distance: NDArray[np.float64], first: int) -> NDArray[np.float64]:
        """float64[rows, n] ticks to every end, from distances float64[rows, N] of street nodes.

        Args:
            distance: rows of consecutive starts.
            first: number of the first of them.
        """
        ticks = distance[:, self.near[0]]
        ticks += self.extra[0]
        other = distance[:, self.near[1]]
        other += self.extra[1]
        np.minimum(ticks, other, out=ticks)
        start, end, direct = self.direct
        rows = slice(*np.searchsorted(start, [first, first + distance.shape[0]]))
        np.minimum.at(ticks, (start[rows] - first, end[rows]), direct[rows])
        return ticks


def peer_graph(
    network: StreetNetwork,
    starts: Snapped,
    ends: Snapped,
    mode: TravelMode,
    *,
    metres: bool = False,
) -> PeerGraph:
    """The graph that peers search; with ``metres`` in two-part ticks (see ``geo.search``)."""
    arcs = mode_graph(network, mode, metres=metres)
    at_starts = spots_of(network, starts, mode, arcs, metres=metres)
    at_ends = spots_of(network, ends, mode, arcs, metres=metres)
    seeds = seeds_of(network, at_starts, arcs)
    targets = targets_of(network, at_ends, arcs)
    n, m = network.n_nodes, len(starts)
    tail = np.repeat(np.arange(n), np.diff(arcs.graph.indptr))
    to_u, to_v = seeds.to_u >= 0, seeds.to_v >= 0
    start = n + np.arange(m)
    matrix = _least(
        np.concatenate([tail, start[to_u], start[to_v]]),
        np.concatenate([arcs.graph.head, seeds.node_u[to_u], seeds.node_v[to_v]]),
        np.concatenate([arcs.graph.cost, seeds.to_u[to_u], seeds.to_v[to_v]]),
        n + m,
    )
    near = np.zeros((2, len(ends)), dtype=np.int64)
    extra = np.full((2, len(ends)), np.inf)
    node = np.repeat(np.arange(n), np.diff(targets.node_indptr))
    order = np.lexsort((node, targets.node_target))
    target, node = targets.node_target[order], node[order]
    second = np.concatenate([[False], target[1:] == target[:-1]])
    for row, part in enumerate((~second, second)):
        near[row, target[part]] = node[part]
        extra[row, target[part]] = targets.node_extra[order][part]
    return PeerGraph(matrix, n, near, extra, _on_one_edge(seeds, targets, arcs))


def _least(tail: NDArray[Any], head: NDArray[Any], cost: NDArray[Any], size: int) -> csr_array[Any]:
    """CSR matrix of arcs, the cheapest of parallel ones."""
    order = np.lexsort((cost, head, tail))
    tail, head, cost = tail[order], head[order], cost[order]
    keep = np.concatenate([[True], (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])])
    indptr = np.concatenate([[0], np.cumsum(np.bincount(tail[keep], minlength=size))])
    data = (cost[keep].astype(np.float64), head[keep].astype(np.int32), indptr.astype(np.int32))
    return csr_array(data, shape=(size, size))


def _on_one_edge(
    seeds: Any, targets: Any, arcs: Any
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    starts, ends, ticks = [], [], []
    for start, edge in enumerate(seeds.edge.tolist()):
        if edge < 0:
            continue
        on = targets.edge_target[targets.edge_indptr[edge] : targets.edge_indptr[edge + 1]]
        gap = targets.position[on] - seeds.position[start]
        open_way = np.where(gap > 0, arcs.forward[edge], np.where(gap < 0, arcs.backward[edge], 1))
        on, gap = on[open_way > 0], gap[open_way > 0]
        starts.append(np.full(on.size, start))
        ends.append(on)
        ticks.append(np.abs(gap) + seeds.access[start] + targets.access[on])
    if not starts:
        none = np.zeros(0, np.int64)
        return none, none, np.zeros(0)
    return (
        np.concatenate(starts).astype(np.int64),
        np.concatenate(ends).astype(np.int64),
        np.concatenate(ticks).astype(np.float64),
    )
