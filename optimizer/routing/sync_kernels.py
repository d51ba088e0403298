# mypy: ignore-errors
"""Compiled plan of linked routes: tables, put in, take out, and the way back.

A *group* is a set of tasks that links tie together (most groups are one task). All groups stand
in one global order of keys; a vehicle's route is its tasks in that order, so that no two people
can wait for each other in a circle. Breaks are rows like tasks, in the routes of used vehicles
alone. Whatever changes is noted in a journal, which brings the plan back to a mark. Timing is in
``sync_timing_kernels``; ``optimizer.routing.sync_model`` builds the tables.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)
from optimizer.routing.schedule_kernels import DISTANCE_COST, END, FAR, FIXED_COST, MODE, START

PLACE, END_PLACE, DURATION, LATE_COST, GROUP, TIED, WINDOW, WINDOW_END, PLAIN = range(9)
LAST_CLOSE, ABLE, ABLE_END, KIND, PLAN_VEHICLE, PLAN_START, PAYER, TAG = range(9, 17)
SIDE, SIDE_END, PIECES = range(17, 20)
LOAD = 20
IS_BREAK, FLOATS, AT_END, LATE_WINDOW, IN_PLAN = 1, 2, 4, 8, 16
FIRST, LAST, LINK, LINK_END, PRICE = range(5)
OVERTIME, OVERTIME_COST, WAIT_COST, MAX_TRAVEL, BREAK, BREAK_END = range(12, 18)
CAPACITY = 18
VEHICLE, BEFORE, AFTER, START_AT, FINISH, LATE, LENGTH, TOLL = range(8)
HEAD, TAIL, TASKS, DAY_COST, TOUCHED, IDLE, WORK, WAIT = range(8)
USED = 8
COST, WORST, WORST_COST, FELL, BROKEN, SPREAD, CHANGES = range(7)
TIMED_DAYS, HAS_BREAKS, HAS_PAIRS, PENALTY, IDLE_COST, BALANCE_COST = range(6)
TOLERANCE, CHANGE_COST, MOST_CHANGES = range(6, 9)
DIFFERENT, SAME, APART, SHARES = range(4)
N_FRONT, N_TOUCHED, N_TIMES, N_MOVES, N_KEYS, N_DAYS, N_TODO, N_RUN = range(8)

compiled = njit(cache=True, nogil=True, _nrt=False)
"""Compiles without counting references to arrays: nothing here makes one, and counting those of
so many tables at every call took most of the time."""
inlined = njit(cache=True, nogil=True, _nrt=False, forceinline=True)
"""The same for functions whose call would cost more than their work."""


class SyncData(NamedTuple):
    """Tables that do not change; n rows (a task per person needed, then the breaks), G groups.

    Every call passes every table: they are few, since many would take most of the time. Index
    tables are int64, so that no function is compiled once more for another kind of integer.

    Attributes:
        time, distance: int32[M, P, P].
        task: int64[n, 20 + K]: place, end place, duration, cost per tick of lateness (-1: may
            not be late; of a break what leaving it out costs), group, whether timing it needs
            the global order, rows in ``window``, whether only lateness after the last window
            matters, last close, rows in ``able_vehicle``, kind (bits), who serves it in the plan
            in force and when, payer, price, rows in ``side``, pieces of its equipment, loads.
        window: int64[W, 2], earliest and latest start.
        group: int64[G, 5]: rows in ``group_task``, rows in ``link``, cost of leaving it out.
        group_task: int64[n], tasks by group.
        link: int64[L, 4]: (a, b) by position in the group, least and most start b - start a.
        side: int64[S, 2]: another task and how the two hang together without being tied:
            different or same person, apart in time, sharing equipment.
        vehicle: int64[V, 18 + K], columns as in ``schedule_kernels``, overtime allowed and its
            cost, cost of waiting, most travel, rows of breaks, capacities.
        able: bool[n, V]. able_vehicle: int64[.], the same as lists.
        pair: int64[2, n, V] (or empty), cost and duration by person.
        near: int64[n, m], tasks that may well stand next to a task, -1 where there are fewer.
        limit: int64[Y], what payers pay at most.
        gumbel: float64[2^k], quantiles of the Gumbel distribution.
        flag: int64[9]: whether days cost by their times, whether there are breaks, tables of
            pairs; cost of a broken rule about persons, of a tick of the largest idle time and of
            the spread of work; tolerance and cost of changes against the plan in force, and how
            many there may be (-1: any number).
    """

    time: np.ndarray
    distance: np.ndarray
    task: np.ndarray
    window: np.ndarray
    group: np.ndarray
    group_task: np.ndarray
    link: np.ndarray
    side: np.ndarray
    vehicle: np.ndarray
    able: np.ndarray
    able_vehicle: np.ndarray
    pair: np.ndarray
    near: np.ndarray
    limit: np.ndarray
    gumbel: np.ndarray
    flag: np.ndarray


class SyncState(NamedTuple):
    """A plan: global order, who does what, and its timing.

    Attributes:
        key: float64[n], the global order; all tasks of a group have the same key.
        task: int64[n, 8]: vehicle (-1 where unserved), neighbours in the route (-1 at its ends),
            start, finish, lateness in ticks, duration, cost that depends on the start.
        days: int64[V, 8 + K]: first and last row (-1 where unused), number of tasks, cost that
            depends on times, whether it is to be costed anew, idle time, time from departure to
            end, waiting, loads.
        paid: int64[Y], what served tasks take from every payer.
        total: int64[7]: objective; largest lateness in ticks, cost per tick of it, whether it may
            have fallen; number of broken rules about persons; cost of the largest idle time and
            of the spread of work; changes against the plan in force.
    """

    key: np.ndarray
    task: np.ndarray
    days: np.ndarray
    paid: np.ndarray
    total: np.ndarray


class SyncWork(NamedTuple):
    """What is to be timed, and the journal that takes changes back.

    Attributes:
        front: int64[G, 2]: groups to be timed anew (a list); by group whether it is in it.
        touched: int64[V], vehicles to be costed anew.
        times: int64[., 5]: task, start, finish, lateness and cost before.
        moves: int64[., 3]: task, vehicle before (-1: it was put in), row it stood behind.
        keys: float64[., 2]: task, key before.
        days: int64[., 5]: vehicle, cost, idle time, work and waiting before.
        mark: int64[2, 9], lengths of the four journals and totals.
        fresh: int64[size of the largest group], new starts.
        crew: int64[3, size of the largest group], people of a group: before, best, on trial.
        run: int64[2, n], tasks taken out of two routes.
        todo: int64[.], tasks to be timed anew.
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
def behind(d, s, p):
    """The last row up to p that has a place of its own, -1 where there is none."""
    if d.flag[HAS_BREAKS]:
        while p >= 0 and d.task[p, KIND] & FLOATS:
            p = s.task[p, BEFORE]
    return p


@inlined
def ahead(d, s, q):
    """The first row from q on that has a place of its own, -1 where there is none."""
    if d.flag[HAS_BREAKS]:
        while q >= 0 and d.task[q, KIND] & FLOATS:
            q = s.task[q, AFTER]
    return q


@inlined
def added(d, s, v, p, t, q):
    """What t between p and q adds to the cost of vehicle v, its times aside."""
    if d.task[t, KIND] & FLOATS:
        return np.int64(0)
    p, q = behind(d, s, p), ahead(d, s, q)
    cost = way(d, d.distance, v, p, t) + way(d, d.distance, v, t, q)
    if p < 0 and q < 0:
        cost = d.vehicle[v, FIXED_COST] + cost * d.vehicle[v, DISTANCE_COST]
    else:
        cost = (cost - way(d, d.distance, v, p, q)) * d.vehicle[v, DISTANCE_COST]
    if d.flag[HAS_PAIRS]:
        cost += d.pair[0, t, v]
    return cost


@inlined
def touch(d, s, w, v):
    """Note that the day of vehicle v has to be costed anew."""
    if d.flag[TIMED_DAYS] and not s.days[v, TOUCHED]:
        s.days[v, TOUCHED] = True
        w.touched[w.count[N_TOUCHED]] = v
        w.count[N_TOUCHED] += 1


@inlined
def push(d, w, g):
    """Put a group on the list of those to be timed anew in the global order."""
    if not w.front[g, 1]:
        w.front[g, 1] = True
        w.front[w.count[N_FRONT], 0] = g
        w.count[N_FRONT] += 1


@inlined
def _hook(d, s, t, v, p):
    """Link t into the route of v behind p."""
    q = s.task[p, AFTER] if p >= 0 else s.days[v, HEAD]
    s.task[t, VEHICLE], s.task[t, BEFORE], s.task[t, AFTER] = v, p, q
    s.task[t, LENGTH] = d.pair[1, t, v] if d.flag[HAS_PAIRS] else d.task[t, DURATION]
    if p >= 0:
        s.task[p, AFTER] = t
    else:
        s.days[v, HEAD] = t
    if q >= 0:
        s.task[q, BEFORE] = t
    else:
        s.days[v, TAIL] = t
    s.days[v, TASKS] += 1 - (d.task[t, KIND] & IS_BREAK)
    if d.task[t, PAYER] >= 0:
        s.paid[d.task[t, PAYER]] += d.task[t, TAG]
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
    s.days[v, TASKS] -= 1 - (d.task[t, KIND] & IS_BREAK)
    if d.task[t, PAYER] >= 0:
        s.paid[d.task[t, PAYER]] -= d.task[t, TAG]
    for k in range(d.task.shape[1] - LOAD):
        s.days[v, USED + k] -= d.task[t, LOAD + k]
    s.task[t, VEHICLE] = -1


@inlined
def has_room(d, s, t, v):
    """Whether the load of t goes with those of vehicle v and its payer can pay it."""
    for k in range(d.task.shape[1] - LOAD):
        if s.days[v, USED + k] + d.task[t, LOAD + k] > d.vehicle[v, CAPACITY + k]:
            return False
    payer = d.task[t, PAYER]
    return payer < 0 or s.paid[payer] + d.task[t, TAG] <= d.limit[payer]


@inlined
def slot(s, v, key):
    """The last row of vehicle v before a key, -1 where there is none."""
    p, q = -1, s.days[v, HEAD]
    while q >= 0 and s.key[q] < key:
        p = q
        q = s.task[q, AFTER]
    return p


@inlined
def journal_time(s, w, t):
    """Note the times of a task."""
    row = w.count[N_TIMES]
    w.times[row, 0], w.times[row, 1] = t, s.task[t, START_AT]
    w.times[row, 2], w.times[row, 3] = s.task[t, FINISH], s.task[t, LATE]
    w.times[row, 4] = s.task[t, TOLL]
    w.count[N_TIMES] += 1


@inlined
def _put(d, s, w, t, v, p):
    row = w.count[N_MOVES]
    w.moves[row, 0], w.moves[row, 1] = t, -1
    w.count[N_MOVES] += 1
    s.total[COST] += added(d, s, v, p, t, s.task[p, AFTER] if p >= 0 else s.days[v, HEAD])
    _hook(d, s, t, v, p)
    journal_time(s, w, t)
    s.task[t, START_AT] = -FAR  # differs from any start to come
    touch(d, s, w, v)


@compiled
def _bring_breaks(d, s, w, v):
    """Put the breaks of a vehicle in that has work now."""
    for b in range(d.vehicle[v, BREAK], d.vehicle[v, BREAK_END]):
        if s.task[b, VEHICLE] < 0:
            _put(d, s, w, b, v, slot(s, v, s.key[b]))


@inlined
def put_in(d, s, w, t, v, p):
    """Link t into the route of v behind p and leave it to be timed.

    The first task brings the breaks of the vehicle with it.
    """
    _put(d, s, w, t, v, p)
    if d.task[t, SIDE] < d.task[t, SIDE_END]:
        _count_broken(d, s, t, v, 1)
    if d.flag[HAS_BREAKS] and s.days[v, TASKS] == 1:
        _bring_breaks(d, s, w, v)


@inlined
def _take(d, s, w, t):
    row = w.count[N_MOVES]
    v, p = s.task[t, VEHICLE], s.task[t, BEFORE]
    w.moves[row, 0], w.moves[row, 1], w.moves[row, 2] = t, v, p
    w.count[N_MOVES] += 1
    q = s.task[t, AFTER]
    _unhook(d, s, t)
    s.total[COST] -= added(d, s, v, p, t, q)
    touch(d, s, w, v)
    if s.task[t, TOLL] != 0 or s.task[t, LATE] != 0:
        journal_time(s, w, t)
        s.total[COST] -= s.task[t, TOLL]
        if s.task[t, LATE] == s.total[WORST]:
            s.total[FELL] = True
        s.task[t, LATE], s.task[t, TOLL] = 0, 0


@compiled
def _drop_breaks(d, s, w, v):
    """Take the breaks of a vehicle out that has no work any more."""
    for b in range(d.vehicle[v, BREAK], d.vehicle[v, BREAK_END]):
        if s.task[b, VEHICLE] >= 0:
            _take(d, s, w, b)


@compiled
def take_out(d, s, w, t):
    """Take t out of its route; its costs go, and with the last task the breaks."""
    v = s.task[t, VEHICLE]
    _take(d, s, w, t)
    if d.task[t, SIDE] < d.task[t, SIDE_END]:
        _count_broken(d, s, t, v, -1)
        push_later(d, s, w, t)
    if d.flag[HAS_BREAKS] and s.days[v, TASKS] == 0:
        _drop_breaks(d, s, w, v)


@compiled
def _count_broken(d, s, t, v, sign):
    """Count the rules about persons that t, done by v, breaks; ``sign`` -1 takes them back."""
    for row in range(d.task[t, SIDE], d.task[t, SIDE_END]):
        who = s.task[d.side[row, 0], VEHICLE]
        kind = d.side[row, 1]
        if who >= 0 and ((kind == DIFFERENT and who == v) or (kind == SAME and who != v)):
            s.total[BROKEN] += sign
            s.total[COST] += sign * d.flag[PENALTY]


@compiled
def push_later(d, s, w, t):
    """List the groups that start after t because they may not be under way with it."""
    for row in range(d.task[t, SIDE], d.task[t, SIDE_END]):
        u = d.side[row, 0]
        if d.side[row, 1] >= APART and s.task[u, VEHICLE] >= 0 and s.key[u] > s.key[t]:
            push(d, w, d.task[u, GROUP])


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
    w.mark[level, 6], w.mark[level, 7] = s.total[BROKEN], s.total[SPREAD]
    w.mark[level, 8] = s.total[CHANGES]


@compiled
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
        s.task[t, LATE], s.task[t, TOLL] = w.times[row, 3], w.times[row, 4]
    for row in range(w.count[N_DAYS] - 1, w.mark[level, 3] - 1, -1):
        v = w.days[row, 0]
        s.days[v, DAY_COST], s.days[v, IDLE] = w.days[row, 1], w.days[row, 2]
        s.days[v, WORK], s.days[v, WAIT] = w.days[row, 3], w.days[row, 4]
    for i in range(4):
        w.count[N_TIMES + i] = w.mark[level, i]
    s.total[COST], s.total[WORST], s.total[FELL] = w.mark[level, 4], w.mark[level, 5], False
    s.total[BROKEN], s.total[SPREAD] = w.mark[level, 6], w.mark[level, 7]
    s.total[CHANGES] = w.mark[level, 8]


@compiled
def put(d, s, w, t, v, p):
    """``put_in`` where a call does not matter."""
    put_in(d, s, w, t, v, p)
