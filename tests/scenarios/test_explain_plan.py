"""Questions about a plan, from the scenario file to the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from base.faults import FaultError
from geo.reach import reach
from geo.snap import snap
from optimizer.siting.plan.evaluate import evaluate
from optimizer.siting.plan.problem import Assignments, PlanProblem
from optimizer.siting.plan.solve import solve
from optimizer.stop import Stop
from scenarios.explain.plan import explain_plan
from scenarios.explain.sheets import explain_plots
from scenarios.explain.telling import Explanation
from scenarios.model_explain import PlanExplainInput
from scenarios.plan.outcome import plan_outcome
from scenarios.plan.run import PlanRun
from tests.plan_town import solved, text
from tests.small_town import source

ONE_YEAR = [{"label": 2027, "capital_yuan": 620, "running_yuan": 6000}]
ONE_CENTRE = [{"count": ["centre"], "per": "district", "exactly": 1}]
ALL: dict[str, Any] = {
    "marginal": True,
    "why_not": ["P3", "P4", "S1"],
    "fallback": ["S1", "P1", "P4"],
    "alternatives": {"count": 2, "within_percent": 20},
    "curve_to": 3,
    "pareto": {"points": 4},
}


def ask(folder: Path, explain: dict[str, Any], **changes: Any) -> PlanRun:
    part: dict[str, Any] = {
        "years": [{"label": 2026, "capital_yuan": 900, "running_yuan": 6000}],
        "rules": ONE_CENTRE,
        "explain": explain,
    }
    return solved(folder, **{**part, **changes})


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> PlanRun:
    return ask(
        tmp_path_factory.mktemp("asked"),
        ALL,
        access={},
        search_areas={"of": "site", "percent": 20},
        catchments={"grid_m": 250},
    )


@pytest.fixture(scope="module")
def found(asked: PlanRun) -> Explanation:
    assert asked.explanation is not None
    return asked.explanation


class TestFindings:
    def test_values_are_the_plans_own(self, asked: PlanRun, found: Explanation) -> None:
        total = evaluate(asked.problem, asked.answer.option, asked.answer.assignments).value
        rows = {row.site_id: row for row in found.values}
        assert set(rows) == set(asked.network["site_id"])
        for row in rows.values():
            assert row.is_open and row.value is not None and row.percent is not None
            assert row.percent == pytest.approx(100 * row.value * asked.case.value_scale / total)
        assert rows["P3"].note is None
        note = rows["P1"].note
        assert note is not None and "exactly 1" in note.en and "恰好 1 处" in note.zh

    def test_what_needs_no_solve_is_said(self, found: Explanation) -> None:
        said = {row.site_id: row.text.en for row in found.changes if row.kind == "why_not"}
        assert "already" in said["P3"] and "already" in said["S1"]
        assert "Nothing may stand" in said["P4"]

    def test_sites_that_cannot_be_left_out(self, found: Explanation) -> None:
        said = {row.site_id: row.text for row in found.changes if row.kind == "fallback"}
        assert said["S1"].en.endswith("In conflict: 一号站 may not close.")
        assert said["S1"].zh.endswith("冲突的规则：一号站 不得关闭。")
        assert "centre" in said["P1"].en and "nothing is lost" in said["P4"].en

    def test_curve_and_front(self, asked: PlanRun, found: Explanation) -> None:
        none, *rest = found.curve
        assert none.value is None and none.status.en == "no answer exists (proved)"
        values = [row.value for row in rest]
        assert values == sorted(values, key=lambda each: each or 0)
        assert all(row.value == row.bound for row in rest)
        assert found.front is not None and found.front_complete
        (mine,) = [row for row in found.front if row.chosen]
        spent = asked.money["capital_yuan"].sum() + asked.money["running_yuan"].sum()
        assert mine.cost_yuan == pytest.approx(spent)
        assert mine.value == values[-1]
        assert [row.cost_yuan for row in found.front] == sorted(
            row.cost_yuan for row in found.front
        )
        assert len(explain_plots(found)) == 2

    def test_the_outcome_holds_all_of_it(self, asked: PlanRun) -> None:
        outcome = plan_outcome(asked)
        told = {"site_values", "why_not", "alternatives", "plan_curve", "pareto"}
        told |= {"access_ways", "access_evenness", "catchments", "search_areas"}
        assert told <= {sheet.name for sheet in outcome.sheets}
        assert {"catchments", "search_areas", "alternative_sites"} <= set(outcome.layers)
        assert outcome.report.map is not None
        ids = [layer.id for layer in outcome.report.map.layers]
        assert len(ids) == len(set(ids)) and {"catchments", "search_areas"} <= set(ids)
        assert len(outcome.summary["explain"]["changes"]) == 6
        for sheet in outcome.sheets:
            assert sheet.frame("zh").shape == sheet.frame("en").shape


class TestTerritory:
    def test_stations_of_the_last_year_share_the_district(self, asked: PlanRun) -> None:
        catchments = asked.territory.catchments
        assert catchments is not None
        assert set(catchments.stations["site_id"]) == {"S1", "S2", "P1", "P3"}
        people = asked.case.demand.people
        assert catchments.catchments["persons"].sum() == pytest.approx(people.persons.sum())

    def test_access_improves_with_what_opens(self, asked: PlanRun) -> None:
        access = asked.territory.access
        assert access is not None
        before, after = access.way["before"], access.way["after"]
        assert (after <= before).all() and (after < before).any()

    def test_areas_promise_what_a_site_covers_first(self, asked: PlanRun) -> None:
        areas = asked.territory.search_areas
        assert areas is not None and set(areas["site_id"]) == {"P1", "P3"}
        gain = areas.set_index("site_id")["gain"]
        care = asked.problem.demand.service == 0
        change = asked.served[-1] - asked.served_today
        worth = asked.case.demand.weight[care] @ change[care]
        assert gain["P1"] + gain["P3"] <= worth + 1e-6

    def test_what_the_areas_leave_out_is_told_by_name(self, asked: PlanRun) -> None:
        (told,) = [fault for fault in asked.warnings if fault.code == "CC-S453"]
        assert told.path == "plan.search_areas"
        assert told.text("en").count("meals") == 1 and "meals（中）" in told.text("zh")
        assert "what care is worth" in told.text("en")

    @pytest.mark.parametrize("services", [1, 2])
    def test_no_premises_inside_loses_more_than_promised(
        self, tmp_path: Path, services: int
    ) -> None:
        """Faded by distance, backed up by a second site: by the plan's own evaluation."""
        run = walked_plan(tmp_path, services, {"full_minutes": 2, "backup": 0.5, "minutes": 8})
        areas = run.territory.search_areas
        assert areas is not None and (areas["area_m2"] > 0).any()
        assert not [fault for fault in run.warnings if fault.code in ("CC-S453", "CC-S454")]
        worst = [
            lost / row.limit_percent_of_site
            for row in areas.itertuples()
            for lost in losses_in_plan(run, row.site_id, row.geometry)
        ]
        assert worst and max(worst) <= 1.0
        assert max(worst) > 0.3, "the areas stay far below what they may lose"

    def test_services_with_counted_places_have_no_areas(self, tmp_path: Path) -> None:
        run = walked_plan(tmp_path, 1, {"capacitated": True})
        (told,) = [fault for fault in run.warnings if fault.code in ("CC-S453", "CC-S454")]
        assert told.code == "CC-S454" and "there are no search areas" in told.text("en")
        assert run.territory.search_areas is None


def walked_plan(folder: Path, services: int, service: dict[str, Any]) -> PlanRun:
    """One year, stations at any premises, one or two services alike."""
    names = ["care", "visits"][:services]
    room = {"care": 500} if "capacitated" in service else {}
    size = {"id": "any", "capacity": room, "opening_cost_yuan": 100}
    level = {"id": "station", "label": text("station"), "offers": names, "sizes": [size]}
    return solved(
        folder,
        years=ONE_YEAR,
        services=[{"id": name, "label": text(name), **service} for name in names],
        levels=[level],
        sites=[
            {"source": source("stations"), "level": "station", "id": "id"},
            {
                "source": source("premises"),
                "status": "candidate",
                "level": "station",
                "id": "id",
                "area": "area",
            },
        ],
        search_areas={"of": "site", "percent": 20},
    )


def losses_in_plan(run: PlanRun, site_id: str, shape: BaseGeometry) -> list[float]:
    """Percent of its own part that premises inside lose in place of a site, evaluated anew."""
    if shape.is_empty:
        return []
    problem, case = run.problem, run.case
    site = list(case.sites["site_id"]).index(site_id)
    rng, (west, south, east, north) = np.random.default_rng(7), shape.bounds
    at = rng.random((400, 2)) * [east - west, north - south] + [west, south]
    at = np.concatenate([at[shapely.contains_xy(shape, *at.T)], shapely.get_coordinates(shape)])
    streets, mode, places = run.district.streets, case.ground.mode, case.demand.people.places
    homes = snap(streets, places.geometry.x.to_numpy(), places.geometry.y.to_numpy(), mode)
    found = reach(streets, snap(streets, *at.T, mode), homes, mode, 2000.0)

    def worth(option: NDArray[np.int32], moved: PlanProblem) -> int:
        return evaluate(moved, option, Assignments.none()).value

    without = np.where(np.arange(problem.n_sites) == site, -1, run.option)
    with_site, rest = worth(run.option, problem), worth(without, problem)
    lost = []
    for number in range(len(at)):
        span = slice(int(found.indptr[number]), int(found.indptr[number + 1]))
        way = np.full(len(places), 10**9)
        way[found.target[span]] = found.cost[span]
        cost = np.rint(way[case.demand.place] / case.demand.speed).astype(np.int64)
        value = worth(run.option, _moved(problem, site, cost))
        lost.append(100 * (with_site - value) / (with_site - rest))
    return lost


def _moved(problem: PlanProblem, site: int, cost: NDArray[np.int64]) -> PlanProblem:
    """The problem with other ways to one site."""
    old, n = problem.reach, problem.n_demand
    rows = np.arange(n, dtype=np.int32)
    a, b = int(old.indptr[site]), int(old.indptr[site + 1])
    after = np.arange(old.indptr.size) > site
    return problem.replace(
        reach=old.replace(
            demand=np.concatenate([old.demand[:a], rows, old.demand[b:]]),
            cost=np.concatenate([old.cost[:a], cost, old.cost[b:]]),
            indptr=old.indptr + np.where(after, n - (b - a), 0),
        )
    )


class TestQuestions:
    def test_unknown_ids_are_told_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(FaultError) as error:
            ask(tmp_path, {"why_not": ["P9", "P1"], "fallback": ["S9"]})
        assert [(fault.code, fault.path) for fault in error.value.faults] == [
            ("CC-S440", "plan.explain.why_not[0]"),
            ("CC-S440", "plan.explain.fallback[0]"),
        ]

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"explain": {"why_not": ["P9"]}}, "CC-S440"),
            ({"catchments": {"units": source("communities"), "id": "no_such"}}, "CC-G"),
            ({"catchments": {"work": [{"cell": "no_such", "per_person": 1}]}}, "CC-S208"),
        ],
    )
    def test_what_is_asked_wrongly_is_told_before_anything_is_solved(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], code: str
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("solved")

        monkeypatch.setattr("scenarios.plan.run.solve", refuse)
        with pytest.raises(FaultError, match=code):
            solved(tmp_path, **changes)

    def test_why_not_is_proved_by_the_best_plan_with_the_site(self, tmp_path: Path) -> None:
        run = ask(tmp_path, {"why_not": ["P3"], "fallback": "all_new"}, years=ONE_YEAR)
        assert run.explanation is not None
        forced, *failing = run.explanation.changes
        mine = np.flatnonzero(
            run.problem.options.site == list(run.case.sites["site_id"]).index("P3")
        )
        best = 0
        for option in mine.tolist():
            request = run.request.replace(forced=(option,))
            other = solve(run.problem, request, stop=Stop(seconds=20))
            best = max(best, other.result.objective or 0)
        objective = run.answer.result.objective
        assert objective is not None and forced.loss is not None
        loss = (objective - best) / run.case.value_scale
        assert forced.loss.found == forced.loss.least == forced.loss.most == pytest.approx(loss)
        assert "site P3" in forced.text.en and "instead of site P2" in forced.text.en
        assert "设施 P2" in forced.text.zh
        assert [row.site_id for row in failing] == ["P1", "P2"]
        assert failing[1].losers.lost > 0 and failing[1].losers.places[0][0].en == "East"

    def test_the_fairest_plan_tells_of_the_worst_place(self, tmp_path: Path) -> None:
        run = ask(tmp_path, {"fallback": ["P2"]}, years=ONE_YEAR, objective={"aim": "max_min"})
        assert run.explanation is not None
        (row,) = run.explanation.changes
        assert "the worst sub-district goes from" in row.text.en and "最差街道" in row.text.zh

    def test_what_finds_no_time_is_told(self, asked: PlanRun) -> None:
        wanted = PlanExplainInput.model_validate(ALL)
        found = explain_plan(asked, wanted, stop=Stop(seconds=0.0))
        assert found.alternatives is None and found.front is None and found.curve == ()
        (warning,) = found.warnings
        assert warning.code == "CC-S450"
        for words in ("what if site P1", "alternatives", "worth against cost"):
            assert words in warning.text("en")

    def test_without_a_plan_nothing_can_be_explained(self, tmp_path: Path) -> None:
        run = ask(tmp_path, ALL, rules=[{"count": ["centre"], "exactly": 4}], access={})
        assert not run.solved and run.explanation is not None
        assert run.explanation.changes == () and run.territory.access is None
