# mypy: ignore-errors
"""Compiled ruin and recreate on carriers' days.

The search is SISR (Christiaens and Vanden Berghe 2020): strings of neighbouring drops are taken
out of adjacent trips and put back greedily with blinks, under simulated annealing. While stops
are unserved, a trial is also accepted when the stops that it leaves out have been left out less
often (their fleet-minimising rule), so that hard stops find their place.

Plans compare by the weight of the unserved tasks first and by cost second.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything is compiled)
from optimizer.routing.trip_kernels import (
    FOUND_SIZE,
    best_insertion,
    day_cost,
    insert,
    random,
    rebuild_day,
    refresh_day,
    refresh_trip,
)

STRING_MEAN = 10
STRING_LONGEST = 10
BLINK = 0.01


@njit(cache=True, nogil=True)
def refresh(data, state):
    """Recompute everything that derives from the trips; days that do not work are emptied."""
    width = state.day_before.shape[1] - 1
    drop = np.zeros(data.place.size, dtype=np.uint8)
    for v in range(data.mode.size):
        works = True
        for k in range(state.n_trips[v]):
            works = refresh_trip(data, state, v, v * width + k) and works
        if not (works and refresh_day(data, state, v)):
            rebuild_day(data, state, v, drop)


@njit(cache=True, nogil=True)
def worth(data, state):
    """(weight of the unserved tasks, cost of the days)."""
    unserved = np.int64(0)
    for u in range(data.place.size):
        if state.slot_of[u] < 0:
            unserved += data.weight[u]
    cost = np.int64(0)
    for v in range(data.mode.size):
        cost += day_cost(data, state, v)
    return unserved, cost


@njit(cache=True, nogil=True)
def copy_day(source, target, v):
    """Copy one vehicle's day; ``slot_of`` and ``row_of`` of other tasks stay."""
    width = source.day_before.shape[1] - 1
    target.n_trips[v] = source.n_trips[v]
    target.least[v] = source.least[v]
    target.metres[v] = source.metres[v]
    for k in range(source.n_trips[v] + 1):
        for j in range(3):
            target.day_before[v, k, j] = source.day_before[v, k, j]
            target.day_after[v, k, j] = source.day_after[v, k, j]
    for s in range(v * width, v * width + source.n_trips[v]):
        n = source.length[s]
        target.length[s] = n
        target.kitchen[s] = source.kitchen[s]
        for k in range(source.load.shape[1]):
            target.load[s, k] = source.load[s, k]
        for i in range(n + 1):
            if i < n:
                target.seq[s, i] = source.seq[s, i]
            for j in range(4):
                target.before[s, i, j] = source.before[s, i, j]
            for j in range(5):
                target.after[s, i, j] = source.after[s, i, j]


@njit(cache=True, nogil=True)
def copy_all(source, target):
    """Copy a whole plan."""
    for v in range(source.n_trips.size):
        copy_day(source, target, v)
    target.slot_of[:] = source.slot_of
    target.row_of[:] = source.row_of


@njit(cache=True, nogil=True)
def _drop_string(state, s, u, longest, drop, rng):
    """Mark a string of drops around ``u`` in its trip, or a string with a gap."""
    n = state.length[s]
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
    n_tasks = data.place.size
    width = state.day_before.shape[1] - 1
    drop[:] = 0
    marked[:] = 0
    served, trips = 0, 0
    for v in range(data.mode.size):
        trips += state.n_trips[v]
        for k in range(state.n_trips[v]):
            served += state.length[v * width + k]
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
        s = state.slot_of[u]
        if s < 0 or marked[s]:
            continue
        if style < 0.08:
            v = s // width
            k = s - v * width
            last = state.n_trips[v] if style < 0.02 else k + 1
            for other in range(0 if style < 0.02 else k, last):
                marked[v * width + other] = 1
                for i in range(state.length[v * width + other]):
                    drop[state.seq[v * width + other, i]] = 1
            style = 1.0
        else:
            _drop_string(state, s, u, longest, drop, rng)
        marked[s] = 1
        strings -= 1


@njit(cache=True, nogil=True)
def order_absent(data, absent, count, rng, key):
    """Sort the absent tasks for their return; the heavier weights first half of the time."""
    style = random(rng)
    for i in range(count):
        u = absent[i]
        if style < 0.3:
            key[i] = random(rng)
        elif style < 0.6:
            key[i] = -data.load[u].sum() + 0.5 * random(rng)
        elif style < 0.75:
            key[i] = -data.remote[u]
        elif style < 0.85:
            key[i] = data.remote[u]
        else:
            row = data.window_indptr[u + 1] - 1
            key[i] = data.window_close[row]
    order = np.argsort(key[:count], kind="mergesort")
    absent[:count] = absent[:count][order]
    if random(rng) < 0.5:
        for i in range(count):
            key[i] = -float(data.weight[absent[i]])
        order = np.argsort(key[:count], kind="mergesort")
        absent[:count] = absent[:count][order]


@njit(cache=True, nogil=True)
def recreate(data, state, absent, count, blink, rng, touched):
    """Insert absent tasks in the given order, each where it is cheapest, if anywhere."""
    trip = np.empty(4, dtype=np.int64)
    found = np.empty(FOUND_SIZE, dtype=np.int64)
    for i in range(count):
        if best_insertion(data, state, absent[i], -1, blink, rng, trip, found):
            insert(data, state, absent[i], found)
            touched[found[1]] = 1


@njit(cache=True, nogil=True)
def improve(data, current, trial, best, worths, absences, rng, rounds, heat, cooling):
    """Run rounds of ruin and recreate; the best plan found is kept in ``best``.

    ``worths`` int64[4] = unserved weight and cost of ``current``, then of ``best``; ``trial``
    equals ``current`` on entry and exit. ``heat`` is the annealing temperature in cost units,
    multiplied by ``cooling`` each round. ``absences`` int64[T] counts how often tasks stayed out.
    """
    n_tasks = data.place.size
    n_vehicles = data.mode.size
    drop = np.zeros(n_tasks, dtype=np.uint8)
    marked = np.zeros(current.length.size, dtype=np.uint8)
    touched = np.zeros(n_vehicles, dtype=np.uint8)
    absent = np.empty(n_tasks, dtype=np.int64)
    key = np.empty(n_tasks, dtype=np.float64)
    width = current.day_before.shape[1] - 1
    for _ in range(rounds):
        ruin(data, trial, rng, drop, marked)
        touched[:] = 0
        count, missing, missed = 0, 0, 0
        for u in range(n_tasks):
            if drop[u]:
                touched[trial.slot_of[u] // width] = 1
            elif trial.slot_of[u] < 0:
                missing += 1
                missed += absences[u]
        for v in range(n_vehicles):
            if touched[v]:
                rebuild_day(data, trial, v, drop)
        for u in range(n_tasks):
            if trial.slot_of[u] < 0 and data.weight[u] > 0:
                absent[count] = u
                count += 1
        order_absent(data, absent, count, rng, key)
        recreate(data, trial, absent, count, BLINK, rng, touched)
        unserved, cost = worth(data, trial)
        missing_now, missed_now = 0, 0
        if unserved > 0:
            for u in range(n_tasks):
                if trial.slot_of[u] < 0:
                    missing_now += 1
                    missed_now += absences[u]
        accept = unserved < worths[0]
        if unserved == worths[0]:
            accept = cost <= worths[1] - heat * math.log(max(random(rng), 1e-300))
        elif unserved > worths[0] and missing > 0:
            accept = missed_now < missed
        if unserved > 0:
            for u in range(n_tasks):
                if trial.slot_of[u] < 0:
                    absences[u] += 1
        _settle(current, trial, touched, accept)
        if accept:
            worths[0], worths[1] = unserved, cost
            if unserved < worths[2] or (unserved == worths[2] and cost < worths[3]):
                worths[2], worths[3] = unserved, cost
                copy_all(current, best)
        heat *= cooling


@njit(cache=True, nogil=True)
def _settle(current, trial, touched, accept):
    """Make ``current`` and ``trial`` equal again: the trial where accepted, else the current."""
    source, target = current, trial
    if accept:
        source, target = trial, current
    for v in range(touched.size):
        if touched[v]:
            copy_day(source, target, v)
    target.slot_of[:] = source.slot_of
    target.row_of[:] = source.row_of


@njit(cache=True, nogil=True)
def complete(data, state, rank):
    """Insert all that fits, then let no task keep out a task of higher rank (smaller number).

    After it, neither inserting an unserved task anywhere nor taking out one task of a lower rank
    makes room for an unserved task of a higher one.
    """
    n_tasks = data.place.size
    rng = np.ones(1, dtype=np.uint64)
    trip = np.empty(4, dtype=np.int64)
    found = np.empty(FOUND_SIZE, dtype=np.int64)
    drop = np.zeros(n_tasks, dtype=np.uint8)
    order = np.argsort(rank, kind="mergesort")
    width = state.day_before.shape[1] - 1
    changed = True
    while changed:
        changed = False
        for u in order:
            if state.slot_of[u] >= 0 or data.weight[u] == 0:
                continue
            if best_insertion(data, state, u, -1, 0.0, rng, trip, found):
                insert(data, state, u, found)
                changed = True
        if changed:
            continue
        for u in order:
            if state.slot_of[u] >= 0 or data.weight[u] == 0:
                continue
            if _displace(data, state, u, rank, order, width, drop, trip, found, rng):
                changed = True
                break


@njit(cache=True, nogil=True)
def _displace(data, state, u, rank, order, width, drop, trip, found, rng):
    """Take out one task of a lower rank, the lowest first, if ``u`` fits then."""
    for j in range(order.size - 1, -1, -1):
        w = order[j]
        if rank[w] <= rank[u]:
            return False
        s = state.slot_of[w]
        if s < 0:
            continue
        v = s // width
        if data.allowed[u, v] == 0:
            continue
        # The day is rebuilt in place: taking one task out and putting it back is exact.
        k, i, row, kitchen = _find(state, s, w, width)
        alone = state.length[s] == 1
        before = state.n_trips[v]
        drop[w] = 1
        rebuild_day(data, state, v, drop)
        drop[w] = 0
        if best_insertion(data, state, u, v, 0.0, rng, trip, found):
            insert(data, state, u, found)
            return True
        if state.n_trips[v] == before - (1 if alone else 0):
            found[1], found[2], found[3] = v, k, 1 if alone else 0
            found[4], found[5], found[6] = i, row, kitchen
            insert(data, state, w, found)
    return False


@njit(cache=True, nogil=True)
def _find(state, s, w, width):
    i = 0
    while state.seq[s, i] != w:
        i += 1
    return s - (s // width) * width, i, state.row_of[w], state.kitchen[s]
