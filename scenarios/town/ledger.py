"""The elders' ledger (台账) of the town: everything a station writes down, all of it invented.

The ledger says the same as the day's visits and orders: what is due on the town's day is what
the visits table holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from scenarios.catalogue import Catalogue
from scenarios.cells import write_duration, write_windows
from scenarios.contacts import Contact
from scenarios.records import MealOrder, Visit
from scenarios.tables.kinds import ABILITY_NAMES
from scenarios.town.clients import Client, ability_of
from scenarios.words import TIERS

__all__ = ["contacts_of", "draw_ledger"]

_WEEKDAYS = "一二三四五六日"
_OTHER_DAYS = ("cleaning", "laundry", "haircut", "visit_of_care", "errands", "vital_signs")


def contacts_of(clients: Sequence[Client], addresses: Sequence[str]) -> dict[str, Contact]:
    """Invented names, phones and doors by id; ``addresses`` names every building."""
    return {
        client.id: Contact(
            client.id,
            client.name,
            client.phone,
            f"{addresses[client.building]}{client.floor}0{client.door}室",
        )
        for client in clients
    }


def draw_ledger(
    clients: Sequence[Client],
    visits: Sequence[Visit],
    orders: Sequence[MealOrder],
    homes: pd.DataFrame,
    contacts: Mapping[str, Contact],
    catalogue: Catalogue,
    day: date,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """One row per client, with the headings that offices use.

    Args:
        clients: everybody.
        visits: what is due on ``day``.
        orders: meals of that day.
        homes: every building's ``compound``, ``building``, ``community``, ``subdistrict``.
        contacts: names, phones and doors by id.
        catalogue: what services are called.
        day: the day; services of that day are due on its weekday.
        rng: source of chance.
    """
    due: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        due[visit.client].append(visit)
    portions = {order.client: order for order in orders}
    rows = []
    for number, client in enumerate(clients, start=1):
        home = homes.iloc[client.building]
        order, contact = portions.get(client.id), contacts[client.id]
        row: dict[str, object] = {
            "序号": number,
            "老人编号": client.id,
            "区县": "颐年区",
            "街道": home["subdistrict"],
            "社区": home["community"],
            "小区": home["compound"],
            "楼栋": home["building"],
            "姓名": contact.name,
            "性别": client.sex,
            "年龄": client.age,
            "联系电话": contact.phone,
            "住址": contact.address,
            "居住状况": _living(client, rng),
            "失能等级": ABILITY_NAMES[ability_of(client)].zh,
            "保障类别": TIERS[client.tier].zh,
            "楼层": client.floor,
            "电梯": "有" if client.floor > 1 and client.stairs == 0 else "无",
        }
        row |= _needs(due.get(client.id, []), catalogue, day, rng)
        row |= _wishes(due.get(client.id, []))
        row["午餐"] = order.portions if order else None
        row["忌口"] = (order.diet or None) if order else None
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)


def _living(client: Client, rng: np.random.Generator) -> str:
    if client.cell.living == "family":
        return "与家人同住"
    return "独居" if rng.random() < 0.55 else "空巢"


def _wishes(visits: Sequence[Visit]) -> dict[str, object]:
    """Whom the client wishes for, and who came last time, as far as the visits say."""
    named = dict.fromkeys(id for visit in visits for id in visit.asked.carers)
    last = dict.fromkeys(visit.asked.last for visit in visits if visit.asked.last)
    return {"护理员": "；".join(named) or None, "上次护理员": next(iter(last), None)}


def _needs(
    visits: Sequence[Visit], catalogue: Catalogue, day: date, rng: np.random.Generator
) -> dict[str, object]:
    """Services with frequency, minutes, wish and staff, in the same order in every cell."""
    if not visits:
        service = catalogue.services[_OTHER_DAYS[int(rng.integers(len(_OTHER_DAYS)))]]
        other = (day.weekday() + 1 + int(rng.integers(4))) % 7
        return {"服务项目": service.name.zh, "频次": f"每周{_WEEKDAYS[other]}"}
    names = [catalogue.services[visit.service].name.zh for visit in visits]
    return {
        "服务项目": "；".join(names),
        "频次": f"每周{_WEEKDAYS[day.weekday()]}",
        "时长": "；".join(str(write_duration(visit.duration)) for visit in visits),
        "期望时段": "；".join(write_windows(visit.windows[:1]) for visit in visits),
        "双人": "；".join("是" if visit.staff > 1 else "否" for visit in visits),
    }
