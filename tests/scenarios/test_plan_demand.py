"""Who reaches whom in a plan: people who are at a site today."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from geo.reach import Reach
from scenarios.plan.demand import PlanDemand, reach_table


def test_staying_at_the_own_station_is_no_move():
    """Station 1 lies 5 m off the street, station 0 at its door, station 2 too far."""
    demand = PlanDemand(
        people=SimpleNamespace(places=[]),
        labels=("all", "residents", "clients"),
        estimated=np.zeros(1, dtype=bool),
        place=np.array([-1]),
        site=np.array([1]),
        service=np.array([0]),
        group=np.array([2]),
        district=np.array([0]),
        units=np.array([5.0]),
        speed=np.array([1.0]),
        minutes=np.array([1.0]),
        full_minutes=np.array([1.0]),
        weight=np.array([0.0]),
        units_per_person=1,
    )
    none = Reach(
        indptr=np.zeros(4, np.int64), target=np.zeros(0, np.int32), cost=np.zeros(0, np.int64)
    )
    found = Reach(
        indptr=np.array([0, 3]), target=np.array([0, 1, 2]), cost=np.array([0, 5_000, 10**9])
    )
    reach = reach_table(
        SimpleNamespace(),
        demand,
        none,
        np.ones((3, 1), dtype=bool),
        lambda sites: np.zeros((sites.size, 3), dtype=np.int64),
        lambda sites, metres: found,
    )
    assert reach.indptr.tolist() == [0, 1, 2, 2]
    assert reach.cost.tolist() == [1, 0]
