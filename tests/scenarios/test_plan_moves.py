"""Moves of residents and clients: whole people, once, from where they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.siting.plan.problem import Assignments
from scenarios.plan.case import PlanCase
from scenarios.plan.moves import moves
from scenarios.plan.outcome import plan_outcome
from tests.plan_town import BEDS, HOME, compiled, homes, plan, solved

YEARS = [{"label": label} for label in (2026, 2027, 2028)]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> PlanCase:
    """Two homes, with 20 and 10 residents, in three years; meals are asked in parts of persons."""
    part = plan()["plan"]
    part["services"][1]["asks"][0]["share"] = 0.33
    folder = tmp_path_factory.mktemp("moves")
    services, levels = [*part["services"], BEDS], [*part["levels"], HOME]
    return compiled(
        folder, services=services, levels=levels, sites=[*part["sites"], homes()], years=YEARS
    )


def told(case: PlanCase, *where: dict[str, float]) -> list[list[object]]:
    """The moves of H1's residents, who are served at these sites, year by year."""
    ids = case.sites["site_id"].tolist()
    home = ids.index("H1")
    (row,) = (case.demand.site == home).nonzero()[0].tolist()
    scale = case.problem.units_per_person
    entries = [
        (year, row, ids.index(site), round(people * scale))
        for year, places in enumerate(where)
        for site, people in places.items()
    ]
    year, rows, site, amount = zip(*entries, strict=True)
    found = moves(case, Assignments(year=year, row=rows, site=site, amount=amount))  # type: ignore[arg-type]
    return found[["year", "from_id", "to_id", "units"]].to_numpy().tolist()


def test_a_move_is_told_once_in_its_year(case: PlanCase) -> None:
    assert told(case, {"H1": 20}, {"H2": 20}, {"H2": 20}) == [[1, "H1", "H2", 20.0]]


def test_the_next_move_starts_where_people_are(case: PlanCase) -> None:
    found = told(case, {"H2": 20}, {"P1": 20}, {"P1": 20})
    assert found == [[0, "H1", "H2", 20.0], [1, "H2", "P1", 20.0]]


def test_only_the_difference_moves(case: PlanCase) -> None:
    found = told(case, {"H1": 15, "H2": 5}, {"H1": 12, "H2": 8}, {"H1": 12, "H2": 8})
    assert found == [[0, "H1", "H2", 5.0], [1, "H1", "H2", 3.0]]


def test_nobody_moves_in_parts(case: PlanCase) -> None:
    """6.6, 6.7 and 6.7 people are 6, 7 and 7, this year and the next."""
    assert case.problem.units_per_person == 10
    places = {"H1": 6.6, "H2": 6.7, "P1": 6.7}
    first, second, last = told(case, places, places, {"H1": 7, "H2": 6, "P1": 7})
    assert sorted([first, second]) == [[0, "H1", "H2", 7.0], [0, "H1", "P1", 7.0]]
    assert last == [2, "H2", "H1", 1.0]


def test_nobody_who_stays_is_listed(case: PlanCase) -> None:
    assert told(case, {"H1": 20}, {"H1": 20}, {"H1": 20}) == []


def test_beds_of_the_whole_district_have_no_worst_sub_district(tmp_path: Path) -> None:
    """Which of the equals gets a bed is arbitrary: no tile and no chart says who did."""
    part = plan()["plan"]
    beds = {**BEDS, "asks": [{"cells": ["old"], "share": 0.5}]}
    found = solved(
        tmp_path,
        services=[*part["services"], beds],
        levels=[*part["levels"], HOME],
        sites=[*part["sites"], homes()],
    )
    report = plan_outcome(found).report
    labels = {fact.label.en for fact in report.facts}
    assert "worst sub-district: care" in labels and "worst sub-district: beds" not in labels
    assert "served: beds" in labels
    titles = {plot.title.en for plot in report.plots}
    assert "Coverage by sub-district: care" in titles
    assert "Coverage by sub-district: beds" not in titles
