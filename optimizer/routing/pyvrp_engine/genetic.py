"""Hybrid genetic search on one problem, with PyVRP's local search.

After Vidal et al. (2012) and the first PyVRP (Wouda, Lan, Kool 2024): children of two parents are
settled by local search, infeasible ones are penalised and sometimes repaired, and the population
keeps what is good or different. PyVRP of today searches from one solution only, which on a few
hundred clients settles early; so the population is ours again. When it has long brought nothing
better it begins anew. Near the end the best of all populations meet in a last one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pyvrp import ProblemData, Solution

from optimizer.routing.pyvrp_engine.crossover import exchange
from optimizer.routing.pyvrp_engine.local import LocalRun, Penalties, Polish, engine_cost
from optimizer.routing.pyvrp_engine.pool import RoutePool
from optimizer.routing.pyvrp_engine.population import Individual, Population
from optimizer.routing.pyvrp_engine.stops import neighbour_matrix, solution_of

__all__ = ["Genetic"]

_FIRST = 25
"""Random solutions of a new population."""
_REPAIR = 0.5
"""Chance that an infeasible child is repaired."""


class Genetic:
    """A population that breeds until it is told to stop.

    Args:
        data: the problem.
        seed: for all random numbers.
        penalties: to begin with.
        pool: gets the routes of feasible solutions.
        polish: applied to every new best feasible solution.
        begins: counts an iteration (the settling of one solution); False ends the search.
        on_best: called with every new best of the present population that is the best so far.
    """

    def __init__(
        self,
        data: ProblemData,
        seed: int,
        penalties: Penalties,
        pool: RoutePool,
        *,
        polish: Polish | None,
        begins: Callable[[], bool],
        on_best: Callable[[Solution], None],
    ) -> None:
        self._data = data
        self._run = LocalRun(data, seed, penalties)
        self._rng = np.random.default_rng(seed)
        self._near = neighbour_matrix(data)
        self._pool = pool
        self._polish = polish
        self._begins = begins
        self._on_best = on_best
        self._population = Population()
        self._best: Solution | None = None
        self._idle = 0

    def breed(
        self, founders: list[Solution], patience: int, over: Callable[[], bool]
    ) -> Solution | None:
        """Run one population to its end.

        Args:
            founders: solutions that it begins with, beside random ones.
            patience: children without a better solution after which it ends.
            over: asked before every child whether it ends at once.

        Returns:
            Its best solution, infeasible where it found no feasible one; None where it had no time
            for any.
        """
        self._population, self._best, self._idle = Population(), None, 0
        for founder in founders:
            self._welcome(founder)
        while len(self._population) < _FIRST and self._begins() and not over():
            self._welcome(self._run.construct())
        while self._idle < patience and self._population.can_breed:
            if over() or not self._begins():
                break
            self._idle += 1
            self._child()
        return self._best

    def _child(self) -> None:
        parents = self._population.parents(self._rng)
        rows = exchange(self._data, self._near, *parents, self._rng)
        child = self._run.descend(solution_of(self._data, rows))
        self._welcome(child)
        if not child.is_feasible() and self._rng.random() < _REPAIR:
            repaired = self._run.repair(child)
            if repaired.is_feasible():
                self._welcome(repaired)

    def _welcome(self, solution: Solution) -> None:
        """Take a solution into the population; where it is the best, say so."""
        best = self._best
        is_better = best is None or engine_cost(solution) < engine_cost(best)
        if is_better and self._polish is not None and solution.is_feasible():
            solution = self._polish(solution)
        self._run.register(solution)
        individual = Individual.of(solution, self._data.num_clients)
        self._population.add(individual, self._run.costs)
        if solution.is_feasible():
            self._pool.add_rows(individual.rows)
        if is_better:
            self._best, self._idle = solution, 0
            if solution.is_feasible():
                self._on_best(solution)
