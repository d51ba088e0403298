"""The routing problem on arrays: home visits and meal trips alike."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.routing.terms import NONE, UNREACHABLE, LinkKind
from optimizer.routing.validation import check_shapes, check_values, take_columns

__all__ = ["NONE", "UNREACHABLE", "LinkKind", "RoutingProblem"]


def _longs() -> NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


def _ints() -> NDArray[np.int32]:
    return np.zeros(0, dtype=np.int32)


def _flags() -> NDArray[np.bool_]:
    return np.zeros(0, dtype=np.bool_)


def _no_pairs() -> NDArray[np.int64]:
    return np.zeros((0, 0), dtype=np.int64)


def _no_pair_flags() -> NDArray[np.bool_]:
    return np.zeros((0, 0), dtype=np.bool_)


@dataclass(frozen=True, eq=False, kw_only=True)
class RoutingProblem:
    """Places, tasks and vehicles (carers or carriers); M modes, P places, T tasks, V vehicles,
    K load dimensions, S skills (at most 63), L links, B breaks, E kinds of equipment, Y payers.

    Times of day are ticks (seconds by default) from the day's midnight and may pass 86,400.
    Arrays are copied, checked once and read-only afterwards; ``replace()`` makes variants.
    Fields with a default may be left empty: then they are off and hold their neutral value in
    every row. :mod:`optimizer.routing.features` says which of them a problem uses.

    **Window in force.** The windows of a task ascend; the one in force is the last that opened
    not after the task's start, the first where none did. A start keeps the windows when it is
    not before the opening of the window in force (earlier only as ``task_early_cost`` allows)
    and the task is not late. Late is a start after the close of the window in force, or a
    *finish* after it where ``window_at_end``; the opening always binds the start.

    **Tiers.** Leaving a task out costs its prize. Tasks of a tier are never dropped to serve
    lower (larger) tiers or to save cost; within the lowest tier prizes are weighed against cost.
    A task with a ``task_remote_cost`` is never dropped: done by phone it costs that, weighed
    against the cost of the visit in every tier.

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
        window_at_end: bool[T], the close is the latest finish, not the latest start.
        task_skills: int64[T], bit set of the skills that its person must all have.
        task_tier: int8[T], 0 is the highest: never dropped to serve a lower (larger) tier.
        task_prize: int64[T], cost of leaving the task unserved, in cost units, >= 0.
        task_staff: int8[T], people needed at once, >= 1.
        task_load: int64[T, K], what the task takes from its vehicle's load.
        task_origin: int32[T], the place whose loading it must come from, NONE for any.
        task_freshness: int64[T], most ticks from leaving the loading place to the *end* of the
            task, NONE for no limit.
        task_release: int64[T], earliest moment at which the trip that carries the task may
            leave its loading place (the end of loading), NONE for any; trips only.
        task_late_cost: int64[T], cost units per tick of being late (for every person who serves
            it), NONE where the task may not. Only the last window may be overrun.
        task_late_window: bool[T], every window may be overrun, not only the last.
        task_early_cost: int64[T], cost units per tick of starting before the first opening (for
            every person who serves it), NONE where the task may not.
        task_early_limit: int64[T], most ticks early, NONE for no limit.
        task_equipment: int32[T], the kind of equipment it takes one piece of, NONE for none.
        equipment_count: int64[E], pieces: never are more tasks with it under way at once, each
            from its start to the last finish (finishing at another's start is no conflict).
        task_remote_cost: int64[T], cost of doing the task by phone; then an unserved task costs
            this instead of its prize. NONE where a phone call will not do.
        task_payer: int32[T], whose entitlement pays, NONE for nobody's.
        task_price: int64[T], fen taken from the entitlement when served.
        payer_limit: int64[Y], fen: most that all served tasks of a payer may cost together.

        pair_allowed: bool[T, V] or empty, False where the vehicle must not serve the task.
        pair_cost: int64[T, V] or empty, cost units when the vehicle serves the task.
        pair_duration: int64[T, V] or empty, ticks the vehicle takes, in place of
            ``task_duration``.

        link_first, link_second: int32[L], tasks. link_kind: int8[L], a :class:`LinkKind`.
        link_min, link_max: int64[L], ticks, of a ``SEQUENCE``.

        vehicle_mode: int8[V]. vehicle_start: int32[V], place. vehicle_end: int32[V], place, NONE
            where the day ends at the last step.
        vehicle_open, vehicle_close: int64[V], the shift: no departure before, no return (or end
            of the last step where the end is NONE) after, overtime apart.
        vehicle_overtime: int64[V], most ticks that the day may end after ``vehicle_close``.
        vehicle_max_work: int64[V], most ticks from departure to end, NONE for no limit.
        vehicle_max_travel: int64[V], most ticks of travel, NONE for no limit.
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
        vehicle_wait_cost: int64[V], cost units per tick between arrival and start of a step.
        vehicle_overtime_cost: int64[V], cost units per tick after ``vehicle_close``.

        break_vehicle: int32[B], whose break. A used vehicle takes each of its breaks at most
            once, in any order; an unused one takes none.
        break_open, break_close: int64[B], earliest and latest start. break_length: int64[B].
        break_place: int32[B], where; NONE for the place of the next step that has one, or the
            end place after the last (the way comes first, then the break).
        break_prize: int64[B], cost units of leaving it out, NONE where a used vehicle must take
            it.

        plan_vehicle: int32[T], who serves the task in the plan in force (one of them), NONE for
            a task that is not in it. plan_start: int64[T], when.
        plan_tolerance: ticks. A task of the plan counts as changed when it is unserved, its
            ``plan_vehicle`` does not serve it, or it starts more than this away from
            ``plan_start``.
        max_changes: most changed tasks, NONE for no limit. change_cost: cost units for each.

        worst_late_cost: cost units per tick of the largest lateness of all tasks.
        worst_idle_cost: cost units per tick of the largest idle time of all vehicles, which is
            late departure + waiting + early return within the shift. Breaks are not idle; an
            unused vehicle idles its whole shift.
        balance_cost: cost units per tick of the longest less the shortest working time
            (departure to end) of all vehicles; an unused one works 0 ticks.
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
    window_at_end: NDArray[np.bool_] = field(default_factory=_flags)
    task_release: NDArray[np.int64] = field(default_factory=_longs)
    task_late_cost: NDArray[np.int64] = field(default_factory=_longs)
    task_late_window: NDArray[np.bool_] = field(default_factory=_flags)
    task_early_cost: NDArray[np.int64] = field(default_factory=_longs)
    task_early_limit: NDArray[np.int64] = field(default_factory=_longs)
    task_equipment: NDArray[np.int32] = field(default_factory=_ints)
    equipment_count: NDArray[np.int64] = field(default_factory=_longs)
    task_remote_cost: NDArray[np.int64] = field(default_factory=_longs)
    task_payer: NDArray[np.int32] = field(default_factory=_ints)
    task_price: NDArray[np.int64] = field(default_factory=_longs)
    payer_limit: NDArray[np.int64] = field(default_factory=_longs)
    pair_allowed: NDArray[np.bool_] = field(default_factory=_no_pair_flags)
    pair_cost: NDArray[np.int64] = field(default_factory=_no_pairs)
    pair_duration: NDArray[np.int64] = field(default_factory=_no_pairs)
    vehicle_overtime: NDArray[np.int64] = field(default_factory=_longs)
    vehicle_overtime_cost: NDArray[np.int64] = field(default_factory=_longs)
    vehicle_max_travel: NDArray[np.int64] = field(default_factory=_longs)
    vehicle_wait_cost: NDArray[np.int64] = field(default_factory=_longs)
    break_vehicle: NDArray[np.int32] = field(default_factory=_ints)
    break_open: NDArray[np.int64] = field(default_factory=_longs)
    break_close: NDArray[np.int64] = field(default_factory=_longs)
    break_length: NDArray[np.int64] = field(default_factory=_longs)
    break_place: NDArray[np.int32] = field(default_factory=_ints)
    break_prize: NDArray[np.int64] = field(default_factory=_longs)
    plan_vehicle: NDArray[np.int32] = field(default_factory=_ints)
    plan_start: NDArray[np.int64] = field(default_factory=_longs)
    plan_tolerance: int = 0
    max_changes: int = NONE
    change_cost: int = 0
    worst_late_cost: int = 0
    worst_idle_cost: int = 0
    balance_cost: int = 0
    ticks_per_second: int = 1
    cost_scale: int = 1000

    def __post_init__(self) -> None:
        for check in (take_columns, check_shapes, check_values):
            faults = Faults()
            check(self, faults)
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
    def n_breaks(self) -> int:
        """Number of breaks, B."""
        return int(self.break_vehicle.size)

    @property
    def is_soft(self) -> bool:
        """Whether any task may start after its windows."""
        return bool(np.any(self.task_late_cost != NONE))

    @property
    def is_tied(self) -> NDArray[np.bool_]:
        """bool[T]: tasks for several people or with a link, which tie routes together."""
        return self._touched(np.ones(self.link_kind.size, dtype=bool))

    @property
    def is_grouped(self) -> NDArray[np.bool_]:
        """bool[T]: tasks for several people, or served only together with a linked task."""
        return self._touched(self.link_kind <= LinkKind.SEQUENCE)

    @property
    def absence_cost(self) -> NDArray[np.int64]:
        """int64[T]: what an unserved task costs, its phone call or else its prize."""
        remote = self.task_remote_cost
        return np.where(remote != NONE, remote, self.task_prize)

    def windows(self, task: int) -> NDArray[np.int64]:
        """The windows of a task, int64[w, 2]: earliest and latest start."""
        rows = slice(self.window_indptr[task], self.window_indptr[task + 1])
        return np.stack([self.window_open[rows], self.window_close[rows]], axis=1)

    def reload_places(self, vehicle: int) -> NDArray[np.int32]:
        """The places at which a vehicle may load."""
        pointer = self.vehicle_reload_indptr
        return self.vehicle_reload_place[pointer[vehicle] : pointer[vehicle + 1]]

    def may_serve(self, task: int, vehicle: int) -> bool:
        """Whether the vehicle has the skills and is allowed to."""
        lacks = int(self.task_skills[task]) & ~int(self.vehicle_skills[vehicle])
        return not lacks and (self.pair_allowed.size == 0 or bool(self.pair_allowed[task, vehicle]))

    def duration(self, task: int, vehicle: int) -> int:
        """Ticks that the vehicle takes for the task."""
        if self.pair_duration.size:
            return int(self.pair_duration[task, vehicle])
        return int(self.task_duration[task])

    def replace(self, **changes: Any) -> RoutingProblem:
        """A variant with some fields changed, validated anew."""
        return dataclasses.replace(self, **changes)

    def _touched(self, links: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """bool[T]: tasks for several people, or an end of one of these links."""
        touched: NDArray[np.bool_] = self.task_staff > 1
        touched[self.link_first[links]] = True
        touched[self.link_second[links]] = True
        return touched
