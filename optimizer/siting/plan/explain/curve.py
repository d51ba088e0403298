"""The most value with every number of new sites, each point with a proved bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.codes import BAD_VALUE
from optimizer.result import Status, StopReason
from optimizer.siting.plan.problem import PlanAnswer, PlanObjective, PlanProblem, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.siting.plan.tables import Rules
from optimizer.siting.shares import share
from optimizer.stop import Progress, ProgressCallback, Stop

__all__ = ["PlanCurvePoint", "at_most_new_sites", "coverage_curve"]

_DEFAULT_STOP = Stop(seconds=60)
_NO_LOW = -(2**62)


@dataclass(frozen=True, eq=False)
class PlanCurvePoint:
    """The most value that a number of new sites can bring.

    Attributes:
        new_sites: at most so many sites without a facility today stand in the last year.
        status: OPTIMAL, FEASIBLE, INFEASIBLE (no plan does with so few) or NO_SOLUTION.
        answer: the best plan found, its result as first solved; None without one.
        objective: its value, None without one.
        bound: proved upper bound on the value of every plan with so few new sites, None without.
    """

    new_sites: int
    status: Status
    answer: PlanAnswer | None
    objective: int | None
    bound: int | None


def at_most_new_sites(problem: PlanProblem, count: int) -> PlanProblem:
    """The problem with a rule more: so many new sites at most stand in the last year.

    A new site is one without a facility today; an existing one that is changed is none.
    """
    rules, last = problem.rules, problem.n_years - 1
    options = np.flatnonzero(problem.sites.current[problem.options.site] < 0)
    return problem.replace(
        rules=Rules(
            low=np.append(rules.low, _NO_LOW),
            high=np.append(rules.high, count),
            first_year=np.append(rules.first_year, last),
            last_year=np.append(rules.last_year, last),
            growth=np.append(rules.growth, False),
            indptr=np.append(rules.indptr, rules.indptr[-1] + options.size),
            option=np.concatenate([rules.option, options]),
            coefficient=np.concatenate([rules.coefficient, np.ones(options.size, np.int64)]),
            kind=np.concatenate([rules.kind, np.full(options.size, -1)]),
        )
    )


def coverage_curve(
    problem: PlanProblem,
    request: PlanRequest,
    up_to: int,
    *,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> tuple[PlanCurvePoint, ...]:
    """The most value for every number of new sites from 0 to ``up_to``.

    The last point is solved first: its bound holds for all of them, and where its plan needs
    fewer sites, the points from there on are done. The others follow in ascending order, each
    from the plan before it. Values and bounds never fall from one point to the next.

    Args:
        problem: the tables; a rule on the number of new sites is added to theirs.
        request: limits that hold at every point; its objective is MAX_VALUE, whatever it says.
        up_to: the largest number of new sites, >= 0.
        stop: limits for the whole, shared fairly; iterations limit every solve.
        seed: the solves' seed.
        progress: told after every solve; ``iterations`` counts points.

    Raises:
        FaultError: ``up_to`` is negative (CC-O004).
    """
    if up_to < 0:
        faults = Faults()
        faults.add(BAD_VALUE(field="up_to", value=up_to, rule=">= 0"))
        faults.raise_if_any()
    clock = stop.start()
    asked = request.replace(objective=PlanObjective.MAX_VALUE, cost_weight=0)
    answers: dict[int, PlanAnswer] = {}
    best: PlanAnswer | None = None
    for done, count in enumerate([up_to, *range(up_to)]):
        if _is_settled(problem, answers.get(up_to), best, count):
            break
        part = at_most_new_sites(problem, count)
        rule = share(clock, up_to + 1 - done)
        answers[count] = solve(part, asked, stop=rule, seed=seed, start=best)
        # The plan of the last point cannot start those before it: it may have too many sites.
        if count < up_to:
            best = _better(best, answers[count])
        if progress is not None:
            result = answers[count].result
            news = Progress("curve", clock.elapsed, result.objective, result.bound, done + 1)
            progress(news)
        if clock.reason() is StopReason.USER:
            break
    return _points(problem, answers, up_to)


def _better(best: PlanAnswer | None, other: PlanAnswer) -> PlanAnswer | None:
    if other.result.objective is None:
        return best
    if best is None or best.result.objective is None:
        return other
    return other if other.result.objective > best.result.objective else best


def _count(problem: PlanProblem, answer: PlanAnswer) -> int:
    last: NDArray[np.int32] = answer.option[-1]
    return int(np.count_nonzero((last >= 0) & (problem.sites.current < 0)))


def _is_settled(
    problem: PlanProblem, last: PlanAnswer | None, best: PlanAnswer | None, count: int
) -> bool:
    """Whether this point and all between it and the last one are known from what is known."""
    if last is None:
        return False
    if last.result.status is Status.INFEASIBLE:
        return True
    if last.result.status is not Status.OPTIMAL:
        return False
    reached = best is not None and best.result.objective == last.result.objective
    return reached or count >= _count(problem, last)


def _points(
    problem: PlanProblem, answers: dict[int, PlanAnswer], up_to: int
) -> tuple[PlanCurvePoint, ...]:
    """Points with values that never fall and bounds that hold for all points before them."""
    bounds: list[int | None] = [None] * (up_to + 1)
    bound, none = None, False
    infeasible = [False] * (up_to + 1)
    for count in range(up_to, -1, -1):
        answer = answers.get(count)
        if answer is not None:
            none = none or answer.result.status is Status.INFEASIBLE
            told = answer.result.bound
            if told is not None:
                bound = told if bound is None else min(bound, told)
        bounds[count], infeasible[count] = bound, none
    points, best = [], None
    counts = {count: _count(problem, each) for count, each in answers.items() if each.option.size}
    for count in range(up_to + 1):
        for solved, needed in counts.items():
            if needed <= count:
                best = _better(best, answers[solved])
        points.append(_point(count, best, bounds[count], infeasible[count]))
    return tuple(points)


def _point(
    count: int, best: PlanAnswer | None, bound: int | None, infeasible: bool
) -> PlanCurvePoint:
    if best is None:
        status = Status.INFEASIBLE if infeasible else Status.NO_SOLUTION
        return PlanCurvePoint(count, status, None, None, None if infeasible else bound)
    objective = best.result.objective
    status = Status.OPTIMAL if objective == bound else Status.FEASIBLE
    return PlanCurvePoint(count, status, best, objective, bound)
