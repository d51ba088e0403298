"""A lunch as summary and report."""

from __future__ import annotations

from collections import Counter
from typing import Any

from scenarios.meals import MealsRun, Trip
from scenarios.meals_sheets import (
    kitchen_layer,
    lost_layer,
    meal_layers,
    meal_sheets,
    round_layer,
    stop_layer,
    trip_sheet,
)
from scenarios.model import Text
from scenarios.outcome import Outcome, base_layers, district_labels
from scenarios.report import PALETTE, Fact, MapLayer, MapView, Plot, Report, timeline_plot
from scenarios.rounds_report import plan_json, round_totals
from scenarios.stops import MealStop
from scenarios.words import proof, verdict, warning_texts

__all__ = ["meals_outcome"]

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
        layers=meal_layers(run),
        sheets=meal_sheets(run),
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
        **round_totals(run.rounds),
        "unplaced_rows": len(run.case.lunch.unplaced),
    }


def _report(run: MealsRun) -> Report:
    scenario = run.scenario
    day, meal = run.wanted.day.isoformat(), _MEALS[run.wanted.meal]
    sheets = {sheet.name: sheet for sheet in meal_sheets(run)}
    return Report(
        title=scenario.name,
        subtitle=Text(zh=f"助餐配送：{day} {meal.zh}", en=f"Meal rounds: {meal.en} of {day}"),
        facts=_facts(run),
        map=_map(run),
        plots=(_timeline(run),),
        tables=(
            trip_sheet(run).table(),
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
            frame=round_layer(run),
            kind="line",
            color_by="colour",
            size=2.5,
            opacity=0.8,
            popup=(("carrier", carrier), ("trips", Text(zh="趟次", en="trips"))),
        ),
        MapLayer(
            id="stops",
            label=Text(zh="停靠点", en="stops"),
            frame=stop_layer(run),
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
            frame=lost_layer(run),
            kind="point",
            color="#c0392b",
            size=6,
            popup=(
                ("order", Text(zh="订单", en="order")),
                (Text(zh="reason_zh", en="reason_en"), Text(zh="原因", en="reason")),
            ),
        ),
        MapLayer(
            id="kitchens",
            label=Text(zh="厨房", en="kitchens"),
            frame=kitchen_layer(run),
            kind="point",
            color="#2c3e50",
            size=9,
            popup=(("kitchen", Text(zh="厨房", en="kitchen")), ("portions", portions)),
        ),
    ]
    return MapView(tuple(layers), district_labels(run.district))
