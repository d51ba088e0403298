from __future__ import annotations

import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from base.faults import FaultError
from geo.isochrone import isochrones
from geo.modes import ebike, walk
from geo.osm import from_osm
from geo.search import SearchCancelledError
from geo.snap import snap
from tests.network_cases import network_of, points_on

X, Y = 500_000.0, 4_400_000.0


def ground(frame: gpd.GeoDataFrame) -> list[shapely.Geometry]:
    moved = frame.to_crs("EPSG:32650")
    return [shapely.transform(g, lambda xy: xy - [X, Y]) for g in moved.geometry]


def test_streets_are_cut_where_the_limit_runs_out() -> None:
    network = network_of([(X, Y), (X + 300, Y), (X + 300, Y + 300)], [(0, 1), (1, 2)])
    origin = points_on([(0, 0.5, 10.0)], network)
    frame = isochrones(network, origin, walk(1.0), [60, 200], buffer_m=5.0)
    assert frame.crs.to_epsg() == 4326
    assert frame.limit_s.tolist() == [60.0, 200.0]
    assert frame.origin.tolist() == [0, 0]
    near, far = ground(frame)
    # 50 s are left at the street
    assert near.bounds == pytest.approx((95, -5, 205, 5), abs=0.01)
    assert far.bounds == pytest.approx((-5, -5, 305, 45), abs=0.01)
    assert near.area == pytest.approx(100 * 10 + np.pi * 25, rel=0.01)


def test_one_way_streets_bind_vehicles_in_both_directions() -> None:
    network = network_of([(X, Y), (X + 300, Y)], [(0, 1)], backward=[1])
    origin = points_on([(0, 0.5, 0.0)], network)
    out = ground(isochrones(network, origin, ebike(1.0), [50], buffer_m=1.0))[0]
    home = ground(isochrones(network, origin, ebike(1.0), [50], buffer_m=1.0, towards=True))[0]
    assert out.bounds == pytest.approx((149, -1, 201, 1), abs=0.01)
    assert home.bounds == pytest.approx((99, -1, 151, 1), abs=0.01)


def test_an_access_leg_longer_than_the_limit_reaches_nothing() -> None:
    network = network_of([(X, Y), (X + 300, Y)], [(0, 1)])
    frame = isochrones(network, points_on([(0, 0.5, 100.0)], network), walk(1.0), [60, 110])
    assert frame.geometry.is_empty.tolist() == [True, False]
    assert frame.geometry.is_valid.all()


def test_small_blocks_are_filled_and_large_ones_are_not() -> None:
    corners = [(X, Y), (X + 100, Y), (X + 100, Y + 100), (X, Y + 100)]
    network = network_of(corners, [(0, 1), (1, 2), (2, 3), (3, 0)])
    origin = points_on([(0, 0.0, 0.0)], network)
    filled = ground(isochrones(network, origin, walk(), [900], buffer_m=5.0))[0]
    hollow = ground(isochrones(network, origin, walk(), [900], buffer_m=5.0, fill_holes_m2=0))[0]
    assert filled.area - hollow.area == pytest.approx(90 * 90, rel=0.001)


def test_limits_are_checked_and_the_call_can_be_cancelled() -> None:
    network = network_of([(X, Y), (X + 300, Y)], [(0, 1)])
    origin = points_on([(0, 0.5, 0.0)], network)
    with pytest.raises(FaultError, match="CC-G109"):
        isochrones(network, origin, walk(), [-5])
    with pytest.raises(SearchCancelledError):
        isochrones(network, origin, walk(), [5], cancelled=lambda: True)
    told: list[tuple[int, int]] = []
    isochrones(network, origin, walk(), [5], progress=lambda *news: told.append(news))
    assert told == [(1, 1)]
    assert len(isochrones(network, origin, walk(), [])) == 0


@pytest.mark.real
def test_porto_alegre_isochrones_are_valid_and_nested(shared_data: Path) -> None:
    network = from_osm(shared_data / "porto_alegre" / "poa_osm.pbf").largest_component()
    origins = snap(network, [-51.228, -51.219, -51.18], [-30.028, -30.023, -30.04], walk())
    frame = isochrones(network, origins, walk(0.9), [900, 300, 600])
    assert frame.geometry.is_valid.all()
    assert frame.limit_s.tolist() == [300.0, 600.0, 900.0] * 3
    metric = frame.to_crs(network.crs)
    for _, one in metric.groupby("origin"):
        polygons = one.geometry.tolist()
        assert polygons[0].area > 50_000
        for inner, outer in itertools.pairwise(polygons):
            assert shapely.difference(inner, outer).area < 0.01
            assert outer.area > inner.area
        # nothing lies farther than the walk plus the buffer, as the crow flies
        row = int(one.origin.iloc[0])
        centre = shapely.Point(float(origins.x[row]), float(origins.y[row]))
        assert shapely.hausdorff_distance(centre, polygons[2]) < 0.9 * 900 + 25 + 1
