"""The rules that a plan can break, by name and in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from base.faults import Lang

__all__ = ["Violation", "ViolationKind"]


class ViolationKind(StrEnum):
    """What can be wrong with a plan."""

    UNKNOWN_VEHICLE = "unknown_vehicle"
    UNKNOWN_TASK = "unknown_task"
    UNKNOWN_PLACE = "unknown_place"
    UNKNOWN_BREAK = "unknown_break"
    VEHICLE_TWICE = "vehicle_twice"
    ROUTES_UNSORTED = "routes_unsorted"
    EMPTY_ROUTE = "empty_route"
    SERVED_TWICE = "served_twice"
    LISTED_TWICE = "listed_twice"
    LISTED_THOUGH_SERVED = "listed_though_served"
    NEITHER_SERVED_NOR_LISTED = "neither_served_nor_listed"
    DEPARTS_BEFORE_SHIFT = "departs_before_shift"
    ENDS_AFTER_SHIFT = "ends_after_shift"
    TOO_MUCH_OVERTIME = "too_much_overtime"
    TOO_MUCH_WORK = "too_much_work"
    TOO_MUCH_TRAVEL = "too_much_travel"
    WRONG_ARRIVAL = "wrong_arrival"
    STARTS_BEFORE_ARRIVAL = "starts_before_arrival"
    OUTSIDE_WINDOW = "outside_window"
    FINISHES_TOO_LATE = "finishes_too_late"
    TOO_EARLY = "too_early"
    WRONG_DURATION = "wrong_duration"
    WRONG_LOADING_TIME = "wrong_loading_time"
    WRONG_END = "wrong_end"
    UNREACHABLE_LEG = "unreachable_leg"
    FOREIGN_BREAK = "foreign_break"
    BREAK_TWICE = "break_twice"
    BREAK_MISSED = "break_missed"
    BREAK_OUTSIDE_WINDOW = "break_outside_window"
    WRONG_BREAK_LENGTH = "wrong_break_length"
    MISSING_SKILL = "missing_skill"
    FORBIDDEN_PERSON = "forbidden_person"
    WRONG_STAFF_COUNT = "wrong_staff_count"
    NOT_TOGETHER = "not_together"
    LINK_BROKEN = "link_broken"
    LINK_HALF_SERVED = "link_half_served"
    SAME_PERSON = "same_person"
    PERSON_REPEATED = "person_repeated"
    PERSON_CHANGED = "person_changed"
    VISITS_OVERLAP = "visits_overlap"
    EQUIPMENT_SHORT = "equipment_short"
    OVERSPENT = "overspent"
    TOO_MANY_CHANGES = "too_many_changes"
    OVER_CAPACITY = "over_capacity"
    WRONG_ORIGIN = "wrong_origin"
    NOT_FRESH = "not_fresh"
    LEAVES_BEFORE_RELEASE = "leaves_before_release"
    TOO_MANY_TRIPS = "too_many_trips"
    LOADS_ELSEWHERE = "loads_elsewhere"
    NOT_LOADED = "not_loaded"
    TIER_INVERSION = "tier_inversion"
    REASON_MISSING = "reason_missing"
    REASON_TWICE = "reason_twice"
    REASON_FOR_SERVED = "reason_for_served"
    WRONG_REASON = "wrong_reason"
    WRONG_PART = "wrong_part"
    WRONG_OBJECTIVE = "wrong_objective"
    WRONG_COUNT = "wrong_count"
    WRONG_STATUS = "wrong_status"
    BOUND_CROSSED = "bound_crossed"


_K = ViolationKind
_TEXT: dict[ViolationKind, tuple[str, str]] = {
    _K.UNKNOWN_VEHICLE: ("there is no vehicle {vehicle}", "不存在车辆或人员 {vehicle}"),
    _K.UNKNOWN_TASK: ("there is no task {task}", "不存在任务 {task}"),
    _K.UNKNOWN_PLACE: (
        "vehicle {vehicle} loads at place {got}, which does not exist",
        "{vehicle} 号在不存在的地点 {got} 装载",
    ),
    _K.UNKNOWN_BREAK: (
        "vehicle {vehicle} takes break {got}, which does not exist",
        "{vehicle} 号的休息 {got} 不存在",
    ),
    _K.VEHICLE_TWICE: (
        "vehicle {vehicle} has more than one route",
        "{vehicle} 号有多条路线",
    ),
    _K.ROUTES_UNSORTED: (
        "the route of vehicle {vehicle} does not stand in ascending order",
        "{vehicle} 号的路线未按编号升序排列",
    ),
    _K.EMPTY_ROUTE: ("the route of vehicle {vehicle} serves nothing", "{vehicle} 号的路线没有任务"),
    _K.SERVED_TWICE: (
        "task {task} is served {got} times, not {expected}",
        "任务 {task} 被服务 {got} 次，应为 {expected} 次",
    ),
    _K.LISTED_TWICE: (
        "task {task} is listed as unserved twice",
        "任务 {task} 在未服务清单中重复出现",
    ),
    _K.LISTED_THOUGH_SERVED: (
        "task {task} is listed as unserved although vehicle {vehicle} serves it",
        "任务 {task} 列为未服务，但 {vehicle} 号已服务它",
    ),
    _K.NEITHER_SERVED_NOR_LISTED: (
        "task {task} is neither served nor listed as unserved",
        "任务 {task} 既未服务也未列入未服务清单",
    ),
    _K.DEPARTS_BEFORE_SHIFT: (
        "vehicle {vehicle} departs at {got}, before its shift opens at {expected}",
        "{vehicle} 号 {got} 出发，早于班次开始 {expected}",
    ),
    _K.ENDS_AFTER_SHIFT: (
        "vehicle {vehicle} ends at {got}, after its shift closes at {expected}",
        "{vehicle} 号 {got} 结束，晚于班次结束 {expected}",
    ),
    _K.TOO_MUCH_OVERTIME: (
        "vehicle {vehicle} works {got} ticks overtime, {expected} are allowed",
        "{vehicle} 号加班 {got} 个时间单位，最多 {expected}",
    ),
    _K.TOO_MUCH_TRAVEL: (
        "vehicle {vehicle} travels {got} ticks, {expected} are allowed",
        "{vehicle} 号路途用时 {got} 个时间单位，最多 {expected}",
    ),
    _K.TOO_MUCH_WORK: (
        "vehicle {vehicle} works {got} ticks, {expected} are allowed",
        "{vehicle} 号工作 {got} 个时间单位，最多 {expected}",
    ),
    _K.WRONG_ARRIVAL: (
        "vehicle {vehicle} arrives at a stop at {got}; the way there ends at {expected}",
        "{vehicle} 号到达一站的时刻为 {got}，按路程应为 {expected}",
    ),
    _K.STARTS_BEFORE_ARRIVAL: (
        "vehicle {vehicle} starts at a stop at {got}, before arriving there at {expected}",
        "{vehicle} 号在一站于 {got} 开始，早于到达时刻 {expected}",
    ),
    _K.OUTSIDE_WINDOW: (
        "task {task} starts at {got}, outside its windows",
        "任务 {task} 在 {got} 开始，不在其时间窗内",
    ),
    _K.FINISHES_TOO_LATE: (
        "task {task} finishes at {got}, after its window closes at {expected}",
        "任务 {task} 在 {got} 结束，晚于时间窗结束 {expected}",
    ),
    _K.TOO_EARLY: (
        "task {task} starts {got} ticks before its window opens, {expected} are allowed",
        "任务 {task} 比时间窗提前 {got} 开始，最多提前 {expected}",
    ),
    _K.WRONG_DURATION: (
        "task {task} takes {got} ticks, not {expected}",
        "任务 {task} 用时 {got}，应为 {expected}",
    ),
    _K.WRONG_LOADING_TIME: (
        "loading of vehicle {vehicle} takes {got} ticks, not {expected}",
        "{vehicle} 号装载用时 {got}，应为 {expected}",
    ),
    _K.WRONG_END: (
        "the route of vehicle {vehicle} ends at {got}, not at {expected}",
        "{vehicle} 号的路线在 {got} 结束，应为 {expected}",
    ),
    _K.UNREACHABLE_LEG: (
        "vehicle {vehicle} goes from place {got} to place {expected}, where no way leads",
        "{vehicle} 号从地点 {got} 前往无路可达的地点 {expected}",
    ),
    _K.FOREIGN_BREAK: (
        "vehicle {vehicle} takes break {got}, which belongs to another",
        "{vehicle} 号休了属于他人的休息 {got}",
    ),
    _K.BREAK_TWICE: (
        "vehicle {vehicle} takes break {got} more than once",
        "{vehicle} 号重复休了休息 {got}",
    ),
    _K.BREAK_MISSED: (
        "vehicle {vehicle} does not take break {got}, which it must",
        "{vehicle} 号没有休必须休的休息 {got}",
    ),
    _K.BREAK_OUTSIDE_WINDOW: (
        "a break of vehicle {vehicle} starts at {got}, outside its window",
        "{vehicle} 号的休息在 {got} 开始，不在其时间窗内",
    ),
    _K.WRONG_BREAK_LENGTH: (
        "a break of vehicle {vehicle} takes {got} ticks, not {expected}",
        "{vehicle} 号的休息用时 {got}，应为 {expected}",
    ),
    _K.FORBIDDEN_PERSON: (
        "vehicle {vehicle} must not serve task {task}",
        "{vehicle} 号不得服务任务 {task}",
    ),
    _K.MISSING_SKILL: (
        "vehicle {vehicle} lacks a skill that task {task} needs",
        "{vehicle} 号缺少任务 {task} 所需的技能",
    ),
    _K.WRONG_STAFF_COUNT: (
        "task {task} is served by {got} at once and needs {expected}",
        "任务 {task} 由 {got} 人同时服务，需要 {expected} 人",
    ),
    _K.NOT_TOGETHER: (
        "those who serve task {task} together start at {expected} and at {got}",
        "共同服务任务 {task} 的人员分别在 {expected} 和 {got} 开始",
    ),
    _K.LINK_BROKEN: (
        "task {task} starts {got} ticks after the task it is linked to",
        "任务 {task} 比所关联任务晚 {got} 开始，不符合约定",
    ),
    _K.LINK_HALF_SERVED: (
        "task {task} is served although task {got}, to which it is linked, is not",
        "任务 {task} 已服务，但与其关联的任务 {got} 未服务",
    ),
    _K.SAME_PERSON: (
        "task {task} is served by the person who serves the task it is linked to",
        "任务 {task} 与所关联的任务由同一人服务",
    ),
    _K.PERSON_REPEATED: (
        "vehicle {vehicle} serves both task {task} and task {got}, which need different people",
        "{vehicle} 号同时服务任务 {task} 和任务 {got}，二者须由不同人员服务",
    ),
    _K.PERSON_CHANGED: (
        "task {task} and task {got} are not served by the same person",
        "任务 {task} 和任务 {got} 未由同一人服务",
    ),
    _K.VISITS_OVERLAP: (
        "task {task} and task {got} overlap in time",
        "任务 {task} 和任务 {got} 的时间重叠",
    ),
    _K.EQUIPMENT_SHORT: (
        "when task {task} starts, {got} pieces of its equipment are in use; there are {expected}",
        "任务 {task} 开始时有 {got} 件所需设备在用，共有 {expected} 件",
    ),
    _K.OVERSPENT: (
        "the served tasks of payer {name} cost {got} fen, the limit is {expected}",
        "付费方 {name} 的已服务任务共 {got} 分，限额为 {expected} 分",
    ),
    _K.TOO_MANY_CHANGES: (
        "{got} tasks differ from the plan in force, {expected} may",
        "有 {got} 个任务与现行计划不同，最多 {expected} 个",
    ),
    _K.OVER_CAPACITY: (
        "a trip of vehicle {vehicle} carries {got}, its capacity is {expected}",
        "{vehicle} 号一趟装载 {got}，容量为 {expected}",
    ),
    _K.WRONG_ORIGIN: (
        "task {task} is served from a loading at place {got}, not {expected}",
        "任务 {task} 来自地点 {got} 的装载，应为 {expected}",
    ),
    _K.NOT_FRESH: (
        "task {task} ends {got} ticks after leaving the loading place, {expected} are allowed",
        "任务 {task} 在离开装载点 {got} 后结束，最多 {expected}",
    ),
    _K.LEAVES_BEFORE_RELEASE: (
        "the trip of task {task} leaves its loading place at {got}, before {expected}",
        "任务 {task} 所在的一趟在 {got} 离开装载点，早于 {expected}",
    ),
    _K.TOO_MANY_TRIPS: (
        "vehicle {vehicle} makes {got} trips, {expected} are allowed",
        "{vehicle} 号跑 {got} 趟，最多 {expected} 趟",
    ),
    _K.LOADS_ELSEWHERE: (
        "vehicle {vehicle} loads at place {got}, where it may not",
        "{vehicle} 号在不允许的地点 {got} 装载",
    ),
    _K.NOT_LOADED: (
        "vehicle {vehicle} serves task {task} before loading",
        "{vehicle} 号尚未装载便服务任务 {task}",
    ),
    _K.TIER_INVERSION: (
        "task {task} is unserved although it would fit vehicle {vehicle} without task {got}, "
        "which is of a lower tier",
        "任务 {task} 未服务，但 {vehicle} 号去掉较低层级的任务 {got} 后即可服务它",
    ),
    _K.REASON_MISSING: ("unserved task {task} has no reason", "未服务的任务 {task} 没有说明原因"),
    _K.REASON_TWICE: ("task {task} has more than one reason", "任务 {task} 有多个原因"),
    _K.REASON_FOR_SERVED: (
        "a reason is given for task {task}, which is not unserved",
        "任务 {task} 并非未服务，却给出了原因",
    ),
    _K.WRONG_REASON: (
        "the reason why task {task} is unserved does not hold",
        "任务 {task} 未服务的原因不成立",
    ),
    _K.WRONG_PART: (
        "the part {name} of the objective is given as {got}, recomputed {expected}",
        "目标值的 {name} 部分报告为 {got}，重新计算为 {expected}",
    ),
    _K.WRONG_OBJECTIVE: (
        "the objective is given as {got}, recomputed {expected}",
        "目标值报告为 {got}，重新计算为 {expected}",
    ),
    _K.WRONG_COUNT: (
        "the count {name} is given as {got}, recomputed {expected}",
        "计数 {name} 报告为 {got}，重新计算为 {expected}",
    ),
    _K.WRONG_STATUS: ("the status does not fit the answer", "状态与答案不符"),
    _K.BOUND_CROSSED: (
        "the bound {got} lies above the objective {expected}",
        "界 {got} 高于目标值 {expected}",
    ),
}


@dataclass(frozen=True)
class Violation:
    """One broken rule.

    Attributes:
        kind: which rule.
        vehicle: the vehicle it concerns, None where it concerns none.
        task: the task it concerns, None where it concerns none.
        got: the value found, where the rule is about one.
        expected: the value that it should be or must not pass.
        name: the part, count or payer it concerns, None where it concerns none.
    """

    kind: ViolationKind
    vehicle: int | None = None
    task: int | None = None
    got: int | None = None
    expected: int | None = None
    name: str | None = None

    @property
    def detail(self) -> str:
        """The violation in English words."""
        return self.text("en")

    def text(self, lang: Lang = "en") -> str:
        """The violation in words."""
        template = _TEXT[self.kind][1 if lang == "zh" else 0]
        return template.format(
            vehicle=self.vehicle,
            task=self.task,
            got=self.got,
            expected=self.expected,
            name=self.name,
        )
