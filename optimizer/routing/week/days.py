"""The days of a planned week as problems and plans of their own.

A day's problem holds what the rest of the week leaves to the day: starts near those of the other
days ("the same hour"), shifts that leave the rest between days, and hours that all days together
do not exceed. Any plan that keeps these limits on every day therefore keeps the week's.
"""

from __future__ import annotations

import numpy as np

from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.explain import explain
from optimizer.routing.insert import Rounds, mend
from optimizer.routing.parts import plan_counts, plan_parts
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.reasons import reasons_of
from optimizer.routing.schedule import time_route
from optimizer.routing.solution import Plan, Route, RoutingAnswer, StepKind
from optimizer.routing.sync_hold import hold
from optimizer.routing.week.day_problem import DayLimits, day_problem
from optimizer.routing.week.model import WeekModel
from optimizer.routing.week.solution import WeekDay
from optimizer.routing.week.week_kernels import (
    DEPART,
    END_AT,
    HI,
    LO,
    WIDTH,
    WORK,
    WeekState,
)

__all__ = ["plan_days"]


def plan_days(
    model: WeekModel, state: WeekState, *, seed: int, reason: StopReason
) -> tuple[DayLimits, tuple[WeekDay, ...]]:
    """Every day's problem, plan and reasons, as the search leaves the week."""
    limits = _limits(model, state)
    days = range(model.problem.n_days)
    return limits, tuple(_plan_day(model, state, day, limits, seed, reason) for day in days)


def _limits(model: WeekModel, state: WeekState) -> DayLimits:
    """Shifts, hours and starts such that rest, weekly hours and "the same hour" hold whatever
    the days do with them.
    """
    problem = model.problem
    days, carers = problem.n_days, problem.n_carers
    figure = state.figure.reshape(days, carers, 4)
    used = state.size.reshape(days, carers) > 0
    opens, closes = problem.shift_open.copy(), problem.shift_close.copy()
    for day in range(days - 1):
        both = (problem.shift_open[day] != NONE) & (problem.shift_open[day + 1] != NONE)
        rest = problem.carer_rest - problem.day_ticks
        latest = np.where(used[day + 1], figure[day + 1, :, DEPART] - rest, closes[day])
        end = np.minimum(closes[day], np.where(both, latest, closes[day]))
        closes[day] = np.maximum(end, np.where(used[day], figure[day, :, END_AT], opens[day]))
        first = np.maximum(opens[day + 1], np.where(both, closes[day] + rest, opens[day + 1]))
        opens[day + 1] = np.minimum(first, closes[day + 1])
    work = figure[:, :, WORK]
    left = np.where(
        problem.carer_max_week == NONE,
        problem.day_ticks * days,
        problem.carer_max_week - work.sum(axis=0),
    )
    limit = work + left // days
    most = np.where(problem.carer_max_day == NONE, limit, problem.carer_max_day)
    most = np.minimum(most, np.where(problem.carer_max_week == NONE, most, limit))
    works = problem.shift_open != NONE
    starts = np.full((problem.n_needs, 2), NONE, dtype=np.int64)
    for need in range(problem.n_needs):
        units = model.data.need_unit[model.data.unit_first[need] : model.data.unit_first[need + 1]]
        free = model.data.need[need, WIDTH] < 0
        if not free and np.any(state.who[units] != NONE):
            starts[need] = state.start[need, [LO, HI]]
    return DayLimits(
        opens=np.where(works, opens, 0),
        closes=np.where(works, closes, 0),
        work=np.where(works, most, 0),
        starts=starts,
    )


def _plan_day(
    model: WeekModel, state: WeekState, day: int, limits: DayLimits, seed: int, reason: StopReason
) -> WeekDay:
    rows: dict[tuple[int, int], tuple[int, ...]] = {}
    for g in np.flatnonzero(state.day == day).tolist():
        units = range(int(model.data.group[g, 1]), int(model.data.group[g, 2]))
        number = int(model.group_number[g])
        for unit in units:
            need = int(model.data.unit[unit, 0])
            rows[need, number] = (*rows.get((need, number), ()), unit)
    visits = tuple(sorted(rows))
    task_of = {unit: task for task, visit in enumerate(visits) for unit in rows[visit]}
    problem = day_problem(model.problem, limits, day, visits)
    carers = model.problem.n_carers
    routes = []
    for carer in range(carers):
        row = day * carers + carer
        stops = state.seq[row, : state.size[row]].tolist()
        if stops:
            steps = [(StepKind.TASK, task_of[unit]) for unit in stops]
            route = time_route(problem, carer, steps)
            assert route is not None, "the search keeps every rule of the day"
            routes.append(route)
    return WeekDay(day, problem, visits, _answer(problem, tuple(routes), seed, reason))


def _answer(
    problem: RoutingProblem, routes: tuple[Route, ...], seed: int, reason: StopReason
) -> RoutingAnswer:
    """The routes mended (see ``insert``), with the reasons of what stays out."""
    asks = bool(problem.pair_allowed.size or problem.pair_cost.size)
    if asks:  # insertion knows nothing of pairs; the search has tried every place there is
        served = {task for route in routes for task in route.tasks}
        left = tuple(task for task in range(problem.n_tasks) if task not in served)
        plan = Plan(routes, left)
    else:
        rounds = Rounds(hold(problem, routes), routes)
        mend(rounds)
        plan = rounds.plan()
    parts = plan_parts(problem, plan)
    result = SolveResult(
        status=Status.FEASIBLE,
        stop_reason=reason,
        objective=sum(parts.values()),
        bound=None,
        seconds=0.0,
        seed=seed,
        solver="week",
        parts=parts,
    )
    reasons = reasons_of(problem, plan) if asks else explain(problem, plan)
    return RoutingAnswer(plan, reasons, result, plan_counts(problem, plan))
