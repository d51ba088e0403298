"""The day book: what is known of a running day, by ids, and its file.

The file is JSON without personal data: ids, moments as seconds of the day, places in WGS 84.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError

from base.faults import FaultError
from scenarios.codes import FILE_MISSING
from scenarios.model import Text
from scenarios.model_parts import Part
from scenarios.running_codes import NOT_A_DAY_FILE

__all__ = [
    "MISSED_REASONS",
    "DayBook",
    "MissedReason",
    "Status",
    "Tick",
    "Whereabouts",
    "read_book",
    "write_book",
]


class Status(StrEnum):
    """How far a visit has got; a visit without a tick is planned."""

    STARTED = "started"
    DONE = "done"
    MISSED = "missed"
    CANCELLED = "cancelled"


class MissedReason(StrEnum):
    """Why a visit was not made."""

    NOBODY_HOME = "nobody_home"
    REFUSED = "refused"
    NO_TIME = "no_time"
    CARER_AWAY = "carer_away"
    SUSPENDED = "suspended"
    OTHER = "other"


MISSED_REASONS: dict[MissedReason, Text] = {
    MissedReason.NOBODY_HOME: Text(zh="无人应门", en="nobody at home"),
    MissedReason.REFUSED: Text(zh="老人谢绝", en="the client refused"),
    MissedReason.NO_TIME: Text(zh="时间不够", en="no time left"),
    MissedReason.CARER_AWAY: Text(zh="护理员缺勤", en="the carer was away"),
    MissedReason.SUSPENDED: Text(zh="服务暂停（住院或外出）", en="suspended (in hospital, away)"),
    MissedReason.OTHER: Text(zh="其他", en="other"),
}
"""Reasons in words."""


class Tick(Part):
    """What is known of one visit.

    ``started`` and ``finished`` are seconds of the day, None where nobody wrote them down; of a
    visit under way ``finished`` is when it is expected to end.
    """

    status: Status
    started: int | None = None
    finished: int | None = None
    reason: MissedReason | None = None


class Whereabouts(Part):
    """What is known of one carer.

    ``place`` is lon, lat where it is known; ``free_from`` the earliest moment at which the carer
    can set out; ``gone`` that the carer does nothing more today.
    """

    place: tuple[float, float] | None = None
    free_from: int | None = None
    gone: bool = False


class DayBook(Part):
    """A running day at a moment.

    Attributes:
        now: seconds of the day.
        frozen_until: visits that start before keep their people and starts.
        ticks: by visit. carers: by carer; those without an entry are where the plan has them.
    """

    now: int = Field(ge=0)
    frozen_until: int = 0
    ticks: dict[str, Tick] = Field(default_factory=dict)
    carers: dict[str, Whereabouts] = Field(default_factory=dict)

    def ticked(self, visit: str, tick: Tick) -> DayBook:
        """The book with a tick more."""
        return self.model_copy(update={"ticks": {**self.ticks, visit: tick}})

    def placed(self, carer: str, whereabouts: Whereabouts) -> DayBook:
        """The book with something new about a carer."""
        return self.model_copy(update={"carers": {**self.carers, carer: whereabouts}})

    def at(self, now: int, *, frozen_seconds: int | None = None) -> DayBook:
        """The book at a later moment; ``frozen_seconds`` from then on stay as they are."""
        frozen = self.frozen_until if frozen_seconds is None else now + frozen_seconds
        return self.model_copy(update={"now": now, "frozen_until": frozen})


def write_book(book: DayBook, path: Path) -> None:
    """Write a book as JSON."""
    path.write_text(book.model_dump_json(indent=1, exclude_none=True) + "\n", encoding="utf-8")


def read_book(path: Path) -> DayBook:
    """Read a book.

    Raises:
        FaultError: the file is missing (CC-S001) or is no book (CC-S502).
    """
    try:
        return DayBook.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FaultError([FILE_MISSING(path, file=path.name)]) from error
    except UnicodeDecodeError as error:
        raise FaultError([NOT_A_DAY_FILE(path, why="UTF-8")]) from error
    except ValidationError as error:
        fields = [".".join(str(part) for part in each["loc"]) or "-" for each in error.errors()]
        raise FaultError([NOT_A_DAY_FILE(path, why=field) for field in fields]) from error
