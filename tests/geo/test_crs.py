"""Declared systems: known answers, and the check against the streets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from shapely.geometry import LineString, Point, Polygon, box

from base.faults import FaultError
from geo.china import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from geo.crs import CrsFit, crs_fit, local_metric_crs, parse_declared, to_wgs84, to_wgs84_xy
from geo.network import StreetNetwork
from geo.streets import from_lines
from tests.network_cases import network_of

Shift = Callable[[NDArray[np.float64]], NDArray[np.float64]]

FORWARD: dict[str, Shift] = {
    "EPSG:4326": lambda xy: xy,
    "gcj02": lambda xy: np.column_stack(wgs84_to_gcj02(xy[:, 0], xy[:, 1])),
    "bd09": lambda xy: np.column_stack(wgs84_to_bd09(xy[:, 0], xy[:, 1])),
}
METRES = Geod(ellps="WGS84")


def shifted(frame: gpd.GeoDataFrame, system: str) -> gpd.GeoDataFrame:
    """The layer as a provider of the system would hand it out."""
    moved = shapely.transform(frame.geometry.to_numpy(), FORWARD[system])
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=None))


# --- the systems --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("EPSG:4326", "EPSG:4326"),
        (" epsg:4490 ", "EPSG:4490"),
        ("4547", "EPSG:4547"),
        ("WGS84", "EPSG:4326"),
        ("wgs-84", "EPSG:4326"),
        ("GCJ-02", "gcj02"),
        ("gcj02", "gcj02"),
        ("BD-09", "bd09"),
    ],
)
def test_a_declared_system_has_one_name(declared: str, name: str) -> None:
    assert parse_declared(declared) == name


@pytest.mark.parametrize("declared", ["", "mars", "EPSG:", "EPSG:99999", "EPSG:4979", "EPSG:5773"])
def test_unknown_and_three_dimensional_systems_are_refused(declared: str) -> None:
    with pytest.raises(FaultError) as caught:
        parse_declared(declared)
    assert [fault.code for fault in caught.value.faults] == ["CC-G040"]


def test_provider_shifts_in_beijing_have_their_known_size() -> None:
    place = (116.41, 39.90)
    for forward, metres in ((wgs84_to_gcj02, 556.0), (wgs84_to_bd09, 1375.0)):
        lon, lat = forward(*place)
        assert METRES.inv(*place, float(lon), float(lat))[2] == pytest.approx(metres, abs=1.0)


def test_gcj02_of_a_known_place() -> None:
    # Tiananmen, the pair that the public description of the transformation is quoted with.
    lon, lat = wgs84_to_gcj02(116.404, 39.915)
    assert (float(lon), float(lat)) == pytest.approx((116.41024449916938, 39.91640428150164))


def test_outside_china_nothing_moves() -> None:
    for function in (wgs84_to_gcj02, wgs84_to_bd09, gcj02_to_wgs84, bd09_to_wgs84):
        lon, lat = function([-51.2, 2.35, 116.0], [-30.0, 48.9, 60.0])
        assert list(lon) == [-51.2, 2.35, 116.0]
        assert list(lat) == [-30.0, 48.9, 60.0]


def test_latitude_first_by_authority_still_means_longitude_first() -> None:
    xy = np.array([[116.4, 39.9]])
    assert to_wgs84_xy(xy, "EPSG:4490") == pytest.approx(xy, abs=1e-6)


def test_gauss_kruger_zone_of_beijing() -> None:
    to_zone = Transformer.from_crs("EPSG:4326", "EPSG:4548", always_xy=True)
    easting, northing = to_zone.transform(116.4, 39.9)
    frame = gpd.GeoDataFrame(geometry=[Point(easting, northing, 40.0)])
    moved = to_wgs84(frame, "EPSG:4548")
    assert moved.crs == "EPSG:4326"
    assert not moved.geometry.iloc[0].has_z
    assert (moved.geometry.x[0], moved.geometry.y[0]) == pytest.approx((116.4, 39.9), abs=1e-7)


def test_the_frames_own_system_is_not_looked_at() -> None:
    raw = gpd.GeoDataFrame(geometry=[Point(116.41024449916938, 39.91640428150164)], crs="EPSG:3857")
    moved = to_wgs84(raw, "gcj02")
    assert (moved.geometry.x[0], moved.geometry.y[0]) == pytest.approx((116.404, 39.915), abs=1e-9)


@pytest.mark.parametrize(
    ("lon", "lat", "zone"),
    [(116.4, 39.9, "EPSG:32650"), (-51.2, -30.0, "EPSG:32722"), (180.0, 0.0, "EPSG:32660")],
)
def test_local_zone(lon: float, lat: float, zone: str) -> None:
    assert local_metric_crs(lon, lat) == zone


@pytest.mark.parametrize("place", [(181.0, 0.0), (0.0, 91.0), (float("nan"), 0.0)])
def test_no_zone_for_no_place(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="no place on earth"):
        local_metric_crs(*place)


# --- the check against a made town --------------------------------------------------------------


@pytest.fixture(scope="module")
def town() -> StreetNetwork:
    """A 4 km x 4 km grid of streets in Beijing, unevenly spaced."""
    rng = np.random.default_rng(5)
    x = 448_000.0 + np.cumsum(rng.uniform(90.0, 210.0, 28))
    y = 4_418_000.0 + np.cumsum(rng.uniform(90.0, 210.0, 28))
    places = [(float(a), float(b)) for a in x for b in y]
    across = [(i * 28 + j, i * 28 + j + 1) for i in range(28) for j in range(27)]
    down = [(i * 28 + j, (i + 1) * 28 + j) for i in range(27) for j in range(28)]
    return network_of(places, across + down)


def blocks_of(town: StreetNetwork) -> gpd.GeoDataFrame:
    """Every third block between the streets, 6 m back from them, in WGS 84."""
    x, y = np.unique(town.node_x), np.unique(town.node_y)
    shapes = [
        box(x[i] + 6.0, y[j] + 6.0, x[i + 1] - 6.0, y[j + 1] - 6.0)
        for i in range(len(x) - 1)
        for j in range(i % 3, len(y) - 1, 3)
    ]
    return gpd.GeoDataFrame(geometry=shapes, crs=town.crs).to_crs("EPSG:4326")


def places_of(town: StreetNetwork, count: int) -> gpd.GeoDataFrame:
    """Places anywhere in town, in WGS 84."""
    rng = np.random.default_rng(2)
    x = rng.uniform(town.node_x.min(), town.node_x.max(), count)
    y = rng.uniform(town.node_y.min(), town.node_y.max(), count)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=town.crs).to_crs("EPSG:4326")


@pytest.mark.parametrize("system", list(FORWARD))
@pytest.mark.parametrize("kind", ["blocks", "places"])
def test_a_layer_of_the_town_is_known_by_its_fit(
    town: StreetNetwork, kind: str, system: str
) -> None:
    layer = blocks_of(town) if kind == "blocks" else places_of(town, 400)
    raw = shifted(layer, system)
    for declared in FORWARD:
        fit = crs_fit(raw, declared, town)
        assert fit.best == system
        assert fit.fits == (declared == system)
        assert (fit.shift_m > 500.0) == (declared != system)
        assert fit.evidence == ("none" if fit.fits else fit.evidence)
    if kind == "blocks":
        wrong = crs_fit(raw, "bd09" if system != "bd09" else "gcj02", town)
        assert wrong.evidence == "alignment"
        assert wrong.best_along > 0.9 > 0.5 > wrong.declared_along


def test_few_points_decide_nothing(town: StreetNetwork) -> None:
    raw = shifted(places_of(town, 400).iloc[:12], "gcj02")
    fit = crs_fit(raw, "EPSG:4326", town)
    assert fit == CrsFit(
        "EPSG:4326", "EPSG:4326", fit.declared_m, fit.declared_m, 0.0, "none",
        fit.declared_off, fit.declared_off, nearest_m=fit.nearest_m,
    )  # fmt: skip


def test_a_layer_wider_than_the_town_stays_quiet(town: StreetNetwork) -> None:
    rng = np.random.default_rng(7)
    x = rng.uniform(town.node_x.min() - 4_000.0, town.node_x.max() + 4_000.0, 1_000)
    y = rng.uniform(town.node_y.min() - 4_000.0, town.node_y.max() + 4_000.0, 1_000)
    wide = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=town.crs).to_crs("EPSG:4326")
    assert crs_fit(wide, "EPSG:4326", town).fits


def test_china_geodetic_coordinates_are_no_other_system(town: StreetNetwork) -> None:
    assert crs_fit(places_of(town, 400), "EPSG:4490", town).fits


@pytest.mark.parametrize(
    ("true", "declared"),
    [
        ("EPSG:4548", "EPSG:32650"),  # the same meridian, scale 1 and 0.9996: 1.8 km
        ("EPSG:4527", "EPSG:4548"),  # the zone's number before the easting
        ("EPSG:4547", "EPSG:4548"),  # the neighbouring zone
        ("EPSG:3857", "EPSG:32650"),
        ("EPSG:32650", "EPSG:4326"),  # metres cannot be degrees
    ],
)
def test_metric_systems_are_told_apart(town: StreetNetwork, true: str, declared: str) -> None:
    raw = places_of(town, 60).to_crs(true)
    assert crs_fit(raw, declared, town).best == true
    assert crs_fit(raw, true, town).fits


def test_the_reference_speaks_where_no_street_does(town: StreetNetwork) -> None:
    far = gpd.GeoDataFrame(
        geometry=[Polygon([(117.0, 40.2), (117.02, 40.2), (117.02, 40.23)])], crs="EPSG:4326"
    )
    raw = shifted(far, "gcj02")
    assert crs_fit(raw, "EPSG:4326", town).fits
    fit = crs_fit(raw, "EPSG:4326", town, reference=far)
    assert (fit.best, fit.evidence) == ("gcj02", "reference")
    assert fit.best_m < 1.0 < 100.0 < fit.declared_m
    assert crs_fit(raw, "gcj02", town, reference=far).fits


def test_one_street_is_enough_to_ask(town: StreetNetwork) -> None:
    lines = gpd.GeoDataFrame(geometry=[LineString([(116.4, 39.9), (116.41, 39.9)])], crs=4326)
    alone = from_lines(lines)
    assert crs_fit(places_of(town, 50), "EPSG:4326", alone).best in FORWARD


# --- the check on real layers -------------------------------------------------------------------


@pytest.fixture(scope="module")
def dongcheng(shared_data: Path) -> Path:
    return shared_data / "dongcheng" / "dongcheng.gpkg"


@pytest.fixture(scope="module")
def streets(dongcheng: Path) -> StreetNetwork:
    return from_lines(gpd.read_file(dongcheng, layer="roads"))


def layer_of(dongcheng: Path, layer: str) -> gpd.GeoDataFrame:
    """A layer of the district; its name may carry a condition."""
    name, _, condition = layer.partition(" where ")
    frame = gpd.read_file(dongcheng, layer=name)
    return frame.query(condition) if condition else frame


@pytest.mark.real
@pytest.mark.parametrize(
    "layer",
    [
        "facilities",
        "facilities where type == 'community_eldercare'",
        "facilities where type == 'residential_eldercare'",
        "residents_250m",
        "residents_250m where in_district == 1",
        "residential_parcels",
        "subdistricts",
    ],
)
def test_real_layers_declared_rightly_are_quiet(
    dongcheng: Path, streets: StreetNetwork, layer: str
) -> None:
    frame = layer_of(dongcheng, layer)
    for system in FORWARD:
        assert crs_fit(shifted(frame, system), system, streets).fits


@pytest.mark.real
@pytest.mark.parametrize(
    ("layer", "evidence"),
    [
        ("facilities", "distance"),
        ("facilities where type == 'community_eldercare'", "distance"),
        ("residents_250m where in_district == 1", "distance"),
        ("residential_parcels", "alignment"),
        ("subdistricts", "alignment"),
    ],
)
def test_real_layers_from_a_provider_are_noticed(
    dongcheng: Path, streets: StreetNetwork, layer: str, evidence: str
) -> None:
    frame = layer_of(dongcheng, layer)
    for system, metres in (("gcj02", 555.0), ("bd09", 1375.0)):
        fit = crs_fit(shifted(frame, system), "EPSG:4326", streets)
        assert (fit.best, fit.evidence) == (system, evidence)
        assert fit.shift_m == pytest.approx(metres, abs=10.0)


@pytest.mark.real
@pytest.mark.parametrize("left_out", [(), ("二环", "三环")], ids=["all streets", "no ring roads"])
def test_the_neighbouring_districts_boundaries(
    shared_data: Path, dongcheng: Path, left_out: tuple[str, ...]
) -> None:
    lines = gpd.read_file(dongcheng, layer="roads")
    streets = from_lines(lines, name="name", drop_names=left_out)
    provider = gpd.read_file(shared_data / "xicheng" / "xicheng_gcj02_110102.json")
    official = gpd.read_file(shared_data / "xicheng" / "xicheng_15_streets_clean.geojson")
    fit = crs_fit(provider, "EPSG:4326", streets)
    assert (fit.best, fit.evidence) == ("gcj02", "alignment")
    assert fit.shift_m == pytest.approx(553.0, abs=10.0)
    assert crs_fit(provider, "gcj02", streets).fits
    assert crs_fit(official, "EPSG:4326", streets).fits
    by_reference = crs_fit(provider, "EPSG:4326", streets, reference=official)
    assert (by_reference.best, by_reference.evidence) == ("gcj02", "reference")
    assert by_reference.best_m < 20.0
    assert crs_fit(provider, "gcj02", streets, reference=official).fits
