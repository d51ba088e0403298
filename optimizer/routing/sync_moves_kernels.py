# mypy: ignore-errors
"""Compiled annealing of linked visits: exchanges, and the moves in turn.

Exchanges are accepted by Metropolis; the limit is drawn first, so that what cannot be accepted is
given up early. Relocations are in ``sync_relocate_kernels``.
"""

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)
from optimizer.routing.schedule_kernels import FAR
from optimizer.routing.sync_kernels import (
    AFTER,
    APART,
    BEFORE,
    BROKEN,
    CAPACITY,
    COST,
    FIRST,
    GROUP,
    HAS_BREAKS,
    HEAD,
    IS_BREAK,
    KIND,
    LAST,
    LOAD,
    N_RUN,
    N_TODO,
    PRICE,
    SIDE,
    SIDE_END,
    START_AT,
    TAIL,
    TIED,
    TOLL,
    USED,
    VEHICLE,
    WINDOW,
    added,
    begin,
    compiled,
    has_room,
    inlined,
    put,
    roll_back,
    set_key,
    slot,
    take_out,
)
from optimizer.routing.sync_relocate_kernels import (
    has_person,
    neighbour,
    relocate,
    relocate_group,
    relocate_partner,
    stands_alone,
)
from optimizer.routing.sync_timing_kernels import (
    chain,
    ends_in_time,
    hope_of,
    propagate,
    retime_route,
)
from optimizer.routing.trip_kernels import random

RELOCATE, SWAP = 0.62, 0.84
"""Cumulated shares of the moves; what is left over exchanges runs and tails of routes."""
ALONE = 0.6
"""Share of relocations of a tied task that leave its partners where they are."""
TAIL_SHARE = 0.3
"""Share of crossings that exchange whole tails (2-opt*), not some tasks (or-opt)."""
LONGEST = 4
NEAR_INSTEAD = 0.5
"""Share of unserved tasks that are tried in the place of a near task, not of any."""
IN_PLACE = 0.7
"""Share of exchanges of tasks on their own that exchange their places in the order as well."""


@compiled
def _tolls_behind(d, s, t):
    """Cost of the starts of t and of all that follow it in its route."""
    cost = np.int64(0)
    while t >= 0:
        cost += s.task[t, TOLL]
        t = s.task[t, AFTER]
    return cost


@compiled
def _metropolis(s, rng, heat):
    """The highest objective that is accepted."""
    return s.total[COST] - np.int64(heat * np.log(1.0 - random(rng)))


@compiled
def _move_to(d, s, w, t, v, p):
    """Put t, which was taken out, behind p and note what is to be timed."""
    put(d, s, w, t, v, p)
    _note(w, t)
    _note(w, s.task[t, AFTER])


@inlined
def _note(w, t):
    if t >= 0:
        w.todo[w.count[N_TODO]] = t
        w.count[N_TODO] += 1


@compiled
def _settle(d, s, w, a, b, limit, hope):
    """Time the noted tasks of two routes; whether that keeps the rules and the limit.

    ``hope`` is what timing may save again of a cost above the limit.
    """
    for i in range(1, w.count[N_TODO]):
        t = w.todo[i]
        j = i
        while j > 0 and s.key[w.todo[j - 1]] > s.key[t]:
            w.todo[j] = w.todo[j - 1]
            j -= 1
        w.todo[j] = t
    for i in range(w.count[N_TODO]):
        t = w.todo[i]
        if s.task[t, VEHICLE] >= 0 and not chain(d, s, w, t, limit + hope):
            return False
    if d.flag[HAS_BREAKS] and not (
        retime_route(d, s, w, a, limit + hope) and retime_route(d, s, w, b, limit + hope)
    ):
        return False
    if not propagate(d, s, w, limit + hope) or s.total[COST] > limit:
        return False
    return _is_within(d, s, a) and _is_within(d, s, b)


@inlined
def _is_within(d, s, v):
    """Whether a vehicle's loads and the end of its day keep the rules."""
    for k in range(d.task.shape[1] - LOAD):
        if s.days[v, USED + k] > d.vehicle[v, CAPACITY + k]:
            return False
    return s.days[v, TAIL] < 0 or ends_in_time(d, s, v, s.days[v, TAIL])


@compiled
def _substitute(d, s, w, rng, t, u, heat):
    """An unserved task in the place of one that is then left out, both on their own."""
    if u < 0 or s.task[u, VEHICLE] < 0 or d.task[u, KIND] & IS_BREAK:
        return
    g, h, v = d.task[t, GROUP], d.task[u, GROUP], s.task[u, VEHICLE]
    alone = d.group[g, LAST] - d.group[g, FIRST] == d.group[h, LAST] - d.group[h, FIRST] == 1
    if not alone or not d.able[t, v]:
        return
    limit = _metropolis(s, rng, heat)
    hope = _tolls_behind(d, s, u) + hope_of(d, s, t, v)
    begin(s, w)
    w.count[N_TODO] = 0
    _note(w, s.task[u, AFTER])
    key = s.key[u]
    take_out(d, s, w, u)
    s.total[COST] += d.group[h, PRICE] - d.group[g, PRICE]
    set_key(d, s, w, h, s.key[t])
    set_key(d, s, w, g, key)
    fits = s.total[COST] <= limit + hope and has_room(d, s, t, v)
    if fits:
        _move_to(d, s, w, t, v, slot(s, v, key))
    if not (fits and _settle(d, s, w, v, v, limit, hope)):
        roll_back(d, s, w, 0)


@compiled
def _swap(d, s, w, rng, t, heat):
    """Two tasks of different routes exchange people; those on their own often places too."""
    u = neighbour(d, t, rng)
    if s.task[t, VEHICLE] < 0:
        u = u if random(rng) < NEAR_INSTEAD else int(random(rng) * d.task.shape[0])
        _substitute(d, s, w, rng, t, u, heat)
        return
    if u < 0 or s.task[u, VEHICLE] < 0:
        return
    a, b = s.task[t, VEHICLE], s.task[u, VEHICLE]
    g, h = d.task[t, GROUP], d.task[u, GROUP]
    if a == b or not (d.able[t, b] and d.able[u, a]):
        return
    in_place = not d.task[t, TIED] and not d.task[u, TIED] and random(rng) < IN_PLACE
    if not in_place and g != h and (has_person(d, s, g, b) or has_person(d, s, h, a)):
        return
    limit = _metropolis(s, rng, heat)
    hope = _tolls_behind(d, s, t) + _tolls_behind(d, s, u)
    hope += hope_of(d, s, t, b) + hope_of(d, s, u, a)
    pt, qt, pu, qu = s.task[t, BEFORE], s.task[t, AFTER], s.task[u, BEFORE], s.task[u, AFTER]
    if in_place:
        step = added(d, s, a, pt, u, qt) - added(d, s, a, pt, t, qt)
        step += added(d, s, b, pu, t, qu) - added(d, s, b, pu, u, qu)
        if s.total[COST] + step - hope > limit:
            return
    begin(s, w)
    w.count[N_TODO] = 0
    key_t, key_u = s.key[t], s.key[u]
    take_out(d, s, w, t)
    take_out(d, s, w, u)
    _note(w, qt)
    _note(w, qu)
    if in_place:
        set_key(d, s, w, g, key_u)
        set_key(d, s, w, h, key_t)
    _move_to(d, s, w, u, a, slot(s, a, s.key[u]))
    _move_to(d, s, w, t, b, slot(s, b, s.key[t]))
    if s.total[COST] > limit + hope or not _settle(d, s, w, a, b, limit, hope):
        roll_back(d, s, w, 0)


@compiled
def _take_run(d, s, w, side, t, most, v):
    """Take a run of tasks from t on out into a row of ``run``; whether v can do them all."""
    w.count[N_RUN + side] = 0
    while t >= 0 and w.count[N_RUN + side] < most:
        q = s.task[t, AFTER]
        if d.task[t, KIND] & IS_BREAK:
            t = q
            continue
        if not d.able[t, v]:
            return False
        take_out(d, s, w, t)
        w.run[side, w.count[N_RUN + side]] = t
        w.count[N_RUN + side] += 1
        t = q
    _note(w, t)
    return True


@compiled
def _put_run(d, s, w, side, v):
    """Give a run that was taken out to vehicle v, keys unchanged; whether its groups allow it."""
    for i in range(w.count[N_RUN + side]):
        t = w.run[side, i]
        if d.task[t, TIED] and has_person(d, s, d.task[t, GROUP], v):
            return False
        _move_to(d, s, w, t, v, slot(s, v, s.key[t]))
    return True


@compiled
def _cross(d, s, w, rng, t, heat):
    """Exchange runs or tails of two routes at one point of the order."""
    u = neighbour(d, t, rng)
    if u < 0 or s.task[t, VEHICLE] < 0 or s.task[u, VEHICLE] < 0:
        return
    a, b = s.task[t, VEHICLE], s.task[u, VEHICLE]
    if a == b or not d.able[t, b]:
        return
    limit = _metropolis(s, rng, heat)
    mine = theirs = d.task.shape[0]
    if random(rng) < TAIL_SHARE:
        p = slot(s, b, s.key[t])
        u = s.task[p, AFTER] if p >= 0 else s.days[b, HEAD]
    else:
        mine = 1 + int(random(rng) * LONGEST)
        theirs = int(random(rng) * LONGEST)
    hope = _tolls_behind(d, s, t) + _tolls_behind(d, s, u)
    hope += hope_of(d, s, t, b) + hope_of(d, s, u, a)
    begin(s, w)
    w.count[N_TODO] = 0
    if not (
        _take_run(d, s, w, 0, t, mine, b)
        and _take_run(d, s, w, 1, u, theirs, a)
        and _put_run(d, s, w, 0, b)
        and _put_run(d, s, w, 1, a)
        and s.total[COST] <= limit + hope
        and _settle(d, s, w, a, b, limit, hope)
    ):
        roll_back(d, s, w, 0)


@compiled
def _move(d, s, w, rng, heat, tries):
    """One move."""
    t = int(random(rng) * d.task.shape[0])
    g, draw = d.task[t, GROUP], random(rng)
    if draw >= SWAP:
        _cross(d, s, w, rng, t, heat)
    elif draw >= RELOCATE:
        _swap(d, s, w, rng, t, heat)
    elif d.group[g, LAST] - d.group[g, FIRST] == 1:
        relocate(d, s, w, rng, t, heat, tries)
    elif s.task[t, VEHICLE] >= 0 and random(rng) < ALONE and stands_alone(d, g):
        relocate_partner(d, s, w, rng, t, heat, tries)
    else:
        relocate_group(d, s, w, rng, t, heat, tries)


@compiled
def anneal_chunk(d, s, w, best_key, best_vehicle, best, rng, moves, heat, tries):
    """Make so many moves at one temperature; keep the best plan; return its objective.

    Args:
        d: the tables.
        s: the plan, changed in place.
        w: workspace.
        best_key: float64[n] and ``best_vehicle`` int64[n], the best plan so far.
        best_vehicle: see above.
        best: its objective.
        rng: uint64[1], random state.
        moves: how many moves.
        heat: temperature in cost units, 0 for descent.
        tries: places tried in one relocation.
    """
    for _ in range(moves):
        _move(d, s, w, rng, heat, tries)
        if s.total[COST] < best and s.total[BROKEN] == 0:
            best = s.total[COST]
            for t in range(s.key.size):
                best_key[t] = s.key[t]
                best_vehicle[t] = s.task[t, VEHICLE]
    return best


@compiled
def construct(d, s, w, order, rng, tries):
    """Put unserved groups in, in order, each at the cheapest of some random places."""
    for i in range(order.size):
        g = order[i]
        t = d.group_task[d.group[g, FIRST]]
        if s.task[t, VEHICLE] >= 0:
            continue
        if d.group[g, LAST] - d.group[g, FIRST] > 1:
            relocate_group(d, s, w, rng, t, 0.0, tries)
        else:
            relocate(d, s, w, rng, t, 0.0, tries)


@njit(cache=True, nogil=True)
def rebuild(d, s, w, key, vehicle):
    """Make the plan of an empty state the one of these keys and people; whether it keeps rules."""
    begin(s, w)
    s.key[:] = key
    for t in np.argsort(key, kind="mergesort"):
        v = vehicle[t]
        if v >= 0 and not d.task[t, KIND] & IS_BREAK:
            if not d.able[t, v] or not has_room(d, s, t, v):
                return False
            put(d, s, w, t, v, slot(s, v, s.key[t]))
            if t == d.group_task[d.group[d.task[t, GROUP], FIRST]]:
                s.total[COST] -= d.group[d.task[t, GROUP], PRICE]
    for v in range(s.days.shape[0]):
        if not retime_route(d, s, w, v, FAR):
            return False
    if not propagate(d, s, w, FAR):
        return False
    for v in range(s.days.shape[0]):
        if s.days[v, TAIL] >= 0 and not ends_in_time(d, s, v, s.days[v, TAIL]):
            return False
    return True


@njit(cache=True, nogil=True)
def spread_keys(d, s):
    """Number the groups anew, earliest start first, in an order that routes and rules allow."""
    n_groups = d.group.shape[0]
    old = s.key.copy()
    waits = np.zeros(n_groups, dtype=np.int64)
    at = np.empty(n_groups, dtype=np.int64)
    open_groups = np.empty(n_groups, dtype=np.int64)
    n_open = 0
    absent = 0
    for g in range(n_groups):
        at[g] = FAR
        t = d.group_task[d.group[g, FIRST]]
        if s.task[t, VEHICLE] < 0:
            if d.task[t, KIND] & IS_BREAK:
                at[g] = d.window[d.task[t, WINDOW], 0]
                open_groups[n_open] = g
                n_open += 1
            else:
                absent += 1
                _number(d, s, g, n_groups - absent)
            continue
        for i in range(d.group[g, FIRST], d.group[g, LAST]):
            t = d.group_task[i]
            at[g] = min(at[g], s.task[t, START_AT])
            if s.task[t, BEFORE] >= 0:
                waits[g] += 1
            for row in range(d.task[t, SIDE], d.task[t, SIDE_END]):
                waits[g] += _binds(d, s, row, old, t)
        if waits[g] == 0:
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
        _number(d, s, g, rank)
        rank += 1
        for i in range(d.group[g, FIRST], d.group[g, LAST]):
            t = d.group_task[i]
            if s.task[t, VEHICLE] < 0:
                continue
            if s.task[t, AFTER] >= 0:
                n_open = _release(d, d.task[s.task[t, AFTER], GROUP], waits, open_groups, n_open)
            for row in range(d.task[t, SIDE], d.task[t, SIDE_END]):
                u = d.side[row, 0]
                if d.side[row, 1] >= APART and s.task[u, VEHICLE] >= 0 and old[u] > old[t]:
                    n_open = _release(d, d.task[u, GROUP], waits, open_groups, n_open)


@compiled
def _binds(d, s, row, key, t):
    """Whether the other task of a side row comes before t and may not overlap it."""
    u = d.side[row, 0]
    return d.side[row, 1] >= APART and s.task[u, VEHICLE] >= 0 and key[u] < key[t]


@compiled
def _release(d, h, waits, open_groups, n_open):
    """Note that group h waits for one group less; how many groups are open now."""
    waits[h] -= 1
    if waits[h] == 0:
        open_groups[n_open] = h
        return n_open + 1
    return n_open


@compiled
def _number(d, s, g, rank):
    for i in range(d.group[g, FIRST], d.group[g, LAST]):
        s.key[d.group_task[i]] = rank
