"""Seeded random small days of visits that mix all features of the model."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from optimizer.routing.features import Feature, used_features
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from tests.routing_cases import Link, Task, Vehicle, build, random_times, random_windows

PLACES = 5
Columns = dict[str, Any]
Rng = np.random.Generator


def mixed_problem(
    seed: int,
    *,
    tasks: int | None = None,
    vehicles: int | None = None,
    rate: float = 0.3,
    horizon: int = 100,
) -> RoutingProblem:
    """A day of visits.

    Args:
        seed: same seed, same day.
        tasks: how many, None for 1 to 8.
        vehicles: how many, None for 1 to 3.
        rate: share of the features that the day uses.
        horizon: length of the day in ticks, at least 10; everything that lasts grows with it.
    """
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9)) if tasks is None else tasks
    m = int(rng.integers(1, 4)) if vehicles is None else vehicles
    modes = int(rng.integers(1, 3))
    holes = 0.05 if rng.random() < 0.3 else 0.0
    time = np.stack([random_times(rng, PLACES, horizon // 8, holes) for _ in range(modes)])
    distance = rng.integers(0, 20, size=time.shape)
    distance[:, np.arange(PLACES), np.arange(PLACES)] = 0
    columns: Columns = {}
    for add in (_windows, _equipment, _payers, _pairs, _shifts, _breaks, _plan, _spread):
        columns |= add(rng, rate, n, m, horizon)
    return build(
        time,
        [_task(rng, rate, horizon) for _ in range(n)],
        [_carer(rng, rate, modes, horizon) for _ in range(m)],
        distance=distance,
        links=_links(rng, rate, n, horizon),
        loads=1,
        **columns,
    )


def _task(rng: Rng, rate: float, horizon: int) -> Task:
    return Task(
        place=int(rng.integers(PLACES)),
        end_place=int(rng.integers(PLACES)) if rng.random() < rate / 2 else None,
        duration=int(rng.integers(0, horizon // 5)),
        windows=random_windows(rng, horizon, 3),
        skills=int(rng.integers(4)) if rng.random() < rate else 0,
        tier=int(rng.integers(2)),
        prize=int(rng.integers(20, 400)),
        staff=2 if rng.random() < rate / 3 else 1,
        load=(int(rng.integers(3)),),
    )


def _carer(rng: Rng, rate: float, modes: int, horizon: int) -> Vehicle:
    return Vehicle(
        start=int(rng.integers(PLACES)),
        end=NONE if rng.random() < rate else int(rng.integers(PLACES)),
        open=int(rng.integers(0, horizon // 3)),
        close=int(rng.integers(horizon // 2, horizon + horizon // 5)),
        mode=int(rng.integers(modes)),
        max_work=int(rng.integers(horizon // 3, horizon)) if rng.random() < rate else NONE,
        skills=int(rng.integers(4)),
        capacity=(int(rng.integers(3, 10)),),
        fixed_cost=int(rng.integers(0, 20)),
        time_cost=int(rng.integers(0, 4)),
        distance_cost=int(rng.integers(0, 4)),
    )


def _links(rng: Rng, rate: float, n: int, horizon: int) -> list[Link]:
    links = []
    for first in range(n):
        for second in range(first + 1, n):
            if rng.random() < 2 * rate / n:
                kind = LinkKind(int(rng.integers(len(LinkKind))))
                low = int(rng.integers(-horizon // 5, 3 * horizon // 10))
                links.append(
                    Link(first, second, kind, low, low + int(rng.integers(0, 3 * horizon // 10)))
                )
    return links


def _windows(rng: Rng, rate: float, n: int, _: int, horizon: int) -> Columns:
    columns: Columns = {}
    if rng.random() < rate:
        columns["window_at_end"] = rng.random(n) < 0.5
    if rng.random() < rate:
        columns["task_late_cost"] = np.where(rng.random(n) < 0.5, rng.integers(0, 6, n), NONE)
        columns["task_late_window"] = rng.random(n) < 0.3
        columns["worst_late_cost"] = int(rng.integers(0, 4))
    if rng.random() < rate:
        columns["task_early_cost"] = np.where(rng.random(n) < 0.5, rng.integers(0, 6, n), NONE)
        columns["task_early_limit"] = np.where(
            rng.random(n) < 0.7, rng.integers(0, 3 * horizon // 20, n), NONE
        )
    return columns


def _equipment(rng: Rng, rate: float, n: int, _: int, horizon: int) -> Columns:
    if rng.random() >= rate:
        return {}
    kinds = int(rng.integers(1, 3))
    return {
        "task_equipment": rng.integers(NONE, kinds, n),
        "equipment_count": rng.integers(1, 3, kinds),
    }


def _payers(rng: Rng, rate: float, n: int, _: int, horizon: int) -> Columns:
    columns: Columns = {}
    if rng.random() < rate:
        columns["task_remote_cost"] = np.where(rng.random(n) < 0.4, rng.integers(5, 60, n), NONE)
    if rng.random() < rate:
        payers = int(rng.integers(1, 3))
        columns["task_payer"] = rng.integers(NONE, payers, n)
        columns["task_price"] = rng.integers(0, 50, n)
        columns["payer_limit"] = rng.integers(0, 120, payers)
    return columns


def _pairs(rng: Rng, rate: float, n: int, m: int, horizon: int) -> Columns:
    columns: Columns = {}
    if rng.random() < rate:
        columns["pair_allowed"] = rng.random((n, m)) < 0.8
    if rng.random() < rate:
        columns["pair_cost"] = rng.integers(0, 30, (n, m))
    if rng.random() < rate:
        columns["pair_duration"] = rng.integers(0, horizon // 5, (n, m))
    return columns


def _shifts(rng: Rng, rate: float, _: int, m: int, horizon: int) -> Columns:
    columns: Columns = {}
    if rng.random() < rate:
        columns["vehicle_overtime"] = rng.integers(0, 3 * horizon // 10, m)
        columns["vehicle_overtime_cost"] = rng.integers(0, 6, m)
    if rng.random() < rate:
        columns["vehicle_max_travel"] = np.where(
            rng.random(m) < 0.7, rng.integers(horizon // 10, 3 * horizon // 5, m), NONE
        )
    if rng.random() < rate:
        columns["vehicle_wait_cost"] = rng.integers(0, 5, m)
    return columns


def _breaks(rng: Rng, rate: float, _: int, m: int, horizon: int) -> Columns:
    if rng.random() >= rate:
        return {}
    count = int(rng.integers(1, m + 2))
    opens = rng.integers(0, horizon // 2, count)
    return {
        "break_vehicle": rng.integers(0, m, count),
        "break_open": opens,
        "break_close": opens + rng.integers(0, horizon // 2, count),
        "break_length": rng.integers(1, 2 + 13 * horizon // 100, count),
        "break_place": np.where(rng.random(count) < 0.6, NONE, rng.integers(0, PLACES, count)),
        "break_prize": np.where(rng.random(count) < 0.5, NONE, rng.integers(0, 60, count)),
    }


def _plan(rng: Rng, rate: float, n: int, m: int, horizon: int) -> Columns:
    if rng.random() >= rate:
        return {}
    return {
        "plan_vehicle": rng.integers(NONE, m, n),
        "plan_start": rng.integers(0, horizon, n),
        "plan_tolerance": int(rng.integers(0, horizon // 5)),
        "max_changes": int(rng.integers(n // 2, n + 1)) if rng.random() < 0.5 else NONE,
        "change_cost": int(rng.integers(0, 30)),
    }


def _spread(rng: Rng, rate: float, _: int, __: int, horizon: int) -> Columns:
    columns: Columns = {}
    if rng.random() < rate:
        columns["worst_idle_cost"] = int(rng.integers(1, 4))
    if rng.random() < rate:
        columns["balance_cost"] = int(rng.integers(1, 4))
    return columns


def reduced(problem: RoutingProblem, keep: Collection[Feature]) -> RoutingProblem:
    """The problem with only these features left."""
    dropped = used_features(problem) - frozenset(keep)
    changes: Columns = {}
    for feature in dropped:
        changes |= {name: _OFF[name] for name in _USES.get(feature, ())}
    if Feature.STAFF in dropped:
        changes["task_staff"] = np.ones(problem.n_tasks, dtype=np.int64)
    ties = problem.link_kind <= LinkKind.SEQUENCE
    kept = (ties & (Feature.TIES in keep)) | (~ties & (Feature.LOOSE_LINKS in keep))
    for name in ("link_first", "link_second", "link_kind", "link_min", "link_max"):
        changes[name] = getattr(problem, name)[kept]
    return problem.replace(**changes)


_USES: dict[Feature, tuple[str, ...]] = {
    Feature.LATENESS: ("task_late_cost", "task_late_window", "worst_late_cost"),
    Feature.LATE_WINDOW: ("task_late_window",),
    Feature.EARLINESS: ("task_early_cost",),
    Feature.WINDOW_AT_END: ("window_at_end",),
    Feature.ALLOWED: ("pair_allowed",),
    Feature.PREFERENCES: ("pair_cost",),
    Feature.PAIR_DURATION: ("pair_duration",),
    Feature.OVERTIME: ("vehicle_overtime",),
    Feature.MAX_TRAVEL: ("vehicle_max_travel",),
    Feature.WAITING: ("vehicle_wait_cost",),
    Feature.BREAKS: (
        "break_vehicle",
        "break_open",
        "break_close",
        "break_length",
        "break_place",
        "break_prize",
    ),
    Feature.WORST_IDLE: ("worst_idle_cost",),
    Feature.BALANCE: ("balance_cost",),
    Feature.EQUIPMENT: ("task_equipment",),
    Feature.REMOTE: ("task_remote_cost",),
    Feature.ENTITLEMENTS: ("task_payer",),
    Feature.STABILITY: ("plan_vehicle",),
}
_OFF: Columns = dict.fromkeys((name for names in _USES.values() for name in names), ())
_OFF |= {"worst_late_cost": 0, "worst_idle_cost": 0, "balance_cost": 0}
_OFF |= {"pair_allowed": np.zeros((0, 0)), "pair_cost": np.zeros((0, 0))}
_OFF |= {"pair_duration": np.zeros((0, 0))}
