"""Who hangs on whom, for given options: nearest parents, or a least-cost matching.

With limits on the number of children the pairs are a transportation problem, solved exactly as a
matching with every parent repeated as often as it may carry a child.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from optimizer.siting.plan.problem import PlanProblem
from optimizer.siting.plan.tables import UNLIMITED

__all__ = ["attach"]


def attach(problem: PlanProblem, option: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """The parents of one year's sites with the least travel in all.

    Args:
        problem: the problem.
        option: int64[m], options that the sites show, -1 for none.

    Returns:
        int64[m], the site on which each one hangs, -1 for none; None where some cannot.
    """
    level = np.where(option >= 0, problem.options.level[np.maximum(option, 0)], -1)
    wanted = np.where(level >= 0, problem.level_parent[np.maximum(level, 0)], -1)
    parent = np.full(problem.n_sites, -1, dtype=np.int64)
    for above in np.unique(wanted[wanted >= 0]).tolist():
        children = np.flatnonzero(wanted == above)
        found = _attach_to(problem, children, level == above, int(problem.level_fanout[above]))
        if found is None:
            return None
        parent[children] = found
    return parent


def _attach_to(
    problem: PlanProblem,
    children: NDArray[np.int64],
    is_parent: NDArray[np.bool_],
    fanout: int,
) -> NDArray[np.int64] | None:
    pairs = problem.attachments
    place = np.full(problem.n_sites, -1, dtype=np.int64)
    place[children] = np.arange(children.size)
    keep = (place[pairs.child] >= 0) & is_parent[pairs.parent]
    child, parent, cost = (
        place[pairs.child[keep]],
        pairs.parent[keep].astype(np.int64),
        pairs.cost[keep],
    )
    order = np.lexsort((parent, cost, child))
    child, parent, cost = child[order], parent[order], cost[order]
    heads = np.searchsorted(child, np.arange(children.size))
    if np.unique(child).size < children.size:
        return None
    nearest: NDArray[np.int64] = parent[heads]
    if fanout == UNLIMITED or np.bincount(nearest).max(initial=0) <= fanout:
        return nearest
    if fanout == 0:
        return None
    parents, column = np.unique(parent, return_inverse=True)
    copies = np.minimum(np.bincount(column), fanout)
    starts = np.cumsum(copies) - copies
    entry = np.repeat(np.arange(child.size), copies[column])
    before = np.cumsum(copies[column]) - copies[column]
    slot = starts[column[entry]] + np.arange(entry.size) - before[entry]
    shape = (children.size, int(copies.sum()))
    # An explicit weight of 0 would read as no pair.
    graph = csr_array((cost[entry] + 1.0, (child[entry], slot)), shape=shape)
    try:
        rows, slots = min_weight_full_bipartite_matching(graph)
    except ValueError:
        return None
    if rows.size < children.size:
        return None
    found = np.empty(children.size, dtype=np.int64)
    found[rows] = parents[np.searchsorted(starts, slots, side="right") - 1]
    return found
