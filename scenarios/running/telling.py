"""Proposals, changes and verdicts in words, Chinese and English."""

from __future__ import annotations

from optimizer.routing.dispatch.ranked_insert import Move, Proposal, Verdict
from optimizer.routing.dispatch.smallest_change import Change, ChangeKind, Finding
from optimizer.routing.problem import NONE
from optimizer.routing.solution import StepKind
from scenarios.cells import write_time
from scenarios.model import Text
from scenarios.running.day import RunningDay

__all__ = ["VERDICTS", "tell_change", "tell_finding", "tell_move", "tell_proposal"]

VERDICTS: dict[Verdict, Text] = {
    Verdict.FOUND: Text(zh="可以安排", en="there is a place for it"),
    Verdict.NO_PLACE: Text(
        zh="现行计划的每个位置都已试过，均无法插入",
        en="every place of the plan in force was tried: none takes it",
    ),
    Verdict.NO_ENTITLEMENT: Text(
        zh="补贴余额不足以支付", en="the client's allowance does not pay for it"
    ),
    Verdict.PLAN_BROKEN: Text(
        zh="现行计划已无法执行，需先重新安排",
        en="the plan in force can no longer be kept: plan the rest of the day anew first",
    ),
}
"""What a ranking found, in words."""

_CHANGES: dict[ChangeKind, Text] = {
    ChangeKind.WINDOW_LATER: Text(zh="时间窗延至 {until}", en="window until {until}"),
    ChangeKind.WINDOW_EARLIER: Text(zh="时间窗提前至 {since}", en="window from {since}"),
    ChangeKind.SHIFT_LATER: Text(
        zh="{carer} 的班次延至 {until}", en="shift of {carer} until {until}"
    ),
    ChangeKind.SHIFT_EARLIER: Text(
        zh="{carer} 的班次提前至 {since}", en="shift of {carer} from {since}"
    ),
    ChangeKind.PERSON_ALLOWED: Text(zh="允许由 {carer} 服务", en="let {carer} serve it"),
    ChangeKind.MORE_MONEY: Text(zh="补贴增加 {yuan} 元", en="{yuan} yuan more allowance"),
    ChangeKind.ONE_MORE_PERSON: Text(
        zh="增加一名护理员{skills_zh}，{since}–{until}",
        en="one more carer{skills_en}, {since}-{until}",
    ),
    ChangeKind.TWO_MORE_PEOPLE: Text(
        zh="增加两名护理员{skills_zh}，{since}–{until}",
        en="two more carers{skills_en}, {since}-{until}",
    ),
}


def tell_change(day: RunningDay, change: Change) -> Text:
    """A change in words, such as ``window until 11:30``."""
    names = [s for bit, s in enumerate(day.case.skills) if change.skills >> bit & 1]
    values = {
        "since": _clock(change.since),
        "until": _clock(change.until),
        "carer": "" if change.vehicle == NONE else day.case.carers[change.vehicle].id,
        "yuan": f"{change.amount / 100:g}",
        "skills_zh": f"（{'、'.join(names)}）" if names else "",
        "skills_en": f" with {', '.join(names)}" if names else "",
    }
    words = _CHANGES[change.kind]
    return Text(zh=words.zh.format(**values), en=words.en.format(**values))


def tell_move(day: RunningDay, move: Move) -> Text:
    """A visit or break that moves, in words."""
    is_task = move.kind is StepKind.TASK
    what = day.case.visits[move.index].id if is_task else ""
    zh, en = (what, what) if is_task else ("休息", "break")
    before, after = _clock(move.from_start), _clock(move.to_start)
    old, new = day.case.carers[move.from_vehicle].id, day.case.carers[move.to_vehicle].id
    if old == new:
        return Text(
            zh=f"{old}：{zh} 由 {before} 改为 {after}", en=f"{old}: {en} {before} -> {after}"
        )
    return Text(
        zh=f"{zh} 由 {old} {before} 改为 {new} {after}",
        en=f"{en}: {old} {before} -> {new} {after}",
    )


def tell_proposal(day: RunningDay, proposal: Proposal) -> Text:
    """Who serves the new visit when, at what cost, and how many visits move."""
    people = ", ".join(
        f"{day.case.carers[p.vehicle].id} {_clock(p.start)}" for p in proposal.placements
    )
    yuan = proposal.added / day.case.problem.cost_scale / 100
    moved = len({move.index for move in proposal.moves if move.kind is StepKind.TASK})
    return Text(
        zh=f"{people}，增加 {yuan:.2f} 元，移动 {moved} 项服务",
        en=f"{people}, {yuan:.2f} yuan more, {moved} visits moved",
    )


def tell_finding(day: RunningDay, finding: Finding) -> tuple[Text, ...]:
    """Why visits are unserved, then what would help, one text each."""
    told = [VERDICTS[finding.verdict]]
    told += [tell_change(day, remedy.change) for remedy in finding.remedies]
    return tuple(told)


def _clock(moment: int) -> str:
    return "" if moment < 0 else write_time(moment)
