"""Which rules about sites, money and the request a move at one site breaks in a sound plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from optimizer.arrays import csr_rows
from optimizer.siting.plan.checking.violations import PlanViolationKind
from optimizer.siting.plan.explain.moves import Move
from optimizer.siting.plan.problem import PlanAnswer, PlanProblem, PlanRequest
from optimizer.siting.plan.tables import UNLIMITED

__all__ = ["Broken", "RuleState", "money_of"]

_Kind = PlanViolationKind


@dataclass(frozen=True)
class Broken:
    """A rule that does not hold.

    Attributes:
        kind: which rule, in the checker's words.
        index: the site, row, option, rule, floor, district or group; None for the whole plan.
        year: the year, None where it is not about a year.
    """

    kind: PlanViolationKind
    index: int | None = None
    year: int | None = None


@dataclass(frozen=True)
class _Money:
    """Fen by year."""

    capital: tuple[int, ...]
    running: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.capital) + sum(self.running)


def money_of(problem: PlanProblem, site: int, column: tuple[int, ...]) -> _Money:
    """What a site costs that shows these options year by year."""
    before, current = int(problem.sites.current[site]), problem.sites.current[site]
    capital, running = [], []
    for option in column:
        spent = 0
        if option >= 0 and option != before:
            spent = int(problem.options.opening_cost[option])
        elif option < 0 and before >= 0 and before == current:
            spent = int(problem.sites.closing_cost[site])
        capital.append(spent)
        running.append(int(problem.options.yearly_cost[option]) if option >= 0 else 0)
        before = option
    return _Money(tuple(capital), tuple(running))


class _Entry(NamedTuple):
    """An option's part in a counting rule; see ``tables.Rules``."""

    rule: int
    kind: int
    coefficient: int


class _Tally:
    """What the rules count of standing options: sums, and how many stand of every kind."""

    def __init__(self) -> None:
        self.sums: Counter[int] = Counter()
        self.kinds: Counter[tuple[int, int]] = Counter()

    def add(self, entries: Iterable[_Entry]) -> None:
        """Count one more option."""
        for rule, kind, coefficient in entries:
            if kind < 0 or not self.kinds[rule, kind]:
                self.sums[rule] += coefficient
            if kind >= 0:
                self.kinds[rule, kind] += 1

    def after(self, rule: int, gone: Iterable[_Entry], come: Iterable[_Entry]) -> int:
        """A rule's sum when the options of some entries go and others come."""
        total, change = self.sums[rule], Counter[int]()
        worth: dict[int, int] = {}
        for entries, sign in ((gone, -1), (come, 1)):
            for _, kind, coefficient in entries:
                if kind < 0:
                    total += sign * coefficient
                else:
                    change[kind] += sign
                    worth[kind] = coefficient
        for kind, step in change.items():
            before = self.kinds[rule, kind]
            total += worth[kind] * (int(before + step > 0) - int(before > 0))
        return total


class RuleState:
    """A plan's sums, ready to be asked about moves."""

    def __init__(self, problem: PlanProblem, request: PlanRequest, answer: PlanAnswer) -> None:
        self.problem, self.request = problem, request
        self.shown = answer.option.astype(np.int64)
        self.parent = answer.parent.astype(np.int64)
        self.quota_site = answer.quota_site.astype(np.int64)
        columns = [tuple(column) for column in self.shown.T.tolist()]
        money = [money_of(problem, site, column) for site, column in enumerate(columns)]
        self.capital = [sum(year) for year in zip(*(m.capital for m in money), strict=True)]
        self.running = [sum(year) for year in zip(*(m.running for m in money), strict=True)]
        self.cost = sum(each.total for each in money)
        self._read_rules()
        self._read_takeovers()

    def _read_rules(self) -> None:
        rules, current = self.problem.rules, self.problem.sites.current
        owner = csr_rows(rules.indptr).tolist()
        self.of_option: list[list[_Entry]] = [[] for _ in range(self.problem.n_options)]
        columns = (rules.option, rules.kind, rules.coefficient)
        entries = zip(owner, *(each.tolist() for each in columns), strict=True)
        for rule, option, kind, coefficient in entries:
            self.of_option[option].append(_Entry(rule, kind, coefficient))
        self.today = self._tallied(set(current[current >= 0].tolist()))
        self.tally = [self._tallied(set(row[row >= 0].tolist())) for row in self.shown]

    def _tallied(self, standing: set[int]) -> _Tally:
        tally = _Tally()
        for option in sorted(standing):
            tally.add(self.of_option[option])
        return tally

    def _read_takeovers(self) -> None:
        """By option, the existing sites that it may take over."""
        sites = self.problem.sites
        self.takes_over: dict[int, list[int]] = {}
        for site in np.flatnonzero(np.diff(sites.takeover_indptr)).tolist():
            for option in self._heirs(site):
                self.takes_over.setdefault(option, []).append(site)

    def _heirs(self, site: int) -> list[int]:
        indptr = self.problem.sites.takeover_indptr
        return list(self.problem.sites.takeover_option[indptr[site] : indptr[site + 1]].tolist())

    def broken(self, move: Move) -> Iterator[Broken]:
        """Rules that the move breaks, apart from those on demand."""
        yield from self._broken_money(move)
        for year in move.years:
            old, new = move.before[year], move.after[year]
            due = int(self.problem.sites.due[move.site])
            if new < 0 and 0 <= due <= year:
                yield Broken(_Kind.DUE_NOT_STANDING, move.site, year)
            yield from self._broken_takeovers(move.site, old, new, year)
            if new >= 0 and not self._has_area(move.site, new, year):
                yield Broken(_Kind.QUOTA_AREA_SHORT, move.site, year)
        yield from self._broken_counts(move)
        yield from self._broken_request(move)

    def _broken_money(self, move: Move) -> Iterator[Broken]:
        years = self.problem.years
        old = money_of(self.problem, move.site, move.before)
        new = money_of(self.problem, move.site, move.after)
        most = self.request.most_cost
        if most is not None and self.cost - old.total + new.total > most:
            yield Broken(_Kind.MOST_COST_PASSED)
        spent, given, is_limited = 0, 0, True
        for year in range(self.problem.n_years):
            budget, limit = int(years.capital[year]), int(years.running[year])
            if not years.carries:
                spent, given, is_limited = 0, 0, True
            spent += self.capital[year] - old.capital[year] + new.capital[year]
            given += budget
            is_limited = is_limited and budget != UNLIMITED
            if is_limited and spent > given:
                yield Broken(_Kind.CAPITAL_EXCEEDED, None, year)
            running = self.running[year] - old.running[year] + new.running[year]
            if limit != UNLIMITED and running > limit:
                yield Broken(_Kind.RUNNING_EXCEEDED, None, year)

    def _broken_takeovers(self, site: int, old: int, new: int, year: int) -> Iterator[Broken]:
        standing = set(self.shown[year].tolist()) - {old, -1} | ({new} - {-1})
        closed = [site] if new < 0 <= int(self.problem.sites.current[site]) else []
        closed += [
            other
            for other in self.takes_over.get(old, [])
            if other != site
            and self.problem.sites.current[other] >= 0
            and self.shown[year, other] < 0
        ]
        for each in closed:
            heirs = self._heirs(each)
            if heirs and standing.isdisjoint(heirs):
                yield Broken(_Kind.NO_TAKEOVER, each, year)

    def _broken_counts(self, move: Move) -> Iterator[Broken]:
        rules, shown = self.problem.rules, {*move.before, *move.after} - {-1}
        for rule in sorted({entry.rule for option in shown for entry in self.of_option[option]}):
            growth = bool(rules.growth[rule])
            for year in range(int(rules.first_year[rule]), int(rules.last_year[rule]) + 1):
                touched = year in move.years or (growth and year - 1 in move.years)
                if not touched:
                    continue
                got = self._moved_sum(rule, year, move)
                got -= self._moved_sum(rule, year - 1, move) if growth else 0
                if got < rules.low[rule]:
                    yield Broken(_Kind.RULE_BELOW, rule, year)
                if got > rules.high[rule]:
                    yield Broken(_Kind.RULE_ABOVE, rule, year)

    def _moved_sum(self, rule: int, year: int, move: Move) -> int:
        """What a rule comes to after the move in a year; -1 is today."""
        if year < 0:
            return self.today.sums[rule]
        gone, come = (
            [entry for entry in self.of_option[option] if entry.rule == rule] if option >= 0 else []
            for option in (move.before[year], move.after[year])
        )
        return self.tally[year].after(rule, gone, come)

    def _has_area(self, site: int, option: int, year: int) -> bool:
        """Whether quotas given to the site, and those given to nobody, provide the area."""
        needed, quotas = int(self.problem.options.quota_area[option]), self.problem.quotas
        if needed == 0:
            return True
        got = 0
        for quota in np.flatnonzero(quotas.first_year <= year).tolist():
            listed = quotas.site[quotas.indptr[quota] : quotas.indptr[quota + 1]]
            given = int(self.quota_site[quota])
            if given == site or (given < 0 and site in listed):
                got += int(quotas.area[quota])
        return got >= needed

    def _broken_request(self, move: Move) -> Iterator[Broken]:
        old, new = move.before[-1], move.after[-1]
        for forced in self.request.forced:
            if old == forced != new:
                yield Broken(_Kind.FORCED_MISSING, forced)
        for banned in self.request.banned:
            for year in move.years:
                if move.after[year] == banned:
                    yield Broken(_Kind.BANNED_STANDS, banned, year)
        last = self.shown[-1].tolist()
        for group, (options, most) in enumerate(self.request.differ_from):
            got = len(set(last).intersection(options)) - (old in options) + (new in options)
            if new != old and got > most:
                yield Broken(_Kind.TOO_ALIKE, group)
