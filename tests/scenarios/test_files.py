"""Scenario files: everything wrong with them, at once, by field and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from base.faults import FaultError
from scenarios.files import SCHEMA_FILE, json_schema, layer_source, load_scenario
from scenarios.model import LayerInput

ROOT = Path(__file__).resolve().parents[2]

GOOD = """
schema_version: 1
id: town
name: {zh: 小镇, en: Town}
district_code: "990101"
network:
  source: {path: layers.gpkg, layer: streets}
siting:
  question: mclp
  new_sites: 3
  demand:
    - source: {path: layers.gpkg, layer: homes}
      cells:
        - {id: a, count: people, share: 0.6}
        - {id: b, count: people, share: 0.4}
  candidates:
    - {on: parcels, source: {path: layers.gpkg, where: {path: x, kind: [a, b]}}}
meals:
  day: 2026-03-02
  window: [10:45, 12:30]
  orders: {path: orders.csv}
  kitchens: {path: kitchens.csv}
  carriers: {path: carriers.csv}
"""
BOMB = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 8)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
"""A few hundred bytes that grow to 150 million texts."""
FILES = ("layers.gpkg", "orders.csv", "kitchens.csv", "carriers.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).touch()
    return tmp_path


def load(folder: Path, text: str, **options: bool):
    file = folder / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    return load_scenario(file, **options)


def faults_of(folder: Path, text: str, **options: bool) -> dict[str, tuple[str, int | None]]:
    """Code and line by field."""
    with pytest.raises(FaultError) as caught:
        load(folder, text, **options)
    for fault in caught.value.faults:
        assert fault.text("zh") != fault.text("en")
    return {
        (fault.path or "").removeprefix("scenario.yaml"): (fault.code, fault.row)
        for fault in caught.value.faults
    }


def test_a_good_file_is_read_with_dates_and_times_as_they_stand(folder: Path) -> None:
    scenario, where = load(folder, GOOD)
    assert where == folder.resolve()
    assert scenario.meals is not None and scenario.meals.window == ("10:45", "12:30")
    assert scenario.meals.day.isoformat() == "2026-03-02"
    assert scenario.siting is not None and scenario.siting.candidates[0].on == "parcels"


def test_all_faults_come_at_once_with_field_and_line(folder: Path) -> None:
    text = (
        GOOD.replace("id: town", "id: Town!")
        .replace("new_sites: 3", "new_sites: many\n  minuts: 3")
        .replace("share: 0.4", "share: 1.4")
        .replace("orders.csv", "ordres.csv")
        .replace("  day: 2026-03-02\n", "")
    )
    assert faults_of(folder, text) == {
        "#/id": ("CC-S006", 3),
        "#/siting/new_sites": ("CC-S006", 10),
        "#/siting/minuts": ("CC-S005", 11),
        "#/siting/demand/0/cells/1/share": ("CC-S006", 16),
        "#/meals/day": ("CC-S004", 19),
        "#/meals/orders/path": ("CC-S001", 21),
    }


def test_a_number_must_be_finite(folder: Path) -> None:
    text = GOOD.replace("  new_sites: 3\n", "  new_sites: 3\n  minutes: 1e999\n")
    assert faults_of(folder, text) == {"#/siting/minutes": ("CC-S006", 11)}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("  candidates:", "  candidats:"), ("question:", "qestion:"), ("share: 0.6", "shar: 0.6")],
)
def test_a_misspelled_field_is_told_its_neighbour(folder: Path, right: str, wrong: str) -> None:
    with pytest.raises(FaultError) as caught:
        load(folder, GOOD.replace(right, wrong))
    meant = right.split(":")[0].strip()
    assert f"did you mean {meant}?" in caught.value.text("en")
    assert f"是否想写 {meant}？" in caught.value.text("zh")


def test_one_fault_for_a_value_with_several_allowed_types(folder: Path) -> None:
    text = GOOD.replace("kind: [a, b]", "kind: {a: b}")
    assert faults_of(folder, text) == {
        "#/siting/candidates/0/source/where/kind": ("CC-S006", 17),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", {"#/a": ("CC-S003", 3)}),
        ("x: {y: 1, y: 2}\n", {"#/x/y": ("CC-S003", 1)}),
        ("a: 1\n\tb: 2\n", {"": ("CC-S002", 2)}),
        ("- 1\n- 2\n", {"": ("CC-S002", 1)}),
        ("", {"": ("CC-S002", 1)}),
        ("a: &a [*a]\n", {"": ("CC-S002", None)}),
        (BOMB, {"": ("CC-S002", None)}),
        ("a: !!python/object:os.system {}\n", {"": ("CC-S002", 1)}),
    ],
)
def test_what_is_no_scenario_at_all(
    folder: Path, text: str, expected: dict[str, tuple[str, int | None]]
) -> None:
    assert faults_of(folder, text) == expected


def test_a_missing_file_and_one_in_another_encoding(folder: Path) -> None:
    with pytest.raises(FaultError, match="CC-S001"):
        load_scenario(folder / "none.yaml")
    (folder / "gb.yaml").write_bytes("name: 北京".encode("gb18030"))
    with pytest.raises(FaultError, match="CC-S002"):
        load_scenario(folder / "gb.yaml")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("  new_sites: 3\n", "", "#/siting/new_sites"),
        ("share: 0.4", "share: 0.5", "#/siting/demand/0/cells"),
        ("id: b,", "id: a,", "#/siting/demand/0/cells"),
        ("id: b,", "id: A,", "#/siting/demand/0/cells"),
        ("on: parcels, source", "on: grid, source", None),
        ("[10:45, 12:30]", "[12:30, 10:45]", "#/meals/window"),
        ("[10:45, 12:30]", "[noon, 12:30]", "#/meals/window"),
    ],
)
def test_fields_that_disagree(folder: Path, old: str, new: str, field: str | None) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    if field is None:
        load(folder, text)
    else:
        assert {path: code for path, (code, _) in faults_of(folder, text).items()} == {
            field: "CC-S007"
        }


def test_new_sites_need_something_to_choose_from(folder: Path) -> None:
    text = GOOD[: GOOD.index("  candidates:")]
    assert set(faults_of(folder, text)) == {"#/siting/candidates"}
    load(folder, text.replace("new_sites: 3", "new_sites: 0"))


def test_visits_take_a_ledger_or_a_list(folder: Path) -> None:
    part = "visits: {{day: 2026-03-02, carers: {{path: orders.csv}}, station: [116, 39]{}}}\n"
    assert set(faults_of(folder, GOOD + part.format(""))) == {"#/visits"}
    both = ", elders: {path: orders.csv}, visits: {path: orders.csv}"
    assert set(faults_of(folder, GOOD + part.format(both))) == {"#/visits"}
    load(folder, GOOD + part.format(", elders: {path: orders.csv}"))
    swapped = part.format(", elders: {path: orders.csv}").replace("[116, 39]", "[39, 116]")
    assert set(faults_of(folder, GOOD + swapped)) == {"#/visits/station"}


def test_paths_may_lead_out_unless_confined(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    text = GOOD.replace("layers.gpkg", "../layers.gpkg")
    for name in FILES[1:]:
        (inner / name).touch()
    scenario, where = load(inner, text)
    assert layer_source(scenario.network.source, where).path == where / "../layers.gpkg"
    codes = {code for code, _ in faults_of(inner, text, confine=True).values()}
    assert codes == {"CC-S008"}


def test_a_layer_source_keeps_every_field(folder: Path) -> None:
    layer = LayerInput(path=Path("a.csv"), crs="gcj02", lon="x", lat="y", where={"k": ["a", 1]})
    source = layer_source(layer, folder)
    assert source.path == folder / "a.csv"
    assert (source.crs, source.lon, source.lat, source.wkt) == ("gcj02", "x", "y", None)
    assert dict(source.where) == {"k": ["a", 1]}


def test_the_published_schema_is_current() -> None:
    published = json.loads((ROOT / SCHEMA_FILE).read_text(encoding="utf-8"))
    assert published == json_schema(), "run: python -m scenarios.files"
