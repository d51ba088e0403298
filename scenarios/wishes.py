"""When a client wants to be visited: ``上午``, ``8:00-10:00``, ``下午2点至4点``, ``9点前``.

Times are those of the start of the visit. Parts of the day have the fixed meaning that
:data:`PARTS_OF_DAY` states; an office that means something else writes the hours.
"""

from __future__ import annotations

import re

from scenarios.cells import fold, read_time

__all__ = ["PARTS_OF_DAY", "read_wish"]

_HOUR = 3600
_OPEN, _CLOSE = 7 * _HOUR, 20 * _HOUR
"""Ends of a wish that names one end only (``9点前``, ``14点后``)."""

PARTS_OF_DAY: dict[str, tuple[int, int]] = {
    word: (int(opens * _HOUR), int(closes * _HOUR))
    for words, opens, closes in (
        ("清晨 早晨 早上 早 early", 7, 9),
        ("上午 morning", 8, 11.5),
        ("中午 午间 noon", 11, 13),
        ("下午 午后 afternoon", 13, 17),
        ("傍晚 evening", 17, 19),
        ("晚上 晚 夜间 晚间 night", 18, 21),
        ("全天 不限 均可 随时 都可以 白天 any anytime", 8, 17),
    )
    for word in words.split()
}
_PART = "|".join(sorted(PARTS_OF_DAY, key=len, reverse=True))
_RANGE = re.compile(
    rf"(?P<part>{_PART})?(?P<first>[\d:点时分半]+)(?:[-–—~至到]+)"
    rf"(?P<part2>{_PART})?(?P<last>[\d:点时分半]+)"
)
_ONE_END = re.compile(rf"(?P<part>{_PART})?(?P<time>[\d:点时分半]+)(?P<end>以?前|之前|以?后|之后)")
_ENGLISH_END = re.compile(r"(?P<end>before|after)(?P<time>[\d:]+)")
_LATER = ("下午", "午后", "傍晚", "晚上", "晚", "夜间", "晚间", "afternoon", "evening", "night")


def read_wish(text: str) -> tuple[tuple[int, int], ...] | None:
    """Ascending, disjoint (earliest, latest) starts; windows that touch become one.

    ``None`` where the cell says something else.
    """
    word = re.sub(r"\s*(?:或者?|和|\bor\b|\band\b)\s*", ";", fold(text).casefold())
    windows = []
    for part in re.split(r"[;,、/\n]+", word):
        plain = part.replace(" ", "")
        if not plain:
            continue
        window = PARTS_OF_DAY.get(plain) or _range(plain) or _one_end(plain)
        if window is None or window[0] > window[1]:
            return None
        windows.append(window)
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(windows):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return tuple(joined) or None


def _range(word: str) -> tuple[int, int] | None:
    found = _RANGE.fullmatch(word)
    if not found:
        return None
    first = _time(found["first"], found["part"])
    last = _time(found["last"], found["part2"] or found["part"])
    return None if first is None or last is None else (first, last)


def _one_end(word: str) -> tuple[int, int] | None:
    found = _ONE_END.fullmatch(word) or _ENGLISH_END.fullmatch(word)
    if not found:
        return None
    time = _time(found["time"], found.groupdict().get("part"))
    if time is None:
        return None
    before = "前" in found["end"] or found["end"] == "before"
    return (min(_OPEN, time), time) if before else (time, max(_CLOSE, time))


def _time(word: str, part: str | None) -> int | None:
    """A time; ``下午2点`` is 14:00."""
    time = read_time(word)
    if time is None:
        return None
    return time + 12 * _HOUR if part in _LATER and time < 12 * _HOUR else time
