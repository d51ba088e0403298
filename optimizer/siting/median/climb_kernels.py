# mypy: ignore-errors
"""Compiled p-median kernels: swap search and Lagrangian bounds.

All take rows in CSR form with entries that ascend within a row: ``indptr`` int64[k + 1],
``site`` int32[z], ``entry`` int64[z] weighted costs, ``base`` int64[k] weighted cost without any
site. Site states are int8[c]: 1 open, -1 closed, 0 free.
"""

from __future__ import annotations

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything compiles)

__all__ = ["bound_and_fix", "climb", "first_prices", "least_costs", "same_prefixes", "swap"]


@njit(cache=True, nogil=True)
def least_costs(indptr, site, cost, base, is_open):
    """int64[k], the least cost of each row over the open sites and its base."""
    least = base.copy()
    for k in range(base.size):
        for e in range(indptr[k], indptr[k + 1]):
            if is_open[site[e]]:
                least[k] = cost[e]
                break
    return least


@njit(cache=True, nogil=True)
def first_prices(indptr, site, entry, base, is_open):
    """float64[k], half way between what a row costs at its best and its second open site."""
    price = np.empty(base.size)
    for k in range(base.size):
        first, second, found = base[k], base[k], 0
        for e in range(indptr[k], indptr[k + 1]):
            if is_open[site[e]]:
                found += 1
                if found == 1:
                    first = entry[e]
                else:
                    second = entry[e]
                    break
        price[k] = 0.5 * (first + second)
    return price


@njit(cache=True, nogil=True)
def swap(indptr, site, entry, base, is_open, room, moves):
    """Improve a set of sites: add the best while there is room, then swap best pairs.

    Gains, losses and their correction as in Resende and Werneck (2007). Stops at a local
    optimum or after ``moves`` moves; changes ``is_open`` in place.

    Returns:
        Number of moves made; fewer than ``moves`` at a local optimum.
    """
    n_sites = is_open.size
    place = np.full(n_sites, -1, dtype=np.int64)
    members = np.empty(max(room, 1), dtype=np.int64)
    count = 0
    for j in range(n_sites):
        if is_open[j]:
            place[j] = count
            members[count] = j
            count += 1
    gain = np.empty(n_sites, dtype=np.int64)
    loss = np.empty(max(room, 1), dtype=np.int64)
    extra = np.empty((n_sites, max(room, 1)), dtype=np.int64)
    for move in range(moves):
        adding = count < room
        gain[:] = 0
        if not adding:
            loss[:] = 0
            extra[:, :] = 0
        for k in range(base.size):
            first, second, nearest = base[k], base[k], -1
            for e in range(indptr[k], indptr[k + 1]):
                j = site[e]
                if is_open[j]:
                    if nearest < 0:
                        nearest = place[j]
                        first = entry[e]
                        if adding:
                            break
                    else:
                        second = entry[e]
                        break
            if nearest >= 0 and not adding:
                loss[nearest] += second - first
            for e in range(indptr[k], indptr[k + 1]):
                d = entry[e]
                j = site[e]
                if d >= second and nearest >= 0 and not adding:
                    break
                if d < first:
                    gain[j] += first - d
                elif adding or nearest < 0:
                    break
                if nearest >= 0 and not adding:
                    extra[j, nearest] += second - max(d, first)
        best, best_in, best_out = 0, -1, -1
        for j in range(n_sites):
            if is_open[j]:
                continue
            if adding:
                if gain[j] > best:
                    best, best_in = gain[j], j
                continue
            for r in range(count):
                change = gain[j] - loss[r] + extra[j, r]
                if change > best:
                    best, best_in, best_out = change, j, r
        if best_in < 0:
            return move
        if adding:
            members[count] = best_in
            place[best_in] = count
            count += 1
        else:
            is_open[members[best_out]] = False
            place[members[best_out]] = -1
            members[best_out] = best_in
            place[best_in] = best_out
        is_open[best_in] = True
    return moves


@njit(cache=True, nogil=True)
def climb(
    indptr, site, entry, base, state, room, target, steps, patience, price, best, used, mean, pace
):
    """Subgradient steps on the Lagrangian dual of the assignment rows.

    Each row offers ``price`` for being served; a site is worth what it earns from the rows that
    it serves below their price (Cornuejols, Fisher, Nemhauser 1977). At most ``room`` free sites
    open beside the open ones.

    Args:
        indptr: see the module.
        site: see the module.
        entry: see the module.
        base: see the module.
        state: int8[c], open, closed and free sites.
        room: number of free sites that may open.
        target: value of the best known answer; the climb ends when the bound reaches it.
        steps: number of steps.
        patience: steps without a better bound after which theta is halved.
        price: float64[k], the current prices; like all that follows changed in place.
        best: float64[k], the prices of the best bound.
        used: bool[c], the sites of the best bound.
        mean: float64[c], running mean of the sites' use.
        pace: float64[3], step factor (Held and Karp 1971), steps without a better bound, best
            bound in doubles.
    """
    n_sites, n_rows = state.size, base.size
    worth = np.empty(n_sites)
    taken = np.empty(n_sites, dtype=np.bool_)
    served = np.empty(n_rows, dtype=np.int64)
    for _ in range(steps):
        worth[:] = 0.0
        value = 0.0
        for k in range(n_rows):
            offer = price[k]
            value += offer
            for e in range(indptr[k], indptr[k + 1]):
                if entry[e] >= offer:
                    break
                worth[site[e]] += entry[e] - offer
        left = room
        taken[:] = False
        for j in range(n_sites):
            if state[j] == 1:
                taken[j] = True
                value += worth[j]
                worth[j] = 0.0
            elif state[j] == -1:
                worth[j] = 0.0
        for j in np.argsort(worth, kind="mergesort"):
            if left <= 0 or worth[j] >= 0.0:
                break
            taken[j] = True
            value += worth[j]
            left -= 1
        for j in range(n_sites):
            mean[j] += 0.1 * ((1.0 if taken[j] else 0.0) - mean[j])
        if value > pace[2]:
            # Only a gain of a good part of what is missing keeps the step factor up.
            if value - pace[2] > 0.02 * (target - pace[2]) or pace[2] == -np.inf:
                pace[1] = 0.0
            pace[2] = value
            best[:] = price
            used[:] = taken
        else:
            pace[1] += 1.0
        if pace[2] >= target:
            break
        if pace[1] >= patience:
            pace[1] = 0.0
            pace[0] *= 0.5
            price[:] = best
            continue
        norm = 0.0
        for k in range(n_rows):
            served[k] = 1
            for e in range(indptr[k], indptr[k + 1]):
                if entry[e] >= price[k]:
                    break
                if taken[site[e]]:
                    served[k] -= 1
            if served[k] > 0 and price[k] >= base[k]:
                served[k] = 0
            norm += served[k] * served[k]
        if norm == 0.0:
            break
        step = pace[0] * (target - value) / norm
        for k in range(n_rows):
            if served[k] != 0:
                price[k] = max(0.0, min(float(base[k]), price[k] + step * served[k]))


@njit(cache=True, nogil=True)
def bound_and_fix(indptr, site, entry, base, state, room, price, cut):
    """The exact bound at integer prices, and the sites that it decides.

    Changes ``state`` in place: a free site whose opening (closing) lifts the bound to ``cut`` is
    closed (opened).

    Args:
        indptr: see the module.
        site: see the module.
        entry: see the module.
        base: see the module.
        state: int8[c].
        room: number of free sites that may open.
        price: int64[k], each at most the row's base.
        cut: bounds from here on are of no interest.

    Returns:
        The bound in int64.
    """
    n_sites = state.size
    worth = np.zeros(n_sites, dtype=np.int64)
    value = np.int64(0)
    for k in range(base.size):
        offer = min(price[k], base[k])
        value += offer
        for e in range(indptr[k], indptr[k + 1]):
            if entry[e] >= offer:
                break
            worth[site[e]] += entry[e] - offer
    free = np.flatnonzero(state == 0)
    order = free[np.argsort(worth[free], kind="mergesort")]
    for j in range(n_sites):
        if state[j] == 1:
            value += worth[j]
    n_used = 0
    while n_used < room and n_used < order.size and worth[order[n_used]] < 0:
        value += worth[order[n_used]]
        n_used += 1
    if value >= cut:
        return value
    # With room left over, a site opens for its own worth and closes without a successor.
    last = worth[order[n_used - 1]] if n_used == room and room > 0 else np.int64(0)
    following = np.int64(0)
    if n_used == room and n_used < order.size:
        following = min(np.int64(0), worth[order[n_used]])
    for at in range(order.size):
        j = order[at]
        if at < n_used:
            if value - worth[j] + following >= cut:
                state[j] = 1
        elif room == 0 or value + worth[j] - last >= cut:
            state[j] = -1
    return value


@njit(cache=True, nogil=True)
def same_prefixes(indptr, site, row, end, lead, n_sites):
    """bool[t], whether the entries of a row up to ``end`` are the sites of the lead's prefix.

    Args:
        indptr: see the module.
        site: see the module.
        row: int64[t], the row of each prefix.
        end: int64[t], where it ends.
        lead: int64[t], the prefix that it is compared with.
        n_sites: number of sites.
    """
    stamp = np.full(n_sites, -1, dtype=np.int64)
    is_same = np.ones(row.size, dtype=np.bool_)
    for t in np.argsort(lead, kind="mergesort"):
        s = lead[t]
        if stamp[site[indptr[row[s]]]] != s:
            for e in range(indptr[row[s]], end[s]):
                stamp[site[e]] = s
        is_same[t] = end[t] - indptr[row[t]] == end[s] - indptr[row[s]]
        for e in range(indptr[row[t]], end[t]):
            if stamp[site[e]] != s:
                is_same[t] = False
                break
    return is_same
