"""Why there is no plan, in the planner's own words: the rules in conflict, and whom they miss."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.siting.plan.explain.conflict import Conflict, Element, ElementKind
from scenarios.model import Text
from scenarios.plan.case import PlanCase

__all__ = ["conflict_texts", "element_text"]

_SHOWN = 10


def conflict_texts(case: PlanCase, found: Conflict) -> tuple[Text, ...]:
    """A text per rule in conflict, then one per rule on demand that fails whatever stands."""
    return (*_texts(case, found.elements), *_faults(case, found))


def _texts(case: PlanCase, elements: tuple[Element, ...]) -> Iterator[Text]:
    """The elements in words; the two ends of one rule, and clients of one place, make one text."""
    said: set[Text] = set()
    for element in elements:
        text = element_text(case, element)
        if text not in said:
            said.add(text)
            yield text


def element_text(case: PlanCase, element: Element) -> Text:
    """A rule in words."""
    kind, at = element.kind, element.index
    if kind in (ElementKind.RULE_LOW, ElementKind.RULE_HIGH):
        return case.rules[at].text
    if kind is ElementKind.FLOOR:
        return case.floors[at].text
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


def _must(case: PlanCase, row: int) -> Text:
    demand = case.demand
    service = case.services[int(demand.service[row])].label
    group = demand.labels[int(demand.group[row])]
    site, place = int(demand.site[row]), int(demand.place[row])
    if site >= 0:
        name, name_en = case.sites["name"].iloc[site], case.sites["name_en"].iloc[site]
        return Text(
            zh=f"{name} 的{group.zh}须全部得到{service.zh}",
            en=f"{group.en} of {name_en}: all of them need {service.en}",
        )
    home = demand.people.places["place_id"].iloc[place] if place >= 0 else ""
    zh, en = (f"需求点 {home} 的", f" at place {home}") if place >= 0 else ("", "")
    return Text(
        zh=f"{zh}{group.zh}须全部得到{service.zh}",
        en=f"{group.en}{en}: all of them need {service.en}",
    )


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
    """Whom nothing can reach, by rule that fails whatever stands."""
    demand = case.demand
    ids = case.demand.people.places["place_id"].to_numpy()
    for fault in found.faults:
        rows = np.asarray(fault.rows, dtype=np.int64)
        units = demand.units[rows].sum()
        places = np.unique(demand.place[rows][demand.place[rows] >= 0])
        if not places.size:
            continue
        shown = ", ".join(map(str, ids[places[:_SHOWN]])) + (" ..." if places.size > _SHOWN else "")
        rule = element_text(case, fault.element)
        yield Text(
            zh=f"{rule.zh}：{places.size} 处共 {units:,.0f} 人无任何可设场地可达（{shown}）",
            en=f"{rule.en}: nothing that may stand reaches {units:,.0f} persons at {places.size} "
            f"places ({shown})",
        )
