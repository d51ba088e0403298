"""Runs each solve in a process of its own, so that memory and a crash stay its own."""

from __future__ import annotations

import multiprocessing
import resource
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.record import Record, machine, versions
from benchmarks.suite import Case, Limits, NotExpressible, Outcome, Solution, Suite

__all__ = ["OURS", "as_record", "available_peers", "run_suite"]

OURS = "carecircle"
_GRACE = 120.0
"""Seconds beyond its limit after which a solve is killed: loading, compiling, winding up."""


def available_peers(suite: Suite, wanted: Iterable[str]) -> tuple[list[str], list[str]]:
    """(peers that can run, what is wrong with the others)."""
    usable, missing = [], []
    for peer in wanted:
        if peer not in suite.peers:
            missing.append(f"{suite.name} has no peer {peer}; it knows: {', '.join(suite.peers)}")
            continue
        absent = [name for name in suite.packages.get(peer, ()) if not _installed(name)]
        if absent:
            missing.append(f"peer {peer} needs {', '.join(absent)}")
        else:
            usable.append(peer)
    return usable, missing


def run_suite(
    suite: Suite,
    cases: Iterable[Case],
    limits: Limits,
    *,
    seeds: int = 1,
    peers: Iterable[str] = (),
    published_seconds: bool = False,
    tell: Callable[[str], None] = lambda text: None,
) -> Iterator[Record]:
    """Every solver on every case with every seed; a record as soon as each is done.

    ``published_seconds`` lets a case's own seconds, where it has some, replace those of the limits.
    """
    solvers = [OURS, *peers]
    for case in cases:
        seconds = (case.seconds if published_seconds else None) or limits.seconds
        for seed in range(limits.seed, limits.seed + seeds):
            for solver in solvers:
                tell(f"{suite.name} {case.instance} {solver} seed {seed}")
                yield _measure(suite, solver, case, replace(limits, seed=seed, seconds=seconds))


def _measure(suite: Suite, solver: str, case: Case, limits: Limits) -> Record:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_solve_in_child, args=(sender, suite.name, solver, case, limits))
    child.start()
    sender.close()
    outcome, peak_mb = _hear(receiver, limits.seconds + _GRACE)
    child.join(1.0)
    if child.is_alive():
        child.kill()
        child.join()
    if limits.solutions is not None and outcome.solution is not None:
        name = f"{case.instance}.{solver}.seed{limits.seed}{outcome.solution.ending}"
        _write_solution(limits.solutions / suite.name / name, outcome.solution)
    return as_record(suite, solver, case, limits, outcome, peak_mb)


def as_record(
    suite: Suite,
    solver: str,
    case: Case,
    limits: Limits,
    outcome: Outcome,
    peak_mb: float | None = None,
) -> Record:
    """What was found, with what it was found on."""
    return Record(
        suite=suite.name,
        instance=case.instance,
        solver=solver,
        status=outcome.status,
        sense=case.sense,
        objective=outcome.objective,
        best_known=outcome.reference if case.best_known is None else case.best_known,
        bound=outcome.bound,
        limit_s=None if limits.iterations is not None else limits.seconds,
        iterations=limits.iterations,
        seconds=round(outcome.seconds, 4),
        peak_mb=None if peak_mb is None else round(peak_mb, 1),
        threads=limits.threads,
        seed=limits.seed,
        trace=outcome.trace,
        metrics=outcome.metrics,
        versions=versions(*suite.packages.get(solver, ())),
        machine=machine(),
        note=outcome.note,
    )


def _write_solution(path: Path, solution: Solution) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(solution.text, encoding="utf-8")


def _hear(receiver: Connection, timeout: float) -> tuple[Outcome, float | None]:
    try:
        if not receiver.poll(timeout):
            return Outcome("failed", None, timeout, note="killed: far beyond its limit"), None
        heard: tuple[Outcome, float] = receiver.recv()
    except EOFError:
        return Outcome("failed", None, 0.0, note="the process ended without an answer"), None
    return heard


def _solve_in_child(
    sender: Connection, suite_name: str, solver: str, case: Case, limits: Limits
) -> None:
    from benchmarks.suites import SUITES

    suite = SUITES[suite_name]
    try:
        outcome = (suite.ours if solver == OURS else suite.peers[solver])(case, limits)
    except NotExpressible as reason:
        outcome = Outcome("not_expressible", None, 0.0, note=str(reason))
    except Exception as error:  # a benchmark reports a broken solver and goes on
        note = "".join(traceback.format_exception_only(error)).strip()
        outcome = Outcome("failed", None, 0.0, note=note)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sender.send((outcome, peak_mb))
    sender.close()


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
