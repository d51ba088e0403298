# mypy: ignore-errors
"""Compiled Lagrangian kernels of capacitated location.

All take the pairs in CSR form by site: ``indptr`` int64[m + 1], ``row`` int32[z], ``cost``
int64[z] scaled cost per unit; ``amount`` int64[n] units of a row, ``single`` bool[n],
``capacity`` int64[m] units (never negative here), ``fixed`` int64[m] scaled, ``state`` int8[m] as
in the model. Everything is 64-bit integer, so that every value returned is a proved bound.
"""

from __future__ import annotations

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything compiles)

__all__ = ["climb", "fix"]

_KNAPSACK_NODES = 3000


@njit(cache=True, nogil=True)
def _sort_by_gain(gain, item, size):
    """Sort the first ``size`` entries by falling gain, ties by item: shell sort, in place."""
    gap = 1
    while gap < size // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(gap, size):
            g, t = gain[i], item[i]
            at = i
            while at >= gap and (
                gain[at - gap] < g or (gain[at - gap] == g and item[at - gap] > t)
            ):
                gain[at], item[at] = gain[at - gap], item[at - gap]
                at -= gap
            gain[at], item[at] = g, t
        gap //= 3


@njit(cache=True, nogil=True)
def _gather(indptr, row, cost, price, j, gain, item):
    """Pairs of site j that earn something, unsorted; returns their number."""
    size = 0
    for e in range(indptr[j], indptr[j + 1]):
        earned = price[row[e]] - cost[e]
        if earned > 0:
            gain[size], item[size] = earned, e
            size += 1
    return size


@njit(cache=True, nogil=True)
def _fill(row, amount, room, gain, item, size, units):
    """The continuous knapsack: fill ``room`` in order; sets ``units``, returns the earnings."""
    earned = np.int64(0)
    for i in range(size):
        take = min(room, amount[row[item[i]]])
        units[i] = take
        room -= take
        earned += take * gain[i]
    return earned


@njit(cache=True, nogil=True)
def _knapsack(row, amount, room, gain, item, size, units, taken, best_taken):
    """The 0-1 knapsack by depth-first search (Horowitz and Sahni 1974).

    Items stand by falling gain per unit. The continuous bound is a whole number, since gains per
    unit are. After too many nodes the continuous optimum is returned instead: still a bound.

    Returns:
        Earnings; ``units`` holds what was taken (a feasible or a continuous filling).
    """
    limit = _fill(row, amount, room, gain, item, size, units)
    best = np.int64(-1)
    earned, left, i, nodes = np.int64(0), room, 0, 0
    while True:
        # Forward: take what fits, skip what does not while the bound allows something better.
        while i < size:
            bound, space, at = earned, left, i
            while at < size:
                need = amount[row[item[at]]]
                if need > space:
                    bound += space * gain[at]
                    break
                space -= need
                bound += need * gain[at]
                at += 1
            if bound <= best:
                break
            while i < size and amount[row[item[i]]] <= left:
                need = amount[row[item[i]]]
                taken[i] = True
                left -= need
                earned += need * gain[i]
                i += 1
            if i < size:
                taken[i] = False
                i += 1
        if i >= size and earned > best:
            best = earned
            best_taken[:size] = taken[:size]
            if best == limit:
                break
        nodes += 1
        if nodes > _KNAPSACK_NODES:
            return limit
        i -= 1
        while i >= 0 and not taken[i]:
            i -= 1
        if i < 0:
            break
        need = amount[row[item[i]]]
        taken[i] = False
        left += need
        earned -= need * gain[i]
        i += 1
    for t in range(size):
        units[t] = amount[row[item[t]]] if best_taken[t] else 0
    return best


@njit(cache=True, nogil=True)
def _evaluate(
    indptr,
    row,
    cost,
    amount,
    single,
    capacity,
    fixed,
    state,
    least,
    most,
    price,
    full,
    worth,
    chosen,
    used,
    use_units,
):
    """The Lagrangian bound at integer prices: which sites open, and what they serve.

    ``full`` solves every site's knapsack, else only those of sites that may be chosen. Set are
    ``worth`` int64[m], each site's cost when open (a bound of it where not solved), ``chosen``
    bool[m], ``used`` int64[n], units served by the chosen sites, and ``use_units`` int64[z], the
    units of each pair of the sites that were solved.

    Returns:
        The bound; a value far above everything when the counts cannot be met.
    """
    m, n = state.size, amount.size
    width = 0
    for j in range(m):
        width = max(width, indptr[j + 1] - indptr[j])
    gain = np.empty(width, dtype=np.int64)
    item = np.empty(width, dtype=np.int64)
    units = np.empty(width, dtype=np.int64)
    taken = np.zeros(width, dtype=np.bool_)
    best_taken = np.zeros(width, dtype=np.bool_)
    value = np.int64(0)
    for k in range(n):
        value += price[k] * amount[k]
    n_open, n_free = 0, 0
    for j in range(m):
        worth[j] = fixed[j]
        chosen[j] = False
        if state[j] < 0:
            continue
        if state[j] > 0:
            n_open += 1
        else:
            n_free += 1
        for e in range(indptr[j], indptr[j + 1]):
            earned = price[row[e]] - cost[e]
            if earned > 0:
                worth[j] -= earned * amount[row[e]]
    room, need = most - n_open, max(0, least - n_open)
    room = min(room, n_free)
    order = np.argsort(worth, kind="mergesort")
    # The room's best worths so far, the largest of them first in a heap.
    heap = np.empty(max(room, 1), dtype=np.int64)
    filled = 0
    for at in range(m):
        j = order[at]
        if state[j] < 0:
            continue
        bar = np.int64(2**62)
        if not full and state[j] == 0:
            if filled >= need:
                bar = np.int64(0)
            if filled >= room:
                bar = min(bar, heap[0]) if room > 0 else np.int64(-(2**62))
            if worth[j] >= bar:
                continue
        size = _gather(indptr, row, cost, price, j, gain, item)
        for e in range(indptr[j], indptr[j + 1]):
            use_units[e] = 0
        total, is_single = np.int64(0), True
        for i in range(size):
            total += amount[row[item[i]]]
            is_single = is_single and single[row[item[i]]]
        if total <= capacity[j]:
            for i in range(size):
                use_units[item[i]] = amount[row[item[i]]]
        else:
            _sort_by_gain(gain, item, size)
            worth[j] = fixed[j] - _fill(row, amount, capacity[j], gain, item, size, units)
            if is_single and worth[j] < bar:
                worth[j] = fixed[j] - _knapsack(
                    row, amount, capacity[j], gain, item, size, units, taken, best_taken
                )
            for i in range(size):
                use_units[item[i]] = units[i]
        if state[j] > 0 or room <= 0:
            continue
        if filled < room:
            at_heap = filled
            filled += 1
            while at_heap > 0 and heap[(at_heap - 1) // 2] < worth[j]:
                heap[at_heap] = heap[(at_heap - 1) // 2]
                at_heap = (at_heap - 1) // 2
            heap[at_heap] = worth[j]
        elif worth[j] < heap[0]:
            at_heap = 0
            while True:
                child = 2 * at_heap + 1
                if child + 1 < filled and heap[child + 1] > heap[child]:
                    child += 1
                if child >= filled or heap[child] <= worth[j]:
                    break
                heap[at_heap] = heap[child]
                at_heap = child
            heap[at_heap] = worth[j]
    order = np.argsort(worth, kind="mergesort")
    count = 0
    for at in range(m):
        j = order[at]
        if state[j] > 0:
            chosen[j] = True
            value += worth[j]
        elif state[j] == 0 and count < room and (worth[j] < 0 or count < need):
            chosen[j] = True
            value += worth[j]
            count += 1
    used[:] = 0
    for j in range(m):
        if chosen[j]:
            for e in range(indptr[j], indptr[j + 1]):
                used[row[e]] += use_units[e]
    if n_open > most or count < need:
        return np.int64(2**61)
    return value


@njit(cache=True, nogil=True)
def climb(
    indptr,
    row,
    cost,
    amount,
    single,
    capacity,
    fixed,
    state,
    least,
    most,
    target,
    scale,
    top,
    steps,
    patience,
    price,
    drift,
    best,
    chosen,
    opened,
    mean,
    pace,
):
    """Deflected subgradient steps (Camerini, Fratta, Maffioli 1975) on the rows' prices.

    The climb ends when the bound reaches ``target``, the scaled value of the best known answer.
    ``scale`` float64[n] says how far a row's price per unit usually moves, ``top`` int64[n] is the
    largest price; ``patience`` steps without a better bound halve the step factor.

    Changed in place: ``price`` float64[n], the current prices; ``drift`` float64[n], the running
    direction; ``best`` int64[n], prices of the best bound, and ``chosen`` bool[m], its sites;
    ``opened`` bool[m], the last step's sites, and ``mean`` float64[m], their running mean;
    ``pace`` float64[3]: step factor, steps without a better bound, best bound.
    """
    m, n = state.size, amount.size
    worth = np.empty(m, dtype=np.int64)
    used = np.empty(n, dtype=np.int64)
    use_units = np.zeros(row.size, dtype=np.int64)
    whole = np.empty(n, dtype=np.int64)
    for _ in range(steps):
        for k in range(n):
            whole[k] = np.int64(price[k])
        value = float(
            _evaluate(
                indptr,
                row,
                cost,
                amount,
                single,
                capacity,
                fixed,
                state,
                least,
                most,
                whole,
                False,
                worth,
                opened,
                used,
                use_units,
            )
        )
        for j in range(m):
            mean[j] += 0.1 * ((1.0 if opened[j] else 0.0) - mean[j])
        if value > pace[2]:
            if value - pace[2] > 0.02 * (target - pace[2]) or pace[2] == -np.inf:
                pace[1] = 0.0
            pace[2] = value
            best[:] = whole
            chosen[:] = opened
        else:
            pace[1] += 1.0
        if pace[2] >= target:
            break
        if pace[1] >= patience:
            pace[1] = 0.0
            pace[0] *= 0.5
            for k in range(n):
                price[k] = best[k]
                drift[k] = 0.0
            continue
        norm = 0.0
        for k in range(n):
            slope = 1.0 - used[k] / amount[k]
            drift[k] = 0.7 * drift[k] + 0.3 * slope
            norm += drift[k] * drift[k] * scale[k] * amount[k]
        if norm == 0.0:
            break
        step = pace[0] * (target - value) / norm
        for k in range(n):
            price[k] = max(0.0, min(float(top[k]), price[k] + step * scale[k] * drift[k]))


@njit(cache=True, nogil=True)
def _forced_worth(amount, room, gain, filled, earned, size, fixed, units, own):
    """Least cost of an open site that must serve so many units of a row it earns ``own`` with.

    ``filled`` and ``earned`` are running sums over the sorted items; the rest of the room is
    filled continuously, which never overstates the cost.
    """
    rest = room - units
    if rest < 0:
        return np.int64(2**61)
    low, high = 0, size
    while low < high:
        mid = (low + high) // 2
        if filled[mid + 1] <= rest:
            low = mid + 1
        else:
            high = mid
    value = earned[low]
    if low < size:
        value += (rest - filled[low]) * gain[low]
    return fixed - units * own - value


@njit(cache=True, nogil=True)
def fix(indptr, row, cost, amount, single, capacity, fixed, state, least, most, price, cut, keep):
    """The bound at integer prices, and what cannot occur in an answer below ``cut``.

    Changes ``state`` and ``keep`` (bool[z]) in place: a site or pair whose use (a site whose
    closing) lifts the bound to ``cut`` is struck out (opened).

    Returns:
        The bound.
    """
    m, n = state.size, amount.size
    worth = np.empty(m, dtype=np.int64)
    chosen = np.empty(m, dtype=np.bool_)
    used = np.empty(n, dtype=np.int64)
    use_units = np.zeros(row.size, dtype=np.int64)
    value = _evaluate(
        indptr,
        row,
        cost,
        amount,
        single,
        capacity,
        fixed,
        state,
        least,
        most,
        price,
        True,
        worth,
        chosen,
        used,
        use_units,
    )
    if value >= cut:
        return value
    top = np.int64(2**61)
    n_open, count, dearest, cheapest = 0, 0, -top, top
    for j in range(m):
        if state[j] > 0:
            n_open += 1
        elif state[j] == 0 and chosen[j]:
            count += 1
            dearest = max(dearest, worth[j])
        elif state[j] == 0:
            cheapest = min(cheapest, worth[j])
    room, need = most - n_open, max(0, least - n_open)
    last = np.int64(0)  # what a newly opened site saves
    if count == room:
        last = dearest
        if count > need:
            last = min(last, np.int64(0))
    elif count == need and count > 0:
        last = max(np.int64(0), dearest)
    following = cheapest if count == need else min(np.int64(0), cheapest)
    width = 0
    for j in range(m):
        width = max(width, indptr[j + 1] - indptr[j])
    gain = np.empty(width, dtype=np.int64)
    item = np.empty(width, dtype=np.int64)
    filled = np.zeros(width + 1, dtype=np.int64)
    earned = np.zeros(width + 1, dtype=np.int64)
    for j in range(m):
        if state[j] < 0:
            continue
        base_value = value - worth[j]
        if state[j] == 0 and not chosen[j]:
            base_value = value - last
            if room <= 0 or base_value + worth[j] >= cut:
                state[j] = -1
                continue
        elif state[j] == 0 and value - worth[j] + following >= cut:
            state[j] = 1
        size = _gather(indptr, row, cost, price, j, gain, item)
        _sort_by_gain(gain, item, size)
        for i in range(size):
            units = amount[row[item[i]]]
            filled[i + 1] = filled[i] + units
            earned[i + 1] = earned[i] + units * gain[i]
        for e in range(indptr[j], indptr[j + 1]):
            k = row[e]
            own = price[k] - cost[e]
            units = amount[k] if single[k] else 1
            # An item that the continuous filling takes anyway changes nothing.
            if own > 0 and filled[size] <= capacity[j]:
                continue
            if _in_front(gain, filled, size, capacity[j], own):
                continue
            forced = _forced_worth(
                amount, capacity[j], gain, filled, earned, size, fixed[j], units, own
            )
            if base_value + forced >= cut:
                keep[e] = False
    return value


@njit(cache=True, nogil=True)
def _in_front(gain, filled, size, room, own):
    """Whether items that earn ``own`` per unit stand before the item that no longer fits."""
    for i in range(size):
        if filled[i + 1] > room:
            return own > gain[i]
    return own > 0
