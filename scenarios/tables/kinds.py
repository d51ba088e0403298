"""What kinds of cells there are: how each is read, and what it should hold, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scenarios.cells import (
    fold,
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
from scenarios.records import Mode, Tier

__all__ = ["KINDS", "MODE_NAMES", "TIER_NAMES", "Kind"]

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
    "gap": Kind(_read_gap, Text(zh="分钟数，可为负", en="minutes, may be negative")),
    "money": Kind(read_money, Text(zh="金额（元），如 12.5", en="yuan, such as 12.5")),
    "list": Kind(read_list, Text(zh="用分号分隔的列表", en="a list set apart by semicolons")),
    "tier": Kind(_read_tier, Text(zh="托底、扶助或普惠", en="basic, supported or general")),
    "mode": Kind(_read_mode, Text(zh="步行、电动车或汽车", en="walk, ebike or car")),
}
