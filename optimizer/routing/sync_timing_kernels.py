# mypy: ignore-errors
"""Compiled timing of linked routes: what follows from a change, as far as it differs.

New starts are passed on along routes and links: rows on their own at once along their route,
groups that depend on others in the global order. Everything starts as early as can be; what a
person then waits is cut down by leaving later, as far as nothing else moves (Savelsbergh 1992).
Timing stops as soon as the objective passes a limit; ``roll_back`` must follow then.
"""

import numpy as np

import base.kernel_cache  # noqa: F401  (sets the cache folder before the first njit)
from optimizer.routing.schedule_kernels import (
    CLOSE,
    FAR,
    MAX_WORK,
    OPEN,
    TIME_COST,
    UNREACHABLE,
)
from optimizer.routing.sync_kernels import (
    AFTER,
    APART,
    AT_END,
    BALANCE_COST,
    BEFORE,
    CHANGE_COST,
    CHANGES,
    COST,
    DAY_COST,
    DURATION,
    FELL,
    FINISH,
    FIRST,
    FLOATS,
    GROUP,
    HAS_BREAKS,
    HEAD,
    IDLE,
    IDLE_COST,
    IN_PLAN,
    IS_BREAK,
    KIND,
    LAST,
    LAST_CLOSE,
    LATE,
    LATE_COST,
    LATE_WINDOW,
    LENGTH,
    LINK,
    LINK_END,
    MAX_TRAVEL,
    MOST_CHANGES,
    N_DAYS,
    N_FRONT,
    N_TOUCHED,
    OVERTIME,
    OVERTIME_COST,
    PIECES,
    PLAIN,
    PLAN_START,
    PLAN_VEHICLE,
    SIDE,
    SIDE_END,
    SPREAD,
    START_AT,
    TAIL,
    TIED,
    TIMED_DAYS,
    TOLERANCE,
    TOLL,
    TOUCHED,
    VEHICLE,
    WAIT,
    WAIT_COST,
    WINDOW,
    WINDOW_END,
    WORK,
    WORST,
    WORST_COST,
    ahead,
    behind,
    compiled,
    inlined,
    journal_time,
    push,
    push_later,
    touch,
    way,
)


@inlined
def leg(d, s, v, p, t):
    """Time of the way of vehicle v from row p to row t; -1 stands for the day's ends.

    A break without a place is taken where the person goes next.
    """
    if d.flag[HAS_BREAKS]:
        if p >= 0 and d.task[p, KIND] & FLOATS:
            return np.int64(0)
        t = ahead(d, s, t)
    return way(d, d.time, v, p, t)


@inlined
def arrival(d, s, v, p, t):
    """When vehicle v, coming from p, is at row t; FAR where no way leads there."""
    ticks = leg(d, s, v, p, t)
    if ticks >= UNREACHABLE:
        return FAR
    return ticks + (d.vehicle[v, OPEN] if p < 0 else s.task[p, FINISH])


@compiled
def arrival_of(d, s, v, p, t):
    """``arrival`` for callers that are not compiled."""
    return arrival(d, s, v, p, t)


@inlined
def fit(d, s, t, at):
    """The earliest start from a moment on, FAR where there is none."""
    if not d.task[t, PLAIN]:
        return _fit_special(d, s, t, at)
    if at <= d.task[t, LAST_CLOSE]:
        row = d.task[t, WINDOW]
        while at > d.window[row, 1]:
            row += 1
        return max(at, d.window[row, 0])
    return at if d.task[t, LATE_COST] >= 0 else FAR


@compiled
def _can_be_passed(d, s, t):
    """Whether leaving a break out, on the way past its place, makes no way longer."""
    if d.task[t, KIND] & FLOATS:
        return True
    v, p, q = s.task[t, VEHICLE], behind(d, s, s.task[t, BEFORE]), ahead(d, s, s.task[t, AFTER])
    detour = way(d, d.time, v, p, t) + way(d, d.time, v, t, q)
    return detour >= way(d, d.time, v, p, q)


@compiled
def _fit_special(d, s, t, at):
    """``fit`` for breaks, closes that bind the finish and windows that may all be overrun."""
    kind = d.task[t, KIND]
    first, last = d.task[t, WINDOW], d.task[t, WINDOW_END] - 1
    if kind & IS_BREAK:
        if at <= d.window[first, 1]:
            return max(at, d.window[first, 0])
        return at if d.task[t, LATE_COST] >= 0 and _can_be_passed(d, s, t) else FAR
    v, price = s.task[t, VEHICLE], d.task[t, LATE_COST]
    shift = s.task[t, LENGTH] if kind & AT_END else 0
    for row in range(first, last + 1):
        beyond = d.window[row + 1, 0] if row < last else FAR
        if at >= beyond:
            continue
        start = max(at, d.window[row, 0])
        late = start + shift - d.window[row, 1]
        if late <= 0 or (price >= 0 and row == last):
            return start
        if price >= 0 and kind & LATE_WINDOW:
            waiting = price + d.vehicle[v, WAIT_COST] + d.vehicle[v, TIME_COST]
            if late * price <= (beyond - start) * waiting:
                return start
    return FAR


@compiled
def is_changed(d, s, t, start):
    """Whether t, started then, is not as the plan in force says."""
    if s.task[t, VEHICLE] != d.task[t, PLAN_VEHICLE]:
        return True
    return abs(start - d.task[t, PLAN_START]) > d.flag[TOLERANCE]


@compiled
def _special_toll(d, s, t, start):
    """Lateness and cost of a start, for rows that are not plain."""
    kind, row = d.task[t, KIND], d.task[t, WINDOW]
    if kind & IS_BREAK:
        return np.int64(0), d.task[t, LATE_COST] if start > d.window[row, 1] else np.int64(0)
    while row + 1 < d.task[t, WINDOW_END] and d.window[row + 1, 0] <= start:
        row += 1
    shift = s.task[t, LENGTH] if kind & AT_END else np.int64(0)
    late = max(np.int64(0), start + shift - d.window[row, 1])
    toll = late * max(np.int64(0), d.task[t, LATE_COST])
    if kind & IN_PLAN and is_changed(d, s, t, start):
        toll += d.flag[CHANGE_COST]
    return late, toll


@inlined
def ends_in_time(d, s, v, t):
    """Whether vehicle v, having done its last row t, is home before its shift ends."""
    if d.flag[TIMED_DAYS]:
        return True  # looked at with the costs of the day
    ticks = leg(d, s, v, t, -1)
    return ticks < UNREACHABLE and s.task[t, FINISH] + ticks <= d.vehicle[v, CLOSE]


@inlined
def _retime(d, s, w, t, start):
    """Give a row another start; the cost that depends on it follows."""
    journal_time(s, w, t)
    length = s.task[t, LENGTH]
    if d.task[t, PLAIN]:
        late = max(np.int64(0), start - d.task[t, LAST_CLOSE])
        toll = late * d.task[t, LATE_COST]
    else:
        late, toll = _special_toll(d, s, t, start)
        if d.task[t, KIND] & IS_BREAK and start > d.window[d.task[t, WINDOW], 1]:
            length = np.int64(0)  # left out
    s.task[t, START_AT], s.task[t, FINISH] = start, start + length
    touch(d, s, w, s.task[t, VEHICLE])
    s.total[COST] += toll - s.task[t, TOLL]
    s.task[t, TOLL] = toll
    before = s.task[t, LATE]
    if late != before:
        s.task[t, LATE] = late
        if late > s.total[WORST]:
            s.total[COST] += (late - s.total[WORST]) * s.total[WORST_COST]
            s.total[WORST] = late
        elif late < before and before == s.total[WORST]:
            s.total[FELL] = True


@compiled
def chain(d, s, w, t, limit):
    """``run_chain`` where a call does not matter."""
    return run_chain(d, s, w, t, limit)


@inlined
def run_chain(d, s, w, t, limit):
    """Time a route anew from row t on, as far as starts differ or to a tied group.

    Returns False where a rule is broken or the objective passes the limit.
    """
    while t >= 0:
        if d.task[t, TIED]:
            push(d, w, d.task[t, GROUP])
            return True
        v = s.task[t, VEHICLE]
        at = arrival(d, s, v, s.task[t, BEFORE], t)
        start = fit(d, s, t, at) if at < FAR else FAR
        if start == s.task[t, START_AT]:
            return True
        if start == FAR:
            return False
        _retime(d, s, w, t, start)
        if s.total[COST] > limit:
            return False
        q = s.task[t, AFTER]
        if q < 0 and not ends_in_time(d, s, v, t):
            return False
        t = q
    return True


@compiled
def retime_route(d, s, w, v, limit):
    """Time every row of a route anew: breaks move with what comes after them."""
    t = s.days[v, HEAD]
    while t >= 0:
        if not chain(d, s, w, t, limit):
            return False
        t = s.task[t, AFTER]
    return True


@inlined
def close_gap(d, s, w, v, p, q, limit):
    """Time route v anew after a row between p and q was taken out."""
    if d.flag[HAS_BREAKS]:
        return retime_route(d, s, w, v, limit)
    if q >= 0:
        return chain(d, s, w, q, limit)
    return p < 0 or ends_in_time(d, s, v, p)


@compiled
def _free_from(d, s, t):
    """When all that is before t in the global order and may not overlap it is finished."""
    at, bound, left = -FAR, FAR, d.task[t, PIECES]
    for row in range(d.task[t, SIDE], d.task[t, SIDE_END]):
        u = d.side[row, 0]
        if d.side[row, 1] == APART and s.task[u, VEHICLE] >= 0 and s.key[u] < s.key[t]:
            at = max(at, s.task[u, FINISH])
    while left > 0:  # down to the finish of the last user that leaves a piece
        latest = -FAR
        for row in range(d.task[t, SIDE], d.task[t, SIDE_END]):
            u = d.side[row, 0]
            uses = d.side[row, 1] > APART and s.task[u, VEHICLE] >= 0 and s.key[u] < s.key[t]
            if uses and s.task[u, FINISH] < bound:
                latest = max(latest, s.task[u, FINISH])
        for row in range(d.task[t, SIDE], d.task[t, SIDE_END]):
            u = d.side[row, 0]
            if d.side[row, 1] > APART and s.task[u, VEHICLE] >= 0 and s.key[u] < s.key[t]:
                left -= s.task[u, FINISH] == latest
        if latest == -FAR:
            return at
        if left <= 0:
            return max(at, latest)
        bound = latest
    return at


@compiled
def _overlaps_itself(d, s, w, g):
    """Whether tasks of one group overlap that may not."""
    first, last = d.group[g, FIRST], d.group[g, LAST]
    for i in range(first, last):
        t = d.group_task[i]
        if s.task[t, VEHICLE] < 0:
            continue
        end = w.fresh[i - first] + s.task[t, LENGTH]
        for row in range(d.task[t, SIDE], d.task[t, SIDE_END]):
            for j in range(first, last):
                u = d.group_task[j]
                if d.side[row, 0] != u or d.side[row, 1] < APART or s.task[u, VEHICLE] < 0:
                    continue
                if w.fresh[j - first] >= w.fresh[i - first] and w.fresh[j - first] < end:
                    return True
    return False


@compiled
def _fresh_starts(d, s, w, g):
    """Earliest starts of a group behind all it depends on; whether there are any.

    Tasks of the group that nobody does are passed over.
    """
    first, last = d.group[g, FIRST], d.group[g, LAST]
    rounds = 2
    has_sides = False
    for i in range(first, last):
        t = d.group_task[i]
        v = s.task[t, VEHICLE]
        if v < 0:
            continue
        at = arrival(d, s, v, s.task[t, BEFORE], t)
        if d.task[t, SIDE] < d.task[t, SIDE_END]:
            has_sides = True
            at = max(at, _free_from(d, s, t))
        start = fit(d, s, t, at) if at < FAR else FAR
        if start == FAR:
            return False
        w.fresh[i - first] = start
        rounds += 1 + (last - first) * (d.task[t, WINDOW_END] - d.task[t, WINDOW])
    for _ in range(rounds):
        settled = True
        for row in range(d.group[g, LINK], d.group[g, LINK_END]):
            a, b = d.link[row, 0], d.link[row, 1]
            t, u = d.group_task[first + a], d.group_task[first + b]
            if s.task[t, VEHICLE] < 0 or s.task[u, VEHICLE] < 0:
                continue
            if w.fresh[b] < w.fresh[a] + d.link[row, 2]:
                w.fresh[b] = fit(d, s, u, w.fresh[a] + d.link[row, 2])
                settled = False
            if w.fresh[b] == FAR:
                return False
            if w.fresh[a] < w.fresh[b] - d.link[row, 3]:
                w.fresh[a] = fit(d, s, t, w.fresh[b] - d.link[row, 3])
                settled = False
            if w.fresh[a] == FAR:
                return False
        if settled:
            return not has_sides or not _overlaps_itself(d, s, w, g)
    return False


@inlined
def _pop(d, s, w):
    """The group of the list that comes first; the list is short."""
    best = 0
    key = s.key[d.group_task[d.group[w.front[0, 0], FIRST]]]
    for i in range(1, w.count[N_FRONT]):
        other = s.key[d.group_task[d.group[w.front[i, 0], FIRST]]]
        if other < key:
            best, key = i, other
    g = w.front[best, 0]
    w.count[N_FRONT] -= 1
    w.front[best, 0] = w.front[w.count[N_FRONT], 0]
    w.front[g, 1] = False
    return g


@inlined
def propagate(d, s, w, limit):
    """Time all listed groups and what follows from them; whether the plan keeps the rules.

    Stops with False as soon as the objective passes the limit; ``roll_back`` must follow then.
    """
    if w.count[N_FRONT] == 0 and w.count[N_TOUCHED] == 0 and not s.total[FELL]:
        return True
    return _propagate(d, s, w, limit)


@compiled
def _propagate(d, s, w, limit):
    while w.count[N_FRONT] > 0:
        g = _pop(d, s, w)
        if not _fresh_starts(d, s, w, g):
            return False
        first = d.group[g, FIRST]
        for i in range(first, d.group[g, LAST]):
            t = d.group_task[i]
            v = s.task[t, VEHICLE]
            if v < 0 or w.fresh[i - first] == s.task[t, START_AT]:
                continue
            _retime(d, s, w, t, w.fresh[i - first])
            if d.task[t, SIDE] < d.task[t, SIDE_END]:
                push_later(d, s, w, t)
            if s.task[t, AFTER] < 0 and not ends_in_time(d, s, v, t):
                return False
            if s.total[COST] > limit:
                return False
            if not chain(d, s, w, s.task[t, AFTER], limit):
                return False
    if s.total[FELL]:
        _worst_anew(s)
    if w.count[N_TOUCHED] > 0 and not _cost_days(d, s, w):
        return False
    return d.flag[MOST_CHANGES] < 0 or _changes_anew(d, s)


@compiled
def _worst_anew(s):
    """The largest lateness, where it may have fallen."""
    s.total[FELL] = False
    worst = 0
    for t in range(s.task.shape[0]):
        worst = max(worst, s.task[t, LATE])
    s.total[COST] += (worst - s.total[WORST]) * s.total[WORST_COST]
    s.total[WORST] = worst


@compiled
def _changes_anew(d, s):
    """Count changes against the plan in force; whether they are few enough or not more."""
    count = 0
    for t in range(s.task.shape[0]):
        if d.task[t, KIND] & IN_PLAN:
            count += s.task[t, VEHICLE] < 0 or is_changed(d, s, t, s.task[t, START_AT])
    allowed = max(d.flag[MOST_CHANGES], s.total[CHANGES])
    s.total[CHANGES] = count
    return count <= allowed


@compiled
def latest_delay(d, s, v):
    """How much later vehicle v can leave so that it waits less and nothing else changes."""
    waited, slack = np.int64(0), FAR
    t, p = s.days[v, HEAD], -1
    while t >= 0:
        if p >= 0:
            waited += s.task[t, START_AT] - arrival(d, s, v, p, t)
        room = np.int64(0)
        if not d.task[t, TIED] and s.task[t, TOLL] == 0 and not d.task[t, KIND] & IN_PLAN:
            row = d.task[t, WINDOW]
            last = d.task[t, WINDOW_END] - 1
            while row < last and d.window[row + 1, 0] <= s.task[t, START_AT]:
                row += 1
            shift = s.task[t, LENGTH] if d.task[t, KIND] & AT_END else np.int64(0)
            room = max(np.int64(0), d.window[row, 1] - shift - s.task[t, START_AT])
        slack = min(slack, room + waited)
        p = t
        t = s.task[t, AFTER]
    return min(waited, slack), waited


@compiled
def _day_cost(d, s, v):
    """Cost by the times of a vehicle's day, -1 where it breaks a rule; notes idle time, work
    and waiting.
    """
    first, last = s.days[v, HEAD], s.days[v, TAIL]
    opens, closes = d.vehicle[v, OPEN], d.vehicle[v, CLOSE]
    if first < 0:
        s.days[v, IDLE], s.days[v, WORK], s.days[v, WAIT] = closes - opens, 0, 0
        return np.int64(0)
    ticks = leg(d, s, v, last, -1)
    end = s.task[last, FINISH] + ticks
    if ticks >= UNREACHABLE or end > closes + d.vehicle[v, OVERTIME]:
        return np.int64(-1)
    delay, waited = latest_delay(d, s, v)
    depart = s.task[first, START_AT] - leg(d, s, v, -1, first) + delay
    waited -= delay
    work = end - depart
    if d.vehicle[v, MAX_WORK] >= 0 and work > d.vehicle[v, MAX_WORK]:
        return np.int64(-1)
    if d.vehicle[v, MAX_TRAVEL] >= 0 and _travel(d, s, v) > d.vehicle[v, MAX_TRAVEL]:
        return np.int64(-1)
    s.days[v, IDLE] = depart - opens + waited + max(np.int64(0), closes - end)
    s.days[v, WORK], s.days[v, WAIT] = work, waited
    over = max(np.int64(0), end - closes) * d.vehicle[v, OVERTIME_COST]
    return work * d.vehicle[v, TIME_COST] + waited * d.vehicle[v, WAIT_COST] + over


@compiled
def _travel(d, s, v):
    """Ticks of travel of a vehicle."""
    ticks, p, t = np.int64(0), np.int64(-1), s.days[v, HEAD]
    while t >= 0:
        ticks += leg(d, s, v, p, t)
        p, t = t, s.task[t, AFTER]
    return ticks + leg(d, s, v, p, -1)


@compiled
def _cost_days(d, s, w):
    """Cost the touched days; whether they keep the rules."""
    while w.count[N_TOUCHED] > 0:
        w.count[N_TOUCHED] -= 1
        v = w.touched[w.count[N_TOUCHED]]
        s.days[v, TOUCHED] = False
        row = w.count[N_DAYS]
        w.days[row, 0], w.days[row, 1], w.days[row, 2] = v, s.days[v, DAY_COST], s.days[v, IDLE]
        w.days[row, 3], w.days[row, 4] = s.days[v, WORK], s.days[v, WAIT]
        w.count[N_DAYS] += 1
        cost = _day_cost(d, s, v)
        if cost < 0:
            return False
        s.total[COST] += cost - s.days[v, DAY_COST]
        s.days[v, DAY_COST] = cost
    if d.flag[IDLE_COST] > 0 or d.flag[BALANCE_COST] > 0:
        spread_anew(d, s)
    return True


@compiled
def spread_anew(d, s):
    """Cost the largest idle time and the spread of work."""
    if s.days.shape[0] == 0:
        return
    idle, most, least = np.int64(0), np.int64(0), FAR
    for v in range(s.days.shape[0]):
        idle = max(idle, s.days[v, IDLE])
        most, least = max(most, s.days[v, WORK]), min(least, s.days[v, WORK])
    cost = idle * d.flag[IDLE_COST] + (most - least) * d.flag[BALANCE_COST]
    s.total[COST] += cost - s.total[SPREAD]
    s.total[SPREAD] = cost


@inlined
def hope_of(d, s, t, v):
    """What t may save of waiting, idle time and spread when v serves it."""
    if not d.flag[TIMED_DAYS]:
        return np.int64(0)
    rate = d.flag[IDLE_COST] + d.flag[BALANCE_COST]
    return s.days[v, WAIT] * d.vehicle[v, WAIT_COST] + 2 * rate * d.task[t, DURATION]
