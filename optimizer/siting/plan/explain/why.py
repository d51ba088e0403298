"""Why an option does not stand in a plan, and what if one that stands falls through.

Both questions are solved anew, from the plan at hand. With v the best value (or cost) of all plans
and v' that of the plans with the option forced or banned, each known between an answer and a
bound, the loss ``v - v'`` lies between what the first answer and the second bound prove and what
the first bound and the second answer prove.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.codes import BAD_INDEX, BAD_REQUEST
from optimizer.result import Status
from optimizer.siting.loss import Loss, loss_between
from optimizer.siting.plan.explain.conflict import Conflict, conflict
from optimizer.siting.plan.problem import PlanAnswer, PlanObjective, PlanProblem, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.siting.shares import share
from optimizer.stop import Progress, ProgressCallback, Stop

__all__ = [
    "OptionChange",
    "PlanDifference",
    "difference",
    "fallback",
    "maximises",
    "resolved_values",
    "why_not",
]

_DEFAULT_STOP = Stop(seconds=60)


@dataclass(frozen=True, eq=False)
class PlanDifference:
    """What one plan has that another has not; options of the last year, ascending.

    Attributes:
        out: int32, options that stand in the first plan alone.
        into: int32, options that stand in the second plan alone.
        moved: int32, options that stand in both, from different years on.
    """

    out: NDArray[np.int32]
    into: NDArray[np.int32]
    moved: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class OptionChange:
    """The best plan with an option forced or banned.

    Attributes:
        option: the option.
        answer: the plan; INFEASIBLE where there is none.
        loss: what the change costs in units of the objective, None without a plan. With MAX_MIN
            the loss is one of value at equal shares: None where the shares differ.
        difference: what changes, empty without a plan.
        conflict: the rules that leave no plan, where that is proved.
    """

    option: int
    answer: PlanAnswer
    loss: Loss | None
    difference: PlanDifference
    conflict: Conflict | None = None


def maximises(objective: PlanObjective) -> bool:
    """Whether larger objectives are better."""
    return objective in (PlanObjective.MAX_VALUE, PlanObjective.MAX_MIN)


def difference(before: PlanAnswer, after: PlanAnswer) -> PlanDifference:
    """What changes from one plan to another; all empty where either has no plan."""
    if not before.option.size or not after.option.size:
        none = np.zeros(0, dtype=np.int32)
        return PlanDifference(none, none, none)
    old, new = _starts(before.option), _starts(after.option)
    return PlanDifference(
        out=np.array(sorted(old.keys() - new.keys()), dtype=np.int32),
        into=np.array(sorted(new.keys() - old.keys()), dtype=np.int32),
        moved=np.array(
            sorted(each for each in old.keys() & new.keys() if old[each] != new[each]),
            dtype=np.int32,
        ),
    )


def _starts(option: NDArray[np.int32]) -> dict[int, int]:
    """The options of the last year, and the year from which each stands."""
    last = option[-1]
    sites = np.flatnonzero(last >= 0)
    starts = np.argmax(option[:, sites] == last[sites], axis=0)
    return dict(zip(last[sites].tolist(), starts.tolist(), strict=True))


def why_not(
    problem: PlanProblem,
    request: PlanRequest,
    answer: PlanAnswer,
    option: int,
    *,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> OptionChange:
    """Solve again with an option forced to stand: the loss, and what it would replace.

    A ban on the option is lifted for that.

    Args:
        problem: the problem of the answer.
        request: its request.
        answer: a plan.
        option: an option that does not stand in its last year.
        stop: limits for the whole, the search for a conflict included.
        seed: the solves' seed.
        progress: told by the solves.

    Raises:
        FaultError: no such option (CC-O003), or it stands already (CC-O005).
    """
    _check_option(problem, answer, option, stands=False)
    banned = tuple(each for each in request.banned if each != option)
    changed = request.replace(forced=(*request.forced, option), banned=banned)
    nested = len(banned) == len(request.banned)
    return _solve_with(problem, request, changed, answer, option, nested, stop, seed, progress)


def fallback(
    problem: PlanProblem,
    request: PlanRequest,
    answer: PlanAnswer,
    option: int,
    *,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> OptionChange:
    """Solve again with an option banned: the best plan when its premises fall through.

    A request that forces the option does so no more. An existing facility that falls through
    closes in year 0; where rules keep it, the conflict names them.

    Raises:
        FaultError: no such option (CC-O003), or it stands in no year of the plan (CC-O005).
    """
    _check_option(problem, answer, option, stands=True)
    forced = tuple(each for each in request.forced if each != option)
    changed = request.replace(banned=(*request.banned, option), forced=forced)
    nested = len(forced) == len(request.forced)
    return _solve_with(problem, request, changed, answer, option, nested, stop, seed, progress)


def resolved_values(
    problem: PlanProblem,
    request: PlanRequest,
    answer: PlanAnswer,
    options: Sequence[int],
    *,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> tuple[OptionChange, ...]:
    """What options are worth once all others may follow: each is solved for.

    ``marginal.marginal_values`` tells the same at once for all options, the others as they are.

    Args:
        problem: the problem of the answer.
        request: its request.
        answer: a plan.
        options: options to ask about: a fallback for those that stand in the last year, "why
            not" for the others.
        stop: limits for the whole, shared fairly; iterations limit every solve.
        seed: the solves' seed.
        progress: told after every option; ``iterations`` counts them.

    Raises:
        FaultError: no such option (CC-O003), or there is no plan (CC-O005).
    """
    clock, done = stop.start(), list[OptionChange]()
    for option in options:
        _check_option(problem, answer, option, stands=None)
        ask = fallback if option in answer.option[-1] else why_not
        rule = share(clock, len(options) - len(done))
        done.append(ask(problem, request, answer, option, stop=rule, seed=seed))
        if progress is not None:
            found = done[-1].answer.result
            progress(Progress("values", clock.elapsed, found.objective, found.bound, len(done)))
    return tuple(done)


def _check_option(
    problem: PlanProblem, answer: PlanAnswer, option: int, *, stands: bool | None
) -> None:
    faults = Faults()
    if not 0 <= option < problem.n_options:
        faults.add(BAD_INDEX(field="option", value=option, last=problem.n_options - 1))
    elif not answer.option.size:
        faults.add(BAD_REQUEST(why="there is no plan to ask about"))
    elif stands and option not in answer.option:
        faults.add(BAD_REQUEST(why=f"option {option} stands in no year of the plan"))
    elif stands is False and option in answer.option[-1]:
        faults.add(BAD_REQUEST(why=f"option {option} stands in the plan already"))
    faults.raise_if_any()


def _solve_with(
    problem: PlanProblem,
    request: PlanRequest,
    changed: PlanRequest,
    answer: PlanAnswer,
    option: int,
    nested: bool,
    stop: Stop,
    seed: int,
    progress: ProgressCallback | None,
) -> OptionChange:
    clock = stop.start()
    first = share(clock, 1.25)
    other = solve(problem, changed, stop=first, seed=seed, progress=progress, start=answer)
    reason = None
    if other.result.status is Status.INFEASIBLE:
        rest = share(clock, 1)
        reason = conflict(
            problem, changed, is_infeasible=True, stop=rest, seed=seed, progress=progress
        )
    loss = _loss(request, answer, other, nested)
    return OptionChange(option, other, loss, difference(answer, other), reason)


def _loss(request: PlanRequest, answer: PlanAnswer, other: PlanAnswer, nested: bool) -> Loss | None:
    if not np.array_equal(answer.shares, other.shares):
        return None
    best = maximises(request.objective)
    loss = loss_between(answer.result, other.result, maximise=best, nested=nested)
    # With MAX_MIN a bound on the value holds for the shares as they are: those must be proved.
    proved = all(np.array_equal(each.shares, each.share_bounds) for each in (answer, other))
    return loss if loss is None or proved else Loss(loss.found, None, None)
