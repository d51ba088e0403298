"""What enumerations are called, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from base.faults import Fault
from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.solution import Reason
from optimizer.siting.plan.problem import PlanObjective
from optimizer.siting.problem import Question
from scenarios.model import Text
from scenarios.records import Mode, Tier

__all__ = [
    "AIMS",
    "BREAK",
    "CHANGES",
    "MODES",
    "NO_STOCK",
    "PARTS",
    "PREMISES",
    "QUESTIONS",
    "REASONS",
    "SITE_STATES",
    "SITE_TIERS",
    "STATUSES",
    "TIERS",
    "WISHES",
    "both",
    "clock",
    "proof",
    "verdict",
    "warning_texts",
]

REASONS: Mapping[Reason, Text] = {
    Reason.NO_SKILL: Text(zh="没有人具备所需技能", en="nobody has all required skills"),
    Reason.NOT_ALLOWED: Text(
        zh="具备技能者均不符合老人的必须条件",
        en="nobody with the skills meets what the client must have",
    ),
    Reason.NO_ENTITLEMENT: Text(
        zh="补贴余额不足以支付", en="the client's allowance does not pay for it"
    ),
    Reason.NEEDS_MORE_STAFF: Text(
        zh="未找到同时有空的足够护理员", en="no two free carers were found for the same time"
    ),
    Reason.LINKED: Text(
        zh="与其他服务有先后或同时要求，未找到能同时满足的安排",
        en="tied to another visit; no place was found for both",
    ),
    Reason.UNREACHABLE: Text(zh="没有道路可到达", en="no way leads there and back"),
    Reason.OUTSIDE_SHIFTS: Text(
        zh="时间窗不在任何可用人员的班次内", en="no suitable person's shift meets its window"
    ),
    Reason.TOO_LONG: Text(
        zh="单独服务也超过最长工作时间", en="alone it exceeds every suitable person's working time"
    ),
    Reason.TOO_LARGE: Text(
        zh="份数超过任何可用配送工具的容量", en="larger than every carrier that could come"
    ),
    Reason.NOT_FRESH: Text(
        zh="直送也超过保鲜时限", en="even a direct trip exceeds the freshness limit"
    ),
    Reason.NO_TIME_LEFT: Text(
        zh="今日各线路均无法再插入", en="no round of this plan has room for it"
    ),
    Reason.NOT_WORTH: Text(zh="服务成本高于其价值", en="serving it costs more than its prize"),
}
"""Why a task is unserved, in words."""

BREAK = Text(zh="休息", en="break")

PARTS: Mapping[str, Text] = {
    "fixed": Text(zh="出车费用", en="use of vehicles"),
    "time": Text(zh="工资", en="wages"),
    "distance": Text(zh="里程费用", en="distance"),
    "waiting": Text(zh="等候", en="waiting"),
    "overtime": Text(zh="加班加价", en="overtime on top of wages"),
    "lateness": Text(zh="晚到", en="lateness"),
    "worst_lateness": Text(zh="最晚一次", en="largest lateness"),
    "earliness": Text(zh="早到服务", en="earliness"),
    "preferences": Text(zh="未满足的期望", en="wishes broken"),
    "continuity": Text(zh="换人", en="not the person who came last time"),
    "breaks_missed": Text(zh="未安排的休息", en="breaks left out"),
    "worst_idle": Text(zh="最长空闲", en="longest idle time"),
    "balance": Text(zh="工时不均", en="uneven working times"),
    "changes": Text(zh="对原计划的改动", en="changes to the plan in force"),
    "remote": Text(zh="改为电话", en="calls in place of visits"),
    "unserved": Text(zh="未安排", en="unserved"),
}
"""Parts of a day's objective."""

WISHES: Mapping[str, Text] = {
    "carers": Text(zh="指定人员", en="named person"),
    "sex": Text(zh="性别", en="sex"),
    "language": Text(zh="语言", en="language"),
    "last": Text(zh="上次人员", en="same person again"),
}
"""What clients ask of the person who comes."""

NO_STOCK = Text(zh="厨房份数不足", en="the kitchens have no portion left")

TIERS: Mapping[Tier, Text] = {
    Tier.BASIC: Text(zh="托底", en="basic guarantee"),
    Tier.SUPPORTED: Text(zh="扶助", en="supported"),
    Tier.GENERAL: Text(zh="普惠", en="general"),
}

MODES: Mapping[Mode, Text] = {
    Mode.WALK: Text(zh="步行", en="on foot"),
    Mode.EBIKE: Text(zh="电动自行车", en="e-bike"),
    Mode.CAR: Text(zh="汽车", en="car"),
}

QUESTIONS: Mapping[Question, Text] = {
    Question.LSCP: Text(zh="以最少站点覆盖所有人", en="fewest sites that cover everybody"),
    Question.MCLP: Text(zh="以给定站点数覆盖最多的人", en="most people covered by so many sites"),
    Question.P_MEDIAN: Text(zh="到最近站点的总路程最短", en="least total way to the nearest site"),
    Question.P_CENTER: Text(zh="最远的人路程最短", en="least way for the farthest person"),
}

AIMS: Mapping[PlanObjective, Text] = {
    PlanObjective.MAX_VALUE: Text(
        zh="在资金与规则之内服务最多的人", en="most people served within money and rules"
    ),
    PlanObjective.MIN_COST: Text(
        zh="以最少的费用满足全部规则", en="least cost at which all rules hold"
    ),
    PlanObjective.MAX_MIN: Text(
        zh="最差的街道尽可能好，再求服务最多的人",
        en="the worst sub-district as good as can be, then most people served",
    ),
    PlanObjective.MIN_TRAVEL: Text(zh="总路程最短", en="least total way"),
    PlanObjective.MIN_WORST: Text(zh="最远的人路程最短", en="least way for the farthest person"),
}
"""What a plan is to be best at."""

CHANGES: Mapping[str, Text] = {
    "open": Text(zh="新设", en="opens"),
    "upgrade": Text(zh="升级", en="upgraded"),
    "convert": Text(zh="改设", en="converted"),
    "close": Text(zh="关闭", en="closes"),
}
"""What a plan does with a site in a year."""

SITE_STATES: Mapping[str, Text] = {
    "existing": Text(zh="现有", en="existing"),
    "required": Text(zh="必设", en="required"),
    "candidate": Text(zh="候选", en="candidate"),
    "forbidden": Text(zh="禁设", en="forbidden"),
    "new": Text(zh="新设", en="new"),
    "upgraded": Text(zh="升级", en="upgraded"),
    "converted": Text(zh="改设", en="converted"),
    "closed": Text(zh="关闭", en="closed"),
    "other": Text(zh="其他层级", en="another tier"),
}

SITE_TIERS: Mapping[str, Text] = {
    "station": Text(zh="驿站", en="station"),
    "centre": Text(zh="养老服务中心", en="centre"),
    "institution": Text(zh="养老机构", en="institution"),
}
"""Usual tiers of sites; any other reads as the scenario writes it."""

PREMISES: Mapping[str, Text] = {
    "新建": Text(zh="新建", en="newly built"),
    "置换": Text(zh="置换", en="exchanged"),
    "购置": Text(zh="购置", en="bought"),
    "租赁": Text(zh="租赁", en="rented"),
    "改建": Text(zh="改建", en="converted"),
}
"""Usual sources of premises; any other reads as the layer writes it."""

STATUSES: Mapping[Status, Text] = {
    Status.OPTIMAL: Text(zh="最优（已证明）", en="optimal (proved)"),
    Status.FEASIBLE: Text(zh="可行", en="feasible"),
    Status.INFEASIBLE: Text(zh="无解（已证明）", en="no answer exists (proved)"),
    Status.NO_SOLUTION: Text(zh="未找到解", en="none found"),
}

_STOPS: Mapping[StopReason, Text] = {
    StopReason.FINISHED: Text(zh="求解完成", en="finished"),
    StopReason.TIME: Text(zh="到达时限", en="time limit"),
    StopReason.ITERATIONS: Text(zh="到达迭代上限", en="iteration limit"),
    StopReason.USER: Text(zh="用户停止", en="stopped by the user"),
}


def both(text: str) -> Text:
    """A text that reads the same in both languages, such as a name."""
    return Text(zh=text, en=text)


def clock(seconds: int) -> str:
    """Seconds of the day as ``HH:MM:SS``; hours run on after midnight."""
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}"


def verdict(result: SolveResult) -> Text:
    """What is proved of an answer, in a few words."""
    return STATUSES[result.status]


def proof(result: SolveResult) -> Text:
    """The gap that is left, why the solver stopped, after how long, and which one it was."""
    stop = _STOPS[result.stop_reason]
    gap_zh = gap_en = ""
    if result.status is Status.FEASIBLE:
        if result.gap is None:
            gap_zh, gap_en = "启发式，未证明界；", "heuristic without a bound; "
        else:
            gap_zh = f"与已证明界相差至多 {result.gap:.2%}；"
            gap_en = f"within {result.gap:.2%} of the proved bound; "
    return Text(
        zh=f"{gap_zh}{stop.zh}，{result.seconds:.1f} 秒，{result.solver}",
        en=f"{gap_en}{stop.en}, {result.seconds:.1f} s, {result.solver}",
    )


def warning_texts(warnings: tuple[Fault, ...]) -> tuple[Text, ...]:
    """Warnings as a report prints them."""
    return tuple(Text(zh=fault.text("zh"), en=fault.text("en")) for fault in warnings)
