"""Maximal covering taken apart into regions."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from optimizer.result import Status
from optimizer.siting.check import check
from optimizer.siting.cover.core import core_of, cover_of, scale_of
from optimizer.siting.cover.partition import Places, inner_classes
from optimizer.siting.cover.region_tree import Region, RegionTree
from optimizer.siting.cover.regions import Relaxation, split_of
from optimizer.siting.presolve import cover_model
from optimizer.siting.problem import Question, SitingRequest
from optimizer.siting.solve import solve
from optimizer.stop import Stop
from tests.siting_cases import best_by_enumeration, plane_problem, problems

some = settings(
    derandomize=True,
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture
def small_regions(monkeypatch):
    """The way through regions for models that would never take it."""
    monkeypatch.setattr("optimizer.siting.cover.solve._SMALL_ENTRIES", -1)
    monkeypatch.setattr("optimizer.siting.cover.solve._ALIKE", 0.0)
    monkeypatch.setattr("optimizer.siting.cover.regions._OPEN_PER_REGION", 2.0)


def random_region(rng, sites, classes):
    reach = rng.random((classes, sites)) < 0.35
    reach[~reach.any(axis=1), 0] = True
    return Region(
        np.arange(sites),
        csr_array(reach.astype(float)),
        rng.integers(0, 1000, classes),
        rng.integers(-100, 900, sites),
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_tree_ends_close_above_the_best_answer_of_its_region(seed):
    rng = np.random.default_rng(seed)
    region = random_region(rng, 10, 40)
    expected = max(
        region.value(np.array(is_open, dtype=bool)) for is_open in product((0, 1), repeat=10)
    )
    tree = RegionTree(region, 1.0, 0, rng, lambda: False, lambda: float("inf"))
    bounds = [tree.bound]
    while not tree.is_done:
        tree.step()
        bounds.append(tree.bound)
    assert bounds == sorted(bounds, reverse=True)
    assert tree.least <= expected <= tree.bound <= expected + max(2, (tree.first - expected) // 50)


def test_a_tree_that_is_told_to_stop_keeps_its_bound():
    rng = np.random.default_rng(5)
    tree = RegionTree(random_region(rng, 30, 150), 1.0, 0, rng, lambda: True, lambda: float("inf"))
    before = tree.bound
    tree.step()
    assert tree.bound == before
    assert not tree.is_done


@some
@given(
    problem=problems(),
    new_sites=st.integers(1, 4),
    seed=st.integers(0, 2**32),
    parts=st.integers(1, 4),
)
def test_any_prices_and_any_regions_give_a_bound(problem, new_sites, seed, parts):
    model = cover_model(problem)
    best = best_by_enumeration(problem, Question.MCLP, model.required + new_sites)
    scale = scale_of(model, new_sites)
    core = core_of(cover_of(model, scale), new_sites, np.zeros(model.n_sites, dtype=np.int8))
    rng = np.random.default_rng(seed)
    price = rng.integers(0, core.cover.weight + 1)
    relaxation = Relaxation(core, np.zeros(model.n_sites), price)
    split = split_of(relaxation, rng.integers(0, parts, model.n_sites))
    of_regions = [
        max(region.value(np.array(is_open, dtype=bool)) for is_open in subsets(region))
        for region in split.regions
    ]
    assert all(value <= bound for value, bound in zip(of_regions, split.bounds, strict=True))
    scaled = split.constant + sum(of_regions)
    assert model.covered + scale.unit * scale.units(scaled) >= best


def subsets(region):
    return product((0, 1), repeat=region.sites.size)


@some
@given(problem=problems(), new_sites=st.integers(0, 4))
def test_the_way_through_regions_is_exact(problem, new_sites):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("optimizer.siting.cover.solve._FIRST_ROUNDS", 0)
        patch.setattr("optimizer.siting.cover.solve._SMALL_ENTRIES", -1)
        patch.setattr("optimizer.siting.cover.solve._ALIKE", 0.0)
        patch.setattr("optimizer.siting.cover.regions._OPEN_PER_REGION", 0.7)
        patch.setattr("optimizer.siting.cover.best.Best.improve", lambda self, rounds: None)
        answer = solve(problem, SitingRequest(Question.MCLP, new_sites))
    expected = best_by_enumeration(problem, Question.MCLP, new_sites)
    assert answer.result.objective == answer.result.bound == expected


@pytest.mark.usefixtures("small_regions")
def test_regions_lower_the_bound_the_same_way_every_time():
    problem = plane_problem(300, 1500, radius=110, seed=3)
    request = SitingRequest(Question.MCLP, 12)
    first, some_nodes, again = (
        solve(problem, request, stop=Stop(iterations=nodes), seed=4) for nodes in (1, 25, 25)
    )
    assert some_nodes.open_sites.tolist() == again.open_sites.tolist()
    assert some_nodes.result.bound == again.result.bound < first.result.bound
    assert some_nodes.result.objective <= some_nodes.result.bound
    assert check(problem, request, some_nodes) == ()


@pytest.mark.usefixtures("small_regions")
def test_two_threads_grow_regions_to_the_same_proof():
    problem = plane_problem(80, 600, radius=120, seed=3, existing=4)
    request = SitingRequest(Question.MCLP, 9)
    one, two = (solve(problem, request, threads=threads) for threads in (1, 2))
    assert one.result.status is two.result.status is Status.OPTIMAL
    assert one.result.objective == two.result.objective
    assert check(problem, request, two) == ()


@pytest.mark.usefixtures("small_regions")
def test_a_stop_by_the_user_ends_the_regions():
    problem = plane_problem(300, 1500, radius=110, seed=3)
    request, asked = SitingRequest(Question.MCLP, 12), []

    def cancelled():
        asked.append(None)
        return len(asked) > 40

    answer = solve(problem, request, stop=Stop(cancelled=cancelled), threads=2)
    assert check(problem, request, answer) == ()
    assert answer.result.objective <= answer.result.bound


def test_partitions_are_compact_and_even():
    model = cover_model(plane_problem(400, 3000, radius=70, seed=2))
    cover = cover_of(model, scale_of(model, 25))
    use = np.full(model.n_sites, 0.1)
    region = Places(cover).partition(use, 4, np.random.default_rng(0))
    sizes = np.bincount(region, minlength=4)
    assert sizes.max() <= 1.5 * model.n_sites / 4
    is_inner = inner_classes(cover, region)
    scattered = inner_classes(cover, np.arange(model.n_sites) % 4)
    assert cover.weight[is_inner].sum() > 0.5 * cover.weight.sum()
    assert cover.weight[is_inner].sum() > 5 * cover.weight[scattered].sum()


def test_places_of_parts_without_a_way_between_them():
    cover = cover_of(
        model := cover_model(plane_problem(60, 300, radius=40, seed=1)), scale_of(model, 5)
    )
    places = Places(cover)
    assert np.isfinite(places.features).all()
    region = places.partition(np.ones(model.n_sites), 3, np.random.default_rng(1))
    assert set(region.tolist()) <= {0, 1, 2}
