# mypy: ignore-errors
"""Compiled ruin and recreate on carriers' days.

The search is SISR (Christiaens and Vanden Berghe 2020): strings of neighbouring drops are taken
out of adjacent trips and put back greedily with blinks, under simulated annealing. The annealing
sees a soft price for every unserved task, so that it may trade one task for another on its way;
the best plan is kept by the weight of the unserved tasks first and by cost second.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything is compiled)
from optimizer.routing.trip_insert_kernels import (
    FOR_VEHICLE,
    FOUND_SIZE,
    best_insertion,
    insert,
    rebuild_day,
)
from optimizer.routing.trip_kernels import (
    KITCHEN,
    LAST_ROW,
    LATE,
    LEAST,
    LENGTH,
    METRES,
    N_TRIPS,
    PRICE,
    ROW,
    SLOT,
    WEIGHT,
    day_cost,
    random,
    refresh_day,
    refresh_trip,
)

STRING_MEAN = 10
STRING_LONGEST = 10
BLINK = 0.01
RETRIES = 12
"""Tasks unserved before a round that the round tries to serve, drawn anew each time."""


@njit(cache=True, nogil=True)
def refresh(data, state):
    """Recompute everything that derives from the trips; days that do not work are emptied."""
    width = state.day_before.shape[1] - 1
    drop = np.zeros(data.tasks.shape[0], dtype=np.uint8)
    for v in range(data.vehicles.shape[0]):
        works = True
        for k in range(state.days[v, N_TRIPS]):
            works = refresh_trip(data, state, v, v * width + k) and works
        if not (works and refresh_day(data, state, v)):
            rebuild_day(data, state, v, drop)


@njit(cache=True, nogil=True)
def worth(data, state):
    """(weight of the unserved tasks, cost of the days, soft price of the unserved tasks)."""
    unserved = np.int64(0)
    price = np.int64(0)
    for u in range(data.tasks.shape[0]):
        if state.where[u, SLOT] < 0:
            unserved += data.tasks[u, WEIGHT]
            price += data.tasks[u, PRICE]
    cost = np.int64(0)
    for v in range(data.vehicles.shape[0]):
        cost += day_cost(data, state, v)
    return unserved, cost, price


@njit(cache=True, nogil=True)
def copy_where(source, target):
    """Copy where the tasks are."""
    for u in range(source.where.shape[0]):
        target.where[u, SLOT] = source.where[u, SLOT]
        target.where[u, ROW] = source.where[u, ROW]


@njit(cache=True, nogil=True)
def copy_day(source, target, v):
    """Copy one vehicle's day, all but where its tasks are."""
    width = source.day_before.shape[1] - 1
    target.days[v, N_TRIPS] = source.days[v, N_TRIPS]
    target.days[v, LEAST] = source.days[v, LEAST]
    target.days[v, METRES] = source.days[v, METRES]
    for k in range(source.days[v, N_TRIPS] + 1):
        for j in range(3):
            target.day_before[v, k, j] = source.day_before[v, k, j]
            target.day_after[v, k, j] = source.day_after[v, k, j]
    for s in range(v * width, v * width + source.days[v, N_TRIPS]):
        n = source.trips[s, LENGTH]
        target.trips[s, LENGTH] = n
        target.trips[s, KITCHEN] = source.trips[s, KITCHEN]
        for k in range(source.load.shape[1]):
            target.load[s, k] = source.load[s, k]
        for i in range(n + 1):
            if i < n:
                target.seq[s, i] = source.seq[s, i]
            for j in range(5):
                target.before[s, i, j] = source.before[s, i, j]
                target.after[s, i, j] = source.after[s, i, j]


@njit(cache=True, nogil=True)
def copy_all(source, target):
    """Copy a whole plan."""
    for v in range(source.days.shape[0]):
        copy_day(source, target, v)
    copy_where(source, target)


@njit(cache=True, nogil=True)
def _drop_string(state, s, u, longest, drop, rng):
    """Mark a string of drops around ``u`` in its trip, or a string with a gap."""
    n = state.trips[s, LENGTH]
    at = 0
    while state.seq[s, at] != u:
        at += 1
    size = 1 + int(random(rng) * min(n, longest))
    size = min(size, n)
    gap = 0
    if size < n and random(rng) < 0.5:
        gap = 1
        while size + gap < n and random(rng) > 0.01 and random(rng) < 0.5:
            gap += 1
    span = size + gap
    low = max(0, at - span + 1)
    high = min(at, n - span)
    first = low + int(random(rng) * (high - low + 1))
    skip = first + int(random(rng) * (size + 1)) if gap else first + span
    for i in range(first, first + span):
        if not skip <= i < skip + gap:
            drop[state.seq[s, i]] = 1


@njit(cache=True, nogil=True)
def ruin(data, state, rng, drop, marked):
    """Mark tasks to take out: strings around a random task, or a whole trip or day with them."""
    n_tasks = data.tasks.shape[0]
    width = state.day_before.shape[1] - 1
    drop[:] = 0
    marked[:] = 0
    served, trips = 0, 0
    for v in range(data.vehicles.shape[0]):
        trips += state.days[v, N_TRIPS]
        for k in range(state.days[v, N_TRIPS]):
            served += state.trips[v * width + k, LENGTH]
    if trips == 0:
        return
    longest = max(1, min(STRING_LONGEST, 1 + served // trips))
    most = 4.0 * min(STRING_MEAN, 1 + served / 4.0) / (1.0 + longest) - 1.0
    strings = 1 + int(random(rng) * max(most, 1.0))
    seed = int(random(rng) * n_tasks)
    style = random(rng)
    for j in range(-1, data.near.shape[1]):
        if strings == 0:
            break
        u = seed if j < 0 else data.near[seed, j]
        s = state.where[u, SLOT]
        if s < 0 or marked[s]:
            continue
        if style < 0.08:
            v = s // width
            k = s - v * width
            last = state.days[v, N_TRIPS] if style < 0.02 else k + 1
            for other in range(0 if style < 0.02 else k, last):
                marked[v * width + other] = 1
                for i in range(state.trips[v * width + other, LENGTH]):
                    drop[state.seq[v * width + other, i]] = 1
            style = 1.0
        else:
            _drop_string(state, s, u, longest, drop, rng)
        marked[s] = 1
        strings -= 1


@njit(cache=True, nogil=True)
def order_absent(data, absent, count, rng, key):
    """Sort absent tasks for their return, in one of several ways; half of the time by weight."""
    style = random(rng)
    weigh = random(rng) < 0.5
    for i in range(count):
        u = absent[i]
        if style < 0.3:
            key[i] = random(rng)
        elif style < 0.6:
            key[i] = random(rng)
            for d in range(data.load.shape[1]):
                key[i] -= data.load[u, d]
        elif style < 0.75:
            key[i] = -data.remote[u]
        elif style < 0.85:
            key[i] = data.remote[u]
        else:
            key[i] = data.windows[data.tasks[u, LAST_ROW] - 1, LATE]
    for i in range(1, count):  # insertion sort: the lists are short
        u, mine = absent[i], key[i]
        j = i - 1
        while j >= 0 and _later(data, weigh, absent[j], key[j], u, mine):
            absent[j + 1], key[j + 1] = absent[j], key[j]
            j -= 1
        absent[j + 1], key[j + 1] = u, mine


@njit(cache=True, nogil=True)
def _later(data, weigh, u, key_u, w, key_w):
    """Whether task ``u`` comes after task ``w``."""
    if weigh and data.tasks[u, WEIGHT] != data.tasks[w, WEIGHT]:
        return data.tasks[u, WEIGHT] < data.tasks[w, WEIGHT]
    return key_u > key_w


@njit(cache=True, nogil=True)
def recreate(data, state, absent, count, blink, rng, touched):
    """Insert absent tasks in the given order, each where it is cheapest, if anywhere."""
    found = np.empty(FOUND_SIZE, dtype=np.int64)
    for i in range(count):
        if best_insertion(data, state, absent[i], blink, rng, found):
            insert(data, state, absent[i], found)
            touched[found[FOR_VEHICLE]] = 1


@njit(cache=True, nogil=True)
def take_out(data, state, drop, touched, absent, rng):
    """Take the marked tasks out; list them and some of those unserved before; their number."""
    width = state.day_before.shape[1] - 1
    count, before = np.int64(0), 0
    for u in range(drop.size):
        if drop[u]:
            touched[state.where[u, SLOT] // width] = 1
        elif state.where[u, SLOT] < 0 and data.tasks[u, WEIGHT] > 0:
            before += 1
            if count < RETRIES:
                absent[count] = u
                count += 1
            else:  # reservoir sampling
                i = int(random(rng) * before)
                if i < RETRIES:
                    absent[i] = u
    for v in range(touched.size):
        if touched[v]:
            _list_day(state, v, width, absent, count)
            for k in range(state.days[v, N_TRIPS]):
                count += state.trips[v * width + k, LENGTH]
            rebuild_day(data, state, v, drop)
    kept = 0
    for i in range(count):
        if state.where[absent[i], SLOT] < 0:
            absent[kept] = absent[i]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _list_day(state, v, width, absent, count):
    for k in range(state.days[v, N_TRIPS]):
        for i in range(state.trips[v * width + k, LENGTH]):
            absent[count] = state.seq[v * width + k, i]
            count += 1


@njit(cache=True, nogil=True)
def improve(data, current, trial, best, worths, rng, rounds, heat):
    """Run rounds of ruin and recreate; the best plan found is kept in ``best``.

    ``worths`` int64[3] = cost plus soft price of ``current``, then unserved weight and cost of
    ``best``; ``trial`` equals ``current`` on entry and exit. ``heat`` is the annealing
    temperature in cost units.
    """
    n_tasks = data.tasks.shape[0]
    drop = np.zeros(n_tasks, dtype=np.uint8)
    marked = np.zeros(current.trips.shape[0], dtype=np.uint8)
    touched = np.zeros(data.vehicles.shape[0], dtype=np.uint8)
    absent = np.empty(n_tasks, dtype=np.int64)
    key = np.empty(n_tasks, dtype=np.float64)
    for _ in range(rounds):
        ruin(data, trial, rng, drop, marked)
        touched[:] = 0
        count = take_out(data, trial, drop, touched, absent, rng)
        order_absent(data, absent, count, rng, key)
        recreate(data, trial, absent, count, BLINK, rng, touched)
        unserved, cost, price = worth(data, trial)
        accept = cost + price <= worths[0] - heat * math.log(max(random(rng), 1e-300))
        _settle(current, trial, touched, accept)
        if accept:
            worths[0] = cost + price
        if accept and (unserved < worths[1] or (unserved == worths[1] and cost < worths[2])):
            worths[1], worths[2] = unserved, cost
            copy_all(current, best)


@njit(cache=True, nogil=True)
def _settle(current, trial, touched, accept):
    """Make ``current`` and ``trial`` equal again: the trial where accepted, else the current."""
    source, target = current, trial
    if accept:
        source, target = trial, current
    for v in range(touched.size):
        if touched[v]:
            copy_day(source, target, v)
    copy_where(source, target)


@njit(cache=True, nogil=True)
def complete(data, state, order):
    """Insert every unserved task that fits, in the given order, until none does."""
    rng = np.ones(1, dtype=np.uint64)
    found = np.empty(FOUND_SIZE, dtype=np.int64)
    changed = True
    while changed:
        changed = False
        for u in order:
            if state.where[u, SLOT] >= 0 or data.tasks[u, WEIGHT] == 0:
                continue
            if best_insertion(data, state, u, 0.0, rng, found):
                insert(data, state, u, found)
                changed = True
