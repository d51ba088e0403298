"""A plan from the scenario file to its figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.result import Status
from optimizer.siting.plan.checking.check import check
from scenarios.files import load_scenario
from scenarios.plan.run import PlanRun, run_plan
from tests.plan_town import BEDS, HOME, compiled, homes, layers, plan, solved, text
from tests.small_town import source, write_town


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PlanRun:
    """A plan with budgets, one centre per sub-district from the second year, and a floor."""
    return solved(
        tmp_path_factory.mktemp("plan"),
        years=[
            {"label": 2026, "capital_yuan": 700, "running_yuan": 5000},
            {"label": 2027, "capital_yuan": 600, "running_yuan": 7000},
        ],
        carry_capital=True,
        rules=[
            {"count": ["centre"], "per": "subdistrict", "at_most": 1},
            {"count": ["centre"], "per": "subdistrict", "exactly": 1, "from_year": 2027},
        ],
        floors=[{"share": 0.6, "service": "care", "per": "subdistrict", "from_year": 2027}],
        near=[{"source": source("health"), "label": text("health"), "bonus_persons": 1}],
    )


class TestFigures:
    def test_the_plan_is_proved_and_sound(self, run: PlanRun) -> None:
        assert run.status is Status.OPTIMAL and run.solved
        assert not check(run.problem, run.request, run.answer)
        assert run.conflict == () and run.why_none is None

    def test_changes_lead_from_today_to_the_network(self, run: PlanRun) -> None:
        stands = {"S1": ("station", "small"), "S2": ("station", "small")}
        for year in range(2):
            for row in run.changes[run.changes["year"] == year].itertuples():
                before = stands.get(row.site_id, (None, None))
                assert before == (row.level_before, row.size_before)
                stands[row.site_id] = (row.level, row.size)
            network = run.network[run.network["year"] == year]
            there = zip(network["level"], network["size"], strict=True)
            assert dict(zip(network["site_id"], there, strict=True)) == stands
        kinds = dict(zip(run.changes["site_id"], run.changes["kind"], strict=True))
        assert set(kinds.values()) <= {"open", "upgrade"}
        assert run.changes["subdistrict"].isin([0, 1]).all()

    def test_money_is_what_changes_and_stands_cost(self, run: PlanRun) -> None:
        money, changes, network = run.money, run.changes, run.network
        for year in range(2):
            row = money.iloc[year]
            mine = changes[changes["year"] == year]
            assert row["opening_yuan"] == pytest.approx(mine["opening_cost_yuan"].sum())
            yearly = network.loc[network["year"] == year, "yearly_cost_yuan"].sum()
            assert row["running_yuan"] == pytest.approx(yearly)
            assert yearly <= row["running_limit_yuan"]
        assert money["capital_yuan"].iloc[0] <= 700
        assert money["carried_yuan"].iloc[1] == pytest.approx(700 - money["capital_yuan"].iloc[0])
        assert money["capital_yuan"].sum() <= 1300

    def test_coverage_adds_up(self, run: PlanRun) -> None:
        rows = {(row.service, row.district, row.group): row for row in run.coverage}
        for service in range(2):
            whole = rows[service, None, None]
            places = [rows[service, at, None] for at in (0, 1)]
            groups = [row for key, row in rows.items() if key[0] == service and key[1] is None]
            for parts in (places, [row for row in groups if row.group is not None]):
                assert sum(row.units for row in parts) == pytest.approx(whole.units)
                assert sum(row.today for row in parts) == pytest.approx(whole.today)
                total = np.sum([row.by_year for row in parts], axis=0)
                assert total == pytest.approx(whole.by_year)
            assert whole.today <= whole.by_year[-1] <= whole.units
        assert rows[0, None, 1].estimated and not rows[0, None, 0].estimated

    def test_served_is_what_the_objective_counts(self, run: PlanRun) -> None:
        value = (run.served * run.problem.demand.weight * run.problem.units_per_person).sum()
        parts = run.answer.result.parts
        assert value == pytest.approx(parts["covered"] + parts["assigned"])

    def test_todays_meals_fill_todays_places(self, run: PlanRun) -> None:
        # S1 reaches 10 meals 50 m away; S2 reaches 30 and has room for 10.
        meals = run.problem.demand.service == 1
        assert run.served_today[meals].sum() == 20
        care = ~meals
        assert run.served_today[care].sum() == pytest.approx(80 + 240 + 30)

    def test_todays_assignments_keep_to_rooms_and_needs(self, run: PlanRun) -> None:
        today, problem = run.today, run.problem
        load = np.bincount(today.site, today.amount, minlength=problem.n_sites)
        room = problem.options.capacity[problem.sites.current, 1]
        assert (load[:2] <= room[:2]).all() and not load[2:].any()
        served = np.bincount(today.row, today.amount, minlength=problem.n_demand)
        assert (served <= problem.demand.amount).all()

    def test_rules_and_floors_with_their_values(self, run: PlanRun) -> None:
        assert all(each.met for each in (*run.rules, *run.floors))
        centres = [each for each in run.rules if each.row.rule == 1]
        assert [(each.today, each.value, each.low, each.high) for each in centres] == [
            (0, 1, 1, 1)
        ] * 2
        care = run.problem.demand.service == 0
        worth = run.problem.demand.weight * run.problem.units_per_person
        for each in run.floors:
            mine = care & (run.problem.demand.district == each.row.place)
            share = (run.served[1] * worth)[mine].sum() / each.row.full
            assert each.share == pytest.approx(share)
            assert each.share >= 0.6

    def test_everybody_hangs_on_a_centre(self, run: PlanRun) -> None:
        stations = run.network[run.network["level"] == "station"]
        assert len(stations) == len(run.attachments)
        level = run.network.set_index(["year", "site"])["level"]
        for row in run.attachments.itertuples():
            assert level[row.year, row.parent] == "centre"
            assert row.parent_m <= 900
        children = run.network.groupby("year")["children"].sum()
        assert children.tolist() == run.attachments.groupby("year").size().tolist()

    def test_loads_stay_within_room(self, run: PlanRun) -> None:
        assert (run.loads["load"] <= run.loads["capacity"]).all()
        total = run.loads.groupby("year")["load"].sum()
        meals = run.problem.demand.service == 1
        assert total.to_numpy() == pytest.approx(run.served[:, meals].sum(axis=1))

    def test_unserved_is_the_rest(self, run: PlanRun) -> None:
        asked = run.problem.demand.amount / run.problem.units_per_person
        assert run.unserved["unserved"].sum() == pytest.approx((asked - run.served[-1]).sum())
        assert run.unserved.crs == "EPSG:4326"


def test_money_decides_what_opens_when(tmp_path: Path) -> None:
    town = layers()
    town["premises"]["area"] = [300, 300, 300, 300]
    part = plan()["plan"]
    part["levels"] = [
        {
            "id": "station",
            "label": text("station"),
            "offers": ["care"],
            "sizes": [{"id": "small", "area_m2": 300, "opening_cost_yuan": 100}],
        }
    ]
    part["services"] = [{"id": "care", "label": text("care")}]
    cells = [{"id": "all", "count": "people", "speed": 0.5}]
    found = solved(
        tmp_path,
        town,
        years=[{"label": 2026, "capital_yuan": 100}, {"label": 2027, "capital_yuan": 100}],
        carry_capital=True,
        demand=[{"source": source("demand"), "cells": cells}],
        services=part["services"],
        levels=part["levels"],
        sites=[
            {"source": source("stations", where={"id": "S1"}), "level": "station", "id": "id"},
            {
                "source": source("premises", where={"id": ["P1", "P3", "P4"]}),
                "status": "candidate",
                "level": "station",
                "id": "id",
            },
        ],
    )
    # One opening a year is paid for: P3 reaches 300 people, P1 200 and P4 nobody (all but S1's
    # 100 live farther than 150 m from it), so P3 comes first and P1 second.
    opened = dict(zip(found.changes["site_id"], found.changes["year"], strict=True))
    assert opened == {"P3": 0, "P1": 1}
    assert found.answer.result.objective == (100 * 2 + 300 * 2 + 200) * found.case.value_scale


class TestHomes:
    def homes(self, folder: Path, **changes: Any) -> PlanRun:
        closing = homes(may=["close"], closing_cost_yuan=9, source=source("homes", where=FIRST))
        staying = homes(source=source("homes", where={"id": "H2"}), may=["keep"])
        part = plan()["plan"]
        return solved(
            folder,
            changes.pop("town", None),
            services=[*part["services"], BEDS],
            levels=[*part["levels"], HOME],
            sites=[*part["sites"], closing, staying],
            **changes,
        )

    def test_residents_move_when_a_home_closes(self, tmp_path: Path) -> None:
        found = self.homes(tmp_path)
        assert found.status is Status.OPTIMAL
        rows = found.case.demand.site[found.today.row]
        assert (found.today.site[rows >= 0] == rows[rows >= 0]).all()  # all are at home today
        assert found.today.amount[rows >= 0].sum() == 30 * found.problem.units_per_person
        last = found.moves[found.moves["year"] == 1]
        assert last[["from_id", "to_id", "units"]].to_numpy().tolist() == [["H1", "H2", 20.0]]
        closed = found.changes[found.changes["kind"] == "close"]
        assert list(closed["site_id"]) == ["H1"]
        assert found.money["closing_yuan"].sum() == 9

    def test_too_few_beds_elsewhere_are_named(self, tmp_path: Path) -> None:
        town = layers()
        town["homes"]["beds"] = [30, 25]
        found = self.homes(tmp_path, town=town)
        assert found.status is Status.INFEASIBLE and not found.solved
        said = [rule.zh for rule in found.conflict]
        assert any("H1 不得维持现状" in rule for rule in said)
        assert any("在住老人" in rule for rule in said)
        assert found.changes.empty and (found.served == found.served_today).all()
        assert len(found.network) == 2 * 4


FIRST = {"id": "H1"}


def test_a_station_closes_when_a_centre_takes_over(tmp_path: Path) -> None:
    part = plan()["plan"]
    stations, premises = part["sites"]
    stations["source"]["where"] = {"id": "S1"}
    stations["may"] = ["keep", "close"]
    stations["takeover"] = {"levels": ["centre"], "within_m": 500}
    premises["source"]["where"] = {"id": "P1"}
    levels = part["levels"]
    del levels[1]["hangs_on"]
    setting = {"sites": part["sites"], "levels": levels, "objective": {"aim": "min_cost"}}
    alone = solved(tmp_path / "alone", **setting)
    assert alone.changes.empty  # cheaper to keep it than to open the centre
    merged = solved(tmp_path / "merged", **setting, rules=[{"count": ["centre"], "at_least": 1}])
    kinds = dict(zip(merged.changes["site_id"], merged.changes["kind"], strict=True))
    assert kinds == {"S1": "close", "P1": "open"}
    assert list(merged.network["site_id"]) == ["P1", "P1"]


class TestConflict:
    def test_rules_that_nobody_can_keep_are_named(self, tmp_path: Path) -> None:
        found = solved(
            tmp_path,
            years=[{"label": 2026}, {"label": 2027, "running_yuan": 3000}],
            rules=[
                {"count": ["centre"], "per": "subdistrict", "exactly": 1, "from_year": 2027},
                {"count": ["station"], "at_most": 9},
            ],
        )
        assert found.status is Status.INFEASIBLE
        assert {rule.en for rule in found.conflict} == {
            "West: centre, exactly 1 (2027)",
            "East: centre, exactly 1 (2027)",
            "running costs in 2027: 3,000 yuan",
        }

    def test_a_floor_beyond_reach_names_the_places(self, tmp_path: Path) -> None:
        floors = [{"share": 1, "service": "care", "per": "district"}]
        services = plan()["plan"]["services"]
        services[0] = {**services[0], "minutes": 1}
        found = solved(tmp_path, floors=floors, services=services)
        assert found.status is Status.INFEASIBLE
        (fault,) = found.conflict
        assert fault.zh.startswith("全区：care（中）覆盖率不低于 100 %（2026-2027）：")
        rule = "whole district: care reaches at least 100 % (2026-2027): nothing that may stand"
        assert fault.en.startswith(rule)


def test_rules_tell_their_values_in_the_planners_units(tmp_path: Path) -> None:
    part = plan()["plan"]
    part["levels"][0]["sizes"][0]["capacity"] = {"meals": 50, "tea": 10}
    found = solved(
        tmp_path,
        services=[*part["services"], {**BEDS, "id": "tea"}],
        levels=part["levels"],
        rules=[
            {"capacity": ["meals"], "share_of": ["meals", "tea"], "at_most": 0.9},
            {"capacity": ["meals"], "at_least": 60},
            {"area": ["centre"], "at_least": 2000, "to_year": 2026},
        ],
    )
    share, meals, area = found.rules
    assert share.row.what == "share" and share.high == 0.9
    assert share.today == 1.0 and 0 < share.value <= 0.9
    assert meals.low == 60 and meals.today == 20 and meals.value >= 60
    assert (area.year, area.low, area.today) == (0, 2000, 0) and area.value >= 2000


def test_nearness_serves_everybody(tmp_path: Path) -> None:
    nearest = {"services": [{"id": "care", "label": text("care"), "minutes": 60}]}
    levels = plan()["plan"]["levels"]
    for level in levels:
        for size in level["sizes"]:
            size["capacity"] = {}
    for aim in ("min_travel", "min_worst"):
        found = solved(
            tmp_path / aim,
            **nearest,
            levels=levels,
            objective={"aim": aim, "minutes_per_yuan": 0.01},
        )
        assert found.status is Status.OPTIMAL
        assert (found.served.sum(axis=1) == found.coverage[0].units).all()


def test_quotas_are_pooled(tmp_path: Path) -> None:
    quotas = [
        {
            "source": source("compounds"),
            "area": "area",
            "year_column": "y1",
            "id": "id",
            "level": "station",
        }
    ]
    found = solved(tmp_path, quotas=quotas, rules=[{"count": [], "at_least": 5}])
    table = found.quotas.set_index("site_id")
    assert table["area_m2"].tolist() == [200, 150, 350]
    opened = set(found.changes.loc[found.changes["origin"] == "quota", "site_id"])
    for site_id in opened:
        assert table.loc[table["given_to_id"] == site_id, "area_m2"].sum() >= 300


def test_the_answer_is_the_same_every_time(tmp_path: Path) -> None:
    one, two = solved(tmp_path / "a"), solved(tmp_path / "b")
    assert one.option.tolist() == two.option.tolist()
    assert one.parent.tolist() == two.parent.tolist()


def test_least_cost_and_fairness(tmp_path: Path) -> None:
    least = solved(
        tmp_path / "a",
        objective={"aim": "min_cost"},
        floors=[{"share": 0.5, "service": "care", "per": "subdistrict", "from_year": 2027}],
    )
    assert least.status is Status.OPTIMAL
    fen = round(100 * (least.money["capital_yuan"] + least.money["running_yuan"]).sum())
    assert least.answer.result.objective == fen
    assert all(each.share >= 0.5 for each in least.floors)
    fair = solved(tmp_path / "b", objective={"aim": "max_min"})
    assert fair.answer.shares.size == 2


def test_a_scenario_without_the_part(tmp_path: Path) -> None:
    scenario, root = load_scenario(write_town(tmp_path, layers(), {}))
    with pytest.raises(FaultError, match="CC-S200"):
        run_plan(scenario, root)


def test_the_case_has_a_text_per_rule(tmp_path: Path) -> None:
    case = compiled(tmp_path, rules=[{"count": [], "per": "subdistrict", "at_most": 3}])
    assert len(case.rule_texts) == len(case.problem.rules) == 2
    assert case.rule_texts[1].zh == "East：设施 至多 3 处"
