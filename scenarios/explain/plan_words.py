"""Words for the questions about a plan: rules that a change breaks, shares, dead sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from optimizer.result import Status
from optimizer.siting.loss import Loss
from optimizer.siting.plan.checking.violations import PlanViolationKind
from optimizer.siting.plan.explain.conflict import Conflict, Element, ElementKind
from optimizer.siting.plan.explain.marginal import Broken
from optimizer.siting.plan.explain.why import OptionChange, maximises
from optimizer.siting.plan.problem import PlanAnswer, PlanObjective
from scenarios.explain.telling import Kind, joined, spaced
from scenarios.model_parts import Text
from scenarios.plan.conflict import element_text

if TYPE_CHECKING:
    from scenarios.plan.run import PlanRun

__all__ = ["asked", "broken_text", "closed_for_good", "loss_over_options", "share_text"]

_Kind = PlanViolationKind
_ELEMENTS = {
    _Kind.RULE_BELOW: ElementKind.RULE_LOW,
    _Kind.RULE_ABOVE: ElementKind.RULE_HIGH,
    _Kind.FLOOR_MISSED: ElementKind.FLOOR,
    _Kind.MUST_NOT_COVERED: ElementKind.MUST_ROW,
    _Kind.MUST_NOT_ASSIGNED: ElementKind.MUST_ROW,
    _Kind.DUE_NOT_STANDING: ElementKind.DUE,
    _Kind.NO_TAKEOVER: ElementKind.TAKEOVER,
    _Kind.NOT_SERVED: ElementKind.ALL_SERVED,
    _Kind.LEAST_VALUE_MISSED: ElementKind.LEAST_VALUE,
    _Kind.MOST_COST_PASSED: ElementKind.MOST_COST,
    _Kind.LEAST_SHARE_MISSED: ElementKind.LEAST_SHARE,
}
"""The rule behind a violation; its index is the violation's, -1 for those of the whole plan."""
_MONEY = {
    _Kind.CAPITAL_EXCEEDED: ElementKind.CAPITAL,
    _Kind.RUNNING_EXCEEDED: ElementKind.RUNNING,
}
_SHOWN = 3
_MOST_TEXTS = 40
_AREA = Text(zh="可合并的配建面积不足", en="the pooled quotas have too little area")
_OTHER = Text(zh="其他规则", en="another rule")


def broken_text(run: PlanRun, broken: Sequence[Broken]) -> Text | None:
    """The rules that would not hold, a few of them in words; None where all do."""
    if not broken:
        return None
    texts: list[Text] = []
    for each in broken[:_MOST_TEXTS]:
        text = _rule(run, each)
        if text not in texts:
            texts.append(text)
    zh = "；".join(each.zh for each in texts[:_SHOWN])
    en = "; ".join(each.en for each in texts[:_SHOWN])
    if len(texts) > _SHOWN:
        zh, en = f"{zh}等", f"{en} and more"
    return spaced(Text(zh=f"将违反：{zh}", en=f"would break: {en}"))


def _rule(run: PlanRun, broken: Broken) -> Text:
    case, kind = run.case, broken.kind
    if kind in _MONEY and broken.year is not None:
        return element_text(case, Element(_MONEY[kind], broken.year))
    if kind is _Kind.PARENT_MISSING and broken.index is not None:
        name = case.sites[["name", "name_en"]].iloc[broken.index]
        return Text(
            zh=f"{name['name']}须有上级设施", en=f"{name['name_en']} needs a site to hang on"
        )
    if kind is _Kind.QUOTA_AREA_SHORT:
        return _AREA
    if kind not in _ELEMENTS:
        return _OTHER
    return element_text(
        case, Element(_ELEMENTS[kind], -1 if broken.index is None else broken.index)
    )


def asked(conflict: Conflict) -> Conflict:
    """The conflict without what the question itself demands."""
    own = (ElementKind.FORCED, ElementKind.BANNED)
    rules = tuple(each for each in conflict.elements if each.kind not in own)
    return replace(conflict, elements=rules)


def closed_for_good(name: Text) -> Text:
    """Of premises where no level and size fits."""
    return spaced(
        Text(
            zh=f"{name.zh}不能设任何设施：情景禁止，或面积、年份不符合所有层级与规模。",
            en=f"Nothing may stand at {name.en}: the scenario forbids it, or its floor area or "
            "year fits no level and size.",
        )
    )


def loss_over_options(
    objective: PlanObjective, answer: PlanAnswer, found: Sequence[OptionChange]
) -> tuple[OptionChange, Loss | None]:
    """The best of the plans that force one option of a site each, and the loss of all together.

    The site costs what its best option costs, so both limits are the least over the options; an
    option that is proved impossible counts no more, one of which nothing is known could cost
    nothing.
    """
    best = maximises(objective)

    def rank(change: OptionChange) -> tuple[bool, list[int], int]:
        value = change.answer.result.objective
        if value is None:
            return True, [change.answer.result.status is Status.INFEASIBLE], 0
        return False, [-each for each in change.answer.shares.tolist()], -value if best else value

    first = min(found, key=rank)
    if first.loss is None:
        return first, None
    least: int | None = None
    lows, highs = [], []
    for change in found:
        if change.answer.result.status is Status.INFEASIBLE:
            continue
        lows.append(_least(change, answer, best))
        if change.loss is not None and change.loss.most is not None:
            highs.append(change.loss.most)
    known = [each for each in lows if each is not None]
    least = min(known) if len(known) == len(lows) else None
    return first, Loss(first.loss.found, least, min(highs) if highs else None)


def _least(change: OptionChange, answer: PlanAnswer, best: bool) -> int | None:
    """The proved least loss of one option; by its bound where it has no plan."""
    if change.loss is not None:
        return change.loss.least
    bound, objective = change.answer.result.bound, answer.result.objective
    if bound is None or objective is None or answer.shares.size:
        return None
    return max(0, objective - bound if best else bound - objective)


def share_text(
    kind: Kind,
    name: Text,
    before: PlanAnswer,
    after: PlanAnswer,
    out: Sequence[Text],
    into: Sequence[Text],
) -> Text:
    """A change where the shares of sub-districts come before anything else."""
    old, new = (100 * float(each.shares[0]) / 1e6 for each in (before, after))
    proved = all((each.shares == each.share_bounds).all() for each in (before, after))
    end = Text(zh="，已证明" if proved else "，未证明", en="; proved" if proved else "; not proved")
    told = Text(
        zh=f"最差街道覆盖率由 {old:.1f} % 变为 {new:.1f} %{end.zh}。",
        en=f"the worst sub-district goes from {old:.1f} % to {new:.1f} %{end.en}.",
    )
    closed, opened = joined(out), joined(into)
    if kind == "why_not":
        zh, en = (f"以{name.zh}替换{closed.zh}：", f"{name.en} instead of {closed.en}: ")
        if not out:
            zh, en = f"增设{name.zh}：", f"{name.en} as well: "
        return spaced(Text(zh=zh + told.zh, en=en + told.en))
    more = Text(zh=f"由{opened.zh}接替。", en=f" Instead: {opened.en}.")
    if not into:
        more = Text(zh="没有站点接替。", en=" Nothing would replace it.")
    return spaced(
        Text(zh=f"{name.zh}落空：{told.zh}{more.zh}", en=f"Without {name.en}: {told.en}{more.en}")
    )
