"""A network plan on the small town: two levels, two years, premises of all kinds.

Ways are |dx| + |dy| along the grid; the West holds x < 500, the East the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely.geometry import box

from optimizer.stop import Stop
from scenarios.district import open_district
from scenarios.files import load_scenario
from scenarios.plan.case import PlanCase, compile_plan
from scenarios.plan.run import PlanRun, run_plan
from tests.small_town import CRS, SOUTH, WEST, points, source, write_town

# Places, each on a street: x, y, residents.
PLACES = ((50, 100, 100), (250, 300, 200), (650, 300, 400), (950, 500, 300), (850, 200, 50))


def text(word: str) -> dict[str, str]:
    """A label."""
    return {"zh": f"{word}（中）", "en": word}


def communities() -> gpd.GeoDataFrame:
    """Four strips from west to east, 250 m wide."""
    strips = [
        box(WEST - 20 + 260 * at, SOUTH - 20, WEST - 20 + 260 * (at + 1), SOUTH + 620)
        for at in range(4)
    ]
    return gpd.GeoDataFrame({"name": [f"社区{n}" for n in range(4)]}, geometry=strips, crs=CRS)


def layers(**changes: Any) -> dict[str, Any]:
    """The town's layers."""
    town = {
        "demand": points({"x": x, "y": y, "people": n} for x, y, n in PLACES),
        "stations": points(
            [
                {"x": 0, "y": 100, "id": "S1", "name": "一号站", "clients": 5, "run_by": "甲"},
                {"x": 1000, "y": 400, "id": "S2", "name": "二号站", "clients": 0, "run_by": "乙"},
            ]
        ),
        "homes": points(
            [
                {"x": 700, "y": 300, "id": "H1", "beds": 30, "people": 20},
                {"x": 100, "y": 500, "id": "H2", "beds": 40, "people": 10},
            ]
        ),
        "premises": points(
            [
                {
                    "x": 200,
                    "y": 300,
                    "id": "P1",
                    "area": 1200,
                    "rent": 10,
                    "kind": "租赁",
                    "y1": 2026,
                },
                {
                    "x": 700,
                    "y": 300,
                    "id": "P2",
                    "area": 400,
                    "rent": 20,
                    "kind": "租赁",
                    "y1": 2027,
                },
                {
                    "x": 900,
                    "y": 500,
                    "id": "P3",
                    "area": 1000,
                    "rent": 30,
                    "kind": "改建",
                    "y1": 2020,
                },
                {
                    "x": 600,
                    "y": 100,
                    "id": "P4",
                    "area": 100,
                    "rent": 30,
                    "kind": "改建",
                    "y1": 2026,
                },
            ]
        ),
        "compounds": points(
            [
                {"x": 300, "y": 200, "id": "Q1", "area": 200, "y1": 2026},
                {"x": 400, "y": 300, "id": "Q2", "area": 150, "y1": 2027},
                {"x": 800, "y": 300, "id": "Q3", "area": 350, "y1": 2026},
            ]
        ),
        "health": points([{"x": 700, "y": 350, "no": 1}]),
        "communities": communities(),
    }
    return {**town, **changes}


def plan(**changes: Any) -> dict[str, Any]:
    """A plan part; ``changes`` replace its fields."""
    part: dict[str, Any] = {
        "years": [{"label": 2026}, {"label": 2027}],
        "minutes": 5,
        "demand": [
            {
                "source": source("demand"),
                "cells": [
                    {"id": "young", "count": "people", "share": 0.6, "speed": 1.2},
                    {"id": "old", "count": "people", "share": 0.2, "speed": 0.5, "minutes": 10,
                     "weight": 2.0, "estimated": True},
                ],
            }
        ],
        "services": [
            {"id": "care", "label": text("care")},
            {"id": "meals", "label": text("meals"), "capacitated": True,
             "asks": [{"cells": ["old"], "share": 0.5}]},
        ],
        "levels": [
            {"id": "centre", "label": text("centre"), "offers": ["care"], "most_children": 3,
             "sizes": [{"id": "full", "area_m2": 1000, "capacity": {"meals": 50},
                        "yearly_cost_yuan": 2000, "opening_cost_yuan": 500,
                        "change_cost_yuan": 300}]},
            {"id": "station", "label": text("station"), "offers": ["care"],
             "hangs_on": {"level": "centre", "within_m": 900},
             "sizes": [
                 {"id": "small", "area_m2": 300, "capacity": {"meals": 10},
                  "yearly_cost_yuan": 600, "opening_cost_yuan": 100},
                 {"id": "large", "capacity": {"meals": {"m2_each": 20}}, "from_area_m2": 400,
                  "yearly_cost_per_m2_yuan": 2, "opening_cost_per_m2_yuan": 1}]},
        ],
        "sites": [
            {"source": source("stations"), "level": "station", "id": "id", "name": "name",
             "operator": "run_by", "may": ["keep", "upgrade"]},
            {"source": source("premises"), "status": "candidate", "level": "station",
             "levels": ["centre"], "id": "id", "area": "area", "rent": "rent",
             "premises": "kind", "year_column": "y1"},
        ],
    }  # fmt: skip
    return {"plan": {**part, **changes}}


def compiled(folder: Path, town: dict[str, Any] | None = None, **changes: Any) -> PlanCase:
    """The compiled plan."""
    scenario, root = load_scenario(write_town(folder, town or layers(), plan(**changes)))
    assert scenario.plan is not None
    return compile_plan(scenario.plan, open_district(scenario, root))


def solved(folder: Path, town: dict[str, Any] | None = None, **changes: Any) -> PlanRun:
    """The plan, solved to the end."""
    scenario, root = load_scenario(write_town(folder, town or layers(), plan(**changes)))
    return run_plan(scenario, root, stop=Stop(seconds=60))


def homes(**changes: Any) -> dict[str, Any]:
    """Homes with residents, as a part of ``sites``."""
    part = {
        "source": source("homes"),
        "level": "home",
        "id": "id",
        "capacity": {"beds": "beds"},
        "residents": {"beds": "people"},
        "may": ["keep", "close"],
    }
    return {**part, **changes}


HOME = {"id": "home", "label": text("home"), "sizes": [{"id": "any", "capacity": {"beds": 0}}]}
BEDS = {"id": "beds", "label": text("beds"), "capacitated": True, "walk": False, "asks": []}
