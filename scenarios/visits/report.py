"""A day of visits as summary and report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from scenarios.model import Text
from scenarios.outcome import Outcome, base_layers, district_labels
from scenarios.report import Fact, MapLayer, MapView, Plot, Report, timeline_plot
from scenarios.rounds_report import plan_json, round_colours, round_totals
from scenarios.visits.run import VisitsRun
from scenarios.visits.services import service_name
from scenarios.visits.sheets import (
    lost_layer,
    round_layer,
    stop_layer,
    visit_layers,
    visit_sheets,
)
from scenarios.words import BREAK, TIERS, WISHES, clock, proof, verdict, warning_texts

__all__ = ["visits_outcome"]

_REST_COLOUR = "#c9ced1"


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
        layers=visit_layers(run),
        sheets=visit_sheets(run),
        report=_report(run),
    )


def _summary(run: VisitsRun) -> dict[str, Any]:
    rounds = run.rounds
    return {
        "day": run.wanted.day.isoformat(),
        "visits": len(run.case.visits),
        "served": sum(row.served for row in run.tiers),
        "unserved": len(run.unserved),
        "by_phone": len(run.by_phone),
        "unserved_by_reason": dict(sorted(Counter(str(u.reason) for _, u in run.unserved).items())),
        "tiers": [
            {"tier": int(row.tier), "name": TIERS[row.tier].model_dump()}
            | {"asked": row.asked, "served": row.served, "by_phone": row.by_phone}
            for row in run.tiers
        ],
        "carers": len(run.case.carers),
        "carers_in_use": len(rounds),
        **round_totals(rounds),
        "wishes": {row.key: {"asked": row.asked, "kept": row.kept} for row in run.wishes},
        "objective_yuan": _objective_yuan(run),
        "suspended": len(run.case.day.suspended),
        "carers_away": len(run.case.day.off),
        "unplaced_rows": len(run.case.day.unplaced),
    }


def _objective_yuan(run: VisitsRun) -> dict[str, float]:
    """The parts of the objective in yuan, unserved visits by tier."""
    scale = 100 * run.problem.cost_scale
    return {
        row.key if row.tier is None else f"{row.key}_tier_{int(row.tier)}": row.value / scale
        for row in run.costs
    }


def _report(run: VisitsRun) -> Report:
    scenario = run.scenario
    day = run.wanted.day.isoformat()
    sheets = {sheet.name: sheet for sheet in visit_sheets(run)}
    return Report(
        title=scenario.name,
        subtitle=Text(zh=f"上门服务排线 {day}", en=f"Home visits of {day}"),
        facts=_facts(run),
        map=_map(run),
        plots=(_timeline(run),),
        tables=(
            sheets["carers"].table(),
            sheets["unserved"].table(),
            *(sheets[name].table() for name in ("by_phone", "away") if name in sheets),
            sheets["costs"].table(),
            *(sheets[name].table() for name in ("allowances",) if name in sheets),
            sheets["rounds"].table(leave_out=("lon", "lat", "metres")),
        ),
        notes=tuple(scenario.assumptions),
        sources=run.district.sources,
        warnings=warning_texts(run.warnings),
    )


def _facts(run: VisitsRun) -> tuple[Fact, ...]:
    total, served = len(run.case.visits), sum(row.served for row in run.tiers)
    work = sum(round_.work for round_ in run.rounds)
    travel = sum(round_.travel for round_ in run.rounds)
    share = 100 * travel / work if work else 0.0
    tiers = Text(
        zh="；".join(f"{TIERS[t.tier].zh} {t.served}/{t.asked}" for t in run.tiers),
        en="; ".join(f"{TIERS[t.tier].en} {t.served}/{t.asked}" for t in run.tiers),
    )
    return (
        Fact(Text(zh="已安排服务", en="visits served"), f"{served} / {total}", tiers),
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
        *_more_facts(run),
        Fact(Text(zh="求解", en="answer"), verdict(run.answer.result), proof(run.answer.result)),
    )


def _more_facts(run: VisitsRun) -> Iterator[Fact]:
    """Wishes, calls and absences, on days that have any."""
    asked, kept = (sum(getattr(row, key) for row in run.wishes) for key in ("asked", "kept"))
    if asked:
        detail = Text(
            zh="；".join(f"{WISHES[w.key].zh} {w.kept}/{w.asked}" for w in run.wishes),
            en="; ".join(f"{WISHES[w.key].en} {w.kept}/{w.asked}" for w in run.wishes),
        )
        label = Text(zh="满足的人员期望", en="wishes for the person kept")
        yield Fact(label, f"{kept} / {asked}", detail)
    if run.by_phone:
        yield Fact(Text(zh="改为电话", en="calls in place of visits"), str(len(run.by_phone)))
    day = run.case.day
    if day.suspended or day.off:
        yield Fact(
            Text(zh="停服与请假", en="suspended and away"),
            str(len(day.suspended) + len(day.off)),
            Text(
                zh=f"停服 {len(day.suspended)} 次服务，请假 {len(day.off)} 人",
                en=f"{len(day.suspended)} visits suspended, {len(day.off)} carers away",
            ),
        )


def _timeline(run: VisitsRun) -> Plot:
    names = [run.case.carers[round_.vehicle].id for round_ in run.rounds]
    bars = []
    for name, colour, round_ in zip(names, round_colours(len(names)), run.rounds, strict=True):
        for stop in round_.tasks:
            visit, step = run.case.visits[stop.step.index], stop.step
            span = f"{clock(step.start)[:5]}-{clock(step.finish)[:5]}"
            service = service_name(run, visit.service)
            words = Text(zh=f"{visit.id} {service.zh} {span}", en=f"{visit.id} {service.en} {span}")
            bars.append((name, step.start, step.finish, words, colour))
        for rest in round_.breaks:
            span = f"{clock(rest.step.start)[:5]}-{clock(rest.step.finish)[:5]}"
            words = Text(zh=f"{BREAK.zh} {span}", en=f"{BREAK.en} {span}")
            bars.append((name, rest.step.start, rest.step.finish, words, _REST_COLOUR))
    return timeline_plot(Text(zh="一日安排", en="The day"), names, bars)


def _map(run: VisitsRun) -> MapView:
    carer, visit = Text(zh="护理员", en="carer"), Text(zh="服务编号", en="visit")
    layers = base_layers(run.district)
    layers.append(
        MapLayer(
            id="rounds",
            label=Text(zh="行程线路", en="rounds"),
            frame=round_layer(run),
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
            frame=stop_layer(run),
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
            frame=lost_layer(run),
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
