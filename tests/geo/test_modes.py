from __future__ import annotations

import pytest

from base.faults import FaultError
from geo.modes import CAR, CAR_SPEEDS_KMH, WALK, RoadClass, TravelMode, car, ebike, walk


def test_a_walk_has_the_speed_and_the_name_of_its_group() -> None:
    mode = walk(0.75, group="75-84")
    assert (mode.name, mode.bit, mode.speed, mode.class_speeds) == ("walk 75-84", WALK, 0.75, ())


@pytest.mark.parametrize("speed", [0.0, -1.0, 5.0, float("nan")])
def test_a_walk_at_an_impossible_speed_is_refused(speed: float) -> None:
    with pytest.raises(FaultError, match="CC-G107"):
        walk(speed)


def test_a_car_has_a_speed_for_every_class_and_slows_down_in_the_rush_hour() -> None:
    free, rush = car(), car(0.5)
    assert len(free.class_speeds) == len(RoadClass)
    assert free.class_speeds[RoadClass.PRIMARY] == pytest.approx(
        CAR_SPEEDS_KMH[RoadClass.PRIMARY] / 3.6
    )
    assert rush.class_speeds[RoadClass.PRIMARY] == free.class_speeds[RoadClass.PRIMARY] / 2
    assert free.speed == free.class_speeds[RoadClass.UNKNOWN]


def test_an_ebike_rides_at_fifteen_kilometres_an_hour() -> None:
    assert ebike().speed * 3.6 == pytest.approx(15.0)


def test_all_faults_of_a_mode_come_at_once() -> None:
    with pytest.raises(FaultError) as caught:
        TravelMode("hover", 8, -1.0, (1.0,))
    assert [fault.code for fault in caught.value.faults] == ["CC-G107"] * 3
    assert "class_speeds" in caught.value.text("zh")


def test_modes_differ_by_bit() -> None:
    assert {walk().bit, ebike().bit, car().bit} == {WALK, 2, CAR}
