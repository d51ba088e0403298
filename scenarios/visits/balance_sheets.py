"""A day's costs, calls, allowances and absences as sheets."""

from __future__ import annotations

from scenarios.model import Text
from scenarios.outcome import Cell, Sheet, sheet_column
from scenarios.tables.away import REASON_NAMES
from scenarios.visits.fulfilled import CostRow
from scenarios.visits.run import VisitsRun
from scenarios.visits.services import service_name
from scenarios.words import PARTS, TIERS

__all__ = ["allowance_sheet", "away_sheet", "cost_sheet", "phone_sheet"]

_UNITS = {"min": Text(zh="分钟", en="minutes"), "": Text(zh="次", en="times")}
_NO_UNIT = Text(zh="", en="")
_CALLS = Text(zh="改为电话的服务", en="Calls in place of visits")
_CARER, _CLIENT = Text(zh="护理员", en="carer"), Text(zh="老人", en="client")


def cost_sheet(run: VisitsRun) -> Sheet:
    """The objective part by part, in yuan; the last row is the sum."""
    columns = (
        sheet_column("part", "组成", "part"),
        sheet_column("amount", "数量", "amount", 0),
        sheet_column("unit", "单位", "unit"),
        sheet_column("yuan", "目标值（元）", "objective (yuan)", 2),
    )
    scale = 100 * run.problem.cost_scale
    rows = [
        (
            _part_name(row),
            row.amount,
            _NO_UNIT if row.amount is None else _UNITS[row.unit],
            row.value / scale,
        )
        for row in run.costs
    ]
    total = sum(row.value for row in run.costs) / scale
    rows.append((Text(zh="合计", en="total"), None, _NO_UNIT, total))
    way = sum(round_.travel for round_ in run.rounds) / 3600
    way_yuan = _way_cost(run) / scale
    note = Text(
        zh=f"工资中路程占 {way:.1f} 小时、{way_yuan:,.2f} 元。只有工资和加班是支出，其余为权重。",
        en=f"Wages include {way:.1f} h and {way_yuan:,.2f} yuan on the way. Only wages and "
        "overtime are money spent; the rest are weights.",
    )
    return Sheet("costs", Text(zh="目标组成", en="The objective"), columns, tuple(rows), note)


def _part_name(row: CostRow) -> Text:
    name = PARTS[row.key]
    if row.tier is None:
        return name
    tier = TIERS[row.tier]
    return Text(zh=f"{name.zh}（{tier.zh}）", en=f"{name.en} ({tier.en})")


def _way_cost(run: VisitsRun) -> int:
    rate = run.problem.vehicle_time_cost
    return sum(round_.travel * int(rate[round_.vehicle]) for round_ in run.rounds)


def phone_sheet(run: VisitsRun) -> Sheet:
    """Visits in whose place somebody calls."""
    columns = (
        sheet_column("visit", "服务编号", "visit"),
        sheet_column("client", "老人", "client"),
        sheet_column("service", "服务项目", "service"),
        sheet_column("tier", "保障层级", "tier"),
    )
    rows = tuple(
        (visit.id, visit.client, service_name(run, visit.service), TIERS[visit.tier])
        for visit in run.by_phone
    )
    return Sheet("by_phone", _CALLS, columns, rows)


def allowance_sheet(run: VisitsRun) -> Sheet:
    """What each client's allowance pays, by the clients' ids; soonest cleared first."""
    columns = (
        sheet_column("client", "老人", "client"),
        sheet_column("tier", "保障层级", "tier"),
        sheet_column("before_yuan", "当日余额（元）", "balance (yuan)", 2),
        sheet_column("planned_yuan", "本日安排（元）", "planned (yuan)", 2),
        sheet_column("left_yuan", "安排后余额（元）", "left (yuan)", 2),
        sheet_column("expires", "清零日期", "cleared after"),
        sheet_column("soon", "即将清零", "cleared soon"),
    )
    soon = Text(zh="是", en="yes")
    rows = tuple(
        (
            row.client,
            TIERS[row.tier],
            row.before / 100,
            row.planned / 100,
            row.left / 100,
            row.expires.isoformat(),
            soon if row.soon else None,
        )
        for row in run.spending
    )
    return Sheet("allowances", Text(zh="照护补贴", en="Care allowances"), columns, rows)


def away_sheet(run: VisitsRun) -> Sheet:
    """Visits that fall away and carers who are away."""
    columns = (
        sheet_column("who", "对象", "who"),
        sheet_column("id", "编号", "id"),
        sheet_column("visit", "服务编号", "visit"),
        sheet_column("reason", "事由", "reason"),
        sheet_column("last", "截止", "until"),
    )
    day = run.case.day
    rows: list[tuple[Cell, ...]] = [
        (_CLIENT, visit.client, visit.id, REASON_NAMES[why.reason], _date(why.last))
        for visit, why in day.suspended
    ]
    rows += [
        (_CARER, carer.id, None, REASON_NAMES[why.reason], _date(why.last))
        for carer, why in day.off
    ]
    return Sheet("away", Text(zh="停服与请假", en="Suspended and away"), columns, tuple(rows))


def _date(day: object) -> str | None:
    return None if day is None else str(day)
