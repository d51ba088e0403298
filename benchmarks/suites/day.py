"""``day``: a demo town's day of home visits, compared with the plan that it was made around.

The day asks for two carers at once, visits that follow each other, breaks, wishes and musts for
the person. The peers have no words for some of that and show "-": the day without them would be
another problem, and its cost no comparison.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from benchmarks.suite import Case, Limits, NotExpressible, Outcome, Solver, Suite
from benchmarks.suites.rounds import solve_rounds
from benchmarks.towns import open_town
from optimizer.routing.check import check
from optimizer.routing.features import Feature, used_features
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.solution import RoutingAnswer
from scenarios.day import read_visit_day
from scenarios.town.write import HIDDEN_PLAN, read_plan
from scenarios.visits import VisitsCase, compile_visits
from scenarios.visits.given import given_answer

__all__ = ["DAY", "hidden_answer", "load"]

_PEERS = {
    "pyvrp": frozenset({Feature.ALLOWED, Feature.OVERTIME}),
    "vroom": frozenset({Feature.ALLOWED, Feature.BREAKS, Feature.MAX_TRAVEL}),
}
"""What a peer's own model can say, of the features that days use."""


def cases(data: Path | None) -> list[Case]:
    """The demo towns."""
    return [Case(f"day-{size}", size, "min") for size in ("S", "M", "L")]


def load(size: Literal["S", "M", "L"]) -> tuple[VisitsCase, Path]:
    """The day as compiled, and the town's folder."""
    scenario, folder, district = open_town(size)
    assert scenario.visits is not None
    return compile_visits(district, read_visit_day(scenario.visits, folder)), folder


def hidden_answer(case: VisitsCase, folder: Path) -> RoutingAnswer:
    """The plan that the day was made around.

    Raises:
        ValueError: the checker finds fault with it, so that its cost says nothing.
    """
    answer = given_answer(case, read_plan(folder / HIDDEN_PLAN))
    broken = check(case.problem, answer)
    if broken:
        raise ValueError(f"the plan that the day was made around is broken: {broken[0]}")
    return answer


def ours(case: Case, limits: Limits) -> Outcome:
    """Our routing solver, with the cost of the hidden plan for reference."""
    day, folder = load(case.source)
    hidden = hidden_answer(day, folder).result.objective
    assert hidden is not None
    outcome = solve_rounds(day.problem, limits)
    metrics = dict(outcome.metrics)
    if outcome.trace:
        metrics["first_plan_s"] = outcome.trace[0][0]
    return replace(outcome, metrics=metrics, reference=float(hidden))


def _peer(name: str) -> Solver:
    """A peer that says what it has no words for."""

    def solve(case: Case, limits: Limits) -> Outcome:
        raise NotExpressible(_missing(name, load(case.source)[0].problem))

    return solve


def _missing(name: str, problem: RoutingProblem) -> str:
    missing = sorted(used_features(problem) - _PEERS[name])
    return f"no {', '.join(missing)}"


DAY = Suite(
    name="day",
    about="min wages and broken wishes plus prizes of unserved visits, in thousandths of fen; "
    "best known is the plan that the day was made around; all rules checked",
    seconds=30.0,
    cases=cases,
    ours=ours,
    peers={name: _peer(name) for name in _PEERS},
    packages={"pyvrp": ("pyvrp",), "vroom": ("pyvroom",)},
    smoke=("day-S", 2.0),
)
