from __future__ import annotations

import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geo.graphml import from_graphml
from geo.matrix import travel_matrix
from geo.modes import TravelMode, car, ebike, walk
from geo.network import StreetNetwork
from geo.paths import cut_line, path_lines, route_line
from geo.snap import Snapped, snap
from tests.network_cases import network_of, points_on

X, Y = 500_000.0, 4_400_000.0


def block() -> StreetNetwork:
    """A square block of 100 m, one-way for vehicles."""
    corners = [(X, Y), (X + 100, Y), (X + 100, Y + 100), (X, Y + 100)]
    return network_of(corners, [(0, 1), (1, 2), (2, 3), (3, 0)], backward=[1, 1, 1, 1])


def metric(line: shapely.LineString, network: StreetNetwork) -> list[tuple[float, float]]:
    to_metric = Transformer.from_crs("EPSG:4326", network.crs, always_xy=True)
    x, y = to_metric.transform(*shapely.get_coordinates(line).T)
    return [(round(a - X, 3), round(b - Y, 3)) for a, b in zip(x, y, strict=True)]


def test_a_line_runs_from_place_to_place_round_the_corner() -> None:
    network = block()
    points = points_on([(0, 0.4, 9.0), (1, 0.3, 9.0)], network)
    there, back = path_lines(network, points, [(0, 1), (1, 0)], walk())
    assert metric(there, network) == [(40, 0), (100, 0), (100, 30)]
    assert metric(back, network) == [(100, 30), (100, 0), (40, 0)]


def test_vehicles_go_round_the_block() -> None:
    network = block()
    points = points_on([(0, 0.6, 0.0), (0, 0.4, 0.0)], network)
    line = path_lines(network, points, [(0, 1)], ebike())[0]
    assert metric(line, network) == [(60, 0), (100, 0), (100, 100), (0, 100), (0, 0), (40, 0)]
    assert metric(path_lines(network, points, [(0, 1)], walk())[0], network) == [(60, 0), (40, 0)]


def test_no_way_and_no_distance_are_empty_lines() -> None:
    network = network_of([(X, Y), (X + 10, Y), (X, Y + 50), (X, Y + 60)], [(0, 1), (2, 3)])
    points = points_on([(0, 0.5, 0.0), (1, 0.5, 0.0), (0, 0.5, 3.0)], network)
    lines = path_lines(network, points, [(0, 1), (0, 2), (0, 0)], walk())
    assert [line.is_empty for line in lines] == [True, True, True]


def test_a_route_between_two_points() -> None:
    network = block()
    a, b = points_on([(0, 0.5, 0.0)], network), points_on([(3, 0.5, 0.0)], network)
    line = route_line(network, a, b, walk())
    assert metric(line, network) == [(50, 0), (0, 0), (0, 50)]


def test_lines_are_cut_in_stated_metres() -> None:
    xy = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    assert cut_line(xy, 40.0, 10.0, 30.0).tolist() == [[5, 0], [10, 0], [10, 5]]
    assert cut_line(xy, 40.0, 30.0, 10.0).tolist() == [[10, 5], [10, 0], [5, 0]]
    assert cut_line(xy, 20.0, 0.0, 20.0).tolist() == xy.tolist()
    assert cut_line(np.zeros((2, 2)), 0.0, 0.0, 0.0).tolist() == [[0, 0], [0, 0]]


@st.composite
def drawn_networks(draw: st.DrawFn) -> tuple[StreetNetwork, Snapped]:
    """Random straight streets whose lengths are those drawn, loops and parallels included."""
    n = draw(st.integers(2, 7))
    pair = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    edges = draw(st.lists(pair, min_size=1, max_size=10))
    one_way = draw(st.lists(st.sampled_from([1, 7]), min_size=len(edges), max_size=len(edges)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    network = network_of(
        [(X + x, Y + y) for x, y in rng.integers(0, 300, (n, 2))], edges, backward=one_way
    )
    place = st.tuples(
        st.integers(0, len(edges) - 1), st.sampled_from([0.0, 0.3, 0.8, 1.0]), st.just(2.0)
    )
    return network, points_on(draw(st.lists(place, min_size=2, max_size=4)), network)


@settings(max_examples=80)
@given(drawn_networks(), st.sampled_from([walk(1.0), ebike(4.0)]))
def test_lines_are_as_long_as_the_matrix_says(
    case: tuple[StreetNetwork, Snapped], mode: TravelMode
) -> None:
    network, points = case
    size = len(points)
    legs = [(i, j) for i in range(size) for j in range(size) if i != j]
    metres = travel_matrix(network, points, mode, threads=1).metres
    lines = path_lines(network, points, legs, mode)
    drawn = shapely.length(gpd.GeoSeries(lines, crs=4326).to_crs(network.crs).to_numpy())
    for (i, j), length in zip(legs, drawn, strict=True):
        expected = 0.0 if metres[i, j] < 0 else metres[i, j] - 4.0
        assert length == pytest.approx(expected, abs=1.2)


@pytest.mark.real
@pytest.mark.parametrize("mode", [walk(), car()], ids=lambda mode: mode.name)
def test_futian_rounds_are_connected_lines(shared_data: Path, mode: TravelMode) -> None:
    network = from_graphml(shared_data / "futian" / "futian_all.graphml.gz")
    west, south, east, north = network.to_frame().total_bounds
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(west, east, 20), rng.uniform(south, north, 20)
    points = snap(network, lon, lat, mode, connected=True)
    legs = [(i, i + 1) for i in range(19)]
    lines = path_lines(network, points, legs, mode)
    assert all(line.is_valid for line in lines)
    metres = travel_matrix(network, points, mode).metres
    drawn = gpd.GeoSeries(lines, crs=4326).to_crs(network.crs).length.to_numpy()
    stated = np.array([metres[i, j] - points.access[i] - points.access[j] for i, j in legs])
    assert drawn == pytest.approx(stated, rel=0.01, abs=2.0)
    for before, after in itertools.pairwise(lines):
        gap = shapely.Point(before.coords[-1]).distance(shapely.Point(after.coords[0]))
        assert gap < 1e-7
