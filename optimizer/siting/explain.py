"""Reasons for a siting answer: what each site is worth, why not this one, what if that one fails.

Values of single sites come straight from the reach lists, for all sites at once and without a
solve. "Why not" and "fallback" solve the question anew with the site required or forbidden, so
that their loss is proved as far as the two solves are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.codes import BAD_INDEX, BAD_REQUEST
from optimizer.result import Status
from optimizer.siting.coverage import coverable, exact_sum
from optimizer.siting.loss import Loss, loss_between
from optimizer.siting.problem import (
    Question,
    SiteStatus,
    SitingAnswer,
    SitingProblem,
    SitingRequest,
)
from optimizer.siting.solve import solve
from optimizer.stop import ProgressCallback, Stop

__all__ = ["SiteChange", "fallback", "why_not"]

_DEFAULT_STOP = Stop(seconds=60)


@dataclass(frozen=True, eq=False)
class SiteChange:
    """The best answer once a site is forced open or closed.

    Attributes:
        site: the site.
        answer: the answer with the change; INFEASIBLE where the required sites (this one among
            them) outnumber ``new_sites``.
        loss: what the change costs in units of the objective, None without an answer.
        closed: int32, sites open before and closed now, ascending.
        opened: int32, sites closed before and open now, ascending.
        given_up: weight of the rows that nobody else can cover (LSCP leaves them out; else 0).
    """

    site: int
    answer: SitingAnswer
    loss: Loss | None
    closed: NDArray[np.int32]
    opened: NDArray[np.int32]
    given_up: int = 0


def why_not(
    problem: SitingProblem,
    request: SitingRequest,
    answer: SitingAnswer,
    site: int,
    *,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> SiteChange:
    """Solve again with a closed site required: what that costs, and whom it would replace.

    Args:
        problem: the problem of the answer.
        request: its question.
        answer: an answer with a status that has one.
        site: a site that stands closed in it (a forbidden one, too).
        stop: limits of the solve.
        seed: its seed.
        progress: told by the solve.

    Raises:
        FaultError: no such site (CC-O003), or it stands open in the answer (CC-O005).
    """
    _check_site(problem, answer, site, is_open=False)
    return _solve_with(
        problem, request, answer, site, SiteStatus.REQUIRED, stop=stop, seed=seed, progress=progress
    )


def fallback(
    problem: SitingProblem,
    request: SitingRequest,
    answer: SitingAnswer,
    site: int,
    *,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> SiteChange:
    """Solve again without an open site: the best answer when its premises fall through.

    An existing or required site may be asked for as well; the number of new sites stays. LSCP
    gives up the rows that only this site can cover, so its ``loss`` may be negative then.

    Raises:
        FaultError: no such site (CC-O003), or it stands closed in the answer (CC-O005).
    """
    _check_site(problem, answer, site, is_open=True)
    return _solve_with(
        problem,
        request,
        answer,
        site,
        SiteStatus.FORBIDDEN,
        stop=stop,
        seed=seed,
        progress=progress,
    )


def _check_site(problem: SitingProblem, answer: SitingAnswer, site: int, *, is_open: bool) -> None:
    faults = Faults()
    if not 0 <= site < problem.n_sites:
        faults.add(BAD_INDEX(field="site", value=site, last=problem.n_sites - 1))
    elif bool(np.isin(site, answer.open_sites)) != is_open:
        state = "closed" if is_open else "open"
        faults.add(BAD_REQUEST(why=f"site {site} stands {state} in the answer"))
    faults.raise_if_any()


def _solve_with(
    problem: SitingProblem,
    request: SitingRequest,
    answer: SitingAnswer,
    site: int,
    status: SiteStatus,
    *,
    stop: Stop,
    seed: int,
    progress: ProgressCallback | None,
) -> SiteChange:
    statuses = problem.site_status.copy()
    statuses[site] = status
    changed = problem.replace(site_status=statuses)
    other = solve(changed, request, stop=stop, seed=seed, progress=progress)
    nested, given_up = _same_rows(problem, changed, request.question)
    before, after = answer.open_sites, other.open_sites
    has_answer = other.result.status in (Status.OPTIMAL, Status.FEASIBLE)
    return SiteChange(
        site=site,
        answer=other,
        loss=loss_between(
            answer.result,
            other.result,
            maximise=request.question is Question.MCLP,
            nested=nested,
        ),
        closed=np.setdiff1d(before, after) if has_answer else before[:0],
        opened=np.setdiff1d(after, before) if has_answer else before[:0],
        given_up=given_up,
    )


def _same_rows(
    problem: SitingProblem, changed: SitingProblem, question: Question
) -> tuple[bool, int]:
    """Whether the change can win nothing, and the weight that it gives up (LSCP only).

    A ban that is lifted may win something, and so may a required site that need not open any
    more. An existing site that closes wins nothing: it took no place among the new ones.
    """
    moved = np.flatnonzero(problem.site_status != changed.site_status)
    was = problem.site_status[moved]
    closes = changed.site_status[moved] == SiteStatus.FORBIDDEN
    may_win = (was == SiteStatus.FORBIDDEN) | ((was == SiteStatus.REQUIRED) & closes)
    nested = not may_win.any()
    if question is not Question.LSCP:
        return nested, 0
    given_up = exact_sum(problem.demand_weight[coverable(problem) & ~coverable(changed)])
    return nested and given_up == 0, given_up
