"""The suites, by name; one module per family."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.suite import Suite
from benchmarks.suites.pcenter import PCENTER
from benchmarks.suites.pmedian import PMEDIAN
from benchmarks.suites.reach import REACH

__all__ = ["SUITES"]

_ALL: tuple[Suite, ...] = (PMEDIAN, PCENTER, REACH)

SUITES: Mapping[str, Suite] = {suite.name: suite for suite in _ALL}
"""Every suite, in the order in which ``list`` shows them."""
