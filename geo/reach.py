"""Who reaches whom within a limit: sparse cover lists, never a full matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from base.faults import FaultError
from geo import paths_kernels, reach_kernels
from geo.codes import BAD_LIMIT
from geo.modes import TravelMode
from geo.network import StreetNetwork
from geo.search import doors_of, mode_graph, run_rows, seeds_of, spots_of
from geo.snap import Snapped

__all__ = ["Reach", "limit_ticks", "reach"]


@dataclass(frozen=True, eq=False)
class Reach:
    """Cover lists of m sites; r entries.

    Attributes:
        indptr: int64[m + 1], CSR rows, one per site.
        target: int32[r], demand points within the limit, ascending within a site.
        cost: int64[r], travel time in milliseconds.
    """

    indptr: NDArray[np.int64]
    target: NDArray[np.int32]
    cost: NDArray[np.int64]

    def __post_init__(self) -> None:
        for array in (self.indptr, self.target, self.cost):
            array.flags.writeable = False


def reach(
    network: StreetNetwork,
    sites: Snapped,
    demand: Snapped,
    mode: TravelMode,
    limit_seconds: float,
    *,
    towards: bool = False,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Reach:
    """All demand points within ``limit_seconds`` of each site, with the travel time.

    The time of a pair is both access legs plus the fastest way between the two places on the
    street, in whole milliseconds (rounding: see ``geo.search``); a pair on one edge may use the
    stretch between them directly. A pair at exactly the limit counts.

    Args:
        network: the streets.
        sites: m points, snapped for the same mode.
        demand: n points, snapped for the same mode.
        mode: who travels.
        limit_seconds: 0 .. 864,000.
        towards: travel from the demand to the site instead of from the site to the demand; the
            same wherever streets run both ways.
        threads: None for all cores. The answer does not depend on it.
        progress: called as ``progress(sites done, m)``.
        cancelled: asked every few sites; True ends the call.

    Raises:
        FaultError: a limit that is negative or not finite (CC-G109).
        SearchCancelledError: ``cancelled()`` said so.
    """
    limit = limit_ticks(limit_seconds)
    arcs = mode_graph(network, mode, towards=towards)
    seeds = seeds_of(network, spots_of(network, sites, mode, arcs), arcs)
    doors = doors_of(network, spots_of(network, demand, mode, arcs), arcs)

    def new_work() -> tuple[paths_kernels.Work, reach_kernels.Found]:
        work = paths_kernels.new_work(network.n_nodes, 0, arcs.buckets)
        return work, reach_kernels.new_found(len(demand))

    def run(
        work: tuple[paths_kernels.Work, reach_kernels.Found], first: int, last: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
        return reach_kernels.reach_rows(  # type: ignore[no-any-return]
            arcs.graph, *work, seeds, doors, first, last, limit, arcs.shift
        )

    parts = run_rows(
        len(sites), new_work, run, threads=threads, progress=progress, cancelled=cancelled
    )
    if not parts:
        return Reach(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int64))
    counts = np.concatenate([part[0] for part in parts])
    return Reach(
        np.concatenate([[0], np.cumsum(counts)]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
    )


def limit_ticks(limit_seconds: float, field: str = "limit_seconds") -> int:
    """A limit in milliseconds, rounded to the nearest.

    Raises:
        FaultError: negative, not finite or above ten days (CC-G109).
    """
    if not 0 <= limit_seconds <= 10 * 86_400:
        raise FaultError([BAD_LIMIT(field=field, value=limit_seconds, rule="0 .. 864000 s")])
    return round(1000 * limit_seconds)
