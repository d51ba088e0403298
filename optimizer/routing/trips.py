"""Rounds with reloads: several trips per carrier, each with a limit on time since loading.

PyVRP, the engine for visits, has no limit per trip, and its reloads leave the time since loading
unbounded. So the way here is its own:

1. *Pool.* PyVRP plans single trips: the way back takes no time there, so that the limit on a
   vehicle's shift is the limit from leaving the kitchen to the last drop
   (:mod:`optimizer.routing.trip_pool`).
2. *Pack.* CP-SAT chooses trips from the pool and gives them to carriers with start times, so
   that no two trips of a carrier overlap (:mod:`optimizer.routing.pack`).
3. *Anneal.* Ruin and recreate on complete timetables of all carriers, every insertion judged
   exactly (:mod:`optimizer.routing.trip_search_kernels`), serves what the packing left out.
4. *Mend.* What still fits is inserted and the order of tiers is seen to, as for visits
   (:func:`optimizer.routing.insert.mend`).

Trips that wait for their loads go another way (:mod:`optimizer.routing.trip_release`).

Plans compare by their unserved tasks first (tier by tier, by prize) and by cost second: a meal is
never left out to save the cost of its delivery.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np

from optimizer.result import SolveResult, Status, StopReason, versions_of
from optimizer.routing.explain import explain
from optimizer.routing.insert import Rounds, mend
from optimizer.routing.pack import Limits, pack
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.schedule import cost_parts, time_route
from optimizer.routing.solution import Plan, RoutingAnswer
from optimizer.routing.trip_anneal import Annealed, anneal
from optimizer.routing.trip_kernels import SLOT, TripState
from optimizer.routing.trip_model import TripModel
from optimizer.routing.trip_pool import Candidate, slice_counts, trips_of_run
from optimizer.routing.trip_release import plan_releases, reaches
from optimizer.routing.trip_search_kernels import complete, worth
from optimizer.routing.trip_warm import compile_trips
from optimizer.stop import Progress, ProgressCallback, Stop, StopClock

__all__ = ["solve_trips"]

POOL_SHARE = 0.15
"""Share of the stop rule's seconds or iterations for PyVRP's runs."""
PACK_SHARE = 0.08
PACK_WORK = 1.0
"""CP-SAT's deterministic time where no seconds are given."""
POOL_TRIPS_PER_RUN = 80
RUN_ITERATIONS_AT_LEAST = 200
RUN_ITERATIONS_PER_TASK = 10
WORKERS = 2
"""Threads where only the time is limited and the caller does not say."""
SEED_STEP = 1_000_003


def solve_trips(
    problem: RoutingProblem,
    *,
    stop: Stop | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: ProgressCallback | None = None,
) -> RoutingAnswer:
    """Plan carriers that load at kitchens and make several trips.

    Args:
        problem: the problem; tasks for several people or with links stay unserved.
        stop: stop rule, 30 seconds by default. One iteration is one of PyVRP's or one round of
            ruin and recreate. Without any limit the search ends after a number of rounds that
            grows with the number of tasks. The clock starts when the kernels are compiled,
            which takes some ten seconds the first time on a machine.
        seed: random seed. The same seed and an iteration limit alone give the same answer; with
            a time limit several searches run side by side and the better one counts.
        threads: searches side by side, two where None; one where iterations are limited.
        progress: told of the phases ``pool``, ``pack``, ``anneal`` and of better plans.

    Returns:
        The best plan found, with reasons for what is unserved; never a proved bound.
    """
    stop = Stop(seconds=30.0) if stop is None else stop
    workers = WORKERS if threads is None else threads
    if stop.seconds is None or stop.iterations is not None:
        workers = 1
    if reaches(problem):
        return _with_releases(problem, stop, seed, workers, progress)
    compile_trips()
    clock = stop.start()
    model = TripModel(problem)
    news = _News(model, clock, progress)
    start, done = _first_plan(model, clock, seed, news, workers)
    reserve = _reserve(stop)
    annealed = _anneal(model, start, clock, done, reserve, seed, news, workers)
    plan = _finish(model, annealed.state, stop)
    return _answer(problem, plan, clock, annealed.reason, seed)


def _with_releases(
    problem: RoutingProblem,
    stop: Stop,
    seed: int,
    workers: int,
    progress: ProgressCallback | None,
) -> RoutingAnswer:
    """Trips that wait for their loads, planned with PyVRP."""
    clock = stop.start()
    best: int | None = None

    def tell(objective: int | None, iterations: int) -> None:
        nonlocal best
        if objective is not None and (best is None or objective < best):
            best = objective
        if progress is not None:
            progress(Progress("search", clock.elapsed, incumbent=best, iterations=iterations))

    plan, reason = plan_releases(
        problem, clock, reserve=_reserve(stop), seed=seed, threads=workers, tell=tell
    )
    return _answer(problem, plan, clock, reason, seed, solver="pyvrp+highs")


def _reserve(stop: Stop) -> float:
    """Seconds kept for what comes after the search."""
    return 0.0 if stop.seconds is None else min(1.0, 0.05 * stop.seconds)


class _News:
    """Tells of plans as they get better."""

    def __init__(
        self, model: TripModel, clock: StopClock, progress: ProgressCallback | None
    ) -> None:
        self._model = model
        self._clock = clock
        self._progress = progress
        self._phase = ""
        self._best: tuple[int, ...] | None = None
        self._lock = Lock()

    def of_state(self, phase: str, state: TripState, iterations: int) -> None:
        """A plan under construction, told of where a phase begins or where it is the best yet."""
        if self._progress is None:
            return
        with self._lock:
            value = tuple(int(part) for part in worth(self._model.data, state)[:2])
            if phase == self._phase and self._best is not None and value >= self._best:
                return
            self._phase = phase
            self._best = value if self._best is None else min(self._best, value)
            self._tell(phase, state, iterations)

    def _tell(self, phase: str, state: TripState, iterations: int) -> None:
        assert self._progress is not None
        out = np.flatnonzero(state.where[:, SLOT] < 0)
        objective = int(worth(self._model.data, state)[1])
        objective += int(self._model.problem.task_prize[out].sum())
        self._progress(
            Progress(phase, self._clock.elapsed, incumbent=objective, iterations=iterations)
        )


def _first_plan(
    model: TripModel, clock: StopClock, seed: int, news: _News, workers: int
) -> tuple[TripState, int]:
    """The better of a greedy plan and a packed pool, and the iterations spent on it."""
    order = np.lexsort((-model.problem.task_prize, model.problem.task_tier)).astype(np.int64)
    greedy = model.empty()
    complete(model.data, greedy, order)
    news.of_state("start", greedy, 0)
    if not model.servable.any():
        return greedy, 0
    candidates, done = _pool(model, clock, seed)
    if not candidates or clock.reason(done) is not None:
        return greedy, done
    news.of_state("pool", greedy, done)
    packed = model.state_of(pack(model, candidates, _pack_limits(clock, workers), seed=seed))
    complete(model.data, packed, order)
    best = min(greedy, packed, key=lambda state: worth(model.data, state)[:2])
    news.of_state("pack", best, done)
    return best, done


def _pool(model: TripModel, clock: StopClock, seed: int) -> tuple[list[Candidate], int]:
    """Trips of one PyVRP run per number of slices, the share of each run alike."""
    runs = slice_counts(model)
    rule = clock.rule
    begun = clock.elapsed
    most = RUN_ITERATIONS_AT_LEAST + RUN_ITERATIONS_PER_TASK * model.problem.n_tasks
    if rule.iterations is not None:
        most = min(most, int(POOL_SHARE * rule.iterations) // len(runs))
    found: dict[Candidate, None] = {}
    done = 0
    for number, slices in enumerate(runs):
        until = math.inf
        if rule.seconds is not None:
            until = begun + POOL_SHARE * (rule.seconds - begun) * (number + 1) / len(runs)
        before = done

        def enough(iterations: int, before: int = before, until: float = until) -> bool:
            over = iterations >= most or clock.elapsed >= until
            return over or clock.reason(before + iterations) is not None

        trips, iterations = trips_of_run(model, slices, seed=seed, stop=enough)
        done += iterations
        found.update(dict.fromkeys(trips[:POOL_TRIPS_PER_RUN]))
    return list(found), done


def _pack_limits(clock: StopClock, workers: int) -> Limits:
    """Wall-clock time where the rule has a time limit, else deterministic work."""
    if clock.rule.seconds is None:
        return Limits(work=PACK_WORK, cancelled=clock.rule.cancelled)
    seconds = min(PACK_SHARE * clock.rule.seconds, clock.remaining)
    return Limits(seconds=seconds, workers=workers, cancelled=clock.rule.cancelled)


def _anneal(
    model: TripModel,
    start: TripState,
    clock: StopClock,
    done: int,
    reserve: float,
    seed: int,
    news: _News,
    workers: int,
) -> Annealed:
    """The best of one search, or of one per core where only the time is limited."""

    def search(number: int) -> Annealed:
        def tell(state: TripState, rounds: int) -> None:
            news.of_state("anneal", state, done + rounds)

        seed_here = seed + number * SEED_STEP
        return anneal(model, start, clock, done=done, reserve=reserve, seed=seed_here, tell=tell)

    if workers == 1:
        return search(0)
    with ThreadPoolExecutor(workers) as pool:  # the kernels release the interpreter lock
        found = list(pool.map(search, range(workers)))
    return min(found, key=lambda item: worth(model.data, item.state)[:2])


def _finish(model: TripModel, state: TripState, stop: Stop) -> Plan:
    """The plan at its best timing, with the order of tiers seen to."""
    routes = []
    for vehicle, day in model.days_of(state):
        route = time_route(model.problem, vehicle, model.steps_of(day))
        assert route is not None, "the search keeps every rule"
        routes.append(route)
    rounds = Rounds(model.problem, routes)
    mend(rounds, stop.cancelled or (lambda: False))
    return rounds.plan()


def _answer(
    problem: RoutingProblem,
    plan: Plan,
    clock: StopClock,
    reason: StopReason,
    seed: int,
    solver: str = "pyvrp+cp-sat+sisr",
) -> RoutingAnswer:
    parts = cost_parts(problem, plan.routes)
    parts["unserved"] = int(problem.task_prize[list(plan.unserved)].sum())
    tiers = problem.task_tier[list(plan.unserved)]
    counts = {f"unserved_tier_{k}": int((tiers == k).sum()) for k in range(problem.n_tiers)}
    reasons = explain(problem, plan)
    result = SolveResult(
        status=Status.FEASIBLE,
        stop_reason=reason,
        objective=sum(parts.values()),
        bound=None,
        seconds=clock.elapsed,
        seed=seed,
        solver=solver,
        parts=parts,
        versions=versions_of("pyvrp", "ortools", "numba", "numpy"),
    )
    return RoutingAnswer(plan=plan, reasons=reasons, result=result, counts=counts)
