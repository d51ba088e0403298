"""The numbered faults of running days: CC-S500 .. CC-S519."""

from base.faults import FaultKind

__all__ = ["EVENT_TOO_LATE", "NOT_A_DAY_FILE", "NO_SUCH_RUNNING_ID", "PLAN_CANNOT_BE_KEPT"]

NO_SUCH_RUNNING_ID = FaultKind(
    "CC-S500",
    "the running day has no {what} {value}",
    "当日运行中没有{what}“{value}”",
    "write an id of the day's visits or carers (what: visit, carer, client, break)",
    "请填写当日服务或护理员的编号（what：visit 服务、carer 护理员、client 老人、break 休息）",
)
EVENT_TOO_LATE = FaultKind(
    "CC-S501",
    "visit {visit} has begun or is over and can no longer be {what_en}",
    "服务 {visit} 已开始或已结束，不能再{what_zh}",
    "tick it done, or missed with a reason",
    "请标记为已完成，或注明原因标记为未完成",
)
NOT_A_DAY_FILE = FaultKind(
    "CC-S502",
    "the file of the running day cannot be read: {why}",
    "无法读取当日运行文件：{why}",
    "write it with carecircle, or correct the field named (format: docs of scenarios.running)",
    "请用本程序生成该文件，或更正所指字段（格式见 scenarios.running 说明）",
)

# Warnings: told with the answer, never raised.
PLAN_CANNOT_BE_KEPT = FaultKind(
    "CC-S510",
    "the plan in force can no longer be kept: {what_en}",
    "现行计划已无法执行：{what_zh}",
    "plan the rest of the day anew",
    "请重新安排当日余下的服务",
)
