"""The plan solver's one entrance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.codes import BAD_REQUEST
from optimizer.result import SolveResult, Status, StopReason
from optimizer.siting.engine import Reporter
from optimizer.siting.plan.as_allocation import allocation_plan
from optimizer.siting.plan.as_cover import cover_plan
from optimizer.siting.plan.choosing import best_choice
from optimizer.siting.plan.complete import complete
from optimizer.siting.plan.evaluate import Evaluation, evaluate
from optimizer.siting.plan.first_plan import first_plan
from optimizer.siting.plan.lean import calmer, cheaper, trimmed, worthier
from optimizer.siting.plan.model.whole import PlanModel, build_model
from optimizer.siting.plan.optimise import Found
from optimizer.siting.plan.problem import (
    Assignments,
    PlanAnswer,
    PlanObjective,
    PlanProblem,
    PlanRequest,
)
from optimizer.siting.plan.reading import Plan, point_of, read_plan
from optimizer.siting.plan.search import HIGHS, Searched, no_plan, plan_versions, search
from optimizer.siting.plan.validation import LARGEST_TOTAL
from optimizer.stop import ProgressCallback, Stop, StopClock

__all__ = ["solve"]

_COVERING = "carecircle-covering"
_ALLOCATION = "carecircle-allocation"
_DEFAULT_STOP = Stop(seconds=60)
_DEFAULT_REQUEST = PlanRequest()


def solve(
    problem: PlanProblem,
    request: PlanRequest = _DEFAULT_REQUEST,
    *,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
    start: PlanAnswer | None = None,
) -> PlanAnswer:
    """Solve a plan problem exactly, from a good start where one is found.

    Plain coverage goes to the covering engine, plain least travel to the allocation engine,
    everything else to HiGHS with the whole model, round by round where people choose their site
    themselves (``PlanProblem.nearest``, :mod:`optimizer.siting.plan.choosing`).

    Args:
        problem: years, sites with options, demand, reach and rules.
        request: what is asked of them.
        stop: limits; an iteration is a branch-and-bound node. A stopped solve hands back the best
            plan so far with the bound proved so far; a proof may be missing, a rule never is.
        seed: HiGHS' random seed. One thread always: the same seed and an iteration limit give the
            same answer.
        progress: told of incumbents and bounds, from the calling thread.
        start: a plan to start from; ignored where it breaks a rule of this request.

    Returns:
        The plan and its result. The objective and its parts are recomputed in integers from the
        tables; OPTIMAL means that the integer bound equals it, INFEASIBLE that no plan exists,
        NO_SOLUTION that none was found.

    Raises:
        FaultError: costs times ``request.cost_weight`` leave 64 bits (CC-O005).
    """
    _check_cost_weight(problem, request)
    clock = stop.start()
    if problem.chosen.any():
        return best_choice(problem, request, clock, seed=seed, progress=progress, start=start)
    plain = _solve_plain(problem, request, clock, seed, progress)
    if plain is not None:
        return _better_start(problem, request, plain, start)
    model = build_model(problem, request)
    reporter = Reporter(str(request.objective), clock, progress)
    known = _start_of(model, start)
    first = first_plan(model, clock) if known is None else None
    found = search(model, clock, seed, reporter, known, first)
    return _answer(model, found, clock, seed)


def _check_cost_weight(problem: PlanProblem, request: PlanRequest) -> None:
    """Refuse a weight of costs that leads beyond 64 bits."""
    options = problem.options
    once = int(options.opening_cost.sum()) + int(problem.sites.closing_cost.sum())
    cost = once + problem.n_years * int(options.yearly_cost.sum())
    if request.cost_weight * cost > LARGEST_TOTAL:
        faults = Faults()
        faults.add(BAD_REQUEST(why=f"cost_weight times all costs may reach {LARGEST_TOTAL:.3g}"))
        faults.raise_if_any()


def _solve_plain(
    problem: PlanProblem,
    request: PlanRequest,
    clock: StopClock,
    seed: int,
    progress: ProgressCallback | None,
) -> PlanAnswer | None:
    """The answer of an engine for plain problems, None where it takes the whole model."""
    covers = cover_plan(problem, request)
    if covers is not None:
        found = covers.search(clock, seed=seed, progress=progress)
        if found.option is None:
            return no_plan(Status.INFEASIBLE, None, found.reason, clock, seed)
        none = Assignments.none()
        return _plain_answer(
            problem, request, found.option, none, found.bound, found.reason, clock, seed, _COVERING
        )
    travels = allocation_plan(problem, request)
    if travels is None:
        return None
    met = travels.search(clock, seed=seed, progress=progress)
    if met.status is Status.INFEASIBLE:
        return no_plan(Status.INFEASIBLE, None, met.reason, clock, seed)
    if met.option is None:
        return None
    return _plain_answer(
        problem,
        request,
        met.option,
        met.assignments,
        met.bound,
        met.reason,
        clock,
        seed,
        _ALLOCATION,
    )


def _start_of(model: PlanModel, start: PlanAnswer | None) -> NDArray[np.int64] | None:
    """The model's point of an earlier answer, None where it is none here."""
    shape = (model.problem.n_years, model.problem.n_sites)
    if (
        start is None
        or start.option.shape != shape
        or start.option.max(initial=-1) >= (model.problem.n_options)
    ):
        return None
    return point_of(model, start.option, start.assignments, start.quota_site)


def _better_start(
    problem: PlanProblem, request: PlanRequest, answer: PlanAnswer, start: PlanAnswer | None
) -> PlanAnswer:
    """The answer, or the plan it was to start from where that one is better and keeps all rules."""
    least, best = request.objective is not PlanObjective.MAX_VALUE, answer.result.objective
    claimed = None if start is None else start.result.objective
    if start is None or claimed is None or best is None or claimed == best:
        return answer
    if (claimed > best) is least:
        return answer
    model = build_model(problem, request)
    point = _start_of(model, start)
    if point is None:
        return answer
    plan = read_plan(model, point)
    parts = plan.figures.parts(request)
    value = sum(parts.values())
    if value == best or (value > best) is least:
        return answer
    bound = answer.result.bound
    return PlanAnswer(
        option=plan.option,
        parent=plan.parent,
        assignments=plan.assignments,
        quota_site=plan.quota_site,
        result=replace(
            answer.result,
            objective=value,
            parts=parts,
            status=Status.OPTIMAL if bound == value else Status.FEASIBLE,
        ),
    )


def _plain_answer(
    problem: PlanProblem,
    request: PlanRequest,
    option: NDArray[np.int64],
    assignments: Assignments,
    bound: int | None,
    reason: StopReason,
    clock: StopClock,
    seed: int,
    solver: str,
) -> PlanAnswer:
    """A plan without levels and quotas, with its figures."""
    parts = evaluate(problem, option, assignments).parts(request)
    objective = sum(parts.values())
    proved = bound == objective
    return PlanAnswer(
        option=option.astype(np.int32),
        parent=np.full(option.shape, -1, dtype=np.int32),
        assignments=assignments,
        quota_site=np.full(len(problem.quotas), -1, dtype=np.int32),
        result=SolveResult(
            status=Status.OPTIMAL if proved else Status.FEASIBLE,
            stop_reason=StopReason.FINISHED if proved else reason,
            objective=objective,
            bound=bound,
            seconds=clock.elapsed,
            seed=seed,
            solver=solver,
            parts=parts,
            versions=plan_versions(),
        ),
    )


def _lean_plan(
    model: PlanModel, found: Found, clock: StopClock, seed: int
) -> tuple[Plan, Assignments, Evaluation]:
    """The plan of a point, without needless cost, with its assignments completed."""
    problem, request, whole = model.problem, model.request, found.whole
    assert whole is not None
    whole = whole[: model.program.n_columns]
    if request.objective is PlanObjective.MAX_VALUE and found.proved:
        whole = cheaper(model, whole, clock, seed=seed)
    if request.objective is PlanObjective.MIN_COST and found.proved:
        whole = worthier(model, whole, clock, seed=seed)
    serves_all = request.objective in (PlanObjective.MIN_TRAVEL, PlanObjective.MIN_WORST)
    if serves_all and found.proved:
        whole = calmer(model, whole, clock, seed=seed)
    plan = read_plan(model, whole)
    if not serves_all:
        if request.objective is not PlanObjective.MIN_COST:
            # All that the plan is worth is kept.
            full, _ = complete(problem, request, plan.option, plan.assignments)
            point = point_of(model, plan.option, full, plan.quota_site)
            whole = whole if point is None else point
        plan = read_plan(model, trimmed(model, whole, clock))
    return plan, *complete(problem, request, plan.option, plan.assignments)


def _answer(model: PlanModel, result: Searched, clock: StopClock, seed: int) -> PlanAnswer:
    found = result.found
    if found.whole is None:
        status = Status.INFEASIBLE if found.infeasible else Status.NO_SOLUTION
        bound = None if found.infeasible else found.bound
        return no_plan(status, bound, found.reason, clock, seed)
    plan, assignments, figures = _lean_plan(model, found, clock, seed)
    fair = model.request.objective is PlanObjective.MAX_MIN
    parts = figures.parts(model.request)
    objective = sum(parts.values())
    shares = figures.shares if fair else result.share_bounds
    proved = found.bound == objective and np.array_equal(shares, result.share_bounds)
    return PlanAnswer(
        option=plan.option,
        parent=plan.parent,
        assignments=assignments,
        quota_site=plan.quota_site,
        result=SolveResult(
            status=Status.OPTIMAL if proved else Status.FEASIBLE,
            stop_reason=StopReason.FINISHED if proved else found.reason,
            objective=objective,
            bound=found.bound,
            seconds=clock.elapsed,
            seed=seed,
            solver=HIGHS,
            parts=parts,
            versions=plan_versions(),
        ),
        shares=shares,
        share_bounds=result.share_bounds,
    )
