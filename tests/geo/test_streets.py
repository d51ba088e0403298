from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, MultiLineString, Point

from base.faults import FaultError
from geo.streets import from_lines

M = 1 / 111_320  # degrees of latitude in a metre, near enough
LAT, LON = 0.0005, 117.0  # at a central meridian by the equator a degree is as long both ways


def layer(lines: list[object], **columns: object) -> gpd.GeoDataFrame:
    """Lines in metres east and north of one place, in WGS 84."""

    def move(xy: np.ndarray) -> np.ndarray:
        return np.column_stack([LON + xy[:, 0] * M, LAT + xy[:, 1] * M])

    moved = [None if line is None else shapely.transform(line, move) for line in lines]
    return gpd.GeoDataFrame(columns, geometry=moved, crs="EPSG:4326")


def test_lines_meet_at_their_shared_ends_only() -> None:
    cross = [LineString([(0, 0), (100, 0)]), LineString([(50, -50), (50, 50)])]
    corner = [LineString([(100, 0), (100, 80)])]
    network = from_lines(layer(cross + corner))
    assert (network.n_nodes, network.n_edges) == (5, 3)
    assert len(network.components()) == 2
    assert network.crs == "EPSG:32650"
    assert network.edge_length == pytest.approx([100, 100, 80], rel=0.01)


def test_lines_are_split_where_they_cross_on_request() -> None:
    cross = [LineString([(0, 0), (100, 0)]), LineString([(50, -50), (50, 50)])]
    network = from_lines(layer(cross, name=["东", "南"]), node=True)
    assert (network.n_nodes, network.n_edges) == (5, 4)
    assert [network.name_of(edge) for edge in range(4)] == ["东", "东", "南", "南"]


def test_ends_within_the_tolerance_are_one_node() -> None:
    gap = [LineString([(0, 0), (50, 0)]), LineString([(50.03, 0), (100, 0)])]
    assert from_lines(layer(gap)).n_nodes == 3
    assert from_lines(layer(gap), tolerance_m=0.01).n_nodes == 4
    joined = from_lines(layer(gap))
    assert joined.shape_x[1] == joined.shape_x[2] == joined.node_x[joined.edge_v[0]]


def test_specks_and_empty_rows_go_multi_lines_and_loops_stay() -> None:
    lines = [
        LineString([(0, 0), (0.01, 0)]),
        None,
        LineString(),
        MultiLineString([[(0, 0), (10, 0)], [(10, 0), (20, 0)]]),
        LineString([(20, 0), (30, 0), (30, 10), (20, 0)]),
        LineString([(0, 0, 5), (0, 10, 6)]),
    ]
    network = from_lines(layer(lines))
    assert network.n_edges == 4
    assert np.sum(network.edge_u == network.edge_v) == 1


def test_streets_are_left_out_by_a_part_of_their_name() -> None:
    lines = [LineString([(i, 0), (i, 10)]) for i in range(4)]
    frame = layer(lines, street=["二环路/景泰桥", "安定门内大街", None, "北三环中路"])
    network = from_lines(frame, name="street", drop_names=["二环", "三环"])
    assert [network.name_of(edge) for edge in range(2)] == ["安定门内大街", None]


def test_rows_that_are_no_lines_are_named_all_at_once() -> None:
    frame = layer([Point(0, 0), LineString([(0, 0), (10, 0)]), Point(1, 1)])
    frame.index = [2, 3, 4]
    with pytest.raises(FaultError) as caught:
        from_lines(frame)
    assert [(fault.code, fault.row) for fault in caught.value.faults] == [
        ("CC-G102", 2),
        ("CC-G102", 4),
    ]


def test_a_missing_name_column_is_named() -> None:
    frame = layer([LineString([(0, 0), (10, 0)])], road=["一街"])
    for arguments in ({"name": "street"}, {"drop_names": ["二环"]}):
        with pytest.raises(FaultError, match=r"CC-G103.*road"):
            from_lines(frame, **arguments)


def test_nothing_left_is_no_network() -> None:
    frame = layer([LineString([(0, 0), (10, 0)])], name=["二环路"])
    with pytest.raises(FaultError, match="CC-G101"):
        from_lines(frame, drop_names=["二环"])
    with pytest.raises(FaultError, match="CC-G101"):
        from_lines(layer([LineString([(0, 0), (0.01, 0)])]))


@pytest.mark.real
def test_dongcheng_has_one_large_part(shared_data: Path) -> None:
    roads = gpd.read_file(shared_data / "dongcheng" / "dongcheng.gpkg", layer="roads")
    network = from_lines(roads)
    assert network.crs == "EPSG:32650"
    assert network.n_edges == 15_542
    assert np.abs(network.edge_length - roads.length_m).max() < 2.0
    parts = network.components()
    assert parts[0].nodes > 0.98 * network.n_nodes
    walking = from_lines(roads, drop_names=["二环", "三环"])
    assert 15_542 - walking.n_edges == int(roads.name.str.contains("二环|三环").sum())
