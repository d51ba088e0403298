"""OpenStreetMap's tags of a way: who may use it, in which direction, how fast.

Sources: the OSM wiki pages *Key:access* (a more specific key overrides a more general one),
*OSM tags for routing/Access restrictions* and *Key:oneway*. Where the wiki leaves a default to
the country, China's practice is taken: people walk along trunk roads, not along motorways.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from geo.modes import BIKE, CAR, WALK, RoadClass

__all__ = ["Way", "posted_speed", "road_class", "usage"]

Tags = Mapping[str, str]


class Way(NamedTuple):
    """What the tags say: mode bits along and against the drawn direction, class, limit (m/s)."""

    forward: int
    backward: int
    road: RoadClass
    maxspeed: float


_CLASS = {
    "motorway": RoadClass.MOTORWAY,
    "trunk": RoadClass.TRUNK,
    "primary": RoadClass.PRIMARY,
    "secondary": RoadClass.SECONDARY,
    "tertiary": RoadClass.TERTIARY,
    "unclassified": RoadClass.RESIDENTIAL,
    "residential": RoadClass.RESIDENTIAL,
    "living_street": RoadClass.LIVING,
    "service": RoadClass.SERVICE,
    "steps": RoadClass.STEPS,
    "footway": RoadClass.PATH,
    "path": RoadClass.PATH,
    "pedestrian": RoadClass.PATH,
    "cycleway": RoadClass.PATH,
    "bridleway": RoadClass.PATH,
    "track": RoadClass.PATH,
    "corridor": RoadClass.PATH,
    "platform": RoadClass.PATH,
    "road": RoadClass.UNKNOWN,
}
_STREETS = {
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
}
_OPEN = {
    WALK: _STREETS | {"footway", "path", "pedestrian", "steps", "track", "bridleway", "corridor"},
    BIKE: _STREETS | {"cycleway", "path", "track"},
    CAR: _STREETS | {"motorway"},
}
"""Highways open to a mode when no access tag speaks."""
_OPENABLE = {
    WALK: _OPEN[WALK] | {"cycleway", "motorway", "platform"},
    BIKE: _OPEN[BIKE] | {"footway", "pedestrian", "bridleway"},
    CAR: _OPEN[CAR] | {"pedestrian", "track"},
}
"""Highways that a tag for the mode itself (``foot=yes`` ...) opens; steps never for wheels."""
_KEYS = {
    WALK: ("foot", "access"),
    BIKE: ("bicycle", "vehicle", "access"),
    CAR: ("motorcar", "motor_vehicle", "vehicle", "access"),
}
"""Access keys, the most specific first."""
_CLOSED_VALUES = {
    "no",
    "private",
    "use_sidepath",
    "dismount",  # a bicycle is pushed: no way for a ride
    "agricultural",
    "forestry",
    "delivery",
    "military",
    "emergency",
    "bus",
    "psv",
}
_OPENING_VALUES = {"yes", "designated", "permissive", "destination", "official", "customers"}
_CLOSED_SERVICES = {"private", "emergency_access"}
_TRUE = {"yes", "true", "1"}
_BACK = {"-1", "reverse"}
_MPH = 0.44704


def usage(tags: Tags) -> Way | None:
    """Who may use a way; None for one that nobody may use, or that is no street at all."""
    highway = _highway(tags)
    if highway not in _CLASS:
        return None
    open_modes = sum(mode for mode in (WALK, BIKE, CAR) if _may_use(mode, highway, tags))
    if not open_modes:
        return None
    forward, backward = open_modes, open_modes
    for mode, direction in ((CAR, _direction(tags)), (BIKE, _bicycle_direction(tags))):
        if direction > 0:
            backward &= ~mode
        elif direction < 0:
            forward &= ~mode
    return Way(forward, backward, _CLASS[highway], posted_speed(tags.get("maxspeed")))


def road_class(highway: str) -> RoadClass:
    """The class of a ``highway`` value, links with their road."""
    return _CLASS.get(highway.removesuffix("_link"), RoadClass.UNKNOWN)


def posted_speed(maxspeed: str | None) -> float:
    """A ``maxspeed`` in m/s (km/h without a unit, mph), 0 where it states no number."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph)?\s*", maxspeed or "")
    if match is None:
        return 0.0
    return float(match[1]) * (_MPH if match[2] == "mph" else 1 / 3.6)


def _highway(tags: Tags) -> str:
    return tags.get("highway", "").removesuffix("_link")


def _may_use(mode: int, highway: str, tags: Tags) -> bool:
    if tags.get("service") in _CLOSED_SERVICES or highway not in _OPENABLE[mode]:
        return False
    if tags.get("area") == "yes" and mode != WALK:
        return False  # people walk round the edge of a square; wheels have its streets
    if tags.get("motorroad") == "yes" and mode != CAR:
        return False
    if mode == WALK and "separate" in (tags.get("sidewalk"), tags.get("sidewalk:both")):
        return tags.get("foot") in _OPENING_VALUES  # the pavement is drawn as a way of its own
    keys = _KEYS[mode]
    for key in keys:
        value = tags.get(key)
        if value is None:
            continue
        if value in _CLOSED_VALUES:
            return False
        if key != "access" and value in _OPENING_VALUES:
            return key == keys[0] or key == "motor_vehicle" or highway in _OPEN[mode]
        break
    return highway in _OPEN[mode]


def _direction(tags: Tags) -> int:
    """1 one-way as drawn, -1 against it, 0 both ways."""
    oneway = tags.get("oneway")
    if oneway in _TRUE:
        return 1
    if oneway in _BACK:
        return -1
    if oneway is not None:  # no, reversible, alternating: open both ways over the day
        return 0
    implied = tags.get("junction") in ("roundabout", "circular") or (
        tags.get("highway") in ("motorway", "motorway_link")
    )
    return 1 if implied else 0


def _bicycle_direction(tags: Tags) -> int:
    own = tags.get("oneway:bicycle")
    if own in _TRUE:
        return 1
    if own in _BACK:
        return -1
    contraflow = any(
        tags.get(key, "").startswith("opposite")
        for key in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    )
    if own == "no" or contraflow:
        return 0
    return _direction(tags)
