"""What the fields of a scenario must say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import isclose

from scenarios.cells import read_time
from scenarios.model import DemandInput, MealsInput, Scenario, SitingInput, VisitsInput
from scenarios.plan.crosschecks import plan_findings

__all__ = ["Disagreement", "disagreements"]

Steps = tuple[str | int, ...]
Disagreement = tuple[Steps, dict[str, str]]
"""The field, and the texts of :data:`scenarios.codes.FIELDS_DISAGREE`."""


def disagreements(scenario: Scenario) -> Iterator[Disagreement]:
    """Every place where single fields are right but do not fit together."""
    if scenario.siting is not None:
        yield from _siting(scenario.siting)
    if scenario.plan is not None:
        for index, demand in enumerate(scenario.plan.demand):
            yield from _cells(demand, ("plan", "demand", index, "cells"))
        yield from _groups(scenario.plan.demand, "plan")
        for steps, why, hint in plan_findings(scenario.plan):
            yield _say(("plan", *steps), why, hint)
    if scenario.visits is not None:
        yield from _visits(scenario.visits)
    if scenario.meals is not None:
        yield from _meals(scenario.meals)


def _say(steps: Steps, why: tuple[str, str], hint: tuple[str, str]) -> Disagreement:
    return steps, {
        "why_en": why[0],
        "why_zh": why[1],
        "hint_en": hint[0],
        "hint_zh": hint[1],
    }


def _siting(siting: SitingInput) -> Iterator[Disagreement]:
    if siting.question != "lscp" and siting.new_sites is None:
        yield _say(
            ("siting", "new_sites"),
            (
                f"the question {siting.question} needs a number of new sites",
                f"问题 {siting.question} 需要给出新增站点数",
            ),
            ("give new_sites, or ask lscp", "请填写 new_sites，或改用 lscp"),
        )
    wants_new = siting.question == "lscp" or bool(siting.new_sites)
    if (
        wants_new
        and not siting.candidates
        and not any(part.status in ("candidate", "required") for part in siting.sites)
    ):
        yield _say(
            ("siting", "candidates"),
            ("there is nothing to choose new sites from", "没有可供选择的新站点"),
            (
                "add a layer of sites with status candidate, or candidates to generate",
                "请添加状态为 candidate 的站点图层，或填写 candidates 以自动生成",
            ),
        )
    for index, candidates in enumerate(siting.candidates):
        if candidates.on != "corners" and candidates.source is None:
            yield _say(
                ("siting", "candidates", index, "source"),
                (
                    f"candidates on {candidates.on} need a layer of polygons",
                    f"在 {candidates.on} 上生成候选点需要面图层",
                ),
                ("give source", "请填写 source"),
            )
    for index, demand in enumerate(siting.demand):
        yield from _cells(demand, ("siting", "demand", index, "cells"))
    yield from _groups(siting.demand, "siting")


def _cells(demand: DemandInput, steps: Steps) -> Iterator[Disagreement]:
    """Cells are disjoint: no id twice, and shares of one column at most 1 together."""
    for cell_id, times in Counter(cell.id for cell in demand.cells).items():
        if times > 1:
            yield _say(
                steps,
                (f"the cell id {cell_id} is used {times} times", f"单元编号 {cell_id} 重复"),
                ("give every cell an id of its own", "请为每个单元使用不同的编号"),
            )
    total: dict[str, float] = {}
    for cell in demand.cells:
        total[cell.count] = total.get(cell.count, 0.0) + cell.share
    for column, share in total.items():
        if share > 1 and not isclose(share, 1):
            yield _say(
                steps,
                (
                    f"the cells take {share:.4g} times the column {column}: people count twice",
                    f"各单元合计占“{column}”列的 {share:.4g} 倍，人口被重复计算",
                ),
                ("let the shares add up to 1 at most", "请使各份额之和不超过 1"),
            )


def _groups(layers: Sequence[DemandInput], part: str) -> Iterator[Disagreement]:
    """Cell ids become columns of a GeoPackage, which does not tell ``A`` from ``a``."""
    spellings: dict[str, str] = {}
    for index, demand in enumerate(layers):
        for cell in demand.cells:
            first = spellings.setdefault(cell.id.casefold(), cell.id)
            if first != cell.id:
                yield _say(
                    (part, "demand", index, "cells"),
                    (
                        f"the cell ids {first} and {cell.id} differ in capitals only",
                        f"单元编号 {first} 与 {cell.id} 仅大小写不同",
                    ),
                    ("spell them alike or choose another id", "请统一写法或改用其他编号"),
                )


def _ledger_or_list(part: str, ledger: object, listed: object, name: str) -> Iterator[Disagreement]:
    if (ledger is None) == (listed is None):
        yield _say(
            (part,),
            (
                f"give either elders (a ledger) or {name} (the day's list)",
                f"elders（台账）与 {name}（当日清单）须且只能填写一项",
            ),
            ("keep one of the two", "请保留其中一项"),
        )


def _visits(visits: VisitsInput) -> Iterator[Disagreement]:
    yield from _ledger_or_list("visits", visits.elders, visits.visits, "visits")
    if (visits.catchments is None) != (visits.station_id is None):
        yield _say(
            ("visits",),
            (
                "catchments and station_id belong together",
                "catchments（责任片区）与 station_id（驿站编号）须同时填写",
            ),
            ("give both, or neither to plan all visits", "请同时填写；如安排全部探访则都不填"),
        )
    for index, rest in enumerate(visits.breaks):
        opens, closes = map(read_time, rest.window)
        if opens is None or closes is None or opens > closes:
            yield _say(
                ("visits", "breaks", index, "window"),
                ("the window is not two times of day in order", "时间窗应为先后两个时刻"),
                ('write ["11:30", "13:00"]', '请写作 ["11:30", "13:00"]'),
            )
    if visits.station is not None:
        lon, lat = visits.station
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            yield _say(
                ("visits", "station"),
                ("the point is not on the earth", "该点不在地球上"),
                ("write [longitude, latitude] in degrees", "请按 [经度, 纬度] 以度填写"),
            )


def _meals(meals: MealsInput) -> Iterator[Disagreement]:
    yield from _ledger_or_list("meals", meals.elders, meals.orders, "orders")
    first, last = map(read_time, meals.window)
    if first is None or last is None or first >= last:
        yield _say(
            ("meals", "window"),
            (
                "the window is not two times of day in order",
                "时间窗应为先后两个时刻",
            ),
            ('write ["10:45", "12:30"]', '请写作 ["10:45", "12:30"]'),
        )
