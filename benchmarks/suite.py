"""What a suite is: instances, and solvers that run on them under the same limits."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = [
    "Case",
    "Limits",
    "NotExpressible",
    "Outcome",
    "Solution",
    "Solver",
    "Suite",
    "matching",
]


@dataclass(frozen=True)
class Case:
    """One instance.

    Attributes:
        instance: its name.
        source: what the solvers load it from: a path, or the parameters of a generator. It must
            be picklable and small, since it travels to the process that solves.
        sense: whether less or more is better.
        best_known: published best value in the family's own units, None where unknown.
        seconds: limit per solve where nobody sets one, None for the suite's.
    """

    instance: str
    source: Any
    sense: Literal["min", "max"] = "min"
    best_known: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Limits:
    """The same for every solver of a run.

    ``iterations`` makes a run of ours repeatable: it replaces the limit on seconds.
    """

    seconds: float
    threads: int = 1
    seed: int = 0
    iterations: int | None = None
    solutions: Path | None = None
    """Folder for solutions in the family's own format, None to write none."""


@dataclass(frozen=True)
class Solution:
    """An answer in the family's own file format, so that other people's validators can read it."""

    text: str
    ending: str = ".sol"


@dataclass(frozen=True)
class Outcome:
    """What a solver hands back; ``objective`` must come from the suite's checker.

    ``seconds`` is the solver's own wall clock: loading and importing are left out.
    ``reference`` is the value to compare with where it comes with the instance (a plan that it
    was made around) and not with the case; the record keeps it as best known.
    """

    status: str
    objective: float | None
    seconds: float
    bound: float | None = None
    trace: Sequence[tuple[float, float]] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    solution: Solution | None = None
    reference: float | None = None


class NotExpressible(Exception):  # noqa: N818 - an answer, not an error
    """Raised by a peer that has no way to say what the instance asks."""


Solver = Callable[[Case, Limits], Outcome]


@dataclass(frozen=True)
class Suite:
    """A family of instances with the solvers that are compared on it.

    Attributes:
        name: as given to ``--suite``.
        about: one line: the objective, its units and its rounding.
        seconds: default limit per solve.
        cases: finds or names the instances; gets the data folder (None where there is none).
        ours: our solver. peers: by name; each needs ``packages[name]`` installed.
        packages: distributions that a peer needs, by peer.
        smoke: (instance pattern, seconds) of the run of a few seconds in ``make test``.
    """

    name: str
    about: str
    seconds: float
    cases: Callable[[Path | None], list[Case]]
    ours: Solver
    peers: Mapping[str, Solver] = field(default_factory=dict)
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    smoke: tuple[str, float] = ("*", 1.0)


def matching(cases: Sequence[Case], pattern: str) -> list[Case]:
    """The cases whose name fits a shell pattern (or one of several, comma-separated)."""
    wanted = pattern.split(",")
    return [case for case in cases if any(fnmatch.fnmatchcase(case.instance, p) for p in wanted)]
