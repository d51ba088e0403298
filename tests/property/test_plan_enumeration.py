"""Plans against exact enumeration, and what must not change or worsen an optimum."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.result import Status
from optimizer.siting.plan.checking.check import check
from optimizer.siting.plan.problem import PlanObjective
from optimizer.siting.plan.solve import solve
from optimizer.siting.plan.tables import UNLIMITED, Floors, Rules
from optimizer.stop import Stop
from tests.plan_cases import permuted_plan, random_plan
from tests.plan_oracle import best_plan

MAXIMISED = (PlanObjective.MAX_VALUE, PlanObjective.MAX_MIN)


def blocks(first, count, size=25):
    """Seeds in blocks, so that a failure names its few seeds."""
    end = first + count
    return [range(at, min(at + size, end)) for at in range(first, end, size)]


def over(first, few, many):
    """Few seeds in every run of the tests, many in the long one."""
    return pytest.mark.parametrize(
        "seeds",
        [
            *blocks(first, few),
            *(pytest.param(each, marks=pytest.mark.accept) for each in blocks(first + few, many)),
        ],
        ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}",
    )


def each_seed(seeds, look):
    """Run ``look`` on every seed; every seed that fails is named, with what was wrong."""
    wrong = {seed: fault for seed in seeds if (fault := look(seed)) is not None}
    assert not wrong


def score(answer):
    """(shares, objective) of an answer, None without one."""
    if answer.result.objective is None:
        return None
    return tuple(answer.shares.tolist()), answer.result.objective


def faults_of(problem, request, answer):
    return [each.detail for each in check(problem, request, answer)]


@over(0, 100, 1900)
def test_optimum_equals_enumeration(seeds):
    def look(seed):
        problem, request = random_plan(seed)
        answer = solve(problem, request)
        expected = best_plan(problem, request)
        status = Status.INFEASIBLE if expected is None else Status.OPTIMAL
        if (answer.result.status, score(answer)) != (status, expected):
            return request.objective, answer.result.status, score(answer), expected
        return faults_of(problem, request, answer) or None

    each_seed(seeds, look)


@over(10_000, 25, 200)
def test_names_and_order_do_not_matter(seeds):
    def look(seed):
        problem, request = random_plan(seed)
        one, other = solve(problem, request), solve(*permuted_plan(problem, request, seed))
        if (one.result.status, score(one)) != (other.result.status, score(other)):
            return score(one), score(other)
        return None

    each_seed(seeds, look)


def _without_columns(problem, table, **values):
    """The problem with whole columns of a table set to one value each."""
    changed = getattr(problem, table)
    columns = {name: np.full_like(getattr(changed, name), to) for name, to in values.items()}
    return problem.replace(**{table: changed.replace(**columns)})


def _one_more_option(problem, rng):
    """A further option at the last site, like the last one but cheaper."""
    options = problem.options
    columns = {name: getattr(options, name) for name in vars(options)}
    more = {name: np.concatenate([each, each[-1:]]) for name, each in columns.items()}
    more["opening_cost"][-1] = rng.integers(0, 1 + more["opening_cost"][-1])
    return problem.replace(options=options.replace(**more))


def _lower_lows(problem, rng):
    drop = rng.integers(0, 3, len(problem.rules))
    low = np.maximum(problem.rules.low - drop, -(2**62))
    return problem.replace(rules=problem.rules.replace(low=low))


def _assigned(problem):
    """The problem with everybody assigned, nobody choosing."""
    return problem.replace(nearest=np.zeros_like(problem.nearest))


RELAXED = {
    "capital": lambda p, r, rng: (_without_columns(p, "years", capital=UNLIMITED), r),
    "running": lambda p, r, rng: (_without_columns(p, "years", running=UNLIMITED), r),
    "rules": lambda p, r, rng: (p.replace(rules=Rules()), r),
    "lows": lambda p, r, rng: (_lower_lows(p, rng), r),
    "floors": lambda p, r, rng: (p.replace(floors=Floors()), r),
    "due": lambda p, r, rng: (_without_columns(p, "sites", due=-1), r),
    "must": lambda p, r, rng: (_without_columns(p, "demand", must=False), r),
    # Where people choose, whoever may be split takes room from others: no relaxation by itself.
    "single": lambda p, r, rng: (_assigned(_without_columns(p, "demand", single=False)), r),
    "choices": lambda p, r, rng: (_assigned(p), r),
    "first years": lambda p, r, rng: (_without_columns(p, "options", first_year=0), r),
    "quota areas": lambda p, r, rng: (_without_columns(p, "options", quota_area=0), r),
    "fan-outs": lambda p, r, rng: (
        p.replace(level_fanout=np.full_like(p.level_fanout, UNLIMITED)),
        r,
    ),
    "one more option": lambda p, r, rng: (_one_more_option(p, rng), r),
    "limits": lambda p, r, rng: (
        p,
        r.replace(least_value=None, most_cost=None, least_share=None),
    ),
    "options asked for": lambda p, r, rng: (p, r.replace(forced=(), banned=(), differ_from=())),
}


@pytest.mark.parametrize("relax", RELAXED)
@over(20_000, 10, 90)
def test_relaxing_a_rule_never_worsens_an_optimum(relax, seeds):
    def look(seed):
        problem, request = random_plan(seed)
        rng = np.random.default_rng(seed)
        tight = score(solve(problem, request))
        if tight is None:
            return None
        loose = score(solve(*RELAXED[relax](problem, request, rng)))
        sign = 1 if request.objective in MAXIMISED else -1
        if loose is None or (loose[0], sign * loose[1]) < (tight[0], sign * tight[1]):
            return request.objective, tight, loose
        return None

    each_seed(seeds, look)


def _dishonest(request, answer, expected):
    """What a weakly stopped answer claims that the true optimum denies, None for nothing."""
    result = answer.result
    if expected is None:
        return result.status if result.objective is not None else None
    if result.status is Status.INFEASIBLE:
        return "infeasible, though there is a plan"
    sign = 1 if request.objective in MAXIMISED else -1
    shares, best = expected
    found = score(answer)
    if found is not None and (found[0], sign * found[1]) > (shares, sign * best):
        return "better than the best", found, expected
    if result.status is Status.OPTIMAL and found != expected:
        return "not the best", found, expected
    given = tuple(answer.shares.tolist())
    for place, bound in enumerate(answer.share_bounds.tolist()):
        if given[:place] == shares[:place] and bound < shares[place]:
            return "a share's bound crosses the best share", place, bound, shares
    if result.bound is not None and given == shares and sign * (result.bound - best) < 0:
        return "the bound crosses the optimum", result.bound, best
    return None


@pytest.mark.parametrize("iterations", [0, 1, 3, 20])
@over(30_000, 25, 175)
def test_a_weak_stop_rule_gives_an_honest_answer(iterations, seeds):
    def look(seed):
        problem, request = random_plan(seed)
        answer = solve(problem, request, stop=Stop(iterations=iterations))
        faults = faults_of(problem, request, answer)
        return faults or _dishonest(request, answer, best_plan(problem, request))

    each_seed(seeds, look)


def test_a_solve_that_is_cancelled_at_once_is_honest():
    def look(seed):
        problem, request = random_plan(seed)
        answer = solve(problem, request, stop=Stop(cancelled=lambda: True))
        faults = faults_of(problem, request, answer)
        return faults or _dishonest(request, answer, best_plan(problem, request))

    each_seed(range(40_000, 40_020), look)
