# mypy: ignore-errors
"""Compiled timing of linked routes: one change, its propagation, and the way back.

A *group* is a set of tasks that links tie together (most groups are one task). All groups stand
in one global order of ``key``; a vehicle's route is its tasks in that order, so that no two people
can wait for each other in a circle. A change moves groups in the order and tasks between vehicles;
new starts are passed on along routes and links in the global order, and only as far as they
differ. ``optimizer.routing.sync_model`` builds the tables.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)
from optimizer.routing.schedule_kernels import (
    CLOSE,
    DISTANCE_COST,
    END,
    FAR,
    FIXED_COST,
    MAX_WORK,
    MODE,
    OPEN,
    START,
    TIME_COST,
    UNREACHABLE,
)

PLACE, END_PLACE, DURATION, LATE_COST, GROUP = range(5)
TRAVEL, LATE, WORST, LOST = range(4)
N_CHANGED, N_LOGGED, N_TOUCHED, N_FRONT = range(4)


class SyncData(NamedTuple):
    """Tables that do not change; n tasks (one per person needed), G groups, V vehicles.

    Attributes:
        time, distance: int32[M, P, P].
        task: int64[n, 5]: place, end place, duration, cost per tick of lateness (-1: may not be
            late), group.
        load: int64[n, K]. capacity: int64[V, K].
        window_row: int32[n + 1], CSR rows of window int64[W, 2].
        group_row: int32[G + 1], group_task: int32[n], tasks by group.
        price: int64[G], cost of leaving the group out.
        link_row: int32[G + 1], link: int64[L, 4]: rows (a, b) of the group, least and most of
            start b - start a.
        vehicle: int64[V, 12], columns as in ``schedule_kernels``.
        able: bool[n, V]. able_row: int32[n + 1], able_vehicle: int32[.].
        near: int32[n, m], tasks that may well stand next to a task, -1 where there are fewer.
        worst_cost: int64[1], cost per tick of the largest lateness.
    """

    time: np.ndarray
    distance: np.ndarray
    task: np.ndarray
    load: np.ndarray
    capacity: np.ndarray
    window_row: np.ndarray
    window: np.ndarray
    group_row: np.ndarray
    group_task: np.ndarray
    price: np.ndarray
    link_row: np.ndarray
    link: np.ndarray
    vehicle: np.ndarray
    able: np.ndarray
    able_row: np.ndarray
    able_vehicle: np.ndarray
    near: np.ndarray
    worst_cost: np.ndarray


class SyncState(NamedTuple):
    """A plan: global order, who does what, and its timing.

    Attributes:
        key: float64[G], the global order. vehicle: int64[n], -1 where unserved.
        before, after: int64[n], neighbours in the route, -1 at its ends.
        head, tail: int64[V], first and last task. start, late: int64[n], ticks.
        metres, cost: int64[V]. used: int64[V, K].
        total: int64[4]: vehicle costs, lateness cost, largest lateness in ticks, lost prices.
    """

    key: np.ndarray
    vehicle: np.ndarray
    before: np.ndarray
    after: np.ndarray
    head: np.ndarray
    tail: np.ndarray
    start: np.ndarray
    late: np.ndarray
    metres: np.ndarray
    cost: np.ndarray
    used: np.ndarray
    total: np.ndarray


class SyncWork(NamedTuple):
    """One change under trial: what is wanted, and what it takes to go back.

    Attributes:
        changed: int64[G], the groups that change. new_key: float64[G] and old_key float64[G],
            by position in ``changed``. want, old_vehicle: int64[n].
        logged: int64[4n], log_start, log_late: int64[4n], tasks with their timing before.
        touched: int64[V], old_cost: int64[V], by position; is_touched: bool[V].
        front: int64[G], groups to be timed anew; in_front: bool[G].
        fresh: int64[size of the largest group], new starts. count: int64[4]. saved: int64[4].
    """

    changed: np.ndarray
    new_key: np.ndarray
    old_key: np.ndarray
    want: np.ndarray
    old_vehicle: np.ndarray
    logged: np.ndarray
    log_start: np.ndarray
    log_late: np.ndarray
    touched: np.ndarray
    old_cost: np.ndarray
    is_touched: np.ndarray
    front: np.ndarray
    in_front: np.ndarray
    fresh: np.ndarray
    count: np.ndarray
    saved: np.ndarray


@njit(cache=True, nogil=True)
def objective(d, s):
    """The whole cost of a state."""
    return s.total[TRAVEL] + s.total[LATE] + s.total[WORST] * d.worst_cost[0] + s.total[LOST]


@njit(cache=True, nogil=True)
def comes_before(s, g, h):
    """Whether group g stands before group h."""
    return s.key[g] < s.key[h] or (s.key[g] == s.key[h] and g < h)


@njit(cache=True, nogil=True)
def leg(d, table, v, p, q):
    """Entry of a matrix between two neighbours of vehicle v; -1 stands for its day's ends."""
    home = d.vehicle[v, END]
    if (p < 0 and q < 0) or (q < 0 and home < 0):
        return 0
    here = d.task[p, END_PLACE] if p >= 0 else d.vehicle[v, START]
    there = d.task[q, PLACE] if q >= 0 else home
    return np.int64(table[d.vehicle[v, MODE], here, there])


@njit(cache=True, nogil=True)
def take_out(d, s, t):
    """Take a task out of its route; its timing is left as it is."""
    v, p, q = s.vehicle[t], s.before[t], s.after[t]
    if p >= 0:
        s.after[p] = q
    else:
        s.head[v] = q
    if q >= 0:
        s.before[q] = p
    else:
        s.tail[v] = p
    metres = leg(d, d.distance, v, p, t) + leg(d, d.distance, v, t, q)
    s.metres[v] += leg(d, d.distance, v, p, q) - metres
    for k in range(d.load.shape[1]):
        s.used[v, k] -= d.load[t, k]
    s.vehicle[t] = -1


@njit(cache=True, nogil=True)
def put_in(d, s, t, v):
    """Put a task into a vehicle's route where its group's key says."""
    g = d.task[t, GROUP]
    p, q = -1, s.head[v]
    while q >= 0 and comes_before(s, d.task[q, GROUP], g):
        p = q
        q = s.after[q]
    s.before[t], s.after[t], s.vehicle[t] = p, q, v
    if p >= 0:
        s.after[p] = t
    else:
        s.head[v] = t
    if q >= 0:
        s.before[q] = t
    else:
        s.tail[v] = t
    metres = leg(d, d.distance, v, p, t) + leg(d, d.distance, v, t, q)
    s.metres[v] += metres - leg(d, d.distance, v, p, q)
    for k in range(d.load.shape[1]):
        s.used[v, k] += d.load[t, k]


@njit(cache=True, nogil=True)
def fit(d, t, at):
    """The earliest start from a moment on, FAR where there is none."""
    for row in range(d.window_row[t], d.window_row[t + 1]):
        if at <= d.window[row, 1]:
            return max(at, d.window[row, 0])
    return at if d.task[t, LATE_COST] >= 0 else FAR


@njit(cache=True, nogil=True)
def lateness(d, t, start):
    """Ticks after the last window's close."""
    return max(0, start - d.window[d.window_row[t + 1] - 1, 1])


@njit(cache=True, nogil=True)
def time_group(d, s, g, fresh):
    """Earliest starts of a group behind its tasks' predecessors; whether there are any."""
    first, last = d.group_row[g], d.group_row[g + 1]
    for i in range(first, last):
        t = d.group_task[i]
        v, p = s.vehicle[t], s.before[t]
        way = leg(d, d.time, v, p, t)
        now = d.vehicle[v, OPEN] if p < 0 else s.start[p] + d.task[p, DURATION]
        fresh[i - first] = fit(d, t, now + way)
        if way >= UNREACHABLE or fresh[i - first] == FAR:
            return False
    if last - first == 1:
        return True
    most = 2 + last - first
    for i in range(first, last):
        t = d.group_task[i]
        most += (last - first) * (d.window_row[t + 1] - d.window_row[t])
    for _ in range(most):
        settled = True
        for row in range(d.link_row[g], d.link_row[g + 1]):
            a, b, low, high = d.link[row, 0], d.link[row, 1], d.link[row, 2], d.link[row, 3]
            if fresh[b] < fresh[a] + low:
                fresh[b] = fit(d, d.group_task[first + b], fresh[a] + low)
                settled = False
            if fresh[b] == FAR:
                return False
            if fresh[a] < fresh[b] - high:
                fresh[a] = fit(d, d.group_task[first + a], fresh[b] - high)
                settled = False
            if fresh[a] == FAR:
                return False
        if settled:
            return True
    return False


@njit(cache=True, nogil=True)
def day_cost(d, s, v):
    """Cost of a vehicle's day, 0 where unused, -1 where it breaks a rule."""
    first, last = s.head[v], s.tail[v]
    if first < 0:
        return 0
    for k in range(d.load.shape[1]):
        if s.used[v, k] > d.capacity[v, k]:
            return -1
    depart = s.start[first] - leg(d, d.time, v, -1, first)
    way = leg(d, d.time, v, last, -1)
    end = s.start[last] + d.task[last, DURATION] + way
    if way >= UNREACHABLE or end > d.vehicle[v, CLOSE]:
        return -1
    if d.vehicle[v, MAX_WORK] >= 0 and end - depart > d.vehicle[v, MAX_WORK]:
        return -1
    return (
        d.vehicle[v, FIXED_COST]
        + (end - depart) * d.vehicle[v, TIME_COST]
        + s.metres[v] * d.vehicle[v, DISTANCE_COST]
    )


@njit(cache=True, nogil=True)
def _touch(s, w, v):
    if not w.is_touched[v]:
        w.is_touched[v] = True
        w.touched[w.count[N_TOUCHED]] = v
        w.old_cost[w.count[N_TOUCHED]] = s.cost[v]
        w.count[N_TOUCHED] += 1


@njit(cache=True, nogil=True)
def _push(d, w, t):
    if t >= 0:
        g = d.task[t, GROUP]
        if not w.in_front[g]:
            w.in_front[g] = True
            w.front[w.count[N_FRONT]] = g
            w.count[N_FRONT] += 1


@njit(cache=True, nogil=True)
def _pop(s, w):
    """The group of the frontier that comes first; the frontier is short."""
    best = 0
    for i in range(1, w.count[N_FRONT]):
        if comes_before(s, w.front[i], w.front[best]):
            best = i
    g = w.front[best]
    w.count[N_FRONT] -= 1
    w.front[best] = w.front[w.count[N_FRONT]]
    w.in_front[g] = False
    return g


@njit(cache=True, nogil=True)
def _retime(d, s, w, t, start, late):
    """Give a task another timing and note the old one."""
    row = w.count[N_LOGGED]
    w.logged[row], w.log_start[row], w.log_late[row] = t, s.start[t], s.late[t]
    w.count[N_LOGGED] += 1
    if late != s.late[t]:
        s.total[LATE] += (late - s.late[t]) * d.task[t, LATE_COST]
    s.start[t], s.late[t] = start, late


@njit(cache=True, nogil=True)
def _propagate(d, s, w):
    while w.count[N_FRONT] > 0:
        g = _pop(s, w)
        first, last = d.group_row[g], d.group_row[g + 1]
        if s.vehicle[d.group_task[first]] < 0:
            continue
        if not time_group(d, s, g, w.fresh):
            return False
        for i in range(first, last):
            t = d.group_task[i]
            start = w.fresh[i - first]
            if start != s.start[t]:
                late = lateness(d, t, start) if d.task[t, LATE_COST] >= 0 else 0
                _retime(d, s, w, t, start, late)
                _touch(s, w, s.vehicle[t])
                _push(d, w, s.after[t])
    return True


@njit(cache=True, nogil=True)
def _worst(d, s, w):
    """The largest lateness after a change; all tasks are read only where it may have fallen."""
    worst = 0
    fell = False
    for row in range(w.count[N_LOGGED]):
        t = w.logged[row]
        worst = max(worst, s.late[t])
        fell = fell or w.log_late[row] == s.total[WORST]
    if worst >= s.total[WORST]:
        return worst
    if not fell:
        return s.total[WORST]
    for t in range(s.late.size):
        worst = max(worst, s.late[t])
    return worst


@njit(cache=True, nogil=True)
def is_allowed(d, w):
    """Whether everyone wanted has the skills and the people of a group differ."""
    for c in range(w.count[N_CHANGED]):
        g = w.changed[c]
        first, last = d.group_row[g], d.group_row[g + 1]
        for i in range(first, last):
            t = d.group_task[i]
            v = w.want[t]
            if v >= 0 and not d.able[t, v]:
                return False
            if (v < 0) != (w.want[d.group_task[first]] < 0):
                return False
            for j in range(first, i):
                if v >= 0 and w.want[d.group_task[j]] == v:
                    return False
    return True


@njit(cache=True, nogil=True)
def apply(d, s, w):
    """Carry out the wanted change; the new objective, FAR where it breaks a rule.

    After FAR the state is half changed: ``undo`` must follow.
    """
    w.count[N_LOGGED] = 0
    w.count[N_TOUCHED] = 0
    for i in range(w.count[N_FRONT]):
        w.in_front[w.front[i]] = False
    w.count[N_FRONT] = 0
    w.saved[:] = s.total
    _relink(d, s, w)
    feasible = _propagate(d, s, w)
    for row in range(w.count[N_TOUCHED]):
        v = w.touched[row]
        w.is_touched[v] = False
        if feasible:
            cost = day_cost(d, s, v)
            feasible = cost >= 0
            s.total[TRAVEL] += cost - s.cost[v]
            s.cost[v] = cost
    if not feasible:
        return FAR
    if d.worst_cost[0] > 0:
        s.total[WORST] = _worst(d, s, w)
    return objective(d, s)


@njit(cache=True, nogil=True)
def _relink(d, s, w):
    for c in range(w.count[N_CHANGED]):
        g = w.changed[c]
        w.old_key[c] = s.key[g]
        if s.vehicle[d.group_task[d.group_row[g]]] < 0:
            s.total[LOST] -= d.price[g]
        for i in range(d.group_row[g], d.group_row[g + 1]):
            t = d.group_task[i]
            v = s.vehicle[t]
            w.old_vehicle[t] = v
            if v >= 0:
                _touch(s, w, v)
                _push(d, w, s.after[t])
                take_out(d, s, t)
    for c in range(w.count[N_CHANGED]):
        s.key[w.changed[c]] = w.new_key[c]
    for c in range(w.count[N_CHANGED]):
        g = w.changed[c]
        for i in range(d.group_row[g], d.group_row[g + 1]):
            t = d.group_task[i]
            v = w.want[t]
            if v >= 0:
                put_in(d, s, t, v)
                if w.old_vehicle[t] < 0:
                    _retime(d, s, w, t, -FAR, 0)  # differs from any start to come
                _touch(s, w, v)
                _push(d, w, t)
                _push(d, w, s.after[t])
            else:
                _retime(d, s, w, t, s.start[t], 0)
        if w.want[d.group_task[d.group_row[g]]] < 0:
            s.total[LOST] += d.price[g]


@njit(cache=True, nogil=True)
def undo(d, s, w):
    """Take the change of the last ``apply`` back."""
    for c in range(w.count[N_CHANGED]):
        g = w.changed[c]
        for i in range(d.group_row[g], d.group_row[g + 1]):
            if s.vehicle[d.group_task[i]] >= 0:
                take_out(d, s, d.group_task[i])
    for c in range(w.count[N_CHANGED]):
        s.key[w.changed[c]] = w.old_key[c]
    for c in range(w.count[N_CHANGED]):
        g = w.changed[c]
        for i in range(d.group_row[g], d.group_row[g + 1]):
            t = d.group_task[i]
            if w.old_vehicle[t] >= 0:
                put_in(d, s, t, w.old_vehicle[t])
    for row in range(w.count[N_LOGGED] - 1, -1, -1):
        t = w.logged[row]
        s.start[t], s.late[t] = w.log_start[row], w.log_late[row]
    for row in range(w.count[N_TOUCHED]):
        s.cost[w.touched[row]] = w.old_cost[row]
    s.total[:] = w.saved


@njit(cache=True, nogil=True)
def spread_keys(d, s):
    """Number the groups anew along routes and links, earliest start first; routes stay."""
    n_groups = d.price.size
    waits = np.zeros(n_groups, dtype=np.int64)
    at = np.empty(n_groups, dtype=np.int64)
    open_groups = np.empty(n_groups, dtype=np.int64)
    n_open = 0
    absent = 0
    for g in range(n_groups):
        at[g] = FAR
        for i in range(d.group_row[g], d.group_row[g + 1]):
            t = d.group_task[i]
            at[g] = min(at[g], s.start[t])
            if s.vehicle[t] >= 0 and s.before[t] >= 0:
                waits[g] += 1
        if s.vehicle[d.group_task[d.group_row[g]]] < 0:
            absent += 1
            s.key[g] = n_groups - absent
        elif waits[g] == 0:
            open_groups[n_open] = g
            n_open += 1
    rank = 0
    while n_open > 0:
        best = 0
        for i in range(1, n_open):
            g, h = open_groups[i], open_groups[best]
            if at[g] < at[h] or (at[g] == at[h] and g < h):
                best = i
        g = open_groups[best]
        n_open -= 1
        open_groups[best] = open_groups[n_open]
        s.key[g] = rank
        rank += 1
        for i in range(d.group_row[g], d.group_row[g + 1]):
            q = s.after[d.group_task[i]]
            if q >= 0:
                h = d.task[q, GROUP]
                waits[h] -= 1
                if waits[h] == 0:
                    open_groups[n_open] = h
                    n_open += 1
