"""PyVRP's iterated local search (Wouda, Lan, Kool 2024), run in stretches.

PyVRP's own ``solve`` starts anew each time. Here the random numbers and the penalties for lateness
and load live on from stretch to stretch, and from one region of a large problem to the next: what
an infeasible unit is worth is learned once.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import NamedTuple

from pyvrp import (
    CostEvaluator,
    IteratedLocalSearch,
    IteratedLocalSearchCallbacks,
    IteratedLocalSearchParams,
    PenaltyManager,
    PenaltyParams,
    ProblemData,
    RandomNumberGenerator,
    Solution,
)
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import (
    OPERATORS,
    LocalSearch,
    PerturbationManager,
    compute_neighbours,
)

__all__ = ["LocalRun", "Penalties", "Polish", "Stretch", "engine_cost"]

_UPDATE = 50
"""Solutions between changes of the penalties: a day is planned in few iterations, and at the 500
of PyVRP's own the penalties would hardly move from their start."""
_INCREASE, _DECREASE = 1.3, 0.8
_FEASIBLE = 0.5
"""Share of solutions that the penalties keep feasible."""

Polish = Callable[[Solution], Solution]


class Penalties(NamedTuple):
    """What PyVRP's search pays per unit of excess load (by dimension), lateness, excess distance.

    ``most`` is the largest value.
    """

    loads: list[float]
    late: float
    distance: float
    most: float


class Stretch(IteratedLocalSearchCallbacks):  # type: ignore[misc, unused-ignore]
    """One stretch of a search: when it ends, and who hears of its solutions.

    Args:
        stop: asked before every iteration.
        on_best: called with every new best feasible solution.
    """

    def __init__(self, stop: Callable[[], bool], on_best: Callable[[Solution], None]) -> None:
        self._stop = stop
        self._on_best = on_best

    def __call__(self, best_cost: int) -> bool:
        """Whether to stop now."""
        return self._stop()

    def on_best(self, best: Solution) -> None:
        """PyVRP has a new best solution."""
        if best.is_feasible():
            self._on_best(best)


class LocalRun:
    """PyVRP's search on one problem, stretch after stretch.

    Args:
        data: the problem.
        seed: for the random numbers.
        penalties: to begin with.
    """

    def __init__(self, data: ProblemData, seed: int, penalties: Penalties) -> None:
        self._data = data
        self._rng = RandomNumberGenerator(seed=seed % 2**32)
        self._search = LocalSearch(data, self._rng, compute_neighbours(data), PerturbationManager())
        for operator in OPERATORS:
            if operator.supports(data):
                self._search.add_operator(operator(data))
        self._params = PenaltyParams(
            solutions_between_updates=_UPDATE,
            penalty_increase=_INCREASE,
            penalty_decrease=_DECREASE,
            target_feasible=_FEASIBLE,
            max_penalty=penalties.most,
        )
        terms = (penalties.loads, penalties.late, penalties.distance)
        self._manager = PenaltyManager(terms, self._params)

    @property
    def penalties(self) -> Penalties:
        """As the search has left them."""
        loads, late, distance = self._manager.penalties()
        return Penalties(list(loads), float(late), float(distance), self._params.max_penalty)

    @property
    def costs(self) -> CostEvaluator:
        """What solutions cost under the penalties of the moment."""
        return self._manager.cost_evaluator()

    def register(self, solution: Solution) -> None:
        """Let a solution's feasibility count in the next change of the penalties."""
        self._manager.register(solution)

    def descend(self, solution: Solution) -> Solution:
        """The local optimum that descends from a solution."""
        return self._search(solution, self.costs, exhaustive=True)

    def repair(self, solution: Solution) -> Solution:
        """The like, with penalties ten times as high."""
        loads, late, distance = self._manager.penalties()
        high = CostEvaluator([10 * load for load in loads], 10 * late, 10 * distance)
        return self._search(solution, high, exhaustive=True)

    def settle(self, solution: Solution) -> Solution:
        """The like, with penalties at their highest."""
        return self._search(solution, self._manager.max_cost_evaluator(), exhaustive=True)

    def random(self) -> Solution:
        """A random solution, most likely infeasible."""
        return Solution.make_random(self._data, self._rng)

    def construct(self) -> Solution:
        """The local optimum that descends from a random solution."""
        return self.descend(self.random())

    def run(self, start: Solution, stretch: Stretch) -> Solution:
        """Search from a solution until the stretch ends; the best found, or the start."""
        search = IteratedLocalSearch(
            self._data,
            self._manager,
            self._search,
            start,
            IteratedLocalSearchParams(callbacks=stretch),
        )
        with warnings.catch_warnings():
            # Late visits stay tempting where time is short; the best is feasible all the same.
            warnings.simplefilter("ignore", PenaltyBoundWarning)
            best: Solution = search.run(stretch, collect_stats=False, display=False).best
        return best


def engine_cost(solution: Solution) -> float:
    """PyVRP's objective, infinite where the solution is infeasible."""
    if not solution.is_feasible():
        return float("inf")
    costs = solution.distance_cost() + solution.duration_cost() + solution.fixed_vehicle_cost()
    return float(costs + solution.uncollected_prizes())
