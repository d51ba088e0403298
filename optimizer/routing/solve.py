"""One face for all rounds: picks the engine that a problem needs.

Problems whose vehicles load and make trips go to :mod:`optimizer.routing.trips`. Days with any
feature beyond one person, one hard window and one round, and searches that begin with a plan, go
to :mod:`optimizer.routing.anneal`. Any other day of visits is constructed by cheapest insertion,
improved by PyVRP and mended (see :mod:`optimizer.routing.insert`), so that the order of tiers holds
whatever PyVRP leaves out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from base.faults import FaultError
from optimizer.codes import BAD_REQUEST
from optimizer.result import SolveResult, Status, StopReason, versions_of
from optimizer.routing.anneal import Annealing, anneal
from optimizer.routing.explain import FITS, EmptyDays, explain
from optimizer.routing.features import ROUND_FEATURES, Feature, used_features
from optimizer.routing.insert import Rounds, mend, plannable
from optimizer.routing.mend_days import mend_day
from optimizer.routing.parts import changed, plan_counts, plan_parts
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.pyvrp_engine import EngineModel, Sequences, improve
from optimizer.routing.reasons import reasons_of
from optimizer.routing.solution import Plan, RoutingAnswer
from optimizer.routing.sync_hold import hold
from optimizer.routing.sync_model import SyncModel
from optimizer.routing.sync_start import plan_in_force
from optimizer.routing.sync_warm import compile_sync
from optimizer.routing.trips import solve_trips
from optimizer.routing.warm import compile_rounds
from optimizer.stop import Progress, ProgressCallback, Stop, StopClock

__all__ = ["count_plan", "solve", "solve_linked", "solve_visits"]

Tell = Callable[[str, int | None, int], None]
_NEXT_SEED = 1_000_003
"""Between the seeds of two threads."""
_TRIP_FEATURES = ROUND_FEATURES | {
    Feature.RELEASE,
    Feature.STAFF,
    Feature.TIES,
    Feature.LATENESS,
}
"""Features that trips understand, or leave out tasks of with a reason."""
_MENDED = ROUND_FEATURES | {Feature.STAFF, Feature.TIES, Feature.LATENESS}
"""Features that ``insert.mend`` understands."""
_RESERVE = 0.05
"""Share of the time limit kept for mending and explaining, at most two seconds."""


def solve(
    problem: RoutingProblem,
    *,
    stop: Stop | None = None,
    seed: int = 0,
    threads: int = 1,
    start: Plan | None = None,
    progress: ProgressCallback | None = None,
) -> RoutingAnswer:
    """Plan the rounds of a problem.

    Args:
        problem: visits, or trips where any vehicle loads (those neither linked nor late).
        stop: stop rule, 30 seconds by default; iterations are the engine's own.
        seed: random seed; with an iteration limit alone the plan is the same every time.
        threads: searches at once (of other engines than the annealing where only the time is
            limited).
        start: a plan to begin with, where the engine is the annealing; the plan in force where
            the problem has one.
        progress: called with incumbents in cost units.

    Returns:
        A plan that keeps all rules, with a reason for every unserved task. All engines are
        heuristics: the status is FEASIBLE and there is no bound. NO_SOLUTION, with a plan that
        serves nobody and no objective, where more changes against the plan in force remained
        than are allowed.

    Raises:
        FaultError: CC-O005 where trips meet features that only visits have.
    """
    stop = Stop(seconds=30.0) if stop is None else stop
    used = used_features(problem)
    if Feature.TRIPS in used:
        foreign = sorted(used - _TRIP_FEATURES)
        if foreign:
            why = f"trips go without these features of visits: {', '.join(foreign)}"
            raise FaultError([BAD_REQUEST(why=why)])
        return solve_trips(problem, stop=stop, seed=seed, threads=threads, progress=progress)
    if start is not None or used - ROUND_FEATURES - {Feature.RELEASE}:
        return solve_linked(
            problem, stop=stop, seed=seed, threads=threads, start=start, progress=progress
        )
    return solve_visits(problem, stop=stop, seed=seed, threads=threads, progress=progress)


def solve_visits(
    problem: RoutingProblem,
    *,
    stop: Stop,
    seed: int = 0,
    threads: int = 1,
    progress: ProgressCallback | None = None,
) -> RoutingAnswer:
    """Plan a day of visits with PyVRP; arguments and answer as for :func:`solve`.

    Tasks for several people and linked tasks are left out with their reasons, and none is served
    late (:func:`solve_linked` does all that). Tiers are
    lexicographic: no unserved task would fit after taking out lower-tier tasks of any one route.
    Prizes are weighed against costs within the lowest tier; in higher tiers whatever fits is
    served.
    """
    compile_rounds()
    clock = stop.start()

    def tell(phase: str, objective: int | None, iterations: int) -> None:
        if progress is not None:
            news = Progress(phase, clock.elapsed, incumbent=objective, iterations=iterations)
            progress(news)

    rounds = Rounds(problem)
    mend(rounds)
    plan = rounds.plan()
    tell("construct", _objective(problem, plan), 0)
    tasks = _engine_tasks(problem, plan)
    reason = StopReason.FINISHED
    if tasks:
        plan, reason = _search(problem, tasks, plan, clock, seed, threads, tell)
    reasons = explain(problem, plan)
    parts = plan_parts(problem, plan)
    return RoutingAnswer(
        plan=plan,
        reasons=reasons,
        result=SolveResult(
            status=Status.FEASIBLE,
            stop_reason=reason,
            objective=sum(parts.values()),
            bound=None,
            seconds=clock.elapsed,
            seed=seed,
            solver="pyvrp",
            parts=parts,
            versions=versions_of("pyvrp", "numpy", "numba"),
        ),
        counts=count_plan(problem, plan),
    )


def solve_linked(
    problem: RoutingProblem,
    *,
    stop: Stop,
    seed: int = 0,
    threads: int = 1,
    start: Plan | None = None,
    progress: ProgressCallback | None = None,
) -> RoutingAnswer:
    """Plan a day of visits with any features but trips, by annealing.

    Arguments and answer as for :func:`solve`; an iteration is a thousand moves. Tied tasks are
    served together or not at all, each by other people. Tiers are lexicographic as far as the
    search goes, and for tasks on their own relative to the times of what routes share.
    """
    compile_sync()
    clock = stop.start()

    best: int | None = None

    def tell(plan: Plan, iterations: int) -> None:
        nonlocal best
        objective = _objective(problem, plan)
        if progress is not None and (best is None or objective < best):
            phase = "construct" if best is None else "search"
            progress(Progress(phase, clock.elapsed, incumbent=objective, iterations=iterations))
            best = objective

    model = SyncModel(problem)
    start = plan_in_force(problem) if start is None else start
    searches = [Annealing(model, seed + _NEXT_SEED * row, start) for row in range(max(1, threads))]
    if progress is not None:
        tell(min(searches, key=lambda search: search.objective).plan(), 0)
    limit = clock.rule.seconds
    reserve = 0.0 if limit is None else min(2.0, _RESERVE * limit)
    search, reason = anneal(
        searches, clock, reserve=reserve, tell=None if progress is None else tell
    )
    plan = search.plan()
    is_plain = used_features(problem) <= _MENDED
    if is_plain:
        rounds = Rounds(hold(problem, plan.routes), plan.routes)
        mend(rounds)
        plan = rounds.plan()
    else:
        plan = mend_day(problem, plan)
    over = problem.max_changes != NONE and len(changed(problem, plan)) > problem.max_changes
    if over:
        plan = Plan((), tuple(range(problem.n_tasks)))
    else:
        tell(plan, search.iterations)
    parts = {} if over else plan_parts(problem, plan)
    explained = explain if is_plain else reasons_of
    return RoutingAnswer(
        plan=plan,
        reasons=() if over else explained(problem, plan),
        result=SolveResult(
            status=Status.NO_SOLUTION if over else Status.FEASIBLE,
            stop_reason=reason,
            objective=None if over else sum(parts.values()),
            bound=None,
            seconds=clock.elapsed,
            seed=seed,
            solver="anneal",
            parts=parts,
            versions=versions_of("numpy", "numba"),
        ),
        counts=plan_counts(problem, plan),
    )


def _engine_tasks(problem: RoutingProblem, plan: Plan) -> list[int]:
    """Tasks for PyVRP: those of the plan, and those that fit some empty day."""
    unserved = set(plan.unserved)
    empty = EmptyDays(problem)
    return [
        task
        for task in np.flatnonzero(plannable(problem)).tolist()
        if task not in unserved or empty.levels(task).max(initial=-1) == FITS
    ]


def _search(
    problem: RoutingProblem,
    tasks: list[int],
    first: Plan,
    clock: StopClock,
    seed: int,
    threads: int,
    tell: Tell,
) -> tuple[Plan, StopReason]:
    """The better of the first plan and what PyVRP makes of it."""

    def mended(sequences: Sequences) -> Plan:
        rounds = Rounds(problem)
        for vehicle, visits in sequences.items():
            if rounds.cost_of(vehicle, visits) is not None:
                rounds.set_codes(vehicle, visits)
        mend(rounds)
        return rounds.plan()

    limit = clock.rule.seconds
    sequences, _, reason = improve(
        EngineModel(problem, tasks),
        first,
        clock,
        mended=mended,
        reserve=0.0 if limit is None else min(2.0, _RESERVE * limit),
        seed=seed,
        tell=lambda objective, iterations: tell("search", objective, iterations),
        threads=threads,
    )
    found = mended(sequences)
    return min(found, first, key=lambda plan: _rank(problem, plan)), reason


def _rank(problem: RoutingProblem, plan: Plan) -> tuple[int, ...]:
    """Sort key of plans: prizes lost per tier above the lowest, then the objective."""
    lost = [0] * problem.n_tiers
    for task in plan.unserved:
        lost[problem.task_tier[task]] += 1 + int(problem.task_prize[task])
    return (*lost[:-1], _objective(problem, plan))


def _objective(problem: RoutingProblem, plan: Plan) -> int:
    return sum(plan_parts(problem, plan).values())


def count_plan(problem: RoutingProblem, plan: Plan) -> dict[str, int]:
    """Served and unserved tasks, unserved per tier, and vehicles used."""
    tiers = Counter(int(problem.task_tier[task]) for task in plan.unserved)
    return {
        "served": problem.n_tasks - len(plan.unserved),
        "unserved": len(plan.unserved),
        "vehicles": len(plan.routes),
        **{f"unserved_tier_{tier}": tiers[tier] for tier in range(problem.n_tiers)},
    }
