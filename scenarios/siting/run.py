"""Where sites should stand: a siting scenario solved, checked and read back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from base.faults import Fault, FaultError
from geo.isochrone import isochrones
from optimizer.siting.check import check
from optimizer.siting.coverage import covered, nearest
from optimizer.siting.curve import CurvePoint, Gain, coverage_curve, order_by_gain
from optimizer.siting.problem import (
    Question,
    SiteStatus,
    SitingAnswer,
    SitingProblem,
    SitingRequest,
)
from optimizer.siting.solve import solve
from optimizer.stop import ProgressCallback, Stop
from scenarios.codes import BEYOND_REACH, CHECK_REFUSED, PART_MISSING
from scenarios.compare import CoverageRow, compare_coverage
from scenarios.demand import DemandRows
from scenarios.district import District, open_district
from scenarios.explain.ids import check_ids
from scenarios.explain.siting import explain_siting
from scenarios.explain.telling import Explanation
from scenarios.model import Scenario, SitingInput
from scenarios.siting.case import (
    BASE_SPEED,
    SitingCase,
    compile_siting,
    is_wide_enough,
    wider,
)
from scenarios.territory.catchments import checked_units
from scenarios.territory.run import Territory, build_territory

__all__ = ["SitingRun", "run_siting"]

_LAST_PART = 0.25
"""Part of the solve's seconds that a solve with more pairs has at least."""
_CURVE_SHARE = 0.5
"""The coverage curve may take this share of the solve's seconds on top of them."""


@dataclass(frozen=True, eq=False)
class SitingRun:
    """A siting scenario with its checked answer.

    Attributes:
        case: streets, sites, demand and the compiled problem.
        answer: the solver's answer; the checker found nothing wrong with it.
        gains: new sites in order of marginal gain, with gains in the problem's own units.
        curve: coverage for 1, 2 .. new sites, with a proved bound each; empty where not asked.
        warnings: what the user should know.
        territory: catchments, search areas and access, as far as the scenario asks for them.
        explanation: answers to the questions of the scenario's ``explain``; None without any.
    """

    case: SitingCase
    answer: SitingAnswer
    gains: tuple[Gain, ...]
    curve: tuple[CurvePoint, ...]
    warnings: tuple[Fault, ...]
    territory: Territory = field(default_factory=Territory)
    explanation: Explanation | None = None

    @property
    def scenario(self) -> Scenario:
        """The scenario as written."""
        return self.case.district.scenario

    @property
    def wanted(self) -> SitingInput:
        """The scenario's siting part."""
        assert self.scenario.siting is not None
        return self.scenario.siting

    @property
    def district(self) -> District:
        """Streets and sub-districts."""
        return self.case.district

    @property
    def demand(self) -> DemandRows:
        """The demand rows."""
        return self.case.demand

    @property
    def problem(self) -> SitingProblem:
        """What the solver got."""
        return self.case.problem

    @property
    def request(self) -> SitingRequest:
        """What it was asked."""
        return self.case.request

    @cached_property
    def existing(self) -> NDArray[np.int32]:
        """Numbers of the sites that stand today."""
        status = self.problem.site_status
        return np.flatnonzero(status == SiteStatus.EXISTING).astype(np.int32)

    @cached_property
    def open_sites(self) -> NDArray[np.int32]:
        """Numbers of the sites that the answer opens; today's where there is no answer."""
        return self.answer.open_sites if self.answer.open_sites.size else self.existing

    @cached_property
    def covered_before(self) -> NDArray[np.bool_]:
        """Demand rows that today's sites cover."""
        return covered(self.problem, self.existing)

    @cached_property
    def covered_after(self) -> NDArray[np.bool_]:
        """Demand rows that the answer's sites cover."""
        return covered(self.problem, self.open_sites)

    @cached_property
    def coverage(self) -> tuple[CoverageRow, ...]:
        """Coverage before and after by sub-district and group."""
        demand = self.demand
        return compare_coverage(
            demand.persons,
            demand.district,
            demand.group,
            self.covered_before,
            self.covered_after,
            demand.estimated,
        )

    @cached_property
    def chosen(self) -> gpd.GeoDataFrame:
        """New sites in order of marginal gain: site columns plus ``order``, ``newly_covered`` and
        ``covered`` (persons, not weighted), ``gain``, ``total``.

        Gains are persons (weighted, bonus included) for coverage questions, person-minutes of
        way saved for the p-median; the other questions have none.
        """
        numbers = [gain.site for gain in self.gains]
        frame = self.case.sites.iloc[numbers].reset_index(drop=True)
        frame.insert(0, "order", np.arange(1, len(numbers) + 1))
        covers = self._covered_in_order(numbers)
        frame["newly_covered"] = np.diff(covers)
        frame["covered"] = covers[1:]
        scale = self.gain_scale
        frame["gain"] = [gain.gain / scale for gain in self.gains]
        frame["total"] = [gain.total / scale for gain in self.gains]
        return frame

    def _covered_in_order(self, new_sites: list[int]) -> NDArray[np.float64]:
        """Persons covered today, then after each new site in turn."""
        reached = self.covered_before.copy()
        persons = [float(self.demand.persons[reached].sum())]
        for site in new_sites:
            reached |= covered(self.problem, np.array([site], dtype=np.int32))
            persons.append(float(self.demand.persons[reached].sum()))
        return np.array(persons)

    @property
    def weighted(self) -> bool:
        """Whether the gain counts some people more than others, or a bonus."""
        weights = {cell.weight for cell in self.demand.cells}
        return weights != {1.0} or bool(self.problem.site_bonus.any())

    @property
    def gain_scale(self) -> float:
        """Problem units per unit of ``chosen.gain``."""
        problem = self.problem
        if self.request.question is Question.P_MEDIAN:
            return float(problem.weight_scale * problem.ticks_per_second * 60)
        if self.request.question is Question.P_CENTER:
            return float(problem.ticks_per_second * 60)
        return float(problem.weight_scale)

    @cached_property
    def uncovered(self) -> gpd.GeoDataFrame:
        """Places with people whom no open site covers: persons, uncovered persons by group."""
        demand = self.demand
        left = demand.persons * ~self.covered_after
        frame = demand.places.copy()
        k = len(frame)
        frame["persons"] = np.bincount(demand.place, demand.persons, minlength=k)
        frame["uncovered"] = np.bincount(demand.place, left, minlength=k)
        if len(demand.groups) > 1:
            for number, group in enumerate(demand.groups):
                mine = demand.group == number
                frame[f"uncovered_{group}"] = np.bincount(
                    demand.place[mine], left[mine], minlength=k
                )
        return frame[frame["uncovered"] > 0].reset_index(drop=True)

    @cached_property
    def circle_metres(self) -> float:
        """Width of the circles on the map: the walk that most people have, in metres."""
        metres = self.demand.radius / self.problem.ticks_per_second * self.demand.speed
        widths, which = np.unique(np.round(metres, 1), return_inverse=True)
        return float(widths[np.argmax(np.bincount(which, self.demand.persons))])

    @cached_property
    def circles(self) -> gpd.GeoDataFrame:
        """Ground within ``circle_metres`` on foot of every open site, new ones last."""
        new = np.array([gain.site for gain in self.gains], dtype=np.int64)
        numbers = np.concatenate([np.setdiff1d(self.open_sites, new), new]).astype(np.int64)
        if not numbers.size:
            return gpd.GeoDataFrame(
                {"site_id": [], "state": [], "metres": []},
                geometry=gpd.GeoSeries([], crs="EPSG:4326"),
            )
        origins = self.case.snapped.take(numbers)
        limit = self.circle_metres / BASE_SPEED
        frame = isochrones(self.district.streets, origins, self.case.mode, [limit])
        mine = numbers[frame["origin"].to_numpy()]
        return gpd.GeoDataFrame(
            {
                "site_id": self.case.sites["site_id"].to_numpy()[mine],
                "state": np.where(np.isin(mine, new), "new", "existing"),
                "metres": self.circle_metres,
            },
            geometry=frame.geometry.to_numpy(),
            crs=frame.crs,
        )

    @cached_property
    def way(self) -> pd.DataFrame:
        """Way to the nearest site, today and after: mean and worst minutes, persons without one.

        Weighted by persons; people whom no reach list holds count in ``persons_without`` only.
        """
        rows = []
        for when, sites in (("before", self.existing), ("after", self.open_sites)):
            site, cost = nearest(self.problem, sites)
            reached = site >= 0
            persons, minutes = self.demand.persons, cost / self.problem.ticks_per_second / 60
            total = float(persons[reached].sum())
            mean = float((persons * minutes)[reached].sum()) / total if total else float("nan")
            worst = float(minutes[reached].max()) if reached.any() else float("nan")
            rows.append((when, mean, worst, float(persons[~reached].sum())))
        return pd.DataFrame(rows, columns=["when", "mean_min", "worst_min", "persons_without"])


def run_siting(
    scenario: Scenario,
    folder: Path,
    *,
    stop: Stop | None = None,
    progress: ProgressCallback | None = None,
) -> SitingRun:
    """Solve the siting part of a scenario.

    Args:
        scenario: the scenario; it must have a part ``siting``.
        folder: where its paths count from.
        stop: when to stop; None for the scenario's own seconds.
        progress: hears of every step.

    Raises:
        FaultError: every fault of the scenario's layers and, before anything is solved, of the
            units of its catchments; every unknown id of ``explain`` (CC-S440);
            or CC-S206 where the independent checker refuses the answer.
    """
    wanted = scenario.siting
    if wanted is None:
        raise FaultError([PART_MISSING(part="siting")])
    stop = stop or Stop(seconds=wanted.seconds)
    case = compile_siting(wanted, open_district(scenario, folder), progress)
    check_ids(wanted.explain, list(case.sites["site_id"]), "siting")
    units = None
    if wanted.catchments is not None:
        fixed = (SiteStatus.EXISTING, SiteStatus.REQUIRED)
        sure = int(np.isin(case.problem.site_status, fixed).sum())
        units = checked_units(
            wanted.catchments, case.district, case.demand.groups, sure_stations=sure
        )
    case, answer = _solved(case, stop, wanted.seed, progress)
    problem, request = case.problem, case.request
    violations = check(problem, request, answer)
    if violations:
        raise FaultError(
            [CHECK_REFUSED(what_en=each.text("en"), what_zh=each.text("zh")) for each in violations]
        )
    run = SitingRun(
        case,
        answer,
        order_by_gain(problem, request, answer),
        _curve(wanted, case, stop, progress),
        (*case.warnings, *_beyond_reach(case)),
    )
    territory = build_territory(run, units=units, stop=stop, progress=progress)
    run = replace(run, territory=territory, warnings=(*run.warnings, *territory.warnings))
    return _explained(run, stop, progress)


def _solved(
    case: SitingCase, stop: Stop, seed: int, progress: ProgressCallback | None
) -> tuple[SitingCase, SitingAnswer]:
    """The answer, and the case in which it holds with all pairs of place and site."""
    clock = stop.start()
    while True:
        left = None
        if stop.seconds is not None:
            left = max(clock.remaining, _LAST_PART * stop.seconds)
        rule = Stop(left, stop.iterations, stop.cancelled)
        answer = solve(case.problem, case.request, stop=rule, seed=seed, progress=progress)
        if is_wide_enough(case, answer.open_sites):
            return case, answer
        case = wider(case, progress)


def _explained(run: SitingRun, stop: Stop, progress: ProgressCallback | None) -> SitingRun:
    """The run with the answers to its questions; their seconds are their own."""
    wanted = run.wanted.explain
    if wanted is None:
        return run
    rule = Stop(wanted.seconds, stop.iterations, stop.cancelled)
    found = explain_siting(run, wanted, stop=rule, progress=progress)
    return replace(run, explanation=found, warnings=(*run.warnings, *found.warnings))


def _curve(
    wanted: SitingInput, case: SitingCase, stop: Stop, progress: ProgressCallback | None
) -> tuple[CurvePoint, ...]:
    up_to = wanted.curve_to if wanted.curve_to is not None else wanted.new_sites
    required = int((case.problem.site_status == SiteStatus.REQUIRED).sum())
    if not up_to or up_to < required or case.request.question is not Question.MCLP:
        return ()
    seconds = None if stop.seconds is None else stop.seconds * _CURVE_SHARE
    rule = Stop(seconds=seconds, iterations=stop.iterations, cancelled=stop.cancelled)
    return coverage_curve(case.problem, up_to, stop=rule, seed=wanted.seed, progress=progress)


def _beyond_reach(case: SitingCase) -> tuple[Fault, ...]:
    """A warning where people can be covered by nothing that may stand."""
    problem, demand = case.problem, case.demand
    allowed = np.flatnonzero(problem.site_status != SiteStatus.FORBIDDEN).astype(np.int32)
    lost = ~covered(problem, allowed)
    if not lost.any():
        return ()
    places = np.unique(demand.place[lost]).size
    persons = f"{demand.persons[lost].sum():,.0f}"
    return (BEYOND_REACH("siting.demand", persons=persons, count=places),)
