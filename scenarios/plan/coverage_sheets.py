"""Who is served: by service, sub-district and group, and for groups that have a name."""

from __future__ import annotations

import numpy as np

from scenarios.compare import percent
from scenarios.model import Text
from scenarios.outcome import Cell, Sheet, SheetColumn, sheet_column
from scenarios.plan.figures import PlanCoverage
from scenarios.plan.names import PlanNames
from scenarios.plan.run import PlanRun

__all__ = ["coverage_sheet", "groups_sheet"]

_GUESSED = Text(zh="估算", en="estimated")
_COUNTED = Text(zh="统计", en="counted")


def coverage_sheet(run: PlanRun, names: PlanNames) -> Sheet:
    """Units asked and served by service, sub-district and group, today and every year."""
    demand = run.case.demand
    single = [
        np.unique(demand.group[demand.service == service]).size == 1
        for service in range(len(run.case.services))
    ]
    rows = []
    for each in run.coverage:
        # With one group, or without sub-districts, rows say the same as their sums do.
        if each.group is not None and single[each.service]:
            continue
        if each.district is not None and not run.district.labels:
            continue
        rows.append(_row(run, names, each, names.group(each.group)))
    title = Text(zh="覆盖情况：服务、街道与人群", en="Coverage by service, sub-district and group")
    return Sheet("coverage", title, _columns(names), tuple(rows))


def groups_sheet(run: PlanRun, names: PlanNames) -> Sheet:
    """The same for the scenario's named groups."""
    labels = [group.label for group in run.wanted.groups]
    rows = tuple(
        _row(run, names, each, labels[each.group])
        for each in run.groups
        if each.group is not None and (each.district is None or run.district.labels)
    )
    note = Text(
        zh="各组由互不重叠的人群单元合成，组内不重复计人；组与组之间可以重叠。",
        en="Each group is a sum of disjoint cells, so nobody counts twice within it; groups may "
        "overlap.",
    )
    title = Text(zh="分组覆盖情况", en="Coverage of groups")
    return Sheet("groups", title, _columns(names), rows, note)


def _columns(names: PlanNames) -> tuple[SheetColumn, ...]:
    years = [
        column
        for number, label in enumerate(names.years)
        for column in (
            sheet_column(f"served_{number}", f"{label} 服务", f"{label}", 0),
            sheet_column(f"percent_{number}", f"{label}（%）", f"{label} (%)", 1),
        )
    ]
    return (
        sheet_column("service", "服务", "service"),
        sheet_column("subdistrict", "街道", "sub-district"),
        sheet_column("group", "人群", "group"),
        sheet_column("unit", "单位", "unit"),
        sheet_column("asked", "需求", "asked for", 0),
        sheet_column("served_today", "现服务", "served today", 0),
        sheet_column("percent_today", "现状（%）", "today (%)", 1),
        *years,
        sheet_column("basis", "口径", "basis"),
    )


def _row(run: PlanRun, names: PlanNames, each: PlanCoverage, group: Text) -> tuple[Cell, ...]:
    figures: list[float | None] = [None] * (2 * len(names.years))
    if run.solved:
        figures = [value for part in each.by_year for value in (part, percent(part, each.units))]
    return (
        names.services[each.service],
        names.place(each.district),
        group,
        names.units[each.service],
        each.units,
        each.today,
        percent(each.today, each.units),
        *figures,
        _GUESSED if each.estimated else _COUNTED,
    )
