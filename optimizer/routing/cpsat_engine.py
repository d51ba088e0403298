"""Exact planning of small days of visits with CP-SAT (:mod:`optimizer.routing.cpsat_model`).

Every goal is minimised in turn and kept: the tiers above the lowest, then the cost. The status is
OPTIMAL only where each of them is proved. Days of some eight visits take seconds; larger ones are
improved from the warm start as long as the stop rule lets them.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from ortools.sat.python import cp_model

from base.faults import FaultError
from optimizer.codes import BAD_REQUEST
from optimizer.result import SolveResult, Status, StopReason, versions_of
from optimizer.routing.cpsat_model import VisitModel
from optimizer.routing.features import Feature, used_features
from optimizer.routing.parts import plan_counts, plan_parts
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.reasons import reasons_of
from optimizer.routing.solution import Plan, RoutingAnswer
from optimizer.stop import Progress, ProgressCallback, Stop, StopClock

__all__ = ["solve_exact"]

_WORK = 0.1
"""CP-SAT's deterministic seconds in one iteration."""
_POLL_SECONDS = 0.05


class _Found(NamedTuple):
    plan: Plan | None
    status: Status
    reason: StopReason


def solve_exact(
    problem: RoutingProblem,
    *,
    stop: Stop | None = None,
    seed: int = 0,
    progress: ProgressCallback | None = None,
    start: Plan | None = None,
    threads: int = 1,
) -> RoutingAnswer:
    """Plan a day of visits and prove it where there is time.

    Args:
        problem: visits with any features but trips.
        stop: stop rule, 60 seconds by default; an iteration is a tenth of CP-SAT's deterministic
            second, with which alone and one thread the answer is the same every time.
        seed: random seed.
        progress: called with the phase and, in the last one, incumbents and bounds of the cost.
        start: a plan to start from; it may leave out anything.
        threads: CP-SAT's workers.

    Returns:
        The plan with a reason for every unserved task. Status OPTIMAL and the bound mean that no
        plan is better in the order of tiers and then cost. INFEASIBLE (more changes against the
        plan in force are unavoidable than allowed) and NO_SOLUTION have a plan that serves nobody
        and no objective.

    Raises:
        FaultError: CC-O005 where vehicles make trips.
    """
    if Feature.TRIPS in used_features(problem):
        raise FaultError([BAD_REQUEST(why="the exact engine plans visits, not trips with loads")])
    clock = (Stop(seconds=60.0) if stop is None else stop).start()
    found = _Search(problem, clock, seed, progress, threads).run(start)
    plan = found.plan
    parts = {} if plan is None else plan_parts(problem, plan)
    objective = None if plan is None else sum(parts.values())
    plan = Plan((), tuple(range(problem.n_tasks))) if plan is None else plan
    return RoutingAnswer(
        plan=plan,
        reasons=() if objective is None else reasons_of(problem, plan),
        result=SolveResult(
            status=found.status,
            stop_reason=found.reason,
            objective=objective,
            bound=objective if found.status is Status.OPTIMAL else None,
            seconds=clock.elapsed,
            seed=seed,
            solver="cpsat",
            parts=parts,
            versions=versions_of("ortools", "numpy"),
        ),
        counts=plan_counts(problem, plan),
    )


class _Search:
    """One run through all goals."""

    def __init__(
        self,
        problem: RoutingProblem,
        clock: StopClock,
        seed: int,
        progress: ProgressCallback | None,
        threads: int,
    ) -> None:
        self._problem = problem
        self._clock = clock
        self._seed = seed
        self._progress = progress
        self._threads = threads
        self._work = 0.0

    def run(self, start: Plan | None) -> _Found:
        """Minimise goal after goal, each kept for the next."""
        model = VisitModel(self._problem)
        best = start
        for number, goal in enumerate(model.goals):
            last = number + 1 == len(model.goals)
            model.cp.minimize(goal)
            model.cp.clear_hints()  # type: ignore[no-untyped-call]
            if best is not None:
                model.hint(best)
            solver, status = self._minimise(model.cp, None if last else number)
            if status == cp_model.INFEASIBLE:
                return _Found(None, Status.INFEASIBLE, StopReason.FINISHED)
            if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                plan, known = (None, Status.NO_SOLUTION) if number == 0 else (best, Status.FEASIBLE)
                return _Found(plan, known, self._reason())
            best = model.plan(solver)
            if status != cp_model.OPTIMAL:
                return _Found(best, Status.FEASIBLE, self._reason())
            model.cp.add(goal <= round(solver.objective_value))
        return _Found(best, Status.OPTIMAL, StopReason.FINISHED)

    def _reason(self) -> StopReason:
        """Why CP-SAT ended without a proof."""
        return self._clock.reason(self._iterations) or StopReason.ITERATIONS

    @property
    def _iterations(self) -> int:
        return round(self._work / _WORK)

    def _minimise(self, cp: cp_model.CpModel, tier: int | None) -> tuple[cp_model.CpSolver, int]:
        solver = cp_model.CpSolver()
        solver.parameters.random_seed = self._seed % 2**31
        solver.parameters.num_workers = self._threads
        rule = self._clock.rule
        if rule.seconds is not None:
            solver.parameters.max_time_in_seconds = max(0.01, self._clock.remaining)
        if rule.iterations is not None:
            left = max(0.0, rule.iterations * _WORK - self._work)
            solver.parameters.max_deterministic_time = left
        phase = "cost" if tier is None else f"tier {tier}"
        scale = self._problem.n_tasks + 1 if tier is None else None
        news = self._progress
        tell = None if news is None else _Tell(news, self._clock, phase, scale)
        status = _run(solver, cp, tell, rule.cancelled)
        self._work += solver.response_proto.deterministic_time
        return solver, status


class _Tell(cp_model.CpSolverSolutionCallback):
    """Hands the incumbents of a goal on; of the last also the cost and its bound."""

    def __init__(
        self, progress: ProgressCallback, clock: StopClock, phase: str, scale: int | None
    ) -> None:
        super().__init__()
        self._progress, self._clock, self._phase, self._scale = progress, clock, phase, scale

    def on_solution_callback(self) -> None:
        """Called by CP-SAT with every better answer."""
        news = Progress(self._phase, self._clock.elapsed)
        if self._scale is not None:
            # The goal is cost * scale + tasks left out, fewer than scale.
            cost = round(self.objective_value) // self._scale
            bound = math.ceil(self.best_objective_bound / self._scale - 1)
            news = replace(news, incumbent=cost, bound=min(bound, cost))
        self._progress(news)


def _run(
    solver: cp_model.CpSolver,
    cp: cp_model.CpModel,
    tell: _Tell | None,
    cancelled: Callable[[], bool] | None,
) -> int:
    """Solve; where the caller may cancel, beside a thread that asks whether they did."""
    if cancelled is None:
        return int(solver.solve(cp, tell))
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_SECONDS):
            if cancelled():
                solver.stop_search()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        return int(solver.solve(cp, tell))
    finally:
        done.set()
        watcher.join()
