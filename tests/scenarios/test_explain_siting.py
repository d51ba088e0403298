"""Questions about a siting, from the scenario file to the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optimizer.stop import Stop
from scenarios.explain import Explanation
from scenarios.files import load_scenario
from scenarios.siting import SitingRun, run_siting
from tests.scenarios.test_siting import layers, siting
from tests.small_town import write_town

ALL = {
    "marginal": True,
    "why_not": ["P0", "P1"],
    "fallback": "all_new",
    "alternatives": {"count": 3, "within_percent": 80},
}


def run(folder: Path, explain: dict[str, Any] | None, **changes: Any) -> SitingRun:
    part = siting(explain=explain, **changes)
    scenario, root = load_scenario(write_town(folder, layers(), part))
    return run_siting(scenario, root, stop=Stop(seconds=30))


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> SitingRun:
    return run(tmp_path_factory.mktemp("asked"), ALL)


@pytest.fixture(scope="module")
def found(asked: SitingRun) -> Explanation:
    assert asked.explanation is not None
    return asked.explanation


class TestFindings:
    def test_values(self, asked: SitingRun, found: Explanation) -> None:
        by_id = {row.site_id: row for row in found.values}
        new = set(asked.chosen["site_id"])
        assert new < {each for each, row in by_id.items() if row.is_open}
        last = asked.chosen.iloc[-1]
        assert by_id[last["site_id"]].value == pytest.approx(last["gain"])

    def test_closed_site(self, asked: SitingRun, found: Explanation) -> None:
        new = set(asked.chosen["site_id"])
        rows = {row.site_id: row for row in found.changes if row.kind == "why_not"}
        assert set(rows) == {"P0", "P1"}
        (closed,) = {"P0", "P1"} - new
        row = rows[closed]
        assert row.loss is not None and row.loss.found > 0
        assert row.loss.least == row.loss.most == row.loss.found
        assert len(row.out) == 1 and closed not in row.text.en.partition("instead of")[2]
        assert "proved" in row.text.en and "已证明" in row.text.zh
        for other in rows.keys() & new:
            assert "already" in rows[other].text.en and rows[other].loss is None
