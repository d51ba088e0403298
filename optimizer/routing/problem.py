"""The routing problem on arrays: home visits and meal trips alike."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.arrays import read_only
from optimizer.codes import BAD_ARRAY, BAD_INDEX, BAD_LENGTH, BAD_VALUE

__all__ = ["NONE", "UNREACHABLE", "LinkKind", "RoutingProblem"]

NONE = -1
"""Marks "no such thing" in index columns and "no limit" in limit columns."""
UNREACHABLE = 2**30
"""Travel time of a pair of places that no way connects."""


class LinkKind(IntEnum):
    """How two tasks hang together."""

    SAME_START = 0
    """Two people start at the same moment (a double-staffed visit is two linked tasks)."""
    SEQUENCE = 1
    """Second start minus first start lies within [link_min, link_max]; different people."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RoutingProblem:
    """Places, tasks and vehicles (carers or carriers); M modes, P places, T tasks, V vehicles,
    K load dimensions, S skills (at most 63), L links.

    Times of day are ticks (seconds by default) from the day's midnight and may pass 86,400.
    Arrays are copied, checked once and read-only afterwards; ``replace()`` makes variants.

    Attributes:
        time: int32[M, P, P], travel time in ticks, ``UNREACHABLE`` where no way leads.
        distance: int32[M, P, P], travel distance in metres.

        task_place: int32[T], where the task starts.
        task_end_place: int32[T], where it ends (an escort may end elsewhere).
        task_duration: int64[T], ticks.
        window_indptr: int32[T + 1], CSR rows of the windows, at least one per task, ascending
            and disjoint within a task.
        window_open: int64[W], earliest start of the task.
        window_close: int64[W], latest start of the task, inclusive.
        task_skills: int64[T], bit set of the skills that its person must all have.
        task_tier: int8[T], 0 is the highest: never dropped to serve a lower (larger) tier.
        task_prize: int64[T], cost of leaving the task unserved, in cost units, >= 0.
        task_staff: int8[T], people needed at once, >= 1.
        task_load: int64[T, K], what the task takes from its vehicle's load.
        task_origin: int32[T], the place whose loading it must come from, NONE for any.
        task_freshness: int64[T], most ticks from leaving the loading place to the *end* of the
            task, NONE for no limit.
        task_late_cost: int64[T], cost units per tick of starting after the last window closes,
            NONE where the task may not; empty for NONE everywhere.

        link_first, link_second: int32[L], tasks. link_kind: int8[L], a :class:`LinkKind`.
        link_min, link_max: int64[L], ticks.

        vehicle_mode: int8[V]. vehicle_start: int32[V], place. vehicle_end: int32[V], place, NONE
            where the day ends at the last task.
        vehicle_open, vehicle_close: int64[V], the shift: no departure before, no return (or end
            of the last task where the end is NONE) after.
        vehicle_max_work: int64[V], most ticks from departure to end, NONE for no limit.
        vehicle_skills: int64[V], bit set.
        vehicle_capacity: int64[V, K], load at any moment.
        vehicle_max_trips: int32[V], most trips; a trip starts by loading. 0 where the vehicle
            loads nowhere (visits): then it makes one round without loading.
        vehicle_reload_indptr: int32[V + 1] and vehicle_reload_place: int32[R], CSR list of the
            places at which it may load (kitchens). It returns to a loading place between trips
            and goes from its start place to the first one, from the last drop to its end place.
        vehicle_loading: int64[V], ticks that loading takes at the start of every trip; leaving
            the loading place starts the freshness clock.
        vehicle_fixed_cost: int64[V], cost units when used at all.
        vehicle_time_cost: int64[V], cost units per tick between departure and end.
        vehicle_distance_cost: int64[V], cost units per metre.

        worst_late_cost: cost units per tick of the largest lateness of all tasks (default 0).
        ticks_per_second: scale of times (default 1).
        cost_scale: cost units per fen (default 1000).

    Raises:
        FaultError: with every fault found (CC-O001 .. CC-O004).
    """

    time: NDArray[np.int32]
    distance: NDArray[np.int32]
    task_place: NDArray[np.int32]
    task_end_place: NDArray[np.int32]
    task_duration: NDArray[np.int64]
    window_indptr: NDArray[np.int32]
    window_open: NDArray[np.int64]
    window_close: NDArray[np.int64]
    task_skills: NDArray[np.int64]
    task_tier: NDArray[np.int8]
    task_prize: NDArray[np.int64]
    task_staff: NDArray[np.int8]
    task_load: NDArray[np.int64]
    task_origin: NDArray[np.int32]
    task_freshness: NDArray[np.int64]
    link_first: NDArray[np.int32]
    link_second: NDArray[np.int32]
    link_kind: NDArray[np.int8]
    link_min: NDArray[np.int64]
    link_max: NDArray[np.int64]
    vehicle_mode: NDArray[np.int8]
    vehicle_start: NDArray[np.int32]
    vehicle_end: NDArray[np.int32]
    vehicle_open: NDArray[np.int64]
    vehicle_close: NDArray[np.int64]
    vehicle_max_work: NDArray[np.int64]
    vehicle_skills: NDArray[np.int64]
    vehicle_capacity: NDArray[np.int64]
    vehicle_max_trips: NDArray[np.int32]
    vehicle_reload_indptr: NDArray[np.int32]
    vehicle_reload_place: NDArray[np.int32]
    vehicle_loading: NDArray[np.int64]
    vehicle_fixed_cost: NDArray[np.int64]
    vehicle_time_cost: NDArray[np.int64]
    vehicle_distance_cost: NDArray[np.int64]
    task_late_cost: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    worst_late_cost: int = 0
    ticks_per_second: int = 1
    cost_scale: int = 1000

    def __post_init__(self) -> None:
        for check in (self._take_columns, self._check_shapes, self._check_values):
            faults = Faults()
            check(faults)
            faults.raise_if_any()

    @property
    def n_places(self) -> int:
        """Number of places, P."""
        return int(self.time.shape[1])

    @property
    def n_tasks(self) -> int:
        """Number of tasks, T."""
        return int(self.task_place.size)

    @property
    def n_vehicles(self) -> int:
        """Number of vehicles, V."""
        return int(self.vehicle_mode.size)

    @property
    def n_tiers(self) -> int:
        """One more than the largest tier."""
        return int(self.task_tier.max(initial=-1)) + 1

    @property
    def is_soft(self) -> bool:
        """Whether any task may start after its windows."""
        return bool(np.any(self.task_late_cost != NONE))

    @property
    def is_tied(self) -> NDArray[np.bool_]:
        """bool[T]: tasks for several people or with a link, which tie routes together."""
        tied: NDArray[np.bool_] = self.task_staff > 1
        tied[self.link_first] = True
        tied[self.link_second] = True
        return tied

    def windows(self, task: int) -> NDArray[np.int64]:
        """The windows of a task, int64[w, 2]: earliest and latest start."""
        rows = slice(self.window_indptr[task], self.window_indptr[task + 1])
        return np.stack([self.window_open[rows], self.window_close[rows]], axis=1)

    def reload_places(self, vehicle: int) -> NDArray[np.int32]:
        """The places at which a vehicle may load."""
        pointer = self.vehicle_reload_indptr
        return self.vehicle_reload_place[pointer[vehicle] : pointer[vehicle + 1]]

    def replace(self, **changes: Any) -> RoutingProblem:
        """A variant with some fields changed, validated anew."""
        return dataclasses.replace(self, **changes)

    def _take_columns(self, faults: Faults) -> None:
        for name, (dtype, ndim) in COLUMNS.items():
            try:
                object.__setattr__(self, name, read_only(getattr(self, name), dtype, ndim))
            except (TypeError, ValueError) as error:
                faults.add(BAD_ARRAY(field=name, why=str(error)))
        if not faults and self.task_late_cost.size == 0:
            hard = read_only(np.full(self.n_tasks, NONE), "int64", 1)
            object.__setattr__(self, "task_late_cost", hard)

    def _check_shapes(self, faults: Faults) -> None:
        tasks, vehicles, links = self.n_tasks, self.n_vehicles, self.link_first.size
        rows = {"task": tasks, "vehicle": vehicles, "link": links}
        for name in COLUMNS:
            prefix = name.split("_", 1)[0]
            expected = rows.get(prefix)
            if name == "vehicle_reload_place":
                continue
            if name == "vehicle_reload_indptr":
                expected = vehicles + 1
            if name == "window_indptr":
                expected = tasks + 1
            got = getattr(self, name).shape[0]
            if expected is not None and got != expected:
                faults.add(BAD_LENGTH(field=name, got=got, expected=expected))
        if self.window_close.size != self.window_open.size:
            faults.add(
                BAD_LENGTH(
                    field="window_close",
                    got=self.window_close.size,
                    expected=self.window_open.size,
                )
            )
        shape = self.time.shape
        if shape[1] != shape[2] or self.distance.shape != shape:
            why = f"time is {shape} and distance {self.distance.shape}; both must be [M, P, P]"
            faults.add(BAD_ARRAY(field="time", why=why))
        if self.task_load.shape[1] != self.vehicle_capacity.shape[1]:
            why = "task_load and vehicle_capacity differ in load dimensions"
            faults.add(BAD_ARRAY(field="task_load", why=why))

    def _check_values(self, faults: Faults) -> None:
        for name, total in (
            ("window_indptr", self.window_open.size),
            ("vehicle_reload_indptr", self.vehicle_reload_place.size),
        ):
            pointer = getattr(self, name)
            if pointer[0] != 0 or pointer[-1] != total or np.any(np.diff(pointer) < 0):
                faults.add(BAD_ARRAY(field=name, why="it is no ascending CSR pointer"))
        self._check_indices(faults)
        for name in _NON_NEGATIVE:
            column = getattr(self, name)
            if column.size and column.min() < 0:
                faults.add(BAD_VALUE(field=name, value=int(column.min()), rule=">= 0"))
        if self.worst_late_cost < 0:
            faults.add(BAD_VALUE(field="worst_late_cost", value=self.worst_late_cost, rule=">= 0"))
        for name in ("task_freshness", "task_late_cost", "vehicle_max_work"):
            column = getattr(self, name)
            if column.size and column.min() < NONE:
                faults.add(BAD_VALUE(field=name, value=int(column.min()), rule=">= 0 or -1"))
        if np.any(self.task_staff < 1):
            faults.add(BAD_VALUE(field="task_staff", value=int(self.task_staff.min()), rule=">= 1"))
        if not faults:
            self._check_windows(faults)
        for low, high in (("vehicle_open", "vehicle_close"), ("link_min", "link_max")):
            wrong = np.flatnonzero(getattr(self, low) > getattr(self, high))
            for row in wrong:
                value = int(getattr(self, low)[row])
                faults.add(BAD_VALUE(id=int(row), field=low, value=value, rule=f"<= {high}"))
        for name in ("ticks_per_second", "cost_scale"):
            if getattr(self, name) < 1:
                faults.add(BAD_VALUE(field=name, value=getattr(self, name), rule=">= 1"))

    def _check_indices(self, faults: Faults) -> None:
        places, tasks, modes = self.n_places, self.n_tasks, self.time.shape[0]
        for name, size, may_be_none in (
            ("task_place", places, False),
            ("task_end_place", places, False),
            ("task_origin", places, True),
            ("vehicle_start", places, False),
            ("vehicle_end", places, True),
            ("vehicle_reload_place", places, False),
            ("vehicle_mode", modes, False),
            ("link_first", tasks, False),
            ("link_second", tasks, False),
            ("link_kind", len(LinkKind), False),
        ):
            column = getattr(self, name)
            low = NONE if may_be_none else 0
            outside = (column < low) | (column >= size)
            if outside.any():
                value = int(column[outside][0])
                faults.add(BAD_INDEX(field=name, value=value, last=size - 1))

    def _check_windows(self, faults: Faults) -> None:
        for task in np.flatnonzero(np.diff(self.window_indptr) == 0):
            faults.add(BAD_LENGTH(id=int(task), field="windows of a task", got=0, expected=1))
        for row in np.flatnonzero(self.window_open > self.window_close):
            value = int(self.window_open[row])
            faults.add(BAD_VALUE(id=int(row), field="window_open", value=value, rule="<= close"))
        last_of_task = np.zeros(self.window_open.size, dtype=bool)
        last_of_task[self.window_indptr[1:] - 1] = True
        follows = ~last_of_task[:-1]
        overlap = follows & (self.window_open[1:] <= self.window_close[:-1])
        for row in np.flatnonzero(overlap):
            value = int(self.window_open[row + 1])
            rule = "after the close of the task's window before"
            faults.add(BAD_VALUE(id=int(row) + 1, field="window_open", value=value, rule=rule))


COLUMNS: dict[str, tuple[str, int]] = {
    "time": ("int32", 3),
    "distance": ("int32", 3),
    "task_place": ("int32", 1),
    "task_end_place": ("int32", 1),
    "task_duration": ("int64", 1),
    "window_indptr": ("int32", 1),
    "window_open": ("int64", 1),
    "window_close": ("int64", 1),
    "task_skills": ("int64", 1),
    "task_tier": ("int8", 1),
    "task_prize": ("int64", 1),
    "task_staff": ("int8", 1),
    "task_load": ("int64", 2),
    "task_origin": ("int32", 1),
    "task_freshness": ("int64", 1),
    "task_late_cost": ("int64", 1),
    "link_first": ("int32", 1),
    "link_second": ("int32", 1),
    "link_kind": ("int8", 1),
    "link_min": ("int64", 1),
    "link_max": ("int64", 1),
    "vehicle_mode": ("int8", 1),
    "vehicle_start": ("int32", 1),
    "vehicle_end": ("int32", 1),
    "vehicle_open": ("int64", 1),
    "vehicle_close": ("int64", 1),
    "vehicle_max_work": ("int64", 1),
    "vehicle_skills": ("int64", 1),
    "vehicle_capacity": ("int64", 2),
    "vehicle_max_trips": ("int32", 1),
    "vehicle_reload_indptr": ("int32", 1),
    "vehicle_reload_place": ("int32", 1),
    "vehicle_loading": ("int64", 1),
    "vehicle_fixed_cost": ("int64", 1),
    "vehicle_time_cost": ("int64", 1),
    "vehicle_distance_cost": ("int64", 1),
}
"""dtype and number of dimensions of every column."""

_NON_NEGATIVE = (
    "time",
    "distance",
    "task_duration",
    "task_skills",
    "task_tier",
    "task_prize",
    "task_load",
    "vehicle_skills",
    "vehicle_capacity",
    "vehicle_max_trips",
    "vehicle_loading",
    "vehicle_fixed_cost",
    "vehicle_time_cost",
    "vehicle_distance_cost",
)
