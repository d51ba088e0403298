"""Solutions that live side by side: who may have children, who survives.

Biased fitness of Vidal, Crainic, Gendreau, Lahrichi, Rei (2012): the rank by penalised cost plus,
weighed less, the rank by how different a solution is from its closest others. Difference is the
share of clients that something else comes after (broken pairs).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyvrp import CostEvaluator, Solution

from optimizer.routing.pyvrp_engine.stops import StopRow, rows_of

__all__ = ["Individual", "Population"]

_SURVIVORS = 20
_GENERATION = 20
"""Children between two selections of survivors."""
_ELITE = 4
"""So many of the best by cost cannot be pushed out by being different alone."""
_JUDGED = 5
"""Newcomers between two judgements of everyone; the newest have no children until then."""
_CLOSEST = 5
"""Difference is measured against so many of the most similar."""


@dataclass(frozen=True, eq=False)
class Individual:
    """A solution, its routes, and what comes after every client.

    Attributes:
        solution: the solution. rows: its routes.
        after: int64[C], the next client, -1 for a depot, -2 where the client is not served.
    """

    solution: Solution
    rows: tuple[StopRow, ...]
    after: NDArray[np.int64]

    @staticmethod
    def of(solution: Solution, n_clients: int) -> Individual:
        """The individual of a solution of a problem with so many clients."""
        rows = tuple(rows_of(solution))
        after = np.full(n_clients, -2, dtype=np.int64)
        for row in rows:
            stops = np.array([*row.stops, -1], dtype=np.int64)
            here, there = stops[:-1], np.maximum(stops[1:], -1)
            after[here[here >= 0]] = there[here >= 0]
        return Individual(solution, rows, after)


class Population:
    """Individuals with their mutual differences."""

    def __init__(self) -> None:
        most = _SURVIVORS + _GENERATION + 1
        self._members: list[Individual] = []
        self._differences = np.zeros((most, most))
        self._fitness: NDArray[np.float64] = np.zeros(0)

    def __len__(self) -> int:
        return len(self._members)

    @property
    def can_breed(self) -> bool:
        """Whether there are two to choose from."""
        return self._fitness.size > 1

    def add(self, newcomer: Individual, costs: CostEvaluator) -> None:
        """Take an individual in; where there are too many, the least fit die."""
        at = len(self._members)
        if at:
            others = np.stack([member.after for member in self._members])
            apart = (others != newcomer.after).mean(axis=1) if others.size else np.zeros(at)
            self._differences[at, :at] = self._differences[:at, at] = apart
        self._members.append(newcomer)
        if at + 1 >= _SURVIVORS + _GENERATION:
            self._select(costs)
        if self._fitness.size == 0 or (at + 1) % _JUDGED == 0:
            self._judge(costs)

    def parents(self, rng: np.random.Generator) -> tuple[Individual, Individual]:
        """Two different individuals, each the fitter of two drawn."""
        first = self._tournament(rng)
        second = first
        while second == first:
            second = self._tournament(rng)
        return self._members[first], self._members[second]

    def _tournament(self, rng: np.random.Generator) -> int:
        drawn = rng.integers(self._fitness.size, size=2)
        return int(drawn[0] if self._fitness[drawn[0]] <= self._fitness[drawn[1]] else drawn[1])

    def _judge(self, costs: CostEvaluator) -> None:
        """Biased fitness of everyone, the lower the fitter."""
        size = len(self._members)
        cost = np.array([costs.penalised_cost(member.solution) for member in self._members])
        apart = self._differences[:size, :size] + 2.0 * np.eye(size)
        difference = np.sort(apart, axis=1)[:, :_CLOSEST].mean(axis=1)
        by_cost = np.argsort(np.argsort(cost, kind="stable"), kind="stable")
        by_difference = np.argsort(np.argsort(-difference, kind="stable"), kind="stable")
        self._fitness = by_cost + (1.0 - min(1.0, _ELITE / size)) * by_difference

    def _select(self, costs: CostEvaluator) -> None:
        """Keep the fittest, of equals one."""
        self._judge(costs)
        order = np.argsort(self._fitness, kind="stable")
        kept: list[int] = []
        clones: list[int] = []
        for at in order.tolist():
            is_clone = any(self._differences[at, other] == 0.0 for other in kept)
            (clones if is_clone else kept).append(at)
        chosen = np.sort(np.array((kept + clones)[:_SURVIVORS]))
        self._members = [self._members[at] for at in chosen]
        apart = self._differences[np.ix_(chosen, chosen)]
        self._differences[: chosen.size, : chosen.size] = apart
        self._fitness = self._fitness[chosen]
