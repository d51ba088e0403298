"""The local place table: compound (小区) and building (楼栋) to a point.

A row is joined when the words are the same after folding of width, case and blanks, or when only
the way of writing a building's number differs (``3号楼``, ``3栋``, ``3幢``, ``3#``, ``3``) and
exactly one building of the compound can be meant. Everything else is left to a person: the
nearest spellings are offered, none is taken.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

from scenarios.cells import fold
from scenarios.records import Place

__all__ = ["PlaceRow", "PlaceTable", "Unplaced", "building_number", "without_door"]

_BUILDING_SUFFIX = re.compile(r"(?:号?楼|号?栋|号?幢|号院|号|座|#|bldg\.?|building)$")
_BUILDING_PREFIX = re.compile(r"^(?:第|no\.?|bldg\.?|building|#)")
_DIGITS = {"零": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}


@dataclass(frozen=True)
class PlaceRow:
    """One building, or a whole compound where ``building`` is empty.

    Attributes:
        id: unique; orders of one building make one stop.
        row: 1-based row in the file.
    """

    id: str
    compound: str
    building: str
    place: Place
    community: str | None = None
    row: int = 0


@dataclass(frozen=True)
class Unplaced:
    """A row that nobody but a person can place.

    Attributes:
        table: file that the row stands in. row: 1-based row in it.
        id: id of the visit or order, free of personal data.
        compound, building: what the row says, without the door; empty where it says nothing.
        nearest: spellings of the place table that come close, the closest first.
    """

    table: str
    row: int
    id: str
    compound: str = ""
    building: str = ""
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlaceTable:
    """The places of a neighbourhood."""

    rows: tuple[PlaceRow, ...]
    _exact: dict[tuple[str, str], PlaceRow] = field(init=False, repr=False, compare=False)
    _loose: dict[tuple[str, str], list[PlaceRow]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_exact", {})
        object.__setattr__(self, "_loose", {})
        for row in self.rows:
            compound = _key(row.compound)
            self._exact.setdefault((compound, _key(row.building)), row)
            self._loose.setdefault((compound, building_number(row.building)), []).append(row)

    def find(self, compound: str, building: str = "") -> PlaceRow | None:
        """The row of a building; ``None`` where it is missing or two could be meant."""
        exact = self._exact.get((_key(compound), _key(building)))
        if exact is not None:
            return exact
        loose = self._loose.get((_key(compound), building_number(building)), [])
        return loose[0] if len(loose) == 1 else None

    def nearest(self, compound: str, building: str = "", most: int = 3) -> tuple[str, ...]:
        """Spellings that come close, for a person to choose from."""
        spelled = {f"{row.compound} {row.building}".strip(): None for row in self.rows}
        asked = fold(f"{compound} {building}")
        return tuple(difflib.get_close_matches(asked, spelled, n=most, cutoff=0.5))


def without_door(building: str) -> str:
    """A building cell without unit, floor and door: ``3号楼2单元501`` and ``3-2-501`` give the
    building only, because a door number is personal.
    """
    word = re.split(r"\s*(?:\d+|[一二三四五六七八九十]+)(?:单元|门|层|室|户)", fold(building))[0]
    return re.split(r"(?<=\S)[-/]|(?<=楼|栋|幢)\s*\d", word)[0].strip()


def building_number(building: str) -> str:
    """A building's number without the words around it; ``三号楼`` and ``3#`` both give ``3``."""
    word = _BUILDING_PREFIX.sub("", _key(building))
    word = _BUILDING_SUFFIX.sub("", word)
    return _arabic(word).lstrip("0") or word


def _arabic(word: str) -> str:
    """Chinese numerals up to 99 as digits; any other word as it is."""
    match = re.fullmatch(r"([一二三四五六七八九])?(十)?([一二三四五六七八九])?", word)
    if not word or match is None or (match[1] and match[3] and not match[2]):
        return word
    if not match[2]:
        return str(_DIGITS[word])
    return str(10 * _DIGITS.get(match[1] or "一", 1) + _DIGITS.get(match[3] or "零", 0))


def _key(word: str) -> str:
    return fold(word).casefold().replace(" ", "")
