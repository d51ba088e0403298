"""Rules of a plan as linear rows, each with its text in both languages."""

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
from scenarios.plan.beside import Beside
from scenarios.plan.model import PlanInput, PlanSitesInput, RuleInput
from scenarios.plan.rule_texts import near_text, rule_text
from scenarios.plan.sites import part_of
from scenarios.plan.units import Places
from scenarios.plan.years import Calendar
from scenarios.plan_codes import RULE_WITHOUT_SITES

__all__ = [
    "RuleRow",
    "compile_rules",
    "counted",
    "csr_pointer",
    "joined_rows",
    "offers",
    "units_of",
    "whole_numbers",
    "year_numbers",
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
        what: what is counted: sites (``count``), ``distinct`` places or operators with sites, m2
            (``area``), service units (``capacity``), a ``share`` of service units, or sites that
            have too few of a service (``each``).
        scale: row units per unit of the text.
        growth: the limits are of what a year adds to the year before.
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
    growth: bool = False


@dataclass(eq=False)
class _Rows:
    """Rows in the making."""

    about: list[RuleRow] = field(default_factory=list)
    option: list[NDArray[np.int64]] = field(default_factory=list)
    coefficient: list[NDArray[np.int64]] = field(default_factory=list)
    kind: list[NDArray[np.int64]] = field(default_factory=list)

    def add(
        self, row: RuleRow, coefficient: NDArray[np.int64], kind: NDArray[np.int64] | None = None
    ) -> None:
        """One more row; options of one ``kind`` >= 0 count once together."""
        counted = np.flatnonzero(coefficient)
        alone = np.full(counted.size, -1, dtype=np.int64)
        self.about.append(row)
        self.option.append(counted)
        self.coefficient.append(coefficient[counted])
        self.kind.append(alone if kind is None else kind[counted])

    def table(self) -> tables.Rules:
        return tables.Rules(
            low=whole_numbers(-_NONE if each.low is None else each.low for each in self.about),
            high=whole_numbers(_NONE if each.high is None else each.high for each in self.about),
            first_year=year_numbers(each.first_year for each in self.about),
            last_year=year_numbers(each.last_year for each in self.about),
            growth=np.array([each.growth for each in self.about], dtype=bool),
            indptr=csr_pointer(self.option),
            option=joined_rows(self.option).astype(np.int32),
            coefficient=joined_rows(self.coefficient),
            kind=joined_rows(self.kind).astype(np.int32),
        )


def compile_rules(
    wanted: PlanInput,
    sites: gpd.GeoDataFrame,
    options: pd.DataFrame,
    capacity: NDArray[np.int64],
    near: Sequence[Beside],
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
        near: sites beside features, per part of ``near``.
        places: where rules count.
        units_per_person: the solver's scale of capacities.
        warnings: takes a note for every row that nothing counts towards.
    """
    rows = _Rows()
    calendar = Calendar.of(wanted.years)
    for number, rule in enumerate(wanted.rules):
        at = options["site"].to_numpy(dtype=np.int64)
        worth, scale = _worth(wanted, rule, sites, options, capacity, units_per_person)
        place_of = places.of_site[rule.per][at]
        kind = None
        if rule.distinct is not None:
            kind = places.of_site[rule.distinct][at].astype(np.int64)
            worth = np.where(kind < 0, 0, worth)
        for place, label in enumerate(places.labels[rule.per]):
            mine = np.where(place_of == place, worth, 0)
            low, high = _limits(rule, place, places, scale)
            span = calendar.first(rule.from_year), calendar.last(rule.to_year)
            span_text = calendar.span(*span)
            text = rule_text(wanted, rule, label, (low, high), scale, span_text)
            if not mine.any() and (low or 0) > 0:
                warnings.append(
                    RULE_WITHOUT_SITES(f"plan.rules.{number}", rule_zh=text.zh, rule_en=text.en)
                )
            what = _what(rule)
            row = RuleRow(number, rule.per, place, low, high, *span, text, what, scale, rule.growth)
            rows.add(row, mine, kind)
    _near_rules(wanted, options, capacity, near, calendar, rows, warnings)
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
        if rule.each_at_least is not None:
            few = math.ceil(Fraction(str(rule.each_at_least)) * units_per_person - _TINY)
            worth, scale = ((worth > 0) & (worth < few)).astype(np.int64), 1
        if rule.share_of is not None:
            share = next(e for e in (rule.exactly, rule.at_least, rule.at_most) if e is not None)
            whole = units_of(wanted, capacity, rule.share_of)
            worth = _SHARE_SCALE * worth - round(_SHARE_SCALE * share) * whole
    return np.where(counted(wanted, rule, sites, options, capacity), worth, 0), scale


def _what(rule: RuleInput) -> str:
    if rule.count is not None:
        return "count" if rule.distinct is None else "distinct"
    if rule.each_at_least is not None:
        return "each"
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


def counted(
    wanted: PlanInput,
    rule: RuleInput,
    sites: gpd.GeoDataFrame,
    options: pd.DataFrame,
    capacity: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """bool[o], the options that a rule looks at, wherever they are."""
    levels = rule.count or rule.area or rule.levels
    counts = np.ones(len(options), dtype=bool)
    if levels:
        counts &= options["level"].isin(levels).to_numpy()
    if rule.sizes:
        full = options["level"].astype(str) + "/" + options["size"].astype(str)
        counts &= (options["size"].isin(rule.sizes) | full.isin(rule.sizes)).to_numpy()
    if rule.offering:
        counts &= offers(wanted, capacity, rule.offering)
    if rule.only_new:
        counts &= ~options["current"].to_numpy(dtype=bool)
    at = options["site"].to_numpy(dtype=np.int64)
    for column, words in (
        ("premises", rule.premises),
        ("ownership", rule.ownership),
        ("operator", rule.operators),
    ):
        if words:
            counts &= sites[column].isin(words).to_numpy()[at]
    return counts


def offers(
    wanted: PlanInput, capacity: NDArray[np.int64], services: Sequence[str]
) -> NDArray[np.bool_]:
    """bool[o], the options that offer any of some services."""
    numbers = [each.id for each in wanted.services]
    columns = [numbers.index(name) for name in services]
    return np.asarray((capacity[:, columns] != 0).any(axis=1))


def _limits(
    rule: RuleInput, place: int, places: Places, scale: int
) -> tuple[int | None, int | None]:
    """Least and most of a row; what is asked per head is rounded in the people's favour."""
    least = rule.exactly if rule.at_least is None else rule.at_least
    most = rule.exactly if rule.at_most is None else rule.at_most
    if rule.share_of is not None:
        return (None if least is None else 0), (None if most is None else 0)
    if rule.each_at_least is not None:
        return None, 0
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
    capacity: NDArray[np.int64],
    near: Sequence[Beside],
    calendar: Calendar,
    rows: _Rows,
    warnings: list[Fault],
) -> None:
    at = options["site"].to_numpy(dtype=np.int64)
    for number, (part, beside) in enumerate(zip(wanted.near, near, strict=True)):
        counts = np.ones(len(options), dtype=bool)
        if part.levels:
            counts &= options["level"].isin(part.levels).to_numpy()
        if part.offering:
            counts &= offers(wanted, capacity, part.offering)
        last = len(calendar) - 1
        first = last if part.from_year is None else calendar.first(part.from_year)
        span = calendar.span(first, last)
        if part.at_least is not None:
            text = near_text(wanted, part, None, part.at_least, span)
            row = RuleRow(-1, "district", 0, part.at_least, None, first, last, text)
            rows.add(row, (counts & beside.any[at]).astype(np.int64))
        if part.each_at_least is None:
            continue
        for feature, label in enumerate(beside.labels):
            text = near_text(wanted, part, label, part.each_at_least, span)
            mine = counts & beside.of(feature)[at]
            if part.each_at_least and not mine.any():
                where = f"plan.near.{number}"
                warnings.append(RULE_WITHOUT_SITES(where, rule_zh=text.zh, rule_en=text.en))
            row = RuleRow(-1, "district", 0, part.each_at_least, None, first, last, text)
            rows.add(row, mine.astype(np.int64))


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


def whole_numbers(values: Iterable[int]) -> NDArray[np.int64]:
    """A column of whole numbers."""
    return np.fromiter(values, dtype=np.int64)


def year_numbers(values: Iterable[int]) -> NDArray[np.int32]:
    """A column of years' numbers."""
    return np.fromiter(values, dtype=np.int32)


def csr_pointer(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The CSR pointer of rows of these lengths."""
    return np.concatenate([[0], np.cumsum([part.size for part in parts])]).astype(np.int64)


def joined_rows(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The rows one after the other."""
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
