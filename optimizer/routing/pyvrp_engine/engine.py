"""The face of the engine: a plan in, a better plan out, on one core or several."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from pyvrp import ProblemData, Solution

from optimizer.result import StopReason
from optimizer.routing.pyvrp_engine.control import Control, Tell
from optimizer.routing.pyvrp_engine.genetic import Genetic
from optimizer.routing.pyvrp_engine.local import (
    LocalRun,
    Penalties,
    Polish,
    Stretch,
    engine_cost,
)
from optimizer.routing.pyvrp_engine.model import EngineModel, Sequences
from optimizer.routing.pyvrp_engine.pool import RoutePool
from optimizer.routing.pyvrp_engine.regions import Division
from optimizer.routing.pyvrp_engine.stops import rows_of, solution_of
from optimizer.routing.solution import Plan
from optimizer.stop import StopClock

__all__ = ["first_penalties", "improve", "search"]

SEED_STEP = 1_000_003
_LATE_SECONDS = 3_600
"""At first, being so late costs PyVRP's search as much as a whole day of work."""
_LOAD_STEPS = 10
"""Likewise for so many units of excess load."""
_PATIENCE = 5_000
"""Iterations without a better plan after which a search without limits ends."""
_LARGE = 300
"""From so many clients on a problem is searched in regions."""
_POOL_AT = (0.2, 0.4, 0.6, 0.75, 0.9)
"""Shares of the limit at which the routes of a search in regions are recombined."""
_LAST_POPULATION = 0.75
"""Share of the limit at which the best of all populations meet."""
_POPULATION_PATIENCE = 1_500
"""Children without a better one after which a population begins anew."""
_ELDERS = 10
"""Bests of populations that meet in the last, at most."""
_POOL_SHARE = 0.05
_POOL_NODES = 200
_FIRST_ITERATIONS = 1_000
_MORE_ITERATIONS = 100
_MOST_ITERATIONS = 4_000
"""Iterations in a region: in the first sweep over all clients, more in each sweep, at most."""


def improve(
    model: EngineModel,
    plan: Plan,
    clock: StopClock,
    *,
    mended: Callable[[Sequences], Plan],
    reserve: float = 0.0,
    seed: int = 0,
    tell: Tell | None = None,
    threads: int = 1,
) -> tuple[Sequences, int, StopReason]:
    """PyVRP's iterated local search from a plan.

    Small problems are searched as a whole by every thread, from different random numbers; large
    ones in regions. Routes that the searches meet are recombined by set partitioning.

    Args:
        model: the problem in PyVRP's terms.
        plan: a plan of the model's tasks that keeps the rules.
        clock: the running stop rule; its iterations are PyVRP's own. Without a limit on either,
            the search ends when it has long found nothing better.
        mended: makes a plan of the rounds of every new best that leaves tasks out, serving what
            PyVRP overlooked.
        reserve: seconds to leave on the clock for what comes after.
        seed: for PyVRP's random numbers.
        tell: called with (objective in the problem's cost units or None, iteration) at every new
            best and now and then in between.
        threads: searches side by side, where only the time is limited. With an iteration limit
            alone there is one, and the same seed gives the same answer every time.

    Returns:
        (tasks in order per vehicle, iterations done, why the search stopped).
    """
    data = model.binding(plan)

    def polish(solution: Solution) -> Solution:
        """PyVRP looks only at neighbouring visits when it inserts one; mending looks everywhere."""
        if not solution.uncollected_prizes():
            return solution
        return model.solution(mended(model.sequences(solution)), data)

    rule = clock.rule
    if rule.seconds is None or rule.iterations is not None:
        threads = 1
    patience = _PATIENCE * max(1, data.num_clients // _LARGE)
    control = Control(clock, reserve, patience, model.objective, tell)
    best = search(
        data,
        model.solution(plan, data),
        control,
        first_penalties(model),
        polish=polish,
        seed=seed,
        threads=threads,
    )
    return model.sequences(best), control.iterations, control.reason or StopReason.FINISHED


def first_penalties(model: EngineModel) -> Penalties:
    """Penalties to begin with, from what a whole day of work costs."""
    loads = [model.most / _LOAD_STEPS] * model.data.num_load_dimensions
    late = model.most / (_LATE_SECONDS * model.problem.ticks_per_second)
    return Penalties(loads, late, late, model.max_penalty)


def search(
    data: ProblemData,
    start: Solution,
    control: Control,
    penalties: Penalties,
    *,
    polish: Polish | None = None,
    seed: int = 0,
    threads: int = 1,
) -> Solution:
    """The best solution found from a feasible one before the control says stop."""
    kind = _Whole if data.num_clients < _LARGE else _Regional
    workers = kind(data, start, control, penalties, polish, seed)
    if threads == 1:
        workers.work(0)
    else:
        with ThreadPoolExecutor(threads) as crew:  # PyVRP and HiGHS release the interpreter lock
            for done in [crew.submit(workers.work, number) for number in range(threads)]:
                done.result()
    return workers.best


class _Workers:
    """What the workers of one search share."""

    def __init__(
        self,
        data: ProblemData,
        start: Solution,
        control: Control,
        penalties: Penalties,
        polish: Polish | None,
        seed: int,
    ) -> None:
        self.best = start
        self._data = data
        self._control = control
        self._penalties = penalties
        self._polish = polish
        self._seed = seed
        self._pool = RoutePool(data)
        self._lock = threading.Lock()

    def _offer(self, found: Solution) -> None:
        """Keep a solution of the whole problem where it is the best."""
        with self._lock:
            if engine_cost(found) >= engine_cost(self.best):
                return
            self.best = found
        self._control.better(found)

    def _recombine(self, best: Solution) -> Solution | None:
        """What the pool makes of it, None where that is nothing better."""
        if not self._pool.news or self._control.stops():
            return None
        rule = self._control.part(_POOL_SHARE, _POOL_NODES)
        return self._pool.recombine(best, rule, self._seed)


class _Whole(_Workers):
    """Every worker breeds populations of its own; their bests meet in its last one."""

    def work(self, number: int) -> None:
        """Search until the control says stop."""
        control = self._control
        genetic = Genetic(
            self._data,
            self._seed + number * SEED_STEP,
            self._penalties,
            self._pool,
            polish=self._polish,
            begins=control.begins_iteration,
            on_best=self._offer,
        )
        bests: list[Solution] = []
        founders = [self.best] if number == 0 else []
        is_last = False
        while not control.stops():
            is_last = is_last or control.share >= _LAST_POPULATION
            ends = 1.0 if is_last else _LAST_POPULATION
            found = genetic.breed(founders, _POPULATION_PATIENCE, self._until(ends))
            if found is not None:
                bests.append(found)
            better = self._recombine(self.best)
            if better is not None:
                self._offer(better)
            founders = [*bests[-_ELDERS:], self.best] if control.share >= _LAST_POPULATION else []

    def _until(self, share: float) -> Callable[[], bool]:
        return lambda: share < 1.0 and self._control.share >= share


class _Regional(_Workers):
    """Every worker searches regions, one after the other."""

    def __init__(
        self,
        data: ProblemData,
        start: Solution,
        control: Control,
        penalties: Penalties,
        polish: Polish | None,
        seed: int,
    ) -> None:
        super().__init__(data, start, control, penalties, None, seed)
        self._division: Division | None = None
        self._swept = 0
        self._drawn = 0

    def work(self, number: int) -> None:
        """Search until the control says stop; the first worker also recombines the pool."""
        with self._lock:
            division = self._divided()
        ends = list(_POOL_AT)
        while not self._control.stops():
            self._search_region(division)
            if number == 0 and ends and self._control.share >= ends[0]:
                ends.pop(0)
                self._recombine_all(division)

    def _divided(self) -> Division:
        """The division, from the better of the start and a construction of PyVRP's."""
        if self._division is None:
            run = LocalRun(self._data, self._seed, self._penalties)
            made = [run.settle(self.best), run.settle(run.random())]
            self.best = min([self.best, *made], key=engine_cost)
            self._pool.add(self.best)
            self._division = Division(self._data, self.best, self._seed)
        return self._division

    def _search_region(self, division: Division) -> None:
        control = self._control
        region = division.take()
        if region is None:  # the other workers hold all routes
            threading.Event().wait(0.01)
            return
        with self._lock:
            self._drawn += 1
            drawn, penalties = self._drawn, self._penalties
            self._swept += region.clients.size
            sweeps = self._swept // self._data.num_clients
        left = min(_FIRST_ITERATIONS + sweeps * _MORE_ITERATIONS, _MOST_ITERATIONS)

        def stop() -> bool:
            nonlocal left
            left -= 1
            return left < 0 or not control.begins_iteration()

        run = LocalRun(region.data, self._seed + drawn * SEED_STEP, penalties)
        found = run.run(
            region.start, Stretch(stop, on_best=lambda best: self._pool.add_rows(region.rows(best)))
        )
        is_better = engine_cost(found) < engine_cost(region.start)
        if division.give_back(region, found if is_better else None):
            self._offer(solution_of(self._data, division.rows()))
        with self._lock:
            self._penalties = run.penalties

    def _recombine_all(self, division: Division) -> None:
        better = self._recombine(solution_of(self._data, division.rows()))
        if better is not None and engine_cost(better) < engine_cost(self.best):
            division.replace(rows_of(better))
            self._offer(better)
