"""``cpmp``: capacitated p-median; each point goes to one site as a whole."""

from __future__ import annotations

from pathlib import Path

from benchmarks.readers.allocation import read_sjc
from benchmarks.readers.text import best_values
from benchmarks.suite import Case, Limits, Outcome, Suite
from benchmarks.suites.allocation import solve_ours
from benchmarks.suites.allocation_peers import PACKAGES, solve_cpsat, solve_highs

__all__ = ["CPMP"]

# The files come without a list of optima; these are the values that the literature on them
# (Lorena and Senne 2004, and later) gives, to two decimals.
_PUBLISHED = {"SJC1": 17288.99, "SJC2": 33270.94, "SJC3a": 45335.16}


def cases(data: Path | None) -> list[Case]:
    """The SJC files."""
    folder = None if data is None else data / "cpmp"
    if folder is None or not folder.is_dir():
        return []
    best = _PUBLISHED | best_values(folder / "best_known.csv", "instance", "best_known")
    files = sorted(folder.glob("*.dat"))
    return [Case(path.stem, path, "min", best.get(path.stem)) for path in files]


def ours(case: Case, limits: Limits) -> Outcome:
    """Our exact solver."""
    return solve_ours(read_sjc(case.source), limits)


def _highs(case: Case, limits: Limits) -> Outcome:
    return solve_highs(read_sjc(case.source), limits)


def _cpsat(case: Case, limits: Limits) -> Outcome:
    return solve_cpsat(read_sjc(case.source), limits)


CPMP = Suite(
    name="cpmp",
    about="min sum of Euclidean distances, capacities, whole points; proved within 1e-6",
    seconds=60.0,
    cases=cases,
    ours=ours,
    peers={"highs": _highs, "cpsat": _cpsat},
    packages=PACKAGES,
    smoke=("SJC1", 8.0),
)
