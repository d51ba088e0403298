"""The week: days, people, hours, money, and the checker of it all."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.routing.week.check import check_week
from optimizer.routing.week.patterns import bundles_of, choose_days, day_sets
from optimizer.routing.week.solution import WeekAnswer, WeekReason
from optimizer.routing.week.solve import solve_week
from optimizer.routing.week.violations import WeekViolationKind as Kind
from optimizer.stop import Stop
from tests.week_cases import HOUR, small_week

STOP = Stop(iterations=20)


def solve(problem: Any, threads: int = 1) -> WeekAnswer:
    answer = solve_week(problem, stop=STOP, seed=1, threads=threads)
    assert check_week(problem, answer) == ()
    return answer


def test_day_sets_are_the_largest_that_keep_the_days_between() -> None:
    working = np.array([True] * 5 + [False] * 2)
    assert day_sets(working, 3, 2) == ((0, 2, 4),)
    assert set(day_sets(working, 2, 2)) == {(0, 2), (0, 3), (0, 4), (1, 3), (1, 4), (2, 4)}
    assert day_sets(working, 4, 2) == ((0, 2, 4),)
    assert day_sets(np.zeros(7, dtype=np.bool_), 2, 1) == ((),)


def test_patterns_spread_the_work_over_the_days() -> None:
    needs = [{"client": n, "times": 1, "days": range(5)} for n in range(10)]
    problem = small_week(needs, [{}])
    days = choose_days(problem, bundles_of(problem), 0)
    assert np.bincount([day for (day,) in days], minlength=7).tolist() == [2, 2, 2, 2, 2, 0, 0]


def test_one_person_comes_at_one_hour_on_days_apart() -> None:
    problem = small_week([{"times": 3, "gap": 2, "days": range(5)}], [{}, {}])
    answer = solve(problem)
    assert [visit.day for visit in answer.visits] == [0, 2, 4]
    assert answer.carers_per_client == (1,)
    starts = [visit.start for visit in answer.visits]
    assert max(starts) - min(starts) <= 1_800
    assert answer.result.parts["continuity"] == 50_000


def test_leave_and_daily_visits_take_a_second_person() -> None:
    problem = small_week([{"times": 7}], [{"off": (5, 6)}, {"off": (0, 1)}])
    answer = solve(problem)
    assert len(answer.visits) == 7 and answer.carers_per_client == (2,)
    assert {v.carers for v in answer.visits if v.day in (5, 6)} == {(1,)}


def test_two_come_together_and_the_second_need_follows_the_first() -> None:
    needs = [
        {"times": 2, "staff": 2},
        {"times": 2, "opens": 9 * HOUR, "closes": 12 * HOUR},
    ]
    problem = small_week(
        needs,
        [{}, {}, {}],
        link_first=np.array([0]),
        link_second=np.array([1]),
        link_min=np.array([1_800]),
        link_max=np.array([5_400]),
    )
    answer = solve(problem)
    assert len(answer.visits) == 4 and not answer.unserved
    for day in {visit.day for visit in answer.visits}:
        first, second = sorted((v for v in answer.visits if v.day == day), key=lambda v: v.need)
        assert 1_800 <= second.start - first.start <= 5_400
        assert len(first.carers) == 2 and not set(first.carers) & set(second.carers)


def test_money_pays_the_higher_tier_first_and_never_too_much() -> None:
    needs = [
        {"client": 0, "times": 3, "price": 4_000, "payer": 0, "tier": 1},
        {"client": 0, "times": 2, "price": 5_000, "payer": 0, "tier": 0, "opens": 13 * HOUR}
        | {"closes": 15 * HOUR},
    ]
    problem = small_week(needs, [{}], payers=[(15_000, 15_000)], lapse_cost=1)
    answer = solve(problem)
    made = [visit.need for visit in answer.visits]
    assert (made.count(0), made.count(1)) == (1, 2)
    assert {item.reason for item in answer.unserved} == {WeekReason.NO_MONEY}
    assert answer.result.parts["lapsed"] == 15_000 - 14_000


def test_days_that_hold_too_few_visits_say_so() -> None:
    problem = small_week(
        [{"times": 4, "gap": 2, "days": range(5)}, {"client": 1, "times": 2, "skills": 2}],
        [{"skills": 1}, {"skills": 3, "off": (1, 2, 3, 4, 5, 6)}],
    )
    answer = solve(problem)
    reasons = {(item.need, item.reason) for item in answer.unserved}
    assert reasons == {(0, WeekReason.NO_DAY), (1, WeekReason.NOBODY_THAT_DAY)}


def test_weekly_hours_and_rest_are_kept() -> None:
    needs = [{"times": 7, "duration": HOUR, "opens": 8 * HOUR, "closes": 20 * HOUR}]
    short = small_week(needs, [{"max_week": 4 * HOUR, "close": 22 * HOUR}])
    assert 1 <= len(solve(short).visits) <= 3
    late = {"times": 2, "days": (0,), "opens": 20 * HOUR, "closes": 20 * HOUR, "client": 0}
    early = {"times": 2, "days": (1,), "opens": 6 * HOUR, "closes": 6 * HOUR, "client": 1}
    rest = small_week(
        [late | {"times": 1}, early | {"times": 1}], [{"open": 5 * HOUR, "close": 22 * HOUR}]
    )
    answer = solve(rest)
    assert len(answer.visits) == 1 and len(answer.unserved) == 1


def test_wishes_about_people_cost_and_musts_bind() -> None:
    needs = [{"client": n, "place": 1 + n, "times": 2} for n in range(3)]
    allowed = np.array([[False, True], [True, True], [True, True]])
    cost = np.array([[0, 0], [10**6, 0], [0, 0]])
    problem = small_week(needs, [{}, {}], pair_allowed=allowed, pair_cost=cost)
    answer = solve(problem)
    assert len(answer.visits) == 6 and answer.result.parts["preferences"] == 0
    assert all(visit.carers == (1,) for visit in answer.visits if visit.need < 2)


def test_the_same_seed_gives_the_same_week() -> None:
    needs = [{"client": n, "place": 1 + n % 5, "times": 1 + n % 4} for n in range(12)]
    problem = small_week(needs, [{}, {}, {"off": (5, 6)}])
    one, two = solve(problem, threads=2), solve(problem, threads=2)
    assert one.visits == two.visits and one.result.parts == two.result.parts
    assert not one.unserved


@pytest.fixture(scope="module")
def sound() -> tuple[Any, WeekAnswer]:
    needs = [
        {"client": 0, "times": 3, "gap": 2, "days": range(5)},
        {"client": 1, "times": 2, "days": (3, 4), "staff": 2, "place": 2, "payer": 0}
        | {"price": 100},
    ]
    problem = small_week(needs, [{"skills": 1}, {"skills": 3}, {"off": (6,)}], payers=[(200, 0)])
    return problem, solve(problem)


def _visit(answer: WeekAnswer, row: int, **changes: Any) -> WeekAnswer:
    visits = list(answer.visits)
    visits[row] = dataclasses.replace(visits[row], **changes)
    return dataclasses.replace(answer, visits=tuple(visits))


@pytest.mark.parametrize(
    ("row", "changes", "kind"),
    [
        (0, {"day": 5}, Kind.WRONG_DAY),
        (0, {"day": 1}, Kind.TOO_CLOSE),
        (1, {"day": 0}, Kind.TWICE_A_DAY),
        (0, {"start": 12 * HOUR}, Kind.OUTSIDE_WINDOW),
        (0, {"start": 9 * HOUR - 1}, Kind.OTHER_HOUR),
        (3, {"carers": (0,)}, Kind.WRONG_STAFF_COUNT),
        (0, {"carers": (7,)}, Kind.UNKNOWN_VISIT),
        (0, {"number": 1}, Kind.NEITHER_MADE_NOR_LISTED),
        (0, {"carers": (2,), "day": 6}, Kind.OFF_DUTY),
        (0, {"start": 9 * HOUR + 7}, Kind.DAY_DIFFERS),
    ],
)
def test_the_checker_catches_changed_visits(
    sound: tuple[Any, WeekAnswer], row: int, changes: dict[str, Any], kind: Kind
) -> None:
    problem, answer = sound
    assert kind in {fault.kind for fault in check_week(problem, _visit(answer, row, **changes))}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"payer_limit": np.array([100])}, Kind.OVERSPENT),
        ({"carer_max_week": np.array([1, 1, 1])}, Kind.TOO_LONG_WEEK),
        ({"carer_max_day": np.full((7, 3), 1)}, Kind.TOO_LONG_DAY),
        ({"need_skills": np.array([4, 4])}, Kind.MISSING_SKILL),
        ({"pair_allowed": np.zeros((2, 3), dtype=np.bool_)}, Kind.NOT_ALLOWED),
        ({"shift_open": np.full((7, 3), 17 * HOUR)}, Kind.OUTSIDE_SHIFT),
        ({"carer_rest": np.full(3, 48 * HOUR)}, Kind.TOO_LITTLE_REST),
        ({"continuity_cost": 1}, Kind.WRONG_PART),
        ({"need_duration": np.array([60, 60])}, Kind.DAY_DIFFERS),
    ],
)
def test_the_checker_catches_answers_to_another_week(
    sound: tuple[Any, WeekAnswer], changes: dict[str, Any], kind: Kind
) -> None:
    problem, answer = sound
    other = problem.replace(
        **{"shift_close": np.full((7, 3), 17 * HOUR)} if "shift_open" in changes else {}, **changes
    )
    found = {fault.kind for fault in check_week(other, answer)}
    assert kind in found


def test_faulty_weeks_are_refused_whole() -> None:
    with pytest.raises(FaultError) as caught:
        small_week([{"gap": 0, "staff": 0, "place": 1}], [{}], balance_cost=-1)
    assert len(caught.value.faults) == 3
