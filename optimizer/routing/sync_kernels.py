# mypy: ignore-errors
"""Compiled plan of linked routes: put in, take out, time anew, and the way back.

A *group* is a set of tasks that links tie together (most groups are one task). All groups stand
in one global order of keys; a vehicle's route is its tasks in that order, so that no two people
can wait for each other in a circle. After a change new starts are passed on along routes and
links, and only as far as they differ: tasks on their own at once along their route, tied groups
in the global order. Timing stops as soon as the cost passes a limit. A journal brings the plan
back to a mark. ``optimizer.routing.sync_model`` builds the tables.
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

PLACE, END_PLACE, DURATION, LATE_COST, GROUP, TIED, WINDOW, WINDOW_END, FIRST_OPEN = range(9)
LAST_CLOSE, ABLE, ABLE_END = range(9, 12)
LOAD = 12
FIRST, LAST, LINK, LINK_END, PRICE = range(5)
CAPACITY = 12
VEHICLE, BEFORE, AFTER, START_AT, FINISH, LATE = range(6)
HEAD, TAIL, COUNT, DAY_COST, TOUCHED = range(5)
USED = 5
COST, WORST, WORST_COST, FELL = range(4)
TIMED_DAYS = 0
N_FRONT, N_TOUCHED, N_TIMES, N_MOVES, N_KEYS, N_DAYS, N_TODO, N_RUN = range(8)

compiled = njit(cache=True, nogil=True, _nrt=False)
"""Compiles without counting references to arrays: nothing here makes one, and counting those of
so many tables at every call took most of the time."""
inlined = njit(cache=True, nogil=True, _nrt=False, forceinline=True)
"""The same for functions whose call would cost more than their work."""


class SyncData(NamedTuple):
    """Tables that do not change; n tasks (one per person needed), G groups, V vehicles.

    Every call passes every table: they are few, since many would take most of the time.

    Attributes:
        time, distance: int32[M, P, P].
        task: int64[n, 12 + K]: place, end place, duration, cost per tick of lateness (-1: may
            not be late), group, whether the group has other tasks, rows in ``window``, first
            opening, last close, rows in ``able_vehicle``, loads.
        window: int64[W, 2], earliest and latest start.
        group: int64[G, 5]: rows in ``group_task``, rows in ``link``, cost of leaving it out.
        group_task: int32[n], tasks by group.
        link: int64[L, 4]: (a, b) by position in the group, least and most start b - start a.
        vehicle: int64[V, 12 + K], columns as in ``schedule_kernels``, then capacities.
        able: bool[n, V]. able_vehicle: int32[.], the same as lists.
        near: int32[n, m], tasks that may well stand next to a task, -1 where there are fewer.
        gumbel: float64[2^k], quantiles of the Gumbel distribution.
        flag: int64[1]: whether days cost by their times.
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
    gumbel: np.ndarray
    flag: np.ndarray


class SyncState(NamedTuple):
    """A plan: global order, who does what, and its timing.

    Attributes:
        key: float64[n], the global order; all tasks of a group have the same key.
        task: int64[n, 6]: vehicle (-1 where unserved), neighbours in the route (-1 at its ends),
            start, finish, lateness in ticks.
        days: int64[V, 5 + K]: first and last task (-1 where unused), number of tasks, cost that
            depends on times, whether it is to be costed anew, loads.
        total: int64[4]: objective; largest lateness in ticks, cost per tick of it, and whether
            it may have fallen.
    """

    key: np.ndarray
    task: np.ndarray
    days: np.ndarray
    total: np.ndarray


class SyncWork(NamedTuple):
    """What is to be timed, and the journal that takes changes back.

    Attributes:
        front: int64[G, 2]: groups to be timed anew (a list); by group whether it is in it.
        touched: int64[V], vehicles to be costed anew.
        times: int64[., 4]: task, start, finish and lateness before.
        moves: int64[., 3]: task, vehicle before (-1: it was put in), task it stood behind.
        keys: float64[., 2]: task, key before.
        days: int64[., 2]: vehicle, cost before.
        mark: int64[2, 6], lengths of the four journals, objective and largest lateness.
        fresh: int64[size of the largest group], new starts.
        crew: int64[3, size of the largest group], people of a group: before, best, on trial.
        run: int64[2, n], tasks taken out of two routes.
        todo: int64[4n], tasks to be timed anew.
        count: int64[9], lengths of the lists.
    """

    front: np.ndarray
    touched: np.ndarray
    times: np.ndarray
    moves: np.ndarray
    keys: np.ndarray
    days: np.ndarray
    mark: np.ndarray
    fresh: np.ndarray
    crew: np.ndarray
    run: np.ndarray
    todo: np.ndarray
    count: np.ndarray


@inlined
def way(d, table, v, p, q):
    """Entry of a matrix between two neighbours of vehicle v; -1 stands for its day's ends."""
    home = d.vehicle[v, END]
    if q < 0 and (p < 0 or home < 0):
        return np.int64(0)
    here = d.task[p, END_PLACE] if p >= 0 else d.vehicle[v, START]
    there = d.task[q, PLACE] if q >= 0 else home
    return np.int64(table[d.vehicle[v, MODE], here, there])


@inlined
def detour(d, v, p, t, q):
    """Cost of the way that vehicle v makes more for t between p and q."""
    metres = way(d, d.distance, v, p, t) + way(d, d.distance, v, t, q)
    if p < 0 and q < 0:
        return d.vehicle[v, FIXED_COST] + metres * d.vehicle[v, DISTANCE_COST]
    return (metres - way(d, d.distance, v, p, q)) * d.vehicle[v, DISTANCE_COST]


@inlined
def arrival(d, s, v, p, t):
    """When vehicle v, coming from p, is at task t; FAR where no way leads there."""
    leg = way(d, d.time, v, p, t)
    if leg >= UNREACHABLE:
        return FAR
    return leg + (d.vehicle[v, OPEN] if p < 0 else s.task[p, FINISH])


@inlined
def fit(d, t, at):
    """The earliest start from a moment on, FAR where there is none."""
    if at <= d.task[t, LAST_CLOSE]:
        row = d.task[t, WINDOW]
        while at > d.window[row, 1]:
            row += 1
        return max(at, d.window[row, 0])
    return at if d.task[t, LATE_COST] >= 0 else FAR


@inlined
def touch(d, s, w, v):
    """Note that the day of vehicle v has to be costed anew."""
    if d.flag[TIMED_DAYS] and not s.days[v, TOUCHED]:
        s.days[v, TOUCHED] = True
        w.touched[w.count[N_TOUCHED]] = v
        w.count[N_TOUCHED] += 1


@inlined
def _hook(d, s, t, v, p):
    """Link t into the route of v behind p."""
    q = s.task[p, AFTER] if p >= 0 else s.days[v, HEAD]
    s.task[t, VEHICLE], s.task[t, BEFORE], s.task[t, AFTER] = v, p, q
    if p >= 0:
        s.task[p, AFTER] = t
    else:
        s.days[v, HEAD] = t
    if q >= 0:
        s.task[q, BEFORE] = t
    else:
        s.days[v, TAIL] = t
    s.days[v, COUNT] += 1
    for k in range(d.task.shape[1] - LOAD):
        s.days[v, USED + k] += d.task[t, LOAD + k]


@inlined
def _unhook(d, s, t):
    """Take t out of its route; its times are left as they are."""
    v, p, q = s.task[t, VEHICLE], s.task[t, BEFORE], s.task[t, AFTER]
    if p >= 0:
        s.task[p, AFTER] = q
    else:
        s.days[v, HEAD] = q
    if q >= 0:
        s.task[q, BEFORE] = p
    else:
        s.days[v, TAIL] = p
    s.days[v, COUNT] -= 1
    for k in range(d.task.shape[1] - LOAD):
        s.days[v, USED + k] -= d.task[t, LOAD + k]
    s.task[t, VEHICLE] = -1


@inlined
def has_room(d, s, t, v):
    """Whether the load of t goes with those of vehicle v."""
    for k in range(d.task.shape[1] - LOAD):
        if s.days[v, USED + k] + d.task[t, LOAD + k] > d.vehicle[v, CAPACITY + k]:
            return False
    return True


@inlined
def slot(s, v, key):
    """The last task of vehicle v before a key, -1 where there is none."""
    p, q = -1, s.days[v, HEAD]
    while q >= 0 and s.key[q] < key:
        p = q
        q = s.task[q, AFTER]
    return p


@inlined
def _journal_time(s, w, t):
    row = w.count[N_TIMES]
    w.times[row, 0], w.times[row, 1] = t, s.task[t, START_AT]
    w.times[row, 2], w.times[row, 3] = s.task[t, FINISH], s.task[t, LATE]
    w.count[N_TIMES] += 1


@inlined
def put_in(d, s, w, t, v, p):
    """Link t into the route of v behind p and leave it to be timed."""
    row = w.count[N_MOVES]
    w.moves[row, 0], w.moves[row, 1] = t, -1
    w.count[N_MOVES] += 1
    s.total[COST] += detour(d, v, p, t, s.task[p, AFTER] if p >= 0 else s.days[v, HEAD])
    _hook(d, s, t, v, p)
    _journal_time(s, w, t)
    s.task[t, START_AT] = -FAR  # differs from any start to come
    touch(d, s, w, v)


@inlined
def take_out(d, s, w, t):
    """Take t out of its route; the cost of its lateness goes."""
    row = w.count[N_MOVES]
    v, p = s.task[t, VEHICLE], s.task[t, BEFORE]
    w.moves[row, 0], w.moves[row, 1], w.moves[row, 2] = t, v, p
    w.count[N_MOVES] += 1
    s.total[COST] -= detour(d, v, p, t, s.task[t, AFTER])
    _unhook(d, s, t)
    touch(d, s, w, v)
    late = s.task[t, LATE]
    if late > 0:
        _journal_time(s, w, t)
        s.total[COST] -= late * d.task[t, LATE_COST]
        s.task[t, LATE] = 0
        if late == s.total[WORST]:
            s.total[FELL] = True


@compiled
def set_key(d, s, w, g, key):
    """Give a group another key; its tasks must be where the key says when timing begins."""
    for i in range(d.group[g, FIRST], d.group[g, LAST]):
        t = d.group_task[i]
        row = w.count[N_KEYS]
        w.keys[row, 0], w.keys[row, 1] = t, s.key[t]
        w.count[N_KEYS] += 1
        s.key[t] = key


@inlined
def ends_in_time(d, s, v, t):
    """Whether vehicle v, having done its last task t, is home before its shift ends."""
    leg = way(d, d.time, v, t, -1)
    return leg < UNREACHABLE and s.task[t, FINISH] + leg <= d.vehicle[v, CLOSE]


@inlined
def _retime(d, s, w, t, start):
    """Give a task another start; the cost of its lateness follows."""
    _journal_time(s, w, t)
    s.task[t, START_AT], s.task[t, FINISH] = start, start + d.task[t, DURATION]
    touch(d, s, w, s.task[t, VEHICLE])
    before = s.task[t, LATE]
    late = max(0, start - d.task[t, LAST_CLOSE])
    if late != before:
        s.task[t, LATE] = late
        s.total[COST] += (late - before) * d.task[t, LATE_COST]
        if late > s.total[WORST]:
            s.total[COST] += (late - s.total[WORST]) * s.total[WORST_COST]
            s.total[WORST] = late
        elif late < before and before == s.total[WORST]:
            s.total[FELL] = True


@inlined
def push(d, w, g):
    """Put a tied group on the list of those to be timed anew."""
    if not w.front[g, 1]:
        w.front[g, 1] = True
        w.front[w.count[N_FRONT], 0] = g
        w.count[N_FRONT] += 1


@inlined
def chain(d, s, w, t, limit):
    """Time the tasks of a route anew from t on, as far as starts differ or to a tied group.

    Returns False where a rule is broken or the objective passes the limit.
    """
    while t >= 0:
        if d.task[t, TIED]:
            push(d, w, d.task[t, GROUP])
            return True
        v = s.task[t, VEHICLE]
        at = arrival(d, s, v, s.task[t, BEFORE], t)
        start = fit(d, t, at) if at < FAR else FAR
        if start == s.task[t, START_AT]:
            return True
        if start == FAR:
            return False
        _retime(d, s, w, t, start)
        if s.total[COST] > limit:
            return False
        q = s.task[t, AFTER]
        if q < 0 and not ends_in_time(d, s, v, t):
            return False
        t = q
    return True


@compiled
def _fresh_starts(d, s, w, g):
    """Earliest starts of a tied group behind its tasks' predecessors; whether there are any.

    Tasks of the group that nobody does are passed over.
    """
    first, last = d.group[g, FIRST], d.group[g, LAST]
    rounds = 2
    for i in range(first, last):
        t = d.group_task[i]
        v = s.task[t, VEHICLE]
        if v < 0:
            continue
        at = arrival(d, s, v, s.task[t, BEFORE], t)
        start = fit(d, t, at) if at < FAR else FAR
        if start == FAR:
            return False
        w.fresh[i - first] = start
        rounds += 1 + (last - first) * (d.task[t, WINDOW_END] - d.task[t, WINDOW])
    for _ in range(rounds):
        settled = True
        for row in range(d.group[g, LINK], d.group[g, LINK_END]):
            a, b = d.link[row, 0], d.link[row, 1]
            t, u = d.group_task[first + a], d.group_task[first + b]
            if s.task[t, VEHICLE] < 0 or s.task[u, VEHICLE] < 0:
                continue
            if w.fresh[b] < w.fresh[a] + d.link[row, 2]:
                w.fresh[b] = fit(d, u, w.fresh[a] + d.link[row, 2])
                settled = False
            if w.fresh[b] == FAR:
                return False
            if w.fresh[a] < w.fresh[b] - d.link[row, 3]:
                w.fresh[a] = fit(d, t, w.fresh[b] - d.link[row, 3])
                settled = False
            if w.fresh[a] == FAR:
                return False
        if settled:
            return True
    return False


@compiled
def _day_cost(d, s, v):
    """Cost by the times of a vehicle's day, -1 where it breaks a rule."""
    first, last = s.days[v, HEAD], s.days[v, TAIL]
    if first < 0:
        return 0
    leg = way(d, d.time, v, last, -1)
    end = s.task[last, FINISH] + leg
    if leg >= UNREACHABLE or end > d.vehicle[v, CLOSE]:
        return -1
    depart = s.task[first, START_AT] - way(d, d.time, v, -1, first)
    if d.vehicle[v, MAX_WORK] >= 0 and end - depart > d.vehicle[v, MAX_WORK]:
        return -1
    return (end - depart) * d.vehicle[v, TIME_COST]


@inlined
def _pop(d, s, w):
    """The group of the list that comes first; the list is short."""
    best = 0
    key = s.key[d.group_task[d.group[w.front[0, 0], FIRST]]]
    for i in range(1, w.count[N_FRONT]):
        other = s.key[d.group_task[d.group[w.front[i, 0], FIRST]]]
        if other < key:
            best, key = i, other
    g = w.front[best, 0]
    w.count[N_FRONT] -= 1
    w.front[best, 0] = w.front[w.count[N_FRONT], 0]
    w.front[g, 1] = False
    return g


@inlined
def propagate(d, s, w, limit):
    """Time all listed groups and what follows from them; whether the plan keeps the rules.

    Stops with False as soon as the objective passes the limit; ``roll_back`` must follow then.
    """
    if w.count[N_FRONT] == 0 and w.count[N_TOUCHED] == 0 and not s.total[FELL]:
        return True
    return _propagate(d, s, w, limit)


@compiled
def _propagate(d, s, w, limit):
    while w.count[N_FRONT] > 0:
        g = _pop(d, s, w)
        if not _fresh_starts(d, s, w, g):
            return False
        first = d.group[g, FIRST]
        for i in range(first, d.group[g, LAST]):
            t = d.group_task[i]
            v = s.task[t, VEHICLE]
            if v < 0 or w.fresh[i - first] == s.task[t, START_AT]:
                continue
            _retime(d, s, w, t, w.fresh[i - first])
            if s.task[t, AFTER] < 0 and not ends_in_time(d, s, v, t):
                return False
            if s.total[COST] > limit:
                return False
            if not chain(d, s, w, s.task[t, AFTER], limit):
                return False
    if s.total[FELL]:
        _worst_anew(s)
    return w.count[N_TOUCHED] == 0 or _cost_days(d, s, w)


@compiled
def _worst_anew(s):
    """The largest lateness, where it may have fallen."""
    s.total[FELL] = False
    if s.total[WORST_COST] == 0:
        return
    worst = 0
    for t in range(s.task.shape[0]):
        worst = max(worst, s.task[t, LATE])
    s.total[COST] += (worst - s.total[WORST]) * s.total[WORST_COST]
    s.total[WORST] = worst


@compiled
def _cost_days(d, s, w):
    """Cost the touched days; whether they keep the rules."""
    while w.count[N_TOUCHED] > 0:
        w.count[N_TOUCHED] -= 1
        v = w.touched[w.count[N_TOUCHED]]
        s.days[v, TOUCHED] = False
        cost = _day_cost(d, s, v)
        if cost < 0:
            return False
        if cost != s.days[v, DAY_COST]:
            row = w.count[N_DAYS]
            w.days[row, 0], w.days[row, 1] = v, s.days[v, DAY_COST]
            w.count[N_DAYS] += 1
            s.total[COST] += cost - s.days[v, DAY_COST]
            s.days[v, DAY_COST] = cost
    return True


@inlined
def close_gap(d, s, w, v, p, q, limit):
    """Time route v anew after a task between p and q was taken out."""
    if q >= 0:
        return chain(d, s, w, q, limit)
    return p < 0 or ends_in_time(d, s, v, p)


@inlined
def begin(s, w):
    """Empty the journal: what was done before stays."""
    for i in range(4):
        w.count[N_TIMES + i] = 0
    set_mark(s, w, 0)


@inlined
def set_mark(s, w, level):
    """Note a point to which ``roll_back`` can return."""
    for i in range(4):
        w.mark[level, i] = w.count[N_TIMES + i]
    w.mark[level, 4], w.mark[level, 5] = s.total[COST], s.total[WORST]


@inlined
def roll_back(d, s, w, level):
    """Make the plan again what it was at a mark."""
    while w.count[N_FRONT] > 0:
        w.count[N_FRONT] -= 1
        w.front[w.front[w.count[N_FRONT], 0], 1] = False
    while w.count[N_TOUCHED] > 0:
        w.count[N_TOUCHED] -= 1
        s.days[w.touched[w.count[N_TOUCHED]], TOUCHED] = False
    for row in range(w.count[N_KEYS] - 1, w.mark[level, 2] - 1, -1):
        s.key[np.int64(w.keys[row, 0])] = w.keys[row, 1]
    for row in range(w.count[N_MOVES] - 1, w.mark[level, 1] - 1, -1):
        if w.moves[row, 1] < 0:
            _unhook(d, s, w.moves[row, 0])
        else:
            _hook(d, s, w.moves[row, 0], w.moves[row, 1], w.moves[row, 2])
    for row in range(w.count[N_TIMES] - 1, w.mark[level, 0] - 1, -1):
        t = w.times[row, 0]
        s.task[t, START_AT], s.task[t, FINISH] = w.times[row, 1], w.times[row, 2]
        s.task[t, LATE] = w.times[row, 3]
    for row in range(w.count[N_DAYS] - 1, w.mark[level, 3] - 1, -1):
        s.days[w.days[row, 0], DAY_COST] = w.days[row, 1]
    for i in range(4):
        w.count[N_TIMES + i] = w.mark[level, i]
    s.total[COST], s.total[WORST], s.total[FELL] = w.mark[level, 4], w.mark[level, 5], False
