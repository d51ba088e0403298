"""Streets from OpenStreetMap files (.osm.pbf, .osm, .osm.gz ...)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray
from pyproj import Transformer

from base.faults import FaultError
from geo.codes import BAD_STREET_FILE, NO_STREETS
from geo.crs import local_metric_crs
from geo.network import StreetNetwork
from geo.streets import index_names
from geo.tags import Way, usage

__all__ = ["OSM_CREDIT", "from_osm"]

OSM_CREDIT = "(c) OpenStreetMap contributors"
"""Printed on every map and report that is made from OpenStreetMap data."""


@dataclass
class _Ways:
    """Usable ways as read: node references and positions, one run per way."""

    ways: list[Way] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    refs: list[int] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)

    def add(self, way: Way, name: str | None, nodes: list[tuple[int, float, float]]) -> None:
        self.ways.append(way)
        self.names.append(name)
        self.starts.append(len(self.refs))
        for ref, lon, lat in nodes:
            self.refs.append(ref)
            self.lon.append(lon)
            self.lat.append(lat)


def from_osm(path: Path, *, metric_crs: str = "auto") -> StreetNetwork:
    """Streets of an OpenStreetMap extract, with walking, cycling and driving rules by tag.

    Ways are split wherever two of them share a node, so that bridges and tunnels cross freely.
    The rules are those of ``geo.tags``; barriers drawn as nodes (gates, bollards) are not read.
    Lengths are those of the drawn line in the metric system. Where a cut extract misses nodes
    of a way, its known stretches are kept.

    Args:
        path: any file that osmium reads.
        metric_crs: local metric system, ``auto`` for the UTM zone of the middle.

    Raises:
        FaultError: an unreadable file (CC-G105), or one without streets (CC-G101).
    """
    read = _read(Path(path))
    if not read.ways:
        raise FaultError([NO_STREETS(path)])
    lon, lat = np.array(read.lon), np.array(read.lat)
    if metric_crs == "auto":
        middle = (lon.min() + lon.max()) / 2, (lat.min() + lat.max()) / 2
        metric_crs = local_metric_crs(*middle)
    x, y = Transformer.from_crs("EPSG:4326", metric_crs, always_xy=True).transform(lon, lat)
    return _assemble(read, np.asarray(x), np.asarray(y), metric_crs)


def _read(path: Path) -> _Ways:
    read = _Ways()
    try:
        streets = (
            osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
            .with_locations()
            .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
            .with_filter(osmium.filter.KeyFilter("highway"))
        )
        for found in streets:
            _read_way(found, read)
    except (RuntimeError, OSError) as error:
        raise FaultError([BAD_STREET_FILE(path, why=str(error))]) from error
    return read


def _read_way(found: Any, read: _Ways) -> None:
    way = usage({tag.k: tag.v for tag in found.tags})
    if way is None:
        return
    name = found.tags.get("name")
    run: list[tuple[int, float, float]] = []
    for node in [*found.nodes, None]:
        if node is not None and node.location.valid():
            if not run or run[-1][0] != node.ref:
                run.append((node.ref, node.location.lon, node.location.lat))
            continue
        if len(run) > 1:
            read.add(way, name, run)
        run = []


def _assemble(
    read: _Ways, x: NDArray[np.float64], y: NDArray[np.float64], crs: str
) -> StreetNetwork:
    refs = np.array(read.refs, dtype=np.int64)
    start = np.array(read.starts, dtype=np.int64)
    stop = np.append(start[1:], refs.size)
    _, first, osm_node, uses = np.unique(
        refs, return_index=True, return_inverse=True, return_counts=True
    )
    is_end = np.zeros(refs.size, dtype=bool)
    is_end[start] = is_end[stop - 1] = True
    junction = (uses > 1)[osm_node] | is_end
    # an edge runs from one junction to the next along its way
    cut = np.flatnonzero(junction)
    way_of = np.repeat(np.arange(start.size), stop - start)
    same_way = way_of[cut[:-1]] == way_of[cut[1:]]
    low, high = cut[:-1][same_way], cut[1:][same_way]
    size = high - low + 1
    indptr = np.concatenate([[0], np.cumsum(size)])
    vertex = np.arange(indptr[-1]) - np.repeat(indptr[:-1] - low, size)
    nodes, ends = np.unique(np.concatenate([osm_node[low], osm_node[high]]), return_inverse=True)
    ways = np.array(read.ways, dtype=np.float64)[way_of[low]]
    names, known = index_names(read.names)
    shape_x, shape_y = x[vertex], y[vertex]
    step = np.hypot(np.diff(shape_x, prepend=shape_x[0]), np.diff(shape_y, prepend=shape_y[0]))
    step[indptr[:-1]] = 0.0
    network = StreetNetwork(
        crs=crs,
        node_x=x[first[nodes]],
        node_y=y[first[nodes]],
        edge_u=ends[: low.size].astype(np.int32),
        edge_v=ends[low.size :].astype(np.int32),
        edge_length=np.add.reduceat(step, indptr[:-1]),
        edge_forward=ways[:, 0].astype(np.uint8),
        edge_backward=ways[:, 1].astype(np.uint8),
        shape_indptr=indptr,
        shape_x=shape_x,
        shape_y=shape_y,
        edge_class=ways[:, 2].astype(np.uint8),
        edge_maxspeed=ways[:, 3].astype(np.float32),
        edge_name=names[way_of[low]],
        names=known,
        credit=OSM_CREDIT,
    )
    return network.in_space_order()
