"""The checker sees a fault of every kind it knows, and none in a sound answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from optimizer.result import Status
from optimizer.routing.check import Violation, ViolationKind, check
from optimizer.routing.problem import NONE, UNREACHABLE, LinkKind, RoutingProblem
from optimizer.routing.solution import Reason, Route, RoutingAnswer, Step, StepKind, Unserved
from tests.routing_cases import Link, Task, Vehicle, answer_of, build, line
from tests.routing_feature_case import PARTS, featured

BREAK, LOAD, TASK = StepKind.BREAK, StepKind.LOAD, StepKind.TASK
K = ViolationKind
Case = tuple[RoutingProblem, RoutingAnswer]


def sound() -> Case:
    """A carer (0) with two visits, a carrier (1) with two trips, five tasks unserved."""
    tasks = [
        Task(1, 10, ((100, 200),), tier=1, load=[1]),
        Task(2, 10, ((150, 400),), tier=2, load=[1]),
        Task(2, 3, ((300, 330),), load=[4], origin=0, freshness=40),
        Task(3, 3, ((400, 430),), load=[4], origin=0, freshness=60),
        Task(1, 5, skills=4),
        Task(1, 5),
        Task(2, 5),
        Task(3, 5, staff=2),
        Task(1, 300, tier=2),
    ]
    vehicles = [
        Vehicle(open=50, close=400, max_work=350, capacity=[2], fixed_cost=7, distance_cost=2),
        Vehicle(open=200, close=700, capacity=[5], max_trips=2, reloads=[0], loading=5),
        Vehicle(open=900, close=901, end=NONE),
    ]
    problem = build(
        line(0, 10, 20, 30), tasks, vehicles, links=[Link(5, 6, LinkKind.SAME_START)], loads=1
    )
    carer = [(TASK, 0), (TASK, 1)]
    carrier = [(LOAD, 0), (TASK, 2), (LOAD, 0), (TASK, 3)]
    return problem, answer_of(problem, (0, carer), (1, carrier))


def kinds(case: Case) -> set[ViolationKind]:
    return {violation.kind for violation in check(*case)}


def with_problem(base: Callable[[], Case] = sound, **changes: Any) -> Callable[[], Case]:
    """Columns changed at one place, (where, value), scalars replaced."""

    def case() -> Case:
        problem, answer = base()
        columns = {}
        for name, change in changes.items():
            columns[name] = change
            if isinstance(change, tuple):
                columns[name] = getattr(problem, name).copy()
                columns[name][change[0]] = change[1]
        return problem.replace(**columns), answer

    return case


def with_routes(
    change: Callable[[tuple[Route, ...]], tuple[Route, ...]], base: Callable[[], Case] = sound
) -> Callable[[], Case]:
    def case() -> Case:
        problem, answer = base()
        plan = replace(answer.plan, routes=change(answer.plan.routes))
        return problem, replace(answer, plan=plan)

    return case


def with_step(
    route: int, row: int, base: Callable[[], Case] = sound, **changes: int
) -> Callable[[], Case]:
    def change(routes: tuple[Route, ...]) -> tuple[Route, ...]:
        steps = list(routes[route].steps)
        steps[row] = replace(steps[row], **changes)
        return (*routes[:route], replace(routes[route], steps=tuple(steps)), *routes[route + 1 :])

    return with_routes(change, base)


def with_steps(change: Callable[[tuple[Step, ...]], tuple[Step, ...]]) -> Callable[[], Case]:
    """The first route of the case with all features, its steps changed."""
    return with_routes(lambda r: (replace(r[0], steps=change(r[0].steps)), *r[1:]), featured)


def with_unserved(change: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Callable[[], Case]:
    def case() -> Case:
        problem, answer = sound()
        plan = replace(answer.plan, unserved=change(answer.plan.unserved))
        return problem, replace(answer, plan=plan)

    return case


def with_reasons(
    change: Callable[[tuple[Unserved, ...]], tuple[Unserved, ...]],
) -> Callable[[], Case]:
    def case() -> Case:
        problem, answer = sound()
        return problem, replace(answer, reasons=change(answer.reasons))

    return case


def with_result(**changes: Any) -> Callable[[], Case]:
    def case() -> Case:
        problem, answer = sound()
        return problem, replace(answer, result=replace(answer.result, **changes))

    return case


def with_wrong_parts() -> Case:
    problem, answer = sound()
    parts = {**answer.result.parts, "time": answer.result.parts["time"] + 1}
    return problem, replace(answer, result=replace(answer.result, parts=parts))


def with_wrong_count() -> Case:
    problem, answer = sound()
    return problem, replace(answer, counts={**answer.counts, "unserved_tier_0": 99})


def with_link(link: Link) -> Callable[[], Case]:
    def case() -> Case:
        problem, answer = sound()
        changes = {
            "link_first": [link.first],
            "link_second": [link.second],
            "link_kind": [int(link.kind)],
            "link_min": [link.low],
            "link_max": [link.high],
        }
        return problem.replace(**changes), answer

    return case


def with_dropped(task: int) -> Callable[[], Case]:
    """A visit is dropped although nothing hinders it."""

    def case() -> Case:
        problem, _ = sound()
        return problem, answer_of(problem, (0, [(TASK, 1 - task)]))

    return case


def with_inversion() -> Case:
    """Of two visits at the same time, the one of the lower tier is served."""
    tasks = [Task(1, 10, ((100, 105),)), Task(2, 10, ((100, 105),), tier=1)]
    problem = build(line(0, 10, 20), tasks, [Vehicle()])
    return problem, answer_of(problem, (0, [(TASK, 1)]))


def without_way() -> Case:
    problem, answer = sound()
    time = problem.time.copy()
    time[0, 0, 1] = UNREACHABLE
    return problem.replace(time=time), answer


def together(start: int) -> Case:
    """Two carers serve a visit for two, the second starts at ``start``."""
    problem = build(line(0), [Task(0, 5, staff=2)], [Vehicle(), Vehicle()])
    _, answer = sound()
    steps = [Step(TASK, 0, start_, start_, start_ + 5) for start_ in (0, start)]
    routes = tuple(Route(v, s.start, s.finish, (s,)) for v, s in enumerate(steps))
    plan = replace(answer.plan, routes=routes, unserved=())
    parts = {"fixed": 0, "time": 10, "distance": 0, "unserved": 0}
    result = replace(answer.result, objective=10, parts=parts)
    return problem, RoutingAnswer(plan, (), result, {"unserved_tier_0": 0})


INJECTED: dict[ViolationKind, Callable[[], Case]] = {
    K.UNKNOWN_VEHICLE: with_routes(lambda r: (r[0], replace(r[1], vehicle=3))),
    K.UNKNOWN_TASK: with_step(0, 0, index=9),
    K.UNKNOWN_PLACE: with_step(1, 0, index=4),
    K.VEHICLE_TWICE: with_routes(lambda r: (r[0], r[0], r[1])),
    K.ROUTES_UNSORTED: with_routes(lambda r: r[::-1]),
    K.EMPTY_ROUTE: with_routes(lambda r: (*r, Route(2, 900, 900, ()))),
    K.SERVED_TWICE: with_routes(lambda r: (replace(r[0], steps=r[0].steps + r[0].steps[1:]), r[1])),
    K.LISTED_TWICE: with_unserved(lambda u: (*u, u[0])),
    K.LISTED_THOUGH_SERVED: with_unserved(lambda u: (0, *u)),
    K.NEITHER_SERVED_NOR_LISTED: with_unserved(lambda u: u[1:]),
    K.DEPARTS_BEFORE_SHIFT: with_problem(vehicle_open=(0, 300)),
    K.ENDS_AFTER_SHIFT: with_problem(vehicle_close=(0, 170)),
    K.TOO_MUCH_WORK: with_problem(vehicle_max_work=(0, 59)),
    K.WRONG_ARRIVAL: with_step(0, 1, arrive=149),
    K.STARTS_BEFORE_ARRIVAL: with_step(0, 1, start=100),
    K.OUTSIDE_WINDOW: with_problem(window_open=(1, 151)),
    K.WRONG_DURATION: with_problem(task_duration=(0, 11)),
    K.WRONG_LOADING_TIME: with_problem(vehicle_loading=(1, 6)),
    K.WRONG_END: with_routes(lambda r: (replace(r[0], end=r[0].end - 1), r[1])),
    K.UNREACHABLE_LEG: without_way,
    K.MISSING_SKILL: with_problem(task_skills=(0, 1)),
    K.WRONG_STAFF_COUNT: with_problem(task_staff=(0, 2)),
    K.NOT_TOGETHER: lambda: together(1),
    K.LINK_BROKEN: with_link(Link(0, 2, LinkKind.SEQUENCE, 0, 10)),
    K.LINK_HALF_SERVED: with_link(Link(0, 5)),
    K.SAME_PERSON: with_link(Link(0, 1, LinkKind.SEQUENCE, 0, 1000)),
    K.OVER_CAPACITY: with_problem(vehicle_capacity=(1, 3)),
    K.WRONG_ORIGIN: with_problem(task_origin=(2, 1)),
    K.NOT_FRESH: with_problem(task_freshness=(2, 20)),
    K.TOO_MANY_TRIPS: with_problem(vehicle_max_trips=(1, 1)),
    K.LOADS_ELSEWHERE: with_problem(vehicle_reload_place=(0, 1)),
    K.NOT_LOADED: with_routes(lambda r: (r[0], replace(r[1], steps=r[1].steps[1:]))),
    K.TIER_INVERSION: with_inversion,
    K.REASON_MISSING: with_reasons(lambda r: r[1:]),
    K.REASON_TWICE: with_reasons(lambda r: (r[0], *r)),
    K.REASON_FOR_SERVED: with_reasons(lambda r: (*r, Unserved(0, Reason.NO_TIME_LEFT))),
    K.WRONG_REASON: with_reasons(lambda r: (replace(r[0], reason=Reason.NO_TIME_LEFT), *r[1:])),
    K.WRONG_PART: with_wrong_parts,
    K.WRONG_OBJECTIVE: with_result(objective=1),
    K.WRONG_COUNT: with_wrong_count,
    K.WRONG_STATUS: with_result(status=Status.OPTIMAL),
    K.BOUND_CROSSED: with_result(bound=2**40),
    K.UNKNOWN_BREAK: with_step(0, 0, featured, index=2),
    K.TOO_MUCH_OVERTIME: with_problem(featured, vehicle_overtime=(0, 19)),
    K.TOO_MUCH_TRAVEL: with_problem(featured, vehicle_max_travel=(0, 59)),
    K.FINISHES_TOO_LATE: with_problem(featured, window_close=(3, 105)),
    K.TOO_EARLY: with_problem(featured, task_early_limit=(1, 2)),
    K.FOREIGN_BREAK: with_problem(featured, break_vehicle=(0, 1)),
    K.BREAK_TWICE: with_steps(lambda steps: (steps[0], *steps)),
    K.BREAK_MISSED: with_steps(lambda steps: steps[1:]),
    K.BREAK_OUTSIDE_WINDOW: with_problem(featured, break_close=(0, 39)),
    K.WRONG_BREAK_LENGTH: with_problem(featured, break_length=(0, 9)),
    K.FORBIDDEN_PERSON: with_problem(featured, pair_allowed=((0, 0), False)),
    K.PERSON_REPEATED: with_problem(featured, link_kind=(1, LinkKind.DIFFERENT_PERSON)),
    K.PERSON_CHANGED: with_problem(featured, link_kind=(0, LinkKind.SAME_PERSON)),
    K.VISITS_OVERLAP: with_step(0, 2, featured, start=56),
    K.EQUIPMENT_SHORT: with_problem(featured, equipment_count=(0, 0)),
    K.OVERSPENT: with_problem(featured, payer_limit=(0, 99)),
    K.TOO_MANY_CHANGES: with_problem(featured, plan_tolerance=1),
    K.LEAVES_BEFORE_RELEASE: with_problem(task_release=(2, 10_000)),
}


def test_a_sound_answer_passes():
    assert check(*sound()) == ()
    assert check(*together(0)) == ()
    assert check(*featured()) == ()


def test_the_sound_answer_has_the_expected_reasons():
    reasons = {item.task: item.reason for item in sound()[1].reasons}
    assert reasons == {
        4: Reason.NO_SKILL,
        5: Reason.LINKED,
        6: Reason.LINKED,
        7: Reason.NEEDS_MORE_STAFF,
        8: Reason.NO_TIME_LEFT,
    }


def test_every_kind_has_an_injected_fault():
    assert set(INJECTED) == set(ViolationKind)


@pytest.mark.parametrize("kind", list(ViolationKind))
def test_sees_the_injected_fault(kind: ViolationKind):
    assert kind in kinds(INJECTED[kind]())


@pytest.mark.parametrize("kind", list(ViolationKind))
def test_says_it_in_both_languages(kind: ViolationKind):
    violation = next(v for v in check(*INJECTED[kind]()) if v.kind is kind)
    assert violation.text("zh") != violation.text("en") == violation.detail
    assert "None" not in violation.text("zh") + violation.text("en")


@pytest.mark.parametrize("name", list(PARTS))
def test_recomputes_every_part_of_the_objective(name: str):
    problem, answer = featured()
    for parts in (
        {**PARTS, name: PARTS[name] + 1},
        {other: value for other, value in PARTS.items() if other != name},
    ):
        wrong = replace(answer, result=replace(answer.result, parts=parts))
        found = [v.name for v in check(problem, wrong) if v.kind is K.WRONG_PART]
        assert found == [name]


def test_a_dropped_visit_has_no_reason_that_holds():
    problem, answer = with_dropped(1)()
    assert [r.reason for r in answer.reasons if r.task == 1] == [Reason.NOT_WORTH]
    assert Violation(K.WRONG_REASON, task=1) in check(problem, answer)


def test_not_worth_holds_only_where_the_cost_exceeds_the_prize():
    problem = build(line(0, 10), [Task(1, 5, prize=24)], [Vehicle()])
    answer = answer_of(problem)
    assert answer.reasons[0].detail["added"] == 25
    assert check(problem, answer) == ()
    assert kinds((problem.replace(task_prize=[25]), answer)) >= {K.WRONG_REASON}


@pytest.mark.parametrize(
    ("task", "vehicle", "reason"),
    [
        (Task(2), Vehicle(), Reason.UNREACHABLE),
        (Task(1, origin=0), Vehicle(), Reason.UNREACHABLE),
        (Task(1, load=[3]), Vehicle(capacity=[2]), Reason.TOO_LARGE),
        (Task(1, windows=((50, 60),)), Vehicle(open=51), Reason.OUTSIDE_SHIFTS),
        (Task(1, windows=((50, 60),)), Vehicle(close=60), Reason.OUTSIDE_SHIFTS),
        (
            Task(1, freshness=10),
            Vehicle(max_trips=1, reloads=[0]),
            Reason.NOT_FRESH,
        ),
        (Task(1), Vehicle(max_work=20), Reason.TOO_LONG),
    ],
)
def test_reasons_of_a_task_that_fits_no_empty_day(task: Task, vehicle: Vehicle, reason: Reason):
    time = line(0, 10, 20)
    time[:2, 2] = UNREACHABLE
    problem = build(time, [task], [vehicle], loads=1)
    answer = answer_of(problem)
    assert [item.reason for item in answer.reasons] == [reason]
    assert answer.reasons[0].detail[str(reason)] == 1
    assert check(problem, answer) == ()
