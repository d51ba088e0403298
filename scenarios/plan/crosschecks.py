"""What the fields of a plan must say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from scenarios.plan.crosschecks_rules import rule_findings
from scenarios.plan.model import PlanInput, PlanSitesInput, ServiceInput, SizeInput
from scenarios.plan.years import Calendar

__all__ = ["PlanFinding", "plan_findings"]

Steps = tuple[str | int, ...]
PlanFinding = tuple[Steps, tuple[str, str], tuple[str, str]]
"""The field (below ``plan``), what is wrong (en, zh), what to do (en, zh)."""

_CORRECT = ("correct the id or add the entry", "请更正编号或补充该条目")


def plan_findings(plan: PlanInput) -> Iterator[PlanFinding]:
    """Every place of a plan where single fields are right but do not fit together."""
    yield from _twice(plan)
    yield from _names(plan)
    yield from _years(plan)
    for index, service in enumerate(plan.services):
        yield from _service(plan, service, ("services", index))
    yield from _levels(plan)
    for index, layer in enumerate(plan.sites):
        yield from _sites(plan, layer, ("sites", index))
    for index, rule in enumerate(plan.rules):
        yield from rule_findings(rule, plan, ("rules", index))
    for index, near in enumerate(plan.near):
        counted = near.at_least is not None or near.each_at_least is not None
        if not near.bonus_persons and not near.only and not counted:
            yield (
                ("near", index),
                ("it asks for nothing", "未提出任何要求"),
                (
                    "give bonus_persons, only, at_least or each_at_least",
                    "请填写 bonus_persons、only、at_least 或 each_at_least",
                ),
            )
        if near.offering and not counted:
            yield (
                ("near", index, "offering"),
                ("it is for at_least and each_at_least", "仅用于 at_least 与 each_at_least"),
                ("give one of them, or remove offering", "请填写其一，或删除 offering"),
            )
    for index, population in enumerate(plan.populations):
        if population.cells and (population.source or population.column):
            yield (
                ("populations", index, "cells"),
                ("it counts cells and a layer", "同时按人群单元与图层统计"),
                ("keep cells, or source and column", "请只保留 cells，或 source 与 column"),
            )
    for index, candidates in enumerate(plan.candidates):
        if candidates.on == "parcels" and candidates.source is None:
            yield (
                ("candidates", index, "source"),
                ("candidates on parcels need a layer of polygons", "按地块生成候选点需要面图层"),
                ("give source", "请填写 source"),
            )
        if candidates.floor_share is not None and (
            candidates.on != "parcels" or candidates.area_m2 is not None
        ):
            yield (
                ("candidates", index, "floor_share"),
                (
                    "it is for parcels whose area_m2 is not given",
                    "floor_share 仅用于未填写 area_m2 的地块",
                ),
                ("keep one of area_m2 and floor_share", "请在 area_m2 与 floor_share 中保留一项"),
            )


def _twice(plan: PlanInput) -> Iterator[PlanFinding]:
    """Ids that are used more than once."""
    lists: list[tuple[Steps, Iterable[str]]] = [
        (("years",), (str(year.label) for year in plan.years)),
        (("services",), (each.id for each in plan.services)),
        (("levels",), (each.id for each in plan.levels)),
        (("populations",), (each.id for each in plan.populations)),
        (("groups",), [*(each.id for each in plan.groups), *_cells_of(plan)]),
    ]
    lists += [
        (("levels", at, "sizes"), (size.id for size in level.sizes))
        for at, level in enumerate(plan.levels)
    ]
    for steps, ids in lists:
        for value, times in Counter(ids).items():
            if times > 1:
                yield (
                    steps,
                    (f"{value} is used {times} times", f"{value} 重复 {times} 次"),
                    ("give every entry an id of its own", "请为每一项使用不同的编号"),
                )


def _cells_of(plan: PlanInput) -> list[str]:
    """Ids of all demand cells, each once."""
    return list(dict.fromkeys(cell.id for layer in plan.demand for cell in layer.cells))


def _unknown(
    steps: Steps, names: Iterable[str | None], known: Sequence[str], what: tuple[str, str]
) -> Iterator[PlanFinding]:
    for name in names:
        if name is not None and name not in known:
            listed = ", ".join(known)
            yield (
                steps,
                (
                    f"there is no {what[0]} {name}; there are: {listed}",
                    f"没有{what[1]} {name}；现有：{listed}",
                ),
                _CORRECT,
            )


def _names(plan: PlanInput) -> Iterator[PlanFinding]:
    """References to services, levels, cells and populations that do not exist."""
    services = [each.id for each in plan.services]
    levels = [each.id for each in plan.levels]
    own_cells = _cells_of(plan)
    cells = [*own_cells, *(group.id for group in plan.groups)]
    people = [each.id for each in plan.populations]
    a_service, a_level = ("service", "服务"), ("level", "层级")
    a_cell, a_population = ("cell", "人群单元"), ("population", "人口口径")
    for at, group in enumerate(plan.groups):
        yield from _unknown(("groups", at, "cells"), group.cells, own_cells, a_cell)
    for at, population in enumerate(plan.populations):
        yield from _unknown(("populations", at, "cells"), population.cells, cells, a_cell)
    for at, service in enumerate(plan.services):
        for ask_at, ask in enumerate(service.asks):
            steps: Steps = ("services", at, "asks", ask_at, "cells")
            yield from _unknown(steps, ask.cells or (), cells, a_cell)
    for at, level in enumerate(plan.levels):
        yield from _unknown(("levels", at, "offers"), level.offers, services, a_service)
        if level.hangs_on is not None:
            steps = ("levels", at, "hangs_on", "level")
            yield from _unknown(steps, [level.hangs_on.level], levels, a_level)
        for size_at, size in enumerate(level.sizes):
            steps = ("levels", at, "sizes", size_at, "capacity")
            yield from _unknown(steps, size.capacity, services, a_service)
    for part in ("sites", "candidates", "quotas"):
        for at, layer in enumerate(getattr(plan, part)):
            yield from _unknown((part, at, "level"), [layer.level], levels, a_level)
            yield from _unknown((part, at, "levels"), layer.levels, levels, a_level)
    for at, site in enumerate(plan.sites):
        for name in ("upgrade_to", "convert_to"):
            yield from _unknown(("sites", at, name), getattr(site, name), levels, a_level)
        for name in ("capacity", "residents", "clients"):
            yield from _unknown(("sites", at, name), getattr(site, name), services, a_service)
        if site.takeover is not None:
            steps = ("sites", at, "takeover", "levels")
            yield from _unknown(steps, site.takeover.levels, levels, a_level)
    for at, near in enumerate(plan.near):
        yield from _unknown(("near", at, "levels"), near.levels, levels, a_level)
        yield from _unknown(("near", at, "offering"), near.offering, services, a_service)
    for at, rule in enumerate(plan.rules):
        for name in ("count", "area", "levels"):
            yield from _unknown(("rules", at, name), getattr(rule, name) or (), levels, a_level)
        known_sizes = [f"{level.id}/{size.id}" for level in plan.levels for size in level.sizes]
        known_sizes += dict.fromkeys(size.id for level in plan.levels for size in level.sizes)
        yield from _unknown(("rules", at, "sizes"), rule.sizes, known_sizes, ("size", "规模"))
        for name in ("capacity", "share_of", "offering"):
            given = getattr(rule, name) or ()
            yield from _unknown(("rules", at, name), given, services, a_service)
        for name in ("per_100", "per_1000", "per_10000"):
            given = getattr(rule, name)
            yield from _unknown(("rules", at, name), [given], people, a_population)
    for at, floor in enumerate(plan.floors):
        yield from _unknown(("floors", at, "service"), [floor.service], services, a_service)
        yield from _unknown(("floors", at, "cells"), floor.cells, cells, a_cell)


def _years(plan: PlanInput) -> Iterator[PlanFinding]:
    calendar = Calendar.of(plan.years)
    yield from _order(calendar.labels)
    fields: list[tuple[Steps, object]] = []
    for part in ("sites", "candidates", "quotas"):
        fields += [((part, at, "year"), e.year) for at, e in enumerate(getattr(plan, part))]
    fields += [(("near", at, "from_year"), each.from_year) for at, each in enumerate(plan.near)]
    spans: list[tuple[Steps, object, object]] = [
        *((("rules", at), each.from_year, each.to_year) for at, each in enumerate(plan.rules)),
        *((("floors", at), each.from_year, each.to_year) for at, each in enumerate(plan.floors)),
    ]
    for steps, first, last in spans:
        fields += [((*steps, "from_year"), first), ((*steps, "to_year"), last)]
        known = calendar.knows(first) and calendar.knows(last)
        if known and calendar.first(first) > calendar.last(last):
            yield (
                (*steps, "to_year"),
                ("the years end before they begin", "结束年份早于开始年份"),
                ("swap from_year and to_year", "请调换 from_year 与 to_year"),
            )
    for steps, label in fields:
        if not calendar.knows(label):
            listed = ", ".join(calendar.labels)
            yield (
                steps,
                (f"{label} is no year of the plan: {listed}", f"{label} 不是规划年份：{listed}"),
                ("write one of the labels under years", "请填写 years 中的年份"),
            )


def _order(labels: Sequence[str]) -> Iterator[PlanFinding]:
    """Labels that are numbers ascend; a year that is given twice is told elsewhere."""
    numbers = [(at, int(label)) for at, label in enumerate(labels) if label.isdecimal()]
    for (_, before), (at, number) in pairwise(numbers):
        if number < before:
            yield (
                ("years", at, "label"),
                (f"{number} comes after {before}", f"{number} 排在 {before} 之后"),
                ("put the years in ascending order", "请按先后顺序排列年份"),
            )


def _service(plan: PlanInput, service: ServiceInput, steps: Steps) -> Iterator[PlanFinding]:
    if service.backup and service.capacitated:
        yield (
            (*steps, "backup"),
            (
                "backup is for services without capacity",
                "backup 仅适用于不限容量的服务",
            ),
            ("drop backup or capacitated", "请删除 backup 或 capacitated"),
        )
    if service.choice == "nearest" and not service.capacitated:
        yield (
            (*steps, "choice"),
            (
                "nearest is for services with capacity; others are covered by every site in reach",
                "nearest 仅适用于设容量的服务；其他服务由可达的各设施共同覆盖",
            ),
            ("set capacitated: true, or remove choice", "请填写 capacitated: true，或删除 choice"),
        )
    walk = service.minutes or plan.minutes
    if service.full_minutes is not None and service.full_minutes > walk:
        yield (
            (*steps, "full_minutes"),
            ("it is longer than the whole walk", "大于最长步行时间"),
            ("let it be at most minutes", "请使其不大于 minutes"),
        )


def _levels(plan: PlanInput) -> Iterator[PlanFinding]:
    limited = {service.id for service in plan.services if service.capacitated}
    above = {level.id: level.hangs_on.level for level in plan.levels if level.hangs_on is not None}
    for at, level in enumerate(plan.levels):
        yield from _circle(level.id, above, ("levels", at, "hangs_on"))
        offered = set(level.offers) & limited
        for size_at, size in enumerate(level.sizes):
            yield from _size(size, offered, limited, ("levels", at, "sizes", size_at))


def _circle(level: str, above: dict[str, str], steps: Steps) -> Iterator[PlanFinding]:
    seen, now = {level}, above.get(level)
    while now is not None and now not in seen:
        seen.add(now)
        now = above.get(now)
    if now == level:
        yield (
            steps,
            ("the levels hang on each other in a circle", "层级之间循环隶属"),
            ("let one of them hang on nothing", "请使其中一个层级不再隶属"),
        )


def _size(
    size: SizeInput, offered: set[str], limited: set[str], steps: Steps
) -> Iterator[PlanFinding]:
    for service in sorted(offered - size.capacity.keys()):
        yield (
            (*steps, "capacity"),
            (
                f"the level offers {service}, but this size says not how many",
                f"该层级提供 {service}，但此规模未说明容量",
            ),
            (
                "give a number (0 where this size has none)",
                "请填写数量（此规模不提供时填 0）",
            ),
        )
    for service in sorted(size.capacity.keys() - limited):
        yield (
            (*steps, "capacity"),
            (f"the service {service} has no capacity", f"服务 {service} 未设容量"),
            (
                "set capacitated: true for the service, or list it under offers",
                "请为该服务填写 capacitated: true，或将其列入 offers",
            ),
        )


def _sites(plan: PlanInput, layer: PlanSitesInput, steps: Steps) -> Iterator[PlanFinding]:
    level = next((each for each in plan.levels if each.id == layer.level), None)
    if level is None:
        return
    sizes = [size.id for size in level.sizes]
    if layer.size is not None:
        yield from _unknown((*steps, "size"), [layer.size], sizes, ("size", "规模"))
    limited = {service.id for service in plan.services if service.capacitated}
    for name in ("capacity", "residents", "clients"):
        for service in sorted(getattr(layer, name).keys() - limited):
            yield (
                (*steps, name),
                (f"the service {service} has no capacity", f"服务 {service} 未设容量"),
                ("set capacitated: true for the service", "请为该服务填写 capacitated: true"),
            )
    if layer.status != "existing":
        for name in ("residents", "clients", "takeover"):
            if getattr(layer, name):
                yield (
                    (*steps, name),
                    ("only existing sites have it", "仅现有设施可填写"),
                    ("remove it or set status: existing", "请删除，或填写 status: existing"),
                )
    if layer.status == "committed" and layer.year is None and layer.year_column is None:
        yield (
            (*steps, "year"),
            ("a committed site needs its year", "在建设施须注明开业年份"),
            ("give year or year_column", "请填写 year 或 year_column"),
        )
    if "convert" in layer.may and not layer.convert_to:
        yield (
            (*steps, "convert_to"),
            ("it may be converted, but not into what", "允许转型但未说明转为何种层级"),
            ("name the levels", "请填写层级"),
        )
    nowhere = not layer.upgrade_to and level.hangs_on is None and len(level.sizes) == 1
    if "upgrade" in layer.may and nowhere:
        yield (
            (*steps, "upgrade_to"),
            (
                "it may be upgraded, but there is no larger size and no level above",
                "允许升级，但没有更大规模或上级层级",
            ),
            ("name the levels", "请填写层级"),
        )
