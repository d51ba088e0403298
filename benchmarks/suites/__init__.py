"""The suites, by name; one module per family."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.suite import Suite
from benchmarks.suites.cflp import CFLP
from benchmarks.suites.cpmp import CPMP
from benchmarks.suites.day import DAY
from benchmarks.suites.hhcrsp import HHCRSP
from benchmarks.suites.insert import INSERT
from benchmarks.suites.matrix import MATRIX
from benchmarks.suites.mclp_cordeau import MCLP_CORDEAU
from benchmarks.suites.mclp_points import MCLP_POINTS
from benchmarks.suites.meals import MEALS
from benchmarks.suites.mtvrptwr import MTVRPTWR
from benchmarks.suites.pcenter import PCENTER
from benchmarks.suites.pmedian import PMEDIAN
from benchmarks.suites.reach import REACH
from benchmarks.suites.siting_plan import SITING_PLAN
from benchmarks.suites.vrptw import VRPTW
from benchmarks.suites.week import WEEK

__all__ = ["SUITES"]

_ALL: tuple[Suite, ...] = (
    MCLP_CORDEAU,
    MCLP_POINTS,
    PMEDIAN,
    PCENTER,
    CFLP,
    CPMP,
    SITING_PLAN,
    REACH,
    MATRIX,
    VRPTW,
    MTVRPTWR,
    DAY,
    MEALS,
    HHCRSP,
    WEEK,
    INSERT,
)

SUITES: Mapping[str, Suite] = {suite.name: suite for suite in _ALL}
"""Every suite, in the order in which ``list`` shows them."""
