"""Tasks in the CP-SAT model: who serves them when, their windows, and what ties them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from optimizer.routing.problem import NONE, LinkKind, RoutingProblem

__all__ = ["Amount", "TaskVars", "add_shared_rules", "add_task"]

Amount = Any
"""A linear expression, a variable or an int; CP-SAT's stubs add no unions of them."""

_FIRST, _LAST = -(2**40), 2**40


@dataclass
class TaskVars:
    """Variables of one task.

    Attributes:
        index: the task.
        served: whether anybody comes. start: when all of them start.
        size: ticks until the last of them has finished, at least.
        who: by vehicle, whether it serves the task; those that may.
        early: ticks before the first opening, of everybody together. late: ticks of lateness,
            one entry for each that may differ. lateness: their sum over everybody.
        kept: whether the task is served as the plan in force says.
    """

    index: int
    served: cp_model.IntVar
    start: cp_model.IntVar
    size: cp_model.IntVar
    who: dict[int, cp_model.IntVar]
    early: Amount = 0
    late: list[cp_model.IntVar] = field(default_factory=list)
    lateness: Amount = 0
    kept: cp_model.IntVar | None = None


def add_task(cp: cp_model.CpModel, problem: RoutingProblem, task: int) -> TaskVars:
    """Add a task with its windows and its place in the plan in force."""
    first = int(problem.vehicle_open.min(initial=0))
    last = int((problem.vehicle_close + problem.vehicle_overtime).max(initial=first))
    loaded = max(
        problem.task_origin[task], problem.task_freshness[task], problem.task_release[task]
    )
    able = [v for v in range(problem.n_vehicles) if problem.may_serve(task, v) and loaded == NONE]
    longest = max([problem.duration(task, v) for v in able], default=0)
    found = TaskVars(
        task,
        served=cp.new_bool_var(f"served{task}"),
        start=cp.new_int_var(first, last, f"start{task}"),
        size=cp.new_int_var(0, longest, f"size{task}"),
        who={v: cp.new_bool_var(f"who{task}_{v}") for v in able},
    )
    cp.add(sum(found.who.values()) == int(problem.task_staff[task]) * found.served)
    for vehicle, who in found.who.items():
        cp.add(found.size >= problem.duration(task, vehicle)).only_enforce_if(who)
    _add_windows(cp, problem, found, first, last + longest)
    if problem.plan_vehicle[task] != NONE:
        found.kept = cp.new_bool_var(f"kept{task}")
        planned = found.who.get(int(problem.plan_vehicle[task]))
        if planned is None:
            cp.add(found.kept == 0)
        else:
            cp.add_implication(found.kept, planned)
        start, slack = int(problem.plan_start[task]), problem.plan_tolerance
        cp.add(found.start >= start - slack).only_enforce_if(found.kept)
        cp.add(found.start <= start + slack).only_enforce_if(found.kept)
    return found


def _add_windows(
    cp: cp_model.CpModel, problem: RoutingProblem, task: TaskVars, first: int, last: int
) -> None:
    """One window is in force where the task is served; lateness counts against its close."""
    t = task.index
    windows = problem.windows(t).tolist()
    at_end = bool(problem.window_at_end[t])
    soft = problem.task_late_cost[t] != NONE
    # With closes at the start everybody is equally late; at the finish each may differ.
    groups = [[v] for v in task.who] if at_end else [list(task.who)]
    most = max(0, last - windows[0][1])
    late = [cp.new_int_var(0, most, f"late{t}_{number}") for number in range(len(groups))]
    in_force = [cp.new_bool_var(f"window{t}_{k}") for k in range(len(windows))]
    cp.add(sum(in_force) == task.served)
    for k, ((opens, closes), here) in enumerate(zip(windows, in_force, strict=True)):
        if k + 1 < len(windows):
            cp.add(task.start < windows[k + 1][0]).only_enforce_if(here)
        if k > 0 or problem.task_early_cost[t] == NONE:
            cp.add(task.start >= opens).only_enforce_if(here)
        else:
            _add_early(cp, problem, task, opens, here, max(0, opens - first))
        may_be_late = soft and (k + 1 == len(windows) or bool(problem.task_late_window[t]))
        for group, over in zip(groups, late, strict=True):
            slack = over if may_be_late else 0
            if not at_end:
                cp.add(task.start <= closes + slack).only_enforce_if(here)
                continue
            finish = task.start + problem.duration(t, group[0])
            cp.add(finish <= closes + slack).only_enforce_if(here, task.who[group[0]])
    if soft:
        task.late = late
        task.lateness = sum(late) if at_end else late[0] * int(problem.task_staff[t])


def _add_early(
    cp: cp_model.CpModel,
    problem: RoutingProblem,
    task: TaskVars,
    opens: int,
    here: cp_model.IntVar,
    most: int,
) -> None:
    limit = int(problem.task_early_limit[task.index])
    early = cp.new_int_var(0, most if limit == NONE else min(most, limit), f"early{task.index}")
    cp.add(task.start >= opens - early).only_enforce_if(here)
    task.early = early * int(problem.task_staff[task.index])


def add_shared_rules(
    cp: cp_model.CpModel, problem: RoutingProblem, tasks: Sequence[TaskVars]
) -> None:
    """Add links, equipment, entitlements and the limit on changes."""
    for row, kind in enumerate(problem.link_kind.tolist()):
        first, second = tasks[problem.link_first[row]], tasks[problem.link_second[row]]
        if kind <= LinkKind.SEQUENCE:
            _add_tie(cp, problem, first, second, row)
        else:
            _add_loose_link(cp, problem, first, second, kind)
    _add_equipment(cp, problem, tasks)
    for payer, limit in enumerate(problem.payer_limit.tolist()):
        paid = [task for task in tasks if problem.task_payer[task.index] == payer]
        cp.add(sum(task.served * int(problem.task_price[task.index]) for task in paid) <= limit)
    if problem.max_changes != NONE:
        kept = [task.kept for task in tasks if task.kept is not None]
        cp.add(sum(kept) >= len(kept) - problem.max_changes)


def _add_tie(
    cp: cp_model.CpModel, problem: RoutingProblem, first: TaskVars, second: TaskVars, row: int
) -> None:
    low, high = 0, 0
    if problem.link_kind[row] == LinkKind.SEQUENCE:
        low, high = int(problem.link_min[row]), int(problem.link_max[row])
    cp.add(first.served == second.served)
    cp.add_linear_constraint(second.start - first.start, low, high).only_enforce_if(first.served)
    _add_different_people(cp, first, second)


def _add_different_people(cp: cp_model.CpModel, first: TaskVars, second: TaskVars) -> None:
    for vehicle in first.who.keys() & second.who.keys():
        cp.add(first.who[vehicle] + second.who[vehicle] <= 1)


def _add_loose_link(
    cp: cp_model.CpModel, problem: RoutingProblem, first: TaskVars, second: TaskVars, kind: int
) -> None:
    both = [first.served, second.served]
    if kind == LinkKind.DIFFERENT_PERSON:
        _add_different_people(cp, first, second)
    elif kind == LinkKind.SAME_PERSON:
        fewer, more = first, second
        if problem.task_staff[first.index] > problem.task_staff[second.index]:
            fewer, more = second, first
        for vehicle, who in fewer.who.items():
            cp.add(who <= more.who.get(vehicle, 0)).only_enforce_if(both)
    else:
        order = cp.new_bool_var(f"order{first.index}_{second.index}")
        cp.add(second.start >= first.start + first.size).only_enforce_if([*both, order])
        cp.add(first.start >= second.start + second.size).only_enforce_if([*both, ~order])


def _add_equipment(
    cp: cp_model.CpModel, problem: RoutingProblem, tasks: Sequence[TaskVars]
) -> None:
    for kind, pieces in enumerate(problem.equipment_count.tolist()):
        users = [tasks[t] for t in np.flatnonzero(problem.task_equipment == kind).tolist()]
        if pieces == 0:
            for task in users:
                for vehicle, who in task.who.items():
                    if problem.duration(task.index, vehicle) > 0:
                        cp.add(who == 0)
            continue
        spans = []
        for task in users:
            name = f"span{task.index}"
            end = cp.new_int_var(_FIRST, _LAST, f"end{task.index}")
            spans.append(
                cp.new_optional_interval_var(task.start, task.size, end, task.served, name)
            )
        cp.add_cumulative(spans, [1] * len(spans), pieces)
