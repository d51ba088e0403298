"""A day of visits as sheets, map layers, summary and report."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
from shapely.geometry import Point

from scenarios.model import Text
from scenarios.outcome import Outcome, Sheet, base_layers, district_labels, sheet_column
from scenarios.report import Fact, MapLayer, MapView, Plot, Report, timeline_plot
from scenarios.rounds_report import (
    empty_layer,
    plan_json,
    round_colours,
    round_lines,
    unplaced_sheets,
)
from scenarios.visits import VisitsRun
from scenarios.words import MODES, REASONS, TIERS, both, clock, proof, verdict, warning_texts

__all__ = ["visits_outcome"]


def visits_outcome(run: VisitsRun) -> Outcome:
    """Everything that is written of a day of visits."""
    visits, carers = run.case.visits, run.case.carers
    return Outcome(
        kind="visits",
        problem=run.problem,
        answer={
            "day": run.wanted.day.isoformat(),
            **plan_json(run.answer, [v.id for v in visits], [c.id for c in carers]),
        },
        summary=_summary(run),
        layers=_layers(run),
        sheets=_sheets(run),
        report=_report(run),
    )


def _summary(run: VisitsRun) -> dict[str, Any]:
    rounds = run.rounds
    return {
        "day": run.wanted.day.isoformat(),
        "visits": len(run.case.visits),
        "served": len(run.case.visits) - len(run.unserved),
        "unserved": len(run.unserved),
        "unserved_by_reason": _count(str(item.reason) for _, item in run.unserved),
        "tiers": [
            {"tier": int(row.tier), "name": TIERS[row.tier].model_dump()}
            | {"asked": row.asked, "served": row.served}
            for row in run.tiers
        ],
        "carers": len(run.case.carers),
        "carers_in_use": len(rounds),
        "work_seconds": sum(round_.work for round_ in rounds),
        "travel_seconds": sum(round_.travel for round_ in rounds),
        "service_seconds": sum(round_.service for round_ in rounds),
        "waiting_seconds": sum(round_.waiting for round_ in rounds),
        "metres": sum(round_.metres for round_ in rounds),
        "unplaced_rows": len(run.case.day.unplaced),
    }


def _count(words: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return dict(sorted(counts.items()))


def _sheets(run: VisitsRun) -> tuple[Sheet, ...]:
    return (
        _rounds_sheet(run),
        _unserved_sheet(run),
        _carers_sheet(run),
        *unplaced_sheets(run.case.day.unplaced),
    )


def _service(run: VisitsRun, service: str) -> Text:
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
                    _service(run, visit.service),
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
            _service(run, visit.service),
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


def _layers(run: VisitsRun) -> dict[str, gpd.GeoDataFrame]:
    return {"rounds": _round_layer(run), "stops": _stop_layer(run), "unserved": _lost_layer(run)}


def _round_layer(run: VisitsRun) -> gpd.GeoDataFrame:
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


def _stop_layer(run: VisitsRun) -> gpd.GeoDataFrame:
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


def _lost_layer(run: VisitsRun) -> gpd.GeoDataFrame:
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


def _report(run: VisitsRun) -> Report:
    scenario = run.scenario
    day = run.wanted.day.isoformat()
    sheets = {sheet.name: sheet for sheet in _sheets(run)}
    return Report(
        title=scenario.name,
        subtitle=Text(zh=f"上门服务排线 {day}", en=f"Home visits of {day}"),
        facts=_facts(run),
        map=_map(run),
        plots=(_timeline(run),),
        tables=(
            sheets["carers"].table(),
            sheets["unserved"].table(),
            sheets["rounds"].table(leave_out=("lon", "lat", "metres")),
        ),
        notes=tuple(scenario.assumptions),
        sources=run.district.sources,
        warnings=warning_texts(run.warnings),
    )


def _facts(run: VisitsRun) -> tuple[Fact, ...]:
    total, lost = len(run.case.visits), len(run.unserved)
    work = sum(round_.work for round_ in run.rounds)
    travel = sum(round_.travel for round_ in run.rounds)
    share = 100 * travel / work if work else 0.0
    tiers = Text(
        zh="；".join(f"{TIERS[t.tier].zh} {t.served}/{t.asked}" for t in run.tiers),
        en="; ".join(f"{TIERS[t.tier].en} {t.served}/{t.asked}" for t in run.tiers),
    )
    return (
        Fact(Text(zh="已安排服务", en="visits served"), f"{total - lost} / {total}", tiers),
        Fact(
            Text(zh="出勤护理员", en="carers in use"),
            f"{len(run.rounds)} / {len(run.case.carers)}",
        ),
        Fact(
            Text(zh="路程占工时", en="way, share of work"),
            f"{share:.1f} %",
            Text(
                zh=f"路程 {travel / 3600:.1f} 小时，工时 {work / 3600:.1f} 小时",
                en=f"{travel / 3600:.1f} h of {work / 3600:.1f} h",
            ),
        ),
        Fact(Text(zh="求解", en="answer"), verdict(run.answer.result), proof(run.answer.result)),
    )


def _timeline(run: VisitsRun) -> Plot:
    names = [run.case.carers[round_.vehicle].id for round_ in run.rounds]
    bars = []
    for name, colour, round_ in zip(names, round_colours(len(names)), run.rounds, strict=True):
        for stop in round_.tasks:
            visit, step = run.case.visits[stop.step.index], stop.step
            span = f"{clock(step.start)[:5]}-{clock(step.finish)[:5]}"
            service = _service(run, visit.service)
            words = Text(zh=f"{visit.id} {service.zh} {span}", en=f"{visit.id} {service.en} {span}")
            bars.append((name, step.start, step.finish, words, colour))
    return timeline_plot(Text(zh="一日安排", en="The day"), names, bars)


def _map(run: VisitsRun) -> MapView:
    carer, visit = Text(zh="护理员", en="carer"), Text(zh="服务编号", en="visit")
    layers = base_layers(run.district)
    layers.append(
        MapLayer(
            id="rounds",
            label=Text(zh="行程线路", en="rounds"),
            frame=_round_layer(run),
            kind="line",
            color_by="colour",
            size=2.5,
            opacity=0.8,
            popup=(
                ("carer", carer),
                ("visits", Text(zh="服务数", en="visits")),
                ("km", Text(zh="千米", en="km")),
            ),
        )
    )
    layers.append(
        MapLayer(
            id="stops",
            label=Text(zh="上门服务", en="visits"),
            frame=_stop_layer(run),
            kind="point",
            color_by="colour",
            size=4,
            popup=(
                ("carer", carer),
                ("visit", visit),
                ("start", Text(zh="开始", en="start")),
                ("finish", Text(zh="结束", en="finish")),
            ),
        )
    )
    layers.append(
        MapLayer(
            id="unserved",
            label=Text(zh="未安排的服务", en="unserved visits"),
            frame=_lost_layer(run),
            kind="point",
            color="#c0392b",
            size=6,
            popup=(
                ("visit", visit),
                (Text(zh="reason_zh", en="reason_en"), Text(zh="原因", en="reason")),
            ),
        )
    )
    return MapView(tuple(layers), district_labels(run.district))
