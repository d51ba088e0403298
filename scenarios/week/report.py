"""A week as summary and report."""

from __future__ import annotations

from collections import Counter
from typing import Any

import geopandas as gpd
from shapely.geometry import Point

from scenarios.model import Text
from scenarios.outcome import Outcome, base_layers, district_labels
from scenarios.report import Fact, MapLayer, MapView, Plot, Report, bar_plot
from scenarios.rounds_report import empty_layer, plan_json, round_colours, round_totals
from scenarios.week.run import WeekRun
from scenarios.week.sheets import week_sheets
from scenarios.week.words import WEEKDAYS
from scenarios.words import TIERS, proof, verdict, warning_texts

__all__ = ["week_outcome"]

_MANY = 4


def week_outcome(run: WeekRun) -> Outcome:
    """Everything that is written of a week."""
    week, answer = run.case.week, run.answer
    limits = answer.limits
    return Outcome(
        kind="week",
        problem=run.problem,
        extra={
            "limit_opens": limits.opens,
            "limit_closes": limits.closes,
            "limit_work": limits.work,
            "limit_starts": limits.starts,
        },
        answer={
            "monday": week.days[0].isoformat(),
            "ids": {
                "needs": [need.id for need in week.needs],
                "carers": [carer.id for carer in week.carers],
            },
            "visits": [[v.need, v.number, v.day, list(v.carers), v.start] for v in answer.visits],
            "unserved": [
                {
                    "need": u.need,
                    "number": u.number,
                    "day": u.day,
                    "reason": str(u.reason),
                    "detail": dict(u.detail),
                }
                for u in answer.unserved
            ],
            "days": [
                {"visits": [list(visit) for visit in day.visits], **plan_json(day.answer, [], [])}
                for day in answer.days
            ],
            "work": [list(day) for day in answer.work],
            "carers_per_client": list(answer.carers_per_client),
            "counts": dict(answer.counts),
            "result": answer.result.as_dict(),
        },
        summary=_summary(run),
        layers={"clients": _client_layer(run)},
        sheets=week_sheets(run),
        report=_report(run),
    )


def _summary(run: WeekRun) -> dict[str, Any]:
    answer, week = run.answer, run.case.week
    rounds = [round_ for day in run.rounds for round_ in day]
    hours = [sum(day[n] for day in answer.work) / 3600 for n in range(len(week.carers))]
    return {
        "monday": week.days[0].isoformat(),
        "clients": len(run.case.clients),
        "visits": sum(need.times for need in week.needs),
        "served": len(answer.visits),
        "unserved": len(answer.unserved),
        "unserved_by_reason": dict(sorted(Counter(str(u.reason) for u in answer.unserved).items())),
        "tiers": [
            {"tier": int(tier), "name": TIERS[tier].model_dump(), "asked": asked, "served": served}
            for tier, asked, served in run.tiers
        ],
        "carers": len(week.carers),
        "carers_per_client_mean": answer.counts["carers_mean_milli"] / 1000,
        "carers_per_client_max": answer.counts["carers_max"],
        "hours_by_carer": {c.id: round(h, 2) for c, h in zip(week.carers, hours, strict=True)},
        **round_totals(rounds),
        "unplaced_rows": len(week.unplaced),
    }


def _report(run: WeekRun) -> Report:
    week, scenario = run.case.week, run.scenario
    first, last = week.days[0].isoformat(), week.days[-1].isoformat()
    sheets = {sheet.name: sheet for sheet in week_sheets(run)}
    return Report(
        title=scenario.name,
        subtitle=Text(zh=f"一周上门服务 {first} 至 {last}", en=f"Week of {first} to {last}"),
        facts=_facts(run),
        map=_map(run),
        plots=(_people_plot(run), _days_plot(run)),
        tables=(
            sheets["carers"].table(),
            sheets["unserved"].table(),
            sheets["clients"].table(),
        ),
        notes=tuple(scenario.assumptions),
        sources=run.district.sources,
        warnings=warning_texts(run.warnings),
    )


def _facts(run: WeekRun) -> tuple[Fact, ...]:
    answer, week = run.answer, run.case.week
    asked = sum(need.times for need in week.needs)
    mean, most = answer.counts["carers_mean_milli"] / 1000, answer.counts["carers_max"]
    hours = sorted(
        sum(day[n] for day in answer.work) / 3600
        for n in range(len(week.carers))
        if week.on_duty[n]
    )
    work = sum(hours)
    share = 100 * answer.counts["travel_ticks"] / 3600 / work if work else 0.0
    tiers = Text(
        zh="；".join(f"{TIERS[tier].zh} {served}/{total}" for tier, total, served in run.tiers),
        en="; ".join(f"{TIERS[tier].en} {served}/{total}" for tier, total, served in run.tiers),
    )
    spread = f"{hours[0]:.0f}–{hours[-1]:.0f}" if hours else "–"
    return (
        Fact(Text(zh="已安排服务", en="visits made"), f"{len(answer.visits)} / {asked}", tiers),
        Fact(
            Text(zh="每位老人的护理员", en="carers per client"),
            f"{mean:.2f}",
            Text(zh=f"最多 {most} 人", en=f"at most {most}"),
        ),
        Fact(
            Text(zh="每人周工时", en="hours per carer"),
            spread,
            Text(
                zh=f"上限 {run.wanted.max_week_hours:g} 小时；路程占 {share:.1f} %",
                en=f"limit {run.wanted.max_week_hours:g} h; way {share:.1f} % of work",
            ),
        ),
        Fact(Text(zh="求解", en="answer"), verdict(answer.result), proof(answer.result)),
    )


def _people_plot(run: WeekRun) -> Plot:
    counts = Counter(run.answer.carers_per_client)
    most = max(counts, default=1)
    names = [str(n) for n in range(1, most + 1)]
    label = Text(zh="老人数", en="clients")
    return bar_plot(
        Text(zh="一周内上门的护理员人数", en="People who see a client in the week"),
        label,
        names,
        [(label, [float(counts[int(name)]) for name in names])],
    )


def _days_plot(run: WeekRun) -> Plot:
    made = Counter(visit.day for visit in run.answer.visits)
    days = range(len(run.case.week.days))
    hours = [sum(run.answer.work[day]) / 3600 for day in days]
    return bar_plot(
        Text(zh="各日服务数与工时", en="Visits and hours by day"),
        Text(zh="次 / 小时", en="visits / hours"),
        [WEEKDAYS[day] for day in days],
        [
            (Text(zh="服务数", en="visits"), [float(made[day]) for day in days]),
            (Text(zh="工时（小时）", en="hours of work"), hours),
        ],
    )


def _client_layer(run: WeekRun) -> gpd.GeoDataFrame:
    """One point per client: visits made, people who come."""
    week, problem = run.case.week, run.problem
    made: Counter[int] = Counter()
    for visit in run.answer.visits:
        made[int(problem.need_client[visit.need])] += 1
    asked: Counter[str] = Counter()
    place = {}
    for need in week.needs:
        asked[need.client] += need.times
        place[need.client] = need.place
    palette = round_colours(_MANY)
    rows, points = [], []
    for number, client in enumerate(run.case.clients):
        people = run.answer.carers_per_client[number]
        rows.append(
            {
                "client": client,
                "asked": asked[client],
                "made": made[number],
                "people": people,
                "colour": palette[min(people, _MANY) - 1] if people else "#c0392b",
            }
        )
        points.append(Point(place[client].lon, place[client].lat))
    if not rows:
        return empty_layer(["client", "asked", "made", "people", "colour"])
    return gpd.GeoDataFrame(rows, geometry=points, crs="EPSG:4326")


def _map(run: WeekRun) -> MapView:
    layers = base_layers(run.district)
    layers.append(
        MapLayer(
            id="clients",
            label=Text(zh="老人（颜色为护理员人数）", en="clients (colour: how many carers)"),
            frame=_client_layer(run),
            kind="point",
            color_by="colour",
            size=4,
            popup=(
                ("client", Text(zh="老人", en="client")),
                ("made", Text(zh="已安排", en="visits made")),
                ("asked", Text(zh="应服务次数", en="asked for")),
                ("people", Text(zh="护理员人数", en="people")),
            ),
        )
    )
    return MapView(tuple(layers), district_labels(run.district))
