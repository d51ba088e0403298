"""The report of a plan run: what a planner reads first, the map, plots and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from optimizer.siting.plan.problem import PlanObjective
from scenarios.compare import percent
from scenarios.explain.sheets import left_out
from scenarios.model import Text
from scenarios.outcome import Sheet
from scenarios.plan.conflict import NOTHING_KNOWN, conflict_note, most_of_conflict
from scenarios.plan.figures import PlanCoverage
from scenarios.plan.names import PlanNames
from scenarios.plan.run import PlanRun
from scenarios.plan.sheets import district_rows, last_year_only
from scenarios.report import Fact, MapView, Plot, Report, Table
from scenarios.words import AIMS, CHANGES, proof, verdict, warning_texts

__all__ = ["plan_report", "worst_places"]

_WAN, _MILLION = 10_000.0, 1_000_000.0


def plan_report(
    run: PlanRun, sheets: Sequence[Sheet], map_view: MapView, plots: Sequence[Plot]
) -> Report:
    """The report of a run from its parts."""
    return Report(
        title=run.scenario.name,
        subtitle=_subtitle(run),
        facts=tuple(_facts(run)),
        map=map_view,
        plots=tuple(plots),
        tables=tuple(_table(run, sheet) for sheet in sheets),
        notes=(*run.case.assumption_texts, *run.case.must_texts, *_notes(run)),
        sources=run.district.sources,
        warnings=(*_why_none(run), *warning_texts(run.warnings)),
    )


def _subtitle(run: PlanRun) -> Text:
    aim, years = AIMS[run.request.objective], run.year_labels
    span = years[0] if len(years) == 1 else f"{years[0]}—{years[-1]}"
    return Text(zh=f"{span} 设施规划：{aim.zh}", en=f"Plan of sites {span}: {aim.en}")


def _why_none(run: PlanRun) -> Iterator[Text]:
    """The first thing to read where there is no plan."""
    if run.solved:
        return
    if run.why_none is None:
        yield Text(
            zh=f"{NOTHING_KNOWN.zh}（本报告各项数字均为现状）",
            en=f"{NOTHING_KNOWN.en} (all figures here are today's)",
        )
        return
    yield Text(
        zh="已证明：没有方案能满足全部规则。以下规则不能同时成立（各项数字均为现状）：",
        en="Proved: no plan keeps all rules. These cannot hold together "
        "(all figures here are today's):",
    )
    yield from most_of_conflict(run.conflict)
    yield conflict_note(run.why_none)


def _table(run: PlanRun, sheet: Sheet) -> Table:
    if sheet.name == "loads" and run.solved:
        sheet = last_year_only(sheet, run.year_labels[-1])
    if sheet.name == "conflict":
        status = sheet.rows[0][1]
        sheet = replace(sheet, rows=tuple((e, status) for e in most_of_conflict(run.conflict)))
    return sheet.table(leave_out=left_out(sheet.name) or _IDS)


_IDS = ("site_id", "from_id", "to_id")
"""Columns that only the CSV files have: readers get names."""


def _facts(run: PlanRun) -> Iterator[Fact]:
    if run.solved:
        yield from _changes(run)
        yield _cost(run)
        yield from _way(run)
    yield from _coverage(run)
    result = run.answer.result
    yield Fact(Text(zh="求解", en="answer"), verdict(result), proof(result))


def _changes(run: PlanRun) -> Iterator[Fact]:
    names, changes = PlanNames(run), run.changes
    for kind, word in CHANGES.items():
        mine = changes[changes["kind"] == kind]
        if not len(mine) and kind != "open":
            continue
        column = "level_before" if kind == "close" else "level"
        counts = mine[column].value_counts()
        levels = [(names.levels[level.id], level.id) for level in run.case.levels]
        parts = [(label, int(counts[id_])) for label, id_ in levels if id_ in counts]
        note = Text(
            zh="、".join(f"{label.zh} {count}" for label, count in parts),
            en=", ".join(f"{label.en} {count}" for label, count in parts),
        )
        yield Fact(word, f"{len(mine)}", note if parts else None)


def _cost(run: PlanRun) -> Fact:
    once, running = run.money["capital_yuan"].sum(), run.money["running_yuan"].sum()
    once_text, running_text = _money_text(once), _money_text(running)
    note = Text(
        zh=f"一次性 {once_text.zh}，运行 {running_text.zh}",
        en=f"once {once_text.en}, running {running_text.en}",
    )
    label = Text(zh="各年费用合计", en="cost over all years")
    return Fact(label, _money_text(once + running), note)


def _way(run: PlanRun) -> Iterator[Fact]:
    """The way that the plan keeps short, where that is what it is about."""
    parts, demand = run.answer.result.parts, run.problem.demand
    per_minute = 60 * run.problem.ticks_per_second
    if run.request.objective is PlanObjective.MIN_WORST:
        label = Text(zh="最远路程（分钟）", en="longest way (minutes)")
        yield Fact(label, f"{parts['worst'] / per_minute:.1f}")
    elif run.request.objective is PlanObjective.MIN_TRAVEL:
        people = float((demand.weight * demand.amount).sum()) * run.problem.n_years
        label = Text(zh="平均路程（分钟，加权）", en="mean way (minutes, weighted)")
        yield Fact(label, f"{parts['travel'] / people / per_minute:.1f}" if people else "0.0")


def _money_text(yuan: float) -> Text:
    zh = f"{yuan / _WAN:,.0f} 万元" if yuan >= 100 * _WAN else f"{yuan:,.0f} 元"
    en = f"{yuan / _MILLION:,.1f} million yuan" if yuan >= _MILLION else f"{yuan:,.0f} yuan"
    return Text(zh=zh, en=en)


def _coverage(run: PlanRun) -> Iterator[Fact]:
    names = PlanNames(run)
    for row in run.coverage:
        if row.district is not None or row.group is not None:
            continue
        label, unit = names.services[row.service], names.units[row.service]
        yield Fact(
            Text(zh=f"{label.zh}覆盖率", en=f"served: {label.en}"),
            _today_and_plan(run, row),
            Text(
                zh=f"{_counts(run, row)}（共 {row.units:,.0f} {unit.zh}）"
                + ("，估算" if row.estimated else ""),
                en=f"{_counts(run, row)} of {row.units:,.0f} {unit.en}"
                + (", estimated" if row.estimated else ""),
            ),
        )
    for service, (today, last) in worst_places(run).items():
        label = names.services[service]
        before, after = names.place(today.district), names.place(last.district)
        assert before is not None and after is not None
        note = Text(zh=f"{before.zh} → {after.zh}", en=f"{before.en} → {after.en}")
        value = f"{percent(today.today, today.units):.1f}\u00a0%"
        if run.solved:
            value += f" → {percent(last.by_year[-1], last.units):.1f}\u00a0%"
        yield Fact(
            Text(zh=f"最差街道：{label.zh}", en=f"worst sub-district: {label.en}"),
            value,
            note if run.solved and before != after else before,
        )


def worst_places(run: PlanRun) -> dict[int, tuple[PlanCoverage, PlanCoverage]]:
    """By service, the sub-district with the least share served today, and in the last year."""
    found = {}
    for service in range(len(run.case.services)):
        rows = district_rows(run, service)
        if rows:
            today = min(rows, key=lambda row: row.today / row.units)
            last = min(rows, key=lambda row: row.by_year[-1] / row.units)
            found[service] = (today, last)
    return found


def _today_and_plan(run: PlanRun, row: PlanCoverage) -> str:
    today = f"{percent(row.today, row.units):.1f}\u00a0%"
    return f"{today} → {percent(row.by_year[-1], row.units):.1f}\u00a0%" if run.solved else today


def _counts(run: PlanRun, row: PlanCoverage) -> str:
    return f"{row.today:,.0f} → {row.by_year[-1]:,.0f}" if run.solved else f"{row.today:,.0f}"


def _notes(run: PlanRun) -> Iterator[Text]:
    yield Text(
        zh="路程沿道路计算，含从门口到道路、从道路到站点的直线段。",
        en="Ways run along streets; the straight legs between door, street and site count.",
    )
    yield Text(
        zh="“现状”为今天的设施按最有利方式分配服务量的结果。",
        en='"Today" is the best use of the places that stand today.',
    )
    for part in run.wanted.near:
        text = f"{part.within_m:g}"
        if part.bonus_persons:
            yield Text(
                zh=f"加分：{part.label.zh}，直线距离 {text} 米以内，"
                f"每年加 {part.bonus_persons:g} 人。",
                en=f"Bonus: {part.label.en}, {part.bonus_persons:g} persons a year within {text} m "
                "in a straight line.",
            )
