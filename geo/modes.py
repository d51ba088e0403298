"""Ways to travel: walking at a group's speed, e-bike, car.

A network stores per edge and direction which *kinds* of traveller may use it, as bits; a
:class:`TravelMode` picks one bit and adds the speed. Walking speeds of groups are facts of a
city's rule pack, not of this module: the caller passes them (0.7 to 1.2 m/s for elders).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from base.faults import Faults
from geo.codes import BAD_MODE

__all__ = [
    "ALL_MODES",
    "BIKE",
    "CAR",
    "CAR_SPEEDS_KMH",
    "WALK",
    "RoadClass",
    "TravelMode",
    "car",
    "ebike",
    "walk",
]

WALK = 1
"""Bit of people on foot; one-way rules never bind them."""
BIKE = 2
"""Bit of bicycles and e-bikes."""
CAR = 4
"""Bit of motor vehicles."""
ALL_MODES = WALK | BIKE | CAR


class RoadClass(IntEnum):
    """What kind of way an edge is, for speeds by class."""

    UNKNOWN = 0
    MOTORWAY = 1
    TRUNK = 2
    PRIMARY = 3
    SECONDARY = 4
    TERTIARY = 5
    RESIDENTIAL = 6
    LIVING = 7
    SERVICE = 8
    PATH = 9
    STEPS = 10


CAR_SPEEDS_KMH: dict[RoadClass, float] = {
    RoadClass.UNKNOWN: 25.0,
    RoadClass.MOTORWAY: 65.0,
    RoadClass.TRUNK: 40.0,
    RoadClass.PRIMARY: 30.0,
    RoadClass.SECONDARY: 27.0,
    RoadClass.TERTIARY: 25.0,
    RoadClass.RESIDENTIAL: 20.0,
    RoadClass.LIVING: 12.0,
    RoadClass.SERVICE: 12.0,
    RoadClass.PATH: 10.0,
    RoadClass.STEPS: 10.0,
}
"""Planning speeds of a car in a city by day, waiting at lights included (our assumption, not a
survey); a sign (``edge_maxspeed``) can only lower them."""

_EBIKE_KMH = 15.0  # the design limit of e-bikes in China is 25 km/h; riding in town is slower


@dataclass(frozen=True)
class TravelMode:
    """One way to travel on a network.

    Attributes:
        name: shown in reports, such as ``walk``.
        bit: ``WALK``, ``BIKE`` or ``CAR``: edges without this bit are closed to the mode.
        speed: m/s on edges without a speed of their class, and on the access leg between a
            point and its street.
        class_speeds: m/s per :class:`RoadClass` (index = class), empty for one speed everywhere.
            With class speeds the edge's posted limit is kept too.

    Raises:
        FaultError: a speed that is not positive, or an unknown bit (CC-G107).
    """

    name: str
    bit: int
    speed: float
    class_speeds: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        faults = Faults()
        if self.bit not in (WALK, BIKE, CAR):
            faults.add(BAD_MODE(field="bit", value=self.bit, rule="1 | 2 | 4"))
        for field, value in [
            ("speed", self.speed),
            *((f"class_speeds[{i}]", value) for i, value in enumerate(self.class_speeds)),
        ]:
            if not 0.05 <= value <= 70.0:
                faults.add(BAD_MODE(field=field, value=value, rule="0.05 .. 70 m/s"))
        if self.class_speeds and len(self.class_speeds) != len(RoadClass):
            got = f"({len(self.class_speeds)})"
            faults.add(BAD_MODE(field="class_speeds", value=got, rule=f"({len(RoadClass)})"))
        faults.raise_if_any()


def walk(speed: float = 1.0, group: str | None = None) -> TravelMode:
    """Walking at ``speed`` m/s (0.3 to 2.0); ``group`` names whose speed it is.

    Raises:
        FaultError: a speed at which nobody walks (CC-G107).
    """
    faults = Faults()
    if not 0.3 <= speed <= 2.0:
        faults.add(BAD_MODE(field="speed", value=speed, rule="0.3 .. 2.0 m/s"))
    faults.raise_if_any()
    return TravelMode("walk" if group is None else f"walk {group}", WALK, speed)


def ebike(speed: float = _EBIKE_KMH / 3.6) -> TravelMode:
    """An e-bike at ``speed`` m/s everywhere it may ride (default 15 km/h)."""
    return TravelMode("ebike", BIKE, speed)


def car(factor: float = 1.0) -> TravelMode:
    """A car at :data:`CAR_SPEEDS_KMH` times ``factor`` (below 1 for a rush hour)."""
    speeds = tuple(CAR_SPEEDS_KMH[road] / 3.6 * factor for road in RoadClass)
    return TravelMode("car", CAR, speeds[RoadClass.UNKNOWN], speeds)
