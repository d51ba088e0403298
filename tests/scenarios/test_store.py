from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest

from base.faults import FaultError
from optimizer.routing.solution import StepKind
from optimizer.stop import Stop
from scenarios import store
from scenarios.day import Lunch, VisitDay
from scenarios.district import open_district
from scenarios.files import load_scenario
from scenarios.meals import plan_meals
from scenarios.recheck import Finding, check_run
from scenarios.siting.run import run_siting
from scenarios.store import Run, write_run
from scenarios.visits import plan_visits
from tests.scenarios import test_meals as meals
from tests.scenarios import test_siting as siting
from tests.scenarios import test_visits as visits
from tests.small_town import write_town

KINDS = ("siting", "visits", "meals")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    folder = tmp_path_factory.mktemp("town")
    for name in ("visits", "carers", *meals.TABLES):
        (folder / f"{name}.csv").write_text("")
    parts = {**siting.siting(), **visits.PART, **meals.PART, "sources": ["=made up"]}
    scenario, root = load_scenario(write_town(folder, siting.layers(), parts))
    district = open_district(scenario, root)
    assert scenario.meals is not None
    people = tuple(visits.visit(n, 100 * n, 200) for n in range(1, 7))
    together = visits.visit(9, 0, 0, staff=2)
    nobody_can = visits.visit(10, 0, 0, skills=frozenset({"level:5"}))
    day = VisitDay((*people, together, nobody_can), (visits.carer(1), visits.carer(2)))
    orders = tuple(meals.order(n, 100 * n, 100, diet="low_salt") for n in range(8))
    lunch = Lunch(orders, (meals.kitchen(1, portions=7),), (meals.carrier(1), meals.carrier(2)))
    few = Stop(iterations=60)
    return {
        "siting": run_siting(scenario, root, stop=Stop(seconds=30)),
        "visits": plan_visits(district, day, stop=few),
        "meals": plan_meals(district, scenario.meals, lunch, stop=few),
    }


@pytest.fixture(scope="module")
def written(runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("out")
    for kind, run in runs.items():
        write_run(run, folder / kind)
    return {kind: folder / kind for kind in runs}


@pytest.mark.parametrize("kind", KINDS)
class TestWritten:
    def test_the_checkers_find_nothing(self, written: dict[str, Path], kind: str) -> None:
        assert check_run(written[kind]) == ()

    def test_every_file_is_there_and_nothing_else(
        self, written: dict[str, Path], kind: str
    ) -> None:
        names = {path.name for path in written[kind].iterdir()}
        assert {"problem.npz", "answer.json", "summary.json", "result.gpkg", "report.html"} <= names
        layers = set(pyogrio.list_layers(written[kind] / "result.gpkg")[:, 0])
        expected = {
            "siting": {
                "chosen_sites",
                "sites",
                "uncovered_demand",
                "circles",
                "coverage_by_district",
            },
            "visits": {"rounds", "stops", "unserved"},
            "meals": {"rounds", "stops", "unserved", "kitchens"},
        }[kind]
        assert layers == expected
        assert {f"{layer}.geojson" for layer in layers} <= names
        rest = {name for name in names if not name.endswith((".geojson", ".csv"))}
        assert len(rest) == 5
        siblings = [path.name for path in written[kind].parent.iterdir()]
        assert not any(name.startswith(".") for name in siblings)

    def test_json_has_a_schema_version_and_no_numbers_that_json_lacks(
        self, written: dict[str, Path], kind: str
    ) -> None:
        def refuse(word: str) -> float:
            raise AssertionError(word)

        for name in ("answer.json", "summary.json"):
            text = (written[kind] / name).read_text(encoding="utf-8")
            data = json.loads(text, parse_constant=refuse)
            assert data["schema_version"] == 1
            assert data["kind"] == kind

    def test_arrays_need_no_pickle(self, written: dict[str, Path], kind: str) -> None:
        with np.load(written[kind] / "problem.npz", allow_pickle=False) as data:
            assert int(data["schema_version"]) == 1
            assert all(data[name].dtype != object for name in data.files)

    def test_tables_open_in_excel(self, written: dict[str, Path], kind: str) -> None:
        tables = list(written[kind].glob("*.csv"))
        assert len(tables) >= 2
        for path in tables:
            assert path.read_bytes().startswith(b"\xef\xbb\xbf")

    def test_the_report_names_the_sources(self, written: dict[str, Path], kind: str) -> None:
        html = (written[kind] / "report.html").read_text(encoding="utf-8")
        assert "=made up" in html
        assert "小镇" in html and "Small town" in html

    def test_written_again_it_is_the_same_but_for_the_clock(
        self, runs: dict[str, Run], written: dict[str, Path], tmp_path: Path, kind: str
    ) -> None:
        write_run(runs[kind], tmp_path / "again")
        for path in sorted(written[kind].iterdir()):
            if path.name != "result.gpkg":  # a GeoPackage notes when it was written
                assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name

    def test_english_tables_are_read_back_as_well(
        self, runs: dict[str, Run], tmp_path: Path, kind: str
    ) -> None:
        write_run(runs[kind], tmp_path / "en", lang="en")
        assert check_run(tmp_path / "en") == ()


class TestWriting:
    def test_an_earlier_answer_is_replaced(self, runs: dict[str, Run], tmp_path: Path) -> None:
        out = tmp_path / "out"
        write_run(runs["visits"], out)
        write_run(runs["siting"], out)
        assert not (out / "rounds.csv").exists()
        assert check_run(out) == ()
        assert [path.name for path in tmp_path.iterdir()] == ["out"]

    def test_other_peoples_files_are_left_alone(self, runs: dict[str, Run], tmp_path: Path) -> None:
        (tmp_path / "letter.txt").write_text("mine")
        with pytest.raises(FaultError, match="CC-S250"):
            write_run(runs["siting"], tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]

    def test_a_file_in_the_folders_place_is_left_alone(
        self, runs: dict[str, Run], tmp_path: Path
    ) -> None:
        (tmp_path / "out").write_text("mine")
        with pytest.raises(FaultError, match="CC-S250"):
            write_run(runs["siting"], tmp_path / "out")
        assert (tmp_path / "out").read_text() == "mine"

    def test_a_failure_leaves_nothing_behind(
        self, runs: dict[str, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = tmp_path / "out"
        write_run(runs["visits"], out)
        before = {path.name: path.read_bytes() for path in out.iterdir()}

        def fail(*_: object) -> None:
            raise OSError("disk full")

        monkeypatch.setattr(store, "write_report", fail)
        with pytest.raises(OSError, match="disk full"):
            write_run(runs["siting"], out)
        assert [path.name for path in tmp_path.iterdir()] == ["out"]
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before


class TestDamage:
    """Every kind of tampering is found."""

    @pytest.fixture
    def copy(self, written: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
        def make(kind: str) -> Path:
            return Path(shutil.copytree(written[kind], tmp_path / kind))

        return make

    def change(self, folder: Path, edit: Callable[[Any], None], name: str = "answer.json") -> None:
        data = json.loads((folder / name).read_text(encoding="utf-8"))
        edit(data)
        (folder / name).write_text(json.dumps(data), encoding="utf-8")

    def found(self, folder: Path) -> set[tuple[str, str]]:
        findings = check_run(folder)
        assert all(isinstance(item, Finding) and item.text("zh") for item in findings)
        return {(item.kind, item.where) for item in findings}

    def test_another_site(self, copy: Callable[[str], Path]) -> None:
        folder = copy("siting")
        self.change(folder, lambda data: data.update(open_sites=[0, 1, 2]))
        kinds = self.found(folder)
        assert ("wrong_objective", "answer.json") in kinds
        assert ("table_differs", "coverage.csv") in kinds

    def test_another_objective(self, copy: Callable[[str], Path]) -> None:
        folder = copy("siting")
        self.change(folder, lambda data: data["result"].update(objective=10**9))
        kinds = {kind for kind, _ in self.found(folder)}
        assert {"wrong_objective", "table_differs"} <= kinds

    def test_other_arrays(self, copy: Callable[[str], Path]) -> None:
        folder = copy("siting")
        with np.load(folder / "problem.npz") as data:
            arrays = {name: data[name] for name in data.files}
        arrays["demand_weight"] = arrays["demand_weight"] * 2
        with (folder / "problem.npz").open("wb") as file:
            np.savez_compressed(file, **arrays)
        kinds = {kind for kind, _ in self.found(folder)}
        assert {"arrays_changed", "wrong_objective"} <= kinds

    @pytest.mark.parametrize(
        ("kind", "table"),
        [
            ("siting", "chosen_sites.csv"),
            ("visits", "rounds.csv"),
            ("visits", "unserved.csv"),
            ("meals", "rounds.csv"),
            ("meals", "unserved.csv"),
        ],
    )
    def test_a_row_less(self, copy: Callable[[str], Path], kind: str, table: str) -> None:
        folder = copy(kind)
        lines = (folder / table).read_text(encoding="utf-8-sig").splitlines(keepends=True)
        assert len(lines) > 1
        (folder / table).write_text("".join(lines[:-1]), encoding="utf-8-sig")
        assert self.found(folder) == {("table_differs", table)}

    @pytest.mark.parametrize("kind", ["visits", "meals"])
    def test_a_later_start(self, copy: Callable[[str], Path], kind: str) -> None:
        folder = copy(kind)

        def delay(data: Any) -> None:
            step = next(s for s in data["routes"][0]["steps"] if s[0] == str(StepKind.TASK))
            step[3] += 7 * 3600
            step[4] += 7 * 3600

        self.change(folder, delay)
        kinds = self.found(folder)
        assert ("outside_window", "answer.json") in kinds
        assert ("table_differs", "rounds.csv") in kinds

    def test_a_task_forgotten(self, copy: Callable[[str], Path]) -> None:
        folder = copy("visits")

        def forget(data: Any) -> None:
            """The last visit of a route, one that only one person makes."""
            made = Counter(step[1] for route in data["routes"] for step in route["steps"])
            alone = [r for r in data["routes"] if made[r["steps"][-1][1]] == 1]
            alone[0]["steps"].pop()

        self.change(folder, forget)
        assert ("neither_served_nor_listed", "answer.json") in self.found(folder)

    def test_a_summary_that_flatters(self, copy: Callable[[str], Path]) -> None:
        folder = copy("meals")
        self.change(folder, lambda data: data["result"].update(objective=0), "summary.json")
        assert self.found(folder) == {("table_differs", "summary.json")}


class TestUnreadable:
    def test_no_answer(self, tmp_path: Path) -> None:
        with pytest.raises(FaultError, match="CC-S251"):
            check_run(tmp_path)

    def test_another_schema(self, written: dict[str, Path], tmp_path: Path) -> None:
        folder = Path(shutil.copytree(written["siting"], tmp_path / "x"))
        (folder / "answer.json").write_text('{"schema_version": 99}')
        with pytest.raises(FaultError, match="CC-S253"):
            check_run(folder)

    @pytest.mark.parametrize("text", ["", "[", '{"schema_version": 1}', "[1]"])
    def test_broken_answers(self, written: dict[str, Path], tmp_path: Path, text: str) -> None:
        folder = Path(shutil.copytree(written["siting"], tmp_path / "x"))
        (folder / "answer.json").write_text(text)
        with pytest.raises(FaultError, match=r"CC-S25[23]"):
            check_run(folder)

    def test_broken_arrays(self, written: dict[str, Path], tmp_path: Path) -> None:
        folder = Path(shutil.copytree(written["siting"], tmp_path / "x"))
        (folder / "problem.npz").write_bytes(b"PK\x03\x04 nothing")
        with pytest.raises(FaultError, match="CC-S252"):
            check_run(folder)

    def test_a_table_is_gone(self, written: dict[str, Path], tmp_path: Path) -> None:
        folder = Path(shutil.copytree(written["siting"], tmp_path / "x"))
        (folder / "chosen_sites.csv").unlink()
        with pytest.raises(FaultError):
            check_run(folder)
