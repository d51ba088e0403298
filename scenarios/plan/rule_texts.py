"""Rules and floors of a plan in words."""

from __future__ import annotations

from collections.abc import Sequence

from scenarios.model import Text
from scenarios.plan.groups import cells_text
from scenarios.plan.model import FloorInput, NearInput, PlanInput, RuleInput
from scenarios.words import PREMISES

__all__ = ["floor_text", "levels_text", "near_text", "rule_text", "services_text", "words"]

_OWNERSHIP = {
    "公办": "public",
    "公建民营": "publicly owned, privately run",
    "民办": "private",
    "民办公助": "private, publicly aided",
}
"""Usual kinds of ownership; any other reads as the layer writes it."""
_DISTINCT = {
    "operator": Text(zh="运营方数", en="operators of"),
    "subdistrict": Text(zh="所在街道数", en="sub-districts with"),
    "community": Text(zh="所在社区数", en="communities with"),
}


def levels_text(wanted: PlanInput, levels: Sequence[str]) -> Text:
    """Labels of levels; sites where none are named."""
    names = [level.label for level in wanted.levels if level.id in levels]
    if not names:
        return Text(zh="设施", en="sites")
    return Text(zh="、".join(name.zh for name in names), en=" and ".join(name.en for name in names))


def services_text(wanted: PlanInput, services: Sequence[str]) -> Text:
    """Labels of services."""
    names = [service.label for service in wanted.services if service.id in services]
    return Text(zh="、".join(name.zh for name in names), en=" and ".join(name.en for name in names))


def words(text: str, span: str, lang: str) -> str:
    """The text with its years in brackets, the ones it ends with or its own."""
    if not span:
        return text
    if lang == "zh" and text.endswith("）"):
        return f"{text[:-1]}，{span}）"
    if lang == "en" and text.endswith(")"):
        return f"{text[:-1]}, {span})"
    return f"{text}（{span}）" if lang == "zh" else f"{text} ({span})"


def rule_text(
    wanted: PlanInput,
    rule: RuleInput,
    place: Text,
    limits: tuple[int | None, int | None],
    scale: int,
    span: Text,
) -> Text:
    """Such as "Andingmen: centre, exactly 1 (from 2027)"; a label keeps its limit in brackets."""
    zh, en = _limits_text(rule, limits, scale)
    if rule.label is not None:
        named = Text(zh=f"{rule.label.zh}（{zh}）", en=f"{rule.label.en} ({en})")
        return Text(
            zh=words(f"{place.zh}：{named.zh}", span.zh, "zh"),
            en=words(f"{place.en}: {named.en}", span.en, "en"),
        )
    what = _what_text(wanted, rule)
    return Text(
        zh=words(f"{place.zh}：{what.zh} {zh}", span.zh, "zh"),
        en=words(f"{place.en}: {what.en}, {en}", span.en, "en"),
    )


def _what_text(wanted: PlanInput, rule: RuleInput) -> Text:
    """What a rule counts, such as "new stations (租赁)"."""
    if rule.count is not None:
        what = _counted_text(wanted, rule, levels_text(wanted, rule.count))
    elif rule.area is not None:
        levels = _offering_text(wanted, rule.offering, levels_text(wanted, rule.area))
        what = Text(zh=f"{levels.zh}建筑面积（平方米）", en=f"floor of {levels.en} (m2)")
    else:
        what = services_text(wanted, rule.capacity or ())
        if rule.share_of is not None:
            of = services_text(wanted, rule.share_of)
            what = Text(zh=f"{what.zh}占{of.zh}", en=f"{what.en} as a share of {of.en}")
        if rule.levels or rule.offering:
            at = _offering_text(wanted, rule.offering, levels_text(wanted, rule.levels))
            what = Text(zh=f"{at.zh}的{what.zh}", en=f"{what.en} at {at.en}")
    if rule.only_new:
        what = Text(zh=f"新设{what.zh}", en=f"new: {what.en}")
    among = _among(wanted, rule)
    if among:
        zh, en = "、".join(each.zh for each in among), ", ".join(each.en for each in among)
        what = Text(zh=f"{what.zh}（{zh}）", en=f"{what.en} ({en})")
    if rule.growth:
        what = Text(zh=f"{what.zh}每年净增", en=f"{what.en}, added a year")
    return what


def _counted_text(wanted: PlanInput, rule: RuleInput, levels: Text) -> Text:
    """Sites, or operators or places with them."""
    sites = _offering_text(wanted, rule.offering, levels)
    if rule.distinct is None:
        return sites
    of = _DISTINCT[rule.distinct]
    return Text(zh=f"{sites.zh}{of.zh}", en=f"{of.en} {sites.en}")


def _offering_text(wanted: PlanInput, services: Sequence[str], sites: Text) -> Text:
    if not services:
        return sites
    offered = services_text(wanted, services)
    return Text(zh=f"提供{offered.zh}的{sites.zh}", en=f"{sites.en} with {offered.en}")


def _among(wanted: PlanInput, rule: RuleInput) -> list[Text]:
    """Sizes, premises, ownership and operators that a rule keeps to."""
    found = [_size_text(wanted, name) for name in rule.sizes]
    found += [PREMISES.get(name, Text(zh=name, en=name)) for name in rule.premises]
    found += [Text(zh=name, en=_OWNERSHIP.get(name, name)) for name in rule.ownership]
    found += [Text(zh=name, en=name) for name in rule.operators]
    return found


def _size_text(wanted: PlanInput, name: str) -> Text:
    """A size by its label, where it has one; ``level/size`` by both."""
    level_id, _, size_id = name.rpartition("/")
    for level in wanted.levels:
        for size in level.sizes:
            if size.id == size_id and level_id in ("", level.id):
                label = size.label or Text(zh=size.id, en=size.id)
                if not level_id:
                    return label
                return Text(zh=f"{level.label.zh}{label.zh}", en=f"{level.label.en} {label.en}")
    return Text(zh=name, en=name)


def near_text(
    wanted: PlanInput, part: NearInput, feature: Text | None, least: int, span: Text
) -> Text:
    """Such as "beside health centres: at least 3 stations", of all features or of one."""
    sites = _offering_text(wanted, part.offering, levels_text(wanted, part.levels))
    zh, en = part.label.zh, part.label.en
    if feature is not None:
        zh, en = f"{zh} {feature.zh}", f"{en} {feature.en}"
    return Text(
        zh=words(f"{zh}：{sites.zh}至少 {least} 处", span.zh, "zh"),
        en=words(f"{en}: at least {least} {sites.en}", span.en, "en"),
    )


def _limits_text(
    rule: RuleInput, limits: tuple[int | None, int | None], scale: int
) -> tuple[str, str]:
    low, high = limits
    if rule.each_at_least is not None:
        least = f"{rule.each_at_least:,.10g}"
        return f"有则每处至少 {least}", f"at least {least} at each site that has any"
    if rule.share_of is not None:
        wanted = [(rule.exactly, "等于", "exactly"), (rule.at_least, "不低于", "at least")]
        wanted.append((rule.at_most, "不高于", "at most"))
        given = [(share, zh, en) for share, zh, en in wanted if share is not None]
        said = [(f"{zh} {100 * e:.6g} %", f"{en} {100 * e:.6g} %") for e, zh, en in given]
        return "，".join(zh for zh, _ in said), ", ".join(en for _, en in said)

    sites = " 处" if rule.count is not None and rule.distinct is None else ""

    def number(value: int) -> str:
        return f"{value / scale:,.10g}" if scale > 1 else f"{value:,}"

    if low is not None and low == high:
        return f"恰好 {number(low)}{sites}", f"exactly {number(low)}"
    zh, en = [], []
    if low is not None:
        zh.append(f"至少 {number(low)}{sites}")
        en.append(f"at least {number(low)}")
    if high is not None:
        zh.append(f"至多 {number(high)}{sites}")
        en.append(f"at most {number(high)}")
    return "，".join(zh), ", ".join(en)


def floor_text(wanted: PlanInput, floor: FloorInput, place: Text, span: Text) -> Text:
    """Such as "Andingmen: day care reaches at least 60 % (2028)"."""
    service = services_text(wanted, [floor.service])
    if floor.label is not None:
        service = floor.label
    elif floor.cells:
        who = cells_text(wanted, floor.cells)
        service = Text(zh=f"{who.zh}{service.zh}", en=f"{service.en} for {who.en}")
    percent = f"{100 * floor.share:.10g} %"
    among = Text(zh="（可达人口）", en=" of those within reach") if floor.of_reachable else None
    zh = f"{place.zh}：{service.zh}覆盖率不低于 {percent}{among.zh if among else ''}"
    en = f"{place.en}: {service.en} reaches at least {percent}{among.en if among else ''}"
    return Text(zh=words(zh, span.zh, "zh"), en=words(en, span.en, "en"))
