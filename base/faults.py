"""Numbered errors: what is wrong, where, and what to do, in Chinese and English.

This module sits below every package, so that geography, solvers and the domain report faults
in one form. A *kind* (code, cause, remedy) is declared once, in the ``codes.py`` of the package
that raises it; a *fault* is one occurrence of it. Faults are collected and raised together: a
user mends a file once, not once per row.

Codes are ``CC-`` + a letter for the package (G geo, O optimizer, S scenarios, A api) + three
digits; ``docs/errors.md`` lists them all and a test keeps it complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeVar

__all__ = ["Fault", "FaultError", "FaultKind", "Faults", "Lang", "registered_kinds"]

Lang = Literal["zh", "en"]
T = TypeVar("T")

_kinds: dict[str, FaultKind] = {}


@dataclass(frozen=True)
class FaultKind:
    """A numbered kind of fault.

    ``cause`` and ``remedy`` are ``str.format`` templates over the fault's values, one per
    language. Values must never hold personal data: name the row or the id instead.

    Raises:
        ValueError: another kind already has this code.
    """

    code: str
    cause_en: str
    cause_zh: str
    remedy_en: str
    remedy_zh: str

    def __post_init__(self) -> None:
        known = _kinds.setdefault(self.code, self)
        if known != self:
            raise ValueError(f"two fault kinds share the code {self.code}")

    def __call__(
        self,
        path: object = None,
        *,
        row: int | None = None,
        id: object = None,
        **values: object,
    ) -> Fault:
        """One occurrence; ``path`` is a file or field, ``row`` counts from 1 with the header."""
        return Fault(
            self,
            None if path is None else str(path),
            row,
            None if id is None else str(id),
            MappingProxyType(values),
        )


@dataclass(frozen=True)
class Fault:
    """One occurrence of a kind: file or field, row (1-based, header included) and id."""

    kind: FaultKind
    path: str | None = None
    row: int | None = None
    id: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The kind's code, such as ``CC-G101``."""
        return self.kind.code

    def where(self, lang: Lang = "en") -> str:
        """The place in words, empty when there is none."""
        row_word = "第 {} 行" if lang == "zh" else "row {}"
        parts = [self.path, row_word.format(self.row) if self.row is not None else None, self.id]
        return ", ".join(part for part in parts if part)

    def cause(self, lang: Lang = "en") -> str:
        """What is wrong."""
        template = self.kind.cause_zh if lang == "zh" else self.kind.cause_en
        return template.format(**self.values)

    def remedy(self, lang: Lang = "en") -> str:
        """What to do about it."""
        template = self.kind.remedy_zh if lang == "zh" else self.kind.remedy_en
        return template.format(**self.values)

    def text(self, lang: Lang = "en") -> str:
        """One line: code, place, cause, remedy."""
        place = self.where(lang)
        colon, arrow = ("：", " → ") if lang == "zh" else (": ", " -> ")
        head = f"{self.code} {place}{colon}" if place else f"{self.code} "
        return f"{head}{self.cause(lang)}{arrow}{self.remedy(lang)}"

    def as_dict(self) -> dict[str, object]:
        """A JSON-ready form in both languages."""
        return {
            "code": self.code,
            "path": self.path,
            "row": self.row,
            "id": self.id,
            "cause": {"en": self.cause("en"), "zh": self.cause("zh")},
            "remedy": {"en": self.remedy("en"), "zh": self.remedy("zh")},
        }


class FaultError(ValueError):
    """Input that cannot be used, with every fault found in it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("\n".join(fault.text("en") for fault in self.faults))

    def text(self, lang: Lang = "en") -> str:
        """All faults, one a line."""
        return "\n".join(fault.text(lang) for fault in self.faults)


class Faults:
    """Collects faults so that all of them are raised at once."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Keep one fault."""
        self._faults.append(fault)

    def extend(self, faults: Iterable[Fault]) -> None:
        """Keep several faults, those of a caught :class:`FaultError` for instance."""
        self._faults.extend(faults)

    def keep(self, read: Callable[[], T]) -> T | None:
        """What ``read`` gives, or None after keeping the faults that it raises."""
        try:
            return read()
        except FaultError as error:
            self.extend(error.faults)
            return None

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def __bool__(self) -> bool:
        return bool(self._faults)

    def __len__(self) -> int:
        return len(self._faults)

    def raise_if_any(self) -> None:
        """Raise :class:`FaultError` with all faults kept so far, if there are any."""
        if self._faults:
            raise FaultError(self._faults)


def registered_kinds() -> dict[str, FaultKind]:
    """Every kind declared by the packages imported so far, by code."""
    return dict(sorted(_kinds.items()))
