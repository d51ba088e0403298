from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from base.faults import FaultError
from geo.modes import ebike, walk
from geo.network import SCHEMA_VERSION, Component, StreetNetwork
from tests.network_cases import network_of

# two parts: a triangle 0-1-2 with a loop at 2, and a street 3-4
PLACES = [
    (500000.0, 4400000.0),
    (500100.0, 4400000.0),
    (500000.0, 4400100.0),
    (5e5, 4.5e6),
    (5e5, 4500030.0),
]
EDGES = [(3, 4), (0, 1), (1, 2), (2, 0), (2, 2)]


def two_parts() -> StreetNetwork:
    return network_of(
        PLACES,
        EDGES,
        lengths=[30.0, 100.0, 142.0, 100.0, 10.0],
        forward=[7, 7, 7, 7, 7],
        backward=[7, 1, 1, 1, 7],
        edge_name=np.array([-1, 0, 0, 1, -1]),
        names=("二环路", "安定门"),
    )


def test_components_are_sorted_by_size_and_counted() -> None:
    network = two_parts()
    assert network.components() == (Component(3, 4, 352.0), Component(2, 1, 30.0))
    assert network.component.tolist() == [0, 0, 0, 1, 1]


def test_arcs_follow_the_permitted_directions() -> None:
    network = two_parts()
    assert network.arc_indptr.tolist() == [0, 2, 4, 8, 9, 10]
    at_two = slice(4, 8)
    assert network.arc_edge[at_two].tolist() == [2, 3, 4, 4]
    assert network.arc_head[at_two].tolist() == [1, 0, 2, 2]
    assert network.arc_modes[at_two].tolist() == [1, 7, 7, 7]
    assert network.arc_reverse[at_two].tolist() == [True, False, False, True]


def test_a_closed_direction_has_no_arc() -> None:
    network = network_of([(0, 0), (1, 0)], [(0, 1)], backward=[0], forward=[7])
    assert network.arc_indptr.tolist() == [0, 1, 1]


def test_the_largest_component_keeps_names_and_order() -> None:
    largest = two_parts().largest_component()
    assert (largest.n_nodes, largest.n_edges) == (3, 4)
    assert largest.edge_length.tolist() == [100.0, 142.0, 100.0, 10.0]
    assert [largest.name_of(edge) for edge in range(4)] == ["二环路", "二环路", "安定门", None]
    assert largest.shape_x[:2].tolist() == [500000.0, 500100.0]


def test_the_largest_component_of_a_mode_keeps_one_way_rules() -> None:
    # vehicles circle 0-1-2; the spur 0-3 leads out and never back
    network = network_of(
        [(0, 0), (10, 0), (0, 10), (-10, 0)],
        [(0, 1), (1, 2), (2, 0), (0, 3)],
        backward=[1, 1, 1, 1],
    )
    assert network.connected(ebike()).tolist() == [True, True, True, False]
    assert network.connected(walk()).all()
    assert network.largest_component(ebike()).n_edges == 3


def test_save_and_load_give_the_same_network(tmp_path: Path) -> None:
    network = dataclasses.replace(two_parts(), credit="somebody")
    network.save(tmp_path / "streets.npz")
    again = StreetNetwork.load(tmp_path / "streets.npz")
    assert (again.crs, again.names, again.credit) == (network.crs, network.names, "somebody")
    for name in ("node_x", "edge_u", "edge_length", "edge_backward", "arc_head", "edge_name"):
        assert np.array_equal(getattr(again, name), getattr(network, name))
    with np.load(tmp_path / "streets.npz", allow_pickle=False) as data:
        assert int(data["schema_version"]) == SCHEMA_VERSION


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04broken"])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "streets.npz"
    path.write_bytes(content)
    with pytest.raises(FaultError, match="CC-G104"):
        StreetNetwork.load(path)


def test_another_schema_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "new.npz", schema_version=np.int64(SCHEMA_VERSION + 1))
    np.savez(tmp_path / "other.npz", a=np.zeros(1))
    np.save(tmp_path / "array.npy", np.zeros(1))
    for name in ("new.npz", "other.npz", "array.npy", "missing.npz"):
        with pytest.raises(FaultError, match="CC-G104"):
            StreetNetwork.load(tmp_path / name)


def test_the_frame_is_in_wgs84() -> None:
    frame = two_parts().to_frame()
    assert frame.crs.to_epsg() == 4326
    assert frame["name"].tolist() == [None, "二环路", "二环路", "安定门", None]
    assert frame.total_bounds[0] == pytest.approx(117.0)
    assert frame.length_m.tolist() == [30.0, 100.0, 142.0, 100.0, 10.0]


def test_arrays_are_read_only() -> None:
    network = two_parts()
    for array in (network.node_x, network.edge_u, network.arc_head, network.component):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_space_order_renames_nodes_only() -> None:
    network = two_parts()
    ordered = network.in_space_order()
    assert ordered.components() == network.components()
    for ends in ("edge_u", "edge_v"):
        before, after = getattr(network, ends), getattr(ordered, ends)
        assert np.array_equal(network.node_x[before], ordered.node_x[after])
        assert np.array_equal(network.node_y[before], ordered.node_y[after])


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("edge_u", [0, 0, 1, 2, 9]),
        ("edge_u", [0.5, 0, 1, 2, 2]),
        ("edge_length", [30.0, -1.0, 142.0, 100.0, 10.0]),
        ("edge_length", [30.0, np.nan, 142.0, 100.0, 10.0]),
        ("edge_length", [30.0]),
        ("edge_forward", [8, 7, 7, 7, 7]),
        ("shape_indptr", [0, 2, 4, 6, 8, 9]),
        ("shape_indptr", [0, 1, 4, 6, 8, 10]),
        ("edge_name", [-1, 0, 0, 2, -1]),
        ("node_x", [[1.0]]),
    ],
)
def test_bad_arrays_are_refused_by_name(field: str, values: list[float]) -> None:
    network = two_parts()
    columns = {
        column.name: getattr(network, column.name)
        for column in dataclasses.fields(network)
        if column.init
    }
    with pytest.raises(FaultError, match="CC-G110") as caught:
        StreetNetwork(**(columns | {field: np.array(values)}))
    assert field in caught.value.text("zh")


def test_no_edge_is_no_network() -> None:
    with pytest.raises(FaultError, match="CC-G101"):
        two_parts().keep_edges(np.zeros(5, dtype=bool))
