"""Merging and dropping rows keeps the problem."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.siting import presolve
from optimizer.siting.greedy import gains_in_order
from optimizer.siting.median.model import median_model, scale_costs
from optimizer.siting.presolve import cover_model, equal_rows, merge_rows
from optimizer.siting.problem import SiteStatus
from tests.siting_cases import from_matrix, plane_problem


def rows_of(*lists):
    indptr = np.cumsum([0, *(len(row) for row in lists)])
    return indptr, np.asarray([site for row in lists for site in row], dtype=np.int32)


def test_rows_with_equal_sites_become_one_class():
    indptr, site = rows_of([0, 2], [1], [0, 2], [1, 2])
    classes = merge_rows(indptr, site, np.array([1, 10, 100, 1000]))
    assert classes.weight.tolist() == [101, 10, 1000]
    assert classes.of_row.tolist() == [0, 1, 0, 2]
    assert classes.site.tolist() == [0, 2, 1, 1, 2]


def test_a_colliding_hash_merges_nothing_wrong(monkeypatch):
    monkeypatch.setattr(
        presolve, "_scramble", lambda values: np.zeros(np.shape(values), dtype=np.uint64)
    )
    indptr, site = rows_of([0, 2], [1], [0, 2], [1, 2], [1])
    assert equal_rows(indptr, site).tolist()[:4] == [0, 1, 0, 3]
    classes = merge_rows(indptr, site, np.array([1, 10, 100, 1000, 10000]))
    assert classes.weight.sum() == 11111
    assert classes.weight[0] == 101


def test_what_cannot_change_leaves_the_model():
    problem = from_matrix(
        [
            [1, -1, -1, -1, -1, -1],
            [-1, 1, -1, -1, -1, -1],
            [-1, -1, 1, 1, 1, -1],
            [-1, -1, -1, 1, 1, -1],
            [-1, -1, -1, -1, -1, 1],
        ],
        status=[
            SiteStatus.EXISTING,
            SiteStatus.REQUIRED,
            SiteStatus.CANDIDATE,
            SiteStatus.CANDIDATE,
            SiteStatus.FORBIDDEN,
        ],
        weight=[1, 2, 4, 8, 16, 32],
        bonus=[100, 200, 400, 0, 0],
    )
    model = cover_model(problem)
    assert model.covered == 1 + 2 + 200
    assert model.sites.tolist() == [2, 3]
    assert model.gain.tolist() == [404, 0]
    assert model.weight.tolist() == [24]
    assert gains_in_order(model, np.array([1, 0], dtype=np.int32)).tolist() == [24, 404]


def test_merging_only_changes_the_size():
    problem = plane_problem(40, 400, radius=300)
    merged, plain = cover_model(problem), cover_model(problem, merge=False)
    assert merged.n_classes < plain.n_classes
    assert merged.weight.sum() + merged.gain.sum() == plain.weight.sum() + plain.gain.sum()


def test_equal_rows_and_sites_are_kept_once_for_the_median():
    cost = [[3, 3, 7], [3, 3, 7], [5, 5, 2]]
    model = median_model(from_matrix(cost, weight=[1, 2, 4]))
    assert model.sites.tolist() == [0, 2]
    assert model.weight.tolist() == [3, 4]
    assert model.cost.tolist() == [3, 5, 2, 7]


@pytest.mark.parametrize("factor", [1, 10**6, 10**12])
def test_scaled_bounds_stay_on_the_right_side(factor):
    problem = plane_problem(10, 20, radius=500)
    model = median_model(problem.replace(demand_weight=problem.demand_weight * factor))
    scaled = scale_costs(model)
    assert scaled.unit % factor == 0
    assert scaled.lower(0) == 0
    for units in (1, 17, 1000):
        assert scaled.lower(scaled.cut(units)) >= units
        assert scaled.lower(scaled.cut(units) - 1) < units
