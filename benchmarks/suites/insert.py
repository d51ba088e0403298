"""``insert``: urgent visits that come in on a running day, ranked against its plan.

Thirty carers, 300 visits with breaks, double-staffed and sequenced ones, half of the day over,
the next half hour frozen. Every call is ranked against the same plan in force, state and all
from the raw day; the objective is the cost in fen that the best proposals add in sum.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from benchmarks.running_day import RunningDay, running_day
from benchmarks.suite import Case, Limits, Outcome, Suite
from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.check import check
from optimizer.routing.dispatch.ranked_insert import Ranking, apply_proposal, rank_insertions
from optimizer.routing.dispatch.standing import Standing, stand
from optimizer.routing.parts import plan_parts
from optimizer.routing.solution import Plan, RoutingAnswer, StepKind
from optimizer.routing.solve import count_plan
from optimizer.routing.violations import ViolationKind

__all__ = ["INSERT"]

_SEEDS = 5
_OPEN_QUESTIONS = {
    ViolationKind.WRONG_REASON,
    ViolationKind.TIER_INVERSION,
    ViolationKind.REASON_MISSING,
}
"""About the visits left out, which a dispatcher's plan does not settle."""


def cases(data: Path | None) -> list[Case]:
    """Days by seed; nothing is read."""
    return [Case(f"day-{seed}", {"seed": seed}) for seed in range(1, _SEEDS + 1)] + [
        Case("small-1", {"seed": 1, "carers": 6, "visits": 50, "calls": 6})
    ]


def ours(case: Case, limits: Limits) -> Outcome:
    """Our ranked insertion; calls are ranked until the limit on seconds is over."""
    day = running_day(**case.source)
    first = stand(day.problem, day.plan, day.state)
    for group in (day.calls[0], next((g for g in day.calls if len(g) == 2), day.calls[0])):
        rank_insertions(first, group)  # compiles
    started = time.perf_counter()
    times: list[float] = []
    work: list[float] = []
    tally = _Tally()
    tally.violations += _violations(first, first.plan)
    for group in day.calls[: limits.iterations]:
        begin, begin_work = time.perf_counter(), time.process_time()
        standing = stand(day.problem, day.plan, day.state)
        ranking = rank_insertions(standing, group)
        times.append(1000 * (time.perf_counter() - begin))
        work.append(1000 * (time.process_time() - begin_work))
        tally.add(day, standing, ranking)
        if limits.iterations is None and time.perf_counter() - started > limits.seconds:
            break
    return Outcome(
        status="feasible",
        objective=tally.added / day.problem.cost_scale,
        seconds=sum(times) / 1000,
        metrics={
            "calls": len(times),
            "placed": tally.placed,
            "by_ejection": tally.ejected,
            "p50_ms": float(np.percentile(times, 50)),
            "p95_ms": float(np.percentile(times, 95)),
            "max_ms": max(times),
            "p95_cpu_ms": float(np.percentile(work, 95)),
            "frozen_moved": tally.frozen_moved,
            "violations": tally.violations,
            "wrong_costs": tally.wrong_costs,
        },
    )


class _Tally:
    """What all proposals of a day come to, each looked at by the checker."""

    def __init__(self) -> None:
        self.placed = self.ejected = self.added = 0
        self.frozen_moved = self.violations = self.wrong_costs = 0

    def add(self, day: RunningDay, standing: Standing, ranking: Ranking) -> None:
        """Count a ranking."""
        if not ranking.proposals:
            return
        self.placed += 1
        self.ejected += ranking.ejected
        self.added += ranking.proposals[0].added
        fixed = standing.frozen | standing.began
        base = sum(plan_parts(standing.problem, standing.plan).values())
        for proposal in ranking.proposals:
            moves = [move for move in proposal.moves if move.kind is StepKind.TASK]
            self.frozen_moved += sum(bool(fixed[move.index]) for move in moves)
            plan = apply_proposal(standing, proposal)
            self.violations += _violations(standing, plan)
            served = sorted({placement.task for placement in proposal.placements})
            saved = int(standing.problem.absence_cost[served].sum())
            cost = sum(plan_parts(standing.problem, plan).values())
            self.wrong_costs += cost - base + saved != proposal.added


def _violations(standing: Standing, plan: Plan) -> int:
    """Rules that a plan breaks, and parts of its cost that are wrong."""
    problem = standing.problem
    parts = plan_parts(problem, plan)
    result = SolveResult(
        status=Status.FEASIBLE,
        stop_reason=StopReason.FINISHED,
        objective=sum(parts.values()),
        bound=None,
        seconds=0.0,
        seed=None,
        solver="insert",
        parts=parts,
    )
    answer = RoutingAnswer(plan, (), result, count_plan(problem, plan))
    return sum(each.kind not in _OPEN_QUESTIONS for each in check(problem, answer))


INSERT = Suite(
    name="insert",
    about="urgent visits into a running day; p95 of the ranked list, cost added in fen",
    seconds=60.0,
    cases=cases,
    ours=ours,
    smoke=("small-1", 5.0),
)
