"""What a planner reads of a plan: tables, map, report; written, read back and checked."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import yaml

from optimizer.result import Status
from scenarios.files import load_scenario
from scenarios.model import Text
from scenarios.outcome import Outcome, Sheet
from scenarios.plan.outcome import plan_outcome
from scenarios.plan.run import PlanRun, run_plan
from scenarios.recheck import check_run
from scenarios.store import write_run
from tests.plan_town import BEDS, HOME, homes, layers, plan, solved
from tests.small_town import points, source, write_town

CHINESE = re.compile("[\u4e00-\u9fff]")
QUOTAS = {
    "source": source("compounds"),
    "area": "area",
    "year_column": "y1",
    "id": "id",
    "level": "station",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PlanRun:
    """A plan of every kind of change: a home closes, stations open, one grows into a centre."""
    part = plan()["plan"]
    town = layers()
    town["stations"]["name"] = ["First", "Second"]
    return solved(
        tmp_path_factory.mktemp("plan"),
        town,
        years=[
            {"label": 2026, "capital_yuan": 2000, "running_yuan": 12000},
            {"label": 2027, "capital_yuan": 2000, "running_yuan": 14000},
        ],
        carry_capital=True,
        services=[*part["services"], BEDS],
        levels=[*part["levels"], HOME],
        sites=[
            *part["sites"],
            homes(may=["close"], closing_cost_yuan=9, source=source("homes", where={"id": "H1"})),
            homes(source=source("homes", where={"id": "H2"}), may=["keep"]),
        ],
        quotas=[QUOTAS],
        rules=[
            {"count": ["centre"], "at_least": 1},
            {"count": [], "at_least": 5},
            {"capacity": ["meals"], "share_of": ["meals", "beds"], "at_least": 0.1},
        ],
        floors=[{"share": 0.5, "service": "care", "per": "subdistrict", "from_year": 2027}],
    )


@pytest.fixture(scope="module")
def conflict(tmp_path_factory: pytest.TempPathFactory) -> PlanRun:
    """A plan whose rules cannot hold together."""
    return solved(
        tmp_path_factory.mktemp("conflict"),
        years=[{"label": 2026}, {"label": 2027, "running_yuan": 3000}],
        rules=[{"count": ["centre"], "per": "subdistrict", "exactly": 1, "from_year": 2027}],
        floors=[{"share": 0.1, "service": "care"}],
    )


@pytest.fixture(scope="module")
def outcome(run: PlanRun) -> Outcome:
    return plan_outcome(run)


@pytest.fixture(scope="module")
def written(run: PlanRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "plan"
    write_run(run, folder, lang="en")
    return folder


def sheet(outcome: Outcome, name: str) -> Sheet:
    return next(each for each in outcome.sheets if each.name == name)


def column(table: Sheet, key: str) -> list[Any]:
    at = [each.key for each in table.columns].index(key)
    return [row[at] for row in table.rows]


def english(texts: list[Any]) -> list[str | None]:
    return [text.en if isinstance(text, Text) else text for text in texts]


class TestTables:
    def test_every_question_has_its_table(self, outcome: Outcome) -> None:
        names = [each.name for each in outcome.sheets]
        assert names == [
            "changes", "network", "rules", "floors", "money", "coverage", "loads", "moves",
            "quotas", "unserved",
        ]  # fmt: skip

    def test_english_tables_hold_no_chinese(self, outcome: Outcome) -> None:
        for each in outcome.sheets:
            frame = each.frame("en")
            texts = [*frame.columns, *(cell for row in frame.to_numpy().tolist() for cell in row)]
            assert not [text for text in texts if CHINESE.search(str(text))], each.name

    def test_changes_are_told_in_words(self, run: PlanRun, outcome: Outcome) -> None:
        table = sheet(outcome, "changes")
        assert len(table.rows) == len(run.changes)
        told = dict(zip(column(table, "site_id"), english(column(table, "change")), strict=True))
        assert told["H1"] == "closes" and "opens" in told.values()
        closed = column(table, "site_id").index("H1")
        assert column(table, "after")[closed] is None
        assert column(table, "once_yuan")[closed] == 9
        grown = [
            (before, after)
            for before, after, change in zip(
                english(column(table, "before")),
                english(column(table, "after")),
                english(column(table, "change")),
                strict=True,
            )
            if change == "upgraded"
        ]
        assert ("station (300 m2)", "centre") in grown

    def test_the_network_says_what_hangs_on_what(self, run: PlanRun, outcome: Outcome) -> None:
        table = sheet(outcome, "network")
        assert len(table.rows) == int((run.option[-1] >= 0).sum())
        hanging = [each is not None for each in column(table, "hangs_on")]
        stations = ["station" in str(each) for each in english(column(table, "what"))]
        assert hanging == stations
        assert sum(each or 0 for each in column(table, "children")) == sum(hanging)

    def test_rules_count_shares_in_percent(self, outcome: Outcome) -> None:
        table = sheet(outcome, "rules")
        shares = [row for row, least in enumerate(column(table, "least")) if least == 10]
        assert len(shares) == 1 and column(table, "value")[shares[0]] >= 10
        assert set(english(column(table, "met"))) == {"yes"}

    def test_money_adds_up(self, run: PlanRun, outcome: Outcome) -> None:
        table = sheet(outcome, "money")
        for key in ("capital", "running"):
            *years, total = column(table, key)
            assert total == pytest.approx(sum(years))
        assert column(table, "capital")[-1] == pytest.approx(run.money["capital_yuan"].sum())

    def test_unserved_and_served_make_what_is_asked(self, run: PlanRun, outcome: Outcome) -> None:
        table = sheet(outcome, "unserved")
        asked = run.problem.demand.amount.sum() / run.problem.units_per_person
        assert sum(column(table, "left")) == pytest.approx(asked - run.served[-1].sum())

    def test_residents_move_by_name(self, outcome: Outcome) -> None:
        table = sheet(outcome, "moves")
        assert {*column(table, "from_id"), *column(table, "to_id")} == {"H1", "H2"}
        assert set(english(column(table, "from"))) == {"site H1"}
        assert set(english(column(table, "who"))) == {"residents of homes"}


class TestReport:
    def test_facts(self, run: PlanRun, outcome: Outcome) -> None:
        facts = {fact.label.en: fact for fact in outcome.report.facts}
        opened = int((run.changes["kind"] == "open").sum())
        assert facts["opens"].value == str(opened)
        total = run.money[["capital_yuan", "running_yuan"]].to_numpy().sum()
        cost = facts["cost over all years"].value
        assert isinstance(cost, Text) and cost.en == f"{total:,.0f} yuan"
        assert "→" in str(facts["served: care"].value)
        assert "worst sub-district: care" in facts
        assert "worst sub-district: beds" not in facts, "residents count for no sub-district"
        assert facts["answer"].value == Text(zh="最优（已证明）", en="optimal (proved)")

    def test_ids_stay_in_the_files_for_machines(self, outcome: Outcome) -> None:
        labels = {each.label.en for table in outcome.report.tables for each in table.columns}
        assert not {label for label in labels if re.search(r"\bid\b", label)}

    def test_the_map_tells_levels_and_states_apart(self, run: PlanRun, outcome: Outcome) -> None:
        view = outcome.report.map
        assert view is not None
        drawn = {layer.id: layer for layer in view.layers}
        network = outcome.layers["network"]
        sites = {
            key: each
            for key, each in drawn.items()
            if "state" in each.frame and "name" in each.frame
        }
        assert sum(len(layer.frame) for layer in sites.values()) == len(network)
        assert len({layer.color for layer in sites.values()}) == network["state"].nunique()
        assert drawn["new_0"].size > drawn["new_1"].size, "centres stand out"
        lines = drawn["attachments"].frame
        last = run.attachments[run.attachments["year"] == 1]
        assert len(lines) == len(last)
        assert {"circles_new", "circles_existing"} <= set(drawn)

    def test_points_carry_loads_in_both_languages(self, outcome: Outcome) -> None:
        network = outcome.layers["network"]
        centres = network[(network["level"] == "centre") & (network["state"] != "closed")]
        assert centres["in_use"].str.contains("meals（中）").all()
        assert centres["in_use_en"].str.match(r"meals: \d+ / 50 persons").all()

    def test_plots_show_the_floor(self, outcome: Outcome) -> None:
        titles = [plot.title.en for plot in outcome.report.plots]
        assert "Coverage by year" in titles and "Money by year" in titles
        (floor,) = [plot for plot in outcome.report.plots if "floor" in plot.title.en]
        assert list(floor.figures["en"].data[-1].y) == [50.0, 50.0]


class TestConflict:
    def test_the_report_opens_with_the_rules_in_conflict(self, conflict: PlanRun) -> None:
        assert conflict.status is Status.INFEASIBLE
        outcome = plan_outcome(conflict)
        first, *rules = [text.en for text in outcome.report.warnings]
        assert first.startswith("Proved: no plan")
        assert set(rules[: len(conflict.conflict)]) == {text.en for text in conflict.conflict}
        assert [each.name for each in outcome.sheets] == [
            "conflict", "network", "rules", "floors", "coverage", "unserved",
        ]  # fmt: skip
        assert set(column(sheet(outcome, "rules"), "met")) == {None}, "no plan, nothing kept"
        assert not any("→" in str(fact.value) for fact in outcome.report.facts)

    def test_it_is_written_and_checks(self, conflict: PlanRun, tmp_path: Path) -> None:
        write_run(conflict, tmp_path / "out")
        assert check_run(tmp_path / "out") == ()
        summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
        assert summary["has_plan"] is False and len(summary["conflict"]) == 3
        assert summary["conflict_status"] == "irreducible"


class TestWritten:
    def test_the_checkers_find_nothing_in_either_language(
        self, run: PlanRun, written: Path, tmp_path: Path
    ) -> None:
        assert check_run(written) == ()
        write_run(run, tmp_path / "zh", lang="zh")
        assert check_run(tmp_path / "zh") == ()

    def test_layers_and_files(self, written: Path) -> None:
        found = set(pyogrio.list_layers(written / "result.gpkg")[:, 0])
        wanted = {"network", "attachments", "unserved_demand", "circles", "coverage_by_district"}
        assert wanted <= found
        names = {path.name for path in written.iterdir()}
        assert {"changes.csv", "money.csv", "report.html", "summary.json"} <= names

    def test_tables_of_the_problem_have_names_of_their_own(self, written: Path) -> None:
        with np.load(written / "problem.npz", allow_pickle=False) as data:
            assert {"options.site", "years.capital", "reach.indptr", "level_parent"} <= set(data)
            assert data["kind"] == "plan"
            assert all(data[name].dtype != object for name in data.files)

    def test_written_again_it_is_the_same(
        self, run: PlanRun, written: Path, tmp_path: Path
    ) -> None:
        write_run(run, tmp_path / "again", lang="en")
        for path in sorted(written.iterdir()):
            if path.name != "result.gpkg":  # a GeoPackage notes when it was written
                assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


class TestDamage:
    @pytest.fixture
    def copy(self, written: Path, tmp_path: Path) -> Path:
        return Path(shutil.copytree(written, tmp_path / "copy"))

    def change(self, folder: Path, edit: Callable[[Any], None]) -> None:
        data = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
        edit(data)
        (folder / "answer.json").write_text(json.dumps(data), encoding="utf-8")

    def found(self, folder: Path) -> set[tuple[str, str]]:
        return {(each.kind, each.where) for each in check_run(folder) if each.text("zh")}

    @pytest.mark.parametrize("table", ["changes", "network", "money", "loads", "coverage"])
    def test_a_row_less(self, copy: Path, table: str) -> None:
        path = copy / f"{table}.csv"
        lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
        path.write_text("".join([lines[0], *lines[2:]]), encoding="utf-8-sig")
        assert self.found(copy) == {("table_differs", f"{table}.csv")}

    @pytest.mark.parametrize(
        ("table", "at"),
        [
            ("changes", 9),
            ("money", 1),
            ("money", 6),
            ("loads", 5),
            ("coverage", 5),
            ("coverage", 9),
        ],
    )
    def test_another_figure(self, copy: Path, table: str, at: int) -> None:
        path = copy / f"{table}.csv"
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        cells = [cell.strip('"') for cell in lines[1].split(",")]
        cells[at] = str(float(cells[at]) + 3)
        path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]), encoding="utf-8-sig")
        assert self.found(copy) == {("table_differs", f"{table}.csv")}

    def test_a_site_that_closes_in_the_answer_only(self, copy: Path) -> None:
        def close(data: Any) -> None:
            stands = next(at for at, each in enumerate(data["option"][-1]) if each >= 0)
            data["option"][-1][stands] = -1

        self.change(copy, close)
        assert any(where == "answer.json" for _, where in self.found(copy))

    def test_more_served_today_than_there_is_room_for(self, copy: Path) -> None:
        def serve(data: Any) -> None:
            data["assignments_today"]["amount"][0] += 1000

        self.change(copy, serve)
        assert ("table_differs", "answer.json") in self.found(copy)


class TestPlainCases:
    def write(self, folder: Path, scenario: dict[str, Any], **drop: str) -> tuple[PlanRun, Path]:
        path = write_town(folder / "town", layers(), scenario)
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        path.write_text(yaml.safe_dump({k: v for k, v in data.items() if k not in drop}))
        run = run_plan(*load_scenario(path))
        write_run(run, folder / "out", lang="en")
        return run, folder / "out"

    def test_without_sub_districts_only_the_whole_is_told(self, tmp_path: Path) -> None:
        run, out = self.write(tmp_path, plan(), districts="")
        assert check_run(out) == ()
        outcome = plan_outcome(run)
        assert set(english(column(sheet(outcome, "coverage"), "subdistrict"))) == {"whole district"}
        left = sum(column(sheet(outcome, "unserved"), "left"))
        asked = run.problem.demand.amount.sum() / run.problem.units_per_person
        assert left == pytest.approx(asked - run.served[-1].sum())
        assert not any("sub-district" in fact.label.en for fact in outcome.report.facts)

    def test_one_phase_with_a_name_and_everybody_served(self, tmp_path: Path) -> None:
        care = {"id": "care", "label": {"zh": "照料", "en": "care"}, "walk": False}
        sizes = [{"id": "any", "area_m2": 300}]
        level = {"id": "station", "label": {"zh": "驿站", "en": "station"}, "sizes": sizes}
        premises = {"source": source("premises"), "status": "candidate", "level": "station"}
        run, out = self.write(
            tmp_path,
            plan(
                years=[{"label": "一期"}],
                services=[care],
                levels=[{**level, "offers": ["care"]}],
                sites=[premises],
            ),
        )
        assert check_run(out) == ()
        outcome = plan_outcome(run)
        assert sheet(outcome, "network").title.zh == "一期的设施网络"
        assert sheet(outcome, "unserved").rows == ()
        assert not len(outcome.layers["circles"]), "nobody walks"

    @pytest.mark.parametrize(
        ("aim", "label"), [("min_travel", "mean way"), ("min_worst", "longest")]
    )
    def test_plans_about_ways_tell_them(self, tmp_path: Path, aim: str, label: str) -> None:
        """One station serves two places 100 m and 300 m away."""
        people = points([{"x": 100, "y": 0, "people": 30}, {"x": 300, "y": 0, "people": 10}])
        town = {"demand": people, "stations": points([{"x": 100, "y": 100, "id": "S"}])}
        level = {"id": "station", "label": {"zh": "驿站", "en": "station"}, "offers": ["care"]}
        found = solved(
            tmp_path,
            town,
            demand=[
                {
                    "source": source("demand"),
                    "cells": [{"id": "all", "count": "people", "speed": 1.0}],
                }
            ],
            years=[{"label": 2026}],
            services=[{"id": "care", "label": {"zh": "照料", "en": "care"}, "minutes": 30}],
            levels=[{**level, "sizes": [{"id": "any", "area_m2": 300}]}],
            sites=[{"source": source("stations"), "level": "station", "id": "id"}],
            objective={"aim": aim},
        )
        facts = {fact.label.en: fact.value for fact in plan_outcome(found).report.facts}
        (value,) = [value for name, value in facts.items() if name.startswith(label)]
        # 100 m for 30 people, 300 m for 10: 150 m on average at 1 m/s.
        assert value == {"min_travel": "2.5", "min_worst": "5.0"}[aim]
