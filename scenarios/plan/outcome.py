"""A plan run as sheets, map layers, summary and report."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from scenarios.compare import percent
from scenarios.outcome import Outcome
from scenarios.plan.addition import Addition, addition_of
from scenarios.plan.groups import group_numbers
from scenarios.plan.map import plan_layers, plan_map
from scenarios.plan.names import PlanNames
from scenarios.plan.plots import plan_plots
from scenarios.plan.report import plan_report, worst_places
from scenarios.plan.run import PlanRun
from scenarios.plan.sheets import plan_sheets
from scenarios.report import MapLayer, MapView

__all__ = ["plan_outcome"]


def plan_outcome(run: PlanRun, more: Addition | None = None) -> Outcome:
    """Everything that is written of a plan run; ``more`` stands in for its own additions."""
    more = more or addition_of(run)
    sheets = (*plan_sheets(run), *more.sheets)
    layers = plan_layers(run)
    view = plan_map(run, layers)
    view = MapView(_with_fills_below(view.layers, more.map_layers), view.labels)
    return Outcome(
        kind="plan",
        problem=run.problem,
        extra={"extra_district": run.case.demand.district},
        answer=_answer(run),
        summary={**_summary(run), **more.summary},
        layers={**layers, **more.layers},
        sheets=sheets,
        report=plan_report(run, sheets, view, (*plan_plots(run), *more.plots)),
    )


def _with_fills_below(layers: Sequence[MapLayer], more: Sequence[MapLayer]) -> tuple[MapLayer, ...]:
    """All layers, further areas below the points, which stay visible and can be clicked."""
    at = next((n for n, each in enumerate(layers) if each.kind == "point"), len(layers))
    fills = [each for each in more if each.kind == "fill"]
    others = [each for each in more if each.kind != "fill"]
    return (*layers[:at], *fills, *layers[at:], *others)


def _answer(run: PlanRun) -> dict[str, Any]:
    answer, names = run.answer, PlanNames(run)
    return {
        "request": {
            "objective": str(run.request.objective),
            **{
                each.name: getattr(run.request, each.name)
                for each in dataclasses.fields(run.request)
                if each.name != "objective"
            },
        },
        "ids": {
            "sites": [str(each) for each in run.case.sites["site_id"]],
            "services": [service.id for service in run.case.services],
            "levels": [level.id for level in run.case.levels],
            "groups": list(run.case.demand.people.groups),
            "subdistricts": list(run.district.names),
            "places": list(run.case.demand.people.places["place_id"]),
            "years": list(run.year_labels),
        },
        "options": [
            {"site": int(site), "level": str(level), "size": str(size)}
            for site, level, size in zip(
                *(run.case.options[name] for name in ("site", "level", "size")), strict=True
            )
        ],
        "names": {
            "sites": [text.model_dump() for text in names.sites],
            "options": [text.model_dump() for text in names.options],
        },
        "group_cells": [
            group_numbers(run.wanted, run.case.demand.people, [group.id]).tolist()
            for group in run.wanted.groups
        ],
        "demand_place": run.case.demand.place.tolist(),
        "option": answer.option.tolist(),
        "parent": answer.parent.tolist(),
        "assignments": _columns(answer.assignments),
        "assignments_today": _columns(run.today),
        "quota_site": answer.quota_site.tolist(),
        "shares": answer.shares.tolist(),
        "share_bounds": answer.share_bounds.tolist(),
        "result": answer.result.as_dict(),
    }


def _columns(table: Any) -> dict[str, list[int]]:
    return {each.name: getattr(table, each.name).tolist() for each in dataclasses.fields(table)}


def _summary(run: PlanRun) -> dict[str, Any]:
    services = [service.id for service in run.case.services]
    wholes = [row for row in run.coverage if row.district is None and row.group is None]
    kinds = run.changes["kind"].value_counts()
    money = run.money.drop(columns="year").astype(object)
    money = money.where(run.money.drop(columns="year") != np.inf, None)
    names = (None, *run.district.names)
    return {
        "years": list(run.year_labels),
        "has_plan": run.solved,
        "changes": {kind: int(count) for kind, count in sorted(kinds.items())},
        "money": money.to_dict(orient="records"),
        "coverage": [
            {
                "service": services[row.service],
                "units": round(row.units, 3),
                "today": round(row.today, 3),
                "by_year": [round(value, 3) for value in row.by_year],
                "percent_today": round(percent(row.today, row.units), 3),
                "percent_by_year": [round(percent(part, row.units), 3) for part in row.by_year],
                "estimated": row.estimated,
            }
            for row in wholes
        ],
        "groups": [
            {
                "group": run.wanted.groups[row.group or 0].id,
                "service": services[row.service],
                "units": round(row.units, 3),
                "percent_today": round(percent(row.today, row.units), 3),
                "percent_by_year": [round(percent(part, row.units), 3) for part in row.by_year],
            }
            for row in run.groups
            if row.district is None
        ],
        "worst_subdistrict": [
            {
                "service": services[service],
                "today": names[1 + (today.district or 0)],
                "percent_today": round(percent(today.today, today.units), 3),
                "last_year": names[1 + (last.district or 0)],
                "percent_last_year": round(percent(last.by_year[-1], last.units), 3),
            }
            for service, (today, last) in worst_places(run).items()
        ],
        "rules_broken": sum(not each.met for each in run.rules),
        "floors_missed": sum(not each.met for each in run.floors),
        "conflict_status": None if run.why_none is None else str(run.why_none.status),
        "conflict": [text.model_dump() for text in run.conflict],
    }
