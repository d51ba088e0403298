"""What a cell of an office table says: times, windows, durations, money, yes or no.

Every reader takes the cell's text and returns a value, or None where the text says something
else; every writer gives the text that its reader takes back unchanged. Offices write on
Chinese keyboards, so full-width digits and marks are folded first.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from datetime import date

__all__ = [
    "DAY",
    "fold",
    "read_date",
    "read_duration",
    "read_float",
    "read_int",
    "read_list",
    "read_money",
    "read_time",
    "read_windows",
    "read_yes",
    "write_duration",
    "write_money",
    "write_time",
    "write_windows",
]

DAY = 86_400
_LATEST = 3 * DAY
"""No time of day lies beyond: night care ends the next morning."""
_LONGEST = 7 * DAY
"""No duration is longer: a phone number in the wrong column is none."""

_CLOCK = re.compile(r"(\d{1,2})(?::|点|时)(?:(\d{1,2})(?::(\d{1,2}(?:\.0+)?)|分)?|(半))?", re.ASCII)
_EXCEL_DAY = re.compile(r"(?:(\d+) days?,? |1899-12-3[01] |1900-01-0(\d) )(.+)", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_SPLIT = re.compile(r"[;,、|\n]+")
_YES = {"是", "有", "y", "yes", "true", "1", "√", "✓", "✔", "对", "需要", "双人"}
_NO = {"否", "无", "n", "no", "false", "0", "×", "x", "不", "不需要", "单人", "-"}


def fold(text: str) -> str:
    """Full-width forms as plain ones, one space for many, none at the ends."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def read_int(text: str) -> int | None:
    """A whole number; ``3.0`` counts, as tables keep numbers as decimals."""
    number = read_float(text)
    return int(number) if number is not None and number == int(number) else None


def read_float(text: str) -> float | None:
    """A finite number; thousands may be set apart with commas."""
    plain = re.sub(r"(?<=\d),(?=\d{3}(?:\D|$))", "", fold(text))
    if not _NUMBER.fullmatch(plain):
        return None
    number = float(plain)
    return number if abs(number) < 1e300 else None


def read_yes(text: str) -> bool | None:
    """Yes or no, in words, ticks or digits."""
    word = fold(text).lower()
    return True if word in _YES else False if word in _NO else None


def read_list(text: str) -> list[str]:
    """Entries set apart by semicolons, commas, 、 or line ends; empty ones left out."""
    return [part for part in map(fold, _SPLIT.split(unicodedata.normalize("NFKC", text))) if part]


def read_money(text: str) -> int | None:
    """Yuan as fen; ``￥`` and ``元`` may stand with it."""
    number = read_float(fold(text).strip("¥元 "))
    return round(number * 100) if number is not None and number >= 0 else None


def write_money(fen: int) -> float | int:
    """Fen as yuan."""
    return fen // 100 if fen % 100 == 0 else fen / 100


def read_duration(text: str) -> int | None:
    """Seconds of a duration in minutes, or with its unit: ``90``, ``1.5小时``, ``半小时``."""
    word = fold(text).lower().replace(" ", "")
    if word in ("半小时", "半个小时"):
        return 1800
    hours = re.fullmatch(r"([\d.]+)(?:个?小时|h|hours?)(?:([\d.]+)(?:分钟?|min)?)?", word)
    if hours:
        whole, rest = read_float(hours[1]), read_float(hours[2] or "0")
        minutes = None if whole is None or rest is None else 60 * whole + rest
    else:
        minutes = read_float(re.sub(r"(?:分钟?|min(?:utes?)?)$", "", word))
    if minutes is None or not 0 <= minutes * 60 <= _LONGEST:
        return None
    return round(minutes * 60)


def write_duration(seconds: int) -> float | int:
    """Seconds as minutes, exact enough to be read back."""
    return seconds // 60 if seconds % 60 == 0 else round(seconds / 60, 4)


def read_time(text: str) -> int | None:
    """Seconds from midnight of ``8:30``, ``24:30``, ``8：30``, ``8点半`` or an Excel number.

    A spreadsheet keeps a time as a part of a day: a decimal below 3 is read so (``0.354166``
    is 8:30). A whole number is an hour.
    """
    word = fold(text)
    shift = 0
    days = _EXCEL_DAY.fullmatch(word)
    if days:
        shift, word = DAY * int(days[1] or days[2] or 0), days[3]
    clock = _CLOCK.fullmatch(word.replace(" ", ""))
    if clock:
        hour, minute = int(clock[1]), 30 if clock[4] else int(clock[2] or 0)
        second = int(float(clock[3] or 0))
        inside = minute < 60 and second < 60
        return _sane(shift + hour * 3600 + minute * 60 + second) if inside else None
    number = read_float(word)
    if number is None or number < 0:
        return None
    return _sane(int(number) * 3600 if number == int(number) else round(number * DAY))


def _sane(seconds: int) -> int | None:
    return seconds if seconds <= _LATEST else None


def write_time(seconds: int) -> str:
    """``HH:MM``, with seconds only where there are any; hours may pass 24."""
    minutes, second = divmod(seconds, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{second:02d}" if second else text


def read_windows(text: str) -> tuple[tuple[int, int], ...] | None:
    """``08:00-10:00; 14:00-15:00`` as ascending, disjoint (earliest, latest)."""
    windows = []
    for part in read_list(text):
        ends = re.split(r"\s*(?:[-–—~至到]|\bto\b)+\s*", part)
        times = [read_time(end) for end in ends]
        if len(times) != 2 or times[0] is None or times[1] is None or times[0] > times[1]:
            return None
        windows.append((times[0], times[1]))
    windows.sort()
    apart = all(a[1] < b[0] for a, b in itertools.pairwise(windows))
    return tuple(windows) if windows and apart else None


def write_windows(windows: tuple[tuple[int, int], ...]) -> str:
    """The windows as one cell."""
    return "; ".join(f"{write_time(a)}-{write_time(b)}" for a, b in windows)


def read_date(text: str) -> date | None:
    """A date such as ``2026-03-02``, ``2026/3/2`` or ``2026年3月2日``."""
    found = re.fullmatch(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00:00)?", fold(text), re.ASCII
    )
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
