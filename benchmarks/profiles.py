"""Curves over many instances: performance profiles and gap over time.

Performance profiles follow Dolan and More (2002): the share of instances on which a solver is
within a factor (or a loss) of the best one. An instance on which a solver has no answer counts
against it; one that it cannot express is left out of its curve.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Record

__all__ = ["gap_over_time", "loss_profile", "time_profile"]

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
"""x ascending, y."""
_NOTHING_YET = 1.0
"""Gap of a solver that has no answer yet: all is lost."""
_POINTS = 200


def time_profile(records: Iterable[Record]) -> Mapping[str, Curve]:
    """Share of runs solved to a proof within a factor of the fastest proof, by solver."""
    runs = _by_run(records)
    ratios: dict[str, list[float]] = defaultdict(list)
    for run in runs.values():
        proved = [r.seconds or 0.0 for r in run if r.status == "optimal"]
        if not proved:
            continue
        best = max(1e-3, min(proved))
        for record in run:
            solved = record.status == "optimal" and record.seconds is not None
            ratios[record.solver].append(
                max(1.0, (record.seconds or 0.0) / best) if solved else float("inf")
            )
    return {solver: _steps(values, start=1.0) for solver, values in ratios.items()}


def loss_profile(records: Iterable[Record]) -> Mapping[str, Curve]:
    """Share of runs whose objective is within a loss (fraction) of the best known, by solver."""
    losses: dict[str, list[float]] = defaultdict(list)
    for run in _by_run(records).values():
        best = _reference(run)
        if best is None:
            continue
        for record in run:
            losses[record.solver].append(_loss(record, record.objective, best))
    return {solver: _steps(values, start=0.0) for solver, values in losses.items()}


def gap_over_time(records: Iterable[Record]) -> Mapping[str, Curve]:
    """Mean gap (fraction) to the best known after t seconds, by solver."""
    runs = _by_run(records)
    everything = [record for run in runs.values() for record in run]
    seconds = [at for record in everything for at, _ in record.trace if at > 0]
    if not seconds:
        return {}
    times = np.geomspace(max(1e-3, min(seconds)), max(seconds), _POINTS)
    gaps: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    for run in runs.values():
        best = _reference(run)
        if best is None:
            continue
        for record in run:
            gaps[record.solver].append(_gap_at(record, best, times))
    return {solver: (times, np.mean(rows, axis=0)) for solver, rows in gaps.items()}


def _gap_at(record: Record, best: float, times: NDArray[np.float64]) -> NDArray[np.float64]:
    gap = np.full(times.size, _NOTHING_YET)
    for at, value in sorted(record.trace):
        later = times >= at
        gap[later] = np.minimum(gap[later], _loss(record, value, best))
    return gap


def _by_run(records: Iterable[Record]) -> dict[tuple[str, str, int], list[Record]]:
    """Records of one instance and seed; solvers that cannot express it are left out."""
    runs: dict[tuple[str, str, int], list[Record]] = defaultdict(list)
    for record in records:
        if record.status != "not_expressible":
            runs[record.suite, record.instance, record.seed].append(record)
    return runs


def _reference(run: Sequence[Record]) -> float | None:
    """Best known value, or the best of the run where that is better or nothing is known."""
    values = [r.objective for r in run if r.objective is not None]
    values += [r.best_known for r in run if r.best_known is not None]
    if not values:
        return None
    return min(values) if run[0].sense == "min" else max(values)


def _loss(record: Record, value: float | None, best: float) -> float:
    if value is None:
        return float("inf")
    worse = value - best if record.sense == "min" else best - value
    return max(0.0, worse / max(1e-9, abs(best)))


def _steps(values: Sequence[float], start: float) -> Curve:
    """Distribution function of the finite values over all of them, as a step curve."""
    finite = np.sort([value for value in values if np.isfinite(value)])
    x = np.concatenate([[start], finite])
    at_start = float((finite <= start).sum())
    y = np.concatenate([[at_start], np.arange(1.0, finite.size + 1)]) / max(1, len(values))
    return x, np.maximum.accumulate(y)
