"""What kinds of cells there are: how each is read, and what it should hold, in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from scenarios.cells import (
    fold,
    read_date,
    read_duration,
    read_float,
    read_int,
    read_list,
    read_money,
    read_time,
    read_windows,
    read_yes,
)
from scenarios.model import Text
from scenarios.records import Ability, LinkRule, Mode, Sex, Tier

__all__ = [
    "ABILITY_NAMES",
    "KINDS",
    "LINK_NAMES",
    "MODE_NAMES",
    "MUST",
    "SEX_NAMES",
    "TIER_NAMES",
    "Kind",
    "read_sex",
]

_WordT = TypeVar("_WordT", bound=StrEnum)


TIER_NAMES = {
    Tier.BASIC: Text(zh="托底", en="basic"),
    Tier.SUPPORTED: Text(zh="扶助", en="supported"),
    Tier.GENERAL: Text(zh="普惠", en="general"),
}
MODE_NAMES = {
    Mode.WALK: Text(zh="步行", en="walk"),
    Mode.EBIKE: Text(zh="电动车", en="ebike"),
    Mode.CAR: Text(zh="汽车", en="car"),
}
SEX_NAMES = {Sex.FEMALE: Text(zh="女", en="female"), Sex.MALE: Text(zh="男", en="male")}
ABILITY_NAMES = {
    Ability.INTACT: Text(zh="能力完好", en="intact"),
    Ability.MILD: Text(zh="轻度失能", en="mild"),
    Ability.MODERATE: Text(zh="中度失能", en="moderate"),
    Ability.SEVERE: Text(zh="重度失能", en="severe"),
    Ability.TOTAL: Text(zh="完全失能", en="total"),
}
LINK_NAMES = {
    LinkRule.AFTER: Text(zh="先后", en="after"),
    LinkRule.OTHER_PERSON: Text(zh="不同人", en="other person"),
    LinkRule.SAME_PERSON: Text(zh="同一人", en="same person"),
    LinkRule.NOT_TOGETHER: Text(zh="不同时", en="not together"),
}
MUST = Text(zh="（必须）", en=" (must)")
"""Stands behind what a client asks for and must have."""
_MUST_END = re.compile(r"\s*\(?\s*(?:必须|必需|仅限|must|only)\s*\)?$", re.IGNORECASE)
_TIER_WORDS = {
    word: tier
    for tier, words in {
        Tier.BASIC: "托底 托底保障 托底型 basic 0 t0",
        Tier.SUPPORTED: "扶助 扶助保障 扶助型 supported 1 t1",
        Tier.GENERAL: "普惠 普惠型 一般 general 2 t2",
    }.items()
    for word in words.split()
}
_MODE_WORDS = {
    word: mode
    for mode, words in {
        Mode.WALK: "步行 走路 walk foot onfoot",
        Mode.EBIKE: "电动车 电动自行车 电瓶车 电动三轮车 自行车 骑行 ebike e-bike bike",
        Mode.CAR: "汽车 轿车 面包车 货车 厢式车 开车 车 car van",
    }.items()
    for word in words.split()
}


_MOST = 1_000_000
"""No count in an office table is larger: a phone number in the wrong column is none."""


def _read_tier(text: str) -> Tier | None:
    return _TIER_WORDS.get(fold(text).casefold().replace(" ", ""))


def _read_mode(text: str) -> Mode | None:
    return _MODE_WORDS.get(fold(text).casefold().replace(" ", ""))


def _words(
    names: Mapping[_WordT, Text], more: Mapping[_WordT, str]
) -> Callable[[str], _WordT | None]:
    """Reads a word by its id, its names, and whatever else it is called."""
    known = {
        _plain(word): key
        for key, name in names.items()
        for word in (key.value, name.zh, name.en, *more.get(key, "").split())
    }
    return lambda text: known.get(_plain(text))


def _plain(text: str) -> str:
    return fold(text).casefold().replace(" ", "").replace("_", "")


_ABILITY_WORDS = {
    Ability.INTACT: "完好 自理 完全自理 能自理",
    Ability.MILD: "轻度 半自理",
    Ability.MODERATE: "中度",
    Ability.SEVERE: "重度 不能自理",
    Ability.TOTAL: "完全",
}
_LINK_WORDS = {
    LinkRule.AFTER: "随后 同时",
    LinkRule.OTHER_PERSON: "换人",
    LinkRule.NOT_TOGETHER: "不重叠 错开",
}
read_sex = _words(SEX_NAMES, {Sex.FEMALE: "女性 f", Sex.MALE: "男性 m"})


def _read_asked(text: str) -> tuple[tuple[str, ...], bool] | None:
    """What is asked for, and whether it must be: ``C001; C002（必须）``."""
    word = fold(text)
    found = _MUST_END.search(word)
    words = read_list(word[: found.start()] if found else word)
    return (tuple(words), found is not None) if words else None


def _read_share(text: str) -> float | None:
    """A share of 0 to 1, given in per cent."""
    percent = read_float(text.rstrip().removesuffix("%").removesuffix("％"))
    return None if percent is None or not 0 <= percent <= 100 else percent / 100


def _read_gap(text: str) -> int | None:
    minutes = read_float(text)
    return None if minutes is None else round(minutes * 60)


def _read_count(text: str) -> int | None:
    count = read_int(text)
    return count if count is not None and 0 <= count <= _MOST else None


@dataclass(frozen=True)
class Kind:
    """How a cell is read (``None``: it cannot be) and what it should hold, in words."""

    read: Callable[[str], Any]
    rule: Text


KINDS: dict[str, Kind] = {
    "text": Kind(fold, Text(zh="文本", en="text")),
    "count": Kind(_read_count, Text(zh="非负整数", en="a whole number, not negative")),
    "coordinate": Kind(
        read_float, Text(zh="坐标数值，如 116.41", en="a coordinate, such as 116.41")
    ),
    "yes": Kind(read_yes, Text(zh="是或否", en="yes or no")),
    "time": Kind(
        read_time, Text(zh="时刻，如 08:30 或 24:30", en="a time of day, such as 08:30 or 24:30")
    ),
    "windows": Kind(
        read_windows,
        Text(
            zh="不相交的时段，如 08:00-10:00; 14:00-15:00",
            en="windows that do not overlap, such as 08:00-10:00; 14:00-15:00",
        ),
    ),
    "duration": Kind(read_duration, Text(zh="分钟数，如 45", en="minutes, such as 45")),
    "date": Kind(read_date, Text(zh="日期，如 2026-03-02", en="a date, such as 2026-03-02")),
    "number": Kind(read_float, Text(zh="数值", en="a number")),
    "share": Kind(_read_share, Text(zh="0 至 100 的百分数", en="per cent from 0 to 100")),
    "sex": Kind(read_sex, Text(zh="女或男", en="female or male")),
    "ability": Kind(
        _words(ABILITY_NAMES, _ABILITY_WORDS),
        Text(
            zh="能力完好、轻度失能、中度失能、重度失能或完全失能",
            en="intact, mild, moderate, severe or total",
        ),
    ),
    "link": Kind(
        _words(LINK_NAMES, _LINK_WORDS),
        Text(
            zh="先后、同一人、不同人或不同时",
            en="after, same person, other person or not together",
        ),
    ),
    "asked": Kind(
        _read_asked,
        Text(zh="编号、姓名或词，可加（必须）", en="ids, names or words, (must) may follow"),
    ),
    "gap": Kind(_read_gap, Text(zh="分钟数，可为负", en="minutes, may be negative")),
    "money": Kind(read_money, Text(zh="金额（元），如 12.5", en="yuan, such as 12.5")),
    "list": Kind(read_list, Text(zh="用分号分隔的列表", en="a list set apart by semicolons")),
    "tier": Kind(_read_tier, Text(zh="托底、扶助或普惠", en="basic, supported or general")),
    "mode": Kind(_read_mode, Text(zh="步行、电动车或汽车", en="walk, ebike or car")),
}
