"""The checker's violations, told with names."""

from __future__ import annotations

from pathlib import Path

import pytest

from base.faults import FaultError
from optimizer.siting.plan.checking.violations import PlanViolation, PlanViolationKind
from scenarios.plan import run as module
from scenarios.plan.case import PlanCase
from scenarios.plan.refusals import refusal_text
from tests.plan_town import compiled, solved
from tests.small_town import source

Kind = PlanViolationKind


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> PlanCase:
    return compiled(
        tmp_path_factory.mktemp("case"),
        rules=[{"count": [], "per": "subdistrict", "at_most": 3}],
        floors=[{"share": 0.5, "service": "care"}],
    )


@pytest.mark.parametrize(
    ("violation", "zh", "en"),
    [
        (PlanViolation(Kind.PARENT_MISSING, 0, 1, None, 0), "（一号站，2027）", "2027)"),
        (PlanViolation(Kind.CAPITAL_EXCEEDED, None, 0, 9, 8), "（2026）", "(2026)"),
        (PlanViolation(Kind.RULE_ABOVE, 1, 0, 4, 3), "East：设施 至多 3 处", "East: sites"),
        (PlanViolation(Kind.FLOOR_MISSED, 0, 1, 4, 8), "care（中）覆盖率", "care reaches"),
        (
            PlanViolation(Kind.MUST_NOT_COVERED, 0, 1),
            "care（中），young，West",
            "care, young, West",
        ),
        (PlanViolation(Kind.BANNED_STANDS, 0, 1), "一号站", "2027"),
        (PlanViolation(Kind.LEAST_SHARE_MISSED, 1, None, 4, 8), "（East）", "(East)"),
    ],
)
def test_names_stand_behind_the_numbers(
    case: PlanCase, violation: PlanViolation, zh: str, en: str
) -> None:
    told = refusal_text(case, violation)
    assert told.zh.startswith(violation.text("zh")) and zh in told.zh
    assert told.en.startswith(violation.text("en")) and en in told.en


def test_what_is_about_the_whole_plan_stands_alone(case: PlanCase) -> None:
    violation = PlanViolation(Kind.WRONG_OBJECTIVE, got=1, expected=2)
    assert refusal_text(case, violation).en == violation.text("en")


def test_every_kind_can_be_told(tmp_path: Path) -> None:
    quotas = [{"source": source("compounds"), "area": "area", "id": "id", "level": "station"}]
    case = compiled(
        tmp_path,
        quotas=quotas,
        rules=[{"count": [], "at_most": 9}],
        floors=[{"share": 0.1, "service": "care"}],
    )
    for kind in Kind:
        told = refusal_text(case, PlanViolation(kind, 0, 0, 0, 0))
        assert told.zh.endswith("2026）") and told.en.endswith("2026)"), kind
    assert "Q1" in refusal_text(case, PlanViolation(Kind.QUOTA_NOT_LISTED, 0, None, 2)).en


def test_a_refused_plan_names_its_sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = PlanViolation(Kind.NO_TAKEOVER, 1, 1)
    monkeypatch.setattr(module, "check", lambda *_: (refused,))
    with pytest.raises(FaultError, match="CC-S206") as told:
        solved(tmp_path)
    assert "二号站，2027" in told.value.faults[0].text("zh")
