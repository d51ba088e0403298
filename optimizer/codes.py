"""The optimizer's numbered faults: arrays that make no problem."""

from base.faults import FaultKind

__all__ = [
    "BAD_ARRAY",
    "BAD_INDEX",
    "BAD_LENGTH",
    "BAD_REQUEST",
    "BAD_VALUE",
    "FIXED_AWAY_FROM_HOME",
    "FIXED_UNREACHABLE",
    "HOME_NOT_ALLOWED",
    "HOME_TWICE",
    "REQUIRED_ABOVE_LIMIT",
    "UNITS_WITHOUT_STATION",
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

# CC-O170 .. CC-O179: catchments
HOME_TWICE = FaultKind(
    "CC-O170",
    "unit {unit} is the home of more than one station",
    "单元 {unit} 同时是多个驿站的所在单元",
    "leave the home of all but one of them open",
    "请只保留一个驿站的所在单元，其余留空",
)
FIXED_AWAY_FROM_HOME = FaultKind(
    "CC-O171",
    "unit {unit} is the home of station {station} but bound to station {other}",
    "单元 {unit} 是驿站 {station} 的所在单元，却固定给驿站 {other}",
    "bind it to the station that stands in it, or to none",
    "请将其固定给所在驿站，或不固定",
)
HOME_NOT_ALLOWED = FaultKind(
    "CC-O172",
    "station {station} may not serve its own home, unit {unit}",
    "驿站 {station} 不得服务其所在单元 {unit}",
    "allow the pair, or leave the station without a home",
    "请允许该配对，或不设所在单元",
)
UNITS_WITHOUT_STATION = FaultKind(
    "CC-O173",
    "no station can have {count} of the units in one piece with its home: {units}",
    "有 {count} 个单元无法与任何驿站所在单元连成一片：{units}",
    "add a station there, allow more pairs, or connect the units with their neighbours",
    "请在该处增设驿站、放宽可分配范围，或补充单元之间的相邻关系",
)
FIXED_UNREACHABLE = FaultKind(
    "CC-O174",
    "unit {unit} is bound to station {station}, which cannot have it in one piece with its home",
    "单元 {unit} 固定给驿站 {station}，但无法与其所在单元连成一片",
    "release the unit or the units between them",
    "请解除该单元或其间单元的固定",
)
