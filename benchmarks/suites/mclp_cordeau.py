"""``mclp-cordeau``: the generated maximal covering family of Cordeau, Furini and Ljubic (2019).

Sites and customers lie uniformly in a square of 30 x 30, demands are uniform integers 1..100; a
customer is covered where its distance to an open site is below R. MT19937 of NumPy's frozen
``RandomState`` draws sites, customers, demands in this order, so an instance is the same bits
everywhere and always.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from benchmarks.suite import Case, Limits, Outcome, Suite
from benchmarks.suites.covering import Covering, peer_solvers
from benchmarks.suites.siting import Objective, solve_ours
from benchmarks.suites.siting_peers import PACKAGES
from optimizer.siting.cover.points import classes_of_points
from optimizer.siting.problem import Question, SitingRequest

__all__ = ["MCLP_CORDEAU", "Generated", "draw"]

_SIDE = 30.0
_SEEDS = (0, 1, 2, 3, 4)
_BLOCK = 1_000_000


class Generated(NamedTuple):
    """One instance of the family."""

    sites: int
    customers: int
    radius: float
    p: int
    seed: int

    @property
    def name(self) -> str:
        """``<sites>x<customers>-R<radius>-p<p>-s<seed>``."""
        return f"{self.sites}x{self.customers}-R{self.radius:g}-p{self.p}-s{self.seed}"


def instances() -> list[Generated]:
    """100 sites with 10^3..10^7 customers, then 1000 sites with 10^4..10^5."""
    few = [
        Generated(100, 10**size, radius, p, seed)
        for size in (3, 4, 5, 6, 7)
        for radius in (5.5, 5.75, 6.0, 6.25)
        for p in (10, 15, 20)
        for seed in _SEEDS
    ]
    many = [
        Generated(1000, customers, 1.5, 50, seed)
        for customers in (10_000, 50_000, 100_000)
        for seed in _SEEDS
    ]
    return few + many


def cases(data: Path | None) -> list[Case]:
    """The whole family, whatever data there is."""
    return [Case(instance.name, instance, "max") for instance in instances()]


def draw(
    source: Generated,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Sites float64[m, 2], customers float64[n, 2], demands int64[n]."""
    random = np.random.RandomState(source.seed)
    sites = random.random_sample((source.sites, 2)) * _SIDE
    customers = random.random_sample((source.customers, 2)) * _SIDE
    demand = random.randint(1, 101, source.customers, dtype=np.int64)
    return sites, customers, demand


def load(source: Generated) -> Covering:
    """Cover lists by a k-d tree of the customers, built fast rather than balanced."""
    sites, customers, demand = draw(source)
    started = time.perf_counter()
    tree = cKDTree(customers, balanced_tree=False, compact_nodes=False)
    parts = []
    for x, y in sites:
        near = np.fromiter(tree.query_ball_point((x, y), source.radius), dtype=np.int32)
        near.sort()
        gap = np.hypot(customers[near, 0] - x, customers[near, 1] - y)
        parts.append(near[gap < source.radius])
    indptr = np.cumsum([0, *(part.size for part in parts)], dtype=np.int64)
    covered = np.concatenate(parts)
    built = time.perf_counter() - started

    value = _recomputed(source, sites, customers, demand)
    return Covering(indptr, covered, demand, source.p, value, built)


def _recomputed(
    source: Generated,
    sites: NDArray[np.float64],
    customers: NDArray[np.float64],
    demand: NDArray[np.int64],
) -> Objective:
    """The covered demand from coordinates, a block of customers at a time."""

    def value(open_sites: NDArray[np.int64]) -> float:
        total = 0
        for first in range(0, source.customers, _BLOCK):
            block = customers[first : first + _BLOCK]
            reached = np.zeros(len(block), dtype=bool)
            for x, y in sites[open_sites]:
                reached |= np.hypot(block[:, 0] - x, block[:, 1] - y) < source.radius
            total += int(demand[first : first + _BLOCK][reached].sum())
        return float(total)

    return value


def ours(case: Case, limits: Limits) -> Outcome:
    """Our exact solver, from points to classes without cover lists."""
    source: Generated = case.source
    sites, customers, demand = draw(source)
    started = time.perf_counter()
    classes = classes_of_points(
        sites, customers, demand, source.radius, is_strict=True, threads=limits.threads
    )
    problem = classes.problem()
    built = time.perf_counter() - started
    request = SitingRequest(Question.MCLP, source.p)
    value = _recomputed(source, sites, customers, demand)
    return solve_ours(problem, request, limits, value, built=built)


MCLP_CORDEAU = Suite(
    name="mclp-cordeau",
    about="max covered demand, distance < R; from points on: lists or classes count as solving",
    seconds=600.0,
    cases=cases,
    ours=ours,
    peers=peer_solvers(load),
    packages=PACKAGES,
    smoke=("100x1000-R5.5-p10-s0", 3.0),
)
