from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.faults import FaultError
from geo.osm import OSM_CREDIT
from optimizer.result import Status
from optimizer.siting.check import check
from optimizer.siting.coverage import nearest
from optimizer.stop import Stop
from scenarios.candidates import thin
from scenarios.compare import compare_coverage
from scenarios.district import open_district
from scenarios.files import load_scenario
from scenarios.model import Scenario
from scenarios.siting.case import compile_siting
from scenarios.siting.run import SitingRun, run_siting
from tests.network_cases import network_of
from tests.small_town import BLOCK, HIGH, WIDE, parcels, points, source, write_town

# Places, each on a street; (x, y, residents)
PLACES = ((50, 100, 100), (250, 300, 200), (650, 300, 400), (950, 500, 300), (850, 200, 50))
CANDIDATES = ((200, 300, 10.0), (700, 300, 20.0), (900, 500, 30.0))

SLOW = [{"source": source("demand"), "cells": [{"id": "all", "count": "people", "speed": 0.5}]}]


def siting(**changes: Any) -> dict[str, Any]:
    part = {
        "question": "mclp",
        "new_sites": 2,
        "minutes": 5,
        "demand": [
            {
                "source": source("demand"),
                "cells": [
                    {"id": "young", "count": "people", "share": 0.6, "speed": 1.2},
                    {
                        "id": "old",
                        "count": "people",
                        "share": 0.25,
                        "speed": 0.5,
                        "minutes": 10,
                        "weight": 2.0,
                        "estimated": True,
                    },
                ],
            }
        ],
        "sites": [
            {"source": source("stations"), "id": "id", "name": "name"},
            {"source": source("homes"), "tier": "institution", "serves": False, "id": "id"},
            {
                "source": source("premises"),
                "status": "candidate",
                "id": "id",
                "area": "area",
                "cost": "cost",
                "premises": "kind",
            },
        ],
    }
    return {"siting": {**part, **changes}}


def layers() -> dict[str, Any]:
    return {
        "demand": points({"x": x, "y": y, "people": n} for x, y, n in PLACES),
        "stations": points([{"x": 0, "y": 100, "id": "S1", "name": "一号站"}]),
        "homes": points([{"x": 700, "y": 300, "id": "H1"}]),
        "premises": points(
            {"x": x, "y": y, "id": f"P{n}", "area": area, "cost": area * 1000, "kind": "租赁"}
            for n, (x, y, area) in enumerate(CANDIDATES)
        ),
        "parcels": parcels(),
        "health": points([{"x": 700, "y": 350, "no": 1}]),
    }


def run(folder: Path, **changes: Any) -> SitingRun:
    scenario, root = load_scenario(write_town(folder, layers(), siting(**changes)))
    return run_siting(scenario, root, stop=Stop(seconds=30))


def way(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


class TestReachByCell:
    def test_each_cell_walks_at_its_own_speed_within_its_own_circle(self, tmp_path: Path) -> None:
        found = run(tmp_path)
        sites = [(0, 100), *((x, y) for x, y, _ in CANDIDATES)]
        expected = {
            (site, place, cell)
            for site, at in enumerate(sites)
            for place, (x, y, _) in enumerate(PLACES)
            for cell, metres in ((0, 1.2 * 5 * 60), (1, 0.5 * 10 * 60))
            if way(at, (x, y)) <= metres
        }
        problem, demand = found.problem, found.demand
        site = np.repeat(np.arange(problem.n_sites), np.diff(problem.reach_indptr))
        row = problem.reach_demand
        got = set(zip(site, demand.place[row], demand.cell[row], strict=True))
        assert got == expected
        metres = [way(sites[s], PLACES[p]) for s, p in zip(site, demand.place[row], strict=True)]
        speed = np.array([1.2, 0.5])[demand.cell[row]]
        assert problem.reach_cost == pytest.approx(1000 * np.array(metres) / speed, abs=150)

    def test_weights_are_thousandths_of_weighted_persons(self, tmp_path: Path) -> None:
        found = run(tmp_path)
        residents = np.array([n for *_, n in PLACES])
        expected = np.column_stack([residents * 0.6, residents * 0.25 * 2]).ravel() * 1000
        assert found.problem.demand_weight.tolist() == expected.round().astype(int).tolist()
        assert found.demand.persons.sum() == pytest.approx(residents.sum() * 0.85)

    def test_pairs_beyond_the_nearest_existing_site_are_left_out_without_loss(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing is left out where the station is a mere candidate; with it open, ways agree."""
        monkeypatch.setattr("scenarios.siting.case._DETOUR", 1e6)
        whole_sites = siting()["siting"]["sites"]
        whole_sites[0]["status"] = "candidate"
        few = run(tmp_path / "few", question="p_median", minutes=1, demand=SLOW).problem
        whole = run(
            tmp_path / "whole", question="p_median", minutes=1, demand=SLOW, sites=whole_sites
        ).problem
        assert whole.reach_cost.size == whole.n_sites * whole.n_demand > few.reach_cost.size
        assert few.unreached_cost == whole.unreached_cost
        for more in ([], [1], [2], [3], [1, 2], [1, 3], [2, 3], [1, 2, 3]):
            for mine, full in zip(
                nearest(few, [0, *more]), nearest(whole, [0, *more]), strict=True
            ):
                assert mine.tolist() == full.tolist()

    @pytest.mark.parametrize("question", ["p_median", "p_center"])
    def test_pairs_far_beyond_any_use_are_left_out_until_they_are_needed(
        self, tmp_path: Path, question: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without a site that stands: few pairs, more of them, or all give one answer."""
        sites = siting()["siting"]["sites"]
        for each in sites:
            each["status"] = "candidate"
        part = {"question": question, "sites": sites, "new_sites": 2, "demand": SLOW}
        found = {}
        for factor in (1e-3, 0.3, 2.5, 1e6):
            monkeypatch.setattr("scenarios.siting.case._DETOUR", factor)
            found[factor] = run(tmp_path / str(factor), minutes=0.1, **part)
        whole = found[1e6]
        assert whole.case.farthest_walk is None
        assert whole.problem.reach_cost.size == whole.problem.n_sites * whole.problem.n_demand
        assert found[2.5].case.farthest_walk is not None
        assert found[1e-3].case.is_widened
        for each in found.values():
            assert each.answer.result.status is Status.OPTIMAL
            assert each.answer.result.objective == whole.answer.result.objective
            assert each.answer.result.bound == whole.answer.result.bound
            assert each.way["persons_without"].iloc[-1] == 0

    def test_empty_cells_make_no_row(self, tmp_path: Path) -> None:
        demand = siting()["siting"]["demand"][0]
        demand["cells"][1]["weight"] = 0.0
        found = run(tmp_path, demand=[demand])
        assert found.problem.n_demand == len(PLACES)


class TestAnswer:
    def test_best_two_sites_in_order_of_gain(self, tmp_path: Path) -> None:
        found = run(tmp_path)
        assert found.answer.result.status is Status.OPTIMAL
        assert not check(found.problem, found.request, found.answer)
        # P1 (700, 300) covers places 2 and 4, P2 covers 3; P0 covers place 1 only.
        assert list(found.chosen["site_id"]) == ["P1", "P2"]
        assert found.chosen["gain"].tolist() == pytest.approx(
            [(400 + 50) * 0.6 + (400 + 50) * 0.5, 300 * 0.6 + 300 * 0.5]
        )
        assert found.chosen["total"].iloc[-1] == pytest.approx(
            found.answer.result.objective / 1000, abs=1e-6
        )
        assert found.chosen["cost_yuan"].tolist() == [20_000, 30_000]
        assert found.chosen["premises"].tolist() == ["租赁", "租赁"]

    def test_coverage_before_and_after_by_district_and_group(self, tmp_path: Path) -> None:
        found = run(tmp_path)
        rows = {(row.district, row.group): row for row in found.coverage}
        whole = rows[None, None]
        assert whole.persons == pytest.approx(1050 * 0.85)
        assert whole.before == pytest.approx(100 * 0.85)
        assert whole.after == pytest.approx((100 + 400 + 50 + 300) * 0.85)
        assert whole.estimated and rows[None, 1].estimated and not rows[None, 0].estimated
        for group in (None, 0, 1):
            parts = [rows[district, group] for district in (0, 1)]
            for name in ("persons", "before", "after"):
                total = sum(getattr(part, name) for part in parts)
                assert total == pytest.approx(getattr(rows[None, group], name))
        assert rows[0, None].after == rows[0, None].before == pytest.approx(85)

    def test_uncovered_demand_and_other_tiers_are_told(self, tmp_path: Path) -> None:
        found = run(tmp_path)
        assert found.uncovered["uncovered"].tolist() == pytest.approx([200 * 0.85])
        assert found.uncovered["uncovered_old"].tolist() == pytest.approx([200 * 0.25])
        assert list(found.case.other_sites["site_id"]) == ["H1"]
        assert "H1" not in set(found.case.sites["site_id"])

    def test_circles_hold_what_they_cover(self, tmp_path: Path) -> None:
        found = run(tmp_path)
        assert set(found.circles["metres"]) == {found.circle_metres} <= {360.0, 300.0}
        sites = found.case.sites.set_index("site_id").geometry
        new = set(found.chosen["site_id"])
        assert set(found.circles["site_id"]) == {
            found.case.sites["site_id"].iloc[number] for number in found.open_sites
        }
        for row in found.circles.itertuples():
            assert row.geometry.contains(sites[row.site_id])
            assert row.state == ("new" if row.site_id in new else "existing")

    def test_curve_never_falls_and_ends_at_the_answer(self, tmp_path: Path) -> None:
        curve = run(tmp_path, curve_to=3).curve
        values = [point.objective for point in curve]
        assert [point.new_sites for point in curve] == [0, 1, 2, 3]
        assert values == sorted(values)
        assert values[2] == run(tmp_path).answer.result.objective

    def test_every_question_is_answered(self, tmp_path: Path) -> None:
        fewest = run(tmp_path / "a", question="lscp", new_sites=None)
        assert len(fewest.chosen) == 3  # every candidate is the only one near somebody
        median = run(tmp_path / "b", question="p_median", new_sites=1)
        way_now = median.way.set_index("when")
        assert way_now.loc["after", "mean_min"] < way_now.loc["before", "mean_min"]
        center = run(tmp_path / "c", question="p_center", new_sites=1)
        assert list(center.chosen["site_id"]) == ["P1"] or len(center.chosen) == 1

    def test_the_answer_is_the_same_every_time(self, tmp_path: Path) -> None:
        one, two = run(tmp_path / "a"), run(tmp_path / "b")
        assert one.answer.open_sites.tolist() == two.answer.open_sites.tolist()
        assert one.chosen.drop(columns="geometry").equals(two.chosen.drop(columns="geometry"))


class TestCandidates:
    def test_parcels_are_thinned(self, tmp_path: Path) -> None:
        candidates = [{"on": "parcels", "source": source("parcels"), "spacing_m": 150}]
        found = run(tmp_path, candidates=candidates)
        made = found.case.sites[found.case.sites["origin"] == "parcels"].to_crs("EPSG:32650")
        assert 10 < len(made) < WIDE * HIGH
        assert made["name"].str.contains("巷|街|环").all()
        for at in range(len(made)):
            others = made.geometry.drop(made.index[at]).distance(made.geometry.iloc[at])
            assert others.min() >= 150 - 1e-6

    def test_corners_are_the_inner_crossings(self, tmp_path: Path) -> None:
        candidates = [{"on": "corners", "source": source("districts"), "spacing_m": 1}]
        made = run(tmp_path, candidates=candidates).case.sites
        # Every node but the four corners of the grid, where only two streets meet.
        assert (made["origin"] == "corners").sum() == (WIDE + 1) * (HIGH + 1) - 4

    def test_grid_lies_inside_its_polygons(self, tmp_path: Path) -> None:
        candidates = [{"on": "grid", "source": source("districts"), "spacing_m": BLOCK}]
        made = run(tmp_path, candidates=candidates).case.sites
        assert (made["origin"] == "grid").sum() == (WIDE + 1) * (HIGH + 1)

    def test_a_bonus_decides_between_equal_sites(self, tmp_path: Path) -> None:
        bonus = {
            "near": source("health"),
            "within_m": 60,
            "persons": 1000,
            "label": {"zh": "毗邻", "en": "beside"},
        }
        found = run(tmp_path, bonus=bonus, new_sites=1)
        assert found.problem.site_bonus.tolist() == [0, 0, 1_000_000, 0]
        assert found.answer.result.parts["site_bonus"] == 1_000_000

    @given(
        st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=25), st.integers(1, 9)
    )
    def test_thinning_keeps_a_maximal_spaced_set(
        self, at: list[tuple[int, int]], spacing: int
    ) -> None:
        xy = np.array(at, dtype=float).reshape(-1, 2)
        kept = thin(xy, spacing, np.arange(len(xy)))
        apart = np.linalg.norm(xy[kept][:, None] - xy[kept][None], axis=2)
        np.fill_diagonal(apart, np.inf)
        assert not apart.size or apart.min() >= spacing
        for row in set(range(len(xy))) - set(kept.tolist()):
            assert np.linalg.norm(xy[kept] - xy[row], axis=1).min() < spacing


class TestFaults:
    def test_all_layers_are_looked_at_before_anything_is_said(self, tmp_path: Path) -> None:
        part = siting()
        part["siting"]["demand"][0]["cells"][0]["count"] = "persons"
        part["siting"]["sites"][2]["area"] = "floor"
        part["siting"]["sites"][0]["id"] = "code"
        scenario, root = load_scenario(write_town(tmp_path, layers(), part))
        with pytest.raises(FaultError) as caught:
            run_siting(scenario, root)
        text = caught.value.text("en")
        assert all(word in text for word in ("persons", "floor", "code"))

    def test_negative_counts_are_told_by_row(self, tmp_path: Path) -> None:
        bad = layers()
        bad["demand"].loc[[1, 3], "people"] = [-5, -7]
        scenario, root = load_scenario(write_town(tmp_path, bad, siting()))
        with pytest.raises(FaultError) as caught:
            run_siting(scenario, root)
        assert len(caught.value.faults) == 2
        assert all(fault.row is not None for fault in caught.value.faults)

    def test_ids_used_twice(self, tmp_path: Path) -> None:
        bad = layers()
        bad["premises"].loc[1, "id"] = "S1"
        scenario, root = load_scenario(write_town(tmp_path, bad, siting()))
        with pytest.raises(FaultError, match="CC-S209"):
            run_siting(scenario, root)

    def test_a_scenario_without_the_part(self, tmp_path: Path) -> None:
        scenario, root = load_scenario(write_town(tmp_path, layers(), {}))
        with pytest.raises(FaultError, match="CC-S200"):
            run_siting(scenario, root)

    def test_nobody_lives_there(self, tmp_path: Path) -> None:
        empty = layers()
        empty["demand"]["people"] = 0
        scenario, root = load_scenario(write_town(tmp_path, empty, siting()))
        with pytest.raises(FaultError, match="CC-S202"):
            run_siting(scenario, root)


class TestWarnings:
    def codes(self, folder: Path, change: dict[str, Any], **named: Any) -> set[str]:
        path = write_town(folder, {**layers(), **named}, {**siting(), **change})
        scenario, root = load_scenario(path)
        district = open_district(scenario, root)
        assert scenario.siting is not None
        return {fault.code for fault in compile_siting(scenario.siting, district).warnings}

    def test_a_sound_scenario_has_none(self, tmp_path: Path) -> None:
        assert self.codes(tmp_path, {}) == set()

    def test_dropped_names(self, tmp_path: Path) -> None:
        network = {"source": source("streets"), "name": "name", "drop_names": ["二环", "五环"]}
        assert self.codes(tmp_path, {"network": network}) == {"CC-S238"}
        scenario, root = load_scenario(tmp_path / "scenario.yaml")
        district = open_district(scenario, root)
        assert not any("二环" in name for name in district.streets.names)

    def test_places_far_away_and_outside(self, tmp_path: Path) -> None:
        far = points([{"x": -600, "y": 300, "people": 10}, {"x": 50, "y": 100, "people": 10}])
        assert self.codes(tmp_path, {}, demand=far) == {"CC-S230", "CC-S232"}

    def test_people_whom_nothing_reaches(self, tmp_path: Path) -> None:
        lonely = points([{"x": 500, "y": 600, "people": 10}, {"x": 50, "y": 100, "people": 10}])
        path = write_town(tmp_path, {**layers(), "demand": lonely}, siting())
        scenario, root = load_scenario(path)
        found = run_siting(scenario, root)
        assert "CC-S233" in {fault.code for fault in found.warnings}
        for fault in found.warnings:
            assert fault.text("zh") and fault.text("en")


def test_every_pair_of_the_comparison_adds_up() -> None:
    rng = np.random.default_rng(0)
    n, groups, districts = 200, 3, 4
    persons = rng.random(n)
    district = rng.integers(-1, districts, n).astype(np.int32)
    group = rng.integers(0, groups, n).astype(np.int32)
    before, after = rng.random(n) < 0.3, rng.random(n) < 0.6
    rows = compare_coverage(persons, district, group, before, after, [True, False, False])
    assert rows[0].after == pytest.approx(persons[after].sum())
    for row in rows:
        mine = np.ones(n, dtype=bool)
        if row.district is not None:
            mine &= district == row.district
        if row.group is not None:
            mine &= group == row.group
        assert row.before == pytest.approx(persons[mine & before].sum())
        assert row.estimated == bool((mine & (group == 0)).any())


def test_saved_streets_still_credit_openstreetmap(tmp_path: Path) -> None:
    streets = dataclasses.replace(network_of([(0, 0), (9, 0)], [(0, 1)]), credit=OSM_CREDIT)
    streets.save(tmp_path / "streets.npz")
    data = {
        "schema_version": 1,
        "id": "x",
        "name": {"zh": "甲", "en": "a"},
        "network": {"source": {"path": "streets.npz"}},
    }
    scenario = Scenario.model_validate(data)
    assert open_district(scenario, tmp_path).sources == (OSM_CREDIT,)
    named = scenario.model_copy(update={"sources": ["OpenStreetMap, June 2024"]})
    assert open_district(named, tmp_path).sources == ("OpenStreetMap, June 2024",)
