"""Rules and floors of a plan as linear rows, each with its text in both languages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from base.faults import Fault
from optimizer.siting.plan import tables
from scenarios.model import Text
from scenarios.plan.demand import PlanDemand
from scenarios.plan.model import FloorInput, PlanInput, PlanSitesInput, RuleInput
from scenarios.plan.rule_texts import floor_text, levels_text, rule_text, words
from scenarios.plan.sites import part_of
from scenarios.plan.units import Places
from scenarios.plan.years import Calendar
from scenarios.plan_codes import RULE_WITHOUT_SITES

__all__ = [
    "FloorRow",
    "RuleRow",
    "compile_floors",
    "compile_rules",
    "counted",
    "units_of",
]

_NONE = 2**62
_SHARE_SCALE = 10_000
"""Coefficients of rules on shares: a share is kept to four decimals."""
_TINY = Fraction(1, 10**9)
"""A limit written as a decimal may be a hair off; rounding up starts above this."""


@dataclass(frozen=True)
class RuleRow:
    """One row of the rules: what it counts, where, when.

    Attributes:
        rule: number of the rule in ``plan.rules``; -1 for ``plan.near``, -2 for sites that may not
            stay as they are.
        unit, place: the place that it is about (``subdistrict``, number).
        low, high: limits in the row's own units (sites, m2, service units or, for shares, units
            in ten thousandths), None for none.
        first_year, last_year: years in which it holds.
        text: the rule in words, with place and years.
        what: what is counted: sites (``count``), m2 (``area``), service units (``capacity``) or
            a ``share`` of service units.
        scale: row units per unit of the text.
    """

    rule: int
    unit: str
    place: int
    low: int | None
    high: int | None
    first_year: int
    last_year: int
    text: Text
    what: str = "count"
    scale: int = 1


@dataclass(frozen=True)
class FloorRow:
    """One row of the floors, of some of the demand rows; see :class:`RuleRow`.

    Attributes:
        low: value that has to be reached. full: value if all of its rows were served.
        group: number of the group that it is about, -1 for all of the floor's.
    """

    floor: int
    unit: str
    place: int
    group: int
    low: int
    full: int
    first_year: int
    last_year: int
    text: Text


@dataclass(eq=False)
class _Rows:
    """Rows in the making."""

    about: list[RuleRow] = field(default_factory=list)
    option: list[NDArray[np.int64]] = field(default_factory=list)
    coefficient: list[NDArray[np.int64]] = field(default_factory=list)

    def add(self, row: RuleRow, coefficient: NDArray[np.int64]) -> None:
        counted = np.flatnonzero(coefficient)
        self.about.append(row)
        self.option.append(counted)
        self.coefficient.append(coefficient[counted])

    def table(self) -> tables.Rules:
        return tables.Rules(
            low=_ints(-_NONE if each.low is None else each.low for each in self.about),
            high=_ints(_NONE if each.high is None else each.high for each in self.about),
            first_year=_years(each.first_year for each in self.about),
            last_year=_years(each.last_year for each in self.about),
            indptr=_pointer(self.option),
            option=_joined(self.option).astype(np.int32),
            coefficient=_joined(self.coefficient),
        )


def compile_rules(
    wanted: PlanInput,
    sites: gpd.GeoDataFrame,
    options: pd.DataFrame,
    capacity: NDArray[np.int64],
    near: Sequence[NDArray[np.bool_]],
    places: Places,
    units_per_person: int,
    warnings: list[Fault],
) -> tuple[tables.Rules, tuple[RuleRow, ...]]:
    """All rules on what stands: the planner's, those of ``near``, and of sites that must change.

    Args:
        wanted: the plan.
        sites: frame, row = site.
        options: frame, row = option.
        capacity: int64[o, S], units in the solver's scale.
        near: bool[m] per part of ``near``, sites beside one.
        places: where rules count.
        units_per_person: the solver's scale of capacities.
        warnings: takes a note for every row that nothing counts towards.
    """
    rows = _Rows()
    calendar = Calendar.of(wanted.years)
    for number, rule in enumerate(wanted.rules):
        worth, scale = _worth(wanted, rule, sites, options, capacity, units_per_person)
        place_of = places.of_site[rule.per][options["site"].to_numpy(dtype=np.int64)]
        for place, label in enumerate(places.labels[rule.per]):
            mine = np.where(place_of == place, worth, 0)
            low, high = _limits(rule, place, places, scale)
            span = calendar.first(rule.from_year), calendar.last(rule.to_year)
            text = rule_text(wanted, rule, label, (low, high), scale, calendar.span(*span))
            if not mine.any() and (low or 0) > 0:
                warnings.append(
                    RULE_WITHOUT_SITES(f"plan.rules.{number}", rule_zh=text.zh, rule_en=text.en)
                )
            row = RuleRow(number, rule.per, place, low, high, *span, text, _what(rule), scale)
            rows.add(row, mine)
    _near_rules(wanted, options, near, calendar, rows)
    _changes(wanted, sites, options, calendar, rows)
    return rows.table(), tuple(rows.about)


def _worth(
    wanted: PlanInput,
    rule: RuleInput,
    sites: gpd.GeoDataFrame,
    options: pd.DataFrame,
    capacity: NDArray[np.int64],
    units_per_person: int,
) -> tuple[NDArray[np.int64], int]:
    """What each option counts, int64[o], and row units per unit in words."""
    scale = 1
    if rule.count is not None:
        worth = np.ones(len(options), dtype=np.int64)
    elif rule.area is not None:
        worth = np.floor(options["area_m2"].to_numpy()).astype(np.int64)
    else:
        worth, scale = units_of(wanted, capacity, rule.capacity or ()), units_per_person
        if rule.share_of is not None:
            share = next(e for e in (rule.exactly, rule.at_least, rule.at_most) if e is not None)
            whole = units_of(wanted, capacity, rule.share_of)
            worth = _SHARE_SCALE * worth - round(_SHARE_SCALE * share) * whole
    return np.where(counted(rule, sites, options), worth, 0), scale


def _what(rule: RuleInput) -> str:
    if rule.count is not None:
        return "count"
    if rule.area is not None:
        return "area"
    return "capacity" if rule.share_of is None else "share"


def units_of(
    wanted: PlanInput, capacity: NDArray[np.int64], services: Sequence[str]
) -> NDArray[np.int64]:
    """int64[o], the units of some services together that each option can serve."""
    numbers = [each.id for each in wanted.services]
    columns = [numbers.index(name) for name in services]
    total: NDArray[np.int64] = np.maximum(capacity[:, columns], 0).sum(axis=1)
    return total


def counted(rule: RuleInput, sites: gpd.GeoDataFrame, options: pd.DataFrame) -> NDArray[np.bool_]:
    """bool[o], the options that a rule looks at, wherever they are."""
    levels = rule.count or rule.area or rule.levels
    counts = np.ones(len(options), dtype=bool)
    if levels:
        counts &= options["level"].isin(levels).to_numpy()
    if rule.only_new:
        counts &= ~options["current"].to_numpy(dtype=bool)
    if rule.premises:
        at = options["site"].to_numpy(dtype=np.int64)
        counts &= sites["premises"].isin(rule.premises).to_numpy()[at]
    return counts


def _limits(
    rule: RuleInput, place: int, places: Places, scale: int
) -> tuple[int | None, int | None]:
    """Least and most of a row; what is asked per head is rounded in the people's favour."""
    least = rule.exactly if rule.at_least is None else rule.at_least
    most = rule.exactly if rule.at_most is None else rule.at_most
    if rule.share_of is not None:
        return (None if least is None else 0), (None if most is None else 0)
    factor = Fraction(scale)
    for per, name in ((100, rule.per_100), (1000, rule.per_1000), (10_000, rule.per_10000)):
        if name is not None:
            factor *= Fraction(float(places.people[rule.per][name][place])) / per
    low = None if least is None else math.ceil(Fraction(str(least)) * factor - _TINY)
    high = None if most is None else math.floor(Fraction(str(most)) * factor + _TINY)
    if high is not None and low is not None and rule.exactly is not None:
        high = max(high, low)  # exactly 2.5: the whole number above
    return low, high


def _near_rules(
    wanted: PlanInput,
    options: pd.DataFrame,
    near: Sequence[NDArray[np.bool_]],
    calendar: Calendar,
    rows: _Rows,
) -> None:
    for part, beside in zip(wanted.near, near, strict=True):
        if part.at_least is None:
            continue
        counts = beside[options["site"].to_numpy(dtype=np.int64)]
        if part.levels:
            counts = counts & options["level"].isin(part.levels).to_numpy()
        last = len(calendar) - 1
        first = last if part.from_year is None else calendar.first(part.from_year)
        span = calendar.span(first, last)
        levels = levels_text(wanted, part.levels)
        text = Text(
            zh=words(f"{part.label.zh}：{levels.zh}至少 {part.at_least} 处", span.zh, "zh"),
            en=words(f"{part.label.en}: at least {part.at_least} {levels.en}", span.en, "en"),
        )
        row = RuleRow(-1, "district", 0, part.at_least, None, first, last, text)
        rows.add(row, counts.astype(np.int64))


def _changes(
    wanted: PlanInput,
    sites: gpd.GeoDataFrame,
    options: pd.DataFrame,
    calendar: Calendar,
    rows: _Rows,
) -> None:
    """Existing sites that may not stay as they are: their current option is gone in the end."""
    current = options["current"].to_numpy(dtype=bool)
    for option in np.flatnonzero(current):
        site = sites.iloc[int(options["site"].iloc[option])]
        part = part_of(wanted, int(site["part"]))
        if not isinstance(part, PlanSitesInput) or "keep" in part.may:
            continue
        last = len(calendar) - 1
        text = Text(
            zh=f"{site['name']} 不得维持现状（{calendar.labels[last]} 年前）",
            en=f"{site['name_en']} may not stay as it is (by {calendar.labels[last]})",
        )
        counts = np.zeros(len(options), dtype=np.int64)
        counts[option] = 1
        rows.add(RuleRow(-2, "district", 0, None, 0, last, last, text), counts)


def compile_floors(
    wanted: PlanInput,
    demand: PlanDemand,
    value: NDArray[np.int64],
    reachable: NDArray[np.bool_],
    places: Places,
) -> tuple[tables.Floors, tuple[FloorRow, ...]]:
    """The coverage floors.

    Args:
        wanted: the plan.
        demand: its rows.
        value: int64[n], weight times amount.
        reachable: bool[n], rows that anything that may stand reaches in full value or part.
        places: where floors count.
    """
    calendar = Calendar.of(wanted.years)
    about: list[FloorRow] = []
    listed: list[NDArray[np.int64]] = []
    for number, floor in enumerate(wanted.floors):
        service = [each.id for each in wanted.services].index(floor.service)
        mine = (demand.service == service) & (demand.site < 0)
        if floor.cells:
            ids = demand.people.groups
            mine &= np.isin(demand.group, [ids.index(cell) for cell in floor.cells])
        span = calendar.first(floor.from_year), calendar.last(floor.to_year)
        for unit, place, group, label, rows in _floor_places(floor, demand, mine, places):
            counted = rows & reachable if floor.of_reachable else rows
            full = int(value[counted].sum())
            if not full:
                continue
            low = math.ceil(Fraction(str(floor.share)) * full)
            text = floor_text(wanted, floor, label, calendar.span(*span))
            about.append(FloorRow(number, unit, place, group, low, full, *span, text))
            listed.append(np.flatnonzero(rows))
    return tables.Floors(
        low=_ints(each.low for each in about),
        first_year=_years(each.first_year for each in about),
        last_year=_years(each.last_year for each in about),
        indptr=_pointer(listed),
        demand=_joined(listed).astype(np.int32),
    ), tuple(about)


_FloorPlace = tuple[str, int, int, Text, NDArray[np.bool_]]


def _floor_places(
    floor: FloorInput, demand: PlanDemand, mine: NDArray[np.bool_], places: Places
) -> list[_FloorPlace]:
    """Unit, place, group, label and rows of every floor of one rule."""
    if floor.per == "group":
        return [
            ("district", 0, group, demand.labels[group], mine & (demand.group == group))
            for group in range(len(demand.people.groups))
        ]
    place_of = demand.district
    if floor.per == "district":
        place_of = np.zeros(len(demand), dtype=np.int32)
    elif floor.per == "community":
        at_home = demand.place >= 0
        place_of = np.where(at_home, places.of_home["community"][demand.place], -1)
    return [
        (floor.per, place, -1, label, mine & (place_of == place))
        for place, label in enumerate(places.labels[floor.per])
    ]


def _ints(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, dtype=np.int64)


def _years(values: Iterable[int]) -> NDArray[np.int32]:
    return np.fromiter(values, dtype=np.int32)


def _pointer(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum([part.size for part in parts])]).astype(np.int64)


def _joined(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
