from __future__ import annotations

import numpy as np
import pytest

from base.faults import FaultError
from optimizer.result import Status, StopReason
from optimizer.siting.allocation.bound_kernels import climb
from optimizer.siting.allocation.core import first_core
from optimizer.siting.allocation.solve import nearest_with_room, solve_allocation
from optimizer.stop import Stop
from tests.allocation_cases import best_by_milp, faults_of, from_matrix, plane


def solved(model, **stop):
    return solve_allocation(model, Stop(**stop).start())


def flows(allocation):
    return list(
        zip(
            allocation.row.tolist(),
            allocation.site.tolist(),
            allocation.amount.tolist(),
            strict=True,
        )
    )


def test_a_whole_row_goes_where_it_fits_and_a_split_one_fills_the_rest():
    cost = [[1, 5], [1, 5]]
    whole = from_matrix(cost, amount=[3, 3], capacity=[4, -1])
    assert flows(solved(whole).allocation) in ([(0, 0, 3), (1, 1, 3)], [(0, 1, 3), (1, 0, 3)])
    mixed = from_matrix(cost, amount=[3, 3], capacity=[4, -1], single=[True, False])
    proposal = solved(mixed)
    assert proposal.status is Status.OPTIMAL
    assert proposal.objective == 3 + 1 + 2 * 5
    assert flows(proposal.allocation) == [(0, 0, 3), (1, 0, 1), (1, 1, 2)]


def test_sites_that_must_open_are_paid_and_closed_ones_serve_nobody():
    model = from_matrix([[1, 2, 9]], fixed=[0, 7, 0], state=[-1, 1, 0])
    proposal = solved(model)
    assert proposal.allocation.open_sites.tolist() == [1]
    assert proposal.objective == proposal.bound == 9


@pytest.mark.parametrize(
    "model",
    [
        from_matrix([[-1, -1]]),
        from_matrix([[1, 1]], state=[-1, -1]),
        from_matrix([[1], [1]], capacity=[1]),
        from_matrix([[1, -1], [-1, 1]], most=1),
        from_matrix([[1, 1]], state=[1, 1], most=1),
        from_matrix([[1, 1]], amount=[4], capacity=[3, 3]),
        # Three threes into two fives: enough room in all, not for whole rows.
        from_matrix([[1, 1]] * 3, amount=[3, 3, 3], capacity=[5, 5]),
        # The same where only a search can tell.
        from_matrix([[1, 1, 1]] * 7, amount=[4] * 7, capacity=[10, 10, 10]),
    ],
)
def test_what_cannot_be_is_proved_infeasible(model):
    proposal = solved(model)
    assert proposal.status is Status.INFEASIBLE
    assert proposal.allocation is None and proposal.objective is None


def test_nothing_to_serve_costs_what_must_open():
    model = from_matrix(np.zeros((0, 2)), fixed=[5, 3], state=[1, 0])
    proposal = solved(model)
    assert (proposal.status, proposal.objective, proposal.bound) == (Status.OPTIMAL, 5, 5)


def test_a_medium_problem_equals_an_independent_program():
    model = plane(60, 15, p=6, slack=1.2, reach=8, fixed=3_000, single=np.arange(60) % 3 > 0)
    proposal = solved(model)
    assert proposal.status is Status.OPTIMAL
    assert proposal.objective == best_by_milp(model)
    assert faults_of(model, proposal) == []


def test_the_same_seed_and_iterations_give_the_same_answer():
    model = plane(80, 80, p=8, slack=1.1, seed=3)
    one, two = (solved(model, iterations=5) for _ in range(2))
    assert one.stop_reason is StopReason.ITERATIONS
    assert (one.objective, one.bound) == (two.objective, two.bound)
    assert flows(one.allocation) == flows(two.allocation)
    assert one.bound < one.objective


def test_a_cancelled_solve_hands_back_its_best():
    model = plane(80, 80, p=8, slack=1.1, seed=3)
    proposal = solved(model, cancelled=lambda: True)
    assert proposal.stop_reason is StopReason.USER
    assert proposal.status is Status.FEASIBLE
    assert proposal.bound <= proposal.objective
    assert faults_of(model, proposal) == []


def test_more_room_more_sites_and_splitting_never_cost_more():
    def cost(**changes):
        return solved(plane(30, 10, p=4, seed=5, **changes)).objective

    usual = cost(slack=1.1)
    assert cost(slack=1.4) <= usual
    assert cost(slack=1.1, single=False) <= usual
    assert cost(slack=1.1, reach=6) >= usual


def test_any_prices_give_a_bound():
    model = plane(30, 10, p=4, slack=1.1, seed=5)
    best = solved(model).objective
    core, rng = first_core(model), np.random.default_rng(0)
    for _ in range(50):
        price = rng.integers(0, int(core.cost.max()), 30).astype(np.float64)
        pace = np.array([1.0, 0.0, -np.inf])
        nothing = np.zeros(10, dtype=np.bool_)
        climb(
            *core.arrays,
            float(best << core.shift),
            np.ones(30),
            np.full(30, 2**40),
            1,
            10,
            price,
            np.zeros(30),
            np.zeros(30, dtype=np.int64),
            nothing,
            nothing.copy(),
            np.zeros(10),
            pace,
        )
        assert core.unscaled(int(pace[2])) <= best


def test_everybody_goes_to_the_nearest_site_with_room():
    cost = [[1, 4], [2, 3], [2, 9]]
    model = from_matrix(cost, amount=[2, 2, 2], capacity=[4, 3])
    # Row 0 stands nearest, then row 1 by its number; row 2 finds site 1 alone, with room for it.
    assert flows(nearest_with_room(model, [0, 1])) == [(0, 0, 2), (1, 0, 2), (2, 1, 2)]
    assert flows(nearest_with_room(model, [1])) == [(1, 1, 2)]
    split = from_matrix(cost, amount=[2, 2, 2], capacity=[3, -1], single=False)
    answer = nearest_with_room(split, [0, 1])
    assert flows(answer) == [(0, 0, 2), (1, 0, 1), (1, 1, 1), (2, 1, 2)]
    assert answer.open_sites.tolist() == [0, 1]


def test_nobody_is_turned_away_for_somebody_from_further_off():
    model = plane(60, 12, p=6, slack=1.1, seed=2, reach=7)
    open_sites = np.arange(0, 12, 2)
    answer = nearest_with_room(model, open_sites)
    cost = {}
    for row in range(60):
        for pair in range(model.pair_indptr[row], model.pair_indptr[row + 1]):
            cost[row, int(model.pair_site[pair])] = int(model.pair_cost[pair])
    served = {row: site for row, site, _ in flows(answer)}
    for row in range(60):
        for site in open_sites.tolist():
            own = cost.get((row, site))
            if own is None or (row in served and cost[row, served[row]] <= own):
                continue
            # The row would rather come here: those at least as near leave no room for it.
            nearer = sum(
                units
                for other, at, units in flows(answer)
                if at == site and (cost[other, at], other) < (own, row)
            )
            assert nearer + model.row_amount[row] > model.site_capacity[site]


def test_all_faults_are_told_at_once():
    with pytest.raises(FaultError) as caught:
        from_matrix([[1, 1]], fixed=[-1, 0], capacity=[-2, 1], state=[2, 0], amount=[0], most=-1)
    told = [fault.values["field"] for fault in caught.value.faults]
    assert sorted(told) == [
        "most_sites",
        "row_amount",
        "site_capacity",
        "site_fixed",
        "site_state",
    ]
    with pytest.raises(FaultError, match="may reach"):
        from_matrix([[2**40]], amount=[2**20])
    with pytest.raises(FaultError, match="site_state has 2 entries where 1 are"):
        from_matrix([[1, 1]], capacity=[1], fixed=[1])
