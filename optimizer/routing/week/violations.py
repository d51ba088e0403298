"""The rules that a week's plan can break, by name and in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from base.faults import Lang

__all__ = ["WeekViolation", "WeekViolationKind"]


class WeekViolationKind(StrEnum):
    """What can be wrong with a week."""

    UNKNOWN_VISIT = "unknown_visit"
    VISIT_TWICE = "visit_twice"
    NEITHER_MADE_NOR_LISTED = "neither_made_nor_listed"
    WRONG_DAY = "wrong_day"
    TWICE_A_DAY = "twice_a_day"
    TOO_CLOSE = "too_close"
    OTHER_HOUR = "other_hour"
    OUTSIDE_WINDOW = "outside_window"
    WRONG_STAFF_COUNT = "wrong_staff_count"
    MISSING_SKILL = "missing_skill"
    NOT_ALLOWED = "not_allowed"
    OFF_DUTY = "off_duty"
    LINK_BROKEN = "link_broken"
    OUTSIDE_SHIFT = "outside_shift"
    TOO_LONG_DAY = "too_long_day"
    TOO_LONG_WEEK = "too_long_week"
    TOO_LITTLE_REST = "too_little_rest"
    OVERSPENT = "overspent"
    DAY_PLAN = "day_plan"
    DAY_DIFFERS = "day_differs"
    WRONG_REASON = "wrong_reason"
    WRONG_PART = "wrong_part"
    WRONG_COUNT = "wrong_count"
    WRONG_STATUS = "wrong_status"


_K = WeekViolationKind
_WORDS: dict[WeekViolationKind, tuple[str, str]] = {
    _K.UNKNOWN_VISIT: ("计划中的服务或日期不存在", "names a visit, a carer or a day that is none"),
    _K.VISIT_TWICE: ("同一次服务安排了不止一次", "is planned or listed more than once"),
    _K.NEITHER_MADE_NOR_LISTED: (
        "既未安排也未列入未安排",
        "is neither made nor listed as left out",
    ),
    _K.WRONG_DAY: ("安排在不允许的日子", "is on a day that will not do"),
    _K.TWICE_A_DAY: ("同一需求一天安排了两次", "is met twice on one day"),
    _K.TOO_CLOSE: ("两次服务相隔天数不足", "is met on days too close to each other"),
    _K.OTHER_HOUR: ("各日开始时间相差过大", "starts at too different hours"),
    _K.OUTSIDE_WINDOW: ("开始时间不在时间窗内", "starts outside its windows"),
    _K.WRONG_STAFF_COUNT: ("人数不符", "has the wrong number of people"),
    _K.MISSING_SKILL: ("护理员不具备所需技能", "is made by somebody without the skills"),
    _K.NOT_ALLOWED: ("安排了不得上门的护理员", "is made by somebody who must not come"),
    _K.OFF_DUTY: ("安排了当日休息的护理员", "is made by somebody who is off that day"),
    _K.LINK_BROKEN: ("与相关服务的先后关系不符", "breaks its tie to another need"),
    _K.OUTSIDE_SHIFT: ("超出班次", "works outside the shift"),
    _K.TOO_LONG_DAY: ("单日工时超限", "works too long on a day"),
    _K.TOO_LONG_WEEK: ("周工时超限", "works too long in the week"),
    _K.TOO_LITTLE_REST: ("两日之间休息不足", "rests too little between two days"),
    _K.OVERSPENT: ("超出补贴余额", "spends more than the entitlement"),
    _K.DAY_PLAN: ("当日计划未通过检查", "is a day whose plan is not sound"),
    _K.DAY_DIFFERS: ("当日计划与周计划不一致", "is a day whose plan differs from the week's"),
    _K.WRONG_REASON: ("未安排的原因不成立", "is left out for a reason that does not hold"),
    _K.WRONG_PART: ("目标分项计算不符", "has a wrong part of the objective"),
    _K.WRONG_COUNT: ("统计数不符", "has a wrong count"),
    _K.WRONG_STATUS: ("状态不成立", "claims a status that does not hold"),
}


@dataclass(frozen=True)
class WeekViolation:
    """One broken rule.

    Attributes:
        kind: which rule.
        need, number, carer, day, payer: where, as far as it applies.
        got, expected: figures, as far as there are some.
        why: a violation of the day's own plan in both languages (en, zh), or a name.
    """

    kind: WeekViolationKind
    need: int | None = None
    number: int | None = None
    carer: int | None = None
    day: int | None = None
    payer: int | None = None
    got: int | None = None
    expected: int | None = None
    why: tuple[str, str] | None = None

    def text(self, lang: Lang = "en") -> str:
        """One line."""
        zh = lang == "zh"
        names = (
            ("需求" if zh else "need", self.need),
            ("第几次" if zh else "visit", self.number),
            ("护理员" if zh else "carer", self.carer),
            ("第几日" if zh else "day", self.day),
            ("付费方" if zh else "payer", self.payer),
        )
        parts = [f"{name} {value}" for name, value in names if value is not None]
        figures = ""
        if self.got is not None:
            known = self.expected is not None
            figures = f" ({self.got} ≠ {self.expected})" if known else f" ({self.got})"
        why = "" if self.why is None else f": {self.why[1 if zh else 0]}"
        place = " ".join(parts)
        return f"{place} {_WORDS[self.kind][0 if zh else 1]}{figures}{why}".strip()
