"""What can be wrong with a plan, in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

__all__ = ["PlanViolation", "PlanViolationKind"]


class PlanViolationKind(StrEnum):
    """What can be wrong with a plan."""

    OPTION_SHAPE = "option_shape"
    PARENT_SHAPE = "parent_shape"
    QUOTA_SHAPE = "quota_shape"
    OPTION_OUT_OF_RANGE = "option_out_of_range"
    OPTION_OF_OTHER_SITE = "option_of_other_site"
    BEFORE_FIRST_YEAR = "before_first_year"
    CURRENT_CAME_BACK = "current_came_back"
    OPTION_GIVEN_UP = "option_given_up"
    DUE_NOT_STANDING = "due_not_standing"
    NO_TAKEOVER = "no_takeover"
    CAPITAL_EXCEEDED = "capital_exceeded"
    RUNNING_EXCEEDED = "running_exceeded"
    PARENT_OUT_OF_RANGE = "parent_out_of_range"
    PARENT_MISSING = "parent_missing"
    PARENT_NEEDLESS = "parent_needless"
    PARENT_NOT_LISTED = "parent_not_listed"
    PARENT_WRONG_LEVEL = "parent_wrong_level"
    FANOUT_EXCEEDED = "fanout_exceeded"
    RULE_BELOW = "rule_below"
    RULE_ABOVE = "rule_above"
    FLOOR_MISSED = "floor_missed"
    QUOTA_OUT_OF_RANGE = "quota_out_of_range"
    QUOTA_NOT_LISTED = "quota_not_listed"
    QUOTA_AREA_SHORT = "quota_area_short"
    ASSIGNMENT_SHAPE = "assignment_shape"
    ASSIGNMENT_OUT_OF_RANGE = "assignment_out_of_range"
    ASSIGNMENT_AMOUNT = "assignment_amount"
    ASSIGNMENT_ORDER = "assignment_order"
    ASSIGNED_UNCAPACITATED = "assigned_uncapacitated"
    ASSIGNED_BEYOND_REACH = "assigned_beyond_reach"
    ASSIGNED_NOT_OFFERED = "assigned_not_offered"
    CAPACITY_EXCEEDED = "capacity_exceeded"
    ROW_OVERSERVED = "row_overserved"
    SINGLE_SPLIT = "single_split"
    MUST_NOT_COVERED = "must_not_covered"
    MUST_NOT_ASSIGNED = "must_not_assigned"
    NOT_SERVED = "not_served"
    NOT_NEAREST = "not_nearest"
    LEAST_VALUE_MISSED = "least_value_missed"
    MOST_COST_PASSED = "most_cost_passed"
    LEAST_SHARE_MISSED = "least_share_missed"
    FORCED_MISSING = "forced_missing"
    BANNED_STANDS = "banned_stands"
    TOO_ALIKE = "too_alike"
    MISSING_OBJECTIVE = "missing_objective"
    WRONG_OBJECTIVE = "wrong_objective"
    PARTS_DO_NOT_SUM = "parts_do_not_sum"
    WRONG_PART = "wrong_part"
    BOUND_CROSSED = "bound_crossed"
    SHARES_NEEDLESS = "shares_needless"
    SHARES_NOT_ASCENDING = "shares_not_ascending"
    WRONG_SHARES = "wrong_shares"
    SHARE_BOUNDS_SHAPE = "share_bounds_shape"
    SHARE_BOUND_CROSSED = "share_bound_crossed"
    OPTIMAL_NOT_PROVED = "optimal_not_proved"
    FEASIBLE_BUT_PROVED = "feasible_but_proved"
    UNFINISHED_PROOF = "unfinished_proof"
    ANSWER_WITHOUT_STATUS = "answer_without_status"


_Kind = PlanViolationKind

_TEXT: dict[PlanViolationKind, tuple[str, str]] = {
    _Kind.OPTION_SHAPE: (
        "the table of options has {got} entries, {expected} (years x sites) are expected",
        "方案表有 {got} 项，应为 {expected} 项（年数 × 站点数）",
    ),
    _Kind.PARENT_SHAPE: (
        "the table of parents has {got} entries, {expected} (years x sites) are expected",
        "上级表有 {got} 项，应为 {expected} 项（年数 × 站点数）",
    ),
    _Kind.QUOTA_SHAPE: (
        "{got} quotas are given out, there are {expected}",
        "配建指标列有 {got} 项，应为 {expected} 项",
    ),
    _Kind.OPTION_OUT_OF_RANGE: (
        "year {year}: site {index} shows option {got}, which does not exist",
        "第 {year} 年：站点 {index} 的方案 {got} 不存在",
    ),
    _Kind.OPTION_OF_OTHER_SITE: (
        "year {year}: site {index} shows option {got}, which belongs to site {expected}",
        "第 {year} 年：站点 {index} 的方案 {got} 属于站点 {expected}",
    ),
    _Kind.BEFORE_FIRST_YEAR: (
        "year {year}: site {index} shows option {got}, which may stand from year {expected} on",
        "第 {year} 年：站点 {index} 的方案 {got} 自第 {expected} 年起才可设立",
    ),
    _Kind.CURRENT_CAME_BACK: (
        "year {year}: site {index} returns to its current option {got}, once given up",
        "第 {year} 年：站点 {index} 恢复了已放弃的现状方案 {got}",
    ),
    _Kind.OPTION_GIVEN_UP: (
        "year {year}: site {index} gives up option {got}, which has to stand to the end",
        "第 {year} 年：站点 {index} 放弃了应保留到规划期末的方案 {got}",
    ),
    _Kind.DUE_NOT_STANDING: (
        "year {year}: nothing stands at site {index}, due from year {expected} on",
        "第 {year} 年：站点 {index} 未设设施，自第 {expected} 年起必须有设施",
    ),
    _Kind.NO_TAKEOVER: (
        "year {year}: existing site {index} is closed and none of its takeover options stands",
        "第 {year} 年：现有站点 {index} 已关闭，而承接方案均未设立",
    ),
    _Kind.CAPITAL_EXCEEDED: (
        "year {year}: openings and closings cost {got} fen, {expected} are there",
        "第 {year} 年：建设与关闭费用 {got} 分，可用资金 {expected} 分",
    ),
    _Kind.RUNNING_EXCEEDED: (
        "year {year}: yearly costs are {got} fen, {expected} are there",
        "第 {year} 年：年度运行费用 {got} 分，可用资金 {expected} 分",
    ),
    _Kind.PARENT_OUT_OF_RANGE: (
        "year {year}: site {index} hangs on site {got}, which does not exist",
        "第 {year} 年：站点 {index} 的上级站点 {got} 不存在",
    ),
    _Kind.PARENT_MISSING: (
        "year {year}: site {index} hangs on no site of level {expected}",
        "第 {year} 年：站点 {index} 未挂靠 {expected} 级站点",
    ),
    _Kind.PARENT_NEEDLESS: (
        "year {year}: site {index} hangs on site {got} though it needs no parent",
        "第 {year} 年：站点 {index} 无需上级，却挂靠站点 {got}",
    ),
    _Kind.PARENT_NOT_LISTED: (
        "year {year}: site {index} may not hang on site {got}",
        "第 {year} 年：站点 {index} 不得挂靠站点 {got}",
    ),
    _Kind.PARENT_WRONG_LEVEL: (
        "year {year}: site {index} hangs on site {got}, which shows no option of level {expected}",
        "第 {year} 年：站点 {index} 挂靠的站点 {got} 未设 {expected} 级设施",
    ),
    _Kind.FANOUT_EXCEEDED: (
        "year {year}: {got} sites hang on site {index}, {expected} are allowed",
        "第 {year} 年：挂靠站点 {index} 的站点有 {got} 个，最多允许 {expected} 个",
    ),
    _Kind.RULE_BELOW: (
        "year {year}: counting rule {index} comes to {got}, at least {expected} is asked",
        "第 {year} 年：计数规则 {index} 合计 {got}，至少应为 {expected}",
    ),
    _Kind.RULE_ABOVE: (
        "year {year}: counting rule {index} comes to {got}, at most {expected} is allowed",
        "第 {year} 年：计数规则 {index} 合计 {got}，最多允许 {expected}",
    ),
    _Kind.FLOOR_MISSED: (
        "year {year}: coverage floor {index} reaches {got}, {expected} is asked",
        "第 {year} 年：覆盖底线 {index} 达到 {got}，要求 {expected}",
    ),
    _Kind.QUOTA_OUT_OF_RANGE: (
        "quota {index} is given to site {got}, which does not exist",
        "配建指标 {index} 分给的站点 {got} 不存在",
    ),
    _Kind.QUOTA_NOT_LISTED: (
        "quota {index} may not be given to site {got}",
        "配建指标 {index} 不得分给站点 {got}",
    ),
    _Kind.QUOTA_AREA_SHORT: (
        "year {year}: quotas give site {index} {got} m2, its option needs {expected}",
        "第 {year} 年：站点 {index} 得到配建面积 {got} 平方米，其方案需要 {expected}",
    ),
    _Kind.ASSIGNMENT_SHAPE: (
        "the columns of the assignments differ in length: {got} and {expected}",
        "分配表各列长度不一：{got} 与 {expected}",
    ),
    _Kind.ASSIGNMENT_OUT_OF_RANGE: (
        "assignment {index} names a year, row or site that does not exist: {got}",
        "分配 {index} 的年份、需求行或站点不存在：{got}",
    ),
    _Kind.ASSIGNMENT_AMOUNT: (
        "assignment {index} is of {got} units, at least {expected} is asked",
        "分配 {index} 的数量为 {got}，至少应为 {expected}",
    ),
    _Kind.ASSIGNMENT_ORDER: (
        "assignment {index} does not come after the one before it (year, row, site)",
        "分配 {index} 未按（年、需求行、站点）严格升序排列",
    ),
    _Kind.ASSIGNED_UNCAPACITATED: (
        "year {year}: row {index} is assigned though its service {got} has no capacities",
        "第 {year} 年：需求行 {index} 的服务 {got} 无容量限制，却作了分配",
    ),
    _Kind.ASSIGNED_BEYOND_REACH: (
        "year {year}: row {index} is assigned to site {got}, which does not reach it",
        "第 {year} 年：需求行 {index} 分配到不可达的站点 {got}",
    ),
    _Kind.ASSIGNED_NOT_OFFERED: (
        "year {year}: row {index} is assigned to site {got}, which does not offer its service",
        "第 {year} 年：需求行 {index} 分配到站点 {got}，该站点不提供其服务",
    ),
    _Kind.CAPACITY_EXCEEDED: (
        "year {year}: site {index} serves {got} units of one service, it has room for {expected}",
        "第 {year} 年：站点 {index} 的某项服务分配 {got}，容量为 {expected}",
    ),
    _Kind.ROW_OVERSERVED: (
        "year {year}: row {index} is assigned {got} units, it has {expected}",
        "第 {year} 年：需求行 {index} 分配 {got}，仅有 {expected}",
    ),
    _Kind.SINGLE_SPLIT: (
        "year {year}: row {index} must go to one site as a whole; one takes {got} of {expected}",
        "第 {year} 年：需求行 {index} 须整体分配到一个站点，某站点仅得 {got}，总量 {expected}",
    ),
    _Kind.MUST_NOT_COVERED: (
        "year {year}: row {index} has to be covered and is not",
        "第 {year} 年：需求行 {index} 必须被覆盖，但未被覆盖",
    ),
    _Kind.MUST_NOT_ASSIGNED: (
        "year {year}: row {index} has to be assigned whole; {got} of {expected} units are",
        "第 {year} 年：需求行 {index} 必须全部分配，已分配 {got}，总量 {expected}",
    ),
    _Kind.NOT_SERVED: (
        "year {year}: row {index} is not served; the objective asks that every row is",
        "第 {year} 年：需求行 {index} 未得到服务，而该目标要求服务所有需求",
    ),
    _Kind.NOT_NEAREST: (
        "year {year}: row {index} gets {got} units where people who choose the nearest site with "
        "room get {expected} there",
        "第 {year} 年：需求行 {index} 在某站点分配 {got}，而按就近有位原则应为 {expected}",
    ),
    _Kind.LEAST_VALUE_MISSED: (
        "the plan's value is {got}, at least {expected} is asked",
        "规划价值为 {got}，要求不低于 {expected}",
    ),
    _Kind.MOST_COST_PASSED: (
        "the plan costs {got} fen, at most {expected} are allowed",
        "规划费用 {got} 分，最多允许 {expected} 分",
    ),
    _Kind.LEAST_SHARE_MISSED: (
        "district {index} reaches {got} millionths, {expected} are asked",
        "街道 {index} 的覆盖率为百万分之 {got}，要求百万分之 {expected}",
    ),
    _Kind.FORCED_MISSING: (
        "forced option {index} does not stand in the last year",
        "指定方案 {index} 在最后一年未设立",
    ),
    _Kind.BANNED_STANDS: (
        "year {year}: banned option {index} stands",
        "第 {year} 年：禁用方案 {index} 被设立",
    ),
    _Kind.TOO_ALIKE: (
        "{got} options of group {index} stand in the last year, at most {expected} may",
        "第 {index} 组方案在最后一年设立 {got} 个，最多允许 {expected} 个",
    ),
    _Kind.MISSING_OBJECTIVE: (
        "the plan has no objective; recomputed {expected}",
        "规划缺少目标值；重新计算为 {expected}",
    ),
    _Kind.WRONG_OBJECTIVE: (
        "the objective is given as {got}, recomputed {expected}",
        "目标值报告为 {got}，重新计算为 {expected}",
    ),
    _Kind.PARTS_DO_NOT_SUM: (
        "the objective's parts sum to {got}, not to {expected}",
        "目标值各部分之和为 {got}，应为 {expected}",
    ),
    _Kind.WRONG_PART: (
        "part {index} of the objective is given as {got}, recomputed {expected}",
        "目标值的第 {index} 部分报告为 {got}，重新计算为 {expected}",
    ),
    _Kind.BOUND_CROSSED: (
        "the bound {got} lies on the wrong side of the objective {expected}",
        "界 {got} 位于目标值 {expected} 的错误一侧",
    ),
    _Kind.SHARES_NEEDLESS: (
        "{got} shares are given though the objective has none",
        "该目标没有覆盖率序列，却给出了 {got} 项",
    ),
    _Kind.SHARES_NOT_ASCENDING: (
        "the shares do not ascend at place {index}",
        "覆盖率序列在第 {index} 位未升序排列",
    ),
    _Kind.WRONG_SHARES: (
        "share {index} is given as {got}, recomputed {expected}",
        "第 {index} 个覆盖率报告为 {got}，重新计算为 {expected}",
    ),
    _Kind.SHARE_BOUNDS_SHAPE: (
        "there are {got} bounds on {expected} shares",
        "覆盖率有 {expected} 项，界有 {got} 项",
    ),
    _Kind.SHARE_BOUND_CROSSED: (
        "the bound {got} on share {index} lies below the share {expected}",
        "第 {index} 个覆盖率的界 {got} 低于覆盖率 {expected}",
    ),
    _Kind.OPTIMAL_NOT_PROVED: (
        "called optimal with bound {got} and objective {expected}",
        "标为最优，但界为 {got}，目标值为 {expected}",
    ),
    _Kind.FEASIBLE_BUT_PROVED: (
        "called feasible although the bound equals the objective {expected}",
        "标为可行，但界等于目标值 {expected}，应为最优",
    ),
    _Kind.UNFINISHED_PROOF: (
        "called optimal or infeasible although the solver did not finish",
        "标为最优或无解，但求解并未完成",
    ),
    _Kind.ANSWER_WITHOUT_STATUS: (
        "a plan, an objective or a bound is given although the status says there is no answer",
        "状态表示没有答案，却给出了规划、目标值或界",
    ),
}


@dataclass(frozen=True)
class PlanViolation:
    """One broken rule.

    Attributes:
        kind: which rule.
        index: the site, row, option, rule ... it concerns, None where it concerns the whole plan.
        year: the year in which it is broken, None where it is not about a year.
        got: the value found, where the rule is about one.
        expected: the value that it should be or must not pass.
    """

    kind: PlanViolationKind
    index: int | None = None
    year: int | None = None
    got: int | None = None
    expected: int | None = None

    @property
    def detail(self) -> str:
        """The violation in English words."""
        return self.text("en")

    def text(self, lang: Literal["zh", "en"] = "en") -> str:
        """The violation in words; years, sites and rows count from 0, as in the arrays."""
        template = _TEXT[self.kind][1 if lang == "zh" else 0]
        return template.format(
            index=self.index, year=self.year, got=self.got, expected=self.expected
        )
