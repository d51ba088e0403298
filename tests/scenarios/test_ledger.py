"""The elders' ledger: one day of visits and meals, free of personal data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from base.faults import FaultError
from scenarios.frequency import Frequency, Rhythm, read_frequency
from scenarios.ledger import DINNER_WINDOW, LedgerDay, read_ledger
from scenarios.model import TableInput
from scenarios.places import PlaceRow, PlaceTable
from scenarios.pseudonyms import Pseudonyms
from scenarios.records import Link, Place, Tier
from scenarios.tables import Intake
from scenarios.wishes import read_wish
from tests.table_cases import write_rows

MONDAY = date(2026, 3, 2)
H = 3600
PLACES = PlaceTable(
    (
        PlaceRow("a", "幸福里", "3号楼", Place(116.4, 39.9), "永安社区", 2),
        PlaceRow("b", "和平院", "1号楼", Place(116.5, 39.9), None, 3),
    )
)
HEAD = ["老人编号", "小区", "楼栋", "服务项目", "频次", "时长", "期望时段", "双人", "保障类别"]


def intake() -> Intake:
    return Intake(places=PLACES, pseudonyms=Pseudonyms(b"secret"))


def ledger(folder: Path, rows: Sequence[Sequence[object]], day: date = MONDAY) -> LedgerDay:
    write_rows(folder / "t.csv", rows)
    return read_ledger(TableInput(path=Path("t.csv")), folder, day, intake())


def row(service: str, frequency: str, *rest: str, client: str = "E-1") -> list[str]:
    cells = [client, "幸福里", "3号楼", service, frequency, *rest]
    return cells + [""] * (len(HEAD) - len(cells))


def faults_of(folder: Path, rows: Sequence[Sequence[object]]) -> list[tuple[int | None, str]]:
    with pytest.raises(FaultError) as caught:
        ledger(folder, rows)
    return [(fault.row, fault.code) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "frequency"),
    [
        ("每日", Frequency(Rhythm.DAYS)),
        ("每天２次", Frequency(Rhythm.DAYS, 2)),
        ("隔日", Frequency(Rhythm.DAYS, 1, 2)),
        ("每隔一天", Frequency(Rhythm.DAYS, 1, 2)),
        ("每3天1次", Frequency(Rhythm.DAYS, 1, 3)),
        ("每周3次", Frequency(Rhythm.WEEKS, 3)),
        ("一周三次", Frequency(Rhythm.WEEKS, 3)),
        ("3次/周", Frequency(Rhythm.WEEKS, 3)),
        ("3 times a week", Frequency(Rhythm.WEEKS, 3)),
        ("每周一次", Frequency(Rhythm.WEEKS)),
        ("每周一", Frequency(Rhythm.WEEKDAYS, weekdays=frozenset({0}))),
        ("两周一次", Frequency(Rhythm.WEEKS, 1, 2)),
        ("每月2次", Frequency(Rhythm.MONTHS, 2)),
        ("每季度1次", Frequency(Rhythm.MONTHS, 1, 3)),
        ("每周一、三、五", Frequency(Rhythm.WEEKDAYS, weekdays=frozenset({0, 2, 4}))),
        ("周一至周五", Frequency(Rhythm.WEEKDAYS, weekdays=frozenset(range(5)))),
        ("Mon, Thu", Frequency(Rhythm.WEEKDAYS, weekdays=frozenset({0, 3}))),
        ("按需", Frequency(Rhythm.DEMAND)),
        ("3", None),
        ("每周3", None),
        ("每周1-2次", None),
        ("周五至周一", None),
        ("每5月1次", None),
        ("每周0次", None),
        ("经常", None),
    ],
)
def test_frequencies(text: str, frequency: Frequency | None) -> None:
    assert read_frequency(text) == frequency


@pytest.mark.parametrize("times", range(1, 15))
def test_a_week_has_as_many_visits_as_asked_for(times: int) -> None:
    frequency = Frequency(Rhythm.WEEKS, times)
    load: Counter[int] = Counter()
    for client in range(150):
        week = [frequency.due(MONDAY + timedelta(days=n), f"E-{client}") for n in range(7)]
        assert sum(week) == times
        assert max(week) - min(week) <= 1
        load.update(dict(enumerate(week)))
    if times <= 5:  # even over the working days, none at the weekend
        assert load[5] == load[6] == 0
        assert max(load[n] for n in range(5)) < 1.6 * min(load[n] for n in range(5))


@pytest.mark.parametrize("months", [1, 3, 6, 12])
@pytest.mark.parametrize("times", [1, 2, 5, 30])
def test_a_month_has_as_many_visits_as_asked_for(times: int, months: int) -> None:
    frequency = Frequency(Rhythm.MONTHS, times, months)
    end = date(2026 + (months == 12), 1 + months % 12, 1)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range((end - date(2026, 1, 1)).days)]
    for client in range(4):
        due = [day for day in days if frequency.due(day, f"E-{client}")]
        assert len(due) == times
        if times < 20 * months:
            assert all(day.weekday() < 5 for day in due)
        if times == 2:
            assert (due[1] - due[0]).days >= 10 * months


def test_every_other_day_and_every_other_week() -> None:
    days = [MONDAY + timedelta(days=n) for n in range(28)]
    other_day = [Frequency(Rhythm.DAYS, 1, 2).due(day, "x") for day in days]
    assert other_day in ([1, 0] * 14, [0, 1] * 14)
    weeks = [Frequency(Rhythm.WEEKS, 2, 2).due(day, "x") for day in days]
    sums = [sum(weeks[n : n + 7]) for n in range(0, 28, 7)]
    assert sums in ([2, 0, 2, 0], [0, 2, 0, 2])


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("上午", ((8 * H, 11.5 * H),)),
        ("上午或下午", ((8 * H, 11.5 * H), (13 * H, 17 * H))),
        ("8：00—10：00", ((8 * H, 10 * H),)),
        ("下午2点至4点", ((14 * H, 16 * H),)),
        ("上午10点到下午2点", ((10 * H, 14 * H),)),
        ("9点前", ((7 * H, 9 * H),)),
        ("14:00以后", ((14 * H, 20 * H),)),
        ("8:00-10:00; 9:00-11:00", ((8 * H, 11 * H),)),
        ("before 10:00", ((7 * H, 10 * H),)),
        ("看情况", None),
        ("", None),
    ],
)
def test_wishes(text: str, windows: tuple[tuple[float, float], ...] | None) -> None:
    assert read_wish(text) == windows


def test_a_day_of_one_elder(tmp_path: Path) -> None:
    made = ledger(tmp_path, [HEAD, row("助洁", "每日", "60", "下午", "", "托底")])
    (visit,) = made.visits
    assert (visit.id, visit.client, visit.service) == ("E-1/cleaning/1", "E-1", "cleaning")
    assert (visit.place, visit.community) == (Place(116.4, 39.9), "永安社区")
    assert (visit.duration, visit.windows) == (H, ((13 * H, 17 * H),))
    assert (visit.tier, visit.staff, visit.link) == (Tier.BASIC, 1, None)
    assert visit.skills == {"household"}


def test_services_in_one_cell_or_one_row_each_are_the_same(tmp_path: Path) -> None:
    together = ledger(
        tmp_path,
        [HEAD, row("助洁；上门做餐", "每日；周一至周五", "60；45", "上午；下午", "是；否")],
    )
    bracketed = ledger(
        tmp_path,
        [
            HEAD,
            row(
                "助洁（每日，60分钟）、上门做餐（周一至周五，45分钟）",
                "",
                "",
                "上午；下午",
                "是；否",
            ),
        ],
    )
    apart = ledger(
        tmp_path,
        [
            HEAD,
            row("助洁", "每日", "60", "上午", "是"),
            row("上门做餐", "周一至周五", "45", "下午", "否"),
        ],
    )
    assert together == apart == bracketed
    assert [(v.service, v.duration, v.staff) for v in apart.visits] == [
        ("cleaning", H, 2),
        ("cooking", 2700, 1),
    ]


def test_what_is_not_due_rests_and_what_is_on_demand_waits(tmp_path: Path) -> None:
    rows = [HEAD, row("助洁;助浴;康复", "周二;按需;周一")]
    made = ledger(tmp_path, rows)
    assert [visit.service for visit in made.visits] == ["rehab"]
    assert (made.resting, made.on_demand) == (1, 1)
    week = [ledger(tmp_path, rows, MONDAY + timedelta(days=n)) for n in range(7)]
    assert [len(day.visits) for day in week] == [1, 1, 0, 0, 0, 0, 0]


def test_several_times_a_day(tmp_path: Path) -> None:
    made = ledger(tmp_path, [HEAD, row("喂食协助", "每日3次"), row("翻身", "每日2次", "", "全天")])
    feeding = [visit for visit in made.visits if visit.service == "feeding"]
    assert [visit.id for visit in feeding] == [f"E-1/feeding/{n}" for n in (1, 2, 3)]
    assert [visit.windows for visit in feeding] == [
        ((7 * H, 8 * H),),
        ((int(11.5 * H), int(12.25 * H)),),
        ((int(17.5 * H), int(18.25 * H)),),
    ]
    turning = [visit.windows for visit in made.visits if visit.service == "turning"]
    assert turning == [((8 * H, int(12.5 * H) - 1),), ((int(12.5 * H), 17 * H),)]


def test_services_that_follow_one_another_are_tied(tmp_path: Path) -> None:
    first, second = ledger(tmp_path, [HEAD, row("健康监测;助浴", "每日")]).visits
    assert first.link is None and second.link == Link("E-1/vital_signs/1", 600, H)
    apart = ledger(tmp_path, [HEAD, row("健康监测;助浴", "每日", "", "8:00-9:00;14:00-15:00")])
    assert all(visit.link is None for visit in apart.visits)
    other = ledger(tmp_path, [HEAD, row("健康监测", "周二"), row("助浴", "每日")])
    assert [visit.link for visit in other.visits] == [None]


def test_meals_are_orders_and_never_visits(tmp_path: Path) -> None:
    head = ["老人编号", "小区", "楼栋", "服务项目", "频次", "助餐(午/晚)", "午餐", "晚餐", "忌口"]
    made = ledger(
        tmp_path,
        [
            head,
            ["E-1", "幸福里", "3号楼", "", "", "午、晚", "", "", "低盐"],
            ["E-2", "和平院", "1号楼", "助餐;助洁", "每日;周二", "", "", "", ""],
            ["E-3", "和平院", "1号楼", "", "", "", "2份", "√", ""],
            ["E-4", "和平院", "1号楼", "助餐", "每日2次", "", "", "", ""],
            ["E-5", "和平院", "1号楼", "助餐", "每日", "晚", "", "", ""],
            ["E-6", "和平院", "1号楼", "", "", "否", "0", "否", ""],
        ],
    )
    assert made.visits == ()
    assert [(o.client, o.portions) for o in made.lunches] == [
        ("E-1", 1), ("E-2", 1), ("E-3", 2), ("E-4", 1),
    ]  # fmt: skip
    assert [(o.client, o.portions) for o in made.orders("dinner")] == [
        ("E-1", 1), ("E-3", 1), ("E-4", 1), ("E-5", 1),
    ]  # fmt: skip
    assert made.lunches[0].building == "a" and made.lunches[0].diet == "低盐"
    assert {order.window for order in made.dinners} == {DINNER_WINDOW}


def test_the_window_of_the_scenario_goes_into_the_orders(tmp_path: Path) -> None:
    write_rows(
        tmp_path / "t.csv", [["老人编号", "小区", "楼栋", "助餐"], ["E-1", "幸福里", "3", "午"]]
    )
    table = TableInput(path=Path("t.csv"))
    made = read_ledger(table, tmp_path, MONDAY, intake(), windows={"lunch": (40_000, 44_000)})
    assert [order.window for order in made.lunches] == [(40_000, 44_000)]


def ledger_book(path: Path) -> None:
    """A workbook as a sub-district office keeps it: title, two header rows, merged cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["某街道居家养老服务台账"])
    sheet.merge_cells("A1:V1")
    top = "序号 区县 街道 社区 小区 楼栋 姓名 性别 年龄 身份证号 联系电话 住址 居住状况 失能等级 "
    top += "服务项目 频次 时长 期望时段 护理员 双人 助餐 _ 忌口 保障类别"
    heads = [None if word == "_" else word for word in top.split()]
    sheet.append(heads)
    sheet.append([None] * 20 + ["午", "晚"])
    for column in range(1, 25):
        if column in (21, 22):
            continue
        sheet.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column)
    sheet.merge_cells("U2:V2")
    person = ["1", "颐年区", "某街道", "永安社区", "幸福里", "3号楼", "王示例", "女", "85"]
    person += ["110101194001011234", "13800000001", "幸福里3号楼2单元501", "独居", "重度失能"]
    sheet.append([*person, "助洁", "每日", 60, "上午", "赵示例", "否", "√", None, "低盐", "托底"])
    sheet.append([None] * 14 + ["助浴", "周一", 75, "下午", None, "是", None, None, None, "托底"])
    for column in range(1, 15):
        sheet.merge_cells(start_row=4, end_row=5, start_column=column, end_column=column)
    other = ["2", "颐年区", "某街道", "永安社区", "幸福理", "3号楼2单元601", "李示例", "男", 90]
    other += ["110101193501011234", 13800000002, "别处", "空巢", "完好"]
    sheet.append([*other, "巡视", "每日", None, None, None, None, None, None, None, "普惠"])
    sheet.append(["合计", 2])
    book.save(path)


def test_a_ledger_as_an_office_keeps_it(tmp_path: Path) -> None:
    ledger_book(tmp_path / "t.xlsx")
    taken = intake()
    made = read_ledger(TableInput(path=Path("t.xlsx")), tmp_path, MONDAY, taken)
    assert [(v.service, v.duration, v.staff, v.tier) for v in made.visits] == [
        ("cleaning", H, 1, Tier.BASIC),
        ("bathing", 75 * 60, 2, Tier.BASIC),
    ]
    client = made.visits[0].client
    assert client.startswith("E-") and {v.client for v in made.visits} == {client}
    assert [(order.client, order.diet) for order in made.lunches] == [(client, "低盐")]
    assert made.dinners == ()
    contacts = {contact.id: contact for contact in taken.contacts}
    assert (contacts[client].name, contacts[client].phone) == ("王示例", "13800000001")
    assert contacts[client].address == "幸福里3号楼2单元501"
    (unplaced,) = taken.unplaced
    assert (unplaced.row, unplaced.building) == (6, "3号楼")
    assert unplaced.nearest[0] == "幸福里 3号楼"
    everything = repr(made) + repr(taken)
    for secret in ("王示例", "李示例", "赵示例", "1380000", "1101011", "单元"):
        assert secret not in everything


def test_the_same_ledger_in_gb18030_gives_the_same_day(tmp_path: Path) -> None:
    head = ["姓名", "身份证号", "小区", "楼栋", "服务项目", "频次"]
    rows = [head, ["王示例", "110101194001011234", "幸福里", "三栋", "助洁;康复", "每周3次"]]
    table = TableInput(path=Path("t.csv"))
    days = []
    for encoding in ("gb18030", "utf-8", "utf-8-sig", "utf-16"):
        write_rows(tmp_path / "t.csv", rows, encoding)
        days.append(read_ledger(table, tmp_path, MONDAY, intake()))
    assert all(day == days[0] for day in days)


def test_all_faults_of_a_ledger_come_at_once(tmp_path: Path) -> None:
    assert faults_of(
        tmp_path,
        [
            [*HEAD, "助餐", "午餐"],
            [*row("助洁", ""), "", ""],
            [*row("飞行;助洁", "每日"), "", ""],
            [*row("助洁", "经常", "很久", "随便", "也许", "贵宾"), "", ""],
            [*row("助洁;助浴", "每日;每周1次;隔日"), "", ""],
            [*row("助洁（常常）", "每日"), "", ""],
            [*row("助洁", "每日", client=""), "宵夜", "很多"],
            [*row("", "", client="E-8"), "午", ""],
            [*row("", "", client="E-8"), "", "2"],
        ],
    ) == [
        (2, "CC-S033"),
        (3, "CC-S021"),
        (4, "CC-S032"),
        (4, "CC-S032"),
        (4, "CC-S032"),
        (4, "CC-S032"),
        (4, "CC-S032"),
        (5, "CC-S063"),
        (6, "CC-S032"),
        (7, "CC-S061"),
        (7, "CC-S032"),
        (7, "CC-S032"),
        (9, "CC-S032"),
    ]


def test_two_people_with_one_identity_number_are_noticed(tmp_path: Path) -> None:
    head = ["姓名", "身份证号", "小区", "楼栋", "服务项目", "频次"]
    number = "110101194001011000"  # a spreadsheet kept it as a number and lost the last digits
    people = [[name, number, "幸福里", "3号楼", "助洁", "每日"] for name in ("甲示例", "乙示例")]
    assert faults_of(tmp_path, [head, *people]) == [(3, "CC-S062")]
