"""A plan as it is compiled: premises, sizes, people, hierarchy, rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenarios.plan.case import PlanCase
from scenarios.plan.years import Calendar
from tests.plan_town import BEDS, HOME, PLACES, compiled, homes, layers, plan, text
from tests.small_town import parcels, points, source

FAR = (500, 600, 10)
"""A place that nobody's walk leads to."""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> PlanCase:
    """The town's plan as it is."""
    return compiled(tmp_path_factory.mktemp("plan"))


def options(case: PlanCase, site_id: str) -> set[tuple[str, str]]:
    mine = case.options[case.options["site_id"] == site_id]
    return set(zip(mine["level"], mine["size"], strict=True))


def number(case: PlanCase, site_id: str) -> int:
    return list(case.sites["site_id"]).index(site_id)


def entries(case: PlanCase, rule: int) -> dict[tuple[str, str, str], int]:
    """What a rule counts: site, level and size -> coefficient."""
    rules, frame = case.problem.rules, case.options
    part = slice(rules.indptr[rule], rules.indptr[rule + 1])
    keys = frame.iloc[rules.option[part]][["site_id", "level", "size"]].itertuples(index=False)
    pairs = zip(keys, rules.coefficient[part], strict=True)
    return {tuple(key): int(worth) for key, worth in pairs}


def with_sites(*more: dict[str, Any]) -> list[dict[str, Any]]:
    return [*plan()["plan"]["sites"], *more]


class TestOptions:
    def test_premises_open_in_every_size_that_they_have_room_for(self, case: PlanCase) -> None:
        small, large, centre = ("station", "small"), ("station", "large"), ("centre", "full")
        assert options(case, "P1") == {small, large, centre}
        assert options(case, "P2") == {small, large}
        assert options(case, "P4") == set()
        assert "CC-S420" in {fault.code for fault in case.warnings}

    def test_standing_sites_are_kept_or_upgraded(self, case: PlanCase) -> None:
        assert options(case, "S1") == {("station", "small"), ("centre", "full")}
        current = case.problem.sites.current
        assert case.options["current"].iloc[current[0]]
        assert current.tolist()[2:] == [-1] * 4
        assert case.problem.sites.due.tolist() == [0, 0, -1, -1, -1, -1]

    def test_costs_are_rent_size_and_floor(self, case: PlanCase) -> None:
        frame = case.options.set_index(["site_id", "level", "size"])
        large = frame.loc[("P1", "station", "large")]
        assert large["yearly_cost_yuan"] == 10 + 2 * 1200
        assert large["opening_cost_yuan"] == 1200
        assert frame.loc[("S1", "centre", "full"), "opening_cost_yuan"] == 300
        assert frame.loc[("P1", "centre", "full"), "opening_cost_yuan"] == 500
        assert frame.loc[("S1", "station", "small"), "opening_cost_yuan"] == 0
        fen = case.problem.options.yearly_cost
        assert (fen == np.rint(case.options["yearly_cost_yuan"] * 100)).all()

    def test_room_is_a_number_or_goes_by_floor(self, case: PlanCase) -> None:
        meals = case.options.assign(meals=case.capacity[:, 1]).set_index(["site_id", "size"])
        assert meals.loc[("P1", "large"), "meals"] == 60
        assert meals.loc[("P2", "large"), "meals"] == 20
        assert np.isinf(case.capacity[:, 0]).all()
        assert (case.problem.options.capacity[:, 0] == -1).all()

    def test_premises_come_free_in_their_year(self, case: PlanCase) -> None:
        first = dict(zip(case.options["site_id"], case.problem.options.first_year, strict=True))
        assert (first["P1"], first["P2"], first["P3"]) == (0, 1, 0)

    def test_premises_after_the_last_year_never_open(self, tmp_path: Path) -> None:
        town = layers()
        town["premises"]["y1"] = [2026, 2027, 2029, 2026]
        assert options(compiled(tmp_path, town), "P3") == set()

    def test_committed_sites_open_in_their_year(self, tmp_path: Path) -> None:
        sites = plan()["plan"]["sites"]
        sites[1] = {**sites[1], "status": "committed", "size": "large"}
        case = compiled(tmp_path, sites=sites)
        assert options(case, "P1") == {("station", "large")}
        assert case.problem.sites.due.tolist() == [0, 0, 0, 1, 0, 0]

    def test_forbidden_sites_have_none(self, tmp_path: Path) -> None:
        sites = plan()["plan"]["sites"]
        sites[1] = {**sites[1], "status": "forbidden"}
        assert options(compiled(tmp_path, sites=sites), "P1") == set()

    def test_conversion_goes_to_the_named_levels(self, tmp_path: Path) -> None:
        sites = with_sites(homes(may=["keep", "convert"], convert_to=["station"]))
        levels = [*plan()["plan"]["levels"], HOME]
        case = compiled(
            tmp_path, sites=sites, levels=levels, services=[*plan()["plan"]["services"], BEDS]
        )
        assert options(case, "H1") == {("home", "any"), ("station", "small")}
        beds = case.capacity[:, 2][case.options["site_id"] == "H1"]
        assert beds.tolist() == [30, 0]

    def test_a_nested_level_offers_what_is_below(self, tmp_path: Path) -> None:
        levels = plan()["plan"]["levels"]
        levels[0] = {**levels[0], "offers": [], "nested": True}
        case = compiled(tmp_path, levels=levels)
        centres = (case.options["level"] == "centre").to_numpy()
        assert np.isinf(case.capacity[centres, 0]).all()


class TestDemand:
    def test_asks_take_shares_of_cells(self, case: PlanCase) -> None:
        demand = case.demand
        care, meals = demand.service == 0, demand.service == 1
        total = sum(people for *_, people in PLACES)
        assert demand.units[care].sum() == pytest.approx(0.8 * total)
        assert demand.units[meals].sum() == pytest.approx(0.1 * total)
        assert set(demand.group[meals]) == {1}
        assert demand.estimated[meals].all() and not demand.estimated[demand.group == 0].any()

    def test_units_per_person(self, tmp_path: Path) -> None:
        services = plan()["plan"]["services"]
        services[1] = {**services[1], "asks": [{"cells": ["old"], "share": 0.5, "units": 2}]}
        demand = compiled(tmp_path, services=services).demand
        assert demand.units[demand.service == 1].sum() == pytest.approx(0.2 * 1050)

    def test_small_numbers_are_scaled_before_they_are_rounded(self, tmp_path: Path) -> None:
        services = plan()["plan"]["services"]
        services[1] = {**services[1], "asks": [{"share": 0.013}]}
        demand = compiled(tmp_path, services=services).demand
        assert demand.units_per_person > 1
        persons = demand.amount / demand.units_per_person
        assert persons.sum() == pytest.approx(demand.units.sum(), rel=1e-3)

    def test_everybody_walks_at_their_own_speed(self, case: PlanCase) -> None:
        spots = [(0, 100), (1000, 400), (200, 300), (700, 300), (900, 500), (600, 100)]
        reach, demand = case.problem.reach, case.demand
        site = np.repeat(np.arange(6), np.diff(reach.indptr))
        metres = {0: 1.2 * 5 * 60, 1: 0.5 * 10 * 60}
        found = {
            (int(s), int(demand.place[row]), int(demand.group[row]), int(demand.service[row]))
            for s, row in zip(site, reach.demand, strict=True)
        }
        expected = {
            (s, place, group, service)
            for s, (sx, sy) in enumerate(spots[:5])  # P4 has no room for anything
            for place, (x, y, _) in enumerate(PLACES)
            for group, service in ((0, 0), (1, 0), (1, 1))
            if abs(sx - x) + abs(sy - y) <= metres[group]
        }
        assert found == expected

    def test_service_minutes_come_before_those_of_cells(self, tmp_path: Path) -> None:
        services = plan()["plan"]["services"]
        services[0] = {**services[0], "minutes": 4, "full_minutes": 2, "backup": 0.5}
        case = compiled(tmp_path, services=services)
        care = case.demand.service == 0
        table = case.problem.demand
        assert set(table.radius[care]) == {240_000}
        assert set(table.full[care]) == {120_000}
        assert set(table.radius[~care]) == {600_000}
        assert (table.backup[care] == table.weight[care] // 2).all()

    def test_services_of_the_district_know_no_walk(self, tmp_path: Path) -> None:
        beds = {**BEDS, "asks": [{"cells": ["old"], "share": 0.1}]}
        case = compiled(
            tmp_path,
            services=[*plan()["plan"]["services"], beds],
            levels=[*plan()["plan"]["levels"], HOME],
            sites=with_sites(homes(residents={})),
        )
        rows = np.flatnonzero(case.demand.service == 2)
        assert case.demand.district[rows].tolist() == [0, 1]
        reach = case.problem.reach
        site = np.repeat(np.arange(case.problem.n_sites), np.diff(reach.indptr))
        pairs = set(zip(site.tolist(), reach.demand.tolist(), strict=True))
        at = [number(case, "H1"), number(case, "H2")]
        assert {(s, r) for s, r in pairs if r in rows} == {(s, r) for s in at for r in rows}

    def test_residents_need_a_bed_anywhere_and_rather_stay(self, tmp_path: Path) -> None:
        case = compiled(
            tmp_path,
            services=[*plan()["plan"]["services"], BEDS],
            levels=[*plan()["plan"]["levels"], HOME],
            sites=with_sites(homes()),
        )
        rows = np.flatnonzero(case.demand.site >= 0)
        assert case.demand.units[rows].tolist() == [20, 10]
        table, reach = case.problem.demand, case.problem.reach
        said = " ".join(each.en for each in case.must_texts)
        assert "30 residents of homes" in said and "a station today stay" in said
        assert table.must[rows].all() and (table.district[rows] == -1).all()
        site = np.repeat(np.arange(case.problem.n_sites), np.diff(reach.indptr))
        for row in rows:
            mine = reach.demand == row
            home = int(case.demand.site[row])
            ways = dict(zip(site[mine].tolist(), reach.cost[mine].tolist(), strict=True))
            assert set(ways) == {number(case, "H1"), number(case, "H2")}
            assert ways.pop(home) == 0 and min(ways.values()) > 0

    def test_more_residents_than_beds_are_told(self, tmp_path: Path) -> None:
        town = layers()
        town["homes"]["beds"] = [10, 40]
        case = compiled(
            tmp_path,
            town,
            services=[*plan()["plan"]["services"], BEDS],
            levels=[*plan()["plan"]["levels"], HOME],
            sites=with_sites(homes()),
        )
        assert "CC-S425" in {fault.code for fault in case.warnings}

    def test_clients_stay_within_a_walk_of_their_station(self, tmp_path: Path) -> None:
        sites = plan()["plan"]["sites"]
        sites[0] = {**sites[0], "clients": {"meals": "clients"}, "may": ["keep", "close"]}
        case = compiled(tmp_path, sites=sites)
        (row,) = np.flatnonzero(case.demand.site >= 0)
        assert case.problem.demand.must[row] and case.demand.units[row] == 5
        reach = case.problem.reach
        site = np.repeat(np.arange(case.problem.n_sites), np.diff(reach.indptr))
        # 5 minutes at 1 m/s from (0, 100): only itself; P1 is 400 m away.
        assert site[reach.demand == row].tolist() == [0]


class TestHierarchy:
    def test_stations_hang_on_centres_within_the_limit(self, tmp_path: Path) -> None:
        levels = plan()["plan"]["levels"]
        levels[1] = {**levels[1], "hangs_on": {"level": "centre", "within_m": 450}}
        case = compiled(tmp_path, levels=levels)
        pairs = case.problem.attachments
        ids = case.sites["site_id"].to_numpy()
        found = set(zip(ids[pairs.child], ids[pairs.parent], strict=True))
        # S1 (0, 100), S2 (1000, 400), P1 (200, 300), P2 (700, 300), P3 (900, 500)
        near = {("S1", "P1"), ("P1", "S1"), ("S2", "P3"), ("P3", "S2"), ("P2", "S2"), ("P2", "P3")}
        assert found == near
        assert case.problem.level_parent.tolist() == [-1, 0]
        assert case.problem.level_fanout.tolist() == [3, -1]

    def test_within_the_same_sub_district(self, tmp_path: Path) -> None:
        levels = plan()["plan"]["levels"]
        levels[1] = {**levels[1], "hangs_on": {"level": "centre", "same_subdistrict": True}}
        case = compiled(tmp_path, levels=levels)
        pairs, home = case.problem.attachments, case.sites["subdistrict"].to_numpy()
        assert len(pairs) and (home[pairs.child] == home[pairs.parent]).all()

    def test_pairs_that_fit_one_level_only_are_left_out(self, tmp_path: Path) -> None:
        levels = plan()["plan"]["levels"]
        hub = {
            "id": "hub",
            "label": text("hub"),
            "sizes": [{"id": "only", "area_m2": 300}],
        }
        levels[0] = {**levels[0], "hangs_on": {"level": "hub", "within_m": 200}}
        sites = plan()["plan"]["sites"]
        sites[1] = {**sites[1], "levels": ["centre", "hub"]}
        case = compiled(tmp_path, levels=[*levels, hub], sites=sites)
        assert "CC-S424" in {fault.code for fault in case.warnings}
        pairs, ids = case.problem.attachments, list(case.sites["site_id"])
        found = {(ids[c], ids[p]) for c, p in zip(pairs.child, pairs.parent, strict=True)}
        # P1 may be a centre and P3 a hub: 900 m is within the stations' limit only.
        assert ("P1", "P3") not in found and ("P1", "S1") in found

    def test_takeovers_name_level_operator_and_distance(self, tmp_path: Path) -> None:
        town = layers()
        town["stations"]["run_by"] = ["甲", "甲"]
        sites = plan()["plan"]["sites"]
        sites[0] = {
            **sites[0],
            "may": ["keep", "upgrade", "close"],
            "takeover": {"levels": ["centre"], "same_operator": True},
        }
        case = compiled(tmp_path, town, sites=sites)
        table = case.problem.sites
        taken = table.takeover_option[table.takeover_indptr[0] : table.takeover_indptr[1]]
        rows = case.options.iloc[taken]
        assert list(zip(rows["site_id"], rows["level"], strict=True)) == [("S2", "centre")]
        assert (table.due[:2] == -1).all()

    def test_quotas_are_pooled_within_a_sub_district(self, tmp_path: Path) -> None:
        quotas = [
            {
                "source": source("compounds"),
                "area": "area",
                "year_column": "y1",
                "id": "id",
                "level": "station",
            }
        ]
        case = compiled(tmp_path, quotas=quotas)
        table, ids = case.problem.quotas, case.sites["site_id"].to_numpy()
        assert table.area.tolist() == [200, 150, 350]
        assert table.first_year.tolist() == [0, 1, 0]
        given = [
            set(ids[table.site[a:b]])
            for a, b in zip(table.indptr[:-1], table.indptr[1:], strict=True)
        ]
        assert given == [{"Q1", "Q2"}, {"Q1", "Q2"}, {"Q3"}]
        own = case.options["site_id"] == "Q1"
        assert case.problem.options.quota_area[own].tolist() == [300]  # sizes that state a floor


class TestRules:
    def rule(self, folder: Path, rule: dict[str, Any], **changes: Any) -> PlanCase:
        return compiled(folder, rules=[rule], **changes)

    def test_one_centre_per_sub_district(self, tmp_path: Path) -> None:
        rule = {"count": ["centre"], "per": "subdistrict", "exactly": 1, "from_year": 2027}
        case = self.rule(tmp_path, rule)
        rules = case.problem.rules
        assert rules.low.tolist() == rules.high.tolist() == [1, 1]
        assert rules.first_year.tolist() == [1, 1] and rules.last_year.tolist() == [1, 1]
        assert entries(case, 0) == {(i, "centre", "full"): 1 for i in ("S1", "P1")}
        assert entries(case, 1) == {(i, "centre", "full"): 1 for i in ("S2", "P3")}
        assert case.rule_texts[0].en == "West: centre, exactly 1 (2027)"

    def test_floor_per_thousand_residents_is_rounded_up(self, tmp_path: Path) -> None:
        people = [
            {"id": "permanent", "label": text("p"), "source": source("demand"), "column": "people"}
        ]
        rule = {"area": [], "per": "subdistrict", "at_least": 40, "per_1000": "permanent"}
        case = self.rule(tmp_path, rule, populations=people)
        # 300 people in the West and 750 in the East.
        assert case.problem.rules.low.tolist() == [12, 30]
        assert entries(case, 0)["P1", "station", "large"] == 1200

    def test_beds_per_hundred_registered_elders(self, tmp_path: Path) -> None:
        people = [{"id": "elders", "label": text("e"), "source": source("demand"),
                   "column": "people", "share": 0.19}]  # fmt: skip
        rule = {"capacity": ["meals"], "at_least": 2.5, "per_100": "elders"}
        case = self.rule(tmp_path, rule, populations=people)
        scale = case.demand.units_per_person
        # 1,050 people, 199.5 elders, 4.9875 meals
        assert case.problem.rules.low.tolist() == [int(np.ceil(4.9875 * scale))]
        assert entries(case, 0)["P1", "centre", "full"] == 50 * scale

    def test_a_share_of_all_beds(self, tmp_path: Path) -> None:
        services = [*plan()["plan"]["services"], {**BEDS, "id": "tea"}]
        levels = plan()["plan"]["levels"]
        levels[0]["sizes"][0]["capacity"] = {"meals": 50, "tea": 10}
        rule = {"capacity": ["meals"], "share_of": ["meals", "tea"], "at_least": 0.65}
        case = self.rule(tmp_path, rule, services=services, levels=levels)
        scale = case.demand.units_per_person
        assert entries(case, 0)["P1", "centre", "full"] == (10_000 * 50 - 6500 * 60) * scale
        assert entries(case, 0)["P1", "station", "small"] == 3500 * 10 * scale
        assert case.rule_texts[0].zh.endswith("占meals（中）、beds（中） 不低于 65 %")
        assert case.problem.rules.low.tolist() == [0]

    def test_only_new_and_only_some_premises(self, tmp_path: Path) -> None:
        case = self.rule(
            tmp_path, {"count": [], "at_most": 1, "only_new": True, "premises": ["租赁"]}
        )
        assert {key[0] for key in entries(case, 0)} == {"P1", "P2"}
        said = case.rule_texts[0]
        assert said.zh == "全区：新设设施（租赁） 至多 1 处"
        assert said.en == "whole district: new: sites (rented), at most 1"

    def test_one_point_in_every_community(self, tmp_path: Path) -> None:
        rule = {"count": ["station"], "per": "community", "at_least": 1, "to_year": 2026}
        case = self.rule(tmp_path, rule, communities={"source": source("communities")})
        assert len(case.rules) == 4
        assert [len(entries(case, at)) for at in range(4)] == [3, 0, 2, 3]
        told = [fault for fault in case.warnings if fault.code == "CC-S422"]
        assert len(told) == 1 and "社区1" in told[0].text("zh")

    def test_sites_that_may_not_stay(self, tmp_path: Path) -> None:
        sites = plan()["plan"]["sites"]
        sites[0] = {**sites[0], "may": ["upgrade", "close"]}
        case = compiled(tmp_path, sites=sites)
        assert case.problem.rules.high.tolist() == [0, 0]
        assert entries(case, 0) == {("S1", "station", "small"): 1}
        assert case.problem.rules.first_year.tolist() == [1, 1]

    def test_floors_of_places_and_groups(self, tmp_path: Path) -> None:
        floors = [
            {"share": 0.5, "service": "care", "per": "subdistrict"},
            {"share": 0.25, "service": "care", "per": "group", "from_year": 2027},
            {"share": 1, "service": "meals", "cells": ["old"], "of_reachable": True},
        ]
        town = layers(demand=points({"x": x, "y": y, "people": n} for x, y, n in (*PLACES, FAR)))
        case = compiled(tmp_path, town, floors=floors)
        table, demand = case.problem.floors, case.problem.demand
        value = demand.weight * demand.amount
        west = (case.demand.service == 0) & (demand.district == 0)
        assert table.low[0] == np.ceil(value[west].sum() / 2)
        assert len(table) == 2 + 2 + 1
        reached = np.bincount(case.problem.reach.demand, minlength=len(case.demand)) > 0
        meals = case.demand.service == 1
        assert table.low[4] == value[meals & reached].sum() < value[meals].sum()
        assert case.floor_texts[0].zh == "West：care（中）覆盖率不低于 50 %"


class TestNear:
    NEAR = {"source": source("health"), "label": text("health"), "within_m": 60}  # noqa: RUF012

    def test_a_bonus_for_new_sites(self, tmp_path: Path) -> None:
        case = compiled(tmp_path, near=[{**self.NEAR, "bonus_persons": 7}])
        worth = dict(zip(case.options["site_id"], case.problem.options.bonus, strict=True))
        assert worth["P2"] == 7 * case.value_scale
        assert sum(worth.values()) == worth["P2"]

    def test_nothing_new_elsewhere(self, tmp_path: Path) -> None:
        case = compiled(tmp_path, near=[{**self.NEAR, "only": True, "levels": ["station"]}])
        assert options(case, "P2") == {("station", "small"), ("station", "large")}
        assert options(case, "P1") == {("centre", "full")}
        assert ("station", "small") in options(case, "S1")  # what stands may stay

    def test_at_least_so_many(self, tmp_path: Path) -> None:
        case = compiled(tmp_path, near=[{**self.NEAR, "at_least": 1}])
        assert case.problem.rules.low.tolist() == [1]
        assert {key[0] for key in entries(case, 0)} == {"P2"}
        assert case.problem.rules.first_year.tolist() == [1]


class TestCandidates:
    def test_parcels_have_a_share_of_their_ground(self, tmp_path: Path) -> None:
        part = {"on": "parcels", "source": source("parcels"), "spacing_m": 50}
        town = layers(parcels=parcels(side=30.0))
        few = {**part, "floor_share": 0.4, "level": "station"}
        case = compiled(tmp_path / "a", town, candidates=[few])
        assert any("40 %" in each.zh and "40 %" in each.en for each in case.assumption_texts)
        made = case.sites[case.sites["origin"] == "parcels"]
        assert len(made) > 40 and set(made["area_m2"]) <= {359.0, 360.0}
        none = {**part, "floor_share": 0.1, "level": "station"}
        case = compiled(tmp_path / "b", town, candidates=[none])
        assert not (case.sites["origin"] == "parcels").any()


class TestMoney:
    def test_years_and_limits_in_fen(self, tmp_path: Path) -> None:
        years = [
            {"label": 2026, "capital_yuan": 12.5, "weight": 2},
            {"label": 2027, "running_yuan": 1000},
        ]
        table = compiled(tmp_path, years=years, carry_capital=True).problem.years
        assert table.capital.tolist() == [1250, -1] and table.running.tolist() == [-1, 100_000]
        assert table.weight.tolist() == [2, 1] and table.carries

    def test_objectives_in_the_solvers_units(self, tmp_path: Path) -> None:
        aim = {"aim": "min_travel", "minutes_per_yuan": 2, "most_cost_yuan": 9, "least_share": 0.5}
        case = compiled(tmp_path, objective=aim)
        request = case.request
        # Two person-minutes for 100 fen: 1.2 person-seconds a fen.
        assert request.cost_weight == 1200 * case.value_scale
        assert (request.most_cost, request.least_share) == (900, 500_000)


def test_labels_of_years_in_columns() -> None:
    calendar = Calendar(("2026", "2027", "2030"))
    wanted = {None: 0, "": 0, 2019: 0, "2026": 0, 2027.0: 1, 2028: 2, "2031": 3, "soon": None}
    assert {value: calendar.arrival(value) for value in wanted} == wanted
    assert calendar.arrival(float("nan")) == 0
    phases = Calendar(("near", "far"))
    assert [phases.arrival(each) for each in ("far", 2026)] == [1, None]


def test_whom_nothing_reaches_is_told(tmp_path: Path) -> None:
    lonely = points([{"x": 500, "y": 600, "people": 10}, {"x": 50, "y": 100, "people": 10}])
    case = compiled(tmp_path, layers(demand=lonely))
    told = [fault for fault in case.warnings if fault.code == "CC-S426"]
    assert len(told) == 2
    for fault in case.warnings:
        assert fault.text("zh") and fault.text("en")
