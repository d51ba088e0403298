"""Random street networks, and travel times on them computed the slow and plain way."""

from __future__ import annotations

import itertools
import math

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from geo.modes import ALL_MODES, TravelMode
from geo.network import StreetNetwork
from geo.snap import Snapped


def network_of(
    xy: list[tuple[float, float]],
    edges: list[tuple[int, int]],
    *,
    lengths: list[float] | None = None,
    forward: list[int] | None = None,
    backward: list[int] | None = None,
    crs: str = "EPSG:32650",
    **columns: object,
) -> StreetNetwork:
    """Straight edges between numbered places, in metres."""
    place = np.array(xy, dtype=np.float64)
    u, v = (np.array([edge[i] for edge in edges]) for i in (0, 1))
    if lengths is None:
        lengths = list(np.hypot(*(place[u] - place[v]).T))
    ends = np.stack([place[u], place[v]], axis=1).reshape(-1, 2)
    return StreetNetwork(
        crs=crs,
        node_x=place[:, 0],
        node_y=place[:, 1],
        edge_u=u,
        edge_v=v,
        edge_length=np.array(lengths),
        edge_forward=np.array(forward or [ALL_MODES] * len(edges)),
        edge_backward=np.array(backward or [ALL_MODES] * len(edges)),
        shape_indptr=np.arange(len(edges) + 1) * 2,
        shape_x=ends[:, 0],
        shape_y=ends[:, 1],
        **columns,
    )


def points_on(places: list[tuple[int, float, float]], network: StreetNetwork) -> Snapped:
    """Points given as (edge, share of the edge, access metres)."""
    edge = np.array([place[0] for place in places], dtype=np.int32)
    share = np.array([place[1] for place in places])
    access = np.array([place[2] for place in places])
    along = share * network.edge_length[edge]
    return Snapped(edge, along, access, np.arange(edge.size), np.zeros(edge.size))


@st.composite
def networks(draw: st.DrawFn) -> StreetNetwork:
    """Up to 9 nodes and 14 edges: loops, parallels, islands, zero lengths, one-way streets."""
    n = draw(st.integers(1, 9))
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    edges = draw(st.lists(pairs, min_size=1, max_size=14))
    length = st.one_of(st.just(0.0), st.sampled_from([10.0, 25.0, 50.0]), st.floats(0.0, 120.0))
    lengths = draw(st.lists(length, min_size=len(edges), max_size=len(edges)))
    modes = st.lists(
        st.sampled_from([(7, 7), (7, 7), (7, 1), (1, 7), (2, 4), (0, 7)]),
        min_size=len(edges),
        max_size=len(edges),
    )
    directions = draw(modes)
    return network_of(
        [(float(10 * i), float(i * i)) for i in range(n)],
        edges,
        lengths=lengths,
        forward=[d[0] for d in directions],
        backward=[d[1] for d in directions],
    )


@st.composite
def places(draw: st.DrawFn, network: StreetNetwork, mode: TravelMode) -> Snapped:
    """Up to 6 points on edges that the mode may use, often at the edges' ends."""
    usable = np.flatnonzero(network.usable(mode)).tolist()
    share = st.one_of(st.sampled_from([0.0, 1.0, 0.5]), st.floats(0.0, 1.0))
    access = st.one_of(st.just(0.0), st.floats(0.0, 40.0))
    place = st.tuples(st.sampled_from(usable), share, access)
    return points_on(draw(st.lists(place, min_size=1, max_size=6)), network)


def slow_times(
    network: StreetNetwork, sites: Snapped, demand: Snapped, mode: TravelMode
) -> dict[tuple[int, int], int]:
    """Milliseconds of every pair that has a way: networkx, with a node for each point.

    Every edge is cut at the points upon it; a point hangs on its cut by its access leg.
    """
    graph = nx.DiGraph()

    def link(a: object, b: object, ms: int) -> None:
        if not graph.has_edge(a, b) or graph[a][b]["ms"] > ms:
            graph.add_edge(a, b, ms=ms)

    def milliseconds(metres: float) -> int:
        return round(1000 * metres / mode.speed)  # ties to even, as the search rounds

    spots: dict[int, set[int]] = {edge: set() for edge in range(network.n_edges)}
    doors: list[tuple[object, int, int, int]] = []
    for side, points in (("site", sites), ("demand", demand)):
        for i in range(len(points)):
            edge = int(points.edge[i])
            whole = milliseconds(float(network.edge_length[edge]))
            length = float(network.edge_length[edge])
            share = min(max(float(points.along[i]) / length, 0.0), 1.0) if length > 0 else 0.0
            position = round(share * whole)
            spots[edge].add(position)
            doors.append(((side, i), edge, position, milliseconds(float(points.access[i]))))
    for edge in range(network.n_edges):
        whole = milliseconds(float(network.edge_length[edge]))
        cuts = [0, *sorted(spots[edge] - {0, whole}), *([whole] if whole else [])]
        names: list[object] = [(edge, cut) for cut in cuts]
        chain = [("node", int(network.edge_u[edge])), *names, ("node", int(network.edge_v[edge]))]
        steps = [0, *(b - a for a, b in itertools.pairwise(cuts)), 0]
        for (a, b), step in zip(itertools.pairwise(chain), steps, strict=True):
            if network.edge_forward[edge] & mode.bit:
                link(a, b, step)
            if network.edge_backward[edge] & mode.bit:
                link(b, a, step)
    for door, edge, position, access in doors:
        whole = milliseconds(float(network.edge_length[edge]))
        holds: list[object] = [(edge, position)]
        if position == 0:
            holds.append(("node", int(network.edge_u[edge])))
        elif position == whole:
            holds.append(("node", int(network.edge_v[edge])))
        for hold in holds:
            if door[0] == "site":
                link(door, hold, access)
            else:
                link(hold, door, access)
    times: dict[tuple[int, int], int] = {}
    for i in range(len(sites)):
        found = nx.single_source_dijkstra_path_length(graph, ("site", i), weight="ms")
        for j in range(len(demand)):
            ms = found.get(("demand", j), math.inf)
            if ms < math.inf:
                times[i, j] = int(ms)
    return times
