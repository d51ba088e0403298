"""Multi-trip routing with release dates: the reader, the rules, and both solvers' answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.readers.mtvrptwr import read_multi_trip
from benchmarks.readers.text import FormatError
from benchmarks.suite import Case, Limits
from benchmarks.suites.mtvrptwr import MTVRPTWR, faults_of, ours, run_pyvrp, to_problem

INSTANCE = """NAME: three
TYPE: MTVRPTWR
EDGE_WEIGHT_TYPE: EUC_2D
DIMENSION: 3
VEHICLES: 1
CAPACITY: 10
SERVICE_TIME: 2
NODE_COORD_SECTION
1 0 0
2 3 4
3 1 1
DEMAND_SECTION
1 0
2 6
3 6
TIME_WINDOW_SECTION
1 0 100
2 10 60
3 0 60
RELEASE_TIME_SECTION
1 0
2 20
3 0
VEHICLES_RELOAD_DEPOT_SECTION
1 1
DEPOT_SECTION
1
EOF
"""


def write(folder: Path, old: str = "", new: str = "") -> Path:
    path = folder / "three.vrp"
    assert old in INSTANCE
    path.write_text(INSTANCE.replace(old, new) if old else INSTANCE, encoding="ascii")
    return path


def test_everything_is_cut_off_after_one_decimal(tmp_path: Path) -> None:
    instance = read_multi_trip(write(tmp_path))
    assert instance.ways.tolist() == [[0, 50, 14], [50, 0, 36], [14, 36, 0]]
    assert (instance.capacity, instance.service, instance.vehicles) == (100, 20, 1)
    assert instance.release.tolist() == [0, 200, 0]
    assert instance.closes.tolist() == [1000, 600, 600]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("MTVRPTWR", "CVRP", "TYPE"),
        ("VEHICLES: 1", "VEHICLES: one", "VEHICLES"),
        ("DEMAND_SECTION\n", "", "CAPACITY|numbers|no DEMAND_SECTION|3 numbers|rows of"),
        ("2 6\n3 6", "2 6", "DEMAND_SECTION does not hold 3 rows"),
        ("2 6\n3 6", "3 6\n2 6", "not numbered"),
        ("2 10 60", "2 70 60", "node 2 closes"),
        ("1 1\nDEPOT", "1 2\nDEPOT", "reload"),
        ("DEPOT_SECTION\n1\nEOF", "DEPOT_SECTION\n2\nEOF", "node 1"),
    ],
)
def test_a_file_out_of_form_is_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    with pytest.raises(FormatError, match=why):
        read_multi_trip(write(tmp_path, old, new))


def test_rules_broken_are_named(tmp_path: Path) -> None:
    instance = read_multi_trip(write(tmp_path))
    assert faults_of(instance, [[[2], [1]]]) is None
    assert "capacity" in (faults_of(instance, [[[1, 2]]]) or "")
    assert "unserved" in (faults_of(instance, [[[1]]]) or "")
    assert "vehicles" in (faults_of(instance, [[[1]], [[2]]]) or "")
    late = read_multi_trip(write(tmp_path, "2 20\n3 0", "2 56\n3 0"))
    assert "too late" in (faults_of(late, [[[2], [1]]]) or "")


def test_a_trip_waits_for_its_last_load(tmp_path: Path) -> None:
    problem = to_problem(read_multi_trip(write(tmp_path)))
    assert problem.task_release.tolist() == [200, 0]
    assert problem.vehicle_max_trips.tolist() == [2]


def test_ours_and_pyvrp_make_the_same_two_trips(tmp_path: Path) -> None:
    case = Case("three", write(tmp_path))
    for solver in (ours, run_pyvrp):
        outcome = solver(case, Limits(0, iterations=60))
        assert outcome.status == "feasible", outcome.note
        assert outcome.objective == 128.0
        assert outcome.solution is not None
        first, *_ = outcome.solution.text.splitlines()
        assert first in ("Route #1: 2 0 1", "Route #1: 1 0 2")


def test_solutions_are_read_back_by_pyvrp(tmp_path: Path) -> None:
    pyvrp = pytest.importorskip("pyvrp")
    path = write(tmp_path)
    outcome = ours(Case("three", path), Limits(0, iterations=60))
    assert outcome.solution is not None
    answer = tmp_path / "three.sol"
    answer.write_text(outcome.solution.text, encoding="ascii")
    data = pyvrp.read(path, round_func="dimacs")
    solution = pyvrp.read_solution(answer, data)
    assert solution.is_feasible()
    assert solution.distance() == outcome.objective


def test_the_suite_needs_its_folder(tmp_path: Path) -> None:
    assert MTVRPTWR.cases(None) == []
    (tmp_path / "mtvrptwr").mkdir()
    write(tmp_path / "mtvrptwr")
    (case,) = MTVRPTWR.cases(tmp_path)
    assert case.best_known is None and case.instance == "three"
