"""The week on arrays: who needs what how often, and who works when."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.arrays import read_only
from optimizer.codes import BAD_ARRAY, BAD_INDEX, BAD_LENGTH, BAD_VALUE
from optimizer.routing.terms import NONE

__all__ = ["WeekProblem"]

DAY_SECONDS = 86_400


def _longs() -> NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


def _pairs() -> NDArray[np.int64]:
    return np.zeros((0, 0), dtype=np.int64)


def _pair_flags() -> NDArray[np.bool_]:
    return np.zeros((0, 0), dtype=np.bool_)


@dataclass(frozen=True, eq=False, kw_only=True)
class WeekProblem:
    """Needs, carers and days; M modes, P places, N needs, V carers, D days, L links, Y payers.

    A *need* is a service that a client gets several times in the week. Times of day are ticks
    from the day's midnight. Arrays are copied, checked once and read-only afterwards.

    Attributes:
        time: int32[M, P, P], travel time in ticks, ``UNREACHABLE`` where no way leads.
        distance: int32[M, P, P], metres.

        need_client: int32[N], whose; clients are numbered from 0.
        need_place: int32[N]. need_duration: int64[N], ticks of every visit.
        window_indptr: int32[N + 1]; window_open, window_close: int64[W], earliest and latest
            start on any day, ascending and disjoint within a need.
        need_times: int32[N], visits in the week, at most one a day.
        need_days: bool[N, D], days that will do.
        need_gap: int32[N], least days from one visit to the next; 1 for any, 2 for not on
            consecutive days.
        need_tolerance: int64[N], most ticks between the earliest and the latest start of its
            visits ("the same hour"), NONE for any.
        need_skills: int64[N], bit set. need_staff: int8[N], people needed at once.
        need_tier: int8[N], 0 is the highest: never dropped to serve a larger one.
        need_prize: int64[N], cost units of leaving out one visit.
        need_payer: int32[N], whose entitlement pays, NONE for nobody's.
        need_price: int64[N], fen for one visit.
        payer_limit: int64[Y], fen that may be spent in this week.
        payer_lapsing: int64[Y], fen of them that lapse before the next week.

        link_first, link_second: int32[L], needs: on every day the second's visit starts
            [link_min, link_max] ticks after the first's, by other people, and neither is made
            without the other. Both have the same times, days and gap.

        carer_mode: int8[V]. carer_start: int32[V], place. carer_end: int32[V], place, NONE where
            the day ends at the last visit. carer_skills: int64[V], bit set.
        shift_open, shift_close: int64[D, V], NONE on days off (leave).
        carer_max_day: int64[D, V], most ticks from departure to end, NONE for no limit.
        carer_max_week: int64[V], most ticks of all days together, NONE for no limit.
        carer_rest: int64[V], least ticks from the end of a day to the departure on the next.
        carer_fixed_cost: int64[V], cost units per day worked. carer_time_cost: per tick between
            departure and end. carer_distance_cost: per metre.
        pair_allowed: bool[N, V] or empty, False where the carer must not come.
        pair_cost: int64[N, V] or empty, cost units per visit by this carer.

        continuity_cost: cost units for every carer of a client (a client seen by three people
            costs three times as much).
        balance_cost: cost units per tick of the sum over carers of work squared / time on shift
            in the week; least where everybody works the same share of their shifts.
        lapse_cost: cost units per fen that lapses unspent.
        ticks_per_second: scale of times (default 1). cost_scale: cost units per fen.

    Raises:
        FaultError: with every fault found (CC-O001 .. CC-O004).
    """

    time: NDArray[np.int32]
    distance: NDArray[np.int32]
    need_client: NDArray[np.int32]
    need_place: NDArray[np.int32]
    need_duration: NDArray[np.int64]
    window_indptr: NDArray[np.int32]
    window_open: NDArray[np.int64]
    window_close: NDArray[np.int64]
    need_times: NDArray[np.int32]
    need_days: NDArray[np.bool_]
    need_gap: NDArray[np.int32]
    need_tolerance: NDArray[np.int64]
    need_skills: NDArray[np.int64]
    need_staff: NDArray[np.int8]
    need_tier: NDArray[np.int8]
    need_prize: NDArray[np.int64]
    need_payer: NDArray[np.int32]
    need_price: NDArray[np.int64]
    payer_limit: NDArray[np.int64]
    payer_lapsing: NDArray[np.int64]
    carer_mode: NDArray[np.int8]
    carer_start: NDArray[np.int32]
    carer_end: NDArray[np.int32]
    carer_skills: NDArray[np.int64]
    shift_open: NDArray[np.int64]
    shift_close: NDArray[np.int64]
    carer_max_day: NDArray[np.int64]
    carer_max_week: NDArray[np.int64]
    carer_rest: NDArray[np.int64]
    carer_fixed_cost: NDArray[np.int64]
    carer_time_cost: NDArray[np.int64]
    carer_distance_cost: NDArray[np.int64]
    link_first: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    link_second: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    link_min: NDArray[np.int64] = field(default_factory=_longs)
    link_max: NDArray[np.int64] = field(default_factory=_longs)
    pair_allowed: NDArray[np.bool_] = field(default_factory=_pair_flags)
    pair_cost: NDArray[np.int64] = field(default_factory=_pairs)
    continuity_cost: int = 0
    balance_cost: int = 0
    lapse_cost: int = 0
    ticks_per_second: int = 1
    cost_scale: int = 1000

    def __post_init__(self) -> None:
        for check in (self._take_columns, self._check_shapes, self._check_values):
            faults = Faults()
            check(faults)
            faults.raise_if_any()

    @property
    def n_needs(self) -> int:
        """Number of needs, N."""
        return int(self.need_client.size)

    @property
    def n_days(self) -> int:
        """Number of days, D."""
        return int(self.shift_open.shape[0])

    @property
    def n_carers(self) -> int:
        """Number of carers, V."""
        return int(self.carer_mode.size)

    @property
    def n_clients(self) -> int:
        """One more than the largest client number."""
        return int(self.need_client.max(initial=-1)) + 1

    @property
    def day_ticks(self) -> int:
        """Ticks from midnight to midnight."""
        return DAY_SECONDS * self.ticks_per_second

    def windows(self, need: int) -> NDArray[np.int64]:
        """The windows of a need, int64[w, 2]: earliest and latest start."""
        rows = slice(self.window_indptr[need], self.window_indptr[need + 1])
        return np.stack([self.window_open[rows], self.window_close[rows]], axis=1)

    def able(self, need: int) -> NDArray[np.bool_]:
        """bool[V]: who has the skills and is not forbidden."""
        skills = self.need_skills[need]
        has: NDArray[np.bool_] = (self.carer_skills & skills) == skills
        return has & self.pair_allowed[need] if self.pair_allowed.size else has

    @property
    def bundles(self) -> NDArray[np.int64]:
        """int64[N]: the smallest need that links tie each need to, itself where none does."""
        lowest = np.arange(self.n_needs)
        while True:
            before = lowest.copy()
            for a, b in zip(self.link_first, self.link_second, strict=True):
                lowest[a] = lowest[b] = min(lowest[a], lowest[b])
            if np.array_equal(before, lowest):
                return lowest

    def replace(self, **changes: Any) -> WeekProblem:
        """A variant with some fields changed, validated anew."""
        return dataclasses.replace(self, **changes)

    def _take_columns(self, faults: Faults) -> None:
        for name, (dtype, ndim) in _COLUMNS.items():
            try:
                object.__setattr__(self, name, read_only(getattr(self, name), dtype, ndim))
            except (TypeError, ValueError) as error:
                faults.add(BAD_ARRAY(field=name, why=str(error)))

    def _check_shapes(self, faults: Faults) -> None:
        needs, carers, days = self.n_needs, self.n_carers, self.n_days
        rows = {"need": needs, "carer": carers, "link": self.link_first.size}
        expected: dict[str, tuple[int, ...]] = {
            name: (rows[prefix],) for name in _COLUMNS if (prefix := name.split("_", 1)[0]) in rows
        }
        expected |= {
            "window_indptr": (needs + 1,),
            "window_close": (self.window_open.size,),
            "need_days": (needs, days),
            "shift_close": (days, carers),
            "shift_open": (days, carers),
            "carer_max_day": (days, carers),
            "payer_lapsing": (self.payer_limit.size,),
        }
        for name in ("pair_allowed", "pair_cost"):
            if getattr(self, name).size:
                expected[name] = (needs, carers)
        for name, shape in expected.items():
            got = getattr(self, name).shape
            if got != shape:
                faults.add(BAD_LENGTH(field=name, got=got, expected=shape))
        shape = self.time.shape
        if shape[1] != shape[2] or self.distance.shape != shape:
            why = f"time is {shape} and distance {self.distance.shape}; both must be [M, P, P]"
            faults.add(BAD_ARRAY(field="time", why=why))

    def _check_values(self, faults: Faults) -> None:
        places, needs, modes = self.time.shape[1], self.n_needs, self.time.shape[0]
        for name, size, low in (
            ("need_place", places, 0),
            ("need_client", needs, 0),
            ("need_payer", self.payer_limit.size, NONE),
            ("carer_start", places, 0),
            ("carer_end", places, NONE),
            ("carer_mode", modes, 0),
            ("link_first", needs, 0),
            ("link_second", needs, 0),
        ):
            column = getattr(self, name)
            outside = (column < low) | (column >= size)
            if outside.any():
                faults.add(BAD_INDEX(field=name, value=int(column[outside][0]), last=size - 1))
        for name, least in _LEAST.items():
            column = np.asarray(getattr(self, name))
            if column.size and column.min() < least:
                faults.add(BAD_VALUE(field=name, value=int(column.min()), rule=f">= {least}"))
        pointer = self.window_indptr
        if pointer[0] != 0 or pointer[-1] != self.window_open.size or np.any(np.diff(pointer) < 1):
            why = "it is no ascending CSR pointer with a window for every need"
            faults.add(BAD_ARRAY(field="window_indptr", why=why))
        if not faults:
            self._check_windows(faults)
            self._check_links(faults)
        wrong = (self.shift_open == NONE) != (self.shift_close == NONE)
        wrong |= self.shift_open > self.shift_close
        for day, carer in np.argwhere(wrong):
            value = int(self.shift_open[day, carer])
            rule = "<= shift_close, and both -1 on days off"
            faults.add(BAD_VALUE(id=f"{day}, {carer}", field="shift_open", value=value, rule=rule))

    def _check_windows(self, faults: Faults) -> None:
        for need in range(self.n_needs):
            edges = self.windows(need).ravel()
            if np.any(np.diff(edges) < 0) or np.any(edges[2::2] <= edges[1:-1:2]):
                rule = "windows ascend and are disjoint"
                faults.add(BAD_VALUE(id=need, field="window_open", value=int(edges[0]), rule=rule))

    def _check_links(self, faults: Faults) -> None:
        for row, (a, b) in enumerate(zip(self.link_first, self.link_second, strict=True)):
            alike = all(
                np.array_equal(getattr(self, name)[a], getattr(self, name)[b])
                for name in ("need_client", "need_times", "need_days", "need_gap")
            )
            if a == b or not alike:
                rule = "two needs of one client with the same times, days and gap"
                faults.add(BAD_VALUE(id=row, field="link_second", value=int(b), rule=rule))
            if self.link_min[row] > self.link_max[row]:
                value = int(self.link_min[row])
                faults.add(BAD_VALUE(id=row, field="link_min", value=value, rule="<= link_max"))


_COLUMNS: dict[str, tuple[str, int]] = {
    "time": ("int32", 3),
    "distance": ("int32", 3),
    "need_client": ("int32", 1),
    "need_place": ("int32", 1),
    "need_duration": ("int64", 1),
    "window_indptr": ("int32", 1),
    "window_open": ("int64", 1),
    "window_close": ("int64", 1),
    "need_times": ("int32", 1),
    "need_days": ("bool", 2),
    "need_gap": ("int32", 1),
    "need_tolerance": ("int64", 1),
    "need_skills": ("int64", 1),
    "need_staff": ("int8", 1),
    "need_tier": ("int8", 1),
    "need_prize": ("int64", 1),
    "need_payer": ("int32", 1),
    "need_price": ("int64", 1),
    "payer_limit": ("int64", 1),
    "payer_lapsing": ("int64", 1),
    "carer_mode": ("int8", 1),
    "carer_start": ("int32", 1),
    "carer_end": ("int32", 1),
    "carer_skills": ("int64", 1),
    "shift_open": ("int64", 2),
    "shift_close": ("int64", 2),
    "carer_max_day": ("int64", 2),
    "carer_max_week": ("int64", 1),
    "carer_rest": ("int64", 1),
    "carer_fixed_cost": ("int64", 1),
    "carer_time_cost": ("int64", 1),
    "carer_distance_cost": ("int64", 1),
    "link_first": ("int32", 1),
    "link_second": ("int32", 1),
    "link_min": ("int64", 1),
    "link_max": ("int64", 1),
    "pair_allowed": ("bool", 2),
    "pair_cost": ("int64", 2),
}
"""dtype and number of dimensions of every column."""

_LEAST: dict[str, int] = {
    "time": 0,
    "distance": 0,
    "need_duration": 0,
    "need_times": 0,
    "need_gap": 1,
    "need_tolerance": NONE,
    "need_skills": 0,
    "need_staff": 1,
    "need_tier": 0,
    "need_prize": 0,
    "need_price": 0,
    "payer_limit": 0,
    "payer_lapsing": 0,
    "carer_skills": 0,
    "shift_open": NONE,
    "carer_max_day": NONE,
    "carer_max_week": NONE,
    "carer_rest": 0,
    "carer_fixed_cost": 0,
    "carer_time_cost": 0,
    "carer_distance_cost": 0,
    "pair_cost": 0,
    "continuity_cost": 0,
    "balance_cost": 0,
    "lapse_cost": 0,
    "ticks_per_second": 1,
    "cost_scale": 1,
}
"""Smallest values."""
