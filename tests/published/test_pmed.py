"""OR-Library p-median instances (Beasley 1985), read from beside the project."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.csgraph import floyd_warshall

from optimizer.result import Status
from optimizer.siting.check import check
from optimizer.siting.problem import Question, SitingRequest
from optimizer.siting.solve import solve
from tests.siting_cases import from_matrix

FOLDER = Path(__file__).parents[2].parent / "shared" / "bench" / "pmed"
QUICK = [1, 2, 3, 4, 5, 9, 13, 20]
REST = [number for number in range(1, 21) if number not in QUICK]

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the pmed instances are not beside the project"),
]


def read_pmed(number):
    """Shortest path matrix and p; edges in file order, the last of duplicates wins."""
    values = np.array((FOLDER / f"pmed{number}.txt").read_text().split(), dtype=int)
    n, _, p = values[:3]
    length = np.full((n, n), np.inf)
    np.fill_diagonal(length, 0)
    for u, v, edge in values[3:].reshape(-1, 3):
        length[u - 1, v - 1] = length[v - 1, u - 1] = edge
    return floyd_warshall(length).astype(np.int64), int(p)


def best_known(number, column):
    with (FOLDER / "best_known.csv").open() as file:
        return next(
            int(r[column]) for r in csv.DictReader(file) if r["instance"] == f"pmed{number}"
        )


def prove(number, question, column):
    cost, p = read_pmed(number)
    problem, request = from_matrix(cost, unreached=10**6), SitingRequest(question, p)
    answer = solve(problem, request)
    assert answer.result.status is Status.OPTIMAL
    assert answer.result.objective == best_known(number, column)
    assert check(problem, request, answer) == ()


@pytest.mark.parametrize("number", QUICK)
def test_p_median_optimum(number):
    prove(number, Question.P_MEDIAN, "pmedian_optimum")


@pytest.mark.parametrize("number", [2, 5, 10])
def test_p_center_optimum(number):
    prove(number, Question.P_CENTER, "pcenter_optimum")


@pytest.mark.accept
@pytest.mark.parametrize("number", REST)
def test_p_median_optimum_of_the_rest(number):
    prove(number, Question.P_MEDIAN, "pmedian_optimum")


@pytest.mark.accept
@pytest.mark.parametrize("number", range(1, 21))
def test_p_center_optimum_of_all(number):
    prove(number, Question.P_CENTER, "pcenter_optimum")
