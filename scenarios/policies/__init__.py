"""Rule packs: what cities and standards say, dated and cited, kept out of the code.

    packs = load_packs()
    packs["gb50180_2018"].number("circle_15min_low_m")

A pack is one YAML file of facts. ``verified: false`` marks what was taken from a secondary
source and still has to be compared with the original; reports say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from base.faults import FaultError
from scenarios.codes import BAD_POLICY_PACK, UNKNOWN_FACT, UNKNOWN_POLICY_PACK
from scenarios.model import Text
from scenarios.yamlfile import pointer, read_yaml

__all__ = ["Fact", "Pack", "load_pack", "load_packs", "read_pack"]

_FOLDER = Path(__file__).parent


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fact(_Part):
    """One fact.

    Attributes:
        value: a number, or words that name grades or kinds.
        unit: unit of a number, ``-`` for a pure number, empty for words.
        text: what it says.
        source: where it stands; empty where the pack's source holds it.
        date: its date (year, month or day) where it differs from the pack's.
        verified: compared with the original.
    """

    value: float | list[str]
    unit: str = ""
    text: Text
    source: str = ""
    date: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}){0,2}$")] | None = None
    verified: bool = False


class Pack(_Part):
    """One rule pack.

    Attributes:
        id: the file's name. name: of the standard or measure. place: where it holds.
        source: the document. date: year, month or day it was issued, None where that is not
            established.
        facts: by name.
    """

    schema_version: Literal[1]
    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    name: Text
    place: Text
    source: str
    date: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}){0,2}$")] | None
    facts: Annotated[dict[str, Fact], Field(min_length=1)]

    def fact(self, name: str) -> Fact:
        """One fact.

        Raises:
            FaultError: the pack has no such fact (CC-S302).
        """
        if name not in self.facts:
            raise FaultError([UNKNOWN_FACT(self.id, fact=name, known=", ".join(self.facts))])
        return self.facts[name]

    def number(self, name: str) -> float:
        """The value of a fact that is a number.

        Raises:
            FaultError: no such fact, or it holds words (CC-S302).
        """
        value = self.fact(name).value
        if isinstance(value, list):
            numbers = [key for key, fact in self.facts.items() if isinstance(fact.value, float)]
            raise FaultError([UNKNOWN_FACT(self.id, fact=name, known=", ".join(numbers))])
        return value

    def citation(self, name: str) -> str:
        """Source and date of one fact, as printed under a report."""
        fact = self.fact(name)
        dated = fact.date or self.date
        return (fact.source or self.source) + (f" ({dated})" if dated else "")


def read_pack(path: Path) -> Pack:
    """Read one pack.

    Raises:
        FaultError: everything wrong with the file at once (CC-S300).
    """
    file = read_yaml(path)
    try:
        pack = Pack.model_validate(file.data)
    except ValidationError as error:
        places = [(tuple(item["loc"]), item["msg"]) for item in error.errors()]
        raise FaultError(
            BAD_POLICY_PACK(pointer(path, place), row=file.line(place), why=why)
            for place, why in places
        ) from error
    if pack.id != path.stem:
        raise FaultError([BAD_POLICY_PACK(path, why=f"id is {pack.id}, not the file's name")])
    return pack


@lru_cache(maxsize=1)
def load_packs() -> Mapping[str, Pack]:
    """All packs that come with carecircle, by id."""
    packs = [read_pack(path) for path in sorted(_FOLDER.glob("*.yaml"))]
    return MappingProxyType({pack.id: pack for pack in packs})


def load_pack(id: str) -> Pack:
    """One pack that comes with carecircle.

    Raises:
        FaultError: there is none with this id (CC-S301).
    """
    packs = load_packs()
    if id not in packs:
        raise FaultError([UNKNOWN_POLICY_PACK(pack=id, known=", ".join(packs))])
    return packs[id]
