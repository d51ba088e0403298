"""Rules of operators, ownership, growth, concentration and neighbours; groups of cells; choices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.result import Status
from optimizer.siting.plan.nearest import choices
from scenarios.plan.case import PlanCase
from scenarios.plan.outcome import plan_outcome
from scenarios.recheck import check_run
from scenarios.store import write_run
from tests.plan_town import BEDS, compiled, layers, plan, solved, text
from tests.scenarios.test_plan_case import entries
from tests.scenarios.test_plan_faults import faults
from tests.small_town import points, source

PREMISES = 1
"""The layer of premises in ``sites``."""


def owned_town() -> dict[str, Any]:
    """Premises with an operator and an owner: P1 and P3 of firm 甲, P2 and P4 of firm 丙."""
    town = layers()
    town["premises"]["firm"] = ["甲", "丙", "甲", "丙"]
    town["premises"]["owner"] = ["公办", "民办", "民办", None]
    return town


def owned_sites() -> list[dict[str, Any]]:
    sites = plan()["plan"]["sites"]
    sites[0] |= {"owned_by": "公办"}
    sites[PREMISES] |= {"operator": "firm", "ownership": "owner", "owned_by": "公建民营"}
    return sites


def owned(folder: Path, *rules: dict[str, Any], **changes: Any) -> PlanCase:
    return compiled(folder, owned_town(), sites=owned_sites(), rules=list(rules), **changes)


def sites_of(case: PlanCase, rule: int) -> set[str]:
    return {key[0] for key in entries(case, rule)}


class TestWhoRunsAndOwns:
    def test_rules_keep_to_owners_and_operators(self, tmp_path: Path) -> None:
        case = owned(
            tmp_path,
            {"count": [], "ownership": ["公办"], "at_least": 2},
            {"count": ["station"], "operators": ["甲"], "at_most": 2},
            {"capacity": ["meals"], "ownership": ["公办", "公建民营"], "at_least": 10},
        )
        assert case.sites["ownership"].tolist() == [
            *["公办"] * 2,
            *["公办", "民办", "民办", "公建民营"],
        ]
        assert sites_of(case, 0) == {"S1", "S2", "P1"}
        assert sites_of(case, 1) == {"S1", "P1", "P3"}
        assert sites_of(case, 2) == {"S1", "S2", "P1"}
        assert case.rule_texts[0].zh == "全区：设施（公办） 至少 2 处"
        assert case.rule_texts[0].en == "whole district: sites (public), at least 2"

    def test_a_fifth_of_public_places_is_kept_for_those_who_are_guaranteed_one(
        self, tmp_path: Path
    ) -> None:
        """Kept places are a service of their own; the share is among public sites alone."""
        services = [*plan()["plan"]["services"], {**BEDS, "id": "kept"}]
        levels = plan()["plan"]["levels"]
        levels[0]["sizes"][0]["capacity"] = {"meals": 40, "kept": 10}
        rule = {
            "capacity": ["kept"],
            "share_of": ["kept", "meals"],
            "ownership": ["公办"],
            "at_least": 0.2,
        }
        case = owned(tmp_path, rule, services=services, levels=levels)
        scale = case.demand.units_per_person
        found = entries(case, 0)
        assert {key[0] for key in found} == {"S1", "S2", "P1"}
        assert ("P1", "centre", "full") not in found  # just enough: 10 of 50
        assert found["S1", "station", "small"] == -2000 * 10 * scale
        assert (
            case.rule_texts[0].zh == "全区：beds（中）占meals（中）、beds（中）（公办） 不低于 20 %"
        )

    def test_a_rule_for_every_operator(self, tmp_path: Path) -> None:
        case = owned(tmp_path, {"count": [], "per": "operator", "at_least": 1})
        assert [each.text.zh[0] for each in case.rules] == ["丙", "乙", "甲"]
        assert [sites_of(case, at) for at in range(3)] == [{"P2"}, {"S2"}, {"S1", "P1", "P3"}]

    def test_operators_across_sub_districts(self, tmp_path: Path) -> None:
        """S1 and P1 of 甲 are in the West, P3 in the East: two of each count once."""
        case = owned(
            tmp_path,
            {"count": [], "operators": ["甲"], "distinct": "subdistrict", "at_least": 2},
            {"count": [], "per": "subdistrict", "distinct": "operator", "at_most": 1},
        )
        rules, at = case.problem.rules, case.options["site"].to_numpy()
        districts = case.sites["subdistrict"].to_numpy()[at]
        first = slice(0, rules.indptr[1])
        assert rules.kind[first].tolist() == districts[rules.option[first]].tolist()
        assert case.rule_texts[0].en == (
            "whole district: sub-districts with sites (甲), at least 2"
        )
        assert case.rule_texts[1].zh == "West：设施运营方数 至多 1"

    def test_one_operator_per_sub_district_decides_the_plan(self, tmp_path: Path) -> None:
        rule = {"count": [], "per": "subdistrict", "distinct": "operator", "at_most": 1}
        found = solved(tmp_path, owned_town(), sites=owned_sites(), rules=[rule])
        assert found.status is Status.OPTIMAL
        table = found.network.join(found.case.sites["operator"], on="site")
        assert table.groupby(["year", "subdistrict"])["operator"].nunique().max() == 1
        assert all(each.met and each.value <= 1 for each in found.rules)
        free = solved(tmp_path / "free", owned_town(), sites=owned_sites())
        assert free.answer.result.objective >= found.answer.result.objective


class TestWhatIsCounted:
    def test_sizes_and_what_is_offered(self, tmp_path: Path) -> None:
        levels = plan()["plan"]["levels"]
        levels[1]["sizes"][0]["capacity"] = {"meals": 0}
        case = compiled(
            tmp_path,
            levels=levels,
            rules=[
                {"count": [], "sizes": ["large", "centre/full"], "at_least": 1},
                {"count": ["station"], "offering": ["meals"], "at_least": 1},
            ],
        )
        assert {key[1:] for key in entries(case, 0)} == {("station", "large"), ("centre", "full")}
        assert {key[1:] for key in entries(case, 1)} == {("station", "large")}
        assert case.rule_texts[1].zh == "全区：提供meals（中）的station（中） 至少 1 处"
        assert case.rule_texts[1].en == "whole district: station with meals, at least 1"

    def test_beds_that_are_concentrated(self, tmp_path: Path) -> None:
        """Stations with fewer than 12 places count as breaches; the centre and the large do not."""
        rule = {"capacity": ["meals"], "each_at_least": 12, "only_new": True}
        case = compiled(tmp_path, rules=[rule])
        small = set(entries(case, 0))
        assert {key[1:] for key in small} == {("station", "small")}
        assert case.problem.rules.high.tolist() == [0]
        assert case.rule_texts[0].en == "whole district: new: meals, at least 12 at each site " + (
            "that has any"
        )
        found = solved(tmp_path / "solved", rules=[rule])
        new = found.network[~found.network["current"]]
        assert (new["size"] != "small").all() and found.rules[0].value == 0

    def test_places_that_grow_year_by_year(self, tmp_path: Path) -> None:
        rule = {"capacity": ["meals"], "growth": True, "at_least": 5, "at_most": 90}
        found = solved(tmp_path, rules=[rule])
        assert found.status is Status.OPTIMAL
        assert found.problem.rules.growth.tolist() == [True]
        room = np.append(found.case.capacity[:, 1], 0.0)
        totals = [room[row].sum() for row in (found.problem.sites.current, *found.option)]
        steps = np.diff(totals).tolist()
        assert all(5 <= step <= 90 for step in steps)
        assert [each.value for each in found.rules] == steps
        assert {each.today for each in found.rules} == {totals[0]}
        assert "每年净增 至少 5，至多 90" in found.case.rule_texts[0].zh
        (sheet,) = [each for each in plan_outcome(found).sheets if each.name == "rules"]
        assert len(sheet.rows) == 2 and sheet.note is not None and "净增" in sheet.note.zh


class TestNeighbours:
    def test_every_health_centre_has_a_team_beside_it(self, tmp_path: Path) -> None:
        town = layers(
            health=points(
                [{"x": 700, "y": 350, "called": "一中心"}, {"x": 0, "y": 200, "called": "二中心"}]
            )
        )
        near = {
            "source": source("health"),
            "label": text("health centre"),
            "name": "called",
            "within_m": 150,
            "each_at_least": 1,
            "offering": ["meals"],
            "from_year": 2026,
        }
        case = compiled(tmp_path, town, near=[near])
        assert [each.low for each in case.rules] == [1, 1]
        assert [sites_of(case, at) for at in range(2)] == [{"P2"}, {"S1"}]
        assert case.rule_texts[0].en.startswith("health centre 一中心: at least 1 sites with meals")
        assert case.rules[0].first_year == 0

    def test_one_without_any_premises_is_told(self, tmp_path: Path) -> None:
        town = layers(health=points([{"x": 400, "y": 600, "no": 7}]))
        near = {"source": source("health"), "label": text("h"), "within_m": 20, "each_at_least": 1}
        case = compiled(tmp_path, town, near=[near])
        assert [each.code for each in case.warnings if each.code == "CC-S422"] == ["CC-S422"]


GROUPS = [{"id": "all", "label": text("everybody"), "cells": ["young", "old"]}]


class TestGroups:
    def test_a_group_is_the_sum_of_its_cells(self, tmp_path: Path) -> None:
        services = plan()["plan"]["services"]
        services[1]["asks"] = [{"cells": ["all"], "share": 0.5}]
        found = solved(
            tmp_path,
            groups=GROUPS,
            services=services,
            floors=[
                {"share": 0.2, "service": "care", "cells": ["all"]},
                {"share": 0.1, "service": "meals", "cells": ["all"], "label": text("lunch")},
            ],
            populations=[{"id": "heads", "label": text("heads"), "cells": ["all"]}],
            rules=[{"capacity": ["meals"], "at_least": 1, "per_100": "heads", "per": "district"}],
        )
        demand, table = found.case.demand, found.problem.demand
        value = table.weight * table.amount
        lived = demand.site < 0
        assert found.case.floors[0].full == value[lived & (demand.service == 0)].sum()
        # 0.6 and 0.2 of 1,050 people.
        assert found.case.places.people["district"]["heads"][0] == pytest.approx(840)
        assert found.rules[0].low == 9  # meals are counted whole
        assert found.case.floor_texts[0].en == (
            "whole district: care for everybody reaches at least 20 %"
        )
        assert found.case.floor_texts[1].zh.startswith("全区：lunch（中）覆盖率")
        wholes = [each for each in found.groups if each.district is None]
        assert [each.service for each in wholes] == [0, 1]
        care = [
            each
            for each in found.coverage
            if each.service == 0 and each.group is None and each.district is None
        ]
        assert wholes[0].units == pytest.approx(care[0].units)
        assert wholes[0].by_year == pytest.approx(care[0].by_year)

    def test_its_figures_are_written_and_read_back(self, tmp_path: Path) -> None:
        groups = [*GROUPS, {"id": "elders", "label": text("elders"), "cells": ["old"]}]
        write_run(solved(tmp_path, groups=groups), tmp_path / "out", lang="en")
        assert (tmp_path / "out" / "groups.csv").exists()
        assert check_run(tmp_path / "out") == ()
        table = tmp_path / "out" / "groups.csv"
        lines = table.read_text("utf-8-sig").splitlines()
        lines[1] = lines[2]
        table.write_text("\n".join(lines) + "\n", "utf-8-sig")
        assert {each.where for each in check_run(tmp_path / "out")} >= {"groups.csv"}

    def test_places_keep_their_own_ids(self, tmp_path: Path) -> None:
        town = layers()
        town["demand"]["code"] = [f"D{n}" for n in range(5)]
        town["demand"]["called"] = [f"小区{n}" for n in range(5)]
        demand = plan()["plan"]["demand"]
        demand[0] |= {"id": "code", "name": "called"}
        case = compiled(tmp_path, town, demand=demand)
        places = case.demand.people.places
        assert places["place_id"].tolist() == [f"D{n}" for n in range(5)]
        assert places["name"].tolist() == [f"小区{n}" for n in range(5)]
        town["demand"]["code"] = ["D0"] * 5
        with pytest.raises(FaultError) as caught:
            compiled(tmp_path / "twice", town, demand=demand)
        assert "D0" in caught.value.faults[0].text("en")


class TestChoices:
    def test_everybody_goes_to_the_nearest_site_with_room(self, tmp_path: Path) -> None:
        services = plan()["plan"]["services"]
        services[1]["choice"] = "nearest"
        found = solved(tmp_path, services=services)
        assert found.status is Status.OPTIMAL
        problem, answer = found.problem, found.answer
        assert problem.chosen.tolist() == [False, True]
        own = choices(problem, answer.option, problem.chosen)
        assert answer.assignments.site.tolist() == own.site.tolist()
        assert answer.assignments.amount.tolist() == own.amount.tolist()
        assert any("最近且有余位" in each.zh for each in found.case.must_texts)
        steered = solved(tmp_path / "steered")
        assert answer.result.objective <= steered.answer.result.objective
        write_run(found, tmp_path / "out", lang="zh")
        assert check_run(tmp_path / "out") == ()


class TestClients:
    def clients(self, folder: Path, **changes: Any) -> Any:
        """S1 has five clients; P5 opens beside it with room for them."""
        town = layers()
        town["premises"] = points(
            [{"x": 50, "y": 100, "id": "P5", "area": 300, "rent": 0, "kind": "租赁", "y1": 2026}]
        )
        sites = plan()["plan"]["sites"]
        sites[0] |= {"clients": {"meals": "clients"}, "may": ["keep", "close"]}
        levels = [plan()["plan"]["levels"][1]]
        levels[0].pop("hangs_on")
        levels[0].pop("offers")
        sites[PREMISES].pop("levels")
        size = {"id": "small", "area_m2": 300, "capacity": {"meals": 10}}
        levels[0]["sizes"] = [size]
        return solved(folder, town, sites=sites, levels=levels, **changes)

    @pytest.mark.parametrize("aim", ["max_value", "max_min", "min_cost", "min_travel", "min_worst"])
    def test_nobody_moves_for_nothing(self, tmp_path: Path, aim: str) -> None:
        """One station of the two will do, and both cost the same: the clients' own stays."""
        objective = {"aim": aim}
        rules = [{"count": [], "per": "subdistrict", "at_most": 1}]
        services = [{**BEDS, "id": "meals", "label": text("meals"), "walk": True}]
        found = self.clients(
            tmp_path, objective=objective, rules=rules, services=services, explain=None
        )
        assert found.status is Status.OPTIMAL
        client = found.case.demand.group == len(found.case.demand.labels) - 1
        weighs = aim not in ("min_travel", "min_worst")
        assert found.problem.demand.weight[client].tolist() == [int(weighs)]
        assert found.moves.empty
        first = found.case.sites["site_id"].tolist().index("S1")
        assert (found.option[:, first] >= 0).all()


def test_rules_that_do_not_fit_together_are_told(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        groups=[*GROUPS, {"id": "old", "label": text("o"), "cells": ["young", "nobody"]}],
        services=[
            {**plan()["plan"]["services"][0], "choice": "nearest"},
            plan()["plan"]["services"][1],
        ],
        populations=[
            {"id": "p", "label": text("p"), "cells": ["all"], "source": source("demand")},
            {"id": "q", "label": text("q"), "cells": ["some"]},
        ],
        near=[{"source": source("health"), "label": text("n"), "bonus_persons": 1,
               "offering": ["meals", "tea"]}],
        rules=[
            {"count": [], "at_most": 1, "sizes": ["huge", "station/small"]},
            {"area": [], "distinct": "operator", "at_least": 1},
            {"capacity": ["meals"], "each_at_least": 5, "at_least": 2},
            {"capacity": ["meals"], "share_of": ["meals"], "at_least": 0.5, "growth": True},
            {"count": [], "per": "operator", "per_100": "q", "at_least": 1},
        ],
    )  # fmt: skip
    assert found.keys() == {
        "groups",
        "groups/1/cells",
        "services/0/choice",
        "populations/0/cells",
        "populations/1/cells",
        "near/0/offering",
        "rules/0/sizes",
        "rules/1/distinct",
        "rules/2/each_at_least",
        "rules/3/growth",
        "rules/4/per",
    }
