"""What stands where in which year: a plan scenario solved, checked and read back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from base.faults import Fault, FaultError
from optimizer.result import Status
from optimizer.siting.plan.checking.check import check
from optimizer.siting.plan.explain.conflict import Conflict, conflict
from optimizer.siting.plan.problem import Assignments, PlanAnswer, PlanProblem, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.stop import ProgressCallback, Stop
from scenarios.codes import CHECK_REFUSED, PART_MISSING
from scenarios.district import District, open_district
from scenarios.explain.ids import check_ids
from scenarios.explain.plan import explain_plan
from scenarios.explain.telling import Explanation
from scenarios.model import Scenario, Text
from scenarios.plan import figures
from scenarios.plan.case import PlanCase, compile_plan
from scenarios.plan.conflict import conflict_texts
from scenarios.plan.figures import FloorValue, PlanCoverage, RuleValue
from scenarios.plan.model import PlanInput
from scenarios.plan.moves import moves
from scenarios.plan.refusals import refusal_text
from scenarios.plan.territory import plan_territory, sure_stations
from scenarios.plan.today import serve_today
from scenarios.plan.worth import row_values
from scenarios.territory.catchments import checked_units
from scenarios.territory.run import Territory

__all__ = ["PlanRun", "run_plan"]


@dataclass(frozen=True, eq=False)
class PlanRun:
    """A plan scenario with its checked answer.

    Without an answer (``solved`` is False) the figures are those of today's network in all years.
    Frames name sites, options and services by number; ``site_id`` and names stand beside.

    Attributes:
        case: streets, sites, options, demand and the compiled problem.
        answer: the solver's answer; the checker found nothing wrong with it.
        today: who is served where by what stands today (the best use of today's places), with
            ``year`` 0.
        why_none: the rules that cannot hold together, where the plan is proved infeasible; see
            ``conflict`` for them in words.
        warnings: what the user should know.
        explanation: answers to the questions of the scenario's ``explain``; None without any.
        territory: catchments, search areas and access, as far as the scenario asks for them.

    Figures (cached properties): ``changes``, ``network``, ``money``, ``served_today``,
    ``served``, ``coverage``, ``groups``, ``rules``, ``floors``, ``attachments``, ``loads``,
    ``moves``, ``quotas``, ``unserved``, ``conflict``.
    """

    case: PlanCase
    answer: PlanAnswer
    today: Assignments
    why_none: Conflict | None
    warnings: tuple[Fault, ...]
    explanation: Explanation | None = None
    territory: Territory = field(default_factory=Territory)

    @property
    def scenario(self) -> Scenario:
        """The scenario as written."""
        return self.case.district.scenario

    @property
    def wanted(self) -> PlanInput:
        """The scenario's plan part."""
        return self.case.wanted

    @property
    def district(self) -> District:
        """Streets and sub-districts."""
        return self.case.district

    @property
    def problem(self) -> PlanProblem:
        """What the solver got."""
        return self.case.problem

    @property
    def request(self) -> PlanRequest:
        """What it was asked."""
        return self.case.request

    @property
    def status(self) -> Status:
        """What is known of the plan."""
        return self.answer.result.status

    @property
    def solved(self) -> bool:
        """Whether there is a plan."""
        return self.answer.option.size > 0

    @cached_property
    def conflict(self) -> tuple[Text, ...]:
        """The planner's own rules that cannot hold together, in words; empty unless infeasible."""
        return () if self.why_none is None else conflict_texts(self.case, self.why_none)

    @property
    def year_labels(self) -> tuple[str, ...]:
        """Labels of the T years."""
        return self.case.calendar.labels

    @cached_property
    def option(self) -> NDArray[np.int32]:
        """int32[T, m], the option that each site shows in each year, -1 for none."""
        if self.solved:
            return self.answer.option
        return np.tile(self.problem.sites.current, (self.problem.n_years, 1))

    @cached_property
    def parent(self) -> NDArray[np.int32]:
        """int32[T, m], the site that each site hangs on, -1 for none."""
        return self.answer.parent if self.solved else np.full_like(self.option, -1)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """What opens, closes or changes, a row each, by year and site.

        Columns: ``year``, ``year_label``, ``site``, ``kind`` (open, close, upgrade, convert),
        ``level_before``, ``size_before``, ``level``, ``size`` (ids, None for nothing),
        ``area_m2``, ``yearly_cost_yuan``, ``opening_cost_yuan``, ``closing_cost_yuan``,
        ``site_id``, ``name``, ``name_en``, ``subdistrict`` (number), ``premises``, ``origin``.
        """
        return figures.changes(self.case, self.option)

    @cached_property
    def network(self) -> gpd.GeoDataFrame:
        """All that stands, a row per year and site (WGS 84 points).

        Columns: ``year``, those of ``case.options`` (``site``, ``site_id``, ``level``, ``size``,
        ``current``, ``area_m2``, ``yearly_cost_yuan`` ...), ``parent`` (site, -1 for none),
        ``parent_id``, ``parent_m`` (metres of way), ``children``, ``name``, ``name_en``,
        ``subdistrict``, ``status``.
        """
        table = figures.standing(self.case, self.option, self.parent)
        told = self.case.sites[["name", "name_en", "subdistrict", "status", "geometry"]]
        return gpd.GeoDataFrame(table.join(told, on="site"), geometry="geometry", crs="EPSG:4326")

    @cached_property
    def money(self) -> pd.DataFrame:
        """Money per year.

        Columns: ``year``, ``year_label``, ``opening_yuan``, ``closing_yuan``, ``capital_yuan``
        (both), ``capital_limit_yuan`` (of the year, inf for none), ``carried_yuan`` (left over
        from before), ``running_yuan``, ``running_limit_yuan``.
        """
        return figures.money(self.case, self.option)

    @cached_property
    def served_today(self) -> NDArray[np.float64]:
        """float64[n], units of every demand row that today's network serves."""
        current = self.problem.sites.current[None, :]
        served = figures.served_units(self.problem, current, self.today)
        return served.reshape(-1)

    @cached_property
    def served(self) -> NDArray[np.float64]:
        """float64[T, n], units of every demand row that are served in each year."""
        if not self.solved:
            return np.tile(self.served_today, (self.problem.n_years, 1))
        return figures.served_units(self.problem, self.option, self.answer.assignments)

    @cached_property
    def coverage(self) -> tuple[PlanCoverage, ...]:
        """Units asked and served by service, sub-district and group, today and every year."""
        return figures.coverage(self.case, self.served_today, self.served)

    @cached_property
    def groups(self) -> tuple[PlanCoverage, ...]:
        """Units asked and served of every named group; ``group`` is its number among them."""
        return figures.group_coverage(self.case, self.served_today, self.served)

    @cached_property
    def rules(self) -> tuple[RuleValue, ...]:
        """Every rule with its value and limits in the last of its years."""
        return figures.rule_values(self.case, self.option)

    @cached_property
    def floors(self) -> tuple[FloorValue, ...]:
        """Every coverage floor with the share that is reached in the last of its years."""
        problem = self.problem
        today = row_values(problem, problem.sites.current[None, :], self.today)
        values = np.repeat(today, problem.n_years, axis=0)
        if self.solved:
            values = row_values(problem, self.option, self.answer.assignments)
        return figures.floor_values(self.case, today[0], values)

    @cached_property
    def attachments(self) -> pd.DataFrame:
        """Who hangs on whom: ``year``, ``site``, ``site_id``, ``level``, ``parent``,
        ``parent_id``, ``parent_m``.
        """
        columns = ["year", "site", "site_id", "level", "parent", "parent_id", "parent_m"]
        network = pd.DataFrame(self.network[columns])
        return network[network["parent"] >= 0].reset_index(drop=True)

    @cached_property
    def loads(self) -> pd.DataFrame:
        """Load of every site by capacitated service and year.

        Columns: ``year``, ``site``, ``site_id``, ``service`` (number), ``load``, ``capacity``
        (units; inf where room does not matter).
        """
        return figures.loads(self.case, self.option, self.answer.assignments)

    @cached_property
    def moves(self) -> pd.DataFrame:
        """Residents and clients who move, in the year in which they do, from last year's place.

        Columns: ``year``, ``kind`` (residents, clients), ``service``, ``from_site``, ``from_id``,
        ``to_site``, ``to_id``, ``units``.
        """
        return moves(self.case, self.answer.assignments)

    @cached_property
    def quotas(self) -> pd.DataFrame:
        """Quotas of new compounds: ``site``, ``site_id``, ``area_m2``, ``first_year``,
        ``given_to`` (site, -1 for none), ``given_to_id``.
        """
        own = self.case.quota_sites
        given = self.answer.quota_site if self.answer.quota_site.size else np.full(own.size, -1)
        ids = np.array([*self.case.sites["site_id"], None], dtype=object)
        return pd.DataFrame(
            {
                "site": own,
                "site_id": ids[own],
                "area_m2": self.problem.quotas.area,
                "first_year": self.problem.quotas.first_year,
                "given_to": given,
                "given_to_id": pd.Series(ids[given], dtype=object),
            }
        )

    @cached_property
    def unserved(self) -> gpd.GeoDataFrame:
        """Places (WGS 84) with people who are not served in the last year.

        Columns: those of the demand places, ``service`` (number), ``units``, ``unserved``.
        """
        demand = self.case.demand
        asked = self.problem.demand.amount / self.problem.units_per_person
        table = pd.DataFrame(
            {
                "place": demand.place,
                "service": demand.service,
                "units": asked,
                "unserved": np.maximum(asked - self.served[-1], 0.0),
            }
        )
        table = table[table["place"] >= 0]
        sums = table.groupby(["place", "service"], as_index=False)[["units", "unserved"]].sum()
        sums = sums[sums["unserved"] > 1e-9].reset_index(drop=True)
        places = demand.people.places.iloc[sums["place"].to_numpy()].reset_index(drop=True)
        return places.assign(
            service=sums["service"], units=sums["units"], unserved=sums["unserved"]
        )


def run_plan(
    scenario: Scenario,
    folder: Path,
    *,
    stop: Stop | None = None,
    progress: ProgressCallback | None = None,
) -> PlanRun:
    """Solve the plan part of a scenario.

    Args:
        scenario: the scenario; it must have a part ``plan``.
        folder: where its paths count from.
        stop: when to stop; None for the scenario's own limits.
        progress: hears of every step.

    Raises:
        FaultError: every fault of the scenario's layers and, before anything is solved, of the
            units of its catchments; every unknown id of ``explain`` (CC-S440);
            or CC-S206 where the independent checker refuses the answer.
    """
    wanted = scenario.plan
    if wanted is None:
        raise FaultError([PART_MISSING(part="plan")])
    aim = wanted.objective
    stop = stop or Stop(seconds=aim.seconds, iterations=aim.iterations)
    case = compile_plan(wanted, open_district(scenario, folder), progress)
    check_ids(wanted.explain, list(case.sites["site_id"]), "plan")
    units = None
    if wanted.catchments is not None:
        groups, sure = case.demand.people.groups, sure_stations(case)
        units = checked_units(wanted.catchments, case.district, groups, "plan", sure)
    problem, request = case.problem, case.request
    answer = solve(problem, request, stop=stop, seed=aim.seed, progress=progress)
    violations = check(problem, request, answer)
    if violations:
        told = [refusal_text(case, each) for each in violations]
        raise FaultError([CHECK_REFUSED(what_en=each.en, what_zh=each.zh) for each in told])
    why: Conflict | None = None
    if answer.result.status is Status.INFEASIBLE:
        why = conflict(
            problem, request, is_infeasible=True, stop=stop, seed=aim.seed, progress=progress
        )
    run = PlanRun(case, answer, serve_today(problem), why, case.warnings)
    territory = plan_territory(run, units=units, stop=stop, progress=progress)
    run = replace(run, territory=territory, warnings=(*run.warnings, *territory.warnings))
    return _explained(run, stop, progress)


def _explained(run: PlanRun, stop: Stop, progress: ProgressCallback | None) -> PlanRun:
    """The run with the answers to its questions; their seconds are their own."""
    wanted = run.wanted.explain
    if wanted is None:
        return run
    rule = Stop(wanted.seconds, stop.iterations, stop.cancelled)
    found = explain_plan(run, wanted, stop=rule, progress=progress)
    return replace(run, explanation=found, warnings=(*run.warnings, *found.warnings))
