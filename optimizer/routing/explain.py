"""Why tasks are unserved: reasons computed, not guessed.

A task is first tried alone on an empty day of every vehicle with the skills. Where none takes it,
the reason is the last obstacle of the vehicle that came closest, in the order: no way leads there
(or to the place it must be loaded at), too large, outside every shift, not fresh, too much work.
Otherwise it is tried at every position of every route of the plan: where none takes it there is
no time left, else it is not worth its cost. For that, visits that are tied to others or served
late keep their times: nobody else is made to wait or late.

Of a task for several people, or tied to others, the reason names only that: that no change of
several routes at once would serve it is not proved. (``optimizer.routing.dispatch`` proves it
relative to a plan, and says what would help.)

Days with features that the compiled routes do not know are explained by
:mod:`optimizer.routing.reasons`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.features import ROUND_FEATURES, Feature, used_features
from optimizer.routing.insert import Rounds
from optimizer.routing.insert_kernels import alone_levels
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.reasons import reasons_of
from optimizer.routing.schedule import columns
from optimizer.routing.schedule_kernels import FRESHNESS, MAX_WORK, Columns
from optimizer.routing.solution import Plan, Reason, Unserved
from optimizer.routing.sync_hold import hold

__all__ = ["FITS", "EmptyDays", "explain"]

_OBSTACLES = (
    Reason.UNREACHABLE,
    Reason.TOO_LARGE,
    Reason.OUTSIDE_SHIFTS,
    Reason.NOT_FRESH,
    Reason.TOO_LONG,
)
FITS = len(_OBSTACLES)
"""The level of a vehicle whose empty day takes the task."""
_KNOWN = ROUND_FEATURES | {Feature.STAFF, Feature.TIES, Feature.LATENESS}
_IN_TIME = 3
"""The kernel's level of a task that fits; one less where only time hinders."""


class EmptyDays:
    """How far a task gets alone on an empty day of each vehicle."""

    def __init__(self, problem: RoutingProblem) -> None:
        self._n_vehicles = problem.n_vehicles
        self._exact = columns(problem)
        any_work, any_age = self._exact.vehicle.copy(), self._exact.task.copy()
        any_work[:, MAX_WORK] = NONE
        any_age[:, FRESHNESS] = NONE
        for table in (any_work, any_age):
            table.flags.writeable = False
        self._any_work = self._exact._replace(vehicle=any_work)
        self._any_age = self._any_work._replace(task=any_age)

    def levels(self, task: int) -> NDArray[np.int64]:
        """int64[V]: the number of the obstacle in the order of this module's description.

        -1 where skills lack, ``FITS`` where the day takes the task.
        """
        exact, any_work, any_age = (
            self._levels(task, limits) for limits in (self._exact, self._any_work, self._any_age)
        )
        level = exact.copy()
        level[exact == _IN_TIME] = FITS
        late = exact == _IN_TIME - 1
        level[late] += (any_age[late] == _IN_TIME).astype(np.int64)
        level[late] += (any_work[late] == _IN_TIME).astype(np.int64)
        return level

    def _levels(self, task: int, limits: Columns) -> NDArray[np.int64]:
        level = np.empty(self._n_vehicles, dtype=np.int64)
        alone_levels(limits, task, level)
        return level


def explain(problem: RoutingProblem, plan: Plan) -> tuple[Unserved, ...]:
    """A reason for every unserved task, in the order of the plan's list.

    ``detail`` holds figures: ``vehicles`` and ``able`` (those with the skills), for each obstacle
    how many of the able stop there, ``fits_alone`` how many could serve it on an empty day;
    ``staff`` needed; ``linked_to`` a task; ``added`` cost and ``prize`` where it is not worth it.

    Raises:
        ValueError: a route of the plan breaks a rule.
    """
    if not used_features(problem) <= _KNOWN:
        return reasons_of(problem, plan)
    return tuple(_reasons(problem, plan))


def _reasons(problem: RoutingProblem, plan: Plan) -> Iterator[Unserved]:
    rounds = Rounds(hold(problem, plan.routes), plan.routes)
    empty = EmptyDays(problem)
    partner = {int(b): int(a) for a, b in zip(problem.link_first, problem.link_second, strict=True)}
    partner |= {
        int(a): int(b) for a, b in zip(problem.link_first, problem.link_second, strict=True)
    }
    for task in plan.unserved:
        if problem.task_staff[task] > 1:
            staff = int(problem.task_staff[task])
            yield Unserved(task, Reason.NEEDS_MORE_STAFF, {"staff": staff})
        elif task in partner:
            yield Unserved(task, Reason.LINKED, {"linked_to": partner[task]})
        else:
            yield _alone_or_crowded(problem, rounds, empty, task)


def _alone_or_crowded(
    problem: RoutingProblem, rounds: Rounds, empty: EmptyDays, task: int
) -> Unserved:
    level = empty.levels(task)
    detail = {"vehicles": problem.n_vehicles, "able": int((level >= 0).sum())}
    if detail["able"] == 0:
        return Unserved(task, Reason.NO_SKILL, detail)
    for number, obstacle in enumerate(_OBSTACLES):
        count = int((level == number).sum())
        if count:
            detail[str(obstacle)] = count
    nearest = int(level.max())
    if nearest < FITS:
        return Unserved(task, _OBSTACLES[nearest], detail)
    detail["fits_alone"] = int((level == FITS).sum())
    insertion = rounds.best(task)
    if insertion is None:
        return Unserved(task, Reason.NO_TIME_LEFT, detail)
    detail |= {"added": insertion.added, "prize": int(problem.task_prize[task])}
    return Unserved(task, Reason.NOT_WORTH, detail)
