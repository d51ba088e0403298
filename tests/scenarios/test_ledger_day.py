"""A day from a station's ledger, from the office table to the written answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyogrio
import pytest

from optimizer.stop import Stop
from scenarios.day import read_lunch
from scenarios.files import load_scenario
from scenarios.model import MealsInput, TableInput
from scenarios.pseudonyms import Pseudonyms
from scenarios.records import Carrier, Kitchen, Mode
from scenarios.store import check_run, write_run
from scenarios.tables import Intake, write_carers, write_carriers, write_kitchens
from scenarios.visits import VisitsRun, run_visits
from tests.scenarios.test_visits import carer
from tests.small_town import place, write_town
from tests.table_cases import write_rows

NAMES = ("张三丰", "李四维")
PHONE = "13912345678"
PART = {
    "visits": {
        "day": "2026-03-02",
        "elders": {"path": "ledger.csv"},
        "carers": {"path": "carers.csv"},
        "places": {"path": "places.csv"},
    }
}


@pytest.fixture
def intake() -> Intake:
    return Intake(pseudonyms=Pseudonyms(b"secret"))


@pytest.fixture
def run(tmp_path: Path, intake: Intake) -> VisitsRun:
    path = write_town(tmp_path, {}, PART)
    homes = [("幸福里", "1号楼", place(200, 100)), ("幸福里", "2号楼", place(700, 400))]
    write_rows(
        tmp_path / "places.csv",
        [["小区", "楼栋", "经度", "纬度"], *[[a, b, p.lon, p.lat] for a, b, p in homes]],
    )
    write_rows(
        tmp_path / "ledger.csv",
        [
            ["姓名", "联系电话", "小区", "楼栋", "服务项目", "频次", "保障类别"],
            [NAMES[0], PHONE, "幸福里", "1号楼", "个人清洁", "每日", "托底"],
            [NAMES[1], "", "幸福里", "2 栋", "巡视", "每日", "普惠"],
            ["王五", "", "康乐园", "9号楼", "巡视", "每日", "普惠"],
        ],
    )
    skills = frozenset({"level:5"})
    write_carers(tmp_path / "carers.csv", [carer(1, skills=skills)])
    return run_visits(*load_scenario(path), stop=Stop(iterations=40), intake=intake)


def test_the_ledger_becomes_visits(run: VisitsRun) -> None:
    assert [visit.service for visit in run.case.visits] == ["grooming", "daily_check"]
    assert not run.unserved


def test_unplaced_rows_are_listed_not_guessed(run: VisitsRun, tmp_path: Path) -> None:
    assert [item.compound for item in run.case.day.unplaced] == ["康乐园"]
    assert "CC-S240" in {fault.code for fault in run.warnings}
    write_run(run, tmp_path / "out")
    assert "康乐园" in (tmp_path / "out" / "unplaced.csv").read_text(encoding="utf-8-sig")


def test_contacts_come_out_apart(run: VisitsRun, intake: Intake) -> None:
    assert run.case.visits
    assert set(NAMES) <= {contact.name for contact in intake.contacts}


def test_nothing_written_holds_a_name_or_a_phone(run: VisitsRun, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_run(run, out)
    assert check_run(out) == ()
    words = [word.encode() for word in (*NAMES, PHONE, "王五")]
    for path in out.iterdir():
        content = path.read_bytes()
        assert not any(word in content for word in words), path.name
    layer = pyogrio.read_dataframe(out / "result.gpkg", layer="stops")
    assert len(layer) == 2


def test_the_ledgers_meals_become_orders(tmp_path: Path, intake: Intake) -> None:
    home = place(200, 100)
    write_rows(
        tmp_path / "places.csv",
        [["小区", "楼栋", "经度", "纬度"], ["幸福里", "1号楼", home.lon, home.lat]],
    )
    write_rows(
        tmp_path / "ledger.csv",
        [
            ["姓名", "小区", "楼栋", "助餐", "忌口"],
            [NAMES[0], "幸福里", "1号楼", "午", "低盐"],
            [NAMES[1], "幸福里", "1号楼", "晚", ""],
        ],
    )
    wanted = MealsInput(
        day=date(2026, 3, 2),
        elders=TableInput(path=Path("ledger.csv")),
        kitchens=TableInput(path=Path("kitchens.csv")),
        carriers=TableInput(path=Path("carriers.csv")),
        places=TableInput(path=Path("places.csv")),
        window=("11:00", "12:00"),
    )
    kitchen = Kitchen("K1", place(0, 0), portions=10, ready=10 * 3600)
    write_kitchens(tmp_path / "kitchens.csv", [kitchen])
    carrier = Carrier("A1", Mode.EBIKE, boxes=10, shift=(10 * 3600, 14 * 3600))
    write_carriers(tmp_path / "carriers.csv", [carrier])
    lunch = read_lunch(wanted, tmp_path, intake)
    assert [(order.portions, order.window) for order in lunch.orders] == [(1, (39600, 43200))]
    assert set(NAMES) == {contact.name for contact in intake.contacts}
