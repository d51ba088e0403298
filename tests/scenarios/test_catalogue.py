"""The service catalogue and the rules between skills."""

from __future__ import annotations

from pathlib import Path

import pytest

from base.faults import FaultError
from scenarios.catalogue import LEVELS, built_in, load_catalogue
from scenarios.model import TableInput
from scenarios.tables import read_services, write_services
from tests.table_cases import write_rows

SEVEN_HELPS = ["助餐", "助洁", "助浴", "助医", "助行", "助急", "助乐"]
OTHERS = [
    *("陪诊", "代取药", "康复", "护理", "探访关爱", "安宁疗护", "喘息服务", "家政维修", "巡视"),
    "hospital_escort",
]
SMALL = """
schema_version: 1
skills: {"level:5": {zh: 五级, en: five}, rehab: {zh: 康复, en: rehab}}
implies: {rehab: ["level:5"]}
groups: {care: {zh: 照护, en: Care}}
services:
  one: {zh: 甲, en: One, group: care, minutes: 30, skills: [rehab]}
  two: {zh: 乙, en: Two, group: care, minutes: 30, usual: ["08:00-09:00"]}
"""


def test_about_thirty_services_with_the_seven_helps() -> None:
    catalogue = built_in()
    assert 28 <= len(catalogue.services) <= 40
    for word in SEVEN_HELPS + OTHERS:
        assert catalogue.service(word) is not None, word
    assert catalogue.service("没有的服务") is None
    assert all(
        service.duration > 0 and service.price >= 0 for service in catalogue.services.values()
    )
    assert catalogue.services["bathing_disabled"].staff == 2
    assert catalogue.services["meal_delivery"].meal


def test_a_service_is_found_by_id_name_and_alias_in_both_languages() -> None:
    catalogue = built_in()
    for word in ("bathing", "助浴", "Bathing at home", " 上门助浴 ", "BATHING"):
        service = catalogue.service(word)
        assert service is not None and service.id == "bathing"


@pytest.mark.parametrize("level", LEVELS)
def test_levels_hold_all_below_and_from_three_up_rehabilitation(level: int) -> None:
    skills = built_in().with_implied([f"level:{level}"])
    assert {f"level:{n}" for n in LEVELS if n >= level} == {s for s in skills if ":" in s}
    assert ("rehab" in skills) == (level <= 3)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("skills: [rehab]", "skills: [flying]", "unknown skills"),
        ("{rehab: [", "{gone: [", "unknown skills"),
        ("zh: 乙", "zh: 甲", "name used twice"),
        ("en: Two, group: care", "en: Two, group: gone", "unknown group"),
        (
            "minutes: 30, usual",
            "minutes: 30, after: {service: gone, min_minutes: 0, max_minutes: 9}, usual",
            "follows nothing",
        ),
        ("08:00-09:00", "09:00-08:00", "bad windows"),
        ("minutes: 30, skills", "minutes: 0, skills", "greater than 0"),
        ("minutes: 30, skills", "minutes: 30, equipment: crane, skills", "unknown equipment"),
        ("minutes: 30, skills", "minutes: 30, by_phone: 2, skills", "less than or equal to 1"),
        ("schema_version: 1", "schema_version: 2", "less than or equal"),
    ],
)
def test_a_catalogue_that_does_not_hold_together(
    tmp_path: Path, old: str, new: str, why: str
) -> None:
    file = tmp_path / "services.yaml"
    file.write_text(SMALL, encoding="utf-8")
    assert set(load_catalogue(file).services) == {"one", "two"}
    assert old in SMALL
    file.write_text(SMALL.replace(old, new), encoding="utf-8")
    with pytest.raises(FaultError) as caught:
        load_catalogue(file)
    assert why in str(caught.value)
    assert {fault.code for fault in caught.value.faults} == {"CC-S020"}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_offices_own_services_come_back_from_a_table(
    tmp_path: Path, ending: str, lang: str
) -> None:
    write_services(tmp_path / f"s.{ending}", built_in(), lang)  # type: ignore[arg-type]
    assert read_services(TableInput(path=Path(f"s.{ending}")), tmp_path) == built_in()


@pytest.mark.parametrize("word", ["爬楼机", "Stair Climber", "stair_climber"])
def test_equipment_by_any_of_its_names(word: str) -> None:
    assert built_in().equipment_of(word) == "stair_climber"
    assert built_in().equipment_of("crane") is None
    assert built_in().equipment_name("stair_climber", "zh") == "爬楼机"


def test_faults_of_a_service_table_come_at_once(tmp_path: Path) -> None:
    write_rows(
        tmp_path / "s.csv",
        [
            ["服务编号", "中文名称", "时长（分钟）", "技能", "人数", "随后于", "最长间隔"],
            ["a", "甲", "30", "飞行", "1", "", ""],
            ["b", "", "0", "", "12", "", ""],
            ["c", "丙", "30", "无", "", "a", ""],
        ],
    )
    with pytest.raises(FaultError) as caught:
        read_services(TableInput(path=Path("s.csv")), tmp_path)
    assert [(fault.row, fault.code) for fault in caught.value.faults] == [
        (2, "CC-S022"),
        (3, "CC-S033"),
        (3, "CC-S032"),
        (3, "CC-S032"),
        (4, "CC-S033"),
    ]
