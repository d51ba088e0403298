# mypy: ignore-errors
"""Compiled week: routes of all days at once, one change to them, and the way back.

A *group* is one visit of a bundle: its units are the people it takes, one row each. A route is
what a carer does on a day: row ``day * V + carer``. A change takes units out of their routes and
puts each into a route at its cheapest place; :func:`settle` says what the week costs then, or that
a rule is broken, and :func:`undo` takes it all back.

The timing of a route with one window per unit: with the earliest departure the last start has
waited W_n, and every start can be delayed by S = min_i(close_i - start_i + W_i) as seen from the
departure; leaving min(W_n, S) later shortens the day by as much and ends it no later (Savelsbergh
1992). ``optimizer.routing.week.model`` builds the tables.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)

NEED, GROUP, CLIENT = range(3)
BUNDLE, FIRST, LAST = range(3)
GROUPS, GROUPS_END, NEEDS, NEEDS_END, GAP, LINKS, LINKS_END = range(7)
PLACE, DURATION, WIDTH, WINDOWS, WINDOWS_END = range(5)
OPEN, CLOSE, MAX_DAY = range(3)
MODE, START, END, FIXED, TIME_COST, DISTANCE_COST, MAX_WEEK, REST, ON_SHIFT = range(9)
CONTINUITY, BALANCE, DAY = range(3)
COST, WORK, DEPART, END_AT = range(4)
LO, HI, OFFSET = range(3)
N_ROUTES, N_MOVED, TIMED = range(3)
FAR = 1 << 29


class WeekData(NamedTuple):
    """Tables that do not change; U units, G groups, B bundles, N needs, V carers, D days.

    Attributes:
        time, distance: int32[M, P, P].
        unit: int32[U, 3]: need, group, client. client_row: int32[C + 1], rows of client_unit.
        group: int32[G, 3]: bundle, rows of units. prize: int64[G].
        bundle: int32[B, 7]: groups, rows in bundle_need, least days between, rows in link.
        bundle_need: int32[N]. usable: bool[B, D].
        link: int64[L, 4]: needs, least and most start of the second minus the first's, ordered
            within a bundle so that one end is known; link_forward: int8[L], 1 where the first
            is, 0 where the second is, 2 where both are.
        need: int64[N, 5]: place, duration, width of the starts (-1: a whole window), windows.
        window: int64[W, 2]. able: bool[N, V]. pair: int64[N, V].
        near: int32[N, K], needs with near places. unit_first: int32[N + 1], rows of need_unit.
        shift: int64[D * V, 3]. carer: int64[V, 9]. weight: int64[3].
    """

    time: np.ndarray
    distance: np.ndarray
    unit: np.ndarray
    client_row: np.ndarray
    client_unit: np.ndarray
    group: np.ndarray
    prize: np.ndarray
    bundle: np.ndarray
    bundle_need: np.ndarray
    usable: np.ndarray
    link: np.ndarray
    link_forward: np.ndarray
    need: np.ndarray
    window: np.ndarray
    able: np.ndarray
    pair: np.ndarray
    near: np.ndarray
    unit_first: np.ndarray
    need_unit: np.ndarray
    shift: np.ndarray
    carer: np.ndarray
    weight: np.ndarray


class WeekState(NamedTuple):
    """A plan of the week.

    Attributes:
        seq: int32[R, S], units of every route in order. size: int32[R].
        figure: int64[R, 4]: cost, work, departure, end.
        who: int32[U], carer, -1 where not made. day: int32[G].
        start: int64[N, 3]: earliest and latest start on every day, and what lies between it and
            the bundle's first need.
        seen: int32[C, V], units by client and carer. work: int64[V], ticks in the week.
        total: int64[1], cost.
    """

    seq: np.ndarray
    size: np.ndarray
    figure: np.ndarray
    who: np.ndarray
    day: np.ndarray
    start: np.ndarray
    seen: np.ndarray
    work: np.ndarray
    total: np.ndarray


class WeekLog(NamedTuple):
    """What a change must remember to take itself back.

    Attributes:
        count: int64[3]: routes saved, units moved, need rows saved.
        route: int32[X]; seq, size, figure: as they were. saved: bool[R].
        unit: int32[Y]; who: as it was. group: int32[2]: group whose day changed, its old day.
        need: int32[Z]; start: as it was. temp: int32[S].
    """

    count: np.ndarray
    route: np.ndarray
    seq: np.ndarray
    size: np.ndarray
    figure: np.ndarray
    saved: np.ndarray
    unit: np.ndarray
    who: np.ndarray
    group: np.ndarray
    need: np.ndarray
    start: np.ndarray
    temp: np.ndarray


@njit(cache=True, nogil=True)
def time_stops(time, distance, unit, need, carer, shift, start, r, seq, size, out):
    """As :func:`time_route`, with no more tables than it reads: every table takes time to pass."""
    out[:] = 0
    if size == 0:
        return True
    v = r % carer.shape[0]
    opens = shift[r, OPEN]
    if opens < 0:
        return False
    mode = carer[v, MODE]
    here = carer[v, START]
    now = opens
    waited, slack, metres = 0, FAR, 0
    for at in range(size):
        n = unit[seq[at], NEED]
        there = need[n, PLACE]
        now += time[mode, here, there]
        metres += distance[mode, here, there]
        if now < start[n, LO]:
            waited += start[n, LO] - now
            now = start[n, LO]
        room = start[n, HI] - now
        if room < 0:
            return False
        slack = min(slack, room + waited)
        now += need[n, DURATION]
        here = there
    if carer[v, END] >= 0:
        now += time[mode, here, carer[v, END]]
        metres += distance[mode, here, carer[v, END]]
    if now > shift[r, CLOSE]:
        return False
    depart = opens + min(waited, slack)
    work = now - depart
    if shift[r, MAX_DAY] >= 0 and work > shift[r, MAX_DAY]:
        return False
    out[COST] = carer[v, FIXED] + work * carer[v, TIME_COST] + metres * carer[v, DISTANCE_COST]
    out[WORK] = work
    out[DEPART] = depart
    out[END_AT] = now
    return True


@njit(cache=True, nogil=True)
def time_route(d, s, r, seq, size, out):
    """Time a route: True where it keeps windows, shift and hours; ``out`` gets its figures."""
    return time_stops(
        d.time, d.distance, d.unit, d.need, d.carer, d.shift, s.start, r, seq, size, out
    )


@njit(cache=True, nogil=True)
def begin(w):
    """Start a change."""
    for i in range(w.count[N_ROUTES]):
        w.saved[w.route[i]] = False
    w.count[:] = 0
    w.group[0] = -1


@njit(cache=True, nogil=True)
def _touch(s, w, r):
    if w.saved[r] or w.count[N_ROUTES] >= w.route.size:
        return w.saved[r]
    i = w.count[N_ROUTES]
    w.route[i] = r
    w.size[i] = s.size[r]
    w.seq[i, : s.size[r]] = s.seq[r, : s.size[r]]
    w.figure[i] = s.figure[r]
    w.saved[r] = True
    w.count[N_ROUTES] = i + 1
    return True


@njit(cache=True, nogil=True)
def _assign(d, s, w, u, v):
    i = w.count[N_MOVED]
    if i >= w.unit.size:
        return False
    w.unit[i] = u
    w.who[i] = s.who[u]
    w.count[N_MOVED] = i + 1
    c = d.unit[u, CLIENT]
    if s.who[u] >= 0:
        s.seen[c, s.who[u]] -= 1
    if v >= 0:
        s.seen[c, v] += 1
    s.who[u] = v
    return True


@njit(cache=True, nogil=True)
def take_out(d, s, w, u):
    """Take a unit out of its route; False where the log is full."""
    if s.who[u] < 0:
        return True
    r = s.day[d.unit[u, GROUP]] * d.carer.shape[0] + s.who[u]
    if not _touch(s, w, r) or not _assign(d, s, w, u, -1):
        return False
    at = 0
    while s.seq[r, at] != u:
        at += 1
    for i in range(at, s.size[r] - 1):
        s.seq[r, i] = s.seq[r, i + 1]
    s.size[r] -= 1
    return True


@njit(cache=True, nogil=True)
def may_serve(d, s, u, v):
    """Whether a carer may be given a unit: able, on shift that day, not there already."""
    n, g = d.unit[u, NEED], d.unit[u, GROUP]
    if not d.able[n, v] or d.shift[s.day[g] * d.carer.shape[0] + v, OPEN] < 0:
        return False
    for other in range(d.group[g, FIRST], d.group[g, LAST]):
        if other != u and s.who[other] == v:
            return False
    return True


@njit(cache=True, nogil=True)
def put_in(d, s, w, u, v):
    """Put a unit into a carer's route of its day at the cheapest place; False where none does."""
    if not may_serve(d, s, u, v):
        return False
    r = s.day[d.unit[u, GROUP]] * d.carer.shape[0] + v
    size = s.size[r]
    if size + 1 >= s.seq.shape[1] or not _touch(s, w, r):
        return False
    temp = w.temp
    out = np.empty(4, dtype=np.int64)
    temp[0] = u
    for i in range(size):
        temp[i + 1] = s.seq[r, i]
    best, best_cost = -1, 0
    for at in range(size + 1):
        fits = time_stops(
            d.time, d.distance, d.unit, d.need, d.carer, d.shift, s.start, r, temp, size + 1, out
        )
        if fits and (best < 0 or out[COST] < best_cost):
            best, best_cost = at, out[COST]
        if at < size:
            temp[at] = temp[at + 1]
            temp[at + 1] = u
    if best < 0 or not _assign(d, s, w, u, v):
        return False
    for i in range(size, best, -1):
        s.seq[r, i] = s.seq[r, i - 1]
    s.seq[r, best] = u
    s.size[r] = size + 1
    return True


@njit(cache=True, nogil=True)
def move_day(d, s, w, g, day):
    """Give a group another day (its units must be out of their routes)."""
    w.group[0] = g
    w.group[1] = s.day[g]
    s.day[g] = day


@njit(cache=True, nogil=True)
def may_move(d, s, g, day):
    """Whether the bundle may be visited on a day instead of the group's own."""
    b = d.group[g, BUNDLE]
    if not d.usable[b, day]:
        return False
    for other in range(d.bundle[b, GROUPS], d.bundle[b, GROUPS_END]):
        if other != g and abs(s.day[other] - day) < d.bundle[b, GAP]:
            return False
    return True


@njit(cache=True, nogil=True)
def set_start(d, s, w, b, at):
    """Lay the starts of a bundle around ``at`` (first need); False where a window forbids it."""
    first = d.bundle[b, NEEDS]
    for row in range(first, d.bundle[b, NEEDS_END]):
        n = d.bundle_need[row]
        i = w.count[TIMED]
        if i >= w.need.size:
            return False
        w.need[i] = n
        w.start[i] = s.start[n]
        w.count[TIMED] = i + 1
        asked = at + s.start[n, OFFSET]
        found = False
        for k in range(d.need[n, WINDOWS], d.need[n, WINDOWS_END]):
            if d.window[k, 0] <= asked <= d.window[k, 1]:
                width = d.need[n, WIDTH]
                low = asked
                if width < 0:
                    low, width = d.window[k, 0], d.window[k, 1] - d.window[k, 0]
                elif width > 0:
                    low = max(d.window[k, 0], min(asked, d.window[k, 1] - width))
                s.start[n, LO] = low
                s.start[n, HI] = min(d.window[k, 1], low + width)
                found = True
        if not found:
            return False
    for k in range(d.bundle[b, LINKS], d.bundle[b, LINKS_END]):
        gap = s.start[d.link[k, 1], LO] - s.start[d.link[k, 0], LO]
        if gap < d.link[k, 2] or gap > d.link[k, 3]:
            return False
    return True


@njit(cache=True, nogil=True)
def settle(d, s, w):
    """The cost that the change adds, or ``FAR * FAR`` where it breaks a rule.

    Carers' work and the total are brought up to date only by :func:`accept`.
    """
    added = 0
    carers, days = d.carer.shape[0], d.shift.shape[0] // d.carer.shape[0]
    for i in range(w.count[N_ROUTES]):
        r = w.route[i]
        if not time_route(d, s, r, s.seq[r], s.size[r], s.figure[r]):
            return FAR * FAR
        added += s.figure[r, COST] - w.figure[i, COST]
    for i in range(w.count[N_ROUTES]):
        r = w.route[i]
        s.work[r % carers] += s.figure[r, WORK] - w.figure[i, WORK]
    broken = False
    for i in range(w.count[N_ROUTES]):
        r = w.route[i]
        v, day = r % carers, r // carers
        if d.carer[v, MAX_WEEK] >= 0 and s.work[v] > d.carer[v, MAX_WEEK]:
            broken = True
        if s.size[r] > 0:
            if day > 0 and s.size[r - carers] > 0:
                rest = s.figure[r, DEPART] + d.weight[DAY] - s.figure[r - carers, END_AT]
                broken = broken or rest < d.carer[v, REST]
            if day + 1 < days and s.size[r + carers] > 0:
                rest = s.figure[r + carers, DEPART] + d.weight[DAY] - s.figure[r, END_AT]
                broken = broken or rest < d.carer[v, REST]
    if d.weight[BALANCE] > 0:
        added += _balance_added(d, s, w)
    for i in range(w.count[N_ROUTES]):
        r = w.route[i]
        s.work[r % carers] -= s.figure[r, WORK] - w.figure[i, WORK]
    if broken:
        return FAR * FAR
    return added + _people_added(d, s, w)


@njit(cache=True, nogil=True)
def _balance_added(d, s, w):
    """What the change adds to the sum of work squared over time on shift."""
    carers = d.carer.shape[0]
    added = 0
    for i in range(w.count[N_ROUTES]):
        v = w.route[i] % carers
        first = True
        old = s.work[v]
        for k in range(w.count[N_ROUTES]):
            r = w.route[k]
            if r % carers == v:
                first = first and k >= i
                old -= s.figure[r, WORK] - w.figure[k, WORK]
        if first:
            span = max(1, d.carer[v, ON_SHIFT])
            added += s.work[v] * s.work[v] // span - old * old // span
    return added * d.weight[BALANCE]


@njit(cache=True, nogil=True)
def _people_added(d, s, w):
    """What the change adds in wishes, in carers per client, and in visits left out."""
    added = 0
    for i in range(w.count[N_MOVED] - 1, -1, -1):
        u, old = w.unit[i], w.who[i]
        n, g, c = d.unit[u, NEED], d.unit[u, GROUP], d.unit[u, CLIENT]
        now = s.who[u]
        # Walked backwards, so that seen and who are those before and after this step.
        if now >= 0:
            added += d.pair[n, now]
            if s.seen[c, now] == 1:
                added += d.weight[CONTINUITY]
            s.seen[c, now] -= 1
            if u == d.group[g, FIRST]:
                added -= d.prize[g]
        if old >= 0:
            added -= d.pair[n, old]
            if s.seen[c, old] == 0:
                added -= d.weight[CONTINUITY]
            s.seen[c, old] += 1
            if u == d.group[g, FIRST]:
                added += d.prize[g]
        s.who[u] = old
        w.who[i] = now
    for i in range(w.count[N_MOVED]):
        u, now = w.unit[i], w.who[i]
        c = d.unit[u, CLIENT]
        w.who[i] = s.who[u]
        if w.who[i] >= 0:
            s.seen[c, w.who[i]] -= 1
        if now >= 0:
            s.seen[c, now] += 1
        s.who[u] = now
    return added


@njit(cache=True, nogil=True)
def accept(d, s, w, added):
    """Keep a settled change."""
    for i in range(w.count[N_ROUTES]):
        r = w.route[i]
        s.work[r % d.carer.shape[0]] += s.figure[r, WORK] - w.figure[i, WORK]
    s.total[0] += added


@njit(cache=True, nogil=True)
def undo(d, s, w):
    """Take a change back, settled or not."""
    for i in range(w.count[N_MOVED] - 1, -1, -1):
        u = w.unit[i]
        c = d.unit[u, CLIENT]
        if s.who[u] >= 0:
            s.seen[c, s.who[u]] -= 1
        if w.who[i] >= 0:
            s.seen[c, w.who[i]] += 1
        s.who[u] = w.who[i]
    for i in range(w.count[N_ROUTES]):
        r = w.route[i]
        s.size[r] = w.size[i]
        s.seq[r, : w.size[i]] = w.seq[i, : w.size[i]]
        s.figure[r] = w.figure[i]
    for i in range(w.count[TIMED] - 1, -1, -1):
        s.start[w.need[i]] = w.start[i]
    if w.group[0] >= 0:
        s.day[w.group[0]] = w.group[1]
