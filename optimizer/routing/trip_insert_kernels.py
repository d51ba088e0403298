# mypy: ignore-errors
"""Compiled changes of carriers' days: finding the cheapest insertion, inserting, taking out."""

from __future__ import annotations

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything is compiled)
from optimizer.routing.trip_kernels import (
    BIG,
    DURATION,
    EARLY,
    END_PLACE,
    FAMILY,
    FAR,
    FIRST_KITCHEN,
    FIRST_ROW,
    FIXED,
    FRESH,
    KITCHEN,
    LAST_KITCHEN,
    LAST_ROW,
    LATE,
    LEAST,
    LENGTH,
    LOADING,
    MAX_TRIPS,
    MAX_WORK,
    MODE,
    N_TRIPS,
    OPEN,
    ORIGIN,
    PER_METRE,
    PER_TICK,
    PLACE,
    ROW,
    SLOT,
    START,
    TICKS,
    WAY,
    day_duration,
    kitchen_place,
    last_place,
    leg_of,
    next_place,
    random,
    refresh_day,
    refresh_trip,
)

# Columns of a found insertion: cost units, vehicle, trip, 1 for a new trip, position, window
# row, kitchen.
DELTA, FOR_VEHICLE, FOR_TRIP, IS_NEW, AT, IN_ROW, FROM = range(7)
FOUND_SIZE = 7


@njit(cache=True, nogil=True)
def best_in_trips(data, state, vehicles, u, blink, rng, best):
    """Try every position of every trip of these vehicles for a task; keep the cheapest.

    Everything is local: a compiled call that hands on the columns costs more than the judgement
    of one position.
    """
    arcs, tasks = data.arcs, data.tasks
    before, after, seq = state.before, state.after, state.seq
    ahead, behind = state.day_before, state.day_after
    width = ahead.shape[1] - 1
    first_row, last_row = data.tasks[u, FIRST_ROW], data.tasks[u, LAST_ROW]
    spent, fresh, origin = data.tasks[u, DURATION], data.tasks[u, FRESH], data.tasks[u, ORIGIN]
    target, leaves = tasks[u, PLACE], tasks[u, END_PLACE]
    for v in vehicles:
        mode = data.vehicles[v, MODE]
        reaching, leaving = data.arcs_to[mode, target], data.arcs[mode, leaves]
        per_tick, per_metre = data.vehicles[v, PER_TICK], data.vehicles[v, PER_METRE]
        for k in range(state.days[v, N_TRIPS]):
            s = v * width + k
            n = state.trips[s, LENGTH]
            if (origin >= 0 and origin != state.trips[s, KITCHEN]) or n + 1 >= before.shape[1]:
                continue
            if not has_room(state.load, s, data.load, u, data.capacity, v):
                continue
            loads = state.trips[s, KITCHEN] >= 0
            kitchen = kitchen_place(data, state, v, s)
            came = last_place(data, state, s - 1) if k > 0 else data.vehicles[v, START]
            approach = np.int64(arcs[mode, came, kitchen, TICKS])
            approach += data.vehicles[v, LOADING] if loads else np.int64(0)
            leave = max(data.vehicles[v, OPEN] + ahead[v, k, 0], ahead[v, k, 1]) + approach
            leave = max(leave, before[s, n, 3])
            if leave > data.windows[last_row - 1, LATE]:
                continue  # the trip cannot leave before the task is over
            if data.windows[first_row, EARLY] + spent > behind[v, k + 1, 2]:
                continue  # the trip must be back before the task begins
            follows = next_place(data, state, v, k + 1)
            ending = leg_of(arcs, mode, last_place(data, state, s), follows, TICKS)
            closing = leg_of(arcs, mode, last_place(data, state, s), follows, WAY)
            for i in range(n + 1):
                if blink > 0.0 and random(rng) < blink:
                    continue
                at = tasks[seq[s, i - 1], END_PLACE] if i > 0 else kitchen
                to = np.int64(tasks[seq[s, i], PLACE]) if i < n else follows
                reach = np.int64(reaching[at, TICKS])
                onward = np.int64(leaving[to, TICKS]) if to >= 0 else np.int64(0)
                if reach >= FAR or onward >= FAR:
                    continue
                extra = np.int64(reaching[at, WAY]) - (before[s, i, 4] if i < n else closing)
                extra += np.int64(leaving[to, WAY]) if to >= 0 else np.int64(0)
                extra *= per_metre
                if extra >= best[DELTA]:
                    continue
                c_here = before[s, i, 0] + reach + spent
                if loads and c_here > fresh:
                    continue
                for row in range(first_row, last_row):
                    a = max(before[s, i, 1] + reach, data.windows[row, EARLY])
                    if a > data.windows[row, LATE]:
                        continue
                    c = c_here
                    b = min(before[s, i, 2], data.windows[row, LATE] + spent - c)
                    a += spent
                    h = max(before[s, i, 3], a - fresh) if loads else before[s, i, 3]
                    leg = onward
                    if i < n:
                        c += onward
                        a += onward
                        if a > after[s, i, 2] or c > after[s, i, 3]:
                            continue
                        b = min(b, after[s, i, 2] - c)
                        h = max(h, max(after[s, i, 4], a - after[s, i, 3]))
                        c += after[s, i, 0]
                        a = max(a + after[s, i, 0], after[s, i, 1])
                        leg = ending
                    if h > b:
                        continue
                    least = day_duration(
                        ahead[v, k, 0], ahead[v, k, 1], ahead[v, k, 2], approach, c, a, b, h, leg,
                        behind[v, k + 1, 0], behind[v, k + 1, 1], behind[v, k + 1, 2],
                        data.vehicles[v, OPEN], data.vehicles[v, MAX_WORK],
                    )  # fmt: skip
                    delta = extra + per_tick * (least - state.days[v, LEAST])
                    if least >= 0 and delta < best[DELTA]:
                        best[DELTA], best[IS_NEW] = delta, 0
                        best[FOR_VEHICLE], best[FOR_TRIP] = v, k
                        best[AT], best[IN_ROW], best[FROM] = i, row, state.trips[s, KITCHEN]


@njit(cache=True, nogil=True, inline="always")
def has_room(loaded, s, load, u, capacity, v):
    """Whether a trip has room for a task's load."""
    room = True
    for d in range(loaded.shape[1]):
        room = room and loaded[s, d] + load[u, d] <= capacity[v, d]
    return room


@njit(cache=True, nogil=True, inline="always")
def may_hold(load, u, capacity, v):
    """Whether an empty trip holds a task's load."""
    room = True
    for d in range(load.shape[1]):
        room = room and load[u, d] <= capacity[v, d]
    return room


@njit(cache=True, nogil=True)
def best_new_trips(data, state, vehicles, u, blink, rng, best):
    """Try a trip of its own for a task, anywhere in the days of these vehicles."""
    arcs = data.arcs
    ahead, behind = state.day_before, state.day_after
    width = ahead.shape[1] - 1
    target, leaves, spent = data.tasks[u, PLACE], data.tasks[u, END_PLACE], data.tasks[u, DURATION]
    for v in vehicles:
        mode = data.vehicles[v, MODE]
        n = state.days[v, N_TRIPS]
        if n >= data.vehicles[v, MAX_TRIPS] or not may_hold(data.load, u, data.capacity, v):
            continue
        for q in range(data.vehicles[v, FIRST_KITCHEN], data.vehicles[v, LAST_KITCHEN]):
            loads = data.kitchens[q] >= 0
            if data.tasks[u, ORIGIN] >= 0 and data.tasks[u, ORIGIN] != data.kitchens[q]:
                continue
            kitchen = data.kitchens[q] if loads else data.vehicles[v, START]
            out = np.int64(arcs[mode, kitchen, target, TICKS])
            if out >= FAR or (loads and out + spent > data.tasks[u, FRESH]):
                continue
            for k in range(n + 1):
                if blink > 0.0 and random(rng) < blink:
                    continue
                came = data.vehicles[v, START]
                if k > 0:
                    came = last_place(data, state, v * width + k - 1)
                follows = next_place(data, state, v, k)
                leg = leg_of(arcs, mode, leaves, follows, TICKS)
                approach = np.int64(arcs[mode, came, kitchen, TICKS])
                if leg >= FAR or approach >= FAR:
                    continue
                approach += data.vehicles[v, LOADING] if loads else np.int64(0)
                metres = np.int64(arcs[mode, came, kitchen, WAY])
                metres += arcs[mode, kitchen, target, WAY]
                metres += leg_of(arcs, mode, leaves, follows, WAY)
                if n > 0:
                    metres -= leg_of(arcs, mode, came, follows, WAY)
                extra = data.vehicles[v, PER_METRE] * metres
                extra += data.vehicles[v, FIXED] if n == 0 else np.int64(0)
                for row in range(data.tasks[u, FIRST_ROW], data.tasks[u, LAST_ROW]):
                    c, a = out + spent, data.windows[row, EARLY] + spent
                    b = data.windows[row, LATE] - out
                    h = a - data.tasks[u, FRESH] if loads else -BIG
                    least = day_duration(
                        ahead[v, k, 0], ahead[v, k, 1], ahead[v, k, 2], approach,
                        c, a, b, h, leg, behind[v, k, 0], behind[v, k, 1], behind[v, k, 2],
                        data.vehicles[v, OPEN], data.vehicles[v, MAX_WORK],
                    )  # fmt: skip
                    delta = extra + data.vehicles[v, PER_TICK] * (least - state.days[v, LEAST])
                    if least >= 0 and delta < best[DELTA]:
                        best[DELTA], best[IS_NEW] = delta, 1
                        best[FOR_VEHICLE], best[FOR_TRIP] = v, k
                        best[AT], best[IN_ROW], best[FROM] = 0, row, data.kitchens[q]


@njit(cache=True, nogil=True)
def best_insertion(data, state, u, blink, rng, best):
    """Find the cheapest feasible insertion of a task; True if there is one.

    Of a family's unused vehicles the first stands for all. ``best`` is int64[FOUND_SIZE].
    """
    best[DELTA] = BIG
    best[FOR_VEHICLE] = -1
    vehicles = np.empty(data.vehicles.shape[0], dtype=np.int64)
    count = 0
    idle_family = -1
    for v in range(data.vehicles.shape[0]):
        if data.allowed[u, v] == 0:
            continue
        if state.days[v, N_TRIPS] == 0:
            if data.vehicles[v, FAMILY] == idle_family:
                continue
            idle_family = data.vehicles[v, FAMILY]
        vehicles[count] = v
        count += 1
    best_in_trips(data, state, vehicles[:count], u, blink, rng, best)
    best_new_trips(data, state, vehicles[:count], u, blink, rng, best)
    return best[FOR_VEHICLE] >= 0


@njit(cache=True, nogil=True)
def copy_slot(state, source, target):
    """Copy a trip into another slot."""
    n = state.trips[source, LENGTH]
    state.trips[target, LENGTH] = n
    state.trips[target, KITCHEN] = state.trips[source, KITCHEN]
    for d in range(state.load.shape[1]):
        state.load[target, d] = state.load[source, d]
    for i in range(n + 1):
        if i < n:
            state.seq[target, i] = state.seq[source, i]
            state.where[state.seq[source, i], SLOT] = target
        for j in range(5):
            state.before[target, i, j] = state.before[source, i, j]
            state.after[target, i, j] = state.after[source, i, j]


@njit(cache=True, nogil=True)
def insert(data, state, u, found):
    """Carry out an insertion that ``best_insertion`` has found; False if it proves infeasible."""
    v, k, i = found[FOR_VEHICLE], found[FOR_TRIP], found[AT]
    width = state.day_before.shape[1] - 1
    s = v * width + k
    if found[IS_NEW] == 1:
        for j in range(state.days[v, N_TRIPS] - 1, k - 1, -1):
            copy_slot(state, v * width + j, v * width + j + 1)
        state.days[v, N_TRIPS] += 1
        state.trips[s, KITCHEN] = found[FROM]
        state.trips[s, LENGTH] = 0
    for j in range(state.trips[s, LENGTH], i, -1):
        state.seq[s, j] = state.seq[s, j - 1]
    state.seq[s, i] = u
    state.trips[s, LENGTH] += 1
    state.where[u, SLOT] = s
    state.where[u, ROW] = found[IN_ROW]
    return refresh_trip(data, state, v, s) and refresh_day(data, state, v)


@njit(cache=True, nogil=True)
def rebuild_day(data, state, v, drop):
    """Take the tasks marked in ``drop`` out of a day; a day that no longer works is emptied."""
    width = state.day_before.shape[1] - 1
    kept = 0
    for k in range(state.days[v, N_TRIPS]):
        s, target = v * width + k, v * width + kept
        n = 0
        kitchen = state.trips[s, KITCHEN]
        for i in range(state.trips[s, LENGTH]):
            u = state.seq[s, i]
            if drop[u]:
                state.where[u, SLOT] = -1
            else:
                state.seq[target, n] = u
                state.where[u, SLOT] = target
                n += 1
        state.trips[target, LENGTH] = n
        state.trips[target, KITCHEN] = kitchen
        if n > 0:
            if not refresh_trip(data, state, v, target):
                _forget(state, target)
            else:
                kept += 1
    state.days[v, N_TRIPS] = kept
    if not refresh_day(data, state, v):
        for k in range(kept):
            _forget(state, v * width + k)
        state.days[v, N_TRIPS] = 0
        refresh_day(data, state, v)


@njit(cache=True, nogil=True)
def _forget(state, s):
    for i in range(state.trips[s, LENGTH]):
        state.where[state.seq[s, i], SLOT] = -1
    state.trips[s, LENGTH] = 0
