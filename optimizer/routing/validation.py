"""Columns of a routing problem: their types, what an empty one stands for, and their checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from base.faults import Faults
from optimizer.arrays import read_only
from optimizer.codes import BAD_ARRAY, BAD_INDEX, BAD_LENGTH, BAD_VALUE
from optimizer.routing.terms import NONE, LinkKind

if TYPE_CHECKING:
    from optimizer.routing.problem import RoutingProblem

__all__ = ["COLUMNS", "check_shapes", "check_values", "take_columns"]

COLUMNS: dict[str, tuple[str, int]] = {
    "time": ("int32", 3),
    "distance": ("int32", 3),
    "task_place": ("int32", 1),
    "task_end_place": ("int32", 1),
    "task_duration": ("int64", 1),
    "window_indptr": ("int32", 1),
    "window_open": ("int64", 1),
    "window_close": ("int64", 1),
    "window_at_end": ("bool", 1),
    "task_skills": ("int64", 1),
    "task_tier": ("int8", 1),
    "task_prize": ("int64", 1),
    "task_staff": ("int8", 1),
    "task_load": ("int64", 2),
    "task_origin": ("int32", 1),
    "task_freshness": ("int64", 1),
    "task_release": ("int64", 1),
    "task_late_cost": ("int64", 1),
    "task_late_window": ("bool", 1),
    "task_early_cost": ("int64", 1),
    "task_early_limit": ("int64", 1),
    "task_equipment": ("int32", 1),
    "equipment_count": ("int64", 1),
    "task_remote_cost": ("int64", 1),
    "task_payer": ("int32", 1),
    "task_price": ("int64", 1),
    "payer_limit": ("int64", 1),
    "pair_allowed": ("bool", 2),
    "pair_cost": ("int64", 2),
    "pair_duration": ("int64", 2),
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
    "vehicle_overtime": ("int64", 1),
    "vehicle_max_work": ("int64", 1),
    "vehicle_max_travel": ("int64", 1),
    "vehicle_skills": ("int64", 1),
    "vehicle_capacity": ("int64", 2),
    "vehicle_max_trips": ("int32", 1),
    "vehicle_reload_indptr": ("int32", 1),
    "vehicle_reload_place": ("int32", 1),
    "vehicle_loading": ("int64", 1),
    "vehicle_fixed_cost": ("int64", 1),
    "vehicle_time_cost": ("int64", 1),
    "vehicle_distance_cost": ("int64", 1),
    "vehicle_wait_cost": ("int64", 1),
    "vehicle_overtime_cost": ("int64", 1),
    "break_vehicle": ("int32", 1),
    "break_open": ("int64", 1),
    "break_close": ("int64", 1),
    "break_length": ("int64", 1),
    "break_place": ("int32", 1),
    "break_prize": ("int64", 1),
    "plan_vehicle": ("int32", 1),
    "plan_start": ("int64", 1),
}
"""dtype and number of dimensions of every column."""

_OFF = {
    "window_at_end": False,
    "task_release": NONE,
    "task_late_cost": NONE,
    "task_late_window": False,
    "task_early_cost": NONE,
    "task_early_limit": NONE,
    "task_equipment": NONE,
    "task_remote_cost": NONE,
    "task_payer": NONE,
    "task_price": 0,
    "vehicle_overtime": 0,
    "vehicle_overtime_cost": 0,
    "vehicle_max_travel": NONE,
    "vehicle_wait_cost": 0,
    "plan_vehicle": NONE,
    "plan_start": 0,
}
"""What every row holds where the column is left empty."""

_OWN_ROWS = {"vehicle_reload_place", "window_open", "equipment_count", "payer_limit"}
"""Columns whose own length counts the rows of their table."""

_NON_NEGATIVE = (
    "time",
    "distance",
    "task_duration",
    "task_skills",
    "task_tier",
    "task_prize",
    "task_load",
    "task_price",
    "equipment_count",
    "payer_limit",
    "pair_cost",
    "pair_duration",
    "vehicle_skills",
    "vehicle_capacity",
    "vehicle_max_trips",
    "vehicle_loading",
    "vehicle_fixed_cost",
    "vehicle_time_cost",
    "vehicle_distance_cost",
    "vehicle_wait_cost",
    "vehicle_overtime",
    "vehicle_overtime_cost",
    "break_length",
    "worst_late_cost",
    "worst_idle_cost",
    "balance_cost",
    "plan_tolerance",
    "change_cost",
)
_LIMITS = (
    "task_freshness",
    "task_release",
    "task_late_cost",
    "task_early_cost",
    "task_early_limit",
    "task_remote_cost",
    "vehicle_max_work",
    "vehicle_max_travel",
    "break_prize",
    "max_changes",
)
"""Not negative, or NONE."""


def take_columns(problem: RoutingProblem, faults: Faults) -> None:
    """Replace the columns by read-only copies, empty ones by what they stand for."""
    for name, (dtype, ndim) in COLUMNS.items():
        try:
            object.__setattr__(problem, name, read_only(getattr(problem, name), dtype, ndim))
        except (TypeError, ValueError) as error:
            faults.add(BAD_ARRAY(field=name, why=str(error)))
    if faults:
        return
    for name, value in _OFF.items():
        if getattr(problem, name).size == 0:
            rows = problem.n_vehicles if name.startswith("vehicle_") else problem.n_tasks
            dtype = COLUMNS[name][0]
            object.__setattr__(problem, name, read_only(np.full(rows, value, dtype), dtype))


def check_shapes(problem: RoutingProblem, faults: Faults) -> None:
    """Keep a fault for every column that does not have its table's rows."""
    tasks, vehicles, places = problem.n_tasks, problem.n_vehicles, problem.time.shape[1]
    rows = {
        "task": tasks,
        "plan": tasks,
        "vehicle": vehicles,
        "link": problem.link_first.size,
        "break": problem.break_vehicle.size,
        "window": problem.window_open.size,
    }
    other = {
        "window_indptr": tasks + 1,
        "window_at_end": tasks,
        "vehicle_reload_indptr": vehicles + 1,
    }
    for name in COLUMNS:
        expected = other.get(name, rows.get(name.split("_", 1)[0]))
        got = getattr(problem, name).shape[0]
        if name not in _OWN_ROWS and expected is not None and got != expected:
            faults.add(BAD_LENGTH(field=name, got=got, expected=expected))
    for name in ("pair_allowed", "pair_cost", "pair_duration"):
        shape = getattr(problem, name).shape
        if shape not in ((0, 0), (tasks, vehicles)):
            why = f"it is {shape} and must be {(tasks, vehicles)} or empty, (0, 0)"
            faults.add(BAD_ARRAY(field=name, why=why))
    shape = problem.time.shape
    if shape[2] != places or problem.distance.shape != shape:
        why = f"time is {shape} and distance {problem.distance.shape}; both must be [M, P, P]"
        faults.add(BAD_ARRAY(field="time", why=why))
    if problem.task_load.shape[1] != problem.vehicle_capacity.shape[1]:
        why = "task_load and vehicle_capacity differ in load dimensions"
        faults.add(BAD_ARRAY(field="task_load", why=why))


def check_values(problem: RoutingProblem, faults: Faults) -> None:
    """Keep a fault for every index, pointer and value outside its range."""
    for name, total in (
        ("window_indptr", problem.window_open.size),
        ("vehicle_reload_indptr", problem.vehicle_reload_place.size),
    ):
        pointer = getattr(problem, name)
        if pointer[0] != 0 or pointer[-1] != total or np.any(np.diff(pointer) < 0):
            faults.add(BAD_ARRAY(field=name, why="it is no ascending CSR pointer"))
    _check_indices(problem, faults)
    for names, least, rule in ((_NON_NEGATIVE, 0, ">= 0"), (_LIMITS, NONE, ">= 0 or -1")):
        for name in names:
            value = int(np.min(getattr(problem, name), initial=least))
            if value < least:
                faults.add(BAD_VALUE(field=name, value=value, rule=rule))
    if np.any(problem.task_staff < 1):
        value = int(problem.task_staff.min())
        faults.add(BAD_VALUE(field="task_staff", value=value, rule=">= 1"))
    if not faults:
        _check_windows(problem, faults)
    for low, high in (
        ("vehicle_open", "vehicle_close"),
        ("link_min", "link_max"),
        ("break_open", "break_close"),
    ):
        for row in np.flatnonzero(getattr(problem, low) > getattr(problem, high)):
            value = int(getattr(problem, low)[row])
            faults.add(BAD_VALUE(id=int(row), field=low, value=value, rule=f"<= {high}"))
    for name in ("ticks_per_second", "cost_scale"):
        if getattr(problem, name) < 1:
            faults.add(BAD_VALUE(field=name, value=getattr(problem, name), rule=">= 1"))


def _check_indices(problem: RoutingProblem, faults: Faults) -> None:
    places, tasks, modes = problem.n_places, problem.n_tasks, problem.time.shape[0]
    for name, size, may_be_none in (
        ("task_place", places, False),
        ("task_end_place", places, False),
        ("task_origin", places, True),
        ("task_equipment", problem.equipment_count.size, True),
        ("task_payer", problem.payer_limit.size, True),
        ("vehicle_start", places, False),
        ("vehicle_end", places, True),
        ("vehicle_reload_place", places, False),
        ("vehicle_mode", modes, False),
        ("break_vehicle", problem.n_vehicles, False),
        ("break_place", places, True),
        ("plan_vehicle", problem.n_vehicles, True),
        ("link_first", tasks, False),
        ("link_second", tasks, False),
        ("link_kind", len(LinkKind), False),
    ):
        column = getattr(problem, name)
        low = NONE if may_be_none else 0
        outside = (column < low) | (column >= size)
        if outside.any():
            value = int(column[outside][0])
            faults.add(BAD_INDEX(field=name, value=value, last=size - 1))


def _check_windows(problem: RoutingProblem, faults: Faults) -> None:
    opens, closes = problem.window_open, problem.window_close
    for task in np.flatnonzero(np.diff(problem.window_indptr) == 0):
        faults.add(BAD_LENGTH(id=int(task), field="windows of a task", got=0, expected=1))
    for row in np.flatnonzero(opens > closes):
        value = int(opens[row])
        faults.add(BAD_VALUE(id=int(row), field="window_open", value=value, rule="<= close"))
    last_of_task = np.zeros(opens.size, dtype=bool)
    last_of_task[problem.window_indptr[1:] - 1] = True
    follows = ~last_of_task[:-1]
    for row in np.flatnonzero(follows & (opens[1:] <= closes[:-1])):
        value = int(opens[row + 1])
        rule = "after the close of the task's window before"
        faults.add(BAD_VALUE(id=int(row) + 1, field="window_open", value=value, rule=rule))
