"""A day's wishes, breaks, money and weights as arrays, and back from a plan into sheets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from base.faults import FaultError
from optimizer.routing.check import check
from optimizer.routing.features import used_features
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.solution import Reason as Why
from optimizer.routing.solution import RoutingAnswer, StepKind, Unserved
from scenarios.absences import Absence, AbsenceReason
from scenarios.allowances import Allowance, Balance
from scenarios.catalogue import built_in
from scenarios.day import DayTerms, VisitDay, read_visit_day
from scenarios.district import District, open_district
from scenarios.files import load_scenario
from scenarios.itinerary import carer_sheets
from scenarios.model_day import WeightsInput
from scenarios.records import Asked, Break, Carer, Link, LinkRule, Mode, Sex, Tier, Visit
from scenarios.rounds import COST_SCALE
from scenarios.store import check_run, write_run
from scenarios.tables import write_absences, write_balances, write_carers, write_visits
from scenarios.visits import VisitsCase, VisitsRun, compile_visits
from scenarios.visits.given import GivenVisit, given_answer
from scenarios.visits.report import visits_outcome
from tests.scenarios.test_visits import HOUR, PART, carer, visit
from tests.small_town import place, write_town

TODAY = date(2026, 3, 2)
YUAN = 100 * COST_SCALE


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> District:
    folder = tmp_path_factory.mktemp("town")
    for name in ("visits.csv", "carers.csv"):
        (folder / name).write_text("")
    return open_district(*load_scenario(write_town(folder, {}, PART)))


def compiled(
    district: District, visits: list[Visit], carers: list[Carer], **terms: Any
) -> VisitsCase:
    day = VisitDay(tuple(visits), tuple(carers), terms=DayTerms(day=TODAY, **terms))
    return compile_visits(district, day)


def problem_of(*args: Any, **terms: Any) -> RoutingProblem:
    return compiled(*args, **terms).problem


class TestPairs:
    CARERS = (
        carer(1, sex=Sex.FEMALE, languages=frozenset({"粤语"})),
        carer(2, sex=Sex.MALE),
        carer(3),
    )

    def pairs(self, district: District, asked: Asked, **weights: float) -> RoutingProblem:
        terms = WeightsInput(named_yuan=8, sex_yuan=4, language_yuan=2, continuity_yuan=1)
        terms = terms.model_copy(update=weights)
        return problem_of(district, [visit(1, 0, 0, asked=asked)], list(self.CARERS), weights=terms)

    def test_no_wish_no_columns(self, district: District) -> None:
        assert not used_features(self.pairs(district, Asked()))

    @pytest.mark.parametrize(
        ("asked", "yuan"),
        [
            (Asked(carers=("C2",)), [8, 0, 8]),
            (Asked(carers=("C1", "C3", "C9")), [0, 8, 0]),
            (Asked(sex=Sex.FEMALE), [0, 4, 4]),
            (Asked(language="粤语"), [0, 2, 2]),
            (Asked(last="C3"), [1, 1, 0]),
            (Asked(last="C9"), []),
            (Asked(carers=("C2",), sex=Sex.FEMALE, last="C1"), [8, 5, 13]),
        ],
    )
    def test_broken_wishes_cost(self, district: District, asked: Asked, yuan: list[int]) -> None:
        cost = self.pairs(district, asked).pair_cost
        assert cost.ravel().tolist() == [each * YUAN for each in yuan]

    @pytest.mark.parametrize(
        ("asked", "may"),
        [
            (Asked(carers=("C2",), must=frozenset({"carers"})), [False, True, False]),
            (Asked(carers=("C9",), must=frozenset({"carers"})), [False, False, False]),
            (Asked(sex=Sex.MALE, must=frozenset({"sex"})), [False, True, False]),
            (Asked(language="粤语", must=frozenset({"language"})), [True, False, False]),
            (Asked(avoid=frozenset({"C1", "C9"})), [False, True, True]),
        ],
    )
    def test_musts_forbid(self, district: District, asked: Asked, may: list[bool]) -> None:
        problem = self.pairs(district, asked)
        assert problem.pair_allowed.ravel().tolist() == may
        assert problem.pair_cost.size == 0

    def test_a_must_with_fewer_names_than_people(self, district: District) -> None:
        asked = Asked(carers=("C1",), must=frozenset({"carers"}))
        with pytest.raises(FaultError, match="CC-S221"):
            compiled(district, [visit(1, 0, 0, asked=asked, staff=2)], [carer(1), carer(2)])


class TestTimes:
    def test_stairs_take_time(self, district: District) -> None:
        visits = [
            visit(1, 0, 0, floor=5, lift=False),
            visit(2, 0, 0, floor=5, lift=True),
            visit(3, 0, 0, floor=1),
            visit(4, 0, 0, floor=3),
        ]
        problem = problem_of(district, visits, [carer(1)], floor_seconds=30)
        assert problem.task_duration.tolist() == [1920, 1800, 1800, 1860]

    def test_beginners_take_longer(self, district: District) -> None:
        problem = problem_of(district, [visit(1, 0, 0)], [carer(1), carer(2, pace=1.25)])
        assert problem.pair_duration.tolist() == [[1800, 2250]]

    def test_rides_count_by_mode_and_have_a_limit(self, district: District) -> None:
        visits = [visit(1, 0, 300, end_place=place(900, 300), ride_limit=600)]
        carers = [carer(1), carer(2, mode=Mode.EBIKE), carer(3, mode=Mode.CAR)]
        problem = problem_of(district, visits, carers)
        ride = problem.time[:, problem.task_place[0], problem.task_end_place[0]]
        assert ride[0] > 600 > ride[1]
        assert problem.pair_allowed.tolist() == [[False, True, True]]
        assert problem.pair_duration[0, 1:].tolist() == (1800 + ride[1:]).tolist()

    def test_breaks_overtime_travel_and_waiting(self, district: District) -> None:
        rest = Break((10 * HOUR, 11 * HOUR), 1200)
        carers = [
            carer(1, breaks=(rest,), overtime=HOUR, wage=3600),
            carer(2, breaks=(replace(rest, place=place(0, 0), must=False),), max_travel=900),
            carer(3, overtime=HOUR, wage=3600, overtime_wage=4680),
        ]
        weights = WeightsInput(break_yuan=7, waiting_yuan_per_hour=3.6)
        case = compiled(district, [visit(1, 500, 300)], carers, weights=weights)
        problem = case.problem
        assert problem.break_vehicle.tolist() == [0, 1]
        assert problem.break_prize.tolist() == [NONE, 7 * YUAN]
        assert problem.break_place[0] == NONE
        assert case.places[problem.break_place[1]] == place(0, 0)
        assert problem.vehicle_overtime.tolist() == [HOUR, 0, HOUR]
        assert problem.vehicle_overtime_cost.tolist() == [500, 0, 300]
        assert problem.vehicle_max_travel.tolist() == [NONE, 900, NONE]
        assert problem.vehicle_wait_cost.tolist() == [100] * 3

    def test_soft_windows_and_fairness(self, district: District) -> None:
        weights = WeightsInput(
            late_yuan_per_hour=36,
            worst_late_yuan_per_hour=3.6,
            early_yuan_per_hour=18,
            early_minutes=10,
            idle_yuan_per_hour=0.36,
            balance_yuan_per_hour=0.72,
        )
        problem = problem_of(district, [visit(1, 0, 0)], [carer(1)], weights=weights)
        assert (problem.task_late_cost[0], problem.worst_late_cost) == (1000, 100)
        assert (problem.task_early_cost[0], problem.task_early_limit[0]) == (500, 600)
        assert (problem.worst_idle_cost, problem.balance_cost) == (10, 20)

    def test_windows_for_the_finish(self, district: District) -> None:
        visits = [visit(1, 0, 0, finish_within=True), visit(2, 0, 0)]
        problem = problem_of(district, visits, [carer(1)])
        assert problem.window_at_end.tolist() == [True, False]


class TestLinks:
    def test_kinds(self, district: District) -> None:
        rules = (LinkRule.OTHER_PERSON, LinkRule.SAME_PERSON, LinkRule.NOT_TOGETHER)
        visits = [visit(1, 0, 0)]
        visits += [visit(n, 0, 0, link=Link("V1", rule=r)) for n, r in enumerate(rules, 2)]
        problem = problem_of(district, visits, [carer(1)])
        assert problem.link_kind.tolist() == [
            LinkKind.DIFFERENT_PERSON,
            LinkKind.SAME_PERSON,
            LinkKind.NOT_OVERLAPPING,
        ]

    def test_one_visit_at_a_time_where_windows_meet(self, district: District) -> None:
        early, late = ((8 * HOUR, 9 * HOUR),), ((11 * HOUR + 1800, 12 * HOUR),)
        visits = [
            visit(1, 0, 0, windows=early),
            visit(2, 0, 0, client="E1"),
            visit(3, 0, 0, client="E1", windows=late),
            visit(4, 0, 0, client="E1", link=Link("V1", 600, 1200)),
            visit(5, 0, 0),
        ]
        problem = problem_of(district, visits, [carer(1)], one_at_a_time=True)
        rows = zip(problem.link_first, problem.link_second, problem.link_kind, strict=True)
        found = {(int(a), int(b)): LinkKind(k) for a, b, k in rows}
        assert found.pop((0, 3)) is LinkKind.SEQUENCE
        assert set(found) == {(0, 1), (1, 2), (1, 3), (2, 3)}
        assert set(found.values()) == {LinkKind.NOT_OVERLAPPING}


class TestWorth:
    def test_a_call_is_worth_its_share(self, district: District) -> None:
        visits = [visit(1, 0, 0, remote=0.25), visit(2, 0, 0)]
        problem = problem_of(district, visits, [carer(1)], by_phone=True)
        assert problem.task_remote_cost[0] == pytest.approx(0.75 * problem.task_prize[0], abs=1)
        assert problem.task_remote_cost[1] == NONE
        assert not used_features(problem_of(district, visits, [carer(1)]))

    def test_allowances_limit_and_expiring_money_comes_first(self, district: District) -> None:
        visits = [
            visit(1, 0, 0, price=4_000),
            visit(2, 0, 0, price=4_000, tier=Tier.BASIC),
            visit(3, 0, 0, price=4_000),
            visit(4, 0, 0, price=4_000),
        ]
        allowances = {
            "E1": Allowance("E1", 10_000, date(2026, 3, 31)),
            "E2": Allowance("E2", 3_000, date(2026, 3, 10)),
            "E3": Allowance("E3", 9_000, date(2026, 3, 1)),
        }
        problem = problem_of(district, visits, [carer(1)], allowances=allowances)
        assert problem.task_payer.tolist() == [0, 1, 2, NONE]
        assert problem.task_price.tolist() == [4_000, 4_000, 4_000, 0]
        assert problem.payer_limit.tolist() == [10_000, 3_000, 0]
        usual = problem.task_prize[0]
        assert (problem.task_prize - usual).tolist() == [0, 3_000 * COST_SCALE, 0, 0]

    def test_shared_equipment(self, district: District) -> None:
        visits = [visit(1, 0, 0, equipment="stair_climber"), visit(2, 0, 0)]
        problem = problem_of(district, visits, [carer(1)], equipment={"stair_climber": 2})
        assert problem.task_equipment.tolist() == [0, NONE]
        assert problem.equipment_count.tolist() == [2]
        assert not used_features(problem_of(district, visits, [carer(1)]))
        with pytest.raises(FaultError, match="CC-S222"):
            compiled(district, visits, [carer(1)], equipment={"crane": 1})

    def test_serving_stays_worth_while_with_all_weights(self, district: District) -> None:
        weights = WeightsInput(waiting_yuan_per_hour=500, named_yuan=5_000)
        asked = Asked(carers=("C2",))
        carers = [carer(1, overtime=HOUR), carer(2)]
        problem = problem_of(district, [visit(1, 0, 0, asked=asked)], carers, weights=weights)
        dearest = problem.vehicle_time_cost + problem.vehicle_wait_cost
        dearest = dearest + problem.vehicle_overtime_cost
        most = dearest * (problem.vehicle_close - problem.vehicle_open + problem.vehicle_overtime)
        assert problem.task_prize[0] > most.max() + problem.pair_cost.max()


@pytest.fixture(scope="module")
def run(district: District) -> VisitsRun:
    """A day with a break, broken wishes, a call, allowances and absences, planned by hand."""
    rest = Break((9 * HOUR, 11 * HOUR), 1800)
    allowances = {"E1": Allowance("E1", 10_000, date(2026, 3, 10))}
    day = VisitDay(
        (
            visit(1, 100, 300, price=4_000, asked=Asked(carers=("C2",), last="C1")),
            visit(2, 300, 300, asked=Asked(last="C2"), floor=6, lift=False),
            visit(3, 700, 300, remote=0.5, windows=((20 * HOUR, 21 * HOUR),)),
            visit(4, 900, 300, tier=Tier.BASIC, windows=((20 * HOUR, 21 * HOUR),)),
        ),
        (carer(1, breaks=(rest,)), carer(2)),
        terms=DayTerms(day=TODAY, by_phone=True, allowances=allowances),
        suspended=((visit(8, 0, 0), Absence("E8", False, TODAY, None, AbsenceReason.HOSPITAL)),),
        off=((carer(9), Absence("C9", True, TODAY, TODAY, AbsenceReason.LEAVE)),),
    )
    case = compile_visits(district, day)
    plan = [
        GivenVisit("V1", ("C1",), 9 * HOUR - 600),
        GivenVisit("V2", ("C1",), 10 * HOUR),
    ]
    answer = given_answer(case, plan)
    reasons = tuple(Unserved(task, Why.OUTSIDE_SHIFTS) for task in answer.plan.unserved)
    return VisitsRun(case, RoutingAnswer(answer.plan, reasons, answer.result, answer.counts))


class TestReadBack:
    def test_the_plan_is_sound(self, run: VisitsRun) -> None:
        assert check(run.problem, run.answer) == ()

    def test_a_break_is_taken_at_the_next_client(self, run: VisitsRun) -> None:
        (round_,) = run.rounds
        kinds = [stop.step.kind for stop in round_.stops]
        assert kinds == [StepKind.TASK, StepKind.BREAK, StepKind.TASK]
        assert round_.stops[1].place == round_.stops[2].place
        assert round_.stops[2].travel == 0 and round_.rest == 1800
        assert round_.work == round_.travel + round_.service + round_.waiting + round_.rest

    def test_calls_are_not_unserved(self, run: VisitsRun) -> None:
        assert [v.id for v in run.by_phone] == ["V3"]
        assert [v.id for v, _ in run.unserved] == ["V4"]
        assert {(t.tier, t.asked, t.served, t.by_phone) for t in run.tiers} == {
            (Tier.BASIC, 1, 0, 0),
            (Tier.GENERAL, 3, 2, 1),
        }

    def test_wishes_are_counted_by_kind(self, run: VisitsRun) -> None:
        assert {w.key: (w.asked, w.kept) for w in run.wishes} == {
            "carers": (1, 0),
            "last": (2, 1),
        }

    def test_costs_add_up_by_name(self, run: VisitsRun) -> None:
        rows = {(row.key, row.tier): row for row in run.costs}
        assert sum(row.value for row in run.costs) == run.answer.result.objective
        assert rows["preferences", None].value == 10 * YUAN
        assert rows["continuity", None].value == 3 * YUAN
        assert rows["unserved", Tier.BASIC].amount == 1
        assert rows["unserved", Tier.GENERAL].value == 0
        assert rows["remote", None].amount == 1

    def test_allowances_by_client(self, run: VisitsRun) -> None:
        (row,) = run.spending
        assert (row.client, row.before, row.planned, row.left) == ("E1", 10_000, 4_000, 6_000)
        assert row.soon

    def test_report_and_sheets_in_both_languages(self, run: VisitsRun) -> None:
        outcome = visits_outcome(run)
        sheets = {sheet.name: sheet for sheet in outcome.sheets}
        assert {"rounds", "costs", "by_phone", "allowances", "away"} <= sheets.keys()
        for lang in ("zh", "en"):
            for sheet in sheets.values():
                frame = sheet.frame(lang)  # type: ignore[arg-type]
                assert len(frame) == len(sheet.rows)
        assert outcome.summary["by_phone"] == 1 and outcome.summary["served"] == 2
        assert outcome.summary["suspended"] == outcome.summary["carers_away"] == 1
        total = sum(outcome.summary["objective_yuan"].values())
        assert total == pytest.approx(run.answer.result.objective / YUAN)
        english = sheets["rounds"].frame("en")
        assert english["service"].tolist()[1] == "break"
        assert english["wishes"].tolist()[0] == "named person ✗; same person again ✓"

    def test_what_is_written_checks_out_and_what_is_changed_does_not(
        self, run: VisitsRun, tmp_path: Path
    ) -> None:
        write_run(run, tmp_path / "out")
        assert check_run(tmp_path / "out") == ()
        calls = tmp_path / "out" / "by_phone.csv"
        calls.write_text(calls.read_text(encoding="utf-8").replace("V3", "V4"), encoding="utf-8")
        assert [found.where for found in check_run(tmp_path / "out")] == ["by_phone.csv"]

    def test_paper_shows_breaks_and_stairs(self, run: VisitsRun) -> None:
        (sheet,) = carer_sheets(run, built_in(), {}, "en")
        assert [row.cells[5] for row in sheet.rows][1] == "break"
        assert "floor 6, no lift" in sheet.rows[2].cells[7]
        assert ("visits", "2") in sheet.facts


def test_a_scenario_states_it_all(tmp_path: Path) -> None:
    part = {
        **PART["visits"],
        "breaks": [{"window": ["9:30", "11:00"], "minutes": 20, "min_shift_hours": 3}],
        "weights": {"waiting_yuan_per_hour": 3.6},
        "equipment": {"stair_climber": 1},
        "allowances": {"balances": {"path": "balances.csv"}},
        "absences": {"path": "absences.csv"},
        "holidays": ["2026-03-02"],
        "by_phone": True,
        "one_at_a_time": True,
        "floor_seconds": 60,
    }
    path = write_town(tmp_path, {}, {"visits": part})
    visits = [visit(1, 0, 0, tier=Tier.BASIC, floor=3), visit(2, 100, 0), visit(3, 200, 0)]
    write_visits(tmp_path / "visits.csv", visits)
    carers = [carer(1), carer(2, holidays=False), carer(3, breaks=()), carer(4)]
    write_carers(tmp_path / "carers.csv", [*carers, carer(5, shift=(8 * HOUR, 10 * HOUR))])
    away = [Absence("E2", False, TODAY), Absence("C4", True, date(2026, 3, 1), TODAY)]
    write_absences(tmp_path / "absences.csv", away)
    write_balances(tmp_path / "balances.csv", [Balance("E1", 7_700)])
    scenario, folder = load_scenario(path)
    assert scenario.visits is not None
    day = read_visit_day(scenario.visits, folder)
    assert [each.id for each in day.visits] == ["V1", "V3"]
    assert [each.id for each in day.carers] == ["C1", "C3", "C5"]
    rest = Break((34_200, 39_600), 1_200)
    assert [each.breaks for each in day.carers] == [(rest,), (), ()]
    assert day.terms.allowances == {"E1": Allowance("E1", 7_700, date(2026, 3, 31))}
    assert (day.terms.floor_seconds, day.terms.one_at_a_time) == (60, True)
    assert len(day.suspended) == 1 and len(day.off) == 2


@pytest.mark.parametrize("window", [["11:00", "9:30"], ["soon", "9:30"]])
def test_a_break_whose_window_is_none(tmp_path: Path, window: list[str]) -> None:
    part = {**PART["visits"], "breaks": [{"window": window}]}
    with pytest.raises(FaultError, match="CC-S007"):
        load_scenario(write_town(tmp_path, {}, {"visits": part}))
