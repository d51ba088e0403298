from __future__ import annotations

from pathlib import Path

import pytest

from base.faults import FaultError
from scenarios.policies import load_pack, load_packs, read_pack
from scenarios.town.cells import ABILITIES, AGE_BANDS


def test_every_pack_is_cited_and_written_in_both_languages() -> None:
    packs = load_packs()
    assert {"gb50180_2018", "walking_speeds", "gbt42195_2022", "dongcheng_2017"} <= set(packs)
    for pack in packs.values():
        for name, fact in pack.facts.items():
            assert pack.citation(name), (pack.id, name)
            assert fact.text.zh and fact.text.en, (pack.id, name)
            assert isinstance(fact.value, list) or fact.unit, (pack.id, name)


def test_nothing_is_called_verified_before_somebody_compared_it() -> None:
    facts = [fact for pack in load_packs().values() for fact in pack.facts.values()]
    assert not any(fact.verified for fact in facts)


def test_circles_and_allowances_are_those_of_the_sources() -> None:
    circles = load_pack("gb50180_2018")
    assert circles.number("circle_5min_m") == 300
    assert circles.number("circle_10min_m") == 500
    low, high = circles.number("circle_15min_low_m"), circles.number("circle_15min_high_m")
    assert (low, high) == (800, 1000)
    dongcheng = load_pack("dongcheng_2017")
    assert dongcheng.number("allowance_basic_yuan") == 500
    assert dongcheng.number("allowance_supported_yuan") == 300


def test_every_cell_has_a_speed_that_falls_with_age_and_need() -> None:
    pack = load_pack("walking_speeds")
    speed = {
        (age, ability): pack.number(f"cell_{age}_{ability}")
        for age in AGE_BANDS
        for ability in ABILITIES
    }
    for ability in ABILITIES:
        by_age = [speed[age, ability] for age in AGE_BANDS]
        assert by_age == sorted(by_age, reverse=True)
    for age in AGE_BANDS:
        by_ability = [speed[age, ability] for ability in ABILITIES]
        assert by_ability == sorted(by_ability, reverse=True)
    literature = {fact.value for name, fact in pack.facts.items() if not name.startswith("cell_")}
    assert set(speed.values()) <= literature


def test_five_grades_condense_to_the_three_of_the_cells() -> None:
    pack = load_pack("gbt42195_2022")
    grades, condensed = pack.fact("grades").value, pack.fact("condensed").value
    assert isinstance(grades, list) and isinstance(condensed, list)
    assert len(grades) == len(condensed) == 5
    assert tuple(dict.fromkeys(condensed)) == ABILITIES


def test_unknown_packs_and_facts_name_what_there_is() -> None:
    with pytest.raises(FaultError, match=r"CC-S301.*gb50180_2018"):
        load_pack("atlantis")
    with pytest.raises(FaultError, match=r"CC-S302.*circle_5min_m"):
        load_pack("gb50180_2018").number("circle_20min_m")
    with pytest.raises(FaultError, match="CC-S302"):
        load_pack("gbt42195_2022").number("grades")


def test_a_broken_pack_is_reported_whole(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(
        "schema_version: 1\nid: broken\nname: {zh: 甲, en: a}\nplace: {zh: 甲, en: a}\n"
        'source: none\ndate: "17"\nfacts:\n  one: {value: 1, unit: m}\n',
        encoding="utf-8",
    )
    with pytest.raises(FaultError) as caught:
        read_pack(path)
    assert {fault.code for fault in caught.value.faults} == {"CC-S300"}
    assert len(caught.value.faults) == 2
    assert {fault.row for fault in caught.value.faults} == {6, 8}


def test_a_pack_is_called_after_its_file(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(
        "schema_version: 1\nid: mine\nname: {zh: 甲, en: a}\nplace: {zh: 甲, en: a}\n"
        "source: none\ndate: null\nfacts:\n  one: {value: 1, text: {zh: 一, en: one}}\n",
        encoding="utf-8",
    )
    with pytest.raises(FaultError, match="CC-S300"):
        read_pack(path)
