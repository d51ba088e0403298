"""The street network: nodes, edges with their shapes, and arcs in CSR form, all read-only.

An *edge* is a stretch of street between two nodes, drawn once, with the modes that may travel
it in each direction. An *arc* is one permitted direction of an edge. Builders live beside this
module: ``streets`` (line layers), ``osm`` (.osm.pbf), ``graphml`` (OSMnx and networkx).
"""

from __future__ import annotations

import dataclasses
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from base.faults import FaultError, Faults
from geo.codes import BAD_NETWORK, NO_STREETS, NOT_A_NETWORK
from geo.modes import ALL_MODES, TravelMode

__all__ = ["SCHEMA_VERSION", "Component", "StreetNetwork"]

SCHEMA_VERSION = 1


class Component(NamedTuple):
    """Size of one connected part of a network."""

    nodes: int
    edges: int
    length_m: float


@dataclass(frozen=True, eq=False, kw_only=True)
class StreetNetwork:
    """Streets in a local metric system; N nodes, E edges, A arcs, V shape vertices.

    Arrays are copied, checked once and read-only afterwards. Arcs and components are derived.

    Attributes:
        crs: metric coordinate system of all x and y, such as ``EPSG:32650``.
        node_x, node_y: float64[N], metres.
        edge_u, edge_v: int32[E], end nodes; equal for a loop; parallel edges are welcome.
        edge_length: float64[E], metres along the street, >= 0; may differ from the drawn length
            where the source states a length of its own.
        edge_forward, edge_backward: uint8[E], modes that may travel u -> v and v -> u
            (bits of ``geo.modes``).
        shape_indptr, shape_x, shape_y: int64[E + 1], float64[V], float64[V]: the vertices of
            each edge from u to v, at least two.
        edge_class: uint8[E], a ``RoadClass``; zeros if left out.
        edge_maxspeed: float32[E], posted limit in m/s, 0 where unknown; zeros if left out.
        edge_name: int32[E], index into ``names``, -1 for a street without a name.
        names: street names, each once.
        credit: whom maps and reports must name for the data, empty for nobody.
        arc_indptr, arc_head, arc_edge: int64[N + 1], int32[A], int32[A]: the arcs that leave a
            node, by edge number, with the node and edge that they lead to and along.
        arc_modes, arc_reverse: uint8[A], bool[A]: who may travel the arc; whether it runs v -> u.
        component: int32[N], connected part of each node with directions ignored; 0 is the one
            with most nodes.

    Raises:
        FaultError: arrays that make no network (CC-G110), or no edge at all (CC-G101).
    """

    crs: str
    node_x: NDArray[np.float64]
    node_y: NDArray[np.float64]
    edge_u: NDArray[np.int32]
    edge_v: NDArray[np.int32]
    edge_length: NDArray[np.float64]
    edge_forward: NDArray[np.uint8]
    edge_backward: NDArray[np.uint8]
    shape_indptr: NDArray[np.int64]
    shape_x: NDArray[np.float64]
    shape_y: NDArray[np.float64]
    edge_class: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    edge_maxspeed: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    edge_name: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    names: tuple[str, ...] = ()
    credit: str = ""
    arc_indptr: NDArray[np.int64] = field(init=False, repr=False)
    arc_head: NDArray[np.int32] = field(init=False, repr=False)
    arc_edge: NDArray[np.int32] = field(init=False, repr=False)
    arc_modes: NDArray[np.uint8] = field(init=False, repr=False)
    arc_reverse: NDArray[np.bool_] = field(init=False, repr=False)
    component: NDArray[np.int32] = field(init=False, repr=False)
    _memo: dict[Any, Any] = field(init=False, repr=False, default_factory=dict)
    """Things derived on demand by the searches (search graphs, spatial index); never saved."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        faults = Faults()
        for name, dtype in _COLUMNS.items():
            try:
                object.__setattr__(self, name, _column(getattr(self, name), dtype))
            except (TypeError, ValueError) as error:
                faults.add(BAD_NETWORK(field=name, why=str(error)))
        faults.raise_if_any()
        self._fill_optional()
        self._check(faults)
        faults.raise_if_any()
        self._derive_arcs()
        object.__setattr__(self, "component", _frozen(self._components()))

    # -- sizes ---------------------------------------------------------------------------------

    @property
    def n_nodes(self) -> int:
        """Number of nodes, N."""
        return int(self.node_x.size)

    @property
    def n_edges(self) -> int:
        """Number of edges, E."""
        return int(self.edge_u.size)

    def components(self) -> tuple[Component, ...]:
        """The connected parts (directions ignored), most nodes first."""
        edge_part = self.component[self.edge_u]
        count = int(self.component.max(initial=-1)) + 1
        nodes = np.bincount(self.component, minlength=count)
        edges = np.bincount(edge_part, minlength=count)
        length = np.bincount(edge_part, weights=self.edge_length, minlength=count)
        return tuple(
            Component(int(n), int(e), float(m))
            for n, e, m in zip(nodes, edges, length, strict=True)
        )

    def usable(self, mode: TravelMode) -> NDArray[np.bool_]:
        """bool[E]: edges that the mode may travel in at least one direction."""
        either: NDArray[np.bool_] = ((self.edge_forward | self.edge_backward) & mode.bit) != 0
        return either

    def connected(self, mode: TravelMode) -> NDArray[np.bool_]:
        """bool[E]: the largest part of the network in which the mode gets from any edge to any
        other and back (one-way rules kept).
        """
        open_arc = self.arc_modes & mode.bit != 0
        tail = np.repeat(np.arange(self.n_nodes), np.diff(self.arc_indptr))[open_arc]
        label = _labels(self.n_nodes, tail, self.arc_head[open_arc], connection="strong")
        touched = np.zeros(self.n_nodes, dtype=bool)
        touched[tail] = True
        size = np.bincount(label[touched], minlength=1)
        inside = touched & (label == int(size.argmax()))
        both: NDArray[np.bool_] = self.usable(mode) & inside[self.edge_u] & inside[self.edge_v]
        return both

    def largest_component(self, mode: TravelMode | None = None) -> StreetNetwork:
        """The part with most nodes, directions ignored; for a mode, see :meth:`connected`."""
        if mode is not None:
            return self.keep_edges(self.connected(mode))
        return self.keep_edges(self.component[self.edge_u] == 0)

    def keep_edges(self, keep: NDArray[np.bool_]) -> StreetNetwork:
        """The network of some edges and their end nodes, both in their old order.

        Raises:
            FaultError: no edge is kept (CC-G101).
        """
        if not keep.any():
            raise FaultError([NO_STREETS()])
        edges = np.flatnonzero(keep)
        nodes, ends = np.unique(
            np.concatenate([self.edge_u[edges], self.edge_v[edges]]), return_inverse=True
        )
        size = np.diff(self.shape_indptr)
        vertex = np.repeat(keep, size)
        columns = {
            name: getattr(self, name)[edges] for name in _COLUMNS if name.startswith("edge_")
        }
        columns.update(
            node_x=self.node_x[nodes],
            node_y=self.node_y[nodes],
            edge_u=ends[: edges.size],
            edge_v=ends[edges.size :],
            shape_indptr=np.concatenate([[0], np.cumsum(size[edges])]),
            shape_x=self.shape_x[vertex],
            shape_y=self.shape_y[vertex],
        )
        return dataclasses.replace(self, **columns)

    def in_space_order(self) -> StreetNetwork:
        """The network with its nodes numbered along a Hilbert curve, edges in their old order.

        Neighbours then lie close in memory too, which the searches feel.
        """
        place = gpd.GeoSeries(shapely.points(self.node_x, self.node_y))
        order = np.argsort(place.hilbert_distance().to_numpy(), kind="stable")
        rank = np.empty(order.size, dtype=np.int32)
        rank[order] = np.arange(order.size, dtype=np.int32)
        return dataclasses.replace(
            self,
            node_x=self.node_x[order],
            node_y=self.node_y[order],
            edge_u=rank[self.edge_u],
            edge_v=rank[self.edge_v],
        )

    # -- in and out ----------------------------------------------------------------------------

    def lines(self) -> NDArray[np.object_]:
        """object[E]: the edges as shapely lines in the metric system, from u to v."""
        found: NDArray[np.object_] | None = self._memo.get("lines")
        if found is None:
            owner = np.repeat(np.arange(self.n_edges), np.diff(self.shape_indptr))
            found = shapely.linestrings(
                np.column_stack([self.shape_x, self.shape_y]), indices=owner
            )
            self._memo["lines"] = found
        return found

    def name_of(self, edge: int) -> str | None:
        """The edge's street name."""
        index = int(self.edge_name[edge])
        return self.names[index] if index >= 0 else None

    def to_frame(self) -> gpd.GeoDataFrame:
        """The edges in WGS 84: ``u, v, length_m, name, road_class, forward, backward``."""
        names = np.array([*self.names, None], dtype=object)[self.edge_name]
        return gpd.GeoDataFrame(
            {
                "u": self.edge_u,
                "v": self.edge_v,
                "length_m": self.edge_length,
                "name": pd.Series(names, dtype=object),
                "road_class": self.edge_class,
                "forward": self.edge_forward,
                "backward": self.edge_backward,
            },
            geometry=self.lines(),
            crs=self.crs,
        ).to_crs("EPSG:4326")

    def save(self, path: Path) -> None:
        """Write to one ``.npz`` file (no pickled objects)."""
        columns = {name: getattr(self, name) for name in _COLUMNS}
        with Path(path).open("wb") as file:
            np.savez_compressed(
                file,
                schema_version=np.int64(SCHEMA_VERSION),
                crs=np.str_(self.crs),
                names=np.array(self.names, dtype=np.str_),
                credit=np.str_(self.credit),
                **columns,
            )

    @classmethod
    def load(cls, path: Path) -> StreetNetwork:
        """Read what :meth:`save` wrote.

        Raises:
            FaultError: no such file, another kind of file or another schema (CC-G104).
        """
        try:
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as data:
                version = int(data["schema_version"])
                if version != SCHEMA_VERSION:
                    why = f"schema_version {version}, expected {SCHEMA_VERSION}"
                    raise FaultError([NOT_A_NETWORK(path, why=why)])
                columns = {name: data[name] for name in _COLUMNS}
                crs, credit = str(data["crs"]), str(data["credit"])
                names = tuple(str(name) for name in data["names"])
        except (OSError, EOFError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as e:
            raise FaultError([NOT_A_NETWORK(path, why=str(e))]) from e
        except ValueError as e:
            if isinstance(e, FaultError):
                raise
            raise FaultError([NOT_A_NETWORK(path, why=str(e))]) from e
        return cls(crs=crs, names=names, credit=credit, **columns)

    # -- construction --------------------------------------------------------------------------

    def _fill_optional(self) -> None:
        defaults = {"edge_class": 0, "edge_maxspeed": 0.0, "edge_name": -1}
        for name, value in defaults.items():
            if getattr(self, name).size == 0:
                filled = np.full(self.n_edges, value, dtype=_COLUMNS[name])
                object.__setattr__(self, name, _frozen(filled))

    def _check(self, faults: Faults) -> None:
        n, edges = self.n_nodes, self.n_edges
        if edges == 0:
            faults.add(NO_STREETS())
            return
        lengths = {name: edges for name in _COLUMNS if name.startswith("edge_")}
        lengths |= {"node_y": n, "shape_indptr": edges + 1, "shape_y": self.shape_x.size}
        for name, expected in lengths.items():
            got = getattr(self, name).size
            if got != expected:
                faults.add(BAD_NETWORK(field=name, why=f"{got} entries, expected {expected}"))
        if faults:
            return
        for name in ("edge_u", "edge_v"):
            ends = getattr(self, name)
            if ends.min() < 0 or ends.max() >= n:
                faults.add(BAD_NETWORK(field=name, why=f"a node outside 0..{n - 1}"))
        for name in ("node_x", "node_y", "edge_length", "edge_maxspeed", "shape_x", "shape_y"):
            if not np.isfinite(getattr(self, name)).all():
                faults.add(BAD_NETWORK(field=name, why="a value that is not finite"))
        for name in ("edge_length", "edge_maxspeed"):
            if getattr(self, name).min() < 0:
                faults.add(BAD_NETWORK(field=name, why="a negative value"))
        if (self.edge_forward | self.edge_backward).max() > ALL_MODES:
            faults.add(BAD_NETWORK(field="edge_forward", why="an unknown mode bit"))
        if self.edge_name.min() < -1 or self.edge_name.max() >= len(self.names):
            faults.add(BAD_NETWORK(field="edge_name", why="an index outside names"))
        indptr = self.shape_indptr
        if indptr[0] != 0 or indptr[-1] != self.shape_x.size or np.diff(indptr).min() < 2:
            faults.add(BAD_NETWORK(field="shape_indptr", why="an edge without two vertices"))

    def _derive_arcs(self) -> None:
        both = np.concatenate([self.edge_forward, self.edge_backward])
        tail = np.concatenate([self.edge_u, self.edge_v])
        head = np.concatenate([self.edge_v, self.edge_u])
        edge = np.tile(np.arange(self.n_edges, dtype=np.int32), 2)
        reverse = np.repeat([False, True], self.n_edges)
        order = np.lexsort((reverse, edge, tail))
        order = order[both[order] != 0]
        counts = np.bincount(tail[order], minlength=self.n_nodes)
        derived = {
            "arc_indptr": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            "arc_head": head[order],
            "arc_edge": edge[order],
            "arc_modes": both[order],
            "arc_reverse": reverse[order],
        }
        for name, values in derived.items():
            object.__setattr__(self, name, _frozen(values))

    def _components(self) -> NDArray[np.int32]:
        label = _labels(self.n_nodes, self.edge_u, self.edge_v, connection="weak")
        size = np.bincount(label)
        first = np.full(size.size, label.size)
        np.minimum.at(first, label, np.arange(label.size))
        rank = np.empty(size.size, dtype=np.int32)
        rank[np.lexsort((first, -size))] = np.arange(size.size, dtype=np.int32)
        ranked: NDArray[np.int32] = rank[label]
        return ranked


_COLUMNS: dict[str, str] = {
    "node_x": "float64",
    "node_y": "float64",
    "edge_u": "int32",
    "edge_v": "int32",
    "edge_length": "float64",
    "edge_forward": "uint8",
    "edge_backward": "uint8",
    "shape_indptr": "int64",
    "shape_x": "float64",
    "shape_y": "float64",
    "edge_class": "uint8",
    "edge_maxspeed": "float32",
    "edge_name": "int32",
}


def _column(values: ArrayLike, dtype: str) -> NDArray[Any]:
    given = np.asarray(values)
    if given.ndim != 1:
        raise ValueError(f"{given.ndim} dimensions, expected 1")
    array = np.array(given, dtype=dtype, order="C", copy=True)
    if array.dtype.kind in "iu" and not np.array_equal(array, given):
        raise ValueError(f"values do not fit {dtype}")
    return _frozen(array)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


def _labels(
    count: int, tail: NDArray[Any], head: NDArray[Any], *, connection: Literal["weak", "strong"]
) -> NDArray[np.int32]:
    graph = coo_array((np.ones(tail.size, np.int8), (tail, head)), shape=(count, count))
    label: NDArray[np.int32] = connected_components(
        graph.tocsr(), directed=True, connection=connection
    )[1]
    return label
