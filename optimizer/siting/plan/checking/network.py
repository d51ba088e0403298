"""The checker's rules on sites: what stands when, what it costs, on what it hangs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.checking.figures import Figures, total
from optimizer.siting.plan.checking.violations import PlanViolation, PlanViolationKind
from optimizer.siting.plan.problem import PlanProblem
from optimizer.siting.plan.tables import UNLIMITED

__all__ = [
    "counting_violations",
    "money_violations",
    "option_violations",
    "parent_violations",
    "quota_violations",
    "schedule_violations",
]

_Kind = PlanViolationKind


def option_violations(problem: PlanProblem, option: NDArray[np.int64]) -> Iterator[PlanViolation]:
    """Entries that name no option, or one of another site."""
    outside = (option < -1) | (option >= problem.n_options)
    for year, site in np.argwhere(outside).tolist():
        got = int(option[year, site])
        yield PlanViolation(_Kind.OPTION_OUT_OF_RANGE, site, year, got)
    inside = ~outside & (option >= 0)
    for year, site in np.argwhere(inside).tolist():
        shown = int(option[year, site])
        own = int(problem.options.site[shown])
        if own != site:
            yield PlanViolation(_Kind.OPTION_OF_OTHER_SITE, site, year, shown, own)


def schedule_violations(problem: PlanProblem, option: NDArray[np.int64]) -> Iterator[PlanViolation]:
    """Open once, keep, change once; first years, duties and takeovers."""
    sites = problem.sites
    before = sites.current.astype(np.int64)
    for year, shown in enumerate(option):
        stands = np.flatnonzero(shown >= 0)
        early = stands[problem.options.first_year[shown[stands]] > year]
        for site in early.tolist():
            first = int(problem.options.first_year[shown[site]])
            kind = _Kind.BEFORE_FIRST_YEAR
            yield PlanViolation(kind, site, year, int(shown[site]), first)
        moved = shown != before
        back = moved & (shown >= 0) & (shown == sites.current)
        for site in np.flatnonzero(back).tolist():
            yield PlanViolation(_Kind.CURRENT_CAME_BACK, site, year, int(shown[site]))
        lost = moved & (before >= 0) & (before != sites.current)
        for site in np.flatnonzero(lost).tolist():
            yield PlanViolation(_Kind.OPTION_GIVEN_UP, site, year, int(before[site]))
        idle = (sites.due >= 0) & (sites.due <= year) & (shown < 0)
        for site in np.flatnonzero(idle).tolist():
            kind = _Kind.DUE_NOT_STANDING
            yield PlanViolation(kind, site, year, None, int(sites.due[site]))
        yield from _takeovers(problem, year, shown)
        before = shown


def _takeovers(
    problem: PlanProblem, year: int, shown: NDArray[np.int64]
) -> Iterator[PlanViolation]:
    standing = set(shown[shown >= 0].tolist())
    indptr = problem.sites.takeover_indptr
    for site in np.flatnonzero((problem.sites.current >= 0) & (shown < 0)).tolist():
        heirs = problem.sites.takeover_option[indptr[site] : indptr[site + 1]].tolist()
        if heirs and standing.isdisjoint(heirs):
            yield PlanViolation(_Kind.NO_TAKEOVER, site, year)


def money_violations(problem: PlanProblem, figures: Figures) -> Iterator[PlanViolation]:
    """Capital by year, or summed from year 0 where it carries over; running costs by year."""
    years = problem.years
    spent, given, is_limited = 0, 0, True
    for year in range(problem.n_years):
        budget = int(years.capital[year])
        if not years.carries:
            spent, given, is_limited = 0, 0, True
        spent += figures.capital[year]
        # What an unlimited year leaves over has no limit either.
        is_limited = is_limited and budget != UNLIMITED
        given += budget
        if is_limited and spent > given:
            yield PlanViolation(_Kind.CAPITAL_EXCEEDED, None, year, spent, given)
        limit = int(years.running[year])
        if limit != UNLIMITED and figures.running[year] > limit:
            got = figures.running[year]
            yield PlanViolation(_Kind.RUNNING_EXCEEDED, None, year, got, limit)


def parent_violations(
    problem: PlanProblem, option: NDArray[np.int64], parent: NDArray[np.int64]
) -> Iterator[PlanViolation]:
    """Every site that needs a parent hangs on a listed one of the right level, with room."""
    listed = problem.attachments
    pairs = set(zip(listed.child.tolist(), listed.parent.tolist(), strict=True))
    levels = np.append(problem.options.level.astype(np.int64), -1)
    for year in range(problem.n_years):
        level = levels[option[year]]
        for site, hangs in enumerate(parent[year].tolist()):
            asked = int(problem.level_parent[level[site]]) if level[site] >= 0 else -1
            if not -1 <= hangs < problem.n_sites:
                yield PlanViolation(_Kind.PARENT_OUT_OF_RANGE, site, year, hangs)
            elif asked < 0 and hangs >= 0:
                yield PlanViolation(_Kind.PARENT_NEEDLESS, site, year, hangs)
            elif asked >= 0 and hangs < 0:
                yield PlanViolation(_Kind.PARENT_MISSING, site, year, None, asked)
            elif asked >= 0:
                if (site, hangs) not in pairs:
                    yield PlanViolation(_Kind.PARENT_NOT_LISTED, site, year, hangs)
                if level[hangs] != asked:
                    yield PlanViolation(_Kind.PARENT_WRONG_LEVEL, site, year, hangs, asked)
        yield from _fanouts(problem, year, level, parent[year])


def _fanouts(
    problem: PlanProblem, year: int, level: NDArray[np.int64], parent: NDArray[np.int64]
) -> Iterator[PlanViolation]:
    inside = (parent >= 0) & (parent < problem.n_sites)
    load = np.bincount(parent[inside], minlength=problem.n_sites)
    for site in np.flatnonzero((load > 0) & (level >= 0)).tolist():
        most = int(problem.level_fanout[level[site]])
        if most != UNLIMITED and load[site] > most:
            yield PlanViolation(_Kind.FANOUT_EXCEEDED, site, year, int(load[site]), most)


def counting_violations(problem: PlanProblem, option: NDArray[np.int64]) -> Iterator[PlanViolation]:
    """The counting rules, in every year of their spans."""
    rules = problem.rules
    before = _counted(problem, problem.sites.current.astype(np.int64))
    for year in range(problem.n_years):
        now = _counted(problem, option[year])
        for rule in np.flatnonzero((rules.first_year <= year) & (year <= rules.last_year)).tolist():
            got = now[rule] - (before[rule] if rules.growth[rule] else 0)
            low, high = int(rules.low[rule]), int(rules.high[rule])
            if got < low:
                yield PlanViolation(_Kind.RULE_BELOW, rule, year, got, low)
            if got > high:
                yield PlanViolation(_Kind.RULE_ABOVE, rule, year, got, high)
        before = now


def _counted(problem: PlanProblem, shown: NDArray[np.int64]) -> list[int]:
    """What every counting rule comes to for the options of one year."""
    rules, standing = problem.rules, set(shown[shown >= 0].tolist())
    sums = []
    for rule in range(len(rules)):
        entries = range(int(rules.indptr[rule]), int(rules.indptr[rule + 1]))
        seen: dict[int, int] = {}
        alone = 0
        for entry in entries:
            if int(rules.option[entry]) in standing:
                kind, worth = int(rules.kind[entry]), int(rules.coefficient[entry])
                alone += worth if kind < 0 else 0
                if kind >= 0:
                    seen[kind] = worth
        sums.append(alone + sum(seen.values()))
    return sums


def quota_violations(
    problem: PlanProblem, option: NDArray[np.int64], quota_site: NDArray[np.int64]
) -> Iterator[PlanViolation]:
    """Quotas go to listed sites only; options that need their area have it in every year."""
    quotas = problem.quotas
    good = np.ones(quota_site.size, dtype=bool)
    for quota, site in enumerate(quota_site.tolist()):
        if not -1 <= site < problem.n_sites:
            good[quota] = False
            yield PlanViolation(_Kind.QUOTA_OUT_OF_RANGE, quota, None, site)
        elif site >= 0 and site not in quotas.site[quotas.indptr[quota] : quotas.indptr[quota + 1]]:
            good[quota] = False
            yield PlanViolation(_Kind.QUOTA_NOT_LISTED, quota, None, site)
    for year, site in np.argwhere(option >= 0).tolist():
        needed = int(problem.options.quota_area[option[year, site]])
        given = good & (quota_site == site) & (quotas.first_year <= year)
        got = total(quotas.area[given]) if needed > 0 else 0
        if got < needed:
            yield PlanViolation(_Kind.QUOTA_AREA_SHORT, site, year, got, needed)
