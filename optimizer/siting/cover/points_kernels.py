# mypy: ignore-errors
"""Compiled merging of customers into classes of equal site sets, without their cover lists."""

from __future__ import annotations

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything compiles)

__all__ = ["merge_points"]


@njit(cache=True, nogil=True)
def merge_points(site, point, weight, square, is_strict, grid, near_indptr, near):
    """Classes of points in reach of the same sites, in order of first appearance.

    A point's sites are hashed and looked up in an open-addressing table; an equal hash is
    compared site by site with the class it leads to, so that no hash is ever trusted.

    Args:
        site: float64[m, 2].
        point: float64[n, 2].
        weight: int64[n].
        square: squared radius; ``dx * dx + dy * dy`` in doubles is compared with it.
        is_strict: below the radius rather than up to it.
        grid: float64[5], lower corner (x, y), cells per unit of length, columns, rows.
        near_indptr: int64[cells + 1] and ``near`` int32[]: for every cell, in row-major order,
            the sites that may reach a point in it, ascending.
        near: see above.

    Returns:
        indptr int64[k + 1], sites int32[z], weight int64[k] of the classes, and the weight of the
        points without a site.
    """
    columns, rows = np.int64(grid[3]), np.int64(grid[4])
    word = _words(site.shape[0])
    capacity = 1 << 12
    slot = np.full(capacity, -1, dtype=np.int64)
    key = np.empty(capacity >> 1, dtype=np.uint64)
    total = np.zeros(capacity >> 1, dtype=np.int64)
    indptr = np.zeros((capacity >> 1) + 1, dtype=np.int64)
    pool = np.empty(capacity << 3, dtype=np.int32)
    here = np.empty(site.shape[0], dtype=np.int32)
    classes = 0
    unreached = np.int64(0)
    for i in range(point.shape[0]):
        x, y = point[i, 0], point[i, 1]
        across, up = (x - grid[0]) * grid[2], (y - grid[1]) * grid[2]
        if not (0.0 <= across < columns and 0.0 <= up < rows):
            unreached += weight[i]
            continue
        cell = np.int64(up) * columns + np.int64(across)
        size = 0
        code = np.uint64(0)
        for e in range(near_indptr[cell], near_indptr[cell + 1]):
            j = near[e]
            dx, dy = x - site[j, 0], y - site[j, 1]
            away = dx * dx + dy * dy
            if away < square or (away == square and not is_strict):
                here[size] = j
                size += 1
                code += word[j]
        if size == 0:
            unreached += weight[i]
            continue
        at = np.int64((code * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)) & (capacity - 1)
        while slot[at] >= 0 and not _is_same(slot[at], code, here, size, key, indptr, pool):
            at = (at + 1) & (capacity - 1)
        if slot[at] >= 0:
            total[slot[at]] += weight[i]
            continue
        if indptr[classes] + size > pool.size:
            pool = _grown(pool, 2 * pool.size + size)
        slot[at] = classes
        key[classes] = code
        total[classes] = weight[i]
        pool[indptr[classes] : indptr[classes] + size] = here[:size]
        indptr[classes + 1] = indptr[classes] + size
        classes += 1
        if classes == key.size:
            capacity *= 2
            key, total = _grown(key, capacity >> 1), _grown(total, capacity >> 1)
            indptr = _grown(indptr, (capacity >> 1) + 1)
            slot = _placed(key, classes, capacity)
    end = indptr[classes]
    return indptr[: classes + 1].copy(), pool[:end].copy(), total[:classes].copy(), unreached


@njit(cache=True, nogil=True)
def _words(size):
    """Random words (splitmix64), one per site: their sums hash sets."""
    words = np.empty(size, dtype=np.uint64)
    for j in range(size):
        word = np.uint64(j + 1) * np.uint64(0x9E3779B97F4A7C15)
        word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        words[j] = word ^ (word >> np.uint64(31))
    return words


@njit(cache=True, nogil=True)
def _is_same(k, code, here, size, key, indptr, pool):
    if key[k] != code or indptr[k + 1] - indptr[k] != size:
        return False
    first = indptr[k]
    same = 0
    while same < size and pool[first + same] == here[same]:
        same += 1
    return same == size


@njit(cache=True, nogil=True)
def _grown(values, size):
    grown = np.zeros(size, dtype=values.dtype)
    grown[: values.size] = values
    return grown


@njit(cache=True, nogil=True)
def _placed(key, classes, capacity):
    slot = np.full(capacity, -1, dtype=np.int64)
    for k in range(classes):
        at = np.int64((key[k] * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)) & (capacity - 1)
        while slot[at] >= 0:
            at = (at + 1) & (capacity - 1)
        slot[at] = k
    return slot
