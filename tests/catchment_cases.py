"""Catchment problems for tests, and the best division by enumeration."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

from optimizer.siting.catchments.problem import CatchmentProblem

__all__ = ["best_by_enumeration", "borders", "catchment_problem", "problems"]


def borders(n_units, pairs):
    """CSR adjacency of unordered pairs."""
    near = [set() for _ in range(n_units)]
    for a, b in pairs:
        near[a].add(b)
        near[b].add(a)
    indptr = np.cumsum([0, *(len(each) for each in near)])
    return indptr, np.array([unit for each in near for unit in sorted(each)], dtype=np.int32)


def catchment_problem(pairs, work, cost, *, home=None, share=None, fixed=None):
    """A problem from borders, work by unit and a unit x station matrix of costs."""
    cost = np.asarray(cost, dtype=np.int64)
    u, k = cost.shape
    indptr, neighbour = borders(u, pairs)
    return CatchmentProblem(
        unit_work=np.asarray(work),
        neighbour_indptr=indptr,
        neighbour=neighbour,
        travel_cost=cost,
        station_home=np.full(k, -1) if home is None else home,
        station_share=np.ones(k, dtype=int) if share is None else share,
        unit_station=np.full(u, -1) if fixed is None else fixed,
    )


def best_by_enumeration(problem, tolerance):
    """(excess deviation as by the request, travel) of the best division, None without any."""
    indptr, neighbour = problem.neighbour_indptr, problem.neighbour
    total, shares = int(problem.unit_work.sum()), problem.station_share.tolist()
    best = None
    for given in product(range(problem.n_stations), repeat=problem.n_units):
        if any(problem.travel_cost[u, k] < 0 for u, k in enumerate(given)):
            continue
        if any(b not in (-1, k) for b, k in zip(problem.unit_station, given, strict=True)):
            continue
        if any(h >= 0 and given[h] != k for k, h in enumerate(problem.station_home)):
            continue
        if not all(_one_piece(indptr, neighbour, given, k) for k in range(problem.n_stations)):
            continue
        worst = 0
        for k, share in enumerate(shares):
            done = sum(int(problem.unit_work[u]) for u, at in enumerate(given) if at == k)
            if total:
                off = abs(sum(shares) * done - share * total) * 10**6
                worst = max(worst, -(-off // (share * total)))
        travel = sum(
            int(problem.unit_work[u]) * int(problem.travel_cost[u, k]) for u, k in enumerate(given)
        )
        rank = (max(worst, tolerance), travel)
        best = rank if best is None else min(best, rank)
    return best


def _one_piece(indptr, neighbour, given, station):
    mine = [u for u, k in enumerate(given) if k == station]
    if not mine:
        return True
    seen, stack = {mine[0]}, [mine[0]]
    while stack:
        unit = stack.pop()
        for near in neighbour[indptr[unit] : indptr[unit + 1]]:
            if given[near] == station and near not in seen:
                seen.add(int(near))
                stack.append(int(near))
    return len(seen) == len(mine)


@st.composite
def problems(draw):
    """Up to 7 units, 3 stations: islands, forbidden pairs, bound units, stations without home."""
    u, k = draw(st.integers(1, 7)), draw(st.integers(1, 3))
    possible = [(a, b) for a in range(u) for b in range(a)]
    pairs = draw(st.sets(st.sampled_from(possible), max_size=2 * u)) if possible else set()
    if draw(st.booleans()):
        pairs |= {(unit + 1, unit) for unit in range(u - 1)}
    cost = draw(
        st.lists(
            st.lists(st.sampled_from([-1, 0, 1, 2, 5, 9, 40]), min_size=k, max_size=k),
            min_size=u,
            max_size=u,
        )
    )
    units = draw(st.permutations(range(u)))
    home = [units[at] if at < u and draw(st.booleans()) else -1 for at in range(k)]
    fixed = [draw(st.sampled_from([-1] * 6 + list(range(k)))) for _ in range(u)]
    for station, unit in enumerate(home):
        if unit >= 0 and fixed[unit] not in (-1, station):
            fixed[unit] = -1
    return catchment_problem(
        pairs,
        draw(st.lists(st.integers(0, 20), min_size=u, max_size=u)),
        cost,
        home=home,
        share=draw(st.lists(st.integers(1, 3), min_size=k, max_size=k)),
        fixed=fixed,
    )
