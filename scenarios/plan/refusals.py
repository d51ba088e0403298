"""What the independent checker says against a plan, with the names of what it is about."""

from __future__ import annotations

from optimizer.siting.plan.checking.violations import PlanViolation, PlanViolationKind
from scenarios.model import Text
from scenarios.plan.case import PlanCase

__all__ = ["refusal_text"]

_Kind = PlanViolationKind

_OF_SITES = {
    _Kind.OPTION_OUT_OF_RANGE,
    _Kind.OPTION_OF_OTHER_SITE,
    _Kind.BEFORE_FIRST_YEAR,
    _Kind.CURRENT_CAME_BACK,
    _Kind.OPTION_GIVEN_UP,
    _Kind.DUE_NOT_STANDING,
    _Kind.NO_TAKEOVER,
    _Kind.PARENT_OUT_OF_RANGE,
    _Kind.PARENT_MISSING,
    _Kind.PARENT_NEEDLESS,
    _Kind.PARENT_NOT_LISTED,
    _Kind.PARENT_WRONG_LEVEL,
    _Kind.FANOUT_EXCEEDED,
    _Kind.QUOTA_AREA_SHORT,
    _Kind.CAPACITY_EXCEEDED,
}
_OF_ROWS = {
    _Kind.ASSIGNED_UNCAPACITATED,
    _Kind.ASSIGNED_BEYOND_REACH,
    _Kind.ASSIGNED_NOT_OFFERED,
    _Kind.ROW_OVERSERVED,
    _Kind.SINGLE_SPLIT,
    _Kind.MUST_NOT_COVERED,
    _Kind.MUST_NOT_ASSIGNED,
    _Kind.NOT_SERVED,
    _Kind.NOT_NEAREST,
}
_OF_OPTIONS = {_Kind.FORCED_MISSING, _Kind.BANNED_STANDS}
_OF_QUOTAS = {_Kind.QUOTA_OUT_OF_RANGE, _Kind.QUOTA_NOT_LISTED}
_OF_RULES = {_Kind.RULE_BELOW, _Kind.RULE_ABOVE}


def refusal_text(case: PlanCase, violation: PlanViolation) -> Text:
    """The violation, which counts years and sites from 0, and in brackets what they are called."""
    zh, en = violation.text("zh"), violation.text("en")
    about = [] if violation.index is None else _about(case, violation.kind, violation.index)
    if violation.year is not None:
        label = case.calendar.labels[violation.year]
        about = [*about, Text(zh=label, en=label)]
    if not about:
        return Text(zh=zh, en=en)
    named_zh, named_en = "，".join(each.zh for each in about), ", ".join(each.en for each in about)
    return Text(zh=f"{zh}（{named_zh}）", en=f"{en} ({named_en})")


def _about(case: PlanCase, kind: PlanViolationKind, index: int) -> list[Text]:
    if kind in _OF_SITES:
        return [_site(case, index)]
    if kind in _OF_ROWS:
        return _row(case, index)
    if kind in _OF_OPTIONS:
        return [_site(case, int(case.options["site"].iloc[index]))]
    if kind in _OF_QUOTAS:
        return [_site(case, int(case.quota_sites[index]))]
    if kind in _OF_RULES:
        return [case.rules[index].text]
    if kind is _Kind.FLOOR_MISSED:
        return [case.floors[index].text]
    if kind is _Kind.LEAST_SHARE_MISSED:
        return [case.district.labels[index]]
    return []


def _site(case: PlanCase, site: int) -> Text:
    row = case.sites.iloc[site]
    return Text(zh=str(row["name"]), en=str(row["name_en"]))


def _row(case: PlanCase, row: int) -> list[Text]:
    """Service, group and where these people are."""
    demand = case.demand
    service = case.services[int(demand.service[row])].label
    about = [service, demand.labels[int(demand.group[row])]]
    if demand.site[row] >= 0:
        about.append(_site(case, int(demand.site[row])))
    elif demand.district[row] >= 0 and case.district.labels:
        about.append(case.district.labels[int(demand.district[row])])
    return about
