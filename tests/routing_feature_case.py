"""One small plan, made by hand, in which every feature of the visits model is in use."""

from __future__ import annotations

from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.solution import Plan, Reason, Route, RoutingAnswer, Step, StepKind, Unserved
from tests.routing_cases import Link, Task, Vehicle, build, line

PARTS = {
    "fixed": 0,
    "time": 90 + 16,
    "distance": 0,
    "waiting": 2 * 2,
    "overtime": 20 * 3,
    "lateness": 2 * 5,
    "worst_lateness": 2 * 6,
    "earliness": 3 * 4,
    "preferences": 9,
    "breaks_missed": 13,
    "worst_idle": 90 + 194,
    "balance": (90 - 16) * 2,
    "changes": 11,
    "remote": 7,
    "unserved": 0,
}


def featured() -> tuple[RoutingProblem, RoutingAnswer]:
    """Carer 0: a break at the first client, three visits (the second early, the third late) and
    overtime. Carer 1: one visit, no break. Task 4 is done by phone."""
    tasks = [
        Task(1, windows=((52, 60),)),
        Task(2, windows=((70, 100),)),
        Task(3, windows=((80, 85),)),
        Task(1, windows=((100, 106),)),
        Task(1, skills=4),
    ]
    carers = [
        Vehicle(close=100),
        Vehicle(close=300, end=NONE),
    ]
    links = [
        Link(0, 3, LinkKind.DIFFERENT_PERSON),
        Link(0, 1, LinkKind.SAME_PERSON),
        Link(0, 1, LinkKind.NOT_OVERLAPPING),
    ]
    problem = build(
        line(0, 10, 20, 30),
        tasks,
        carers,
        links=links,
        window_at_end=[False, False, False, True, False],
        task_late_cost=[NONE, NONE, 5, NONE, NONE],
        task_early_cost=[NONE, 4, NONE, NONE, NONE],
        task_early_limit=[NONE, 3, NONE, NONE, NONE],
        task_equipment=[0, NONE, NONE, 0, NONE],
        equipment_count=[1],
        task_remote_cost=[NONE, NONE, NONE, NONE, 7],
        task_payer=[NONE, 0, NONE, 0, NONE],
        task_price=[0, 50, 0, 50, 0],
        payer_limit=[100],
        pair_allowed=[[True, False], [True, True], [True, True], [True, True], [True, True]],
        pair_cost=[[9, 0], [0, 9], [0, 9], [0, 0], [0, 0]],
        pair_duration=[[5, 6], [10, 10], [3, 3], [5, 6], [1, 1]],
        vehicle_overtime=[20, 0],
        vehicle_overtime_cost=[3, 0],
        vehicle_wait_cost=[2, 0],
        vehicle_max_travel=[60, NONE],
        break_vehicle=[0, 1],
        break_open=[35, 0],
        break_close=[45, 300],
        break_length=[10, 10],
        break_place=[NONE, 2],
        break_prize=[NONE, 13],
        plan_vehicle=[0, NONE, NONE, 0, NONE],
        plan_start=[50, 0, 0, 100, 0],
        plan_tolerance=5,
        max_changes=1,
        change_cost=11,
        worst_late_cost=6,
        worst_idle_cost=1,
        balance_cost=2,
    )
    routes = (
        Route(
            0,
            30,
            120,
            (
                Step(StepKind.BREAK, 0, 40, 40, 50),
                Step(StepKind.TASK, 0, 50, 52, 57),
                Step(StepKind.TASK, 1, 67, 67, 77),
                Step(StepKind.TASK, 2, 87, 87, 90),
            ),
        ),
        Route(1, 90, 106, (Step(StepKind.TASK, 3, 100, 100, 106),)),
    )
    result = SolveResult(
        status=Status.FEASIBLE,
        stop_reason=StopReason.FINISHED,
        objective=sum(PARTS.values()),
        bound=None,
        seconds=0.0,
        seed=None,
        solver="hand",
        parts=PARTS,
    )
    counts = {"served": 4, "unserved": 1, "remote": 1, "breaks": 1, "changes": 1}
    answer = RoutingAnswer(
        Plan(routes, (4,)),
        (Unserved(4, Reason.NO_SKILL),),
        result,
        {**counts, "unserved_tier_0": 1},
    )
    return problem, answer
