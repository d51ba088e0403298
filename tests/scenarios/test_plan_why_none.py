"""Why there is no plan: what is proved is told as proved, and no more than that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optimizer.result import Status, StopReason
from optimizer.siting.plan.explain.conflict import Conflict, ConflictStatus, Element, ElementKind
from optimizer.siting.plan.explain.conflict_reach import DemandFault
from scenarios.model import Text
from scenarios.plan.conflict import conflict_note, conflict_texts, most_of_conflict
from scenarios.plan.outcome import plan_outcome
from scenarios.plan.run import PlanRun
from tests.plan_town import compiled, plan, solved, text

GONE = "this conflict is gone"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PlanRun:
    """A budget against a rule that holds in every year and bears a label of its own."""
    return solved(
        tmp_path_factory.mktemp("conflict"),
        years=[{"label": 2026, "running_yuan": 3000}, {"label": 2027}],
        rules=[
            {"count": ["centre"], "per": "subdistrict", "exactly": 1, "label": text("one each")}
        ],
    )


def known(run: PlanRun, status: ConflictStatus) -> PlanRun:
    assert run.why_none is not None
    return replace(run, why_none=replace(run.why_none, status=status))


def test_rules_name_their_years_and_keep_their_label(run: PlanRun) -> None:
    assert run.status is Status.INFEASIBLE
    said = {each.en for each in run.conflict}
    assert "West: one each (exactly 1, 2026-2027)" in said
    assert "West：one each（中）（恰好 1 处，2026-2027）" in {each.zh for each in run.conflict}


def test_only_an_irreducible_conflict_goes_with_any_of_its_rules(run: PlanRun) -> None:
    assert run.why_none is not None and run.why_none.status is ConflictStatus.IRREDUCIBLE
    for status in ConflictStatus:
        outcome = plan_outcome(known(run, status))
        sheet = next(each for each in outcome.sheets if each.name == "conflict")
        assert sheet.note is not None
        is_irreducible = status is ConflictStatus.IRREDUCIBLE
        assert (GONE in sheet.note.en) is is_irreducible
        assert ("some may not be needed" in sheet.note.en) is not is_irreducible
        assert sheet.note in outcome.report.warnings
        assert outcome.summary["conflict_status"] == str(status)
        states = {cell.en for row in sheet.rows for cell in row[1:] if isinstance(cell, Text)}
        assert all(("some may" in state) is not is_irreducible for state in states)


def test_long_lists_are_cut_where_people_read_them() -> None:
    rules = [Text(zh=f"规则 {n}", en=f"rule {n}") for n in range(40)]
    assert most_of_conflict(rules[:15]) == tuple(rules[:15])
    shown = most_of_conflict(rules)
    assert len(shown) == 16 and shown[-1].en == "... and 25 more in conflict.csv"


def test_nothing_found_is_not_nothing_possible(run: PlanRun) -> None:
    result = replace(run.answer.result, status=Status.NO_SOLUTION)
    unknown = replace(run, why_none=None, answer=replace(run.answer, result=result))
    first = plan_outcome(unknown).report.warnings[0]
    assert "neither a plan nor a proof that there is none" in first.en
    assert "allow more seconds" in first.en and "relax rules" in first.en
    assert plan_outcome(unknown).summary["conflict_status"] is None


def test_people_who_must_be_served_are_told_by_group(tmp_path: Path) -> None:
    services = plan()["plan"]["services"]
    services[1] = {**services[1], "must": True, "unit": text("portions")}
    case = compiled(tmp_path, services=services)
    rows = np.flatnonzero(case.problem.demand.must & (case.demand.site < 0))
    elements = [Element(ElementKind.MUST_ROW, int(row)) for row in rows]
    whole = Conflict(ConflictStatus.PROVED, tuple(elements), (), 1, StopReason.FINISHED)
    (said,) = conflict_texts(case, whole)
    assert "at 5 places (" in said.en and said.en.endswith("all of them need meals")

    faults = tuple(
        DemandFault(element, 0, np.array([row], dtype=np.int32), None, None)
        for element, row in zip(elements, rows, strict=True)
    )
    found = Conflict(ConflictStatus.IRREDUCIBLE, (elements[0],), faults, 0, StopReason.FINISHED)
    (fault,) = conflict_texts(case, found)
    units = f"{case.demand.units[rows].sum():,.1f} portions at 5 places"
    assert f"nothing that may stand in 2026 reaches {units}" in fault.en
    assert "0 persons" not in fault.en
    assert "by itself" in conflict_note(found).en
