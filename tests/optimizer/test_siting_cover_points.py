"""Merging points into classes, against cover lists made of all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.faults import FaultError
from optimizer.siting.cover.points import classes_of_points

lattice = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30)


def by_all_pairs(sites, customers, weight, radius, is_strict):
    """Summed weight by the set of sites in reach, in order of first appearance."""
    away = ((customers[:, None, :] - sites[None, :, :]) ** 2).sum(axis=2)
    hit = away < radius**2 if is_strict else away <= radius**2
    classes = {}
    for row, amount in zip(hit, weight.tolist(), strict=True):
        key = tuple(np.flatnonzero(row).tolist())
        classes[key] = classes.get(key, 0) + amount
    return classes.pop((), 0), classes


def as_dictionary(classes):
    return {
        tuple(classes.site[classes.indptr[k] : classes.indptr[k + 1]].tolist()): int(weight)
        for k, weight in enumerate(classes.weight)
    }


# Whole coordinates and radii: many duplicates, and many points exactly on a radius.
@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    sites=lattice,
    customers=lattice,
    radius=st.sampled_from([1.0, 2.0, 5.0, 13.0]),
    is_strict=st.booleans(),
    threads=st.sampled_from([1, 2, 3]),
)
def test_classes_equal_those_of_the_lists(sites, customers, radius, is_strict, threads):
    sites, customers = np.array(sites, dtype=float), np.array(customers, dtype=float)
    weight = np.arange(1, len(customers) + 1)
    found = classes_of_points(
        sites, customers, weight, radius, is_strict=is_strict, threads=threads
    )
    unreached, expected = by_all_pairs(sites, customers, weight, radius, is_strict)
    assert list(as_dictionary(found).items()) == list(expected.items())
    assert found.unreached == unreached


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_many_classes_outgrow_the_table(threads):
    rng = np.random.default_rng(4)
    sites, customers = rng.random((300, 2)) * 30 - 9, rng.random((40_000, 2)) * 40 - 14
    weight = rng.integers(0, 9, 40_000)
    found = classes_of_points(sites, customers, weight, 3.0, threads=threads)
    unreached, expected = by_all_pairs(sites, customers, weight, 3.0, False)
    assert len(expected) > 4096
    assert list(as_dictionary(found).items()) == list(expected.items())
    assert found.unreached == unreached


def test_the_problem_holds_the_classes():
    sites = np.array([[0.0, 0.0], [4.0, 0.0]])
    customers = np.array([[2.0, 0.0], [0.0, 1.0], [2.0, 0.0], [50.0, 50.0]])
    problem = classes_of_points(sites, customers, [3, 4, 5, 6], 2.0).problem()
    assert problem.demand_weight.tolist() == [8, 4]
    assert problem.reach_indptr.tolist() == [0, 2, 3]
    assert problem.reach_demand.tolist() == [0, 1, 0]


def test_no_sites_reach_nobody():
    found = classes_of_points(np.zeros((0, 2)), np.zeros((3, 2)), [1, 2, 3], 1.0)
    assert (found.weight.size, found.unreached) == (0, 6)
    assert classes_of_points(np.zeros((2, 2)), np.zeros((0, 2)), [], 1.0).unreached == 0


def test_faults_come_together():
    with pytest.raises(FaultError) as caught:
        classes_of_points([[0.0, np.nan]], np.zeros((2, 3)), [1], 0.0)
    assert len(caught.value.faults) == 4
