"""What goes on paper: a carer's day, a carrier's loading list.

Only here do names, phones and doors meet the plan again: ids from the plan are joined with the
contact table, and the result goes to printed sheets (``scenarios.printing``) and nowhere else.
A client without a contact keeps the id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from base.faults import Lang
from optimizer.routing.solution import StepKind
from scenarios.catalogue import Catalogue
from scenarios.contacts import Contact, staff_key
from scenarios.meals import MealsRun, Trip
from scenarios.model import Text
from scenarios.records import Tier, Visit
from scenarios.rounds import Round, RoundStop
from scenarios.visits import VisitsRun
from scenarios.words import BREAK, MODES, TIERS

__all__ = ["PaperRow", "PaperSheet", "carer_sheets", "loading_lists", "people_of"]

TIER_COLOURS: Mapping[Tier, str] = {
    Tier.BASIC: "#f6c9c2",
    Tier.SUPPORTED: "#fbe7b2",
    Tier.GENERAL: "#d7ebdc",
}
"""The colour that marks a client's tier, after the Dongcheng model."""

Contacts = Mapping[str, Contact]


@dataclass(frozen=True)
class PaperRow:
    """One line of a sheet; ``colour`` marks its first cell."""

    cells: tuple[str, ...]
    colour: str | None = None


@dataclass(frozen=True)
class PaperSheet:
    """One printed sheet, in one language.

    Attributes:
        name: short and unique, for the workbook's tab.
        title: heading.
        facts: (label, value) pairs below it.
        columns: (heading, share of the width) pairs; shares sum to about 100.
        rows: lines.
        notes: printed below the lines.
    """

    name: str
    title: str
    facts: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, int], ...]
    rows: tuple[PaperRow, ...]
    notes: tuple[str, ...]


_PRIVATE = Text(
    zh="本表含个人信息：仅供本人当日使用，用后交回销毁。",
    en="This sheet holds personal data: for today's use only; hand it back to be destroyed.",
)


def carer_sheets(
    run: VisitsRun, catalogue: Catalogue, contacts: Contacts, lang: Lang
) -> tuple[PaperSheet, ...]:
    """One sheet per carer with a round, in the order of the carers."""
    return tuple(_carer_sheet(run, round_, catalogue, contacts, lang) for round_ in run.rounds)


def loading_lists(run: MealsRun, contacts: Contacts, lang: Lang) -> tuple[PaperSheet, ...]:
    """One sheet per trip, by kitchen, then by the time that loading starts."""
    trips = sorted(run.trips, key=lambda trip: (trip.kitchen, trip.load_at, trip.carrier))
    return tuple(_loading_list(run, trip, contacts, lang) for trip in trips)


def _carer_sheet(
    run: VisitsRun, round_: Round, catalogue: Catalogue, contacts: Contacts, lang: Lang
) -> PaperSheet:
    carer = run.case.carers[round_.vehicle]
    rows = [_stop_row(run, round_, stop, catalogue, contacts, lang) for stop in round_.stops]
    day = run.wanted.day.isoformat()
    facts = (
        (_say(lang, "护理员", "carer"), _named(carer.id, contacts)),
        (_say(lang, "日期", "date"), day),
        (_say(lang, "出发", "leave"), hour(round_.depart)),
        (_say(lang, "结束", "end"), hour(round_.end)),
        (_say(lang, "服务次数", "visits"), str(len(round_.tasks))),
        (_say(lang, "出行方式", "mode"), getattr(MODES[carer.mode], lang)),
        (_say(lang, "路程", "way"), _kilometres(round_.metres, lang)),
    )
    columns = (
        (_say(lang, "类别", "tier"), 10),
        (_say(lang, "时间", "time"), 11),
        (_say(lang, "姓名", "name"), 9),
        (_say(lang, "电话", "phone"), 13),
        (_say(lang, "住址", "address"), 19),
        (_say(lang, "服务", "service"), 13),
        (_say(lang, "路上", "travel"), 7),
        (_say(lang, "备注", "note"), 10),
        (_say(lang, "签字", "signed"), 8),
    )
    title = _say(lang, f"护理员日程 {carer.id}", f"Carer's day {carer.id}")
    return PaperSheet(carer.id, title, facts, columns, tuple(rows), (getattr(_PRIVATE, lang),))


def _stop_row(
    run: VisitsRun,
    round_: Round,
    stop: RoundStop,
    catalogue: Catalogue,
    contacts: Contacts,
    lang: Lang,
) -> PaperRow:
    """A visit's line, or a break's."""
    time = f"{hour(stop.step.start)}–{hour(stop.step.finish)}"
    travel = _say(lang, f"{_minutes(stop.travel)} 分", f"{_minutes(stop.travel)} min")
    if stop.step.kind is StepKind.BREAK:
        return PaperRow(("", time, "", "", "", getattr(BREAK, lang), travel, "", ""))
    visit = run.case.visits[stop.step.index]
    contact = contacts.get(visit.client, Contact(visit.client))
    others = [
        _named(run.case.carers[other].id, contacts)
        for other in run.people[stop.step.index]
        if other != round_.vehicle
    ]
    with_whom = _say(lang, f"与 {'、'.join(others)}", f"with {', '.join(others)}") if others else ""
    note = "; ".join(filter(None, (contact.note, with_whom, _at_the_door(visit, catalogue, lang))))
    cells = (
        getattr(TIERS[visit.tier], lang),
        time,
        contact.name or visit.client,
        contact.phone,
        contact.address or (visit.community or ""),
        catalogue.service_name(visit.service, lang),
        travel,
        note,
        "",
    )
    return PaperRow(cells, TIER_COLOURS[visit.tier])


def _at_the_door(visit: Visit, catalogue: Catalogue, lang: Lang) -> str:
    """What the carer should know before going: stairs, things to bring."""
    notes = []
    if visit.equipment is not None:
        notes.append(catalogue.equipment_name(visit.equipment, lang))
    if visit.stairs:
        notes.append(_say(lang, f"{visit.floor} 层无电梯", f"floor {visit.floor}, no lift"))
    return "; ".join(notes)


def _loading_list(run: MealsRun, trip: Trip, contacts: Contacts, lang: Lang) -> PaperSheet:
    case = run.case
    carrier, kitchen = case.carriers[trip.carrier], case.kitchens[trip.kitchen]
    stops = [(stop, case.stops[stop.step.index]) for stop in trip.stops]
    rows = []
    for drop, (stop, meal_stop) in enumerate(stops, start=1):
        for order in meal_stop.orders:
            contact = contacts.get(order.client, Contact(order.client))
            cells = (
                str(drop),
                str(len(stops) - drop + 1),
                hour(stop.step.start),
                contact.address or order.building or order.community or "",
                contact.name or order.client,
                contact.phone,
                str(order.portions),
                order.diet,
                "",
            )
            rows.append(PaperRow(cells))
    boxes = sum(meal_stop.boxes for _, meal_stop in stops)
    orders = [order for _, meal_stop in stops for order in meal_stop.orders]
    latest = trip.leave_at + round(run.wanted.fresh_minutes * 60)
    facts = (
        (_say(lang, "日期", "date"), run.wanted.day.isoformat()),
        (_say(lang, "厨房", "kitchen"), kitchen.id),
        (
            _say(lang, "配送员", "carrier"),
            f"{_named(carrier.id, contacts)} ({getattr(MODES[carrier.mode], lang)})",
        ),
        (_say(lang, "装车", "load"), hour(trip.load_at)),
        (_say(lang, "出发", "leave"), hour(trip.leave_at)),
        (_say(lang, "最迟送完", "deliver by"), hour(latest)),
        (
            _say(lang, "份数 / 箱数", "portions / boxes"),
            f"{sum(o.portions for o in orders)} / {boxes} (≤ {carrier.boxes})",
        ),
        (_say(lang, "餐食", "diets"), _diets((o.diet, o.portions) for o in orders) or "–"),
    )
    columns = (
        (_say(lang, "站序", "drop"), 5),
        (_say(lang, "装车序", "load order"), 8),
        (_say(lang, "到达", "arrive"), 9),
        (_say(lang, "地址", "address"), 26),
        (_say(lang, "姓名", "name"), 12),
        (_say(lang, "电话", "phone"), 14),
        (_say(lang, "份", "portions"), 9),
        (_say(lang, "忌口", "diet"), 9),
        (_say(lang, "签收", "signed"), 8),
    )
    name = f"{kitchen.id} {carrier.id}-{trip.number}"
    title = _say(
        lang,
        f"装车单 {carrier.id} 第 {trip.number} 趟",
        f"Loading list {carrier.id}, trip {trip.number}",
    )
    notes = (
        _say(
            lang,
            "按装车序装车：先装最后送的一站。",
            "Load in load order: what is dropped last goes in first.",
        ),
        getattr(_PRIVATE, lang),
    )
    return PaperSheet(name, title, facts, columns, tuple(rows), notes)


def people_of(run: VisitsRun | MealsRun) -> frozenset[str]:
    """Keys of the contacts that the sheets need, clients and staff; nobody else's are read."""
    if isinstance(run, VisitsRun):
        served = (step for route in run.answer.plan.routes for step in route.steps)
        clients = {run.case.visits[s.index].client for s in served if s.kind is StepKind.TASK}
        return frozenset(clients | {staff_key(run.case.carers[r.vehicle].id) for r in run.rounds})
    stops = (run.case.stops[stop.step.index] for trip in run.trips for stop in trip.stops)
    clients = {order.client for stop in stops for order in stop.orders}
    return frozenset(clients | {staff_key(run.case.carriers[t.carrier].id) for t in run.trips})


def _named(id: str, contacts: Contacts) -> str:
    """A carer's or carrier's id, with the name where it is known."""
    contact = contacts.get(staff_key(id))
    return id if contact is None or not contact.name else f"{id} {contact.name}"


def hour(seconds: int) -> str:
    """Seconds of the day as HH:MM; hours run on after midnight."""
    minutes = seconds // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _minutes(seconds: int) -> int:
    return -(-seconds // 60)


def _kilometres(metres: int, lang: Lang) -> str:
    return _say(lang, f"{metres / 1000:.1f} 公里", f"{metres / 1000:.1f} km")


def _diets(portions: Iterable[tuple[str, int]]) -> str:
    counts: Counter[str] = Counter()
    for diet, number in portions:
        if diet:
            counts[diet] += number
    return ", ".join(f"{diet} × {number}" for diet, number in sorted(counts.items()))


def _say(lang: Lang, zh: str, en: str) -> str:
    return zh if lang == "zh" else en
