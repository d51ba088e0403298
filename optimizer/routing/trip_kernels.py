# mypy: ignore-errors
"""Compiled timing of carriers' days: several trips, each with a limit on time since loading.

Whatever a carrier does between two moments maps the moment ``t`` at which it begins to the
earliest moment at which it ends: ``max(t + c, A)``, allowed while ``t <= B``. Such maps compose
in constant time (as the duration segments of Vidal et al., 2013, do). A limit on the time since
leaving the kitchen adds two numbers: the rest of a trip, entered at ``t`` by a carrier that left
at ``L``, stays fresh iff ``t <= L + G`` and ``L >= H``. A day costs its least duration,
``max(c, A - B)``. Every insertion is therefore judged exactly in constant time, however many
trips the carrier makes.

A task with several windows is planned in one of them (``row_of``); each is tried on insertion.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything is compiled)

BIG = np.int64(2**50)
FAR = np.int64(2**30)

# Columns of a found insertion.
DELTA, VEHICLE, TRIP, NEW_TRIP, POSITION, ROW, KITCHEN = range(7)
FOUND_SIZE = 7


class TripData(NamedTuple):
    """The problem as the kernels read it; V vehicles, T tasks, K loads, at most N trips each.

    ``fresh`` and ``max_work`` hold ``BIG`` for no limit; ``allowed`` is 1 where a vehicle may
    ever carry a task; ``kitchens`` lists the loading places of a vehicle, -1 alone where it loads
    nowhere and makes one round; vehicles of one ``family`` are alike in everything; ``weight``
    makes the served tasks' order lexicographic; ``near`` lists tasks nearby, nearest first.
    """

    time: np.ndarray
    distance: np.ndarray
    place: np.ndarray
    end_place: np.ndarray
    duration: np.ndarray
    window_indptr: np.ndarray
    window_open: np.ndarray
    window_close: np.ndarray
    load: np.ndarray
    origin: np.ndarray
    fresh: np.ndarray
    weight: np.ndarray
    near: np.ndarray
    remote: np.ndarray
    allowed: np.ndarray
    mode: np.ndarray
    start: np.ndarray
    end: np.ndarray
    open: np.ndarray
    close: np.ndarray
    max_work: np.ndarray
    capacity: np.ndarray
    max_trips: np.ndarray
    kitchen_indptr: np.ndarray
    kitchens: np.ndarray
    loading: np.ndarray
    fixed_cost: np.ndarray
    time_cost: np.ndarray
    distance_cost: np.ndarray
    family: np.ndarray


class TripState(NamedTuple):
    """Days of all carriers; slot ``v * N + k`` is trip ``k`` of vehicle ``v``.

    ``before[s, i]`` = (c, A, B, H) from leaving the kitchen to the end of the first i drops,
    ``after[s, i]`` = (c, A, B, G, H) from arriving at drop i to the end of the last drop,
    ``day_before[v, k]`` = (c, A, B) from departure to the last drop's end of the trips before k,
    ``day_after[v, k]`` = (c, A, B) from arriving at the kitchen of trip k to the end of the day.
    """

    n_trips: np.ndarray
    kitchen: np.ndarray
    length: np.ndarray
    seq: np.ndarray
    slot_of: np.ndarray
    row_of: np.ndarray
    load: np.ndarray
    before: np.ndarray
    after: np.ndarray
    day_before: np.ndarray
    day_after: np.ndarray
    least: np.ndarray
    metres: np.ndarray


@njit(cache=True, nogil=True)
def refresh_trip(data, state, v, s):
    """Recompute a trip's maps and load; False where it can never be driven."""
    mode = data.mode[v]
    n = state.length[s]
    loads = state.kitchen[s] >= 0
    before, after, seq = state.before[s], state.after[s], state.seq[s]
    at = state.kitchen[s] if loads else data.start[v]
    c, a, b, h = np.int64(0), -BIG, BIG, -BIG
    before[0, 0], before[0, 1], before[0, 2], before[0, 3] = c, a, b, h
    state.load[s, :] = 0
    for i in range(n):
        u = seq[i]
        row = state.row_of[u]
        leg = data.time[mode, at, data.place[u]]
        if leg >= FAR:
            return False
        c += leg
        a = max(a + leg, data.window_open[row])
        if a > data.window_close[row]:
            return False
        b = min(b, data.window_close[row] - c)
        c += data.duration[u]
        a += data.duration[u]
        if loads:
            if c > data.fresh[u]:
                return False
            h = max(h, a - data.fresh[u])
        if h > b:
            return False
        state.load[s] += data.load[u]
        before[i + 1, 0], before[i + 1, 1], before[i + 1, 2], before[i + 1, 3] = c, a, b, h
        at = data.end_place[u]
    for k in range(state.load.shape[1]):
        if state.load[s, k] > data.capacity[v, k]:
            return False
    _refresh_rests(data, state, mode, s, loads, after, seq, n)
    return True


@njit(cache=True, nogil=True)
def _refresh_rests(data, state, mode, s, loads, after, seq, n):
    """The rests of a trip that ``refresh_trip`` has found feasible."""
    after[n, 0], after[n, 1], after[n, 2], after[n, 3], after[n, 4] = 0, -BIG, BIG, BIG, -BIG
    for i in range(n - 1, -1, -1):
        u = seq[i]
        row = state.row_of[u]
        spent = data.duration[u]
        ready = data.window_open[row] + spent
        b = data.window_close[row]
        g, h = BIG, -BIG
        if loads:
            g = data.fresh[u] - spent
            h = ready - data.fresh[u]
        c, a = spent, ready
        if i + 1 < n:
            leg = data.time[mode, data.end_place[u], data.place[seq[i + 1]]]
            b = min(b, after[i + 1, 2] - spent - leg)
            g = min(g, after[i + 1, 3] - spent - leg)
            h = max(h, max(after[i + 1, 4], ready + leg - after[i + 1, 3]))
            c = spent + leg + after[i + 1, 0]
            a = max(ready + leg + after[i + 1, 0], after[i + 1, 1])
        after[i, 0], after[i, 1], after[i, 2], after[i, 3], after[i, 4] = c, a, b, g, h


@njit(cache=True, nogil=True)
def kitchen_place(data, state, v, s):
    """Where a trip begins."""
    return state.kitchen[s] if state.kitchen[s] >= 0 else data.start[v]


@njit(cache=True, nogil=True)
def last_place(data, state, s):
    """Where a trip's last drop ends."""
    return data.end_place[state.seq[s, state.length[s] - 1]]


@njit(cache=True, nogil=True)
def next_place(data, state, v, k):
    """Where a vehicle goes after trip ``k - 1``: the kitchen of trip ``k`` or its end (-1: none)."""
    if k < state.n_trips[v]:
        return np.int64(kitchen_place(data, state, v, v * (state.day_before.shape[1] - 1) + k))
    return np.int64(data.end[v])


@njit(cache=True, nogil=True)
def leg_time(data, mode, origin, target):
    """Ticks of a leg, 0 where there is no target."""
    if target < 0:
        return np.int64(0)
    return np.int64(data.time[mode, origin, target])


@njit(cache=True, nogil=True)
def leg_metres(data, mode, origin, target):
    """Metres of a leg, 0 where there is no target."""
    if target < 0:
        return np.int64(0)
    return np.int64(data.distance[mode, origin, target])


@njit(cache=True, nogil=True)
def day_duration(data, v, ahead, approach, trip, leg, behind):
    """Least duration of a day that has this trip in the middle, -1 where it is infeasible.

    ``ahead`` = map of the trips before, ``approach`` = ticks from there to leaving the kitchen,
    ``trip`` = (c, A, B, H), ``leg`` = ticks to the next place, ``behind`` = map of the rest.
    """
    c = ahead[0] + approach
    a = max(ahead[1] + approach, trip[3])
    if a > trip[2]:
        return np.int64(-1)
    b = min(ahead[2], trip[2] - c)
    c += trip[0] + leg
    a = max(a + trip[0], trip[1]) + leg
    if a > behind[2]:
        return np.int64(-1)
    b = min(b, behind[2] - c)
    if b < data.open[v]:
        return np.int64(-1)
    least = max(c + behind[0], max(a + behind[0], behind[1]) - b)
    if least > data.max_work[v]:
        return np.int64(-1)
    return least


@njit(cache=True, nogil=True)
def refresh_day(data, state, v):
    """Recompute a day's maps, least duration and metres from its trips; False if infeasible."""
    mode = data.mode[v]
    width = state.day_before.shape[1] - 1
    n = state.n_trips[v]
    before, after = state.day_before[v], state.day_after[v]
    before[0, 0], before[0, 1], before[0, 2] = 0, -BIG, BIG
    state.least[v], state.metres[v] = 0, 0
    at = np.int64(data.start[v])
    metres = np.int64(0)
    for k in range(n):
        s = v * width + k
        target = kitchen_place(data, state, v, s)
        leg = data.time[mode, at, target]
        if leg >= FAR:
            return False
        metres += data.distance[mode, at, target]
        if state.kitchen[s] >= 0:
            leg += data.loading[v]
        size = state.length[s]
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
            metres += data.distance[mode, at, data.place[state.seq[s, i]]]
            at = np.int64(data.end_place[state.seq[s, i]])
    after[n, 0], after[n, 1], after[n, 2] = 0, -BIG, data.close[v]
    for k in range(n - 1, -1, -1):
        s = v * width + k
        leg = leg_time(data, mode, last_place(data, state, s), next_place(data, state, v, k + 1))
        if leg >= FAR:
            return False
        trip = state.before[s, state.length[s]]
        loading = data.loading[v] if state.kitchen[s] >= 0 else np.int64(0)
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
    leg = leg_time(data, mode, at, data.end[v])
    metres += leg_metres(data, mode, at, data.end[v])
    c, a = ahead[0] + leg, ahead[1] + leg
    b = min(ahead[2], data.close[v] - c)
    least = max(c, a - b)
    if a > data.close[v] or b < data.open[v] or least > data.max_work[v]:
        return False
    state.least[v], state.metres[v] = least, metres
    return True


@njit(cache=True, nogil=True)
def day_cost(data, state, v):
    """Cost units of a vehicle's day, 0 when it stays at home."""
    if state.n_trips[v] == 0:
        return np.int64(0)
    return (
        data.fixed_cost[v]
        + data.time_cost[v] * state.least[v]
        + data.distance_cost[v] * state.metres[v]
    )


@njit(cache=True, nogil=True)
def trip_with(data, state, v, s, i, u, row, trip):
    """Put into ``trip`` the map (c, A, B, H) of slot ``s`` with ``u`` at position ``i``.

    False where no departure makes it feasible. The load is the caller's to check.
    """
    mode = data.mode[v]
    loads = state.kitchen[s] >= 0
    at = data.end_place[state.seq[s, i - 1]] if i > 0 else kitchen_place(data, state, v, s)
    leg = data.time[mode, at, data.place[u]]
    c = state.before[s, i, 0] + leg
    a = max(state.before[s, i, 1] + leg, data.window_open[row])
    close = data.window_close[row]
    if leg >= FAR or a > close:
        return False
    b = min(state.before[s, i, 2], close - c)
    h = state.before[s, i, 3]
    c += data.duration[u]
    a += data.duration[u]
    if loads:
        if c > data.fresh[u]:
            return False
        h = max(h, a - data.fresh[u])
    if i < state.length[s]:
        rest = state.after[s, i]
        leg = data.time[mode, data.end_place[u], data.place[state.seq[s, i]]]
        c += leg
        a += leg
        if leg >= FAR or a > rest[2] or c > rest[3]:
            return False
        b = min(b, rest[2] - c)
        h = max(h, max(rest[4], a - rest[3]))
        c += rest[0]
        a = max(a + rest[0], rest[1])
    trip[0], trip[1], trip[2], trip[3] = c, a, b, h
    return h <= b


@njit(cache=True, nogil=True)
def best_in_trip(data, state, v, k, u, blink, rng, trip, best):
    """Try every position of one trip for a task; keep the cheapest in ``best``."""
    mode = data.mode[v]
    s = v * (state.day_before.shape[1] - 1) + k
    kitchen = state.kitchen[s]
    if data.origin[u] >= 0 and data.origin[u] != kitchen:
        return
    n = state.length[s]
    if n + 1 >= state.before.shape[1]:
        return
    for d in range(state.load.shape[1]):
        if state.load[s, d] + data.load[u, d] > data.capacity[v, d]:
            return
    first = kitchen_place(data, state, v, s)
    came = last_place(data, state, s - 1) if k > 0 else data.start[v]
    approach = leg_time(data, mode, came, first)
    if kitchen >= 0:
        approach += data.loading[v]
    follows = next_place(data, state, v, k + 1)
    ahead, behind = state.day_before[v, k], state.day_after[v, k + 1]
    for i in range(n + 1):
        if blink > 0.0 and random(rng) < blink:
            continue
        at = data.end_place[state.seq[s, i - 1]] if i > 0 else first
        to = np.int64(data.place[state.seq[s, i]]) if i < n else follows
        last = data.end_place[u] if i == n else last_place(data, state, s)
        leg = leg_time(data, mode, last, follows)
        if leg >= FAR:
            continue
        metres = (
            data.distance[mode, at, data.place[u]]
            + leg_metres(data, mode, data.end_place[u], to)
            - leg_metres(data, mode, at, to)
        )
        extra = data.distance_cost[v] * metres
        if data.time_cost[v] == 0 and extra >= best[DELTA]:
            continue
        for row in range(data.window_indptr[u], data.window_indptr[u + 1]):
            if not trip_with(data, state, v, s, i, u, row, trip):
                continue
            least = day_duration(data, v, ahead, approach, trip, leg, behind)
            if least < 0:
                continue
            delta = extra + data.time_cost[v] * (least - state.least[v])
            if delta < best[DELTA]:
                best[DELTA], best[VEHICLE], best[TRIP], best[NEW_TRIP] = delta, v, k, 0
                best[POSITION], best[ROW], best[KITCHEN] = i, row, kitchen


@njit(cache=True, nogil=True)
def best_new_trip(data, state, v, u, blink, rng, trip, best):
    """Try a trip of its own for a task, anywhere in a day; keep the cheapest in ``best``."""
    mode = data.mode[v]
    n = state.n_trips[v]
    if n >= data.max_trips[v]:
        return
    width = state.day_before.shape[1] - 1
    for d in range(state.load.shape[1]):
        if data.load[u, d] > data.capacity[v, d]:
            return
    for q in range(data.kitchen_indptr[v], data.kitchen_indptr[v + 1]):
        kitchen = data.kitchens[q]
        if data.origin[u] >= 0 and data.origin[u] != kitchen:
            continue
        first = kitchen if kitchen >= 0 else data.start[v]
        out = data.time[mode, first, data.place[u]]
        if out >= FAR:
            continue
        reach = out + data.duration[u]
        if kitchen >= 0 and reach > data.fresh[u]:
            continue
        for k in range(n + 1):
            if blink > 0.0 and random(rng) < blink:
                continue
            came = last_place(data, state, v * width + k - 1) if k > 0 else data.start[v]
            follows = next_place(data, state, v, k)
            leg = leg_time(data, mode, data.end_place[u], follows)
            approach = leg_time(data, mode, came, first)
            if leg >= FAR or approach >= FAR:
                continue
            metres = leg_metres(data, mode, came, first)
            metres += data.distance[mode, first, data.place[u]]
            metres += leg_metres(data, mode, data.end_place[u], follows)
            if k > 0:
                metres -= leg_metres(data, mode, came, follows)
            elif n > 0:
                metres -= leg_metres(data, mode, data.start[v], follows)
            if kitchen >= 0:
                approach += data.loading[v]
            for row in range(data.window_indptr[u], data.window_indptr[u + 1]):
                trip[0] = reach
                trip[1] = data.window_open[row] + data.duration[u]
                trip[2] = data.window_close[row] - out
                trip[3] = trip[1] - data.fresh[u] if kitchen >= 0 else -BIG
                ahead, behind = state.day_before[v, k], state.day_after[v, k]
                least = day_duration(data, v, ahead, approach, trip, leg, behind)
                if least < 0:
                    continue
                delta = data.distance_cost[v] * metres
                delta += data.time_cost[v] * (least - state.least[v])
                if n == 0:
                    delta += data.fixed_cost[v]
                if delta < best[DELTA]:
                    best[DELTA], best[VEHICLE], best[TRIP], best[NEW_TRIP] = delta, v, k, 1
                    best[POSITION], best[ROW], best[KITCHEN] = 0, row, kitchen


@njit(cache=True, nogil=True)
def best_insertion(data, state, u, only, blink, rng, trip, best):
    """Find the cheapest feasible insertion of a task; True if there is one.

    ``only`` restricts the search to one vehicle, -1 for all. Of the unused vehicles of a family
    the first stands for all. ``trip`` is scratch int64[4], ``best`` int64[FOUND_SIZE].
    """
    best[DELTA] = BIG
    best[VEHICLE] = -1
    idle_family = -1
    for v in range(data.mode.size):
        if (only >= 0 and v != only) or data.allowed[u, v] == 0:
            continue
        if state.n_trips[v] == 0:
            if only < 0 and data.family[v] == idle_family:
                continue
            idle_family = data.family[v]
        for k in range(state.n_trips[v]):
            best_in_trip(data, state, v, k, u, blink, rng, trip, best)
        best_new_trip(data, state, v, u, blink, rng, trip, best)
    return best[VEHICLE] >= 0


@njit(cache=True, nogil=True)
def copy_slot(state, source, target):
    """Copy a trip into another slot."""
    n = state.length[source]
    state.length[target] = n
    state.kitchen[target] = state.kitchen[source]
    state.load[target] = state.load[source]
    for i in range(n + 1):
        if i < n:
            state.seq[target, i] = state.seq[source, i]
            state.slot_of[state.seq[source, i]] = target
        state.before[target, i] = state.before[source, i]
        state.after[target, i] = state.after[source, i]


@njit(cache=True, nogil=True)
def insert(data, state, u, found):
    """Carry out an insertion that ``best_insertion`` has found; False if it proves infeasible."""
    v, k, i = found[VEHICLE], found[TRIP], found[POSITION]
    width = state.day_before.shape[1] - 1
    s = v * width + k
    if found[NEW_TRIP] == 1:
        for j in range(state.n_trips[v] - 1, k - 1, -1):
            copy_slot(state, v * width + j, v * width + j + 1)
        state.n_trips[v] += 1
        state.kitchen[s] = found[KITCHEN]
        state.length[s] = 0
    for j in range(state.length[s], i, -1):
        state.seq[s, j] = state.seq[s, j - 1]
    state.seq[s, i] = u
    state.length[s] += 1
    state.slot_of[u] = s
    state.row_of[u] = found[ROW]
    return refresh_trip(data, state, v, s) and refresh_day(data, state, v)


@njit(cache=True, nogil=True)
def rebuild_day(data, state, v, drop):
    """Take the tasks marked in ``drop`` out of a day; a day that no longer works is emptied."""
    width = state.day_before.shape[1] - 1
    kept = 0
    for k in range(state.n_trips[v]):
        s, target = v * width + k, v * width + kept
        n = 0
        kitchen = state.kitchen[s]
        for i in range(state.length[s]):
            u = state.seq[s, i]
            if drop[u]:
                state.slot_of[u] = -1
            else:
                state.seq[target, n] = u
                state.slot_of[u] = target
                n += 1
        state.length[target] = n
        state.kitchen[target] = kitchen
        if n > 0:
            if not refresh_trip(data, state, v, target):
                _forget(state, target)
            else:
                kept += 1
    state.n_trips[v] = kept
    if not refresh_day(data, state, v):
        for k in range(kept):
            _forget(state, v * width + k)
        state.n_trips[v] = 0
        refresh_day(data, state, v)


@njit(cache=True, nogil=True)
def _forget(state, s):
    for i in range(state.length[s]):
        state.slot_of[state.seq[s, i]] = -1
    state.length[s] = 0


@njit(cache=True, nogil=True)
def random(rng):
    """A float in [0, 1) from a 64-bit xorshift* state, uint64[1]."""
    x = rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    rng[0] = x
    return np.float64((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0
