# mypy: ignore-errors
"""Compiled insertion: every position of every route, at the exact cost of its best timing.

``routes`` int64[V, W] holds one row of codes per vehicle (see schedule_kernels), ``size`` int64[V]
how many of them count, ``cost`` int64[V] the cost of each row at its best timing.
"""

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)
from optimizer.routing.schedule_kernels import (
    ABLE,
    CLOSE,
    FAR,
    FRESHNESS,
    MAX_TRIPS,
    OPEN,
    ORIGIN,
    SKILLS,
    measure,
    route_cost,
)


@njit(cache=True, nogil=True)
def inserted(codes, n, row, place, task, out):
    """Write codes with the task before ``row`` into out; a place >= 0 opens a trip for it."""
    for i in range(row):
        out[i] = codes[i]
    m = row
    if place >= 0:
        out[m] = -1 - place
        m += 1
    out[m] = task
    m += 1
    for i in range(row, n):
        out[m] = codes[i]
        m += 1
    return m


@njit(cache=True, nogil=True)
def removed(codes, n, row, out):
    """Write codes without a task, and without its loading where nothing else is left of it."""
    first = row
    if row > 0 and codes[row - 1] < 0 and (row + 1 == n or codes[row + 1] < 0):
        first = row - 1
    m = 0
    for i in range(n):
        if i < first or i > row:
            out[m] = codes[i]
            m += 1
    return m


@njit(cache=True, nogil=True)
def may_meet(c, vehicle, task):
    """Whether skills and shift let the vehicle serve the task at all, ways apart."""
    if c.task[task, SKILLS] & ~c.vehicle[vehicle, ABLE]:
        return False
    first, last = c.window_row[task], c.window_row[task + 1] - 1
    if c.window[last, 1] < c.vehicle[vehicle, OPEN]:
        return False
    return c.window[first, 0] <= c.vehicle[vehicle, CLOSE]


@njit(cache=True, nogil=True)
def best_in_route(c, vehicle, codes, n, task, trial, leg, service, start):
    """(row, place, cost of the new route) of the cheapest insertion, row -1 where none fits."""
    best_row, best_place, best_cost = -1, -1, FAR
    loads = c.vehicle[vehicle, MAX_TRIPS] > 0
    for row in range(n + 1):
        if not loads or row > 0:
            m = inserted(codes, n, row, -1, task, trial)
            cost = route_cost(c, vehicle, trial, m, leg, service, start)
            if 0 <= cost < best_cost:
                best_row, best_place, best_cost = row, -1, cost
        if loads and (row == n or codes[row] < 0):
            first, last = c.kitchen_row[vehicle], c.kitchen_row[vehicle + 1]
            for k in range(first, last):
                place = c.kitchen[k]
                m = inserted(codes, n, row, place, task, trial)
                cost = route_cost(c, vehicle, trial, m, leg, service, start)
                if 0 <= cost < best_cost:
                    best_row, best_place, best_cost = row, place, cost
    return best_row, best_place, best_cost


@njit(cache=True, nogil=True)
def best_insertion(c, routes, size, cost, task, vehicles):
    """(vehicle, row, place, added cost) of the cheapest insertion, vehicle -1 where none fits."""
    width = routes.shape[1] + 3
    trial = np.empty(width, dtype=np.int64)
    leg = np.empty(width + 1, dtype=np.int64)
    service = np.empty(width, dtype=np.int64)
    start = np.empty(width, dtype=np.int64)
    found = (-1, -1, -1, FAR)
    for vehicle in vehicles:
        if not may_meet(c, vehicle, task):
            continue
        row, place, whole = best_in_route(
            c, vehicle, routes[vehicle], size[vehicle], task, trial, leg, service, start
        )
        if row >= 0 and whole - cost[vehicle] < found[3]:
            found = (vehicle, row, place, whole - cost[vehicle])
    return found


@njit(cache=True, nogil=True)
def best_ejection(c, routes, size, cost, task, task_tier, task_prize):
    """(vehicle, row of the ejected, row, place): the task in place of one of a lower tier.

    Gives up the lowest tier, then the least prize, then adds the least cost; vehicle -1 where
    no single ejection makes the task fit. ``row`` counts after the removal.
    """
    width = routes.shape[1] + 3
    base = np.empty(width, dtype=np.int64)
    trial = np.empty(width, dtype=np.int64)
    leg = np.empty(width + 1, dtype=np.int64)
    service = np.empty(width, dtype=np.int64)
    start = np.empty(width, dtype=np.int64)
    found = (-1, -1, -1, -1)
    best_tier, best_prize, best_added = task_tier[task], FAR, FAR
    for vehicle in range(size.size):
        if not may_meet(c, vehicle, task):
            continue
        for out in range(size[vehicle]):
            other = routes[vehicle, out]
            if other < 0 or task_tier[other] <= task_tier[task] or task_tier[other] < best_tier:
                continue
            if task_tier[other] == best_tier and task_prize[other] > best_prize:
                continue
            n = removed(routes[vehicle], size[vehicle], out, base)
            row, place, whole = best_in_route(c, vehicle, base, n, task, trial, leg, service, start)
            if row < 0:
                continue
            added = whole - cost[vehicle]
            same = task_tier[other] == best_tier and task_prize[other] == best_prize
            if same and added >= best_added:
                continue
            found = (vehicle, out, row, place)
            best_tier, best_prize, best_added = task_tier[other], task_prize[other], added
    return found


@njit(cache=True, nogil=True)
def alone_levels(c, task, level):
    """Fill level[V]: how far the task gets on an empty day of each vehicle.

    -1 no skill, 0 no way (or no loading place) leads to it, 1 too large, 2 in no feasible time,
    3 fits.
    """
    nothing = np.empty(0, dtype=np.int64)
    trial = np.empty(2, dtype=np.int64)
    leg = np.empty(3, dtype=np.int64)
    service = np.empty(2, dtype=np.int64)
    start = np.empty(2, dtype=np.int64)
    for vehicle in range(level.size):
        level[vehicle] = -1
        if c.task[task, SKILLS] & ~c.vehicle[vehicle, ABLE]:
            continue
        level[vehicle] = 0
        reached = False
        if c.vehicle[vehicle, MAX_TRIPS] > 0:
            for k in range(c.kitchen_row[vehicle], c.kitchen_row[vehicle + 1]):
                place = c.kitchen[k]
                if c.task[task, ORIGIN] < 0 or c.task[task, ORIGIN] == place:
                    trial[0], trial[1] = -1 - place, task
                    reached |= measure(c, vehicle, trial, 2, leg, service) >= 0
        elif c.task[task, ORIGIN] < 0 and c.task[task, FRESHNESS] < 0:
            trial[0] = task
            reached = measure(c, vehicle, trial, 1, leg, service) >= 0
        if not reached:
            continue
        level[vehicle] = 1
        fits = True
        for k in range(c.load.shape[1]):
            fits &= c.load[task, k] <= c.capacity[vehicle, k]
        if not fits:
            continue
        row, _, _ = best_in_route(c, vehicle, nothing, 0, task, trial, leg, service, start)
        level[vehicle] = 2 if row < 0 else 3
