"""Reasons for an answer as a planner reads them: values, losses, replacements, alternatives.

What is shared by sitings (``siting``) and plans (``plan``): the rows of the tables,
and their sentences. Amounts stand in the planner's units; losses are positive for the worse.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd

from base.faults import Fault
from optimizer.siting.loss import Loss
from scenarios.model_parts import Text

__all__ = [
    "AlternativeRow",
    "Amount",
    "ChangeRow",
    "CurveRow",
    "Explanation",
    "FrontRow",
    "Losers",
    "Measure",
    "ValueRow",
    "alternative_text",
    "change_text",
    "joined",
    "loss_text",
    "proof_text",
    "spaced",
]

_MEETING = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u4e00-\u9fff])")
"""Where Chinese and Latin characters meet."""

_PERSONS = Text(zh="人", en="persons")

Kind = Literal["why_not", "fallback"]


@dataclass(frozen=True)
class Measure:
    """What is counted, and how it is told.

    Attributes:
        unit: persons, sites, yuan ...; ``one`` the English singular.
        scale: solver units per unit.
        higher: whether more is better.
        decimals: places that are told.
    """

    unit: Text
    one: str
    scale: float
    higher: bool
    decimals: int = 0

    def tell(self, amount: float) -> Text:
        """An amount with its unit."""
        number = f"{amount:,.{self.decimals}f}"
        unit = self.one if number == "1" else self.unit.en
        return Text(zh=f"{number} {self.unit.zh}", en=f"{number} {unit}")


@dataclass(frozen=True)
class Amount:
    """A loss in the measure's units.

    Attributes:
        found: between the two answers; negative where the second is better.
        least, most: proved limits of the true loss, None for none; never tighter than proved.
        percent: ``found`` in per cent of the answer's objective, None where that is 0.
    """

    found: float
    least: float | None
    most: float | None
    percent: float | None

    @classmethod
    def of(cls, loss: Loss | None, objective: int | None, measure: Measure) -> Amount | None:
        """A solver's loss in the measure's units; None without one."""
        if loss is None:
            return None
        least, most = (
            None if each is None else each / measure.scale for each in (loss.least, loss.most)
        )
        percent = 100 * loss.found / abs(objective) if objective else None
        return cls(loss.found / measure.scale, least, most, percent)


@dataclass(frozen=True)
class Losers:
    """Who is served before and not after a change, and the other way round.

    Attributes:
        lost, won: persons (units of the services).
        places: sub-districts that lose most with their losses, largest first.
        unit: what is counted.
    """

    lost: float = 0.0
    won: float = 0.0
    places: tuple[tuple[Text, float], ...] = ()
    unit: Text = _PERSONS


@dataclass(frozen=True)
class ValueRow:
    """What one site is worth, the others as they are.

    Attributes:
        site_id, name: the site. is_open: whether it stands in the answer (and is left out).
        what: what stands there, or would.
        value: worsening without it, or betterment with it; None where it is not known.
        percent: of the objective. cost_yuan: change of the cost, None for none.
        note: what else there is to say, such as rules that would not hold.
    """

    site_id: str
    name: Text
    is_open: bool
    what: Text
    value: float | None
    percent: float | None
    cost_yuan: float | None = None
    note: Text | None = None


@dataclass(frozen=True)
class ChangeRow:
    """An answer to "why not" or "fallback".

    Attributes:
        kind: which question. site_id, name: the site.
        text: the answer in a sentence. status: what is known.
        loss: what the change costs, None without an answer.
        out, into: what closes and opens. losers: who loses.
    """

    kind: Kind
    site_id: str
    name: Text
    text: Text
    status: Text
    loss: Amount | None = None
    out: tuple[Text, ...] = ()
    into: tuple[Text, ...] = ()
    losers: Losers = field(default_factory=Losers)


@dataclass(frozen=True)
class AlternativeRow:
    """An answer of nearly the same worth; ``sites`` are those that it opens newly."""

    number: int
    text: Text
    loss: Amount
    out: tuple[Text, ...]
    into: tuple[Text, ...]
    sites: tuple[str, ...]


@dataclass(frozen=True)
class FrontRow:
    """A point of the trade-off: value in persons, cost in yuan, worst share in per cent."""

    value: float
    cost_yuan: float
    share: float | None
    new_sites: int
    proved: bool
    value_bound: float | None
    chosen: bool = False


@dataclass(frozen=True)
class CurveRow:
    """A point of a coverage curve."""

    new_sites: int
    value: float | None
    bound: float | None
    status: Text


@dataclass(frozen=True, eq=False)
class Explanation:
    """All that was asked; empty where nothing was.

    Attributes:
        measure: of the losses. value_measure: of the single sites' values.
        values, changes, alternatives, front, curve: the rows.
        complete: proved: there are no more alternatives than these.
        front_complete: every level of the front was looked at.
        layer: points of the sites that alternatives open and the answer does not (WGS 84).
        warnings: what found no time; better answers found on the way.
    """

    measure: Measure
    value_measure: Measure
    values: tuple[ValueRow, ...] = ()
    changes: tuple[ChangeRow, ...] = ()
    alternatives: tuple[AlternativeRow, ...] | None = None
    complete: bool = False
    front: tuple[FrontRow, ...] | None = None
    front_complete: bool = False
    curve: tuple[CurveRow, ...] = ()
    layer: gpd.GeoDataFrame | None = None
    warnings: tuple[Fault, ...] = ()

    def summary(self) -> dict[str, Any]:
        """JSON-ready: losses with their proved limits."""
        return {
            "unit": self.measure.unit.en,
            "changes": [
                {"kind": row.kind, "site_id": row.site_id, "loss": _limits(row.loss)}
                for row in self.changes
            ],
            "alternatives": [
                {"new_sites": list(row.sites), "loss": _limits(row.loss)}
                for row in self.alternatives or ()
            ],
        }


def _limits(loss: Amount | None) -> dict[str, float | None] | None:
    if loss is None:
        return None
    return {"found": loss.found, "least": loss.least, "most": loss.most}


def joined(names: Sequence[Text], most: int = 6) -> Text:
    """Names in a row; beyond ``most`` their number."""
    shown = names[:most]
    zh, en = "、".join(each.zh for each in shown), ", ".join(each.en for each in shown)
    left = len(names) - len(shown)
    if left:
        return Text(zh=f"{zh}等 {len(names)} 处", en=f"{en} and {left} more")
    return Text(zh=zh, en=en)


def spaced(text: Text) -> Text:
    """The Chinese text with a space wherever Latin letters or figures begin or end."""
    return Text(zh=_MEETING.sub(" ", text.zh), en=text.en)


def loss_text(measure: Measure, loss: Amount) -> Text:
    """What was found to be lost: ``214 persons fewer (0.4 %)``."""
    if abs(loss.found) * 10**measure.decimals < 0.5:
        return Text(zh="效果相同", en="just as good")
    amount = measure.tell(abs(loss.found))
    fewer = (loss.found > 0) == measure.higher
    share = "" if loss.percent is None else f"{abs(loss.percent):.2g} %"
    return Text(
        zh=f"{'少' if fewer else '多'} {amount.zh}" + (f"（{share}）" if share else ""),
        en=f"{amount.en} {'fewer' if fewer else 'more'}" + (f" ({share})" if share else ""),
    )


def proof_text(measure: Measure, loss: Amount) -> Text:
    """What is proved of the true loss."""
    step = 10.0**measure.decimals
    least = None if loss.least is None else math.floor(loss.least * step + 1e-6) / step
    most = None if loss.most is None else math.ceil(loss.most * step - 1e-6) / step
    if loss.least is not None and loss.least == loss.most:
        return Text(zh="已证明", en="proved")
    if least is not None and least <= 0:
        least = None
    if least is None and most is None:
        return Text(zh="未证明", en="nothing is proved")
    if least is None:
        assert most is not None
        told = measure.tell(max(most, 0.0))
        return Text(zh=f"损失至多 {told.zh}，已证明", en=f"proved loss at most {told.en}")
    told = measure.tell(least if most is None else most)
    if most is None:
        return Text(zh=f"损失至少 {told.zh}，已证明", en=f"proved loss at least {told.en}")
    low = f"{least:,.{measure.decimals}f}"
    return Text(zh=f"损失 {low}–{told.zh}，已证明", en=f"proved loss {low}–{told.en}")


def change_text(
    kind: Kind,
    name: Text,
    measure: Measure,
    loss: Amount,
    out: Sequence[Text],
    into: Sequence[Text],
    losers: Losers,
) -> Text:
    """A change in a sentence or two; ``out`` and ``into`` without the site itself."""
    lost, proof = loss_text(measure, loss), proof_text(measure, loss)
    told = Text(zh=f"{lost.zh}；{proof.zh}。", en=f"{lost.en}; {proof.en}.")
    closed, opened = joined(out), joined(into)
    if kind == "why_not":
        zh, en = (f"以{name.zh}替换{closed.zh}：", f"{name.en} instead of {closed.en}: ")
        if not out:
            zh, en = (f"增设{name.zh}：", f"{name.en} as well: ")
        more = Text(zh=f"同时改设{opened.zh}。", en=f" Also new: {opened.en}.")
    else:
        zh, en = f"{name.zh}落空：", f"Without {name.en}: "
        more = Text(zh=f"由{opened.zh}接替。", en=f" Instead: {opened.en}.")
        if not into:
            more = Text(zh="没有站点接替。", en=" Nothing would replace it.")
        if out:
            also = Text(zh=f"{closed.zh}随之不设。", en=f" {closed.en} would not open either.")
            more = Text(zh=more.zh + also.zh, en=more.en + also.en)
    if kind == "why_not" and not into:
        more = Text(zh="", en="")
    people = _losers_text(losers)
    return spaced(
        Text(zh=zh + told.zh + more.zh + people.zh, en=en + told.en + more.en + people.en)
    )


def _losers_text(losers: Losers) -> Text:
    if losers.lost < 0.5:
        return Text(zh="", en="")
    unit = losers.unit
    zh, en = f"{losers.lost:,.0f} {unit.zh}失去覆盖", f" {losers.lost:,.0f} {unit.en} lose coverage"
    if losers.places:
        where, most = losers.places[0]
        whole = losers.lost - most < 0.5
        part = "" if whole else f" {most:,.0f} {unit.zh}"
        zh += f"（{'均在' if whole else '主要在'}{where.zh}{part}）"
        en += f", {'all' if whole else f'{most:,.0f}'} of them in {where.en}"
    if losers.won >= 0.5:
        zh += f"，另有 {losers.won:,.0f} {unit.zh}新获覆盖"
        en += f"; {losers.won:,.0f} others gain it"
    return Text(zh=zh + "。", en=en + ".")


def alternative_text(
    measure: Measure, loss: Amount, out: Sequence[Text], into: Sequence[Text]
) -> Text:
    """An alternative in a sentence."""
    lost, proof = loss_text(measure, loss), proof_text(measure, loss)
    closed, opened = joined(out), joined(into)
    zh, en = f"以{opened.zh}替换{closed.zh}", f"{opened.en} instead of {closed.en}"
    if not into:
        zh, en = f"不设{closed.zh}", f"Without {closed.en}"
    elif not out:
        zh, en = f"增设{opened.zh}", f"{opened.en} as well"
    return spaced(Text(zh=f"{zh}：{lost.zh}；{proof.zh}。", en=f"{en}: {lost.en}; {proof.en}."))
