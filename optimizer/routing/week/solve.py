"""Planning a week: which days, which people, which hours, then every day's rounds.

1. The days of all needs, and what the entitlements pay for, by integer programs (``patterns``).
2. All days at once by annealing (``anneal``), carers per client counted in the cost.
3. Every day timed, mended and explained on its own within what the week leaves it (``days``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

import numpy as np

from optimizer.result import SolveResult, Status, versions_of
from optimizer.routing.problem import NONE
from optimizer.routing.week.anneal import search
from optimizer.routing.week.days import plan_days
from optimizer.routing.week.model import WeekModel
from optimizer.routing.week.patterns import Bundle, bundles_of, choose_days
from optimizer.routing.week.problem import WeekProblem
from optimizer.routing.week.solution import (
    WeekAnswer,
    WeekDay,
    WeekReason,
    WeekUnserved,
    WeekVisit,
)
from optimizer.stop import Progress, ProgressCallback, Stop

__all__ = ["solve_week", "week_parts"]

_RESERVE, _MOST_RESERVE = 0.06, 6.0
"""Share of the time limit, and most seconds, kept for the days' own plans and reasons."""


def solve_week(
    problem: WeekProblem,
    *,
    stop: Stop | None = None,
    seed: int = 0,
    threads: int = 2,
    progress: ProgressCallback | None = None,
) -> WeekAnswer:
    """Plan a week.

    Args:
        problem: the week.
        stop: stop rule, 120 seconds by default; an iteration is a thousand moves per thread.
        seed: random seed; with the same threads and an iteration limit alone the plan is the
            same every time.
        threads: chains of annealing side by side.
        progress: called with what the first chain costs, wishes and carers per client included.

    Returns:
        A plan that keeps all rules, with a reason for every visit that is not made. The method is
        a heuristic: the status is FEASIBLE and there is no bound.
    """
    stop = Stop(seconds=120.0) if stop is None else stop
    compile_week()
    clock = stop.start()
    bundles = bundles_of(problem)
    days = choose_days(problem, bundles, seed)

    def tell(cost: int, iterations: int) -> None:
        if progress is not None:
            progress(Progress("search", clock.elapsed, incumbent=cost, iterations=iterations))

    model = WeekModel(problem, bundles)
    limit = stop.seconds
    state, reason, _ = search(
        model,
        days,
        clock,
        seed=seed,
        chains=max(1, threads),
        reserve=0.0 if limit is None else min(_MOST_RESERVE, _RESERVE * limit),
        tell=tell,
    )
    limits, planned = plan_days(model, state, seed=seed, reason=reason)
    visits = _visits(planned)
    unserved = (*_left_out(problem, bundles), *_unserved(planned))
    parts = week_parts(problem, planned, visits, unserved)
    return WeekAnswer(
        visits=visits,
        unserved=tuple(sorted(unserved, key=lambda item: (item.need, item.number))),
        days=planned,
        limits=limits,
        result=SolveResult(
            status=Status.FEASIBLE,
            stop_reason=reason,
            objective=sum(parts.values()),
            bound=None,
            seconds=clock.elapsed,
            seed=seed,
            solver="week",
            parts=parts,
            versions=versions_of("highspy", "numpy", "numba"),
        ),
        work=_work(problem, planned),
        carers_per_client=_carers_per_client(problem, visits),
        counts=_counts(problem, planned, visits, unserved),
    )


@cache
def compile_week() -> None:
    """Compile or load the kernels before a clock starts, once per process."""
    from optimizer.routing.week.warm import warm_up

    warm_up()


def _visits(days: Sequence[WeekDay]) -> tuple[WeekVisit, ...]:
    made: dict[tuple[int, int], WeekVisit] = {}
    for day in days:
        people: dict[int, list[int]] = defaultdict(list)
        start: dict[int, int] = {}
        for route in day.answer.plan.routes:
            for step in route.steps:
                people[step.index].append(route.vehicle)
                start[step.index] = step.start
        for task, carers in people.items():
            need, number = day.visits[task]
            made[need, number] = WeekVisit(
                need, number, day.day, tuple(sorted(carers)), start[task]
            )
    return tuple(made[key] for key in sorted(made))


def _unserved(days: Sequence[WeekDay]) -> list[WeekUnserved]:
    return [
        WeekUnserved(*day.visits[item.task], day.day, item.reason, item.detail)
        for day in days
        for item in day.answer.reasons
    ]


def _left_out(problem: WeekProblem, bundles: Sequence[Bundle]) -> list[WeekUnserved]:
    """Visits that no day holds or no money pays for."""
    found = []
    for bundle in bundles:
        days = int(bundle.usable.sum())
        for number in range(bundle.paid, bundle.times):
            for need in bundle.needs:
                if number < bundle.most:
                    reason, detail = WeekReason.NO_MONEY, {"paid": bundle.paid}
                elif days < int(problem.need_days[need].sum()):
                    reason, detail = WeekReason.NOBODY_THAT_DAY, {"days": days}
                else:
                    reason, detail = WeekReason.NO_DAY, {"days": days}
                found.append(WeekUnserved(need, number, None, reason, detail))
    return found


def week_parts(
    problem: WeekProblem,
    days: Sequence[WeekDay],
    visits: Sequence[WeekVisit],
    unserved: Sequence[WeekUnserved],
) -> dict[str, int]:
    """The parts of a week's cost."""
    parts = dict.fromkeys(("fixed", "time", "distance"), 0)
    for day in days:
        for name in parts:
            parts[name] += day.answer.result.parts[name]
    wishes = 0
    if problem.pair_cost.size:
        wishes = sum(int(problem.pair_cost[v.need, list(v.carers)].sum()) for v in visits)
    spent = np.zeros(problem.payer_limit.size, dtype=np.int64)
    for visit in visits:
        if problem.need_payer[visit.need] != NONE:
            spent[problem.need_payer[visit.need]] += problem.need_price[visit.need]
    lapsed = int(np.maximum(0, problem.payer_lapsing - spent).sum())
    span = np.where(problem.shift_open == NONE, 0, problem.shift_close - problem.shift_open)
    work = np.array(_work(problem, days), dtype=np.int64).sum(axis=0)
    uneven = int((work**2 // np.maximum(1, span.sum(axis=0))).sum())
    return parts | {
        "preferences": wishes,
        "continuity": sum(_carers_per_client(problem, visits)) * problem.continuity_cost,
        "balance": uneven * problem.balance_cost,
        "lapsed": lapsed * problem.lapse_cost,
        "unserved": sum(int(problem.need_prize[item.need]) for item in unserved),
    }


def _work(problem: WeekProblem, days: Sequence[WeekDay]) -> tuple[tuple[int, ...], ...]:
    rows = []
    for day in days:
        row = [0] * problem.n_carers
        for route in day.answer.plan.routes:
            row[route.vehicle] = route.end - route.depart
        rows.append(tuple(row))
    return tuple(rows)


def _carers_per_client(problem: WeekProblem, visits: Sequence[WeekVisit]) -> tuple[int, ...]:
    seen: list[set[int]] = [set() for _ in range(problem.n_clients)]
    for visit in visits:
        seen[problem.need_client[visit.need]].update(visit.carers)
    return tuple(len(people) for people in seen)


def _counts(
    problem: WeekProblem,
    days: Sequence[WeekDay],
    visits: Sequence[WeekVisit],
    unserved: Sequence[WeekUnserved],
) -> dict[str, int]:
    people = [count for count in _carers_per_client(problem, visits) if count]
    travel = metres = 0
    for day in days:
        for route in day.answer.plan.routes:
            mode = problem.carer_mode[route.vehicle]
            stops = [int(day.problem.task_place[task]) for task in route.tasks]
            last = int(problem.carer_end[route.vehicle])
            path = [int(problem.carer_start[route.vehicle]), *stops, *([] if last < 0 else [last])]
            travel += int(problem.time[mode, path[:-1], path[1:]].sum())
            metres += int(problem.distance[mode, path[:-1], path[1:]].sum())
    return {
        "served": len(visits),
        "unserved": len(unserved),
        "carers_mean_milli": round(1000 * sum(people) / max(1, len(people))),
        "carers_max": max(people, default=0),
        "travel_ticks": travel,
        "metres": metres,
    }
