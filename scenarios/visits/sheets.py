"""A day of visits as sheets and map layers."""

from __future__ import annotations

import geopandas as gpd
from shapely.geometry import Point

from scenarios.model import Text
from scenarios.outcome import Sheet, sheet_column
from scenarios.rounds_report import empty_layer, round_colours, round_lines, unplaced_sheets
from scenarios.visits.run import VisitsRun
from scenarios.words import MODES, REASONS, TIERS, both, clock

__all__ = [
    "lost_layer",
    "round_layer",
    "service_name",
    "stop_layer",
    "visit_layers",
    "visit_sheets",
]


def visit_sheets(run: VisitsRun) -> tuple[Sheet, ...]:
    """Rounds, unserved visits, work by carer, rows to place by hand."""
    return (
        _rounds_sheet(run),
        _unserved_sheet(run),
        _carers_sheet(run),
        *unplaced_sheets(run.case.day.unplaced),
    )


def service_name(run: VisitsRun, service: str) -> Text:
    """What the day's catalogue calls a service; its id where it does not know it."""
    known = run.case.day.catalogue.services.get(service)
    return both(service) if known is None else known.name


def _rounds_sheet(run: VisitsRun) -> Sheet:
    rows = []
    for round_ in run.rounds:
        carer = run.case.carers[round_.vehicle]
        for order, stop in enumerate(round_.tasks, start=1):
            visit = run.case.visits[stop.step.index]
            rows.append(
                (
                    carer.id,
                    visit.id,
                    clock(stop.step.start),
                    clock(stop.step.finish),
                    order,
                    clock(stop.step.arrive),
                    visit.client,
                    service_name(run, visit.service),
                    TIERS[visit.tier],
                    stop.travel / 60,
                    stop.metres,
                    stop.waiting / 60,
                    visit.place.lon,
                    visit.place.lat,
                )
            )
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
        sheet_column("travel_min", "路程（分钟）", "way (minutes)", 1),
        sheet_column("metres", "路程（米）", "way (m)", 0),
        sheet_column("waiting_min", "等候（分钟）", "waiting (minutes)", 1),
        sheet_column("lon", "经度", "longitude", 6),
        sheet_column("lat", "纬度", "latitude", 6),
    )
    return Sheet("rounds", Text(zh="各护理员行程", en="Rounds"), columns, tuple(rows))


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
