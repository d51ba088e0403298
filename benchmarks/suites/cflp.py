"""``cflp``: OR-Library capacitated warehouse location; customers may be split."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from benchmarks.readers.allocation import Capacitated, read_cap, read_cap_optima
from benchmarks.suite import Case, Limits, Outcome, Suite
from benchmarks.suites.allocation import solve_ours
from benchmarks.suites.allocation_peers import PACKAGES, solve_cpsat, solve_highs

__all__ = ["CFLP"]


class Source(NamedTuple):
    """A file; the capacity where the file leaves it open."""

    path: Path
    capacity: int | None = None


def load(source: Source) -> Capacitated:
    """The instance."""
    return read_cap(source.path, source.capacity)


def cases(data: Path | None) -> list[Case]:
    """``cap41`` and so on; ``capa-8000`` for a large file with a capacity of its list of optima."""
    folder = None if data is None else data / "cflp"
    if folder is None or not folder.is_dir():
        return []
    optima = read_cap_optima(folder / "capopt.txt")
    found = []
    files = (path for path in folder.glob("cap*.txt") if path.stem != "capopt")
    for path in sorted(files, key=lambda path: (len(path.stem), path.stem)):
        asked = [capacity for name, capacity in optima if name == path.stem] or [None]
        for capacity in asked:
            name = path.stem if capacity is None else f"{path.stem}-{capacity}"
            best = optima.get((path.stem, capacity))
            found.append(Case(name, Source(path, capacity), "min", best))
    return found


def ours(case: Case, limits: Limits) -> Outcome:
    """Our exact solver."""
    return solve_ours(load(case.source), limits)


def _highs(case: Case, limits: Limits) -> Outcome:
    return solve_highs(load(case.source), limits)


def _cpsat(case: Case, limits: Limits) -> Outcome:
    return solve_cpsat(load(case.source), limits)


CFLP = Suite(
    name="cflp",
    about="min fixed and serving cost, capacities, split customers; proved within 1e-6",
    seconds=60.0,
    cases=cases,
    ours=ours,
    peers={"highs": _highs, "cpsat": _cpsat},
    packages=PACKAGES,
    smoke=("cap41", 3.0),
)
