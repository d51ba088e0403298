# mypy: ignore-errors
"""Compiled timing of carriers' days: several trips, each with a limit on time since loading.

Whatever a carrier does between two moments maps the moment ``t`` at which it begins to the
earliest moment at which it ends: ``max(t + c, A)``, allowed while ``t <= B``. Such maps compose
in constant time (as the duration segments of Vidal et al., 2013, do). A limit on the time since
leaving the kitchen adds two numbers: the rest of a trip, entered at ``t`` by a carrier that left
at ``L``, stays fresh iff ``t <= L + G`` and ``L >= H``. A day costs its least duration,
``max(c, A - B)``. Every insertion is therefore judged exactly in constant time, however many
trips the carrier makes.

A task with several windows is planned in one of them (``where``); each is tried on insertion.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything is compiled)

BIG = np.int64(2**50)
FAR = np.int64(2**30)

# Few wide arrays instead of many columns: every array that a compiled function takes costs time
# at each call and seconds at compilation. Columns of TripData.tasks, .vehicles, .windows:
PLACE, END_PLACE, DURATION, FIRST_ROW, LAST_ROW, ORIGIN, FRESH, WEIGHT, PRICE = range(9)
MODE, START, END, OPEN, CLOSE, MAX_WORK, MAX_TRIPS, FIRST_KITCHEN, LAST_KITCHEN = range(9)
LOADING, FIXED, PER_TICK, PER_METRE, FAMILY = range(9, 14)
EARLY, LATE = range(2)
# Of the last axis of TripData.arcs and .arcs_to:
TICKS, WAY = range(2)
# Columns of TripState.days, .trips, .where:
N_TRIPS, LEAST, METRES = range(3)
KITCHEN, LENGTH = range(2)
SLOT, ROW = range(2)


class TripData(NamedTuple):
    """The problem as the kernels read it; V vehicles, T tasks, K loads, at most N trips each.

    ``arcs`` int32[M, P, P, 2] ticks and metres, ``arcs_to`` the same by target first; ``tasks``
    int64[T, 9], ``windows`` int64[W, 2] and ``vehicles`` int64[V, 14] with the columns named
    above; ``load`` int64[T, K], ``capacity`` int64[V, K]; ``near`` int32[T, n] lists tasks
    nearby, nearest first, ``remote`` float64[T] ticks from the nearest kitchen; ``allowed``
    uint8[T, V] is 1 where a vehicle may ever carry a task; ``kitchens`` int64[R] lists loading
    places by vehicle, -1 alone where it loads nowhere and makes one round.

    FRESH and MAX_WORK hold ``BIG`` for no limit; vehicles of one FAMILY are alike in everything;
    WEIGHT orders plans by their unserved tasks, 0 for tasks that are never to be served; PRICE is
    what the annealing charges for leaving a task out, cost units.
    """

    arcs: np.ndarray
    arcs_to: np.ndarray
    tasks: np.ndarray
    windows: np.ndarray
    vehicles: np.ndarray
    load: np.ndarray
    capacity: np.ndarray
    near: np.ndarray
    remote: np.ndarray
    allowed: np.ndarray
    kitchens: np.ndarray


class TripState(NamedTuple):
    """Days of all carriers; slot ``v * N + k`` is trip ``k`` of vehicle ``v``.

    ``days`` int64[V, 3] (trips, least duration, metres), ``trips`` int64[V * N, 2] (kitchen,
    drops), ``seq`` int64[V * N, D] drops in order, ``where`` int64[T, 2] (slot or -1, window
    row), ``load`` int64[V * N, K]. Maps of what a carrier does:
    ``before[s, i]`` = (c, A, B, H) from leaving the kitchen to the end of the first i drops, and
    the metres of the leg to drop i,
    ``after[s, i]`` = (c, A, B, G, H) from arriving at drop i to the end of the last drop,
    ``day_before[v, k]`` = (c, A, B) from departure to the last drop's end of the trips before k,
    ``day_after[v, k]`` = (c, A, B) from arriving at the kitchen of trip k to the end of the day.
    """

    days: np.ndarray
    trips: np.ndarray
    seq: np.ndarray
    where: np.ndarray
    load: np.ndarray
    before: np.ndarray
    after: np.ndarray
    day_before: np.ndarray
    day_after: np.ndarray


@njit(cache=True, nogil=True)
def refresh_trip(data, state, v, s):
    """Recompute a trip's maps and load; False where it can never be driven."""
    mode = data.vehicles[v, MODE]
    n = state.trips[s, LENGTH]
    loads = state.trips[s, KITCHEN] >= 0
    before, after, seq = state.before[s], state.after[s], state.seq[s]
    at = state.trips[s, KITCHEN] if loads else data.vehicles[v, START]
    c, a, b, h = np.int64(0), -BIG, BIG, -BIG
    before[0, 0], before[0, 1], before[0, 2], before[0, 3] = c, a, b, h
    dims = state.load.shape[1]
    for d in range(dims):
        state.load[s, d] = 0
    for i in range(n):
        u = seq[i]
        row = state.where[u, ROW]
        leg = data.arcs[mode, at, data.tasks[u, PLACE], TICKS]
        if leg >= FAR:
            return False
        c += leg
        a = max(a + leg, data.windows[row, EARLY])
        if a > data.windows[row, LATE]:
            return False
        b = min(b, data.windows[row, LATE] - c)
        c += data.tasks[u, DURATION]
        a += data.tasks[u, DURATION]
        if loads:
            if c > data.tasks[u, FRESH]:
                return False
            h = max(h, a - data.tasks[u, FRESH])
        if h > b:
            return False
        for d in range(dims):
            state.load[s, d] += data.load[u, d]
        before[i, 4] = data.arcs[mode, at, data.tasks[u, PLACE], WAY]
        before[i + 1, 0], before[i + 1, 1], before[i + 1, 2], before[i + 1, 3] = c, a, b, h
        at = data.tasks[u, END_PLACE]
    for d in range(dims):
        if state.load[s, d] > data.capacity[v, d]:
            return False
    _refresh_rests(data, state, mode, s, loads, after, seq, n)
    return True


@njit(cache=True, nogil=True)
def _refresh_rests(data, state, mode, s, loads, after, seq, n):
    """The rests of a trip that ``refresh_trip`` has found feasible."""
    after[n, 0], after[n, 1], after[n, 2], after[n, 3], after[n, 4] = 0, -BIG, BIG, BIG, -BIG
    for i in range(n - 1, -1, -1):
        u = seq[i]
        row = state.where[u, ROW]
        spent = data.tasks[u, DURATION]
        ready = data.windows[row, EARLY] + spent
        b = data.windows[row, LATE]
        g, h = BIG, -BIG
        if loads:
            g = data.tasks[u, FRESH] - spent
            h = ready - data.tasks[u, FRESH]
        c, a = spent, ready
        if i + 1 < n:
            leg = data.arcs[mode, data.tasks[u, END_PLACE], data.tasks[seq[i + 1], PLACE], TICKS]
            b = min(b, after[i + 1, 2] - spent - leg)
            g = min(g, after[i + 1, 3] - spent - leg)
            h = max(h, max(after[i + 1, 4], ready + leg - after[i + 1, 3]))
            c = spent + leg + after[i + 1, 0]
            a = max(ready + leg + after[i + 1, 0], after[i + 1, 1])
        after[i, 0], after[i, 1], after[i, 2], after[i, 3], after[i, 4] = c, a, b, g, h


@njit(cache=True, nogil=True, inline="always")
def kitchen_place(data, state, v, s):
    """Where a trip begins."""
    kitchen = state.trips[s, KITCHEN]
    return kitchen if kitchen >= 0 else data.vehicles[v, START]


@njit(cache=True, nogil=True, inline="always")
def last_place(data, state, s):
    """Where a trip's last drop ends."""
    return data.tasks[state.seq[s, state.trips[s, LENGTH] - 1], END_PLACE]


@njit(cache=True, nogil=True, inline="always")
def next_place(data, state, v, k):
    """Where a vehicle goes after trip ``k - 1``: the next kitchen or its end place (-1: none)."""
    if k < state.days[v, N_TRIPS]:
        return np.int64(kitchen_place(data, state, v, v * (state.day_before.shape[1] - 1) + k))
    return np.int64(data.vehicles[v, END])


@njit(cache=True, nogil=True, inline="always")
def leg_of(arcs, mode, origin, target, what):
    """TICKS or WAY (metres) of a leg, 0 where there is no target."""
    return np.int64(0) if target < 0 else np.int64(arcs[mode, origin, target, what])


@njit(cache=True, nogil=True)
def day_duration(
    ahead_c, ahead_a, ahead_b, approach, c, a, b, h, leg, rest_c, rest_a, rest_b, opens, limit
):
    """Least duration of a day that has this trip in the middle, -1 where it is infeasible.

    ``ahead`` = map of the trips before, ``approach`` = ticks from there to leaving the kitchen,
    (c, a, b, h) = map of the trip, ``leg`` = ticks to the next place, ``rest`` = map of what
    follows there, ``opens`` and ``limit`` = the vehicle's earliest departure and maximum work.
    """
    day_c = ahead_c + approach
    day_a = max(ahead_a + approach, h)
    if day_a > b:
        return np.int64(-1)
    day_b = min(ahead_b, b - day_c)
    day_c += c + leg
    day_a = max(day_a + c, a) + leg
    if day_a > rest_b:
        return np.int64(-1)
    day_b = min(day_b, rest_b - day_c)
    if day_b < opens:
        return np.int64(-1)
    least = max(day_c + rest_c, max(day_a + rest_c, rest_a) - day_b)
    return least if least <= limit else np.int64(-1)


@njit(cache=True, nogil=True)
def refresh_day(data, state, v):
    """Recompute a day's maps, least duration and metres from its trips; False if infeasible."""
    mode = data.vehicles[v, MODE]
    width = state.day_before.shape[1] - 1
    n = state.days[v, N_TRIPS]
    before, after = state.day_before[v], state.day_after[v]
    before[0, 0], before[0, 1], before[0, 2] = 0, -BIG, BIG
    state.days[v, LEAST], state.days[v, METRES] = 0, 0
    at = np.int64(data.vehicles[v, START])
    metres = np.int64(0)
    for k in range(n):
        s = v * width + k
        target = kitchen_place(data, state, v, s)
        leg = data.arcs[mode, at, target, TICKS]
        if leg >= FAR:
            return False
        metres += data.arcs[mode, at, target, WAY]
        if state.trips[s, KITCHEN] >= 0:
            leg += data.vehicles[v, LOADING]
        size = state.trips[s, LENGTH]
        trip = state.before[s, size]
        c = before[k, 0] + leg
        a = max(before[k, 1] + leg, trip[3])
        if a > trip[2]:
            return False
        before[k + 1, 2] = min(before[k, 2], trip[2] - c)
        before[k + 1, 0] = c + trip[0]
        before[k + 1, 1] = max(a + trip[0], trip[1])
        at = np.int64(target)
        for i in range(size):
            metres += data.arcs[mode, at, data.tasks[state.seq[s, i], PLACE], WAY]
            at = np.int64(data.tasks[state.seq[s, i], END_PLACE])
    after[n, 0], after[n, 1], after[n, 2] = 0, -BIG, data.vehicles[v, CLOSE]
    for k in range(n - 1, -1, -1):
        s = v * width + k
        follows = next_place(data, state, v, k + 1)
        leg = leg_of(data.arcs, mode, last_place(data, state, s), follows, TICKS)
        if leg >= FAR:
            return False
        trip = state.before[s, state.trips[s, LENGTH]]
        loading = data.vehicles[v, LOADING] if state.trips[s, KITCHEN] >= 0 else np.int64(0)
        rest_c, rest_a, rest_b = after[k + 1, 0], after[k + 1, 1], after[k + 1, 2]
        a = max(trip[3] + trip[0], trip[1]) + leg
        if a > rest_b:
            return False
        after[k, 0] = loading + trip[0] + leg + rest_c
        after[k, 1] = max(a + rest_c, rest_a)
        after[k, 2] = min(trip[2], rest_b - leg - trip[0]) - loading
    if n == 0:
        return True
    ahead = before[n]
    leg = leg_of(data.arcs, mode, at, data.vehicles[v, END], TICKS)
    metres += leg_of(data.arcs, mode, at, data.vehicles[v, END], WAY)
    c, a = ahead[0] + leg, ahead[1] + leg
    b = min(ahead[2], data.vehicles[v, CLOSE] - c)
    least = max(c, a - b)
    if a > data.vehicles[v, CLOSE] or b < data.vehicles[v, OPEN]:
        return False
    if least > data.vehicles[v, MAX_WORK]:
        return False
    state.days[v, LEAST], state.days[v, METRES] = least, metres
    return True


@njit(cache=True, nogil=True)
def day_cost(data, state, v):
    """Cost units of a vehicle's day, 0 when it stays at home."""
    if state.days[v, N_TRIPS] == 0:
        return np.int64(0)
    return (
        data.vehicles[v, FIXED]
        + data.vehicles[v, PER_TICK] * state.days[v, LEAST]
        + data.vehicles[v, PER_METRE] * state.days[v, METRES]
    )


@njit(cache=True, nogil=True)
def random(rng):
    """A float in [0, 1) from a 64-bit xorshift* state, uint64[1]."""
    x = rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    rng[0] = x
    return np.float64((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0
