"""The command line from outside: exit codes, files, faults; personal data where it may be only."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests import plan_town
from tests.demo_town import demo_scenario
from tests.small_town import write_town

JOBS = ("site", "visits", "meals")


def call(*args: object, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args], env=env)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder with an answer per job, solved briefly."""
    folder = tmp_path_factory.mktemp("answers")
    for job in JOBS:
        options = [] if job == "site" else ["--data", folder / "data"]
        done = call(
            job, demo_scenario(), "--out", folder / job, "--seconds", 4, "--lang", "en", *options
        )
        assert done.exit_code == 0, done.output
        assert str(folder / job / "report.html") in done.output.replace("\n", "")
    return folder


def test_every_answer_comes_with_its_files(answers: Path) -> None:
    for job in JOBS:
        names = {path.name for path in (answers / job).iterdir()}
        wanted = {"answer.json", "problem.npz", "summary.json", "report.html", "result.gpkg"}
        assert wanted <= names
        assert any(name.endswith(".geojson") for name in names)
        assert any(name.endswith(".csv") for name in names)
        summary = json.loads((answers / job / "summary.json").read_text(encoding="utf-8"))
        assert summary["schema_version"] == 1
        for table in (answers / job).glob("*.csv"):
            assert table.read_bytes().startswith(b"\xef\xbb\xbf"), "Excel needs the BOM"


def test_check_passes_on_what_was_written_and_fails_on_what_was_changed(
    answers: Path, tmp_path: Path
) -> None:
    assert call("check", answers).exit_code == 0
    copy = tmp_path / "site"
    copy.mkdir()
    for path in (answers / "site").iterdir():
        if path.is_file():
            (copy / path.name).write_bytes(path.read_bytes())
    answer = json.loads((copy / "answer.json").read_text(encoding="utf-8"))
    answer["result"]["objective"] += 1
    (copy / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
    done = call("check", copy, "--lang", "en")
    assert done.exit_code == 1
    assert "violation" in done.output


def test_names_and_phones_stand_in_the_printed_sheets_and_nowhere_else(answers: Path) -> None:
    ledger = openpyxl.load_workbook(demo_scenario().parent / "elders.xlsx", read_only=True)
    cells = {str(c) for row in ledger.active.iter_rows(values_only=True) for c in row if c}
    phones = {cell for cell in cells if re.fullmatch(r"139-0000-\d{4}", cell)}
    assert len(phones) > 50
    printed = (answers / "visits" / "sheets" / "carers.html").read_text(encoding="utf-8")
    assert any(phone in printed for phone in phones)
    for path in answers.rglob("*"):
        if path.is_dir() or path.parent.name == "sheets":
            continue
        text = _text_of(path)
        found = [phone for phone in phones if phone in text]
        assert not found, f"{path.name} holds a phone number"


def _text_of(path: Path) -> str:
    if path.suffix == ".gpkg":
        with sqlite3.connect(path) as base:
            return "\n".join(base.iterdump())
    if path.suffix in (".npz", ".xlsx"):
        with zipfile.ZipFile(path) as archive:
            return "".join(archive.read(n).decode("latin-1") for n in archive.namelist())
    return path.read_bytes().decode("utf-8", errors="replace")


def test_printed_sheets_are_for_their_owner_only(answers: Path) -> None:
    for sheets in (answers / "visits" / "sheets", answers / "meals" / "sheets"):
        files = list(sheets.iterdir())
        assert {path.suffix for path in files} == {".html", ".xlsx"}
        assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_workbook_has_a_tab_per_carer_on_a4(answers: Path) -> None:
    book = openpyxl.load_workbook(answers / "visits" / "sheets" / "carers.xlsx")
    routes = json.loads((answers / "visits" / "answer.json").read_text(encoding="utf-8"))["routes"]
    assert len(book.worksheets) == len(routes)
    for page in book.worksheets:
        assert page.page_setup.paperSize == int(page.PAPERSIZE_A4)
        assert page.page_setup.orientation == "landscape"


def test_wrong_scenario_gives_all_faults_and_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(
        "schema_version: 1\nid: Bad Id\nname: {zh: 甲, en: A}\n"
        "network: {source: {path: nowhere.gpkg}}\nunheard_of: 1\n",
        encoding="utf-8",
    )
    done = call("site", path, "--out", tmp_path / "out", "--lang", "zh")
    assert done.exit_code == 2
    assert len(re.findall(r"CC-S\d{3}", done.output)) >= 3
    assert "没有写出任何结果" in done.output
    assert not (tmp_path / "out").exists()


def test_a_plan_is_solved_written_and_checked(tmp_path: Path) -> None:
    scenario = write_town(tmp_path / "town", plan_town.layers(), plan_town.plan())
    done = call("plan", scenario, "--out", tmp_path / "out", "--seconds", 30, "--lang", "en")
    assert done.exit_code == 0, done.output
    assert "served: care" in done.output and "cost over all years" in done.output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["kind"] == "plan" and summary["result"]["status"] == "optimal"
    assert call("check", tmp_path / "out").exit_code == 0


def test_seconds_and_seed_reach_the_plan(tmp_path: Path) -> None:
    scenario = write_town(tmp_path / "town", plan_town.layers(), plan_town.plan())
    done = call("plan", scenario, "--out", tmp_path / "out", "--seed", 7, "--lang", "en")
    assert done.exit_code == 0, done.output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["result"]["seed"] == 7


@pytest.mark.parametrize(
    ("lang", "said", "rule"),
    [
        ("zh", "以下规则不能同时满足", "2027 年运行经费 3,000 元"),
        ("en", "These rules cannot hold together", "running costs in 2027: 3,000 yuan"),
    ],
)
def test_a_plan_that_cannot_be_says_why(tmp_path: Path, lang: str, said: str, rule: str) -> None:
    part = plan_town.plan(
        years=[{"label": 2026}, {"label": 2027, "running_yuan": 3000}],
        rules=[{"count": ["centre"], "per": "subdistrict", "exactly": 1, "from_year": 2027}],
    )
    scenario = write_town(tmp_path / "town", plan_town.layers(), part)
    done = call("plan", scenario, "--out", tmp_path / "out", "--lang", lang)
    assert done.exit_code == 1
    assert said in done.output and rule in done.output
    assert rule in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert call("check", tmp_path / "out").exit_code == 0


def test_missing_part_is_named(tmp_path: Path) -> None:
    text = demo_scenario().read_text(encoding="utf-8")
    folder = demo_scenario().parent
    without = re.sub(r"(?ms)^visits:.*?(?=^\S|\Z)", "", text)
    assert without != text
    for layer in folder.iterdir():
        if layer.suffix != ".yaml":
            (tmp_path / layer.name).symlink_to(layer)
    (tmp_path / "scenario.yaml").write_text(without, encoding="utf-8")
    done = call("visits", tmp_path / "scenario.yaml", "--out", tmp_path / "out", "--lang", "en")
    assert done.exit_code == 2
    assert "visits" in done.output
    assert not (tmp_path / "out").exists()


def test_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    done = call("demo", "--out", tmp_path, "--lang", "en")
    assert done.exit_code == 2
    assert "CC-A001" in done.output
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_the_demo_runs_and_checks_four_jobs(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    done = call("demo", "--out", out, "--size", "S", "--seconds", 3, "--lang", "en")
    assert done.exit_code == 0, done.output
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "四项任务" in page and "four jobs" in page
    for job in ("site", "plan", "visits", "meals"):
        assert f"{job}/report.html" in page and (out / job / "report.html").exists()
    summary = json.loads((out / "plan" / "summary.json").read_text(encoding="utf-8"))
    assert summary["kind"] == "plan" and summary["result"]["status"] in ("optimal", "feasible")


def test_check_of_an_empty_folder_is_a_fault(tmp_path: Path) -> None:
    assert call("check", tmp_path, "--lang", "en").exit_code == 2


def test_network_reports_components_and_saves(tmp_path: Path) -> None:
    layers = demo_scenario().parent / "layers.gpkg"
    saved = tmp_path / "streets.npz"
    done = call("network", layers, "--layer", "streets", "--out", saved, "--lang", "en")
    assert done.exit_code == 0, done.output
    assert "components" in done.output
    again = call("network", saved, "--lang", "zh")
    assert again.exit_code == 0, again.output
    assert "连通分量" in again.output


def test_templates_are_written_and_listed(tmp_path: Path) -> None:
    done = call("templates", tmp_path / "tables", "--lang", "zh")
    assert done.exit_code == 0, done.output
    files = list((tmp_path / "tables").glob("*.xlsx"))
    assert len(files) >= 5
    assert all(str(path.name) in done.output for path in files)


def test_schema_is_json() -> None:
    done = call("schema")
    assert done.exit_code == 0
    assert json.loads(done.output)["title"] == "Scenario"


@pytest.mark.parametrize(
    "command",
    ["demo", "site", "plan", "visits", "week", "meals", "check", "network", "templates", "schema"],
)
def test_help_of_every_command(command: str) -> None:
    done = call(command, "--help")
    assert done.exit_code == 0
    assert "Usage" in done.output


def test_carer_sheets_name_the_carer_even_where_an_elder_has_the_same_id(tmp_path: Path) -> None:
    town = demo_scenario().parent
    for file in town.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    names = {}
    for table, heading in (("visits.xlsx", "老人编号"), ("carers.xlsx", "护理员编号")):
        book = openpyxl.load_workbook(tmp_path / table)
        page = book.worksheets[0]
        headings = [cell.value for cell in page[1]]
        at, name = headings.index(heading) + 1, headings.index("姓名") + 1
        for row in range(2, page.max_row + 1):
            number = re.sub(r"\D", "", str(page.cell(row, at).value)).lstrip("0")
            page.cell(row, at, number)
            names[table, number] = str(page.cell(row, name).value)
        book.save(tmp_path / table)
    done = call(
        *("visits", tmp_path / "scenario.yaml", "--out", tmp_path / "out", "--seconds", 3),
        *("--data", tmp_path / "data", "--lang", "zh"),
    )
    assert done.exit_code == 0, done.output
    printed = (tmp_path / "out" / "sheets" / "carers.html").read_text(encoding="utf-8")
    answer = json.loads((tmp_path / "out" / "answer.json").read_text(encoding="utf-8"))
    used = [id for (table, id) in names if table == "carers.xlsx" and f"日程 {id}<" in printed]
    assert len(used) == len(answer["routes"])
    for id in used:
        assert f"{id} {names['carers.xlsx', id]}" in printed
    both = {id for (table, id) in names if table == "visits.xlsx"} & set(used)
    served = [id for id in both if names["visits.xlsx", id] in printed]
    assert served, "no elder with a carer's id is served"


def test_folders_that_are_files_are_named_before_anything_is_solved(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    done = call("site", demo_scenario(), "--out", file, "--lang", "en")
    assert (done.exit_code, "CC-S250" in done.output) == (2, True)
    done = call("templates", file, "--lang", "zh")
    assert (done.exit_code, "CC-A002" in done.output) == (2, True)
    assert file.read_text() == "mine"


def test_a_layer_of_the_wrong_kind_is_told_briefly() -> None:
    layers = demo_scenario().parent / "layers.gpkg"
    done = call("network", layers, "--layer", "demand", "--lang", "en")
    assert done.exit_code == 2
    assert done.output.count("CC-G026") == 51
    assert re.search(r"and [\d,]+ more of CC-G026", done.output)
