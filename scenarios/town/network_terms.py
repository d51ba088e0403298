"""Levels and sizes of a demo town's network: floor, places, beds and money, all made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from scenarios.model import Text

__all__ = ["BEDS", "CHILDREN", "SIZES_BY_LEVEL", "YEARS", "SizeTerms"]

YEARS = (2026, 2027, 2028)
BEDS = ("beds_basic", "beds_nursing", "beds_dementia")
"""普通床位, 护理型床位 and 认知症照护床位: services of the whole district."""
CHILDREN: Mapping[str, int] = MappingProxyType({"centre": 12, "station": 8})
"""Most stations of a centre, most points of a station."""


@dataclass(frozen=True)
class SizeTerms:
    """One size of a level.

    Attributes:
        label: what it is called.
        area: m2 that it takes, None for all of the premises.
        from_area: m2 that the premises need, None for ``area``.
        capacity: places by service, as a scenario's size states them.
        opening, opening_m2, yearly, yearly_m2: yuan, once and a year, in all and per m2.
    """

    label: Text
    area: int | None = None
    from_area: int | None = None
    capacity: Mapping[str, Any] = field(default_factory=dict)
    opening: int = 0
    opening_m2: int = 0
    yearly: int = 0
    yearly_m2: int = 0

    def floor(self, premises: int) -> int:
        """M2 that it takes in premises of so many m2."""
        return premises if self.area is None else self.area

    def opening_cost(self, floor: int) -> int:
        """Yuan for opening on so many m2."""
        return self.opening + floor * self.opening_m2

    def yearly_cost(self, floor: int) -> int:
        """Yuan a year on so many m2, without rent."""
        return self.yearly + floor * self.yearly_m2

    def part(self, name: str) -> dict[str, Any]:
        """The size as a scenario states it."""
        fields: dict[str, Any] = {
            "id": name,
            "label": self.label.model_dump(),
            "area_m2": self.area,
            "from_area_m2": self.from_area,
            "capacity": dict(self.capacity),
            "opening_cost_yuan": self.opening,
            "opening_cost_per_m2_yuan": self.opening_m2,
            "yearly_cost_yuan": self.yearly,
            "yearly_cost_per_m2_yuan": self.yearly_m2,
        }
        return {key: value for key, value in fields.items() if value not in (None, 0)}


def _size(zh: str, en: str, **terms: Any) -> SizeTerms:
    return SizeTerms(Text(zh=zh, en=en), **terms)


SIZES_BY_LEVEL: Mapping[str, Mapping[str, SizeTerms]] = MappingProxyType(
    {
        "centre": {
            "compact": _size(
                "紧凑型", "compact", area=400, capacity={"day": 16, "beds_nursing": 0},
                opening=1_200_000, yearly=700_000,
            ),
            "full": _size(
                "综合型", "full", from_area=800, capacity={"day": {"m2_each": 20},
                "beds_nursing": 10}, opening_m2=2_800, yearly=500_000, yearly_m2=1_200,
            ),
        },
        "station": {
            "small": _size(
                "小型", "small", area=150, capacity={"day": 8}, opening=350_000, yearly=280_000,
            ),
            "large": _size(
                "大型", "large", from_area=300, capacity={"day": {"m2_each": 20}},
                opening_m2=2_200, yearly=120_000, yearly_m2=1_100,
            ),
        },
        "point": {
            "room": _size("标准", "standard", area=60, opening=60_000, yearly=50_000),
        },
        "home": {
            "plain": _size(
                "现状", "as it is", area=600, capacity=dict.fromkeys(BEDS, 0), yearly_m2=300,
            ),
            "refit": _size(
                "护理型改造后", "refitted for nursing", from_area=1_500,
                capacity={"beds_basic": {"m2_each": 120}, "beds_nursing": {"m2_each": 46},
                "beds_dementia": {"m2_each": 300}}, opening_m2=300, yearly_m2=380,
            ),
        },
    }
)  # fmt: skip
"""Sizes by level; room ``{"m2_each": n}`` goes by floor."""
