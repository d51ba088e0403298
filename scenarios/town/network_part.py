"""The part ``plan:`` of a demo town's scenario."""

from __future__ import annotations

from typing import Any

from scenarios.policies import load_pack
from scenarios.town.network_plan import NetworkTargets
from scenarios.town.network_terms import BEDS, CHILDREN, SIZES_BY_LEVEL, YEARS

__all__ = ["NETWORK_FILE", "network_assumptions", "network_part"]

NETWORK_FILE = "network.gpkg"
"""The network plan's own layers, beside the town's."""

_LAST = YEARS[-1]
_BONUS_PERSONS = 20.0
_DAY_FLOOR = 0.1
_CARE_FLOOR = 0.5
_CELLS = (
    ("able", "60—79岁、未达重度失能", "60 to 79, not severely disabled", "70-79_intact", 1.0),
    ("old", "80岁及以上、未达重度失能", "80 and over, not severely disabled", "80+_intact", 2.0),
    ("severe", "重度以上失能（各年龄）", "severely disabled, any age", "80+_severe", 2.0),
)


def network_part(targets: NetworkTargets, seconds: float, seed: int) -> dict[str, Any]:
    """What stands where in which of the three years."""
    minutes = load_pack("gb50180_2018").number("circle_minutes")
    return {
        "years": [
            {"label": year, "capital_yuan": capital, "running_yuan": running}
            for year, capital, running in zip(YEARS, targets.capital, targets.running, strict=True)
        ],
        "carry_capital": True,
        "minutes": minutes,
        "demand": [{"source": _layer("people"), "cells": _cells()}],
        "services": [*_walks(minutes), *_beds()],
        "levels": _levels(),
        "sites": [*_standing(), *_homes(), *_openings()],
        "quotas": [
            {
                "source": _layer("quotas"),
                "area": "area_m2",
                "year_column": "first_year",
                "level": "station",
                **_ID,
            }
        ],
        "near": [
            {
                "source": {"path": "layers.gpkg", "layer": "health_stations"},
                "label": _text("毗邻社区卫生服务站", "beside a community health station"),
                "within_m": 300.0,
                "levels": ["centre", "station"],
                "bonus_persons": _BONUS_PERSONS,
            }
        ],
        "populations": _populations(),
        "communities": {
            "source": {"path": "layers.gpkg", "layer": "communities"},
            "name_en": "name_en",
        },
        "rules": _rules(targets),
        "floors": [
            {"share": _CARE_FLOOR, "service": "care", "per": "subdistrict", "from_year": _LAST},
            {"share": _DAY_FLOOR, "service": "day", "per": "district", "from_year": _LAST},
        ],
        "objective": {"aim": "max_value", "seconds": seconds, "seed": seed},
    }


_ID = {"id": "id", "name": "name", "name_en": "name_en"}


def _layer(name: str, **where: Any) -> dict[str, Any]:
    return {"path": NETWORK_FILE, "layer": name, **({"where": where} if where else {})}


def _text(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def _cells() -> list[dict[str, Any]]:
    speeds = load_pack("walking_speeds")
    return [
        {
            "id": name,
            "label": _text(zh, en),
            "count": f"elders_{name}",
            "speed": speeds.number(f"cell_{speed}"),
            "weight": weight,
        }
        for name, zh, en, speed, weight in _CELLS
    ]


def _ask(cells: list[str], share: float) -> dict[str, Any]:
    return {"cells": cells, "share": share, "estimated": True}


def _walks(minutes: float) -> list[dict[str, Any]]:
    """Services within a walk: one by distance with a second site's worth, one by places."""
    return [
        {
            "id": "care",
            "label": _text("到站服务", "drop-in services"),
            "full_minutes": round(minutes / 2, 1),
            "backup": 0.2,
        },
        {
            "id": "day",
            "label": _text("日间照料", "day care"),
            "unit": _text("位", "places"),
            "asks": [_ask(["able"], 0.01), _ask(["old"], 0.05), _ask(["severe"], 0.12)],
            "capacitated": True,
            "weight": 10.0,
        },
    ]


def _beds() -> list[dict[str, Any]]:
    """Beds, of the whole district."""
    kinds = {
        "beds_basic": ("普通床位", "basic beds", [_ask(["old"], 0.03)]),
        "beds_nursing": ("护理型床位", "nursing beds", [_ask(["severe"], 0.25)]),
        "beds_dementia": (
            "认知症照护床位",
            "dementia beds",
            [_ask(["old"], 0.01), _ask(["severe"], 0.04)],
        ),
    }
    return [
        {
            "id": name,
            "label": _text(zh, en),
            "unit": _text("张", "beds"),
            "asks": asks,
            "walk": False,
            "capacitated": True,
            "weight": 3.0,
        }
        for name, (zh, en, asks) in kinds.items()
    ]


def _levels() -> list[dict[str, Any]]:
    sizes = {
        level: [terms.part(name) for name, terms in named.items()]
        for level, named in SIZES_BY_LEVEL.items()
    }
    return [
        {
            "id": "centre",
            "label": _text("街道养老服务中心", "sub-district centre"),
            "most_children": CHILDREN["centre"],
            "offers": ["care"],
            "sizes": sizes["centre"],
        },
        {
            "id": "station",
            "label": _text("养老服务驿站", "station"),
            "hangs_on": {"level": "centre", "same_subdistrict": True},
            "most_children": CHILDREN["station"],
            "offers": ["care"],
            "sizes": sizes["station"],
        },
        {
            "id": "point",
            "label": _text("社区服务点", "service point"),
            "hangs_on": {"level": "station", "same_subdistrict": True},
            "offers": ["care"],
            "sizes": sizes["point"],
        },
        {
            "id": "home",
            "label": _text("养老机构", "care home"),
            "sizes": sizes["home"],
        },
    ]


def _standing() -> list[dict[str, Any]]:
    """Stations of today: kept, made larger, turned into a centre or a point, or closed."""
    return [
        {
            "source": _layer("stations"),
            "level": "station",
            "size_column": "size",
            "may": ["keep", "upgrade", "convert", "close"],
            "upgrade_to": ["centre"],
            "convert_to": ["point"],
            **_ID,
            "area": "area_m2",
            "capacity": {"day": "day_places"},
            "clients": {"day": "day_clients"},
            "operator": "operator",
            "closing_cost_yuan": 150_000,
            "takeover": {"levels": ["centre", "station"], "same_subdistrict": True},
        }
    ]


def _homes() -> list[dict[str, Any]]:
    """Care homes: most may be refitted for nursing, the smallest may close."""
    fields = {
        "level": "home",
        "size": "plain",
        **_ID,
        "area": "area_m2",
        "capacity": {kind: kind for kind in BEDS},
        "residents": {kind: kind.replace("beds_", "residents_") for kind in BEDS},
        "operator": "operator",
    }
    return [
        {"source": _layer("homes", may_close=0), **fields, "may": ["keep", "upgrade"]},
        {
            "source": _layer("homes", may_close=1),
            **fields,
            "may": ["keep", "close"],
            "closing_cost_yuan": 300_000,
        },
    ]


def _openings() -> list[dict[str, Any]]:
    """What is being built, and where something may open."""
    premises = {**_ID, "area": "area_m2", "premises": "source"}
    return [
        {
            "source": _layer("committed"),
            "status": "committed",
            "level": "station",
            "size": "large",
            "year_column": "opens",
            **premises,
        },
        {
            "source": _layer("premises"),
            "status": "candidate",
            "level": "station",
            "levels": ["centre"],
            "year_column": "first_year",
            "rent": "rent_yuan",
            **premises,
        },
        {
            "source": _layer("rooms"),
            "status": "candidate",
            "level": "point",
            "rent": "rent_yuan",
            **premises,
        },
    ]


def _populations() -> list[dict[str, Any]]:
    people = _layer("people")
    return [
        {
            "id": "permanent",
            "label": _text("常住人口", "permanent residents"),
            "source": people,
            "column": "residents",
        },
        {
            "id": "registered",
            "label": _text("户籍老年人口", "registered elders"),
            "source": people,
            "column": "registered_elders",
        },
    ]


def _rules(targets: NetworkTargets) -> list[dict[str, Any]]:
    network, beds = ["centre", "station", "point"], list(BEDS)
    return [
        {"count": ["centre"], "per": "subdistrict", "at_most": 1},
        {"count": ["centre"], "per": "subdistrict", "exactly": 1, "from_year": _LAST},
        {"count": network, "per": "community", "at_least": 1, "from_year": _LAST},
        {
            "area": network,
            "per": "subdistrict",
            "at_least": targets.area_per_1000,
            "per_1000": "permanent",
            "from_year": _LAST,
        },
        {
            "capacity": beds,
            "at_least": targets.beds_per_100,
            "per_100": "registered",
            "from_year": _LAST,
        },
        {
            "capacity": ["beds_nursing", "beds_dementia"],
            "share_of": beds,
            "at_least": targets.nursing_share,
            "from_year": _LAST,
        },
        {
            "capacity": ["beds_dementia"],
            "at_least": targets.dementia_per_10000,
            "per_10000": "registered",
            "from_year": _LAST,
        },
    ]


def network_assumptions() -> list[dict[str, str]]:
    """What the plan part assumes."""
    return [
        _text(
            "三年规划的用房、租金、床位、在住老人、户籍老人、造价与预算均为虚构；"
            "指标按一套可行方案取值，不代表任何城市的标准",
            "premises, rents, beds, residents, registered elders, costs and budgets of the "
            "three-year plan are invented; its targets are set by a plan that can be fulfilled "
            "and are no city's standards",
        ),
        _text(
            "日间照料按能力较好者1%、高龄老人5%、重度以上失能老人12%估算需求",
            "1 % of the abler, 5 % of the oldest and 12 % of the severely disabled elders are "
            "taken to ask for day care",
        ),
    ]
