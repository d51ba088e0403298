"""The trade-off of value, cost and the worst district's share: points of the Pareto front.

The front is walked by the epsilon-constraint method with the refinement of AUGMECON (Mavrotas
2009): under a least share and a largest cost, first the most value, then the least cost for that
value, then the best worst share for both; the second and third step take out what the first
leaves slack, so that a proved point is dominated by none, and cost levels that a point's slack
already answers are skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from base.faults import Faults
from optimizer.codes import BAD_VALUE
from optimizer.result import Status, StopReason
from optimizer.siting.plan.evaluate import evaluate
from optimizer.siting.plan.problem import PlanAnswer, PlanObjective, PlanProblem, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.siting.shares import share
from optimizer.stop import Progress, ProgressCallback, Stop, StopClock

__all__ = ["ParetoFront", "ParetoPoint", "pareto_front"]

_DEFAULT_STOP = Stop(seconds=300)
_SOLVES_A_POINT = 3

# The best worst share sets all levels of share: it may take this part of the time.
_FAIREST_PARTS = 6

# Steps in which the share of a point is bettered before its proof is given up.
_SHARE_STEPS = 12


@dataclass(frozen=True, eq=False)
class ParetoPoint:
    """A plan that no other found plan dominates.

    Attributes:
        value: its value, as MAX_VALUE counts it.
        cost: its cost over all years, fen.
        share: the worst district's share in the last year, millionths; None without districts.
        value_bound: proved: no plan of at most this cost and at least this share has more value.
        cost_bound: proved: no plan of at least this value and share costs less.
        share_bound: proved: no plan of at least this value and at most this cost has a better
            worst share. Bounds are None where nothing is proved.
        answer: the plan, its result that of the last solve.
    """

    value: int
    cost: int
    share: int | None
    value_bound: int | None
    cost_bound: int | None
    share_bound: int | None
    answer: PlanAnswer

    @property
    def proved(self) -> bool:
        """Whether it is proved that no plan dominates it."""
        found = (self.value, self.cost, self.share)
        return found == (self.value_bound, self.cost_bound, self.share_bound)

    def dominates(self, other: ParetoPoint) -> bool:
        """Whether it is at least as good in everything and better in something."""
        mine = (self.value, -self.cost, self.share or 0)
        theirs = (other.value, -other.cost, other.share or 0)
        return mine != theirs and all(a >= b for a, b in zip(mine, theirs, strict=True))


@dataclass(frozen=True)
class ParetoFront:
    """Points of a front.

    Attributes:
        points: by cost, then value; no point dominates another, no two are equal.
        complete: every level of cost and share asked for was looked at and has a plan or, proved,
            none; that a point is efficient says its ``proved`` alone.
        stop_reason: why the walk ended or left a level out.
    """

    points: tuple[ParetoPoint, ...]
    complete: bool
    stop_reason: StopReason


def pareto_front(
    problem: PlanProblem,
    request: PlanRequest,
    *,
    cost_levels: int = 5,
    share_levels: int = 3,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> ParetoFront:
    """Walk the front of value, cost and worst share.

    Args:
        problem: the tables.
        request: limits that hold at every point; its objective is not looked at.
        cost_levels: levels of cost between the cheapest and the most valuable plan of each share
            level, both included, >= 2.
        share_levels: levels of the least share from none to the best possible one, >= 1; 1 walks
            the front of value and cost alone. Without districts there is one level.
        stop: limits for the whole, shared fairly among the solves that are left; iterations limit
            every solve.
        seed: the solves' seed.
        progress: told after every point; ``iterations`` counts them.

    Raises:
        FaultError: too few levels (CC-O004).
    """
    faults = Faults()
    for name, value, least in (("cost_levels", cost_levels, 2), ("share_levels", share_levels, 1)):
        if value < least:
            faults.add(BAD_VALUE(field=name, value=value, rule=f">= {least}"))
    faults.raise_if_any()
    walk = _Walk(problem, request, stop.start(), seed, progress, cost_levels, share_levels)
    walk.run()
    points = _undominated(walk.points)
    reason = walk.reason or StopReason.FINISHED
    return ParetoFront(tuple(points), walk.reason is None, reason)


def _undominated(points: list[ParetoPoint]) -> list[ParetoPoint]:
    kept: list[ParetoPoint] = []
    known: dict[tuple[int, int, int], ParetoPoint] = {}
    for point in sorted(points, key=lambda each: (each.cost, each.value, not each.proved)):
        known.setdefault((point.value, point.cost, point.share or 0), point)
    kept.extend(
        point
        for point in known.values()
        if not any(other.dominates(point) for other in known.values())
    )
    return kept


@dataclass(frozen=True, eq=False)
class _Found:
    """A solve's plan with its figures."""

    answer: PlanAnswer
    value: int
    cost: int
    share: int | None


class _Walk:
    """The walk over share levels and, within each, cost levels from the highest down."""

    def __init__(
        self,
        problem: PlanProblem,
        request: PlanRequest,
        clock: StopClock,
        seed: int,
        progress: ProgressCallback | None,
        cost_levels: int,
        share_levels: int,
    ) -> None:
        self.problem, self.clock, self.seed, self.progress = problem, clock, seed, progress
        self.request = request.replace(objective=PlanObjective.MAX_VALUE, cost_weight=0)
        self.cost_levels, self.share_levels = cost_levels, share_levels
        self.points: list[ParetoPoint] = []
        self._last_status = Status.NO_SOLUTION
        self.reason: StopReason | None = None
        self.has_districts = _has_districts(problem)
        self.left = 1 + share_levels * (1 + cost_levels * _SOLVES_A_POINT)

    def run(self) -> None:
        """Look at every level, as long as the stop rule allows."""
        cheapest = self._solve(objective=PlanObjective.MIN_COST)
        levels = list(self._share_levels(cheapest))
        for number, level in enumerate(levels):
            if self._is_over():
                return
            self.left = (len(levels) - number) * (1 + self.cost_levels * _SOLVES_A_POINT)
            if number:
                cheapest = self._solve(objective=PlanObjective.MIN_COST, least_share=level)
            self._walk_costs(level, cheapest)

    def _share_levels(self, start: _Found | None) -> Iterator[int | None]:
        """No limit first, then up to the best worst share that was found."""
        yield self.request.least_share
        if self.share_levels == 1 or not self.has_districts:
            return
        best = self._solve(objective=PlanObjective.MAX_MIN, start=start, parts=_FAIREST_PARTS)
        if best is None or best.share is None:
            return
        low = self.request.least_share or 0
        steps = np.linspace(low, best.share, self.share_levels)[1:]
        yield from sorted({round(step) for step in steps.tolist()} - {low})

    def _is_over(self) -> bool:
        reason = self.clock.reason()
        self.reason = reason or self.reason
        return reason is not None

    def _walk_costs(self, least_share: int | None, cheapest: _Found | None) -> None:
        top = self._point(least_share, self.request.most_cost, cheapest)
        if cheapest is None or top is None:
            return
        levels = np.linspace(cheapest.cost, top.cost, self.cost_levels)
        after = self.left
        reached = top.cost
        for number, level in enumerate(reversed(levels[:-1].tolist())):
            # What the last point spends less than its level answers the levels down to its cost.
            most = min(round(level), reached - 1)
            self.left = after - number * _SOLVES_A_POINT
            if round(level) >= reached and number < levels.size - 2:
                continue
            if most < cheapest.cost or self._is_over():
                return
            point = self._point(least_share, most, cheapest)
            if point is None:
                return
            reached = point.cost

    def _point(
        self, least_share: int | None, most_cost: int | None, start: _Found | None
    ) -> ParetoPoint | None:
        """Most value within limits, least cost for that value, best share for both."""
        first = self._solve(
            objective=PlanObjective.MAX_VALUE,
            start=start,
            least_share=least_share,
            most_cost=most_cost,
        )
        if first is None:
            return None
        value_bound = first.answer.result.bound
        second = self._solve(
            objective=PlanObjective.MIN_COST,
            start=first,
            least_share=least_share,
            least_value=first.value,
        )
        cost_bound = None if second is None else second.answer.result.bound
        best, share_bound = self._fairest(second or first, least_share)
        point = ParetoPoint(
            best.value, best.cost, best.share, value_bound, cost_bound, share_bound, best.answer
        )
        self.points.append(point)
        if self.progress is not None:
            count = len(self.points)
            news = Progress("pareto", self.clock.elapsed, point.value, value_bound, count)
            self.progress(news)
        return point

    def _fairest(self, found: _Found, least_share: int | None) -> tuple[_Found, int | None]:
        """A plan as good in value and cost with the best worst share, and the proved best one.

        A value and a cost that are both best for each other leave few plans, so that asking for
        a better share again and again takes few steps.
        """
        if found.share is None:
            return found, None
        for _ in range(_SHARE_STEPS):
            found = self._best_of(found, least_share)
            assert found.share is not None
            if self._last_status is Status.INFEASIBLE:
                return found, found.share
            if self._last_status is Status.NO_SOLUTION:
                break
        return found, None

    def _best_of(self, found: _Found, least_share: int | None) -> _Found:
        assert found.share is not None
        better = self._solve(
            objective=PlanObjective.MAX_VALUE,
            least_share=max(found.share + 1, least_share or 0),
            least_value=found.value,
            most_cost=found.cost,
            may_fail=True,
        )
        return found if better is None else better

    def _solve(
        self,
        *,
        objective: PlanObjective,
        start: _Found | None = None,
        least_share: int | None = None,
        least_value: int | None = None,
        most_cost: int | None = None,
        parts: int | None = None,
        may_fail: bool = False,
    ) -> _Found | None:
        """One solve with limits beside the request's own; None without a plan.

        ``parts``: its share of the time left, by default that of one among all solves left;
        ``may_fail``: a solve without a plan and without a proof leaves no hole in the walk.
        """
        asked = replace(
            self.request,
            objective=objective,
            least_share=_tighter(self.request.least_share, least_share, max),
            least_value=_tighter(self.request.least_value, least_value, max),
            most_cost=_tighter(self.request.most_cost, most_cost, min),
        )
        answer = solve(
            self.problem,
            asked,
            stop=share(self.clock, parts or max(self.left, 1)),
            seed=self.seed,
            start=None if start is None else start.answer,
        )
        self.left -= 1
        self._last_status = status = answer.result.status
        if status is Status.NO_SOLUTION and not may_fail:
            # A level without a plan that is not proved to have none: the walk has a hole.
            self.reason = answer.result.stop_reason
        if status in (Status.INFEASIBLE, Status.NO_SOLUTION):
            return None
        figures = evaluate(self.problem, answer.option, answer.assignments)
        worst = int(figures.shares[0]) if figures.shares.size else None
        return _Found(answer, figures.value, figures.cost, worst)


def _tighter(one: int | None, other: int | None, pick: Callable[[int, int], int]) -> int | None:
    """The tighter of two limits, either of which may be None."""
    if one is None or other is None:
        return other if one is None else one
    return pick(one, other)


def _has_districts(problem: PlanProblem) -> bool:
    demand = problem.demand
    return bool(np.any((demand.district >= 0) & (demand.weight > 0)))
