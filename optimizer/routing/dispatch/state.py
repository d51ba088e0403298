"""The state of a running day: what is ticked, where people are, what may no longer change."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.arrays import read_only
from optimizer.codes import BAD_ARRAY, BAD_LENGTH, BAD_VALUE
from optimizer.routing.problem import NONE, RoutingProblem

__all__ = ["DayState", "Stability", "TaskStatus"]


class TaskStatus(IntEnum):
    """How far a task has got."""

    PLANNED = 0
    """Not begun; it may be in the plan in force or not."""
    STARTED = 1
    """Under way."""
    DONE = 2
    """Over."""
    MISSED = 3
    """Not done and not to be done today."""
    CANCELLED = 4
    """No longer wanted."""


def _none() -> NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


def _no_places() -> NDArray[np.int32]:
    return np.zeros(0, dtype=np.int32)


def _nobody() -> NDArray[np.bool_]:
    return np.zeros(0, dtype=np.bool_)


@dataclass(frozen=True, eq=False, kw_only=True)
class DayState:
    """What is known of a day at a moment; T tasks, V vehicles, times in ticks of the day.

    Columns may be left empty: then nothing is known, and a started or done task began when the
    plan in force says and takes as long as planned.

    Attributes:
        now: the moment.
        status: int8[T], a :class:`TaskStatus`.
        started: int64[T], when the task began, NONE where unknown.
        finished: int64[T], when it ended (done) or is expected to (started), NONE where unknown.
        frozen_until: planned tasks that the plan in force starts before this moment keep their
            people and starts.
        vehicle_place: int32[V], where the person is, NONE for where the last task that began
            ends, or the start place.
        vehicle_free: int64[V], the earliest moment at which the person can set out, NONE for as
            soon as the task under way is over (a late carer has a later one).
        vehicle_gone: bool[V], the person does nothing more today.

    Raises:
        FaultError: columns that cannot be right in themselves (CC-O001, CC-O004).
    """

    now: int
    status: NDArray[np.int8]
    started: NDArray[np.int64] = field(default_factory=_none)
    finished: NDArray[np.int64] = field(default_factory=_none)
    frozen_until: int = NONE
    vehicle_place: NDArray[np.int32] = field(default_factory=_no_places)
    vehicle_free: NDArray[np.int64] = field(default_factory=_none)
    vehicle_gone: NDArray[np.bool_] = field(default_factory=_nobody)

    def __post_init__(self) -> None:
        faults = Faults()
        for name, dtype in _COLUMNS.items():
            try:
                object.__setattr__(self, name, read_only(getattr(self, name), dtype, 1))
            except (TypeError, ValueError) as error:
                faults.add(BAD_ARRAY(field=name, why=str(error)))
        faults.raise_if_any()
        last = max(TaskStatus)
        if self.status.size and not 0 <= self.status.min() <= self.status.max() <= last:
            value = int(self.status[(self.status < 0) | (self.status > last)][0])
            faults.add(BAD_VALUE(field="status", value=value, rule=f"0 .. {int(last)}"))
        faults.raise_if_any()

    @staticmethod
    def morning(problem: RoutingProblem, now: int = 0) -> DayState:
        """The state in which nothing has begun."""
        return DayState(now=now, status=np.zeros(problem.n_tasks, dtype=np.int8))

    def fitted(self, problem: RoutingProblem) -> DayState:
        """The state with every column filled for a problem that may have grown by new tasks.

        Raises:
            FaultError: a column is longer than the problem's tasks, or of other vehicles
                (CC-O002), or places a person nowhere (CC-O004).
        """
        faults = Faults()
        tasks, vehicles = problem.n_tasks, problem.n_vehicles
        filled: dict[str, Any] = {}
        for name, dtype in _COLUMNS.items():
            column = getattr(self, name)
            of_task = not name.startswith("vehicle")
            expected = tasks if of_task else vehicles
            if column.size > expected or (not of_task and column.size not in (0, expected)):
                faults.add(BAD_LENGTH(field=name, got=column.size, expected=expected))
                continue
            neutral = 0 if name in ("status", "vehicle_gone") else NONE
            rest = np.full(expected - column.size, neutral).astype(dtype)
            filled[name] = np.concatenate([column, rest])
        if not faults and np.any(filled["vehicle_place"] >= problem.n_places):
            value = int(filled["vehicle_place"].max())
            rule = f"< {problem.n_places}"
            faults.add(BAD_VALUE(field="vehicle_place", value=value, rule=rule))
        faults.raise_if_any()
        return dataclasses.replace(self, **filled)

    def replace(self, **changes: Any) -> DayState:
        """A variant with some fields changed."""
        return dataclasses.replace(self, **changes)


_COLUMNS = {
    "status": "int8",
    "started": "int64",
    "finished": "int64",
    "vehicle_place": "int32",
    "vehicle_free": "int64",
    "vehicle_gone": "bool",
}


@dataclass(frozen=True)
class Stability:
    """How far a new plan may leave the plan in force; see ``RoutingProblem.max_changes``.

    Attributes:
        tolerance: ticks that a visit may move without counting as changed.
        max_changes: most changed visits, None for no limit.
        change_cost: cost units for each changed visit.
    """

    tolerance: int = 0
    max_changes: int | None = None
    change_cost: int = 0
