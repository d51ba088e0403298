"""Groups of rows whose value has a floor: the problem's own, and districts with a least share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from optimizer.siting.plan.checking.figures import figures_of
from optimizer.siting.plan.checking.violations import PlanViolationKind
from optimizer.siting.plan.explain.marginal_rules import Broken
from optimizer.siting.plan.problem import PlanAnswer, PlanProblem, PlanRequest

__all__ = ["Groups"]

_MILLION = 10**6


class Groups:
    """The groups of a plan problem, and what each reaches in a plan.

    Attributes:
        member: [n, groups], 1 where a row belongs to a group.
        value: the plan's whole value, as MAX_VALUE counts it.
    """

    def __init__(self, problem: PlanProblem, request: PlanRequest, answer: PlanAnswer) -> None:
        floors, last = problem.floors, problem.n_years - 1
        self._kind = [PlanViolationKind.FLOOR_MISSED] * len(floors)
        self._index, self._low = list(range(len(floors))), floors.low.tolist()
        self._first, self._last = floors.first_year.tolist(), floors.last_year.tolist()
        ones = np.ones(floors.demand.size, dtype=np.int64)
        shape = (len(floors), problem.n_demand)
        blocks: list[Any] = [csr_array((ones, floors.demand, floors.indptr), shape=shape).T]
        figures = figures_of(problem, answer.option.astype(np.int64), answer.assignments)
        self.value = sum(figures.value.values())
        if request.least_share is not None:
            for district in figures.districts:
                inside = problem.demand.district == district
                whole = _whole(problem, inside)
                # share >= least in millionths, rounded down, is value >= least * whole / 10^6.
                self._low.append(-(-request.least_share * whole // _MILLION))
                self._kind.append(PlanViolationKind.LEAST_SHARE_MISSED)
                self._index.append(district)
                self._first.append(last)
                self._last.append(last)
                blocks.append(csr_array(inside.astype(np.int64)[:, None]))
        self.member: csr_array = hstack(blocks, format="csr")
        self._reached = [
            [sum(row[rows].tolist()) for rows in self._rows_of_groups()]
            for row in figures.row_value
        ]

    def _rows_of_groups(self) -> Iterator[NDArray[np.int32]]:
        by_group = self.member.tocsc()
        for group in range(self.member.shape[1]):
            yield by_group.indices[by_group.indptr[group] : by_group.indptr[group + 1]]

    def of_row(self, row: int) -> list[int]:
        """The groups of a row."""
        part = slice(self.member.indptr[row], self.member.indptr[row + 1])
        return list(self.member.indices[part].tolist())

    def broken(self, year: int, step: Mapping[int, int]) -> Iterator[Broken]:
        """Groups that miss their floor in a year once they reach so much more or less."""
        for group, change in sorted(step.items()):
            if not self._first[group] <= year <= self._last[group] or change >= 0:
                continue
            if self._reached[year][group] + change < self._low[group]:
                kind = self._kind[group]
                is_share = kind is PlanViolationKind.LEAST_SHARE_MISSED
                yield Broken(kind, self._index[group], None if is_share else year)


def _whole(problem: PlanProblem, inside: NDArray[np.bool_]) -> int:
    demand = problem.demand
    pairs = zip(demand.weight[inside].tolist(), demand.amount[inside].tolist(), strict=True)
    return sum(weight * amount for weight, amount in pairs)
