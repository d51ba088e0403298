"""A station's week, planned, checked and read back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from base.faults import Fault, FaultError
from optimizer.routing.week.check import check_week
from optimizer.routing.week.problem import WeekProblem
from optimizer.routing.week.solution import WeekAnswer, WeekUnserved
from optimizer.routing.week.solve import solve_week
from optimizer.stop import ProgressCallback, Stop
from scenarios.codes import CHECK_REFUSED, PART_MISSING
from scenarios.district import District, open_beside
from scenarios.model import Scenario
from scenarios.records import Tier
from scenarios.rounds import Round, read_rounds
from scenarios.tables import Intake
from scenarios.week.case import StationWeek, WeekCase, compile_week, read_week
from scenarios.week.model import WeekInput
from scenarios.week.needs import WeekNeed

__all__ = ["WeekRun", "plan_week", "run_week"]


@dataclass(frozen=True, eq=False)
class WeekRun:
    """A week with its checked plan.

    Attributes:
        case: records and compiled problem.
        answer: the planner's answer; the checker found nothing wrong with it.
    """

    case: WeekCase
    answer: WeekAnswer

    @property
    def wanted(self) -> WeekInput:
        """The scenario's part ``week``."""
        return self.case.week.wanted

    @property
    def scenario(self) -> Scenario:
        """The scenario as written."""
        return self.district.scenario

    @property
    def district(self) -> District:
        """Streets and sub-districts."""
        return self.case.district

    @property
    def problem(self) -> WeekProblem:
        """What the planner got."""
        return self.case.problem

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What the user should know."""
        return self.case.warnings

    @cached_property
    def rounds(self) -> tuple[tuple[Round, ...], ...]:
        """The rounds of every day."""
        return tuple(read_rounds(day.problem, day.answer) for day in self.answer.days)

    @cached_property
    def unserved(self) -> tuple[tuple[WeekNeed, WeekUnserved], ...]:
        """Visits that nobody makes, with the reason, highest tier first."""
        pairs = [(self.case.week.needs[item.need], item) for item in self.answer.unserved]
        return tuple(sorted(pairs, key=lambda p: (p[0].tier, p[1].need, p[1].number)))

    @cached_property
    def tiers(self) -> tuple[tuple[Tier, int, int], ...]:
        """(tier, asked, served) of tiers that occur."""
        needs = self.case.week.needs
        asked: Counter[Tier] = Counter()
        for need in needs:
            asked[need.tier] += need.times
        served = Counter(needs[visit.need].tier for visit in self.answer.visits)
        return tuple((tier, asked[tier], served[tier]) for tier in Tier if asked[tier])


def run_week(
    scenario: Scenario,
    folder: Path,
    *,
    stop: Stop | None = None,
    progress: ProgressCallback | None = None,
    intake: Intake | None = None,
) -> WeekRun:
    """Plan the week of a scenario's part ``week``.

    Args:
        scenario: the scenario; it must have a part ``week``.
        folder: where its paths count from.
        stop: when to stop; None for the scenario's own seconds and iterations.
        progress: hears of every step.
        intake: makes pseudonyms and takes contacts; None for tables that have ids.

    Raises:
        FaultError: every fault of tables and layers; or CC-S206 where the independent checker
            refuses the plan.
    """
    wanted = scenario.week
    if wanted is None:
        raise FaultError([PART_MISSING(part="week")])
    district, week = open_beside(scenario, folder, lambda: read_week(wanted, folder, intake))
    stop = stop or Stop(seconds=wanted.seconds, iterations=wanted.iterations)
    return plan_week(district, week, stop=stop, progress=progress)


def plan_week(
    district: District,
    week: StationWeek,
    *,
    stop: Stop,
    progress: ProgressCallback | None = None,
) -> WeekRun:
    """Plan a week from records.

    Raises:
        FaultError: records that do not fit together; or CC-S206.
    """
    case = compile_week(district, week)
    wanted = week.wanted
    answer = solve_week(
        case.problem, stop=stop, seed=wanted.seed, threads=wanted.threads, progress=progress
    )
    violations = check_week(case.problem, answer)
    if violations:
        raise FaultError(
            [CHECK_REFUSED(what_en=each.text("en"), what_zh=each.text("zh")) for each in violations]
        )
    return WeekRun(case, answer)
