"""What offices hand in, as plain records: elders' visits, carers, kitchens, orders, carriers.

Records carry ids, places and needs only. Names, phones and door numbers never reach them: they
go to the contact table (``scenarios.contacts``) and come back only in printed sheets.

Times of day are seconds from the day's midnight and may pass 86,400; durations are seconds;
places are WGS 84 lon/lat; money is fen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

__all__ = [
    "Ability",
    "Asked",
    "Break",
    "Carer",
    "Carrier",
    "Kitchen",
    "Link",
    "LinkRule",
    "MealOrder",
    "Mode",
    "Place",
    "Sex",
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


class Sex(StrEnum):
    """Of a carer, as clients ask for it."""

    FEMALE = "female"
    MALE = "male"


class Ability(StrEnum):
    """Grades of an elder's ability after GB/T 42195-2022; the four grades of MZ/T 039 are the
    first four.
    """

    INTACT = "intact"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    TOTAL = "total"


@dataclass(frozen=True)
class Place:
    """A point in WGS 84 degrees."""

    lon: float
    lat: float


class LinkRule(StrEnum):
    """What two visits have to do with each other."""

    AFTER = "after"
    """Starts so long after the other, by somebody else; a gap of 0..0 is the same moment."""
    OTHER_PERSON = "other_person"
    SAME_PERSON = "same_person"
    NOT_TOGETHER = "not_together"
    """Not at the same time, whichever comes first."""


@dataclass(frozen=True)
class Link:
    """This visit follows another: its start minus the other's start lies in [min_gap, max_gap].

    A gap of 0..0 means the same moment. Gaps are seconds; they count for ``LinkRule.AFTER`` only.
    """

    other: str
    min_gap: int = 0
    max_gap: int = 0
    rule: LinkRule = LinkRule.AFTER


@dataclass(frozen=True)
class Asked:
    """What a client asks of the person who comes.

    Attributes:
        carers: ids of named people, any of whom will do; empty for no wish.
        sex, language: None for no wish. Languages and dialects are words such as ``粤语``.
        must: those of ``carers``, ``sex`` and ``language`` that are musts; the others are wishes.
        avoid: ids of people who must never come.
        last: id of whoever came last time, None where unknown.
    """

    carers: tuple[str, ...] = ()
    sex: Sex | None = None
    language: str | None = None
    must: frozenset[str] = frozenset()
    avoid: frozenset[str] = frozenset()
    last: str | None = None


@dataclass(frozen=True)
class Visit:
    """One visit of one day.

    Attributes:
        id: unique in the day.
        client: pseudonymous id of the elder.
        service: id in the service catalogue.
        place: where it starts. end_place: where it ends, None for the same place (a hospital
            escort may end elsewhere).
        duration: seconds of service. Stairs come on top, and so does an escort's ride where
            ``ride_limit`` is given.
        windows: (earliest, latest) start, inclusive, ascending and disjoint, at least one.
        finish_within: the windows' later ends are for the finish, not for the start.
        skills: the person must have them all.
        tier: priority.
        staff: people needed at once.
        link: tie to another visit, None for none.
        community: name or code of the client's community, None where unknown (reports only).
        age, ability: of the client, None where unknown (reports and sheets only).
        asked: what the client asks of the person.
        floor, lift: of the flat; None where unknown, then no stairs are counted.
        ride_limit: most seconds of the ride from ``place`` to ``end_place``; None where the
            duration has the ride in it.
        equipment: id of shared equipment that the visit keeps busy, None for none.
        remote: share of the visit's value that a phone call has, None where a call will not do.
        price: fen, paid from the client's allowance where the client has one.
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
    age: int | None = None
    ability: Ability | None = None
    asked: Asked = field(default_factory=Asked)
    floor: int | None = None
    lift: bool | None = None
    ride_limit: int | None = None
    equipment: str | None = None
    remote: float | None = None
    price: int = 0
    finish_within: bool = False

    @property
    def stairs(self) -> int:
        """Floors to climb without a lift."""
        return 0 if self.lift or self.floor is None else max(0, self.floor - 1)


@dataclass(frozen=True)
class Break:
    """A rest; times in seconds of the day.

    Attributes:
        window: (earliest, latest) start.
        length: seconds.
        place: where it is taken, None for wherever the person then is (at the next client's).
        must: False where the plan may leave it out at a cost.
    """

    window: tuple[int, int]
    length: int
    place: Place | None = None
    must: bool = True


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
        sex, languages: as clients may ask for them.
        breaks: rests of the day; None for those that the scenario gives everybody.
        overtime: most seconds after the shift. overtime_wage: fen per hour of it, in place of
            ``wage``; None for one and a half times the wage.
        max_travel: most seconds on the way in a day, None for no limit.
        pace: time that a visit takes this carer as a share of the usual (1.2 for a beginner).
        holidays: works on public holidays.
    """

    id: str
    skills: frozenset[str]
    shift: tuple[int, int]
    start: Place
    end: Place | None
    max_work: int | None = None
    mode: Mode = Mode.EBIKE
    wage: int = 4000
    sex: Sex | None = None
    languages: frozenset[str] = frozenset()
    breaks: tuple[Break, ...] | None = None
    overtime: int = 0
    overtime_wage: int | None = None
    max_travel: int | None = None
    pace: float = 1.0
    holidays: bool = True


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
