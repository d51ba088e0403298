"""The independent checker of a week: recomputes everything from the raw columns.

It shares no code with the planner: only the problem, the answer, NumPy and the checker of days
(:mod:`optimizer.routing.check`), which looks at every day's rounds, reasons and costs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from optimizer.result import Status
from optimizer.routing.check import check
from optimizer.routing.terms import NONE
from optimizer.routing.week.problem import WeekProblem
from optimizer.routing.week.solution import WeekAnswer, WeekDay, WeekReason, WeekVisit
from optimizer.routing.week.violations import WeekViolation, WeekViolationKind

__all__ = ["WeekViolation", "WeekViolationKind", "check_week"]

_K = WeekViolationKind


def check_week(problem: WeekProblem, answer: WeekAnswer) -> tuple[WeekViolation, ...]:
    """Every rule that an answer breaks; an empty tuple for a sound answer."""
    unknown = tuple(_unknown(problem, answer))
    if unknown:
        return unknown
    broken = [*_listing(problem, answer)]
    for visit in answer.visits:
        broken.extend(_visit_faults(problem, visit))
    broken.extend(_pattern_faults(problem, answer))
    broken.extend(_link_faults(problem, answer))
    broken.extend(_carer_faults(problem, answer))
    broken.extend(_money_faults(problem, answer))
    for day in answer.days:
        broken.extend(_day_faults(problem, answer, day))
    broken.extend(_reason_faults(problem, answer))
    broken.extend(_value_faults(problem, answer))
    return tuple(broken)


def _unknown(problem: WeekProblem, answer: WeekAnswer) -> Iterator[WeekViolation]:
    def known(need: int, number: int) -> bool:
        return 0 <= need < problem.n_needs and 0 <= number < problem.need_times[need]

    for visit in answer.visits:
        people = all(0 <= carer < problem.n_carers for carer in visit.carers)
        on_a_day = 0 <= visit.day < problem.n_days
        if not (known(visit.need, visit.number) and people and on_a_day):
            yield WeekViolation(_K.UNKNOWN_VISIT, visit.need, visit.number, day=visit.day)
    for item in answer.unserved:
        if not known(item.need, item.number):
            yield WeekViolation(_K.UNKNOWN_VISIT, item.need, item.number)
    if [day.day for day in answer.days] != list(range(problem.n_days)):
        yield WeekViolation(_K.UNKNOWN_VISIT, got=len(answer.days), expected=problem.n_days)


def _listing(problem: WeekProblem, answer: WeekAnswer) -> Iterator[WeekViolation]:
    seen = Counter((visit.need, visit.number) for visit in answer.visits)
    seen += Counter((item.need, item.number) for item in answer.unserved)
    for need in range(problem.n_needs):
        for number in range(int(problem.need_times[need])):
            times = seen[need, number]
            if times == 0:
                yield WeekViolation(_K.NEITHER_MADE_NOR_LISTED, need, number)
            elif times > 1:
                yield WeekViolation(_K.VISIT_TWICE, need, number, got=times, expected=1)


def _visit_faults(problem: WeekProblem, visit: WeekVisit) -> Iterator[WeekViolation]:
    need, where = visit.need, (visit.need, visit.number)
    if not problem.need_days[need, visit.day]:
        yield WeekViolation(_K.WRONG_DAY, *where, day=visit.day)
    rows = range(int(problem.window_indptr[need]), int(problem.window_indptr[need + 1]))
    inside = (problem.window_open[row] <= visit.start <= problem.window_close[row] for row in rows)
    if not any(inside):
        yield WeekViolation(_K.OUTSIDE_WINDOW, *where, got=visit.start)
    people, asked = len(set(visit.carers)), int(problem.need_staff[need])
    if people != asked or people != len(visit.carers):
        yield WeekViolation(_K.WRONG_STAFF_COUNT, *where, got=people, expected=asked)
    for carer in visit.carers:
        if int(problem.need_skills[need]) & ~int(problem.carer_skills[carer]):
            yield WeekViolation(_K.MISSING_SKILL, *where, carer)
        if problem.pair_allowed.size and not problem.pair_allowed[need, carer]:
            yield WeekViolation(_K.NOT_ALLOWED, *where, carer)
        if problem.shift_open[visit.day, carer] == NONE:
            yield WeekViolation(_K.OFF_DUTY, *where, carer, visit.day)


def _pattern_faults(problem: WeekProblem, answer: WeekAnswer) -> Iterator[WeekViolation]:
    made: dict[int, list[WeekVisit]] = defaultdict(list)
    for visit in answer.visits:
        made[visit.need].append(visit)
    for need, visits in made.items():
        days = sorted(visit.day for visit in visits)
        for before, after in pairwise(days):
            if before == after:
                yield WeekViolation(_K.TWICE_A_DAY, need, day=before)
            elif after - before < problem.need_gap[need]:
                yield WeekViolation(
                    _K.TOO_CLOSE,
                    need,
                    day=after,
                    got=after - before,
                    expected=int(problem.need_gap[need]),
                )
        starts = [visit.start for visit in visits]
        tolerance = int(problem.need_tolerance[need])
        if tolerance != NONE and max(starts) - min(starts) > tolerance:
            spread = max(starts) - min(starts)
            yield WeekViolation(_K.OTHER_HOUR, need, got=spread, expected=tolerance)


def _link_faults(problem: WeekProblem, answer: WeekAnswer) -> Iterator[WeekViolation]:
    made = {(visit.need, visit.day): visit for visit in answer.visits}
    for row, first in enumerate(problem.link_first.tolist()):
        second = int(problem.link_second[row])
        low, high = int(problem.link_min[row]), int(problem.link_max[row])
        for day in range(problem.n_days):
            a, b = made.get((first, day)), made.get((second, day))
            if a is None and b is None:
                continue
            if a is None or b is None:
                yield WeekViolation(_K.LINK_BROKEN, second, day=day)
            elif not low <= b.start - a.start <= high:
                yield WeekViolation(_K.LINK_BROKEN, second, day=day, got=b.start - a.start)
            elif set(a.carers) & set(b.carers):
                yield WeekViolation(_K.LINK_BROKEN, second, carer=a.carers[0], day=day)


def _carer_faults(problem: WeekProblem, answer: WeekAnswer) -> Iterator[WeekViolation]:
    total = np.zeros(problem.n_carers, dtype=np.int64)
    ended: dict[int, tuple[int, int]] = {}
    for day in answer.days:
        worked = [0] * problem.n_carers
        for route in day.answer.plan.routes:
            carer, work = route.vehicle, route.end - route.depart
            total[carer] += work
            worked[carer] = work
            opens = int(problem.shift_open[day.day, carer])
            closes = int(problem.shift_close[day.day, carer])
            if opens == NONE:
                yield WeekViolation(_K.OFF_DUTY, carer=carer, day=day.day)
            elif route.depart < opens or route.end > closes:
                yield WeekViolation(_K.OUTSIDE_SHIFT, carer=carer, day=day.day)
            most = int(problem.carer_max_day[day.day, carer])
            if most != NONE and work > most:
                yield WeekViolation(
                    _K.TOO_LONG_DAY, carer=carer, day=day.day, got=work, expected=most
                )
            last = ended.get(carer)
            if last is not None and last[0] == day.day - 1:
                rest = route.depart + problem.day_ticks - last[1]
                least = int(problem.carer_rest[carer])
                if rest < least:
                    yield WeekViolation(
                        _K.TOO_LITTLE_REST, carer=carer, day=day.day, got=rest, expected=least
                    )
            ended[carer] = (day.day, route.end)
        if tuple(worked) != answer.work[day.day]:
            yield WeekViolation(_K.WRONG_COUNT, day=day.day)
    for carer in range(problem.n_carers):
        most = int(problem.carer_max_week[carer])
        if most != NONE and total[carer] > most:
            got = int(total[carer])
            yield WeekViolation(_K.TOO_LONG_WEEK, carer=carer, got=got, expected=most)


def _spent(problem: WeekProblem, answer: WeekAnswer) -> list[int]:
    spent = [0] * int(problem.payer_limit.size)
    for visit in answer.visits:
        payer = int(problem.need_payer[visit.need])
        if payer != NONE:
            spent[payer] += int(problem.need_price[visit.need])
    return spent


def _money_faults(problem: WeekProblem, answer: WeekAnswer) -> Iterator[WeekViolation]:
    for payer, spent in enumerate(_spent(problem, answer)):
        limit = int(problem.payer_limit[payer])
        if spent > limit:
            yield WeekViolation(_K.OVERSPENT, payer=payer, got=spent, expected=limit)


def _day_faults(problem: WeekProblem, answer: WeekAnswer, day: WeekDay) -> Iterator[WeekViolation]:
    """The day's own checker, and whether the day says what the week says."""
    for fault in check(day.problem, day.answer):
        yield WeekViolation(_K.DAY_PLAN, day=day.day, why=(fault.text("en"), fault.text("zh")))
    told = {
        (visit.need, visit.number): (visit.start, visit.carers)
        for visit in answer.visits
        if visit.day == day.day
    }
    people: dict[int, list[int]] = defaultdict(list)
    start: dict[int, int] = {}
    for route in day.answer.plan.routes:
        for step in route.steps:
            people[step.index].append(route.vehicle)
            start[step.index] = step.start
    planned = {
        day.visits[task]: (start[task], tuple(sorted(carers)))
        for task, carers in people.items()
        if task < len(day.visits)
    }
    for need, number in sorted(told.keys() | planned.keys()):
        if told.get((need, number)) != planned.get((need, number)):
            yield WeekViolation(_K.DAY_DIFFERS, need, number, day=day.day)
    for task, (need, _) in enumerate(day.visits):
        same = (
            day.problem.task_duration[task] == problem.need_duration[need]
            and day.problem.task_place[task] == problem.need_place[need]
            and day.problem.task_prize[task] == problem.need_prize[need]
            and day.problem.task_tier[task] == problem.need_tier[need]
        )
        if not same:
            yield WeekViolation(_K.DAY_DIFFERS, need, day=day.day)
    for mine, whole in (
        (day.problem.time, problem.time),
        (day.problem.distance, problem.distance),
        (day.problem.vehicle_time_cost, problem.carer_time_cost),
        (day.problem.vehicle_distance_cost, problem.carer_distance_cost),
        (day.problem.vehicle_fixed_cost, problem.carer_fixed_cost),
        (day.problem.vehicle_start, problem.carer_start),
        (day.problem.vehicle_end, problem.carer_end),
        (day.problem.vehicle_mode, problem.carer_mode),
    ):
        if not np.array_equal(mine, whole):
            yield WeekViolation(_K.DAY_DIFFERS, day=day.day)


def _reason_faults(problem: WeekProblem, answer: WeekAnswer) -> Iterator[WeekViolation]:
    """Reasons of visits that are on no day; those of days are proved by the day's checker."""
    listed = {
        (day.day, *day.visits[item.task]): item.reason
        for day in answer.days
        for item in day.answer.reasons
        if item.task < len(day.visits)
    }
    promised = _spent(problem, answer)
    for item in answer.unserved:
        payer = int(problem.need_payer[item.need])
        if item.day is not None and payer != NONE:
            promised[payer] += int(problem.need_price[item.need])
    for item in answer.unserved:
        need, holds = item.need, True
        if item.day is not None:
            holds = listed.get((item.day, need, item.number)) == item.reason
        elif item.reason is WeekReason.NO_MONEY:
            payers = _payers_of_bundle(problem, need)
            short = (
                promised[payer] + _bundle_price(problem, need, payer) > problem.payer_limit[payer]
                for payer in payers
            )
            holds = any(short)
        else:
            on_duty = _days_with_people(problem, need)
            most = _most_visits(problem, need, on_duty)
            holds = item.number >= most and isinstance(item.reason, WeekReason)
        if not holds:
            yield WeekViolation(_K.WRONG_REASON, need, item.number, day=item.day)


def _bundle(problem: WeekProblem, need: int) -> set[int]:
    mine = {need}
    while True:
        more = {
            int(other)
            for a, b in zip(problem.link_first, problem.link_second, strict=True)
            for here, other in ((a, b), (b, a))
            if int(here) in mine
        }
        if more <= mine:
            return mine
        mine |= more


def _payers_of_bundle(problem: WeekProblem, need: int) -> set[int]:
    return {int(problem.need_payer[each]) for each in _bundle(problem, need)} - {NONE}


def _bundle_price(problem: WeekProblem, need: int, payer: int) -> int:
    mine = _bundle(problem, need)
    return sum(int(problem.need_price[n]) for n in mine if problem.need_payer[n] == payer)


def _days_with_people(problem: WeekProblem, need: int) -> list[int]:
    days = []
    for day in range(problem.n_days):
        enough = True
        for each in _bundle(problem, need):
            people = sum(
                problem.shift_open[day, carer] != NONE
                and not int(problem.need_skills[each]) & ~int(problem.carer_skills[carer])
                and not (problem.pair_allowed.size and not problem.pair_allowed[each, carer])
                for carer in range(problem.n_carers)
            )
            enough = enough and people >= problem.need_staff[each]
        if enough and problem.need_days[need, day]:
            days.append(day)
    return days


def _most_visits(problem: WeekProblem, need: int, days: list[int]) -> int:
    """The most days at least the need's gap apart: the earliest that will do, again and again."""
    count, last = 0, -(10**6)
    for day in days:
        if day - last >= problem.need_gap[need]:
            count, last = count + 1, day
    return min(count, int(problem.need_times[need]))


def _value_faults(problem: WeekProblem, answer: WeekAnswer) -> Iterator[WeekViolation]:
    seen: dict[int, set[int]] = defaultdict(set)
    wishes = 0
    for visit in answer.visits:
        seen[int(problem.need_client[visit.need])].update(visit.carers)
        if problem.pair_cost.size:
            wishes += sum(int(problem.pair_cost[visit.need, carer]) for carer in visit.carers)
    people = tuple(len(seen[client]) for client in range(problem.n_clients))
    if people != answer.carers_per_client:
        yield WeekViolation(_K.WRONG_COUNT, got=sum(answer.carers_per_client), expected=sum(people))
    span = np.where(problem.shift_open == NONE, 0, problem.shift_close - problem.shift_open)
    work = np.array(answer.work, dtype=np.int64).sum(axis=0)
    uneven = sum(
        int(hours) ** 2 // max(1, int(shift))
        for hours, shift in zip(work, span.sum(axis=0), strict=True)
    )
    lapsed = sum(
        max(0, int(lapsing) - spent)
        for lapsing, spent in zip(problem.payer_lapsing, _spent(problem, answer), strict=True)
    )
    expected = {
        "preferences": wishes,
        "continuity": sum(people) * problem.continuity_cost,
        "balance": uneven * problem.balance_cost,
        "lapsed": lapsed * problem.lapse_cost,
        "unserved": sum(int(problem.need_prize[item.need]) for item in answer.unserved),
    }
    for name in ("fixed", "time", "distance"):
        expected[name] = sum(day.answer.result.parts.get(name, 0) for day in answer.days)
    parts = answer.result.parts
    for name in sorted(expected.keys() | parts.keys()):
        if parts.get(name) != expected.get(name):
            yield WeekViolation(
                _K.WRONG_PART, got=parts.get(name), expected=expected.get(name), why=(name, name)
            )
    if answer.result.objective != sum(expected.values()):
        yield WeekViolation(_K.WRONG_PART, got=answer.result.objective, why=("objective", "目标"))
    if answer.result.status is not Status.FEASIBLE or answer.result.bound is not None:
        yield WeekViolation(_K.WRONG_STATUS)
