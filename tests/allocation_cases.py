"""Capacitated location for tests: random problems, their optimum by other means, and a referee."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_array

from optimizer.siting.allocation.solve import AllocationModel

__all__ = ["best_by_enumeration", "best_by_milp", "faults_of", "from_matrix", "models", "plane"]


def from_matrix(
    cost, *, fixed=None, capacity=None, state=None, amount=None, single=True, most=None
):
    """A model from costs per unit (n rows x m sites) in which -1 means that none may serve."""
    cost = np.asarray(cost, dtype=np.int64)
    n, m = cost.shape
    listed = cost >= 0
    return AllocationModel(
        site_fixed=np.zeros(m, dtype=int) if fixed is None else fixed,
        site_capacity=np.full(m, -1) if capacity is None else capacity,
        site_state=np.zeros(m, dtype=int) if state is None else state,
        row_amount=np.ones(n, dtype=int) if amount is None else amount,
        row_single=np.broadcast_to(np.asarray(single, dtype=bool), n),
        pair_indptr=np.r_[0, np.cumsum(listed.sum(axis=1))],
        pair_site=np.nonzero(listed)[1],
        pair_cost=cost[listed],
        most_sites=most,
    )


def plane(n, m, *, p, single=True, reach=None, slack=1.3, seed=0, fixed=0):
    """Rows and sites scattered over a square of 1,000; each row lists its nearest sites."""
    rng = np.random.default_rng(seed)
    rows, sites = rng.random((n, 2)), rng.random((m, 2))
    away = np.hypot(*(rows[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    cost = np.rint(1000 * away).astype(np.int64)
    if reach is not None:
        np.put_along_axis(cost, np.argsort(away, axis=1)[:, reach:], -1, axis=1)
    amount = rng.integers(1, 30, n)
    capacity = np.full(m, int(slack * amount.sum() / p))
    return from_matrix(
        cost,
        amount=amount,
        capacity=capacity,
        single=single,
        most=p,
        fixed=rng.integers(fixed // 2, fixed + 1, m),
    )


@st.composite
def models(draw, max_sites=4, max_rows=4, max_amount=4):
    """Small models with every state, unlimited and empty sites, split and single rows, ties."""
    m, n = draw(st.integers(0, max_sites)), draw(st.integers(0, max_rows))
    whole = st.integers
    cost = draw(st.lists(st.lists(whole(-1, 9), min_size=m, max_size=m), min_size=n, max_size=n))
    scale = draw(st.sampled_from([1, 1, 1_000_003]))
    cost = np.array(cost, dtype=np.int64).reshape(n, m)
    cost[cost > 0] *= scale

    def column(low, high, size):
        return np.array(draw(st.lists(whole(low, high), min_size=size, max_size=size)), dtype=int)

    return from_matrix(
        cost,
        fixed=column(0, 15, m) * scale,
        capacity=column(-1, 9, m),
        state=np.where(column(0, 3, m) > 0, 0, column(-1, 1, m)),
        amount=column(1, max_amount, n),
        single=column(0, 1, n) > 0,
        most=draw(st.none() | whole(0, m)),
    )


def best_by_enumeration(model):
    """Least objective over all sets of sites and all whole flows, None where there is none."""
    n, m = model.n_rows, model.n_sites
    cost = np.full((n, m), -1)
    for k in range(n):
        part = slice(model.pair_indptr[k], model.pair_indptr[k + 1])
        cost[k, model.pair_site[part]] = model.pair_cost[part]
    best = None
    for is_open in product(
        *[[state > 0] if state else [False, True] for state in model.site_state]
    ):
        if model.most_sites is not None and sum(is_open) > model.most_sites:
            continue
        room = tuple(
            0 if not o else (10**9 if c < 0 else int(c))
            for o, c in zip(is_open, model.site_capacity, strict=True)
        )
        served = _serve(0, room, cost, model, {})
        if served is not None:
            total = served + int(model.site_fixed[np.array(is_open, dtype=bool)].sum())
            best = total if best is None else min(best, total)
    return best


def _serve(k, room, cost, model, known):
    if k == model.n_rows:
        return 0
    if (k, room) in known:
        return known[k, room]
    amount, best = int(model.row_amount[k]), None
    for flow in _ways(amount, cost[k].tolist(), room, bool(model.row_single[k])):
        rest = _serve(
            k + 1, tuple(r - f for r, f in zip(room, flow, strict=True)), cost, model, known
        )
        if rest is not None:
            value = rest + sum(f * c for f, c in zip(flow, cost[k].tolist(), strict=True))
            best = value if best is None else min(best, value)
    known[k, room] = best
    return best


def _ways(amount, cost, room, single):
    if not cost:
        return
    steps = range(min(amount, room[0]) + 1) if cost[0] >= 0 else [0]
    for first in steps:
        if single and first not in (0, amount):
            continue
        if first == amount:
            yield (first, *[0] * (len(cost) - 1))
            continue
        for others in _ways(amount - first, cost[1:], room[1:], single):
            yield (first, *others)


def best_by_milp(model):
    """The optimum by scipy on the textbook model; infeasible gives None."""
    n, m, z = model.n_rows, model.n_sites, model.pair_site.size
    row = np.repeat(np.arange(n), np.diff(model.pair_indptr))
    pair, site = m + np.arange(z), model.pair_site
    amount = model.row_amount[row]
    limit = np.where(model.site_capacity < 0, model.row_amount.sum(), model.site_capacity)
    serve = csr_array((np.ones(z), (row, pair)), shape=(n, m + z))
    room = csr_array(
        (np.r_[amount, -limit], (np.r_[site, np.arange(m)], np.r_[pair, np.arange(m)])),
        shape=(m, m + z),
    )
    most = m if model.most_sites is None else model.most_sites
    count = csr_array(np.r_[np.ones(m), np.zeros(z)].reshape(1, -1))
    done = milp(
        np.r_[model.site_fixed, model.pair_cost * amount],
        integrality=np.r_[np.ones(m), model.row_single[row]],
        bounds=(
            np.r_[model.site_state == 1, np.zeros(z)],
            np.r_[model.site_state >= 0, np.ones(z)],
        ),
        constraints=[
            LinearConstraint(serve, 1, 1),
            LinearConstraint(room, -np.inf, 0),
            LinearConstraint(count, -np.inf, most),
        ],
        options={"mip_rel_gap": 0},
    )
    assert done.status in (0, 2)
    return round(done.fun) if done.status == 0 else None


def faults_of(model, proposal):
    """What is wrong with an answer, by plain loops."""
    found, answer = [], proposal.allocation
    is_open = set(answer.open_sites.tolist())
    pairs = {}
    for k in range(model.n_rows):
        for e in range(model.pair_indptr[k], model.pair_indptr[k + 1]):
            pairs[k, int(model.pair_site[e])] = int(model.pair_cost[e])
    served, load = [0] * model.n_rows, [0] * model.n_sites
    value = sum(int(model.site_fixed[j]) for j in is_open)
    for k, j, units in zip(
        answer.row.tolist(), answer.site.tolist(), answer.amount.tolist(), strict=True
    ):
        if (k, j) not in pairs or j not in is_open or units < 1:
            found.append(f"flow {k} -> {j}")
            continue
        if model.row_single[k] and units != model.row_amount[k]:
            found.append(f"row {k} is split")
        served[k] += units
        load[j] += units
        value += units * pairs[k, j]
    found += [f"row {k}" for k in range(model.n_rows) if served[k] != model.row_amount[k]]
    for j in range(model.n_sites):
        if 0 <= model.site_capacity[j] < load[j]:
            found.append(f"site {j} is overfull")
        if (model.site_state[j] == 1) > (j in is_open) or (model.site_state[j] == -1) & (
            j in is_open
        ):
            found.append(f"site {j} against its state")
    if model.most_sites is not None and len(is_open) > model.most_sites:
        found.append("too many sites")
    if value != proposal.objective:
        found.append(f"objective {proposal.objective}, recomputed {value}")
    return found
