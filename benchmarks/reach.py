"""Cover lists on a street network: ours beside networkx and scipy, on the same arcs.

Sites and targets stand at nodes, so that every solver answers the same question: for each of
2,000 sites all nodes within 15 minutes on foot at 1 m/s, costs in milliseconds. scipy's bounded
Dijkstra is called in chunks of sources (unchunked it fills a dense matrix and loses its time
there). Building each solver's graph is not timed; our snapping of points to search ends is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.modes import TravelMode, walk
from geo.network import StreetNetwork
from geo.osm import from_osm
from geo.reach import Reach, reach
from geo.search import mode_graph, usable_cores
from geo.snap import Snapped

__all__ = ["compare", "run"]

LIMIT_S = 900.0
SITES = 2_000
_CHUNK = 100
_Lists = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""indptr, target, milliseconds."""


def run(data_dir: Path, *, repeats: int = 3) -> list[dict[str, Any]]:
    """Porto Alegre, best of some repeats each; see :func:`compare` for the records."""
    network = from_osm(Path(data_dir) / "porto_alegre" / "poa_osm.pbf")
    return compare("porto-alegre", network, walk(1.0), repeats=repeats)


def compare(
    instance: str,
    network: StreetNetwork,
    mode: TravelMode,
    *,
    sites: int = SITES,
    limit_s: float = LIMIT_S,
    seed: int = 0,
    repeats: int = 3,
) -> list[dict[str, Any]]:
    """One record per solver: suite, instance, solver, status, seconds, threads, seed, sites,
    entries (listed pairs), equal (same lists as ours), times_ours (seconds over ours).
    """
    network = network.largest_component(mode)
    count = min(sites, network.n_nodes)
    sources = np.sort(np.random.default_rng(seed).choice(network.n_nodes, count, replace=False))
    places = _at_nodes(network)
    at_sites = places.take(sources)
    graph, matrix = _peer_graphs(network, mode)
    limit = round(1000 * limit_s)

    def ours(threads: int) -> Callable[[], _Lists]:
        return lambda: _lists(reach(network, at_sites, places, mode, limit_s, threads=threads))

    cores = usable_cores()
    ours(1)()  # compiled, graph built
    solvers: list[tuple[str, int, Callable[[], _Lists]]] = [
        ("carecircle", cores, ours(cores)),
        ("carecircle, one thread", 1, ours(1)),
        ("scipy, chunked", 1, lambda: _scipy(matrix, sources, limit)),
        ("networkx", 1, lambda: _networkx(graph, sources, limit)),
    ]
    seconds: dict[str, float] = {}
    answers: dict[str, _Lists] = {}
    for _ in range(repeats):  # in turn, so that noise meets all alike
        for name, _, solve in solvers:
            started = time.perf_counter()
            answers[name] = solve()
            took = time.perf_counter() - started
            seconds[name] = min(took, seconds.get(name, took))
    reference = answers["carecircle"]
    return [
        {
            "suite": "reach",
            "instance": instance,
            "solver": name,
            "status": "FINISHED",
            "seconds": seconds[name],
            "threads": threads,
            "seed": seed,
            "sites": count,
            "entries": int(answers[name][1].size),
            "equal": all(map(np.array_equal, answers[name], reference)),
            "times_ours": seconds[name] / seconds["carecircle"],
        }
        for name, threads, _ in solvers
    ]


def _at_nodes(network: StreetNetwork) -> Snapped:
    """Every node as a point: an end of the last edge that touches it, no access leg."""
    nodes = np.arange(network.n_nodes)
    edge = np.zeros(network.n_nodes, dtype=np.int32)
    edge[network.edge_u] = np.arange(network.n_edges)
    edge[network.edge_v] = np.arange(network.n_edges)
    along = np.where(network.edge_u[edge] == nodes, 0.0, network.edge_length[edge])
    return Snapped(edge, along, np.zeros(nodes.size), network.node_x, network.node_y)


def _peer_graphs(
    network: StreetNetwork, mode: TravelMode
) -> tuple[nx.DiGraph[int], csr_array[np.float64]]:
    """The mode's arcs, of parallel ones the cheapest, as the peers want them."""
    arcs = mode_graph(network, mode).graph
    tail = np.repeat(np.arange(network.n_nodes), np.diff(arcs.indptr))
    order = np.lexsort((arcs.cost, arcs.head, tail))
    tail, head, cost = tail[order], arcs.head[order], arcs.cost[order]
    first = np.ones(tail.size, dtype=bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    tail, head, cost = tail[first], head[first], cost[first]
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_weighted_edges_from(zip(tail.tolist(), head.tolist(), cost.tolist(), strict=True))
    # scipy takes a stored zero for no arc: a zero arc costs a sliver that rounding removes
    weight = np.where(cost == 0, 1e-6, cost.astype(np.float64))
    return graph, csr_array((weight, (tail, head)), shape=(network.n_nodes,) * 2)


def _lists(found: Reach) -> _Lists:
    return found.indptr, found.target.astype(np.int64), found.cost


def _scipy(matrix: csr_array[np.float64], sources: NDArray[np.int64], limit: int) -> _Lists:
    counts, targets, costs = [], [], []
    for first in range(0, sources.size, _CHUNK):
        chunk = sources[first : first + _CHUNK]
        labels = dijkstra(matrix, indices=chunk, limit=limit + 0.5)
        row, target = np.nonzero(np.isfinite(labels))
        counts.append(np.bincount(row, minlength=chunk.size))
        targets.append(target)
        costs.append(np.rint(labels[row, target]).astype(np.int64))
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
    return indptr, np.concatenate(targets), np.concatenate(costs)


def _networkx(graph: nx.DiGraph[int], sources: NDArray[np.int64], limit: int) -> _Lists:
    indptr, targets, costs = [0], [], []
    for source in sources.tolist():
        found = nx.single_source_dijkstra_path_length(graph, source, cutoff=limit)
        row = sorted(found.items())
        targets.append(np.array([target for target, _ in row], dtype=np.int64))
        costs.append(np.array([cost for _, cost in row], dtype=np.int64))
        indptr.append(indptr[-1] + len(row))
    return np.array(indptr, dtype=np.int64), np.concatenate(targets), np.concatenate(costs)
