"""What one measured solve says, and the file that holds many."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["SCHEMA_VERSION", "Record", "machine", "read_records", "versions", "write_records"]

SCHEMA_VERSION = 1
_PACKAGES = ("carecircle", "highspy", "numba", "numpy", "ortools", "pyvrp", "scipy")


@dataclass(frozen=True)
class Record:
    """One solver on one instance with one seed.

    Attributes:
        suite, instance, solver: what was run. seed, threads: how.
        status: the solver's word on the problem (``optimal``, ``feasible``, ``infeasible``,
            ``no_solution``), ``not_expressible`` where a peer has no such feature, ``failed``
            where it broke or was killed (``note`` says why).
        objective: recomputed by the suite's checker in the family's own units, None without an
            answer. sense: ``min`` or ``max``.
        best_known: the published value, None where none is known.
        gap: loss against best known as a fraction of it; negative means better.
        bound, proved_gap: the solver's proved bound and the gap to it, None where it proves none.
        limit_s, iterations: the limits that it ran under, None for none.
        seconds: wall clock of the solve, reading and importing left out.
        peak_mb: peak resident memory of the process that solved.
        trace: (seconds, objective) of every improvement, as far as the solver tells.
        metrics: further figures of the suite, such as ``served`` or ``ratio``.
        versions, machine: what it ran on.
        note: anything a reader must know.
    """

    suite: str
    instance: str
    solver: str
    status: str
    sense: str
    objective: float | None = None
    best_known: float | None = None
    bound: float | None = None
    limit_s: float | None = None
    iterations: int | None = None
    seconds: float | None = None
    peak_mb: float | None = None
    threads: int = 1
    seed: int = 0
    trace: Sequence[tuple[float, float]] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    @property
    def gap(self) -> float | None:
        """Loss against best known, a fraction of it; negative means better than best known."""
        return _loss(self.objective, self.best_known, self.sense)

    @property
    def proved_gap(self) -> float | None:
        """Distance between objective and bound, a fraction of the objective."""
        if self.objective is None or self.bound is None:
            return None
        return abs(self.bound - self.objective) / max(1e-9, abs(self.objective))

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form, the two gaps included."""
        return {**asdict(self), "gap": self.gap, "proved_gap": self.proved_gap}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        """The record that :meth:`as_dict` wrote."""
        kept = {key: value for key, value in data.items() if key not in ("gap", "proved_gap")}
        kept["trace"] = [tuple(point) for point in kept.get("trace", ())]
        return cls(**kept)


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write a list of records; a file is whole or absent."""
    part = path.with_suffix(path.suffix + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"schema_version": SCHEMA_VERSION, **record.as_dict()} for record in records]
    part.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def read_records(path: Path) -> list[Record]:
    """Read a file of records.

    Raises:
        ValueError: it is no list of records of a known version.
    """
    rows = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(rows, list) or any(r.get("schema_version") != SCHEMA_VERSION for r in rows):
        raise ValueError(f"{path} is no list of benchmark records of version {SCHEMA_VERSION}")
    plain = [{key: row[key] for key in row if key != "schema_version"} for row in rows]
    return [Record.from_dict(row) for row in plain]


def machine() -> dict[str, Any]:
    """Processor, cores that may be used, system and Python."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def versions(*more: str) -> dict[str, str]:
    """Installed versions of the solvers' packages and of ``more``."""
    found = {}
    for name in (*_PACKAGES, *more):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _loss(objective: float | None, best: float | None, sense: str) -> float | None:
    if objective is None or best is None:
        return None
    worse = objective - best if sense == "min" else best - objective
    return worse / max(1e-9, abs(best))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
