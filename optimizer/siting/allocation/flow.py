"""Minimum-cost flows: how split rows are served best when the sites stand and singles are placed.

Whole amounts give whole flows; OR-Tools' cost-scaling push-relabel (Goldberg and Tarjan 1990)
finds them in integers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import max_flow, min_cost_flow

__all__ = ["best_flows", "most_served"]


def best_flows(
    row: NDArray[np.int64],
    site: NDArray[np.int64],
    cost: NDArray[np.int64],
    need: NDArray[np.int64],
    room: NDArray[np.int64],
) -> NDArray[np.int64] | None:
    """Whole units on each pair that serve every need at least cost.

    Args:
        row: int64[z], rows of the pairs.
        site: int64[z], their sites.
        cost: int64[z], per unit.
        need: int64[n], units to serve.
        room: int64[m], units.

    Returns:
        int64[z], None where the needs do not fit.
    """
    n, m = need.size, room.size
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        row, n + site, np.minimum(need[row], room[site]), cost
    )
    used = np.flatnonzero(np.bincount(site, minlength=m))
    solver.add_arcs_with_capacity_and_unit_cost(
        n + used, np.full(used.size, n + m), room[used], np.zeros(used.size, dtype=np.int64)
    )
    rows = np.flatnonzero(need)
    solver.set_nodes_supplies(rows, need[rows])
    solver.set_nodes_supplies(np.array([n + m]), np.array([-int(need.sum())]))
    if solver.solve() != solver.OPTIMAL:
        return None
    return np.asarray(solver.flows(arcs), dtype=np.int64)


def most_served(
    row: NDArray[np.int64],
    site: NDArray[np.int64],
    need: NDArray[np.int64],
    room: NDArray[np.int64],
) -> int:
    """The most units that fit when every row may be split."""
    n, m = need.size, room.size
    solver = max_flow.SimpleMaxFlow()
    source, sink = n + m, n + m + 1
    solver.add_arcs_with_capacity(row, n + site, np.minimum(need[row], room[site]))
    rows, sites = np.arange(n), np.arange(m)
    solver.add_arcs_with_capacity(np.full(n, source), rows, need)
    solver.add_arcs_with_capacity(n + sites, np.full(m, sink), room)
    if solver.solve(source, sink) != solver.OPTIMAL:
        return int(need.sum())
    return int(solver.optimal_flow())
