"""Which loop carries which meal: one lunch of a town, planned, checked, read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.faults import Fault, FaultError, Faults
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import StepKind, Unserved
from optimizer.stop import ProgressCallback, Stop
from scenarios.codes import NOTHING_TO_PLAN, PART_MISSING, UNKNOWN_REFERENCE
from scenarios.day import Lunch, read_lunch, unplaced_warning
from scenarios.district import District, open_beside
from scenarios.model import MealsInput, Scenario, Text
from scenarios.records import Carrier, Kitchen, MealOrder, Place
from scenarios.rounds import (
    COST_SCALE,
    PlaceBook,
    RoundsRun,
    RoundStop,
    Travel,
    check_ids,
    cost_per_tick,
    prizes,
    solve_checked,
    travel_between,
)
from scenarios.stock import Stock, share_out
from scenarios.stops import MealStop, consolidate
from scenarios.tables import Intake
from scenarios.words import NO_STOCK, REASONS

__all__ = ["MealsCase", "MealsRun", "Trip", "compile_meals", "plan_meals", "run_meals"]


@dataclass(frozen=True, eq=False)
class MealsCase:
    """A compiled lunch: task number = position in ``stops``, vehicle number = in ``carriers``.

    Attributes:
        district: streets and sub-districts.
        lunch: the records as read.
        stock: orders with their kitchens, and those that go without.
        stops: the stops.
        places: the distinct places by number. kitchen_at: place number of every kitchen.
        travel: matrices between them.
        problem: what the solver gets.
        warnings: what the user should know.
    """

    district: District
    lunch: Lunch
    stock: Stock
    stops: tuple[MealStop, ...]
    places: tuple[Place, ...]
    kitchen_at: tuple[int, ...]
    travel: Travel
    problem: RoutingProblem
    warnings: tuple[Fault, ...]

    @property
    def kitchens(self) -> tuple[Kitchen, ...]:
        """The kitchens."""
        return self.lunch.kitchens

    @property
    def carriers(self) -> tuple[Carrier, ...]:
        """The carriers."""
        return self.lunch.carriers


@dataclass(frozen=True)
class Trip:
    """One trip of one carrier: load, leave, deliver.

    Attributes:
        carrier: its number. number: the trip's, from 1.
        kitchen: number of the kitchen.
        load_at: when loading starts. leave_at: when the carrier leaves; freshness counts from it.
        stops: the deliveries in order; load them in reverse.
    """

    carrier: int
    number: int
    kitchen: int
    load_at: int
    leave_at: int
    stops: tuple[RoundStop, ...]


@dataclass(frozen=True)
class Undelivered:
    """An order that nobody brings, and why."""

    order: MealOrder
    stop: str | None
    reason: Text
    code: str


@dataclass(frozen=True, eq=False)
class MealsRun(RoundsRun[MealsCase]):
    """A lunch with its checked plan."""

    @property
    def wanted(self) -> MealsInput:
        """The scenario's meals part."""
        assert self.scenario.meals is not None
        return self.scenario.meals

    @cached_property
    def trips(self) -> tuple[Trip, ...]:
        """All trips, by carrier and time."""
        at_place = {place: number for number, place in enumerate(self.case.kitchen_at)}
        trips: list[Trip] = []
        for round_ in self.rounds:
            loads = [n for n, stop in enumerate(round_.stops) if stop.step.kind is StepKind.LOAD]
            ends = [*loads[1:], len(round_.stops)]
            for number, (first, last) in enumerate(zip(loads, ends, strict=True), start=1):
                load = round_.stops[first].step
                trips.append(
                    Trip(
                        round_.vehicle,
                        number,
                        at_place[load.index],
                        load.start,
                        load.finish,
                        round_.stops[first + 1 : last],
                    )
                )
        return tuple(trips)

    @cached_property
    def undelivered(self) -> tuple[Undelivered, ...]:
        """Orders that nobody brings, with the reason."""
        rows = [
            Undelivered(order, stop.id, REASONS[item.reason], str(item.reason))
            for stop, item in self._unserved_stops()
            for order in stop.orders
        ]
        rows += [
            Undelivered(order, None, NO_STOCK, "no_stock") for order in self.case.stock.without
        ]
        return tuple(rows)

    def _unserved_stops(self) -> list[tuple[MealStop, Unserved]]:
        return [(self.case.stops[item.task], item) for item in self.answer.reasons]

    @cached_property
    def minutes_fresh(self) -> tuple[float, ...]:
        """Minutes between leaving the kitchen and the last door, by delivered stop."""
        return tuple(
            (stop.step.finish - trip.leave_at) / 60 for trip in self.trips for stop in trip.stops
        )


def run_meals(
    scenario: Scenario,
    folder: Path,
    *,
    stop: Stop | None = None,
    progress: ProgressCallback | None = None,
    intake: Intake | None = None,
) -> MealsRun:
    """Plan the lunch of a scenario's meals part.

    Args:
        scenario: the scenario; it must have a part ``meals``.
        folder: where its paths count from.
        stop: when to stop; None for the scenario's own seconds and iterations.
        progress: hears of every step.
        intake: makes pseudonyms and takes contacts; None for tables that have ids.

    Raises:
        FaultError: every fault of tables and layers; or CC-S206 where the independent checker
            refuses the plan.
    """
    wanted = scenario.meals
    if wanted is None:
        raise FaultError([PART_MISSING(part="meals")])
    district, lunch = open_beside(scenario, folder, lambda: read_lunch(wanted, folder, intake))
    stop = stop or Stop(seconds=wanted.seconds, iterations=wanted.iterations)
    return plan_meals(district, wanted, lunch, stop=stop, seed=wanted.seed, progress=progress)


def plan_meals(
    district: District,
    wanted: MealsInput,
    lunch: Lunch,
    *,
    stop: Stop,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> MealsRun:
    """Plan a lunch from records.

    Raises:
        FaultError: records that do not fit together; or CC-S206.
    """
    case = compile_meals(district, wanted, lunch)
    answer = solve_checked(case.problem, stop=stop, seed=seed, progress=progress)
    return MealsRun(case, answer)


def compile_meals(district: District, wanted: MealsInput, lunch: Lunch) -> MealsCase:
    """Turn records into arrays.

    A kitchen's ``ready`` time holds for its carriers: they start when the last of the kitchens
    at which they may load is ready.

    Raises:
        FaultError: nothing to plan, ids used twice, kitchens that do not exist.
    """
    _check_records(lunch)
    kitchens, carriers = lunch.kitchens, lunch.carriers
    stock = share_out(lunch.orders, kitchens)
    if not stock.orders:
        raise FaultError([NOTHING_TO_PLAN(what="meals.orders")])
    stops = consolidate(stock.orders, wanted, max(carrier.boxes for carrier in carriers))
    book = PlaceBook()
    kitchen_at = {kitchen.id: book.number(kitchen.place) for kitchen in kitchens}
    own = [carrier.kitchens or tuple(kitchen_at) for carrier in carriers]
    home = [
        kitchen_at[loads[0]] if carrier.start is None else book.number(carrier.start)
        for carrier, loads in zip(carriers, own, strict=True)
    ]
    at = [book.number(stop.place) for stop in stops]
    travel = travel_between(district, book, (carrier.mode for carrier in carriers), "meals")
    ready = {kitchen.id: kitchen.ready for kitchen in kitchens}
    opens = [
        min(max(carrier.shift[0], *(ready[name] for name in loads)), carrier.shift[1])
        for carrier, loads in zip(carriers, own, strict=True)
    ]
    reloads = [sorted({kitchen_at[name] for name in loads}) for loads in own]
    problem = RoutingProblem(
        time=travel.time,
        distance=travel.distance,
        **_stop_columns(stops, at, kitchen_at, wanted),
        **_carrier_columns(carriers, home, opens, reloads),
        task_prize=_stop_prizes(stops, carriers, travel),
        vehicle_mode=np.array([travel.modes.index(carrier.mode) for carrier in carriers], np.int8),
        vehicle_loading=np.full(len(carriers), wanted.loading_seconds),
        cost_scale=COST_SCALE,
    )
    return MealsCase(
        district,
        lunch,
        stock,
        stops,
        book.places,
        tuple(kitchen_at.values()),
        travel,
        problem,
        (
            *district.warnings,
            *unplaced_warning(lunch.unplaced),
            *stock.warnings,
            *travel.warnings,
        ),
    )


def _stop_columns(
    stops: Sequence[MealStop], at: Sequence[int], kitchen_at: Mapping[str, int], wanted: MealsInput
) -> dict[str, Any]:
    zeros = np.zeros(len(stops), dtype=np.int64)
    links = ("link_first", "link_second", "link_kind", "link_min", "link_max")
    return {
        "task_place": at,
        "task_end_place": at,
        "task_duration": [stop.duration for stop in stops],
        "window_indptr": np.arange(len(stops) + 1),
        "window_open": [stop.window[0] for stop in stops],
        "window_close": [stop.window[1] for stop in stops],
        "task_skills": zeros,
        "task_tier": zeros,
        "task_staff": zeros + 1,
        "task_load": np.array([[stop.boxes] for stop in stops]),
        "task_origin": [NONE if s.kitchen is None else kitchen_at[s.kitchen] for s in stops],
        "task_freshness": zeros + round(wanted.fresh_minutes * 60),
        **dict.fromkeys(links, zeros[:0]),
    }


def _carrier_columns(
    carriers: Sequence[Carrier],
    home: Sequence[int],
    opens: Sequence[int],
    reloads: Sequence[Sequence[int]],
) -> dict[str, Any]:
    zeros = np.zeros(len(carriers), dtype=np.int64)
    return {
        "vehicle_start": home,
        "vehicle_end": home,
        "vehicle_open": opens,
        "vehicle_close": [carrier.shift[1] for carrier in carriers],
        "vehicle_max_work": zeros + NONE,
        "vehicle_skills": zeros,
        "vehicle_capacity": np.array([[carrier.boxes] for carrier in carriers]),
        "vehicle_max_trips": [max(1, carrier.max_trips) for carrier in carriers],
        "vehicle_reload_indptr": np.cumsum([0, *map(len, reloads)]),
        "vehicle_reload_place": [place for row in reloads for place in row],
        "vehicle_fixed_cost": zeros,
        "vehicle_time_cost": [cost_per_tick(carrier.wage) for carrier in carriers],
        "vehicle_distance_cost": [_per_metre(carrier) for carrier in carriers],
    }


def _check_records(lunch: Lunch) -> None:
    faults = Faults()
    for what, ids in (
        ("orders", [order.id for order in lunch.orders]),
        ("kitchens", [kitchen.id for kitchen in lunch.kitchens]),
        ("carriers", [carrier.id for carrier in lunch.carriers]),
    ):
        check_ids(faults, what, ids)
    known = {kitchen.id for kitchen in lunch.kitchens}
    for order in lunch.orders:
        if order.kitchen is not None and order.kitchen not in known:
            faults.add(UNKNOWN_REFERENCE(id=order.id, what="kitchen", value=order.kitchen))
    for carrier in lunch.carriers:
        for name in carrier.kitchens:
            if name not in known:
                faults.add(UNKNOWN_REFERENCE(id=carrier.id, what="kitchens", value=name))
    faults.raise_if_any()


def _per_metre(carrier: Carrier) -> int:
    """Cost units per metre: fen per km x 1000 units per fen / 1000 m."""
    return carrier.per_km * COST_SCALE // 1000


def _stop_prizes(
    stops: Sequence[MealStop], carriers: Sequence[Carrier], travel: Travel
) -> NDArray[np.int64]:
    return prizes(
        [max(1, stop.portions) for stop in stops],
        shift_seconds=max(carrier.shift[1] - carrier.shift[0] for carrier in carriers),
        dearest_tick=max(cost_per_tick(carrier.wage) for carrier in carriers),
        longest_metres=int(travel.distance.max(initial=0)),
        dearest_metre=max(map(_per_metre, carriers)),
    )
