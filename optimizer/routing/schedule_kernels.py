# mypy: ignore-errors
"""Compiled timing of one route; :mod:`optimizer.routing.schedule` explains the method.

A route is an array of *codes*: a task number, or ``-1 - place`` for loading at a place.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)

FAR = 2**62
UNREACHABLE = 2**30  # as in optimizer.routing.problem


TASK_COLUMNS = (
    "task_place",
    "task_end_place",
    "task_duration",
    "task_skills",
    "task_origin",
    "task_freshness",
)
PLACE, END_PLACE, DURATION, SKILLS, ORIGIN, FRESHNESS = range(6)
VEHICLE_COLUMNS = (
    "vehicle_mode",
    "vehicle_start",
    "vehicle_end",
    "vehicle_open",
    "vehicle_close",
    "vehicle_max_work",
    "vehicle_skills",
    "vehicle_max_trips",
    "vehicle_loading",
    "vehicle_fixed_cost",
    "vehicle_time_cost",
    "vehicle_distance_cost",
)
MODE, START, END, OPEN, CLOSE, MAX_WORK, ABLE, MAX_TRIPS, LOADING = range(9)
FIXED_COST, TIME_COST, DISTANCE_COST = range(9, 12)


class Columns(NamedTuple):
    """What timing and costing read, in few tables: every table more slows the compiler.

    Attributes:
        time, distance: int32[M, P, P].
        task: int64[T, 6], ``TASK_COLUMNS``.
        load: int64[T, K].
        window_row: int32[T + 1], CSR rows of window.
        window: int64[W, 2], earliest and latest start.
        vehicle: int64[V, 12], ``VEHICLE_COLUMNS``.
        capacity: int64[V, K].
        kitchen_row: int32[V + 1], CSR rows of kitchen.
        kitchen: int32[R], places at which a vehicle may load.
    """

    time: np.ndarray
    distance: np.ndarray
    task: np.ndarray
    load: np.ndarray
    window_row: np.ndarray
    window: np.ndarray
    vehicle: np.ndarray
    capacity: np.ndarray
    kitchen_row: np.ndarray
    kitchen: np.ndarray


@njit(cache=True, nogil=True)
def may_load(c, vehicle, place):
    """Whether the vehicle may load at the place."""
    for row in range(c.kitchen_row[vehicle], c.kitchen_row[vehicle + 1]):
        if c.kitchen[row] == place:
            return True
    return False


@njit(cache=True, nogil=True)
def rules_hold(c, vehicle, codes, n):
    """Whether skills, trips, origins and capacities allow the steps, times apart."""
    max_trips = c.vehicle[vehicle, MAX_TRIPS]
    skills = c.vehicle[vehicle, ABLE]
    dims = c.load.shape[1]
    trips = 0
    origin = -1
    trip_first = 0
    for i in range(n):
        code = codes[i]
        if code < 0:
            trips += 1
            origin = -1 - code
            trip_first = i + 1
            if trips > max_trips or not may_load(c, vehicle, origin):
                return False
            continue
        if c.task[code, SKILLS] & ~skills:
            return False
        if max_trips > 0 and trips == 0:
            return False
        if c.task[code, ORIGIN] >= 0 and c.task[code, ORIGIN] != origin:
            return False
        if c.task[code, FRESHNESS] >= 0 and trips == 0:
            return False
        for k in range(dims):
            if c.load[code, k] > 0:
                load = 0
                for j in range(trip_first, i + 1):
                    load += c.load[codes[j], k]
                if load > c.capacity[vehicle, k]:
                    return False
    return True


@njit(cache=True, nogil=True)
def measure(c, vehicle, codes, n, leg, service):
    """Fill leg[n + 1] and service[n]; return the metres, -1 where a leg has no way."""
    mode = c.vehicle[vehicle, MODE]
    here = c.vehicle[vehicle, START]
    metres = 0
    for i in range(n):
        code = codes[i]
        if code < 0:
            there, after = -1 - code, -1 - code
            service[i] = c.vehicle[vehicle, LOADING]
        else:
            there, after = c.task[code, PLACE], c.task[code, END_PLACE]
            service[i] = c.task[code, DURATION]
        leg[i] = c.time[mode, here, there]
        if leg[i] >= UNREACHABLE:
            return -1
        metres += c.distance[mode, here, there]
        here = after
    leg[n] = 0
    home = c.vehicle[vehicle, END]
    if home >= 0:
        leg[n] = c.time[mode, here, home]
        if leg[n] >= UNREACHABLE:
            return -1
        metres += c.distance[mode, here, home]
    return metres


@njit(cache=True, nogil=True)
def forward(c, codes, n, leg, service, depart, start):
    """Earliest starts for a departure: (feasible, finish of the last step, waiting, slack).

    ``slack`` is the largest delay of the departure that leaves every task in its window of
    now. Infeasible means infeasible for every later departure too.
    """
    now = depart
    waited = 0
    slack = FAR
    load = -1
    leave = 0
    waited_before = 0
    slack_before = FAR
    trip_waited = 0
    trip_slack = FAR
    i = 0
    while i < n:
        arrive = now + leg[i]
        code = codes[i]
        if code < 0:
            load = i
            start[i] = arrive
            leave = arrive + service[i]
            now = leave
            waited_before, slack_before = waited, slack
            trip_waited, trip_slack = 0, FAR
            i += 1
            continue
        row = c.window_row[code]
        last = c.window_row[code + 1]
        while row < last and c.window[row, 1] < arrive:
            row += 1
        if row == last:
            return False, 0, 0, 0
        begin = max(arrive, c.window[row, 0])
        waited += begin - arrive
        trip_waited += begin - arrive
        slack = min(slack, c.window[row, 1] - begin + waited)
        trip_slack = min(trip_slack, c.window[row, 1] - begin + trip_waited)
        start[i] = begin
        now = begin + service[i]
        limit = c.task[code, FRESHNESS]
        if limit >= 0 and now - leave > limit:
            # Leave the loading place later and time the trip anew. Within the windows of now the
            # age falls by at most the waiting in the trip; beyond, a window must change first.
            late = now - leave - limit
            delay = late
            if late > trip_waited:
                delay = max(late, trip_slack + 1)
            start[load] += delay
            leave += delay
            waited_before += delay
            waited, slack = waited_before, slack_before
            trip_waited, trip_slack = 0, FAR
            now = leave
            i = load + 1
            continue
        i += 1
    return True, now, waited, slack


@njit(cache=True, nogil=True)
def least_duration(c, vehicle, codes, n, leg, service, start):
    """(least time from departure to end or -1 where infeasible, earliest such departure)."""
    depart = c.vehicle[vehicle, OPEN]
    close = c.vehicle[vehicle, CLOSE]
    best = -1
    best_depart = depart
    while True:
        feasible, finish, waited, slack = forward(c, codes, n, leg, service, depart, start)
        if not feasible or finish + leg[n] > close:
            break
        delay = min(waited, slack)
        duration = finish + leg[n] - depart - delay
        if best < 0 or duration < best:
            best = duration
            best_depart = depart + delay
        if delay == waited:  # no waiting left: nothing is shorter
            break
        depart += slack + 1
    limit = c.vehicle[vehicle, MAX_WORK]
    if limit >= 0 and best > limit:
        return -1, depart
    return best, best_depart


@njit(cache=True, nogil=True)
def route_cost(c, vehicle, codes, n, leg, service, start):
    """Cost of a route in cost units, -1 where the route is infeasible, 0 without steps."""
    if n == 0:
        return 0
    if not rules_hold(c, vehicle, codes, n):
        return -1
    metres = measure(c, vehicle, codes, n, leg, service)
    if metres < 0:
        return -1
    duration, _ = least_duration(c, vehicle, codes, n, leg, service, start)
    if duration < 0:
        return -1
    return (
        c.vehicle[vehicle, FIXED_COST]
        + duration * c.vehicle[vehicle, TIME_COST]
        + metres * c.vehicle[vehicle, DISTANCE_COST]
    )


@njit(cache=True, nogil=True)
def time_codes(c, vehicle, codes):
    """(feasible, departure, end, starts, finishes, arrivals) of the least-duration timing."""
    n = codes.size
    leg = np.empty(n + 1, dtype=np.int64)
    service = np.empty(n, dtype=np.int64)
    start = np.empty(n, dtype=np.int64)
    arrive = np.empty(n, dtype=np.int64)
    if not rules_hold(c, vehicle, codes, n) or measure(c, vehicle, codes, n, leg, service) < 0:
        return False, 0, 0, start, service, arrive
    duration, depart = least_duration(c, vehicle, codes, n, leg, service, start)
    if duration < 0:
        return False, 0, 0, start, service, arrive
    forward(c, codes, n, leg, service, depart, start)
    for i in range(n - 2, -1, -1):  # load late: what waits shall wait at the loading place
        if codes[i] < 0:
            start[i] = start[i + 1] - leg[i + 1] - service[i]
    now = depart
    for i in range(n):
        arrive[i] = now + leg[i]
        now = start[i] + service[i]
    return True, depart, now + leg[n], start, start + service, arrive
