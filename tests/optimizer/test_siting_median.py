"""The p-median engine's parts: iterated swaps, the program by radii, rising targets."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.result import Status, StopReason
from optimizer.siting.coverage import value_of
from optimizer.siting.engine import Reporter
from optimizer.siting.highs import Told, run, safe_bound
from optimizer.siting.median.best import Best
from optimizer.siting.median.climb_kernels import bound_and_fix, least_costs
from optimizer.siting.median.core import whole_core
from optimizer.siting.median.model import median_model
from optimizer.siting.median.radius import radius_program
from optimizer.siting.median.swap_kernels import Lists, shake, transpose_rows
from optimizer.siting.problem import Question, SitingRequest
from optimizer.siting.solve import solve
from optimizer.stop import Stop
from tests.siting_cases import best_by_enumeration, plane_problem, problems

some = settings(max_examples=40, derandomize=True, deadline=None)


def best_of(problem, new_sites, seed=0):
    model = median_model(problem)
    clock = Stop().start()
    room = max(0, new_sites - model.required)
    return Best(model, room, clock, Reporter("p_median", clock, None), seed)


def lists_of(best):
    return Lists(*best.rows, *transpose_rows(*best.rows[:3], best.is_open.size))


def value(best, is_open):
    return int(least_costs(*best.rows, is_open).sum())


@some
@given(problem=problems(max_sites=10), seed=st.integers(0, 99), data=st.data())
def test_shaking_keeps_the_number_of_sites_and_ends_where_no_swap_helps(problem, seed, data):
    best = best_of(problem, 0)
    n_sites = best.is_open.size
    if n_sites == 0:
        return
    is_open = np.array(data.draw(st.lists(st.booleans(), min_size=n_sites, max_size=n_sites)))
    if not is_open.any():
        is_open[0] = True
    before, count = value(best, is_open), int(is_open.sum())
    assert shake(lists_of(best), is_open, 2, 100_000, seed) > 0
    after = value(best, is_open)
    assert int(is_open.sum()) == count
    assert after <= before
    for out in np.flatnonzero(is_open):
        for into in np.flatnonzero(~is_open):
            other = is_open.copy()
            other[[out, into]] = False, True
            assert value(best, other) >= after


@some
@given(problem=problems(), data=st.data())
def test_the_program_by_radii_gives_every_set_of_sites_its_cost(problem, data):
    best = best_of(problem, 0)
    n_sites = best.is_open.size
    is_open = np.array(
        data.draw(st.lists(st.booleans(), min_size=n_sites, max_size=n_sites)), dtype=bool
    )
    core = whole_core(best.rows, n_sites, n_sites)
    _, _, entry, base = best.rows
    program = radius_program(core, entry.astype(float), base.astype(float))
    point = program.start(is_open)
    assert program.model.offset + program.model.cost @ point == pytest.approx(value(best, is_open))
    rows = np.repeat(np.arange(program.model.row_lower.size), np.diff(program.model.indptr))
    activity = np.bincount(
        rows,
        weights=program.model.value * point[program.model.index],
        minlength=program.model.row_lower.size,
    )
    assert (activity >= program.model.row_lower - 1e-9).all()


@some
@given(problem=problems(), new_sites=st.integers(1, 4))
def test_prices_from_the_relaxation_bound_no_less_than_it(problem, new_sites):
    best = best_of(problem, new_sites)
    if best.is_open.size == 0 or best.room == 0:
        return
    core = whole_core(best.rows, best.is_open.size, best.room)
    _, _, entry, base = best.rows
    program = radius_program(core, entry.astype(float), base.astype(float), relaxed=True)
    outcome = run(program.model, best.clock)
    assert outcome.row_dual is not None
    price = np.floor(program.prices(outcome.row_dual) + 1e-6).astype(np.int64)
    state = np.zeros(best.is_open.size, dtype=np.int8)
    exact = bound_and_fix(*best.rows, state, best.room, price, 2**62)
    # Every price may have lost less than one by rounding.
    assert exact > safe_bound(outcome.bound) - base.size - 2


@pytest.mark.parametrize(("n", "p"), [(120, 12), (200, 50)])
def test_swaps_alone_come_close(n, p):
    problem = plane_problem(n, n, radius=2000, seed=3)
    request = SitingRequest(Question.P_MEDIAN, p)
    exact = solve(problem, request)
    assert exact.result.status is Status.OPTIMAL
    best = best_of(problem, p)
    best.improve(best.is_open, 20_000_000)
    sites = best.model.sites[best.is_open]
    found = value_of(problem, Question.P_MEDIAN, sites).objective
    assert exact.result.objective <= found <= 1.005 * exact.result.objective


def test_targets_rise_until_the_optimum_is_proved(monkeypatch):
    problem = plane_problem(60, 90, radius=2000, seed=5)
    # Without steps and swaps the first targets lie far below the optimum.
    monkeypatch.setattr("optimizer.siting.median.solve._ROOT_STEPS", 0)
    monkeypatch.setattr("optimizer.siting.median.best.shake", lambda *_: 1)
    monkeypatch.setattr("optimizer.siting.median.steps._FIRST_SIZE", 200)
    monkeypatch.setattr("optimizer.siting.median.steps._FIRST_PER_ROW", 2)
    monkeypatch.setattr("optimizer.siting.median.steps._GROWTH", 1.2)
    answer = solve(problem, SitingRequest(Question.P_MEDIAN, 6))
    monkeypatch.undo()
    expected = solve(problem, SitingRequest(Question.P_MEDIAN, 6))
    assert answer.result.objective == answer.result.bound == expected.result.objective


@some
@given(problem=problems(), new_sites=st.integers(0, 3), seed=st.integers(0, 5))
def test_no_seed_changes_the_optimum(problem, new_sites, seed):
    required = int((problem.site_status == 1).sum())
    if required > new_sites:
        return
    answer = solve(problem, SitingRequest(Question.P_MEDIAN, new_sites), seed=seed)
    assert answer.result.objective == best_by_enumeration(problem, Question.P_MEDIAN, new_sites)
    assert answer.result.stop_reason is StopReason.FINISHED


def test_a_core_is_left_once_its_bound_has_reached_the_target():
    problem = plane_problem(120, 150, radius=2000, seed=4)
    best = best_of(problem, 8)
    core = whole_core(best.rows, best.is_open.size, best.room)
    _, _, entry, base = best.rows
    unit = 2.0**best.scaled.shift
    program = radius_program(core, entry / unit, base / unit)
    relaxed = radius_program(core, entry / unit, base / unit, relaxed=True)
    bound = run(relaxed.model, best.clock).bound
    assert bound is not None
    wanted = safe_bound(bound) - 1
    outcome = run(program.model, best.clock, bound_enough=wanted)
    whole = run(program.model, best.clock)
    assert outcome.stop_reason is StopReason.FINISHED
    assert whole.bound is not None
    assert outcome.bound is not None
    assert wanted <= safe_bound(outcome.bound) <= safe_bound(whole.bound)


@pytest.mark.parametrize(("bound", "stops"), [(8.9, False), (9.2, True), (12.0, True)])
def test_highs_is_interrupted_by_a_bound_that_is_enough(bound, stops):
    asked = []
    event = SimpleNamespace(
        data_out=SimpleNamespace(mip_dual_bound=bound), interrupt=lambda: asked.append(True)
    )
    told = Told(10)
    told.on_interrupt(event)
    assert bool(asked) is told.is_bound_enough is stops
