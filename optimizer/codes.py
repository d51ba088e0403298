"""The optimizer's numbered faults: arrays that make no problem."""

from base.faults import FaultKind

__all__ = [
    "BAD_ARRAY",
    "BAD_INDEX",
    "BAD_LENGTH",
    "BAD_REQUEST",
    "BAD_VALUE",
    "REQUIRED_ABOVE_LIMIT",
]

BAD_ARRAY = FaultKind(
    "CC-O001",
    "{field} cannot be used: {why}",
    "{field} 无法使用：{why}",
    "pass an array with the shape and dtype that the field's documentation states",
    "请按字段说明提供形状和类型正确的数组",
)
BAD_LENGTH = FaultKind(
    "CC-O002",
    "{field} has {got} entries where {expected} are expected",
    "{field} 有 {got} 项，应为 {expected} 项",
    "give one entry per row of the table it belongs to",
    "请为所属表的每一行提供一项",
)
BAD_INDEX = FaultKind(
    "CC-O003",
    "{field} points at {value}, outside 0..{last}",
    "{field} 指向 {value}，超出 0..{last}",
    "point only at rows that exist",
    "只能指向存在的行",
)
BAD_VALUE = FaultKind(
    "CC-O004",
    "{field} is {value}; {rule}",
    "{field} 的值为 {value}；要求：{rule}",
    "correct the value",
    "请更正该值",
)
BAD_REQUEST = FaultKind(
    "CC-O005",
    "the request cannot be solved: {why}",
    "请求无法求解：{why}",
    "change the request as the cause says",
    "请按原因修改请求",
)

# CC-O100 .. CC-O199: siting
REQUIRED_ABOVE_LIMIT = FaultKind(
    "CC-O100",
    "{required} required sites do not fit into {limit} new ones",
    "必设站点有 {required} 个，超过新设上限 {limit} 个",
    "allow at least as many new sites as are required, or make fewer sites required",
    "请把新设上限提高到不少于必设站点数，或减少必设站点",
)
