"""Explanations as tables, plots and map layers."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd

from scenarios.explain.telling import (
    Amount,
    ChangeRow,
    CurveRow,
    Explanation,
    FrontRow,
    Measure,
    joined,
)
from scenarios.model_parts import Text
from scenarios.outcome import NAME_COLUMNS, Cell, Sheet, SheetColumn, sheet_column
from scenarios.report import MapLayer, Plot, Table, line_plot

__all__ = [
    "explain_layers",
    "explain_map_layers",
    "explain_plots",
    "explain_sheets",
    "explain_tables",
    "left_out",
]

_COLOUR = "#8d5a97"
_SAID = ("name", "lost", "places", "closed", "opened", "percent")
_LEFT_OUT = {
    "why_not": _SAID,
    "alternatives": _SAID,
    "search_areas": ("limit_percent", "limit_of", "half_width_m"),
    "catchments": ("unit_ids",),
}

_QUESTIONS = {
    "why_not": Text(zh="为何不选", en="why not"),
    "fallback": Text(zh="落空替补", en="if it falls through"),
}
_YES, _NO = Text(zh="是", en="yes"), Text(zh="否", en="no")
_LEAVE = Text(zh="去掉", en="left out")
_ADD = Text(zh="增设", en="added")


def explain_sheets(found: Explanation) -> tuple[Sheet, ...]:
    """The tables of all that was asked."""
    sheets = []
    if found.values:
        sheets.append(_value_sheet(found))
    if found.changes:
        sheets.append(_change_sheet(found))
    if found.alternatives is not None:
        sheets.append(_alternative_sheet(found))
    if found.curve:
        sheets.append(_curve_sheet(found.curve, found.value_measure))
    if found.front is not None:
        sheets.append(_front_sheet(found, found.front))
    return tuple(sheets)


def explain_tables(found: Explanation | None) -> tuple[Table, ...]:
    """The report's tables; what a sentence says is left to the CSV files."""
    if found is None:
        return ()
    return tuple(sheet.table(leave_out=left_out(sheet.name)) for sheet in explain_sheets(found))


def left_out(sheet_name: str) -> tuple[str, ...]:
    """Columns that reports leave to the CSV files: others, or a sentence, say the same."""
    return _LEFT_OUT.get(sheet_name, ())


def explain_layers(found: Explanation) -> dict[str, gpd.GeoDataFrame]:
    """Map layers (WGS 84) by name."""
    return {} if found.layer is None else {"alternative_sites": found.layer}


def explain_map_layers(found: Explanation) -> list[MapLayer]:
    """The sites of alternatives on the report's map."""
    if found.layer is None or not len(found.layer):
        return []
    return [
        MapLayer(
            id="alternatives",
            label=Text(zh="备选方案站点", en="sites of alternatives"),
            frame=found.layer,
            kind="point",
            color=_COLOUR,
            size=6,
            popup=(
                (NAME_COLUMNS, Text(zh="名称", en="name")),
                ("alternatives", Text(zh="备选方案", en="alternatives")),
            ),
        )
    ]


def explain_plots(found: Explanation) -> tuple[Plot, ...]:
    """The coverage curve and the trade-off, as far as they were asked for."""
    plots = []
    if len(found.curve) > 1:
        plots.append(_curve_plot(found.curve, found.value_measure))
    if found.front is not None and len(found.front) > 1:
        plots.append(_front_plot(found.front, found.value_measure))
    return tuple(plots)


def _in(measure: Measure, key: str, zh: str, en: str) -> SheetColumn:
    return sheet_column(
        key, f"{zh}（{measure.unit.zh}）", f"{en} ({measure.unit.en})", measure.decimals
    )


def _value_sheet(found: Explanation) -> Sheet:
    measure = found.value_measure
    columns = (
        sheet_column("site_id", "编号", "id"),
        sheet_column("name", "名称", "name"),
        sheet_column("what", "设施", "what"),
        sheet_column("change", "变动", "change"),
        _in(measure, "value", "价值", "worth"),
        sheet_column("percent", "占目标值（%）", "of the objective (%)", 2),
        sheet_column("cost_yuan", "费用变化（元）", "change of cost (yuan)", 0),
        sheet_column("note", "说明", "note"),
    )
    rows = tuple(
        (
            row.site_id,
            row.name,
            row.what,
            _LEAVE if row.is_open else _ADD,
            row.value,
            row.percent,
            row.cost_yuan,
            row.note,
        )
        for row in found.values
    )
    return Sheet(
        "site_values",
        Text(zh="单个站点的价值", en="What single sites are worth"),
        columns,
        rows,
        Text(
            zh="其余站点不变：已设站点为去掉后的损失，未设站点为增设后的增益。各值不可相加；"
            "允许其他站点替补时的真实损失由“为何不选”与“落空替补”回答。",
            en="With all other sites as they are: the loss without a site that is open, the gain "
            "with one that is not. Values do not add up; what is lost once others may replace a "
            "site is for why_not and fallback to tell.",
        ),
    )


def _change_sheet(found: Explanation) -> Sheet:
    measure = found.measure
    columns = (
        sheet_column("question", "问题", "question"),
        sheet_column("site_id", "编号", "id"),
        sheet_column("name", "名称", "name"),
        sheet_column("text", "结论", "answer"),
        _in(measure, "loss", "损失", "loss"),
        sheet_column("least", "已证明下限", "proved least", measure.decimals),
        sheet_column("most", "已证明上限", "proved most", measure.decimals),
        sheet_column("percent", "损失（%）", "loss (%)", 2),
        sheet_column("lost", "失去覆盖（人）", "lose coverage (persons)", 0),
        sheet_column("places", "所在街道", "sub-districts"),
        sheet_column("closed", "不再设", "closed"),
        sheet_column("opened", "改设", "opened"),
        sheet_column("status", "状态", "status"),
    )
    return Sheet(
        "why_not",
        Text(zh="为何不选与落空替补", en="Why not this site, and what if one falls through"),
        columns,
        tuple(_change_cells(row) for row in found.changes),
        Text(
            zh="每个问题均重新求解；损失的上下限为已证明的真实损失范围。",
            en="Every question is solved anew; the true loss is proved to lie between least and "
            "most.",
        ),
    )


def _change_cells(row: ChangeRow) -> tuple[Cell, ...]:
    places = [
        Text(zh=f"{place.zh} {persons:,.0f}", en=f"{place.en} {persons:,.0f}")
        for place, persons in row.losers.places
        if persons >= 0.5
    ]
    return (
        _QUESTIONS[row.kind],
        row.site_id,
        row.name,
        row.text,
        *_loss_cells(row.loss),
        None if row.loss is None else row.losers.lost,
        joined(places) if places else None,
        joined(row.out) if row.out else None,
        joined(row.into) if row.into else None,
        row.status,
    )


def _loss_cells(loss: Amount | None) -> tuple[Cell, ...]:
    if loss is None:
        return None, None, None, None
    return loss.found, loss.least, loss.most, loss.percent


def _alternative_sheet(found: Explanation) -> Sheet:
    rows = found.alternatives or ()
    columns = (
        sheet_column("number", "序号", "no.", 0),
        sheet_column("text", "与方案相比", "against the answer"),
        _in(found.measure, "loss", "损失", "loss"),
        sheet_column("least", "已证明下限", "proved least", found.measure.decimals),
        sheet_column("most", "已证明上限", "proved most", found.measure.decimals),
        sheet_column("percent", "损失（%）", "loss (%)", 2),
        sheet_column("new_sites", "新设站点", "new sites"),
    )
    note = Text(
        zh="备选方案两两不同，按先后各为其余方案中找到的最优者。",
        en="Alternatives differ from each other; each is the best found of those that are left.",
    )
    if not rows and not found.complete:
        note = Text(
            zh="时限内未找到限度内的备选方案，也未证明没有。",
            en="In the time given none was found within the limit, nor proved not to exist.",
        )
    elif not rows:
        note = Text(
            zh="已证明：限度内没有其他方案。",
            en="It is proved that no other answer lies within the limit.",
        )
    elif found.complete:
        note = Text(
            zh=note.zh + "已证明：限度内没有其他方案。",
            en=note.en + " It is proved that no other one lies within the limit.",
        )
    return Sheet(
        "alternatives",
        Text(zh="备选方案", en="Alternatives of nearly the same worth"),
        columns,
        tuple((row.number, row.text, *_loss_cells(row.loss), ", ".join(row.sites)) for row in rows),
        note,
    )


def _curve_sheet(curve: Sequence[CurveRow], measure: Measure) -> Sheet:
    columns = (
        sheet_column("new_sites", "新设站点数", "new sites", 0),
        _in(measure, "value", "成效", "worth"),
        _in(measure, "bound", "已证明上界", "proved bound"),
        sheet_column("status", "状态", "status"),
    )
    rows = tuple((row.new_sites, row.value, row.bound, row.status) for row in curve)
    return Sheet("plan_curve", _CURVE, columns, rows)


_CURVE = Text(zh="站点数与成效", en="Worth by number of new sites")
_FRONT = Text(zh="成效与费用的权衡", en="Worth against cost")


def _curve_plot(curve: Sequence[CurveRow], measure: Measure) -> Plot:
    x = [float(row.new_sites) for row in curve]
    values, bounds = [row.value for row in curve], [row.bound for row in curve]
    lines = [(Text(zh="成效", en="worth"), x, values)]
    if values != bounds:
        lines.append((Text(zh="已证明上界", en="proved bound"), x, bounds))
    return line_plot(_CURVE, Text(zh="新设站点数", en="new sites"), measure.unit, lines)


def _front_sheet(found: Explanation, front: Sequence[FrontRow]) -> Sheet:
    columns = (
        sheet_column("cost_yuan", "总费用（元）", "total cost (yuan)", 0),
        _in(found.value_measure, "value", "成效", "worth"),
        _in(found.value_measure, "value_bound", "同费用成效上界", "proved most at this cost"),
        sheet_column(
            "share",
            "最差街道覆盖率（%，按权重与距离）",
            "worst sub-district (%, weighted and faded share)",
            1,
        ),
        sheet_column("new_sites", "新设或变动站点", "sites new or changed", 0),
        sheet_column("proved", "已证明有效", "proved efficient"),
        sheet_column("chosen", "当前方案", "this plan"),
    )
    rows = tuple(
        (
            row.cost_yuan,
            row.value,
            row.value_bound,
            row.share,
            row.new_sites,
            _YES if row.proved else _NO,
            _YES if row.chosen else None,
        )
        for row in front
    )
    note = Text(
        zh="费用为各年建设、关闭与运行费用之和。没有一个方案在各方面都不逊于另一个。",
        en="Costs are those of all years: openings, closings and running. No plan here is at "
        "least as good as another in everything.",
    )
    if not found.front_complete:
        note = Text(
            zh=note.zh + "时限内未查完全部费用档。",
            en=note.en + " Not every level of cost was looked at in the time given.",
        )
    return Sheet("pareto", _FRONT, columns, rows, note)


def _front_plot(front: Sequence[FrontRow], measure: Measure) -> Plot:
    """One line per share level would cross: the best worth by cost, and all points."""
    points = sorted((row.cost_yuan, row.value) for row in front)
    best, upper = float("-inf"), list[tuple[float, float]]()
    for cost, value in points:
        if value > best:
            best = value
            upper.append((cost, value))
    lines = [(Text(zh="成效", en="worth"), [c for c, _ in upper], [v for _, v in upper])]
    mine = [(row.cost_yuan, row.value) for row in front if row.chosen]
    if mine:
        lines.append(
            (Text(zh="当前方案", en="this plan"), [c for c, _ in mine], [v for _, v in mine])
        )
    return line_plot(_FRONT, Text(zh="总费用（元）", en="total cost (yuan)"), measure.unit, lines)
