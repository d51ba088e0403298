"""Greedy answers: a plan within milliseconds, and the start of the exact solvers.

Greedy selection covers at least 1 - 1/e of the best for MCLP (Nemhauser, Wolsey, Fisher 1978)
and needs at most ln(n) + 1 times the fewest sites for LSCP (Chvatal 1979).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.greedy_kernels import add_sites, count_disjoint, drop_idle
from optimizer.siting.presolve import CoverModel, transpose

__all__ = [
    "fewest_sites",
    "gains_after",
    "gains_in_order",
    "most_cover",
    "sites_needed",
    "submodular_bounds",
]


def most_cover(model: CoverModel, limit: int) -> NDArray[np.int32]:
    """Positions of at most ``limit`` sites, by largest added weight, in order of opening."""
    by_site = _classes_of_sites(model)
    gain = model.gain + _sum_by_site(model, model.weight)
    room = max(0, min(limit, model.n_sites))
    chosen: NDArray[np.int32] = add_sites(
        model.indptr, model.site, model.weight, *by_site, gain, room
    )
    return chosen


def fewest_sites(model: CoverModel) -> NDArray[np.int32]:
    """Positions of sites that cover every class, none of them idle, ascending."""
    by_site = _classes_of_sites(model)
    ones = np.ones(model.n_classes, dtype=np.int64)
    gain = _sum_by_site(model, ones)
    chosen = add_sites(model.indptr, model.site, ones, *by_site, gain, model.n_sites)
    is_chosen = np.zeros(model.n_sites, dtype=bool)
    is_chosen[chosen] = True
    hits = is_chosen[model.site].astype(np.int64)
    covering = np.add.reduceat(hits, model.indptr[:-1]) if hits.size else hits
    return np.sort(chosen[drop_idle(*by_site, chosen, covering)])


def sites_needed(model: CoverModel) -> int:
    """A lower bound on the sites that cover every class: classes without a site in common."""
    order = np.argsort(np.diff(model.indptr), kind="stable")
    return int(count_disjoint(model.indptr, model.site, order, model.n_sites))


def submodular_bounds(model: CoverModel, order: NDArray[np.int32], room: int) -> NDArray[np.int64]:
    """int64[room + 1], upper bounds on what so many sites cover.

    Whatever is open, further sites add at most the sum of what each adds alone; the bound is the
    least of these over the first 0, 1, ... sites of an order of opening.
    """
    total = model.covered + int(model.gain.sum()) + int(model.weight.sum())
    bounds = np.full(room + 1, total, dtype=np.int64)
    added = gains_in_order(model, order)
    value = model.covered
    for at in range(order.size + 1):
        gains = np.sort(gains_after(model, order[:at]))[::-1][:room]
        most = np.full(room + 1, value + gains.sum(), dtype=np.int64)
        most[: gains.size + 1] = value + np.append(0, np.cumsum(gains))
        bounds = np.minimum(bounds, most)
        if at < order.size:
            value += int(added[at])
    return bounds


def gains_in_order(model: CoverModel, chosen: NDArray[np.int32]) -> NDArray[np.int64]:
    """What each site adds when the sites open in this order."""
    rank = np.full(model.n_sites, chosen.size, dtype=np.int64)
    rank[chosen] = np.arange(chosen.size)
    added = np.append(model.gain[chosen], 0)
    if model.site.size:
        first = np.minimum.reduceat(rank[model.site], model.indptr[:-1])
        np.add.at(added, first, model.weight)
    return added[:-1]


def gains_after(model: CoverModel, chosen: NDArray[np.int32]) -> NDArray[np.int64]:
    """int64[c], what each site would add to the chosen ones; 0 for those."""
    is_chosen = np.zeros(model.n_sites, dtype=bool)
    is_chosen[chosen] = True
    left = model.weight.copy()
    if model.site.size:
        left[np.logical_or.reduceat(is_chosen[model.site], model.indptr[:-1])] = 0
    gains = model.gain + _sum_by_site(model, left)
    gains[is_chosen] = 0
    return gains


def _classes_of_sites(model: CoverModel) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    of_entry = csr_rows(model.indptr).astype(np.int32)
    return transpose(model.site.astype(np.int64), of_entry, model.n_sites)


def _sum_by_site(model: CoverModel, weight: NDArray[np.int64]) -> NDArray[np.int64]:
    total = np.zeros(model.n_sites, dtype=np.int64)
    np.add.at(total, model.site, np.repeat(weight, np.diff(model.indptr)))
    return total
