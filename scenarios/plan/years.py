"""The years of a plan: from the planner's labels to 0, 1 .. T - 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.model import Text
from scenarios.plan.model import YearInput

__all__ = ["Calendar"]


@dataclass(frozen=True)
class Calendar:
    """Year labels and their numbers.

    Attributes:
        labels: one a year, in order, as text.
    """

    labels: tuple[str, ...]

    @classmethod
    def of(cls, years: Sequence[YearInput]) -> Calendar:
        """The calendar of a plan's years."""
        return cls(tuple(str(year.label) for year in years))

    def __len__(self) -> int:
        return len(self.labels)

    def knows(self, label: object) -> bool:
        """Whether the label is one of the years; None is, too."""
        return label is None or str(label) in self.labels

    def first(self, label: object) -> int:
        """The year of a label, the first for None."""
        return 0 if label is None else self.labels.index(str(label))

    def last(self, label: object) -> int:
        """The year of a label, the last for None."""
        return len(self) - 1 if label is None else self.labels.index(str(label))

    def arrival(self, value: object) -> int | None:
        """The year in which something is there; None where the value names no year.

        A number before the first year is the first, one after the last is T: never.
        """
        if value is None or value != value:  # an empty cell: there already
            return 0
        text = str(value).strip()
        if text in ("", "nan"):
            return 0
        if text in self.labels:
            return self.labels.index(text)
        try:
            number = float(text)
            known = [int(label) for label in self.labels]
        except ValueError:
            return None
        return next((at for at, label in enumerate(known) if number <= label), len(self))

    def span(self, first: int, last: int) -> Text:
        """Years ``first`` to ``last`` in words, empty for all of them."""
        if first == 0 and last == len(self) - 1:
            return Text(zh="", en="")
        if first == last:
            return Text(zh=self.labels[first], en=self.labels[first])
        if last == len(self) - 1:
            return Text(zh=f"{self.labels[first]} 起", en=f"from {self.labels[first]}")
        both = self.labels[first], self.labels[last]
        return Text(zh="{}—{}".format(*both), en="{} to {}".format(*both))
