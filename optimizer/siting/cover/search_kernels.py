# mypy: ignore-errors
"""Compiled iterated local search for maximal covering.

``cover`` is a :class:`optimizer.siting.cover.core.Cover`: lists of classes and of sites, weights
and gains in integers. ``added`` holds what every closed site would add now, ``count`` the open
sites of every class.
"""

from __future__ import annotations

import numpy as np
from numba import njit

import base.kernel_cache  # noqa: F401  (sets the cache folder before anything compiles)

__all__ = ["search"]

# Refilling sees gains lowered by up to this share, so that no two refills are alike.
_NOISE = 0.4
# A result may be worse than what it replaces by up to this share of the best value.
_SLACK = 1 / 2000


@njit(cache=True, nogil=True)
def search(cover, members, best, values, words, rounds, most_out):
    """Improve a set of sites by ruin and recreate; continues where the last call stopped.

    A round closes a few open sites that lie close together, opens as many by noisy greedy
    choice, and then moves single sites as long as that gains. The result replaces the set unless
    it is worse by more than a random threshold (iterated local search: Lourenco, Martin, Stutzle
    2003; threshold accepting: Dueck, Scheuer 1990).

    Args:
        cover: the lists.
        members: int32[room], the current set; changed.
        best: int32[room], the best set; changed.
        values: int64[2], value of ``members`` (recomputed) and of ``best``; changed.
        words: uint64[1], state of the random numbers; changed.
        rounds: how many rounds.
        most_out: most sites that a round closes, at least 2.
    """
    n_sites, n_classes = cover.gain.size, cover.weight.size
    is_open = np.zeros(n_sites, dtype=np.bool_)
    count = np.zeros(n_classes, dtype=np.int32)
    added = cover.gain.copy()
    for j in range(n_sites):
        for e in range(cover.site_indptr[j], cover.site_indptr[j + 1]):
            added[j] += cover.weight[cover.site_class[e]]
    value = 0
    for j in members:
        value += _open(cover, j, is_open, count, added)
    is_asked = np.ones(n_sites, dtype=np.bool_)
    value = _move_singles(cover, members, is_open, count, added, value, is_asked, words)
    if value > values[1]:
        values[1] = value
        best[:] = members
    before = members.copy()
    for _ in range(rounds):
        before[:] = members
        worth = value
        is_asked[:] = False
        value -= _ruin(cover, members, is_open, count, added, words, most_out)
        for at in range(members.size):
            if members[at] < 0:
                _ask_around(cover, before[at], is_asked)
                members[at] = _noisy_best(added, is_open, words)
                value += _open(cover, members[at], is_open, count, added)
                _ask_around(cover, members[at], is_asked)
        value = _move_singles(cover, members, is_open, count, added, value, is_asked, words)
        if value > values[1]:
            values[1] = value
            best[:] = members
        slack = _SLACK * values[1] * _draw(words, 1 << 20) / (1 << 20)
        if value < worth - slack:
            _go_back(cover, members, before, is_open, count, added)
            value = worth
    values[0] = value


@njit(cache=True, nogil=True)
def _open(cover, j, is_open, count, added):
    """Open a site; returns what it adds."""
    worth = added[j]
    is_open[j] = True
    for e in range(cover.site_indptr[j], cover.site_indptr[j + 1]):
        k = cover.site_class[e]
        count[k] += 1
        if count[k] == 1:
            for f in range(cover.indptr[k], cover.indptr[k + 1]):
                added[cover.site[f]] -= cover.weight[k]
    return worth


@njit(cache=True, nogil=True)
def _close(cover, j, is_open, count, added):
    """Close a site; returns what is lost."""
    is_open[j] = False
    for e in range(cover.site_indptr[j], cover.site_indptr[j + 1]):
        k = cover.site_class[e]
        count[k] -= 1
        if count[k] == 0:
            for f in range(cover.indptr[k], cover.indptr[k + 1]):
                added[cover.site[f]] += cover.weight[k]
    return added[j]


@njit(cache=True, nogil=True)
def _move_singles(cover, members, is_open, count, added, value, is_asked, words):
    """Close each asked site in turn and open the best one instead, until no move gains.

    Sites that share no class with a change since they were last asked are not asked again
    (don't-look bits: Bentley 1992).
    """
    size = members.size
    start = _draw(words, size)
    idle = 0
    while idle < size:
        start = start + 1 if start + 1 < size else 0
        old = members[start]
        idle += 1
        if not is_asked[old]:
            continue
        is_asked[old] = False
        lost = _close(cover, old, is_open, count, added)
        new = old
        for j in range(added.size):
            if added[j] > added[new] and not is_open[j]:
                new = j
        members[start] = new
        value += _open(cover, new, is_open, count, added) - lost
        if new != old:
            _ask_around(cover, old, is_asked)
            _ask_around(cover, new, is_asked)
            idle = 0
    return value


@njit(cache=True, nogil=True)
def _ask_around(cover, j, is_asked):
    """Mark the sites that share a class with a site, itself included."""
    is_asked[j] = True
    for e in range(cover.site_indptr[j], cover.site_indptr[j + 1]):
        k = cover.site_class[e]
        for f in range(cover.indptr[k], cover.indptr[k + 1]):
            is_asked[cover.site[f]] = True


@njit(cache=True, nogil=True)
def _ruin(cover, members, is_open, count, added, words, most_out):
    """Close some sites met on a random walk from an open one; returns what is lost."""
    left = min(members.size, 2 + _draw(words, most_out - 1))
    lost = 0
    at = members[_draw(words, members.size)]
    for step in range(40 * most_out):
        if is_open[at]:
            lost += _close(cover, at, is_open, count, added)
            left -= 1
            if left == 0:
                break
        first, last = cover.site_indptr[at], cover.site_indptr[at + 1]
        if first == last or step % 40 == 39:
            at = members[_draw(words, members.size)]
            continue
        k = cover.site_class[first + _draw(words, last - first)]
        first, last = cover.indptr[k], cover.indptr[k + 1]
        at = cover.site[first + _draw(words, last - first)]
        for f in range(first, last):
            if is_open[cover.site[f]]:
                at = cover.site[f]
                break
    for place in range(members.size):
        if not is_open[members[place]]:
            members[place] = -1
    return lost


@njit(cache=True, nogil=True)
def _noisy_best(added, is_open, words):
    best, most = -1, -1.0
    for j in range(added.size):
        if not is_open[j] and added[j] > most:
            share = _draw(words, 1 << 20) / (1 << 20)
            merit = added[j] * (1.0 - _NOISE * share)
            if merit > most:
                best, most = j, merit
    return best


@njit(cache=True, nogil=True)
def _go_back(cover, members, before, is_open, count, added):
    was_open = np.zeros(is_open.size, dtype=np.bool_)
    for j in before:
        was_open[j] = True
    for j in members:
        if not was_open[j]:
            _close(cover, j, is_open, count, added)
    for j in before:
        if not is_open[j]:
            _open(cover, j, is_open, count, added)
    members[:] = before


@njit(cache=True, nogil=True)
def _draw(words, below):
    """A random integer in [0, below) (splitmix64)."""
    words[0] += np.uint64(0x9E3779B97F4A7C15)
    word = words[0]
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word = word ^ (word >> np.uint64(31))
    return np.int64((word >> np.uint64(33)) % np.uint64(below))
