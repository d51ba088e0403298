"""Who visits whom, when, in which order: one day of a station, planned, checked, read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from base.faults import FaultError
from optimizer.routing.problem import NONE
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
from scenarios.visits.fulfilled import (
    CostRow,
    Spending,
    WishCount,
    cost_rows,
    count_wishes,
    spending,
)

__all__ = ["TierCount", "VisitsRun", "plan_visits", "run_visits"]


@dataclass(frozen=True)
class TierCount:
    """Visits of one tier: how many are asked for, are made, and are done by phone."""

    tier: Tier
    asked: int
    served: int
    by_phone: int = 0


@dataclass(frozen=True, eq=False)
class VisitsRun(RoundsRun[VisitsCase]):
    """A day of visits with its checked plan."""

    @property
    def wanted(self) -> VisitsInput:
        """The scenario's visits part."""
        assert self.scenario.visits is not None
        return self.scenario.visits

    @cached_property
    def people(self) -> Mapping[int, tuple[int, ...]]:
        """Numbers of the carers who make a visit, by the visit's number."""
        found: dict[int, tuple[int, ...]] = {}
        for round_ in self.rounds:
            for stop in round_.tasks:
                task = stop.step.index
                found[task] = (*found.get(task, ()), round_.vehicle)
        return found

    @cached_property
    def by_phone(self) -> tuple[Visit, ...]:
        """Visits in whose place somebody calls, highest tier first."""
        visits = [self.case.visits[task] for task in self._calls]
        return tuple(sorted(visits, key=lambda visit: (visit.tier, visit.id)))

    @cached_property
    def unserved(self) -> tuple[tuple[Visit, Unserved], ...]:
        """Visits that nobody makes and no call stands in for, with the reason, highest tier
        first.
        """
        calls = set(self._calls)
        pairs = [
            (self.case.visits[item.task], item)
            for item in self.answer.reasons
            if item.task not in calls
        ]
        return tuple(sorted(pairs, key=lambda pair: (pair[0].tier, pair[1].task)))

    @cached_property
    def _calls(self) -> tuple[int, ...]:
        remote = self.problem.task_remote_cost
        return tuple(task for task in self.answer.plan.unserved if remote[task] != NONE)

    @cached_property
    def tiers(self) -> tuple[TierCount, ...]:
        """Asked, served and called by tier, tiers that occur only."""
        visits = self.case.visits
        asked = Counter(visit.tier for visit in visits)
        lost = Counter(visits[task].tier for task in self.answer.plan.unserved)
        calls = Counter(visit.tier for visit in self.by_phone)
        return tuple(
            TierCount(tier, asked[tier], asked[tier] - lost[tier], calls[tier])
            for tier in Tier
            if asked[tier]
        )

    @cached_property
    def wishes(self) -> tuple[WishCount, ...]:
        """Wishes for the person, asked and kept."""
        return count_wishes(self.case, self.rounds)

    @cached_property
    def costs(self) -> tuple[CostRow, ...]:
        """The objective part by part."""
        calls = set(self._calls)
        dropped = [task for task in self.answer.plan.unserved if task not in calls]
        parts = self.answer.result.parts
        return cost_rows(self.case, self.rounds, parts, dropped, self._calls)

    @cached_property
    def spending(self) -> tuple[Spending, ...]:
        """What the clients' allowances pay."""
        return spending(self.case, set(self.answer.plan.unserved))


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
