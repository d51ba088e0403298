"""Compiled searches against networkx with a node for every point."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.matrix import travel_matrix
from geo.modes import TravelMode, ebike, walk
from geo.network import StreetNetwork
from geo.reach import Reach, reach
from geo.snap import Snapped
from tests.network_cases import networks, places, slow_times

MODES = [walk(1.0), walk(0.75), ebike(4.0)]


@st.composite
def questions(draw: st.DrawFn) -> tuple[StreetNetwork, Snapped, Snapped, TravelMode, float]:
    mode = draw(st.sampled_from(MODES))
    network = draw(networks().filter(lambda found: bool(found.usable(mode).any())))
    sites = draw(places(network, mode))
    demand = draw(places(network, mode))
    return network, sites, demand, mode, draw(st.sampled_from([0.0, 30.0, 75.0, 1000.0]))


def as_dict(found: Reach) -> dict[tuple[int, int], int]:
    rows = np.repeat(np.arange(found.indptr.size - 1), np.diff(found.indptr))
    return {
        (int(i), int(j)): int(ms) for i, j, ms in zip(rows, found.target, found.cost, strict=True)
    }


@settings(max_examples=200, deadline=None, derandomize=True)
@given(questions())
def test_reach_is_what_a_plain_dijkstra_finds(
    question: tuple[StreetNetwork, Snapped, Snapped, TravelMode, float],
) -> None:
    network, sites, demand, mode, limit = question
    slow = slow_times(network, sites, demand, mode)
    within = {pair: ms for pair, ms in slow.items() if ms <= 1000 * limit}
    found = reach(network, sites, demand, mode, limit, threads=1)
    assert as_dict(found) == within
    for row in range(len(sites)):
        ascending = found.target[found.indptr[row] : found.indptr[row + 1]]
        assert np.all(np.diff(ascending) > 0)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(questions())
def test_reach_towards_is_the_way_from_demand_to_site(
    question: tuple[StreetNetwork, Snapped, Snapped, TravelMode, float],
) -> None:
    network, sites, demand, mode, limit = question
    slow = slow_times(network, demand, sites, mode)
    within = {(i, j): ms for (j, i), ms in slow.items() if ms <= 1000 * limit}
    found = reach(network, sites, demand, mode, limit, towards=True, threads=1)
    assert as_dict(found) == within


@settings(max_examples=150, deadline=None, derandomize=True)
@given(questions())
def test_a_matrix_holds_the_times_rounded_up_and_keeps_the_triangle(
    question: tuple[StreetNetwork, Snapped, Snapped, TravelMode, float],
) -> None:
    network, points, _, mode, _ = question
    slow = slow_times(network, points, points, mode)
    matrix = travel_matrix(network, points, mode, threads=1)
    size = len(points)
    for i in range(size):
        for j in range(size):
            expected = 0 if i == j else -(-slow[i, j] // 1000) if (i, j) in slow else -1
            assert matrix.seconds[i, j] == expected
            assert (matrix.metres[i, j] == -1) == (matrix.seconds[i, j] == -1)
    far = np.where(matrix.seconds < 0, 10**8, matrix.seconds).astype(np.int64)
    for k in range(size):
        assert np.all(far <= far[:, k : k + 1] + far[k : k + 1, :])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(questions())
def test_metres_of_a_single_speed_follow_from_the_seconds(
    question: tuple[StreetNetwork, Snapped, Snapped, TravelMode, float],
) -> None:
    network, points, _, mode, _ = question
    matrix = travel_matrix(network, points, mode, threads=1)
    known = matrix.seconds >= 0
    # a second of slack for rounding up, a metre too, and half a tick per stretch of the way
    drift = np.abs(matrix.seconds[known] * mode.speed - matrix.metres[known])
    assert np.all(drift <= mode.speed + 1.0 + 0.02 * (network.n_edges + 4))
