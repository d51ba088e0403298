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

Plans compare by their unserved tasks first (tier by tier, by prize) and by cost second: a meal is
never left out to save the cost of its delivery.
"""

from __future__ import annotations

import numpy as np

from optimizer.result import SolveResult, Status, StopReason, versions_of
from optimizer.routing.explain import explain
from optimizer.routing.insert import Rounds, mend
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.schedule import cost_parts, time_route
from optimizer.routing.solution import Plan, RoutingAnswer
from optimizer.routing.trip_anneal import anneal
from optimizer.routing.trip_kernels import TripState
from optimizer.routing.trip_model import TripModel
from optimizer.routing.trip_search_kernels import complete, worth
from optimizer.stop import Progress, ProgressCallback, Stop, StopClock

__all__ = ["solve_trips"]


def solve_trips(
    problem: RoutingProblem,
    *,
    stop: Stop | None = None,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> RoutingAnswer:
    """Plan carriers that load at kitchens and make several trips.

    Args:
        problem: the problem; tasks for several people or with links stay unserved.
        stop: stop rule, 30 seconds by default. One iteration is one of PyVRP's or one round of
            ruin and recreate. Without any limit the search ends after a number of rounds that
            grows with the number of tasks.
        seed: random seed. The same seed and an iteration limit alone give the same answer.
        progress: told of the phases ``pool``, ``pack``, ``anneal`` and of better plans.

    Returns:
        The best plan found, with reasons for what is unserved; never a proved bound.
    """
    stop = Stop(seconds=30.0) if stop is None else stop
    clock = stop.start()
    model = TripModel(problem)
    news = _News(problem, clock, progress)
    start = model.empty()
    complete(model.data, start, _by_urgency(problem))
    news.of_state("start", model, start, 0)
    reserve = 0.0 if stop.seconds is None else min(1.0, 0.05 * stop.seconds)
    annealed = anneal(
        model,
        start,
        clock,
        reserve=reserve,
        seed=seed,
        tell=lambda state, rounds: news.of_state("anneal", model, state, rounds),
    )
    plan = _finish(model, annealed.state, stop)
    return _answer(problem, plan, clock, annealed.reason, seed)


class _News:
    """Tells of better plans, each objective once."""

    def __init__(
        self, problem: RoutingProblem, clock: StopClock, progress: ProgressCallback | None
    ) -> None:
        self._problem = problem
        self._clock = clock
        self._progress = progress

    def of_state(self, phase: str, model: TripModel, state: TripState, iterations: int) -> None:
        """A plan under construction."""
        if self._progress is None:
            return
        out = np.flatnonzero(state.where[:, 0] < 0)
        objective = int(worth(model.data, state)[1]) + int(self._problem.task_prize[out].sum())
        self._progress(
            Progress(phase, self._clock.elapsed, incumbent=objective, iterations=iterations)
        )


def _by_urgency(problem: RoutingProblem) -> np.ndarray:
    """Tasks by tier, then by prize."""
    return np.lexsort((-problem.task_prize, problem.task_tier)).astype(np.int64)


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
    problem: RoutingProblem, plan: Plan, clock: StopClock, reason: StopReason, seed: int
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
        solver="pyvrp+cp-sat+sisr",
        parts=parts,
        versions=versions_of("pyvrp", "ortools", "numba", "numpy"),
    )
    return RoutingAnswer(plan=plan, reasons=reasons, result=result, counts=counts)
