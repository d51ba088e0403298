from __future__ import annotations

import geopandas as gpd
import pytest

from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.solution import Reason
from optimizer.siting.problem import Question
from optimizer.stop import Stop
from scenarios.day import VisitDay
from scenarios.district import open_district
from scenarios.files import load_scenario
from scenarios.records import Mode, Tier
from scenarios.rounds import PlaceBook
from scenarios.rounds_report import round_lines
from scenarios.visits import VisitsRun, plan_visits
from scenarios.visits.report import visits_outcome
from scenarios.words import MODES, QUESTIONS, REASONS, STATUSES, TIERS, clock, proof, verdict
from tests.scenarios.test_visits import PART, carer, visit
from tests.small_town import CRS, place, write_town


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> VisitsRun:
    folder = tmp_path_factory.mktemp("town")
    for name in ("visits.csv", "carers.csv"):
        (folder / name).write_text("")
    district = open_district(*load_scenario(write_town(folder, {}, PART)))
    visits = [visit(n, 100 * n, 100 * (n % 5)) for n in range(1, 9)]
    visits.append(visit(9, 300, 500, end_place=place(800, 500)))
    carers = (carer(1), carer(2, end=None), carer(3, mode=Mode.EBIKE))
    return plan_visits(district, VisitDay(tuple(visits), carers), stop=Stop(iterations=40))


def test_lines_follow_the_streets_and_are_as_long_as_the_way(run: VisitsRun) -> None:
    modes = [int(run.problem.vehicle_mode[round_.vehicle]) for round_ in run.rounds]
    lines = round_lines(run.district, run.case.travel, modes, run.rounds)
    metric = gpd.GeoSeries(lines, crs="EPSG:4326").to_crs(CRS)
    streets = run.district.streets.to_frame().to_crs(CRS).union_all().buffer(1)
    for line, round_ in zip(metric, run.rounds, strict=True):
        ride = sum(  # the escort's own way is drawn but is no travel of the round
            500 for stop in round_.tasks if run.case.visits[stop.step.index].end_place
        )
        assert line.length == pytest.approx(round_.metres + ride, abs=3 * len(round_.stops) + 3)
        assert streets.contains(line)


def test_paths_begin_and_end_where_the_day_does(run: VisitsRun) -> None:
    for round_ in run.rounds:
        one = run.case.carers[round_.vehicle]
        ends = [run.case.places[at] for at in (round_.path[0], round_.path[-1])]
        last = run.case.visits[round_.tasks[-1].step.index]
        assert ends[0] == one.start
        assert ends[1] == (one.end or last.end_place or last.place)


def test_places_are_numbered_once() -> None:
    book = PlaceBook()
    assert [book.number(place(x, 0)) for x in (0, 100, 0, 200, 100)] == [0, 1, 0, 2, 1]
    assert len(book) == 3
    assert book.places == (place(0, 0), place(100, 0), place(200, 0))


def test_every_word_exists_in_both_languages() -> None:
    for kind, words in (
        (Reason, REASONS),
        (Status, STATUSES),
        (Tier, TIERS),
        (Mode, MODES),
        (Question, QUESTIONS),
    ):
        assert set(words) == set(kind)
        assert all(text.zh and text.en for text in words.values())
    for status in Status:
        for reason in StopReason:
            result = SolveResult(status, reason, 100, 110, 1.0, 0, "x")
            assert verdict(result).zh and proof(result).zh and proof(result).en
    assert "10.00%" in proof(SolveResult(Status.FEASIBLE, StopReason.TIME, 100, 110, 1, 0, "x")).en


def test_times_of_day_run_on_after_midnight() -> None:
    assert clock(0) == "00:00:00"
    assert clock(25 * 3600 + 61) == "25:01:01"


def test_the_report_tells_rounds_apart(run: VisitsRun) -> None:
    outcome = visits_outcome(run)
    assert len(outcome.layers["rounds"]) == len(run.rounds)
    assert sum(len(sheet.rows) for sheet in outcome.sheets if sheet.name == "rounds") == 9
    english = next(sheet for sheet in outcome.sheets if sheet.name == "rounds").frame("en")
    assert list(english.columns)[:2] == ["carer", "visit"]
