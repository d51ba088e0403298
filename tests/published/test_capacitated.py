"""Published optima of capacitated location, read from beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.readers.allocation import read_cap, read_cap_optima, read_sjc
from benchmarks.suites.allocation import PROOF, model_of, recomputed, shares_of
from optimizer.result import Status
from optimizer.siting.allocation.solve import solve_allocation
from optimizer.stop import Stop

FOLDER = Path(__file__).parents[2].parent / "shared" / "bench"
CAP = [41, 42, 43, 44, 61, 62, 63, 64, 71, 72, 73, 74, 101, 102, 103, 104]
SJC = {"SJC1": 17288.99, "SJC2": 33270.94, "SJC3a": 45335.16}

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the instances are not beside the project"),
]


def proved(instance):
    proposal = solve_allocation(model_of(instance), Stop().start())
    assert proposal.status is Status.OPTIMAL
    allocation = proposal.allocation
    return recomputed(instance, allocation.open_sites, shares_of(instance, allocation))


@pytest.mark.parametrize("number", CAP)
def test_or_library(number):
    optimum = read_cap_optima(FOLDER / "cflp" / "capopt.txt")[f"cap{number}", None]
    value = proved(read_cap(FOLDER / "cflp" / f"cap{number}.txt"))
    assert value == pytest.approx(optimum, rel=PROOF)


@pytest.mark.parametrize("name", SJC)
def test_sjc(name):
    value = proved(read_sjc(FOLDER / "cpmp" / f"{name}.dat"))
    assert value == pytest.approx(SJC[name], abs=0.006)
