"""What the week's report and sheets say."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.routing.solution import Reason
from optimizer.routing.week.solution import WeekReason
from scenarios.model import Text
from scenarios.words import REASONS

__all__ = ["WEEKDAYS", "reason_text"]

WEEKDAYS: tuple[Text, ...] = tuple(
    Text(zh=f"周{zh}", en=en)
    for zh, en in zip(
        "一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True
    )
)

_WEEK_REASONS: Mapping[WeekReason, Text] = {
    WeekReason.NO_DAY: Text(
        zh="可用日期不足以排下所要求的次数",
        en="the days that will do do not hold so many visits",
    ),
    WeekReason.NO_MONEY: Text(
        zh="补贴余额不足以支付", en="the client's allowance does not pay for it"
    ),
    WeekReason.NOBODY_THAT_DAY: Text(
        zh="可用日期没有足够的合格护理员出勤",
        en="too few people with the skills work on the days that will do",
    ),
}


def reason_text(reason: Reason | WeekReason) -> Text:
    """Why a visit is not made, in words."""
    if isinstance(reason, WeekReason):
        return _WEEK_REASONS[reason]
    return REASONS[reason]
