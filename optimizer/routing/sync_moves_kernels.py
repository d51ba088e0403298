# mypy: ignore-errors
"""Compiled moves of the annealing of linked visits, and the annealing itself."""

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)
from optimizer.routing.schedule_kernels import FAR
from optimizer.routing.sync_kernels import (
    ABLE,
    ABLE_END,
    AFTER,
    BEFORE,
    CHANGED,
    FIRST,
    GROUP,
    HEAD,
    LAST,
    N_CHANGED,
    NEW,
    VEHICLE,
    WANT,
    apply,
    is_allowed,
    objective,
    undo,
)
from optimizer.routing.trip_kernels import random

RELOCATE, REASSIGN, SWAP, SHIFT, CROSS, PARTNERS = 0.36, 0.50, 0.72, 0.78, 0.94, 0.98
"""Cumulated shares of the moves; what is left over takes a group out."""
FAR_TARGET = 0.05
"""Share of relocations whose target is any task, not a near one."""
TAIL = 0.3
"""Share of crossings that exchange whole tails (2-opt*), not some tasks (or-opt)."""
LONGEST = 4


@njit(cache=True, nogil=True)
def _begin(w):
    w.count[N_CHANGED] = 0


@njit(cache=True, nogil=True)
def _change(d, s, w, g, key):
    """Note a group as changed; until told otherwise its tasks keep their people."""
    for c in range(w.count[N_CHANGED]):
        if w.group[c, CHANGED] == g:
            w.keys[c, NEW] = key
            return
    w.group[w.count[N_CHANGED], CHANGED] = g
    w.keys[w.count[N_CHANGED], NEW] = key
    w.count[N_CHANGED] += 1
    for i in range(d.group[g, FIRST], d.group[g, LAST]):
        w.task[d.group_task[i], WANT] = s.task[d.group_task[i], VEHICLE]


@njit(cache=True, nogil=True)
def _give(d, w, t, v):
    """Want task t done by v; a task of the same group that v did is done by t's person."""
    g = d.task[t, GROUP]
    mine = w.task[t, WANT]
    for i in range(d.group[g, FIRST], d.group[g, LAST]):
        other = d.group_task[i]
        if other != t and w.task[other, WANT] == v and v >= 0:
            w.task[other, WANT] = mine
    w.task[t, WANT] = v


@njit(cache=True, nogil=True)
def _staff(d, s, w, g, rng):
    """Want random people for the tasks of an unserved group that have none yet."""
    for i in range(d.group[g, FIRST], d.group[g, LAST]):
        t = d.group_task[i]
        if w.task[t, WANT] < 0:
            v = _any_able(d, t, rng)
            if v < 0:
                return False
            w.task[t, WANT] = v
    return True


@njit(cache=True, nogil=True)
def _any_able(d, t, rng):
    first, last = d.task[t, ABLE], d.task[t, ABLE_END]
    if first == last:
        return -1
    return d.able_vehicle[first + int(random(rng) * (last - first))]


@njit(cache=True, nogil=True)
def _neighbour(d, t, rng):
    if random(rng) < FAR_TARGET:
        return int(random(rng) * d.task.shape[0])
    u = random(rng)
    return d.near[t, int(u * u * d.near.shape[1])]


@njit(cache=True, nogil=True)
def _key_beside(d, s, u, rng):
    """A key just before or just after task u in its route."""
    key = s.key[d.task[u, GROUP]]
    if random(rng) < 0.5:
        q = s.task[u, AFTER]
        to = s.key[d.task[q, GROUP]] if q >= 0 else d.group.shape[0]
    else:
        q = s.task[u, BEFORE]
        to = s.key[d.task[q, GROUP]] if q >= 0 else -1.0
    return key + random(rng) * (to - key)


@njit(cache=True, nogil=True)
def _relocate(d, s, w, t, rng):
    """Next to a task of another route (or of the same)."""
    u = _neighbour(d, t, rng)
    g = d.task[t, GROUP]
    if u < 0 or s.task[u, VEHICLE] < 0 or d.task[u, GROUP] == g:
        return False
    _change(d, s, w, g, _key_beside(d, s, u, rng))
    _give(d, w, t, s.task[u, VEHICLE])
    return s.task[t, VEHICLE] >= 0 or _staff(d, s, w, g, rng)


@njit(cache=True, nogil=True)
def _reassign(d, s, w, t, rng):
    """To any person with the skills, at the same point of the order (unserved: at any)."""
    g = d.task[t, GROUP]
    v = _any_able(d, t, rng)
    if v < 0 or v == s.task[t, VEHICLE]:
        return False
    key = s.key[g] if s.task[t, VEHICLE] >= 0 else random(rng) * d.group.shape[0]
    _change(d, s, w, g, key)
    _give(d, w, t, v)
    return s.task[t, VEHICLE] >= 0 or _staff(d, s, w, g, rng)


@njit(cache=True, nogil=True)
def _swap(d, s, w, t, rng):
    """Two tasks exchange people and their groups exchange their points of the order."""
    u = _neighbour(d, t, rng)
    if u < 0 or s.task[u, VEHICLE] < 0 or s.task[t, VEHICLE] < 0:
        return False
    g, h = d.task[t, GROUP], d.task[u, GROUP]
    if g == h:
        return False
    _change(d, s, w, g, s.key[h])
    _change(d, s, w, h, s.key[g])
    _give(d, w, t, s.task[u, VEHICLE])
    _give(d, w, u, s.task[t, VEHICLE])
    return True


@njit(cache=True, nogil=True)
def _shift(d, s, w, t, rng):
    """Another point of the order, same people."""
    u = _neighbour(d, t, rng)
    if (
        u < 0
        or s.task[t, VEHICLE] < 0
        or s.task[u, VEHICLE] < 0
        or d.task[u, GROUP] == d.task[t, GROUP]
    ):
        return False
    _change(d, s, w, d.task[t, GROUP], _key_beside(d, s, u, rng))
    return True


@njit(cache=True, nogil=True)
def _move_run(d, s, w, t, v, most):
    """Want a run of up to ``most`` tasks from t on done by v; whether they all can be."""
    for _ in range(most):
        if t < 0:
            return True
        if not d.able[t, v]:
            return False
        g = d.task[t, GROUP]
        _change(d, s, w, g, s.key[g])
        w.task[t, WANT] = v
        t = s.task[t, AFTER]
    return True


@njit(cache=True, nogil=True)
def _cross(d, s, w, t, rng):
    """Exchange runs or tails of two routes at one point of the order."""
    u = _neighbour(d, t, rng)
    if (
        u < 0
        or s.task[t, VEHICLE] < 0
        or s.task[u, VEHICLE] < 0
        or s.task[u, VEHICLE] == s.task[t, VEHICLE]
    ):
        return False
    a, b = s.task[t, VEHICLE], s.task[u, VEHICLE]
    if random(rng) < TAIL:
        if comes_late(d, s, u, t):  # the other tail begins behind t
            u = s.days[b, HEAD]
            while u >= 0 and not comes_late(d, s, u, t):
                u = s.task[u, AFTER]
        n = d.task.shape[0]
        return _move_run(d, s, w, t, b, n) and _move_run(d, s, w, u, a, n)
    mine = 1 + int(random(rng) * LONGEST)
    theirs = int(random(rng) * LONGEST)
    return _move_run(d, s, w, t, b, mine) and _move_run(d, s, w, u, a, theirs)


@njit(cache=True, nogil=True)
def comes_late(d, s, u, t):
    """Whether task u's group stands behind task t's."""
    return s.key[d.task[u, GROUP]] > s.key[d.task[t, GROUP]]


@njit(cache=True, nogil=True)
def _partners(d, s, w, t, rng):
    """New people for a whole linked group: two exchange, or all are drawn anew."""
    g = d.task[t, GROUP]
    first, last = d.group[g, FIRST], d.group[g, LAST]
    if last - first < 2 or s.task[t, VEHICLE] < 0:
        return False
    _change(d, s, w, g, s.key[g])
    other = d.group_task[first + int(random(rng) * (last - first))]
    if other != t and random(rng) < 0.5:
        w.task[t, WANT], w.task[other, WANT] = s.task[other, VEHICLE], s.task[t, VEHICLE]
        return True
    for i in range(first, last):
        w.task[d.group_task[i], WANT] = -1
    return _staff(d, s, w, g, rng)


@njit(cache=True, nogil=True)
def propose(d, s, w, rng):
    """Draw a move into the workspace; whether there is one to try."""
    _begin(w)
    t = int(random(rng) * d.task.shape[0])
    draw = random(rng)
    if draw < RELOCATE:
        return _relocate(d, s, w, t, rng)
    if draw < REASSIGN:
        return _reassign(d, s, w, t, rng)
    if draw < SWAP:
        return _swap(d, s, w, t, rng)
    if draw < SHIFT:
        return _shift(d, s, w, t, rng)
    if draw < CROSS:
        return _cross(d, s, w, t, rng)
    if draw < PARTNERS:
        return _partners(d, s, w, t, rng)
    if s.task[t, VEHICLE] < 0:
        return False
    g = d.task[t, GROUP]
    _change(d, s, w, g, s.key[g])
    for i in range(d.group[g, FIRST], d.group[g, LAST]):
        w.task[d.group_task[i], WANT] = -1
    return True


@njit(cache=True, nogil=True)
def anneal_chunk(d, s, w, best_key, best_vehicle, best, rng, moves, heat):
    """Try so many moves at one temperature; keep the best plan; return its objective.

    Args:
        d: the tables.
        s: the plan, changed in place.
        w: workspace.
        best_key: float64[G] and ``best_vehicle`` int64[n], the best plan so far.
        best_vehicle: see above.
        best: its objective.
        rng: uint64[1], random state.
        moves: how many moves.
        heat: temperature in cost units, 0 for descent.
    """
    now = objective(d, s)
    for _ in range(moves):
        if not propose(d, s, w, rng) or not is_allowed(d, w):
            continue
        limit = now - np.int64(heat * np.log(1.0 - random(rng)))
        then = apply(d, s, w)
        if then == FAR or then > limit:
            undo(d, s, w)
            continue
        now = then
        if now < best:
            best = now
            best_key[:] = s.key
            best_vehicle[:] = s.task[:, VEHICLE]
    return best


@njit(cache=True, nogil=True)
def try_groups(d, s, w, order, rng, tries):
    """Put unserved groups in, each at the cheapest of some random places and people."""
    key = s.key.copy()
    want = w.task[:, WANT].copy()
    for g in order:
        first, last = d.group[g, FIRST], d.group[g, LAST]
        if s.task[d.group_task[first], VEHICLE] >= 0:
            continue
        best = objective(d, s)
        found = False
        for _ in range(tries):
            _begin(w)
            t = d.group_task[first + int(random(rng) * (last - first))]
            ready = _relocate(d, s, w, t, rng) if random(rng) < 0.5 else _reassign(d, s, w, t, rng)
            if not ready or not is_allowed(d, w):
                continue
            then = apply(d, s, w)
            if then < best:
                best, found = then, True
                key[g] = w.keys[0, NEW]
                for i in range(first, last):
                    want[d.group_task[i]] = w.task[d.group_task[i], WANT]
            undo(d, s, w)
        if found:
            _begin(w)
            _change(d, s, w, g, key[g])
            for i in range(first, last):
                w.task[d.group_task[i], WANT] = want[d.group_task[i]]
            apply(d, s, w)


@njit(cache=True, nogil=True)
def rebuild(d, s, w, key, vehicle):
    """Make the plan of an empty state the one of these keys and people."""
    w.count[N_CHANGED] = 0
    for g in range(key.size):
        w.group[g, CHANGED], w.keys[g, NEW] = g, key[g]
    w.count[N_CHANGED] = key.size
    w.task[:, WANT] = vehicle
    return apply(d, s, w)
