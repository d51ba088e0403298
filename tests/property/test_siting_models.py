"""Reduced models value every set of sites as the problem itself does, merged or not."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.siting.coverage import value_of
from optimizer.siting.greedy import (
    fewest_sites,
    gains_in_order,
    most_cover,
    sites_needed,
    submodular_bounds,
)
from optimizer.siting.median.model import median_model
from optimizer.siting.presolve import always_open, cover_model
from optimizer.siting.problem import Question, SiteStatus
from tests.siting_cases import best_by_enumeration, problems, value_by_hand

some = settings(derandomize=True, deadline=None, max_examples=150)


def sites_of(problem, picks):
    free = np.flatnonzero(problem.site_status == SiteStatus.CANDIDATE)
    chosen = free[np.asarray(picks[: free.size], dtype=bool)]
    return chosen, np.sort(np.concatenate([np.flatnonzero(always_open(problem)), chosen]))


picks = st.lists(st.booleans(), min_size=8, max_size=8)


@some
@given(problem=problems(), picks=picks)
def test_values_equal_plain_loops(problem, picks):
    _, sites = sites_of(problem, picks)
    for question in (Question.MCLP, Question.P_MEDIAN, Question.P_CENTER):
        value = value_of(problem, question, sites)
        assert value.objective == value_by_hand(problem, question, sites.tolist())
        assert sum(value.parts.values()) == value.objective


@some
@given(problem=problems(), picks=picks)
def test_cover_models_keep_the_value_of_every_set(problem, picks):
    chosen, sites = sites_of(problem, picks)
    expected = value_of(problem, Question.MCLP, sites).objective
    for merge in (True, False):
        for fold in (True, False):
            model = cover_model(problem, merge=merge, fold=fold)
            order = np.searchsorted(model.sites, chosen).astype(np.int32)
            assert model.covered + gains_in_order(model, order).sum() == expected


@some
@given(problem=problems(), picks=picks)
def test_median_models_keep_the_value_of_every_set(problem, picks):
    chosen, sites = sites_of(problem, picks)
    model = median_model(problem, merge=False)
    total = model.constant
    for row, (weight, base) in enumerate(zip(model.weight, model.base, strict=True)):
        part = slice(model.indptr[row], model.indptr[row + 1])
        is_open = np.isin(model.sites[model.site[part]], chosen)
        least = min([int(base), *model.cost[part][is_open].tolist()])
        total += int(weight) * least
    assert total == value_of(problem, Question.P_MEDIAN, sites).objective


@some
@given(problem=problems(), new_sites=st.integers(0, 4))
def test_greedy_answers_and_cheap_bounds_enclose_the_optimum(problem, new_sites):
    model = cover_model(problem)
    room = min(new_sites, model.n_sites)
    order = most_cover(model, room)
    best = best_by_enumeration(problem, Question.MCLP, model.required + room)
    value = model.covered + int(gains_in_order(model, order).sum())
    assert value <= best <= submodular_bounds(model, order, room)[room]

    model = cover_model(problem, fold=False)
    fewest = best_by_enumeration(problem, Question.LSCP, None) - model.required
    assert sites_needed(model) <= fewest <= fewest_sites(model).size
