"""What the console says where there is no plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api import jobs
from api.console import err
from optimizer.result import Status
from optimizer.siting.plan.explain.conflict import ConflictStatus
from scenarios.model import Text
from scenarios.plan.run import PlanRun
from tests.plan_town import solved


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PlanRun:
    """A plan whose money does not pay for its rules."""
    return solved(
        tmp_path_factory.mktemp("console"),
        years=[{"label": 2026, "running_yuan": 3000}, {"label": 2027}],
        rules=[{"count": ["centre"], "per": "subdistrict", "exactly": 1}],
    )


def said(run: PlanRun, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(err, "print", lambda text, **_: lines.append(text))
    assert jobs._has_answer(run, "en") is False
    return lines


def test_many_rules_are_counted_and_what_is_known_is_said(
    run: PlanRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run.why_none is not None
    found = replace(run, why_none=replace(run.why_none, status=ConflictStatus.PROVED))
    rules = tuple(Text(zh=f"规则 {n}", en=f"rule {n}") for n in range(40))
    found.__dict__["conflict"] = rules  # in place of the cached property
    lines = said(found, monkeypatch)
    assert sum("rule " in line for line in lines) == 15
    assert "  ... and 25 more in conflict.csv" in lines
    assert "some may not be needed" in lines[-1]


def test_too_little_time_is_said(run: PlanRun, monkeypatch: pytest.MonkeyPatch) -> None:
    result = replace(run.answer.result, status=Status.NO_SOLUTION)
    found = replace(run, why_none=None, answer=replace(run.answer, result=result))
    last = said(found, monkeypatch)[-1]
    assert "neither a plan nor a proof that there is none" in last and "more seconds" in last
