"""Search graphs of a mode, points as ends of searches, and threads over many searches.

Costs are integers (*ticks*). An edge costs ``rint(1000 * length / speed)`` milliseconds, the
place of a point on it is ``rint`` of its share of that cost, an access leg is rounded on its
own. So the two stretches of an edge at a point always add up to the edge, and sums of costs are
exact: every search order gives the same answer and the triangle inequality holds to the tick.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo import paths_kernels as kernels
from geo import reach_kernels
from geo.modes import TravelMode
from geo.network import StreetNetwork
from geo.snap import Snapped

__all__ = [
    "CENTIMETRE_BITS",
    "ModeGraph",
    "SearchCancelledError",
    "Spots",
    "doors_of",
    "edge_speed",
    "mode_graph",
    "run_rows",
    "seeds_of",
    "spots_of",
    "targets_of",
]

CENTIMETRE_BITS = 30
"""Two-part ticks: milliseconds above these bits, centimetres (up to 10,737 km) in them, so that
one integer search finds the fastest path and, of equally fast ones, the shortest."""
Work = TypeVar("Work")
_CHUNK = 64
_MAX_BUCKETS = 1 << 16


class SearchCancelledError(RuntimeError):
    """The caller asked to stop a search."""


@dataclass(frozen=True, eq=False)
class ModeGraph:
    """A network as one mode sees it, ready for the compiled search.

    Attributes:
        graph: the arcs open to the mode, loops left out.
        arc: int32, the network's arc behind every search arc.
        edge_ticks: int64[E], cost of a whole edge.
        forward, backward: bool[E], open to the mode u -> v, v -> u.
        shift, buckets: layout of the bucket queue.
    """

    graph: kernels.SearchGraph
    arc: NDArray[np.int32]
    edge_ticks: NDArray[np.int64]
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]
    shift: int
    buckets: int


@dataclass(frozen=True, eq=False)
class Spots:
    """Snapped points in ticks: place on the edge (from u) and access leg, both int64[n]."""

    edge: NDArray[np.int32]
    position: NDArray[np.int64]
    access: NDArray[np.int64]


def edge_speed(network: StreetNetwork, mode: TravelMode) -> NDArray[np.float64]:
    """float64[E], m/s of the mode on every edge."""
    if not mode.class_speeds:
        return np.full(network.n_edges, mode.speed)
    by_class = np.array(mode.class_speeds)[
        np.minimum(network.edge_class, len(mode.class_speeds) - 1)
    ]
    posted = network.edge_maxspeed.astype(np.float64)
    return np.where(posted > 0, np.minimum(by_class, posted), by_class)


def mode_graph(
    network: StreetNetwork, mode: TravelMode, *, towards: bool = False, metres: bool = False
) -> ModeGraph:
    """The mode's search graph, kept on the network for the next call.

    Args:
        network: the streets.
        mode: who travels.
        towards: turn every arc round, to search from the ends of trips.
        metres: two-part ticks (:data:`CENTIMETRE_BITS`) instead of milliseconds.
    """
    key = ("mode graph", mode, towards, metres)
    found: ModeGraph | None = network._memo.get(key)
    if found is None:
        found = network._memo[key] = _build_mode_graph(network, mode, towards, metres)
    return found


def _build_mode_graph(
    network: StreetNetwork, mode: TravelMode, towards: bool, metres: bool
) -> ModeGraph:
    ticks = _ticks(network.edge_length, edge_speed(network, mode), metres)
    tail = np.repeat(np.arange(network.n_nodes, dtype=np.int32), np.diff(network.arc_indptr))
    head = network.arc_head
    arc = np.flatnonzero((network.arc_modes & mode.bit != 0) & (tail != head))
    tail, head = tail[arc], head[arc]
    if towards:
        tail, head = head, tail
        order = np.argsort(tail, kind="stable")
        arc, tail, head = arc[order], tail[order], head[order]
    graph = kernels.SearchGraph(
        _indptr(tail, network.n_nodes),
        _read_only(head, np.int32),
        _read_only(ticks[network.arc_edge[arc]], np.int64),
    )
    forward = network.edge_forward & mode.bit != 0
    backward = network.edge_backward & mode.bit != 0
    if towards:
        forward, backward = backward, forward
    usable = ticks[forward | backward]
    shift, buckets = _bucket_layout(usable)
    return ModeGraph(
        graph,
        _read_only(arc, np.int32),
        _read_only(ticks, np.int64),
        _read_only(forward, np.bool_),
        _read_only(backward, np.bool_),
        shift,
        buckets,
    )


def _ticks(
    metres: NDArray[np.float64], speed: NDArray[np.float64] | float, two_part: bool
) -> NDArray[np.int64]:
    milliseconds = np.rint(1000.0 * metres / speed).astype(np.int64)
    if not two_part:
        return milliseconds
    return (milliseconds << CENTIMETRE_BITS) + np.rint(100.0 * metres).astype(np.int64)


def _bucket_layout(edge_ticks: NDArray[np.int64]) -> tuple[int, int]:
    """Bits per bucket and number of buckets: half a mean edge wide, a power of two."""
    if edge_ticks.size == 0:
        return 0, 2
    width = max(1, int(edge_ticks.mean()) // 2)
    shift = width.bit_length() - 1
    largest = int(edge_ticks.max())
    while (largest >> shift) + 2 > _MAX_BUCKETS:
        shift += 1
    return shift, 1 << ((largest >> shift) + 2).bit_length()


def spots_of(
    network: StreetNetwork,
    points: Snapped,
    mode: TravelMode,
    mode_arcs: ModeGraph,
    *,
    metres: bool = False,
) -> Spots:
    """Snapped points in the ticks of a mode graph (built with the same ``metres``)."""
    on = points.edge >= 0
    edge = np.where(on, points.edge, 0)
    whole = mode_arcs.edge_ticks[edge]
    length = network.edge_length[edge]
    share = np.divide(points.along, length, out=np.zeros(len(points)), where=length > 0)
    share = np.clip(share, 0.0, 1.0)
    if metres:
        ms = np.rint(share * (whole >> CENTIMETRE_BITS)).astype(np.int64)
        cm = np.rint(share * (whole & ((1 << CENTIMETRE_BITS) - 1))).astype(np.int64)
        position = (ms << CENTIMETRE_BITS) + cm
    else:
        position = np.rint(share * whole).astype(np.int64)
    return Spots(
        _read_only(points.edge, np.int32),
        _read_only(position, np.int64),
        _read_only(_ticks(points.access, mode.speed, metres), np.int64),
    )


def seeds_of(network: StreetNetwork, spots: Spots, arcs: ModeGraph) -> kernels.Seeds:
    """Points as starts of a search.

    A point half-way along a one-way edge leaves it only forwards; a point at an end of its edge
    is at the node and leaves in every direction. On an edge without length it is at u.
    """
    on = spots.edge >= 0
    edge = np.where(on, spots.edge, 0)
    rest = arcs.edge_ticks[edge] - spots.position
    at_u, at_v = _at_ends(spots.position, rest)
    back = on & (arcs.backward[edge] | at_u)
    ahead = on & (arcs.forward[edge] | at_v)
    return kernels.Seeds(
        _read_only(network.edge_u[edge], np.int32),
        _read_only(network.edge_v[edge], np.int32),
        _read_only(np.where(back, spots.access + spots.position, -1), np.int64),
        _read_only(np.where(ahead, spots.access + rest, -1), np.int64),
        spots.edge,
        spots.position,
        spots.access,
    )


def targets_of(network: StreetNetwork, spots: Spots, arcs: ModeGraph) -> kernels.Targets:
    """Points as ends of a search; rules as in :func:`seeds_of`, the other way round."""
    on = np.flatnonzero(spots.edge >= 0)
    edge = spots.edge[on]
    position, access = spots.position[on], spots.access[on]
    rest = arcs.edge_ticks[edge] - position
    # a point at a node is reached through that node alone
    at_u, at_v = _at_ends(position, rest)
    from_u = np.flatnonzero((arcs.forward[edge] & (rest > 0)) | at_u)
    from_v = np.flatnonzero((arcs.backward[edge] & (position > 0)) | at_v)
    node = np.concatenate([network.edge_u[edge[from_u]], network.edge_v[edge[from_v]]])
    target = on[np.concatenate([from_u, from_v])]
    extra = np.concatenate([(access + position)[from_u], (access + rest)[from_v]])
    order = np.lexsort((target, node))
    by_edge = np.argsort(edge, kind="stable")
    return kernels.Targets(
        _indptr(node, network.n_nodes),
        _read_only(target[order], np.int32),
        _read_only(extra[order], np.int64),
        _indptr(edge, network.n_edges),
        _read_only(on[by_edge], np.int32),
        spots.position,
        spots.access,
        arcs.forward,
        arcs.backward,
    )


def doors_of(network: StreetNetwork, spots: Spots, arcs: ModeGraph) -> reach_kernels.Doors:
    """Points as ends of bounded searches in milliseconds; rules as in :func:`targets_of`."""
    on = np.flatnonzero(spots.edge >= 0)
    edge, position, access = spots.edge[on], spots.position[on], spots.access[on]
    rest = arcs.edge_ticks[edge] - position
    at_u, at_v = _at_ends(position, rest)
    from_u = np.where(arcs.forward[edge] | at_u, access + position, reach_kernels.CLOSED)
    from_v = np.where(arcs.backward[edge] | at_v, access + rest, reach_kernels.CLOSED)
    u, v = network.edge_u[edge], network.edge_v[edge]
    node = np.concatenate([u, v])
    order = np.argsort(node, kind="stable")
    doors = np.bincount(node, minlength=network.n_nodes)
    blocks = _pointer(-(-doors // reach_kernels.PAIR))
    row = np.empty((blocks[-1] * reach_kernels.PAIR, 4), np.int64)
    row[:] = len(spots.edge), 0, reach_kernels.CLOSED, reach_kernels.CLOSED
    rank = np.arange(node.size) - _pointer(doors)[node[order]]
    row[blocks[node[order]] * reach_kernels.PAIR + rank] = np.column_stack(
        [
            np.concatenate([on, on]),
            np.concatenate([v, u]),
            np.concatenate([from_u, from_v]),
            np.concatenate([from_v, from_u]),
        ]
    )[order]
    np.minimum(row[:, 2:], reach_kernels.CLOSED, out=row[:, 2:])
    return reach_kernels.Doors(
        _read_only(blocks, np.int32),
        _read_only(row, np.int32),
        _indptr(edge, network.n_edges),
        _read_only(on[np.argsort(edge, kind="stable")], np.int32),
        spots.position,
        spots.access,
        arcs.forward,
        arcs.backward,
    )


def _at_ends(
    position: NDArray[np.int64], rest: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which points are at node u, and which at v: on an edge without length, u alone.

    At both, a point would let one pass a one-way edge against its direction.
    """
    return position == 0, (rest == 0) & (position > 0)


def run_rows(
    rows: int,
    new_work: Callable[[], Work],
    run: Callable[[Work, int, int], Any],
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    chunk: int = _CHUNK,
) -> list[Any]:
    """Run ``run(work, first, last)`` over chunks of rows on threads; results in row order.

    Each thread keeps one set of labels. ``progress(done, total)`` is called after every chunk,
    from the calling thread; ``cancelled()`` is asked there too.

    Raises:
        SearchCancelledError: ``cancelled()`` said so.
    """
    threads = threads or usable_cores()
    spans = [(first, min(first + chunk, rows)) for first in range(0, rows, chunk)]
    spare: SimpleQueue[Work] = SimpleQueue()
    for _ in range(max(1, min(threads, len(spans)))):
        spare.put(new_work())

    def task(first: int, last: int) -> Any:
        work = spare.get()
        result = run(work, first, last)
        spare.put(work)
        return result

    done = 0

    def report(first: int, last: int) -> None:
        nonlocal done
        done += last - first
        if progress is not None:
            progress(done, rows)

    def stop_if_asked() -> None:
        if cancelled is not None and cancelled():
            raise SearchCancelledError("the search was cancelled")

    results: list[Any] = [None] * len(spans)
    if threads == 1 or len(spans) <= 1:
        for index, span in enumerate(spans):
            stop_if_asked()
            results[index] = task(*span)
            report(*span)
        return results
    with ThreadPoolExecutor(min(threads, len(spans))) as pool:
        futures: dict[Future[Any], int] = {
            pool.submit(task, *span): index for index, span in enumerate(spans)
        }
        open_futures = set(futures)
        try:
            while open_futures:
                stop_if_asked()
                ready, open_futures = wait(open_futures, 0.1, FIRST_COMPLETED)
                for future in ready:
                    results[futures[future]] = future.result()
                    report(*spans[futures[future]])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _indptr(row: NDArray[Any], rows: int) -> NDArray[np.int64]:
    return _read_only(_pointer(np.bincount(row, minlength=rows)), np.int64)


def _pointer(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)])


def _read_only(values: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    array = np.array(values, dtype=dtype, order="C", copy=True)
    array.flags.writeable = False
    return array
