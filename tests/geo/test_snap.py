from __future__ import annotations

import numpy as np
import pytest
from pyproj import Transformer

from base.faults import FaultError
from geo.modes import ebike, walk
from geo.network import StreetNetwork
from geo.snap import snap
from tests.network_cases import network_of

O_X, O_Y = 500_000.0, 4_400_000.0


def streets() -> StreetNetwork:
    """A street of 100 m closed to bicycles, one 40 m north of it, one-way, and a far island."""
    places = [(0, 0), (100, 0), (0, 40), (100, 40), (1000, 0), (1010, 0)]
    return network_of(
        [(O_X + x, O_Y + y) for x, y in places],
        [(0, 1), (2, 3), (0, 2), (4, 5)],
        lengths=[200.0, 100.0, 40.0, 10.0],
        forward=[1, 7, 7, 7],
        backward=[1, 1, 7, 7],
    )


def lon_lat(*xy: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    to_wgs84 = Transformer.from_crs("EPSG:32650", "EPSG:4326", always_xy=True)
    place = np.array(xy, dtype=float)
    return to_wgs84.transform(O_X + place[:, 0], O_Y + place[:, 1])


def test_a_point_hangs_on_the_nearest_place_of_the_nearest_edge() -> None:
    found = snap(streets(), *lon_lat((30, 10), (-3, -4), (70, 45)), walk())
    assert found.edge.tolist() == [0, 0, 1]
    # the first street counts 200 m on 100 m of drawing
    assert found.along == pytest.approx([60.0, 0.0, 70.0], abs=1e-4)
    assert found.access == pytest.approx([10.0, 5.0, 5.0], abs=1e-4)
    assert found.x - O_X == pytest.approx([30, -3, 70], abs=1e-4)


def test_only_edges_open_to_the_mode_count() -> None:
    found = snap(streets(), *lon_lat((30, 10)), ebike())
    assert found.edge.tolist() == [1]
    assert found.access == pytest.approx([30.0], abs=1e-4)


def test_of_equally_near_edges_the_lowest_wins() -> None:
    places = [(0, 0), (100, 0), (0, 100), (-100, 0)]
    star = network_of([(O_X + x, O_Y + y) for x, y in places], [(3, 0), (0, 2), (0, 1)])
    to_wgs84 = Transformer.from_crs("EPSG:32650", "EPSG:4326", always_xy=True)
    lon, lat = to_wgs84.transform([O_X] * 50, [O_Y] * 50)
    assert set(snap(star, lon, lat, walk()).edge.tolist()) == {0}


def test_islands_are_passed_over_on_request() -> None:
    network = streets()
    assert snap(network, *lon_lat((1005, 3)), walk()).edge.tolist() == [3]
    assert snap(network, *lon_lat((1005, 3)), walk(), connected=True).edge.tolist() == [0]


def test_a_mode_without_any_edge_gets_no_edge() -> None:
    footpath = network_of([(O_X, O_Y), (O_X + 9, O_Y)], [(0, 1)], forward=[1], backward=[1])
    found = snap(footpath, *lon_lat((1, 1)), ebike())
    assert found.edge.tolist() == [-1]


@pytest.mark.parametrize("bad", [(np.nan, 39.9), (116.4, np.inf), (39.9, 116.4)])
def test_impossible_positions_are_refused(bad: tuple[float, float]) -> None:
    with pytest.raises(FaultError, match=r"CC-G108.*point 1"):
        snap(streets(), [117.0, bad[0]], [39.7, bad[1]], walk())


def test_some_points_can_be_taken() -> None:
    found = snap(streets(), *lon_lat((30, 10), (70, 45)), walk())
    assert found.take([1]).edge.tolist() == [1]
    assert len(found.take(np.array([True, False]))) == 1
    assert len(snap(streets(), [], [], walk())) == 0
