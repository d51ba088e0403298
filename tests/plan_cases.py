"""Plan problems for tests: small random ones that mix every rule, and variants of them."""

from __future__ import annotations

import numpy as np

from optimizer.siting.plan.problem import PlanObjective, PlanProblem, PlanRequest
from optimizer.siting.plan.tables import (
    UNLIMITED,
    Attachments,
    Demand,
    Floors,
    Options,
    Quotas,
    Reach,
    Rules,
    Sites,
    Years,
)

__all__ = ["permuted_plan", "random_plan"]

_NO_LOW, _NO_HIGH = -(2**62), 2**62
_SCHEDULES = {1: 3000, 2: 2500, 3: 2500}


def random_plan(seed):
    """A (problem, request) by seed: at most 12 sites or rows, with any rule of the contract.

    About a fifth are pure covering problems of one year; the others mix years, options, services
    with and without capacities, levels, budgets, rules, floors and quotas.
    """
    rng = np.random.default_rng(seed)
    objective = PlanObjective(rng.choice([str(each) for each in PlanObjective]))
    draw = _Draw(rng, is_pure=rng.random() < 0.2, all_served="min_" in objective)
    problem = draw.problem()
    return problem, draw.request(problem, objective)


class _Draw:
    """One random problem; fen and weights share a scale, so that large numbers are seen too."""

    def __init__(self, rng, *, is_pure, all_served):
        self.rng, self.is_pure = rng, is_pure
        # Objectives that serve every row need denser reach to be possible at all.
        self.is_dense = all_served and rng.random() < 0.85
        self.fen = int(rng.choice([1, 1, 100, 10**7]))
        self.worth = int(rng.choice([1, 1, 1000]))
        self.years = 1 if is_pure else int(rng.choice([1, 1, 2, 2, 3]))
        self.services = 1 if is_pure else int(rng.choice([1, 1, 2, 3]))
        self.levels = 1 if is_pure or rng.random() < 0.45 else int(rng.choice([2, 2, 3]))
        if is_pure:
            self.m = int(rng.choice([3, 5, 6, 7, 8, 12], p=[0.2, 0.2, 0.2, 0.2, 0.15, 0.05]))
            self.n = int(rng.integers(1, 13))
        else:
            self.m = int(rng.integers(2, 6))
            self.n = int(rng.integers(1, 5 if self.is_dense else 9))

    def chance(self, probability):
        return bool(self.rng.random() < probability)

    def ints(self, low, high, size):
        """Integers from low to high, both in."""
        return self.rng.integers(low, high + 1, size)

    def problem(self):
        self._count_options()
        attachments = Attachments()
        if self.levels > 1:
            attachments = self._attachments()
        quotas = self._quotas()
        options = self._options(has_quotas=len(quotas) > 0)
        is_capacitated = (options.capacity > 0).any(axis=0)
        demand = self._demand(is_capacitated)
        reach, nearest = self._reach(), np.zeros(self.services, dtype=bool)
        if is_capacitated.any() and self.chance(0.3):
            nearest = self.rng.random(self.services) < 0.7
            demand, reach = self._without_ties(demand, reach)
        return PlanProblem(
            years=self._years(),
            sites=self._sites(options),
            options=options,
            demand=demand,
            reach=reach,
            level_parent=np.arange(self.levels) - 1,
            level_fanout=self.rng.choice([UNLIMITED, 0, 1, 1, 2, 2], self.levels),
            attachments=attachments,
            rules=self._rules(),
            floors=self._floors(demand),
            quotas=quotas,
            nearest=nearest,
        )

    def _without_ties(self, demand, reach):
        """The same ways and circles on a finer scale, no two ways alike: nobody has to choose."""
        fine = reach.demand.size + 1
        cost = reach.cost * fine + self.rng.permutation(reach.demand.size)
        # Whoever was within a circle still is.
        scaled = {name: getattr(demand, name) * fine + fine - 1 for name in ("full", "radius")}
        return demand.replace(**scaled), reach.replace(cost=cost)

    def _count_options(self):
        """How many options each site has: few enough schedules to try them all."""
        count = [1] * self.m
        if not self.is_pure:
            for site in self.rng.permutation(self.m):
                trial = list(count)
                trial[site] = int(self.ints(1, 3, 1)[0])
                if np.prod([1 + self.years * each for each in trial]) <= _SCHEDULES[self.years]:
                    count = trial
        self.site = np.repeat(np.arange(self.m), count)
        self.o = self.site.size
        self.first = np.r_[0, np.cumsum(count)[:-1]]
        self.is_existing = self.rng.random(self.m) < self.rng.choice([0, 0.4])
        self.current = np.where(self.is_existing, self.first, -1)

    def _years(self):
        limited = self.rng.choice([0, 0.2, 0.7])

        def budget(high):
            limits = self.ints(2, high, self.years) * self.fen
            return np.where(self.rng.random(self.years) < limited, limits, UNLIMITED)

        return Years(
            weight=self.rng.choice([0, 1, 1, 2, 3], self.years),
            capital=budget(8 + 4 * self.m),
            running=budget(8 + 3 * self.m),
            carries=self.chance(0.5),
        )

    def _sites(self, options):
        due = np.full(self.m, -1)
        for site in range(self.m):
            if self.chance(0.07):
                earliest = int(options.first_year[options.site == site].min())
                due[site] = int(self.ints(min(earliest, self.years - 1), self.years - 1, 1)[0])
        heirs = [[] for _ in range(self.m)]
        for site in np.flatnonzero(self.is_existing):
            if self.chance(0.4):
                count = int(self.ints(1, 2, 1)[0])
                heirs[site] = self.rng.choice(self.o, min(count, self.o), replace=False).tolist()
        return Sites(
            district=self.ints(-1, 2, self.m),
            current=self.current,
            due=due,
            closing_cost=self.ints(0, 5, self.m) * self.fen,
            takeover_indptr=np.r_[0, np.cumsum([len(each) for each in heirs])],
            takeover_option=np.array([o for each in heirs for o in each], dtype=int),
        )

    def _options(self, *, has_quotas):
        rng, o = self.rng, self.o
        is_current = np.isin(np.arange(o), self.current)
        first_year = rng.choice([0, 0, 0, 0, 1, 2, 3], o)
        first_year = np.minimum(first_year, self.years - rng.integers(0, 2, o))
        limited = np.zeros(self.services, dtype=bool)
        if not self.is_pure:
            limited = rng.random(self.services) < 0.55
        odds = [0.08, 0.72, 0.2] if self.is_dense else [0.2, 0.7, 0.1]
        kind = rng.choice(3, (o, self.services), p=odds)
        room = rng.integers(2 if self.is_dense else 1, 7, (o, self.services))
        capacity = np.where(kind == 0, 0, np.where((kind == 1) & limited, room, UNLIMITED))
        needs = has_quotas & (rng.random(o) < 0.25)
        has_bonus = rng.random() < 0.4
        return Options(
            site=self.site,
            level=rng.choice([0, 0, 0, 1, 1, 2], o) % self.levels,
            first_year=np.where(is_current, 0, first_year),
            area=rng.integers(0, 9, o),
            yearly_cost=rng.integers(0, 7, o) * self.fen,
            opening_cost=np.where(is_current, 0, rng.integers(0, 10, o)) * self.fen,
            bonus=rng.choice([0, 0, 1, 5], o) * self.worth * has_bonus,
            capacity=capacity,
            quota_area=np.where(needs, rng.integers(1, 6, o), 0),
        )

    def _demand(self, is_capacitated):
        rng, n = self.rng, self.n
        service = rng.integers(0, self.services, n)
        assigned = is_capacitated[service]
        full = rng.integers(5, 11, n) if self.is_dense else rng.integers(0, 8, n)
        gradual = rng.random() < 0.5
        has_backup = rng.random() < 0.4
        return Demand(
            service=service,
            district=rng.integers(-1, 3, n),
            group=np.zeros(n, dtype=int),
            amount=np.where(assigned, rng.integers(1, 4, n), rng.integers(1, 9, n)),
            weight=rng.integers(0, 6, n) * self.worth,
            full=full,
            radius=full + gradual * rng.choice([0, 1, 2, 4, 7], n),
            backup=np.where(assigned, 0, rng.choice([0, 1, 3], n)) * has_backup * self.worth,
            must=rng.random(n) < rng.choice([0, 0, 0, 0.1]),
            single=rng.random(n) < rng.choice([0, 0.4, 1]),
        )

    def _reach(self):
        listed = self.rng.random((self.m, self.n)) < (0.9 if self.is_dense else 0.7)
        cost = self.ints(0, 9 if self.is_dense else 12, (self.m, self.n))
        return Reach(
            demand=np.nonzero(listed)[1],
            cost=cost[listed],
            indptr=np.r_[0, np.cumsum(listed.sum(axis=1))],
        )

    def _attachments(self):
        child, parent = np.nonzero(
            (self.rng.random((self.m, self.m)) < 0.7) & ~np.eye(self.m, dtype=bool)
        )
        return Attachments(child=child, parent=parent, cost=self.ints(0, 9, child.size))

    def _rules(self):
        rows = []
        for _ in range(int(self.rng.choice([0, 0, 0, 1, 1, 2]))):
            chosen = np.flatnonzero(self.rng.random(self.o) < 0.6)
            coefficient = self.rng.choice([-1, 1, 1, 1, 2, 5], chosen.size)
            low, high = _NO_LOW, _NO_HIGH
            if self.chance(0.6):
                high = int(self.ints(1, 5, 1)[0])
            if self.chance(0.3):
                low = min(int(self.ints(-1, 2, 1)[0]), high)
            kind = np.full(chosen.size, -1)
            if self.chance(0.35):
                kind = self.ints(-1, 2, chosen.size)
                common = self.rng.choice([-1, 1, 1, 2], 3)
                coefficient = np.where(kind < 0, coefficient, common[kind])
            growth = self.chance(0.3)
            rows.append((chosen, coefficient, kind, low, high, growth, *self._span()))
        if not rows:
            return Rules()
        option, coefficient, kind, low, high, growth, first, last = zip(*rows, strict=True)
        return Rules(
            low=low,
            high=high,
            first_year=first,
            last_year=last,
            growth=growth,
            indptr=np.r_[0, np.cumsum([each.size for each in option])],
            option=np.concatenate(option),
            coefficient=np.concatenate(coefficient),
            kind=np.concatenate(kind),
        )

    def _span(self):
        first, last = sorted(self.ints(0, self.years - 1, 2).tolist())
        return first, last

    def _floors(self, demand):
        rows = []
        for _ in range(int(self.rng.choice([0, 0, 0, 0, 1, 2]))):
            chosen = np.flatnonzero(self.rng.random(self.n) < 0.6)
            whole = int((demand.weight * demand.amount)[chosen].sum())
            rows.append((chosen, int(self.rng.integers(0, whole // 3 + 1)), *self._span()))
        if not rows:
            return Floors()
        chosen, low, first, last = zip(*rows, strict=True)
        return Floors(
            low=low,
            first_year=first,
            last_year=last,
            indptr=np.r_[0, np.cumsum([each.size for each in chosen])],
            demand=np.concatenate(chosen),
        )

    def _quotas(self):
        count = 0 if self.is_pure else int(self.rng.choice([0, 0, 1, 2, 3]))
        sites = [np.flatnonzero(self.rng.random(self.m) < 0.5) for _ in range(count)]
        return Quotas(
            area=self.ints(0, 5, count),
            first_year=self.ints(0, self.years - 1, count),
            indptr=np.r_[0, np.cumsum([each.size for each in sites])].astype(int),
            site=np.concatenate([np.zeros(0, int), *sites]),
        )

    def request(self, problem, objective):
        whole = int((problem.demand.weight * problem.demand.amount).sum())
        whole *= int(problem.years.weight.sum())
        is_cost_asked = objective is PlanObjective.MIN_COST
        forced, banned = set(), set()
        if self.chance(0.08):
            forced = {int(self.rng.integers(self.o))}
        if self.chance(0.1):
            banned = {int(self.rng.integers(self.o))} - forced
        groups = ()
        if self.chance(0.15):
            chosen = np.flatnonzero(self.rng.random(self.o) < 0.6).tolist()
            groups = ((tuple(chosen), int(self.ints(0, 3, 1)[0])),)
        return PlanRequest(
            objective=objective,
            cost_weight=int(self.rng.choice([0, 1, 3]))
            if objective is PlanObjective.MIN_TRAVEL
            else 0,
            least_value=int(self.rng.integers(0, whole // 2 + 2))
            if self.chance(0.6 if is_cost_asked else 0.12)
            else None,
            most_cost=int(self.ints(4 * self.m, 20 * self.m, 1)[0]) * self.fen
            if self.chance(0.15)
            else None,
            least_share=int(self.rng.integers(0, 500_000)) if self.chance(0.12) else None,
            forced=tuple(sorted(forced)),
            banned=tuple(sorted(banned)),
            differ_from=groups,
        )


def permuted_plan(problem, request, seed):
    """The same problem and request with sites, options, rows and districts in another order."""
    rng = np.random.default_rng(seed)
    m, n, o = problem.n_sites, problem.n_demand, problem.n_options
    sites, rows = rng.permutation(m), rng.permutation(n)
    new_site, new_row = np.argsort(sites), np.argsort(rows)
    # Options stay grouped by site, in another order within each.
    options = np.lexsort((rng.permutation(o), new_site[problem.options.site]))
    new_option = np.append(np.argsort(options), -1)
    names = np.append(rng.permutation(50), -1)
    tables = {
        "sites": _permuted_sites(problem.sites, sites, new_option, names),
        "options": problem.options.replace(
            **{
                name: getattr(problem.options, name)[options]
                for name in _names(problem.options)
                if name != "site"
            },
            site=new_site[problem.options.site[options]],
        ),
        "demand": problem.demand.replace(
            **{
                name: getattr(problem.demand, name)[rows]
                for name in _names(problem.demand)
                if name != "district"
            },
            district=names[problem.demand.district[rows]],
        ),
        "reach": _permuted_reach(problem, new_site, new_row),
        "attachments": problem.attachments.replace(
            child=new_site[problem.attachments.child], parent=new_site[problem.attachments.parent]
        ),
        "rules": _mapped(problem.rules, "option", new_option, "coefficient", "kind"),
        "floors": _mapped(problem.floors, "demand", new_row),
        "quotas": _mapped(problem.quotas, "site", new_site),
    }
    changed = request.replace(
        forced=tuple(new_option[list(request.forced)].tolist()),
        banned=tuple(new_option[list(request.banned)].tolist()),
        differ_from=tuple(
            (tuple(new_option[list(group)].tolist()), most) for group, most in request.differ_from
        ),
    )
    return problem.replace(**tables), changed


def _names(table):
    return [each for each in vars(table) if each != "carries"]


def _permuted_sites(table, sites, new_option, names):
    lists = [
        table.takeover_option[table.takeover_indptr[s] : table.takeover_indptr[s + 1]]
        for s in sites
    ]
    return Sites(
        district=names[table.district[sites]],
        current=new_option[table.current[sites]],
        due=table.due[sites],
        closing_cost=table.closing_cost[sites],
        takeover_indptr=np.r_[0, np.cumsum([each.size for each in lists])],
        takeover_option=new_option[np.concatenate([np.zeros(0, int), *lists]).astype(int)],
    )


def _permuted_reach(problem, new_site, new_row):
    reach = problem.reach
    site = new_site[np.repeat(np.arange(problem.n_sites), np.diff(reach.indptr))]
    row = new_row[reach.demand]
    order = np.lexsort((row, site))
    counts = np.bincount(site, minlength=problem.n_sites)
    return Reach(demand=row[order], cost=reach.cost[order], indptr=np.r_[0, np.cumsum(counts)])


def _mapped(table, name, renamed, *along):
    """A table with CSR entries renamed and put into ascending order again."""
    row = np.repeat(np.arange(len(table)), np.diff(table.indptr))
    entries = renamed[getattr(table, name)]
    order = np.lexsort((entries, row))
    changes = {each: getattr(table, each)[order] for each in along}
    return table.replace(**{name: entries[order]}, **changes)
