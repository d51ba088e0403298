"""The tables of a plan run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.siting.plan.explain.conflict import Conflict, ConflictStatus
from scenarios.compare import percent
from scenarios.model import Text
from scenarios.outcome import Cell, Sheet, sheet_column
from scenarios.plan.conflict import conflict_note
from scenarios.plan.coverage_sheets import coverage_sheet, groups_sheet
from scenarios.plan.figures import PlanCoverage
from scenarios.plan.names import TODAY, PlanNames, rows_of
from scenarios.plan.run import PlanRun
from scenarios.words import CHANGES, PREMISES, SITE_STATES, both

__all__ = ["district_rows", "last_year_only", "plan_sheets", "site_states"]

_YES = Text(zh="是", en="yes")
_NO = Text(zh="否", en="no")
_CONFLICT = {
    True: Text(zh="每条均为冲突所必需（已证明）", en="each is needed for it (proved)"),
    False: Text(zh="不能同时成立（已证明），有些可能无关", en="proved; some may not be needed"),
}
_WHOLE = ("count", "distinct", "each", "area")
"""What rules count in whole numbers."""
_TOTAL = Text(zh="合计", en="all years")

_STATE_OF_CHANGE = {
    "open": "new",
    "upgrade": "upgraded",
    "convert": "converted",
    "close": "closed",
}


def plan_sheets(run: PlanRun) -> tuple[Sheet, ...]:
    """Every table that the plan has rows for; without a plan, those that tell of today."""
    names = PlanNames(run)
    sheets = []
    if run.why_none is not None and run.conflict:
        sheets.append(_conflict_sheet(run, run.why_none))
    if run.solved:
        sheets.append(_changes_sheet(run, names))
    sheets.append(_network_sheet(run, names))
    if run.rules:
        sheets.append(_rules_sheet(run, names))
    if run.floors:
        sheets.append(_floors_sheet(run, names))
    if run.solved:
        sheets.append(_money_sheet(run))
    sheets.append(coverage_sheet(run, names))
    if run.groups:
        sheets.append(groups_sheet(run, names))
    if run.solved:
        sheets += _service_sheets(run, names)
    sheets.append(_unserved_sheet(run, names))
    return tuple(sheets)


def _service_sheets(run: PlanRun, names: PlanNames) -> Iterator[Sheet]:
    """Loads, moves and quotas, where there is anything of the kind."""
    if run.problem.capacitated.any():
        yield _loads_sheet(run, names)
    if (run.case.demand.site >= 0).any():
        yield _moves_sheet(run, names)
    if len(run.quotas):
        yield _quotas_sheet(run, names)


def district_rows(run: PlanRun, service: int) -> list[PlanCoverage]:
    """Coverage of a service by sub-district, where people who live there walk to it."""
    demand = run.case.demand
    if not ((demand.service == service) & (demand.site < 0)).any() or not run.district.labels:
        return []  # residents of homes only, who need it wherever they are
    if not run.case.services[service].walk:
        return []  # any site will do: which sub-district gets a place is arbitrary between equals
    return [
        row
        for row in run.coverage
        if row.service == service
        and row.group is None
        and row.district is not None
        and row.district >= 0
    ]


def site_states(run: PlanRun) -> dict[int, tuple[str, Text]]:
    """What became of every site that stands today or in the last year, sites ascending.

    Its state (new, existing, upgraded, converted, closed) and the year of its last change.
    """
    stands = (run.problem.sites.current >= 0) | (run.option[-1] >= 0)
    states = {int(site): ("existing", TODAY) for site in np.flatnonzero(stands)}
    for change in rows_of(run.changes):
        states[int(change.site)] = (_STATE_OF_CHANGE[change.kind], both(change.year_label))
    return states


def last_year_only(sheet: Sheet, label: str) -> Sheet:
    """A table by year without the years before the last, as reports show it."""
    at = next(n for n, column in enumerate(sheet.columns) if column.key == "year")
    columns = tuple(column for n, column in enumerate(sheet.columns) if n != at)
    rows = tuple(
        tuple(cell for n, cell in enumerate(row) if n != at)
        for row in sheet.rows
        if row[at] == label
    )
    title = Text(zh=f"{sheet.title.zh}（{_year_zh(label)}）", en=f"{sheet.title.en} ({label})")
    return replace(sheet, title=title, columns=columns, rows=rows)


def _year_zh(label: str) -> str:
    """The label as a year, where it is one."""
    return f"{label} 年" if label.isdigit() else label


def _conflict_sheet(run: PlanRun, found: Conflict) -> Sheet:
    status = _CONFLICT[found.status is ConflictStatus.IRREDUCIBLE]
    return Sheet(
        "conflict",
        Text(zh="不能同时满足的规则", en="Rules that cannot hold together"),
        (sheet_column("rule", "规则", "rule"), sheet_column("status", "状态", "status")),
        tuple((text, status) for text in run.conflict),
        conflict_note(found),
    )


def _changes_sheet(run: PlanRun, names: PlanNames) -> Sheet:
    columns = (
        sheet_column("year", "年度", "year"),
        sheet_column("site_id", "编号", "id"),
        sheet_column("name", "名称", "name"),
        sheet_column("change", "变动", "change"),
        sheet_column("before", "原设施", "before"),
        sheet_column("after", "设施", "after"),
        sheet_column("subdistrict", "街道", "sub-district"),
        sheet_column("premises", "房源", "premises"),
        sheet_column("area_m2", "建筑面积（平方米）", "floor area (m2)", 0),
        sheet_column("once_yuan", "一次性费用（元）", "paid once (yuan)", 0),
        sheet_column("yearly_yuan", "年运行费用（元）", "running cost (yuan a year)", 0),
    )
    rows = []
    for row in rows_of(run.changes):
        closes = row.kind == "close"
        rows.append(
            (
                row.year_label,
                str(row.site_id),
                names.sites[row.site],
                CHANGES[row.kind],
                names.what(row.level_before, row.size_before),
                names.what(row.level, row.size),
                names.place(row.subdistrict),
                _premises(row.premises),
                None if closes else float(row.area_m2),
                float(row.opening_cost_yuan + row.closing_cost_yuan),
                None if closes else float(row.yearly_cost_yuan),
            )
        )
    return Sheet("changes", Text(zh="逐年变动", en="Changes by year"), columns, tuple(rows))


def _premises(value: Any) -> Text | None:
    if value is None or pd.isna(value):
        return None
    return PREMISES.get(str(value), both(str(value)))


def _network_sheet(run: PlanRun, names: PlanNames) -> Sheet:
    columns = (
        sheet_column("site_id", "编号", "id"),
        sheet_column("name", "名称", "name"),
        sheet_column("what", "设施", "facility"),
        sheet_column("state", "状态", "state"),
        sheet_column("since", "起始年度", "since"),
        sheet_column("subdistrict", "街道", "sub-district"),
        sheet_column("area_m2", "建筑面积（平方米）", "floor area (m2)", 0),
        sheet_column("hangs_on", "隶属", "hangs on"),
        sheet_column("way_m", "距上级（米）", "way there (m)", 0),
        sheet_column("children", "下级设施", "sites below", 0),
        sheet_column("yearly_yuan", "年运行费用（元）", "running cost (yuan a year)", 0),
    )
    last = run.network[run.network["year"] == run.problem.n_years - 1]
    states = site_states(run)
    below = {level.hangs_on.level for level in run.case.levels if level.hangs_on is not None}
    rows = tuple(
        (
            str(row.site_id),
            names.sites[row.site],
            names.what(row.level, row.size),
            SITE_STATES[states[row.site][0]],
            states[row.site][1],
            names.place(row.subdistrict),
            float(row.area_m2) or None,
            None if row.parent < 0 else names.sites[row.parent],
            None if row.parent < 0 else float(row.parent_m),
            int(row.children) if row.level in below else None,
            float(row.yearly_cost_yuan),
        )
        for row in rows_of(last)
    )
    label = run.year_labels[-1]
    if not run.solved:
        title = Text(zh="现有设施", en="What stands today")
    else:
        title = Text(zh=f"{_year_zh(label)}的设施网络", en=f"The network in {label}")
    return Sheet("network", title, columns, rows)


def _rules_sheet(run: PlanRun, names: PlanNames) -> Sheet:
    decimals = 0 if all(each.row.what in _WHOLE for each in run.rules) else 1
    columns = (
        sheet_column("rule", "规则", "rule"),
        sheet_column("year", "年度", "year"),
        sheet_column("today", "现状", "today", decimals),
        sheet_column("value", "规划", "plan", decimals),
        sheet_column("least", "下限", "at least", decimals),
        sheet_column("most", "上限", "at most", decimals),
        sheet_column("met", "满足", "met"),
    )
    rows = []
    for each in run.rules:
        scale = 100.0 if each.row.what == "share" else 1.0
        value = each.value if run.solved else None
        figures = (each.today, value, each.low, each.high)
        rows.append(
            (
                each.row.text,
                names.years[each.year],
                *(None if figure is None else scale * figure for figure in figures),
                _met(run, each.met),
            )
        )
    title = Text(zh="规则执行情况", en="How rules are kept")
    if not run.solved:
        title = Text(zh="规则与现状", en="Rules and what stands today")
    return Sheet("rules", title, columns, tuple(rows), _rules_note(run))


def _rules_note(run: PlanRun) -> Text | None:
    notes = []
    if any(each.row.what == "share" for each in run.rules):
        notes.append(Text(zh="占比以百分数表示。", en="Shares are given in percent."))
    if any(each.row.what == "each" for each in run.rules):
        notes.append(
            Text(
                zh="“有则每处至少”一类规则统计不达标的设施数。",
                en="Rules on each site that has any count the sites with too few.",
            )
        )
    if any(each.row.growth for each in run.rules):
        notes.append(
            Text(
                zh="“每年净增”一类规则：现状为现有总量，规划为当年增量。",
                en="Rules on what is added a year: today is what there is, the plan what the year "
                "adds.",
            )
        )
    if not notes:
        return None
    return Text(zh="".join(e.zh for e in notes), en=" ".join(e.en for e in notes))


def _met(run: PlanRun, met: bool) -> Text | None:
    if not run.solved:
        return None
    return _YES if met else _NO


def _floors_sheet(run: PlanRun, names: PlanNames) -> Sheet:
    columns = (
        sheet_column("floor", "底线", "floor"),
        sheet_column("year", "年度", "year"),
        sheet_column("today", "现状（%）", "today (%)", 1),
        sheet_column("share", "规划（%）", "plan (%)", 1),
        sheet_column("least", "底线（%）", "at least (%)", 1),
        sheet_column("met", "满足", "met"),
    )
    rows = tuple(
        (
            each.row.text,
            names.years[each.year],
            100 * each.today,
            100 * each.share if run.solved else None,
            100 * each.low,
            _met(run, each.met),
        )
        for each in run.floors
    )
    note = Text(
        zh="现状与规划均与底线同一口径：按权重计算人数，服务随距离递减时并按距离折算，"
        "故与各街道覆盖率不同。",
        en="Today and plan are counted as the floor counts: people by their weight and, where a "
        "service fades, by distance; so they differ from plain coverage.",
    )
    return Sheet("floors", Text(zh="覆盖底线", en="Coverage floors"), columns, rows, note)


def _money_sheet(run: PlanRun) -> Sheet:
    columns = (
        sheet_column("year", "年度", "year"),
        sheet_column("opening", "建设（元）", "openings and changes (yuan)", 0),
        sheet_column("closing", "关闭（元）", "closings (yuan)", 0),
        sheet_column("capital", "一次性合计（元）", "paid once, in all (yuan)", 0),
        sheet_column("carried", "上年结转（元）", "carried over (yuan)", 0),
        sheet_column("capital_limit", "建设资金（元）", "money for openings (yuan)", 0),
        sheet_column("running", "运行（元）", "running costs (yuan)", 0),
        sheet_column("running_limit", "运行经费（元）", "money for running (yuan)", 0),
    )
    table = run.money
    carries = run.problem.years.carries
    rows: list[tuple[Cell, ...]] = [
        (
            row.year_label,
            float(row.opening_yuan),
            float(row.closing_yuan),
            float(row.capital_yuan),
            float(row.carried_yuan) if carries else None,
            float(row.capital_limit_yuan),
            float(row.running_yuan),
            float(row.running_limit_yuan),
        )
        for row in rows_of(table)
    ]
    sums = {name: float(table[name].sum()) for name in table.columns if name.endswith("_yuan")}
    rows.append(
        (
            _TOTAL,
            sums["opening_yuan"],
            sums["closing_yuan"],
            sums["capital_yuan"],
            None,
            sums["capital_limit_yuan"],
            sums["running_yuan"],
            sums["running_limit_yuan"],
        )
    )
    return Sheet("money", Text(zh="逐年资金", en="Money by year"), columns, tuple(rows))


def _loads_sheet(run: PlanRun, names: PlanNames) -> Sheet:
    decimals = 0 if run.problem.units_per_person == 1 else 1
    columns = (
        sheet_column("year", "年度", "year"),
        sheet_column("site_id", "编号", "id"),
        sheet_column("name", "名称", "name"),
        sheet_column("service", "服务", "service"),
        sheet_column("unit", "单位", "unit"),
        sheet_column("load", "服务量", "served", decimals),
        sheet_column("capacity", "容量", "capacity", decimals),
        sheet_column("percent", "使用率（%）", "in use (%)", 1),
    )
    rows = tuple(
        (
            names.years[row.year],
            str(row.site_id),
            names.sites[row.site],
            names.services[row.service],
            names.units[row.service],
            float(row.load),
            float(row.capacity),
            percent(row.load, row.capacity) if np.isfinite(row.capacity) else None,
        )
        for row in rows_of(run.loads)
    )
    return Sheet("loads", Text(zh="服务量与容量", en="Loads and capacities"), columns, rows)


def _moves_sheet(run: PlanRun, names: PlanNames) -> Sheet:
    decimals = 0 if (run.moves["units"] % 1 == 0).all() else 1
    columns = (
        sheet_column("year", "年度", "year"),
        sheet_column("who", "人群", "who"),
        sheet_column("service", "服务", "service"),
        sheet_column("from_id", "原设施编号", "from (id)"),
        sheet_column("from", "原设施", "from"),
        sheet_column("to_id", "接收设施编号", "to (id)"),
        sheet_column("to", "接收设施", "to"),
        sheet_column("persons", "人数", "persons", decimals),
    )
    who = dict(zip(("residents", "clients"), run.case.demand.labels[-2:], strict=True))
    rows = tuple(
        (
            names.years[row.year],
            who[row.kind],
            names.services[row.service],
            str(row.from_id),
            names.sites[row.from_site],
            str(row.to_id),
            names.sites[row.to_site],
            float(row.units),
        )
        for row in rows_of(run.moves)
    )
    title = Text(zh="在住与在服老人的转移", en="Residents and clients who move")
    note = Text(
        zh="按发生年度列出，原设施为上一年所在设施；不变者不列。",
        en="Told in the year in which they move, from where they were the year before; whoever "
        "stays is not listed.",
    )
    return Sheet("moves", title, columns, rows, note)


def _quotas_sheet(run: PlanRun, names: PlanNames) -> Sheet:
    columns = (
        sheet_column("site_id", "编号", "id"),
        sheet_column("compound", "新建小区", "new compound"),
        sheet_column("subdistrict", "街道", "sub-district"),
        sheet_column("area_m2", "配建面积（平方米）", "quota (m2)", 0),
        sheet_column("year", "可用年度", "there from"),
        sheet_column("given_to", "合并至", "given to"),
    )
    places = run.case.sites["subdistrict"].to_numpy()
    rows = tuple(
        (
            str(row.site_id),
            names.sites[row.site],
            names.place(int(places[row.site])),
            float(row.area_m2),
            names.years[row.first_year] if row.first_year < len(names.years) else None,
            None if row.given_to < 0 else names.sites[row.given_to],
        )
        for row in rows_of(run.quotas)
    )
    return Sheet("quotas", Text(zh="新建配建面积", en="Quotas of new compounds"), columns, rows)


def _unserved_sheet(run: PlanRun, names: PlanNames) -> Sheet:
    columns = (
        sheet_column("service", "服务", "service"),
        sheet_column("subdistrict", "街道", "sub-district"),
        sheet_column("unit", "单位", "unit"),
        sheet_column("asked", "需求", "asked for", 0),
        sheet_column("today", "现未满足", "unserved today", 0),
        sheet_column("left", "仍未满足", "unserved in the plan", 0),
        sheet_column("places", "涉及地点", "places", 0),
    )
    label = run.year_labels[-1]
    title = Text(zh=f"{_year_zh(label)}仍未满足的需求", en=f"Demand that is unserved in {label}")
    if not run.solved:
        title = Text(zh="现未满足的需求", en="Demand that is unserved today")
    return Sheet("unserved", title, columns, tuple(_unserved_rows(run, names)))


def _unserved_rows(run: PlanRun, names: PlanNames) -> Iterator[tuple[Cell, ...]]:
    by_place = bool(run.district.labels)
    keys = ["service", "subdistrict"] if by_place else ["service"]
    places = run.unserved.groupby(keys).size()
    for each in run.coverage:
        left = each.units - each.by_year[-1]
        is_part = (each.district is not None) is by_place
        if each.group is None and is_part and left > 1e-6:
            at = (each.service, each.district) if by_place else each.service
            yield (
                names.services[each.service],
                names.place(each.district),
                names.units[each.service],
                each.units,
                each.units - each.today,
                left if run.solved else None,
                int(places.get(at, 0)),
            )
