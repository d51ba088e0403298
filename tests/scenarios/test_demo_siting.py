"""Who counts changes where stations should stand: the demo town is made to show it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.result import Status
from optimizer.stop import Stop
from scenarios.files import load_scenario
from scenarios.model import Scenario
from scenarios.siting.run import SitingRun, run_siting
from tests.demo_town import demo_scenario

Weight = Callable[[dict[str, Any]], float]


@pytest.fixture(scope="module")
def written() -> tuple[Scenario, Path]:
    return load_scenario(demo_scenario())


@pytest.fixture(scope="module")
def alike(written: tuple[Scenario, Path]) -> SitingRun:
    return _site(*written, lambda cell: 1.0)


def _site(scenario: Scenario, folder: Path, weight: Weight) -> SitingRun:
    raw = scenario.model_dump(exclude_unset=True)
    raw["siting"].pop("bonus")
    raw["siting"]["curve_to"] = 0
    for cell in raw["siting"]["demand"][0]["cells"]:
        cell["weight"] = weight(cell)
    return run_siting(Scenario.model_validate(raw), folder, stop=Stop(seconds=60))


@pytest.mark.parametrize(("field", "value"), [("age", "80+"), ("ability", "severe")])
def test_weighting_a_group_changes_the_chosen_sites(
    written: tuple[Scenario, Path], alike: SitingRun, field: str, value: str
) -> None:
    scenario, folder = written
    for_group = _site(scenario, folder, lambda cell: 10.0 if cell[field] == value else 1.0)
    assert alike.answer.result.status is for_group.answer.result.status is Status.OPTIMAL
    assert set(alike.chosen["site_id"]) != set(for_group.chosen["site_id"])
    assert _persons(for_group, field, value) > _persons(alike, field, value)
    assert _persons(for_group) < _persons(alike)


def _persons(run: SitingRun, field: str | None = None, value: str = "") -> float:
    """Persons covered by the answer, of one group or of all."""
    cells = run.wanted.demand[0].cells
    mine = [field is None or getattr(cell, field) == value for cell in cells]
    in_group = np.array(mine)[run.demand.group]
    return float(run.demand.persons[run.covered_after & in_group].sum())


def test_new_stations_reach_people_whom_none_reaches_today(alike: SitingRun) -> None:
    before = float(alike.demand.persons[alike.covered_before].sum())
    total = float(alike.demand.persons.sum())
    assert 0.3 * total < before < 0.85 * total
    assert _persons(alike) > before + 0.1 * total
