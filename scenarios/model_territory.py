"""Scenario parts on territory: catchments of stations, search areas, access indicators."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scenarios.model_parts import LayerInput, Part, Positive, Text

__all__ = ["AccessInput", "CatchmentsInput", "SearchAreasInput", "WorkInput"]


Weight = Annotated[float, Field(ge=0)]
_SLOW_DECAY = (1.0, 0.68, 0.22)


class SearchAreasInput(Part):
    """Ground around each new site in which any premises loses little."""

    percent: Annotated[float, Field(ge=0, le=100)] = 2.0
    """A premises inside loses at most this much."""
    of: Literal["plan", "site"] = "plan"
    """Per cent of what the whole plan covers, or of what the site alone adds to it. In a plan of
    many sites one alone may be worth less than the limit: take ``site`` there."""
    within_m: Positive = 1000.0
    """Streets this near the chosen site are looked at, in a straight line."""
    spacing_m: Annotated[float, Field(ge=5, le=200)] = 25.0
    """Longest stretch of street that is judged as one; shorter ones promise a little more."""


class WorkInput(Part):
    """Expected work of one demand cell: an assumption that reports label as such."""

    cell: str
    per_person: Annotated[float, Field(ge=0)]
    """Visits a week, or any other unit that is the same for all cells."""


class CatchmentsInput(Part):
    """Catchments (责任片区): whole communities given to one station each."""

    units: LayerInput | None = None
    """Polygons of the communities; None for squares of ``grid_m`` within the sub-districts."""
    id: str | None = None
    name: str | None = None
    name_en: str | None = None
    """Columns of ``units``."""
    grid_m: Annotated[float, Field(ge=50)] = 400.0
    """Side of the squares that stand in for communities where there is no layer of them."""
    snap_m: Annotated[float, Field(ge=0, le=50)] = 1.0
    """Borders this near each other count as shared; a shared one is longer than four times it."""
    work: list[WorkInput] = Field(default_factory=list)
    """Work per person of each cell; empty for one per person."""
    work_label: Text = Text(zh="服务人次/周", en="visits a week")
    """What ``work`` counts."""
    share_by: Literal["none", "area"] = "none"
    """Targets alike for all stations, or in proportion to their floor area."""
    tolerance_percent: Annotated[float, Field(ge=0)] = 10.0
    """Work this near a station's target is as good as even; beyond it, nearness decides."""
    seconds: Positive = 30.0
    seed: int = 0


class AccessInput(Part):
    """Access indicators before and after: ways by group, places per 1,000 people, evenness."""

    minutes: Annotated[list[Positive], Field(min_length=1)] = Field(
        default_factory=lambda: [5.0, 10.0, 15.0]
    )
    """Limits of "share within", ascending; also the zones of the floating catchments."""
    zone_weights: Annotated[list[Weight], Field(min_length=1)] | None = None
    """Weight of each zone; one value makes a single zone up to the last limit (plain 2SFCA).
    None for 1, 0.68, 0.22 with three limits (Luo and Qi 2009) and a single zone otherwise."""
    capacity: Literal["alike", "area"] = "alike"
    """What a site offers: one place each, or its floor area in m2."""
    farthest_minutes: Positive = 60.0
    """Ways are searched this far; people beyond count as without a site."""

    @model_validator(mode="after")
    def _zones_fit(self) -> Self:
        if sorted(set(self.minutes)) != self.minutes:
            raise ValueError("minutes must ascend")
        if len(self.zone_weights or [1.0]) not in (1, len(self.minutes)):
            raise ValueError("zone_weights needs one value, or one for each of minutes")
        return self

    @property
    def zones(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Ends in minutes and weights of the floating catchments' zones."""
        usual = _SLOW_DECAY if len(self.minutes) == len(_SLOW_DECAY) else (1.0,)
        weights = tuple(self.zone_weights or usual)
        return tuple(self.minutes[-len(weights) :]), weights
