"""What a planner reads of a siting: names in both languages, persons that add up."""

from __future__ import annotations

import re

import pytest

from base.faults import FaultError
from optimizer.stop import Stop
from scenarios.files import load_scenario
from scenarios.siting.report import siting_outcome
from scenarios.siting.run import SitingRun, run_siting
from tests.demo_town import demo_scenario


@pytest.fixture(scope="module")
def run() -> SitingRun:
    scenario, folder = load_scenario(demo_scenario())
    return run_siting(scenario, folder, stop=Stop(seconds=20))


def test_persons_of_new_sites_add_up_to_the_coverage(run: SitingRun) -> None:
    whole = run.coverage[0]
    gained = run.chosen["newly_covered"].sum()
    assert gained == pytest.approx(whole.after - whole.before)
    assert run.chosen["covered"].iloc[-1] == pytest.approx(whole.after)
    assert run.weighted, "the town counts the oldest twice, so gains are no persons"
    assert run.chosen["gain"].sum() > gained


def test_headings_tell_persons_from_weighted_persons(run: SitingRun) -> None:
    (chosen,) = [sheet for sheet in siting_outcome(run).sheets if sheet.name == "chosen_sites"]
    labels = {column.key: column.label.en for column in chosen.columns}
    assert "weighted" not in labels["newly_covered"]
    assert "weighted" in labels["gain"]


def test_english_tables_hold_no_chinese(run: SitingRun) -> None:
    for sheet in siting_outcome(run).sheets:
        frame = sheet.frame("en")
        texts = [*frame.columns, *(value for row in frame.to_numpy().tolist() for value in row)]
        chinese = [text for text in texts if re.search("[\u4e00-\u9fff]", str(text))]
        assert not chinese, sheet.name


def test_layers_and_map_carry_both_names(run: SitingRun) -> None:
    outcome = siting_outcome(run)
    chosen = outcome.layers["chosen_sites"]
    assert chosen["subdistrict"].tolist() != chosen["subdistrict_en"].tolist()
    assert outcome.report.map is not None
    labels = outcome.report.map.labels
    assert labels is not None
    assert all(re.fullmatch("[ -~]+", name) for name in labels["name_en"])


def test_faults_name_the_layer_of_a_file_that_holds_many() -> None:
    scenario, folder = load_scenario(demo_scenario())
    assert scenario.siting is not None
    wrong = [site.model_copy(update={"name": "nobody"}) for site in scenario.siting.sites]
    siting = scenario.siting.model_copy(update={"sites": wrong})
    with pytest.raises(FaultError) as told:
        run_siting(scenario.model_copy(update={"siting": siting}), folder)
    named = {str(fault.path).rpartition("#")[2] for fault in told.value.faults}
    assert named == {"stations", "institutions", "candidates"}
