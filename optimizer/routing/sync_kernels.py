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

PLACE, END_PLACE, DURATION, LATE_COST, GROUP, WINDOW, WINDOW_END, ABLE, ABLE_END = range(9)
LOAD = 9
FIRST, LAST, LINK, LINK_END, PRICE = range(5)
CAPACITY = 12
VEHICLE, BEFORE, AFTER, START_AT, LATE = range(5)
HEAD, TAIL, METRES, COST, USED = range(5)
TRAVEL, TARDY, WORST, LOST, WORST_COST = range(5)
NEW, OLD = range(2)
CHANGED, FRONT, IN_FRONT = range(3)
WANT, OLD_VEHICLE = range(2)
LOG_TASK, LOG_START, LOG_LATE = range(3)
TOUCHED, OLD_COST, IS_TOUCHED = range(3)
N_CHANGED, N_LOGGED, N_TOUCHED, N_FRONT = range(4)


class SyncData(NamedTuple):
    """Tables that do not change; n tasks (one per person needed), G groups, V vehicles.

    Every call passes every table: they are few, since many would take most of the time.

    Attributes:
        time, distance: int32[M, P, P].
        task: int64[n, 9 + K]: place, end place, duration, cost per tick of lateness (-1: may not
            be late), group, rows in ``window``, rows in ``able_vehicle``, loads.
        window: int64[W, 2], earliest and latest start.
        group: int64[G, 5]: rows in ``group_task``, rows in ``link``, cost of leaving it out.
        group_task: int32[n], tasks by group.
        link: int64[L, 4]: (a, b) by position in the group, least and most start b - start a.
        vehicle: int64[V, 12 + K], columns as in ``schedule_kernels``, then capacities.
        able: bool[n, V]. able_vehicle: int32[.], the same as lists.
        near: int32[n, m], tasks that may well stand next to a task, -1 where there are fewer.
    """

    time: np.ndarray
    distance: np.ndarray
    task: np.ndarray
    window: np.ndarray
    group: np.ndarray
    group_task: np.ndarray
    link: np.ndarray
    vehicle: np.ndarray
    able: np.ndarray
    able_vehicle: np.ndarray
    near: np.ndarray


class SyncState(NamedTuple):
    """A plan: global order, who does what, and its timing.

    Attributes:
        key: float64[G], the global order.
        task: int64[n, 5]: vehicle (-1 where unserved), neighbours in the route (-1 at its ends),
            start, lateness in ticks.
        days: int64[V, 4 + K]: first and last task (-1 where unused), metres, cost, loads.
        total: int64[5]: vehicle costs, lateness cost, largest lateness in ticks, lost prices;
            cost per tick of the largest lateness.
    """

    key: np.ndarray
    task: np.ndarray
    days: np.ndarray
    total: np.ndarray


class SyncWork(NamedTuple):
    """One change under trial: what is wanted, and what it takes to go back.

    Attributes:
        keys: float64[G, 2], new and old keys of the changed groups, in their order.
        group: int64[G, 3]: the groups that change; the groups to be timed anew (two lists); and
            by group whether it is in the second.
        task: int64[n, 2]: the vehicle wanted, and the one before.
        log: int64[4n, 3]: task, start and lateness before, for every timing that changed.
        days: int64[V, 3]: vehicles that changed, their costs before (a list); and by vehicle
            whether it is in it.
        fresh: int64[size of the largest group], new starts.
        count: int64[4], lengths of the lists. saved: int64[5], totals before.
    """

    keys: np.ndarray
    group: np.ndarray
    task: np.ndarray
    log: np.ndarray
    days: np.ndarray
    fresh: np.ndarray
    count: np.ndarray
    saved: np.ndarray


@njit(cache=True, nogil=True)
def objective(d, s):
    """The whole cost of a state."""
    return s.total[TRAVEL] + s.total[TARDY] + s.total[WORST] * s.total[WORST_COST] + s.total[LOST]


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
    v, p, q = s.task[t, VEHICLE], s.task[t, BEFORE], s.task[t, AFTER]
    if p >= 0:
        s.task[p, AFTER] = q
    else:
        s.days[v, HEAD] = q
    if q >= 0:
        s.task[q, BEFORE] = p
    else:
        s.days[v, TAIL] = p
    metres = leg(d, d.distance, v, p, t) + leg(d, d.distance, v, t, q)
    s.days[v, METRES] += leg(d, d.distance, v, p, q) - metres
    for k in range(d.task.shape[1] - LOAD):
        s.days[v, USED + k] -= d.task[t, LOAD + k]
    s.task[t, VEHICLE] = -1


@njit(cache=True, nogil=True)
def put_in(d, s, t, v):
    """Put a task into a vehicle's route where its group's key says."""
    g = d.task[t, GROUP]
    p, q = -1, s.days[v, HEAD]
    while q >= 0 and comes_before(s, d.task[q, GROUP], g):
        p = q
        q = s.task[q, AFTER]
    s.task[t, BEFORE], s.task[t, AFTER], s.task[t, VEHICLE] = p, q, v
    if p >= 0:
        s.task[p, AFTER] = t
    else:
        s.days[v, HEAD] = t
    if q >= 0:
        s.task[q, BEFORE] = t
    else:
        s.days[v, TAIL] = t
    metres = leg(d, d.distance, v, p, t) + leg(d, d.distance, v, t, q)
    s.days[v, METRES] += metres - leg(d, d.distance, v, p, q)
    for k in range(d.task.shape[1] - LOAD):
        s.days[v, USED + k] += d.task[t, LOAD + k]


@njit(cache=True, nogil=True)
def fit(d, t, at):
    """The earliest start from a moment on, FAR where there is none."""
    for row in range(d.task[t, WINDOW], d.task[t, WINDOW_END]):
        if at <= d.window[row, 1]:
            return max(at, d.window[row, 0])
    return at if d.task[t, LATE_COST] >= 0 else FAR


@njit(cache=True, nogil=True)
def lateness(d, t, start):
    """Ticks after the last window's close."""
    return max(0, start - d.window[d.task[t, WINDOW_END] - 1, 1])


@njit(cache=True, nogil=True)
def time_group(d, s, g, fresh):
    """Earliest starts of a group behind its tasks' predecessors; whether there are any."""
    first, last = d.group[g, FIRST], d.group[g, LAST]
    for i in range(first, last):
        t = d.group_task[i]
        v, p = s.task[t, VEHICLE], s.task[t, BEFORE]
        way = leg(d, d.time, v, p, t)
        now = d.vehicle[v, OPEN] if p < 0 else s.task[p, START_AT] + d.task[p, DURATION]
        fresh[i - first] = fit(d, t, now + way)
        if way >= UNREACHABLE or fresh[i - first] == FAR:
            return False
    if last - first == 1:
        return True
    most = 2 + last - first
    for i in range(first, last):
        t = d.group_task[i]
        most += (last - first) * (d.task[t, WINDOW_END] - d.task[t, WINDOW])
    for _ in range(most):
        settled = True
        for row in range(d.group[g, LINK], d.group[g, LINK_END]):
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
    first, last = s.days[v, HEAD], s.days[v, TAIL]
    if first < 0:
        return 0
    for k in range(d.task.shape[1] - LOAD):
        if s.days[v, USED + k] > d.vehicle[v, CAPACITY + k]:
            return -1
    depart = s.task[first, START_AT] - leg(d, d.time, v, -1, first)
    way = leg(d, d.time, v, last, -1)
    end = s.task[last, START_AT] + d.task[last, DURATION] + way
    if way >= UNREACHABLE or end > d.vehicle[v, CLOSE]:
        return -1
    if d.vehicle[v, MAX_WORK] >= 0 and end - depart > d.vehicle[v, MAX_WORK]:
        return -1
    return (
        d.vehicle[v, FIXED_COST]
        + (end - depart) * d.vehicle[v, TIME_COST]
        + s.days[v, METRES] * d.vehicle[v, DISTANCE_COST]
    )


@njit(cache=True, nogil=True)
def _touch(s, w, v):
    if not w.days[v, IS_TOUCHED]:
        w.days[v, IS_TOUCHED] = True
        w.days[w.count[N_TOUCHED], TOUCHED] = v
        w.days[w.count[N_TOUCHED], OLD_COST] = s.days[v, COST]
        w.count[N_TOUCHED] += 1


@njit(cache=True, nogil=True)
def _push(d, w, t):
    if t >= 0:
        g = d.task[t, GROUP]
        if not w.group[g, IN_FRONT]:
            w.group[g, IN_FRONT] = True
            w.group[w.count[N_FRONT], FRONT] = g
            w.count[N_FRONT] += 1


@njit(cache=True, nogil=True)
def _pop(s, w):
    """The group of the frontier that comes first; the frontier is short."""
    best = 0
    for i in range(1, w.count[N_FRONT]):
        if comes_before(s, w.group[i, FRONT], w.group[best, FRONT]):
            best = i
    g = w.group[best, FRONT]
    w.count[N_FRONT] -= 1
    w.group[best, FRONT] = w.group[w.count[N_FRONT], FRONT]
    w.group[g, IN_FRONT] = False
    return g


@njit(cache=True, nogil=True)
def _retime(d, s, w, t, start, late):
    """Give a task another timing and note the old one."""
    row = w.count[N_LOGGED]
    w.log[row, LOG_TASK], w.log[row, LOG_START], w.log[row, LOG_LATE] = (
        t,
        s.task[t, START_AT],
        s.task[t, LATE],
    )
    w.count[N_LOGGED] += 1
    if late != s.task[t, LATE]:
        s.total[TARDY] += (late - s.task[t, LATE]) * d.task[t, LATE_COST]
    s.task[t, START_AT], s.task[t, LATE] = start, late


@njit(cache=True, nogil=True)
def _propagate(d, s, w):
    while w.count[N_FRONT] > 0:
        g = _pop(s, w)
        first, last = d.group[g, FIRST], d.group[g, LAST]
        if s.task[d.group_task[first], VEHICLE] < 0:
            continue
        if not time_group(d, s, g, w.fresh):
            return False
        for i in range(first, last):
            t = d.group_task[i]
            start = w.fresh[i - first]
            if start != s.task[t, START_AT]:
                late = lateness(d, t, start) if d.task[t, LATE_COST] >= 0 else 0
                _retime(d, s, w, t, start, late)
                _touch(s, w, s.task[t, VEHICLE])
                _push(d, w, s.task[t, AFTER])
    return True


@njit(cache=True, nogil=True)
def _worst(d, s, w):
    """The largest lateness after a change; all tasks are read only where it may have fallen."""
    worst = 0
    fell = False
    for row in range(w.count[N_LOGGED]):
        t = w.log[row, LOG_TASK]
        worst = max(worst, s.task[t, LATE])
        fell = fell or w.log[row, LOG_LATE] == s.total[WORST]
    if worst >= s.total[WORST]:
        return worst
    if not fell:
        return s.total[WORST]
    for t in range(s.task.shape[0]):
        worst = max(worst, s.task[t, LATE])
    return worst


@njit(cache=True, nogil=True)
def is_allowed(d, w):
    """Whether everyone wanted has the skills and the people of a group differ."""
    for c in range(w.count[N_CHANGED]):
        g = w.group[c, CHANGED]
        first, last = d.group[g, FIRST], d.group[g, LAST]
        for i in range(first, last):
            t = d.group_task[i]
            v = w.task[t, WANT]
            if v >= 0 and not d.able[t, v]:
                return False
            if (v < 0) != (w.task[d.group_task[first], WANT] < 0):
                return False
            for j in range(first, i):
                if v >= 0 and w.task[d.group_task[j], WANT] == v:
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
        w.group[w.group[i, FRONT], IN_FRONT] = False
    w.count[N_FRONT] = 0
    w.saved[:] = s.total
    _relink(d, s, w)
    feasible = _propagate(d, s, w)
    for row in range(w.count[N_TOUCHED]):
        v = w.days[row, TOUCHED]
        w.days[v, IS_TOUCHED] = False
        if feasible:
            cost = day_cost(d, s, v)
            feasible = cost >= 0
            s.total[TRAVEL] += cost - s.days[v, COST]
            s.days[v, COST] = cost
    if not feasible:
        return FAR
    if s.total[WORST_COST] > 0:
        s.total[WORST] = _worst(d, s, w)
    return objective(d, s)


@njit(cache=True, nogil=True)
def _relink(d, s, w):
    for c in range(w.count[N_CHANGED]):
        g = w.group[c, CHANGED]
        w.keys[c, OLD] = s.key[g]
        if s.task[d.group_task[d.group[g, FIRST]], VEHICLE] < 0:
            s.total[LOST] -= d.group[g, PRICE]
        for i in range(d.group[g, FIRST], d.group[g, LAST]):
            t = d.group_task[i]
            v = s.task[t, VEHICLE]
            w.task[t, OLD_VEHICLE] = v
            if v >= 0:
                _touch(s, w, v)
                _push(d, w, s.task[t, AFTER])
                take_out(d, s, t)
    for c in range(w.count[N_CHANGED]):
        s.key[w.group[c, CHANGED]] = w.keys[c, NEW]
    for c in range(w.count[N_CHANGED]):
        g = w.group[c, CHANGED]
        for i in range(d.group[g, FIRST], d.group[g, LAST]):
            t = d.group_task[i]
            v = w.task[t, WANT]
            if v >= 0:
                put_in(d, s, t, v)
                if w.task[t, OLD_VEHICLE] < 0:
                    _retime(d, s, w, t, -FAR, 0)  # differs from any start to come
                _touch(s, w, v)
                _push(d, w, t)
                _push(d, w, s.task[t, AFTER])
            else:
                _retime(d, s, w, t, s.task[t, START_AT], 0)
        if w.task[d.group_task[d.group[g, FIRST]], WANT] < 0:
            s.total[LOST] += d.group[g, PRICE]


@njit(cache=True, nogil=True)
def undo(d, s, w):
    """Take the change of the last ``apply`` back."""
    for c in range(w.count[N_CHANGED]):
        g = w.group[c, CHANGED]
        for i in range(d.group[g, FIRST], d.group[g, LAST]):
            if s.task[d.group_task[i], VEHICLE] >= 0:
                take_out(d, s, d.group_task[i])
    for c in range(w.count[N_CHANGED]):
        s.key[w.group[c, CHANGED]] = w.keys[c, OLD]
    for c in range(w.count[N_CHANGED]):
        g = w.group[c, CHANGED]
        for i in range(d.group[g, FIRST], d.group[g, LAST]):
            t = d.group_task[i]
            if w.task[t, OLD_VEHICLE] >= 0:
                put_in(d, s, t, w.task[t, OLD_VEHICLE])
    for row in range(w.count[N_LOGGED] - 1, -1, -1):
        t = w.log[row, LOG_TASK]
        s.task[t, START_AT], s.task[t, LATE] = w.log[row, LOG_START], w.log[row, LOG_LATE]
    for row in range(w.count[N_TOUCHED]):
        s.days[w.days[row, TOUCHED], COST] = w.days[row, OLD_COST]
    s.total[:] = w.saved


@njit(cache=True, nogil=True)
def spread_keys(d, s):
    """Number the groups anew along routes and links, earliest start first; routes stay."""
    n_groups = d.group.shape[0]
    waits = np.zeros(n_groups, dtype=np.int64)
    at = np.empty(n_groups, dtype=np.int64)
    open_groups = np.empty(n_groups, dtype=np.int64)
    n_open = 0
    absent = 0
    for g in range(n_groups):
        at[g] = FAR
        for i in range(d.group[g, FIRST], d.group[g, LAST]):
            t = d.group_task[i]
            at[g] = min(at[g], s.task[t, START_AT])
            if s.task[t, VEHICLE] >= 0 and s.task[t, BEFORE] >= 0:
                waits[g] += 1
        if s.task[d.group_task[d.group[g, FIRST]], VEHICLE] < 0:
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
        for i in range(d.group[g, FIRST], d.group[g, LAST]):
            q = s.task[d.group_task[i], AFTER]
            if q >= 0:
                h = d.task[q, GROUP]
                waits[h] -= 1
                if waits[h] == 0:
                    open_groups[n_open] = h
                    n_open += 1
