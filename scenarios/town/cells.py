"""Disjoint cells of elders: age band x ability grade x living arrangement."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.model import Text

__all__ = ["ABILITIES", "AGE_BANDS", "CELLS", "LIVING", "Cell"]

AGE_BANDS = ("60-69", "70-79", "80+")
ABILITIES = ("intact", "mild_moderate", "severe")
"""GB/T 42195 grades condensed: 能力完好, 轻度与中度失能, 重度与完全失能."""
LIVING = ("family", "alone")
"""With family (与家人), or alone or as an old couple (独居或空巢)."""

_ABILITY_TEXT = {
    "intact": Text(zh="能力完好", en="able"),
    "mild_moderate": Text(zh="轻中度失能", en="mild or moderate disability"),
    "severe": Text(zh="重度以上失能", en="severe or complete disability"),
}
_LIVING_TEXT = {
    "family": Text(zh="与家人同住", en="with family"),
    "alone": Text(zh="独居或空巢", en="alone or old couple"),
}


@dataclass(frozen=True)
class Cell:
    """One cell; ``column`` holds its head count in the demand layer."""

    age: str
    ability: str
    living: str

    @property
    def column(self) -> str:
        """Column of the demand layer, such as ``e80_severe_alone``."""
        return f"e{self.age[:2]}_{self.ability}_{self.living}"

    @property
    def is_target(self) -> bool:
        """True for the oldest old and, at any age, the severely disabled (老老人)."""
        return self.age == "80+" or self.ability == "severe"

    @property
    def text(self) -> Text:
        """The cell in words."""
        age = f"{self.age}岁" if "-" in self.age else f"{self.age.removesuffix('+')}岁及以上"
        ability, living = _ABILITY_TEXT[self.ability], _LIVING_TEXT[self.living]
        return Text(
            zh=f"{age}、{ability.zh}、{living.zh}",
            en=f"{self.age}, {ability.en}, {living.en}",
        )


CELLS = tuple(Cell(age, grade, home) for age in AGE_BANDS for grade in ABILITIES for home in LIVING)
"""All 18 cells, in the order of the demand layer's columns."""
