"""What the fields of one rule must say together."""

from __future__ import annotations

from collections.abc import Iterator

from scenarios.plan.model import PlanInput, RuleInput

__all__ = ["rule_findings"]

Steps = tuple[str | int, ...]
Finding = tuple[Steps, tuple[str, str], tuple[str, str]]
"""The field (below ``plan``), what is wrong (en, zh), what to do (en, zh)."""


def rule_findings(rule: RuleInput, plan: PlanInput, steps: Steps) -> Iterator[Finding]:
    """What does not fit together in one rule."""
    yield from _kinds(rule, steps)
    yield from _limits(rule, steps)
    yield from _ways_of_counting(rule, steps)
    unlimited = {service.id for service in plan.services if not service.capacitated}
    for service in sorted(unlimited & {*(rule.capacity or ()), *(rule.share_of or ())}):
        yield (
            (*steps, "capacity"),
            (f"the service {service} has no capacity", f"服务 {service} 未设容量"),
            ("set capacitated: true for the service", "请为该服务填写 capacitated: true"),
        )


def _kinds(rule: RuleInput, steps: Steps) -> Iterator[Finding]:
    counted = [rule.count is not None, rule.area is not None, rule.capacity is not None]
    if sum(counted) != 1:
        yield (
            steps,
            (
                "a rule counts one thing: count, area or capacity",
                "每条规则只统计一项：count、area 或 capacity",
            ),
            ("give exactly one of them", "请只填写其中一项"),
        )


def _limits(rule: RuleInput, steps: Steps) -> Iterator[Finding]:
    limits = [rule.exactly, rule.at_least, rule.at_most]
    given = sum(limit is not None for limit in limits)
    if rule.each_at_least is not None and (given or rule.capacity is None or rule.share_of):
        yield (
            (*steps, "each_at_least"),
            (
                "it is for capacity, and the rule's only limit",
                "each_at_least 须配合 capacity，且为该规则的唯一限值",
            ),
            ("write the other limits as another rule", "请将其他限值写成另一条规则"),
        )
    alone = rule.each_at_least is not None
    if not alone and (not given or (rule.exactly is not None and given > 1)):
        yield (
            steps,
            (
                "a rule needs exactly, or at_least, at_most or both of these",
                "规则须填写 exactly，或 at_least、at_most（可同时）",
            ),
            ("give the limit", "请填写限值"),
        )
    if rule.at_least is not None and rule.at_most is not None and rule.at_least > rule.at_most:
        yield (
            (*steps, "at_least"),
            ("at_least is above at_most", "at_least 大于 at_most"),
            ("swap them", "请调换两者"),
        )
    if sum(each is not None for each in (rule.per_100, rule.per_1000, rule.per_10000)) > 1:
        yield (
            steps,
            ("it counts per two populations", "同时按两种人口统计"),
            ("keep one of per_100, per_1000, per_10000", "请只保留其中一项"),
        )
    if rule.share_of is not None and (
        rule.capacity is None or given > 1 or max(each or 0 for each in limits) > 1
    ):
        yield (
            (*steps, "share_of"),
            (
                "a share is of capacity, with one limit between 0 and 1",
                "占比须配合 capacity，并只有一个 0—1 之间的限值",
            ),
            ("write for instance at_least: 0.65", "请写作例如 at_least: 0.65"),
        )


def _ways_of_counting(rule: RuleInput, steps: Steps) -> Iterator[Finding]:
    if rule.distinct is not None and (rule.count is None or rule.distinct == rule.per):
        yield (
            (*steps, "distinct"),
            (
                "it is for count, and of another kind than per",
                "distinct 须配合 count，且不同于 per",
            ),
            (
                "write for instance per: operator and distinct: subdistrict",
                "请写作例如 per: operator 与 distinct: subdistrict",
            ),
        )
    if rule.growth and (rule.share_of is not None or rule.each_at_least is not None):
        yield (
            (*steps, "growth"),
            (
                "a share, or what each site has, does not add up over years",
                "占比或单处规模不能按年度净增计算",
            ),
            ("remove growth, or count capacity", "请删除 growth，或改为统计 capacity"),
        )
    if rule.per == "operator" and (rule.per_100 or rule.per_1000 or rule.per_10000):
        yield (
            (*steps, "per"),
            ("no population lives at an operator", "运营方没有对应人口"),
            ("count per place, or give plain numbers", "请按地域统计，或直接填写数量"),
        )
