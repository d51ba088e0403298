"""What every place along a stretch of street is sure to cover.

Take two positions p and q of one street, ``gap`` apart, from which a demand point is ``c_p`` and
``c_q`` away. From any place x between them one can walk back to p or on to q, so

    c_x <= min(c_p + (x - p), c_q + (q - x)) <= (c_p + c_q + gap) / 2.

A row whose own circle holds that bound, and the way from the door to the street on top, is covered
from everywhere on the stretch; what is computed here is never more than what a premises there
covers. Where one end does not reach the point within the search's limit, nothing is claimed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows

__all__ = ["sure_weights"]

_ROUNDING = 4
"""Ticks on top of every bound: access legs and positions are rounded one by one."""


def sure_weights(
    reach_indptr: NDArray[np.int64],
    reach_point: NDArray[np.int32],
    reach_cost: NDArray[np.int64],
    gap: NDArray[np.int64],
    row_place: NDArray[np.int64],
    row_budget: NDArray[np.int64],
    row_weight: NDArray[np.int64],
    access: int,
) -> NDArray[np.int64]:
    """Weight that is covered from everywhere on each stretch.

    Args:
        reach_indptr: int64[q + 1], CSR rows, one per demand place.
        reach_point: int32[r], street positions that the place is reached from, ascending.
        reach_cost: int64[r], ticks between the two.
        gap: int64[p], ticks from position i to i + 1 where they bound a stretch, -1 elsewhere.
        row_place: int64[n], place of every demand row.
        row_budget: int64[n], most ticks at which the row is covered.
        row_weight: int64[n], weight of the row, >= 0.
        access: most ticks between a premises and its street, >= 0.

    Returns:
        int64[p], by the stretch's first position; 0 where there is no stretch.
    """
    place = csr_rows(reach_indptr)
    first = np.flatnonzero(
        (np.diff(reach_point) == 1) & (np.diff(place) == 0) & (gap[reach_point[:-1]] >= 0)
        if reach_point.size > 1
        else np.zeros(0, dtype=bool)
    )
    stretch = reach_point[first]
    longest = (reach_cost[first] + reach_cost[first + 1] + gap[stretch] + 1) // 2
    longest += access + _ROUNDING
    sure = np.zeros(gap.size, dtype=np.int64)
    n_places = reach_indptr.size - 1
    for budget in np.unique(row_budget).tolist():
        mine = row_budget == budget
        weight = np.zeros(n_places, dtype=np.int64)
        np.add.at(weight, row_place[mine], row_weight[mine])
        within = longest <= budget
        np.add.at(sure, stretch[within], weight[place[first[within]]])
    return sure
