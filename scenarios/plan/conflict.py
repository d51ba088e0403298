"""Why there is no plan, in the planner's own words: the rules in conflict, and whom they miss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.explain.conflict import Conflict, ConflictStatus, Element, ElementKind
from scenarios.model import Text
from scenarios.plan.case import PlanCase
from scenarios.plan.floors import FloorRow
from scenarios.plan.names import PERSONS
from scenarios.plan.rule_texts import words
from scenarios.plan.rules import RuleRow

__all__ = ["NOTHING_KNOWN", "conflict_note", "conflict_texts", "element_text", "most_of_conflict"]

NOTHING_KNOWN = Text(
    zh="时限内既没有找到方案，也没有证明不存在方案：请延长求解时间，或放宽规则",
    en="In the time given, neither a plan nor a proof that there is none: allow more seconds, or "
    "relax rules",
)
_SHOWN = 10
"""Ids of places that a text lists."""
_MOST = 15
"""Rules that reports and the console list; the table has them all."""
_MUST_CHANGE = -2
"""``RuleRow.rule`` of sites that may not stay as they are, whose texts name their year."""


def conflict_texts(case: PlanCase, found: Conflict) -> tuple[Text, ...]:
    """A text per rule in conflict, then one per rule on demand that fails whatever stands."""
    faults = tuple(_faults(case, found))
    if faults:  # each names its rule, and is a conflict by itself
        named = {fault.element for fault in found.faults if fault.rows.size}
        others = tuple(each for each in found.elements if each not in named)
        return (*_texts(case, others), *faults)
    return tuple(_texts(case, found.elements))


def conflict_note(found: Conflict) -> Text:
    """What is known of the rules in conflict: whether all of them are needed for it."""
    if found.faults:
        return Text(
            zh="每条规则本身即无法满足，须分别放宽或取消，或在附近增加候选点。",
            en="Each of these rules fails by itself: relax or drop it, or add candidates nearby.",
        )
    if found.status is ConflictStatus.IRREDUCIBLE:
        return Text(
            zh="放宽或取消其中任意一条，这组冲突即不复存在；其余规则之间可能另有冲突。",
            en="Relax or drop any one of them and this conflict is gone; others may remain.",
        )
    return Text(
        zh="这些规则不能同时成立，但其中有些可能与冲突无关；延长求解时间可进一步缩小范围。",
        en="Together they admit no plan, but some may not be needed for that; more time narrows "
        "them down.",
    )


def most_of_conflict(texts: Sequence[Text]) -> tuple[Text, ...]:
    """The first rules in conflict, and how many more there are: what a reader takes in at once."""
    more = len(texts) - _MOST
    if more <= 0:
        return tuple(texts)
    rest = Text(zh=f"……另有 {more} 条，见 conflict.csv", en=f"... and {more} more in conflict.csv")
    return (*texts[:_MOST], rest)


def _texts(case: PlanCase, elements: Sequence[Element]) -> Iterator[Text]:
    """The elements in words; the two ends of one rule, and people of one group, make one text."""
    demand = case.demand
    said: set[Text] = set()
    groups: dict[tuple[int, int], list[int]] = {}
    for each in elements:
        if each.kind is ElementKind.MUST_ROW and demand.site[each.index] < 0:
            key = int(demand.service[each.index]), int(demand.group[each.index])
            groups.setdefault(key, []).append(each.index)
    for element in elements:
        text = element_text(case, element)
        if element.kind is ElementKind.MUST_ROW and demand.site[element.index] < 0:
            key = int(demand.service[element.index]), int(demand.group[element.index])
            text = _must_group(case, groups[key])
        if text not in said:
            said.add(text)
            yield text


def element_text(case: PlanCase, element: Element) -> Text:
    """A rule in words."""
    kind, at = element.kind, element.index
    if kind in (ElementKind.RULE_LOW, ElementKind.RULE_HIGH):
        return _with_years(case, case.rules[at])
    if kind is ElementKind.FLOOR:
        return _with_years(case, case.floors[at])
    if kind is ElementKind.MUST_ROW:
        return _must(case, at)
    if kind in (ElementKind.CAPITAL, ElementKind.RUNNING):
        return _money(case, kind, at)
    if kind in (ElementKind.DUE, ElementKind.TAKEOVER):
        return _site(case, kind, at)
    if kind in (ElementKind.PARENT, ElementKind.FANOUT):
        return _level(case, kind, at)
    if kind in (ElementKind.QUOTA, ElementKind.FORCED, ElementKind.BANNED):
        return _option(case, kind, at)
    return _request(case, kind)


def _with_years(case: PlanCase, row: RuleRow | FloorRow) -> Text:
    """The rule with its years, also where these are all years of the plan."""
    labels = case.calendar.labels
    is_always = row.first_year == 0 and row.last_year == len(labels) - 1
    if not is_always or (isinstance(row, RuleRow) and row.rule == _MUST_CHANGE):
        return row.text  # it names its years already
    span = labels[0] if len(labels) == 1 else f"{labels[0]}-{labels[-1]}"
    return Text(zh=words(row.text.zh, span, "zh"), en=words(row.text.en, span, "en"))


def _must(case: PlanCase, row: int) -> Text:
    demand = case.demand
    service = case.services[int(demand.service[row])].label
    group = demand.labels[int(demand.group[row])]
    site = int(demand.site[row])
    if site < 0:
        return _must_group(case, [row])
    name, name_en = case.sites["name"].iloc[site], case.sites["name_en"].iloc[site]
    return Text(
        zh=f"{name} 的{group.zh}须全部得到{service.zh}",
        en=f"{group.en} of {name_en}: all of them need {service.en}",
    )


def _must_group(case: PlanCase, rows: Sequence[int]) -> Text:
    """Rows of one service and group that are to be served as a whole, in one text."""
    demand = case.demand
    service = case.services[int(demand.service[rows[0]])].label
    group = demand.labels[int(demand.group[rows[0]])]
    places = np.unique(demand.place[list(rows)])
    places = places[places >= 0]
    where = Text(zh="", en="")
    if places.size:
        ids = _some(demand.people.places["place_id"].to_numpy()[places])
        one = places.size == 1
        where = Text(
            zh=f"需求点 {ids} 的" if one else f"{places.size} 个需求点（{ids}）的",
            en=f" at place {ids}" if one else f" at {places.size} places ({ids})",
        )
    return Text(
        zh=f"{where.zh}{group.zh}须全部得到{service.zh}",
        en=f"{group.en}{where.en}: all of them need {service.en}",
    )


def _some(ids: Sequence[object]) -> str:
    return ", ".join(map(str, ids[:_SHOWN])) + (" ..." if len(ids) > _SHOWN else "")


def _money(case: PlanCase, kind: ElementKind, year: int) -> Text:
    label = case.calendar.labels[year]
    wanted = case.wanted.years[year]
    if kind is ElementKind.CAPITAL:
        yuan = f"{wanted.capital_yuan or 0:,.0f}"
        return Text(
            zh=f"{label} 年建设资金 {yuan} 元", en=f"money for openings in {label}: {yuan} yuan"
        )
    yuan = f"{wanted.running_yuan or 0:,.0f}"
    return Text(zh=f"{label} 年运行经费 {yuan} 元", en=f"running costs in {label}: {yuan} yuan")


def _site(case: PlanCase, kind: ElementKind, site: int) -> Text:
    row = case.sites.iloc[site]
    if kind is ElementKind.TAKEOVER:
        return Text(
            zh=f"{row['name']} 撤并后须有接续设施",
            en=f"{row['name_en']} closes only when another takes over",
        )
    if row["status"] == "committed":
        label = case.calendar.labels[int(row["first_year"])]
        return Text(
            zh=f"{row['name']} 须于 {label} 年开业", en=f"{row['name_en']} opens in {label}"
        )
    return Text(zh=f"{row['name']} 不得关闭", en=f"{row['name_en']} may not close")


def _level(case: PlanCase, kind: ElementKind, number: int) -> Text:
    level = case.levels[number]
    name = level.label
    if kind is ElementKind.FANOUT:
        return Text(
            zh=f"每处{name.zh}至多带 {level.most_children} 处下级设施",
            en=f"at most {level.most_children} sites hang on one {name.en}",
        )
    on = level.hangs_on
    assert on is not None
    parent = next(each.label for each in case.levels if each.id == on.level)
    limit_zh, limit_en = "", ""
    if on.within_m is not None:
        limit_zh, limit_en = f"（{on.within_m:g} 米内）", f" within {on.within_m:g} m"
    elif on.minutes is not None:
        limit_zh, limit_en = f"（{on.minutes:g} 分钟内）", f" within {on.minutes:g} minutes"
    return Text(
        zh=f"每处{name.zh}隶属一处{parent.zh}{limit_zh}",
        en=f"every {name.en} hangs on one {parent.en}{limit_en}",
    )


def _option(case: PlanCase, kind: ElementKind, option: int) -> Text:
    row = case.options.iloc[option]
    site = case.sites.iloc[int(row["site"])]
    level = next(each.label for each in case.levels if each.id == row["level"])
    if kind is ElementKind.QUOTA:
        area = f"{row['quota_m2']:,.0f}"
        return Text(
            zh=f"{site['name']} 设{level.zh}需合并配建面积 {area} 平方米",
            en=f"{level.en} at {site['name_en']} needs {area} m2 of pooled quotas",
        )
    if kind is ElementKind.FORCED:
        return Text(
            zh=f"{site['name']} 须设{level.zh}", en=f"{level.en} must stand at {site['name_en']}"
        )
    return Text(
        zh=f"{site['name']} 不得设{level.zh}", en=f"no {level.en} may stand at {site['name_en']}"
    )


def _request(case: PlanCase, kind: ElementKind) -> Text:
    aim = case.wanted.objective
    if kind is ElementKind.ALL_SERVED:
        return Text(zh="每个人每年都须得到服务", en="everybody is served in every year")
    if kind is ElementKind.LEAST_VALUE:
        persons = f"{aim.least_persons or 0:,.0f}"
        return Text(zh=f"规划成效不低于 {persons} 人", en=f"the plan is worth {persons} persons")
    if kind is ElementKind.MOST_COST:
        yuan = f"{aim.most_cost_yuan or 0:,.0f}"
        return Text(zh=f"总费用不超过 {yuan} 元", en=f"all costs stay within {yuan} yuan")
    if kind is ElementKind.LEAST_SHARE:
        share = f"{aim.least_share or 0:.4g}"
        return Text(
            zh=f"各街道覆盖率不低于 {share}", en=f"every sub-district reaches a share of {share}"
        )
    return Text(zh="与已有方案不同", en="the plan differs from others")


def _faults(case: PlanCase, found: Conflict) -> Iterator[Text]:
    """Whom nothing can reach, by rule that fails whatever stands, year and service."""
    demand = case.demand
    grouped: dict[tuple[Text, int, int], list[int]] = {}
    for fault in found.faults:
        for row in fault.rows.tolist():
            service, group = int(demand.service[row]), int(demand.group[row])
            rule = element_text(case, fault.element)
            if fault.element.kind is ElementKind.MUST_ROW:
                rule = _everybody(case, service, group)
            grouped.setdefault((rule, fault.year, service), []).append(row)
    for (rule, when, service), rows in grouped.items():
        year = case.calendar.labels[when]
        at = np.unique(rows)
        count = f"{demand.units[at].sum():,.1f}"
        unit = case.services[service].unit or PERSONS
        ids = _where(case, at)
        if not ids:
            yield Text(
                zh=f"{rule.zh}：{year} 共 {count} {unit.zh}没有任何可设场地可以服务",
                en=f"{rule.en}: nothing that may stand in {year} serves {count} {unit.en}",
            )
            continue
        shown = _some(ids)
        yield Text(
            zh=f"{rule.zh}：{year} {len(ids)} 处共 {count} {unit.zh}无任何可设场地可达（{shown}）",
            en=f"{rule.en}: nothing that may stand in {year} reaches {count} {unit.en} at "
            f"{len(ids)} {'place' if len(ids) == 1 else 'places'} ({shown})",
        )


def _everybody(case: PlanCase, service: int, group: int) -> Text:
    label, who = case.services[service].label, case.demand.labels[group]
    return Text(zh=f"{who.zh}须全部得到{label.zh}", en=f"{who.en}: all of them need {label.en}")


def _where(case: PlanCase, rows: NDArray[np.int64]) -> list[str]:
    """Ids of the demand places, and of the sites, at which people of these rows are."""
    demand = case.demand
    places, sites = np.unique(demand.place[rows]), np.unique(demand.site[rows])
    ids = [*demand.people.places["place_id"].to_numpy()[places[places >= 0]]]
    ids += [*case.sites["site_id"].to_numpy()[sites[sites >= 0]]]
    return [str(each) for each in ids]
