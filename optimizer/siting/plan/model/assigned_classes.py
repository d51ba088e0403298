"""Merges assigned demand: rows that may go to the same sites at the same worth become one.

Only rows that may be split merge; a row that goes to one site as a whole stays by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.plan.model.cover_classes import Pairs, value_at
from optimizer.siting.plan.model.transport import MOST_UNITS
from optimizer.siting.plan.problem import PlanProblem
from optimizer.siting.presolve import equal_rows, take_rows

__all__ = ["AssignedClasses", "assigned_classes"]


@dataclass(frozen=True)
class AssignedClasses:
    """k classes of assigned rows and p pairs of class and site, by class.

    Attributes:
        of_row: int64[n], the class of a row; -1 for covered rows and rows that nothing reaches.
        amount: int64[k], units. single: bool[k], goes to one site as a whole, or not at all.
        service: int64[k].
        pair_class: int64[p], ascending. site: int64[p]. element: int64[p].
        cost: int64[p], ticks. value: int64[p], value per unit and year.
        travel: int64[p], weighted travel per unit.
        weighted: bool[k], rows of weight > 0.
        member: int64[k], one row of every class; what is true of it is true of all.
        pooled: bool[k], classes whose units are worth the same wherever they go, as are all of
            their service: transport cuts stand for their pairs.
    """

    of_row: NDArray[np.int64]
    amount: NDArray[np.int64]
    single: NDArray[np.bool_]
    service: NDArray[np.int64]
    pair_class: NDArray[np.int64]
    site: NDArray[np.int64]
    element: NDArray[np.int64]
    cost: NDArray[np.int64]
    value: NDArray[np.int64]
    travel: NDArray[np.int64]
    weighted: NDArray[np.bool_]
    member: NDArray[np.int64]
    pooled: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Number of classes, k."""
        return int(self.amount.size)

    @property
    def step(self) -> NDArray[np.int64]:
        """int64[p], units that one unit of a pair's column stands for."""
        return np.where(self.single, self.amount, 1)[self.pair_class]


def assigned_classes(
    problem: PlanProblem, pairs: Pairs, *, travel: bool, districts: bool
) -> AssignedClasses:
    """The classes of all assigned rows.

    Args:
        problem: the problem.
        pairs: who can serve whom.
        travel: travel costs matter, so that only rows with equal ones merge.
        districts: only rows of one district merge.
    """
    demand = problem.demand
    assigned = problem.capacitated[demand.service]
    rows = np.flatnonzero(assigned & (np.diff(pairs.indptr) > 0))
    indptr, entries = take_rows(pairs.indptr, rows)
    row = rows[csr_rows(indptr)]
    cost = pairs.cost[entries]
    value = value_at(demand.weight[row], cost, demand.full[row], demand.radius[row])
    burden = demand.weight[row] * cost
    # Sites ascend within a row, so that equal rows list them in the same order.
    order = np.lexsort((pairs.site[entries], csr_rows(indptr)))
    entries, cost, value, burden = entries[order], cost[order], value[order], burden[order]
    heads, of_class = np.arange(rows.size), np.arange(rows.size)
    if rows.size:
        worth = np.column_stack([value, burden, cost]) if travel else value[:, None]
        _, code = np.unique(worth, axis=0, return_inverse=True)
        key = _row_keys(problem, rows, districts=districts)
        same = equal_rows(indptr, pairs.site[entries], code.ravel().astype(np.int64), key)
        heads, of_class = np.unique(same, return_inverse=True)
    of_row = np.full(problem.n_demand, -1, dtype=np.int64)
    of_row[rows] = of_class
    amount = np.zeros(heads.size, dtype=np.int64)
    np.add.at(amount, of_class, demand.amount[rows])
    own_indptr, kept = take_rows(indptr, heads)
    member = rows[heads]
    pair_class, pair_value = csr_rows(own_indptr), value[kept]
    apart = np.zeros(problem.n_services, dtype=bool)
    uneven = pair_value != pair_value[own_indptr[:-1]][pair_class]
    apart[demand.service[member][pair_class[uneven]]] = True
    apart[demand.service[member[demand.single[member]]]] = True
    units = np.bincount(demand.service[rows], demand.amount[rows], problem.n_services)
    apart |= (units > MOST_UNITS) | travel
    return AssignedClasses(
        of_row=of_row,
        amount=amount,
        single=demand.single[member],
        service=demand.service[member].astype(np.int64),
        pair_class=pair_class,
        site=pairs.site[entries][kept],
        element=pairs.element[entries][kept],
        cost=cost[kept],
        value=pair_value,
        travel=burden[kept],
        weighted=demand.weight[member] > 0,
        member=member,
        pooled=~apart[demand.service[member]],
    )


def _row_keys(
    problem: PlanProblem, rows: NDArray[np.int64], *, districts: bool
) -> NDArray[np.int64]:
    """int64[rows], equal only for rows that may merge as far as they themselves go."""
    demand, floors = problem.demand, problem.floors
    floors_of: dict[int, list[int]] = {}
    for floor, row in zip(csr_rows(floors.indptr).tolist(), floors.demand.tolist(), strict=True):
        floors_of.setdefault(row, []).append(floor)
    known: dict[tuple[int, ...], int] = {}
    sets = [known.setdefault(tuple(floors_of.get(row, ())), len(known)) for row in rows.tolist()]
    alone = np.where(demand.single[rows], rows, -1)
    area = demand.district[rows] if districts else np.zeros(rows.size, dtype=np.int64)
    columns = (demand.service[rows], demand.must[rows], alone, area, np.array(sets))
    _, key = np.unique(np.column_stack(columns).astype(np.int64), axis=0, return_inverse=True)
    return key.ravel().astype(np.int64)
