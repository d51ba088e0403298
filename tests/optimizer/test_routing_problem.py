"""Routing problems: what empty columns stand for, own faults all at once, features by use."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.routing.features import Feature, objective_parts, used_features
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from tests.routing_cases import Link, Task, Vehicle, build, line

F = Feature


def day(**changes: Any) -> RoutingProblem:
    """Three visits, two carers."""
    tasks = [Task(1), Task(2, 5), Task(1, 7)]
    return build(line(0, 10, 20), tasks, [Vehicle(), Vehicle()], **changes)


def test_empty_columns_hold_their_neutral_value():
    problem = day()
    assert problem.task_early_cost.tolist() == [NONE] * 3
    assert problem.window_at_end.tolist() == [False] * 3
    assert problem.vehicle_overtime.tolist() == [0, 0]
    assert problem.plan_vehicle.tolist() == [NONE] * 3
    assert problem.pair_cost.shape == (0, 0)
    assert problem.max_changes == NONE
    assert used_features(problem) == frozenset()
    assert objective_parts(problem) == ("fixed", "time", "distance", "unserved")


def test_variants_keep_what_is_not_changed():
    problem = day(vehicle_wait_cost=[1, 2]).replace(balance_cost=3)
    assert problem.vehicle_wait_cost.tolist() == [1, 2]
    assert used_features(problem) == {F.WAITING, F.BALANCE}
    assert objective_parts(problem) == (
        "fixed",
        "time",
        "distance",
        "waiting",
        "balance",
        "unserved",
    )


def test_absence_costs_the_phone_call_where_one_will_do():
    problem = day(task_prize=[7, 8, 9], task_remote_cost=[NONE, 0, 3])
    assert problem.absence_cost.tolist() == [7, 0, 3]


def test_loose_links_tie_tasks_but_group_none():
    links = [Link(0, 1, LinkKind.NOT_OVERLAPPING)]
    problem = build(line(0, 10), [Task(1), Task(1), Task(1, staff=2)], [Vehicle()], links=links)
    assert problem.is_tied.tolist() == [True, True, True]
    assert problem.is_grouped.tolist() == [False, False, True]


def test_who_may_serve_and_how_long_it_takes():
    problem = day(
        pair_allowed=[[True, False], [True, True], [True, True]],
        pair_duration=[[3, 4], [5, 6], [7, 8]],
        task_skills=[0, 1, 0],
    )
    assert [problem.may_serve(0, v) for v in range(2)] == [True, False]
    assert not problem.may_serve(1, 0)
    assert problem.duration(2, 1) == 8
    assert day().duration(2, 1) == 7


USES: list[tuple[dict[str, Any], Feature]] = [
    ({"task_release": [0, NONE, NONE]}, F.RELEASE),
    ({"task_staff": [2, 1, 1]}, F.STAFF),
    ({"task_late_cost": [0, NONE, NONE]}, F.LATENESS),
    ({"task_early_cost": [0, NONE, NONE]}, F.EARLINESS),
    ({"window_at_end": [True, False, False]}, F.WINDOW_AT_END),
    ({"pair_allowed": [[True, False]] * 3}, F.ALLOWED),
    ({"pair_cost": [[0, 1]] * 3}, F.PREFERENCES),
    ({"pair_duration": [[0, 1]] * 3}, F.PAIR_DURATION),
    ({"vehicle_overtime": [0, 1]}, F.OVERTIME),
    ({"vehicle_max_travel": [0, NONE]}, F.MAX_TRAVEL),
    ({"vehicle_wait_cost": [0, 1]}, F.WAITING),
    ({"worst_idle_cost": 1}, F.WORST_IDLE),
    ({"balance_cost": 1}, F.BALANCE),
    ({"task_equipment": [0, NONE, NONE], "equipment_count": [1]}, F.EQUIPMENT),
    ({"task_remote_cost": [0, NONE, NONE]}, F.REMOTE),
    ({"task_payer": [0, NONE, NONE], "payer_limit": [1]}, F.ENTITLEMENTS),
    ({"plan_vehicle": [1, NONE, NONE], "change_cost": 1}, F.STABILITY),
    ({"plan_vehicle": [1, NONE, NONE], "max_changes": 0}, F.STABILITY),
]


@pytest.mark.parametrize(("changes", "feature"), USES, ids=lambda value: str(value)[:30])
def test_a_used_feature_is_named(changes: dict[str, Any], feature: Feature):
    assert used_features(day(**changes)) == {feature}


def test_breaks_and_links_are_features():
    rest = {"break_vehicle": [0], "break_open": [5], "break_close": [9], "break_length": [1]}
    assert used_features(day(**rest, break_place=[NONE], break_prize=[NONE])) == {F.BREAKS}
    for kind in LinkKind:
        problem = day(link_first=[0], link_second=[1], link_kind=[kind], link_min=[0], link_max=[0])
        expected = F.TIES if kind <= LinkKind.SEQUENCE else F.LOOSE_LINKS
        assert used_features(problem) == {expected}


def test_a_plan_in_force_that_binds_nothing_is_no_feature():
    assert used_features(day(plan_vehicle=[0, 1, NONE])) == frozenset()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"task_early_cost": [NONE - 1, 0, 0]}, "task_early_cost"),
    ({"task_remote_cost": [1, 2]}, "task_remote_cost"),
    ({"pair_cost": [[1, 2]]}, "pair_cost"),
    ({"pair_cost": [[1, -2]] * 3}, "pair_cost"),
    ({"pair_allowed": np.ones((2, 3))}, "pair_allowed"),
    ({"task_equipment": [0, NONE, NONE]}, "task_equipment"),
    ({"task_payer": [1, NONE, NONE], "payer_limit": [5]}, "task_payer"),
    ({"payer_limit": [-5]}, "payer_limit"),
    ({"break_vehicle": [0]}, "break_open"),
    ({"plan_vehicle": [2, 0, 0]}, "plan_vehicle"),
    ({"max_changes": -2}, "max_changes"),
    ({"plan_tolerance": -1}, "plan_tolerance"),
    ({"vehicle_wait_cost": [1]}, "vehicle_wait_cost"),
    ({"worst_idle_cost": -1}, "worst_idle_cost"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG, ids=lambda value: str(value)[:30])
def test_a_wrong_column_is_a_fault_of_its_own(changes: dict[str, Any], field: str):
    with pytest.raises(FaultError) as caught:
        day(**changes)
    assert field in {fault.values["field"] for fault in caught.value.faults}


def test_all_faults_come_at_once():
    rest = {"break_open": [9], "break_close": [5], "break_length": [-1], "break_place": [7]}
    with pytest.raises(FaultError) as caught:
        day(**rest, break_vehicle=[2], break_prize=[-2], balance_cost=-1)
    fields = {fault.values["field"] for fault in caught.value.faults}
    assert fields == {
        "break_open",
        "break_length",
        "break_place",
        "break_vehicle",
        "break_prize",
        "balance_cost",
    }
