"""Sound plans without a solver, and what a plan becomes by a change at one site."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.result import SolveResult, Status, StopReason
from optimizer.siting.plan.checking.check import check
from optimizer.siting.plan.checking.figures import figures_of
from optimizer.siting.plan.checking.violations import PlanViolationKind as Kind
from optimizer.siting.plan.explain.marginal_assigned import AssignedState, Pair, Repair
from optimizer.siting.plan.nearest import choices
from optimizer.siting.plan.problem import Assignments, PlanAnswer

__all__ = [
    "RESULT_KINDS",
    "changed_plan",
    "figures_after",
    "rules_broken",
    "sound_plan",
    "without_assignments",
]

RESULT_KINDS = {
    Kind.MISSING_OBJECTIVE,
    Kind.WRONG_OBJECTIVE,
    Kind.PARTS_DO_NOT_SUM,
    Kind.WRONG_PART,
    Kind.BOUND_CROSSED,
    Kind.SHARES_NEEDLESS,
    Kind.SHARES_NOT_ASCENDING,
    Kind.WRONG_SHARES,
    Kind.SHARE_BOUNDS_SHAPE,
}
_NETWORK_KINDS = {Kind.PARENT_MISSING, Kind.PARENT_WRONG_LEVEL, Kind.PARENT_NEEDLESS}


def rules_broken(problem, request, answer, *, network=True):
    """(kind, index, year) of the rules on plans that an answer breaks."""
    skip = RESULT_KINDS if network else RESULT_KINDS | _NETWORK_KINDS | {Kind.FANOUT_EXCEEDED}
    return {
        (each.kind, each.index, each.year)
        for each in check(problem, request, answer)
        if each.kind not in skip
    }


def sound_plan(problem, request, seed, tries=60):
    """A random sound plan, None where none of the tries is one."""
    rng = np.random.default_rng(seed)
    for _ in range(tries):
        columns = [_column(problem, site, rng) for site in range(problem.n_sites)]
        shown = np.array(columns, dtype=np.int64).T.reshape(problem.n_years, problem.n_sites)
        answer = _served(problem, shown, rng)
        if not rules_broken(problem, request, answer):
            return answer
    return None


def without_assignments(problem, shown, parent=None, quota_site=None):
    """A plan without assignments and without a proof."""
    quotas = len(problem.quotas)
    return PlanAnswer(
        option=shown,
        parent=np.full(shown.shape, -1) if parent is None else parent,
        assignments=Assignments.none(),
        quota_site=np.full(quotas, -1) if quota_site is None else quota_site,
        result=SolveResult(Status.FEASIBLE, StopReason.TIME, 0, None, 0.0, 0, "test"),
    )


def changed_plan(problem, answer, move):
    """The plan after a move: others as they are, units repaired, free quotas given to the site."""
    shown = answer.option.astype(np.int64)
    repair = AssignedState(problem, shown, answer.assignments).repair(move)
    shown = shown.copy()
    shown[:, move.site] = move.after
    quota_site = answer.quota_site.copy()
    for quota in range(len(problem.quotas)):
        part = slice(problem.quotas.indptr[quota], problem.quotas.indptr[quota + 1])
        if quota_site[quota] < 0 and move.site in problem.quotas.site[part]:
            quota_site[quota] = move.site
    plan = without_assignments(problem, shown, answer.parent, quota_site)
    return replace(plan, assignments=_applied(answer.assignments, repair))


def figures_after(problem, answer):
    """(value, cost, travel) of a plan by the checker's own figures."""
    figures = figures_of(problem, answer.option.astype(np.int64), answer.assignments)
    return sum(figures.value.values()), sum(figures.cost.values()), figures.travel


def _applied(assignments, repair: Repair):
    columns = (assignments.year, assignments.row, assignments.site)
    keys = zip(*(column.tolist() for column in columns), strict=True)
    units = dict(zip(keys, assignments.amount.tolist(), strict=True))
    for key, change in repair.change.items():
        units[key] = units.get(key, 0) + change
    assert min(units.values(), default=0) >= 0
    kept = sorted((key, amount) for key, amount in units.items() if amount)
    return Assignments(
        year=[key[0] for key, _ in kept],
        row=[key[1] for key, _ in kept],
        site=[key[2] for key, _ in kept],
        amount=[amount for _, amount in kept],
    )


def _column(problem, site, rng):
    """What a site shows year by year: nothing, its current option, another one from some year."""
    options = np.flatnonzero(problem.options.site == site)
    current = int(problem.sites.current[site])
    option = int(rng.choice(options))
    stands = rng.random() < 0.6
    if option == current:
        last = problem.n_years if stands else int(rng.integers(0, problem.n_years))
        return [current if year < last else -1 for year in range(problem.n_years)]
    start = max(int(problem.options.first_year[option]), int(rng.integers(0, problem.n_years)))
    if not stands:
        start = problem.n_years
    kept = int(rng.integers(0, start + 1)) if rng.random() < 0.3 else start
    return [
        option if year >= start else (current if year < kept else -1)
        for year in range(problem.n_years)
    ]


def _served(problem, shown, rng):
    """A plan with parents, quotas and assignments taken first come, first served."""
    plan = without_assignments(problem, shown, _parents(problem, shown), _gifts(problem, shown))
    taken = Repair()
    state = AssignedState(problem, shown, plan.assignments)
    demand = problem.demand
    left = demand.amount[None, :].repeat(problem.n_years, axis=0).copy()
    room = np.zeros((problem.n_years, problem.n_sites, problem.n_services), dtype=np.int64)
    room[shown >= 0] = problem.options.capacity[shown[shown >= 0]]
    room[room < 0] = 10**9
    for at in rng.permutation(state.row.size).tolist():
        row, site = int(state.row[at]), int(state.site[at])
        service = int(demand.service[row])
        for year in range(problem.n_years):
            units = int(min(left[year, row], room[year, site, service]))
            if units and not (demand.single[row] and units < demand.amount[row]):
                left[year, row] -= units
                room[year, site, service] -= units
                taken.add(year, row, site, units, Pair(0, 0))
    chosen = choices(problem, shown, problem.chosen)
    columns = (chosen.year, chosen.row, chosen.site, chosen.amount)
    for entry in zip(*(each.tolist() for each in columns), strict=True):
        taken.add(*entry, Pair(0, 0))
    return replace(plan, assignments=_applied(plan.assignments, taken))


def _parents(problem, shown):
    levels = np.append(problem.options.level.astype(np.int64), -1)
    parent = np.full(shown.shape, -1)
    pairs = list(
        zip(problem.attachments.child.tolist(), problem.attachments.parent.tolist(), strict=True)
    )
    for year, row in enumerate(shown):
        level = levels[row]
        for child in np.flatnonzero(level >= 0).tolist():
            asked = problem.level_parent[level[child]]
            for one, other in pairs:
                fanout = problem.level_fanout[asked]
                has_room = fanout < 0 or np.sum(parent[year] == other) < fanout
                if asked >= 0 and one == child and level[other] == asked and has_room:
                    parent[year, child] = other
                    break
    return parent


def _gifts(problem, shown):
    quotas = problem.quotas
    given = np.full(len(quotas), -1)
    needs = np.append(problem.options.quota_area, 0)[shown].max(axis=0)
    for quota in range(len(quotas)):
        for site in quotas.site[quotas.indptr[quota] : quotas.indptr[quota + 1]].tolist():
            if needs[site] > quotas.area[given == site].sum():
                given[quota] = site
                break
    return given
