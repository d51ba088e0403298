"""The exact siting solver's one entrance."""

from __future__ import annotations

import numpy as np

from base.faults import Faults
from optimizer.codes import BAD_VALUE
from optimizer.result import SolveResult, Status, StopReason, versions_of
from optimizer.siting.center import least_radius
from optimizer.siting.cover.solve import cover_all, cover_most
from optimizer.siting.coverage import value_of
from optimizer.siting.engine import Proposal
from optimizer.siting.median.solve import least_cost
from optimizer.siting.problem import (
    Question,
    SiteStatus,
    SitingAnswer,
    SitingProblem,
    SitingRequest,
)
from optimizer.siting.trim import drop_idle_sites
from optimizer.siting.warm import compile_question
from optimizer.stop import ProgressCallback, Stop, StopClock

__all__ = ["solve"]

# Who proves: HiGHS, or bounds and branching of our own that leave only small rests to it.
_SOLVERS = {
    Question.LSCP: "highs",
    Question.MCLP: "carecircle-covering",
    Question.P_MEDIAN: "carecircle-median",
    Question.P_CENTER: "highs",
}
_DEFAULT_STOP = Stop(seconds=60)


def solve(
    problem: SitingProblem,
    request: SitingRequest,
    *,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
    threads: int = 1,
) -> SitingAnswer:
    """Solve a siting question exactly, from a greedy start.

    Sites without use (their removal leaves the objective as it is) are left closed, so an answer
    may open fewer than ``new_sites``. A problem whose required sites outnumber ``new_sites`` is
    INFEASIBLE; LSCP never is, it leaves uncoverable rows out (``coverage.uncoverable``).

    Args:
        problem: sites, demand, reach.
        request: the question.
        stop: limits; an iteration is a branch-and-bound node. A stopped solve hands back the best
            answer so far (the greedy one at least) with the bound proved so far. The clock starts
            when the kernels are compiled, which takes seconds once per machine.
        seed: random seed. With one thread the same seed and an iteration limit give the same
            answer.
        progress: told of incumbents and bounds, from the calling thread.
        threads: >= 1. From two on MCLP searches for better answers in a second thread while the
            first proves bounds; the other questions always use one.

    Raises:
        FaultError: ``threads`` is below 1 (CC-O004).

    Returns:
        Open sites and result; the objective is recomputed from the reach lists in integers, and
        ``result.parts`` sum to it. OPTIMAL means that the integer bound equals the objective.
    """
    if threads < 1:
        faults = Faults()
        faults.add(BAD_VALUE(field="threads", value=threads, rule=">= 1"))
        faults.raise_if_any()
    compile_question(request.question)
    clock = stop.start()
    required = int((problem.site_status == SiteStatus.REQUIRED).sum())
    if request.new_sites is not None and required > request.new_sites:
        return _infeasible(request.question, clock, seed)
    proposal = _propose(problem, request, clock, seed, progress, threads)
    open_sites = drop_idle_sites(problem, request.question, proposal.open_sites)
    value = value_of(problem, request.question, open_sites)
    proved = proposal.bound == value.objective
    return SitingAnswer(
        open_sites,
        SolveResult(
            status=Status.OPTIMAL if proved else Status.FEASIBLE,
            stop_reason=StopReason.FINISHED if proved else proposal.stop_reason,
            objective=value.objective,
            bound=proposal.bound,
            seconds=clock.elapsed,
            seed=seed,
            solver=_SOLVERS[request.question],
            parts=value.parts,
            versions=_versions(),
        ),
    )


def _propose(
    problem: SitingProblem,
    request: SitingRequest,
    clock: StopClock,
    seed: int,
    progress: ProgressCallback | None,
    threads: int,
) -> Proposal:
    if request.question is Question.LSCP:
        return cover_all(problem, clock, seed, progress)
    assert request.new_sites is not None
    if request.question is Question.MCLP:
        return cover_most(problem, request.new_sites, clock, seed, progress, threads)
    engine = {
        Question.P_MEDIAN: least_cost,
        Question.P_CENTER: least_radius,
    }[request.question]
    return engine(problem, request.new_sites, clock, seed, progress)


def _infeasible(question: Question, clock: StopClock, seed: int) -> SitingAnswer:
    return SitingAnswer(
        np.zeros(0, dtype=np.int32),
        SolveResult(
            status=Status.INFEASIBLE,
            stop_reason=StopReason.FINISHED,
            objective=None,
            bound=None,
            seconds=clock.elapsed,
            seed=seed,
            solver=_SOLVERS[question],
            versions=_versions(),
        ),
    )


def _versions() -> dict[str, str]:
    return versions_of("highspy", "numpy")
