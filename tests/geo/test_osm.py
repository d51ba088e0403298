from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from base.faults import FaultError
from geo.modes import ALL_MODES, WALK, RoadClass, car, ebike, walk
from geo.network import StreetNetwork
from geo.osm import from_osm
from geo.reach import reach
from geo.snap import snap

STEP = 0.001


def write_osm(path: Path, ways: list[tuple[list[int], dict[str, str]]], missing: int = -1) -> Path:
    """A grid of ten nodes a row, numbered from 1, and ways over them."""
    refs = sorted({ref for way, _ in ways for ref in way} - {missing})
    lines = ['<osm version="0.6" generator="test">']
    for ref in refs:
        lon, lat = 117.0 + STEP * ((ref - 1) % 10), 39.9 + STEP * ((ref - 1) // 10)
        lines.append(f'<node id="{ref}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"/>')
    for number, (way, tags) in enumerate(ways, start=1):
        lines.append(f'<way id="{number}" version="1">')
        lines += [f'<nd ref="{ref}"/>' for ref in way]
        lines += [f'<tag k="{key}" v="{value}"/>' for key, value in tags.items()]
        lines.append("</way>")
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def edges_of(network: StreetNetwork) -> list[tuple[int, int]]:
    """Ends of each edge as node numbers of the file."""
    from pyproj import Transformer

    lon, lat = Transformer.from_crs(network.crs, "EPSG:4326", always_xy=True).transform(
        network.node_x, network.node_y
    )
    ref = np.rint((np.array(lon) - 117.0) / STEP) + 10 * np.rint((np.array(lat) - 39.9) / STEP) + 1
    return [(int(ref[u]), int(ref[v])) for u, v in zip(network.edge_u, network.edge_v, strict=True)]


def test_ways_are_split_where_they_share_a_node(tmp_path: Path) -> None:
    path = write_osm(
        tmp_path / "a.osm",
        [
            ([1, 2, 3, 4], {"highway": "primary", "name": "长安街", "maxspeed": "60"}),
            ([13, 3, 23], {"highway": "residential", "oneway": "yes"}),
            ([2, 12], {"building": "yes"}),
        ],
    )
    network = from_osm(path)
    assert edges_of(network) == [(1, 3), (3, 4), (13, 3), (3, 23)]
    assert [network.name_of(edge) for edge in range(4)] == ["长安街", "长安街", None, None]
    assert network.edge_backward.tolist() == [ALL_MODES, ALL_MODES, WALK, WALK]
    assert network.edge_class.tolist()[::2] == [RoadClass.PRIMARY, RoadClass.RESIDENTIAL]
    assert network.edge_maxspeed[0] == pytest.approx(60 / 3.6)
    assert np.diff(network.shape_indptr).tolist() == [3, 2, 2, 2]
    # 0.001 degrees of longitude at 39.9 degrees north are 85.5 m
    assert network.edge_length[:2] == pytest.approx([171.0, 85.5], rel=0.002)


def test_loops_and_repeated_nodes(tmp_path: Path) -> None:
    ways = [
        ([1, 2, 12, 11, 1], {"highway": "residential"}),
        ([1, 1, 3, 13, 14, 4, 3, 5], {"highway": "service"}),
    ]
    network = from_osm(write_osm(tmp_path / "a.osm", ways))
    assert edges_of(network) == [(1, 1), (1, 3), (3, 3), (3, 5)]


def test_a_way_with_a_missing_node_keeps_its_stretches(tmp_path: Path) -> None:
    ways = [([1, 2, 3, 4, 5], {"highway": "residential"})]
    network = from_osm(write_osm(tmp_path / "a.osm", ways, missing=3))
    assert edges_of(network) == [(1, 2), (4, 5)]


def test_files_without_streets_and_broken_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="CC-G101"):
        from_osm(write_osm(tmp_path / "a.osm", [([1, 2], {"building": "yes"})]))
    (tmp_path / "broken.osm.pbf").write_bytes(b"no such thing")
    (tmp_path / "broken.osm").write_text("<osm><node")
    for name in ("broken.osm.pbf", "broken.osm", "missing.osm.pbf", "unknown.kind"):
        with pytest.raises(FaultError, match="CC-G105"):
            from_osm(tmp_path / name)


@pytest.mark.real
def test_porto_alegre(shared_data: Path) -> None:
    network = from_osm(shared_data / "porto_alegre" / "poa_osm.pbf")
    assert network.crs == "EPSG:32722"
    parts = network.components()
    assert parts[0].nodes > 0.95 * network.n_nodes
    one_way = network.edge_forward != network.edge_backward
    assert one_way.mean() > 0.2
    assert not np.any((network.edge_forward ^ network.edge_backward) & WALK)
    steps = network.edge_class == RoadClass.STEPS
    assert steps.sum() > 300
    assert np.all(network.edge_forward[steps] == WALK)
    for mode in (walk(), ebike(), car()):
        assert network.connected(mode).sum() > 0.9 * network.usable(mode).sum()


@pytest.mark.real
def test_porto_alegre_hexagons_reach_each_other(shared_data: Path) -> None:
    cells = np.genfromtxt(
        shared_data / "porto_alegre" / "poa_hexgrid.csv",
        delimiter=",", skip_header=1, usecols=(1, 2), dtype=np.float64,
    )  # fmt: skip
    network = from_osm(shared_data / "porto_alegre" / "poa_osm.pbf").largest_component()
    for mode in (walk(1.0), car()):
        points = snap(network, cells[:, 0], cells[:, 1], mode, connected=True)
        near = reach(network, points, points, mode, 900.0)
        counts = np.diff(near.indptr)
        own = np.repeat(np.arange(len(points)), counts) == near.target
        inside = points.access * 2 / mode.speed <= 900
        assert np.array_equal(np.flatnonzero(inside), near.target[own])
        assert near.cost.max() <= 900_000
        back = reach(network, points, points, mode, 900.0, towards=True)
        pairs = set(
            zip(np.repeat(np.arange(len(points)), counts), near.target, near.cost, strict=True)
        )
        rows = np.repeat(np.arange(len(points)), np.diff(back.indptr))
        assert pairs == set(zip(back.target, rows, back.cost, strict=True))
