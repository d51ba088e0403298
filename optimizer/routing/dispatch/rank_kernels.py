# mypy: ignore-errors
"""Compiled ranking: every place of one or two new visits in a running plan, timed and costed.

Places are the gaps of all routes behind what has begun. A gap is tried when the earliest start
that the steps before it allow and the latest that the steps after it allow leave room; both come
from the plan without the new visits, which has fewer rules, so that no place is lost. Then the
whole plan is timed anew (``timing_kernels.trial``) and costed where it changed.
"""

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)
from optimizer.routing.dispatch.timing_kernels import (
    AFTER,
    ALLOWED,
    ARC,
    ARC_END,
    AT_END,
    CLOSE,
    DEPART,
    DISTANCE_COST,
    EARLIEST,
    EARLY_COST,
    FAR,
    FIXED_COST,
    GAP,
    HEAD,
    KEPT,
    LAST_BOUND,
    LAST_END,
    LATE_COST,
    LATEST,
    LEAVE,
    LENGTH,
    LOG,
    MAX_TRAVEL,
    N_LOG,
    OPEN,
    OTHER,
    OVERTIME_COST,
    PAIR_COST,
    PLACE,
    PLAN_START,
    PLAN_VEHICLE,
    TIME_COST,
    TRY,
    UNREACHABLE,
    VEHICLE,
    WAIT_COST,
    WHAT,
    WINDOW,
    WINDOW_END,
    assign,
    fit,
    fit_back,
    link_in,
    link_out,
    trial,
    undo,
    way,
)

TOLERANCE, MAX_CHANGES, CHANGE_COST, WORST_LATE, WORST_IDLE, BALANCE = range(6)
COST, TRAVEL, WORK, IDLE, LATE, USED = range(6)
ADDED, MOVED, START_A, VEHICLE_A, BEHIND_A, START_B, VEHICLE_B, BEHIND_B = range(8)
ANYBODY, TWO_PEOPLE, ONE_PERSON = range(3)


@njit(cache=True, nogil=True)
def lateness(node, window, n, at):
    """(ticks late, ticks early) of a task against the window in force at its start."""
    first, row = node[n, WINDOW], node[n, WINDOW_END] - 1
    while row > first and window[row, 0] > at:
        row -= 1
    end = at + node[n, LENGTH] if node[n, AT_END] else at
    return max(0, end - window[row, 1]), max(0, window[row, 0] - at)


@njit(cache=True, nogil=True)
def day(c, side, v, out):
    """Fill out[6]: cost of a route, travel, work, idle time, largest lateness, tasks.

    ``side`` is the column of the starts, KEPT or TRY.
    """
    time, distance, node, vehicle = c.time, c.distance, c.node, c.vehicle
    out[:] = 0
    n = vehicle[v, HEAD]
    p = -1
    metres = waits = costs = 0
    now = depart = vehicle[v, DEPART]
    while n >= 0:
        ticks = way(time, node, vehicle, v, p, n)
        at = node[n, side]
        if p < 0 and depart < 0:
            now = depart = at - ticks
        out[TRAVEL] += ticks
        metres += way(distance, node, vehicle, v, p, n)
        waits += at - now - ticks
        now = at + node[n, LENGTH]
        if node[n, WHAT] >= 0:
            out[USED] += 1
            costs += node[n, PAIR_COST]
            if node[n, LATE_COST] >= 0 or node[n, EARLY_COST] > 0:
                late, early = lateness(node, c.window, n, at)
                if node[n, LATE_COST] >= 0:
                    costs += late * node[n, LATE_COST]
                    out[LATE] = max(out[LATE], late)
                costs += early * max(0, node[n, EARLY_COST])
        p = n
        n = node[n, AFTER]
    shift = vehicle[v, CLOSE]
    if out[USED] == 0:
        out[TRAVEL] = 0
        out[IDLE] = shift - vehicle[v, OPEN]
        return
    ticks = way(time, node, vehicle, v, p, -1)
    out[TRAVEL] += ticks
    metres += way(distance, node, vehicle, v, p, -1)
    end = now + ticks
    out[WORK] = end - depart
    out[IDLE] = max(0, depart - vehicle[v, OPEN]) + waits + max(0, shift - end)
    out[COST] = (
        costs
        + vehicle[v, FIXED_COST]
        + out[WORK] * vehicle[v, TIME_COST]
        + metres * vehicle[v, DISTANCE_COST]
        + waits * vehicle[v, WAIT_COST]
        + max(0, end - shift) * vehicle[v, OVERTIME_COST]
    )


@njit(cache=True, nogil=True)
def days(c, out):
    """``day`` of the kept starts for every vehicle, out int64[V, 6]."""
    for v in range(c.vehicle.shape[0]):
        day(c, KEPT, v, out[v])


@njit(cache=True, nogil=True)
def shared(weight, rows):
    """Costs that belong to the whole plan: worst lateness, worst idle time, balance."""
    late = idle = longest = 0
    shortest = FAR
    for v in range(rows.shape[0]):
        late = max(late, rows[v, LATE])
        idle = max(idle, rows[v, IDLE])
        longest = max(longest, rows[v, WORK])
        shortest = min(shortest, rows[v, WORK])
    return (
        late * weight[WORST_LATE]
        + idle * weight[WORST_IDLE]
        + (longest - shortest) * weight[BALANCE]
    )


@njit(cache=True, nogil=True)
def changes(c, side):
    """How many tasks of the plan in force differ in a timed plan, unserved ones apart."""
    node = c.node
    seen = np.zeros(c.pair.shape[1], dtype=np.int8)  # 1: its person serves it, 2: moved
    count = 0
    for n in range(node.shape[0]):
        what = node[n, WHAT]
        if what >= 0 and node[n, VEHICLE] >= 0 and node[n, PLAN_VEHICLE] >= 0:
            if node[n, VEHICLE] == node[n, PLAN_VEHICLE]:
                seen[what] |= 1
            if abs(node[n, side] - node[n, PLAN_START]) > c.weight[TOLERANCE]:
                seen[what] |= 2
    for n in range(node.shape[0]):
        what = node[n, WHAT]
        if what >= 0 and node[n, VEHICLE] >= 0 and node[n, PLAN_VEHICLE] >= 0:
            if seen[what] != 1 and seen[what] != 4:
                count += 1
            seen[what] = 4
    return count


@njit(cache=True, nogil=True)
def fits_person(c, n, v):
    """Whether a vehicle may serve the task of a node, loads included."""
    node, load = c.node, c.load
    what = node[n, WHAT]
    if not c.pair[ALLOWED, what, v]:
        return False
    for k in range(load.shape[1]):
        total = load[what, k]
        m = c.vehicle[v, HEAD]
        while m >= 0:
            if node[m, WHAT] >= 0:
                total += load[node[m, WHAT], k]
            m = node[m, AFTER]
        if total > c.capacity[v, k]:
            return False
    return True


@njit(cache=True, nogil=True)
def room(c, n, v, p):
    """(earliest, latest) start of node n behind node p of a route, others standing still.

    Empty (earliest > latest) where the gap has no room whatever the others do.
    """
    time, node, vehicle, allow = c.time, c.node, c.vehicle, c.allow
    if p >= 0 and node[p, PLACE] < 0:
        return -FAR, FAR
    q = vehicle[v, HEAD] if p < 0 else node[p, AFTER]
    assign(c, n, v)
    if p < 0:
        first = vehicle[v, OPEN]
    elif node[p, LEAVE] >= 0:
        first = node[p, LEAVE]
    else:
        first = node[p, EARLIEST] + node[p, LENGTH]
    first = fit(node, allow, n, first + way(time, node, vehicle, v, p, n))
    last = -FAR
    if first < FAR:
        if q < 0:
            last = vehicle[v, LAST_END] - way(time, node, vehicle, v, n, q)
        elif node[q, PLACE] < 0:
            last = node[q, LATEST]
        else:
            last = node[q, LATEST] - way(time, node, vehicle, v, n, q)
        last = fit_back(node, allow, n, last - node[n, LENGTH])
    node[n, VEHICLE] = -1
    return first, last


@njit(cache=True, nogil=True)
def may_meet(c, n, first, last, m, begin, end):
    """Whether two nodes that start within these moments can keep the arcs between them."""
    for row in range(c.node[n, ARC], c.node[n, ARC_END]):
        if c.arc[row, OTHER] == m and first + c.arc[row, GAP] > end:
            return False
    for row in range(c.node[m, ARC], c.node[m, ARC_END]):
        if c.arc[row, OTHER] == n and begin + c.arc[row, GAP] > last:
            return False
    return True


@njit(cache=True, nogil=True)
def price(c, fresh, rows, base, work, touched):
    """(cost that a timed trial adds, visits it moves), (-FAR, 0) where a limit does not hold.

    ``rows`` int64[V, 6] and ``base`` int64[2] (shared cost, changed tasks) describe the plan
    without the new visits; ``work`` int64[V, 6] and ``touched`` int8[V] are for the changed one.
    """
    node, weight = c.node, c.weight
    touched[:] = 0
    moved = 0
    for i in range(c.count[N_LOG]):
        n = c.work[LOG, i]
        if node[n, TRY] != node[n, KEPT]:
            touched[node[n, VEHICLE]] = 1
            moved += 1
    for n in fresh:
        if node[n, TRY] != node[n, KEPT]:
            moved -= 1
        touched[node[n, VEHICLE]] = 1
    added = 0
    for v in range(touched.size):
        if touched[v]:
            day(c, TRY, v, work[v])
            limit = c.vehicle[v, MAX_TRAVEL]
            if (limit >= 0 and work[v, TRAVEL] > limit) or work[v, TRAVEL] >= UNREACHABLE:
                return -FAR, 0
            added += work[v, COST] - rows[v, COST]
    if weight[WORST_LATE] + weight[WORST_IDLE] + weight[BALANCE] > 0:
        for v in range(touched.size):
            if not touched[v]:
                work[v] = rows[v]
        added += shared(weight, work) - base[0]
    if weight[CHANGE_COST] > 0 or weight[MAX_CHANGES] >= 0:
        count = changes(c, TRY)
        if 0 <= weight[MAX_CHANGES] < count:
            return -FAR, 0
        added += (count - base[1]) * weight[CHANGE_COST]
    return added, moved


@njit(cache=True, nogil=True)
def is_better(row, added, moved, start):
    """Whether a place comes before the one in a row of the ranking."""
    if added != row[ADDED]:
        return added < row[ADDED]
    return moved < row[MOVED] or (moved == row[MOVED] and start < row[START_A])


@njit(cache=True, nogil=True)
def rank_one(c, n, who, rows, base, best):
    """The best place of a node with every vehicle of ``who`` bool[V]; best int64[V, 8].

    ADDED is FAR where there is none. Returns how many places keep the rules.
    """
    node, vehicle = c.node, c.vehicle
    fresh = np.array([n])
    work = np.empty_like(rows)
    touched = np.zeros(rows.shape[0], dtype=np.int8)
    count = 0
    best[:, ADDED] = FAR
    for v in range(vehicle.shape[0]):
        if not who[v] or not fits_person(c, n, v):
            continue
        p = vehicle[v, LAST_BOUND]
        while True:
            after = vehicle[v, HEAD] if p < 0 else node[p, AFTER]
            first, last = room(c, n, v, p)
            if first <= last:
                link_in(c, n, v, p)
                if trial(c, fresh):
                    added, moved = price(c, fresh, rows, base, work, touched)
                    count += added > -FAR
                    if added > -FAR and is_better(best[v], added, moved, node[n, TRY]):
                        best[v, ADDED], best[v, MOVED] = added, moved
                        best[v, START_A], best[v, VEHICLE_A] = node[n, TRY], v
                        best[v, BEHIND_A], best[v, VEHICLE_B] = p, -1
                undo(c)
                link_out(c, n)
            p = after
            if p < 0:
                break
    return count


@njit(cache=True, nogil=True)
def rank_two(c, n, m, who, whom, people, rows, base, best):
    """The best places of two nodes together; best int64[V * V, 8] by the pair of vehicles.

    ``who`` and ``whom`` bool[V] say who may take the first and the second, ``people`` whether two
    must (``TWO_PEOPLE``), one must (``ONE_PERSON``), or either may. Returns how many pairs of
    places keep the rules.
    """
    node, vehicle = c.node, c.vehicle
    fresh = np.array([n, m])
    work = np.empty_like(rows)
    touched = np.zeros(rows.shape[0], dtype=np.int8)
    count = 0
    n_vehicles = vehicle.shape[0]
    best[:, ADDED] = FAR
    for v in range(n_vehicles):
        if not who[v] or not fits_person(c, n, v):
            continue
        p = vehicle[v, LAST_BOUND]
        while True:
            after = vehicle[v, HEAD] if p < 0 else node[p, AFTER]
            first, last = room(c, n, v, p)
            if first <= last:
                link_in(c, n, v, p)
                for u in range(n_vehicles):
                    if (people == TWO_PEOPLE and u == v) or (people == ONE_PERSON and u != v):
                        continue
                    if not whom[u] or not fits_person(c, m, u):
                        continue
                    row = best[v * n_vehicles + u]
                    q = vehicle[u, LAST_BOUND]
                    while True:
                        beyond = vehicle[u, HEAD] if q < 0 else node[q, AFTER]
                        begin, end = -FAR, FAR
                        if u != v:
                            begin, end = room(c, m, u, q)
                        if begin <= end and may_meet(c, n, first, last, m, begin, end):
                            link_in(c, m, u, q)
                            if trial(c, fresh):
                                added, moved = price(c, fresh, rows, base, work, touched)
                                count += added > -FAR
                                if added > -FAR and is_better(row, added, moved, node[n, TRY]):
                                    row[ADDED], row[MOVED] = added, moved
                                    row[START_A], row[VEHICLE_A] = node[n, TRY], v
                                    row[START_B], row[VEHICLE_B] = node[m, TRY], u
                                    row[BEHIND_A], row[BEHIND_B] = p, q
                            undo(c)
                            link_out(c, m)
                        q = beyond
                        if q < 0:
                            break
                link_out(c, n)
            p = after
            if p < 0:
                break
    return count
