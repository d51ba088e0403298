"""A week as tables: visits, clients, carers, and what is left out."""

from __future__ import annotations

from collections import defaultdict

from scenarios.model import Text
from scenarios.outcome import Cell, Sheet, sheet_column
from scenarios.rounds_report import unplaced_sheets
from scenarios.week.run import WeekRun
from scenarios.week.words import WEEKDAYS, reason_text
from scenarios.words import MODES, TIERS, both, clock

__all__ = ["client_sheet", "service_text", "week_sheets"]


def week_sheets(run: WeekRun) -> tuple[Sheet, ...]:
    """Visits by day and start, one line per client, one per carer, visits not made."""
    return (
        _visits_sheet(run),
        client_sheet(run),
        _carers_sheet(run),
        _unserved_sheet(run),
        *unplaced_sheets(run.case.week.unplaced),
    )


def service_text(run: WeekRun, service: str) -> Text:
    """What the week's catalogue calls a service; its id where it does not know it."""
    known = run.case.week.catalogue.services.get(service)
    return both(service) if known is None else known.name


def _visits_sheet(run: WeekRun) -> Sheet:
    week = run.case.week
    rows = []
    for visit in sorted(run.answer.visits, key=lambda v: (v.day, v.start, v.need)):
        need = week.needs[visit.need]
        rows.append(
            (
                need.id,
                visit.number + 1,
                week.days[visit.day].isoformat(),
                WEEKDAYS[visit.day],
                clock(visit.start),
                clock(visit.start + need.duration),
                "; ".join(week.carers[carer].id for carer in visit.carers),
                need.client,
                service_text(run, need.service),
                TIERS[need.tier],
            )
        )
    columns = (
        sheet_column("need", "需求编号", "need"),
        sheet_column("number", "第几次", "visit", 0),
        sheet_column("date", "日期", "date"),
        sheet_column("weekday", "星期", "weekday"),
        sheet_column("start", "开始", "start"),
        sheet_column("finish", "结束", "finish"),
        sheet_column("carers", "护理员", "carers"),
        sheet_column("client", "老人", "client"),
        sheet_column("service", "服务项目", "service"),
        sheet_column("tier", "保障层级", "tier"),
    )
    return Sheet("visits", Text(zh="一周服务安排", en="Visits of the week"), columns, tuple(rows))


def client_sheet(run: WeekRun) -> Sheet:
    """One line per client: how many visits, by how many people, and when on each day."""
    week, problem = run.case.week, run.problem
    by_client: dict[int, list[int]] = defaultdict(list)
    for row, visit in enumerate(run.answer.visits):
        by_client[int(problem.need_client[visit.need])].append(row)
    asked: dict[str, int] = defaultdict(int)
    for need in week.needs:
        asked[need.client] += need.times
    rows: list[tuple[Cell, ...]] = []
    for number, client in enumerate(run.case.clients):
        visits = [run.answer.visits[row] for row in by_client[number]]
        people = sorted({week.carers[carer].id for visit in visits for carer in visit.carers})
        days = []
        for day in range(len(week.days)):
            starts = sorted(visit.start for visit in visits if visit.day == day)
            days.append(" ".join(clock(start)[:5] for start in starts))
        rows.append((client, asked[client], len(visits), len(people), "; ".join(people), *days))
    columns = (
        sheet_column("client", "老人", "client"),
        sheet_column("asked", "应服务次数", "asked", 0),
        sheet_column("made", "已安排", "made", 0),
        sheet_column("people", "护理员人数", "people", 0),
        sheet_column("carers", "护理员", "carers"),
        *(
            sheet_column(f"day_{n + 1}", name.zh, name.en)
            for n, name in enumerate(WEEKDAYS[: len(week.days)])
        ),
    )
    return Sheet("clients", Text(zh="各老人一周", en="The week by client"), columns, tuple(rows))


def _carers_sheet(run: WeekRun) -> Sheet:
    week, answer = run.case.week, run.answer
    visits: dict[int, int] = defaultdict(int)
    clients: dict[int, set[str]] = defaultdict(set)
    for visit in answer.visits:
        for carer in visit.carers:
            visits[carer] += 1
            clients[carer].add(week.needs[visit.need].client)
    travel: dict[int, int] = defaultdict(int)
    for rounds in run.rounds:
        for round_ in rounds:
            travel[round_.vehicle] += round_.travel
    rows = []
    for number, who in enumerate(week.carers):
        hours = [day[number] / 3600 for day in answer.work]
        rows.append(
            (
                who.id,
                MODES[who.mode],
                visits[number],
                len(clients[number]),
                sum(hours),
                travel[number] / 3600,
                *(hours[d] if d in week.on_duty[number] else None for d in range(len(week.days))),
            )
        )
    columns = (
        sheet_column("carer", "护理员", "carer"),
        sheet_column("mode", "出行方式", "mode"),
        sheet_column("visits", "服务数", "visits", 0),
        sheet_column("clients", "老人数", "clients", 0),
        sheet_column("hours", "工时（小时）", "hours", 1),
        sheet_column("way_hours", "路程（小时）", "way (hours)", 1),
        *(
            sheet_column(f"day_{n + 1}", name.zh, name.en, 1)
            for n, name in enumerate(WEEKDAYS[: len(week.days)])
        ),
    )
    note = Text(zh="日栏为工时（小时），休息日留空。", en="Days are hours of work, empty when off.")
    return Sheet(
        "carers", Text(zh="各护理员一周", en="The week by carer"), columns, tuple(rows), note
    )


def _unserved_sheet(run: WeekRun) -> Sheet:
    rows = []
    for need, item in run.unserved:
        day: Text | None = None if item.day is None else WEEKDAYS[item.day]
        rows.append(
            (
                need.id,
                item.number + 1,
                need.client,
                service_text(run, need.service),
                TIERS[need.tier],
                day,
                reason_text(item.reason),
            )
        )
    columns = (
        sheet_column("need", "需求编号", "need"),
        sheet_column("number", "第几次", "visit", 0),
        sheet_column("client", "老人", "client"),
        sheet_column("service", "服务项目", "service"),
        sheet_column("tier", "保障层级", "tier"),
        sheet_column("weekday", "星期", "weekday"),
        sheet_column("reason", "原因", "reason"),
    )
    title = Text(zh="未安排的服务", en="Visits not made")
    return Sheet("unserved", title, columns, tuple(rows))
