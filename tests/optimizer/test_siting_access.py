from __future__ import annotations

import numpy as np
import pytest

from optimizer.siting.access import (
    ReachLists,
    access_scores,
    gini,
    hoover,
    nearest_costs,
    palma,
    time_summary,
    weighted_quantile,
)

MINUTE = 60_000


def lists_of(cost):
    """Reach lists of a sites x rows matrix in which -1 means not reached."""
    cost = np.asarray(cost, dtype=np.int64)
    listed = cost >= 0
    return ReachLists(
        np.concatenate([[0], np.cumsum(listed.sum(axis=1))]),
        np.nonzero(listed)[1].astype(np.int32),
        cost[listed],
        cost.shape[1],
    )


class TestFloatingCatchments:
    def test_plain_two_steps_by_hand(self) -> None:
        """Site 0 has 20 places for rows 0 and 1, site 1 has 30 for rows 1 and 2."""
        lists = lists_of([[5, 10, -1], [-1, 10, 2]])
        scores = access_scores(lists, [0, 1], [20, 30], [100, 100, 50], [10], [1.0])
        assert scores == pytest.approx([0.1, 0.1 + 0.2, 0.2])

    def test_far_people_count_and_get_less(self) -> None:
        lists = lists_of([[10, 11, 20, 21]])
        scores = access_scores(lists, [0], [34], [10, 10, 100, 7], [10, 20], [1.0, 0.25])
        # 10 * 1 + 10 * 0.25 + 100 * 0.25 = 37.5 weighted persons; row 3 is out of the zones
        assert scores == pytest.approx(34 / 37.5 * np.array([1.0, 0.25, 0.25, 0.0]))

    def test_closed_sites_and_sites_that_reach_nobody_offer_nothing(self) -> None:
        lists = lists_of([[5, -1], [5, 5], [-1, -1]])
        scores = access_scores(lists, [0, 2], [10, 99, 99], [4, 4], [10], [1.0])
        assert scores.tolist() == [2.5, 0.0]

    @pytest.mark.parametrize("seed", range(5))
    def test_as_by_the_formulas_and_nothing_is_lost(self, seed) -> None:
        rng = np.random.default_rng(seed)
        cost = rng.integers(-200, 1000, (30, 80))
        cost[cost < 0] = -1
        capacity, people = rng.random(30) * 50, rng.random(80) * 20
        ends, steps = [100, 300, 600], [1.0, 0.68, 0.22]
        opened = np.flatnonzero(rng.random(30) < 0.6)
        got = access_scores(lists_of(cost), opened, capacity, people, ends, steps)

        def weight(c):
            return next((w for end, w in zip(ends, steps, strict=True) if 0 <= c <= end), 0.0)

        decay = np.array([[weight(c) for c in row] for row in cost])
        expected = np.zeros(80)
        for j in opened:
            around = sum(people[i] * decay[j, i] for i in range(80))
            if around:
                expected += capacity[j] / around * decay[j]
        assert got == pytest.approx(expected)
        reaching = [j for j in opened if decay[j].any()]
        assert got @ people == pytest.approx(capacity[reaching].sum())

    @pytest.mark.parametrize(
        ("ends", "steps"), [([], []), ([10, 10], [1, 1]), ([10], [1, 1]), ([10], [-1])]
    )
    def test_zones_that_make_no_sense(self, ends, steps) -> None:
        with pytest.raises(ValueError, match="zones"):
            access_scores(lists_of([[5]]), [0], [1], [1], ends, steps)


class TestTimes:
    def test_the_nearest_open_site_counts(self) -> None:
        lists = lists_of([[5, 9, -1, 3], [7, 2, -1, -1]])
        assert nearest_costs(lists, [0, 1]).tolist() == [5, 2, -1, 3]
        assert nearest_costs(lists, [1]).tolist() == [7, 2, -1, -1]
        assert nearest_costs(lists, []).tolist() == [-1] * 4

    def test_figures_by_hand(self) -> None:
        cost = np.array([2, 6, 12, -1]) * MINUTE
        cost[3] = -1
        found = time_summary(cost, [10, 20, 10, 10], [5 * MINUTE, 10 * MINUTE, 15 * MINUTE])
        assert (found.persons, found.without) == (50, 10)
        assert found.mean == pytest.approx(6.5 * MINUTE)
        assert (found.median, found.longest) == (6 * MINUTE, 12 * MINUTE)
        assert found.p90 == np.inf  # a fifth has no site at all
        assert found.within == pytest.approx((0.2, 0.6, 0.8))

    def test_rows_without_people_do_not_count(self) -> None:
        found = time_summary([MINUTE, 90 * MINUTE, -1], [1, 0, 0], [5 * MINUTE])
        assert (found.without, found.longest, found.within) == (0, MINUTE, (1.0,))

    def test_nobody_has_no_figures(self) -> None:
        found = time_summary([], [], [1])
        assert found.persons == 0
        assert np.isnan([found.mean, found.median, found.p90, found.longest, *found.within]).all()

    def test_a_quantile_is_the_least_value_that_holds_the_share(self) -> None:
        assert weighted_quantile([3, 1, 2], [1, 1, 2], 0.25) == 1
        assert weighted_quantile([3, 1, 2], [1, 1, 2], 0.26) == 2
        assert weighted_quantile([3, 1, 2], [1, 1, 2], 1.0) == 3
        assert weighted_quantile(np.arange(1, 11), np.full(10, 0.1), 0.9) == 9


class TestEvenness:
    def test_by_hand(self) -> None:
        assert gini([1, 1, 1], [5, 1, 3]) == pytest.approx(0)
        assert gini([0, 1], [1, 1]) == pytest.approx(0.5)
        assert gini([0, 0, 0, 4], [1, 1, 1, 1]) == pytest.approx(0.75)
        assert gini([1, 3], [3, 1]) == pytest.approx(0.25)
        assert hoover([0, 0, 0, 4], [1, 1, 1, 1]) == pytest.approx(0.75)
        assert hoover([1, 3], [3, 1]) == pytest.approx(0.25)
        assert palma([1, 2], [4, 6]) == pytest.approx(2 * 1 / (4 * 1))

    def test_nobody_with_access_has_no_index(self) -> None:
        for index in (gini, hoover, palma):
            assert np.isnan(index([0, 0], [1, 1]))
            assert np.isnan(index([], []))
            with pytest.raises(ValueError, match=">= 0"):
                index([-1], [1])
        assert palma([0, 0, 1], [1, 1, 1]) == np.inf

    @pytest.mark.parametrize("seed", range(8))
    def test_as_by_pairs_and_by_persons_counted_one_by_one(self, seed) -> None:
        rng = np.random.default_rng(seed)
        value = rng.random(40) * (rng.random(40) < 0.7)
        people = rng.integers(0, 5, 40)
        pairs = np.abs(value[:, None] - value[None]) * people[:, None] * people[None]
        mean = value @ people / people.sum()
        assert gini(value, people) == pytest.approx(pairs.sum() / (2 * people.sum() ** 2 * mean))
        one_by_one = np.repeat(value, people)
        for index in (gini, hoover, palma):
            alone = index(one_by_one, np.ones(one_by_one.size))
            assert index(value, people) == pytest.approx(alone)
            assert index(value * 7, people * 3) == pytest.approx(index(value, people))
