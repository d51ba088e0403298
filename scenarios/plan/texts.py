"""What a plan takes for granted and what it must do, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenarios.model import Text
from scenarios.plan.demand import PlanDemand
from scenarios.plan.model import PlanInput, PlanSitesInput
from scenarios.plan.years import Calendar

__all__ = ["assumption_texts", "must_texts"]


def must_texts(wanted: PlanInput, demand: PlanDemand) -> tuple[Text, ...]:
    """What holds in every plan besides rules, floors and money."""
    return tuple(_musts(wanted, demand))


def _musts(wanted: PlanInput, demand: PlanDemand) -> Iterator[Text]:
    residents, clients = len(demand.labels) - 2, len(demand.labels) - 1
    for number, service in enumerate(wanted.services):
        label, rows = service.label, demand.service == number
        if service.must:
            yield Text(
                zh=f"每年须使所有需要{label.zh}的人得到服务",
                en=f"everybody who asks for {label.en} is served, every year",
            )
        if service.choice == "nearest":
            yield Text(
                zh=f"{label.zh}：各人自行前往最近且有余位的设施，近者优先",
                en=f"{label.en}: everybody goes to the nearest site with room, the closest first",
            )
        moving = demand.units[rows & (demand.group == residents)].sum()
        if moving:
            yield Text(
                zh=f"{moving:,.0f} 名机构在住老人始终有{label.zh}（不限步行距离）",
                en=f"{moving:,.0f} residents of homes always have {label.en}, wherever it is",
            )
        staying = demand.units[rows & (demand.group == clients)].sum()
        if staying:
            yield Text(
                zh=f"{staying:,.0f} 名驿站在服老人始终可步行得到{label.zh}",
                en=f"{staying:,.0f} clients of stations always have {label.en} within a walk",
            )
    for layer in wanted.sites:
        yield from _of_layer(wanted, layer)


def _of_layer(wanted: PlanInput, layer: PlanSitesInput) -> Iterator[Text]:
    name = next(level.label for level in wanted.levels if level.id == layer.level)
    if layer.status == "existing" and "close" not in layer.may:
        yield Text(
            zh=f"现有{name.zh}的场地均不得关闭",
            en=f"premises that are a {name.en} today stay open",
        )
    if layer.status == "committed":
        when = "" if layer.year is None else str(layer.year)
        yield Text(
            zh=f"在建{name.zh}按期开业{f'（{when}）' if when else ''}",
            en=f"every {name.en} on its way opens in its year{f' ({when})' if when else ''}",
        )


def assumption_texts(
    wanted: PlanInput, demand: PlanDemand, scenario: list[Text]
) -> tuple[Text, ...]:
    """The scenario's own assumptions, then those that follow from what is estimated."""
    return (*scenario, *_assumptions(wanted, demand))


def _assumptions(wanted: PlanInput, demand: PlanDemand) -> Iterator[Text]:
    if demand.estimated.any():
        guessed = np.unique(demand.group[demand.estimated])
        names = [demand.labels[group] for group in guessed]
        yield Text(
            zh="以下人群的数量为估算：" + "、".join(name.zh for name in names),
            en="estimated numbers: " + ", ".join(name.en for name in names),
        )
    for population in wanted.populations:
        if population.estimated:
            yield Text(zh=f"{population.label.zh}为估算", en=f"{population.label.en}: estimated")
    for part in wanted.candidates:
        if part.floor_share is not None:
            yield Text(
                zh=f"候选点可用面积按地块用地的 {100 * part.floor_share:.4g} % 估算",
                en=f"{100 * part.floor_share:.4g} % of a parcel's ground is taken as floor",
            )
        elif part.area_m2 is not None:
            yield Text(
                zh=f"候选点面积均按 {part.area_m2:,.4g} 平方米计",
                en=f"candidates are taken to have {part.area_m2:,.4g} m2",
            )
    last = Calendar.of(wanted.years).labels[-1]
    if len(wanted.years) > 1:
        yield Text(
            zh=f"人口在 {last} 年前保持不变",
            en=f"numbers of people stay as they are until {last}",
        )
