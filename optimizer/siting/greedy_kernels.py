# mypy: ignore-errors
"""Compiled greedy selection for cover models."""

from __future__ import annotations

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything compiles)

__all__ = ["add_sites", "count_disjoint", "drop_idle"]


@njit(cache=True, nogil=True)
def add_sites(class_indptr, class_site, class_weight, site_indptr, site_class, gain, limit):
    """Open the site with the largest gain until none gains or ``limit`` sites are open.

    Args:
        class_indptr: int64[k + 1] and ``class_site`` int32[z]: sites that cover a class.
        class_site: see above.
        class_weight: int64[k].
        site_indptr: int64[c + 1] and ``site_class`` int32[z]: the transposed lists.
        site_class: see above.
        gain: int64[c], what each site adds now, its uncovered classes included; consumed.
        limit: at most so many sites.

    Returns:
        int32[<= limit], sites in the order of opening; ties go to the lowest number.
    """
    n_sites = gain.size
    is_covered = np.zeros(class_weight.size, dtype=np.bool_)
    chosen = np.empty(min(limit, n_sites), dtype=np.int32)
    count = 0
    while count < chosen.size:
        best = 0
        for j in range(1, n_sites):
            if gain[j] > gain[best]:
                best = j
        if gain[best] <= 0:
            break
        chosen[count] = best
        count += 1
        gain[best] = -1
        for at in range(site_indptr[best], site_indptr[best + 1]):
            k = site_class[at]
            if is_covered[k]:
                continue
            is_covered[k] = True
            for to in range(class_indptr[k], class_indptr[k + 1]):
                other = class_site[to]
                if gain[other] >= 0:
                    gain[other] -= class_weight[k]
    return chosen[:count]


@njit(cache=True, nogil=True)
def drop_idle(site_indptr, site_class, chosen, covering):
    """Mark chosen sites, last first, all of whose classes others still cover.

    Args:
        site_indptr: int64[c + 1] and ``site_class`` int32[z]: classes that a site covers.
        site_class: see above.
        chosen: int32[s], the sites that may go.
        covering: int64[k], open sites that cover each class; lowered as sites go.

    Returns:
        bool[s], True for sites that stay.
    """
    stays = np.ones(chosen.size, dtype=np.bool_)
    for back in range(chosen.size):
        at = chosen.size - 1 - back
        j = chosen[at]
        needed = False
        for e in range(site_indptr[j], site_indptr[j + 1]):
            if covering[site_class[e]] <= 1:
                needed = True
                break
        if not needed:
            stays[at] = False
            for e in range(site_indptr[j], site_indptr[j + 1]):
                covering[site_class[e]] -= 1
    return stays


@njit(cache=True, nogil=True)
def count_disjoint(class_indptr, class_site, order, n_sites):
    """Classes, taken in this order, that share no site with one taken before."""
    is_taken = np.zeros(n_sites, dtype=np.bool_)
    count = 0
    for k in order:
        start, end = class_indptr[k], class_indptr[k + 1]
        is_free = True
        for e in range(start, end):
            if is_taken[class_site[e]]:
                is_free = False
                break
        if is_free:
            count += 1
            for e in range(start, end):
                is_taken[class_site[e]] = True
    return count
