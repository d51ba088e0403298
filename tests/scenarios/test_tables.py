"""Office tables as people hand them in: headings, times, windows, faults by row."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest

from base.faults import FaultError
from scenarios.absences import AbsenceReason
from scenarios.cells import (
    read_date,
    read_duration,
    read_float,
    read_int,
    read_list,
    read_money,
    read_time,
    read_windows,
    read_yes,
)
from scenarios.model import TableInput
from scenarios.pseudonyms import Pseudonyms
from scenarios.records import Carer, Carrier, Kitchen, Link, MealOrder, Mode, Place, Tier, Visit
from scenarios.tables import (
    Intake,
    read_absences,
    read_balances,
    read_carers,
    read_carriers,
    read_kitchens,
    read_orders,
    read_visits,
    write_carriers,
    write_templates,
    write_visits,
)
from tests.table_cases import write_rows

CSV = TableInput(path=Path("t.csv"))
XLSX = TableInput(path=Path("t.xlsx"))
HERE = Place(116.4, 39.9)
VISIT_HEAD = ["访视编号", "老人编号", "服务项目", "经度", "纬度"]
VISIT = ["V1", "E-1", "助洁", "116.4", "39.9"]
H = 3600


def rows_and_codes(error: FaultError) -> list[tuple[int | None, str]]:
    return [(fault.row, fault.code) for fault in error.faults]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("08:30", 8.5 * H),
        ("8:30", 8.5 * H),
        ("8：30", 8.5 * H),
        ("０８：３０", 8.5 * H),
        ("24:30", 24.5 * H),
        ("08:30:15", 8.5 * H + 15),
        ("8点半", 8.5 * H),
        ("8点", 8 * H),
        ("8点05分", 8 * H + 300),
        ("0.354166666666667", 8.5 * H),
        ("1.0208333333", 24.5 * H),
        ("8", 8 * H),
        ("1 day, 0:30:00", 24.5 * H),
        ("1900-01-01 00:30:00", 24.5 * H),
        ("8:75", None),
        ("80:00", None),
        ("上午", None),
        ("-1", None),
        ("", None),
    ],
)
def test_times(text: str, seconds: float | None) -> None:
    assert read_time(text) == seconds


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("08:00-10:00; 14:00-15:00", ((8 * H, 10 * H), (14 * H, 15 * H))),
        ("14:00—15:00；8：00～10：00", ((8 * H, 10 * H), (14 * H, 15 * H))),
        ("8点至10点", ((8 * H, 10 * H),)),
        ("22:00-26:00", ((22 * H, 26 * H),)),
        ("10:00-08:00", None),
        ("08:00-10:00; 09:00-11:00", None),
        ("08:00", None),
        ("", None),
    ],
)
def test_windows(text: str, windows: tuple[tuple[int, int], ...] | None) -> None:
    assert read_windows(text) == windows


def test_other_cells() -> None:
    assert [read_duration(t) for t in ("90", "1.5小时", "半小时", "1小时30分", "45分钟", "2h")] == [
        5400, 5400, 1800, 5400, 2700, 7200,
    ]  # fmt: skip
    assert [read_duration(t) for t in ("-5", "长", "")] == [None, None, None]
    assert [read_money(t) for t in ("12.5", "￥12.50", "１２元", "1,200", "-3", "免费")] == [
        1250, 1250, 1200, 120_000, None, None,
    ]  # fmt: skip
    assert [read_int(t) for t in ("3", "3.0", "3.5", "三")] == [3, 3, None, None]
    assert [read_float(t) for t in ("1e3", "nan", "1_0", "inf", "1e999")] == [
        1000.0, None, None, None, None,
    ]  # fmt: skip
    assert [read_yes(t) for t in ("是", "√", "否", "Yes", "maybe")] == [
        True, True, False, True, None,
    ]  # fmt: skip
    assert read_list("康复；助浴、护士, x") == ["康复", "助浴", "护士", "x"]
    assert str(read_date("2026年3月2日")) == "2026-03-02" and read_date("2026-02-30") is None


def test_a_visit_takes_from_the_service_what_its_row_leaves_open(tmp_path: Path) -> None:
    write_rows(tmp_path / "t.csv", [VISIT_HEAD, ["", "E-1", "失能助浴", "116.4", "39.9"]])
    (visit,) = read_visits(CSV, tmp_path)
    assert visit == Visit(
        id="V0002",
        client="E-1",
        service="bathing_disabled",
        place=HERE,
        duration=75 * 60,
        windows=((9 * H, 11 * H), (14 * H, 16 * H)),
        skills=frozenset({"level:4", "bathing"}),
        tier=Tier.GENERAL,
        staff=2,
        price=26_000,
    )


def test_gb18030_with_other_headings_and_a_footer(tmp_path: Path) -> None:
    rows = [
        ["服务单号", "档案号", "项目", "东经", "北纬", "时长（分钟）", "上门时段", "类别", "资质"],
        ["7", "E-9", "上门助浴", "１１６.4", "39.9", "1小时", "8：00-9：00", "托底型", "无"],
        ["合计", "", "1", "", "", "", "", "", ""],
    ]
    write_rows(tmp_path / "t.csv", rows, "gb18030")
    (visit,) = read_visits(CSV, tmp_path)
    assert (visit.id, visit.client, visit.service, visit.place) == ("7", "E-9", "bathing", HERE)
    assert (visit.duration, visit.windows, visit.tier) == (H, ((8 * H, 9 * H),), Tier.BASIC)
    assert visit.skills == frozenset()


def test_merged_headings_and_spreadsheet_times(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["护理员排班表"])
    sheet.merge_cells("A1:G1")
    sheet.append(["编号", "等级", "班次", None, "出发", None, "技能"])
    sheet.append([None, None, "上班时间", "下班时间", "经度", "纬度", None])
    for block in ("A2:A3", "B2:B3", "C2:D2", "E2:F2", "G2:G3"):
        sheet.merge_cells(block)
    sheet.append(["C-1", "三级", time(8, 30), timedelta(hours=24, minutes=30), 116.4, 39.9, "护士"])
    sheet.append(["C-2", 5, 0.354166666666667, datetime(2026, 3, 2, 17).time(), 116.4, 39.9, None])
    book.save(tmp_path / "t.xlsx")
    first, second = read_carers(XLSX, tmp_path)
    assert first.shift == (int(8.5 * H), int(24.5 * H)) and second.shift == (int(8.5 * H), 17 * H)
    assert first.skills == {"level:3", "level:4", "level:5", "rehab", "nursing"}
    assert second.skills == {"level:5"}
    assert first.start == first.end == HERE


@pytest.mark.parametrize("word", ["三级", "三级护理员", "3", "高级工", "level:3", "level 3"])
def test_words_for_a_level(tmp_path: Path, word: str) -> None:
    head = ["编号", "等级", "上班时间", "下班时间", "经度", "纬度"]
    write_rows(tmp_path / "t.csv", [head, ["C-1", word, "8:00", "17:00", "116.4", "39.9"]])
    assert read_carers(CSV, tmp_path)[0].skills == {"level:3", "level:4", "level:5", "rehab"}


def test_carers_start_at_the_station_and_may_end_anywhere(tmp_path: Path) -> None:
    head = ["编号", "上班时间", "下班时间", "末户收工", "交通方式", "时薪"]
    write_rows(
        tmp_path / "t.csv",
        [
            head,
            ["C-1", "8:00", "17:00", "是", "步行", "35.5"],
            ["C-2", "8:00", "17:00", "", "", ""],
        ],
    )
    carers = read_carers(CSV, tmp_path, Intake(station=HERE))
    none: frozenset[str] = frozenset()
    assert carers == [
        Carer("C-1", none, (8 * H, 17 * H), HERE, None, None, Mode.WALK, 3550),
        Carer("C-2", none, (8 * H, 17 * H), HERE, HERE),
    ]
    with pytest.raises(FaultError) as caught:
        read_carers(CSV, tmp_path)
    assert rows_and_codes(caught.value) == [(2, "CC-S032"), (3, "CC-S032")]


def test_all_faults_of_a_table_come_at_once_and_repeat_no_cell(tmp_path: Path) -> None:
    head = [*VISIT_HEAD, "时长", "时段", "技能", "人数", "保障类别", "随后于", "最长间隔"]
    bad = [
        ["V1", "E-1", "助洁", "116.4", "39.9", "13800138000", "", "", "", "", "", ""],
        ["V1", "E-1", "助洁", "116.4", "39.9", "", "", "", "", "", "", ""],
        ["V3", "E-1", "张三丰", "116.4", "39.9", "", "张三丰", "张三丰", "0", "张三丰", "V9", "1"],
        ["V4", "E-1", "", "116.4", "", "", "", "", "", "", "", ""],
        ["V5", "E-1", "助洁", "216.4", "39.9", "", "", "", "", "", "", ""],
        ["V6", "E-1", "助洁", "116.4", "39.9", "", "", "", "", "", "V6", "1"],
        ["V7", "E-1", "助洁", "116.4", "39.9", "", "", "", "", "", "V6", ""],
    ]
    write_rows(tmp_path / "t.csv", [head, *bad])
    with pytest.raises(FaultError) as caught:
        read_visits(CSV, tmp_path)
    assert sorted(rows_and_codes(caught.value)) == [
        (2, "CC-S032"),
        (3, "CC-S034"),
        (4, "CC-S021"),
        (4, "CC-S022"),
        (4, "CC-S032"),
        (4, "CC-S032"),
        (4, "CC-S032"),
        (5, "CC-S033"),
        (5, "CC-S033"),
        (6, "CC-S039"),
        (7, "CC-S035"),
        (8, "CC-S033"),
    ]
    for lang in ("zh", "en"):
        assert "张三丰" not in caught.value.text(lang) and "13800138000" not in caught.value.text(
            lang
        )


def test_columns_missing_and_doubled(tmp_path: Path) -> None:
    write_rows(tmp_path / "t.csv", [["编号", "经度", "lon", "纬度"], ["1", "116", "116", "39"]])
    with pytest.raises(FaultError) as caught:
        read_visits(CSV, tmp_path)
    assert {fault.code for fault in caught.value.faults} == {"CC-S031", "CC-S037"}
    assert "服务项目" in caught.value.text("zh")


def test_a_table_of_footers_has_no_rows(tmp_path: Path) -> None:
    write_rows(tmp_path / "t.csv", [VISIT_HEAD, ["合计", "", "2", "", ""]])
    with pytest.raises(FaultError, match="CC-S038"):
        read_visits(CSV, tmp_path)


def test_an_unknown_system_is_told_before_any_row(tmp_path: Path) -> None:
    write_rows(tmp_path / "t.csv", [VISIT_HEAD, VISIT])
    with pytest.raises(FaultError, match="CC-G040"):
        read_visits(TableInput(path=Path("t.csv"), crs="EPSG:999999"), tmp_path)


def test_a_link_to_a_visit_without_a_place_is_dropped(tmp_path: Path) -> None:
    head = [*VISIT_HEAD, "随后于", "最短间隔", "最长间隔"]
    write_rows(
        tmp_path / "t.csv",
        [
            head,
            ["V1", "E-1", "健康监测", "", "", "", "", ""],
            ["V2", "E-1", "助浴", "116.4", "39.9", "V1", "10", "60"],
            ["V3", "E-1", "助洁", "116.4", "39.9", "V2", "", "30"],
        ],
    )
    intake = Intake()
    second, third = read_visits(CSV, tmp_path, intake)
    assert second.link is None and third.link == Link("V2", 0, 1800)
    assert [item.id for item in intake.unplaced] == ["V1"]


def test_people_get_pseudonyms_and_their_contacts_are_set_aside(tmp_path: Path) -> None:
    head = ["姓名", "身份证号", "联系电话", "住址", *VISIT_HEAD[2:]]
    place = ["助洁", "116.4", "39.9"]
    write_rows(
        tmp_path / "t.csv",
        [
            head,
            ["王示例", "110101193001011234", "13800000001", "幸福里3-2-501", *place],
            ["王示例", "110101193001011234", "13800000001", "幸福里3-2-501", *place],
            ["李示例", "", "13800000002", "和平院1-1-101", *place],
        ],
    )
    with pytest.raises(FaultError) as caught:
        read_visits(CSV, tmp_path)
    assert {fault.code for fault in caught.value.faults} == {"CC-S061"}
    intake = Intake(pseudonyms=Pseudonyms(b"secret"))
    visits = read_visits(CSV, tmp_path, intake)
    assert visits[0].client == visits[1].client != visits[2].client
    assert all(visit.client.startswith("E-") and len(visit.client) == 10 for visit in visits)
    assert [contact.name for contact in intake.contacts] == ["王示例", "李示例"]
    everything = repr(visits) + repr(intake)
    for secret in ("王示例", "李示例", "1380000", "1101011930", "501"):
        assert secret not in everything
    again = read_visits(CSV, tmp_path, Intake(pseudonyms=Pseudonyms(b"another")))
    assert again[0].client != visits[0].client


@pytest.mark.parametrize("id", ["张三", "13800138000", "110101193001011234", "11010119300101123X"])
def test_an_id_that_names_the_person_is_replaced_or_refused(tmp_path: Path, id: str) -> None:
    write_rows(tmp_path / "t.csv", [VISIT_HEAD, ["V1", id, *VISIT[2:]]])
    with pytest.raises(FaultError) as caught:
        read_visits(CSV, tmp_path)
    assert rows_and_codes(caught.value) == [(2, "CC-S060")] and id not in str(caught.value)
    (visit,) = read_visits(CSV, tmp_path, Intake(pseudonyms=Pseudonyms(b"secret")))
    assert visit.client.startswith("E-") and id not in repr(visit)


def test_two_people_under_one_id_are_noticed(tmp_path: Path) -> None:
    head = [*VISIT_HEAD, "姓名"]
    rows = [["V1", *VISIT[1:], "甲"], ["V2", *VISIT[1:], "甲"], ["V3", *VISIT[1:], "乙"]]
    write_rows(tmp_path / "t.csv", [head, *rows])
    with pytest.raises(FaultError) as caught:
        read_visits(CSV, tmp_path)
    assert rows_and_codes(caught.value) == [(4, "CC-S062")]


def test_orders_kitchens_and_carriers_in_plain_words(tmp_path: Path) -> None:
    write_rows(
        tmp_path / "t.csv",
        [["老人编号", "经度", "纬度", "送餐时间", "忌口"], ["E-1", "116.4", "39.9", "", "低盐"]],
    )
    assert read_orders(CSV, tmp_path, window=(1, 2)) == [
        MealOrder("M0002", "E-1", HERE, None, 1, (1, 2), "低盐")
    ]
    write_rows(
        tmp_path / "t.csv",
        [["厨房", "经度", "纬度", "产能", "出餐时间"], ["北厨", "116.4", "39.9", "400", "10：15"]],
    )
    assert read_kitchens(CSV, tmp_path) == [Kitchen("北厨", HERE, 400, 36_900)]
    write_rows(
        tmp_path / "t.csv",
        [
            ["编号", "车型", "载箱数", "上班时间", "下班时间", "厨房"],
            ["R1", "面包车", "80", "10:00", "13:00", "K1；K2"],
        ],
    )
    assert read_carriers(CSV, tmp_path) == [
        Carrier("R1", Mode.CAR, 80, (10 * H, 13 * H), ("K1", "K2"))
    ]


def test_faults_of_orders_kitchens_and_carriers(tmp_path: Path) -> None:
    head = ["老人编号", "经度", "纬度", "时段", "份数"]
    write_rows(
        tmp_path / "t.csv",
        [
            head,
            ["E-1", "116", "39", "11:00-12:00; 13:00-14:00", "1"],
            ["E-2", "116", "39", "", "0"],
        ],
    )
    with pytest.raises(FaultError) as caught:
        read_orders(CSV, tmp_path)
    assert rows_and_codes(caught.value) == [(2, "CC-S032"), (3, "CC-S032")]
    head = ["厨房", "小区", "楼栋", "经度", "纬度", "产能", "出餐时间"]
    write_rows(tmp_path / "t.csv", [head, ["K1", "甲", "1", "", "", "", "10:00"]])
    with pytest.raises(FaultError) as caught:
        read_kitchens(CSV, tmp_path, Intake())
    assert rows_and_codes(caught.value) == [(2, "CC-S036"), (2, "CC-S033")]
    head = ["编号", "箱数", "上班时间", "下班时间", "趟数"]
    write_rows(tmp_path / "t.csv", [head, ["R1", "0", "10:00", "9:00", "0"]])
    with pytest.raises(FaultError) as caught:
        read_carriers(CSV, tmp_path)
    assert rows_and_codes(caught.value) == [(2, "CC-S032")] * 3


def test_formulas_stay_texts_and_csv_opens_in_excel(tmp_path: Path) -> None:
    visit = Visit("=1+1", "@e-1", "cleaning", HERE, H, ((0, 1),), community="-b")
    write_visits(tmp_path / "t.csv", [visit])
    raw = (tmp_path / "t.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and b"'=1+1" in raw
    assert read_visits(CSV, tmp_path) == [visit]
    write_visits(tmp_path / "t.xlsx", [visit], "en")
    cells = [cell.value for cell in openpyxl.load_workbook(tmp_path / "t.xlsx").active[2]]
    assert cells[0] == "'=1+1"
    assert read_visits(XLSX, tmp_path) == [visit]


def test_only_csv_and_xlsx_are_written(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="CC-S030"):
        write_carriers(tmp_path / "t.ods", [Carrier("R1", Mode.CAR, 1, (0, 1))])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_templates_are_read_as_they_stand(tmp_path: Path, lang: str) -> None:
    files = write_templates(tmp_path, lang)  # type: ignore[arg-type]
    assert len(files) == 10
    _, visits, carers, absences, balances, orders, kitchens, carriers, _, _ = (
        TableInput(path=Path(file.name)) for file in files
    )
    assert read_absences(absences, tmp_path)[0].reason is AbsenceReason.HOSPITAL
    assert read_balances(balances, tmp_path)[0].fen == 32_000
    assert [visit.service for visit in read_visits(visits, tmp_path)] == ["bathing"]
    assert "rehab" in read_carers(carers, tmp_path)[0].skills
    assert read_orders(orders, tmp_path)[0].building == "B-001"
    assert read_kitchens(kitchens, tmp_path)[0].portions == 400
    assert read_carriers(carriers, tmp_path)[0].kitchens == ("K1",)
    for file in files:
        book = openpyxl.load_workbook(file)
        heads = [cell.value for cell in book.worksheets[0][1]]
        assert heads == [row[0].value for row in book.worksheets[1].iter_rows(min_row=2)]
