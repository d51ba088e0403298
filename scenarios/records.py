"""What offices hand in, as plain records: elders' visits, carers, kitchens, orders, carriers.

Records carry ids, places and needs only. Names, phones and door numbers never reach them: they
go to the contact table (``scenarios.contacts``) and come back only in printed sheets.

Times of day are seconds from the day's midnight and may pass 86,400; durations are seconds;
places are WGS 84 lon/lat; money is fen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

__all__ = [
    "Carer",
    "Carrier",
    "Kitchen",
    "Link",
    "MealOrder",
    "Mode",
    "Place",
    "Tier",
    "Visit",
]


class Tier(IntEnum):
    """Priority of a client; a higher tier (smaller number) is never dropped for a lower one."""

    BASIC = 0
    """托底: fully guaranteed by the state."""
    SUPPORTED = 1
    """扶助: partly subsidised."""
    GENERAL = 2
    """普惠: open to everyone."""


class Mode(StrEnum):
    """How a carer or carrier moves."""

    WALK = "walk"
    EBIKE = "ebike"
    CAR = "car"


@dataclass(frozen=True)
class Place:
    """A point in WGS 84 degrees."""

    lon: float
    lat: float


@dataclass(frozen=True)
class Link:
    """This visit follows another: its start minus the other's start lies in [min_gap, max_gap].

    A gap of 0..0 means the same moment. Gaps are seconds.
    """

    other: str
    min_gap: int
    max_gap: int


@dataclass(frozen=True)
class Visit:
    """One visit of one day.

    Attributes:
        id: unique in the day.
        client: pseudonymous id of the elder.
        service: id in the service catalogue.
        place: where it starts. end_place: where it ends, None for the same place (a hospital
            escort may end elsewhere).
        duration: seconds of service.
        windows: (earliest, latest) start, inclusive, ascending and disjoint, at least one.
        skills: the person must have them all.
        tier: priority.
        staff: people needed at once.
        link: tie to another visit, None for none.
        community: name or code of the client's community, None where unknown (reports only).
    """

    id: str
    client: str
    service: str
    place: Place
    duration: int
    windows: tuple[tuple[int, int], ...]
    skills: frozenset[str] = frozenset()
    tier: Tier = Tier.GENERAL
    staff: int = 1
    end_place: Place | None = None
    link: Link | None = None
    community: str | None = None


@dataclass(frozen=True)
class Carer:
    """A carer's day.

    Attributes:
        id: unique, pseudonymous.
        skills: what the carer may do; a level is a skill too (``level:3`` and all below it).
        shift: (open, close) in seconds of the day.
        start: where the day starts. end: where it ends, None where the last visit ends it.
        max_work: most seconds from departure to end, None for no limit.
        mode: how the carer moves.
        wage: fen per hour between departure and end.
    """

    id: str
    skills: frozenset[str]
    shift: tuple[int, int]
    start: Place
    end: Place | None
    max_work: int | None = None
    mode: Mode = Mode.EBIKE
    wage: int = 4000


@dataclass(frozen=True)
class Kitchen:
    """A kitchen: where, how many portions it can cook, from when they are ready."""

    id: str
    place: Place
    portions: int
    ready: int


@dataclass(frozen=True)
class MealOrder:
    """One order of one meal.

    Attributes:
        id: unique.
        client: pseudonymous id of the elder.
        place: the door; orders of one ``building`` are one stop with several doors.
        building: id of the building, None where the order stands alone.
        portions: how many.
        window: (earliest, latest) delivery in seconds of the day, inclusive.
        diet: free of personal data, such as ``low_salt``; printed on the loading list.
        kitchen: the kitchen it must come from, None for any.
        community: as in :class:`Visit`.
    """

    id: str
    client: str
    place: Place
    building: str | None
    portions: int
    window: tuple[int, int]
    diet: str = ""
    kitchen: str | None = None
    community: str | None = None


@dataclass(frozen=True)
class Carrier:
    """Who or what carries meals: van, e-bike or a person on foot.

    Attributes:
        id: unique, pseudonymous.
        mode: how it moves.
        boxes: how many boxes it carries at once.
        shift: (open, close) in seconds of the day.
        kitchens: where it may load; empty for every kitchen.
        start: where its day starts and ends; None for its first kitchen.
        max_trips: most trips of the meal.
        wage: fen per hour. per_km: fen per kilometre.
    """

    id: str
    mode: Mode
    boxes: int
    shift: tuple[int, int]
    kitchens: tuple[str, ...] = ()
    start: Place | None = None
    max_trips: int = 4
    wage: int = 3000
    per_km: int = 20
