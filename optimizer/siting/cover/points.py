"""From points straight to a covering problem, however many customers there are.

Cover lists by Euclidean reach grow with customers times sites in reach; what a covering problem
needs of them is far less: how much weight stands in reach of each different set of sites. The
customers are therefore read once, in parallel blocks, and merged into classes on the way; no
list of a customer outlives its look-up. Memory grows with the classes alone.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from base.faults import Faults
from optimizer.arrays import csr_rows
from optimizer.codes import BAD_ARRAY, BAD_LENGTH, BAD_VALUE
from optimizer.siting.cover.points_kernels import merge_points
from optimizer.siting.presolve import merge_rows, transpose
from optimizer.siting.problem import SiteStatus, SitingProblem

__all__ = ["PointClasses", "classes_of_points"]

# Cells per radius: finer cells test fewer sites per point, and cost more to list.
_CELLS_PER_RADIUS = 8
_MOST_CELLS = 512
# Cells list a little more than they must, so that rounding loses no site.
_SLACK = 1e-9


@dataclass(frozen=True)
class PointClasses:
    """Customers merged by the sites in whose reach they stand; m sites, k classes.

    Attributes:
        n_sites: number of sites, m.
        indptr: int64[k + 1], CSR rows of the classes, in order of their first customers.
        site: int32[z], sites of a class, ascending.
        weight: int64[k], summed weight of a class.
        unreached: weight of the customers that no site reaches.
    """

    n_sites: int
    indptr: NDArray[np.int64]
    site: NDArray[np.int32]
    weight: NDArray[np.int64]
    unreached: int

    def problem(self, *, weight_scale: int = 1) -> SitingProblem:
        """A problem with the classes as demand rows and every site a candidate.

        Customers out of every site's reach are left out; ``replace()`` sets other statuses,
        bonuses or costs of sites. A listed row is covered, whatever the way there.
        """
        m, k = self.n_sites, self.weight.size
        by_site, rows = transpose(
            self.site.astype(np.int64), csr_rows(self.indptr).astype(np.int32), m
        )
        return SitingProblem(
            site_status=np.full(m, SiteStatus.CANDIDATE),
            site_cost=np.zeros(m, np.int64),
            site_bonus=np.zeros(m, np.int64),
            demand_weight=self.weight,
            demand_group=np.zeros(k, np.int32),
            demand_district=np.full(k, -1),
            demand_radius=np.zeros(k, np.int64),
            reach_indptr=by_site,
            reach_demand=rows,
            reach_cost=np.zeros(rows.size, np.int64),
            ticks_per_second=1,
            weight_scale=weight_scale,
        )


def classes_of_points(
    sites: ArrayLike,
    customers: ArrayLike,
    weight: ArrayLike,
    radius: float,
    *,
    is_strict: bool = False,
    threads: int | None = None,
) -> PointClasses:
    """Merge customers by the sites within a Euclidean radius.

    A site reaches a customer where ``dx * dx + dy * dy <= radius * radius`` in doubles.

    Args:
        sites: float64[m, 2], plane coordinates.
        customers: float64[n, 2], in the same unit; not copied if already float64.
        weight: int64[n], >= 0.
        radius: > 0, in the coordinates' unit.
        is_strict: below the radius rather than up to it.
        threads: parallel threads, None for one per available core; the classes are the same.

    Raises:
        FaultError: coordinates of a wrong shape or not finite (CC-O001), lengths that differ
            (CC-O002), or a weight below 0 or radius not above it (CC-O004).
    """
    places = np.ascontiguousarray(sites, dtype=np.float64)
    points = np.ascontiguousarray(customers, dtype=np.float64)
    weights = np.ascontiguousarray(weight, dtype=np.int64)
    _check(places, points, weights, radius)
    grid, near_indptr, near = _cells(places, radius)
    count = threads or len(os.sched_getaffinity(0))
    cuts = np.linspace(0, weights.size, count + 1).astype(np.int64)
    square = float(radius) * float(radius)

    def merge(part: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], int]:
        rows = slice(cuts[part], cuts[part + 1])
        indptr, site, summed, lost = merge_points(
            places, points[rows], weights[rows], square, is_strict, grid, near_indptr, near
        )
        return indptr, site, summed, int(lost)

    with ThreadPoolExecutor(count) as pool:
        parts = list(pool.map(merge, range(count)))
    size = np.concatenate([np.diff(part[0]) for part in parts])
    indptr = np.zeros(size.size + 1, dtype=np.int64)
    np.cumsum(size, out=indptr[1:])
    site = np.concatenate([part[1] for part in parts])
    # Blocks follow the customers' order: first appearance is the same for any number of threads.
    merged = merge_rows(indptr, site, np.concatenate([part[2] for part in parts]))
    unreached = sum(part[3] for part in parts)
    return PointClasses(len(places), merged.indptr, merged.site, merged.weight, unreached)


def _check(
    sites: NDArray[np.float64],
    customers: NDArray[np.float64],
    weight: NDArray[np.int64],
    radius: float,
) -> None:
    faults = Faults()
    for name, points in (("sites", sites), ("customers", customers)):
        if points.ndim != 2 or points.shape[1] != 2:
            faults.add(BAD_ARRAY(field=name, why=f"shape {points.shape}, expected (n, 2)"))
        elif not (np.isfinite(points.min(initial=0)) and np.isfinite(points.max(initial=0))):
            faults.add(BAD_ARRAY(field=name, why="a coordinate is not finite"))
    if weight.ndim != 1 or weight.size != len(customers):
        faults.add(BAD_LENGTH(field="weight", got=weight.size, expected=len(customers)))
    elif weight.size and weight.min() < 0:
        faults.add(BAD_VALUE(field="weight", value=int(weight.min()), rule=">= 0"))
    if not 0 < radius < np.inf:
        faults.add(BAD_VALUE(field="radius", value=radius, rule="> 0"))
    faults.raise_if_any()


def _cells(
    sites: NDArray[np.float64], radius: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int32]]:
    """A grid over all that the sites reach, and the sites that may reach into every cell."""
    if not len(sites):
        return np.zeros(5), np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int32)
    reach = radius * (1 + _SLACK) + _SLACK * float(np.abs(sites).max())
    lower, upper = sites.min(axis=0) - reach, sites.max(axis=0) + reach
    extent = float((upper - lower).max())
    side = max(radius / _CELLS_PER_RADIUS, extent / _MOST_CELLS)
    columns, rows = (np.floor((upper - lower) / side).astype(np.int64) + 1).tolist()
    left, low = (lower[axis] + side * np.arange(n) for axis, n in ((0, columns), (1, rows)))
    dx = np.maximum(0.0, np.maximum(left - sites[:, :1], sites[:, :1] - left - side))
    dy = np.maximum(0.0, np.maximum(low - sites[:, 1:], sites[:, 1:] - low - side))
    counts, lists = [], []
    for row in range(rows):
        is_near = dx.T**2 + dy[:, row] ** 2 <= reach**2
        counts.append(is_near.sum(axis=1))
        lists.append(np.nonzero(is_near)[1].astype(np.int32))
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    grid = np.array([lower[0], lower[1], 1.0 / side, columns, rows])
    return grid, indptr, np.concatenate(lists)
