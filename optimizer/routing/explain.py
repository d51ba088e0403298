"""Why tasks are unserved: reasons computed, not guessed.

A task is first tried alone on an empty day of every vehicle with the skills. Where none takes it,
the reason is the last obstacle of the vehicle that came closest, in the order: no way leads there
(or to the place it must be loaded at), too large, outside every shift, not fresh, too much work.
Otherwise it is tried at every position of every route of the plan: where none takes it there is
no time left, else it is not worth its cost.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.insert import Rounds
from optimizer.routing.insert_kernels import alone_levels
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.schedule import columns
from optimizer.routing.solution import Plan, Reason, Unserved

__all__ = ["alone_level", "explain"]

_OBSTACLES = (
    Reason.UNREACHABLE,
    Reason.TOO_LARGE,
    Reason.OUTSIDE_SHIFTS,
    Reason.NOT_FRESH,
    Reason.TOO_LONG,
)
FITS = len(_OBSTACLES)
"""The level of a vehicle whose empty day takes the task."""


def alone_level(problem: RoutingProblem, task: int) -> NDArray[np.int64]:
    """int64[V]: how far a task gets on an empty day of each vehicle.

    -1 where skills lack, then the number of the obstacle in the order of this module's
    description, ``FITS`` where the day takes it.
    """
    level = np.empty(problem.n_vehicles, dtype=np.int64)
    exact = columns(problem)
    any_work = exact._replace(vehicle_max_work=_no_limit(problem.vehicle_max_work))
    any_age = any_work._replace(task_freshness=_no_limit(problem.task_freshness))
    alone_levels(exact, any_work, any_age, task, level)
    return level


def _no_limit(column: NDArray[np.int64]) -> NDArray[np.int64]:
    unlimited = np.full_like(column, NONE)
    unlimited.flags.writeable = False
    return unlimited


def explain(problem: RoutingProblem, plan: Plan) -> tuple[Unserved, ...]:
    """A reason for every unserved task, in the order of the plan's list.

    ``detail`` holds figures: ``vehicles`` and ``able`` (those with the skills), for each obstacle
    how many of the able stop there, ``fits_alone`` how many could serve it on an empty day;
    ``staff`` needed; ``linked_to`` a task; ``added`` cost and ``prize`` where it is not worth it.

    Raises:
        ValueError: a route of the plan breaks a rule.
    """
    return tuple(_reasons(problem, plan))


def _reasons(problem: RoutingProblem, plan: Plan) -> Iterator[Unserved]:
    rounds = Rounds(problem, plan.routes)
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
            yield _alone_or_crowded(problem, rounds, task)


def _alone_or_crowded(problem: RoutingProblem, rounds: Rounds, task: int) -> Unserved:
    level = alone_level(problem, task)
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
