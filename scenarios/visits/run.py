"""Who visits whom, when, in which order: one day of a station, planned, checked, read back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from base.faults import FaultError
from optimizer.routing.solution import Unserved
from optimizer.stop import ProgressCallback, Stop
from scenarios.codes import PART_MISSING
from scenarios.day import VisitDay, read_visit_day
from scenarios.district import District, open_beside
from scenarios.model import Scenario, VisitsInput
from scenarios.records import Tier, Visit
from scenarios.rounds import RoundsRun, solve_checked
from scenarios.tables import Intake
from scenarios.visits.case import VisitsCase, compile_visits

__all__ = ["TierCount", "VisitsRun", "plan_visits", "run_visits"]


@dataclass(frozen=True)
class TierCount:
    """Visits of one tier: how many are asked for, and how many the plan serves."""

    tier: Tier
    asked: int
    served: int


@dataclass(frozen=True, eq=False)
class VisitsRun(RoundsRun[VisitsCase]):
    """A day of visits with its checked plan."""

    @property
    def wanted(self) -> VisitsInput:
        """The scenario's visits part."""
        assert self.scenario.visits is not None
        return self.scenario.visits

    @cached_property
    def unserved(self) -> tuple[tuple[Visit, Unserved], ...]:
        """Visits that nobody makes, with the reason, highest tier first."""
        pairs = [(self.case.visits[item.task], item) for item in self.answer.reasons]
        return tuple(sorted(pairs, key=lambda pair: (pair[0].tier, pair[1].task)))

    @cached_property
    def tiers(self) -> tuple[TierCount, ...]:
        """Asked and served by tier, tiers that occur only."""
        left = set(self.answer.plan.unserved)
        asked = Counter(visit.tier for visit in self.case.visits)
        lost = Counter(self.case.visits[task].tier for task in left)
        return tuple(
            TierCount(tier, asked[tier], asked[tier] - lost[tier]) for tier in Tier if asked[tier]
        )


def run_visits(
    scenario: Scenario,
    folder: Path,
    *,
    stop: Stop | None = None,
    progress: ProgressCallback | None = None,
    intake: Intake | None = None,
) -> VisitsRun:
    """Plan the day of a scenario's visits part.

    Args:
        scenario: the scenario; it must have a part ``visits``.
        folder: where its paths count from.
        stop: when to stop; None for the scenario's own seconds and iterations.
        progress: hears of every step.
        intake: makes pseudonyms and takes contacts; None for tables that have ids.

    Raises:
        FaultError: every fault of tables and layers; or CC-S206 where the independent checker
            refuses the plan.
    """
    wanted = scenario.visits
    if wanted is None:
        raise FaultError([PART_MISSING(part="visits")])
    district, day = open_beside(scenario, folder, lambda: read_visit_day(wanted, folder, intake))
    stop = stop or Stop(seconds=wanted.seconds, iterations=wanted.iterations)
    return plan_visits(district, day, stop=stop, seed=wanted.seed, progress=progress)


def plan_visits(
    district: District,
    day: VisitDay,
    *,
    stop: Stop,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> VisitsRun:
    """Plan a day from records.

    Raises:
        FaultError: records that do not fit together; or CC-S206.
    """
    case = compile_visits(district, day)
    answer = solve_checked(case.problem, stop=stop, seed=seed, progress=progress)
    return VisitsRun(case, answer)
