"""Least worst travel cost, by bisection over the travel costs that occur.

Whether all weighted rows of the last year can be served within a cost D is a feasibility problem:
the pairs of these rows beyond D are ruled out. The answer is the least D that is feasible
(Minieka 1970), every D below the last infeasible one being proved impossible.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.engine import Reporter
from optimizer.siting.plan.model.program import Linear
from optimizer.siting.plan.model.whole import PlanModel
from optimizer.siting.plan.optimise import Found, Goal, optimise
from optimizer.siting.plan.reading import read_plan
from optimizer.stop import StopClock

__all__ = ["nearest_worst", "within"]


def nearest_worst(
    model: PlanModel,
    clock: StopClock,
    *,
    seed: int,
    reporter: Reporter,
    start: NDArray[np.int64] | None,
) -> Found:
    """Search for the plan with the least worst cost; ``Found.value`` is that cost."""
    costs, least = _costs(model)
    anything = Goal(Linear.of([], []), maximise=False)
    first = optimise(model, anything, clock, seed=seed, start=start)
    if first.whole is None:
        return replace(first, bound=None)
    best, worst = first.whole, read_plan(model, first.whole).figures.worst
    # Costs below index ``low`` are impossible; ``worst`` is feasible.
    low = int(np.searchsorted(costs, least))
    high = int(np.searchsorted(costs, worst))
    reason = StopReason.FINISHED
    while low < high:
        reporter.tell(worst, _bound(costs, low, worst))
        middle = (low + high) // 2
        found = optimise(within(model, int(costs[middle])), anything, clock, seed=seed)
        if found.infeasible:
            low = middle + 1
        elif found.whole is not None:
            best = found.whole
            worst = read_plan(model, best).figures.worst
            high = int(np.searchsorted(costs, worst))
        else:
            reason = found.reason
            break
    bound = _bound(costs, low, worst)
    reporter.tell(worst, bound)
    return Found(best, worst, bound, False, reason)


def _bound(costs: NDArray[np.int64], low: int, worst: int) -> int:
    return worst if low >= costs.size else min(int(costs[low]), worst)


def _costs(model: PlanModel) -> tuple[NDArray[np.int64], int]:
    """Travel costs that may be the worst, ascending, and one that it cannot be below."""
    problem = model.problem
    classes, assigned = model.cover.classes, model.assignment.classes
    row = classes.part_row[problem.demand.weight[classes.part_row] > 0]
    cost = classes.part_cost[problem.demand.weight[classes.part_row] > 0]
    pair = assigned.weighted[assigned.pair_class]
    nearest = np.full(problem.n_demand + assigned.size, np.iinfo(np.int64).max)
    np.minimum.at(nearest, row, cost)
    np.minimum.at(nearest, problem.n_demand + assigned.pair_class[pair], assigned.cost[pair])
    least = int(nearest[nearest < np.iinfo(np.int64).max].max(initial=0))
    return np.unique(np.concatenate([[0], cost, assigned.cost[pair]])), least


def within(model: PlanModel, most: int) -> PlanModel:
    """The model in which weighted rows of the last year are served within a cost."""
    program = model.program.copy()
    classes, assigned = model.cover.classes, model.assignment.classes
    weighted = model.problem.demand.weight[classes.part_row] > 0
    inside = weighted & (classes.part_cost <= most)
    # The widest level of a row that is still inside: levels ascend within a row.
    widest = np.full(model.problem.n_demand, -1, dtype=np.int64)
    widest[classes.part_row[inside]] = classes.part_class[inside]
    asked = np.unique(classes.part_row[weighted])
    if np.any(widest[asked] < 0):
        program.impossible = True
    program.fix(model.cover.once[widest[asked][widest[asked] >= 0], -1], 1)
    far = assigned.weighted[assigned.pair_class] & (assigned.cost > most)
    program.fix(model.assignment.goes[far, -1], 0)
    return replace(model, program=program)
