"""The tables and map layers of a lunch."""

from __future__ import annotations

from collections import Counter

import geopandas as gpd
from shapely.geometry import Point

from scenarios.meals import MealsRun
from scenarios.model import Text
from scenarios.outcome import Sheet, sheet_column
from scenarios.rounds_report import empty_layer, round_colours, round_lines, unplaced_sheets
from scenarios.stops import MealStop
from scenarios.words import MODES, clock

__all__ = [
    "diet_text",
    "kitchen_layer",
    "lost_layer",
    "meal_layers",
    "meal_sheets",
    "round_layer",
    "stop_layer",
    "trip_sheet",
]


def meal_sheets(run: MealsRun) -> tuple[Sheet, ...]:
    """Rounds, loading list, what is not delivered, and rows to be placed by hand."""
    return (
        _rounds_sheet(run),
        _loading_sheet(run),
        _unserved_sheet(run),
        *unplaced_sheets(run.case.lunch.unplaced),
    )


def diet_text(stop: MealStop) -> str:
    """Portions by diet, such as ``low_salt 2, sugar_free 1``; portions without one are left out."""
    counts: Counter[str] = Counter()
    for order in stop.orders:
        if order.diet:
            counts[order.diet] += order.portions
    return ", ".join(f"{diet} {count}" for diet, count in sorted(counts.items()))


def _rounds_sheet(run: MealsRun) -> Sheet:
    rows = []
    for trip in run.trips:
        for order, stop in enumerate(trip.stops, start=1):
            meal_stop = run.case.stops[stop.step.index]
            rows.append(
                (
                    run.case.carriers[trip.carrier].id,
                    meal_stop.id,
                    clock(stop.step.start),
                    clock(stop.step.finish),
                    trip.number,
                    order,
                    run.case.kitchens[trip.kitchen].id,
                    len(meal_stop.orders),
                    meal_stop.portions,
                    meal_stop.boxes,
                    (stop.step.finish - trip.leave_at) / 60,
                    stop.metres,
                    meal_stop.place.lon,
                    meal_stop.place.lat,
                )
            )
    columns = (
        sheet_column("carrier", "配送员", "carrier"),
        sheet_column("stop", "停靠点", "stop"),
        sheet_column("start", "开始", "start"),
        sheet_column("finish", "结束", "finish"),
        sheet_column("trip", "趟次", "trip", 0),
        sheet_column("order", "次序", "order", 0),
        sheet_column("kitchen", "厨房", "kitchen"),
        sheet_column("doors", "户数", "doors", 0),
        sheet_column("portions", "份数", "portions", 0),
        sheet_column("boxes", "箱数", "boxes", 0),
        sheet_column("minutes_fresh", "离厨房（分钟）", "since the kitchen (minutes)", 1),
        sheet_column("metres", "路程（米）", "way (m)", 0),
        sheet_column("lon", "经度", "longitude", 6),
        sheet_column("lat", "纬度", "latitude", 6),
    )
    return Sheet("rounds", Text(zh="配送线路", en="Meal rounds"), columns, tuple(rows))


def _loading_sheet(run: MealsRun) -> Sheet:
    """What is put in, in the order of putting in: the last stop's boxes first."""
    rows = []
    by_kitchen = sorted(run.trips, key=lambda trip: (trip.kitchen, trip.load_at, trip.carrier))
    for trip in by_kitchen:
        for place, stop in enumerate(reversed(trip.stops), start=1):
            meal_stop = run.case.stops[stop.step.index]
            rows.append(
                (
                    run.case.kitchens[trip.kitchen].id,
                    run.case.carriers[trip.carrier].id,
                    trip.number,
                    clock(trip.load_at),
                    clock(trip.leave_at),
                    place,
                    len(trip.stops) - place + 1,
                    meal_stop.id,
                    meal_stop.boxes,
                    meal_stop.portions,
                    diet_text(meal_stop),
                )
            )
    columns = (
        sheet_column("kitchen", "厨房", "kitchen"),
        sheet_column("carrier", "配送员", "carrier"),
        sheet_column("trip", "趟次", "trip", 0),
        sheet_column("load_at", "装餐", "load at"),
        sheet_column("leave_at", "出发", "leave at"),
        sheet_column("load_order", "装车次序", "loading order", 0),
        sheet_column("stop_order", "送达次序", "delivery order", 0),
        sheet_column("stop", "停靠点", "stop"),
        sheet_column("boxes", "箱数", "boxes", 0),
        sheet_column("portions", "份数", "portions", 0),
        sheet_column("diets", "忌口", "diets"),
    )
    return Sheet("loading", Text(zh="装餐单（先送后装）", en="Loading list"), columns, tuple(rows))


def _unserved_sheet(run: MealsRun) -> Sheet:
    columns = (
        sheet_column("order", "订单", "order"),
        sheet_column("client", "老人", "client"),
        sheet_column("stop", "停靠点", "stop"),
        sheet_column("portions", "份数", "portions", 0),
        sheet_column("reason", "原因", "reason"),
    )
    rows = tuple(
        (item.order.id, item.order.client, item.stop, item.order.portions, item.reason)
        for item in run.undelivered
    )
    return Sheet("unserved", Text(zh="未能配送的订单", en="Undelivered orders"), columns, rows)


def trip_sheet(run: MealsRun) -> Sheet:
    """One row per trip; for the report only, the loading list says the same in full."""
    columns = (
        sheet_column("kitchen", "厨房", "kitchen"),
        sheet_column("carrier", "配送员", "carrier"),
        sheet_column("mode", "出行方式", "mode"),
        sheet_column("trip", "趟次", "trip", 0),
        sheet_column("leave_at", "出发", "leaves"),
        sheet_column("stops", "停靠点数", "stops", 0),
        sheet_column("boxes", "箱数", "boxes", 0),
        sheet_column("portions", "份数", "portions", 0),
        sheet_column("fresh", "最长离厨房（分钟）", "longest since the kitchen (minutes)", 1),
    )
    rows = []
    for trip in run.trips:
        carrier = run.case.carriers[trip.carrier]
        stops = [run.case.stops[stop.step.index] for stop in trip.stops]
        last = trip.stops[-1].step.finish if trip.stops else trip.leave_at
        rows.append(
            (
                run.case.kitchens[trip.kitchen].id,
                carrier.id,
                MODES[carrier.mode],
                trip.number,
                clock(trip.leave_at),
                len(stops),
                sum(stop.boxes for stop in stops),
                sum(stop.portions for stop in stops),
                (last - trip.leave_at) / 60,
            )
        )
    return Sheet("trips", Text(zh="各趟次", en="Trips"), columns, tuple(rows))


def meal_layers(run: MealsRun) -> dict[str, gpd.GeoDataFrame]:
    """Rounds, stops, undelivered orders and kitchens."""
    return {
        "rounds": round_layer(run),
        "stops": stop_layer(run),
        "unserved": lost_layer(run),
        "kitchens": kitchen_layer(run),
    }


def round_layer(run: MealsRun) -> gpd.GeoDataFrame:
    """Every carrier's day as a line along the streets."""
    modes = [int(run.problem.vehicle_mode[round_.vehicle]) for round_ in run.rounds]
    trips = Counter(trip.carrier for trip in run.trips)
    return gpd.GeoDataFrame(
        {
            "carrier": [run.case.carriers[round_.vehicle].id for round_ in run.rounds],
            "trips": [trips[round_.vehicle] for round_ in run.rounds],
            "stops": [len(round_.tasks) for round_ in run.rounds],
            "km": [round(round_.metres / 1000, 2) for round_ in run.rounds],
            "colour": round_colours(len(run.rounds)),
        },
        geometry=round_lines(run.district, run.case.travel, modes, run.rounds),
        crs="EPSG:4326",
    )


def stop_layer(run: MealsRun) -> gpd.GeoDataFrame:
    """Delivered stops in the colour of their round."""
    colours = dict(
        zip((r.vehicle for r in run.rounds), round_colours(len(run.rounds)), strict=True)
    )
    rows, points = [], []
    for trip in run.trips:
        for order, stop in enumerate(trip.stops, start=1):
            meal_stop = run.case.stops[stop.step.index]
            rows.append(
                {
                    "carrier": run.case.carriers[trip.carrier].id,
                    "trip": trip.number,
                    "order": order,
                    "stop": meal_stop.id,
                    "kitchen": run.case.kitchens[trip.kitchen].id,
                    "portions": meal_stop.portions,
                    "start": clock(stop.step.start),
                    "finish": clock(stop.step.finish),
                    "minutes_fresh": round((stop.step.finish - trip.leave_at) / 60, 1),
                    "colour": colours[trip.carrier],
                }
            )
            points.append(Point(meal_stop.place.lon, meal_stop.place.lat))
    if not rows:
        return empty_layer(["carrier", "stop", "start", "portions", "minutes_fresh", "colour"])
    return gpd.GeoDataFrame(rows, geometry=points, crs="EPSG:4326")


def lost_layer(run: MealsRun) -> gpd.GeoDataFrame:
    """Undelivered orders with their reasons."""
    rows = [
        {
            "order": item.order.id,
            "stop": item.stop,
            "portions": item.order.portions,
            "reason": item.code,
            "reason_zh": item.reason.zh,
            "reason_en": item.reason.en,
        }
        for item in run.undelivered
    ]
    if not rows:
        return empty_layer(["order", "reason", "reason_zh", "reason_en"])
    points = [Point(item.order.place.lon, item.order.place.lat) for item in run.undelivered]
    return gpd.GeoDataFrame(rows, geometry=points, crs="EPSG:4326")


def kitchen_layer(run: MealsRun) -> gpd.GeoDataFrame:
    """The kitchens."""
    kitchens = run.case.kitchens
    return gpd.GeoDataFrame(
        {"kitchen": [k.id for k in kitchens], "portions": [k.portions for k in kitchens]},
        geometry=[Point(k.place.lon, k.place.lat) for k in kitchens],
        crs="EPSG:4326",
    )
