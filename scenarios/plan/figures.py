"""Figures of a plan's answer: what changes, what it costs, whom it serves, how rules are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.siting.plan.problem import Assignments, PlanProblem
from scenarios.plan.case import PlanCase
from scenarios.plan.floors import FloorRow
from scenarios.plan.groups import group_numbers
from scenarios.plan.rules import RuleRow, counted, units_of

__all__ = [
    "FloorValue",
    "PlanCoverage",
    "RuleValue",
    "changes",
    "coverage",
    "floor_values",
    "group_coverage",
    "loads",
    "money",
    "rule_values",
    "served_units",
    "standing",
]

_FEN = 100.0


@dataclass(frozen=True)
class PlanCoverage:
    """Units of one service, sub-district and group, and how many of them are served.

    Attributes:
        service: number of the service.
        district: number of the sub-district; -1 for outside of all, None for the whole.
        group: number of the group, None for all.
        units: units that are asked for (persons, beds, portions; not weighted).
        today: served by what stands today.
        by_year: served in every year of the plan.
        estimated: whether any of the figures rests on an assumed share.
    """

    service: int
    district: int | None
    group: int | None
    units: float
    today: float
    by_year: tuple[float, ...]
    estimated: bool


@dataclass(frozen=True)
class RuleValue:
    """A rule in one of its years.

    Attributes:
        row: the rule. year: number of the year.
        today, value: what it counts today and in that year: sites, places or operators, m2,
            service units, or a share (0 .. 1, 0 where there is nothing), by ``row.what``; for a
            rule on growth, what there is today and what the year adds.
        low, high: its limits in the same units, None for none.
        met: whether the plan keeps it.
    """

    row: RuleRow
    year: int
    today: float
    value: float
    low: float | None
    high: float | None
    met: bool


@dataclass(frozen=True)
class FloorValue:
    """A floor in one of its years.

    Shares (0 .. 1) are of the people that it is about: by weight, and faded by distance where the
    service fades, as the solver and the checker count them.
    """

    row: FloorRow
    year: int
    today: float
    share: float
    low: float
    met: bool


def changes(case: PlanCase, option: NDArray[np.int32]) -> pd.DataFrame:
    """What opens, closes or changes in which year; see ``PlanRun.changes``."""
    frame, sites = case.options, case.sites
    rows = []
    before = case.problem.sites.current
    for year, now in enumerate(option):
        for site in np.flatnonzero(now != before):
            old, new = int(before[site]), int(now[site])
            had, has = _at(frame, old), _at(frame, new)
            closing = sites["closing_cost_yuan"].iloc[site] if new < 0 else 0.0
            rows.append(
                {
                    "year": year,
                    "year_label": case.calendar.labels[year],
                    "site": int(site),
                    "kind": _kind(case, old, new),
                    "level_before": had["level"],
                    "size_before": had["size"],
                    "level": has["level"],
                    "size": has["size"],
                    "area_m2": has["area_m2"],
                    "yearly_cost_yuan": has["yearly_cost_yuan"],
                    "opening_cost_yuan": has["opening_cost_yuan"],
                    "closing_cost_yuan": float(closing),
                }
            )
        before = now
    columns = ["year", "year_label", "site", "kind", "level_before", "size_before", "level"]
    columns += ["size", "area_m2", "yearly_cost_yuan", "opening_cost_yuan", "closing_cost_yuan"]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(_IDS, object))
    table[_IDS] = table[_IDS].where(table[_IDS].notna(), None)
    told = ["site_id", "name", "name_en", "subdistrict", "premises", "origin"]
    return table.join(sites[told], on="site")


_IDS = ["level_before", "size_before", "level", "size"]
_NOTHING = {
    "level": None,
    "size": None,
    "area_m2": 0.0,
    "yearly_cost_yuan": 0.0,
    "opening_cost_yuan": 0.0,
}


def _at(frame: pd.DataFrame, option: int) -> dict[str, object]:
    return {key: frame[key].iloc[option] for key in _NOTHING} if option >= 0 else dict(_NOTHING)


def _kind(case: PlanCase, old: int, new: int) -> str:
    """open, close, upgrade (to the level above or a larger size) or convert."""
    if old < 0:
        return "open"
    if new < 0:
        return "close"
    options, parent = case.problem.options, case.problem.level_parent
    was, is_now = int(options.level[old]), int(options.level[new])
    return "upgrade" if is_now in (was, int(parent[was])) else "convert"


def standing(case: PlanCase, option: NDArray[np.int32], parent: NDArray[np.int32]) -> pd.DataFrame:
    """All that stands, per year; see :attr:`scenarios.plan.run.PlanRun.network`."""
    year, site = np.nonzero(option >= 0)
    table = case.options.iloc[option[year, site]].reset_index(drop=True)
    table.insert(0, "year", year)
    above = parent[year, site]
    ids = np.array([*case.sites["site_id"], None], dtype=object)
    children = np.zeros(option.shape, dtype=np.int64)
    hung = above >= 0
    np.add.at(children, (year[hung], above[hung]), 1)
    metres = np.full(len(table), np.nan)
    pairs = case.problem.attachments
    m = len(case.sites)
    key = pairs.child.astype(np.int64) * m + pairs.parent
    order = np.argsort(key)
    at = np.searchsorted(key[order], site[hung] * m + above[hung])
    metres[hung] = pairs.cost[order][at] / 1000.0
    return table.assign(
        parent=above,
        parent_id=pd.Series(ids[above], dtype=object),
        parent_m=metres,
        children=children[year, site],
    )


def money(case: PlanCase, option: NDArray[np.int32]) -> pd.DataFrame:
    """Money per year; see :attr:`scenarios.plan.run.PlanRun.money`."""
    options, sites, years = case.problem.options, case.problem.sites, case.problem.years
    rows = []
    before = sites.current
    left = 0.0
    for year, now in enumerate(option):
        starts = now[(now >= 0) & (now != before)]
        opening = options.opening_cost[starts].sum() / _FEN
        closing = sites.closing_cost[(before >= 0) & (now < 0)].sum() / _FEN
        running = options.yearly_cost[now[now >= 0]].sum() / _FEN
        limit = _limit(years.capital[year])
        carried = left if years.carries else 0.0
        left = limit + carried - opening - closing
        rows.append(
            {
                "year": year,
                "year_label": case.calendar.labels[year],
                "opening_yuan": float(opening),
                "closing_yuan": float(closing),
                "capital_yuan": float(opening + closing),
                "capital_limit_yuan": limit,
                "carried_yuan": carried,
                "running_yuan": float(running),
                "running_limit_yuan": _limit(years.running[year]),
            }
        )
        before = now
    return pd.DataFrame(rows)


def _limit(fen: np.int64) -> float:
    return np.inf if fen < 0 else float(fen) / _FEN


def served_units(
    problem: PlanProblem, option: NDArray[np.int32], assignments: Assignments
) -> NDArray[np.float64]:
    """float64[T, n], units of every row that are covered or assigned in each year."""
    years = option.shape[0]
    served = np.zeros((years, problem.n_demand))
    np.add.at(served, (assignments.year, assignments.row), assignments.amount)
    reach, demand = problem.reach, problem.demand
    site = np.repeat(np.arange(problem.n_sites), np.diff(reach.indptr))
    row = reach.demand
    covers = (reach.cost <= demand.radius[row]) & ~problem.capacitated[demand.service[row]]
    site, row = site[covers], row[covers]
    capacity = problem.options.capacity
    for year in range(years):
        now = option[year, site]
        there = (now >= 0) & (capacity[now, demand.service[row]] != 0)
        reached = np.unique(row[there])
        served[year, reached] = demand.amount[reached]
    return served / problem.units_per_person


def coverage(
    case: PlanCase, today: NDArray[np.float64], served: NDArray[np.float64]
) -> tuple[PlanCoverage, ...]:
    """Units asked and served by service, sub-district and group; wholes first."""
    demand = case.demand
    asked = case.problem.demand.amount / case.problem.units_per_person
    rows = []
    for service in range(len(case.services)):
        of_service = demand.service == service
        places: list[int | None] = [None, *np.unique(demand.district[of_service]).tolist()]
        if places[1:] and places[1] == -1:
            places = [None, *places[2:], -1]
        groups: list[int | None] = [None, *np.unique(demand.group[of_service]).tolist()]
        for place in places:
            for group in groups:
                mine = of_service.copy()
                mine &= True if place is None else demand.district == place
                mine &= True if group is None else demand.group == group
                if not mine.any():
                    continue
                rows.append(
                    PlanCoverage(
                        service,
                        place,
                        group,
                        float(asked[mine].sum()),
                        float(today[mine].sum()),
                        tuple(served[:, mine].sum(axis=1).tolist()),
                        bool(demand.estimated[mine].any()),
                    )
                )
    return tuple(rows)


def group_coverage(
    case: PlanCase, today: NDArray[np.float64], served: NDArray[np.float64]
) -> tuple[PlanCoverage, ...]:
    """Units asked and served of every named group, by service and sub-district; wholes first.

    ``group`` counts the groups of the scenario. Residents and clients are in none of them.
    """
    demand = case.demand
    asked = case.problem.demand.amount / case.problem.units_per_person
    rows = []
    for service in range(len(case.services)):
        for number, group in enumerate(case.wanted.groups):
            cells = group_numbers(case.wanted, demand.people, [group.id])
            mine = (demand.service == service) & np.isin(demand.group, cells) & (demand.site < 0)
            inside = np.unique(demand.district[mine]).tolist()
            places: list[int | None] = [None, *(each for each in inside if each >= 0)]
            for place in places if mine.any() else []:
                there = mine if place is None else mine & (demand.district == place)
                rows.append(
                    PlanCoverage(
                        service,
                        place,
                        number,
                        float(asked[there].sum()),
                        float(today[there].sum()),
                        tuple(served[:, there].sum(axis=1).tolist()),
                        bool(demand.estimated[there].any()),
                    )
                )
    return tuple(rows)


def loads(case: PlanCase, option: NDArray[np.int32], assignments: Assignments) -> pd.DataFrame:
    """Load and room of every site that offers a capacitated service, per year."""
    problem = case.problem
    load = np.zeros((*option.shape, problem.n_services))
    service = problem.demand.service[assignments.row]
    np.add.at(load, (assignments.year, assignments.site, service), assignments.amount)
    rows = []
    for number in np.flatnonzero(problem.capacitated):
        room = np.where(option >= 0, problem.options.capacity[option, number], 0)
        for year, site in zip(*np.nonzero(room), strict=True):
            limit = room[year, site]
            rows.append(
                {
                    "year": int(year),
                    "site": int(site),
                    "site_id": case.sites["site_id"].iloc[site],
                    "service": int(number),
                    "load": load[year, site, number] / problem.units_per_person,
                    "capacity": np.inf if limit < 0 else limit / problem.units_per_person,
                }
            )
    return pd.DataFrame(rows, columns=["year", "site", "site_id", "service", "load", "capacity"])


def rule_values(case: PlanCase, option: NDArray[np.int32]) -> tuple[RuleValue, ...]:
    """Every rule in the last of its years, and in any year in which it is broken.

    Rules on growth are told in every year; today's value is then what there is today.
    """
    current = case.problem.sites.current
    found = []
    for number, row in enumerate(case.rules):
        shown, low, high = _measure(case, number)
        for year in range(row.first_year, row.last_year + 1):
            before = option[year - 1] if year else current
            value = _counted(case.problem, number, option[year])
            if row.growth:
                value -= _counted(case.problem, number, before)
            met = (row.low is None or value >= row.low) and (row.high is None or value <= row.high)
            if year == row.last_year or row.growth or not met:
                grown = shown(option[year]) - (shown(before) if row.growth else 0.0)
                found.append(RuleValue(row, year, shown(current), grown, low, high, met))
    return tuple(found)


def _counted(problem: PlanProblem, rule: int, option: NDArray[np.int32]) -> int:
    """What a rule counts of standing options; those of one kind count once."""
    rules = problem.rules
    part = slice(rules.indptr[rule], rules.indptr[rule + 1])
    stands = np.isin(rules.option[part], option[option >= 0])
    kind, worth = rules.kind[part][stands], rules.coefficient[part][stands]
    _, first = np.unique(kind[kind >= 0], return_index=True)
    return int(worth[kind < 0].sum() + worth[kind >= 0][first].sum())


_Measured = tuple[Callable[[NDArray[np.int32]], float], float | None, float | None]


def _measure(case: PlanCase, number: int) -> _Measured:
    """What a rule counts in the planner's units, for the options that stand, and its limits."""
    row = case.rules[number]
    if row.what != "share":
        low, high = (None if each is None else each / row.scale for each in (row.low, row.high))
        return lambda option: _counted(case.problem, number, option) / row.scale, low, high
    rule, capacity = case.wanted.rules[row.rule], case.problem.options.capacity
    place = case.places.of_site[row.unit][case.problem.options.site]
    looks = counted(case.wanted, rule, case.sites, case.options, capacity) & (place == row.place)
    part, whole = (
        np.append(np.where(looks, units_of(case.wanted, capacity, names or ()), 0), 0)
        for names in (rule.capacity, rule.share_of)
    )

    def share(option: NDArray[np.int32]) -> float:
        total = int(whole[option].sum())
        return int(part[option].sum()) / total if total else 0.0

    low = rule.exactly if rule.at_least is None else rule.at_least
    high = rule.exactly if rule.at_most is None else rule.at_most
    return share, low, high


def floor_values(
    case: PlanCase, today: NDArray[np.int64], values: NDArray[np.int64]
) -> tuple[FloorValue, ...]:
    """Every floor in the last of its years.

    Args:
        case: the plan.
        today: int64[n], what the rows are worth today; see ``worth.row_values``.
        values: int64[T, n], what they are worth in every year of the plan.
    """
    floors = case.problem.floors
    found = []
    for number, row in enumerate(case.floors):
        rows = floors.demand[floors.indptr[number] : floors.indptr[number + 1]]
        value, before = int(values[row.last_year, rows].sum()), int(today[rows].sum())
        share, low = value / row.full, row.low / row.full
        met = value >= row.low
        found.append(FloorValue(row, row.last_year, before / row.full, share, low, met))
    return tuple(found)
