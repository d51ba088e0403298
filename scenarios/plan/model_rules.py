"""The rules of a plan as a planner writes them: counts, floors, neighbours, populations, groups."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scenarios.model_parts import Fraction, LayerInput, Part, Text
from scenarios.plan.model_terms import Count, Id, Label, NotNegative, Unit

__all__ = ["FloorInput", "GroupInput", "NearInput", "PopulationInput", "RuleInput"]


class GroupInput(Part):
    """A group of people that has a name: the sum of some demand cells.

    Cells are disjoint, so nobody counts twice within a group; groups may overlap.
    """

    id: Id
    """Stands for its cells wherever cells are named; none of the cells' own ids."""
    label: Text
    cells: Annotated[list[str], Field(min_length=1)]


class NearInput(Part):
    """Standing beside something, a health station for instance: as a bonus or as a rule."""

    source: LayerInput
    label: Text
    name: str | None = None
    """Column with the features' names, for ``each_at_least``."""
    name_en: str | None = None
    within_m: Annotated[float, Field(gt=0)] = 300.0
    levels: list[str] = Field(default_factory=list)
    """Levels that it is about; empty for all."""
    offering: list[str] = Field(default_factory=list)
    """``at_least`` and ``each_at_least`` count only sites that offer one of these services."""
    bonus_persons: NotNegative = 0.0
    """What a new site beside one is worth every year, in persons."""
    only: bool = False
    """New sites of these levels stand beside one, or not at all."""
    at_least: Count | None = None
    """At least so many sites, old and new, stand beside one."""
    each_at_least: Count | None = None
    """At least so many sites, old and new, stand beside each of them (every health centre with a
    hospice team)."""
    from_year: Label | None = None
    """First year of ``at_least`` and ``each_at_least``; None for the last."""


class PopulationInput(Part):
    """A count of people that rules refer to: 常住 (permanent), 户籍 (registered), or of cells."""

    id: Id
    label: Text
    source: LayerInput | None = None
    """Points or polygons with the count; each counts where its middle lies. None for the column
    ``population`` of the sub-districts."""
    column: str | None = None
    cells: list[str] = Field(default_factory=list)
    """Demand cells, or groups of them, whose people are counted where they live, in place of a
    layer."""
    share: Fraction = 1.0
    estimated: bool = False


class RuleInput(Part):
    """A rule on what stands: how many sites, how much floor, how many units of a service.

    One of ``count``, ``area`` and ``capacity`` says what is counted, one or two of ``exactly``,
    ``at_least`` and ``at_most`` how much of it there is: a number, a number per so many people of
    a population, or (with ``share_of``) a share. The other fields say which sites are looked at.
    """

    label: Text | None = None
    """What reports call the rule; None for its content."""
    count: list[str] | None = None
    """Levels; an empty list for all."""
    area: list[str] | None = None
    """Levels whose floor in m2 is counted; an empty list for all."""
    capacity: list[str] | None = None
    """Services whose units are counted together."""
    levels: list[str] = Field(default_factory=list)
    """With ``capacity``: only at these levels; empty for all."""
    sizes: list[str] = Field(default_factory=list)
    """Only these sizes, by id or as ``level/size``; empty for all."""
    offering: list[str] = Field(default_factory=list)
    """Only sites that offer one of these services (with ``capacity`` or without); empty for all."""
    premises: list[str] = Field(default_factory=list)
    """Only premises of these sources; empty for all."""
    ownership: list[str] = Field(default_factory=list)
    """Only sites owned so, in the words of the layers (公办, 民办); empty for all."""
    operators: list[str] = Field(default_factory=list)
    """Only sites run by these operators; empty for all."""
    only_new: bool = False
    """Only what is not there today."""
    distinct: Literal["operator", "subdistrict", "community"] | None = None
    """With ``count``: how many operators, sub-districts or communities have such a site, however
    many sites each of them has."""
    per: Unit = "district"
    """One rule for the whole, or one for every sub-district, community or operator."""
    exactly: NotNegative | None = None
    at_least: NotNegative | None = None
    at_most: NotNegative | None = None
    each_at_least: NotNegative | None = None
    """With ``capacity``, instead of a limit in all: a site that has any of it has so many (beds
    that are concentrated)."""
    per_100: str | None = None
    per_1000: str | None = None
    per_10000: str | None = None
    """Id of a population."""
    share_of: list[str] | None = None
    """With ``capacity``: the limits are shares (0.65) of these services' units."""
    growth: bool = False
    """The limits are of what a year adds to the year before (the first year: to today), not of
    what there is."""
    from_year: Label | None = None
    to_year: Label | None = None


class FloorInput(Part):
    """At least this share of the people who ask for a service is served.

    People count as in the objective: by weight, and by distance where a service fades.
    """

    label: Text | None = None
    """What reports call the floor; None for its content."""
    share: Fraction
    service: str
    cells: list[str] = Field(default_factory=list)
    """Cells, or groups of them, that it is about together; empty for all."""
    per: Literal["district", "subdistrict", "community", "group"] = "district"
    """``group``: one floor for every cell."""
    of_reachable: bool = False
    """The share of those whom sites that may stand can reach at all, not of everybody."""
    from_year: Label | None = None
    to_year: Label | None = None
