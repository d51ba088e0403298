"""``pmedian``: OR-Library ``pmed`` and TSPLIB points as p-median."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.pmed import read_pmed, read_pmed_optima
from benchmarks.readers.text import best_values
from benchmarks.readers.tsplib import floor_distances, read_points
from benchmarks.suite import Case, Limits, Outcome, Suite
from benchmarks.suites.siting import Objective, matrix_problem, solve_ours
from benchmarks.suites.siting_peers import PACKAGES, highs_matrix, spopt_matrix
from optimizer.siting.problem import Question, SitingRequest

__all__ = ["PMEDIAN", "pmed_cases"]

_PUBLISHED_P = (5, 10, 20, 50, 100, 200, 300, 400, 500)


class Source(NamedTuple):
    """A file; ``p`` where the file itself has none."""

    family: Literal["pmed", "tsplib"]
    path: Path
    p: int = 0


def load(source: Source) -> tuple[NDArray[np.int64], int]:
    """Distances and p."""
    if source.family == "pmed":
        return read_pmed(source.path)
    return floor_distances(read_points(source.path)), source.p


def pmed_cases(data: Path | None, column: str) -> list[Case]:
    """The ``pmed`` files in their own order, with one column of the best-known values."""
    folder = None if data is None else data / "pmed"
    if folder is None or not folder.is_dir():
        return []
    best = best_values(folder / "best_known.csv", "instance", column)
    if not best and column == "pmedian_optimum":
        best = read_pmed_optima(folder / "pmedopt.txt")
    files = sorted(folder.glob("pmed[0-9]*.txt"), key=lambda path: (len(path.stem), path.stem))
    return [Case(path.stem, Source("pmed", path), "min", best.get(path.stem)) for path in files]


def cases(data: Path | None) -> list[Case]:
    """``pmed*``, then ``<tsplib name>-p<p>`` for the published numbers of sites."""
    found = pmed_cases(data, "pmedian_optimum")
    folder = None if data is None else data / "tsplib_pmedian"
    if folder is None or not folder.is_dir():
        return found
    best = _tsplib_best(folder / "best_known.csv")
    for path in sorted(folder.glob("*.tsp")):
        for p in _PUBLISHED_P:
            name = f"{path.stem}-p{p}"
            found.append(Case(name, Source("tsplib", path, p), "min", best.get((path.stem, p))))
    return found


def _tsplib_best(path: Path) -> dict[tuple[str, int], float]:
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {
            (row["name"], int(row["p"])): float(row["opt_or_bkn"])
            for row in csv.DictReader(stream)
            if row["opt_or_bkn"]
        }


def total_cost(distance: NDArray[np.int64]) -> Objective:
    """Sum of the distances to the nearest open site."""

    def value(sites: NDArray[np.int64]) -> float:
        return float(distance[:, sites].min(axis=1).sum()) if sites.size else float("inf")

    return value


def ours(case: Case, limits: Limits) -> Outcome:
    """Our exact solver."""
    distance, p = load(case.source)
    request = SitingRequest(Question.P_MEDIAN, p)
    return solve_ours(matrix_problem(distance), request, limits, total_cost(distance))


def _highs(case: Case, limits: Limits) -> Outcome:
    distance, p = load(case.source)
    return highs_matrix("median", distance, p, limits, total_cost(distance))


def _spopt(case: Case, limits: Limits) -> Outcome:
    distance, p = load(case.source)
    return spopt_matrix("median", distance, p, limits, total_cost(distance))


PMEDIAN = Suite(
    name="pmedian",
    about="min sum of distances; pmed: shortest paths, tsplib: floor(Euclidean)",
    seconds=60.0,
    cases=cases,
    ours=ours,
    peers={"highs": _highs, "spopt": _spopt},
    packages=PACKAGES,
    smoke=("pmed1", 3.0),
)
