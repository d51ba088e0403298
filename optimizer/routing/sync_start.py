"""From plans to the annealing's terms: where a search begins."""

from __future__ import annotations

from collections import defaultdict
from heapq import heapify, heappop, heappush
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import Plan, Route, Step, StepKind
from optimizer.routing.sync_kernels import GROUP, WINDOW
from optimizer.routing.sync_model import SyncModel

__all__ = ["order_of", "plan_in_force"]


def plan_in_force(problem: RoutingProblem) -> Plan | None:
    """The plan that the problem says is in force, None where it says nothing.

    Only who does what in which order is to be relied on: ways are not looked at.
    """
    tasks = np.flatnonzero(problem.plan_vehicle != NONE).tolist()
    if not tasks:
        return None
    steps: dict[int, list[Step]] = defaultdict(list)
    for task in sorted(tasks, key=lambda t: (int(problem.plan_start[t]), t)):
        vehicle, start = int(problem.plan_vehicle[task]), int(problem.plan_start[task])
        finish = start + problem.duration(task, vehicle)
        steps[vehicle].append(Step(StepKind.TASK, task, start, start, finish))
    routes = [
        Route(v, rows[0].start, rows[-1].finish, tuple(rows)) for v, rows in sorted(steps.items())
    ]
    return Plan(tuple(routes), ())


def order_of(model: SyncModel, plan: Plan) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Keys (float64[n]) and vehicles (int64[n], -1 for nobody) of a plan in the model's rows.

    Groups that the plan serves in part are left out, and those in an order that no key gives.
    """
    group = model.data.task[:, GROUP]
    vehicle = np.full(group.size, NONE, dtype=np.int64)
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row, source in enumerate(model.source.tolist()):
        rows_of[source].append(row)
    chains: list[list[int]] = []
    begins: dict[int, int] = {}
    for route in plan.routes:
        chain = []
        for step in route.steps:
            code = -1 - step.index if step.kind is StepKind.BREAK else step.index
            free = [row for row in rows_of[code] if vehicle[row] == NONE]
            if step.kind is StepKind.LOAD or not free:
                continue
            vehicle[free[0]] = route.vehicle
            g = int(group[free[0]])
            begins[g] = min(begins.get(g, step.start), step.start)
            chain.append(g)
        chains.append(chain)
    ranked = _sorted_groups(begins, chains)
    key = _keys(model, begins, ranked)
    out = np.isin(group, list(set(begins) - set(ranked)))
    partly = np.isin(group, group[: model.n_tasks][vehicle[: model.n_tasks] == NONE])
    vehicle[out | partly] = NONE
    return key, vehicle


def _sorted_groups(begins: dict[int, int], chains: list[list[int]]) -> list[int]:
    """The groups in an order that all chains agree with, earliest first; without circles."""
    waits: dict[int, int] = dict.fromkeys(begins, 0)
    after: dict[int, list[int]] = defaultdict(list)
    for chain in chains:
        for first, second in pairwise(chain):
            after[first].append(second)
            waits[second] += 1
    ready = [(begins[g], g) for g, count in waits.items() if count == 0]
    heapify(ready)
    ranked = []
    while ready:
        _, g = heappop(ready)
        ranked.append(g)
        for other in after[g]:
            waits[other] -= 1
            if waits[other] == 0:
                heappush(ready, (begins[other], other))
    return ranked


def _keys(model: SyncModel, begins: dict[int, int], ranked: list[int]) -> NDArray[np.float64]:
    """float64[n]: ranks in the given order; what is not in it stands where it may first begin."""
    data = model.data
    group = data.task[:, GROUP]
    n_groups = data.group.shape[0]
    key = np.zeros(n_groups)
    key[ranked] = np.arange(len(ranked))
    times = np.array([begins[g] for g in ranked], dtype=np.int64)
    first_row = np.unique(group, return_index=True)[1]
    missing = np.setdiff1d(np.arange(n_groups), ranked)
    opens = data.window[data.task[first_row, WINDOW], 0]
    step = 0.5 / (n_groups + 1)
    for count, g in enumerate(missing[np.argsort(opens[missing], kind="stable")].tolist()):
        key[g] = np.searchsorted(times, opens[g]) - 0.5 + step * count
    chosen: NDArray[np.float64] = key[group]
    return chosen
