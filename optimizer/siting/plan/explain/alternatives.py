"""Several plans of nearly the same worth that open different sites.

Each next plan is the best one that leaves out at least k of the new sites of every plan before
it: a cut ``sum of x over the new sites of that plan <= their number - k`` in the request's
``differ_from``, and for value and cost a limit on the loss. So plans differ pairwise, and when
the solver proves that there is none, there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.codes import BAD_VALUE
from optimizer.result import Status, StopReason
from optimizer.siting.alternatives import worst_allowed
from optimizer.siting.loss import Loss, distance_from_best
from optimizer.siting.plan.explain.why import PlanDifference, difference, maximises
from optimizer.siting.plan.problem import PlanAnswer, PlanObjective, PlanProblem, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.siting.shares import share
from optimizer.stop import ProgressCallback, Stop

__all__ = ["PlanAlternative", "PlanAlternatives", "alternatives", "new_sites"]

_DEFAULT_STOP = Stop(seconds=60)


@dataclass(frozen=True, eq=False)
class PlanAlternative:
    """A plan that differs from those before it.

    Attributes:
        request: the request that it answers, so that a checker can be asked.
        answer: the plan; its bound limits all plans that differ enough from those before it.
        loss: how far it lies from the best plan of all, in units of the objective; nothing is
            proved of it with MAX_MIN, where shares come before value.
        difference: what changes against the plan first at hand.
    """

    request: PlanRequest
    answer: PlanAnswer
    loss: Loss
    difference: PlanDifference


@dataclass(frozen=True)
class PlanAlternatives:
    """Alternatives in the order found.

    Attributes:
        found: them.
        complete: proved: no further plan is near enough and differs enough.
        stop_reason: why the search ended.
    """

    found: tuple[PlanAlternative, ...]
    complete: bool
    stop_reason: StopReason


def new_sites(problem: PlanProblem, answer: PlanAnswer) -> NDArray[np.int32]:
    """Sites that show another option than today's in the last year, ascending."""
    last = answer.option[-1]
    return np.flatnonzero((last >= 0) & (last != problem.sites.current)).astype(np.int32)


def alternatives(
    problem: PlanProblem,
    request: PlanRequest,
    answer: PlanAnswer,
    count: int,
    *,
    within: float = 0.02,
    differ_by: int = 1,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> PlanAlternatives:
    """Near-optimal plans that differ from the answer and from each other.

    Args:
        problem: the problem of the answer.
        request: its request. With MAX_MIN the least share and the value are both kept within the
            fraction.
        answer: a plan, the best at hand.
        count: at most so many alternatives.
        within: the largest loss, as a fraction of the answer's objective, >= 0.
        differ_by: each alternative leaves out at least so many new sites of the answer and of
            every alternative before it (all of them, where a plan has fewer).
        stop: limits for the whole, shared fairly; iterations limit every solve.
        seed: the solves' seed.
        progress: told by the solves.

    Raises:
        FaultError: ``count``, ``within`` or ``differ_by`` out of range (CC-O004).
    """
    faults = Faults()
    for name, given, least in (("count", count, 0), ("within", within, 0), ("by", differ_by, 1)):
        if given < least:
            faults.add(BAD_VALUE(field=name, value=given, rule=f">= {least}"))
    faults.raise_if_any()
    objective, found = answer.result.objective, list[PlanAlternative]()
    if objective is None or not new_sites(problem, answer).size:
        return PlanAlternatives((), objective is not None, StopReason.FINISHED)
    clock = stop.start()
    best = maximises(request.objective)
    worst = worst_allowed(objective, within, maximise=best)
    asked, last = _near(request, answer, worst, within), answer
    while len(found) < count:
        asked = _apart(problem, asked, last, differ_by)
        rule = share(clock, count - len(found))
        other = solve(problem, asked, stop=rule, seed=seed, progress=progress)
        value = other.result.objective
        if value is None or (value < worst if best else value > worst):
            done = other.result.status is Status.INFEASIBLE or _is_beyond(other, worst, best)
            reason = StopReason.FINISHED if done else other.result.stop_reason
            return PlanAlternatives(tuple(found), done, reason)
        loss = _distance(request, answer, value)
        found.append(PlanAlternative(asked, other, loss, difference(answer, other)))
        if not new_sites(problem, other).size:
            return PlanAlternatives(tuple(found), True, StopReason.FINISHED)
        last = other
    return PlanAlternatives(tuple(found), False, StopReason.FINISHED)


def _distance(request: PlanRequest, answer: PlanAnswer, objective: int) -> Loss:
    best = maximises(request.objective)
    loss = distance_from_best(answer.result, objective, maximise=best)
    assert loss is not None
    return Loss(loss.found, None, None) if answer.shares.size else loss


def _near(request: PlanRequest, answer: PlanAnswer, worst: int, within: float) -> PlanRequest:
    """The request with the limit on the loss, where it can carry one."""
    if answer.shares.size:
        least = worst_allowed(int(answer.shares[0]), within, maximise=True)
        request = request.replace(least_share=max(least, request.least_share or 0))
    if maximises(request.objective):
        least = worst if request.least_value is None else max(worst, request.least_value)
        return request.replace(least_value=least)
    if request.objective is PlanObjective.MIN_COST:
        most = worst if request.most_cost is None else min(worst, request.most_cost)
        return request.replace(most_cost=most)
    return request


def _apart(
    problem: PlanProblem, request: PlanRequest, answer: PlanAnswer, differ_by: int
) -> PlanRequest:
    """The request with a plan's new sites kept to fewer."""
    sites = new_sites(problem, answer)
    options = np.flatnonzero(np.isin(problem.options.site, sites))
    options = np.setdiff1d(options, problem.sites.current[sites])
    most = max(0, sites.size - differ_by)
    return request.replace(differ_from=(*request.differ_from, (tuple(options.tolist()), most)))


def _is_beyond(answer: PlanAnswer, worst: int, maximise: bool) -> bool:
    """Whether it is proved that every plan of the request is too far from the best."""
    bound = answer.result.bound
    if bound is None:
        return False
    return bound < worst if maximise else bound > worst
