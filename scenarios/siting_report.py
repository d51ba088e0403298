"""A siting run as sheets, map layers, summary and report."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from optimizer.result import SolveResult
from optimizer.siting.problem import Question
from scenarios.compare import CoverageRow, percent
from scenarios.model import Text
from scenarios.outcome import (
    Cell,
    Outcome,
    Sheet,
    SheetColumn,
    base_layers,
    district_labels,
)
from scenarios.report import Fact, MapLayer, MapView, Plot, Report, bar_plot, line_plot
from scenarios.siting import SitingRun
from scenarios.words import QUESTIONS, SITE_STATES, both, proof, warning_texts

__all__ = ["siting_outcome"]

_ALL = Text(zh="全区", en="whole district")
_NOWHERE = Text(zh="街道范围外", en="outside the sub-districts")
_EVERYBODY = Text(zh="合计", en="everybody")
_YES = Text(zh="估算", en="estimated")
_COUNTED = Text(zh="统计", en="counted")
_COLOURS = {"new": "#e07a3f", "existing": "#1f6f8b", "other": "#6b705c", "uncovered": "#c0392b"}


def siting_outcome(run: SitingRun) -> Outcome:
    """Everything that is written of a siting run."""
    return Outcome(
        kind="siting",
        problem=run.problem,
        extra={"extra_persons": run.demand.persons},
        answer=_answer(run),
        summary=_summary(run),
        layers=_layers(run),
        sheets=_sheets(run),
        report=_report(run),
    )


# --- for machines ---------------------------------------------------------------------------------


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
    }


def _layers(run: SitingRun) -> dict[str, gpd.GeoDataFrame]:
    layers = {
        "chosen_sites": _named(run, run.chosen),
        "sites": _named(run, _all_sites(run)),
        "uncovered_demand": _named(run, run.uncovered),
        "circles": run.circles,
    }
    if run.district.subdistricts is not None:
        layers["coverage_by_district"] = _district_layer(run)
    return layers


def _named(run: SitingRun, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame with the sub-districts' names instead of their numbers."""
    names = np.array([*run.district.names, None], dtype=object)
    return frame.assign(subdistrict=names[frame["subdistrict"].to_numpy(dtype=int)])


def _all_sites(run: SitingRun) -> gpd.GeoDataFrame:
    """All sites but unused candidates, with their state in the answer."""
    sites = run.case.sites.copy()
    opened = np.zeros(len(sites), dtype=bool)
    opened[run.open_sites] = True
    is_new = opened & (sites["status"] != "existing").to_numpy()
    sites["state"] = np.where(is_new, "new", sites["status"])
    others = run.case.other_sites.assign(state="other")
    kept = sites[opened | (sites["status"] == "forbidden").to_numpy()]
    return gpd.GeoDataFrame(pd.concat([kept, others], ignore_index=True), crs="EPSG:4326")


def _district_layer(run: SitingRun) -> gpd.GeoDataFrame:
    districts = run.district.subdistricts
    assert districts is not None
    rows = {row.district: row for row in run.coverage if row.group is None}
    nobody = CoverageRow(None, None, 0.0, 0.0, 0.0, False)
    mine = [rows.get(number, nobody) for number in range(len(districts))]
    return districts.assign(
        persons=[row.persons for row in mine],
        covered_before=[row.before for row in mine],
        covered_after=[row.after for row in mine],
        percent_before=[percent(row.before, row.persons) for row in mine],
        percent_after=[percent(row.after, row.persons) for row in mine],
        estimated=[row.estimated for row in mine],
    )


# --- for people -----------------------------------------------------------------------------------


def _column(key: str, zh: str, en: str, decimals: int | None = None) -> SheetColumn:
    return SheetColumn(key, Text(zh=zh, en=en), decimals)


def _sheets(run: SitingRun) -> tuple[Sheet, ...]:
    sheets = [_chosen_sheet(run), _coverage_sheet(run)]
    if run.curve:
        sheets.append(_curve_sheet(run))
    sheets.append(_site_sheet(run))
    return tuple(sheets)


def _gain_column(run: SitingRun, key: str, zh: str, en: str) -> SheetColumn:
    unit = {
        Question.P_MEDIAN: ("人·分钟", "person-minutes"),
        Question.P_CENTER: ("分钟", "minutes"),
    }.get(run.request.question, ("人", "persons"))
    return _column(key, f"{zh}（{unit[0]}）", f"{en} ({unit[1]})", 1)


def _chosen_sheet(run: SitingRun) -> Sheet:
    columns = (
        _column("order", "次序", "order", 0),
        _column("site_id", "编号", "id"),
        _column("name", "名称", "name"),
        _column("subdistrict", "街道", "sub-district"),
        _column("premises", "房源", "premises"),
        _column("area_m2", "建筑面积（平方米）", "floor area (m2)", 0),
        _column("cost_yuan", "年费用（元）", "yearly cost (yuan)", 0),
        _column("bonus_persons", "加分（人）", "bonus (persons)", 0),
        _gain_column(run, "gain", "新增", "gain"),
        _gain_column(run, "total", "累计", "total"),
        _column("lon", "经度", "longitude", 6),
        _column("lat", "纬度", "latitude", 6),
    )
    frame = _named(run, run.chosen)
    points = frame.geometry
    frame = frame.assign(lon=points.x, lat=points.y)
    return Sheet(
        "chosen_sites",
        Text(zh="新设站点（按增益排序）", en="New sites in order of marginal gain"),
        columns,
        _rows(frame, columns),
    )


def _site_sheet(run: SitingRun) -> Sheet:
    columns = (
        _column("site_id", "编号", "id"),
        _column("name", "名称", "name"),
        _column("tier", "层级", "tier"),
        _column("state", "状态", "state"),
        _column("subdistrict", "街道", "sub-district"),
        _column("area_m2", "建筑面积（平方米）", "floor area (m2)", 0),
        _column("lon", "经度", "longitude", 6),
        _column("lat", "纬度", "latitude", 6),
    )
    frame = _named(run, _all_sites(run))
    points = frame.geometry
    states = [SITE_STATES[state] for state in frame["state"]]
    frame = frame.assign(lon=points.x, lat=points.y, state=states)
    return Sheet("sites", Text(zh="全部设施", en="All sites"), columns, _rows(frame, columns))


def _rows(frame: pd.DataFrame, columns: tuple[SheetColumn, ...]) -> tuple[tuple[Cell, ...], ...]:
    keys = [column.key for column in columns]
    return tuple(
        tuple(None if value is None or value is pd.NA else _plain(value) for value in row)
        for row in frame[keys].itertuples(index=False, name=None)
    )


def _plain(value: Any) -> Cell:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and np.isnan(value):
        return None
    return value if isinstance(value, str | int | float | Text) else str(value)


def _coverage_sheet(run: SitingRun) -> Sheet:
    columns = (
        _column("subdistrict", "街道", "sub-district"),
        _column("group", "人群", "group"),
        _column("persons", "人数", "persons", 0),
        _column("covered_before", "现覆盖（人）", "covered before", 0),
        _column("percent_before", "现覆盖率（%）", "before (%)", 1),
        _column("covered_after", "新覆盖（人）", "covered after", 0),
        _column("percent_after", "新覆盖率（%）", "after (%)", 1),
        _column("basis", "口径", "basis"),
    )
    # With one group its rows say the same as the sums do.
    single = len(run.demand.groups) == 1
    rows = tuple(
        (
            *_whom(run, row),
            row.persons,
            row.before,
            percent(row.before, row.persons),
            row.after,
            percent(row.after, row.persons),
            _YES if row.estimated else _COUNTED,
        )
        for row in run.coverage
        if not (single and row.group is not None)
    )
    return Sheet(
        "coverage",
        Text(zh="覆盖情况：街道与人群", en="Coverage by sub-district and group"),
        columns,
        rows,
    )


def _whom(run: SitingRun, row: CoverageRow) -> tuple[Text, Text]:
    if row.district is None:
        place = _ALL
    else:
        place = _NOWHERE if row.district < 0 else both(run.district.names[row.district])
    return place, _EVERYBODY if row.group is None else both(run.demand.groups[row.group])


def _curve_sheet(run: SitingRun) -> Sheet:
    scale = run.problem.weight_scale
    columns = (
        _column("new_sites", "新设站点数", "new sites", 0),
        _column("covered", "覆盖（加权人数，含加分）", "covered (weighted, bonus included)", 1),
        _column("bound", "已证明上界", "proved bound", 1),
        _column("status", "状态", "status"),
    )
    rows = tuple(
        (
            point.new_sites,
            None if point.objective is None else point.objective / scale,
            None if point.bound is None else point.bound / scale,
            str(point.status),
        )
        for point in run.curve
    )
    return Sheet("coverage_curve", Text(zh="覆盖曲线", en="Coverage curve"), columns, rows)


def _report(run: SitingRun) -> Report:
    scenario = run.scenario
    sheets = {sheet.name: sheet for sheet in _sheets(run)}
    return Report(
        title=scenario.name,
        subtitle=QUESTIONS[run.request.question],
        facts=_facts(run),
        map=_map(run),
        plots=_plots(run),
        tables=(
            sheets["chosen_sites"].table(leave_out=("lon", "lat")),
            sheets["coverage"].table(),
            *([sheets["coverage_curve"].table()] if "coverage_curve" in sheets else []),
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
        Fact(Text(zh="求解", en="answer"), _short(result), proof(result)),
    ]
    cost = float(run.chosen["cost_yuan"].sum())
    if cost:
        facts.insert(3, Fact(Text(zh="年费用（元）", en="yearly cost (yuan)"), f"{cost:,.0f}"))
    if run.request.question in (Question.P_MEDIAN, Question.P_CENTER):
        way = run.way.set_index("when")
        which = "mean_min" if run.request.question is Question.P_MEDIAN else "worst_min"
        label = {
            "mean_min": Text(zh="平均路程（分钟）", en="mean way (minutes)"),
            "worst_min": Text(zh="最远路程（分钟）", en="longest way (minutes)"),
        }[which]
        values = [way.loc[when, which] for when in ("before", "after")]
        facts.insert(1, Fact(label, " → ".join(f"{value:.1f}" for value in values)))
    return tuple(facts)


def _short(result: SolveResult) -> Text:
    full = proof(result)
    return Text(zh=full.zh.split("；")[0], en=full.en.split(";")[0])


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
                zh=f"加分：{bonus.label.zh}，直线距离 {bonus.within_m:g} 米以内加 {bonus.persons:g} 人。",
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
        plots.append(
            line_plot(
                Text(zh="覆盖曲线", en="Coverage curve"),
                Text(zh="新设站点数", en="new sites"),
                Text(zh="覆盖（加权人数，含加分）", en="covered (weighted, bonus included)"),
                [
                    (Text(zh="覆盖", en="covered"), x, covered),
                    (Text(zh="已证明上界", en="proved bound"), x, bound),
                ],
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
                [run.district.names[row.district or 0] for row in rows],
                [
                    (Text(zh="现状", en="before"), [percent(r.before, r.persons) for r in rows]),
                    (Text(zh="方案", en="after"), [percent(r.after, r.persons) for r in rows]),
                ],
            )
        )
    return tuple(plots)


def _map(run: SitingRun) -> MapView:
    name = Text(zh="名称", en="name")
    sites = _named(run, _all_sites(run))
    layers = base_layers(run.district)
    layers.append(
        MapLayer(
            id="circles",
            label=Text(zh="新站点可达范围", en="ground within reach of new sites"),
            frame=run.circles,
            kind="fill",
            color=_COLOURS["new"],
            opacity=0.18,
            popup=(("site_id", name), ("metres", Text(zh="步行米数", en="metres on foot"))),
        )
    )
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
                    frame=sites[sites["state"] == state],
                    kind="point",
                    color=_COLOURS[state],
                    size=5,
                    popup=(("name", name), ("tier", Text(zh="层级", en="tier"))),
                )
            )
    layers.append(
        MapLayer(
            id="new",
            label=Text(zh="新设站点", en="new sites"),
            frame=_named(run, run.chosen).round({"gain": 1}),
            kind="point",
            color=_COLOURS["new"],
            size=8,
            popup=(
                ("order", Text(zh="次序", en="order")),
                ("name", name),
                ("subdistrict", Text(zh="街道", en="sub-district")),
                ("gain", _gain_column(run, "gain", "新增", "gain").label),
            ),
        )
    )
    return MapView(tuple(layers), district_labels(run.district))
