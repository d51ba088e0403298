"""Capacitated location against enumeration and against an independent integer program."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.result import Status
from optimizer.siting.allocation.solve import solve_allocation
from optimizer.stop import Stop
from tests.allocation_cases import best_by_enumeration, best_by_milp, faults_of, models, plane

some = settings(derandomize=True, deadline=None, max_examples=150)
few = settings(derandomize=True, deadline=None, max_examples=25)


def solved(model):
    told = []
    proposal = solve_allocation(model, Stop().start(), progress=told.append)
    for news in told:
        if news.incumbent is not None and news.bound is not None:
            assert news.bound <= news.incumbent
    return proposal


def agree(model, proposal, best):
    if best is None:
        assert proposal.status is Status.INFEASIBLE
        assert proposal.allocation is None and proposal.objective is None
        return
    assert faults_of(model, proposal) == []
    assert proposal.objective == best
    assert best - 1e-8 * best - 1 <= proposal.bound <= best
    assert (proposal.status is Status.OPTIMAL) == (proposal.bound == best)


@some
@given(model=models())
def test_the_optimum_of_enumeration(model):
    agree(model, solved(model), best_by_enumeration(model))


@few
@given(
    n=st.integers(5, 25),
    m=st.integers(3, 12),
    p=st.integers(2, 5),
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["single", "split", "mixed"]),
    reach=st.none() | st.integers(2, 6),
    slack=st.sampled_from([1.0, 1.05, 1.3, 2.0]),
    fixed=st.sampled_from([0, 4_000]),
)
def test_the_optimum_of_an_independent_integer_program(n, m, p, seed, kind, reach, slack, fixed):
    single = {"single": True, "split": False, "mixed": np.arange(n) % 2 == 0}[kind]
    model = plane(n, m, p=p, single=single, reach=reach, slack=slack, seed=seed, fixed=fixed)
    proposal = solved(model)
    agree(model, proposal, best_by_milp(model))
    assert proposal.status in (Status.OPTIMAL, Status.INFEASIBLE)
