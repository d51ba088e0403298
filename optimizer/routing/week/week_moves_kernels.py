# mypy: ignore-errors
"""Compiled moves of the week's annealing; see :mod:`optimizer.routing.week.anneal`."""

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)
from optimizer.routing.trip_kernels import random
from optimizer.routing.week.week_kernels import (
    BUNDLE,
    CLIENT,
    FAR,
    FIRST,
    GROUP,
    GROUPS,
    GROUPS_END,
    LAST,
    LINKS,
    LINKS_END,
    LO,
    NEED,
    NEEDS,
    NEEDS_END,
    OFFSET,
    WINDOWS,
    WINDOWS_END,
    accept,
    begin,
    may_move,
    may_serve,
    move_day,
    put_in,
    set_start,
    settle,
    take_out,
    time_route,
    time_stops,
    undo,
)

UNIT, SWAP, CLIENT_MOVE, CLIENT_SWAP, ROUTES, NEW_DAY, NEW_TIME, INSERT = range(8)
N_KINDS = 8
_ODDS = np.cumsum(np.array([0.30, 0.14, 0.20, 0.10, 0.02, 0.08, 0.12, 0.04]))
_OWN, _BESIDE = 0.35, 0.93
_TRIES = 8
_WITH_CARER = 0.6


@njit(cache=True, nogil=True)
def _pick(rng, n):
    return int(random(rng) * n)


@njit(cache=True, nogil=True)
def _beside(d, s, n, day, rng):
    """A unit of a near need that is made on a day (any day for -1), or -1."""
    u01 = random(rng)
    other = d.near[n, int(u01 * u01 * d.near.shape[1])]
    first = -1
    for u in range(d.unit_first[other], d.unit_first[other + 1]):
        if s.who[d.need_unit[u]] >= 0:
            if day < 0:
                if first < 0 or random(rng) < 0.5:
                    first = d.need_unit[u]
            elif s.day[d.unit[d.need_unit[u], GROUP]] == day:
                return d.need_unit[u]
    return first


@njit(cache=True, nogil=True)
def _own(d, s, c, rng):
    """Some carer who sees the client in the week, or -1."""
    first, last = d.client_row[c], d.client_row[c + 1]
    return s.who[d.client_unit[first + _pick(rng, last - first)]]


@njit(cache=True, nogil=True)
def _target(d, s, u, day, rng):
    """A carer for a unit: one who sees the client, one who is near, or anybody."""
    x = random(rng)
    if x < _OWN:
        v = _own(d, s, d.unit[u, CLIENT], rng)
        if v >= 0:
            return v
    if x < _BESIDE:
        other = _beside(d, s, d.unit[u, NEED], day, rng)
        if other >= 0:
            return s.who[other]
    return _pick(rng, d.carer.shape[0])


@njit(cache=True, nogil=True)
def _unit_move(d, s, w, rng):
    u = _pick(rng, s.who.size)
    if s.who[u] < 0:
        return False
    v = _target(d, s, u, s.day[d.unit[u, GROUP]], rng)
    return take_out(d, s, w, u) and put_in(d, s, w, u, v)


@njit(cache=True, nogil=True)
def _unit_swap(d, s, w, rng):
    u = _pick(rng, s.who.size)
    if s.who[u] < 0:
        return False
    day = s.day[d.unit[u, GROUP]]
    other = -1
    if random(rng) < _OWN:
        v = _own(d, s, d.unit[u, CLIENT], rng)
        r = day * d.carer.shape[0] + v
        if v >= 0 and s.size[r] > 0:
            other = s.seq[r, _pick(rng, s.size[r])]
    if other < 0:
        other = _beside(d, s, d.unit[u, NEED], day, rng)
    if other < 0 or s.who[other] == s.who[u]:
        return False
    a, b = s.who[u], s.who[other]
    if not d.able[d.unit[u, NEED], b] or not d.able[d.unit[other, NEED], a]:
        return False
    if not take_out(d, s, w, u) or not take_out(d, s, w, other):
        return False
    return put_in(d, s, w, u, b) and put_in(d, s, w, other, a)


@njit(cache=True, nogil=True)
def _hand_over(d, s, w, c, old, new):
    """Give a client's units of one carer (of all for -1) to another."""
    moved = 0
    for row in range(d.client_row[c], d.client_row[c + 1]):
        u = d.client_unit[row]
        if s.who[u] < 0 or s.who[u] == new or (old >= 0 and s.who[u] != old):
            continue
        if not d.able[d.unit[u, NEED], new]:
            continue
        together = False
        g = d.unit[u, GROUP]
        for other in range(d.group[g, FIRST], d.group[g, LAST]):
            together = together or s.who[other] == new
        if together:
            continue
        if not take_out(d, s, w, u) or not put_in(d, s, w, u, new):
            return False
        moved += 1
    return moved > 0


@njit(cache=True, nogil=True)
def _client_move(d, s, w, rng):
    u = _pick(rng, s.who.size)
    if s.who[u] < 0:
        return False
    v = _target(d, s, u, -1, rng)
    old = s.who[u] if random(rng) < 0.7 else -1
    return _hand_over(d, s, w, d.unit[u, CLIENT], old, v)


@njit(cache=True, nogil=True)
def _client_swap(d, s, w, rng):
    """Two clients change carers: all units of both leave first."""
    u = _pick(rng, s.who.size)
    if s.who[u] < 0:
        return False
    other = _beside(d, s, d.unit[u, NEED], -1, rng)
    if other < 0 or s.who[other] == s.who[u]:
        return False
    a, b = int(s.who[u]), int(s.who[other])
    c, e = int(d.unit[u, CLIENT]), int(d.unit[other, CLIENT])
    if c == e or not d.able[d.unit[u, NEED], b] or not d.able[d.unit[other, NEED], a]:
        return False
    begun = w.count[1]
    for side in range(2):
        who, old = (c, a) if side == 0 else (e, b)
        for row in range(d.client_row[who], d.client_row[who + 1]):
            v = d.client_unit[row]
            if s.who[v] == old and not take_out(d, s, w, v):
                return False
    ended = w.count[1]
    for i in range(begun, ended):
        v = w.unit[i]
        new = b if d.unit[v, CLIENT] == c else a
        if not put_in(d, s, w, v, new):
            return False
    return True


@njit(cache=True, nogil=True)
def _routes_swap(d, s, w, rng):
    """Two carers change their rounds of a day."""
    u = _pick(rng, s.who.size)
    if s.who[u] < 0:
        return False
    carers = d.carer.shape[0]
    day = s.day[d.unit[u, GROUP]]
    a, b = int(s.who[u]), _pick(rng, carers)
    if random(rng) < 0.5:
        b = int(_own(d, s, d.unit[u, CLIENT], rng))
    if b < 0 or a == b or d.shift[day * carers + b, 0] < 0:
        return False
    begun = w.count[1]
    for side in range(2):
        r = day * carers + (a if side == 0 else b)
        while s.size[r] > 0:
            if not take_out(d, s, w, s.seq[r, s.size[r] - 1]):
                return False
    ended = w.count[1]
    for i in range(begun, ended):  # noqa: SIM110 (numba has no all())
        if not put_in(d, s, w, w.unit[i], b if w.who[i] == a else a):
            return False
    return True


@njit(cache=True, nogil=True)
def _cheapest_carer(d, s, w, u):
    """The carer whose route takes a unit at least cost, a carer of the client's first; or -1."""
    best, best_cost = -1, 0
    carers = d.carer.shape[0]
    c, day = d.unit[u, CLIENT], s.day[d.unit[u, GROUP]]
    for v in range(carers):
        if not may_serve(d, s, u, v):
            continue
        r = day * carers + v
        added = _price_of(d, s, w, r, u)
        if added >= FAR:
            continue
        if s.seen[c, v] == 0:
            added += d.weight[0]
        added += d.pair[d.unit[u, NEED], v]
        if best < 0 or added < best_cost:
            best, best_cost = v, added
    return best


@njit(cache=True, nogil=True)
def _price_of(d, s, w, r, u):
    """What the cheapest place of a route costs, ``FAR`` where there is none."""
    size = s.size[r]
    if size + 1 >= s.seq.shape[1]:
        return FAR
    out = np.empty(4, dtype=np.int64)
    before, best = s.figure[r, 0], FAR
    if w.saved[r]:
        time_route(d, s, r, s.seq[r], size, out)
        before = out[0]
    temp = w.temp
    temp[0] = u
    for i in range(size):
        temp[i + 1] = s.seq[r, i]
    for at in range(size + 1):
        if time_stops(
            d.time, d.distance, d.unit, d.need, d.carer, d.shift, s.start, r, temp, size + 1, out
        ):
            best = min(best, out[0] - before)
        if at < size:
            temp[at] = temp[at + 1]
            temp[at + 1] = u
    return best


@njit(cache=True, nogil=True)
def _put_group(d, s, w, g, near_only, rng):
    """Put all units of a group into routes of its day; False where one finds no place."""
    for u in range(d.group[g, FIRST], d.group[g, LAST]):
        if s.who[u] >= 0:
            continue
        v = _target(d, s, u, s.day[g], rng) if near_only else _cheapest_carer(d, s, w, u)
        if v < 0 or not put_in(d, s, w, u, v):
            return False
    return True


@njit(cache=True, nogil=True)
def _new_day(d, s, w, rng):
    g = _pick(rng, s.day.size)
    if s.who[d.group[g, FIRST]] < 0:
        return False
    day = _pick(rng, d.usable.shape[1])
    if day == s.day[g] or not may_move(d, s, g, day):
        return False
    old = s.who[d.group[g, FIRST]]
    for u in range(d.group[g, FIRST], d.group[g, LAST]):
        if not take_out(d, s, w, u):
            return False
    move_day(d, s, w, g, day)
    if d.group[g, LAST] - d.group[g, FIRST] == 1 and random(rng) < 0.6:
        return put_in(d, s, w, d.group[g, FIRST], old)
    return _put_group(d, s, w, g, True, rng)


@njit(cache=True, nogil=True)
def _draw_start(d, s, w, b, rng):
    """New starts for a bundle, drawn from its first need's windows and its links' gaps."""
    first = d.bundle_need[d.bundle[b, NEEDS]]
    for row in range(d.bundle[b, NEEDS], d.bundle[b, NEEDS_END]):
        i = w.count[2]
        if i >= w.need.size:
            return False
        w.need[i] = d.bundle_need[row]
        w.start[i] = s.start[d.bundle_need[row]]
        w.count[2] = i + 1
    for k in range(d.bundle[b, LINKS], d.bundle[b, LINKS_END]):
        gap = d.link[k, 2] + int(random(rng) * (d.link[k, 3] - d.link[k, 2] + 1))
        # Links are ordered so that one end has its offset already; the first need has 0.
        if d.link_forward[k] == 1:
            s.start[d.link[k, 1], OFFSET] = s.start[d.link[k, 0], OFFSET] + gap
        elif d.link_forward[k] == 0:
            s.start[d.link[k, 0], OFFSET] = s.start[d.link[k, 1], OFFSET] - gap
    span = 0
    for k in range(d.need[first, WINDOWS], d.need[first, WINDOWS_END]):
        span += d.window[k, 1] - d.window[k, 0] + 1
    at = int(random(rng) * span)
    for k in range(d.need[first, WINDOWS], d.need[first, WINDOWS_END]):
        length = d.window[k, 1] - d.window[k, 0] + 1
        if at < length:
            return set_start(d, s, w, b, d.window[k, 0] + at)
        at -= length
    return False


@njit(cache=True, nogil=True)
def _new_time(d, s, w, rng):
    """Another hour for a bundle, perhaps with another carer for all its visits that may have it."""
    g = _pick(rng, s.day.size)
    b = d.group[g, BUNDLE]
    new = -1
    if random(rng) < _WITH_CARER:
        new = int(_target(d, s, d.group[g, FIRST], -1, rng))
    first = d.bundle_need[d.bundle[b, NEEDS]]
    if random(rng) < 0.5:
        shift = int((random(rng) - 0.5) * 7200)
        if not set_start(d, s, w, b, s.start[first, LO] + shift):
            return False
    elif not _draw_start(d, s, w, b, rng):
        return False
    begun = w.count[1]
    for other in range(d.bundle[b, GROUPS], d.bundle[b, GROUPS_END]):
        for u in range(d.group[other, FIRST], d.group[other, LAST]):
            if not take_out(d, s, w, u):
                return False
    ended = w.count[1]
    for i in range(begun, ended):
        u, v = w.unit[i], int(w.who[i])
        if new >= 0 and may_serve(d, s, u, new):
            v = new
        if not put_in(d, s, w, u, v):
            return False
    return True


@njit(cache=True, nogil=True)
def _insert(d, s, w, rng):
    """Serve a group that is left out, if need be at another hour, on another day, in place of
    another group.
    """
    g = -1
    for _ in range(_TRIES):
        some = _pick(rng, s.day.size)
        if s.who[d.group[some, FIRST]] < 0:
            g = some
            break
    if g < 0:
        return False
    b = d.group[g, BUNDLE]
    day = _pick(rng, d.usable.shape[1])
    if day != s.day[g] and may_move(d, s, g, day):
        move_day(d, s, w, g, day)
    alone = True
    for other in range(d.bundle[b, GROUPS], d.bundle[b, GROUPS_END]):
        alone = alone and s.who[d.group[other, FIRST]] < 0
    if alone and not _draw_start(d, s, w, b, rng):
        return False
    if random(rng) < 0.3:
        other = _beside(d, s, d.unit[d.group[g, FIRST], NEED], s.day[g], rng)
        if other >= 0:
            h = d.unit[other, GROUP]
            for u in range(d.group[h, FIRST], d.group[h, LAST]):
                if not take_out(d, s, w, u):
                    return False
    return _put_group(d, s, w, g, False, rng)


@njit(cache=True, nogil=True)
def _move(d, s, w, kind, rng):
    if kind == UNIT:
        return _unit_move(d, s, w, rng)
    if kind == SWAP:
        return _unit_swap(d, s, w, rng)
    if kind == CLIENT_MOVE:
        return _client_move(d, s, w, rng)
    if kind == CLIENT_SWAP:
        return _client_swap(d, s, w, rng)
    if kind == ROUTES:
        return _routes_swap(d, s, w, rng)
    if kind == NEW_DAY:
        return _new_day(d, s, w, rng)
    if kind == NEW_TIME:
        return _new_time(d, s, w, rng)
    return _insert(d, s, w, rng)


@njit(cache=True, nogil=True)
def anneal_chunk(d, s, w, rng, moves, heat, tally):
    """Try random moves; ``tally`` int64[8, 2] counts moves tried and taken by kind."""
    for _ in range(moves):
        x = random(rng)
        kind = 0
        while kind < N_KINDS - 1 and x >= _ODDS[kind]:
            kind += 1
        tally[kind, 0] += 1
        begin(w)
        if not _move(d, s, w, kind, rng):
            undo(d, s, w)
            continue
        added = settle(d, s, w)
        if added <= 0 or (added < FAR and random(rng) < np.exp(-added / heat)):
            accept(d, s, w, added)
            tally[kind, 1] += 1
        else:
            undo(d, s, w)


@njit(cache=True, nogil=True)
def serve_groups(d, s, w, order, rng, hours):
    """Serve groups in an order at the cheapest place of the best of several hours.

    A bundle without any served group tries ``hours`` hours; the others keep theirs.
    """
    for g in order:
        if s.who[d.group[g, FIRST]] >= 0:
            continue
        b = d.group[g, BUNDLE]
        alone = True
        for other in range(d.bundle[b, GROUPS], d.bundle[b, GROUPS_END]):
            alone = alone and s.who[d.group[other, FIRST]] < 0
        best_seed, best = np.uint64(0), 0
        for _ in range(hours if alone else 1):
            seed = rng[0]
            added = _serve(d, s, w, g, alone, rng)
            undo(d, s, w)
            if added < best:
                best_seed, best = seed, added
        if best < 0:
            now = rng[0]
            rng[0] = best_seed
            added = _serve(d, s, w, g, alone, rng)
            accept(d, s, w, added)
            rng[0] = now


@njit(cache=True, nogil=True)
def _serve(d, s, w, g, alone, rng):
    begin(w)
    if alone and not _draw_start(d, s, w, d.group[g, BUNDLE], rng):
        return FAR * FAR
    if not _put_group(d, s, w, g, False, rng):
        return FAR * FAR
    return settle(d, s, w)


@njit(cache=True, nogil=True)
def serve_anywhere(d, s, w, g, rng):
    """Try a group on every day that will do, at its bundle's hours; True where it is served."""
    for day in range(d.usable.shape[1]):
        begin(w)
        if day != s.day[g]:
            if not may_move(d, s, g, day):
                continue
            move_day(d, s, w, g, day)
        if _put_group(d, s, w, g, False, rng):
            added = settle(d, s, w)
            if added < 0:
                accept(d, s, w, added)
                return True
        undo(d, s, w)
    return False
