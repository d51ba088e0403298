from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.stop import Stop
from scenarios.files import load_scenario
from scenarios.model_territory import AccessInput
from scenarios.siting.run import run_siting
from scenarios.territory.access import AccessRow, AccessRun, access_of, access_sheets
from tests.small_town import points, source, write_town

# x, y, people; on streets. The station stands at (0, 100), the premises at (700, 300).
PLACES = ((300, 100, 60), (500, 300, 30), (700, 400, 10))


def access(folder: Path, wanted: AccessInput | None = None, **changes: object) -> AccessRun:
    layers = {
        "demand": points({"x": x, "y": y, "people": n} for x, y, n in PLACES),
        "stations": points([{"x": 0, "y": 100, "id": "S", "area": 50}]),
        "premises": points([{"x": 700, "y": 300, "id": "P", "area": 200}]),
    }
    cells = [
        {"id": "quick", "count": "people", "share": 0.5, "speed": 1.0},
        {"id": "slow", "count": "people", "share": 0.5, "speed": 0.5},
    ]
    part = {
        "question": "mclp",
        "new_sites": 1,
        "minutes": 5,
        "demand": [{"source": source("demand"), "cells": cells}],
        "sites": [
            {"source": source("stations"), "id": "id", "area": "area"},
            {"source": source("premises"), "status": "candidate", "id": "id", "area": "area"},
        ],
        **changes,
    }
    scenario, root = load_scenario(write_town(folder, layers, {"siting": part}))
    run = run_siting(scenario, root, stop=Stop(seconds=20))
    assert len(run.gains) == 1
    return access_of(run, wanted)


def row(run: AccessRun, when: str, district: int | None, group: int | None) -> AccessRow:
    (found,) = [r for r in run.rows if (r.when, r.district, r.group) == (when, district, group)]
    return found


class TestWays:
    def test_minutes_by_hand(self, tmp_path: Path) -> None:
        run = access(tmp_path)
        before = row(run, "before", None, 0).minutes  # 300, 700 and 1,000 m at 1 m/s
        assert before.persons == 50
        assert before.mean == pytest.approx((30 * 5 + 15 * 700 / 60 + 5 * 1000 / 60) / 50, abs=0.01)
        assert before.median == pytest.approx(5, abs=0.01)
        assert before.longest == pytest.approx(1000 / 60, abs=0.01)
        after = row(run, "after", None, 0).minutes  # 300, 200 and 100 m
        assert after.longest == pytest.approx(5, abs=0.01)
        slow = row(run, "after", None, 1).minutes  # the same ways take twice as long
        assert slow.mean == pytest.approx(2 * after.mean, abs=0.01)
        assert slow.within == pytest.approx((5 / 50, 20 / 50 + 30 / 50, 1.0))

    def test_circles_do_not_end_the_search_but_the_limit_does(self, tmp_path: Path) -> None:
        far = access(tmp_path / "far")
        assert row(far, "before", None, None).minutes.without == 0
        near = access(tmp_path / "near", AccessInput(farthest_minutes=15, minutes=[5, 15]))
        # the quick within 15 minutes are at 300 and 700 m, the slow at 300 m alone
        assert row(near, "before", None, None).minutes.without == 5 + 15 + 5

    def test_sub_districts_add_up(self, tmp_path: Path) -> None:
        run = access(tmp_path)
        for when in ("before", "after"):
            for group in (None, 0, 1):
                parts = [row(run, when, d, group).minutes.persons for d in (0, 1)]
                assert sum(parts) == row(run, when, None, group).minutes.persons


class TestSupply:
    def test_all_supply_is_shared_out(self, tmp_path: Path) -> None:
        wanted = AccessInput(capacity="area", minutes=[10, 20, 40])
        run = access(tmp_path, wanted)
        people = run.demand.persons
        assert run.scores["before"] @ people / 1000 == pytest.approx(50)
        assert run.scores["after"] @ people / 1000 == pytest.approx(250)

    def test_plain_two_steps_by_hand(self, tmp_path: Path) -> None:
        wanted = AccessInput(zone_weights=[1], minutes=[10])
        run = access(tmp_path, wanted)
        # S reaches both groups at 300 m (60 people): a site per 60, 16.7 per 1,000
        before = run.scores["before"].reshape(3, 2)
        assert before[0] == pytest.approx([1000 / 60] * 2)
        assert before[1:].tolist() == [[0, 0], [0, 0]]


class TestSheets:
    def test_every_cell_in_both_languages(self, tmp_path: Path) -> None:
        ways, evenness = access_sheets(access(tmp_path))
        assert len(ways.rows) == 2 * 3 * 3  # before and after, all and two halves, all and groups
        for sheet in (ways, evenness):
            zh, en = sheet.frame("zh"), sheet.frame("en")
            assert zh.shape == en.shape and len(sheet.columns) == zh.shape[1]
            assert sheet.note is not None
        english = ways.frame("en")
        assert list(english["when"].unique()) == ["before", "after"]
        assert english["within 5 min (%)"].notna().all()
        index = evenness.frame("en").set_index("when")
        assert index.loc["after", "Gini"] < index.loc["before", "Gini"]

    def test_zones_and_weights_must_fit(self) -> None:
        with pytest.raises(ValueError, match="ascend"):
            AccessInput(minutes=[10, 5])
        with pytest.raises(ValueError, match="one for each"):
            AccessInput(minutes=[5, 10, 15], zone_weights=[1, 0.5])
        assert AccessInput().zones == ((5, 10, 15), (1, 0.68, 0.22))
        assert AccessInput(minutes=[5, 15]).zones == ((15,), (1,))
        assert AccessInput(zone_weights=[0.5]).zones == ((15,), (0.5,))


class TestNoSites:
    def test_before_the_first_site_nobody_has_a_way(self, tmp_path: Path) -> None:
        premises = {"source": source("premises"), "status": "candidate", "id": "id"}
        run = access(tmp_path, sites=[premises])
        before = row(run, "before", None, None).minutes
        assert before.without == before.persons == 100
        assert before.within == (0, 0, 0)
        index = access_sheets(run)[1].frame("en").set_index("when")
        assert index.loc["before", "Gini"] is None
        assert index.loc["before", "people without supply (%)"] == 100
