# mypy: ignore-errors
"""Compiled timing of a running plan: all routes at once, as a net of time differences.

Every step of the plan is a *node* with a start. Ways, services, links, staff and the limit on
work say "start of b >= start of a + w"; windows say which starts are allowed. Such rules are kept
by the later of two timings and by the earlier of two timings, step by step, so that there is one
earliest timing and one latest (Dechter, Meiri, Pearl 1991), and among the timings that start
nothing earlier than given moments there is one earliest too. With these moments at
min(start in the plan, latest start) that timing moves visits only where it must: nothing comes
earlier unless it has to, and nothing comes later than it has to.

``optimizer.routing.dispatch.net`` builds the tables. They are few and wide, and the inner
functions get the tables that they read, since every table passed on costs time.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)

FAR = 2**60
UNREACHABLE = 2**30  # as in optimizer.routing.problem

WHAT, VEHICLE, BEFORE, AFTER, LEAST, MOST, WISH, LEAVE = range(8)
PLACE, END_PLACE, LENGTH, ALLOW, ALLOW_END, AT_END = range(8, 14)
ARC, ARC_END, BACK, BACK_END = range(14, 18)
LATEST, EARLIEST, KEPT, TRY_LATEST, TRY, LOGGED_LATEST, LOGGED, QUEUED = range(18, 26)
PAIR_COST, LATE_COST, EARLY_COST, WINDOW, WINDOW_END, PLAN_VEHICLE, PLAN_START = range(26, 33)
NODE_COLUMNS = 33
MODE, START, END, OPEN, CLOSE, LAST_END, MAX_WORK, MAX_TRAVEL = range(8)
FIXED_COST, TIME_COST, DISTANCE_COST, WAIT_COST, OVERTIME_COST = range(8, 13)
DEPART, LAST_BOUND, HEAD, TAIL = range(13, 17)
OTHER, GAP, WITH_LENGTH = range(3)
QUEUE, LOG_LATEST, LOG = range(3)
N_LATEST, N_LOG, FIRST, N_QUEUE = range(4)
DURATION, COST_OF_PAIR, ALLOWED = range(3)


class Net(NamedTuple):
    """A plan as a net; N nodes, T tasks, V vehicles.

    Attributes:
        time, distance: int32[M, P, P].
        node: int64[N, 33]. What it is (a task, or -1 - break), its vehicle (-1 where in no
            route), the nodes before and after it; least, most and wished start, the moment of
            leaving where it is known (-1 otherwise); place, end place (-1: wherever the next step
            is), length; rows in ``allow``, whether windows hold for the finish; rows in ``arc``
            and ``back``; latest, earliest and kept start; the latest and kept start under trial,
            whether these are logged and the node queued; what it costs, rows in ``window``, who
            serves it and when in the plan in force.
        vehicle: int64[V, 17]; LAST_END is the latest end of its day, DEPART its departure where
            that is past (-1 otherwise), LAST_BOUND the last node that nothing may come before
            (-1 for none), HEAD and TAIL the ends of its route.
        allow: int64[A, 2], earliest and latest start (or finish) by window, widened where a task
            may be early or late; FAR where nothing ends it.
        window: int64[W, 2], the windows themselves.
        arc: int64[E, 3]: to, least difference of starts, whether the from-node's length comes on
            top. back: int64[E, 3], the same arcs by to-node.
        pair: int64[3, T, V]: duration, cost, whether v may serve t (0 or 1).
        load: int64[T, K]. capacity: int64[V, K].
        work: int64[3, N + 1], queue and logs of the trial under way. count: int64[4].
        weight: int64[6]: tolerance, most changes, and costs that belong to the whole plan.
    """

    time: np.ndarray
    distance: np.ndarray
    node: np.ndarray
    vehicle: np.ndarray
    allow: np.ndarray
    window: np.ndarray
    arc: np.ndarray
    back: np.ndarray
    pair: np.ndarray
    load: np.ndarray
    capacity: np.ndarray
    work: np.ndarray
    count: np.ndarray
    weight: np.ndarray


@njit(cache=True, nogil=True)
def floats(node, n):
    """Whether a node is a break that is taken wherever the person then is."""
    return node[n, PLACE] < 0


@njit(cache=True, nogil=True)
def place_of(node, vehicle, v, n):
    """Where a node begins; -1 where the day ends at a break that has no place."""
    while n >= 0:
        if node[n, PLACE] >= 0:
            return node[n, PLACE]
        n = node[n, AFTER]
    return vehicle[v, END]


@njit(cache=True, nogil=True)
def way(table, node, vehicle, v, p, q):
    """Entry of a matrix between two neighbours of a route; -1 stands for its ends."""
    there = place_of(node, vehicle, v, q)
    if p < 0:
        here = vehicle[v, START]
    elif node[p, END_PLACE] >= 0:
        here = node[p, END_PLACE]
    else:
        here = place_of(node, vehicle, v, p)
    if there < 0 or here < 0:
        return 0
    return np.int64(table[vehicle[v, MODE], here, there])


@njit(cache=True, nogil=True)
def fit(node, allow, n, at):
    """The earliest allowed start of a node from a moment on, FAR where there is none."""
    at = max(at, node[n, LEAST])
    most = node[n, MOST]
    if at > most:
        return FAR
    if node[n, LEAST] == most:
        return at
    shift = node[n, LENGTH] if node[n, AT_END] else 0
    for row in range(node[n, ALLOW], node[n, ALLOW_END]):
        found = max(at, allow[row, 0])
        if found <= allow[row, 1] - (shift if allow[row, 1] < FAR else 0):
            return found if found <= most else FAR
    return FAR


@njit(cache=True, nogil=True)
def fit_back(node, allow, n, at):
    """The latest allowed start of a node up to a moment, -FAR where there is none."""
    at = min(at, node[n, MOST])
    least = node[n, LEAST]
    if at < least:
        return -FAR
    if least == node[n, MOST]:
        return at
    shift = node[n, LENGTH] if node[n, AT_END] else 0
    for row in range(node[n, ALLOW_END] - 1, node[n, ALLOW] - 1, -1):
        found = min(at, allow[row, 1] - (shift if allow[row, 1] < FAR else 0))
        if found >= allow[row, 0]:
            return found if found >= least else -FAR
    return -FAR


@njit(cache=True, nogil=True)
def leaving(node, n, at):
    """When the person of a node that starts at a moment goes on (home: as soon as it is over)."""
    if node[n, LEAVE] >= 0 and node[n, AFTER] >= 0:
        return node[n, LEAVE]
    return at + node[n, LENGTH]


@njit(cache=True, nogil=True)
def push(node, work, count, n):
    """Queue a node."""
    if n >= 0 and not node[n, QUEUED]:
        at = count[FIRST] + count[N_QUEUE]
        size = work.shape[1]
        work[QUEUE, at if at < size else at - size] = n
        count[N_QUEUE] += 1
        node[n, QUEUED] = 1


@njit(cache=True, nogil=True)
def pop(node, work, count):
    """Take the first node out of the queue."""
    n = work[QUEUE, count[FIRST]]
    count[FIRST] += 1
    if count[FIRST] == work.shape[1]:
        count[FIRST] = 0
    count[N_QUEUE] -= 1
    node[n, QUEUED] = 0
    return n


@njit(cache=True, nogil=True)
def drop_queue(node, work, count):
    """Empty the queue."""
    while count[N_QUEUE] > 0:
        pop(node, work, count)


@njit(cache=True, nogil=True)
def note(node, work, count, n, at):
    """Set a start under trial."""
    if not node[n, LOGGED]:
        node[n, LOGGED] = 1
        work[LOG, count[N_LOG]] = n
        count[N_LOG] += 1
    node[n, TRY] = at


@njit(cache=True, nogil=True)
def note_latest(node, work, count, n, at):
    """Set a latest start under trial."""
    if not node[n, LOGGED_LATEST]:
        node[n, LOGGED_LATEST] = 1
        work[LOG_LATEST, count[N_LATEST]] = n
        count[N_LATEST] += 1
    node[n, TRY_LATEST] = at


@njit(cache=True, nogil=True)
def undo(c):
    """Take the starts under trial back."""
    node, work, count = c.node, c.work, c.count
    for i in range(count[N_LATEST]):
        n = work[LOG_LATEST, i]
        node[n, TRY_LATEST] = node[n, LATEST]
        node[n, LOGGED_LATEST] = 0
    for i in range(count[N_LOG]):
        n = work[LOG, i]
        node[n, TRY] = node[n, KEPT]
        node[n, LOGGED] = 0
    count[N_LATEST] = 0
    count[N_LOG] = 0


@njit(cache=True, nogil=True)
def later(node, allow, work, count, n, at):
    """Start a node at a moment or later; whether it can."""
    if n < 0 or at <= node[n, TRY]:
        return True
    at = fit(node, allow, n, at)
    if at == FAR:
        return False
    note(node, work, count, n, at)
    push(node, work, count, n)
    return True


@njit(cache=True, nogil=True)
def earlier(node, allow, work, count, n, at):
    """Start a node at a moment or earlier; whether it can."""
    if n < 0 or at >= node[n, TRY_LATEST]:
        return True
    at = fit_back(node, allow, n, at)
    if at == -FAR:
        return False
    note_latest(node, work, count, n, at)
    push(node, work, count, n)
    return True


@njit(cache=True, nogil=True)
def begins(c, v):
    """Start the first node of a route no earlier than its shift lets it."""
    n = c.vehicle[v, HEAD]
    if n < 0 or c.vehicle[v, DEPART] >= 0:
        return True
    at = c.vehicle[v, OPEN] + way(c.time, c.node, c.vehicle, v, -1, n)
    return later(c.node, c.allow, c.work, c.count, n, at)


@njit(cache=True, nogil=True)
def ends_in_time(c, v):
    """Start the last node of a route no later than its shift lets it."""
    node, vehicle = c.node, c.vehicle
    n = vehicle[v, TAIL]
    if n < 0:
        return True
    most = vehicle[v, LAST_END]
    if vehicle[v, DEPART] >= 0 and vehicle[v, MAX_WORK] >= 0:
        most = min(most, vehicle[v, DEPART] + vehicle[v, MAX_WORK])
    most -= way(c.time, node, vehicle, v, n, -1)
    return earlier(node, c.allow, c.work, c.count, n, most - node[n, LENGTH])


@njit(cache=True, nogil=True)
def forward(c):
    """Pass starts on from the queued nodes; whether all rules hold."""
    time, node, vehicle, allow, arc = c.time, c.node, c.vehicle, c.allow, c.arc
    work, count = c.work, c.count
    left = node.shape[0] * node.shape[0] + 4096
    while count[N_QUEUE] > 0:
        n = pop(node, work, count)
        left -= 1
        v, q = node[n, VEHICLE], node[n, AFTER]
        if v < 0:
            continue
        out = leaving(node, n, node[n, TRY]) + way(time, node, vehicle, v, n, q)
        good = left > 0
        if q >= 0:
            good &= later(node, allow, work, count, q, out)
        else:
            good &= out <= vehicle[v, LAST_END]
            limit = vehicle[v, MAX_WORK]
            if good and limit >= 0:
                if vehicle[v, DEPART] >= 0:
                    good = out - vehicle[v, DEPART] <= limit
                else:
                    first = vehicle[v, HEAD]
                    at = out - limit + way(time, node, vehicle, v, -1, first)
                    good = later(node, allow, work, count, first, at)
        row, last = node[n, ARC], node[n, ARC_END]
        while good and row < last:
            to = arc[row, OTHER]
            if node[to, VEHICLE] >= 0:
                gap = arc[row, GAP] + (node[n, LENGTH] if arc[row, WITH_LENGTH] else 0)
                good = later(node, allow, work, count, to, node[n, TRY] + gap)
            row += 1
        if not good:
            drop_queue(node, work, count)
            return False
    return True


@njit(cache=True, nogil=True)
def backward(c):
    """Pass latest starts back from the queued nodes; whether all rules hold."""
    time, node, vehicle, allow, back = c.time, c.node, c.vehicle, c.allow, c.back
    work, count = c.work, c.count
    left = node.shape[0] * node.shape[0] + 4096
    while count[N_QUEUE] > 0:
        n = pop(node, work, count)
        left -= 1
        v, p = node[n, VEHICLE], node[n, BEFORE]
        if v < 0:
            continue
        most = node[n, TRY_LATEST] - way(time, node, vehicle, v, p, n)
        good = left > 0
        if p >= 0:
            if node[p, LEAVE] >= 0:
                good &= node[p, LEAVE] <= most
            else:
                good &= earlier(node, allow, work, count, p, most - node[p, LENGTH])
        elif vehicle[v, DEPART] < 0:
            good &= most >= vehicle[v, OPEN]
            limit, last = vehicle[v, MAX_WORK], vehicle[v, TAIL]
            if good and limit >= 0:
                at = most + limit - way(time, node, vehicle, v, last, -1) - node[last, LENGTH]
                good = earlier(node, allow, work, count, last, at)
        row, end = node[n, BACK], node[n, BACK_END]
        while good and row < end:
            src = back[row, OTHER]
            if node[src, VEHICLE] >= 0:
                gap = back[row, GAP] + (node[src, LENGTH] if back[row, WITH_LENGTH] else 0)
                good = earlier(node, allow, work, count, src, node[n, TRY_LATEST] - gap)
            row += 1
        if not good:
            drop_queue(node, work, count)
            return False
    return True


@njit(cache=True, nogil=True)
def assign(c, n, v):
    """Give a node to a vehicle, with the length and cost that it then has."""
    node = c.node
    node[n, VEHICLE] = v
    if node[n, WHAT] >= 0:
        node[n, LENGTH] = c.pair[DURATION, node[n, WHAT], v]
        node[n, PAIR_COST] = c.pair[COST_OF_PAIR, node[n, WHAT], v]


@njit(cache=True, nogil=True)
def link_in(c, n, v, p):
    """Put a node into a route behind another (-1: at its head)."""
    node, vehicle = c.node, c.vehicle
    assign(c, n, v)
    q = vehicle[v, HEAD] if p < 0 else node[p, AFTER]
    node[n, BEFORE], node[n, AFTER] = p, q
    if p >= 0:
        node[p, AFTER] = n
    else:
        vehicle[v, HEAD] = n
    if q >= 0:
        node[q, BEFORE] = n
    else:
        vehicle[v, TAIL] = n


@njit(cache=True, nogil=True)
def link_out(c, n):
    """Take a node out of its route."""
    node, vehicle = c.node, c.vehicle
    v, p, q = node[n, VEHICLE], node[n, BEFORE], node[n, AFTER]
    if p >= 0:
        node[p, AFTER] = q
    else:
        vehicle[v, HEAD] = q
    if q >= 0:
        node[q, BEFORE] = p
    else:
        vehicle[v, TAIL] = p
    node[n, VEHICLE] = -1


@njit(cache=True, nogil=True)
def is_idle(node, vehicle, v, apart):
    """Whether a vehicle serves nothing, node ``apart`` not counted; its breaks do not bind then."""
    n = vehicle[v, HEAD]
    while n >= 0:
        if n != apart and node[n, WHAT] >= 0:
            return False
        n = node[n, AFTER]
    return True


@njit(cache=True, nogil=True)
def _all_earliest(c, busy, wished):
    """Earliest starts of all nodes from their least (or wished) starts; whether rules hold."""
    node = c.node
    good = True
    for n in range(node.shape[0]):
        if node[n, VEHICLE] >= 0:
            first = node[n, LEAST]
            if wished:
                first = max(node[n, EARLIEST], min(node[n, WISH], node[n, LATEST]))
            node[n, TRY] = fit(node, c.allow, n, first)
            good &= node[n, TRY] < FAR
            if busy[node[n, VEHICLE]]:
                push(node, c.work, c.count, n)
    for v in range(c.vehicle.shape[0]):
        good = good and (not busy[v] or begins(c, v))
    if not good:
        drop_queue(node, c.work, c.count)
        return False
    return forward(c)


@njit(cache=True, nogil=True)
def settle(c):
    """Fill latest, earliest and kept starts of a plan; whether any timing keeps the rules."""
    node = c.node
    undo(c)
    busy = np.zeros(c.vehicle.shape[0], dtype=np.bool_)
    for v in range(busy.size):
        busy[v] = not is_idle(node, c.vehicle, v, -1)
    good = True
    for n in range(node.shape[0]):
        if node[n, VEHICLE] >= 0:
            node[n, TRY_LATEST] = fit_back(node, c.allow, n, node[n, MOST])
            good &= node[n, TRY_LATEST] > -FAR
            if busy[node[n, VEHICLE]]:
                push(node, c.work, c.count, n)
    for v in range(busy.size):
        good = good and (not busy[v] or ends_in_time(c, v))
    if not good:
        drop_queue(node, c.work, c.count)
        return False
    if not backward(c):
        return False
    node[:, LATEST] = node[:, TRY_LATEST]
    if not _all_earliest(c, busy, False):
        return False
    node[:, EARLIEST] = node[:, TRY]
    if not _all_earliest(c, busy, True):
        return False
    node[:, KEPT] = node[:, TRY]
    undo(c)
    return True


@njit(cache=True, nogil=True)
def unsettle(c, n):
    """Queue everything that the place of a node in its route touches."""
    node, work, count = c.node, c.work, c.count
    p = node[n, BEFORE]
    while p >= 0 and node[p, PLACE] < 0:
        push(node, work, count, p)
        p = node[p, BEFORE]
    push(node, work, count, p)
    push(node, work, count, n)
    push(node, work, count, node[n, AFTER])
    push(node, work, count, c.vehicle[node[n, VEHICLE], TAIL])
    for row in range(node[n, BACK], node[n, BACK_END]):
        push(node, work, count, c.back[row, OTHER])
    for row in range(node[n, ARC], node[n, ARC_END]):
        push(node, work, count, c.arc[row, OTHER])


@njit(cache=True, nogil=True)
def _begin_day(c, n):
    """Let the breaks of a vehicle bind that only node n puts to use, from their first starts."""
    node = c.node
    v = node[n, VEHICLE]
    if not is_idle(node, c.vehicle, v, n):
        return
    m = c.vehicle[v, HEAD]
    while m >= 0:
        if m != n:
            first = fit(node, c.allow, m, node[m, LEAST])
            note(node, c.work, c.count, m, min(first, node[m, TRY_LATEST]))
            push(node, c.work, c.count, m)
        m = node[m, AFTER]


@njit(cache=True, nogil=True)
def trial(c, fresh):
    """Time a plan into which the nodes ``fresh`` were just put; whether it keeps the rules.

    The starts are in column TRY, nodes with another start than kept are logged; ``undo`` must
    follow.
    """
    node = c.node
    good = True
    for n in fresh:
        first = fit(node, c.allow, n, max(node[n, LEAST], node[n, WISH]))
        if first == FAR:  # nothing allowed from the wished start on: from the least one
            first = fit(node, c.allow, n, node[n, LEAST])
        if first == FAR:
            return False
        note(node, c.work, c.count, n, first)
        _begin_day(c, n)
    for n in fresh:
        unsettle(c, n)
        good = good and begins(c, node[n, VEHICLE])
    if good and forward(c):
        return True
    drop_queue(node, c.work, c.count)
    return _trial_back(c, fresh)


@njit(cache=True, nogil=True)
def _trial_back(c, fresh):
    """The same where something must start earlier than in the plan."""
    node, work, count = c.node, c.work, c.count
    undo(c)
    good = True
    for n in fresh:
        note_latest(node, work, count, n, fit_back(node, c.allow, n, node[n, MOST]))
        good &= node[n, TRY_LATEST] > -FAR
    if not good:
        return False
    for n in fresh:
        unsettle(c, n)
        m = c.vehicle[node[n, VEHICLE], HEAD]
        push(node, work, count, m)
        if is_idle(node, c.vehicle, node[n, VEHICLE], n):
            while m >= 0:
                push(node, work, count, m)
                m = node[m, AFTER]
        good = good and ends_in_time(c, node[n, VEHICLE])
    if not good or not backward(c):
        drop_queue(node, work, count)
        return False
    for n in fresh:
        first = max(node[n, LEAST], min(node[n, WISH], node[n, TRY_LATEST]))
        note(node, work, count, n, fit(node, c.allow, n, first))
        good &= node[n, TRY] < FAR
        _begin_day(c, n)
    for i in range(count[N_LATEST]):
        n = work[LOG_LATEST, i]
        if node[n, TRY_LATEST] < node[n, TRY]:
            note(node, work, count, n, node[n, TRY_LATEST])
    for i in range(count[N_LATEST]):
        n = work[LOG_LATEST, i]
        unsettle(c, n)
        good = good and begins(c, node[n, VEHICLE])
    if not good:
        drop_queue(node, work, count)
        return False
    return forward(c)
