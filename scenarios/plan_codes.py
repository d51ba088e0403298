"""The numbered faults of network plans: CC-S400 .. CC-S439."""

from base.faults import FaultKind

__all__ = [
    "AREA_UNKNOWN",
    "NOT_A_SIZE",
    "NOT_A_YEAR",
    "NO_COMMUNITIES",
    "NO_DISTRICTS",
    "PAIRS_LEFT_OUT",
    "PEOPLE_OUT_OF_REACH",
    "POPULATION_EMPTY",
    "RESIDENTS_ABOVE_BEDS",
    "RULE_WITHOUT_SITES",
    "SITES_TOO_SMALL",
]

NOT_A_SIZE = FaultKind(
    "CC-S400",
    "{value} is no size of the level {level}; it has {known}",
    "{value} 不是层级 {level} 的规模；可用：{known}",
    "correct the cell, or add the size to the level",
    "请更正该单元格，或为该层级增加此规模",
)
NOT_A_YEAR = FaultKind(
    "CC-S401",
    "{value} is no year of the plan; it has {known}",
    "{value} 不是规划年份；可用：{known}",
    "write one of the plan's years, or leave the cell empty for premises that are there",
    "请填写规划年份之一；已具备的场地可留空",
)
NO_DISTRICTS = FaultKind(
    "CC-S402",
    "{what} counts per sub-district, but the scenario has no layer of them",
    "{what} 按街道统计，但方案中没有街道图层",
    "add districts to the scenario",
    "请在方案中补充 districts",
)
NO_COMMUNITIES = FaultKind(
    "CC-S403",
    "{what} counts per community, but the plan has no layer of them",
    "{what} 按社区统计，但 plan 中没有社区图层",
    "add communities to the plan",
    "请在 plan 中补充 communities",
)

# Warnings: told with the answer, never raised.
SITES_TOO_SMALL = FaultKind(
    "CC-S420",
    "{count} of {total} premises are too small for every size of their levels: {ids}",
    "{total} 处场地中有 {count} 处面积小于其层级的所有规模：{ids}",
    "nothing, or add a smaller size",
    "一般无需处理，或增加更小的规模",
)
AREA_UNKNOWN = FaultKind(
    "CC-S421",
    "the floor area of {count} of {total} premises is unknown; they are taken to fit every size "
    "that states its own area",
    "{total} 处场地中有 {count} 处面积未知，视为可容纳所有标明面积的规模",
    "survey them before a decision, or give area a column",
    "决策前请核实面积，或在图层中补充 area 列",
)
RULE_WITHOUT_SITES = FaultKind(
    "CC-S422",
    "nothing that may stand counts towards the rule: {rule_en}",
    "没有任何可设场地计入该规则：{rule_zh}",
    "add sites or candidates there, or take the rule back for this place",
    "请在当地补充设施或候选点，或在该处取消此规则",
)
POPULATION_EMPTY = FaultKind(
    "CC-S423",
    "the population {population} is 0 in {count} places, so a rule per head asks for nothing "
    "there: {places}",
    "有 {count} 处的 {population} 为 0，按人口的规则在该处不作要求：{places}",
    "check the layer of the population",
    "请检查人口图层",
)
PAIRS_LEFT_OUT = FaultKind(
    "CC-S424",
    "{count} pairs of sites were left out, because they lie within the limit of one level and "
    "beyond that of another which may stand at the same place",
    "有 {count} 对场地未计入隶属关系：同一处可设多个层级，而距离只满足其中之一的限制",
    "give both levels the same limit, or split the premises into layers of one level each",
    "请为各层级使用相同限距，或将场地拆分为单一层级的图层",
)
RESIDENTS_ABOVE_BEDS = FaultKind(
    "CC-S425",
    "{id} has {residents} residents of {service}, more than its {beds} beds",
    "{id} 的 {service} 在住 {residents} 人，超过其床位 {beds} 张",
    "correct the layer; until then some of them are moved in every plan",
    "请更正图层；否则任何方案都须迁出部分人员",
)
PEOPLE_OUT_OF_REACH = FaultKind(
    "CC-S426",
    "{amount} units of {service_en} at {count} places are beyond the reach of everything that "
    "may stand",
    "{count} 处共 {amount} 单位的{service_zh}需求超出所有可设场地的服务范围",
    "add candidates near them",
    "请在附近增加候选点",
)
