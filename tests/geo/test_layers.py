"""Layers in and out: every format, every bad row at once, and what is written comes back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from openpyxl import Workbook
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from base.faults import Fault, FaultError
from geo.china import wgs84_to_gcj02
from geo.layers import LayerSource, read_layer, write_geojson, write_layers
from geo.network import StreetNetwork
from geo.streets import from_lines
from tests.network_cases import network_of

DISTRICT = box(116.3, 39.8, 116.5, 40.0)


def faults_of(source: LayerSource, **how: object) -> list[Fault]:
    with pytest.raises(FaultError) as caught:
        read_layer(source, **how)
    return list(caught.value.faults)


def found(faults: list[Fault]) -> list[tuple[str, int | None]]:
    return [(fault.code, fault.row) for fault in faults]


def csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "layer.csv"
    path.write_text(text, encoding=encoding)
    return path


def sites() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["甲", "乙", "丙"], "n": [1, 2, 3], "share": [0.5, 1.0, 1.5]},
        geometry=[Point(116.40, 39.90), Point(116.41, 39.91), Point(116.42, 39.92)],
        crs="EPSG:4326",
    )


# --- every format -------------------------------------------------------------------------------


def gpkg(folder: Path) -> Path:
    write_layers(folder / "l.gpkg", {"sites": sites()})
    return folder / "l.gpkg"


def geojson(folder: Path) -> Path:
    write_geojson(folder / "l.geojson", sites())
    return folder / "l.geojson"


def shapefile(folder: Path) -> Path:
    pyogrio.write_dataframe(sites(), folder / "l.shp", encoding="gb18030")
    (folder / "l.cpg").unlink()
    return folder / "l.shp"


def lon_lat_csv(folder: Path) -> Path:
    rows = zip(sites().name, sites().n, sites().geometry, strict=True)
    lines = [f"{name},{n},{place.x},{place.y}" for name, n, place in rows]
    return csv(folder, "\n".join(["name,n,经度,纬度", *lines]), "gb18030")


def wkt_csv(folder: Path) -> Path:
    rows = zip(sites().name, sites().n, sites().geometry, strict=True)
    return csv(folder, "\n".join(["name,n,WKT", *(f"{name},{n},{g.wkt}" for name, n, g in rows)]))


def workbook(folder: Path) -> Path:
    book = Workbook()
    book.active.append(["name", "n", "lng", "lat"])
    for name, n, place in zip(sites().name, sites().n, sites().geometry, strict=True):
        book.active.append([name, str(n), f"{place.x}", place.y])
    book.save(folder / "l.xlsx")
    return folder / "l.xlsx"


@pytest.mark.parametrize("write", [gpkg, geojson, shapefile, lon_lat_csv, wkt_csv, workbook])
def test_every_format_gives_the_same_layer(tmp_path: Path, write: object) -> None:
    source = LayerSource(write(tmp_path))  # type: ignore[operator]
    layer = read_layer(source, geometry="point", counts=["n"], required=["name"], unique=["name"])
    assert layer.crs == "EPSG:4326"
    assert list(layer["name"]) == ["甲", "乙", "丙"]
    assert layer["n"].dtype == float
    assert list(layer["n"]) == [1.0, 2.0, 3.0]
    first = 2 if source.path.suffix in {".csv", ".xlsx"} else 1
    assert list(layer.index) == [first, first + 1, first + 2]
    assert layer.attrs["repaired"] == []
    pairs = zip(layer.geometry, sites().geometry, strict=True)
    assert all(a.equals_exact(b, 1e-7) for a, b in pairs)


def test_declared_systems_are_applied(tmp_path: Path) -> None:
    lon, lat = wgs84_to_gcj02(116.4, 39.9)
    path = csv(tmp_path, f"x,y\n{float(lon)},{float(lat)}\n")
    place = read_layer(LayerSource(path, crs="GCJ-02")).geometry.iloc[0]
    assert (place.x, place.y) == pytest.approx((116.4, 39.9), abs=1e-9)
    utm = gpd.GeoSeries([Point(116.4, 39.9)], crs=4326).to_crs(32650).iloc[0]
    path = csv(tmp_path, f"东,北\n{utm.x},{utm.y}\n")
    source = LayerSource(path, crs="EPSG:32650", lon="东", lat="北")
    place = read_layer(source).geometry.iloc[0]
    assert (place.x, place.y) == pytest.approx((116.4, 39.9), abs=1e-9)


# --- what is wrong with a file ------------------------------------------------------------------


def test_faults_of_the_file_and_of_the_declaration_come_together(tmp_path: Path) -> None:
    faults = faults_of(LayerSource(tmp_path / "none.gpkg", crs="mars"))
    assert [fault.code for fault in faults] == ["CC-G040", "CC-G001"]


def test_layers_are_named(tmp_path: Path) -> None:
    path = tmp_path / "l.gpkg"
    write_layers(path, {"a": sites(), "b": sites()})
    for layer, code in ((None, "CC-G005"), ("c", "CC-G004")):
        faults = faults_of(LayerSource(path, layer=layer))
        assert [fault.code for fault in faults] == [code]
        assert "a, b" in faults[0].text("zh")
    assert len(read_layer(LayerSource(path, layer="b"))) == 3


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("l.gpkg", b"no database", "CC-G003"),
        ("l.gpkg", b"SQLite format 3\x00 and nothing more", "CC-G003"),
        ("l.shp", b"PK", "CC-G003"),
        ("l.geojson", b'{"type": "FeatureCollection", "features": [', "CC-G003"),
        ("l.geojson", b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "CC-G003"),
        ("l.geojson", b'{"type": "FeatureCollection", "features": []}', "CC-G013"),
        ("l.kml", b"<kml/>", "CC-G002"),
        ("l.csv", b"a,b\n1,2\n", "CC-G012"),
    ],
)
def test_files_that_are_no_layers(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert [fault.code for fault in faults_of(LayerSource(path))] == [code]


def test_a_table_without_geometry_is_no_layer(tmp_path: Path) -> None:
    path = tmp_path / "l.gpkg"
    pyogrio.write_dataframe(sites().drop(columns="geometry"), path, layer="t")
    assert [fault.code for fault in faults_of(LayerSource(path))] == ["CC-G012"]


def test_missing_columns_are_named_all_at_once(tmp_path: Path) -> None:
    source = LayerSource(gpkg(tmp_path))
    faults = faults_of(source, counts=["m"], required=["id", "name"], unique=["id"])
    assert [(fault.code, fault.values["column"]) for fault in faults] == [
        ("CC-G011", "id"),
        ("CC-G011", "m"),
    ]
    assert faults[0].values["available"] == "name, n, share"
    path = csv(tmp_path, "lon,lat\n116.4,39.9\n")
    for named in ({"lon": "x"}, {"wkt": "w"}, {"lon": "x", "lat": "y"}, {"where": {"z": 1}}):
        faults = faults_of(LayerSource(path, **named))  # type: ignore[arg-type]
        assert {fault.code for fault in faults} == {"CC-G011"}


# --- where --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ({"name": "甲"}, [1]),
        ({"name": ["甲", "丙"]}, [1, 3]),
        ({"n": 2}, [2]),
        ({"n": [1, 2.0], "name": ["乙", "丙"]}, [2]),
        ({"share": 1.0}, [2]),
        ({"share": "1.5"}, [3]),
        ({"n": "3"}, [3]),
    ],
)
def test_where_keeps_rows(tmp_path: Path, where: Mapping[str, object], kept: list[int]) -> None:
    layer = read_layer(LayerSource(gpkg(tmp_path), where=where))  # type: ignore[arg-type]
    assert list(layer.index) == kept


def test_where_compares_text_cells_as_numbers_and_truths(tmp_path: Path) -> None:
    path = csv(tmp_path, "lon,lat,n,open\n116.4,39.9,１,TRUE\n116.4,39.9,2,0\n")
    assert list(read_layer(LayerSource(path, where={"n": 1})).index) == [2]
    assert list(read_layer(LayerSource(path, where={"open": True})).index) == [2]
    assert list(read_layer(LayerSource(path, where={"open": False})).index) == [3]
    assert found(faults_of(LayerSource(path, where={"n": 9}))) == [("CC-G013", None)]


def test_rows_left_out_are_not_checked(tmp_path: Path) -> None:
    path = csv(tmp_path, "lon,lat,n,kind\n116.4,39.9,1,a\n,,-1,b\n")
    layer = read_layer(LayerSource(path, where={"kind": "a"}), counts=["n"])
    assert list(layer.index) == [2]


# --- rows ---------------------------------------------------------------------------------------


def test_every_bad_row_is_named_at_once(tmp_path: Path) -> None:
    rows = [
        "id,lon,lat,elders",
        "a,116.40,39.90,１２",  # row 2: good, full-width digits
        "b,39.91,116.41,3",  # row 3: swapped
        "c,,39.9,4",  # row 4: no longitude
        "d,NaN,39.9,-5",  # row 5: no number, and a negative count
        "e,116.9,39.9,6",  # row 6: outside
        "a,116.42,39.92,x",  # row 7: double id, no count
        ',116.42,39.92,"1,200"',  # row 8: no id
        "h,216.4,139.9,",  # row 9: nowhere on earth, no count
    ]
    source = LayerSource(csv(tmp_path, "\n".join(rows)))
    faults = faults_of(source, counts=["elders"], unique=["id"], within=DISTRICT)
    assert found(faults) == [
        ("CC-G022", 3),
        ("CC-G020", 4),
        ("CC-G020", 5),
        ("CC-G030", 5),
        ("CC-G028", 6),
        ("CC-G029", 7),
        ("CC-G032", 7),
        ("CC-G031", 8),
        ("CC-G029", 9),
        ("CC-G021", 9),
    ]
    assert faults[4].values["metres"].replace(",", "").isdigit()  # type: ignore[attr-defined]
    assert math.isclose(
        float(str(faults[4].values["metres"]).replace(",", "")), 34_200, rel_tol=0.02
    )
    assert faults[6].values["first"] == 2
    for fault in faults:
        assert fault.text("zh") != fault.text("en")


def test_shapes_are_checked_by_row(tmp_path: Path) -> None:
    bow_tie = "POLYGON ((116.4 39.9, 116.41 39.91, 116.41 39.9, 116.4 39.91, 116.4 39.9))"
    good = "POLYGON ((116.4 39.9, 116.41 39.9, 116.41 39.91, 116.4 39.9))"
    rows = [good, bow_tie, "POLYGON EMPTY", "", "POINT (116.4 39.9)", "POLYGON ((1 2", "MULTI"]
    nan = "LINESTRING (116.4 39.9, NaN 39.9, 116.5 39.9)"
    path = csv(tmp_path, "\n".join(["id;wkt", *(f"{i};{row}" for i, row in enumerate(rows))]))
    assert found(faults_of(LayerSource(path), geometry="polygon")) == [
        ("CC-G025", 3),
        ("CC-G024", 4),
        ("CC-G024", 5),
        ("CC-G026", 6),
        ("CC-G027", 7),
        ("CC-G027", 8),
    ]
    path = csv(tmp_path, f"id;wkt\n1;{nan}\n2;GEOMETRYCOLLECTION (POINT (116.4 39.9))\n")
    assert found(faults_of(LayerSource(path))) == [("CC-G020", 2), ("CC-G026", 3)]


def test_invalid_shapes_can_be_repaired(tmp_path: Path) -> None:
    bow_tie = Polygon([(116.4, 39.9), (116.41, 39.91), (116.41, 39.9), (116.4, 39.91)])
    flat = Polygon([(116.4, 39.9), (116.41, 39.9), (116.42, 39.9)])
    layer = gpd.GeoDataFrame(geometry=[box(116.4, 39.9, 116.41, 39.91), bow_tie], crs=4326)
    path = tmp_path / "l.gpkg"
    write_layers(path, {"l": layer})
    assert found(faults_of(LayerSource(path))) == [("CC-G025", 2)]
    repaired = read_layer(LayerSource(path), geometry="polygon", repair=True)
    assert repaired.attrs["repaired"] == [2]
    assert repaired.is_valid.all()
    assert repaired.geometry.iloc[1].area == pytest.approx(0.5e-4)
    write_layers(path, {"l": gpd.GeoDataFrame(geometry=[flat], crs=4326)})
    assert found(faults_of(LayerSource(path), repair=True)) == [("CC-G025", 1)]


def test_a_lone_point_in_a_multipoint_is_a_point(tmp_path: Path) -> None:
    path = tmp_path / "l.gpkg"
    lone = MultiPoint([(116.4, 39.9)])
    write_layers(path, {"l": gpd.GeoDataFrame(geometry=[lone], crs=4326)})
    assert read_layer(LayerSource(path), geometry="point").geom_type.tolist() == ["Point"]
    pair = MultiPoint([(116.4, 39.9), (116.5, 39.9)])
    write_layers(path, {"l": gpd.GeoDataFrame(geometry=[lone, pair], crs=4326)})
    assert found(faults_of(LayerSource(path), geometry="point")) == [("CC-G026", 2)]


def test_all_rows_swapped_is_one_fault(tmp_path: Path) -> None:
    path = csv(tmp_path, "lon,lat\n39.9,116.4\n39.91,116.41\n39.92,116.42\n")
    faults = faults_of(LayerSource(path))
    assert found(faults) == [("CC-G023", None)]
    assert "3" in faults[0].text("zh")


def test_swapped_rows_are_known_by_the_district_too(tmp_path: Path) -> None:
    # Porto Alegre: both orders exist on earth, only one lies in the district.
    path = csv(tmp_path, "lon,lat\n-51.2,-30.0\n-30.0,-51.2\n")
    assert len(read_layer(LayerSource(path))) == 2
    faults = faults_of(LayerSource(path), within=box(-51.3, -30.1, -51.1, -29.9))
    assert found(faults) == [("CC-G022", 3)]


def test_lines_and_polygons_may_cross_the_districts_edge(tmp_path: Path) -> None:
    shapes = [
        LineString([(116.29, 39.9), (116.31, 39.9)]),
        box(116.49, 39.9, 116.51, 39.91),
        box(116.51, 39.9, 116.52, 39.91),
    ]
    path = tmp_path / "l.gpkg"
    write_layers(path, {"l": gpd.GeoDataFrame(geometry=shapes, crs=4326)})
    assert found(faults_of(LayerSource(path), within=DISTRICT)) == [("CC-G028", 3)]


# --- declared systems ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town() -> StreetNetwork:
    """Streets every 150 m over 3 km x 3 km in Beijing."""
    steps = [150.0 * i for i in range(21)]
    places = [(448_000.0 + x, 4_417_000.0 + y) for x in steps for y in steps]
    edges = [(i * 21 + j, i * 21 + j + 1) for i in range(21) for j in range(20)]
    edges += [(i * 21 + j, (i + 1) * 21 + j) for i in range(20) for j in range(21)]
    return network_of(places, edges)


def town_places(crs: str) -> gpd.GeoDataFrame:
    """121 places over all of the town."""
    places = [
        (448_000.0 + 290.0 * i, 4_417_000.0 + 290.0 * j) for i in range(11) for j in range(11)
    ]
    return gpd.GeoDataFrame(geometry=[Point(place) for place in places], crs="EPSG:32650").to_crs(
        crs
    )


def places_csv(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    rows = [f"{place.x!r},{place.y!r}" for place in frame.geometry]
    return csv(folder, "\n".join(["x,y", *rows]))


def test_a_better_system_is_named_with_its_distance(tmp_path: Path, town: StreetNetwork) -> None:
    frame = town_places("EPSG:4326")
    moved = wgs84_to_gcj02(frame.geometry.x, frame.geometry.y)
    path = places_csv(tmp_path, frame.set_geometry(gpd.points_from_xy(*moved)))
    district = town_places("EPSG:4326").union_all().convex_hull
    # Rows outside the district are a consequence, and not reported beside it.
    faults = faults_of(LayerSource(path), network=town, within=district)
    assert found(faults) == [("CC-G041", None)]
    assert faults[0].values["best"] == "gcj02"
    assert 500 < int(str(faults[0].values["shift_m"])) < 600
    assert "declare crs: gcj02" in faults[0].text("en")
    assert len(read_layer(LayerSource(path, crs="gcj02"), network=town, within=district)) == 121


def test_metres_declared_as_degrees(tmp_path: Path, town: StreetNetwork) -> None:
    path = places_csv(tmp_path, town_places("EPSG:4548"))
    faults = faults_of(LayerSource(path))
    assert found(faults) == [("CC-G042", None)]
    assert "EPSG:4548" not in faults[0].text()
    assert "probably EPSG:4548" in faults_of(LayerSource(path), network=town)[0].text()
    write_layers(tmp_path / "l.gpkg", {"l": town_places("EPSG:32650")})
    assert "EPSG:32650" in faults_of(LayerSource(tmp_path / "l.gpkg"))[0].text("zh")


def test_degrees_declared_as_metres(tmp_path: Path, town: StreetNetwork) -> None:
    path = places_csv(tmp_path, town_places("EPSG:4326"))
    assert found(faults_of(LayerSource(path, crs="EPSG:32650"))) == [("CC-G042", None)]


def test_a_layer_of_another_place_is_refused(tmp_path: Path, town: StreetNetwork) -> None:
    path = csv(tmp_path, "lon,lat\n121.4,31.2\n121.5,31.3\n")
    faults = faults_of(LayerSource(path), network=town)
    assert found(faults) == [("CC-G043", None)]


@pytest.mark.real
def test_the_providers_boundaries_declared_as_wgs84(shared_data: Path) -> None:
    streets = from_lines(gpd.read_file(shared_data / "dongcheng" / "dongcheng.gpkg", layer="roads"))
    provider = shared_data / "xicheng" / "xicheng_gcj02_110102.json"
    faults = faults_of(LayerSource(provider), network=streets, geometry="polygon")
    assert found(faults) == [("CC-G041", None)]
    assert faults[0].values["best"] == "gcj02"
    assert float(str(faults[0].values["shift_m"])) == pytest.approx(553.0, abs=10.0)
    read_layer(LayerSource(provider, crs="gcj02"), network=streets, geometry="polygon")
    official = shared_data / "xicheng" / "xicheng_15_streets_clean.geojson"
    read_layer(LayerSource(official), network=streets, geometry="polygon")


@pytest.mark.real
def test_dongcheng_is_read(shared_data: Path) -> None:
    path = shared_data / "dongcheng" / "dongcheng.gpkg"
    streets = from_lines(read_layer(LayerSource(path, layer="roads"), geometry="line"))
    districts = read_layer(
        LayerSource(path, layer="subdistricts"), geometry="polygon", counts=["pop_registered"],
        unique=["name"], network=streets,
    )  # fmt: skip
    assert districts["pop_registered"].sum() == 967_022
    residents = read_layer(
        LayerSource(path, layer="residents_250m", where={"in_district": 1}),
        geometry="point", counts=["residents"], network=streets,
    )  # fmt: skip
    assert (len(residents), round(residents["residents"].sum())) == (672, 850_805)
    sites = LayerSource(path, layer="facilities", where={"type": "community_eldercare"})
    within = districts.union_all()
    assert len(read_layer(sites, geometry="point", network=streets, within=within)) == 52
    parcels = LayerSource(path, layer="residential_parcels")
    assert found(faults_of(parcels, geometry="polygon")) == [("CC-G025", 1226)]
    assert read_layer(parcels, network=streets, repair=True).attrs["repaired"] == [1226]


# --- writing ------------------------------------------------------------------------------------


def test_a_geopackage_of_several_layers(tmp_path: Path) -> None:
    square = box(116.4, 39.9, 116.41, 39.91)
    areas = gpd.GeoDataFrame(
        {"名称": ["甲", "乙"]},
        geometry=[square, MultiPolygon([square, box(117, 40, 117.1, 40.1)])],
        crs="EPSG:4326",
    )
    path = tmp_path / "new" / "l.gpkg"
    write_layers(path, {"sites": sites(), "areas": areas, "none": sites().iloc[:0]})
    names = [name for name, _ in pyogrio.list_layers(path)]
    assert names == ["sites", "areas", "none"]
    assert_geodataframe_equal(gpd.read_file(path, layer="sites"), sites(), check_dtype=False)
    back = gpd.read_file(path, layer="areas")
    assert list(back["名称"]) == ["甲", "乙"]
    assert set(back.geom_type) == {"MultiPolygon"}
    assert list(path.parent.iterdir()) == [path]
    write_layers(path, {"only": sites()})
    assert [name for name, _ in pyogrio.list_layers(path)] == ["only"]


def test_geojson_after_rfc_7946(tmp_path: Path) -> None:
    clockwise = Polygon([(116.4, 39.9), (116.4, 39.91), (116.41, 39.91), (116.41, 39.9)])
    frame = gpd.GeoDataFrame(
        {"名": ["甲"], "n": [float("nan")]}, geometry=[clockwise], crs="EPSG:4326"
    )
    path = tmp_path / "l.geojson"
    write_geojson(path, frame.to_crs("EPSG:32650"))
    data = json.loads(path.read_text(encoding="utf-8"))
    assert "crs" not in data
    assert data["features"][0]["properties"] == {"名": "甲", "n": None}
    ring = data["features"][0]["geometry"]["coordinates"][0]
    assert shapely.LinearRing(ring).is_ccw
    assert all(len(str(value).split(".")[-1]) <= 7 for pair in ring for value in pair)


def test_a_layer_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = gpkg(tmp_path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="no coordinate system"):
        write_layers(path, {"a": sites(), "b": sites().set_crs(None, allow_override=True)})
    with pytest.raises(ValueError, match="at least one layer"):
        write_layers(path, {})
    with pytest.raises(ValueError, match="no coordinate system"):
        write_geojson(tmp_path / "x.geojson", sites().set_crs(None, allow_override=True))
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["l.gpkg"]
