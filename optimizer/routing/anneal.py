"""Multi-neighbourhood simulated annealing of visits that tie several people together.

**Method** (after Ceschia, Di Gaspero, Rosati and Schaerf 2024, for home care with synchronised
visits). A plan is a global order of all groups of tied tasks and a person for each task; each
person's round is the order's part that is theirs, and everything starts as early as rounds,
windows and links allow. So no plan lets people wait for each other in a circle. Moves: take a
task, a partner of a tied group or a whole group out and put it back at one of several places near
others (drawn by heat bath, see ``sync_moves_kernels``); exchange two tasks; exchange runs
(or-opt, cross exchange) or tails (2-opt*) of two rounds. New times are passed on only as far as
they differ and as the cost can still be accepted (``sync_kernels``). The temperature falls
geometrically with the share of the limit that is used; long limits are spent on several
annealings. Several threads search on their own, each from another seed.

Breaks, waiting, idle and balanced hours, wishes, shared equipment, entitlements, calls instead of
visits and a plan in force take part in the same moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.routing.parts import stops
from optimizer.routing.problem import NONE
from optimizer.routing.solution import Plan, Route, Step, StepKind
from optimizer.routing.sync_kernels import (
    AFTER,
    BROKEN,
    COST,
    FIRST,
    HEAD,
    LAST,
    LENGTH,
    PENALTY,
    START_AT,
    VEHICLE,
    WINDOW,
    SyncState,
)
from optimizer.routing.sync_model import SyncModel
from optimizer.routing.sync_moves_kernels import anneal_chunk, construct, rebuild, spread_keys
from optimizer.routing.sync_start import order_of
from optimizer.routing.sync_timing_kernels import arrival_of, latest_delay
from optimizer.stop import StopClock

__all__ = ["MOVES", "Annealing", "anneal"]

Tell = Callable[[Plan, int], None]

MOVES = 1_000
"""Moves that count as one iteration."""
_SPREAD = 10
"""Iterations between two renumberings of the order."""
_CYCLE = 100
"""Iterations per task in one annealing of the usual length; where there are k times as many, some
sqrt(k) annealings are made."""
_HOT, _COLD = 3.0, 0.01
"""First and last temperature, in costs of a way to the next visit."""
_WARM = 0.3
"""First temperature of a search that begins with a plan."""
_FORBIDDEN = 2**45
"""Cost of a broken rule about persons while the first plan is made."""
TRIES = 8
"""Places tried in one relocation."""
_FIRST_TRIES = 200
"""Places tried for every group when the first plan is made."""
_PROBE = 20
"""Iterations by whose speed the number of annealings is chosen under a time limit."""


class Annealing:
    """One search: makes a first plan, improves it, hands back the best.

    Attributes:
        model: the problem in the search's terms.
        iterations: iterations done.
        objective: of the best plan so far, in the model's weights.
    """

    def __init__(self, model: SyncModel, seed: int, start: Plan | None = None) -> None:
        self.model = model
        self.iterations = 0
        self._hot = _HOT if start is None else _WARM
        self._rng = np.random.default_rng(seed).integers(1, 2**63, size=1, dtype=np.uint64)
        self._work = model.work()
        self._state = model.empty()
        if start is not None:
            self._take(start)
        self._construct()
        self.objective = int(self._state.total[COST])
        self._best_key = self._state.key.copy()
        self._best_vehicle = self._state.task[:, VEHICLE].copy()

    def _take(self, plan: Plan) -> None:
        """Begin with a plan, or with nothing where the plan breaks a rule."""
        key, vehicle = order_of(self.model, plan)
        if not rebuild(self.model.data, self._state, self._work, key, vehicle) or (
            self._state.total[BROKEN] > 0
        ):
            self._work, self._state = self.model.work(), self.model.empty()
            self._hot = _HOT

    def _construct(self) -> None:
        """Groups by tier, then by first due, each at the cheapest of many random places."""
        problem, data = self.model.problem, self.model.data
        tier, due, groups = [], [], []
        for g in range(data.group.shape[0]):
            rows = data.group_task[data.group[g, FIRST] : data.group[g, LAST]]
            sources = self.model.source[rows]
            if sources[0] < 0:  # breaks come with the first task
                continue
            groups.append(g)
            tier.append(int(problem.task_tier[sources].min()))
            due.append(int(problem.window_close[problem.window_indptr[sources + 1] - 1].min()))
        order = np.array(groups, dtype=np.int64)[np.lexsort((due, tier))]
        flag = data.flag.copy()
        flag[PENALTY] = _FORBIDDEN
        unbroken = data._replace(flag=flag)
        construct(unbroken, self._state, self._work, order, self._rng, _FIRST_TRIES)

    def run(
        self,
        clock: StopClock,
        *,
        reserve: float = 0.0,
        tell: Callable[[Annealing], None] | None = None,
    ) -> StopReason:
        """Anneal until the clock says stop.

        Args:
            clock: the running stop rule. With neither seconds nor iterations one annealing is
                made.
            reserve: seconds to leave on the clock.
            tell: called after every iteration that found a better plan.
        """
        data = self.model.data
        if data.group.shape[0] == 0:
            return StopReason.FINISHED
        begun, cycles = clock.elapsed, self._cycles(clock)
        cycle_length = _CYCLE * self.model.source.size
        endless = clock.rule.seconds is None and clock.rule.iterations is None
        while True:
            reason = clock.reason(self.iterations)
            if reason is None and clock.remaining <= reserve:
                reason = StopReason.TIME
            if reason is None and endless and self.iterations >= cycle_length:
                reason = StopReason.FINISHED
            if reason is not None:
                return reason
            used = self._used(clock, begun, reserve, cycle_length)
            if self.iterations == _PROBE and clock.rule.seconds is not None and used > 0:
                cycles = self._cycles_in(_PROBE / used)
            hot = self._hot
            heat = hot * (_COLD / hot) ** (used * cycles % 1.0) * self.model.leg
            if self.iterations % _SPREAD == 0:
                spread_keys(data, self._state)
            best = int(
                anneal_chunk(
                    data,
                    self._state,
                    self._work,
                    self._best_key,
                    self._best_vehicle,
                    self.objective,
                    self._rng,
                    MOVES,
                    heat,
                    TRIES,
                )
            )
            self.iterations += 1
            if best < self.objective:
                self.objective = best
                if tell is not None:
                    tell(self)

    def _cycles(self, clock: StopClock) -> int:
        limit = clock.rule.iterations
        if limit is None:
            return 1
        return self._cycles_in(limit)

    def _cycles_in(self, iterations: float) -> int:
        """How many annealings are made of so many iterations: more, and longer ones."""
        return max(1, round(math.sqrt(iterations / (_CYCLE * self.model.source.size))))

    def _used(self, clock: StopClock, begun: float, reserve: float, length: int) -> float:
        """Share of the limit that is used up, 0 to just below 1."""
        shares = [0.0]
        if clock.rule.iterations is not None:
            shares.append(self.iterations / max(1, clock.rule.iterations))
        if clock.rule.seconds is not None:
            whole = max(1e-9, clock.rule.seconds - reserve - begun)
            shares.append((clock.elapsed - begun) / whole)
        if len(shares) == 1:
            shares.append(self.iterations / length)
        return min(1.0 - 1e-9, max(shares))

    def plan(self) -> Plan:
        """The best plan found, every task as early as can be."""
        state = self.model.empty()
        rebuild(self.model.data, state, self.model.work(), self._best_key, self._best_vehicle)
        problem = self.model.problem
        routes = tuple(
            self._route(state, vehicle)
            for vehicle in np.flatnonzero(state.days[:, HEAD] >= 0).tolist()
        )
        served = {task for route in routes for task in route.tasks}
        unserved = tuple(task for task in range(problem.n_tasks) if task not in served)
        return Plan(routes=routes, unserved=unserved)

    def _route(self, state: SyncState, vehicle: int) -> Route:
        """A vehicle's route, left as late as nothing else moves."""
        model, problem = self.model, self.model.problem
        rows = []
        row = int(state.days[vehicle, HEAD])
        while row != NONE:
            rows.append(row)
            row = int(state.task[row, AFTER])
        starts = self._delayed(state, vehicle, rows)
        rows = [row for row in rows if self._is_taken(row, int(state.task[row, START_AT]))]
        codes = [
            (StepKind.TASK, int(model.source[row]))
            if model.source[row] >= 0
            else (StepKind.BREAK, -1 - int(model.source[row]))
            for row in rows
        ]
        time: NDArray[np.int32] = problem.time[problem.vehicle_mode[vehicle]]
        here, now, depart = int(problem.vehicle_start[vehicle]), 0, None
        steps = []
        for row, code, there in zip(rows, codes, stops(problem, vehicle, codes), strict=True):
            way = 0 if there == NONE else int(time[here, there])
            if depart is None:
                depart = now = starts[row] - way
            finish = starts[row] + int(state.task[row, LENGTH])
            steps.append(Step(code[0], code[1], now + way, starts[row], finish))
            here = here if there == NONE else there
            here = int(problem.task_end_place[code[1]]) if code[0] is StepKind.TASK else here
            now = finish
        assert depart is not None, "only used vehicles have routes"
        home = int(problem.vehicle_end[vehicle])
        end = now if home == NONE else now + int(time[here, home])
        return Route(vehicle=vehicle, depart=depart, end=end, steps=tuple(steps))

    def _delayed(self, state: SyncState, vehicle: int, rows: list[int]) -> dict[int, int]:
        """Starts of a route's rows when the vehicle leaves as late as can be."""
        delay = int(latest_delay(self.model.data, state, vehicle)[0])
        starts, before = {}, NONE
        for row in rows:
            start = int(state.task[row, START_AT])
            if before != NONE:
                arrive = int(arrival_of(self.model.data, state, vehicle, before, row))
                delay = max(0, delay - (start - arrive))
            starts[row], before = start + delay, row
        return starts

    def _is_taken(self, row: int, start: int) -> bool:
        """Whether a row is no break that is left out because it begins too late."""
        data = self.model.data
        return self.model.source[row] >= 0 or start <= int(data.window[data.task[row, WINDOW], 1])


def anneal(
    searches: Sequence[Annealing],
    clock: StopClock,
    *,
    reserve: float = 0.0,
    tell: Tell | None = None,
) -> tuple[Annealing, StopReason]:
    """Run several searches at once, each in a thread of its own.

    Args:
        searches: at least one, over the same problem.
        clock: the running stop rule, for each of them.
        reserve: seconds to leave on the clock.
        tell: called with plans better than all before and the iterations of their search, by one
            thread at a time.

    Returns:
        The search with the best plan (the first of equals), and why it stopped.
    """
    lock = Lock()
    best = min(search.objective for search in searches)

    def hear(search: Annealing) -> None:
        nonlocal best
        with lock:
            if tell is not None and search.objective < best:
                best = search.objective
                tell(search.plan(), search.iterations)

    def run(search: Annealing) -> StopReason:
        return search.run(clock, reserve=reserve, tell=None if tell is None else hear)

    if len(searches) == 1:
        return searches[0], run(searches[0])
    with ThreadPoolExecutor(len(searches)) as pool:
        reasons = list(pool.map(run, searches))
    won = min(range(len(searches)), key=lambda row: searches[row].objective)
    return searches[won], reasons[won]
