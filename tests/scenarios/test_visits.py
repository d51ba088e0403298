from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest

from base.faults import FaultError
from optimizer.routing.check import check
from optimizer.routing.problem import NONE, LinkKind
from optimizer.routing.solution import Reason
from optimizer.stop import Stop
from scenarios.day import VisitDay
from scenarios.district import District, open_district
from scenarios.files import load_scenario
from scenarios.records import Carer, Link, Mode, Tier, Visit
from scenarios.rounds import CARER_WALK_SPEED
from scenarios.tables import write_carers, write_visits
from scenarios.visits import VisitsRun, compile_visits, plan_visits, run_visits
from tests.small_town import CRS, districts, place, source, write_town

HOUR = 3600
DAY = ((8 * HOUR, 12 * HOUR),)
PART = {
    "visits": {
        "day": "2026-03-02",
        "visits": {"path": "visits.csv"},
        "carers": {"path": "carers.csv"},
        "iterations": 60,
    }
}
FEW = Stop(iterations=60)


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> District:
    folder = tmp_path_factory.mktemp("town")
    for name in ("visits.csv", "carers.csv"):
        (folder / name).write_text("")
    return open_district(*load_scenario(write_town(folder, {}, PART)))


def visit(number: int, x: float, y: float, **changes: Any) -> Visit:
    given: dict[str, Any] = {
        "id": f"V{number}",
        "client": f"E{number}",
        "service": "grooming",
        "place": place(x, y),
        "duration": 1800,
        "windows": DAY,
    }
    return Visit(**{**given, **changes})


def carer(number: int, x: float = 500, y: float = 300, **changes: Any) -> Carer:
    given: dict[str, Any] = {
        "id": f"C{number}",
        "skills": frozenset(),
        "shift": (8 * HOUR, 12 * HOUR),
        "start": place(x, y),
        "end": place(x, y),
        "mode": Mode.WALK,
    }
    return Carer(**{**given, **changes})


def plan(district: District, visits: Sequence[Visit], carers: Sequence[Carer]) -> VisitsRun:
    return plan_visits(district, VisitDay(tuple(visits), tuple(carers)), stop=FEW)


class TestCompile:
    def test_ways_are_those_of_the_streets(self, district: District) -> None:
        case = compile_visits(
            district, VisitDay((visit(1, 100, 100), visit(2, 700, 400)), (carer(1),))
        )
        at = case.problem.task_place
        assert case.problem.distance[0, at[0], at[1]] == pytest.approx(900, abs=2)
        seconds = 900 / CARER_WALK_SPEED
        assert case.problem.time[0, at[0], at[1]] == pytest.approx(seconds, abs=2)

    def test_a_matrix_for_every_mode_in_use(self, district: District) -> None:
        carers = (carer(1), carer(2, mode=Mode.EBIKE), carer(3, mode=Mode.EBIKE))
        case = compile_visits(district, VisitDay((visit(1, 100, 100),), carers))
        assert case.travel.modes == (Mode.WALK, Mode.EBIKE)
        assert case.problem.vehicle_mode.tolist() == [0, 1, 1]
        assert case.problem.time[1].max() < case.problem.time[0].max()

    def test_skills_become_bits(self, district: District) -> None:
        skills = [frozenset({"a"}), frozenset({"b", "c"}), frozenset()]
        visits = [visit(n, 100 * n, 100, skills=s) for n, s in enumerate(skills, 1)]
        carers = (carer(1, skills=frozenset({"a", "z"})), carer(2, skills=frozenset({"c", "b"})))
        problem = compile_visits(district, VisitDay(tuple(visits), carers)).problem
        for v, wanted in enumerate(skills):
            for c, known in enumerate(each.skills for each in carers):
                missing = problem.task_skills[v] & ~problem.vehicle_skills[c]
                assert (missing == 0) == (wanted <= known)

    def test_places_met_twice_are_one(self, district: District) -> None:
        visits = (visit(1, 100, 100), visit(2, 100, 100), visit(3, 500, 300))
        case = compile_visits(district, VisitDay(visits, (carer(1), carer(2))))
        assert len(case.places) == case.problem.n_places == 2

    def test_links_staff_windows_and_open_ends_are_carried(self, district: District) -> None:
        visits = (
            visit(1, 100, 100, staff=2, tier=Tier.BASIC),
            visit(2, 100, 100, link=Link("V1", 0, 0)),
            visit(3, 200, 100, link=Link("V1", 600, 1200), end_place=place(600, 100)),
            visit(4, 300, 100, windows=((8 * HOUR, 9 * HOUR), (10 * HOUR, 11 * HOUR))),
        )
        carers = (carer(1, end=None), carer(2, max_work=2 * HOUR))
        problem = compile_visits(district, VisitDay(visits, carers)).problem
        assert problem.task_staff.tolist() == [2, 1, 1, 1]
        assert problem.task_tier.tolist() == [0, 2, 2, 2]
        assert problem.link_kind.tolist() == [LinkKind.SAME_START, LinkKind.SEQUENCE]
        assert problem.link_first.tolist() == [0, 0]
        assert problem.link_second.tolist() == [1, 2]
        assert (problem.link_min[1], problem.link_max[1]) == (600, 1200)
        assert problem.task_place[2] != problem.task_end_place[2]
        assert problem.windows(3).tolist() == [[8 * HOUR, 9 * HOUR], [10 * HOUR, 11 * HOUR]]
        assert problem.vehicle_end[0] == NONE
        assert problem.vehicle_max_work.tolist() == [NONE, 2 * HOUR]

    def test_serving_is_always_worth_its_way(self, district: District) -> None:
        carers = (carer(1, wage=6000), carer(2, wage=3000))
        problem = compile_visits(district, VisitDay((visit(1, 0, 0),), carers)).problem
        whole_shift = problem.vehicle_time_cost * (problem.vehicle_close - problem.vehicle_open)
        assert problem.task_prize.min() > whole_shift.max()

    def test_faults_come_together(self, district: District) -> None:
        visits = (visit(1, 0, 0), visit(1, 0, 0), visit(2, 0, 0, link=Link("V9", 0, 0)))
        with pytest.raises(FaultError) as caught:
            compile_visits(district, VisitDay(visits, ()))
        codes = sorted(fault.code for fault in caught.value.faults)
        assert codes == ["CC-S208", "CC-S209", "CC-S210"]

    def test_more_skills_than_bits(self, district: District) -> None:
        skills = frozenset(f"s{n}" for n in range(64))
        with pytest.raises(FaultError, match="CC-S207"):
            compile_visits(district, VisitDay((visit(1, 0, 0, skills=skills),), (carer(1),)))


class TestPlan:
    def test_everybody_is_visited_once(self, district: District) -> None:
        visits = [visit(n, 100 * n, 200) for n in range(1, 9)]
        run = plan(district, visits, [carer(1), carer(2)])
        served = [stop.step.index for round_ in run.rounds for stop in round_.tasks]
        assert sorted(served) == list(range(8))
        assert not check(run.problem, run.answer)
        assert not run.unserved

    def test_figures_add_up(self, district: District) -> None:
        visits = [visit(n, 100 * n, 200) for n in range(1, 9)]
        run = plan(district, visits, [carer(1), carer(2, end=None)])
        for round_ in run.rounds:
            assert round_.work == round_.travel + round_.service + round_.waiting
            assert round_.service == 1800 * len(round_.tasks)
        cost = sum(
            round_.work * int(run.problem.vehicle_time_cost[round_.vehicle])
            for round_ in run.rounds
        )
        assert run.answer.result.parts["time"] == cost

    def test_reasons(self, district: District) -> None:
        visits = [
            visit(1, 100, 100),
            visit(2, 200, 100, skills=frozenset({"nursing"})),
            visit(3, 300, 100, staff=2),
            visit(4, 400, 100, windows=((15 * HOUR, 16 * HOUR),)),
            visit(5, 500, 100, duration=5 * HOUR),
        ]
        run = plan(district, visits, [carer(1)])
        reasons = {v.id: item.reason for v, item in run.unserved}
        assert reasons["V2"] is Reason.NO_SKILL
        assert reasons["V3"] is Reason.NEEDS_MORE_STAFF
        assert reasons["V4"] is Reason.OUTSIDE_SHIFTS
        assert reasons["V5"] in (Reason.OUTSIDE_SHIFTS, Reason.TOO_LONG)
        assert set(reasons) == {"V2", "V3", "V4", "V5"}

    def test_a_basic_visit_is_never_dropped_for_a_lower_one(self, district: District) -> None:
        hour = 2 * HOUR
        visits = [
            visit(1, 450, 300, duration=hour, tier=Tier.GENERAL),
            visit(2, 550, 300, duration=hour, tier=Tier.GENERAL),
            visit(3, 0, 0, duration=hour, tier=Tier.BASIC),
        ]
        run = plan(district, visits, [carer(1, shift=(8 * HOUR, 11 * HOUR))])
        assert [row.served for row in run.tiers if row.tier is Tier.BASIC] == [1]
        assert {v.id for v, _ in run.unserved} == {"V1", "V2"}

    def test_same_seed_same_plan(self, district: District) -> None:
        rng = np.random.default_rng(3)
        visits = [
            visit(n, 100 * int(rng.integers(11)), 100 * int(rng.integers(7))) for n in range(20)
        ]
        one, two = (plan(district, visits, [carer(1), carer(2), carer(3)]) for _ in range(2))
        assert one.answer.plan == two.answer.plan


class TestRun:
    def test_from_tables(self, tmp_path: Path) -> None:
        path = write_town(tmp_path, {}, PART)
        write_visits(tmp_path / "visits.csv", [visit(n, 100 * n, 100) for n in range(1, 6)])
        write_carers(tmp_path / "carers.csv", [carer(1), carer(2)])
        run = run_visits(*load_scenario(path))
        assert len(run.case.visits) == 5
        assert not run.unserved
        assert run.answer.result.seed == 0

    def test_faults_of_tables_and_streets_come_together(self, tmp_path: Path) -> None:
        streets = {"source": {"path": "streets.geojson"}, "name": "no such column"}
        path = write_town(tmp_path, {}, {**PART, "network": streets})
        write_visits(tmp_path / "visits.csv", [visit(1, 0, 0)])
        (tmp_path / "carers.csv").write_text("护理员\n\n", encoding="utf-8")
        scenario, folder = load_scenario(path)
        with pytest.raises(FaultError) as caught:
            run_visits(scenario, folder)
        text = caught.value.text()
        assert "carers.csv" in text
        assert "no such column" in text

    def test_a_scenario_without_the_part(self, tmp_path: Path) -> None:
        scenario, folder = load_scenario(write_town(tmp_path, {}, {}))
        with pytest.raises(FaultError, match="CC-S200"):
            run_visits(scenario, folder)

    def test_stations_share_out_the_visits_by_their_catchments(self, tmp_path: Path) -> None:
        """Both halves of the town have a station; a visit beyond both goes to the nearer one."""
        west, east = districts().geometry
        halves = gpd.GeoDataFrame({"station_id": ["S1", "S2"]}, geometry=[west, east], crs=CRS)
        visits = [visit(n, 100 * n, 100) for n in range(1, 10)]
        after = Link("V9", 3600, 7200)  # with V9 in the east, though the place is in the west
        visits += [visit(10, 1100, 100), visit(11, 100, 300, link=after)]
        planned = {}
        for station in ("S1", "S2"):
            part = {**PART["visits"], "catchments": source("halves"), "station_id": station}
            path = write_town(tmp_path / station, {"halves": halves}, {"visits": part})
            write_visits(path.parent / "visits.csv", visits)
            write_carers(path.parent / "carers.csv", [carer(1), carer(2)])
            run = run_visits(*load_scenario(path))
            planned[station] = {each.id for each in run.case.visits}
            assert "CC-S274" in {fault.code for fault in run.warnings}
        assert planned["S1"] == {"V1", "V2", "V3", "V4", "V5"}
        assert planned["S2"] == {"V6", "V7", "V8", "V9", "V10", "V11"}

    def test_a_station_that_has_no_catchment(self, tmp_path: Path) -> None:
        part = {**PART["visits"], "catchments": source("districts"), "station_id": "S9"}
        frame = districts().rename(columns={"name": "station_id"})
        path = write_town(tmp_path, {"districts": frame}, {"visits": part, "districts": None})
        write_visits(tmp_path / "visits.csv", [visit(1, 0, 0)])
        write_carers(tmp_path / "carers.csv", [carer(1)])
        with pytest.raises(FaultError, match="CC-S208"):
            run_visits(*load_scenario(path))

    def test_a_layer_without_a_station_makes_no_sense(self, tmp_path: Path) -> None:
        part = {**PART["visits"], "catchments": source("districts")}
        with pytest.raises(FaultError, match="station_id belong together"):
            load_scenario(write_town(tmp_path, {}, {"visits": part}))
