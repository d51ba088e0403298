"""What tables say of a day beside who is visited where: wishes, leave, allowances."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from base.faults import FaultError
from scenarios.absences import Absence, AbsenceReason, present_on
from scenarios.allowances import Balance, allowances_of, cleared_after
from scenarios.ledger import read_ledger
from scenarios.model import TableInput
from scenarios.pseudonyms import Pseudonyms
from scenarios.records import Ability, Asked, Break, Carer, Place, Sex, Tier, Visit
from scenarios.records import Link as Tie
from scenarios.tables import (
    Intake,
    read_absences,
    read_balances,
    read_carers,
    read_visits,
    write_absences,
    write_balances,
)
from tests.table_cases import write_rows

CSV = TableInput(path=Path("t.csv"))
STATION = Place(116.4, 39.9)
HEAD = ["访视编号", "老人编号", "服务项目", "经度", "纬度"]
ROW = ["V1", "E-1", "助洁", "116.4", "39.9"]
CARERS = [
    ["护理员编号", "姓名", "上班时间", "下班时间"],
    ["C-1", "王一", "8:00", "17:00"],
    ["C-2", "李二", "8:00", "17:00"],
    ["C-3", "李二", "8:00", "17:00"],
]


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    """An intake that knows three carers, two of them of one name."""
    known = Intake(station=STATION, pseudonyms=Pseudonyms(b"key"))
    write_rows(tmp_path / "carers.csv", CARERS)
    read_carers(TableInput(path=Path("carers.csv")), tmp_path, known)
    return known


def asked(tmp_path: Path, intake: Intake | None, **cells: str) -> Asked:
    write_rows(tmp_path / "t.csv", [[*HEAD, *cells], [*ROW, *cells.values()]])
    (visit,) = read_visits(CSV, tmp_path, intake)
    return visit.asked


class TestAsked:
    def test_wishes_and_musts(self, tmp_path: Path, intake: Intake) -> None:
        found = asked(
            tmp_path, intake, 护理员="王一", 护理员性别="女（必须）", 方言="粤语", 上次护理员="C-2"
        )
        assert found == Asked(
            carers=("C-1",),
            sex=Sex.FEMALE,
            language="粤语",
            must=frozenset({"sex"}),
            last="C-2",
        )

    @pytest.mark.parametrize("word", ["C-1；C-2（必须）", "c-1; c-2 (must)", "C-1、C-2 仅限"])
    def test_several_people_of_whom_one_must_come(
        self, tmp_path: Path, intake: Intake, word: str
    ) -> None:
        found = asked(tmp_path, intake, 护理员=word)
        assert found.carers == ("C-1", "C-2") and found.must == {"carers"}

    def test_strangers_and_shared_names_are_told_and_dropped(
        self, tmp_path: Path, intake: Intake
    ) -> None:
        found = asked(tmp_path, intake, 护理员="赵六; 李二", 回避护理员="C-9", 上次护理员="孙七")
        assert found == Asked()
        assert intake.strangers == [("t.csv", 2)] * 4

    def test_a_must_for_a_stranger_is_a_fault(self, tmp_path: Path, intake: Intake) -> None:
        with pytest.raises(FaultError, match="CC-S032") as caught:
            asked(tmp_path, intake, 护理员="赵六（必须）")
        assert "赵六" not in caught.value.text()

    def test_names_stay_out_where_no_carers_are_known(self, tmp_path: Path) -> None:
        assert asked(tmp_path, Intake(), 护理员="王一; C-7").carers == ("C-7",)

    @pytest.mark.parametrize(
        ("heading", "word"),
        [("护理员性别", "年轻"), ("护理员性别", "男；女"), ("方言", "粤语;客家")],
    )
    def test_what_cannot_be_read_is_a_fault(
        self, tmp_path: Path, intake: Intake, heading: str, word: str
    ) -> None:
        with pytest.raises(FaultError) as caught:
            asked(tmp_path, intake, **{heading: word})
        assert [fault.row for fault in caught.value.faults] == [2]

    def test_ledgers_carry_it_to_every_visit(self, tmp_path: Path, intake: Intake) -> None:
        head = [
            "老人编号",
            "经度",
            "纬度",
            "服务项目",
            "频次",
            "护理员",
            "年龄",
            "失能等级",
            "楼层",
            "电梯",
        ]
        row = ["E-1", "116.4", "39.9", "助洁; 助浴", "每日", "王一", "83", "半自理", "5", "无"]
        odd = ["E-2", "116.4", "39.9", "助洁", "每日", "", "八十", "特级", "", ""]
        write_rows(tmp_path / "t.csv", [head, row, odd])
        visits = read_ledger(CSV, tmp_path, date(2026, 3, 4), intake).visits
        assert [visit.asked.carers for visit in visits] == [("C-1",), ("C-1",), ()]
        assert [visit.age for visit in visits] == [83, 83, None]
        assert [visit.ability for visit in visits] == [Ability.MILD, Ability.MILD, None]
        assert [visit.stairs for visit in visits] == [4, 4, 0]
        assert [visit.price for visit in visits] == [6_000, 12_000, 6_000]


class TestCarers:
    def test_breaks_overtime_and_languages(self, tmp_path: Path) -> None:
        head = [
            "护理员编号",
            "性别",
            "方言",
            "上班时间",
            "下班时间",
            "午休时段",
            "休息(分钟)",
            "回站休息",
        ]
        rows = [
            ["C-1", "男", "粤语; 客家话", "8:00", "17:00", "11:30-13:00", "40", "是"],
            ["C-2", "女", "", "8:00", "17:00", "无", "", ""],
            ["C-3", "", "", "8:00", "17:00", "", "", ""],
        ]
        more = [
            ["可加班(分钟)", "最长路程(分钟)", "用时(%)"],
            ["60", "90", "120"],
            [""] * 3,
            [""] * 3,
        ]
        write_rows(tmp_path / "t.csv", [a + b for a, b in zip([head, *rows], more, strict=True)])
        first, second, third = read_carers(CSV, tmp_path, Intake(station=STATION))
        assert first.sex is Sex.MALE and first.languages == {"粤语", "客家话"}
        assert first.breaks == (Break((41_400, 46_800), 2_400, STATION),)
        assert (first.overtime, first.max_travel, first.pace) == (3_600, 5_400, 1.2)
        assert second.breaks == () and third.breaks is None


def carer(id: str, **changes: object) -> Carer:
    return Carer(id, frozenset(), (0, 1), STATION, None, **changes)  # type: ignore[arg-type]


def visit(id: str, client: str, **changes: object) -> Visit:
    given = {"service": "cleaning", "place": STATION, "duration": 1, "windows": ((0, 1),)}
    return Visit(id=id, client=client, **given, **changes)  # type: ignore[arg-type]


class TestAbsences:
    DAY = date(2026, 3, 4)

    def test_tables_come_back(self, tmp_path: Path) -> None:
        away = [
            Absence("E-1", False, self.DAY, None, AbsenceReason.HOSPITAL),
            Absence("C-1", True, self.DAY, self.DAY, AbsenceReason.LEAVE),
            Absence("E-2", False, self.DAY, self.DAY, AbsenceReason.AWAY),
        ]
        for lang in ("zh", "en"):
            write_absences(tmp_path / "t.csv", away, lang)  # type: ignore[arg-type]
            assert read_absences(CSV, tmp_path) == away

    def test_a_diagnosis_is_not_kept(self, tmp_path: Path, intake: Intake) -> None:
        head = ["老人编号", "护理员编号", "开始日期", "结束日期", "事由"]
        rows = [
            ["E-1", "", "2026-03-01", "", "肺炎住院"],
            ["", "王一", "2026/3/1", "2026/3/5", "病假"],
        ]
        write_rows(tmp_path / "t.csv", [head, *rows])
        client, carer = read_absences(CSV, tmp_path, intake)
        assert client.reason is AbsenceReason.HOSPITAL and client.last is None
        assert carer.person == "C-1" and carer.reason is AbsenceReason.LEAVE
        assert "肺炎" not in repr((client, carer))

    def test_faults_come_together(self, tmp_path: Path) -> None:
        head = ["老人编号", "护理员编号", "开始日期", "结束日期"]
        rows = [
            ["E-1", "C-1", "2026-03-01", ""],
            ["E-1", "", "2026-03-05", "2026-03-01"],
            ["E-1", "", "", ""],
        ]
        write_rows(tmp_path / "t.csv", [head, *rows])
        with pytest.raises(FaultError) as caught:
            read_absences(CSV, tmp_path)
        assert [fault.row for fault in caught.value.faults] == [2, 3, 4]

    @pytest.mark.parametrize(
        ("first", "last", "away"),
        [(1, 3, False), (1, 4, True), (4, 4, True), (4, None, True), (5, None, False)],
    )
    def test_first_and_last_day_count(self, first: int, last: int | None, away: bool) -> None:
        until = None if last is None else date(2026, 3, last)
        assert Absence("E-1", False, date(2026, 3, first), until).covers(self.DAY) is away

    def test_who_is_away_is_left_out_and_told(self) -> None:
        visits = [
            visit("V1", "E-1"),
            visit("V2", "E-2", link=Tie("V1", 0, 600)),
            visit("V3", "E-2", link=Tie("V2", 0, 600)),
        ]
        carers = [carer("C-1"), carer("C-2", holidays=False), carer("C-3")]
        away = [
            Absence("E-1", False, self.DAY),
            Absence("C-1", True, self.DAY),
            Absence("E-2", True, self.DAY),  # a carer's absence does not suspend a client
        ]
        found = present_on(self.DAY, visits, carers, away, [self.DAY])
        assert [each.id for each in found.visits] == ["V2", "V3"]
        assert found.visits[0].link is None and found.visits[1].link == visits[2].link
        assert [each.id for each in found.carers] == ["C-3"]
        assert [each.id for each, _ in found.suspended] == ["V1"]
        assert [(each.id, why.reason) for each, why in found.off] == [
            ("C-1", AbsenceReason.OTHER),
            ("C-2", AbsenceReason.HOLIDAY),
        ]


class TestAllowances:
    @pytest.mark.parametrize(
        ("day", "months", "last"),
        [
            (date(2026, 3, 4), 3, date(2026, 3, 31)),
            (date(2026, 4, 1), 3, date(2026, 6, 30)),
            (date(2026, 12, 31), 3, date(2026, 12, 31)),
            (date(2024, 2, 29), 1, date(2024, 2, 29)),
            (date(2026, 2, 1), 12, date(2026, 12, 31)),
        ],
    )
    def test_when_money_is_cleared(self, day: date, months: int, last: date) -> None:
        assert cleared_after(day, months) == last

    def test_what_was_paid_since_the_last_clearing_unless_booked(self) -> None:
        visits = [
            visit("V1", "E-1", tier=Tier.BASIC),
            visit("V2", "E-2", tier=Tier.SUPPORTED),
            visit("V3", "E-3", tier=Tier.GENERAL),
            visit("V4", "E-4", tier=Tier.BASIC),
        ]
        booked = [Balance("E-4", 1_234)]
        found = allowances_of(visits, date(2026, 2, 10), "dongcheng_2017", booked)
        assert {client: each.fen for client, each in found.items()} == {
            "E-1": 100_000,
            "E-2": 60_000,
            "E-4": 1_234,
        }
        assert {each.expires for each in found.values()} == {date(2026, 3, 31)}

    def test_balances_come_back(self, tmp_path: Path) -> None:
        books = [Balance("E-1", 32_050, date(2026, 3, 31)), Balance("E-2", 0)]
        for lang in ("zh", "en"):
            write_balances(tmp_path / "t.csv", books, lang)  # type: ignore[arg-type]
            assert read_balances(CSV, tmp_path) == books
