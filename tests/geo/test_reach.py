from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from base.faults import FaultError
from base.kernel_cache import kernel_cache_folder
from geo.modes import car, ebike, walk
from geo.network import StreetNetwork
from geo.reach import Reach, reach
from geo.search import SearchCancelledError
from geo.snap import Snapped, snap
from geo.streets import from_lines
from tests.network_cases import network_of, points_on


def street(length: float = 100.0, **columns: object) -> StreetNetwork:
    return network_of([(0, 0), (length, 0), (2 * length, 0)], [(0, 1), (1, 2)], **columns)


def as_lists(found: Reach) -> list[list[tuple[int, int]]]:
    return [
        list(zip(found.target[a:b].tolist(), found.cost[a:b].tolist(), strict=True))
        for a, b in itertools.pairwise(found.indptr)
    ]


def test_access_legs_and_partial_edges_count() -> None:
    network = street()
    sites = points_on([(0, 0.25, 5.0)], network)
    demand = points_on([(0, 0.75, 3.0), (1, 0.5, 0.0), (0, 0.25, 0.0)], network)
    found = reach(network, sites, demand, walk(1.0), 130.0)
    assert as_lists(found) == [[(0, 58_000), (1, 130_000), (2, 5_000)]]


def test_a_pair_at_exactly_the_limit_counts_and_a_millisecond_less_does_not() -> None:
    network = street()
    sites, demand = points_on([(0, 0.0, 0.0)], network), points_on([(1, 1.0, 0.0)], network)
    assert as_lists(reach(network, sites, demand, walk(1.0), 200.0)) == [[(0, 200_000)]]
    assert as_lists(reach(network, sites, demand, walk(1.0), 199.999)) == [[]]


def test_a_way_round_beats_a_slow_direct_stretch() -> None:
    # the direct stretch of a 300 m bend against the parallel street of 10 m
    network = network_of([(0, 0), (10, 0)], [(0, 1), (0, 1)], lengths=[300.0, 10.0])
    sites, demand = points_on([(0, 0.1, 0.0)], network), points_on([(0, 0.9, 0.0)], network)
    assert as_lists(reach(network, sites, demand, walk(1.0), 900.0)) == [[(0, 70_000)]]


def test_one_way_streets_bind_vehicles_half_way_along_an_edge() -> None:
    ring = network_of(
        [(0, 0), (100, 0), (0, 100)], [(0, 1), (1, 2), (2, 0)],
        lengths=[100.0, 100.0, 100.0], forward=[7, 7, 7], backward=[1, 1, 1],
    )  # fmt: skip
    sites, demand = points_on([(0, 0.6, 0.0)], ring), points_on([(0, 0.4, 0.0)], ring)
    assert as_lists(reach(ring, sites, demand, walk(1.0), 900)) == [[(0, 20_000)]]
    assert as_lists(reach(ring, sites, demand, ebike(1.0), 900)) == [[(0, 280_000)]]
    assert as_lists(reach(ring, sites, demand, ebike(1.0), 900, towards=True)) == [[(0, 20_000)]]


def test_a_car_keeps_the_speed_of_the_class_and_the_sign() -> None:
    network = street(edge_class=np.array([3, 8]), edge_maxspeed=np.array([0.0, 2.0]))
    mode = car()
    sites, demand = (
        points_on([(0, 0.0, 0.0)], network),
        points_on([(0, 1.0, 0.0), (1, 1.0, 0.0)], network),
    )
    primary = round(100_000 / (30 / 3.6))
    assert as_lists(reach(network, sites, demand, mode, 900)) == [
        [(0, primary), (1, primary + 50_000)]
    ]


def test_points_without_an_edge_are_out_of_reach() -> None:
    network = street()
    lost = Snapped(np.array([-1]), np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1))
    there = points_on([(0, 0.5, 0.0)], network)
    assert as_lists(reach(network, lost, there, walk(), 900)) == [[]]
    assert as_lists(reach(network, there, lost, walk(), 900)) == [[]]


def test_no_sites_and_no_demand_give_empty_lists() -> None:
    network = street()
    some, none = points_on([(0, 0.5, 0.0)], network), points_on([(0, 0.5, 0.0)], network).take([])
    assert reach(network, none, some, walk(), 900).indptr.tolist() == [0]
    assert as_lists(reach(network, some, none, walk(), 900)) == [[]]


@pytest.mark.parametrize("limit", [-1.0, float("nan"), float("inf")])
def test_impossible_limits_are_refused(limit: float) -> None:
    network = street()
    there = points_on([(0, 0.5, 0.0)], network)
    with pytest.raises(FaultError, match="CC-G109"):
        reach(network, there, there, walk(), limit)


def grid(size: int) -> tuple[StreetNetwork, Snapped]:
    places = [(100.0 * (i % size), 100.0 * (i // size)) for i in range(size * size)]
    edges = [(i, i + 1) for i in range(size * size) if (i + 1) % size]
    edges += [(i, i + size) for i in range(size * (size - 1))]
    network = network_of(places, edges)
    share = np.random.default_rng(0).random(400)
    edge = np.random.default_rng(1).integers(0, len(edges), 400)
    return network, points_on(
        [(int(e), float(s), 1.0) for e, s in zip(edge, share, strict=True)], network
    )


def test_the_answer_does_not_depend_on_threads_and_progress_is_told() -> None:
    network, points = grid(12)
    one = reach(network, points, points, walk(0.9), 400, threads=1)
    told: list[tuple[int, int]] = []
    two = reach(
        network, points, points, walk(0.9), 400, threads=3,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    for name in ("indptr", "target", "cost"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (400, 400)
    assert one.target.size > 10_000


@pytest.mark.parametrize("threads", [1, 2])
def test_a_search_can_be_cancelled(threads: int) -> None:
    network, points = grid(6)
    done: list[int] = []
    with pytest.raises(SearchCancelledError):
        reach(
            network, points, points, walk(), 900, threads=threads,
            progress=lambda rows, _: done.append(rows), cancelled=lambda: bool(done),
        )  # fmt: skip
    assert done
    assert done[-1] < 400


def test_cover_lists_are_read_only() -> None:
    network, points = grid(3)
    found = reach(network, points, points, walk(), 100)
    with pytest.raises(ValueError, match="read-only"):
        found.cost[0] = 1


CHECKED = """
import numpy as np
from geo.matrix import travel_matrix
from geo.modes import ebike, walk
from geo.reach import reach
from tests.network_cases import network_of, points_on

rng = np.random.default_rng(11)
for n, m in ((1, 1), (2, 3), (6, 9), (40, 70)):
    edges = [tuple(pair) for pair in rng.integers(0, n, (m, 2)).tolist()]
    network = network_of(
        rng.integers(0, 500, (n, 2)).tolist(),
        edges,
        lengths=rng.choice([0.0, 5.0, 80.0, 700.0], m).tolist(),
        backward=rng.choice([1, 7], m).tolist(),
    )
    places = zip(rng.integers(0, m, 60).tolist(), rng.random(60).round(1), [1.0] * 60)
    points = points_on(list(places), network)
    for mode in (walk(), ebike()):
        found = reach(network, points, points, mode, 300.0, threads=1)
        seconds = travel_matrix(network, points, mode, threads=1).seconds
        rows = np.repeat(np.arange(60), np.diff(found.indptr))
        off = rows != found.target
        ceil = -(-found.cost // 1000)
        assert np.array_equal(seconds[rows, found.target][off], ceil[off])
print("sound")
"""


def test_kernels_stay_inside_their_arrays() -> None:
    """Compiled with bounds checks, in a process of its own and a cache of its own."""
    cache = kernel_cache_folder() / "bounds-checked"
    environment = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", CHECKED],
        cwd=Path(__file__).resolve().parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "sound\n", done.stderr[-2000:]


@pytest.mark.real
def test_dongcheng_shares_computed_elsewhere(shared_data: Path) -> None:
    """52 community sites reach 28.7 / 57.9 / 75.8 % of residents within 500 / 750 / 1,000 m.

    Largest component, ring roads included, lengths in UTM 50N, both access legs counted.
    """
    path = shared_data / "dongcheng" / "dongcheng.gpkg"
    network = from_lines(
        gpd.read_file(path, layer="roads"), metric_crs="EPSG:32650"
    ).largest_component()
    facilities = gpd.read_file(path, layer="facilities")
    sites = facilities[facilities["type"] == "community_eldercare"].geometry
    residents = gpd.read_file(path, layer="residents_250m")
    residents = residents[residents.in_district == 1]
    assert (len(sites), len(residents)) == (52, 672)
    mode = walk(1.0)
    at_site = snap(network, sites.x, sites.y, mode)
    at_home = snap(network, residents.geometry.x, residents.geometry.y, mode)
    weight = residents.residents.to_numpy()
    for metres, expected in ((500, 28.7), (750, 57.9), (1000, 75.8)):
        found = reach(network, at_site, at_home, mode, metres / mode.speed)
        covered = np.zeros(len(weight), dtype=bool)
        covered[found.target] = True
        share = 100 * weight[covered].sum() / weight.sum()
        assert share == pytest.approx(expected, abs=0.1)
