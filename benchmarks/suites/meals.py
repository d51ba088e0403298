"""``meals``: a demo town's lunch, in several trips per carrier."""

from __future__ import annotations

from pathlib import Path

from benchmarks.suite import Case, Limits, NotExpressible, Outcome, Suite
from benchmarks.suites.rounds import solve_rounds
from benchmarks.towns import open_town
from scenarios.day import read_lunch
from scenarios.meals import compile_meals

__all__ = ["MEALS"]


def cases(data: Path | None) -> list[Case]:
    """The demo towns."""
    return [Case(f"town-{size}", size, "min") for size in ("S", "M", "L")]


def ours(case: Case, limits: Limits) -> Outcome:
    """Our routing solver."""
    scenario, folder, district = open_town(case.source)
    assert scenario.meals is not None
    lunch = read_lunch(scenario.meals, folder)
    return solve_rounds(compile_meals(district, scenario.meals, lunch).problem, limits)


def _pyvrp(case: Case, limits: Limits) -> Outcome:
    raise NotExpressible("no limit on the time since loading")


MEALS = Suite(
    name="meals",
    about="min wages, ways and prizes of stops left out, in thousandths of fen; all rules checked",
    seconds=30.0,
    cases=cases,
    ours=ours,
    peers={"pyvrp": _pyvrp},
    packages={"pyvrp": ("pyvrp",)},
    smoke=("town-S", 2.0),
)
