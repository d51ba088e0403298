"""How often a service is due, from ``每周3次`` or ``3 a week`` to the days of the calendar.

A ledger says how often, not when. The days are spread by fixed rules, so that the same ledger
gives the same day every time, and by a hash of the client and service, so that the work of many
clients is even over the week:

- n a week, n <= 5: n working days (Monday to Friday) as far apart as they can be, turned by the
  hash; 6 a week: Monday to Saturday; 7: every day; above 7 the rest comes on top of every day;
- every w weeks: the same in one week of w, which one is the hash's choice;
- n a month (quarter, half-year, year): every ``len / n``-th working day of that time, the first
  one by the hash; more than there are working days: of all days;
- every k days, every other day: counted from a fixed day, shifted by the hash;
- named weekdays are those days; ``按需`` (on demand) is never due by itself.

Public holidays are not known here.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from scenarios.cells import fold

__all__ = ["Frequency", "Rhythm", "read_frequency"]

_WORKDAYS = 5
_SPREAD = {1: (0,), 2: (0, 2), 3: (0, 2, 4), 4: (0, 1, 2, 3), 5: (0, 1, 2, 3, 4)}
"""Working days of n visits a week before they are turned; 0 is Monday."""


class Rhythm(Enum):
    """What a frequency counts in."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    WEEKDAYS = "weekdays"
    DEMAND = "demand"


@dataclass(frozen=True)
class Frequency:
    """``times`` in every ``period`` days, weeks or months; or on ``weekdays`` (0 is Monday)."""

    rhythm: Rhythm
    times: int = 1
    period: int = 1
    weekdays: frozenset[int] = frozenset()

    def due(self, day: date, who: str) -> int:
        """How many times the service is due that day; ``who`` names client and service."""
        turn = int.from_bytes(hashlib.sha256(who.encode()).digest()[:8], "big")
        if self.rhythm is Rhythm.DEMAND:
            return 0
        if self.rhythm is Rhythm.WEEKDAYS:
            return self.times if day.weekday() in self.weekdays else 0
        if self.rhythm is Rhythm.DAYS:
            return self.times if (day.toordinal() + turn) % self.period == 0 else 0
        if self.rhythm is Rhythm.WEEKS:
            return self._due_in_week(day, turn)
        return self._due_in_months(day, turn)

    def _due_in_week(self, day: date, turn: int) -> int:
        week = (day - timedelta(days=day.weekday())).toordinal() // 7
        if (week + turn) % self.period:
            return 0
        every_day, rest = divmod(self.times, 7)
        if rest == 6:
            return every_day + (day.weekday() < 6)
        turned = {(offset + turn // self.period) % _WORKDAYS for offset in _SPREAD.get(rest, ())}
        return every_day + (day.weekday() in turned)

    def _due_in_months(self, day: date, turn: int) -> int:
        first_month = (day.month - 1) // self.period * self.period + 1
        start = date(day.year, first_month, 1)
        after = first_month + self.period
        end = date(day.year + (after > 12), (after - 1) % 12 + 1, 1)
        days = [start + timedelta(days=n) for n in range((end - start).days)]
        working = [each for each in days if each.weekday() < _WORKDAYS]
        if self.times <= len(working):
            days = working
        phase = turn % 1000
        chosen = [
            days[(1000 * n + phase) * len(days) // (1000 * self.times) % len(days)]
            for n in range(self.times)
        ]
        return chosen.count(day)


_NUMBERS = {word: n for n, word in enumerate("零一二三四五六七八九十")} | {"两": 2}
_N = r"(\d+|[一二两三四五六七八九十])"
_UNIT = r"(日|天|周|星期|礼拜|个?月|个?季度?|半年|年)"
_PER_UNIT = re.compile(rf"(?:每|一|1)?个?{_UNIT}{_N}[次回顿]")
_TIMES_PER = re.compile(rf"{_N}[次回顿](?:/|每)(?:每|一|1)?{_UNIT}")
_EVERY = re.compile(rf"每?{_N}{_UNIT}(?:{_N}[次回顿])?")
_WEEKDAYS = re.compile(r"(?:每|逢|周|星期|礼拜|[一二三四五六日天至到、,/~\-])+")
_DEMAND = {"按需", "需要时", "必要时", "临时", "不定期", "预约", "ondemand", "asneeded"}
_PLAIN = {
    "每日": Frequency(Rhythm.DAYS),
    "每天": Frequency(Rhythm.DAYS),
    "天天": Frequency(Rhythm.DAYS),
    "daily": Frequency(Rhythm.DAYS),
    "everyday": Frequency(Rhythm.DAYS),
    "每周": Frequency(Rhythm.WEEKS),
    "weekly": Frequency(Rhythm.WEEKS),
    "everyweek": Frequency(Rhythm.WEEKS),
    "每月": Frequency(Rhythm.MONTHS),
    "monthly": Frequency(Rhythm.MONTHS),
    "工作日": Frequency(Rhythm.WEEKDAYS, weekdays=frozenset(range(5))),
    "weekdays": Frequency(Rhythm.WEEKDAYS, weekdays=frozenset(range(5))),
    "周末": Frequency(Rhythm.WEEKDAYS, weekdays=frozenset((5, 6))),
    "weekends": Frequency(Rhythm.WEEKDAYS, weekdays=frozenset((5, 6))),
}
_EVERY_OTHER = {
    "隔日": Rhythm.DAYS,
    "隔天": Rhythm.DAYS,
    "隔一天": Rhythm.DAYS,
    "everyotherday": Rhythm.DAYS,
    "隔周": Rhythm.WEEKS,
    "everyotherweek": Rhythm.WEEKS,
    "fortnightly": Rhythm.WEEKS,
}
_ENGLISH = re.compile(
    r"(once|twice|\d+)(?:x|times?)?(?:a|per|/|every)(day|week|month|quarter|year)"
)
_ENGLISH_EVERY = re.compile(r"every(\d+)(day|week|month)s?")
_ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = {"月": 1, "季": 3, "季度": 3, "半年": 6, "年": 12, "month": 1, "quarter": 3, "year": 12}


def read_frequency(text: str) -> Frequency | None:
    """What a ledger's cell says; ``None`` where it says something else.

    ``每周一次`` is once a week, ``每周一`` is every Monday; a bare number is nothing.
    """
    word = fold(text).casefold().replace(" ", "").removesuffix("。")
    if word in _DEMAND:
        return Frequency(Rhythm.DEMAND)
    if word in _PLAIN:
        return _PLAIN[word]
    other = _EVERY_OTHER.get(re.sub(r"^每(?=隔)|(?:1次|一次)$", "", word))
    if other is not None:
        return Frequency(other, period=2)
    return _counted(word) or _named_days(word) or _english(word)


def _counted(word: str) -> Frequency | None:
    found = _PER_UNIT.fullmatch(word)
    if found:
        return _frequency(_number(found[2]), found[1], 1)
    found = _TIMES_PER.fullmatch(word)
    if found:
        return _frequency(_number(found[1]), found[2], 1)
    found = _EVERY.fullmatch(word)
    if found and (word.startswith("每") or found[3]):
        return _frequency(_number(found[3] or "1"), found[2], _number(found[1]))
    return None


def _number(word: str) -> int:
    return int(word) if word.isdecimal() else _NUMBERS[word]


def _frequency(times: int, unit: str, period: int) -> Frequency | None:
    unit = unit.removeprefix("个")
    if not 0 < times <= 366 or not 0 < period <= 366:
        return None
    if unit in ("日", "天", "day"):
        return Frequency(Rhythm.DAYS, times, period)
    if unit in ("周", "星期", "礼拜", "week"):
        return Frequency(Rhythm.WEEKS, times, period)
    months = _MONTHS[unit] * period
    return Frequency(Rhythm.MONTHS, times, months) if 12 % months == 0 else None


def _named_days(word: str) -> Frequency | None:
    """``每周一、三、五``, ``周一至周五``."""
    if not _WEEKDAYS.fullmatch(word) or not re.search(r"周|星期|礼拜", word):
        return None
    plain = re.sub(r"每|逢|周|星期|礼拜|[、,/]", "", word).replace("天", "日")
    plain = re.sub(r"[到~\-]", "至", plain)
    names = "一二三四五六日"
    days: set[int] = set()
    for part in re.findall(r"[一二三四五六日]至[一二三四五六日]|.", plain):
        ends = [names.find(end) for end in part.split("至")]
        if min(ends) < 0 or ends[0] > ends[-1]:
            return None
        days.update(range(ends[0], ends[-1] + 1))
    return Frequency(Rhythm.WEEKDAYS, weekdays=frozenset(days)) if days else None


def _english(word: str) -> Frequency | None:
    found = _ENGLISH.fullmatch(word)
    if found:
        times = {"once": 1, "twice": 2}.get(found[1])
        return _frequency(times or int(found[1]), found[2], 1)
    found = _ENGLISH_EVERY.fullmatch(word)
    if found:
        return _frequency(1, found[2], int(found[1]))
    names = [part[:3] for part in re.findall(r"[a-z]+", word)]
    if names and all(name in _ENGLISH_DAYS for name in names):
        days = frozenset(map(_ENGLISH_DAYS.index, names))
        return Frequency(Rhythm.WEEKDAYS, weekdays=days)
    return None
