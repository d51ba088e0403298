# mypy: ignore-errors
"""Compiled search for capacitated location: assignment to open sites, and its improvement.

All take the pairs in CSR form by row: ``indptr`` int64[n + 1], ``site`` int32[z] ascending within
a row, ``cost`` int64[z] per unit, ``order`` int64[z] the places of a row's pairs by rising cost.
An answer is ``units`` int64[z], what each pair carries, with ``room`` int64[m], what is left at
each site.
"""

from __future__ import annotations

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything compiles)

__all__ = ["improve", "nearest_first", "place", "relocate"]


@njit(cache=True, nogil=True)
def nearest_first(pair_order, row_of, site, amount, single, is_open, room, units, rest):
    """Serve pairs in the given order as far as room and need go.

    ``pair_order`` int64[z] names the pairs, the first to be served first; ``row_of`` int64[z] are
    their rows. Changed in place: ``room``, ``units`` and ``rest`` int64[n], what is not served.
    """
    for e in pair_order:
        k, j = row_of[e], site[e]
        if rest[k] == 0 or not is_open[j]:
            continue
        if single[k]:
            if room[j] < amount[k]:
                continue
            take = amount[k]
        else:
            take = min(rest[k], room[j])
        units[e] += take
        rest[k] -= take
        room[j] -= take


@njit(cache=True, nogil=True)
def place(indptr, site, cost, order, amount, single, is_open, sequence, shift, room, units, rest):
    """Serve rows in sequence at their cheapest open site with room.

    ``shift``: move another single row elsewhere where that makes the room needed. Changed in
    place: ``room``, ``units`` and ``rest`` int64[n], the rows' unserved units.

    Returns:
        Units that found no place.
    """
    short = np.int64(0)
    n = amount.size
    head = np.full(is_open.size, -1, dtype=np.int64)
    after = np.full(n, -1, dtype=np.int64)
    at_pair = np.full(n, -1, dtype=np.int64)
    for k in range(n):
        if single[k] and rest[k] == 0:
            for e in range(indptr[k], indptr[k + 1]):
                if units[e] > 0:
                    at_pair[k] = e
                    after[k] = head[site[e]]
                    head[site[e]] = k
    for k in sequence:
        if rest[k] == 0:
            continue
        for s in range(indptr[k], indptr[k + 1]):
            e = order[s]
            j = site[e]
            if not is_open[j] or room[j] <= 0:
                continue
            if single[k] and room[j] < amount[k]:
                continue
            take = min(rest[k], room[j])
            units[e] += take
            room[j] -= take
            rest[k] -= take
            if single[k]:
                at_pair[k] = e
                after[k] = head[j]
                head[j] = k
            if rest[k] == 0:
                break
        if shift and rest[k] > 0 and single[k]:
            _shift_in(
                indptr, site, cost, amount, is_open, room, units, rest, head, after, at_pair, k
            )
        short += rest[k]
    return short


@njit(cache=True, nogil=True)
def _shift_in(indptr, site, cost, amount, is_open, room, units, rest, head, after, at_pair, k):
    """Make room for a single row by moving one other row elsewhere, at least cost."""
    best, best_e, best_row, best_to = np.int64(2**61), -1, -1, -1
    for e in range(indptr[k], indptr[k + 1]):
        j = site[e]
        if not is_open[j]:
            continue
        other = head[j]
        while other >= 0:
            if room[j] + amount[other] >= amount[k]:
                for to in range(indptr[other], indptr[other + 1]):
                    i = site[to]
                    if i == j or not is_open[i] or room[i] < amount[other]:
                        continue
                    delta = amount[k] * cost[e]
                    delta += amount[other] * (cost[to] - cost[at_pair[other]])
                    if delta < best:
                        best, best_e, best_row, best_to = delta, e, other, to
            other = after[other]
    if best_row < 0:
        return
    j, i = site[best_e], site[best_to]
    before = -1
    other = head[j]
    while other != best_row:
        before, other = other, after[other]
    if before < 0:
        head[j] = after[best_row]
    else:
        after[before] = after[best_row]
    units[at_pair[best_row]] = 0
    units[best_to] = amount[best_row]
    at_pair[best_row] = best_to
    after[best_row] = head[i]
    head[i] = best_row
    room[i] -= amount[best_row]
    room[j] += amount[best_row] - amount[k]
    units[best_e] = amount[k]
    rest[k] = 0
    at_pair[k] = best_e
    after[k] = head[j]
    head[j] = k


@njit(cache=True, nogil=True)
def _find(indptr, site, k, j):
    """The pair of row k and site j, -1 where there is none."""
    low, high = indptr[k], indptr[k + 1]
    while low < high:
        mid = (low + high) // 2
        if site[mid] < j:
            low = mid + 1
        else:
            high = mid
    if low < indptr[k + 1] and site[low] == j:
        return low
    return -1


@njit(cache=True, nogil=True)
def improve(indptr, site, cost, order, amount, single, is_open, room, units, rounds):
    """Shift flows to cheaper open sites and swap pairs of single rows, until neither helps.

    Changes ``room`` and ``units`` in place; stops after ``rounds`` sweeps over the rows.

    Returns:
        What was saved.
    """
    n = amount.size
    at_pair = np.full(n, -1, dtype=np.int64)
    head = np.full(is_open.size, -1, dtype=np.int64)
    after = np.full(n, -1, dtype=np.int64)
    saved = np.int64(0)
    for _ in range(rounds):
        before = saved
        head[:] = -1
        for k in range(n):
            if not single[k]:
                saved += _shift_units(indptr, site, cost, order, is_open, room, units, k)
                continue
            at_pair[k] = -1
            for e in range(indptr[k], indptr[k + 1]):
                if units[e] > 0:
                    at_pair[k] = e
                    after[k] = head[site[e]]
                    head[site[e]] = k
        for k in range(n):
            if single[k] and at_pair[k] >= 0:
                saved += _move_single(
                    indptr, site, cost, order, amount, is_open, room, units, at_pair, head, after, k
                )
        if saved == before:
            break
    return saved


@njit(cache=True, nogil=True)
def _shift_units(indptr, site, cost, order, is_open, room, units, k):
    """Move a split row's units to cheaper open sites with room."""
    saved = np.int64(0)
    last = indptr[k + 1] - 1
    for s in range(indptr[k], indptr[k + 1]):
        to = order[s]
        if not is_open[site[to]] or room[site[to]] <= 0:
            continue
        for t in range(last, s, -1):
            e = order[t]
            if units[e] == 0 or cost[e] <= cost[to]:
                continue
            take = min(units[e], room[site[to]])
            units[e] -= take
            units[to] += take
            room[site[e]] += take
            room[site[to]] -= take
            saved += take * (cost[e] - cost[to])
            if room[site[to]] == 0:
                break
    return saved


@njit(cache=True, nogil=True)
def _move_single(indptr, site, cost, order, amount, is_open, room, units, at_pair, head, after, k):
    """The best shift or swap that brings a single row to a cheaper site."""
    e = at_pair[k]
    j = site[e]
    best, best_to, best_other, best_back = np.int64(0), -1, -1, -1
    for s in range(indptr[k], indptr[k + 1]):
        to = order[s]
        if cost[to] >= cost[e]:
            break
        i = site[to]
        if not is_open[i]:
            continue
        own = amount[k] * (cost[e] - cost[to])
        if own <= best:
            break
        if room[i] >= amount[k]:
            best, best_to, best_other = own, to, -1
            break
        other = head[i]
        while other >= 0:
            if (
                room[i] + amount[other] >= amount[k]
                and room[j] + amount[k] >= amount[other]
                and site[at_pair[other]] == i
            ):
                back = _find(indptr, site, other, j)
                if back >= 0:
                    gain = own - amount[other] * (cost[back] - cost[at_pair[other]])
                    if gain > best:
                        best, best_to, best_other, best_back = gain, to, other, back
            other = after[other]
    if best_to < 0:
        return np.int64(0)
    i = site[best_to]
    _unlink(head, after, j, k)
    units[e] = 0
    room[j] += amount[k]
    if best_other >= 0:
        _unlink(head, after, i, best_other)
        units[at_pair[best_other]] = 0
        room[i] += amount[best_other]
        units[best_back] = amount[best_other]
        room[j] -= amount[best_other]
        at_pair[best_other] = best_back
        after[best_other] = head[j]
        head[j] = best_other
    units[best_to] = amount[k]
    room[i] -= amount[k]
    at_pair[k] = best_to
    after[k] = head[i]
    head[i] = k
    return best


@njit(cache=True, nogil=True)
def _unlink(head, after, j, k):
    """Take a row out of a site's list."""
    if head[j] == k:
        head[j] = after[k]
        return
    before = head[j]
    while after[before] != k:
        before = after[before]
    after[before] = after[k]


@njit(cache=True, nogil=True)
def relocate(indptr, site, cost, capacity, fixed, state, is_open, room, units):
    """Move whole sites: all that an open site serves goes to a cheaper closed one with room.

    Changes ``is_open``, ``room`` and ``units`` in place.

    Returns:
        What was saved.
    """
    m = is_open.size
    n = indptr.size - 1
    count = np.zeros(m + 1, dtype=np.int64)
    for e in range(site.size):
        if units[e] > 0:
            count[site[e] + 1] += 1
    start = np.cumsum(count)
    fill = start[:-1].copy()
    flow = np.empty(start[-1], dtype=np.int64)
    flow_row = np.empty(start[-1], dtype=np.int64)
    for k in range(n):
        for e in range(indptr[k], indptr[k + 1]):
            if units[e] > 0:
                flow[fill[site[e]]], flow_row[fill[site[e]]] = e, k
                fill[site[e]] += 1
    sum_cost = np.zeros(m, dtype=np.int64)
    listed = np.zeros(m, dtype=np.int64)
    saved = np.int64(0)
    for j in range(m):
        n_flows = start[j + 1] - start[j]
        if not is_open[j] or state[j] != 0 or n_flows == 0:
            continue
        sum_cost[:] = 0
        listed[:] = 0
        now, load = fixed[j], np.int64(0)
        for f in range(start[j], start[j + 1]):
            e, k = flow[f], flow_row[f]
            load += units[e]
            now += units[e] * cost[e]
            for to in range(indptr[k], indptr[k + 1]):
                sum_cost[site[to]] += units[e] * cost[to]
                listed[site[to]] += 1
        best, to_site = now, -1
        for i in range(m):
            if is_open[i] or state[i] != 0 or listed[i] < n_flows or capacity[i] < load:
                continue
            if sum_cost[i] + fixed[i] < best:
                best, to_site = sum_cost[i] + fixed[i], i
        if to_site < 0:
            continue
        for f in range(start[j], start[j + 1]):
            to = _find(indptr, site, flow_row[f], to_site)
            units[to] += units[flow[f]]
            units[flow[f]] = 0
        is_open[j], is_open[to_site] = False, True
        room[j], room[to_site] = capacity[j], capacity[to_site] - load
        saved += now - best
    return saved
