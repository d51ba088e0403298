"""The plots of a plan run: coverage by year and by sub-district, money by year."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from base.faults import Lang
from scenarios.compare import percent
from scenarios.model import Text
from scenarios.plan.figures import FloorValue
from scenarios.plan.names import TODAY, PlanNames
from scenarios.plan.run import PlanRun
from scenarios.plan.sheets import district_rows
from scenarios.report import Plot, bar_plot

__all__ = ["plan_plots"]

_SERVED = Text(zh="覆盖率（%）", en="served (%)")
_PLAN = Text(zh="规划", en="plan")
_FLOOR = Text(zh="底线", en="floor")
_LIMIT_COLOUR = "#1d2b33"
_WAN = 10_000.0


def plan_plots(run: PlanRun) -> tuple[Plot, ...]:
    """Every plot that the plan has figures for."""
    names = PlanNames(run)
    plots = [_by_year(run, names)] if run.solved else []
    for service in range(len(run.case.services)):
        floors = _floors_of(run, service)
        plot = _by_floor(run, floors) if floors else _by_district(run, names, service)
        plots += [plot] if plot is not None else []
    if run.solved:
        plots.append(_money(run))
    return tuple(plots)


def _by_year(run: PlanRun, names: PlanNames) -> Plot:
    wholes = [row for row in run.coverage if row.district is None and row.group is None]
    series = [
        (
            names.services[row.service],
            [percent(part, row.units) for part in (row.today, *row.by_year)],
        )
        for row in wholes
    ]
    title = Text(zh="逐年覆盖率", en="Coverage by year")
    return bar_plot(title, _SERVED, [TODAY, *names.years], series)


def _floors_of(run: PlanRun, service: int) -> list[FloorValue]:
    """The floors of the first rule that asks something of every sub-district for a service."""
    wanted = run.wanted.floors
    name = run.case.services[service].id
    rules = [
        number
        for number, floor in enumerate(wanted)
        if floor.service == name and floor.per == "subdistrict"
    ]
    return [each for each in run.floors if rules and each.row.floor == rules[0]]


def _by_floor(run: PlanRun, floors: Sequence[FloorValue]) -> Plot:
    """Sub-districts against their floor, counted as the floor counts."""
    floor = run.wanted.floors[floors[0].row.floor]
    label = next(each.label for each in run.case.services if each.id == floor.service)
    year = run.year_labels[floors[0].year]
    plot = bar_plot(
        Text(zh=f"各街道覆盖率与底线：{label.zh}", en=f"Sub-districts and their floor: {label.en}"),
        Text(zh="覆盖率（%，按权重与距离）", en="served (%, by weight and distance)"),
        [run.district.labels[each.row.place] for each in floors],
        [
            (TODAY, [100 * each.today for each in floors]),
            *([(_year(year), [100 * each.share for each in floors])] if run.solved else []),
        ],
        Text(
            zh="与底线同一口径：按权重计算人数，服务随距离递减时并按距离折算。",
            en="Counted as the floor counts: people by their weight and, where the service fades, "
            "by distance.",
        ),
    )
    low = [100 * each.low for each in floors]
    return _with_line(plot, _FLOOR, low)


def _year(label: str) -> Text:
    return Text(zh=label, en=label)


def _with_line(plot: Plot, name: Text, low: Sequence[float]) -> Plot:
    """The plot with a line across its categories."""
    for lang, figure in plot.figures.items():
        figure.add_trace(_line(list(figure.data[0].x), low, name, lang))
    return plot


def _line(x: Sequence[str], y: Sequence[float | None], name: Text, lang: Lang) -> go.Scatter:
    return go.Scatter(
        x=list(x),
        y=list(y),
        name=getattr(name, lang),
        mode="lines+markers",
        line={"color": _LIMIT_COLOUR, "dash": "dash", "width": 1.5},
        marker={"symbol": "line-ew-open", "size": 14},
    )


def _by_district(run: PlanRun, names: PlanNames, service: int) -> Plot | None:
    rows = district_rows(run, service)
    if not rows:
        return None
    label = names.services[service]
    series = [(TODAY, [percent(row.today, row.units) for row in rows])]
    if run.solved:
        last = [percent(row.by_year[-1], row.units) for row in rows]
        series.append((_year(names.years[-1]), last))
    return bar_plot(
        Text(zh=f"各街道覆盖率：{label.zh}", en=f"Coverage by sub-district: {label.en}"),
        _SERVED,
        [run.district.labels[row.district or 0] for row in rows],
        series,
    )


def _money(run: PlanRun) -> Plot:
    """Bars of what is spent, dashes for what there is."""
    table = run.money
    spent = Text(zh="一次性（建设、关闭）", en="paid once (openings, closings)")
    running = Text(zh="运行", en="running")
    years = list(run.year_labels)
    plot = bar_plot(
        Text(zh="逐年资金", en="Money by year"),
        Text(zh="万元", en="10,000 yuan"),
        years,
        [
            (spent, (table["capital_yuan"] / _WAN).tolist()),
            (running, (table["running_yuan"] / _WAN).tolist()),
        ],
    )
    limits = (
        (Text(zh="可用建设资金（含结转）", en="money for openings (with what is carried over)"),
         table["capital_limit_yuan"] + table["carried_yuan"], 0),
        (Text(zh="运行经费", en="money for running"), table["running_limit_yuan"], 1),
    )  # fmt: skip
    for lang, figure in plot.figures.items():
        for name, limit, at in limits:
            values = [value / _WAN if np.isfinite(value) else None for value in limit]
            if any(value is not None for value in values):
                figure.add_trace(_dashes(years, values, name, lang, at))
        for at, bar in enumerate(figure.data[:2]):
            bar.offsetgroup = str(at)
        figure.update_layout(scattermode="group")
        figure.update_xaxes(type="category")
        figure.update_yaxes(tickformat=",")
    return plot


def _dashes(
    x: Sequence[str], y: Sequence[float | None], name: Text, lang: Lang, at: int
) -> go.Scatter:
    """A dash above the ``at``-th bar of every group."""
    return go.Scatter(
        x=list(x),
        y=list(y),
        name=getattr(name, lang),
        mode="markers",
        offsetgroup=str(at),
        marker={
            "symbol": "line-ew-open",
            "size": 40,
            "color": ("#1d2b33", "#c0392b")[at],
            "line": {"width": 3},
        },
    )
