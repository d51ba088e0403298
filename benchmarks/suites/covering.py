"""What the covering suites share: a solver and its peers on cover lists built by the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.suite import Case, Limits, Outcome, Solver
from benchmarks.suites.siting import Objective, cover_problem, solve_ours
from benchmarks.suites.siting_peers import cpsat_cover, highs_cover, spopt_cover
from optimizer.siting.problem import Question, SitingRequest

__all__ = ["Covering", "our_solver", "peer_solvers"]


@dataclass(frozen=True, eq=False)
class Covering:
    """Cover lists by site, ready to solve.

    Attributes:
        indptr: int64[m + 1]. covered: int32[r], customers of every site, ascending.
        weight: int64[n].
        p: sites that may open.
        value: the objective recomputed from coordinates, without the lists.
        built: seconds it took to build the lists; they count as solving.
    """

    indptr: NDArray[np.int64]
    covered: NDArray[np.int32]
    weight: NDArray[np.int64]
    p: int
    value: Objective
    built: float


Load = Callable[[Any], Covering]


def our_solver(load: Load) -> Solver:
    """Our exact solver on the lists of a case."""

    def run(case: Case, limits: Limits) -> Outcome:
        lists = load(case.source)
        problem = cover_problem(lists.indptr, lists.covered, lists.weight)
        request = SitingRequest(Question.MCLP, lists.p)
        return solve_ours(problem, request, limits, lists.value, built=lists.built)

    return run


def peer_solvers(load: Load) -> Mapping[str, Solver]:
    """Plain HiGHS, CP-SAT and spopt on the same lists."""

    def wrap(solve: Callable[..., Outcome]) -> Solver:
        def run(case: Case, limits: Limits) -> Outcome:
            lists = load(case.source)
            arrays = (lists.indptr, lists.covered, lists.weight)
            return solve(*arrays, lists.p, limits, lists.value, built=lists.built)

        return run

    solvers = {"highs": highs_cover, "cpsat": cpsat_cover, "spopt": spopt_cover}
    return {name: wrap(solve) for name, solve in solvers.items()}
