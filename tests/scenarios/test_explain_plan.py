"""Questions about a plan, from the scenario file to the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optimizer.siting.plan.evaluate import evaluate
from scenarios.explain import Explanation
from scenarios.plan import PlanRun
from tests.plan_town import solved

ONE_CENTRE = [{"count": ["centre"], "per": "district", "exactly": 1}]
ALL: dict[str, Any] = {
    "marginal": True,
    "why_not": ["P3", "P4", "S1"],
    "fallback": ["S1", "P1", "P4"],
    "alternatives": {"count": 2, "within_percent": 20},
    "curve_to": 3,
    "pareto": {"points": 4},
}


def ask(folder: Path, explain: dict[str, Any], **changes: Any) -> PlanRun:
    part: dict[str, Any] = {
        "years": [{"label": 2026, "capital_yuan": 900, "running_yuan": 6000}],
        "rules": ONE_CENTRE,
        "explain": explain,
    }
    return solved(folder, **{**part, **changes})


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> PlanRun:
    return ask(
        tmp_path_factory.mktemp("asked"),
        ALL,
        access={},
        search_areas={"of": "site", "percent": 20},
        catchments={"grid_m": 250},
    )


@pytest.fixture(scope="module")
def found(asked: PlanRun) -> Explanation:
    assert asked.explanation is not None
    return asked.explanation


class TestFindings:
    def test_values_are_the_plans_own(self, asked: PlanRun, found: Explanation) -> None:
        total = evaluate(asked.problem, asked.answer.option, asked.answer.assignments).value
        rows = {row.site_id: row for row in found.values}
        assert set(rows) == set(asked.network["site_id"])
        for row in rows.values():
            assert row.is_open and row.value is not None and row.percent is not None
            assert row.percent == pytest.approx(100 * row.value * asked.case.value_scale / total)
        assert rows["P3"].note is None
        note = rows["P1"].note
        assert note is not None and "exactly 1" in note.en and "恰好 1 处" in note.zh

    def test_what_needs_no_solve_is_said(self, found: Explanation) -> None:
        said = {row.site_id: row.text.en for row in found.changes if row.kind == "why_not"}
        assert "already" in said["P3"] and "already" in said["S1"]
        assert "Nothing may stand" in said["P4"]

    def test_sites_that_cannot_be_left_out(self, found: Explanation) -> None:
        said = {row.site_id: row.text for row in found.changes if row.kind == "fallback"}
        assert said["S1"].en.endswith("In conflict: 一号站 may not close.")
        assert said["S1"].zh.endswith("冲突的规则：一号站不得关闭。") or "不得关闭" in said["S1"].zh
        assert "centre" in said["P1"].en and "nothing is lost" in said["P4"].en
