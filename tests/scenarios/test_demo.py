from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from geo.streets import from_lines
from scenarios.demo import DemoTown, generate
from scenarios.town.cells import CELLS
from scenarios.town.premises import SOURCES
from scenarios.town.sizes import SIZES
from tests.town_cases import CELL_COLUMNS, town


@pytest.fixture(scope="module")
def small() -> DemoTown:
    return town("S", 0)


def test_same_seed_same_town(small: DemoTown) -> None:
    again = generate("S", 0)
    for field in dataclasses.fields(DemoTown):
        one, two = getattr(small, field.name), getattr(again, field.name)
        if isinstance(one, gpd.GeoDataFrame):
            assert_geodataframe_equal(one, two)
            assert one.geometry.to_wkb().equals(two.geometry.to_wkb()), field.name
        elif field.name != "network":  # see test_demo_network
            assert one == two, field.name


def test_another_seed_another_town(small: DemoTown) -> None:
    other = town("S", 1)
    assert other.visits != small.visits
    assert not other.subdistricts.geometry.geom_equals(small.subdistricts.geometry).all()


@pytest.mark.parametrize("size", ["S", "M"])
def test_counts_are_those_of_the_size(size: str) -> None:
    target = SIZES[size]  # type: ignore[index]
    made = town(size)  # type: ignore[arg-type]
    assert made.demand["residents"].sum() == target.residents
    assert made.subdistricts["population"].sum() == target.residents
    assert made.communities["population"].sum() == target.residents
    assert len(made.subdistricts) == target.subdistricts
    assert len(made.communities) == target.communities
    assert len(made.stations) == target.stations
    assert len(made.candidates) == target.candidates
    assert len(made.health_stations) == target.health_stations
    assert len(made.carers) == target.carers
    assert len(made.orders) == target.orders
    assert len(made.kitchens) == target.kitchens >= 2
    assert 0.95 * target.visits <= len(made.visits) <= target.visits


def test_codes_are_nested_strings_of_a_district_that_does_not_exist(small: DemoTown) -> None:
    assert small.code == "990101"
    for code in small.subdistricts["code"]:
        assert isinstance(code, str) and len(code) == 9 and code.startswith(small.code)
    known = set(small.subdistricts["code"])
    for code, parent in zip(
        small.communities["code"], small.communities["subdistrict_code"], strict=True
    ):
        assert isinstance(code, str) and len(code) == 12 and code.isdigit()
        assert code.startswith(parent) and parent in known
    assert small.communities["code"].is_unique


def test_everything_is_named_in_both_languages(small: DemoTown) -> None:
    for layer in ("streets", "subdistricts", "communities", "rivers", "compounds", "stations"):
        frame = getattr(small, layer)
        assert (frame["name"].str.len() > 0).all(), layer
        assert frame["name_en"].str.match(r"^[A-Za-z0-9 ',.()-]+$").all(), layer
    assert small.subdistricts["name"].is_unique
    assert small.communities["name"].is_unique
    assert (small.communities["population"] > 0).all()
    assert not small.demand.duplicated(["compound", "building"]).any()


def test_cells_are_disjoint_and_add_up(small: DemoTown) -> None:
    demand = small.demand
    assert len(set(CELL_COLUMNS)) == 18
    assert (demand[CELL_COLUMNS].to_numpy() >= 0).all()
    assert (demand[CELL_COLUMNS].sum(axis=1) == demand["elders"]).all()
    assert (demand["elders"] <= demand["residents"]).all()
    by_community = demand.groupby("community")["elders"].sum()
    stated = small.communities.set_index("name")["elders"]
    assert by_community.reindex(stated.index, fill_value=0).equals(stated)


def test_shares_differ_clearly_between_sub_districts() -> None:
    demand = town("M").demand
    by_unit = demand.groupby("subdistrict")[[*CELL_COLUMNS, "elders", "residents"]].sum()
    oldest = by_unit[[c.column for c in CELLS if c.age == "80+"]].sum(axis=1) / by_unit["elders"]
    severe = by_unit[[c.column for c in CELLS if c.ability == "severe"]].sum(axis=1)
    alone = by_unit[[c.column for c in CELLS if c.living == "alone"]].sum(axis=1)
    elderly = by_unit["elders"] / by_unit["residents"]
    for share, spread in (
        (oldest, 2.0),
        (severe / by_unit["elders"], 2.0),
        (alone / by_unit["elders"], 1.5),
        (elderly, 1.7),
    ):
        assert share.max() > spread * share.min()


def test_layers_are_sound_and_units_nest(small: DemoTown) -> None:
    for field in dataclasses.fields(DemoTown):
        frame = getattr(small, field.name)
        if isinstance(frame, gpd.GeoDataFrame):
            assert frame.crs == "EPSG:4326"
            assert frame.geometry.is_valid.all(), field.name
            assert not frame.geometry.is_empty.any(), field.name
    units = small.subdistricts.to_crs(small.metric_crs)
    whole = units.geometry.union_all()
    assert units.geometry.area.sum() == pytest.approx(whole.area, rel=1e-3)
    assert (units.geometry.geom_type == "Polygon").all()
    parents = units.set_index("code").geometry
    for row in small.communities.to_crs(small.metric_crs).itertuples():
        inside = row.geometry.intersection(parents[row.subdistrict_code]).area
        assert inside > 0.97 * row.geometry.area, row.code


def test_people_live_in_their_community(small: DemoTown) -> None:
    shapes = small.communities.set_index("name").geometry
    own = gpd.GeoSeries(shapes.reindex(small.demand["community"]).to_numpy(), crs="EPSG:4326")
    assert small.demand.geometry.reset_index(drop=True).within(own).mean() > 0.995


@pytest.mark.parametrize(("size", "seed"), [("S", 0), ("S", 1), ("M", 0)])
def test_walking_streets_are_noded_and_connected(size: str, seed: int) -> None:
    made = town(size, seed)  # type: ignore[arg-type]
    streets = made.streets
    network = from_lines(streets, name="name", drop_names=["快速路"])
    parts = network.components()
    assert len(parts) == 1
    walked = streets[streets["class"] != "expressway"]
    assert network.n_edges >= 0.99 * len(walked)
    assert parts[0].nodes < network.n_edges


def test_water_and_rings_are_crossed_at_few_places_only(small: DemoTown) -> None:
    streets = small.streets
    plain = streets[(streets["bridge"] == "") & (streets["class"] != "expressway")]
    water = small.rivers.geometry.union_all()
    rings = streets[streets["class"] == "expressway"].geometry.union_all()
    assert not plain.intersects(water).any()
    assert not plain.crosses(rings).any()
    crossings = streets[streets["bridge"] != ""]
    assert 6 <= len(crossings) <= 40
    assert set(crossings["bridge"]) == {"bridge", "underpass"}
    lines = from_lines(plain).components()
    large = [part for part in lines if part.length_m > 1_000]
    assert len(large) >= 4, "without bridges and underpasses the town falls apart"


def test_compounds_have_walls_and_gates(small: DemoTown) -> None:
    compounds = small.compounds
    assert {"hutong", "estate", "compound", "tower"} <= set(compounds["kind"])
    gated = compounds[compounds["gated"]]
    assert (gated["gates"] >= 1).all()
    assert (compounds[~compounds["gated"]]["gates"] == 0).all()
    assert len(small.gates) == compounds["gates"].sum()


def test_stations_stand_where_the_town_is_old() -> None:
    made, old = town("M"), ("hutong", "estate")
    kinds = made.compounds
    in_old = kinds.loc[kinds["kind"].isin(old), "residents"].sum() / kinds["residents"].sum()
    at = gpd.sjoin(made.stations, kinds[["kind", "geometry"]], predicate="within")
    assert len(at) == len(made.stations)
    assert at["kind"].isin(old).mean() > in_old + 0.1


def test_premises_have_source_area_and_cost(small: DemoTown) -> None:
    candidates = town("M").candidates
    assert set(candidates["source"]) == set(SOURCES)
    assert candidates["area_m2"].between(100, 1_000).all()
    assert (candidates["yearly_cost_yuan"] > 0).all()
    per_m2 = candidates["yearly_cost_yuan"] / candidates["area_m2"]
    rented, swapped = (per_m2[candidates["source"] == kind].mean() for kind in ("租赁", "置换"))
    assert rented > 1.5 * swapped
    assert (small.institutions["care_beds"] <= small.institutions["beds"]).all()
    assert (small.stations["area_m2"] > 0).all()


def test_the_town_lies_where_no_city_is(small: DemoTown) -> None:
    lon0, lat0, lon1, lat1 = small.streets.total_bounds
    assert 116.5 < lon0 < lon1 < 116.8
    assert 44.2 < lat0 < lat1 < 44.5
    assert small.metric_crs == "EPSG:32650"


def test_names_of_people_are_clearly_invented(small: DemoTown) -> None:
    for client in small.clients:
        assert client.name[0] in "甲乙丙丁戊己庚辛壬癸"
        assert client.phone.startswith("139-0000-")
    layers = [
        getattr(small, field.name)
        for field in dataclasses.fields(DemoTown)
        if isinstance(getattr(small, field.name), gpd.GeoDataFrame)
    ]
    names = {client.name for client in small.clients}
    for frame in layers:
        words = frame.drop(columns="geometry").select_dtypes(exclude=np.number).to_numpy().ravel()
        assert names.isdisjoint(map(str, words))


def test_buildings_stand_apart_from_streets(small: DemoTown) -> None:
    streets = shapely.STRtree(small.streets.geometry.to_numpy())
    houses = small.buildings.geometry.to_numpy()
    hit = streets.query(houses, predicate="intersects")[0]
    assert len(np.unique(hit)) < 0.05 * len(houses)


@pytest.mark.accept
def test_the_largest_town_stands() -> None:
    made = generate("L", 0)
    assert made.demand["residents"].sum() == 1_000_000
    assert len(made.candidates) == 2_000
    assert len(from_lines(made.streets, name="name", drop_names=["快速路"]).components()) == 1
    assert len(made.visits) >= 0.95 * SIZES["L"].visits
