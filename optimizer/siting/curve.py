"""Coverage for every number of new sites, each point with a proved bound."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.codes import BAD_VALUE, REQUIRED_ABOVE_LIMIT
from optimizer.result import Status
from optimizer.siting.cover.best import Best
from optimizer.siting.cover.solve import solve_model
from optimizer.siting.engine import Reporter
from optimizer.siting.gains import Gain, order_by_gain
from optimizer.siting.greedy import (
    gains_after,
    gains_in_order,
    most_cover,
    submodular_bounds,
)
from optimizer.siting.presolve import CoverModel, cover_model
from optimizer.siting.problem import SitingProblem
from optimizer.stop import Progress, ProgressCallback, Stop, StopClock

__all__ = ["CurvePoint", "Gain", "coverage_curve", "order_by_gain"]

_DEFAULT_STOP = Stop(seconds=60)


@dataclass(frozen=True)
class CurvePoint:
    """The most that a number of new sites can cover.

    Attributes:
        new_sites: at most so many new sites.
        objective: MCLP objective of the best answer found (covered weight plus bonuses).
        bound: proved upper bound.
        status: OPTIMAL where both meet, else FEASIBLE.
    """

    new_sites: int
    objective: int
    bound: int
    status: Status


def coverage_curve(
    problem: SitingProblem,
    up_to: int,
    *,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> tuple[CurvePoint, ...]:
    """MCLP for every number of new sites from the required ones (none: today) to ``up_to``.

    Each point starts from the better of the greedy answer and the point before it plus one site,
    and has its share of the time that is left. Where time runs out, greedy answers stand with
    the bound that submodularity gives (Nemhauser, Wolsey, Fisher 1978). Objectives and bounds
    never fall from one point to the next.

    Args:
        problem: sites, demand, reach.
        up_to: the largest number of new sites, required ones included.
        stop: limits for the whole curve; an iteration is a branch-and-bound node of a point.
        seed: random seed.
        progress: told after every point; ``iterations`` counts points.

    Raises:
        FaultError: ``up_to`` is negative (CC-O004) or below the required sites (CC-O100).
    """
    clock = stop.start()
    model = cover_model(problem)
    _check_limit(up_to, model.required)
    room = up_to - model.required
    greedy = most_cover(model, room)
    bounds = submodular_bounds(model, greedy, room)
    points: list[CurvePoint] = []
    best = _Point(greedy[:0], model.covered, model.covered)
    for limit in range(room + 1):
        start = _better_start(model, greedy[:limit], best, limit)
        best = _solve_point(model, limit, start, int(bounds[limit]), clock, room, seed)
        new_sites = model.required + limit
        points.append(CurvePoint(new_sites, best.value, best.bound, Status.FEASIBLE))
        if progress is not None:
            progress(Progress("curve", clock.elapsed, best.value, best.bound, len(points)))
    return tuple(_tighten(points))


@dataclass(frozen=True)
class _Point:
    chosen: NDArray[np.int32]
    value: int
    bound: int


def _check_limit(up_to: int, required: int) -> None:
    faults = Faults()
    if up_to < 0:
        faults.add(BAD_VALUE(field="up_to", value=up_to, rule=">= 0"))
    elif up_to < required:
        faults.add(REQUIRED_ABOVE_LIMIT(required=required, limit=up_to))
    faults.raise_if_any()


def _solve_point(
    model: CoverModel,
    limit: int,
    start: _Point,
    bound: int,
    clock: StopClock,
    last: int,
    seed: int,
) -> _Point:
    if start.value >= bound or clock.reason() is not None:
        return _Point(start.chosen, start.value, max(bound, start.value))
    share = clock.remaining / (last - limit + 1)
    rule = dataclasses.replace(clock.rule, seconds=None if share == float("inf") else share)
    best = Best(model, limit, rule.start(), Reporter("curve", clock, None), seed)
    best.start(start.chosen)
    solve_model(best, seed)
    bound = min(bound, best.most)
    return _Point(best.chosen, best.value, max(bound, best.value))


def _better_start(
    model: CoverModel, greedy: NDArray[np.int32], before: _Point, limit: int
) -> _Point:
    """The better of the greedy answer and the last point's with one more site."""
    chosen = before.chosen
    if chosen.size < limit:
        gains = gains_after(model, chosen)
        if gains.size and gains.max() > 0:
            chosen = np.append(chosen, np.int32(np.argmax(gains)))
    candidates = [_Point(sites, _value(model, sites), 0) for sites in (greedy, chosen)]
    return max(candidates, key=lambda point: point.value)


def _value(model: CoverModel, chosen: NDArray[np.int32]) -> int:
    return model.covered + int(gains_in_order(model, chosen).sum())


def _tighten(points: list[CurvePoint]) -> Iterator[CurvePoint]:
    """More sites never cover less: a later bound holds for every earlier point."""
    bounds = np.minimum.accumulate([point.bound for point in reversed(points)])[::-1].tolist()
    for point, bound in zip(points, bounds, strict=True):
        proved = bound == point.objective
        status = Status.OPTIMAL if proved else Status.FEASIBLE
        yield CurvePoint(point.new_sites, point.objective, bound, status)
