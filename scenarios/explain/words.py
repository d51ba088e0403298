"""What sitings and plans say alike of their questions, and the layer of their alternatives."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from base.faults import Fault
from optimizer.result import Status
from scenarios.explain.telling import AlternativeRow, ChangeRow, Kind, spaced
from scenarios.explain_codes import BETTER_FOUND, NOT_EXPLAINED
from scenarios.model_parts import Text

__all__ = [
    "ALTERNATIVES",
    "NO_ANSWER_YET",
    "OUT_OF_TIME",
    "alternative_layer",
    "losers_by_place",
    "no_answer",
    "not_asked",
    "unexplained",
    "warnings_of",
]

ALTERNATIVES = Text(zh="备选方案", en="alternatives")
NO_ANSWER_YET = Text(zh="未解答", en="not answered")
OUT_OF_TIME = Text(zh="时间不足，未解答。", en="No time was left for this question.")
_NOWHERE = Text(zh="街道范围外", en="outside the sub-districts")
_DOES_NOT_APPLY = Text(zh="不适用", en="does not apply")


def not_asked(kind: Kind, site_id: str, name: Text, *, is_open: bool) -> ChangeRow:
    """A question that the answer makes pointless."""
    text = Text(zh=f"{name.zh}已在方案中。", en=f"{name.en} stands in the answer already.")
    if not is_open:
        text = Text(
            zh=f"{name.zh}不在方案中，落空无影响。",
            en=f"{name.en} does not stand in the answer: nothing is lost without it.",
        )
    return ChangeRow(kind, site_id, name, spaced(text), _DOES_NOT_APPLY)


def unexplained(kind: Kind, name: Text) -> Text:
    """A question for which no time was left."""
    if kind == "why_not":
        return Text(zh=f"为何不选{name.zh}", en=f"why not {name.en}")
    return Text(zh=f"{name.zh}落空怎么办", en=f"what if {name.en} falls through")


def no_answer(kind: Kind, name: Text, status: Status, reasons: Sequence[Text] = ()) -> Text:
    """A change that leaves nothing, or of which nothing was found in time."""
    proved = status is Status.INFEASIBLE
    if kind == "why_not":
        zh, en = f"{name.zh}不能设", f"{name.en} cannot stand"
        end_zh = "：没有符合全部规则的方案（已证明）。"
        end_en = ": nothing that keeps all rules has it (proved)."
    else:
        zh, en = f"{name.zh}不可缺少", f"{name.en} cannot be left out"
        end_zh = "：没有它就没有符合全部规则的方案（已证明）。"
        end_en = ": nothing keeps all rules without it (proved)."
    if not proved:
        told = unexplained(kind, name)
        return Text(
            zh=f"{told.zh}：时限内未找到方案，也未证明不存在。",
            en=f"{told.en}: in the time given nothing was found, nor proved not to exist.",
        )
    if reasons:
        end_zh += "冲突的规则：" + "；".join(each.zh for each in reasons) + "。"
        end_en += " In conflict: " + "; ".join(each.en for each in reasons) + "."
    return spaced(Text(zh=zh + end_zh, en=en + end_en))


def losers_by_place(
    labels: Sequence[Text], district: NDArray[np.int32], lost: NDArray[np.float64]
) -> tuple[tuple[Text, float], ...]:
    """The sub-districts that lose, most first; none where there are no sub-districts."""
    if not len(labels):
        return ()
    sums = np.bincount(np.where(district < 0, len(labels), district), lost, len(labels) + 1)
    order = np.argsort(-sums, kind="stable")
    names = [*labels, _NOWHERE]
    return tuple((names[at], float(sums[at])) for at in order.tolist() if sums[at] > 0)


def warnings_of(part: str, skipped: Sequence[Text], better: Sequence[Text]) -> Iterator[Fault]:
    """Questions without time, and answers that turned out not to be the best."""
    if skipped:
        yield NOT_EXPLAINED(
            f"{part}.explain.seconds",
            count=len(skipped),
            what_zh="；".join(each.zh for each in skipped),
            what_en="; ".join(each.en for each in skipped),
        )
    if better:
        yield BETTER_FOUND(
            f"{part}.explain", what_zh=better[0].zh.rstrip("。"), what_en=better[0].en.rstrip(".")
        )


def alternative_layer(
    sites: gpd.GeoDataFrame, rows: Sequence[AlternativeRow], in_answer: Collection[str]
) -> gpd.GeoDataFrame:
    """Points of the sites that alternatives open and the answer does not.

    Columns: ``site_id``, ``name``, ``name_en``, ``alternatives`` (their numbers, ``1, 3``).
    """
    numbers: dict[str, list[str]] = {}
    for row in rows:
        for site_id in row.sites:
            if site_id not in in_answer:
                numbers.setdefault(site_id, []).append(str(row.number))
    mine = sites[sites["site_id"].isin(numbers)]
    frame = mine[["site_id", "name", "name_en", "geometry"]].reset_index(drop=True)
    frame.insert(3, "alternatives", [", ".join(numbers[each]) for each in frame["site_id"]])
    return frame
