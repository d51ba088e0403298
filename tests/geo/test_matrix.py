from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geo.graphml import from_graphml
from geo.matrix import travel_matrix
from geo.modes import car, ebike, walk
from geo.search import SearchCancelledError
from geo.snap import Snapped, snap
from tests.network_cases import network_of, points_on


def test_seconds_and_metres_are_rounded_up() -> None:
    network = network_of([(0, 0), (100, 0)], [(0, 1)])
    points = points_on([(0, 0.0, 0.2), (0, 1.0, 0.0), (0, 0.5, 0.0)], network)
    matrix = travel_matrix(network, points, walk(0.9))
    assert matrix.seconds.tolist() == [[0, 112, 56], [112, 0, 56], [56, 56, 0]]
    assert matrix.metres.tolist() == [[0, 101, 51], [101, 0, 50], [51, 50, 0]]
    assert matrix.seconds.dtype == matrix.metres.dtype == np.int32


def test_islands_and_one_way_streets() -> None:
    network = network_of([(0, 0), (100, 0), (0, 900), (50, 900)], [(0, 1), (2, 3)], backward=[1, 7])
    points = points_on([(0, 0.2, 0.0), (0, 0.7, 0.0), (1, 0.5, 0.0)], network)
    on_foot = travel_matrix(network, points, walk(1.0)).seconds
    assert on_foot.tolist() == [[0, 50, -1], [50, 0, -1], [-1, -1, 0]]
    riding = travel_matrix(network, points, ebike(5.0)).seconds
    assert riding.tolist() == [[0, 10, -1], [-1, 0, -1], [-1, -1, 0]]


def test_two_flats_of_one_door_are_no_way_apart() -> None:
    network = network_of([(0, 0), (100, 0)], [(0, 1)])
    points = Snapped(
        np.array([0, 0, 0, -1, -1]),
        np.array([50.0, 50.0, 50.0, 0.0, 0.0]),
        np.array([30.0, 30.0, 30.0, 0.0, 0.0]),
        np.array([1.0, 1.0, 2.0, 5.0, 5.0]),
        np.zeros(5),
    )
    seconds = travel_matrix(network, points, walk(1.0)).seconds
    assert seconds[0].tolist() == [0, 0, 60, -1, -1]
    assert seconds[3].tolist() == [-1, -1, -1, 0, 0]


def test_metres_belong_to_the_fastest_way_not_to_the_shortest() -> None:
    # a primary road of 300 m against a service lane of 200 m
    network = network_of(
        [(0, 0), (200, 0)], [(0, 1), (0, 1)], lengths=[300.0, 200.0], edge_class=np.array([3, 8])
    )
    points = points_on([(0, 0.0, 0.0), (1, 1.0, 0.0)], network)
    assert travel_matrix(network, points, car()).metres.tolist() == [[0, 300], [300, 0]]
    assert travel_matrix(network, points, walk()).metres.tolist() == [[0, 200], [200, 0]]


def test_a_matrix_can_be_cancelled_and_tells_its_progress() -> None:
    network = network_of([(0, 0), (100, 0)], [(0, 1)])
    points = points_on([(0, 0.01 * i, 0.0) for i in range(50)], network)
    told: list[tuple[int, int]] = []
    travel_matrix(network, points, walk(), progress=lambda *news: told.append(news))
    assert told[-1] == (50, 50)
    with pytest.raises(SearchCancelledError):
        travel_matrix(network, points, walk(), cancelled=lambda: True)


def test_no_points_make_an_empty_matrix() -> None:
    network = network_of([(0, 0), (100, 0)], [(0, 1)])
    matrix = travel_matrix(network, points_on([(0, 0.5, 0.0)], network).take([]), walk())
    assert matrix.seconds.shape == matrix.metres.shape == (0, 0)


@pytest.mark.real
@pytest.mark.parametrize("mode", [walk(0.9), ebike(), car()], ids=lambda mode: mode.name)
def test_a_futian_matrix_keeps_the_triangle(shared_data: Path, mode: object) -> None:
    network = from_graphml(shared_data / "futian" / "futian_all.graphml.gz")
    rng = np.random.default_rng(3)
    frame = network.to_frame().total_bounds
    lon = rng.uniform(frame[0], frame[2], 60)
    lat = rng.uniform(frame[1], frame[3], 60)
    points = snap(network, lon, lat, mode, connected=True)
    matrix = travel_matrix(network, points, mode)
    seconds = matrix.seconds.astype(np.int64)
    assert seconds.min() == 0
    assert np.array_equal(np.diag(seconds), np.zeros(60))
    for k in range(60):
        assert np.all(seconds <= seconds[:, k : k + 1] + seconds[k : k + 1, :])
    if mode.name == "walk":
        assert np.array_equal(seconds, seconds.T)
        assert np.abs(matrix.metres / mode.speed - seconds).max() < 3
