"""Questions about a siting, from the scenario file to the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from base.faults import FaultError
from optimizer.siting.coverage import covered
from optimizer.siting.loss import Loss
from optimizer.stop import Stop
from scenarios.explain.sheets import explain_sheets
from scenarios.explain.siting import explain_siting
from scenarios.explain.telling import (
    Amount,
    Explanation,
    Losers,
    Measure,
    change_text,
    proof_text,
    spaced,
)
from scenarios.files import load_scenario
from scenarios.model_explain import ExplainInput
from scenarios.model_parts import Text
from scenarios.siting.report import siting_outcome
from scenarios.siting.run import SitingRun, run_siting
from tests.scenarios.test_siting import layers, siting
from tests.small_town import source, write_town

ALL = {
    "marginal": True,
    "why_not": ["P0", "P1"],
    "fallback": "all_new",
    "alternatives": {"count": 3, "within_percent": 80},
}
PERSONS = Measure(Text(zh="人", en="persons"), "person", 10.0, higher=True)


def run(folder: Path, explain: dict[str, Any] | None, **changes: Any) -> SitingRun:
    part = siting(explain=explain, **changes)
    scenario, root = load_scenario(write_town(folder, layers(), part))
    return run_siting(scenario, root, stop=Stop(seconds=30))


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> SitingRun:
    return run(tmp_path_factory.mktemp("asked"), ALL)


@pytest.fixture(scope="module")
def found(asked: SitingRun) -> Explanation:
    assert asked.explanation is not None
    return asked.explanation


class TestFindings:
    def test_the_last_site_is_worth_what_it_gained(
        self, asked: SitingRun, found: Explanation
    ) -> None:
        by_id = {row.site_id: row for row in found.values}
        new = set(asked.chosen["site_id"])
        assert {each for each, row in by_id.items() if row.is_open} == {"S1", *new}
        last = asked.chosen.iloc[-1]
        assert by_id[last["site_id"]].value == pytest.approx(last["gain"])

    def test_a_closed_site_is_forced_open(self, asked: SitingRun, found: Explanation) -> None:
        new = set(asked.chosen["site_id"])
        rows = {row.site_id: row for row in found.changes if row.kind == "why_not"}
        assert set(rows) == {"P0", "P1"}
        (closed,) = {"P0", "P1"} - new
        row = rows[closed]
        other = run_with(asked, closed)
        assert row.loss is not None
        assert row.loss.found == row.loss.least == row.loss.most == pytest.approx(other)
        (out,) = row.out
        assert row.text.en.startswith(f"{closed} instead of {out.en}: ") and out.en in new
        assert "proved" in row.text.en and "已证明" in row.text.zh
        for each in rows.keys() & new:
            assert "already" in rows[each].text.en and rows[each].loss is None

    def test_everybody_who_loses_is_counted(self, asked: SitingRun, found: Explanation) -> None:
        for row in found.changes:
            if row.kind == "fallback":
                kept = set(asked.chosen["site_id"]) - {row.site_id}
                kept |= {each.en for each in row.into}
                before = asked.covered_after
                now = covered_by(asked, kept)
                persons = asked.demand.persons
                assert row.losers.lost == pytest.approx(persons[before & ~now].sum())
                assert row.losers.won == pytest.approx(persons[now & ~before].sum())
                assert sum(each for _, each in row.losers.places) == pytest.approx(row.losers.lost)

    def test_alternatives_differ_and_stand_on_the_map(
        self, asked: SitingRun, found: Explanation
    ) -> None:
        rows = found.alternatives
        assert rows is not None and len(rows) == 3
        opened = [frozenset(row.sites) for row in rows]
        assert len({*opened, frozenset(asked.chosen["site_id"])}) == 4
        assert found.layer is not None
        assert set(found.layer["site_id"]) == set().union(*opened) - set(asked.chosen["site_id"])

    def test_the_report_tells_them_in_both_languages(
        self, asked: SitingRun, found: Explanation
    ) -> None:
        outcome = siting_outcome(asked)
        names = [sheet.name for sheet in outcome.sheets]
        assert {"site_values", "why_not", "alternatives"} <= set(names)
        assert "alternative_sites" in outcome.layers
        assert outcome.report.map is not None
        assert "alternatives" in {layer.id for layer in outcome.report.map.layers}
        assert len(outcome.summary["explain"]["changes"]) == len(found.changes)
        for sheet in explain_sheets(found):
            zh, en = sheet.frame("zh"), sheet.frame("en")
            assert zh.shape == en.shape == (len(sheet.rows), len(sheet.columns))
        titles = {table.title.en for table in outcome.report.tables}
        assert "Why not this site, and what if one falls through" in titles


def covered_by(asked: SitingRun, ids: set[str]) -> Any:
    stands = asked.case.sites["site_id"].isin(ids | {"S1"}).to_numpy().nonzero()[0]
    return covered(asked.problem, stands.astype("int32"))


def run_with(asked: SitingRun, closed: str) -> float:
    """The least loss with this site, by trying every partner."""
    objective = asked.answer.result.objective
    assert objective is not None
    weight = asked.problem.demand_weight
    best = max(
        int(weight[covered_by(asked, {closed, other})].sum())
        for other in ("P0", "P1", "P2")
        if other != closed
    )
    return (objective - best) / asked.problem.weight_scale


class TestQuestions:
    def test_unknown_ids_are_told_at_once_with_their_fields(self, tmp_path: Path) -> None:
        with pytest.raises(FaultError) as error:
            run(tmp_path, {"why_not": ["P0", "P9"], "fallback": ["nobody", "S1"]})
        told = [(fault.code, fault.path) for fault in error.value.faults]
        assert told == [
            ("CC-S440", "siting.explain.why_not[1]"),
            ("CC-S440", "siting.explain.fallback[0]"),
        ]
        assert "P0" in error.value.faults[0].text("en") and "P0" in error.value.faults[0].text("zh")

    def test_a_site_that_cannot_stand_is_told_with_its_proof(self, tmp_path: Path) -> None:
        part = siting()["siting"]
        premises = {**part["sites"][2], "status": "required"}
        more = {"source": source("health"), "status": "candidate", "id": "no"}
        found = run(
            tmp_path,
            {"why_not": ["1"]},
            new_sites=3,
            sites=[*part["sites"][:2], premises, more],
        ).explanation
        assert found is not None
        (row,) = found.changes
        assert row.loss is None
        assert "cannot stand" in row.text.en and "(proved)" in row.text.en
        assert "不能设" in row.text.zh and "已证明" in row.text.zh

    def test_what_finds_no_time_is_not_left_out(self, asked: SitingRun) -> None:
        found = explain_siting(asked, ExplainInput.model_validate(ALL), stop=Stop(seconds=0.0))
        assert {row.site_id for row in found.changes} >= {"P0", *asked.chosen["site_id"]}
        closed = [row for row in found.changes if row.site_id == "P0" or row.kind == "fallback"]
        assert all("No time" in row.text.en and row.loss is None for row in closed)
        (warning,) = found.warnings
        assert warning.code == "CC-S450" and "alternatives" in warning.text("en")
        assert "备选方案" in warning.text("zh")

    def test_nothing_asked_is_nothing_told(self, tmp_path: Path) -> None:
        plain = run(tmp_path, None)
        assert plain.explanation is None
        names = {sheet.name for sheet in siting_outcome(plain).sheets}
        assert not names & {"site_values", "why_not", "alternatives"}

    @pytest.mark.parametrize("question", ["lscp", "p_median", "p_center"])
    def test_every_question_has_its_own_measure(self, tmp_path: Path, question: str) -> None:
        found = run(
            tmp_path,
            {"marginal": True, "why_not": ["P0"], "fallback": ["S1", "P2"]},
            question=question,
            new_sites=None if question == "lscp" else 1,
        ).explanation
        assert found is not None
        units = {"lscp": "sites", "p_median": "person-minutes", "p_center": "minutes"}
        assert found.measure.unit.en == units[question] and not found.measure.higher
        (row,) = [row for row in found.changes if row.site_id == "S1"]
        if question == "lscp":
            assert "existing sites stay open" not in row.text.en
        else:
            assert "existing sites stay open" in row.text.en
            (value,) = [row for row in found.values if row.site_id == "S1"]
            assert value.value is None and value.note is not None


class TestWords:
    @pytest.mark.parametrize(
        ("loss", "en", "zh"),
        [
            (Loss(1300, 1204, 1496), "proved loss 120–150 persons", "损失 120–150 人，已证明"),
            (Loss(20, 20, 20), "proved", "已证明"),
            (Loss(20, 0, 29), "proved loss at most 3 persons", "损失至多 3 人，已证明"),
            (Loss(20, 15, None), "proved loss at least 1 person", "损失至少 1 人，已证明"),
            (Loss(20, None, None), "nothing is proved", "未证明"),
        ],
    )
    def test_limits_are_told_no_tighter_than_proved(self, loss: Loss, en: str, zh: str) -> None:
        amount = Amount.of(loss, 10_000, PERSONS)
        assert amount is not None
        assert proof_text(PERSONS, amount) == Text(zh=zh, en=en)

    def test_a_better_answer_is_no_loss(self) -> None:
        amount = Amount.of(Loss(-30, 0, 50), 10_000, PERSONS)
        assert amount is not None
        name = Text(zh="甲", en="A")
        text = change_text("why_not", name, PERSONS, amount, [], [], Losers())
        assert text.en.startswith("A as well: 3 persons more (0.3 %)")
        assert text.zh.startswith("增设甲：多 3 人")

    def test_chinese_stands_apart_from_latin(self) -> None:
        assert spaced(Text(zh="以P0替换甲，少3人", en="")).zh == "以 P0 替换甲，少 3 人"
