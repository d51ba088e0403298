"""The unified home healthcare family: reader, rules and costs, and our problem for it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.readers.text import FormatError
from benchmarks.readers.uhhc import HealthCare, read_uhhc
from benchmarks.readers.uhhc_rules import LUNCH, Costs, Stop, evaluate
from benchmarks.suite import NotExpressible
from benchmarks.suites.uhhc import UHHC, rounds_of, solution_of, to_problem
from optimizer.routing.problem import NONE, LinkKind
from optimizer.routing.solution import Plan, Route, Step, StepKind

# Places: 0 the depot, 1 and 2 the patients. Ways there 10 and 20 minutes, back 11 and 21,
# 5 from one patient to the other.
INSTANCE: dict[str, Any] = {
    "metadata": {
        "name": "tiny",
        "time_window_met": "at_service_end",
        "cost_components": {
            "travel_time": 2,
            "total_tardiness": 3,
            "highest_tardiness": 5,
            "total_waiting_time": 7,
            "total_extra_time": 11,
            "max_idle_time": 13,
            "caregiver_preferences": 17,
            "optional_patients": 100,
            "missed_lunch_break": 50,
        },
        "horizon": 600,
    },
    "distances": [[0, 10, 20], [11, 0, 5], [21, 5, 0]],
    "terminal_points": [{"id": "d0", "distance_matrix_index": 0}],
    "caregivers": [
        {
            "id": "c1",
            "abilities": ["s1", "s2"],
            "departing_point": "d0",
            "arrival_point": "d0",
            "working_shift": {"start": 60, "end": 300},
            "lunch_break": True,
        },
        {
            "id": "c2",
            "abilities": ["s2", "s3"],
            "departing_point": "d0",
            "arrival_point": "d0",
            "working_shift": {"start": 0, "end": 300},
            "lunch_break": False,
        },
    ],
    "patients": [
        {
            "id": "p1",
            "distance_matrix_index": 1,
            "required_services": [{"service": "s1", "duration": 30}],
            "time_windows": [{"start": 100, "end": 140}, {"start": 200, "end": 240}],
            "preferred_caregivers": ["c2"],
            "optional": False,
        },
        {
            "id": "p2",
            "distance_matrix_index": 2,
            "required_services": [{"service": "s2"}, {"service": "s3", "duration": 20}],
            "synchronization": {"type": "sequential", "distance": {"min": 10, "max": 40}},
            "time_windows": [{"start": 120, "end": 180}],
            "optional": True,
        },
    ],
    "services": [
        {"id": "s1", "type": "a"},
        {"id": "s2", "type": "b", "default_duration": 25},
        {"id": "s3", "type": "c"},
    ],
    "lunch_breaks": {"start": 90, "end": 200, "min_duration": 30},
}
S1, S2, S3 = 0, 1, 2


def read(
    folder: Path, change: Callable[[dict[str, Any]], object] = lambda data: None
) -> HealthCare:
    data = copy.deepcopy(INSTANCE)
    change(data)
    path = folder / "tiny.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return read_uhhc(path)


def cost(instance: HealthCare, *rounds: list[Stop]) -> Costs:
    costs = evaluate(instance, rounds)
    assert isinstance(costs, Costs), costs
    return costs


def test_every_component_is_counted_as_the_family_says(tmp_path: Path) -> None:
    # c1 leaves at 90, serves p1 100-130, is at p2 at 135, lunches there 140-170, serves 170-195,
    # is back at 216. c2 leaves at 190, serves 210-230, is back at 251.
    costs = cost(read(tmp_path), [(S1, 100.0), (LUNCH, 140.0), (S2, 170.0)], [(S3, 210.0)])
    assert costs.parts == {
        "travel_time": 2 * (10 + 5 + 0 + 21 + 20 + 21),
        "total_tardiness": 3 * (15 + 50),
        "highest_tardiness": 5 * 50,
        "total_waiting_time": 7 * 5,
        "total_extra_time": 0,
        "max_idle_time": 13 * (190 + 49),
        "caregiver_preferences": 17,
        "optional_patients": 0,
        "missed_lunch_break": 0,
    }
    assert costs.total == sum(costs.parts.values())


def test_tardiness_is_against_the_window_in_force(tmp_path: Path) -> None:
    instance = read(tmp_path)
    late_for_the_first = cost(instance, [(S1, 199.0)], [])
    assert late_for_the_first.parts["total_tardiness"] == 3 * (199 + 30 - 140)
    assert cost(instance, [(S1, 200.0)], []).parts["total_tardiness"] == 0
    at_start = read(
        tmp_path, lambda data: data["metadata"].update(time_window_met="at_service_start")
    )
    assert cost(at_start, [(S1, 240.0)], []).parts["total_tardiness"] == 0
    assert cost(at_start, [(S1, 244.0)], []).parts["highest_tardiness"] == 5 * 4


def test_waiting_after_a_lunch_that_comes_first_is_idle_but_not_waiting(tmp_path: Path) -> None:
    # Leaves at 90, lunches 100-130 at p1, waits 70, serves 200-230, is back at 241.
    costs = cost(read(tmp_path), [(LUNCH, 100.0), (S1, 200.0)], [])
    assert costs.parts["total_waiting_time"] == 0
    assert costs.parts["max_idle_time"] == 13 * max(30 + 70 + 59, 300)
    assert costs.parts["optional_patients"] == 100


def test_a_caregiver_at_home_has_lunch_there_or_misses_it(tmp_path: Path) -> None:
    def swap(data: dict[str, Any]) -> None:
        data["caregivers"][1]["abilities"] = ["s1"]

    instance = read(tmp_path, swap)
    stays = cost(instance, [], [(S1, 100.0)])
    lunches = cost(instance, [(LUNCH, 90.0)], [(S1, 100.0)])
    assert (stays.parts["missed_lunch_break"], lunches.parts["missed_lunch_break"]) == (50, 0)
    assert stays.parts["max_idle_time"] == 13 * max(240, 90 + 300 - 141)
    assert lunches.parts["travel_time"] == stays.parts["travel_time"]


def test_extra_time_is_counted_from_the_end_of_the_shift(tmp_path: Path) -> None:
    costs = cost(read(tmp_path), [(S1, 290.0)], [])
    assert costs.parts["total_extra_time"] == 11 * (290 + 30 + 11 - 300)


@pytest.mark.parametrize(
    ("rounds", "why"),
    [
        ([[], []], "not visited"),
        ([[(S1, 99.0)], []], "before the first window"),
        ([[(S1, 100.0), (S2, 134.0)], [(S3, 150.0)]], "at 135"),
        ([[(S1, 100.0), (S2, 135.0)], []], "one service of two"),
        ([[(S1, 100.0), (S2, 135.0)], [(S3, 144.0)]], "start 9 apart"),
        ([[(S1, 100.0), (S2, 135.0)], [(S3, 176.0)]], "start 41 apart"),
        ([[(S1, 100.0)], [(S2, 135.0), (S3, 160.0)]], "one person"),
        ([[(S1, 100.0), (S3, 135.0)], []], "may not do"),
        ([[(S1, 100.0), (S1, 200.0)], []], "twice"),
        ([[(LUNCH, 89.0), (S1, 200.0)], []], "lunch at 89"),
        ([[(LUNCH, 171.0), (S1, 210.0)], []], "lunch at 171"),
        ([[(S1, 100.0), (LUNCH, 131.0), (LUNCH, 161.0)], []], "lunch twice"),
        ([[(S1, 100.0)], [(LUNCH, 100.0)]], "no lunch break"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, rounds: list[list[Stop]], why: str) -> None:
    told = evaluate(read(tmp_path), rounds)
    assert isinstance(told, str) and why in told, told


def test_nobody_leaves_before_the_shift(tmp_path: Path) -> None:
    def later(data: dict[str, Any]) -> None:
        data["caregivers"][0]["working_shift"] = {"start": 91, "end": 300}

    told = evaluate(read(tmp_path, later), [[(S1, 100.0)], []])
    assert isinstance(told, str) and "before the shift" in told


def test_incompatible_caregivers_and_components_that_must_be_zero(tmp_path: Path) -> None:
    def bar(data: dict[str, Any]) -> None:
        data["patients"][0]["incompatible_caregivers"] = ["c1"]

    told = evaluate(read(tmp_path, bar), [[(S1, 100.0)], []])
    assert isinstance(told, str) and "may not do" in told

    def forbid(data: dict[str, Any]) -> None:
        data["metadata"]["cost_components"]["missed_lunch_break"] = "HARD"

    told = evaluate(read(tmp_path, forbid), [[(S1, 100.0)], []])
    assert isinstance(told, str) and "missed_lunch_break" in told


def test_the_problem_says_what_the_instance_says(tmp_path: Path) -> None:
    problem = to_problem(read(tmp_path))
    assert problem.task_duration.tolist() == [30, 25, 20]
    assert problem.windows(0).tolist() == [[100, 140], [200, 240]]
    assert problem.window_at_end.all() and problem.task_late_window.all()
    assert problem.pair_allowed.tolist() == [[True, False], [True, True], [False, True]]
    assert problem.pair_cost.tolist() == [[17, 0], [0, 0], [0, 0]]
    assert problem.task_tier.tolist() == [0, 1, 1]
    assert problem.task_prize[1:].sum() == 100
    assert problem.link_kind.tolist() == [LinkKind.SEQUENCE]
    assert (problem.link_min.tolist(), problem.link_max.tolist()) == ([10], [40])
    assert problem.break_vehicle.tolist() == [0] and problem.break_place.tolist() == [NONE]
    assert (problem.break_open[0], problem.break_close[0], problem.break_prize[0]) == (90, 170, 50)
    assert (problem.worst_late_cost, problem.worst_idle_cost) == (5, 13)
    assert problem.vehicle_distance_cost.tolist() == [2, 2]
    assert problem.vehicle_overtime_cost.tolist() == [11, 11]
    assert problem.vehicle_wait_cost.tolist() == [7, 7]
    assert problem.task_late_cost.tolist() == [3, 3, 3]


def test_hard_components_become_rules(tmp_path: Path) -> None:
    def harden(data: dict[str, Any]) -> None:
        costs = data["metadata"]["cost_components"]
        for name in ("total_tardiness", "total_extra_time", "caregiver_preferences"):
            costs[name] = "HARD"
        costs["optional_patients"] = costs["missed_lunch_break"] = "HARD"

    problem = to_problem(read(tmp_path, harden))
    assert problem.task_late_cost.tolist() == [NONE, NONE, NONE]
    assert problem.vehicle_overtime.tolist() == [0, 0]
    assert not problem.pair_allowed[0].any()
    assert problem.task_tier.tolist() == [0, 0, 0]
    assert problem.break_prize.tolist() == [NONE]

    def no_idle(data: dict[str, Any]) -> None:
        data["metadata"]["cost_components"]["max_idle_time"] = "HARD"

    with pytest.raises(NotExpressible, match="max_idle_time"):
        to_problem(read(tmp_path, no_idle))


def test_fractions_of_minutes_are_kept(tmp_path: Path) -> None:
    def halve(data: dict[str, Any]) -> None:
        data["distances"][0][1] = 9.5

    problem = to_problem(read(tmp_path, halve))
    assert problem.time[0, 0, 1] == 9_500
    assert problem.task_duration.tolist() == [30_000, 25_000, 20_000]
    # A cost unit is a thousandth, so a tick of travel costs what a minute did.
    assert problem.vehicle_distance_cost.tolist() == [2, 2]
    assert problem.pair_cost[0, 0] == 17_000


def test_half_done_patients_are_left_out_and_those_at_home_lunch_there(tmp_path: Path) -> None:
    instance = read(tmp_path)
    step = Step(StepKind.TASK, S2, 120, 120, 145)
    plan = Plan((Route(1, 100, 166, (step,)),), (S1, S3))
    assert rounds_of(instance, plan, 1) == [[(LUNCH, 90.0)], []]


def test_solutions_are_written_as_the_family_reads_them(tmp_path: Path) -> None:
    instance = read(tmp_path)
    rounds: list[list[Stop]] = [[(S1, 100.0), (LUNCH, 141.0)], []]
    told = json.loads(solution_of(instance, rounds, cost(instance, *rounds)).text)
    first, second = told["routes"]
    assert first["locations"] == [
        {"patient": "p1", "service": "s1", "arrival_time": 100.0, "departure_time": 130.0},
        {"patient": "d0", "service": "lunch_break", "arrival_time": 141.0, "departure_time": 171.0},
    ]
    assert second == {"caregiver_id": "c2"}
    assert told["cost_components"]["optional_patients"] == 100


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: data.update(distances=[[0]]), "distances expected"),
        (lambda data: data["patients"][0].update(distance_matrix_index=2), "once each"),
        (lambda data: data["metadata"].update(time_window_met="sometimes"), "time_window_met"),
        (lambda data: data["metadata"]["cost_components"].update(glamour=1), "glamour"),
        (lambda data: data["patients"][1].pop("synchronization"), "no home healthcare"),
        (lambda data: data["patients"][0].update(required_services=[]), "0 services"),
        (lambda data: data["patients"][0]["time_windows"].reverse(), "do not ascend"),
        (lambda data: data["caregivers"][0].update(departing_point="d9"), "d9"),
        (lambda data: data.pop("lunch_breaks"), "lunch"),
    ],
)
def test_faulty_files_are_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], why: str
) -> None:
    with pytest.raises(FormatError, match=why):
        read(tmp_path, change)


@pytest.mark.real
def test_the_published_files_are_read_whole(shared_bench: Path) -> None:
    cases = UHHC.cases(shared_bench)
    assert len(cases) == 8 and all(case.best_known and case.seconds for case in cases)
    for case in cases:
        instance = read_uhhc(case.source)
        problem = to_problem(instance)
        assert problem.n_tasks == instance.duration.size
        assert np.all(problem.pair_allowed.any(axis=1))
