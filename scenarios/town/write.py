"""Writes a town as an office would hand it in: layers, tables, and a scenario over them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import yaml
from openpyxl import load_workbook

from geo.layers import write_layers
from geo.tables import write_xlsx
from scenarios.catalogue import built_in
from scenarios.contacts import Contact
from scenarios.model import Scenario
from scenarios.places import PlaceRow, PlaceTable
from scenarios.policies import load_pack
from scenarios.records import Place
from scenarios.tables import (
    write_absences,
    write_balances,
    write_carers,
    write_carriers,
    write_kitchens,
    write_orders,
    write_places,
    write_visits,
)
from scenarios.town.balances import PACK
from scenarios.town.cells import CELLS
from scenarios.town.day import DAY
from scenarios.town.features import DayFeature
from scenarios.town.ledger import contacts_of, draw_ledger
from scenarios.town.names import invented_phone, person_name
from scenarios.town.network_part import NETWORK_FILE, network_assumptions, network_part
from scenarios.town.plane import stream
from scenarios.town.sizes import SIZES, TownSize
from scenarios.town.week import write_week_ledger
from scenarios.visits.given import GivenVisit

if TYPE_CHECKING:
    from scenarios.demo import DemoTown

__all__ = ["DAY", "HIDDEN_PLAN", "LAYER_NAMES", "read_plan", "town_scenario", "write_files"]

LAYER_NAMES = (
    "subdistricts",
    "communities",
    "rivers",
    "streets",
    "compounds",
    "gates",
    "buildings",
    "demand",
    "stations",
    "institutions",
    "candidates",
    "health_stations",
    "hospitals",
)
NETWORK_LAYERS = ("people", "stations", "homes", "premises", "rooms", "committed", "quotas")
"""Layers of the network plan, in a file of their own."""
_LAYERS = "layers.gpkg"
_BALANCES, _ABSENCES = "balances.xlsx", "absences.xlsx"
HIDDEN_PLAN = "hidden-plan.json"
_WAITING = 6.0
"""Yuan per hour of waiting, on top of wages."""
_TARGET_WEIGHT = 2.0
_BONUS_PERSONS = 20.0
_SECONDS = {"S": (30.0, 15.0, 15.0), "M": (60.0, 30.0, 30.0), "L": (300.0, 120.0, 120.0)}
"""Time limits of siting, visits and meals by size."""
_PLAN_SECONDS = {"S": 20.0, "M": 60.0, "L": 300.0}
_WEEK_SECONDS = {"S": 30.0, "M": 120.0, "L": 300.0}
_PHONES_OF_CARERS, _PHONES_OF_WEEK = 7_000, 8_000


def write_files(town: DemoTown, folder: Path) -> Path:
    """Write everything into the folder; the path of ``scenario.yaml``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_layers(folder / _LAYERS, {name: getattr(town, name) for name in LAYER_NAMES})
    ground = town.network.ground
    write_layers(folder / NETWORK_FILE, {name: getattr(ground, name) for name in NETWORK_LAYERS})
    homes = town.buildings
    doors = (homes["compound"] + homes["building"]).tolist()
    contacts = contacts_of(town.clients, doors)
    write_visits(folder / "visits.xlsx", [*town.visits, *town.away.visits])
    write_orders(folder / "orders.xlsx", town.orders)
    write_carers(folder / "carers.xlsx", [*town.carers, *town.away.carers])
    write_absences(folder / _ABSENCES, town.away.absences)
    write_kitchens(folder / "kitchens.xlsx", town.kitchens)
    write_carriers(folder / "carriers.xlsx", town.carriers)
    write_places(folder / "places.xlsx", _places(town))
    staff = _staff_contacts(town)
    _add_people(folder / "visits.xlsx", "老人编号", contacts)
    _add_people(folder / "orders.xlsx", "老人编号", contacts)
    _add_people(folder / "carers.xlsx", "护理员编号", staff)
    _add_people(folder / "carriers.xlsx", "运力编号", staff)
    rng = stream(town.seed, 16)
    ledger = draw_ledger(
        town.clients,
        town.visits,
        town.orders,
        homes.drop(columns="geometry"),
        contacts,
        built_in(),
        DAY,
        rng,
    )
    write_xlsx(folder / "elders.xlsx", {"台账": ledger})
    if DayFeature.ALLOWANCES in town.features:
        write_balances(folder / _BALANCES, town.balances)
    _write_plan(folder / HIDDEN_PLAN, town)
    path = folder / "scenario.yaml"
    _write_yaml(path, town_scenario(town))
    _write_yaml(folder / "ledger.yaml", _ledger_scenario(town))
    _write_week(town, folder, contacts, homes.drop(columns="geometry"))
    return path


def _write_week(
    town: DemoTown, folder: Path, contacts: Mapping[str, Contact], homes: pd.DataFrame
) -> None:
    """The week's ledger, carers and scenario."""
    write_xlsx(folder / "week_elders.xlsx", {"台账": write_week_ledger(town.week, homes, contacts)})
    write_carers(folder / "week_carers.xlsx", town.week.carers)
    _add_people(folder / "week_carers.xlsx", "护理员编号", _week_contacts(town))
    _write_yaml(folder / "week.yaml", week_scenario(town))


def _week_contacts(town: DemoTown) -> dict[str, Contact]:
    rng = stream(town.seed, 32)
    return {
        carer.id: Contact(carer.id, person_name(rng), invented_phone(_PHONES_OF_WEEK + number))
        for number, carer in enumerate(town.week.carers)
    }


def week_scenario(town: DemoTown) -> Scenario:
    """A week of visits, from a ledger that says how often."""
    whole = town_scenario(town)
    content = whole.model_dump(exclude={"siting", "plan", "meals", "visits"}, exclude_none=True)
    content["id"] = f"{whole.id}-week"
    station = town.stations.geometry.iloc[0]
    content["week"] = {
        "monday": DAY,
        "elders": {"path": "week_elders.xlsx"},
        "carers": {"path": "week_carers.xlsx"},
        "places": {"path": "places.xlsx"},
        "station": [station.x, station.y],
        "rest_days": {id: list(days) for id, days in town.week.rest_days.items()},
        "allowances": {"pack": "dongcheng_2017"},
        "seconds": _WEEK_SECONDS[town.size],
        "seed": town.seed,
    }
    return Scenario.model_validate(content)


def _write_plan(path: Path, town: DemoTown) -> None:
    """The plan that the day was made around."""
    rows = [{"visit": v.visit, "carers": list(v.carers), "start": v.start} for v in town.plan]
    path.write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")


def read_plan(path: Path) -> list[GivenVisit]:
    """The plan that a town's day was made around, as :func:`write_files` wrote it."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [GivenVisit(row["visit"], tuple(row["carers"]), row["start"]) for row in rows]


def _places(town: DemoTown) -> PlaceTable:
    """The local place table: every building, and the hospitals by name."""
    at = town.demand.geometry
    rows = [
        PlaceRow(id, compound, building, Place(point.x, point.y), community)
        for id, compound, building, community, point in zip(
            town.demand["id"],
            town.demand["compound"],
            town.demand["building"],
            town.demand["community"],
            at,
            strict=True,
        )
    ]
    hospitals = town.hospitals
    rows += [
        PlaceRow(id, name, "", Place(point.x, point.y))
        for id, name, point in zip(
            hospitals["id"], hospitals["name"], hospitals.geometry, strict=True
        )
    ]
    return PlaceTable(tuple(rows))


def _staff_contacts(town: DemoTown) -> dict[str, Contact]:
    rng = stream(town.seed, 17)
    carers = [*town.carers, *town.away.carers]
    ids = [*(carer.id for carer in carers), *(carrier.id for carrier in town.carriers)]
    return {
        id: Contact(id, person_name(rng), invented_phone(_PHONES_OF_CARERS + number))
        for number, id in enumerate(ids)
    }


def _add_people(path: Path, id_heading: str, people: Mapping[str, Contact]) -> None:
    """Add name, phone and address to a written table, next to the person's id."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    id_column, first = headings.index(id_heading) + 1, len(headings) + 1
    for offset, (heading, field) in enumerate(
        (("姓名", "name"), ("联系电话", "phone"), ("住址", "address"))
    ):
        if not any(getattr(contact, field) for contact in people.values()):
            continue
        sheet.cell(1, first + offset, heading)
        for row in range(2, sheet.max_row + 1):
            contact = people[str(sheet.cell(row, id_column).value)]
            sheet.cell(row, first + offset, getattr(contact, field))
    book.save(path)


def town_scenario(town: DemoTown) -> Scenario:
    """The scenario over the town's files, all four jobs in it."""
    size = SIZES[town.size]
    siting_s, visits_s, meals_s = _SECONDS[town.size]
    station = town.stations.geometry.iloc[0]
    return Scenario.model_validate(
        {
            "schema_version": 1,
            "id": f"demo-town-{town.size.lower()}-{town.seed}",
            "name": {"zh": f"{town.name.zh}示例", "en": town.name.en},
            "district_code": town.code,
            "metric_crs": town.metric_crs,
            "sources": [
                f"carecircle demo town {town.size}, seed {town.seed}: generated / 程序生成",
                *_citations(),
            ],
            "assumptions": [*_assumptions(), *network_assumptions()],
            "network": {
                "source": _layer("streets"),
                "kind": "lines",
                "name": "name",
                "drop_names": ["快速路"],
            },
            "districts": {
                "source": _layer("subdistricts"),
                "name": "name",
                "name_en": "name_en",
                "code": "code",
                "population": "population",
            },
            "siting": _siting(size, siting_s, town.seed),
            "plan": network_part(town.network.targets, _PLAN_SECONDS[town.size], town.seed),
            "visits": {
                "day": DAY,
                "visits": {"path": "visits.xlsx"},
                "carers": {"path": "carers.xlsx"},
                "places": {"path": "places.xlsx"},
                "station": [station.x, station.y],
                **_day_terms(town),
                "seconds": visits_s,
                "seed": town.seed,
            },
            "meals": {
                "day": DAY,
                "orders": {"path": "orders.xlsx"},
                "kitchens": {"path": "kitchens.xlsx"},
                "carriers": {"path": "carriers.xlsx"},
                "places": {"path": "places.xlsx"},
                "seconds": meals_s,
                "seed": town.seed,
            },
        }
    )


def _day_terms(town: DemoTown) -> dict[str, Any]:
    """What the scenario's visits part states of the day."""
    f, terms = DayFeature, dict[str, Any]()
    terms["absences"] = {"path": _ABSENCES}
    if f.WAITING in town.features:
        terms["weights"] = {"waiting_yuan_per_hour": _WAITING}
    if f.EQUIPMENT in town.features and town.equipment:
        terms["equipment"] = dict(town.equipment)
    if f.ALLOWANCES in town.features:
        terms["allowances"] = {"pack": PACK, "balances": {"path": _BALANCES}}
    for feature in (f.BY_PHONE, f.ONE_AT_A_TIME):
        if feature in town.features:
            terms[feature.value] = True
    return terms


def _ledger_scenario(town: DemoTown) -> Scenario:
    """The same day of visits, made from the elders' ledger."""
    whole = town_scenario(town)
    assert whole.visits is not None
    fields = whole.visits.model_dump(exclude={"visits"}, exclude_none=True)
    content = whole.model_dump(exclude={"siting", "plan", "meals", "visits"}, exclude_none=True)
    content["id"] = f"{whole.id}-ledger"
    content["visits"] = {**fields, "elders": {"path": "elders.xlsx"}}
    return Scenario.model_validate(content)


def _layer(name: str) -> dict[str, str]:
    return {"path": _LAYERS, "layer": name}


def _siting(size: TownSize, seconds: float, seed: int) -> dict[str, Any]:
    """Most elders within the circle, each at the speed of the own age and ability."""
    speeds = load_pack("walking_speeds")
    minutes = load_pack("gb50180_2018").number("circle_minutes")
    cells = [
        {
            "id": cell.column,
            "label": cell.text.model_dump(),
            "count": cell.column,
            "age": cell.age,
            "ability": cell.ability,
            "living": cell.living,
            "speed": speeds.number(f"cell_{cell.age}_{cell.ability}"),
            "weight": _TARGET_WEIGHT if cell.is_target else 1.0,
        }
        for cell in CELLS
    ]
    station = {"id": "id", "name": "name", "name_en": "name_en", "area": "area_m2"}
    return {
        "question": "mclp",
        "new_sites": size.new_sites,
        "minutes": minutes,
        "demand": [{"source": _layer("demand"), "cells": cells}],
        "sites": [
            {"source": _layer("stations"), "status": "existing", **station},
            {
                "source": _layer("institutions"),
                "status": "existing",
                "tier": "institution",
                "serves": False,
                "id": "id",
                "name": "name",
                "name_en": "name_en",
            },
            {
                "source": _layer("candidates"),
                "status": "candidate",
                **station,
                "cost": "yearly_cost_yuan",
                "premises": "source",
            },
        ],
        "bonus": {
            "near": _layer("health_stations"),
            "within_m": 300.0,
            "persons": _BONUS_PERSONS,
            "label": {"zh": "毗邻社区卫生服务站", "en": "next to a community health station"},
        },
        "seconds": seconds,
        "seed": seed,
    }


def _citations() -> list[str]:
    """Where the circle and the walking speeds come from."""
    circle, speeds = load_pack("gb50180_2018"), load_pack("walking_speeds")
    return [
        f"circle: {circle.citation('circle_minutes')}",
        f"walking speeds: {speeds.source}",
    ]


def _assumptions() -> list[dict[str, str]]:
    return [
        {
            "zh": "本城区由程序生成，不含任何真实地点或人员；姓名、电话均为虚构",
            "en": "a generated town; no real place or person, all names and phones are invented",
        },
        {
            "zh": "步行速度按年龄和能力取文献值，尚待与原文核对",
            "en": "walking speeds by age and ability follow the literature and are not yet "
            "verified against the originals",
        },
        {
            "zh": f"80岁及以上和重度以上失能老人按{_TARGET_WEIGHT:g}倍权重计入",
            "en": "people of 80 and older, and the severely disabled of any age, count "
            f"{_TARGET_WEIGHT:g} times",
        },
        {
            "zh": f"候选点距社区卫生服务站300米以内，按多覆盖{_BONUS_PERSONS:g}人计",
            "en": "a candidate within 300 m of a community health station counts as "
            f"{_BONUS_PERSONS:g} more persons covered",
        },
        {
            "zh": "建筑面积、租金、工时和容量均为示例取值",
            "en": "floor areas, rents, hours and capacities are made up",
        },
    ]


def _write_yaml(path: Path, scenario: Scenario) -> None:
    content = scenario.model_dump(mode="json", exclude_unset=True)
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100)
    path.write_text(text, encoding="utf-8", newline="\n")
