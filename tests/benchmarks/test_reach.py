from __future__ import annotations

import numpy as np

from benchmarks.reach import compare
from geo.modes import walk
from tests.network_cases import network_of


def test_all_solvers_list_the_same_pairs() -> None:
    rng = np.random.default_rng(2)
    edges = [tuple(pair) for pair in rng.integers(0, 60, (150, 2)).tolist()]
    network = network_of(
        rng.integers(0, 900, (60, 2)).tolist(),
        edges,
        lengths=rng.choice([0.0, 30.0, 250.0, 400.5], 150).tolist(),
    )
    records = compare("random", network, walk(1.0), sites=25, limit_s=400.0, repeats=1)
    assert [record["solver"] for record in records] == [
        "carecircle",
        "carecircle, one thread",
        "scipy, chunked",
        "networkx",
    ]
    assert all(record["equal"] for record in records)
    assert 25 < records[0]["entries"] < 25 * network.n_nodes
