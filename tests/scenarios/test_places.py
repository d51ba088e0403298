"""Joining compound and building to a place: the same or a person's choice, never a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from base.faults import FaultError
from scenarios.model import TableInput
from scenarios.places import PlaceRow, PlaceTable, building_number, without_door
from scenarios.records import Place
from scenarios.tables import Intake, read_orders, read_places, read_visits, write_places
from tests.table_cases import write_rows

TABLE = PlaceTable(
    (
        PlaceRow("a", "幸福里", "3号楼", Place(116.4, 39.9), "永安社区", 2),
        PlaceRow("b", "幸福里", "13号楼", Place(116.5, 39.9), None, 3),
        PlaceRow("c", "和平院", "1栋", Place(116.6, 39.9), None, 4),
        PlaceRow("d", "和平院", "1号楼", Place(116.7, 39.9), None, 5),
        PlaceRow("e", "协和医院", "", Place(116.8, 39.9), None, 6),
    )
)


@pytest.mark.parametrize(
    ("compound", "building", "id"),
    [
        ("幸福里", "3号楼", "a"),
        (" 幸福 里", "３号楼", "a"),
        ("幸福里", "三栋", "a"),
        ("幸福里", "3#", "a"),
        ("幸福里", "03", "a"),
        ("幸福里", "十三幢", "b"),
        ("和平院", "1栋", "c"),
        ("和平院", "1号楼", "d"),
        ("协和医院", "", "e"),
        ("和平院", "1", None),  # two buildings could be meant
        ("幸福里", "3号楼2单元", None),
        ("幸福里", "", None),
        ("幸福理", "3号楼", None),
        ("协和医院", "1号楼", None),
    ],
)
def test_only_what_can_be_meant_is_found(compound: str, building: str, id: str | None) -> None:
    found = TABLE.find(compound, building)
    assert (found and found.id) == id


def test_near_spellings_are_offered_not_taken() -> None:
    assert TABLE.nearest("幸福理", "3号楼")[0] == "幸福里 3号楼"
    assert TABLE.nearest("unknown") == ()


@pytest.mark.parametrize(
    ("building", "number"),
    [("十号楼", "10"), ("二十一栋", "21"), ("第2幢", "2"), ("No.5", "5"), ("甲3", "甲3"), ("", "")],
)
def test_building_numbers(building: str, number: str) -> None:
    assert building_number(building) == number


@pytest.mark.parametrize(
    ("cell", "building"),
    [("3号楼2单元501", "3号楼"), ("3-2-501", "3"), ("12栋1201", "12栋"), ("3号楼", "3号楼")],
)
def test_doors_are_cut_off(cell: str, building: str) -> None:
    assert without_door(cell) == building


def test_unmatched_rows_are_listed_and_make_no_record(tmp_path: Path) -> None:
    write_rows(
        tmp_path / "o.csv",
        [
            ["订单编号", "老人编号", "小区", "楼栋", "经度", "纬度", "楼栋编号"],
            ["1", "E-1", "幸福里", "三栋", "", "", ""],
            ["2", "E-2", "幸福理", "3号楼2单元501", "", "", ""],
            ["3", "E-3", "", "", "116.9", "39.9", "own"],
            ["4", "E-4", "", "", "", "", ""],
            ["5", "E-5", "协和医院", "", "", "", ""],
        ],
    )
    table = TableInput(path=Path("o.csv"))
    intake = Intake(places=TABLE)
    orders = read_orders(table, tmp_path, intake)
    assert [(order.id, order.building, order.community) for order in orders] == [
        ("1", "a", "永安社区"),
        ("3", "own", None),
        ("5", None, None),
    ]
    assert orders[0].place == Place(116.4, 39.9)
    listed = [(item.row, item.id, item.compound, item.building) for item in intake.unplaced]
    assert listed == [(3, "2", "幸福理", "3号楼"), (5, "4", "", "")]
    assert intake.unplaced[0].nearest[0] == "幸福里 3号楼"
    with pytest.raises(FaultError) as caught:  # without an intake nobody would see the list
        read_orders(table, tmp_path)
    assert [(fault.code, fault.row) for fault in caught.value.faults] == [
        ("CC-S036", row) for row in (2, 3, 5, 6)
    ]


def test_a_destination_is_joined_too(tmp_path: Path) -> None:
    head = ["访视编号", "老人编号", "服务项目", "经度", "纬度", "目的地"]
    write_rows(
        tmp_path / "v.csv",
        [
            head,
            ["1", "E-1", "陪诊", "116.4", "39.9", "协和医院"],
            ["2", "E-2", "陪诊", "116.4", "39.9", "别的医院"],
        ],
    )
    intake = Intake(places=TABLE)
    visits = read_visits(TableInput(path=Path("v.csv")), tmp_path, intake)
    assert [visit.end_place for visit in visits] == [Place(116.8, 39.9)]
    assert [(item.row, item.compound) for item in intake.unplaced] == [(3, "别的医院")]


def test_coordinates_are_read_in_the_declared_system(tmp_path: Path) -> None:
    rows = [["小区", "楼栋", "经度", "纬度"], ["甲", "1", "116.404", "39.915"]]
    write_rows(tmp_path / "p.csv", rows)
    points = {
        crs: read_places(TableInput(path=Path("p.csv"), crs=crs), tmp_path).rows[0].place
        for crs in ("EPSG:4326", "gcj02", "bd09", "EPSG:4490")
    }
    assert points["EPSG:4326"] == Place(116.404, 39.915)
    assert points["EPSG:4490"].lon == pytest.approx(116.404, abs=1e-5)
    assert 0.004 < points["EPSG:4326"].lon - points["gcj02"].lon < 0.008
    assert 0.010 < points["EPSG:4326"].lon - points["bd09"].lon < 0.016
    write_rows(tmp_path / "p.csv", [rows[0], ["甲", "1", "447967", "4418564"]])
    metres = read_places(TableInput(path=Path("p.csv"), crs="EPSG:32650"), tmp_path).rows[0].place
    assert (metres.lon, metres.lat) == pytest.approx((116.39, 39.915), abs=0.01)
    with pytest.raises(FaultError, match="CC-S039"):
        read_places(TableInput(path=Path("p.csv")), tmp_path)


def test_a_place_table_with_faults(tmp_path: Path) -> None:
    write_rows(
        tmp_path / "p.csv",
        [
            ["小区名称", "楼号", "经度", "纬度"],
            ["甲", "1", "116", "39"],
            ["甲", "1", "117", "39"],
            ["甲", "1", "116", "39"],
            ["", "2", "116", "39"],
            ["乙", "2", "", "39"],
            ["乙", "3", "东", "39"],
        ],
    )
    with pytest.raises(FaultError) as caught:
        read_places(TableInput(path=Path("p.csv")), tmp_path)
    assert [(fault.row, fault.code) for fault in caught.value.faults] == [
        (3, "CC-S040"),
        (5, "CC-S033"),
        (6, "CC-S033"),
        (7, "CC-S032"),
    ]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_written_places_are_read_back(tmp_path: Path, ending: str, lang: str) -> None:
    write_places(tmp_path / f"p.{ending}", TABLE, lang)  # type: ignore[arg-type]
    assert read_places(TableInput(path=Path(f"p.{ending}")), tmp_path) == TABLE
