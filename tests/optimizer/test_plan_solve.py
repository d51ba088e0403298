"""Plans so small that one rule decides each, solved and checked."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from optimizer.result import Status, StopReason
from optimizer.siting.plan import optimise
from optimizer.siting.plan.checking.check import check
from optimizer.siting.plan.model import whole as plan_model
from optimizer.siting.plan.problem import PlanObjective, PlanProblem, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.siting.plan.tables import (
    UNLIMITED,
    Attachments,
    Demand,
    Floors,
    Options,
    Quotas,
    Reach,
    Rules,
    Sites,
    Years,
)
from optimizer.stop import Stop

NO_LIMIT = 2**62
MIN_COST = PlanRequest(objective=PlanObjective.MIN_COST)


def rows_of(reach):
    """Reach lists of a matrix sites x rows of costs, -1 for out of reach."""
    costs = np.array(reach)
    return Reach(
        demand=np.nonzero(costs >= 0)[1],
        cost=costs[costs >= 0],
        indptr=np.concatenate([[0], np.cumsum((costs >= 0).sum(axis=1))]),
    )


def demand_of(amount, **given):
    """Rows of service 0 that count in full up to 10 ticks."""
    n = len(amount)
    columns = {
        "service": [0] * n,
        "district": [0] * n,
        "group": [0] * n,
        "amount": amount,
        "weight": [1] * n,
        "full": [10] * n,
        "radius": [10] * n,
        "backup": [0] * n,
        "must": [False] * n,
        "single": [False] * n,
    }
    return Demand(**{**columns, **given})


def options_of(site, **given):
    """Options of level 0 that offer service 0 without limit, at no cost."""
    n = len(site)
    columns = {name: [0] * n for name in ("level", "first_year", "area", "yearly_cost")}
    columns |= {name: [0] * n for name in ("opening_cost", "bonus", "quota_area")}
    return Options(**{"site": site, "capacity": [[-1]] * n, **columns, **given})


def sites_of(m, **given):
    columns = {
        "district": [0] * m,
        "current": [-1] * m,
        "due": [-1] * m,
        "closing_cost": [0] * m,
        "takeover_indptr": [0] * (m + 1),
        "takeover_option": [],
    }
    return Sites(**{**columns, **given})


def years_of(t, **given):
    return Years(**{"weight": [1] * t, "capital": [-1] * t, "running": [-1] * t, **given})


def plan(reach, amount, *, years=None, sites=None, options=None, demand=None, **given):
    """One option per site unless given; every site and row as above."""
    m = len(reach)
    return PlanProblem(
        years=years or years_of(1),
        sites=sites or sites_of(m),
        options=options or options_of(list(range(m))),
        demand=demand or demand_of(amount),
        reach=rows_of(reach),
        **{"level_parent": [-1], "level_fanout": [-1], **given},
    )


def solved(problem, request=None, **given):
    """The answer, proved and checked."""
    request = request or PlanRequest()
    answer = solve(problem, request, **given)
    assert [each.detail for each in check(problem, request, answer)] == []
    assert answer.result.status is Status.OPTIMAL
    return answer


def rule(option, low, high, years=1, coefficient=None):
    return Rules(
        low=[low],
        high=[high],
        first_year=[0],
        last_year=[years - 1],
        indptr=[0, len(option)],
        option=option,
        coefficient=coefficient or [1] * len(option),
    )


def test_the_budget_buys_the_best_cover():
    problem = plan(
        [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]],
        [5, 7, 9],
        years=years_of(1, capital=[10]),
        options=options_of([0, 1, 2], opening_cost=[5, 5, 8]),
    )
    answer = solved(problem)
    assert answer.option.tolist() == [[0, 1, -1]]
    assert answer.result.parts == {"covered": 12, "assigned": 0, "backup": 0, "bonus": 0}


@pytest.mark.parametrize(("carries", "value"), [(True, 7), (False, 0)])
def test_capital_may_be_saved_where_it_carries(carries, value):
    years = years_of(2, capital=[5, 5], carries=carries)
    problem = plan([[1]], [7], years=years, options=options_of([0], opening_cost=[10]))
    assert solved(problem).result.objective == value


def test_running_costs_close_what_is_not_worth_them():
    problem = plan(
        [[1, -1], [-1, 1]],
        [5, 7],
        years=years_of(1, running=[4]),
        sites=sites_of(2, current=[0, 1]),
        options=options_of([0, 1], yearly_cost=[4, 4]),
    )
    assert solved(problem).option.tolist() == [[-1, 1]]


def test_an_option_waits_for_its_year_and_then_stays():
    options = options_of([0], first_year=[1], yearly_cost=[3])
    problem = plan([[1]], [7], years=years_of(3), options=options)
    assert solved(problem).option.tolist() == [[-1], [0], [0]]
    forced = PlanRequest(objective=PlanObjective.MIN_COST, forced=(0,))
    assert solved(problem, forced).option.tolist() == [[-1], [-1], [0]]


def test_closing_costs_keep_a_cheap_site_open():
    for closing, expected in ((5, [[0], [0]]), (3, [[-1], [-1]])):
        problem = plan(
            [[1]],
            [7],
            years=years_of(2),
            sites=sites_of(1, current=[0], closing_cost=[closing]),
            options=options_of([0], yearly_cost=[2]),
        )
        assert solved(problem, MIN_COST).option.tolist() == expected


def test_a_duty_is_kept_at_least_cost():
    problem = plan(
        [[1], [1]],
        [7],
        years=years_of(2),
        sites=sites_of(2, due=[1, -1]),
        options=options_of([0, 0, 1], yearly_cost=[9, 4, 1]),
    )
    answer = solved(problem, MIN_COST)
    assert answer.option.tolist() == [[-1, -1], [1, -1]]
    assert answer.result.parts == {"opening": 0, "closing": 0, "yearly": 4}


def test_a_merger_needs_its_heir():
    problem = plan(
        [[1], [1]],
        [7],
        sites=sites_of(2, current=[0, -1], takeover_indptr=[0, 1, 1], takeover_option=[1]),
        options=options_of([0, 1], yearly_cost=[9, 4]),
    )
    assert solved(problem, MIN_COST).option.tolist() == [[-1, 1]]


def test_children_fill_their_parents_up_to_the_fan_out():
    given = {
        "options": options_of([0, 1, 2, 3], level=[0, 1, 1, 1]),
        "level_parent": [-1, 0],
        "attachments": Attachments(child=[1, 2, 3], parent=[0, 0, 0], cost=[1, 1, 1]),
    }
    reach = [[-1, -1, -1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
    for fanout, value in ((2, 16), (UNLIMITED, 21), (0, 0)):
        answer = solved(plan(reach, [5, 7, 9], level_fanout=[fanout, -1], **given))
        assert answer.result.objective == value
        hanging = answer.option[0, 1:] >= 0
        assert np.array_equal(answer.parent[0, 1:], np.where(hanging, 0, -1))


def test_parents_are_shared_out_so_that_everyone_hangs():
    """Child 2 can only hang on parent 0, so child 3 has to leave it though it is nearer."""
    problem = plan(
        [[-1, -1], [-1, -1], [1, -1], [-1, 1]],
        [5, 7],
        options=options_of([0, 1, 2, 3], level=[0, 0, 1, 1]),
        level_parent=[-1, 0],
        level_fanout=[1, -1],
        attachments=Attachments(child=[2, 3, 3], parent=[0, 0, 1], cost=[5, 1, 9]),
    )
    assert solved(problem).parent.tolist() == [[-1, -1, 0, 1]]


def test_counting_rules_weigh_options():
    rules = rule([0, 1, 2], 0, 5, coefficient=[2, 3, 4])
    problem = plan([[1, -1, -1], [-1, 1, -1], [-1, -1, 1]], [5, 7, 11], rules=rules)
    assert solved(problem).option.tolist() == [[0, 1, -1]]
    at_least = plan([[1], [1]], [5], rules=rule([0, 1], 1, NO_LIMIT))
    costly = at_least.replace(options=options_of([0, 1], yearly_cost=[5, 3]))
    assert solved(costly, MIN_COST).option.tolist() == [[-1, 1]]


def test_quotas_are_pooled_into_one_site_from_their_year_on():
    quotas = Quotas(area=[30, 40], first_year=[0, 1], indptr=[0, 2, 4], site=[0, 1, 0, 1])
    options = options_of([0, 1], quota_area=[50, 60])
    problem = plan([[1, -1], [-1, 1]], [5, 7], years=years_of(2), options=options, quotas=quotas)
    answer = solved(problem)
    assert answer.option.tolist() == [[-1, -1], [-1, 1]]
    assert answer.quota_site.tolist() == [1, 1]


def test_value_falls_between_the_two_limits():
    demand = demand_of([10], full=[2], radius=[10])
    problem = plan([[5], [8]], [10], demand=demand, rules=rule([0, 1], 0, 1))
    assert solved(problem).result.objective == 10 * (10 - 5) // 8
    far = plan([[8]], [10], demand=demand)
    assert solved(far).result.objective == 10 * (10 - 8) // 8


@pytest.mark.parametrize(("backup", "option"), [(1, [[0, 1, -1]]), (9, [[0, 1, -1]])])
def test_backup_counts_the_second_site(backup, option):
    demand = demand_of([5, 3], backup=[backup, 0])
    problem = plan([[1, -1], [1, 1], [-1, 1]], [5, 3], demand=demand, rules=rule([0, 1, 2], 0, 2))
    answer = solved(problem)
    assert answer.option.tolist() == option
    assert answer.result.parts["backup"] == 5 * backup


def test_one_site_is_no_backup_however_much_it_is_worth():
    problem = plan([[1]], [5], demand=demand_of([5], backup=[9]))
    assert solved(problem).result.objective == 5


def test_bonuses_count_in_every_weighted_year():
    problem = plan([[1]], [7], years=years_of(2, weight=[1, 3]), options=options_of([0], bonus=[2]))
    assert solved(problem).result.parts == {"covered": 28, "assigned": 0, "backup": 0, "bonus": 8}


def test_a_larger_size_pays_where_room_is_short():
    problem = plan(
        [[1, 1]],
        [6, 7],
        years=years_of(1, capital=[9]),
        options=options_of([0, 0], opening_cost=[5, 9], capacity=[[8], [11]]),
    )
    answer = solved(problem)
    assert answer.option.tolist() == [[1]]
    assert answer.assignments.amount.sum() == 11


@pytest.mark.parametrize(("single", "value"), [(True, 6), (False, 10)])
def test_single_rows_are_never_split(single, value):
    problem = plan(
        [[1, 1], [1, 1]],
        [6, 6],
        options=options_of([0, 1], capacity=[[7], [3]]),
        demand=demand_of([6, 6], single=[single] * 2),
    )
    assert solved(problem).result.objective == value


def test_must_rows_are_served_whole():
    options = options_of([0, 1], yearly_cost=[1, 9], capacity=[[4], [9]])
    demand = demand_of([6], must=[True])
    problem = plan([[1], [1]], [6], options=options, demand=demand)
    assert solved(problem, MIN_COST).option.tolist() == [[-1, 1]]


def test_units_go_where_they_are_worth_most():
    """Gradual value makes the pairs of an assigned service differ."""
    problem = plan(
        [[2, 6], [6, 6]],
        [5, 5],
        options=options_of([0, 1], capacity=[[5], [5]]),
        demand=demand_of([5, 5], weight=[8, 8], full=[2, 2]),
    )
    answer = solved(problem)
    assert answer.result.objective == 5 * 8 + 5 * 4
    assert answer.assignments.site.tolist() == [0, 1]


def test_floors_cut_across_whole_units_and_stay_exact():
    """Half a unit each would do for both floors; whole units leave one of them short."""
    demand = demand_of([1, 1], weight=[2, 2])
    floors = Floors(
        low=[1, 1], first_year=[0, 0], last_year=[0, 0], indptr=[0, 1, 2], demand=[0, 1]
    )
    problem = plan(
        [[1, 1]], [1, 1], options=options_of([0], capacity=[[1]]), demand=demand, floors=floors
    )
    answer = solve(problem)
    assert answer.result.status is Status.INFEASIBLE
    assert answer.result.stop_reason is StopReason.FINISHED
    assert check(problem, PlanRequest(), answer) == ()


def test_a_floor_decides_for_the_poorer_district():
    floors = Floors(low=[3], first_year=[0], last_year=[0], indptr=[0, 1], demand=[0])
    problem = plan([[1, -1], [-1, 1]], [3, 9], rules=rule([0, 1], 0, 1), floors=floors)
    assert solved(problem).option.tolist() == [[0, -1]]


def test_max_min_raises_the_worst_district_before_the_total():
    demand = demand_of([4, 6, 10, 20], district=[0, 0, 1, 1])
    reach = [[1, -1, -1, -1], [-1, 1, -1, -1], [-1, -1, 1, -1], [-1, -1, -1, 1]]
    problem = plan(reach, [4, 6, 10, 20], demand=demand, rules=rule([0, 1, 2, 3], 0, 2))
    answer = solved(problem, PlanRequest(objective=PlanObjective.MAX_MIN))
    assert answer.option.tolist() == [[-1, 1, -1, 3]]
    assert answer.shares.tolist() == answer.share_bounds.tolist() == [600_000, 666_666]
    assert solved(problem).result.objective == 30


def test_max_min_goes_on_to_the_second_worst_and_then_to_value():
    """District 0 can have nothing; of the others 1 comes first, row 4 has no district."""
    demand = demand_of([5, 2, 4, 9], district=[0, 1, 1, -1])
    reach = [[-1, 1, -1, -1], [-1, -1, 1, -1], [-1, -1, -1, 1]]
    problem = plan(reach, [5, 2, 4, 9], demand=demand, rules=rule([0, 1, 2], 0, 2))
    answer = solved(problem, PlanRequest(objective=PlanObjective.MAX_MIN))
    assert answer.shares.tolist() == [0, 1_000_000]
    assert answer.result.objective == 6


def test_least_travel_serves_everyone_and_weighs_costs():
    options = options_of([0, 1], opening_cost=[4, 4])
    problem = plan([[1, 9], [9, 2]], [3, 2], options=options)
    travel = PlanRequest(objective=PlanObjective.MIN_TRAVEL)
    assert solved(problem, travel).result.parts == {"travel": 3 + 4, "cost": 0}
    weighed = PlanRequest(objective=PlanObjective.MIN_TRAVEL, cost_weight=10)
    answer = solved(problem, weighed)
    assert answer.result.parts == {"travel": 3 + 18, "cost": 40}


def test_least_worst_looks_at_weighted_rows_of_the_last_year():
    problem = plan(
        [[1, 9, 9], [7, 6, 10], [8, 8, 2]],
        [1, 1, 1],
        years=years_of(2, capital=[1, 1]),
        options=options_of([0, 1, 2], opening_cost=[1, 1, 1]),
        demand=demand_of([1, 1, 1], weight=[1, 1, 0]),
    )
    answer = solved(problem, PlanRequest(objective=PlanObjective.MIN_WORST))
    assert answer.result.objective == 6
    assert answer.result.parts == {"worst": 6}


def test_limits_of_the_request_bind():
    problem = plan([[1, -1], [-1, 1]], [5, 7], options=options_of([0, 1], opening_cost=[2, 4]))
    assert solved(problem, PlanRequest(most_cost=3)).result.objective == 5
    least = PlanRequest(objective=PlanObjective.MIN_COST, least_value=6)
    assert solved(problem, least).result.objective == 4
    assert solved(problem, PlanRequest(banned=(1,))).result.objective == 5
    differing = PlanRequest(differ_from=(((0, 1), 1),))
    assert solved(problem, differing).result.objective == 7
    shared = PlanRequest(objective=PlanObjective.MIN_COST, least_share=500_000)
    assert solved(problem, shared).option.tolist() == [[-1, 1]]
    impossible = solve(problem, PlanRequest(most_cost=3, least_value=6))
    assert impossible.result.status is Status.INFEASIBLE


def test_a_forced_option_that_comes_too_late_is_infeasible():
    problem = plan([[1]], [7], options=options_of([0], first_year=[5]))
    assert solve(problem, PlanRequest(forced=(0,))).result.status is Status.INFEASIBLE


def town(seed, m=40, n=120):
    """A small town with two sizes, capacities, a budget and a district floor."""
    rng = np.random.default_rng(seed)
    cost = np.hypot(
        *(rng.uniform(0, 100, (2, m))[:, :, None] - rng.uniform(0, 100, (2, n))[:, None])
    )
    reach = np.where(cost <= 25, cost.astype(int), -1)
    service = np.arange(n) % 2
    demand = demand_of(
        rng.integers(5, 60, n),
        service=service,
        district=rng.integers(0, 4, n),
        weight=rng.integers(1, 4, n),
        full=[25] * n,
        radius=[25] * n,
    )
    site = np.repeat(np.arange(m), 2)
    options = options_of(
        site,
        opening_cost=np.tile([4, 7], m) * 1000,
        yearly_cost=np.tile([1, 2], m) * 1000,
        capacity=np.column_stack([np.full(2 * m, -1), np.tile([60, 130], m)]),
    )
    years = years_of(2, capital=[24_000, 18_000], running=[9_000, 14_000], carries=True)
    return plan(reach, [0] * n, years=years, options=options, demand=demand)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_start_is_never_worsened(seed):
    problem = town(seed)
    first = solve(problem, stop=Stop(iterations=1))
    again = solve(problem, stop=Stop(seconds=0), start=first)
    assert again.result.objective == first.result.objective
    assert check(problem, PlanRequest(), again) == ()
    further = solve(problem, start=first, stop=Stop(iterations=50))
    assert further.result.objective >= first.result.objective


def test_the_same_seed_gives_the_same_plan():
    one, other = (solve(town(3), stop=Stop(iterations=5), seed=7) for _ in range(2))
    assert np.array_equal(one.option, other.option)
    assert np.array_equal(one.assignments.amount, other.assignments.amount)
    assert (one.result.objective, one.result.bound) == (other.result.objective, other.result.bound)


def test_progress_comes_from_the_calling_thread_and_never_goes_back():
    told, threads = [], set()

    def listen(news):
        told.append(news)
        threads.add(threading.get_ident())

    answer = solve(town(5), stop=Stop(iterations=200), progress=listen)
    incumbents = [news.incumbent for news in told if news.incumbent is not None]
    bounds = [news.bound for news in told if news.bound is not None]
    assert told
    assert threads == {threading.get_ident()}
    assert incumbents == sorted(incumbents)
    assert bounds == sorted(bounds, reverse=True)
    assert all(value <= answer.result.objective for value in incumbents)
    assert all(value >= answer.result.bound for value in bounds)


@pytest.mark.parametrize("rounds", [2, 1000])
def test_cuts_and_flow_columns_come_to_the_same(monkeypatch, rounds):
    """Large networks: cuts alone, or flow columns once cuts have not finished the search."""
    problem = town(4, m=12, n=30)
    hanging = plan(
        [[-1, -1, -1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]],
        [5, 7, 9],
        options=options_of([0, 1, 2, 3], level=[0, 1, 1, 1]),
        level_parent=[-1, 0],
        level_fanout=[2, -1],
        attachments=Attachments(child=[1, 2, 3], parent=[0, 0, 0], cost=[1, 1, 1]),
    )
    fair = PlanRequest(objective=PlanObjective.MAX_MIN)
    cases = [(problem, PlanRequest()), (problem, fair), (hanging, PlanRequest())]
    expected = [solved(*case) for case in cases]
    monkeypatch.setattr(plan_model, "_MOST_FLOWS", 0)
    monkeypatch.setattr(optimise, "_MOST_DIRECT", 0)
    monkeypatch.setattr(optimise, "_CUT_ROUNDS", rounds)
    for case, other in zip(cases, expected, strict=True):
        answer = solved(*case)
        assert answer.result.objective == other.result.objective
        assert answer.shares.tolist() == other.shares.tolist()
