"""A lunch as sheets, map layers, summary and report."""

from __future__ import annotations

from collections import Counter
from typing import Any

import geopandas as gpd
from shapely.geometry import Point

from scenarios.meals import MealsRun, Trip
from scenarios.model import Text
from scenarios.outcome import Outcome, Sheet, base_layers, district_labels, sheet_column
from scenarios.report import PALETTE, Fact, MapLayer, MapView, Plot, Report, timeline_plot
from scenarios.rounds_report import (
    empty_layer,
    plan_json,
    round_colours,
    round_lines,
    unplaced_sheets,
)
from scenarios.stops import MealStop
from scenarios.words import MODES, clock, proof, verdict, warning_texts

__all__ = ["diet_text", "meals_outcome"]

_MEALS = {"lunch": Text(zh="午餐", en="lunch"), "dinner": Text(zh="晚餐", en="dinner")}


def meals_outcome(run: MealsRun) -> Outcome:
    """Everything that is written of a meal."""
    stops, carriers = run.case.stops, run.case.carriers
    return Outcome(
        kind="meals",
        problem=run.problem,
        answer={
            "day": run.wanted.day.isoformat(),
            "meal": run.wanted.meal,
            **plan_json(run.answer, [s.id for s in stops], [c.id for c in carriers]),
            "orders_of_task": [[order.id for order in stop.orders] for stop in stops],
            "never_planned": [order.id for order in run.case.stock.without],
        },
        summary=_summary(run),
        layers=_layers(run),
        sheets=_sheets(run),
        report=_report(run),
    )


def _delivered(run: MealsRun) -> list[MealStop]:
    return [run.case.stops[stop.step.index] for trip in run.trips for stop in trip.stops]


def _portions(trip: Trip, run: MealsRun) -> int:
    return sum(run.case.stops[stop.step.index].portions for stop in trip.stops)


def _summary(run: MealsRun) -> dict[str, Any]:
    delivered = _delivered(run)
    fresh = run.minutes_fresh
    by_kitchen: Counter[str] = Counter()
    for trip in run.trips:
        by_kitchen[run.case.kitchens[trip.kitchen].id] += _portions(trip, run)
    return {
        "day": run.wanted.day.isoformat(),
        "meal": run.wanted.meal,
        "orders": len(run.case.lunch.orders),
        "delivered_orders": sum(len(stop.orders) for stop in delivered),
        "delivered_portions": sum(stop.portions for stop in delivered),
        "undelivered_orders": len(run.undelivered),
        "undelivered_by_reason": dict(sorted(Counter(u.code for u in run.undelivered).items())),
        "stops": len(run.case.stops),
        "kitchens": [
            {"id": kitchen.id, "cooks": kitchen.portions, "portions": by_kitchen[kitchen.id]}
            for kitchen in run.case.kitchens
        ],
        "carriers": len(run.case.carriers),
        "carriers_in_use": len(run.rounds),
        "trips": len(run.trips),
        "fresh_limit_minutes": run.wanted.fresh_minutes,
        "longest_fresh_minutes": round(max(fresh), 2) if fresh else None,
        "work_seconds": sum(round_.work for round_ in run.rounds),
        "travel_seconds": sum(round_.travel for round_ in run.rounds),
        "metres": sum(round_.metres for round_ in run.rounds),
        "unplaced_rows": len(run.case.lunch.unplaced),
    }


def _sheets(run: MealsRun) -> tuple[Sheet, ...]:
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


def _trip_sheet(run: MealsRun) -> Sheet:
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


def _layers(run: MealsRun) -> dict[str, gpd.GeoDataFrame]:
    return {
        "rounds": _round_layer(run),
        "stops": _stop_layer(run),
        "unserved": _lost_layer(run),
        "kitchens": _kitchen_layer(run),
    }


def _round_layer(run: MealsRun) -> gpd.GeoDataFrame:
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


def _stop_layer(run: MealsRun) -> gpd.GeoDataFrame:
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


def _lost_layer(run: MealsRun) -> gpd.GeoDataFrame:
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


def _kitchen_layer(run: MealsRun) -> gpd.GeoDataFrame:
    kitchens = run.case.kitchens
    return gpd.GeoDataFrame(
        {"kitchen": [k.id for k in kitchens], "portions": [k.portions for k in kitchens]},
        geometry=[Point(k.place.lon, k.place.lat) for k in kitchens],
        crs="EPSG:4326",
    )


def _report(run: MealsRun) -> Report:
    scenario = run.scenario
    day, meal = run.wanted.day.isoformat(), _MEALS[run.wanted.meal]
    sheets = {sheet.name: sheet for sheet in _sheets(run)}
    return Report(
        title=scenario.name,
        subtitle=Text(zh=f"助餐配送：{day} {meal.zh}", en=f"Meal rounds: {meal.en} of {day}"),
        facts=_facts(run),
        map=_map(run),
        plots=(_timeline(run),),
        tables=(
            _trip_sheet(run).table(),
            sheets["unserved"].table(),
            sheets["loading"].table(),
        ),
        notes=(*scenario.assumptions, *_notes(run)),
        sources=run.district.sources,
        warnings=warning_texts(run.warnings),
    )


def _notes(run: MealsRun) -> tuple[Text, ...]:
    wanted = run.wanted
    return (
        Text(
            zh=f"每个停靠点 {wanted.stop_seconds} 秒，每户 {wanted.door_seconds} 秒；"
            f"从离开厨房到停靠点最后一户不超过 {wanted.fresh_minutes:g} 分钟。",
            en=f"{wanted.stop_seconds} s per stop and {wanted.door_seconds} s per door; at most "
            f"{wanted.fresh_minutes:g} minutes from leaving the kitchen to a stop's last door.",
        ),
    )


def _facts(run: MealsRun) -> tuple[Fact, ...]:
    orders = len(run.case.lunch.orders)
    fresh = run.minutes_fresh
    longest = f"{max(fresh):.0f}" if fresh else "–"
    return (
        Fact(
            Text(zh="已配送订单", en="orders delivered"),
            f"{orders - len(run.undelivered)} / {orders}",
            Text(zh=f"{len(run.case.stops)} 个停靠点", en=f"{len(run.case.stops)} stops"),
        ),
        Fact(
            Text(zh="趟次", en="trips"),
            f"{len(run.trips)}",
            Text(
                zh=f"配送员 {len(run.rounds)} / {len(run.case.carriers)}",
                en=f"{len(run.rounds)} of {len(run.case.carriers)} carriers",
            ),
        ),
        Fact(
            Text(zh="最长离厨房（分钟）", en="longest since the kitchen (minutes)"),
            longest,
            Text(zh=f"上限 {run.wanted.fresh_minutes:g}", en=f"limit {run.wanted.fresh_minutes:g}"),
        ),
        Fact(Text(zh="求解", en="answer"), verdict(run.answer.result), proof(run.answer.result)),
    )


def _timeline(run: MealsRun) -> Plot:
    names = [run.case.carriers[round_.vehicle].id for round_ in run.rounds]
    bars = []
    for trip in run.trips:
        if not trip.stops:
            continue
        words = Text(
            zh=f"第 {trip.number} 趟：{len(trip.stops)} 站 {_portions(trip, run)} 份",
            en=f"trip {trip.number}: {len(trip.stops)} stops, {_portions(trip, run)} portions",
        )
        colour = PALETTE[trip.kitchen % len(PALETTE)]
        name = run.case.carriers[trip.carrier].id
        bars.append((name, trip.load_at, trip.stops[-1].step.finish, words, colour))
    note = Text(zh="颜色表示厨房", en="colours are kitchens")
    return timeline_plot(Text(zh="各趟次时间", en="Trips over time"), names, bars, note)


def _map(run: MealsRun) -> MapView:
    carrier = Text(zh="配送员", en="carrier")
    portions = Text(zh="份数", en="portions")
    layers = base_layers(run.district)
    layers += [
        MapLayer(
            id="rounds",
            label=Text(zh="配送线路", en="meal rounds"),
            frame=_round_layer(run),
            kind="line",
            color_by="colour",
            size=2.5,
            opacity=0.8,
            popup=(("carrier", carrier), ("trips", Text(zh="趟次", en="trips"))),
        ),
        MapLayer(
            id="stops",
            label=Text(zh="停靠点", en="stops"),
            frame=_stop_layer(run),
            kind="point",
            color_by="colour",
            size=4,
            popup=(
                ("stop", Text(zh="停靠点", en="stop")),
                ("carrier", carrier),
                ("start", Text(zh="开始", en="start")),
                ("portions", portions),
                ("minutes_fresh", Text(zh="离厨房（分钟）", en="since the kitchen (minutes)")),
            ),
        ),
        MapLayer(
            id="unserved",
            label=Text(zh="未能配送", en="undelivered"),
            frame=_lost_layer(run),
            kind="point",
            color="#c0392b",
            size=6,
            popup=(
                ("order", Text(zh="订单", en="order")),
                ("reason_zh", Text(zh="原因", en="reason (zh)")),
                ("reason_en", Text(zh="原因（英文）", en="reason")),
            ),
        ),
        MapLayer(
            id="kitchens",
            label=Text(zh="厨房", en="kitchens"),
            frame=_kitchen_layer(run),
            kind="point",
            color="#2c3e50",
            size=9,
            popup=(("kitchen", Text(zh="厨房", en="kitchen")), ("portions", portions)),
        ),
    ]
    return MapView(tuple(layers), district_labels(run.district))
