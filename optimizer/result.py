"""What every solver says about its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import version

__all__ = ["SolveResult", "Status", "StopReason", "relative_gap", "versions_of"]


class Status(StrEnum):
    """What is known of the problem, whatever made the solver stop."""

    OPTIMAL = "optimal"
    """A feasible answer, proved to be the best."""
    FEASIBLE = "feasible"
    """A feasible answer; better ones may exist."""
    INFEASIBLE = "infeasible"
    """Proved: no answer exists."""
    NO_SOLUTION = "no_solution"
    """None found, and none ruled out."""


class StopReason(StrEnum):
    """Why the solver stopped."""

    FINISHED = "finished"
    TIME = "time"
    ITERATIONS = "iterations"
    USER = "user"


@dataclass(frozen=True)
class SolveResult:
    """Status, objective, bound and provenance of one solve.

    Attributes:
        status: what is known of the problem.
        stop_reason: why the solver stopped.
        objective: value of the answer in the problem's own integer units, None without an answer.
        parts: the objective's parts by name; they sum to ``objective`` unless the solver's
            docstring says otherwise.
        bound: proved bound on the objective (upper when maximising, lower when minimising);
            None when the solver proves nothing, as heuristics do.
        gap: ``|bound - objective| / max(1, |objective|)``, None without a bound.
        seconds: wall-clock time of the solve.
        seed: random seed, None where the solver uses none.
        solver: the engine's name, such as ``highs`` or ``pyvrp``.
        versions: versions of the packages that made the answer.
    """

    status: Status
    stop_reason: StopReason
    objective: int | None
    bound: int | None
    seconds: float
    seed: int | None
    solver: str
    parts: Mapping[str, int] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def gap(self) -> float | None:
        """Proved relative gap, a fraction; None without an objective and a bound."""
        return relative_gap(self.objective, self.bound)

    def as_dict(self) -> dict[str, object]:
        """A JSON-ready form."""
        return {
            "status": str(self.status),
            "stop_reason": str(self.stop_reason),
            "objective": self.objective,
            "parts": dict(self.parts),
            "bound": self.bound,
            "gap": self.gap,
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
            "solver": self.solver,
            "versions": dict(self.versions),
        }


def relative_gap(objective: int | None, bound: int | None) -> float | None:
    """``|bound - objective| / max(1, |objective|)``, None where either is unknown."""
    if objective is None or bound is None:
        return None
    return abs(bound - objective) / max(1, abs(objective))


def versions_of(*distributions: str) -> dict[str, str]:
    """Installed versions of the named distributions."""
    return {name: version(name) for name in distributions}
