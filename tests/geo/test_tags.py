from __future__ import annotations

import pytest

from geo.modes import BIKE, CAR, WALK, RoadClass
from geo.tags import Way, posted_speed, usage


def tags(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split())


def who(text: str) -> str:
    """Modes along / against the way, as letters: walk, bike, car."""
    way = usage(tags(text))
    if way is None:
        return "nobody"

    def letters(bits: int) -> str:
        return "".join(
            letter for letter, bit in zip("wbc", (WALK, BIKE, CAR), strict=True) if bits & bit
        )

    along, against = letters(way.forward), letters(way.backward)
    return along if along == against else f"{along}/{against}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("highway=residential", "wbc"),
        ("highway=motorway", "c/"),
        ("highway=motorway foot=yes oneway=no", "wc"),
        ("highway=trunk", "wbc"),
        ("highway=trunk motorroad=yes", "c"),
        ("highway=primary_link", "wbc"),
        ("highway=footway", "w"),
        ("highway=footway bicycle=yes", "wb"),
        ("highway=footway bicycle=dismount", "w"),
        ("highway=cycleway", "b"),
        ("highway=cycleway foot=designated", "wb"),
        ("highway=steps", "w"),
        ("highway=steps bicycle=yes", "w"),
        ("highway=path", "wb"),
        ("highway=track motor_vehicle=yes", "wbc"),
        ("highway=pedestrian", "w"),
        ("highway=pedestrian area=yes", "w"),
        ("highway=pedestrian motor_vehicle=yes", "wc"),
        ("highway=service area=yes", "w"),
        ("highway=service service=alley", "wbc"),
        ("highway=service service=private", "nobody"),
        ("highway=service service=emergency_access", "nobody"),
        ("highway=construction", "nobody"),
        ("highway=platform", "nobody"),
        ("building=yes", "nobody"),
        ("highway=residential access=private", "nobody"),
        ("highway=residential access=no foot=yes", "w"),
        ("highway=residential access=no bicycle=designated foot=no", "b"),
        ("highway=residential access=destination", "wbc"),
        ("highway=residential access=customers", "wbc"),
        ("highway=residential vehicle=no", "w"),
        ("highway=residential vehicle=no bicycle=yes", "wb"),
        ("highway=residential motor_vehicle=no", "wb"),
        ("highway=residential motor_vehicle=no motorcar=yes", "wbc"),
        ("highway=residential motor_vehicle=private", "wb"),
        ("highway=primary foot=no", "bc"),
        ("highway=primary bicycle=use_sidepath", "wc"),
        ("highway=primary sidewalk=separate", "bc"),
        ("highway=primary sidewalk:both=separate foot=yes", "wbc"),
        ("highway=primary sidewalk=both", "wbc"),
        ("highway=residential oneway=yes", "wbc/w"),
        ("highway=residential oneway=-1", "w/wbc"),
        ("highway=residential oneway=no", "wbc"),
        ("highway=residential oneway=reversible", "wbc"),
        ("highway=residential oneway=yes oneway:bicycle=no", "wbc/wb"),
        ("highway=residential oneway=yes cycleway=opposite_lane", "wbc/wb"),
        ("highway=residential oneway:bicycle=yes", "wbc/wc"),
        ("highway=residential oneway:bicycle=-1", "wc/wbc"),
        ("highway=tertiary junction=roundabout", "wbc/w"),
        ("highway=tertiary junction=roundabout oneway=no", "wbc"),
    ],
)
def test_who_may_use_a_way(text: str, expected: str) -> None:
    assert who(text) == expected


@pytest.mark.parametrize(
    ("text", "kmh"),
    [("60", 60), ("30 km/h", 30), ("20 mph", 32.18688), (None, 0), ("walk", 0), ("CN:urban", 0)],
)
def test_posted_speeds(text: str | None, kmh: float) -> None:
    assert posted_speed(text) * 3.6 == pytest.approx(kmh)


def test_the_class_of_a_link_is_that_of_its_road() -> None:
    assert usage(tags("highway=secondary_link maxspeed=36")) == Way(
        WALK | BIKE | CAR, WALK | BIKE | CAR, RoadClass.SECONDARY, 10.0
    )
