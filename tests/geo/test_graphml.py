from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely

from base.faults import FaultError
from geo.graphml import from_graphml, from_networkx, to_graphml, to_networkx
from geo.modes import ALL_MODES, BIKE, CAR, WALK, RoadClass, walk
from geo.network import StreetNetwork


def graph_of(*arcs: tuple[int, int, dict[str, object]], nodes: int = 4) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node in range(nodes):
        graph.add_node(node, x=117.0 + 0.001 * node, y=39.9 + 0.001 * (node % 2))
    for u, v, data in arcs:
        graph.add_edge(u, v, **data)
    return graph


def signature(network: StreetNetwork) -> set[tuple[object, ...]]:
    """The edges whatever their order and drawn direction."""
    found = set()
    for edge in range(network.n_edges):
        ends = [
            (round(float(network.node_x[n]), 2), round(float(network.node_y[n]), 2))
            for n in (network.edge_u[edge], network.edge_v[edge])
        ]
        bits = [int(network.edge_forward[edge]), int(network.edge_backward[edge])]
        turned = ends[0] > ends[1]
        if ends[0] == ends[1]:
            bits.sort()
        found.add(
            (
                tuple(ends[::-1] if turned else ends),
                tuple(bits[::-1] if turned else bits),
                round(float(network.edge_length[edge]), 6),
                int(network.edge_class[edge]),
                round(float(network.edge_maxspeed[edge]), 3),
                network.name_of(edge),
            )
        )
    return found


def test_reciprocal_arcs_become_one_edge() -> None:
    line = shapely.LineString([(117.0, 39.9), (117.0005, 39.9), (117.001, 39.901)])
    network = from_networkx(
        graph_of(
            (0, 1, {"length": 150.0, "osmid": 7, "geometry": line, "oneway": False}),
            (1, 0, {"length": 150.0, "osmid": 7, "geometry": line.reverse(), "oneway": False}),
            (1, 2, {"length": "99.5", "osmid": "[8, 9]", "oneway": "True", "name": "一街"}),
        )
    )
    assert network.n_edges == 2
    assert network.edge_length.tolist() == [150.0, 99.5]
    assert network.edge_forward.tolist() == [ALL_MODES, ALL_MODES]
    assert network.edge_backward.tolist() == [ALL_MODES, WALK]
    assert np.diff(network.shape_indptr).tolist() == [3, 2]
    assert [network.name_of(edge) for edge in (0, 1)] == [None, "一街"]
    assert network.n_nodes == 3


def test_arcs_of_different_ways_stay_apart() -> None:
    network = from_networkx(
        graph_of(
            (0, 1, {"length": 150.0, "osmid": 7, "oneway": True}),
            (1, 0, {"length": 150.0, "osmid": 8, "oneway": True}),
            (0, 1, {"length": 150.0, "osmid": 7, "oneway": True}),
        )
    )
    assert network.n_edges == 3


def test_highway_tags_rule_and_merged_ways_admit_what_all_parts_admit() -> None:
    network = from_networkx(
        graph_of(
            (0, 1, {"length": 1.0, "highway": "steps"}),
            (1, 2, {"length": 1.0, "highway": "['residential', 'steps']"}),
            (2, 3, {"length": 1.0, "highway": ["primary", "trunk"], "maxspeed": "['40', '60']"}),
            (3, 0, {"length": 1.0, "highway": "residential", "access": "private"}),
        )
    )
    assert network.edge_forward.tolist() == [WALK, WALK, ALL_MODES]
    assert network.edge_class.tolist() == [
        RoadClass.STEPS,
        RoadClass.RESIDENTIAL,
        RoadClass.PRIMARY,
    ]
    assert network.edge_maxspeed[2] * 3.6 == pytest.approx(40)


def test_undirected_graphs_run_both_ways_and_missing_lengths_are_measured() -> None:
    graph = nx.Graph()
    graph.add_node("a", x=117.0, y=0.0)
    graph.add_node("b", x=117.001, y=0.0)
    graph.add_edge("a", "b")
    network = from_networkx(graph)
    assert network.edge_backward.tolist() == [ALL_MODES]
    assert network.edge_length == pytest.approx([111.3], rel=0.001)


def test_bad_attributes_come_all_at_once() -> None:
    graph = graph_of(
        (0, 1, {"length": "far"}),
        (1, 2, {"length": -1.0}),
        (2, 3, {"geometry": "POINT (1 1)"}),
        (3, 0, {"geometry": "LINESTRING oops"}),
    )
    graph.nodes[2]["x"] = None
    with pytest.raises(FaultError) as caught:
        from_networkx(graph, source="streets.graphml")
    assert [fault.code for fault in caught.value.faults] == [
        "CC-G106",
        "CC-G111",
        "CC-G111",
        "CC-G112",
        "CC-G112",
    ]
    assert "streets.graphml, 0 - 1" in caught.value.text("zh")


def test_unreadable_and_empty_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.graphml").write_text("<graphml><graph>")
    (tmp_path / "broken.graphml.gz").write_bytes(b"no gzip")
    for name in ("broken.graphml", "broken.graphml.gz", "missing.graphml"):
        with pytest.raises(FaultError, match="CC-G105"):
            from_graphml(tmp_path / name)
    with pytest.raises(FaultError, match="CC-G101"):
        from_networkx(graph_of())


def test_networkx_and_back_is_the_same_network(tmp_path: Path) -> None:
    network = from_networkx(
        graph_of(
            (0, 1, {"length": 120.0, "osmid": 1, "highway": "service", "name": "胡同"}),
            (1, 2, {"length": 130.0, "osmid": 2, "highway": "primary", "maxspeed": "50"}),
            (2, 1, {"length": 130.0, "osmid": 2, "highway": "primary", "maxspeed": "50"}),
            (
                2,
                2,
                {
                    "length": 40.0,
                    "osmid": 3,
                    "geometry": "LINESTRING (117.002 39.9, 117.003 39.9, 117.002 39.9)",
                },
            ),
            (3, 0, {"length": 300.0, "osmid": 4, "modes": BIKE | CAR}),
        )
    )
    graph = to_networkx(network)
    assert graph.number_of_edges() == 7  # the last edge has no way back
    assert signature(from_networkx(graph)) == signature(network)
    to_graphml(network, tmp_path / "again.graphml.gz")
    assert signature(from_graphml(tmp_path / "again.graphml.gz")) == signature(network)


@pytest.mark.real
def test_futian(shared_data: Path) -> None:
    network = from_graphml(shared_data / "futian" / "futian_all.graphml.gz")
    assert network.crs == "EPSG:32650"
    # 4,009 arcs, of which 1,181 are one-way and 91 closed by access tags
    assert 2_400 < network.n_edges < 2_600
    drawn = shapely.length(network.lines())
    assert np.abs(drawn / network.edge_length - 1).max() < 0.005
    one_way = network.edge_forward != network.edge_backward
    assert 900 < one_way.sum() < 1_181
    assert network.connected(walk()).sum() > 0.95 * network.n_edges
    assert "景田路" in network.names
    again = from_networkx(to_networkx(network))
    assert signature(again) == signature(network)
