# mypy: ignore-errors
"""Compiled Lagrangian bounds for maximal covering.

``cover`` is a :class:`optimizer.siting.cover.core.Cover`. A price u_k >= 0 pays class k for
being covered; classes that must be covered have no cap on it, others the cap w_k.
"""

from __future__ import annotations

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything compiles)

__all__ = ["climb", "exact_bound"]

# Pace: step factor, steps since the last better bound, best bound.
_THETA, _IDLE, _BEST = 0, 1, 2
_MEAN_SHARE = 0.03


@njit(cache=True, nogil=True)
def climb(
    cover, cap, room, target, steps, patience, share, price, best_price, heading, used, mean, pace
):
    """Lower the bound by deflected subgradient steps (Held, Wolfe, Crowder 1974).

    Args:
        cover: the lists; c sites, k classes.
        cap: float64[k], the largest price of each class.
        room: sites that may open.
        target: float, the value to aim at (the best answer known).
        steps: how many steps.
        patience: steps without a better bound before the step factor halves.
        share: of the newest subgradient in the heading (volume algorithm: Barahona, Anbil 2000).
        price: float64[k], where to go on; changed.
        best_price: float64[k], prices of the best bound; changed.
        heading: float64[k], the last direction; changed.
        used: bool[c], sites of the best bound; changed.
        mean: float64[c], running mean of the sites' use; changed.
        pace: float64[3], step factor, idle steps, best bound; changed.
    """
    n_sites, n_classes = cover.gain.size, cover.weight.size
    worth = np.empty(n_sites)
    count = np.empty(n_classes, dtype=np.int32)
    for _ in range(steps):
        bound = 0.0
        for k in range(n_classes):
            bound += cover.weight[k] - price[k]
            count[k] = 0
        for j in range(n_sites):
            total = float(cover.gain[j])
            for e in range(cover.site_indptr[j], cover.site_indptr[j + 1]):
                total += price[cover.site_class[e]]
            worth[j] = total
        floor = _room_th(worth, room)
        ties = room
        for j in range(n_sites):
            if worth[j] > floor:
                ties -= 1
        taken = 0
        for j in range(n_sites):
            if worth[j] > floor:
                bound += worth[j]
            elif worth[j] == floor and taken < ties:
                taken += 1
                bound += worth[j]
        is_better = bound < pace[_BEST]
        taken = 0
        for j in range(n_sites):
            take = worth[j] > floor
            if worth[j] == floor and taken < ties:
                taken += 1
                take = True
            mean[j] *= 1.0 - _MEAN_SHARE
            if take:
                mean[j] += _MEAN_SHARE
                for e in range(cover.site_indptr[j], cover.site_indptr[j + 1]):
                    count[cover.site_class[e]] += 1
            if is_better:
                used[j] = take
        if is_better:
            pace[_IDLE] = 0
            pace[_BEST] = bound
            best_price[:] = price
        else:
            pace[_IDLE] += 1
            if pace[_IDLE] >= patience:
                pace[_THETA] *= 0.5
                pace[_IDLE] = 0
                price[:] = best_price
        norm = 0.0
        for k in range(n_classes):
            slope = count[k] - 1.0
            at_cap = price[k] >= cap[k]
            if at_cap and slope < 0:
                slope = 0.0
            turn = share * slope + (1.0 - share) * heading[k]
            if (at_cap and turn < 0) or (price[k] <= 0 and turn > 0):
                turn = 0.0
            heading[k] = turn
            norm += turn * turn
        if norm == 0.0 or bound <= target:
            break
        step = pace[_THETA] * (bound - target) / norm
        for k in range(n_classes):
            price[k] = min(max(price[k] - step * heading[k], 0.0), cap[k])


@njit(cache=True, nogil=True)
def exact_bound(cover, must, price, room, state, cut):
    """The bound of integer prices, in integers, and the sites that it decides.

    Any prices >= 0 give a bound: sum of max(0, w_k - u_k) (without the max where a class must be
    covered) plus the ``room`` largest sums of a site's gain and its classes' prices. A closed
    (open) site whose opening (closing) brings the bound to ``cut`` or below stays as it is in
    every answer above ``cut``.

    Args:
        cover: the lists.
        must: bool[k], classes that must be covered.
        price: int64[k], >= 0.
        room: sites that may open.
        state: int8[c], all 0; set to 1 for sites to open and -1 for sites to close.
        cut: int64, the value of the best answer.

    Returns:
        int64, the bound.
    """
    n_sites = cover.gain.size
    bound = np.int64(0)
    for k in range(price.size):
        left = cover.weight[k] - price[k]
        if left > 0 or must[k]:
            bound += left
    worth = np.empty(n_sites, dtype=np.int64)
    for j in range(n_sites):
        total = cover.gain[j]
        for e in range(cover.site_indptr[j], cover.site_indptr[j + 1]):
            total += price[cover.site_class[e]]
        worth[j] = total
    order = np.argsort(-worth, kind="mergesort")
    room = min(room, n_sites)
    for at in range(room):
        bound += worth[order[at]]
    last_in = worth[order[room - 1]] if room > 0 else np.int64(0)
    first_out = worth[order[room]] if room < n_sites else np.int64(0)
    for at in range(n_sites):
        j = order[at]
        if at < room:
            if bound - worth[j] + first_out <= cut:
                state[j] = 1
        elif room == 0 or bound - last_in + worth[j] <= cut:
            state[j] = -1
    return bound


@njit(cache=True, nogil=True)
def _room_th(worth, room):
    """The ``room``-th largest worth."""
    return np.partition(worth, worth.size - room)[worth.size - room]
