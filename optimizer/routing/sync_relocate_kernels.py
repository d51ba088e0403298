# mypy: ignore-errors
"""Compiled relocations of the annealing of linked visits.

A relocation takes a task (or a tied group) out once and tries many places for it. Of the plan as
it was, the plan without the task and all tried plans one is drawn with probability proportional
to exp(-cost / temperature) (heat bath, drawn by Gumbel noise). The noise is drawn first, so that
whatever cannot win any more is given up after its way, its own lateness or a part of its timing.
"""

import numpy as np

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)
from optimizer.routing.schedule_kernels import FAR
from optimizer.routing.sync_kernels import (
    ABLE,
    ABLE_END,
    AFTER,
    BEFORE,
    COST,
    FIRST,
    GROUP,
    HAS_BREAKS,
    HEAD,
    IS_BREAK,
    KIND,
    LAST,
    LAST_CLOSE,
    LATE_COST,
    PLAIN,
    PRICE,
    SIDE,
    SIDE_END,
    TIED,
    VEHICLE,
    added,
    begin,
    compiled,
    has_room,
    inlined,
    push,
    put,
    put_in,
    roll_back,
    set_key,
    set_mark,
    slot,
    take_out,
)
from optimizer.routing.sync_timing_kernels import (
    arrival,
    chain,
    close_gap,
    fit,
    hope_of,
    propagate,
    retime_route,
    run_chain,
)
from optimizer.routing.trip_kernels import random

ANYWHERE = 0.06
"""Share of tried places that are with any person, not near a task."""
SAME_CREW, SAME_KEY = 0.4, 0.2
"""Share of tied tasks that keep their person, and of groups that keep their key, when a group
is relocated."""
OLD, BEST, TRIAL = range(3)
NO_KEY = -2.0


@inlined
def noise_at(d, rng, heat):
    """Gumbel noise at a temperature."""
    return heat * d.gumbel[int(random(rng) * d.gumbel.size)]


@inlined
def any_able(d, t, rng):
    """A random vehicle that can serve t, -1 where there is none."""
    first, last = d.task[t, ABLE], d.task[t, ABLE_END]
    if first == last:
        return -1
    return d.able_vehicle[first + int(random(rng) * (last - first))]


@inlined
def neighbour(d, t, rng):
    """A random task near t, the nearest most often; -1 where there are few."""
    u = random(rng)
    return d.near[t, int(u * u * d.near.shape[1])]


@inlined
def _beside(d, s, t, rng, high):
    """A place near a task: (vehicle, task before, task after); no vehicle where none is found."""
    if random(rng) < ANYWHERE or d.task[t, KIND] & IS_BREAK:
        v = any_able(d, t, rng)
        if v < 0:
            return -1, -1, -1
        p = slot(s, v, random(rng) * high)
        return v, p, s.task[p, AFTER] if p >= 0 else s.days[v, HEAD]
    u = neighbour(d, t, rng)
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
def _place(d, s, w, t, v, p, limit, hope):
    """Put t behind p and time what follows; whether that keeps rules and limit.

    ``hope`` is what timing may save again of a cost above the limit.
    """
    put_in(d, s, w, t, v, p)
    first = t
    if d.task[t, TIED]:
        push(d, w, d.task[t, GROUP])
        first = s.task[t, AFTER]
    if d.flag[HAS_BREAKS]:
        timed = retime_route(d, s, w, v, limit + hope)
    else:
        timed = run_chain(d, s, w, first, limit + hope)
    return timed and propagate(d, s, w, limit + hope) and s.total[COST] <= limit


@compiled
def _settle(d, s, w, t, v, p, limit, hope):
    """``_place`` where a call does not matter."""
    return _place(d, s, w, t, v, p, limit, hope)


@inlined
def _is_hopeless(d, s, t, v, p, cost, limit):
    """Whether the lateness of t alone, behind p, is too dear."""
    if not d.task[t, PLAIN] or d.task[t, TIED] or d.flag[HAS_BREAKS]:
        return False
    at = arrival(d, s, v, p, t)
    start = fit(d, s, t, at) if at < FAR else FAR
    late = start - d.task[t, LAST_CLOSE]
    return start == FAR or (late > 0 and cost + late * d.task[t, LATE_COST] > limit)


@compiled
def relocate(d, s, w, rng, t, heat, tries):
    """A task on its own to one of many places near others, or out of the plan.

    A break goes elsewhere in its route.
    """
    is_break = d.task[t, KIND] & IS_BREAK
    g, v0, n_groups = d.task[t, GROUP], s.task[t, VEHICLE], float(d.group.shape[0])
    if is_break and v0 < 0:
        return
    begin(s, w)
    price = d.group[g, PRICE]
    value = s.total[COST] - noise_at(d, rng, heat)
    chosen, best_v, best_p, best_key = -1, -1, -1, 0.0
    if v0 >= 0:
        p0, q0 = s.task[t, BEFORE], s.task[t, AFTER]
        take_out(d, s, w, t)
        if not (close_gap(d, s, w, v0, p0, q0, FAR) and propagate(d, s, w, FAR)):
            roll_back(d, s, w, 0)
            return
        other = s.total[COST] + price - noise_at(d, rng, heat)
        if other < value and not is_break:
            value, chosen = other, 0
    else:
        p0 = -1
        s.total[COST] -= price
    set_mark(s, w, 1)
    for k in range(1, tries + 1):
        v, p, q = _beside(d, s, t, rng, n_groups)
        if v < 0 or (v == v0 and p == p0) or not d.able[t, v] or not has_room(d, s, t, v):
            continue
        noise = noise_at(d, rng, heat)
        limit = np.int64(min(value + noise, 4e18))
        hope = hope_of(d, s, t, v)
        cost = s.total[COST] + added(d, s, v, p, t, q) - hope
        if cost > limit or _is_hopeless(d, s, t, v, p, cost, limit):
            continue
        key = _key_between(s, p, q, -1.0, n_groups, rng)
        if key == NO_KEY:
            continue
        if d.task[t, TIED] or d.flag[HAS_BREAKS]:
            set_key(d, s, w, g, key)
        if _place(d, s, w, t, v, p, limit, hope):
            value, chosen = s.total[COST] - noise, k
            best_v, best_p, best_key = v, p, key
        roll_back(d, s, w, 1)
    if chosen < 0:
        roll_back(d, s, w, 0)
    elif chosen == 0:
        s.total[COST] += price
    else:
        set_key(d, s, w, g, best_key)
        _settle(d, s, w, t, best_v, best_p, FAR, 0)


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
def has_person(d, s, g, v):
    """Whether vehicle v does a task of the group."""
    for i in range(d.group[g, FIRST], d.group[g, LAST]):
        if s.task[d.group_task[i], VEHICLE] == v:
            return True
    return False


@compiled
def relocate_partner(d, s, w, rng, t, heat, tries):
    """A task of a served group to another person; its partners stay in their places."""
    begin(s, w)
    g, v0, p0, q0 = d.task[t, GROUP], s.task[t, VEHICLE], s.task[t, BEFORE], s.task[t, AFTER]
    low, high = _order_limits(d, s, g, t)
    value = s.total[COST] - noise_at(d, rng, heat)
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
        if has_person(d, s, g, v) or not has_room(d, s, t, v):
            continue
        noise = noise_at(d, rng, heat)
        limit = np.int64(min(value + noise, 4e18))
        hope = hope_of(d, s, t, v)
        if s.total[COST] + added(d, s, v, p, t, q) > limit + hope:
            continue
        key = _key_between(s, p, q, low, high, rng)
        if key == NO_KEY:
            continue
        set_key(d, s, w, g, key)
        if _settle(d, s, w, t, v, p, limit, hope):
            value, chosen = s.total[COST] - noise, True
            best_v, best_p, best_key = v, p, key
        roll_back(d, s, w, 1)
    if chosen:
        set_key(d, s, w, g, best_key)
        _settle(d, s, w, t, best_v, best_p, FAR, 0)
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
    top = limit
    for i in range(first, last):
        t, v = d.group_task[i], w.crew[crew, i - first]
        if not has_room(d, s, t, v):
            return False
        top += hope_of(d, s, t, v)
        put(d, s, w, t, v, slot(s, v, key))
        if s.total[COST] > top:
            return False
    push(d, w, g)
    for i in range(first, last):
        t = d.group_task[i]
        if d.flag[HAS_BREAKS]:
            if not retime_route(d, s, w, s.task[t, VEHICLE], top):
                return False
        elif not chain(d, s, w, s.task[t, AFTER], top):
            return False
    return propagate(d, s, w, top) and s.total[COST] <= limit


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
                u = neighbour(d, other, rng)
                who = s.task[u, VEHICLE] if u >= 0 else -1
            if who < 0:
                who = any_able(d, other, rng)
        if who < 0 or not d.able[other, who]:
            return False
        for j in range(i - first):
            if w.crew[TRIAL, j] == who:
                return False
        w.crew[TRIAL, i - first] = who
    return True


@compiled
def relocate_group(d, s, w, rng, t, heat, tries):
    """A whole tied group to another point of the order and to other people, or out."""
    begin(s, w)
    g, n_groups = d.task[t, GROUP], float(d.group.shape[0])
    first, last = d.group[g, FIRST], d.group[g, LAST]
    price, key0, v0 = d.group[g, PRICE], s.key[t], s.task[t, VEHICLE]
    value = s.total[COST] - noise_at(d, rng, heat)
    chosen, best_key = -1, 0.0
    for i in range(first, last):
        w.crew[OLD, i - first] = s.task[d.group_task[i], VEHICLE]
    if v0 >= 0:
        if not _take_out_group(d, s, w, g):
            roll_back(d, s, w, 0)
            return
        other = s.total[COST] + price - noise_at(d, rng, heat)
        if other < value:
            value, chosen = other, 0
    else:
        s.total[COST] -= price
    set_mark(s, w, 1)
    for k in range(1, tries + 1):
        v, p, q = _beside(d, s, t, rng, n_groups)
        key = key0
        if v0 >= 0 and random(rng) < SAME_KEY:
            v = any_able(d, t, rng)
        elif v >= 0:
            key = _key_between(s, p, q, -1.0, n_groups, rng)
        if v < 0 or key == NO_KEY or not _draw_crew(d, s, w, rng, g, t, v):
            continue
        noise = noise_at(d, rng, heat)
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


@inlined
def stands_alone(d, g):
    """Whether a group can move a partner without a look at other groups' order."""
    for i in range(d.group[g, FIRST], d.group[g, LAST]):
        t = d.group_task[i]
        if d.task[t, SIDE] < d.task[t, SIDE_END]:
            return False
    return True
