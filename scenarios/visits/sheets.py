"""A day of visits as sheets and map layers."""

from __future__ import annotations

import geopandas as gpd
from shapely.geometry import Point

from optimizer.routing.solution import StepKind
from scenarios.model import Text
from scenarios.outcome import Cell, Sheet, sheet_column
from scenarios.records import Carer, Visit
from scenarios.rounds import Round, RoundStop
from scenarios.rounds_report import empty_layer, round_colours, round_lines, unplaced_sheets
from scenarios.visits.balance_sheets import allowance_sheet, away_sheet, cost_sheet, phone_sheet
from scenarios.visits.fulfilled import wishes_of
from scenarios.visits.run import VisitsRun
from scenarios.visits.services import service_name
from scenarios.words import BREAK, MODES, REASONS, TIERS, WISHES, clock

__all__ = [
    "lost_layer",
    "round_layer",
    "stop_layer",
    "visit_layers",
    "visit_sheets",
]


def visit_sheets(run: VisitsRun) -> tuple[Sheet, ...]:
    """Rounds, unserved visits, work by carer, costs, and what else the day has: calls, allowances,
    who is away, rows to place by hand.
    """
    more = (phone_sheet(run), allowance_sheet(run), away_sheet(run))
    return (
        _rounds_sheet(run),
        _unserved_sheet(run),
        _carers_sheet(run),
        cost_sheet(run),
        *(sheet for sheet in more if sheet.rows),
        *unplaced_sheets(run.case.day.unplaced),
    )


def _rounds_sheet(run: VisitsRun) -> Sheet:
    rows = []
    for round_ in run.rounds:
        order = 0
        for stop in round_.stops:
            order += stop.step.kind is StepKind.TASK
            rows.append(_stop_row(run, round_, stop, order))
    columns = (
        sheet_column("carer", "护理员", "carer"),
        sheet_column("visit", "服务编号", "visit"),
        sheet_column("start", "开始", "start"),
        sheet_column("finish", "结束", "finish"),
        sheet_column("order", "次序", "order", 0),
        sheet_column("arrive", "到达", "arrive"),
        sheet_column("client", "老人", "client"),
        sheet_column("service", "服务项目", "service"),
        sheet_column("tier", "保障层级", "tier"),
        sheet_column("wishes", "人员期望", "wishes"),
        sheet_column("travel_min", "路程（分钟）", "way (minutes)", 1),
        sheet_column("metres", "路程（米）", "way (m)", 0),
        sheet_column("waiting_min", "等候（分钟）", "waiting (minutes)", 1),
        sheet_column("lon", "经度", "longitude", 6),
        sheet_column("lat", "纬度", "latitude", 6),
    )
    return Sheet("rounds", Text(zh="各护理员行程", en="Rounds"), columns, tuple(rows))


def _stop_row(run: VisitsRun, round_: Round, stop: RoundStop, order: int) -> tuple[Cell, ...]:
    """A visit, or a break: a row without a visit."""
    carer, step = run.case.carers[round_.vehicle], stop.step
    visit = run.case.visits[step.index] if step.kind is StepKind.TASK else None
    place = run.case.places[stop.place] if visit is None else visit.place
    return (
        carer.id,
        None if visit is None else visit.id,
        clock(step.start),
        clock(step.finish),
        None if visit is None else order,
        clock(step.arrive),
        None if visit is None else visit.client,
        BREAK if visit is None else service_name(run, visit.service),
        None if visit is None else TIERS[visit.tier],
        None if visit is None else _wishes(visit, carer),
        stop.travel / 60,
        stop.metres,
        stop.waiting / 60,
        place.lon,
        place.lat,
    )


def _wishes(visit: Visit, carer: Carer) -> Text | None:
    """The kinds of wishes of the visit, each with a mark whether it is kept."""
    kept = wishes_of(visit.asked, carer)
    if not kept:
        return None
    marks = [(WISHES[key], "✓" if is_kept else "✗") for key, is_kept in kept.items()]
    return Text(
        zh="；".join(f"{word.zh}{mark}" for word, mark in marks),
        en="; ".join(f"{word.en} {mark}" for word, mark in marks),
    )


def _unserved_sheet(run: VisitsRun) -> Sheet:
    columns = (
        sheet_column("visit", "服务编号", "visit"),
        sheet_column("client", "老人", "client"),
        sheet_column("service", "服务项目", "service"),
        sheet_column("tier", "保障层级", "tier"),
        sheet_column("reason", "原因", "reason"),
    )
    rows = tuple(
        (
            visit.id,
            visit.client,
            service_name(run, visit.service),
            TIERS[visit.tier],
            REASONS[item.reason],
        )
        for visit, item in run.unserved
    )
    return Sheet("unserved", Text(zh="未安排的服务", en="Unserved visits"), columns, rows)


def _carers_sheet(run: VisitsRun) -> Sheet:
    columns = (
        sheet_column("carer", "护理员", "carer"),
        sheet_column("mode", "出行方式", "mode"),
        sheet_column("visits", "服务数", "visits", 0),
        sheet_column("depart", "出发", "leaves"),
        sheet_column("end", "结束", "ends"),
        sheet_column("work_min", "工作（分钟）", "work (minutes)", 0),
        sheet_column("service_min", "服务（分钟）", "service (minutes)", 0),
        sheet_column("travel_min", "路程（分钟）", "way (minutes)", 0),
        sheet_column("waiting_min", "等候（分钟）", "waiting (minutes)", 0),
        sheet_column("rest_min", "休息（分钟）", "breaks (minutes)", 0),
        sheet_column("overtime_min", "加班（分钟）", "overtime (minutes)", 0),
        sheet_column("km", "路程（千米）", "way (km)", 1),
    )
    rows = tuple(
        (
            run.case.carers[round_.vehicle].id,
            MODES[run.case.carers[round_.vehicle].mode],
            len(round_.tasks),
            clock(round_.depart),
            clock(round_.end),
            round_.work / 60,
            round_.service / 60,
            round_.travel / 60,
            round_.waiting / 60,
            round_.rest / 60,
            max(0, round_.end - run.case.carers[round_.vehicle].shift[1]) / 60,
            round_.metres / 1000,
        )
        for round_ in run.rounds
    )
    return Sheet("carers", Text(zh="各护理员工作量", en="Work by carer"), columns, rows)


def visit_layers(run: VisitsRun) -> dict[str, gpd.GeoDataFrame]:
    """Rounds along streets, visits made, visits left out."""
    return {"rounds": round_layer(run), "stops": stop_layer(run), "unserved": lost_layer(run)}


def round_layer(run: VisitsRun) -> gpd.GeoDataFrame:
    """One line per carer in use, along the streets."""
    modes = [int(run.problem.vehicle_mode[round_.vehicle]) for round_ in run.rounds]
    return gpd.GeoDataFrame(
        {
            "carer": [run.case.carers[round_.vehicle].id for round_ in run.rounds],
            "visits": [len(round_.tasks) for round_ in run.rounds],
            "depart": [clock(round_.depart) for round_ in run.rounds],
            "end": [clock(round_.end) for round_ in run.rounds],
            "km": [round(round_.metres / 1000, 2) for round_ in run.rounds],
            "colour": round_colours(len(run.rounds)),
        },
        geometry=round_lines(run.district, run.case.travel, modes, run.rounds),
        crs="EPSG:4326",
    )


def stop_layer(run: VisitsRun) -> gpd.GeoDataFrame:
    """One point per visit made."""
    rows, points = [], []
    for colour, round_ in zip(round_colours(len(run.rounds)), run.rounds, strict=True):
        for order, stop in enumerate(round_.tasks, start=1):
            visit = run.case.visits[stop.step.index]
            rows.append(
                {
                    "carer": run.case.carers[round_.vehicle].id,
                    "order": order,
                    "visit": visit.id,
                    "client": visit.client,
                    "service": visit.service,
                    "tier": int(visit.tier),
                    "start": clock(stop.step.start),
                    "finish": clock(stop.step.finish),
                    "colour": colour,
                }
            )
            points.append(Point(visit.place.lon, visit.place.lat))
    if not rows:
        return empty_layer(["carer", "visit", "start", "finish", "colour"])
    return gpd.GeoDataFrame(rows, geometry=points, crs="EPSG:4326")


def lost_layer(run: VisitsRun) -> gpd.GeoDataFrame:
    """One point per visit left out, with the reason."""
    rows = [
        {
            "visit": visit.id,
            "client": visit.client,
            "service": visit.service,
            "tier": int(visit.tier),
            "reason": str(item.reason),
            "reason_zh": REASONS[item.reason].zh,
            "reason_en": REASONS[item.reason].en,
        }
        for visit, item in run.unserved
    ]
    if not rows:
        return empty_layer(["visit", "reason", "reason_zh", "reason_en"])
    points = [Point(visit.place.lon, visit.place.lat) for visit, _ in run.unserved]
    return gpd.GeoDataFrame(rows, geometry=points, crs="EPSG:4326")
