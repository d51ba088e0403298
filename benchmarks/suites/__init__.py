"""The suites, by name; one module per family."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.suite import Suite

__all__ = ["SUITES"]

_ALL: tuple[Suite, ...] = ()

SUITES: Mapping[str, Suite] = {suite.name: suite for suite in _ALL}
"""Every suite, in the order in which ``list`` shows them."""
