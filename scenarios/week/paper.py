"""The week on paper: a sheet per carer, and one per client for the door.

As in :mod:`scenarios.itinerary`, only here do names, phones and doors meet the plan again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from base.faults import Lang
from optimizer.routing.week.solution import WeekVisit
from scenarios.contacts import Contact, staff_key
from scenarios.itinerary import TIER_COLOURS, PaperRow, PaperSheet, hour
from scenarios.week.run import WeekRun
from scenarios.week.words import WEEKDAYS

__all__ = ["week_carer_sheets", "week_client_sheets", "week_people"]

Contacts = Mapping[str, Contact]


def week_people(run: WeekRun) -> frozenset[str]:
    """Keys of the contacts that the sheets need, clients and staff; nobody else's are read."""
    week = run.case.week
    clients = {week.needs[visit.need].client for visit in run.answer.visits}
    staff = {staff_key(week.carers[c].id) for visit in run.answer.visits for c in visit.carers}
    return frozenset(clients | staff)


def week_carer_sheets(run: WeekRun, contacts: Contacts, lang: Lang) -> tuple[PaperSheet, ...]:
    """One sheet per carer with visits: the week by day and hour."""
    mine: dict[int, list[WeekVisit]] = defaultdict(list)
    for visit in run.answer.visits:
        for carer in visit.carers:
            mine[carer].append(visit)
    return tuple(
        _carer_sheet(run, carer, sorted(mine[carer], key=_when), contacts, lang)
        for carer in sorted(mine)
    )


def week_client_sheets(run: WeekRun, contacts: Contacts, lang: Lang) -> tuple[PaperSheet, ...]:
    """One sheet per client with visits: who comes when, to hang up at home."""
    mine: dict[str, list[WeekVisit]] = defaultdict(list)
    for visit in run.answer.visits:
        mine[run.case.week.needs[visit.need].client].append(visit)
    return tuple(
        _client_sheet(run, client, sorted(mine[client], key=_when), contacts, lang)
        for client in sorted(mine)
    )


def _when(visit: WeekVisit) -> tuple[int, int, int]:
    return visit.day, visit.start, visit.need


def _carer_sheet(
    run: WeekRun, carer: int, visits: list[WeekVisit], contacts: Contacts, lang: Lang
) -> PaperSheet:
    week = run.case.week
    who = week.carers[carer]
    rows = []
    for visit in visits:
        need = week.needs[visit.need]
        contact = contacts.get(need.client, Contact(need.client))
        others = [_named(week.carers[c].id, contacts) for c in visit.carers if c != carer]
        cells = (
            getattr(WEEKDAYS[visit.day], lang),
            f"{hour(visit.start)}–{hour(visit.start + need.duration)}",
            contact.name or need.client,
            contact.phone,
            contact.address or (need.community or ""),
            week.catalogue.service_name(need.service, lang),
            ", ".join(others),
            "",
        )
        rows.append(PaperRow(cells, TIER_COLOURS[need.tier]))
    hours = sum(day[carer] for day in run.answer.work) / 3600
    off = [
        getattr(WEEKDAYS[d], lang) for d in range(len(week.days)) if d not in week.on_duty[carer]
    ]
    facts = (
        (_say(lang, "护理员", "carer"), _named(who.id, contacts)),
        (_say(lang, "日期", "dates"), _dates(run)),
        (_say(lang, "服务次数", "visits"), str(len(visits))),
        (_say(lang, "老人数", "clients"), str(len({week.needs[v.need].client for v in visits}))),
        (_say(lang, "工时", "hours"), _say(lang, f"{hours:.1f} 小时", f"{hours:.1f} h")),
        (_say(lang, "休息日", "days off"), _say(lang, "、", ", ").join(off) or "–"),
    )
    columns = (
        (_say(lang, "星期", "day"), 7),
        (_say(lang, "时间", "time"), 12),
        (_say(lang, "姓名", "name"), 10),
        (_say(lang, "电话", "phone"), 14),
        (_say(lang, "住址", "address"), 22),
        (_say(lang, "服务", "service"), 15),
        (_say(lang, "同行", "together with"), 12),
        (_say(lang, "签字", "signed"), 8),
    )
    title = _say(lang, f"护理员一周 {who.id}", f"Carer's week {who.id}")
    return PaperSheet(who.id, title, facts, columns, tuple(rows), (_private(lang),))


def _client_sheet(
    run: WeekRun, client: str, visits: list[WeekVisit], contacts: Contacts, lang: Lang
) -> PaperSheet:
    week = run.case.week
    contact = contacts.get(client, Contact(client))
    rows = []
    for visit in visits:
        need = week.needs[visit.need]
        people = [_named(week.carers[c].id, contacts) for c in visit.carers]
        cells = (
            getattr(WEEKDAYS[visit.day], lang),
            week.days[visit.day].isoformat(),
            f"{hour(visit.start)}–{hour(visit.start + need.duration)}",
            week.catalogue.service_name(need.service, lang),
            ", ".join(people),
            "",
        )
        rows.append(PaperRow(cells, TIER_COLOURS[need.tier]))
    people = sorted({week.carers[c].id for visit in visits for c in visit.carers})
    facts = (
        (_say(lang, "姓名", "name"), contact.name or client),
        (_say(lang, "日期", "dates"), _dates(run)),
        (_say(lang, "服务次数", "visits"), str(len(visits))),
        (
            _say(lang, "护理员", "carers"),
            _say(lang, "、", ", ").join(_named(id, contacts) for id in people),
        ),
    )
    columns = (
        (_say(lang, "星期", "day"), 10),
        (_say(lang, "日期", "date"), 14),
        (_say(lang, "时间", "time"), 16),
        (_say(lang, "服务", "service"), 22),
        (_say(lang, "护理员", "who comes"), 26),
        (_say(lang, "签字", "signed"), 12),
    )
    title = _say(lang, f"一周服务安排 {client}", f"Visits of the week {client}")
    return PaperSheet(client, title, facts, columns, tuple(rows), (_private(lang),))


def _dates(run: WeekRun) -> str:
    days = run.case.week.days
    return f"{days[0].isoformat()} – {days[-1].isoformat()}"


def _named(id: str, contacts: Contacts) -> str:
    """A carer's id, with the name where it is known."""
    contact = contacts.get(staff_key(id))
    return id if contact is None or not contact.name else f"{id} {contact.name}"


def _private(lang: Lang) -> str:
    return _say(
        lang,
        "本表含个人信息：仅供本周使用，用后交回销毁。",
        "This sheet holds personal data: for this week's use only; hand it back to be destroyed.",
    )


def _say(lang: Lang, zh: str, en: str) -> str:
    return zh if lang == "zh" else en
