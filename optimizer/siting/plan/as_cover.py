"""Plain coverage plans as maximal covering problems (Church, ReVelle 1974).

The threshold classes of a plan's rows (:mod:`optimizer.siting.plan.model.cover_classes`) are demand
rows of a siting problem: gradual coverage gives several per row, with the differences in value as
their weights. More open sites are never worth less, so what may stand stands from the first year
on, and every year has the same value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optimizer.result import Status, StopReason
from optimizer.siting.plan.model.cover_classes import (
    CoverClasses,
    cover_classes,
    usable_pairs,
    whole_lists,
)
from optimizer.siting.plan.model.offers import Offers, offers_of
from optimizer.siting.plan.plain import PlainSites, plain_sites
from optimizer.siting.plan.problem import PlanObjective, PlanProblem, PlanRequest
from optimizer.siting.problem import (
    Question,
    SiteStatus,
    SitingProblem,
    SitingRequest,
)
from optimizer.siting.solve import solve
from optimizer.stop import Progress, ProgressCallback, Stop, StopClock

__all__ = ["CoverFound", "CoverPlan", "cover_plan"]

_MOST_ENTRIES = 100_000_000


@dataclass(frozen=True)
class CoverFound:
    """What came of a covering problem.

    Attributes:
        option: int64[T, m], the plan, None without one.
        bound: proved bound on its value.
        reason: why the search stopped.
    """

    option: NDArray[np.int64] | None
    bound: int | None
    reason: StopReason


@dataclass(frozen=True)
class CoverPlan:
    """A plain coverage plan.

    Attributes:
        sites: what may stand.
        problem, request: the siting problem of one year.
        years: T. weight: summed weights of the years.
        constant: value of one year that does not depend on the choice.
    """

    sites: PlainSites
    problem: SitingProblem
    request: SitingRequest
    years: int
    weight: int
    constant: int

    def search(
        self, clock: StopClock, *, seed: int, progress: ProgressCallback | None
    ) -> CoverFound:
        """Solve it with the covering engine within what the clock has left."""
        rule = clock.rule
        seconds = None if rule.seconds is None else clock.remaining
        answer = solve(
            self.problem,
            self.request,
            stop=Stop(seconds=seconds, iterations=rule.iterations, cancelled=rule.cancelled),
            seed=seed,
            progress=None if progress is None else self._translated(progress, clock),
        )
        result = answer.result
        if result.status is Status.INFEASIBLE:
            return CoverFound(None, None, result.stop_reason)
        bound = None if result.bound is None else self._value(result.bound)
        shown = self.sites.shown(answer.open_sites, self.years)
        return CoverFound(shown, bound, result.stop_reason)

    def _value(self, of_year: int) -> int:
        return self.weight * (of_year + self.constant)

    def _translated(self, progress: ProgressCallback, clock: StopClock) -> ProgressCallback:
        def tell(news: Progress) -> None:
            incumbent = None if news.incumbent is None else self._value(news.incumbent)
            bound = None if news.bound is None else self._value(news.bound)
            progress(replace(news, seconds=clock.elapsed, incumbent=incumbent, bound=bound))

        return tell


def cover_plan(problem: PlanProblem, request: PlanRequest) -> CoverPlan | None:
    """The covering problem that a plan comes to, None where it is another one."""
    demand = problem.demand
    if (
        request.objective is not PlanObjective.MAX_VALUE
        or demand.must.any()
        or demand.backup.any()
        or problem.capacitated[demand.service].any()
    ):
        return None
    sites = plain_sites(problem, request)
    if sites is None:
        return None
    offers = offers_of(problem, np.isin(np.arange(problem.n_options), sites.option))
    classes = cover_classes(problem, usable_pairs(problem, offers), travel=False)
    lists = whole_lists(classes, _MOST_ENTRIES)
    if lists is None:
        return None
    # What no rule counts costs nothing here: it always stands.
    free = sites.existing | ((sites.option >= 0) & ~sites.counted)
    bonus = np.where(sites.option >= 0, problem.options.bonus[sites.option], 0)
    most = int(sites.counted.sum()) if sites.most is None else sites.most
    return CoverPlan(
        sites=sites,
        problem=_siting_problem(problem, sites, free, bonus, offers, classes, lists),
        request=SitingRequest(Question.MCLP, min(most, int(sites.counted.sum()))),
        years=problem.n_years,
        weight=int(problem.years.weight.sum()),
        constant=int(bonus[free].sum()),
    )


def _siting_problem(
    problem: PlanProblem,
    sites: PlainSites,
    free: NDArray[np.bool_],
    bonus: NDArray[np.int64],
    offers: Offers,
    classes: CoverClasses,
    lists: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> SitingProblem:
    owner, element = lists
    status = np.full(problem.n_sites, int(SiteStatus.FORBIDDEN), dtype=np.int8)
    status[sites.counted] = SiteStatus.CANDIDATE
    status[sites.counted & sites.required] = SiteStatus.REQUIRED
    status[free] = SiteStatus.EXISTING
    # One option a site: every element is one option.
    site_of = np.zeros(offers.size, dtype=np.int64)
    site_of[offers.entry] = problem.options.site[offers.option]
    site = site_of[element]
    order = np.lexsort((owner, site))
    weight = np.zeros(classes.size, dtype=np.int64)
    np.add.at(weight, classes.part_class, classes.part_value)
    none = np.zeros(classes.size, dtype=np.int32)
    counts = np.bincount(site, minlength=problem.n_sites)
    return SitingProblem(
        site_status=status,
        site_cost=np.zeros(problem.n_sites, dtype=np.int64),
        site_bonus=bonus,
        demand_weight=weight,
        demand_group=none,
        demand_district=none,
        demand_radius=none.astype(np.int64),
        reach_indptr=np.concatenate([[0], np.cumsum(counts)]),
        reach_demand=owner[order].astype(np.int32),
        reach_cost=np.zeros(owner.size, dtype=np.int64),
    )
