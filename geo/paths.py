"""The lines of shortest paths, for maps of rounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry import LineString

from geo import paths_kernels as kernels
from geo.modes import TravelMode
from geo.network import StreetNetwork
from geo.search import ModeGraph, Spots, mode_graph, seeds_of, spots_of
from geo.snap import Snapped

__all__ = ["path_lines", "route_line"]

_Way = list[tuple[int, float, float]]
"""Stretches: edge, metres along it from the u end at the start and at the end."""


def path_lines(
    network: StreetNetwork,
    points: Snapped,
    legs: Sequence[tuple[int, int]],
    mode: TravelMode,
) -> list[LineString]:
    """The fastest way of each leg as a line in WGS 84, from street place to street place.

    Access legs are not drawn. A leg without a way, or between points at one place of the
    street, is an empty line. Of equally fast ways the shortest is drawn.

    Args:
        network: the streets.
        points: points snapped for the mode.
        legs: pairs of point numbers (from, to).
        mode: who travels.
    """
    search = _Search.prepare(network, points, mode)
    by_start: dict[int, list[int]] = defaultdict(list)
    for number, (start, _) in enumerate(legs):
        by_start[start].append(number)
    metric: list[LineString] = [LineString()] * len(legs)
    for start, numbers in by_start.items():
        touched = search.grow(start)
        for number in numbers:
            metric[number] = _draw(network, search.way(start, legs[number][1]))
        kernels.clear(search.work, touched)
    return _to_wgs84(metric, network.crs)


def route_line(network: StreetNetwork, a: Snapped, b: Snapped, mode: TravelMode) -> LineString:
    """The fastest way from the (only) point of ``a`` to that of ``b``; see :func:`path_lines`."""
    both = Snapped(
        np.concatenate([a.edge[:1], b.edge[:1]]),
        np.concatenate([a.along[:1], b.along[:1]]),
        np.concatenate([a.access[:1], b.access[:1]]),
        np.concatenate([a.x[:1], b.x[:1]]),
        np.concatenate([a.y[:1], b.y[:1]]),
    )
    return path_lines(network, both, [(0, 1)], mode)[0]


@dataclass(frozen=True, eq=False)
class _Search:
    """One search tree at a time, grown from a point, and the ways read off it."""

    network: StreetNetwork
    points: Snapped
    arcs: ModeGraph
    spots: Spots
    seeds: kernels.Seeds
    from_u: NDArray[np.int64]
    """Ticks from the u end of a point's edge to its place, -1 where closed."""
    from_v: NDArray[np.int64]
    work: kernels.Work

    @classmethod
    def prepare(cls, network: StreetNetwork, points: Snapped, mode: TravelMode) -> _Search:
        arcs = mode_graph(network, mode, metres=True)
        spots = spots_of(network, points, mode, arcs, metres=True)
        on = spots.edge >= 0
        edge = np.where(on, spots.edge, 0)
        rest = arcs.edge_ticks[edge] - spots.position
        return cls(
            network,
            points,
            arcs,
            spots,
            seeds_of(network, spots, arcs),
            np.where(on & (arcs.forward[edge] | (spots.position == 0)), spots.position, -1),
            np.where(on & (arcs.backward[edge] | (rest == 0)), rest, -1),
            kernels.new_work(network.n_nodes, 0, arcs.buckets, parents=True),
        )

    def grow(self, start: int) -> int:
        """Label all nodes from a point; returns how many labels must be cleared."""
        limit = kernels.FAR - 1
        touched: int = kernels.grow(
            self.arcs.graph, self.work, self.seeds, start, limit, self.arcs.shift
        )
        return touched

    def way(self, start: int, stop: int) -> _Way:
        """The stretches of the fastest way from the grown point to another one."""
        edge, first = int(self.spots.edge[stop]), int(self.spots.edge[start])
        if edge < 0 or first < 0:
            return []
        here, there = float(self.points.along[start]), float(self.points.along[stop])
        ticks, node, entered_at = self._entry(stop)
        direct = self._direct(start, stop)
        if direct is not None and (ticks is None or direct <= ticks):
            return [(edge, here, there)]
        if ticks is None:
            return []
        way: _Way = [(edge, entered_at, there)]
        while self.work.parent[node] >= 0:
            arc = int(self.arcs.arc[self.work.parent[node]])
            along = int(self.network.arc_edge[arc])
            whole = float(self.network.edge_length[along])
            if self.network.arc_reverse[arc]:
                way.append((along, whole, 0.0))
                node = int(self.network.edge_v[along])
            else:
                way.append((along, 0.0, whole))
                node = int(self.network.edge_u[along])
        way.append((first, here, self._left_at(start, node)))
        return way[::-1]

    def _direct(self, start: int, stop: int) -> int | None:
        """Ticks along the shared edge, None where there is none or it runs the other way."""
        edge = int(self.spots.edge[stop])
        stretch = int(self.spots.position[stop] - self.spots.position[start])
        if edge != int(self.spots.edge[start]):
            return None
        if (stretch > 0 and not self.arcs.forward[edge]) or (
            stretch < 0 and not self.arcs.backward[edge]
        ):
            return None
        return int(self.spots.access[start]) + abs(stretch)

    def _entry(self, stop: int) -> tuple[int | None, int, float]:
        """The cheaper end of a point's edge: ticks to the point, node, metres along the edge."""
        edge = int(self.spots.edge[stop])
        best: tuple[int | None, int, float] = (None, -1, 0.0)
        for node, extra, metres in (
            (int(self.network.edge_u[edge]), int(self.from_u[stop]), 0.0),
            (
                int(self.network.edge_v[edge]),
                int(self.from_v[stop]),
                float(self.network.edge_length[edge]),
            ),
        ):
            label = int(self.work.label[node])
            if extra < 0 or label == kernels.FAR:
                continue
            if best[0] is None or label + extra < best[0]:
                best = (label + extra, node, metres)
        return best

    def _left_at(self, start: int, node: int) -> float:
        """Metres along the start's edge at which the way left it through ``node``."""
        edge = int(self.spots.edge[start])
        to_u = int(self.seeds.to_u[start])
        if node == self.network.edge_u[edge] and int(self.work.label[node]) == to_u:
            return 0.0
        return float(self.network.edge_length[edge])


def _draw(network: StreetNetwork, way: _Way) -> LineString:
    """Stretches joined to one line in the metric system, repeated vertices left out."""
    pieces = [_stretch(network, *stretch) for stretch in way]
    if not pieces:
        return LineString()
    xy = np.concatenate(pieces)
    moved = np.concatenate([[True], np.any(np.diff(xy, axis=0) != 0, axis=1)])
    xy = xy[moved]
    return LineString(xy) if len(xy) > 1 else LineString()


def _stretch(
    network: StreetNetwork, edge: int, start_m: float, stop_m: float
) -> NDArray[np.float64]:
    """Vertices of an edge between two places given in metres along it."""
    span = slice(int(network.shape_indptr[edge]), int(network.shape_indptr[edge + 1]))
    xy = np.column_stack([network.shape_x[span], network.shape_y[span]])
    return cut_line(xy, float(network.edge_length[edge]), start_m, stop_m)


def cut_line(
    xy: NDArray[np.float64], length_m: float, start_m: float, stop_m: float
) -> NDArray[np.float64]:
    """Vertices between two places of a line whose whole length counts as ``length_m``.

    The result runs backwards where ``stop_m < start_m``.
    """
    if stop_m < start_m:
        return cut_line(xy, length_m, stop_m, start_m)[::-1]
    drawn = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    scale = drawn[-1] / length_m if length_m > 0 else 0.0
    low, high = start_m * scale, min(stop_m * scale, drawn[-1])
    inside = (drawn > low) & (drawn < high)
    ends = np.column_stack([np.interp([low, high], drawn, xy[:, axis]) for axis in (0, 1)])
    return np.concatenate([ends[:1], xy[inside], ends[1:]])


def _to_wgs84(lines: list[LineString], crs: str) -> list[LineString]:
    to_wgs84 = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    moved = shapely.transform(np.array(lines, dtype=object), to_wgs84.transform, interleaved=False)
    return list(moved)
