"""The demo towns' three-year network plan: its layers, a plan that keeps every rule, a solve."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from geopandas.testing import assert_geodataframe_equal

from optimizer.siting.plan.checking.check import check
from optimizer.stop import Stop
from scenarios.demo import DemoTown, generate
from scenarios.files import load_scenario
from scenarios.plan.run import PlanRun, run_plan
from scenarios.town.network import SOURCES, NetworkGround
from scenarios.town.network_terms import YEARS
from scenarios.town.sizes import SizeName
from scenarios.town.write import LAYER_NAMES
from tests.demo_town import demo_scenario
from tests.network_town import compiled, drawn_answer
from tests.town_cases import town


@pytest.fixture(scope="module")
def small() -> DemoTown:
    return town("S", 0)


@pytest.fixture(scope="module")
def run() -> PlanRun:
    """The plan of town S after one node of the search."""
    scenario, folder = load_scenario(demo_scenario())
    return run_plan(scenario, folder, stop=Stop(iterations=1))


def layers(ground: NetworkGround) -> dict[str, gpd.GeoDataFrame]:
    fields = (field.name for field in dataclasses.fields(ground) if field.name != "unit")
    return {name: getattr(ground, name) for name in fields}


def test_same_seed_same_network(small: DemoTown) -> None:
    again = generate("S", 0).network
    for name, frame in layers(small.network.ground).items():
        assert_geodataframe_equal(frame, layers(again.ground)[name])
    assert again.plan == small.network.plan
    assert again.targets == small.network.targets
    assert town("S", 1).network.plan != small.network.plan


def test_the_other_layers_are_those_of_before(small: DemoTown) -> None:
    """Figures of tests and benchmarks rest on them; the digest is of the towns before plans."""
    digest = hashlib.sha256()
    for name in LAYER_NAMES:
        frame = getattr(small, name)
        digest.update(frame.drop(columns="geometry").to_csv(index=False).encode())
        digest.update(frame.geometry.to_wkt(rounding_precision=5).str.cat().encode())
    for entry in (*small.orders, *small.clients):
        digest.update(repr(entry).encode())
    assert digest.hexdigest()[:16] == "eaae542098a089b4"


def test_layers_hold_what_a_plan_needs(small: DemoTown) -> None:
    ground = small.network.ground
    for name, frame in layers(ground).items():
        assert len(frame), name
        assert frame.crs == "EPSG:4326" and frame.geometry.is_valid.all(), name
        assert frame["id"].is_unique, name
        if name != "people":
            assert frame["name_en"].str.isascii().all(), name
    assert ground.people["residents"].sum() == small.demand["residents"].sum()
    groups = ground.people.filter(regex="^elders_")
    assert groups.to_numpy().sum() == small.demand["elders"].sum()
    assert (ground.people["registered_elders"] <= groups.sum(axis=1)).all()
    assert set(ground.premises["source"]) <= set(SOURCES)
    assert set(ground.premises["first_year"]) <= set(YEARS)
    assert (ground.stations["day_clients"] <= ground.stations["day_places"]).all()
    for kind in ("basic", "nursing", "dementia"):
        assert (ground.homes[f"residents_{kind}"] <= ground.homes[f"beds_{kind}"]).all()
    assert ground.homes["may_close"].sum() == 1
    assert len(ground.rooms) == len(small.communities)
    assert ground.quotas["area_m2"].max() < 150, "no compound has room for a station alone"


@pytest.mark.parametrize(("size", "seed"), [("S", 0), ("S", 1)])
def test_the_drawn_plan_keeps_every_rule(size: SizeName, seed: int, tmp_path: Path) -> None:
    made = town(size, seed)
    case = compiled(made, tmp_path)
    assert not check(case.problem, case.request, drawn_answer(made, case))
    assert {fault.code for fault in case.warnings} <= {"CC-S426"}, "some live out of reach"
    pooled = [each for each in made.network.plan if each.quotas]
    assert pooled and all(len(each.quotas) == 2 for each in pooled)


@pytest.mark.accept
@pytest.mark.parametrize("size", ["S", "M"])
@pytest.mark.parametrize("seed", range(10))
def test_every_seed_can_be_planned(size: SizeName, seed: int, tmp_path: Path) -> None:
    made = generate(size, seed)
    case = compiled(made, tmp_path)
    assert not check(case.problem, case.request, drawn_answer(made, case))


def test_the_plan_is_solved_and_keeps_its_rules(small: DemoTown, run: PlanRun) -> None:
    assert run.solved and all(each.met for each in (*run.rules, *run.floors))
    last = run.network[run.network["year"] == len(YEARS) - 1]
    centres = last[last["level"] == "centre"]
    assert centres["subdistrict"].value_counts().tolist() == [1] * len(small.subdistricts)
    stands = last[last["level"].isin(["centre", "station", "point"])]
    at = gpd.sjoin(stands, small.communities[["code", "geometry"]], predicate="within")
    assert at["code"].nunique() == len(small.communities)


@pytest.mark.accept
def test_the_solver_does_better_than_the_drawn_plan(
    small: DemoTown, run: PlanRun, tmp_path: Path
) -> None:
    drawn = drawn_answer(small, compiled(small, tmp_path))
    assert run.answer.result.objective is not None and drawn.result.objective is not None
    assert run.answer.result.objective > drawn.result.objective
    assert (run.money["running_yuan"] <= run.money["running_limit_yuan"]).all()
    assert np.all(run.served[-1].sum() > run.served_today.sum())
