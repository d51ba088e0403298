"""The best plan by exact enumeration, for problems small enough for it.

Written from the docstrings of ``optimizer.siting.plan`` alone, in plain Python: every schedule of
every site is tried, attachments and quotas by search, assignments by a dynamic program over rows
and the room left that keeps all Pareto-best outcomes.
"""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np

from optimizer.siting.plan.problem import PlanObjective

__all__ = ["best_plan"]

_ALL_SERVED = (PlanObjective.MIN_TRAVEL, PlanObjective.MIN_WORST)


def best_plan(problem, request):
    """(shares, objective) of the best plan, None where there is none; shares only for MAX_MIN."""
    return _Oracle(problem, request).best()


class _Oracle:
    def __init__(self, problem, request):
        self.problem, self.request = problem, request
        self.years, self.m = problem.n_years, problem.n_sites
        self.of_site = [
            [o for o in range(problem.n_options) if problem.options.site[o] == s]
            for s in range(self.m)
        ]
        self.current = problem.sites.current.tolist()
        self.capacity = problem.options.capacity.tolist()
        self.has_room_limit = [
            any(row[s] > 0 for row in self.capacity) for s in range(problem.n_services)
        ]
        self.cost = _costs(problem)
        self.rows = _Rows(problem)
        self.outcomes = {}
        self.gifts = list(_gifts(problem))
        district = problem.demand.district.tolist()
        self.full = {}
        for row, at in enumerate(district):
            if at >= 0:
                self.full[at] = self.full.get(at, 0) + self.rows.whole(row)
        self.full = {at: value for at, value in sorted(self.full.items()) if value > 0}

    def best(self):
        found = [self._score(plan) for plan in self._schedules((), tuple(self.current), [])]
        found = [score for score in found if score is not None]
        if not found:
            return None
        if self.request.objective is PlanObjective.MAX_MIN:
            return max(found)
        pick = max if self.request.objective is PlanObjective.MAX_VALUE else min
        return (), pick(objective for _, objective in found)

    def _schedules(self, done, before, capital):
        """All schedules that keep the rules, year by year."""
        year = len(done)
        if year == self.years:
            if self._quotas_do(done):
                yield done
            return
        for shown in product(*(self._moves(s, before[s], year) for s in range(self.m))):
            spent = [*capital, self._capital(before, shown)]
            standing = {o for o in shown if o >= 0}
            if not self._affords(spent) or not self._counts_hold(year, before, standing):
                continue
            if self._outcomes(year, shown):
                yield from self._schedules((*done, shown), shown, spent)

    def _moves(self, site, before, year):
        """What a site may show after ``before``."""
        current, options = self.current[site], self.problem.options
        if before >= 0 and before != current:
            moves = [before]
        else:
            moves = [-1, *(o for o in self.of_site[site] if o != current or before == current)]
        due = int(self.problem.sites.due[site])
        return [
            o
            for o in moves
            if (o >= 0 and options.first_year[o] <= year and o not in self.request.banned)
            or (o < 0 and not 0 <= due <= year)
        ]

    def _capital(self, before, shown):
        spent = 0
        for site, (old, new) in enumerate(zip(before, shown, strict=True)):
            if new >= 0 and new != old:
                spent += int(self.problem.options.opening_cost[new])
            elif new < 0 <= old:
                spent += int(self.problem.sites.closing_cost[site])
        return spent

    def _affords(self, spent):
        years = self.problem.years
        capital = years.capital.tolist()[: len(spent)]
        if not years.carries:
            return capital[-1] < 0 or spent[-1] <= capital[-1]
        return min(capital) < 0 or sum(spent) <= sum(capital)

    def _quotas_do(self, plan):
        problem = self.problem
        needed = [
            (year, site, int(problem.options.quota_area[o]))
            for year, shown in enumerate(plan)
            for site, o in enumerate(shown)
            if o >= 0 and problem.options.quota_area[o] > 0
        ]
        return not needed or any(
            all(
                sum(
                    int(problem.quotas.area[q])
                    for q, at in enumerate(gift)
                    if at == site and problem.quotas.first_year[q] <= year
                )
                >= area
                for year, site, area in needed
            )
            for gift in self.gifts
        )

    def _score(self, plan):
        """(shares, objective) of the best way to serve demand under a schedule."""
        request, best = self.request, None
        cost = self._cost(plan)
        if request.most_cost is not None and cost > request.most_cost:
            return None
        for picked in product(*(self._outcomes(year, shown) for year, shown in enumerate(plan))):
            value = sum(each.value for each in picked)
            if request.least_value is not None and value < request.least_value:
                continue
            shares = ()
            if request.objective is PlanObjective.MAX_MIN:
                shares = tuple(sorted(self._shares(picked[-1].districts)))
            objective = {
                PlanObjective.MAX_VALUE: value,
                PlanObjective.MAX_MIN: value,
                PlanObjective.MIN_COST: cost,
                PlanObjective.MIN_TRAVEL: sum(each.travel for each in picked)
                + request.cost_weight * cost,
                PlanObjective.MIN_WORST: picked[-1].worst,
            }[request.objective]
            score = (shares, objective)
            is_max = request.objective in (PlanObjective.MAX_VALUE, PlanObjective.MAX_MIN)
            if best is None or (score > best if is_max else score < best):
                best = score
        return best

    def _cost(self, plan):
        before, spent = tuple(self.current), 0
        for shown in plan:
            spent += self._capital(before, shown)
            spent += sum(int(self.problem.options.yearly_cost[o]) for o in shown if o >= 0)
            before = shown
        return spent

    def _shares(self, districts):
        return [
            10**6 * got // full for got, full in zip(districts, self.full.values(), strict=True)
        ]

    def _outcomes(self, year, shown):
        key = year, shown
        if key not in self.outcomes:
            self.outcomes[key] = self._serve(year, shown) if self._may_stand(year, shown) else []
        return self.outcomes[key]

    def _may_stand(self, year, shown):
        """The rules on one year's network, demand apart."""
        problem, standing = self.problem, {o for o in shown if o >= 0}
        running = int(problem.years.running[year])
        if 0 <= running < sum(int(problem.options.yearly_cost[o]) for o in standing):
            return False
        if year == self.years - 1:
            if not standing.issuperset(self.request.forced):
                return False
            if any(len(standing & set(group)) > most for group, most in self.request.differ_from):
                return False
        indptr = problem.sites.takeover_indptr.tolist()
        for site in range(self.m):
            heirs = problem.sites.takeover_option[indptr[site] : indptr[site + 1]].tolist()
            if shown[site] < 0 <= self.current[site] and heirs and not standing & set(heirs):
                return False
        return self._hangs(shown)

    def _counts_hold(self, year, before, standing):
        rules = self.problem.rules
        for rule in range(len(rules)):
            if rules.first_year[rule] <= year <= rules.last_year[rule]:
                entries = range(int(rules.indptr[rule]), int(rules.indptr[rule + 1]))
                got = self._count(entries, standing)
                if rules.growth[rule]:
                    got -= self._count(entries, {o for o in before if o >= 0})
                if not rules.low[rule] <= got <= rules.high[rule]:
                    return False
        return True

    def _count(self, entries, standing):
        """What the entries of a rule come to; those of one kind count once."""
        rules, alone, kinds = self.problem.rules, 0, {}
        for e in entries:
            if int(rules.option[e]) in standing:
                if rules.kind[e] < 0:
                    alone += int(rules.coefficient[e])
                else:
                    kinds[int(rules.kind[e])] = int(rules.coefficient[e])
        return alone + sum(kinds.values())

    def _hangs(self, shown):
        """Whether every child finds a parent with room, by backtracking."""
        problem = self.problem
        level = [int(problem.options.level[o]) if o >= 0 else -1 for o in shown]
        pairs = list(
            zip(
                problem.attachments.child.tolist(), problem.attachments.parent.tolist(), strict=True
            )
        )
        children = []
        for site in range(self.m):
            asked = int(problem.level_parent[level[site]]) if level[site] >= 0 else -1
            if asked >= 0:
                children.append([p for c, p in pairs if c == site and level[p] == asked])
        room = [
            (self.m if problem.level_fanout[at] < 0 else int(problem.level_fanout[at]))
            if at >= 0
            else 0
            for at in level
        ]

        def place(number):
            if number == len(children):
                return True
            for parent in children[number]:
                if room[parent] > 0:
                    room[parent] -= 1
                    if place(number + 1):
                        return True
                    room[parent] += 1
            return False

        return place(0)

    def _serve(self, year, shown):
        """The Pareto-best outcomes of serving demand in one year, [] where rules are broken."""
        case = _Year(self, year, shown)
        floors = case.floors
        labels = case.labels()
        kept = []
        for label in labels:
            reached, rest = label[: len(floors)], label[len(floors) :]
            if all(got >= low for got, (low, _) in zip(reached, floors, strict=True)):
                outcome = _Outcome(rest, len(case.districts))
                least = self.request.least_share
                if (
                    least is None
                    or not case.is_last
                    or min(self._shares(outcome.districts), default=least) >= least
                ):
                    kept.append(rest)
        return [_Outcome(rest, len(case.districts)) for rest in _pareto(kept)]


class _Outcome:
    """Outcome of a year: value by district (last year only), value, travel and worst cost."""

    def __init__(self, label, n_districts):
        self.districts = label[:n_districts]
        self.value, travel, worst = label[n_districts:]
        self.travel, self.worst = -travel, -worst


class _Rows:
    """The demand rows as plain lists, and what a row is worth at a cost."""

    def __init__(self, problem):
        demand = problem.demand
        for name in ("service", "district", "amount", "weight", "full", "radius", "backup"):
            setattr(self, name, getattr(demand, name).tolist())
        self.must, self.single = demand.must.tolist(), demand.single.tolist()
        self.n = problem.n_demand

    def whole(self, row):
        return self.weight[row] * self.amount[row]

    def worth(self, row, cost, whole):
        if cost <= self.full[row]:
            return whole
        return whole * (self.radius[row] - cost) // (self.radius[row] - self.full[row])


class _Year:
    """Serving the demand of one year from what stands.

    A label is (floors..., value by district..., value, -travel, -worst); components that the
    request does not ask for stay 0, so that they keep no labels apart.
    """

    def __init__(self, oracle, year, shown):
        self.oracle, self.rows, self.shown = oracle, oracle.rows, shown
        problem, request = oracle.problem, oracle.request
        self.is_last = year == oracle.years - 1
        self.weight = int(problem.years.weight[year])
        floors = problem.floors
        self.floors = [
            (
                int(floors.low[f]),
                set(floors.demand[floors.indptr[f] : floors.indptr[f + 1]].tolist()),
            )
            for f in range(len(floors))
            if floors.first_year[f] <= year <= floors.last_year[f]
        ]
        goal = request.objective
        asks_shares = goal is PlanObjective.MAX_MIN or request.least_share is not None
        self.districts = list(oracle.full) if asks_shares and self.is_last else []
        by_value = goal in (PlanObjective.MAX_VALUE, PlanObjective.MAX_MIN)
        self.asks_value = by_value or request.least_value is not None
        self.asks_travel = goal is PlanObjective.MIN_TRAVEL
        self.asks_worst = goal is PlanObjective.MIN_WORST and self.is_last
        self.all_served = goal in _ALL_SERVED
        self.options = problem.options

    def labels(self):
        start = self._covered()
        if start is None:
            return []
        labels = [start]
        limited = [s for s, is_limited in enumerate(self.oracle.has_room_limit) if is_limited]
        for service in limited:
            if self.oracle.problem.nearest[service]:
                labels = self._chosen(service, labels)
            else:
                labels = self._assigned(service, labels)
        return labels

    def _open(self, row):
        """Costs of the open sites that reach a row and offer its service."""
        service = self.rows.service[row]
        return {
            site: cost
            for site, cost in self.oracle.cost[row].items()
            if self.shown[site] >= 0 and self.oracle.capacity[self.shown[site]][service] != 0
        }

    def _gain(self, row, value, travel, worst, extra=0):
        """What serving (part of) a row adds to a label."""
        at = self.rows.district[row]
        return (
            *(value if row in members else 0 for _, members in self.floors),
            *(value if at == district else 0 for district in self.districts),
            self.weight * (value + extra) if self.asks_value else 0,
            -travel if self.asks_travel else 0,
            -worst if self.asks_worst and self.rows.weight[row] > 0 else 0,
        )

    def _covered(self):
        """The label of all covered rows and bonuses, None where a row has to be and is not."""
        width = len(self.floors) + len(self.districts)
        bonus = sum(int(self.options.bonus[o]) for o in self.shown if o >= 0)
        label = (0,) * width + (self.weight * bonus if self.asks_value else 0, 0, 0)
        rows = self.rows
        for row in range(rows.n):
            if self.oracle.has_room_limit[rows.service[row]]:
                continue
            costs = self._open(row)
            if not costs:
                if rows.must[row] or self.all_served:
                    return None
                continue
            nearest = min(costs.values())
            value = rows.worth(row, nearest, rows.whole(row))
            extra = rows.backup[row] * rows.amount[row] if len(costs) >= 2 else 0
            gain = self._gain(row, value, rows.whole(row) * nearest, nearest, extra)
            label = _plus(label, gain)
        return label

    def _assigned(self, service, labels):
        """Labels after the rows of one capacitated service, over all ways to assign them."""
        room = tuple(self.oracle.capacity[o][service] if o >= 0 else 0 for o in self.shown)
        states = {room: labels}
        for row in range(self.rows.n):
            if self.rows.service[row] != service:
                continue
            after = {}
            costs = self._open(row)
            for room, held in states.items():
                for amounts in self._splits(row, costs, room):
                    left, gain = list(room), None
                    for site, units in amounts:
                        left[site] -= units if left[site] >= 0 else 0
                        part = self._unit_gain(row, costs[site], units)
                        gain = part if gain is None else _plus(gain, part)
                    grown = held if gain is None else [_plus(label, gain) for label in held]
                    after.setdefault(tuple(left), []).extend(grown)
            states = {room: _pareto(held) for room, held in after.items()}
        return _pareto([label for held in states.values() for label in held])

    def _chosen(self, service, labels):
        """Labels after everybody of a service went to the nearest site with room by themselves."""
        rows = self.rows
        room = {s: self.oracle.capacity[o][service] for s, o in enumerate(self.shown) if o >= 0}
        mine = [row for row in range(rows.n) if rows.service[row] == service]
        rest = {row: rows.amount[row] for row in mine}
        pairs = [(cost, row, site) for row in mine for site, cost in self._open(row).items()]
        for cost, row, site in sorted(pairs):
            units = rest[row] if room[site] < 0 else min(rest[row], room[site])
            if units == 0 or (rows.single[row] and units < rest[row]):
                continue
            rest[row] -= units
            room[site] -= units if room[site] >= 0 else 0
            gain = self._unit_gain(row, cost, units)
            labels = [_plus(label, gain) for label in labels]
        if any(rest[row] and (rows.must[row] or self.all_served) for row in mine):
            return []
        return labels

    def _unit_gain(self, row, cost, units):
        rows = self.rows
        worth = rows.worth(row, cost, rows.weight[row])
        return self._gain(row, units * worth, rows.weight[row] * units * cost, cost)

    def _splits(self, row, costs, room):
        """All ways to give a row's units to sites with room, as lists of (site, units)."""
        rows, amount = self.rows, self.rows.amount[row]
        is_whole = rows.must[row] or self.all_served
        if rows.single[row]:
            if not is_whole:
                yield []
            for site in costs:
                if room[site] < 0 or room[site] >= amount:
                    yield [(site, amount)]
            return
        most = [min(amount, room[s]) if room[s] >= 0 else amount for s in costs]
        for split in product(*(range(each + 1) for each in most)):
            if sum(split) == amount or (sum(split) < amount and not is_whole):
                yield [(s, units) for s, units in zip(costs, split, strict=True) if units]


def _plus(one, other):
    """Sum of two labels; the worst cost, last, is a minimum of negatives."""
    return (*(a + b for a, b in zip(one[:-1], other[:-1], strict=True)), min(one[-1], other[-1]))


def _pareto(labels):
    """The labels that no other equals or betters in everything."""
    best = []
    for label in sorted(set(labels), reverse=True):
        if not any(all(a >= b for a, b in zip(kept, label, strict=True)) for kept in best):
            best.append(label)
    return best


def _costs(problem):
    """Costs by row and site, within the row's radius."""
    result = [{} for _ in range(problem.n_demand)]
    site = np.repeat(np.arange(problem.n_sites), np.diff(problem.reach.indptr)).tolist()
    entries = zip(site, problem.reach.demand.tolist(), problem.reach.cost.tolist(), strict=True)
    for at, row, cost in entries:
        if cost <= problem.demand.radius[row]:
            result[row][at] = cost
    return result


def _gifts(problem):
    """All ways to give quotas to sites."""
    indptr = problem.quotas.indptr.tolist()
    sites = problem.quotas.site.tolist()
    return product(*([-1, *sites[a:b]] for a, b in pairwise(indptr)))
