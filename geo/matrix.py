"""Travel times and distances between the stops of a round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import paths_kernels as kernels
from geo.modes import TravelMode
from geo.network import StreetNetwork
from geo.search import (
    CENTIMETRE_BITS,
    mode_graph,
    run_rows,
    seeds_of,
    spots_of,
    targets_of,
)
from geo.snap import Snapped

__all__ = ["TravelMatrix", "travel_matrix"]


@dataclass(frozen=True, eq=False)
class TravelMatrix:
    """Travel from every point (row) to every point (column); P points.

    Attributes:
        seconds: int32[P, P], rounded up; -1 where there is no way.
        metres: int32[P, P], length of the fastest way (the shortest of equally fast ones), access
            legs included, rounded up; -1 where there is no way.
    """

    seconds: NDArray[np.int32]
    metres: NDArray[np.int32]

    def __post_init__(self) -> None:
        self.seconds.flags.writeable = False
        self.metres.flags.writeable = False


def travel_matrix(
    network: StreetNetwork,
    points: Snapped,
    mode: TravelMode,
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> TravelMatrix:
    """Fastest ways between all pairs of points, access legs counted at both ends.

    Times are exact in milliseconds and then rounded up, which keeps the triangle inequality of
    the seconds exactly (``ceil(a + b) <= ceil(a) + ceil(b)``). Metres belong to the fastest way,
    so that a mode with one speed keeps the inequality up to the rounding of its ticks; a car
    need not. Points at the very same place are 0 apart: a carer does not walk out to the street
    between two flats of one door.

    Args:
        network: the streets.
        points: P points snapped for the same mode.
        mode: who travels.
        threads: None for all cores. The answer does not depend on it.
        progress: called as ``progress(rows done, P)``.
        cancelled: asked every few rows; True ends the call.

    Raises:
        SearchCancelledError: ``cancelled()`` said so.
    """
    arcs = mode_graph(network, mode, metres=True)
    spots = spots_of(network, points, mode, arcs, metres=True)
    seeds, targets = seeds_of(network, spots, arcs), targets_of(network, spots, arcs)
    size = len(points)
    ticks = np.full((size, size), -1, dtype=np.int64)

    def new_work() -> kernels.Work:
        return kernels.new_work(network.n_nodes, size, arcs.buckets)

    def run(work: kernels.Work, first: int, last: int) -> None:
        kernels.dense_rows(arcs.graph, work, seeds, targets, first, last, arcs.shift, ticks)

    run_rows(size, new_work, run, threads=threads, progress=progress, cancelled=cancelled, chunk=16)
    ticks[_same_place(points)] = 0
    known = ticks >= 0
    milliseconds = ticks >> CENTIMETRE_BITS
    centimetres = ticks & ((1 << CENTIMETRE_BITS) - 1)
    return TravelMatrix(
        np.where(known, -(-milliseconds // 1000), -1).astype(np.int32),
        np.where(known, -(-centimetres // 100), -1).astype(np.int32),
    )


def _same_place(points: Snapped) -> NDArray[np.bool_]:
    place = np.unique(np.column_stack([points.x, points.y]), axis=0, return_inverse=True)[1]
    same: NDArray[np.bool_] = place.reshape(-1, 1) == place.reshape(1, -1)
    return same
