# mypy: ignore-errors
"""Compiled iterated swap search for p-median.

The savings of every pair (site in, site out) are kept up to date as in Resende and Werneck
(2007): a move touches only the rows whose nearest or second open site it changes. A local optimum
is shaken by a few random moves and searched again; what turned out worse is taken back move by
move (iterated local search: Lourenco, Martin, Stutzle 2003).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything compiles)

__all__ = ["Lists", "shake", "transpose_rows"]

_TRIES = 8
# The search ends after so many shakes per open site without a better answer.
_PATIENCE = 20
_NEAR = 4
# Savings of pairs are read in order: so many take as long as one entry of a row.
_SCAN_RATE = 16


class Lists(NamedTuple):
    """Weighted costs by row and by site; k rows, c sites, z entries.

    Attributes:
        indptr: int64[k + 1], CSR rows.
        site: int32[z].
        entry: int64[z], ascending within a row.
        base: int64[k], cost without a free site.
        site_indptr: int64[c + 1], the same entries by site.
        row: int32[z].
        site_entry: int64[z].
    """

    indptr: np.ndarray
    site: np.ndarray
    entry: np.ndarray
    base: np.ndarray
    site_indptr: np.ndarray
    row: np.ndarray
    site_entry: np.ndarray


class _State(NamedTuple):
    """Open sites and the savings of moves; r counts open sites.

    ``members`` int64[r] open sites, ``place`` int64[c] their places or -1; per row its least cost
    ``first``, the next ``second`` and the places ``near`` and ``next`` they come from (-1: its
    base); swapping j in for the r-th saves ``gain[j] - loss[r] + extra[j, r]``.
    """

    members: np.ndarray
    place: np.ndarray
    first: np.ndarray
    second: np.ndarray
    near: np.ndarray
    next: np.ndarray
    gain: np.ndarray
    loss: np.ndarray
    extra: np.ndarray
    touched: np.ndarray


@njit(cache=True, nogil=True)
def transpose_rows(indptr, site, entry, n_sites):
    """The entries by site: int64[c + 1], int32[z] rows, int64[z] costs."""
    site_indptr = np.zeros(n_sites + 1, dtype=np.int64)
    for e in range(site.size):
        site_indptr[site[e] + 1] += 1
    for j in range(n_sites):
        site_indptr[j + 1] += site_indptr[j]
    at = site_indptr[:-1].copy()
    row = np.empty(site.size, dtype=np.int32)
    site_entry = np.empty(site.size, dtype=np.int64)
    for k in range(indptr.size - 1):
        for e in range(indptr[k], indptr[k + 1]):
            to = at[site[e]]
            at[site[e]] += 1
            row[to] = k
            site_entry[to] = entry[e]
    return site_indptr, row, site_entry


@njit(cache=True, nogil=True)
def shake(lists, is_open, strength, budget, seed):
    """Iterated swap search from a set of sites, which becomes the best one found.

    Args:
        lists: a :class:`Lists`.
        is_open: bool[c], changed in place; the number of open sites stays.
        strength: random moves of one shake.
        budget: about so many array entries are touched before the search ends.
        seed: of the random moves.

    Returns:
        What is left of the budget; more than nothing where shakes have long found nothing better.
    """
    rng = np.array([(np.uint64(seed) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)])
    state = _start(lists, is_open)
    members = state.members
    came_out = [(np.int64(0), np.int64(0)) for _ in range(0)]
    left = budget - lists.site.size
    idle = 0
    is_first = True
    while left > 0 and idle < _PATIENCE * members.size:
        change = np.int64(0)
        came_out.clear()
        if not is_first:
            for _ in range(strength):
                j, r = _random_move(lists, state, rng)
                if j >= 0:
                    came_out.append((members[r], r))
                    delta, work = _exchange(lists, state, j, r)
                    change += delta
                    left -= work
        is_first = False
        while left > 0:
            saved, j, r = _best_move(state)
            left -= state.extra.size // _SCAN_RATE
            if saved <= 0:
                break
            came_out.append((members[r], r))
            delta, work = _exchange(lists, state, j, r)
            change += delta
            left -= work
        if change <= 0:
            idle = 0 if change < 0 else idle + 1
            continue
        idle += 1
        for i in range(len(came_out) - 1, -1, -1):
            j, r = came_out[i]
            left -= _exchange(lists, state, j, r)[1]
    is_open[:] = False
    for j in members:
        is_open[j] = True
    return left


@njit(cache=True, nogil=True)
def _start(lists, is_open):
    n_rows, n_sites = lists.base.size, is_open.size
    members = np.flatnonzero(is_open)
    place = np.full(n_sites, -1, dtype=np.int64)
    for r in range(members.size):
        place[members[r]] = r
    state = _State(
        members,
        place,
        np.empty(n_rows, dtype=np.int64),
        np.empty(n_rows, dtype=np.int64),
        np.empty(n_rows, dtype=np.int64),
        np.empty(n_rows, dtype=np.int64),
        np.zeros(n_sites, dtype=np.int64),
        np.zeros(members.size, dtype=np.int64),
        np.zeros((n_sites, members.size), dtype=np.int64),
        np.empty(n_rows, dtype=np.int64),
    )
    for k in range(n_rows):
        _serve(lists, state, k)
        _count(lists, state, k, 1)
    return state


@njit(cache=True, nogil=True)
def _serve(lists, state, k):
    """Find the two nearest open sites of a row; returns the entries looked at."""
    first, second, near, following = lists.base[k], lists.base[k], -1, -1
    begin, end = lists.indptr[k], lists.indptr[k + 1]
    e = begin
    while e < end:
        r = state.place[lists.site[e]]
        if r >= 0:
            if near >= 0:
                second, following = lists.entry[e], r
                break
            first, near = lists.entry[e], r
        e += 1
    state.first[k], state.second[k] = first, second
    state.near[k], state.next[k] = near, following
    return e - begin


@njit(cache=True, nogil=True)
def _count(lists, state, k, sign):
    """Add what a row contributes to the savings, or take it back; returns the entries used."""
    first, second, near = state.first[k], state.second[k], state.near[k]
    begin, end = lists.indptr[k], lists.indptr[k + 1]
    e = begin
    if near < 0:
        while e < end and lists.entry[e] < first:
            state.gain[lists.site[e]] += sign * (first - lists.entry[e])
            e += 1
        return e - begin
    state.loss[near] += sign * (second - first)
    while e < end and lists.entry[e] < second:
        j, cost = lists.site[e], lists.entry[e]
        if cost < first:
            state.gain[j] += sign * (first - cost)
            state.extra[j, near] += sign * (second - first)
        else:
            state.extra[j, near] += sign * (second - cost)
        e += 1
    return e - begin


@njit(cache=True, nogil=True)
def _exchange(lists, state, j_in, r_out):
    """Swap a site in for the r-th open one; returns the change of the value and the work."""
    touched, n = state.touched, 0
    for k in range(lists.base.size):
        if state.near[k] == r_out or state.next[k] == r_out:
            touched[n] = k
            n += 1
    for e in range(lists.site_indptr[j_in], lists.site_indptr[j_in + 1]):
        k = lists.row[e]
        if (
            lists.site_entry[e] < state.second[k]
            and state.near[k] != r_out
            and state.next[k] != r_out
        ):
            touched[n] = k
            n += 1
    work = lists.base.size + lists.site_indptr[j_in + 1] - lists.site_indptr[j_in]
    change = np.int64(0)
    for i in range(n):
        work += _count(lists, state, touched[i], -1)
        change -= state.first[touched[i]]
    state.place[state.members[r_out]] = -1
    state.members[r_out] = j_in
    state.place[j_in] = r_out
    for i in range(n):
        work += _serve(lists, state, touched[i])
        work += _count(lists, state, touched[i], 1)
        change += state.first[touched[i]]
    return change, work


@njit(cache=True, nogil=True)
def _best_move(state):
    """The pair that saves most, ties to the lowest numbers: (saved, site in, place out)."""
    best, best_in, best_out = np.int64(0), -1, -1
    loss = state.loss
    for j in range(state.place.size):
        if state.place[j] >= 0:
            continue
        extra = state.extra[j]
        least = extra[0] - loss[0]
        for r in range(1, loss.size):
            least = max(least, extra[r] - loss[r])
        if state.gain[j] + least > best:
            best, best_in = state.gain[j] + least, j
    if best_in >= 0:
        for r in range(loss.size):
            if state.gain[best_in] + state.extra[best_in, r] - loss[r] == best:
                best_out = r
                break
    return best, best_in, best_out


@njit(cache=True, nogil=True)
def _random_move(lists, state, rng):
    """A closed site near a random row, for one of that row's open sites; (-1, -1) if unlucky."""
    k = _below(rng, lists.base.size)
    r = state.near[k]
    if state.next[k] >= 0 and _below(rng, 2) == 0:
        r = state.next[k]
    begin = lists.indptr[k]
    width = min(lists.indptr[k + 1] - begin, _NEAR + _NEAR * state.place.size // state.members.size)
    if r < 0 or width == 0:
        return -1, -1
    for _ in range(_TRIES):
        j = lists.site[begin + _below(rng, width)]
        if state.place[j] < 0:
            return j, r
    return -1, -1


@njit(cache=True, nogil=True)
def _below(rng, limit):
    """A random integer in 0 .. limit - 1 (xorshift64*, Vigna 2016); advances ``rng`` uint64[1]."""
    x = rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    rng[0] = x
    high = (x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(33)
    return np.int64(high) % limit
