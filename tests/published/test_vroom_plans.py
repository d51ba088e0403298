"""VROOM's plan mode and our checker say the same of the same plans (where VROOM has the rule).

VROOM (its option ``-c``) times given routes so that they break as little as possible and names
what they break. Read back as our plan, the checker must name the same tasks and rules, no more.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.check import check
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.solution import Plan, Route, RoutingAnswer, Step, StepKind
from optimizer.routing.violations import ViolationKind
from tests.routing_cases import Task, Vehicle, build

vroom: Any = pytest.importorskip("vroom", reason="pyvroom is not installed")

_SKILLS, _LOADS, _SHIFT = 3, 2, 2_000
Found = tuple[str, int, int]
"""Rule, vehicle, task (-1 where the rule is the route's)."""
_OURS = {
    ViolationKind.OUTSIDE_WINDOW: "time",
    ViolationKind.DEPARTS_BEFORE_SHIFT: "shift",
    ViolationKind.ENDS_AFTER_SHIFT: "shift",
    ViolationKind.MISSING_SKILL: "skills",
    ViolationKind.OVER_CAPACITY: "load",
    ViolationKind.TOO_MUCH_TRAVEL: "travel",
    ViolationKind.WRONG_ARRIVAL: "timing",
    ViolationKind.STARTS_BEFORE_ARRIVAL: "timing",
    ViolationKind.WRONG_DURATION: "timing",
    ViolationKind.WRONG_END: "timing",
}


def _problem(rng: np.random.Generator) -> RoutingProblem:
    """Tight days: about half of all random plans break something."""
    n, v = int(rng.integers(2, 11)), int(rng.integers(1, 4))
    at = rng.integers(0, 300, size=(n + 2, 2))
    time = np.abs(at[:, None] - at[None, :]).sum(axis=2) + rng.integers(0, 20, (n + 2, n + 2))
    np.fill_diagonal(time, 0)
    tasks = []
    for place in range(n):
        opens = np.sort(rng.choice(_SHIFT, size=2 * int(rng.integers(1, 3)), replace=False))
        windows = [(int(low), int(high)) for low, high in opens.reshape(-1, 2)]
        tasks.append(
            Task(
                place,
                duration=int(rng.integers(0, 120)),
                windows=windows if rng.random() < 0.4 else [(0, _SHIFT)],
                skills=int(rng.integers(0, 1 << _SKILLS)) if rng.random() < 0.3 else 0,
                load=rng.integers(0, 4, _LOADS).tolist(),
            )
        )
    vehicles = [
        Vehicle(
            start=n,
            end=int(rng.integers(n, n + 2)),
            open=int(rng.integers(0, 200)),
            close=int(rng.integers(_SHIFT // 2, _SHIFT)),
            skills=int(rng.integers(0, 1 << _SKILLS)),
            capacity=rng.integers(4, 12, _LOADS).tolist(),
            max_trips=1,
            reloads=(n,),
        )
        for _ in range(v)
    ]
    travel = rng.integers(300, 2_000, size=v)
    return build(time, tasks, vehicles, loads=_LOADS, vehicle_max_travel=travel)


def _routes(problem: RoutingProblem, rng: np.random.Generator) -> dict[int, list[int]]:
    """Every task by someone at random, half of the days in the order of their windows."""
    whose = rng.integers(0, problem.n_vehicles, problem.n_tasks)
    order = rng.permutation(problem.n_tasks)
    if rng.random() < 0.5:
        order = np.argsort(problem.window_close[problem.window_indptr[1:] - 1], kind="stable")
    routes: dict[int, list[int]] = {}
    for task in order.tolist():
        routes.setdefault(int(whose[task]), []).append(task)
    return routes


def _bits(skills: int) -> set[int]:
    return {bit + 1 for bit in range(_SKILLS) if skills >> bit & 1}


def _vroom_plan(problem: RoutingProblem, routes: dict[int, list[int]]) -> list[dict[str, Any]]:
    """VROOM's timing of the routes and what they break."""
    asked = vroom.Input()
    asked.set_durations_matrix("car", problem.time[0].astype(np.uint32))
    for task in range(problem.n_tasks):
        asked.add_job(
            vroom.Job(
                task + 1,
                location=int(problem.task_place[task]),
                default_service=int(problem.task_duration[task]),
                delivery=problem.task_load[task].tolist(),
                skills=_bits(int(problem.task_skills[task])),
                time_windows=[tuple(window) for window in problem.windows(task).tolist()],
            )
        )
    for vehicle, tasks in routes.items():
        steps = [vroom.VehicleStepSingle(task + 1) for task in tasks]
        asked.add_vehicle(
            vroom.Vehicle(
                vehicle + 1,
                start=int(problem.vehicle_start[vehicle]),
                end=int(problem.vehicle_end[vehicle]),
                capacity=problem.vehicle_capacity[vehicle].tolist(),
                skills=_bits(int(problem.vehicle_skills[vehicle])),
                time_window=(
                    int(problem.vehicle_open[vehicle]),
                    int(problem.vehicle_close[vehicle]),
                ),
                max_travel_time=int(problem.vehicle_max_travel[vehicle]),
                steps=[vroom.VehicleStepStart(), *steps, vroom.VehicleStepEnd()],
            )
        )
    solution = vroom.solution.solution.Solution(asked._check(1))
    told: list[dict[str, Any]] = json.loads(json.dumps(solution.to_dict()))["routes"]
    return sorted(told, key=lambda route: int(route["vehicle"]))


def _as_plan(problem: RoutingProblem, told: list[dict[str, Any]]) -> Plan:
    routes = []
    for route in told:
        vehicle, steps = int(route["vehicle"]) - 1, []
        begin = int(route["steps"][0]["arrival"])
        home = int(problem.vehicle_start[vehicle])
        steps.append(Step(StepKind.LOAD, home, begin, begin, begin))
        for step in route["steps"][1:-1]:
            start = int(step["arrival"] + step["waiting_time"])
            finish = start + int(step["service"])
            steps.append(
                Step(StepKind.TASK, int(step["id"]) - 1, int(step["arrival"]), start, finish)
            )
        end = int(route["steps"][-1]["arrival"])
        routes.append(Route(vehicle=vehicle, depart=begin, end=end, steps=tuple(steps)))
    return Plan(routes=tuple(routes), unserved=())


def _theirs(told: list[dict[str, Any]]) -> set[Found]:
    found: set[Found] = set()
    for route in told:
        vehicle = int(route["vehicle"]) - 1
        for step in route["steps"]:
            for each in step["violations"]:
                task = int(step["id"]) - 1 if step["type"] == "job" else -1
                found.add(_named(each["cause"], vehicle, task))
        causes = {each["cause"] for each in route["violations"]}
        if "max_travel_time" in causes:
            found.add(("travel", vehicle, -1))
    return found


def _named(cause: str, vehicle: int, task: int) -> Found:
    if cause in ("delay", "lead_time"):
        return ("shift" if task < 0 else "time", vehicle, task)
    if cause == "skills":
        return ("skills", vehicle, task)
    return ({"load": "load", "max_travel_time": "travel"}.get(cause, cause), vehicle, -1)


def _ours(problem: RoutingProblem, plan: Plan) -> set[Found]:
    result = SolveResult(
        status=Status.FEASIBLE,
        stop_reason=StopReason.FINISHED,
        objective=0,
        bound=None,
        seconds=0.0,
        seed=0,
        solver="vroom",
        parts={},
        versions={},
    )
    found: set[Found] = set()
    for each in check(problem, RoutingAnswer(plan=plan, reasons=(), result=result)):
        rule = _OURS.get(each.kind)
        if rule is not None:
            assert each.vehicle is not None
            task = each.task if rule in ("time", "skills") else None
            found.add((rule, each.vehicle, -1 if task is None else task))
    return found


def test_both_name_the_same_faults_in_a_thousand_random_plans() -> None:
    rng, seen = np.random.default_rng(0), Counter[str]()
    for _ in range(1_000):
        problem = _problem(rng)
        told = _vroom_plan(problem, _routes(problem, rng))
        theirs, ours = _theirs(told), _ours(problem, _as_plan(problem, told))
        assert ours == theirs
        seen.update(rule for rule, _, _ in theirs)
        seen["sound"] += not theirs
    assert min(seen[rule] for rule in ("sound", "time", "shift", "skills", "load", "travel")) > 20
