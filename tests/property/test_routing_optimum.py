"""The annealing against proved optima of small days."""

from __future__ import annotations

import pytest

from optimizer.result import Status
from optimizer.routing.check import check
from optimizer.routing.cpsat_engine import solve_exact
from optimizer.routing.features import Feature
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.solve import solve_linked
from optimizer.stop import Stop
from tests.property.routing_problems import mixed_problem, reduced
from tests.routing_enumeration import rank_of

PROOF = Stop(iterations=600)
SHARE = 0.95


def reaches_optimum(problem: RoutingProblem, seed: int, moves: int) -> bool | None:
    """Whether the annealing finds a plan as good as the proved one; None where none is proved."""
    exact = solve_exact(problem, stop=PROOF)
    if exact.result.status is not Status.OPTIMAL:
        return None
    answer = solve_linked(problem, stop=Stop(iterations=moves), seed=seed)
    assert check(problem, answer) == (), f"seed {seed}"
    best, found = rank_of(problem, exact.plan), rank_of(problem, answer.plan)
    assert found >= best, f"seed {seed}: better than proved"
    return found == best


def test_nothing_is_better_than_proved():
    ties = {Feature.STAFF, Feature.TIES, Feature.LATENESS}
    reached = [reaches_optimum(reduced(mixed_problem(seed), ties), seed, 20) for seed in range(12)]
    assert any(reached)


@pytest.mark.accept
def test_nineteen_of_twenty_small_days_reach_the_proved_optimum():
    reached = [reaches_optimum(mixed_problem(seed), seed, 300) for seed in range(1000, 1300)]
    proved = [hit for hit in reached if hit is not None]
    assert len(proved) >= 270
    assert sum(proved) >= SHARE * len(proved)
