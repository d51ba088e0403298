# mypy: ignore-errors
"""Compiled moves of the annealing of linked visits, and the annealing itself.

Relocations take a task (or a tied group) out once and try many places for it. Of the plan as it
was, the plan without the task and all tried plans one is drawn with probability proportional to
exp(-cost / temperature) (heat bath, drawn by Gumbel noise): the noise is drawn first, so that
whatever cannot win any more is given up after its way, its own lateness or a part of its timing.
Other moves are accepted by Metropolis, with the limit drawn first as well.
"""

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)
from optimizer.routing.schedule_kernels import FAR
from optimizer.routing.sync_kernels import (
    ABLE,
    ABLE_END,
    AFTER,
    BEFORE,
    CAPACITY,
    COST,
    FIRST,
    GROUP,
    HEAD,
    LAST,
    LAST_CLOSE,
    LATE,
    LATE_COST,
    LOAD,
    N_RUN,
    N_TODO,
    PRICE,
    START_AT,
    TAIL,
    TIED,
    USED,
    VEHICLE,
    arrival,
    begin,
    chain,
    close_gap,
    compiled,
    detour,
    ends_in_time,
    fit,
    has_room,
    inlined,
    propagate,
    push,
    put_in,
    roll_back,
    set_key,
    set_mark,
    slot,
    take_out,
)
from optimizer.routing.trip_kernels import random

RELOCATE, SWAP = 0.62, 0.84
"""Cumulated shares of the moves; what is left over exchanges runs and tails of routes."""
ANYWHERE = 0.06
"""Share of tried places that are with any person, not near a task."""
ALONE = 0.6
"""Share of relocations of a tied task that leave its partners where they are."""
SAME_CREW, SAME_KEY = 0.4, 0.2
"""Share of tied tasks that keep their person, and of groups that keep their key, when a group
is relocated."""
TAIL_SHARE = 0.3
"""Share of crossings that exchange whole tails (2-opt*), not some tasks (or-opt)."""
LONGEST = 4
IN_PLACE = 0.7
"""Share of exchanges of tasks on their own that exchange their places in the order as well."""
OLD, BEST, TRIAL = range(3)
NO_KEY = -2.0
HOPE = 1.0
"""Share of the lateness behind changed places that a move is trusted to save."""


@inlined
def _noise(d, rng, heat):
    """Gumbel noise at a temperature."""
    return heat * d.gumbel[int(random(rng) * d.gumbel.size)]


@inlined
def _any_able(d, t, rng):
    first, last = d.task[t, ABLE], d.task[t, ABLE_END]
    if first == last:
        return -1
    return d.able_vehicle[first + int(random(rng) * (last - first))]


@inlined
def _neighbour(d, t, rng):
    u = random(rng)
    return d.near[t, int(u * u * d.near.shape[1])]


@inlined
def _beside(d, s, t, rng, high):
    """A place near a task: (vehicle, task before, task after); no vehicle where none is found."""
    if random(rng) < ANYWHERE:
        v = _any_able(d, t, rng)
        if v < 0:
            return -1, -1, -1
        p = slot(s, v, random(rng) * high)
        return v, p, s.task[p, AFTER] if p >= 0 else s.days[v, HEAD]
    u = _neighbour(d, t, rng)
    if u < 0 or s.task[u, VEHICLE] < 0:
        return -1, -1, -1
    if random(rng) < 0.5:
        return s.task[u, VEHICLE], u, s.task[u, AFTER]
    return s.task[u, VEHICLE], s.task[u, BEFORE], u


@inlined
def _key_between(s, p, q, low, high, rng):
    """A key between those of two neighbours within limits, NO_KEY where there is none."""
    low = max(low, s.key[p]) if p >= 0 else low
    high = min(high, s.key[q]) if q >= 0 else high
    key = low + random(rng) * (high - low)
    return key if low < key < high else NO_KEY


@inlined
def _place(d, s, w, t, v, p, limit):
    """Put t behind p and time what follows; whether that keeps rules and limit."""
    put_in(d, s, w, t, v, p)
    first = t
    if d.task[t, TIED]:
        push(d, w, d.task[t, GROUP])
        first = s.task[t, AFTER]
    return chain(d, s, w, first, limit) and propagate(d, s, w, limit) and s.total[COST] <= limit


@compiled
def _relocate(d, s, w, rng, t, heat, tries):
    """A task on its own to one of many places near others, or out of the plan."""
    begin(s, w)
    g, v0, n_groups = d.task[t, GROUP], s.task[t, VEHICLE], float(d.group.shape[0])
    price = d.group[g, PRICE]
    value = s.total[COST] - _noise(d, rng, heat)
    chosen, p0, best_v, best_p, best_key = -1, -1, -1, -1, 0.0
    if v0 >= 0:
        p0, q0 = s.task[t, BEFORE], s.task[t, AFTER]
        take_out(d, s, w, t)
        if not (close_gap(d, s, w, v0, p0, q0, FAR) and propagate(d, s, w, FAR)):
            roll_back(d, s, w, 0)
            return
        other = s.total[COST] + price - _noise(d, rng, heat)
        if other < value:
            value, chosen = other, 0
    else:
        s.total[COST] -= price
    set_mark(s, w, 1)
    for k in range(1, tries + 1):
        v, p, q = _beside(d, s, t, rng, n_groups)
        if v < 0 or (v == v0 and p == p0) or not d.able[t, v] or not has_room(d, s, t, v):
            continue
        noise = _noise(d, rng, heat)
        limit = np.int64(min(value + noise, 4e18))
        cost = s.total[COST] + detour(d, v, p, t, q)
        if cost > limit:
            continue
        at = arrival(d, s, v, p, t)
        start = fit(d, t, at) if at < FAR else FAR
        if start == FAR or (
            start > d.task[t, LAST_CLOSE]
            and cost + (start - d.task[t, LAST_CLOSE]) * d.task[t, LATE_COST] > limit
        ):
            continue
        key = _key_between(s, p, q, -1.0, n_groups, rng)
        if key == NO_KEY:
            continue
        if _place(d, s, w, t, v, p, limit):
            value, chosen = s.total[COST] - noise, k
            best_v, best_p, best_key = v, p, key
        roll_back(d, s, w, 1)
    if chosen < 0:
        roll_back(d, s, w, 0)
    elif chosen == 0:
        s.total[COST] += price
    else:
        set_key(d, s, w, g, best_key)
        _place(d, s, w, t, best_v, best_p, FAR)


@compiled
def _order_limits(d, s, g, t):
    """Keys between which a group can move while its tasks but t stay in their places."""
    low, high = -1.0, float(d.group.shape[0])
    for i in range(d.group[g, FIRST], d.group[g, LAST]):
        other = d.group_task[i]
        if other != t and s.task[other, VEHICLE] >= 0:
            p, q = s.task[other, BEFORE], s.task[other, AFTER]
            low = max(low, s.key[p]) if p >= 0 else low
            high = min(high, s.key[q]) if q >= 0 else high
    return low, high


@inlined
def _has_person(d, s, g, v):
    """Whether vehicle v does a task of the group."""
    for i in range(d.group[g, FIRST], d.group[g, LAST]):
        if s.task[d.group_task[i], VEHICLE] == v:
            return True
    return False


@compiled
def _relocate_partner(d, s, w, rng, t, heat, tries):
    """A task of a served group to another person; its partners stay in their places."""
    begin(s, w)
    g, v0, p0, q0 = d.task[t, GROUP], s.task[t, VEHICLE], s.task[t, BEFORE], s.task[t, AFTER]
    low, high = _order_limits(d, s, g, t)
    value = s.total[COST] - _noise(d, rng, heat)
    chosen, best_v, best_p, best_key = False, -1, -1, 0.0
    take_out(d, s, w, t)
    push(d, w, g)
    if not (close_gap(d, s, w, v0, p0, q0, FAR) and propagate(d, s, w, FAR)):
        roll_back(d, s, w, 0)
        return
    set_mark(s, w, 1)
    for _ in range(tries):
        v, p, q = _beside(d, s, t, rng, high)
        if v < 0 or (v == v0 and p == p0) or not d.able[t, v]:
            continue
        if _has_person(d, s, g, v) or not has_room(d, s, t, v):
            continue
        noise = _noise(d, rng, heat)
        limit = np.int64(min(value + noise, 4e18))
        if s.total[COST] + detour(d, v, p, t, q) > limit:
            continue
        key = _key_between(s, p, q, low, high, rng)
        if key == NO_KEY:
            continue
        set_key(d, s, w, g, key)
        if _place(d, s, w, t, v, p, limit):
            value, chosen = s.total[COST] - noise, True
            best_v, best_p, best_key = v, p, key
        roll_back(d, s, w, 1)
    if chosen:
        set_key(d, s, w, g, best_key)
        _place(d, s, w, t, best_v, best_p, FAR)
    else:
        roll_back(d, s, w, 0)


@compiled
def _take_out_group(d, s, w, g):
    """Take a served group out and time the rest anew; whether that keeps the rules."""
    first, last = d.group[g, FIRST], d.group[g, LAST]
    for i in range(first, last):
        t = d.group_task[i]
        v, p, q = s.task[t, VEHICLE], s.task[t, BEFORE], s.task[t, AFTER]
        take_out(d, s, w, t)
        if not close_gap(d, s, w, v, p, q, FAR):
            return False
    return propagate(d, s, w, FAR)


@compiled
def _put_in_group(d, s, w, g, key, crew, limit):
    """Put a group in at a key with the people of a row of ``crew`` and time it."""
    first, last = d.group[g, FIRST], d.group[g, LAST]
    set_key(d, s, w, g, key)
    for i in range(first, last):
        t, v = d.group_task[i], w.crew[crew, i - first]
        if not has_room(d, s, t, v):
            return False
        put_in(d, s, w, t, v, slot(s, v, key))
        if s.total[COST] > limit:
            return False
    push(d, w, g)
    for i in range(first, last):
        if not chain(d, s, w, s.task[d.group_task[i], AFTER], limit):
            return False
    return propagate(d, s, w, limit) and s.total[COST] <= limit


@compiled
def _draw_crew(d, s, w, rng, g, t, v):
    """People for a group whose task t vehicle v does, row TRIAL; whether there are any."""
    first, last = d.group[g, FIRST], d.group[g, LAST]
    for i in range(first, last):
        other = d.group_task[i]
        who = v
        if other != t:
            who = w.crew[OLD, i - first] if random(rng) < SAME_CREW else -1
            if who < 0 and random(rng) < 0.5:
                u = _neighbour(d, other, rng)
                who = s.task[u, VEHICLE] if u >= 0 else -1
            if who < 0:
                who = _any_able(d, other, rng)
        if who < 0 or not d.able[other, who]:
            return False
        for j in range(i - first):
            if w.crew[TRIAL, j] == who:
                return False
        w.crew[TRIAL, i - first] = who
    return True


@compiled
def _relocate_group(d, s, w, rng, t, heat, tries):
    """A whole tied group to another point of the order and to other people, or out."""
    begin(s, w)
    g, n_groups = d.task[t, GROUP], float(d.group.shape[0])
    first, last = d.group[g, FIRST], d.group[g, LAST]
    price, key0, v0 = d.group[g, PRICE], s.key[t], s.task[t, VEHICLE]
    value = s.total[COST] - _noise(d, rng, heat)
    chosen, best_key = -1, 0.0
    for i in range(first, last):
        w.crew[OLD, i - first] = s.task[d.group_task[i], VEHICLE]
    if v0 >= 0:
        if not _take_out_group(d, s, w, g):
            roll_back(d, s, w, 0)
            return
        other = s.total[COST] + price - _noise(d, rng, heat)
        if other < value:
            value, chosen = other, 0
    else:
        s.total[COST] -= price
    set_mark(s, w, 1)
    for k in range(1, tries + 1):
        v, p, q = _beside(d, s, t, rng, n_groups)
        key = key0
        if v0 >= 0 and random(rng) < SAME_KEY:
            v = _any_able(d, t, rng)
        elif v >= 0:
            key = _key_between(s, p, q, -1.0, n_groups, rng)
        if v < 0 or key == NO_KEY or not _draw_crew(d, s, w, rng, g, t, v):
            continue
        noise = _noise(d, rng, heat)
        if _put_in_group(d, s, w, g, key, TRIAL, np.int64(min(value + noise, 4e18))):
            value, chosen, best_key = s.total[COST] - noise, k, key
            for i in range(last - first):
                w.crew[BEST, i] = w.crew[TRIAL, i]
        roll_back(d, s, w, 1)
    if chosen < 0:
        roll_back(d, s, w, 0)
    elif chosen == 0:
        s.total[COST] += price
    else:
        _put_in_group(d, s, w, g, best_key, BEST, FAR)


@compiled
def _lateness_behind(d, s, t):
    """Cost of the lateness of t and of all that follow it in its route."""
    cost = np.int64(0)
    while t >= 0:
        cost += s.task[t, LATE] * d.task[t, LATE_COST]
        t = s.task[t, AFTER]
    return cost


@compiled
def _metropolis(s, rng, heat):
    """The highest objective that is accepted."""
    return s.total[COST] - np.int64(heat * np.log(1.0 - random(rng)))


@compiled
def _move_to(d, s, w, t, v, p):
    """Put t, which was taken out, behind p and note what is to be timed."""
    put_in(d, s, w, t, v, p)
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
def _swap(d, s, w, rng, t, heat):
    """Two tasks of different routes exchange people; those on their own often places too."""
    u = _neighbour(d, t, rng)
    if u < 0 or s.task[u, VEHICLE] < 0 or s.task[t, VEHICLE] < 0:
        return
    a, b = s.task[t, VEHICLE], s.task[u, VEHICLE]
    g, h = d.task[t, GROUP], d.task[u, GROUP]
    if a == b or not (d.able[t, b] and d.able[u, a]):
        return
    in_place = not d.task[t, TIED] and not d.task[u, TIED] and random(rng) < IN_PLACE
    if not in_place and g != h and (_has_person(d, s, g, b) or _has_person(d, s, h, a)):
        return
    limit = _metropolis(s, rng, heat)
    hope = np.int64(HOPE * (_lateness_behind(d, s, t) + _lateness_behind(d, s, u)))
    pt, qt, pu, qu = s.task[t, BEFORE], s.task[t, AFTER], s.task[u, BEFORE], s.task[u, AFTER]
    if in_place:
        step = detour(d, a, pt, u, qt) - detour(d, a, pt, t, qt)
        step += detour(d, b, pu, t, qu) - detour(d, b, pu, u, qu)
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
        _move_to(d, s, w, u, a, pt)
        _move_to(d, s, w, t, b, pu)
    else:
        _move_to(d, s, w, u, a, slot(s, a, key_u))
        _move_to(d, s, w, t, b, slot(s, b, key_t))
    if s.total[COST] > limit + hope or not _settle(d, s, w, a, b, limit, hope):
        roll_back(d, s, w, 0)


@compiled
def _take_run(d, s, w, side, t, most, v):
    """Take a run of tasks from t on out into a row of ``run``; whether v can do them all."""
    w.count[N_RUN + side] = 0
    while t >= 0 and w.count[N_RUN + side] < most:
        if not d.able[t, v]:
            return False
        q = s.task[t, AFTER]
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
        if d.task[t, TIED] and _has_person(d, s, d.task[t, GROUP], v):
            return False
        _move_to(d, s, w, t, v, slot(s, v, s.key[t]))
    return True


@compiled
def _cross(d, s, w, rng, t, heat):
    """Exchange runs or tails of two routes at one point of the order."""
    u = _neighbour(d, t, rng)
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
    hope = np.int64(HOPE * (_lateness_behind(d, s, t) + _lateness_behind(d, s, u)))
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
    draw = random(rng)
    if draw >= SWAP:
        _cross(d, s, w, rng, t, heat)
    elif draw >= RELOCATE:
        _swap(d, s, w, rng, t, heat)
    elif not d.task[t, TIED]:
        _relocate(d, s, w, rng, t, heat, tries)
    elif s.task[t, VEHICLE] >= 0 and random(rng) < ALONE:
        _relocate_partner(d, s, w, rng, t, heat, tries)
    else:
        _relocate_group(d, s, w, rng, t, heat, tries)


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
        if s.total[COST] < best:
            best = s.total[COST]
            for t in range(s.key.size):
                best_key[t] = s.key[t]
                best_vehicle[t] = s.task[t, VEHICLE]
    return best


@compiled
def construct(d, s, w, order, rng, tries):
    """Put unserved groups in, in order, each at the cheapest of some random places."""
    for g in order:
        t = d.group_task[d.group[g, FIRST]]
        if s.task[t, VEHICLE] >= 0:
            continue
        if d.task[t, TIED]:
            _relocate_group(d, s, w, rng, t, 0.0, tries)
        else:
            _relocate(d, s, w, rng, t, 0.0, tries)


@njit(cache=True, nogil=True)
def rebuild(d, s, w, key, vehicle):
    """Make the plan of an empty state the one of these keys and people; whether it keeps rules."""
    begin(s, w)
    s.key[:] = key
    for t in np.argsort(key, kind="mergesort"):
        v = vehicle[t]
        if v >= 0:
            put_in(d, s, w, t, v, s.days[v, TAIL])
            if t == d.group_task[d.group[d.task[t, GROUP], FIRST]]:
                s.total[COST] -= d.group[d.task[t, GROUP], PRICE]
    for v in range(s.days.shape[0]):
        t = s.days[v, HEAD]
        while t >= 0:
            if not chain(d, s, w, t, FAR):
                return False
            t = s.task[t, AFTER]
    return propagate(d, s, w, FAR)


@njit(cache=True, nogil=True)
def spread_keys(d, s):
    """Number the groups anew along routes and links, earliest start first; routes stay."""
    n_groups = d.group.shape[0]
    waits = np.zeros(n_groups, dtype=np.int64)
    at = np.empty(n_groups, dtype=np.int64)
    open_groups = np.empty(n_groups, dtype=np.int64)
    n_open = 0
    absent = 0
    for g in range(n_groups):
        at[g] = FAR
        for i in range(d.group[g, FIRST], d.group[g, LAST]):
            t = d.group_task[i]
            at[g] = min(at[g], s.task[t, START_AT])
            if s.task[t, VEHICLE] >= 0 and s.task[t, BEFORE] >= 0:
                waits[g] += 1
        if s.task[d.group_task[d.group[g, FIRST]], VEHICLE] < 0:
            absent += 1
            _number(d, s, g, n_groups - absent)
        elif waits[g] == 0:
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
            q = s.task[d.group_task[i], AFTER]
            if s.task[d.group_task[i], VEHICLE] >= 0 and q >= 0:
                h = d.task[q, GROUP]
                waits[h] -= 1
                if waits[h] == 0:
                    open_groups[n_open] = h
                    n_open += 1


@compiled
def _number(d, s, g, rank):
    for i in range(d.group[g, FIRST], d.group[g, LAST]):
        s.key[d.group_task[i]] = rank
