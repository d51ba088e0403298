from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.faults import FaultError
from optimizer.routing.check import check
from optimizer.routing.problem import NONE
from optimizer.stop import Stop
from scenarios.day import Lunch
from scenarios.district import District, open_district
from scenarios.files import load_scenario
from scenarios.meals import MealsRun, compile_meals, plan_meals, run_meals
from scenarios.meals_sheets import diet_text
from scenarios.model import MealsInput
from scenarios.records import Carrier, Kitchen, MealOrder, Mode
from scenarios.stock import share_out
from scenarios.stops import consolidate
from scenarios.tables import write_carriers, write_kitchens, write_orders
from tests.small_town import place, write_town

HOUR = 3600
NOON = (11 * HOUR, 12 * HOUR)
TABLES = ("orders", "kitchens", "carriers")
PART = {
    "meals": {
        "day": "2026-03-02",
        **{name: {"path": f"{name}.csv"} for name in TABLES},
        "fresh_minutes": 40,
        "box_portions": 2,
        "iterations": 200,
    }
}
FEW = Stop(iterations=200)


def wanted(**changes: Any) -> MealsInput:
    return MealsInput.model_validate({**PART["meals"], **changes})


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> District:
    folder = tmp_path_factory.mktemp("town")
    for name in TABLES:
        (folder / f"{name}.csv").write_text("")
    return open_district(*load_scenario(write_town(folder, {}, PART)))


def order(number: int, x: float = 300, y: float = 300, **changes: Any) -> MealOrder:
    given: dict[str, Any] = {
        "id": f"O{number}",
        "client": f"E{number}",
        "place": place(x, y),
        "building": f"B{x:g}-{y:g}",
        "portions": 1,
        "window": NOON,
    }
    return MealOrder(**{**given, **changes})


def kitchen(number: int, x: float = 0, y: float = 0, **changes: Any) -> Kitchen:
    given: dict[str, Any] = {"portions": 100, "ready": 10 * HOUR}
    return Kitchen(id=f"K{number}", place=place(x, y), **{**given, **changes})


def carrier(number: int, **changes: Any) -> Carrier:
    given: dict[str, Any] = {"boxes": 8, "shift": (10 * HOUR, 13 * HOUR), "mode": Mode.EBIKE}
    return Carrier(id=f"R{number}", **{**given, **changes})


def plan(
    district: District,
    orders: Sequence[MealOrder],
    kitchens: Sequence[Kitchen],
    carriers: Sequence[Carrier],
    **changes: Any,
) -> MealsRun:
    lunch = Lunch(tuple(orders), tuple(kitchens), tuple(carriers))
    return plan_meals(district, wanted(**changes), lunch, stop=FEW)


class TestStops:
    def test_one_building_is_one_stop(self) -> None:
        orders = [order(1), order(2, portions=2), order(3, 500, 300)]
        stops = consolidate(orders, wanted(), largest=8)
        assert [stop.id for stop in stops] == ["B300-300", "B500-300"]
        assert [stop.duration for stop in stops] == [120 + 2 * 60, 120 + 60]
        assert [stop.boxes for stop in stops] == [2, 1]

    def test_the_last_door_is_within_the_window(self) -> None:
        (stop,) = consolidate([order(n) for n in range(5)], wanted(), largest=8)
        assert stop.window == (NOON[0], NOON[1] - 120 - 4 * 60)

    def test_kitchens_and_windows_part_a_building(self) -> None:
        orders = [
            order(1),
            order(2, kitchen="K1"),
            order(3, window=(11 * HOUR, 11 * HOUR + 1800)),
            order(4),
        ]
        stops = consolidate(orders, wanted(), largest=8)
        assert [len(stop.orders) for stop in stops] == [2, 1, 1]
        assert len({stop.id for stop in stops}) == 3

    def test_orders_without_a_building_stand_alone(self) -> None:
        orders = [order(1, building=None), order(2, building=None)]
        assert [stop.id for stop in consolidate(orders, wanted(), 8)] == ["O1", "O2"]

    @settings(max_examples=60)
    @given(
        st.lists(st.integers(1, 5), min_size=1, max_size=40), st.integers(3, 12), st.integers(1, 4)
    )
    def test_parts_keep_every_order_and_every_limit(
        self, portions: list[int], largest: int, per_box: int
    ) -> None:
        orders = [order(n, portions=p) for n, p in enumerate(portions)]
        stops = consolidate(orders, wanted(box_portions=per_box), largest)
        assert [o.id for stop in stops for o in stop.orders] == [o.id for o in orders]
        for stop in stops:
            assert stop.boxes == -(-stop.portions // per_box)
            assert stop.boxes <= largest or len(stop.orders) == 1
            assert stop.duration == 120 + 60 * len(stop.orders)
            assert stop.duration <= 40 * 60 / 2


class TestStock:
    def test_enough_everywhere_leaves_the_choice_open(self) -> None:
        orders = [order(n) for n in range(5)]
        stock = share_out(orders, [kitchen(1, portions=5), kitchen(2, portions=9)])
        assert stock.orders == tuple(orders)
        assert not stock.warnings and not stock.without

    def test_scarce_kitchens_get_what_is_near(self) -> None:
        orders = [order(n, 100 * n, 0) for n in range(10)]
        kitchens = [kitchen(1, 0, 0, portions=5), kitchen(2, 900, 0, portions=5)]
        stock = share_out(orders, kitchens)
        assert [o.kitchen for o in stock.orders] == ["K1"] * 5 + ["K2"] * 5
        assert [fault.code for fault in stock.warnings] == ["CC-S237"]

    def test_the_last_orders_go_without(self) -> None:
        orders = [order(n, 100 * n, 0) for n in range(10)]
        stock = share_out(orders, [kitchen(1, portions=4), kitchen(2, 900, 0, portions=3)])
        assert [o.id for o in stock.without] == ["O7", "O8", "O9"]
        assert {fault.code for fault in stock.warnings} == {"CC-S236", "CC-S237"}

    @settings(max_examples=80)
    @given(
        st.lists(
            st.tuples(st.integers(0, 9), st.integers(1, 4), st.sampled_from([None, "K1", "K2"])),
            min_size=1,
            max_size=25,
        ),
        st.integers(0, 30),
        st.integers(0, 30),
    )
    def test_no_kitchen_is_asked_for_more_than_it_cooks(
        self, rows: list[tuple[int, int, str | None]], first: int, second: int
    ) -> None:
        orders = [order(n, 100 * x, 0, portions=p, kitchen=k) for n, (x, p, k) in enumerate(rows)]
        kitchens = [kitchen(1, portions=first), kitchen(2, 900, 0, portions=second)]
        stock = share_out(orders, kitchens)
        kept = {o.id for o in stock.orders} | {o.id for o in stock.without}
        assert kept == {o.id for o in orders}
        assert len(stock.orders) + len(stock.without) == len(orders)
        free = sum(o.portions for o in stock.orders if o.kitchen is None)
        given_to = Counter[str]()
        for o in stock.orders:
            if o.kitchen:
                given_to[o.kitchen] += o.portions
            was = orders[int(o.id[1:])].kitchen
            assert was is None or o.kitchen == was
        for each in kitchens:
            assert given_to[each.id] + free <= each.portions or not stock.orders
        assert stock == share_out(orders, kitchens)


class TestCompile:
    def test_carriers_wait_for_their_kitchens(self, district: District) -> None:
        kitchens = (kitchen(1), kitchen(2, 900, 0, ready=11 * HOUR))
        carriers = (
            carrier(1, kitchens=("K1",)),
            carrier(2),
            carrier(3, start=place(500, 300), kitchens=("K2",)),
        )
        lunch = Lunch((order(1), order(2, kitchen="K2")), kitchens, carriers)
        case = compile_meals(district, wanted(), lunch)
        problem, at = case.problem, case.kitchen_at
        assert problem.vehicle_open.tolist() == [10 * HOUR, 11 * HOUR, 11 * HOUR]
        assert problem.vehicle_start.tolist()[:2] == [at[0], at[0]]
        assert problem.vehicle_start[2] not in at
        assert [sorted(problem.reload_places(v)) for v in range(3)] == [
            [at[0]],
            sorted(at),
            [at[1]],
        ]
        assert problem.task_origin.tolist() == [NONE, at[1]]
        assert problem.task_freshness.tolist() == [2400, 2400]

    def test_faults_come_together(self, district: District) -> None:
        lunch = Lunch(
            (order(1), order(1), order(2, kitchen="K9")),
            (kitchen(1),),
            (carrier(1, kitchens=("K8",)),),
        )
        with pytest.raises(FaultError) as caught:
            compile_meals(district, wanted(), lunch)
        codes = sorted(fault.code for fault in caught.value.faults)
        assert codes == ["CC-S208", "CC-S208", "CC-S209"]

    def test_no_stock_at_all(self, district: District) -> None:
        lunch = Lunch((order(1),), (kitchen(1, portions=0),), (carrier(1),))
        with pytest.raises(FaultError, match="CC-S210"):
            compile_meals(district, wanted(), lunch)


class TestPlan:
    def test_every_meal_arrives_fresh_and_within_its_window(self, district: District) -> None:
        orders = [order(n, 100 * (n % 10), 100 * (n % 6)) for n in range(24)]
        run = plan(district, orders, [kitchen(1, 500, 300)], [carrier(1), carrier(2)])
        assert not check(run.problem, run.answer)
        assert not run.undelivered
        assert max(run.minutes_fresh) <= 40
        delivered = Counter[str]()
        for trip in run.trips:
            stops = [run.case.stops[stop.step.index] for stop in trip.stops]
            assert sum(stop.boxes for stop in stops) <= 8
            assert trip.leave_at - trip.load_at == 300
            for stop, meal_stop in zip(trip.stops, stops, strict=True):
                assert NOON[0] <= stop.step.start
                last_door = stop.step.start + 120 + 60 * (len(meal_stop.orders) - 1)
                assert last_door <= NOON[1]
                delivered.update(o.id for o in meal_stop.orders)
        assert delivered == Counter(o.id for o in orders)

    def test_orders_without_stock_are_told(self, district: District) -> None:
        orders = [order(n, 100 * n, 100) for n in range(6)]
        run = plan(district, orders, [kitchen(1, portions=4)], [carrier(1)])
        assert [(item.order.id, item.code) for item in run.undelivered] == [
            ("O4", "no_stock"),
            ("O5", "no_stock"),
        ]
        assert [fault.code for fault in run.warnings] == ["CC-S236"]

    def test_more_than_any_carrier_holds(self, district: District) -> None:
        run = plan(district, [order(1, portions=40), order(2)], [kitchen(1)], [carrier(1)])
        assert [(i.order.id, i.code) for i in run.undelivered] == [("O1", "too_large")]

    def test_diets_are_counted_by_portion(self) -> None:
        orders = [
            order(1, diet="low_salt", portions=2),
            order(2, diet="sugar_free"),
            order(3),
            order(4, diet="low_salt"),
        ]
        (stop,) = consolidate(orders, wanted(), largest=8)
        assert diet_text(stop) == "low_salt 3, sugar_free 1"


class TestRun:
    def test_from_tables(self, tmp_path: Path) -> None:
        path = write_town(tmp_path, {}, PART)
        write_orders(tmp_path / "orders.csv", [order(n, 100 * n, 100) for n in range(6)])
        write_kitchens(tmp_path / "kitchens.csv", [kitchen(1)])
        write_carriers(tmp_path / "carriers.csv", [carrier(1)])
        run = run_meals(*load_scenario(path))
        assert len(run.case.lunch.orders) == 6
        assert not run.undelivered

    def test_a_scenario_without_the_part(self, tmp_path: Path) -> None:
        scenario, folder = load_scenario(write_town(tmp_path, {}, {}))
        with pytest.raises(FaultError, match="CC-S200"):
            run_meals(scenario, folder)
