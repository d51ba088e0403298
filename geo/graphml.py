"""Streets from and to networkx graphs, such as those that OSMnx saves as GraphML."""

from __future__ import annotations

import ast
import dataclasses
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

import networkx as nx
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from base.faults import FaultError, Faults
from geo.codes import (
    BAD_GRAPH_LENGTH,
    BAD_GRAPH_LINE,
    BAD_GRAPH_NODE,
    BAD_STREET_FILE,
    NO_STREETS,
)
from geo.crs import local_metric_crs
from geo.modes import ALL_MODES, WALK, RoadClass
from geo.network import StreetNetwork
from geo.osm import OSM_CREDIT
from geo.streets import index_names
from geo.tags import usage

__all__ = ["from_graphml", "from_networkx", "to_graphml", "to_networkx"]

_TAGS = (
    "highway",
    "access",
    "foot",
    "bicycle",
    "vehicle",
    "motor_vehicle",
    "motorcar",
    "service",
    "sidewalk",
    "area",
    "motorroad",
    "maxspeed",
)
_HIGHWAY = {
    RoadClass.MOTORWAY: "motorway",
    RoadClass.TRUNK: "trunk",
    RoadClass.PRIMARY: "primary",
    RoadClass.SECONDARY: "secondary",
    RoadClass.TERTIARY: "tertiary",
    RoadClass.RESIDENTIAL: "residential",
    RoadClass.LIVING: "living_street",
    RoadClass.SERVICE: "service",
    RoadClass.PATH: "path",
    RoadClass.STEPS: "steps",
}

_Line = tuple[tuple[float, float], ...]


class _Arc(NamedTuple):
    """One arc of the graph, read and checked."""

    u: int
    v: int
    length: float | None
    line: _Line
    forward: int
    backward: int
    road: RoadClass
    maxspeed: float
    name: str | None
    osmid: str


@dataclass
class _Edge:
    arc: _Arc
    forward: int
    backward: int


def from_graphml(path: Path, *, metric_crs: str = "auto") -> StreetNetwork:
    """Streets of a GraphML file (``.graphml`` or ``.graphml.gz``); see :func:`from_networkx`.

    Raises:
        FaultError: an unreadable file (CC-G105), or see :func:`from_networkx`.
    """
    try:
        graph = nx.read_graphml(path)
    except (OSError, EOFError, ParseError, nx.NetworkXError, ValueError, KeyError) as error:
        raise FaultError([BAD_STREET_FILE(path, why=str(error))]) from error
    return from_networkx(graph, metric_crs=metric_crs, source=path)


def from_networkx(
    graph: nx.Graph[Any], *, metric_crs: str = "auto", source: object = None
) -> StreetNetwork:
    """Streets of a networkx graph in OSMnx's form, its attributes as values or as text.

    A graph that states no ``credit`` is taken for OpenStreetMap data. Nodes need ``x`` and ``y``
    in the graph's ``crs`` (WGS 84 if it states none). Edges may have
    ``length`` in metres (else the drawn length), ``geometry`` (else straight), ``name``,
    ``oneway``, ``highway`` and the access tags that ``geo.tags`` knows; or ``modes``, the bits
    that :func:`to_networkx` writes, which then rule alone. An edge merged from several ways
    takes the modes that all of them admit. Reciprocal arcs (same way, length and line) become
    one edge. An arc without a reciprocal one binds vehicles to its direction, unless it says
    ``oneway = False``; people walk it both ways.

    Args:
        graph: directed or not, multigraph or not.
        metric_crs: local metric system, ``auto`` for the UTM zone of the nodes' middle.
        source: the file, for faults.

    Raises:
        FaultError: all nodes and edges that cannot be used (CC-G106, CC-G111, CC-G112), or no
            street at all (CC-G101).
    """
    faults = Faults()
    number = {node: i for i, node in enumerate(graph.nodes)}
    place = np.array(
        [_place(node, data, source, faults) for node, data in graph.nodes(data=True)]
    ).reshape(-1, 2)
    arcs = [
        arc
        for u, v, data in graph.edges(data=True)
        if (arc := _arc((u, v), number, data, place, graph.is_directed(), source, faults))
    ]
    faults.raise_if_any()
    edges = _merge(arcs)
    if not edges:
        raise FaultError([NO_STREETS(source)])
    crs = str(graph.graph.get("crs", "EPSG:4326"))
    if metric_crs == "auto":
        to_wgs84 = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        middle = to_wgs84.transform(*((place.min(axis=0) + place.max(axis=0)) / 2))
        metric_crs = local_metric_crs(*middle)
    network = _assemble(edges, place, crs, metric_crs)
    return dataclasses.replace(network, credit=str(graph.graph.get("credit", OSM_CREDIT)))


def to_networkx(network: StreetNetwork) -> nx.MultiDiGraph[int]:
    """The network in OSMnx's form: WGS 84 nodes, one arc per direction open to anyone.

    Arcs carry ``length``, ``geometry``, ``name``, ``highway``, ``maxspeed`` (km/h), ``oneway``
    (no arc the other way), ``reversed``, ``osmid`` (our edge number) and ``modes`` (bits).
    """
    to_wgs84 = Transformer.from_crs(network.crs, "EPSG:4326", always_xy=True)
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(
        crs="epsg:4326", created_with="carecircle", credit=network.credit
    )
    lon, lat = to_wgs84.transform(network.node_x, network.node_y)
    for node in range(network.n_nodes):
        graph.add_node(node, x=float(lon[node]), y=float(lat[node]))
    lines = network.to_frame().geometry.array
    for edge in range(network.n_edges):
        ends = int(network.edge_u[edge]), int(network.edge_v[edge])
        bits = int(network.edge_forward[edge]), int(network.edge_backward[edge])
        shared = _arc_attributes(network, edge) | {"oneway": 0 in bits}
        if bits[0]:
            graph.add_edge(*ends, **shared, modes=bits[0], reversed=False, geometry=lines[edge])
        if bits[1]:
            line = shapely.reverse(lines[edge])
            graph.add_edge(*ends[::-1], **shared, modes=bits[1], reversed=True, geometry=line)
    return graph


def to_graphml(network: StreetNetwork, path: Path) -> None:
    """Write :func:`to_networkx` as GraphML with lines as WKT (gzipped for ``.gz``)."""
    graph = to_networkx(network)
    for _, _, data in graph.edges(data=True):
        data["geometry"] = shapely.to_wkt(data["geometry"], rounding_precision=9)
    nx.write_graphml(graph, path)


def _arc_attributes(network: StreetNetwork, edge: int) -> dict[str, Any]:
    found: dict[str, Any] = {"osmid": edge, "length": float(network.edge_length[edge])}
    name = network.name_of(edge)
    if name is not None:
        found["name"] = name
    highway = _HIGHWAY.get(RoadClass(int(network.edge_class[edge])))
    if highway is not None:
        found["highway"] = highway
    if network.edge_maxspeed[edge] > 0:
        found["maxspeed"] = f"{3.6 * float(network.edge_maxspeed[edge]):.6g}"
    return found


def _place(
    node: object, data: dict[str, Any], source: object, faults: Faults
) -> tuple[float, float]:
    x, y = _number(data.get("x")), _number(data.get("y"))
    if x is None or y is None:
        faults.add(BAD_GRAPH_NODE(source, id=node))
        return 0.0, 0.0
    return x, y


def _arc(
    ends: tuple[object, object],
    number: dict[object, int],
    data: dict[str, Any],
    place: NDArray[np.float64],
    directed: bool,
    source: object,
    faults: Faults,
) -> _Arc | None:
    """An arc, or None for one that nobody may use or that is at fault."""
    u, v = number[ends[0]], number[ends[1]]
    label = f"{ends[0]} - {ends[1]}"
    length = _number(data.get("length"))
    if "length" in data and (length is None or length < 0):
        faults.add(BAD_GRAPH_LENGTH(source, id=label, value=data["length"]))
        return None
    line = _line(data.get("geometry"), place[u], place[v])
    if line is None:
        faults.add(BAD_GRAPH_LINE(source, id=label))
        return None
    modes, road, maxspeed = _usage(data)
    if not modes:
        return None
    free = not directed or str(_first(data.get("oneway"))).lower() in {"false", "no", "0"}
    backward = 0 if "modes" in data and directed else modes if free else modes & WALK
    name = _first(data.get("name"))
    return _Arc(
        u,
        v,
        length,
        line,
        modes,
        backward,
        road,
        maxspeed,
        None if name is None else str(name),
        str(sorted(map(str, _values(data.get("osmid"))))),
    )


def _usage(data: dict[str, Any]) -> tuple[int, RoadClass, float]:
    """Mode bits, class and posted speed of an arc, direction aside."""
    tags = {key: str(_first(data[key])) for key in _TAGS if _first(data.get(key)) is not None}
    ways = [
        usage(tags | {"highway": str(highway), "oneway": "no"})
        for highway in _values(data.get("highway"))
    ]
    first = next((way for way in ways if way is not None), None)
    road = RoadClass.UNKNOWN if first is None else first.road
    maxspeed = 0.0 if first is None else first.maxspeed
    if "modes" in data:
        return int(data["modes"]) & ALL_MODES, road, maxspeed
    modes = ALL_MODES
    for way in ways:
        modes &= 0 if way is None else way.forward
    return modes, road, maxspeed


def _merge(arcs: list[_Arc]) -> list[_Edge]:
    """Edges in order of their first arc; a reciprocal arc opens the edge's other direction."""
    edges: list[_Edge] = []
    waiting: dict[tuple[Any, ...], list[_Edge]] = defaultdict(list)
    for arc in arcs:
        length = None if arc.length is None else round(arc.length, 3)
        partner = waiting[arc.v, arc.u, length, arc.osmid, arc.line[::-1]]
        if partner:
            edge = partner.pop(0)
            edge.backward |= arc.forward
            edge.forward |= arc.backward
            continue
        edge = _Edge(arc, arc.forward, arc.backward)
        edges.append(edge)
        waiting[arc.u, arc.v, length, arc.osmid, arc.line].append(edge)
    return edges


def _assemble(
    edges: list[_Edge], place: NDArray[np.float64], crs: str, metric_crs: str
) -> StreetNetwork:
    to_metric = Transformer.from_crs(crs, metric_crs, always_xy=True)
    node_x, node_y = to_metric.transform(place[:, 0], place[:, 1])
    size = [len(edge.arc.line) for edge in edges]
    owner = np.repeat(np.arange(len(edges)), size)
    vertices = np.array([point for edge in edges for point in edge.arc.line])
    x, y = to_metric.transform(vertices[:, 0], vertices[:, 1])
    drawn = shapely.length(shapely.linestrings(np.column_stack([x, y]), indices=owner))
    names, known = index_names([edge.arc.name for edge in edges])
    network = StreetNetwork(
        crs=metric_crs,
        node_x=node_x,
        node_y=node_y,
        edge_u=np.array([edge.arc.u for edge in edges], dtype=np.int32),
        edge_v=np.array([edge.arc.v for edge in edges], dtype=np.int32),
        edge_length=np.array(
            [
                line if edge.arc.length is None else edge.arc.length
                for edge, line in zip(edges, drawn, strict=True)
            ]
        ),
        edge_forward=np.array([edge.forward for edge in edges], dtype=np.uint8),
        edge_backward=np.array([edge.backward for edge in edges], dtype=np.uint8),
        shape_indptr=np.concatenate([[0], np.cumsum(size)]),
        shape_x=x,
        shape_y=y,
        edge_class=np.array([edge.arc.road for edge in edges], dtype=np.uint8),
        edge_maxspeed=np.array([edge.arc.maxspeed for edge in edges], dtype=np.float32),
        edge_name=names,
        names=known,
    )
    used = network.keep_edges(np.ones(len(edges), dtype=bool))  # nodes without a street go
    return used.in_space_order()


def _line(geometry: Any, start: NDArray[np.float64], stop: NDArray[np.float64]) -> _Line | None:
    if geometry is None:
        return (float(start[0]), float(start[1])), (float(stop[0]), float(stop[1]))
    if isinstance(geometry, str):
        try:
            geometry = shapely.from_wkt(geometry)
        except shapely.errors.GEOSException:
            return None
    if not isinstance(geometry, shapely.LineString) or geometry.is_empty:
        return None
    return tuple((float(x), float(y)) for x, y in shapely.get_coordinates(geometry))


def _values(value: Any) -> list[Any]:
    """The parts of a value that OSMnx may have merged into a list, or into a list's text."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return []
    if isinstance(value, str) and value.startswith("["):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return [value]
    return list(value) if isinstance(value, list | tuple | set) else [value]


def _first(value: Any) -> Any:
    return next(iter(_values(value)), None)


def _number(value: Any) -> float | None:
    try:
        number = float(_first(value))
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
