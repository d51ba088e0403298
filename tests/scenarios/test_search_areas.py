from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import shapely

from optimizer.siting.problem import SitingProblem
from optimizer.siting.search_areas import sure_weights
from optimizer.stop import Stop
from scenarios.files import load_scenario
from scenarios.model_territory import SearchAreasInput
from scenarios.siting.run import SitingRun, run_siting
from scenarios.territory.search_areas import (
    area_sheet,
    covering_moves,
    search_areas,
    search_areas_of,
    weak_promises,
)
from tests.demo_town import demo_scenario
from tests.scenarios.territory_cases import losses_inside
from tests.small_town import place, points, source, write_town

HERE = Path(__file__).parent


@cache
def demo_run() -> SitingRun:
    scenario, folder = load_scenario(demo_scenario())
    return run_siting(scenario, folder, stop=Stop(seconds=20))


class TestSureWeights:
    def test_only_what_both_ends_promise_for_all_between(self) -> None:
        """Two stretches of 100 ticks, one place: 500, 540 and 700 ticks away."""

        def sure(budget: int, access: int = 0, last: int = 700) -> list[int]:
            return sure_weights(
                np.array([0, 3]),
                np.array([0, 1, 2], dtype=np.int32),
                np.array([500, 540, last]),
                np.array([100, 100, -1]),
                np.array([0]),
                np.array([budget]),
                np.array([7]),
                access,
            ).tolist()

        # (500 + 540 + 100) / 2 = 570 and (540 + 700 + 100) / 2 = 670, plus 4 for rounding
        assert sure(573) == [0, 0, 0]
        assert sure(574) == [7, 0, 0]
        assert sure(674) == [7, 7, 0]
        assert sure(574, access=1) == [0, 0, 0]

    def test_nothing_is_claimed_across_edges_or_where_an_end_is_out_of_reach(self) -> None:
        sure = sure_weights(
            np.array([0, 2, 4]),
            np.array([0, 2, 1, 2], dtype=np.int32),
            np.array([1, 1, 1, 1]),
            np.array([10, -1, 10, -1]),
            np.array([0, 1]),
            np.array([99, 99]),
            np.array([3, 5]),
            0,
        )
        assert sure.tolist() == [0, 0, 0, 0]


def street_town(folder: Path, **wanted: object) -> SitingRun:
    """One place of 100 people at (500, 300) and one premises beside it; circles of 240 m."""
    layers = {
        "demand": points([{"x": 500, "y": 300, "people": 100}]),
        "premises": points([{"x": 480, "y": 300, "id": "P"}]),
    }
    part = {
        "question": "mclp",
        "new_sites": 1,
        "minutes": 4,
        "demand": [{"source": source("demand"), "cells": [{"id": "all", "count": "people"}]}],
        "sites": [{"source": source("premises"), "status": "candidate", "id": "id"}],
        **wanted,
    }
    scenario, root = load_scenario(write_town(folder, layers, {"siting": part}))
    return run_siting(scenario, root, stop=Stop(seconds=20))


class TestAreas:
    def test_one_place_gives_the_streets_of_its_circle(self, tmp_path: Path) -> None:
        """240 m less the 25 m from door to street leave 215 m of streets: a diamond of ways."""
        run = street_town(tmp_path)
        areas = search_areas_of(run, SearchAreasInput(percent=0, spacing_m=5))
        row = areas.iloc[0]
        assert (row["site_id"], row["gain"], row["worst_percent_of_plan"]) == ("P", 100, 0)
        assert row["half_width_m"] == 25

        def inside(x: float, y: float) -> bool:
            at = place(x, y)
            return bool(row.geometry.contains(shapely.Point(at.lon, at.lat)))

        assert inside(500, 300) and inside(500, 460) and inside(600, 340) and inside(340, 300)
        assert not inside(500, 520)  # 220 m of street and a door 25 m off are too far
        assert not inside(550, 350)  # the middle of a block is beside no street
        # five streets each way, cut at 215 m less the way across; a stretch may miss at each end
        exact = 2 * sum(2 * (215 - 100 * abs(away)) for away in range(-2, 3))
        assert exact - 20 * 5 <= row["street_m"] <= exact

    @pytest.mark.parametrize(("of", "percent"), [("plan", 2.0), ("site", 5.0)])
    def test_no_premises_in_the_demo_town_loses_more_than_promised(self, of, percent) -> None:
        areas = search_areas_of(demo_run(), SearchAreasInput(of=of, percent=percent))
        worst = losses_inside(demo_run(), areas, 150)
        assert len(worst) == len(demo_run().gains)
        assert max(worst) <= 1.0
        assert max(worst) > 0.7, "the areas stay far below what they may lose"
        assert (areas["area_m2"] > 0).all()
        limit = areas[f"worst_percent_of_{of}"]
        assert (limit <= percent).all()

    def test_a_higher_limit_never_makes_the_area_smaller(self) -> None:
        metres = [
            search_areas_of(demo_run(), SearchAreasInput(of="site", percent=percent))["street_m"]
            for percent in (2.0, 10.0, 100.0)
        ]
        assert (metres[0] <= metres[1]).all() and (metres[1] <= metres[2]).all()

    def test_nothing_is_promised_where_nothing_keeps_the_limit(self, tmp_path: Path) -> None:
        run = street_town(tmp_path, minutes=0.4)  # 24 m: the site reaches its people, others not
        areas = search_areas_of(run, SearchAreasInput(percent=0, spacing_m=50))
        row = areas.iloc[0]
        assert row.geometry.is_empty and row["street_m"] == 0 and row["area_m2"] == 0
        assert np.isnan(row["worst_percent_of_plan"])

    def test_a_site_whose_people_others_cover_has_no_area(self, tmp_path: Path) -> None:
        run = street_town(tmp_path)
        beside, twice = run.case.sites.geometry, np.array([0, 0], dtype=np.int32)
        problem = run.problem
        doubled = SitingProblem(
            site_status=np.repeat(problem.site_status, 2),
            site_cost=np.repeat(problem.site_cost, 2),
            site_bonus=np.repeat(problem.site_bonus, 2),
            demand_weight=problem.demand_weight,
            demand_group=problem.demand_group,
            demand_district=problem.demand_district,
            demand_radius=problem.demand_radius,
            reach_indptr=np.array([0, 1, 2]),
            reach_demand=np.repeat(problem.reach_demand, 2),
            reach_cost=np.repeat(problem.reach_cost, 2),
            weight_scale=problem.weight_scale,
        )
        areas = search_areas(
            run.district.streets,
            run.case.mode,
            run.demand.places,
            ["P", "Q"],
            beside.iloc[twice].reset_index(drop=True),
            covering_moves(doubled, run.demand, np.array([0, 1], dtype=np.int32), [1]),
            doubled.weight_scale,
            SearchAreasInput(percent=2),
        )
        (row,) = areas.itertuples()
        assert row.site_id == "Q" and row.gain == 0 and row.geometry.is_empty
        assert row.area_m2 == 0 and weak_promises(areas) == ()
        sheet = area_sheet(areas)
        assert "others cover everything" in str(sheet.frame("en").iloc[0, -1])
        assert "其他站点已覆盖" in str(sheet.frame("zh").iloc[0, -1])

    def test_a_weak_promise_is_warned_of(self, tmp_path: Path) -> None:
        run = street_town(tmp_path)
        weak = search_areas_of(run, SearchAreasInput(of="plan", percent=60.0))
        assert weak["limit_percent_of_site"].tolist() == [60.0]  # the plan's only site
        (warning,) = weak_promises(weak)
        assert warning.code == "CC-S452" and warning.text("zh").count("P") >= 1
        fair = search_areas_of(run, SearchAreasInput(of="plan", percent=2.0))
        assert fair["limit_percent_of_plan"].tolist() == [2.0]
        assert weak_promises(fair) == ()

    @pytest.mark.real
    @pytest.mark.accept
    @pytest.mark.parametrize("file", ["porto_alegre.yaml", "dongcheng/siting.yaml"])
    def test_the_promise_holds_on_real_streets(self, file: str, shared_data: Path) -> None:
        scenario, folder = load_scenario(HERE / file)
        run = run_siting(scenario, folder, stop=Stop(seconds=20))
        areas = search_areas_of(run, SearchAreasInput(of="site", percent=5.0))
        worst = losses_inside(run, areas, 300)
        assert worst and max(worst) <= 1.0
