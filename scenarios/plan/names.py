"""What a plan's sites, options, services and places are called, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from scenarios.model import Text
from scenarios.plan.model import LevelInput, SizeInput
from scenarios.words import both

if TYPE_CHECKING:
    from scenarios.plan.run import PlanRun

__all__ = [
    "ALL",
    "EVERYBODY",
    "NOWHERE",
    "PERSONS",
    "TODAY",
    "PlanNames",
    "bracketed",
    "joined",
    "rows_of",
]

ALL = Text(zh="全区", en="whole district")
EVERYBODY = Text(zh="合计", en="everybody")
NOWHERE = Text(zh="街道范围外", en="outside the sub-districts")
TODAY = Text(zh="现状", en="today")

_NAMELESS = {"layer": ("设施", "site"), "quota": ("新建小区", "new compound")}
PERSONS = Text(zh="人", en="persons")


@dataclass(frozen=True, eq=False)
class PlanNames:
    """Names of everything that a plan run numbers."""

    run: PlanRun

    @cached_property
    def sites(self) -> tuple[Text, ...]:
        """A name per site; the id stands behind names that several sites share."""
        table = self.run.case.sites
        rows = zip(table["site_id"], table["name"], table["name_en"], table["origin"], strict=True)
        names = [_site_name(*row) for row in rows]
        twice = pd.Series([name.zh for name in names]).duplicated(keep=False)
        return tuple(
            bracketed(name, both(str(site_id))) if again else name
            for name, site_id, again in zip(names, table["site_id"], twice, strict=True)
        )

    @cached_property
    def options(self) -> tuple[Text, ...]:
        """Level and size of every option."""
        table = self.run.case.options
        return tuple(
            self._what[level, size]
            for level, size in zip(table["level"], table["size"], strict=True)
        )

    @cached_property
    def _what(self) -> Mapping[tuple[str, str], Text]:
        return {
            (level.id, size.id): _level_and_size(level, size)
            for level in self.run.case.levels
            for size in level.sizes
        }

    @cached_property
    def levels(self) -> Mapping[str, Text]:
        """Labels of levels by id."""
        return {level.id: level.label for level in self.run.case.levels}

    @property
    def services(self) -> tuple[Text, ...]:
        """Labels of services."""
        return tuple(service.label for service in self.run.case.services)

    @property
    def units(self) -> tuple[Text, ...]:
        """What each service counts."""
        return tuple(service.unit or PERSONS for service in self.run.case.services)

    @property
    def years(self) -> tuple[str, ...]:
        """Labels of years."""
        return self.run.year_labels

    def what(self, level: Any, size: Any) -> Text | None:
        """Level and size in words; None for nothing."""
        if level is None or pd.isna(level):
            return None
        return self._what[str(level), str(size)]

    def place(self, district: int | None) -> Text | None:
        """A sub-district; None where the scenario has none."""
        if district is None:
            return ALL
        labels = self.run.district.labels
        if not labels:
            return None
        return NOWHERE if district < 0 else labels[district]

    def group(self, group: int | None) -> Text:
        """A group of people."""
        return EVERYBODY if group is None else self.run.case.demand.labels[group]


def rows_of(frame: pd.DataFrame) -> Iterable[Any]:
    """The rows with a field per column."""
    return frame.itertuples()


def bracketed(text: Text, more: Text) -> Text:
    """The text with something in brackets behind it."""
    return Text(zh=f"{text.zh}（{more.zh}）", en=f"{text.en} ({more.en})")


def joined(texts: list[Text]) -> Text | None:
    """Texts one after the other; None for none."""
    if not texts:
        return None
    return Text(zh="；".join(text.zh for text in texts), en="; ".join(text.en for text in texts))


def _site_name(site_id: object, name: object, name_en: object, origin: object) -> Text:
    """The name; a word and the number where the layer, or the street, has none."""
    if str(name) == str(site_id):
        number = str(site_id).rpartition("-")[2]
        zh, en = _NAMELESS.get(str(origin), ("候选点", "candidate"))
        return Text(zh=f"{zh} {number}", en=f"{en} {number}")
    return Text(zh=str(name), en=str(name_en))


def _level_and_size(level: LevelInput, size: SizeInput) -> Text:
    """Such as "station (large)"; the size is left out where there is only one."""
    if len(level.sizes) == 1:
        return level.label
    areas = [each.area_m2 for each in level.sizes]
    if size.label is not None:
        return bracketed(level.label, size.label)
    if size.area_m2 is not None and areas.count(size.area_m2) == 1:
        area = f"{size.area_m2:,.10g}"
        return bracketed(level.label, Text(zh=f"{area} 平方米", en=f"{area} m2"))
    return bracketed(level.label, both(size.id))
