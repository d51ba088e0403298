"""What is wrong with a plan is told with the path of the field, all at once, in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from base.faults import FaultError
from scenarios.district import open_district
from scenarios.files import load_scenario
from scenarios.plan.case import compile_plan
from tests.plan_town import compiled, layers, plan, text
from tests.small_town import source, write_town


def faults(folder: Path, **changes: Any) -> dict[str, str]:
    """Path below ``plan`` -> cause in English, of everything wrong with the file."""
    with pytest.raises(FaultError) as caught:
        load_scenario(write_town(folder, layers(), plan(**changes)))
    for fault in caught.value.faults:
        assert fault.row is not None and fault.text("zh") and fault.text("en")
    return {
        str(fault.path).split("#/plan/", 1)[-1]: fault.text("en") for fault in caught.value.faults
    }


def changed(part: str, at: int, **changes: Any) -> dict[str, Any]:
    listed = plan()["plan"][part]
    listed[at] = {**listed[at], **changes}
    return {part: listed}


def test_unknown_names_are_all_told_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        **changed("services", 1, asks=[{"cells": ["oldest"]}]),
        **changed("levels", 1, hangs_on={"level": "hub"}),
        **changed("sites", 1, levels=["center"], may=["keep", "convert"], convert_to=["inn"]),
        rules=[
            {"count": ["points"], "at_least": 1, "from_year": 2030},
            {"capacity": ["soup"], "at_most": 1, "per_100": "elders"},
        ],
        floors=[{"share": 0.5, "service": "car", "cells": ["all"]}],
    )
    wanted = {
        "services/1/asks/0/cells": "oldest",
        "levels/1/hangs_on/level": "hub",
        "sites/1/levels": "center",
        "sites/1/convert_to": "inn",
        "rules/0/count": "points",
        "rules/0/from_year": "2030",
        "rules/1/capacity": "soup",
        "rules/1/per_100": "elders",
        "floors/0/service": "car",
        "floors/0/cells": "all",
    }
    assert found.keys() == wanted.keys()
    for path, word in wanted.items():
        assert word in found[path]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"years": [{"label": 2026}, {"label": "2026"}]}, "years"),
        ({"years": [{"label": 2028}, {"label": 2027}, {"label": 2029}]}, "years/1/label"),
        ({"rules": [{"at_least": 1}]}, "rules/0"),
        ({"rules": [{"count": [], "area": [], "at_least": 1}]}, "rules/0"),
        ({"rules": [{"count": []}]}, "rules/0"),
        ({"rules": [{"count": [], "exactly": 1, "at_most": 2}]}, "rules/0"),
        ({"rules": [{"count": [], "at_least": 3, "at_most": 2}]}, "rules/0/at_least"),
        ({"rules": [{"count": [], "at_most": 1, "share_of": ["meals"]}]}, "rules/0/share_of"),
        ({"rules": [{"capacity": ["care"], "at_most": 1}]}, "rules/0/capacity"),
        (
            {"floors": [{"share": 1, "service": "care", "from_year": 2027, "to_year": 2026}]},
            "floors/0/to_year",
        ),
        (
            {"near": [{"source": source("health"), "label": text("health")}]},
            "near/0",
        ),
        (changed("services", 0, full_minutes=9), "services/0/full_minutes"),
        (changed("services", 1, backup=0.5), "services/1/backup"),
        (changed("levels", 0, offers=["care", "meals"], sizes=[{"id": "full"}]),
         "levels/0/sizes/0/capacity"),
        (changed("levels", 0, sizes=[{"id": "full", "capacity": {"care": 3}}]),
         "levels/0/sizes/0/capacity"),
        (changed("levels", 0, hangs_on={"level": "station"}), "levels/0/hangs_on"),
        (changed("sites", 0, size="huge"), "sites/0/size"),
        (changed("sites", 0, clients={"care": "clients"}), "sites/0/clients"),
        (changed("sites", 1, status="committed", year_column=None), "sites/1/year"),
        (changed("sites", 1, clients={"meals": "area"}), "sites/1/clients"),
        (changed("sites", 0, may=["convert"]), "sites/0/convert_to"),
        (changed("sites", 1, level="centre", may=["upgrade"]), "sites/1/upgrade_to"),
        ({"candidates": [{"on": "parcels", "level": "station"}]}, "candidates/0/source"),
        (
            {"candidates": [{"on": "grid", "level": "station", "floor_share": 0.1}]},
            "candidates/0/floor_share",
        ),
    ],
)  # fmt: skip
def test_fields_that_do_not_fit_together(
    tmp_path: Path, changes: dict[str, Any], path: str
) -> None:
    assert path in faults(tmp_path, **changes)


def test_cells_are_disjoint_and_told_apart(tmp_path: Path) -> None:
    demand = plan()["plan"]["demand"]
    cells = demand[0]["cells"]
    demand[0]["cells"] = [*cells, {"id": "OLD", "count": "people", "share": 0.9}]
    with pytest.raises(FaultError) as caught:
        load_scenario(write_town(tmp_path, layers(), plan(demand=demand)))
    said = caught.value.text("en")
    assert "1.7 times" in said and "capitals" in said


def told(folder: Path, town: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    with pytest.raises(FaultError) as caught:
        compiled(folder, town, **changes)
    for fault in caught.value.faults:
        assert fault.text("zh") and fault.text("en")
    return [fault.code for fault in caught.value.faults]


def test_cells_of_layers_are_told_by_row(tmp_path: Path) -> None:
    town = layers()
    town["premises"]["y1"] = ["2026", "soon", "2020", "later"]
    town["stations"]["kind"] = ["small", "tiny"]
    sites = plan()["plan"]["sites"]
    sites[0]["size_column"] = "kind"
    codes = told(tmp_path, town, sites=sites)
    assert sorted(codes) == ["CC-S400", "CC-S401", "CC-S401"]


def test_rules_per_community_need_communities(tmp_path: Path) -> None:
    rules = [{"count": [], "per": "community", "at_least": 1}]
    with pytest.raises(FaultError) as caught:
        compiled(tmp_path, rules=rules)
    (fault,) = caught.value.faults
    assert fault.code == "CC-S403" and fault.path == "#/plan/rules/0"
    assert "communities" in fault.remedy("en") and "districts" not in fault.remedy("en")


def test_rules_per_sub_district_need_districts(tmp_path: Path) -> None:
    rules = [{"count": [], "at_most": 9}, {"count": [], "per": "subdistrict", "at_least": 1}]
    floors = [{"share": 0.1, "service": "care", "per": "subdistrict"}]
    people = [{"id": "all", "label": text("all")}]
    setting = plan(rules=rules, floors=floors, populations=people)
    path = write_town(tmp_path, layers(), setting)
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({k: v for k, v in data.items() if k != "districts"}))
    scenario, root = load_scenario(path)
    assert scenario.plan is not None
    with pytest.raises(FaultError) as caught:
        compile_plan(scenario.plan, open_district(scenario, root))
    found = {fault.path: fault for fault in caught.value.faults}
    assert {"#/plan/rules/1", "#/plan/floors/0"} <= found.keys()
    for fault in found.values():
        assert fault.code == "CC-S402" and "communities" not in fault.remedy("en")


def test_missing_columns_of_every_layer(tmp_path: Path) -> None:
    sites = plan()["plan"]["sites"]
    sites[0]["capacity"] = {"meals": "seats"}
    sites[1]["rent"] = "price"
    with pytest.raises(FaultError) as caught:
        compiled(tmp_path, sites=sites)
    message = caught.value.text("en")
    assert "seats" in message and "price" in message


def test_nobody_asks_and_nothing_stands(tmp_path: Path) -> None:
    empty = layers()
    empty["demand"]["people"] = 0
    assert told(tmp_path / "a", empty) == ["CC-S202"]
    assert told(tmp_path / "b", sites=[]) == ["CC-S203"]
