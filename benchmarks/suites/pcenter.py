"""``pcenter``: OR-Library ``pmed`` graphs as p-center."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.pmed import read_pmed
from benchmarks.suite import Case, Limits, Outcome, Suite
from benchmarks.suites.pmedian import pmed_cases
from benchmarks.suites.siting import Objective, matrix_problem, solve_ours
from benchmarks.suites.siting_peers import PACKAGES, highs_matrix, spopt_matrix
from optimizer.siting.problem import Question, SitingRequest

__all__ = ["PCENTER"]


def cases(data: Path | None) -> list[Case]:
    """The ``pmed`` files."""
    return pmed_cases(data, "pcenter_optimum")


def worst_cost(distance: NDArray[np.int64]) -> Objective:
    """Largest distance to the nearest open site."""

    def value(sites: NDArray[np.int64]) -> float:
        return float(distance[:, sites].min(axis=1).max()) if sites.size else float("inf")

    return value


def ours(case: Case, limits: Limits) -> Outcome:
    """Our exact solver."""
    distance, p = read_pmed(case.source.path)
    request = SitingRequest(Question.P_CENTER, p)
    return solve_ours(matrix_problem(distance), request, limits, worst_cost(distance))


def _highs(case: Case, limits: Limits) -> Outcome:
    distance, p = read_pmed(case.source.path)
    return highs_matrix("center", distance, p, limits, worst_cost(distance))


def _spopt(case: Case, limits: Limits) -> Outcome:
    distance, p = read_pmed(case.source.path)
    return spopt_matrix("center", distance, p, limits, worst_cost(distance))


PCENTER = Suite(
    name="pcenter",
    about="min largest shortest-path distance to the nearest site",
    seconds=60.0,
    cases=cases,
    ours=ours,
    peers={"highs": _highs, "spopt": _spopt},
    packages=PACKAGES,
    smoke=("pmed1", 3.0),
)
