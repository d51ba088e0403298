"""A siting run as sheets, map layers, summary and report."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np

from optimizer.siting.problem import Question
from scenarios.compare import percent
from scenarios.explain.sheets import explain_map_layers, explain_tables, left_out
from scenarios.model import Text
from scenarios.outcome import (
    NAME_COLUMNS,
    Outcome,
    base_layers,
    district_labels,
)
from scenarios.report import Fact, MapLayer, MapView, Plot, Report, bar_plot, line_plot
from scenarios.siting.run import SitingRun
from scenarios.siting.sheets import (
    all_sites,
    curve_label,
    siting_layers,
    siting_sheets,
    with_names,
)
from scenarios.territory.map import territory_map_layers
from scenarios.words import QUESTIONS, SITE_TIERS, both, proof, verdict, warning_texts

__all__ = ["siting_outcome"]

_NAME = (NAME_COLUMNS, Text(zh="名称", en="name"))
_TIER = Text(zh="tier_zh", en="tier_en")
_SUBDISTRICT = Text(zh="subdistrict", en="subdistrict_en")
"""Columns of map layers, one per language."""

_COLOURS = {"new": "#e07a3f", "existing": "#1f6f8b", "other": "#6b705c", "uncovered": "#c0392b"}


def siting_outcome(run: SitingRun) -> Outcome:
    """Everything that is written of a siting run."""
    return Outcome(
        kind="siting",
        problem=run.problem,
        extra={"extra_persons": run.demand.persons},
        answer=_answer(run),
        summary=_summary(run),
        layers=siting_layers(run),
        sheets=siting_sheets(run),
        report=_report(run),
    )


def _answer(run: SitingRun) -> dict[str, Any]:
    sites = run.case.sites
    return {
        "request": {"question": str(run.request.question), "new_sites": run.request.new_sites},
        "ids": {
            "sites": list(sites["site_id"]),
            "groups": list(run.demand.groups),
            "subdistricts": list(run.district.names),
            "places": list(run.demand.places["place_id"]),
        },
        "demand_place": run.demand.place.tolist(),
        "open_sites": run.answer.open_sites.tolist(),
        "new_sites_in_order": [gain.site for gain in run.gains],
        "result": run.answer.result.as_dict(),
    }


def _summary(run: SitingRun) -> dict[str, Any]:
    whole = run.coverage[0]
    return {
        "new_sites": len(run.chosen),
        "yearly_cost_yuan": round(float(run.chosen["cost_yuan"].sum()), 2),
        "persons": round(whole.persons, 3),
        "covered_before": round(whole.before, 3),
        "covered_after": round(whole.after, 3),
        "percent_before": round(percent(whole.before, whole.persons), 3),
        "percent_after": round(percent(whole.after, whole.persons), 3),
        "estimated": whole.estimated,
        "way": run.way.replace({np.nan: None}).to_dict(orient="records"),
        "curve": [
            {
                "new_sites": point.new_sites,
                "objective": point.objective,
                "bound": point.bound,
                "status": str(point.status),
            }
            for point in run.curve
        ],
        **({} if run.explanation is None else {"explain": run.explanation.summary()}),
    }


def _report(run: SitingRun) -> Report:
    scenario = run.scenario
    sheets = {sheet.name: sheet for sheet in siting_sheets(run)}
    return Report(
        title=scenario.name,
        subtitle=QUESTIONS[run.request.question],
        facts=_facts(run),
        map=_map(run),
        plots=_plots(run),
        tables=(
            sheets["chosen_sites"].table(leave_out=("lon", "lat", "total")),
            sheets["coverage"].table(),
            *([sheets["coverage_curve"].table()] if "coverage_curve" in sheets else []),
            *(sheet.table(leave_out=left_out(sheet.name)) for sheet in run.territory.sheets),
            *explain_tables(run.explanation),
        ),
        notes=(*scenario.assumptions, *_notes(run)),
        sources=run.district.sources,
        warnings=warning_texts(run.warnings),
    )


def _facts(run: SitingRun) -> tuple[Fact, ...]:
    whole, result = run.coverage[0], run.answer.result
    before, after = percent(whole.before, whole.persons), percent(whole.after, whole.persons)
    guess = Text(zh="人数为估算", en="persons are estimated") if whole.estimated else None
    facts = [
        Fact(Text(zh="新设站点", en="new sites"), f"{len(run.chosen)}"),
        Fact(Text(zh="覆盖率", en="coverage"), f"{before:.1f} % → {after:.1f} %", guess),
        Fact(
            Text(zh="覆盖人数", en="persons covered"),
            f"{whole.before:,.0f} → {whole.after:,.0f}",
            Text(zh=f"共 {whole.persons:,.0f} 人", en=f"of {whole.persons:,.0f}"),
        ),
        Fact(Text(zh="求解", en="answer"), verdict(result), proof(result)),
    ]
    cost = float(run.chosen["cost_yuan"].sum())
    if cost:
        facts.insert(3, Fact(Text(zh="年费用（元）", en="yearly cost (yuan)"), f"{cost:,.0f}"))
    if run.request.question in (Question.P_MEDIAN, Question.P_CENTER):
        which = "mean_min" if run.request.question is Question.P_MEDIAN else "worst_min"
        label = {
            "mean_min": Text(zh="平均路程（分钟）", en="mean way (minutes)"),
            "worst_min": Text(zh="最远路程（分钟）", en="longest way (minutes)"),
        }[which]
        values = " → ".join(f"{value:.1f}" for value in run.way[which].tolist())
        facts.insert(1, Fact(label, values))
    return tuple(facts)


def _notes(run: SitingRun) -> list[Text]:
    notes = [
        Text(
            zh="路程沿道路计算，含从门口到道路、从道路到站点的直线段。",
            en="Ways run along streets; the straight legs between door, street and site count.",
        )
    ]
    bonus = run.wanted.bonus
    if bonus is not None:
        notes.append(
            Text(
                zh=f"加分：{bonus.label.zh}，直线距离 {bonus.within_m:g} 米以内，"
                f"加 {bonus.persons:g} 人。",
                en=f"Bonus: {bonus.label.en}, {bonus.persons:g} persons within "
                f"{bonus.within_m:g} m in a straight line.",
            )
        )
    return notes


def _plots(run: SitingRun) -> tuple[Plot, ...]:
    plots = []
    if run.curve:
        scale = run.problem.weight_scale
        x = [float(point.new_sites) for point in run.curve]
        covered = [None if p.objective is None else p.objective / scale for p in run.curve]
        bound = [None if p.bound is None else p.bound / scale for p in run.curve]
        lines = [(Text(zh="覆盖", en="covered"), x, covered)]
        proved = covered == bound
        if not proved:  # else the bound would hide the line that it lies on
            lines.append((Text(zh="已证明上界", en="proved bound"), x, bound))
        plots.append(
            line_plot(
                Text(zh="覆盖曲线", en="Coverage curve"),
                Text(zh="新设站点数", en="new sites"),
                curve_label(run),
                lines,
                Text(zh="每一点均已证明为最优", en="every point is proved optimal")
                if proved
                else None,
            )
        )
    rows = [
        r for r in run.coverage if r.group is None and r.district is not None and r.district >= 0
    ]
    if rows:
        assert all(row.district is not None for row in rows)
        plots.append(
            bar_plot(
                Text(zh="各街道覆盖率", en="Coverage by sub-district"),
                Text(zh="覆盖率（%）", en="covered (%)"),
                [run.district.labels[row.district or 0] for row in rows],
                [
                    (Text(zh="现状", en="before"), [percent(r.before, r.persons) for r in rows]),
                    (Text(zh="方案", en="after"), [percent(r.after, r.persons) for r in rows]),
                ],
            )
        )
    return tuple(plots)


def _map(run: SitingRun) -> MapView:
    sites = with_names(run, all_sites(run))
    layers = base_layers(run.district)
    layers += _circle_layers(run)
    layers += territory_map_layers(run.territory)
    layers.append(
        MapLayer(
            id="uncovered",
            label=Text(zh="未覆盖人口", en="people not covered"),
            frame=run.uncovered.round({"uncovered": 1}),
            kind="point",
            color=_COLOURS["uncovered"],
            size=3,
            opacity=0.7,
            popup=(("uncovered", Text(zh="未覆盖人数", en="persons not covered")),),
        )
    )
    labels = (
        ("other", Text(zh="其他层级设施", en="sites of other tiers")),
        ("existing", Text(zh="现有站点", en="existing sites")),
    )
    for state, label in labels:
        if (sites["state"] == state).any():
            layers.append(
                MapLayer(
                    id=state,
                    label=label,
                    frame=_with_tiers(sites[sites["state"] == state]),
                    kind="point",
                    color=_COLOURS[state],
                    size=5,
                    popup=(_NAME, (_TIER, Text(zh="层级", en="tier"))),
                )
            )
    layers.append(
        MapLayer(
            id="new",
            label=Text(zh="新设站点", en="new sites"),
            frame=with_names(run, run.chosen).round({"newly_covered": 0}),
            kind="point",
            color=_COLOURS["new"],
            size=8,
            popup=(
                ("order", Text(zh="次序", en="order")),
                _NAME,
                (_SUBDISTRICT, Text(zh="街道", en="sub-district")),
                ("newly_covered", Text(zh="新增覆盖（人）", en="newly covered (persons)")),
            ),
        )
    )
    if run.explanation is not None:
        layers += explain_map_layers(run.explanation)
    return MapView(tuple(layers), district_labels(run.district))


def _with_tiers(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    words = [SITE_TIERS.get(tier, both(tier)) for tier in sites["tier"]]
    return sites.assign(tier_zh=[word.zh for word in words], tier_en=[word.en for word in words])


def _circle_layers(run: SitingRun) -> list[MapLayer]:
    """Ground within reach today and what new sites add, each as one area: overlaps stay flat."""
    metres = f"{run.circle_metres:,.0f}"
    labels = {
        "existing": Text(zh=f"现有站点步行圈（{metres} 米）", en=f"reach today ({metres} m)"),
        "new": Text(zh=f"新站点步行圈（{metres} 米）", en=f"reach of new sites ({metres} m)"),
    }
    layers = []
    for state, label in labels.items():
        mine = run.circles[run.circles["state"] == state]
        if len(mine):
            area = gpd.GeoDataFrame(geometry=[mine.geometry.union_all()], crs=mine.crs)
            layers.append(
                MapLayer(
                    id=f"circles_{state}",
                    label=label,
                    frame=area,
                    kind="fill",
                    color=_COLOURS[state],
                    opacity=0.2,
                    counted=False,
                )
            )
    return layers
